//! Remembers what was offered, so that typing through a suggestion needs no model: its rest is offered as long as the user types its start.
//! A suggestion belongs to one document and to the exact text around its place.

use std::collections::VecDeque;

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::route::Decision;

/// Maximum suggestions kept; older ones serve for typing back and forth.
const KEPT_SUGGESTIONS: usize = 64;
const KEPT_REASONS: usize = 20;

/// Suggestions that were offered, newest first.
#[derive(Default)]
pub struct Memory {
    offered: VecDeque<Entry>,
    nothing: VecDeque<Silence>,
}

/// Why nothing was offered, for `longsight.status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silence {
    pub uri: String,
    pub reason: String,
}

struct Entry {
    uri: String,
    /// Length and hash of the text before the place, and hash of the text after it.
    length: usize,
    before: u64,
    after: u64,
    suggestion: String,
    decision: Decision,
}

impl Memory {
    /// Keeps a suggestion for the place between `before` and `after`.
    pub fn keep(&mut self, uri: &str, before: &str, after: &str, suggestion: &str, decision: &Decision) {
        let entry = Entry {
            uri: uri.into(),
            length: before.len(),
            before: xxh3_64(before.as_bytes()),
            after: xxh3_64(after.as_bytes()),
            suggestion: suggestion.into(),
            decision: decision.clone(),
        };
        self.offered.push_front(entry);
        self.offered.truncate(KEPT_SUGGESTIONS);
    }

    /// Remembers why nothing was offered.
    pub fn note_nothing(&mut self, uri: &str, reason: &str) {
        self.nothing.push_front(Silence { uri: uri.into(), reason: reason.into() });
        self.nothing.truncate(KEPT_REASONS);
    }

    /// Takes over the reasons of the instance that this one replaces.
    pub fn after(&mut self, silences: Vec<Silence>) {
        self.nothing = silences.into();
    }

    /// The last reasons for silence, newest first.
    pub fn silences(&self) -> Vec<Silence> {
        self.nothing.iter().cloned().collect()
    }

    /// The rest of the newest suggestion whose start has been typed since. None once it was typed to its end.
    pub fn recall(&self, uri: &str, before: &str, after: &str) -> Option<(String, Decision)> {
        let behind = xxh3_64(after.as_bytes());
        let left = |entry: &Entry| {
            let typed = before.get(entry.length..)?;
            let left = entry.suggestion.strip_prefix(typed).filter(|left| !left.trim().is_empty())?;
            let same = xxh3_64(&before.as_bytes()[..entry.length]) == entry.before;
            same.then(|| (left.to_string(), entry.decision.clone()))
        };
        self.offered.iter().filter(|entry| entry.uri == uri && entry.after == behind).find_map(left)
    }
}
