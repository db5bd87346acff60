//! What the parser is not shown. No grammar knows what a macro stands for: one before the name of a class, behind the parameters of a
//! function or around items takes what it stands at out of the tree. `grammars/macros.toml` says where such macros stand, and the parser
//! reads blanks there, or another word, so that all bytes keep their places.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use tree_sitter::{Node, Tree};

use super::language::Language;
use super::parse::Parsed;
use super::uses::{self, RAW};
use super::walk::{COMMENT, STRING};
use crate::text::lines::{line_end, line_start, next_line};
use crate::text::words;

/// The file with the forms of all languages.
pub(super) const FORMS: &str = include_str!("../../grammars/macros.toml");

#[derive(Deserialize)]
struct File {
    form: Vec<Entry>,
}

/// The forms of all languages; else what is wrong with their file.
pub(super) fn forms() -> Result<Vec<Entry>, String> {
    toml::from_str::<File>(FORMS).map(|file| file.form).map_err(|error| error.message().to_string())
}

/// One `[[form]]` of `macros.toml`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    pub languages: Vec<String>,
    /// Where macros stand. Groups called `macro` are blank to the parser, and what they name counts as named; those called `blank` are
    /// blank too; those called `as_WORD` are that word. A number may follow where a group comes twice.
    pattern: String,
    /// What the text before the brackets has to end with that the match begins with the last of.
    behind: Option<String>,
    /// Words before these brackets that say that they hold no parameters.
    #[serde(default)]
    but: Vec<String>,
    /// The match ends with a brace; that which closes it is blank as well.
    #[serde(default)]
    closes: bool,
    /// What may follow the closing brace, with a brace of its own.
    then: Option<String>,
    /// Only where what stands between the braces can be read is it meant.
    #[serde(default)]
    guessed: bool,
}

/// A form, compiled when it is first used.
#[derive(Debug)]
pub(super) struct Form {
    entry: Entry,
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    groups: Vec<(usize, Reads)>,
    behind: Option<Regex>,
    then: Option<Regex>,
}

/// What the parser reads in place of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reads {
    /// Nothing, where a macro is named.
    Macro,
    Nothing,
    Word(Arc<str>),
}

/// A stretch of text that the parser is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blank {
    pub range: Range<usize>,
    reads: Reads,
    /// The braces that this is only meant for if all between them can be read.
    guess: Option<Range<usize>>,
}

impl Form {
    pub fn new(entry: Entry) -> Self {
        Self { entry, compiled: OnceLock::new() }
    }

    /// Whether it can be compiled: what tests and `doctor` check.
    pub fn check(&self) -> Result<(), String> {
        self.compile().map(drop)
    }

    fn compile(&self) -> Result<Compiled, String> {
        let build = |pattern: &str| RegexBuilder::new(pattern).unicode(false).build().map_err(|error| error.to_string());
        let optional = |pattern: &Option<String>| pattern.as_deref().map(build).transpose();
        let regex = build(&self.entry.pattern)?;
        let mut groups = vec![];
        for (group, name) in regex.capture_names().enumerate() {
            let Some(name) = name else { continue };
            let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
            groups.push((
                group,
                match name {
                    "macro" => Reads::Macro,
                    "blank" => Reads::Nothing,
                    "as_comma" => Reads::Word(",".into()),
                    _ => Reads::Word(name.strip_prefix("as_").ok_or_else(|| format!("a group `{name}` means nothing"))?.into()),
                },
            ));
        }
        Ok(Compiled { regex, groups, behind: optional(&self.entry.behind)?, then: optional(&self.entry.then)? })
    }

    /// Adds what this form finds in a text.
    fn find(&self, text: &str, found: &mut Vec<Blank>) {
        let Some(compiled) = self.compiled.get_or_init(|| self.compile().ok()) else { return };
        let bytes = text.as_bytes();
        let mut groups = compiled.regex.capture_locations();
        let mut from = 0;
        while let Some(whole) = compiled.regex.captures_read_at(&mut groups, bytes, from) {
            let reads = || compiled.groups.iter().filter_map(|(group, reads)| Some((groups.get(*group)?, reads)));
            // What the next match begins with may be what this one ends with.
            let last = reads().map(|((_, end), _)| end).max();
            from = last.unwrap_or(whole.end()).max(whole.start() + 1);
            let fits = || compiled.behind.as_ref().is_none_or(|behind| self.follows(behind, text, whole.start()));
            if let Some(opened) = last.filter(|last| fits() && !is_directive(text, *last)) {
                let closing = if self.entry.closes { compiled.closing(text, opened) } else { vec![] };
                let guess = closing.last().filter(|_| self.entry.guessed).map(|last| opened..last.end);
                let blank = |range, reads: &Reads| Blank { range, reads: reads.clone(), guess: guess.clone() };
                found.extend(reads().map(|((start, end), reads)| blank(start..end, reads)));
                found.extend(closing.into_iter().map(|range| blank(range, &Reads::Nothing)));
            }
            if from > bytes.len() {
                return;
            }
        }
    }

    /// Whether the brackets that end at a place stand behind what the form says.
    fn follows(&self, behind: &Regex, text: &str, closing: usize) -> bool {
        let Some(opening) = opening_bracket(text, closing) else { return false };
        let start = opening.saturating_sub(HEAD);
        let before = text.as_bytes()[start..opening].trim_ascii_end();
        let word = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let word = &before[before.len() - word..];
        !self.entry.but.iter().any(|but| but.as_bytes() == word) && !is_directive(text, opening) && behind.is_match(before)
    }
}

