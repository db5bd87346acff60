//! Fits the weights of the ranking: logistic regression by Newton's method, one model for names that the file shows, one for others.

use std::path::Path;

use longsight::context::features::{Feature, Features};
use longsight::context::rank::Ranker;
use longsight::context::weights::WEIGHTS;

use super::sites::{Repository, symbols_at};

const SITES: usize = 300;
/// Of the definitions that are not used, one in so many stands for all of them.
const SAMPLE: u64 = 12;
const ROUNDS: usize = 25;
/// Pull towards zero, so that features that are nearly the same share their weight.
const RIDGE: f64 = 2.0;

struct Example {
    features: Features,
    used: bool,
    weight: f64,
}

/// Prints the lines of `WEIGHTS` that fit all folders; each weighs the same. A folder may be followed by `=FILE`, with gold of a type checker.
pub fn fit(folders: &[String]) {
    let mut examples: [Vec<Example>; 2] = [vec![], vec![]];
    for folder in folders {
        let (folder, gold) = folder.split_once('=').map_or((folder.as_str(), None), |(folder, gold)| (folder, Some(gold)));
        let repository = Repository::read(Path::new(folder), gold, SITES);
        eprintln!("{}: {} sites", repository.name, repository.sites.len());
        gather(&repository, &mut examples);
    }
    let [seen, unseen] = examples.map(|examples| newton(&examples));
    for (at, (feature, ..)) in WEIGHTS.iter().enumerate() {
        println!("    ({feature:?}, {:.3}, {:.3}),", seen[at], unseen[at]);
    }
}

fn gather(repository: &Repository, examples: &mut [Vec<Example>; 2]) {
    let corpus = &repository.corpus;
    let share = 300.0 / repository.sites.len().max(30) as f64;
    let mut seed = 1u64;
    for site in &repository.sites {
        let scene = repository.scene(site);
        let ranker = Ranker::new(corpus, &scene, repository.language(&site.path), &site.path);
        let gold: std::collections::HashSet<u32> = site.gold.iter().flat_map(|gold| symbols_at(corpus, gold)).collect();
        let own = corpus.file(&site.path);
        for (number, symbol) in corpus.symbols.iter().enumerate().filter(|(_, symbol)| Some(symbol.file) != own) {
            let used = gold.contains(&(number as u32));
            let probable = ranker.probability(symbol);
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // The likelier ones are all looked at: they are where ranking is decided.
            let sampled = used || probable > 0.02 || (seed >> 33).is_multiple_of(SAMPLE);
            if !sampled {
                continue;
            }
            let weight = if used || probable > 0.02 { share } else { share * SAMPLE as f64 };
            let which = usize::from(!ranker.is_seen(symbol));
            examples[which].push(Example { features: ranker.features(symbol), used, weight });
        }
    }
}

/// Newton's method with a ridge; the first feature is the constant and is not pulled.
fn newton(examples: &[Example]) -> Vec<f64> {
    let count = Feature::COUNT;
    let mut weights = vec![0.0; count];
    weights[0] = -5.0;
    for _ in 0..ROUNDS {
        let mut slope = vec![0.0; count];
        let mut curve = vec![vec![0.0; count]; count];
        for at in 1..count {
            slope[at] = -RIDGE * weights[at];
            curve[at][at] = RIDGE;
        }
        curve[0][0] = 1e-6;
        for example in examples {
            let sum: f64 = example.features.0.iter().zip(&weights).map(|(feature, weight)| f64::from(*feature) * weight).sum();
            let probability = 1.0 / (1.0 + (-sum).exp());
            let miss = (f64::from(u8::from(example.used)) - probability) * example.weight;
            let bend = (probability * (1.0 - probability) * example.weight).max(1e-12);
            let present: Vec<(usize, f64)> = example
                .features
                .0
                .iter()
                .enumerate()
                .filter(|(_, feature)| **feature != 0.0)
                .map(|(at, feature)| (at, f64::from(*feature)))
                .collect();
            for (at, feature) in &present {
                slope[*at] += miss * feature;
                for (other, second) in &present {
                    curve[*at][*other] += bend * feature * second;
                }
            }
        }
        let step = solve(curve, slope);
        let largest = step.iter().fold(0.0f64, |most, change| most.max(change.abs()));
        let scale = (3.0 / largest).min(1.0);
        weights.iter_mut().zip(&step).for_each(|(weight, change)| *weight += change * scale);
        if largest < 1e-4 {
            break;
        }
    }
    weights
}

/// Gauss with pivots. A feature that never occurs has a zero row but for the ridge.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    for at in 0..count {
        let pivot = (at..count).max_by(|a, b| matrix[*a][at].abs().total_cmp(&matrix[*b][at].abs())).unwrap_or(at);
        matrix.swap(at, pivot);
        right.swap(at, pivot);
        for below in at + 1..count {
            let factor = matrix[below][at] / matrix[at][at];
            let row = matrix[at].clone();
            matrix[below].iter_mut().zip(&row).skip(at).for_each(|(left, above)| *left -= factor * above);
            right[below] -= factor * right[at];
        }
    }
    for at in (0..count).rev() {
        let known: f64 = (at + 1..count).map(|column| matrix[at][column] * right[column]).sum();
        right[at] = (right[at] - known) / matrix[at][at];
    }
    right
}
