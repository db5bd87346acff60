//! Brackets and comments in half-written code, distinguished from strings: enough to see where a statement ends while nothing parses yet.

use std::borrow::Cow;
use std::ops::Range;

use super::Surface;
use crate::text::lines::next_line;
use crate::text::words::is_name_letter;

/// A bracket outside strings and comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    pub at: usize,
    pub opens: bool,
    pub letter: char,
}

/// The brackets of a text.
pub fn brackets(text: &str, surface: &Surface) -> Vec<Bracket> {
    let bracket = |(at, letter): (usize, char)| {
        let opens = matches!(letter, '(' | '[' | '{');
        (opens || matches!(letter, ')' | ']' | '}')).then_some(Bracket { at, opens, letter })
    };
    telling(text, surface).filter(|piece| piece.kind == Kind::Letter).filter_map(|piece| bracket((piece.at, piece.letter))).collect()
}

/// The number of opening brackets minus that of closing ones.
pub fn balance(text: &str, surface: &Surface) -> i32 {
    brackets(text, surface).iter().map(|bracket| if bracket.opens { 1 } else { -1 }).sum()
}

/// A line without the comment and white space at its end.
pub fn code<'a>(line: &'a str, surface: &Surface) -> &'a str {
    let says = |piece: &Piece| piece.kind != Kind::Comment && !piece.letter.is_whitespace();
    let said = Code { text: line, surface, at: 0 }.filter(says).last();
    said.map_or("", |piece| &line[..piece.end])
}

/// A text with spaces in place of its comments; all else keeps its offset.
pub fn without_comments<'a>(text: &'a str, surface: &Surface) -> Cow<'a, str> {
    let signs = surface.line.iter().chain(surface.block.iter().map(|[open, _]| open));
    if signs.into_iter().all(|sign| !text.contains(sign.as_str())) {
        return Cow::Borrowed(text);
    }
    let mut bare = String::with_capacity(text.len());
    for comment in telling(text, surface).filter(|piece| piece.kind == Kind::Comment) {
        bare.push_str(&text[bare.len()..comment.at]);
        bare.extend(text[comment.at..comment.end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    }
    bare.push_str(&text[bare.len()..]);
    Cow::Owned(bare)
}

/// Where a trailing line comment begins.
pub fn line_comment(text: &str, surface: &Surface) -> Option<usize> {
    let last = Code { text, surface, at: 0 }.last()?;
    let is_one = last.kind == Kind::Comment && surface.line.as_ref().is_some_and(|sign| text[last.at..].starts_with(sign.as_str()));
    is_one.then_some(last.at)
}

/// The ranges of closed multi-line strings.
pub fn long_strings(text: &str, surface: &Surface) -> Vec<Range<usize>> {
    let strings = telling(text, surface).filter(|piece| piece.kind == Kind::Literal && piece.closed);
    strings.map(|piece| piece.at..piece.end).filter(|string| text[string.clone()].contains('\n')).collect()
}

/// Where the comment or string begins that is open at the end of a text, and whether it is a comment.
pub fn unclosed(text: &str, surface: &Surface) -> Option<(usize, bool)> {
    let open = telling(text, surface).find(|piece| !piece.closed)?;
    // In unknown languages a quote says nothing: it may be prose, or a multi-line text.
    let tells = open.kind == Kind::Comment || surface.is_read() || text[open.at..].starts_with("<<");
    tells.then_some((open.at, open.kind == Kind::Comment))
}

/// Whether a line continues on the next, because it ends in an unescaped backslash.
pub fn goes_on_below(line: &str, surface: &Surface) -> bool {
    // C continues lines in comments too.
    let said = match surface.line {
        _ if surface.comments_end => code(line, surface),
        // In a heading it breaks the line as well.
        None if line.trim_start().starts_with('#') || surface.backslash_breaks => "",
        _ => line,
    };
    (said.len() - said.trim_end_matches('\\').len()) % 2 == 1
}

/// The brackets, strings and comments of a text. Nearly all other letters are passed over: whole files are read so with each key.
fn telling<'a>(text: &'a str, surface: &'a Surface) -> impl Iterator<Item = Piece> + 'a {
    let signs = surface.line.iter().chain(surface.block.iter().map(|[open, _]| open));
    let mut tells = [false; 256];
    for first in signs.filter_map(|sign| sign.bytes().next()).chain(*BEGIN_PIECES) {
        tells[usize::from(first)] = true;
    }
    let mut code = Code { text, surface, at: 0 };
    std::iter::from_fn(move || {
        let rest = &text.as_bytes()[code.at..];
        code.at += rest.iter().position(|byte| tells[usize::from(*byte)]).unwrap_or(rest.len());
        code.next()
    })
}

/// The letters that are brackets, and those with which a string, a regular expression or an escaped quote may begin.
const BEGIN_PIECES: &[u8; 12] = b"()[]{}\"'`\\/<";

/// Walks over a text character by character; a string or a comment is one piece.
struct Code<'a> {
    text: &'a str,
    surface: &'a Surface,
    at: usize,
}

/// A character of code, or a string or comment that begins with it.
struct Piece {
    at: usize,
    end: usize,
    letter: char,
    kind: Kind,
    /// It ends within the text.
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Literal,
    Comment,
}

