//! What all APIs share when assembling an answer: the lenient parsers, the size limits, the end.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::Value;

use super::surrogates::SurrogateJoiner;
use super::wire::one_line;
use crate::dialect::{self, Broken, Delta, Parser, QUOTED, Tool, ToolCall};
use crate::engine::{EngineError, ErrorKind, Event, FOUND, Finish, Finished, Timing};

/// Maximum characters of an unknown finish reason that are shown.
const MAX_REASON_LETTERS: usize = 60;

/// Reads the stream of one API.
pub(super) trait Answering: Send {
    /// Takes one document of the stream.
    fn data(&mut self, event: &str, data: &str) -> Result<Vec<Event>, EngineError>;
    /// Whether the last document has come, so that nothing more is read.
    fn complete(&self) -> bool;
    /// Whether the model has ended; the server may still send its counts.
    fn may_end(&self) -> bool;
    /// Called when the body ends or `complete` is true.
    fn end(&mut self) -> Result<(Vec<Event>, Finished), EngineError>;
}

/// How the text of an answer is read.
pub(super) struct Reading {
    pub parser: Box<dyn Parser>,
    /// The parser for reasoning, which may also contain calls.
    pub reasoning: Option<Box<dyn Parser>>,
    /// Control tokens that were broken up in the prompt.
    pub broken: Broken,
    /// The tools that were offered.
    pub tools: Vec<Tool>,
}

/// An answer as it grows.
pub(super) struct Answer {
    /// The engine and its address, for messages.
    pub name: String,
    pub model: String,
    pub finish: Option<Finish>,
    /// See [`Finished::cut`].
    pub cut: Option<String>,
    pub timing: Timing,
    reading: Reading,
    surrogates: SurrogateJoiner,
    /// Why a call could not be read.
    unreadable: Option<String>,
    calls: usize,
    /// The ids of the calls so far.
    ids: HashSet<String>,
    bytes: usize,
    cap: usize,
    started: Instant,
    first: Option<Instant>,
}

impl Answer {
    /// An empty answer; `cap` limits its text in bytes.
    pub fn new(name: String, cap: usize, reading: Reading) -> Self {
        Self {
            name,
            model: String::new(),
            finish: None,
            cut: None,
            timing: Timing::default(),
            reading,
            surrogates: SurrogateJoiner::default(),
            unreadable: None,
            calls: 0,
            ids: HashSet::new(),
            bytes: 0,
            cap,
            started: Instant::now(),
            first: None,
        }
    }

    /// An error that says what came instead of an answer.
    pub fn no_answer(&self, what: impl std::fmt::Display) -> EngineError {
        EngineError::new(ErrorKind::Protocol, format!("{}: {what}", self.name))
    }

    /// Parses a document; the error says what is wrong with it.
    pub fn json(&mut self, data: &str) -> Result<Value, EngineError> {
        let value = match serde_json::from_str(data) {
            Ok(value) => {
                self.surrogates = SurrogateJoiner::default();
                return Ok(value);
            }
            Err(error) => serde_json::from_str(&self.surrogates.joined(data)).map_err(|_| error),
        };
        value.map_err(|error: serde_json::Error| self.no_answer(format!("the answer is not valid JSON ({error}); try again")))
    }

