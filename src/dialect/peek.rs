//! Whether undecided text begins with one of several marks, or might do so once more of it has arrived.

use std::cell::Cell;

/// A look at the front of undecided text.
pub(super) struct Peek<'a> {
    pub rest: &'a str,
    partial: Cell<bool>,
}

impl<'a> Peek<'a> {
    /// A look at this text; no mark has been asked for yet.
    pub fn new(rest: &'a str) -> Self {
        Self { rest, partial: Cell::new(false) }
    }

    /// Whether the text begins with this mark. If it may still become the mark, that is remembered.
    pub fn is(&self, mark: &str) -> bool {
        let partial = mark.starts_with(self.rest) && self.rest.len() < mark.len();
        self.partial.set(self.partial.get() || partial);
        self.rest.starts_with(mark)
    }

    /// Whether more text could turn it into one of the marks asked for.
    pub fn is_partial(&self) -> bool {
        self.partial.get()
    }
}
