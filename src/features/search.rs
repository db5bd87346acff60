//! Files and definitions that speak of what a sentence speaks of, by their paths, names, comments and code.
//!
//! Files are ranked first, by their fields together (BM25F) and by the best definition in them; the places are the best definition of
//! each of the best files, then what else those files have.

use std::collections::HashMap;
use std::sync::Arc;

use super::Session;
use crate::context::sentence::{Matcher, Sentence, Term};
use crate::index::{File, FileId};
use crate::syntax::{self, naming};
use crate::text::lines::line_start;

/// Files that show their best definition before any shows its second.
pub(super) const EACH_ONE: usize = 8;
/// Files whose definitions are places.
const FIRST: usize = 200;
/// Bytes of text that are read for a question; in a larger workspace names and paths decide what is read.
const READ: usize = 96 << 20;

/// Where a word of a file stands.
#[derive(Clone, Copy)]
enum Field {
    Path,
    /// The file's own name, or that of the folder it stands for.
    Stem,
    Names,
    Comment,
    Code,
}

const FIELDS: usize = 5;
/// What a word in a field is worth, and how much a long field takes from that. Fitted on commit messages (`scripts/commits.py`).
const WORTH: [f32; FIELDS] = [2.8, 2.9, 1.0, 0.5, 0.09];
const LENGTH: [f32; FIELDS] = [0.15, 0.8, 0.9, 0.6, 0.6];
/// How soon more of a word adds nothing.
const SATURATION: f32 = 2.0;
/// What a file's best definition adds, a word that names where things happen in its path, and its size.
const BEST_ITEM: f32 = 0.25;
const SCOPE_IN_PATH: f32 = 2.7;
const SIZE: f32 = 0.4;
/// A path that the question names.
const NAMED: f32 = 20.0;
/// What tests are worth when nobody asks for tests, when a question has the word, and when a statement has it: a change that "adds a test"
/// is seldom one of a test alone.
const TEST: f32 = 0.3;
const TEST_ASKED: f32 = 0.7;
const TEST_SAID: f32 = 0.4;
/// In a definition: a word in its name, and in a comment, beside one in its code.
const IN_NAME: f32 = 3.0;
const IN_DOC: f32 = 1.5;

/// Lines of a file's head that are one place.
pub(super) const BLOCK: usize = 24;

/// What of a file is a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Spot {
    /// A definition, by its place among the file's symbols.
    Definition(u32),
    /// A block of lines above the first definition, by its number: what a module says of itself.
    Head(u32),
}

/// Files that speak of what a question speaks of, best first.
pub(super) struct Ranking {
    files: Vec<Ranked>,
}

struct Ranked {
    id: FileId,
    score: f32,
    /// Its definitions with a word of the question, best first.
    items: Vec<(Spot, f32)>,
}

impl Ranking {
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.files.iter().map(|file| file.id)
    }

    /// The best definition of each of the best files, then the others by what they and their files are worth.
    pub fn places(&self) -> impl Iterator<Item = (FileId, Spot, f32)> {
        let place = |file: &Ranked, (spot, score): (Spot, f32)| (file.id, spot, file.score + score);
        let first = self.files.iter().take(EACH_ONE).filter_map(move |file| Some(place(file, *file.items.first()?)));
        let rest = self.files.iter().take(FIRST).enumerate();
        let rest = rest.flat_map(move |(at, file)| file.items.iter().skip(usize::from(at < EACH_ONE)).map(move |item| place(file, *item)));
        let mut rest: Vec<(FileId, Spot, f32)> = rest.collect();
        rest.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        first.chain(rest)
    }
}

/// How often each word of the question stands in a file and its definitions.
struct Counts {
    id: FileId,
    path: String,
    /// By word.
    fields: Vec<[f32; FIELDS]>,
    /// Words in each field.
    lengths: [f32; FIELDS],
    items: Vec<Item>,
    is_test: bool,
}

struct Item {
    spot: Spot,
    /// It stands in a module of tests.
    is_test: bool,
    bytes: f32,
    terms: Vec<(u16, f32)>,
}

