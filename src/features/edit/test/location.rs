//! Where the tests of a file are: in the file itself (Rust), or in a test file. That is created if there is none, like other test files
//! nearby. Names and first lines of test files are data of the language.

use std::sync::Arc;

use super::append::TestFile;
use super::dedup;
use super::example::{self, Example};
use super::imports;
use super::inside;
use super::opening;
use super::testfile::{self, Source};
use crate::context::fence;
use crate::features::edit::fit::wrapped;
use crate::features::edit::rename::Changed;
use crate::features::{Session, Site};
use crate::redact::Masked;
use crate::syntax::scope::Item;
use crate::syntax::{self, Definition, Kind, Language, import, naming};
use crate::text::excerpt::squeezed;
use crate::text::layout::{self, with_line_feeds};
use crate::text::{Ending, words};
use crate::workspace::WorkspacePath;

/// Lines at the end of a test file that show the style of its tests.
const STYLE: usize = 40;
/// Lines of the tests of another file that serve as an example.
const EXAMPLE: usize = 32;

/// The test file of a source file.
#[derive(Clone, Debug)]
pub struct Beside {
    pub path: WorkspacePath,
    /// None if it has to be created.
    text: Option<Arc<str>>,
    /// How its lines end: a new file takes that from the nearest tests, or from the source.
    ending: Ending,
    language: Arc<Language>,
    /// Its first lines, and the line that imports the item; empty if the language needs none.
    head: String,
    import: String,
    /// Statements with which tests here import things.
    samples: Vec<String>,
    /// The tests of another file, if this one has none yet.
    example: Option<Example>,
    /// The name of the tested item.
    name: String,
    /// How the item and its type begin; empty if it stands in the test file itself.
    tested: Vec<String>,
    /// Why tests cannot see it.
    hidden: Option<String>,
    /// Tests are members of a class.
    members: bool,
    /// Blank lines between two tests.
    gap: &'static str,
}

impl Beside {
    /// The test file for an item. None if tests stand in the file itself; the error says why no file can take them.
    pub fn find(session: &Session, site: &Site, item: &Item) -> Result<Option<Self>, String> {
        let language = site.language.as_ref().ok_or_else(|| format!("longsight does not know where the tests of {} go", site.path))?;
        let Some(rules) = language.tests.as_ref() else { return Ok(Self::of_module(session, site, item)) };
        let outside =
            || format!("the tests of {} go into a file of their own, and it lies in no folder of the workspace: save it in one", site.path);
        let here = site.document_path().ok_or_else(outside)?;
        let package = site.parsed().and_then(import::package_name).map(String::from);
        let is_public = site.definition_of(item).is_none_or(|known| known.public);
        let source = Source { session, language, rules, here, package, is_public };
        let outer = site.place().items.into_iter().find(|outer| outer.kind != Kind::Module);
        let name = outer.map_or(item.name.clone(), |outer| outer.name);
        let gap = if language.indented { "\n\n" } else { "\n" };
        let (language, members) = (language.clone(), rules.members);
        // A test file contains its own tests.
        if testfile::is_test_file(rules, here, &site.text) {
            let (text, samples) = (Some(site.exact()), example::samples(&source, here, Some(&site.text), &[]));
            let (path, head, import, example) = (here.clone(), String::new(), String::new(), None);
            let (tested, hidden, ending) = (vec![], None, Ending::of(&site.exact()));
            return Ok(Some(Self { path, text, ending, language, head, import, samples, example, name, tested, hidden, members, gap }));
        }
        let (tested, hidden) = (signatures(site), opening::hidden(&source, site, &name));
        let examples = example::nearest(&source);
        let taken = || format!("every name that the tests of {here} could have is taken by those of others: create a file for them");
        let path = source.file(&examples).ok_or_else(taken)?;
        if let Some(reason) = session.closed_path(&path) {
            return Err(format!("the tests of {here} would go into {path}, and {reason}"));
        }
        let text = session.snapshot.read_exact(&path).ok();
        let samples = example::samples(&source, &path, text.as_deref(), &examples);
        // Examples of the same folder show best how it is done there.
        let near = examples.iter().position(|example| example.path.folder() == path.folder()).unwrap_or(0);
        let example = examples.into_iter().nth(near);
        let head = if text.is_some() { String::new() } else { opening::head(&source, &path, example.as_ref()) };
        let import = opening::import(&source, site, &path, text.as_deref(), example.as_ref(), &name);
        let alike = text.clone().or_else(|| example.as_ref().map(|example| example.text.clone())).unwrap_or_else(|| site.exact());
        let ending = Ending::of(&alike);
        Ok(Some(Self { path, text, ending, language, head, import, samples, example, name, tested, hidden, members, gap }))
    }

