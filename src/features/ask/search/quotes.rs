//! What a question quotes, such as an error message, and where it occurs in a text. Programs put values into messages, so rows of a few
//! words are searched for, and the line with most words is meant. Text between quotation marks or after a label such as `ValueError:` is
//! quoted; a row of any other words may be, if few files have it.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use crate::context::sentence::{is_code, is_common};
use crate::features::answer::cite::named::compiled;
use crate::text::lines::line_start;
use crate::text::words::is_word;

/// Consecutive words that are searched for: in a quote, and in a possible one.
const ROW_WORDS: usize = 3;
const LOOSE_ROW_WORDS: usize = 4;
/// Distinctive words in a row, in a possible quote.
const MIN_TELLING_WORDS: usize = 2;
/// The weight of a word that is only found in a row of two, between two values.
const SHORT_ROW_WEIGHT: f32 = 0.7;
/// The minimum share of a quote's words on a line.
const MIN_SHARE: f32 = 0.4;
/// Words that suffice if the length of the quote is unknown.
const ENOUGH_WORDS: u32 = 6;
/// The shortest quote, in bytes.
const MIN_QUOTE_BYTES: usize = 8;
/// Maximum words of a quote that count, and maximum rows of a question.
const MAX_QUOTE_WORDS: usize = 40;
const MAX_ROWS: usize = 512;
/// Maximum words of a value in brackets or marks.
const MAX_VALUE_WORDS: usize = 4;
/// Marks around a quote, and brackets around a value in it.
const MARKS: [(char, char); 5] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('«', '»')];
const BRACKETS: [(char, char); 4] = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')];
/// What ends a sentence or a part of one.
const SENTENCE_MARKS: [char; 6] = ['.', ',', ';', ':', '!', '?'];

/// What programs write before a message, and the message, which may only begin on the next line.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?i)(?:^|[\s(\[])(?:[\w.:]*(?:error|exception|warning|panic|fatal)(?:\[\w+\])?|panicked at [^\s,]+):(?:\s+(\S.*))?$")
});

/// How certain it is that words are a quote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// They are between marks.
    Marked,
    /// They follow a label.
    Message,
    /// They are a line of the question.
    Loose,
}

struct Quote {
    kind: Kind,
    /// A bit for each word that is not a value.
    words: u64,
}

struct Row {
    /// The index of its quote.
    quote: usize,
    /// A bit for each of its words.
    words: u64,
    is_short: bool,
}

/// The quotes of a question.
pub(super) struct Quotes {
    finder: AhoCorasick,
    rows: Vec<Row>,
    quotes: Vec<Quote>,
}

/// A line with words of a quote.
pub(super) struct QuoteLine {
    /// Where it begins.
    pub line: usize,
    /// The share of a quote in it, from 0 to 1.
    pub share: f32,
    /// The rows of possible quotes in it.
    pub loose: Vec<u16>,
}

impl Quotes {
    /// None if a question quotes nothing.
    pub fn of(question: &str) -> Option<Self> {
        let (mut texts, mut rows, mut quotes) = (vec![], vec![], vec![]);
        for (kind, text) in quoted(question) {
            let words: Vec<&str> = text.split_whitespace().take(MAX_QUOTE_WORDS).collect();
            let is_value = values(&words);
            let bits = |words: std::ops::Range<usize>| words.fold(0_u64, |bits, at| bits | 1 << at);
            let bare = (0..words.len()).filter(|at| !is_value[*at]).fold(0_u64, |bits, at| bits | 1 << at);
            let bare = if bare == 0 { bits(0..words.len()) } else { bare };
            for (from, is_short) in starts(kind, &words, &is_value) {
                let to = from + if is_short { 2 } else { length(kind, words.len()) };
                let text = words[from..to].join(" ");
                texts.push(text.trim_end_matches(SENTENCE_MARKS).trim_matches(['"', '\'', '`']).to_string());
                rows.push(Row { quote: quotes.len(), words: bits(from..to), is_short });
            }
            quotes.push(Quote { kind, words: bare });
        }
        texts.truncate(MAX_ROWS);
        let finder = AhoCorasick::new(&texts).ok().filter(|_| !texts.is_empty())?;
        Some(Self { finder, rows, quotes })
    }

    /// The lines of a text with most of a quote. A text that is not code is only searched for certain quotes.
    pub fn find(&self, text: &str, is_plain: bool) -> Vec<QuoteLine> {
        let mut lines: HashMap<usize, Vec<u16>> = HashMap::new();
        for row in self.finder.find_overlapping_iter(text) {
            let rows = lines.entry(line_start(text, row.start())).or_default();
            let row = row.pattern().as_usize() as u16;
            let counts = !is_plain || self.kind(row) != Kind::Loose;
            if counts && !rows.contains(&row) {
                rows.push(row);
            }
        }
        let mut found: Vec<QuoteLine> = lines.into_iter().map(|(line, rows)| self.judged(line, rows)).collect();
        found.retain(|found| found.share > 0.0 || !found.loose.is_empty());
        found.sort_unstable_by_key(|found| found.line);
        found
    }

    fn judged(&self, line: usize, rows: Vec<u16>) -> QuoteLine {
        let (loose, certain): (Vec<u16>, Vec<u16>) = rows.into_iter().partition(|row| self.kind(*row) == Kind::Loose);
        let share = self.share(&certain);
        QuoteLine { line, share: if share < MIN_SHARE { 0.0 } else { share }, loose }
    }

