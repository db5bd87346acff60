//! What the code left of the cursor calls for: after `cart.` and `money::` come members of what precedes, between the braces of an import
//! what its file has, in a tag the attributes of its component. As far as names and written types tell; if they do not, nothing is
//! foreseen.

mod given;
mod modules;
mod results;
mod text;
mod types;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use self::text::{expression, tag, without_separator};
use super::corpus::{Corpus, Symbol};
use super::handle::PlaceQuery;
use super::numbers::NumberMap;
use super::passages::Read;
use super::rank::Candidate;
use super::scene::Scene;
use crate::syntax::uses::{self, Assignment};
use crate::syntax::{Kind, Language, Parsed};
use crate::text::words;

/// The sum of the members' scores, since one of them comes next (on the scale that [`super::rank::trees`] describes).
const MEMBER_SCORE_SUM: f32 = 2.2;
/// The highest score of one member.
const MAX_MEMBER_SCORE: f32 = 0.75;
/// The initial score of a member that the ranking gives no score.
const UNRANKED_MEMBER_SCORE: f32 = 2e-3;
/// The score of the type itself.
const TYPE_SCORE: f32 = 0.65;
/// Maximum steps from a value back to its origin: a variable to its value, a call to its result.
const MAX_STEPS_BACK: usize = 8;
/// Maximum imports and re-exports that are followed from a name to the file that defines it.
const MAX_IMPORT_HOPS: usize = 8;
/// Maximum files that are examined to follow them, for one receiver.
const MAX_FILES_LOOKED_AT: usize = 64;
/// A name with more definitions than this does not say which one is meant.
const MAX_DEFINITIONS_OF_NAME: usize = 4;

/// Examines what is left of the cursor.
struct Receiver<'a> {
    query: &'a PlaceQuery<'a>,
    corpus: &'a Corpus,
    language: &'a Language,
    scene: &'a Scene,
    read: Read<'a>,
    /// How many more files may be examined.
    left: Cell<usize>,
    /// Assignments to a name count only before this place.
    until: Cell<usize>,
    /// How many definitions were looked into to get to this one.
    depth: Cell<usize>,
    /// The tree as it would be if the member were written, made on first use.
    finished: OnceCell<Option<Parsed>>,
    /// What gives names a value in the tree of the text, by name: the same name is asked for again and again.
    given: RefCell<HashMap<Box<str>, Rc<[Assignment]>>>,
}

/// Raises what can come next because of what is left of the cursor. Returns it, the likeliest first. `factor` says how much of its
/// likelihood a definition keeps.
pub fn expect(
    query: &PlaceQuery,
    scene: &Scene,
    read: Read,
    factor: impl FnMut(&Symbol) -> f32,
    candidates: &mut Vec<Candidate>,
) -> Vec<u32> {
    let Some(language) = query.language else { return vec![] };
    let look = Receiver {
        query,
        corpus: query.corpus,
        language,
        scene,
        read,
        left: Cell::new(MAX_FILES_LOOKED_AT),
        until: Cell::new(query.offset),
        depth: Cell::new(0),
        finished: OnceCell::new(),
        given: RefCell::default(),
    };
    let before = &query.text[..query.text.floor_char_boundary(query.offset)];
    let begun = words::last(before);
    let head = &before[..before.len() - begun.len()];
    let (mut types, mut members) = look.next(head);
    let own = query.corpus.file(query.path);
    members.sort_unstable_by_key(|number| query.corpus.place(*number));
    members.dedup();
    let fits = |number: &u32| {
        let symbol = &query.corpus.symbols[*number as usize];
        Some(symbol.file) != own && query.corpus.text(symbol.name).starts_with(begun)
    };
    members.retain(fits);
    types.retain(fits);
    raise(query.corpus, factor, &types, &members, candidates)
}

/// Distributes the expectation among the members; likelier ones get more.
fn raise(
    corpus: &Corpus,
    mut factor: impl FnMut(&Symbol) -> f32,
    types: &[u32],
    members: &[u32],
    candidates: &mut Vec<Candidate>,
) -> Vec<u32> {
    if members.is_empty() && types.is_empty() {
        return vec![];
    }
    let mut places: NumberMap<u32, Option<usize>> = members.iter().chain(types).map(|number| (*number, None)).collect();
    for (place, candidate) in candidates.iter().enumerate() {
        places.entry(candidate.symbol).and_modify(|known| *known = Some(place));
    }
    let score = |number: &u32| places[number].map_or(0.0, |place| candidates[place].score) + UNRANKED_MEMBER_SCORE;
    let scores: Vec<f32> = members.iter().map(score).collect();
    let of_members = members.iter().copied().zip(shares(&scores));
    let mut raised: Vec<Candidate> = of_members
        .chain(types.iter().map(|number| (*number, TYPE_SCORE)))
        .map(|(symbol, score)| Candidate { symbol, score: score * factor(&corpus.symbols[symbol as usize]) })
        .collect();
    for one in &raised {
        match places[&one.symbol] {
            Some(place) => candidates[place].score = candidates[place].score.max(one.score),
            None => candidates.push(*one),
        }
    }
    raised.sort_by(|a, b| corpus.likeliest_first((a.symbol, a.score), (b.symbol, b.score)));
    raised.into_iter().map(|one| one.symbol).collect()
}

