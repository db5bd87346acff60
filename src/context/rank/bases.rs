//! For each definition, the log-odds it reaches if only its file ties it to the place, rounded up to a byte. In a large workspace nearly
//! all definitions are hopeless at nearly all places, and a byte is enough to skip these, many at a time.

use std::cell::Cell;
use std::ops::Range;

use super::{MIN_LOG_ODDS, Prior, is, sort_sum};
use crate::context::corpus::{Corpus, Symbol};
use crate::context::features::Feature::{Constant, Nested, Private};
use crate::context::weights::UNSEEN;

/// Steps of a byte per unit of log-odds.
const STEPS_PER_UNIT: f32 = 16.0;
/// The log-odds of the lowest step, which also represents everything below.
const LOWEST_STEP_LOG_ODDS: f32 = -8.0;
/// Sums in another order may differ by less than this.
const MAX_ROUNDING_ERROR: f32 = 1e-3;
/// How many definitions are compared at the same time.
const LANES: usize = 32;

thread_local! {
    /// Memory for the bases at a place, reused from place to place.
    static ROOM: Cell<Vec<u8>> = Cell::default();
}

/// By symbol, for names that the current file does not show.
#[derive(Clone, Default)]
pub struct Bases(Vec<u8>);

impl Bases {
    /// Adds the symbols that are new.
    pub fn update(&mut self, corpus: &Corpus) {
        let base = |symbol: &Symbol| base(symbol, &corpus.priors[symbol.slot as usize]);
        let new = corpus.symbols[self.0.len()..].iter().map(|symbol| Step::up(base(symbol)).on(0));
        self.0.extend(new);
    }
}

/// What the definition and its name alone add up to.
fn base(symbol: &Symbol, prior: &Prior) -> f32 {
    prior.sum + sort_sum(symbol, &UNSEEN) + UNSEEN[Private] * is(symbol.private) + UNSEEN[Nested] * is(symbol.nested) - LOWEST_STEP_LOG_ODDS
}

/// Log-odds in steps, rounded up.
#[derive(Clone, Copy)]
struct Step(i16);

impl Step {
    fn up(log_odds: f32) -> Self {
        let steps = log_odds * STEPS_PER_UNIT;
        // The same as `ceil`, which is a call on processors that need not have an instruction for it.
        let whole = steps as i32;
        Self(whole.saturating_add(i32::from(steps > whole as f32)).clamp(i16::MIN.into(), i16::MAX.into()) as i16)
    }

    /// The sum of a base and a step; the last value also represents everything above.
    fn on(self, base: u8) -> u8 {
        if base == u8::MAX { base } else { i16::from(base).saturating_add(self.0).clamp(0, i16::from(u8::MAX)) as u8 }
    }
}

/// The bases at a place, raised where names and types are tied to it.
pub struct Local(Vec<u8>);

impl Local {
    /// A copy to raise.
    pub fn new(bases: &Bases) -> Self {
        let mut of = ROOM.take();
        of.clone_from(&bases.0);
        Self(of)
    }

    /// Raises some definitions by at most `most`.
    pub fn add(&mut self, symbols: &[u32], most: f32) {
        let more = Step::up(most);
        if more.0 == 0 {
            return;
        }
        for base in symbols {
            let base = &mut self.0[*base as usize];
            *base = more.on(*base);
        }
    }

    /// The definitions in a range that are not hopeless, if their file adds `of_file` and everything else at most what is in their base; in
    /// order.
    pub fn each(&self, range: Range<u32>, of_file: f32, mut take: impl FnMut(u32)) {
        let needed = MIN_LOG_ODDS - UNSEEN[Constant] - of_file - MAX_ROUNDING_ERROR - LOWEST_STEP_LOG_ODDS;
        let least = ((needed * STEPS_PER_UNIT).floor() + 1.0) as u8;
        let blocks = self.0[range.start as usize..range.end as usize].chunks(LANES);
        for (first, block) in (range.start..).step_by(LANES).zip(blocks) {
            // Most blocks have none, and the maximum of a block is quick to compute.
            if block.iter().fold(0, |most, base| most.max(*base)) < least {
                continue;
            }
            let likely = (first..).zip(block).filter(|(_, base)| **base >= least);
            likely.for_each(|(symbol, _)| take(symbol));
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        ROOM.set(std::mem::take(&mut self.0));
    }
}
