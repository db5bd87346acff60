//! A file as it was when the model wrote its newest answer, while the edits of that answer change it: translates places from one to the
//! other. Pure.

use std::ops::Range;
use std::sync::Arc;

use crate::text::Edit;
use crate::text::common::common_ends;

/// The text an answer was written for, with the edits since.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub text: Arc<str>,
    /// The ranges replaced since, in order, and how many bytes are there now.
    since: Vec<(Range<usize>, usize)>,
}

impl Base {
    /// Nothing has been changed yet.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), since: vec![] }
    }

    /// Notes an edit of the current text. Parts that the edit repeats unchanged do not count as changed.
    pub fn note(&mut self, now: &str, edit: &Edit) {
        let (old, new) = (now[edit.range.clone()].as_bytes(), edit.text.as_bytes());
        let (front, back) = common_ends(old, new);
        self.since.push((edit.range.start + front..edit.range.end - back, new.len() - front - back));
    }

    /// Where a place is now; none if part of it was changed.
    pub fn now(&self, place: &Range<usize>) -> Option<Range<usize>> {
        self.since.iter().try_fold(place.clone(), |place, (changed, added)| {
            if place.end <= changed.start {
                return Some(place);
            }
            let moved = |at: usize| at + added - changed.len();
            (changed.end <= place.start).then(|| moved(place.start)..moved(place.end))
        })
    }
}
