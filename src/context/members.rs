//! Members of the types that a function takes: a function that gets a value of a type uses some of its members. The ranking's weights were
//! fitted on names, and fields are rarely among them, so it would not foresee a field by itself.

use super::alias;
use super::corpus::{Corpus, Name};
use super::numbers::{NumberMap, NumberSet};
use super::rank::Candidate;
use super::scene::Scene;
use crate::syntax::Language;

/// If the function around the cursor takes or returns a type, the sum of the scores that the fields of the type get, and the limit for each
/// field, on the scale that [`super::rank::trees`] describes. Larger values would push out the functions that are called. With a third of
/// these values (on an earlier scale), half as many more members were found in redis and vite on a small budget, and less than one in a
/// hundred other definitions was lost.
const FIELD_SCORE_SUM: f32 = 0.5;
const MAX_FIELD_SCORE: f32 = 0.16;
/// The score of a field that the ranking knows nothing about.
const UNRANKED_FIELD_SCORE: f32 = 1e-3;
/// A name with more definitions than this does not say which type is meant.
const MAX_DEFINITIONS_OF_NAME: usize = 2;

/// Raises the fields of types from other files that the function around the cursor takes or returns, so that those of each type sum to
/// [`FIELD_SCORE_SUM`].
pub fn expect(corpus: &Corpus, path: &str, language: Option<&Language>, scene: &Scene, candidates: &mut Vec<Candidate>) {
    let own = corpus.file(path);
    // If types are declared separately, most declarations of a name say nothing about it.
    let is_apart = language.is_some_and(|language| language.declared_first);
    let types = |name: Name| match is_apart {
        true => alias::meant(corpus, scene, language, name),
        false => scene.types(corpus, language, name).collect(),
    };
    let names: NumberSet<Name> = scene.signature.iter().copied().collect();
    let types = names.into_iter().map(types).filter(|types| (1..=MAX_DEFINITIONS_OF_NAME).contains(&types.len())).flatten();
    let of_others = |number: &u32| Some(corpus.symbols[*number as usize].file) != own;
    let follow = |number: u32| {
        let mut found: Vec<u32> = alias::fields(corpus, number).collect();
        // A type without fields of its own may be another type under this name.
        if found.is_empty() && is_apart {
            let stands_for = alias::names(corpus, number).into_iter().map(|name| alias::meant(corpus, scene, language, name));
            let one: Vec<u32> = stands_for.filter(|types| types.len() == 1).flatten().collect();
            found.extend(one.into_iter().flat_map(|other| alias::fields(corpus, other)));
            found.retain(of_others);
        }
        found
    };
    let groups: Vec<Vec<u32>> = types.filter(of_others).map(follow).collect();
    let mut places: NumberMap<u32, Option<usize>> = groups.iter().flatten().map(|field| (*field, None)).collect();
    if places.is_empty() {
        return;
    }
    for (place, candidate) in candidates.iter().enumerate() {
        places.entry(candidate.symbol).and_modify(|known| *known = Some(place));
    }
    for fields in groups {
        let score = |field: &u32| places[field].map_or(0.0, |place| candidates[place].score) + UNRANKED_FIELD_SCORE;
        let times = FIELD_SCORE_SUM / fields.iter().map(score).sum::<f32>().max(UNRANKED_FIELD_SCORE);
        let raised: Vec<Candidate> =
            fields.iter().map(|field| Candidate { symbol: *field, score: (score(field) * times).min(MAX_FIELD_SCORE) }).collect();
        for one in raised {
            match places[&one.symbol] {
                Some(place) => candidates[place].score = candidates[place].score.max(one.score),
                None => candidates.push(one),
            }
        }
    }
}
