//! Literals as models write them: JSON, Python, and mixtures of both. Data only: nothing is ever evaluated.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep lists and objects may nest; deeper text is not a literal.
const MAX_DEPTH: usize = 96;

/// Reads one value that fills the whole text; first as strict JSON, then leniently. A key with two values is an error: it is unclear which
/// was meant. A number that does not fit a JSON number (an integer of more than 64 bits, infinity) becomes text as written: the check
/// against the schema sees it, and no digit is lost.
pub(super) fn value(text: &str) -> Option<Value> {
    match serde_json::from_str(text) {
        Ok(Strict(value)) if !may_have_lost_digits(&value) => return Some(value),
        _ => {}
    }
    let mut reader = Reader::new(text);
    let value = reader.value()?;
    reader.skip_space();
    reader.rest().is_empty().then_some(value)
}

/// Adds an entry; `None` if the key already has a different value.
fn put(entries: &mut Map<String, Value>, key: String, value: Value) -> Option<()> {
    match entries.get(&key) {
        Some(known) if *known != value => None,
        Some(_) => Some(()),
        None => {
            entries.insert(key, value);
            Some(())
        }
    }
}

/// JSON in which no key has two values.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Seen).map(Self)
    }
}

struct Seen;

impl<'de> Visitor<'de> for Seen {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = vec![];
        while let Some(Strict(item)) = from.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some((key, Strict(value))) = from.next_entry()? {
            put(&mut entries, key, value).ok_or_else(|| A::Error::custom("a key is there twice"))?;
        }
        Ok(entries.into())
    }
}

/// Whether a float is so large that it may have been an integer of more than 64 bits.
fn may_have_lost_digits(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64() && number.as_f64().is_some_and(|float| float.abs() >= i64::MAX as f64),
        Value::Array(items) => items.iter().any(may_have_lost_digits),
        Value::Object(entries) => entries.values().any(may_have_lost_digits),
        _ => false,
    }
}

