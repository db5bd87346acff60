//! What files export: what an import takes from them, and what a module that is loaded by its path is.

use super::text::{inside, parts, taken_apart};
use super::{MAX_IMPORT_HOPS, Receiver};
use crate::context::alias;
use crate::context::corpus::{Digest, NO_SLOT, Sort};
use crate::index::FileId;
use crate::syntax::import::{self, ALL};
use crate::syntax::{Kind, uses};
use crate::text::words;
use crate::workspace::folder_of;

/// What an import calls the default export.
const DEFAULT: &str = "default";
/// Maximum names that are looked up among those that a file re-exports from others.
const MAX_REEXPORTS: usize = 64;
/// Maximum names in what a file exports as a whole, one of which is that.
const MAX_WHOLE_EXPORT_NAMES: usize = 3;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Symbol(u32),
    /// A file with everything that it exports.
    Module(u32),
}

impl Thing {
    /// The number of the definition that this is, if it is one.
    pub(super) fn symbol(self) -> Option<u32> {
        match self {
            Self::Symbol(number) => Some(number),
            Self::Module(_) => None,
        }
    }

    fn module(self) -> Option<u32> {
        match self {
            Self::Symbol(_) => None,
            Self::Module(file) => Some(file),
        }
    }
}

impl Receiver<'_> {
    /// The files that the import at the cursor takes names from; none if there is no import.
    pub(super) fn imported(&self) -> Option<Vec<u32>> {
        let offset = self.query.text.floor_char_boundary(self.query.offset);
        if let Some(value) = taken_apart(self.query.text, offset).filter(|_| !self.language.loads.is_empty()) {
            let files = self.loaded(value);
            if !files.is_empty() {
                return Some(files);
            }
        }
        if !self.scene.in_import {
            return None;
        }
        let lines: Vec<&str> = self.query.text.split('\n').collect();
        let cursor = self.query.text[..offset].matches('\n').count();
        if !self.language.is_import(lines[cursor]) && lines[cursor].trim_start() == lines[cursor] {
            return None;
        }
        let flags = self.language.import_lines(&lines);
        let start = (0..=cursor).rev().find(|line| self.language.is_import(lines[*line]))?;
        let ends = |line: &usize| !flags[*line] || self.language.is_import(lines[*line]);
        let end = (start + 1..lines.len()).find(ends).unwrap_or(lines.len());
        let statement = lines[start..end].join("\n");
        let id = self.own()?;
        let modules = import::read(self.language, &statement).into_iter();
        let files = modules.filter_map(|import| self.corpus.view().resolve_module(id, &import.module));
        Some(files.filter_map(|file| self.corpus.file_of(file)).collect())
    }

    /// The current file, in the index.
    pub(super) fn own(&self) -> Option<FileId> {
        self.corpus.id(self.query.path)
    }

    /// The index's number of a file of the corpus.
    pub(super) fn id_of(&self, file: u32) -> Option<FileId> {
        self.corpus.view().find(&self.corpus.files[file as usize].file.path)
    }

    /// What a file itself exports.
    fn handed_out(&self, file: u32) -> impl Iterator<Item = u32> {
        self.corpus.of_file(file).filter(|number| {
            let symbol = &self.corpus.symbols[*number as usize];
            symbol.container == NO_SLOT && !symbol.nested && !symbol.marks.hidden && !symbol.marks.test
        })
    }

    /// The same, including what it re-exports from other files.
    pub(super) fn offered(&self, file: u32) -> Vec<u32> {
        let mut found: Vec<u32> = self.handed_out(file).collect();
        let view = self.corpus.view();
        let digest = &self.corpus.files[file as usize].file;
        let handed_on = digest.symbols.iter().filter(|symbol| symbol.kind == Kind::Reexport).take(MAX_REEXPORTS);
        let things = handed_on.flat_map(|symbol| self.exported(file, view.text(symbol.name), MAX_IMPORT_HOPS));
        found.extend(things.filter_map(Thing::symbol));
        found.extend(self.passed_on(file).into_iter().flat_map(|next| self.handed_out(next)));
        if let Some(value) = self.whole_of(file) {
            let members = |thing: &Thing| thing.symbol().map(|number| self.members(number)).unwrap_or_default();
            found.extend(self.of_value(file, &value, MAX_IMPORT_HOPS).iter().flat_map(members));
        }
        found
    }

    /// The files that a file re-exports completely: `export * from './a'`, `module.exports = { ...require('./a') }`.
    fn passed_on(&self, file: u32) -> Vec<u32> {
        let (corpus, digest) = (self.corpus, &self.corpus.files[file as usize]);
        if self.language.whole.is_empty() {
            return vec![];
        }
        let Some((id, text)) = self.id_of(file).zip((self.read)(&digest.path)) else { return vec![] };
        let imports = digest.file.imports().iter().filter(|import| digest.file.imported(import).is_empty());
        let is_all = |line: u32| text.lines().nth(line as usize).is_some_and(|line| line.contains(ALL));
        let modules = imports.filter(|import| is_all(import.line)).map(|import| corpus.text(import.module));
        let mut found: Vec<u32> =
            modules.filter_map(|module| corpus.view().resolve_module(id, module)).filter_map(|id| corpus.file_of(id)).collect();
        let whole = self.whole_in(&text);
        let spread = whole.iter().flat_map(|value| properties(value)).filter_map(|part| part.strip_prefix("..."));
        found.extend(spread.flat_map(|value| self.loaded_from(id, value)));
        found
    }

    /// The modules that a value loads by their path, if it does nothing else.
    pub(super) fn loaded(&self, value: &str) -> Vec<u32> {
        self.own().map(|id| self.loaded_from(id, value)).unwrap_or_default()
    }

    fn loaded_from(&self, id: FileId, value: &str) -> Vec<u32> {
        let paths = import::loaded(self.language, value).filter(|one| one.alone);
        let files = paths.filter_map(|one| self.corpus.view().resolve_module(id, one.path));
        files.filter_map(|file| self.corpus.file_of(file)).collect()
    }

    /// Whether a value is a module loaded by its path, or a variable that holds one.
    pub(super) fn is_loaded(&self, value: &str) -> bool {
        !self.language.loads.is_empty() && (!self.loaded(value).is_empty() || !self.holds(value).is_empty())
    }

    /// The modules loaded by their path that a variable holds.
    fn holds(&self, name: &str) -> Vec<u32> {
        let Some(tree) = self.query.parsed.filter(|_| !self.language.loads.is_empty()) else { return vec![] };
        let given = self.assignments(name);
        let values = given.iter().filter(|given| !given.part).filter_map(|given| given.value.clone());
        values.flat_map(|value| self.loaded(tree.text().get(value).unwrap_or_default())).collect()
    }

    /// The files that a name, a path or a value means as a module.
    pub(super) fn modules(&self, of: &str) -> Vec<u32> {
        let Some((id, file)) = self.own().and_then(|id| Some((id, self.corpus.view().file(id)?))) else { return vec![] };
        let loaded = self.loaded(of);
        if !loaded.is_empty() {
            return loaded;
        }
        if !of.chars().all(|letter| words::is_word(letter) || matches!(letter, '.' | ':')) {
            return vec![];
        }
        let held = self.holds(of);
        if !held.is_empty() || self.is_variable(of) {
            return held;
        }
        let view = self.corpus.view();
        for import in file.imports() {
            let module = view.text(import.module);
            let packages = self.corpus.folders_of(module);
            if !packages.is_empty() && self.corpus.package_called(file, import) == of {
                let inside = |digest: &Digest| packages.iter().any(|folder| *folder == folder_of(&digest.path));
                let numbered = self.corpus.files.iter().enumerate();
                return numbered.filter(|(_, digest)| inside(digest)).map(|(number, _)| number as u32).collect();
            }
        }
        let bound: Vec<u32> = self.bound(id, of, MAX_IMPORT_HOPS).into_iter().filter_map(Thing::module).collect();
        if !bound.is_empty() {
            return bound;
        }
        view.resolve_module(id, of).and_then(|file| self.corpus.file_of(file)).into_iter().collect()
    }

    /// Whether the code gives a name a value that is not an import.
    fn is_variable(&self, name: &str) -> bool {
        let Some(tree) = self.query.parsed else { return false };
        let is_load = |given: &uses::Assignment| {
            let value = given.value.clone().and_then(|value| tree.text().get(value));
            value.is_some_and(|value| import::loaded(self.language, value).any(|one| one.alone))
        };
        let given = self.assignments(name);
        !given.is_empty() && !given.iter().any(is_load)
    }

    /// What the imports of a file call by this name.
    pub(super) fn bound(&self, id: FileId, name: &str, steps: usize) -> Vec<Thing> {
        let view = self.corpus.view();
        let Some(file) = view.file(id) else { return vec![] };
        let each = file.imports().iter().filter_map(|import| {
            let (there, _) = file.imported(import).iter().find(|(_, here)| view.text(*here) == name)?;
            Some(self.taken(id, view.text(import.module), view.text(*there), steps))
        });
        each.into_iter().find(|things| !things.is_empty()).unwrap_or_default()
    }

    /// What a file takes from a module.
    fn taken(&self, id: FileId, module: &str, there: &str, steps: usize) -> Vec<Thing> {
        let Some(steps) = steps.checked_sub(1) else { return vec![] };
        let (view, language) = (self.corpus.view(), self.language);
        let find = |module: &str| view.resolve_module(id, module).and_then(|file| self.corpus.file_of(file));
        let longer = || format!("{module}{}{there}", if module.ends_with('.') { "" } else { "." });
        let of_its_own = if language.imports_files() || there == ALL { None } else { find(&longer()) };
        match (of_its_own, language.type_per_file) {
            (Some(file), true) => self.exported(file, there, steps),
            (Some(file), false) => vec![Thing::Module(file)],
            (None, _) => find(module).map(|file| self.exported(file, there, steps)).unwrap_or_default(),
        }
    }

    /// What a file exports under a name.
    fn exported(&self, file: u32, name: &str, steps: usize) -> Vec<Thing> {
        let left = self.left.get();
        let Some(steps) = steps.checked_sub(1).filter(|_| left > 0) else { return vec![] };
        self.left.set(left - 1);
        if name == ALL {
            let mut found = vec![Thing::Module(file)];
            found.extend(self.whole(file, steps));
            return found;
        }
        if name == DEFAULT {
            return self.whole(file, steps);
        }
        let own = self.free(file, name);
        // A value that has this name only in its export is resolved as that value.
        let is_property = |number: u32| self.corpus.facts(&self.corpus.symbols[number as usize]).kind == Kind::Attribute;
        if own.iter().any(|thing| thing.symbol().is_some_and(|number| !is_property(number))) {
            return own;
        }
        let Some(id) = self.id_of(file) else { return own };
        let bound = self.bound(id, name, steps);
        if !bound.is_empty() {
            return bound;
        }
        let as_property = || {
            let whole = self.whole_of(file)?;
            let value = properties(&whole).into_iter().find_map(|part| part.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
            Some(self.of_value(file, value, steps))
        };
        let found = as_property().unwrap_or_default();
        if !found.is_empty() {
            return found;
        }
        let mut further = self.passed_on(file).into_iter().map(|next| self.exported(next, name, steps));
        further.find(|found| !found.is_empty()).unwrap_or(own)
    }

    /// The top-level definitions of a name in a file.
    fn free(&self, file: u32, name: &str) -> Vec<Thing> {
        let Some(name) = self.corpus.name(name) else { return vec![] };
        let is_here = |number: &&u32| {
            let symbol = &self.corpus.symbols[**number as usize];
            symbol.file == file && symbol.container == NO_SLOT && !symbol.nested
        };
        self.corpus.defined(name).iter().filter(is_here).map(|number| Thing::Symbol(*number)).collect()
    }

    /// What a file exports as a whole.
    pub(super) fn whole(&self, file: u32, steps: usize) -> Vec<Thing> {
        self.whole_of(file).map(|value| self.of_value(file, &value, steps)).unwrap_or_default()
    }

    /// The value of that, as written.
    fn whole_of(&self, file: u32) -> Option<String> {
        if self.language.whole.is_empty() {
            return None;
        }
        self.whole_in(&(self.read)(&self.corpus.files[file as usize].path)?)
    }

    fn whole_in(&self, text: &str) -> Option<String> {
        let is_free = |at: usize| text[..at].rsplit('\n').next().is_some_and(|before| !before.starts_with(char::is_whitespace));
        let begins =
            |words: &String| text.match_indices(words.as_str()).filter(|(at, _)| is_free(*at)).last().map(|(at, _)| at + words.len());
        let value = text[self.language.whole.iter().filter_map(begins).max()?..].trim_start();
        let value = match value.starts_with('{') {
            true => &value[..inside(value, '{', '}')?.len() + 2],
            false => value.split([';', '\n', '{']).next().unwrap_or(value),
        };
        Some(value.trim().to_string())
    }

    /// What a value in a file is, as far as its names tell: an object is its content.
    pub(super) fn of_value(&self, file: u32, value: &str, steps: usize) -> Vec<Thing> {
        let Some((steps, id)) = steps.checked_sub(1).zip(self.id_of(file)) else { return vec![] };
        let loaded = self.loaded_from(id, value);
        if !loaded.is_empty() {
            return loaded.into_iter().flat_map(|next| self.exported(next, ALL, steps)).collect();
        }
        if value.starts_with('{') {
            return vec![Thing::Module(file)];
        }
        let names = words::identifiers(value).map(|(_, word)| word).filter(|word| !self.is_keyword(word)).take(MAX_WHOLE_EXPORT_NAMES);
        let each = names.map(|word| {
            let own = self.free(file, word);
            if own.is_empty() { self.bound(id, word, steps) } else { own }
        });
        each.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn is_keyword(&self, word: &str) -> bool {
        crate::syntax::lists(&self.language.types.modifiers, word) || self.language.constructs.as_deref() == Some(word)
    }

    /// The types that things are, hold, or return when called.
    pub(super) fn held(&self, things: &[Thing], called: bool) -> Vec<u32> {
        let each = |number: u32| {
            let symbol = &self.corpus.symbols[number as usize];
            // A function that makes the objects that its members are called on is a type.
            let makes =
                symbol.sort.is_callable() && alias::members(self.corpus, number).any(|member| !self.corpus.symbols[member as usize].nested);
            match symbol.sort {
                Sort::Type => vec![number],
                _ if makes => vec![number],
                _ if symbol.sort.is_callable() && !called => vec![],
                _ => self.results(&[number], |_| true),
            }
        };
        things.iter().filter_map(|thing| thing.symbol()).flat_map(each).collect()
    }
}

/// The parts of an object.
fn properties(value: &str) -> Vec<&str> {
    inside(value, '{', '}').filter(|_| value.starts_with('{')).map_or(vec![], parts)
}
