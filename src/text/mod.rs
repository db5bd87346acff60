//! Text of documents. Pure. Owns `ropey`.
//!
//! - Places: `position` (encodings), `lines`, `mark` (the byte order mark).
//! - Changes: `edit`, `diff`, `cut` (as one stretch), `rebase`, `past` (the edits that led to a text), `common` (what two texts share).
//! - Form: `layout` (line ends, indentation), `words`, `markdown`.
//! - For people: `excerpt` (made short), `visible` (what cannot be seen).

pub mod common;
pub mod cut;
pub mod diff;
pub mod edit;
pub mod excerpt;
pub mod layout;
pub mod lines;
pub mod mark;
pub mod markdown;
mod past;
pub mod position;
pub mod rebase;
pub mod shared_text;
pub mod visible;
pub mod words;

pub use cut::Cut;
pub use edit::{Batch, Edit};
pub use layout::Ending;
pub use mark::{BYTE_ORDER_MARK, mark_bytes, unmarked};
pub use position::{Encoding, Position, Range, Text};
pub use shared_text::SharedText;

/// Number of line feeds, counted many bytes at a time.
pub fn count_breaks(bytes: &[u8]) -> usize {
    count(bytes, b'\n')
}

/// How often a byte stands in a text. Sums of few fit a byte, so that many are added at once.
pub fn count(bytes: &[u8], wanted: u8) -> usize {
    let chunk = |chunk: &[u8]| usize::from(chunk.iter().map(|byte| u8::from(*byte == wanted)).sum::<u8>());
    bytes.chunks(255).map(chunk).sum()
}
