//! Which functions mention which names, in both directions: what similar functions use is likely to be used here.

use super::{Corpus, Name};
use crate::context::numbers::Sum;
use crate::index::{File, Lists, Symbol, View};
use crate::text::words;

/// The longest stretch of a body that is read, in bytes.
const MAX_BODY_BYTES: usize = 8 << 10;
/// A name in more functions than this does not say which ones are alike.
const MAX_FUNCTIONS_WITH_NAME: usize = 400;

/// For each symbol of a file, the names in its text.
#[derive(Default)]
pub struct Mentions {
    /// For each symbol, the end of its names in `names`.
    ends: Box<[u32]>,
    names: Box<[Name]>,
}

impl Mentions {
    /// The names in the bodies of a file's functions.
    pub fn of_bodies(view: &View, file: &File, text: &str) -> Self {
        let body = |symbol: &Symbol| {
            let body = symbol.body.range();
            let end = text.floor_char_boundary(body.end.min(body.start + MAX_BODY_BYTES));
            symbol.kind.is_callable().then(|| text.get(body.start..end)).flatten()
        };
        Self::new(view, file.symbols.iter().map(|symbol| body(symbol).unwrap_or_default()))
    }

    /// The names in a text per symbol, given in order.
    pub fn new<'a>(view: &View, texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut ends, mut names) = (vec![], vec![]);
        for text in texts {
            let mut here: Vec<Name> = words::identifiers(text).filter_map(|(_, word)| view.name(word)).collect();
            here.sort_unstable();
            here.dedup();
            names.extend(here);
            ends.push(names.len() as u32);
        }
        Self { ends: ends.into(), names: names.into() }
    }

    /// The names in the text of the symbol with this index; empty for a later one.
    pub fn of(&self, index: u32) -> &[Name] {
        let Some(end) = self.ends.get(index as usize) else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index as usize - 1] };
        &self.names[start as usize..*end as usize]
    }
}

/// All functions of a repository by the names they mention.
#[derive(Default)]
pub struct Bodies {
    /// Functions by the slot of a name they mention.
    users: Lists<u32>,
    /// For each symbol, the root of the sum of its names' squared weights.
    norms: Vec<f32>,
}

impl Bodies {
    /// Built from the digests of all files.
    pub fn new(corpus: &Corpus) -> Self {
        let mut counts = vec![0u32; corpus.names.len()];
        let mut pairs = vec![];
        for (number, symbol) in corpus.symbols.iter().enumerate() {
            for name in corpus.digest(symbol).mentions.of(symbol.index) {
                if let Some(slot) = corpus.slot(*name).filter(|slot| *slot != symbol.slot) {
                    counts[slot as usize] += 1;
                    pairs.push((slot, number as u32));
                }
            }
        }
        let mut norms = vec![Sum::default(); corpus.symbols.len()];
        for (slot, number) in &pairs {
            norms[*number as usize].add(weight(counts[*slot as usize]).powi(2));
        }
        let norms = norms.into_iter().map(|sum| sum.value().sqrt().max(1.0)).collect();
        pairs.retain(|(slot, _)| counts[*slot as usize] as usize <= MAX_FUNCTIONS_WITH_NAME);
        Self { users: Lists::new(corpus.names.len(), pairs.iter().copied()), norms }
    }
}

/// The weight of a name that `functions` functions mention: the fewer, the heavier.
fn weight(functions: u32) -> f32 {
    3.0 / (1.0 + functions as f32).ln().max(1.0)
}

impl Corpus {
    /// The slots of the defined names that a function mentions.
    pub fn mentions_of(&self, symbol: u32) -> impl Iterator<Item = u32> {
        let symbol = &self.symbols[symbol as usize];
        self.digest(symbol).mentions.of(symbol.index).iter().filter_map(|name| self.slot(*name))
    }

    /// Compares all functions with one that mentions these names, given with their weights. `add` gets what a name adds to the score of a
    /// function.
    pub fn score_alike(&self, slots: impl Iterator<Item = (u32, f32)>, mut add: impl FnMut(u32, f32)) {
        let bodies = &self.bodies;
        for (slot, near) in slots {
            let users = bodies.users.get(slot);
            let weight = weight(users.len() as u32).powi(2) * near;
            for number in users {
                add(*number, weight / bodies.norms[*number as usize]);
            }
        }
    }
}
