//! Words of code and prose in any language: which letters belong to a name, where a word occurs, which parts it has. Pure.

use std::ops::Range;

/// Whether a letter may occur in a name of some language. `$` counts: JavaScript and PHP have it.
pub fn is_word(letter: char) -> bool {
    is_name_letter(letter) || letter == '$'
}

/// Whether a letter may occur in a name of every language: unlike [`is_word`], without `$`.
pub fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether a letter belongs to a script that writes words without spaces between them: Thai, Kana, Han.
pub fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a letter's script is written right next to other words, such as names of code: scripts without spaces, and Hangul, which
/// attaches particles to the end of a word.
pub fn runs_on(letter: char) -> bool {
    letter >= '\u{e00}'
        && (is_unspaced(letter) || matches!(letter, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}'))
}

/// Where `word` occurs as a whole word, as byte ranges.
pub fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let whole = move |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !word.is_empty() && !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    text.match_indices(word).map(|(at, _)| at).filter(move |at| whole(*at)).map(|at| at..at + word.len())
}

/// Whether `word` occurs in a text as a whole word.
pub fn has(text: &str, word: &str) -> bool {
    places(text, word).next().is_some()
}

/// The words of a text, in order.
pub fn all(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_word(letter)).filter(|word| !word.is_empty())
}

/// The word at the end of a text; empty if there is none.
pub fn last(text: &str) -> &str {
    &text[text.trim_end_matches(is_word).len()..]
}

/// The word at the start of a text; empty if there is none.
pub fn first(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches(is_word).len()]
}

/// Identifiers of a text with their byte offsets: letters, digits, `_` and `$`, at least two bytes, not a number. Text in a script without
/// spaces is an identifier of its own, so that a name inside it is found: `helper_7の定義は` has two.
pub fn identifiers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            while at < bytes.len() && BYTES[usize::from(bytes[at])] == Byte::Between {
                at += 1;
            }
            let start = at;
            while at < bytes.len() && BYTES[usize::from(bytes[at])] == Byte::Letter {
                at += 1;
            }
            if at < bytes.len() && !bytes[at].is_ascii() {
                at = end_beyond(text, start, at);
                if at == start {
                    at = text.ceil_char_boundary(start + 1);
                    continue;
                }
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

/// What a byte means to [`identifiers`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    Between,
    Letter,
    /// Part of a character that is not ASCII.
    Beyond,
}

const BYTES: [Byte; 256] = {
    let mut table = [Byte::Between; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = byte as u8;
        if letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'$' {
            table[byte] = Byte::Letter;
        } else if !letter.is_ascii() {
            table[byte] = Byte::Beyond;
        }
        byte += 1;
    }
    table
};

/// The end of an identifier that meets a non-ASCII character at `at`; its `start` if that character is no letter.
#[cold]
fn end_beyond(text: &str, start: usize, at: usize) -> usize {
    let runs = text[start..].starts_with(runs_on);
    let ends = |letter: char| runs_on(letter) != runs || !(is_word(letter) || is_mark(letter));
    text[at..].find(ends).map_or(text.len(), |length| at + length)
}

/// Whether a character modifies the letter before it, such as a combining accent.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{e47}'..='\u{e4e}' | '\u{3099}' | '\u{309a}')
}

/// The lower-case words of an identifier: `loadConfig_file` is `load`, `config`, `file`. One-letter words are left out. Scripts without
/// spaces give each pair of adjacent letters: `关闭缓存` is `关闭`, `闭缓`, `缓存`.
pub fn subwords(identifier: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word = String::new();
    let mut before = ' ';
    let letters: Vec<char> = identifier.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let next_is_lower = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let capital = letter.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next_is_lower);
        let border = capital || !letter.is_alphanumeric() || runs_on(*letter) != runs_on(before);
        if border && !word.is_empty() {
            add_word(&mut words, std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = *letter;
    }
    add_word(&mut words, word);
    words
}

fn add_word(words: &mut Vec<String>, word: String) {
    let one = word.chars().nth(1).is_none();
    match word.starts_with(runs_on) {
        true if !one => words.extend(word.chars().zip(word.chars().skip(1)).map(|(first, second)| String::from_iter([first, second]))),
        false if one => {}
        _ => words.push(word),
    }
}
