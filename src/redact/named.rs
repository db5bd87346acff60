//! Values after a telling name: `password = "…"`, `API_TOKEN=…`, `name: DB_PASSWORD` with its `value: …` on the next line.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::bare;
use super::chosen;
use super::forms::{Fits, Form, compiled};
use super::given::{How, REPLACES, strings};
use super::names;
use super::paired;
use super::value::{is_drawn, is_name_of_type, is_random, is_salt, is_words};

/// Words in the names of secrets; those for passwords in other languages come first. The last three may mean much else.
const NAMES: &str = concat!(
    r"(?i)passwort|kennwort|contrase[nñ]a|senha|mot[_-]?de[_-]?passe|wachtwoord|has[lł]o\b",
    r"|passw(?:or)?d|passphrase|passcode|pass|pwd|pswd|psk|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|auth[_-]?key",
    r"|signing[_-]?key|encryption[_-]?key|credential|key|auth|_pat"
);

/// What may follow such a word in the name of a secret: `token_secret`, `PASSWORD_PROD`, `secretKeyBase`, `password2`. Followed by other
/// words it may be something about a secret: `tokenizer`, `tokenUrl`, `secret_name`, `password_hint`.
const ENDS: &str = concat!(
    r"(?i)\A(?:[_-]*(?:key|base|value|string|str|text|plain|raw|hash|hex|b64|base64|bytes|word|phrase|prod|production|dev|development|test",
    r"|testing|staging|live|local|old|new|current|default|main|primary|secondary|[0-9]+))*s?[_-]*\z"
);

/// A value without quotes.
const BARE: &str = r#"([^\s"'`;,&(){}<>\[\]]{8,})"#;

/// A value without quotes at the end of a line, but not at the end of a list item.
const WORD: &str = r#"([^\s"'`;,&(){}<>\[\]][^\s"'`;,(){}<>\[\]]{7,})"#;

/// The same of any length.
const SHORT: &str = r#"([^\s"'`;,&(){}<>\[\]][^\s"'`;,(){}<>\[\]]{3,})"#;

/// Minimum bytes of a password, of a token and of a key, if the name does not make it certain.
const MIN_PASSWORD_BYTES: usize = 8;
const MIN_TOKEN_BYTES: usize = 16;
const MIN_KEY_BYTES: usize = 20;

/// Maximum bytes between a name and its value.
const BEHIND: usize = 400;
/// Maximum bytes between a name that may mean much else and its value.
const NEAR: usize = 160;
/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 128;
/// Bytes before a name that are examined.
const BEFORE: usize = 128;

static NAME: LazyLock<Regex> = LazyLock::new(|| compiled(NAMES));
static END: LazyLock<Regex> = LazyLock::new(|| compiled(ENDS));

/// A form anchored to the start of a text.
fn form(pattern: &str, fits: Fits) -> Form {
    Form::new("secret", &format!(r"\A{pattern}"), fits)
}

fn is_drawn_value(value: &str) -> bool {
    is_drawn(value) && !is_name_of_type(value)
}

