//! The facts of a single file, with names numbered within the file: what workers send and what the cache keeps.

use std::collections::HashSet;
use std::sync::Arc;

use crate::syntax::{Definition, Facts, Import, Kind, Language, Words, lists};
use crate::text::{count_breaks, words};
use crate::workspace::WorkspacePath;
use crate::workspace::fs::Stamp;

use super::file::{File, FileImport, Symbol, Tier};
use super::names::{NameId, Names};
use super::texts::Texts;

/// The facts of a file. All [`NameId`]s are indices into `names`; if that is empty, they are those of the workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub tier: Tier,
    pub bytes: u32,
    pub lines: u32,
    pub tokens: u32,
    pub names: Texts,
    pub symbols: Vec<Symbol>,
    pub uses: Vec<(NameId, u32)>,
    pub bases: Vec<(u32, NameId)>,
    pub imports: Vec<FileImport>,
    pub import_names: Vec<(NameId, NameId)>,
}

/// The longest name that is kept, in bytes; nobody searches for longer ones.
const MAX_NAME: usize = 256;

impl Sheet {
    /// The facts of a file without definitions.
    pub fn plain(text: &str) -> Self {
        Self {
            tier: Tier::Text,
            bytes: text.len() as u32,
            lines: count_lines(text),
            tokens: estimate_tokens(text.len()),
            names: Texts::default(),
            symbols: vec![],
            uses: vec![],
            bases: vec![],
            imports: vec![],
            import_names: vec![],
        }
    }

    /// Definitions only, found line by line.
    pub fn lexical(text: &str, definitions: &[Definition]) -> Self {
        let mut words = Words::default();
        let mut sheet = Self::plain(text);
        sheet.tier = Tier::Lexical;
        let mut list = SymbolList::default();
        list.add(text, definitions, &[], &[], &mut |name| NameId(words.number(name)));
        sheet.take(list, &words);
        sheet
    }

    /// Everything that the walk over the tree has gathered.
    pub fn parsed(language: &Language, text: &str, facts: Facts<'_>) -> Self {
        let Facts { definitions, names: mut words, imports } = facts;
        let mut sheet = Self::plain(text);
        sheet.tier = Tier::Parsed;
        let fits = |(_, (name, count)): &(usize, (&str, u32))| *count > 0 && name.len() <= MAX_NAME;
        sheet.uses = words.iter().enumerate().filter(fits).map(|(number, (_, count))| (NameId(number as u32), count)).collect();
        let mut list = SymbolList::default();
        list.add(text, &definitions, &[], &language.types.beside_bases, &mut |name| NameId(words.number(name)));
        let (imports, names) = import_list(&imports, 0, &mut |name| NameId(words.number(name)));
        (sheet.imports, sheet.import_names) = (imports, names);
        sheet.take(list, &words);
        sheet
    }

    /// Takes over symbols, and the words that they and the rest refer to.
    fn take(&mut self, list: SymbolList, words: &Words<'_>) {
        (self.symbols, self.bases) = (list.symbols, list.bases);
        self.names = Texts::with_room(words.len());
        // Numbers have to match, so a word that is too long leaves an empty text.
        words.iter().for_each(|(word, _)| self.names.push(kept(word)));
    }

    /// Makes it a file of the index: names become those of the workspace.
    pub fn into_file(mut self, path: WorkspacePath, language: Option<Arc<Language>>, hash: u64, stamp: Stamp, names: &mut Names) -> File {
        let global: Vec<NameId> = self.names.iter().map(|name| names.intern(name)).collect();
        let of = |id: NameId| global.get(id.0 as usize).copied().unwrap_or(NameId::NONE);
        self.symbols.iter_mut().for_each(|symbol| (symbol.name, symbol.container) = (of(symbol.name), of(symbol.container)));
        self.uses.iter_mut().for_each(|(name, _)| *name = of(*name));
        self.bases.iter_mut().for_each(|(_, base)| *base = of(*base));
        self.imports.iter_mut().for_each(|import| import.module = of(import.module));
        self.import_names.iter_mut().for_each(|(there, here)| (*there, *here) = (of(*there), of(*here)));
        self.joined(path, language, hash, stamp)
    }

    /// Makes it a file of the index, with names that are already those of the workspace.
    pub fn joined(mut self, path: WorkspacePath, language: Option<Arc<Language>>, hash: u64, stamp: Stamp) -> File {
        if !self.uses.is_sorted() {
            self.uses.sort_unstable();
        }
        File {
            path,
            language,
            tier: self.tier,
            hash,
            stamp,
            bytes: self.bytes,
            lines: self.lines,
            tokens: self.tokens,
            symbols: self.symbols.into(),
            uses: self.uses.into(),
            bases: self.bases.into(),
            imports: self.imports.into(),
            import_names: self.import_names.into(),
        }
    }
}

/// Symbols and their bases, in the form that a file keeps.
#[derive(Default)]
pub(super) struct SymbolList {
    pub symbols: Vec<Symbol>,
    /// Pairs of a symbol and the name of a base, ordered by symbol.
    pub bases: Vec<(u32, NameId)>,
    /// Pairs of a symbol and an attribute seen so far: `self.x = …` counts once per class, at its first occurrence.
    pub attributes: HashSet<(u32, NameId)>,
}

