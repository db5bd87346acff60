//! Which files take part: `.gitignore`, `.ignore`, a project's `.longsight.toml`, and our own rules for what nobody wrote by hand.

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
use crate::report;
use crate::text;

pub use super::rule_files::{PROJECT_FILE, is_rule_file};
pub(super) use super::rule_files::{above, exclude_folder};

/// Why a file takes no part in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    Secret,
    /// In a folder that longsight keeps its own files in.
    Own,
    /// By the project's own `.longsight.toml`, `.gitignore` and their like.
    Ignored,
    /// A file with rules for its folder is a link out of the workspace, a pipe, a device or too large: what it keeps out is unknown.
    Unruled,
    /// It is of a further working tree of the repository, below the one that is open.
    OtherTree,
    /// A project inside of this one keeps everything on this machine: that is no context for what another machine may be asked.
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
    /// Its parse ran into its limits; it takes part as plain text.
    Unparsable,
    /// A folder below so many others that it is not looked into.
    TooDeep,
    /// The workspace has more files than are indexed.
    TooMany,
}

impl Skip {
    /// Reasons that a file's content gives: they hold for as long as it looks the same.
    const BY_CONTENT: [Skip; 4] = [Self::Generated, Self::Minified, Self::TooLarge, Self::Binary];

    pub fn is_by_content(self) -> bool {
        Self::BY_CONTENT.contains(&self)
    }

    /// One of the reasons that content gives.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::BY_CONTENT.into_iter().find(|reason| reason.name() == name)
    }

    /// For people and JSON.
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

/// The rules of one root. They are read when they are first asked for, and again when their files look different. No lock is held
/// meanwhile: a folder that hangs stops only those who ask about it.
pub struct Rules {
    root: Arc<Root>,
    read: Mutex<Read>,
}

/// What was read of the rules; held for moments, to take something out or put something in.
#[derive(Default)]
struct Read {
    /// By how its file looked, or why it could not be looked at, and how the list did of what its copy of the repository leaves out.
    project: Option<(ProjectLook, Arc<Narrowing>)>,
    /// As many as were asked at a time: who asks takes one, and puts it back.
    ignored: Vec<Ignored>,
}

type ProjectLook = (Result<Stamp, ReadError>, Look);

/// What was read of the ignore files, and how they looked.
#[derive(Default)]
struct Ignored {
    matcher: Option<IncrementalIgnore>,
    misread: Option<Misread>,
    /// By folder; with whether a repository begins there.
    looks: HashMap<PathBuf, (Look, bool)>,
}

/// What a project's file says, and what only its copy of the repository leaves out.
pub(super) struct Narrowing {
    folder: PathBuf,
    /// A repository begins here.
    pub is_repository: bool,
    pub local_only: bool,
    ignore: Gitignore,
    exclude: Gitignore,
}

impl Narrowing {
    /// Whether it leaves out an entry of its folder; those above it are looked at before.
    pub fn leaves_out(&self, entry: &Path, is_folder: bool) -> bool {
        [&self.ignore, &self.exclude].iter().any(|rules| rules.matched(entry, is_folder).is_ignore())
    }

    /// Whether it is the root's own project a second time.
    pub fn is_other_tree(&self, root: &Root) -> bool {
        rule_files::is_other_tree(root.path(), &self.folder)
    }

    /// Whether it leaves out a file, or a folder below its own that this is in.
    pub fn leaves_out_file(&self, file: &Path) -> bool {
        [&self.ignore, &self.exclude].iter().any(|rules| misread::leaves_out(rules, &self.folder, file))
    }
}

impl Rules {
    /// Reads nothing yet.
    pub fn new(root: &Arc<Root>) -> Self {
        Self { root: root.clone(), read: Mutex::default() }
    }

    /// Why a file takes no part by its place and name; its content may give further reasons.
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

    /// Whether the project keeps everything on this machine.
    pub fn is_local_only(&self) -> bool {
        self.project().local_only
    }

    /// Whether a project that a file of this root belongs to keeps everything on this machine: that of the root, or one in between.
    pub fn keeps(&self, path: &WorkspacePath) -> bool {
        self.is_local_only() || nested(&self.root, path).any(|nested| nested.local_only)
    }

