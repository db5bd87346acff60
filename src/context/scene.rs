//! What surrounds the cursor: names with their distance, imports, the signature, the enclosing class. Read line by line from the open
//! document, so half-written code works too; if there is a tree, it says what encloses the cursor.

mod shape;

use super::corpus::{Corpus, Name, Sort};
use super::numbers::{NumberMap, NumberSet};
use super::reading::Reading;
use crate::syntax::scope::{self, Item};
use crate::syntax::{Language, Parsed, lists};
use crate::text::layout::indentation;
use crate::text::lines::{line_end, line_start};
use crate::text::{count_breaks, words};

/// How a name is shown in the current file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    pub count: u32,
    /// 1.0 at the cursor, 0.5 at [`HALF_WEIGHT_DISTANCE_LINES`] lines away.
    pub near: f32,
    pub imported: bool,
    /// In the signature or doc comment of the enclosing function, or in the heading of the enclosing class.
    pub heading: bool,
}

/// A word of the current file.
#[derive(Clone, Copy, Default)]
struct Sight {
    seen: Seen,
    /// How near its nearest occurrence outside imports is; zero if that is far away.
    beside: f32,
}

/// At this distance in lines a name counts half.
const HALF_WEIGHT_DISTANCE_LINES: f32 = 12.0;
/// Lines around the cursor in which names are split into words.
const NEAR_LINES: usize = 40;
/// How many lines up a signature is searched for.
const MAX_SIGNATURE_LINES_UP: usize = 80;

/// Maximum lines of a heading.
const MAX_HEADING_LINES: usize = 12;

/// The surroundings of a cursor.
#[derive(Default)]
pub struct Scene {
    pub seen: NumberMap<Name, Seen>,
    /// The same names in an order that depends only on the text.
    pub shown: Vec<(Name, Seen)>,
    /// Lower-case words of the import lines: modules and names.
    pub import_words: NumberSet<String>,
    /// Words of the function's name, signature and comment, by their number in the corpus, with their weight.
    pub topic: NumberMap<u32, f32>,
    /// Words of names near the cursor, with the nearness of the nearest such name.
    pub near_words: NumberMap<u32, f32>,
    /// The enclosing classes and their bases, nearest first.
    pub owners: Vec<Name>,
    /// The names in the enclosing function's signature: what it takes and returns.
    pub signature: Vec<Name>,
    /// The enclosing function's name.
    pub function: Option<Name>,
    /// The zero-based line at which the enclosing function begins.
    pub function_line: Option<usize>,
    /// The zero-based line with its name, on which tree and lines agree also where they differ about where it begins.
    pub function_named: Option<usize>,
    /// The cursor's line belongs to an import.
    pub in_import: bool,
}

