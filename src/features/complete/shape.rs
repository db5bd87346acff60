//! Turns a model's text into a suggestion: cut where the hole ends, without what already follows the cursor, in the file's layout. Pure;
//! every step may leave nothing, with a reason.

use std::borrow::Cow;

use super::again::{may_repeat, without_beginning};
use super::answer::clean;
use super::extent::{Extent, closes_only};
use super::hole::{Hole, Mode, begins_line, begins_with_closer, last_line};
use super::indent::indented;
use super::open::{closed, left_open, without_continuation};
use super::rest;
use crate::syntax::Surface;
use crate::syntax::brackets::{line_comment, long_strings};
use crate::text::Ending;
use crate::text::layout::indentation;
use crate::text::words::is_word;

/// Why nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// The model wrote nothing, or white space.
    Empty,
    /// It repeated what precedes the cursor.
    Echo,
    /// It repeated what follows the cursor.
    Repeats,
    /// It wrote nothing on the cursor's line, where something was needed.
    Below,
    /// A line is longer than anybody wants.
    LongLine,
    /// It wrote attributes or decorators without what they belong to.
    Unfinished,
    /// It wrote the placeholder of a secret, since models do not see the secret.
    Secret,
    /// The file would parse worse.
    Broken,
}

impl Nothing {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Nothing::Empty => "the model wrote nothing",
            Nothing::Echo => "the model repeated what stands before the cursor",
            Nothing::Repeats => "the model repeated what stands behind the cursor",
            Nothing::Below => "the model wrote nothing on the cursor's line",
            Nothing::LongLine => "the model wrote a line of more than 4 KiB",
            Nothing::Unfinished => "the model wrote only the beginning of something",
            Nothing::Secret => "the model wrote a secret that it cannot see",
            Nothing::Broken => "with the suggestion the file would not parse",
        }
    }
}

/// The longest line of a suggestion, in bytes.
const MAX_LINE_BYTES: usize = 4 << 10;

/// The layout of a file.
pub struct Layout {
    pub ending: Ending,
    /// One level of indentation, if the file or its language determines it.
    pub unit: Option<String>,
    /// In this language white space at line ends and the kind of indentation mean nothing (unlike in a Makefile).
    pub known: bool,
}

/// A model's text, to be inserted at the cursor.
pub struct Written<'a> {
    pub text: Cow<'a, str>,
    /// It comes from a chat, and so has whole lines.
    pub spoken: bool,
}

/// The suggestion for `raw`, to be inserted at the cursor. `cut_short` says that the model ran out of tokens.
pub fn shape(hole: &Hole, raw: &str, cut_short: bool, layout: &Layout) -> Result<String, Nothing> {
    let written = Written { text: raw.into(), spoken: false };
    shapes(hole, &written, cut_short, layout).map(|mut shapes| shapes.swap_remove(0))
}

/// [`shape`] with alternatives, likeliest first, if the end of a line may or may not be a repetition.
pub fn shapes(hole: &Hole, written: &Written, cut_short: bool, layout: &Layout) -> Result<Vec<String>, Nothing> {
    let said = clean(hole, &written.text);
    let begun = without_beginning(hole, &said, written.spoken);
    if begun.trim().is_empty() && !said.trim().is_empty() {
        return Err(Nothing::Echo);
    }
    let whole = laid_out(hole, &begun, layout);
    let text = cut(hole, &whole, cut_short);
    if text.trim().is_empty() && !whole.trim().is_empty() {
        return Err(if begins_line(&whole) { Nothing::Below } else { Nothing::Unfinished });
    }
    let text = without_last_remark(hole, &text);
    let of = |end: usize| finished(hole, &said, &text[..end], cut_short, layout);
    let tried: Vec<Result<String, Nothing>> = rest::ends(hole, text).into_iter().map(of).collect();
    let reason = tried.iter().find_map(|one| one.as_ref().err()).copied();
    let found: Vec<String> = tried.into_iter().flatten().collect();
    if found.is_empty() { Err(reason.unwrap_or(Nothing::Empty)) } else { Ok(found) }
}

