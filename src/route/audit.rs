//! The record of what left this machine, in the state folder: one JSON line before a request goes out, one for each retry, one when it
//! ends. A line holds no text of the request, only its hash, by which a copy of the request can be recognised. A second file holds the
//! origins to which something has been sent.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{Decision, TaskKind};
use crate::digest::sha256;
use crate::engine::{Answer, EngineError, ErrorKind, RetryReason};
use crate::records;
use crate::report::{self, Level};

/// Size of the log in bytes at which it is started over; one earlier file is kept.
const MAX_LOG_BYTES: u64 = 1 << 20;

/// The log in a state folder; without a folder nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    folder: Option<PathBuf>,
}

/// A request in flight. If dropped before its end, it was cancelled.
pub struct Sent {
    audit: Audit,
    number: String,
    started: Instant,
    ended: bool,
}

impl Audit {
    /// The log in this folder.
    pub fn new(folder: Option<&Path>) -> Self {
        Self { folder: folder.map(Path::to_path_buf) }
    }

    /// Where the lines are.
    pub fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join("sent.jsonl"))
    }

    /// Whether this is the first request to an origin; remembers the origin. If the file of origins cannot be written, each process
    /// considers each origin new once.
    pub fn is_new(&self, origin: &str) -> bool {
        let Some(file) = self.folder.as_ref().map(|folder| folder.join("origins")) else { return is_first("origin", origin) };
        if records::read(&file).unwrap_or_default().lines().any(|line| line == origin) {
            return false;
        }
        match records::append(&file, origin, MAX_LOG_BYTES) {
            Ok(()) => true,
            Err(error) => {
                report::log(Level::Warning, format_args!("{} cannot be written: {error}", file.display()));
                is_first("origin", origin)
            }
        }
    }

    /// Whether this process has not reported yet that requests to an origin cannot be recorded.
    pub fn is_first_loss(&self, origin: &str) -> bool {
        is_first("loss", origin)
    }

    /// Records that a prompt goes out now. Returns where it is recorded, or why it cannot be.
    pub fn sends(&self, task: TaskKind, to: &Decision, prompt: &str, tokens: usize) -> (Sent, Result<PathBuf, String>) {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let line = json!({
            "time": now(), "request": number, "event": "sent", "task": task, "engine": to.engine, "model": to.model, "origin": to.origin,
            "tokens": tokens, "bytes": prompt.len(), "sha256": sha256(prompt), "why": to.reason,
        });
        let written = self.write(&line.to_string());
        (Sent { audit: self.clone(), number, started: Instant::now(), ended: false }, written)
    }

    fn write(&self, line: &str) -> Result<PathBuf, String> {
        const NO_FOLDER: &str = "there is no folder for it; set XDG_STATE_HOME or HOME to an absolute path";
        let file = self.file().ok_or(NO_FOLDER)?;
        records::append(&file, line, MAX_LOG_BYTES).map_err(|error| {
            report::log(Level::Warning, format_args!("the record of what is sent, {}, cannot be written: {error}", file.display()));
            format!("{} cannot be written: {error}", file.display())
        })?;
        Ok(file)
    }
}

/// Whether this process asks about this pair for the first time. Only 64 pairs are remembered; further ones always count as new.
fn is_first(what: &str, origin: &str) -> bool {
    static SEEN: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];
    let mut hasher = DefaultHasher::new();
    (what, origin).hash(&mut hasher);
    let hash = hasher.finish() | 1;
    let taken = SEEN.iter().find_map(|slot| match slot.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => Some(true),
        Err(known) => (known == hash).then_some(false),
    });
    taken.unwrap_or(true)
}

impl Sent {
    /// Records a retry, and its reason.
    pub fn again(&self, again: RetryReason) {
        let refused = if let RetryReason::Refused(status) = again { Some(status) } else { None };
        let line = json!({ "time": now(), "request": self.number, "event": "sent again", "refused": refused, "why": again.why() });
        let _ = self.audit.write(&line.to_string());
    }

    /// Records how it ended.
    pub fn ends(mut self, outcome: &Result<Answer, EngineError>) {
        self.ended = true;
        let (event, tokens) = match outcome {
            Ok(answer) => {
                let timing = &answer.finished.timing;
                ("answered", json!({ "in": timing.tokens_decoded + timing.tokens_reused, "out": timing.tokens_out }))
            }
            Err(error) if error.kind == ErrorKind::Cancelled => ("stopped", json!(null)),
            Err(_) => ("failed", json!(null)),
        };
        self.end(event, tokens);
    }

    fn end(&self, event: &str, tokens: serde_json::Value) {
        let took = self.started.elapsed().as_millis() as u64;
        let line = json!({ "time": now(), "request": self.number, "event": event, "tokens": tokens, "ms": took });
        let _ = self.audit.write(&line.to_string());
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.ended {
            self.end("stopped", json!(null));
        }
    }
}

fn now() -> String {
    utc(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Seconds since 1970 in the form `2026-11-25T17:42:26Z`.
fn utc(seconds: u64) -> String {
    // The usual civil-calendar formula; years start in March so that leap days come last.
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
