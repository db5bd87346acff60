//! Parsing with a budget. A text that takes longer has no tree; everything that needs none goes on.

use std::cell::RefCell;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tree_sitter::{InputEdit, Node, ParseOptions, Parser, Point, Tree};

use super::blanks::{self, Blank, Found, Shown};
use super::guard;
use super::language::Language;
use super::walk::Marks;
use crate::text::{Cut, Piece};

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
    text: Piece,
    tree: Tree,
    /// What of the text the parser was not shown, and what that was chosen from.
    blanks: Arc<[Blank]>,
    found: Arc<[Found]>,
    /// What led here from the version before.
    edit: Option<Made>,
    /// No other has it, but for its copies.
    id: u64,
    /// The version that this one was made from.
    from: Option<u64>,
    /// What the children of long nodes are known by that were gone through for what has changed.
    marks: Arc<OnceLock<Marks>>,
}

/// What led from the version before to a text.
#[derive(Clone)]
pub(super) struct Made {
    pub edit: InputEdit,
    /// The bytes of the text in which the trees differ.
    pub differing: Range<usize>,
    /// Neither text has errors. In what has some the parser guesses, and may guess otherwise far away, inside of what looks the same.
    pub is_clean: bool,
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("language", &self.language).field("bytes", &self.text.len()).finish()
    }
}

/// Parses a text.
pub fn parse(language: &Arc<Language>, text: impl Into<Piece>) -> Result<Parsed, ParseError> {
    let text = text.into().with_line_feeds();
    let found = blanks::find(language, &text);
    let mut blanks = blanks::hidden(language, &found);
    if opens_without_end(&text) {
        return Err(ParseError::Budget);
    }
    let mut tree = run(language, &text, &Shown::new(&text, &blanks), None)?;
    if let Some(right) = blanks::right(&blanks, &tree) {
        blanks = right;
        tree = run(language, &text, &Shown::new(&text, &blanks), None)?;
    }
    Ok(Parsed { language: language.clone(), text, tree, blanks, found, edit: None, id: next(), from: None, marks: Arc::default() })
}

