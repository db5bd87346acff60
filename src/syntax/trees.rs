//! Trees of the documents that were looked at last, for the index and for requests alike: who comes first with a version parses it, and who
//! comes meanwhile waits for that tree.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::language::Language;
use super::parse::{BUDGET, ParseError, Parsed, Work, parse};
use crate::text::Piece;

/// Documents whose trees are kept: those that a person works on at a time.
const KEPT: usize = 8;
/// A document whose parse took longer than its budget is left alone for so many times as long: who types in it must not wait again and
/// again. Where the parser recovers from many errors it looks at no clock.
const REST: u32 = 8;

/// See the module.
#[derive(Debug, Default)]
pub struct Trees {
    /// Last used first.
    kept: Mutex<VecDeque<(String, Slot)>>,
}

/// One document's last text and what came of it; held while it is parsed, for a second parse would take longer than to wait.
type Slot = Arc<Mutex<Known>>;

#[derive(Debug, Default)]
struct Known {
    last: Option<(Piece, Result<Parsed, ParseError>)>,
    /// No other version is parsed before.
    rests: Option<Instant>,
}

impl Known {
    /// Whether this text has to wait because another of the document took too long.
    fn leaves_alone(&self, text: &Piece) -> bool {
        let resting = self.rests.is_some_and(|until| Instant::now() < until);
        resting && self.last.as_ref().is_none_or(|(before, _)| before != text)
    }

    /// Parses, and keeps what came of it.
    fn make(&mut self, text: &Piece, parse: impl FnOnce() -> Result<Parsed, ParseError>) -> Result<Parsed, ParseError> {
        let work = Work::start();
        let parsed = parse();
        // A text without a tree, or one that two readings took far too long for; each of these has kept the budget by itself else.
        if work.exceeds(if parsed.is_err() { BUDGET } else { BUDGET * 2 }) {
            self.rests = Some(Instant::now() + work.took() * REST);
        }
        self.last = Some((text.clone(), parsed.clone()));
        parsed
    }
}

impl Trees {
    /// The tree of a document's text, made from that of an earlier version where there is one.
    pub fn of(&self, uri: &str, language: &Arc<Language>, text: impl Into<Piece>) -> Result<Parsed, ParseError> {
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

    /// The tree of a later version, made by `edited` from the tree `before` and no other: for who asks what an edit has changed.
    pub fn after(
        &self,
        before: &Parsed,
        uri: &str,
        text: impl Into<Piece>,
        edited: impl FnOnce(&Parsed) -> Result<Parsed, ParseError>,
    ) -> Result<Parsed, ParseError> {
        let text = &text.into();
        let slot = self.slot(uri);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match known.last.as_ref() {
            Some((there, Ok(parsed))) if there == text && parsed.is_made_from(before) => Ok(parsed.clone()),
            // It would take as long once more.
            Some((there, Err(error))) if there == text => Err(*error),
            _ if known.leaves_alone(text) => Err(ParseError::Budget),
            _ => known.make(text, || edited(before)),
        }
    }

    /// When a text may be parsed that was left alone because another version took too long; none for one that has been tried.
    pub fn rests(&self, uri: &str, text: &Piece) -> Option<Instant> {
        let slot = self.slot(uri);
        let known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        known.rests.filter(|_| known.last.as_ref().is_none_or(|(tried, _)| tried != text))
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
