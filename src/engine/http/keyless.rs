//! Removes the key from a server's answers: a server may echo it, whole or in pieces, and answers are kept.

use serde_json::Value;

use super::key::KeySource;
use crate::dialect::ToolCall;
use crate::engine::{Event, Finished};

/// Filters the events of one answer.
pub(super) struct Keyless<'a> {
    key: &'a KeySource,
    /// Text or reasoning whose end may be the start of the key.
    held: String,
    thought: bool,
}

impl<'a> Keyless<'a> {
    /// A filter; the key has already been read.
    pub fn new(key: &'a KeySource) -> Self {
        Self { key, held: String::new(), thought: false }
    }

    /// What can be passed on once this event has arrived.
    pub fn event(&mut self, event: Event) -> Vec<Event> {
        if !self.key.is_looked_for() {
            return vec![event];
        }
        match event {
            Event::Text(text) => self.text(&text, false),
            Event::Reasoning(text) => self.text(&text, true),
            Event::Call(ToolCall { id, name, arguments }) => {
                let mut out: Vec<Event> = self.rest().into_iter().collect();
                let (id, name) = (self.key.redact(&id), self.key.redact(&name));
                out.push(Event::Call(ToolCall { id, name, arguments: without(self.key, arguments) }));
                out
            }
            other => self.rest().into_iter().chain([other]).collect(),
        }
    }

    /// The text still held back at the end.
    pub fn rest(&mut self) -> Option<Event> {
        let text = std::mem::take(&mut self.held);
        (!text.is_empty()).then(|| if self.thought { Event::Reasoning(text) } else { Event::Text(text) })
    }

    /// The end of an answer, without the key.
    pub fn finished(&self, finished: Finished) -> Finished {
        if self.key.is_looked_for() { Finished { model: self.key.redact(&finished.model), ..finished } } else { finished }
    }

    fn text(&mut self, text: &str, thought: bool) -> Vec<Event> {
        let mut out = vec![];
        if self.thought != thought {
            out.extend(self.rest());
            self.thought = thought;
        }
        let known = self.key.redact(&(std::mem::take(&mut self.held) + text));
        let (sure, open) = known.split_at(known.len() - self.key.may_begin(&known));
        if !sure.is_empty() {
            out.push(if thought { Event::Reasoning(sure.into()) } else { Event::Text(sure.into()) });
        }
        self.held = open.into();
        out
    }
}

/// A document with the key removed from all of its texts.
pub(super) fn without(key: &KeySource, value: Value) -> Value {
    if !key.is_looked_for() {
        return value;
    }
    match value {
        Value::String(text) => Value::String(key.redact(&text)),
        Value::Array(entries) => entries.into_iter().map(|entry| without(key, entry)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (key.redact(&name), without(key, value))).collect(),
        other => other,
    }
}
