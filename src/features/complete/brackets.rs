//! Brackets and comments of half-written code, told from what stands in strings: enough to see where a statement ends where nothing
//! parses yet.

use std::ops::Range;
use std::sync::Arc;

use crate::syntax::Language;

/// How a language writes its comments. By default it has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comments<'a> {
    pub line: Option<&'a str>,
    pub block: Option<[&'a str; 2]>,
}

impl<'a> Comments<'a> {
    /// Whether lines that begin with `#` are those of a preprocessor, and a name with a colon is a label.
    pub fn of_braces(self) -> bool {
        self.line == Some("//")
    }

    pub fn of(language: Option<&'a Arc<Language>>) -> Self {
        let Some(language) = language else { return Self::default() };
        Self {
            line: language.comment.as_deref(),
            block: language.block_comment.as_ref().map(|pair| pair.each_ref().map(|sign| sign.as_str())),
        }
    }
}

/// A bracket outside of strings and comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    pub at: usize,
    pub opens: bool,
    pub letter: char,
}

/// The brackets of a text.
pub fn brackets(text: &str, comments: Comments<'_>) -> Vec<Bracket> {
    let bracket = |(at, letter): (usize, char)| {
        let opens = matches!(letter, '(' | '[' | '{');
        (opens || matches!(letter, ')' | ']' | '}')).then_some(Bracket { at, opens, letter })
    };
    Code { text, comments, at: 0 }.filter(|piece| piece.quoted.is_none()).filter_map(|piece| bracket((piece.at, piece.letter))).collect()
}

/// Opened less closed brackets.
pub fn balance(text: &str, comments: Comments<'_>) -> i32 {
    brackets(text, comments).iter().map(|bracket| if bracket.opens { 1 } else { -1 }).sum()
}

/// A line without the comment at its end, and without blanks there.
pub fn code<'a>(line: &'a str, comments: Comments<'_>) -> &'a str {
    let said = Code { text: line, comments, at: 0 }.filter(|piece| !piece.letter.is_whitespace()).last();
    said.map_or("", |piece| &line[..piece.end])
}

/// The bytes of strings that go over several lines and are closed.
pub fn long_strings(text: &str, comments: Comments<'_>) -> Vec<Range<usize>> {
    let strings = Code { text, comments, at: 0 }.filter(|piece| piece.quoted == Some(true)).map(|piece| piece.at..piece.end);
    strings.filter(|string| text[string.clone()].contains('\n')).collect()
}

/// Walks over a text without its comments, letter by letter; a string is one piece.
struct Code<'a> {
    text: &'a str,
    comments: Comments<'a>,
    at: usize,
}

/// A letter of the code, or a string that begins with it.
struct Piece {
    at: usize,
    end: usize,
    letter: char,
    /// Whether the string is closed; none for a letter.
    quoted: Option<bool>,
}

impl Iterator for Code<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        self.at += comment(&self.text[self.at..], self.comments);
        let at = self.at;
        let letter = self.text[at..].chars().next()?;
        let literal = literal(self.text, at, self.comments);
        self.at += literal.map_or(letter.len_utf8(), |(length, _)| length);
        Some(Piece { at, end: self.at, letter, quoted: literal.map(|(_, closed)| closed) })
    }
}

/// How many bytes of comments a text begins with.
fn comment(text: &str, comments: Comments<'_>) -> usize {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let line = comments.line.filter(|sign| rest.starts_with(sign)).map(|_| rest.find('\n').unwrap_or(rest.len()));
        let block = comments.block.filter(|[open, _]| rest.starts_with(open)).map(|[open, close]| {
            let inside = &rest[open.len()..];
            inside.find(close).map_or(rest.len(), |at| open.len() + at + close.len())
        });
        match line.or(block) {
            Some(length) => end += length,
            None => return end,
        }
    }
}

/// The length of the string or regular expression that begins at an offset, or of a quote that is escaped, and whether it is closed.
fn literal(text: &str, at: usize, comments: Comments<'_>) -> Option<(usize, bool)> {
    let (before, rest) = (&text[..at], &text[at..]);
    // One that is closed nowhere goes on to the end: the cursor stands in the middle of a text.
    let until = |end: Option<usize>| Some(end.map_or((rest.len(), false), |end| (end, true)));
    let letter = rest.chars().next()?;
    if matches!(letter, '"' | '\'') {
        if let Some(close) = raw_close(before, rest) {
            return until(rest[1..].find(&close).map(|end| 1 + end + close.len()));
        }
        let tripled = if letter == '"' { "\"\"\"" } else { "\'\'\'" };
        if rest.starts_with(tripled) && (letter == '"' || !comments.of_braces()) {
            return until(rest[3..].find(tripled).map(|end| end + 6));
        }
    }
    match letter {
        '\\' => rest[1..].starts_with(['"', '\'']).then_some((2, true)),
        '"' => until(closing(&rest[1..], '"').map(|end| end + 2)),
        '`' if comments.of_braces() => until(closing(&rest[1..], '`').map(|end| end + 2)),
        '\'' if is_quote(&rest[1..], before) => closing(&rest[1..], '\'').map(|end| (end + 2, true)),
        '/' if may_begin_expression(before) => regex(rest).map(|end| (end, true)),
        _ => None,
    }
}

/// What closes a raw string whose quote stands between these: `r#"…"#` or `R"x(…)x"`.
fn raw_close(before: &str, rest: &str) -> Option<String> {
    let plain = before.trim_end_matches('#');
    let signs = &before[plain.len()..];
    if !signs.is_empty() && plain.ends_with('r') {
        return Some(format!("\"{signs}"));
    }
    let (word, _) = rest[1..].split_once('(').filter(|_| signs.is_empty() && plain.ends_with('R'))?;
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| format!("){word}\""))
}

/// Where the first such quote stands that is not escaped.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let found = text.char_indices().find(|(_, letter)| {
        let closes = *letter == quote && !escaped;
        escaped = *letter == '\\' && !escaped;
        closes
    });
    found.map(|(at, _)| at)
}

/// Whether a `'` between these begins a string, and is no apostrophe or lifetime: it is closed on the same line, before something that is
/// no word.
fn is_quote(rest: &str, before: &str) -> bool {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let line = rest.split('\n').next().unwrap_or_default();
    !before.ends_with(word) && closing(line, '\'').is_some_and(|end| !line[end + 1..].starts_with(word))
}

/// Whether an expression may begin behind a text, so that a slash divides nothing.
fn may_begin_expression(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    before.is_empty()
        || before.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '{', ';', '\n'])
        || before.ends_with("=>")
        || before.ends_with("return")
}

/// The length of the regular expression that a text begins with: it is closed on its line, and does not begin with a blank.
fn regex(text: &str) -> Option<usize> {
    let line = text.split('\n').next().unwrap_or_default();
    let (mut escaped, mut class) = (false, false);
    if line[1..].starts_with([' ', '/', '*', '=']) {
        return None;
    }
    for (at, letter) in line.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => return Some(at + 1),
            _ => {}
        }
    }
    None
}
