//! The part of the prompt that stays put. A session keeps the parts of the last pack in their order; a new pack keeps as many of its
//! leading parts as it can without losing much of what the ranking promises, drops the rest, and appends.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::corpus::{Corpus, Digest, Name};
use super::select::{Item, Order, Selection, Shares};
use super::{Kind, Masked, Part};

/// Share of the expected recall that a pack gives up, at most, so that it can stay while somebody types.
const TYPING_LOSS: f32 = 0.35;
/// After a move, a head that fills the budget and stays makes good for so many definitions less that are likely to be used, where one is
/// expected: a shorter one for its share of that, and where more are expected, for a little more. A share of what is expected would give up
/// much where much is needed, and keep little where little is.
const HEAD: f32 = 0.7;
/// Lengths of a head that are tried, before those around the best of them.
const TRIED: usize = 8;
/// At this budget a head that stays is worth that. A smaller pack is read anew in no time, so less is given up for it; in a larger one the
/// head is worth less by this power of how much larger it is, or it would hold what nothing asks for any more.
const FULL_BUDGET: f32 = 4096.0;
const BEYOND: f32 = 0.75;
/// The share of such a budget that a new pack leaves free: what is let in first then takes nothing away that was read.
const LEFT_FREE: f32 = 0.02;
/// Packs that a new one may begin like, and for how many prompts: engines keep few caches, those used last.
const EARLIER: usize = 4;
const REMEMBERED: u64 = 8;
/// The probability from which on a definition is taken for the one that was named, ...
const MEANT: f32 = 0.3;
/// ... so many of a name need none, ...
const FEW: usize = 2;
/// ... and how many are let in at a time: what stands behind them in the prompt is read anew.
const ADMITTED: usize = 2;
/// The share of the budget that those may have together which were let in, and the one that is left free for the next.
const ADMITTED_SHARE: usize = 4;
const SPARE_SHARE: usize = 16;
/// Bytes per token until the tokenizer has said how it is.
const FIRST_RATIO: f32 = 3.3;
/// Control token and line break around each part.
pub const PART_OVERHEAD: usize = 3;

/// Counts the tokens of a text.
pub type Count<'a> = &'a dyn Fn(&str) -> usize;

/// One budget's pack as it was sent last.
#[derive(Clone)]
pub struct Session {
    parts: Vec<Kept>,
    /// The packs of the last places with the turns that used them last, the last first: who comes back finds the prompt that was there.
    earlier: VecDeque<(u64, Arc<Vec<Kept>>)>,
    turns: u64,
    /// How many parts at the end were let in while the others stayed.
    admitted: usize,
    here: Option<Here>,
    /// Bytes per token, as measured on the parts.
    ratio: f32,
}

/// Where the cursor is: while this stays the same, the user is typing in one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub path: Arc<str>,
    pub function: Option<usize>,
}

#[derive(Clone)]
struct Kept {
    part: Part,
    items: Vec<Piece>,
}

/// A definition as it stands in a part.
#[derive(Clone)]
struct Piece {
    name: Name,
    line: u32,
    signature: Box<str>,
    /// What says what it is a member of.
    heading: Box<str>,
    /// Where that stands, from 0; the line itself where there is none.
    headed: u32,
    score: f32,
}

/// What a place asks of a session.
pub struct Asked {
    pub here: Here,
    /// What the lines at the cursor have written out.
    pub named: Vec<Name>,
    /// Definitions that the user has just looked at or written.
    pub visited: Vec<u32>,
    /// The text under the cursor does not parse.
    pub is_broken: bool,
}

/// What a session makes of a ranking.
pub struct Packed {
    pub parts: Vec<Part>,
    pub tokens: usize,
    pub reused: usize,
}

impl Default for Session {
    fn default() -> Self {
        Self { parts: vec![], earlier: VecDeque::new(), turns: 0, admitted: 0, here: None, ratio: FIRST_RATIO }
    }
}

