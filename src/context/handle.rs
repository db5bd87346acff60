//! The session's door: callers bring a place, and get the pack for it.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::corpus::{Corpus, Digest, Name};
use super::rank::{Candidate, Ranker};
use super::scene::Scene;
use super::select::Order;
use super::session::{Count, Here, PART_OVERHEAD, Session};
use super::{Kind, Masked, Pack, Part, words};
use crate::syntax::Language;

/// Visited places that are remembered.
const VISITS: usize = 8;
/// How much likelier a visit makes a definition.
const VISITED: f32 = 0.3;
/// Prompts that are kept up at a time: those of each feature, and as many that people look at.
const SESSIONS: usize = 8;

/// The state of one window's prompts; clones share it.
#[derive(Clone, Default)]
pub struct Handle {
    /// Held to take a picture and to put one back, never while something is packed or counted.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Last used first.
    sessions: VecDeque<Kept>,
    visits: VecDeque<Visit>,
    turns: u64,
}

/// A budget, so that a completion's pack and an explanation's do not disturb each other; and apart what is only looked at.
type Key = (usize, bool);

/// A path and a line, 0-based.
type Visit = (Arc<str>, u32);

struct Kept {
    key: Key,
    /// The turn that has left it.
    turn: u64,
    session: Session,
}

/// What there was when a request began.
struct Turn {
    number: u64,
    visits: VecDeque<Visit>,
    session: Session,
}

/// A place in an open buffer.
pub struct PlaceQuery<'a> {
    pub corpus: &'a Corpus,
    /// Path in the workspace, with `/`.
    pub path: &'a str,
    pub language: Option<&'a Language>,
    /// The buffer's text.
    pub text: &'a str,
    /// The cursor, in bytes.
    pub offset: usize,
    /// Tokens for what is added around the current file.
    pub budget: usize,
    /// A person looks at what would be sent: nothing that is sent may change by that.
    pub preview: bool,
}

impl Handle {
    /// What should stand in front of the model for a place. `count` counts tokens of the model that will read it.
    /// `changed` gives the signatures of a file that is no longer as the corpus has it.
    pub fn place(&self, query: &PlaceQuery, changed: &dyn Fn(&str) -> Option<Arc<Digest>>, count: Count) -> Pack {
        let scene = Scene::new(query.corpus, query.language, query.text, query.offset);
        let ranker = Ranker::new(query.corpus, &scene, query.language, query.path);
        let mut candidates = ranker.candidates();
        ranker.look_again(&mut candidates);
        let key = (query.budget, query.preview);
        let Turn { number, visits, mut session } = self.state().turn(key);
        prefer_visited(query, &visits, &mut candidates);
        let order = Order::new(query.corpus, &ranker, candidates, query.budget);
        let here = Here { path: query.path.into(), function: scene.function_line };
        let named = named_here(query);
        let packed = session.pack(query.corpus, &order, query.budget, here, &named, count);
        self.state().keep(key, number, session);
        let corrections = correct(&packed.parts, query.corpus, changed, count);
        let mut pack = Pack { tokens: packed.tokens, parts: packed.parts, budget: query.budget, prefix_reused: packed.reused };
        // The head stays where it is; what is least sure makes room.
        pack.correct(corrections);
        pack
    }

