//! The quoted strings that a name is given. The text is read without knowing its language: a sign after the name, then an expression of
//! words, brackets and strings, which ends with its line, its argument or its brackets.

use std::ops::Range;

/// A string, without its quotes.
pub(super) struct Given {
    pub range: Range<usize>,
    pub how: How,
}

/// How a name is given a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Directly after a sign that assigns it: `=`, `:`.
    Set,
    /// As the argument of a call, after a quoted name and a comma, or after spaces.
    Plain,
    /// As one of several: a default for an unset variable, a list item, a further argument, the other side of a comparison.
    Among,
    /// As a continuation of the string before it.
    Joined,
}

/// Maximum bytes between a name, or the previous string, and the next string.
const MAX_GAP_BYTES: usize = 400;
/// Maximum strings of one name.
const MAX_STRINGS: usize = 64;
/// Maximum bytes of a string that are searched for its end.
const MAX_STRING_BYTES: usize = 16 << 10;

/// Words that end an expression outside brackets.
const EXPRESSION_ENDS: [&str; 7] = ["and", "for", "then", "return", "where", "do", "if"];

/// What is between a name and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// `=` and the like.
    Gives,
    /// `:`, which may be followed by a type first.
    Colon,
    /// `==` and the like.
    Compares,
    /// The name is that of a function: `(`.
    Calls,
    /// A comparing method is called on it: `.equals(`.
    Asks,
    /// `{`, as in C++ initialisers.
    Braces,
    /// A comma after a quoted name, which names an argument, or after a variable, which is another argument.
    NextIsValue,
    NextIsOther,
    /// The default for an unset variable: `env("TOKEN").unwrap_or(`, `env["TOKEN"] ??`.
    Replaces,
    Else,
    /// Only spaces.
    Blank,
}

/// Longer signs come before shorter ones that are their prefix.
const SIGNS: [(&str, Sign); 15] = [
    ("===", Sign::Compares),
    ("!==", Sign::Compares),
    ("==", Sign::Compares),
    ("!=", Sign::Compares),
    (":=", Sign::Gives),
    ("=>", Sign::Gives),
    ("||=", Sign::Gives),
    ("??=", Sign::Gives),
    ("+=", Sign::Gives),
    ("<-", Sign::Gives),
    ("<<<", Sign::Gives),
    ("=", Sign::Gives),
    (":", Sign::Colon),
    ("(", Sign::Calls),
    ("{", Sign::Braces),
];

/// The sign after a name, and where it ends.
fn sign(behind: &str) -> Option<(Sign, usize)> {
    let at = |rest: &str| behind.len() - rest.len();
    let unquoted = behind.trim_start_matches('\\').strip_prefix(['"', '\'', '`']);
    let mut rest = unquoted.unwrap_or(behind);
    rest = rest.strip_prefix(']').unwrap_or(rest);
    // `key[16]`, `token?`, and `token!` unless the `!` begins a sign.
    while let Some(inside) = rest.strip_prefix('[') {
        let close = inside.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
        rest = inside[close..].strip_prefix(']')?;
    }
    rest = rest.strip_prefix(['?', '!']).filter(|after| after.starts_with(':')).unwrap_or(rest);
    let apart = rest.trim_start();
    let is_right_behind = apart.len() == rest.len();
    if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| apart.starts_with(sign)) {
        let after = &apart[sign.len()..];
        match kind {
            Sign::Colon if after.starts_with(':') => return None,
            Sign::Calls if !is_right_behind => {}
            Sign::Braces => return braces(after, is_right_behind && unquoted.is_none()).map(|(kind, rest)| (kind, at(rest))),
            kind => return Some((*kind, at(after))),
        }
    }
    if let Some((sign, after)) = unquoted.and_then(otherwise) {
        return Some((sign, at(after)));
    }
    if let Some(after) = ELSE.iter().find_map(|sign| apart.strip_prefix(sign)).filter(|_| !is_right_behind) {
        return Some((Sign::Else, at(after)));
    }
    if let Some(method) = rest.strip_prefix('.') {
        let end = method.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
        return method[end..].strip_prefix('(').map(|after| (Sign::Asks, at(after)));
    }
    if let Some(after) = apart.strip_prefix(',') {
        return Some((if unquoted.is_some() { Sign::NextIsValue } else { Sign::NextIsOther }, at(after)));
    }
    if let Some(after) = apart.strip_prefix("value").filter(|_| !is_right_behind) {
        return after.trim_start().strip_prefix('=').map(|after| (Sign::Gives, at(after)));
    }
    let blank = rest.trim_start_matches([' ', '\t']);
    (blank.len() < rest.len()).then(|| (Sign::Blank, at(blank)))
}

