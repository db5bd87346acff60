//! What a line of an answer names, by its wording: lines with their path before or after them, lines alone, and the name in code next to
//! them. Pure: whether such a thing exists is checked elsewhere.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::words::{self, BEHIND, ORDINAL};
use crate::text::markdown::code_spans;

/// Lines that are named.
#[derive(Debug)]
pub(in crate::features) struct Named<'a> {
    /// The range of one citation, without the path before it.
    pub range: Range<usize>,
    /// Where the path may be: the text before the lines, and the text after.
    pub before: &'a str,
    pub behind: Option<&'a str>,
    pub first: Option<u32>,
    pub last: Option<u32>,
    /// The lines are named in words, so they mean something without a path.
    pub in_words: bool,
    /// The name in backquotes that is said to be there.
    pub symbol: Option<&'a str>,
}

/// Lines after a path: `:12`, `:12-15`, `:12:3`, `#L12`, `#L12C3-L15C1`, `:L12`, `(12)`.
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
/// A further line in a list: `, 4`, ` and 300`.
static ANOTHER: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"^(?:,\s?(?:(?:and|or|und|oder|et|y|e|и)\s)?|\s(?:and|or|und|oder|et|y|e|и|&)\s|、|和)(\d{1,7})(?:\s?[-–]\s?(\d{1,7}))?\b")
});
/// A further line after a sign: `:4,999`.
static ANOTHER_SIGN: LazyLock<Regex> = LazyLock::new(|| compiled(r"^,L?(\d{1,7})(?:[-–]L?(\d{1,7}))?\b"));
/// What may be between a path and its lines in words.
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"[`"'*]*[,，:：]?\s?[(（]?(?:(?:at|on|in|around|near|auf|in der|bei|um|de la|à la|na|на|в)\s|(?:中|里|文件)?的?|の\s?|의\s?)?\s?$"#,
    )
});
/// What may be between lines in words and the path after them.
static OF: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"^\s?(?:(?:of|in|from|von|aus|de|du|dans|in der|der)\s|[(（])(?:(?:the|der|die|le)\s)?(?:(?:file|Datei|fichier)\s)?[`"']?([^\s`"'<>|*,;，。；）)]+)"#,
    )
});
/// What may be between a name in backquotes and the place after it where it is said to be, or to which it links.
static TO_PLACE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"^(?:\]\(|\s?[(（]?(?:(?:is|are|was|ist|est)\s)?(?:(?:defined|declared|implemented|located|found|definiert|défini)\s)?",
        r"(?:(?:at|in|on|from|auf|dans)\s)?(?:定义|声明|实现|位于|在|于)*\s?[(（]?[`\x22']?)$"
    ))
});
/// A name in backquotes that follows its place, with what may be between the two.
static NAME_BEHIND: LazyLock<Regex> = LazyLock::new(|| compiled(r"^[`)）]*(?::\s|：|\s?[(（])`([^`]+)`"));

/// Compiles a constant pattern. Panics if it is invalid.
#[expect(clippy::expect_used, reason = "constants, which every test reads")]
pub(in crate::features) fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// The lines that a text names, in order. `whole` are stretches that are paths, whatever they look like.
pub(in crate::features) fn named<'a>(line: &'a str, whole: &[Range<usize>]) -> Vec<Named<'a>> {
    let mut all = by_signs(line, whole);
    all.extend(in_words(line, whole));
    all.retain(|named| !whole.iter().any(|path| path.start <= named.range.start && named.range.end <= path.end));
    all.sort_by_key(|named| named.range.start);
    all
}

fn number(found: Option<regex::Match<'_>>) -> Option<u32> {
    found.and_then(|digits| digits.as_str().parse().ok())
}

