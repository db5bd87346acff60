//! What ranking needs to know about a repository beyond the index: the text of every signature, and sums over names and files that would
//! take a request too long. It is built in the background once the index has changed. Names are the index's. What is known about a single
//! file is its [`Digest`], which later corpora take over; everything else belongs to one view.

mod bodies;
mod digest;
mod families;
mod folders;
mod headings;
mod imported;
pub mod marks;
pub mod modules;
mod projects;
mod refresh;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use self::bodies::Bodies;
pub use self::digest::{Digest, GAP};
use self::families::Families;
use self::folders::Folder;
use self::marks::Marks;
use self::projects::{Meant, Project};
use super::numbers::{NumberMap, NumberSet, Sum};
use super::rank::{self, Bases, Prior};
use crate::index::{File, FileId, Lists, NameId, Stage, View};
use crate::syntax::{Kind, naming};
use crate::text::words;
use crate::workspace::{self, WorkspacePath};

/// A name's number.
pub type Name = NameId;

/// The kinds of definitions that ranking distinguishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Function,
    Method,
    /// Classes, structs, enums, traits, interfaces.
    Type,
    Constant,
    Variable,
    Macro,
}

impl Sort {
    /// Whether it is a value: a constant, a variable, a field.
    pub fn is_value(self) -> bool {
        matches!(self, Self::Constant | Self::Variable)
    }

    /// Whether it can be called.
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method)
    }

    /// None for kinds that are never shown on their own.
    fn of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Function => Self::Function,
            Kind::Method => Self::Method,
            Kind::Class | Kind::Struct | Kind::Interface | Kind::Enum | Kind::Type => Self::Type,
            Kind::Constant => Self::Constant,
            Kind::Variable | Kind::Attribute | Kind::Variant => Self::Variable,
            Kind::Macro => Self::Macro,
            Kind::Module | Kind::Reexport => return None,
        })
    }
}

/// A definition in the corpus.
#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    /// The index of its file in [`Corpus::files`].
    pub file: u32,
    /// Its index among the file's symbols.
    pub index: u32,
    pub name: Name,
    /// The index of its name among the defined names.
    pub slot: u32,
    /// The slot of the name of its container; [`NO_SLOT`] at the top level.
    pub container: u32,
    pub sort: Sort,
    /// Length of its signature in bytes.
    pub bytes: u16,
    /// Not declared public. Methods do not count as private, since those of traits are not declared public either.
    pub private: bool,
    /// Inside a function, where nothing else can use it.
    pub nested: bool,
    /// A top-level value with a keyword of its own, in languages with such keywords, which does not merely name a module.
    pub declared: bool,
    pub marks: Marks,
}

impl Symbol {
    /// Whether nothing outside the enclosing function can name it.
    pub fn is_local(&self) -> bool {
        self.nested && self.sort != Sort::Method
    }
}

/// Means no slot, no file and no symbol in tables of numbers.
pub const NO_SLOT: u32 = u32::MAX;

/// What is known of a defined name independent of the place.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameCounts {
    /// Files that mention it.
    pub files: u32,
    /// Definitions of it that may be shown.
    pub definitions: u32,
}

