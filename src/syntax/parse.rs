//! Parsing with a budget. A text that takes longer has no tree, and whatever needs no tree continues to work. The budget is the parser's
//! alone: the searches beside it, for what is hidden from it and for brackets without a partner, have none.

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
use super::lazy_tree::LazyTree;
use super::unclosed;
use super::walk::Marks;
use crate::text::{Cut, SharedText};

/// The time that one parse may compute; including all waiting it may take [`PATIENCE`].
pub const BUDGET: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(5);
/// Stack of parsing threads. During error recovery the parser recurses once per open bracket or tag. Unused stack costs no memory.
pub const STACK: usize = 64 << 20;
/// The largest text that is parsed, in bytes.
pub const MAX_TEXT: usize = 4 << 20;

/// Why a text has no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    NoParser,
    TooLarge,
    /// It took longer than [`BUDGET`]: the text is pathological for its grammar.
    Budget,
    /// Parsing it has killed the process several times ([`super::guard`]).
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

/// A text with its tree. Its lines end with line feeds, with or without a carriage return before them.
#[derive(Clone)]
pub struct Parsed {
    language: Arc<Language>,
    text: SharedText,
    /// The tree of the text as it is.
    tree: Arc<LazyTree>,
    /// What was hidden from the parser, and all matches from which that was chosen.
    blanks: Arc<[Blank]>,
    found: Arc<[Found]>,
    /// How it was made from the previous version.
    edit: Option<Made>,
    /// Unique to this tree and its copies.
    id: u64,
    /// The `id` of the version that it was made from.
    from: Option<u64>,
    /// Marks of the children of long nodes, kept for the comparison with the next version.
    marks: Arc<OnceLock<Marks>>,
    /// The tree of the same text with a partner for every bracket, if one had none.
    balanced: Option<Arc<Parsed>>,
}

/// How a text was made from the previous version.
#[derive(Clone)]
pub(super) struct Made {
    pub edit: InputEdit,
    /// The bytes of the text in which the two trees differ.
    pub differing: Range<usize>,
    /// Neither text has errors. If there are errors the parser guesses, and may guess differently far away, inside nodes that look the
    /// same.
    pub is_clean: bool,
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("language", &self.language).field("bytes", &self.text.len()).finish()
    }
}

/// Parses a text from scratch. Fails if it is too large, takes too long or has killed the process before.
pub fn parse(language: &Arc<Language>, text: impl Into<SharedText>) -> Result<Parsed, ParseError> {
    let text = text.into().with_line_feeds();
    grammar(language, &text)?;
    if opens_without_end(&text) {
        return Err(ParseError::Budget);
    }
    let found = blanks::find(language, &text);
    let mut blanks = blanks::hidden(language, &found);
    let mut tree = run(language, &text, &Shown::new(&text, &blanks), None)?;
    if let Some(right) = blanks::right(&blanks, &tree) {
        blanks = right;
        tree = run(language, &text, &Shown::new(&text, &blanks), None)?;
    }
    // A text that may not be parsed once more without its open brackets keeps the tree it has.
    let balanced = repairs(language, &text, &tree, &blanks).and_then(|blanks| {
        let tree = run(language, &text, &Shown::new(&text, &blanks), None).ok()?;
        Some(Arc::new(Parsed::fresh(language, text.clone(), tree, blanks, found.clone(), None)))
    });
    Ok(Parsed::fresh(language, text, tree, blanks, found, balanced))
}

/// What is hidden from the parser together with the unclosed brackets. None if there are none, or if everything parses.
fn repairs(language: &Language, text: &str, tree: &Tree, blanks: &[Blank]) -> Option<Arc<[Blank]>> {
    if !tree.root_node().has_error() {
        return None;
    }
    let repairs = unclosed::repairs(text, language);
    (!repairs.is_empty()).then(|| blanks::repaired(blanks, &repairs))
}

