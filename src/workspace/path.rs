//! Roots, and the only door from string to path. A [`WorkspacePath`] names a place inside a root, with all symbolic links resolved. Having
//! one means that the place may be read, and only this file makes them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::uri;

/// The longest path accepted, in bytes.
const MAX_PATH: usize = 4096;

/// A folder that the user opened. Two are equal if their paths are, whatever their names.
#[derive(Debug)]
pub struct Root {
    /// Canonical, absolute.
    path: PathBuf,
    /// The path as the user opened it, maybe through a link; the editor's URIs start with it.
    opened_as: PathBuf,
    /// The prefix of relative paths when several roots are open; empty for a single one.
    name: String,
}

impl Root {
    /// The canonical, absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The prefix of relative paths when several roots are open; empty for a single one.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Root {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Root {}

impl PartialOrd for Root {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Root {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.path.cmp(&other.path)
    }
}

impl std::hash::Hash for Root {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}

/// A place inside a root. Relative, with `/`, without `.`, `..` or links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspacePath {
    root: Arc<Root>,
    relative: Arc<str>,
}

/// By root, then by path. Roots are compared by pointer first, since most places are in one root.
impl Ord for WorkspacePath {
    fn cmp(&self, other: &Self) -> Ordering {
        let roots = if Arc::ptr_eq(&self.root, &other.root) { Ordering::Equal } else { self.root.cmp(&other.root) };
        roots.then_with(|| self.relative.cmp(&other.relative))
    }
}

impl PartialOrd for WorkspacePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for WorkspacePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.relative.hash(state);
    }
}

impl WorkspacePath {
    /// A place below a root, from a relative path that is already checked: links resolved, no `.` or `..`.
    pub(super) fn new(root: &Arc<Root>, relative: &str) -> Self {
        Self { root: root.clone(), relative: relative.into() }
    }

    /// The root that the place is in.
    pub fn root(&self) -> &Arc<Root> {
        &self.root
    }

    /// The path below the root, with `/`.
    pub fn relative(&self) -> &str {
        &self.relative
    }

    /// The last component: the name of the file or folder.
    pub fn name(&self) -> &str {
        self.relative.rsplit('/').next().unwrap_or_default()
    }

    /// The folder it is in, relative, without a trailing `/`; empty at the root.
    pub fn folder(&self) -> &str {
        folder_of(&self.relative)
    }

    /// The extension without its dot; empty if there is none.
    pub fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The path for the operating system. To read the file, use [`super::fs`] or [`super::Snapshot`].
    pub fn absolute(&self) -> PathBuf {
        self.below(&self.root.path)
    }

    /// The URI for the editor, under the folder as it was opened: with the canonical path the editor would take it for another file.
    pub fn uri(&self) -> String {
        uri::from_path(&self.below(&self.root.opened_as))
    }

    fn below(&self, folder: &Path) -> PathBuf {
        let mut path = folder.to_path_buf();
        path.extend(self.relative.split('/').filter(|part| !part.is_empty()));
        path
    }
}

/// As users and models see it: relative, with the root's name in front if several are open.
impl fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root.name.as_str() {
            "" => f.write_str(&self.relative),
            name => write!(f, "{name}/{}", self.relative),
        }
    }
}

/// Why a string is not a path in the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    Empty,
    TooLong,
    Absolute,
    /// It contains `..`, wherever that leads.
    Upward,
    /// It contains a control character. Or it does not exist yet, and it has a drive, a stream, a backslash, a reserved name, or a
    /// component that ends with a dot or a space.
    Unportable,
    /// It is a link, or goes through one, that leads out of the workspace.
    Outside,
    /// A folder on the way is a file, or cannot be looked at.
    Unreachable,
    NoRoot,
    /// It exists in more than one open folder: the folder's name has to precede it.
    Several,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the path is empty; give one relative to the workspace",
            Self::TooLong => "the path is longer than 4096 bytes",
            Self::Absolute => "the path is absolute; give one relative to the workspace",
            Self::Upward => "the path contains `..`; give one relative to the workspace",
            Self::Unportable => "the path contains a drive, stream, backslash, control character or reserved name",
            Self::Outside => "the path leads out of the workspace",
            Self::Unreachable => "the path leads through something that is not a folder",
            Self::NoRoot => "no workspace folder is open",
            Self::Several => "several of the open folders have this; write the folder's name in front",
        })
    }
}