/// The repository, ready for ranking. Everything in an `Arc` stays the same after a refresh. Files are numbered in the order of their
/// paths, and sums do not depend on how the index numbered names: the result is the same in whatever order the index read the workspace.
#[derive(Clone, Default)]
pub struct Corpus {
    /// Unique to each corpus.
    version: Arc<()>,
    view: Arc<View>,
    pub files: Vec<Arc<Digest>>,
    pub symbols: Vec<Symbol>,
    /// The defined names, by slot.
    pub names: Vec<Name>,
    pub counts: Vec<NameCounts>,
    /// For each slot, the summed weight of its words (rarer words weigh more), to compare it with a heading.
    pub word_weight: Vec<f32>,
    /// For each file, whether it holds tests, which are read less often than what they test.
    pub is_test: Vec<bool>,
    /// For each file, whether it is third-party code, which is rarely called except through its headers.
    pub is_vendored: Vec<bool>,
    /// For each file, whether it only declares what others define.
    pub is_stub: Vec<bool>,
    /// For each file, the root of the sum of its names' squared weights, to compare files.
    pub norm: Vec<f32>,
    /// For each file its own name, or its folder's if it represents its folder: as a name, and in lower case.
    pub stems: Arc<Vec<(Option<Name>, Box<str>)>>,
    /// Files by that lower-case name.
    of_stem: Arc<NumberMap<Box<str>, Vec<u32>>>,
    pub priors: Vec<Prior>,
    pub bases: Bases,
    pub folder_of: Arc<Vec<u32>>,
    folders: Arc<Vec<Folder>>,
    /// Slots by name; [`NO_SLOT`] for names without a definition.
    slots: Vec<u32>,
    defined: Lists<u32>,
    /// Symbols by the slot of their container.
    members: Lists<u32>,
    /// For each file, the range of its symbols.
    of_file: Vec<Range<u32>>,
    /// Files by their number in the index; [`NO_SLOT`] if the corpus has none.
    dense: Vec<u32>,
    paths: Arc<NumberMap<Arc<str>, u32>>,
    words: Arc<NumberMap<Box<str>, u32>>,
    slots_of_word: Arc<Lists<u32>>,
    /// For each file, the words of its name.
    stem_words: Arc<Lists<u32>>,
    families: Families,
    bodies: Arc<Bodies>,
    /// For each folder, the names its files mention, with the number of these files.
    beside: Arc<Vec<Vec<(u32, u32)>>>,
    mentioned: Vec<u32>,
    projects: Arc<Vec<Project>>,
    meant: Meant,
    /// For each file, the innermost project that contains it.
    project_of: Arc<Vec<Option<u32>>>,
    modules: Arc<NumberSet<Box<str>>>,
    /// Symbols of earlier versions of files, which no file's range contains any more.
    dead: usize,
}

/// The files worth knowing about, in the order of their paths.
fn by_path(view: &View) -> Vec<(FileId, &Arc<File>)> {
    let mut files: Vec<(FileId, &Arc<File>)> = view.files().filter(|(_, file)| file.takes_part()).collect();
    files.sort_unstable_by(|a, b| a.1.path.cmp(&b.1.path));
    files
}

impl Corpus {
    /// Builds the tables for a view. Files that have not changed since `earlier` are not read again.
    pub fn new(view: Arc<View>, earlier: Option<&Corpus>, read: impl Fn(&WorkspacePath) -> Option<Arc<str>>) -> Self {
        // Digests from when the index was less complete lack names that it did not know then.
        let as_complete = earlier.filter(|earlier| earlier.stage() == view.stage());
        let known: HashMap<*const File, &Arc<Digest>> =
            as_complete.into_iter().flat_map(|earlier| &earlier.files).map(|digest| (Arc::as_ptr(&digest.file), digest)).collect();
        let (slots, mentioned) = (vec![NO_SLOT; view.name_count()], vec![0; view.name_count()]);
        let mut corpus = Self { view: view.clone(), slots, mentioned, ..Self::default() };
        for (id, file) in by_path(&view) {
            if let Some(digest) = known.get(&Arc::as_ptr(file)) {
                corpus.add(id, Arc::clone(digest));
                continue;
            }
            let digest = read(&file.path).and_then(|text| Digest::new(&view, file, &text)).map(Arc::new);
            // While the index is behind the text (or ahead of it), the last known digest stays in use.
            let before = || earlier.and_then(|earlier| Some(earlier.files[earlier.file(&file.path.to_string())? as usize].clone()));
            if let Some(digest) = digest.or_else(before) {
                corpus.add(id, digest);
            }
        }
        corpus.paths = Arc::new(corpus.files.iter().enumerate().map(|(number, digest)| (digest.path.clone(), number as u32)).collect());
        corpus.list_definitions();
        corpus.place_files();
        corpus.projects = Arc::new(projects::projects(&view, &read));
        corpus.forget_meant();
        corpus.name_modules();
        corpus.count_words();
        corpus.measure();
        corpus.count_folders();
        corpus.bodies = Arc::new(Bodies::new(&corpus));
        corpus.priors = rank::priors(&corpus, 0);
        corpus.update_bases();
        corpus
    }

