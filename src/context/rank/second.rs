//! The second look, at the likeliest definitions. The first look weighs all definitions by quick sums; this one sees combinations of
//! features, and how a definition ranks among the others of its file and of its name.

use std::cell::Cell;
use std::sync::LazyLock;

use super::kindred::KINDRED;
use super::trees::{LOOKS, Row, Rows, TREES};
use super::{Candidate, Ranker, is, likelihood};
use crate::context::corpus::Symbol;
use crate::context::features::{Feature, Features};
use crate::context::nameable::Nameable;
use crate::context::numbers::{NumberMap, greatest_first, keep_first, place_of};

/// Maximum candidates that the trees score again.
const MAX_RESCORED: usize = 1500;
/// Maximum of these that all trees score; the others keep the score of the first trees.
const MAX_SCORED_BY_ALL_TREES: usize = 600;
/// How many trees score all of these.
const EARLY_TREES: usize = 40;
/// Added before a logarithm, so that zero has one.
const LOG_FLOOR: f32 = 1e-4;

thread_local! {
    /// Memory for the rows, reused from place to place: fresh memory has to be cleared by the system, which takes as long as some of the
    /// trees.
    static ROOM: Cell<Rows> = Cell::default();
}

/// Sums over the candidates of one file or one name.
#[derive(Clone, Copy, Default)]
struct Group {
    sum: f32,
    count: u32,
    /// The number of them that came before.
    before: u32,
}

/// The files, or names, of all candidates.
#[derive(Default)]
struct Groups {
    places: NumberMap<u32, usize>,
    keys: Vec<u32>,
    groups: Vec<Group>,
}

impl Groups {
    /// Adds a candidate; returns the index of its group.
    fn add(&mut self, key: u32, score: f32) -> usize {
        let at = *self.places.entry(key).or_insert_with(|| {
            self.keys.push(key);
            self.groups.push(Group::default());
            self.keys.len() - 1
        });
        let group = &mut self.groups[at];
        group.sum += score;
        group.count += 1;
        at
    }

    /// The group as it is when its next candidate comes.
    fn pass(&mut self, at: usize) -> Group {
        let group = &mut self.groups[at];
        group.before += 1;
        Group { before: group.before - 1, ..*group }
    }
}

