//! Engines over HTTP: OpenAI-compatible servers (vLLM, SGLang, llama-server, gateways), DeepSeek's API and Ollama.

mod abilities;
mod answer;
mod disguise;
mod endpoint;
mod key;
mod keyless;
mod limits;
pub mod ndjson;
mod ollama;
mod openai;
mod plan;
mod refused_fields;
mod reply;
pub mod sse;
pub mod surrogates;
mod window;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::time::Instant;

pub use endpoint::Endpoint;
pub use key::{ApiKey, KeySource, is_variable, unset_variable};
pub use limits::Limits;

use super::{
    Ask, BoxFuture, Cancel, Caps, Engine, EngineError, ErrorKind, Estimate, Event, Events, Finished, Request, RetryReason, Tokens, locality,
};
use crate::config::EngineConfig;
use crate::dialect::messages::Resend;
use crate::dialect::{self, Dialect};
use crate::report;
use plan::Plan;
use refused_fields::{RefusedFields, objection, refuses_tools};
use sse::Frame;
use wire::Wire;

/// Which API a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api {
    OpenAi,
    DeepSeek,
    Ollama,
}

/// Builds the engine that `[engines.NAME]` describes. Asks no server yet; fails on visible mistakes in the configuration.
pub fn build(name: &str, config: &EngineConfig) -> Result<Arc<dyn Engine>, EngineError> {
    build_with(name, config, Limits::default())
}

/// [`build`] with other limits.
pub fn build_with(name: &str, config: &EngineConfig, limits: Limits) -> Result<Arc<dyn Engine>, EngineError> {
    let wrong = |why: String| EngineError::new(ErrorKind::Configuration, format!("engines.{name}: {why}"));
    let (api, usual_url) = match config.kind.as_str() {
        "openai" => (Api::OpenAi, None),
        "deepseek" => (Api::DeepSeek, Some("https://api.deepseek.com")),
        "ollama" => (Api::Ollama, Some("http://127.0.0.1:11434")),
        other => return Err(wrong(format!("\"{other}\" is not a kind of server"))),
    };
    let url = config.base_url.as_deref().or(usual_url).ok_or_else(|| wrong("`base_url` is missing".into()))?;
    let dialect = match config.dialect.as_deref().filter(|dialect| *dialect != "native") {
        None => None,
        Some(named) => Some(
            dialect::by_name(named)
                .ok_or_else(|| wrong(format!("there is no dialect \"{named}\"; there is {}", dialect::NAMES.join(", "))))?,
        ),
    };
    let wire = Wire::new(name, config, Endpoint::parse(name, url)?, limits);
    let inner = ServerShared {
        api,
        model: config.model.clone(),
        context: config.context,
        thinking: config.thinking,
        dialect,
        wire,
        resend: AtomicU8::new(0),
        refused_fields: RefusedFields::default(),
        fills_no_holes: AtomicBool::new(false),
        quiet: AtomicU8::new(UNTRIED),
        most_tokens: AtomicU32::new(u32::MAX),
        window: AtomicU32::new(u32::MAX),
        takes_no_tools: AtomicBool::new(false),
        asking: Arc::default(),
        seen: tokio::sync::watch::Sender::default(),
    };
    Ok(Arc::new(Http { inner: Arc::new(inner) }))
}

/// Whether a server's answer came from another model than the one asked for. Owner, folder and case do not count, nor does a suffix behind
/// a separator: `-instruct`, `:latest`, a date. A further digit is another version: V3 is not V3.2.
pub fn is_other_model(asked: &str, served: &str) -> bool {
    let plain = |name: &str| {
        let name = name.to_lowercase().replace('\\', "/");
        let last = name.rsplit('/').next().unwrap_or_default();
        last.trim_end_matches(".gguf").trim_end_matches(":latest").to_string()
    };
    let (asked, served) = (plain(asked), plain(served));
    let adds = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '@']));
    !served.is_empty() && !adds(&served, &asked) && !adds(&asked, &served)
}

struct Http {
    inner: Arc<ServerShared>,
}

