//! What follows in a large budget once all signatures are in: whole definitions, the likeliest first. They stand behind the signatures, so
//! that they move none of these.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use super::corpus::Corpus;
use super::numbers::{NumberMap, NumberSet};
use super::select::{Item, Order};
use super::session::{ASSUMED_BYTES_PER_TOKEN, Here, PART_OVERHEAD};
use super::{Kind, Masked, Part, Sources};
use crate::text::lines::{line_end, line_start};

/// With a smaller budget, in tokens, nothing follows: the less there is, the sooner somebody sees what they wait for.
pub const MIN_BUDGET_TOKENS: usize = 8192;
/// Nothing follows in less room than one part in this many of the budget.
const MIN_ROOM_DIVISOR: usize = 8;
/// One part in this many of the room stays free for what is admitted while somebody types.
const SPARE_ROOM_DIVISOR: usize = 16;
/// A definition may take one part in this many of the room. Of a longer type, its members can follow.
const LONGEST_DIVISOR: usize = 8;
/// With more room than one part in this many, definitions that have come or changed since follow in the same function as well.
const MUCH_ROOM_DIVISOR: usize = 2;
/// Leading definitions stay at another place where one part in this many of their tokens is wanted there.
const MIN_WANTED_DIVISOR: usize = 2;

/// The definitions that were sent last.
#[derive(Clone, Default)]
pub struct Bodies {
    here: Option<Here>,
    /// The version of the corpus that they were chosen from.
    version: Arc<()>,
    /// The tokens that stood before them.
    before: usize,
    shown: Arc<Vec<Body>>,
}

/// A definition in a prompt.
#[derive(Clone)]
struct Body {
    part: Part,
    /// The hash of the file that it was cut from.
    hash: u64,
}

/// A definition that is wanted, by its number and its file's, and its bytes in the file.
struct Wanted {
    symbol: u32,
    file: u32,
    bytes: Range<usize>,
}

/// A place, with what is ranked for it.
pub struct Place<'a> {
    pub corpus: &'a Corpus,
    pub order: &'a Order<'a>,
    pub here: &'a Here,
    pub budget: usize,
    /// The tokens of what stands before the definitions and is to stand behind them.
    pub before: usize,
    pub behind: usize,
}

impl Bodies {
    /// The definitions that follow at a place, and how many of the tokens of the leading ones are unchanged. They stay while somebody types
    /// in one function.
    pub fn follow(&mut self, place: &Place, sources: &Sources) -> (Vec<Part>, usize) {
        let room = place.budget.saturating_sub(place.before + place.behind);
        if place.budget < MIN_BUDGET_TOKENS || room < place.budget / MIN_ROOM_DIVISOR {
            *self = Self::default();
            return (vec![], 0);
        }
        let room = room - room / SPARE_ROOM_DIVISOR;
        let earlier = self.shown.clone();
        let mut shown: Vec<Body> = earlier.iter().filter(|body| body.is_there(place)).cloned().collect();
        let typing = self.here.as_ref() == Some(place.here);
        let full = Arc::ptr_eq(&self.version, place.corpus.version()) || tokens(&shown) > room / MUCH_ROOM_DIVISOR;
        if !(typing && full) {
            shown = refilled(place, shown, room, sources);
        }
        while tokens(&shown) > room {
            shown.pop();
        }
        let stays = earlier.iter().zip(&shown).take_while(|(a, b)| a.part == b.part).count();
        let reused = if self.before == place.before { tokens(&shown[..stays]) } else { 0 };
        let parts = shown.iter().map(|body| body.part.clone()).collect();
        *self =
            Self { here: Some(place.here.clone()), version: place.corpus.version().clone(), before: place.before, shown: Arc::new(shown) };
        (parts, reused)
    }
}

impl Body {
    /// Whether it still stands in its file, and that is another one than the current file.
    fn is_there(&self, place: &Place) -> bool {
        let file = place.corpus.file(&self.part.path).filter(|_| self.part.path != place.here.path);
        file.is_some_and(|file| place.corpus.files[file as usize].file.hash == self.hash)
    }
}

fn tokens(bodies: &[Body]) -> usize {
    bodies.iter().map(|body| body.part.tokens).sum()
}