impl Ranker<'_> {
    /// Scores the likeliest candidates again.
    pub fn look_again(&self, rules: Option<&mut Nameable>, candidates: &mut [Candidate]) {
        if TREES.is_empty() {
            return;
        }
        let chosen = likeliest(candidates);
        let mut rows = ROOM.take();
        self.write_rows(rules, candidates, &chosen, &mut rows);
        let mut sums = vec![0.0; rows.len()];
        let early = EARLY_TREES.min(TREES.len());
        TREES.add_to(0..early, &rows, &mut sums);
        let mut keys: Vec<u64> = sums.iter().zip(0..).map(|(sum, at)| greatest_first(*sum, at)).collect();
        keep_first(&mut keys, MAX_SCORED_BY_ALL_TREES, u64::cmp);
        let mut order: Vec<usize> = keys.into_iter().map(|key| place_of(key) as usize).collect();
        order.sort_unstable();
        let mut late: Vec<f32> = order.iter().map(|at| sums[*at]).collect();
        rows.retain(&order);
        TREES.add_to(early..TREES.len(), &rows, &mut late);
        order.iter().zip(late).for_each(|(at, sum)| sums[*at] = sum);
        for (at, sum) in chosen.into_iter().zip(sums) {
            candidates[at as usize].score = likelihood(sum);
        }
        ROOM.set(rows);
    }

    /// What the trees see besides a definition's own features.
    pub fn looks(&self, rules: Option<&mut Nameable>, symbol: &Symbol) -> [f32; LOOKS.len()] {
        looks(rules, symbol, self.kindred.with(self.corpus, symbol))
    }

    /// What the candidates' signatures share with the place. Goes file by file, because the digests of different files are far apart in
    /// memory.
    fn shared(&self, candidates: &[Candidate], chosen: &[u32]) -> Vec<[f32; KINDRED.len()]> {
        let mut order: Vec<(u32, u32)> = chosen.iter().map(|at| candidates[*at as usize].symbol).zip(0..).collect();
        order.sort_unstable();
        let mut shared = vec![[0.0; _]; order.len()];
        for (symbol, place) in order {
            shared[place as usize] = self.kindred.with(self.corpus, &self.corpus.symbols[symbol as usize]);
        }
        shared
    }

    fn write_rows(&self, mut rules: Option<&mut Nameable>, candidates: &[Candidate], chosen: &[u32], rows: &mut Rows) {
        let corpus = self.corpus;
        let (mut files, mut names) = (Groups::default(), Groups::default());
        let of = |at: u32| (candidates[at as usize].score, corpus.symbols[candidates[at as usize].symbol as usize]);
        let groups: Vec<[usize; 2]> = chosen
            .iter()
            .map(|at| {
                let (score, symbol) = of(*at);
                [files.add(symbol.file, score), names.add(symbol.slot, score)]
            })
            .collect();
        let shared = self.shared(candidates, chosen);
        let of_files: Vec<Features> = files.keys.iter().map(|file| self.features_of_file(*file)).collect();
        let mut row = |(place, (at, [of_file, of_name])): (usize, (&u32, [usize; 2]))| {
            let (score, symbol) = of(*at);
            let [file, name] = [files.pass(of_file), names.pass(of_name)];
            let mut row: Row = [0.0; _];
            let (features, added) = row.split_at_mut(Feature::COUNT);
            let (said, added) = added.split_at_mut(LOOKS.len());
            features.copy_from_slice(&self.features_in(&symbol, of_files[of_file]).0);
            said.copy_from_slice(&looks(rules.as_deref_mut(), &symbol, shared[place]));
            added.copy_from_slice(&[
                is(self.is_seen(&symbol)),
                (score / (1.0 - score).max(f32::EPSILON)).ln(),
                logarithm(place),
                ((file.sum - score).max(0.0) + LOG_FLOOR).ln(),
                logarithm(file.before as usize),
                logarithm(file.count as usize),
                ((name.sum - score).max(0.0) + LOG_FLOOR).ln(),
                logarithm(name.before as usize),
                logarithm(usize::from(symbol.bytes)),
            ]);
            row
        };
        rows.clear();
        chosen.iter().zip(groups).enumerate().for_each(|one| rows.push(&row(one)));
    }
}

fn looks(rules: Option<&mut Nameable>, symbol: &Symbol, shared: [f32; KINDRED.len()]) -> [f32; LOOKS.len()] {
    let said = rules.map_or([false; _], |rules| rules.said(symbol)).map(is);
    let mut looks = [0.0; _];
    let (of_rules, of_kindred) = looks.split_at_mut(said.len());
    of_rules.copy_from_slice(&said);
    of_kindred.copy_from_slice(&shared);
    looks
}

/// `ln(1 + number)`.
fn logarithm(number: usize) -> f32 {
    static KNOWN: LazyLock<Box<[f32]>> = LazyLock::new(|| (0..MAX_RESCORED).map(|number| (number as f32).ln_1p()).collect());
    KNOWN.get(number).copied().unwrap_or_else(|| (number as f32).ln_1p())
}

/// The indices of the likeliest candidates, best first.
fn likeliest(candidates: &[Candidate]) -> Vec<u32> {
    let mut keys: Vec<u64> = candidates.iter().zip(0..).map(|(candidate, at)| greatest_first(candidate.score, at)).collect();
    keep_first(&mut keys, MAX_RESCORED, u64::cmp);
    keys.sort_unstable();
    keys.into_iter().map(place_of).collect()
}
