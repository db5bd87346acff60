//! What the names of files say where no grammar tells: how a comment begins in them, which hold code, which describe a project; and what
//! those of folders say. `languages.toml` says it: `[files]`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{data, lists};

/// What is said of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Files {
    /// What a comment begins with, ...
    comment: String,
    /// ... and what it begins with in files of these extensions.
    comments: BTreeMap<String, Vec<String>>,
    /// Extensions of files that hold code.
    code: Vec<String>,
    /// Names of files that say how a project is built and what it needs, in the order in which one is taken.
    manifests: Vec<String>,
    folders: Folders,
}

/// What folders are called that hold files of one kind, whatever their language.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Folders {
    /// Those of tests, examples, benchmarks and fixtures; a file may be called so too.
    pub tests: Vec<String>,
    /// What the names of others begin or end with that hold nothing else.
    pub test_starts: Vec<String>,
    pub test_ends: Vec<String>,
    /// Those in which the tests of several folders are collected.
    pub collect_tests: Vec<String>,
    /// Those at the top that only say that sources lie there.
    pub sources: Vec<String>,
    /// Those of code that was taken in from elsewhere and is built with the project.
    pub vendored: Vec<String>,
}

static FILES: LazyLock<Files> =
    LazyLock::new(|| data::parsed(super::registry::LANGUAGES).and_then(|file| data::files(&file)).unwrap_or_default());

fn extension(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(_, extension)| extension)
}

/// Whether a file may name what code in other files defines.
pub fn holds_code(name: &str) -> bool {
    extension(name).is_some_and(|extension| lists(&FILES.code, &extension.to_ascii_lowercase()))
}

/// The names of files that describe a project, the likeliest first.
pub fn manifests() -> &'static [String] {
    &FILES.manifests
}

/// What folders are called.
pub fn folders() -> &'static Folders {
    &FILES.folders
}

/// What a comment begins with.
pub(super) fn comment(path: &str) -> &'static str {
    let mut other = FILES.comments.iter().filter(|(_, extensions)| extension(path).is_some_and(|own| lists(extensions, own)));
    other.next().map_or(&FILES.comment, |(sign, _)| sign)
}
