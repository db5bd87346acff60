//! The quoted strings of what a name is given. Read as one reads a language that one does not know: a sign behind the name, and then an
//! expression of words, brackets and strings that ends where its line, its argument or its brackets do.

use std::ops::Range;

/// A quoted string, without its quotes.
pub(super) struct Given {
    pub range: Range<usize>,
    pub how: How,
}

/// How a string is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// As it stands, or as what a call is made of.
    Plain,
    /// Among others: as what stands in for a variable that is not set, in a list, behind another argument, as what a name is compared with.
    Among,
    /// As another piece of the string before.
    Joined,
}

/// Bytes behind a name, or behind the string before, in which a string begins.
const REACH: usize = 400;
/// Strings of one name.
const MOST: usize = 64;
/// Bytes of a string whose end is looked for.
const LONGEST: usize = 16 << 10;

/// What ends an expression that stands in no brackets.
const ENDS: [&str; 7] = ["and", "for", "then", "return", "where", "do", "if"];

/// What stands between a name and what it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// `=` and its like.
    Gives,
    /// `:`, behind which a type may stand first.
    Colon,
    /// `==` and its like.
    Compares,
    /// The name is that of a function: `(`.
    Calls,
    /// A method of it is called: `.equals(`.
    Asks,
    /// C++ initialises with `{`.
    Braces,
    /// A comma behind a name in quotes, which names an argument, or behind a variable, which is another.
    NextIsValue,
    NextIsOther,
    /// What stands in for the variable of that name where it is not set: `env("TOKEN").unwrap_or(`, `env["TOKEN"] ??`.
    Replaces,
    Else,
    /// Nothing but blanks.
    Blank,
}

/// The signs of more than a letter, before those that are their beginnings.
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

