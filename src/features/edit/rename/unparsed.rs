//! Files with code that no grammar reads: single-file components, notebooks, templates, dialects. A rename does not change them, so a
//! person has to look where the old name stands in one.

use std::sync::Arc;

use crate::features::Session;
use crate::index::File;
use crate::syntax::{Language, files};
use crate::text::lines::line_number;
use crate::text::words;
use crate::workspace::WorkspacePath;

/// Bytes of a file that is looked at.
const LARGEST: u32 = 2 << 20;

/// Most bytes that are searched in files the index leaves out.
const LEFT_OUT: usize = 64 << 20;

/// The places of a name in such files, `path:line`, and in files that the index leaves out for their content: a file with very long lines,
/// or one that says it is generated, uses names like any other.
pub(super) fn places(session: &Session, name: &str, language: &Language) -> Vec<String> {
    let is_code = |file: &File| file.language.is_none() && file.bytes <= LARGEST && files::holds_code(file.path.name());
    let files = session.index.files().filter(|(_, file)| is_code(file));
    let files = files.map(|(_, file)| &file.path);
    // Code generated from another language has names of its own.
    let is_kin = |path: &&WorkspacePath| session.shared.registry.by_path(path.relative()).is_some_and(|kin| kin.family == language.family);
    let mut left_out: Vec<&WorkspacePath> = session.index.left_out().map(|(path, _)| path).filter(is_kin).collect();
    left_out.sort();
    let mut paths: Vec<&WorkspacePath> = files.filter(|path| session.closed_path(path).is_none()).collect();
    paths.sort();
    let mut room = LEFT_OUT;
    let texts = paths.into_iter().filter_map(|path| Some((path, session.snapshot.read_exact(path).ok()?)));
    let texts = texts.chain(left_out.into_iter().filter_map(|path| {
        let text = session.snapshot.read(path).ok().filter(|text| text.len() <= room && !is_open(session, path))?;
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
fn is_open(session: &Session, path: &WorkspacePath) -> bool {
    session.snapshot.documents.at(path).is_some()
}