pub(super) fn rank(session: &Session, question: &str) -> Ranking {
    let sentence = Sentence::new(question);
    if sentence.terms.is_empty() {
        return Ranking { files: vec![] };
    }
    let mut matcher = Matcher::new(&sentence);
    let counted: Vec<Counts> = readable(session, &sentence, &mut matcher)
        .into_iter()
        .filter_map(|(id, file)| {
            let text = session.snapshot.read(&file.path).ok()?;
            Some(count(session, id, file, &text, sentence.terms.len(), &mut matcher))
        })
        .collect();
    let of_test = match (sentence.has("tests"), is_question(question)) {
        (false, _) => TEST,
        (true, true) => TEST_ASKED,
        (true, false) => TEST_SAID,
    };
    let (rare, rare_item) = rarity(&counted, sentence.terms.len());
    let mean_item = mean(counted.iter().flat_map(|file| &file.items).map(|item| item.bytes));
    let means: [f32; FIELDS] = std::array::from_fn(|field| mean(counted.iter().map(|file| file.lengths[field])));
    let asked = question.to_lowercase();
    let mut files: Vec<Ranked> = vec![];
    for counts in counted {
        let score = |item: &Item| score_item(item, &sentence.terms, &rare_item, mean_item) * if item.is_test { of_test } else { 1.0 };
        let mut items: Vec<(Spot, f32)> = counts.items.iter().map(|item| (item.spot, score(item))).collect();
        items.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let words = score_file(&counts, &sentence.terms, &rare, &means);
        let named = if is_named(&counts.path, &asked) { NAMED } else { 0.0 };
        let best = items.first().map_or(0.0, |item| item.1);
        let sum = words + BEST_ITEM * best + named;
        if sum > 0.0 {
            let score = (sum + SIZE * (1.0 + counts.lengths[Field::Code as usize]).ln()) * if counts.is_test { of_test } else { 1.0 };
            if items.is_empty() {
                // Only its path says so: its first definition stands for it.
                items.push((Spot::Definition(0), 0.0));
            }
            files.push(Ranked { id: counts.id, score, items });
        }
    }
    files.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
    Ranking { files }
}

/// The files with definitions; in a very large workspace those whose paths and names promise most, as far as can be read.
fn readable<'a>(session: &'a Session, sentence: &Sentence, matcher: &mut Matcher) -> Vec<(FileId, &'a Arc<File>)> {
    let mut files: Vec<(FileId, &Arc<File>)> = session.index.files().filter(|(_, file)| !file.symbols.is_empty()).collect();
    let all: usize = files.iter().map(|(_, file)| file.bytes as usize).sum();
    if all <= READ {
        return files;
    }
    let mut promise = |file: &File| -> f32 {
        let mut sum = 0.0;
        matcher.find(&file.path.to_string(), |_, term| sum += 3.0 * sentence.terms[usize::from(term)].weight);
        for symbol in file.symbols.iter() {
            matcher.find(session.index.text(symbol.name), |_, term| sum += sentence.terms[usize::from(term)].weight);
        }
        sum / (1.0 + file.bytes as f32).ln()
    };
    let mut promising: Vec<(f32, (FileId, &Arc<File>))> = files.drain(..).map(|file| (promise(file.1), file)).collect();
    promising.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.0.cmp(&b.1.0)));
    let mut left = READ;
    let fits = |(_, (_, file)): &(f32, (FileId, &Arc<File>))| {
        left = left.saturating_sub(file.bytes as usize);
        left > 0
    };
    promising.into_iter().take_while(fits).map(|(_, file)| file).collect()
}

