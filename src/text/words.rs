//! Words of code, whatever its language: what may stand in a name, and where one stands in a text. Pure.

use std::ops::Range;

/// Whether a letter may stand in a name.
pub fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// The places where a text has a word.
pub fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let whole = move |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !word.is_empty() && !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    text.match_indices(word).map(|(at, _)| at).filter(move |at| whole(*at)).map(|at| at..at + word.len())
}

/// Whether a text has a word.
pub fn has(text: &str, word: &str) -> bool {
    places(text, word).next().is_some()
}

/// The words of a text, in their order.
pub fn all(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_word(letter)).filter(|word| !word.is_empty())
}

/// The word that a text ends with; empty where it ends with none.
pub fn last(text: &str) -> &str {
    &text[text.trim_end_matches(is_word).len()..]
}

/// The word that a text begins with; empty where it begins with none.
pub fn first(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches(is_word).len()]
}
