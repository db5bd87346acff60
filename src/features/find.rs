//! Places that may answer a question: definitions whose names, paths and text share its words, best first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Desk;
use super::explain::numbered;
use crate::agent::limits::shorten;
use crate::context::{Kind, Part, redact, words};
use crate::engine::Tokens;
use crate::index::{File, FileId, SymbolId};

/// Up to this budget in tokens only definitions are shown: a map would take their room.
const SMALL: usize = 4096;
/// Most definitions for a small budget.
const MOST: usize = 12;
/// Files that come first in a map.
const FIRST: usize = 200;
/// Definitions that are read to be judged by their text, at least.
const READ: usize = 60;
/// Longest excerpt, in bytes.
const LONGEST: usize = 3000;
/// What a word in a name, a path and a text is worth.
const IN_NAME: f64 = 3.0;
const IN_PATH: f64 = 1.5;
const IN_TEXT: f64 = 1.0;
/// A comment says what its item is for.
const IN_DOC: f64 = 1.5;
/// Bytes of files whose comments are looked at for a question; in a larger workspace names and paths decide what is read.
const COMMENTS: usize = 16 << 20;
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

/// What is put in front of the model for a question, within a budget of tokens: the whole repository where it fits, else the best
/// definitions and, where the budget is large enough for both, a map of the rest. What the question speaks of comes last, where models
/// look most.
pub(super) fn about(desk: &Desk, question: &str, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let terms = terms(question);
    let ranked = ranked(desk, &terms, READ.max(budget / 100));
    if budget <= SMALL {
        return excerpts(desk, &ranked, budget, MOST, tokens);
    }
    let repeated = excerpts(desk, &ranked, (budget / 4).min(SMALL), MOST, tokens);
    let spent: usize = repeated.iter().map(|part| part.tokens).sum();
    if let Some(mut parts) = super::map::whole(desk, budget - spent, tokens) {
        parts.extend(repeated);
        return parts;
    }
    let bodies = excerpts(desk, &ranked, budget / 4 * 3, MOST.max(budget / 300), tokens);
    let spent: usize = bodies.iter().map(|part| part.tokens).sum();
    let mut files: Vec<FileId> = vec![];
    for found in &ranked {
        if !files.contains(&found.symbol.file) && files.len() < FIRST {
            files.push(found.symbol.file);
        }
    }
    let mut parts = super::map::outline(desk, &files, budget - spent, tokens);
    parts.extend(bodies);
    parts
}

/// The best definitions within a budget, at most so many.
fn excerpts(desk: &Desk, ranked: &[Found], budget: usize, most: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![];
    let mut spent = 0;
    for Found { symbol, score, .. } in ranked {
        let Some(part) = excerpt(desk, *symbol, tokens, *score) else { continue };
        let inside =
            parts.iter().any(|known| known.path == part.path && known.start_line <= part.start_line && part.end_line <= known.end_line);
        if inside || spent + part.tokens > budget {
            continue;
        }
        spent += part.tokens;
        parts.push(part);
        if parts.len() == most {
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
    /// Its comment has been judged.
    read: bool,
}

fn ranked(desk: &Desk, terms: &HashMap<String, f64>, most: usize) -> Vec<Found> {
    let view = &desk.index;
    let rare = rarity(desk, terms);
    let worth = |text: &str| -> f64 {
        let said: HashSet<String> =
            words::identifiers(text).flat_map(|(_, word)| words::subwords(word)).map(|part| stem(&part.to_lowercase())).collect();
        terms.iter().filter(|(term, _)| said.contains(*term)).map(|(term, weight)| weight * rare.get(term).copied().unwrap_or(1.0)).sum()
    };
    let mut names: HashMap<&str, f64> = HashMap::new();
    let mut found = vec![];
    let mut left = COMMENTS;
    for (id, file) in view.files() {
        let path = file.path.to_string();
        let text = commented(desk, file, terms, &mut left);
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
            let doc = text.as_ref().and_then(|text| text.get(symbol.doc.range())).filter(|doc| !doc.is_empty());
            score += doc.map_or(0.0, |doc| worth(doc) * IN_DOC);
            if score + in_path > 0.0 {
                found.push(Found { symbol: SymbolId { file: id, index: index as u32 }, score: score + in_path, read: doc.is_some() });
            }
        }
    }
    let by_score = |a: &Found, b: &Found| b.score.total_cmp(&a.score).then(a.symbol.cmp(&b.symbol));
    found.sort_unstable_by(by_score);
    found.truncate(most);
    let mut texts: HashMap<FileId, Option<Arc<str>>> = HashMap::new();
    for one in &mut found {
        let text =
            texts.entry(one.symbol.file).or_insert_with(|| view.file(one.symbol.file).and_then(|file| desk.snapshot.read(&file.path).ok()));
        let Some((text, symbol)) = text.as_ref().zip(view.symbol(one.symbol)) else { continue };
        let doc = text.get(symbol.doc.range()).filter(|_| !one.read).unwrap_or_default();
        let item = text.get(symbol.item.range()).unwrap_or_default();
        one.score += worth(doc) * IN_DOC + worth(&shorten(item, LONGEST)) * IN_TEXT;
    }
    found.sort_unstable_by(by_score);
    found
}

/// The text of a file that has any of the words, within what is left to be read.
fn commented(desk: &Desk, file: &File, terms: &HashMap<String, f64>, left: &mut usize) -> Option<Arc<str>> {
    if file.symbols.is_empty() {
        return None;
    }
    *left = left.checked_sub(file.bytes as usize)?;
    let text = desk.snapshot.read(&file.path).ok()?;
    let lower = text.to_lowercase();
    terms.keys().any(|term| lower.contains(term.as_str())).then_some(text)
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
        tokens: tokens.count(&numbered(&code, line(start))) + 12,
        text: code.into(),
        why: format!("{} shares words with the question ({score:.1})", desk.index.text(symbol.name)),
    })
}
