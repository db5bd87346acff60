//! What the last answers of each engine tell us: whether the engine works, how long it gets no requests, how fast it reads and writes. This
//! is the only circuit breaker; the engines themselves send every request they get.

use std::time::{Duration, Instant};

use crate::engine::{EngineError, ErrorKind, Timing};

/// After this many consecutive failures an engine gets no requests for a while: it rests.
const FAILURES: u32 = 3;
/// After this many consecutive completions that came too late for a typing user, an engine rests as well.
const LATE_COMPLETIONS: u32 = 6;
/// The first rest. It doubles with every further failure, up to `MAX_DOUBLINGS` times.
pub const FIRST_REST: Duration = Duration::from_secs(5);
const MAX_DOUBLINGS: u32 = 3;
/// The longest rest that a server can ask for (`Retry-After`).
const MAX_REST: Duration = Duration::from_secs(600);
/// How long typing sends nothing to an engine that rejects the key. A good answer to an explicit request, or a new configuration, ends this
/// earlier.
const FOR_GOOD: Duration = Duration::from_secs(10 * 365 * 86_400);
/// Weight of the newest measurement.
const NEWEST_WEIGHT: f64 = 0.3;
/// Fewer tokens say little about a rate.
const MIN_RATE_TOKENS: u64 = 16;

/// Why an engine rests, and for which requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Its configuration is wrong. It is tried last, but it is tried, because the user may correct the configuration at any moment.
    Misconfigured,
    /// It fails. Completions while typing skip it; requests that the user waits for still try it.
    Failing,
    /// The server has asked for a pause.
    Asked,
}

/// One engine's health.
#[derive(Clone, Debug, Default)]
pub struct Health {
    failures: u32,
    /// Consecutive completions that came too late for a typing user.
    late: u32,
    rest: Option<(Rest, Instant)>,
    /// Until then typing sends no code to it: it has refused a request for a reason that only the user can fix, such as a wrong key.
    barred: Option<Instant>,
    /// A trial request is running, which tests whether the engine works again.
    tried: bool,
    /// The last failure, until the next success.
    pub problem: Option<String>,
    /// Tokens per second, averaged over the last answers.
    pub prefill_rate: Option<f64>,
    pub decode_rate: Option<f64>,
}

/// The permission to send a request to an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The engine works, or the user waits for this answer.
    Plain,
    /// The engine has rested, and this request tests whether it works again. There is no second test until this one has ended or is [given
    /// up](Health::gave_up).
    Trial,
}

impl Health {
    /// Whether it should be asked before others.
    pub fn is_well(&self, now: Instant) -> bool {
        self.rest.is_none_or(|(_, until)| until <= now)
    }

    /// Permission to send a request to the engine, or how long it still rests. `typing` means that the user has not asked for this answer.
    pub fn may_ask(&mut self, typing: bool, now: Instant) -> Result<Leave, Duration> {
        if let Some(until) = self.barred.filter(|_| typing) {
            return self.trial(until, now);
        }
        let Some((rest, until)) = self.rest else { return Ok(Leave::Plain) };
        // A user who waits for an answer does not also wait for the result of another request's test.
        if rest == Rest::Misconfigured || !typing && (rest == Rest::Failing || until <= now) {
            return Ok(Leave::Plain);
        }
        self.trial(until, now)
    }

    fn trial(&mut self, until: Instant, now: Instant) -> Result<Leave, Duration> {
        if until > now || self.tried {
            return Err(until.saturating_duration_since(now));
        }
        self.tried = true;
        Ok(Leave::Trial)
    }

    /// How long typing sends nothing to the engine after this error; none if the error is not about the setup.
    fn bars(&self, error: &EngineError) -> Option<Duration> {
        let refusal = error.refusal.as_ref().filter(|_| error.kind == ErrorKind::Configuration)?;
        match refusal.status {
            401..=403 => Some(FOR_GOOD),
            // The user may fetch the model or restart the server, so this is tried again later.
            300..=399 | 404 => Some(MAX_REST),
            // The error may be about this one prompt.
            _ => (self.failures + 1 >= FAILURES).then_some(MAX_REST),
        }
    }

    /// A trial ended without a result, for example because it was cancelled: the next request may be the trial.
    pub fn gave_up(&mut self) {
        self.tried = false;
    }

    /// Notes a good answer, and measures its rates.
    pub fn succeeded(&mut self, timing: &Timing) {
        (self.failures, self.late) = (0, 0);
        (self.rest, self.barred) = (None, None);
        self.tried = false;
        self.problem = None;
        measure(&mut self.prefill_rate, timing.tokens_decoded, timing.prefill_ms);
        measure(&mut self.decode_rate, timing.tokens_out, timing.decode_ms);
    }

    /// Counts a failure of the engine itself; true if the user should be told. `pause` is its first rest.
    pub fn failed(&mut self, error: &EngineError, typing: bool, pause: Duration, now: Instant) -> bool {
        self.tried = false;
        let rest = match error.kind {
            ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Protocol => Rest::Failing,
            ErrorKind::Configuration => Rest::Misconfigured,
            _ => return false,
        };
        let news = self.problem.is_none();
        self.problem = Some(error.message.clone());
        self.barred = self.bars(error).map(|time| now + time).max(self.barred);
        if let Some(asked) = error.refusal.as_ref().and_then(|refusal| refusal.retry_after) {
            self.rest = Some((Rest::Asked, now + asked.min(MAX_REST)));
            return news;
        }
        // A typing user waits only for moments, so a slow answer does not mean that the server is dead. Only many consecutive late answers
        // count.
        let (counted, enough) = match error.kind == ErrorKind::TimedOut && typing {
            true => (&mut self.late, LATE_COMPLETIONS),
            false => (&mut self.failures, FAILURES),
        };
        *counted = counted.saturating_add(1);
        if *counted >= enough {
            self.rest = Some((rest, now + pause * 2u32.pow((*counted - enough).min(MAX_DOUBLINGS))));
        }
        news
    }
}

fn measure(rate: &mut Option<f64>, tokens: u64, milliseconds: f64) {
    if tokens < MIN_RATE_TOKENS || milliseconds <= 0.0 {
        return;
    }
    let now = tokens as f64 * 1000.0 / milliseconds;
    *rate = Some(rate.map_or(now, |before| before * (1.0 - NEWEST_WEIGHT) + now * NEWEST_WEIGHT));
}
