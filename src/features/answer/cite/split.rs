//! Paths of the workspace that are not a single word in a text, because they contain spaces, quotes, commas or brackets. If a line contains
//! such a path, that decides how the line is split.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::named::{out_of_brackets, splits, token};
use crate::features::Session;

/// All such paths, indexed for search.
#[derive(Default)]
pub(in crate::features) struct SplitPaths {
    /// Paths by the last run of letters in them, each with the offset of that run.
    by_end: HashMap<String, Vec<(String, usize)>>,
    /// The last runs of all words of such paths except their last words.
    words: HashSet<String>,
}

/// Whether splitting a text into words would split this path.
fn is_split(path: &str) -> bool {
    path.contains(|letter: char| splits(letter) || "()[]{}".contains(letter))
}

/// The runs of letters and digits in a text, with the characters that join them in names.
fn runs(text: &str) -> impl DoubleEndedIterator<Item = Range<usize>> {
    text.split(|letter: char| !letter.is_alphanumeric() && !"_-.".contains(letter)).map(|run| run.trim_matches('.')).filter_map(|run| {
        let start = run.as_ptr() as usize - text.as_ptr() as usize;
        (!run.is_empty()).then_some(start..start + run.len())
    })
}

impl SplitPaths {
    /// Gathers the paths of the workspace.
    pub fn new(session: &Session) -> Self {
        let mut all = Self::default();
        for (_, file) in session.index.files().filter(|(_, file)| is_split(file.path.relative())) {
            let path = file.path.to_string();
            for word in path.rsplit(char::is_whitespace).skip(1) {
                all.words.extend(runs(word).next_back().map(|run| word[run].to_string()));
            }
            // In links a space is escaped.
            let escaped = path.contains(' ').then(|| path.replace(' ', "%20"));
            for path in std::iter::once(path).chain(escaped) {
                let Some(last) = runs(&path).next_back() else { continue };
                all.by_end.entry(path[last.clone()].to_string()).or_default().push((path, last.start));
            }
        }
        all
    }

    /// Where a line contains such paths, or ends of them that are still such paths, in order; including folders of another machine before
    /// them.
    pub fn found(&self, line: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = vec![];
        if self.by_end.is_empty() {
            return found;
        }
        for run in runs(line) {
            let Some(paths) = self.by_end.get(&line[run.clone()]) else { continue };
            let longest = paths.iter().filter_map(|(path, last)| at(line, &run, path, *last)).min_by_key(|range| range.start);
            let Some(range) = longest else { continue };
            let before = out_of_brackets(token(line, range.start)).trim_start_matches(['(', '[', '{']);
            let is_inside = before.ends_with(['/', '\\']);
            let start = if is_inside { range.start - before.len() } else { range.start };
            found.retain(|known| known.end <= start);
            found.push(start..range.end);
        }
        found
    }

    /// Whether a text is exactly one of them.
    pub fn has(&self, text: &str) -> bool {
        is_split(text) && self.found(text).first().is_some_and(|found| found.len() == text.len())
    }

    /// Whether the text after a space may continue one of them.
    pub fn may_go_on(&self, text: &str) -> bool {
        let last = || text.split_whitespace().next_back().and_then(|word| runs(word).next_back().map(|run| &word[run]));
        !self.words.is_empty() && last().is_some_and(|last| self.words.contains(last))
    }
}

/// Where a path is on a line that has its last run of letters here: as much of it as there is, starting with a folder.
fn at(line: &str, run: &Range<usize>, path: &str, last: usize) -> Option<Range<usize>> {
    let behind = &path[last + run.len()..];
    if !line[run.end..].starts_with(behind) {
        return None;
    }
    let same = |(a, b): (&u8, &u8)| a == b || *a == b'\\' && *b == b'/';
    let ends_with =
        |text: &str, end: &str| text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].iter().zip(end.as_bytes()).all(same);
    let folders = std::iter::once(0).chain(path[..last].match_indices('/').map(|(slash, _)| slash + 1));
    folders.filter(|from| is_split(&path[*from..])).find_map(|from| {
        let before = &path[from..last];
        let start = run.start.checked_sub(before.len()).filter(|_| ends_with(&line[..run.start], before))?;
        // The end of another name does not count.
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        let begins = !path[from..].starts_with(is_word) || !line[..start].ends_with(is_word);
        begins.then_some(start..run.end + behind.len())
    })
}