/// Bytes before brackets that are looked at.
const HEAD: usize = 256;
/// Longest parameters, in bytes.
const PARAMETERS: usize = 4096;

impl Compiled {
    /// The brace that closes the one that a match ends with, and the further blocks behind it.
    fn closing(&self, text: &str, opened: usize) -> Vec<Range<usize>> {
        let (mut found, mut opened) = (vec![], opened);
        while let Some(brace) = closing_brace(text, opened) {
            found.push(brace..brace + 1);
            let Some(next) = self.then.as_ref().and_then(|then| then.find_at(text.as_bytes(), brace + 1)) else { break };
            if next.start() != brace + 1 {
                break;
            }
            found.push(next.range());
            opened = next.end();
        }
        found
    }
}

/// The bracket that opens what the one at a place closes. None where a statement ends in between.
fn opening_bracket(text: &str, closing: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.as_bytes()[..=closing].iter().enumerate().rev().take(PARAMETERS) {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 1 => return Some(at),
            b'(' => depth -= 1,
            b';' => return None,
            _ => {}
        }
    }
    None
}

/// The brace that closes the one before a place: in the same line, or in the first line that is indented like it and begins with one.
fn closing_brace(text: &str, opened: usize) -> Option<usize> {
    let (start, end) = (line_start(text, opened), line_end(text, opened));
    let mut depth = 1usize;
    for (at, byte) in text.as_bytes()[opened..end].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(opened + at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    let indented = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let indent = indented(&text[start..end]);
    let mut at = next_line(text, opened);
    while at < text.len() {
        let line = &text[at..line_end(text, at)];
        if indented(line) == indent && line[indent..].starts_with('}') {
            return Some(at + indent);
        }
        at = next_line(text, at);
    }
    None
}

/// Whether a line is for the preprocessor.
fn is_directive(text: &str, at: usize) -> bool {
    text[line_start(text, text.floor_char_boundary(at))..].trim_start_matches([' ', '\t']).starts_with('#')
}

/// What the parser is not shown of a text, in order.
pub(super) fn find(language: &Language, text: &str) -> Arc<[Blank]> {
    let mut found = vec![];
    for form in &language.macros {
        form.find(text, &mut found);
    }
    if found.is_empty() {
        return Arc::default();
    }
    found.retain(|blank| !blank.range.is_empty());
    // What is known to hold goes before what is guessed.
    found.sort_by_key(|blank| (blank.range.start, blank.range.end, blank.guess.is_some()));
    let mut end = 0;
    found.retain(|blank| {
        let apart = blank.range.start >= end;
        end = end.max(blank.range.end);
        apart
    });
    found.into()
}

/// Those that hold, where some were guessed wrong: between their braces is what cannot be read.
pub(super) fn right(blanks: &[Blank], tree: &Tree) -> Option<Arc<[Blank]>> {
    let is_wrong = |blank: &Blank| blank.guess.as_ref().is_some_and(|range| has_errors(tree, range));
    if !blanks.iter().any(is_wrong) {
        return None;
    }
    Some(blanks.iter().filter(|blank| !is_wrong(blank)).cloned().collect())
}

/// Whether something in these bytes could not be read.
fn has_errors(tree: &Tree, range: &Range<usize>) -> bool {
    if !tree.root_node().has_error() {
        return false;
    }
    let around = tree.root_node().descendant_for_byte_range(range.start, range.end).unwrap_or(tree.root_node());
    let mut cursor = around.walk();
    let touches = |node: &Node<'_>| node.start_byte() < range.end && range.start < node.end_byte();
    around.is_error() || around.children(&mut cursor).any(|node| touches(&node) && (node.has_error() || node.is_missing()))
}

/// What the parser reads.
pub(super) fn shown<'a>(text: &'a str, blanks: &[Blank]) -> Cow<'a, [u8]> {
    if blanks.is_empty() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = text.as_bytes().to_vec();
    for blank in blanks {
        let hidden = &mut bytes[blank.range.clone()];
        hidden.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        if let Reads::Word(word) = &blank.reads
            && word.len() <= hidden.len()
        {
            hidden[..word.len()].copy_from_slice(word.as_bytes());
        }
    }
    Cow::Owned(bytes)
}

/// The words of macros that the parser is not shown, but for those in comments and strings.
pub(super) fn named(parsed: &Parsed) -> impl Iterator<Item = &str> {
    let language = parsed.language();
    let in_code = move |range: &Range<usize>| {
        let Some(node) = parsed.root().descendant_for_byte_range(range.start, range.end) else { return false };
        let role = language.roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
        role & (COMMENT | STRING) == 0 && uses::role(&language.use_roles, node) & RAW == 0
    };
    let macros = parsed.blanks().iter().filter(|blank| blank.reads == Reads::Macro).map(|blank| blank.range.clone());
    let texts = macros.filter(in_code).filter_map(|range| parsed.text().get(range));
    texts.flat_map(words::all).filter(|word| !word.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Whether two versions hide the same, but for where it stands.
pub(super) fn are_alike(before: &[Blank], after: &[Blank], start: usize, old_end: usize, new_end: usize) -> bool {
    let alike = |(a, b): (&Blank, &Blank)| {
        let moved = a.range.start >= old_end && a.range.start - old_end + new_end == b.range.start;
        let stays = a.range.end <= start && a.range.start == b.range.start;
        a.reads == b.reads && a.range.len() == b.range.len() && (stays || moved)
    };
    before.len() == after.len() && before.iter().zip(after).all(alike)
}