/// Values without quotes, for texts that begin where a name ends: after `=`, up to the end of a line or a string, between tags, as the
/// default of a variable, on the next line, in a table or a sentence, read or printed by a shell, in the tag of a Go field, and as bytes.
static VALUES: LazyLock<[Form; 9]> = LazyLock::new(|| {
    [
        form(&format!(r#"["']?={BARE}(?:[\s;"'`,&)<]|\z)"#), is_drawn),
        form(&format!(r#"["']?[ \t]*[:=][ \t]+{WORD}[ \t]*(?:["'`\r\n]|#|\z)"#), is_drawn_value),
        form(r"[^<>\n]{0,80}?\s*>\s*(?:<!\[CDATA\[)?([^<>\s\]]{8,})(?:\]\]>)?\s*</", is_random),
        form(r#"(?:["']?[ \t]*[:=][ \t]*["']?\$\{[A-Za-z0-9_.]+)?(?::-?|-|:=)(?:\r?\n[ \t]*)?([^\s{}$"'<>`]{8,})\}"#, is_drawn),
        form(&format!(r#"["']?[ \t]*:[ \t]*(?:![\w-]+[ \t]+)?[|>][-+0-9]*[ \t]*\r?\n[ \t]+{WORD}[ \t]*(?:[\r\n]|\z)"#), is_drawn),
        form(&format!(r#"(?:[ \t]*\|[ \t]*|:?\*\*:?[ \t]+|[ \t]+is:?[ \t]+)[`"']?{BARE}(?:[`"'\s|.]|\z)"#), is_drawn_value),
        form(&format!(r#"(?:[ \t]*<<<[ \t]*|=["']?\$\((?:echo|printf)[ \t]+(?:-\w+[ \t]+|["']?%s["']?[ \t]+)?)["']?{BARE}"#), is_drawn),
        form(r#"[ \t]+[\w.*\[\]]+[ \t]+`[^`\n]*?\b(?:default|envDefault|value):"([^"\n]{8,})""#, is_random),
        form(r"[^;={}\n]{0,60}=\s*&?[\[{(]\s*((?:0x[0-9A-Fa-f]{1,2}\s*,?\s*){16,})", are_bytes),
    ]
});

/// Whether bytes written as numbers are a key: they are if many are different.
fn are_bytes(value: &str) -> bool {
    let bytes: HashSet<&str> = value.split(',').map(str::trim).collect();
    bytes.len() >= 12
}

/// A value after spaces only: of a variable in capitals, or of a flag.
static ARGUMENT: LazyLock<Form> = LazyLock::new(|| form(&format!(r"[ \t]+{BARE}(?:\s|\z)"), is_drawn));

/// A value after spaces and the complete name, in a command that sets something: `npm config set //host/:_authToken …`.
static SET: LazyLock<Form> = LazyLock::new(|| form(&format!(r#"(?:\.[\w-]+)*[ \t]+["']?{BARE}(?:["'\s]|\z)"#), is_drawn));
static BEFORE_SET: LazyLock<Regex> = LazyLock::new(|| compiled(r"\b(?:config|configure)(?:[ \t]+set)?(?:[ \t]+-[\w-]+)*[ \t]+\S*\z"));

/// A value that takes the rest of its line, in settings files only.
static SETTING: LazyLock<Form> = LazyLock::new(|| form(r#"=([^\s"'`]{8,})[ \t]*(?:[\r\n]|\z)"#, is_drawn));
/// What may precede the name of a setting on its line.
static BEFORE_SETTING: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\A\s*(?:-\s+)?(?:(?:export|ENV|ARG|set|setx)\s+)?(?:[a-z][\w-]*\.)*\z"));

/// An item of a block-style list.
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| compiled(&format!(r#"\A(?:["']?[ \t]*:[ \t]*)?\r?\n[ \t]*-[ \t]+["']?{WORD}["']?[ \t]*(?:#[^\n]*)?(?:\r|\z)?"#)));

/// What may follow `name: DB_PASSWORD` or `"key": "password"` in the same object: its value, or the next name.
static SIBLING: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"\b(?:(?<next>name|key|variable|property|setting)|value|default|default_?value)\b";
    compiled(&format!(r#"(?i){words}(?:["']?\s*[:=]\s*|>\s*(?:<!\[CDATA\[)?)(?:["']([^"'\n]{{4,}})["']|{SHORT}(?:[\s<\]#,]|\z))?"#))
});
/// Maximum bytes and lines between a name and that sibling.
const SIBLING_REACH: (usize, usize) = (240, 4);

/// What precedes a `pass` that is somebody's password, and not one of several passes.
static BESIDE_PASS: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?i)\b(?:user|username|user_?name|login|ssid|smtp|auth)\b"));

/// What precedes a value that a name may have instead of another.
const OTHER_VALUES: [&str; 10] = ["||", "??", "?:", " or", " else", "==", "!=", "equals(", "default=", ","];

/// The values after every telling name in a text.
pub(super) fn find(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    NAME.find_iter(text).filter_map(|word| Name::at(text, word.range())).flat_map(|name| name.values())
}

/// Headers of requests whose values are secrets, as far as no telling word is in their names.
const HEADERS: [&str; 2] = ["authorization", "cookie"];

/// Whether a name alone says that its value is a secret.
pub(super) fn is_of_secret(name: &str) -> bool {
    if HEADERS.iter().any(|header| name.to_ascii_lowercase().ends_with(header)) {
        return true;
    }
    let room = "x".repeat(MIN_KEY_BYTES);
    let text = format!("{name}={room}");
    let words = NAME.find_iter(name);
    words.filter_map(|word| Name::at(&text, word.range())).any(|found| found.end == name.len() && END.is_match(found.tail))
}

/// What a name says about its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is a secret.
    Secret,
    /// It is a secret if it has at least this many bytes and looks random.
    Perhaps(usize),
}

impl Says {
    /// `before` and `tail` are the parts of the name around its telling word; `behind` follows the name. The cheap tests come first and
    /// settle most names.
    fn of(before: &str, word: &str, tail: &str, behind: &str) -> Option<Self> {
        let is_apart = before.is_empty() || word.starts_with('_') || names::begins_word(before, word);
        let (least, may_mean_else) = match word.to_ascii_lowercase().as_str() {
            // Of a network: other names with these letters are about protocols.
            "psk" if !(before.is_empty() || is_apart && names::is_account(before)) => return None,
            _ if is_password(word) => (MIN_PASSWORD_BYTES, false),
            // Many keys are merely the keys of a map.
            "key" if !is_apart || tail.starts_with(['s', 'S']) || names::is_plain_key(before) => return None,
            // Only as a word of its own: not in `compass` or `bypass`.
            "auth" | "pass" if !is_apart => return None,
            "key" | "auth" | "_pat" => (MIN_KEY_BYTES, true),
            _ => (MIN_TOKEN_BYTES, false),
        };
        let has_room = || has_room(least, behind);
        if may_mean_else && !has_room() {
            return None;
        }
        match (tail.is_empty() || END.is_match(tail), may_mean_else) {
            (true, false) => Some(Self::Secret),
            (true, true) => Some(Self::Perhaps(least)),
            (false, _) => (has_room() && !names::is_about(word, tail)).then_some(Self::Perhaps(least)),
        }
    }
}

/// Whether a word means something people choose, which may be made of words. Keys and tokens never are.
fn is_password(word: &str) -> bool {
    let word = word.to_lowercase();
    !["secret", "token", "key", "credential", "auth", "pat", "pass"].iter().any(|other| word.ends_with(other))
}

/// Whether anything long enough follows closely after a name. It rarely does, and then nothing else is examined.
fn has_room(least: usize, behind: &str) -> bool {
    let mut row = 0;
    behind.bytes().take(NEAR).any(|letter| {
        let ends = letter.is_ascii_whitespace() || b"\"'`,;(){}<>[]".contains(&letter);
        row = if ends { 0 } else { row + 1 };
        row >= least
    })
}

/// A name with a telling word in it.
struct Name<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    says: Says,
    /// The word, and the part of the name after it.
    word: &'a str,
    tail: &'a str,
}

impl<'a> Name<'a> {
    fn at(text: &'a str, word: Range<usize>) -> Option<Self> {
        let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let behind = &text[word.end..text.floor_char_boundary(word.end + MAX_NAME_BYTES)];
        let end = word.end + behind.find(|letter| !part(letter)).unwrap_or(behind.len());
        let reach = text.ceil_char_boundary(word.start.saturating_sub(MAX_NAME_BYTES));
        let ahead = &text[reach..word.start];
        let start = reach + ahead.rfind(|letter| !part(letter)).map_or(0, |before| ahead.ceil_char_boundary(before + 1));
        let (before, tail, word) = (&text[start..word.start], &text[word.end..end], &text[word]);
        let says = Says::of(before, word, tail, &text[end..])?;
        Some(Self { text, start, end, says, word, tail })
    }

    fn values(&self) -> Vec<Range<usize>> {
        let behind = &self.text[self.end..self.text.floor_char_boundary(self.end + BEHIND)];
        let one = |form: &Form| {
            form.find(behind).next().filter(|value| self.may_be(&behind[value.clone()])).map(|value| self.whole(value, behind.len()))
        };
        if let Some(setting) = one(&SETTING).filter(|_| self.is_setting()) {
            return vec![setting];
        }
        if let Some(chosen) = self.chosen(behind).or_else(|| self.in_flow(behind)) {
            return vec![chosen];
        }
        if let Some(paired) = self.paired(behind) {
            return vec![paired];
        }
        let quoted = self.quoted();
        if !quoted.is_empty() {
            return quoted;
        }
        let bare = VALUES.iter().find_map(one).or_else(|| one(&ARGUMENT).filter(|_| self.is_shouted()));
        let bare = bare.or_else(|| one(&SET).filter(|_| BEFORE_SET.is_match(self.before())));
        if let Some(bare) = bare {
            return vec![bare];
        }
        if self.is_value() { self.sibling().into_iter().collect() } else { self.items() }
    }

    /// A password that somebody chose, without quotes.
    fn chosen(&self, behind: &str) -> Option<Range<usize>> {
        if !self.names_password() {
            return None;
        }
        let (text, before, is_shouted, may_be_word) = (self.text, self.before(), self.is_shouted(), is_password(self.word));
        let place = bare::PasswordName { text, name: self.start..self.end, before, behind, is_shouted, may_be_word };
        place.value().map(|value| self.whole(value, behind.len()))
    }

    /// The value of a name in a map on one line of YAML.
    fn in_flow(&self, behind: &str) -> Option<Range<usize>> {
        let value = bare::in_flow(self.text, self.start..self.end, self.before(), behind)?;
        let text = &behind[value.clone()];
        let is_long = text.len() >= MIN_PASSWORD_BYTES && is_drawn_value(text) && self.may_be(text);
        (is_long || self.names_password() && chosen::is_bare(text)).then(|| self.whole(value, behind.len()))
    }

    /// The value of a name that is one of several in an assignment.
    fn paired(&self, behind: &str) -> Option<Range<usize>> {
        let value = paired::string(self.ahead(BEHIND), behind)?;
        let text = &behind[value.clone()];
        let is_chosen = || self.names_password() && self.is_chosen(text, How::Set, self.end + value.start);
        let is_secret = text.len() >= MIN_PASSWORD_BYTES && is_random(text) && self.may_be(text) || is_chosen();
        is_secret.then(|| self.end + value.start..self.end + value.end)
    }

    /// Whether a value may be the secret of this name: a passphrase may be made of words, a machine-made secret is not.
    fn may_be(&self, value: &str) -> bool {
        match self.says {
            Says::Secret => is_password(self.word) || !is_words(value) || chosen::has_signs(value),
            Says::Perhaps(least) => {
                let may_hold_words = least == MIN_PASSWORD_BYTES && !value.contains(['-', '_', '/', '.']);
                value.len() >= least && is_drawn(value) && (may_hold_words || !is_words(value))
            }
        }
    }

    /// Whether the name is that of a password, which people choose: also `DB_PASS`, `smtpPass`, and `pass` after a `user`.
    fn names_password(&self) -> bool {
        let name = &self.text[self.start..self.end];
        let is_beside_user = || name.len() == self.word.len() && BESIDE_PASS.is_match(self.ahead(BEFORE));
        let is_pass = || self.word.eq_ignore_ascii_case("pass") && (self.is_shouted() || names::is_account(name) || is_beside_user());
        self.says == Says::Secret && (is_password(self.word) || is_pass())
    }

    /// Whether a string that begins at `start` is a password that somebody chose.
    fn is_chosen(&self, value: &str, how: How, start: usize) -> bool {
        match how {
            // There may be text of a page between a label and an unrelated string.
            How::Set if is_password(self.word) && !self.text[self.end..start].contains('<') => chosen::is_password(value),
            How::Set | How::Plain => chosen::is_marked(value),
            How::Among => chosen::is_marked(value) && self.is_other_value(start),
            How::Joined => false,
        }
    }

    /// Whether a string that begins at `start` belongs to another value: as a default, as the other side of a comparison, as a list item.
    fn is_other_value(&self, start: usize) -> bool {
        let before = self.text[self.end..start].trim_end_matches(['"', '\'', '`', '\\']).trim_end();
        OTHER_VALUES.iter().chain(&REPLACES).any(|sign| before.ends_with(sign)) || self.is_plural() && before.ends_with('[')
    }

    fn is_shouted(&self) -> bool {
        let name = &self.text[self.start..self.end];
        name.starts_with("--") || !name.contains(|letter: char| letter.is_ascii_lowercase())
    }

    fn is_plural(&self) -> bool {
        self.tail.trim_end_matches(['_', '-']).ends_with(['s', 'S'])
    }

    /// The text before the name, at most `most` bytes.
    fn ahead(&self, most: usize) -> &'a str {
        &self.text[self.text.ceil_char_boundary(self.start.saturating_sub(most))..self.start]
    }

    /// What precedes the name on its line, as far as that is examined.
    fn before(&self) -> &'a str {
        let reach = self.ahead(BEFORE);
        reach.rfind(['\n', '\r']).map_or(reach, |end| &reach[end + 1..])
    }

    fn is_setting(&self) -> bool {
        let before = self.before();
        (self.is_shouted() || before.ends_with('.')) && BEFORE_SETTING.is_match(before)
    }

    /// Whether the name is itself the value of another name.
    fn is_value(&self) -> bool {
        let before =
            self.before().trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/'));
        let quoted = before.ends_with(['"', '\'']) && self.text[self.end..].starts_with(['"', '\'', '\\']);
        let behind = self.text[self.end..].trim_start_matches([' ', '\t', '\r']);
        let block = before.trim_end().ends_with(':') && behind.starts_with(['\n', ',']);
        quoted || block
    }

    fn quoted(&self) -> Vec<Range<usize>> {
        let mut values = vec![];
        let mut last = false;
        let names_password = self.names_password();
        for given in strings(self.text, self.end, self.is_plural()) {
            let value = &self.text[given.range.clone()];
            let long = value.len() >= MIN_PASSWORD_BYTES;
            last = match given.how {
                How::Joined if last => !value.is_empty(),
                how if names_password && self.is_chosen(value, how, given.range.start) => true,
                _ if long && is_salt(value) => self.says == Says::Secret,
                How::Set | How::Plain => {
                    let is_random = is_random(value) && !chosen::is_reference(value) || chosen::has_signs(value);
                    long && is_random && self.may_be(value)
                }
                How::Among | How::Joined => long && is_drawn(value) && !is_words(value) && self.may_be(value),
            };
            if last {
                values.push(given.range);
            }
        }
        values
    }

    /// The value next to the name: `value: …` after `name: DB_PASSWORD`.
    fn sibling(&self) -> Option<Range<usize>> {
        let reach = &self.text[self.end..self.text.floor_char_boundary(self.end + SIBLING_REACH.0)];
        let near = reach.match_indices('\n').nth(SIBLING_REACH.1).map_or(reach, |(end, _)| &reach[..end]);
        let near = near.split('}').next().unwrap_or_default();
        let found = SIBLING.captures(near).filter(|found| found.name("next").is_none())?;
        let is_chosen = |value: &str| self.names_password() && chosen::is_marked(value);
        let is_long = |value: &str| value.len() >= MIN_PASSWORD_BYTES && self.may_be(value);
        let quoted = found.get(2).map(|value| (value, is_random(value.as_str())));
        let (value, is_random) = quoted.or_else(|| found.get(3).map(|value| (value, is_drawn_value(value.as_str()))))?;
        if !(is_random && is_long(value.as_str()) || is_chosen(value.as_str())) {
            return None;
        }
        Some(self.end + value.start()..self.end + value.end())
    }

    /// The items of a list after a plural name.
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

    /// A value that continues beyond what was examined is a secret up to its end.
    fn whole(&self, value: Range<usize>, looked_at: usize) -> Range<usize> {
        let (range, rest) = (self.end + value.start..self.end + value.end, &self.text[self.end + value.end..]);
        let open = value.end == looked_at;
        let end = || rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`')).unwrap_or(rest.len());
        range.start..range.end + if open { end() } else { rest_of_value(rest) }
    }
}

/// How many more bytes belong to a value without quotes. A `&` belongs to it, unless another name and value follow.
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
