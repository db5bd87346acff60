//! What the model sees of the repository: gather, rank, redact, budget, render. Pure: the caller brings the texts and the token counter.
//! Every part knows where it comes from and why it was chosen. The order of parts changes as little as possible from one prompt to the
//! next, so that the engine's KV cache survives typing and navigation.

mod alias;
mod alike;
mod bodies;
pub mod corpus;
mod corrections;
mod declared;
pub mod features;
pub mod fence;
pub mod handle;
mod members;
pub mod nameable;
mod numbers;
mod passages;
mod pieces;
pub mod rank;
pub mod ranking;
pub mod reading;
mod receiver;
pub mod scene;
mod select;
pub mod sentence;
mod session;
pub mod stretch;
pub mod weights;

use std::sync::Arc;

use serde::Serialize;

use crate::redact::Masked;
pub use handle::{Handle, PlaceQuery, Sources};
pub use stretch::Stretch;

/// What a part shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file's path and its items, for a map of the repository.
    Outline,
    /// A whole file.
    File,
    /// The first lines of definitions in one file.
    Signature,
    /// A whole definition.
    Definition,
    /// A place that was edited or visited a moment ago.
    Recent,
    /// Lines that resemble those at the cursor, with the lines after them.
    Passage,
    /// Corrects an earlier part of the prompt whose file has changed since.
    Correction,
    /// Text of the file under the cursor, which does not count against the budget.
    Current,
}

/// A stretch of one file in front of the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    pub path: Arc<str>,
    /// 1-based, inclusive. With several definitions in one part, from the first to the last, with the heads of the types around them.
    pub start_line: u32,
    pub end_line: u32,
    pub kind: Kind,
    /// Tokens of the text and of the line that names its file.
    pub tokens: usize,
    pub text: Masked,
    pub why: String,
}

/// Everything that is put in front of the model, in prompt order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pack {
    pub parts: Vec<Part>,
    /// Tokens of all parts outside the current file; never more than `budget`.
    pub tokens: usize,
    pub budget: usize,
    /// How many leading tokens are the same as in the last pack, or in one from a few places before.
    pub prefix_reused: usize,
}

impl Pack {
    /// Appends corrections after the parts. The leading parts stay; the least certain ones make room, and their corrections go with them.
    fn correct(&mut self, mut corrections: Vec<Part>) {
        let sum = |parts: &[Part]| parts.iter().map(|part| part.tokens).sum::<usize>();
        while self.tokens + sum(&corrections) > self.budget {
            let Some(last) = self.parts.pop() else {
                corrections.clear();
                break;
            };
            self.tokens -= last.tokens;
            corrections.retain(|correction| self.parts.iter().any(|part| part.path == correction.path));
        }
        self.prefix_reused = self.prefix_reused.min(self.tokens);
        self.tokens += sum(&corrections);
        self.parts.extend(corrections);
    }

    /// Appends a part, if there is room for it within `budget`.
    fn append(&mut self, part: Option<Part>, budget: usize) {
        self.budget = budget;
        self.tokens += part.as_ref().map_or(0, |part| part.tokens);
        self.parts.extend(part);
    }
}
