//! The workspace as the index knows it at one moment. Cheap to share and never changed; a later state is another view.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use crate::syntax::Kind;
use crate::syntax::tags::NumberMap;
use crate::workspace::WorkspacePath;
use crate::workspace::fs::Stamp;
use crate::workspace::rules::Skip;

use super::file::{File, FileImport, Symbol, Tier};
use super::handle::Stage;
use super::lists::Lists;
use super::names::{NameId, Names};
use super::resolve;

/// The number of a file, the same in all views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A symbol: its file, and its index among the file's symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId {
    pub file: FileId,
    pub index: u32,
}

/// The files at the time when the tables were last built, with these tables.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub files: Vec<Option<Arc<File>>>,
    by_path: HashMap<WorkspacePath, u32>,
    /// Files and indices of symbols, by the name they define.
    definitions: Lists<(u32, u32)>,
    /// Files that mention a name and how often, by name.
    uses: Lists<(u32, u32)>,
    /// Files by the last part of their module name, in lower case.
    pub(super) by_stem: HashMap<Box<str>, Vec<u32>>,
}

/// From this many files the tables are built on two threads.
const PARALLEL_FROM_FILES: usize = 1000;

impl Base {
    /// Builds the tables of these files; `names` is the number of names.
    pub fn new(files: Vec<Option<Arc<File>>>, names: usize) -> Self {
        let present = || files.iter().enumerate().filter_map(|(number, file)| Some((number as u32, file.as_deref()?)));
        let definitions = || {
            let pairs = present().flat_map(|(number, file)| {
                file.symbols.iter().enumerate().map(move |(index, symbol)| (symbol.name.0, (number, index as u32)))
            });
            Lists::new(names, pairs)
        };
        let uses = || {
            let pairs = present().flat_map(|(number, file)| file.uses.iter().map(move |(name, count)| (name.0, (number, *count))));
            Lists::new(names, pairs)
        };
        // The second table is the larger one; a small workspace is not worth a thread.
        let (definitions, uses) = match files.len() > PARALLEL_FROM_FILES {
            true => std::thread::scope(|scope| {
                let definitions = scope.spawn(definitions);
                let uses = uses();
                (definitions.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), uses)
            }),
            false => (definitions(), uses()),
        };
        let by_path = present().map(|(number, file)| (file.path.clone(), number)).collect();
        let mut by_stem: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (number, file) in present() {
            by_stem.entry(resolve::stem(file.language.as_deref(), file.path.relative()).into()).or_default().push(number);
        }
        Self { files, by_path, definitions, uses, by_stem }
    }
}

/// The files that changed since the tables were built, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh {
    files: NumberMap<u32, Option<Arc<File>>>,
    /// One bit per number: most files have not changed, and this is checked for every use of a name.
    bits: Vec<u64>,
}

impl Fresh {
    /// The changed files; none for one that is gone.
    pub fn new(files: NumberMap<u32, Option<Arc<File>>>) -> Self {
        let mut bits = vec![0; files.keys().max().map_or(0, |last| *last as usize / 64 + 1)];
        for number in files.keys() {
            bits[*number as usize / 64] |= 1 << (number % 64);
        }
        Self { files, bits }
    }

    fn has(&self, number: u32) -> bool {
        self.bits.get(number as usize / 64).is_some_and(|bits| bits >> (number % 64) & 1 != 0)
    }
}

/// The workspace at one moment: the tables of the base, plus newer files.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub(super) names: Names,
    pub(super) base: Arc<Base>,
    /// Files changed since the base was built, by number; none for one that is gone.
    pub(super) fresh: Arc<Fresh>,
    /// What those files define, by name; made on first use.
    pub(super) fresh_definitions: OnceLock<NumberMap<NameId, Vec<SymbolId>>>,
    /// Those files by the last part of their module name; made on first use.
    pub(super) fresh_stems: OnceLock<HashMap<String, Vec<FileId>>>,
    pub(super) generation: u64,
    pub(super) stage: Stage,
    pub(super) skipped: Arc<BTreeMap<Skip, u64>>,
    pub(super) refused: Arc<Refused>,
    pub(super) has_local_only: bool,
}

