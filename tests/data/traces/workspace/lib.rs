//! Prices.

/// What something costs, in cents.
pub struct Price(pub u64);

/// The sum of all prices.
pub fn total(prices: &[Price]) -> Price {
    Price(prices.iter().map(|price| price.0).sum())
}

/// The dearest of them.
pub fn dearest(prices: &[Price]) -> Option<&Price> {
    
}
