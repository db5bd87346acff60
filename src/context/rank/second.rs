//! The second look at the likeliest definitions. The first one weighs every definition by sums that are quick to make; this one sees
//! which features go together, and how a definition stands among the others of its file and its name.

use super::trees::{Row, TREES};
use super::{Candidate, Ranker, is, likelihood};
use crate::context::features::{Feature, Features};
use crate::context::words::{NumberMap, keep_first};

/// Candidates that are looked at again.
const FIRST: usize = 1500;
/// Those of them that all trees judge; what is left out after the first trees stays as these have judged it.
const LAST: usize = 600;
/// The trees that judge all of them.
const EARLY: usize = 40;
/// Keeps the logarithm of nothing at a sum that means nothing.
const NOTHING: f32 = 1e-4;

/// Sums over the candidates of one file or one name.
#[derive(Clone, Copy, Default)]
struct Group {
    sum: f32,
    count: u32,
}

impl Ranker<'_> {
    /// Judges the likeliest candidates again.
    pub fn look_again(&self, candidates: &mut [Candidate]) {
        if TREES.is_empty() {
            return;
        }
        let chosen = likeliest(candidates);
        let mut rows = self.rows(candidates, &chosen);
        let mut sums = vec![0.0; rows.len()];
        let early = EARLY.min(TREES.len());
        TREES.add_to(0..early, &rows, &mut sums);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        if order.len() > LAST {
            keep_first(&mut order, LAST, |a, b| sums[*b].total_cmp(&sums[*a]).then(a.cmp(b)));
            order.sort_unstable();
        }
        let mut late: Vec<f32> = order.iter().map(|at| sums[*at]).collect();
        for (to, from) in order.iter().enumerate() {
            rows.swap(to, *from);
        }
        TREES.add_to(early..TREES.len(), &rows[..order.len()], &mut late);
        order.iter().zip(late).for_each(|(at, sum)| sums[*at] = sum);
        for (at, sum) in chosen.into_iter().zip(sums) {
            candidates[at as usize].score = likelihood(sum);
        }
    }

    fn rows(&self, candidates: &[Candidate], chosen: &[u32]) -> Vec<Row> {
        let corpus = self.corpus;
        let (mut files, mut names) = (NumberMap::<u32, Group>::default(), NumberMap::<u32, Group>::default());
        let of = |at: u32| (candidates[at as usize].score, corpus.symbols[candidates[at as usize].symbol as usize]);
        for at in chosen {
            let (score, symbol) = of(*at);
            for group in [files.entry(symbol.file).or_default(), names.entry(symbol.slot).or_default()] {
                group.sum += score;
                group.count += 1;
            }
        }
        let mut of_files = NumberMap::<u32, Features>::default();
        // How many of a file or a name came before.
        let (mut before_of_file, mut before_of_name) = (NumberMap::<u32, u32>::default(), NumberMap::<u32, u32>::default());
        let mut row = |(place, at): (usize, &u32)| {
            let (score, symbol) = of(*at);
            let (file, name) = (files[&symbol.file], names[&symbol.slot]);
            let [of_file, of_name] = [before_of_file.entry(symbol.file).or_default(), before_of_name.entry(symbol.slot).or_default()];
            let mut row: Row = [0.0; _];
            let (features, added) = row.split_at_mut(Feature::COUNT);
            let shared = of_files.entry(symbol.file).or_insert_with(|| self.features_of_file(symbol.file));
            features.copy_from_slice(&self.features_in(&symbol, *shared).0);
            added.copy_from_slice(&[
                is(self.is_seen(&symbol)),
                (score / (1.0 - score).max(f32::EPSILON)).ln(),
                (place as f32).ln_1p(),
                ((file.sum - score).max(0.0) + NOTHING).ln(),
                (*of_file as f32).ln_1p(),
                (file.count as f32).ln_1p(),
                ((name.sum - score).max(0.0) + NOTHING).ln(),
                (*of_name as f32).ln_1p(),
                (corpus.signature(&symbol).len() as f32).ln_1p(),
            ]);
            (*of_file, *of_name) = (*of_file + 1, *of_name + 1);
            row
        };
        chosen.iter().enumerate().map(&mut row).collect()
    }
}

/// The likeliest candidates, by their place in the list, the best first.
fn likeliest(candidates: &[Candidate]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..candidates.len() as u32).collect();
    let before = |a: &u32, b: &u32| candidates[*b as usize].score.total_cmp(&candidates[*a as usize].score).then(a.cmp(b));
    keep_first(&mut order, FIRST, before);
    order.sort_unstable_by(before);
    order
}
