//! Text of documents: positions and their encodings, edits, rebase, diff. Pure. Owns `ropey`.

pub mod diff;
pub mod edit;
pub mod layout;
pub mod position;
pub mod rebase;

pub use edit::{Batch, Edit};
pub use layout::Ending;
pub use position::{Encoding, Position, Range, Text};