    /// The file of a test module that the source only declares.
    fn of_module(session: &Session, site: &Site, item: &Item) -> Option<Self> {
        let (module, here) = (inside::module(site, item)?, site.document_path()?);
        let (language, forms) = (site.language.clone()?, inside::forms(site)?);
        if !module.body.is_empty() {
            return None;
        }
        let all = site.definitions();
        let parents = std::iter::successors(module.parent, |parent| all.get(*parent as usize)?.parent);
        let mut folders: Vec<&str> = parents.filter_map(|parent| Some(all.get(parent as usize)?.name.of(&site.text))).collect();
        folders.reverse();
        let own = here.to_string();
        let folder = own.strip_suffix(here.name())?.to_string();
        let stem = here.name().rsplit_once('.').map_or(here.name(), |(stem, _)| stem);
        if !naming::stands_for_folder(&language, stem) {
            folders.insert(0, stem);
        }
        let below: String = folders.iter().map(|folder| format!("{folder}/")).collect();
        let name = module.name.of(&site.text);
        let said = site.text[module.item.range()].split_once(&forms.place).and_then(|(_, rest)| rest.split('"').next());
        let ways = match said {
            Some(path) => vec![format!("{folder}{path}")],
            None => forms.files.iter().map(|form| format!("{folder}{below}{}", form.replace("{name}", name))).collect(),
        };
        let paths: Vec<WorkspacePath> = ways.iter().filter_map(|way| session.snapshot.roots.resolve(way).ok()).collect();
        let known = paths.iter().find(|path| session.snapshot.read_exact(path).is_ok());
        let path = known.or(paths.first()).filter(|path| session.closed_path(path).is_none())?.clone();
        let text = session.snapshot.read_exact(&path).ok();
        let (head, import, name) = (format!("{}\n", forms.importing(&forms.all)), String::new(), item.name.clone());
        let (samples, example, tested, hidden) = (vec![], None, signatures(site), None);
        let ending = text.as_deref().map_or_else(|| Ending::of(&site.exact()), Ending::of);
        Some(Self { path, text, ending, language, head, import, samples, example, name, tested, hidden, members: false, gap: "\n" })
    }

    /// Whether the file has to be created.
    pub fn is_new(&self) -> bool {
        self.text.is_none()
    }

    /// What a person should know before tests are added.
    pub fn told(&self) -> Option<String> {
        self.hidden.clone()
    }

    /// One level of indentation: of the file, of an example if the file is new, else of its source.
    pub fn indent_unit(&self, source: &str) -> String {
        let text = self.text.as_ref().or(self.example.as_ref().map(|example| &example.text));
        let unit = |text: &Arc<str>| match syntax::parse(&self.language, text.clone()) {
            Ok(parsed) => parsed.known_unit(),
            Err(_) => layout::known_unit(text),
        };
        text.and_then(unit).unwrap_or_else(|| source.into())
    }

    /// [`Self::words`] for a model that creates the file itself, with its first lines.
    pub fn words_with_tools(&self) -> String {
        let begin = if self.is_new() {
            let begin = imports::added(&self.language, self.head.clone(), &self.import, &self.name, vec![]);
            if begin.trim().is_empty() { String::new() } else { format!(" Begin it with this:\n```\n{}\n```\n", begin.trim()) }
        } else if self.import.trim().is_empty() || self.text.as_deref().is_some_and(|text| text.contains(self.import.trim())) {
            String::new()
        } else {
            format!(" Where `{}` is not imported there, do so: `{}`.", self.name, self.import.trim())
        };
        self.told_with("", &begin)
    }

    /// For the model: where its tests will stand, and what the tests there, or in an example, look like.
    pub fn words(&self) -> String {
        let imported = if self.import.is_empty() { String::new() } else { format!(", in which `{}` is imported already", self.name) };
        self.told_with(&imported, "")
    }

    fn told_with(&self, imported: &str, more: &str) -> String {
        let into = if self.members { "into the class of " } else { "into " };
        let quoted = |path: &WorkspacePath, text: &str, (first, last): (usize, usize)| {
            let text = with_line_feeds(text);
            let start: usize = text.split_inclusive('\n').take(first).map(str::len).sum();
            let end: usize = text.split_inclusive('\n').take(last).map(str::len).sum();
            fence::quote(&path.to_string(), Some((first as u32 + 1, last as u32)), &Masked::stretch(&text, start..end))
        };
        let shown = self.places().into_iter().map(|(path, text, lines)| quoted(path, text, lines)).collect::<String>();
        if self.text.is_some() {
            let words = format!(
                "They go {into}{}, behind the tests there, in their style, and need no imports of what is imported there.",
                self.path
            );
            return format!("{words}{more} It looks so:\n{shown}");
        }
        let words = format!("They go {into}the new file {}{imported}.{more}", self.path);
        let Some(example) = &self.example else { return words };
        format!("{words} Write them as the tests of {} are written:\n{shown}", example.path)
    }

