//! What an answer names, each checked before anybody sees it: a path must be a file of the workspace that may be shown, a line must exist
//! in it, and a name that is written as code must be one that the index knows. What does not hold is marked in the text.

pub(super) mod named;
mod table;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::Serialize;

use super::Session;
use super::inert::code_span;
use super::vocabulary::Vocabulary;
use crate::text::words;
use crate::workspace::WorkspacePath;
use named::{Named, compiled, token};
use table::Table;

/// A place that an answer names, or that was shown to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    pub path: String,
    /// 1-based.
    pub line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    pub verified: bool,
    /// The file is named without a line of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    pub from: NamedBy,
}

/// Who names the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedBy {
    /// The answer's own words.
    Answer,
    /// It was put in front of the model; the answer does not name it.
    Shown,
}

impl NamedBy {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            NamedBy::Answer => "named in the answer",
            NamedBy::Shown => "shown to the model",
        }
    }
}

/// Files that are read to count their lines; places in more of them stay unchecked, and are marked so.
const MOST_FILES: usize = 200;
/// What is written behind a place that does not exist, behind one that was not looked for, and behind a name that nothing in the workspace
/// has.
const NO_PLACE: &str = " (not found)";
const UNCHECKED: &str = " (not checked)";
const NO_NAME: &str = " (not in the index)";
/// What is written behind a place at which the name beside it does not stand.
const NOT_THERE: &str = " (not at that line)";
/// Lines above and below a place in which a name may stand that is said to be there: a comment or an attribute belongs to it.
const AROUND: u32 = 3;
/// Endings of files by which products are called as well, in words: `Node.js`.
const PRODUCTS: &[&str] = &["js"];

/// What a path looks like that is none of ours.
static PATH: LazyLock<Regex> = LazyLock::new(|| compiled(r"^(?:[^/\s]+/)*[\w@+\[\]().-]*\.[A-Za-z][A-Za-z0-9_+]{0,9}$"));
/// A name as code has it, with its owners, and a call's brackets or type arguments behind it.
static NAME: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"^&?([A-Za-z_$][\w$]*(?:(?:::|\.|#|->)[A-Za-z_$][\w$]*)*)(\(.*\)|!|(?:::)?<.*>)?$"));

/// Checks an answer line by line, as it is written.
pub struct Checker<'a> {
    session: &'a Session,
    /// Paths that the model has seen; a name without its folder is looked up there first.
    pub near: Vec<String>,
    /// The file that the question is about, and the one that was named last: what a line without a path is one of.
    subject: Option<String>,
    last: Option<String>,
    citations: Vec<Citation>,
    /// Names that were marked; once is enough.
    marked: HashSet<String>,
    /// What was looked for: the file and how many lines it has.
    found: HashMap<String, Option<(WorkspacePath, u32)>>,
    read: usize,
    vocabulary: Option<Vocabulary>,
    /// The backquotes or tildes that opened the code block we are in.
    fence: Option<String>,
    /// What was named in that block and does not hold. Code stays as it is, for it is copied: this is said below.
    below: Vec<String>,
    /// A part of the line was checked already.
    in_line: bool,
    table: Table,
}

impl<'a> Checker<'a> {
    pub fn new(session: &'a Session, near: Vec<String>) -> Self {
        let (subject, last, citations, marked, found, below, table) = Default::default();
        let (vocabulary, fence, in_line) = Default::default();
        Self { session, near, subject, last, citations, marked, found, read: 0, vocabulary, fence, below, in_line, table }
    }

    /// For an answer about a file.
    pub fn about(self, subject: Option<String>) -> Self {
        Self { subject, ..self }
    }

    /// With what another one has read of the workspace.
    pub fn after(other: Self, near: Vec<String>) -> Self {
        Self { vocabulary: other.vocabulary, subject: other.subject, ..Self::new(other.session, near) }
    }

    /// A whole answer with what does not hold marked, and its places.
    pub fn check(mut self, text: &str) -> (String, Vec<Citation>) {
        let mut marked: String = text.split_inclusive('\n').map(|line| self.line(line)).collect();
        marked.push_str(&self.finish());
        // A file is no place of its own where one of its lines is named.
        let lines: HashSet<String> = self.citations.iter().filter(|place| !place.whole).map(|place| place.path.clone()).collect();
        self.citations.retain(|place| !place.whole || !lines.contains(&place.path));
        (marked, self.citations)
    }

