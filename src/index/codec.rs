//! The facts of a file as bytes: variable-length numbers, mostly differences, so that they are small and fast to read. Names are numbers
//! within the segment. Reading trusts nothing: any damage gives `None`.

use crate::syntax::{Kind, Span};

use super::file::{File, FileImport, Symbol, Tier};
use super::names::NameId;
use super::sheet::Sheet;
use super::texts::Texts;

/// Bytes being written.
#[derive(Default)]
pub struct Writer {
    pub bytes: Vec<u8>,
}

/// A bit of the byte that begins a symbol; the lower bits are its kind.
const PUBLIC: u8 = 1 << 4;
/// Its container has the name of the enclosing definition.
const INSIDE: u8 = 1 << 5;
const BODY: u8 = 1 << 6;
const DOC: u8 = 1 << 7;

/// Bytes of the shortest symbol. A count that the remaining bytes cannot hold is refused before memory is reserved for it.
const LEAST: usize = 11;

impl Writer {
    /// Writes a number, seven bits per byte, lowest first.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Writes a text with its length in front.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Writes texts in the format of [`Reader::texts`]. Nothing can follow them.
    pub fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a str> + Clone) {
        self.number(texts.clone().count() as u64);
        texts.clone().for_each(|text| self.number(text.len() as u64));
        texts.for_each(|text| self.bytes.extend_from_slice(text.as_bytes()));
    }

    /// Writes an id plus one, so that "none" (all ones) becomes a short zero.
    fn id(&mut self, id: u32) {
        self.number(u64::from(id.wrapping_add(1)));
    }

    /// Writes a number as its difference from a nearby one.
    fn near(&mut self, number: u32, other: u32) {
        let apart = i64::from(number) - i64::from(other);
        self.number((apart << 1 ^ apart >> 63) as u64);
    }

    fn span(&mut self, span: Span, near: u32) {
        self.near(span.start, near);
        self.number(u64::from(span.end - span.start));
    }

    /// Writes the facts of a file; `of` maps a name to its number in the segment.
    pub fn facts(&mut self, file: &File, of: &impl Fn(NameId) -> u32) {
        self.bytes.push(file.tier as u8);
        for number in [file.bytes, file.lines, file.tokens] {
            self.number(u64::from(number));
        }
        self.number(file.symbols.len() as u64);
        let (mut start, mut line) = (0, 0);
        for (at, symbol) in file.symbols.iter().enumerate() {
            self.symbol(file, at as u32, symbol, (start, line), of);
            (start, line) = (symbol.item.start, symbol.line);
        }
        self.number(file.uses.len() as u64);
        let mut before = 0;
        for (name, count) in &file.uses {
            let name = of(*name);
            self.near(name, before);
            self.number(u64::from(*count));
            before = name;
        }
        self.number(file.bases.len() as u64);
        for (symbol, base) in &file.bases {
            self.number(u64::from(*symbol));
            self.id(of(*base));
        }
        self.number(file.imports.len() as u64);
        for import in &file.imports {
            self.id(of(import.module));
            [import.line, import.first, import.count].iter().for_each(|number| self.number(u64::from(*number)));
        }
        self.number(file.import_names.len() as u64);
        for (there, here) in &file.import_names {
            self.id(of(*there));
            self.id(of(*here));
        }
    }

    fn symbol(&mut self, file: &File, at: u32, symbol: &Symbol, (start, line): (u32, u32), of: &impl Fn(NameId) -> u32) {
        let around = file.symbols.get(symbol.parent as usize).map_or(NameId::NONE, |around| around.name);
        let flag = |bit: u8, set: bool| if set { bit } else { 0 };
        let spans = flag(BODY, symbol.body != Span::default()) | flag(DOC, symbol.doc != Span::default());
        self.bytes.push(symbol.kind as u8 | flag(PUBLIC, symbol.public) | flag(INSIDE, symbol.container == around) | spans);
        self.id(of(symbol.name));
        if symbol.container != around {
            self.id(of(symbol.container));
        }
        // How far before; zero for none.
        self.number(u64::from(at.saturating_sub(symbol.parent)));
        self.span(symbol.item, start);
        self.span(symbol.signature, symbol.item.start);
        if symbol.body != Span::default() {
            self.span(symbol.body, symbol.signature.end);
        }
        if symbol.doc != Span::default() {
            self.span(symbol.doc, symbol.item.start);
        }
        self.near(symbol.line, line);
        self.near(symbol.name_line, symbol.line);
        self.near(symbol.signature_end_line, symbol.name_line);
        self.near(symbol.end_line, symbol.signature_end_line);
    }
}