/// What the task of a request shares with the engine.
struct ServerShared {
    api: Api,
    model: String,
    context: Option<u32>,
    thinking: Option<bool>,
    /// `None`: the server renders and parses.
    dialect: Option<Arc<dyn Dialect>>,
    wire: Wire,
    /// Which past reasoning this server wants, as its refusals have taught: 0 that of tool turns, 1 none, 2 all.
    resend: AtomicU8,
    /// Fields that this server refuses.
    refused_fields: RefusedFields,
    /// It has refused a raw prompt for a hole, and nobody has configured that it takes them.
    fills_no_holes: AtomicBool,
    /// Whether requests say unasked that the model should not think, as its answers have taught ([`UNTRIED`]).
    quiet: AtomicU8,
    /// The longest answer that this server allows, in tokens, as its refusals have taught.
    most_tokens: AtomicU32,
    /// The context window that its refusals of longer prompts have taught, in tokens.
    window: AtomicU32,
    /// It has refused a conversation with tools.
    takes_no_tools: AtomicBool,
    /// Held by who asks the server about itself: one at a time, and to the end, though who wanted to know is gone.
    asking: Arc<tokio::sync::Mutex<()>>,
    seen: tokio::sync::watch::Sender<Seen>,
}

/// Values of [`ServerShared::quiet`]: not known yet, said unasked, refused by the server.
const UNTRIED: u8 = 0;
const SAID: u8 = 1;
const REFUSED: u8 = 2;

/// What the server has told about itself.
#[derive(Default)]
struct Seen {
    /// The model that answered last. (A list may call it by an alias, or without its date.)
    answered: String,
    caps: Option<Caps>,
    /// When to ask again, if it has not told what it serves.
    again: Option<Instant>,
    /// Its model thinks before it answers unless told not to.
    thinks: bool,
    /// The last prompt that it surely has read whole.
    prompt: String,
}

/// The field that servers disagree about; their refusals name it.
const REASONING: &str = "reasoning_content";

/// A number in a refusal counts as the most tokens of an answer only from here on.
const LEAST_TOKENS: u32 = 256;

/// The most tokens that a server allows, if it refuses the number asked for and says how many it allows.
fn allowed_tokens(said: &str, asked: u32) -> Option<u32> {
    if !["max_tokens", "max_completion_tokens"].iter().any(|name| said.contains(name)) {
        return None;
    }
    let numbers = said.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    numbers.filter(|number| (LEAST_TOKENS..asked).contains(number)).max()
}

/// Why a request is to be made in another form.
enum Once {
    Done(Finished),
    /// The model thinks, and was not told not to; nothing has been passed on yet.
    Thinks,
}

impl ServerShared {
    fn resend(&self) -> Resend {
        match self.resend.load(Ordering::Relaxed) {
            0 => Resend::ToolTurns,
            1 => Resend::Never,
            _ => Resend::All,
        }
    }

    /// Runs a request, again in another form for each thing that the server's refusal teaches. There are few such things, each learnt once.
    async fn run(self: &Arc<Self>, request: Request, events: &tokio::sync::mpsc::Sender<Event>) -> Result<Finished, EngineError> {
        loop {
            let why = match self.once(&request, events).await {
                Ok(Once::Done(finished)) => return Ok(finished),
                Ok(Once::Thinks) => {
                    self.quiet.store(SAID, Ordering::Relaxed);
                    RetryReason::Thinks
                }
                // The length first: its refusal names the field, which is no refusal of the field.
                Err(error) if self.learns_most(&request, &error) || self.refused_fields.learns(&error) || self.learns(&request, &error) => {
                    error.refusal.map_or(RetryReason::Lost, |refusal| RetryReason::Refused(refusal.status))
                }
                Err(error) => {
                    self.note_refused(&request, &error);
                    self.note_window(&request, &error);
                    return Err(self.note_tools(&request, error));
                }
            };
            let _ = events.send(Event::SentAgain(why)).await;
        }
    }

    /// Notes a server without an address for raw prompts. Its abilities then say that it fills no holes.
    fn note_refused(&self, request: &Request, error: &EngineError) {
        // Some say so with another status, one even with the status of success.
        const SAID: &[&str] = &["/completions endpoint", "unexpected endpoint", "chat model"];
        let is_missing = error.refusal.as_deref().is_some_and(|refusal| {
            let said = refusal.said.to_lowercase();
            matches!(refusal.status, 404 | 405 | 501) || SAID.iter().any(|words| said.contains(words))
        });
        if is_missing && self.dialect.is_none() && matches!(request.ask, Ask::Fim(_)) {
            self.fills_no_holes.store(true, Ordering::Relaxed);
            self.seen.send_modify(|seen| seen.caps = None);
        }
    }

