//! The session's door: callers bring a place, and get the pack for it.

use std::cell::LazyCell;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::corpus::{Corpus, Digest, Name, Symbol, marks};
use super::nameable::Nameable;
use super::passages::{Files, Passages, Place, Read};
use super::rank::{Candidate, Ranker};
use super::ranking::Ranking;
use super::reading::Reading;
use super::scene::Scene;
use super::select::Order;
use super::session::{Asked, Count, Here, Session};
use super::{Pack, Part, corrections, declared, members, receiver};
use crate::syntax::{Language, Parsed, naming, scope};
use crate::text::lines::line_start;
use crate::text::words;

/// Visited places that are remembered.
const VISITS: usize = 8;
/// How much likelier a visit makes a definition, on the scale of the trees, for which what is foreseen counts three times.
const VISITED: f32 = 0.55;
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
    files: Files,
    reading: Reading,
    /// For whoever packs for the place next: budgets come later.
    ranking: Option<Arc<Ranking>>,
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
    passages: Passages,
}

/// What there was when a request began.
struct Turn {
    number: u64,
    visits: VecDeque<Visit>,
    session: Session,
    passages: Passages,
    files: Files,
}

/// A place in an open buffer.
pub struct PlaceQuery<'a> {
    pub corpus: &'a Corpus,
    /// Path in the workspace, with `/`.
    pub path: &'a str,
    pub language: Option<&'a Language>,
    /// The buffer's text.
    pub text: &'a str,
    /// The same as its parser reads it.
    pub parsed: Option<&'a Parsed>,
    /// The cursor, in bytes.
    pub offset: usize,
    /// Tokens for what is added around the current file.
    pub budget: usize,
    /// A person looks at what would be sent: nothing that is sent may change by that.
    pub preview: bool,
    /// Code is to be written at the cursor: passages that resemble its surroundings come in.
    pub writes: bool,
}

/// What is asked of the repository beside the corpus.
pub struct Sources<'a> {
    /// The signatures of a file that is no longer as the corpus has it.
    pub changed: &'a dyn Fn(&str) -> Option<Arc<Digest>>,
    /// A file as the user has it now.
    pub read: Read<'a>,
    /// Counts tokens of the model that will read it.
    pub count: Count<'a>,
}