    /// A line, or a part of one that begins and ends outside of backquotes.
    pub fn line(&mut self, line: &str) -> String {
        let is_start = !std::mem::replace(&mut self.in_line, !line.ends_with('\n'));
        if is_start && self.is_fence(line) {
            let below = if self.fence.is_none() { self.said_below() } else { String::new() };
            let end = if below.is_empty() || line.ends_with('\n') { "" } else { "\n" };
            return format!("{line}{end}{below}");
        }
        let mut marked = line.to_string();
        if self.fence.is_some() {
            self.check_code(line);
            return marked;
        }
        for (at, mark) in self.marks(line).into_iter().rev() {
            marked.insert_str(at, mark);
        }
        marked
    }

    /// The answer is over; what is still to be said. A code block that is open is closed for it.
    pub fn finish(&mut self) -> String {
        let fence = self.fence.take();
        match self.said_below() {
            below if below.is_empty() => below,
            below => format!("\n{}\n{below}", fence.unwrap_or_default()),
        }
    }

    fn said_below(&mut self) -> String {
        let places = std::mem::take(&mut self.below);
        if places.is_empty() { String::new() } else { format!("\nIn this code: {}.\n", places.join(", ")) }
    }

    /// Whether a line opens or closes a code block.
    fn is_fence(&mut self, line: &str) -> bool {
        let start = line.trim_start();
        let Some(mark) = start.chars().next().filter(|mark| matches!(mark, '`' | '~')) else { return false };
        let info = start.trim_start_matches(mark);
        let run = &start[..start.len() - info.len()];
        match &self.fence {
            Some(open) if run.starts_with(open.as_str()) && info.trim().is_empty() => self.fence = None,
            None if run.len() >= 3 && !(mark == '`' && info.contains('`')) => self.fence = Some(run.into()),
            _ => return false,
        }
        true
    }

    /// Where a line of an answer's own words is to be marked, in order.
    fn marks(&mut self, line: &str) -> Vec<(usize, &'static str)> {
        let places = self.places(line, false);
        let mut marks: Vec<(usize, &str)> = vec![];
        for (place, mark) in &places {
            marks.extend(mark.map(|mark| (named::end_of_quotes(line, place.end), mark)));
        }
        let said = |at: &Range<usize>| places.iter().any(|(place, _)| at.start < place.end && place.start <= at.end);
        let spans = spans(line);
        for (whole, code) in spans.iter().filter(|(whole, _)| !said(whole)) {
            let code = line[code.clone()].trim();
            let mark = match self.file(code, true) {
                Some(mark) => mark,
                None if self.is_no_name(code) => Some(NO_NAME),
                None => None,
            };
            marks.extend(mark.map(|mark| (whole.end, mark)));
        }
        for (at, word) in named::words(line) {
            if said(&at) || spans.iter().any(|(whole, _)| whole.start < at.end && at.start < whole.end) {
                continue;
            }
            // A call is one of code without backquotes as well.
            let called = word.strip_suffix('(').filter(|name| line[at.end..].starts_with(')') && is_compound(name));
            if called.is_some_and(|name| self.is_no_name(name)) {
                marks.push((at.end + 1, NO_NAME));
            } else {
                let mark = self.file(word, false).flatten();
                marks.extend(mark.map(|mark| (at.end, mark)));
            }
        }
        marks.sort_unstable();
        // Several lines of one path that stands behind them are one mark.
        marks.dedup();
        marks
    }

    /// Checks the places in a line of code. Nothing is marked in it.
    fn check_code(&mut self, line: &str) {
        for (place, mark) in self.places(line, true) {
            let named = || format!("{}{}", token(line, place.start), &line[place.clone()]);
            self.below.extend(mark.map(|mark| format!("`{}`{mark}", named().replace('`', ""))));
        }
    }

    /// The lines that a text names: where they are said, and how each is to be marked. In code only those with their path count.
    fn places(&mut self, line: &str, in_code: bool) -> Vec<(Range<usize>, Option<&'static str>)> {
        let mut places = vec![];
        let column = self.table.column(line);
        for named in column.into_iter().chain(named::named(line)) {
            let Some(first) = named.first else { continue };
            if let Some(mark) = named.behind.and_then(|path| self.place(path, first, &named)) {
                places.push((named.range.start..named.end_behind(line), mark));
            } else if let Some(mark) = self.place(named.before, first, &named) {
                places.push((named.range, mark));
            } else if named.in_words && !in_code {
                let files: Vec<&str> =
                    named::words(&line[..named.range.start]).map(|(_, word)| word).filter(|word| PATH.is_match(word)).collect();
                let nearest = files.into_iter().rev().find_map(|word| self.find(word)).map(|(path, _)| path.to_string());
                self.last = nearest.or(self.last.take());
                let mark = self.line_alone(first, &named);
                places.push((named.range, mark));
            }
        }
        places
    }

