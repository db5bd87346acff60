//! Engines over HTTP: OpenAI-compatible servers (vLLM, SGLang, llama-server, gateways), DeepSeek's API and Ollama.

mod abilities;
mod answer;
mod disguise;
mod endpoint;
mod key;
mod keyless;
mod learned;
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
use std::time::Instant;

pub use endpoint::Endpoint;
pub use key::{ApiKey, KeySource, is_variable, unset_variable};
pub use limits::Limits;

use super::{
    Ask, BoxFuture, Cancel, Caps, Engine, EngineError, ErrorKind, Estimate, Event, Events, Finished, Request, RetryReason, Tokens, locality,
};
use crate::config::{EngineConfig, EngineKind};
use crate::dialect::{self, Dialect, ToolChoice};
use crate::report::{self, Level};
use learned::{Learned, Quiet};
use limits::Need;
use plan::Plan;
use refused_fields::refuses_tools;
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
    let (api, usual_url) = match config.kind {
        EngineKind::OpenAi => (Api::OpenAi, None),
        EngineKind::DeepSeek => (Api::DeepSeek, Some("https://api.deepseek.com")),
        EngineKind::Ollama => (Api::Ollama, Some("http://127.0.0.1:11434")),
        EngineKind::Llama => return Err(wrong("\"llama\" is not a kind of server".into())),
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
        asking: Arc::default(),
        seen: tokio::sync::watch::Sender::default(),
    };
    Ok(Arc::new(Http { inner: Arc::new(inner) }))
}

/// Whether a server's answer came from a model other than the one requested. Owner, folder and case do not count, nor does a suffix after a
/// separator: `-instruct`, `:latest`, a date. A further digit is another version: V3 is not V3.2.
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

/// What the engine shares with the task of a request.
struct ServerShared {
    api: Api,
    model: String,
    context: Option<u32>,
    thinking: Option<bool>,
    /// `None`: the server renders and parses.
    dialect: Option<Arc<dyn Dialect>>,
    wire: Wire,
    /// Held while asking the server about itself: one at a time, and to the end, even if the caller is gone.
    asking: Arc<tokio::sync::Mutex<()>>,
    seen: tokio::sync::watch::Sender<Seen>,
}

/// What is known of the model that the server has loaded: what it says, and what its answers have taught.
#[derive(Default)]
struct Seen {
    /// The model that answered last. (A list may name it by an alias, or without its date.)
    answered: String,
    caps: Option<Caps>,
    /// When to ask again, if it has not said what it serves.
    again: Option<Instant>,
    /// Its model thinks before it answers unless told not to.
    thinks: bool,
    /// The last prompt that it has certainly read completely.
    prompt: String,
    learned: Learned,
}

/// The result of one attempt at a request.
enum AttemptOutcome {
    Done(Finished),
    /// The model thinks, and was not told not to; nothing has been passed on yet.
    Thinks,
}

