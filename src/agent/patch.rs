//! Finds the place of a model's change: search and replace, anchored to text that has to occur exactly once. Pure.
//!
//! Models copy text almost right: they lose trailing spaces, change the indentation, write `\n` for `\r\n`. Such a copy is
//! accepted if exactly one place fits; anything less certain is refused, with what the model needs to do better.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::text::diff::hunks;
use crate::text::layout::{Ending, indent_unit, indentation, with_line_feeds};
use crate::text::lines::{line_number, line_start, next_line};
use crate::text::words::runs_on;
use crate::text::{Edit, mark_bytes};

/// Why an anchor does not lead to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The text to replace is empty, but the file is not.
    Empty,
    /// It does not occur. Comes with the most similar lines, and the 1-based number of the first.
    NotFound { nearest: Option<(usize, String)> },
    /// It occurs more than once: the 1-based lines where it begins.
    Ambiguous(Vec<usize>),
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::Empty => f.write_str("the text to be replaced is empty\ncopy the lines to be replaced from the file"),
            Miss::NotFound { nearest: None } => {
                f.write_str("the text to be replaced is not in the file\nread the file again and copy it exactly")
            }
            Miss::NotFound { nearest: Some((line, text)) } => {
                write!(f, "the text to be replaced is not in the file\ncopy it exactly; the nearest is at line {line}:\n{text}")
            }
            Miss::Ambiguous(lines) => {
                let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
                write!(f, "the text to be replaced begins at lines {}\nadd lines around it until it is unique", lines.join(", "))
            }
        }
    }
}

/// Maximum lines shown of the most similar place.
const MAX_SHOWN_LINES: usize = 12;
/// Maximum lines of a missing anchor that are searched for, and maximum places that are compared.
const MAX_COMPARED_PLACES: usize = 40;
const CANDIDATES: usize = 4000;
/// Maximum places of an ambiguous anchor that are named.
const MAX_TOLD_PLACES: usize = 8;

/// The edit that replaces the only place of `old` in `text` by `new`, in the file's layout. In an `indented` text, depth has a meaning: a
/// copy with a different structure of depths does not count.
pub fn place(text: &str, old: &str, new: &str, indented: bool) -> Result<Edit, Miss> {
    match with_line_feeds(text) {
        Cow::Borrowed(text) => place_in_lines(text, old, new, indented),
        Cow::Owned(shown) => {
            let edit = place_in_lines(&shown, old, new, indented)?;
            Ok(Edit { text: Ending::of(text).apply(&edit.text), ..edit })
        }
    }
}

/// [`place`] for a text with line feeds.
fn place_in_lines(text: &str, old: &str, new: &str, indented: bool) -> Result<Edit, Miss> {
    if old.trim().is_empty() {
        return if text.trim().is_empty() { Ok(Edit { range: 0..text.len(), text: new.into() }) } else { Err(Miss::Empty) };
    }
    let ending = Ending::of(text);
    let (old, new) = (ending.apply(old), ending.apply(new));
    match all(text, &old).as_slice() {
        [at] => return Ok(exactly(text, *at..at + old.len(), new, ending.as_str())),
        [] => {}
        several => return Err(Miss::Ambiguous(several.iter().take(MAX_TOLD_PLACES).map(|at| line_number(text, *at)).collect())),
    }
    let lines = Lines::new(text);
    for same in [same_but_trailing as fn(&str, &str) -> bool, same_but_blanks] {
        match lines.find(&old, same).as_slice() {
            [] => {}
            [first] if indented && !lines.has_depths_of(*first, &old) => {}
            [first] => return Ok(lines.replace(*first, &old, &new)),
            several => return Err(Miss::Ambiguous(several.iter().take(MAX_TOLD_PLACES).map(|line| line + 1).collect())),
        }
    }
    Err(Miss::NotFound { nearest: lines.nearest(&old) })
}

