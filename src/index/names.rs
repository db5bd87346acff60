//! Interned names: every name of the workspace is stored once and is a number everywhere else. Views share the storage.

use std::sync::Arc;

use crate::syntax::words::hash;

/// The number of a name. Numbers stay valid for the life of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

impl NameId {
    /// Stands for no name in packed tables.
    pub(super) const NONE: NameId = NameId(u32::MAX);

    pub(super) fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// Texts one after another, and an open-addressing table over them.
#[derive(Clone, Debug, Default)]
struct Segment {
    first: u32,
    text: String,
    ends: Vec<u32>,
    /// The upper halves of the hashes: most texts that differ need not be looked at.
    marks: Vec<u32>,
    /// Numbers plus one; zero is free. The length is a power of two.
    table: Vec<u32>,
}

impl Segment {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }

    fn find(&self, text: &str, hash: u64) -> Option<u32> {
        let mask = self.table.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        loop {
            let entry = self.table[slot].checked_sub(1)?;
            if self.marks[entry as usize] == (hash >> 32) as u32 && self.get(entry as usize) == text {
                return Some(self.first + entry);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn push(&mut self, text: &str, hash: u64) -> u32 {
        if (self.len() + 1) * 3 > self.table.len() * 2 {
            self.grow();
        }
        let number = self.len() as u32;
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.marks.push((hash >> 32) as u32);
        place(&mut self.table, hash, number);
        self.first + number
    }

    fn reserve(&mut self, count: usize, bytes: usize) {
        self.text.reserve(bytes);
        self.ends.reserve(count);
        self.marks.reserve(count);
        let room = ((self.len() + count) * 3 / 2 + 1).next_power_of_two();
        if room > self.table.len() {
            self.rehash(room);
        }
    }

    fn grow(&mut self) {
        self.rehash((self.table.len() * 2).max(64));
    }

    fn rehash(&mut self, slots: usize) {
        let mut table = vec![0; slots];
        for number in 0..self.len() {
            place(&mut table, hash(self.get(number)), number as u32);
        }
        self.table = table;
    }
}

fn place(table: &mut [u32], hash: u64, number: u32) {
    let mask = table.len() - 1;
    let mut slot = hash as usize & mask;
    while table[slot] != 0 {
        slot = (slot + 1) & mask;
    }
    table[slot] = number + 1;
}

/// All names: a large part that views share, and a small part with what came since.
#[derive(Clone, Debug, Default)]
pub struct Names {
    settled: Arc<Segment>,
    recent: Arc<Segment>,
}

/// Recent names are merged from this many on, or from a quarter of the settled ones.
const MERGE: usize = 4096;

impl Names {
    pub fn find(&self, text: &str) -> Option<NameId> {
        let hash = hash(text);
        self.settled.find(text, hash).or_else(|| self.recent.find(text, hash)).map(NameId)
    }

    pub fn get(&self, id: NameId) -> &str {
        let at = id.0 as usize;
        match at.checked_sub(self.settled.len()) {
            None => self.settled.get(at),
            Some(at) if at < self.recent.len() => self.recent.get(at),
            Some(_) => "",
        }
    }

    pub fn len(&self) -> usize {
        self.settled.len() + self.recent.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (NameId, &str)> {
        (0..self.len() as u32).map(|number| (NameId(number), self.get(NameId(number))))
    }

    pub fn intern(&mut self, text: &str) -> NameId {
        let hash = hash(text);
        if let Some(known) = self.settled.find(text, hash).or_else(|| self.recent.find(text, hash)) {
            return NameId(known);
        }
        let first = self.settled.len() as u32;
        let recent = Arc::make_mut(&mut self.recent);
        recent.first = first;
        NameId(recent.push(text, hash))
    }

    /// Makes room for names that are about to come.
    pub fn reserve(&mut self, count: usize, bytes: usize) {
        Arc::make_mut(&mut self.recent).reserve(count, bytes);
    }

    /// Merges recent names when there are many; to be called before a view is made. Costs a copy of all names, seldom.
    pub fn settle(&mut self) {
        if self.recent.len() < MERGE.max(self.settled.len() / 4) {
            return;
        }
        let recent = std::mem::take(&mut self.recent);
        if self.settled.len() == 0 {
            self.settled = recent;
            return;
        }
        let settled = Arc::make_mut(&mut self.settled);
        for number in 0..recent.len() {
            let text = recent.get(number);
            settled.push(text, hash(text));
        }
    }
}
