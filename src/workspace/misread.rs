//! Git ignore rules that the `ignore` crate reads differently: rules after a line that is not UTF-8, where the crate stops; braces, which
//! mean nothing to git; classes such as `[[:digit:]]`; two stars after a name; patterns that ignore case. They are read a second time here,
//! as git reads them, and what they leave out stays out. What the crate leaves out beyond git stays out as well.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::git_config::GitConfig;
use super::rule_files::{self, IGNORE_FILES, read_rules};

/// The misread rules of each folder, read on first use and then kept.
pub(super) struct Misread {
    /// The top folder of the repository that contains the root; the root itself if there is none.
    top: PathBuf,
    ignore_case: bool,
    known: HashMap<PathBuf, Option<Arc<Gitignore>>>,
}

impl Misread {
    /// Rules for a root; nothing is read yet.
    pub fn below(root: &Path) -> Self {
        let top = rule_files::above(root).last().unwrap_or(root).into();
        Self { top, ignore_case: ignores_case(root), known: HashMap::new() }
    }

    /// The misread rules directly in a folder.
    fn of(&mut self, folder: &Path) -> Option<Arc<Gitignore>> {
        let ignore_case = self.ignore_case;
        self.known.entry(folder.into()).or_insert_with(|| right_in(folder, ignore_case).map(Arc::new)).clone()
    }

    /// Whether the misread rules of the folders above a file leave it out. `begins` tells where a repository begins; the rules of the
    /// surrounding repository end there.
    pub fn leave_out(&mut self, file: &Path, begins: impl Fn(&Path) -> bool) -> bool {
        for folder in file.ancestors().skip(1) {
            if !folder.starts_with(&self.top) {
                return false;
            }
            if self.of(folder).is_some_and(|rules| leaves_out(&rules, folder, file)) {
                return true;
            }
            if begins(folder) {
                return false;
            }
        }
        false
    }
}

/// Whether git ignores the case of patterns in a folder.
pub(super) fn ignores_case(folder: &Path) -> bool {
    config(folder).is_some_and(|(_, config)| config.ignore_case)
}

/// Whether the rules in `folder` leave out a file under it, or a folder on the way to that file.
pub(super) fn leaves_out(rules: &Gitignore, folder: &Path, file: &Path) -> bool {
    let entries = file.ancestors().take_while(|entry| *entry != folder);
    let mut said = entries.map(|entry| rules.matched(entry, entry != file));
    said.find(|said| !said.is_none()).is_some_and(|said| said.is_ignore())
}

/// The top folder of the repository that contains a folder, with git's settings for it. None outside any repository.
pub(super) fn config(folder: &Path) -> Option<(PathBuf, GitConfig)> {
    let top = rule_files::repository(folder)?;
    Some((top.into(), GitConfig::of(top, &rule_files::shared(folder, top)?)))
}

/// Adds the rules of a file as git reads them: all of them, or only those that the crate reads differently. An invalid rule has no effect,
/// as in git.
pub(super) fn add_file(globs: &mut GitignoreBuilder, file: &Path, all: bool) {
    add_all(globs, &patterns(file, all));
}

fn add_all(globs: &mut GitignoreBuilder, patterns: &[String]) {
    for pattern in patterns {
        let _ = globs.add_line(None, pattern);
    }
}

fn patterns(file: &Path, all: bool) -> Vec<String> {
    let bytes = read_rules(file).unwrap_or_default();
    // The byte order mark is not part of the first rule.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let sound = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), |_| bytes.len());
    let mut at = 0;
    let mut patterns = vec![];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        let line = String::from_utf8_lossy(line);
        let pattern = as_git_reads(&line);
        if all || at > sound || pattern != line {
            patterns.push(pattern);
        }
    }
    patterns
}

/// Adds a rule both as the crate and as git read it: its author may mean either, and what either leaves out must stay out. Fails if neither
/// reading is valid.
pub(super) fn add_both(globs: &mut GitignoreBuilder, line: &str) -> Result<(), ignore::Error> {
    let as_git = as_git_reads(line);
    let is_read = as_git != line && globs.add_line(None, &as_git).is_ok();
    match globs.add_line(None, line) {
        Err(error) if !is_read => Err(error),
        _ => Ok(()),
    }
}

