//! The stable part of the prompt. A session keeps the parts of the last pack in their order. A new pack keeps as many leading parts as it
//! can without losing much of what the ranking promises, drops the rest, and appends.

mod heads;
mod parts;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use self::heads::due;
pub use self::parts::{Count, PART_OVERHEAD};
use self::parts::{Kept, Worth, group, part_of, shrink, symbols, tokens, value};
use super::Part;
use super::corpus::{Corpus, Name};
use super::numbers::NumberSet;
use super::select::{Item, Order, Selection, Shares};

/// The share of the expected recall that a pack gives up, at most, to stay the same while somebody types.
const MAX_LOSS_WHILE_TYPING: f32 = 0.4;
/// The share of a full budget that a new pack leaves free, so that the first definitions admitted while typing push out nothing.
const FREE_SHARE: f32 = 0.02;
/// With this probability or more, a definition counts as the one that its name means at the cursor.
const MEANT_PROBABILITY: f32 = 0.3;
/// That is not required of a name with at most this many definitions.
const FEW_DEFINITIONS: usize = 2;
/// Most definitions that are admitted at a time because they were named or visited: everything behind them in the prompt has to be
/// prefilled again.
const MAX_ADMITTED_DEFINITIONS: usize = 2;
/// Most definitions that are admitted beside these because they can come next at the cursor.
const MAX_EXPECTED_DEFINITIONS: usize = 4;
/// What can come next at the cursor may take one part in this many of a new pack's budget, however much of the old pack stays.
const EXPECTED_BUDGET_DIVISOR: usize = 2;
/// All that was admitted may take one part in this many of the budget together.
const ADMITTED_BUDGET_DIVISOR: usize = 4;
/// One part in this many of the budget is left free for what is admitted next.
const SPARE_BUDGET_DIVISOR: usize = 16;
/// With more room than one part in this many of the budget, a pack that stays is filled up.
const MUCH_ROOM_DIVISOR: usize = 4;
/// The bytes per token that are assumed until the tokenizer has been asked.
pub const ASSUMED_BYTES_PER_TOKEN: f32 = 3.3;
/// Limits of the measured bytes per token, whatever a few short parts suggest.
const MIN_BYTES_PER_TOKEN: f32 = 1.0;
const MAX_BYTES_PER_TOKEN: f32 = 6.0;
/// How often a pack is filled at most, each time with the bytes per token measured on the last filling.
const MAX_FILL_ROUNDS: usize = 3;
/// With this share of the room taken, it counts as full.
const FULL_SHARE: f32 = 0.97;
/// The factor for bytes per token that had led to more tokens than fit.
const OVERFULL_FACTOR: f32 = 0.995;
/// Most files that are remembered because they were gone.
const MAX_MISSED_FILES: usize = 16;

/// The pack of one budget as it was last sent.
#[derive(Clone)]
pub struct Session {
    parts: Vec<Kept>,
    /// The packs of the last places, with the turn that last used each, latest first: who comes back finds the old prompt.
    earlier: VecDeque<(u64, Arc<Vec<Kept>>)>,
    turns: u64,
    /// How many parts at the end were admitted while the others stayed.
    admitted: usize,
    /// The files that were shown until they were gone, the latest last. One that comes back is shown again.
    missed: Vec<Arc<str>>,
    /// The generation of the corpus that the last pack was filled from.
    filled: u64,
    here: Option<Here>,
    /// As measured on the parts.
    bytes_per_token: f32,
}

/// Where the cursor is. While this stays the same, the user is typing in one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub path: Arc<str>,
    /// The line with the name of the function around it.
    pub function: Option<usize>,
}

/// What is to be packed, and how much of it.
pub struct PackRequest<'a> {
    pub corpus: &'a Corpus,
    /// The ranking of the definitions.
    pub order: &'a Order<'a>,
    /// The tokens that the parts may have together.
    pub budget: usize,
    pub asked: Asked<'a>,
    /// Whether a file of the corpus is gone since; none of its definitions are in the order.
    pub is_gone: &'a dyn Fn(u32) -> bool,
    pub count: Count<'a>,
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
        Self {
            parts: vec![],
            earlier: VecDeque::new(),
            turns: 0,
            admitted: 0,
            missed: vec![],
            filled: 0,
            here: None,
            bytes_per_token: ASSUMED_BYTES_PER_TOKEN,
        }
    }
}

