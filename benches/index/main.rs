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
mod keys;
mod packing;
mod trees;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

use corpora::Size;

/// The program's own: what is measured beside it here, a bare parse most of all, is to have the same.
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
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [child, folder] = arguments.as_slice()
        && child == "--parse-floor"
    {
        return trees::parse_floor(Path::new(folder));
    }
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
            match corpora::made(name, Size::Files(files)) {
                Some(folder) => trees::trees(&folder, FEW_ROUNDS),
                None => eprintln!("{name}: could not be made"),
            }
        }
    }
    if is_wanted("packing") {
        match corpora::made("ten-million-tokens", Size::Bytes(TEN_MILLION_TOKENS)) {
            Some(folder) => packing::packing(&folder),
            None => eprintln!("ten million tokens: could not be made"),
        }
    }
}

/// Another build can be measured in its place.
fn binary() -> OsString {
    std::env::var_os("LONGSIGHT").unwrap_or_else(|| env!("CARGO_BIN_EXE_longsight").into())
}

/// One line of the table. A goal is missed only when the median of all rounds and the best of them miss it; in noise the best counts.
fn row(place: &str, measure: &str, ours: &str, beside: &str, ratios: &[f64], goal: f64, noise: &str) {
    let best = ratios.iter().copied().fold(f64::NAN, f64::min);
    let ratio = if noise.is_empty() { median(ratios.to_vec()) } else { best };
    let verdict = match (ratio <= goal || best <= goal, ratio.is_nan()) {
        (_, true) => "not measured",
        (true, _) => "ok",
        (false, _) => "MISSED",
    };
    println!("| {place} | {measure} | {ours} | {beside} | {ratio:.2} | {goal} | {verdict} {noise} |");
}

/// Says so when what everything is measured by varies by more than three tenths between rounds.
fn noise(units: &[f64]) -> &'static str {
    let (least, most) = units.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), unit| (least.min(*unit), most.max(*unit)));
    if most > least * 1.3 { "(noisy)" } else { "" }
}

/// Wall and CPU seconds of a child.
#[derive(Clone, Copy)]
struct Spent {
    wall: f64,
    cpu: f64,
}

/// What a command costs and says; none where it fails.
fn run(command: &mut Command) -> Option<(Spent, String)> {
    let before = cpu(UsageWho::RUSAGE_CHILDREN);
    let start = Instant::now();
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let spent = Spent { wall: start.elapsed().as_secs_f64(), cpu: cpu(UsageWho::RUSAGE_CHILDREN) - before };
    Some((spent, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// CPU seconds so far.
fn cpu(who: UsageWho) -> f64 {
    let usage = getrusage(who).expect("usage of a process");
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn ctags_version() -> String {
    let said = run(Command::new("ctags").arg("--version")).map(|(_, said)| said).unwrap_or_default();
    let first = said.lines().next().filter(|line| line.contains("Universal")).unwrap_or("no universal-ctags here");
    first.split(',').next().unwrap_or_default().into()
}
