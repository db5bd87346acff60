//! Engines: whatever continues a conversation or fills a hole. An `Engine` takes a request and a cancel token, and yields events. `llama`
//! runs GGUF models in our own child process, `http` talks to servers, `scripted` plays faults and fast tests, `recorded` replays a session
//! from its `tape`.

pub mod check;
pub mod http;
pub mod llama;
pub mod locality;
pub mod recorded;
pub mod scripted;
pub mod tape;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::dialect::{Chat, Fim, ToolCall};
use crate::redact;

/// Cancels one request; clones share one flag. Dropping the event receiver cancels as well.
pub type Cancel = tokio_util::sync::CancellationToken;

/// The events of a running request; closed after `Done` or `Failed`.
pub type Events = tokio::sync::mpsc::Receiver<Event>;

/// What the model is asked to do.
#[derive(Clone, Debug)]
pub struct Request {
    pub ask: Ask,
    /// Maximum tokens to generate. The router adds to it for models that think.
    pub max_tokens: u32,
    /// 0.0 is greedy.
    pub temperature: f32,
    /// Generation ends before any of these texts.
    pub stop: Vec<String>,
    /// Background work yields to foreground work.
    pub priority: Priority,
}

/// A conversation or a hole.
#[derive(Clone, Debug)]
pub enum Ask {
    Chat(Chat),
    Fim(Fim),
}

impl Ask {
    /// This question with all secrets replaced. No engine is asked without this, and no preview shows a request without it. Names and
    /// descriptions of tools are this program's own text and have no secrets.
    pub fn masked(self) -> Self {
        match self {
            Ask::Chat(mut chat) => {
                for message in &mut chat.messages {
                    message.content = redact::mask(&message.content);
                    message.reasoning = message.reasoning.take().map(|text| redact::mask(&text));
                    message.tool_calls.iter_mut().for_each(|call| mask_texts(&mut call.arguments));
                }
                Ask::Chat(chat)
            }
            Ask::Fim(mut fim) => {
                (fim.prefix, fim.suffix) = (redact::mask(&fim.prefix), redact::mask(&fim.suffix));
                for file in &mut fim.files {
                    file.text = redact::mask(&file.text);
                }
                Ask::Fim(fim)
            }
        }
    }
}

/// Masks every text in a value.
fn mask_texts(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = redact::mask(text),
        serde_json::Value::Array(values) => values.iter_mut().for_each(mask_texts),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(mask_texts),
        _ => {}
    }
}

/// Whose request goes first: completions while typing before long answers, warm-up last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    Warm,
    #[default]
    Normal,
    /// A completion that the user asked for: as urgent as one while typing, but worth a longer wait.
    Invoked,
    Typing,
}

impl Priority {
    /// Whether the answer is a completion at the user's cursor.
    pub fn is_completion(self) -> bool {
        matches!(self, Self::Invoked | Self::Typing)
    }
}

/// A conversation as sent to a model. Whether it thinks depends on the user's setting (`configured`), then on the task; completions never
/// think, since that takes too long.
fn with_thinking(chat: &Chat, configured: Option<bool>, priority: Priority) -> Chat {
    Chat { thinking: configured.unwrap_or(chat.thinking) && !priority.is_completion(), ..chat.clone() }
}

/// Why a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryReason {
    /// The server refused it with this HTTP status.
    Refused(u16),
    /// The connection ended before an answer came.
    Lost,
    /// The model began to think, which takes too long for a completion: this time it is told not to.
    Thinks,
}

impl RetryReason {
    /// The reason in words, for the user.
    pub fn why(self) -> &'static str {
        match self {
            Self::Refused(_) => "the server refused it",
            Self::Lost => "the connection was lost",
            Self::Thinks => "the model began to think, and is told not to",
        }
    }
}

