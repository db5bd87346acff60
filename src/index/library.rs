//! All files of the index with their numbers, and the open documents among them. Belongs to the index's thread.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::syntax::{self, Language, Parsed, Registry, change};
use crate::text::layout::shared_with_line_feeds;
use crate::workspace::fs::{self, Stamp};
use crate::workspace::rules::{Skip, is_rule_file};
use crate::workspace::walk::{Entry, Listing};
use crate::workspace::{Document, ReadError, Root, Roots, Rules, WorkspacePath};

use super::cache::{self, CacheCounts, Stock};
use super::file::{File, Tier};
use super::handle::Stage;
use super::names::Names;
use super::patch;
use super::resolve;
use super::scan::{self, Outcome, Todo};
use super::sheet::Sheet;
use super::view::{Base, View};
use super::warm::{self, Known};

/// A document whose text is the editor's, with the tree that makes its next version cheap.
#[derive(Default)]
struct Open {
    path: Option<WorkspacePath>,
    parsed: Option<Parsed>,
}

/// See the module.
pub struct Library {
    pub registry: Arc<Registry>,
    pub roots: Arc<Roots>,
    /// What the cache had when the present listing began, by path and stamp.
    pub stock: Option<Arc<Stock>>,
    /// The same for the workers, by content.
    pub content: Option<Arc<Stock>>,
    /// Segments on disk are many, stale, or hold files that must not be kept.
    pub merge_due: bool,
    names: Names,
    files: Vec<Option<Arc<File>>>,
    numbers: HashMap<WorkspacePath, u32>,
    fresh: HashMap<u32, Option<Arc<File>>>,
    base: Arc<Base>,
    generation: u64,
    open: HashMap<String, Open>,
    skipped: BTreeMap<Skip, u64>,
    /// Files that are known not to take part, so that they are not read again and again.
    refused: HashMap<WorkspacePath, (Stamp, Skip)>,
    /// Those of them that are not on disk yet.
    new_refusals: Vec<cache::Refusal>,
    /// Files whose parse was given up.
    unparsable: HashSet<WorkspacePath>,
    rules: HashMap<Arc<Root>, Rules>,
}

/// Changed files after which the tables are built anew.
const MAX_FRESH: usize = 256;

impl Library {
    pub fn new(registry: Arc<Registry>, roots: Arc<Roots>) -> Self {
        Self {
            registry,
            roots,
            stock: None,
            content: None,
            merge_due: false,
            names: Names::default(),
            files: vec![],
            numbers: HashMap::new(),
            fresh: HashMap::new(),
            base: Arc::default(),
            generation: 0,
            open: HashMap::new(),
            skipped: BTreeMap::new(),
            refused: HashMap::new(),
            new_refusals: vec![],
            unparsable: HashSet::new(),
            rules: HashMap::new(),
        }
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.iter().flatten().count()
    }

