//! Brackets that are not closed, or that close nothing. While the user types, a bracket is open for a while, and to the parser all
//! definitions after it are inside it. Indentation says which bracket it is.

use std::ops::Range;

use super::brackets::{Bracket, brackets};
use super::data::lists;
use super::language::Language;
use crate::text::layout::indentation;
use crate::text::lines::{line_end, line_start, next_line};
use crate::text::words;

/// Maximum brackets without a partner in a text that is being typed. A text with more is broken in another way: it is another language, or
/// its brackets come from macros.
const MAX_REPAIRS: usize = 8;
/// Maximum brackets that are open at a time. Nobody writes deeper ones by hand.
const MAX_DEPTH: usize = 200;
/// The largest text that is examined, in bytes: it is read with each key.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// What the parser has to read differently, so that every bracket has its partner.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repair {
    /// The bracket without a partner.
    bracket: usize,
    /// The bytes that are read differently.
    pub range: Range<usize>,
    /// They are a space, and a block ends there; otherwise nothing is there.
    pub closes: bool,
}

impl Repair {
    /// Hides only the bracket.
    fn without(bracket: usize) -> Self {
        Self { bracket, range: bracket..bracket + 1, closes: false }
    }
}

/// What has to be read differently, in order. Nothing if there is more than anybody leaves open.
pub(super) fn repairs(text: &str, language: &Language) -> Vec<Repair> {
    if text.len() > MAX_TEXT_BYTES || is_even(text.as_bytes()) {
        return vec![];
    }
    let mut pairing = Pairing { text, language, open: vec![], alone: vec![], conditions: vec![], line: Line::default() };
    for bracket in brackets(text, &language.surface) {
        pairing.reach(bracket.at);
        if pairing.line.is_directive {
            continue;
        }
        if bracket.opens {
            pairing.open.push(Opened { at: bracket.at, letter: bracket.letter, indent: pairing.line.indent });
        } else {
            pairing.close(&bracket);
        }
        if pairing.open.len() > MAX_DEPTH || pairing.alone.len() > MAX_REPAIRS {
            return vec![];
        }
    }
    let open = std::mem::take(&mut pairing.open);
    open.iter().for_each(|open| pairing.leave_open(open));
    let mut repairs = pairing.alone;
    if repairs.len() > MAX_REPAIRS {
        return vec![];
    }
    repairs.sort_by_key(|repair| (repair.range.start, repair.bracket));
    // What is hidden together with other things needs no partner.
    let hidden: Vec<Range<usize>> = repairs.iter().filter(|repair| !repair.closes).map(|repair| repair.range.clone()).collect();
    let mut end = 0;
    repairs.retain(|repair| {
        let is_apart = repair.range.start >= end && !hidden.iter().any(|range| *range != repair.range && range.contains(&repair.bracket));
        end = if is_apart { repair.range.end } else { end };
        is_apart
    });
    repairs
}

/// Whether as many brackets of each kind open as close, including those in strings and comments. Then most likely each has its partner, and
/// the text is broken by something else, such as a macro. Counting costs nothing compared with a second parse.
fn is_even(text: &[u8]) -> bool {
    [(b'(', b')'), (b'[', b']'), (b'{', b'}')]
        .iter()
        .all(|(opens, closes)| crate::text::count(text, *opens) == crate::text::count(text, *closes))
}

/// The repair that gives an open brace its partner. Its block can end before the first line that is not indented deeper, in place of a
/// space of that line; at the margin there is none. None if there is no such line: what is open at the end of a text is closed there by the
/// parser.
fn closed(text: &str, opened: &Opened) -> Option<Repair> {
    let mut at = next_line(text, opened.at);
    while at < text.len() {
        let line = &text[at..line_end(text, at)];
        let indent = indentation(line).len();
        if !line.trim().is_empty() && indent <= opened.indent {
            return Some(if indent > 0 {
                Repair { bracket: opened.at, range: at..at + 1, closes: true }
            } else {
                Repair::without(opened.at)
            });
        }
        at = next_line(text, at);
    }
    None
}

/// A bracket waiting for its partner.
#[derive(Clone, Copy)]
struct Opened {
    at: usize,
    letter: char,
    /// The indentation of the line on which its statement begins.
    indent: usize,
}

