//! A whole text in one shared allocation. When it is no longer shared, the next version reuses its memory: allocating a long document again
//! costs more than applying the change of one key.

use std::ops::Deref;
use std::sync::Arc;

use super::layout::with_line_feeds;

/// A text in one allocation. Equal texts compare equal, however they are stored.
#[derive(Clone, Debug)]
pub struct SharedText(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// Memory that something else allocated.
    Shared(Arc<str>),
    /// Memory that can be reused.
    Own(Arc<String>),
}

impl SharedText {
    /// The same text with a line feed for each lone carriage return. All offsets stay the same.
    pub fn with_line_feeds(self) -> Self {
        let changed = match with_line_feeds(&self) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(changed) => Some(changed),
        };
        changed.map_or(self, Self::from)
    }

    /// Its memory with the text still in it, if nothing else holds it.
    pub fn into_own(self) -> Option<String> {
        match self.0 {
            Kept::Shared(_) => None,
            Kept::Own(text) => Arc::try_unwrap(text).ok(),
        }
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Kept::Shared(text) => text,
            Kept::Own(text) => text,
        }
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        let (a, b): (&str, &str) = (self, other);
        std::ptr::eq(a, b) || a == b
    }
}

impl Eq for SharedText {}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self(Kept::Own(Arc::new(text)))
    }
}

impl From<Arc<str>> for SharedText {
    fn from(text: Arc<str>) -> Self {
        Self(Kept::Shared(text))
    }
}

impl From<&Arc<str>> for SharedText {
    fn from(text: &Arc<str>) -> Self {
        text.clone().into()
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        Self(Kept::Shared(text.into()))
    }
}

impl From<&SharedText> for SharedText {
    fn from(text: &SharedText) -> Self {
        text.clone()
    }
}