impl Scene {
    /// Reads the surroundings of byte `offset` in `text`, with the words of an earlier text already known. Without a language only names
    /// and distances are known.
    pub fn read(
        corpus: &Corpus,
        language: Option<&Language>,
        parsed: Option<&Parsed>,
        reading: &mut Reading,
        text: &str,
        offset: usize,
    ) -> Self {
        reading.update(text);
        let offset = text.floor_char_boundary(offset);
        let lines: Vec<&str> = text.split('\n').collect();
        let cursor = count_breaks(&text.as_bytes()[..offset]);
        let mut scene = Self::default();
        let mut imports = language.map_or_else(|| vec![false; lines.len()], |language| language.import_lines(&lines));
        scene.in_import = imports[cursor];
        language.into_iter().for_each(|language| language.mark_loading_lines(&lines, &mut imports));
        let enclosing =
            Enclosing { language, parsed, text, lines: &lines, cursor, items: parsed.map_or(vec![], |tree| scope::at(tree, offset).items) };
        let headings = scene.find_headings(corpus, &enclosing);
        let mut sights = vec![Sight::default(); reading.count()];
        let mut order = vec![];
        let begun = begun(corpus, text, offset);
        let marks = language.map_or_else(Vec::new, |language| language.mark_lines(&lines));
        for (number, words) in reading.lines().enumerate() {
            let (words, rest) = match &begun {
                Some(begun) if number == cursor => (&words[..begun.index], words.get(begun.index + 1..).unwrap_or_default()),
                _ => (words, &[][..]),
            };
            let away = number.abs_diff(cursor);
            let (imported, heading) = (imports[number], headings.contains(&number));
            let near = HALF_WEIGHT_DISTANCE_LINES / (HALF_WEIGHT_DISTANCE_LINES + away as f32);
            let is_mark = marks.get(number) == Some(&true);
            let names_nothing = |word: u32| is_mark && language.is_some_and(|language| language.is_word_of_marks(reading.word(word)));
            for word in words.iter().chain(rest).filter(|word| !names_nothing(**word)) {
                let Sight { seen, beside } = &mut sights[*word as usize];
                if seen.count == 0 {
                    order.push(*word);
                }
                seen.count += 1;
                seen.near = seen.near.max(if heading {
                    near.max(0.9)
                } else if imported {
                    0.2
                } else {
                    near
                });
                seen.imported |= imported;
                seen.heading |= heading;
                if !imported && away <= NEAR_LINES {
                    *beside = beside.max(near);
                }
            }
        }
        let names = reading.names(corpus, &order);
        order.iter().filter(|word| sights[**word as usize].beside > 0.0).for_each(|word| reading.learn_parts(corpus, *word));
        // The numbers of words depend on what was read before, so they are visited in the order of the text.
        let mut words: NumberMap<&str, (u32, Option<Name>)> = NumberMap::default();
        for (word, name) in order.iter().zip(names) {
            words.insert(reading.word(*word), (*word, name));
        }
        for (word, (number, name)) in words {
            let sight = sights[number as usize];
            if sight.beside > 0.0 {
                scene.add_near_words(reading.parts(number), sight.beside);
            }
            scene.add(word, sight.seen, name);
        }
        if let Some(begun) = begun {
            let parts: Vec<u32> = words::subwords(begun.finished).iter().filter_map(|part| corpus.word(part)).collect();
            scene.add_near_words(&parts, 1.0);
        }
        scene
    }

    /// Whether ranking gives the same result for another scene: everything that is summed is equal and in the same order.
    pub fn is_alike(&self, other: &Self) -> bool {
        let places = |scene: &Self| (scene.function, scene.function_line, scene.function_named);
        places(self) == places(other)
            && self.shown == other.shown
            && self.owners == other.owners
            && self.signature == other.signature
            && self.topic.iter().eq(&other.topic)
            && self.near_words.iter().eq(&other.near_words)
            && self.import_words == other.import_words
            && self.seen == other.seen
    }

    /// The types that a name may mean. Those of another family of languages count only if the name is imported.
    pub fn types<'a>(&self, corpus: &'a Corpus, language: Option<&'a Language>, name: Name) -> impl Iterator<Item = u32> + use<'a> {
        let imported = self.seen.get(&name).is_some_and(|seen| seen.imported);
        let is_meant = move |number: &u32| {
            let symbol = &corpus.symbols[*number as usize];
            symbol.sort == Sort::Type && (imported || !corpus.is_foreign(symbol.file, language))
        };
        corpus.defined(name).iter().copied().filter(is_meant)
    }

    fn add(&mut self, word: &str, seen: Seen, name: Option<Name>) {
        if seen.imported {
            self.import_words.insert(word.to_lowercase());
        }
        if let Some(name) = name {
            self.seen.insert(name, seen);
            self.shown.push((name, seen));
        }
    }

    fn add_near_words(&mut self, parts: &[u32], near: f32) {
        for part in parts {
            let known = self.near_words.entry(*part).or_default();
            *known = known.max(near);
        }
    }

