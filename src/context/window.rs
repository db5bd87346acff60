//! How much of the current file goes into the prompt. The window begins at a place that does not move with every keystroke, because
//! what comes before the cursor is part of the prompt's stable prefix; it ends soon after the cursor, because what comes after the
//! cursor is read anew each time.

use super::words;

/// Byte ranges of the current file: `start..cursor` goes before the hole, `cursor..end` after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub start: usize,
    pub cursor: usize,
    pub end: usize,
}

/// Most bytes before and after the cursor.
const BEFORE: usize = 4_800;
const AFTER: usize = 700;
/// The window's beginning moves in steps of this many lines.
const STEP: usize = 48;

impl Window {
    /// The window around `offset`.
    pub fn new(text: &str, offset: usize) -> Self {
        let cursor = words::floor(text, offset);
        Self { start: beginning(&text[..cursor]), cursor, end: cursor + ending(&text[cursor..]) }
    }

    pub fn prefix<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.cursor]
    }

    pub fn suffix<'a>(&self, text: &'a str) -> &'a str {
        &text[self.cursor..self.end]
    }
}

/// The first line whose number is a multiple of `STEP` from which at most `BEFORE` bytes are left; with very long lines, the last one.
fn beginning(before: &str) -> usize {
    let mut at = 0;
    let mut last = 0;
    for (number, line) in before.split_inclusive('\n').enumerate() {
        if number % STEP == 0 {
            last = at;
            if before.len() - at <= BEFORE {
                return at;
            }
        }
        at += line.len();
    }
    // Fewer than `STEP` lines are longer than the window: begin at the line that fits, or inside a line that does not.
    let tail = &before[last..];
    let cut = words::floor(tail, tail.len().saturating_sub(BEFORE));
    last + tail[cut..].find('\n').map_or(cut, |line| cut + line + 1)
}

/// Whole lines after the cursor, at most `AFTER` bytes of them; at least the rest of the cursor's line where it is not huge.
fn ending(after: &str) -> usize {
    let mut end = 0;
    for line in after.split_inclusive('\n') {
        if end + line.len() > AFTER {
            return if end == 0 { words::floor(after, AFTER) } else { end };
        }
        end += line.len();
    }
    end
}
