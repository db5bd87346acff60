//! A whole text in one piece of memory, which is shared. One that nobody shares any more gives its memory to the next: a version of a long
//! document that is put together in memory of its own costs more than what a key changes in it.

use std::ops::Deref;
use std::sync::Arc;

use super::layout::with_line_feeds;

/// See the module. Equal texts are equal, whatever they are kept in.
#[derive(Clone, Debug)]
pub struct Piece(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// In the memory of somebody else.
    Shared(Arc<str>),
    /// In memory that can be had back.
    Own(Arc<String>),
}

impl Piece {
    /// The text with a line feed for each carriage return that ends a line by itself. Every offset stays what it is.
    pub fn with_line_feeds(self) -> Self {
        let changed = match with_line_feeds(&self) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(changed) => Some(changed),
        };
        changed.map_or(self, Self::from)
    }

    /// Its memory, with the text still in it, if no other has it.
    pub fn into_own(self) -> Option<String> {
        match self.0 {
            Kept::Shared(_) => None,
            Kept::Own(text) => Arc::try_unwrap(text).ok(),
        }
    }
}

impl Deref for Piece {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Kept::Shared(text) => text,
            Kept::Own(text) => text,
        }
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        let (a, b): (&str, &str) = (self, other);
        std::ptr::eq(a, b) || a == b
    }
}

impl Eq for Piece {}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self(Kept::Own(Arc::new(text)))
    }
}

impl From<Arc<str>> for Piece {
    fn from(text: Arc<str>) -> Self {
        Self(Kept::Shared(text))
    }
}

impl From<&Arc<str>> for Piece {
    fn from(text: &Arc<str>) -> Self {
        text.clone().into()
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self(Kept::Shared(text.into()))
    }
}

impl From<&Piece> for Piece {
    fn from(text: &Piece) -> Self {
        text.clone()
    }
}
