//! The function around the cursor by the shape of the lines: what a statement that is only half written hides from the tree, in a language
//! whose functions begin with no word of their own.

use super::{Enclosing, Heading, indent, last_line};
use crate::syntax::lists;
use crate::text::words;

/// How many lines up the heading is searched for.
const MAX_LINES_UP: usize = 400;
/// Maximum lines of a heading.
const MAX_HEADING_LINES: usize = 12;

impl<'a> Enclosing<'a> {
    /// The outermost of the lines above that open a block around the cursor, by their indentation, and that read `name(…) … {`. A loop of a
    /// macro reads like that too, but is in a function.
    pub(super) fn by_shape(&self) -> Option<Heading<'a>> {
        let language = self.language.filter(|language| !language.indented)?;
        let (mut found, mut depth) = (None, usize::MAX);
        for number in (0..=self.cursor).rev().take(MAX_LINES_UP) {
            let (line, own) = (self.lines[number].trim(), indent(self.lines[number]));
            let closes_here = number == self.cursor && line.starts_with('}');
            let says_nothing = line.is_empty() || line.ends_with(':') || line.starts_with('#') || language.is_comment_or_mark(line);
            if closes_here || says_nothing || own >= depth {
                continue;
            }
            depth = own;
            let heading = match line {
                "{" => Some((self.first_of_heading(number), number)),
                _ => self.opening(number).map(|last| (self.first_of_heading(number), last)),
            };
            found = heading.and_then(|(start, last)| self.named_heading(start, last)).or(found);
        }
        found
    }

    /// The line, not below the cursor, that opens the block of the heading that begins at a line.
    fn opening(&self, start: usize) -> Option<usize> {
        let ends = |number: &usize| self.lines[*number].trim_end().ends_with(['{', ';', '}']);
        let last = (start..=self.cursor).take(MAX_HEADING_LINES).find(ends)?;
        self.lines[last].trim_end().ends_with('{').then_some(last)
    }

    /// The first line of the heading that a line belongs to: those above it that end nothing.
    fn first_of_heading(&self, line: usize) -> usize {
        let goes_on = |number: &usize| {
            let above = self.lines[*number].trim();
            let ends = above.is_empty() || above.starts_with('#') || above.ends_with(['{', '}', ';', ':']);
            !ends && !self.language.is_some_and(|language| language.is_comment_or_mark(above))
        };
        (0..line).rev().take(MAX_HEADING_LINES).take_while(goes_on).last().unwrap_or(line)
    }

    /// The heading in these lines, if they name a function: the word before the first bracket is no word of the language, nothing is
    /// assigned before it, and all brackets are closed.
    fn named_heading(&self, start: usize, last: usize) -> Option<Heading<'a>> {
        let opens = (start..=last).find(|number| self.lines[*number].contains('('))?;
        let before = self.lines[opens].split('(').next()?.trim_end();
        let name = words::last(before);
        let is_free = !name.is_empty() && !self.language.is_some_and(|language| lists(&language.reserved, name));
        let head = &self.lines[start..=last];
        let count = |sign| head.iter().map(|line| line.matches(sign).count()).sum::<usize>();
        let assigns = before.contains(['=', '.', '"', '\'']) || before.contains("->");
        if !is_free || assigns || count('(') != count(')') {
            return None;
        }
        let owner = before.strip_suffix(name)?.strip_suffix("::").and_then(|owner| words::identifiers(last_line(owner)).last());
        Some(Heading { start, last, named: opens, name, owner: owner.map(|(_, owner)| owner) })
    }
}
