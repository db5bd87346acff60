//! Updates a corpus after an edit: the tables of the previous one, with the changed files replaced. What depends on the whole workspace
//! (how rare a name is, the words of new names) waits for the next full build.

use std::sync::Arc;

use super::{Corpus, Digest, NO_SLOT, Name, rank};
use crate::index::{File, View};
use crate::workspace::WorkspacePath;

/// With more changed files than this, the corpus is rebuilt.
const MAX_CHANGED_FILES: usize = 64;
/// The corpus is rebuilt when more than one symbol in this many is dead.
const DEAD_SYMBOLS_DIVISOR: usize = 16;

/// Whether two versions have the same facts: a file that was opened without a change is read again, too.
fn is_same(before: &Arc<File>, now: &Arc<File>) -> bool {
    let said = |file: &File| (file.hash, file.tier, file.symbols.len());
    Arc::ptr_eq(before, now) || said(before) == said(now) && before.language_name() == now.language_name()
}

impl Corpus {
    /// The corpus for `view`, if only few files have changed since, and none is new or gone.
    pub fn refreshed(&self, view: Arc<View>, read: impl Fn(&WorkspacePath) -> Option<Arc<str>>) -> Option<Self> {
        let changed = self.changed(&view)?;
        if changed.len() > MAX_CHANGED_FILES || self.dead > self.symbols.len() / DEAD_SYMBOLS_DIVISOR || view.stage() != self.stage() {
            return None;
        }
        let mut corpus = Self { version: Arc::default(), ..self.clone() };
        corpus.slots.resize(view.name_count().max(corpus.slots.len()), NO_SLOT);
        corpus.mentioned.resize(corpus.slots.len(), 0);
        corpus.view = view;
        let names = corpus.names.len();
        let mut moved = false;
        for (number, file) in changed {
            // A text that is ahead of the index comes with the next refresh.
            if let Some(digest) = read(&file.path).and_then(|text| Digest::new(&corpus.view, &file, &text)) {
                moved |= corpus.replace(number, Arc::new(digest));
            }
        }
        if moved {
            corpus.list_definitions();
        }
        corpus.word_weight.resize(corpus.names.len(), 0.0);
        let added = rank::priors(&corpus, names);
        corpus.priors.extend(added);
        corpus.update_bases();
        corpus.forget_meant();
        Some(corpus)
    }

    /// The files that have changed; none if any is new or gone.
    fn changed(&self, view: &View) -> Option<Vec<(u32, Arc<File>)>> {
        let mut changed = vec![];
        let mut known = 0;
        for (id, file) in view.files().filter(|(_, file)| file.takes_part()) {
            let number = self.dense.get(id.0 as usize).copied().filter(|number| *number != NO_SLOT)?;
            known += 1;
            if !is_same(&self.files[number as usize].file, file) {
                changed.push((number, file.clone()));
            }
        }
        (known == self.files.len()).then_some(changed)
    }

    /// Replaces a file. Returns whether its definitions are now different.
    fn replace(&mut self, number: u32, digest: Arc<Digest>) -> bool {
        let before = std::mem::replace(&mut self.files[number as usize], digest.clone());
        before.file.uses.iter().for_each(|(name, _)| self.unmention(*name));
        digest.file.uses.iter().for_each(|(name, _)| self.mentioned[name.0 as usize] += 1);
        let moved = self.replace_symbols(number, &before, &digest);
        for (name, _) in before.file.uses.iter().chain(&digest.file.uses) {
            if let Some(slot) = self.slot(*name) {
                self.counts[slot as usize].files = self.mentioned[name.0 as usize];
            }
        }
        self.norm[number as usize] = self.norm_of(&digest);
        self.families.set(number, digest.file.language.as_deref());
        moved
    }

    fn replace_symbols(&mut self, number: u32, before: &Digest, digest: &Digest) -> bool {
        let key = |digest: &Digest| -> Vec<(Name, Option<Name>, crate::syntax::Kind, bool)> {
            let symbols = digest.file.symbols.iter().enumerate();
            symbols
                .map(|(at, symbol)| (symbol.name, symbol.container(), symbol.kind, digest.sort(&self.view, at as u32).is_none()))
                .collect()
        };
        let old = self.of_file[number as usize].clone();
        if key(before) == key(digest) {
            for symbol in &mut self.symbols[old.start as usize..old.end as usize] {
                symbol.bytes = digest.signature(symbol.index).len() as u16;
                symbol.marks = digest.marks(symbol.index);
            }
            return false;
        }
        self.dead += old.len();
        for symbol in old {
            let slot = self.symbols[symbol as usize].slot as usize;
            self.counts[slot].definitions -= 1;
        }
        self.of_file[number as usize] = self.add_symbols(number, digest);
        true
    }

    fn unmention(&mut self, name: Name) {
        let count = &mut self.mentioned[name.0 as usize];
        *count = count.saturating_sub(1);
    }
}
