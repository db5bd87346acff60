//! What a line of an answer names, as it is written: lines with the path before them or behind, lines alone, and the name in code beside
//! them. Pure: whether there is such a thing is not known here.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Lines that are named.
#[derive(Debug)]
pub(super) struct Named<'a> {
    /// The stretch that is one citation; without the path before it.
    pub range: Range<usize>,
    /// What may be the path: what stands before the lines, and what behind.
    pub before: &'a str,
    pub behind: Option<&'a str>,
    pub first: Option<u32>,
    pub last: Option<u32>,
    /// The lines are written in words, so that they mean something without a path.
    pub in_words: bool,
    /// The name in backquotes that is said to be there.
    pub symbol: Option<&'a str>,
}

/// Lines behind a path: `:12`, `:12-15`, `:12:3`, `#L12`.
static SIGNS: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?::|#L)(\d{1,7})(?:[-–](?:L)?(\d{1,7})|:\d{1,7})?"));
/// Lines in words: `line 12`, `lines 12-15`, `第 12 行`.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let to = r"\s?(?:-|–|—|~|～|to|through|bis|à|到|至)\s?第?\s?";
    compiled(&format!(
        r"(?i)\b(?:lines?|zeilen?|lignes?|l[ií]neas?)\s(\d{{1,7}})(?:{to}(\d{{1,7}}))?\b|第\s?(\d{{1,7}})(?:\s?行?{to}(\d{{1,7}}))?\s?行"
    ))
});
/// What may stand between a path and its lines in words.
static BETWEEN: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"[`"']?[,，:：]?\s?[(（]?(?:(?:at|on|in|auf|in der|de la|à la)\s|(?:中|里|文件)?的?)?\s?$"#));
/// What may stand between lines in words and their path.
static OF: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"^\s?(?:(?:of|in|from|von|aus|de|du|dans|in der|der)\s|[(（])(?:(?:the|der|die|le)\s)?(?:(?:file|Datei|fichier)\s)?[`"']?([^\s`"'<>|*,;，。；）)]+)"#,
    )
});
/// A name in backquotes that is said to be where a place behind it is.
static NAME_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"`([^`]+)`\s?[(（]?(?:(?:is|are|was|ist|est)\s)?(?:(?:defined|declared|implemented|located|found|definiert|défini)\s)?",
        r"(?:(?:at|in|on|from|auf|dans)\s)?(?:定义|声明|实现|位于|在|于)*\s?[(（]?[`\x22']?$"
    ))
});
/// The same behind the place.
static NAME_BEHIND: LazyLock<Regex> = LazyLock::new(|| compiled(r"^[`)）]*(?::\s|：|\s?[(（])`([^`]+)`"));

#[expect(clippy::expect_used, reason = "constants, which every test reads")]
pub(super) fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// The lines that a text names, in order.
pub(super) fn named(line: &str) -> Vec<Named<'_>> {
    let number = |found: Option<regex::Match<'_>>| found.and_then(|digits| digits.as_str().parse().ok());
    let mut all: Vec<Named<'_>> = vec![];
    for found in SIGNS.captures_iter(line) {
        let Some(whole) = found.get(0) else { continue };
        let before = token(line, whole.start());
        let (first, last) = (number(found.get(1)), number(found.get(2)));
        let symbol = beside(line, whole.start() - before.len(), whole.end());
        all.push(Named { range: whole.range(), before, behind: None, first, last, in_words: false, symbol });
    }
    for found in WORDS.captures_iter(line) {
        let Some(whole) = found.get(0) else { continue };
        // A number with a point is no line.
        let rest = &line[whole.end()..];
        if rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit())) {
            continue;
        }
        let start = BETWEEN.find(&line[..whole.start()]).map_or(whole.start(), |between| between.start());
        let before = token(line, start);
        let behind = OF.captures(rest).and_then(|found| found.get(1));
        let end =
            behind.map_or(whole.end(), |path| whole.end() + path.start() + path.as_str().trim_end_matches(['.', ':', '!', '?']).len());
        let behind = behind.map(|path| &line[whole.end() + path.start()..end]);
        let (first, last) = (number(found.get(1).or(found.get(3))), number(found.get(2).or(found.get(4))));
        // What stands before the lines is the path, or else the name.
        let symbol = beside(line, start - before.len(), whole.end()).or_else(|| beside(line, whole.start(), end));
        all.push(Named { range: whole.range(), before, behind, first, last, in_words: true, symbol });
    }
    all.sort_by_key(|named| named.range.start);
    all
}

impl Named<'_> {
    /// Where its mark goes in a line, when the path stands behind the lines.
    pub fn end_behind(&self, line: &str) -> usize {
        let end = |path: &str| path.as_ptr() as usize - line.as_ptr() as usize + path.len();
        self.behind.map_or(self.range.end, end)
    }
}

fn beside(line: &str, start: usize, end: usize) -> Option<&str> {
    let name = |found: regex::Captures<'_>, text: &'_ str| found.get(1).map(|name| (name.start(), name.end(), text.len()));
    let before = &line[..start];
    let found = NAME_BEFORE.captures(before).and_then(|found| name(found, before)).map(|(from, to, _)| &line[from..to]);
    let behind = || NAME_BEHIND.captures(&line[end..]).and_then(|found| name(found, "")).map(|(from, to, _)| &line[end + from..end + to]);
    found.or_else(behind)
}

/// What stands before an offset without a blank, a quote or a sign of markdown or of a sentence between.
pub(super) fn token(text: &str, end: usize) -> &str {
    let before = &text[..end];
    let ends = |letter: char| letter.is_whitespace() || "`\"'<>|*,;，。；：（）、「」“”".contains(letter);
    let start = before.char_indices().rev().find(|(_, letter)| ends(*letter)).map_or(0, |(at, letter)| at + letter.len_utf8());
    &before[start..]
}

/// The words of a line that are no code, and where they stand: without the brackets around them and the signs behind them.
pub(super) fn words(line: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let splits = |letter: char| letter.is_whitespace() || "`\"'<>|*,;，。；：（）、「」“”".contains(letter);
    line.split(splits).map(move |word| {
        let trimmed = word.trim_end_matches(['.', ':', '!', '?', ')', ']']).trim_start_matches(['(', '[', '{']);
        let start = trimmed.as_ptr() as usize - line.as_ptr() as usize;
        (start..start + trimmed.len(), trimmed)
    })
}
