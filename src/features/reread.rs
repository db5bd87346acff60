//! Trees of files that are not open, which one piece of work asks for again and again: who looks for the calls of fifty functions of a file
//! reads the files that call them fifty times.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Shared;
use crate::syntax::{Language, Parsed, parse};
use crate::workspace::WorkspacePath;

/// Files that are kept, and bytes of the largest of them.
const KEPT: usize = 8;
const LARGEST: usize = 256 << 10;

/// A file as it was read.
struct Read {
    path: WorkspacePath,
    text: Arc<str>,
    parsed: Parsed,
}

/// See the module.
#[derive(Default)]
pub struct Reread(VecDeque<Read>);

/// The tree of a file with this text.
pub fn tree(shared: &Shared, path: &WorkspacePath, language: &Arc<Language>, text: &Arc<str>) -> Option<Parsed> {
    if text.len() > LARGEST {
        return parse(language, text.clone()).ok();
    }
    let is_it = |read: &Read| read.path == *path && read.text == *text && Arc::ptr_eq(read.parsed.language(), language);
    if let Some(parsed) = shared.notes(|notes| notes.reread.0.iter().find(|read| is_it(read)).map(|read| read.parsed.clone())) {
        return Some(parsed);
    }
    let parsed = parse(language, text.clone()).ok()?;
    shared.notes(|notes| {
        notes.reread.0.retain(|read| read.path != *path);
        notes.reread.0.push_front(Read { path: path.clone(), text: text.clone(), parsed: parsed.clone() });
        notes.reread.0.truncate(KEPT);
    });
    Some(parsed)
}