/// Numbers the trees that are made.
fn next() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl Parsed {
    /// Parses a later version of the text, reusing what has not changed.
    pub fn edited(&self, text: impl Into<Piece>) -> Result<Self, ParseError> {
        let text = text.into().with_line_feeds();
        let cut = Cut::between(&self.text, &text);
        self.edited_at(text, cut)
    }

    /// The same, where it is known in what the text differs. It has line feeds.
    pub fn edited_at(&self, text: Piece, cut: Option<Cut>) -> Result<Self, ParseError> {
        if cut.is_some_and(|cut| opens_without_end_around(&text, &cut)) {
            return Err(ParseError::Budget);
        }
        let found = blanks::again(&self.language, &self.found, &text, cut.as_ref());
        let blanks = blanks::hidden(&self.language, &found);
        let parsed = self.edited_without(text, cut, blanks, found)?;
        match blanks::right(&parsed.blanks, &parsed.tree) {
            Some(right) => self.edited_without(parsed.text, cut, right, parsed.found),
            None => Ok(parsed),
        }
    }

    /// The later version, of which the parser is not shown these.
    fn edited_without(&self, text: Piece, cut: Option<Cut>, blanks: Arc<[Blank]>, found: Arc<[Found]>) -> Result<Self, ParseError> {
        let mut old = self.tree.clone();
        // What the parser is shown may differ where the texts do not.
        let cut = blanks::widened(cut.as_ref(), &self.blanks, &blanks, [self.text.len(), text.len()]);
        let near = cut.and_then(|cut| self.near(cut.start));
        let edit = cut.map(|cut| self.input_edit(&text, &cut, near));
        if let Some(edit) = &edit {
            old.edit(edit);
        }
        let tree = run(&self.language, &text, &Shown::new(&text, &blanks), Some(&old))?;
        let edit = edit.map(|edit| {
            let is_clean = !(old.root_node().has_error() || tree.root_node().has_error());
            let differing = self.within_name(&edit, &tree, near).unwrap_or_else(|| differing(&edit, &old, &tree));
            Made { edit, differing, is_clean }
        });
        Ok(Self {
            language: self.language.clone(),
            text,
            tree,
            blanks,
            found,
            edit,
            id: next(),
            from: Some(self.id),
            marks: Arc::default(),
        })
    }

    /// Whether this was made from the very tree that another one is.
    pub(super) fn is_made_from(&self, before: &Self) -> bool {
        self.from == Some(before.id)
    }

    /// The smallest node that a place is in, or behind.
    fn near(&self, at: usize) -> Option<Node<'_>> {
        self.root().descendant_for_byte_range(at, at).filter(|node| node.start_byte() <= at)
    }

    /// An edit as the parser wants to be told of it. The tree knows where its nodes are, so that lines are counted from the next of them on.
    fn input_edit(&self, text: &str, cut: &Cut, near: Option<Node<'_>>) -> InputEdit {
        let (a, b) = (self.text.as_bytes(), text.as_bytes());
        let (known, from) = near.map_or((0, Point::new(0, 0)), |node| (node.start_byte(), node.start_position()));
        let start_position = point(a, from, known, cut.start);
        InputEdit {
            start_byte: cut.start,
            old_end_byte: cut.old_end,
            new_end_byte: cut.new_end,
            start_position,
            old_end_position: point(a, start_position, cut.start, cut.old_end),
            new_end_position: point(b, start_position, cut.start, cut.new_end),
        }
    }

    /// The bytes of a name that an edit has changed into another name. The tree depends on what its tokens are, not on what they say, so that
    /// the rest of it is as it was, but for what has errors. Finding out where two trees differ takes as long as the parse.
    fn within_name(&self, edit: &InputEdit, tree: &Tree, near: Option<Node<'_>>) -> Option<Range<usize>> {
        let (old, new) = (self.tree.root_node(), tree.root_node());
        let after = new.descendant_for_byte_range(edit.start_byte, edit.new_end_byte)?;
        let start = after.start_byte();
        let near = near.filter(|near| near.start_byte() == start && near.end_byte() > start && near.child_count() == 0);
        let before = near.or_else(|| old.descendant_for_byte_range(start, start + 1))?;
        let is_name = |node: &Node<'_>| node.child_count() == 0 && self.language.is_name(node.kind_id());
        let is_same = before.start_byte() == start
            && start < edit.start_byte
            && before.kind_id() == after.kind_id()
            && before.end_byte() >= edit.old_end_byte
            && after.end_byte() - edit.new_end_byte == before.end_byte() - edit.old_end_byte
            && old.descendant_count() == new.descendant_count();
        (is_same && is_name(&after)).then(|| after.byte_range())
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
        self.broken().count()
    }

    pub(super) fn edit(&self) -> Option<&Made> {
        self.edit.as_ref()
    }

    pub(super) fn marks(&self) -> Option<&Marks> {
        self.marks.get()
    }

    /// Keeps these for what changes next, unless others are kept.
    pub(super) fn keep_marks(&self, marks: Marks) {
        let _ = self.marks.set(marks);
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

fn run(language: &Language, text: &str, shown: &Shown<'_>, old: Option<&Tree>) -> Result<Tree, ParseError> {
    let grammar = language.grammar.as_ref().ok_or(ParseError::NoParser)?;
    if text.len() > MAX_TEXT {
        return Err(ParseError::TooLarge);
    }
    if guard::refuses(text).is_some() {
        return Err(ParseError::Deadly);
    }
    let _working = guard::enter(text);
    let clock = Work::start();
    let mut watch = |_: &tree_sitter::ParseState| if clock.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let mut read = |at: usize, _: Point| shown.at(at);
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
    crate::text::count(text.as_bytes(), b'<') > MOST_OPEN && opens_many(text.as_bytes(), 0)
}

/// The same of a text whose version before had not so many: a row that is longer now goes through the edit, or begins or ends at it.
fn opens_without_end_around(text: &str, cut: &Cut) -> bool {
    let bytes = text.as_bytes();
    let start = bytes[..cut.start].iter().rposition(|byte| ENDS.contains(byte)).unwrap_or(0);
    opens_many(&bytes[start..], cut.new_end - start)
}

/// What nothing that an angle bracket opens goes on behind.
const ENDS: &[u8] = b";{}()=,/\"'";

/// Whether there are too many in a row, up to the first end of a row behind `enough` bytes where that is not zero.
fn opens_many(bytes: &[u8], enough: usize) -> bool {
    let mut open = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'<' {
            open += 1;
        } else if ENDS.contains(byte) {
            open = 0;
            if enough > 0 && at >= enough {
                return false;
            }
        }
        if open > MOST_OPEN {
            return true;
        }
    }
    false
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

    /// Whether it took longer than this. A clock of the thread costs a call of the system, and who has not waited so long has not worked.
    pub fn exceeds(&self, limit: Duration) -> bool {
        self.start.elapsed() > limit && self.took() > limit
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

/// The point of byte `at`, counted on from a known point.
fn point(bytes: &[u8], from: Point, known: usize, at: usize) -> Point {
    let between = &bytes[known..at];
    let rows = crate::text::count_breaks(between);
    match between.iter().rposition(|byte| *byte == b'\n') {
        Some(last) => Point::new(from.row + rows, between.len() - last - 1),
        None => Point::new(from.row, from.column + between.len()),
    }
}
