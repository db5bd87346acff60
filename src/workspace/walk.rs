//! Lists the files of the workspace, on several threads, by [`super::Rules`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use ignore::gitignore::Gitignore;
use ignore::{DirEntry, WalkState};

use super::broad;
use super::fs::Stamp;
use super::misread;
use super::rules::{self, Narrowing, Skip};
use super::{Root, Roots, Rules, WorkspacePath, secret};

/// Maximum files of a workspace that are listed.
const MAX_FILES: usize = 200_000;

/// A file that takes part.
#[derive(Clone, Debug)]
pub struct Entry {
    pub path: WorkspacePath,
    pub stamp: Stamp,
}

/// The result of a walk. Files are sorted by path.
#[derive(Debug, Default)]
pub struct Listing {
    pub files: Vec<Entry>,
    /// Folders to watch: all that were walked or may be one day, and git's folders with `info/exclude`.
    pub folders: Vec<PathBuf>,
    pub skipped: BTreeMap<Skip, u64>,
    /// Some files are not listed, because the same file is listed under another name.
    pub has_links: bool,
}

enum Listed {
    File(Entry, Option<(u64, u64)>),
    Folder(PathBuf),
    Skipped(Skip),
}

/// Lists all roots on `threads` threads. A root inside another is listed once, as part of the inner one.
pub fn walk(roots: &Roots, threads: usize) -> Listing {
    let mut listing = Listing::default();
    let mut files = vec![];
    for root in roots.iter() {
        let inner: Vec<PathBuf> = roots.iter().filter(|other| *other != root).map(|other| other.path().to_path_buf()).collect();
        for found in walk_root(root, inner, threads) {
            match found {
                Listed::File(entry, link) => files.push((entry, link)),
                Listed::Folder(folder) => listing.folders.push(folder),
                Listed::Skipped(reason) => *listing.skipped.entry(reason).or_default() += 1,
            }
        }
    }
    files.sort_unstable_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    // Hard links to one file count once.
    let mut linked = HashSet::new();
    let all = files.len();
    listing.files = files.into_iter().filter(|(_, link)| link.is_none_or(|file| linked.insert(file))).map(|(entry, _)| entry).collect();
    listing.has_links = listing.files.len() < all;
    if listing.files.len() > MAX_FILES {
        *listing.skipped.entry(Skip::TooMany).or_default() += (listing.files.len() - MAX_FILES) as u64;
        listing.files.truncate(MAX_FILES);
    }
    listing
}

fn walk_root(root: &Arc<Root>, inner: Vec<PathBuf>, threads: usize) -> Vec<Listed> {
    if !rules::are_readable(root.path(), root.path(), true) {
        return vec![Listed::Folder(root.path().into()), Listed::Skipped(Skip::Unruled)];
    }
    let met = Log::default();
    let gate = Gate::new(root, inner, met.clone());
    let mut walk = rules::builder(root.path());
    walk.threads(threads);
    let (sender, receiver) = mpsc::channel();
    let above = rules::above(root.path()).map(Into::into);
    let _ = sender.send(rules::exclude_folder(root.path()).into_iter().chain(above).map(Listed::Folder).collect());
    let told = sender.clone();
    walk.filter_entry(move |entry| {
        let let_in = gate.lets_in(entry);
        let found = match let_in {
            // Its rules may soon change, so it is watched.
            Err(Some(reason @ (Skip::Unruled | Skip::LocalOnly | Skip::OtherTree))) => {
                vec![Listed::Folder(entry.path().into()), Listed::Skipped(reason)]
            }
            Err(reason) => reason.map(Listed::Skipped).into_iter().collect(),
            Ok(true) => rules::exclude_folder(entry.path()).map(Listed::Folder).into_iter().collect(),
            Ok(false) => vec![],
        };
        if !found.is_empty() {
            let _ = told.send(found);
        }
        let_in.is_ok()
    });
    walk.build_parallel().run(|| {
        let root = root.clone();
        let mut basket = ThreadFindings { found: vec![], sender: sender.clone(), within: Within { met: met.clone(), ..Within::default() } };
        Box::new(move |entry| {
            let found = match entry {
                Ok(entry) => look(&root, &mut basket.within, &entry),
                Err(_) => Some(Listed::Skipped(Skip::Unreadable)),
            };
            basket.found.extend(found);
            WalkState::Continue
        })
    });
    // The walk's filter holds a sender too; the channel closes only when both are gone.
    drop((sender, walk));
    receiver.into_iter().flatten().collect()
}

