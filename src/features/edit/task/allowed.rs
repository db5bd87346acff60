//! What a task allows an edit to remove: by the person's words, if they are whole words listed in `allowed.txt`; and for diagnostics to be
//! fixed, by the names in them. Our own sentences around both allow nothing. Pure.

use std::sync::LazyLock;

use crate::text::words;

/// The words of a task that others than we have written.
#[derive(Clone, Copy, Default)]
pub(in crate::features::edit) struct Allowed<'a> {
    /// By the person.
    pub said: &'a str,
    /// Of the tools whose diagnostics are to be fixed.
    pub problems: &'a [String],
}

/// Lists whose words count even inside of quotes: a keyword of visibility is often quoted.
const ANYWHERE: &[&str] = &["hollows", "hides", "unneeded", "needless"];

impl Allowed<'_> {
    /// Whether any definition may be removed.
    pub fn takes_away(&self) -> bool {
        self.says("takes") || self.says("needless") || self.says("definitions")
    }

    /// Whether a definition may be removed that tools call unneeded. The caller has to check whether something needs it.
    pub fn is_unneeded(&self, name: &str) -> bool {
        self.unneeded().any(|problem| words::has(problem, name))
    }

    /// Whether a definition may get another name.
    pub fn renames(&self) -> bool {
        self.says("renames")
    }

    /// Whether the marked lines may be removed without replacement.
    pub fn takes_lines_away(&self) -> bool {
        self.says("takes") || self.says("needless") || self.says("lines") || self.unneeded().next().is_some()
    }

    /// Whether a function may lose its body.
    pub fn hollows(&self) -> bool {
        self.says("takes") || self.says("needless") || self.says("definitions") || self.says("hollows")
    }

    /// Whether a body may be emptied, because tools call it unneeded: all its statements have a word that they name.
    pub fn empties(&self, body: &str) -> bool {
        let depth = |line: &&str| line.len() - line.trim_start().len();
        let does = || body.lines().filter(|line| words::all(line).next().is_some());
        let least = does().map(|line| depth(&line)).min().unwrap_or_default();
        let mut statements = does().filter(|line| depth(line) == least).peekable();
        let is_named = |line: &str| words::all(line).any(|word| self.is_unneeded(word));
        statements.peek().is_some() && statements.all(is_named)
    }

    /// Whether a definition may become less visible: that is asked for, or tools complain about its visibility.
    pub fn hides(&self, name: &str) -> bool {
        let is_about = |problem: &String| words::has(problem, name) || says(problem, "unneeded");
        self.says("hides") || self.problems.iter().any(|problem| says(problem, "hides") && is_about(problem))
    }

    fn says(&self, list: &str) -> bool {
        says(self.said, list)
    }

    fn unneeded(&self) -> impl Iterator<Item = &String> {
        self.problems.iter().filter(|problem| says(problem, "unneeded"))
    }
}

/// A row of the file: the list's name, and the words of each entry.
type Row = (&'static str, Vec<Vec<&'static str>>);

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = include_str!("allowed.txt").lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.map(|(list, entries)| (list, entries.split(", ").map(|entry| entry.split(' ').collect()).collect())).collect()
});

fn entries(list: &str) -> impl Iterator<Item = &'static [&'static str]> {
    ROWS.iter().filter(move |(known, _)| *known == list).flat_map(|(_, entries)| entries).map(Vec::as_slice)
}

/// Whether a text has an entry of a list.
fn says(text: &str, list: &str) -> bool {
    let text = text.to_lowercase().replace('’', "'");
    let text = if ANYWHERE.contains(&list) { text.replace(['`', '\''], " ") } else { unquoted(&text) };
    let said: Vec<Word> = split(&text);
    entries(list).any(|entry| match entry {
        [only] if only.starts_with(words::is_unspaced) => runs_on(&text, only, list),
        _ => {
            let is_free = entry.len() > 1 || ANYWHERE.contains(&list);
            (0..said.len()).any(|at| stands(&text, &said, at, entry) && (is_free || is_meant(&text, &said, at)))
        }
    })
}

/// A word and its offset.
type Word<'a> = (usize, &'a str);

/// Hyphens and apostrophes join words: there is no verb in "drop-down" or 'delete'.
fn split(text: &str) -> Vec<Word<'_>> {
    let is_part = |letter: char| words::is_word(letter) || matches!(letter, '-' | '\'');
    let mut found = vec![];
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let at = text.len() - rest.len() + start;
        let word = &text[at..];
        let word = &word[..word.find(|letter| !is_part(letter)).unwrap_or(word.len())];
        found.push((at, word));
        rest = &text[at + word.len()..];
    }
    found
}

/// Whether the words of an entry stand here in a row.
fn stands(text: &str, said: &[Word<'_>], at: usize, entry: &[&str]) -> bool {
    let Some(here) = said.get(at..at + entry.len()) else { return false };
    let is_close = |pair: &[Word<'_>]| text[pair[0].0 + pair[0].1.len()..pair[1].0].trim().is_empty();
    here.iter().map(|(_, word)| word).eq(entry) && here.windows(2).all(is_close)
}

/// Whether a word is part of the sentence, not the name of something, and not negated by the word before.
fn is_meant(text: &str, said: &[Word<'_>], at: usize) -> bool {
    let (start, word) = said[at];
    let (before, after) = (&text[..start], &text[start + word.len()..]);
    let is_name = before.ends_with(['.', ':', '#', '@']) || after.starts_with('(') || after.starts_with("::") || is_path(after);
    let is_behind = |known: &[&str]| at > 0 && known == [said[at - 1].1] && before.trim_end().ends_with(said[at - 1].1);
    !is_name && !entries("before").any(is_behind)
}

/// Whether a dot continues the word: "delete.rs".
fn is_path(after: &str) -> bool {
    after.strip_prefix('.').is_some_and(|rest| rest.starts_with(words::is_word))
}

/// Whether a text has an entry in a script without blanks, not negated before it.
fn runs_on(text: &str, entry: &str, list: &str) -> bool {
    let is_forbidden = |before: &str| !ANYWHERE.contains(&list) && entries("before").any(|known| before.ends_with(known[0]));
    text.match_indices(entry).any(|(at, _)| !is_forbidden(&text[..at]))
}

/// A text without its quotations.
fn unquoted(text: &str) -> String {
    const MARKS: &[(char, char)] = &[('`', '`'), ('"', '"'), ('“', '”'), ('«', '»'), ('„', '“')];
    let (mut out, mut rest) = (String::new(), text);
    while let Some((at, opens)) = rest.char_indices().find(|(_, letter)| MARKS.iter().any(|(opens, _)| opens == letter)) {
        let behind = at + opens.len_utf8();
        let closes =
            MARKS.iter().filter(|(known, _)| *known == opens).find_map(|(_, closes)| rest[behind..].find(*closes).zip(Some(closes)));
        out.push_str(&rest[..at]);
        out.push(' ');
        let Some((length, closes)) = closes else {
            rest = &rest[behind..];
            continue;
        };
        rest = &rest[behind + length + closes.len_utf8()..];
    }
    out + rest
}
