//! Which files the imports of a file mean as modules, and the names that stand for them there: `import * as view from './cart-view'`,
//! `const view = require('./cart-view')`, `from shop import view`, `import "example.org/shop/view"`. Judged by the index alone.

use super::{Corpus, Name, Symbol};
use crate::context::numbers::NumberMap;
use crate::index::{File, FileId, FileImport};
use crate::syntax::import::{self, ALL};
use crate::syntax::{Kind, Language, Reach};
use crate::text::words;
use crate::workspace::folder_of;

/// Maximum files between an import and the one that takes the module by its path.
const MAX_HOPS: usize = 3;

impl Corpus {
    /// The local names that stand for modules in the file at `path`, each with the files of its module.
    pub fn modules(&self, path: &str, language: Option<&Language>) -> Vec<(Name, Vec<u32>)> {
        let found = self.id(path).and_then(|id| Some((id, self.view.file(id)?, language?)));
        let Some((id, file, language)) = found else { return vec![] };
        let mut modules = if language.reach == Some(Reach::Folder) { self.packages_named(file) } else { vec![] };
        for import in file.imports() {
            // One search for all names that are taken from a file.
            let names = file.imported(import);
            let from = if names.is_empty() { None } else { self.file_named(id, import, language) };
            let named = names.iter().filter(|(_, here)| self.text(*here) != ALL).filter_map(|(there, here)| {
                let module = self.module(id, import, from, *there, language, MAX_HOPS)?;
                Some((*here, vec![self.file_of(module)?]))
            });
            modules.extend(named);
        }
        modules
    }

    /// The file that an import names, in languages whose imports name files.
    fn file_named(&self, id: FileId, import: &FileImport, language: &Language) -> Option<FileId> {
        if language.imports_files() { self.view.resolve_module(id, self.text(import.module)) } else { None }
    }

    /// The file that something taken by an import, perhaps `from` a file, is as a whole.
    fn module(
        &self,
        id: FileId,
        import: &FileImport,
        from: Option<FileId>,
        there: Name,
        language: &Language,
        hops: usize,
    ) -> Option<FileId> {
        let view = &self.view;
        let (module, name) = (view.text(import.module), view.text(there));
        if !language.imports_files() {
            if language.type_per_file || language.reach == Some(Reach::Folder) {
                return None;
            }
            if name == ALL {
                return view.resolve_module(id, module);
            }
            self.of_stem.get(&*name.to_lowercase())?;
            let between = if module.ends_with('.') { "" } else { "." };
            return view.resolve_module(id, &format!("{module}{between}{name}"));
        }
        let (next, hops) = (from?, hops.checked_sub(1)?);
        if name == ALL {
            return Some(next);
        }
        let file = view.file(next)?;
        if defines(file, there) {
            return None;
        }
        let hand_on = |import: &FileImport| {
            let taken = file.imported(import).iter().find(|(_, here)| *here == there).map(|(own, _)| *own);
            taken.and_then(|own| self.module(next, import, self.file_named(next, import, language), own, language, hops))
        };
        file.imports().iter().find_map(hand_on)
    }

    /// What something is called where it is defined, if nothing is defined under the `name` that a definition's file has for it:
    /// `B` for the `C` of `from a import B as C`.
    pub fn own_name(&self, symbol: &Symbol, name: Name) -> Name {
        if !self.defined(name).is_empty() {
            return name;
        }
        let file = &self.digest(symbol).file;
        let mut taken = file.imports().iter().flat_map(|import| file.imported(import));
        let own = taken.find(|(there, here)| *here == name && self.text(*there) != ALL);
        own.map_or(name, |(there, _)| *there)
    }

    /// What a file calls a package that it imports by its path: by the name that the import gives it, or by the package's own.
    pub fn package_called(&self, file: &File, import: &FileImport) -> &str {
        let given = file.imported(import).iter().find(|(there, _)| self.text(*there) == ALL);
        given.map_or_else(|| import::package_of(self.text(import.module)), |(_, here)| self.text(*here))
    }

    /// The names of the packages that a file imports by their folders, each with its files.
    fn packages_named(&self, file: &File) -> Vec<(Name, Vec<u32>)> {
        let mut packages: Vec<(Name, Vec<u32>)> = vec![];
        let mut places: NumberMap<String, usize> = NumberMap::default();
        for import in file.imports() {
            let module = self.text(import.module);
            let Some(name) = self.name(words::last(self.package_called(file, import))) else { continue };
            places.extend(self.folders_of(module).into_iter().map(|folder| (folder, packages.len())));
            packages.push((name, vec![]));
        }
        for (number, digest) in (0..).zip(&self.files).filter(|_| !places.is_empty()) {
            if let Some(place) = places.get(folder_of(&digest.path)) {
                packages[*place].1.push(number);
            }
        }
        packages.retain(|(_, files)| !files.is_empty());
        packages
    }
}

/// Whether a file defines a name itself.
fn defines(file: &File, name: Name) -> bool {
    file.symbols.iter().any(|symbol| symbol.name == name && symbol.kind != Kind::Reexport)
}