impl Session {
    /// Packs the ranking `order` into `budget` tokens, from the parts of the last pack where that costs little.
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
        } else {
            let spare = (budget as f32 * due(budget) * LEFT_FREE) as usize;
            self.append(corpus, order, (budget - reused).saturating_sub(spare), &taken, count);
        }
        let tokens = tokens(&self.parts);
        Packed { parts: self.parts.iter().map(|kept| kept.part.clone()).collect(), tokens, reused }
    }

    /// Whether the parts are good enough to go on with while somebody is typing.
    fn stays(&self, worth: &[Worth], ranked: &Ranked) -> bool {
        let is_worth_it = value(worth) >= ranked.fresh * (1.0 - TYPING_LOSS);
        !self.parts.is_empty() && is_worth_it && worth.iter().all(|worth| !worth.stale)
    }

    /// Goes on with the leading parts that are best kept, of this pack or of the earlier one that has most to offer.
    fn begin_anew(&mut self, ranked: &Ranked, asked: &Asked) {
        if !self.parts.is_empty() {
            self.earlier.push_front((self.turns - 1, Arc::new(std::mem::take(&mut self.parts))));
            self.earlier.truncate(EARLIER);
        }
        self.earlier.retain(|(turn, _)| self.turns - turn <= REMEMBERED);
        self.admitted = 0;
        let bases: Vec<(&[Kept], Vec<Worth>)> =
            self.earlier.iter().map(|(_, parts)| (&***parts, self.worth(parts, ranked, asked))).collect();
        let offers = |(parts, worth): &(&[Kept], Vec<Worth>)| value(&worth[..leading(parts, worth, ranked.budget)]);
        // Of equals the latest.
        let most = bases.iter().enumerate().rev().max_by(|a, b| offers(a.1).total_cmp(&offers(b.1))).map_or(0, |(at, _)| at);
        let (mut gain, mut head): (f32, &[Kept]) = (ranked.fresh, &[]);
        for (_, (parts, worth)) in bases.iter().enumerate().filter(|(at, _)| *at == 0 || *at == most) {
            let best = self.best_head(parts, worth, ranked, gain);
            if best.0 > gain {
                (gain, head) = (best.0, &parts[..best.1]);
            }
        }
        self.parts = head.to_vec();
    }

    /// What each of some parts is worth now.
    fn worth(&self, parts: &[Kept], ranked: &Ranked, asked: &Asked) -> Vec<Worth> {
        let mut shares = Shares::default();
        let typing = self.here.as_ref() == Some(&asked.here);
        let each = |kept: &Kept| {
            let mut worth = Worth::new(ranked.corpus, kept, ranked.order, &mut shares);
            // The file under the cursor stands behind the parts as it is, and half-written code hides what is below it.
            worth.stale &= *kept.part.path != *asked.here.path || !(typing || asked.is_broken);
            worth
        };
        parts.iter().map(each).collect()
    }

    /// How many leading parts are best kept, and what that gains: what can be expected of the pack, and what it is worth that they stay. No
    /// parts where nothing gains more than `least`.
    fn best_head(&self, parts: &[Kept], worth: &[Worth], ranked: &Ranked, least: f32) -> (f32, usize) {
        let all = leading(parts, worth, ranked.budget);
        let beyond = (FULL_BUDGET / ranked.budget as f32).min(1.0).powf(BEYOND);
        let whole = HEAD * due(ranked.budget) * beyond * ranked.fresh.sqrt().sqrt();
        let saved = |keep: usize| whole * tokens(&parts[..keep]) as f32 / ranked.budget as f32;
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
            // With less that stays nothing is expected that a new pack has not.
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

    /// Lets in what is wanted now, at the end, where the least of the last part that was not let in makes room. Answers the tokens that
    /// stay as they were.
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

    /// Takes what is least sure from the end until the parts fit. Answers the tokens that stay as they were.
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

    /// Appends the best of what is left, in at most `room` tokens.
    fn append(&mut self, corpus: &Corpus, order: &Order, room: usize, taken: &[u32], count: Count) {
        let (mut added, mut made) = (vec![], HashMap::new());
        for _ in 0..3 {
            let selection = order.fill(corpus, room as f32 * self.ratio, taken);
            if selection.items.is_empty() {
                return;
            }
            let bytes = selection.bytes;
            added = group(corpus, order, selection, &mut made, count);
            let tokens = tokens(&added);
            self.ratio = (bytes / tokens.max(1) as f32).clamp(1.0, 6.0);
            let full = bytes < (room as f32 * self.ratio) * 0.97;
            if tokens <= room && !full {
                break;
            }
            if tokens > room {
                // A little below the measured ratio, so that the next round fits.
                self.ratio *= 0.995;
            } else if order.items.len() <= added.iter().map(|kept| kept.items.len()).sum() {
                break;
            }
        }
        shrink(&mut added, room, count);
        self.parts.extend(added);
    }
}

