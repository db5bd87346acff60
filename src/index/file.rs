//! What the index keeps about a file. Names are numbers, places are bytes and zero-based lines; the text itself is read again when needed.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::syntax::{Kind, Language, Span};
use crate::workspace::WorkspacePath;
use crate::workspace::fs::Stamp;

use super::names::NameId;

/// The hash that identifies a text: of the text with line feeds for lone carriage returns.
pub(super) fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// How much is known about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tier {
    /// Plain text without definitions.
    Text,
    /// Definitions by line (a regular expression).
    Lexical,
    /// Everything, from the tree.
    Parsed,
}

/// A definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: NameId,
    pub(super) container: NameId,
    pub(super) parent: u32,
    pub kind: Kind,
    pub public: bool,
    /// The whole definition with decorators and attributes, without the comment above.
    pub item: Span,
    /// From its own first word to its body, or to its end if it has none.
    pub signature: Span,
    pub body: Span,
    /// The comment above, or the docstring.
    pub doc: Span,
    /// The first line, including decorators and attributes.
    pub line: u32,
    /// The line of its name.
    pub name_line: u32,
    /// The last line of its signature.
    pub signature_end_line: u32,
    /// The last line of the item.
    pub end_line: u32,
}

impl Symbol {
    /// The name of the enclosing type, module or function; none at the top level.
    pub fn container(&self) -> Option<NameId> {
        self.container.some()
    }

    /// The index of the enclosing definition among the file's symbols; none at the top level.
    pub fn parent(&self) -> Option<usize> {
        (self.parent != u32::MAX).then_some(self.parent as usize)
    }
}

/// An import of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileImport {
    /// The module as written.
    pub module: NameId,
    pub line: u32,
    pub(super) first: u32,
    pub(super) count: u32,
}

/// One file of the workspace.
#[derive(Clone, Debug)]
pub struct File {
    pub path: WorkspacePath,
    pub language: Option<Arc<Language>>,
    pub tier: Tier,
    /// The hash of its text, see [`File::is_of`].
    pub hash: u64,
    pub stamp: Stamp,
    pub bytes: u32,
    pub lines: u32,
    /// Estimated from its length, without a tokenizer.
    pub tokens: u32,
    /// In the order of the text.
    pub symbols: Box<[Symbol]>,
    /// Identifiers with how often each occurs, including definitions; sorted by number.
    pub uses: Box<[(NameId, u32)]>,
    pub(super) bases: Box<[(u32, NameId)]>,
    pub(super) imports: Box<[FileImport]>,
    pub(super) import_names: Box<[(NameId, NameId)]>,
}

impl File {
    /// The name of the language; empty for plain text without one.
    pub fn language_name(&self) -> &str {
        self.language.as_ref().map_or("", |language| &language.name)
    }

    /// Whether these are the facts of this text, judged by its hash.
    pub fn is_of(&self, text: &str) -> bool {
        text.len() == self.bytes as usize && hash(text) == self.hash
    }

    /// Whether everything is known that can be, apart from what the parser gives up on.
    pub fn is_whole(&self) -> bool {
        self.tier == Tier::Parsed || self.language.is_none()
    }

    /// Whether it defines or mentions anything.
    pub fn takes_part(&self) -> bool {
        !self.symbols.is_empty() || !self.uses.is_empty()
    }

    /// The names of a symbol's base classes, traits and interfaces.
    pub fn bases(&self, symbol: usize) -> impl Iterator<Item = NameId> {
        let start = self.bases.partition_point(|(of, _)| (*of as usize) < symbol);
        self.bases[start..].iter().take_while(move |(of, _)| *of as usize == symbol).map(|(_, name)| *name)
    }

    /// The imports of the file, in order.
    pub fn imports(&self) -> &[FileImport] {
        &self.imports
    }

    /// Pairs for what an import takes: the name in the module, and the local name. Empty if the module itself is imported.
    pub fn imported(&self, import: &FileImport) -> &[(NameId, NameId)] {
        self.import_names.get(import.first as usize..(import.first + import.count) as usize).unwrap_or_default()
    }

    /// The direct members of a symbol, each with its index.
    pub fn members(&self, symbol: usize) -> impl Iterator<Item = (usize, &Symbol)> {
        self.symbols.iter().enumerate().filter(move |(_, member)| member.parent == symbol as u32)
    }

    /// Calls `tell` for every name that is kept of the file, for some more than once.
    pub(super) fn each_name(&self, tell: &mut impl FnMut(NameId)) {
        self.uses.iter().for_each(|(name, _)| tell(*name));
        self.bases.iter().for_each(|(_, base)| tell(*base));
        self.imports.iter().for_each(|import| tell(import.module));
        for symbol in &self.symbols {
            tell(symbol.name);
            tell(symbol.container);
        }
        for (there, here) in &self.import_names {
            tell(*there);
            tell(*here);
        }
    }

    /// The first difference between two versions of the facts of one text, for checks.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let symbols = self.symbols.iter().zip(&other.symbols).find(|(a, b)| a != b).map(|(a, b)| format!("{a:?} is {b:?}"));
        let sizes = (self.symbols.len(), self.bytes, self.lines, self.tokens);
        let theirs = (other.symbols.len(), other.bytes, other.lines, other.tokens);
        let sizes = (sizes != theirs).then(|| format!("{sizes:?} is {theirs:?}"));
        let rest = [
            ("uses", self.uses == other.uses),
            ("bases", self.bases == other.bases),
            ("imports", self.imports == other.imports && self.import_names == other.import_names),
        ];
        let rest = rest.iter().find(|(_, same)| !same).map(|(what, _)| (*what).to_string());
        symbols.or(sizes).or(rest)
    }

    /// How often a name occurs in this file.
    pub fn count(&self, name: NameId) -> u32 {
        self.uses.binary_search_by_key(&name, |(known, _)| *known).map_or(0, |at| self.uses[at].1)
    }
}