    fn add(&mut self, id: FileId, digest: Arc<Digest>) {
        let number = self.files.len() as u32;
        if self.dense.len() <= id.0 as usize {
            self.dense.resize(id.0 as usize + 1, NO_SLOT);
        }
        self.dense[id.0 as usize] = number;
        let language = digest.file.language.as_deref();
        self.families.set(number, language);
        self.is_test.push(naming::is_test(language, &digest.path));
        self.is_vendored.push(naming::is_vendored(&digest.path));
        self.is_stub.push(naming::is_stub(language, &digest.path));
        digest.file.uses.iter().for_each(|(name, _)| self.mentioned[name.0 as usize] += 1);
        let range = self.add_symbols(number, &digest);
        self.of_file.push(range);
        self.files.push(digest);
    }

    fn add_symbols(&mut self, number: u32, digest: &Digest) -> Range<u32> {
        let first = self.symbols.len() as u32;
        let declares_values = digest.file.language.as_deref().is_some_and(|language| language.declares_values);
        for (index, symbol) in digest.file.symbols.iter().enumerate() {
            let Some(sort) = digest.sort(&self.view, index as u32) else { continue };
            let slot = self.slot_for(symbol.name);
            let container = symbol.container().map_or(NO_SLOT, |name| self.slot_for(name));
            self.counts[slot as usize].definitions += 1;
            let inside = symbol.parent().and_then(|parent| digest.file.symbols.get(parent));
            let nested = inside.is_some_and(|around| around.kind.is_callable());
            let private = !symbol.public && sort != Sort::Method;
            let is_member = symbol.container().is_some() || symbol.kind == Kind::Attribute;
            let free = declares_values && sort.is_value() && !is_member && !nested;
            let declared = free && digest.file.imports().iter().all(|import| import.line != symbol.line);
            let bytes = digest.signature(index as u32).len() as u16;
            self.symbols.push(Symbol {
                file: number,
                index: index as u32,
                name: symbol.name,
                slot,
                container,
                sort,
                bytes,
                private,
                nested,
                declared,
                marks: digest.marks(index as u32),
            });
        }
        first..self.symbols.len() as u32
    }

    /// Lists the symbols of each name and of each type.
    fn list_definitions(&mut self) {
        let pairs = self.live().map(|(number, symbol)| (symbol.slot, number));
        let defined = Lists::new(self.names.len(), pairs);
        let pairs = self.live().filter(|(_, symbol)| symbol.container != NO_SLOT).map(|(number, symbol)| (symbol.container, number));
        self.members = Lists::new(self.names.len(), pairs);
        self.defined = defined;
    }

    fn update_bases(&mut self) {
        let mut bases = std::mem::take(&mut self.bases);
        bases.update(self);
        self.bases = bases;
    }

    fn slot_for(&mut self, name: Name) -> u32 {
        let slot = &mut self.slots[name.0 as usize];
        if *slot == NO_SLOT {
            *slot = self.names.len() as u32;
            self.names.push(name);
            self.counts.push(NameCounts::default());
        }
        *slot
    }

    fn place_files(&mut self) {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let (mut folders, mut folder_of) = (vec![], vec![]);
        let mut stems: Vec<(Option<Name>, Box<str>)> = vec![];
        for digest in &self.files {
            let folder = workspace::folder_of(&digest.path);
            let next = folders.len() as u32;
            let number = *numbers.entry(folder).or_insert(next);
            if number == next {
                let parts = folder.split('/').filter(|part| !part.is_empty()).map(|part| part.to_lowercase().into()).collect();
                folders.push(Folder { parts });
            }
            folder_of.push(number);
            let stem = naming::stem(digest.file.language.as_deref(), &digest.path);
            stems.push((self.view.name(stem), stem.to_lowercase().into()));
        }
        let mut of_stem: NumberMap<Box<str>, Vec<u32>> = NumberMap::default();
        for (file, (_, stem)) in (0..).zip(&stems) {
            of_stem.entry(stem.clone()).or_default().push(file);
        }
        (self.folders, self.folder_of, self.stems) = (Arc::new(folders), Arc::new(folder_of), Arc::new(stems));
        self.of_stem = Arc::new(of_stem);
    }

