//! Tests nearby, as examples for new ones: where they lie, their names, their imports, their style.

use std::sync::Arc;

use super::testfile::Source;
use crate::syntax::{self, Language, import, naming};
use crate::text::common::{common_end, common_start};
use crate::text::layout::with_line_feeds;
use crate::workspace::WorkspacePath;

/// Most examples, and most files that are read to find them.
const MAX_EXAMPLES: usize = 8;
const MAX_FILES_READ: usize = 40;

/// A file of tests.
#[derive(Clone, Debug)]
pub struct Example {
    pub path: WorkspacePath,
    pub text: Arc<str>,
}

/// The nearest tests in the language of a source, nearest first.
pub fn nearest(source: &Source<'_>) -> Vec<Example> {
    let Source { session, language, here, rules, .. } = source;
    let of_family =
        |path: &WorkspacePath| session.shared.registry.detect(path.relative(), "").is_some_and(|other| other.family == language.family);
    let is_example = |path: &&WorkspacePath| {
        path.root() == here.root() && path != here && naming::is_test(Some(language), path.relative()) && of_family(path)
    };
    let mut paths: Vec<&WorkspacePath> = source.session.index.files().map(|(_, file)| &file.path).filter(is_example).collect();
    let distance = |path: &WorkspacePath| {
        let parts = |folder: &str| folder.split('/').filter(|part| !part.is_empty()).map(String::from).collect::<Vec<_>>();
        let (there, own) = (parts(path.folder()), parts(here.folder()));
        let start = common_start(&there, &own);
        // Below a folder of tests, the path may continue like that of the sources.
        let end = common_end(&there, &own);
        (std::cmp::Reverse((start + end).min(own.len())), !rules.are_of(path.name()), there.len())
    };
    paths.sort_by_cached_key(|path| (distance(path), path.relative().to_string()));
    let read = paths.into_iter().filter(|path| session.closed_path(path).is_none()).take(MAX_FILES_READ);
    let read = read.filter_map(|path| Some(Example { path: path.clone(), text: session.snapshot.read_exact(path).ok()? }));
    let holds_tests = |example: &Example| rules.marks.is_empty() || rules.marks.iter().any(|mark| example.text.contains(mark));
    read.filter(holds_tests).take(MAX_EXAMPLES).collect()
}

/// The import statements of a text.
pub fn imports(language: &Arc<Language>, text: &str) -> Vec<String> {
    let Ok(parsed) = syntax::parse(language, with_line_feeds(text).as_ref()) else { return vec![] };
    let statements = import::statements(&parsed);
    statements.into_iter().map(|statement| parsed.text()[statement.range].trim_end().to_string()).collect()
}

/// Statements with which new tests may import what they use: those of the examples, then those of the project's test runner. A relative
/// import only works from the same folder.
pub fn samples(source: &Source<'_>, path: &WorkspacePath, there: Option<&str>, examples: &[Example]) -> Vec<String> {
    let mut samples = vec![];
    let from = source.language.imports.as_ref().and_then(|forms| forms.from.as_ref()).map(|from| format!("{from} ."));
    let begins_way = |statement: &str| from.as_ref().is_some_and(|from| statement.starts_with(from));
    let is_way = |statement: &String| statement.contains("'.") || statement.contains("\".") || begins_way(statement);
    for example in examples {
        let near = example.path.folder() == path.folder();
        samples.extend(imports(source.language, &example.text).into_iter().filter(|statement| near || !is_way(statement)));
    }
    let manifests = || manifests(source);
    let says = |known: &str| there.is_some_and(|text| text.contains(known)) || examples.iter().any(|example| example.text.contains(known));
    let runners = &source.rules.runners;
    let runner = runners.iter().find(|runner| runner.known.iter().any(|known| says(known)));
    let runner = runner.or_else(|| {
        let texts = manifests();
        let told = |known: &String| texts.iter().any(|text| text.contains(known.as_str()));
        runners.iter().find(|runner| runner.known.iter().any(told))
    });
    let usual = || runners.iter().find(|runner| runner.known.is_empty());
    samples.extend(runner.or_else(usual).into_iter().flat_map(|runner| runner.imports.iter().cloned()));
    // Tests may also need what the source imports.
    let own = source.session.snapshot.read_exact(source.here).map(|text| imports(source.language, &text)).unwrap_or_default();
    let near = source.here.folder() == path.folder();
    samples.extend(own.into_iter().filter(|statement| near || !is_way(statement)));
    samples
}

/// Manifests around a source, nearest first.
pub fn manifests(source: &Source<'_>) -> Vec<Arc<str>> {
    let (shown, mut texts) = (source.here.to_string(), vec![]);
    let root = shown.strip_suffix(source.here.relative()).unwrap_or_default();
    let around = std::iter::successors(Some(source.here.folder()), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(around, _)| around))
    });
    for folder in around {
        let gap = if folder.is_empty() { "" } else { "/" };
        for name in &source.rules.manifests {
            let path = source.session.snapshot.roots.resolve(&format!("{root}{folder}{gap}{name}")).ok();
            let path = path.filter(|path| source.session.closed_path(path).is_none());
            texts.extend(path.and_then(|path| source.session.snapshot.read_exact(&path).ok()));
        }
    }
    texts
}