impl Session {
    /// Packs the best of a ranking, starting from the parts of the last pack where that costs little.
    pub fn pack(&mut self, request: &PackRequest) -> Packed {
        let PackRequest { corpus, order, budget, ref asked, .. } = *request;
        self.turns += 1;
        let typing = self.here.as_ref() == Some(&asked.here);
        let bytes = budget as f32 * self.bytes_per_token;
        let fresh = order.best(corpus, bytes);
        let whole = if typing { self.cut(budget, request.count) } else { budget };
        let mut worth = self.worth(&self.parts, request);
        let frozen = typing && self.stays(&worth, fresh);
        let returned = self.returned(request, bytes);
        if !frozen {
            self.miss(request);
            self.begin_anew(request, fresh);
            worth = self.worth(&self.parts, request);
        }
        self.here = Some(asked.here.clone());
        let taken = symbols(&worth);
        let mut reused = tokens(&self.parts);
        if frozen {
            reused = self.admit(request, &taken, returned).min(whole);
            self.fill_up(request);
        } else {
            let spare = (budget as f32 * due(budget) * FREE_SHARE) as usize;
            let taken = self.append_expected(request, taken);
            self.append(request, (budget - tokens(&self.parts)).saturating_sub(spare), &taken);
        }
        self.filled = corpus.generation();
        self.parts.iter_mut().for_each(|kept| kept.place(corpus));
        let tokens = tokens(&self.parts);
        Packed { parts: self.parts.iter().map(|kept| kept.part.clone()).collect(), tokens, reused }
    }

    /// Whether the parts are good enough to stay while somebody types. `fresh` is the value of the best pack made from scratch.
    fn stays(&self, worth: &[Worth], fresh: f32) -> bool {
        let is_worth_it = value(worth) >= fresh * (1.0 - MAX_LOSS_WHILE_TYPING);
        !self.parts.is_empty() && is_worth_it && worth.iter().all(|worth| !worth.stale)
    }

    /// What each of these parts is worth now.
    fn worth(&self, parts: &[Kept], request: &PackRequest) -> Vec<Worth> {
        let mut shares = Shares::default();
        let each = |kept: &Kept| {
            let mut worth = Worth::new(request, kept, &mut shares);
            // Half-written code hides what is below it, so the text itself is asked, which is ahead of the index.
            if *kept.part.path == *request.asked.here.path {
                worth.stale = !kept.stands_in(request.asked.text);
            }
            worth
        };
        parts.iter().map(each).collect()
    }

    /// Remembers which of the shown files are gone.
    fn miss(&mut self, request: &PackRequest) {
        for path in self.parts.iter().map(|kept| &kept.part.path) {
            if request.file(path).is_none() && !self.missed.contains(path) {
                self.missed.push(path.clone());
            }
        }
        self.missed.drain(..self.missed.len().saturating_sub(MAX_MISSED_FILES));
    }

    /// What the best pack of `bytes` has of the files that were missed and are back. They are missed no more.
    fn returned(&mut self, request: &PackRequest, bytes: f32) -> Vec<Item> {
        if self.missed.is_empty() {
            return vec![];
        }
        let best = request.order.fill(request.corpus, bytes, &[]);
        let back: Vec<u32> = self.missed.iter().filter_map(|path| request.file(path)).collect();
        self.missed.retain(|path| request.file(path).is_none());
        best.items.into_iter().filter(|item| back.contains(&item.file)).collect()
    }

