//! How much of a model's text belongs in the hole: one statement, or the lines of a block. While the answer is still streaming, the same
//! code says when enough of it has arrived.

use super::hole::{Hole, Inside, Mode, begins_line, begins_with_closer, closes};
use crate::syntax::brackets::{balance, brackets, code, goes_on_below, long_strings};
use crate::syntax::{Blocks, Preprocessor, Surface, lists};
use crate::text::layout::indentation;
use crate::text::markdown;
use crate::text::words::is_name_letter;

/// The part of a text that fills its hole.
pub(super) struct Extent<'a> {
    lines: Vec<&'a str>,
    /// Number of lines that belong in the hole.
    count: usize,
    /// The next line closes the block and belongs there as well.
    closes: bool,
    /// Only the rest of the cursor's line is wanted.
    inline: bool,
}

impl<'a> Extent<'a> {
    /// Splits a text as the mode of the hole requires.
    pub fn of(hole: &Hole, text: &'a str) -> Self {
        let lines: Vec<&str> = text.split('\n').collect();
        let begins_below = begins_line(text);
        let block = |indent: &str| {
            let count = block(hole, text, &lines, indent);
            let closes = closes_block(hole, lines.get(count), indent);
            (count, closes)
        };
        let (count, closes) = match &hole.mode {
            // In `namespace a {` and the like, the content may be indented like the block itself.
            Mode::Block { indent } if !begins_deeper(hole, lines[0], indent) => (statement(hole, text, &lines), false),
            Mode::Block { indent } => block(indent),
            Mode::Pair { indent, .. } if begins_below => block(indent),
            Mode::Pair { .. } => (values(hole, text, &lines), false),
            Mode::Remark if begins_below => (below_remark(hole, text, &lines), false),
            Mode::Statement => (statement(hole, text, &lines), false),
            Mode::Line | Mode::Remark => (1, false),
        };
        let inline = match hole.mode {
            Mode::Line => true,
            Mode::Pair { .. } | Mode::Remark => !begins_below,
            _ => false,
        };
        Self { lines, count, closes, inline }
    }

    /// The text that belongs in the hole.
    pub fn text(&self) -> String {
        let mut out = self.lines[..self.count].join("\n");
        if self.closes {
            out.push('\n');
            out.push_str(self.lines[self.count].trim_end());
        }
        out
    }

    /// Whether it is complete: nothing that the model may still write changes it.
    pub fn is_full(&self, surface: &Surface) -> bool {
        let says = self.lines[..self.count].iter().any(|line| !line.trim().is_empty());
        let Some(next) = self.lines.get(self.count).filter(|_| says) else { return false };
        // A line that is still streaming is judged by its first word, once that is complete.
        let (first, more) = next.trim().split_once(' ').unwrap_or_default();
        let told = || !more.is_empty() && first.chars().all(char::is_alphabetic) && !ends_loop(surface, first);
        self.inline || self.count + 1 < self.lines.len() || told()
    }
}

/// Whether the first line of a text is indented more than the block's opener, or is on the opener's line.
fn begins_deeper(hole: &Hole, first: &str, indent: &str) -> bool {
    let column = indentation(hole.line()).len() + if hole.is_blank() { indentation(first).len() } else { 0 };
    !hole.is_blank() || first.trim().is_empty() || column != indent.len()
}

/// The first statement: its first line, lines that are indented more or continue it, and lines until all its brackets and strings are
/// closed.
fn statement(hole: &Hole, text: &str, lines: &[&str]) -> usize {
    let base = hole.base().len();
    let open = open_at(hole, text);
    (1..lines.len()).find(|number| !goes_on_at(hole, lines, *number, base, open[*number])).unwrap_or(lines.len())
}

/// Whether a line belongs to the statement before it.
fn goes_on_at(hole: &Hole, lines: &[&str], number: usize, base: usize, open: Open) -> bool {
    let line = lines[number];
    let depth = indentation(line).len();
    line.trim().is_empty()
        || depth > base
        || open != Open::Nothing
        || goes_on_below(&line_at(hole, lines, number - 1), hole.surface)
        || depth == base && goes_on(hole, &lines[..number], line)
}

