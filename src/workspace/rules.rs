//! Which files take part: `.gitignore`, `.ignore`, a project's `.longsight.toml`, and our own rules for generated and third-party files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};
use ignore::{IncrementalIgnore, WalkBuilder};

use super::broad;
use super::fs::{self, Stamp};
use super::misread::{self, Misread};
use super::rule_files::{self, Look, MAX_RULES, REPOSITORY, Unreadable};
use super::{ReadError, Root, Roots, WorkspacePath, is_secret};
use crate::config::{Problem, Project, parse_project};
use crate::report::{self, Level};
use crate::text;

pub use super::rule_files::{PROJECT_FILE, is_rule_file};
pub(super) use super::rule_files::{above, exclude_folder};

/// Why a file does not take part in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    Secret,
    /// In a folder of longsight's own files.
    Own,
    /// By the project's own `.longsight.toml`, `.gitignore` or the like.
    Ignored,
    /// The ignore file of its folder cannot be read (a link out of the workspace, a pipe, a device, too large), so what it keeps out is
    /// unknown.
    Unruled,
    /// It belongs to another working tree of the open repository.
    OtherTree,
    /// It belongs to a nested project that is `local_only`, so it must not become context for a remote engine.
    LocalOnly,
    Generated,
    Vendored,
    LockFile,
    Minified,
    TooLarge,
    Binary,
    /// A link, pipe, device or socket.
    NotAFile,
    Unreadable,
    /// Its parse ran into a limit, so it takes part as plain text.
    Unparsable,
    /// It is deeper than [`MAX_DEPTH`] folders.
    TooDeep,
    /// The workspace has more files than are indexed ([`super::walk`]).
    TooMany,
}

impl Skip {
    /// Reasons that depend on the content, and hold as long as the file's stamp is the same.
    const BY_CONTENT: [Skip; 4] = [Self::Generated, Self::Minified, Self::TooLarge, Self::Binary];

    /// Whether the reason comes from the file's content, not from its name or place.
    pub fn is_by_content(self) -> bool {
        Self::BY_CONTENT.contains(&self)
    }

    /// The content reason with this [`Self::name`]; none for other names.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::BY_CONTENT.into_iter().find(|reason| reason.name() == name)
    }

    /// Its name for the user and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Own => "longsight's own",
            Self::Ignored => "ignored",
            Self::Unruled => "below unreadable ignore rules",
            Self::OtherTree => "another working tree",
            Self::LocalOnly => "a project that stays local",
            Self::Generated => "generated",
            Self::Vendored => "vendored",
            Self::LockFile => "lock file",
            Self::Minified => "minified",
            Self::TooLarge => "too large",
            Self::Binary => "binary",
            Self::NotAFile => "not a file",
            Self::Unreadable => "unreadable",
            Self::Unparsable => "unparsable",
            Self::TooDeep => "a folder too deep",
            Self::TooMany => "too many",
        }
    }
}

/// The rules of one root, read on first use, and again when their files look different. No lock is held while reading: a folder that hangs
/// blocks only those who ask about it.
pub struct Rules {
    root: Arc<Root>,
    read: Mutex<Read>,
}

/// The rules read so far. Locked only briefly, to take something out or put it in.
#[derive(Default)]
struct Read {
    /// The narrowing, with the stamps (or the read error) of the project's file and of `info/exclude` from when it was read.
    project: Option<(ProjectLook, Arc<Narrowing>)>,
    /// A pool of matchers: a caller takes one and puts it back, so there are as many as there were simultaneous callers.
    ignored: Vec<Ignored>,
}

type ProjectLook = (Result<Stamp, ReadError>, Look);

/// The ignore files read so far, and how they looked.
#[derive(Default)]
struct Ignored {
    matcher: Option<IncrementalIgnore>,
    misread: Option<Misread>,
    /// For each folder: its ignore files' stamps, and whether a repository begins there.
    looks: HashMap<PathBuf, (Look, bool)>,
}

/// What a project's `.longsight.toml` says, and what is ignored only in its copy of the repository (`info/exclude`).
pub(super) struct Narrowing {
    folder: PathBuf,
    /// The folder is the top of a repository.
    pub is_repository: bool,
    pub local_only: bool,
    ignore: Gitignore,
    exclude: Gitignore,
}

impl Narrowing {
    /// Whether this leaves out an entry. The folders above it have to be checked separately.
    pub fn leaves_out(&self, entry: &Path, is_folder: bool) -> bool {
        [&self.ignore, &self.exclude].iter().any(|rules| rules.matched(entry, is_folder).is_ignore())
    }

    /// Whether this is another working tree of the root's own repository.
    pub fn is_other_tree(&self, root: &Root) -> bool {
        rule_files::is_other_tree(root.path(), &self.folder)
    }

