//! What of a model's answer is no text of its file: marks around two versions of it, tokens of a chat, thoughts, code fences, comments that
//! stand for left-out lines, words to the person. Where a grammar reads the file, most of that does not parse; elsewhere only this shows
//! it. Pure.

use std::sync::LazyLock;

use regex::Regex;
use serde::de::IgnoredAny;

use crate::syntax::elided;
use crate::text::cut::Cut;
use crate::text::lines::{line_end, line_start};
use crate::text::markdown::{self, FENCE};

/// Matches a token of a chat template, with what stands before it.
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|[^`'\x22])(<[|｜][\w▁]{2,40}[|｜]>)").ok());

/// What encloses thoughts.
const THOUGHTS: [&str; 2] = ["<think>", "</think>"];

/// The first and the last mark around two versions of a text, and the line between those.
pub const OPENS: &str = "<<<<<<<";
/// See [`OPENS`].
pub const CLOSES: &str = ">>>>>>>";
/// See [`OPENS`].
pub const BETWEEN: &str = "=======";

/// Endings of documents in which a fence may be part of the text. (Which files are written for people is another question, and ranking's.)
const ENDINGS_WITH_FENCES: &[&str] = &[".md", ".mdx", ".markdown", ".qmd", ".rmd", ".mdc", ".txt", ".rst", ".adoc", ".org"];

/// Least words of a sentence.
const LEAST_WORDS: usize = 4;

/// Whether a fence may be part of the text of a file with this name.
pub fn may_have_fences(name: &str) -> bool {
    let name = name.to_lowercase();
    ENDINGS_WITH_FENCES.iter().any(|ending| name.ends_with(ending))
}

/// What an edit brings into a file although it is no text of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Residue {
    /// Worded for the model: what it is, and in a line of its own what to do.
    pub why: String,
    /// It cannot be meant. Otherwise a person has to look.
    pub certain: bool,
}

/// What an edit brings into a file of this name, of which `before` is the text; empty for a file that is created.
pub fn brought(name: &str, before: &str, after: &str) -> Option<Residue> {
    let cut = Cut::between(before, after)?;
    let is_document = may_have_fences(name);
    let whole_lines = |text: &'_ str, end: usize| line_start(text, cut.start)..line_end(text, end);
    let (old, new) = (&before[whole_lines(before, cut.old_end)], &after[whole_lines(after, cut.new_end)]);
    let foreign = || {
        let thought = || THOUGHTS.into_iter().find(|mark| new.contains(mark) && !before.contains(mark));
        let found = versions(before, new).or_else(|| token(before, new)).or_else(thought)?;
        Some(format!("`{found}` would be written into the file, and is no part of its text\ngive only the lines of the file"))
    };
    let fenced = || {
        let is_fenced = !is_document && !before.contains(FENCE) && has_fence_around(new);
        is_fenced.then(|| "a fence of Markdown would be written into the file\ngive only the lines of the file".to_string())
    };
    let left_out = || elided::added_in_any(before, after).map(elided::complaint);
    if let Some(why) = foreign().or_else(fenced).or_else(left_out) {
        return Some(Residue { why, certain: !is_document });
    }
    if is_json(before) && !is_json(after) {
        let why = "the file is JSON, and would not be any more\ngive lines with which it is".into();
        return Some(Residue { why, certain: true });
    }
    let doubt = |why: &str| Some(Residue { why: why.into(), certain: false });
    let is_talk = |text: &str| text.lines().any(|line| !line.trim().is_empty()) && text.lines().all(is_sentence);
    if !is_document && is_talk(new) && !old.trim().is_empty() && !old.lines().any(|line| !line.trim().is_empty() && is_sentence(line)) {
        return doubt("what would be written reads like words to you, and not like lines of the file\ngive only the lines of the file");
    }
    let braces = |text: &str| (text.matches('{').count(), text.matches('}').count());
    let ((opened, closed), (opens, closes)) = (braces(before), braces(after));
    if !is_document && opened > 0 && opened == closed && opens != closes {
        return doubt("a brace would be left open, or closed twice\ngive all of the lines");
    }
    None
}

/// The first of the marks around two versions of a text, if they are new.
fn versions<'a>(before: &str, new: &'a str) -> Option<&'a str> {
    let first = |text: &'a str, mark: &str| text.lines().map(str::trim).find(|line| line.starts_with(mark));
    let opens = first(new, OPENS).filter(|_| !before.lines().any(|line| line.starts_with(OPENS)))?;
    first(new, BETWEEN).or_else(|| first(new, CLOSES)).map(|_| opens)
}

fn token<'a>(before: &str, new: &'a str) -> Option<&'a str> {
    let mut found = TOKEN.as_ref()?.captures_iter(new).filter_map(|found| found.get(2)).map(|token| token.as_str());
    found.find(|token| !before.contains(token))
}

/// Whether a fence is among the first or the last lines of a text, where a model puts one around its answer.
fn has_fence_around(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_fence = |line: &&str| markdown::fence_at(line) == Some(FENCE);
    lines.iter().take(2).chain(lines.iter().rev().take(2)).any(is_fence)
}

/// Whether a line is empty, or words as people write them to each other.
fn is_sentence(line: &str) -> bool {
    let line = line.trim();
    let is_said = |sign: char| sign.is_alphabetic() || sign.is_whitespace() || ",.'’!?`-".contains(sign);
    let begins = line.starts_with(|first: char| first.is_uppercase());
    let is_whole = begins && line.ends_with(['.', '!', '?']) && line.chars().all(is_said);
    line.is_empty() || is_whole && line.split_whitespace().count() >= LEAST_WORDS
}

/// Whether a text is an object or a list of JSON.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}
