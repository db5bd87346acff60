//! What the words of a name say about its value. The words are in a table next to this file.

use std::collections::HashSet;
use std::sync::LazyLock;

static ABOUT: LazyLock<HashSet<&str>> = LazyLock::new(|| table("about "));
static ACCOUNT: LazyLock<HashSet<&str>> = LazyLock::new(|| table("account "));
static PLAIN: LazyLock<HashSet<&str>> = LazyLock::new(|| table("plain "));

fn table(kind: &str) -> HashSet<&'static str> {
    include_str!("names.txt").lines().filter_map(|line| line.strip_prefix(kind)).flat_map(str::split_whitespace).collect()
}

/// Whether a word inside a name starts there as a word of its own: in `dbPass` and `DB_PASS`, but not in `bypass`.
pub(super) fn begins_word(before: &str, word: &str) -> bool {
    let is_camel =
        word.starts_with(|letter: char| letter.is_ascii_uppercase()) && before.ends_with(|letter: char| letter.is_ascii_lowercase());
    is_camel || !before.ends_with(|letter: char| letter.is_ascii_alphabetic())
}

/// Whether what follows a secret's word makes the name one about the secret, or the word part of another: `tokenizer`.
pub(super) fn is_about(word: &str, tail: &str) -> bool {
    !tail.is_empty() && !begins_word(word, tail) && tail.starts_with(|letter: char| letter.is_ascii_alphabetic())
        || words(tail).any(|word| is_in(&ABOUT, &word))
}

/// Whether a key is one that unlocks nothing, judged by the part of the name before the word; also if there is none.
pub(super) fn is_plain_key(before: &str) -> bool {
    words(before).last().is_none_or(|word| is_in(&PLAIN, &word))
}

/// Whether a name says whose password it is: `smtpPass`.
pub(super) fn is_account(name: &str) -> bool {
    words(name).any(|word| is_in(&ACCOUNT, &word))
}

fn is_in(words: &HashSet<&str>, word: &str) -> bool {
    words.contains(word) || word.strip_suffix('s').is_some_and(|one| words.contains(one))
}

/// The lower-case words of a name, without numbers: `HTTPServerKey_v2` has `http`, `server`, `key` and `v`.
fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    let pieces = name.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|piece| !piece.is_empty());
    pieces.flat_map(|piece| {
        let letters = piece.as_bytes();
        let ends: Vec<usize> = (1..letters.len()).filter(|at| is_border(letters, *at)).chain([letters.len()]).collect();
        ends.into_iter().scan(0, move |start, end| Some(piece[std::mem::replace(start, end)..end].to_ascii_lowercase()))
    })
}

/// Whether a word begins inside a run of letters: at the `P` of `dbPass`, at the `S` of `HTTPServer`.
pub(super) fn is_border(letters: &[u8], at: usize) -> bool {
    let next_is_small = letters.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    at > 0 && letters[at].is_ascii_uppercase() && (letters[at - 1].is_ascii_lowercase() || next_is_small)
}
