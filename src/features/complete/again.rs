//! The start of an answer that repeats what precedes the cursor: models like to start over, a few lines above the cursor, with its line, or
//! with the word being typed.

use std::ops::Range;

use super::hole::{Hole, begins_with_closer, first_line, opened_by};
use crate::text::layout::indentation;
use crate::text::words::{self, is_unspaced, is_word};

/// Lines above the cursor that an answer may repeat.
const LINES_ABOVE: usize = 60;

/// An answer without the lines right above the cursor, or the start of its line, if it begins with them. A single line may well occur
/// twice, unless it is the head of the block being written; so may lines that are all the same. `spoken` marks the answer of a chat, which
/// has whole lines.
pub(super) fn without_beginning(hole: &Hole, text: &str, spoken: bool) -> String {
    let above: Vec<&str> = hole.above().take(LINES_ABOVE).map(str::trim).collect();
    let lines = lines_that_say_something(text);
    let said = |number: usize| text[lines[number].clone()].trim();
    let repeats = |count: &usize| (0..*count).all(|number| said(number) == above[count - 1 - number]);
    let count = (1..=above.len().min(lines.len())).rev().find(repeats).unwrap_or(0);
    let behind = lines.get(count).map_or("", |line| &text[line.start..]);
    if !hole.is_blank() {
        let again = |text| begun_again(hole, text, spoken);
        return again(behind).or_else(|| again(text)).unwrap_or_else(|| text.into());
    }
    let heads = |line: &&str| hole.opener().is_some_and(|opener| opener.trim() == *line);
    let same = above.iter().take(count).all(|line| *line == above[0]);
    let telling = above.iter().take(count).any(|line| line.chars().filter(|letter| letter.is_alphanumeric()).count() >= 4);
    // Nobody says the same twice in words.
    let in_words = |line: &str| hole.surface.is_comment(line) || is_quotation(line);
    if count > 0 && telling && (heads(&above[0]) || !same || in_words(above[0])) { behind.into() } else { text.into() }
}

/// Whether a line is a text in quotes and nothing else, like a docstring.
fn is_quotation(line: &str) -> bool {
    line.len() > 2 && ['"', '\''].iter().any(|quote| line.starts_with(*quote) && line.ends_with(*quote))
}

/// Whether the answer so far begins with a line from above the cursor. How it continues then tells whether it repeats the lines there.
pub(super) fn may_repeat(hole: &Hole, text: &str) -> bool {
    let text = text.trim_start();
    let (first, is_whole) = text.split_once('\n').map_or((text, false), |(first, _)| (first.trim(), true));
    hole.above().take(LINES_ABOVE).map(str::trim).any(|line| if is_whole { line == first } else { line.starts_with(first) })
}

/// The ranges of the lines that are not blank.
fn lines_that_say_something(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let all = text.split_inclusive('\n').map(|line| {
        at += line.len();
        at - line.len()..at
    });
    all.filter(|line| !text[line.clone()].trim().is_empty()).collect()
}

/// How an answer continues that begins with the cursor's line up to the cursor, or with its last name.
fn begun_again(hole: &Hole, text: &str, spoken: bool) -> Option<String> {
    line_again(hole.line(), text, spoken).or_else(|| name_again(hole, text)).map(|at| moved(hole, text, at))
}

/// Where an answer continues that begins with the start of the cursor's line.
fn line_again(line: &str, text: &str, spoken: bool) -> Option<usize> {
    // With its indentation it is that line, whatever it consists of.
    if !indentation(line).is_empty() && text.starts_with(line) {
        return Some(line.len());
    }
    let start = line.trim_start();
    let lead = text.len() - text.trim_start().len();
    let rest = text[lead..].strip_prefix(start).filter(|_| !start.is_empty())?;
    let at = text.len() - rest.len();
    if !start.contains(is_word) {
        // `(` before `(a + b)` is code; the signs of comments, lists and attributes are not written twice.
        let nests = start.trim_end().ends_with(['(', '[', '{', '"', '\'', '`']);
        let attribute = matches!(start, "#" | "@") && rest.starts_with(|letter: char| is_word(letter) || matches!(letter, '[' | ' '));
        return (!nests && (spoken || start.ends_with(' ')) || attribute).then_some(at);
    }
    // An element may contain another of its kind.
    if start.trim_end().len() < 2 || start.starts_with('<') && start.ends_with('>') {
        return None;
    }
    // If there is only a word, `name_again` decides.
    let cuts_word = start.ends_with(is_word) && rest.starts_with(is_word);
    (!cuts_word || start.contains(|letter| !is_word(letter))).then_some(at)
}

/// Where an answer continues that begins with the name before the cursor, as far as it is typed: with its path `a.b.`, which nobody writes
/// twice, or the word alone, unless the file has a name made of both.
fn name_again(hole: &Hole, text: &str) -> Option<usize> {
    let line = hole.line();
    let path = &line[line.trim_end_matches(|letter| is_word(letter) || matches!(letter, '.' | ':')).len()..];
    let begins = |name: &str| name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if path.len() >= 3 && path.contains(['.', ':']) && begins(path) && text.starts_with(path) {
        return Some(path.len());
    }
    let (typed, first) = (words::last(line), words::first(text));
    if !begins(typed) || typed.chars().count() < 2 || typed.contains(is_unspaced) || !first.starts_with(typed) {
        return None;
    }
    let both = format!("{typed}{first}");
    let is_name = [hole.before, hole.after].into_iter().any(|side| words::has(side, &both));
    // `aa` may be meant where `a` was typed: a complete repetition has to be one word.
    (!is_name && (first.len() > typed.len() || typed.len() >= 4)).then_some(typed.len())
}

/// The text from a place on, up to which it repeats what is before the cursor. If it begins less deep than the cursor's line and opens a
/// block, the content of that block may be too shallow by the same amount.
fn moved(hole: &Hole, text: &str, at: usize) -> String {
    let rest = &text[at..];
    let own = indentation(hole.line());
    let theirs = indentation(text.trim_start_matches('\n'));
    let opens = || opened_by(&format!("{}{}", hole.line(), first_line(rest)), hole.surface).is_some();
    let Some(missing) = own.strip_prefix(theirs).filter(|missing| !missing.is_empty() && opens()) else {
        return rest.into();
    };
    let mut below = rest.split('\n').skip(1).filter(|line| !line.trim().is_empty());
    let Some(deep) = below.next().map(|line| indentation(line).len()) else { return rest.into() };
    let back = below.find(|line| indentation(line).len() < deep);
    let ends_there = back.is_some_and(|line| indentation(line) == theirs && begins_with_closer(line, hole.surface));
    if deep > own.len() && !ends_there {
        return rest.into();
    }
    let lines = rest.split('\n').enumerate().map(|(number, line)| match number > 0 && !line.trim().is_empty() {
        true => format!("{missing}{line}"),
        false => line.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
