//! Makes of what the model wrote what is offered: cut where the hole ends, without what stands behind the cursor already, in the
//! file's own layout. Pure; every step may leave nothing, with the reason.

use super::brackets::{Bracket, balance, brackets, code};
use super::hole::{Hole, Mode, closes, last_line};
use crate::text::Ending;
use crate::text::layout::{self, indentation};
use crate::text::words::is_word;

/// Why nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// The model wrote nothing, or blanks.
    Empty,
    /// It wrote what stands before the cursor again.
    Echo,
    /// It wrote what stands behind the cursor already.
    Repeats,
    /// A line is longer than anybody wants.
    LongLine,
    /// It wrote attributes or decorators, and not what they stand on.
    Unfinished,
    /// It wrote the placeholder of a secret, which models do not see.
    Secret,
    /// With it the file would parse worse.
    Broken,
}

impl Nothing {
    pub fn words(self) -> &'static str {
        match self {
            Nothing::Empty => "the model wrote nothing",
            Nothing::Echo => "the model repeated what stands before the cursor",
            Nothing::Repeats => "the model repeated what stands behind the cursor",
            Nothing::LongLine => "the model wrote a line of more than 4 KiB",
            Nothing::Unfinished => "the model wrote only the beginning of something",
            Nothing::Secret => "the model wrote a secret that it cannot see",
            Nothing::Broken => "with the suggestion the file would not parse",
        }
    }
}

/// Longest line of a suggestion, in bytes.
const LONGEST_LINE: usize = 4 << 10;

/// The file's layout.
pub struct Layout {
    pub ending: Ending,
    /// One level of indentation.
    pub unit: String,
}

/// What is offered of `raw`, to be inserted at the cursor. `cut_short` says that the model ran out of tokens.
pub fn shape(hole: &Hole, raw: &str, cut_short: bool, layout: &Layout) -> Result<String, Nothing> {
    let text = clean(raw);
    let text = without_second_indent(hole, &text, &layout.unit);
    let text = in_unit(text, &layout.unit);
    let text = cut(hole, &text, cut_short);
    let text = without_rest(hole, &text);
    let text = without_following(hole, &text);
    let whole = without_loops(&text, cut_short);
    let text = without_last_attributes(hole, &whole).trim_end();
    if text.is_empty() && (cut_short && !raw.trim().is_empty() || !whole.trim().is_empty()) {
        return Err(Nothing::Unfinished);
    }
    if text.trim().is_empty() {
        return Err(if raw.trim().is_empty() { Nothing::Empty } else { Nothing::Repeats });
    }
    if text.lines().any(|line| line.len() > LONGEST_LINE) {
        return Err(Nothing::LongLine);
    }
    if is_echo(hole, text) {
        return Err(Nothing::Echo);
    }
    Ok(layout.ending.apply(text))
}

