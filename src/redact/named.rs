//! Values that stand behind a telling name: `password = "…"`, `API_TOKEN=…`, `name: DB_PASSWORD` and its `value: …` in the next line.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::forms::{Fits, Form, compiled};
use super::given::{How, strings};
use super::value::{is_drawn, is_name_of_type, is_random, is_salt, is_words};

/// Words by which the names of secrets end.
const NAMES: &str = concat!(
    r"(?i)passw(?:or)?d|passphrase|pass|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|auth[_-]?key",
    r"|signing[_-]?key|encryption[_-]?key|credential"
);

/// What may stand behind such a word in a name that is still a secret's: `token_secret`, `PASSWORD_PROD`, `secretKeyBase`, `password2`.
/// Behind others it is something about one: `tokenizer`, `tokenUrl`, `secret_name`, `password_hint`.
const ENDS: &str = concat!(
    r"(?i)\A(?:[_-]*(?:key|base|value|string|str|text|plain|raw|hash|hex|b64|base64|bytes|word|phrase|prod|production|dev|development|test",
    r"|testing|staging|live|local|old|new|current|default|main|primary|secondary|[0-9]+))*s?[_-]*\z"
);

/// A value without quotes.
const BARE: &str = r#"([^\s"'`;,&(){}<>\[\]]{8,})"#;

/// The same at the end of a line, where it ends no item of a list.
const WORD: &str = r#"([^\s"'`;,&(){}<>\[\]][^\s"'`;,(){}<>\[\]]{7,})"#;

/// Bytes behind a name in which its value begins.
const BEHIND: usize = 400;
/// A name is no longer.
const LONGEST_NAME: usize = 128;
/// Bytes before a name that are looked at.
const BEFORE: usize = 128;

static NAME: LazyLock<Regex> = LazyLock::new(|| compiled(NAMES));
static END: LazyLock<Regex> = LazyLock::new(|| compiled(ENDS));

/// A form at the beginning of a text.
fn form(pattern: &str, fits: Fits) -> Form {
    Form::new("secret", &format!(r"\A{pattern}"), fits)
}

fn is_drawn_value(value: &str) -> bool {
    is_drawn(value) && !is_name_of_type(value)
}

