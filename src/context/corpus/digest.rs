//! What a corpus keeps about one file: the signatures of its definitions as they are shown, and the names that these and the bodies
//! mention. It depends only on this file, so an edit elsewhere leaves it valid.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::Sort;
use super::bodies::Mentions;
use super::headings::{Heading, Headings};
use super::marks::{self, Marks};
use crate::index::{File, Symbol, View};
use crate::redact;
use crate::syntax::max_signature;
use crate::text::lines::{line_end, line_start};
use crate::text::words;

/// The signatures of one file, verbatim, and the names its functions mention.
pub struct Digest {
    pub file: Arc<File>,
    /// As shown to models.
    pub path: Arc<str>,
    text: Box<str>,
    /// For each symbol, the end of its lines in `text`, and their first line in the file (zero-based).
    places: Box<[(u32, u32)]>,
    pub(super) mentions: Mentions,
    /// The names in the signatures.
    pub(super) named: Mentions,
    headings: Headings,
    marks: Box<[Marks]>,
}

impl Digest {
    /// None if `text` is not the version that the index has read.
    pub fn new(view: &View, file: &Arc<File>, text: &str) -> Option<Self> {
        if !file.is_of(text) {
            return None;
        }
        let mut digest = Self::of(file, Some(text));
        digest.mentions = Mentions::of_bodies(view, file, text);
        digest.marks = marks::marks(view, file, text);
        let signatures = (0..file.symbols.len() as u32).map(|index| digest.signature(index));
        digest.named = Mentions::new(view, signatures);
        digest.headings = Headings::new(view, file, text);
        Some(digest)
    }

    /// Without a text there are no signatures.
    fn of(file: &Arc<File>, text: Option<&str>) -> Self {
        let mut lines = String::new();
        let places = file.symbols.iter().enumerate().map(|(index, symbol)| {
            let start = text.and_then(|text| signature(text, file, index, &mut lines)).unwrap_or(symbol.name_line);
            (lines.len() as u32, start)
        });
        let places = places.collect();
        let (mentions, named, headings, marks) = Default::default();
        let path = file.path.to_string().into();
        Self { file: file.clone(), path, text: lines.into(), places, mentions, named, headings, marks }
    }

    /// The digest of the same file after it was deleted.
    pub fn gone(&self) -> Self {
        Self::of(&self.file, None)
    }

    /// The lines of a symbol's signature, without the last line break. Empty if it is not shown.
    pub fn signature(&self, index: u32) -> &str {
        let start = if index == 0 { 0 } else { self.places[index as usize - 1].0 };
        &self.text[start as usize..self.places[index as usize].0 as usize]
    }

    /// The heading of a symbol: the line that says which type it is a member of. None outside types.
    pub fn headed(&self, index: u32) -> Option<Heading<'_>> {
        self.headings.of(index)
    }

    /// The text of that heading; empty outside types.
    pub fn heading(&self, index: u32) -> &str {
        self.headed(index).map_or("", |heading| heading.text)
    }

    /// The sort of a symbol; none if it is never shown. A macro without a body only guards a header or switches a feature, and tells a
    /// model nothing.
    pub fn sort(&self, view: &View, index: u32) -> Option<Sort> {
        let (symbol, signature) = (&self.file.symbols[index as usize], self.signature(index));
        let sort = Sort::of(symbol.kind).filter(|_| !signature.is_empty())?;
        let is_empty = sort == Sort::Macro && words::last(signature.trim_end()) == view.text(symbol.name);
        (!is_empty).then_some(sort)
    }

    /// What the text says about a symbol besides its name.
    pub(super) fn marks(&self, index: u32) -> Marks {
        self.marks.get(index as usize).copied().unwrap_or_default()
    }

    /// The zero-based lines of the tests in the file.
    pub fn test_lines(&self) -> Vec<Range<usize>> {
        marks::test_lines(&self.file, &self.marks)
    }

    /// The zero-based line at which the signature begins.
    pub fn line(&self, index: u32) -> u32 {
        self.places[index as usize].1
    }
}

/// Written between the first lines of a definition and its last line, for what is left out.
pub const GAP: &str = "\n    …\n";
/// The longest signature that is shown, in bytes.
const MAX_SIGNATURE_BYTES: usize = 700;
/// The same for a function, whose last parameter is as important as its first.
const MAX_CALLABLE_BYTES: usize = 1600;
/// The same for a line that a program wrote.
const MAX_PACKED_BYTES: usize = 120;
/// Below a signature that is not shown to its end.
const CUT: &str = "\n    …";
/// The longest type, in bytes and lines, that is shown whole: the empty head of a small one says less than it costs.
const MAX_SHORT_BYTES: usize = 180;
const MAX_SHORT_LINES: usize = 7;
const _: () = assert!(MAX_CALLABLE_BYTES + CUT.len() <= u16::MAX as usize);

