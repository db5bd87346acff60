//! Which definitions fit a budget: by probability relative to size, where the cost of naming a file is paid once per file.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering as Sync};
use std::sync::{Arc, LazyLock};

use super::corpus::{Corpus, Name, Symbol};
use super::numbers::{NumberMap, keep_first};
use super::rank::Candidate;

/// How strongly size counts against a definition: the exponent of its bytes.
const SIZE_EXPONENT: f32 = 0.9;
/// Factor for a further definition of a name that is in the pack already: only one of them is meant, and it may be there.
const REPEATED_NAME_FACTOR: f32 = 0.25;
/// The lowest that this factor gets for one name, however many of its definitions are in the pack.
const MIN_NAME_SHARE: f32 = 0.04;
/// Definitions that are considered for a pack, per 1,000 tokens of budget.
const ITEMS_PER_1000_TOKENS: usize = 250;
/// For each of those, this many candidates are priced, likeliest first: a short one may be worth more than a likelier long one.
const PRICED_PER_ITEM: usize = 6;
/// A pack with less room than this, in bytes, is full.
const FULL_BELOW_BYTES: f32 = 40.0;

/// Candidates in the order in which they are taken, for people with the reason why each is there.
pub struct Order<'a> {
    table: Arc<Table>,
    reason: &'a dyn Fn(&Symbol) -> &'static str,
}

/// The last order, for the next request with the same candidates: most keys change none of them.
#[derive(Clone)]
pub struct KeptOrder {
    /// Unique to the corpus.
    version: Arc<()>,
    budget: usize,
    candidates: Arc<[Candidate]>,
    table: Arc<Table>,
}

/// Candidates in the order in which they are taken.
pub struct Table {
    pub items: Vec<Item>,
    /// For each file of a candidate that can matter, whether it is gone.
    gone: NumberMap<u32, bool>,
    /// For each symbol, its index in `items`.
    places: NumberMap<u32, u32>,
    /// The items of each file, with the price of the line that names it.
    files: Vec<Under>,
    /// The members of each type, with the price of the line that says whose they are.
    types: Vec<Under>,
    /// For each symbol, the type whose heading its own signature shows.
    shows: NumberMap<u32, u32>,
    /// For an item that is a type, the items that its lines show as well.
    inner: NumberMap<u32, Vec<u32>>,
    /// Names by their number in this order.
    names: NumberMap<Name, u32>,
    /// Every item, at its price while its file is not named yet.
    offers: BinaryHeap<Offer>,
    /// The bits of the last [`Table::best`]: the bytes in the upper half, the value in the lower.
    best: AtomicU64,
}

/// Items below one line, which is paid for once.
struct Under {
    items: Vec<u32>,
    /// The price of that line, in bytes.
    price: f32,
}

impl Under {
    fn new(price: f32) -> Self {
        Self { items: vec![], price }
    }
}

/// A candidate with its price.
#[derive(Clone, Copy)]
pub struct Item {
    pub symbol: u32,
    pub file: u32,
    pub score: f32,
    pub bytes: f32,
    /// The sum of the scores of what its lines show as well.
    inside: f32,
    /// Its worth for its price, once its file and type are named.
    worth: f32,
    /// The numbers of its file, type and name in this order.
    group: u32,
    member_of: Option<u32>,
    name: u32,
}

/// What was selected, and its worth.
#[derive(Default)]
pub struct Selection {
    pub items: Vec<Item>,
    /// The sum of probabilities: how many of the definitions that will be used are expected to be in it.
    pub value: f32,
    pub bytes: f32,
}

/// Whether a definition is local to a member of a type. Without that member it would seem to be one itself.
fn is_in_method(corpus: &Corpus, number: u32) -> bool {
    let symbol = &corpus.symbols[number as usize];
    let around = || corpus.digest(symbol).file.symbols.get(corpus.facts(symbol).parent()?);
    symbol.is_local() && around().is_some_and(|around| around.container().is_some())
}

/// The price of a definition in bytes of prompt, by the length of its signature.
fn price(bytes: u16) -> f32 {
    f32::from(bytes) + 1.0
}

/// The price of naming another file.
fn heading(path: &str) -> f32 {
    path.len() as f32 + 12.0
}

impl Deref for Order<'_> {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.table
    }
}