    /// Interprets what a server calls the end of an answer. An unknown word is not a good end: it is reported.
    pub fn ended(&mut self, reason: &str) -> Result<Finish, EngineError> {
        let name = &self.name;
        let failed = |kind: ErrorKind, message: String| Err(EngineError::new(kind, message));
        match reason.to_lowercase().replace('-', "_").as_str() {
            // `model_length`, `MAX_TOKENS`.
            length if length.ends_with("length") || length.ends_with("max_tokens") => Ok(Finish::Length),
            "max_output_tokens" | "token_limit" | "model_context_window_exceeded" => Ok(Finish::Length),
            "tool_calls" | "tool_call" | "tool_use" | "function_call" => Ok(Finish::ToolCalls),
            "stop" | "stopped" | "stop_sequence" | "end_turn" | "eos" | "eos_token" | "complete" | "completed" => Ok(Finish::Stop),
            "content_filter" | "content_filtered" | "safety" | "recitation" | "sensitive" | "guardrail_intervened" => {
                failed(ErrorKind::Unsupported, format!("{name}: the server's content filter stopped the answer"))
            }
            "insufficient_system_resource" => {
                failed(ErrorKind::Unavailable, format!("{name} ran out of resources inside the answer; try again"))
            }
            broken if broken == "error" || broken.ends_with("_error") || broken.starts_with("abort") || broken.starts_with("cancel") => {
                failed(ErrorKind::Unavailable, format!("{name} broke the answer off ({reason}); try again"))
            }
            _ => {
                self.cut = Some(one_line(reason).chars().take(MAX_REASON_LETTERS).collect());
                Ok(Finish::Length)
            }
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), EngineError> {
        self.first.get_or_insert_with(Instant::now);
        self.bytes += bytes;
        match self.bytes > self.cap {
            true => Err(self.no_answer(format!("the answer is over {} KiB and was cut off", self.cap >> 10))),
            false => Ok(()),
        }
    }

    /// Takes answer text, restores it and parses it for calls.
    pub fn text(&mut self, text: &str, out: &mut Vec<Event>) -> Result<(), EngineError> {
        if text.is_empty() {
            return Ok(());
        }
        self.count(text.len())?;
        let deltas = self.reading.parser.push(text);
        self.deltas(deltas, false, out);
        Ok(())
    }

    /// Takes reasoning, and parses it for calls if the server does not.
    pub fn reasoning(&mut self, text: &str, out: &mut Vec<Event>) -> Result<(), EngineError> {
        if text.is_empty() {
            return Ok(());
        }
        self.count(text.len())?;
        match &mut self.reading.reasoning {
            Some(parser) => {
                let deltas = parser.push(text);
                self.deltas(deltas, true, out);
            }
            None => out.push(Event::Reasoning(text.into())),
        }
        Ok(())
    }

    /// Takes a complete call, parsed by the server or by us.
    pub fn call(&mut self, id: Option<&str>, name: &str, arguments: Value, out: &mut Vec<Event>) {
        self.calls += 1;
        let mut id = id.filter(|id| !id.is_empty()).map_or_else(|| format!("call_{}", self.calls), String::from);
        // Some servers give every call of an answer the same id: its result would belong to all of them.
        if !self.ids.insert(id.clone()) {
            id = format!("{id}_{}", self.calls);
            self.ids.insert(id.clone());
        }
        // Some servers and models write a name in a namespace, or with spaces around it.
        let name = dialect::offered(name, &self.reading.tools).map_or(name, |tool| &tool.name).to_string();
        let mut arguments = dialect::fitted(arguments, &name, &self.reading.tools);
        self.reading.broken.restore(&mut arguments);
        show(self.reading.broken.finish(), out);
        out.push(Event::Call(ToolCall { id, name, arguments }));
    }

    fn deltas(&mut self, deltas: Vec<Delta>, thinking: bool, out: &mut Vec<Event>) {
        for delta in deltas {
            match delta {
                Delta::Text(text) if thinking => out.push(Event::Reasoning(text)),
                Delta::Text(text) => show(self.reading.broken.push(&text), out),
                Delta::TextWasReasoning if thinking => {}
                Delta::TextWasReasoning => out.push(Event::TextWasReasoning),
                Delta::Reasoning(text) => out.push(Event::Reasoning(text)),
                Delta::Call(call) => {
                    // Reasoning is parsed by us only if the server parses calls itself.
                    let found = self.reading.reasoning.is_some().then(|| format!("{FOUND}{}", self.calls + 1));
                    let id = found.or(Some(call.id).filter(|id| id.starts_with(QUOTED)));
                    self.call(id.as_deref(), &call.name, call.arguments, out);
                }
                Delta::Malformed(reason) => self.unreadable = Some(reason),
            }
        }
    }

    /// Flushes the parsers and sums up. Fails if the end is missing; an answer that ran out of tokens inside a call is merely short.
    pub fn end(&mut self, out: &mut Vec<Event>) -> Result<Finished, EngineError> {
        let Some(finish) = self.finish else {
            return Err(EngineError::broken_off(format!("{}: the answer broke off before its end; try again", self.name)));
        };
        let cleanly = finish != Finish::Length;
        if let Some(parser) = &mut self.reading.reasoning {
            let deltas = parser.finish(cleanly);
            self.deltas(deltas, true, out);
        }
        let deltas = self.reading.parser.finish(cleanly);
        self.deltas(deltas, false, out);
        show(self.reading.broken.finish(), out);
        let reason = finish.of(self.calls, self.unreadable.take()).map_err(|why| {
            // This is the model's mistake, not the server's.
            EngineError::new(ErrorKind::Garbled, format!("{}: {why}", self.name))
        })?;
        let now = Instant::now();
        let first = self.first.unwrap_or(now);
        let milliseconds = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1000.0;
        self.timing.prefill_ms = milliseconds(self.started, first);
        self.timing.decode_ms = milliseconds(first, now);
        self.timing.total_ms = milliseconds(self.started, now);
        Ok(Finished { reason, model: self.model.clone(), timing: self.timing.clone(), cut: self.cut.take() })
    }
}

fn show(text: String, out: &mut Vec<Event>) {
    if !text.is_empty() {
        out.push(Event::Text(text));
    }
}
