//! The hole at the cursor: how much may be filled in, and where the model should stop. Judged by the lines around the cursor, so
//! half-written code works too; the parser decides later ([`super::judge`]).

use crate::syntax::brackets;
use crate::syntax::{Blocks, Surface, lists};
use crate::text::layout::indentation;
use crate::text::lines::line_start;
use crate::text::words::{self, is_word};

/// How much is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The rest of the line: text follows the cursor, or it is inside an expression, a string or a comment.
    Line,
    /// One statement, maybe over several lines.
    Statement,
    /// Lines indented more than this, and the line that closes the block if nothing closes it yet.
    Block { indent: String },
    /// Between brackets on one line: `{|}`, `call(|)`. An answer that begins a new line is a block of lines; any other ends on the line
    /// where all its brackets are closed. `body` says that the brackets are a block's.
    Pair { indent: String, body: bool },
    /// The rest of a comment at the end of its line, or the statement below if the model goes on there.
    Remark,
}

/// What surrounds the cursor, according to the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Code that may lack a statement or a block.
    Code,
    /// An expression that begins or ends on the cursor's line.
    Expression,
    /// A string or a comment.
    Words,
}

/// The text on both sides of the cursor, with `\n` as line break.
#[derive(Clone, Debug)]
pub struct Hole<'a> {
    pub before: &'a str,
    pub after: &'a str,
    pub surface: &'a Surface,
    pub mode: Mode,
    /// The cursor is in a comment or a string, where brackets and quotes mean nothing.
    pub is_quoted: bool,
    /// The indentation of the line that opens the block right before the cursor.
    outer: Option<&'a str>,
    /// The indentation of the statement that the cursor's line belongs to.
    base: &'a str,
}

impl<'a> Hole<'a> {
    /// Judges the hole between two texts; `invoked` says that the user has asked.
    pub fn new(before: &'a str, after: &'a str, surface: &'a Surface, inside: Inside, invoked: bool) -> Self {
        let outer = opened_by(before, surface).map(|_| indentation(head(before, surface)));
        let mode = match inside {
            Inside::Words if is_remark(before, after, surface) => Mode::Remark,
            Inside::Words => Mode::Line,
            Inside::Expression => pair(before, after, surface, false).unwrap_or_else(|| expression(before, after, surface, outer)),
            Inside::Code => mode(before, after, surface, outer, invoked),
        };
        let line = last_line(before);
        let base = indentation(if line.trim().is_empty() { line } else { head(before, surface) });
        let is_quoted = inside == Inside::Words || !surface.is_read() && brackets::unclosed(before, surface).is_some();
        Self { before, after, surface, mode, is_quoted, outer, base }
    }

