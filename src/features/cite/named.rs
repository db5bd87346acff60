//! What a line of an answer names, as it is written: lines with the path before them or behind, lines alone, and the name in code beside
//! them. Pure: whether there is such a thing is not known here.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::spans;
use super::words::{self, BEHIND, ORDINAL};

/// Lines that are named.
#[derive(Debug)]
pub(in crate::features) struct Named<'a> {
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

/// Lines behind a path: `:12`, `:12-15`, `:12:3`, `#L12`, `#L12C3-L15C1`, `:L12`, `(12)`.
static SIGNS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?:(?::L?|#L)(\d{1,7})(?:C\d{1,7})?(?:[-–]L?(\d{1,7})(?:C\d{1,7})?|:\d{1,7})?|(\()(?:L|line )?(\d{1,7})(?:[-–]L?(\d{1,7})|,\s?\d{1,7})?\))",
    )
});
/// Lines in words: `line 12`, `lines 12-15`, `第 12 行`, `12 行目`, and `(L12)`.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let to = r"\s?(?:-|–|—|~|～|〜|to|through|bis|à|a|по|до|到|至|から)\s?(?:第|L)?\s?";
    let number = r"(\d{1,7})";
    let words = words::before();
    let alternatives = [
        format!(r"\b(?:{words})\s{number}(?:{to}{number})?\b"),
        format!(r"{ORDINAL}\s?{number}(?:\s?行?{to}{number})?\s?行"),
        format!(r"{number}(?:\s?(?:行目?)?{to}{number})?\s?(?:{BEHIND})"),
        format!(r"\(L{number}(?:{to}{number})?\)"),
    ];
    compiled(&format!("(?i){}", alternatives.join("|")))
});
/// Another of several lines: `, 4`, ` and 300`.
static ANOTHER: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"^(?:,\s?(?:(?:and|or|und|oder|et|y|e|и)\s)?|\s(?:and|or|und|oder|et|y|e|и|&)\s|、|和)(\d{1,7})(?:\s?[-–]\s?(\d{1,7}))?\b")
});
/// The same behind a sign: `:4,999`.
static ANOTHER_SIGN: LazyLock<Regex> = LazyLock::new(|| compiled(r"^,L?(\d{1,7})(?:[-–]L?(\d{1,7}))?\b"));
/// What may stand between a path and its lines in words.
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"[`"'*]*[,，:：]?\s?[(（]?(?:(?:at|on|in|around|near|auf|in der|bei|um|de la|à la|na|на|в)\s|(?:中|里|文件)?的?|の\s?|의\s?)?\s?$"#,
    )
});
/// What may stand between lines in words and their path.
static OF: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"^\s?(?:(?:of|in|from|von|aus|de|du|dans|in der|der)\s|[(（])(?:(?:the|der|die|le)\s)?(?:(?:file|Datei|fichier)\s)?[`"']?([^\s`"'<>|*,;，。；）)]+)"#,
    )
});
/// What stands between a name in backquotes and the place behind it at which that name is said to be, or to which it links.
static TO_PLACE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"^(?:\]\(|\s?[(（]?(?:(?:is|are|was|ist|est)\s)?(?:(?:defined|declared|implemented|located|found|definiert|défini)\s)?",
        r"(?:(?:at|in|on|from|auf|dans)\s)?(?:定义|声明|实现|位于|在|于)*\s?[(（]?[`\x22']?)$"
    ))
});
/// The same behind the place.
static NAME_BEHIND: LazyLock<Regex> = LazyLock::new(|| compiled(r"^[`)）]*(?::\s|：|\s?[(（])`([^`]+)`"));

#[expect(clippy::expect_used, reason = "constants, which every test reads")]
pub(in crate::features) fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// The lines that a text names, in order.
pub(in crate::features) fn named(line: &str) -> Vec<Named<'_>> {
    let mut all = by_signs(line);
    all.extend(in_words(line));
    all.sort_by_key(|named| named.range.start);
    all
}

fn number(found: Option<regex::Match<'_>>) -> Option<u32> {
    found.and_then(|digits| digits.as_str().parse().ok())
}

/// Whether a number goes on behind a point: a version or a part is no line.
fn goes_on(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn by_signs(line: &str) -> Vec<Named<'_>> {
    let mut all: Vec<Named<'_>> = vec![];
    for found in SIGNS.captures_iter(line) {
        let Some(whole) = found.get(0) else { continue };
        let before = path_before(line, whole.start());
        // Brackets are a call's as well: only a path with a folder is one before them.
        let call = found.get(3).is_some() && !before.contains(['/', '\\']);
        if call || goes_on(&line[whole.end()..]) {
            continue;
        }
        let (first, last) = (number(found.get(1).or(found.get(4))), number(found.get(2).or(found.get(5))));
        let symbol = beside(line, before.as_ptr() as usize - line.as_ptr() as usize, whole.end());
        all.push(Named { range: whole.range(), before, behind: None, first, last, in_words: false, symbol });
        all.extend(others(&ANOTHER_SIGN, line, whole.end()).map(|(range, first, last)| Named {
            range,
            before,
            behind: None,
            first,
            last,
            in_words: false,
            symbol: None,
        }));
    }
    all
}

