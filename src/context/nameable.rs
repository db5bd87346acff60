//! What a place can name at all: which definitions a language hides from other files, which exist only for tests, which file an import
//! means. The trees weigh what these rules say; where the rules are certain, they are factors as well.

use super::corpus::{Corpus, NO_SLOT, Name, Sort, Symbol};
use super::numbers::{NumberMap, NumberSet};
use super::rank::Candidate;
use crate::index::{File, FileId, FileImport};
use crate::syntax::{Beyond, Kind, Language, Reach, lists, naming};
use crate::workspace::folder_of;

/// Factor for a definition inside a function in another file.
const NESTED_FACTOR: f32 = 0.02;
/// Factor for a definition that the language hides from here.
const HIDDEN_FACTOR: f32 = 0.05;
/// Factor for a test, if the place is not in one.
const TEST_FACTOR: f32 = 0.15;
/// Factor for a definition whose name an import takes from another file.
const IMPORTED_ELSEWHERE_FACTOR: f32 = 0.15;
/// Factor for a definition whose name the current file defines itself.
const DEFINED_HERE_FACTOR: f32 = 0.3;
/// Factor for a top-level definition of a package or project that nothing here names.
const FAR_FACTOR: f32 = 0.15;
/// Factor for a member in such a package or project: values of its type may still come here.
const FAR_MEMBER_FACTOR: f32 = 0.5;
/// A factor is raised to this power if no package says whose a name is: then the rules only guess from names and folders, and the trees
/// have already weighed those.
const GUESSED_RULE_EXPONENT: f32 = 0.15;
/// Maximum files between an import and the definition that re-export the name.
const MAX_REEXPORT_HOPS: usize = 3;
/// Anything less likely is not examined.
const MIN_SCORE: f32 = 1e-4;

/// What the rules say about a definition; the trees know them by these names.
pub const RULES: [&str; 5] = ["OnlyForTests", "Hidden", "Far", "ImportedElsewhere", "DefinedHere"];

/// Where a name in the current file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    File(FileId),
    Outside,
    Unknown,
}

/// A question about a file: whether its language is of the same family, whether what it hides is seen from here, whether it is far away.
/// The value says where the answer is kept.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Of {
    Family = 0,
    Sight = 2,
    Distance = 4,
}

/// The rules at one place.
pub struct Nameable<'a> {
    corpus: &'a Corpus,
    language: &'a Language,
    path: &'a str,
    in_test: bool,
    /// The imported names, with the number of the defining file; [`NO_SLOT`] if that is not in the corpus.
    imported: NumberMap<Name, u32>,
    /// The names that the current file defines itself.
    defined: NumberSet<Name>,
    /// Answers per file, two bits per question: asked, and the answer.
    answers: Vec<u8>,
    /// The folders of the imported packages and of its own one.
    packages: Option<NumberSet<&'a str>>,
    /// The projects that its own project names.
    projects: Option<&'a NumberSet<u32>>,
}

impl<'a> Nameable<'a> {
    /// The rules for a file; `in_test` says whether tests may be named.
    pub fn new(corpus: &'a Corpus, language: &'a Language, path: &'a str, in_test: bool) -> Self {
        let mut rules = Self {
            corpus,
            language,
            path,
            in_test,
            imported: NumberMap::default(),
            defined: NumberSet::default(),
            answers: vec![0; corpus.files.len()],
            packages: None,
            projects: corpus.project(path).and_then(|own| corpus.projects_for(own)),
        };
        let own = corpus.file(path).map(|number| corpus.of_file(number)).unwrap_or_default();
        rules.defined = own.map(|symbol| corpus.symbols[symbol as usize]).filter(is_free).map(|own| own.name).collect();
        let Some((id, file)) = corpus.id(path).and_then(|id| Some((id, corpus.view().file(id)?))) else { return rules };
        rules.read_imports(id, file);
        if language.reach == Some(Reach::Folder) {
            rules.packages = Some(rules.find_packages(file));
        }
        rules
    }

    /// Makes candidates that cannot be meant less likely.
    pub fn weigh(&mut self, candidates: &mut [Candidate]) {
        let power = if self.packages.is_some() { 1.0 } else { GUESSED_RULE_EXPONENT };
        for candidate in candidates.iter_mut().filter(|candidate| candidate.score > MIN_SCORE) {
            let factor = self.factor(&self.corpus.symbols[candidate.symbol as usize]);
            if factor < 1.0 {
                candidate.score *= factor.powf(power);
            }
        }
    }

    /// The share of its likelihood that a definition keeps.
    pub fn factor(&mut self, symbol: &Symbol) -> f32 {
        let [test, hidden, far, elsewhere, here] = self.said(symbol);
        let far_factor = if is_free(symbol) { FAR_FACTOR } else { FAR_MEMBER_FACTOR };
        let factors = [
            (test, TEST_FACTOR),
            (symbol.is_local(), NESTED_FACTOR),
            (hidden, HIDDEN_FACTOR),
            (far, far_factor),
            (elsewhere, IMPORTED_ELSEWHERE_FACTOR),
            (here, DEFINED_HERE_FACTOR),
        ];
        factors.into_iter().filter(|(said, _)| *said).map(|(_, factor)| factor).product()
    }

    /// What the rules say about a definition, in the order of [`RULES`].
    pub fn said(&mut self, symbol: &Symbol) -> [bool; RULES.len()] {
        let test = symbol.marks.test && !self.in_test;
        let file = symbol.file;
        if !self.ask(file, Of::Family, |rules| rules.corpus.family(file) == Some(&*rules.language.family)) {
            return [test, false, false, false, false];
        }
        let hidden = symbol.marks.hidden && !self.ask(file, Of::Sight, |rules| rules.sees(file));
        let far = self.ask(file, Of::Distance, |rules| rules.is_far(file));
        let imported = self.imported.get(&symbol.name).filter(|_| is_free(symbol));
        let elsewhere = imported.is_some_and(|home| *home != file);
        let here = imported.is_none() && is_free(symbol) && self.defined.contains(&symbol.name);
        [test, hidden, far, elsewhere, here]
    }

