//! `longsight index`: indexes the workspace and prints statistics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Map, Value, json};

use super::screen;
use super::{CliResult, Common};
use crate::index::{CacheCounts, Index, Options, Stage, Statistics};
use crate::report::{self, Level};
use crate::syntax::Registry;
use crate::workspace::Roots;

/// The arguments of `longsight index`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Neither read nor write the on-disk cache.
    #[arg(long)]
    pub no_cache: bool,
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    // None of it is needed here, but a named configuration has to exist and be valid.
    super::setup::config(common)?;
    let folder = super::workspace_root(common)?;
    let start = Instant::now();
    let cache = if arguments.no_cache { None } else { crate::config::cache_dir() };
    let registry = Arc::new(Registry::new());
    for problem in registry.problems() {
        report::log(Level::Warning, problem);
    }
    let roots = Arc::new(Roots::new([folder]));
    super::setup::tell_project_problems(&roots);
    let index = Index::start(roots, registry, Options { cache, ..Options::default() });
    let names_seconds = names_searchable(&index, start);
    super::screen::wait(&index, common.json);
    let seconds = start.elapsed().as_secs_f64();
    let statistics = index.view().statistics();
    let counts = index.progress().borrow().cache;
    let rss = resident_bytes();
    if common.json {
        screen::print_json(&as_json(&statistics, [seconds, names_seconds], rss, counts));
    } else {
        screen::print(&for_people(&statistics, [seconds, names_seconds], rss, counts));
    }
    Ok(())
}

/// Seconds until names could be searched; the rest of the index comes later.
fn names_searchable(index: &Index, start: Instant) -> f64 {
    while index.view().stage() < Stage::Lexical {
        std::thread::sleep(Duration::from_millis(2));
    }
    start.elapsed().as_secs_f64()
}

fn as_json(statistics: &Statistics, [seconds, names_seconds]: [f64; 2], rss: u64, counts: CacheCounts) -> Value {
    let skipped: Map<String, Value> = statistics.skipped.iter().map(|(reason, count)| (reason.name().into(), json!(count))).collect();
    json!({
        "files": statistics.files,
        "symbols": statistics.symbols,
        "references": statistics.references,
        "bytes": statistics.bytes,
        "lines": statistics.lines,
        "skipped": skipped,
        "languages": statistics.languages,
        "seconds": seconds,
        "names_seconds": names_seconds,
        "rss_bytes": rss,
        "cache": { "hits": counts.hits, "misses": counts.misses },
    })
}

fn for_people(statistics: &Statistics, [seconds, names_seconds]: [f64; 2], rss: u64, counts: CacheCounts) -> String {
    let list = |pairs: Vec<(&str, u64)>| pairs.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "{} files, {} lines, {} symbols, {} references\n{seconds:.2} s (names after {names_seconds:.2} s), {} of memory, {} of {} files from the cache\n",
        statistics.files,
        statistics.lines,
        statistics.symbols,
        statistics.references,
        crate::models::size(rss),
        counts.hits,
        counts.hits + counts.misses
    );
    let mut languages: Vec<_> = statistics.languages.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    languages.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let skipped: Vec<_> = statistics.skipped.iter().map(|(reason, count)| (reason.name(), *count)).collect();
    for (title, pairs) in [("languages", languages), ("left out", skipped)] {
        if !pairs.is_empty() {
            text += &format!("{title}: {}\n", list(pairs));
        }
    }
    text
}

/// Memory of this process in bytes; 0 if the system does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
