//! Maps by number, and the first few of many.

pub use crate::syntax::tags::{NumberMap, NumberSet};

/// Leaves the first `most` by an order, not sorted themselves.
pub fn keep_first<T>(items: &mut Vec<T>, most: usize, before: impl FnMut(&T, &T) -> std::cmp::Ordering) {
    if items.len() > most {
        items.select_nth_unstable_by(most, before);
        items.truncate(most);
    }
}
