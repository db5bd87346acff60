//! The facts of one file by themselves, with names numbered within the file: what a worker hands over, and what the cache keeps.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use crate::syntax::tags::NameHasher;
use crate::syntax::{Definition, Facts, Kind, Language, Span};
use crate::workspace::WorkspacePath;
use crate::workspace::fs::Stamp;

use super::file::{File, FileImport, Symbol, Tier};
use super::names::{NameId, Names};

/// See the module. All [`NameId`]s in it are indices into `names`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub tier: Tier,
    pub bytes: u32,
    pub lines: u32,
    pub tokens: u32,
    pub names: Vec<Box<str>>,
    pub symbols: Vec<Symbol>,
    pub uses: Vec<(NameId, u32)>,
    pub bases: Vec<(u32, NameId)>,
    pub imports: Vec<FileImport>,
    pub import_names: Vec<(NameId, NameId)>,
}

/// Numbers the names of a file.
#[derive(Default)]
struct Local<'a> {
    numbers: HashMap<&'a str, u32, BuildHasherDefault<NameHasher>>,
    names: Vec<Box<str>>,
}

impl<'a> Local<'a> {
    fn id(&mut self, text: &'a str) -> NameId {
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.names.push(text.into());
        }
        NameId(number)
    }
}

/// Longest text that is kept as a name; longer ones are no names that anyone looks for.
const MAX_NAME: usize = 256;

impl Sheet {
    /// A file without definitions.
    pub fn plain(text: &str) -> Self {
        Self {
            tier: Tier::Text,
            bytes: text.len() as u32,
            lines: count_lines(text),
            tokens: estimate_tokens(text.len()),
            names: vec![],
            symbols: vec![],
            uses: vec![],
            bases: vec![],
            imports: vec![],
            import_names: vec![],
        }
    }

    /// Definitions alone, by regular expression.
    pub fn lexical(text: &str, definitions: &[Definition]) -> Self {
        let mut local = Local::default();
        let mut sheet = Self::plain(text);
        sheet.tier = Tier::Lexical;
        sheet.add_symbols(text, definitions, &mut local);
        sheet.names = local.names;
        sheet
    }

    pub fn parsed(text: &str, facts: &Facts<'_>) -> Self {
        let mut local = Local::default();
        let mut sheet = Self::plain(text);
        sheet.tier = Tier::Parsed;
        local.numbers.reserve(facts.names.len() * 2);
        let uses = facts.names.iter().filter(|(name, _)| name.len() <= MAX_NAME);
        sheet.uses = uses.map(|(name, count)| (local.id(name), *count)).collect();
        sheet.add_symbols(text, &facts.definitions, &mut local);
        for import in &facts.imports {
            let first = sheet.import_names.len() as u32;
            let names = import.names.iter().map(|(there, here)| (local.id(there), local.id(here)));
            sheet.import_names.extend(names);
            let count = sheet.import_names.len() as u32 - first;
            sheet.imports.push(FileImport { module: local.id(&import.module), line: import.line, first, count });
        }
        sheet.names = local.names;
        sheet
    }

    fn add_symbols<'a>(&mut self, text: &'a str, definitions: &[Definition], local: &mut Local<'a>) {
        // `self.x = …` counts once per class, where it stands first.
        let mut attributes = std::collections::HashSet::new();
        let mut numbers = Vec::with_capacity(definitions.len());
        for definition in definitions {
            let name = definition.name.of(text);
            let again = definition.kind == Kind::Attribute && !attributes.insert((definition.parent, name));
            if name.is_empty() || name.len() > MAX_NAME || again {
                numbers.push(u32::MAX);
                continue;
            }
            let number = self.symbols.len() as u32;
            numbers.push(number);
            let parent = definition.parent.and_then(|parent| numbers.get(parent as usize)).copied().unwrap_or(u32::MAX);
            let container = match definition.container.of(text) {
                "" => self.symbols.get(parent as usize).map_or(NameId::NONE, |around| around.name),
                container => local.id(container),
            };
            let name = local.id(name);
            self.bases.extend(base_names(definition.bases.of(text)).map(|base| (number, local.id(base))));
            self.symbols.push(symbol(text, definition, name, container, parent));
        }
    }

    /// Joins the file to the others: its names become those of the workspace.
    pub fn into_file(self, path: WorkspacePath, language: Option<Arc<Language>>, hash: u64, stamp: Stamp, names: &mut Names) -> File {
        let global: Vec<NameId> = self.names.iter().map(|name| names.intern(name)).collect();
        let of = |id: NameId| global.get(id.0 as usize).copied().unwrap_or(NameId::NONE);
        let mut uses: Vec<(NameId, u32)> = self.uses.iter().map(|(name, count)| (of(*name), *count)).collect();
        uses.sort_unstable();
        let symbols = self.symbols.into_iter().map(|symbol| Symbol { name: of(symbol.name), container: of(symbol.container), ..symbol });
        File {
            path,
            language,
            tier: self.tier,
            hash,
            stamp,
            bytes: self.bytes,
            lines: self.lines,
            tokens: self.tokens,
            symbols: symbols.collect(),
            uses: uses.into(),
            bases: self.bases.iter().map(|(symbol, base)| (*symbol, of(*base))).collect(),
            imports: self.imports.into_iter().map(|import| FileImport { module: of(import.module), ..import }).collect(),
            import_names: self.import_names.iter().map(|(there, here)| (of(*there), of(*here))).collect(),
        }
    }
}

