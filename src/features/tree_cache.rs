//! Trees of files that are not open but are needed many times in one piece of work: to find the calls of fifty functions of a file, the
//! same calling files are read fifty times.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Shared;
use crate::syntax::{Language, Parsed, parse};
use crate::workspace::WorkspacePath;

/// Maximum files that are kept, and the maximum size in bytes.
const MAX_KEPT_FILES: usize = 8;
const MAX_KEPT_FILE_BYTES: usize = 256 << 10;

/// A file as it was read.
struct Read {
    path: WorkspacePath,
    text: Arc<str>,
    parsed: Parsed,
}

/// Trees of the files read last, most recent first.
#[derive(Default)]
pub struct TreeCache(VecDeque<Read>);

/// The tree of a file with this text.
pub fn tree(shared: &Shared, path: &WorkspacePath, language: &Arc<Language>, text: &Arc<str>) -> Option<Parsed> {
    if text.len() > MAX_KEPT_FILE_BYTES {
        return parse(language, text.clone()).ok();
    }
    let is_it = |read: &Read| read.path == *path && read.text == *text && Arc::ptr_eq(read.parsed.language(), language);
    if let Some(parsed) = shared.notes(|notes| notes.tree_cache.0.iter().find(|read| is_it(read)).map(|read| read.parsed.clone())) {
        return Some(parsed);
    }
    let parsed = parse(language, text.clone()).ok()?;
    shared.notes(|notes| {
        notes.tree_cache.0.retain(|read| read.path != *path);
        notes.tree_cache.0.push_front(Read { path: path.clone(), text: text.clone(), parsed: parsed.clone() });
        notes.tree_cache.0.truncate(MAX_KEPT_FILES);
    });
    Some(parsed)
}
