//! DSML tags, one at a time, in all spellings that models and servers produce: full-width or ASCII bars, one or two, spaces around the
//! mark, or no mark if a server has removed it.

/// What is at a `<`.
#[derive(Debug)]
pub(super) enum Lexed<T> {
    /// The tag and its length in bytes.
    Tag(T, usize),
    /// More text is needed.
    Partial,
    No,
}

/// The kinds of DSML tags.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Kind {
    Calls,
    Invoke,
    Parameter,
}

/// One DSML tag.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub kind: Kind,
    pub closes: bool,
    /// Whether it carries the mark `｜DSML｜`.
    pub marked: bool,
    /// Always set on emitted tags whose kind has names.
    name: Option<String>,
    /// The attribute `string` of a parameter.
    pub string: Option<bool>,
    /// Written as `<… />`.
    pub empty: bool,
}

impl Tag {
    /// Its name; empty if it has none.
    pub fn name(self) -> String {
        self.name.unwrap_or_default()
    }

    /// Its name, borrowed; empty if it has none.
    pub fn is_called(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

const NAMES: &[(&str, Kind)] = &[
    ("function_calls", Kind::Calls),
    ("tool_calls", Kind::Calls),
    ("toolcalls", Kind::Calls),
    ("calls", Kind::Calls),
    ("invoke", Kind::Invoke),
    ("parameter", Kind::Parameter),
];

/// Text longer than this, in bytes, is not a tag.
const MAX_TAG: usize = 4096;

/// Reads the tag at the start of `text`.
pub(super) fn lex(text: &str) -> Lexed<Tag> {
    let window = &text[..text.floor_char_boundary(MAX_TAG)];
    let mut cursor = Cursor { rest: window };
    match tag(&mut cursor) {
        Ok(tag) => Lexed::Tag(tag, window.len() - cursor.rest.len()),
        Err(Stop::End) if text.len() <= MAX_TAG => Lexed::Partial,
        Err(_) => Lexed::No,
    }
}

enum Stop {
    /// The text ended first.
    End,
    Other,
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn spaces(&mut self) -> bool {
        let trimmed = self.rest.trim_start();
        let any = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        any
    }

    /// Takes `wanted`; `Ok(false)` if something else is here.
    fn take(&mut self, wanted: &str) -> Result<bool, Stop> {
        if let Some(rest) = self.rest.strip_prefix(wanted) {
            self.rest = rest;
            return Ok(true);
        }
        if wanted.starts_with(self.rest) { Err(Stop::End) } else { Ok(false) }
    }

    fn need(&mut self, wanted: &str) -> Result<(), Stop> {
        if self.take(wanted)? { Ok(()) } else { Err(Stop::Other) }
    }

    /// The name of an attribute.
    fn word(&mut self) -> Result<&'a str, Stop> {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).ok_or(Stop::End)?;
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err(Stop::Other) } else { Ok(word) }
    }

    /// The value of an attribute, in quotes or up to a space or the end of the tag.
    fn value(&mut self) -> Result<&'a str, Stop> {
        let quote = self.rest.chars().next().ok_or(Stop::End)?;
        let quoted = matches!(quote, '"' | '\'');
        let start = if quoted { 1 } else { 0 };
        let ends = |c: char| if quoted { c == quote || c == '\n' } else { c.is_whitespace() || c == '>' || c == '/' };
        let end = start + self.rest[start..].find(ends).ok_or(Stop::End)?;
        let value = &self.rest[start..end];
        if quoted && self.rest[end..].starts_with('\n') || value.contains('<') || value.is_empty() && !quoted {
            return Err(Stop::Other);
        }
        self.rest = &self.rest[end + start..];
        Ok(value)
    }

    /// One or two bars.
    fn bars(&mut self) -> Result<usize, Stop> {
        let mut count = 0;
        while count < 2 && (self.take("｜")? || self.take("|")?) {
            count += 1;
        }
        Ok(count)
    }
}

fn tag(cursor: &mut Cursor<'_>) -> Result<Tag, Stop> {
    cursor.need("<")?;
    let mut spaced = cursor.spaces();
    let closes = cursor.take("/")?;
    spaced |= cursor.spaces();
    let marked = cursor.bars()? > 0;
    if marked {
        cursor.spaces();
        cursor.need("DSML")?;
        cursor.spaces();
        if cursor.bars()? == 0 {
            return Err(Stop::Other);
        }
        cursor.spaces();
    } else if spaced {
        return Err(Stop::Other);
    }
    let kind = kind(cursor, marked)?;
    let mut tag = Tag { kind, closes, marked, name: None, string: None, empty: false };
    if closes || kind == Kind::Calls {
        cursor.spaces();
        cursor.need(">")?;
        return Ok(tag);
    }
    if !cursor.spaces() {
        return Err(if cursor.rest.is_empty() { Stop::End } else { Stop::Other });
    }
    attributes(cursor, &mut tag)?;
    if tag.name.is_none() {
        return Err(Stop::Other);
    }
    Ok(tag)
}

fn kind(cursor: &mut Cursor<'_>, marked: bool) -> Result<Kind, Stop> {
    for (name, kind) in NAMES {
        if *name == "calls" && !marked {
            continue;
        }
        match cursor.take(name) {
            Ok(true) => return Ok(*kind),
            Ok(false) => {}
            Err(end) => return Err(end),
        }
    }
    Err(Stop::Other)
}

/// Reads attributes and the end of a tag. They may come in any order, mixed with unknown ones.
fn attributes(cursor: &mut Cursor<'_>, tag: &mut Tag) -> Result<(), Stop> {
    loop {
        cursor.spaces();
        if cursor.rest.is_empty() {
            return Err(Stop::End);
        }
        if cursor.take("/>")? {
            tag.empty = true;
            return Ok(());
        }
        if cursor.take(">")? {
            return Ok(());
        }
        let key = cursor.word()?;
        cursor.spaces();
        cursor.need("=")?;
        cursor.spaces();
        match key {
            "name" if tag.name.is_some() => return Err(Stop::Other),
            "name" if cursor.rest.starts_with(['"', '\'']) => return name(cursor, tag),
            "name" => tag.name = Some(cursor.value()?.into()),
            "string" if tag.kind == Kind::Parameter => match cursor.value()?.to_ascii_lowercase().as_str() {
                "true" => tag.string = Some(true),
                "false" => tag.string = Some(false),
                _ => return Err(Stop::Other),
            },
            _ => drop(cursor.value()?),
        }
    }
}

/// Names are not escaped: a quote ends one only if the rest of the tag follows. With the mark they may even contain line ends; without it
/// they must not, so that ordinary text is not held back for long.
fn name(cursor: &mut Cursor<'_>, tag: &mut Tag) -> Result<(), Stop> {
    let Some(quote) = cursor.rest.chars().next() else { return Err(Stop::End) };
    let text = &cursor.rest[quote.len_utf8()..];
    let line = if tag.marked { text } else { text.split('\n').next().unwrap_or_default() };
    for (at, _) in line.match_indices(quote) {
        let mut ahead = Cursor { rest: &text[at + 1..] };
        let mut whole = Tag { name: Some(text[..at].into()), ..tag.clone() };
        match attributes(&mut ahead, &mut whole) {
            Ok(()) => {
                *tag = whole;
                cursor.rest = ahead.rest;
                return Ok(());
            }
            Err(Stop::End) => return Err(Stop::End),
            Err(Stop::Other) => {}
        }
    }
    Err(if line.len() < text.len() { Stop::Other } else { Stop::End })
}