/// A line of a text as it will be in the file.
fn line_at(hole: &Hole, lines: &[&str], number: usize) -> String {
    if number == 0 { format!("{}{}", hole.line(), lines[0]) } else { lines[number].into() }
}

/// The first line, and lines until all its brackets and strings are closed: the arguments of a call, one of which is a function.
fn values(hole: &Hole, text: &str, lines: &[&str]) -> usize {
    let open = open_at(hole, text);
    (1..lines.len()).find(|number| open[*number] == Open::Nothing).unwrap_or(lines.len())
}

/// The lines of an answer that leaves the comment at the cursor: blank lines, and the first statement below.
fn below_remark(hole: &Hole, text: &str, lines: &[&str]) -> usize {
    let Some(first) = lines.iter().position(|line| !line.trim().is_empty()) else { return lines.len() };
    let start: usize = lines[..first].iter().map(|line| line.len() + 1).sum();
    let depth = indentation(lines[first]);
    let before = format!("{}\n{depth}", hole.before);
    let below = Hole::new(&before, hole.after, hole.surface, Inside::Code, false);
    let text = &text[start + depth.len()..];
    let lines: Vec<&str> = text.split('\n').collect();
    first + statement(&below, text, &lines)
}

/// Lines indented more than the block's opener.
fn block(hole: &Hole, text: &str, lines: &[&str], indent: &str) -> usize {
    let open = open_at(hole, text);
    // If the answer leaves the block with the line that is below the cursor, it repeats the file, even if a bracket seems open.
    let next = hole.following().find(|line| !line.trim().is_empty()).map(str::trim_end);
    let inside = |number: &usize| {
        let line = lines[*number];
        let deeper = line.trim().is_empty() || indentation(line).len() > indent.len();
        let again = || line.trim().len() > 3 && next == Some(line.trim_end());
        let belongs = || open[*number] == Open::String || stands_out(hole, line, open[*number]) || divides(hole, line, indent);
        deeper || goes_on_below(&line_at(hole, lines, number - 1), hole.surface) || !again() && belongs()
    };
    (1..lines.len()).find(|number| !inside(number)).unwrap_or(lines.len())
}

/// Whether a line right after the block's lines closes it, and no line of the file does.
fn closes_block(hole: &Hole, line: Option<&&str>, indent: &str) -> bool {
    let missing = !closes(hole.following().next(), indent, hole.surface) && !matches!(hole.mode, Mode::Pair { .. });
    missing && line.is_some_and(|line| closes(Some(line), indent, hole.surface) && closes_only(line, hole.surface))
}

/// Whether a line begins the next part of a block that ends with a word: `else` before `end`.
fn divides(hole: &Hole, line: &str, indent: &str) -> bool {
    let first = first_word(line.trim());
    let is_next = hole.surface.blocks == Blocks::Words && indentation(line) == indent && lists(&hole.surface.divides, first);
    is_next && !closes(hole.following().next(), indent, hole.surface)
}

/// Whether a line only closes something.
pub(super) fn closes_only(line: &str, surface: &Surface) -> bool {
    let line = line.trim();
    let behind = line.strip_prefix("</").and_then(|rest| rest.split_once('>')).map_or(line, |(_, behind)| behind);
    surface.is_closing_word(line) || behind.chars().all(|letter| "})];,".contains(letter))
}

/// What is open at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    String,
    /// A bracket, or a preprocessor `#if`.
    Bracket,
}

