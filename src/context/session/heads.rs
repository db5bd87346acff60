//! Which earlier pack a new one begins like, and for how many parts. Parts that stay need not be read again, but take the room of what the
//! ranking wants now.

use std::sync::Arc;

use super::parts::{Kept, Worth, symbols, tokens, value};
use super::{EXPECTED_BUDGET_DIVISOR, PackRequest, Session};

/// The head of a pack is its leading parts that stay after the cursor has moved, so that the engine need not prefill them again. A head
/// that fills the budget is worth as much as this many used definitions, where a new pack is expected to have one. A shorter head is worth
/// its share of that. Where a new pack has more, a head is worth a little more: a fixed share of the expectation would give up much where
/// much is needed, and keep little where little is.
const HEAD_WORTH: f32 = 0.8;
/// The share of the budget that counts for a head is at most this many times its share of the value of a new pack: parts that were right
/// for another place, and are hardly wanted at this one, are let go.
const MAX_BUDGET_PER_VALUE_SHARE: f32 = 2.0;
/// How many lengths of a head are tried first; then come those around the best of them.
const HEAD_LENGTHS_TRIED_FIRST: usize = 8;
/// At this budget a head has its full worth. A smaller pack is soon prefilled again, so less is given up for its head.
const FULL_BUDGET_TOKENS: f32 = 4096.0;
/// In a larger pack the worth of a head falls by this power of the ratio of the budgets, or the pack would hold on to what nothing asks for
/// any more.
const LARGE_BUDGET_EXPONENT: f32 = 0.75;
/// Most earlier packs that a new one may begin like: engines keep few caches, the ones used last.
const MAX_EARLIER_PACKS: usize = 4;
/// For how many prompts an earlier pack is kept.
const EARLIER_PACK_MAX_AGE_PROMPTS: u64 = 8;

/// The parts of an earlier pack, and what they are worth now.
struct Base<'a> {
    parts: &'a [Kept],
    worth: Vec<Worth>,
}

/// The share of [`HEAD_WORTH`] that counts at a budget.
pub(super) fn due(budget: usize) -> f32 {
    (budget as f32 / FULL_BUDGET_TOKENS).min(1.0)
}

impl Base<'_> {
    /// How many leading parts are still right and fit into `room` tokens.
    fn leading(&self, room: usize) -> usize {
        let mut used = 0;
        let fits = |(kept, worth): &(&Kept, &Worth)| {
            used += kept.part.tokens;
            !worth.stale && used <= room
        };
        self.parts.iter().zip(&self.worth).take_while(fits).count()
    }
}

impl Session {
    /// Starts from the leading parts that are best kept, of this pack or of the earlier one that offers most. `fresh` is the value of the
    /// best pack made from scratch.
    pub(super) fn begin_anew(&mut self, request: &PackRequest, fresh: f32) {
        if !self.parts.is_empty() {
            self.earlier.push_front((self.turns - 1, Arc::new(std::mem::take(&mut self.parts))));
            self.earlier.truncate(MAX_EARLIER_PACKS);
        }
        self.earlier.retain(|(turn, _)| self.turns - turn <= EARLIER_PACK_MAX_AGE_PROMPTS);
        self.admitted = 0;
        let bases: Vec<Base> = self.earlier.iter().map(|(_, parts)| Base { parts, worth: self.worth(parts, request) }).collect();
        let offers = |base: &Base| value(&base.worth[..base.leading(request.budget)]);
        // The latest among equals.
        let most = bases.iter().enumerate().rev().max_by(|a, b| offers(a.1).total_cmp(&offers(b.1))).map_or(0, |(at, _)| at);
        let (mut gain, mut head): (f32, &[Kept]) = (fresh, &[]);
        for (_, base) in bases.iter().enumerate().filter(|(at, _)| *at == 0 || *at == most) {
            let best = self.best_head(base, request, fresh, gain);
            if best.0 > gain {
                (gain, head) = (best.0, &base.parts[..best.1]);
            }
        }
        self.parts = head.to_vec();
    }

    /// How many leading parts are best kept, and what that gains: what can be expected of the pack, and what it is worth that they stay. No
    /// parts where nothing gains more than `least`.
    fn best_head(&self, base: &Base, request: &PackRequest, fresh: f32, least: f32) -> (f32, usize) {
        let Base { parts, worth } = base;
        let (order, budget) = (request.order, request.budget);
        // What can come next at the cursor has its room, whatever stays.
        let bytes = budget as f32 * self.bytes_per_token / EXPECTED_BUDGET_DIVISOR as f32;
        let expected = order.price(&request.missing(&symbols(worth), bytes)) / self.bytes_per_token;
        let all = base.leading(budget.saturating_sub(expected as usize));
        let beyond = (FULL_BUDGET_TOKENS / budget as f32).min(1.0).powf(LARGE_BUDGET_EXPONENT);
        let whole = HEAD_WORTH * due(budget) * beyond * fresh.sqrt().sqrt();
        let saved = |keep: usize| {
            let room = tokens(&parts[..keep]) as f32 / budget as f32;
            let wanted = value(&worth[..keep]) / fresh.max(f32::EPSILON);
            whole * room.min(MAX_BUDGET_PER_VALUE_SHARE * wanted)
        };
        let gain = |keep: usize| {
            let room = (budget - tokens(&parts[..keep])) as f32 * self.bytes_per_token;
            let rest = order.fill(request.corpus, room, &symbols(&worth[..keep])).value;
            saved(keep) + value(&worth[..keep]) + rest
        };
        let mut best = (least, 0);
        let mut look = |keep: usize| {
            let gain = gain(keep);
            if gain > best.0 {
                best = (gain, keep);
            }
            best
        };
        let mut step = all.div_ceil(HEAD_LENGTHS_TRIED_FIRST).max(1);
        let mut found = (least, 0);
        for keep in (1..=all).rev().step_by(step) {
            // With fewer parts kept, no more can be expected than of a new pack.
            if fresh + saved(keep) <= found.0 {
                break;
            }
            found = look(keep);
        }
        while step > 1 && found.1 > 0 {
            step = step.div_ceil(2);
            for keep in [found.1.saturating_sub(step), found.1 + step].into_iter().filter(|keep| (1..=all).contains(keep)) {
                found = look(keep);
            }
        }
        found
    }
}
