//! The stable part of the prompt. A session keeps the parts of the last pack in their order. A new pack keeps as many leading parts as it
//! can without losing much of what the ranking promises, drops the rest, and appends.

mod heads;
mod parts;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use self::heads::{Ranked, due};
pub use self::parts::{Count, PART_OVERHEAD};
use self::parts::{Kept, Worth, group, part_of, shrink, symbols, tokens, value};
use super::Part;
use super::corpus::{Corpus, Name};
use super::numbers::NumberSet;
use super::select::{Item, Order, Selection, Shares};

/// The share of the expected recall that a pack gives up, at most, to stay the same while somebody types.
const TYPING_LOSS: f32 = 0.4;
/// The share of a full budget that a new pack leaves free, so that what is admitted first pushes out nothing.
const LEFT_FREE: f32 = 0.02;
/// The probability from which on a definition counts as the one that was named, ...
const MEANT: f32 = 0.3;
/// ... which is not required if a name has at most so many definitions, ...
const FEW: usize = 2;
/// ... and how many are admitted at a time: everything behind them in the prompt has to be read again.
const ADMITTED: usize = 2;
/// How much of what can come next at the cursor is let in at a time beside these.
const EXPECTED: usize = 4;
/// The share of the budget of a new pack that what can come next may have, however little is given up for a head that stays.
const EXPECTED_SHARE: usize = 2;
/// The share of the budget that those may have together which were let in, and the one that is left free for the next.
const ADMITTED_SHARE: usize = 4;
const SPARE_SHARE: usize = 16;
/// One part in this many of the budget counts as much room.
const MUCH_ROOM: usize = 4;
/// Bytes per token until the tokenizer has been asked.
const FIRST_RATIO: f32 = 3.3;
/// Limits of that ratio, whatever a few short parts suggest.
const LEAST_RATIO: f32 = 1.0;
const MOST_RATIO: f32 = 6.0;
/// How often a pack is filled again with the ratio that the last filling had, ...
const ROUNDS: usize = 3;
/// ... the share of the room from which on it counts as full, ...
const FULL: f32 = 0.97;
/// ... and the factor for a ratio that had led to too much.
const BELOW: f32 = 0.995;
/// The pack of one budget as it was last sent.
#[derive(Clone)]
pub struct Session {
    parts: Vec<Kept>,
    /// The packs of the last places, with the turn that last used each, latest first: who comes back finds the old prompt.
    earlier: VecDeque<(u64, Arc<Vec<Kept>>)>,
    turns: u64,
    /// How many parts at the end were admitted while the others stayed.
    admitted: usize,
    /// The generation of the corpus that the last pack was filled from.
    filled: u64,
    here: Option<Here>,
    /// Bytes per token, as measured on the parts.
    ratio: f32,
}

/// Where the cursor is. While this stays the same, the user is typing in one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub path: Arc<str>,
    pub function: Option<usize>,
}

/// What a place asks of a session.
pub struct Asked<'a> {
    pub here: Here,
    /// The text of the file as it is now.
    pub text: &'a str,
    /// Names that are written out in the lines at the cursor.
    pub named: Vec<Name>,
    /// Definitions that the user has just looked at or written.
    pub visited: Vec<u32>,
    /// What can come next because of what stands left of the cursor, the likeliest first.
    pub expected: Vec<u32>,
}

/// What a session has made of a ranking.
pub struct Packed {
    pub parts: Vec<Part>,
    pub tokens: usize,
    pub reused: usize,
}

impl Default for Session {
    fn default() -> Self {
        Self { parts: vec![], earlier: VecDeque::new(), turns: 0, admitted: 0, filled: 0, here: None, ratio: FIRST_RATIO }
    }
}