impl Iterator for Code<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let at = self.at;
        let letter = self.text[at..].chars().next()?;
        let comment = comment(&self.text[at..], self.surface).map(|(length, closed)| (Kind::Comment, length, closed));
        let literal = || literal(self.text, at, self.surface).map(|(length, closed)| (Kind::Literal, length, closed));
        let (kind, length, closed) = comment.or_else(literal).unwrap_or((Kind::Letter, letter.len_utf8(), true));
        self.at += length;
        Some(Piece { at, end: self.at, letter, kind, closed })
    }
}

/// The length of the comment at the start of a text, and whether it is closed.
fn comment(text: &str, surface: &Surface) -> Option<(usize, bool)> {
    if surface.line.as_ref().is_some_and(|sign| text.starts_with(sign)) {
        return Some((text.find('\n').unwrap_or(text.len()), true));
    }
    let [open, close] = surface.block.as_ref().filter(|[open, _]| text.starts_with(open))?;
    let end = text[open.len()..].find(close).map(|at| open.len() + at + close.len());
    Some((end.unwrap_or(text.len()), end.is_some()))
}

/// The length of the string or regular expression at an offset, or of an escaped quote, and whether it is closed.
fn literal(text: &str, at: usize, surface: &Surface) -> Option<(usize, bool)> {
    let (before, rest) = (&text[..at], &text[at..]);
    // A string that is never closed extends to the end: the cursor is inside a text.
    let until = |end: Option<usize>| Some(end.map_or((rest.len(), false), |end| (end, true)));
    let letter = rest.chars().next()?;
    if matches!(letter, '"' | '\'') {
        if let Some(close) = raw_close(before, rest) {
            return until(rest[1..].find(&close).map(|end| 1 + end + close.len()));
        }
        let tripled = if letter == '"' { "\"\"\"" } else { "\'\'\'" };
        if rest.starts_with(tripled) && (letter == '"' || !surface.has_braces()) {
            return until(rest[3..].find(tripled).map(|end| end + 6));
        }
    }
    match letter {
        '\\' => rest[1..].starts_with(['"', '\'']).then_some((2, true)),
        '"' => until(closing(&rest[1..], '"').map(|end| end + 2)),
        '`' if surface.has_braces() => until(closing(&rest[1..], '`').map(|end| end + 2)),
        '\'' => quoted(&rest[1..], before, surface).map(|end| (end + 2, true)),
        '/' if may_begin_expression(before, surface) => regex(rest).map(|end| (end, true)),
        '<' if !surface.is_read() => document(rest),
        _ => None,
    }
}

/// A here-document in a script, from `<<EOF` to the line with just that word.
fn document(rest: &str) -> Option<(usize, bool)> {
    let name = rest.strip_prefix("<<")?.trim_start_matches(['-', '~']).trim_start_matches(['"', '\'']);
    let letter = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    let word = &name[..name.len() - name.trim_start_matches(letter).len()];
    if word.is_empty() {
        return None;
    }
    let first = next_line(rest, 0);
    let mut at = first;
    let ends = rest[first..].split_inclusive('\n').any(|line| {
        at += line.len();
        line.trim() == word
    });
    Some((if ends { at } else { rest.len() }, ends))
}

/// Maximum bytes between the quote and the bracket that begin a raw string of C++.
const MAX_RAW_WORD: usize = 16;

/// What closes a raw string, judged by what surrounds its opening quote: `r#"…"#`, `R"x(…)x"`.
fn raw_close(before: &str, rest: &str) -> Option<String> {
    let plain = before.trim_end_matches('#');
    let signs = &before[plain.len()..];
    if !signs.is_empty() {
        return plain.ends_with('r').then(|| format!("\"{signs}"));
    }
    if !plain.ends_with('R') {
        return None;
    }
    let word = &rest[1..][..rest.bytes().skip(1).take(MAX_RAW_WORD + 1).position(|byte| byte == b'(')?];
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| format!("){word}\""))
}

/// Where the first such unescaped quote is.
pub fn closing(text: &str, quote: char) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find([quote, '\\'])?;
        if text[at..].starts_with(quote) {
            return Some(at);
        }
        let escaped = text[at + 1..].chars().next()?;
        from = at + 1 + escaped.len_utf8();
    }
}

/// Where the string ends that a `'` begins, if it is not an apostrophe or a lifetime: it is closed on the same line, before something that
/// is not a word.
fn quoted(rest: &str, before: &str, surface: &Surface) -> Option<usize> {
    let prefix = &before[before.trim_end_matches(is_name_letter).len()..];
    let begins = prefix.is_empty() || surface.string_prefixes.iter().any(|known| known.eq_ignore_ascii_case(prefix));
    let end = closing_on_line(rest, '\'').filter(|_| begins)?;
    (!rest[end + 1..].starts_with(is_name_letter)).then_some(end)
}

/// [`closing`], if it is on the first line. That line may be the whole text: no more of it is read than necessary.
fn closing_on_line(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().take_while(|(_, letter)| *letter != '\n');
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Some(at);
        }
        if letter == '\\' {
            letters.next()?;
        }
    }
    None
}

/// Whether an expression may begin after a text, so that a slash is not a division.
fn may_begin_expression(before: &str, surface: &Surface) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    before.is_empty()
        || before.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '{', ';', '\n'])
        || before.ends_with("=>")
        || surface.wants_value(before)
}

/// The length of the regular expression at the start of a text: closed on its line, not starting with a space.
fn regex(text: &str) -> Option<usize> {
    let (mut escaped, mut class) = (false, false);
    if text[1..].starts_with([' ', '/', '*', '=']) {
        return None;
    }
    for (at, letter) in text.char_indices().skip(1).take_while(|(_, letter)| *letter != '\n') {
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
