//! What is hidden from the parser. No grammar knows what a macro expands to: a macro before the name of a class, after the parameters of a
//! function or around items breaks the tree there. `grammars/macros.toml` says where such macros occur. The parser reads spaces in their
//! place, or another word, so that all bytes keep their offsets.

mod again;

use std::collections::HashMap;
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
use super::unclosed::Repair;
use super::uses::{self, RAW};
use super::walk::{COMMENT, STRING};
use crate::text::lines::{line_end, line_start, next_line};
use crate::text::{Cut, words};

/// `macros.toml`, with the forms of all languages.
pub(super) const FORMS: &str = include_str!("../../grammars/macros.toml");

#[derive(Deserialize)]
struct File {
    parts: HashMap<String, String>,
    form: Vec<Entry>,
}

/// A pattern with its parts expanded, and the parts of these. A name that no part has is kept, and the pattern means it literally.
fn spelled(parts: &HashMap<String, String>, pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, (name, behind))) = rest.split_once('%').and_then(|(before, rest)| Some((before, rest.split_once('%')?))) {
        out.push_str(before);
        match parts.get(name) {
            Some(part) => out += &format!("(?:{})", spelled(parts, part)),
            None => out += &format!("%{name}%"),
        }
        rest = behind;
    }
    out + rest
}

/// The forms of all languages; an error says what is wrong with the file.
pub(super) fn forms() -> Result<Vec<Entry>, String> {
    let File { parts, mut form } = toml::from_str(FORMS).map_err(|error| error.message().to_string())?;
    for entry in &mut form {
        let patterns = [Some(&mut entry.pattern), entry.unless.as_mut(), entry.behind.as_mut(), entry.then.as_mut()];
        patterns.into_iter().flatten().for_each(|pattern| *pattern = spelled(&parts, pattern));
    }
    Ok(form)
}

/// One `[[form]]` of `macros.toml`: a pattern of text to hide.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    pub languages: Vec<String>,
    /// Where macros occur. Groups called `macro` become spaces, and the names in them count as mentioned; groups called `blank` become
    /// spaces too; groups called `as_WORD` become that word. A number may follow if a name is used twice.
    pattern: String,
    /// A match starts at the beginning of a line, and that line contains this text.
    line: Option<String>,
    /// For a match that begins with a closing bracket: what the text before the opening bracket has to end with.
    behind: Option<String>,
    /// What a match must not be, although the pattern matches it.
    unless: Option<String>,
    /// Words before the brackets which mean that these hold no parameters.
    #[serde(default)]
    but: Vec<String>,
    /// The match ends with an opening brace, and its closing brace is hidden as well.
    #[serde(default)]
    closes: bool,
    /// What may follow the closing brace and open another one, which is closed in the same way.
    then: Option<String>,
    /// Applies only if everything between the braces then parses.
    #[serde(default)]
    guessed: bool,
    /// Stands in lines of the preprocessor, and only there.
    #[serde(default)]
    directives: bool,
}

/// A form, compiled on first use.
#[derive(Debug)]
pub(super) struct Form {
    entry: Entry,
    compiled: OnceLock<Option<Compiled>>,
    /// This form without its `line`, to check that the shortcut finds the same matches.
    anywhere: OnceLock<Box<Form>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// What the first line of each match contains; the expression is then anchored to the start of a line.
    line: Option<Finder<'static>>,
    groups: Vec<(usize, Reads)>,
    behind: Option<Regex>,
    unless: Option<Regex>,
    then: Option<Regex>,
}

/// What the parser reads instead of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reads {
    /// Spaces; the group names a macro.
    Macro,
    Nothing,
    Word(Arc<str>),
}

/// A stretch of text that is hidden from the parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blank {
    pub range: Range<usize>,
    reads: Reads,
    /// The braces between which everything has to parse; otherwise this is not hidden after all.
    guess: Option<Range<usize>>,
}

impl Form {
    /// A form that is compiled on first use.
    pub fn new(entry: Entry) -> Self {
        Self { entry, compiled: OnceLock::new(), anywhere: OnceLock::new() }
    }