impl Handle {
    /// What should stand in front of the model for a place.
    pub fn place(&self, query: &PlaceQuery, sources: &Sources) -> Pack {
        // Whoever comes meanwhile reads by itself.
        let mut reading = std::mem::take(&mut self.state().reading);
        let scene = Scene::read(query.corpus, query.language, query.parsed, &mut reading, query.text, query.offset);
        let scene = Arc::new(scene);
        let ranker = LazyCell::new(|| Ranker::new(query.corpus, &scene, query.language, query.path));
        let in_test = query.language.is_some_and(|language| query.is_in_test(language));
        let made_rules = || query.language.map(|language| Nameable::new(query.corpus, language, query.path, in_test));
        let mut rules = None;
        let known = self.state().ranking.clone().filter(|known| known.is_of(query, &scene, in_test));
        let ranking = known.unwrap_or_else(|| {
            let ranking = Arc::new(Ranking::new(query, &scene, in_test, &ranker, rules.insert(made_rules()).as_mut()));
            self.state().ranking = Some(ranking.clone());
            ranking
        });
        let mut candidates = ranking.candidates();
        let key = (query.budget, query.preview);
        let Turn { number, visits, mut session, mut passages, mut files } = self.state().turn(key);
        let visited = prefer_visited(query, &visits, &mut candidates);
        members::expect(query.corpus, query.path, query.language, &scene, &mut candidates);
        let factor = |symbol: &Symbol| rules.get_or_insert_with(made_rules).as_mut().map_or(1.0, |rules| rules.factor(symbol));
        let expected = receiver::expect(query, &scene, sources.read, factor, &mut candidates);
        declared::join(query.corpus, query.path, query.language, &mut candidates);
        let here = Here { path: query.path.into(), function: scene.function_line };
        let place = query.place(&reading, in_test);
        let alike = query.writes.then(|| passages.find(&place, &here, query.budget, &mut files, sources.read, sources.count)).flatten();
        let alike = alike.filter(|part| still_stands(part, query.path, sources));
        self.state().reading = reading;
        let budget = query.budget.saturating_sub(alike.as_ref().map_or(0, |part| part.tokens));
        let reason = |symbol: &Symbol| ranker.reason(symbol);
        let order = Order::new(query.corpus, &reason, candidates, budget);
        let asked = Asked { here, text: query.text, named: named_here(query), visited, expected };
        let packed = session.pack(query.corpus, &order, budget, &asked, sources.count);
        self.state().keep(key, number, session, passages, files);
        // The file under the cursor stands behind the parts as it is.
        let others = |path: &str| (path != query.path).then(|| (sources.changed)(path)).flatten();
        let corrections = corrections::of(&packed.parts, query.corpus, &others, sources.count);
        let mut pack = Pack { tokens: packed.tokens, parts: packed.parts, budget, prefix_reused: packed.reused };
        // The head stays where it is; what is least sure makes room.
        pack.correct(corrections);
        pack.append(alike, query.budget);
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

impl PlaceQuery<'_> {
    /// Whether the file is one of tests, or what is around the cursor says that it is there for tests.
    fn is_in_test(&self, language: &Language) -> bool {
        let head = |item: &scope::Item| self.text.get(item.range.start..item.signature.end).unwrap_or_default();
        let above = |item: &scope::Item| {
            let lines = self.text.get(..item.range.start).unwrap_or_default().lines().rev().map(str::trim);
            lines
                .skip_while(|line| line.is_empty())
                .take_while(|line| language.is_mark(line))
                .any(|line| marks::is_for_tests(language, line))
        };
        let says = |item: &scope::Item| marks::is_for_tests(language, head(item)) || above(item);
        naming::is_test(Some(language), self.path) || self.parsed.is_some_and(|tree| scope::at(tree, self.offset).items.iter().any(says))
    }

    fn place<'a>(&'a self, reading: &'a Reading, in_test: bool) -> Place<'a> {
        let family = self.language.map(|language| &*language.family);
        Place { corpus: self.corpus, path: self.path, text: self.text, reading, offset: self.offset, family, in_test }
    }
}

/// Whether lines of another file stand there now, also where the corpus has not heard of a change yet.
fn still_stands(part: &Part, here: &str, sources: &Sources) -> bool {
    *part.path == *here
        || (sources.changed)(&part.path).is_none()
        || (sources.read)(&part.path).is_some_and(|text| text.contains(&*part.text))
}

/// Lines above the cursor's in which a name is one that was just written.
const LINES_ABOVE: usize = 2;
/// Names further away than this are not at the cursor, however long the lines are, in bytes.
const NEAR: usize = 2_000;

/// The names that the code in the cursor's line and just above it has, but for the one that is being written.
fn named_here(query: &PlaceQuery) -> Vec<Name> {
    let offset = query.text.floor_char_boundary(query.offset);
    let nearest = query.text.floor_char_boundary(offset.saturating_sub(NEAR));
    let furthest = query.text.floor_char_boundary(offset + NEAR);
    let start = query.text[nearest..offset].rmatch_indices('\n').nth(LINES_ABOVE).map_or(nearest, |(end, _)| nearest + end + 1);
    let rest = query.text[offset..furthest].find('\n').map_or(furthest, |end| offset + end);
    let is_whole = |at: usize, word: &str| start + at + word.len() < offset || offset < start + at;
    let lines = &query.text[start..rest];
    let named = words::identifiers(lines).filter(|(at, word)| {
        let before = &lines[line_start(lines, *at)..*at];
        is_whole(*at, word) && !is_prose(query, before, start + at)
    });
    named.filter_map(|(_, word)| query.corpus.name(word)).collect()
}

/// Whether what stands at a place, behind `before` in its line, is said and not meant: in a comment, or in a string, which may still be
/// open.
fn is_prose(query: &PlaceQuery, before: &str, at: usize) -> bool {
    query.parsed.is_some_and(|tree| scope::is_prose(tree, at)) || before.matches('"').count() % 2 == 1
}

impl State {
    /// What a request for a pack begins with.
    fn turn(&mut self, key: Key) -> Turn {
        self.turns += 1;
        let known = self.sessions.iter().find(|kept| kept.key == key);
        let (session, passages) = known.map(|kept| (kept.session.clone(), kept.passages.clone())).unwrap_or_default();
        Turn { number: self.turns, visits: self.visits.clone(), session, passages, files: self.files.clone() }
    }

    /// Keeps what a pack has left, unless a later one has ended before; the session that was not used for longest goes.
    fn keep(&mut self, key: Key, turn: u64, session: Session, passages: Passages, files: Files) {
        self.files = files;
        if self.sessions.iter().any(|kept| kept.key == key && kept.turn > turn) {
            return;
        }
        let mut others = 0;
        self.sessions.retain(|kept| {
            others += usize::from(kept.key.1 == key.1);
            kept.key != key && (kept.key.1 != key.1 || others < SESSIONS)
        });
        self.sessions.push_front(Kept { key, turn, session, passages });
    }
}

/// Definitions that were just looked at are likelier to be needed. Answers the innermost of them.
fn prefer_visited(query: &PlaceQuery, visits: &VecDeque<Visit>, candidates: &mut Vec<Candidate>) -> Vec<u32> {
    let corpus = query.corpus;
    let (mut visited, mut innermost): (HashSet<u32>, Vec<u32>) = Default::default();
    for (path, line) in visits.iter().filter(|(path, _)| **path != *query.path) {
        let Some(file) = corpus.file(path) else { continue };
        let facts = |number: &u32| corpus.facts(&corpus.symbols[*number as usize]);
        let around = corpus.of_file(file).filter(|number| (facts(number).line..=facts(number).end_line).contains(line));
        let around: Vec<u32> = around.collect();
        innermost.extend(around.iter().max_by_key(|number| facts(number).line));
        visited.extend(around);
    }
    for candidate in candidates.iter_mut().filter(|candidate| visited.remove(&candidate.symbol)) {
        candidate.score += VISITED * (1.0 - candidate.score);
    }
    candidates.extend(visited.into_iter().map(|symbol| Candidate { symbol, score: VISITED }));
    innermost
}
