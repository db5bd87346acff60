//! The hole at the cursor: how much may be filled in, and where the model should stop. Read from the lines around the cursor, so that
//! half-written code serves as well; the parser has the last word in `trim`.

use super::brackets::{self, Comments};
use crate::text::layout::indentation;
use crate::text::lines::line_start;
use crate::text::words::is_word;

/// How much is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The rest of the line: something stands behind the cursor, or we are inside an expression, a string or a comment.
    Line,
    /// One statement, which may go over several lines.
    Statement,
    /// Lines that are indented deeper than this; the line that closes the block where nothing closes it yet.
    Block { indent: String },
}

/// The text on both sides of the cursor, with `\n` for line breaks.
#[derive(Clone, Debug)]
pub struct Hole<'a> {
    pub before: &'a str,
    pub after: &'a str,
    pub comments: Comments<'a>,
    pub mode: Mode,
}

/// Ends of lines after which a deeper block begins.
const OPENERS: &[&str] = &["{", "(", "[", ":", "=>", "->", " do", " then", "begin"];

impl<'a> Hole<'a> {
    /// `inline` says that syntax allows one line only (inside a string, a comment or an expression).
    pub fn new(before: &'a str, after: &'a str, comments: Comments<'a>, inline: bool, invoked: bool) -> Self {
        let mode = if inline { Mode::Line } else { mode(before, after, comments, invoked) };
        Self { before, after, comments, mode }
    }

    /// The cursor's line up to the cursor.
    pub fn line(&self) -> &'a str {
        last_line(self.before)
    }

    /// The rest of the cursor's line.
    pub fn rest(&self) -> &'a str {
        first_line(self.after)
    }

    /// The lines behind the cursor's line that say something.
    pub fn following(&self) -> impl Iterator<Item = &'a str> {
        self.after.split('\n').skip(1).filter(|line| !line.trim().is_empty())
    }

    /// Whether the cursor stands between two letters of one word: who types there mends it.
    pub fn is_inside_word(&self) -> bool {
        self.before.ends_with(is_word) && self.after.starts_with(is_word)
    }

    /// Whether a whole body is to be written: a block is open and nothing is in it.
    pub fn is_empty_body(&self) -> bool {
        matches!(&self.mode, Mode::Block { indent } if opened_by(self.before, self.comments).is_some_and(|opener| indentation(opener) == indent))
    }

    /// The texts at which the model may stop.
    pub fn stops(&self) -> Vec<String> {
        match &self.mode {
            Mode::Line => vec!["\n".into()],
            Mode::Statement => {
                let closing = outer_indent(self.before).map(|indent| format!("\n{indent}}}"));
                ["\n\n".to_string()].into_iter().chain(closing).collect()
            }
            Mode::Block { indent } => {
                let mut stops = vec![format!("\n{indent}}}"), format!("\n{indent}fn "), format!("\n{indent}def "), "\n\n\n".into()];
                if indent.is_empty() {
                    stops.extend(["\npub ", "\nimpl ", "\nclass ", "\nstruct ", "\n#[", "\n@"].map(String::from));
                }
                // The closing line is wanted where nothing closes the block yet.
                if !closes(self.following().next(), indent) {
                    stops.remove(0);
                }
                stops
            }
        }
    }
}

fn mode(before: &str, after: &str, comments: Comments, invoked: bool) -> Mode {
    let (line, rest) = (last_line(before), first_line(after));
    if !rest.trim().is_empty() {
        return Mode::Line;
    }
    let next = after.split('\n').skip(1).find(|line| !line.trim().is_empty());
    let deeper_follows = |indent: &str| next.is_some_and(|next| indentation(next).len() > indent.len());
    match opened_by(before, comments) {
        Some(opener) if !deeper_follows(indentation(opener)) => Mode::Block { indent: indentation(opener).into() },
        // A block stands below already: this is the line that it belongs to.
        _ if deeper_follows(indentation(line)) && below_at_once(after) => Mode::Line,
        Some(_) if !line.trim().is_empty() => Mode::Statement,
        _ if invoked && line.trim().is_empty() => match outer_indent(before) {
            Some(indent) => Mode::Block { indent },
            None => Mode::Statement,
        },
        _ => Mode::Statement,
    }
}

/// Whether the next line says something.
fn below_at_once(after: &str) -> bool {
    after.split('\n').nth(1).is_some_and(|line| !line.trim().is_empty())
}

/// The line that opens a block right before the cursor, with nothing but blanks between.
fn opened_by<'a>(before: &'a str, comments: Comments) -> Option<&'a str> {
    let trimmed = before.trim_end();
    let line = last_line(trimmed);
    let code = brackets::code(line, comments);
    let opens = OPENERS.iter().any(|opener| code.ends_with(opener)) && !code.ends_with("::");
    opens.then_some(line)
}

/// The indentation of the nearest line above that is indented less than the cursor's line; `None` at the top.
fn outer_indent(before: &str) -> Option<String> {
    let own = indentation(last_line(before)).len();
    let above = before.rsplit('\n').skip(1).filter(|line| !line.trim().is_empty());
    above.map(indentation).find(|indent| indent.len() < own).map(String::from)
}

/// Whether a line closes the block whose opener has this indentation.
pub(super) fn closes(line: Option<&str>, indent: &str) -> bool {
    line.is_some_and(|line| indentation(line) == indent && line.trim_start().starts_with(['}', ')', ']']))
}

pub(super) fn last_line(text: &str) -> &str {
    &text[line_start(text, text.len())..]
}

pub(super) fn first_line(text: &str) -> &str {
    &text[..text.find('\n').unwrap_or(text.len())]
}