/// Values without quotes, where a name has ended: behind `=`, to the end of a line or a string, between tags, as what stands in for a
/// variable that is not set, in the next line, and in a table or a sentence.
static VALUES: LazyLock<[Form; 6]> = LazyLock::new(|| {
    [
        form(&format!(r#"["']?={BARE}(?:[\s;"'`,&)<]|\z)"#), is_drawn),
        form(&format!(r#"["']?[ \t]*[:=][ \t]+{WORD}[ \t]*(?:["'`\r\n]|#|\z)"#), is_drawn_value),
        form(r"[^<>\n]{0,80}?\s*>\s*(?:<!\[CDATA\[)?([^<>\s\]]{8,})(?:\]\]>)?\s*</", is_random),
        form(r#"(?:["']?[ \t]*[:=][ \t]*["']?\$\{[A-Za-z0-9_.]+)?(?::-?|-|:=)([^\s{}$"'<>`]{8,})\}"#, is_drawn),
        form(&format!(r#"["']?[ \t]*:[ \t]*(?:![\w-]+[ \t]+)?[|>][-+0-9]*[ \t]*\r?\n[ \t]+{WORD}[ \t]*(?:[\r\n]|\z)"#), is_drawn),
        form(&format!(r#"(?:[ \t]*\|[ \t]*|:?\*\*:?[ \t]+|[ \t]+is:?[ \t]+)[`"']?{BARE}(?:[`"'\s|.]|\z)"#), is_drawn_value),
    ]
});

/// A value behind blanks alone: of a variable in capitals, or of a flag.
static ARGUMENT: LazyLock<Form> = LazyLock::new(|| form(&format!(r"[ \t]+{BARE}(?:\s|\z)"), is_drawn));

/// A value that takes the rest of its line, in files that hold nothing but settings.
static SETTING: LazyLock<Form> = LazyLock::new(|| form(r#"=([^\s"'`]{8,})[ \t]*(?:[\r\n]|\z)"#, is_drawn));
/// What may stand before the name of a setting in its line.
static BEFORE_SETTING: LazyLock<Regex> = LazyLock::new(|| compiled(r"\A\s*(?:(?:export|ENV|ARG|set|setx)\s+)?(?:[a-z][\w-]*\.)*\z"));

/// An item of a list in a block of its own.
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| compiled(&format!(r#"\A(?:["']?[ \t]*:[ \t]*)?\r?\n[ \t]*-[ \t]+["']?{WORD}["']?[ \t]*(?:#[^\n]*)?(?:\r|\z)?"#)));

/// What follows in the same thing as `name: DB_PASSWORD` or `"key": "password"`: what it is, or the name of the next one.
static SIBLING: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"\b(?:(?<next>name|key|variable|property|setting)|value|default|default_?value)\b";
    compiled(&format!(r#"(?i){words}(?:["']?\s*[:=]\s*|>\s*(?:<!\[CDATA\[)?)(?:["']([^"'\n]{{8,}})["']|{WORD}(?:[\s<\]#,]|\z))?"#))
});
/// Bytes and lines behind a name in which its sibling begins.
const SIBLING_REACH: (usize, usize) = (240, 4);

/// The secrets behind every telling name of a text.
pub(super) fn find(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    NAME.find_iter(text).filter_map(|word| Name::at(text, word.range())).flat_map(|name| name.values())
}

/// A name with a telling word in it.
struct Name<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    /// The word, and what of the name stands behind it.
    word: &'a str,
    tail: &'a str,
}

impl<'a> Name<'a> {
    fn at(text: &'a str, word: Range<usize>) -> Option<Self> {
        let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let behind = &text[word.end..text.floor_char_boundary(word.end + LONGEST_NAME)];
        let end = word.end + behind.find(|letter| !part(letter)).unwrap_or(behind.len());
        if !END.is_match(&text[word.end..end]) {
            return None;
        }
        let reach = text.ceil_char_boundary(word.start.saturating_sub(LONGEST_NAME));
        let ahead = &text[reach..word.start];
        let start = reach + ahead.rfind(|letter| !part(letter)).map_or(0, |before| ahead.ceil_char_boundary(before + 1));
        let (before, tail, word) = (&text[start..word.start], &text[word.end..end], &text[word]);
        // As a word of its own: `compass` and `bypass` are none.
        let letter = |letter: char| letter.is_ascii_alphanumeric();
        let apart = !before.ends_with(letter) || word.starts_with('P') && before.ends_with(|letter: char| letter.is_ascii_lowercase());
        (apart || !word.eq_ignore_ascii_case("pass")).then_some(Self { text, start, end, word, tail })
    }

    fn values(&self) -> Vec<Range<usize>> {
        let behind = &self.text[self.end..self.text.floor_char_boundary(self.end + BEHIND)];
        let one = |form: &Form| {
            form.find(behind).next().filter(|value| self.may_be(&behind[value.clone()])).map(|value| self.whole(value, behind.len()))
        };
        if let Some(setting) = one(&SETTING).filter(|_| self.is_setting()) {
            return vec![setting];
        }
        let quoted = self.quoted();
        if !quoted.is_empty() {
            return quoted;
        }
        let bare = VALUES.iter().find_map(one).or_else(|| one(&ARGUMENT).filter(|_| self.is_shouted()));
        if let Some(bare) = bare {
            return vec![bare];
        }
        if self.is_value() { self.sibling().into_iter().collect() } else { self.items() }
    }

    /// A passphrase may be made of words; what is drawn by a machine is not.
    fn may_be(&self, value: &str) -> bool {
        self.word.starts_with(['p', 'P']) || !is_words(value)
    }

    fn is_shouted(&self) -> bool {
        let name = &self.text[self.start..self.end];
        name.starts_with("--") || !name.contains(|letter: char| letter.is_ascii_lowercase())
    }

    fn is_plural(&self) -> bool {
        self.tail.trim_end_matches(['_', '-']).ends_with(['s', 'S'])
    }

    /// What stands before the name in its line, as far as it is looked at.
    fn before(&self) -> &'a str {
        let reach = &self.text[self.text.ceil_char_boundary(self.start.saturating_sub(BEFORE))..self.start];
        reach.rfind(['\n', '\r']).map_or(reach, |end| &reach[end + 1..])
    }

    fn is_setting(&self) -> bool {
        let before = self.before();
        (self.is_shouted() || before.ends_with('.')) && BEFORE_SETTING.is_match(before)
    }

    /// Whether the name is itself what another name is given.
    fn is_value(&self) -> bool {
        let before =
            self.before().trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/'));
        let quoted = before.ends_with(['"', '\'']) && self.text[self.end..].starts_with(['"', '\'', '\\']);
        let block = before.trim_end().ends_with(':') && self.text[self.end..].trim_start_matches([' ', '\t', '\r']).starts_with('\n');
        quoted || block
    }

    fn quoted(&self) -> Vec<Range<usize>> {
        let mut values = vec![];
        let mut last = false;
        for given in strings(self.text, self.end, self.is_plural()) {
            let value = &self.text[given.range.clone()];
            let long = value.len() >= 8;
            last = match given.how {
                How::Joined if last => !value.is_empty(),
                How::Plain => long && (is_random(value) && self.may_be(value) || is_salt(value)),
                How::Among | How::Joined => long && (is_drawn(value) && !is_words(value) || is_salt(value)),
            };
            if last {
                values.push(given.range);
            }
        }
        values
    }

    /// What stands beside the name, where that is a value: `value: …` behind `name: DB_PASSWORD`.
    fn sibling(&self) -> Option<Range<usize>> {
        let reach = &self.text[self.end..self.text.floor_char_boundary(self.end + SIBLING_REACH.0)];
        let near = reach.match_indices('\n').nth(SIBLING_REACH.1).map_or(reach, |(end, _)| &reach[..end]);
        let near = near.split('}').next().unwrap_or_default();
        let found = SIBLING.captures(near).filter(|found| found.name("next").is_none())?;
        let (quoted, bare) =
            (found.get(2).filter(|value| is_random(value.as_str())), found.get(3).filter(|value| is_drawn_value(value.as_str())));
        let value = quoted.or(bare).filter(|value| self.may_be(value.as_str()))?;
        Some(self.end + value.start()..self.end + value.end())
    }

    /// The items of a list behind the name of many.
    fn items(&self) -> Vec<Range<usize>> {
        let mut values = vec![];
        let mut at = self.end;
        while let Some(found) = ITEM.captures(&self.text[at..self.text.floor_char_boundary(at + BEHIND)]).filter(|_| self.is_plural()) {
            if let Some(value) = found.get(1).filter(|value| is_drawn(value.as_str()) && self.may_be(value.as_str())) {
                values.push(at + value.start()..at + value.end());
            }
            at += found.get(0).map_or(1, |whole| whole.len());
        }
        values
    }

    /// A value that goes on behind what was looked at is a secret to its end.
    fn whole(&self, value: Range<usize>, looked_at: usize) -> Range<usize> {
        let (range, rest) = (self.end + value.start..self.end + value.end, &self.text[self.end + value.end..]);
        let open = value.end == looked_at;
        let end = || rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`')).unwrap_or(rest.len());
        range.start..range.end + if open { end() } else { rest_of_value(rest) }
    }
}

/// Bytes that still belong to a value without quotes, in which a `&` is a letter, unless another name and its value follow.
fn rest_of_value(behind: &str) -> usize {
    let mut length = 0;
    while let Some(piece) = behind[length..].strip_prefix('&') {
        let end = piece.find(|letter: char| letter.is_whitespace() || "\"'`&;,(){}<>[]=".contains(letter)).unwrap_or(piece.len());
        let is_next = piece[end..].starts_with(['=', '(']) || piece.starts_with("amp;");
        if end == 0 || is_next {
            break;
        }
        length += 1 + end;
    }
    length
}
