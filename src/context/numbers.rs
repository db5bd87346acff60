//! Maps by number, sums that do not depend on order, and the first few of many.

pub use crate::syntax::tags::{NumberMap, NumberSet};

/// A sum that is the same in whatever order its parts come, unlike sums of floating-point numbers. For non-negative parts that sum to less
/// than 4,000 million.
#[derive(Clone, Copy, Default)]
pub struct Sum(u64);

impl Sum {
    const ONE: f64 = (1u64 << 32) as f64;

    /// Adds a part.
    pub fn add(&mut self, part: f32) {
        self.0 = self.0.saturating_add((f64::from(part) * Self::ONE) as u64);
    }

    /// The sum.
    pub fn value(self) -> f32 {
        (self.0 as f64 / Self::ONE) as f32
    }
}

impl FromIterator<f32> for Sum {
    fn from_iter<T: IntoIterator<Item = f32>>(parts: T) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.add(part);
            sum
        })
    }
}

/// Keeps the `most` first items by an order; they are not sorted.
pub fn keep_first<T>(items: &mut Vec<T>, most: usize, before: impl FnMut(&T, &T) -> std::cmp::Ordering) {
    if items.len() > most {
        items.select_nth_unstable_by(most, before);
        items.truncate(most);
    }
}

/// A number that is the smaller, the greater the value is; of equal values the first one's is smaller. Numbers are sorted faster than what
/// has to be looked up.
pub fn greatest_first(value: f32, at: u32) -> u64 {
    let bits = value.to_bits();
    // As `total_cmp` does: below zero, greater bits mean a smaller value.
    let ascending = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    u64::from(!ascending) << 32 | u64::from(at)
}

/// What [`greatest_first`] was given besides the value.
pub fn place_of(key: u64) -> u32 {
    key as u32
}
