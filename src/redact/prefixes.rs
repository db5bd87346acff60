//! Service tokens that all begin with a word of that service. The words are in a table next to this file.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::value::{is_random, is_words};

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

struct Table {
    prefixes: AhoCorasick,
    /// For each word, how many characters have to follow at least.
    least: Vec<usize>,
}

impl Table {
    #[expect(clippy::expect_used, reason = "constants, which every test compiles")]
    fn new() -> Self {
        let rows = include_str!("prefixes.txt").lines().filter(|row| !row.starts_with('#'));
        let (prefixes, least): (Vec<_>, Vec<usize>) =
            rows.filter_map(|row| row.split_once(' ')).map(|(prefix, least)| (prefix, least.parse().unwrap_or(usize::MAX))).unzip();
        let prefixes = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(prefixes);
        Self { prefixes: prefixes.expect("the prefixes are constants"), least }
    }
}

/// Where such tokens occur in a text.
pub(super) fn find(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    TABLE.prefixes.find_iter(text).filter_map(move |prefix| {
        let is_apart = !text[..prefix.start()].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_');
        let length = text.as_bytes()[prefix.end()..].iter().take_while(|byte| letter(byte)).count();
        let range = prefix.start()..prefix.end() + length;
        let value = &text[range.clone()];
        (is_apart && length >= TABLE.least[prefix.pattern()] && is_random(value) && !is_words(value)).then_some(range)
    })
}
