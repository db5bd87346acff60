//! From a name to the files or symbols that have it: one flat table.

use super::names::NameId;

/// Pairs by name, in the order in which they were given.
#[derive(Debug, Default)]
pub struct Postings {
    starts: Vec<u32>,
    pairs: Vec<(u32, u32)>,
}

impl Postings {
    /// Builds the table from all `(name, pair)`; `each` is called twice and gives the same both times.
    pub fn new(names: usize, each: impl Fn(&mut dyn FnMut(NameId, (u32, u32)))) -> Self {
        let mut starts = vec![0u32; names + 1];
        each(&mut |name, _| starts[name.0 as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut pairs = vec![(0, 0); starts[names] as usize];
        each(&mut |name, pair| {
            let at = &mut next[name.0 as usize];
            pairs[*at as usize] = pair;
            *at += 1;
        });
        Self { starts, pairs }
    }

    pub fn get(&self, name: NameId) -> &[(u32, u32)] {
        let at = name.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.pairs[*start as usize..*end as usize],
            _ => &[],
        }
    }
}
