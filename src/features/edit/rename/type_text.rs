//! Types as texts write them: whether one names a type or something that holds it, and where a signature states its result.

use std::ops::Range;

use super::imports::last_word;
use super::origin::Origin;
use crate::syntax::{TypeWords, lists};
use crate::text::words;

/// Whether a type may hold others, by its text: it has brackets, or the name of a library's container.
pub(in crate::features::edit) fn may_hold(types: &TypeWords, text: &str) -> bool {
    let outer = outer(text).to_lowercase();
    outer.is_empty() && text.contains(['[', '(']) || types.containers.iter().any(|container| outer.contains(container.as_str()))
}

/// The type before the brackets with others in them; empty for a list without another name.
pub(in crate::features::edit) fn outer(text: &str) -> &str {
    last_word(text.split(['<', '[', '(']).next().unwrap_or_default().trim())
}

/// Whether a value of the type in a text has the type `name` or holds such values; none if the text does not name it.
pub(in crate::features::edit) fn shape(types: &TypeWords, text: &str, name: &str) -> Option<Origin> {
    let mut found = None;
    for at in words::places(text, name) {
        if !is_held(types, &text[..at.start], &text[at.end..]) {
            return Some(Origin::Ours);
        }
        found = Some(Origin::Held);
    }
    found
}

/// Whether a type stands as part of another: inside of brackets, or beside empty ones.
fn is_held(types: &TypeWords, before: &str, after: &str) -> bool {
    if after.starts_with("[]") || before.trim_end_matches(['*', '&', ' ']).ends_with(']') {
        return true;
    }
    let mut depth = 0usize;
    for (at, letter) in before.char_indices().rev() {
        match letter {
            '>' if before[..at].ends_with(['-', '=']) => {}
            ')' | ']' | '>' | '}' => depth += 1,
            '(' | '[' | '<' | '{' if depth > 0 => depth -= 1,
            '(' | '[' | '<' | '{' => {
                let word = last_word(&before[..at]);
                if !lists(&types.transparent, word) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// What a signature states before the name and behind the parameters.
pub(in crate::features::edit) fn around_parameters<'t>(signature: &'t str, name: &str) -> (&'t str, &'t str) {
    let Some(at) = words::places(signature, name).find(|at| signature[at.end..].trim_start().starts_with(['(', '<', '['])) else {
        return ("", "");
    };
    let (before, behind) = (&signature[..at.start], &signature[at.end..]);
    let Some(open) = behind.find('(') else { return (before, "") };
    let mut depth = 0usize;
    for (at, letter) in behind.char_indices().skip_while(|(at, _)| *at < open) {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (before, &behind[at + 1..]);
        }
    }
    (before, "")
}

/// A text without a word.
pub(in crate::features::edit) fn without(text: &str, word: &str) -> String {
    let mut text = text.to_string();
    let places: Vec<Range<usize>> = words::places(&text, word).collect();
    places.into_iter().rev().for_each(|at| text.replace_range(at, ""));
    text
}
