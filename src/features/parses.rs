//! Trees of the documents that were looked at last, so that a menu or a completion parses only what has changed since.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::syntax::{Language, Parsed, parse};

/// Documents whose trees are kept: those that a person works on at a time.
const KEPT: usize = 8;

/// See the module.
#[derive(Default)]
pub struct Parses {
    kept: Mutex<VecDeque<(String, Parsed)>>,
}

impl Parses {
    /// The tree of a document's text, made from an earlier one where there is one.
    pub fn get(&self, uri: &str, language: &Arc<Language>, text: &Arc<str>) -> Option<Parsed> {
        let earlier = self.take(uri).filter(|parsed| Arc::ptr_eq(parsed.language(), language));
        let parsed = match earlier {
            Some(parsed) if parsed.text() == &**text => parsed,
            Some(parsed) => parsed.edited(text.clone()).ok()?,
            None => parse(language, text.clone()).ok()?,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((uri.into(), parsed.clone()));
        kept.truncate(KEPT);
        Some(parsed)
    }

    fn take(&self, uri: &str) -> Option<Parsed> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == uri)?;
        kept.remove(at).map(|(_, parsed)| parsed)
    }
}