    /// The indentation of the line that opens the block right before the cursor; none if no block opens there.
    pub fn outer(&self) -> Option<&'a str> {
        self.outer
    }

    /// The indentation of the statement that the cursor's line belongs to: that of its first line.
    pub fn base(&self) -> &'a str {
        self.base
    }

    /// The cursor's line up to the cursor.
    pub fn line(&self) -> &'a str {
        last_line(self.before)
    }

    /// The rest of the cursor's line.
    pub fn rest(&self) -> &'a str {
        first_line(self.after)
    }

    /// The non-blank lines after the cursor's line.
    pub fn following(&self) -> impl Iterator<Item = &'a str> {
        self.after.split('\n').skip(1).filter(|line| !line.trim().is_empty())
    }

    /// Whether the cursor is between two letters of one word, which the user is correcting.
    pub fn is_inside_word(&self) -> bool {
        let word = |letter: char| is_word(letter) && !words::is_unspaced(letter);
        self.before.ends_with(word) && self.after.starts_with(word)
    }

    /// Whether a whole body has to be written: a block opens, with nothing in it.
    pub fn is_empty_body(&self) -> bool {
        match &self.mode {
            Mode::Block { indent } => self.outer.is_some_and(|outer| outer == indent),
            mode => matches!(mode, Mode::Pair { body: true, .. }),
        }
    }

    /// The line that opens a block right before the cursor.
    pub fn opener(&self) -> Option<&'a str> {
        opened_by(self.before, self.surface)
    }

    /// Whether only white space precedes the cursor on its line.
    pub fn is_blank(&self) -> bool {
        self.line().trim().is_empty()
    }

    /// The non-blank lines above the cursor's line, nearest first.
    pub fn above(&self) -> impl Iterator<Item = &'a str> {
        self.before.rsplit('\n').skip(1).filter(|line| !line.trim().is_empty())
    }

    /// What has to be put between a suggestion and the bracket after the cursor.
    pub fn tail(&self, text: &str) -> String {
        match &self.mode {
            Mode::Pair { indent, .. } if begins_line(text) => format!("\n{indent}"),
            Mode::Pair { .. } if text.starts_with(' ') && self.rest().starts_with('}') => " ".into(),
            _ => String::new(),
        }
    }

    /// Texts at which the model may stop.
    pub fn stops(&self) -> Vec<String> {
        match &self.mode {
            Mode::Line => vec!["\n".into()],
            Mode::Statement | Mode::Remark => {
                // Below a line that continues, a closing brace further out says nothing about where the statement ends.
                let above = self.before.rsplit('\n').nth(1).unwrap_or_default();
                let outer = outer_indent(self.before, self.base).filter(|_| !brackets::goes_on_below(above, self.surface));
                let closing = outer.map(|indent| format!("\n{indent}}}"));
                // A function that begins here may contain blank lines.
                let end = if self.is_blank() || self.outer.is_some() || self.mode == Mode::Remark { "\n\n\n" } else { "\n\n" };
                [end.to_string()].into_iter().chain(closing).collect()
            }
            Mode::Pair { indent, .. } => {
                let close = self.rest().trim().get(..1).unwrap_or_default();
                // The statement below the cursor's line comes after the brackets: a model that writes it has left them.
                let next = self.following().next().filter(|next| indentation(next) == indent).map(|next| next.trim_start());
                let below = next.map(words::first).filter(|word| !word.is_empty()).map(|word| format!("\n{indent}{word}"));
                [format!("\n{indent}{close}"), "\n\n\n".into()].into_iter().chain(below).collect()
            }
            Mode::Block { indent } => {
                // The closing line is wanted if nothing closes the block yet; a line at the block's own level closes that block.
                let deeper = !self.is_blank() || self.line().len() > indent.len();
                let closing = (deeper && closes(self.following().next(), indent, self.surface)).then(|| format!("\n{indent}}}"));
                let items = if indent.is_empty() { &self.surface.items } else { &self.surface.inner_items };
                let others = items.iter().map(|word| format!("\n{indent}{word}"));
                closing.into_iter().chain(["\n\n\n".into()]).chain(others).collect()
            }
        }
    }
}

/// Whether a line is only a comment, up to its end.
fn is_remark(before: &str, after: &str, surface: &Surface) -> bool {
    let is_comment = |line: &str| surface.line.as_ref().is_some_and(|sign| line.trim_start().starts_with(sign));
    let next = after.split('\n').nth(1).unwrap_or_default();
    first_line(after).trim().is_empty() && is_comment(last_line(before)) && !is_comment(next)
}

fn mode(before: &str, after: &str, surface: &Surface, outer: Option<&str>, invoked: bool) -> Mode {
    let (line, rest) = (last_line(before), first_line(after));
    if !rest.trim().is_empty() {
        return pair(before, after, surface, true).unwrap_or(Mode::Line);
    }
    let next = after.split('\n').skip(1).find(|line| !line.trim().is_empty());
    let deeper_follows = |indent: &str| next.is_some_and(|next| indentation(next).len() > indent.len());
    match outer {
        Some(outer) if !deeper_follows(outer) => Mode::Block { indent: outer.into() },
        // The block below exists already, so only the line that opens it is wanted.
        _ if deeper_follows(indentation(line)) && below_at_once(after) => Mode::Line,
        Some(_) if !line.trim().is_empty() => Mode::Statement,
        _ if invoked && line.trim().is_empty() => match outer_indent(before, line) {
            Some(indent) => Mode::Block { indent },
            None => Mode::Statement,
        },
        _ => Mode::Statement,
    }
}

