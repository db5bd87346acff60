//! A place in a document and its syntax: what is there, and whether a change makes the file parse worse.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::{Session, Target};
use crate::redact::{Masked, Secrets};
use crate::syntax::place;
use crate::syntax::scope::{self, Item};
use crate::syntax::uses::{self, Within};
use crate::syntax::{Definition, Kind, Language, Parsed, Place, definitions_in, linkage, naming, parse, tags};
use crate::text::lines::{self, line_end, line_number, line_start};
use crate::text::{Edit, Ending, layout, mark_bytes, words};
use crate::workspace::{Document, WorkspacePath, uri};

/// A body longer than this, in bytes, is not considered a placeholder.
const MAX_PLACEHOLDER_BYTES: usize = 4 << 10;
/// Larger documents, in bytes, are not parsed for a request.
const MAX_PARSED_BYTES: usize = 1 << 20;

/// A place in a document.
pub struct Site {
    /// With line feeds; offsets are those of the document.
    pub text: Arc<str>,
    /// The cursor or the selection, without blank lines at its ends, unless all of it is blank.
    pub bytes: Range<usize>,
    /// The selection with those blank lines.
    pub selected: Range<usize>,
    /// As shown to users and models.
    pub path: String,
    pub language: Option<Arc<Language>>,
    document: Arc<Document>,
    /// The ending of most lines in the document, if it differs from that in `text`.
    ending: Option<Ending>,
    session: Session,
    /// Parsed on first use.
    parsed: OnceLock<Option<Parsed>>,
    /// Gathered on first use.
    definitions: OnceLock<Vec<Definition>>,
    /// Errors of the text when it is parsed from scratch; counted only if an edit seems to break the text.
    fresh_errors: OnceLock<usize>,
}