/// A cursor over text.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The text that is still to be read.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Skips white space.
    pub fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Skips white space, then takes `wanted` if it comes next.
    pub fn eat(&mut self, wanted: char) -> bool {
        self.skip_space();
        let here = self.peek() == Some(wanted);
        if here {
            self.at += wanted.len_utf8();
        }
        here
    }

    /// Skips white space, then takes a name: letters, digits, `_`, and `.` or `-` inside.
    pub fn name(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let starts_well = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        (starts_well && !name.ends_with(['.', '-'])).then(|| {
            self.at += end;
            name
        })
    }

    /// Skips white space, then takes a value.
    pub fn value(&mut self) -> Option<Value> {
        self.skip_space();
        match self.peek()? {
            '"' | '\'' => self.strings().map(Value::String),
            '[' => self.items('[', ']').map(Value::Array),
            '(' => self.tuple(),
            '{' => self.object(),
            '-' if self.rest().starts_with("-Infinity") => self.written("-Infinity".len()),
            '-' | '+' | '.' | '0'..='9' => self.number(),
            'r' | 'R' if self.rest()[1..].starts_with(['"', '\'']) => self.raw_string().map(Value::String),
            _ => match self.name()? {
                "None" | "null" => Some(Value::Null),
                "True" | "true" => Some(Value::Bool(true)),
                "False" | "false" => Some(Value::Bool(false)),
                name @ ("NaN" | "Infinity") => Some(Value::String(name.into())),
                _ => None,
            },
        }
    }

    /// Takes this many bytes as text.
    fn written(&mut self, length: usize) -> Option<Value> {
        let text = self.rest().get(..length)?;
        self.at += length;
        Some(Value::String(text.into()))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH { None } else { read(self) };
        self.depth -= 1;
        value
    }

    fn items(&mut self, open: char, close: char) -> Option<Vec<Value>> {
        self.deeper(|reader| {
            let mut items = vec![];
            reader.eat(open).then_some(())?;
            while !reader.eat(close) {
                items.push(reader.value()?);
                if !reader.eat(',') {
                    reader.eat(close).then_some(())?;
                    break;
                }
            }
            Some(items)
        })
    }

    /// `(1, 2)` is a list, `(1)` is just 1.
    fn tuple(&mut self) -> Option<Value> {
        let start = self.at;
        let mut items = self.items('(', ')')?;
        let inside = self.text[start..self.at].trim_end_matches(')').trim_end();
        let single = items.len() == 1 && !inside.ends_with(',');
        if single { items.pop() } else { Some(Value::Array(items)) }
    }

    fn object(&mut self) -> Option<Value> {
        self.deeper(|reader| {
            let mut entries = Map::new();
            reader.eat('{').then_some(())?;
            while !reader.eat('}') {
                let key = reader.key()?;
                reader.eat(':').then_some(())?;
                put(&mut entries, key, reader.value()?)?;
                if !reader.eat(',') {
                    reader.eat('}').then_some(())?;
                    break;
                }
            }
            Some(Value::Object(entries))
        })
    }

    /// A key, possibly without quotes as in JavaScript. A key that is not text becomes what Python's `json` would make of it.
    fn key(&mut self) -> Option<String> {
        let mut ahead = Reader { at: self.at, ..*self };
        if let Some(name) = ahead.name().filter(|name| !["None", "True", "False"].contains(name))
            && ahead.eat(':')
        {
            self.name()?;
            return Some(name.into());
        }
        match self.value()? {
            Value::String(text) => Some(text),
            Value::Array(_) | Value::Object(_) => None,
            other => Some(other.to_string()),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'))).unwrap_or(rest.len());
        let text = rest[..end].trim_start_matches('+').replace('_', "");
        let text = text.as_str();
        if let Some(number) = other_base(text) {
            self.at += end;
            return Some(Value::from(number));
        }
        if text.contains(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E') {
            return None;
        }
        let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
        let float: f64 = text.parse().ok()?;
        let digits_only = text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        let number = whole.ok().or_else(|| Number::from_f64(float).filter(|_| !digits_only));
        let value = number.map_or_else(|| Value::String(text.into()), Value::Number);
        self.at += end;
        Some(value)
    }

    /// Adjacent Python strings are joined.
    fn strings(&mut self) -> Option<String> {
        let mut joined = self.string()?;
        loop {
            let before = self.at;
            self.skip_space();
            if !matches!(self.peek(), Some('"' | '\'')) {
                self.at = before;
                return Some(joined);
            }
            joined.push_str(&self.string()?);
        }
    }

    /// One string in single, double or triple quotes.
    fn string(&mut self) -> Option<String> {
        self.quoted(Self::escape)
    }

    /// Python's `r"…"`: a backslash means itself, and keeps a quote from ending the string.
    fn raw_string(&mut self) -> Option<String> {
        self.next()?;
        self.quoted(|here, out| {
            out.push('\\');
            out.push(here.next()?);
            Some(())
        })
    }

    /// The content of quotes; `behind_backslash` reads what follows a backslash.
    fn quoted(&mut self, behind_backslash: impl Fn(&mut Self, &mut String) -> Option<()>) -> Option<String> {
        let quote = self.quote()?;
        let mut out = String::new();
        loop {
            if self.rest().starts_with(quote) {
                self.at += quote.len();
                return Some(out);
            }
            match self.next()? {
                '\\' => behind_backslash(self, &mut out)?,
                other => out.push(other),
            }
        }
    }

    /// Takes an opening quote: single, double or triple.
    fn quote(&mut self) -> Option<&'static str> {
        let rest = self.rest();
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote))?;
        self.at += quote.len();
        Some(quote)
    }

    /// What follows a backslash. Unknown escapes are kept as written, as in Python.
    fn escape(&mut self, out: &mut String) -> Option<()> {
        let plain = match self.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            'x' => char::from_u32(self.hex(2)?)?,
            'u' => self.utf16()?,
            'U' => char::from_u32(self.hex(8)?)?,
            '\n' => return Some(()),
            first @ '0'..='7' => {
                let digits = self.rest().chars().take(2).take_while(|c| c.is_digit(8)).count();
                let text = format!("{first}{}", &self.rest()[..digits]);
                self.at += digits;
                char::from_u32(u32::from_str_radix(&text, 8).ok()?)?
            }
            same @ ('\\' | '\'' | '"' | '/') => same,
            unknown => {
                out.push('\\');
                unknown
            }
        };
        out.push(plain);
        Some(())
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.rest().get(..digits)?;
        let all_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(text, 16).ok().filter(|_| all_hex)?;
        self.at += digits;
        Some(number)
    }

    /// `\u` and four digits, or two of them for one character beyond the basic plane. A lone surrogate is not a character, but no reason to
    /// lose the call: Python accepts it. Here it becomes the replacement character, which no edit may contain.
    fn utf16(&mut self) -> Option<char> {
        let unit = self.hex(4)?;
        if let Some(character) = char::from_u32(unit) {
            return Some(character);
        }
        let after = self.at;
        if unit < 0xDC00 && self.rest().starts_with("\\u") {
            self.at += 2;
            if let Some(low) = self.hex(4).filter(|low| (0xDC00..0xE000).contains(low)) {
                return char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            }
            self.at = after;
        }
        Some(char::REPLACEMENT_CHARACTER)
    }
}

/// Python's integers in base 16, 8 and 2.
fn other_base(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (prefix, digits) = digits.split_at_checked(2)?;
    let base = match prefix {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return None,
    };
    let plain = digits.starts_with(|c: char| c.is_ascii_hexdigit());
    i64::from_str_radix(digits, base).ok().filter(|_| plain).map(|number| sign * number)
}

/// Whether a character may occur in the name of a tool or a parameter.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}
