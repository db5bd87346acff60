//! Token counts: exact once the engine process is up, cached by content; a careful estimate until then, so that nobody waits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::xxh3_64;

use super::link::Link;
use super::spec::Subject;
use crate::engine::llama::wire::{Answer, Order};
use crate::engine::{Estimate, Tokens};

/// Longest wait for an exact count. Counting takes microseconds where no prompt is being read.
const PATIENCE: Duration = Duration::from_millis(8);

/// After a count that took longer, estimates serve for this long: the model is at work, and many texts are counted in a row.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Counter {
    subject: Subject,
    link: Link,
    born: Instant,
    /// Milliseconds after `born` until which estimates serve.
    paused_until: AtomicU64,
}

impl Counter {
    pub fn new(subject: Subject, link: Link) -> Self {
        Self { subject, link, born: Instant::now(), paused_until: AtomicU64::new(0) }
    }

    fn exact(&self, text: &str) -> Option<usize> {
        let now = self.born.elapsed();
        if !self.link.ready() || now.as_millis() < u128::from(self.paused_until.load(Ordering::Relaxed)) {
            return None;
        }
        let model = self.subject.model().ok()?;
        let mut answers = self.link.send(Order::Count { model: model.spec.clone(), texts: vec![text.into()] }, &model.spec);
        while self.born.elapsed() < now + PATIENCE {
            match answers.try_recv() {
                Ok(Answer::Counts(counts)) => return counts.first().map(|count| *count as usize),
                Ok(Answer::Failed { .. }) | Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => return None,
                Ok(_) | Err(tokio::sync::mpsc::error::TryRecvError::Empty) => std::thread::sleep(Duration::from_micros(50)),
            }
        }
        self.paused_until.store((now + PAUSE).as_millis() as u64, Ordering::Relaxed);
        None
    }
}

impl Tokens for Counter {
    fn count(&self, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        let hash = xxh3_64(text.as_bytes());
        if let Some(count) = self.subject.count(hash) {
            return count;
        }
        let Some(count) = self.exact(text) else { return Estimate.count(text) };
        self.subject.remember(hash, count);
        count
    }
}
