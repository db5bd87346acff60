//! What is put in front of the model for a question: the definitions that may answer it, a map of the repository, or all of it.

use std::ops::Range;

use super::explain::numbered;
use super::search::{EACH_ONE, Ranking, Spot, rank};
use super::{Session, blocks, overview};
use crate::context::{Kind, Masked, Part};
use crate::engine::Tokens;
use crate::index::{FileId, Symbol};
use crate::text::lines::line_number;

/// Up to this budget in tokens only definitions are shown: a map would take their room.
const SMALL: usize = 4096;
/// Tokens of the budget for which there is another definition, and the most and the least of these.
const FOR_EACH: usize = 120;
const MOST: usize = 32;
const LEAST: usize = 12;
/// Files that come first in a map.
const FIRST: usize = 200;
/// Longest excerpt, in bytes.
const LONGEST: usize = 3000;

/// What is put in front of the model for a question, within a budget of tokens: the whole repository where it fits, else the best
/// definitions and, where the budget is large enough for both, a map of the rest. What the question speaks of comes last, where models
/// look most. A question whose words the repository hardly has is answered from what it says of itself.
pub(super) fn about(session: &Session, question: &str, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let ranking = if overview::is_asked(question) { Ranking::default() } else { rank(session, question) };
    if budget <= SMALL {
        let mut parts = excerpts(session, &ranking, budget, tokens);
        let left = budget - spent(&parts);
        if is_sparse(&parts, budget) {
            parts.extend(overview::of(session, &ranking, left, tokens));
        }
        return parts;
    }
    let repeated = excerpts(session, &ranking, (budget / 4).min(SMALL), tokens);
    if let Some(mut parts) = super::map::whole(session, budget - spent(&repeated), tokens) {
        parts.extend(repeated);
        return parts;
    }
    let mut bodies = excerpts(session, &ranking, budget / 4 * 3, tokens);
    if is_sparse(&bodies, budget / 4 * 3) {
        let documents = overview::documents(session, budget / 4, tokens);
        bodies.splice(0..0, documents);
    }
    let first: Vec<FileId> = ranking.files().take(FIRST).collect();
    let mut parts = super::map::outline(session, &first, budget - spent(&bodies), super::map::MOST, tokens);
    parts.extend(bodies);
    parts
}

fn spent(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.tokens).sum()
}

/// Whether a third of the room is left.
fn is_sparse(parts: &[Part], budget: usize) -> bool {
    spent(parts) * 3 < budget * 2
}

/// The best places within a budget.
fn excerpts(session: &Session, ranking: &Ranking, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    // Several places fit even a small budget: bytes are about three times the tokens.
    let longest = LONGEST.min(budget * 3 / EACH_ONE);
    let most = (budget / FOR_EACH).clamp(LEAST, MOST.max(budget / 300));
    let mut parts: Vec<Part> = vec![];
    let mut spent = 0;
    for (file, spot, score) in ranking.places() {
        let Some(part) = excerpt(session, file, spot, longest, tokens, score) else { continue };
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

fn excerpt(session: &Session, id: FileId, spot: Spot, longest: usize, tokens: &dyn Tokens, score: f32) -> Option<Part> {
    let file = session.index.file(id)?;
    let text = session.snapshot.read(&file.path).ok()?;
    let (range, what) = match spot {
        Spot::Definition(index) => {
            let symbol = file.symbols.get(index as usize)?;
            (definition(symbol, &text)?, session.index.text(symbol.name))
        }
        Spot::Head(block) => {
            (blocks::range(file, &text, block)?, if file.symbols.is_empty() { "the file" } else { "the head of the file" })
        }
    };
    let end = text.floor_char_boundary(range.end.min(range.start + longest));
    let whole_lines = if end < range.end { text[..end].rfind('\n').filter(|at| *at > range.start).unwrap_or(end) } else { end };
    text.get(range.start..whole_lines)?;
    let code = Masked::stretch(&text, range.start..whole_lines);
    let line = |offset: usize| line_number(&text, offset) as u32;
    Some(Part {
        path: file.path.to_string().into(),
        start_line: line(range.start),
        end_line: line(whole_lines),
        kind: Kind::Definition,
        tokens: tokens.count(&numbered(&code, line(range.start))) + 12,
        text: code,
        why: format!("{what} shares words with the question ({score:.1})"),
    })
}

/// A definition in whole lines, with the comment above it.
fn definition(symbol: &Symbol, text: &str) -> Option<Range<usize>> {
    let doc_above = !symbol.doc.is_empty() && symbol.doc.start < symbol.item.start;
    let start = if doc_above { symbol.doc.start } else { symbol.item.start } as usize;
    let start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    Some(start..text.floor_char_boundary(symbol.item.end as usize))
}
