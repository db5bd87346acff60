//! Counts the words of a question in a file, by field and by the definition that contains them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::quotes::{QuoteLine, Quotes};
use crate::context::sentence::{Matcher, Sentence};
use crate::features::Session;
use crate::features::ask::blocks::{self, BLOCK, Blocks};
use crate::index::{File, FileId, Symbol};
use crate::syntax::{self, naming};
use crate::text::lines::line_start;

/// Inside a definition: the weight of a word in its name, and in a comment, compared with one in its code.
const NAME_WEIGHT: f32 = 3.0;
const COMMENT_WEIGHT: f32 = 1.5;
/// How many rows of a possible quote determine the line, whatever words other lines have.
const CERTAIN_ROWS: usize = 2;
/// Bytes per line, roughly.
const BYTES_PER_LINE: usize = 40;
/// Blocks and definitions that a named file shows, whatever is in them.
const MAX_NAMED_BLOCKS: usize = 8;
const MAX_NAMED_DEFINITIONS: usize = 12;

/// Where in a file a word occurs.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Path,
    /// In the file's own name, or its folder's if the file represents the folder.
    Stem,
    Names,
    Comment,
    Code,
}

impl Field {
    /// The weight of a word of this field in a definition or a block.
    fn in_item(self) -> f32 {
        match self {
            Self::Path | Self::Stem | Self::Names => NAME_WEIGHT,
            Self::Comment => COMMENT_WEIGHT,
            Self::Code => 1.0,
        }
    }
}

/// The number of fields.
pub(super) const FIELDS: usize = 5;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::features) enum Spot {
    /// A definition, by its index among the file's symbols.
    Definition(u32),
    /// A block of lines outside all definitions, by the number of its first line, counted from 0.
    Block(u32),
}

/// How often each word of the question occurs in a file and its definitions.
pub(super) struct FileCounts {
    pub id: FileId,
    pub path: String,
    /// For each word, its weight by field.
    pub fields: Vec<[f32; FIELDS]>,
    /// The number of words in each field.
    pub lengths: [f32; FIELDS],
    pub items: Vec<Item>,
    /// The rows of possible quotes in it.
    pub loose_rows: Vec<u16>,
    pub is_test: bool,
    /// It has no definitions.
    pub is_plain: bool,
    /// The question names its path.
    pub is_named: bool,
}

/// A place in a file, with the question's words in it.
pub(super) struct Item {
    pub spot: Spot,
    /// Where its line with most of the question's words begins, in bytes.
    pub focus: u32,
    /// The share of the question's quote on that line, from 0 to 1.
    pub quoted: f32,
    /// The rows of possible quotes on the line with most of them.
    pub loose: Vec<u16>,
    /// It is in a module of tests.
    pub is_test: bool,
    pub bytes: f32,
    pub terms: Vec<(u16, f32)>,
}

/// The question, with what is counted in every file.
pub(super) struct SearchQuery<'a> {
    pub sentence: &'a Sentence,
    pub quotes: Option<Quotes>,
    /// The files that are named.
    pub named: HashSet<FileId>,
}

