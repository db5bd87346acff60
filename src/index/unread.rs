//! Files with code that no grammar reads (single-file components, notebooks, templates, dialects) and those that the index excludes because
//! of their content: their uses are in no table, so their text is searched.

use std::sync::Arc;

use super::{File, View};
use crate::syntax::{Language, Registry, files};
use crate::text::lines::line_number;
use crate::text::words;
use crate::workspace::{Snapshot, WorkspacePath};

/// Maximum bytes of a file that is searched.
const MAX_FILE_BYTES: u32 = 2 << 20;

/// Maximum bytes that are searched in files excluded from the index.
const MAX_SEARCHED_BYTES: usize = 64 << 20;

/// Whose files are searched, and which.
pub struct Unread<'a> {
    pub view: &'a View,
    pub snapshot: &'a Snapshot,
    pub registry: &'a Registry,
    /// Whether a file may be read.
    pub is_readable: &'a dyn Fn(&WorkspacePath) -> bool,
    /// Of excluded files, those in such languages: code generated from another language has names of its own.
    pub is_kin: &'a dyn Fn(&Language) -> bool,
}

impl Unread<'_> {
    /// The places of a name in such files, `path:line`: a file with very long lines, or one that is marked as generated, uses names like
    /// any other.
    pub fn places(&self, name: &str) -> Vec<String> {
        let is_code = |file: &File| file.language.is_none() && file.bytes <= MAX_FILE_BYTES && files::holds_code(file.path.name());
        let files = self.view.files().filter(|(_, file)| is_code(file));
        let files = files.map(|(_, file)| &file.path);
        let is_kin = |path: &&WorkspacePath| self.registry.by_path(path.relative()).is_some_and(|kin| (self.is_kin)(kin));
        let mut left_out: Vec<&WorkspacePath> = self.view.left_out().map(|(path, _)| path).filter(is_kin).collect();
        left_out.sort();
        let mut paths: Vec<&WorkspacePath> = files.filter(|path| (self.is_readable)(path)).collect();
        paths.sort();
        let mut room = MAX_SEARCHED_BYTES;
        let texts = paths.into_iter().filter_map(|path| Some((path, self.snapshot.read(path).ok()?)));
        let texts = texts.chain(left_out.into_iter().filter_map(|path| {
            let text = self.snapshot.read(path).ok().filter(|text| text.len() <= room && !self.is_open(path))?;
            room -= text.len();
            Some((path, text))
        }));
        let places = |(path, text): (&WorkspacePath, Arc<str>)| {
            let mut lines: Vec<usize> = words::places(&text, name).map(|at| line_number(&text, at.start)).collect();
            lines.dedup();
            lines.into_iter().map(|line| format!("{path}:{line}")).collect::<Vec<_>>()
        };
        texts.flat_map(places).collect()
    }

    /// Whether a file is open: then it is in the index, whatever its content.
    fn is_open(&self, path: &WorkspacePath) -> bool {
        self.snapshot.documents.at(path).is_some()
    }
}
