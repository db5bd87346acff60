//! A breaker: after failures in a row a server is left alone for a while, so that typing does not wait for a dead one.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The breaker of one origin. Two requests that race may both be counted or both be let through; neither does harm.
pub struct Breaker {
    failures_to_open: u32,
    pause: Duration,
    made: Instant,
    failures: AtomicU32,
    /// No request before this many milliseconds after `made`; 0 when closed.
    open_until: AtomicU64,
}

/// The pause doubles with every failed trial, up to this many times.
const MOST_DOUBLINGS: u32 = 4;

impl Breaker {
    pub fn new(failures_to_open: u32, pause: Duration) -> Self {
        Self { failures_to_open, pause, made: Instant::now(), failures: AtomicU32::new(0), open_until: AtomicU64::new(0) }
    }

    /// How long the server is still left alone; `None` when a request may go. After the pause one trial goes through at a time.
    pub fn left_alone(&self) -> Option<Duration> {
        let until = self.open_until.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        let left = Duration::from_millis(until).saturating_sub(self.made.elapsed());
        if left.is_zero() {
            self.open_for(self.pause);
            return None;
        }
        Some(left)
    }

    pub fn succeeded(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.open_until.store(0, Ordering::Relaxed);
    }

    /// Counts a failure; `at_least` is how long the server itself asked to be left alone.
    pub fn failed(&self, at_least: Option<Duration>) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let over = failures.saturating_sub(self.failures_to_open);
        let own = (failures >= self.failures_to_open).then(|| self.pause * 2u32.pow(over.min(MOST_DOUBLINGS)));
        if let Some(pause) = own.max(at_least) {
            self.open_for(pause);
        }
    }

    fn open_for(&self, pause: Duration) {
        let until = (self.made.elapsed() + pause).as_millis();
        self.open_until.store(u64::try_from(until).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }
}