fn in_words(line: &str) -> Vec<Named<'_>> {
    let mut all: Vec<Named<'_>> = vec![];
    for found in WORDS.captures_iter(line) {
        let Some(whole) = found.get(0) else { continue };
        let others: Vec<(Range<usize>, Option<u32>, Option<u32>)> = match words::is_list(whole.as_str()) {
            true => others(&ANOTHER, line, whole.end()).collect(),
            false => vec![],
        };
        let listed = others.last().map_or(whole.end(), |(range, ..)| range.end);
        let rest = &line[listed..];
        if goes_on(rest) {
            continue;
        }
        let start = BETWEEN.find(&line[..whole.start()]).map_or(whole.start(), |between| between.start());
        let before = path_before(line, start);
        let behind = OF.captures(rest).and_then(|found| found.get(1));
        let end = behind.map_or(listed, |path| listed + path.start() + path.as_str().trim_end_matches(['.', ':', '!', '?']).len());
        let behind = behind.map(|path| &line[listed + path.start()..end]);
        let numbers: Vec<u32> = found.iter().skip(1).filter_map(number).collect();
        let (first, last) = (numbers.first().copied(), numbers.get(1).copied());
        // What stands before the lines is the path, or else the name.
        let symbol =
            beside(line, before.as_ptr() as usize - line.as_ptr() as usize, whole.end()).or_else(|| beside(line, whole.start(), end));
        all.push(Named { range: whole.range(), before, behind, first, last, in_words: true, symbol });
        let others = others.into_iter();
        all.extend(others.map(|(range, first, last)| Named { range, before, behind, first, last, in_words: true, symbol: None }));
    }
    all
}

/// The lines that are listed behind the first, with where they stand.
fn others<'a>(another: &'a Regex, line: &'a str, mut end: usize) -> impl Iterator<Item = (Range<usize>, Option<u32>, Option<u32>)> + 'a {
    std::iter::from_fn(move || {
        let found = another.captures(&line[end..])?;
        let digits = found.get(1)?;
        let range = end + digits.start()..end + found.get(0)?.end();
        end = range.end;
        Some((range, number(Some(digits)), number(found.get(2))))
    })
}

/// What may be the path that ends before an offset, out of its quotes and out of the brackets of a link.
fn path_before(text: &str, end: usize) -> &str {
    let bare = text[..end].trim_end_matches(['`', '*', '"', '\'']);
    let token = token(text, if end - bare.len() <= 3 { bare.len() } else { end });
    match token.rfind('(') {
        Some(open) if !token[open..].contains(')') => &token[open + 1..],
        _ => token,
    }
}

impl Named<'_> {
    /// Where its mark goes in a line, when the path stands behind the lines.
    pub fn end_behind(&self, line: &str) -> usize {
        let end = |path: &str| path.as_ptr() as usize - line.as_ptr() as usize + path.len();
        self.behind.map_or(self.range.end, end)
    }
}

/// The name in backquotes that is said to be at the place between two offsets.
fn beside(line: &str, start: usize, end: usize) -> Option<&str> {
    // Which backquote opens and which one closes is known only from the beginning of the line on.
    let before = spans(line).into_iter().take_while(|(whole, _)| whole.end <= start).last();
    let before = before.filter(|(whole, _)| TO_PLACE.is_match(&line[whole.end..start])).map(|(_, code)| &line[code]);
    let behind = || NAME_BEHIND.captures(&line[end..]).and_then(|found| found.get(1)).map(|name| name.as_str());
    before.or_else(behind)
}

/// Where what is quoted up to an offset ends with its quotes, or a link with its bracket.
pub(super) fn end_of_quotes(line: &str, end: usize) -> usize {
    let behind = &line[end..];
    end_of_link(line, end).unwrap_or(end + behind.len() - behind.trim_start_matches('`').len())
}

/// Where a link ends of which the text or the target goes up to an offset.
pub(super) fn end_of_link(line: &str, end: usize) -> Option<usize> {
    let behind = line[end..].trim_start_matches('`');
    let token = token(line, end);
    let in_target = token.rfind("](").is_some_and(|open| !token[open..].contains(')'));
    let target = if in_target { behind } else { behind.strip_prefix("](")? };
    let close = target.find(|letter: char| letter == ')' || letter.is_whitespace())?;
    target[close..].starts_with(')').then(|| line.len() - target.len() + close + 1)
}

/// What stands before an offset without a blank, a quote or a sign of markdown or of a sentence between.
pub(in crate::features) fn token(text: &str, end: usize) -> &str {
    let before = &text[..end];
    let ends = |letter: char| letter.is_whitespace() || "`\"'<>|*,;，。；：（）、「」“”".contains(letter);
    let start = before.char_indices().rev().find(|(_, letter)| ends(*letter)).map_or(0, |(at, letter)| at + letter.len_utf8());
    &before[start..]
}

/// The words of a line that are no code, and where they stand: without the brackets around them and the signs behind them. The target of a
/// link is one, without what it means inside of a file.
pub(in crate::features) fn words(line: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let splits = |letter: char| letter.is_whitespace() || "`\"'<>|*,;，。；：（）、「」“”".contains(letter);
    line.split(splits).flat_map(|word| word.split("](").enumerate()).map(move |(part, word)| {
        let word = if part > 0 { word.split('#').next().unwrap_or(word) } else { word };
        let trimmed = word.trim_end_matches(['.', ':', '!', '?', ')', ']']).trim_start_matches(['(', '[', '{']);
        let start = trimmed.as_ptr() as usize - line.as_ptr() as usize;
        (start..start + trimmed.len(), trimmed)
    })
}