    /// Whether something has changed since the last rebuilt view.
    pub fn is_stale(&self) -> bool {
        !self.fresh.is_empty()
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Other folders are open now; true when one of them is new. Files of those that stay open stay known.
    pub fn set_roots(&mut self, roots: Arc<Roots>) -> bool {
        let grown = roots.iter().any(|root| !self.roots.contains(root));
        self.roots = roots;
        self.rules.retain(|root, _| self.roots.contains(root));
        let gone: Vec<WorkspacePath> = self.numbers.keys().filter(|path| !self.roots.contains(path.root())).cloned().collect();
        gone.iter().for_each(|path| {
            self.set(path, None);
        });
        // One folder has no name, several do.
        let called = |file: &&Arc<File>| {
            let path = self.roots.rename(&file.path)?;
            (path.root().name() != file.path.root().name()).then(|| Arc::new(File { path, ..(***file).clone() }))
        };
        let renamed: Vec<Arc<File>> = self.files.iter().flatten().filter_map(|file| called(&file)).collect();
        renamed.into_iter().for_each(|file| {
            self.set(&file.path.clone(), Some(file));
        });
        grown
    }

    /// A picture of everything. With `rebuild`, or when much has changed, its tables are built anew.
    pub fn view(&mut self, stage: Stage, rebuild: bool) -> View {
        if rebuild && self.is_stale() || self.fresh.len() > MAX_FRESH {
            self.names.settle();
            self.base = Arc::new(Base::new(self.files.clone(), self.names.len()));
            self.fresh.clear();
        }
        self.generation += 1;
        let mut skipped = self.skipped.clone();
        for (_, reason) in self.refused.values() {
            *skipped.entry(*reason).or_default() += 1;
        }
        if !self.unparsable.is_empty() {
            skipped.insert(Skip::Unparsable, self.unparsable.len() as u64);
        }
        View {
            names: self.names.clone(),
            base: self.base.clone(),
            fresh: Arc::new(self.fresh.clone()),
            generation: self.generation,
            stage,
            skipped: Arc::new(skipped),
        }
    }

    fn set(&mut self, path: &WorkspacePath, file: Option<Arc<File>>) -> Option<u32> {
        let number = match (self.numbers.get(path), &file) {
            (Some(number), _) => *number,
            (None, None) => return None,
            (None, Some(_)) => {
                self.files.push(None);
                let number = self.files.len() as u32 - 1;
                self.numbers.insert(path.clone(), number);
                number
            }
        };
        if file.is_none() {
            // A file that comes back gets a new number: nobody mistakes it for the old one.
            self.numbers.remove(path);
        }
        self.files[number as usize].clone_from(&file);
        self.fresh.insert(number, file);
        Some(number)
    }

    fn file(&self, path: &WorkspacePath) -> Option<&Arc<File>> {
        self.files.get(*self.numbers.get(path)? as usize)?.as_ref()
    }

    fn is_open(&self, path: &WorkspacePath) -> bool {
        self.open.values().any(|open| open.path.as_ref() == Some(path))
    }

    /// Whether a file is kept out even while it is open: it may hold what is meant for nobody. What was only not written by hand is not.
    fn is_private(&mut self, path: &WorkspacePath) -> bool {
        matches!(self.reason(path), Some(Skip::Secret | Skip::Ignored | Skip::Unruled))
    }

    /// Why a file takes no part by its place and name.
    fn reason(&mut self, path: &WorkspacePath) -> Option<Skip> {
        self.rules.entry(path.root().clone()).or_insert_with_key(Rules::new).reason(path)
    }

    /// Takes over a new version of an open document; false when it takes no part, and did not before.
    pub fn update(&mut self, document: Document) -> bool {
        let Some(path) = document.path.clone() else { return false };
        if self.is_private(&path) {
            self.open.remove(&document.uri);
            return self.set(&path, None).is_some();
        }
        if document.desynced {
            return false;
        }
        let text = shared_with_line_feeds(document.text.to_arc());
        let language = self.registry.of_document(&document.language, Some(path.relative()), &text).cloned();
        let before = self.open.remove(&document.uri).unwrap_or_default();
        let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
        let (parsed, file) = self.open_file(before, &path, language, &text, hash);
        self.open.insert(document.uri, Open { path: Some(path.clone()), parsed });
        self.set(&path, Some(Arc::new(file)));
        true
    }

    /// The facts of an open document's text, using what its version before has left.
    fn open_file(
        &mut self,
        before: Open,
        path: &WorkspacePath,
        language: Option<Arc<Language>>,
        text: &Arc<str>,
        hash: u64,
    ) -> (Option<Parsed>, File) {
        let Some(parser) = language.clone().filter(|language| language.parses()) else {
            let sheet = scan::facts(language.as_ref(), path.relative(), text, Tier::Lexical).0;
            return (None, sheet.into_file(path.clone(), language, hash, Stamp::default(), &mut self.names));
        };
        let _working = syntax::guard::enter(text);
        let before = before.parsed.filter(|before| Arc::ptr_eq(before.language(), &parser));
        let parsed = match &before {
            Some(before) => before.edited(text.clone()),
            None => syntax::parse(&parser, text.clone()),
        };
        let Ok(parsed) = parsed else {
            let sheet = Sheet::lexical(text, &syntax::lexical::definitions(&parser, text));
            return (None, sheet.into_file(path.clone(), language, hash, Stamp::default(), &mut self.names));
        };
        let patched = before.as_ref().and_then(|before| self.patched(before, &parsed, path, hash));
        let file = patched.unwrap_or_else(|| {
            let sheet = Sheet::parsed(text, syntax::tags(&parsed, path.relative()));
            sheet.into_file(path.clone(), language, hash, Stamp::default(), &mut self.names)
        });
        (Some(parsed), file)
    }

    /// The file with what an edit has changed, if that can be told.
    fn patched(&mut self, before: &Parsed, after: &Parsed, path: &WorkspacePath, hash: u64) -> Option<File> {
        let known = self.file(path)?.clone();
        if known.tier != Tier::Parsed || known.hash != xxhash_rust::xxh3::xxh3_64(before.text().as_bytes()) {
            return None;
        }
        let change = change::between(before, after, path.relative())?;
        let file = patch::patched(&known, &change, [before.text(), after.text()], hash, &mut self.names)?;
        if crate::report::is_strict() {
            let sheet = Sheet::parsed(after.text(), syntax::tags(after, path.relative()));
            let whole = sheet.into_file(path.clone(), file.language.clone(), hash, Stamp::default(), &mut self.names);
            if let Some(difference) = file.difference(&whole) {
                crate::bug!("{path}: the facts after an edit are not those of the text: {difference}");
            }
        }
        Some(file)
    }

    /// Forgets a document; its file on disk has to be looked at.
    pub fn close(&mut self, uri: &str) -> Option<WorkspacePath> {
        self.open.remove(uri)?.path
    }

    /// Takes over what the cache had.
    pub fn take_stock(&mut self, mut stock: Stock) {
        stock.join(&mut self.names);
        self.stock = Some(Arc::new(stock));
    }

    /// Takes over a listing: files that are gone are dropped, known ones kept, cached ones taken from the cache. Returns the rest.
    pub fn take_listing(&mut self, listing: Listing, threads: usize, counts: &mut CacheCounts) -> Vec<Todo> {
        self.skipped = listing.skipped;
        self.drop_unlisted(&listing.files);
        let stock = self.stock.clone();
        let (mut todo, mut kept, mut on_disk) = (vec![], vec![], 0);
        for entry in &listing.files {
            let record = stock.as_ref().and_then(|stock| stock.record(&entry.path));
            on_disk += usize::from(record.is_some());
            if self.is_settled(entry) {
                continue;
            }
            match record.filter(|record| record.stamp == entry.stamp) {
                Some(record) => kept.push((entry.clone(), record)),
                None => todo.push(Todo { entry: entry.clone(), known: self.known(&entry.path) }),
            }
        }
        let Some(stock) = stock else { return todo };
        self.merge_due |= on_disk < stock.paths() && stock.has_purged(&listing.files);
        for (entry, known) in warm::read(&self.registry, &stock, kept, threads) {
            counts.hits += u64::from(known.is_some());
            match known {
                Some(Known::File(file)) => drop(self.set(&entry.path, Some(file))),
                Some(Known::Refused(reason)) => drop(self.refused.insert(entry.path, (entry.stamp, reason))),
                None => todo.push(Todo { known: self.known(&entry.path), entry }),
            }
        }
        todo
    }

    fn drop_unlisted(&mut self, files: &[Entry]) {
        if self.numbers.is_empty() && self.refused.is_empty() {
            return;
        }
        let listed: HashSet<&WorkspacePath> = files.iter().map(|entry| &entry.path).collect();
        let mut gone: Vec<WorkspacePath> = self.numbers.keys().filter(|path| !listed.contains(path)).cloned().collect();
        gone.retain(|path| !self.is_open(path) || self.is_private(path));
        // What is there and takes no part any more may not stay on disk either: a rule was added, perhaps for secrets.
        self.merge_due |= gone.iter().any(|path| path.absolute().exists());
        self.refused.retain(|path, _| listed.contains(path));
        self.unparsable.retain(|path| listed.contains(path));
        gone.iter().for_each(|path| {
            self.set(path, None);
        });
    }

    /// Whether all is known of a file that looks like this, or its text is an editor's.
    fn is_settled(&self, entry: &Entry) -> bool {
        let same = self.file(&entry.path).is_some_and(|file| file.stamp == entry.stamp && self.is_done(file));
        let refused = || self.refused.get(&entry.path).is_some_and(|(stamp, _)| *stamp == entry.stamp);
        same || refused() || self.is_open(&entry.path)
    }

    /// Whether all is known of a file that can be.
    fn is_done(&self, file: &File) -> bool {
        file.tier == Tier::Parsed || file.language.is_none() || self.unparsable.contains(&file.path)
    }

    fn known(&self, path: &WorkspacePath) -> Option<Arc<File>> {
        self.file(path).filter(|file| self.is_done(file)).cloned()
    }

    /// Takes over a scan. Returns the file's number when its facts are worth keeping.
    pub fn take_scanned(&mut self, entry: &Entry, tier: Tier, outcome: Outcome) -> Option<u32> {
        if self.is_open(&entry.path) {
            return None;
        }
        let scanned = match outcome {
            Outcome::Facts(scanned) => scanned,
            Outcome::Same(hash, stamp) => return self.confirm(&entry.path, hash, stamp),
            Outcome::Gone => {
                self.refused.remove(&entry.path);
                self.set(&entry.path, None);
                return None;
            }
            Outcome::Skipped(reason) => {
                self.set(&entry.path, None);
                self.refused.insert(entry.path.clone(), (entry.stamp, reason));
                if reason.is_by_content() && scan::settled(entry.stamp).modified != 0 {
                    self.new_refusals.push((entry.path.clone(), entry.stamp, reason));
                }
                return None;
            }
        };
        self.refused.remove(&entry.path);
        if scanned.unparsable {
            self.unparsable.insert(entry.path.clone());
        } else {
            self.unparsable.remove(&entry.path);
        }
        let trusted = scanned.stamp.modified != 0 && tier == Tier::Parsed;
        let file = scanned.sheet.into_file(entry.path.clone(), scanned.language, scanned.hash, scanned.stamp, &mut self.names);
        let number = self.set(&entry.path, Some(Arc::new(file)));
        number.filter(|_| trusted && !scanned.kept)
    }

    /// A file has still the content that is known. Its stamp is kept once it can be trusted, so that it need not be read again.
    fn confirm(&mut self, path: &WorkspacePath, hash: u64, stamp: Stamp) -> Option<u32> {
        let file = self.file(path).filter(|file| file.hash == hash && file.stamp != stamp && stamp.modified != 0)?;
        let file = Arc::new(File { stamp, ..(**file).clone() });
        self.set(path, Some(file))
    }

    /// Those of some files that a parser has more to say about; first what open documents import.
    pub fn parseable(&self, todo: &[Todo]) -> Vec<Todo> {
        let language = |todo: &Todo| self.file(&todo.entry.path).and_then(|file| file.language.clone());
        let parses = |todo: &&Todo| language(todo).is_some_and(|language| language.parses());
        let mut todo: Vec<Todo> = todo.iter().filter(parses).cloned().collect();
        let near = self.imported_stems();
        todo.sort_by_cached_key(|todo| !near.contains(&resolve::stem(language(todo).as_deref(), todo.entry.path.relative())));
        todo
    }

    /// How modules that open documents import are called, and what they take from these: either may be a file's name.
    fn imported_stems(&self) -> HashSet<String> {
        let mut stems = HashSet::new();
        let files = self.open.values().filter_map(|open| self.file(open.path.as_ref()?));
        for file in files {
            let taken = file.import_names.iter().map(|(there, _)| *there);
            let modules = file.imports.iter().map(|import| import.module).chain(taken);
            stems.extend(modules.map(|module| resolve::module_stem(file.language.as_deref(), self.names.get(module))));
        }
        stems
    }

    /// Whether changed paths mean that everything has to be listed: folders, or files with rules.
    pub fn needs_listing(&self, paths: &[PathBuf]) -> bool {
        paths.iter().any(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            is_rule_file(name) || path.is_dir() || !path.exists() && self.is_folder(path)
        })
    }

