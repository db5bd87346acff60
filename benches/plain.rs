//! The index beside a bare tree-sitter parse as it comes, with the allocator of the system. The bench `index` gives the parse the program's
//! own, which saves it about a tenth: what part of an allocator and what part of an index is can be told by both. An allocator is chosen
//! when a program is built, so that this is a program of its own.
//!
//! `cargo bench --bench plain [-- FOLDER…]`. Without folders: Django's sources, and those of the crates that this machine has.

#[path = "index/corpora.rs"]
mod corpora;
#[path = "index/floor.rs"]
mod floor;
#[path = "index/side.rs"]
mod side;

use std::path::{Path, PathBuf};

const ROUNDS: usize = 5;
/// Goal of the project's measure for the whole index.
const GOAL: f64 = 1.3;

fn main() {
    let Some(arguments) = floor::arguments() else { return };
    let given: Vec<PathBuf> = arguments.iter().filter_map(|folder| PathBuf::from(folder).canonicalize().ok()).collect();
    let folders = if given.is_empty() { [corpora::django(), corpora::crates()].into_iter().flatten().collect() } else { given };
    println!("| where | measure | ours | beside | ratio | goal | |\n|---|---|---|---|---|---|---|");
    for folder in folders {
        if measure(&folder).is_none() {
            eprintln!("{}: could not be measured", folder.display());
        }
    }
}

fn measure(folder: &Path) -> Option<()> {
    let (mut ratios, mut floors, mut shown) = (vec![], vec![], (String::new(), String::new()));
    for _ in 0..ROUNDS {
        let floor = floor::bare(folder)?;
        let (index, _) = floor::ours(folder, None)?;
        ratios.push(index.cpu / floor.cpu);
        floors.push(floor.cpu);
        let said = |spent: &side::Spent| format!("{:.2} s CPU ({:.2} s)", spent.cpu, spent.wall);
        shown = (said(&index), format!("parse, the system's allocator, {}", said(&floor)));
    }
    let place = format!("{}: {} files parsed", folder.file_name()?.display(), floor::parsed_files(folder).len());
    side::row(&place, "whole index", &shown.0, &shown.1, &ratios, GOAL, side::noise(&floors));
    Some(())
}