fn count(session: &Session, id: FileId, file: &File, text: &str, terms: usize, matcher: &mut Matcher) -> Counts {
    let path = file.path.to_string();
    let mut fields = vec![[0.0; FIELDS]; terms];
    let mut items: HashMap<Spot, HashMap<u16, f32>> = HashMap::new();
    matcher.find(path.rsplit_once('.').map_or(&path, |(stem, _)| stem), |_, term| fields[usize::from(term)][Field::Path as usize] += 1.0);
    matcher.find(naming::stem(file.language.as_deref(), &path), |_, term| fields[usize::from(term)][Field::Stem as usize] += 1.0);
    for (index, symbol) in file.symbols.iter().enumerate().filter(|(_, symbol)| symbol.kind != syntax::Kind::Reexport) {
        matcher.find(session.index.text(symbol.name), |_, term| {
            fields[usize::from(term)][Field::Names as usize] += 1.0;
            let item = items.entry(Spot::Definition(shown(file, index))).or_default();
            *item.entry(term).or_default() += if shown(file, index) == index as u32 { IN_NAME } else { 1.0 };
        });
    }
    let mut around = Around::new(file);
    let mut head = Head::new(file, text);
    let mut line = (0, false);
    matcher.find(text, |at, term| {
        if at >= line.0 {
            line = comment_line(text, at);
        }
        let inside = around.at(at as u32);
        let in_doc = line.1 || inside.is_some_and(|(_, in_doc)| in_doc);
        fields[usize::from(term)][if in_doc { Field::Comment } else { Field::Code } as usize] += 1.0;
        let spot = inside.map(|(index, _)| Spot::Definition(index)).or_else(|| head.at(at).map(Spot::Head));
        if let Some(spot) = spot {
            *items.entry(spot).or_default().entry(term).or_default() += if in_doc { IN_DOC } else { 1.0 };
        }
    });
    let bytes = |spot: Spot| match spot {
        Spot::Definition(index) => {
            (file.symbols[index as usize].item.range().len() + file.symbols[index as usize].doc.range().len()) as f32
        }
        Spot::Head(_) => (BLOCK * LINE) as f32,
    };
    let items = items.into_iter().map(|(spot, terms)| Item {
        spot,
        is_test: matches!(spot, Spot::Definition(index) if is_in_tests(session, file, index)),
        bytes: bytes(spot),
        terms: terms.into_iter().collect(),
    });
    // Words of five letters with what stands between them; every fourth in a comment.
    let all = file.bytes as f32 / 7.0;
    let parts = |text: &str| text.split(['/', '_', '.']).count() as f32;
    let lengths = [parts(&path), parts(naming::stem(file.language.as_deref(), &path)), file.symbols.len() as f32 * 2.0, all / 4.0, all];
    Counts { id, fields, lengths, items: items.collect(), is_test: naming::is_test(file.language.as_deref(), &path), path }
}

/// The part of a file above its first definition, looked at with offsets that only grow.
struct Head<'a> {
    text: &'a str,
    end: usize,
    line: usize,
    counted: usize,
}

/// Bytes of a line, about.
const LINE: usize = 40;

impl<'a> Head<'a> {
    fn new(file: &File, text: &'a str) -> Self {
        Self { text, end: head_end(file).min(text.len()), line: 0, counted: 0 }
    }

    /// The block that an offset is in; none below the head and in imports, which name what others speak of.
    fn at(&mut self, offset: usize) -> Option<u32> {
        if offset >= self.end {
            return None;
        }
        self.line += self.text.as_bytes()[self.counted..offset].iter().filter(|byte| **byte == b'\n').count();
        self.counted = offset;
        let start = line_start(self.text, offset);
        let line = self.text[start..].trim_start();
        let imports =
            ["use ", "pub use ", "import ", "from ", "#include", "package ", "mod ", "pub mod "].iter().any(|word| line.starts_with(word));
        (!imports).then_some((self.line / BLOCK) as u32)
    }
}

/// Where the first definition of a file begins, its comment included.
pub(super) fn head_end(file: &File) -> usize {
    file.symbols.iter().map(begin).min().unwrap_or(0) as usize
}

/// Where a definition begins, its comment included.
fn begin(symbol: &crate::index::Symbol) -> u32 {
    if symbol.doc.is_empty() { symbol.item.start } else { symbol.doc.start.min(symbol.item.start) }
}

/// Where the line around an offset ends, and whether it is a comment by its first mark.
fn comment_line(text: &str, at: usize) -> (usize, bool) {
    let start = line_start(text, at);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let line = text[start..end].trim_start();
    (end, ["//", "#", "/*", "*", "\"\"\""].iter().any(|mark| line.starts_with(mark)) && !line.starts_with("#["))
}

/// The definition that shows a symbol: fields, variants and variables inside of something are shown with that.
fn shown(file: &File, index: usize) -> u32 {
    let symbol = &file.symbols[index];
    let small = matches!(symbol.kind, syntax::Kind::Attribute | syntax::Kind::Variant | syntax::Kind::Variable);
    symbol.parent().filter(|_| small).unwrap_or(index) as u32
}