/// Whether a number continues after a point, as in a version: then it is not a line.
fn goes_on(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn by_signs<'a>(line: &'a str, whole: &[Range<usize>]) -> Vec<Named<'a>> {
    let mut all: Vec<Named<'_>> = vec![];
    for found in SIGNS.captures_iter(line) {
        let Some(all_of_it) = found.get(0) else { continue };
        let (start, end) = (all_of_it.start(), all_of_it.end());
        let before = path_before(line, start, whole);
        // Brackets may also belong to a call: only a path with a folder counts before them.
        let is_path = before.contains(['/', '\\']) || whole.iter().any(|path| path.end == start);
        if found.get(3).is_some() && !is_path || goes_on(&line[end..]) {
            continue;
        }
        let (first, last) = (number(found.get(1).or(found.get(4))), number(found.get(2).or(found.get(5))));
        let symbol = beside(line, before.as_ptr() as usize - line.as_ptr() as usize, end);
        all.push(Named { range: start..end, before, behind: None, first, last, in_words: false, symbol });
        all.extend(others(&ANOTHER_SIGN, line, end).map(|(range, first, last)| Named {
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

fn in_words<'a>(line: &'a str, whole: &[Range<usize>]) -> Vec<Named<'a>> {
    let mut all: Vec<Named<'_>> = vec![];
    for found in WORDS.captures_iter(line) {
        let Some(lines) = found.get(0) else { continue };
        let others: Vec<(Range<usize>, Option<u32>, Option<u32>)> = match words::is_list(lines.as_str()) {
            true => others(&ANOTHER, line, lines.end()).collect(),
            false => vec![],
        };
        let listed = others.last().map_or(lines.end(), |(range, ..)| range.end);
        let rest = &line[listed..];
        if goes_on(rest) {
            continue;
        }
        let start = BETWEEN.find(&line[..lines.start()]).map_or(lines.start(), |between| between.start());
        let before = path_before(line, start, whole);
        let behind = OF.captures(rest).and_then(|found| found.get(1)).map(|path| {
            let (from, path) = (listed + path.start(), path.as_str().trim_end_matches(['.', ':', '!', '?']));
            whole.iter().find(|path| path.start == from).cloned().unwrap_or(from..from + path.len())
        });
        let end = behind.as_ref().map_or(listed, |path| path.end);
        let behind = behind.map(|path| &line[path]);
        let numbers: Vec<u32> = found.iter().skip(1).filter_map(number).collect();
        let (first, last) = (numbers.first().copied(), numbers.get(1).copied());
        // The text before the lines is the path, else the name.
        let symbol =
            beside(line, before.as_ptr() as usize - line.as_ptr() as usize, lines.end()).or_else(|| beside(line, lines.start(), end));
        all.push(Named { range: lines.range(), before, behind, first, last, in_words: true, symbol });
        let others = others.into_iter();
        all.extend(others.map(|(range, first, last)| Named { range, before, behind, first, last, in_words: true, symbol: None }));
    }
    all
}

/// The lines listed after the first one, with their ranges.
fn others<'a>(another: &'a Regex, line: &'a str, mut end: usize) -> impl Iterator<Item = (Range<usize>, Option<u32>, Option<u32>)> + 'a {
    std::iter::from_fn(move || {
        let found = another.captures(&line[end..])?;
        let digits = found.get(1)?;
        let range = end + digits.start()..end + found.get(0)?.end();
        end = range.end;
        Some((range, number(Some(digits)), number(found.get(2))))
    })
}

/// The possible path that ends at an offset, without its quotes and the brackets of a link.
pub(super) fn path_before<'a>(text: &'a str, end: usize, whole: &[Range<usize>]) -> &'a str {
    let bare = text[..end].trim_end_matches(['`', '*', '"', '\'']);
    let quotes = end - bare.len();
    let end = if quotes <= 3 { bare.len() } else { end };
    let known = whole.iter().find(|path| (end..=end + quotes).contains(&path.end));
    known.map_or_else(|| out_of_brackets(token(text, end)), |path| &text[path.clone()])
}

/// The text after the last bracket that is still open.
pub(super) fn out_of_brackets(text: &str) -> &str {
    open_bracket(text).map_or(text, |open| &text[open + 1..])
}