/// The misread rules directly in a folder, if any.
pub(super) fn right_in(folder: &Path, ignore_case: bool) -> Option<Gitignore> {
    // Most folders have none, and a walk asks about each.
    let patterns: Vec<String> = IGNORE_FILES.iter().flat_map(|name| patterns(&folder.join(name), ignore_case)).collect();
    if patterns.is_empty() {
        return None;
    }
    let mut globs = GitignoreBuilder::new(folder);
    let _ = globs.case_insensitive(ignore_case);
    add_all(&mut globs, &patterns);
    globs.build().ok()
}

/// A pattern that means to the crate what it means to git: braces are escaped, character classes are written out.
fn as_git_reads(line: &str) -> String {
    let mut pattern = String::new();
    // Git ends the line at a zero byte.
    let mut rest = line.split('\0').next().unwrap_or_default();
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            // More than two stars mean the same as two.
            '*' if rest.starts_with("***") => {
                rest = &rest[1..];
                continue;
            }
            // Git compares the letters before the first wildcard separately, and the rest begins with two stars: here they cross folders.
            '*' if rest.starts_with("**/") && rest.len() > 3 && is_literal(&line[..line.len() - rest.len()]) => {
                pattern.push_str("*/**/");
                rest = &rest[3..];
                continue;
            }
            '{' | '}' => {
                pattern.push('\\');
                1
            }
            '[' => match bracket(rest) {
                Some((length, written)) => {
                    pattern.push_str(&written);
                    rest = &rest[length..];
                    continue;
                }
                None => 1,
            },
            _ => letter.len_utf8(),
        };
        pattern.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    pattern
}

/// Whether the beginning of a pattern, with or without stars at its end, is part of a name.
fn is_literal(begin: &str) -> bool {
    let name = begin.trim_start_matches('!').trim_start_matches('/').trim_end_matches('*');
    !name.is_empty() && !name.ends_with('/') && !name.contains(['*', '?', '[', '\\'])
}

/// A bracket expression at the start of a text: its length, and how to write it for the crate, to which a backslash inside it is a letter.
fn bracket(text: &str) -> Option<(usize, String)> {
    let inner = text.get(1..)?;
    let marks = inner.len() - inner.trim_start_matches(['!', '^']).len();
    let first = 1 + marks.min(1);
    let (mut at, mut written) = (first, String::new());
    // A closing bracket is a letter only at the start, and an escaped hyphen only at the end.
    let (mut closes, mut hyphen) = (false, false);
    loop {
        let rest = &text[at..];
        let (length, letter) = letter_of(rest)?;
        if let Some((length, letters)) = class(rest) {
            written.push_str(letters);
            at += length;
            continue;
        }
        if letter == ']' && length == 1 && at > first {
            let (closes, hyphen) = (if closes && !written.starts_with(']') { "]" } else { "" }, if hyphen { "-" } else { "" });
            return Some((at + 1, format!("{}{closes}{written}{hyphen}]", &text[..first])));
        }
        at += length;
        match letter {
            ']' if length > 1 => closes = true,
            '-' if length > 1 => hyphen = true,
            _ => written.push_str(&rest[..length]),
        }
        // A reversed range matches its first letter only; the crate rejects such a rule.
        if let Some((length, last)) = text[at..].strip_prefix('-').and_then(letter_of)
            && last < letter
            && last != ']'
        {
            at += 1 + length;
        }
    }
}

/// The letter at the start of a text, escaped or not, and its length.
fn letter_of(text: &str) -> Option<(usize, char)> {
    let letter = text.chars().next()?;
    let escaped = if letter == '\\' { text[1..].chars().next() } else { None };
    Some(escaped.map_or((letter.len_utf8(), letter), |escaped| (1 + escaped.len_utf8(), escaped)))
}

/// A named class at the start of a text, such as `[:digit:]`: its length, and its letters.
fn class(text: &str) -> Option<(usize, &'static str)> {
    const CLASSES: [(&str, &str); 11] = [
        ("[:alpha:]", "a-zA-Z"),
        ("[:digit:]", "0-9"),
        ("[:alnum:]", "a-zA-Z0-9"),
        ("[:lower:]", "a-z"),
        ("[:upper:]", "A-Z"),
        ("[:xdigit:]", "0-9a-fA-F"),
        ("[:space:]", " \t\n\x0b\x0c\r"),
        ("[:blank:]", " \t"),
        ("[:print:]", " -~"),
        // No `!` or `^` first: that would negate the set.
        ("[:graph:]", "\"-~!"),
        ("[:punct:]", ":-@[-`{-~!-/"),
    ];
    CLASSES.iter().find(|(name, _)| text.starts_with(name)).map(|(name, letters)| (name.len(), *letters))
}
