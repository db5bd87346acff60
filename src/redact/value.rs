//! Whether a value that stands where a secret may stand is one: drawn by a machine, or a name, a path, an expression that somebody wrote.

use std::sync::LazyLock;

use regex::Regex;

use super::names::is_border;

/// Whether a password in an address is written out, and not put in later: `{password}`, `${PASSWORD}`, `$PASSWORD`, `%s`; or left out, as
/// documentation does: `pass`, `password`, `****`, `xxx`.
pub(super) fn is_no_placeholder(value: &str) -> bool {
    let name = |rest: &str| rest.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let left_out = ["pass", "passwd", "password", "pwd"].iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.chars().all(|letter| matches!(letter, '*' | 'x' | 'X' | '.' | '…'));
    !left_out && !value.contains('{') && !value.strip_prefix(['$', '%']).is_some_and(name)
}

/// Whether a value looks drawn at random rather than written by hand: many different characters, of several classes or none of them a
/// word, no sentence, no template.
pub(super) fn is_random(value: &str) -> bool {
    let template = value.contains(' ')
        || [('{', '}'), ('<', '>'), ('(', ')')].iter().any(|(open, close)| value.contains(*open) && value.contains(*close));
    let date = value.len() >= 10
        && value.bytes().zip(*b"0000-00-00").all(|(it, sign)| if sign == b'0' { it.is_ascii_digit() } else { it == sign });
    if template
        || date
        || has_alphabet(value)
        || value.starts_with('$')
        || !is_no_placeholder(value)
        || value.contains("%s")
        || value.contains("://")
    {
        return false;
    }
    let classes = [
        value.chars().any(|letter| letter.is_ascii_digit()),
        value.chars().any(|letter| letter.is_ascii_lowercase()),
        value.chars().any(|letter| letter.is_ascii_uppercase()),
        value.chars().any(|letter| letter.is_ascii_punctuation()),
    ];
    let kinds = classes.iter().filter(|there| **there).count();
    (kinds >= 2 && classes[0] || is_no_word(value, UNLIKELY)) && entropy(value) >= 2.7
}

/// Whether letters or digits stand in a value as in the alphabet: a choice of letters, and no secret.
fn has_alphabet(value: &str) -> bool {
    let (mut row, mut before) = (0, 0);
    value.bytes().any(|letter| {
        row = if letter.is_ascii_alphanumeric() && letter == before + 1 { row + 1 } else { 0 };
        before = letter;
        row >= 9
    })
}

/// Whether a value with blanks is drawn from all the signs that a keyboard has, and no sentence: at least 40, of which a third are signs
/// and digits, and hardly any a blank.
pub(super) fn is_salt(value: &str) -> bool {
    let count = |is: fn(&char) -> bool| value.chars().filter(is).count();
    let (signs, blanks) = (count(|letter| letter.is_ascii_punctuation() || letter.is_ascii_digit()), count(|letter| *letter == ' '));
    let length = value.chars().count();
    length >= 40 && signs * 3 >= length && blanks * 10 <= length && count(char::is_ascii_uppercase) >= 5 && entropy(value) >= 4.5
}

/// Whether a value is written by hand: a path, a file, the name of something, with two words at least and digits only at the ends of words.
pub(super) fn is_words(value: &str) -> bool {
    let mut parts = value.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    value.is_ascii() && !is_no_word(value, UNLIKELY) && parts.clone().nth(1).is_some() && parts.all(|part| WORD.is_match(part))
}

/// A word as people join them: `camelCase`, `UPPER`, `v2`, `OAuth2`, `100k`, `1password`.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    let (word, digits) = ("(?:[A-Z]{0,2}[a-z]{2,20}|[A-Z]{2,20}|[A-Z][a-z])", "[0-9]{0,6}");
    super::forms::compiled(&format!("^(?:[A-Za-z]?{digits}[A-Za-z]{{0,2}}|[0-9]?(?:{word}{digits}){{1,5}}[a-z]?)$"))
});

/// Whether a value without quotes is a secret: there it could be a name, a path or an expression as well.
pub(super) fn is_drawn(value: &str) -> bool {
    let letters: Vec<char> = value.chars().collect();
    let pairs = || letters.windows(2).map(|pair| (pair[0], pair[1]));
    let runs = usize::from(letters.first().is_some_and(char::is_ascii_digit))
        + pairs().filter(|(a, b)| !a.is_ascii_digit() && b.is_ascii_digit()).count();
    // In names a digit ends a word: `OAuth2Token`, `utf8_name`.
    let inside = pairs().any(|(a, b)| a.is_ascii_digit() && b.is_ascii_lowercase());
    let place = value.starts_with(['.', '~', '$', '-']) || value.starts_with('/') && value.len() != 40;
    let part = |part: &str| part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let expression = value.contains("::") || value.contains("->") || value.contains('.') && value.split('.').all(part);
    // A pattern's set of letters, and a colour.
    let set = value.contains('[') && value.contains(']');
    let colour = value.strip_prefix('#').is_some_and(|rest| rest.len() <= 8 && rest.chars().all(|letter| letter.is_ascii_hexdigit()));
    let marks = value.contains(['+', '=', '!', '@', '#', '^', '*', '?', '~', '%']) || value.contains('/') && runs >= 2;
    is_random(value) && !place && !expression && !set && !colour && (inside || runs >= 3 || marks || is_no_word(value, MOST_UNLIKELY))
}

/// Whether a value behind a colon or a blank may be a type or a variable: one word with few digits.
pub(super) fn is_name_of_type(value: &str) -> bool {
    let word = value.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let runs = value.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    word && !value.starts_with(|letter: char| letter.is_ascii_digit()) && runs < 2 && !is_no_word(value, MOST_UNLIKELY)
}

/// Bits per character.
fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    for letter in value.chars() {
        *counts.entry(letter).or_insert(0.0) += 1.0;
    }
    let total = value.chars().count() as f64;
    counts.values().map(|count: &f64| -(count / total) * (count / total).log2()).sum()
}

/// Letters in a row from which on it can be told whether they make words.
const TELLING: usize = 10;
/// Bits by which a row of letters is likelier to be drawn than to be written. No word of those that were counted comes to 13.
const UNLIKELY: f64 = 16.0;
/// The same where the name of something may stand as well, which may be short for much.
const MOST_UNLIKELY: f64 = 24.0;

/// Whether letters in a row make no words: `qWkZpLmVxTbRnYcH`.
fn is_no_word(value: &str, bits: f64) -> bool {
    let rows = value.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|row| row.len() >= TELLING);
    rows.into_iter().any(|row| drawn(row) >= bits)
}

/// Bits by which letters are likelier to be drawn than to be the words of a name, which begin with capitals or are capitals.
fn drawn(row: &str) -> f64 {
    let letters = row.as_bytes();
    let mut before = 0;
    let mut bits = 0.0;
    for (at, letter) in letters.iter().enumerate() {
        let this = usize::from(letter.to_ascii_lowercase() - b'a');
        if is_border(letters, at) {
            bits += PAIRS[before][END];
            before = 0;
        }
        bits += PAIRS[before][this] - BITS_OF_A_LETTER;
        before = this + 1;
    }
    bits + PAIRS[before][END]
}

/// log₂ 26.
const BITS_OF_A_LETTER: f64 = 4.7;
/// The column of a word's end.
const END: usize = 26;

/// Bits of what follows a letter; the first row is that of a word's beginning.
static PAIRS: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
    let rows = include_str!("pairs.txt").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.bytes().map(|bits| f64::from(bits - b'a') / 2.0).collect()).collect()
});