    /// Admits at the end what is wanted now, and what has `returned`; the least of the last part that was not admitted makes room. Returns
    /// the tokens that stay unchanged.
    fn admit(&mut self, request: &PackRequest, taken: &[u32], mut returned: Vec<Item>) -> usize {
        let (budget, count) = (request.budget, request.count);
        let items = request.wanted(taken);
        returned.retain(|item| !taken.contains(&item.symbol) && items.iter().all(|wanted| wanted.symbol != item.symbol));
        let mut added: Vec<Kept> = items.into_iter().map(|item| part_of(request, item.file, vec![item])).collect();
        added.extend(group(request, Selection { items: returned, ..Selection::default() }, &mut HashMap::new()));
        let most = budget / ADMITTED_BUDGET_DIVISOR;
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
            stays = stays.min(self.cut(room - (budget / SPARE_BUDGET_DIVISOR).min(room), count));
        }
        self.admitted = before.len();
        self.parts.append(&mut before);
        stays
    }

    /// Where there is much room, appends what was learnt since, without moving the other parts: a file that was gone for a moment, or has
    /// just been written.
    fn fill_up(&mut self, request: &PackRequest) {
        let room = request.budget.saturating_sub(tokens(&self.parts));
        if self.filled == request.corpus.generation() || room < request.budget / MUCH_ROOM_DIVISOR {
            return;
        }
        let (taken, before) = (symbols(&self.worth(&self.parts, request)), self.parts.len());
        self.append(request, room - request.budget / SPARE_BUDGET_DIVISOR, &taken);
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
    fn append_expected(&mut self, request: &PackRequest, mut taken: Vec<u32>) -> Vec<u32> {
        if self.parts.is_empty() {
            return taken;
        }
        let items = request.missing(&taken, request.budget as f32 * self.bytes_per_token / EXPECTED_BUDGET_DIVISOR as f32);
        taken.extend(items.iter().map(|item| item.symbol));
        let selection = Selection { items, ..Selection::default() };
        let mut added = group(request, selection, &mut HashMap::new());
        shrink(&mut added, request.budget - tokens(&self.parts).min(request.budget), request.count);
        self.parts.extend(added);
        taken
    }

    /// Appends the best of what is left, in at most `room` tokens.
    fn append(&mut self, request: &PackRequest, room: usize, taken: &[u32]) {
        let order = request.order;
        let (mut added, mut made) = (vec![], HashMap::new());
        for _ in 0..MAX_FILL_ROUNDS {
            let selection = order.fill(request.corpus, room as f32 * self.bytes_per_token, taken);
            if selection.items.is_empty() {
                return;
            }
            let bytes = selection.bytes;
            added = group(request, selection, &mut made);
            let tokens = tokens(&added);
            self.bytes_per_token = (bytes / tokens.max(1) as f32).clamp(MIN_BYTES_PER_TOKEN, MAX_BYTES_PER_TOKEN);
            let full = bytes < (room as f32 * self.bytes_per_token) * FULL_SHARE;
            if tokens <= room && !full {
                break;
            }
            if tokens > room {
                self.bytes_per_token *= OVERFULL_FACTOR;
            } else if order.items.len() <= added.iter().map(|kept| kept.items.len()).sum() {
                break;
            }
        }
        shrink(&mut added, room, request.count);
        self.parts.extend(added);
    }
}

impl PackRequest<'_> {
    /// The number of a file; none where it is gone.
    fn file(&self, path: &str) -> Option<u32> {
        self.corpus.file(path).filter(|file| !(self.is_gone)(*file))
    }

    /// The best of what comes in even while everything else stays, and is not `taken`.
    fn wanted(&self, taken: &[u32]) -> Vec<Item> {
        let (corpus, asked) = (self.corpus, &self.asked);
        let symbol = |number: u32| &corpus.symbols[number as usize];
        let is_meant = |item: &Item| {
            let (few, value) = (corpus.defined(symbol(item.symbol).name).len() <= FEW_DEFINITIONS, symbol(item.symbol).sort.is_value());
            item.score >= MEANT_PROBABILITY || few && !value
        };
        let is_wanted = |item: &&Item| {
            let name = symbol(item.symbol).name;
            let named = asked.named.contains(&name) && is_meant(item);
            (named || asked.visited.contains(&item.symbol)) && !taken.iter().any(|taken| symbol(*taken).name == name)
        };
        let mut items: Vec<Item> = self.order.items.iter().filter(is_wanted).copied().collect();
        items.sort_by(|a, b| b.score.total_cmp(&a.score));
        items.truncate(MAX_ADMITTED_DEFINITIONS);
        let expected = self.missing(taken, f32::MAX).into_iter().take(MAX_EXPECTED_DEFINITIONS);
        let new: Vec<Item> = expected.filter(|item| items.iter().all(|known| known.symbol != item.symbol)).collect();
        items.extend(new);
        items
    }

    /// The likeliest of what can come next that is not `taken`, in so many bytes.
    fn missing(&self, taken: &[u32], bytes: f32) -> Vec<Item> {
        let taken: NumberSet<u32> = taken.iter().copied().collect();
        let mut items: Vec<Item> =
            self.asked.expected.iter().filter(|number| !taken.contains(number)).filter_map(|number| self.order.item(*number)).collect();
        while bytes < f32::MAX && !items.is_empty() && self.order.price(&items) > bytes {
            items.pop();
        }
        items
    }
}