    fn is_folder(&self, path: &Path) -> bool {
        let Some(place) = self.roots.locate(path) else { return true };
        let inside = |known: &WorkspacePath| {
            known.root() == place.root() && known.relative().strip_prefix(place.relative()).is_some_and(|rest| rest.starts_with('/'))
        };
        !self.numbers.contains_key(&place) && self.numbers.keys().any(inside)
    }

    /// Looks at one file on disk; None when it is nothing to the index.
    pub fn look(&mut self, path: &Path) -> Option<(Entry, Outcome)> {
        let place = self.roots.locate(path)?;
        let is_known = self.numbers.contains_key(&place) || self.refused.contains_key(&place);
        let stamp = match fs::stamp(&place) {
            Ok(stamp) => stamp,
            Err(error) => {
                let entry = Entry { path: place, stamp: Stamp::default() };
                let outcome = if error == ReadError::Missing { Outcome::Gone } else { Outcome::Skipped(Skip::NotAFile) };
                return is_known.then_some((entry, outcome));
            }
        };
        if self.file(&place).is_some_and(|file| file.stamp == stamp) {
            return None;
        }
        let reason = self.reason(&place);
        let todo = Todo { known: self.known(&place), entry: Entry { path: place, stamp } };
        if let Some(reason) = reason {
            return is_known.then_some((todo.entry, Outcome::Skipped(reason)));
        }
        let scanned = scan::guarded(&self.registry, &mut fs::Reader::default(), &todo, Tier::Parsed, None);
        Some((todo.entry, scanned))
    }