    fn count_words(&mut self) {
        let mut pairs: Vec<(u32, u32)> = vec![];
        let mut known: NumberMap<Box<str>, u32> = NumberMap::default();
        for (slot, name) in self.names.iter().enumerate() {
            for word in words::subwords(self.view.text(*name)) {
                let next = known.len() as u32;
                let number = *known.entry(word.into()).or_insert(next);
                pairs.push((number, slot as u32));
            }
        }
        self.slots_of_word = Arc::new(Lists::new(known.len(), pairs.iter().copied()));
        let of_stem = |stem: &str| words::subwords(stem).iter().filter_map(|word| known.get(&**word).copied()).collect::<Vec<u32>>();
        let of_stems: Vec<(u32, u32)> =
            (0..).zip(self.stems.iter()).flat_map(|(file, (_, stem))| of_stem(stem).into_iter().map(move |word| (file, word))).collect();
        self.stem_words = Arc::new(Lists::new(self.files.len(), of_stems.iter().copied()));
        self.words = Arc::new(known);
        self.word_weight = vec![0.0; self.names.len()];
        for (word, slot) in pairs {
            self.word_weight[slot as usize] += self.weight_of_word(word);
        }
    }

    fn measure(&mut self) {
        for (slot, name) in self.names.iter().enumerate() {
            self.counts[slot].files = self.mentioned[name.0 as usize];
        }
        self.norm = self.files.iter().map(|digest| self.norm_of(digest)).collect();
    }

    fn norm_of(&self, digest: &Digest) -> f32 {
        let squared: Sum = digest.file.uses.iter().map(|(name, _)| self.idf(*name).powi(2)).collect();
        squared.value().sqrt().max(1.0)
    }

    /// Unique to this corpus, also among corpora of the same workspace.
    pub fn version(&self) -> &Arc<()> {
        &self.version
    }

    /// The generation of the index that it was built from.
    pub fn generation(&self) -> u64 {
        self.view.generation()
    }

    /// How far the index had come when this was built.
    pub fn stage(&self) -> Stage {
        self.view.stage()
    }

    /// The view of the index that it was built from.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The number of a name that occurs in a file. (The index also knows names that were typed once or are only in its cache.)
    pub fn name(&self, text: &str) -> Option<Name> {
        self.view.name(text).filter(|name| self.mentions(*name) > 0 || self.slot(*name).is_some())
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        self.view.text(name)
    }

    /// The slot of a name; none if nothing defines it.
    pub fn slot(&self, name: Name) -> Option<u32> {
        self.slots.get(name.0 as usize).copied().filter(|slot| *slot != NO_SLOT)
    }

    /// A file's number in the index, even for a file whose text is ahead of the index and not in the corpus yet.
    pub fn id(&self, path: &str) -> Option<FileId> {
        match self.file(path) {
            Some(number) => self.view.find(&self.files[number as usize].file.path),
            None => self.view.files().find(|(_, file)| file.path.to_string() == path).map(|(id, _)| id),
        }
    }

    /// The corpus's number for a file of the index.
    pub fn file_of(&self, id: FileId) -> Option<u32> {
        self.dense.get(id.0 as usize).copied().filter(|file| *file != NO_SLOT)
    }

    /// The number of a file, by its path as shown.
    pub fn file(&self, path: &str) -> Option<u32> {
        self.paths.get(path).copied()
    }

    /// The words of a file's name.
    pub fn stem_words(&self, file: u32) -> &[u32] {
        self.stem_words.get(file)
    }

    /// The numbers of a file's symbols.
    pub fn of_file(&self, file: u32) -> Range<u32> {
        self.of_file[file as usize].clone()
    }

    /// All symbols that are in a file, with their numbers.
    pub fn live(&self) -> impl Iterator<Item = (u32, &Symbol)> + Clone {
        self.of_file.iter().cloned().flatten().map(|number| (number, &self.symbols[number as usize]))
    }

    /// The symbols that define a name.
    pub fn defined(&self, name: Name) -> &[u32] {
        self.slot(name).map_or(&[], |slot| self.defined.get(slot))
    }

    /// The symbols that define the name with this slot.
    pub fn of_slot(&self, slot: u32) -> &[u32] {
        self.defined.get(slot)
    }

    /// The symbols inside a container with the name of this slot.
    pub fn members_of(&self, slot: u32) -> &[u32] {
        self.members.get(slot)
    }

    /// The number of files that mention a name.
    pub fn mentions(&self, name: Name) -> usize {
        self.mentioned.get(name.0 as usize).copied().unwrap_or_default() as usize
    }

    /// How many files are likely to mean this definition: those that mention its name, divided by the number of its definitions.
    pub fn uses_of(&self, symbol: u32) -> f32 {
        let name = self.symbols[symbol as usize].name;
        self.mentions(name) as f32 / self.defined(name).len().max(1) as f32
    }

