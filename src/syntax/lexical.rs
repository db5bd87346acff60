//! Finds definitions line by line, without a parser: the lexical tier. One regular expression per language (`lexical` in `languages.toml`)
//! finds names in a fraction of the time of a parse, so that a workspace can be searched by name immediately.

mod begin;

use std::sync::OnceLock;

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};

use begin::Beginnings;

use super::language::Language;
use super::tags::{Definition, Kind, Span};
use crate::text::count_breaks;
use crate::text::lines::{line_end, line_start};

/// The definitions that begin a line; the whole line counts as item and signature.
pub fn definitions(language: &Language, text: &str) -> Vec<Definition> {
    let Some(lexical) = &language.by_line else { return vec![] };
    let Some(scan) = lexical.scan() else { return vec![] };
    let Some(beginnings) = &scan.beginnings else { return lexical.anywhere().map(|scan| scan.anywhere(text)).unwrap_or_default() };
    let found = scan.by_line(text, beginnings);
    if crate::report::is_strict()
        && let Some(anywhere) = lexical.anywhere().map(|scan| scan.anywhere(text)).filter(|anywhere| *anywhere != found)
    {
        crate::bug!("line by line {found:?} is defined in {}, as a whole {anywhere:?}", language.name);
    }
    found
}

fn definition(text: &str, name: std::ops::Range<usize>, kind: Kind, line: u32) -> Definition {
    let start = line_start(text, name.start);
    let end = line_end(text, name.end);
    let item = text[start..end].trim_end();
    let item = Span::new(start + item.len() - item.trim_start().len()..start + item.len());
    Definition {
        kind,
        public: true,
        name: Span::new(name),
        item,
        signature: item,
        body: Span::default(),
        doc: Span::default(),
        bases: Span::default(),
        parent: None,
        container: Span::default(),
        line,
        name_line: line,
        end_line: line,
    }
}

/// The pattern of a language. Compiled on first use: nine patterns take a tenth of a second and megabytes, and a warm start needs none.
pub(super) struct Lexical {
    pub(super) pattern: String,
    compiled: OnceLock<Option<Scan>>,
    anywhere: OnceLock<Option<Scan>>,
}

impl Lexical {
    /// A pattern that is not compiled yet.
    pub(super) fn new(pattern: String) -> Self {
        Self { pattern, compiled: OnceLock::new(), anywhere: OnceLock::new() }
    }

    /// None if the pattern is broken; [`super::Registry::check_queries`] reports that.
    fn scan(&self) -> Option<&Scan> {
        self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()
    }

    /// The pattern compiled to search everywhere, not line by line.
    fn anywhere(&self) -> Option<&Scan> {
        self.anywhere.get_or_init(|| build(&bytes_of(&self.pattern), None).ok()).as_ref()
    }
}

/// A compiled pattern, and the kinds that its groups stand for.
pub(super) struct Scan {
    regex: Regex,
    kinds: Vec<(usize, Kind)>,
    /// What a matching line may begin with, for patterns that match only at the start of a line. The expression is then anchored there, and
    /// most lines are ruled out by their first letter.
    beginnings: Option<Beginnings>,
}

/// The pattern for bytes, in which a non-ASCII letter is any of its bytes: tables of all Unicode letters cost more than they help.
fn bytes_of(pattern: &str) -> String {
    pattern.replace(r"\w", r"[\w\x80-\xff]")
}

/// Compiles a pattern, for a line-by-line search if it allows that.
pub(super) fn compile(pattern: &str) -> Result<Scan, String> {
    let bytes = bytes_of(pattern);
    match Beginnings::of(&bytes) {
        Some(beginnings) => build(&format!(r"\A(?:{bytes})"), Some(beginnings)),
        None => build(&bytes, None),
    }
}

fn build(bytes: &str, beginnings: Option<Beginnings>) -> Result<Scan, String> {
    let regex = RegexBuilder::new(bytes).unicode(false).build().map_err(|error| format!("`lexical` is no regular expression: {error}"))?;
    let mut kinds = vec![];
    for (group, name) in regex.capture_names().enumerate() {
        let Some(name) = name else { continue };
        // A kind may occur twice: `function`, `function_2`.
        let kind = name.split('_').next().unwrap_or(name);
        kinds.push((group, Kind::by_name(kind).ok_or_else(|| format!("`lexical` names a kind `{kind}` that there is not"))?));
    }
    Ok(Scan { regex, kinds, beginnings })
}

impl Scan {
    /// The group that matched: its kind, and where it is.
    fn named(&self, places: &CaptureLocations) -> Option<((usize, usize), Kind)> {
        self.kinds.iter().find_map(|(group, kind)| places.get(*group).map(|place| (place, *kind)))
    }

    /// Searches at the start of each line.
    fn by_line(&self, text: &str, beginnings: &Beginnings) -> Vec<Definition> {
        let bytes = text.as_bytes();
        let mut found = vec![];
        let mut places = self.regex.capture_locations();
        // Where the current line begins, and its number.
        let (mut start, mut row) = (0, 0);
        while let Some(head) = beginnings.head(bytes, start) {
            let mut from = head;
            if beginnings.fit(bytes[head])
                && let Some(whole) = self.regex.captures_read(&mut places, &bytes[start..])
            {
                let named = self.named(&places).map(|((from, to), kind)| (start + from..start + to, kind));
                if let Some((name, kind)) = named.filter(|(name, _)| text.get(name.clone()).is_some()) {
                    let above = count_breaks(&bytes[start..name.start]);
                    found.push(definition(text, name, kind, (row + above) as u32));
                }
                // The match may have ended with the line break.
                from = (start + whole.end()).max(start + 1) - 1;
            }
            let Some(end) = memchr::memchr(b'\n', &bytes[from..]) else { break };
            row += 1 + if from > head { count_breaks(&bytes[start..from]) } else { 0 };
            start = from + end + 1;
        }
        found
    }

    /// Searches everywhere.
    fn anywhere(&self, text: &str) -> Vec<Definition> {
        let mut found = vec![];
        let (mut row, mut counted) = (0, 0);
        let mut places = self.regex.capture_locations();
        let mut from = 0;
        while let Some(whole) = self.regex.captures_read_at(&mut places, text.as_bytes(), from) {
            from = if whole.end() > whole.start() { whole.end() } else { whole.end() + 1 };
            if let Some(((start, end), kind)) = self.named(&places).filter(|((start, end), _)| text.get(*start..*end).is_some()) {
                row += count_breaks(&text.as_bytes()[counted..start]);
                counted = start;
                found.push(definition(text, start..end, kind, row as u32));
            }
            if from > text.len() {
                break;
            }
        }
        found
    }
}
