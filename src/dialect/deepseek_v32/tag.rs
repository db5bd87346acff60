//! The tags of DSML, one at a time, in all the spellings that models and servers give them: full-width or ASCII bars, one or two, spaces
//! around the mark, or no mark at all where a server has removed it.

/// What stands at a `<`.
#[derive(Debug)]
pub(super) enum Lexed<T> {
    /// The tag and its length in bytes.
    Tag(T, usize),
    /// More text decides.
    Partial,
    No,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Kind {
    Calls,
    Invoke,
    Parameter,
}

#[derive(Debug)]
pub(super) struct Tag {
    pub kind: Kind,
    pub closes: bool,
    /// Whether it carries the mark `｜DSML｜`.
    pub marked: bool,
    pub name: String,
    /// The attribute `string` of a parameter.
    pub string: Option<bool>,
    /// `<… />`
    pub empty: bool,
}

const NAMES: &[(&str, Kind)] = &[
    ("function_calls", Kind::Calls),
    ("tool_calls", Kind::Calls),
    ("toolcalls", Kind::Calls),
    ("calls", Kind::Calls),
    ("invoke", Kind::Invoke),
    ("parameter", Kind::Parameter),
];

/// A tag's text longer than this is not a tag.
const MAX_TAG: usize = 4096;

/// Reads the tag at the `<` that `text` starts with.
pub(super) fn lex(text: &str) -> Lexed<Tag> {
    let mut cursor = Cursor { rest: text };
    match tag(&mut cursor) {
        Ok(tag) => Lexed::Tag(tag, text.len() - cursor.rest.len()),
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

impl Cursor<'_> {
    fn spaces(&mut self) -> bool {
        let trimmed = self.rest.trim_start();
        let any = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        any
    }

    /// Takes `wanted`; `Ok(false)` when something else stands here.
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
    let mut tag = Tag { kind, closes, marked, name: String::new(), string: None, empty: false };
    if closes || kind == Kind::Calls {
        cursor.spaces();
        cursor.need(">")?;
        return Ok(tag);
    }
    if !cursor.spaces() {
        return Err(if cursor.rest.is_empty() { Stop::End } else { Stop::Other });
    }
    cursor.need("name")?;
    cursor.spaces();
    cursor.need("=")?;
    cursor.spaces();
    let quote = if cursor.take("\"")? {
        '"'
    } else {
        cursor.need("'")?;
        '\''
    };
    attributes(cursor, quote, &mut tag)?;
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

/// Names are not escaped: a quote ends one only when the rest of the tag follows. Behind the mark they may even hold line ends; without it
/// they must not, so that ordinary text is not held back for long.
fn attributes(cursor: &mut Cursor<'_>, quote: char, tag: &mut Tag) -> Result<(), Stop> {
    let text = cursor.rest;
    let line = if tag.marked { text } else { text.split('\n').next().unwrap_or_default() };
    for (at, _) in line.match_indices(quote) {
        let mut ahead = Cursor { rest: &text[at + 1..] };
        match tail(&mut ahead, quote, tag.kind) {
            Ok((string, empty)) => {
                (tag.name, tag.string, tag.empty) = (text[..at].into(), string, empty);
                cursor.rest = ahead.rest;
                return Ok(());
            }
            Err(Stop::End) => return Err(Stop::End),
            Err(Stop::Other) => {}
        }
    }
    Err(if line.len() < text.len() { Stop::Other } else { Stop::End })
}

/// What follows the name: `string="…"` for parameters, then `>` or `/>`.
fn tail(cursor: &mut Cursor<'_>, quote: char, kind: Kind) -> Result<(Option<bool>, bool), Stop> {
    cursor.spaces();
    let mut string = None;
    if kind == Kind::Parameter && cursor.take("string")? {
        cursor.spaces();
        cursor.need("=")?;
        cursor.spaces();
        let quote = quote.to_string();
        cursor.need(&quote)?;
        string = Some(cursor.take("true")?);
        if string == Some(false) {
            cursor.need("false")?;
        }
        cursor.need(&quote)?;
        cursor.spaces();
    }
    let empty = cursor.take("/")?;
    cursor.need(">")?;
    Ok((string, empty))
}
