//! The last ranking, kept for the next prompt with everything that it depends on. Most keys change none of the names around the cursor, and
//! nothing else changes the ranking of other files' definitions.

use std::sync::{Arc, OnceLock};

use super::handle::PlaceQuery;
use super::nameable::Nameable;
use super::rank::{Candidate, Ranker};
use super::scene::Scene;

/// The ranking at a place.
pub struct Ranking {
    /// Unique to the corpus; its address may be reused.
    version: Arc<()>,
    path: Box<str>,
    language: Option<Box<str>>,
    in_test: bool,
    scene: Arc<Scene>,
    candidates: Vec<Candidate>,
    /// Those that are hardly wanted, once first needed.
    others: OnceLock<Vec<Candidate>>,
}

/// The definitions that may be wanted at a place, in no order, with their probabilities. `done` hears of each step.
pub fn ranked(ranker: &Ranker, mut rules: Option<&mut Nameable>, done: &mut dyn FnMut(&'static str)) -> Vec<Candidate> {
    let mut candidates = ranker.candidates();
    done("weighing");
    ranker.look_again(rules.as_deref_mut(), &mut candidates);
    done("trees");
    ranker.foresee_modules(&mut candidates);
    done("modules");
    rules.into_iter().for_each(|rules| rules.weigh(&mut candidates));
    done("rules");
    candidates
}

impl Ranking {
    /// Ranks the definitions that may be wanted at a place.
    pub fn new(query: &PlaceQuery, scene: &Arc<Scene>, in_test: bool, ranker: &Ranker, rules: Option<&mut Nameable>) -> Self {
        let candidates = ranked(ranker, rules, &mut |_| {});
        Self {
            version: query.corpus.version().clone(),
            path: query.path.into(),
            language: language(query).map(Box::from),
            in_test,
            scene: scene.clone(),
            candidates,
            others: OnceLock::new(),
        }
    }

    /// Whether ranking again at a place would give the same.
    pub fn is_of(&self, query: &PlaceQuery, scene: &Scene, in_test: bool) -> bool {
        let is_there = *self.path == *query.path && self.language.as_deref() == language(query) && self.in_test == in_test;
        is_there && Arc::ptr_eq(&self.version, query.corpus.version()) && self.scene.is_alike(scene)
    }

    /// The definitions with their probabilities, to be changed by the caller.
    pub fn candidates(&self) -> Vec<Candidate> {
        self.candidates.clone()
    }

    /// All the others, which fill a budget that those do not fill. `find` is called on first use.
    pub fn others(&self, find: impl FnOnce() -> Vec<Candidate>) -> &[Candidate] {
        self.others.get_or_init(find)
    }
}

fn language<'a>(query: &PlaceQuery<'a>) -> Option<&'a str> {
    query.language.map(|language| &*language.name)
}