/// Whether a definition stands in a module of tests beside what they test.
fn is_in_tests(session: &Session, file: &File, index: u32) -> bool {
    let around = |at: &usize| file.symbols.get(*at).and_then(crate::index::Symbol::parent);
    let mut modules = std::iter::successors(around(&(index as usize)), around).map(|at| session.index.text(file.symbols[at].name));
    modules.any(|name| name == "tests" || name == "test")
}

/// Goes through a file's definitions beside offsets that only grow.
struct Around<'a> {
    file: &'a File,
    next: usize,
    stack: Vec<usize>,
}

impl<'a> Around<'a> {
    fn new(file: &'a File) -> Self {
        Self { file, next: 0, stack: vec![] }
    }

    /// The innermost definition that is shown by itself, and whether the offset is in its comment.
    fn at(&mut self, offset: u32) -> Option<(u32, bool)> {
        let symbols = &self.file.symbols;
        let end = |symbol: &crate::index::Symbol| symbol.item.end.max(symbol.doc.end);
        while self.next < symbols.len() && begin(&symbols[self.next]) <= offset {
            while self.stack.last().is_some_and(|top| end(&symbols[*top]) <= begin(&symbols[self.next])) {
                self.stack.pop();
            }
            self.stack.push(self.next);
            self.next += 1;
        }
        while self.stack.last().is_some_and(|top| end(&symbols[*top]) <= offset) {
            self.stack.pop();
        }
        let top = *self.stack.last()?;
        let doc = symbols[top].doc;
        Some((shown(self.file, top), !doc.is_empty() && (doc.start..doc.end).contains(&offset)))
    }
}

/// How telling each word is: the fewer files, and definitions, have it, the more.
fn rarity(files: &[Counts], terms: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut in_files, mut in_items) = (vec![0.0f32; terms], vec![0.0f32; terms]);
    let mut all_items = 0.0;
    for file in files {
        for (term, fields) in file.fields.iter().enumerate() {
            in_files[term] += f32::from(u8::from(fields.iter().any(|count| *count > 0.0)));
        }
        all_items += file.lengths[Field::Names as usize] / 2.0;
        file.items.iter().flat_map(|item| &item.terms).for_each(|(term, _)| in_items[usize::from(*term)] += 1.0);
    }
    let rare = |all: f32, having: f32| (1.0 + (all.max(having) - having + 0.5) / (having + 0.5)).ln();
    (
        in_files.into_iter().map(|having| rare(files.len() as f32, having)).collect(),
        in_items.into_iter().map(|having| rare(all_items, having)).collect(),
    )
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { (sum / count as f32).max(0.1) } else { 1.0 }
}

fn score_file(counts: &Counts, terms: &[Term], rare: &[f32], means: &[f32; FIELDS]) -> f32 {
    let mut score = 0.0;
    for ((fields, term), rare) in counts.fields.iter().zip(terms).zip(rare) {
        let mut sum = 0.0;
        for field in 0..FIELDS {
            if fields[field] > 0.0 {
                sum += WORTH[field] * fields[field] / (1.0 - LENGTH[field] + LENGTH[field] * counts.lengths[field] / means[field]);
            }
        }
        score += term.weight * rare * sum / (sum + SATURATION);
        if term.scope && fields[Field::Path as usize] > 0.0 {
            score += SCOPE_IN_PATH * term.weight * rare;
        }
    }
    score
}

/// BM25 of one definition.
fn score_item(item: &Item, terms: &[Term], rare: &[f32], mean: f32) -> f32 {
    let length = 0.25 + 0.75 * item.bytes / mean;
    let each = |(term, count): &(u16, f32)| {
        let at = usize::from(*term);
        terms[at].weight * rare[at] * count * 2.2 / (count + 1.2 * length)
    };
    item.terms.iter().map(each).sum()
}

/// Whether somebody asks, and does not tell.
fn is_question(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    text.trim_end().ends_with('?') || ["where", "what", "which", "how", "who", "why", "when", "is", "are", "does"].contains(&first.as_str())
}

/// Whether a text names a path, in whole or without its first folder.
fn is_named(path: &str, text: &str) -> bool {
    let path = path.to_lowercase();
    text.contains(&path) || path.split_once('/').is_some_and(|(_, inner)| inner.contains('/') && text.contains(inner))
}
