//! Converts between LSP's types and ours.

use tower_lsp::lsp_types::{self as lsp, PositionEncodingKind};

use crate::text::{Edit, Encoding, Position, Range, Text};

/// Converts an LSP position to ours.
pub fn position(at: lsp::Position) -> Position {
    Position { line: at.line, character: at.character }
}

/// Converts an LSP range to ours.
pub fn range(range: lsp::Range) -> Range {
    Range { start: position(range.start), end: position(range.end) }
}

fn to_position(at: Position) -> lsp::Position {
    lsp::Position { line: at.line, character: at.character }
}

/// Converts our range to an LSP range.
pub fn to_range(range: Range) -> lsp::Range {
    lsp::Range { start: to_position(range.start), end: to_position(range.end) }
}

/// An edit of `text` as an LSP edit.
pub fn to_text_edit(edit: &Edit, text: &Text, encoding: Encoding) -> lsp::TextEdit {
    lsp::TextEdit { range: to_range(text.range(edit.range.clone(), encoding)), new_text: edit.text.clone() }
}

/// The position encoding: utf-8 if the client offers it, else utf-16, else whatever it offers. Without an offer, utf-16.
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

/// The LSP name of an encoding.
pub fn to_encoding(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}
