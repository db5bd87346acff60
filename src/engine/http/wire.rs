//! One server: requests with retries, answers as frames within the limits. Redirects are refused, proxies are off, and a key goes only to
//! its own origin.

use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::endpoint::Endpoint;
use super::key::KeySource;
use super::keyless::{self, Keyless};
use super::limits::{Limits, Need, Times};
use super::reply::{Format, Reply};
use super::window;
use crate::config::EngineConfig;
use crate::engine::{EngineError, ErrorKind, Event, Priority, Refusal, RetryReason};
use crate::redact;
use crate::web::{self, Client, HeaderValue, Method, StatusCode, header};

/// A server and how to reach it.
pub struct Wire {
    pub engine: String,
    pub endpoint: Endpoint,
    pub limits: Limits,
    client: Client,
    key: KeySource,
}

/// The time limits of one request.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    pub started: Instant,
    pub first: Duration,
    pub idle: Duration,
    pub total: Duration,
    pub typing: bool,
}

/// Maximum bytes of an error's body that are read: some errors repeat the whole request.
const ERROR_BODY: usize = 4 << 20;

/// The result of an attempt.
enum AttemptOutcome {
    Answered(web::Answer),
    /// The connection broke before anything arrived: mostly a kept connection that the server has closed in the meantime.
    Stale(EngineError),
    /// Worth another attempt.
    RetryReason(EngineError),
    Failed(EngineError),
}

impl Wire {
    /// A client for one server; nothing is sent yet.
    pub fn new(engine: &str, config: &EngineConfig, endpoint: Endpoint, limits: Limits) -> Self {
        let client = Client::direct(limits.connect, usize::MAX);
        let key = KeySource::new(engine, config, &endpoint);
        Self { engine: engine.into(), endpoint, limits, client, key }
    }

    /// The limits for a request, which begins now.
    pub fn times(&self, need: Need) -> TimeLimits {
        let Times { first, idle, total } = self.limits.times(need);
        TimeLimits { started: Instant::now(), first, idle, total, typing: need.priority == Priority::Typing }
    }

    /// The limits for a request that is not worth a long wait.
    pub fn brief(&self) -> TimeLimits {
        TimeLimits { started: Instant::now(), first: self.limits.list, idle: self.limits.idle, total: self.limits.list, typing: true }
    }

    /// The limits for a request whose answer is needed.
    pub fn patient(&self) -> TimeLimits {
        self.times(Need { priority: Priority::Normal, prompt_tokens: 0, max_tokens: 0, whole_calls: false, late_head: false })
    }

