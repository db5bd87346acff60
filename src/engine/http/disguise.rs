//! The spellings of a key in which servers echo what they were sent: as it is, percent-encoded, in base64 (alone, or after `Bearer` and a
//! name), and cut off where a message was. Pure.

use std::ops::Range;

/// The letters of base64, and those of its URL-safe form.
const ALPHABETS: [&[u8; 64]; 2] = [
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];

/// With fewer letters than this, what looks like a piece of the key may be any word.
const TELLING_LETTERS: usize = 8;

/// `text` with `mark` wherever the key occurs in one of these spellings.
pub(super) fn hidden(text: &str, key: &str, mark: &str) -> String {
    let mut hidden = text.replace(key, mark);
    for encoded in in_base64(key.as_bytes()) {
        hidden = hidden.replace(&encoded, mark);
    }
    // From the end, so that earlier places keep their offsets.
    for place in in_percents(&hidden, key).into_iter().rev() {
        hidden.replace_range(place, mark);
    }
    if let Some(length) =
        (TELLING_LETTERS..key.len()).rev().find(|length| key.is_char_boundary(*length) && hidden.ends_with(&key[..*length]))
    {
        hidden.replace_range(hidden.len() - length.., mark);
    }
    hidden
}

/// The part of base64 text that comes from the key alone: one spelling for each of the three offsets at which it may begin.
fn in_base64(key: &[u8]) -> Vec<String> {
    let spelt = |alphabet: &[u8; 64], before: usize| {
        let bit = |at: usize| key.get((at / 8).wrapping_sub(before)).map(|byte| byte >> (7 - at % 8) & 1);
        let letters = (0..(before + key.len()) * 8 / 6).skip((before * 8).div_ceil(6));
        let index = |letter: usize| (letter * 6..letter * 6 + 6).try_fold(0usize, |sum, at| Some(sum << 1 | usize::from(bit(at)?)));
        letters.filter_map(index).map(|index| char::from(alphabet[index])).collect::<String>()
    };
    let all = ALPHABETS.iter().flat_map(|alphabet| (0..3).map(move |before| spelt(alphabet, before)));
    all.filter(|spelt| spelt.len() >= TELLING_LETTERS).collect()
}

/// Where the key occurs in a text in which some of its letters are written like `%2D`, from the first to the last.
fn in_percents(text: &str, key: &str) -> Vec<Range<usize>> {
    let (mut decoded, mut places) = (vec![], vec![]);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|code| bytes[at] == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let byte = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        let length = if byte.is_some() { 3 } else { 1 };
        decoded.push(byte.unwrap_or(bytes[at]));
        places.push(at..at + length);
        at += length;
    }
    if places.len() == bytes.len() {
        return vec![];
    }
    let found = memchr::memmem::find_iter(&decoded, key.as_bytes());
    found.filter_map(|first| Some(places.get(first)?.start..places.get(first + key.len() - 1)?.end)).collect()
}
