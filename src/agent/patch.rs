//! Where a model's change belongs: search and replace anchored to text that must be there, once. Pure.
//!
//! Models copy text almost right: they lose trailing blanks, change the indentation, write `\n` for `\r\n`. Such a copy is taken for
//! the original when exactly one place fits it; anything less certain is refused with what the model needs to do better.

use std::fmt;
use std::ops::Range;

use crate::text::Edit;
use crate::text::layout::{Ending, common_indentation, reindent};

/// Why an anchor names no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The text to be replaced is empty, and the file is not.
    Empty,
    /// Not there; the lines that come nearest, with the number of the first (1-based).
    NotFound { nearest: Option<(usize, String)> },
    /// There more than once: the 1-based lines where it begins.
    Ambiguous(Vec<usize>),
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::Empty => f.write_str("the text to be replaced is empty: copy the lines to be replaced from the file"),
            Miss::NotFound { nearest: None } => {
                f.write_str("the text to be replaced is not in the file: read the file again and copy it exactly")
            }
            Miss::NotFound { nearest: Some((line, text)) } => {
                write!(f, "the text to be replaced is not in the file; the nearest is at line {line}:\n{text}")
            }
            Miss::Ambiguous(lines) => {
                let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
                write!(f, "the text to be replaced begins at lines {}: add lines around it until it is unique", lines.join(", "))
            }
        }
    }
}

/// Lines shown of the nearest place.
const SHOWN: usize = 12;
/// Places of an ambiguous anchor that are told.
const TOLD: usize = 8;

/// The edit that replaces the one place of `old` in `text` by `new`, in the file's own layout.
pub fn place(text: &str, old: &str, new: &str) -> Result<Edit, Miss> {
    if old.trim().is_empty() {
        return if text.trim().is_empty() { Ok(Edit { range: 0..text.len(), text: new.into() }) } else { Err(Miss::Empty) };
    }
    let ending = Ending::of(text);
    let (old, new) = (ending.apply(old), ending.apply(new));
    match all(text, &old).as_slice() {
        [at] => return Ok(Edit { range: *at..at + old.len(), text: new }),
        [] => {}
        several => return Err(Miss::Ambiguous(several.iter().take(TOLD).map(|at| line_of(text, *at)).collect())),
    }
    let lines = Lines::new(text);
    for same in [same_but_trailing as fn(&str, &str) -> bool, same_but_blanks] {
        match lines.find(&old, same).as_slice() {
            [] => {}
            [first] => return Ok(lines.replace(*first, &old, &new)),
            several => return Err(Miss::Ambiguous(several.iter().take(TOLD).map(|line| line + 1).collect())),
        }
    }
    Err(Miss::NotFound { nearest: lines.nearest(&old) })
}

fn same_but_trailing(a: &str, b: &str) -> bool {
    a.trim_end() == b.trim_end()
}

fn same_but_blanks(a: &str, b: &str) -> bool {
    a.trim() == b.trim()
}

/// Where `needle` begins, overlapping ones as well.
fn all(text: &str, needle: &str) -> Vec<usize> {
    let mut found = vec![];
    let mut from = 0;
    while let Some(at) = text[from..].find(needle) {
        found.push(from + at);
        let step = text[from + at..].chars().next().map_or(1, char::len_utf8);
        from += at + step;
        if found.len() > TOLD {
            break;
        }
    }
    found
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// A text by lines.
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

    /// First lines of the places whose lines are the same as those of `old`.
    fn find(&self, old: &str, same: fn(&str, &str) -> bool) -> Vec<usize> {
        let wanted: Vec<&str> = trimmed_lines(old);
        if wanted.is_empty() || wanted.len() > self.ranges.len() {
            return vec![];
        }
        let fits = |first: &usize| wanted.iter().enumerate().all(|(number, line)| same(self.line(first + number), line));
        (0..=self.ranges.len() - wanted.len()).filter(fits).take(TOLD).collect()
    }

    /// Replaces the whole lines of `old` at `first`, moving `new` to the indentation that is there.
    fn replace(&self, first: usize, old: &str, new: &str) -> Edit {
        let count = trimmed_lines(old).len();
        let range = self.ranges[first].start..self.ranges[first + count - 1].end;
        let there = &self.text[range.clone()];
        let (is, said) = (common_indentation(there), common_indentation(old));
        let mut text = match (is == said, common_indentation(new).strip_prefix(said)) {
            (true, _) | (_, None) => new.to_string(),
            (false, Some(deeper)) => reindent(new, &format!("{is}{deeper}")),
        };
        if there.ends_with('\n') && !text.is_empty() && !text.ends_with('\n') {
            text.push_str(Ending::of(self.text).as_str());
        }
        Edit { range, text }
    }

    /// The place that shares most lines with `old`, if it shares any that says something. Lines that stand where `old` has them count
    /// before those that are only somewhere near, and these before lines that share most of their words.
    fn nearest(&self, old: &str) -> Option<(usize, String)> {
        let wanted: Vec<&str> = trimmed_lines(old).into_iter().map(str::trim).collect();
        let telling = |line: &&str| line.len() > 3;
        let shared = |first: usize| {
            let there = self.ranges[first..].iter().map(|range| self.text[range.clone()].trim());
            let there: Vec<&str> = there.take(wanted.len()).collect();
            let in_place = there.iter().zip(&wanted).filter(|(line, wanted)| line == wanted && telling(line)).count();
            let near = there.iter().filter(|line| telling(line) && wanted.contains(line)).count();
            let alike = there.iter().zip(&wanted).map(|(line, wanted)| alike(line, wanted)).sum::<usize>();
            (in_place, near, alike)
        };
        let best = (0..self.ranges.len()).map(|first| (shared(first), first)).max_by_key(|(score, first)| (*score, usize::MAX - first));
        let (_, first) = best.filter(|((_, near, alike), _)| near + alike > 0)?;
        let shown = (first..self.ranges.len()).take(wanted.len().clamp(1, SHOWN));
        Some((first + 1, shown.map(|line| self.line(line)).collect()))
    }
}

/// Words that two lines share, if these are at least half of the words of each.
fn alike(a: &str, b: &str) -> usize {
    let words = |line: &'_ str| -> Vec<String> {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        words.map(String::from).collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    if shared * 2 >= a.len().max(b.len()) { shared } else { 0 }
}

/// The lines without the blank ones at both ends.
fn trimmed_lines(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| !line.trim().is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(first, |last| last + 1);
    lines[first..last].to_vec()
}
