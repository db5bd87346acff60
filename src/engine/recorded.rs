//! Engines on tape: [`Recording`] writes down what an engine is asked and what it answers, [`Recorded`] replays it. The player decides when
//! an answer continues, so that it never comes earlier than in the recording.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use xxhash_rust::xxh3::xxh3_64;

use super::tape::Tape;
use super::{Ask, BoxFuture, Cancel, Caps, Engine, EngineError, ErrorKind, Estimate, Event, Events, Finished, Request, Timing, Tokens};
use crate::config::EngineConfig;
use crate::dialect::{self, ToolCall};

/// An engine that is being recorded.
pub struct Recording {
    name: String,
    inner: Arc<dyn Engine>,
    tape: Tape,
    /// Numbers the requests of all engines in the session.
    next: Arc<AtomicU64>,
}

impl Recording {
    /// Records `inner` under its configured name.
    pub fn new(name: &str, inner: Arc<dyn Engine>, tape: Tape, next: Arc<AtomicU64>) -> Self {
        tape.write(json!({ "engine": name, "model": inner.model(), "origin": inner.origin() }));
        Self { name: name.into(), inner, tape, next }
    }
}

impl Engine for Recording {
    fn model(&self) -> String {
        self.inner.model()
    }

    fn origin(&self) -> Option<String> {
        self.inner.origin()
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        Box::pin(async {
            let caps = self.inner.caps().await;
            let told = match &caps {
                Ok(caps) => json!({ "engine": self.name, "caps": caps }),
                Err(error) => json!({ "engine": self.name, "failed": failure(error) }),
            };
            self.tape.write(told);
            caps
        })
    }

    fn start(&self, request: Request, cancel: Cancel) -> Events {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Request { ask, max_tokens, temperature, stop, .. } = &request;
        let asked = json!({ "max_tokens": max_tokens, "temperature": temperature, "stop": stop, "prompt": prompt(ask) });
        self.tape.write(json!({ "ask": number, "engine": self.name, "request": asked }));
        let mut events = self.inner.start(request, cancel);
        let (sender, receiver) = mpsc::channel(64);
        let tape = self.tape.clone();
        tokio::spawn(async move {
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    // Nobody listens any more: dropping `events` stops the engine.
                    () = sender.closed() => None,
                };
                let Some(event) = event else { return tape.write(json!({ "answer": number, "dropped": true })) };
                if let Some(told) = told(&event) {
                    tape.write(json!({ "answer": number, "event": told }));
                }
                let _ = sender.send(event).await;
            }
        });
        receiver
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        Arc::new(Counting { inner: self.inner.tokens(), tape: self.tape.clone() })
    }

    fn preview(&self, ask: &Ask) -> String {
        self.inner.preview(ask)
    }

    fn known_caps(&self) -> Caps {
        let known = self.inner.known_caps();
        self.tape.write(json!({ "engine": self.name, "known": known }));
        known
    }
}

/// Counts tokens and records the counts, since they decide what is sent.
struct Counting {
    inner: Arc<dyn Tokens>,
    tape: Tape,
}

impl Tokens for Counting {
    fn count(&self, text: &str) -> usize {
        let count = self.inner.count(text);
        self.tape.count(xxh3_64(text.as_bytes()), count);
        count
    }

    fn prepare(&self) {
        self.inner.prepare();
    }
}

/// A request waiting for the player.
pub struct PendingRequest {
    pub engine: String,
    pub prompt: Value,
    pub answer: mpsc::Sender<Event>,
}

/// What a tape has about one engine.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub model: String,
    pub origin: Option<String>,
    /// In the order in which they were asked for, because they contain measured rates.
    pub caps: Vec<Result<Caps, EngineError>>,
    /// What was known of them without asking, in the same order.
    pub known: Vec<Caps>,
    pub counts: Arc<HashMap<u64, usize>>,
}

/// An engine that is replayed.
pub struct Recorded {
    name: String,
    config: EngineConfig,
    known: Known,
    /// How often its capabilities have been asked for.
    caps_asked: AtomicUsize,
    known_asked: AtomicUsize,
    player: mpsc::UnboundedSender<PendingRequest>,
}

impl Recorded {
    /// Replays an engine; its requests go to the player.
    pub fn new(name: &str, config: &EngineConfig, known: Known, player: mpsc::UnboundedSender<PendingRequest>) -> Self {
        Self { name: name.into(), config: config.clone(), known, caps_asked: AtomicUsize::new(0), known_asked: AtomicUsize::new(0), player }
    }
}

impl Engine for Recorded {
    fn model(&self) -> String {
        self.known.model.clone()
    }

    fn origin(&self) -> Option<String> {
        self.known.origin.clone()
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        let missing = || EngineError::new(ErrorKind::Unavailable, format!("the recording never asked the engine \"{}\"", self.name));
        let number = self.caps_asked.fetch_add(1, Ordering::Relaxed);
        let caps = self.known.caps.get(number).or(self.known.caps.last()).cloned().unwrap_or_else(|| Err(missing()));
        Box::pin(std::future::ready(caps))
    }

    fn start(&self, request: Request, _: Cancel) -> Events {
        let (answer, events) = mpsc::channel(256);
        // Without a player the channel closes, like an engine that went away.
        let _ = self.player.send(PendingRequest { engine: self.name.clone(), prompt: prompt(&request.ask), answer });
        events
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        Arc::new(Counts(self.known.counts.clone()))
    }