/// Plain line breaks, nothing after a control character that does not belong into source.
fn clean(raw: &str) -> String {
    let text = raw.replace("\r\n", "\n").replace('\r', "\n");
    let end = text.find(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\t')).unwrap_or(text.len());
    text[..end].into()
}

/// On an indented line models like to indent once more.
fn without_second_indent(hole: &Hole, text: &str, unit: &str) -> String {
    let line = hole.line();
    if line.is_empty() || !line.trim().is_empty() {
        return text.into();
    }
    let above = hole.before[..hole.before.len() - line.len()].trim_end();
    let opener = last_line(above);
    let wanted = indentation(opener).len() + if code(opener, hole.comments).ends_with(['{', '(', '[', ':']) { unit.len() } else { 0 };
    if line.len() < wanted { text.into() } else { text.trim_start_matches([' ', '\t']).into() }
}

/// Leading tabs where the file uses blanks, and the other way round. The first line goes on behind the cursor.
fn in_unit(text: String, unit: &str) -> String {
    let Some((first, rest)) = text.split_once('\n') else { return text };
    let said = if unit.starts_with('\t') { "    " } else { "\t" };
    format!("{first}\n{}", layout::in_unit(rest, said, unit))
}

fn cut(hole: &Hole, text: &str, cut_short: bool) -> String {
    match &hole.mode {
        Mode::Line => text.split_once('\n').map_or_else(|| whole_words(text, cut_short), |(line, _)| line).into(),
        Mode::Statement => statement(hole, whole_lines(text, cut_short)),
        Mode::Block { indent } => block(hole, whole_lines(text, cut_short), indent),
    }
}

/// Without the line that the model had no tokens left to finish.
fn whole_lines(text: &str, cut_short: bool) -> &str {
    if !cut_short {
        return text;
    }
    text.rfind('\n').map_or_else(|| whole_words(text, true), |at| &text[..at])
}

/// Without the word that the model had no tokens left to finish.
fn whole_words(text: &str, cut_short: bool) -> &str {
    if cut_short { text.trim_end_matches(is_word) } else { text }
}

/// The first statement: its first line, lines that are indented deeper, and lines until every bracket that it opens is closed.
fn statement(hole: &Hole, text: &str) -> String {
    let blank = hole.line().trim().is_empty();
    let text = if blank { text.trim_start_matches('\n') } else { text };
    let base = indentation(hole.line()).len();
    let mut depth = 0;
    let mut out = String::new();
    for (number, line) in text.split('\n').enumerate() {
        let empty = line.trim().is_empty();
        let deeper = indentation(line).len() > base;
        if number > 0 && depth <= 0 && !empty && !deeper {
            break;
        }
        if number > 0 {
            out.push('\n');
        }
        out.push_str(line);
        depth += balance(line, hole.comments);
    }
    out
}

/// Lines that are indented deeper than the block's opener, and the closing line where it is missing.
fn block(hole: &Hole, text: &str, indent: &str) -> String {
    let mut out = String::new();
    for (number, line) in text.split('\n').enumerate() {
        let inside = number == 0 || line.trim().is_empty() || indentation(line).len() > indent.len();
        if !inside {
            let closing = closes(Some(line), indent);
            if closing && !closes(hole.following().next(), indent) && closes_only(line) {
                out.push('\n');
                out.push_str(line.trim_end());
            }
            break;
        }
        if number > 0 {
            out.push('\n');
        }
        out.push_str(line);
    }
    out
}

fn closes_only(line: &str) -> bool {
    line.trim().chars().all(|letter| "})];,".contains(letter))
}

/// Without the end that stands behind the cursor on the same line already, and nothing after a bracket that is closed there.
fn without_rest(hole: &Hole, text: &str) -> String {
    let rest = hole.rest().trim_end();
    if rest.trim().is_empty() {
        return text.into();
    }
    let wanted = rest.trim_start();
    let mut depth = 0;
    let closed = brackets(text, hole.comments).into_iter().find_map(|Bracket { at, opens, letter }| {
        depth += if opens { 1 } else { -1 };
        (depth < 0 && wanted.starts_with(letter)).then_some(at)
    });
    let text = closed.map_or(text, |at| &text[..at]);
    let overlap = (1..=wanted.len().min(text.len())).rev().find(|length| {
        let repeated = wanted.is_char_boundary(*length) && text.ends_with(&wanted[..*length]);
        repeated && (*length == wanted.len() || telling(&wanted[..*length])) && !closes_own(hole, text, text.len() - length)
    });
    text[..text.len() - overlap.unwrap_or(0)].into()
}

/// Whether a bracket or a quote from `end` on closes what the text itself has opened before: `f(x)` before `)` repeats nothing.
fn closes_own(hole: &Hole, text: &str, end: usize) -> bool {
    let mut open = 0;
    for Bracket { at, opens, .. } in brackets(text, hole.comments) {
        if !opens && at >= end && open > 0 {
            return true;
        }
        open = if opens { open + 1 } else { (open - 1).max(0) };
    }
    let closes = |quote: char| text[end..].starts_with(quote) && text[..end].matches(quote).count() % 2 == 1;
    ['"', '`'].into_iter().any(closes)
}

/// Whether a part of the rest of a line is enough to be taken for a repetition: closing punctuation, or a longer piece.
fn telling(piece: &str) -> bool {
    piece.len() >= 6 || piece.chars().all(|letter| ")]};,\"'`>".contains(letter))
}

/// Without the lines that stand behind the cursor already: two of them, or all that is left. One alone may be an early return.
fn without_following(hole: &Hole, text: &str) -> String {
    let following: Vec<&str> = hole.following().take(40).collect();
    if following.is_empty() {
        return text.into();
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    let blank = hole.line().trim().is_empty();
    // The first line is indented by what stands before the cursor.
    let first = format!("{}{}", hole.line(), lines[0]);
    if blank {
        lines[0] = &first;
    }
    let repeats = |start: &usize| {
        let there: Vec<&str> = lines[*start..].iter().filter(|line| !line.trim().is_empty()).copied().collect();
        let same = there.iter().zip(&following).take_while(|(a, b)| is_same_line(a, b)).count();
        same > 0 && (same >= 2 || same == there.len().min(following.len()))
    };
    match (usize::from(!blank)..lines.len()).find(repeats) {
        Some(0) => String::new(),
        Some(end) => text.split('\n').take(end).collect::<Vec<_>>().join("\n"),
        None => text.into(),
    }
}

/// Whether a line of a suggestion is one of the file's: not where it stands deeper, in a block of its own. Of closing brackets a block has
/// many, so they are the same only at the same indentation.
fn is_same_line(ours: &str, there: &str) -> bool {
    let (indent, wanted) = (indentation(ours), indentation(there));
    ours.trim() == there.trim() && (indent == wanted || indent.len() < wanted.len() && !closes_only(ours))
}

/// Without attributes and decorators at the end: what they stand on was cut off. Nothing is taken where only those were to be written.
fn without_last_attributes<'a>(hole: &Hole, text: &'a str) -> &'a str {
    if matches!(hole.mode, Mode::Line) || !hole.line().trim().is_empty() && !text.contains('\n') {
        return text;
    }
    let attribute = |line: &str| line.starts_with("#[") && line.ends_with(']') || line.starts_with('@') && line.len() > 1;
    let mut text = text.trim_end();
    while attribute(last_line(text).trim()) {
        text = text[..text.len() - last_line(text).len()].trim_end();
    }
    text
}

