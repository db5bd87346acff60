//! Parsing with a budget. A text that takes longer has no tree; everything that needs none goes on.

use std::cell::RefCell;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};
use xxhash_rust::xxh3::xxh3_64;

use super::blanks::{self, Blank};
use super::guard;
use super::language::Language;
use crate::text::layout::shared_with_line_feeds;

/// Longest time that one parse may work, and that it may take with all waiting.
pub const BUDGET: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(5);
/// Stack of threads that parse: the parser unites the guesses of an error recovery by calling itself, a level for each open bracket or tag.
/// What is not used of it takes no memory.
pub const STACK: usize = 64 << 20;
/// Largest text that is parsed, in bytes.
pub const MAX_TEXT: usize = 4 << 20;

/// Why there is no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    NoParser,
    TooLarge,
    /// The budget ran out: the text is pathological for its grammar.
    Budget,
    /// Parsing it has ended the process several times.
    Deadly,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoParser => "there is no parser for this language",
            Self::TooLarge => "the text is too large to be parsed",
            Self::Budget => "parsing took longer than half a second and was given up",
            Self::Deadly => "parsing it has ended the server several times",
        })
    }
}

impl std::error::Error for ParseError {}

/// A text with its tree. Lines end with line feeds in it, alone or behind a carriage return.
#[derive(Clone)]
pub struct Parsed {
    language: Arc<Language>,
    text: Arc<str>,
    tree: Tree,
    /// What of the text the parser was not shown.
    blanks: Arc<[Blank]>,
    /// What led here from the version before, and the bytes of this one in which the trees differ, where a text without errors lets the
    /// parser tell.
    edit: Option<(InputEdit, Option<Range<usize>>)>,
    /// The version that this one was made from.
    from: Option<Version>,
}

/// A version of a text, as long as its tree is there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    /// Where its first node lies.
    first: Option<usize>,
    hash: u64,
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("language", &self.language).field("bytes", &self.text.len()).finish()
    }
}

/// Parses a text.
pub fn parse(language: &Arc<Language>, text: impl Into<Arc<str>>) -> Result<Parsed, ParseError> {
    let text = shared_with_line_feeds(text.into());
    let mut blanks = blanks::find(language, &text);
    let mut tree = run(language, &text, &blanks::shown(&text, &blanks), None)?;
    if let Some(right) = blanks::right(&blanks, &tree) {
        blanks = right;
        tree = run(language, &text, &blanks::shown(&text, &blanks), None)?;
    }
    Ok(Parsed { language: language.clone(), text, tree, blanks, edit: None, from: None })
}

impl Parsed {
    /// Parses a later version of the text, reusing what has not changed.
    pub fn edited(&self, text: impl Into<Arc<str>>) -> Result<Self, ParseError> {
        let text = shared_with_line_feeds(text.into());
        let blanks = blanks::find(&self.language, &text);
        let parsed = self.edited_without(text, blanks)?;
        match blanks::right(&parsed.blanks, &parsed.tree) {
            Some(right) => self.edited_without(parsed.text, right),
            None => Ok(parsed),
        }
    }

    /// The later version, of which the parser is not shown these.
    fn edited_without(&self, text: Arc<str>, blanks: Arc<[Blank]>) -> Result<Self, ParseError> {
        let shown = blanks::shown(&text, &blanks);
        let mut old = self.tree.clone();
        let edit = difference(&self.text, &text, &blanks::shown(&self.text, &self.blanks), &shown);
        if let Some(edit) = &edit {
            old.edit(edit);
        }
        let tree = run(&self.language, &text, &shown, Some(&old))?;
        let edit = edit.map(|edit| {
            // In a broken text the parser guesses, and may guess otherwise far away, inside of what looks the same.
            let is_clean = !(old.root_node().has_error() || tree.root_node().has_error());
            (edit, is_clean.then(|| differing(&edit, &old, &tree)))
        });
        drop(shown);
        Ok(Self { language: self.language.clone(), text, tree, blanks, edit, from: Some(self.version()) })
    }

    fn version(&self) -> Version {
        // The root itself lies elsewhere in each copy of a tree.
        let first = self.tree.root_node().child(0).map(|first| first.id());
        Version { first, hash: xxh3_64(self.text.as_bytes()) }
    }

    /// Whether this was made from the very tree that another one is.
    pub(super) fn is_made_from(&self, before: &Self) -> bool {
        self.from == Some(before.version())
    }

    pub fn language(&self) -> &Arc<Language> {
        &self.language
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether any place does not parse.
    pub fn is_broken(&self) -> bool {
        self.tree.root_node().has_error()
    }

    /// How many places do not parse: for telling whether an edit makes it worse.
    pub fn errors(&self) -> usize {
        let mut count = 0;
        let mut cursor = self.tree.walk();
        loop {
            let node = cursor.node();
            let broken = node.is_error() || node.is_missing();
            count += usize::from(broken);
            if !broken && node.has_error() && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return count;
                }
            }
        }
    }

    pub(super) fn edit(&self) -> Option<&(InputEdit, Option<Range<usize>>)> {
        self.edit.as_ref()
    }

    pub(super) fn blanks(&self) -> &[Blank] {
        &self.blanks
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }
}

