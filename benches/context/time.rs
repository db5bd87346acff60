//! What a pack costs in processor time, step by step, and what is in it.

use std::collections::BTreeMap;

use longsight::context::Handle;
use longsight::context::nameable::Nameable;
use longsight::context::rank::Ranker;
use longsight::context::ranking::ranked;

use super::sites::{Repository, Site};
use super::{pack, processor_time};

/// All sites are packed for so often.
const ROUNDS: usize = 10;

/// Prints the median and the 95th percentile of a pack's steps, in milliseconds: one session visits all sites, as an editor's does.
pub fn time(repository: &Repository, budget: usize) {
    let handle = Handle::default();
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for site in (0..ROUNDS).flat_map(|_| &repository.sites) {
        steps(repository, site, &mut times);
        let start = processor_time();
        pack(repository, site, &handle, budget);
        times.entry("whole").or_default().push((processor_time() - start).as_secs_f64() * 1e3);
        let start = processor_time();
        pack(repository, site, &Handle::default(), budget);
        times.entry("whole, afresh").or_default().push((processor_time() - start).as_secs_f64() * 1e3);
    }
    print!("{:20} {:4} sites, {budget} tokens", repository.name, repository.sites.len());
    for (step, mut times) in times {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        print!(" | {step} {:.2}/{:.2}", at(0.5), at(0.95));
    }
    println!();
}

/// Steps in the order in which they are printed, which is that of their numbers.
const STEPS: [&str; 7] = ["1 scene", "2 names and files", "3 who may be named", "4 weighing", "5 trees", "6 modules", "7 rules"];

fn steps(repository: &Repository, site: &Site, times: &mut BTreeMap<&str, Vec<f64>>) {
    let mut last = processor_time();
    let mut lap = |step: &str| {
        let now = processor_time();
        let step = STEPS.into_iter().find(|numbered| numbered.ends_with(step)).expect("a number for each step");
        times.entry(step).or_default().push((now - last).as_secs_f64() * 1e3);
        last = processor_time();
    };
    let language = repository.language(&site.path);
    let scene = repository.scene(site);
    lap("scene");
    let ranker = Ranker::new(&repository.corpus, &scene, language, &site.path);
    lap("names and files");
    let mut rules = language.map(|language| Nameable::new(&repository.corpus, language, &site.path, false));
    lap("who may be named");
    ranked(&ranker, rules.as_mut(), &mut lap);
}

/// Prints the pack of each site, one session for all and each afresh.
pub fn packs(repository: &Repository, budget: usize) {
    let handle = Handle::default();
    for site in &repository.sites {
        for (how, handle) in [("session", &handle), ("afresh", &Handle::default())] {
            println!("=== {how} {}:{}", site.path, site.offset);
            for part in pack(repository, site, handle, budget).parts {
                println!("--- {}:{}-{} {} ({})\n{}", part.path, part.start_line, part.end_line, part.tokens, part.why, &*part.text);
            }
        }
    }
}
