//! Declarations and what they declare: a header says of a function what the file says that defines it. Both would fill a prompt with the
//! same line twice, so the definition takes what is expected of either.

use super::corpus::{Corpus, Sort, Symbol};
use super::numbers::NumberMap;
use super::rank::Candidate;
use crate::syntax::Language;

/// What is left of a declaration whose definition is there: it may be told from it by its parameters.
const AGAIN: f32 = 0.05;
/// Definitions of a name from which on nobody knows which one is declared.
const MEANT: usize = 4;
/// What is less likely anyway is not looked at.
const LEAST: f32 = 1e-4;

/// Makes each definition as likely as the likeliest of its declarations, and those unlikely.
pub fn join(corpus: &Corpus, path: &str, language: Option<&Language>, candidates: &mut Vec<Candidate>) {
    if !language.is_some_and(|language| language.declared_first) {
        return;
    }
    let own = corpus.file(path);
    let mut defined: NumberMap<u32, f32> = NumberMap::default();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.score > LEAST) {
        let symbol = &corpus.symbols[candidate.symbol as usize];
        if !declares(corpus, symbol) {
            continue;
        }
        let found: Vec<u32> = definitions(corpus, symbol).collect();
        if found.is_empty() || found.len() > MEANT {
            continue;
        }
        for number in found.into_iter().filter(|number| Some(corpus.symbols[*number as usize].file) != own) {
            let known = defined.entry(number).or_default();
            *known = known.max(candidate.score);
        }
        candidate.score *= AGAIN;
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

/// Whether it only says that there is a function.
fn declares(corpus: &Corpus, symbol: &Symbol) -> bool {
    is_callable(symbol) && corpus.facts(symbol).body.is_empty()
}

/// The functions that a declaration may mean: of its name and its type, seen from other files. What tests put in their place is none.
fn definitions(corpus: &Corpus, declared: &Symbol) -> impl Iterator<Item = u32> {
    corpus.of_slot(declared.slot).iter().copied().filter(move |number| {
        let symbol = &corpus.symbols[*number as usize];
        let (here, there) = (symbol.file as usize, declared.file as usize);
        let is_like = symbol.container == declared.container && (symbol.file == declared.file || !symbol.marks.hidden);
        is_like && is_callable(symbol) && !corpus.facts(symbol).body.is_empty() && (corpus.is_test[there] || !corpus.is_test[here])
    })
}

fn is_callable(symbol: &Symbol) -> bool {
    matches!(symbol.sort, Sort::Function | Sort::Method)
}
