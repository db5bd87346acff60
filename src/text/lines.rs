//! Where the lines of a text begin and end, by line feeds. Offsets are in bytes and lie between characters.

/// The number of the line that an offset lies in, 1-based.
pub fn line_number(text: &str, offset: usize) -> usize {
    super::count_breaks(&text.as_bytes()[..offset]) + 1
}

/// Where the line of an offset begins.
pub fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// Where the line of an offset ends, its line feed not included.
pub fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at)
}

/// Where the line after that of an offset begins; the text's end where there is none.
pub fn next_line(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1)
}
