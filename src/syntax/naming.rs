//! What a file's name says: whether it holds tests, which folder it represents, whether it only declares.

use serde::Deserialize;

use super::{Language, files, lists};

/// How files of a language are named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileNames {
    /// Stems of files that represent their folder: `__init__`, `mod`.
    folder: Vec<String>,
    /// Names of test files, with `{stem}` for the file they test; in addition to those used for new ones (`tests`).
    tests: Vec<String>,
    /// Endings of files that only declare what others define: `.pyi`.
    stubs: Vec<String>,
    /// Extensions of files that others include.
    headers: Vec<String>,
    /// The folder from which headers are included: `include/`.
    headers_below: Option<String>,
}

/// Whether a path looks like that of a test, an example, a benchmark or a fixture.
pub fn is_test(language: Option<&Language>, path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or_default();
    let known = files::folders();
    let begins = |folder: &str| known.test_starts.iter().any(|start| folder.starts_with(start.as_str()));
    let ends = |folder: &str| known.test_ends.iter().any(|end| folder.ends_with(end.as_str()));
    let is_folder = |folder: &str| lists(&known.tests, folder) || begins(folder) || ends(folder);
    if lists(&known.tests, stem) || folders.split('/').any(is_folder) {
        return true;
    }
    let Some(language) = language else { return false };
    let made = language.tests.iter().flat_map(|tests| &tests.names);
    made.chain(&language.files.tests).any(|form| fits(form, name))
}

/// Whether a path is in a folder of third-party code.
pub fn is_vendored(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folders, _)| folders.split('/').any(|folder| lists(&files::folders().vendored, folder)))
}

/// Whether a file's name has a form such as `test_{stem}.py` or `{stem}.spec.{ext}`.
pub fn fits(form: &str, name: &str) -> bool {
    let (form, name) = match form.strip_suffix(".{ext}") {
        Some(form) => (form, name.rsplit_once('.').map_or(name, |(name, _)| name)),
        None => (form, name),
    };
    let Some((before, after)) = form.split_once("{stem}") else { return form == name };
    name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

/// The file's name up to its first dot, or the folder's name if the file represents its folder.
pub fn stem<'a>(language: Option<&Language>, path: &'a str) -> &'a str {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let stem = first_part(name);
    if language.is_some_and(|language| stands_for_folder(language, stem)) { parts.next().unwrap_or(stem) } else { stem }
}

/// A file's name up to its first dot.
pub fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Whether files of this stem represent their folder.
pub fn stands_for_folder(language: &Language, stem: &str) -> bool {
    language.files.folder.iter().any(|known| known == stem)
}

/// The stems of files that represent their folder.
pub fn folder_files(language: &Language) -> impl Iterator<Item = &str> {
    language.files.folder.iter().map(String::as_str)
}

/// The folder that a path (without extension) represents: `a` for `a/__init__`.
pub fn of_folder<'a>(language: &Language, path: &'a str) -> Option<&'a str> {
    folder_files(language).find_map(|stem| path.strip_suffix(stem)?.strip_suffix('/'))
}

/// A header's path as others include it, relative to the folder of headers.
pub fn from_headers<'a>(language: &Language, path: &'a str) -> Option<&'a str> {
    path.rsplit_once(language.files.headers_below.as_deref()?).map(|(_, below)| below)
}

/// Whether other files include those with this extension.
pub fn is_header(language: &Language, extension: &str) -> bool {
    language.files.headers.iter().any(|known| known == extension)
}

/// Whether a file only declares what another one defines.
pub fn is_stub(language: Option<&Language>, path: &str) -> bool {
    language.is_some_and(|language| language.files.stubs.iter().any(|end| path.ends_with(end.as_str())))
}
