//! From an import to the file it means. No build system is consulted: a module is looked up by its path, and the file nearest to the
//! importing one is taken.

use std::cmp::Reverse;

use crate::syntax::import::{ALL, OWN};
use crate::syntax::{Language, lists, naming};
use crate::workspace::WorkspacePath;

use super::file::FileImport;
use super::view::{FileId, View};

/// The last part of a file's module name: the folder's name if the file represents its folder.
pub(super) fn stem(language: Option<&Language>, relative: &str) -> String {
    naming::stem(language, relative).to_lowercase()
}

/// The last part of the name of an imported module.
pub(super) fn module_stem(language: Option<&Language>, module: &str) -> String {
    key(&parts(language, module, ""))
}

/// The file that an import means, if it is in the workspace.
pub(super) fn resolve(view: &View, from: FileId, import: &FileImport) -> Option<FileId> {
    let names: Vec<&str> = view.file(from)?.imported(import).iter().map(|(there, _)| view.text(*there)).collect();
    resolve_module(view, from, view.text(import.module), &names)
}

/// The file of a module as written in an import, with the names taken from it.
pub(super) fn resolve_module(view: &View, from: FileId, module: &str, names: &[&str]) -> Option<FileId> {
    if module == OWN {
        return Some(from);
    }
    let file = view.file(from)?;
    let language = file.language.as_deref();
    let parts = parts(language, module, file.path.folder());
    let mut candidates = vec![];
    // `from a import b` may mean the module a.b; `use a::b` may mean the item b of a.
    for name in names.iter().filter(|name| **name != ALL) {
        let mut longer = parts.clone();
        longer.push((*name).to_string());
        candidates.push(longer);
    }
    candidates.push(parts);
    candidates.iter().find_map(|parts| nearest(view, &file.path, language, parts, from))
}

/// The components of a module's path. A relative path is joined to the folder of the importing file.
fn parts(language: Option<&Language>, module: &str, folder: &str) -> Vec<String> {
    let by_path = module.contains('/') || language.is_some_and(Language::imports_files);
    let mut base: Vec<String> = vec![];
    let own = || folder.split('/').filter(|part| !part.is_empty()).map(String::from).collect::<Vec<_>>();
    let mut rest = module;
    if module.starts_with("./") || module.starts_with("../") {
        base = own();
    } else if module.starts_with('.') {
        base = own();
        let dots = module.len() - module.trim_start_matches('.').len();
        base.truncate(base.len().saturating_sub(dots - 1));
        rest = module.trim_start_matches('.');
    }
    let separators: &[char] = if by_path { &['/'] } else { &['.', ':'] };
    for part in rest.split(separators) {
        match part {
            "" | "." => {}
            part if language.is_some_and(|language| lists(&language.modules_by_place, part)) => {}
            ".." => {
                base.pop();
            }
            part => base.push(part.to_string()),
        }
    }
    base
}

/// The key under which a module's files are found.
fn key(parts: &[String]) -> String {
    parts.last().map(|last| naming::first_part(last).to_lowercase()).unwrap_or_default()
}

fn nearest(view: &View, from: &WorkspacePath, language: Option<&Language>, parts: &[String], own: FileId) -> Option<FileId> {
    let last = parts.last()?;
    // A folder may be meant by the name of the file that represents it.
    let (folder, is_folder) = match language.is_some_and(|language| naming::stands_for_folder(language, naming::first_part(last))) {
        true => (&parts[..parts.len() - 1], true),
        false => (parts, false),
    };
    let of_folder: Vec<FileId> = if is_folder { view.by_stem(&key(folder)).collect() } else { vec![] };
    let files = if of_folder.is_empty() { view.by_stem(&key(parts)).collect() } else { of_folder };
    let fitting = files.into_iter().filter(|id| *id != own).filter_map(|id| {
        let file = view.file(id)?;
        let relative = file.path.relative();
        let matched = matching_end(file.language.as_deref(), relative, folder)?;
        // `./user.service` and `lib.h` are files that share their stem with others.
        let rest = file.path.name().strip_prefix(last.as_str());
        let exact = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let near = common_start(relative, from.relative());
        // Ties go to the first path: numbers only say which file was read first.
        Some((matched, exact, near, Reverse(relative.len()), Reverse(&file.path), id))
    });
    let (.., id) = fitting.max()?;
    Some(id)
}

/// How many parts at the end of a path agree with the module; none unless all that can be expected do.
fn matching_end(language: Option<&Language>, relative: &str, parts: &[String]) -> Option<usize> {
    let mut path: Vec<&str> = relative.split('/').collect();
    let stem = naming::first_part(path.pop()?);
    if !language.is_some_and(|language| naming::stands_for_folder(language, stem)) {
        path.push(stem);
    }
    let agree = path.iter().rev().zip(parts.iter().rev()).take_while(|(there, wanted)| **there == naming::first_part(wanted)).count();
    let at_the_top = parts.is_empty() && path.is_empty();
    // The leading name of the crate or package need not be a folder.
    (agree + 1 >= parts.len() && (agree > 0 || at_the_top)).then_some(agree)
}

fn common_start(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}
