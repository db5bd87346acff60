//! A place in a document with its syntax: what is there, and whether a change makes the file parse worse.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::{Session, Target};
use crate::context::Masked;
use crate::context::redact::Secrets;
use crate::syntax::place;
use crate::syntax::scope::{self, Item};
use crate::syntax::uses::{self, Within};
use crate::syntax::{Definition, Kind, Language, Parsed, Place, definitions_in, linkage, naming, parse, tags};
use crate::text::lines::{line_end, line_number, line_start};
use crate::text::{Edit, Ending, layout, words};
use crate::workspace::{Document, WorkspacePath, uri};

/// A body of more bytes is none to come.
const LONGEST_PLACEHOLDER: usize = 4 << 10;
/// Larger documents are not parsed for a request.
const MAX_PARSED: usize = 1 << 20;

/// See the module.
pub struct Site {
    /// Its lines ended by line feeds; offsets are those of the document.
    pub text: Arc<str>,
    pub bytes: Range<usize>,
    /// As people and models see it.
    pub path: String,
    pub language: Option<Arc<Language>>,
    document: Arc<Document>,
    /// How the document ends most of its lines, where `text` shows another ending.
    ending: Option<Ending>,
    session: Session,
    /// Parsed when something asks for it.
    parsed: OnceLock<Option<Parsed>>,
    /// Read when something asks for them.
    definitions: OnceLock<Vec<Definition>>,
    /// Errors of a tree that no edit has grown, once an edit seems to break the text.
    fresh_errors: OnceLock<usize>,
}

impl Site {
    pub fn new(session: &Session, target: &Target) -> Self {
        let document = &target.document;
        let exact = document.text.to_arc();
        let ending = layout::has_lone_returns(&exact).then(|| Ending::of(&exact));
        let text = layout::shared_with_line_feeds(exact);
        let language = session.language(document, &text);
        let path = match &document.path {
            Some(path) => path.to_string(),
            None => uri::name(&document.uri),
        };
        // A byte order mark is no part of what is marked: the first definition begins behind it.
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let at = |offset| document.text.floor(offset).max(mark);
        let (start, end) = (at(target.bytes.start), at(target.bytes.end));
        Self {
            text,
            bytes: start..end.max(start),
            path,
            language,
            document: document.clone(),
            ending,
            session: session.clone(),
            parsed: OnceLock::new(),
            definitions: OnceLock::new(),
            fresh_errors: OnceLock::new(),
        }
    }

    /// The document to the byte.
    pub fn exact(&self) -> Arc<str> {
        self.document.text.to_arc()
    }

    /// What goes into the document, with its own line endings.
    pub fn as_written(&self, text: &str) -> String {
        self.ending.map_or_else(|| text.into(), |ending| ending.apply(text))
    }

    /// A stretch of the text as models may see it.
    pub fn masked(&self, range: Range<usize>) -> Masked {
        Masked::stretch(&self.text, range)
    }

    /// What is said of the text, without the secrets that it quotes.
    pub fn masked_in(&self, said: &str) -> Masked {
        Secrets::of(&self.text).hide(&self.text, said)
    }

