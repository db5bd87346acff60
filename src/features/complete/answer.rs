//! A model's text as text to insert: without control tokens, invisible characters, reasoning and fences.

use std::sync::OnceLock;

use regex::Regex;

use super::hole::Hole;
use super::open::left_open;
use super::prompt;
use crate::text::lines::line_start;
use crate::text::visible::hidden;
use crate::text::{Ending, markdown};

/// The text with plain line breaks, cut at a control token that does not belong in source or at an invisible character that the file does
/// not have. A line divided by such a character is dropped, and so is a string around such a token.
pub(super) fn clean(hole: &Hole, raw: &str) -> String {
    let text = Ending::Lf.apply(raw);
    let known = |letter: char| hole.before.contains(letter) || hole.after.contains(letter);
    let foreign = |(at, letter): &(usize, char)| letter.is_control() || !known(*letter) && !joins(&text, *at);
    let hidden = hidden(&text).find(foreign);
    let seen = &text[..hidden.map_or(text.len(), |(at, _)| at)];
    let token = control_token().find(seen).map(|token| token.start());
    let in_string = |at: usize| left_open(hole, &text[..at]).is_some_and(|(_, is_comment)| !is_comment);
    let divides = |(at, letter): (usize, char)| {
        let rest = text[at + letter.len_utf8()..].lines().next();
        !letter.is_control() && rest.is_some_and(|rest| rest.contains(char::is_alphanumeric))
    };
    let end = token.unwrap_or(seen.len());
    let is_piece = token.map_or_else(|| hidden.is_some_and(divides), in_string);
    text[..if is_piece { line_start(&text, end) } else { end }].into()
}

/// Whether the character at a place joins its neighbours or keeps them apart, in joined scripts and in emoji sequences.
fn joins(text: &str, at: usize) -> bool {
    let joined = |letter: char| matches!(letter, '\u{600}'..='\u{dff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let picture = |letter: char| matches!(letter, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}');
    let mut behind = text[at..].chars();
    let (letter, next) = (behind.next(), behind.next());
    let last = text[..at].chars().next_back();
    let both = |of: &dyn Fn(char) -> bool| last.is_some_and(of) && next.is_some_and(of);
    match letter {
        Some('\u{200c}') => both(&joined),
        Some('\u{200d}') => both(&joined) || both(&picture),
        _ => false,
    }
}

/// Tokens that end or divide texts in training: `<|file_sep|>`, `<｜fim▁end｜>`, `<fim_middle>`.
#[expect(clippy::expect_used, reason = "a constant, which every test compiles")]
pub(in crate::features) fn control_token() -> &'static Regex {
    static TOKEN: OnceLock<Regex> = OnceLock::new();
    let pattern =
        r"<\|[a-z][a-z_]{2,30}\|>|<｜[^｜\n]{1,40}｜>|<(?:fim_prefix|fim_middle|fim_suffix|fim_pad|file_sep|repo_name|reponame|endoftext)>";
    TOKEN.get_or_init(|| Regex::new(pattern).expect("a pattern that was tested"))
}

/// Whether an answer is a code block, where no fence can belong.
pub(super) fn is_fenced(answer: &str) -> bool {
    answer.trim_start().starts_with(markdown::FENCE)
}

/// A chat answer as text to insert: without reasoning, fence and cursor mark. In `markup` fences are content.
pub(super) fn out_of_words(hole: &Hole, answer: &str, markup: bool) -> String {
    let answer = Ending::Lf.apply(answer);
    let mut text = prompt::without_mark(hole, without_thoughts(&answer));
    if let Some(code) = markdown::first_block(&text).filter(|_| !markup || is_fenced(&text)) {
        text = code.into();
    }
    text
}

/// The text after reasoning, whose start may have been in the prompt.
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