/// What a walk has found below its root that decides about the rest. A folder passes the gate, which records it, before anything in it is
/// examined.
#[derive(Default)]
struct RulesFound {
    /// The nested projects, by folder.
    nested: HashMap<PathBuf, Arc<Narrowing>>,
    /// The rules that the crate misreads, by folder, and those above the root. There are hardly ever any.
    odd: Vec<(PathBuf, Gitignore)>,
}

/// The same findings, shared by all threads of the walk.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<RulesFound>>);

impl Log {
    fn with<T>(&self, act: impl FnOnce(&mut RulesFound) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RulesFound {
    /// Whether misread rules of the repository that contains an entry leave it out; the folders above it were checked before.
    fn leaves_out(&self, root: &Path, entry: &Path, is_folder: bool) -> bool {
        let begins = |folder: &&Path| self.nested.get(*folder).is_some_and(|project| project.is_repository);
        let repository = entry.ancestors().skip(1).take_while(|folder| *folder != root).find(begins);
        let holds = |folder: &Path| entry.starts_with(folder) && repository.is_none_or(|repository| folder.starts_with(repository));
        self.odd.iter().any(|(folder, rules)| holds(folder) && rules.matched(entry, is_folder).is_ignore())
    }
}

/// Decides which entries a walk visits.
struct Gate {
    root: Arc<Root>,
    project: Arc<Narrowing>,
    /// Other roots below this one, which are walked separately.
    inner: Vec<PathBuf>,
    ignore_case: bool,
    met: Log,
    /// Some rules are misread by the crate: if none are, there is nothing more to check.
    any_odd: AtomicBool,
}

impl Gate {
    fn new(root: &Arc<Root>, inner: Vec<PathBuf>, met: Log) -> Self {
        let (project, ignore_case) = (Rules::new(root).project(), misread::ignores_case(root.path()));
        let gate = Self { root: root.clone(), project, inner, ignore_case, met, any_odd: AtomicBool::default() };
        [root.path()].into_iter().chain(rules::above(root.path())).for_each(|folder| gate.note_odd(folder));
        gate
    }

    /// Whether an entry is a project of its own. An error says why it is skipped, if that is worth reporting.
    fn lets_in(&self, entry: &DirEntry) -> Result<bool, Option<Skip>> {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let is_below = is_folder && entry.depth() > 0;
        let foreign = is_below && entry.file_name().to_str().is_some_and(rules::is_foreign_folder);
        if foreign || self.project.leaves_out(entry.path(), is_folder) || self.inner.iter().any(|root| root == entry.path()) {
            return Err(None);
        }
        if entry.depth() > 0 && self.is_left_out_by_misread(entry.path(), is_folder) {
            return Err((!is_folder).then_some(Skip::Ignored));
        }
        if !is_below {
            return Ok(false);
        }
        if broad::is_own(entry.path()) {
            return Err(Some(Skip::Own));
        }
        let nested = rules::nested_at(entry.path());
        if nested.as_ref().is_some_and(|nested| nested.is_other_tree(&self.root)) {
            return Err(Some(Skip::OtherTree));
        }
        if nested.as_ref().is_some_and(|nested| nested.local_only) {
            return Err(Some(Skip::LocalOnly));
        }
        // Checked before the walk itself opens the folder's rules.
        if !rules::are_readable(self.root.path(), entry.path(), nested.is_some()) {
            return Err(Some(Skip::Unruled));
        }
        self.note_odd(entry.path());
        let Some(nested) = nested else { return Ok(false) };
        self.met.with(|met| met.nested.insert(entry.path().into(), nested));
        Ok(true)
    }

    /// Records the rules of a folder that the crate misreads.
    fn note_odd(&self, folder: &Path) {
        if let Some(rules) = misread::right_in(folder, self.ignore_case) {
            self.met.with(|met| met.odd.push((folder.into(), rules)));
            self.any_odd.store(true, Ordering::Release);
        }
    }

    fn is_left_out_by_misread(&self, entry: &Path, is_folder: bool) -> bool {
        self.any_odd.load(Ordering::Acquire) && self.met.with(|met| met.leaves_out(self.root.path(), entry, is_folder))
    }
}

/// What one thread of a walk has found; handed over when the thread ends.
struct ThreadFindings {
    found: Vec<Listed>,
    sender: mpsc::Sender<Vec<Listed>>,
    within: Within,
}

/// Remembers the nested projects of the last folder asked about: the files of one folder mostly come in a row.
#[derive(Default)]
struct Within {
    folder: PathBuf,
    projects: Vec<Arc<Narrowing>>,
    met: Log,
}

impl Within {
    fn leave_out(&mut self, root: &Arc<Root>, relative: &str) -> bool {
        let file = root.path().join(relative);
        let folder = file.parent().unwrap_or(&file);
        if folder != self.folder {
            let below = folder.ancestors().take_while(|above| *above != root.path());
            self.projects = self.met.with(|met| match met.nested.is_empty() {
                true => vec![],
                false => below.filter_map(|folder| met.nested.get(folder).cloned()).collect(),
            });
            self.folder = folder.into();
        }
        self.projects.iter().any(|project| project.leaves_out_file(&file))
    }
}

impl Drop for ThreadFindings {
    fn drop(&mut self) {
        // The receiver outlives the walk, so this cannot fail.
        let _ = self.sender.send(std::mem::take(&mut self.found));
    }
}

fn look(root: &Arc<Root>, within: &mut Within, entry: &DirEntry) -> Option<Listed> {
    let kind = entry.file_type()?;
    if kind.is_dir() {
        let is_too_deep = entry.depth() >= rules::MAX_DEPTH;
        return Some(if is_too_deep { Listed::Skipped(Skip::TooDeep) } else { Listed::Folder(entry.path().into()) });
    }
    if !kind.is_file() {
        return Some(Listed::Skipped(Skip::NotAFile));
    }
    let relative = entry.path().strip_prefix(root.path()).ok()?;
    // A name that is not Unicode cannot be sent to an editor.
    let Some(relative) = relative.to_str() else { return Some(Listed::Skipped(Skip::Unreadable)) };
    let relative = if std::path::MAIN_SEPARATOR == '/' { relative.to_string() } else { relative.replace(std::path::MAIN_SEPARATOR, "/") };
    if secret::is_secret_name(&relative) {
        return Some(Listed::Skipped(Skip::Secret));
    }
    if let Some(reason) = rules::by_name(&relative) {
        return Some(Listed::Skipped(reason));
    }
    if within.leave_out(root, &relative) {
        return Some(Listed::Skipped(Skip::Ignored));
    }
    let Ok(metadata) = entry.metadata() else { return Some(Listed::Skipped(Skip::Unreadable)) };
    let entry = Entry { path: WorkspacePath::new(root, &relative), stamp: Stamp::of(&metadata) };
    Some(Listed::File(entry, linked(&metadata)))
}

/// Whether a file has several hard links.
pub fn is_linked(file: &Path) -> bool {
    file.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && linked(&metadata).is_some())
}

/// Device and inode of a file with several hard links; none for others.
#[cfg(unix)]
fn linked(metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn linked(_metadata: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}
