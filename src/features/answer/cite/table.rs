//! Tables of places, with the path in one column and the line in another.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::named::{Named, compiled};
use super::words;

/// A cell with lines.
static LINES: LazyLock<Regex> = LazyLock::new(|| compiled(r"^[*_`]*[L:#~]*(\d{1,7})(?:\s?[-–]\s?L?(\d{1,7}))?[*_`]*$"));

/// The state of a table that is being read.
#[derive(Default)]
pub(super) struct Table {
    /// The index of its column with lines.
    lines: Option<usize>,
}

impl Table {
    /// The lines in a row, with what may be their path: the first cell with a point or a slash.
    pub fn column<'a>(&mut self, row: &'a str, whole: &[Range<usize>]) -> Option<Named<'a>> {
        if !row.trim_start().starts_with('|') {
            self.lines = None;
            return None;
        }
        let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
        if let Some(lines) = cells.iter().position(|cell| words::is_head(cell)) {
            self.lines = Some(lines);
            return None;
        }
        let cell = cells.get(self.lines?)?;
        let found = LINES.captures(cell)?;
        let number = |group: usize| found.get(group).and_then(|digits| digits.as_str().parse().ok());
        let place = |cell: &str| {
            let start = cell.as_ptr() as usize - row.as_ptr() as usize;
            start..start + cell.len()
        };
        let is_path = |cell: &&str| cell.contains(['.', '/']) && !cell.contains(' ') || whole.contains(&place(cell));
        let path = cells.iter().map(|cell| cell.trim_matches(['`', '*', '_'])).find(is_path)?;
        let range = place(cell);
        Some(Named { range, before: path, behind: None, first: number(1), last: number(2), in_words: false, symbol: None })
    }
}
