//! Signs, before a model has seen it, that a place is hard. Routing uses them in addition to the kind of the task.

use std::collections::HashSet;
use std::ops::Range;

use super::{Session, Site};
use crate::route::Signal;
use crate::text::words;

/// Maximum bytes of code whose names are looked up.
const MAX_CODE_BYTES: usize = 16 << 10;

/// The signals in a range of a document that the user has selected.
pub fn signals(session: &Session, site: &Site, chosen: &Range<usize>) -> Vec<Signal> {
    let policy = &session.config().route;
    let (first, last) = site.line_range(chosen);
    let lines = last - first + 1;
    let large = (lines > policy.many_lines).then_some(Signal::LargeSelection(lines));
    large.into_iter().chain(many_files(session, site, &site.text[chosen.clone()])).collect()
}

/// A signal if code uses definitions from many other files.
pub fn many_files(session: &Session, site: &Site, code: &str) -> Option<Signal> {
    let files = files_used(session, site, code);
    (files > session.config().route.many_files as usize).then_some(Signal::ManyFiles(files))
}

/// How many other files define names that the code uses. Only names with a single definition count.
fn files_used(session: &Session, site: &Site, code: &str) -> usize {
    let near = &code[code.floor_char_boundary(code.len().saturating_sub(MAX_CODE_BYTES))..];
    let here = site.document_path().and_then(|path| session.index.find(path));
    // Each name is looked up once.
    let names: HashSet<&str> = words::identifiers(near).map(|(_, name)| name).collect();
    let files = names.into_iter().filter_map(|name| match session.index.named(name).as_slice() {
        [one] => Some(one.file),
        _ => None,
    });
    files.filter(|file| Some(*file) != here).collect::<HashSet<_>>().len()
}
