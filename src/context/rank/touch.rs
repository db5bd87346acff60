//! What ties a definition to a place: its name is shown near the cursor, used by similar files or functions, or fits the heading.

use std::cell::Cell;

use super::Ranker;
use crate::context::alike;
use crate::context::corpus::{Corpus, NO_SLOT, Name, Sort};
use crate::context::scene::Seen;

/// A name with more definitions than this does not say which one is meant.
const MAX_DEFINITIONS_OF_NAME: usize = 4;
/// A word in more names than this says nothing.
const COMMON_WORD_NAMES: usize = 400;
/// How a name is tied to the place; most names are not tied at all.
#[derive(Clone, Copy, Default)]
pub struct Touch {
    pub slot: u32,
    pub seen: Option<Seen>,
    /// The current file mentions it, and how often the index says it is defined there.
    pub own: bool,
    pub own_definitions: u32,
    /// Weight of the similar files that use it, 0 to 1.
    pub similar: f32,
    /// Weight of similar functions that mention it, similar by what they mention and by their names, 0 to 1.
    pub alike: f32,
    pub namesake: f32,
    /// How many files in the same folder use it.
    pub beside: f32,
    /// Weight of its words that the function's heading has, and weight of the heading's words that it has.
    pub topic: f32,
    pub topic_weight: f32,
    /// For a type in the signatures of likely definitions: code can go there in a second step.
    pub reached: f32,
    pub owner: bool,
    /// How many of its members the current file shows.
    pub members: f32,
    /// Weight of its words that names near the cursor have.
    pub kin: f32,
}

impl Touch {
    /// Whether the current file mentions it; then files elsewhere are counted without this one.
    pub fn is_own(&self) -> bool {
        self.own || self.own_definitions > 0
    }

    /// Whether anything is known about it as a container, which is rare.
    pub fn is_container(&self) -> bool {
        self.seen.is_some() || self.owner || self.reached > 0.0 || self.members > 0.0
    }
}

thread_local! {
    /// Memory for the marks of all names, reused from place to place and left all zero: names are many, and few are touched.
    static ROOM: Cell<(Vec<u32>, Vec<Touch>)> = Cell::default();
}

/// The names that are tied to a place.
pub struct Touched {
    all: Vec<Touch>,
    /// For each slot, the index in `all` plus one, or zero.
    marks: Vec<u32>,
}

impl Touched {
    /// No ties yet, for `slots` slots.
    pub fn new(slots: usize) -> Self {
        let (mut marks, all) = ROOM.take();
        if marks.len() < slots {
            marks = vec![0; slots];
        }
        Self { all, marks }
    }

    /// All ties, in the order in which they were found.
    pub fn all(&self) -> &[Touch] {
        &self.all
    }

    /// The index of a name's ties.
    #[inline]
    pub fn place(&self, slot: u32) -> Option<usize> {
        (self.marks[slot as usize] as usize).checked_sub(1)
    }

    /// The ties of a name; none if nothing ties it to the place.
    pub fn get(&self, slot: u32) -> Option<&Touch> {
        self.place(slot).map(|place| &self.all[place])
    }

    fn touch(&mut self, slot: u32) -> &mut Touch {
        let mark = &mut self.marks[slot as usize];
        if *mark == 0 {
            self.all.push(Touch { slot, ..Touch::default() });
            *mark = self.all.len() as u32;
        }
        &mut self.all[*mark as usize - 1]
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        self.all.iter().for_each(|touch| self.marks[touch.slot as usize] = 0);
        self.all.clear();
        ROOM.set((std::mem::take(&mut self.marks), std::mem::take(&mut self.all)));
    }
}