impl Asked {
    /// The best of what comes in also where all else stays, and is not `taken`.
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
        items
    }
}

/// A ranking that is to be packed.
struct Ranked<'a> {
    corpus: &'a Corpus,
    order: &'a Order<'a>,
    budget: usize,
    /// What the best pack is worth that owes nothing to an earlier one.
    fresh: f32,
}

/// How much of what is given up for a head that stays is due at a budget.
fn due(budget: usize) -> f32 {
    (budget as f32 / FULL_BUDGET).min(1.0)
}

/// How many leading parts are still true and have room.
fn leading(parts: &[Kept], worth: &[Worth], room: usize) -> usize {
    let mut used = 0;
    let fits = |(kept, worth): &(&Kept, &Worth)| {
        used += kept.part.tokens;
        !worth.stale && used <= room
    };
    parts.iter().zip(worth).take_while(fits).count()
}

fn value(worth: &[Worth]) -> f32 {
    worth.iter().map(|worth| worth.value).sum()
}

fn symbols(worth: &[Worth]) -> Vec<u32> {
    worth.iter().flat_map(|worth| worth.symbols.iter().copied()).collect()
}

fn tokens(parts: &[Kept]) -> usize {
    parts.iter().map(|kept| kept.part.tokens).sum()
}

/// What a kept part is worth at the new place.
struct Worth {
    symbols: Vec<u32>,
    value: f32,
    /// Its text is no longer what the file says.
    stale: bool,
}

impl Worth {
    fn new(corpus: &Corpus, kept: &Kept, order: &Order, shares: &mut Shares) -> Self {
        let mut worth = Self { symbols: vec![], value: 0.0, stale: false };
        let Some(file) = corpus.file(&kept.part.path) else {
            worth.stale = true;
            return worth;
        };
        for piece in &kept.items {
            let found = corpus.defined(piece.name).iter().copied().find(|number| {
                let symbol = &corpus.symbols[*number as usize];
                let is_same = |digest: &Digest| *digest.heading(symbol.index) == *piece.heading;
                symbol.file == file && *corpus.signature(symbol) == *piece.signature && is_same(corpus.digest(symbol))
            });
            match found {
                Some(number) => {
                    worth.symbols.push(number);
                    let name = corpus.symbols[number as usize].name;
                    worth.value += order.score(number) * shares.share(name);
                    shares.take(name);
                }
                None => worth.stale = true,
            }
        }
        worth
    }
}

/// Parts by the definitions in them, in the order in which these were chosen.
type Made = HashMap<Vec<u32>, Kept>;

/// One part per file, the parts that many places need first: they are the likeliest to stay. What is `made` already is taken from there.
fn group(corpus: &Corpus, order: &Order, selection: Selection, made: &mut Made, count: Count) -> Vec<Kept> {
    let mut files: HashMap<u32, Vec<Item>> = HashMap::new();
    for item in &selection.items {
        files.entry(item.file).or_default().push(*item);
    }
    let symbols = |items: &[Item]| items.iter().map(|item| item.symbol).collect::<Vec<u32>>();
    // What is new is counted once as a whole, so that a tokenizer in another process is asked once.
    let mut new: Vec<(&u32, &Vec<Item>)> = files.iter().filter(|(_, items)| !made.contains_key(&symbols(items))).collect();
    new.sort_unstable_by_key(|(file, _)| **file);
    let paths = new.iter().flat_map(|(file, _)| [&*corpus.files[**file as usize].path, "\n"]);
    let items = new.iter().flat_map(|(_, items)| items.iter());
    let shown = items.flat_map(|item| [corpus.signature(&corpus.symbols[item.symbol as usize]), "\n"]);
    count(&paths.chain(shown).collect::<String>());
    let general = |items: &[Item]| {
        // Without its logarithm one name that is everywhere would decide for its file.
        let uses = |item: &Item| (1.0 + corpus.uses_of(item.symbol)).ln();
        items.iter().map(uses).sum::<f32>() / items.len().max(1) as f32
    };
    let mut groups: Vec<(f32, u32, Vec<Item>)> = files.into_iter().map(|(file, items)| (general(&items), file, items)).collect();
    groups.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut part = |(_, file, items): (f32, u32, Vec<Item>)| {
        made.entry(symbols(&items)).or_insert_with(|| part_of(corpus, order, file, items, count)).clone()
    };
    groups.into_iter().map(&mut part).collect()
}