    /// Sends a request and waits for the head of a good response. Each retry is an event.
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        format: Format,
        times: TimeLimits,
        events: &Sender<Event>,
    ) -> Result<Reply, EngineError> {
        let outcome = self.exchange(path, Some(body), times, Some(events)).await;
        outcome.map(|answer| Reply::new(self.name(), answer, format, times, &self.limits))
    }

    /// Fetches a small JSON document, such as a list of models.
    pub async fn json(&self, path: &str, body: Option<&Value>, times: TimeLimits) -> Result<Value, EngineError> {
        let answer = self.exchange(path, body, times, None).await?;
        let bytes = limited_body(answer, self.limits.body, times.first).await;
        let said = serde_json::from_slice(&bytes).map(|said| keyless::without(&self.key, said));
        said.map_err(|_| EngineError::new(ErrorKind::Protocol, format!("{}: {path} did not answer with JSON", self.name())))
    }

    /// A filter that keeps the key out of an answer.
    pub(super) fn keyless(&self) -> Keyless<'_> {
        Keyless::new(&self.key)
    }

    /// An error without the key and other secrets: servers echo both in their messages.
    pub fn redacted(&self, error: EngineError) -> EngineError {
        let masked = |text: &str| redact::mask(&self.key.redact_all(text));
        let message = masked(&error.message);
        let refusal = error.refusal.map(|refusal| Box::new(Refusal { said: masked(&refusal.said), ..*refusal }));
        EngineError { message, refusal, ..error }
    }

    /// The engine and its address, for messages.
    pub fn name(&self) -> String {
        format!("engines.{} ({})", self.engine, self.endpoint.origin())
    }

    async fn exchange(
        &self,
        path: &str,
        body: Option<&Value>,
        times: TimeLimits,
        events: Option<&Sender<Event>>,
    ) -> Result<web::Answer, EngineError> {
        let again = async |why| {
            if let Some(events) = events {
                let _ = events.send(Event::SentAgain(why)).await;
            }
        };
        let (mut trial, mut fresh) = (0, None);
        loop {
            let (error, has_left) = match self.trial(fresh.as_ref().unwrap_or(&self.client), path, body, times).await {
                AttemptOutcome::Answered(answer) => return Ok(answer),
                AttemptOutcome::Failed(error) => return Err(error),
                // Immediately, even while the user types, and not over another kept connection.
                AttemptOutcome::Stale(_) if fresh.is_none() => {
                    fresh = Some(Client::direct(self.limits.connect, 0));
                    again(RetryReason::Lost).await;
                    continue;
                }
                AttemptOutcome::Stale(error) => (error, true),
                // If no connection was made, nothing was sent that could have had an effect.
                AttemptOutcome::RetryReason(error) => {
                    let was_refused = error.refusal.is_some();
                    (error, was_refused)
                }
            };
            let refusal = error.refusal.as_ref();
            let (asked, refused) = (refusal.and_then(|refusal| refusal.retry_after), refusal.map(|refusal| refusal.status));
            let wait = asked.unwrap_or_else(|| jitter(self.limits.backoff * 2u32.pow(trial)));
            let too_long = wait > self.limits.longest_wait || times.started.elapsed().saturating_add(wait) > times.total;
            if trial >= self.limits.retries || times.typing || too_long {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            if has_left {
                again(refused.map_or(RetryReason::Lost, RetryReason::Refused)).await;
            }
            trial += 1;
        }
    }

    /// Reads the key, if one is configured.
    ///
    /// # Errors
    /// The configured source has none.
    pub(super) async fn has_key(&self) -> Result<bool, EngineError> {
        Ok(self.key.get().await?.is_some())
    }

    async fn trial(&self, client: &Client, path: &str, body: Option<&Value>, times: TimeLimits) -> AttemptOutcome {
        let url = self.endpoint.at(path);
        let key = match self.key.get().await {
            Ok(key) => key,
            Err(error) => return AttemptOutcome::Failed(error),
        };
        let key = key.and_then(|key| key.header(&url)).map(|key| (header::AUTHORIZATION, key));
        let kind = body.map(|_| (header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let sending = client.send(method, &url, key.into_iter().chain(kind), body.map(Value::to_string).unwrap_or_default());
        let left = times.first.min(times.total.saturating_sub(times.started.elapsed()));
        let answer = match tokio::time::timeout(left, sending).await {
            Err(_) => {
                let message =
                    format!("{} did not answer within {} s; is it loading a model, or overloaded?", self.name(), left.as_secs_f64().ceil());
                return AttemptOutcome::Failed(EngineError::new(ErrorKind::TimedOut, message));
            }
            Ok(Err(failure)) => return self.unreachable(failure),
            Ok(Ok(answer)) => answer,
        };
        let status = answer.status;
        if status == StatusCode::OK {
            return match answer.headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
                true => AttemptOutcome::Answered(answer),
                false => {
                    let message = format!("{} sent a compressed answer, which was not requested", self.name());
                    AttemptOutcome::Failed(EngineError::new(ErrorKind::Protocol, message))
                }
            };
        }
        let retry_after = answer.headers.get(header::RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?));
        let location = answer.headers.get(header::LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
        let body = limited_body(answer, ERROR_BODY, Duration::from_secs(2)).await;
        // Before it becomes part of a message: its end may be the beginning of the key.
        let said = said(&body).map(|said| self.key.redact_all(&said));
        let refusal = Refusal { status: status.as_u16(), said: said.clone().unwrap_or_default(), retry_after };
        let error = self.refused(status, path, said, retry_after, location.map(|to| self.key.redact_all(&shown(&to))));
        let error = EngineError { refusal: Some(Box::new(refusal)), ..error };
        match (status.as_u16(), error.kind) {
            (408 | 425 | 429 | 500 | 502..=504 | 529, ErrorKind::Unavailable) => AttemptOutcome::RetryReason(error),
            _ => AttemptOutcome::Failed(error),
        }
    }

    fn unreachable(&self, web::Failure { unsent, cause }: web::Failure) -> AttemptOutcome {
        let name = self.name();
        if unsent {
            let certificate = ["certificate", "UnknownIssuer", "CaUsedAsEndEntity"].iter().any(|word| cause.contains(word));
            if certificate {
                let message = format!("{name}: the server's certificate is not trusted ({cause}); nothing was sent");
                return AttemptOutcome::Failed(EngineError::new(ErrorKind::Configuration, message));
            }
            let message = format!("{name} cannot be reached ({cause}); is the server running, is `base_url` right?");
            return AttemptOutcome::RetryReason(EngineError::new(ErrorKind::Unavailable, message));
        }
        let tls = if self.endpoint.is_encrypted() { "" } else { ". A server that uses TLS needs https:// in `base_url`" };
        if cause.starts_with("invalid HTTP") {
            let message = format!("{name} does not answer as a server of HTTP does ({cause}); check `base_url`{tls}");
            return AttemptOutcome::Failed(EngineError::new(ErrorKind::Protocol, message));
        }
        AttemptOutcome::Stale(EngineError::new(ErrorKind::Unavailable, format!("{name}: the connection broke ({cause}); try again{tls}")))
    }

    /// The error for a status that is not an answer, for the user.
    fn refused(
        &self,
        status: StatusCode,
        path: &str,
        said: Option<String>,
        retry_after: Option<Duration>,
        location: Option<String>,
    ) -> EngineError {
        let name = self.name();
        let is_overflow = said.as_deref().is_some_and(window::is_overflow);
        let window = said.as_deref().and_then(window::named);
        let window = window.map_or_else(|| "a smaller `context`".into(), |tokens| format!("`context = {tokens}`"));
        let detail = said.map_or(String::new(), |said| format!(": {}", said.trim_end_matches('.')));
        let later = retry_after.map_or_else(|| "wait a little".into(), |time| format!("it asks to wait for {}", span(time)));
        let (kind, message) = match status.as_u16() {
            401 | 403 => (
                ErrorKind::Configuration,
                format!("{name} does not accept the key ({status}){detail}. Set the key with `api_key_env` or `api_key_command`"),
            ),
            402 => (ErrorKind::Configuration, format!("{name} requires payment ({status}){detail}")),
            status_of if status_of == 413 || is_overflow => {
                let message = format!("{name}: the prompt does not fit ({status}){detail}. Set {window} below [engines.{}]", self.engine);
                (ErrorKind::TooLong, message)
            }
            404 => (
                ErrorKind::Configuration,
                format!("{name} does not know {path} or the model ({status}){detail}. Check `base_url` and `model`"),
            ),
            300..=399 => {
                let to = location.map_or(String::new(), |to| format!(" to {to}"));
                (
                    ErrorKind::Configuration,
                    format!("{name} redirects{to} ({status}), which is refused; put the final address into `base_url`"),
                )
            }
            429 => (ErrorKind::Unavailable, format!("{name} is asked too often ({status}){detail}; {later}")),
            408 | 425 => (ErrorKind::Unavailable, format!("{name} does not answer now ({status}){detail}; {later}")),
            500..=599 if retry_after.is_some() => (ErrorKind::Unavailable, format!("{name} failed ({status}){detail}; {later}")),
            500..=599 => (ErrorKind::Unavailable, format!("{name} failed ({status}){detail}; try again, or look at the server's log")),
            _ => (ErrorKind::Configuration, format!("{name} refused the request ({status}){detail}")),
        };
        EngineError::new(kind, message)
    }
}

/// Where a redirect leads, without the parts that may be private.
fn shown(to: &url::Url) -> String {
    super::endpoint::origin(to) + to.path()
}

/// At most `cap` bytes of a body, as much as arrives in time.
async fn limited_body(mut answer: web::Answer, cap: usize, time: Duration) -> Vec<u8> {
    let mut body = vec![];
    let reading = async {
        while let Ok(Some(chunk)) = answer.piece().await {
            body.extend_from_slice(&chunk[..chunk.len().min(cap - body.len())]);
            if body.len() >= cap {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(time, reading).await;
    body
}

/// What a server's error document says, cut to one line; `None` for pages and garbage. Of a truncated document, the first complete message.
fn said(body: &[u8]) -> Option<String> {
    let body = body.trim_ascii();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => error_text(&value),
        Err(error) if error.is_eof() && body.starts_with(b"{") => first_message(&String::from_utf8_lossy(body)),
        Err(_) => None,
    }
}

/// The first message in a truncated document.
fn first_message(document: &str) -> Option<String> {
    let behind = |name: &str| document.split_once(&format!("\"{name}\"")).map(|(_, rest)| rest.trim_start().trim_start_matches(':'));
    let read = |rest: &str| serde_json::Deserializer::from_str(rest).into_iter::<String>().next()?.ok();
    MESSAGES.iter().find_map(|name| read(behind(name)?)).map(|text| one_line(&text))
}

/// The names of the message in an error.
const MESSAGES: [&str; 3] = ["message", "detail", "msg"];

/// Whether an encoding is the identity.
fn is_plain(encoding: &HeaderValue) -> bool {
    let plain = |one: &str| matches!(one.trim().to_ascii_lowercase().as_str(), "" | "identity");
    encoding.to_str().is_ok_and(|all| all.split(',').all(plain))
}

/// A duration for display.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{} s", seconds.max(1)),
        seconds @ 120..7200 => format!("{} minutes", seconds.div_ceil(60)),
        seconds @ 7200..172_800 => format!("{} hours", seconds.div_ceil(3600)),
        seconds => format!("{} days", seconds.div_ceil(86_400)),
    }
}

/// The message of an error object in any usual shape, with the field that it is about.
pub(super) fn error_text(value: &Value) -> Option<String> {
    let error = value.get("error").unwrap_or(value);
    let text = MESSAGES.iter().find_map(|key| message(error.get(key)?)).or_else(|| message(error))?;
    // What the gateway's own upstream said.
    let behind = error.pointer("/metadata/raw").and_then(Value::as_str);
    let about = error.get("param").and_then(Value::as_str).filter(|about| !text.contains(about));
    let more = behind.map(|raw| format!(": {raw}")).into_iter().chain(about.map(|about| format!(" ({about})")));
    Some(one_line(&more.fold(text, |text, more| text + &more)))
}

/// A message, as a text or as FastAPI's list of problems and their places.
fn message(said: &Value) -> Option<String> {
    let entry = |entry: &Value| {
        let place = entry.get("loc").and_then(Value::as_array).into_iter().flatten();
        let place: Vec<&str> = place.filter_map(Value::as_str).collect();
        let wrong = entry.get("msg")?.as_str()?;
        Some(if place.is_empty() { wrong.to_string() } else { format!("{}: {wrong}", place.join(".")) })
    };
    match said {
        Value::String(text) => Some(text.clone()),
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().take(MAX_ENTRIES).filter_map(entry).collect();
            (!entries.is_empty()).then(|| entries.join("; "))
        }
        Value::Object(fields) => fields.get("detail").and_then(message),
        _ => None,
    }
}

/// Entries of such a list that are shown.
const MAX_ENTRIES: usize = 3;

/// Server text for use in a message: short, one line, no control characters.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect::<String>().trim().to_string()
}

/// The value of `Retry-After`: seconds, or a date.
fn retry_after(text: &str) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse::<u64>().unwrap_or(u64::MAX)));
    }
    let at = http_date(text)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(at).saturating_sub(now))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970.
fn http_date(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split([' ', ':']).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = parts[..] else { return None };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|name| *name == month)? as i64 + 1;
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| (0..10_000).contains(number));
    let (day, year) = (number(day)?, number(year)?);
    // Days since 1970 by the usual civil-calendar formula; years start in March so that leap days come last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    u64::try_from(days * 86_400 + number(hour)? * 3600 + number(minute)? * 60 + number(second)?).ok()
}

/// A random time between half of `most` and all of it, so that clients do not all come back at once.
fn jitter(most: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    most / 2 + (most / 2).mul_f64(f64::from(nanos % 1000) / 1000.0)
}
