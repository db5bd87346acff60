//! Token counts: exact once the engine process is up, cached line by line; a careful estimate until then, so that nobody waits. Lines are
//! counted separately, because no tokenizer for code joins the end of a line with the next line.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::xxh3_64;

use super::link::Link;
use super::spec::{Model, Subject};
use crate::engine::llama::wire::{Answer, Order};
use crate::engine::{Estimate, Tokens};

/// How long to wait for exact counts. Counting takes microseconds per line.
const COUNT_WAIT: Duration = Duration::from_millis(8);
/// How long to wait for callers who asked for exact counts.
const COUNT_WAIT_IF_ASKED: Duration = Duration::from_millis(500);
/// After a slower count, estimates are used for this long: many texts are counted in a row.
const ESTIMATE_AFTER_SLOW_COUNT: Duration = Duration::from_secs(1);
/// How long an engine process may take to start and read its vocabulary.
const START: Duration = Duration::from_secs(5);
/// Callers wait for this long after they asked.
const PATIENT: Duration = Duration::from_secs(5);

/// Counts tokens of one model.
pub(super) struct Counter {
    subject: Subject,
    link: Link,
    born: Instant,
    /// Until this time, in milliseconds after `born`, estimates are used.
    paused_until: AtomicU64,
    /// Until this time, in milliseconds after `born`, somebody waits for exact counts.
    patient_until: AtomicU64,
}

impl Counter {
    /// A counter that asks the engine process over this link.
    pub fn new(subject: Subject, link: Link) -> Self {
        Self { subject, link, born: Instant::now(), paused_until: AtomicU64::new(0), patient_until: AtomicU64::new(0) }
    }

    fn milliseconds(&self) -> u64 {
        self.born.elapsed().as_millis() as u64
    }

    /// Exact counts from the engine process; none if that would take too long now.
    fn exact(&self, texts: &[&str]) -> Option<Vec<usize>> {
        let now = self.milliseconds();
        if !self.link.ready() || now < self.paused_until.load(Ordering::Relaxed) {
            return None;
        }
        let model = self.subject.model().ok()?;
        let patience = if now < self.patient_until.load(Ordering::Relaxed) { COUNT_WAIT_IF_ASKED } else { COUNT_WAIT };
        let counts = self.ask(&model, texts, patience);
        if counts.is_none() {
            self.paused_until.store(now + ESTIMATE_AFTER_SLOW_COUNT.as_millis() as u64, Ordering::Relaxed);
        }
        counts
    }

    fn ask(&self, model: &Model, texts: &[&str], patience: Duration) -> Option<Vec<usize>> {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        let wanted = texts.len();
        let mut answers = self.link.send(Order::Count { model: model.spec.clone(), texts }, &model.spec);
        let started = Instant::now();
        while started.elapsed() < patience {
            match answers.try_recv() {
                Ok(Answer::Counts(counts)) => {
                    return (counts.len() == wanted).then(|| counts.iter().map(|count| *count as usize).collect());
                }
                Ok(Answer::Failed { .. }) | Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => return None,
                Ok(_) | Err(tokio::sync::mpsc::error::TryRecvError::Empty) => std::thread::sleep(Duration::from_micros(50)),
            }
        }
        None
    }

    /// Sums the lines of a text: known counts, and for the rest those of `ask`, else estimates.
    fn sum(&self, text: &str, ask: impl FnOnce(&[&str]) -> Option<Vec<usize>>) -> usize {
        let (mut sum, mut unknown) = (0, vec![]);
        for line in lines(text) {
            match self.subject.count(xxh3_64(line.as_bytes())) {
                Some(count) => sum += count,
                None => unknown.push(line),
            }
        }
        if unknown.is_empty() {
            return sum;
        }
        let lines = unknown.len();
        let words: Vec<&str> = unknown.iter().copied().filter_map(path_of).collect();
        unknown.extend(words);
        let Some(counts) = ask(&unknown) else { return sum + Estimate.count(&unknown[..lines].concat()) };
        for (line, count) in unknown.iter().zip(&counts) {
            self.subject.remember(xxh3_64(line.as_bytes()), *count);
        }
        sum + counts.iter().take(lines).sum::<usize>()
    }
}

/// The path that a one-word line may be. It is counted both with and without its line end, so both are requested at once.
fn path_of(line: &str) -> Option<&str> {
    line.strip_suffix('\n').filter(|word| word.contains('.') && !word.contains(char::is_whitespace))
}

/// The lines of a text, each with its line end and the blank lines after it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            if end > 0 && !line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

impl Tokens for Counter {
    fn count(&self, text: &str) -> usize {
        self.sum(text, |unknown| self.exact(unknown))
    }

    fn prepare(&self) {
        let Ok(model) = self.subject.model() else { return };
        self.patient_until.store(self.milliseconds() + PATIENT.as_millis() as u64, Ordering::Relaxed);
        if !self.link.ready() {
            self.ask(&model, &["\n"], START);
        }
    }
}