fn part_of(corpus: &Corpus, order: &Order, file: u32, mut items: Vec<Item>, count: Count) -> Kept {
    let best = items.iter().max_by(|a, b| a.score.total_cmp(&b.score));
    let why = best.map_or(String::new(), |item| {
        let name = corpus.text(corpus.symbols[item.symbol as usize].name);
        format!("{name}: {}", order.reason(corpus, item.symbol))
    });
    let pieces: Vec<Piece> = {
        items.sort_unstable_by_key(|item| item.symbol);
        let mut pieces: Vec<Piece> = items
            .iter()
            .map(|item| {
                let symbol = &corpus.symbols[item.symbol as usize];
                let (digest, index) = (corpus.digest(symbol), symbol.index);
                let (line, heading) = (digest.line(index), digest.heading(index).into());
                let headed = digest.headed(index).map_or(line, |heading| heading.at);
                Piece { name: symbol.name, line, signature: corpus.signature(symbol).into(), heading, headed, score: item.score }
            })
            .collect();
        pieces.sort_by_key(|piece| piece.line);
        pieces
    };
    let mut kept = Kept {
        part: Part {
            path: corpus.files[file as usize].path.clone(),
            start_line: 0,
            end_line: 0,
            kind: Kind::Signature,
            tokens: 0,
            text: Masked::default(),
            why,
        },
        items: pieces,
    };
    kept.render(count);
    kept
}

impl Kept {
    /// Writes text, lines and tokens from the items.
    fn render(&mut self, count: Count) {
        let mut text = String::new();
        let mut end = 0;
        // The first line that is shown; a heading may stand far above its members.
        let mut first = self.items.first().map_or(0, |piece| piece.line + 1);
        // Where that begins which the lines are taken to belong to.
        let mut from = 0;
        for piece in &self.items {
            // What stands inside of a definition that is shown whole is shown with it.
            let lines = piece.signature.lines().count() as u32;
            if piece.line + lines <= end {
                continue;
            }
            end = piece.line + lines;
            let is_said = text[from..].lines().any(|line| line.trim_end() == &*piece.heading);
            if piece.heading.is_empty() || !is_said {
                from = text.len();
            }
            if !piece.heading.is_empty() && !is_said {
                text.push_str(&piece.heading);
                text.push('\n');
                first = first.min(piece.headed + 1);
            }
            text.push_str(&piece.signature);
            text.push('\n');
        }
        let text = Masked::whole(&text);
        self.part.start_line = first;
        self.part.end_line = self.items.iter().map(|piece| piece.line + piece.signature.lines().count().max(1) as u32).max().unwrap_or(0);
        self.part.tokens = count(&text) + count(&self.part.path) + PART_OVERHEAD;
        self.part.text = text;
    }
}

/// Takes out the least likely definitions until the parts fit.
fn shrink(parts: &mut Vec<Kept>, room: usize, count: Count) {
    let mut tokens = tokens(parts);
    while tokens > room {
        let weakest = |kept: &Kept| kept.items.iter().map(|piece| piece.score).fold(f32::MAX, f32::min);
        let Some((at, _)) = parts.iter().enumerate().min_by(|a, b| weakest(a.1).total_cmp(&weakest(b.1))) else { return };
        let kept = &mut parts[at];
        tokens -= kept.part.tokens;
        if let Some(item) = (0..kept.items.len()).min_by(|a, b| kept.items[*a].score.total_cmp(&kept.items[*b].score)) {
            kept.items.remove(item);
        }
        if kept.items.is_empty() {
            parts.remove(at);
        } else {
            kept.render(count);
            tokens += kept.part.tokens;
        }
    }
}
