//! Carries an edit made for one version of a text over to a later one, or drops it with a reason. Exact or dropped: an edit is carried over
//! only if the result is what applying both changes at once would give.

use super::words::{is_name_letter, is_unspaced};
use super::{Batch, Edit, Text};

/// Why an edit could not be carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The text at its place, or right next to it, was changed.
    Changed,
    /// Something else was typed where it would have inserted.
    TypedOtherwise,
    /// The edits were not made for the text that came with them.
    Unrelated,
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Dropped::Changed => "the text there has changed since",
            Dropped::TypedOtherwise => "something else was typed there",
            Dropped::Unrelated => "the edit belongs to another text",
        })
    }
}

impl std::error::Error for Dropped {}

/// Which comes first if both sides insert at the very same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The user typed there, so any order would be a guess.
    Clash,
    /// Both are proposals, and this one comes first.
    Before,
    /// Both are proposals, and the other comes first.
    Behind,
}

/// Carries `edit`, made for `base`, over the user's change of `base`. If the user has typed the beginning of an insertion, the rest
/// remains. If they have typed all of it, the result is an edit that changes nothing.
pub fn rebase(edit: &Edit, base: &Text, user: &Batch) -> Result<Edit, Dropped> {
    rebase_beside(edit, base, user, Tie::Clash)
}

/// [`rebase`], with the order given for two insertions at the same place.
pub fn rebase_beside(edit: &Edit, base: &Text, user: &Batch, tie: Tie) -> Result<Edit, Dropped> {
    if edit.range.start > edit.range.end || edit.range.end > base.len_bytes() {
        return Err(Dropped::Unrelated);
    }
    let edit = edit.trimmed(base);
    let (mut added, mut removed, mut typed) = (0, 0, 0);
    for theirs in user.edits() {
        let theirs = theirs.trimmed(base);
        if theirs.is_empty() {
            continue;
        }
        match relation(&edit, &theirs, base, tie) {
            Relation::Before => {
                added += theirs.text.len();
                removed += theirs.range.len();
            }
            Relation::After => {}
            Relation::Typed => {
                typed = theirs.text.len();
                added += typed;
            }
            Relation::Clash(dropped) => return Err(dropped),
        }
    }
    let shift = |at: usize| (at + added).checked_sub(removed).ok_or(Dropped::Unrelated);
    Ok(Edit { range: shift(edit.range.start)?..shift(edit.range.end)?, text: edit.text[typed..].into() })
}

/// Carries a whole batch over a sequence of changes; if one edit fails, nothing is carried over, and the first reason is returned.
pub fn rebase_all<'a>(batch: &Batch, base: &Text, changes: impl IntoIterator<Item = &'a Batch>) -> Result<Batch, Dropped> {
    let mut batch = batch.clone();
    let mut text = base.clone();
    for change in changes {
        let edits = batch.edits().iter().map(|edit| rebase(edit, &text, change)).collect::<Result<Vec<_>, _>>()?;
        batch = Batch::new(edits).map_err(|_| Dropped::Changed)?;
        text.apply(change).map_err(|_| Dropped::Unrelated)?;
    }
    Ok(batch)
}

enum Relation {
    Before,
    After,
    /// The user has typed the beginning of the insertion.
    Typed,
    Clash(Dropped),
}

/// The longest text between two edits that may be part of one word, in bytes.
const WORD: usize = 128;

/// Whether two edits change different letters of one word or number. Both together would make a word that neither side has written.
fn are_in_one_word(first: &Edit, second: &Edit, base: &Text) -> bool {
    let between = first.range.end..second.range.start;
    let is_letter = |letter: char| is_name_letter(letter) && !is_unspaced(letter);
    if between.len() > WORD || !base.slice(between).chars().all(is_letter) {
        return false;
    }
    let last_of = |text: &str| text.chars().next_back();
    let before = || last_of(&base.slice(base.floor(first.range.start.saturating_sub(1))..first.range.start));
    let removed = last_of(&base.slice(first.range.clone())).or_else(before);
    let added = last_of(&first.text).or_else(before);
    let first_of = |text: &str| text.chars().next();
    let behind = || first_of(&base.slice(second.range.end..base.floor((second.range.end + 4).min(base.len_bytes()))));
    let cut = first_of(&base.slice(second.range.clone())).or_else(behind);
    let put = first_of(&second.text).or_else(behind);
    let is_part = |letter: Option<char>| letter.is_some_and(is_letter);
    (is_part(removed) || is_part(added)) && (is_part(cut) || is_part(put))
}

/// How the user's edit relates to ours. Edits that touch clash, unless they meet between two lines, and so do edits of one word.
fn relation(ours: &Edit, theirs: &Edit, base: &Text, tie: Tie) -> Relation {
    if theirs.range.end < ours.range.start {
        return if are_in_one_word(theirs, ours, base) { Relation::Clash(Dropped::Changed) } else { Relation::Before };
    }
    if theirs.range.start > ours.range.end {
        return if are_in_one_word(ours, theirs, base) { Relation::Clash(Dropped::Changed) } else { Relation::After };
    }
    if ours.range.is_empty() && theirs.range == ours.range {
        let same = !theirs.text.is_empty() && ours.text.starts_with(&theirs.text);
        return match tie {
            _ if ours.text == theirs.text => Relation::Typed,
            Tie::Before => Relation::After,
            Tie::Behind => Relation::Before,
            Tie::Clash if same => Relation::Typed,
            Tie::Clash => Relation::Clash(Dropped::TypedOtherwise),
        };
    }
    if theirs.range.end == ours.range.start && keeps_lines(theirs, base) && line_start(base, ours.range.start) {
        return Relation::Before;
    }
    if theirs.range.start == ours.range.end && keeps_lines(ours, base) && line_start(base, ours.range.end) {
        return Relation::After;
    }
    Relation::Clash(Dropped::Changed)
}

/// Whether an edit that ends at the start of a line still does after it has been applied.
fn keeps_lines(edit: &Edit, base: &Text) -> bool {
    edit.text.ends_with(['\n', '\r']) || edit.text.is_empty() && line_start(base, edit.range.start)
}

fn line_start(base: &Text, at: usize) -> bool {
    at == 0 || base.line_start(base.line_of(at)) == at
}