    /// A server that refuses a prompt as too long has a smaller window than was believed.
    fn note_window(&self, request: &Request, error: &EngineError) {
        if error.kind != ErrorKind::TooLong {
            return;
        }
        let said = error.refusal.as_ref().map_or(error.message.as_str(), |refusal| refusal.said.as_str());
        let asked = u32::try_from(self.preview(&request.ask).len() / 4).unwrap_or(u32::MAX).saturating_add(request.max_tokens);
        let known = self.taught(self.seen.borrow().caps.clone().unwrap_or_else(|| self.configured_caps())).context;
        self.window.store(window::smaller(said, known, asked), Ordering::Relaxed);
    }

    /// A server that takes no tools is asked without them from then on: whoever asks learns of it by its abilities.
    fn note_tools(&self, request: &Request, error: EngineError) -> EngineError {
        let offers = matches!(&request.ask, Ask::Chat(chat) if !chat.tools.is_empty());
        if !offers || self.dialect.is_some() || error.kind == ErrorKind::TooLong || !refuses_tools(&error) {
            return error;
        }
        self.takes_no_tools.store(true, Ordering::Relaxed);
        let help = "Start the server with a parser for tool calls (vLLM: --enable-auto-tool-choice --tool-call-parser NAME, llama-server: \
                    --jinja), set `dialect`, or name a model that calls tools";
        let message = format!("{}. {help}", error.message.trim_end_matches('.'));
        EngineError { kind: ErrorKind::Unsupported, message, ..error }
    }

    /// Abilities with what refusals have taught.
    fn taught(&self, caps: Caps) -> Caps {
        Caps {
            context: caps.context.min(self.window.load(Ordering::Relaxed)),
            tools: caps.tools && !self.takes_no_tools.load(Ordering::Relaxed),
            thinks: self.thinks(),
            ..caps
        }
    }

    /// Whether a refusal says how long an answer may be here.
    fn learns_most(&self, request: &Request, error: &EngineError) -> bool {
        let Some(said) = objection(error) else { return false };
        let most = request.max_tokens.min(self.most_tokens.load(Ordering::Relaxed));
        let allowed = allowed_tokens(said, most);
        allowed.into_iter().for_each(|allowed| self.most_tokens.store(allowed, Ordering::Relaxed));
        allowed.is_some()
    }

    /// Whether a refusal is about something that this server wants in another form: past reasoning, or the switch for thinking, which some
    /// refuse without naming it.
    fn learns(&self, request: &Request, error: &EngineError) -> bool {
        let Some(said) = objection(error) else { return false };
        if said.contains(REASONING) && self.resend() == Resend::ToolTurns {
            let wants_more = ["must be passed", "required", "missing"].iter().any(|words| said.contains(words));
            self.resend.store(if wants_more { 2 } else { 1 }, Ordering::Relaxed);
            return true;
        }
        let unasked = self.says_quiet(request);
        if unasked {
            self.quiet.store(REFUSED, Ordering::Relaxed);
        }
        unasked
    }

    /// Whether this request says unasked that the model should not think.
    fn says_quiet(&self, request: &Request) -> bool {
        request.priority.is_completion() && self.thinking.is_none() && self.quiet.load(Ordering::Relaxed) == SAID
    }

    /// Whether the model thinks for anything but completions, as configured or observed.
    fn thinks(&self) -> bool {
        let seen = || self.seen.borrow().thinks || self.quiet.load(Ordering::Relaxed) == SAID;
        self.thinking.unwrap_or_else(seen)
    }

    /// Whether thinking in the answer to this request would be news.
    fn minds_thinking(&self, request: &Request) -> bool {
        let switchable = self.api == Api::OpenAi && self.dialect.is_none() && matches!(request.ask, Ask::Chat(_));
        switchable && request.priority.is_completion() && self.thinking.is_none() && self.quiet.load(Ordering::Relaxed) == UNTRIED
    }