/// What is missing in an expression. After a bracket opened above, it may take several lines. Between a bracket right before the cursor and
/// a closing one on a later line, it takes lines.
fn expression(before: &str, after: &str, surface: &Surface, outer: Option<&str>) -> Mode {
    let next = after.split('\n').skip(1).find(|line| !line.trim().is_empty());
    match outer {
        _ if !first_line(after).trim().is_empty() => Mode::Line,
        Some(outer) if closes(next, outer, surface) => Mode::Block { indent: outer.into() },
        _ if falls(last_line(before), surface) > 0 => Mode::Statement,
        _ => Mode::Line,
    }
}

/// Whether the very next line is not blank.
fn below_at_once(after: &str) -> bool {
    after.split('\n').nth(1).is_some_and(|line| !line.trim().is_empty())
}

/// The line that opens a block right before the cursor, with only white space between.
pub(super) fn opened_by<'a>(before: &'a str, surface: &Surface) -> Option<&'a str> {
    let trimmed = before.trim_end();
    let line = last_line(trimmed);
    let code = brackets::code(line, surface);
    let opens = surface.opens.iter().any(|opener| code.ends_with(opener)) && !code.ends_with("::");
    (opens || opens_element(code, surface) || opens_by_word(code.trim(), surface)).then_some(line)
}

/// Whether a line opens a block that a word closes, without closing it.
fn opens_by_word(line: &str, surface: &Surface) -> bool {
    if surface.blocks != Blocks::Words {
        return false;
    }
    let behind = surface.before_blocks.iter().find_map(|word| line.strip_prefix(word.as_str()));
    let mut words = behind.unwrap_or(line).split([' ', ';', '(']);
    let takes = line.ends_with('|') && surface.block_takes.as_ref().is_some_and(|takes| line.contains(takes));
    (takes || words.next().is_some_and(|first| lists(&surface.worded, first)))
        && !words.next_back().is_some_and(|last| surface.is_closing_word(last))
}

/// The first line of the statement that a text ends in: of a signature over several lines, of a condition with aligned lines.
fn head<'a>(before: &'a str, surface: &Surface) -> &'a str {
    let mut lines = before.trim_end().rsplit('\n');
    let mut line = lines.next().unwrap_or_default();
    let first = line;
    // How many of the brackets closed so far were opened further up.
    let mut closed = falls(line, surface);
    for above in lines.take(MAX_HEAD_LINES) {
        if closed > 0 {
            closed = (closed - brackets::balance(above, surface)).max(falls(above, surface));
        } else if !is_part_of_head(above, line, surface) {
            break;
        } else {
            closed = falls(above, surface);
        }
        line = above;
    }
    let found = closed == 0 && !line.trim().is_empty() && indentation(line).len() < indentation(first).len();
    if found { line } else { first }
}

/// Maximum lines that are searched upwards for the beginning of a statement.
const MAX_HEAD_LINES: usize = 40;

/// How many brackets a line closes that it did not open.
fn falls(line: &str, surface: &Surface) -> i32 {
    let mut depth = 0;
    let depths = brackets::brackets(line, surface).into_iter().map(|bracket| {
        depth += if bracket.opens { 1 } else { -1 };
        depth
    });
    -depths.min().unwrap_or_default().min(0)
}

/// Whether a line belongs to the same statement as the one above, although no bracket is open between them.
fn is_part_of_head(above: &str, line: &str, surface: &Surface) -> bool {
    let begins = |line: &str| surface.head_parts.iter().any(|part| line.trim_start().starts_with(part.as_str()));
    let (depth, outer) = (indentation(line).len(), indentation(above).len());
    let ends = above.trim().is_empty() || brackets::code(above, surface).ends_with([';', '{', '}', ':']);
    let listed = above.trim_end().ends_with(',') && (depth == outer || begins(above));
    brackets::goes_on_below(above, surface) || surface.has_braces() && !ends && (listed || depth > outer && begins(line))
}

