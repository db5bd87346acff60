//! How single lines of a language are read without a parser, as half-written code has to be.

use serde::Deserialize;

use super::{Language, lists};
use crate::text::words;

/// What lines of a language begin with, by their meaning.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineForms {
    /// Starts of an import. One that opens a bracket continues until it is closed.
    imports: Vec<String>,
    /// Starts of a statement that only names a module, the file's own or another: `mod `, `package `.
    modules: Vec<String>,
    /// Keywords before the name of a function.
    functions: Vec<String>,
    /// Starts of lines above a definition that belong to it, besides comments: `#[`, `@`.
    above: Vec<String>,
    /// Starts of lines that say the same about what surrounds them: `#![`.
    inside: Vec<String>,
    /// Words in such lines that name nothing of a program: the language's own attributes, and what they say.
    above_words: Vec<String>,
}

/// Maximum lines of an attribute: one that is still being written is never closed.
const MAX_MARK_LINES: usize = 12;
/// Maximum words before the keyword of a function: `pub(crate) async unsafe fn`.
const MODIFIERS: usize = 6;

impl LineForms {
    /// Whether a text ends with a word that precedes the name of a function.
    pub fn defines_function(&self, before: &str) -> bool {
        let word = words::last(before.trim_end());
        before.ends_with(char::is_whitespace) && self.functions.iter().any(|known| known == word)
    }
}

