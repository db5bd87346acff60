//! The index beside what others need for the same files, in one run: ratios are the result, seconds are only shown.
//!
//! `cargo bench --bench index [-- PART… FOLDER…]`. The parts are `trees`, `keys`, `prompts`, `mixes` and `packing`; all without one.
//! Without folders: Django's sources (from PyPI, once), the sources of the crates that this machine has, and made of these and Python's
//! library a mix of 20,000 source files, one of 40,000, and a repository of ten million tokens; `trees`, `keys` and `prompts` measure given
//! folders in their place. Goals are those of the project's measure: tier 0 against universal-ctags, the full index against a bare
//! one-thread tree-sitter parse, a warm start against a `find` stat pass, a keystroke against a bare incremental parse, a prompt after an
//! edit against 5 and 15 ms of processor time, memory against the source.

mod corpora;
mod editor;
mod floor;
mod keys;
mod made;
mod packing;
mod side;
mod trees;

use std::path::PathBuf;
use std::process::Command;

use made::{Size, made};
use side::run;

/// The program's own: what is measured beside it here, a bare parse most of all, is to have the same. `plain` has the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of each contender, in turns; large repositories have fewer.
const ROUNDS: usize = 5;
const FEW_ROUNDS: usize = 1;
/// What can be asked for, and what of it measures folders that are given.
const PARTS: [&str; 5] = ["trees", "keys", "prompts", "mixes", "packing"];
const FOLDER_PARTS: [&str; 3] = ["trees", "keys", "prompts"];
/// In bytes, at 3.6 for a token.
const TEN_MILLION_TOKENS: u64 = 36_000_000;

fn main() {
    let Some(arguments) = floor::arguments() else { return };
    println!("contenders: {}, find, bare tree-sitter parse; medians of ratios of rounds in turns\n", ctags_version());
    println!("| where | measure | ours | beside | ratio | goal | |\n|---|---|---|---|---|---|---|");
    let (parts, folders): (Vec<&str>, Vec<&str>) = arguments.iter().map(String::as_str).partition(|argument| PARTS.contains(argument));
    let is_wanted = |part: &str| parts.contains(&part) || parts.is_empty() && (folders.is_empty() || FOLDER_PARTS.contains(&part));
    let given: Vec<PathBuf> = folders.iter().filter_map(|folder| PathBuf::from(folder).canonicalize().ok()).collect();
    let small = if folders.is_empty() { [corpora::django(), corpora::crates()].into_iter().flatten().collect() } else { given };
    if is_wanted("trees") {
        small.iter().for_each(|folder| trees::trees(folder, ROUNDS));
    }
    if is_wanted("keys") {
        small.iter().for_each(|folder| keys::keystrokes(folder));
    }
    if is_wanted("prompts") {
        small.iter().for_each(|folder| packing::prompts(folder));
    }
    if is_wanted("mixes") {
        for (name, files) in [("mix-of-20-000", 20_000), ("mix-of-40-000", 40_000)] {
            match made(name, Size::Files(files)) {
                Some(folder) => trees::trees(&folder, FEW_ROUNDS),
                None => eprintln!("{name}: could not be made"),
            }
        }
    }
    if is_wanted("packing") {
        match made("ten-million-tokens", Size::Bytes(TEN_MILLION_TOKENS)) {
            Some(folder) => packing::packing(&folder),
            None => eprintln!("ten million tokens: could not be made"),
        }
    }
}

fn ctags_version() -> String {
    let said = run(Command::new("ctags").arg("--version")).map(|(_, said)| said).unwrap_or_default();
    let first = said.lines().next().filter(|line| line.contains("Universal")).unwrap_or("no universal-ctags here");
    first.split(',').next().unwrap_or_default().into()
}
