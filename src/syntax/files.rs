//! What the names of files say where no grammar tells: how a comment begins in them, which hold code, which describe a project.
//! `languages.toml` says it: `[files]`.

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

/// What a comment begins with.
pub(super) fn comment(path: &str) -> &'static str {
    let mut other = FILES.comments.iter().filter(|(_, extensions)| extension(path).is_some_and(|own| lists(extensions, own)));
    other.next().map_or(&FILES.comment, |(sign, _)| sign)
}
