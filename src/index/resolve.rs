//! From an import to the file that it means. No build system is asked: a module is looked for by its path, from the importing file
//! outwards, and the nearest file that fits is taken.

use crate::workspace::WorkspacePath;

use super::file::FileImport;
use super::view::{FileId, View};

/// File names that stand for their folder.
const FOLDER_FILES: &[&str] = &["__init__", "mod", "lib", "main", "index"];

/// The last part of a file's module name: the folder's name for files that stand for it.
pub(super) fn stem(relative: &str) -> String {
    let (folder, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let stem = name.split('.').next().unwrap_or(name);
    let stem = if FOLDER_FILES.contains(&stem) { folder.rsplit('/').next().unwrap_or(stem) } else { stem };
    stem.to_lowercase()
}

/// See the module.
pub(super) fn resolve(view: &View, from: FileId, import: &FileImport) -> Option<FileId> {
    let file = view.file(from)?;
    let module = view.text(import.module);
    let names: Vec<&str> = file.imported(import).iter().map(|(there, _)| view.text(*there)).collect();
    let by_path = module.contains('/') || file.language.as_ref().is_some_and(|language| language.imports_files());
    let parts = parts(module, file.path.folder(), by_path);
    let mut candidates = vec![];
    // `from a import b` may mean the module a.b; `use a::b` may mean the item b of a.
    for name in names.iter().filter(|name| **name != "*") {
        let mut longer = parts.clone();
        longer.push((*name).to_string());
        candidates.push(longer);
    }
    candidates.push(parts);
    candidates.iter().find_map(|parts| nearest(view, &file.path, parts, from))
}

/// The components of a module's path. Relative ones are joined to the folder of the importing file. `by_path` says that it is a file's.
fn parts(module: &str, folder: &str, by_path: bool) -> Vec<String> {
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
            "" | "." | "crate" | "self" | "super" => {}
            ".." => {
                base.pop();
            }
            part => base.push(part.trim_end_matches(".js").trim_end_matches(".ts").to_string()),
        }
    }
    base
}

fn nearest(view: &View, from: &WorkspacePath, parts: &[String], own: FileId) -> Option<FileId> {
    let last = parts.last()?;
    let key = last.split('.').next().unwrap_or(last).to_lowercase();
    let files = view.base.by_stem.get(key.as_str())?;
    let fitting = files.iter().map(|number| FileId(*number)).filter(|id| *id != own).filter_map(|id| {
        let path = &view.file(id)?.path;
        let matched = matching_end(path.relative(), parts)?;
        Some((matched, common_start(path.relative(), from.relative()), std::cmp::Reverse(path.relative().len()), id))
    });
    let (_, _, _, id) = fitting.max()?;
    Some(id)
}

/// How many parts at the end of a path agree with the module; none unless as many as can be asked for.
fn matching_end(relative: &str, parts: &[String]) -> Option<usize> {
    let mut path: Vec<&str> = relative.split('/').collect();
    let name = path.pop()?;
    let stem = name.split('.').next().unwrap_or(name);
    if !FOLDER_FILES.contains(&stem) {
        path.push(stem);
    }
    let clean = |part: &String| part.split('.').next().unwrap_or_default().to_string();
    let agree = path.iter().rev().zip(parts.iter().rev()).take_while(|(there, wanted)| **there == clean(wanted)).count();
    // The crate or package name in front need not be a folder.
    (agree + 1 >= parts.len() && agree > 0).then_some(agree)
}

fn common_start(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}