/// What is open at the start of each line of a text, once it is inserted at the cursor.
fn open_at(hole: &Hole, text: &str) -> Vec<Open> {
    let line = hole.line();
    let whole = format!("{line}{text}");
    let strings = long_strings(&whole, hole.surface);
    let brackets = brackets(&whole, hole.surface);
    // Brackets that the cursor's line opens do not count if the file closes them: right after the cursor, or on the next line.
    let closed =
        matches!(hole.mode, Mode::Pair { .. }) || hole.following().next().is_some_and(|line| begins_with_closer(line, hole.surface));
    let counted = brackets.iter().filter(|bracket| !closed || bracket.at >= line.len());
    let mut counted = counted.peekable();
    let (mut depth, mut directives, mut at) = (0, 0, 0);
    let mut found = vec![];
    for one in whole.split_inclusive('\n').chain(whole.ends_with('\n').then_some("")) {
        let quoted = strings.iter().any(|string| string.start < at && at < string.end);
        found.push(match quoted {
            true => Open::String,
            false if depth > 0 || directives > 0 => Open::Bracket,
            false => Open::Nothing,
        });
        at += one.len();
        while let Some(bracket) = counted.next_if(|bracket| bracket.at < at) {
            depth += if bracket.opens { 1 } else { -1 };
            // A bracket that the cursor's line closes was opened above it, outside of this text.
            depth = if bracket.at < line.len() { depth.max(0) } else { depth };
        }
        directives += hole.surface.preprocessor.as_ref().filter(|_| !quoted).map_or(0, |lines| directive(lines, one));
    }
    found
}

/// What a preprocessor line opens or closes.
fn directive(lines: &Preprocessor, line: &str) -> i32 {
    let line = line.trim_start();
    i32::from(line.starts_with(&lines.opens)) - i32::from(line.starts_with(&lines.closes))
}

/// Whether a line belongs to a block although it is not indented like it: a label, or a preprocessor line.
fn stands_out(hole: &Hole, line: &str, open: Open) -> bool {
    let line = line.trim();
    let word = |text: &str| text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') && text.chars().all(is_name_letter);
    let label =
        code(line, hole.surface).strip_suffix(':').is_some_and(|name| word(name.trim()) && !lists(&hole.surface.not_labels, name.trim()));
    let below_label = hole.opener().is_some_and(|opener| code(opener, hole.surface).ends_with(':'));
    let directive = |lines: &Preprocessor| {
        let alone = line.starts_with(&lines.opens) || lines.others.iter().any(|begin| line.starts_with(begin.as_str()));
        alone || open == Open::Bracket && (lines.is_conditional(line) || line.starts_with(&lines.closes))
    };
    hole.surface.labels && label && !below_label || hole.surface.preprocessor.as_ref().is_some_and(directive)
}

/// Whether a line at a statement's own level continues it.
fn goes_on(hole: &Hole, before: &[&str], line: &str) -> bool {
    let said = format!("{}{}", hole.line(), before.join("\n"));
    Continuation::new(hole, &said, before, line).is_one()
}

/// A line at a statement's own level, and the statement so far.
struct Continuation<'a> {
    hole: &'a Hole<'a>,
    /// The statement so far, with the cursor's line.
    said: &'a str,
    /// Its last line of code.
    last: &'a str,
    line: &'a str,
    /// The first word of the line.
    first: &'a str,
}

