//! What the last answers of each engine tell: whether it is well, how long it is left alone, how fast it reads and writes. This is the only
//! circuit breaker; engines themselves ask whenever they are asked.

use std::time::{Duration, Instant};

use crate::engine::{EngineError, ErrorKind, Timing};

/// After this many failures in a row an engine is left alone for a while.
const FAILURES: u32 = 3;
/// After this many answers in a row that came too late for somebody who types, an engine is left alone as well.
const LATE: u32 = 6;
/// How long it is left alone the first time; doubles with every further failure, up to `MOST_DOUBLINGS` times.
pub const PAUSE: Duration = Duration::from_secs(5);
const MOST_DOUBLINGS: u32 = 3;
/// The longest time for which a server's wish to be left alone is respected.
const LONGEST: Duration = Duration::from_secs(600);
/// How long who types stays away from an engine that refuses the key: until a person has had an answer of it, or the configuration is
/// another.
const FOR_GOOD: Duration = Duration::from_secs(10 * 365 * 86_400);
/// Weight of the newest measurement.
const NEWEST: f64 = 0.3;
/// Fewer tokens tell little about a rate.
const TELLING: u64 = 16;

/// Why an engine rests, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Its configuration is wrong: it is asked last, and may be fixed at any moment.
    Misconfigured,
    /// It fails: completions while typing go without it; what a person waits for tries it all the same.
    Failing,
    /// The server has asked for it.
    Asked,
}

/// One engine's health.
#[derive(Clone, Debug, Default)]
pub struct Health {
    failures: u32,
    /// Answers in a row that came too late for somebody who types.
    late: u32,
    rest: Option<(Rest, Instant)>,
    /// It has refused what was asked of it, and will until somebody puts that right: who only types sends it no code until then.
    barred: Option<Instant>,
    /// A request is finding out whether it is back.
    tried: bool,
    /// The last failure, until the next success.
    pub problem: Option<String>,
    /// Tokens per second, averaged over the last answers.
    pub prefill_rate: Option<f64>,
    pub decode_rate: Option<f64>,
}

/// The permission to ask an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It is well, or a person waits.
    Plain,
    /// It has rested. This request tests whether it is back; no other may until it has ended or is [given up](Health::gave_up).
    Trial,
}

impl Health {
    /// Whether it should be asked before others.
    pub fn is_well(&self, now: Instant) -> bool {
        self.rest.is_none_or(|(_, until)| until <= now)
    }

    /// Permission to ask, or how long it is still left alone. `typing`: nobody asked for this answer, it would only be welcome.
    pub fn may_ask(&mut self, typing: bool, now: Instant) -> Result<Leave, Duration> {
        if let Some(until) = self.barred.filter(|_| typing) {
            return self.trial(until, now);
        }
        let Some((rest, until)) = self.rest else { return Ok(Leave::Plain) };
        // A person who waits does not wait for another request's test as well.
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

    /// How long who types stays away after a refusal that is about the set-up.
    fn bars(&self, error: &EngineError) -> Option<Duration> {
        let refusal = error.refusal.as_ref().filter(|_| error.kind == ErrorKind::Configuration)?;
        match refusal.status {
            401..=403 => Some(FOR_GOOD),
            // A model may be fetched, and a server started anew.
            300..=399 | 404 => Some(LONGEST),
            // It may be about this one prompt.
            _ => (self.failures + 1 >= FAILURES).then_some(LONGEST),
        }
    }

    /// A trial ended without telling anything: the next request may be one.
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

    /// Counts a failure of the engine itself; true if the user should hear of it. `pause` is its first rest.
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
            self.rest = Some((Rest::Asked, now + asked.min(LONGEST)));
            return news;
        }
        // Whoever types waits only for moments. A slow server is not a dead one, unless it answers nothing for long.
        let (counted, enough) = match error.kind == ErrorKind::TimedOut && typing {
            true => (&mut self.late, LATE),
            false => (&mut self.failures, FAILURES),
        };
        *counted = counted.saturating_add(1);
        if *counted >= enough {
            self.rest = Some((rest, now + pause * 2u32.pow((*counted - enough).min(MOST_DOUBLINGS))));
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