    async fn once(self: &Arc<Self>, request: &Request, events: &tokio::sync::mpsc::Sender<Event>) -> Result<Once, EngineError> {
        let Plan { path, mut body, format, mut answering, tokens, prompt } = self.plan(request).await?;
        self.refused_fields.fit(&mut body);
        let mut minds_thinking = self.minds_thinking(request);
        let times = self.wire.times(request.priority, tokens);
        let mut reply = self.wire.post(&path, &body, format, times, events).await?;
        let mut keyless = self.wire.keyless();
        let after_end = self.wire.limits.after_end.min(self.wire.limits.idle / 2);
        while !answering.complete() {
            let next = reply.next();
            let frame = match answering.may_end() {
                false => next.await?,
                // Some servers keep the connection open and never send `[DONE]`.
                true => tokio::time::timeout(after_end, next).await.unwrap_or(Ok(None))?,
            };
            let Some(frame) = frame else { break };
            if let Frame::Data { event, data } = frame {
                for event in answering.data(&event, &data)? {
                    if minds_thinking && matches!(event, Event::Reasoning(_)) {
                        return Ok(Once::Thinks);
                    }
                    minds_thinking = false;
                    for event in keyless.event(event) {
                        // If the receiver is gone, `start` notices and drops this future.
                        let _ = events.send(event).await;
                    }
                }
            }
        }
        let (last, finished) = answering.end()?;
        let last: Vec<Event> = last.into_iter().flat_map(|event| keyless.event(event)).collect();
        for event in last.into_iter().chain(keyless.rest()) {
            let _ = events.send(event).await;
        }
        let finished = keyless.finished(finished);
        self.note_answered(&finished.model);
        if let Some(prompt) = prompt {
            self.seen.send_modify(|seen| seen.prompt = prompt);
        }
        Ok(Once::Done(finished))
    }

    /// Notes which model answered. Another one than before may have other abilities; one that was not asked for is reported.
    fn note_answered(&self, served: &str) {
        if served.is_empty() {
            return;
        }
        let news = self.seen.send_if_modified(|seen| {
            let listed = seen.caps.as_ref().and_then(|caps| caps.served.as_deref()).unwrap_or_default();
            let first = seen.answered.is_empty();
            let swapped = if first { !listed.is_empty() && is_other_model(listed, served) } else { seen.answered != served };
            if swapped {
                *seen = Seen::default();
                self.window.store(u32::MAX, Ordering::Relaxed);
                self.takes_no_tools.store(false, Ordering::Relaxed);
            }
            let news = first || swapped;
            seen.answered = served.into();
            news
        });
        if news && is_other_model(&self.model, served) {
            report::log("warning", format_args!("{} was asked for `{}` and answers as `{served}`", self.wire.name(), self.model));
        }
    }
}

impl Engine for Http {
    fn model(&self) -> String {
        self.inner.model.clone()
    }

    fn origin(&self) -> Option<String> {
        match self.inner.api == Api::Ollama && locality::is_cloud(&self.inner.model) {
            true => Some("https://ollama.com:443".into()),
            false => Some(self.inner.wire.endpoint.origin()),
        }
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        Box::pin(async { self.inner.caps().await.map(|caps| self.inner.taught(caps)) })
    }

    fn start(&self, request: Request, cancel: Cancel) -> Events {
        let inner = self.inner.clone();
        let (sender, receiver) = tokio::sync::mpsc::channel(64);
        tokio::spawn(async move {
            // To drop the running future closes the connection.
            let outcome = tokio::select! {
                biased;
                () = cancel.cancelled() => Err(EngineError::cancelled()),
                () = sender.closed() => return,
                outcome = inner.run(request, &sender) => outcome.map_err(|error| inner.wire.redacted(error)),
            };
            let _ = sender.send(outcome.map_or_else(Event::Failed, Event::Done)).await;
        });
        receiver
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        Arc::new(Estimate)
    }

    fn preview(&self, ask: &Ask) -> String {
        self.inner.preview(ask)
    }

    fn known_caps(&self) -> Caps {
        let seen = self.inner.seen.borrow().caps.clone();
        self.inner.taught(seen.unwrap_or_else(|| self.inner.configured_caps()))
    }
}