/// Those of the shown definitions that stay at a new place, and behind them what is wanted there, in about `room` tokens.
fn refilled(place: &Place, mut shown: Vec<Body>, room: usize, sources: &Sources) -> Vec<Body> {
    let corpus = place.corpus;
    let wanted = wanted(place, (room as f32 * ASSUMED_BYTES_PER_TOKEN) as usize);
    let line = |wanted: &Wanted| corpus.facts(&corpus.symbols[wanted.symbol as usize]).line + 1;
    let places: NumberSet<(&str, u32)> = wanted.iter().map(|one| (&*corpus.files[one.file as usize].path, line(one))).collect();
    let is_wanted = |body: &Body| places.contains(&(&*body.part.path, body.part.start_line));
    let (mut all, mut right, mut stays) = (0, 0, 0);
    for (number, body) in shown.iter().enumerate() {
        all += body.part.tokens;
        right += if is_wanted(body) { body.part.tokens } else { 0 };
        if right >= all / MIN_WANTED_DIVISOR {
            stays = number + 1;
        }
    }
    shown.truncate(stays);
    let known: NumberSet<(Arc<str>, u32)> = shown.iter().map(|body| (body.part.path.clone(), body.part.start_line)).collect();
    let mut texts: NumberMap<u32, Option<Arc<str>>> = NumberMap::default();
    let mut cut = |one: &Wanted| {
        let digest = &corpus.files[one.file as usize];
        let text = texts.entry(one.file).or_insert_with(|| (sources.read)(&digest.path).filter(|text| digest.file.is_of(text)));
        let text = text.as_ref()?;
        let range = line_start(text, one.bytes.start)..line_end(text, one.bytes.end);
        Some(Masked::stretch(text, range))
    };
    let is_new = |one: &&Wanted| !known.contains(&(corpus.files[one.file as usize].path.clone(), line(one)));
    let new: Vec<(&Wanted, Masked)> = wanted.iter().filter(is_new).filter_map(|one| Some((one, cut(one)?))).collect();
    // They are counted together, so that a tokenizer in another process is asked once.
    let joined: String = new.iter().flat_map(|(one, text)| [&*corpus.files[one.file as usize].path, "\n", &**text, "\n"]).collect();
    (sources.count)(&joined);
    for (one, text) in new {
        let digest = &corpus.files[one.file as usize];
        let symbol = &corpus.symbols[one.symbol as usize];
        let facts = corpus.facts(symbol);
        let part = Part {
            path: digest.path.clone(),
            start_line: facts.line + 1,
            end_line: facts.end_line + 1,
            kind: Kind::Definition,
            tokens: (sources.count)(&text) + (sources.count)(&digest.path) + PART_OVERHEAD,
            text,
            why: format!("{}: {}", corpus.text(symbol.name), place.order.reason(corpus, one.symbol)),
        };
        shown.push(Body { part, hash: digest.file.hash });
    }
    shown
}

/// The likeliest definitions of which a signature does not show everything, in at most `room` bytes, none inside of another: file by file,
/// those of the likeliest first.
fn wanted(place: &Place, room: usize) -> Vec<Wanted> {
    let corpus = place.corpus;
    let mut items: Vec<&Item> = place.order.items.iter().collect();
    items.sort_by(|a, b| corpus.likeliest_first((a.symbol, a.score), (b.symbol, b.score)));
    let mut of_files: NumberMap<u32, (usize, Vec<Range<usize>>)> = NumberMap::default();
    let (mut wanted, mut left) = (vec![], room);
    // What stands inside of a function is shown with that.
    for item in items.into_iter().filter(|item| !corpus.symbols[item.symbol as usize].nested) {
        let symbol = &corpus.symbols[item.symbol as usize];
        let (facts, digest) = (corpus.facts(symbol), corpus.digest(symbol));
        let shown = corpus.signature(symbol).lines().count() as u32;
        let bytes = facts.item.range();
        let price = bytes.len() + digest.path.len() + 1;
        if digest.line(symbol.index) + shown > facts.end_line || bytes.len() > room / LONGEST_DIVISOR || price > left {
            continue;
        }
        let next = of_files.len();
        let (_, ranges) = of_files.entry(symbol.file).or_insert_with(|| (next, vec![]));
        if ranges.iter().any(|known| known.start < bytes.end && bytes.start < known.end) {
            continue;
        }
        ranges.push(bytes.clone());
        left -= price;
        wanted.push(Wanted { symbol: item.symbol, file: symbol.file, bytes });
    }
    wanted.sort_by_key(|one| (of_files.get(&one.file).map_or(usize::MAX, |of| of.0), one.bytes.start, Reverse(one.bytes.end)));
    wanted
}
