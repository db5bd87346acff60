//! Whether a value in the place of a secret is one: machine-made, and not a name, a path or an expression that somebody wrote.

use std::sync::LazyLock;

use regex::Regex;

use super::names::is_border;

/// Whether a password in an address is real. Placeholders such as `{password}`, `${PASSWORD}`, `$PASSWORD` or `%s` are not, nor is what
/// documentation uses: `pass`, `password`, `****`, `xxx`.
pub(super) fn is_no_placeholder(value: &str) -> bool {
    let name = |rest: &str| rest.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let left_out = ["pass", "passwd", "password", "pwd"].iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.chars().all(|letter| matches!(letter, '*' | 'x' | 'X' | '.' | '…'));
    !left_out && !value.contains('{') && !value.strip_prefix(['$', '%']).is_some_and(name)
}

/// Whether a value looks random and not written by hand: many different characters, of several classes or at least not a word; not a
/// sentence, not a template.
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

/// Whether its letters or digits are in alphabetical order: then it is a character set, not a secret.
fn has_alphabet(value: &str) -> bool {
    let (mut row, mut before) = (0, 0);
    value.bytes().any(|letter| {
        row = if letter.is_ascii_alphanumeric() && letter == before + 1 { row + 1 } else { 0 };
        before = letter;
        row >= 9
    })
}

/// Whether a value with spaces is drawn from all characters of a keyboard and is not a sentence: at least 40, a third of them signs and
/// digits, with hardly any spaces.
pub(super) fn is_salt(value: &str) -> bool {
    let count = |is: fn(&char) -> bool| value.chars().filter(is).count();
    let (signs, blanks) = (count(|letter| letter.is_ascii_punctuation() || letter.is_ascii_digit()), count(|letter| *letter == ' '));
    let length = value.chars().count();
    length >= 40 && signs * 3 >= length && blanks * 10 <= length && count(char::is_ascii_uppercase) >= 5 && entropy(value) >= 4.5
}

/// Whether a value was written by hand: a path, a file, a name, with at least two words and digits only at the end of words.
pub(super) fn is_words(value: &str) -> bool {
    let mut parts = value.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    value.is_ascii() && !is_no_word(value, UNLIKELY) && parts.clone().nth(1).is_some() && parts.all(|part| WORD.is_match(part))
}

/// A word as people join them: `camelCase`, `UPPER`, `v2`, `OAuth2`, `100k`, `1password`.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    let (word, digits) = ("(?:[A-Z]{0,2}[a-z]{2,20}|[A-Z]{2,20}|[A-Z][a-z])", "[0-9]{0,6}");
    super::forms::compiled(&format!("^(?:[A-Za-z]?{digits}[A-Za-z]{{0,2}}|[0-9]?(?:{word}{digits}){{1,5}}[a-z]?)$"))
});

/// Whether a value without quotes is a secret: it might as well be a name, a path or an expression.
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
    // The character set of a pattern, or a colour.
    let set = value.contains('[') && value.contains(']');
    let colour = value.strip_prefix('#').is_some_and(|rest| rest.len() <= 8 && rest.chars().all(|letter| letter.is_ascii_hexdigit()));
    let marks = value.contains(['+', '=', '!', '@', '#', '^', '*', '?', '~', '%']) || value.contains('/') && runs >= 2;
    is_random(value) && !place && !expression && !set && !colour && (inside || runs >= 3 || marks || is_no_word(value, MOST_UNLIKELY))
}

/// Whether a value after a colon or a space may be a type or a variable: one word with few digits.
pub(super) fn is_name_of_type(value: &str) -> bool {
    let word = value.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let runs = value.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    word && !value.starts_with(|letter: char| letter.is_ascii_digit()) && runs < 2 && !is_no_word(value, MOST_UNLIKELY)
}

/// Entropy in bits per character.
fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    for letter in value.chars() {
        *counts.entry(letter).or_insert(0.0) += 1.0;
    }
    let total = value.chars().count() as f64;
    counts.values().map(|count: &f64| -(count / total) * (count / total).log2()).sum()
}

/// How many consecutive letters it takes to tell whether they form words.
const TELLING: usize = 10;
/// Consecutive letters count as random if that is likelier than a word by this many bits. No word in the counted sample reaches 13.
const UNLIKELY: f64 = 16.0;
/// The same where a name may occur, because names are often abbreviated.
const MOST_UNLIKELY: f64 = 24.0;

/// Whether consecutive letters form no words: `qWkZpLmVxTbRnYcH`.
fn is_no_word(value: &str, bits: f64) -> bool {
    let rows = value.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|row| row.len() >= TELLING);
    rows.into_iter().any(|row| drawn(row) >= bits)
}

/// By how many bits letters are likelier to be random than to be the words of a name (with initial capitals, or all capitals).
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
/// The column for the end of a word.
const END: usize = 26;

/// Bits for each letter that may follow a letter; the first row is for the start of a word.
static PAIRS: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
    let rows = include_str!("pairs.txt").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.bytes().map(|bits| f64::from(bits - b'a') / 2.0).collect()).collect()
});
