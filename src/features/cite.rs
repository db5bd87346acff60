//! Places that an answer names, each checked: a path must be a file of the workspace that may be shown, a line must exist in it. What
//! does not hold is marked in the text.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};
use serde::Serialize;

use super::Desk;
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
    pub from: From,
}

/// Who names the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// The answer's own words.
    Answer,
    /// It was put in front of the model; the answer does not name it.
    Shown,
}

impl From {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            From::Answer => "named in the answer",
            From::Shown => "shown to the model",
        }
    }
}

/// An answer with its unverifiable places marked, and all its places.
pub struct Checked {
    pub text: String,
    pub citations: Vec<Citation>,
}

/// Answers name few places; one that names hundreds is not checked to its end.
const MOST: usize = 60;
/// What is written behind a place that does not exist.
const MARK: &str = " (not found)";

/// `path.ext:12`, `path.ext:12-15`, `path.ext#L12`, `path.ext, line 12`, and paths in backquotes without a line.
#[expect(clippy::expect_used, reason = "a constant, which every test reads")]
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    let path = r"(?:[\w@.+-]+/)*[\w@+-][\w@.+-]*\.[A-Za-z][A-Za-z0-9_+]{0,9}";
    let line = r"(?::|#L|`?,? \(?(?:at |on )?lines? )(\d{1,7})(?:[-–](?:L)?(\d{1,7}))?";
    Regex::new(&format!(r"(?P<path>{path})(?:{line})|`(?P<bare>{path})`")).expect("the pattern is a constant")
});

/// Checks every place that `text` names. `near` are paths that the model has seen; a name without its folder is looked up there first.
pub fn check(desk: &Desk, text: &str, near: &[String]) -> Checked {
    let mut citations: Vec<Citation> = vec![];
    let mut marks: Vec<usize> = vec![];
    let mut seen = HashSet::new();
    for found in PLACE.captures_iter(text).take(MOST) {
        let Some(Named { path, lines, end }) = named(&found, text) else { continue };
        let place = find(desk, path, near);
        let Some((line, last)) = lines else {
            // A path without a line is no citation; it is marked when it is none of ours and looks like a path.
            if place.is_none() && path.contains('/') {
                marks.push(end);
            }
            continue;
        };
        let verified =
            place.as_ref().is_some_and(|(_, count)| line >= 1 && line <= *count && last.is_none_or(|last| last >= line && last <= *count));
        if !verified {
            marks.push(end);
        }
        let path = place.map_or(path.to_string(), |(path, _)| path.to_string());
        if seen.insert((path.clone(), line)) {
            citations.push(Citation { path, line, end_line: last, verified, from: From::Answer });
        }
    }
    let mut marked = text.to_string();
    for at in marks.into_iter().rev() {
        marked.insert_str(at, MARK);
    }
    Checked { text: marked, citations }
}

/// A place in an answer's words.
struct Named<'a> {
    path: &'a str,
    lines: Option<(u32, Option<u32>)>,
    /// Where the words end.
    end: usize,
}

fn named<'a>(found: &Captures<'a>, text: &str) -> Option<Named<'a>> {
    let Range { start, end } = found.get(0)?.range();
    // Part of an address, or of a longer path that is no path of ours.
    if text[..start].ends_with(['/', ':', '\\']) {
        return None;
    }
    if let Some(path) = found.name("bare") {
        return Some(Named { path: path.as_str(), lines: None, end });
    }
    let path = found.name("path")?.as_str();
    let line = found.get(2)?.as_str().parse().ok()?;
    let last = found.get(3).and_then(|last| last.as_str().parse().ok());
    Some(Named { path, lines: Some((line, last)), end })
}

/// The file that a path means, and how many lines it has. A name without its folder counts when only one file is called that.
fn find(desk: &Desk, path: &str, near: &[String]) -> Option<(WorkspacePath, u32)> {
    let ends_with = |whole: &String| whole.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let exact = readable(desk, path);
    let by_name = || {
        let mut known = near.iter().filter(|whole| ends_with(whole));
        known.next().and_then(|whole| readable(desk, whole))
    };
    let anywhere = || super::only_file_called(desk, path).and_then(|whole| readable(desk, &whole));
    exact.or_else(by_name).or_else(anywhere)
}

fn readable(desk: &Desk, path: &str) -> Option<(WorkspacePath, u32)> {
    let path = desk.snapshot.roots.resolve(path.trim_start_matches("./")).ok()?;
    if desk.closed_path(&path).is_some() {
        return None;
    }
    let text: Arc<str> = desk.snapshot.read(&path).ok()?;
    Some((path, text.lines().count().max(1) as u32))
}
