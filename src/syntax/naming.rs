//! What the name of a file says: which tests there are, which folder a file stands for, what only declares.

use serde::Deserialize;

use super::{Language, files, lists};

/// How the files of a language are called.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileNames {
    /// Stems of files that stand for their folder.
    folder: Vec<String>,
    /// Test files with `{stem}` for what they test, besides those that are made (`tests`).
    tests: Vec<String>,
    /// Ends of files that declare what others define.
    stubs: Vec<String>,
    /// Extensions of files that others include.
    headers: Vec<String>,
    /// The folder below which headers lie that others include from there.
    headers_below: Option<String>,
}

/// Whether a path looks like a test, an example, a benchmark or a fixture.
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

/// Whether a path lies in a folder of code from elsewhere.
pub fn is_vendored(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folders, _)| folders.split('/').any(|folder| lists(&files::folders().vendored, folder)))
}

/// Whether a file's name is of a form like `test_{stem}.py` or `{stem}.spec.{ext}`.
pub fn fits(form: &str, name: &str) -> bool {
    let (form, name) = match form.strip_suffix(".{ext}") {
        Some(form) => (form, name.rsplit_once('.').map_or(name, |(name, _)| name)),
        None => (form, name),
    };
    let Some((before, after)) = form.split_once("{stem}") else { return form == name };
    name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

/// The file's own name, or its folder's where the file only stands for the folder.
pub fn stem<'a>(language: Option<&Language>, path: &'a str) -> &'a str {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let stem = first_part(name);
    if language.is_some_and(|language| stands_for_folder(language, stem)) { parts.next().unwrap_or(stem) } else { stem }
}

/// What stands before the first dot of a file's name.
pub fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Whether files of this stem stand for their folder.
pub fn stands_for_folder(language: &Language, stem: &str) -> bool {
    language.files.folder.iter().any(|known| known == stem)
}

/// The stems of files that stand for their folder.
pub fn folder_files(language: &Language) -> impl Iterator<Item = &str> {
    language.files.folder.iter().map(String::as_str)
}

/// The folder that a path without its extension stands for: `a` for `a/__init__`.
pub fn of_folder<'a>(language: &Language, path: &'a str) -> Option<&'a str> {
    folder_files(language).find_map(|stem| path.strip_suffix(stem)?.strip_suffix('/'))
}

/// The way to a header from the folder of headers that others include it from.
pub fn from_headers<'a>(language: &Language, path: &'a str) -> Option<&'a str> {
    path.rsplit_once(language.files.headers_below.as_deref()?).map(|(_, below)| below)
}

/// Whether files of this extension are included by others.
pub fn is_header(language: &Language, extension: &str) -> bool {
    language.files.headers.iter().any(|known| known == extension)
}

/// Whether a file only declares what another one defines.
pub fn is_stub(language: Option<&Language>, path: &str) -> bool {
    language.is_some_and(|language| language.files.stubs.iter().any(|end| path.ends_with(end.as_str())))
}