/// The number of the next tree.
fn next() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl Parsed {
    fn fresh(
        language: &Arc<Language>,
        text: SharedText,
        tree: Tree,
        blanks: Arc<[Blank]>,
        found: Arc<[Found]>,
        balanced: Option<Arc<Parsed>>,
    ) -> Self {
        let tree = Arc::new(LazyTree::Made(tree));
        Self { language: language.clone(), text, tree, blanks, found, edit: None, id: next(), from: None, marks: Arc::default(), balanced }
    }

    fn tree(&self) -> &Tree {
        self.tree.get(|before| run(&self.language, &self.text, &Shown::new(&self.text, &self.blanks), Some(before)).ok())
    }

    /// The tree with a partner for every bracket, which shows best what the text defines; this one if none is open.
    pub(super) fn balanced(&self) -> &Self {
        self.balanced.as_deref().unwrap_or(self)
    }

    /// Parses a later version of the text and reuses what has not changed.
    pub fn edited(&self, text: impl Into<SharedText>) -> Result<Self, ParseError> {
        let text = text.into().with_line_feeds();
        let cut = Cut::between(&self.text, &text);
        self.edited_at(text, cut)
    }

    /// [`Self::edited`], if it is known which stretch differs. The text has line feeds.
    pub fn edited_at(&self, text: SharedText, cut: Option<Cut>) -> Result<Self, ParseError> {
        grammar(&self.language, &text)?;
        if cut.is_some_and(|cut| opens_without_end_around(&text, &cut)) {
            return Err(ParseError::Budget);
        }
        let found = blanks::again(&self.language, &self.found, &text, cut.as_ref());
        let blanks = blanks::hidden(&self.language, &found);
        if let Some(parsed) = self.edited_while_open(&text, cut, &blanks, &found) {
            return Ok(parsed);
        }
        let mut parsed = self.edited_without(text, cut, blanks, found)?;
        if let Some(right) = blanks::right(&parsed.blanks, parsed.tree()) {
            parsed = self.edited_without(parsed.text, cut, right, parsed.found)?;
        }
        if let Some(blanks) = repairs(&self.language, &parsed.text, parsed.tree(), &parsed.blanks) {
            let balanced = self.balanced().edited_without(parsed.text.clone(), cut, blanks, parsed.found.clone());
            parsed.balanced = balanced.ok().map(Arc::new);
        }
        Ok(parsed)
    }

    /// The later version with only its balanced tree, while brackets stay open that were open before. Its own tree is made on demand. None
    /// if a bracket was closed or another fault is gone: then the text may parse as it is.
    fn edited_while_open(&self, text: &SharedText, cut: Option<Cut>, blanks: &Arc<[Blank]>, found: &Arc<[Found]>) -> Option<Self> {
        let before = self.balanced.as_deref().filter(|_| !self.tree.has_failed() && !self.tree.is_known_clean())?;
        let repairs = unclosed::repairs(text, &self.language);
        if repairs.is_empty() {
            return None;
        }
        let hidden = blanks::repaired(blanks, &repairs);
        if hidden.len() < before.blanks.len() {
            return None;
        }
        let balanced = before.edited_without(text.clone(), cut, hidden, found.clone()).ok()?;
        let is_mended = before.is_broken() && !balanced.is_broken();
        if is_mended || blanks::right(&balanced.blanks, balanced.tree()).is_some() {
            return None;
        }
        let lengths = [self.text.len(), text.len()];
        let edit =
            blanks::widened(cut.as_ref(), &self.blanks, blanks, lengths).map(|cut| before.input_edit(text, &cut, before.near(cut.start)));
        let tree = LazyTree::later(self.tree.told(edit.as_ref()), balanced.tree().clone());
        let own = Parsed {
            tree: Arc::new(tree),
            blanks: blanks.clone(),
            edit: None,
            id: next(),
            from: Some(self.id),
            marks: Arc::default(),
            ..balanced.clone()
        };
        Some(Self { balanced: Some(Arc::new(balanced)), ..own })
    }

    /// The later version, parsed with these stretches hidden.
    fn edited_without(&self, text: SharedText, cut: Option<Cut>, blanks: Arc<[Blank]>, found: Arc<[Found]>) -> Result<Self, ParseError> {
        // The parser's view may differ even where the texts do not.
        let cut = blanks::widened(cut.as_ref(), &self.blanks, &blanks, [self.text.len(), text.len()]);
        let near = cut.and_then(|cut| self.balanced().near(cut.start));
        let edit = cut.map(|cut| self.input_edit(&text, &cut, near));
        let old = self.tree.told(edit.as_ref());
        let tree = run(&self.language, &text, &Shown::new(&text, &blanks), Some(&old))?;
        // With a balanced tree, that one's edit is what matters.
        let edit = edit.filter(|_| self.balanced.is_none()).map(|edit| {
            let is_clean = !(old.root_node().has_error() || tree.root_node().has_error());
            let differing = self.within_name(&edit, &tree, near).unwrap_or_else(|| differing(&edit, &old, &tree));
            Made { edit, differing, is_clean }
        });
        Ok(Self {
            language: self.language.clone(),
            text,
            tree: Arc::new(LazyTree::Made(tree)),
            blanks,
            found,
            edit,
            id: next(),
            from: Some(self.id),
            marks: Arc::default(),
            balanced: None,
        })
    }

    /// Whether this was made from exactly that tree.
    pub(super) fn is_made_from(&self, before: &Self) -> bool {
        self.from == Some(before.id)
    }

    /// The smallest node around a place, or just before it.
    fn near(&self, at: usize) -> Option<Node<'_>> {
        self.own_root().descendant_for_byte_range(at, at).filter(|node| node.start_byte() <= at)
    }

    /// The edit in the parser's terms. The tree knows the lines of its nodes, so lines are only counted from the nearest one on.
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

    /// The bytes of a name that an edit turned into another name. The shape of a tree depends on the kinds of its tokens and not on their
    /// text, so the rest is unchanged, unless there are errors. Comparing two trees takes as long as parsing.
    fn within_name(&self, edit: &InputEdit, tree: &Tree, near: Option<Node<'_>>) -> Option<Range<usize>> {
        let (old, new) = (self.tree().root_node(), tree.root_node());
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

    /// The language whose grammar parsed the text.
    pub fn language(&self) -> &Arc<Language> {
        &self.language
    }

    /// The text, with line feeds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether some place does not parse.
    pub fn is_broken(&self) -> bool {
        self.own_root().has_error()
    }

    /// How many places do not parse; tells whether an edit makes it worse.
    pub fn errors(&self) -> usize {
        self.broken().count()
    }

    /// How it was made from the previous version; none if it was parsed from scratch, or if that version has a balanced tree.
    pub(super) fn edit(&self) -> Option<&Made> {
        self.edit.as_ref()
    }

    /// The marks that were kept for the comparison with the next version.
    pub(super) fn marks(&self) -> Option<&Marks> {
        self.marks.get()
    }

    /// Keeps marks for the comparison with the next version, unless some are already kept.
    pub(super) fn keep_marks(&self, marks: Marks) {
        let _ = self.marks.set(marks);
    }

    /// Whether a place is hidden from the parser, as a macro that the grammar does not know.
    pub fn hides(&self, at: usize) -> bool {
        self.blanks.iter().any(|blank| blank.range.contains(&at))
    }

    /// The stretches that are hidden from the parser, in order.
    pub(super) fn blanks(&self) -> &[Blank] {
        &self.blanks
    }

    /// The root node of the tree with a partner for every bracket.
    pub(super) fn root(&self) -> Node<'_> {
        self.balanced().tree().root_node()
    }

    /// The root node of the tree of the text as it is, with all its errors.
    pub(super) fn own_root(&self) -> Node<'_> {
        self.tree().root_node()
    }
}

