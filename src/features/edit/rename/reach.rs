//! Which files see a top-level definition: those that import its name, those of its package, those that include its file. In all others the
//! name means something else.

use std::collections::{HashSet, VecDeque};

use super::imports::{UsingText, last_word};
use super::references::RenamedDefinition;
use crate::index::{File, FileId};
use crate::syntax::{self, Kind, ModuleMarks, Reach, import};

/// Most files that are searched between a file and one that it includes.
const MAX_INCLUDED_FILES: usize = 2000;

impl RenamedDefinition<'_> {
    /// Whether a text sees the definition by its bare name.
    pub(in crate::features::edit) fn is_seen(&self, place: &UsingText<'_>) -> bool {
        let Some(id) = place.id.filter(|id| *id != self.file) else { return true };
        let text = place.parsed.text();
        // A declaration of the name there means the same thing, since there is only one definition.
        let declares = place.facts.definitions.iter().any(|known| known.kind != Kind::Reexport && known.name.of(text) == self.name);
        if declares || matches!(self.kind, Kind::Module) {
            return true;
        }
        match place.parsed.language().reach {
            None => true,
            Some(Reach::Names) => self.takes(id) || self.is_everywhere(),
            Some(Reach::Package) => self.takes(id) || import::package_name(place.parsed) == self.own_package(),
            Some(Reach::Folder) => {
                let folder = |id: FileId| self.session.index.file(id).map(|file| file.path.folder().to_string());
                folder(id) == folder(self.file) && import::package_name(place.parsed) == self.own_package()
                    || place.parsed.language().takes_all.iter().any(|form| text.contains(form.as_str()))
            }
            Some(Reach::Includes) => self.includes(id),
        }
    }

    /// Whether a file imports the name, or all names; for something inside of a module or type, whether it imports all names of that.
    pub(in crate::features::edit) fn takes(&self, id: FileId) -> bool {
        let index = &self.session.index;
        let Some(file) = index.file(id) else { return true };
        let all = |file: &File, of: Option<&str>| {
            let mut open =
                file.imports().iter().filter(|import| file.imported(import).iter().any(|(_, here)| index.text(*here) == import::ALL));
            open.any(|import| of.is_none_or(|of| last_word(index.text(import.module)) == of))
        };
        let mut taken = file.imports().iter().flat_map(|import| file.imported(import));
        let named = taken.any(|(there, here)| [there, here].into_iter().any(|name| index.text(*name) == self.name));
        // A file that imports all names of a module passes them on to files that import all of its own.
        let handed_on = || index.file(self.file).is_some_and(|own| all(own, self.inside())) && all(file, None);
        named || all(file, self.inside()) || handed_on()
    }

    /// Whether files need not import the name: macros outside of inline modules, and definitions in a script that is not a module.
    fn is_everywhere(&self) -> bool {
        let Some(file) = self.session.index.file(self.file) else { return true };
        let marks = file.language.as_ref().and_then(|language| language.module_marks.as_ref());
        let is_script = |marks: &ModuleMarks| !self.text(self.file).is_some_and(|text| marks.are_in(&text));
        self.kind == Kind::Macro && self.is_free() || marks.is_some_and(is_script)
    }

    /// The package of the definition's file.
    fn own_package(&self) -> Option<&str> {
        let read = || {
            let (text, language) = (self.text(self.file)?, self.session.index.file(self.file)?.language.clone()?);
            import::package_name(&syntax::parse(&language, text).ok()?).map(String::from)
        };
        self.package.get_or_init(read).as_deref()
    }

    /// Whether a file includes the definition's file or is included by it, directly or not. A file that includes nothing is part of others.
    fn includes(&self, id: FileId) -> bool {
        let index = &self.session.index;
        let (own, said) = self.included.get_or_init(|| {
            // For a definition in a source file, its header tells the name.
            let said = index.named(self.name).iter().map(|symbol| symbol.file).chain([self.file]).collect();
            (self.follow(self.file, |_| false).1, said)
        });
        let nothing = index.file(id).is_none_or(|file| file.imports().is_empty());
        nothing || own.contains(&id) || self.follow(id, |file| said.contains(&file)).0
    }

    /// Follows a file's includes, itself first, until `wanted` holds; returns whether it did, and the files on the way.
    fn follow(&self, id: FileId, wanted: impl Fn(FileId) -> bool) -> (bool, HashSet<FileId>) {
        let index = &self.session.index;
        let (mut found, mut open) = (HashSet::from([id]), VecDeque::from([id]));
        while let Some(next) = open.pop_front() {
            if wanted(next) {
                return (true, found);
            }
            let Some(file) = index.file(next) else { continue };
            let reached = file.imports().iter().filter_map(|import| index.resolve(next, import));
            open.extend(reached.filter(|one| found.len() < MAX_INCLUDED_FILES && found.insert(*one)));
        }
        (false, found)
    }
}
