//! The trees of the most recently used documents, shared by the index and by requests. The first to need a version parses it; others wait
//! for that tree.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::language::Language;
use super::parse::{BUDGET, ParseError, Parsed, Work, parse};
use crate::text::SharedText;

/// How many documents' trees are kept: as many as a user works on at a time.
const KEPT_DOCUMENTS: usize = 8;
/// After a parse over budget, the document is left alone for this many times as long, so that a user who types in it does not wait again
/// and again. (While the parser recovers from many errors it does not look at the clock.)
const REST: u32 = 8;

/// The kept trees.
#[derive(Debug, Default)]
pub struct Trees {
    /// Most recently used first.
    kept: Mutex<VecDeque<(String, Slot)>>,
}

/// A document's last text and its result. Locked while it is parsed: a second parse would take longer than the wait.
type Slot = Arc<Mutex<Known>>;

#[derive(Debug, Default)]
struct Known {
    last: Option<(SharedText, Result<Parsed, ParseError>)>,
    /// Until then no other version is parsed.
    rests: Option<Instant>,
}

impl Known {
    /// Whether this text has to wait, because another version took too long.
    fn leaves_alone(&self, text: &SharedText) -> bool {
        let resting = self.rests.is_some_and(|until| Instant::now() < until);
        resting && self.last.as_ref().is_none_or(|(before, _)| before != text)
    }

    /// Parses and keeps the result.
    fn make(&mut self, text: &SharedText, parse: impl FnOnce() -> Result<Parsed, ParseError>) -> Result<Parsed, ParseError> {
        let work = Work::start();
        let parsed = parse();
        // No tree, or one for which two parses together took far too long; each alone stayed within its budget.
        if work.exceeds(if parsed.is_err() { BUDGET } else { BUDGET * 2 }) {
            self.rests = Some(Instant::now() + work.took() * REST);
        }
        self.last = Some((text.clone(), parsed.clone()));
        parsed
    }
}

impl Trees {
    /// The tree of a document's text, made from an earlier version if one is kept.
    pub fn of(&self, uri: &str, language: &Arc<Language>, text: impl Into<SharedText>) -> Result<Parsed, ParseError> {
        let text = &text.into();
        let slot = self.slot(uri);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let of_language = |parsed: &Parsed| Arc::ptr_eq(parsed.language(), language);
        if known.leaves_alone(text) {
            return Err(ParseError::Budget);
        }
        match known.last.take() {
            Some((before, outcome)) if before == *text && outcome.as_ref().map_or(true, of_language) => {
                known.last = Some((text.clone(), outcome.clone()));
                outcome
            }
            Some((_, Ok(before))) if of_language(&before) => known.make(text, || before.edited(text.clone())),
            _ => known.make(text, || parse(language, text.clone())),
        }
    }

    /// The tree of a later version, made by `edited` from exactly the tree `before`, for callers who need to know what an edit has changed.
    pub fn after(
        &self,
        before: &Parsed,
        uri: &str,
        text: impl Into<SharedText>,
        edited: impl FnOnce(&Parsed) -> Result<Parsed, ParseError>,
    ) -> Result<Parsed, ParseError> {
        let text = &text.into();
        let slot = self.slot(uri);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match known.last.as_ref() {
            Some((there, Ok(parsed))) if there == text && parsed.is_made_from(before) => Ok(parsed.clone()),
            // The same text would take too long again.
            Some((there, Err(error))) if there == text => Err(*error),
            _ if known.leaves_alone(text) => Err(ParseError::Budget),
            _ => known.make(text, || edited(before)),
        }
    }

    /// When a text may be parsed that waits because another version took too long. None for a text that has been tried.
    pub fn rests(&self, uri: &str, text: &SharedText) -> Option<Instant> {
        let slot = self.slot(uri);
        let known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        known.rests.filter(|_| known.last.as_ref().is_none_or(|(tried, _)| tried != text))
    }

    /// Drops the trees of a document that was closed.
    pub fn forget(&self, uri: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known != uri);
    }

    fn slot(&self, uri: &str) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| known == uri).and_then(|at| kept.remove(at));
        let (uri, slot) = known.unwrap_or_else(|| (uri.into(), Slot::default()));
        kept.push_front((uri, slot.clone()));
        kept.truncate(KEPT_DOCUMENTS);
        slot
    }
}