/// Distributes the expectation in proportion to the scores. What the likeliest cannot take goes to the others, however unlikely: one of
/// them comes next.
fn shares(scores: &[f32]) -> impl Iterator<Item = f32> {
    let all: f32 = scores.iter().sum::<f32>().max(UNRANKED_MEMBER_SCORE);
    let is_full = move |score: f32| score * MEMBER_SCORE_SUM / all >= MAX_MEMBER_SCORE;
    let (full, rest): (Vec<f32>, Vec<f32>) = scores.iter().partition(|score| is_full(**score));
    let left = (MEMBER_SCORE_SUM - MAX_MEMBER_SCORE * full.len() as f32) / rest.iter().sum::<f32>().max(UNRANKED_MEMBER_SCORE);
    scores.iter().map(move |score| if is_full(*score) { MAX_MEMBER_SCORE } else { (score * left).min(MAX_MEMBER_SCORE) })
}

impl Receiver<'_> {
    /// The types of the expression at the end of a text, and what may follow it.
    fn next(&self, head: &str) -> (Vec<u32>, Vec<u32>) {
        if let Some(files) = self.imported() {
            return (vec![], files.into_iter().flat_map(|file| self.offered(file)).collect());
        }
        if let Some(component) = tag(head).filter(|_| self.language.tags) {
            let types = self.taken_by(component);
            let members = types.iter().flat_map(|number| self.members(*number)).collect();
            return (types, members);
        }
        let Some(of) = without_separator(head) else {
            let is_designated =
                self.language.types.designates && head.ends_with('.') && head.trim_end_matches('.').trim_end().ends_with(['{', ',']);
            let types = if is_designated { self.initialized(head) } else { vec![] };
            let members = types.iter().flat_map(|number| self.members(*number)).collect();
            return (types, members);
        };
        let of = expression(of);
        let mut types = self.types(of, MAX_STEPS_BACK);
        if head.trim_end().ends_with("->") {
            types = self.through(types, &self.language.types.arrow);
        }
        let mut members: Vec<u32> = types.iter().flat_map(|number| self.members(*number)).collect();
        if types.is_empty() || self.is_loaded(of) {
            members.extend(self.modules(of).into_iter().flat_map(|file| self.offered(file)));
        }
        if types.is_empty() && members.is_empty() {
            members.extend(self.in_namespace(words::last(of)));
        }
        (types, members)
    }

    /// The content of the namespaces with a name.
    fn in_namespace(&self, name: &str) -> impl Iterator<Item = u32> {
        let corpus = self.corpus;
        let slot = corpus.name(name).and_then(|name| corpus.slot(name));
        let all = slot.map_or(&[][..], |slot| corpus.members_of(slot));
        let is_inside = move |number: &u32| {
            let symbol = &corpus.symbols[*number as usize];
            let file = &corpus.digest(symbol).file;
            corpus.facts(symbol).parent().and_then(|parent| file.symbols.get(parent)).is_some_and(|around| around.kind == Kind::Module)
        };
        all.iter().copied().filter(is_inside)
    }

    /// All places in the text where a name gets a value or a type; none without a tree.
    fn assignments(&self, name: &str) -> Rc<[Assignment]> {
        if let Some(known) = self.given.borrow().get(name) {
            return known.clone();
        }
        let found: Rc<[Assignment]> = self.query.parsed.map(|tree| uses::given(tree, name)).unwrap_or_default().into();
        self.given.borrow_mut().insert(name.into(), found.clone());
        found
    }

    /// The tree of the text with a name at the cursor: without one, the code around the place may not parse.
    fn finished(&self) -> Option<&Parsed> {
        let finish = || {
            let (before, after) = self.query.text.split_at(self.query.text.floor_char_boundary(self.query.offset));
            let name = if words::last(before).is_empty() { "name" } else { "" };
            self.query.parsed?.edited(format!("{before}{name}{after}").as_str()).ok()
        };
        self.finished.get_or_init(finish).as_ref()
    }
}
