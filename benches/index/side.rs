//! Contenders side by side in one run: what a command costs, and the lines of the table.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// Another build can be measured in its place.
pub fn binary() -> OsString {
    std::env::var_os("LONGSIGHT").unwrap_or_else(|| env!("CARGO_BIN_EXE_longsight").into())
}

/// One line of the table. A goal is missed only when the median of all rounds and the best of them miss it; in noise the best counts.
pub fn row(place: &str, measure: &str, ours: &str, beside: &str, ratios: &[f64], goal: f64, noise: &str) {
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
pub fn noise(units: &[f64]) -> &'static str {
    let (least, most) = units.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), unit| (least.min(*unit), most.max(*unit)));
    if most > least * 1.3 { "(noisy)" } else { "" }
}

/// Wall and CPU seconds of a child.
#[derive(Clone, Copy)]
pub struct Spent {
    pub wall: f64,
    pub cpu: f64,
}

/// What a command costs and says; none where it fails.
pub fn run(command: &mut Command) -> Option<(Spent, String)> {
    let before = cpu(UsageWho::RUSAGE_CHILDREN);
    let start = Instant::now();
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let spent = Spent { wall: start.elapsed().as_secs_f64(), cpu: cpu(UsageWho::RUSAGE_CHILDREN) - before };
    Some((spent, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// CPU seconds so far.
pub fn cpu(who: UsageWho) -> f64 {
    let usage = getrusage(who).expect("usage of a process");
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