/// Counts a question's words in a file.
pub(super) fn count(session: &Session, id: FileId, file: &File, text: &str, query: &SearchQuery<'_>, matcher: &mut Matcher) -> FileCounts {
    let path = file.path.to_string();
    let (is_plain, is_named) = (file.symbols.is_empty(), query.named.contains(&id));
    let prose = is_plain && blocks::is_prose(&path);
    let terms = &query.sentence.terms;
    let mut fields = vec![[0.0; FIELDS]; terms.len()];
    let mut focuses: HashMap<Spot, BestLine> = HashMap::new();
    let mut items: BTreeMap<Spot, BTreeMap<u16, f32>> = BTreeMap::new();
    matcher.find(path.rsplit_once('.').map_or(&path, |(stem, _)| stem), |_, term| fields[usize::from(term)][Field::Path as usize] += 1.0);
    matcher.find(naming::stem(file.language.as_deref(), &path), |_, term| fields[usize::from(term)][Field::Stem as usize] += 1.0);
    for (index, symbol) in file.symbols.iter().enumerate().filter(|(_, symbol)| symbol.kind != syntax::Kind::Reexport) {
        matcher.find(session.index.text(symbol.name), |_, term| {
            fields[usize::from(term)][Field::Names as usize] += 1.0;
            let item = items.entry(Spot::Definition(shown(file, index))).or_default();
            *item.entry(term).or_default() += if shown(file, index) == index as u32 { NAME_WEIGHT } else { 1.0 };
        });
    }
    let mut around = Around::new(file);
    let mut loose = Blocks::new(file, text);
    let mut line = Line { start: 0, end: 0, field: Field::Code };
    matcher.find(text, |at, term| {
        if at >= line.end {
            line = Line::at(text, at, is_plain, prose);
        }
        let inside = around.at(at as u32);
        let field = if inside.is_some_and(|(_, in_doc)| in_doc) { Field::Comment } else { line.field };
        fields[usize::from(term)][field as usize] += 1.0;
        let spot = inside.map(|(index, _)| Spot::Definition(index)).or_else(|| loose.at(at).map(Spot::Block));
        if let Some(spot) = spot {
            *items.entry(spot).or_default().entry(term).or_default() += field.in_item();
            focuses.entry(spot).or_default().add(line.start, term, terms[usize::from(term)].weight);
        }
    });
    let (mut around, mut loose) = (Around::new(file), Blocks::new(file, text));
    let mut loose_rows: Vec<u16> = vec![];
    for found in query.quotes.iter().flat_map(|quotes| quotes.find(text, is_plain)) {
        let at = found.line;
        loose_rows.extend(&found.loose);
        let inside = around.at(at as u32).map(|(index, _)| Spot::Definition(index));
        let Some(spot) = inside.or_else(|| loose.at(at).map(Spot::Block)) else { continue };
        items.entry(spot).or_default();
        focuses.entry(spot).or_default().quote(found);
    }
    let bytes = |spot: Spot| match spot {
        Spot::Definition(index) => {
            (file.symbols[index as usize].item.range().len() + file.symbols[index as usize].doc.range().len()) as f32
        }
        Spot::Block(_) => (BLOCK * BYTES_PER_LINE) as f32,
    };
    if is_named {
        // A named file shows more than what shares words with the question.
        let blocks = blocks::first(file, text, if is_plain { MAX_NAMED_BLOCKS } else { 1 });
        let outermost = file.symbols.iter().enumerate().filter(|(_, symbol)| symbol.parent().is_none());
        let definitions = outermost.map(|(index, _)| Spot::Definition(shown(file, index))).take(MAX_NAMED_DEFINITIONS);
        for spot in blocks.into_iter().map(Spot::Block).chain(definitions) {
            items.entry(spot).or_default();
        }
    }
    let mut taken = |spot: &Spot| focuses.remove(spot).unwrap_or_default();
    let items = items.into_iter().map(|(spot, terms)| {
        let BestLine { best, quoted, loose, .. } = taken(&spot);
        let is_test = matches!(spot, Spot::Definition(index) if is_in_tests(session, file, index));
        Item { spot, focus: best.1 as u32, quoted, loose, is_test, bytes: bytes(spot), terms: terms.into_iter().collect() }
    });
    // Words of five letters plus separators; every fourth in a comment.
    let all = file.bytes as f32 / 7.0;
    let parts = |text: &str| text.split(['/', '_', '.']).count() as f32;
    let comments = if prose { all } else { all / 4.0 };
    let lengths = [parts(&path), parts(naming::stem(file.language.as_deref(), &path)), file.symbols.len() as f32 * 2.0, comments, all];
    let is_test = naming::is_test(file.language.as_deref(), &path);
    loose_rows.sort_unstable();
    loose_rows.dedup();
    FileCounts { id, fields, lengths, items: items.collect(), loose_rows, is_test, is_plain, is_named, path }
}

/// Finds the line of a definition with most of the question's words.
#[derive(Default)]
struct BestLine {
    line: usize,
    terms: Vec<u16>,
    sum: f32,
    /// The best score so far, and where that line begins.
    best: (f32, usize),
    quoted: f32,
    loose: Vec<u16>,
}

impl BestLine {
    fn add(&mut self, line: usize, term: u16, weight: f32) {
        if self.line != line {
            (self.line, self.sum) = (line, 0.0);
            self.terms.clear();
        }
        if self.terms.contains(&term) {
            return;
        }
        self.terms.push(term);
        self.sum += weight;
        if self.sum > self.best.0 {
            self.best = (self.sum, line);
        }
    }

