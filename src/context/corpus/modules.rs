//! Which files the imports of a file mean as modules, and the names that stand for them there: `import * as view from './cart-view'`,
//! `const view = require('./cart-view')`, `from shop import view`, `import "example.org/shop/view"`. Judged by the index alone.

use super::{Corpus, Name};
use crate::index::{File, FileId, FileImport};
use crate::syntax::{Kind, Language, Reach};
use crate::text::words;
use crate::workspace::folder_of;

/// What denotes the module itself among the names taken from it.
pub const ALL: &str = "*";
/// Maximum files between an import and the one that takes the module by its path.
const MAX_HOPS: usize = 3;

impl Corpus {
    /// The local names that stand for modules in the file at `path`, each with the files of its module.
    pub fn modules(&self, path: &str, language: Option<&Language>) -> Vec<(Name, Vec<u32>)> {
        let found = self.id(path).and_then(|id| Some((id, self.view.file(id)?, language?)));
        let Some((id, file, language)) = found else { return vec![] };
        let (by_folder, mut modules) = (language.reach == Some(Reach::Folder), vec![]);
        for import in file.imports() {
            let named = file.imported(import).iter().filter_map(|(there, here)| {
                let module = self.module(id, import, *there, language, MAX_HOPS)?;
                Some((*here, vec![self.file_of(module)?]))
            });
            modules.extend(named);
            modules.extend(by_folder.then(|| self.package(import)).flatten());
        }
        modules
    }

    /// The file that something taken by an import is as a whole.
    fn module(&self, id: FileId, import: &FileImport, there: Name, language: &Language, hops: usize) -> Option<FileId> {
        let view = &self.view;
        let (module, name) = (view.text(import.module), view.text(there));
        if name == ALL {
            return view.resolve_module(id, module);
        }
        if language.type_per_file {
            return None;
        }
        if !language.imports_files() {
            self.of_stem.get(&*name.to_lowercase())?;
            let between = if module.ends_with('.') { "" } else { "." };
            return view.resolve_module(id, &format!("{module}{between}{name}"));
        }
        let hops = hops.checked_sub(1)?;
        let next = view.resolve_module(id, module)?;
        let file = view.file(next)?;
        if defines(file, there) {
            return None;
        }
        let hand_on = |import: &FileImport| {
            let taken = file.imported(import).iter().find(|(_, here)| *here == there).map(|(own, _)| *own);
            taken.and_then(|own| self.module(next, import, own, language, hops))
        };
        file.imports().iter().find_map(hand_on)
    }

    /// The files of an imported folder, if folders are packages, with the name that the import gives it.
    fn package(&self, import: &FileImport) -> Option<(Name, Vec<u32>)> {
        let module = self.view.text(import.module);
        let folders = self.folders_of(module);
        let name = self.name(words::last(module))?;
        let inside = |number: &u32| folders.iter().any(|folder| *folder == folder_of(&self.files[*number as usize].path));
        let files: Vec<u32> = (0..self.files.len() as u32).filter(inside).collect();
        (!files.is_empty()).then_some((name, files))
    }
}

/// Whether a file defines a name itself.
fn defines(file: &File, name: Name) -> bool {
    file.symbols.iter().any(|symbol| symbol.name == name && symbol.kind != Kind::Reexport)
}