impl Site {
    /// Reads the place; parses nothing yet.
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
        // A byte order mark cannot be selected: the first definition begins after it.
        let mark = mark_bytes(&text);
        let at = |offset| document.text.floor(offset).max(mark);
        let (start, end) = (at(target.bytes.start), at(target.bytes.end));
        let selected = start..end.max(start);
        Self {
            bytes: lines::without_blank_ends(&text, &selected),
            text,
            selected,
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

    /// The exact text of the document.
    pub fn exact(&self) -> Arc<str> {
        self.document.text.to_arc()
    }

    /// A text for the document, with its line endings.
    pub fn as_written(&self, text: &str) -> String {
        self.ending.map_or_else(|| text.into(), |ending| ending.apply(text))
    }

    /// A stretch of the text as models may see it.
    pub fn masked(&self, range: Range<usize>) -> Masked {
        Masked::stretch(&self.text, range)
    }

    /// A message about the text, without the secrets that it quotes.
    pub fn masked_in(&self, said: &str) -> Masked {
        Secrets::of(&self.text).hide(&self.text, said)
    }

    /// The tree of the text; none without a parser, or if the text is too long for a request.
    pub fn parsed(&self) -> Option<&Parsed> {
        let parse = || {
            let language = self.language.as_ref().filter(|_| self.text.len() <= MAX_PARSED_BYTES)?;
            self.session.shared.trees.of(&self.document.uri, language, &self.text).ok()
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// The document's place in the workspace, if it has one.
    pub fn document_path(&self) -> Option<&WorkspacePath> {
        self.document.path.as_ref()
    }

    /// What surrounds the start of the selection.
    pub fn place(&self) -> Place {
        self.parsed().map(|parsed| scope::at(parsed, self.bytes.start)).unwrap_or_default()
    }

    /// The definition that begins at the start of the selection or surrounds it.
    pub fn item(&self) -> Option<Item> {
        scope::item_at(self.parsed()?, self.anchor())
    }

    /// The start of the selection; a cursor at the end of a line is moved to its last letter, which belongs to what ends there.
    fn anchor(&self) -> usize {
        let at = self.bytes.start;
        let code = self.text[line_start(&self.text, at)..at].trim_end();
        let is_behind = self.bytes.is_empty() && !code.is_empty() && self.text[at..line_end(&self.text, at)].trim().is_empty();
        match code.chars().next_back().filter(|_| is_behind) {
            Some(last) => line_start(&self.text, at) + code.len() - last.len_utf8(),
            None => at,
        }
    }

    /// Where a name occurs here; none if the text cannot be parsed.
    pub fn uses(&self, name: &str) -> Option<Vec<(Range<usize>, Within)>> {
        Some(uses::uses(self.parsed()?, name))
    }

    /// Whether a word occurs here as a name in code: outside comments and strings, and not a keyword.
    pub fn defines(&self, name: &str) -> bool {
        let Some(parsed) = self.parsed() else { return false };
        let touches = |range: &Range<usize>| range.contains(&self.bytes.start) || range.end == self.bytes.start;
        let is_name =
            |(range, within): &(Range<usize>, Within)| *within == Within::Code && touches(range) && uses::is_identifier(parsed, range);
        uses::uses(parsed, name).iter().any(is_name)
    }

    /// The trimmed selection and the statement around it, if it is a value that could be named; else why not.
    pub fn value(&self) -> Result<(Range<usize>, Range<usize>), &'static str> {
        let inside = &self.text[self.bytes.clone()];
        let start = self.bytes.start + (inside.len() - inside.trim_start().len());
        let value = start..start + inside.trim().len();
        let parsed = self.parsed().ok_or("the file cannot be parsed, so values in it are not known")?;
        Ok((value.clone(), place::statement_of(parsed, &value)?))
    }

    /// The comment above an item, or its docstring.
    pub fn doc_of(&self, item: &Item) -> Option<Range<usize>> {
        // This finds the comment without an outline, because an outline of a long file would take longer than all other work for one key.
        let known = self.definitions.get().map_or_else(
            || definitions_in(self.parsed()?, &self.path, &item.range).into_iter().find(|known| self.is_of(known, item)),
            |all| all.iter().find(|known| self.is_of(known, item)).cloned(),
        );
        known.map(|known| known.doc).filter(|doc| !doc.is_empty()).map(|doc| doc.range())
    }

    /// The body of an item, if it has only white space, comments and placeholders.
    pub fn empty_body(&self, item: &Item) -> Option<Range<usize>> {
        let mut body = item.body.clone()?;
        let language = self.language.as_ref()?;
        if body.len() > MAX_PLACEHOLDER_BYTES || self.is_stub() {
            return None;
        }
        // A docstring is not a body.
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

    /// The line of the cursor, or the selected lines, if blank; none in an empty text.
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

    /// Whether whole lines are inside an item's body. A body without braces begins after its first line's indentation.
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
        // The byte order mark is not part of the first line.
        let start = start.max(mark_bytes(&self.text));
        // A selection of whole lines ends at the start of the next line.
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

    /// How many places in a piece of code do not parse in this language.
    pub fn errors_in(&self, code: &str) -> usize {
        self.language.as_ref().and_then(|language| parse(language, code).ok()).map_or(0, |parsed| parsed.errors())
    }

    /// Whether an item is a test or contains tests, judged by its name, its attributes, or the module or file it is in. Uses only what is
    /// in the document, since this runs for menus.
    pub fn is_test(&self, item: &Item) -> bool {
        let Some(parsed) = self.parsed() else { return false };
        let text = &self.text[item.range.clone()];
        let is_type = item.kind.is_type();
        let language = parsed.language();
        let named = language.test_names.is_of_test(&item.name, is_type);
        let says = |text: &str, words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
        let holds = is_type && says(text, &language.test_members);
        let marks = |line: &str| says(line, &language.test_marks);
        let marked = self.marks_above(item).any(marks) || marks(&self.text[item.signature.clone()]);
        let tests = |around: &Item| around.kind == Kind::Module && language.test_names.is_of_module(&around.name);
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

    /// Whether an item only declares what others implement, judged by its attributes or its type's bases.
    pub fn is_contract(&self, item: &Item) -> bool {
        let Some(contracts) = self.language.as_ref().map(|language| &language.contracts) else { return false };
        let says = |text: &str, list: &[String]| list.iter().any(|word| words::has(text, word));
        let around = || {
            let parent = self.definition_of(item)?.parent?;
            self.definitions().get(parent as usize).map(|around| around.signature.of(&self.text))
        };
        self.marks_above(item).any(|line| says(line, &contracts.marks)) || around().is_some_and(|head| says(head, &contracts.bases))
    }

    /// The item's definition in the outline.
    pub fn definition_of(&self, item: &Item) -> Option<Definition> {
        self.definitions().iter().find(|known| self.is_of(known, item)).cloned()
    }

    /// Whether a definition of the outline is this item.
    fn is_of(&self, known: &Definition, item: &Item) -> bool {
        item.range.contains(&(known.name.start as usize)) && known.name.of(&self.text) == item.name
    }

    /// The outline; empty if the text cannot be parsed.
    pub fn definitions(&self) -> &[Definition] {
        let read = || self.parsed().map(|parsed| tags(parsed, &self.path).definitions).unwrap_or_default();
        self.definitions.get_or_init(read)
    }

    /// Whether a name is that of a definition in a type, or occurs in a type but in none of its methods.
    pub fn is_member_of_type(&self, name: &Range<usize>) -> bool {
        let holds = |known: &&Definition| {
            let inside = (known.signature.start as usize..known.item.end as usize).contains(&name.start);
            inside && (known.kind.is_type() || known.kind.is_callable())
        };
        let innermost = self.definitions().iter().filter(holds).min_by_key(|known| known.item.end - known.signature.start);
        let defined = self.definitions().iter().any(|known| known.name.range() == *name);
        defined || innermost.is_some_and(|known| known.kind.is_type())
    }

    /// How many places do not parse, now and with an edit. Equal if the language is not known.
    pub fn errors_with(&self, edit: &Edit) -> (usize, usize) {
        let Some(parsed) = self.parsed() else { return (0, 0) };
        let mut changed = self.text.to_string();
        changed.replace_range(edit.range.clone(), &edit.text);
        let before = parsed.errors();
        let after = parsed.edited(changed.as_str()).map_or(before, |changed| changed.errors());
        if after <= before {
            return (before, after);
        }
        // A tree grown by edits may recover from an error differently than a fresh one, so both texts are parsed from scratch before an
        // edit is called broken.
        let fresh = |text: &str| self.read_anew(text).map_or(before, |parsed| parsed.errors());
        (*self.fresh_errors.get_or_init(|| fresh(&self.text)), fresh(&changed))
    }

    /// A text in this language, parsed from scratch, without the `extern "C"` lines of C headers ([`linkage`]).
    pub fn read_anew(&self, text: &str) -> Option<Parsed> {
        let language = self.language.as_ref()?;
        let blanked = linkage::blanked(language, text);
        parse(language, blanked.as_deref().unwrap_or(text)).ok()
    }
}