impl<'a> Order<'a> {
    /// Sorts the candidates that can matter for `budget` tokens, without those of files that are gone, and those that only a method can
    /// name. Takes the order over that is `kept` if it would be the same, and keeps the new one.
    pub fn new(
        corpus: &Corpus,
        reason: &'a dyn Fn(&Symbol) -> &'static str,
        candidates: Vec<Candidate>,
        budget: usize,
        is_gone: &dyn Fn(u32) -> bool,
        kept: &mut Option<KeptOrder>,
    ) -> Self {
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_of(corpus, &candidates, budget, is_gone)) {
            return Self { table: kept.table.clone(), reason };
        }
        let candidates: Arc<[Candidate]> = candidates.into();
        let table = Arc::new(Table::new(corpus, candidates.to_vec(), budget, is_gone));
        *kept = Some(KeptOrder { version: corpus.version().clone(), budget, candidates, table: table.clone() });
        Self { table, reason }
    }

    /// Why a definition is there, for people.
    pub fn reason(&self, corpus: &Corpus, symbol: u32) -> &'static str {
        (self.reason)(&corpus.symbols[symbol as usize])
    }
}

impl KeptOrder {
    /// Whether sorting again would give the same.
    fn is_of(&self, corpus: &Corpus, candidates: &[Candidate], budget: usize, is_gone: &dyn Fn(u32) -> bool) -> bool {
        let is_same = |(a, b): (&Candidate, &Candidate)| a.symbol == b.symbol && a.score.to_bits() == b.score.to_bits();
        Arc::ptr_eq(&self.version, corpus.version())
            && self.budget == budget
            && self.candidates.len() == candidates.len()
            && self.candidates.iter().zip(candidates).all(is_same)
            && self.table.gone.iter().all(|(file, gone)| is_gone(*file) == *gone)
    }
}

impl Table {
    fn new(corpus: &Corpus, mut candidates: Vec<Candidate>, budget: usize, is_gone: &dyn Fn(u32) -> bool) -> Self {
        let depth = (budget * ITEMS_PER_1000_TOKENS / 1000).max(400);
        keep_first(&mut candidates, depth * PRICED_PER_ITEM, |a, b| corpus.likeliest_first((a.symbol, a.score), (b.symbol, b.score)));
        let mut items: Vec<Item> = candidates
            .iter()
            .map(|candidate| {
                let symbol = &corpus.symbols[candidate.symbol as usize];
                let bytes = price(symbol.bytes);
                let worth = worth(candidate.score, bytes);
                Item {
                    symbol: candidate.symbol,
                    file: symbol.file,
                    score: candidate.score,
                    bytes,
                    inside: 0.0,
                    worth,
                    group: 0,
                    member_of: None,
                    name: 0,
                }
            })
            .collect();
        let before = |a: &Item, b: &Item| b.worth.total_cmp(&a.worth).then_with(|| corpus.place(a.symbol).cmp(&corpus.place(b.symbol)));
        keep_first(&mut items, depth, before);
        let mut gone: NumberMap<u32, bool> = NumberMap::default();
        items.retain(|item| !*gone.entry(item.file).or_insert_with(|| is_gone(item.file)) && !is_in_method(corpus, item.symbol));
        items.sort_unstable_by(before);
        let places: NumberMap<u32, u32> = items.iter().enumerate().map(|(number, item)| (item.symbol, number as u32)).collect();
        let inner = inner(corpus, &mut items, &places);
        let (mut groups, mut names, mut shows) = (NumberMap::default(), NumberMap::default(), NumberMap::default());
        let mut owners: NumberMap<(u32, u32), u32> = NumberMap::default();
        let (mut files, mut types): (Vec<Under>, Vec<Under>) = (vec![], vec![]);
        let mut offers = Vec::with_capacity(items.len());
        for (number, item) in items.iter_mut().enumerate() {
            item.group = *groups.entry(item.file).or_insert_with(|| {
                files.push(Under::new(heading(&corpus.files[item.file as usize].path)));
                files.len() as u32 - 1
            });
            let next = names.len() as u32;
            item.name = *names.entry(corpus.symbols[item.symbol as usize].name).or_insert(next);
            let file = &mut files[item.group as usize];
            file.items.push(number as u32);
            let symbol = &corpus.symbols[item.symbol as usize];
            let owner = corpus.digest(symbol).headed(symbol.index);
            item.member_of = owner.map(|owner| {
                *owners.entry((item.file, owner.line)).or_insert_with(|| {
                    types.push(Under::new(owner.text.len() as f32 + 1.0));
                    types.len() as u32 - 1
                })
            });
            let mut price = item.bytes + file.price;
            if let (Some(owner), Some(own)) = (owner, item.member_of) {
                let own_type = &mut types[own as usize];
                own_type.items.push(number as u32);
                price += own_type.price;
                if let Some(shown) = owner.symbol.and_then(|index| corpus.number(item.file, index)) {
                    shows.insert(shown, own);
                }
            }
            offers.push(Offer { worth: worth(item.score + item.inside, price), number: number as u32 });
        }
        Self { items, gone, places, files, types, shows, inner, names, offers: offers.into(), best: AtomicU64::default() }
    }