/// The sign behind a name, and where it ends.
fn sign(behind: &str) -> Option<(Sign, usize)> {
    let at = |rest: &str| behind.len() - rest.len();
    let unquoted = behind.trim_start_matches('\\').strip_prefix(['"', '\'', '`']);
    let mut rest = unquoted.unwrap_or(behind);
    rest = rest.strip_prefix(']').unwrap_or(rest);
    // `key[16]`, `token?`, and `token!` unless that begins a sign.
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

/// Methods that give what they are called on, or else their argument.
const REPLACES: [&str; 6] = [".unwrap_or(", ".unwrap_or_else(", ".orElse(", ".orElseGet(", ".getOrElse(", ".or("];
const ELSE: [&str; 4] = ["??", "||", "?:", "or "];

/// What stands in for a variable whose quoted name a call or a subscript ends with.
fn otherwise(behind: &str) -> Option<(Sign, &str)> {
    let after = behind.trim_start_matches([')', ']']).trim_start();
    let sign = |sign, words: &[&str]| words.iter().find_map(|word| Some((sign, after.strip_prefix(word)?)));
    sign(Sign::Replaces, &REPLACES).or_else(|| sign(Sign::Else, &ELSE)).filter(|_| behind.starts_with([')', ']']))
}

/// What a brace behind a name is: C# says by it how a property is read and written, and may give it a value behind it.
fn braces(inside: &str, initialises: bool) -> Option<(Sign, &str)> {
    let words = |letter: char| letter.is_ascii_lowercase() || letter == ';' || letter.is_whitespace();
    let after = inside.trim_start_matches(words).strip_prefix('}').map(str::trim_start);
    let property = inside.trim_start().starts_with(['g', 's', 'i', 'p']);
    match after.filter(|_| property).and_then(|after| after.strip_prefix('=')) {
        Some(value) => Some((Sign::Gives, value)),
        None => initialises.then_some((Sign::Braces, inside)),
    }
}

/// The strings of what the name that ends at `end` is given. A plural's may stand in a map.
pub(super) fn strings(text: &str, end: usize, plural: bool) -> Vec<Given> {
    let Some((sign, length)) = sign(&text[end..text.floor_char_boundary(end + REACH)]) else { return vec![] };
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

/// Where a reader of an expression is.
#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Ends of the brackets that it is in.
    open: Vec<u8>,
    compared: bool,
    plural: bool,
    gives: bool,
    /// Whether nothing but a sign, a type and a call stand before.
    direct: bool,
    calls: usize,
    /// Whether a word stands right before.
    word: bool,
    /// Whether something stands before that an expression may end with.
    whole: bool,
    /// Whether a string stands before, and nothing since but what joins it to another.
    joined: bool,
    /// Whether a colon may be one of `a ? b : c`.
    asked: bool,
    found: Vec<Given>,
}

impl Reader<'_> {
    /// `lone`: a string has to follow at once. Behind a colon at the end of a line as well: else it begins a block.
    fn read(mut self, colon: bool, lone: bool) -> Vec<Given> {
        let rest = &self.text[self.at..];
        let first = rest.trim_start();
        let begins_line = rest[..rest.len() - first.len()].contains('\n');
        if (lone || colon && begins_line) && !first.starts_with(['"', '\'', '`', '\\', '(', '[']) {
            return vec![];
        }
        let mut limit = self.at + REACH;
        while self.at < limit.min(self.text.len()) && self.found.len() < MOST {
            let before = self.found.len();
            if !self.step() {
                break;
            }
            if self.found.len() > before {
                limit = self.at + REACH;
            }
        }
        self.found
    }

    /// Reads on by one piece; whether the expression goes on behind it.
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
        let rest = &self.text[self.at..self.text.floor_char_boundary(self.at + LONGEST)];
        self.at += rest.find(end).map_or(rest.len(), |found| found + beyond);
    }

    /// Whether an expression goes on in the next line: in brackets, behind a sign, or where that begins with one.
    fn line_end(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let next = rest.trim_start();
        let is_indented = rest[..rest.len() - next.len()].ends_with([' ', '\t']);
        let goes_on = ["+", ".", "||", "??", "?:", "or "].iter().any(|sign| next.starts_with(sign));
        let is_piece = self.joined && is_indented && next.starts_with(['"', '\'']);
        self.at = self.text.len() - next.len();
        !self.open.is_empty() || !self.whole || goes_on || is_piece
    }

    /// One before a line's end joins lines, those before a quote belong to it.
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

    /// A string whose quote stands at `quote`, behind the backslashes from here on.
    fn string(&mut self, quote: usize) {
        let text = self.text;
        let mark = &text[self.at..=quote];
        let triple = mark.repeat(3);
        let mark = if text[self.at..].starts_with(&triple) { triple.as_str() } else { mark };
        let start = self.at + mark.len();
        let rest = &text[start..text.floor_char_boundary(start + LONGEST)];
        let is_in_line = |length: &usize| mark.len() == triple.len() || !rest[..*length].contains(['\n', '\r']);
        let length = closes(rest, mark).filter(is_in_line);
        // One whose end was cut off, or stands in another string that ends first.
        let line = || rest.find(['\n', '\r', '"', '\'', '`']);
        let (length, mark) = length.map_or_else(|| (line().unwrap_or(rest.len()), 0), |length| (length, mark.len()));
        self.push(start..start + length);
        self.at = start + length + mark;
    }

    /// C++'s raw string, which ends behind a word of its own; whether one begins here.
    fn raw_string(&mut self) -> bool {
        let rest = &self.text[self.at..self.text.floor_char_boundary(self.at + LONGEST)];
        let word = rest.strip_prefix('"').and_then(|inside| inside.split_once('(')).map(|(word, _)| word);
        let Some(word) = word.filter(|word| word.len() <= 16 && !word.contains(['"', '\\', ')', ' ', '\n'])) else { return false };
        let begin = word.len() + 2;
        let Some(length) = rest[begin..].find(&format!("){word}\"")) else { return false };
        self.push(self.at + begin..self.at + begin + length);
        self.at += begin + length + begin;
        true
    }

    /// A string of several lines may hold one value between its first and its last.
    fn push(&mut self, range: Range<usize>) {
        let inside = &self.text[range.clone()];
        let start = range.start + inside.len() - inside.trim_start().len();
        let range = start..start + inside.trim().len();
        let how = match (self.joined, self.direct && !self.word && self.found.is_empty()) {
            (true, _) => How::Joined,
            (_, true) => How::Plain,
            _ => How::Among,
        };
        self.found.push(Given { range, how });
        (self.joined, self.whole, self.word) = (true, true, false);
    }

    /// Lua's strings.
    fn long_brackets(&mut self) -> bool {
        let rest = &self.text[self.at + 2..self.text.floor_char_boundary(self.at + LONGEST)];
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
        // What a call or a brace is given ends with it.
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
        // What a string begins with in many languages, and Perl's own quotes.
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
        if self.open.is_empty() && (ENDS.contains(&name) && self.whole || self.compared && name == "or") {
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
            // Behind a word in brackets a colon gives a type or a value; of a map of one name each has a name of its own.
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

/// Bytes before the mark by which a string ends; one behind a backslash ends none.
fn closes(rest: &str, mark: &str) -> Option<usize> {
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