impl Language {
    /// The name of the function whose definition begins on this line.
    pub fn function_begun<'a>(&self, line: &'a str) -> Option<&'a str> {
        if self.is_comment_or_mark(line) {
            return None;
        }
        let rest = self.after_keyword(line)?.trim_start_matches([' ', '\t', '*']);
        // A method may name its receiver before its own name: `func (cart *Cart) total(`.
        let (rest, received) = match rest.strip_prefix('(') {
            Some(receiver) => (receiver.split_once(')')?.1.trim_start(), true),
            None => (rest, false),
        };
        let name = Some(words::first(rest)).filter(|name| !name.is_empty())?;
        (!received || rest[name.len()..].starts_with(['(', '['])).then_some(name)
    }

    /// What follows the keyword of a function.
    fn after_keyword<'a>(&self, line: &'a str) -> Option<&'a str> {
        let mut rest = line;
        for _ in 0..MODIFIERS {
            rest = rest.trim_start_matches(|letter| !words::is_word(letter));
            let (word, after) = rest.split_at(words::first(rest).len());
            if self.begins_function(word) {
                return Some(after);
            }
            rest = after;
        }
        None
    }

    /// Whether a word is one of the language's own, which names no function. Where members may have such names, it may.
    pub fn names_no_function(&self, word: &str) -> bool {
        !self.free_members && word != "_" && lists(&self.reserved, word)
    }

    /// Whether a line is a comment, or an attribute or decorator of the definition below.
    pub fn is_comment_or_mark(&self, line: &str) -> bool {
        let line = line.trim_start();
        self.surface.is_comment(line) || self.block_comment.is_some() && line.starts_with('*') || self.is_mark(line)
    }

    /// Whether a line begins an import.
    pub fn is_import(&self, line: &str) -> bool {
        let code = line.trim_start();
        self.lines.imports.iter().any(|word| code.starts_with(word.as_str()))
    }

    /// Whether a line begins with the first letter of an import.
    fn may_be_import(&self, line: &str) -> bool {
        match line.bytes().find(|byte| !matches!(byte, b' ' | b'\t')) {
            Some(first) if first.is_ascii_graphic() => self.lines.imports.iter().any(|word| word.as_bytes().first() == Some(&first)),
            first => first.is_some(),
        }
    }

    /// Whether a word is a keyword before the name of a function.
    pub fn begins_function(&self, word: &str) -> bool {
        lists(&self.lines.functions, word)
    }

    /// Whether a line is an attribute or decorator of the definition below.
    pub fn is_mark(&self, line: &str) -> bool {
        self.lines.above.iter().any(|start| line.starts_with(start.as_str()))
    }

    /// For each line, whether it belongs to an attribute, which may extend over several lines; nothing for languages without words of their
    /// own in attributes.
    pub fn mark_lines(&self, lines: &[&str]) -> Vec<bool> {
        if self.lines.above_words.is_empty() {
            return vec![];
        }
        let starts = || self.lines.above.iter().chain(&self.lines.inside);
        let begins = |line: &str| {
            // Most lines begin with another letter, and all lines are looked at with each key.
            let Some(at) = line.bytes().position(|byte| !matches!(byte, b' ' | b'\t')) else { return false };
            starts().any(|start| start.as_bytes().first() == line.as_bytes().get(at) && line[at..].starts_with(start.as_str()))
        };
        let (mut depth, mut left) = (0isize, 0);
        let mark = |line: &&str| {
            if begins(line) {
                (depth, left) = (0, MAX_MARK_LINES);
            }
            if left > 0 {
                depth += line.matches('[').count() as isize - line.matches(']').count() as isize;
                left = if depth > 0 { left - 1 } else { 0 };
                return true;
            }
            false
        };
        lines.iter().map(mark).collect()
    }

    /// Whether a word of an attribute names nothing of the program.
    pub fn is_word_of_marks(&self, word: &str) -> bool {
        lists(&self.lines.above_words, word)
    }

    /// The word before the name of a module, in the statement that says which one a file belongs to.
    pub(super) fn names_modules(&self) -> Option<&str> {
        self.lines.modules.first().map(|word| word.trim_end())
    }

    /// The words at the beginning of a line that say who sees what it defines.
    pub fn visibility<'a>(&self, line: &'a str) -> &'a str {
        let line = line.trim_start();
        let mut rest = line;
        while let Some(behind) = self.shown_by.iter().find_map(|word| behind_word(rest, word)) {
            rest = behind;
        }
        &line[..line.len() - rest.len()]
    }

    /// Which lines only name what other files are about: imports, and statements that name modules.
    pub fn naming_lines(&self, lines: &[&str]) -> Vec<bool> {
        let names = |line: &str| self.lines.modules.iter().any(|word| line.trim_start().starts_with(word.as_str()));
        self.import_lines(lines).into_iter().zip(lines).map(|(imports, line)| imports || names(line)).collect()
    }

    /// Marks also the lines that take a module from a function that loads it, `const {⏎ a⏎} = require('./b');`, where that is no expression
    /// of another statement: at the margin.
    pub fn mark_loading_lines(&self, lines: &[&str], marks: &mut [bool]) {
        let Some(gives) = self.imports.as_ref().and_then(|forms| forms.gives.as_deref()) else { return };
        let loads = |line: &str| {
            let called = line.find(gives).map(|at| (&line[..at], &line[at + gives.len()..]));
            called.is_some_and(|(before, behind)| before.trim_end().ends_with('=') && behind.starts_with('('))
        };
        let mut open = None;
        for (number, line) in lines.iter().enumerate() {
            if !line.starts_with(|first: char| first == '}' || words::is_word(first)) {
                continue;
            }
            if loads(line) {
                let first = if line.starts_with('}') { open.unwrap_or(number) } else { number };
                marks[first..=number].fill(true);
            }
            open = line.trim_end().ends_with('{').then_some(number);
        }
    }

    /// For each line, whether it belongs to an import; an import may extend over several lines.
    pub fn import_lines(&self, lines: &[&str]) -> Vec<bool> {
        let mut open = false;
        let mut marks = Vec::with_capacity(lines.len());
        for line in lines {
            // Most lines begin with another letter, and all lines are looked at with each key.
            if !open && !self.may_be_import(line) {
                marks.push(false);
                continue;
            }
            let code = line.trim_start();
            let start = self.is_import(code);
            marks.push(open || start);
            if start {
                open = code.matches(['(', '{']).count() > code.matches([')', '}']).count();
            } else if open {
                open = !(code.starts_with([')', '}']) || code.ends_with("};") || code.is_empty());
            }
        }
        marks
    }
}

/// What follows a word and the brackets that belong to it, if white space separates it from them.
fn behind_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    let rest = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')).map_or(rest, |(_, behind)| behind);
    let behind = rest.trim_start_matches([' ', '\t']);
    (behind.len() < rest.len()).then_some(behind)
}