    /// The probability of a definition among the items; zero for others.
    pub fn score(&self, symbol: u32) -> f32 {
        self.places.get(&symbol).map_or(0.0, |place| self.items[*place as usize].score)
    }

    /// A definition that is among the items.
    pub fn item(&self, symbol: u32) -> Option<Item> {
        self.places.get(&symbol).map(|place| self.items[*place as usize])
    }

    /// What items cost, with the lines that name their files and types.
    pub fn price(&self, items: &[Item]) -> f32 {
        let (mut open, mut said) = (vec![false; self.files.len()], vec![false; self.types.len()]);
        let price = |item: &Item| {
            let price = item.bytes + self.naming(item, &open) + self.saying(item, &said);
            open[item.group as usize] = true;
            item.member_of.into_iter().for_each(|own| said[own as usize] = true);
            price
        };
        items.iter().map(price).sum()
    }

    /// The value of the best pack of this size, made from scratch. While somebody types, the order and the size often stay.
    pub fn best(&self, corpus: &Corpus, bytes: f32) -> f32 {
        let known = self.best.load(Sync::Relaxed);
        if known != 0 && (known >> 32) as u32 == bytes.to_bits() {
            return f32::from_bits(known as u32);
        }
        let value = self.fill(corpus, bytes, &[]).value;
        self.best.store(u64::from(bytes.to_bits()) << 32 | u64::from(value.to_bits()), Sync::Relaxed);
        value
    }

    /// Fills `bytes` with the best definitions that are not `taken`. Each step takes the one worth most for its price, with the price of
    /// naming its file and type, unless these are named already.
    pub fn fill(&self, corpus: &Corpus, bytes: f32, taken: &[u32]) -> Selection {
        let mut selection = Selection::default();
        let mut done = vec![false; self.items.len()];
        let (mut open, mut said) = (vec![false; self.files.len()], vec![false; self.types.len()]);
        let mut shares = vec![Share::default(); self.names.len()];
        for symbol in taken {
            if let Some(place) = self.places.get(symbol) {
                done[*place as usize] = true;
            }
            if let Some(name) = self.names.get(&corpus.symbols[*symbol as usize].name) {
                shares[*name as usize].take(self.score(*symbol));
            }
        }
        let mut heap = self.offers.clone();
        while let Some(Offer { number, worth: offered }) = heap.pop() {
            if done[number as usize] {
                continue;
            }
            let item = &self.items[number as usize];
            let share = shares[item.name as usize].of(item.score);
            if share < 1.0 && offered > item.worth * share {
                heap.push(Offer { worth: item.worth * share * 0.999, number });
                continue;
            }
            done[number as usize] = true;
            let price = item.bytes + self.naming(item, &open) + self.saying(item, &said);
            if selection.bytes + price > bytes {
                if bytes - selection.bytes < FULL_BELOW_BYTES {
                    break;
                }
                continue;
            }
            selection.bytes += price;
            selection.value += item.score * share;
            shares[item.name as usize].take(item.score);
            selection.items.push(*item);
            for other in self.inner.get(&number).into_iter().flatten() {
                if !std::mem::replace(&mut done[*other as usize], true) {
                    let shown = &self.items[*other as usize];
                    let share = &mut shares[shown.name as usize];
                    selection.value += shown.score * share.of(shown.score);
                    share.take(shown.score);
                }
            }
            // Items below a line that is paid for now become cheaper.
            let mut cheaper: Vec<&[u32]> = vec![];
            if !std::mem::replace(&mut open[item.group as usize], true) {
                cheaper.push(&self.files[item.group as usize].items);
            }
            for own in item.member_of.into_iter().chain(self.shows.get(&item.symbol).copied()) {
                if !std::mem::replace(&mut said[own as usize], true) {
                    cheaper.push(&self.types[own as usize].items);
                }
            }
            for other in cheaper.into_iter().flatten().filter(|other| !done[**other as usize]) {
                let item = &self.items[*other as usize];
                let lines = self.naming(item, &open) + self.saying(item, &said);
                let worth = if lines > 0.0 { worth(item.score + item.inside, item.bytes + lines) } else { item.worth };
                heap.push(Offer { worth, number: *other });
            }
        }
        selection
    }