impl Ranker<'_> {
    /// Finds all ties of names to the place.
    pub(super) fn touch_all(&mut self) {
        self.touch_seen();
        self.touch_similar();
        self.touch_alike();
        self.touch_beside();
        self.touch_topic();
        self.touch_reached();
        self.touch_kin();
    }

    fn touch(&mut self, slot: u32) -> &mut Touch {
        self.touched.touch(slot)
    }

    /// The ties of a name; none for [`NO_SLOT`] either.
    pub(super) fn touched(&self, slot: u32) -> Option<&Touch> {
        if slot == NO_SLOT {
            return None;
        }
        self.touched.get(slot)
    }

    fn touch_seen(&mut self) {
        let corpus = self.corpus;
        for (name, seen) in &self.scene.shown {
            if let Some(slot) = corpus.slot(*name) {
                self.touch(slot).seen = Some(*seen);
                self.touch_home(*name, *seen);
            }
        }
        for owner in &self.scene.owners {
            if let Some(slot) = corpus.slot(*owner) {
                self.touch(slot).owner = true;
            }
        }
        let Some(file) = self.file else { return };
        for (name, _) in &corpus.files[file as usize].file.uses {
            if let Some(slot) = corpus.slot(*name) {
                self.touch(slot).own = true;
            }
        }
        for number in corpus.of_file(file) {
            self.touch(corpus.symbols[number as usize].slot).own_definitions += 1;
        }
    }

    /// Records the files and types whose definitions the current file shows.
    fn touch_home(&mut self, name: Name, seen: Seen) {
        let corpus = self.corpus;
        let all = corpus.defined(name);
        if all.is_empty() || all.len() > MAX_DEFINITIONS_OF_NAME {
            return;
        }
        let share = 1.0 / all.len() as f32;
        for number in all {
            let symbol = &corpus.symbols[*number as usize];
            if Some(symbol.file) == self.file {
                continue;
            }
            let used = &mut self.used[symbol.file as usize];
            *used = (used.0 + share, used.1.max(seen.near * share));
            if symbol.container != NO_SLOT {
                self.touch(symbol.container).members += share;
            }
        }
    }

    fn touch_kin(&mut self) {
        let corpus = self.corpus;
        for (word, near) in &self.scene.near_words {
            let having = corpus.with_word(*word);
            if having.len() > COMMON_WORD_NAMES {
                continue;
            }
            let weight = near * corpus.weight_of_word(*word);
            for slot in having {
                self.touch(*slot).kin += weight;
            }
        }
    }

    fn touch_similar(&mut self) {
        for (file, weight) in alike::files(self.corpus, self.scene, self.file) {
            self.similar[file as usize] = weight;
            for (name, _) in &self.corpus.files[file as usize].file.uses {
                if let Some(slot) = self.corpus.slot(*name) {
                    self.touch(slot).similar += weight;
                }
            }
        }
    }

    fn touch_alike(&mut self) {
        let corpus = self.corpus;
        for (function, weight) in alike::functions(corpus, self.scene, self.file) {
            corpus.mentions_of(function).for_each(|slot| self.touch(slot).alike += weight);
        }
        for (function, weight) in alike::namesakes(corpus, self.scene, self.file) {
            corpus.mentions_of(function).for_each(|slot| self.touch(slot).namesake += weight);
        }
    }

    fn touch_beside(&mut self) {
        let Some(file) = self.file else { return };
        for (slot, files) in self.corpus.beside(file) {
            let touch = self.touch(*slot);
            touch.beside = files.saturating_sub(u32::from(touch.own)) as f32;
        }
    }

    fn touch_topic(&mut self) {
        let corpus = self.corpus;
        for (word, count) in &self.scene.topic {
            let weight = corpus.weight_of_word(*word);
            for slot in corpus.with_word(*word) {
                let touch = self.touch(*slot);
                touch.topic += weight;
                touch.topic_weight += count * weight;
            }
        }
    }

    /// Finds the types in signatures of definitions that names near the cursor may mean, and the bases of such classes.
    fn touch_reached(&mut self) {
        let corpus = self.corpus;
        for (name, seen) in &self.scene.shown {
            let all = corpus.defined(*name);
            if all.is_empty() || all.len() > 8 || seen.near < 0.15 {
                continue;
            }
            let weight = seen.near / all.len() as f32;
            for number in all {
                let symbol = &corpus.symbols[*number as usize];
                let weight = if Some(symbol.file) == self.file { weight * 0.7 } else { weight };
                for used in corpus.named(symbol).iter().copied().chain(corpus.bases(symbol)).filter(|used| *used != symbol.name) {
                    let Some(slot) = corpus.slot(used).filter(|_| is_type(corpus, used)) else { continue };
                    let known = &mut self.touch(slot).reached;
                    *known = known.max(weight);
                }
            }
        }
    }
}

/// Whether a name means a type, as the corpus defines it.
pub(super) fn is_type(corpus: &Corpus, name: Name) -> bool {
    let all = corpus.defined(name);
    all.len() <= 4 && all.iter().any(|number| corpus.symbols[*number as usize].sort == Sort::Type)
}
