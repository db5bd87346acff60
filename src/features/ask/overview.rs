//! What a repository says about itself: the README, the manifest and a map. For questions about all of it, and for those with words that it
//! does not have.

use std::borrow::Cow;
use std::sync::Arc;

use super::blocks;
use super::map;
use super::search::Ranking;
use crate::context::sentence::{Sentence, stem};
use crate::context::{Kind, Part};
use crate::engine::Tokens;
use crate::features::Session;
use crate::features::answer::numbered;
use crate::index::{File, FileId};
use crate::redact::Masked;
use crate::syntax::{files, lists};

/// Words of questions about a whole repository.
const GENERAL: &[&str] = &[
    "about",
    "app",
    "application",
    "architecture",
    "codebase",
    "describe",
    "explain",
    "give",
    "here",
    "idea",
    "library",
    "main",
    "me",
    "my",
    "overview",
    "package",
    "please",
    "program",
    "project",
    "purpose",
    "repo",
    "repository",
    "structure",
    "summarize",
    "summary",
    "tell",
    "tool",
    "work",
    "you",
    "your",
];
/// Maximum bytes of the README and of the manifest that are shown, ...
const MAX_README_BYTES: usize = 3000;
const MAX_MANIFEST_BYTES: usize = 1500;
/// ... and tokens of a map per definition of one file: a small map shows a little of many files.
const TOKENS_PER_DEFINITION: usize = 120;
const MIN_DEFINITIONS: usize = 6;
/// Files that come first in the map.
const FIRST: usize = 200;

/// Whether a question only has words that ask about a whole repository.
pub(super) fn is_asked(question: &str) -> bool {
    let general: Vec<Cow<'_, str>> = stems().collect();
    Sentence::new(question).terms.iter().all(|term| general.iter().any(|word| *word == term.text))
}

/// Those words without endings.
pub(super) fn stems() -> impl Iterator<Item = Cow<'static, str>> {
    GENERAL.iter().map(|word| stem(word))
}

/// Whether a file has the name of a manifest.
pub(super) fn is_manifest(name: &str) -> bool {
    lists(files::manifests(), name)
}

/// Whether a word only says that a question is about a whole repository.
pub(super) fn is_general(word: &str) -> bool {
    GENERAL.contains(&word)
}

/// The whole repository if it fits, else its documents and a map; both without what is already `shown`.
pub(super) fn of(session: &Session, ranking: &Ranking, shown: &[Part], budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    if let Some(parts) = map::whole(session, shown, budget, tokens) {
        return parts;
    }
    let mut parts = documents(session, budget / 2, tokens);
    let left = budget - parts.iter().map(|part| part.tokens).sum::<usize>();
    let first: Vec<FileId> = ranking.files().take(FIRST).collect();
    let shown: Vec<Part> = shown.iter().chain(&parts).cloned().collect();
    parts.extend(map::outline(session, &shown, &first, left, (left / TOKENS_PER_DEFINITION).max(MIN_DEFINITIONS), tokens));
    parts
}

/// The start of the README and the manifest of each root.
pub(super) fn documents(session: &Session, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let at_root: Vec<&Arc<File>> = session.index.files().map(|(_, file)| file).filter(|file| !file.path.relative().contains('/')).collect();
    let is_readme = |path: &str| blocks::is_prose(path) && path.to_lowercase().starts_with("readme");
    let (mut readmes, mut manifests) = (vec![], vec![]);
    for root in session.snapshot.roots.iter() {
        let here = || at_root.iter().copied().filter(|file| file.path.root() == root);
        readmes.extend(here().filter(|file| is_readme(file.path.relative())).min_by(|a, b| a.path.cmp(&b.path)));
        manifests.extend(files::manifests().iter().find_map(|name| here().find(|file| file.path.relative() == *name)));
    }
    let mut left = budget;
    let mut parts = vec![];
    for (files, longest, why) in
        [(readmes, MAX_README_BYTES, "what the project says about itself"), (manifests, MAX_MANIFEST_BYTES, "what the project consists of")]
    {
        for (at, file) in files.iter().enumerate() {
            // The remaining tokens are shared equally among the remaining files.
            let share = left / (files.len() - at);
            let Some(part) = beginning(session, file, longest.min(share * 2), why, tokens) else { continue };
            if part.tokens <= left {
                left -= part.tokens;
                parts.push(part);
            }
        }
    }
    parts
}

/// The first whole lines of a file.
fn beginning(session: &Session, file: &Arc<File>, longest: usize, why: &str, tokens: &dyn Tokens) -> Option<Part> {
    let text = session.snapshot.read(&file.path).ok()?;
    let cut = &text[..text.floor_char_boundary(longest)];
    let end = if cut.len() < text.len() { cut.rfind('\n')? } else { cut.trim_end().len() };
    let code = Masked::stretch(&text, 0..end);
    Some(Part {
        path: file.path.to_string().into(),
        start_line: 1,
        end_line: code.lines().count().max(1) as u32,
        kind: Kind::Definition,
        tokens: tokens.count(&numbered(&code, 1)) + 12,
        text: code,
        why: why.into(),
    })
}