    /// The text as its parser reads it; none where there is no parser, or the text is too long for a request.
    pub fn parsed(&self) -> Option<&Parsed> {
        let parse = || {
            let language = self.language.as_ref().filter(|_| self.text.len() <= MAX_PARSED)?;
            self.session.shared.trees.of(&self.document.uri, language, &self.text).ok()
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// Where the document lies in the workspace; none for one that does not.
    pub fn document_path(&self) -> Option<&WorkspacePath> {
        self.document.path.as_ref()
    }

    pub fn place(&self) -> Place {
        self.parsed().map(|parsed| scope::at(parsed, self.bytes.start)).unwrap_or_default()
    }

    /// The definition that begins or lies at the start of the selection.
    pub fn item(&self) -> Option<Item> {
        scope::item_at(self.parsed()?, self.anchor())
    }

    /// Where the selection starts; for a cursor at the end of its line, the last letter there, which is still part of what ends with it.
    fn anchor(&self) -> usize {
        let at = self.bytes.start;
        let code = self.text[line_start(&self.text, at)..at].trim_end();
        let is_behind = self.bytes.is_empty() && !code.is_empty() && self.text[at..line_end(&self.text, at)].trim().is_empty();
        match code.chars().next_back().filter(|_| is_behind) {
            Some(last) => line_start(&self.text, at) + code.len() - last.len_utf8(),
            None => at,
        }
    }

    /// Where a name stands here; none where the text cannot be parsed.
    pub fn uses(&self, name: &str) -> Option<Vec<(Range<usize>, Within)>> {
        Some(uses::uses(self.parsed()?, name))
    }

    /// Whether a word stands in the code here as a name: outside of comments and strings, and no keyword.
    pub fn defines(&self, name: &str) -> bool {
        let Some(parsed) = self.parsed() else { return false };
        let touches = |range: &Range<usize>| range.contains(&self.bytes.start) || range.end == self.bytes.start;
        let is_name =
            |(range, within): &(Range<usize>, Within)| *within == Within::Code && touches(range) && uses::is_identifier(parsed, range);
        uses::uses(parsed, name).iter().any(is_name)
    }

    /// The selection without blanks at its ends, with the statement around it, if it is a value that could have a name; else why not.
    pub fn value(&self) -> Result<(Range<usize>, Range<usize>), &'static str> {
        let inside = &self.text[self.bytes.clone()];
        let start = self.bytes.start + (inside.len() - inside.trim_start().len());
        let value = start..start + inside.trim().len();
        let parsed = self.parsed().ok_or("the file cannot be parsed, so values in it are not known")?;
        Ok((value.clone(), place::statement_of(parsed, &value)?))
    }

    /// The comment above an item, or its docstring.
    pub fn doc_of(&self, item: &Item) -> Option<Range<usize>> {
        // The outline of a long file takes longer than all else that a key asks for.
        let known = self.definitions.get().map_or_else(
            || definitions_in(self.parsed()?, &self.path, &item.range).into_iter().find(|known| self.is_of(known, item)),
            |all| all.iter().find(|known| self.is_of(known, item)).cloned(),
        );
        known.map(|known| known.doc).filter(|doc| !doc.is_empty()).map(|doc| doc.range())
    }

    /// The body of an item, if nothing but blanks, comments and placeholders stands in it.
    pub fn empty_body(&self, item: &Item) -> Option<Range<usize>> {
        let mut body = item.body.clone()?;
        let language = self.language.as_ref()?;
        if body.len() > LONGEST_PLACEHOLDER || self.is_stub() {
            return None;
        }
        // A docstring is no body yet.
        let quoted = language.indented && self.text[body.clone()].trim_start_matches(['r', 'R']).starts_with(['"', '\'']);
        if let Some(doc) = quoted.then(|| self.doc_of(item)).flatten().filter(|doc| doc.start == body.start) {
            body.start = doc.end;
        }
        let inside = self.text[body.clone()].trim().trim_start_matches('{').trim_end_matches('}');
        language.is_blank(inside).then_some(body)
    }

    /// One level of indentation here.
    pub fn indent_unit(&self) -> String {
        let plain = || self.language.as_ref().map_or_else(|| layout::indent_unit(&self.text), |language| language.indent_unit(&self.text));
        self.parsed().map_or_else(plain, Parsed::indent_unit)
    }

    /// Whether the file only declares what another one defines.
    pub fn is_stub(&self) -> bool {
        naming::is_stub(self.language.as_deref(), &self.path)
    }

    /// The line of a cursor, or those of a selection, where nothing stands on them; not in a text that is empty.
    pub fn blank_line(&self) -> Option<Range<usize>> {
        let line = self.whole_lines(self.bytes.clone());
        (self.text[line.clone()].trim().is_empty() && !self.text.trim().is_empty()).then_some(line)
    }

    /// The selection widened to whole lines, without the last line break. Without a selection: the item there, else the line.
    pub fn lines(&self) -> Range<usize> {
        let range = match self.item() {
            Some(item) if self.bytes.is_empty() => item.range,
            _ => self.bytes.clone(),
        };
        self.whole_lines(range)
    }

    /// Whether whole lines lie inside the body of an item. A body without braces begins behind the indentation of its first line.
    pub fn is_in_body(&self, item: &Item, lines: &Range<usize>) -> bool {
        item.body.as_ref().is_some_and(|body| {
            let start = self.text[..body.start].trim_end_matches([' ', '\t']).len();
            let own_line = start == 0 || self.text[..start].ends_with('\n');
            let start = if own_line { start } else { body.start };
            start <= lines.start && lines.end <= body.end
        })
    }

    /// A range widened to whole lines, without the last line break.
    pub fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        let start = line_start(&self.text, range.start);
        // A byte order mark is no part of the first line.
        let start = if start == 0 && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start };
        // A selection of whole lines ends at the start of the next one.
        let end = if range.end > range.start && self.text[..range.end].ends_with('\n') { range.end - 1 } else { range.end };
        let end = end.max(start);
        let line_end = line_end(&self.text, end);
        let line_end = if self.text[start..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        start..line_end
    }

    /// 1-based line of a byte offset.
    pub fn line_of(&self, offset: usize) -> u32 {
        line_number(&self.text, offset) as u32
    }

    /// 1-based first and last line of a range.
    pub fn line_range(&self, range: &Range<usize>) -> (u32, u32) {
        (self.line_of(range.start), self.line_of(range.end))
    }

