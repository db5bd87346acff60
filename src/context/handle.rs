//! The entry point to sessions: callers bring a place and get its pack.

use std::cell::LazyCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bodies::{self, Bodies};
use super::corpus::{Corpus, Digest, Name, Symbol, marks};
use super::nameable::Nameable;
use super::numbers::NumberSet;
use super::passages::{Files, Passages, Place, Read};
use super::rank::{Candidate, Ranker};
use super::ranking::Ranking;
use super::reading::Reading;
use super::scene::Scene;
use super::select::{KeptOrder, Order};
use super::session::{ASSUMED_BYTES_PER_TOKEN, Asked, Count, Here, PackRequest, Session};
use super::{Pack, Part, corrections, declared, members, receiver};
use crate::syntax::{Language, Parsed, naming, scope};
use crate::text::lines::line_start;
use crate::text::{count_breaks, words};

/// How many visited places are remembered.
const MAX_VISITS: usize = 8;
/// The share of the distance to 1 that a visit adds to a definition's score, on the scale that [`super::rank::trees`] describes.
const VISIT_BONUS: f32 = 0.55;
/// Definitions that are hardly wanted get a quarter (one part in this many) of the room left by those that may be wanted; the rest is for
/// whole definitions.
const OTHERS_ROOM_DIVISOR: usize = 4;
/// How many prompts are kept alive: one for each feature, and as many previews for the user.
const MAX_SESSIONS: usize = 8;

/// The prompts of one window; clones share them.
#[derive(Clone, Default)]
pub struct Handle {
    /// Locked to copy the state or to put it back, never while something is packed or counted.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Most recently used first.
    sessions: VecDeque<Kept>,
    visits: VecDeque<Visit>,
    files: Files,
    reading: Reading,
    /// The last ranking, for the next request about the same place, which may have another budget.
    ranking: Option<Arc<Ranking>>,
    order: Option<KeptOrder>,
    turns: u64,
}

/// Budget, and whether it is a preview. So completions, explanations and previews do not disturb each other's prompts.
type Key = (usize, bool);

/// A path and a zero-based line.
type Visit = (Arc<str>, u32);

struct Kept {
    key: Key,
    /// The turn that left this state.
    turn: u64,
    prompt: Prompt,
}

/// What a prompt showed last of other files.
#[derive(Clone, Default)]
struct Prompt {
    session: Session,
    bodies: Bodies,
    passages: Passages,
}

/// The state at the start of a request.
struct Turn {
    number: u64,
    visits: VecDeque<Visit>,
    prompt: Prompt,
    files: Files,
}

/// A place in an open document.
pub struct PlaceQuery<'a> {
    pub corpus: &'a Corpus,
    /// The path in the workspace, with `/`.
    pub path: &'a str,
    pub language: Option<&'a Language>,
    /// The document's text.
    pub text: &'a str,
    /// The tree of that text, if there is one.
    pub parsed: Option<&'a Parsed>,
    /// The cursor, in bytes of the text.
    pub offset: usize,
    /// Tokens for everything that is added around the current file.
    pub budget: usize,
    /// The user only looks at what would be sent, which must not change what is sent.
    pub preview: bool,
    /// Code will be written at the cursor, so passages that resemble its surroundings are included.
    pub writes: bool,
}

/// What is needed about the repository besides the corpus.
pub struct Sources<'a> {
    /// The current signatures of a file that differs from the corpus.
    pub changed: &'a dyn Fn(&str) -> Option<Arc<Digest>>,
    /// Whether a file of the corpus, by its number there, has been deleted since.
    pub is_gone: &'a dyn Fn(u32) -> bool,
    /// A file's text as the user currently has it.
    pub read: Read<'a>,
    /// Counts tokens for the model that will read the prompt.
    pub count: Count<'a>,
}

