//! What is put in front of the model for a question: the definitions that may answer it, a map of the repository, or all of it.

use std::ops::Range;

use super::Session;
use super::explain::numbered;
use super::search::{BLOCK, EACH_ONE, Ranking, Spot, head_end, rank};
use crate::context::{Kind, Masked, Part};
use crate::engine::Tokens;
use crate::index::{File, FileId, Symbol};
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
/// look most.
pub(super) fn about(session: &Session, question: &str, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let ranking = rank(session, question);
    if budget <= SMALL {
        return excerpts(session, &ranking, budget, tokens);
    }
    let repeated = excerpts(session, &ranking, (budget / 4).min(SMALL), tokens);
    let spent: usize = repeated.iter().map(|part| part.tokens).sum();
    if let Some(mut parts) = super::map::whole(session, budget - spent, tokens) {
        parts.extend(repeated);
        return parts;
    }
    let bodies = excerpts(session, &ranking, budget / 4 * 3, tokens);
    let spent: usize = bodies.iter().map(|part| part.tokens).sum();
    let first: Vec<FileId> = ranking.files().take(FIRST).collect();
    let mut parts = super::map::outline(session, &first, budget - spent, tokens);
    parts.extend(bodies);
    parts
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
        Spot::Head(block) => (head(file, &text, block)?, "the head of the file"),
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

/// A block of the lines above the first definition.
fn head(file: &File, text: &str, block: u32) -> Option<Range<usize>> {
    let head = text.get(..head_end(file))?;
    let starts = std::iter::once(0).chain(head.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.clone().nth(block as usize * BLOCK)?;
    let end = starts.clone().nth((block as usize + 1) * BLOCK).map_or(head.len(), |end| end - 1);
    let end = start + head.get(start..end)?.trim_end().len();
    (start < end).then_some(start..end)
}
