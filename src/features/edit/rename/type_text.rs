//! Types as a text writes them: whether one names a type or what holds such, and where a signature says what a function gives back.

use std::ops::Range;

use super::imports::last_word;
use super::origin::Origin;
use crate::syntax::{TypeWords, lists};
use crate::text::words;

/// Whether a type is one that holds others, by how it is written: with brackets, or called like those of libraries.
pub(in crate::features::edit) fn may_hold(types: &TypeWords, text: &str) -> bool {
    let outer = outer(text).to_lowercase();
    outer.is_empty() && text.contains(['[', '(']) || types.containers.iter().any(|container| outer.contains(container.as_str()))
}

/// The type that others are written behind in brackets; empty for a list that has no other name.
pub(in crate::features::edit) fn outer(text: &str) -> &str {
    last_word(text.split(['<', '[', '(']).next().unwrap_or_default().trim())
}

/// Whether what is of the type in a text is of the type `name` or holds such; none where it does not name it.
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

/// Whether a type stands as a part of another: between brackets, or beside empty ones.
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

/// What a signature says before the name and behind the parameters.
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
