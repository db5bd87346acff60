//! What file names say if no grammar does: how a comment begins in them, which ones contain code, which describe a project; and what folder
//! names say. Data of `languages.toml`: `[files]`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{data, lists};

/// The `[files]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Files {
    /// The start of a comment, ...
    comment: String,
    /// ... and its start in files with these extensions.
    comments: BTreeMap<String, Vec<String>>,
    /// Extensions of files that hold code.
    code: Vec<String>,
    /// Names of files that say how a project is built and what it needs, in order of preference.
    manifests: Vec<String>,
    folders: Folders,
}

/// Names of folders with files of one kind, whatever their language.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Folders {
    /// Folders of tests, examples, benchmarks and fixtures; a file may have such a name too.
    pub tests: Vec<String>,
    /// Prefixes and suffixes of other folders that hold nothing else.
    pub test_starts: Vec<String>,
    pub test_ends: Vec<String>,
    /// Folders in which the tests of several folders are collected.
    pub collect_tests: Vec<String>,
    /// Top-level folders that merely contain the sources.
    pub sources: Vec<String>,
    /// Folders of third-party code that is built with the project.
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

/// The names of folders with files of one kind.
pub fn folders() -> &'static Folders {
    &FILES.folders
}

/// The start of a comment.
pub(super) fn comment(path: &str) -> &'static str {
    let mut other = FILES.comments.iter().filter(|(_, extensions)| extension(path).is_some_and(|own| lists(extensions, own)));
    other.next().map_or(&FILES.comment, |(sign, _)| sign)
}
