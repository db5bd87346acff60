//! Which names the bodies of functions mention, in both directions: what similar functions use is likely used here.

use super::{Corpus, Name};
use crate::context::numbers::Sum;
use crate::index::{File, Lists, Symbol, View};
use crate::text::words;

/// Bytes of a body that are looked at.
const LONGEST: usize = 8 << 10;
/// A name in more functions than this does not say which of them are alike.
const TELLING: usize = 400;

/// The names in a text for each symbol of a file.
#[derive(Default)]
pub struct Mentions {
    /// By symbol: the end of its names in `names`.
    ends: Box<[u32]>,
    names: Box<[Name]>,
}

impl Mentions {
    /// What the bodies of functions mention.
    pub fn of_bodies(view: &View, file: &File, text: &str) -> Self {
        let body = |symbol: &Symbol| {
            let body = symbol.body.range();
            let end = text.floor_char_boundary(body.end.min(body.start + LONGEST));
            symbol.kind.is_callable().then(|| text.get(body.start..end)).flatten()
        };
        Self::new(view, file.symbols.iter().map(|symbol| body(symbol).unwrap_or_default()))
    }

    /// The names in one text for each symbol.
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

    pub fn of(&self, index: u32) -> &[Name] {
        let Some(end) = self.ends.get(index as usize) else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index as usize - 1] };
        &self.names[start as usize..*end as usize]
    }
}

/// The functions of a repository by what they mention.
#[derive(Default)]
pub struct Bodies {
    /// Functions by the slot of a name.
    users: Lists<u32>,
    /// By symbol: root of the sum of squared weights of its names.
    norms: Vec<f32>,
}

impl Bodies {
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
        pairs.retain(|(slot, _)| counts[*slot as usize] as usize <= TELLING);
        Self { users: Lists::new(corpus.names.len(), pairs.iter().copied()), norms }
    }
}

/// The fewer functions mention a name, the more it says.
fn weight(functions: u32) -> f32 {
    3.0 / (1.0 + functions as f32).ln().max(1.0)
}

impl Corpus {
    /// The defined names that a function's body mentions, by slot.
    pub fn mentions_of(&self, symbol: u32) -> impl Iterator<Item = u32> {
        let symbol = &self.symbols[symbol as usize];
        self.digest(symbol).mentions.of(symbol.index).iter().filter_map(|name| self.slot(*name))
    }

    /// How much functions are like one that mentions these names, with their weights: what each name adds to the score of a function.
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
