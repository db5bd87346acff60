//! The last edits that led to a text, so that the difference from an earlier version is known without a search.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Cut;

/// How many edits are remembered: as many as may arrive together.
const REMEMBERED_EDITS: usize = 4;

/// The number of a text and its last edits. An empty text without a past has the number zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// Unique to this text and its copies.
    number: u64,
    /// The earlier texts by their numbers, oldest first, and what was replaced in each.
    steps: Arc<[(u64, Cut)]>,
}

impl Past {
    /// The past of a text that was not made from another.
    pub fn none() -> Self {
        Self { number: next(), ..Self::default() }
    }

    /// Notes that the text was changed by `cut` and is a new one now.
    pub fn add(&mut self, cut: Cut) {
        let kept = &self.steps[(self.steps.len() + 1).saturating_sub(REMEMBERED_EDITS)..];
        self.steps = kept.iter().copied().chain([(self.number, cut)]).collect();
        self.number = next();
    }

    /// Whether both belong to the same text or to copies of it.
    pub fn is_of(&self, other: &Past) -> bool {
        self.number == other.number
    }

    /// The stretch that covers all edits since an earlier version; none if that version is not among the last ones.
    pub fn since(&self, before: &Past) -> Option<Cut> {
        let first = self.steps.iter().position(|(from, _)| *from == before.number)?;
        self.steps[first..].iter().map(|(_, cut)| *cut).reduce(Cut::then)
    }
}

/// A number for the next text.
fn next() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
