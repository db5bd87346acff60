//! Between the types of LSP and ours.

use tower_lsp::lsp_types::{self as lsp, PositionEncodingKind};

use crate::text::{Edit, Encoding, Position, Range, Text};

pub fn position(at: lsp::Position) -> Position {
    Position { line: at.line, character: at.character }
}

pub fn range(range: lsp::Range) -> Range {
    Range { start: position(range.start), end: position(range.end) }
}

pub fn to_position(at: Position) -> lsp::Position {
    lsp::Position { line: at.line, character: at.character }
}

pub fn to_range(range: Range) -> lsp::Range {
    lsp::Range { start: to_position(range.start), end: to_position(range.end) }
}

/// An edit of `text` as the editor wants it.
pub fn to_text_edit(edit: &Edit, text: &Text, encoding: Encoding) -> lsp::TextEdit {
    lsp::TextEdit { range: to_range(text.range(edit.range.clone(), encoding)), new_text: edit.text.clone() }
}

/// The encoding of positions: utf-8 where offered, else utf-16, else what is offered. Without an offer it is utf-16.
pub fn negotiate(offered: Option<&[serde_json::Value]>) -> Encoding {
    let offers = |kind: PositionEncodingKind| offered.is_some_and(|offered| offered.iter().any(|one| one == kind.as_str()));
    if offers(PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if offers(PositionEncodingKind::UTF32) && !offers(PositionEncodingKind::UTF16) {
        Encoding::Utf32
    } else {
        Encoding::Utf16
    }
}

pub fn to_encoding(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}
