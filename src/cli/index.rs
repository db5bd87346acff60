//! `longsight index`: indexes the workspace and prints statistics.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{Outcome, Shared};
use crate::index::{CacheCounts, Index, Options, Statistics};
use crate::syntax::Registry;
use crate::workspace::Roots;

#[derive(Args, Debug)]
pub struct Arguments {
    /// Neither read nor write the on-disk cache.
    #[arg(long)]
    pub no_cache: bool,
}

pub fn run(shared: &Shared, arguments: &Arguments) -> Outcome {
    let folder = super::root(shared)?;
    let start = Instant::now();
    let cache = if arguments.no_cache { None } else { crate::config::cache_dir() };
    let registry = Arc::new(Registry::new());
    for problem in registry.problems() {
        crate::report::log("warning", problem);
    }
    let roots = Arc::new(Roots::new([folder]));
    let index = Index::start(roots, registry, Options { cache, ..Options::default() });
    super::screen::wait(&index, shared.json);
    let seconds = start.elapsed().as_secs_f64();
    let statistics = index.view().statistics();
    let counts = index.progress().borrow().cache;
    let rss = resident_bytes();
    if shared.json {
        println!("{}", as_json(&statistics, seconds, rss, counts));
    } else {
        print!("{}", as_table(&statistics, seconds, rss, counts));
    }
    Ok(())
}

fn as_json(statistics: &Statistics, seconds: f64, rss: u64, counts: CacheCounts) -> Value {
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
        "rss_bytes": rss,
        "cache": { "hits": counts.hits, "misses": counts.misses },
    })
}

fn as_table(statistics: &Statistics, seconds: f64, rss: u64, counts: CacheCounts) -> String {
    let mut table = String::new();
    let mut row = |name: &str, value: String| table += &format!("{name:<12} {value:>14}\n");
    row("files", statistics.files.to_string());
    row("symbols", statistics.symbols.to_string());
    row("references", statistics.references.to_string());
    row("bytes", statistics.bytes.to_string());
    row("seconds", format!("{seconds:.2}"));
    row("memory", format!("{} MiB", rss >> 20));
    row("cache", format!("{} of {}", counts.hits, counts.hits + counts.misses));
    for (title, counts) in [
        ("languages", statistics.languages.iter().map(|(name, count)| (name.as_str(), *count)).collect::<Vec<_>>()),
        ("skipped", statistics.skipped.iter().map(|(reason, count)| (reason.name(), *count)).collect()),
    ] {
        if counts.is_empty() {
            continue;
        }
        table += &format!("\n{title}\n");
        for (name, count) in counts {
            table += &format!("  {name:<10} {count:>14}\n");
        }
    }
    table
}

/// Memory that this process holds, in bytes; 0 where the system does not say.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