impl Handle {
    /// The pack for a place: what to put in front of the model.
    pub fn place(&self, query: &PlaceQuery, sources: &Sources) -> Pack {
        // Another request in the meantime starts a reading of its own.
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
        let room = query.room_beside(&candidates);
        if query.budget >= bodies::MIN_BUDGET_TOKENS && room > 0 {
            let others = ranking.others(|| ranker.hopeless(in_test));
            candidates.extend(query.first_of(others, room / OTHERS_ROOM_DIVISOR));
        }
        let key = (query.budget, query.preview);
        let Turn { number, visits, mut prompt, mut files } = self.state().turn(key);
        let visited = prefer_visited(query, &visits, &mut candidates);
        members::expect(query.corpus, query.path, query.language, &scene, &mut candidates);
        let factor = |symbol: &Symbol| rules.get_or_insert_with(made_rules).as_mut().map_or(1.0, |rules| rules.factor(symbol));
        let expected = receiver::expect(query, &scene, sources.read, factor, &mut candidates);
        declared::join(query.corpus, query.path, query.language, &mut candidates);
        let here = Here { path: query.path.into(), function: scene.function_named };
        let place = query.place(&reading, in_test, &here);
        let alike = query.writes.then(|| prompt.passages.find(&place, query.budget, &mut files, sources)).flatten();
        let alike = alike.filter(|part| still_stands(part, query.path, sources));
        self.state().reading = reading;
        let budget = query.budget.saturating_sub(alike.as_ref().map_or(0, |part| part.tokens));
        let reason = |symbol: &Symbol| ranker.reason(symbol);
        let mut kept = self.state().order.clone();
        let order = Order::new(query.corpus, &reason, candidates, budget, sources.is_gone, &mut kept);
        self.state().order = kept;
        let asked = Asked { here: here.clone(), text: query.text, named: named_here(query), visited, expected };
        let packed = prompt.session.pack(&PackRequest {
            corpus: query.corpus,
            order: &order,
            budget,
            asked,
            is_gone: sources.is_gone,
            count: sources.count,
        });
        // The file under the cursor follows the parts, so it needs no correction.
        let others = |path: &str| (path != query.path).then(|| (sources.changed)(path)).flatten();
        let corrections = corrections::of(&packed.parts, query.corpus, &others, sources.count);
        let behind = corrections.iter().map(|part| part.tokens).sum();
        let place = bodies::Place { corpus: query.corpus, order: &order, here: &here, budget, before: packed.tokens, behind };
        let (followed, unchanged) = prompt.bodies.follow(&place, sources);
        let reused = packed.reused + if packed.reused == packed.tokens { unchanged } else { 0 };
        let mut pack = Pack { tokens: packed.tokens, parts: packed.parts, budget, prefix_reused: reused };
        pack.tokens += followed.iter().map(|part| part.tokens).sum::<usize>();
        pack.parts.extend(followed);
        self.state().keep(key, number, prompt, files);
        // The leading parts stay; the least certain ones make room.
        pack.correct(corrections);
        pack.append(alike, query.budget);
        pack
    }

    /// Notes that the user looked at or edited a (zero-based) line of a file.
    pub fn visited(&self, path: &str, line: u32) {
        let mut state = self.state();
        state.visits.retain(|(known, at)| &**known != path || at.abs_diff(line) > 20);
        state.visits.push_front((path.into(), line));
        state.visits.truncate(MAX_VISITS);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlaceQuery<'_> {
    /// Whether the file, or the code around the cursor, is marked as a test.
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

    /// The bytes that the budget has room for next to the signatures of all these.
    fn room_beside(&self, candidates: &[Candidate]) -> usize {
        let taken: usize = candidates.iter().map(|candidate| self.bytes(candidate)).sum();
        ((self.budget as f32 * ASSUMED_BYTES_PER_TOKEN) as usize).saturating_sub(taken)
    }

    /// The first candidates whose signatures have this many bytes in total.
    fn first_of<'a>(&'a self, candidates: &'a [Candidate], mut room: usize) -> impl Iterator<Item = &'a Candidate> {
        candidates.iter().take_while(move |candidate| {
            let bytes = self.bytes(candidate);
            let fits = bytes <= room;
            room -= bytes.min(room);
            fits
        })
    }

    fn bytes(&self, candidate: &Candidate) -> usize {
        usize::from(self.corpus.symbols[candidate.symbol as usize].bytes) + 1
    }

    fn place<'a>(&'a self, reading: &'a Reading, in_test: bool, here: &'a Here) -> Place<'a> {
        let family = self.language.map(|language| &*language.family);
        Place { corpus: self.corpus, path: self.path, text: self.text, reading, offset: self.offset, here, family, in_test }
    }
}

/// Whether a part's lines are still in their file, even if the corpus does not know of a change yet.
fn still_stands(part: &Part, here: &str, sources: &Sources) -> bool {
    *part.path == *here
        || (sources.changed)(&part.path).is_none()
        || (sources.read)(&part.path).is_some_and(|text| text.contains(&*part.text))
}

