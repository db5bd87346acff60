//! Questions about working with a repository rather than about its code: run its tests, build it, install it. The answer is in prose files,
//! or where tools look up what to do.

use std::sync::LazyLock;

use regex::Regex;

use super::{blocks, overview};
use crate::context::sentence::{Sentence, stem};
use crate::features::Session;
use crate::features::answer::cite::named::compiled;
use crate::syntax::naming;

/// Phrases of a user who asks how to do something.
static HOW_TO: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)\bhow\s+(?:(?:do|can|could|should|would|must|shall)\s+(?:i|we|you|one)\b|to\b|(?:is|are)\b.*\b(?:built|installed|run|tested|deployed|released)\b)",
        r"|\b(?:what|which)\b.*\bcommands?\b"
    ))
});

/// What users do with a repository, ...
const CHORES: &[&str] = &[
    "benchmark",
    "build",
    "compile",
    "contribute",
    "debug",
    "deploy",
    "develop",
    "format",
    "install",
    "launch",
    "lint",
    "package",
    "publish",
    "release",
    "run",
    "setup",
    "start",
    "test",
    "update",
    "upgrade",
];
/// ... and with what.
const OBJECTS: &[&str] = &[
    "check",
    "ci",
    "command",
    "dependencies",
    "dev",
    "development",
    "docs",
    "documentation",
    "environment",
    "everything",
    "integration",
    "local",
    "locally",
    "machine",
    "scratch",
    "server",
    "set",
    "source",
    "suite",
    "unit",
    "up",
];
/// Names of documents that describe this.
const GUIDES: &[&str] = &[
    "agents",
    "build",
    "claude",
    "contributing",
    "develop",
    "getting_started",
    "git_info",
    "hacking",
    "install",
    "quickstart",
    "readme",
    "running",
    "setup",
    "test",
];
/// Files next to the manifests that tell tools what to do.
const RECIPES: &[&str] =
    &["justfile", "makefile", "noxfile", "rakefile", "taskfile", "tox", "dockerfile", "gnumakefile", "configure", "docker_compose"];

/// Weights: of a guide and of a recipe at the root compared with other documents, of other files that are not code, and of code.
const GUIDE: f32 = 1.6;
const RECIPE: f32 = 1.2;
const OTHER: f32 = 0.2;
const CODE: f32 = 0.1;
/// How fast the weight of a file falls with its depth.
const DEEPER: f32 = 0.4;

/// Whether a question asks only about such work. The repository's own name does not make it a question about something else.
pub(super) fn is_asked(session: &Session, question: &str, sentence: &Sentence) -> bool {
    if !HOW_TO.is_match(question) {
        return false;
    }
    let has = |words: &[&str], text: &str| words.iter().any(|word| stem(word) == text);
    let chore = sentence.terms.iter().any(|term| has(CHORES, &term.text));
    let known = |text: &str| has(CHORES, text) || has(OBJECTS, text) || overview::stems().any(|general| general == text);
    let ours = |text: &str| {
        let called = |name: &str| stem(&name.to_lowercase()) == text;
        let roots = session.snapshot.roots.iter().filter_map(|root| root.path().file_name()?.to_str());
        roots.into_iter().any(called)
            || session.index.files().filter_map(|(_, file)| file.path.relative().split_once('/')).any(|(top, _)| called(top))
    };
    chore && sentence.terms.iter().all(|term| known(&term.text) || term.text.starts_with('=') || ours(&term.text))
}

/// The factor for a file's score in such a question.
pub(super) fn share(path: &str, is_plain: bool) -> f32 {
    let depth = path.matches('/').count() as f32;
    let stem = naming::stem(None, path.trim_start_matches('.')).to_lowercase().replace('-', "_");
    let near = 1.0 / (1.0 + DEEPER * depth);
    let name = path.rsplit('/').next().unwrap_or(path);
    if overview::is_manifest(name) || RECIPES.contains(&stem.as_str()) {
        return if depth == 0.0 { RECIPE } else { OTHER };
    }
    match (is_plain, blocks::is_prose(path)) {
        (true, true) if GUIDES.iter().any(|guide| stem.starts_with(guide)) => GUIDE * near,
        (true, true) => near,
        (true, false) => OTHER,
        (false, _) => CODE,
    }
}
