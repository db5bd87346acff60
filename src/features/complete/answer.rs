//! What a model wrote, as text to insert: without the control tokens of its kind, invisible letters, thoughts and fences, and without
//! what stands before the cursor and was written once more.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::hole::Hole;
use super::prompt;
use crate::context::fence;

/// Plain line breaks, and nothing behind a token that does not belong into source, or a letter that nobody sees and that the file has not
/// got.
pub(super) fn clean(hole: &Hole, raw: &str) -> String {
    let text = raw.replace("\r\n", "\n").replace('\r', "\n");
    let foreign = |letter: char| letter.is_control() || !(hole.before.contains(letter) || hole.after.contains(letter));
    let end = fence::hidden(&text).find(|(_, letter)| foreign(*letter)).map_or(text.len(), |(at, _)| at);
    let end = control_token().find(&text[..end]).map_or(end, |token| token.start());
    text[..end].into()
}

/// Tokens that end or divide texts in the training of models: `<|file_sep|>`, `<｜fim▁end｜>`, `<fim_middle>`.
#[expect(clippy::expect_used, reason = "a constant, which every test compiles")]
fn control_token() -> &'static Regex {
    static TOKEN: OnceLock<Regex> = OnceLock::new();
    let pattern =
        r"<\|[a-z][a-z_]{2,30}\|>|<｜[^｜\n]{1,40}｜>|<(?:fim_prefix|fim_middle|fim_suffix|fim_pad|file_sep|repo_name|reponame|endoftext)>";
    TOKEN.get_or_init(|| Regex::new(pattern).expect("a pattern that was tested"))
}

/// Whether an answer is a code block, where no fence can stand.
pub(super) fn is_fenced(answer: &str) -> bool {
    answer.trim_start().starts_with("```")
}

/// A chat answer as text to insert: without thoughts, the fence and the mark of the cursor. In `markup` fences are content.
pub(super) fn out_of_words(hole: &Hole, answer: &str, markup: bool) -> String {
    let answer = answer.replace("\r\n", "\n").replace('\r', "\n");
    let mut text = prompt::without_mark(hole, without_thoughts(&answer));
    if let Some(code) = fenced(&text).filter(|_| !markup || is_fenced(&text)) {
        text = code.into();
    }
    match begins_again(hole.line(), &text, 3) {
        Some(rest) => text[rest..].into(),
        None => text,
    }
}

/// What stands behind a thought, also where its beginning was part of the prompt.
fn without_thoughts(answer: &str) -> &str {
    const CLOSE: &str = "</think>";
    match answer.split_once(CLOSE) {
        Some((thought, said)) if thought.trim_start().starts_with("<think>") || !thought.contains("<think>") => {
            said.trim_start_matches('\n')
        }
        None if answer.trim_start().starts_with("<think>") => "",
        _ => answer,
    }
}

/// The text of the first code block.
fn fenced(text: &str) -> Option<&str> {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let open = starts.into_iter().find(|at| text[*at..].trim_start_matches(' ').starts_with("```"))?;
    let body = text[open..].split_once('\n').map_or("", |(_, body)| body);
    Some(body.rsplit_once("```").map_or(body, |(code, _)| code).trim_end())
}

/// Lines above the cursor that an answer may repeat.
const ABOVE: usize = 60;

/// Without the lines right above the cursor, and the beginning of its line, where the model begins with them. One line alone may well
/// come twice, unless it is the head of the block that is written; so may lines that are all the same.
pub(super) fn without_beginning(hole: &Hole, text: &str) -> String {
    let above: Vec<&str> = hole.above().take(ABOVE).map(str::trim).collect();
    let lines = lines_that_say_something(text);
    let said = |number: usize| text[lines[number].clone()].trim();
    let repeats = |count: &usize| (0..*count).all(|number| said(number) == above[count - 1 - number]);
    let count = (1..=above.len().min(lines.len())).rev().find(repeats).unwrap_or(0);
    let behind = lines.get(count).map_or("", |line| &text[line.start..]);
    if !hole.is_blank() {
        let again = |text| begins_again(hole.line(), text, 6);
        let rest = again(behind).map(|at| &behind[at..]).or_else(|| again(text).map(|at| &text[at..]));
        return rest.unwrap_or(text).into();
    }
    let heads = |line: &&str| hole.opener().is_some_and(|opener| opener.trim() == *line);
    let same = above.iter().take(count).all(|line| *line == above[0]);
    let telling = above.iter().take(count).any(|line| line.chars().filter(|letter| letter.is_alphanumeric()).count() >= 4);
    if count > 0 && telling && (heads(&above[0]) || !same) { behind.into() } else { text.into() }
}

/// Whether an answer begins with a line from above the cursor: what it goes on with tells whether it repeats the lines there.
pub(super) fn may_repeat(hole: &Hole, text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default().trim();
    hole.above().take(ABOVE).any(|line| line.trim() == first)
}

/// The bytes of the lines that are not blank.
fn lines_that_say_something(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let all = text.split_inclusive('\n').map(|line| {
        at += line.len();
        at - line.len()..at
    });
    all.filter(|line| !text[line.clone()].trim().is_empty()).collect()
}

/// Where an answer goes on that begins with the beginning of the cursor's line again. The beginning of a word alone counts where so many
/// letters stand before it: `foo` may be followed by `foobar`.
fn begins_again(line: &str, text: &str, partial: usize) -> Option<usize> {
    let start = line.trim_start();
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let lead = text.len() - text.trim_start().len();
    let rest = text[lead..].strip_prefix(start).filter(|_| !start.is_empty())?;
    let at = text.len() - rest.len();
    if !start.contains(word) {
        // `(` before `(a + b)` is code; the signs of comments, lists and attributes are not written twice.
        let sign = start.ends_with(' ') && !start.contains(['(', '[', '{', '"', '\'']);
        let attribute = matches!(start, "#" | "@") && rest.starts_with(|letter: char| word(letter) || matches!(letter, '[' | ' '));
        return (sign || attribute).then_some(at);
    }
    // An element may hold one of its kind.
    if start.trim_end().len() < 2 || start.starts_with('<') && start.ends_with('>') {
        return None;
    }
    let cuts_word = start.ends_with(word) && rest.starts_with(word);
    (!cuts_word || start.len() >= partial && (partial < 6 || start.contains(|letter| !word(letter)))).then_some(at)
}
