//! Which definitions fit a budget: by probability for their size, with the cost of naming their file paid once per file.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::corpus::{Corpus, Name};
use super::rank::{Candidate, Ranker};
use super::words::{NumberMap, keep_first};

/// How strongly size counts against a definition.
const SIZE: f32 = 0.9;
/// What another definition of a name is worth that is in the pack already: one of them will be meant, and it may be there.
const AGAIN: f32 = 0.25;
/// The least that such a definition is worth.
const LEAST: f32 = 0.04;
/// Definitions that are looked at, per 1,000 tokens of budget.
const DEPTH: usize = 250;
/// For each that is looked at so many are priced, the likeliest: a short one may be worth more than a likelier one that is long.
const PRICED: usize = 6;
/// A pack with less room than this, in bytes, is full.
const FULL: f32 = 40.0;

/// Candidates in the order in which they are taken.
pub struct Order<'a> {
    pub items: Vec<Item>,
    ranker: &'a Ranker<'a>,
    /// By symbol: its place in `items`.
    places: NumberMap<u32, u32>,
    /// The items of each file, by the file's number here, and what naming the file costs.
    files: Vec<(Vec<u32>, f32)>,
    /// Names by their numbers here.
    names: NumberMap<Name, u32>,
    /// Every item, its file not yet named.
    offers: Vec<Offer>,
}

/// A candidate with its price.
#[derive(Clone, Copy)]
pub struct Item {
    pub symbol: u32,
    pub file: u32,
    pub score: f32,
    pub bytes: f32,
    /// What it is worth for its price when its file is named already.
    worth: f32,
    /// Numbers of its file and name among the order's.
    group: u32,
    name: u32,
}

/// What a selection holds and is worth.
#[derive(Default)]
pub struct Selection {
    pub items: Vec<Item>,
    /// Sum of the probabilities: how many of the definitions that will be used are expected to be there.
    pub value: f32,
    pub bytes: f32,
}

/// Price of a definition in bytes of prompt, by the length of its signature.
fn price(bytes: u16) -> f32 {
    f32::from(bytes) + 1.0
}

/// Price of opening another file.
fn heading(path: &str) -> f32 {
    path.len() as f32 + 12.0
}

impl<'a> Order<'a> {
    /// Sorts the candidates that can matter for `budget` tokens.
    pub fn new(corpus: &Corpus, ranker: &'a Ranker<'a>, mut candidates: Vec<Candidate>, budget: usize) -> Self {
        let depth = (budget * DEPTH / 1000).max(400);
        keep_first(&mut candidates, depth * PRICED, |a, b| b.score.total_cmp(&a.score).then(a.symbol.cmp(&b.symbol)));
        let mut items: Vec<Item> = candidates
            .iter()
            .map(|candidate| {
                let symbol = &corpus.symbols[candidate.symbol as usize];
                let bytes = price(symbol.bytes);
                let worth = worth(candidate.score, bytes);
                Item { symbol: candidate.symbol, file: symbol.file, score: candidate.score, bytes, worth, group: 0, name: 0 }
            })
            .collect();
        let before = |a: &Item, b: &Item| b.worth.total_cmp(&a.worth).then(a.symbol.cmp(&b.symbol));
        keep_first(&mut items, depth, before);
        items.sort_unstable_by(before);
        let (mut groups, mut names) = (NumberMap::default(), NumberMap::default());
        let mut files: Vec<(Vec<u32>, f32)> = vec![];
        let mut offers = Vec::with_capacity(items.len());
        for (number, item) in items.iter_mut().enumerate() {
            item.group = *groups.entry(item.file).or_insert_with(|| {
                files.push((vec![], heading(&corpus.files[item.file as usize].path)));
                files.len() as u32 - 1
            });
            let next = names.len() as u32;
            item.name = *names.entry(corpus.symbols[item.symbol as usize].name).or_insert(next);
            let (members, naming) = &mut files[item.group as usize];
            members.push(number as u32);
            offers.push(Offer { worth: worth(item.score, item.bytes + *naming), number: number as u32 });
        }
        let places = items.iter().enumerate().map(|(number, item)| (item.symbol, number as u32)).collect();
        Self { items, ranker, places, files, names, offers }
    }

    /// The probability of a definition that is among the items.
    pub fn score(&self, symbol: u32) -> f32 {
        self.places.get(&symbol).map_or(0.0, |place| self.items[*place as usize].score)
    }

    /// Why a definition is there, for people.
    pub fn reason(&self, corpus: &Corpus, symbol: u32) -> &'static str {
        self.ranker.reason(&corpus.symbols[symbol as usize])
    }

    /// Fills `bytes` with the best definitions that are not `taken`: at each step the one with the most for its price, the price of
    /// naming its file included unless the file is named already.
    pub fn fill(&self, corpus: &Corpus, bytes: f32, taken: &[u32]) -> Selection {
        let mut selection = Selection::default();
        let mut done = vec![false; self.items.len()];
        let mut open = vec![false; self.files.len()];
        let mut shares = vec![1.0f32; self.names.len()];
        for symbol in taken {
            if let Some(place) = self.places.get(symbol) {
                done[*place as usize] = true;
            }
            if let Some(name) = self.names.get(&corpus.symbols[*symbol as usize].name) {
                again(&mut shares[*name as usize]);
            }
        }
        let mut heap = BinaryHeap::from(self.offers.clone());
        while let Some(Offer { number, worth: offered }) = heap.pop() {
            if done[number as usize] {
                continue;
            }
            let item = &self.items[number as usize];
            let share = shares[item.name as usize];
            if share < 1.0 && offered > item.worth * share {
                heap.push(Offer { worth: item.worth * share * 0.999, number });
                continue;
            }
            done[number as usize] = true;
            let (members, heading) = &self.files[item.group as usize];
            let naming = if open[item.group as usize] { 0.0 } else { *heading };
            if selection.bytes + item.bytes + naming > bytes {
                if bytes - selection.bytes < FULL {
                    break;
                }
                continue;
            }
            selection.bytes += item.bytes + naming;
            selection.value += item.score * share;
            again(&mut shares[item.name as usize]);
            selection.items.push(*item);
            if !std::mem::replace(&mut open[item.group as usize], true) {
                let others = members.iter().filter(|other| !done[**other as usize]);
                heap.extend(others.map(|other| Offer { worth: self.items[*other as usize].worth, number: *other }));
            }
        }
        selection
    }
}

/// What the next definition of each name is worth, compared with the first.
#[derive(Default)]
pub struct Shares(NumberMap<Name, f32>);

impl Shares {
    pub fn share(&self, name: Name) -> f32 {
        self.0.get(&name).copied().unwrap_or(1.0)
    }

    pub fn take(&mut self, name: Name) {
        again(self.0.entry(name).or_insert(1.0));
    }
}

fn again(share: &mut f32) {
    *share = (*share * AGAIN).max(LEAST);
}

/// What a definition is worth for its price.
fn worth(score: f32, bytes: f32) -> f32 {
    score / (bytes + 12.0).powf(SIZE)
}

/// An item in the queue; the best is popped first, the earlier one of equals.
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
