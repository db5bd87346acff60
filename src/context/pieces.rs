//! Writes the definitions of a file into one part of a prompt: each below the heading of its type, and members between the first and last
//! line of their type if both are shown.

use super::corpus::{GAP, Name};

/// A definition in a part.
#[derive(Clone)]
pub struct Piece {
    pub name: Name,
    /// Its first and last line in the file, zero-based.
    pub line: u32,
    pub last: u32,
    pub signature: Box<str>,
    /// The line that says which type it is a member of.
    pub heading: Box<str>,
    /// The zero-based line of that heading; its own line if there is none.
    pub headed: u32,
    pub score: f32,
}

impl Piece {
    /// What is shown at its beginning, and at its end if its name is there.
    fn ends(&self) -> (&str, Option<&str>) {
        match self.signature.split_once(GAP) {
            Some((opening, closing)) => (opening, Some(closing)),
            None => (&self.signature, None),
        }
    }
}

/// The text of a part, and its first and last line in the file, 1-based.
pub struct Written {
    pub text: String,
    pub first: u32,
    pub last: u32,
}

/// A definition whose end is still to be written.
struct Open<'a> {
    closing: &'a str,
    /// Its zero-based last line.
    last: u32,
    /// The offset in the text at which its inside begins.
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

/// Writes pieces that are sorted by line.
pub fn write(pieces: &[Piece]) -> Written {
    let mut text = String::new();
    let mut end = 0;
    // The first line that is shown. A heading may be far above its members.
    let mut first = pieces.first().map_or(0, |piece| piece.line + 1);
    // The offset from which lines are considered to belong to the current heading.
    let mut from = 0;
    let mut open: Vec<Open> = vec![];
    for piece in pieces {
        // What is inside a definition shown whole is shown with it.
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