    /// The user looked at or edited a line (0-based) of a file.
    pub fn visited(&self, path: &str, line: u32) {
        let mut state = self.state();
        state.visits.retain(|(known, at)| &**known != path || at.abs_diff(line) > 20);
        state.visits.push_front((path.into(), line));
        state.visits.truncate(VISITS);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names that stand in the cursor's line, but for the one that is being written.
fn named_here(query: &PlaceQuery) -> Vec<Name> {
    let offset = words::floor(query.text, query.offset);
    let start = query.text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line = query.text[start..].lines().next().unwrap_or_default();
    let is_whole = |at: usize, word: &str| start + at + word.len() < offset || offset < start + at;
    words::identifiers(line).filter(|(at, word)| is_whole(*at, word)).filter_map(|(_, word)| query.corpus.name(word)).collect()
}

/// What the parts say of files that have changed since, as it is now.
fn correct(parts: &[Part], corpus: &Corpus, changed: &dyn Fn(&str) -> Option<Arc<Digest>>, count: Count) -> Vec<Part> {
    let mut corrections = vec![];
    for part in parts {
        let Some((now, before)) = changed(&part.path).zip(corpus.file(&part.path)) else { continue };
        let before = &corpus.files[before as usize];
        let shown: HashSet<&str> = part.text.lines().collect();
        let known: HashSet<&str> = (0..before.file.symbols.len() as u32).map(|index| before.signature(index)).collect();
        let named: HashSet<_> = (0..before.file.symbols.len() as u32)
            .filter(|index| before.signature(*index).lines().next().is_some_and(|line| shown.contains(line)))
            .map(|index| before.file.symbols[index as usize].name)
            .collect();
        let fresh = |index: &u32| {
            let signature = now.signature(*index);
            !signature.is_empty() && !known.contains(signature) && named.contains(&now.file.symbols[*index as usize].name)
        };
        let fresh: Vec<u32> = (0..now.file.symbols.len() as u32).filter(fresh).collect();
        let still: HashSet<&str> = (0..now.file.symbols.len() as u32).map(|index| now.signature(index)).collect();
        let gone = part.text.lines().any(|line| known.contains(line) && !still.contains(line));
        let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else {
            if gone && still.iter().all(|signature| signature.is_empty()) {
                corrections.push(note(part, (1, 1), "(this file is gone)", count));
            }
            continue;
        };
        let text: String = fresh.iter().map(|index| format!("{}\n", now.signature(*index))).collect();
        let lines = (now.line(*first) + 1, now.line(*last) + now.signature(*last).lines().count() as u32);
        corrections.push(note(part, lines, &text, count));
    }
    corrections
}

fn note(of: &Part, lines: (u32, u32), text: &str, count: Count) -> Part {
    let text = Masked::whole(text);
    Part {
        path: of.path.clone(),
        start_line: lines.0,
        end_line: lines.1,
        kind: Kind::Correction,
        tokens: count(&text) + count(&of.path) + PART_OVERHEAD,
        text,
        why: "has changed since the part above was written".into(),
    }
}

impl State {
    /// What a request for a pack begins with.
    fn turn(&mut self, key: Key) -> Turn {
        self.turns += 1;
        let known = self.sessions.iter().find(|kept| kept.key == key);
        let session = known.map(|kept| kept.session.clone()).unwrap_or_default();
        Turn { number: self.turns, visits: self.visits.clone(), session }
    }

    /// Keeps what a pack has left, unless a later one has ended before; the session that was not used for longest goes.
    fn keep(&mut self, key: Key, turn: u64, session: Session) {
        if self.sessions.iter().any(|kept| kept.key == key && kept.turn > turn) {
            return;
        }
        let mut others = 0;
        self.sessions.retain(|kept| {
            others += usize::from(kept.key.1 == key.1);
            kept.key != key && (kept.key.1 != key.1 || others < SESSIONS)
        });
        self.sessions.push_front(Kept { key, turn, session });
    }
}

/// Definitions that were just looked at are likelier to be needed.
fn prefer_visited(query: &PlaceQuery, visits: &VecDeque<Visit>, candidates: &mut Vec<Candidate>) {
    let corpus = query.corpus;
    let mut visited: HashSet<u32> = HashSet::new();
    for (path, line) in visits.iter().filter(|(path, _)| **path != *query.path) {
        let Some(file) = corpus.file(path) else { continue };
        visited.extend(corpus.of_file(file).filter(|number| {
            let facts = corpus.facts(&corpus.symbols[*number as usize]);
            (facts.line..=facts.end_line).contains(line)
        }));
    }
    for candidate in candidates.iter_mut().filter(|candidate| visited.remove(&candidate.symbol)) {
        candidate.score += VISITED * (1.0 - candidate.score);
    }
    candidates.extend(visited.into_iter().map(|symbol| Candidate { symbol, score: VISITED }));
}
