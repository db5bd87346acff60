//! Which files take part: `.gitignore`, `.ignore`, a project's `.longsight.toml`, and our own rules for what nobody wrote by hand.

use std::path::Path;

use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Root, WorkspacePath, is_secret};

/// The project's file that narrows what longsight looks at.
pub const PROJECT_FILE: &str = ".longsight.toml";

/// Why a file takes no part in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    Secret,
    /// By the project's own `.longsight.toml`, `.gitignore` and their like.
    Ignored,
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
            Self::Ignored => "ignored",
            Self::Generated => "generated",
            Self::Vendored => "vendored",
            Self::LockFile => "lock file",
            Self::Minified => "minified",
            Self::TooLarge => "too large",
            Self::Binary => "binary",
            Self::NotAFile => "not a file",
            Self::Unreadable => "unreadable",
            Self::Unparsable => "unparsable",
            Self::TooMany => "too many",
        }
    }
}

/// The ignore rules of one root. Rules are read anew for every [`Rules`]; make new ones after a rule file changed.
pub struct Rules {
    project: Gitignore,
    walk: WalkBuilder,
}

impl Rules {
    pub fn new(root: &Root) -> Self {
        Self { project: project_rules(root), walk: builder(root.path()) }
    }

    /// Why a file takes no part by its place and name; its content may give further reasons.
    pub fn reason(&self, path: &WorkspacePath) -> Option<Skip> {
        if is_secret(path) {
            return Some(Skip::Secret);
        }
        if let Some(skip) = by_name(path.relative()) {
            return Some(skip);
        }
        if self.project.matched_path_or_any_parents(path.relative(), false).is_ignore() {
            return Some(Skip::Ignored);
        }
        let ignored = self.walk.build_matchers().iter_mut().any(|matcher| matcher.matched(path.relative(), false).is_ignore());
        ignored.then_some(Skip::Ignored)
    }

    /// Whether nothing may be offered or shown of a file unless the user opens it.
    pub fn is_ignored(&self, path: &WorkspacePath) -> bool {
        self.reason(path).is_some()
    }

    pub(super) fn project(&self) -> &Gitignore {
        &self.project
    }

    pub(super) fn walk(&self) -> &WalkBuilder {
        &self.walk
    }
}

/// Walks below a folder by the rules that git has, whether or not it is a git repository.
fn builder(folder: &Path) -> WalkBuilder {
    let mut walk = WalkBuilder::new(folder);
    walk.hidden(false).require_git(false).follow_links(false).max_depth(Some(MAX_DEPTH));
    walk
}

/// Folders deeper than this are not looked into.
const MAX_DEPTH: usize = 64;

fn project_rules(root: &Root) -> Gitignore {
    let file = root.path().join(PROJECT_FILE);
    let mut builder = GitignoreBuilder::new(root.path());
    if let Ok(text) = std::fs::read_to_string(&file) {
        let (project, _) = crate::config::parse_project(&file, &text);
        for glob in &project.ignore {
            // A glob that does not parse is reported with the rest of the project's file.
            let _ = builder.add_line(None, glob);
        }
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Our own rules by name.
pub fn by_name(relative: &str) -> Option<Skip> {
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    if folders.split('/').any(is_foreign_folder) {
        return Some(Skip::Vendored);
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
/// A file with a longer line was not written by hand (faults.md §3).
const MAX_LINE: usize = 2000;

/// Our own rules by content: marks of generators, and lines that nobody typed. For source code only; prose has long lines.
pub fn by_content(text: &str) -> Option<Skip> {
    let mut reach = text.len().min(MARK_REACH);
    while !text.is_char_boundary(reach) {
        reach -= 1;
    }
    let head = &text[..reach];
    let mark = |line: &str| line.contains("@generated") || line.contains("Code generated") && line.contains("DO NOT EDIT");
    let comment = |line: &str| line.trim_start().starts_with(['/', '#', '*', ';', '-', '<']);
    if mark(head) && head.lines().any(|line| comment(line) && mark(line)) {
        return Some(Skip::Generated);
    }
    has_long_line(text.as_bytes()).then_some(Skip::Minified)
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
