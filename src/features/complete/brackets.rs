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
    /// Blocks are begun and closed by words: `def … end`.
    pub by_words: bool,
}

/// Comments of files that nothing parses here, by the ends of their names.
const BLOCK_COMMENTS: &[([&str; 2], &[&str])] = &[
    (["/*", "*/"], &["css", "cs", "dart", "gradle", "groovy", "kt", "kts", "less", "php", "proto", "scala", "scss", "sql", "swift"]),
    (["<!--", "-->"], &["htm", "html", "markdown", "md", "svelte", "svg", "vue", "xhtml", "xml"]),
];
/// Such files whose blocks are closed by words.
const BY_WORDS: &[&str] = &["bash", "cr", "ex", "exs", "fish", "gemspec", "jl", "lua", "rake", "rb", "sh", "zsh"];

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
            by_words: false,
        }
    }

    /// The same for a file, also for one whose language has no grammar here.
    pub fn in_file(language: Option<&'a Arc<Language>>, path: &str) -> Self {
        if language.is_some() {
            return Self::of(language);
        }
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let block = BLOCK_COMMENTS.iter().find(|(_, extensions)| extensions.contains(&extension)).map(|(signs, _)| *signs);
        Self { line: None, block, by_words: BY_WORDS.contains(&extension) }
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
    Code { text, comments, at: 0 }
        .filter(|piece| piece.kind == Kind::Letter)
        .filter_map(|piece| bracket((piece.at, piece.letter)))
        .collect()
}

/// Opened less closed brackets.
pub fn balance(text: &str, comments: Comments<'_>) -> i32 {
    brackets(text, comments).iter().map(|bracket| if bracket.opens { 1 } else { -1 }).sum()
}

/// A line without the comment at its end, and without blanks there.
pub fn code<'a>(line: &'a str, comments: Comments<'_>) -> &'a str {
    let says = |piece: &Piece| piece.kind != Kind::Comment && !piece.letter.is_whitespace();
    let said = Code { text: line, comments, at: 0 }.filter(says).last();
    said.map_or("", |piece| &line[..piece.end])
}

/// The bytes of strings that go over several lines and are closed.
pub fn long_strings(text: &str, comments: Comments<'_>) -> Vec<Range<usize>> {
    let strings = Code { text, comments, at: 0 }.filter(|piece| piece.kind == Kind::Literal && piece.closed);
    strings.map(|piece| piece.at..piece.end).filter(|string| text[string.clone()].contains('\n')).collect()
}

/// Where the comment or string begins in whose middle a text ends, and whether it is a comment.
pub fn unclosed(text: &str, comments: Comments<'_>) -> Option<(usize, bool)> {
    let open = Code { text, comments, at: 0 }.find(|piece| !piece.closed)?;
    // Quotes say nothing in languages that nobody knows here: of prose, of a text of several lines.
    let tells = open.kind == Kind::Comment || comments.line.is_some() || text[open.at..].starts_with("<<");
    tells.then_some((open.at, open.kind == Kind::Comment))
}

/// Whether a line goes on with the next one, because it ends in a backslash that is not escaped.
pub fn goes_on_below(line: &str, comments: Comments<'_>) -> bool {
    // C goes on in comments too.
    let said = match comments.line {
        Some("#") => code(line, comments),
        // In Markdown it breaks the line.
        None if line.trim_start().starts_with('#') || comments.block.is_some_and(|[open, _]| open == "<!--") => "",
        _ => line,
    };
    (said.len() - said.trim_end_matches('\\').len()) % 2 == 1
}

/// Walks over a text, letter by letter; a string is one piece, and so is a comment.
struct Code<'a> {
    text: &'a str,
    comments: Comments<'a>,
    at: usize,
}

/// A letter of the code, or a string or comment that begins with it.
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
        let comment = comment(&self.text[at..], self.comments).map(|(length, closed)| (Kind::Comment, length, closed));
        let literal = || literal(self.text, at, self.comments).map(|(length, closed)| (Kind::Literal, length, closed));
        let (kind, length, closed) = comment.or_else(literal).unwrap_or((Kind::Letter, letter.len_utf8(), true));
        self.at += length;
        Some(Piece { at, end: self.at, letter, kind, closed })
    }
}

/// The length of the comment that a text begins with, and whether it is closed.
fn comment(text: &str, comments: Comments<'_>) -> Option<(usize, bool)> {
    if comments.line.is_some_and(|sign| text.starts_with(sign)) {
        return Some((text.find('\n').unwrap_or(text.len()), true));
    }
    let [open, close] = comments.block.filter(|[open, _]| text.starts_with(open))?;
    let end = text[open.len()..].find(close).map(|at| open.len() + at + close.len());
    Some((end.unwrap_or(text.len()), end.is_some()))
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
        '<' if comments.line.is_none() => document(rest),
        _ => None,
    }
}

/// A document within a script, from `<<EOF` on to the line with that word alone.
fn document(rest: &str) -> Option<(usize, bool)> {
    let name = rest.strip_prefix("<<")?.trim_start_matches(['-', '~']).trim_start_matches(['"', '\'']);
    let letter = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    let word = &name[..name.len() - name.trim_start_matches(letter).len()];
    let first = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let mut at = first;
    let ends = rest[first..].split_inclusive('\n').any(|line| {
        at += line.len();
        line.trim() == word
    });
    (!word.is_empty()).then_some((if ends { at } else { rest.len() }, ends))
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
pub fn closing(text: &str, quote: char) -> Option<usize> {
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
    let prefix = &before[before.trim_end_matches(word).len()..];
    let begins = prefix.is_empty() || PREFIXES.iter().any(|known| known.eq_ignore_ascii_case(prefix));
    begins && closing(line, '\'').is_some_and(|end| !line[end + 1..].starts_with(word))
}

/// What may stand before the quote of a string.
const PREFIXES: &[&str] = &["b", "br", "f", "fr", "l", "r", "rb", "rf", "u", "u8"];

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