impl std::error::Error for PathError {}

/// The open roots. Immutable: opening a folder makes new `Roots`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    roots: Vec<Arc<Root>>,
}

impl Roots {
    /// Keeps folders that do not exist under the given names, since they may come back. Drops duplicates, keeps the order.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut paths: Vec<PathBuf> = vec![];
        let mut opened_as: Vec<PathBuf> = vec![];
        for folder in folders {
            let path = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            if path.is_absolute() && !paths.contains(&path) {
                let is_plain = folder.is_absolute() && folder.components().all(|part| part != Component::ParentDir);
                opened_as.push(if is_plain { folder } else { path.clone() });
                paths.push(path);
            }
        }
        let several = paths.len() > 1;
        let mut names: Vec<String> = vec![];
        for path in &paths {
            let base = path.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
            let mut name = base.clone();
            let mut number = 2;
            while names.contains(&name) {
                name = format!("{base}-{number}");
                number += 1;
            }
            names.push(name);
        }
        let all = paths.into_iter().zip(opened_as).zip(names);
        let root = |((path, opened_as), name)| Arc::new(Root { path, opened_as, name: if several { name } else { String::new() } });
        Self { roots: all.map(root).collect() }
    }

    /// All open roots, in the order in which they were opened.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Root>> {
        self.roots.iter()
    }

    /// Whether no folder is open.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Whether a root is among the open ones.
    pub fn contains(&self, root: &Root) -> bool {
        self.roots.iter().any(|open| **open == *root)
    }

    /// This path under the name that its root has among these roots; none if the root is not open.
    pub fn rename(&self, path: &WorkspacePath) -> Option<WorkspacePath> {
        let root = self.roots.iter().find(|root| *root == path.root())?;
        Some(WorkspacePath { root: root.clone(), relative: path.relative.clone() })
    }

    /// Turns a string from a model, a tool or a user into a place in the workspace. Its last components need not exist.
    pub fn resolve(&self, text: &str) -> Result<WorkspacePath, PathError> {
        self.resolve_from(None, text)
    }

    /// [`Self::resolve`] for a caller working in the folder `home`: a path that exists nowhere yet belongs there.
    pub fn resolve_from(&self, home: Option<&Arc<Root>>, text: &str) -> Result<WorkspacePath, PathError> {
        let parts = parts(text)?;
        let Some(first) = self.roots.first() else { return Err(PathError::NoRoot) };
        if self.roots.len() == 1 {
            return self.settle(first, &parts);
        }
        if let Some(named) = self.roots.iter().find(|root| parts.len() > 1 && root.name == parts[0]) {
            return self.settle(named, &parts[1..]);
        }
        let home = home.and_then(|home| self.roots.iter().find(|root| *root == home)).unwrap_or(first);
        match self.places(text).as_slice() {
            [] => self.settle(self.roots.iter().find(|root| exists(root, &parts)).unwrap_or(home), &parts),
            [one] => Ok(one.clone()),
            _ => Err(PathError::Several),
        }
    }

    /// All files and folders that a path without a folder's name may mean, in every root; nothing outside the workspace.
    pub fn places(&self, text: &str) -> Vec<WorkspacePath> {
        let parts = parts(text).unwrap_or_default();
        let having = self.roots.iter().filter(|root| exists(root, &parts));
        let mut places: Vec<WorkspacePath> = having.filter_map(|root| self.settle(root, &parts).ok()).collect();
        places.sort();
        // If roots nest, two of them may name the same file.
        places.dedup();
        places
    }

    /// Resolves the links in the part that exists, and checks that the result stays inside.
    fn settle(&self, root: &Arc<Root>, parts: &[&str]) -> Result<WorkspacePath, PathError> {
        let mut path = root.path.clone();
        path.extend(parts);
        let real = canonical(&path)?;
        if cfg!(windows) || !real.exists() {
            portable(parts)?;
        }
        let place = relative_to(root, &real).ok_or(PathError::Outside)?;
        // A place has only one name, even if roots nest.
        Ok(self.innermost(&real).unwrap_or(place))
    }

    fn innermost(&self, real: &Path) -> Option<WorkspacePath> {
        let inside = self.roots.iter().filter(|root| real.starts_with(&root.path));
        relative_to(inside.max_by_key(|root| root.path.as_os_str().len())?, real)
    }

    /// The place of an absolute path, links resolved; none outside all roots, in the innermost root if roots nest.
    pub fn locate(&self, path: &Path) -> Option<WorkspacePath> {
        if path.as_os_str().len() > MAX_PATH || path.components().any(|part| part == Component::ParentDir) {
            return None;
        }
        self.innermost(&canonical(path).ok()?)
    }

    /// What a URI calls its file below the root that it was opened in, with links as they are; the whole path outside all roots.
    pub fn name_of(&self, uri: &str) -> String {
        let file = uri::to_path(uri).unwrap_or_default();
        let folders = self.roots.iter().flat_map(|root| [&root.opened_as, &root.path]);
        let below = folders.filter_map(|folder| file.strip_prefix(folder).ok()).min_by_key(|below| below.as_os_str().len());
        below.map_or_else(|| uri::named(uri), |below| below.to_string_lossy().replace('\\', "/"))
    }

    /// The place of a `file:` URI; none outside all roots.
    pub fn locate_uri(&self, uri: &str) -> Option<WorkspacePath> {
        self.locate(&uri::to_path(uri)?)
    }
}

