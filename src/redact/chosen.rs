//! Tells passwords that people choose from whatever else may follow the name of one: placeholders, labels, types, names, templates. The
//! words of these are in a table next to this file.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::value::is_words;

/// Minimum and maximum letters of a one-word password.
const WORD: std::ops::RangeInclusive<usize> = 5..=24;
/// Minimum words of a passphrase.
const PHRASE: usize = 4;
/// Minimum bytes of a password with a sign in it, with a digit in it, and of digits only.
const MIN_BYTES_WITH_SIGN: usize = 4;
const MIN_BYTES_WITH_DIGIT: usize = 5;
const MIN_DIGITS: usize = 4;
/// Maximum bytes of a password that somebody chose.
const MAX_PASSWORD_BYTES: usize = 64;

/// Signs that occur in passwords, but hardly ever in names and paths.
const SIGNS: &str = "!@#$%^&*~+=?";

static TABLE: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<&str>> = HashMap::new();
    let lines = include_str!("chosen.txt").lines().filter(|line| !line.starts_with('#'));
    for (list, words) in lines.filter_map(|line| line.split_once(' ')) {
        table.entry(list).or_default().extend(words.split_whitespace());
    }
    table
});

fn list(name: &str) -> impl Iterator<Item = &'static str> {
    TABLE.get(name).into_iter().flatten().copied()
}

/// Whether a string that is assigned to a password's name is a password: anything but a placeholder or a label.
pub(super) fn is_password(value: &str) -> bool {
    is_marked(value) || is_digits(value) || is_word(value.trim_end_matches('!')) || is_phrase(value)
}

/// Whether a value has what distinguishes a password from words: digits or signs among its letters.
pub(super) fn is_marked(value: &str) -> bool {
    let has = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
    // At the end of a word, these belong to a sentence.
    let inside = value.trim_end_matches(['!', '?', '*', '=']);
    let (digit, sign) = (has(u8::is_ascii_digit), inside.contains(|letter| SIGNS.contains(letter)));
    let least = if value.contains(|letter| SIGNS.contains(letter)) { MIN_BYTES_WITH_SIGN } else { MIN_BYTES_WITH_DIGIT };
    (digit || sign)
        && has(u8::is_ascii_alphabetic)
        && (least..=MAX_PASSWORD_BYTES).contains(&value.len())
        && !value.contains(char::is_whitespace)
        && !is_template(value)
        && !is_place(value)
        && !is_stand_in(value)
        && !list("begins").any(|begin| starts_with(value, begin))
}

/// Whether a value without quotes is a chosen password. A variable or the name of one may occur in its place as well.
pub(super) fn is_bare(value: &str) -> bool {
    let is_variable = value.contains('_') && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_marked(value) && !is_variable && !value.contains(['/', ':', '=', '?'])
}

/// Whether a value is one lower-case word that may be a password: `correcthorse`.
pub(super) fn is_word(value: &str) -> bool {
    WORD.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_lowercase()) && !is_stand_in(value)
}

/// Whether a value has several of the signs that occur in no name, path or address.
pub(super) fn has_signs(value: &str) -> bool {
    let signs = SIGNS.chars().filter(|sign| !matches!(sign, '+' | '=' | '?') && value.contains(*sign)).count();
    signs >= 2 && is_marked(value)
}

fn is_digits(value: &str) -> bool {
    value.len() >= MIN_DIGITS && value.len() <= MAX_PASSWORD_BYTES && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words with spaces between them that are not a sentence: `correct horse battery staple`, `p@ss w0rd!`.
fn is_phrase(value: &str) -> bool {
    if value.len() > MAX_PASSWORD_BYTES || !value.contains(' ') || is_template(value) || list("within").any(|word| contains(value, word)) {
        return false;
    }
    let words = value.split(' ');
    let are_small = words.clone().all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    let is_sentence = words.clone().any(|word| list("sentence").any(|known| word.eq_ignore_ascii_case(known)));
    let is_odd = |word: &str| {
        let inside = word.trim_matches(|letter: char| !letter.is_ascii_alphabetic());
        inside.bytes().any(|byte| !byte.is_ascii_alphabetic() && byte != b'-' && byte != b'\'' && byte != b'/')
    };
    !is_sentence && (are_small && words.clone().count() >= PHRASE || words.filter(|word| is_odd(word)).count() >= 2)
}

/// Whether a value is filled in later, or is a pattern for values.
fn is_template(value: &str) -> bool {
    let is_name = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || "_{(".contains(letter));
    let opens =
        [('{', '}'), ('<', '>'), ('(', ')'), ('[', ']')].iter().any(|(open, close)| value.contains(*open) && value.contains(*close));
    let is_reference = ['$', '@', '%', ':', '&', '#', '.'].iter().any(|sign| value.strip_prefix(*sign).is_some_and(is_name));
    let is_one = opens
        || is_reference
        || value.contains(['|', '\\'])
        || ["%s", "%d", "%@", "{{", "${", "$("].iter().any(|sign| value.contains(sign));
    is_one || value.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'?' | b'#' | b'-'))
}

/// Whether a value is a path, an address, a member access, or an anchor in a page.
fn is_place(value: &str) -> bool {
    let begins = |part: &str| part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let is_member = value.contains('.') && value.split('.').all(begins) && !value.contains(|letter| SIGNS.contains(letter));
    let is_mail = value.split_once('@').is_some_and(|(_, domain)| domain.contains('.') && domain.split('.').all(begins));
    let is_address = value.contains("://") || value.starts_with(['/', '~', '.', '-']) || value.ends_with('=');
    let is_query = value.contains('=') && value.contains(['&', '?', ',', ';']);
    let is_path = value.contains('/') && !value.contains(['!', '@', '#', '$', '%', '^', '*']);
    is_member || is_mail || is_address || is_path || is_query
}

/// Whether a value that looks random was written by hand after all: a field name, a path, a selector, a rule for values.
pub(super) fn is_reference(value: &str) -> bool {
    let word = value.strip_suffix(|last: char| last.is_ascii_digit()).unwrap_or(value);
    let is_name = list("within").any(|known| word.eq_ignore_ascii_case(known));
    is_name || (value.starts_with(['/', '#', '@', '.']) || value.contains('|')) && is_words(value)
}

/// Whether a value is a placeholder, a label, a type or an answer. Case-insensitive.
pub(super) fn is_stand_in(value: &str) -> bool {
    let word = value.strip_suffix(|last: char| last.is_ascii_digit()).unwrap_or(value);
    list("whole").any(|known| word.eq_ignore_ascii_case(known)) || list("within").any(|known| contains(value, known))
}

fn starts_with(value: &str, begin: &str) -> bool {
    value.as_bytes().get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin.as_bytes()))
}

fn contains(value: &str, word: &str) -> bool {
    value.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