/// Methods that return their receiver or else their argument, and those that type the argument into a field.
pub(super) const REPLACES: [&str; 11] = [
    ".unwrap_or(",
    ".unwrap_or_else(",
    ".orElse(",
    ".orElseGet(",
    ".getOrElse(",
    ".or(",
    ".send_keys(",
    ".sendKeys(",
    ".fill(",
    ".type(",
    ".val(",
];
const ELSE: [&str; 4] = ["??", "||", "?:", "or "];

/// The default for a variable, if a call or a subscript ends with its quoted name.
fn otherwise(behind: &str) -> Option<(Sign, &str)> {
    let after = behind.trim_start_matches([')', ']']).trim_start();
    let sign = |sign, words: &[&str]| words.iter().find_map(|word| Some((sign, after.strip_prefix(word)?)));
    sign(Sign::Replaces, &REPLACES).or_else(|| sign(Sign::Else, &ELSE)).filter(|_| behind.starts_with([')', ']']))
}

/// What a brace after a name means. In C# it says how a property is read and written, and the value may follow it.
fn braces(inside: &str, initialises: bool) -> Option<(Sign, &str)> {
    let words = |letter: char| letter.is_ascii_lowercase() || letter == ';' || letter.is_whitespace();
    let after = inside.trim_start_matches(words).strip_prefix('}').map(str::trim_start);
    let property = inside.trim_start().starts_with(['g', 's', 'i', 'p']);
    match after.filter(|_| property).and_then(|after| after.strip_prefix('=')) {
        Some(value) => Some((Sign::Gives, value)),
        None => initialises.then_some((Sign::Braces, inside)),
    }
}

/// The strings given to the name that ends at `end`. With a plural name they may be in a map.
pub(super) fn strings(text: &str, end: usize, plural: bool) -> Vec<Given> {
    let Some((sign, length)) = sign(&text[end..text.floor_char_boundary(end + MAX_GAP_BYTES)]) else { return vec![] };
    let open = match sign {
        Sign::Calls | Sign::Asks | Sign::Replaces => vec![b')'],
        Sign::Braces => vec![b'}'],
        _ => vec![],
    };
    let compared = matches!(sign, Sign::Compares | Sign::Asks);
    let gives = matches!(sign, Sign::Gives | Sign::Colon);
    let direct = !matches!(sign, Sign::Asks | Sign::NextIsOther | Sign::Replaces | Sign::Else);
    let lone = matches!(sign, Sign::Blank | Sign::Braces | Sign::NextIsOther | Sign::Else);
    Reader { text, at: end + length, open, compared, plural, gives, direct, ..Reader::default() }.read(sign == Sign::Colon, lone)
}

/// The state of reading an expression.
#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The closing brackets that are expected, innermost last.
    open: Vec<u8>,
    compared: bool,
    plural: bool,
    gives: bool,
    /// Only a sign, a type and a call were read so far.
    direct: bool,
    calls: usize,
    /// A word directly precedes.
    word: bool,
    /// What precedes may end an expression.
    whole: bool,
    /// A string precedes, followed only by what joins it to another.
    joined: bool,
    /// A colon may belong to `a ? b : c`.
    asked: bool,
    found: Vec<Given>,
}

