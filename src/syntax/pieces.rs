//! Members of a file by what they are made of: walked once, and found again after an edit wherever they have moved to. This is what makes
//! a keystroke in a long file cost the function that it is in.

use std::collections::HashMap;
use std::sync::Arc;

use super::import::Import;
use super::tags::{Definition, Facts, Names, Span};

/// A node kind, the kind of what is around it, and a hash of its text: the same text there has the same facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    node: u16,
    around: u8,
    length: u32,
    hash: u64,
}

impl Key {
    pub(super) fn new(node: u16, around: u8, text: &str) -> Self {
        Self { node, around, length: text.len() as u32, hash: xxhash_rust::xxh3::xxh3_64(text.as_bytes()) }
    }
}

/// The facts of a member, relative to its start.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Parents are indices into this; none means whatever is around the piece. Doc comments above the piece are left out.
    pub(super) definitions: Vec<Definition>,
    pub(super) imports: Vec<Import>,
    /// Numbers of names in [`Pieces::texts`], and counts.
    names: Vec<(u32, u32)>,
}

/// The pieces of one document.
#[derive(Debug, Default)]
pub struct Pieces {
    before: HashMap<Key, Arc<Piece>>,
    now: HashMap<Key, Arc<Piece>>,
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    /// Occurrences of each name in the present version.
    counts: Vec<u32>,
    /// Pieces that were walked for the present version.
    fresh: usize,
}

impl Pieces {
    /// How many pieces had to be walked for the present version: a measure of the work that was saved.
    pub fn walked(&self) -> usize {
        self.fresh
    }

    pub(super) fn begin(&mut self) {
        self.before = std::mem::take(&mut self.now);
        self.counts.fill(0);
        self.fresh = 0;
    }

    pub(super) fn find(&mut self, key: Key) -> Option<Arc<Piece>> {
        let piece = self.now.get(&key).or_else(|| self.before.get(&key))?.clone();
        for (name, count) in &piece.names {
            self.counts[*name as usize] += count;
        }
        self.now.insert(key, piece.clone());
        Some(piece)
    }

    /// Counts the names that stand between pieces, so that the next piece begins with none.
    pub(super) fn set_aside(&mut self, names: &mut Names<'_>) {
        self.count(names);
    }

    fn count(&mut self, names: &mut Names<'_>) -> Vec<(u32, u32)> {
        let counted = names.drain().map(|(text, count)| {
            let number = match self.numbers.get(text) {
                Some(number) => *number,
                None => {
                    let number = self.texts.len() as u32;
                    self.texts.push(text.into());
                    self.numbers.insert(text.into(), number);
                    self.counts.push(0);
                    number
                }
            };
            self.counts[number as usize] += count;
            (number, count)
        });
        counted.collect()
    }

    /// Keeps what was walked since `first`, relative to `at` (byte and row).
    pub(super) fn add(
        &mut self,
        key: Key,
        at: (usize, usize),
        definitions: &[Definition],
        first: usize,
        imports: &[Import],
        names: &mut Names<'_>,
    ) {
        let names = self.count(names);
        let mut definitions: Vec<Definition> =
            definitions[first..].iter().map(|definition| definition.moved(-(at.0 as i64), -(at.1 as i64))).collect();
        let below = |span: Span| (span.start as i32) >= 0 && span.end >= span.start;
        for definition in &mut definitions {
            definition.parent = definition.parent.and_then(|parent| parent.checked_sub(first as u32));
            // What lies above the piece is found again where the piece is.
            if !below(definition.doc) {
                definition.doc = Span::default();
            }
            if !below(definition.item) {
                definition.item.start = 0;
                definition.line = 0;
            }
            if !below(definition.container) {
                definition.container = Span::default();
            }
        }
        let mut imports = imports.to_vec();
        imports.iter_mut().for_each(|import| import.line -= at.1 as u32);
        self.fresh += 1;
        self.now.insert(key, Arc::new(Piece { definitions, imports, names }));
    }

    pub(super) fn end<'a>(&'a mut self, facts: &mut Facts<'a>) {
        self.count(&mut facts.names);
        self.before.clear();
        let used = self.texts.iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        facts.names = used.map(|(text, count)| (&**text, *count)).collect();
    }
}
