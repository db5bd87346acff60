//! Files and functions that resemble the place: what they use is likely to be used here.

use std::cell::Cell;

use super::corpus::Corpus;
use super::numbers::keep_first;
use super::scene::Scene;
use crate::text::words;

/// Maximum files that resemble the current one.
const MAX_FILES: usize = 24;
/// Maximum functions that resemble the current one.
const MAX_FUNCTIONS: usize = 24;
/// A name less near to the cursor than this does not say what the function does.
const MIN_NEARNESS: f32 = 0.1;
/// The weight of a name that is shown anywhere in the file; its nearness to the cursor (at most 1) is added.
const ANYWHERE_WEIGHT: f32 = 0.3;
/// Factor for a file that defines a function with the current one's name: it does the same for something else.
const FUNCTION_NAME_FACTOR: f32 = 1.3;
/// The weight of a function of the same name. One whose name only has the same words gets at most 1.
const SAME_NAME_LIKENESS: f32 = 2.0;
/// Factor for a member of the same type that is defined in another file.
const SAME_OWNER_FACTOR: f32 = 1.5;
/// A word in more names than this says nothing.
const COMMON_WORD_NAMES: usize = 1000;

/// Files by the cosine of the rare names they share with the current one; the best few, normalised to sum 1.
pub fn files(corpus: &Corpus, scene: &Scene, current: Option<u32>) -> Vec<(u32, f32)> {
    let mut scores = Scores::new(corpus.files.len());
    let many = (corpus.files.len() / 3).max(20);
    for (name, seen) in &scene.shown {
        if corpus.mentions(*name) > many {
            continue;
        }
        let weight = corpus.idf(*name).powi(2) * (ANYWHERE_WEIGHT + seen.near);
        for file in corpus.users(*name) {
            scores.add(file, weight / corpus.norm[file as usize]);
        }
    }
    if let Some(function) = scene.function {
        let functions = corpus.defined(function).iter().map(|number| &corpus.symbols[*number as usize]);
        let mut files: Vec<u32> = functions.filter(|symbol| symbol.sort.is_callable()).map(|symbol| symbol.file).collect();
        files.sort_unstable();
        files.dedup();
        files.into_iter().for_each(|file| scores.of[file as usize] *= FUNCTION_NAME_FACTOR);
    }
    scores.best(MAX_FILES, |file| Some(file) != current, |file| file)
}

/// Functions that mention the names around the cursor, normalised in the same way.
pub fn functions(corpus: &Corpus, scene: &Scene, current: Option<u32>) -> Vec<(u32, f32)> {
    let mut scores = Scores::new(corpus.symbols.len());
    let near = scene.shown.iter().filter(|(_, seen)| seen.near >= MIN_NEARNESS);
    let near = near.filter_map(|(name, seen)| Some((corpus.slot(*name)?, seen.near)));
    corpus.score_alike(near, |function, score| scores.add(function, score));
    scores.best(MAX_FUNCTIONS, |number| Some(corpus.symbols[number as usize].file) != current, |number| corpus.place(number))
}

/// Functions whose names share words with the current one's; those of the same name come first.
pub fn namesakes(corpus: &Corpus, scene: &Scene, current: Option<u32>) -> Vec<(u32, f32)> {
    let Some(function) = scene.function else { return vec![] };
    let mut scores = Scores::new(corpus.symbols.len());
    let mut all = 0.0;
    for word in words::subwords(corpus.text(function)).iter().filter_map(|word| corpus.word(word)) {
        let weight = corpus.weight_of_word(word);
        all += weight;
        let having = corpus.with_word(word);
        if having.len() > COMMON_WORD_NAMES {
            continue;
        }
        for slot in having {
            for number in corpus.of_slot(*slot) {
                scores.add(*number, weight);
            }
        }
    }
    let owners: Vec<u32> = scene.owners.iter().filter_map(|owner| corpus.slot(*owner)).collect();
    for number in &scores.scored {
        let (symbol, score) = (&corpus.symbols[*number as usize], &mut scores.of[*number as usize]);
        let other = corpus.word_weight[symbol.slot as usize];
        *score = if symbol.sort.is_callable() { (*score / (all + other - *score).max(0.01)).powi(2) } else { 0.0 };
        if symbol.name == function {
            *score = SAME_NAME_LIKENESS;
        }
        if owners.contains(&symbol.container) {
            *score *= SAME_OWNER_FACTOR;
        }
    }
    scores.best(MAX_FUNCTIONS, |number| Some(corpus.symbols[number as usize].file) != current, |number| corpus.place(number))
}

thread_local! {
    /// Memory for the sums, all zero, reused from place to place.
    static ROOM: Cell<Vec<f32>> = Cell::default();
}

/// Sums by number, most of them zero.
struct Scores {
    of: Vec<f32>,
    /// The numbers with a sum.
    scored: Vec<u32>,
}

impl Scores {
    fn new(most: usize) -> Self {
        let mut of = ROOM.take();
        if of.len() < most {
            of = vec![0.0; most];
        }
        Self { of, scored: vec![] }
    }

    #[inline]
    fn add(&mut self, number: u32, score: f32) {
        let sum = &mut self.of[number as usize];
        if *sum == 0.0 && score > 0.0 {
            self.scored.push(number);
        }
        *sum += score;
    }

    /// The best few of the wanted ones, normalised to sum 1. Ties go to the smaller `place`.
    fn best<P: Ord>(self, most: usize, wanted: impl Fn(u32) -> bool, place: impl Fn(u32) -> P) -> Vec<(u32, f32)> {
        let score = |number: u32| self.of[number as usize];
        let mut order: Vec<u32> = self.scored.iter().copied().filter(|number| score(*number) > 0.0 && wanted(*number)).collect();
        let before = |a: &u32, b: &u32| score(*b).total_cmp(&score(*a)).then_with(|| place(*a).cmp(&place(*b)));
        keep_first(&mut order, most, before);
        order.sort_unstable_by(before);
        let total: f32 = order.iter().map(|number| score(*number)).sum();
        order.into_iter().map(|number| (number, score(number) / total.max(f32::MIN_POSITIVE))).collect()
    }
}

impl Drop for Scores {
    fn drop(&mut self) {
        self.scored.iter().for_each(|number| self.of[*number as usize] = 0.0);
        ROOM.set(std::mem::take(&mut self.of));
    }
}
