//! What an answer names, each checked before anybody sees it: a path must be a file of the workspace that may be shown, a line must exist
//! in it, and a name that is written as code must be one that the index knows. What does not hold is marked in the text.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::Serialize;

use super::Session;
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

/// Answers name few things; one that names hundreds is not checked to its end.
const MOST: usize = 60;
/// What is written behind a place that does not exist, and behind a name that nothing in the workspace has.
const NO_PLACE: &str = " (not found)";
const NO_NAME: &str = " (not in the index)";

/// How lines are named behind a path: `:12`, `:12-15`, `#L12`, `, line 12`.
static LINES: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?::|#L|`?,? \(?(?:at |on )?lines? )(\d{1,7})(?:[-–](?:L)?(\d{1,7}))?"));
/// What a path looks like that is none of ours.
static PATH: LazyLock<Regex> = LazyLock::new(|| compiled(r"^(?:[^/\s]+/)*[\w@+\[\]().-]*\.[A-Za-z][A-Za-z0-9_+]{0,9}$"));
/// Something in backquotes.
static SPAN: LazyLock<Regex> = LazyLock::new(|| compiled(r"`([^`\n]+)`"));
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
    /// Things that are still checked.
    left: usize,
    in_code: bool,
}

impl<'a> Checker<'a> {
    pub fn new(session: &'a Session, near: Vec<String>) -> Self {
        Self { session, near, citations: vec![], marked: HashSet::new(), left: MOST, in_code: false }
    }

    /// A whole answer with what does not hold marked, and its places.
    pub fn check(mut self, text: &str) -> (String, Vec<Citation>) {
        let marked = text.split_inclusive('\n').map(|line| self.line(line)).collect();
        (marked, self.citations)
    }

    /// A line, or a part of one that begins and ends outside of backquotes.
    pub fn line(&mut self, line: &str) -> String {
        let start = line.trim_start();
        if start.starts_with("~~~") || start.starts_with("```") && !start.trim_start_matches('`').contains('`') {
            self.in_code = !self.in_code;
            return line.into();
        }
        let mut marks: Vec<(usize, &str)> = vec![];
        let mut lines: Vec<usize> = vec![];
        for found in LINES.captures_iter(line) {
            let Some((whole, first)) = found.get(0).zip(found.get(1)).filter(|_| self.left > 0) else { break };
            let (first, last) = (first.as_str().parse().ok(), found.get(2).and_then(|last| last.as_str().parse().ok()));
            let Some(there) = first.and_then(|first| self.place(token(line, whole.start()), first, last)) else { continue };
            lines.push(whole.start());
            if !there {
                marks.push((whole.end() + usize::from(line[whole.end()..].starts_with('`')), NO_PLACE));
            }
        }
        for found in SPAN.captures_iter(line) {
            let Some((whole, code)) = found.get(0).zip(found.get(1)).filter(|_| self.left > 0) else { break };
            if lines.iter().any(|start| whole.range().contains(start)) {
                continue;
            }
            let mark = if self.is_no_file(code.as_str()) {
                NO_PLACE
            } else if !self.in_code && self.is_no_name(code.as_str()) {
                NO_NAME
            } else {
                continue;
            };
            marks.push((whole.end(), mark));
        }
        marks.sort_unstable();
        let mut marked = line.to_string();
        for (at, mark) in marks.into_iter().rev() {
            marked.insert_str(at, mark);
        }
        marked
    }

    /// Checks lines of a file; whether they are there. None for what names no file.
    fn place(&mut self, token: &str, line: u32, last: Option<u32>) -> Option<bool> {
        // An address, a name with its module, or the column behind a line.
        if token.is_empty() || token.contains("://") || token.contains("::") || token.contains(['\\', ':']) {
            return None;
        }
        // Brackets before a path may be its own.
        let bare = token.trim_start_matches(['(', '[', '{']);
        let found = self.find(token).or_else(|| self.find(bare));
        if found.is_none() && !bare.contains('/') && !PATH.is_match(bare) {
            return None;
        }
        self.left -= 1;
        let inside = |count: u32| line >= 1 && line <= count && last.is_none_or(|last| last >= line && last <= count);
        let verified = found.as_ref().is_some_and(|(_, count)| inside(*count));
        let path = found.map_or(bare.to_string(), |(path, _)| path.to_string());
        if !self.citations.iter().any(|known| known.path == path && known.line == line) {
            self.citations.push(Citation { path, line, end_line: last, verified, from: NamedBy::Answer });
        }
        Some(verified)
    }

    /// Whether something in backquotes looks like the path of a file, and is none of ours. One without a folder may be any word.
    fn is_no_file(&mut self, code: &str) -> bool {
        if !code.contains('/') || code.contains("://") || !PATH.is_match(code) {
            return false;
        }
        self.left -= 1;
        self.find(code).is_none()
    }

    /// Whether something in backquotes is written as a name of code, and the index knows no such name, defined or used.
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
        self.left -= 1;
        let index = &self.session.index;
        let known = |part: &&str| index.name(part).is_some_and(|id| !index.users(id).is_empty() || !index.defined(id).is_empty());
        let unknown = index.files().next().is_some() && !parts.iter().filter(|part| !OURSELVES.contains(part)).all(known);
        unknown && self.marked.insert(code.into())
    }

    /// The file that a path means, and how many lines it has. A name without its folder counts when only one file is called that.
    fn find(&self, path: &str) -> Option<(WorkspacePath, u32)> {
        let ends_with = |whole: &&String| whole.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        let by_name = || self.near.iter().find(ends_with).and_then(|whole| readable(self.session, whole));
        let anywhere = || super::only_file_called(self.session, path).and_then(|whole| readable(self.session, &whole));
        readable(self.session, path).or_else(by_name).or_else(anywhere)
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
