//! The members of the types that a function takes: a function that is given a value of a type uses some of what the type has. The weights
//! of the ranking were fitted on names, which fields seldom are, so that they foresee no field by itself.

use super::corpus::Corpus;
use super::numbers::{NumberMap, NumberSet};
use super::rank::Candidate;
use super::scene::Scene;
use crate::syntax::Language;

/// What the fields of a type sum up to that the function around the cursor takes or gives, and what none of them exceeds: on the scale of
/// the trees, for which what is foreseen counts three times. More would crowd out the functions that are called. With a third of it, before
/// that scale, members found of redis and vite rose by half with little budget, and other definitions lost less than one in a hundred.
const EXPECTED: f32 = 0.5;
const LIKELIEST: f32 = 0.16;
/// What is not known to be likely.
const UNKNOWN: f32 = 1e-3;
/// Definitions of a name from which on nobody knows which one is meant.
const MEANT: usize = 2;

/// Raises the fields of the types of other files that the function around the cursor takes or gives, so that those of each type sum up to
/// what is used of it.
pub fn expect(corpus: &Corpus, path: &str, language: Option<&Language>, scene: &Scene, candidates: &mut Vec<Candidate>) {
    let own = corpus.file(path);
    let types = |name: &_| scene.types(corpus, language, *name);
    let named: NumberSet<_> = scene.signature.iter().filter(|name| (1..=MEANT).contains(&types(name).count())).collect();
    let types = named.into_iter().flat_map(types);
    let of_others = |number: &u32| Some(corpus.symbols[*number as usize].file) != own;
    let groups: Vec<Vec<u32>> = types.filter(of_others).map(|number| fields(corpus, number).collect()).collect();
    let mut places: NumberMap<u32, Option<usize>> = groups.iter().flatten().map(|field| (*field, None)).collect();
    if places.is_empty() {
        return;
    }
    for (place, candidate) in candidates.iter().enumerate() {
        places.entry(candidate.symbol).and_modify(|known| *known = Some(place));
    }
    for fields in groups {
        let score = |field: &u32| places[field].map_or(0.0, |place| candidates[place].score) + UNKNOWN;
        let times = EXPECTED / fields.iter().map(score).sum::<f32>().max(UNKNOWN);
        let raised: Vec<Candidate> =
            fields.iter().map(|field| Candidate { symbol: *field, score: (score(field) * times).min(LIKELIEST) }).collect();
        for one in raised {
            match places[&one.symbol] {
                Some(place) => candidates[place].score = candidates[place].score.max(one.score),
                None => candidates.push(one),
            }
        }
    }
}

/// The values among the members of a type.
fn fields(corpus: &Corpus, number: u32) -> impl Iterator<Item = u32> {
    let of = &corpus.symbols[number as usize];
    corpus.of_file(of.file).filter(move |other| {
        let symbol = &corpus.symbols[*other as usize];
        symbol.sort.is_value() && corpus.facts(symbol).parent() == Some(of.index as usize)
    })
}
