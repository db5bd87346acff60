//! Where something is: zero-based line and character in a negotiated encoding, or a byte offset. Conversions clamp, never panic.

use std::sync::Arc;

use ropey::Rope;

use super::edit::{Batch, OutOfText};
use super::past::Past;
use super::{Cut, SharedText};

/// What `Position::character` counts (LSP `PositionEncodingKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

/// A zero-based place; `character` counts units of the [`Encoding`] in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

/// Half-open range of positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Range {
    pub start: Position,
    pub end: Position,
}

/// The text of a document. Cheap to clone: snapshots share their storage.
#[derive(Clone, Debug, Default)]
pub struct Text {
    rope: Rope,
    past: Past,
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.past.is_of(&other.past) || self.rope == other.rope
    }
}

impl Text {
    /// Line breaks are `\n`, `\r\n` and `\r`, as LSP has it.
    pub fn new(text: &str) -> Self {
        Self { rope: Rope::from_str(text), past: Past::none() }
    }

    /// The whole text in one allocation, which is made once.
    pub fn to_arc(&self) -> Arc<str> {
        self.joined().into()
    }

    /// [`Self::to_arc`] in memory that the next version can reuse.
    pub fn to_shared(&self) -> SharedText {
        self.joined().into()
    }

    fn joined(&self) -> String {
        let mut text = String::with_capacity(self.len_bytes());
        self.rope.chunks().for_each(|chunk| text.push_str(chunk));
        text
    }

    /// Length in bytes.
    pub fn len_bytes(&self) -> usize {
        self.rope.len_bytes()
    }

    /// Number of lines; a text that ends in a line break has an empty last line.
    pub fn len_lines(&self) -> usize {
        self.rope.len_lines()
    }

    /// The byte offset of a position. A column past the end of the line means that end, a line past the last one means the end of the text,
    /// and a position inside a character means its start (LSP 3.17 `Position`).
    pub fn offset(&self, at: Position, encoding: Encoding) -> usize {
        let line = at.line as usize;
        if line >= self.len_lines() {
            return self.len_bytes();
        }
        let (start, end) = self.line_content(line);
        let character = at.character as usize;
        let char_at = match encoding {
            Encoding::Utf8 => return self.floor(start.saturating_add(character).min(end)),
            Encoding::Utf16 => {
                let first = self.utf16_of(start);
                let unit = first.saturating_add(character).min(self.utf16_of(end));
                self.rope.try_utf16_cu_to_char(unit).unwrap_or_else(|_| self.rope.len_chars())
            }
            Encoding::Utf32 => self.char_of(start).saturating_add(character),
        };
        self.rope.try_char_to_byte(char_at).unwrap_or(end).min(end)
    }