fn exists(root: &Root, parts: &[&str]) -> bool {
    !parts.is_empty() && root.path.join(parts.join("/")).exists()
}

/// Names that Windows reserves for devices, with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// The components of a relative path.
fn parts(text: &str) -> Result<Vec<&str>, PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if text.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    if text.starts_with('/') || text == "~" || text.starts_with("~/") {
        return Err(PathError::Absolute);
    }
    if text.chars().any(char::is_control) {
        return Err(PathError::Unportable);
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    match parts.as_slice() {
        [] => Err(PathError::Empty),
        parts if parts.contains(&"..") => Err(PathError::Upward),
        _ => Ok(parts),
    }
}

/// Whether a path that does not exist yet would mean the same on every system. An existing one already has its name.
fn portable(parts: &[&str]) -> Result<(), PathError> {
    // Somebody's home folder.
    if parts.len() > 1 && parts[0].starts_with('~') {
        return Err(PathError::Absolute);
    }
    let is_odd = |part: &&str| {
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let numbered =
            (stem.starts_with("com") || stem.starts_with("lpt")) && stem.len() == 4 && stem.ends_with(|c: char| c.is_ascii_digit());
        part.contains(['\\', ':']) || part.ends_with(['.', ' ']) || DEVICES.contains(&stem.as_str()) || numbered
    };
    if parts.iter().any(is_odd) { Err(PathError::Unportable) } else { Ok(()) }
}

/// The canonical form of a path whose last components may not exist. A dangling link is an error: it leads somewhere.
fn canonical(path: &Path) -> Result<PathBuf, PathError> {
    let mut missing = vec![];
    let mut existing = path;
    loop {
        match existing.canonicalize() {
            Ok(mut real) => {
                if !missing.is_empty() && !real.is_dir() {
                    return Err(PathError::Unreachable);
                }
                real.extend(missing.iter().rev());
                return Ok(real);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && existing.symlink_metadata().is_err() => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(PathError::Outside),
            Err(_) => return Err(PathError::Unreachable),
        }
        let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else { return Err(PathError::Unreachable) };
        missing.push(name);
        existing = parent;
    }
}

/// The place of a canonical path in a root. Compares by component, so that `/repo-evil` is not in `/repo`.
fn relative_to(root: &Arc<Root>, real: &Path) -> Option<WorkspacePath> {
    let below = real.strip_prefix(&root.path).ok()?;
    let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
    let relative = parts?.join("/");
    (!relative.is_empty()).then(|| WorkspacePath::new(root, &relative))
}

/// The folder part of a path with `/`; empty for a path at the top.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