/// Something that happened to a request.
#[derive(Clone, Debug)]
pub enum Event {
    /// Work before the first token, such as loading a model or reading the prompt: `done` of `total` units of `stage`.
    Progress {
        stage: &'static str,
        done: u64,
        total: u64,
    },
    Reasoning(String),
    Text(String),
    /// All text so far was reasoning.
    TextWasReasoning,
    /// The request is sent again, unchanged or in another form.
    SentAgain(RetryReason),
    /// What it has cost so far; comes before the text that it paid for.
    Cost(Timing),
    /// A complete call. Its id begins with [`FOUND`] if it was read from text left by a server that parses calls itself.
    Call(ToolCall),
    Done(Finished),
    Failed(EngineError),
}

/// The prefix of such an id; see [`Event::Call`].
pub const FOUND: &str = "text_";

/// The result of a request that ended well.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    pub reason: Finish,
    /// The model that actually answered, by the server's name for it.
    pub model: String,
    pub timing: Timing,
    /// The server's own word for the end, if that is neither a good one nor known.
    pub cut: Option<String>,
}

/// Why generation stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    #[default]
    Stop,
    /// `max_tokens` or the context ran out, or whatever the server says in [`Finished::cut`].
    Length,
    ToolCalls,
}

impl Finish {
    /// How an answer with `calls` complete calls ends, whichever engine served it. If tokens ran out inside a call, the answer is merely
    /// short and its complete calls count. Otherwise an unreadable call spoils the answer, because other calls may build on it.
    pub(crate) fn of(self, calls: usize, unreadable: Option<String>) -> Result<Self, String> {
        match (self, unreadable) {
            (Finish::Length, _) => Ok(Finish::Length),
            (_, Some(why)) => Err(format!("the model's tool call cannot be read: {why}")),
            (finish, None) => Ok(if calls > 0 { Finish::ToolCalls } else { finish }),
        }
    }
}

/// Where the time went. Tokens are counted by the model's tokenizer; milliseconds are wall time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    pub queued_ms: f64,
    pub load_ms: f64,
    pub prefill_ms: f64,
    pub decode_ms: f64,
    pub total_ms: f64,
    /// Prompt tokens found in the KV cache.
    pub tokens_reused: u64,
    /// Those of them whose cache was read from disk.
    pub tokens_restored: u64,
    /// Prompt tokens that had to be decoded.
    pub tokens_decoded: u64,
    /// Tokens generated.
    pub tokens_out: u64,
    /// Mean log-probability of the generated tokens (the model's confidence), if the engine knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_logprob: Option<f64>,
}

impl Timing {
    /// For an answer that was not read to its end, by an engine that tells no costs: when it was asked for, when its first text came, and
    /// in how many pieces.
    fn seen(started: Instant, first: Instant, pieces: u64) -> Self {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        Self {
            prefill_ms: milliseconds(first - started),
            decode_ms: milliseconds(first.elapsed()),
            total_ms: milliseconds(started.elapsed()),
            tokens_out: pieces,
            ..Self::default()
        }
    }
}

/// What an engine can do, known once its model is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {
    pub fim: bool,
    pub chat: bool,
    pub tools: bool,
    /// Context window in tokens.
    pub context: u32,
    /// Measured tokens per second for reading a prompt, once measured.
    pub prefill_rate: Option<f64>,
    pub decode_rate: Option<f64>,
    /// The server's name for the model, if it gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<String>,
    /// Models on a server's list, if the configured one is not among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Its model thinks before an answer (not before a completion), so an answer's tokens have to cover the reasoning too.
    #[serde(skip)]
    pub thinks: bool,
    /// Why the server said nothing about its models, so that all of this is assumed.
    #[serde(skip)]
    pub unsaid: Option<String>,
    /// The context window is unknown.
    #[serde(skip)]
    pub any_window: bool,
    /// The share of what would usually be sent that is sent now, because the model has refused more; none before that.
    #[serde(skip)]
    pub share: Option<f64>,
}

/// The context window assumed if none is known.
pub const ANY_WINDOW: u32 = 1 << 24;

impl Caps {
    /// What is assumed about an engine of which nothing is known.
    pub fn assumed() -> Self {
        Self { fim: true, chat: true, tools: true, context: ANY_WINDOW, ..Self::default() }
    }

