//! Whether only the grammar fails on a change: the same construct occurs in the file already, or in other files with its words, and does
//! not parse there either. Then there is nothing to correct. A construct that is new, or leaves a bracket open, is still doubted.

use std::collections::HashSet;
use std::ops::Range;

use crate::index::View;
use crate::syntax::gaps::{self, Shape};
use crate::syntax::{self, Parsed, Registry};
use crate::workspace::{Snapshot, WorkspacePath};

/// Maximum other files that are read for one change, and maximum bytes of each.
const MAX_FILES: usize = 6;
const MAX_FILE_BYTES: usize = 256 << 10;

/// The message to the model about statements that are not indented like their block.
pub const STRAYS: &str = "with this edit a statement stands at another depth than its block\ngive whole statements, indented as they are";

/// Where else to look for a construct.
pub struct Elsewhere<'a> {
    pub snapshot: &'a Snapshot,
    pub index: &'a View,
    pub registry: &'a Registry,
}

/// What is doubtful in a text, compared with the text before.
#[derive(Debug, PartialEq, Eq)]
pub enum Doubt {
    None,
    /// A place that does not parse and resembles none that is known to be right.
    At(Range<usize>),
    /// A bracket is left open, or closed twice.
    Brackets,
}

/// Compares a change with the text before (none for a new file), and with other files.
pub fn doubt(elsewhere: &Elsewhere<'_>, path: &WorkspacePath, before: Option<&Parsed>, after: &Parsed) -> Doubt {
    let now = after.errors();
    if now == 0 {
        return Doubt::None;
    }
    let (was_open, is_open) = (before.map(gaps::open_brackets).unwrap_or_default(), gaps::open_brackets(after));
    let is_worse = now > before.map_or(0, Parsed::errors);
    // In a file that already has places that do not parse, an open bracket may not add any.
    if was_open != is_open && (is_worse || was_open == <[i64; 3]>::default()) {
        return Doubt::Brackets;
    }
    if !is_worse {
        return Doubt::None;
    }
    let mut known: HashSet<Shape> = before.map(|before| shapes(before).collect()).unwrap_or_default();
    let mut read: HashSet<WorkspacePath> = HashSet::from([path.clone()]);
    for gap in after.gaps() {
        let Some(shape) = gap.shape else { return Doubt::At(gap.range) };
        if known.contains(&shape) {
            continue;
        }
        for file in elsewhere.with(&shape.word) {
            if read.len() <= MAX_FILES && read.insert(file.clone()) {
                known.extend(elsewhere.parsed(&file, after).iter().flat_map(shapes));
            }
        }
        if !known.contains(&shape) {
            return Doubt::At(gap.range);
        }
    }
    Doubt::None
}

fn shapes(parsed: &Parsed) -> impl Iterator<Item = Shape> + use<> {
    parsed.gaps().into_iter().filter_map(|gap| gap.shape)
}

impl Elsewhere<'_> {
    /// Files that use a word, those that use it most first.
    fn with(&self, word: &str) -> Vec<WorkspacePath> {
        let mut users = self.index.name(word).map(|name| self.index.users(name)).unwrap_or_default();
        users.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        users.into_iter().take(MAX_FILES).filter_map(|(file, _)| Some(self.index.file(file)?.path.clone())).collect()
    }

    fn parsed(&self, path: &WorkspacePath, like: &Parsed) -> Option<Parsed> {
        let text = self.snapshot.read_exact(path).ok().filter(|text| text.len() <= MAX_FILE_BYTES)?;
        let language = self.registry.of_document("", Some(path.relative()), &text)?;
        (language.family == like.language().family).then(|| syntax::parse(language, text.clone()).ok()).flatten()
    }
}
