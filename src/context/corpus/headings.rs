//! Headings: the first line of the class, `impl` or interface that contains a member, since a member's signature does not name it.

use crate::index::{File, Symbol, View};
use crate::redact;
use crate::syntax::Kind;
use crate::text::layout::indentation;
use crate::text::words;

/// The longest heading that is shown, in bytes.
const MAX_HEADING_BYTES: usize = 160;
/// How many lines above a member its heading is searched for, if no other member comes between.
const MAX_LINES_ABOVE_MEMBER: usize = 400;

/// The headings of all members in a file.
#[derive(Default)]
pub struct Headings {
    lines: Box<[Line]>,
    /// For each symbol, the index of its line in `lines` plus one; zero if it has none.
    of: Box<[u32]>,
}

struct Line {
    text: Box<str>,
    /// Zero-based line in the file.
    at: u32,
    /// The index of the symbol that begins there, or [`NO_OWNER`].
    symbol: u32,
}

const NO_OWNER: u32 = u32::MAX;

/// A heading and what is known about it.
#[derive(Clone, Copy)]
pub struct Heading<'a> {
    pub text: &'a str,
    /// Its index among the file's headings.
    pub line: u32,
    /// Zero-based line in the file.
    pub at: u32,
    /// The symbol whose own signature shows this line.
    pub symbol: Option<u32>,
}

impl Headings {
    /// The headings in a file with this text.
    pub fn new(view: &View, file: &File, text: &str) -> Self {
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let source = Source { text, starts };
        let mut lines: Vec<(usize, Line)> = vec![];
        let mut last: Option<(usize, usize)> = None;
        let of = file.symbols.iter().map(|symbol| {
            let Some(found) = source.heading(view, file, symbol, last) else { return 0 };
            last = Some((symbol.line as usize, found));
            // Members of one type mostly follow each other, so the search goes backwards.
            let known = lines.iter().rposition(|(line, _)| *line == found);
            let at = known.unwrap_or_else(|| {
                let shows = symbol.parent().filter(|parent| file.symbols[*parent].signature_end_line as usize >= found);
                let shown = shows.map_or(NO_OWNER, |parent| parent as u32);
                lines.push((found, Line { text: source.shown(found).into(), at: found as u32, symbol: shown }));
                lines.len() - 1
            });
            at as u32 + 1
        });
        let of = of.collect();
        Self { lines: lines.into_iter().map(|(_, line)| line).collect(), of }
    }

    /// The heading of a symbol; none outside types.
    pub fn of(&self, index: u32) -> Option<Heading<'_>> {
        let line = self.of.get(index as usize)?.checked_sub(1)?;
        let Line { text, at, symbol } = &self.lines[line as usize];
        Some(Heading { text, line, at: *at, symbol: (*symbol != NO_OWNER).then_some(*symbol) })
    }
}

struct Source<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl Source<'_> {
    /// The line of a symbol's heading. `last` has the line of the previous symbol with a heading, and that heading's line.
    fn heading(&self, view: &View, file: &File, symbol: &Symbol, last: Option<(usize, usize)>) -> Option<usize> {
        let name = view.text(symbol.container()?);
        let around = symbol.parent().map(|parent| &file.symbols[parent]);
        let is_type = |kind| matches!(kind, Kind::Class | Kind::Struct | Kind::Interface | Kind::Enum | Kind::Type);
        let own = symbol.line as usize;
        let indent = depth(self.line(own));
        // A method outside its type, as in Go, names the type itself.
        if indent == 0 || around.is_some_and(|around| !is_type(around.kind)) {
            return None;
        }
        // What a method assigns to `self` is deeper than other members, so a comment between them looks like a heading.
        let inside = around.filter(|around| (around.line + 1..=around.end_line).contains(&symbol.line) && around.name_line < symbol.line);
        if let Some(named) = inside.map(|around| around.name_line as usize)
            && words::has(self.line(named), name)
        {
            return Some(named);
        }
        for line in (own.saturating_sub(MAX_LINES_ABOVE_MEMBER)..own).rev() {
            if let Some((member, heading)) = last
                && line == member
                && depth(self.line(line)) <= indent
                && words::has(self.line(heading), name)
            {
                return Some(heading);
            }
            let text = self.line(line);
            if !text.trim().is_empty() && depth(text) < indent && words::has(text, name) {
                return Some(line);
            }
        }
        None
    }

    /// A line without trailing spaces.
    fn whole(&self, number: usize) -> &str {
        let Some(start) = self.starts.get(number) else { return "" };
        let end = self.starts.get(number + 1).copied().unwrap_or(self.text.len());
        self.text[*start..end].trim_end()
    }

    /// The part of a line that is examined; a very long one is cut off.
    fn line(&self, number: usize) -> &str {
        let line = self.whole(number);
        &line[..line.floor_char_boundary(MAX_HEADING_BYTES)]
    }

    /// The part of a line that is shown.
    fn shown(&self, number: usize) -> &str {
        redact::beginning(self.whole(number), MAX_HEADING_BYTES)
    }
}

fn depth(line: &str) -> usize {
    indentation(line).len()
}
