//! Maps by number, and the first few of many.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use crate::syntax::tags::NameHasher;

/// Maps and sets of names, words and numbers, with a hash that costs nothing.
pub type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;
pub type NumberSet<K> = HashSet<K, BuildHasherDefault<NameHasher>>;

/// Leaves the first `most` by an order, not sorted themselves.
pub fn keep_first<T>(items: &mut Vec<T>, most: usize, before: impl FnMut(&T, &T) -> std::cmp::Ordering) {
    if items.len() > most {
        items.select_nth_unstable_by(most, before);
        items.truncate(most);
    }
}
