//! Where the lines of a text begin and end, by line feeds. Offsets are in bytes and on character boundaries.

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
