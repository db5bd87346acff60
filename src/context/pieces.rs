//! The definitions of a file as they are written into one part of a prompt: each below the line of its type, and what stands inside of a
//! type between that type's own lines.

use super::corpus::{GAP, Name};

/// A definition of a part.
#[derive(Clone)]
pub struct Piece {
    pub name: Name,
    /// Where it begins and ends in its file, from 0.
    pub line: u32,
    pub last: u32,
    pub signature: Box<str>,
    /// What says what it is a member of.
    pub heading: Box<str>,
    /// Where that stands, from 0; the line itself where there is none.
    pub headed: u32,
    pub score: f32,
}

impl Piece {
    /// What is shown of it where it begins, and where it ends: its name may stand there.
    fn ends(&self) -> (&str, Option<&str>) {
        match self.signature.split_once(GAP) {
            Some((opening, closing)) => (opening, Some(closing)),
            None => (&self.signature, None),
        }
    }
}

/// The lines of a part, and their place in the file: the first and the last, from 1.
pub struct Written {
    pub text: String,
    pub first: u32,
    pub last: u32,
}

/// The end of a definition that is still to come.
struct Open<'a> {
    closing: &'a str,
    /// Where it stands, from 0.
    last: u32,
    /// Where in the text its inside begins.
    inside: usize,
}

impl Open<'_> {
    fn close(self, text: &mut String) {
        if text.len() == self.inside {
            text.push_str(&GAP[1..]);
        }
        text.push_str(self.closing);
        text.push('\n');
    }
}

/// Writes what is sorted by line.
pub fn write(pieces: &[Piece]) -> Written {
    let mut text = String::new();
    let mut end = 0;
    // The first line that is shown; a heading may stand far above its members.
    let mut first = pieces.first().map_or(0, |piece| piece.line + 1);
    // Where that begins which the lines are taken to belong to.
    let mut from = 0;
    let mut open: Vec<Open> = vec![];
    for piece in pieces {
        // What stands inside of a definition that is shown whole is shown with it.
        let (opening, closing) = piece.ends();
        let lines = opening.lines().count() as u32;
        if piece.line + lines <= end {
            continue;
        }
        end = piece.line + lines;
        while let Some(around) = open.pop_if(|around| piece.line > around.last) {
            around.close(&mut text);
        }
        let is_said = text[from..].lines().any(|line| line.trim_end() == &*piece.heading);
        if piece.heading.is_empty() || !is_said {
            from = text.len();
        }
        if !piece.heading.is_empty() && !is_said {
            text.push_str(&piece.heading);
            text.push('\n');
            first = first.min(piece.headed + 1);
        }
        text.push_str(opening);
        text.push('\n');
        if let Some(closing) = closing {
            open.push(Open { closing, last: piece.last, inside: text.len() });
        }
    }
    while let Some(around) = open.pop() {
        around.close(&mut text);
    }
    let shown = |piece: &Piece| match piece.ends() {
        (_, Some(_)) => piece.last + 1,
        (whole, None) => piece.line + whole.lines().count().max(1) as u32,
    };
    Written { text, first, last: pieces.iter().map(shown).max().unwrap_or(0) }
}