/// The bytes of the later text in which the trees differ, together with those of the edit.
fn differing(edit: &InputEdit, old: &Tree, new: &Tree) -> Range<usize> {
    let mut bytes = edit.start_byte..edit.new_end_byte;
    for range in old.changed_ranges(new) {
        bytes = bytes.start.min(range.start_byte)..bytes.end.max(range.end_byte);
    }
    bytes
}

/// The grammar with which a text is parsed, unless it is too large.
fn grammar<'a>(language: &'a Language, text: &str) -> Result<&'a tree_sitter::Language, ParseError> {
    let grammar = language.grammar.as_ref().ok_or(ParseError::NoParser)?;
    if text.len() > MAX_TEXT { Err(ParseError::TooLarge) } else { Ok(grammar) }
}

fn run(language: &Language, text: &str, shown: &Shown<'_>, old: Option<&Tree>) -> Result<Tree, ParseError> {
    let grammar = grammar(language, text)?;
    if guard::refuses(text).is_some() {
        return Err(ParseError::Deadly);
    }
    let _working = guard::enter(text);
    let clock = Work::start();
    let mut watch = |_: &tree_sitter::ParseState| if clock.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let mut read = |at: usize, _: Point| shown.at(at);
    // Making a parser costs as much as parsing a small file, so each thread keeps one.
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(grammar).map_err(|_| ParseError::NoParser)?;
        let tree = parser.parse_with_options(&mut read, old, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree.ok_or(ParseError::Budget)
    })
}

