//! Which earlier pack a new one begins like, and for how many parts. Parts that stay need not be read again, but take the room of what the
//! ranking wants now.

use std::sync::Arc;

use super::parts::{Kept, Worth, symbols, tokens, value};
use super::{Asked, EXPECTED_SHARE, Session};
use crate::context::corpus::Corpus;
use crate::context::select::Order;

/// After a move, leading parts that fill the budget and stay make up for this many used definitions fewer, where one is expected. A shorter
/// head makes up for its share of that; where more are expected, for a little more. (A fixed share of the expectation would give up much
/// where much is needed, and keep little where little is.)
const HEAD: f32 = 0.9;
/// A head counts for its share of the budget, but for no more than this times its share of what a new pack is worth: parts that were right
/// for another place, and are hardly wanted at this one, are let go.
const WANTED: f32 = 2.0;
/// Lengths of a head that are tried first, then those around the best of them.
const TRIED: usize = 8;
/// At this budget a head is worth that much. A smaller pack is read again in no time, so less is given up for it. In a larger one the head
/// loses worth by this power of the ratio, or it would hold on to what nothing asks for any more.
const FULL_BUDGET: f32 = 4096.0;
const BEYOND: f32 = 0.75;
/// Packs that a new one may begin like, and for how many prompts they are kept: engines keep few caches, the ones used last.
const EARLIER: usize = 4;
const REMEMBERED: u64 = 8;

/// A ranking that is to be packed.
pub(super) struct Ranked<'a> {
    pub corpus: &'a Corpus,
    pub order: &'a Order<'a>,
    pub budget: usize,
    /// The worth of the best pack made from scratch.
    pub fresh: f32,
}

/// The share of [`HEAD`] that counts at a budget.
pub(super) fn due(budget: usize) -> f32 {
    (budget as f32 / FULL_BUDGET).min(1.0)
}

/// How many leading parts are still right and fit.
fn leading(parts: &[Kept], worth: &[Worth], room: usize) -> usize {
    let mut used = 0;
    let fits = |(kept, worth): &(&Kept, &Worth)| {
        used += kept.part.tokens;
        !worth.stale && used <= room
    };
    parts.iter().zip(worth).take_while(fits).count()
}

impl Session {
    /// Starts from the leading parts that are best kept, of this pack or of the earlier one that offers most.
    pub(super) fn begin_anew(&mut self, ranked: &Ranked, asked: &Asked) {
        if !self.parts.is_empty() {
            self.earlier.push_front((self.turns - 1, Arc::new(std::mem::take(&mut self.parts))));
            self.earlier.truncate(EARLIER);
        }
        self.earlier.retain(|(turn, _)| self.turns - turn <= REMEMBERED);
        self.admitted = 0;
        let bases: Vec<(&[Kept], Vec<Worth>)> =
            self.earlier.iter().map(|(_, parts)| (&***parts, self.worth(parts, ranked, asked))).collect();
        let offers = |(parts, worth): &(&[Kept], Vec<Worth>)| value(&worth[..leading(parts, worth, ranked.budget)]);
        // The latest among equals.
        let most = bases.iter().enumerate().rev().max_by(|a, b| offers(a.1).total_cmp(&offers(b.1))).map_or(0, |(at, _)| at);
        let (mut gain, mut head): (f32, &[Kept]) = (ranked.fresh, &[]);
        for (_, (parts, worth)) in bases.iter().enumerate().filter(|(at, _)| *at == 0 || *at == most) {
            let best = self.best_head(parts, worth, ranked, asked, gain);
            if best.0 > gain {
                (gain, head) = (best.0, &parts[..best.1]);
            }
        }
        self.parts = head.to_vec();
    }

    /// How many leading parts are best kept, and what that gains: what can be expected of the pack, and what it is worth that they stay. No
    /// parts where nothing gains more than `least`.
    fn best_head(&self, parts: &[Kept], worth: &[Worth], ranked: &Ranked, asked: &Asked, least: f32) -> (f32, usize) {
        // What can come next at the cursor has its room, whatever stays.
        let bytes = ranked.budget as f32 * self.ratio / EXPECTED_SHARE as f32;
        let expected = ranked.order.price(&asked.missing(ranked.order, &symbols(worth), bytes)) / self.ratio;
        let all = leading(parts, worth, ranked.budget.saturating_sub(expected as usize));
        let beyond = (FULL_BUDGET / ranked.budget as f32).min(1.0).powf(BEYOND);
        let whole = HEAD * due(ranked.budget) * beyond * ranked.fresh.sqrt().sqrt();
        let saved = |keep: usize| {
            let room = tokens(&parts[..keep]) as f32 / ranked.budget as f32;
            let wanted = value(&worth[..keep]) / ranked.fresh.max(f32::EPSILON);
            whole * room.min(WANTED * wanted)
        };
        let gain = |keep: usize| {
            let room = (ranked.budget - tokens(&parts[..keep])) as f32 * self.ratio;
            let rest = ranked.order.fill(ranked.corpus, room, &symbols(&worth[..keep])).value;
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
        let mut step = all.div_ceil(TRIED).max(1);
        let mut found = (least, 0);
        for keep in (1..=all).rev().step_by(step) {
            // With fewer parts kept, no more can be expected than of a new pack.
            if ranked.fresh + saved(keep) <= found.0 {
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