    /// The cost of naming an item's file, unless it is `open`.
    fn naming(&self, item: &Item, open: &[bool]) -> f32 {
        if open[item.group as usize] { 0.0 } else { self.files[item.group as usize].price }
    }

    /// The cost of saying an item's type, unless it is `said`.
    fn saying(&self, item: &Item, said: &[bool]) -> f32 {
        item.member_of.filter(|own| !said[*own as usize]).map_or(0.0, |own| self.types[own as usize].price)
    }
}

/// For each type among the items, the items that its lines show as well. They count for its worth.
fn inner(corpus: &Corpus, items: &mut [Item], places: &NumberMap<u32, u32>) -> NumberMap<u32, Vec<u32>> {
    let mut inner = NumberMap::default();
    for number in 0..items.len() {
        let shown: Vec<u32> = corpus.shown_inside(items[number].symbol).filter_map(|symbol| places.get(&symbol).copied()).collect();
        if shown.is_empty() {
            continue;
        }
        let inside = shown.iter().map(|other| items[*other as usize].score).sum();
        let item = &mut items[number];
        (item.inside, item.worth) = (inside, worth(item.score + inside, item.bytes));
        inner.insert(number as u32, shown);
    }
    inner
}

/// What the definitions of one name that are in a pack leave for a further one.
#[derive(Clone, Copy)]
struct Share {
    /// The factor for one that is less likely than those.
    next: f32,
    /// The probability of the likeliest of them.
    best: f32,
}

impl Default for Share {
    fn default() -> Self {
        Self { next: 1.0, best: 0.0 }
    }
}

impl Share {
    /// The factor for a definition of this probability. A likelier one than those in the pack takes the place of the best of them, in
    /// whatever order they were taken, so that the same definitions have the same worth as a new pack and as an old one.
    fn of(self, score: f32) -> f32 {
        if score > self.best { 1.0 - (1.0 - REPEATED_NAME_FACTOR) * self.best / score } else { self.next }
    }

    fn take(&mut self, score: f32) {
        self.next = (self.next * REPEATED_NAME_FACTOR).max(MIN_NAME_SHARE);
        self.best = self.best.max(score);
    }
}

/// For each name, what its definitions in a pack leave for a further one.
#[derive(Default)]
pub struct Shares(NumberMap<Name, Share>);

impl Shares {
    /// Adds a definition of a name, and returns how much it adds to the worth of the pack.
    pub fn take(&mut self, name: Name, score: f32) -> f32 {
        let share = self.0.entry(name).or_default();
        let gain = score * share.of(score);
        share.take(score);
        gain
    }
}

/// What a definition is worth for its price.
fn worth(score: f32, bytes: f32) -> f32 {
    score / size(bytes)
}

/// The divisor for a definition's size.
fn size(bytes: f32) -> f32 {
    const POWER: fn(f32) -> f32 = |bytes| (bytes + 12.0).powf(SIZE_EXPONENT);
    // Prices are whole numbers, nearly all of them small.
    static SMALL: LazyLock<Box<[f32]>> = LazyLock::new(|| (0u16..1024).map(|bytes| POWER(f32::from(bytes))).collect());
    let whole = bytes as usize;
    match SMALL.get(whole) {
        Some(known) if whole as f32 == bytes => *known,
        _ => POWER(bytes),
    }
}

/// An item in the queue; the best comes first, the earlier one among equals.
#[derive(Clone, Copy)]
struct Offer {
    worth: f32,
    number: u32,
}

impl Ord for Offer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.worth.total_cmp(&other.worth).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Offer {}