    /// Finds the function and the classes around the cursor; returns the lines of their headings and comments.
    fn find_headings(&mut self, corpus: &Corpus, enclosing: &Enclosing) -> NumberSet<usize> {
        let (lines, cursor) = (enclosing.lines, enclosing.cursor);
        let types = enclosing.items.iter().rev().filter(|item| item.kind.is_type());
        self.owners = types.filter_map(|item| corpus.name(&item.name)).collect();
        let Some(Heading { start, last, named, name, owner }) = enclosing.function() else {
            self.add_bases(corpus);
            return (cursor.saturating_sub(4)..=cursor).collect();
        };
        self.function_line = Some(start);
        self.function_named = Some(named);
        self.function = corpus.name(name);
        self.add_owners(owner.and_then(|owner| corpus.name(owner)));
        let first = enclosing.comment_above(start);
        let mut found: NumberSet<usize> = (first..=last).collect();
        for (number, line) in lines.iter().enumerate().take(last + 1).skip(first) {
            for (_, word) in words::identifiers(line) {
                self.signature.extend(corpus.name(word).filter(|_| number >= start));
                for part in words::subwords(word) {
                    if let Some(part) = corpus.word(&part) {
                        *self.topic.entry(part).or_default() += if number == start { 2.0 } else { 1.0 };
                    }
                }
            }
        }
        let mut depth = indent(lines[start]);
        for number in (0..start).rev() {
            if depth == 0 {
                break;
            }
            if lines[number].trim().is_empty() || indent(lines[number]) >= depth {
                continue;
            }
            depth = indent(lines[number]);
            found.insert(number);
            let heading = lines[number].trim_start();
            if heading.starts_with(['}', ')', '#', '/']) {
                continue;
            }
            self.add_owners(words::identifiers(heading).filter_map(|(_, word)| corpus.name(word)));
        }
        self.add_bases(corpus);
        found
    }

    fn add_owners(&mut self, names: impl IntoIterator<Item = Name>) {
        for name in names {
            if !self.owners.contains(&name) {
                self.owners.push(name);
            }
        }
    }

    /// Adds the bases of the owners, up to two steps.
    fn add_bases(&mut self, corpus: &Corpus) {
        for _ in 0..2 {
            let bases: Vec<Name> = self
                .owners
                .iter()
                .flat_map(|owner| corpus.defined(*owner).iter().take(3))
                .flat_map(|number| {
                    let symbol = &corpus.symbols[*number as usize];
                    corpus.bases(symbol).map(|base| corpus.own_name(symbol, base))
                })
                .collect();
            for base in bases {
                if !self.owners.contains(&base) && self.owners.len() < 16 {
                    self.owners.push(base);
                }
            }
        }
    }
}

/// A name that somebody is writing.
struct Begun<'a> {
    /// Its index among the words of its line.
    index: usize,
    /// What it begins with, without the word that is not finished yet.
    finished: &'a str,
}

/// The name that ends at a place or goes on behind it, unless it is one of a definition. It says nothing yet, and were it to count, all
/// definitions would have to be ranked again with each of its letters.
fn begun<'a>(corpus: &Corpus, text: &'a str, offset: usize) -> Option<Begun<'a>> {
    let (start, end) = (line_start(text, offset), line_end(text, offset));
    let is_here = |(_, (at, word)): &(usize, (usize, &str))| start + at < offset && offset <= start + at + word.len();
    let (index, (at, word)) = words::identifiers(&text[start..end]).enumerate().find(is_here)?;
    if corpus.name(word).is_some_and(|name| !corpus.defined(name).is_empty()) {
        return None;
    }
    let begun = &text[start + at..offset];
    let rest = begun.trim_end_matches(|letter: char| letter.is_lowercase() || letter.is_numeric());
    let finished = match rest.len() < begun.len() {
        true => rest.strip_suffix(char::is_uppercase).unwrap_or(rest),
        false => rest.trim_end_matches(char::is_uppercase),
    };
    Some(Begun { index, finished })
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

fn indent(line: &str) -> usize {
    indentation(line).len()
}

/// What encloses the cursor, according to the tree and to the lines.
struct Enclosing<'a> {
    language: Option<&'a Language>,
    parsed: Option<&'a Parsed>,
    text: &'a str,
    lines: &'a [&'a str],
    cursor: usize,
    /// From the tree, outermost first.
    items: Vec<Item>,
}

/// The heading of a function: its lines and its name.
struct Heading<'a> {
    start: usize,
    last: usize,
    /// The line with its name.
    named: usize,
    name: &'a str,
    /// The type it says it belongs to: `void Cart::add()`.
    owner: Option<&'a str>,
}

