//! All files of the index with their numbers, and the open documents among them. Owned by the index's thread.

mod listing;
mod open;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use open::{Open, ReusableMemory};

use crate::syntax::tags::NumberMap;
use crate::syntax::{Registry, Trees};

use crate::workspace::rules::Skip;
use crate::workspace::{Root, Roots, Rules, WorkspacePath};

use super::cache::{self, CachedIndex};
use super::file::File;
use super::handle::Stage;
use super::names::Names;
use super::scan;
use super::view::{Base, Fresh, Refused, View};

/// All files and open documents of the index.
pub struct Library {
    pub registry: Arc<Registry>,
    pub roots: Arc<Roots>,
    /// The trees of open documents, shared with requests.
    pub trees: Arc<Trees>,
    /// What the cache had when the current listing began, by path and stamp.
    pub stock: Option<Arc<CachedIndex>>,
    /// The same for the workers, which look files up by content.
    pub content: Option<Arc<CachedIndex>>,
    /// The segments on disk are many or stale.
    pub merge_due: bool,
    /// The segments on disk contain files that must not be kept.
    pub purge_due: bool,
    names: Names,
    files: Vec<Option<Arc<File>>>,
    numbers: HashMap<WorkspacePath, u32>,
    /// Files changed since the tables were built, for the next view.
    fresh: NumberMap<u32, Option<Arc<File>>>,
    base: Arc<Base>,
    generation: u64,
    open: HashMap<String, Open>,
    /// Memory for the next version of a document.
    spare: ReusableMemory,
    skipped: BTreeMap<Skip, u64>,
    /// Some files are known by only one of their names.
    has_links: bool,
    /// Files known not to take part, so that they are not read again and again.
    refused: Arc<Refused>,
    /// Those of them that are not in the cache yet.
    new_refusals: Vec<cache::RefusedFile>,
    /// Files that the parser gave up on.
    unparsable: HashSet<WorkspacePath>,
    /// Files of `local_only` projects, which are only here because they are or were open.
    local_only: HashSet<WorkspacePath>,
    rules: HashMap<Arc<Root>, Rules>,
}

/// With more changed files than this the tables are rebuilt.
const MAX_FRESH: usize = 256;

impl Library {
    /// An empty library.
    pub fn new(registry: Arc<Registry>, roots: Arc<Roots>) -> Self {
        Self {
            registry,
            roots,
            trees: Arc::default(),
            stock: None,
            content: None,
            merge_due: false,
            purge_due: false,
            names: Names::default(),
            files: vec![],
            numbers: HashMap::new(),
            fresh: NumberMap::default(),
            base: Arc::default(),
            generation: 0,
            open: HashMap::new(),
            spare: ReusableMemory::default(),
            skipped: BTreeMap::new(),
            has_links: false,
            refused: Arc::default(),
            new_refusals: vec![],
            unparsable: HashSet::new(),
            local_only: HashSet::new(),
            rules: HashMap::new(),
        }
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.iter().flatten().count()
    }

    /// Whether something has changed since the tables were last built.
    pub fn is_stale(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// All names of the workspace.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Takes over other roots; true if one of them is new. Files in roots that stay open are kept.
    pub fn set_roots(&mut self, roots: Arc<Roots>) -> bool {
        let grown = roots.iter().any(|root| !self.roots.contains(root));
        self.roots = roots;
        self.rules.retain(|root, _| self.roots.contains(root));
        let gone: Vec<WorkspacePath> = self.numbers.keys().filter(|path| !self.roots.contains(path.root())).cloned().collect();
        gone.iter().for_each(|path| {
            self.set(path, None);
        });
        // A single root has no name in paths; several have.
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

    /// A view of everything. With `rebuild`, or after many changes, its tables are rebuilt.
    pub fn view(&mut self, stage: Stage, rebuild: bool) -> View {
        if rebuild && self.is_stale() || self.fresh.len() > MAX_FRESH {
            self.names.settle();
            self.base = Arc::new(Base::new(self.files.clone(), self.names.len()));
            self.fresh.clear();
        }
        self.generation += 1;
        let mut skipped = self.skipped.clone();
        if !self.unparsable.is_empty() {
            skipped.insert(Skip::Unparsable, self.unparsable.len() as u64);
        }
        View {
            names: self.names.clone(),
            base: self.base.clone(),
            fresh: Arc::new(Fresh::new(self.fresh.clone())),
            fresh_definitions: OnceLock::new(),
            fresh_stems: OnceLock::new(),
            generation: self.generation,
            stage,
            skipped: Arc::new(skipped),
            refused: self.refused.clone(),
            has_local_only: !self.local_only.is_empty(),
        }
    }

    fn set(&mut self, path: &WorkspacePath, file: Option<Arc<File>>) -> Option<u32> {
        if file.is_none() && !self.local_only.is_empty() {
            self.local_only.remove(path);
        }
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
            // A file that comes back gets a new number, so that it is not mistaken for the old one.
            self.numbers.remove(path);
        }
        self.files[number as usize].clone_from(&file);
        match file {
            Some(file) if self.before(number).is_some_and(|before| Arc::ptr_eq(before, &file)) => drop(self.fresh.remove(&number)),
            file => drop(self.fresh.insert(number, file)),
        }
        Some(number)
    }

    /// A file as the tables have it; it may have changed since.
    fn before(&self, number: u32) -> Option<&Arc<File>> {
        self.base.files.get(number as usize)?.as_ref()
    }

    fn file(&self, path: &WorkspacePath) -> Option<&Arc<File>> {
        self.files.get(*self.numbers.get(path)? as usize)?.as_ref()
    }

    /// Those of the files with these numbers whose text is the one on disk.
    pub fn files_of(&self, numbers: &[u32]) -> Vec<Arc<File>> {
        let known = numbers.iter().filter_map(|number| self.files.get(*number as usize)?.clone());
        known.filter(|file| file.stamp.modified != 0).collect()
    }

    /// Files that do not take part and are not in the cache yet; with `all`, the others as well.
    pub fn refusals(&mut self, all: bool) -> Vec<cache::RefusedFile> {
        let new = std::mem::take(&mut self.new_refusals);
        if !all {
            return new;
        }
        let settled = self.refused.iter().filter(|(_, (stamp, reason))| reason.is_by_content() && scan::settled(*stamp).modified != 0);
        settled.map(|(path, (stamp, reason))| (path.clone(), *stamp, *reason)).collect()
    }

    /// All files whose text is the one on disk.
    pub fn kept_files(&self) -> Vec<Arc<File>> {
        self.files.iter().flatten().filter(|file| file.stamp.modified != 0).cloned().collect()
    }
}
