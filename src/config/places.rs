//! Where the keys and values of a configuration file are, so that a problem can point at them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The places of a file's entries, as far as it can be read.
pub struct Places<'a>(DeTable<'a>);

impl<'a> Places<'a> {
    /// Parses a text as far as possible.
    pub fn of(text: &'a str) -> Self {
        Self(DeTable::parse_recoverable(text).0.into_inner())
    }

    /// The bytes of the key at this path: `["engines", "local", "model"]`; of its nearest part if there is no such key.
    pub fn key(&self, path: &[&str]) -> Option<Range<usize>> {
        self.find(path).map(|(key, _)| key)
    }

    /// The bytes of the value at this path, or of the nearest part of the path.
    pub fn value(&self, path: &[&str]) -> Option<Range<usize>> {
        self.find(path).map(|(key, value)| value.unwrap_or(key))
    }

    /// The key, and the value if the whole path exists and leads to no table.
    fn find(&self, path: &[&str]) -> Option<(Range<usize>, Option<Range<usize>>)> {
        let (mut table, mut found) = (&self.0, None);
        for (depth, part) in path.iter().enumerate() {
            let Some((key, value)) = table.get_key_value(*part) else { break };
            let inner = value.get_ref().as_table();
            let whole = depth + 1 == path.len() && inner.is_none();
            found = Some((key.span(), whole.then(|| span(value))));
            match inner {
                Some(inner) => table = inner,
                None => break,
            }
        }
        found
    }
}

fn span(value: &Spanned<DeValue<'_>>) -> Range<usize> {
    value.span()
}