/// The suggestion for `text`, which is what remains of the whole answer `said`.
fn finished(hole: &Hole, said: &str, text: &str, cut_short: bool, layout: &Layout) -> Result<String, Nothing> {
    let text = without_following(hole, text);
    let whole = without_loops(&text, cut_short);
    let text = without_continuation(hole, without_last_attributes(hole, &whole)).trim_end();
    if text.is_empty() && (cut_short && !said.trim().is_empty() || !whole.trim().is_empty()) {
        return Err(Nothing::Unfinished);
    }
    if text.trim().is_empty() {
        return Err(if said.trim().is_empty() { Nothing::Empty } else { Nothing::Repeats });
    }
    if text.lines().any(|line| line.len() > MAX_LINE_BYTES) {
        return Err(Nothing::LongLine);
    }
    if is_echo(hole, text) {
        return Err(Nothing::Echo);
    }
    Ok(layout.ending.apply(text))
}

/// A text without white space at line ends, except inside strings.
fn without_blanks_at_ends(hole: &Hole, text: &str) -> String {
    let whole = format!("{}{text}", hole.line());
    let strings = long_strings(&whole, hole.surface);
    let mut out = String::with_capacity(text.len());
    let mut at = whole.len() - text.len();
    for line in text.split_inclusive('\n') {
        at += line.len();
        let plain = line.ends_with('\n') && !strings.iter().any(|string| string.contains(&(at - 1)));
        out.push_str(if plain { line.trim_end_matches(['\n', ' ', '\t']) } else { line });
        out.push_str(if plain { "\n" } else { "" });
    }
    out
}

/// Whether the answer so far fills the hole, so that the model need not continue.
pub fn is_full(hole: &Hole, written: &Written, layout: &Layout) -> bool {
    let begun = without_beginning(hole, &clean(hole, &written.text), written.spoken);
    let text = laid_out(hole, &begun, layout);
    !may_repeat(hole, &begun) && left_open(hole, &text).is_none() && Extent::of(hole, &text).is_full(hole.surface)
}

/// The new part of a model's text, as it would look at the cursor.
fn laid_out(hole: &Hole, begun: &str, layout: &Layout) -> String {
    let text = indented(hole, without_second_blank(hole, begun), layout);
    if layout.known { without_blanks_at_ends(hole, &text) } else { text }
}

/// A text without leading white space, if some precedes the cursor.
fn without_second_blank<'a>(hole: &Hole, text: &'a str) -> &'a str {
    let words = hole.is_quoted && hole.mode != Mode::Remark;
    let after_blank = !hole.is_blank() && hole.line().ends_with([' ', '\t']);
    if after_blank && !words && !begins_line(text) { text.trim_start_matches([' ', '\t']) } else { text }
}

/// A text without its last comment, which would swallow what follows the cursor on its line.
fn without_last_remark<'a>(hole: &Hole, text: &'a str) -> &'a str {
    if hole.rest().trim().is_empty() || hole.is_quoted || !hole.tail(text).trim_end_matches(' ').is_empty() {
        return text;
    }
    let line = hole.line();
    let at = line_comment(&format!("{line}{}", text.trim_end()), hole.surface).and_then(|at| at.checked_sub(line.len()));
    at.map_or(text, |at| text[..at].trim_end())
}

fn cut(hole: &Hole, text: &str, cut_short: bool) -> String {
    closed(hole, &Extent::of(hole, whole_lines(text, cut_short)).text())
}

/// A text without the line that the model had no tokens left to finish.
fn whole_lines(text: &str, cut_short: bool) -> &str {
    if !cut_short {
        return text;
    }
    text.rfind('\n').map_or_else(|| whole_words(text, true), |at| &text[..at])
}

/// A text without the word that the model had no tokens left to finish.
fn whole_words(text: &str, cut_short: bool) -> &str {
    if cut_short { text.trim_end_matches(is_word) } else { text }
}