    /// Notes that a line has this share of a quote.
    fn quote(&mut self, found: QuoteLine) {
        if found.share > self.quoted {
            (self.best.1, self.quoted) = (found.line, found.share);
        }
        if found.loose.len() > self.loose.len() {
            if self.quoted == 0.0 && found.loose.len() >= CERTAIN_ROWS {
                self.best.1 = found.line;
            }
            self.loose = found.loose;
        }
    }
}

/// What a line of a text is.
struct Line {
    start: usize,
    end: usize,
    field: Field,
}

impl Line {
    /// The line around an offset: a comment by its first characters; in a file without definitions a heading or prose.
    fn at(text: &str, at: usize, is_plain: bool, prose: bool) -> Self {
        let start = line_start(text, at);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = text[start..end].trim_start();
        let is_comment = || ["//", "#", "/*", "*", "\"\"\""].iter().any(|mark| line.starts_with(mark)) && !line.starts_with("#[");
        let below = || text[end..].trim_start_matches('\n').lines().next().unwrap_or_default();
        let field = if is_plain && (blocks::is_heading(line, prose) || prose && blocks::is_underline(below(), line)) {
            Field::Names
        } else if prose || is_comment() {
            Field::Comment
        } else {
            Field::Code
        };
        Self { start, end, field }
    }
}

/// The definition that shows a symbol: fields, variants and local variables are shown with their container.
pub(in crate::features) fn shown(file: &File, index: usize) -> u32 {
    let symbol = &file.symbols[index];
    let small = matches!(symbol.kind, syntax::Kind::Attribute | syntax::Kind::Variant | syntax::Kind::Variable);
    symbol.parent().filter(|_| small).unwrap_or(index) as u32
}

/// A definition in whole lines, with the comment above it.
pub(in crate::features) fn definition(symbol: &Symbol, text: &str) -> Option<Range<usize>> {
    let doc_above = !symbol.doc.is_empty() && symbol.doc.start < symbol.item.start;
    let start = if doc_above { symbol.doc.start } else { symbol.item.start } as usize;
    let start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.floor_char_boundary(symbol.item.end as usize);
    // Some grammars include the line break after it, which would begin another line.
    Some(start..start + text.get(start..end)?.trim_end_matches(['\r', '\n']).len())
}

/// Whether a definition is in an inline test module.
pub(in crate::features) fn is_in_tests(session: &Session, file: &File, index: u32) -> bool {
    let Some(language) = &file.language else { return false };
    let around = |at: &usize| file.symbols.get(*at).and_then(crate::index::Symbol::parent);
    let mut modules = std::iter::successors(around(&(index as usize)), around).map(|at| session.index.text(file.symbols[at].name));
    modules.any(|name| language.test_names.is_of_module(name))
}

/// Finds the definitions around offsets that are given in ascending order.
struct Around<'a> {
    file: &'a File,
    next: usize,
    stack: Vec<usize>,
}

impl<'a> Around<'a> {
    fn new(file: &'a File) -> Self {
        Self { file, next: 0, stack: vec![] }
    }

    /// The innermost definition that is shown on its own, and whether the offset is in its comment.
    fn at(&mut self, offset: u32) -> Option<(u32, bool)> {
        let symbols = &self.file.symbols;
        let end = |symbol: &crate::index::Symbol| symbol.item.end.max(symbol.doc.end);
        while self.next < symbols.len() && blocks::begin(&symbols[self.next]) <= offset {
            while self.stack.last().is_some_and(|top| end(&symbols[*top]) <= blocks::begin(&symbols[self.next])) {
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

/// Whether a text names a path, whole or without its first folder, and not just part of a longer one.
pub(super) fn is_named(path: &str, text: &str) -> bool {
    let path = path.to_lowercase();
    let goes_on = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/' | '\\');
    let has = |name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let (before, behind) = (text[..at].trim_end_matches("./"), &text[at + name.len()..]);
            // A full stop may end a sentence.
            !before.ends_with(goes_on) && !behind.trim_start_matches('.').starts_with(goes_on)
        })
    };
    has(&path) || path.split_once('/').is_some_and(|(_, inner)| inner.contains('/') && has(inner))
}
