//! What is put in front of the model for a question: the definitions that may answer it, a map of the repository, or all of it.

use super::Desk;
use super::explain::numbered;
use super::search::{EACH_ONE, Ranking, rank};
use crate::context::{Kind, Part, redact};
use crate::engine::Tokens;
use crate::index::{FileId, SymbolId};

/// Up to this budget in tokens only definitions are shown: a map would take their room.
const SMALL: usize = 4096;
/// Most definitions for a small budget.
const MOST: usize = 12;
/// Files that come first in a map.
const FIRST: usize = 200;
/// Longest excerpt, in bytes.
const LONGEST: usize = 3000;

/// What is put in front of the model for a question, within a budget of tokens: the whole repository where it fits, else the best
/// definitions and, where the budget is large enough for both, a map of the rest. What the question speaks of comes last, where models
/// look most.
pub(super) fn about(desk: &Desk, question: &str, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let ranking = rank(desk, question);
    if budget <= SMALL {
        return excerpts(desk, &ranking, budget, MOST, tokens);
    }
    let repeated = excerpts(desk, &ranking, (budget / 4).min(SMALL), MOST, tokens);
    let spent: usize = repeated.iter().map(|part| part.tokens).sum();
    if let Some(mut parts) = super::map::whole(desk, budget - spent, tokens) {
        parts.extend(repeated);
        return parts;
    }
    let bodies = excerpts(desk, &ranking, budget / 4 * 3, MOST.max(budget / 300), tokens);
    let spent: usize = bodies.iter().map(|part| part.tokens).sum();
    let first: Vec<FileId> = ranking.files().take(FIRST).collect();
    let mut parts = super::map::outline(desk, &first, budget - spent, tokens);
    parts.extend(bodies);
    parts
}

/// The best definitions within a budget, at most so many.
fn excerpts(desk: &Desk, ranking: &Ranking, budget: usize, most: usize, tokens: &dyn Tokens) -> Vec<Part> {
    // Several places fit even a small budget: bytes are about three times the tokens.
    let longest = LONGEST.min(budget * 3 / EACH_ONE);
    let mut parts: Vec<Part> = vec![];
    let mut spent = 0;
    for (symbol, score) in ranking.places() {
        let Some(part) = excerpt(desk, symbol, longest, tokens, score) else { continue };
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

fn excerpt(desk: &Desk, id: SymbolId, longest: usize, tokens: &dyn Tokens, score: f32) -> Option<Part> {
    let file = desk.index.file(id.file)?;
    let symbol = desk.index.symbol(id)?;
    let text = desk.snapshot.read(&file.path).ok()?;
    let doc_above = !symbol.doc.is_empty() && symbol.doc.start < symbol.item.start;
    let start = if doc_above { symbol.doc.start } else { symbol.item.start } as usize;
    let start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = (symbol.item.end as usize).min(start + longest);
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