    fn preview(&self, ask: &Ask) -> String {
        let by_name = self.config.dialect.as_deref().and_then(dialect::by_name);
        let dialect = by_name.unwrap_or_else(|| dialect::for_model(&self.known.model, None));
        let prompt = match ask {
            Ask::Chat(chat) => dialect.render(chat).ok(),
            Ask::Fim(fim) => dialect.fim(fim),
        };
        prompt.map(|prompt| dialect.text(&prompt)).unwrap_or_default()
    }

    fn known_caps(&self) -> Caps {
        let number = self.known_asked.fetch_add(1, Ordering::Relaxed);
        self.known.known.get(number).or(self.known.known.last()).cloned().unwrap_or_else(Caps::assumed)
    }
}

/// Recorded counts; estimates for texts that are not on the tape.
struct Counts(Arc<HashMap<u64, usize>>);

impl Tokens for Counts {
    fn count(&self, text: &str) -> usize {
        self.0.get(&xxh3_64(text.as_bytes())).copied().unwrap_or_else(|| Estimate.count(text))
    }
}

/// What an engine is asked, independent of any dialect's format.
fn prompt(ask: &Ask) -> Value {
    match ask {
        Ask::Fim(fim) => {
            let files: Vec<Value> = fim.files.iter().map(|file| json!({ "path": file.path, "text": file.text })).collect();
            json!({ "path": fim.path, "prefix": fim.prefix, "suffix": fim.suffix, "files": files })
        }
        Ask::Chat(chat) => {
            let messages = chat.messages.iter().map(|message| {
                let calls: Vec<Value> = message.tool_calls.iter().map(call).collect();
                json!({ "role": message.role, "content": message.content, "calls": calls })
            });
            let tools: Vec<&str> = chat.tools.iter().map(|tool| tool.name.as_str()).collect();
            json!({ "messages": messages.collect::<Vec<_>>(), "tools": tools })
        }
    }
}

fn call(call: &ToolCall) -> Value {
    json!({ "name": call.name, "arguments": call.arguments })
}

/// An event as written to the tape. Progress, costs before the end and repeated requests are left out.
fn told(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Progress { .. } | Event::Cost(_) | Event::SentAgain(_) => return None,
        Event::Text(text) => json!({ "text": text }),
        Event::TextWasReasoning => json!({ "text_was_reasoning": true }),
        Event::Reasoning(text) => json!({ "reasoning": text }),
        Event::Call(ToolCall { id, name, arguments }) => json!({ "call": { "id": id, "name": name, "arguments": arguments } }),
        Event::Done(Finished { reason, model, timing, cut }) => {
            json!({ "done": { "reason": reason, "model": model, "timing": timing, "cut": cut } })
        }
        Event::Failed(error) => json!({ "failed": failure(error) }),
    })
}

/// The event that the tape describes.
pub fn event(told: &Value) -> Option<Event> {
    let text = |value: &Value| value.as_str().map(String::from);
    if let Some(piece) = told.get("text").and_then(text) {
        return Some(Event::Text(piece));
    }
    if let Some(piece) = told.get("reasoning").and_then(text) {
        return Some(Event::Reasoning(piece));
    }
    if told.get("text_was_reasoning").is_some() {
        return Some(Event::TextWasReasoning);
    }
    if let Some(call) = told.get("call") {
        let (id, name) = (text(&call["id"])?, text(&call["name"])?);
        return Some(Event::Call(ToolCall { id, name, arguments: call["arguments"].clone() }));
    }
    if let Some(failed) = told.get("failed") {
        return Some(Event::Failed(failed_as(failed)));
    }
    let done = told.get("done")?;
    let timing: Timing = serde_json::from_value(done["timing"].clone()).unwrap_or_default();
    let reason = serde_json::from_value(done["reason"].clone()).unwrap_or_default();
    Some(Event::Done(Finished { reason, model: text(&done["model"]).unwrap_or_default(), timing, cut: text(&done["cut"]) }))
}

/// The kinds of failure by their names on the tape.
const KINDS: &[(&str, ErrorKind)] = &[
    ("cancelled", ErrorKind::Cancelled),
    ("unavailable", ErrorKind::Unavailable),
    ("timed_out", ErrorKind::TimedOut),
    ("configuration", ErrorKind::Configuration),
    ("too_long", ErrorKind::TooLong),
    ("garbled", ErrorKind::Garbled),
    ("protocol", ErrorKind::Protocol),
    ("unsupported", ErrorKind::Unsupported),
    ("refused", ErrorKind::Refused),
];

fn failure(error: &EngineError) -> Value {
    let kind = KINDS.iter().find(|known| known.1 == error.kind).map_or("unavailable", |known| known.0);
    json!({ "kind": kind, "message": error.message, "overflow": error.overflow })
}

/// The failure that the tape describes.
pub fn failed_as(told: &Value) -> EngineError {
    let kind = KINDS.iter().find(|known| told["kind"] == known.0).map_or(ErrorKind::Unavailable, |known| known.1);
    let message = told["message"].as_str().unwrap_or("the recording does not say why");
    let overflow = serde_json::from_value(told["overflow"].clone()).ok().flatten();
    EngineError { overflow, ..EngineError::new(kind, message) }
}
