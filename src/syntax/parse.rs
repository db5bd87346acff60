//! Parsing with a budget. A text that takes longer has no tree; everything that needs none goes on.

use std::cell::RefCell;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};

use super::guard;
use super::registry::Language;

/// Longest time for one parse.
pub const BUDGET: Duration = Duration::from_millis(500);
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

/// A text with its tree.
#[derive(Clone)]
pub struct Parsed {
    language: Arc<Language>,
    text: Arc<str>,
    tree: Tree,
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("language", &self.language).field("bytes", &self.text.len()).finish()
    }
}

/// Parses a text.
pub fn parse(language: &Arc<Language>, text: impl Into<Arc<str>>) -> Result<Parsed, ParseError> {
    let text = text.into();
    let tree = run(language, &text, None)?;
    Ok(Parsed { language: language.clone(), text, tree })
}

impl Parsed {
    /// Parses a later version of the text, reusing what has not changed.
    pub fn edited(&self, text: impl Into<Arc<str>>) -> Result<Self, ParseError> {
        let text = text.into();
        let mut old = self.tree.clone();
        if let Some(edit) = difference(&self.text, &text) {
            old.edit(&edit);
        }
        let tree = run(&self.language, &text, Some(&old))?;
        Ok(Self { language: self.language.clone(), text, tree })
    }

    pub fn language(&self) -> &Arc<Language> {
        &self.language
    }

    pub fn text(&self) -> &str {
        &self.text
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

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }
}

fn run(language: &Language, text: &str, old: Option<&Tree>) -> Result<Tree, ParseError> {
    let grammar = language.grammar.as_ref().ok_or(ParseError::NoParser)?;
    if text.len() > MAX_TEXT {
        return Err(ParseError::TooLarge);
    }
    if guard::refuses(text).is_some() {
        return Err(ParseError::Deadly);
    }
    let _working = guard::enter(text);
    let start = Instant::now();
    let mut watch = |_: &tree_sitter::ParseState| if start.elapsed() > BUDGET { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _: Point| bytes.get(at..).unwrap_or_default();
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

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// The one edit that leads from `old` to `new`: what stands between their common start and their common end.
fn difference(old: &str, new: &str) -> Option<InputEdit> {
    if old == new {
        return None;
    }
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let mut start = common(a, b);
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let most = a.len().min(b.len()) - start;
    let mut end = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
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

/// Length of the common start, compared in blocks.
fn common(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK)).take_while(|(x, y)| x == y).count();
    let start = (blocks * BLOCK).min(a.len()).min(b.len());
    start + a[start..].iter().zip(&b[start..]).take_while(|(x, y)| x == y).count()
}

/// The point of byte `at`, counted on from a known point.
fn point(bytes: &[u8], from: Point, known: usize, at: usize) -> Point {
    let between = &bytes[known..at];
    let rows = between.iter().filter(|byte| **byte == b'\n').count();
    match between.iter().rposition(|byte| *byte == b'\n') {
        Some(last) => Point::new(from.row + rows, between.len() - last - 1),
        None => Point::new(from.row, from.column + between.len()),
    }
}