    /// How many places of a code of this language do not parse.
    pub fn errors_in(&self, code: &str) -> usize {
        self.language.as_ref().and_then(|language| parse(language, code).ok()).map_or(0, |parsed| parsed.errors())
    }

    /// Whether an item is a test or holds tests: it is called so, is marked so, or lies in a module or a file of tests. From what is around
    /// it alone, for menus ask.
    pub fn is_test(&self, item: &Item) -> bool {
        let Some(parsed) = self.parsed() else { return false };
        let text = &self.text[item.range.clone()];
        let is_type = item.kind.is_type();
        let named = item.name.starts_with("test_") || !is_type && item.name.starts_with("Test");
        let language = parsed.language();
        let says = |text: &str, words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
        let holds = is_type && says(text, &language.test_members);
        let marks = |line: &str| says(line, &language.test_marks);
        let marked = self.marks_above(item).any(marks) || marks(&self.text[item.signature.clone()]);
        let tests = |around: &Item| around.kind == Kind::Module && matches!(around.name.as_str(), "test" | "tests");
        let among = || scope::at(parsed, item.range.start + 1).items.iter().any(tests);
        let rules = self.language.as_ref().and_then(|language| language.tests.as_ref());
        let file = || self.document_path().is_some_and(|path| rules.is_some_and(|rules| rules.are_of(path.name())));
        named || holds || marked || file() || among()
    }

    /// The lines of attributes and decorators above an item, nearest first.
    fn marks_above(&self, item: &Item) -> impl Iterator<Item = &str> {
        let above = self.text[..item.range.start].lines().rev().map(str::trim);
        above.skip_while(|line| line.is_empty()).take_while(|line| self.language.as_ref().is_some_and(|language| language.is_mark(line)))
    }

    /// Whether an item only says how it is called, and others implement it: it is marked so, or its type is made of such.
    pub fn is_contract(&self, item: &Item) -> bool {
        let Some(contracts) = self.language.as_ref().map(|language| &language.contracts) else { return false };
        let says = |text: &str, list: &[String]| list.iter().any(|word| words::has(text, word));
        let around = || {
            let parent = self.definition_of(item)?.parent?;
            self.definitions().get(parent as usize).map(|around| around.signature.of(&self.text))
        };
        self.marks_above(item).any(|line| says(line, &contracts.marks)) || around().is_some_and(|head| says(head, &contracts.bases))
    }

    /// What the outline says of an item.
    pub fn definition_of(&self, item: &Item) -> Option<Definition> {
        self.definitions().iter().find(|known| self.is_of(known, item)).cloned()
    }

    /// Whether a line of the outline is an item's.
    fn is_of(&self, known: &Definition, item: &Item) -> bool {
        item.range.contains(&(known.name.start as usize)) && known.name.of(&self.text) == item.name
    }

    /// The outline; empty for what cannot be parsed.
    pub fn definitions(&self) -> &[Definition] {
        let read = || self.parsed().map(|parsed| tags(parsed, &self.path).definitions).unwrap_or_default();
        self.definitions.get_or_init(read)
    }

    /// Whether a name is that of a definition, or stands in a type and in none of its methods.
    pub fn is_member_of_type(&self, name: &Range<usize>) -> bool {
        let holds = |known: &&Definition| {
            let inside = (known.signature.start as usize..known.item.end as usize).contains(&name.start);
            inside && (known.kind.is_type() || known.kind.is_callable())
        };
        let innermost = self.definitions().iter().filter(holds).min_by_key(|known| known.item.end - known.signature.start);
        let defined = self.definitions().iter().any(|known| known.name.range() == *name);
        defined || innermost.is_some_and(|known| known.kind.is_type())
    }

    /// How many places do not parse now, and with an edit. Equal where nothing is known of the language.
    pub fn errors_with(&self, edit: &Edit) -> (usize, usize) {
        let Some(parsed) = self.parsed() else { return (0, 0) };
        let mut changed = self.text.to_string();
        changed.replace_range(edit.range.clone(), &edit.text);
        let before = parsed.errors();
        let after = parsed.edited(changed.as_str()).map_or(before, |changed| changed.errors());
        if after <= before {
            return (before, after);
        }
        // A tree that grew by edits can recover from an error in other ways than a fresh one: before an edit is called broken, both
        // texts are read anew.
        let fresh = |text: &str| self.read_anew(text).map_or(before, |parsed| parsed.errors());
        (*self.fresh_errors.get_or_init(|| fresh(&self.text)), fresh(&changed))
    }

    /// A text in the language of this one, read anew, without what is of two conditions.
    pub fn read_anew(&self, text: &str) -> Option<Parsed> {
        let language = self.language.as_ref()?;
        let blanked = linkage::blanked(language, text);
        parse(language, blanked.as_deref().unwrap_or(text)).ok()
    }
}
