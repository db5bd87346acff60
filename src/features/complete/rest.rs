//! Where a suggestion ends before the rest of the cursor's line, parts of which models like to write again.

use super::hole::Hole;
use crate::syntax::Surface;
use crate::syntax::brackets::{Bracket, balance, brackets, closing, unclosed};
use crate::text::words::is_word;

/// Where a text may end, likeliest first: without an end that already follows the cursor on the same line, and with nothing after a bracket
/// that is closed there.
pub(super) fn ends(hole: &Hole, text: &str) -> Vec<usize> {
    let wanted = hole.rest().trim();
    if wanted.is_empty() {
        return vec![text.len()];
    }
    if let Some(at) = closed_there(hole, text, wanted) {
        return vec![at];
    }
    // Words, and what ends a statement, are not written twice.
    let says = wanted.contains(|letter: char| letter.is_alphanumeric() || letter == ';');
    // What closes a bracket of the text itself is not the end of the line: `() => { g(1); }` before `);`.
    if let Some(at) = repetition(text, wanted).filter(|at| says && !closes_own(hole, text, *at)) {
        return vec![at];
    }
    let there = unmatched(wanted, hole.surface);
    let ours = unmatched(text, hole.surface).filter(|ours| there.is_some_and(|there| there.letter == ours.letter));
    let closed = ours.map_or(text.len(), |ours| ours.at);
    let kept = &text[..closed];
    let up_to_bracket = there.zip(ours).and_then(|(there, _)| repetition(kept, wanted[..there.at].trim_end()).filter(|_| there.at > 0));
    if let Some(at) = up_to_bracket {
        return vec![at];
    }
    let mut ends = match repetition(kept, wanted).or_else(|| overlap(kept, wanted)) {
        Some(at) if closes_own(hole, kept, at) => vec![closed, at],
        Some(at) if kept[..at].trim().is_empty() => vec![at],
        Some(at) => vec![at, closed],
        None => vec![closed],
    };
    // A bracket is closed here and another one opened, which the rest closes: `a) < f(b` before `)`.
    if closed < text.len() && balance(&text[closed..], hole.surface) == 0 {
        ends.push(text.len());
    }
    ends
}

/// Where a text closes the string or generic type that the rest of the line closes.
fn closed_there(hole: &Hole, text: &str, wanted: &str) -> Option<usize> {
    let line = hole.line();
    match wanted.chars().next()? {
        // Everything that a text opens it closes itself: `vector<int>` before `>(1)`.
        '>' if opens_angle(line) => Some(unopened_angle(text).unwrap_or(text.len())),
        quote @ ('"' | '\'' | '`') => {
            let tripled: String = [quote; 3].iter().collect();
            match unclosed(line, hole.surface) {
                Some((at, false)) if line[at..].starts_with(&tripled) => text.find(&tripled),
                Some((at, false)) if line[at..].starts_with(quote) => closing(text, quote),
                None if line.matches(quote).count() % 2 == 1 => closing(text, quote),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a line opens a `<` of type arguments (right after a name) and does not close it.
fn opens_angle(line: &str) -> bool {
    let mut depth = 0;
    for (at, letter) in line.char_indices().rev() {
        let (before, behind) = (&line[..at], &line[at + letter.len_utf8()..]);
        match letter {
            '>' if !before.ends_with(['=', '-']) => depth += 1,
            '<' if depth > 0 => depth -= 1,
            '<' => return before.ends_with(|letter| is_word(letter) || letter == ':') && !behind.starts_with([' ', '=', '<']),
            ';' | '{' | '}' => return false,
            _ => {}
        }
    }
    false
}

/// The first `>` of type arguments that a text did not open.
fn unopened_angle(text: &str) -> Option<usize> {
    let mut depth = 0;
    let found = text.char_indices().find(|(at, letter)| {
        depth += match letter {
            '<' => 1,
            '>' if !text[..*at].ends_with(['=', '-']) => -1,
            _ => 0,
        };
        depth < 0
    });
    found.map(|(at, _)| at)
}

/// Where a text writes the whole rest of the line, followed only by closing signs.
fn repetition(text: &str, wanted: &str) -> Option<usize> {
    let at = text.rfind(wanted)?;
    text[at + wanted.len()..].chars().all(is_closing).then_some(at)
}

/// Where the end of a text begins that is also the start of the rest: closing signs, or a longer piece.
fn overlap(text: &str, wanted: &str) -> Option<usize> {
    let telling = |piece: &str| piece.len() >= 6 || piece.chars().all(is_closing);
    let repeated = |length: &usize| wanted.is_char_boundary(*length) && text.ends_with(&wanted[..*length]) && telling(&wanted[..*length]);
    (1..wanted.len().min(text.len() + 1)).rev().find(repeated).map(|length| text.len() - length)
}

fn is_closing(letter: char) -> bool {
    ")]};,\"'`> ".contains(letter)
}

/// The first closing bracket that a text did not open.
fn unmatched(text: &str, surface: &Surface) -> Option<Bracket> {
    let mut depth = 0;
    brackets(text, surface).into_iter().find(|bracket| {
        depth += if bracket.opens { 1 } else { -1 };
        depth < 0
    })
}

/// Whether a bracket or quote from `end` on closes something the text opened before: `f(x)` before `)` repeats nothing.
fn closes_own(hole: &Hole, text: &str, end: usize) -> bool {
    let mut open = 0_i32;
    let mut closes = false;
    for Bracket { at, opens, .. } in brackets(text, hole.surface) {
        // A bracket opened after `end` is also closed there, so it says nothing about the text before.
        if at >= end {
            closes |= !opens && open > 0;
            open += if opens { 0 } else { -1 };
            if opens {
                break;
            }
        } else {
            open = if opens { open + 1 } else { (open - 1).max(0) };
        }
    }
    let closes_quote = |quote: char| text[end..].starts_with(quote) && text[..end].matches(quote).count() % 2 == 1;
    closes || ['"', '`'].into_iter().any(closes_quote)
}