    /// Fails if the form cannot be compiled. Tests and `doctor` call it.
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
                    "as_semicolon" => Reads::Word(";".into()),
                    _ => Reads::Word(name.strip_prefix("as_").ok_or_else(|| format!("a group `{name}` means nothing"))?.into()),
                },
            ));
        }
        let here = |pattern: &Option<String>| optional(&pattern.as_ref().map(|pattern| format!(r"\A(?:{pattern})")));
        let (unless, then) = (here(&self.entry.unless)?, here(&self.entry.then)?);
        Ok(Compiled { regex, line, groups, behind: optional(&self.entry.behind)?, unless, then })
    }

    /// Adds the matches that begin in a stretch of a text. No match depends on more than one byte after the stretch.
    fn find(&self, number: usize, text: &str, within: Range<usize>, found: &mut Vec<Found>) {
        let Some(compiled) = self.compiled() else { return };
        let bytes = &text.as_bytes()[..text.len().min(within.end + 1)];
        let mut groups = compiled.regex.capture_locations();
        let mut from = within.start;
        while let Some((base, whole)) = compiled.next(bytes, from, &mut groups).filter(|(_, whole)| whole.start < within.end) {
            let place = |(start, end): (usize, usize)| (base + start, base + end);
            let reads = || compiled.groups.iter().filter_map(|(group, reads)| Some((place(groups.get(*group)?), reads)));
            // The next match may begin with what this one ends with.
            let last = reads().map(|((_, end), _)| end).max();
            from = last.unwrap_or(whole.end).max(whole.start + 1);
            let is_meant = || compiled.unless.as_ref().is_none_or(|unless| !unless.is_match(&bytes[whole.start..]));
            let fits = || is_meant() && compiled.behind.as_ref().is_none_or(|behind| self.follows(behind, text, whole.start));
            if let Some(opened) = last.filter(|last| fits() && self.entry.directives == is_directive(text, *last)) {
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

    /// All matches in a text, found without the shortcut by line.
    fn anywhere(&self, number: usize, text: &str) -> Vec<Found> {
        let form = self.anywhere.get_or_init(|| Box::new(Self::new(Entry { line: None, ..self.entry.clone() })));
        let mut found = vec![];
        form.find(number, text, 0..text.len(), &mut found);
        found
    }

    fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get_or_init(|| self.compile().ok()).as_ref()
    }

    /// Finds the closing braces of a match.
    fn close(&self, text: &str, found: &mut Found) {
        if let Some(compiled) = self.compiled().filter(|_| self.entry.closes) {
            (found.closing, found.reach) = compiled.closing(text, found.opened);
        }
    }

    /// Whether the text before the brackets that close at `closing` satisfies the form's `behind`.
    fn follows(&self, behind: &Regex, text: &str, closing: usize) -> bool {
        let Some(opening) = opening_bracket(text, closing) else { return false };
        let start = opening.saturating_sub(HEAD);
        let before = text.as_bytes()[start..opening].trim_ascii_end();
        let word = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let word = &before[before.len() - word..];
        !self.entry.but.iter().any(|but| but.as_bytes() == word) && !is_directive(text, opening) && behind.is_match(before)
    }
}

/// Bytes before brackets that `behind` may examine.
const HEAD: usize = 256;
/// The longest list of parameters, in bytes.
const PARAMETERS: usize = 4096;

impl Compiled {
    /// The next match from a byte on, and the offset from which its groups are counted.
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

    /// The closing braces of a match that ends with `opened`, together with the further openings after them, and the byte up to which the
    /// answer depends on the text.
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

/// Finds the bracket that is closed at a place. None if a statement ends in between.
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

/// The brace that closes the one before a place: on the same line, or at the start of the first line with the same indentation.
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

/// Whether a place is on a preprocessor line, or on one that continues it.
fn is_directive(text: &str, at: usize) -> bool {
    let mut start = line_start(text, text.floor_char_boundary(at));
    while goes_on_above(text, start) {
        start = line_start(text, start - 1);
    }
    text[start..].trim_start_matches([' ', '\t']).starts_with('#')
}

/// Whether the line before the one that begins here ends with a backslash.
fn goes_on_above(text: &str, start: usize) -> bool {
    start > 0 && text[..start - 1].trim_end_matches('\r').ends_with('\\')
}

/// One match of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The form's index among those of the language.
    form: usize,
    start: usize,
    /// The end of the hidden text of the match itself, without the closing braces.
    opened: usize,
    /// The closing braces depend on the text up to this offset.
    reach: usize,
    hidden: Vec<(Range<usize>, Reads)>,
    closing: Vec<Range<usize>>,
}

/// All matches in a text: form by form, each in the order of the text.
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

/// The stretches that these matches hide, in order and disjoint.
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
    // Certain ones come before guessed ones.
    blanks.sort_by_key(|blank| (blank.range.start, blank.range.end, blank.guess.is_some()));
    let mut end = 0;
    blanks.retain(|blank| {
        let is_apart = blank.range.start >= end;
        end = if is_apart { blank.range.end } else { end };
        is_apart
    });
    blanks.into()
}

