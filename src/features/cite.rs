//! What an answer names, each checked before anybody sees it: a path must be a file of the workspace that may be shown, a line must exist
//! in it, and a name that is written as code must be one that the index knows. What does not hold is marked in the text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::Serialize;

use super::Session;
use super::inert::code_span;
use super::vocabulary::Vocabulary;
use crate::workspace::WorkspacePath;

/// A place that an answer names, or that was shown to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    pub path: String,
    /// 1-based.
    pub line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    pub verified: bool,
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

/// How lines are named behind a path: `:12`, `:12-15`, `:12:3`, `#L12`, `, line 12`.
static LINES: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?::|#L|`?,? \(?(?:at |on )?lines? )(\d{1,7})(?:[-–](?:L)?(\d{1,7})|:\d{1,7})?"));
/// What a path looks like that is none of ours.
static PATH: LazyLock<Regex> = LazyLock::new(|| compiled(r"^(?:[^/\s]+/)*[\w@+\[\]().-]*\.[A-Za-z][A-Za-z0-9_+]{0,9}$"));
/// A name as code has it, with its owners, and a call's brackets or type arguments behind it.
static NAME: LazyLock<Regex> = LazyLock::new(|| compiled(r"^&?([A-Za-z_]\w*(?:(?:::|\.|#|->)[A-Za-z_]\w*)*)(\(.*\)|!|(?:::)?<.*>)?$"));

#[expect(clippy::expect_used, reason = "constants, which every test reads")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// Checks an answer line by line, as it is written.
pub struct Checker<'a> {
    session: &'a Session,
    /// Paths that the model has seen; a name without its folder is looked up there first.
    pub near: Vec<String>,
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
}

impl<'a> Checker<'a> {
    pub fn new(session: &'a Session, near: Vec<String>) -> Self {
        let (citations, marked, found, below) = Default::default();
        Self { session, near, citations, marked, found, read: 0, vocabulary: None, fence: None, below, in_line: false }
    }

    /// With what another one has read of the workspace.
    pub fn after(other: Self, near: Vec<String>) -> Self {
        Self { vocabulary: other.vocabulary, ..Self::new(other.session, near) }
    }

    /// A whole answer with what does not hold marked, and its places.
    pub fn check(mut self, text: &str) -> (String, Vec<Citation>) {
        let mut marked: String = text.split_inclusive('\n').map(|line| self.line(line)).collect();
        marked.push_str(&self.finish());
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
        let places = self.places(line);
        let mut marks: Vec<(usize, &str)> = vec![];
        for (place, mark) in &places {
            let behind = &line[place.end..];
            let quotes = behind.len() - behind.trim_start_matches('`').len();
            marks.extend(mark.map(|mark| (place.end + quotes, mark)));
        }
        for (whole, code) in spans(line) {
            if places.iter().any(|(place, _)| whole.contains(&place.start)) {
                continue;
            }
            let code = line[code].trim();
            let mark = if self.is_no_file(code) {
                NO_PLACE
            } else if self.is_no_name(code) {
                NO_NAME
            } else {
                continue;
            };
            marks.push((whole.end, mark));
        }
        marks.sort_unstable();
        marks
    }

    /// Checks the places in a line of code. Nothing is marked in it.
    fn check_code(&mut self, line: &str) {
        for (place, mark) in self.places(line) {
            let named = || format!("{}{}", token(line, place.start), &line[place.clone()]);
            self.below.extend(mark.map(|mark| format!("`{}`{mark}", named().replace('`', ""))));
        }
    }

    /// The places that a line names: where their lines are said, and how each is to be marked.
    fn places(&mut self, line: &str) -> Vec<(Range<usize>, Option<&'static str>)> {
        let mut places = vec![];
        for found in LINES.captures_iter(line) {
            let Some((whole, first)) = found.get(0).zip(found.get(1)) else { break };
            let (first, last) = (first.as_str().parse().ok(), found.get(2).and_then(|last| last.as_str().parse().ok()));
            let Some(mark) = first.and_then(|first| self.place(token(line, whole.start()), first, last)) else { continue };
            places.push((whole.range(), mark));
        }
        places
    }

