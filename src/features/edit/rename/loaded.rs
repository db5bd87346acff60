//! Modules that are loaded by their path where they are used, without an import: `require('./a').load()` and `(await
//! import('./a')).load()`. Which functions load modules is data of the language.

use std::ops::Range;

use super::imports::UsingText;
use super::references::RenamedDefinition;
use crate::index::FileId;
use crate::syntax::import;
use crate::syntax::uses::{self, Assignment};
use crate::text::lines::line_number;
use crate::text::words;

/// A module that a text loads.
struct Loaded {
    at: usize,
    /// None if it is not of the workspace.
    file: Option<FileId>,
    /// The text is nothing else, maybe awaited.
    alone: bool,
}

impl RenamedDefinition<'_> {
    /// Whether a value is the module of the definition, or a variable that holds it.
    pub(in crate::features::edit) fn is_loaded(&self, place: &UsingText<'_>, value: &Range<usize>) -> bool {
        if place.parsed.language().loads.is_empty() {
            return false;
        }
        let is_ours = |text: &str| self.loads(place, text).iter().any(|one| one.alone && one.file == Some(self.file));
        let held = |given: &Assignment| !given.part && given.value.clone().is_some_and(|value| is_ours(&place.parsed.text()[value]));
        let text = place.parsed.text()[value.clone()].trim();
        is_ours(text) || given(place, text).iter().any(held)
    }

    /// Whether an unknown value may be that module, because the file loads it.
    pub(in crate::features::edit) fn may_be_loaded(&self, place: &UsingText<'_>, value: &Range<usize>) -> bool {
        let source = place.parsed.text();
        let text = source[value.clone()].trim();
        // What an import binds has a name.
        let imports = place.id.and_then(|id| self.session.index.file(id)).map(|file| file.imports()).unwrap_or_default();
        let is_import = |at: usize| imports.iter().any(|import| import.line as usize + 1 == line_number(source, at));
        if !self.loads(place, source).iter().any(|one| one.file == Some(self.file) && !is_import(one.at)) {
            return false;
        }
        if !text.chars().all(words::is_word) {
            // Code that loads another module means that one.
            return self.loads(place, text).is_empty();
        }
        // `import('./a').then((module) => module.load())`
        let is_handed = |given: &Assignment| {
            let loads = |value: Range<usize>| self.loads(place, &source[value]).iter().any(|one| one.file == Some(self.file));
            given.scope.is_some() && given.value.clone().is_some_and(loads)
        };
        let told = given(place, text);
        told.is_empty() || told.iter().any(is_handed)
    }

    /// The modules that a text loads.
    fn loads(&self, place: &UsingText<'_>, text: &str) -> Vec<Loaded> {
        let file = |path: &str| self.session.index.resolve_module(place.id?, path);
        let loaded = import::loaded(place.parsed.language(), text);
        let loaded = loaded.map(|one| Loaded { at: one.at, file: file(one.path), alone: one.alone });
        loaded.collect()
    }
}

/// What a variable gets its value from.
fn given(place: &UsingText<'_>, text: &str) -> Vec<Assignment> {
    if !text.is_empty() && text.chars().all(words::is_word) { uses::given(place.parsed, text) } else { vec![] }
}