impl ServerShared {
    /// Runs a request, again in another form for each thing that the server's refusal teaches. There are only a few such things, each
    /// learned once.
    async fn run(self: &Arc<Self>, request: Request, events: &tokio::sync::mpsc::Sender<Event>) -> Result<Finished, EngineError> {
        loop {
            let why = match self.attempt(&request, events).await {
                Ok(AttemptOutcome::Done(finished)) => return Ok(finished),
                Ok(AttemptOutcome::Thinks) => {
                    self.seen.send_modify(|seen| seen.learned.quiet = Quiet::Said);
                    RetryReason::Thinks
                }
                Err(error) if self.learns(&request, &error) => {
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

    /// Notes a server without an endpoint for raw prompts. Its capabilities then say that it fills no holes.
    fn note_refused(&self, request: &Request, error: &EngineError) {
        // Some say so with another status, one even with a success status.
        const SAID: &[&str] = &["/completions endpoint", "unexpected endpoint", "chat model"];
        let is_missing = error.refusal.as_deref().is_some_and(|refusal| {
            let said = refusal.said.to_lowercase();
            matches!(refusal.status, 404 | 405 | 501) || SAID.iter().any(|words| said.contains(words))
        });
        if is_missing && self.dialect.is_none() && matches!(request.ask, Ask::Fim(_)) {
            self.seen.send_modify(|seen| {
                seen.learned.fills_no_holes = true;
                seen.caps = None;
            });
        }
    }

    /// A server that refuses a prompt as too long has a smaller window than assumed.
    fn note_window(&self, request: &Request, error: &EngineError) {
        if error.kind != ErrorKind::TooLong {
            return;
        }
        let said = error.refusal.as_ref().map_or(error.message.as_str(), |refusal| refusal.said.as_str());
        let asked = u32::try_from(self.preview(&request.ask).len() / 4).unwrap_or(u32::MAX).saturating_add(request.max_tokens);
        let known = self.known_caps().context;
        self.seen.send_modify(|seen| seen.learned.window = Some(window::smaller(said, known, asked)));
    }

    /// A server that takes no tools is asked without them from then on: callers see this in its capabilities.
    fn note_tools(&self, request: &Request, error: EngineError) -> EngineError {
        let offers = matches!(&request.ask, Ask::Chat(chat) if !chat.tools.is_empty());
        if !offers || self.dialect.is_some() || error.kind == ErrorKind::TooLong || !refuses_tools(&error) {
            return error;
        }
        self.seen.send_modify(|seen| seen.learned.takes_no_tools = true);
        let help = "Start the server with a parser for tool calls (vLLM: --enable-auto-tool-choice --tool-call-parser NAME, llama-server: \
                    --jinja), set `dialect`, or name a model that calls tools";
        let message = format!("{}. {help}", error.message.trim_end_matches('.'));
        EngineError { kind: ErrorKind::Unsupported, message, ..error }
    }

    /// What is known of its capabilities without asking the server.
    fn known_caps(&self) -> Caps {
        let told = self.seen.borrow().caps.clone();
        self.taught(told.unwrap_or_else(|| self.configured_caps()))
    }

    /// Capabilities, corrected by what refusals have taught.
    fn taught(&self, caps: Caps) -> Caps {
        let seen = self.seen.borrow();
        let thinks = self.thinking.unwrap_or(seen.thinks || seen.learned.quiet == Quiet::Said);
        let context = caps.context.min(seen.learned.window.unwrap_or(u32::MAX));
        Caps { context, tools: caps.tools && !seen.learned.takes_no_tools, thinks, ..caps }
    }

    /// Whether a refusal teaches something that makes the request worth sending again.
    fn learns(&self, request: &Request, error: &EngineError) -> bool {
        let says_quiet = self.says_quiet(request);
        let mut learns = false;
        self.seen.send_modify(|seen| learns = seen.learned.learns(request.max_tokens, says_quiet, error));
        learns
    }

    /// Whether this request tells the model not to think without the user asking for that.
    fn says_quiet(&self, request: &Request) -> bool {
        request.priority.is_completion() && self.thinking.is_none() && self.seen.borrow().learned.quiet == Quiet::Said
    }

    /// Whether reasoning in the answer to this request would teach us something.
    fn minds_thinking(&self, request: &Request) -> bool {
        let switchable = self.api == Api::OpenAi && self.dialect.is_none() && matches!(request.ask, Ask::Chat(_));
        switchable && request.priority.is_completion() && self.thinking.is_none() && self.seen.borrow().learned.quiet == Quiet::Untried
    }

    /// What the times of a request depend on.
    fn need(&self, request: &Request, prompt_tokens: usize) -> Need {
        // Calls in text that the server does not read come as they are written.
        let whole_calls = self.dialect.is_none()
            && matches!(&request.ask, Ask::Chat(chat) if !chat.tools.is_empty() && chat.tool_choice != ToolChoice::None);
        let (priority, max_tokens) = (request.priority, request.max_tokens);
        Need { priority, prompt_tokens, max_tokens, whole_calls, late_head: self.api == Api::Ollama }
    }

    async fn attempt(
        self: &Arc<Self>,
        request: &Request,
        events: &tokio::sync::mpsc::Sender<Event>,
    ) -> Result<AttemptOutcome, EngineError> {
        let Plan { path, mut body, format, mut answering, tokens, prompt } = self.plan(request).await?;
        self.seen.borrow().learned.refused_fields.fit(&mut body);
        let mut minds_thinking = self.minds_thinking(request);
        let times = self.wire.times(self.need(request, tokens));
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
                        return Ok(AttemptOutcome::Thinks);
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
        Ok(AttemptOutcome::Done(finished))
    }

    /// Notes which model answered. A different one than before may have other capabilities; one that was not requested is reported.
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
            }
            let news = first || swapped;
            seen.answered = served.into();
            news
        });
        if news && is_other_model(&self.model, served) {
            report::log(Level::Warning, format_args!("{} was asked for `{}` and answers as `{served}`", self.wire.name(), self.model));
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
            // Dropping the running future closes the connection.
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
        self.inner.known_caps()
    }
}
