//! Line hunks between two texts, as edits for the editor and as a unified diff for the user.

use std::ops::Range;
use std::time::Duration;

use similar::{DiffTag, TextDiff};

use super::common::{common_end, common_start};
use super::layout::with_line_feeds;
use super::{Batch, Edit, Text, mark_bytes};

/// How long two texts with little in common are compared; after that a coarser diff will do.
const COMPARE_WAIT: Duration = Duration::from_millis(250);

/// Compares by lines, within [`COMPARE_WAIT`]: the time would otherwise grow with the square of the differences.
fn compared<'a>(old: &'a str, new: &'a str) -> TextDiff<'a, 'a, str> {
    TextDiff::configure().timeout(COMPARE_WAIT).diff_lines(old, new)
}

/// One run of changed lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Zero-based lines of the old text that are replaced; empty for an insertion.
    pub old_lines: Range<usize>,
    /// Zero-based lines of the new text that replace them; empty for a deletion.
    pub new_lines: Range<usize>,
    /// By how many lines an insertion or a deletion could be moved up and mean the same. It is placed as far down as possible, so that it
    /// starts at its own first line and not at the closing bracket of the code before it.
    pub slack: usize,
    /// The change, in bytes of the old text.
    pub edit: Edit,
}

/// The hunks that turn `old` into `new`, in order and disjoint. A byte order mark that both start with is not part of their first lines.
pub fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let mark = shared_mark(old, new);
    let mut hunks = unmarked_hunks(&old[mark..], &new[mark..]);
    for Hunk { edit, .. } in &mut hunks {
        edit.range = edit.range.start + mark..edit.range.end + mark;
    }
    hunks
}

/// Bytes of the byte order mark that both texts start with. As part of the first line it would also mark the next line as changed when the
/// first is deleted.
fn shared_mark(old: &str, new: &str) -> usize {
    mark_bytes(old).min(mark_bytes(new))
}

fn unmarked_hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = compared(old, new);
    let mut hunks = between(&diff, new);
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (diff.iter_old_slices().collect(), diff.iter_new_slices().collect());
    let (old_starts, new_starts) = (line_starts(old_lines.iter().copied()), line_starts(new_lines.iter().copied()));
    for at in 0..hunks.len() {
        let above = at.checked_sub(1).map_or((0, 0), |before| (hunks[before].old_lines.end, hunks[before].new_lines.end));
        let below = hunks.get(at + 1).map_or((old_lines.len(), new_lines.len()), |next| (next.old_lines.start, next.new_lines.start));
        let hunk = &mut hunks[at];
        match (hunk.old_lines.is_empty(), hunk.new_lines.is_empty()) {
            (false, true) => slide(&mut hunk.old_lines, &mut hunk.new_lines, &mut hunk.slack, &old_lines, above.0..below.0),
            (true, false) => slide(&mut hunk.new_lines, &mut hunk.old_lines, &mut hunk.slack, &new_lines, above.1..below.1),
            _ => continue,
        }
        hunk.edit.range = old_starts[hunk.old_lines.start]..old_starts[hunk.old_lines.end];
        hunk.edit.text = new[new_starts[hunk.new_lines.start]..new_starts[hunk.new_lines.end]].into();
    }
    hunks
}

/// Moves a run of lines that only one text has as far down as possible between its neighbours, and `place` in the other text with it.
fn slide(run: &mut Range<usize>, place: &mut Range<usize>, slack: &mut usize, lines: &[&str], free: Range<usize>) {
    let (first, length) = (run.start, run.len());
    // A run that touched the next one would merge with it.
    let end = if free.end == lines.len() { free.end } else { free.end - 1 };
    while run.end < end && lines[run.start] == lines[run.end] {
        (run.start, run.end) = (run.start + 1, run.end + 1);
    }
    let moved = run.start - first;
    *place = place.start + moved..place.end + moved;
    let up = (free.start + 1..=run.start).rev().take_while(|at| lines[at - 1] == lines[at - 1 + length]).count();
    *slack = up;
}

fn between(diff: &TextDiff<'_, '_, str>, new: &str) -> Vec<Hunk> {
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
            _ => hunks.push(Hunk { old_lines, new_lines, slack: 0, edit: Edit { range, text: text.into() } }),
        }
    }
    hunks
}

/// The edits that turned one text into another, by lines. Equal lines at both ends are not compared, so a key typed in a large text costs
/// next to nothing.
pub fn change(before: &Text, now: &Text) -> Batch {
    let (old, new) = (before.to_string(), now.to_string());
    let same = common_start(old.as_bytes(), new.as_bytes());
    let start = old.as_bytes()[..same].iter().rposition(|byte| *byte == b'\n').map_or_else(|| shared_mark(&old, &new), |at| at + 1);
    let (old, new) = (&old[start..], &new[start..]);
    let same = common_end(old.as_bytes(), new.as_bytes());
    let kept = old.as_bytes()[old.len() - same..].iter().position(|byte| *byte == b'\n').map_or(0, |at| same - at - 1);
    let (old, new) = (&old[..old.len() - kept], &new[..new.len() - kept]);
    let moved = |edit: Edit| Edit { range: start + edit.range.start..start + edit.range.end, text: edit.text };
    let diff = compared(old, new);
    let found = between(&diff, new).into_iter().map(|hunk| moved(hunk.edit)).collect();
    Batch::new(found).unwrap_or_else(|_| Batch::one(moved(Edit { range: 0..old.len(), text: new.into() })))
}

/// A unified diff with three lines of context, as `git diff` prints it; empty when nothing changed.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    // A lone carriage return would make a terminal draw one line over another.
    let (old, new) = (with_line_feeds(old), with_line_feeds(new));
    let diff = compared(&old, &new);
    // As git does: without the tab, `patch` takes the name to end at the space.
    let end = if path.contains(' ') { "\t" } else { "" };
    diff.unified_diff().context_radius(3).header(&format!("a/{path}{end}"), &format!("b/{path}{end}")).to_string()
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