    /// Takes over an open document whose parse or whose tree has failed: its lines have to do, without what its version before has left.
    pub fn take_plainly(&mut self, document: &Document) {
        self.open.remove(&document.uri);
        let Some(path) = document.path.clone() else { return };
        if self.is_private(&path) {
            return;
        }
        let text = shared_with_line_feeds(document.text.to_arc());
        let language = self.registry.of_document(&document.language, Some(path.relative()), &text).cloned();
        let sheet = scan::facts(language.as_ref(), path.relative(), &text, Tier::Lexical).0;
        let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
        let file = sheet.into_file(path.clone(), language, hash, Stamp::default(), &mut self.names);
        self.open.insert(document.uri.clone(), Open { path: Some(path.clone()), parsed: None });
        self.set(&path, Some(Arc::new(file)));
    }

    /// Files by number that are as they are on disk.
    pub fn files_of(&self, numbers: &[u32]) -> Vec<Arc<File>> {
        let known = numbers.iter().filter_map(|number| self.files.get(*number as usize)?.clone());
        known.filter(|file| file.stamp.modified != 0).collect()
    }

    /// Files that take no part, and are not on disk yet; with `all`, those that are as well.
    pub fn refusals(&mut self, all: bool) -> Vec<cache::Refusal> {
        let new = std::mem::take(&mut self.new_refusals);
        if !all {
            return new;
        }
        let settled = self.refused.iter().filter(|(_, (stamp, reason))| reason.is_by_content() && scan::settled(*stamp).modified != 0);
        settled.map(|(path, (stamp, reason))| (path.clone(), *stamp, *reason)).collect()
    }

    /// All files that are as they are on disk.
    pub fn kept_files(&self) -> Vec<Arc<File>> {
        self.files.iter().flatten().filter(|file| file.stamp.modified != 0).cloned().collect()
    }
}
