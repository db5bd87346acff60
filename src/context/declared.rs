//! Declarations and what they declare. A header says the same about a function as the defining file, and both would put the same line into
//! a prompt. So the definition inherits the expectation of its declarations.

use super::corpus::{Corpus, Symbol};
use super::numbers::NumberMap;
use super::rank::Candidate;
use crate::syntax::Language;

/// The factor for a declaration whose definition is known. Not zero, since its parameters may be needed.
const DECLARATION_FACTOR: f32 = 0.05;
/// A name with more definitions than this does not say which one is declared.
const MAX_DEFINITIONS_OF_NAME: usize = 4;
/// Anything less likely is not examined.
const MIN_SCORE: f32 = 1e-4;

/// Makes each definition as likely as its likeliest declaration, and the declarations unlikely.
pub fn join(corpus: &Corpus, path: &str, language: Option<&Language>, candidates: &mut Vec<Candidate>) {
    if !language.is_some_and(|language| language.declared_first) {
        return;
    }
    let own = corpus.file(path);
    let mut defined: NumberMap<u32, f32> = NumberMap::default();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.score > MIN_SCORE) {
        let symbol = &corpus.symbols[candidate.symbol as usize];
        if !declares(corpus, symbol) {
            continue;
        }
        let found: Vec<u32> = definitions(corpus, symbol).collect();
        if found.is_empty() || found.len() > MAX_DEFINITIONS_OF_NAME {
            continue;
        }
        for number in found.into_iter().filter(|number| Some(corpus.symbols[*number as usize].file) != own) {
            let known = defined.entry(number).or_default();
            *known = known.max(candidate.score);
        }
        candidate.score *= DECLARATION_FACTOR;
    }
    for candidate in candidates.iter_mut() {
        if let Some(score) = defined.remove(&candidate.symbol) {
            candidate.score = candidate.score.max(score);
        }
    }
    let mut rest: Vec<Candidate> = defined.into_iter().map(|(symbol, score)| Candidate { symbol, score }).collect();
    rest.sort_unstable_by_key(|candidate| corpus.place(candidate.symbol));
    candidates.append(&mut rest);
}

/// Whether a symbol only declares a function.
fn declares(corpus: &Corpus, symbol: &Symbol) -> bool {
    symbol.sort.is_callable() && corpus.facts(symbol).body.is_empty()
}

/// The functions that a declaration may mean: same name and type, visible from other files. Test doubles do not count.
fn definitions(corpus: &Corpus, declared: &Symbol) -> impl Iterator<Item = u32> {
    corpus.of_slot(declared.slot).iter().copied().filter(move |number| {
        let symbol = &corpus.symbols[*number as usize];
        let (here, there) = (symbol.file as usize, declared.file as usize);
        let is_like = symbol.container == declared.container && (symbol.file == declared.file || !symbol.marks.hidden);
        is_like && symbol.sort.is_callable() && !corpus.facts(symbol).body.is_empty() && (corpus.is_test[there] || !corpus.is_test[here])
    })
}