    /// How much is sent now of an amount that would usually be sent.
    pub fn cut(&self, amount: usize) -> usize {
        self.share.map_or(amount, |share| (amount as f64 * share) as usize)
    }

    /// The same abilities with a share that should fit where this prompt did not. What cannot be made shorter is part of every prompt, so a
    /// second cut takes half at least.
    pub fn after(&self, overflow: Overflow) -> Self {
        let fits = f64::from(overflow.room) / f64::from(overflow.prompt.max(1)) * CUT_SAFETY;
        let share = self.share.map_or(fits, |share| share * fits.min(0.5));
        Self { share: Some(share), ..self.clone() }
    }
}

/// A prompt is cut to a bit less than what has room: its parts are whole lines and definitions.
const CUT_SAFETY: f64 = 0.9;

/// A prompt that was too long, as the model's own tokenizer counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// Tokens of the prompt.
    pub prompt: u32,
    /// Tokens that a prompt may have next to the answer.
    pub room: u32,
}

/// Boxed future, so that `Engine` can be a trait object.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that answers requests.
pub trait Engine: Send + Sync {
    /// The configured model name.
    fn model(&self) -> String;
    /// Where requests go: `None` for our own engine process, else the origin (`scheme://host:port`).
    fn origin(&self) -> Option<String>;
    /// What the engine can do. Loads the model or asks the server for it.
    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>>;
    /// Starts a request; must be called inside a tokio runtime. Never blocks.
    fn start(&self, request: Request, cancel: Cancel) -> Events;
    /// A counter of tokens: exact if the tokenizer is at hand, else a careful estimate.
    fn tokens(&self) -> Arc<dyn Tokens>;
    /// The prompt text that `start` would send, for `contextPreview`.
    fn preview(&self, ask: &Ask) -> String;
    /// What [`caps`](Self::caps) would return, as far as that is known without asking or loading anything. Wrappers must pass it on:
    /// previews depend on it.
    fn known_caps(&self) -> Caps;
}

/// Counts a model's tokens. Cheap: counts are cached by content.
pub trait Tokens: Send + Sync {
    fn count(&self, text: &str) -> usize;

    /// Loads the tokenizer if it is on this machine, and waits for it. For callers that only need counts.
    fn prepare(&self) {}
}

/// Counts without a tokenizer: by words and the signs between them, as tokenizers for code split them. Within a tenth on source code,
/// erring on the high side.
pub struct Estimate;

/// Bytes of code per token, a conservative figure: for sizes needed before anything is counted.
pub const BYTES_PER_TOKEN: usize = 3;

/// The cost of a stretch by kind, in hundredths of a token.
const WORD: usize = 95;
const LETTER: usize = 9;
const DIGIT: usize = 95;
const MARK: usize = 68;
const MORE_MARKS: usize = 36;
const LINE: usize = 125;
const BLANKS: usize = 95;
const BYTE: usize = 55;

impl Tokens for Estimate {
    fn count(&self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let (mut at, mut sum) = (0, 0);
        while at < bytes.len() {
            let start = at;
            let first = bytes[at];
            if first.is_ascii_alphabetic() {
                // A word inside an identifier: capitals, then lower-case letters.
                while at < bytes.len() && bytes[at].is_ascii_uppercase() {
                    at += 1;
                }
                while at < bytes.len() && bytes[at].is_ascii_lowercase() {
                    at += 1;
                }
                sum += WORD + (at - start).saturating_sub(5) * LETTER;
            } else if first.is_ascii_digit() {
                at += 1;
                sum += DIGIT;
            } else if first.is_ascii_whitespace() {
                while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                let stretch = &bytes[start..at];
                // A single space belongs to what follows it.
                sum += if stretch.contains(&b'\n') {
                    LINE
                } else if stretch.len() > 1 {
                    BLANKS
                } else {
                    0
                };
            } else if first.is_ascii() {
                while at < bytes.len() && bytes[at].is_ascii() && !bytes[at].is_ascii_alphanumeric() && !bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                sum += MARK + (at - start - 1) * MORE_MARKS;
            } else {
                at += 1;
                sum += BYTE;
            }
        }
        sum.div_ceil(100)
    }
}

