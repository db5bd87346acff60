//! Files that a question names but that may not be shown. The model is told that they exist, because otherwise it would invent their
//! content.

use super::named_places::Paths;
use crate::features::Session;
use crate::text::visible::visible;
use crate::workspace::WorkspacePath;
use crate::workspace::rules::Skip;

/// Maximum files that the model is told about.
const MAX_WITHHELD_FILES: usize = 4;

/// A line for each such file, with the reason why it is not shown.
pub(super) fn told(session: &Session, question: &str, paths: &Paths<'_>) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in paths.words(question).into_iter().filter(|word| paths.meant_by(word, 0).is_empty()) {
        let Some((path, reason)) = left_out(session, word).or_else(|| kept_out(session, word)) else { continue };
        let path = visible(&path.to_string());
        let line = format!("None of `{path}` is among the excerpts: it is kept out of them ({}).", reason.name());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.truncate(MAX_WITHHELD_FILES);
    lines
}

/// A file that is not in the index because of its content. The question may name it by its path or by the end of the path; if several files
/// fit, the one with the shortest path.
fn left_out(session: &Session, named: &str) -> Option<(WorkspacePath, Skip)> {
    let end = named.replace('\\', "/");
    let end = end.trim_start_matches("./");
    let is_it = |path: &WorkspacePath| path.to_string().strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let found = session.index.left_out().filter(|(path, _)| is_it(path));
    found.min_by_key(|(path, _)| (path.relative().len(), *path)).map(|(path, reason)| (path.clone(), reason))
}

/// A file that is excluded by rules or by its name, with the reason.
fn kept_out(session: &Session, named: &str) -> Option<(WorkspacePath, Skip)> {
    let path = session.snapshot.roots.places(named).into_iter().next()?;
    let reason = session.kept_out(&path)?;
    Some((path, reason))
}
