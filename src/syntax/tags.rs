//! What a file defines, mentions and imports, as gathered by [`super::walk`].

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::import::Import;
use super::words::Words;

/// The kind of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    Function,
    Method,
    Class,
    Struct,
    /// Traits and interfaces.
    Interface,
    Enum,
    /// Members of an enum.
    Variant,
    /// Aliases and associated types.
    Type,
    /// Constants and statics.
    Constant,
    /// Assignments outside functions.
    Variable,
    /// Fields, class attributes, `self.x = …`.
    Attribute,
    Macro,
    Module,
    /// A name re-exported from elsewhere: `pub use`, `from .x import Y` in `__init__.py`, `export {x} from`.
    Reexport,
}

impl Kind {
    const ALL: [(Kind, &'static str); 14] = [
        (Kind::Function, "function"),
        (Kind::Method, "method"),
        (Kind::Class, "class"),
        (Kind::Struct, "struct"),
        (Kind::Interface, "interface"),
        (Kind::Enum, "enum"),
        (Kind::Variant, "variant"),
        (Kind::Type, "type"),
        (Kind::Constant, "constant"),
        (Kind::Variable, "variable"),
        (Kind::Attribute, "attribute"),
        (Kind::Macro, "macro"),
        (Kind::Module, "module"),
        (Kind::Reexport, "reexport"),
    ];

    /// Its name in captures (`@definition.function`), in JSON and in prose.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The kind with this [`Self::name`].
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// The kind with this number, as caches store it.
    pub fn by_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).map(|(kind, _)| *kind)
    }

    /// Whether it can be called and has a body: a function, a method or a macro.
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method)
    }

    /// Whether it has members.
    pub fn is_type(self) -> bool {
        matches!(self, Self::Class | Self::Struct | Self::Interface | Self::Enum)
    }
}

/// A range of bytes; empty (`start == end`) means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span of a byte range.
    pub fn new(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }

    /// Whether the span means none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The byte range of the span.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text in the span; empty if the span does not fit the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }
}

/// One definition. Spans are bytes of the file, lines are zero-based.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub kind: Kind,
    pub public: bool,
    pub name: Span,
    /// The whole definition with decorators and attributes, without the comment above.
    pub item: Span,
    /// From its own first word to its body, or to its end if it has none.
    pub signature: Span,
    pub body: Span,
    /// The comment above, or the docstring.
    pub doc: Span,
    /// The list of base classes, traits or interfaces.
    pub bases: Span,
    /// The enclosing definition, as its index in [`Facts::definitions`].
    pub parent: Option<u32>,
    /// The name of the enclosing type if the file does not define that: in `impl` blocks and Go receivers.
    pub container: Span,
    pub line: u32,
    pub name_line: u32,
    pub end_line: u32,
}

/// Everything that the index keeps about a file.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// In the order of the text.
    pub definitions: Vec<Definition>,
    /// Identifiers with how often each occurs, including definitions, excluding comments and strings.
    pub names: Words<'a>,
    pub imports: Vec<Import>,
}

/// A map keyed by names or numbers, with a hash that costs next to nothing.
pub type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;
/// A set of names or numbers, with the same hash.
pub type NumberSet<K> = HashSet<K, BuildHasherDefault<NameHasher>>;

/// Multiplies and rotates, eight bytes at a time. Good enough: identifiers are short, and nobody attacks these tables.
#[derive(Clone, Copy, Default)]
pub struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