/// The bytes of the later text in which the trees differ, those of the edit included.
fn differing(edit: &InputEdit, old: &Tree, new: &Tree) -> Range<usize> {
    let mut bytes = edit.start_byte..edit.new_end_byte;
    for range in old.changed_ranges(new) {
        bytes = bytes.start.min(range.start_byte)..bytes.end.max(range.end_byte);
    }
    bytes
}

fn run(language: &Language, text: &str, shown: &[u8], old: Option<&Tree>) -> Result<Tree, ParseError> {
    let grammar = language.grammar.as_ref().ok_or(ParseError::NoParser)?;
    if text.len() > MAX_TEXT {
        return Err(ParseError::TooLarge);
    }
    if guard::refuses(text).is_some() {
        return Err(ParseError::Deadly);
    }
    if opens_without_end(text) {
        return Err(ParseError::Budget);
    }
    let _working = guard::enter(text);
    let clock = Work::start();
    let mut watch = |_: &tree_sitter::ParseState| if clock.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let mut read = |at: usize, _: Point| shown.get(at..).unwrap_or_default();
    // Making a parser costs as much as parsing a small file.
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(grammar).map_err(|_| ParseError::NoParser)?;
        let tree = parser.parse_with_options(&mut read, old, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree.ok_or(ParseError::Budget)
    })
}

/// Angle brackets with nothing between them that ends a type, a tag or a comparison.
const MOST_OPEN: usize = 2000;

/// Whether a text has more open angle brackets in a row than anybody writes. Each may be a comparison, a type's argument or a tag; the
/// parser keeps all these readings up to the end of the text, and there it takes gigabytes and looks at no clock.
fn opens_without_end(text: &str) -> bool {
    let mut open = 0;
    text.len() > MOST_OPEN * 2
        && text.bytes().any(|byte| {
            match byte {
                b'<' => open += 1,
                b';' | b'{' | b'}' | b'(' | b')' | b'=' | b',' | b'/' | b'"' | b'\'' => open = 0,
                _ => {}
            }
            open > MOST_OPEN
        })
}

/// Measures the time that this thread works, not the time that a busy machine lets it wait: what is parsed may not depend on the load.
pub(super) struct Work {
    start: Instant,
    worked: Option<Duration>,
}

impl Work {
    pub fn start() -> Self {
        Self { start: Instant::now(), worked: thread_time() }
    }

    pub fn took(&self) -> Duration {
        self.worked.zip(thread_time()).map_or_else(|| self.start.elapsed(), |(before, now)| now.saturating_sub(before))
    }

    fn is_over(&self) -> bool {
        let waited = self.start.elapsed();
        // Asking for the thread's own time costs a call of the system, so it is asked seldom.
        waited > BUDGET && (waited > PATIENCE || self.took() > BUDGET)
    }
}

/// How long this thread has been running, where the system tells.
#[cfg(unix)]
fn thread_time() -> Option<Duration> {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(Duration::from)
}

#[cfg(not(unix))]
fn thread_time() -> Option<Duration> {
    None
}

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// The one edit that leads from `old` to `new`: what stands between their common start and their common end. What the parser is shown of
/// them may differ where they do not.
fn difference(old: &str, new: &str, old_shown: &[u8], new_shown: &[u8]) -> Option<InputEdit> {
    if old == new && old_shown == new_shown {
        return None;
    }
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let mut start = common(a, b).min(common(old_shown, new_shown));
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let most = a.len().min(b.len()) - start;
    let ends = |a: &[u8], b: &[u8]| common_end(&a[a.len() - most..], &b[b.len() - most..]);
    let mut end = ends(a, b).min(ends(old_shown, new_shown));
    while !old.is_char_boundary(a.len() - end) || !new.is_char_boundary(b.len() - end) {
        end -= 1;
    }
    let start_position = point(a, Point::new(0, 0), 0, start);
    Some(InputEdit {
        start_byte: start,
        old_end_byte: a.len() - end,
        new_end_byte: b.len() - end,
        start_position,
        old_end_position: point(a, start_position, start, a.len() - end),
        new_end_position: point(b, start_position, start, b.len() - end),
    })
}

/// Bytes that are compared at once: a byte after the other would cost as much as the parse.
const BLOCK: usize = 1024;

/// Length of the common end of two texts of one length.
fn common_end(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks(BLOCK).zip(b.rchunks(BLOCK)).take_while(|(x, y)| x == y).count();
    let end = (blocks * BLOCK).min(a.len());
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    end + a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
}

/// Length of the common start.
fn common(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK)).take_while(|(x, y)| x == y).count();
    let start = (blocks * BLOCK).min(a.len()).min(b.len());
    start + a[start..].iter().zip(&b[start..]).take_while(|(x, y)| x == y).count()
}

/// The point of byte `at`, counted on from a known point.
fn point(bytes: &[u8], from: Point, known: usize, at: usize) -> Point {
    let between = &bytes[known..at];
    let rows = crate::text::count_breaks(between);
    match between.iter().rposition(|byte| *byte == b'\n') {
        Some(last) => Point::new(from.row + rows, between.len() - last - 1),
        None => Point::new(from.row, from.column + between.len()),
    }
}
