//! Trees of the documents that were looked at last, so that a menu or a completion parses only what has changed since.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Shared;
use crate::syntax::{Language, Parsed, parse};

/// Documents whose trees are kept: those that a person works on at a time.
const KEPT: usize = 8;

/// See the module.
#[derive(Default)]
pub struct Parses {
    kept: VecDeque<(String, Parsed)>,
}

/// The tree of a document's text, made from an earlier one where there is one. Parsing holds nobody up.
pub fn tree(shared: &Shared, uri: &str, language: &Arc<Language>, text: &Arc<str>) -> Option<Parsed> {
    let earlier = shared.notes(|notes| notes.parses.take(uri)).filter(|parsed| Arc::ptr_eq(parsed.language(), language));
    let parsed = match earlier {
        Some(parsed) if parsed.text() == &**text => parsed,
        Some(parsed) => parsed.edited(text.clone()).ok()?,
        None => parse(language, text.clone()).ok()?,
    };
    shared.notes(|notes| notes.parses.put(uri, parsed.clone()));
    Some(parsed)
}

impl Parses {
    fn take(&mut self, uri: &str) -> Option<Parsed> {
        let at = self.kept.iter().position(|(known, _)| known == uri)?;
        self.kept.remove(at).map(|(_, parsed)| parsed)
    }

    fn put(&mut self, uri: &str, parsed: Parsed) {
        self.kept.push_front((uri.into(), parsed));
        self.kept.truncate(KEPT);
    }
}
