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
    /// The same between the brackets of a block that stand on one line: `{|}`. What is written begins a line, or is no block.
    Pair { indent: String },
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
/// Words that close a block in languages without braces.
const CLOSERS: &[&str] = &["fi", "done", "end", "esac", "endif"];
/// Elements of HTML that hold nothing.
const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

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
        let word = |letter: char| is_word(letter) && !is_unspaced(letter);
        self.before.ends_with(word) && self.after.starts_with(word)
    }

    /// Whether a whole body is to be written: a block is open and nothing is in it.
    pub fn is_empty_body(&self) -> bool {
        match &self.mode {
            Mode::Block { indent } => self.opener().is_some_and(|opener| indentation(opener) == indent),
            mode => matches!(mode, Mode::Pair { .. }),
        }
    }

    /// The line that opens a block right before the cursor.
    pub fn opener(&self) -> Option<&'a str> {
        opened_by(self.before, self.comments)
    }

    /// Whether nothing but blanks stands before the cursor on its line.
    pub fn is_blank(&self) -> bool {
        self.line().trim().is_empty()
    }

    /// The lines above the cursor's line that say something, nearest first.
    pub fn above(&self) -> impl Iterator<Item = &'a str> {
        self.before.rsplit('\n').skip(1).filter(|line| !line.trim().is_empty())
    }

    /// What has to stand between a suggestion and the bracket behind the cursor.
    pub fn tail(&self, text: &str) -> String {
        match &self.mode {
            Mode::Pair { indent } if text.contains('\n') => format!("\n{indent}"),
            Mode::Pair { .. } if text.starts_with(' ') => " ".into(),
            _ => String::new(),
        }
    }

    /// The texts at which the model may stop.
    pub fn stops(&self) -> Vec<String> {
        match &self.mode {
            Mode::Line => vec!["\n".into()],
            Mode::Statement => {
                let closing = outer_indent(self.before).map(|indent| format!("\n{indent}}}"));
                ["\n\n".to_string()].into_iter().chain(closing).collect()
            }
            Mode::Pair { indent } => vec![format!("\n{indent}}}"), "\n\n".into()],
            Mode::Block { indent } => {
                // The closing line is wanted where nothing closes the block yet.
                let closing = closes(self.following().next(), indent).then(|| format!("\n{indent}}}"));
                let begin: &[&str] = match (self.comments.line, indent.as_str()) {
                    (Some("#"), _) => &["def ", "class ", "@"],
                    (_, "") => &["fn ", "func ", "function ", "pub ", "impl ", "class ", "struct ", "#[", "@"],
                    _ => &["fn ", "def "],
                };
                let others = begin.iter().map(|word| format!("\n{indent}{word}"));
                closing.into_iter().chain(["\n\n\n".into()]).chain(others).collect()
            }
        }
    }
}

fn mode(before: &str, after: &str, comments: Comments, invoked: bool) -> Mode {
    let (line, rest) = (last_line(before), first_line(after));
    if !rest.trim().is_empty() {
        let indent = || indentation(line).into();
        return if is_pair(brackets::code(line, comments), rest) { Mode::Pair { indent: indent() } } else { Mode::Line };
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
    (opens || opens_element(code)).then_some(line)
}

/// Whether a line ends with the tag of an element that it does not close: `return <ul>`.
fn opens_element(line: &str) -> bool {
    let Some(at) = line.rfind('<').filter(|_| line.ends_with('>') && !line.ends_with(['/', '=', '-']) && !line.ends_with("/>")) else {
        return false;
    };
    let name: String = line[at + 1..].chars().take_while(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-')).collect();
    let before = line[..at].trim();
    let begins = before.is_empty() || before.ends_with(['(', '>', '?', ':', '&', '{']) || before.ends_with("return");
    begins
        && !line[at..].contains(['(', '['])
        && (name.is_empty() && line[at..] == *"<>" || name.starts_with(char::is_alphabetic))
        && !VOID.contains(&&*name)
}

/// Whether the cursor stands between the brackets of a block: those of a list or of values are filled on one line.
fn is_pair(line: &str, rest: &str) -> bool {
    let Some(before) = line.strip_suffix('{') else { return false };
    let closers = rest.trim();
    before.ends_with([' ', '\t', ')']) && closers.starts_with('}') && closers.chars().all(|letter| "})];,(".contains(letter))
}

/// Whether a letter belongs to a script that writes words without blanks between them.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The indentation of the nearest line above that is indented less than the cursor's line; `None` at the top.
fn outer_indent(before: &str) -> Option<String> {
    let own = indentation(last_line(before)).len();
    let above = before.rsplit('\n').skip(1).filter(|line| !line.trim().is_empty());
    above.map(indentation).find(|indent| indent.len() < own).map(String::from)
}

/// Whether a line closes the block whose opener has this indentation.
pub(super) fn closes(line: Option<&str>, indent: &str) -> bool {
    line.is_some_and(|line| indentation(line) == indent && begins_with_closer(line))
}

/// Whether a line begins with what closes something: a bracket, the tag of an element, a word like `done`.
pub(super) fn begins_with_closer(line: &str) -> bool {
    let line = line.trim();
    line.starts_with(['}', ')', ']']) || line.starts_with("</") || is_closing_word(line)
}

pub(super) fn is_closing_word(line: &str) -> bool {
    CLOSERS.contains(&line.trim().trim_end_matches([';', ')', ',']))
}

pub(super) fn last_line(text: &str) -> &str {
    &text[line_start(text, text.len())..]
}

pub(super) fn first_line(text: &str) -> &str {
    &text[..text.find('\n').unwrap_or(text.len())]
}
