//! Searches the text of the workspace, literally or by regular expression, in open documents and on disk.

use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};

use crate::text::lines::line_start;
use crate::workspace::{Snapshot, WorkspacePath};

use super::view::View;

/// What to search for.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    pub pattern: &'a str,
    pub is_regex: bool,
    pub case_sensitive: bool,
    /// Only this file, or files in this folder; relative, as shown to the user.
    pub below: Option<&'a str>,
    /// Maximum number of hits.
    pub limit: usize,
}

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub path: WorkspacePath,
    /// Zero-based line.
    pub line: u32,
    /// Byte offset of the match in the line.
    pub column: u32,
    /// The line, truncated after [`MAX_LINE`] bytes.
    pub text: String,
}

/// The longest line in a hit, in bytes.
const MAX_LINE: usize = 400;
/// The largest compiled regular expression, in bytes, so that none takes all memory.
const MAX_REGEX: usize = 1 << 20;

/// A folder as users and models write it, in its simplest form; empty for the whole workspace.
pub fn folder(text: &str) -> &str {
    let mut folder = text.trim().trim_end_matches('/');
    while let Some(rest) = folder.strip_prefix("./").or_else(|| folder.strip_prefix('/')) {
        folder = rest;
    }
    folder.trim_end_matches("/.").trim_end_matches('/').trim_start_matches('/')
}

/// Whether a shown path is this [`folder`] or is in it.
pub fn is_below(path: &str, folder: &str) -> bool {
    matches!(folder, "" | ".") || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl View {
    /// Searches all indexed files, and some that are not indexed yet, in the order of their paths. The error says what is wrong with the
    /// pattern.
    pub fn search(
        &self,
        snapshot: &Snapshot,
        more: impl IntoIterator<Item = WorkspacePath>,
        query: &Query<'_>,
    ) -> Result<Vec<Hit>, String> {
        self.search_while(snapshot, more, query, || true)
    }

    /// [`View::search`] for as long as `goes_on` returns true; it is called before each file.
    pub fn search_while(
        &self,
        snapshot: &Snapshot,
        more: impl IntoIterator<Item = WorkspacePath>,
        query: &Query<'_>,
        goes_on: impl Fn() -> bool,
    ) -> Result<Vec<Hit>, String> {
        let regex = compile(query)?;
        let indexed = self.files().map(|(_, file)| file.path.clone());
        let paths: BTreeSet<WorkspacePath> = indexed.chain(more).collect();
        let below = folder(query.below.unwrap_or_default());
        let mut hits = vec![];
        for path in paths {
            if !is_below(&path.to_string(), below) {
                continue;
            }
            if !goes_on() {
                return Err("the search was broken off".into());
            }
            let Ok(text) = snapshot.read(&path) else { continue };
            if !search_text(&regex, &path, &text, query.limit, &mut hits) {
                break;
            }
        }
        Ok(hits)
    }
}

fn compile(query: &Query<'_>) -> Result<Regex, String> {
    let pattern = if query.is_regex { query.pattern.to_string() } else { regex::escape(query.pattern) };
    if query.pattern.is_empty() {
        return Err("the pattern is empty".into());
    }
    let built = RegexBuilder::new(&pattern).case_insensitive(!query.case_sensitive).multi_line(true).size_limit(MAX_REGEX).build();
    built.map_err(|error| format!("the pattern is no regular expression: {error}"))
}

/// Adds the hits in one text; false once there are enough.
fn search_text(regex: &Regex, path: &WorkspacePath, text: &str, limit: usize, hits: &mut Vec<Hit>) -> bool {
    let (mut line, mut counted) = (0, 0);
    let mut last = None;
    for found in regex.find_iter(text) {
        line += text.as_bytes()[counted..found.start()].iter().filter(|byte| **byte == b'\n').count() as u32;
        counted = found.start();
        if last == Some(line) {
            continue;
        }
        if hits.len() >= limit {
            return false;
        }
        last = Some(line);
        let start = line_start(text, found.start());
        let whole = text[start..].lines().next().unwrap_or_default();
        let end = whole.floor_char_boundary(MAX_LINE);
        hits.push(Hit { path: path.clone(), line, column: (found.start() - start) as u32, text: whole[..end].to_string() });
    }
    true
}