    /// The files that mention a name.
    pub fn users(&self, name: Name) -> impl Iterator<Item = u32> {
        self.view.each_user(name).filter_map(move |(id, _)| self.file_of(id))
    }

    /// The number of a word that may occur in a heading.
    pub fn word(&self, text: &str) -> Option<u32> {
        self.words.get(text).copied()
    }

    /// The slots of names that contain a word.
    pub fn with_word(&self, word: u32) -> &[u32] {
        self.slots_of_word.get(word)
    }

    /// The weight of a word: the rarer, the heavier.
    pub fn weight_of_word(&self, word: u32) -> f32 {
        1.0 / (1.0 + (self.with_word(word).len() as f32).ln())
    }

    /// Sorts symbols by file and place in the file. Their numbers do not, since symbols of changed files get new ones.
    pub fn place(&self, symbol: u32) -> (u32, u32) {
        let symbol = &self.symbols[symbol as usize];
        (symbol.file, symbol.index)
    }

    /// The order of symbols with scores: the likeliest first, and those that are equally likely by their place.
    pub fn likeliest_first(&self, a: (u32, f32), b: (u32, f32)) -> Ordering {
        b.1.total_cmp(&a.1).then_with(|| self.place(a.0).cmp(&self.place(b.0)))
    }

    /// The number of a file's symbol, if it is one that may be shown.
    pub fn number(&self, file: u32, index: u32) -> Option<u32> {
        let range = self.of_file[file as usize].clone();
        let of_file = &self.symbols[range.start as usize..range.end as usize];
        of_file.binary_search_by_key(&index, |symbol| symbol.index).ok().map(|at| range.start + at as u32)
    }

    /// The digest of the file that a symbol is in.
    pub fn digest(&self, symbol: &Symbol) -> &Digest {
        &self.files[symbol.file as usize]
    }

    /// The symbol as the index has it.
    pub fn facts(&self, symbol: &Symbol) -> &crate::index::Symbol {
        &self.digest(symbol).file.symbols[symbol.index as usize]
    }

    /// The lines of a symbol's signature, as they are shown.
    pub fn signature(&self, symbol: &Symbol) -> &str {
        self.digest(symbol).signature(symbol.index)
    }

    /// The names in its signature.
    pub fn named(&self, symbol: &Symbol) -> &[Name] {
        self.digest(symbol).named.of(symbol.index)
    }

    /// The definitions inside of a type that its own lines show.
    pub fn shown_inside(&self, number: u32) -> impl Iterator<Item = u32> {
        let symbol = self.symbols[number as usize];
        let digest = self.digest(&symbol);
        let lines = if symbol.sort == Sort::Type { digest.signature(symbol.index).lines().count() as u32 } else { 0 };
        let (symbols, end) = (&digest.file.symbols, digest.line(symbol.index) + lines);
        let is_shown =
            move |index: &u32| symbols[*index as usize].item.start < symbols[symbol.index as usize].item.end && digest.line(*index) < end;
        let after = if lines > 1 { symbol.index + 1..symbols.len() as u32 } else { 0..0 };
        after.take_while(is_shown).filter_map(move |index| self.number(symbol.file, index))
    }

    /// The lines of a type's signature above what is defined inside of it.
    pub fn head(&self, number: u32) -> &str {
        let symbol = &self.symbols[number as usize];
        let (digest, signature) = (self.digest(symbol), self.signature(symbol));
        let first = self.shown_inside(number).next().map(|inner| digest.line(self.symbols[inner as usize].index));
        let above = first.map_or(usize::MAX, |line| (line - digest.line(symbol.index)).max(1) as usize);
        let end = signature.match_indices('\n').nth(above - 1).map_or(signature.len(), |(at, _)| at);
        &signature[..end]
    }

    /// The names of its base classes.
    pub fn bases(&self, symbol: &Symbol) -> impl Iterator<Item = Name> {
        self.digest(symbol).file.bases(symbol.index as usize)
    }

    /// How distinctive a name is: the rarer, the more (inverse document frequency).
    pub fn idf(&self, name: Name) -> f32 {
        let files = self.files.len().max(1) as f32;
        (1.0 + files / (1.0 + self.mentions(name) as f32)).ln()
    }
}