/// How often lines come again, to the end of the answer, until it is a loop; and where the model would have gone on.
const LOOP: usize = 6;
const LOOP_CUT_SHORT: usize = 3;

/// A model that has lost its way writes the same lines for ever; equal lines before others are code.
fn without_loops(text: &str, cut_short: bool) -> String {
    let lines: Vec<&str> = text.trim_end().split('\n').collect();
    let most = if cut_short { LOOP_CUT_SHORT } else { LOOP };
    for length in 1..=4.min(lines.len()) {
        let again = (0..lines.len() - length).rev().take_while(|at| lines[*at].trim() == lines[at + length].trim()).count();
        let start = lines.len() - length - again;
        let says = lines[start..start + length].iter().any(|line| line.trim().len() > 3);
        if says && again / length + 1 >= most {
            return lines[..start + length].join("\n");
        }
    }
    text.into()
}

/// Whether the suggestion is the text before the cursor once more.
fn is_echo(hole: &Hole, text: &str) -> bool {
    let before = hole.before.trim_end();
    let said = text.trim();
    // A closing bracket after a closing bracket is code, not an echo.
    if said.len() < 4 {
        return false;
    }
    let lines = said.lines().count();
    let above: Vec<&str> = before.rsplit('\n').filter(|line| !line.trim().is_empty()).take(lines).map(str::trim).collect();
    above.len() == lines && said.lines().rev().map(str::trim).eq(above.iter().copied())
}