/// Maximum consecutive open angle brackets, without anything between them that would end a type, a tag or a comparison.
const MOST_OPEN: usize = 2000;

/// Whether a text has more consecutive open angle brackets than anybody writes. Each may be a comparison, a type argument or a tag. The
/// parser keeps all these readings until the end of the text, takes gigabytes doing so and never looks at the clock.
fn opens_without_end(text: &str) -> bool {
    crate::text::count(text.as_bytes(), b'<') > MOST_OPEN && opens_many(text.as_bytes(), 0)
}

/// [`opens_without_end`] for a text whose earlier version was fine: a run that has become longer contains the edit or touches it.
fn opens_without_end_around(text: &str, cut: &Cut) -> bool {
    let bytes = text.as_bytes();
    let start = bytes[..cut.start].iter().rposition(|byte| ENDS.contains(byte)).unwrap_or(0);
    opens_many(&bytes[start..], cut.new_end - start)
}

/// Bytes that end whatever an angle bracket may have opened.
const ENDS: &[u8] = b";{}()=,/\"'";

/// Whether a run is too long. If `enough` is not zero, the search ends with the first run that ends after it.
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

/// Measures how long this thread works, not how long a busy machine lets it wait: what gets parsed must not depend on the load.
pub(super) struct Work {
    start: Instant,
    worked: Option<Duration>,
}

impl Work {
    /// Starts to measure.
    pub fn start() -> Self {
        Self { start: Instant::now(), worked: thread_time() }
    }

    /// Working time since the start; elapsed time if the system does not tell.
    pub fn took(&self) -> Duration {
        self.worked.zip(thread_time()).map_or_else(|| self.start.elapsed(), |(before, now)| now.saturating_sub(before))
    }

    /// Whether the work took longer than `limit`. Asking for a thread's time is a system call, so the wall clock is checked first: if less
    /// time has passed than the limit, the work took less, too.
    pub fn exceeds(&self, limit: Duration) -> bool {
        self.start.elapsed() > limit && self.took() > limit
    }

    fn is_over(&self) -> bool {
        let waited = self.start.elapsed();
        // Asking for the thread's own time is a system call, so it is rarely done.
        waited > BUDGET && (waited > PATIENCE || self.took() > BUDGET)
    }
}

/// How long this thread has worked since it started, if the system tells.
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

/// The row and column of byte `at`, counted from a known point.
fn point(bytes: &[u8], from: Point, known: usize, at: usize) -> Point {
    let between = &bytes[known..at];
    let rows = crate::text::count_breaks(between);
    match between.iter().rposition(|byte| *byte == b'\n') {
        Some(last) => Point::new(from.row + rows, between.len() - last - 1),
        None => Point::new(from.row, from.column + between.len()),
    }
}
