//! Puts left-out code back: it is what the original has between two lines that both the original and the answer have.

use std::ops::Range;

use super::{DOTS, has_dots, stands_for_others};
use crate::syntax::Language;
use crate::text::common::is_changed;
use crate::text::layout::indentation;

/// Code with its left-out lines filled in from `original`. None if nothing is left out, or if it is ambiguous what is. `is_all` says that
/// the code replaces the whole original, so both begin and end at the same place.
pub fn expanded(language: &Language, original: &str, code: &str, is_all: bool) -> Option<String> {
    let (there, lines): (Vec<&str>, Vec<&str>) = (original.lines().collect(), code.lines().collect());
    let is_known = |line: &str| there.iter().any(|own| own.trim() == line.trim());
    let marks: Vec<usize> = (0..lines.len()).filter(|at| stands_for_others(language, lines[*at]) && !is_known(lines[*at])).collect();
    let last = *marks.last()?;
    let starts = std::iter::once(0).chain(marks.iter().map(|at| at + 1));
    let pieces: Vec<Range<usize>> = starts.zip(marks.iter().copied().chain([lines.len()])).map(|(start, end)| start..end).collect();
    let laid = Laid { there: &there, lines: &lines, is_all };
    let mut out: Vec<String> = lines[pieces[0].clone()].iter().map(ToString::to_string).collect();
    let mut from = 0;
    for (number, mark) in marks.into_iter().enumerate() {
        let (above, below) = (&pieces[number], &pieces[number + 1]);
        // At the edge of the code, dots alone may be a statement.
        let open = is_all && lines[mark].trim() != DOTS;
        let start = laid.end_of(above, from).or_else(|| (open && number == 0 && laid.is_blank(above)).then_some(0))?;
        let end = laid.start_of(below, start).or_else(|| (open && mark == last && laid.is_blank(below)).then_some(there.len()))?;
        match laid.shifted(start..end, above, below)? {
            // A line that represents nothing is an ordinary comment.
            none if none.is_empty() && !has_dots(lines[mark]) => out.push(lines[mark].into()),
            elided => out.extend(laid.without_doubled_blanks(elided, above, below)),
        }
        out.extend(lines[below.clone()].iter().map(ToString::to_string));
        from = end;
    }
    Some(out.join("\n") + if code.ends_with('\n') { "\n" } else { "" })
}

/// The code aligned with the original.
struct Laid<'a> {
    there: &'a [&'a str],
    lines: &'a [&'a str],
    is_all: bool,
}

impl Laid<'_> {
    fn is_blank(&self, piece: &Range<usize>) -> bool {
        self.lines[piece.clone()].iter().all(|line| line.trim().is_empty())
    }

    /// Where the original continues after the last lines of a piece of the code, searched from a line on.
    fn end_of(&self, piece: &Range<usize>, from: usize) -> Option<usize> {
        let said: Vec<&str> = self.lines[piece.clone()].iter().rev().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        let places = (from..self.there.len()).rev().collect::<Vec<usize>>();
        // The first piece of the code may also be the start of the original.
        let at_edge =
            |at: usize| self.is_all && piece.start == 0 && said.len() == self.there[..=at].iter().filter(|line| says(line)).count();
        self.place(&said, &places, at_edge).map(|at| at + 1)
    }

    /// The line of the original at which a piece of the code begins, searched from a line on.
    fn start_of(&self, piece: &Range<usize>, from: usize) -> Option<usize> {
        let said: Vec<&str> = self.lines[piece.clone()].iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        let places = (from..self.there.len()).collect::<Vec<usize>>();
        let ends = piece.end == self.lines.len();
        let at_edge = |at: usize| self.is_all && ends && said.len() == self.there[at..].iter().filter(|line| says(line)).count();
        self.place(&said, &places, at_edge)
    }

    /// The only place, among several in the original, where the lines of the code occur in this order; only as many lines are compared as
    /// it takes to distinguish the places. A line of brackets alone says nothing, unless all lines match up to the edge of the text.
    fn place(&self, said: &[&str], places: &[usize], at_edge: impl Fn(usize) -> bool) -> Option<usize> {
        let first = *said.first()?;
        let all = |fits: &dyn Fn(&str) -> bool| (0..places.len()).filter(|place| fits(self.there[places[*place]].trim())).collect();
        let mut found: Vec<usize> = all(&|line| line == first);
        if found.is_empty() {
            // The line itself was changed.
            let changed: Vec<usize> = all(&|line| is_changed(line, first));
            return <[usize; 1]>::try_from(changed).ok().map(|[place]| places[place]);
        }
        let behind = |place: usize| places[place..].iter().map(|at| self.there[*at].trim()).filter(|line| !line.is_empty());
        let mut tells = false;
        for (number, line) in said.iter().enumerate() {
            found.retain(|place| behind(*place).nth(number) == Some(line));
            tells |= line.chars().filter(|letter| letter.is_alphanumeric()).count() > 1;
            if found.len() == 1 && tells {
                return Some(places[found[0]]);
            }
        }
        found.into_iter().map(|place| places[place]).find(|at| at_edge(*at))
    }

    /// Lines of the original without the blank ones at their ends that the code has as well.
    fn without_doubled_blanks(&self, mut elided: Vec<String>, above: &Range<usize>, below: &Range<usize>) -> Vec<String> {
        let blank = |line: Option<&&str>| line.is_some_and(|line| !says(line));
        if blank(self.lines[above.clone()].last()) {
            let first = elided.iter().position(|line| says(line)).unwrap_or(elided.len());
            elided.drain(..first);
        }
        if blank(self.lines[below.clone()].first()) {
            let last = elided.iter().rposition(|line| says(line)).map_or(0, |at| at + 1);
            elided.truncate(last);
        }
        elided
    }

    /// Lines of the original, indented like the code they go into; none if that is unclear.
    fn shifted(&self, elided: Range<usize>, above: &Range<usize>, below: &Range<usize>) -> Option<Vec<String>> {
        let before = self.lines[above.clone()].iter().rfind(|line| says(line)).zip(elided.start.checked_sub(1));
        let (line, at) = before.or_else(|| self.lines[below.clone()].iter().find(|line| says(line)).zip(Some(elided.end)))?;
        let (is, wanted) = (indentation(self.there[at]), indentation(line));
        let depth = |line: &str| {
            if let Some(outer) = is.strip_suffix(wanted) {
                line.strip_prefix(outer).map(String::from)
            } else {
                wanted.strip_suffix(is).map(|outer| format!("{outer}{line}"))
            }
        };
        self.there[elided].iter().map(|line| if says(line) { depth(line) } else { Some(String::new()) }).collect()
    }
}

fn says(line: &str) -> bool {
    !line.trim().is_empty()
}
