//! What has led to a text: its last edits, so that what differs from a version before is known and need not be looked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Cut;

/// Edits that are remembered: those that may come together.
const KEPT: usize = 4;

/// See the module. The number of a text without a past is zero while it is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// No other text has it, but for copies.
    number: u64,
    /// The numbers of the texts before and what was exchanged in them, in order.
    steps: Arc<[(u64, Cut)]>,
}

impl Past {
    /// That of a text which was made of nothing.
    pub fn none() -> Self {
        Self { number: next(), ..Self::default() }
    }

    /// The text was made another one.
    pub fn add(&mut self, cut: Cut) {
        let kept = &self.steps[(self.steps.len() + 1).saturating_sub(KEPT)..];
        self.steps = kept.iter().copied().chain([(self.number, cut)]).collect();
        self.number = next();
    }

    pub fn is_of(&self, other: &Past) -> bool {
        self.number == other.number
    }

    /// The stretch that all edits since an earlier version lie in; none where that was none of the last.
    pub fn since(&self, before: &Past) -> Option<Cut> {
        let first = self.steps.iter().position(|(from, _)| *from == before.number)?;
        self.steps[first..].iter().map(|(_, cut)| *cut).reduce(Cut::then)
    }
}

/// Numbers the texts that are made.
fn next() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