impl Enclosing<'_> {
    /// The function around the cursor: the last one that a line above begins, if it is not closed yet, else the one in the tree. Where
    /// something does not parse, the tree may not have it; then the shape of the lines tells.
    fn function(&self) -> Option<Heading<'_>> {
        let (by_lines, by_tree) = (self.begun(), self.by_tree());
        let found = match (by_lines, by_tree) {
            (Some(lines), Some(tree)) if tree.start >= lines.start || self.is_closed(lines.start) => Some(tree),
            (Some(lines), _) => Some(lines).filter(|heading| !self.is_closed(heading.start)),
            (None, tree) => tree,
        };
        found.or_else(|| self.by_shape().filter(|_| self.is_broken()))
    }

    /// Whether something does not parse. While a bracket is open, that takes another parse, so it is asked last.
    fn is_broken(&self) -> bool {
        self.parsed.is_some_and(Parsed::is_broken)
    }

    /// The last function that a line above the cursor begins.
    fn begun(&self) -> Option<Heading<'_>> {
        let begun = |number: usize| self.language.and_then(|language| language.function_begun(self.lines[number]));
        let (start, name) = (0..=self.cursor).rev().take(MAX_SIGNATURE_LINES_UP).find_map(|number| Some((number, begun(number)?)))?;
        Some(Heading { start, last: self.last_of_heading(start), named: start, name, owner: None })
    }

    /// The last line of a heading that begins at a line, judged by what headings end with; not below the cursor.
    fn last_of_heading(&self, start: usize) -> usize {
        let ends = |number: &usize| self.lines[*number].trim_end().ends_with(['{', ':', ';']);
        let most = self.cursor.min(start + MAX_HEADING_LINES).max(start);
        (start..most).find(ends).unwrap_or(most)
    }

    /// The innermost function in the tree. Where something does not parse, one with a word of the language for a name is a statement that
    /// only looks like one.
    fn by_tree(&self) -> Option<Heading<'_>> {
        let is_word = |name: &str| self.language.is_some_and(|language| lists(&language.reserved, name)) && self.is_broken();
        let item = self.items.iter().rev().find(|item| item.kind.is_callable() && !is_word(&item.name))?;
        let name = item.signature.start + self.text[item.signature.clone()].find(item.name.as_str())?;
        let named = count_breaks(&self.text.as_bytes()[..name]);
        if named > self.cursor && self.is_broken() {
            // A word at the end of a function that is not closed yet looks like the type that the next one returns.
            return None;
        }
        let (start, last) =
            (count_breaks(&self.text.as_bytes()[..item.signature.start]), count_breaks(&self.text.as_bytes()[..item.signature.end]));
        // If the parser cannot read a function's body, the tree may take everything that follows for the heading.
        let last = if last > self.cursor { last.min(self.last_of_heading(start)) } else { last };
        let owner = self.text[..name].strip_suffix("::").and_then(|before| words::identifiers(last_line(before)).last());
        Some(Heading { start, last, named, name: &item.name, owner: owner.map(|(_, owner)| owner) })
    }

    /// Whether the function that a line begins has ended before the cursor.
    fn is_closed(&self, start: usize) -> bool {
        let offset = |line: usize| self.lines[..line].iter().map(|line| line.len() + 1).sum::<usize>();
        let begin = offset(start);
        let begins = |item: &Item| item.kind.is_callable() && item.body.is_some() && item.range.start >= begin;
        let item = self.parsed.and_then(|tree| scope::item_at(tree, begin)).filter(begins);
        if self.language.is_some_and(|language| language.indented) {
            let end = item.map_or(start, |item| start + count_breaks(&self.text.as_bytes()[begin..item.range.end]));
            let ends = |line: &&str| !line.trim().is_empty() && indent(line) <= indent(self.lines[start]) && !line.starts_with([')', '#']);
            return self.lines.get(end + 1..self.cursor).is_some_and(|rest| rest.iter().any(ends));
        }
        item.is_some_and(|item| item.range.end <= offset(self.cursor) && self.text[..item.range.end].ends_with('}'))
    }

    /// The first of the comments and attributes above a line that belong to it.
    fn comment_above(&self, start: usize) -> usize {
        let belongs = |number: &usize| self.language.is_some_and(|language| language.is_comment_or_mark(self.lines[*number]));
        (0..start).rev().take_while(belongs).take(20).last().unwrap_or(start)
    }
}
