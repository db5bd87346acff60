//! Where the lines of a text begin and end, by line feeds. Offsets are in bytes and on character boundaries.

use std::ops::Range;

/// The 1-based number of the line that contains an offset.
pub fn line_number(text: &str, offset: usize) -> usize {
    super::count_breaks(&text.as_bytes()[..offset]) + 1
}

/// Where the line that contains an offset begins.
pub fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// Where the line that contains an offset ends, without its line feed.
pub fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at)
}

/// Where the line after the one that contains an offset begins; the end of the text if there is none.
pub fn next_line(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1)
}

/// A range without the blank lines that it begins or ends with; unchanged if all of it is blank. A line that it begins or ends in counts as
/// a whole.
pub fn without_blank_ends(text: &str, range: &Range<usize>) -> Range<usize> {
    let inside = &text[range.clone()];
    if inside.trim().is_empty() {
        return range.clone();
    }
    let first = range.start + (inside.len() - inside.trim_start().len());
    let begins_blank = text[line_start(text, range.start)..range.start].trim().is_empty();
    let start = if begins_blank { line_start(text, first).max(range.start) } else { range.start };
    let last = range.start + inside.trim_end().len();
    let ends_blank = text[range.end..line_end(text, range.end)].trim().is_empty() || inside.ends_with('\n');
    let end = if ends_blank { line_end(text, last).min(range.end) } else { range.end };
    start..end
}
