//! The byte order mark: no text, but bytes of a file, which every offset counts.

use super::Text;

/// What may stand at the beginning of a file to tell its encoding. Most editors do not show it.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// Bytes of the byte order mark that a text begins with; 0 without one.
pub fn mark_bytes(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 }
}

/// A text without its byte order mark.
pub fn unmarked(text: &str) -> &str {
    &text[mark_bytes(text)..]
}

impl Text {
    /// [`mark_bytes`] of this text.
    pub fn mark_bytes(&self) -> usize {
        mark_bytes(&self.slice(0..BYTE_ORDER_MARK.len_utf8()))
    }
}