    /// Answers a question about a file; the answer applies to everything defined in it.
    fn ask(&mut self, file: u32, of: Of, find: impl FnOnce(&Self) -> bool) -> bool {
        let known = self.answers[file as usize] >> of as u8;
        if known & 1 != 0 {
            return known & 2 != 0;
        }
        let answer = find(self);
        self.answers[file as usize] |= (1 | u8::from(answer) << 1) << of as u8;
        answer
    }

    /// Whether what a file hides is visible from here.
    fn sees(&self, file: u32) -> bool {
        let (there, language) = (&self.corpus.files[file as usize], self.language);
        match language.hides.as_ref().map_or(Beyond::File, |hides| hides.beyond) {
            Beyond::File => false,
            Beyond::Folder => {
                let mirror = language.tests.as_ref().and_then(|tests| tests.mirror.as_ref());
                let own = folder_of(self.path);
                let mirrored = mirror.map(|[sources, tests]| own.replace(tests.as_str(), sources));
                folder_of(&there.path) == own || mirrored.is_some_and(|own| folder_of(&there.path) == own)
            }
            Beyond::Module => is_inside(module(language, self.path), module(language, &there.path)),
        }
    }

    /// Whether a file is in a package or project that nothing here names.
    fn is_far(&self, file: u32) -> bool {
        match &self.packages {
            Some(packages) => !packages.contains(folder_of(&self.corpus.files[file as usize].path)),
            None => self.projects.is_some_and(|ours| self.corpus.project_of(file).is_some_and(|project| !ours.contains(&project))),
        }
    }

    /// The folders that the imports of a file mean, by the names of their projects.
    fn find_packages(&self, file: &File) -> NumberSet<&'a str> {
        let corpus = self.corpus;
        let modules = corpus.packages(file);
        let folders = corpus.files.iter().map(|digest| folder_of(&digest.path));
        let own = folder_of(self.path);
        folders.filter(|folder| *folder == own || modules.contains(*folder)).collect()
    }

    /// Determines where the names that a file imports come from.
    fn read_imports(&mut self, id: FileId, file: &File) {
        let corpus = self.corpus;
        for import in file.imports() {
            for (there, here) in file.imported(import) {
                if corpus.slot(*here).is_none() && corpus.slot(*there).is_none() {
                    continue;
                }
                let home = match self.home(id, file, import, *there, MAX_REEXPORT_HOPS) {
                    Home::File(file) => corpus.file_of(file),
                    Home::Outside => Some(NO_SLOT),
                    Home::Unknown => None,
                };
                if let Some(home) = home {
                    self.imported.insert(*here, home);
                }
            }
        }
    }

    /// Where something that a file imports is defined.
    fn home(&self, id: FileId, file: &File, import: &FileImport, name: Name, steps: usize) -> Home {
        let view = self.corpus.view();
        let module = view.text(import.module);
        let by_type = format!("{module}.{}", view.text(name));
        let found = view.resolve_module(id, if self.language.type_per_file { &by_type } else { module });
        let Some((next, there)) = found.and_then(|next| Some((next, view.file(next)?))) else {
            let language = file.language.as_deref().unwrap_or(self.language);
            return if self.is_outside(language, module) { Home::Outside } else { Home::Unknown };
        };
        if there.symbols.iter().any(|symbol| symbol.name == name && symbol.kind != Kind::Reexport) {
            return Home::File(next);
        }
        let Some(steps) = steps.checked_sub(1) else { return Home::Unknown };
        let taken = |import: &&FileImport| there.imported(import).iter().any(|(_, here)| *here == name);
        let Some(import) = there.imports().iter().find(taken) else { return Home::Unknown };
        let own = there.imported(import).iter().find(|(_, here)| *here == name).map_or(name, |(own, _)| *own);
        self.home(next, there, import, own, steps)
    }

    /// Whether a module is in no file here: of the language's own library, or with a name that nothing here has.
    fn is_outside(&self, language: &Language, module: &str) -> bool {
        let own = |library: &String| module.starts_with(library.as_str()) || library.trim_end_matches([':', '.']) == module;
        if language.libraries.iter().any(own) {
            return true;
        }
        let parts: Vec<&str> = module.split(['/', '.', ':']).filter(|part| !part.is_empty()).collect();
        let by_place = |part: &str| lists(&language.modules_by_place, part);
        if module.is_empty() || module.starts_with('.') || parts.first().is_none_or(|head| by_place(head)) {
            return false;
        }
        match language.imports_files() || language.type_per_file {
            true => !parts.iter().any(|part| self.corpus.has_module(part)),
            false => !self.corpus.has_module(parts[0]),
        }
    }
}

/// Whether a symbol is at the top level, so that its name alone decides what it means.
fn is_free(symbol: &Symbol) -> bool {
    symbol.container == NO_SLOT && symbol.sort != Sort::Method
}

/// The path of the module that a file is.
fn module<'a>(language: &Language, path: &'a str) -> &'a str {
    let whole = path.rsplit_once('.').map_or(path, |(whole, _)| whole);
    let stem = whole.rsplit('/').next().unwrap_or(whole);
    if naming::stands_for_folder(language, stem) { folder_of(path) } else { whole }
}

fn is_inside(path: &str, of: &str) -> bool {
    of.is_empty() || path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