/// Why a request failed, for the user: what failed, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineError {
    pub kind: ErrorKind,
    pub message: String,
    /// The server's refusal, for decisions in code; users read the message.
    pub refusal: Option<Box<Refusal>>,
    /// The text of the answer until it failed.
    pub partial: String,
    /// The answer had begun and was lost in transit: the same request may well succeed.
    pub broke_off: bool,
    /// By how much a prompt was too long, if the model's tokenizer has counted it.
    pub overflow: Option<Overflow>,
}

/// A server's refusal as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The server's own words, on one line.
    pub said: String,
    /// How long the server asks us to wait.
    pub retry_after: Option<Duration>,
}

/// What the caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Cancelled,
    /// Not reachable, crashed or overloaded: another engine may answer.
    Unavailable,
    TimedOut,
    /// Wrong configuration: key, model name, file. Retrying does not help.
    Configuration,
    /// The prompt does not fit into the context.
    TooLong,
    /// The model wrote something unreadable, such as half a call. It can be told so and try again.
    Garbled,
    /// The server sent something that is not an answer, such as a web page. Another engine may help, the same request does not.
    Protocol,
    /// This engine cannot do this, because it lacks FIM tokens or tools.
    Unsupported,
    /// No engine could help: the request makes no sense here, or its result is not offered.
    Refused,
}

impl EngineError {
    /// An error without a refusal and without partial text.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), refusal: None, partial: String::new(), broke_off: false, overflow: None }
    }

    /// The error for an answer that had begun and was lost in transit.
    pub fn broken_off(message: impl Into<String>) -> Self {
        Self { broke_off: true, ..Self::new(ErrorKind::Unavailable, message) }
    }

    /// The error of a request that its caller cancelled.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "cancelled")
    }

    /// The error for what is refused here, whatever an engine can do.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, why)
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EngineError {}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<ToolCall>,
    pub finished: Finished,
}

/// Waits until a request ends. `each` sees every event as it arrives, for example to stream text to the editor.
pub async fn collect(events: Events, mut each: impl FnMut(&Event)) -> Result<Answer, EngineError> {
    let all = |event: &Event| {
        each(event);
        ControlFlow::Continue(())
    };
    collect_while(events, all).await
}

/// [`collect`] until `each` breaks. The engine stops because nobody listens any more, and the costs are the last that it told, else those
/// measured here.
pub async fn collect_while(mut events: Events, mut each: impl FnMut(&Event) -> ControlFlow<()>) -> Result<Answer, EngineError> {
    let started = Instant::now();
    let mut answer = Answer::default();
    // When the first text came, and in how many pieces.
    let (mut first, mut pieces) = (None, 0);
    let mut cost = None;
    while let Some(event) = events.recv().await {
        let flow = each(&event);
        match event {
            Event::Progress { .. } | Event::SentAgain(_) => {}
            Event::Cost(timing) => cost = Some(timing),
            Event::Reasoning(text) => answer.reasoning.push_str(&text),
            Event::Text(text) => {
                first.get_or_insert_with(Instant::now);
                pieces += 1;
                answer.text.push_str(&text);
            }
            Event::TextWasReasoning => answer.reasoning.push_str(&std::mem::take(&mut answer.text)),
            Event::Call(call) => answer.calls.push(call),
            Event::Done(finished) => {
                answer.finished = finished;
                return Ok(answer);
            }
            Event::Failed(error) => return Err(EngineError { partial: answer.text, ..error }),
        }
        if flow.is_break() {
            answer.finished.timing = cost.unwrap_or_else(|| Timing::seen(started, first.unwrap_or(started), pieces));
            return Ok(answer);
        }
    }
    Err(EngineError::new(ErrorKind::Unavailable, "the engine closed the stream before the answer was complete"))
}