    /// The zero-based line ranges of other files that `words` shows: the imports and the end of the test file, or the start of the example.
    fn places(&self) -> Vec<(&WorkspacePath, &Arc<str>, (usize, usize))> {
        let count = |text: &str| with_line_feeds(text).lines().count();
        match (&self.text, &self.example) {
            (Some(text), _) => {
                let (lines, (first, last)) = (count(text), self.import_lines(text));
                let end = lines.saturating_sub(STYLE);
                let head = (first < last && first < end).then_some((&self.path, text, (first, last.min(end).min(first + EXAMPLE))));
                head.into_iter().chain([(&self.path, text, (end, lines))]).collect()
            }
            (None, Some(example)) => {
                let first = self.import_lines(&example.text).0;
                vec![(&example.path, &example.text, (first, count(&example.text).min(first + EXAMPLE)))]
            }
            _ => vec![],
        }
    }

    /// The line range of a text's imports.
    fn import_lines(&self, text: &str) -> (usize, usize) {
        let Ok(parsed) = syntax::parse(&self.language, with_line_feeds(text).as_ref()) else { return (0, 0) };
        let statements = import::statements(&parsed);
        let row = |offset: usize| parsed.text()[..offset].matches('\n').count();
        let last = statements.last().map_or(0, |last| parsed.text()[..last.range.end].trim_end().len());
        statements.first().map_or((0, 0), |first| (row(first.range.start), row(last) + 1))
    }

    /// The places that `words` shows.
    pub fn shown(&self) -> Vec<String> {
        self.places().into_iter().map(|(path, _, (first, last))| format!("{path}:{}-{last}", first + 1)).collect()
    }

    /// The file with these tests in it, or why they have no place there.
    pub fn with(&self, code: &str) -> Result<Changed, String> {
        let (wanted, tests) = imports::split(&self.language, &wrapped::tests(&self.language, code));
        let before = self.text.clone().unwrap_or_default();
        let text = if self.text.is_some() { Ending::Lf.apply(&before) } else { self.head.clone() };
        let tests = dedup::sift(&self.language, &tests, &text, &self.tested);
        if tests.trim().is_empty() && self.is_new() {
            return Err("the answer holds no test, but only what is to be tested\nwrite a whole test".to_string());
        }
        if tests.trim().is_empty() {
            return Err(format!("the tests are in {} already, as they stand\ngive others", self.path));
        }
        // Tests that reach it in another way need no import of it.
        let bare = |at: std::ops::Range<usize>| !tests[..at.start].ends_with('.');
        let by_name = words::places(&self.import, &self.name).next().is_some();
        let needed = self.is_new() || !by_name || words::places(&tests, &self.name).any(bare);
        let import = if needed { self.import.as_str() } else { "" };
        let text = imports::added(&self.language, text, import, &self.name, wanted);
        let text = imports::completed(&self.language, text, &tests, &self.samples);
        let stem = self.path.name().split('.').next().unwrap_or_default();
        let file = TestFile { language: &self.language, stem, members: self.members, gap: self.gap };
        let given = wrapped::class(&self.language, &tests).filter(|_| self.members);
        let joined = match (given, wrapped::class(&self.language, &text)) {
            // A new file takes the class as given, under its own name.
            (Some(given), Some(own)) if self.is_new() => {
                let mut classes = tests.clone();
                classes.replace_range(given.name.range(), stem);
                [&text[..own.item.range().start], classes.trim(), &text[own.item.range().end..]].concat()
            }
            (Some(given), Some(own)) => {
                let tests = self.without_members(&tests, &given, &text, &own);
                let given = wrapped::class(&self.language, &tests).unwrap_or(given);
                let joined = file.with(&text, wrapped::inside(&tests, &given))?;
                // Definitions beside the class help its tests.
                let rest = [&tests[..given.item.range().start], &tests[given.item.range().end..]].concat();
                let gap = if rest.trim().is_empty() { "" } else { "\n" };
                format!("{joined}{gap}{}{gap}", rest.trim())
            }
            (Some(given), None) => file.with(&text, wrapped::inside(&tests, &given))?,
            _ => file.with(&text, &tests)?,
        };
        Ok(Changed { path: self.path.clone(), before: self.text.clone(), after: self.ending.apply(&joined) })
    }
}

impl Beside {
    /// The tests without members of their class that the file's class has.
    fn without_members(&self, tests: &str, given: &Definition, text: &str, own: &Definition) -> String {
        let all = |text: &str| syntax::parse(&self.language, text).map(|parsed| syntax::tags(&parsed, "").definitions).unwrap_or_default();
        let (of_tests, of_text) = (all(tests), all(text));
        let at = |all: &[Definition], class: &Definition| all.iter().position(|one| one.item == class.item);
        match at(&of_tests, given).zip(at(&of_text, own)) {
            Some((given, own)) => dedup::members(tests, (given, &of_tests), text, (own, &of_text)),
            None => tests.into(),
        }
    }
}

/// How an item and its type begin.
pub fn signatures(site: &Site) -> Vec<String> {
    let items = site.place().items.into_iter().filter(|item| item.kind != Kind::Module);
    items.map(|item| squeezed(site.text[item.signature].trim_end_matches(['{', ' ', '\n', '\t']))).collect()
}