impl SymbolList {
    /// Adds definitions. The first of them may already be in the list: `around` has their symbols. Returns the symbol of each definition;
    /// `u32::MAX` if it became none.
    pub fn add<'a>(
        &mut self,
        text: &'a str,
        definitions: &[Definition],
        around: &[u32],
        beside_bases: &[String],
        id: &mut impl FnMut(&'a str) -> NameId,
    ) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(definitions.len());
        numbers.extend_from_slice(around);
        for definition in &definitions[around.len()..] {
            let name = definition.name.of(text);
            let parent = definition.parent.and_then(|parent| numbers.get(parent as usize)).copied().unwrap_or(u32::MAX);
            let mut again = |name| definition.kind == Kind::Attribute && !self.attributes.insert((parent, name));
            let Some(named) = Some(name).filter(|name| is_name(name)).map(&mut *id).filter(|name| !again(*name)) else {
                numbers.push(u32::MAX);
                continue;
            };
            let number = self.symbols.len() as u32;
            numbers.push(number);
            let container = match definition.container.of(text) {
                "" => self.symbols.get(parent as usize).map_or(NameId::NONE, |around| around.name),
                container => id(container),
            };
            self.bases.extend(base_names(definition.bases.of(text), beside_bases).map(|base| (number, id(base))));
            self.symbols.push(symbol(text, definition, named, container, parent));
        }
        numbers
    }
}

/// A text in the form in which a name is kept: empty if it is too long.
pub(super) fn kept(text: &str) -> &str {
    if text.len() <= MAX_NAME { text } else { "" }
}

/// Whether a text may be the name of a symbol.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME
}

/// Imports in the form that a file keeps; their names are numbered starting at `first`.
pub(super) fn import_list<'a>(
    imports: &'a [Import],
    first: usize,
    id: &mut impl FnMut(&'a str) -> NameId,
) -> (Vec<FileImport>, Vec<(NameId, NameId)>) {
    let (mut list, mut names) = (vec![], vec![]);
    for import in imports {
        let from = (first + names.len()) as u32;
        names.extend(import.names.iter().map(|(there, here)| (id(there), id(here))));
        let count = (first + names.len()) as u32 - from;
        list.push(FileImport { module: id(&import.module), line: import.line, first: from, count });
    }
    (list, names)
}

fn symbol(text: &str, definition: &Definition, name: NameId, container: NameId, parent: u32) -> Symbol {
    let mut symbol = Symbol {
        name,
        container,
        parent,
        kind: definition.kind,
        public: definition.public,
        item: definition.item,
        signature: definition.signature,
        body: definition.body,
        doc: definition.doc,
        line: definition.line,
        name_line: definition.name_line,
        signature_end_line: 0,
        end_line: definition.end_line,
    };
    symbol.signature_end_line = signature_end_line(text, &symbol);
    symbol
}

/// The last line of a symbol's signature, computed from its spans and lines.
pub(super) fn signature_end_line(text: &str, symbol: &Symbol) -> u32 {
    // The signature may begin below the item's first line, after decorators.
    let lead = text.get(symbol.item.start as usize..symbol.signature.start as usize).unwrap_or_default();
    let rows = count_breaks(lead.as_bytes()) + count_breaks(symbol.signature.of(text).as_bytes());
    (symbol.line + rows as u32).max(symbol.name_line).min(symbol.end_line.max(symbol.name_line))
}

/// The number of lines; an empty line at the end does not count.
pub(super) fn count_lines(text: &str) -> u32 {
    let breaks = count_breaks(text.as_bytes());
    (breaks + usize::from(!text.is_empty() && !text.ends_with('\n'))) as u32
}

/// Source code has 3.6 bytes per token in the tokenizers that we use, give or take a tenth.
pub(super) fn estimate_tokens(bytes: usize) -> u32 {
    (bytes * 10).div_ceil(36) as u32
}

/// The last parts of the paths in a list of bases: `models.Model, Generic[T], metaclass=M` names `Model` and `Generic`. Words of `beside`
/// do not count.
fn base_names<'a>(text: &'a str, beside: &[String]) -> impl Iterator<Item = &'a str> {
    let mut names = vec![];
    let mut depth = 0;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if words::is_word(letter) && !letter.is_numeric() {
            let (word, after) = rest.split_at(words::first(rest).len());
            let next = after.trim_start();
            let part_of_path = next.starts_with('.') || next.starts_with("::") || next.starts_with('=');
            if depth == 0 && !part_of_path && !lists(beside, word) {
                names.push(word);
            }
            // The value of a keyword argument is not a base.
            rest = match next.strip_prefix('=') {
                Some(value) => value.trim_start().trim_start_matches(|letter: char| words::is_word(letter) || letter == '.'),
                None => after,
            };
            continue;
        }
        match letter {
            '<' | '[' => depth += 1,
            '>' | ']' => depth -= 1,
            _ => {}
        }
        rest = &rest[letter.len_utf8()..];
    }
    names.into_iter()
}
