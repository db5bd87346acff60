//! What a question quotes, such as an error message, and where it stands in a text. Programs put values into messages, so rows of a few
//! words are searched for, and the line with most of them is meant.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use crate::text::lines::line_start;

/// Words in a row that are searched for, ...
const ROW: usize = 3;
/// ... and the smallest share of them in a line.
const LEAST_SHARE: f32 = 0.3;
/// Shortest quote, in bytes.
const LEAST: usize = 8;
/// Most words of a quote that count.
const LONGEST: usize = 40;
/// Marks around a quote.
const MARKS: [(char, char); 5] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('«', '»')];

/// The quotes of a question.
pub(super) struct Quotes {
    rows: AhoCorasick,
    /// For each row, the index of its quote.
    of: Vec<usize>,
    /// For each quote, the number of its rows.
    counts: Vec<usize>,
}

impl Quotes {
    /// None if a question quotes nothing.
    pub fn of(question: &str) -> Option<Self> {
        let (mut rows, mut of, mut counts) = (vec![], vec![], vec![]);
        for quote in quoted(question) {
            let words: Vec<&str> = quote.split_whitespace().take(LONGEST).collect();
            let windows: Vec<String> = words.windows(ROW.min(words.len())).map(|row| row.join(" ")).collect();
            of.extend(windows.iter().map(|_| counts.len()));
            counts.push(windows.len());
            rows.extend(windows);
        }
        let rows = AhoCorasick::new(&rows).ok().filter(|_| !rows.is_empty())?;
        Some(Self { rows, of, counts })
    }

    /// The lines of a text with most of a quote: where each begins, and the share, from 0 to 1.
    pub fn find(&self, text: &str) -> Vec<(usize, f32)> {
        let mut lines: HashMap<usize, Vec<usize>> = HashMap::new();
        for row in self.rows.find_overlapping_iter(text) {
            let rows = lines.entry(line_start(text, row.start())).or_default();
            if !rows.contains(&row.pattern().as_usize()) {
                rows.push(row.pattern().as_usize());
            }
        }
        let share = |rows: &[usize]| {
            let of = |quote: usize| rows.iter().filter(|row| self.of[**row] == quote).count() as f32 / self.counts[quote] as f32;
            (0..self.counts.len()).map(of).fold(0.0, f32::max)
        };
        let mut found: Vec<(usize, f32)> = lines.into_iter().map(|(line, rows)| (line, share(&rows))).collect();
        found.retain(|(_, share)| *share >= LEAST_SHARE);
        found.sort_unstable_by_key(|(line, _)| *line);
        found
    }
}

/// Several words between marks.
fn quoted(question: &str) -> Vec<&str> {
    let mut found = vec![];
    for (open, close) in MARKS {
        let mut rest = question;
        while let Some(at) = rest.find(open) {
            // An apostrophe stands inside of a word.
            let begins = !rest[..at].ends_with(char::is_alphanumeric);
            rest = &rest[at + open.len_utf8()..];
            let Some(end) = rest.find(close).filter(|_| begins) else { continue };
            let quote = rest[..end].trim();
            if quote.len() >= LEAST && quote.contains(' ') {
                found.push(quote);
            }
            rest = &rest[end + close.len_utf8()..];
        }
    }
    found
}
