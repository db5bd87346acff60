//! What a suggestion would leave open towards the text below: a comment, a string, a continued line. Such a text may parse and yet swallow
//! what follows.

use super::hole::{Hole, Mode, begins_with_closer, last_line};
use crate::syntax::brackets::{goes_on_below, unclosed};
use crate::text::layout::indentation;
use crate::text::lines::line_start;

/// Where a text begins a comment or string that it does not end, and whether it is a comment.
pub(super) fn left_open(hole: &Hole, text: &str) -> Option<(usize, bool)> {
    let line = hole.line();
    let (at, is_comment) = unclosed(&format!("{line}{text}"), hole.surface)?;
    (at >= line.len() && !hole.is_quoted).then(|| (at - line.len(), is_comment))
}

/// A text with its last comment closed, or without the line that begins an unterminated string.
pub(super) fn closed(hole: &Hole, text: &str) -> String {
    let rest_closes = || hole.rest().find(['<', '>']).is_some_and(|at| hole.rest()[at..].starts_with('>'));
    if hole.mode == Mode::Line && hole.surface.angles && ends_in_tag(text) && !rest_closes() {
        return String::new();
    }
    let Some((at, is_comment)) = left_open(hole, text) else { return text.into() };
    if !is_comment && hole.following().next().is_none() || left_open(hole, &format!("{text}{}", hole.rest())).is_none() {
        return text.into();
    }
    let says = text[at..].contains(char::is_alphanumeric);
    match &hole.surface.block {
        Some([_, close]) if is_comment && says && hole.rest().trim().is_empty() => with_close(text.trim_end(), at, close),
        _ => text[..line_start(text, at)].trim_end().into(),
    }
}

/// Whether a line ends inside an element's tag, whose attributes are on further lines.
fn ends_in_tag(line: &str) -> bool {
    line.rfind('<').is_some_and(|at| {
        let (before, name) = (&line[..at], &line[at + 1..]);
        let begins = before.is_empty() || before.ends_with([' ', '(', '{', '>']);
        begins && name.starts_with(char::is_alphabetic) && !name.contains('>')
    })
}

/// A text that ends in a comment begun at `at`, closed: on a line of its own if the other lines begin with a star.
fn with_close(text: &str, at: usize, close: &str) -> String {
    let last = last_line(text);
    let starred = text[at..].contains('\n') && last.trim_start().starts_with('*') && close.starts_with('*');
    match starred {
        true if last.trim() == "*" => format!("{}{}", &text[..text.len() - 1], close),
        true => format!("{text}\n{}{close}", indentation(last)),
        false => format!("{text} {close}"),
    }
}

/// A text without final lines that would continue into a line that is not theirs.
pub(super) fn without_continuation<'a>(hole: &Hole, text: &'a str) -> &'a str {
    if hole.following().next().is_none() || is_amid(hole) || !hole.rest().trim().is_empty() {
        return text;
    }
    let mut text = text.trim_end();
    loop {
        let last = last_line(text);
        let line = if last.len() == text.len() { format!("{}{last}", hole.line()) } else { last.into() };
        if text.is_empty() || !goes_on_below(&line, hole.surface) {
            return text;
        }
        text = text[..text.len() - last.len()].trim_end();
    }
}

/// Whether the line above the cursor continues, and so does the line right below.
fn is_amid(hole: &Hole) -> bool {
    let above = hole.before.rsplit('\n').nth(1).unwrap_or_default();
    let below = hole.after.split('\n').nth(1).unwrap_or_default();
    let goes_on = |line: &str| goes_on_below(line, hole.surface);
    let belongs = || !indentation(below).is_empty() || begins_with_closer(below, hole.surface) || goes_on(below);
    goes_on(above) && !below.trim().is_empty() && belongs()
}
