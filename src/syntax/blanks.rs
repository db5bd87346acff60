//! What the parser is not shown. No grammar knows what a macro stands for: one before the name of a class, behind the parameters of a
//! function or around items takes what it stands at out of the tree. `grammars/macros.toml` says where such macros stand, and the parser
//! reads blanks there, or another word, so that all bytes keep their places.

mod again;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use regex::bytes::{CaptureLocations, Regex, RegexBuilder};
use serde::Deserialize;
use tree_sitter::{Node, Tree};

pub(super) use again::{Near, again, widened};

use super::language::Language;
use super::parse::Parsed;
use super::uses::{self, RAW};
use super::walk::{COMMENT, STRING};
use crate::text::lines::{line_end, line_start, next_line};
use crate::text::{Cut, words};

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
    /// The pattern fits only from the beginning of a line on, and that line has this in it.
    line: Option<String>,
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
    /// The same without what is said of its lines, to check that.
    anywhere: OnceLock<Box<Form>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// What the first line of each match has in it; the expression then begins with the text that it is given.
    line: Option<Finder<'static>>,
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
        Self { entry, compiled: OnceLock::new(), anywhere: OnceLock::new() }
    }

    /// Whether it can be compiled: what tests and `doctor` check.
    pub fn check(&self) -> Result<(), String> {
        self.compile().map(drop)
    }

    fn compile(&self) -> Result<Compiled, String> {
        let build = |pattern: &str| RegexBuilder::new(pattern).unicode(false).build().map_err(|error| error.to_string());
        let optional = |pattern: &Option<String>| pattern.as_deref().map(build).transpose();
        let line = self.entry.line.as_ref().map(|line| Finder::new(line).into_owned());
        let regex = if line.is_some() { build(&format!(r"\A(?:{})", self.entry.pattern))? } else { build(&self.entry.pattern)? };
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
        let then = self.entry.then.as_ref().map(|then| format!(r"\A(?:{then})"));
        Ok(Compiled { regex, line, groups, behind: optional(&self.entry.behind)?, then: optional(&then)? })
    }

    /// Adds what this form finds in a stretch of a text: what begins in it. Nothing reaches beyond the byte behind its end.
    fn find(&self, number: usize, text: &str, within: Range<usize>, found: &mut Vec<Found>) {
        let Some(compiled) = self.compiled() else { return };
        let bytes = &text.as_bytes()[..text.len().min(within.end + 1)];
        let mut groups = compiled.regex.capture_locations();
        let mut from = within.start;
        while let Some((base, whole)) = compiled.next(bytes, from, &mut groups).filter(|(_, whole)| whole.start < within.end) {
            let place = |(start, end): (usize, usize)| (base + start, base + end);
            let reads = || compiled.groups.iter().filter_map(|(group, reads)| Some((place(groups.get(*group)?), reads)));
            // What the next match begins with may be what this one ends with.
            let last = reads().map(|((_, end), _)| end).max();
            from = last.unwrap_or(whole.end).max(whole.start + 1);
            let fits = || compiled.behind.as_ref().is_none_or(|behind| self.follows(behind, text, whole.start));
            if let Some(opened) = last.filter(|last| fits() && !is_directive(text, *last)) {
                let hidden = reads().map(|((start, end), reads)| (start..end, reads.clone())).collect();
                let mut one = Found { form: number, start: whole.start, opened, reach: opened, hidden, closing: vec![] };
                self.close(text, &mut one);
                found.push(one);
            }
            if from > bytes.len() {
                return;
            }
        }
    }

    /// What it finds in lines of any kind.
    fn anywhere(&self, number: usize, text: &str) -> Vec<Found> {
        let form = self.anywhere.get_or_init(|| Box::new(Self::new(Entry { line: None, ..self.entry.clone() })));
        let mut found = vec![];
        form.find(number, text, 0..text.len(), &mut found);
        found
    }

    fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get_or_init(|| self.compile().ok()).as_ref()
    }

    /// Looks for the braces that close what was found.
    fn close(&self, text: &str, found: &mut Found) {
        if let Some(compiled) = self.compiled().filter(|_| self.entry.closes) {
            (found.closing, found.reach) = compiled.closing(text, found.opened);
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
    /// The next match from a byte on, and what its groups are counted from.
    fn next(&self, bytes: &[u8], from: usize, groups: &mut CaptureLocations) -> Option<(usize, Range<usize>)> {
        let Some(line) = &self.line else { return self.regex.captures_read_at(groups, bytes, from).map(|whole| (0, whole.range())) };
        let mut at = from;
        loop {
            let there = at + line.find(bytes.get(at..)?)?;
            let start = memrchr(b'\n', &bytes[..there]).map_or(0, |end| end + 1);
            if start >= from
                && let Some(whole) = self.regex.captures_read(groups, &bytes[start..])
            {
                return Some((start, start + whole.start()..start + whole.end()));
            }
            at = there + memchr(b'\n', &bytes[there..])? + 1;
        }
    }

    /// The brace that closes the one that a match ends with, and the further blocks behind it. With the byte up to which this depends on the
    /// text.
    fn closing(&self, text: &str, opened: usize) -> (Vec<Range<usize>>, usize) {
        let (mut found, mut opened) = (vec![], opened);
        while let Some(brace) = closing_brace(text, opened) {
            found.push(brace..brace + 1);
            let Some(then) = &self.then else { return (found, brace + 1) };
            let Some(next) = then.find(&text.as_bytes()[brace + 1..]) else { break };
            found.push(brace + 1..brace + 1 + next.end());
            opened = brace + 1 + next.end();
        }
        (found, usize::MAX)
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

/// What a form has found at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The number of the form among those of the language.
    form: usize,
    start: usize,
    /// Where the last of what it hides ends, before the braces that close it.
    opened: usize,
    /// Where these are depends on the text up to here.
    reach: usize,
    hidden: Vec<(Range<usize>, Reads)>,
    closing: Vec<Range<usize>>,
}

/// All that the forms find in a text: form by form, each in the order of the text.
pub(super) fn find(language: &Language, text: &str) -> Arc<[Found]> {
    let mut found = vec![];
    for (number, form) in language.macros.iter().enumerate() {
        let before = found.len();
        form.find(number, text, 0..text.len(), &mut found);
        if crate::report::is_strict() && form.entry.line.is_some() {
            let found = &found[before..];
            let anywhere = form.anywhere(number, text);
            if *found != anywhere {
                crate::bug!("`line` of a form keeps it from what it fits: {found:?} is {anywhere:?}");
            }
        }
    }
    found.into()
}

/// What the parser is not shown, in order.
pub(super) fn hidden(language: &Language, found: &[Found]) -> Arc<[Blank]> {
    if found.is_empty() {
        return Arc::default();
    }
    let mut blanks = Vec::with_capacity(found.len() * 2);
    for one in found {
        let is_guessed = language.macros.get(one.form).is_some_and(|form| form.entry.guessed);
        let guess = one.closing.last().filter(|_| is_guessed).map(|last| one.opened..last.end);
        let blank = |range: &Range<usize>, reads: &Reads| Blank { range: range.clone(), reads: reads.clone(), guess: guess.clone() };
        blanks.extend(one.hidden.iter().map(|(range, reads)| blank(range, reads)));
        blanks.extend(one.closing.iter().map(|range| blank(range, &Reads::Nothing)));
    }
    blanks.retain(|blank| !blank.range.is_empty());
    // What is known to hold goes before what is guessed.
    blanks.sort_by_key(|blank| (blank.range.start, blank.range.end, blank.guess.is_some()));
    let mut end = 0;
    blanks.retain(|blank| {
        let apart = blank.range.start >= end;
        end = end.max(blank.range.end);
        apart
    });
    blanks.into()
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
pub(super) struct Shown<'a> {
    text: &'a [u8],
    blanks: &'a [Blank],
    /// What stands in place of each blank, one after another, and where each begins.
    instead: Vec<u8>,
    starts: Vec<usize>,
}

impl<'a> Shown<'a> {
    pub fn new(text: &'a str, blanks: &'a [Blank]) -> Self {
        let text = text.as_bytes();
        let (mut instead, mut starts) = (vec![], Vec::with_capacity(blanks.len()));
        for blank in blanks {
            let start = instead.len();
            starts.push(start);
            instead.extend(text[blank.range.clone()].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
            if let Reads::Word(word) = &blank.reads
                && word.len() <= blank.range.len()
            {
                instead[start..start + word.len()].copy_from_slice(word.as_bytes());
            }
        }
        Self { text, blanks, instead, starts }
    }

    /// What stands at a byte, as far as it is in one piece.
    pub fn at(&self, at: usize) -> &[u8] {
        let next = self.blanks.partition_point(|blank| blank.range.end <= at);
        match self.blanks.get(next) {
            None => self.text.get(at..).unwrap_or_default(),
            Some(blank) if blank.range.start > at => &self.text[at..blank.range.start],
            Some(blank) => &self.instead[self.starts[next]..][at - blank.range.start..blank.range.len()],
        }
    }
}

/// The words of macros that the parser is not shown, but for those in comments and strings.
pub(super) fn named(parsed: &Parsed) -> impl Iterator<Item = &str> {
    named_in(parsed, 0..parsed.blanks().len())
}

/// The same of what is hidden by these numbers.
pub(super) fn named_in(parsed: &Parsed, numbers: Range<usize>) -> impl Iterator<Item = &str> {
    let language = parsed.language();
    let in_code = move |range: &Range<usize>| {
        let Some(node) = parsed.root().descendant_for_byte_range(range.start, range.end) else { return false };
        let role = language.roles.get(usize::from(node.kind_id())).copied().unwrap_or(0);
        role & (COMMENT | STRING) == 0 && uses::role(&language.use_roles, node) & RAW == 0
    };
    let hidden = parsed.blanks().get(numbers).unwrap_or_default();
    let macros = hidden.iter().filter(|blank| blank.reads == Reads::Macro).map(|blank| blank.range.clone());
    let texts = macros.filter(in_code).filter_map(|range| parsed.text().get(range));
    texts.flat_map(words::all).filter(|word| !word.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// The numbers of what is hidden in these bytes or touches them.
pub(super) fn touching(blanks: &[Blank], bytes: &Range<usize>) -> Range<usize> {
    let first = blanks.partition_point(|blank| blank.range.end < bytes.start);
    first..blanks.partition_point(|blank| blank.range.start <= bytes.end).max(first)
}

/// Whether two versions hide the same, but for where it stands.
pub(super) fn are_alike(before: &[Blank], after: &[Blank], cut: &Cut) -> bool {
    let alike = |(a, b): (&Blank, &Blank)| again::stays(a, b, cut) || again::moves(a, b, cut);
    before.len() == after.len() && before.iter().zip(after).all(alike)
}