/// Bytes being read.
pub struct Reader<'a> {
    pub bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next byte; none at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// The next number. Most have one byte, nearly all others two.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        match *self.bytes {
            [one, ref rest @ ..] if one < 0x80 => {
                self.bytes = rest;
                Some(u64::from(one))
            }
            [low, high, ref rest @ ..] if high < 0x80 => {
                self.bytes = rest;
                Some(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    #[inline]
    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    #[inline]
    fn near(&mut self, other: u32) -> Option<u32> {
        let number = self.number()?;
        let apart = (number >> 1) as i64 ^ -((number & 1) as i64);
        u32::try_from(i64::from(other).checked_add(apart)?).ok()
    }

    fn span(&mut self, near: u32) -> Option<Span> {
        let start = self.near(near)?;
        Some(Span { start, end: start.checked_add(self.small()?)? })
    }

    /// A count of things that take at least a byte each; none if the rest is shorter.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.bytes.len()).then_some(count)
    }

    /// A name's number in the segment, which `of` maps to one of the workspace.
    fn id(&mut self, of: &mut impl FnMut(u32) -> Option<NameId>) -> Option<NameId> {
        match self.small()?.wrapping_sub(1) {
            u32::MAX => Some(NameId::NONE),
            id => of(id),
        }
    }

    /// The next text; none if it is cut off or not UTF-8.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }

    fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        let mut all = Vec::with_capacity(count.min(self.bytes.len() / 2));
        for _ in 0..count {
            all.push(one(self)?);
        }
        Some(all)
    }

    /// Many texts: their number, their lengths, and then all of them in one piece.
    pub fn texts(&mut self) -> Option<Texts> {
        let count = self.count()?;
        let mut lengths = Vec::with_capacity(count);
        for _ in 0..count {
            lengths.push(self.small()?);
        }
        Texts::of(std::str::from_utf8(self.bytes).ok()?, lengths)
    }

    /// The facts of a file; `of` maps names of the segment to those of the workspace.
    pub fn facts(&mut self, of: &mut impl FnMut(u32) -> Option<NameId>) -> Option<Sheet> {
        let tier = match self.byte()? {
            0 => Tier::Text,
            1 => Tier::Lexical,
            2 => Tier::Parsed,
            _ => return None,
        };
        let (bytes, lines, tokens) = (self.small()?, self.small()?, self.small()?);
        let count = self.count()?;
        let mut symbols: Vec<Symbol> = Vec::with_capacity(count.min(self.bytes.len() / LEAST));
        let (mut start, mut line) = (0, 0);
        for _ in 0..count {
            let symbol = self.symbol(&symbols, (start, line), of)?;
            (start, line) = (symbol.item.start, symbol.line);
            symbols.push(symbol);
        }
        let mut before = 0;
        let uses = self.many(|reader| {
            before = reader.near(before)?;
            Some((of(before)?, reader.small()?))
        })?;
        let bases = self.many(|reader| Some((reader.small()?, reader.id(of)?)))?;
        let imports = self.many(|reader| {
            Some(FileImport { module: reader.id(of)?, line: reader.small()?, first: reader.small()?, count: reader.small()? })
        })?;
        let import_names = self.many(|reader| Some((reader.id(of)?, reader.id(of)?)))?;
        Some(Sheet { tier, bytes, lines, tokens, names: Texts::default(), symbols, uses, bases, imports, import_names })
    }

    fn symbol(&mut self, before: &[Symbol], (start, line): (u32, u32), of: &mut impl FnMut(u32) -> Option<NameId>) -> Option<Symbol> {
        let flags = self.byte()?;
        let kind = Kind::by_number(flags & 0xf)?;
        let name = self.id(of)?;
        let given = if flags & INSIDE == 0 { Some(self.id(of)?) } else { None };
        let parent = match self.small()? {
            0 => u32::MAX,
            back => (before.len() as u32).checked_sub(back)?,
        };
        let around = || before.get(parent as usize).map_or(NameId::NONE, |around| around.name);
        let container = given.unwrap_or_else(around);
        let item = self.span(start)?;
        let signature = self.span(item.start)?;
        let body = if flags & BODY == 0 { Span::default() } else { self.span(signature.end)? };
        let doc = if flags & DOC == 0 { Span::default() } else { self.span(item.start)? };
        let line = self.near(line)?;
        let name_line = self.near(line)?;
        let signature_end_line = self.near(name_line)?;
        let end_line = self.near(signature_end_line)?;
        let public = flags & PUBLIC != 0;
        Some(Symbol { name, container, parent, kind, public, item, signature, body, doc, line, name_line, signature_end_line, end_line })
    }
}
