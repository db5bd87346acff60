//! What a definition's signature shares with the place: a function that takes or returns the same types as the current one is likelier to
//! be called.

use super::touch::is_type;
use crate::context::corpus::{Corpus, Name, Symbol};
use crate::context::numbers::{NumberMap, Sum};
use crate::context::scene::Scene;

/// Each 0 to 1: the rarest type of the heading that the signature names, the share of these types that it names, the rarest other name of
/// the heading, and the nearest type around the cursor.
pub const KINDRED: [&str; 4] = ["SharesType", "SharesTypes", "SharesName", "SharesNear"];

/// A type less near than this is not considered to be around the cursor.
const MIN_TYPE_NEARNESS: f32 = 0.25;

const BITS: usize = 1024;

#[derive(Clone, Copy)]
enum Tie {
    Type,
    Name,
    Near,
}

/// The names that tie signatures to a place, with the weight of each.
#[derive(Default)]
pub struct Kindred {
    ties: NumberMap<Name, (Tie, f32)>,
    /// A bit for each name, by the lowest bits of its number: most names have none.
    bits: [u64; BITS / 64],
    /// The summed weight of all types in the heading.
    types: f32,
}

impl Kindred {
    /// The ties at the place of a scene.
    pub fn new(corpus: &Corpus, scene: &Scene) -> Self {
        let mut kindred = Self::default();
        let most = (2.0 + corpus.files.len() as f32).ln();
        let telling = |name: Name| corpus.idf(name).min(most) / most;
        for (name, seen) in scene.seen.iter().filter(|(name, seen)| seen.near >= MIN_TYPE_NEARNESS && is_type(corpus, **name)) {
            kindred.ties.insert(*name, (Tie::Near, seen.near * telling(*name)));
        }
        for name in scene.signature.iter().chain(&scene.owners).filter(|name| Some(**name) != scene.function) {
            let tie = if is_type(corpus, *name) { Tie::Type } else { Tie::Name };
            kindred.ties.insert(*name, (tie, telling(*name)));
        }
        for bit in kindred.ties.keys().map(|name| name.0 as usize % BITS) {
            kindred.bits[bit / 64] |= 1 << (bit % 64);
        }
        let of_types = kindred.ties.values().filter(|(tie, _)| matches!(tie, Tie::Type));
        kindred.types = of_types.map(|(_, weight)| *weight).collect::<Sum>().value();
        kindred
    }

    /// How a definition is tied to the place, in the order of [`KINDRED`].
    pub fn with(&self, corpus: &Corpus, symbol: &Symbol) -> [f32; KINDRED.len()] {
        let ([mut rarest, mut name, mut near], mut types) = ([0.0f32; _], Sum::default());
        let may_tie = |name: &Name| self.bits[name.0 as usize % BITS / 64] >> (name.0 % 64) & 1 != 0;
        for named in corpus.named(symbol).iter().filter(|named| may_tie(named) && **named != symbol.name) {
            match self.ties.get(named) {
                Some((Tie::Type, weight)) => {
                    rarest = rarest.max(*weight);
                    types.add(*weight);
                }
                Some((Tie::Name, weight)) => name = name.max(*weight),
                Some((Tie::Near, weight)) => near = near.max(*weight),
                None => {}
            }
        }
        [rarest, if self.types > 0.0 { types.value() / self.types } else { 0.0 }, name, near]
    }
}