    /// Whether this leaves out a file, or any folder between the project and that file.
    pub fn leaves_out_file(&self, file: &Path) -> bool {
        [&self.ignore, &self.exclude].iter().any(|rules| misread::leaves_out(rules, &self.folder, file))
    }
}

impl Rules {
    /// Rules for a root; nothing is read yet.
    pub fn new(root: &Arc<Root>) -> Self {
        Self { root: root.clone(), read: Mutex::default() }
    }

    /// Why a file does not take part, judged by its name and place; its content may give further reasons ([`by_content`]).
    pub fn reason(&self, path: &WorkspacePath) -> Option<Skip> {
        if is_secret(path) {
            return Some(Skip::Secret);
        }
        if let Some(skip) = by_name(path.relative()) {
            return Some(skip);
        }
        let file = self.root.path().join(path.relative());
        if broad::is_own(&file) {
            return Some(Skip::Own);
        }
        if self.project().leaves_out_file(&file) {
            return Some(Skip::Ignored);
        }
        let inner: Vec<Arc<Narrowing>> = nested(&self.root, path).collect();
        if inner.iter().any(|inner| inner.leaves_out_file(&file)) {
            return Some(Skip::Ignored);
        }
        match self.is_ignored(path) {
            Ok(true) => Some(Skip::Ignored),
            Ok(false) if inner.iter().any(|inner| inner.is_other_tree(&self.root)) => Some(Skip::OtherTree),
            Ok(false) => inner.iter().any(|inner| inner.local_only).then_some(Skip::LocalOnly),
            Err(_) => Some(Skip::Unruled),
        }
    }

    /// Why a link in this root is left out by its own name, wherever it leads.
    pub fn reason_of_link(&self, link: &Path) -> Option<Skip> {
        let place = link.parent()?.canonicalize().ok()?.join(link.file_name()?);
        let relative = place.strip_prefix(self.root.path()).ok()?.to_str()?;
        self.reason(&WorkspacePath::new(&self.root, relative))
    }

    /// Whether the project of this root keeps everything on this machine (`local_only`).
    pub fn is_local_only(&self) -> bool {
        self.project().local_only
    }

    /// Whether a project that the file belongs to is `local_only`: the root's own, or one nested between root and file.
    pub fn keeps(&self, path: &WorkspacePath) -> bool {
        self.is_local_only() || nested(&self.root, path).any(|nested| nested.local_only)
    }

    /// The narrowing of the root's own project, read again when its files look different.
    pub(super) fn project(&self) -> Arc<Narrowing> {
        let stamp = fs::stamp(&WorkspacePath::new(&self.root, PROJECT_FILE));
        let look: ProjectLook = (stamp, rule_files::exclude_look(self.root.path()));
        // A missing file says nothing until it appears; one that cannot be read is tried again.
        if matches!(look.0, Ok(_) | Err(ReadError::Missing))
            && let Some((known, narrowing)) = &self.read().project
            && *known == look
        {
            return narrowing.clone();
        }
        let narrowing = Arc::new(narrowing(&self.root));
        // Of two simultaneous readers the slower one may store the older file. Its stamp tells the next reader.
        self.read().project = Some((look, narrowing.clone()));
        narrowing
    }