    fn kind(&self, row: u16) -> Kind {
        self.quotes[self.rows[usize::from(row)].quote].kind
    }

    /// The largest share of a quote covered by rows on one line.
    pub fn share(&self, rows: &[u16]) -> f32 {
        let of = |(at, quote): (usize, &Quote)| {
            let rows = || rows.iter().map(|row| &self.rows[usize::from(*row)]).filter(|row| row.quote == at);
            let (long, all) = rows().fold((0, 0), |(long, all), row| (if row.is_short { long } else { long | row.words }, all | row.words));
            let (long, short) = ((long & quote.words).count_ones(), (all & !long & quote.words).count_ones());
            let most = if quote.kind == Kind::Marked { u32::MAX } else { ENOUGH_WORDS };
            (long as f32 + SHORT_ROW_WEIGHT * short as f32) / quote.words.count_ones().min(most) as f32
        };
        self.quotes.iter().enumerate().map(of).fold(0.0, f32::max).min(1.0)
    }
}

/// The number of words in the rows of a quote.
fn length(kind: Kind, words: usize) -> usize {
    if kind == Kind::Loose { LOOSE_ROW_WORDS } else { ROW_WORDS.min(words) }
}

/// The words at which rows of a quote begin, and which of these are of two words between values.
fn starts(kind: Kind, words: &[&str], is_value: &[bool]) -> Vec<(usize, bool)> {
    let telling = |row: &[&str]| row.iter().filter(|word| is_telling(word)).count();
    let least = if kind == Kind::Loose { MIN_TELLING_WORDS } else { 1 };
    let long = words.windows(length(kind, words.len())).enumerate();
    let mut starts: Vec<(usize, bool)> = long.filter(|(_, row)| telling(row) >= least).map(|(at, _)| (at, false)).collect();
    if kind != Kind::Loose && words.len() > ROW_WORDS {
        let is_edge = |at: Option<usize>| at.and_then(|at| is_value.get(at)).is_none_or(|is_value| *is_value);
        let alone = |at: &usize| !is_value[*at] && !is_value[at + 1] && is_edge(at.checked_sub(1)) && is_edge(Some(at + 2));
        let says = |at: &usize| telling(&words[*at..at + 2]) > 0 && words[*at].len() + words[at + 1].len() >= MIN_QUOTE_BYTES;
        starts.extend((0..words.len() - 1).filter(alone).filter(says).map(|at| (at, true)));
    }
    starts
}

fn is_telling(word: &str) -> bool {
    let word = word.trim_matches(|letter| !is_word(letter)).to_lowercase();
    word.len() >= 3 && !is_common(&word)
}

/// Which words of a message are likely to be inserted values: in marks or brackets, numbers, paths and names.
fn values(words: &[&str]) -> Vec<bool> {
    let mut is_value: Vec<bool> = words.iter().map(|word| is_alone(word)).collect();
    for (at, word) in words.iter().enumerate() {
        let pair = MARKS.iter().chain(&BRACKETS).find(|(open, _)| word.starts_with(*open));
        let Some((open, close)) = pair else { continue };
        let ends = |(number, word): (usize, &&str)| {
            let word = word.trim_end_matches(SENTENCE_MARKS);
            word.ends_with(*close) && (number > 0 || word.len() > open.len_utf8())
        };
        if let Some(last) = words[at..].iter().take(MAX_VALUE_WORDS).enumerate().position(ends) {
            is_value[at..=at + last].fill(true);
        }
    }
    is_value
}

/// Whether a word by itself is likely to be a value.
fn is_alone(word: &str) -> bool {
    let bare = word.trim_matches(|letter| !is_word(letter));
    bare.starts_with(|letter: char| letter.is_ascii_digit()) || is_code(bare) || word.contains(['/', '\\'])
}

/// What a question quotes or may quote.
fn quoted(question: &str) -> Vec<(Kind, &str)> {
    let mut found: Vec<(Kind, &str)> = marked(question).into_iter().map(|text| (Kind::Marked, text)).collect();
    let mut begins = false;
    for line in question.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let label = LABEL.captures(line);
        let message = label.as_ref().map_or(begins.then_some(line), |label| label.get(1).map(|message| message.as_str()));
        begins = label.is_some() && message.is_none();
        match message {
            Some(message) if message.len() >= MIN_QUOTE_BYTES && message.contains(' ') => found.push((Kind::Message, message)),
            None if line.split_whitespace().count() >= LOOSE_ROW_WORDS => found.push((Kind::Loose, line)),
            _ => {}
        }
    }
    found
}

/// Several words between marks.
fn marked(question: &str) -> Vec<&str> {
    let mut found = vec![];
    for (open, close) in MARKS {
        let mut rest = question;
        while let Some(at) = rest.find(open) {
            // An apostrophe is inside a word.
            let begins = !rest[..at].ends_with(char::is_alphanumeric);
            rest = &rest[at + open.len_utf8()..];
            let Some(end) = rest.find(close).filter(|_| begins) else { continue };
            let quote = rest[..end].trim();
            if quote.len() >= MIN_QUOTE_BYTES && quote.contains(' ') {
                found.push(quote);
            }
            rest = &rest[end + close.len_utf8()..];
        }
    }
    found
}
