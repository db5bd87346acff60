//! Which definitions fit a budget: by probability for their size, with the cost of naming their file paid once per file.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::corpus::{Corpus, Name};
use super::rank::{self, Candidate, Ranker};

/// How strongly size counts against a definition.
const SIZE: f32 = 0.9;
/// What another definition of a name is worth that is in the pack already: one of them will be meant, and it may be there.
const AGAIN: f32 = 0.35;
/// The least that such a definition is worth.
const LEAST: f32 = 0.04;
/// Definitions that are looked at, per 1,000 tokens of budget.
const DEPTH: usize = 250;

/// Candidates in the order in which they are taken.
pub struct Order<'a> {
    pub items: Vec<Item>,
    ranker: &'a Ranker<'a>,
}

/// A candidate with its price.
#[derive(Clone, Copy)]
pub struct Item {
    pub symbol: u32,
    pub file: u32,
    pub score: f32,
    pub bytes: f32,
}

/// What a selection holds and is worth.
#[derive(Default)]
pub struct Selection {
    pub items: Vec<Item>,
    /// Sum of the probabilities: how many of the definitions that will be used are expected to be there.
    pub value: f32,
    pub bytes: f32,
}

/// Price of a definition in bytes of prompt.
fn price(signature: &str) -> f32 {
    signature.len() as f32 + 1.0
}

/// Price of opening another file.
fn heading(path: &str) -> f32 {
    path.len() as f32 + 12.0
}

impl<'a> Order<'a> {
    /// Sorts the candidates that can matter for `budget` tokens.
    pub fn new(corpus: &Corpus, ranker: &'a Ranker<'a>, candidates: &[Candidate], budget: usize) -> Self {
        let mut items: Vec<(f32, Item)> = candidates
            .iter()
            .map(|candidate| {
                let symbol = &corpus.symbols[candidate.symbol as usize];
                let bytes = price(corpus.signature(symbol));
                let item = Item { symbol: candidate.symbol, file: symbol.file, score: candidate.score, bytes };
                (worth(&item, 0.0), item)
            })
            .collect();
        let depth = (budget * DEPTH / 1000).max(400);
        let before = |a: &(f32, Item), b: &(f32, Item)| b.0.total_cmp(&a.0).then(a.1.symbol.cmp(&b.1.symbol));
        if items.len() > depth {
            items.select_nth_unstable_by(depth, before);
            items.truncate(depth);
        }
        items.sort_unstable_by(before);
        Self { items: items.into_iter().map(|(_, item)| item).collect(), ranker }
    }

    /// Why a definition is there, for people.
    pub fn reason(&self, corpus: &Corpus, symbol: u32) -> &'static str {
        rank::reason(self.ranker.loudest(&corpus.symbols[symbol as usize]))
    }

    /// Fills `bytes` with the best definitions that are not `taken`: at each step the one with the most for its price, the price of
    /// naming its file included unless the file is named already.
    pub fn fill(&self, corpus: &Corpus, bytes: f32, taken: &HashSet<u32>) -> Selection {
        let mut selection = Selection::default();
        let mut of_file: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut heap = BinaryHeap::with_capacity(self.items.len() * 2);
        for (number, item) in self.items.iter().enumerate() {
            if !taken.contains(&item.symbol) {
                of_file.entry(item.file).or_default().push(number as u32);
                heap.push(Offer { worth: worth(item, heading(&corpus.files[item.file as usize].path)), number: number as u32 });
            }
        }
        let mut done = vec![false; self.items.len()];
        let mut open = HashSet::new();
        let mut names = Shares::default();
        for symbol in taken {
            names.take(corpus.symbols[*symbol as usize].name);
        }
        while let Some(Offer { number, worth: offered }) = heap.pop() {
            if done[number as usize] {
                continue;
            }
            let item = &self.items[number as usize];
            let name = corpus.symbols[item.symbol as usize].name;
            let share = names.share(name);
            if share < 1.0 && offered > worth(item, 0.0) * share {
                heap.push(Offer { worth: worth(item, 0.0) * share * 0.999, number });
                continue;
            }
            done[number as usize] = true;
            let naming = if open.contains(&item.file) { 0.0 } else { heading(&corpus.files[item.file as usize].path) };
            if selection.bytes + item.bytes + naming > bytes {
                if bytes - selection.bytes < 40.0 {
                    break;
                }
                continue;
            }
            selection.bytes += item.bytes + naming;
            selection.value += item.score * share;
            names.take(name);
            selection.items.push(*item);
            if open.insert(item.file) {
                let others = of_file.get(&item.file).into_iter().flatten().filter(|other| !done[**other as usize]);
                heap.extend(others.map(|other| Offer { worth: worth(&self.items[*other as usize], 0.0), number: *other }));
            }
        }
        selection
    }
}

/// What the next definition of each name is worth, compared with the first.
#[derive(Default)]
pub struct Shares(HashMap<Name, f32>);

impl Shares {
    pub fn share(&self, name: Name) -> f32 {
        self.0.get(&name).copied().unwrap_or(1.0)
    }

    pub fn take(&mut self, name: Name) {
        let share = self.0.entry(name).or_insert(1.0);
        *share = (*share * AGAIN).max(LEAST);
    }
}

/// What an item is worth for its price.
fn worth(item: &Item, naming: f32) -> f32 {
    item.score / (item.bytes + naming + 12.0).powf(SIZE)
}

/// An item in the queue; the best is popped first, the earlier one of equals.
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
