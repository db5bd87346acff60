//! Whether undecided text begins with one of several marks, or might once more of it has come.

use std::cell::Cell;

/// A look at the front of undecided text.
pub(super) struct Peek<'a> {
    pub rest: &'a str,
    partial: Cell<bool>,
}

impl<'a> Peek<'a> {
    pub fn new(rest: &'a str) -> Self {
        Self { rest, partial: Cell::new(false) }
    }

    /// Whether the text begins with this mark. One that only begins like it is kept in mind.
    pub fn is(&self, mark: &str) -> bool {
        let partial = mark.starts_with(self.rest) && self.rest.len() < mark.len();
        self.partial.set(self.partial.get() || partial);
        self.rest.starts_with(mark)
    }

    /// Whether more text could make one of the marks of it that were asked for.
    pub fn is_partial(&self) -> bool {
        self.partial.get()
    }
}