impl Session {
    /// Packs the ranking `order` into `budget` tokens, starting from the parts of the last pack where that costs little.
    pub fn pack(&mut self, corpus: &Corpus, order: &Order, budget: usize, asked: &Asked, count: Count) -> Packed {
        self.turns += 1;
        let typing = self.here.as_ref() == Some(&asked.here);
        let fresh = order.fill(corpus, budget as f32 * self.ratio, &[]).value;
        let ranked = Ranked { corpus, order, budget, fresh };
        let whole = if typing { self.cut(budget, count) } else { budget };
        let mut worth = self.worth(&self.parts, &ranked, asked);
        let frozen = typing && self.stays(&worth, &ranked);
        if !frozen {
            self.begin_anew(&ranked, asked);
            worth = self.worth(&self.parts, &ranked, asked);
        }
        self.here = Some(asked.here.clone());
        let taken = symbols(&worth);
        let mut reused = tokens(&self.parts);
        if frozen {
            reused = self.admit(corpus, order, budget, asked, &taken, count).min(whole);
            self.fill_up(&ranked, asked, count);
        } else {
            let spare = (budget as f32 * due(budget) * LEFT_FREE) as usize;
            let taken = self.append_expected(&ranked, asked, taken, count);
            self.append(corpus, order, (budget - tokens(&self.parts)).saturating_sub(spare), &taken, count);
        }
        self.filled = corpus.generation();
        self.parts.iter_mut().for_each(|kept| kept.place(corpus));
        let tokens = tokens(&self.parts);
        Packed { parts: self.parts.iter().map(|kept| kept.part.clone()).collect(), tokens, reused }
    }

    /// Whether the parts are good enough to stay while somebody types.
    fn stays(&self, worth: &[Worth], ranked: &Ranked) -> bool {
        let is_worth_it = value(worth) >= ranked.fresh * (1.0 - TYPING_LOSS);
        !self.parts.is_empty() && is_worth_it && worth.iter().all(|worth| !worth.stale)
    }

    /// What each of these parts is worth now.
    fn worth(&self, parts: &[Kept], ranked: &Ranked, asked: &Asked) -> Vec<Worth> {
        let mut shares = Shares::default();
        let each = |kept: &Kept| {
            let mut worth = Worth::new(ranked.corpus, kept, ranked.order, &mut shares);
            // Half-written code hides what is below it, so the text itself is asked, which is ahead of the index.
            if *kept.part.path == *asked.here.path {
                worth.stale = !kept.stands_in(asked.text);
            }
            worth
        };
        parts.iter().map(each).collect()
    }

    /// Admits at the end what is wanted now; the least of the last part that was not admitted makes room. Returns the tokens that stay
    /// unchanged.
    fn admit(&mut self, corpus: &Corpus, order: &Order, budget: usize, asked: &Asked, taken: &[u32], count: Count) -> usize {
        let items = asked.wanted(corpus, order, taken);
        let mut added: Vec<Kept> = items.into_iter().map(|item| part_of(corpus, order, item.file, vec![item], count)).collect();
        let most = budget / ADMITTED_SHARE;
        shrink(&mut added, most, count);
        let mut stays = tokens(&self.parts);
        if added.is_empty() {
            return stays;
        }
        let mut before = self.parts.split_off(self.parts.len() - self.admitted);
        while !before.is_empty() && tokens(&before) + tokens(&added) > most {
            before.remove(0);
            stays = tokens(&self.parts);
        }
        before.append(&mut added);
        if tokens(&self.parts) + tokens(&before) > budget {
            let room = budget - tokens(&before).min(budget);
            stays = stays.min(self.cut(room - (budget / SPARE_SHARE).min(room), count));
        }
        self.admitted = before.len();
        self.parts.append(&mut before);
        stays
    }

    /// Where there is much room, appends what was learnt since, without moving the other parts: a file that was gone for a moment, or has
    /// just been written.
    fn fill_up(&mut self, ranked: &Ranked, asked: &Asked, count: Count) {
        let room = ranked.budget.saturating_sub(tokens(&self.parts));
        if self.filled == ranked.corpus.generation() || room < ranked.budget / MUCH_ROOM {
            return;
        }
        let (taken, before) = (symbols(&self.worth(&self.parts, ranked, asked)), self.parts.len());
        self.append(ranked.corpus, ranked.order, room - ranked.budget / SPARE_SHARE, &taken, count);
        if self.parts.len() > before {
            self.admitted = 0;
        }
    }

