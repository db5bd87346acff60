//! The ranking of the context: measured on repositories, fitted to others, without any model.
//!
//! `cargo bench --bench context -- measure FOLDER…` prints recall at budgets and the processor time of a pack, with one session for all
//! places, which keeps the head of its prompts, and without;
//! `… time FOLDER…` that time alone, by steps, over many rounds;
//! `… packs FOLDER` writes every pack, to see whether another build packs the same;
//! `… walk FOLDER…` how much of the packs stays while somebody types and moves about;
//! `… missed FOLDER` what a pack of 4,096 tokens lacks, and how it was ranked;
//! `… fit FOLDER…` fits the weights to the repositories and prints `src/context/weights.rs`.
//! `… dump OUT FOLDER…` writes the features of every site to files, to try other weights on.
//! With `--gold FILE` the definitions that a site uses come from a type checker (`scripts/gold.py` writes such a file).

mod dump;
mod fit;
mod sites;
mod time;
mod walk;

use std::path::Path;
use std::time::Duration;

use longsight::context::nameable::Nameable;
use longsight::context::rank::Ranker;
use longsight::context::ranking::ranked;
use longsight::context::weights::WEIGHTS;
use longsight::context::{Handle, Pack, PlaceQuery};
use longsight::engine::{Estimate, Tokens};
use nix::time::{ClockId, clock_gettime};

use sites::{Repository, Site};

const BUDGETS: [usize; 3] = [1024, 4096, 16_384];
/// Sites of one repository that are measured.
const SITES: usize = 150;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let gold = arguments.iter().position(|argument| argument == "--gold").map(|at| arguments.drain(at..at + 2).nth(1).expect("a file"));
    let Some((what, folders)) = arguments.split_first() else {
        // `cargo bench` without arguments runs every bench; this one needs repositories.
        return println!("context: name a command (measure, time, packs, walk, missed, fit, dump) and folders");
    };
    match what.as_str() {
        "measure" => {
            for folder in folders {
                let repository = Repository::read(Path::new(folder), gold.as_deref(), SITES);
                measure(&repository, true);
                measure(&repository, false);
            }
        }
        "time" => folders.iter().for_each(|folder| time::time(&Repository::read(Path::new(folder), None, SITES), BUDGETS[1])),
        "packs" => folders.iter().for_each(|folder| time::packs(&Repository::read(Path::new(folder), None, SITES), BUDGETS[1])),
        "walk" => folders.iter().for_each(|folder| walk::walk(&Repository::read(Path::new(folder), None, SITES), BUDGETS[1])),
        "missed" => folders.iter().for_each(|folder| missed(&Repository::read(Path::new(folder), gold.as_deref(), SITES))),
        "fit" => fit::fit(folders),
        "dump" => folders.split_first().iter().for_each(|(out, folders)| dump::dump(Path::new(out), folders)),
        other => eprintln!("{other}: not one of measure, time, packs, walk, missed, fit, dump"),
    }
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn count(text: &str) -> usize {
    Estimate.count(text)
}

/// Hits and all, of all definitions and of those whose name the file does not show.
#[derive(Default)]
struct Score {
    hit: usize,
    all: usize,
    unseen_hit: usize,
    unseen: usize,
    per_site: f64,
}

/// What this thread has computed so far.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// `together`: one session visits all sites, as an editor's does, and keeps the head of its prompts; else each site is packed afresh.
fn measure(repository: &Repository, together: bool) {
    print!("{:20} {:4} sites, {}", repository.name, repository.sites.len(), if together { "a session" } else { "each apart" });
    for budget in BUDGETS {
        let handle = Handle::default();
        let (mut score, mut times) = (Score::default(), vec![]);
        for site in &repository.sites {
            let apart = Handle::default();
            let start = processor_time();
            let pack = pack(repository, site, if together { &handle } else { &apart }, budget);
            times.push((processor_time() - start).as_secs_f64() * 1e3);
            let found = recalled(repository, site, &pack);
            let mut here = 0;
            for (gold, hit) in site.gold.iter().zip(found) {
                score.all += 1;
                score.hit += usize::from(hit);
                here += usize::from(hit);
                if !site.shows(&gold.name) {
                    score.unseen += 1;
                    score.unseen_hit += usize::from(hit);
                }
            }
            score.per_site += here as f64 / site.gold.len() as f64;
        }
        times.sort_by(f64::total_cmp);
        let share = |hit: usize, all: usize| hit as f64 / all.max(1) as f64;
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
        print!(
            " | {budget}: {:.3} {:.3} macro {:.3}, {:.1}/{:.1} ms",
            share(score.hit, score.all),
            share(score.unseen_hit, score.unseen),
            score.per_site / repository.sites.len().max(1) as f64,
            at(0.5),
            at(0.95)
        );
    }
    println!();
}

fn pack(repository: &Repository, site: &Site, handle: &Handle, budget: usize) -> Pack {
    let (corpus, language) = (&repository.corpus, repository.language(&site.path));
    let Site { path, text, offset, parsed, .. } = site;
    let (offset, parsed) = (*offset, parsed.as_ref());
    let query = PlaceQuery { corpus, path, language, text, offset, budget, parsed, preview: false, writes: true };
    repository.sources(&count, |sources| handle.place(&query, sources))
}

/// Which of a site's definitions stand in the pack for it.
fn recalled(repository: &Repository, site: &Site, pack: &Pack) -> Vec<bool> {
    let shown = |path: &str, line: &str| {
        let parts = pack.parts.iter().filter(|part| *part.path == *path && *part.path != *site.path);
        parts.flat_map(|part| part.text.lines()).any(|shown| shown.trim() == line)
    };
    site.gold.iter().map(|gold| gold.places.iter().any(|(path, line)| shown(path, repository.line(path, *line).trim()))).collect()
}

fn missed(repository: &Repository) {
    let handle = Handle::default();
    for site in &repository.sites {
        let found = recalled(repository, site, &pack(repository, site, &handle, BUDGETS[1]));
        if found.iter().all(|hit| *hit) {
            continue;
        }
        let corpus = &repository.corpus;
        let scene = repository.scene(site);
        let ranker = Ranker::new(corpus, &scene, repository.language(&site.path), &site.path);
        let language = repository.language(&site.path);
        let mut rules = language.map(|language| Nameable::new(corpus, language, &site.path, false));
        let mut order = ranked(&ranker, rules.as_mut(), &mut |_| {});
        order.sort_by(|a, b| b.score.total_cmp(&a.score));
        println!("{} {}", site.path, site.label);
        for (gold, _) in site.gold.iter().zip(found).filter(|(_, hit)| !hit) {
            let seen = if site.shows(&gold.name) { "seen" } else { "unseen" };
            print!("    {seen} {} {:?}", gold.name, gold.places.first());
            match sites::symbols_at(corpus, gold).first() {
                None => println!(" not indexed"),
                Some(number) => {
                    let rank = order.iter().position(|candidate| candidate.symbol == *number);
                    let symbol = &corpus.symbols[*number as usize];
                    let features = ranker.features(symbol);
                    let named = WEIGHTS.iter().filter(|(feature, ..)| features[*feature] != 0.0);
                    let named: Vec<String> = named.map(|(feature, ..)| format!("{feature:?}:{:.2}", features[*feature])).collect();
                    println!(" rank {rank:?} p {:.4} {}", ranker.probability(symbol), named.join(" "));
                }
            }
        }
    }
}
