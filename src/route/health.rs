//! What is known of each engine from its last answers: whether it is well, and how fast it reads and writes.

use std::time::{Duration, Instant};

use crate::engine::{EngineError, ErrorKind, Timing};

/// Failures in a row after which an engine is left alone for a while.
const FAILURES: u32 = 3;
/// How long it is left alone the first time; doubles with every further failure, up to `MOST_DOUBLINGS` times.
const PAUSE: Duration = Duration::from_secs(5);
const MOST_DOUBLINGS: u32 = 4;
/// Weight of the newest measurement.
const NEWEST: f64 = 0.3;
/// Fewer tokens say little about a rate.
const TELLING: u64 = 16;

/// One engine's health.
#[derive(Clone, Debug, Default)]
pub struct Health {
    failures: u32,
    rests_until: Option<Instant>,
    /// The last failure, until the next success.
    pub problem: Option<String>,
    /// Tokens per second, averaged over the last answers.
    pub prefill_rate: Option<f64>,
    pub decode_rate: Option<f64>,
}

impl Health {
    /// Whether it should be asked now. After a rest one request tries it.
    pub fn is_well(&self, now: Instant) -> bool {
        self.rests_until.is_none_or(|until| until <= now)
    }

    pub fn succeeded(&mut self, timing: &Timing) {
        self.failures = 0;
        self.rests_until = None;
        self.problem = None;
        measure(&mut self.prefill_rate, timing.tokens_decoded, timing.prefill_ms);
        measure(&mut self.decode_rate, timing.tokens_out, timing.decode_ms);
    }

    /// Counts a failure of the engine itself; true when this is news to the user.
    pub fn failed(&mut self, error: &EngineError, now: Instant) -> bool {
        if !matches!(error.kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Configuration) {
            return false;
        }
        let news = self.problem.is_none();
        self.problem = Some(error.message.clone());
        self.failures += 1;
        if self.failures >= FAILURES {
            let doublings = (self.failures - FAILURES).min(MOST_DOUBLINGS);
            self.rests_until = Some(now + PAUSE * 2u32.pow(doublings));
        }
        news
    }
}

fn measure(rate: &mut Option<f64>, tokens: u64, milliseconds: f64) {
    if tokens < TELLING || milliseconds <= 0.0 {
        return;
    }
    let now = tokens as f64 * 1000.0 / milliseconds;
    *rate = Some(rate.map_or(now, |before| before * (1.0 - NEWEST) + now * NEWEST));
}
