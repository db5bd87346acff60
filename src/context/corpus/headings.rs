//! The lines that say what members belong to: the first line of their class, `impl` or interface. A member's signature does not say it.

use crate::index::{File, Symbol, View};
use crate::redact;
use crate::syntax::Kind;
use crate::text::layout::indentation;
use crate::text::words;

/// Longest heading that is shown, in bytes.
const LONGEST: usize = 160;
/// So many lines above a member its heading is looked for, where no member stands between.
const FAR: usize = 400;

/// The headings of a file's members.
#[derive(Default)]
pub struct Headings {
    lines: Box<[Line]>,
    /// By symbol: its line's place in `lines` and one more; zero where it has none.
    of: Box<[u32]>,
}

struct Line {
    text: Box<str>,
    /// Where it stands in the file, from 0.
    at: u32,
    /// Which symbol of the file begins there, or [`NOBODY`].
    symbol: u32,
}

const NOBODY: u32 = u32::MAX;

/// A heading and what is known of it.
#[derive(Clone, Copy)]
pub struct Heading<'a> {
    pub text: &'a str,
    /// Which of the file's it is.
    pub line: u32,
    /// Where it stands in the file, from 0.
    pub at: u32,
    /// Which symbol of the file shows it.
    pub symbol: Option<u32>,
}

impl Headings {
    pub fn new(view: &View, file: &File, text: &str) -> Self {
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let source = Source { text, starts };
        let mut lines: Vec<(usize, Line)> = vec![];
        let mut last: Option<(usize, usize)> = None;
        let of = file.symbols.iter().map(|symbol| {
            let Some(found) = source.heading(view, file, symbol, last) else { return 0 };
            last = Some((symbol.line as usize, found));
            // Members of one type mostly follow each other.
            let known = lines.iter().rposition(|(line, _)| *line == found);
            let at = known.unwrap_or_else(|| {
                let shows = symbol.parent().filter(|parent| file.symbols[*parent].signature_end_line as usize >= found);
                let shown = shows.map_or(NOBODY, |parent| parent as u32);
                lines.push((found, Line { text: source.shown(found).into(), at: found as u32, symbol: shown }));
                lines.len() - 1
            });
            at as u32 + 1
        });
        let of = of.collect();
        Self { lines: lines.into_iter().map(|(_, line)| line).collect(), of }
    }

    /// None for what stands in no type.
    pub fn of(&self, index: u32) -> Option<Heading<'_>> {
        let line = self.of.get(index as usize)?.checked_sub(1)?;
        let Line { text, at, symbol } = &self.lines[line as usize];
        Some(Heading { text, line, at: *at, symbol: (*symbol != NOBODY).then_some(*symbol) })
    }
}

struct Source<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl Source<'_> {
    /// The line of a symbol's heading. `last` is the symbol before that has one, by its line, and the heading's line.
    fn heading(&self, view: &View, file: &File, symbol: &Symbol, last: Option<(usize, usize)>) -> Option<usize> {
        let name = view.text(symbol.container()?);
        let around = symbol.parent().map(|parent| &file.symbols[parent]);
        let is_type = |kind| matches!(kind, Kind::Class | Kind::Struct | Kind::Interface | Kind::Enum | Kind::Type);
        let own = symbol.line as usize;
        let indent = depth(self.line(own));
        // What is written outside of its type, as in Go, says itself whose it is.
        if indent == 0 || around.is_some_and(|around| !is_type(around.kind)) {
            return None;
        }
        for line in (own.saturating_sub(FAR)..own).rev() {
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

    /// A line, without the blanks at its end.
    fn whole(&self, number: usize) -> &str {
        let Some(start) = self.starts.get(number) else { return "" };
        let end = self.starts.get(number + 1).copied().unwrap_or(self.text.len());
        self.text[*start..end].trim_end()
    }

    /// What is looked at of a line: not all of a very long one.
    fn line(&self, number: usize) -> &str {
        let line = self.whole(number);
        &line[..line.floor_char_boundary(LONGEST)]
    }

    /// What is shown of it.
    fn shown(&self, number: usize) -> &str {
        redact::beginning(self.whole(number), LONGEST)
    }
}

fn depth(line: &str) -> usize {
    indentation(line).len()
}
