//! Text of documents: positions and their encodings, edits, rebase, diff. Pure. Owns `ropey`.

pub mod common;
pub mod cut;
pub mod diff;
pub mod edit;
pub mod layout;
pub mod lines;
pub mod markdown;
mod past;
pub mod position;
pub mod rebase;
pub mod shared_text;
pub mod words;

pub use cut::Cut;
pub use edit::{Batch, Edit};
pub use layout::Ending;
pub use position::{Encoding, Position, Range, Text};
pub use shared_text::SharedText;

/// What may stand at the beginning of a file to tell its encoding. Most editors do not show it.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// Bytes of the byte order mark that a text begins with; 0 without one.
pub fn mark_bytes(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 }
}

/// Number of line feeds, counted many bytes at a time.
pub fn count_breaks(bytes: &[u8]) -> usize {
    count(bytes, b'\n')
}

/// How often a byte stands in a text. Sums of few fit a byte, so that many are added at once.
pub fn count(bytes: &[u8], wanted: u8) -> usize {
    let chunk = |chunk: &[u8]| usize::from(chunk.iter().map(|byte| u8::from(*byte == wanted)).sum::<u8>());
    bytes.chunks(255).map(chunk).sum()
}
