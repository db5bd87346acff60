//! Files that another language claims by their content: C++ headers have the extension of C headers. Words in comments claim nothing, nor
//! does code that only the other language's compiler reads.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::surface::Preprocessor;

/// The entry in `languages.toml`.
#[derive(Debug, Deserialize)]
pub(super) struct ClaimEntry {
    extensions: Vec<String>,
    /// A regular expression that such a file has to contain.
    containing: String,
    /// The macro that only the claiming language's preprocessor defines. Code under its `#ifdef` serves both languages.
    macro_of_its_own: String,
}

/// The claim of one language on files with another's extensions.
#[derive(Debug)]
pub(super) struct Claim {
    pub language: usize,
    entry: ClaimEntry,
    lines: Option<Preprocessor>,
    compiled: OnceLock<Option<Regex>>,
}

impl Claim {
    /// The claim of a language, by its number, on files whose names it shares with others.
    pub fn new(entry: ClaimEntry, language: usize, lines: Option<Preprocessor>) -> Self {
        Self { language, entry, lines, compiled: OnceLock::new() }
    }

    /// Whether the claim applies to a file, by its extension and its text.
    pub fn fits(&self, path: &str, text: &str) -> bool {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        if !self.entry.extensions.iter().any(|known| known == extension) {
            return false;
        }
        let Some(pattern) = self.compiled.get_or_init(|| self.compile().ok()) else { return false };
        // Most files do not match at all; only the others are examined closely.
        pattern.is_match(text.as_bytes()) && pattern.is_match(self.own(&without_comments(text)).as_bytes())
    }

    /// The compiled pattern of the claim; the error is for the user.
    pub fn compile(&self) -> Result<Regex, String> {
        let built = RegexBuilder::new(&self.entry.containing).unicode(false).build();
        built.map_err(|error| format!("`claims.containing` is no regular expression: {error}"))
    }

    /// The text without the code under an `#if` with the macro.
    fn own<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let guard = self.entry.macro_of_its_own.as_str();
        let Some(lines) = self.lines.as_ref().filter(|_| text.contains(guard)) else { return Cow::Borrowed(text) };
        let bare = |word: &str| word.strip_prefix(&lines.sign).unwrap_or(word).to_string();
        let (opens, unless, closes) = (bare(&lines.opens), bare(&lines.unless), bare(&lines.closes));
        let divides: Vec<String> = lines.divides.iter().map(|word| bare(word)).collect();
        let mut kept = String::with_capacity(text.len());
        // The number of open conditions, and how many were open where the guarded one began.
        let (mut open, mut guarded) = (0usize, None);
        for line in text.split_inclusive('\n') {
            let directive = line.trim_start().strip_prefix(&lines.sign).map(str::trim_start).unwrap_or_default();
            let begins = directive.starts_with(&opens);
            if begins {
                open += 1;
                let means = directive.contains(guard) && !directive.starts_with(&unless) && !directive.contains('!');
                guarded = guarded.or(means.then_some(open));
            }
            let divided = || divides.iter().any(|word| directive.starts_with(word));
            let ends = guarded == Some(open) && (directive.starts_with(&closes) || divided());
            if guarded.is_none() {
                kept.push_str(line);
            }
            if ends {
                guarded = None;
            }
            if directive.starts_with(&closes) {
                open = open.saturating_sub(1);
            }
        }
        Cow::Owned(kept)
    }
}

/// A text of the C family with its comments blanked.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/']) {
        let (before, here) = rest.split_at(at);
        kept.push_str(before);
        let (length, comment) = match here.as_bytes() {
            [b'/', b'/', ..] => (here.find('\n').unwrap_or(here.len()), true),
            [b'/', b'*', ..] => (here[2..].find("*/").map_or(here.len(), |end| end + 4), true),
            [b'"', ..] => (string(here), false),
            _ => (1, false),
        };
        kept.push_str(if comment { " " } else { &here[..length] });
        rest = &here[length..];
    }
    kept.push_str(rest);
    kept
}

/// The length of the string literal at the start of a text; only that of its quote if the line ends before the literal does.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return 1,
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    1
}