/// The stretches together with repairs that give every bracket its partner, in order and disjoint.
pub(super) fn repaired(blanks: &[Blank], repairs: &[Repair]) -> Arc<[Blank]> {
    let repair = |repair: &Repair| {
        let reads = if repair.closes { Reads::Word("}".into()) } else { Reads::Nothing };
        Blank { range: repair.range.clone(), reads, guess: None }
    };
    let touches = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let kept = blanks.iter().filter(|blank| !repairs.iter().any(|repair| touches(&repair.range, &blank.range)));
    let mut all: Vec<Blank> = kept.cloned().chain(repairs.iter().map(repair)).collect();
    all.sort_by_key(|blank| blank.range.start);
    all.into()
}

/// The stretches without wrong guesses, where something between the braces does not parse. None if no guess was wrong.
pub(super) fn right(blanks: &[Blank], tree: &Tree) -> Option<Arc<[Blank]>> {
    let is_wrong = |blank: &Blank| blank.guess.as_ref().is_some_and(|range| has_errors(tree, range));
    if !blanks.iter().any(is_wrong) {
        return None;
    }
    Some(blanks.iter().filter(|blank| !is_wrong(blank)).cloned().collect())
}

/// Whether something in these bytes does not parse.
fn has_errors(tree: &Tree, range: &Range<usize>) -> bool {
    if !tree.root_node().has_error() {
        return false;
    }
    let around = tree.root_node().descendant_for_byte_range(range.start, range.end).unwrap_or(tree.root_node());
    let mut cursor = around.walk();
    let touches = |node: &Node<'_>| node.start_byte() < range.end && range.start < node.end_byte();
    around.is_error() || around.children(&mut cursor).any(|node| touches(&node) && (node.has_error() || node.is_missing()))
}

/// The text as the parser sees it.
pub(super) struct Shown<'a> {
    text: &'a [u8],
    blanks: &'a [Blank],
    /// The replacements of all hidden stretches, one after another; `starts` has where each begins.
    instead: Vec<u8>,
    starts: Vec<usize>,
}

impl<'a> Shown<'a> {
    /// The text with its hidden stretches replaced.
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

    /// The bytes from an offset on, up to the next boundary between text and replacement.
    pub fn at(&self, at: usize) -> &[u8] {
        let next = self.blanks.partition_point(|blank| blank.range.end <= at);
        match self.blanks.get(next) {
            None => self.text.get(at..).unwrap_or_default(),
            Some(blank) if blank.range.start > at => &self.text[at..blank.range.start],
            Some(blank) => &self.instead[self.starts[next]..][at - blank.range.start..blank.range.len()],
        }
    }
}

/// The names in hidden macros, without those in comments and strings.
pub(super) fn named(parsed: &Parsed) -> impl Iterator<Item = &str> {
    named_in(parsed, 0..parsed.blanks().len())
}

/// [`named`] for some of the hidden stretches, given by their indices.
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

/// The indices of the stretches that are in these bytes or touch them.
pub(super) fn touching(blanks: &[Blank], bytes: &Range<usize>) -> Range<usize> {
    let first = blanks.partition_point(|blank| blank.range.end < bytes.start);
    first..blanks.partition_point(|blank| blank.range.start <= bytes.end).max(first)
}

/// Whether two versions hide the same, apart from how far the edit has moved it.
pub(super) fn are_alike(before: &[Blank], after: &[Blank], cut: &Cut) -> bool {
    let alike = |(a, b): (&Blank, &Blank)| again::stays(a, b, cut) || again::moves(a, b, cut);
    before.len() == after.len() && before.iter().zip(after).all(alike)
}