    /// Checks lines of a file, and how they are to be marked. None for what names no file.
    fn place(&mut self, token: &str, first: u32, named: &Named<'_>) -> Option<Option<&'static str>> {
        // An address, a name with its module, or the column behind a line.
        if token.is_empty() || token.contains("://") || token.contains(':') {
            return None;
        }
        let ours = self.in_root(token)?;
        let token = &*ours;
        // Brackets before a path may be its own, and so may letters that no path of ours has.
        let bare = token.trim_start_matches(['(', '[', '{']);
        let ascii = bare.trim_start_matches(|letter: char| !letter.is_ascii()).trim_end_matches(|letter: char| !letter.is_ascii());
        let found = self.find(token).or_else(|| self.find(bare)).or_else(|| self.find(ascii));
        if found.is_none() && !self.may_be_path(ascii) {
            return None;
        }
        if found.is_none() && self.read >= MOST_FILES {
            return Some(Some(UNCHECKED));
        }
        let Some((path, count)) = found else { return Some(self.cite(ascii.into(), first, named.last, Some(NO_PLACE))) };
        self.last = Some(path.to_string());
        let mark = self.wrong(&path, count, first, named);
        Some(self.cite(path.to_string(), first, named.last, mark))
    }

    /// A path as the workspace has it: without the folder of a root before it, and with slashes where the folder is one of ours. None for what
    /// backslashes are something else in.
    fn in_root<'t>(&mut self, token: &'t str) -> Option<Cow<'t, str>> {
        if token.contains('\\') {
            let path = token.replace('\\', "/");
            let ours = path.split_once('/').is_some_and(|(folder, _)| self.vocabulary().has_folder(folder));
            return ours.then(|| path.into());
        }
        let roots = &self.session.snapshot.roots;
        let inside = Path::new(token).is_absolute().then(|| roots.locate(Path::new(token))).flatten();
        Some(inside.map_or(token.into(), |path| path.to_string().into()))
    }

    /// Checks lines that are named without a file: of the one that was named last, or that the question is about, or else of any that
    /// the model has seen.
    fn line_alone(&mut self, first: u32, named: &Named<'_>) -> Option<&'static str> {
        let meant: Vec<String> = self.last.iter().chain(&self.subject).cloned().collect();
        let mut marks = vec![];
        for path in if meant.is_empty() { self.near.clone() } else { meant.clone() } {
            let Some((file, count)) = self.find(&path) else { continue };
            let mark = self.wrong(&file, count, first, named);
            marks.push((path, mark));
        }
        let best = marks.iter().position(|(_, mark)| mark.is_none()).unwrap_or(0);
        let (path, mark) = marks.into_iter().nth(best)?;
        if meant.is_empty() { mark } else { self.cite(path, first, named.last, mark) }
    }

    /// What is wrong with lines of a file that is there.
    fn wrong(&self, path: &WorkspacePath, count: u32, first: u32, named: &Named<'_>) -> Option<&'static str> {
        let last = named.last.unwrap_or(first);
        if first == 0 || last < first || last > count {
            return Some(NO_PLACE);
        }
        let name = NAME.captures(named.symbol?.trim())?.get(1)?.as_str();
        let name = name.rsplit([':', '.', '#', '>']).next()?;
        let index = &self.session.index;
        let is_within = index
            .named(name)
            .into_iter()
            .filter_map(|id| Some((index.file(id.file)?, index.symbol(id)?)))
            .any(|(file, symbol)| file.path == *path && symbol.line < last + AROUND && first <= symbol.end_line + 1);
        let text = self.session.snapshot.read(path).ok()?;
        let lines = text.lines().skip(first.saturating_sub(AROUND + 1) as usize).take((last - first + 2 * AROUND + 1) as usize);
        let stands = |line: &str| words::has(line, name);
        (!is_within && !lines.into_iter().any(stands)).then_some(NOT_THERE)
    }

    /// Keeps a place with what is wrong with it.
    fn cite(&mut self, path: String, line: u32, end_line: Option<u32>, mark: Option<&'static str>) -> Option<&'static str> {
        let verified = mark.is_none();
        match self.citations.iter_mut().find(|known| known.path == path && known.line == line && !known.whole) {
            Some(known) => known.verified &= verified,
            None => self.citations.push(Citation { path, line, end_line, verified, whole: false, from: NamedBy::Answer }),
        }
        mark
    }

    /// Checks a word that may be the name of a file without a line of it, and how it is to be marked. None for what is none.
    fn file(&mut self, word: &str, in_quotes: bool) -> Option<Option<&'static str>> {
        let name = word.trim_start_matches("./");
        if let Some((path, names)) = name.split_once("::").filter(|(path, _)| PATH.is_match(path)) {
            return self.inside(path, names);
        }
        if name.contains("://") || name.contains("::") || !PATH.is_match(name) {
            return None;
        }
        let found = self.find(name);
        if found.is_none() && (self.read >= MOST_FILES || !self.is_file_name(name, in_quotes)) {
            return None;
        }
        let (path, verified) = found.map_or((name.to_string(), false), |(path, _)| (path.to_string(), true));
        if verified {
            self.last = Some(path.clone());
        }
        if !self.citations.iter().any(|known| known.path == path) {
            self.citations.push(Citation { path, line: 1, end_line: None, verified, whole: true, from: NamedBy::Answer });
        }
        Some((!verified).then_some(NO_PLACE))
    }

    /// Checks something in a file as test runners write it: `tests/test_a.py::Suite::test_one[case]`.
    fn inside(&mut self, path: &str, names: &str) -> Option<Option<&'static str>> {
        let mark = self.file(path, true)?;
        let known = self.find(path).and_then(|(path, _)| self.session.snapshot.read(&path).ok());
        let names = names.split('[').next().unwrap_or_default();
        let missing = known.is_some_and(|text| !names.split("::").all(|name| words::has(&text, name)));
        Some(mark.or(missing.then_some(NO_PLACE)))
    }

    /// Whether something that looks like a path and is none of ours is meant for one: in a folder, and in backquotes or with an ending that
    /// our files have; without a folder, an ending that is no member of anything.
    fn is_file_name(&mut self, name: &str, in_quotes: bool) -> bool {
        let Some((stem, ending)) = name.rsplit_once('.') else { return false };
        if name.contains('/') {
            return in_quotes || self.vocabulary().has_ending(ending);
        }
        let index = &self.session.index;
        let member = index.name(ending).is_some_and(|id| !index.defined(id).is_empty());
        let plain = !name.contains(['(', '[', '+', '@']) && stem.len() > 1 && !OURSELVES.contains(&stem);
        let product = !in_quotes && PRODUCTS.contains(&ending);
        let may_be_file = plain && !product && self.vocabulary().has_ending(ending) && !self.stands(name);
        may_be_file && !(member && self.is_word(stem))
    }

    /// Whether something stands as it is in what the model has seen.
    fn stands(&self, text: &str) -> bool {
        let seen = self.near.iter().filter_map(|path| self.session.snapshot.roots.resolve(path).ok());
        seen.filter_map(|path| self.session.snapshot.read(&path).ok()).any(|whole| whole.contains(text))
    }

    /// Whether something that names no file of ours is meant for one all the same, and is no host, slice or proportion: it lies in a folder,
    /// or ends as some file of the workspace does.
    fn may_be_path(&mut self, text: &str) -> bool {
        let unbalanced = |open, close| text.matches(open).count() != text.matches(close).count();
        if unbalanced('(', ')') || unbalanced('[', ']') {
            return false;
        }
        match text.trim_start_matches("./").split_once('/') {
            // An absolute path that is not below a root.
            Some(("", path)) => path.contains('/'),
            Some((folder, _)) => PATH.is_match(text) || self.vocabulary().has_folder(folder),
            None => {
                let ending = text.rsplit_once('.').map(|(_, ending)| ending);
                !text.contains(['(', '[']) && PATH.is_match(text) && ending.is_some_and(|ending| self.vocabulary().has_ending(ending))
            }
        }
    }

    /// Whether something in backquotes is written as a name of code, and neither the index knows such a name, defined or used, nor is it a
    /// word of any text: a key of a table, a setting, something that a comment speaks of.
    fn is_no_name(&mut self, code: &str) -> bool {
        let Some(found) = NAME.captures(code) else { return false };
        let (Some(name), behind) = (found.get(1), found.get(2)) else { return false };
        let parts: Vec<&str> = words::all(name.as_str()).collect();
        if parts.is_empty()
            || is_environment(parts[0])
            || STANDARD.iter().any(|begin| name.as_str().starts_with(begin))
            || parts.len() == 1 && behind.is_none() && !is_compound(parts[0]) && !is_title(parts[0])
        {
            return false;
        }
        // A document, which has a name of its own.
        if parts.len() == 2 && behind.is_none() && name.as_str().contains('.') && self.find(code).is_some() {
            return false;
        }
        let index = &self.session.index;
        let known = |part: &str| index.name(part).is_some_and(|id| !index.users(id).is_empty() || !index.defined(id).is_empty());
        let unknown: Vec<&str> = parts.into_iter().filter(|part| !OURSELVES.contains(part) && !known(part)).collect();
        let nowhere = index.files().next().is_some() && !unknown.into_iter().all(|part| self.is_word(part));
        nowhere && self.marked.insert(code.into())
    }

    /// Whether a word stands in the workspace, looked for first in what the model has seen and in what the answer names.
    fn is_word(&mut self, word: &str) -> bool {
        let named = self.citations.iter().map(|place| &place.path);
        let first: Vec<String> = self.near.iter().chain(named).cloned().collect();
        let session = self.session;
        self.vocabulary().has_word(session, word, &first)
    }

    fn vocabulary(&mut self) -> &mut Vocabulary {
        self.vocabulary.get_or_insert_with(|| Vocabulary::new(self.session))
    }

    /// The file that a path means, and how many lines it has. A name without its folder counts when only one file is called that.
    fn find(&mut self, path: &str) -> Option<(WorkspacePath, u32)> {
        if let Some(known) = self.found.get(path) {
            return known.clone();
        }
        if self.read >= MOST_FILES {
            return None;
        }
        let called = |whole: &&String| whole.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        let by_name = || self.near.iter().find(called).and_then(|whole| readable(self.session, whole));
        let mut found = readable(self.session, path).or_else(by_name);
        if found.is_none() {
            let session = self.session;
            let mut several = self.vocabulary().paths.iter().filter(called);
            found = several.next().filter(|_| several.next().is_none()).and_then(|whole| readable(session, whole));
        }
        self.read += usize::from(found.is_some());
        self.found.insert(path.into(), found.clone());
        found
    }
}

