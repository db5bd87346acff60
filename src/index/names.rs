//! Interned names: every name of the workspace is stored once and is a number everywhere else. Views share the storage.

use std::sync::Arc;

use crate::syntax::words::hash;

/// The number of a name. Numbers stay valid for the life of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

impl NameId {
    /// Means "no name" in packed tables.
    pub(super) const NONE: NameId = NameId(u32::MAX);

    /// None if this is [`NameId::NONE`].
    pub(super) fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// Texts one after another, with an open-addressing hash table over them.
#[derive(Clone, Debug, Default)]
struct Segment {
    first: u32,
    text: String,
    ends: Vec<u32>,
    /// Its length is a power of two.
    table: Vec<Slot>,
}

/// An entry of the hash table.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The lower half of the hash. It distinguishes most texts without comparing them, and is enough to move entries into a larger table.
    mark: u32,
    /// The number plus one; zero is free.
    entry: u32,
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
        let mark = hash as u32;
        let mut at = mark as usize & mask;
        loop {
            let slot = self.table[at];
            let entry = slot.entry.checked_sub(1)?;
            if slot.mark == mark && self.get(entry as usize) == text {
                return Some(self.first + entry);
            }
            at = (at + 1) & mask;
        }
    }

    fn push(&mut self, text: &str, hash: u64) -> u32 {
        if (self.len() + 1) * 3 > self.table.len() * 2 {
            self.grow();
        }
        let number = self.len() as u32;
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        place(&mut self.table, Slot { mark: hash as u32, entry: number + 1 });
        self.first + number
    }

    fn reserve(&mut self, count: usize, bytes: usize) {
        self.text.reserve(bytes);
        self.ends.reserve(count);
        let room = ((self.len() + count) * 3 / 2 + 1).next_power_of_two();
        if room > self.table.len() {
            self.rehash(room);
        }
    }

    /// Appends all names of another segment, in their order.
    fn take(&mut self, other: &Segment) {
        for number in 0..other.len() {
            let text = other.get(number);
            self.push(text, hash(text));
        }
    }

    fn grow(&mut self) {
        self.rehash((self.table.len() * 2).max(64));
    }

    fn rehash(&mut self, slots: usize) {
        let mut table = vec![Slot::default(); slots];
        self.table.iter().filter(|slot| slot.entry != 0).for_each(|slot| place(&mut table, *slot));
        self.table = table;
    }
}

fn place(table: &mut [Slot], slot: Slot) {
    let mask = table.len() - 1;
    let mut at = slot.mark as usize & mask;
    while table[at].entry != 0 {
        at = (at + 1) & mask;
    }
    table[at] = slot;
}

/// All names, in three parts: a large one that views share, a smaller one with names that came later, and a few that came after a view
/// began to share that one too. A name that is being typed is new with each letter, and must not cost a copy of all others.
#[derive(Clone, Debug, Default)]
pub struct Names {
    settled: Arc<Segment>,
    recent: Arc<Segment>,
    newest: Arc<Segment>,
}

/// With this many recent names, or a quarter of the settled ones, both are merged.
const MERGE: usize = 4096;
/// With this many newest names, they are merged with the recent ones.
const FEW: usize = 64;
/// When this many times more names are joined than there are recent ones, the recent ones are looked up separately.
const MANY_MORE: usize = 4;

impl Names {
    /// The number of a name, if it is known.
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.known(text, hash(text)).map(NameId)
    }

    fn known(&self, text: &str, hash: u64) -> Option<u32> {
        let newer = || self.recent.find(text, hash).or_else(|| self.newest.find(text, hash));
        self.settled.find(text, hash).or_else(newer)
    }

    /// The text of a name; empty for an unknown number.
    pub fn get(&self, id: NameId) -> &str {
        let mut at = id.0 as usize;
        for segment in [&self.settled, &self.recent, &self.newest] {
            if at < segment.len() {
                return segment.get(at);
            }
            at -= segment.len();
        }
        ""
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.settled.len() + self.recent.len() + self.newest.len()
    }

    /// All names with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (NameId, &str)> {
        (0..self.len() as u32).map(|number| (NameId(number), self.get(NameId(number))))
    }

    /// The number of a name, which is added if it is new.
    pub fn intern(&mut self, text: &str) -> NameId {
        let hash = hash(text);
        if let Some(known) = self.known(text, hash) {
            return NameId(known);
        }
        if self.newest.len() >= FEW {
            self.merge_newest();
        }
        // While no view shares the recent names, one more can be added to them directly.
        if self.newest.len() == 0
            && let Some(recent) = Arc::get_mut(&mut self.recent)
        {
            recent.first = self.settled.len() as u32;
            return NameId(recent.push(text, hash));
        }
        let first = (self.settled.len() + self.recent.len()) as u32;
        let newest = Arc::make_mut(&mut self.newest);
        newest.first = first;
        NameId(newest.push(text, hash))
    }

    /// Interns many names at once: `count` distinct names with `bytes` bytes in total. When a whole cache is read nearly all of them are
    /// new, so each is only looked up among the names known before, not among those just added. That lookup would take longest.
    pub fn join<'a>(&mut self, names: impl Iterator<Item = &'a str>, count: usize, bytes: usize) -> Vec<NameId> {
        self.merge_newest();
        let settled = &self.settled;
        let recent = Arc::make_mut(&mut self.recent);
        recent.first = settled.len() as u32;
        // The names of documents that were opened before.
        let few = (recent.len() < count / MANY_MORE).then(|| recent.clone());
        recent.reserve(count, bytes);
        let intern = |name: &str| {
            let hash = hash(name);
            let known = settled.find(name, hash).or_else(|| few.as_ref().unwrap_or(recent).find(name, hash));
            NameId(known.unwrap_or_else(|| recent.push(name, hash)))
        };
        names.map(intern).collect()
    }

    fn merge_newest(&mut self) {
        let newest = std::mem::take(&mut self.newest);
        if newest.len() == 0 {
            return;
        }
        let recent = Arc::make_mut(&mut self.recent);
        recent.first = self.settled.len() as u32;
        recent.take(&newest);
    }

    /// Merges recent names if there are many. Must be called before a view is made; rarely copies all names.
    pub fn settle(&mut self) {
        if self.recent.len() + self.newest.len() < MERGE.max(self.settled.len() / 4) {
            return;
        }
        self.merge_newest();
        let recent = std::mem::take(&mut self.recent);
        if self.settled.len() == 0 {
            self.settled = recent;
            return;
        }
        Arc::make_mut(&mut self.settled).take(&recent);
    }
}