    /// The position of a byte offset. Past the end of the text means that end; inside a character or a line break means its start.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let offset = self.floor(offset);
        let line = self.line_of(offset);
        let (start, end) = self.line_content(line);
        let offset = offset.min(end);
        let character = match encoding {
            Encoding::Utf8 => offset - start,
            Encoding::Utf16 => self.utf16_of(offset) - self.utf16_of(start),
            Encoding::Utf32 => self.char_of(offset) - self.char_of(start),
        };
        Position { line: narrow(line), character: narrow(character) }
    }

    /// Byte offsets of a range; a reversed range is turned around.
    pub fn offsets(&self, range: Range, encoding: Encoding) -> std::ops::Range<usize> {
        let (a, b) = (self.offset(range.start, encoding), self.offset(range.end, encoding));
        a.min(b)..a.max(b)
    }

    /// Positions of a byte range.
    pub fn range(&self, bytes: std::ops::Range<usize>, encoding: Encoding) -> Range {
        Range { start: self.position(bytes.start, encoding), end: self.position(bytes.end, encoding) }
    }

    /// Whether a position exists in the text without clamping. The start of the line after the last one counts.
    pub fn contains(&self, at: Position, encoding: Encoding) -> bool {
        let line = at.line as usize;
        line < self.len_lines() && self.position(self.offset(at, encoding), encoding) == at || line == self.len_lines() && at.character == 0
    }

    /// The text of a byte range, clamped to the text and to character boundaries.
    pub fn slice(&self, bytes: std::ops::Range<usize>) -> String {
        let (start, end) = (self.floor(bytes.start), self.floor(bytes.end));
        match self.rope.get_byte_slice(start..end.max(start)) {
            Some(slice) => slice.to_string(),
            None => String::new(),
        }
    }

    /// A line without its line break; empty past the last line.
    pub fn line_text(&self, line: usize) -> String {
        if line >= self.len_lines() {
            return String::new();
        }
        let (start, end) = self.line_content(line);
        self.slice(start..end)
    }

    /// The zero-based line that contains a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.rope.try_byte_to_line(offset.min(self.len_bytes())).unwrap_or(0)
    }

    /// Where a line begins; the end of the text past the last line.
    pub fn line_start(&self, line: usize) -> usize {
        self.rope.try_line_to_byte(line).unwrap_or_else(|_| self.len_bytes())
    }

    /// Byte offsets of a line's start and of its end before the line break. `line` exists.
    fn line_content(&self, line: usize) -> (usize, usize) {
        let start = self.line_start(line);
        let end = self.line_start(line + 1);
        let before = |at: usize, byte: u8| at > start && self.rope.get_byte(at - 1) == Some(byte);
        if before(end, b'\n') {
            return (start, if before(end - 1, b'\r') { end - 2 } else { end - 1 });
        }
        (start, if before(end, b'\r') { end - 1 } else { end })
    }

    /// The largest character boundary at or before an offset.
    pub fn floor(&self, offset: usize) -> usize {
        if offset >= self.len_bytes() {
            return self.len_bytes();
        }
        self.rope.try_char_to_byte(self.char_of(offset)).unwrap_or(0)
    }

    /// The byte before an offset; none at the start.
    pub fn byte_before(&self, offset: usize) -> Option<u8> {
        self.rope.get_byte(offset.checked_sub(1)?)
    }

    /// The pieces of the text in order.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks()
    }

    /// The pieces of the text from last to first.
    pub(super) fn chunks_back(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks_at_byte(self.len_bytes()).0.reversed()
    }

    /// Applies edits made for this text. Fails and leaves the text unchanged if one is outside it.
    pub fn apply(&mut self, batch: &Batch) -> Result<(), OutOfText> {
        let fits = |at: usize| at <= self.len_bytes() && self.floor(at) == at;
        if batch.edits().iter().any(|edit| !fits(edit.range.start) || !fits(edit.range.end)) {
            return Err(OutOfText);
        }
        for edit in batch.edits().iter().rev() {
            self.replace(edit.range.clone(), &edit.text);
        }
        Ok(())
    }

    /// Replaces a byte range, clamped to existing character boundaries.
    pub fn replace(&mut self, bytes: std::ops::Range<usize>, text: &str) {
        let first = self.floor(bytes.start);
        let last = self.floor(bytes.end).max(first);
        let (start, end) = (self.char_of(first), self.char_of(last));
        if self.rope.try_remove(start..end).is_ok() {
            // `start` is within the remaining text, so this cannot fail.
            let _ = self.rope.try_insert(start, text);
            self.past.add(Cut { start: first, old_end: last, new_end: first + text.len() });
        }
    }

    /// The stretch that covers all edits since an earlier version of the text; none if they are not known.
    pub(super) fn edited_since(&self, before: &Text) -> Option<Cut> {
        self.past.since(&before.past)
    }

    /// Whether this is a copy of another text.
    pub(super) fn is_copy_of(&self, other: &Text) -> bool {
        self.past.is_of(&other.past)
    }

    /// A hash of the content: equal texts have equal hashes, whatever edits led to them.
    pub fn hash(&self) -> u64 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        self.rope.chunks().for_each(|chunk| hasher.update(chunk.as_bytes()));
        hasher.digest()
    }

    fn char_of(&self, offset: usize) -> usize {
        self.rope.try_byte_to_char(offset).unwrap_or_else(|_| self.rope.len_chars())
    }

    fn utf16_of(&self, offset: usize) -> usize {
        self.rope.try_char_to_utf16_cu(self.char_of(offset)).unwrap_or_else(|_| self.rope.len_utf16_cu())
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.rope.chunks().try_for_each(|chunk| f.write_str(chunk))
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
