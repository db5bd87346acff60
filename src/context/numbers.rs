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