    /// Removes the least certain parts from the end until the rest fits. Returns the tokens that stay unchanged.
    fn cut(&mut self, room: usize, count: Count) -> usize {
        let (all, mut stays) = (self.parts.len(), tokens(&self.parts));
        while tokens(&self.parts) > room {
            let Some(last) = self.parts.pop() else { break };
            stays = tokens(&self.parts);
            let mut last = vec![last];
            shrink(&mut last, room.saturating_sub(stays), count);
            self.parts.append(&mut last);
        }
        self.admitted = self.admitted.saturating_sub(all - self.parts.len());
        stays
    }

    /// Appends what can come next at the cursor, where there is a head that has taken its room. Answers what is `taken` then.
    fn append_expected(&mut self, ranked: &Ranked, asked: &Asked, mut taken: Vec<u32>, count: Count) -> Vec<u32> {
        if self.parts.is_empty() {
            return taken;
        }
        let items = asked.missing(ranked.order, &taken, ranked.budget as f32 * self.ratio / EXPECTED_SHARE as f32);
        taken.extend(items.iter().map(|item| item.symbol));
        let selection = Selection { items, ..Selection::default() };
        let mut added = group(ranked.corpus, ranked.order, selection, &mut HashMap::new(), count);
        shrink(&mut added, ranked.budget - tokens(&self.parts).min(ranked.budget), count);
        self.parts.extend(added);
        taken
    }

    /// Appends the best of what is left, in at most `room` tokens.
    fn append(&mut self, corpus: &Corpus, order: &Order, room: usize, taken: &[u32], count: Count) {
        let (mut added, mut made) = (vec![], HashMap::new());
        for _ in 0..ROUNDS {
            let selection = order.fill(corpus, room as f32 * self.ratio, taken);
            if selection.items.is_empty() {
                return;
            }
            let bytes = selection.bytes;
            added = group(corpus, order, selection, &mut made, count);
            let tokens = tokens(&added);
            self.ratio = (bytes / tokens.max(1) as f32).clamp(LEAST_RATIO, MOST_RATIO);
            let full = bytes < (room as f32 * self.ratio) * FULL;
            if tokens <= room && !full {
                break;
            }
            if tokens > room {
                self.ratio *= BELOW;
            } else if order.items.len() <= added.iter().map(|kept| kept.items.len()).sum() {
                break;
            }
        }
        shrink(&mut added, room, count);
        self.parts.extend(added);
    }
}

impl Asked<'_> {
    /// The best of what comes in even while everything else stays, and is not `taken`.
    fn wanted(&self, corpus: &Corpus, order: &Order, taken: &[u32]) -> Vec<Item> {
        let symbol = |number: u32| &corpus.symbols[number as usize];
        let is_meant = |item: &Item| {
            let (few, value) = (corpus.defined(symbol(item.symbol).name).len() <= FEW, symbol(item.symbol).sort.is_value());
            item.score >= MEANT || few && !value
        };
        let is_wanted = |item: &&Item| {
            let name = symbol(item.symbol).name;
            let named = self.named.contains(&name) && is_meant(item);
            (named || self.visited.contains(&item.symbol)) && !taken.iter().any(|taken| symbol(*taken).name == name)
        };
        let mut items: Vec<Item> = order.items.iter().filter(is_wanted).copied().collect();
        items.sort_by(|a, b| b.score.total_cmp(&a.score));
        items.truncate(ADMITTED);
        let expected = self.missing(order, taken, f32::MAX).into_iter().take(EXPECTED);
        let new: Vec<Item> = expected.filter(|item| items.iter().all(|known| known.symbol != item.symbol)).collect();
        items.extend(new);
        items
    }

    /// The likeliest of what can come next that is not `taken`, in so many bytes.
    fn missing(&self, order: &Order, taken: &[u32], bytes: f32) -> Vec<Item> {
        let taken: NumberSet<u32> = taken.iter().copied().collect();
        let mut items: Vec<Item> =
            self.expected.iter().filter(|number| !taken.contains(number)).filter_map(|number| order.item(*number)).collect();
        while bytes < f32::MAX && !items.is_empty() && order.price(&items) > bytes {
            items.pop();
        }
        items
    }
}