/// The edit for an exact copy. A line break at the end of `old` only is kept if the new text would otherwise join the next line, or follow
/// a line that may be a comment. If nothing would be joined it may go: at the start as written, at the end only if nothing else differs,
/// because models tend to leave it out of `new`.
fn exactly(text: &str, range: Range<usize>, new: String, ending: &str) -> Edit {
    let old = &text[range.clone()];
    if new.is_empty() {
        return Edit { range: without_hole(text, range), text: new };
    }
    let lacks = |at: fn(&str, &str) -> bool| !new.trim().is_empty() && at(old, ending) && !at(&new, ending);
    let joins_above = !text[..range.start].is_empty() && !text[..range.start].ends_with('\n');
    let rest = &text[range.end..];
    let joins_below = !rest.is_empty() && !rest.starts_with(ending) || old.trim_end_matches(ending) != new;
    let before = joins_above && lacks(|text, ending| text.starts_with(ending));
    let after = joins_below && lacks(|text, ending| text.ends_with(ending));
    let text = format!("{}{new}{}", if before { ending } else { "" }, if after { ending } else { "" });
    Edit { range, text }
}

/// A deleted range, extended to whole lines if they contain nothing else, so that no empty line is left. A byte order mark does not count,
/// and stays.
fn without_hole(text: &str, range: Range<usize>) -> Range<usize> {
    let start = line_start(text, range.start).max(mark_bytes(text)).min(range.start);
    let end = next_line(text, range.end);
    let alone = text[start..range.start].trim().is_empty() && text[range.end..end].trim().is_empty();
    // A range that ends with a line break already includes its lines.
    if alone && !text[range.clone()].ends_with('\n') { start..end } else { range }
}

fn same_but_trailing(a: &str, b: &str) -> bool {
    a.trim_end() == b.trim_end()
}

fn same_but_blanks(a: &str, b: &str) -> bool {
    a.trim() == b.trim()
}

/// Where `needle` begins, overlapping places included, but not inside a word: `total = 0` is not part of `subtotal = 0`, nor `e = 0` of
/// `größe = 0`. Many models leave out the sigil of a PHP or shell name, so it does not count as part of the word here. In scripts without
/// spaces words have no visible boundaries; code between such letters does.
fn all(text: &str, needle: &str) -> Vec<usize> {
    let is_prose = needle.chars().all(|letter| !letter.is_ascii() || letter == '\n');
    let is_word = |letter: char| letter == '_' || letter.is_alphanumeric() && !(is_prose && runs_on(letter));
    let joins = |before: Option<char>, after: Option<char>| before.is_some_and(is_word) && after.is_some_and(is_word);
    let first = needle.chars().next();
    let last = needle.chars().next_back();
    let mut found = vec![];
    let mut from = 0;
    while let Some(at) = text[from..].find(needle) {
        let (start, end) = (from + at, from + at + needle.len());
        if !joins(text[..start].chars().next_back(), first) && !joins(last, text[end..].chars().next()) {
            found.push(start);
        }
        let step = text[from + at..].chars().next().map_or(1, char::len_utf8);
        from += at + step;
        if found.len() > MAX_TOLD_PLACES {
            break;
        }
    }
    found
}