    /// Checks lines of a file, and how they are to be marked. None for what names no file.
    fn place(&mut self, token: &str, line: u32, last: Option<u32>) -> Option<Option<&'static str>> {
        // An address, a name with its module, or the column behind a line.
        if token.is_empty() || token.contains("://") || token.contains("::") || token.contains(['\\', ':']) {
            return None;
        }
        // Brackets before a path may be its own.
        let bare = token.trim_start_matches(['(', '[', '{']);
        let found = self.find(token).or_else(|| self.find(bare));
        if found.is_none() && !self.may_be_path(bare) {
            return None;
        }
        if found.is_none() && self.read >= MOST_FILES {
            return Some(Some(UNCHECKED));
        }
        let inside = |count: u32| line >= 1 && line <= count && last.is_none_or(|last| last >= line && last <= count);
        let verified = found.as_ref().is_some_and(|(_, count)| inside(*count));
        let path = found.map_or(bare.to_string(), |(path, _)| path.to_string());
        if !self.citations.iter().any(|known| known.path == path && known.line == line) {
            self.citations.push(Citation { path, line, end_line: last, verified, from: NamedBy::Answer });
        }
        Some((!verified).then_some(NO_PLACE))
    }

    /// Whether something that names no file of ours is meant for one all the same, and is no host, slice or proportion: it lies in a folder,
    /// or ends as some file of the workspace does.
    fn may_be_path(&mut self, text: &str) -> bool {
        let unbalanced = |open, close| text.matches(open).count() != text.matches(close).count();
        if unbalanced('(', ')') || unbalanced('[', ']') {
            return false;
        }
        match text.trim_start_matches("./").split_once('/') {
            Some((folder, _)) => PATH.is_match(text) || self.vocabulary().has_folder(folder),
            None => {
                let ending = text.rsplit_once('.').map(|(_, ending)| ending);
                !text.contains(['(', '[']) && PATH.is_match(text) && ending.is_some_and(|ending| self.vocabulary().has_ending(ending))
            }
        }
    }

    /// Whether something in backquotes looks like the path of a file, and is none of ours. One without a folder may be any word.
    fn is_no_file(&mut self, code: &str) -> bool {
        code.contains('/') && !code.contains("://") && PATH.is_match(code) && self.find(code).is_none() && self.read < MOST_FILES
    }

    /// Whether something in backquotes is written as a name of code, and neither the index knows such a name, defined or used, nor is it a
    /// word of any text: a key of a table, a setting, something that a comment speaks of.
    fn is_no_name(&mut self, code: &str) -> bool {
        let Some(found) = NAME.captures(code) else { return false };
        let (Some(name), behind) = (found.get(1), found.get(2)) else { return false };
        let parts: Vec<&str> =
            name.as_str().split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|part| !part.is_empty()).collect();
        if STANDARD.contains(&parts[0]) || parts.len() == 1 && behind.is_none() && !is_compound(parts[0]) {
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
/// Where names of a language's own library begin.
const STANDARD: &[&str] = &["std", "core", "alloc", "java", "javax"];

/// Whether a word is written as names in code are and words of a sentence are not: `snake_case`, `CamelCase`.
fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches('_');
    inner.contains('_') || inner.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
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

/// What stands before an offset without a blank, a quote or a sign of markdown between.
fn token(text: &str, end: usize) -> &str {
    let before = &text[..end];
    let ends = |letter: char| letter.is_whitespace() || "`\"'<>|*,;".contains(letter);
    let start = before.char_indices().rev().find(|(_, letter)| ends(*letter)).map_or(0, |(at, letter)| at + letter.len_utf8());
    &before[start..]
}

fn readable(session: &Session, path: &str) -> Option<(WorkspacePath, u32)> {
    let path = session.snapshot.roots.resolve(path.trim_start_matches("./")).ok()?;
    if session.closed_path(&path).is_some() {
        return None;
    }
    let text: Arc<str> = session.snapshot.read(&path).ok()?;
    Some((path, text.lines().count().max(1) as u32))
}
