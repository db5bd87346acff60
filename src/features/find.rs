//! Places that may answer a question: definitions whose names, paths and text share its words, best first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Desk;
use crate::agent::limits::shorten;
use crate::context::{Kind, Part, redact, words};
use crate::engine::Tokens;
use crate::index::{FileId, SymbolId};

/// Definitions that are read to be judged by their text.
const READ: usize = 60;
/// Longest excerpt, in bytes.
const LONGEST: usize = 3000;
/// What a word in a name, a path and a text is worth.
const IN_NAME: f64 = 3.0;
const IN_PATH: f64 = 1.5;
const IN_TEXT: f64 = 1.0;
/// Words that nearly every question has.
const COMMON: &[&str] = &[
    "the",
    "and",
    "are",
    "for",
    "how",
    "does",
    "what",
    "where",
    "which",
    "when",
    "who",
    "why",
    "this",
    "that",
    "with",
    "from",
    "into",
    "code",
    "function",
    "file",
    "defined",
    "decided",
    "implemented",
    "used",
    "there",
    "can",
    "has",
    "have",
    "not",
    "its",
    "is",
    "in",
    "of",
    "to",
    "do",
    "on",
    "it",
    "be",
    "an",
    "or",
    "by",
    "if",
    "as",
    "we",
    "at",
];

/// Excerpts within a budget of tokens.
pub(super) fn about(desk: &Desk, question: &str, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let terms = terms(question);
    let mut parts: Vec<Part> = vec![];
    let mut spent = 0;
    for Found { symbol, score } in ranked(desk, &terms) {
        let Some(part) = excerpt(desk, symbol, tokens, score) else { continue };
        let inside =
            parts.iter().any(|known| known.path == part.path && known.start_line <= part.start_line && part.end_line <= known.end_line);
        if inside || spent + part.tokens > budget {
            continue;
        }
        spent += part.tokens;
        parts.push(part);
        if parts.len() == 12 {
            break;
        }
    }
    parts
}

/// The words of a question by what they are worth: names that are written as in code count most.
fn terms(question: &str) -> HashMap<String, f64> {
    let mut terms = HashMap::new();
    for (_, word) in words::identifiers(question) {
        let as_code = word.contains('_') || word.chars().skip(1).any(char::is_uppercase);
        for part in words::subwords(word) {
            let part = stem(&part.to_lowercase());
            if part.len() > 1 && !COMMON.contains(&part.as_str()) {
                let weight: &mut f64 = terms.entry(part).or_default();
                *weight = weight.max(if as_code { 2.0 } else { 1.0 });
            }
        }
    }
    terms
}

/// Plurals and the commonest endings are the same word.
fn stem(word: &str) -> String {
    let cut = ["ies", "ing", "ed", "es", "s"].iter().find_map(|end| word.strip_suffix(end).filter(|stem| stem.len() > 3));
    cut.unwrap_or(word).to_string()
}

struct Found {
    symbol: SymbolId,
    score: f64,
}

fn ranked(desk: &Desk, terms: &HashMap<String, f64>) -> Vec<Found> {
    let view = &desk.index;
    let rare = rarity(desk, terms);
    let worth = |text: &str| -> f64 {
        let said: HashSet<String> =
            words::identifiers(text).flat_map(|(_, word)| words::subwords(word)).map(|part| stem(&part.to_lowercase())).collect();
        terms.iter().filter(|(term, _)| said.contains(*term)).map(|(term, weight)| weight * rare.get(term).copied().unwrap_or(1.0)).sum()
    };
    let mut names: HashMap<&str, f64> = HashMap::new();
    let mut found = vec![];
    for (id, file) in view.files() {
        let path = file.path.to_string();
        let mut in_path = worth(&path) * IN_PATH;
        if words::is_test_path(&path) && !terms.contains_key("test") {
            in_path -= 2.0;
        }
        for (index, symbol) in file.symbols.iter().enumerate() {
            let name = view.text(symbol.name);
            let mut score = *names.entry(name).or_insert_with(|| worth(name)) * IN_NAME;
            if let Some(container) = symbol.container() {
                score += worth(view.text(container));
            }
            if score + in_path > 0.0 {
                found.push(Found { symbol: SymbolId { file: id, index: index as u32 }, score: score + in_path });
            }
        }
    }
    let by_score = |a: &Found, b: &Found| b.score.total_cmp(&a.score).then(a.symbol.cmp(&b.symbol));
    found.sort_unstable_by(by_score);
    found.truncate(READ);
    let mut texts: HashMap<FileId, Option<Arc<str>>> = HashMap::new();
    for one in &mut found {
        let text =
            texts.entry(one.symbol.file).or_insert_with(|| view.file(one.symbol.file).and_then(|file| desk.snapshot.read(&file.path).ok()));
        let Some((text, symbol)) = text.as_ref().zip(view.symbol(one.symbol)) else { continue };
        let doc = text.get(symbol.doc.range()).unwrap_or_default();
        let item = text.get(symbol.item.range()).unwrap_or_default();
        one.score += worth(doc) * IN_TEXT * 1.5 + worth(&shorten(item, LONGEST)) * IN_TEXT;
    }
    found.sort_unstable_by(by_score);
    found
}

/// How telling each word is: the fewer names hold it, the more.
fn rarity(desk: &Desk, terms: &HashMap<String, f64>) -> HashMap<String, f64> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut all = 1;
    for (_, name) in desk.index.names() {
        all += 1;
        for part in words::subwords(name).into_iter().map(|part| stem(&part.to_lowercase())).filter(|part| terms.contains_key(part)) {
            *counts.entry(part).or_default() += 1;
        }
    }
    let weigh = |term: &String| ((all as f64) / (1 + counts.get(term).copied().unwrap_or(0)) as f64).ln().max(0.3) / 4.0;
    terms.keys().map(|term| (term.clone(), weigh(term))).collect()
}

fn excerpt(desk: &Desk, id: SymbolId, tokens: &dyn Tokens, score: f64) -> Option<Part> {
    let file = desk.index.file(id.file)?;
    let symbol = desk.index.symbol(id)?;
    let text = desk.snapshot.read(&file.path).ok()?;
    let doc_above = !symbol.doc.is_empty() && symbol.doc.start < symbol.item.start;
    let start = if doc_above { symbol.doc.start } else { symbol.item.start } as usize;
    let start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = (symbol.item.end as usize).min(start + LONGEST);
    let whole_lines = text.get(..end).map_or(text.floor_char_boundary(end), |before| {
        if end < symbol.item.end as usize { before.rfind('\n').unwrap_or(end) } else { end }
    });
    let code = redact::mask(text.get(start..whole_lines)?);
    let line = |offset: usize| text[..offset].matches('\n').count() as u32 + 1;
    Some(Part {
        path: file.path.to_string().into(),
        start_line: line(start),
        end_line: line(whole_lines),
        kind: Kind::Definition,
        tokens: tokens.count(&code) + 12,
        text: code.into(),
        why: format!("{} shares words with the question ({score:.1})", desk.index.text(symbol.name)),
    })
}