/// A text without the lines that already follow the cursor: at least two, or all that remain. A single one may be an early return.
fn without_following(hole: &Hole, text: &str) -> String {
    let following: Vec<&str> = hole.following().take(40).collect();
    if following.is_empty() {
        return text.into();
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    let blank = hole.line().trim().is_empty();
    // The first line is indented by what precedes the cursor.
    let first = format!("{}{}", hole.line(), lines[0]);
    if blank {
        lines[0] = &first;
    }
    let repeats = |start: &usize| {
        let there: Vec<&str> = lines[*start..].iter().filter(|line| !line.trim().is_empty()).copied().collect();
        let same = there.iter().zip(&following).take_while(|(a, b)| is_same_line(a, b, hole.surface)).count();
        same > 0 && (same >= 2 || same == there.len().min(following.len()))
    };
    match (usize::from(!blank)..lines.len()).find(repeats) {
        Some(0) => String::new(),
        Some(end) => text.split('\n').take(end).collect::<Vec<_>>().join("\n"),
        None => text.into(),
    }
}

/// Whether a line of a suggestion is a line of the file. Not if it is indented more, in a block of its own. A block has many closing
/// brackets, which are only the same at the same indentation.
fn is_same_line(ours: &str, there: &str, surface: &Surface) -> bool {
    let (indent, wanted) = (indentation(ours), indentation(there));
    ours.trim() == there.trim() && (indent == wanted || indent.len() < wanted.len() && !closes_only(ours, surface))
}

/// A text without attributes and decorators at its end, since what they belong to was cut off, unless it follows the cursor. Nothing is
/// removed if only those were to be written.
fn without_last_attributes<'a>(hole: &Hole, text: &'a str) -> &'a str {
    if matches!(hole.mode, Mode::Line) || !hole.is_blank() && !text.contains('\n') {
        return text;
    }
    let next = hole.after.split('\n').nth(1).unwrap_or_default();
    let item = next.trim_start().starts_with(|letter: char| letter.is_alphabetic() || matches!(letter, '@' | '#'));
    if item && hole.is_blank() && indentation(next) == hole.line() {
        return text;
    }
    let attribute = |line: &str| hole.surface.is_attribute(line) && (line.starts_with('@') || line.ends_with(']'));
    let mut text = text.trim_end();
    while attribute(last_line(text).trim()) {
        text = text[..text.len() - last_line(text).len()].trim_end();
    }
    text
}

/// How often lines have to repeat, up to the end of the answer, to count as a loop; and where the model would have continued.
const LOOP_ROUNDS: usize = 6;
const LOOP_ROUNDS_IF_CUT_SHORT: usize = 3;

/// A model that got lost writes the same lines forever. Repeated lines followed by others are code.
fn without_loops(text: &str, cut_short: bool) -> String {
    let lines: Vec<&str> = text.trim_end().split('\n').collect();
    let most = if cut_short { LOOP_ROUNDS_IF_CUT_SHORT } else { LOOP_ROUNDS };
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

/// Whether the suggestion repeats the text before the cursor.
fn is_echo(hole: &Hole, text: &str) -> bool {
    let before = hole.before.trim_end();
    let said = text.trim();
    // Two consecutive closing lines are ordinary code, and so is a line that is indented less than the same line above.
    let deeper = |above: &str| indentation(above).len() > indentation(hole.line()).len();
    let comes_back = !said.contains('\n') && hole.is_blank() && hole.above().next().is_some_and(deeper);
    let ends_condition = |line: &str| hole.surface.preprocessor.as_ref().is_some_and(|lines| line.trim_start().starts_with(&lines.closes));
    let closes = said.lines().all(|line| begins_with_closer(line, hole.surface) || ends_condition(line));
    if said.len() < 4 || closes || comes_back {
        return false;
    }
    let lines = said.lines().count();
    let above: Vec<&str> = before.rsplit('\n').filter(|line| !line.trim().is_empty()).take(lines).map(str::trim).collect();
    above.len() == lines && said.lines().rev().map(str::trim).eq(above.iter().copied())
}