/// The last bracket that is still open at the end of a text.
fn open_bracket(text: &str) -> Option<usize> {
    let mut closed = 0_usize;
    for (at, letter) in text.char_indices().rev() {
        match letter {
            ')' => closed += 1,
            '(' if closed == 0 => return Some(at),
            '(' => closed -= 1,
            _ => {}
        }
    }
    None
}

impl Named<'_> {
    /// Where the mark goes if the path follows the lines.
    pub fn end_behind(&self, line: &str) -> usize {
        let end = |path: &str| path.as_ptr() as usize - line.as_ptr() as usize + path.len();
        self.behind.map_or(self.range.end, end)
    }
}

/// The name in backquotes that is said to be at the place between two offsets.
fn beside(line: &str, start: usize, end: usize) -> Option<&str> {
    // Whether a backquote opens or closes is only known from the start of the line.
    let before = code_spans(line).into_iter().take_while(|(whole, _)| whole.end <= start).last();
    let before = before.filter(|(whole, _)| TO_PLACE.is_match(&line[whole.end..start])).map(|(_, code)| &line[code]);
    let behind = || NAME_BEHIND.captures(&line[end..]).and_then(|found| found.get(1)).map(|name| name.as_str());
    before.or_else(behind)
}

/// The end of a quotation that extends to an offset, with its quotes, or of a link with its bracket.
pub(super) fn end_of_quotes(line: &str, end: usize) -> usize {
    let behind = &line[end..];
    end_of_link(line, end).unwrap_or(end + behind.len() - behind.trim_start_matches('`').len())
}

/// The end of a link whose text or target extends to an offset.
pub(super) fn end_of_link(line: &str, end: usize) -> Option<usize> {
    let behind = line[end..].trim_start_matches('`');
    let target_so_far = line[..end].rfind("](").map(|at| &line[at + 1..end]);
    let in_target = target_so_far.is_some_and(|text| !text.contains(char::is_whitespace) && open_bracket(text) == Some(0));
    let target = if in_target { behind } else { behind.strip_prefix("](")? };
    // A path may contain brackets.
    let mut open = 0_usize;
    let closes = |letter: char| match letter {
        '(' => {
            open += 1;
            false
        }
        ')' if open > 0 => {
            open -= 1;
            false
        }
        letter => letter == ')' || letter.is_whitespace(),
    };
    let close = target.find(closes)?;
    target[close..].starts_with(')').then(|| line.len() - target.len() + close + 1)
}

/// Whether a word ends at this character.
pub(super) fn splits(letter: char) -> bool {
    letter.is_whitespace() || "`\"'<>|*,;，。；：（）、「」“”".contains(letter)
}

/// The text before an offset, back to a space, a quote, or punctuation of markdown or a sentence.
pub(super) fn token(text: &str, end: usize) -> &str {
    let before = &text[..end];
    let start = before.char_indices().rev().find(|(_, letter)| splits(*letter)).map_or(0, |(at, letter)| at + letter.len_utf8());
    &before[start..]
}

/// The words of a line outside code, with their ranges: without surrounding brackets and trailing punctuation. The target of a link is one
/// word, without its fragment, and so is each range in `whole`.
pub(in crate::features) fn words<'a>(line: &'a str, whole: &[Range<usize>]) -> Vec<(Range<usize>, &'a str)> {
    let (mut words, mut at) = (vec![], 0);
    for path in whole {
        words.extend(plain_words(line, at..path.start));
        words.push((path.clone(), &line[path.clone()]));
        at = path.end;
    }
    words.extend(plain_words(line, at..line.len()));
    words
}

fn plain_words(line: &str, stretch: Range<usize>) -> impl Iterator<Item = (Range<usize>, &str)> {
    line[stretch].split(splits).flat_map(|word| word.split("](").enumerate()).map(move |(part, word)| {
        let word = if part > 0 { word.split('#').next().unwrap_or(word) } else { word };
        let trimmed = word.trim_end_matches(['.', ':', '!', '?', ')', ']']).trim_start_matches(['(', '[', '{']);
        let start = trimmed.as_ptr() as usize - line.as_ptr() as usize;
        (start..start + trimmed.len(), trimmed)
    })
}
