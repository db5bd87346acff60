//! Line hunks between two texts, as edits for the editor and as a unified diff for people.

use std::time::Duration;

use similar::{DiffTag, TextDiff};

use super::layout::with_line_feeds;
use super::{Batch, Edit, Text};

/// One run of changed lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Zero-based lines of the old text that are replaced; empty for an insertion.
    pub old_lines: std::ops::Range<usize>,
    /// Zero-based lines of the new text that stand there instead; empty for a deletion.
    pub new_lines: std::ops::Range<usize>,
    /// The change, in bytes of the old text.
    pub edit: Edit,
}

/// The hunks that turn `old` into `new`, in order and disjoint.
pub fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    between(old, new, None)
}

fn between(old: &str, new: &str, enough: Option<Duration>) -> Vec<Hunk> {
    let mut how = TextDiff::configure();
    if let Some(enough) = enough {
        how.timeout(enough);
    }
    let diff = how.diff_lines(old, new);
    let old_starts = line_starts(diff.iter_old_slices());
    let new_starts = line_starts(diff.iter_new_slices());
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let mut hunks: Vec<Hunk> = vec![];
    for op in changed {
        let (old_lines, new_lines) = (op.old_range(), op.new_range());
        let range = old_starts[old_lines.start]..old_starts[old_lines.end];
        let text = &new[new_starts[new_lines.start]..new_starts[new_lines.end]];
        match hunks.last_mut() {
            // A deletion and the insertion that follows it are one replacement.
            Some(last) if last.old_lines.end == old_lines.start && last.new_lines.end == new_lines.start => {
                last.old_lines.end = old_lines.end;
                last.new_lines.end = new_lines.end;
                last.edit.range.end = range.end;
                last.edit.text.push_str(text);
            }
            _ => hunks.push(Hunk { old_lines, new_lines, edit: Edit { range, text: text.into() } }),
        }
    }
    hunks
}

/// How long two texts are compared that have little in common, before it is enough to know some of what is equal.
const ENOUGH: Duration = Duration::from_millis(250);

/// How one text became another, in lines: only what lies between the lines that are equal at both ends is compared, so that a key typed
/// in a large text costs next to nothing.
pub fn change(before: &Text, now: &Text) -> Batch {
    let (old, new) = (before.to_string(), now.to_string());
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = old.as_bytes()[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (old, new) = (&old[start..], &new[start..]);
    let same = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    let kept = old.as_bytes()[old.len() - same..].iter().position(|byte| *byte == b'\n').map_or(0, |at| same - at - 1);
    let (old, new) = (&old[..old.len() - kept], &new[..new.len() - kept]);
    let moved = |edit: Edit| Edit { range: start + edit.range.start..start + edit.range.end, text: edit.text };
    let found = between(old, new, Some(ENOUGH)).into_iter().map(|hunk| moved(hunk.edit)).collect();
    Batch::new(found).unwrap_or_else(|_| Batch::one(moved(Edit { range: 0..old.len(), text: new.into() })))
}

/// A unified diff with three lines of context, as `git diff` prints it; empty when nothing changed.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    // A carriage return alone would draw one line over the other.
    let (old, new) = (with_line_feeds(old), with_line_feeds(new));
    let diff = TextDiff::from_lines(&*old, &*new);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

/// Byte offsets at which lines start, and the length of the text.
fn line_starts<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in lines {
        at += line.len();
        starts.push(at);
    }
    starts
}
