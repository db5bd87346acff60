//! Edits as values: byte ranges and their replacement; a batch is sorted and disjoint.

use super::{Cut, Text};

/// Replaces the bytes of `range` with `text`. The range is on character boundaries of the text it was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub range: std::ops::Range<usize>,
    pub text: String,
}

impl Edit {
    /// Inserts `text` at byte `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, text: text.into() }
    }

    /// Whether the edit inserts nothing and deletes nothing, in any text.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty() && self.text.is_empty()
    }

    /// The same change without what the old and the new text share at either end.
    pub fn trimmed(&self, base: &Text) -> Edit {
        let old = base.slice(self.range.clone());
        let end = old.len();
        let cut = Cut::between(&old, &self.text).unwrap_or(Cut { start: end, old_end: end, new_end: end });
        Edit { range: self.range.start + cut.start..self.range.start + cut.old_end, text: self.text[cut.start..cut.new_end].into() }
    }
}

/// Edits that are applied at once: sorted by position, disjoint, all made for the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    edits: Vec<Edit>,
}

/// Two edits change the same place, or insert at the same place: their order would be a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap;

/// An edit is outside the text or inside a character: it was made for another text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfText;

impl Batch {
    /// Sorts edits; duplicates count once, empty edits are dropped.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, Overlap> {
        edits.retain(|edit| !edit.is_empty());
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        edits.dedup();
        let clash = |pair: &[Edit]| {
            let (a, b) = (&pair[0].range, &pair[1].range);
            a.start > a.end || a.end > b.start || a.start == b.start && a.is_empty() && b.is_empty()
        };
        let reversed = edits.last().is_some_and(|edit| edit.range.start > edit.range.end);
        if reversed || edits.windows(2).any(clash) {
            return Err(Overlap);
        }
        Ok(Self { edits })
    }

    /// A batch of one edit; empty if that edit is empty.
    pub fn one(edit: Edit) -> Self {
        Self { edits: if edit.is_empty() { vec![] } else { vec![edit] } }
    }

    /// The edits, sorted and disjoint.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The text with these edits, which were made for it.
    pub fn applied_to(&self, text: &str) -> String {
        let mut out = text.to_string();
        for edit in self.edits.iter().rev() {
            out.replace_range(edit.range.clone(), &edit.text);
        }
        out
    }

    /// Whether the batch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}

impl From<Batch> for Vec<Edit> {
    fn from(batch: Batch) -> Self {
        batch.edits
    }
}

impl std::fmt::Display for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("two edits change the same place")
    }
}

impl std::fmt::Display for OutOfText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an edit was made for another text")
    }
}

impl std::error::Error for Overlap {}
impl std::error::Error for OutOfText {}
