//! Tier 0: definitions by line, without a parser. A regular expression per language (`lexical` in `languages.toml`) finds their names in
//! a fraction of the time of a parse, so that a workspace can be searched by name at once.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::language::Language;
use super::tags::{Definition, Kind, Span};
use crate::text::lines::{line_end, line_start};

/// The definitions that begin a line. Their item and signature are that line.
pub fn definitions(language: &Language, text: &str) -> Vec<Definition> {
    let Some((regex, kinds)) = language.by_line.as_ref().and_then(|lexical| lexical.scan()) else { return vec![] };
    let mut found = vec![];
    let (mut row, mut counted) = (0, 0);
    let mut places = regex.capture_locations();
    let mut from = 0;
    while let Some(whole) = regex.captures_read_at(&mut places, text.as_bytes(), from) {
        from = if whole.end() > whole.start() { whole.end() } else { whole.end() + 1 };
        let named = kinds.iter().find_map(|(group, kind)| places.get(*group).map(|place| (place, *kind)));
        if let Some(((start, end), kind)) = named.filter(|((start, end), _)| text.get(*start..*end).is_some()) {
            row += text.as_bytes()[counted..start].iter().filter(|byte| **byte == b'\n').count();
            counted = start;
            found.push(definition(text, start..end, kind, row as u32));
        }
        if from > text.len() {
            break;
        }
    }
    found
}

fn definition(text: &str, name: std::ops::Range<usize>, kind: Kind, line: u32) -> Definition {
    let start = line_start(text, name.start);
    let end = line_end(text, name.end);
    let item = text[start..end].trim();
    let start = start + text[start..end].find(item).unwrap_or(0);
    let item = Span::new(start..start + item.len());
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

/// Definitions by line. Compiled when it is first used: nine of them are a tenth of a second and megabytes, and a warm start needs none.
pub(super) struct Lexical {
    pub(super) pattern: String,
    compiled: OnceLock<Option<Scan>>,
}

/// A compiled pattern, and the kinds that its groups stand for.
pub(super) type Scan = (Regex, Vec<(usize, Kind)>);

impl Lexical {
    pub(super) fn new(pattern: String) -> Self {
        Self { pattern, compiled: OnceLock::new() }
    }

    /// None where the pattern is broken, which [`super::Registry::check_queries`] reports.
    pub(super) fn scan(&self) -> Option<&Scan> {
        self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()
    }
}

/// Works on bytes, where a letter beyond ASCII is any of its bytes: tables of all Unicode letters cost more than they give.
pub(super) fn compile(pattern: &str) -> Result<Scan, String> {
    let bytes = pattern.replace(r"\w", r"[\w\x80-\xff]");
    let regex = RegexBuilder::new(&bytes).unicode(false).build().map_err(|error| format!("`lexical` is no regular expression: {error}"))?;
    let mut kinds = vec![];
    for (group, name) in regex.capture_names().enumerate() {
        let Some(name) = name else { continue };
        // A kind may be named twice: `function`, `function_2`.
        let kind = name.split('_').next().unwrap_or(name);
        kinds.push((group, Kind::by_name(kind).ok_or_else(|| format!("`lexical` names a kind `{kind}` that there is not"))?));
    }
    Ok((regex, kinds))
}