/// A text split into lines.
struct Lines<'a> {
    text: &'a str,
    ranges: Vec<Range<usize>>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let mut at = 0;
        let ranges = text.split_inclusive('\n').map(|line| {
            at += line.len();
            at - line.len()..at
        });
        Self { text, ranges: ranges.collect() }
    }

    fn line(&self, number: usize) -> &'a str {
        &self.text[self.ranges[number].clone()]
    }

    /// The first lines of all places whose lines are the `same` as those of `old`.
    fn find(&self, old: &str, same: fn(&str, &str) -> bool) -> Vec<usize> {
        let wanted: Vec<&str> = trimmed_lines(old);
        if wanted.is_empty() || wanted.len() > self.ranges.len() {
            return vec![];
        }
        let fits = |first: &usize| wanted.iter().enumerate().all(|(number, line)| same(self.line(first + number), line));
        (0..=self.ranges.len() - wanted.len()).filter(fits).take(MAX_TOLD_PLACES).collect()
    }

    /// Whether the lines from `first` on have the same structure of depths as `old`: equal depths in one are equal in both.
    fn has_depths_of(&self, first: usize, old: &str) -> bool {
        let said = trimmed_lines(old);
        let pairs = said.iter().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut pairs: Vec<_> = pairs.map(|(at, line)| (indentation(line).len(), indentation(self.line(first + at)).len())).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1)
    }

    /// Replaces the whole lines of `old` at `first` by `new`, in the file's indentation.
    fn replace(&self, first: usize, old: &str, new: &str) -> Edit {
        let said = trimmed_lines(old);
        let range = self.ranges[first].start..self.ranges[first + said.len() - 1].end;
        let there = &self.text[range.clone()];
        let layout = Levels::new(said.iter().copied().zip(there.lines()), self.text, old);
        let ending = Ending::of(self.text).as_str();
        let new = new_lines(old, new);
        let kept = kept(&said, &new);
        // Lines that stay keep the file's white space and line ends, whatever the model wrote.
        let line = |(number, line): (usize, &&str)| match kept[number].map(|at| self.line(first + at)) {
            Some(there) if there.ends_with('\n') => there.to_string(),
            Some(there) => format!("{there}{ending}"),
            None => format!("{}{ending}", layout.of(line)),
        };
        let mut text: String = new.iter().enumerate().map(line).collect();
        if !there.ends_with('\n') {
            text.truncate(text.strip_suffix(ending).unwrap_or(&text).len());
        }
        Edit { range, text }
    }

    /// The place that shares most lines with `old`, if it shares any distinctive one. Lines in the same order count more than lines just
    /// nearby, and these more than lines with half of their words in common.
    fn nearest(&self, old: &str) -> Option<(usize, String)> {
        let mut wanted: Vec<&str> = trimmed_lines(old).into_iter().map(str::trim).collect();
        wanted.truncate(MAX_COMPARED_PLACES);
        let telling = |line: &&str| line.len() > 3;
        let shared = |first: usize| {
            let there = self.ranges[first..].iter().map(|range| self.text[range.clone()].trim());
            let there: Vec<&str> = there.take(wanted.len()).collect();
            let in_place = there.iter().zip(&wanted).filter(|(line, wanted)| line == wanted && telling(line)).count();
            let near = there.iter().filter(|line| telling(line) && wanted.contains(line)).count();
            let alike = there.iter().zip(&wanted).map(|(line, wanted)| alike(line, wanted)).sum::<usize>();
            (in_place, near, alike)
        };
        let best = self.candidates(&wanted).into_iter().map(|first| (shared(first), first));
        let best = best.max_by_key(|(score, first)| (*score, usize::MAX - first));
        let (_, first) = best.filter(|((_, near, alike), _)| near + alike > 0)?;
        let shown = (first..self.ranges.len()).take(wanted.len().clamp(1, MAX_SHOWN_LINES));
        Some((first + 1, shown.map(|line| self.line(line)).collect()))
    }

    /// Where a similar place may begin: at one of the lines, or at words of the first one. The file may be long, so it is searched line by
    /// line.
    fn candidates(&self, wanted: &[&str]) -> Vec<usize> {
        let numbers: HashMap<&str, usize> =
            wanted.iter().enumerate().rev().filter(|(_, line)| line.len() > 3).map(|(at, line)| (*line, at)).collect();
        let lines = || self.ranges.iter().map(|range| self.text[range.clone()].trim()).enumerate();
        let mut found: Vec<usize> = lines().filter_map(|(at, line)| Some(at.saturating_sub(*numbers.get(line)?))).collect();
        if found.is_empty() {
            let first = wanted.first().copied().unwrap_or_default();
            found = lines().filter(|(_, line)| alike(line, first) > 0).map(|(at, _)| at).collect();
        }
        found.dedup();
        found.truncate(CANDIDATES);
        found
    }
}

