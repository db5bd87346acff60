//! What stands around the cursor: names with their distance, imports, the signature, the enclosing class. Read from the open buffer
//! line by line, without a parser, so that half-written code serves as well.

use super::corpus::{Corpus, Name};
use super::words::{self, NumberMap, NumberSet};
use crate::syntax::Language;

/// How a name shows in the current file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub count: u32,
    /// 1.0 at the cursor, 0.5 at `HALF` lines away.
    pub near: f32,
    pub imported: bool,
    /// In the signature or doc comment of the enclosing function, or in the heading of the enclosing class.
    pub heading: bool,
}

/// A word of the current file.
#[derive(Clone, Copy, Default)]
struct Sight {
    seen: Seen,
    /// How near it stands outside of imports; zero where that is far away.
    beside: f32,
}

/// Lines after which a name counts half.
const HALF: f32 = 12.0;
/// Lines around the cursor whose names are taken apart.
const NEAR: usize = 40;
/// How far up a signature is looked for.
const REACH: usize = 80;

/// The surroundings of a cursor.
#[derive(Default)]
pub struct Scene {
    pub seen: NumberMap<Name, Seen>,
    /// Lower-case words of the import lines: modules and names.
    pub import_words: NumberSet<String>,
    /// Words of the function's name, signature and comment, by their number in the corpus, with their weight.
    pub topic: NumberMap<u32, f32>,
    /// Words of the names near the cursor, with the nearness of the nearest.
    pub near_words: NumberMap<u32, f32>,
    /// The enclosing classes and what they derive from, nearest first.
    pub owners: Vec<Name>,
    /// The enclosing function's name.
    pub function: Option<Name>,
    /// Line where the enclosing function begins; 0-based.
    pub function_line: Option<usize>,
}

impl Scene {
    /// Reads the surroundings of byte `offset` of `text`. Without a language only names and their distance are known.
    pub fn new(corpus: &Corpus, language: Option<&Language>, text: &str, offset: usize) -> Self {
        let offset = words::floor(text, offset);
        let lines: Vec<&str> = text.split('\n').collect();
        let cursor = text[..offset].bytes().filter(|byte| *byte == b'\n').count();
        let mut scene = Self::default();
        let imports = language.map_or_else(|| vec![false; lines.len()], |language| language.import_lines(&lines));
        let headings = scene.find_headings(corpus, language, &lines, cursor);
        // A word is looked up once, however often it occurs.
        let mut words: NumberMap<&str, Sight> = NumberMap::default();
        for (number, line) in lines.iter().enumerate() {
            let away = number.abs_diff(cursor);
            let (imported, heading) = (imports[number], headings.contains(&number));
            let near = HALF / (HALF + away as f32);
            for (_, word) in words::identifiers(line) {
                let Sight { seen, beside } = words.entry(word).or_default();
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
                if !imported && away <= NEAR {
                    *beside = beside.max(near);
                }
            }
        }
        for (word, sight) in words {
            scene.add(corpus, word, sight);
        }
        scene
    }

    fn add(&mut self, corpus: &Corpus, word: &str, sight: Sight) {
        if sight.seen.imported {
            self.import_words.insert(word.to_lowercase());
        }
        if sight.beside > 0.0 {
            for part in words::subwords(word).iter().filter_map(|part| corpus.word(part)) {
                let known = self.near_words.entry(part).or_default();
                *known = known.max(sight.beside);
            }
        }
        if let Some(name) = corpus.name(word) {
            self.seen.insert(name, sight.seen);
        }
    }

    /// Finds the function and the classes around the cursor by indentation; returns the lines of their headings and comments.
    fn find_headings(&mut self, corpus: &Corpus, language: Option<&Language>, lines: &[&str], cursor: usize) -> NumberSet<usize> {
        let mut found = NumberSet::default();
        let begun = |number: usize| language.and_then(|language| language.function_begun(lines[number]));
        let Some((start, name)) = (0..=cursor).rev().take(REACH).find_map(|number| Some((number, begun(number)?))) else {
            return (cursor.saturating_sub(4)..=cursor).collect();
        };
        self.function_line = Some(start);
        self.function = corpus.name(name);
        let mut last = start;
        while last < cursor && last < start + 12 && !lines[last].trim_end().ends_with(['{', ':', ';']) {
            last += 1;
        }
        let belongs = |number: &usize| language.is_some_and(|language| language.is_comment_or_mark(lines[*number]));
        let first = (0..start).rev().take_while(belongs).take(20).last().unwrap_or(start);
        found.extend(first..=last);
        for (number, line) in lines.iter().enumerate().take(last + 1).skip(first) {
            for (_, word) in words::identifiers(line) {
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
            self.owners.extend(words::identifiers(heading).filter_map(|(_, word)| corpus.name(word)));
        }
        self.add_bases(corpus);
        found
    }

    /// Base classes of the owners, two steps up.
    fn add_bases(&mut self, corpus: &Corpus) {
        for _ in 0..2 {
            let bases: Vec<Name> = self
                .owners
                .iter()
                .flat_map(|owner| corpus.defined(*owner).iter().take(3))
                .flat_map(|symbol| corpus.bases(&corpus.symbols[*symbol as usize]))
                .collect();
            for base in bases {
                if !self.owners.contains(&base) && self.owners.len() < 16 {
                    self.owners.push(base);
                }
            }
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
