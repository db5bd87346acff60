//! How certainly the imports of a file mean another file.

use super::Corpus;
use crate::context::numbers::NumberSet;
use crate::index::File;
use crate::syntax::{Language, Reach, naming};
use crate::text::words;
use crate::workspace::folder_of;

/// How certainly a file is meant if an import means its whole folder: as certainly as one whose name merely occurs in an import. With more,
/// functions of the package would push out members of what is at the cursor.
const PACKAGE_FACTOR: f32 = 0.4;

impl Corpus {
    /// For each file, how certainly the file at `path`, whose import lines have these words, imports it. If a folder is a package, its own
    /// files need no import.
    pub fn imported(&self, words: &NumberSet<String>, language: Option<&Language>, path: &str) -> Vec<f32> {
        let mut sure = vec![0.0; self.files.len()];
        let meant = words.iter().filter_map(|word| self.of_stem.get(&**word)).flatten();
        meant.for_each(|file| sure[*file as usize] = self.imports(words, *file));
        let Some(own) = self.id(path).and_then(|id| self.view.file(id)) else { return sure };
        let by_path = own.imports().iter().filter_map(|import| self.of_no_word(self.text(import.module)));
        by_path.flatten().for_each(|file| sure[*file as usize] = self.imports(words, *file));
        if !language.is_some_and(|language| matches!(language.reach, Some(Reach::Folder | Reach::Package))) {
            return sure;
        }
        let mut packages = self.packages(own);
        packages.insert(folder_of(path).into());
        for (sure, digest) in sure.iter_mut().zip(&self.files) {
            if packages.contains(folder_of(&digest.path)) {
                *sure = f32::max(*sure, PACKAGE_FACTOR);
            }
        }
        sure
    }

    /// The files of a module whose name is no word, so that the words of its import do not have it: `./cart-view`.
    fn of_no_word(&self, module: &str) -> Option<&Vec<u32>> {
        let name = naming::first_part(module.rsplit('/').next().unwrap_or(module));
        if name.chars().all(words::is_word) {
            return None;
        }
        self.of_stem.get(&*name.to_lowercase())
    }

    /// The folders of the packages that a file imports, found by the names of their projects.
    pub fn packages(&self, file: &File) -> NumberSet<String> {
        file.imports().iter().flat_map(|import| self.folders_of(self.text(import.module))).collect()
    }
}
