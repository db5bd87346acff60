//! Sheets as bytes: numbers of variable length, names as text. Reading trusts nothing: any damage is `None`.

use crate::syntax::{Kind, Span};

use super::file::{FileImport, Symbol, Tier};
use super::names::NameId;
use super::sheet::{Sheet, spans};
use super::texts::Texts;

/// Bytes being written.
#[derive(Default)]
pub struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Numbers plus one, so that "none" (all ones) is short.
    fn id(&mut self, id: u32) {
        self.number(u64::from(id.wrapping_add(1)));
    }

    pub fn sheet(&mut self, sheet: &Sheet) {
        self.bytes.push(sheet.tier as u8);
        for number in [sheet.bytes, sheet.lines, sheet.tokens] {
            self.number(u64::from(number));
        }
        self.number(sheet.names.len() as u64);
        sheet.names.iter().for_each(|name| self.text(name));
        self.number(sheet.symbols.len() as u64);
        sheet.symbols.iter().for_each(|symbol| self.symbol(symbol));
        self.number(sheet.uses.len() as u64);
        for (name, count) in &sheet.uses {
            self.id(name.0);
            self.number(u64::from(*count));
        }
        self.number(sheet.bases.len() as u64);
        for (symbol, base) in &sheet.bases {
            self.number(u64::from(*symbol));
            self.id(base.0);
        }
        self.number(sheet.imports.len() as u64);
        for import in &sheet.imports {
            self.id(import.module.0);
            [import.line, import.first, import.count].iter().for_each(|number| self.number(u64::from(*number)));
        }
        self.number(sheet.import_names.len() as u64);
        for (there, here) in &sheet.import_names {
            self.id(there.0);
            self.id(here.0);
        }
    }

    fn symbol(&mut self, symbol: &Symbol) {
        [symbol.name.0, symbol.container.0, symbol.parent].iter().for_each(|id| self.id(*id));
        self.bytes.push(symbol.kind as u8);
        self.bytes.push(u8::from(symbol.public));
        for span in spans(symbol) {
            self.number(u64::from(span.start));
            self.number(u64::from(span.end - span.start));
        }
        let lines = [symbol.line, symbol.name_line, symbol.signature_end_line, symbol.end_line];
        lines.iter().for_each(|line| self.number(u64::from(*line)));
    }
}

/// Bytes being read.
pub struct Reader<'a> {
    pub bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    pub fn number(&mut self) -> Option<u64> {
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

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// A count of things of which each takes a byte at least.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.bytes.len()).then_some(count)
    }

    fn id(&mut self, below: usize) -> Option<NameId> {
        let id = self.small()?.wrapping_sub(1);
        (id == u32::MAX || (id as usize) < below).then_some(NameId(id))
    }

    pub fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }

    fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn texts(&mut self) -> Option<Texts> {
        let count = self.count()?;
        let mut texts = Texts::with_room(count);
        for _ in 0..count {
            texts.push(self.text()?);
        }
        Some(texts)
    }

    pub fn sheet(&mut self) -> Option<Sheet> {
        let tier = match self.byte()? {
            0 => Tier::Text,
            1 => Tier::Lexical,
            2 => Tier::Parsed,
            _ => return None,
        };
        let (bytes, lines, tokens) = (self.small()?, self.small()?, self.small()?);
        let names = self.texts()?;
        let below = names.len();
        let symbols = self.many(|reader| reader.symbol(below))?;
        let uses = self.many(|reader| Some((reader.id(below)?, reader.small()?)))?;
        let bases = self.many(|reader| Some((reader.small()?, reader.id(below)?)))?;
        let imports = self.many(|reader| {
            Some(FileImport { module: reader.id(below)?, line: reader.small()?, first: reader.small()?, count: reader.small()? })
        })?;
        let import_names = self.many(|reader| Some((reader.id(below)?, reader.id(below)?)))?;
        Some(Sheet { tier, bytes, lines, tokens, names, symbols, uses, bases, imports, import_names })
    }

    fn symbol(&mut self, below: usize) -> Option<Symbol> {
        let (name, container) = (self.id(below)?, self.id(below)?);
        let parent = self.small()?.wrapping_sub(1);
        let kind = Kind::by_number(self.byte()?)?;
        let public = self.byte()? != 0;
        let mut span = || {
            let start = self.small()?;
            Some(Span { start, end: start.checked_add(self.small()?)? })
        };
        let (item, signature, body, doc) = (span()?, span()?, span()?, span()?);
        let (line, name_line, signature_end_line, end_line) = (self.small()?, self.small()?, self.small()?, self.small()?);
        Some(Symbol { name, container, parent, kind, public, item, signature, body, doc, line, name_line, signature_end_line, end_line })
    }
}