/// Words that stand for what is around.
const OURSELVES: &[&str] = &["self", "Self", "this", "super", "crate", "cls"];
/// What names of a language's own library begin with.
const STANDARD: &[&str] = &["std::", "core::", "alloc::", "std.", "java.", "javax."];

/// Whether a word is a variable of the shell: `$HOME`.
fn is_environment(word: &str) -> bool {
    word.starts_with('$') && !word.contains(|letter: char| letter.is_ascii_lowercase())
}

/// Whether a word is written as names in code are and words of a sentence are not: `snake_case`, `CamelCase`.
fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches(['_', '$']);
    inner.contains(['_', '$']) || inner.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether a word is written as the names of types are: `Lexer`. In backquotes it is meant for one.
fn is_title(word: &str) -> bool {
    let word = word.trim_start_matches('$');
    word.len() > 3
        && word.starts_with(|letter: char| letter.is_ascii_uppercase())
        && word[1..].chars().all(|letter| letter.is_ascii_lowercase())
}

/// The code spans of a line: each with its backquotes, and what is between them.
pub(super) fn spans(line: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut spans = vec![];
    let mut at = 0;
    while let Some(found) = line[at..].find('`') {
        let start = at + found;
        let run = line[start..].len() - line[start..].trim_start_matches('`').len();
        let end = code_span(&line[start..], run).map(|length| start + length);
        spans.extend(end.map(|end| (start..end, start + run..end - run)));
        at = end.unwrap_or(start + run);
    }
    spans
}

fn readable(session: &Session, path: &str) -> Option<(WorkspacePath, u32)> {
    let path = session.snapshot.roots.resolve(path.trim_start_matches("./")).ok()?;
    if session.closed_path(&path).is_some() {
        return None;
    }
    let text: Arc<str> = session.snapshot.read(&path).ok()?;
    Some((path, text.lines().count().max(1) as u32))
}