    fn is_ignored(&self, path: &WorkspacePath) -> Result<bool, Unreadable> {
        let mut ignored = self.read().ignored.pop().unwrap_or_default();
        let said = ignored.has(self.root.path(), path);
        self.read().ignored.push(ignored);
        said
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ignored {
    /// Whether a file is ignored, by the current ignore files.
    fn has(&mut self, root: &Path, path: &WorkspacePath) -> Result<bool, Unreadable> {
        let mut folder = root.to_path_buf();
        let mut look = |folder: &Path| {
            let now = (rule_files::look(root, folder)?, folder.join(REPOSITORY).symlink_metadata().is_ok());
            if self.looks.insert(folder.into(), now).is_some_and(|before| before != now) {
                (self.matcher, self.misread) = (None, None);
            }
            Ok(())
        };
        // Ignore rules of folders above a root may apply inside it as well.
        root.ancestors().try_for_each(&mut look)?;
        for part in path.folder().split('/').filter(|part| !part.is_empty()) {
            folder.push(part);
            look(&folder)?;
        }
        if self.matcher.is_none() {
            self.matcher = builder(root).build_matchers().pop();
        }
        let is_ignored = self.matcher.as_mut().is_none_or(|ignore| ignore.matched(path.relative(), false).is_ignore());
        let misread = self.misread.get_or_insert_with(|| Misread::below(root));
        let begins = |folder: &Path| folder != root && self.looks.get(folder).is_some_and(|(_, begins)| *begins);
        Ok(is_ignored || misread.leave_out(&root.join(path.relative()), begins))
    }
}

/// The narrowings of the projects between a root and a file in it: a root may be a folder of checkouts, or have submodules.
pub(super) fn nested<'a>(root: &'a Arc<Root>, path: &'a WorkspacePath) -> impl Iterator<Item = Arc<Narrowing>> + 'a {
    let folder = path.folder();
    let ends = folder.match_indices('/').map(|(at, _)| at).chain((!folder.is_empty()).then_some(folder.len()));
    ends.filter_map(move |end| nested_at(&root.path().join(&folder[..end])))
}

/// The narrowing of a folder below a root; none if that folder is not a project.
pub(super) fn nested_at(folder: &Path) -> Option<Arc<Narrowing>> {
    let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
    if !is_there(PROJECT_FILE) && !is_there(REPOSITORY) {
        return None;
    }
    let roots = Roots::new([folder.to_path_buf()]);
    roots.iter().next().map(|root| Arc::new(narrowing(root)))
}

/// The project of a file outside all open folders, as a root of its own: the nearest folder above it with a `.longsight.toml` or a
/// repository. A repository of the user's whole home does not count: it ignores everything it does not keep, not just what is private.
pub fn project_of(file: &Path) -> Option<Roots> {
    let folder = file.parent()?;
    let repository = rule_files::repository(folder);
    let mut above = folder.ancestors();
    let project = above.find(|folder| repository == Some(folder) || folder.join(PROJECT_FILE).symlink_metadata().is_ok())?;
    Some(Roots::new([project.to_path_buf()]))
}

/// What a project's file says, and the problems in it. A file that exists but cannot be read narrows as far as possible: a link, a pipe or
/// a damaged text must not widen what may leave the machine.
pub fn project(root: &Arc<Root>) -> (Project, Vec<Problem>) {
    let file = root.path().join(PROJECT_FILE);
    let unread = |error: ReadError, text: &str| {
        let message = format!("{error}; until it can be read, nothing of this project is sent to another machine");
        (Project::broken(text), vec![Problem::at(&file, "", None, message)])
    };
    let bytes = match fs::read(&WorkspacePath::new(root, PROJECT_FILE), MAX_RULES) {
        Ok(read) => read.bytes,
        Err(ReadError::Missing) => return (Project::default(), vec![]),
        Err(error) => return unread(error, ""),
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(damaged) => return unread(ReadError::NotUtf8, &String::from_utf8_lossy(damaged.as_bytes())),
    };
    let (project, mut problems) = parse_project(&file, &text);
    let mut globs = GitignoreBuilder::new(root.path());
    let wrong = project.ignore.iter().filter_map(|glob| misread::add_both(&mut globs, glob).err());
    problems.extend(wrong.map(|error| Problem::at(&file, &text, None, format!("`ignore`: {error}"))));
    (project, problems)
}

fn narrowing(root: &Arc<Root>) -> Narrowing {
    let (project, _) = project(root);
    let mut globs = GitignoreBuilder::new(root.path());
    for glob in &project.ignore {
        // A pattern that does not parse is among the problems reported for the project's file.
        let _ = misread::add_both(&mut globs, glob);
    }
    let ignore = globs.build().unwrap_or_else(|_| Gitignore::empty());
    let is_repository = root.path().join(REPOSITORY).symlink_metadata().is_ok();
    Narrowing { folder: root.path().into(), is_repository, local_only: project.local_only, ignore, exclude: excluded(root.path()) }
}

/// What git ignores without an ignore file in the tree: `info/exclude`, and the user's own ignore file if the crate does not find it (it
/// looks only in the user's own settings).
fn excluded(folder: &Path) -> Gitignore {
    let Some((top, config)) = misread::config(folder) else { return Gitignore::empty() };
    let mut globs = GitignoreBuilder::new(&top);
    let _ = globs.case_insensitive(config.ignore_case);
    if let Some(file) = config.excludes_file {
        let is_known = rule_files::may_read_settings() && gitconfig_excludes_path().is_some_and(|known| known == file);
        misread::add_file(&mut globs, &file, !is_known || config.ignore_case);
    }
    if let Ok(Some(list)) = rule_files::exclude(folder, &top) {
        misread::add_file(&mut globs, &list, true);
    }
    globs.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether a folder may be walked, judging by its ignore files (and its repository's, if it may be one). If not, this is logged.
pub(super) fn are_readable(root: &Path, folder: &Path, may_be_repository: bool) -> bool {
    let above = if folder == root { rule_files::look_above(root) } else { Ok(()) };
    let own = || if may_be_repository { rule_files::look(root, folder) } else { rule_files::look_right_in(root, folder) };
    let Err(Unreadable(file)) = above.and_then(|()| own().map(drop)) else { return true };
    let why = "it is a link out of the workspace, no file, or larger than 1 MiB";
    report::log(Level::Warning, format_args!("{} is excluded, because {} cannot be read: {why}", folder.display(), file.display()));
    false
}

/// A walk of a folder by git's ignore rules, in a git repository or not. Ignore files above the repository, or above a folder that is in
/// none, do not apply: many people ignore their whole home there.
pub(super) fn builder(folder: &Path) -> WalkBuilder {
    let is_in_repository = rule_files::repository(folder).is_some();
    let mut walk = WalkBuilder::new(folder);
    walk.hidden(false).require_git(is_in_repository).parents(is_in_repository);
    // `info/exclude` is read by us: the crate does not find it in submodules.
    walk.git_exclude(false).git_global(rule_files::may_read_settings()).follow_links(false).max_depth(Some(MAX_DEPTH));
    walk
}

/// Folders deeper than this below the root are not walked.
pub(super) const MAX_DEPTH: usize = 64;

/// Our own rules by name: lock files, generated code, package folders. `relative` is a path with `/`.
pub fn by_name(relative: &str) -> Option<Skip> {
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    // In working trees and submodules `.git` is a file.
    if name == ".git" || folders.split('/').any(is_foreign_folder) {
        return Some(Skip::Vendored);
    }
    if !folders.is_empty() && folders.split('/').count() >= MAX_DEPTH {
        return Some(Skip::TooDeep);
    }
    let lower = name.to_ascii_lowercase();
    if LOCK_FILES.contains(&lower.as_str()) || lower.ends_with(".lock") {
        return Some(Skip::LockFile);
    }
    if lower.ends_with(".map") || [".min.js", ".min.css", ".min.mjs", ".bundle.js", "-min.js"].iter().any(|end| lower.ends_with(end)) {
        return Some(Skip::Minified);
    }
    GENERATED.iter().any(|end| lower.ends_with(end)).then_some(Skip::Generated)
}

/// Whether a folder of this name holds version control data, third-party packages or build results.
pub fn is_foreign_folder(name: &str) -> bool {
    matches!(
        name,
        ".git"
            | ".hg"
            | ".svn"
            | ".jj"
            | "node_modules"
            | "bower_components"
            | "__pycache__"
            | ".venv"
            | "site-packages"
            | ".tox"
            | ".nox"
            | ".mypy_cache"
            | ".ruff_cache"
            | ".pytest_cache"
            | ".gradle"
            | ".next"
            | ".nuxt"
            | ".terraform"
            | ".direnv"
            | "DerivedData"
    )
}

const LOCK_FILES: &[&str] = &["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", "packages.lock.json", "bun.lockb"];

const GENERATED: &[&str] = &[
    "_pb2.py",
    "_pb2_grpc.py",
    "_pb2.pyi",
    ".pb.go",
    ".pb.cc",
    ".pb.h",
    ".pb.rs",
    ".g.dart",
    ".freezed.dart",
    ".designer.cs",
    ".g.cs",
    "_generated.go",
];

/// Bytes at the start of a file in which a generator's mark counts.
const MARK_REACH: usize = 1024;
/// A line longer than this was not written by hand.
const MAX_LINE: usize = 2000;
/// Nor was a file above that size whose lines have this average length.
const MEAN_LINE: usize = 200;
/// Nor a file of which such lines make up more than half. A single one in a longer file may be a table or a test's input.
const LONG_LINES_DIVISOR: usize = 2;

/// Our own rules by content: generator marks, and lines too long to be typed. For source code only, since prose has long lines. In
/// third-party code, one such line shows that a program has put it together.
pub fn by_content(source: &str, is_foreign: bool) -> Option<Skip> {
    let head = &source[..source.floor_char_boundary(MARK_REACH)];
    let mark = |line: &str| line.contains("@generated") || line.contains("Code generated") && line.contains("DO NOT EDIT");
    let comment = |line: &str| line.trim_start().starts_with(['/', '#', '*', ';', '-', '<']);
    if mark(head) && head.lines().any(|line| comment(line) && mark(line)) {
        return Some(Skip::Generated);
    }
    let packed = || source.len() > MAX_LINE && source.len() / MEAN_LINE > text::count_breaks(source.as_bytes());
    let most = if is_foreign { 0 } else { source.len() / LONG_LINES_DIVISOR };
    (has_long_lines(source.as_bytes(), most) || packed()).then_some(Skip::Minified)
}

/// Whether lines longer than [`MAX_LINE`] have more than `most` bytes together. Jumps to the last line end within reach, again and again,
/// so that few bytes are read.
fn has_long_lines(bytes: &[u8], most: usize) -> bool {
    let (mut rest, mut long) = (bytes, 0);
    while rest.len() > MAX_LINE {
        let end = rest[..=MAX_LINE].iter().rposition(|byte| *byte == b'\n').unwrap_or_else(|| {
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len() - 1);
            long += length;
            length
        });
        if long > most {
            return true;
        }
        rest = &rest[end + 1..];
    }
    false
}