impl Reader<'_> {
    /// With `lone` a string has to follow at once; so it does after a colon at the end of a line, which otherwise begins a block.
    fn read(mut self, colon: bool, lone: bool) -> Vec<Given> {
        let rest = &self.text[self.at..];
        let first = rest.trim_start();
        let begins_line = rest[..rest.len() - first.len()].contains('\n');
        if (lone || colon && begins_line) && !first.starts_with(['"', '\'', '`', '\\', '(', '[']) {
            return vec![];
        }
        let mut limit = self.at + MAX_GAP_BYTES;
        while self.at < limit.min(self.text.len()) && self.found.len() < MAX_STRINGS {
            let before = self.found.len();
            if !self.step() {
                break;
            }
            if self.found.len() > before {
                limit = self.at + MAX_GAP_BYTES;
            }
        }
        self.found
    }

    /// Reads one piece; false if the expression ends.
    fn step(&mut self) -> bool {
        let text = self.text;
        let bytes = text.as_bytes();
        let (this, next) = (bytes[self.at], bytes.get(self.at + 1).copied().unwrap_or_default());
        match this {
            b' ' | b'\t' => self.at += 1,
            b'\n' | b'\r' => return self.line_end(),
            b'"' | b'\'' | b'`' => self.string(self.at),
            b'\\' => return self.backslash(),
            b'/' if next == b'/' => self.skip_to("\n", 0),
            b'#' if next == b' ' => self.skip_to("\n", 0),
            b'/' if next == b'*' => self.skip_to("*/", 2),
            b'[' if next == b'[' && self.found.is_empty() => return self.long_brackets(),
            b'(' | b'[' | b'{' => return self.opening(this),
            b')' | b']' | b'}' => return self.closing(this),
            b';' => return false,
            b',' if self.open.is_empty() => return false,
            b'+' | b'.' if next != b'=' => {
                (self.direct, self.word, self.whole) = (false, false, false);
                self.at += 1;
            }
            _ if this == b'_' || this == b'@' && next.is_ascii_alphabetic() || this.is_ascii_alphanumeric() => return self.name(),
            _ => return self.operator(this, next),
        }
        true
    }

    fn skip_to(&mut self, end: &str, beyond: usize) {
        let rest = &self.text[self.at..self.text.floor_char_boundary(self.at + MAX_STRING_BYTES)];
        self.at += rest.find(end).map_or(rest.len(), |found| found + beyond);
    }

    /// Whether an expression continues on the next line: inside brackets, after a sign, or if that line begins with one.
    fn line_end(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let next = rest.trim_start();
        let is_indented = rest[..rest.len() - next.len()].ends_with([' ', '\t']);
        let goes_on = ["+", ".", "||", "??", "?:", "or "].iter().any(|sign| next.starts_with(sign));
        let is_piece = self.joined && is_indented && next.starts_with(['"', '\'']);
        self.at = self.text.len() - next.len();
        !self.open.is_empty() || !self.whole || goes_on || is_piece
    }

    /// A backslash at the end of a line joins lines; before a quote it belongs to the quote.
    fn backslash(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let stripped = rest.trim_start_matches('\\');
        if stripped.starts_with(['"', '\'', '`']) {
            self.string(self.at + rest.len() - stripped.len());
            return true;
        }
        let line_ends = stripped.starts_with(['\n', '\r']);
        self.at += if line_ends { rest.len() - stripped.trim_start().len() } else { 1 };
        line_ends
    }

    /// Reads a string whose quote is at `quote`, after the backslashes from here on.
    fn string(&mut self, quote: usize) {
        let text = self.text;
        let mark = &text[self.at..=quote];
        let triple = mark.repeat(3);
        let mark = if text[self.at..].starts_with(&triple) { triple.as_str() } else { mark };
        let start = self.at + mark.len();
        let rest = &text[start..text.floor_char_boundary(start + MAX_STRING_BYTES)];
        let is_in_line = |length: &usize| mark.len() == triple.len() || !rest[..*length].contains(['\n', '\r']);
        let length = closes(rest, mark).filter(is_in_line);
        // The string was cut off, or is inside another string that ends first.
        let line = || rest.find(['\n', '\r', '"', '\'', '`']);
        let (length, mark) = length.map_or_else(|| (line().unwrap_or(rest.len()), 0), |length| (length, mark.len()));
        self.push(start..start + length);
        self.at = start + length + mark;
    }

    /// Reads a C++ raw string, which ends after a delimiter of its own; false if none begins here.
    fn raw_string(&mut self) -> bool {
        let rest = &self.text[self.at..self.text.floor_char_boundary(self.at + MAX_STRING_BYTES)];
        let word = rest.strip_prefix('"').and_then(|inside| inside.split_once('(')).map(|(word, _)| word);
        let Some(word) = word.filter(|word| word.len() <= 16 && !word.contains(['"', '\\', ')', ' ', '\n'])) else { return false };
        let begin = word.len() + 2;
        let Some(length) = rest[begin..].find(&format!("){word}\"")) else { return false };
        self.push(self.at + begin..self.at + begin + length);
        self.at += begin + length + begin;
        true
    }

    /// Keeps a string. One of several lines may contain a single value between its first and its last line.
    fn push(&mut self, range: Range<usize>) {
        let inside = &self.text[range.clone()];
        let start = range.start + inside.len() - inside.trim_start().len();
        let range = start..start + inside.trim().len();
        let how = match (self.joined, self.direct && !self.word && self.found.is_empty()) {
            (true, _) => How::Joined,
            (_, true) if self.gives && self.calls == 0 => How::Set,
            (_, true) => How::Plain,
            _ => How::Among,
        };
        self.found.push(Given { range, how });
        (self.joined, self.whole, self.word) = (true, true, false);
    }

    /// Reads a string in Lua's long brackets.
    fn long_brackets(&mut self) -> bool {
        let rest = &self.text[self.at + 2..self.text.floor_char_boundary(self.at + MAX_STRING_BYTES)];
        match rest.find("]]").filter(|length| !rest[..*length].contains(['\n', '"', '\'', ','])) {
            Some(length) => {
                let start = self.at + 2;
                self.push(start..start + length);
                self.at = start + length + 2;
                true
            }
            None => self.opening(b'['),
        }
    }

    fn opening(&mut self, bracket: u8) -> bool {
        let inside = self.text[self.at + 1..].trim_start();
        match bracket {
            b'(' => {
                self.calls += 1;
                self.direct &= self.calls <= 1;
                self.open.push(b')');
            }
            b'[' => self.open.push(b']'),
            _ if !self.gives || !self.plural && !inside.starts_with(['"', '\'', '\\']) => return false,
            _ => self.open.push(b'}'),
        }
        self.direct &= bracket == b'(';
        (self.word, self.whole, self.joined) = (false, false, false);
        self.at += 1;
        true
    }

    fn closing(&mut self, bracket: u8) -> bool {
        if self.open.pop() != Some(bracket) {
            return false;
        }
        (self.direct, self.word, self.whole, self.joined) = (false, false, true, false);
        self.at += 1;
        // The argument of a call, or the content of a brace, ends with the bracket.
        self.gives || !self.open.is_empty()
    }

    fn name(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_.-@".contains(letter)).unwrap_or(rest.len());
        let (name, next) = (&rest[..length], &rest[length..]);
        self.at += length;
        if matches!(name, "R" | "LR" | "uR" | "UR" | "u8R") && self.raw_string() {
            return true;
        }
        // String prefixes of many languages, and Perl's own quotes.
        if next.starts_with(['"', '\'']) && length <= 3 && name.bytes().all(|letter| letter.is_ascii_alphabetic() || letter == b'@') {
            return true;
        }
        if matches!(name, "q" | "qq") && next.starts_with(['{', '(', '[']) {
            let close = next[1..].find(['}', ')', ']', '\n']).unwrap_or(next.len() - 1);
            self.push(self.at + 1..self.at + 1 + close);
            self.at = (self.at + close + 2).min(self.text.len());
            self.at = self.text.floor_char_boundary(self.at);
            return true;
        }
        if self.open.is_empty() && (EXPRESSION_ENDS.contains(&name) && self.whole || self.compared && name == "or") {
            return false;
        }
        self.direct &= name != "or";
        self.whole = name != "or";
        (self.word, self.joined) = (true, false);
        true
    }

    fn operator(&mut self, this: u8, next: u8) -> bool {
        let outside = self.open.is_empty();
        let double = this == next && b"|?&:=".contains(&this);
        self.joined &= this == b'&';
        match this {
            b'&' if double && outside => return false,
            b'|' if double && outside && self.compared => return false,
            b'|' if double => self.direct = false,
            b'?' => (self.asked, self.direct) = (true, self.direct && !double && next != b':'),
            b':' if double => {}
            // Inside brackets, a colon after a word introduces a type or a value. In a map after one name, every key is a name of its own.
            b':' if outside && !self.asked || self.open.last() == Some(&b'}') && !self.plural => return false,
            b'=' if next == b'>' && outside => return false,
            b'=' if !double && outside => (self.direct, self.calls, self.word) = (true, 0, false),
            b':' | b'=' | b',' | b'!' => self.direct = false,
            _ => {}
        }
        self.word &= !matches!(this, b'<' | b'>' | b'&' | b'*' | b',' | b'|' | b'#' | b'$' | b'@');
        self.whole = this == b'>' || this == b'<';
        self.at += if double { 2 } else { 1 };
        true
    }
}

/// The bytes before the mark that ends a string; a mark after a backslash does not count.
pub(super) fn closes(rest: &str, mark: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let found = from + rest[from..].find(mark)?;
        let slashes = rest[..found].len() - rest[..found].trim_end_matches('\\').len();
        if slashes.is_multiple_of(2) || mark.starts_with('\\') {
            return Some(found);
        }
        from = found + mark.len();
    }
}