/// Appends the lines of the signature; returns their first line in the file.
fn signature(text: &str, file: &File, index: usize, lines: &mut String) -> Option<u32> {
    let symbol = &file.symbols[index];
    let (item, range) = (symbol.item.range(), symbol.signature.range());
    let lead = text.get(item.start..range.start)?;
    let start = line_start(text, range.start);
    // If a body begins on the last line of the signature, its opening is shown.
    let end = line_end(text, range.end);
    let whole = readable(text.get(start..end)?.trim_end());
    let whole = without_comments_below(file, whole.as_ref());
    if let Some(ends) = named_behind(text, symbol, start) {
        lines.push_str(&ends);
    } else if let Some(all) = short_type(text, file, index, start) {
        lines.push_str(&all);
    } else if is_packed(whole) {
        lines.push_str(redact::beginning(whole, MAX_PACKED_BYTES));
    } else {
        let most = if symbol.kind.is_callable() { MAX_CALLABLE_BYTES } else { MAX_SIGNATURE_BYTES };
        let shown = match redact::beginning(whole, most) {
            all if all.len() == whole.len() => all,
            cut => cut.rsplit_once('\n').map_or(cut, |(above, _)| above),
        };
        lines.push_str(shown);
        if shown.len() < whole.len() || goes_on(symbol, text, end) {
            lines.push_str(CUT);
        }
    }
    Some(symbol.line + lead.matches('\n').count() as u32)
}

/// Whether a definition whose signature was cut goes on below the lines up to `end`.
fn goes_on(symbol: &Symbol, text: &str, end: usize) -> bool {
    let is_cut = (symbol.item.end - symbol.signature.start) as usize > max_signature(symbol.kind);
    let is_all = symbol.body.is_empty() || symbol.body.start < symbol.signature.end;
    is_cut && is_all && text.get(end..symbol.item.end as usize).is_some_and(|rest| !rest.trim().is_empty())
}

/// A signature without trailing comments. If a body begins with comments, some grammars count them as part of what precedes it.
fn without_comments_below<'a>(file: &File, mut whole: &'a str) -> &'a str {
    let Some(comment) = file.language.as_ref().and_then(|language| language.comment.as_deref()) else { return whole };
    while let Some((above, last)) = whole.rsplit_once('\n')
        && last.trim_start().starts_with(comment)
    {
        whole = above.trim_end();
    }
    whole
}

/// Lines without their byte order mark and carriage returns.
fn readable(lines: &str) -> Cow<'_, str> {
    let lines = lines.strip_prefix('\u{feff}').unwrap_or(lines);
    if lines.contains('\r') { lines.replace('\r', "").into() } else { lines.into() }
}

/// How a definition is shown whose name comes after its body, `typedef struct { … } name;`: whole if it is short, else its two ends as they
/// are in the file.
fn named_behind(text: &str, symbol: &Symbol, start: usize) -> Option<String> {
    if symbol.name_line != symbol.end_line || symbol.name_line == symbol.line {
        return None;
    }
    let whole = readable(text.get(start..line_end(text, symbol.item.end as usize))?.trim_end());
    let closing = whole.lines().last().filter(|line| line.trim_start().starts_with('}'))?;
    if whole.len() <= MAX_SHORT_BYTES && whole.lines().count() <= MAX_SHORT_LINES {
        return Some(whole.into_owned());
    }
    let opening = &whole[..line_end(&whole, whole.find('{')?)];
    Some(format!("{opening}{GAP}{closing}"))
}

/// All of a type that is short and has fields or variants, but no function with a body.
fn short_type<'a>(text: &'a str, file: &File, index: usize, start: usize) -> Option<Cow<'a, str>> {
    let symbol = &file.symbols[index];
    if Sort::of(symbol.kind) != Some(Sort::Type) || symbol.body.is_empty() {
        return None;
    }
    let whole = text.get(start..line_end(text, symbol.item.end as usize)).filter(|whole| whole.len() <= MAX_SHORT_BYTES)?;
    let mut inside = file.symbols[index + 1..].iter().take_while(|inner| inner.item.start < symbol.item.end).peekable();
    inside.peek()?;
    let is_data = inside.all(|inner| !inner.kind.is_callable() || inner.body.is_empty());
    (is_data && whole.lines().count() <= MAX_SHORT_LINES).then(|| readable(whole.trim_end()))
}

/// Whether a program wrote this line: it is long and has few spaces.
fn is_packed(signature: &str) -> bool {
    signature.len() > MAX_PACKED_BYTES
        && signature.lines().any(|line| line.len() > MAX_PACKED_BYTES && line.matches(' ').count() * 16 < line.len())
}