/// Whether a line ends with the tag of an element that it does not close: `return <ul>`.
fn opens_element(line: &str, surface: &Surface) -> bool {
    let Some(at) = line.rfind('<').filter(|_| line.ends_with('>') && !line.ends_with(['/', '=', '-']) && !line.ends_with("/>")) else {
        return false;
    };
    let name: String = line[at + 1..].chars().take_while(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-')).collect();
    let before = line[..at].trim();
    let begins = before.is_empty() || before.ends_with(['(', '>', '?', ':', '&', '{']) || surface.wants_value(before);
    begins
        && !line[at..].contains(['(', '['])
        && (name.is_empty() && line[at..] == *"<>" || name.starts_with(char::is_alphabetic))
        && !lists(&surface.void_elements, &name)
}

/// The hole between an opening bracket (or tag) right before the cursor and the closing one right after it. Except for braces, only closing
/// signs or the continuation of a call may follow. `blocks` says that braces may be a block's.
fn pair(before: &str, after: &str, surface: &Surface, blocks: bool) -> Option<Mode> {
    let (line, rest) = (last_line(before), first_line(after).trim());
    let code = brackets::code(line, surface);
    let last = code.chars().next_back().filter(|_| code.len() == line.trim_end().len())?;
    // After a comma, the next argument may be a function, too, so the hole is that of the open call.
    let open = if last == ',' { innermost(code, surface).filter(|open| *open == '(')? } else { last };
    if open == '>' && closes_element(line, rest) {
        return Some(Mode::Pair { indent: indentation(line).into(), body: false });
    }
    let close = [('{', '}'), ('(', ')'), ('[', ']')].iter().find(|(opens, _)| *opens == open)?.1;
    let behind = rest.trim_start_matches(|letter: char| "})];,(".contains(letter));
    // After braces anything may follow; a condition or an index stays on its line.
    let closes = rest.starts_with(close) && (open == '{' || behind.is_empty() || behind.starts_with(['.', '?']));
    let body = blocks && open == '{' && code[..code.len() - 1].ends_with([' ', '\t', ')']);
    closes.then(|| Mode::Pair { indent: indentation(line).into(), body })
}

/// The bracket that a line opens last and does not close.
fn innermost(line: &str, surface: &Surface) -> Option<char> {
    let mut open = vec![];
    for bracket in brackets::brackets(line, surface) {
        if bracket.opens {
            open.push(bracket.letter);
        } else {
            open.pop();
        }
    }
    open.pop()
}

/// Whether a text begins with the end of the element whose tag a line ends with.
fn closes_element(line: &str, rest: &str) -> bool {
    let name = rest.strip_prefix("</").and_then(|rest| rest.split_once('>')).map(|(name, _)| name.trim_end());
    let tag = name.and_then(|name| line.rfind(&format!("<{name}")).map(|at| &line[at + 1 + name.len()..]));
    tag.is_some_and(|tag| tag.starts_with([' ', '>']) && !tag.contains("</") && !tag.ends_with("/>"))
}

/// Whether a text continues on the next line.
pub(super) fn begins_line(text: &str) -> bool {
    text.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
}

/// The indentation of the nearest line above with less indentation than this; `None` at the top.
fn outer_indent(before: &str, base: &str) -> Option<String> {
    let above = before.rsplit('\n').skip(1).filter(|line| !line.trim().is_empty());
    above.map(indentation).find(|indent| indent.len() < base.len()).map(String::from)
}

/// Whether a line closes the block whose opener has this indentation.
pub(super) fn closes(line: Option<&str>, indent: &str, surface: &Surface) -> bool {
    line.is_some_and(|line| indentation(line) == indent && begins_with_closer(line, surface))
}

/// Whether a line begins with something that closes: a bracket, a closing tag, a word like `done`.
pub(super) fn begins_with_closer(line: &str, surface: &Surface) -> bool {
    let line = line.trim();
    line.starts_with(['}', ')', ']']) || line.starts_with("</") || surface.is_closing_word(line)
}

/// The last line of a text; empty after a line break.
pub(super) fn last_line(text: &str) -> &str {
    &text[line_start(text, text.len())..]
}

/// The first line of a text, without its line break.
pub(super) fn first_line(text: &str) -> &str {
    &text[..text.find('\n').unwrap_or(text.len())]
}
