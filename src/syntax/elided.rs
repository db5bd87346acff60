//! Lines that represent code which a model has left out: a comment that says that the rest is unchanged, or just dots. In a file they would
//! replace the code they represent. So if the lines around them show what was left out, it is put back ([`expanded`]); otherwise the answer
//! is refused. Pure.

mod expand;

use std::collections::HashMap;

use super::place::is;
use super::{Language, Parsed};
use crate::text::lines::{line_end, line_start};
pub use expand::expanded;

/// The words that such comments consist of.
const VOCABULARY: &str = "the rest of this your remaining remainder other existing previous original code function functions method methods \
    class classes body implementation file lines line logic imports import fields field everything else all stays stay remains remain is \
    are same unchanged unmodified omitted for brevity here goes as it was before above below keep kept no not shown changes change etc and \
    in module statement statements tests test elided skipped truncated snip snipped definitions definition content contents part parts";
/// Words of these that suffice alone.
const LEFT_OUT: &str = "unchanged unmodified omitted elided snip snipped truncated";
/// Words that say what is left, which require a word of [`STAYS`].
const LEFT: &str = "rest remainder remaining everything";
const STAYS: &str = "same unchanged remains remain stays stay kept as here code function method class body file implementation";
/// Words that may occur next to dots.
const BESIDE_DOTS: &str = "existing rest remaining remainder same unchanged unmodified omitted other previous before original remains stays keep kept as code more";
const DOTS: &str = "...";
/// Such words in Chinese, which has no spaces between words.
const IN_CHINESE: &[&str] = &["省略", "保持不变", "现有代码", "原有代码", "其余", "剩余代码"];

/// The first line that represents left-out code and is new, compared with the text `before`.
pub fn added<'a>(language: &Language, before: &str, after: &'a str) -> Option<&'a str> {
    first_added(before, after, |line| comment(language, line))
}

/// The same for a text that no grammar reads, where a line that begins with a sign is taken for a comment.
pub fn added_in_any<'a>(before: &str, after: &'a str) -> Option<&'a str> {
    first_added(before, after, |line| line.starts_with(|sign: char| SIGNS.contains(sign)).then_some(line))
}

/// With which sign most comments begin.
const SIGNS: &str = "#/<{";

fn first_added<'a>(before: &str, after: &'a str, comment: impl Fn(&'a str) -> Option<&'a str>) -> Option<&'a str> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    before.lines().for_each(|line| *known.entry(line.trim()).or_default() += 1);
    let loses = || loses(before, after);
    let new = after.lines().map(str::trim).filter(|line| match known.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    new.filter_map(|line| Some((line, comment(line)?)))
        .find(|(_, comment)| says_so(comment) && (has_dots(comment) || loses()))
        .map(|(line, _)| line)
}

/// The complaint about such a line, worded for the model that wrote it.
pub fn left_out(language: &Language, before: &str, after: &str) -> Option<String> {
    added(language, before, after).map(complaint)
}

/// The complaint about a line that stands for left-out code.
pub fn complaint(line: &str) -> String {
    format!("`{line}` stands for code that is not written out\nwrite all of it")
}

/// Whether a line represents left-out code.
pub fn stands_for_others(language: &Language, line: &str) -> bool {
    let line = line.trim();
    line == DOTS || comment(language, line).is_some_and(says_so)
}

/// Counts statements that are just dots: those alone on their line, which may represent left-out code, and all of them.
pub fn dots(parsed: &Parsed) -> (usize, usize) {
    let text = parsed.text();
    let is_statement = |at: &usize| {
        let node = parsed.root().descendant_for_byte_range(*at, *at + DOTS.len());
        node.is_some_and(|node| is(parsed, "dots", node) && node.parent().is_some_and(|parent| is(parsed, "alone", parent)))
    };
    let all: Vec<usize> = text.match_indices(DOTS).map(|(at, _)| at).filter(is_statement).collect();
    let alone = all.iter().filter(|at| text[line_start(text, **at)..line_end(text, **at)].trim() == DOTS).count();
    (alone, all.len())
}

/// Whether a line of code in `before` is missing in `after`.
pub fn loses(before: &str, after: &str) -> bool {
    let mut now: HashMap<&str, usize> = HashMap::new();
    after.lines().for_each(|line| *now.entry(line.trim()).or_default() += 1);
    let mut said = before.lines().map(str::trim).filter(|line| line.contains(char::is_alphanumeric));
    said.any(|line| match now.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

/// The text of a comment line; none if the line is not a comment.
fn comment<'a>(language: &Language, line: &'a str) -> Option<&'a str> {
    let line = line.trim_start_matches('{').trim_end_matches('}').trim();
    let by_line = language.comment.as_deref().and_then(|sign| line.strip_prefix(sign));
    let by_block = || {
        let [opens, closes] = language.block_comment.as_ref()?;
        let inside = line.strip_prefix(opens.as_str())?;
        Some(inside.strip_suffix(closes.as_str()).unwrap_or(inside))
    };
    by_line.or_else(by_block)
}

fn has_dots(comment: &str) -> bool {
    comment.contains(DOTS) || comment.contains('…')
}

fn says_so(comment: &str) -> bool {
    let inside = comment.trim_matches(|letter: char| letter.is_whitespace() || "()[]<>{}*-=#/!".contains(letter)).to_lowercase();
    if IN_CHINESE.iter().any(|said| inside.contains(said)) {
        return true;
    }
    let words: Vec<&str> = inside.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let any = |list: &str| words.iter().any(|word| list.split_whitespace().any(|known| known == *word));
    let (begins, ends) = (inside.starts_with(DOTS) || inside.starts_with('…'), inside.ends_with(DOTS) || inside.ends_with('…'));
    if words.is_empty() {
        return has_dots(&inside);
    }
    let plain = words.iter().all(|word| VOCABULARY.split_whitespace().any(|known| known == *word));
    begins && (ends || any(BESIDE_DOTS)) || plain && (ends && any(BESIDE_DOTS) || any(LEFT_OUT) || any(LEFT) && any(STAYS))
}