/// Files that do not take part because of their content, with stamp and reason.
pub(super) type Refused = HashMap<WorkspacePath, (Stamp, Skip)>;

impl View {
    /// Increases with every change.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a document is or was open that belongs to a nested `local_only` project.
    pub fn has_local_only(&self) -> bool {
        self.has_local_only
    }

    /// Files that do not take part because of their content: generated, too large, very long lines. They may use what others define.
    pub fn left_out(&self) -> impl Iterator<Item = (&WorkspacePath, Skip)> {
        self.refused.iter().map(|(path, (_, reason))| (path, *reason))
    }

    /// How far indexing has come.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// A file; none if it is gone.
    pub fn file(&self, id: FileId) -> Option<&Arc<File>> {
        match self.fresh.has(id.0) {
            true => self.fresh.files.get(&id.0)?.as_ref(),
            false => self.base.files.get(id.0 as usize)?.as_ref(),
        }
    }

    /// All files, in the order of their numbers.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Arc<File>)> {
        let known = (0..self.base.files.len() as u32).map(FileId);
        let fresh = self.fresh.files.keys();
        let mut added: Vec<FileId> = fresh.filter(|id| **id as usize >= self.base.files.len()).map(|id| FileId(*id)).collect();
        added.sort_unstable();
        known.chain(added).filter_map(|id| Some((id, self.file(id)?)))
    }

    /// The number of a file, if it takes part.
    pub fn find(&self, path: &WorkspacePath) -> Option<FileId> {
        let added = || self.fresh_files().find(|(_, file)| file.path == *path).map(|(id, _)| FileId(id));
        let known = self.base.by_path.get(path).map(|number| FileId(*number)).filter(|id| self.file(*id).is_some());
        known.or_else(added)
    }

    /// The file at a path, if it takes part.
    pub fn at(&self, path: &WorkspacePath) -> Option<&Arc<File>> {
        self.file(self.find(path)?)
    }

    /// The number of a name, if it occurs anywhere in the workspace.
    pub fn name(&self, text: &str) -> Option<NameId> {
        self.names.find(text)
    }

    /// The text of a name.
    pub fn text(&self, name: NameId) -> &str {
        self.names.get(name)
    }

    /// An upper bound of all [`NameId`]s, to size tables.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// All names of the workspace, including some that are no longer in any file.
    pub fn names(&self) -> impl Iterator<Item = (NameId, &str)> {
        self.names.iter()
    }

    /// A symbol; none if its file is gone or has fewer.
    pub fn symbol(&self, id: SymbolId) -> Option<&Symbol> {
        self.file(id.file)?.symbols.get(id.index as usize)
    }

    /// The definitions of a name, given as text.
    pub fn named(&self, name: &str) -> Vec<SymbolId> {
        self.name(name).map(|name| self.defined(name)).unwrap_or_default()
    }

    /// The definitions of a name.
    pub fn defined(&self, name: NameId) -> Vec<SymbolId> {
        let settled = self.base.definitions.get(name.0).iter().filter(|(file, _)| !self.fresh.has(*file));
        let mut found: Vec<SymbolId> = settled.map(|(file, index)| SymbolId { file: FileId(*file), index: *index }).collect();
        found.extend(self.fresh_definitions.get_or_init(|| self.define_fresh()).get(&name).into_iter().flatten());
        found
    }

    fn define_fresh(&self) -> NumberMap<NameId, Vec<SymbolId>> {
        let mut found: NumberMap<NameId, Vec<SymbolId>> = NumberMap::default();
        for (number, file) in self.fresh_files() {
            for (index, symbol) in file.symbols.iter().enumerate() {
                found.entry(symbol.name).or_default().push(SymbolId { file: FileId(number), index: index as u32 });
            }
        }
        found
    }

    /// Files by the last part of their module name, in lower case.
    pub(super) fn by_stem(&self, stem: &str) -> impl Iterator<Item = FileId> + use<'_> {
        let settled = self.base.by_stem.get(stem).into_iter().flatten().map(|number| FileId(*number));
        settled.chain(self.fresh_stems.get_or_init(|| self.stems_of_new()).get(stem).into_iter().flatten().copied())
    }

    fn stems_of_new(&self) -> HashMap<String, Vec<FileId>> {
        let mut found: HashMap<String, Vec<FileId>> = HashMap::new();
        for (number, file) in self.fresh_files().filter(|(number, _)| *number as usize >= self.base.files.len()) {
            found.entry(resolve::stem(file.language.as_deref(), file.path.relative())).or_default().push(FileId(number));
        }
        found
    }

    /// Files that mention a name, with how often; definitions count, comments and strings do not.
    pub fn users(&self, name: NameId) -> Vec<(FileId, u32)> {
        self.each_user(name).collect()
    }

    /// [`View::users`] as an iterator.
    pub fn each_user(&self, name: NameId) -> impl Iterator<Item = (FileId, u32)> {
        let settled = self.base.uses.get(name.0).iter().filter(|(file, _)| !self.fresh.has(*file));
        let fresh = self.fresh_files().map(move |(number, file)| (FileId(number), file.count(name))).filter(|(_, count)| *count > 0);
        settled.map(|(file, count)| (FileId(*file), *count)).chain(fresh)
    }

    /// Symbols whose name contains `part`, ignoring case; exact and short names first.
    pub fn names_like(&self, part: &str, limit: usize) -> Vec<SymbolId> {
        let wanted = part.to_lowercase();
        let mut matching: Vec<(bool, usize, NameId)> = self
            .names()
            .filter(|(_, text)| text.len() >= part.len() && text.to_lowercase().contains(&wanted))
            .map(|(id, text)| (!text.eq_ignore_ascii_case(part), text.len(), id))
            .collect();
        matching.sort_unstable();
        matching.into_iter().flat_map(|(_, _, id)| self.defined(id)).take(limit).collect()
    }

    /// The file that an import means, if it is in the workspace.
    pub fn resolve(&self, from: FileId, import: &FileImport) -> Option<FileId> {
        resolve::resolve(self, from, import)
    }

    /// The file of a module as written in an import.
    pub fn resolve_module(&self, from: FileId, module: &str) -> Option<FileId> {
        resolve::resolve_module(self, from, module, &[])
    }

    /// Counts files, lines, symbols and references; walks over all files.
    pub fn statistics(&self) -> Statistics {
        let mut statistics = Statistics { skipped: (*self.skipped).clone(), ..Statistics::default() };
        self.refused.values().for_each(|(_, reason)| *statistics.skipped.entry(*reason).or_default() += 1);
        for (_, file) in self.files() {
            statistics.files += 1;
            statistics.bytes += u64::from(file.bytes);
            statistics.lines += u64::from(file.lines);
            statistics.symbols += file.symbols.len() as u64;
            let occurrences: u64 = file.uses.iter().map(|(_, count)| u64::from(*count)).sum();
            let definitions = file.symbols.iter().filter(|symbol| symbol.kind != Kind::Reexport).count() as u64;
            statistics.references += if file.tier == Tier::Parsed { occurrences.saturating_sub(definitions) } else { 0 };
            let name = if file.language_name().is_empty() { "text" } else { file.language_name() };
            *statistics.languages.entry(name.to_string()).or_default() += 1;
        }
        statistics
    }

    fn fresh_files(&self) -> impl Iterator<Item = (u32, &Arc<File>)> {
        self.fresh.files.iter().filter_map(|(number, file)| Some((*number, file.as_ref()?)))
    }
}

/// Totals over a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub files: u64,
    pub symbols: u64,
    /// Occurrences of identifiers that are not definitions.
    pub references: u64,
    pub bytes: u64,
    pub lines: u64,
    pub skipped: BTreeMap<Skip, u64>,
    /// Files by language; `text` for those without one.
    pub languages: BTreeMap<String, u64>,
}