    pub(super) fn project(&self) -> Arc<Narrowing> {
        let stamp = fs::stamp(&WorkspacePath::new(&self.root, PROJECT_FILE));
        let look: ProjectLook = (stamp, rule_files::exclude_look(self.root.path()));
        // One that is not there says nothing until it is; one that cannot be read is tried again.
        if matches!(look.0, Ok(_) | Err(ReadError::Missing))
            && let Some((known, narrowing)) = &self.read().project
            && *known == look
        {
            return narrowing.clone();
        }
        let narrowing = Arc::new(narrowing(&self.root));
        // Of two who read at a time the later one may have the older file; the next who asks sees that by its stamp.
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
    /// Whether a file is ignored, by the files as they are now.
    fn has(&mut self, root: &Path, path: &WorkspacePath) -> Result<bool, Unreadable> {
        let mut folder = root.to_path_buf();
        let mut look = |folder: &Path| {
            let now = (rule_files::look(root, folder)?, folder.join(REPOSITORY).symlink_metadata().is_ok());
            if self.looks.insert(folder.into(), now).is_some_and(|before| before != now) {
                (self.matcher, self.misread) = (None, None);
            }
            Ok(())
        };
        // What the folders above a root ignore may lie in it as well.
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

/// What the projects say that lie between a root and a file of it: a root may be a folder of checkouts, or have submodules.
pub(super) fn nested<'a>(root: &'a Arc<Root>, path: &'a WorkspacePath) -> impl Iterator<Item = Arc<Narrowing>> + 'a {
    let folder = path.folder();
    let ends = folder.match_indices('/').map(|(at, _)| at).chain((!folder.is_empty()).then_some(folder.len()));
    ends.filter_map(move |end| nested_at(&root.path().join(&folder[..end])))
}

/// What the project says that a folder below a root is, if it is one.
pub(super) fn nested_at(folder: &Path) -> Option<Arc<Narrowing>> {
    let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
    if !is_there(PROJECT_FILE) && !is_there(REPOSITORY) {
        return None;
    }
    let roots = Roots::new([folder.to_path_buf()]);
    roots.iter().next().map(|root| Arc::new(narrowing(root)))
}

/// The project of a file that lies in no open folder, if it has one: the nearest folder above it with a project's file or a repository. A
/// repository of a person's whole home is none: it leaves out what it does not keep, not what is private.
pub fn project_of(file: &Path) -> Option<Roots> {
    let folder = file.parent()?;
    let repository = rule_files::repository(folder);
    let mut above = folder.ancestors();
    let project = above.find(|folder| repository == Some(folder) || folder.join(PROJECT_FILE).symlink_metadata().is_ok())?;
    Some(Roots::new([project.to_path_buf()]))
}

/// What a project's file says, and what is wrong with it. One that is there and cannot be read narrows as far as it could: a link, a pipe
/// or a damaged text must not widen what may leave the machine.
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
        // One that does not parse is among the problems of the project's file.
        let _ = misread::add_both(&mut globs, glob);
    }
    let ignore = globs.build().unwrap_or_else(|_| Gitignore::empty());
    let is_repository = root.path().join(REPOSITORY).symlink_metadata().is_ok();
    Narrowing { folder: root.path().into(), is_repository, local_only: project.local_only, ignore, exclude: excluded(root.path()) }
}

/// What the copy of the repository that a folder lies in leaves out, and what a person leaves out of all repositories as far as the crate
/// does not know it: it looks for that in the person's own settings alone.
fn excluded(folder: &Path) -> Gitignore {
    let Some((top, config)) = misread::config(folder) else { return Gitignore::empty() };
    let mut globs = GitignoreBuilder::new(&top);
    let _ = globs.case_insensitive(config.ignore_case);
    if let Some(file) = config.excludes_file {
        let is_known = gitconfig_excludes_path().is_some_and(|known| known == file);
        misread::add_file(&mut globs, &file, !is_known || config.ignore_case);
    }
    if let Ok(Some(list)) = rule_files::exclude(folder, &top) {
        misread::add_file(&mut globs, &list, true);
    }
    globs.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether a folder may be looked into, as far as its files with rules go, those of a repository included where it may be one. A folder that
/// may not is told in the log.
pub(super) fn are_readable(root: &Path, folder: &Path, may_be_repository: bool) -> bool {
    let above = if folder == root { rule_files::look_above(root) } else { Ok(()) };
    let own = || if may_be_repository { rule_files::look(root, folder) } else { rule_files::look_right_in(root, folder) };
    let Err(Unreadable(file)) = above.and_then(|()| own().map(drop)) else { return true };
    let why = "it is a link out of the workspace, no file, or larger than 1 MiB";
    report::log("warning", format_args!("{} takes no part, for {} cannot be read: {why}", folder.display(), file.display()));
    false
}

/// Walks below a folder by the rules that git has, whether or not it is a git repository. What stands above the repository, or above a
/// folder in none, does not hold below: many leave out all of their home there.
pub(super) fn builder(folder: &Path) -> WalkBuilder {
    let is_in_repository = rule_files::repository(folder).is_some();
    let mut walk = WalkBuilder::new(folder);
    walk.hidden(false).require_git(is_in_repository).parents(is_in_repository);
    // What only a copy of a repository leaves out is read by us: the crate does not find it in submodules.
    walk.git_exclude(false).follow_links(false).max_depth(Some(MAX_DEPTH));
    walk
}

/// A folder below so many others is not looked into.
pub(super) const MAX_DEPTH: usize = 64;

/// Our own rules by name.
pub fn by_name(relative: &str) -> Option<Skip> {
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    // Where a worktree or a submodule has its repository elsewhere, `.git` is a file that says where.
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

/// Folders that hold version control, packages or build results of others.
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

/// Bytes at the start of a file in which generators leave their mark.
const MARK_REACH: usize = 1024;
/// A file with a longer line was not written by hand, ...
const MAX_LINE: usize = 2000;
/// ... and neither was one that is longer and whose lines are so long on average.
const MEAN_LINE: usize = 200;

/// Our own rules by content: marks of generators, and lines that nobody typed. For source code only; prose has long lines.
pub fn by_content(source: &str) -> Option<Skip> {
    let head = &source[..source.floor_char_boundary(MARK_REACH)];
    let mark = |line: &str| line.contains("@generated") || line.contains("Code generated") && line.contains("DO NOT EDIT");
    let comment = |line: &str| line.trim_start().starts_with(['/', '#', '*', ';', '-', '<']);
    if mark(head) && head.lines().any(|line| comment(line) && mark(line)) {
        return Some(Skip::Generated);
    }
    let packed = source.len() > MAX_LINE && source.len() / MEAN_LINE > text::count_breaks(source.as_bytes());
    (packed || has_long_line(source.as_bytes())).then_some(Skip::Minified)
}

/// Whether a line is longer than [`MAX_LINE`]. Looks for the last line end within reach, again and again, so that hardly a byte is read.
fn has_long_line(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while rest.len() > MAX_LINE {
        let Some(end) = rest[..=MAX_LINE].iter().rposition(|byte| *byte == b'\n') else { return true };
        rest = &rest[end + 1..];
    }
    false
}
