//! Secrets split into several adjacent strings, which a program joins: `"ghp_…" "…"`, `'sk-…' + '…'`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms::{self, compiled};

/// What is between two such strings, from the closing quote of one to the opening quote of the other.
static SEAM: LazyLock<Regex> = LazyLock::new(|| compiled(r#"["'`]\s*(?:[+&]|\.{1,2}|\\)?\s*["'`]"#));

/// Minimum and maximum bytes of a key. Pieces of longer texts are data.
const LENGTHS: Range<usize> = 20..400;

/// Where pieces of such secrets are, and of which kind.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = vec![];
    let mut row: Vec<Range<usize>> = vec![];
    for seam in SEAM.find_iter(text) {
        let before = seam.start() - run(text[..seam.start()].bytes().rev())..seam.start();
        let after = seam.end()..seam.end() + run(text[seam.end()..].bytes());
        // A string without spaces between two seams belongs to both.
        if row.last() != Some(&before) {
            take(text, &row, &mut found);
            row = vec![before];
        }
        row.push(after);
    }
    take(text, &row, &mut found);
    found
}

/// How many bytes at the start a key may consist of.
fn run(bytes: impl Iterator<Item = u8>) -> usize {
    bytes.take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.~+/=:".contains(byte)).take(LENGTHS.end).count()
}

/// Adds what is a secret once joined, if it lies in more than one of the pieces.
fn take(text: &str, pieces: &[Range<usize>], found: &mut Vec<(Range<usize>, &'static str)>) {
    let length = pieces.iter().map(Range::len).sum::<usize>();
    if pieces.iter().filter(|piece| !piece.is_empty()).count() < 2 || !LENGTHS.contains(&length) {
        return;
    }
    let joined: String = pieces.iter().map(|piece| &text[piece.clone()]).collect();
    for (secret, kind) in forms::alone(&joined) {
        let mut start = 0;
        let parts = pieces.iter().filter_map(|piece| {
            let (first, last) = (secret.start.max(start), secret.end.min(start + piece.len()));
            let part = (first < last).then(|| piece.start + first - start..piece.start + last - start);
            start += piece.len();
            part
        });
        let parts: Vec<Range<usize>> = parts.collect();
        if parts.len() > 1 {
            found.extend(parts.into_iter().map(|part| (part, kind)));
        }
    }
}