fn symbol(text: &str, definition: &Definition, name: NameId, container: NameId, parent: u32) -> Symbol {
    let signature = definition.signature;
    // The signature may begin below the item's first line, after decorators.
    let lead = text.get(definition.item.start as usize..signature.start as usize).unwrap_or_default();
    let rows = lead.matches('\n').count() + signature.of(text).matches('\n').count();
    Symbol {
        name,
        container,
        parent,
        kind: definition.kind,
        public: definition.public,
        item: definition.item,
        signature,
        body: definition.body,
        doc: definition.doc,
        line: definition.line,
        name_line: definition.name_line,
        signature_end_line: (definition.line + rows as u32).max(definition.name_line).min(definition.end_line.max(definition.name_line)),
        end_line: definition.end_line,
    }
}

fn count_lines(text: &str) -> u32 {
    let breaks = text.as_bytes().iter().filter(|byte| **byte == b'\n').count();
    (breaks + usize::from(!text.is_empty() && !text.ends_with('\n'))) as u32
}

/// Source code has 3.6 bytes per token, give or take a tenth, in the tokenizers that we use.
fn estimate_tokens(bytes: usize) -> u32 {
    (bytes * 10).div_ceil(36) as u32
}

/// Words that stand among base classes and are none.
const NO_BASES: &[&str] = &["extends", "implements", "public", "private", "protected", "virtual", "where", "with", "for", "dyn", "object"];

/// The last parts of the paths in a list of bases: `models.Model, Generic[T], metaclass=M` names `Model` and `Generic`.
fn base_names(text: &str) -> impl Iterator<Item = &str> {
    let mut names = vec![];
    let mut depth = 0;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter.is_alphabetic() || letter == '_' {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let next = after.trim_start();
            let part_of_path = next.starts_with('.') || next.starts_with("::") || next.starts_with('=');
            if depth == 0 && !part_of_path && !NO_BASES.contains(&word) {
                names.push(word);
            }
            // The value of a keyword argument is no base.
            rest = match next.strip_prefix('=') {
                Some(value) => {
                    value.trim_start().trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.')
                }
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

/// Spans and counts as the cache writes them.
pub(super) fn spans(symbol: &Symbol) -> [Span; 4] {
    [symbol.item, symbol.signature, symbol.body, symbol.doc]
}

impl Sheet {
    /// The way back, for the cache.
    pub fn from_file(file: &File, names: &Names) -> Self {
        let mut numbers: HashMap<NameId, u32> = HashMap::new();
        let mut texts: Vec<Box<str>> = vec![];
        let mut of = |id: NameId| {
            let Some(id) = id.some() else { return NameId::NONE };
            let next = texts.len() as u32;
            let number = *numbers.entry(id).or_insert(next);
            if number == next {
                texts.push(names.get(id).into());
            }
            NameId(number)
        };
        let symbols =
            file.symbols.iter().map(|symbol| Symbol { name: of(symbol.name), container: of(symbol.container), ..*symbol }).collect();
        let uses = file.uses.iter().map(|(name, count)| (of(*name), *count)).collect();
        let bases = file.bases.iter().map(|(symbol, base)| (*symbol, of(*base))).collect();
        let imports = file.imports.iter().map(|import| FileImport { module: of(import.module), ..*import }).collect();
        let import_names = file.import_names.iter().map(|(there, here)| (of(*there), of(*here))).collect();
        Self {
            tier: file.tier,
            bytes: file.bytes,
            lines: file.lines,
            tokens: file.tokens,
            names: texts,
            symbols,
            uses,
            bases,
            imports,
            import_names,
        }
    }
}
