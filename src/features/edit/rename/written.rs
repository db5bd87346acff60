//! Types as a text writes them: whether one names a type or what holds such, and where a signature says what a function gives back.

use crate::text::words;
use std::ops::Range;

use super::origin::Origin;
use super::whence::last_word;

/// Words beside a type that are none.
pub(in crate::features::edit) const BESIDE_TYPES: &str = "async auto class const decltype def dyn enum export extern final fn func function impl inline interface let mut private \
    protected pub public readonly self static struct type typeof union val var void";
/// Types that pass on the members of what they hold.
pub(in crate::features::edit) const PASS_ON: &str = "Box Rc Arc Ref RefMut MutexGuard Cow Optional Union Final ClassVar Annotated Readonly Partial Omit Pick Required Promise Awaitable \
    unique_ptr shared_ptr";

/// Whether a type is one that holds others, by how it is written: with brackets, or called like those of libraries.
pub(in crate::features::edit) fn may_hold(text: &str) -> bool {
    const HOLDERS: &str =
        "list map dict set array vec queue deque stack iter sequence collection tuple stream slice option result cache pool";
    let outer = outer(text).to_lowercase();
    outer.is_empty() && text.contains(['[', '(']) || HOLDERS.split(' ').any(|holder| outer.contains(holder))
}

/// The type that others are written behind in brackets; empty for a list that has no other name.
pub(in crate::features::edit) fn outer(text: &str) -> &str {
    last_word(text.split(['<', '[', '(']).next().unwrap_or_default().trim())
}

/// Whether a word is one of a list.
pub(in crate::features::edit) fn is_listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// Whether what is of the type in a text is of the type `name` or holds such; none where it does not name it.
pub(in crate::features::edit) fn shape(text: &str, name: &str) -> Option<Origin> {
    let mut found = None;
    for at in words::places(text, name) {
        if !is_held(&text[..at.start], &text[at.end..]) {
            return Some(Origin::Ours);
        }
        found = Some(Origin::Held);
    }
    found
}

/// Whether a type stands as a part of another: between brackets, or beside empty ones.
fn is_held(before: &str, after: &str) -> bool {
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
                if !is_listed(PASS_ON, word) {
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
