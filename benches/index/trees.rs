//! Whole repositories: names, the full index, a warm start and memory, beside what others need for the same files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::floor::{bare, ours, parsed_files};
use super::side::{noise, row, run};

/// Ratios of all rounds, and what the last round shows.
#[derive(Default)]
struct Rounds {
    names: Vec<f64>,
    full: Vec<f64>,
    warm: Vec<f64>,
    shown: [(String, String); 3],
    floors: Vec<f64>,
    last: serde_json::Value,
}

/// Measures a repository in `rounds` turns.
pub fn trees(folder: &Path, rounds: usize) {
    let place = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = parsed_files(folder);
    let Some(Rounds { names, full, warm, shown, floors, last }) = measure(folder, &files, rounds) else {
        return eprintln!("{place}: could not be measured");
    };
    let noise = noise(&floors);
    let source: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    let mut what = format!("{place}: {} files, {} parsed, ", last["files"], files.len());
    let _ = write!(what, "{:.1} MB of source", source as f64 / 1e6);
    row(&what, "names searchable, wall, two threads", &shown[0].0, &shown[0].1, &names, 0.5, noise);
    row(&place, "whole index", &shown[1].0, &shown[1].1, &full, 1.3, noise);
    row(&place, "warm start, wall", &shown[2].0, &shown[2].1, &warm, 3.0, noise);
    let rss = last["rss_bytes"].as_f64().unwrap_or(f64::NAN);
    let goal = (source as f64 * 2.0).max(105e6);
    row(&place, "memory", &format!("{:.0} MB", rss / 1e6), &format!("{:.0} MB", goal / 1e6), &[rss / goal], 1.0, "");
}

fn measure(folder: &Path, files: &[PathBuf], count: usize) -> Option<Rounds> {
    let scratch = tempfile::tempdir().ok()?;
    let list = scratch.path().join("files");
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    std::fs::write(&list, names.join("\n")).ok()?;
    let cache = scratch.path().join("cache");
    let mut rounds = Rounds::default();
    for _ in 0..count {
        // Into a file: it gives up where it cannot take back what it has written.
        let tags = scratch.path().join("tags");
        let ctags = run(Command::new("ctags").args(["--sort=no", "-f"]).arg(&tags).arg("-L").arg(&list));
        let floor = bare(folder)?;
        let (cold, said) = ours(folder, None)?;
        if !cache.exists() {
            ours(folder, Some(&cache));
        }
        let (find, _) = run(Command::new("find").arg(folder).args(["-printf", "%s %T@\n"]))?;
        let (_, again) = ours(folder, Some(&cache))?;
        let searchable = said["names_seconds"].as_f64()?;
        if let Some((ctags, _)) = ctags {
            rounds.names.push(searchable / ctags.wall);
            rounds.shown[0] = (format!("{searchable:.2} s"), format!("ctags {:.2} s", ctags.wall));
        }
        rounds.full.push(cold.cpu / floor.cpu);
        rounds.floors.push(floor.cpu);
        rounds.shown[1] = (format!("{:.2} s CPU", cold.cpu), format!("parse {:.2} s CPU", floor.cpu));
        let seconds = again["seconds"].as_f64()?;
        assert_eq!(again["cache"]["misses"], 0, "a warm start read files again: {again}");
        rounds.warm.push(seconds / find.wall);
        rounds.shown[2] = (format!("{seconds:.2} s"), format!("find {:.2} s", find.wall));
        rounds.last = said;
    }
    Some(rounds)
}