/// The line that was reached.
#[derive(Default)]
struct Line {
    start: usize,
    end: usize,
    /// The indentation of its statement.
    indent: usize,
    /// It is a preprocessor line, or continues one.
    is_directive: bool,
}

struct Pairing<'a> {
    text: &'a str,
    language: &'a Language,
    open: Vec<Opened>,
    /// For brackets without a partner.
    alone: Vec<Repair>,
    /// For each surrounding preprocessor condition: what was open before it, and what is open after its first branch.
    conditions: Vec<(Vec<Opened>, Option<Vec<Opened>>)>,
    line: Line,
}

impl Pairing<'_> {
    /// Advances to the line of a place.
    fn reach(&mut self, at: usize) {
        if self.line.end == 0 {
            self.enter(0);
        }
        while self.line.end < at {
            self.enter(self.line.end + 1);
        }
    }

    fn enter(&mut self, start: usize) {
        let end = line_end(self.text, start);
        let line = &self.text[start..end];
        let said = line.trim_start();
        let goes_on = self.line.is_directive && self.text[..start].trim_end_matches(['\n', '\r']).ends_with('\\') && start > 0;
        let directive =
            self.language.surface.preprocessor.as_ref().filter(|_| !goes_on).and_then(|lines| said.strip_prefix(lines.sign.as_str()));
        if let Some(directive) = directive {
            self.branch(directive.trim_start());
        }
        self.line = Line { start, end, indent: line.len() - said.len(), is_directive: goes_on || directive.is_some() };
    }

    /// Only one of the branches of a condition exists, so each begins with what was open before, and the first determines what is open
    /// after it.
    fn branch(&mut self, directive: &str) {
        let Some(lines) = &self.language.surface.preprocessor else { return };
        let is = |word: &str| word.strip_prefix(lines.sign.as_str()).is_some_and(|word| directive.starts_with(word));
        if is(&lines.opens) {
            self.conditions.push((self.open.clone(), None));
        } else if lines.divides.iter().any(|word| is(word)) {
            let Some((before, first)) = self.conditions.last_mut() else { return };
            let now = std::mem::replace(&mut self.open, before.clone());
            first.get_or_insert(now);
        } else if is(&lines.closes)
            && let Some((_, Some(first))) = self.conditions.pop()
        {
            self.open = first;
        }
    }

    fn leave_open(&mut self, open: &Opened) {
        let repair = if open.letter == '{' { closed(self.text, open) } else { Some(self.condition(open)) };
        self.alone.extend(repair);
    }

    /// Without its block a condition is half of something, and the parser would look for the block in what follows: all of it is hidden.
    fn condition(&self, open: &Opened) -> Repair {
        let (start, end) = (line_start(self.text, open.at), line_end(self.text, open.at));
        let first = self.text[start..open.at].find(|letter: char| letter.is_alphanumeric()).map_or(open.at, |at| start + at);
        let word = words::first(&self.text[first..open.at]);
        let is_condition = lists(&self.language.uncalled, word) || lists(&self.language.surface.goes_on, word);
        if is_condition { Repair { bracket: open.at, range: first..end, closes: false } } else { Repair::without(open.at) }
    }

    fn close(&mut self, bracket: &Bracket) {
        let opens = match bracket.letter {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        let is_first = self.text[self.line.start..bracket.at].trim_start_matches([')', ']', '}']).trim().is_empty();
        let indent = indentation(&self.text[self.line.start..self.line.end]).len();
        let fits = |open: &Opened| open.letter == opens;
        let Some(nearest) = self.open.iter().rposition(fits) else { return self.alone.push(Repair::without(bracket.at)) };
        // What begins a line is indented like the line on which it was opened.
        let is_deeper = |open: &Opened| open.at < self.line.start && open.indent > indent;
        let at_its_depth = || self.open[..nearest].iter().rposition(|open| fits(open) && open.indent == indent);
        let below = if is_first && is_deeper(&self.open[nearest]) { at_its_depth() } else { None };
        let partner = below.unwrap_or(nearest);
        let opened = self.open[partner];
        if is_first && opened.at < self.line.start && opened.indent < indent {
            return self.alone.push(Repair::without(bracket.at));
        }
        for open in self.open.split_off(partner).iter().skip(1) {
            self.leave_open(open);
        }
        if opened.at < self.line.start {
            self.line.indent = self.line.indent.min(opened.indent);
        }
    }
}