/// For each new line, the old line that it keeps, if any.
fn kept(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
    let joined = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let changed = hunks(&joined(old), &joined(new));
    let (mut kept, mut old_at, mut new_at) = (vec![None; new.len()], 0, 0);
    let ends = std::iter::once((old.len()..old.len(), new.len()..new.len()));
    for (old_lines, new_lines) in changed.into_iter().map(|hunk| (hunk.old_lines, hunk.new_lines)).chain(ends) {
        let same = (new_at..new_lines.start).zip(old_at..old_lines.start);
        same.for_each(|(new, old)| kept[new] = Some(old));
        (old_at, new_at) = (old_lines.end, new_lines.end);
    }
    kept
}

/// Translates the depths of a model's lines into the file's layout, learned from the lines that both have.
struct Levels<'a> {
    /// Pairs of indentation: the model's, and the file's.
    known: Vec<(&'a str, &'a str)>,
    /// One level of indentation in each.
    units: (String, String),
}

impl<'a> Levels<'a> {
    fn new(pairs: impl Iterator<Item = (&'a str, &'a str)>, text: &str, said: &str) -> Self {
        let mut known: Vec<_> =
            pairs.filter(|(said, _)| !said.trim().is_empty()).map(|(said, is)| (indentation(said), indentation(is))).collect();
        known.sort_by_key(|(said, _)| std::cmp::Reverse(said.len()));
        known.dedup();
        let step = known.windows(2).find_map(|pair| Some((pair[0].0.strip_prefix(pair[1].0)?, pair[0].1.strip_prefix(pair[1].1)?)));
        let step = step.filter(|(said, is)| !said.is_empty() && !is.is_empty()).map(|(said, is)| (said.to_string(), is.to_string()));
        let unit = indent_unit(text);
        // A depth known in both gives the width of a level: eight spaces for two tabs.
        let width = known.iter().find_map(|(said, is)| {
            let levels = is.len() / unit.len().max(1);
            (levels > 0 && is.len() == levels * unit.len() && said.len() % levels == 0).then(|| said[..said.len() / levels].to_string())
        });
        let width = width.filter(|width| !width.is_empty());
        Self { known, units: step.unwrap_or_else(|| (width.unwrap_or_else(|| indent_unit(said)), unit)) }
    }

    /// A new line as the file would indent it.
    fn of(&self, line: &str) -> String {
        if line.trim().is_empty() {
            return String::new();
        }
        let own = indentation(line);
        let known = self.known.iter().find_map(|(said, is)| Some((own.strip_prefix(said)?, *is)));
        // Less deep than all known depths: moved out by the same number of levels.
        let Some((mut deeper, is)) = known else {
            let Some((said, is)) = self.known.last() else { return line.into() };
            let levels = said.len().saturating_sub(own.len()).div_ceil(self.units.0.len().max(1));
            let kept = is.len().saturating_sub(levels * self.units.1.len());
            return format!("{}{}", &is[..kept], &line[own.len()..]);
        };
        let mut indent = is.to_string();
        while let Some(rest) = deeper.strip_prefix(self.units.0.as_str()).filter(|_| !self.units.0.is_empty()) {
            indent.push_str(&self.units.1);
            deeper = rest;
        }
        format!("{indent}{deeper}{}", &line[own.len()..])
    }
}

/// The lines of `new`, without as many blank lines at both ends as `old` has there, since those are not replaced either.
fn new_lines<'a>(old: &str, new: &'a str) -> Vec<&'a str> {
    let blank = |line: &&str| line.trim().is_empty();
    let (before, after) = (old.lines().take_while(blank).count(), old.lines().rev().take_while(blank).count());
    let lines: Vec<&str> = new.lines().collect();
    let first = lines.iter().take(before).take_while(|line| blank(line)).count();
    let last = lines[first..].iter().rev().take(after).take_while(|line| blank(line)).count();
    lines[first..lines.len() - last].to_vec()
}

/// How many words two lines share, if that is at least half of the words of each.
fn alike(a: &str, b: &str) -> usize {
    let words = |line: &'_ str| -> Vec<String> {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        words.map(String::from).collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    if shared * 2 >= a.len().max(b.len()) { shared } else { 0 }
}

/// The lines without blank ones at both ends.
fn trimmed_lines(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| !line.trim().is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(first, |last| last + 1);
    lines[first..last].to_vec()
}
