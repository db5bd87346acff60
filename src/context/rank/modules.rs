//! The modules that the current file has a name for: how it shows that name, and that more of such a module is likely to be used.

use super::{Candidate, Ranker};
use crate::context::corpus::{Corpus, NO_SLOT, Symbol};
use crate::context::numbers::NumberMap;
use crate::context::scene::{Scene, Seen};
use crate::syntax::Language;

/// What the name of a module at the cursor adds to the log-odds of what it exports and the file does not show yet. The trees were fitted
/// where modules have the names of their files. With twice this much, definitions of large packages push out others.
const MODULE_LOG_ODDS: f32 = 1.0;

/// How the file at `path` shows the names that stand for modules in it, by the files of these modules.
pub(super) fn shown(corpus: &Corpus, scene: &Scene, language: Option<&Language>, path: &str) -> NumberMap<u32, Seen> {
    let mut shown: NumberMap<u32, Seen> = NumberMap::default();
    for (name, files) in corpus.modules(path, language) {
        let Some(seen) = scene.seen.get(&name) else { continue };
        for file in files {
            let known = shown.entry(file).or_insert(*seen);
            if seen.near > known.near {
                *known = *seen;
            }
        }
    }
    shown
}

impl Ranker<'_> {
    /// Makes what such modules export likelier, where the file has used them already.
    pub fn foresee_modules(&self, candidates: &mut [Candidate]) {
        for candidate in candidates.iter_mut().filter(|_| !self.modules.is_empty()) {
            let added = self.module_odds(&self.corpus.symbols[candidate.symbol as usize]);
            if added > 0.0 {
                let times = added.exp();
                candidate.score = candidate.score * times / (1.0 + candidate.score * (times - 1.0));
            }
        }
    }

    /// What its module adds to the log-odds of a definition.
    pub fn module_odds(&self, symbol: &Symbol) -> f32 {
        MODULE_LOG_ODDS * self.module_near(symbol)
    }

    /// How near to the cursor the name of the definition's module is used; zero for what is seen already or is not offered by it.
    fn module_near(&self, symbol: &Symbol) -> f32 {
        let Some(module) = self.modules.get(&symbol.file).filter(|seen| seen.count > 1) else { return 0.0 };
        let is_offered = symbol.container == NO_SLOT && !symbol.nested && !symbol.marks.hidden;
        if is_offered && !self.is_seen(symbol) { module.near } else { 0.0 }
    }
}
