//! The family of languages that each file belongs to: files of one family use each other's definitions.

use super::Corpus;
use crate::syntax::Language;

/// For each file, the index of its family.
#[derive(Clone, Default)]
pub struct Families {
    of: Vec<u16>,
    /// `None` is the family of files without a language.
    all: Vec<Option<Box<str>>>,
}

impl Families {
    /// Puts a file, known or the next new one, into its language's family.
    pub fn set(&mut self, file: u32, language: Option<&Language>) {
        let family = language.map(|language| &*language.family);
        let known = self.all.iter().position(|known| known.as_deref() == family);
        let number = known.unwrap_or_else(|| {
            self.all.push(family.map(Box::from));
            self.all.len() - 1
        });
        self.of.resize(self.of.len().max(file as usize + 1), 0);
        self.of[file as usize] = number as u16;
    }
}

impl Corpus {
    /// The family of a file; none without a language.
    pub fn family(&self, file: u32) -> Option<&str> {
        self.families.all[self.families.of[file as usize] as usize].as_deref()
    }

    /// Whether a file is of another family than `language`: then its definitions have a name there only through an import.
    pub fn is_foreign(&self, file: u32, language: Option<&Language>) -> bool {
        language.is_some_and(|language| self.family(file) != Some(&*language.family))
    }
}
