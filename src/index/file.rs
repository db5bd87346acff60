//! What the index keeps of a file. Names are numbers, places are bytes and zero-based lines; the text itself is read when it is wanted.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::syntax::{Kind, Language, Span};
use crate::workspace::WorkspacePath;
use crate::workspace::fs::Stamp;

use super::names::NameId;

/// The hash by which texts are told apart, of what is read of them: no carriage return ends a line by itself.
pub(super) fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// How much is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tier {
    /// Plain text: no definitions.
    Text,
    /// Definitions by regular expression.
    Lexical,
    /// Everything, by its parser.
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
    /// The whole item with its decorators and attributes, without the comment above.
    pub item: Span,
    /// From its first word to its body, or to its end.
    pub signature: Span,
    pub body: Span,
    /// The comment above, or the docstring.
    pub doc: Span,
    /// Where the item begins, decorators and attributes included.
    pub line: u32,
    /// Where its name stands.
    pub name_line: u32,
    /// The last line of its signature.
    pub signature_end_line: u32,
    /// The last line of the item.
    pub end_line: u32,
}

impl Symbol {
    /// The name of the type, module or function around it.
    pub fn container(&self) -> Option<NameId> {
        self.container.some()
    }

    /// The definition around it, as its index among the file's symbols.
    pub fn parent(&self) -> Option<usize> {
        (self.parent != u32::MAX).then_some(self.parent as usize)
    }
}

/// Names taken from a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileImport {
    /// As it is written.
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
    /// Of the text as it is read, see [`File::is_of`].
    pub hash: u64,
    pub stamp: Stamp,
    pub bytes: u32,
    pub lines: u32,
    /// An estimate that needs no tokenizer.
    pub tokens: u32,
    /// In the order of the file.
    pub symbols: Box<[Symbol]>,
    /// Identifiers and their occurrences (definitions included), sorted by number.
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

    /// Whether a text is the one whose facts these are. Another of the same length is not.
    pub fn is_of(&self, text: &str) -> bool {
        text.len() == self.bytes as usize && hash(text) == self.hash
    }

    /// Whether all is known of it that can be, but for what its parser does not get through.
    pub fn is_whole(&self) -> bool {
        self.tier == Tier::Parsed || self.language.is_none()
    }

    /// Whether it defines or mentions anything.
    pub fn takes_part(&self) -> bool {
        !self.symbols.is_empty() || !self.uses.is_empty()
    }

    /// Base classes, traits and interfaces of a symbol.
    pub fn bases(&self, symbol: usize) -> impl Iterator<Item = NameId> {
        let start = self.bases.partition_point(|(of, _)| (*of as usize) < symbol);
        self.bases[start..].iter().take_while(move |(of, _)| *of as usize == symbol).map(|(_, name)| *name)
    }

    pub fn imports(&self) -> &[FileImport] {
        &self.imports
    }

    /// What an import takes (its name there, its name here); empty when it is the module itself.
    pub fn imported(&self, import: &FileImport) -> &[(NameId, NameId)] {
        self.import_names.get(import.first as usize..(import.first + import.count) as usize).unwrap_or_default()
    }

    /// Members of a symbol: those whose parent it is.
    pub fn members(&self, symbol: usize) -> impl Iterator<Item = (usize, &Symbol)> {
        self.symbols.iter().enumerate().filter(move |(_, member)| member.parent == symbol as u32)
    }

    /// Tells all names that are kept of the file, some of them often.
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

    /// The first thing that two versions of the facts of one text disagree about.
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

    /// Occurrences of a name in this file.
    pub fn count(&self, name: NameId) -> u32 {
        self.uses.binary_search_by_key(&name, |(known, _)| *known).map_or(0, |at| self.uses[at].1)
    }
}