impl<'a> Continuation<'a> {
    fn new(hole: &'a Hole<'a>, said: &'a str, before: &[&'a str], line: &'a str) -> Self {
        let mut codes = before.iter().rev().map(|line| code(line, hole.surface));
        let last = codes.find(|line| !line.trim().is_empty()).unwrap_or(code(hole.line(), hole.surface)).trim();
        let line = line.trim();
        Self { hole, said, last, line, first: first_word(line) }
    }

    /// Whether the line continues the statement.
    fn is_one(&self) -> bool {
        let surface = self.hole.surface;
        if lists(&surface.goes_on, self.first) || self.ends_its_loop() {
            return true;
        }
        if let Some(conditions) = surface.conditions.as_ref().filter(|conditions| conditions.word == self.first) {
            let head = self.said.trim_start();
            return self.is_unended() && head.contains(&conditions.of_open) || head.contains(&conditions.of);
        }
        self.opens_its_body()
            || self.is_in_code_fence()
            || self.closes_angle()
            || self.closes_element()
            || self.goes_on_with_operator()
            || self.hole.is_blank() && is_lead(self.said, surface)
            || is_type_of_function(self.hole, self.said, self.line)
    }

    /// Whether the last line ends no statement and no block.
    fn is_unended(&self) -> bool {
        !self.last.ends_with([';', '}', '{'])
    }

    /// `} while (…);`: the line ends the loop that the statement begins.
    fn ends_its_loop(&self) -> bool {
        let begins_loop = |[begins, _]: &[String; 2]| self.said.trim_start().starts_with(begins.as_str());
        self.hole.surface.loop_ends.as_ref().is_some_and(begins_loop)
            && ends_loop(self.hole.surface, self.first)
            && self.line.ends_with(';')
    }

    /// Whether the line is the brace of a body whose head is above.
    fn opens_its_body(&self) -> bool {
        let begins = |word: &str| self.said.lines().any(|line| line.trim_start().starts_with(word));
        let has_conditions = || self.hole.surface.conditions.as_ref().is_some_and(|known| begins(&known.word));
        self.line.starts_with('{') && self.is_unended() && (!self.last.ends_with(',') || has_conditions())
    }

    /// Whether the statement is a fenced code block that is still open.
    fn is_in_code_fence(&self) -> bool {
        let head = self.said.trim_start();
        head.starts_with(markdown::FENCE) && head.matches(markdown::FENCE).count() % 2 == 1
    }

    /// Whether the line closes type parameters.
    fn closes_angle(&self) -> bool {
        let behind = self.line.strip_prefix('>');
        let closes = behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([';', ',', ')', '(', ' ']));
        closes && self.said.contains('<') && self.hole.surface.angles
    }

    /// Whether the line closes an element that the statement opens.
    fn closes_element(&self) -> bool {
        let is_open = |rest: &str| self.said.contains(&format!("<{}", first_word(rest)));
        self.line.starts_with("/>") || self.line.strip_prefix("</").is_some_and(is_open)
    }

    /// Whether the line accesses a member of what is above, or joins a condition to it.
    fn goes_on_with_operator(&self) -> bool {
        let takes_member = |sign: &str| self.line.strip_prefix(sign).is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        takes_member(".") || takes_member("?.") || self.line.starts_with("&& ") || self.line.starts_with("|| ")
    }
}

/// The letters and digits at the start of a text.
fn first_word(text: &str) -> &str {
    text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()
}

/// Whether a C text is only the return type of a function whose name begins the next line.
pub(super) fn is_type_of_function(hole: &Hole, said: &str, next: &str) -> bool {
    let type_letter = |letter: char| letter.is_alphanumeric() || "_ \t*&:<>,".contains(letter);
    let named = next
        .split_once('(')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_:~*".contains(letter)));
    hole.surface.has_braces() && hole.line().is_empty() && named && said.starts_with(char::is_alphabetic) && said.chars().all(type_letter)
}

/// Whether a text has only what may precede a definition: attributes, decorators, comments, template parameters.
pub(super) fn is_lead(text: &str, surface: &Surface) -> bool {
    let mut depth = 0;
    let mut lines = text.split('\n').filter(|line| !line.trim().is_empty());
    lines.all(|line| {
        let begins = depth == 0;
        depth += balance(line, surface);
        !begins
            || surface.is_attribute(line.trim())
            || code(line, surface).trim().is_empty()
            || line.trim_end().ends_with('>') && surface.leads.iter().any(|word| line.trim_start().starts_with(word.as_str()))
    })
}

/// [`is_lead`], with at least one line that is not a comment.
pub(super) fn has_attributes_only(text: &str, surface: &Surface) -> bool {
    is_lead(text, surface) && text.lines().any(|line| !code(line, surface).trim().is_empty())
}

/// Whether a word begins the line that ends a loop.
fn ends_loop(surface: &Surface, word: &str) -> bool {
    surface.loop_ends.as_ref().is_some_and(|[_, ends]| ends == word)
}
