//! Identifiers and the words inside them.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use crate::syntax::tags::NameHasher;

/// Maps and sets of names, words and numbers, with a hash that costs nothing.
pub type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;
pub type NumberSet<K> = HashSet<K, BuildHasherDefault<NameHasher>>;

/// Leaves the first `most` by an order, not sorted themselves.
pub fn keep_first<T>(items: &mut Vec<T>, most: usize, before: impl FnMut(&T, &T) -> std::cmp::Ordering) {
    if items.len() > most {
        items.select_nth_unstable_by(most, before);
        items.truncate(most);
    }
}

/// Identifiers of a text with their byte offsets: letters, digits, `_` and `$`, at least two bytes, no number.
pub fn identifiers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            while at < bytes.len() && !is_word(bytes[at]) {
                at += 1;
            }
            let start = at;
            while at < bytes.len() && is_word(bytes[at]) {
                at += 1;
            }
            if start == at {
                return None;
            }
            if at - start >= 2 && !bytes[start].is_ascii_digit() {
                return Some((start, &text[start..at]));
            }
        }
    })
}

#[inline]
fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// Which bytes identifiers are made of.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'$' || letter >= 0x80;
        byte += 1;
    }
    table
};

/// The lower-case words of an identifier: `loadConfig_file` is `load`, `config`, `file`. Words of one letter are left out.
pub fn subwords(identifier: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word = String::new();
    let mut before = ' ';
    let letters: Vec<char> = identifier.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let next_is_lower = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let border = letter.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next_is_lower);
        if (!letter.is_alphanumeric() || border) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = *letter;
    }
    words.push(word);
    words.retain(|word| word.chars().count() > 1);
    words
}

/// The nearest character boundary at or before `offset`.
pub fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