/// A name counts as just written this many lines above the cursor's line.
const JUST_WRITTEN_LINES_ABOVE: usize = 2;
/// Names further away than this, in bytes, are not at the cursor, however long the lines are.
const MAX_DISTANCE_BYTES: usize = 2_000;

/// The names on the cursor's line and just above it, without the one being written.
fn named_here(query: &PlaceQuery) -> Vec<Name> {
    let offset = query.text.floor_char_boundary(query.offset);
    let nearest = query.text.floor_char_boundary(offset.saturating_sub(MAX_DISTANCE_BYTES));
    let furthest = query.text.floor_char_boundary(offset + MAX_DISTANCE_BYTES);
    let start =
        query.text[nearest..offset].rmatch_indices('\n').nth(JUST_WRITTEN_LINES_ABOVE).map_or(nearest, |(end, _)| nearest + end + 1);
    let rest = query.text[offset..furthest].find('\n').map_or(furthest, |end| offset + end);
    let is_whole = |at: usize, word: &str| start + at + word.len() < offset || offset < start + at;
    let lines = &query.text[start..rest];
    let marks = query.language.map_or_else(Vec::new, |language| language.mark_lines(&lines.split('\n').collect::<Vec<_>>()));
    let names_nothing = |before: &str, word: &str| {
        let is_mark = marks.get(count_breaks(before.as_bytes())) == Some(&true);
        is_mark && query.language.is_some_and(|language| language.is_word_of_marks(word))
    };
    let named = words::identifiers(lines).filter(|(at, word)| {
        let before = &lines[line_start(lines, *at)..*at];
        is_whole(*at, word) && !is_prose(query, before, start + at) && !names_nothing(&lines[..*at], word)
    });
    named.filter_map(|(_, word)| query.corpus.name(word)).collect()
}

/// Whether a place after `before` on its line is in a comment or a string, which may still be open: then its names mean nothing.
fn is_prose(query: &PlaceQuery, before: &str, at: usize) -> bool {
    query.parsed.is_some_and(|tree| scope::is_prose(tree, at)) || before.matches('"').count() % 2 == 1
}

impl State {
    /// Starts a request: takes the state that it works on.
    fn turn(&mut self, key: Key) -> Turn {
        self.turns += 1;
        let known = self.sessions.iter().find(|kept| kept.key == key);
        let prompt = known.map(|kept| kept.prompt.clone()).unwrap_or_default();
        Turn { number: self.turns, visits: self.visits.clone(), prompt, files: self.files.clone() }
    }

    /// Keeps the state after a request, unless a later one has already ended. The session unused for longest is dropped.
    fn keep(&mut self, key: Key, turn: u64, prompt: Prompt, files: Files) {
        self.files = files;
        if self.sessions.iter().any(|kept| kept.key == key && kept.turn > turn) {
            return;
        }
        let mut others = 0;
        self.sessions.retain(|kept| {
            others += usize::from(kept.key.1 == key.1);
            kept.key != key && (kept.key.1 != key.1 || others < MAX_SESSIONS)
        });
        self.sessions.push_front(Kept { key, turn, prompt });
    }
}

/// Makes recently visited definitions likelier. Returns the innermost definition of each visit.
fn prefer_visited(query: &PlaceQuery, visits: &VecDeque<Visit>, candidates: &mut Vec<Candidate>) -> Vec<u32> {
    let corpus = query.corpus;
    let (mut visited, mut innermost): (NumberSet<u32>, Vec<u32>) = Default::default();
    for (path, line) in visits.iter().filter(|(path, _)| **path != *query.path) {
        let Some(file) = corpus.file(path) else { continue };
        let facts = |number: &u32| corpus.facts(&corpus.symbols[*number as usize]);
        let around = corpus.of_file(file).filter(|number| (facts(number).line..=facts(number).end_line).contains(line));
        let around: Vec<u32> = around.collect();
        innermost.extend(around.iter().max_by_key(|number| facts(number).line));
        visited.extend(around);
    }
    for candidate in candidates.iter_mut().filter(|candidate| !visited.is_empty() && visited.remove(&candidate.symbol)) {
        candidate.score += VISIT_BONUS * (1.0 - candidate.score);
    }
    candidates.extend(visited.into_iter().map(|symbol| Candidate { symbol, score: VISIT_BONUS }));
    innermost
}
