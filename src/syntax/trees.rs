//! Trees of the documents that were looked at last, for the index and for requests alike: who comes first with a version parses it, and who
//! comes meanwhile waits for that tree.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::language::Language;
use super::parse::{ParseError, Parsed, parse};

/// Documents whose trees are kept: those that a person works on at a time.
const KEPT: usize = 8;

/// See the module.
#[derive(Debug, Default)]
pub struct Trees {
    /// Last used first.
    kept: Mutex<VecDeque<(String, Slot)>>,
}

/// One document's last text and what came of it; held while it is parsed, for a second parse would take longer than to wait.
type Slot = Arc<Mutex<Option<(Arc<str>, Result<Parsed, ParseError>)>>>;

impl Trees {
    /// The tree of a document's text, made from that of an earlier version where there is one.
    pub fn of(&self, uri: &str, language: &Arc<Language>, text: &Arc<str>) -> Result<Parsed, ParseError> {
        let slot = self.slot(uri);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let of_language = |parsed: &Parsed| Arc::ptr_eq(parsed.language(), language);
        let parsed = match known.take() {
            Some((before, outcome)) if before == *text && outcome.as_ref().map_or(true, of_language) => outcome,
            Some((_, Ok(before))) if of_language(&before) => before.edited(text.clone()),
            _ => parse(language, text.clone()),
        };
        *known = Some((text.clone(), parsed.clone()));
        parsed
    }

    /// The tree of a later version, made from the tree `before` and no other: for who asks what an edit has changed.
    pub fn after(&self, before: &Parsed, uri: &str, text: &Arc<str>) -> Result<Parsed, ParseError> {
        let slot = self.slot(uri);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((there, Ok(parsed))) if there == text && parsed.is_made_from(before) => return Ok(parsed.clone()),
            _ => {}
        }
        let parsed = before.edited(text.clone())?;
        *known = Some((text.clone(), Ok(parsed.clone())));
        Ok(parsed)
    }

    /// The document was closed: opened again it is read anew.
    pub fn forget(&self, uri: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known != uri);
    }

    fn slot(&self, uri: &str) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| known == uri).and_then(|at| kept.remove(at));
        let (uri, slot) = known.unwrap_or_else(|| (uri.into(), Slot::default()));
        kept.push_front((uri, slot.clone()));
        kept.truncate(KEPT);
        slot
    }
}
