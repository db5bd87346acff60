//! The session's door: callers bring a place, and get the pack for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::Pack;
use super::corpus::Corpus;
use super::rank::{Candidate, Ranker};
use super::scene::Scene;
use super::select::Order;
use super::session::{Count, Here, Session};
use super::window::Window;

/// Visited places that are remembered.
const VISITS: usize = 8;

/// The state of one window's prompts; clones share it.
#[derive(Clone, Default)]
pub struct Handle {
    /// One lock, held for a pack: packs of one window come one after the other anyway.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By budget: a completion's pack and an explanation's do not disturb each other.
    sessions: HashMap<usize, Session>,
    visits: VecDeque<(Arc<str>, u32)>,
}

/// A place in an open buffer.
pub struct PlaceQuery<'a> {
    pub corpus: &'a Corpus,
    /// Path in the workspace, with `/`.
    pub path: &'a str,
    /// The buffer's text.
    pub text: &'a str,
    /// The cursor, in bytes.
    pub offset: usize,
    /// Tokens for what is added around the current file.
    pub budget: usize,
}

impl Handle {
    /// What should stand in front of the model for a place. `count` counts tokens of the model that will read it.
    pub fn place(&self, query: &PlaceQuery, count: Count) -> Pack {
        let scene = Scene::new(query.corpus, query.text, query.offset);
        let mut candidates = Ranker::new(query.corpus, &scene, query.path).candidates();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.prefer_visited(query.corpus, &mut candidates);
        let order = Order::new(query.corpus, &candidates, query.budget);
        let here = Here { path: query.path.into(), function: scene.function_line };
        let packed = state.sessions.entry(query.budget).or_default().pack(query.corpus, &order, query.budget, here, count);
        Pack {
            parts: packed.parts,
            tokens: packed.tokens,
            budget: query.budget,
            prefix_reused: packed.reused,
            window: Window::new(query.text, query.offset),
        }
    }

    /// The user looked at or edited a line (0-based) of a file.
    pub fn visited(&self, path: &str, line: u32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.visits.retain(|(known, at)| &**known != path || at.abs_diff(line) > 20);
        state.visits.push_front((path.into(), line));
        state.visits.truncate(VISITS);
    }

    /// Forgets what stands in the prompts: the next ones are built anew.
    pub fn forget(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).sessions.clear();
    }
}

impl State {
    /// Definitions that were just looked at are likelier to be needed.
    fn prefer_visited(&self, corpus: &Corpus, candidates: &mut [Candidate]) {
        if self.visits.is_empty() {
            return;
        }
        let visited = |candidate: &Candidate| {
            let symbol = &corpus.symbols[candidate.symbol as usize];
            let facts = corpus.facts(symbol);
            let path = &corpus.files[symbol.file as usize].path;
            self.visits.iter().any(|(known, line)| known == path && (facts.line..=facts.end).contains(line))
        };
        let files: Vec<u32> = self.visits.iter().filter_map(|(path, _)| corpus.file(path)).collect();
        for candidate in candidates {
            if files.contains(&corpus.symbols[candidate.symbol as usize].file) && visited(candidate) {
                candidate.score += 0.3 * (1.0 - candidate.score);
            }
        }
    }
}
