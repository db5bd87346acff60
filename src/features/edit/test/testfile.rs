//! The file for the tests of a source: its own test file, else a new one, whose place and name other tests show.

use std::sync::Arc;

use super::example::Example;
use crate::features::Session;
use crate::syntax::{self, Language, TestFiles, files, import, lists, naming};
use crate::text::common::common_start;
use crate::text::layout::with_line_feeds;
use crate::workspace::WorkspacePath;

/// A source, for who looks for its tests.
pub struct Source<'a> {
    pub session: &'a Session,
    pub language: &'a Arc<Language>,
    pub rules: &'a TestFiles,
    pub here: &'a WorkspacePath,
    /// The package that the source declares.
    pub package: Option<String>,
    /// The tested item can be used from another package.
    pub is_public: bool,
}

impl Source<'_> {
    /// The file for its tests, given the nearest tests of other sources; none if every name is taken.
    pub fn file(&self, examples: &[Example]) -> Option<WorkspacePath> {
        self.there().or_else(|| self.new_one(examples))
    }

    /// The possible names of its test file, likeliest first.
    fn names(&self, examples: &[Example]) -> Vec<String> {
        let (stem, extension) = self.here.name().rsplit_once('.').unwrap_or((self.here.name(), ""));
        // A file that stands for its folder is tested under the folder's name.
        let like_folder = self.rules.called_like_folder && naming::stands_for_folder(self.language, stem);
        let stem = if like_folder { naming::stem(Some(self.language), self.here.relative()) } else { stem };
        // A header contains no tests.
        let of_tests = || examples.first().map_or(self.rules.extension.as_deref().unwrap_or(extension), |example| example.path.extension());
        let extension = if naming::is_header(self.language, extension) { of_tests() } else { extension };
        let fill = |name: &str| name.replace("{stem}", stem).replace("{ext}", extension);
        let count = |form: &String| examples.iter().filter(|example| naming::fits(form, example.path.name())).count();
        let mut forms: Vec<&String> = self.rules.names.iter().collect();
        forms.sort_by_key(|form| std::cmp::Reverse(count(form)));
        let called = forms.iter().any(|form| count(form) > 0);
        let mut names: Vec<String> = forms.into_iter().map(|form| fill(form)).collect();
        // If tests of others have the names of what they test, so do these.
        if let Some(own) = &self.rules.plain {
            let at = if !called && !examples.is_empty() { 0 } else { names.len() };
            names.insert(at, fill(own));
        }
        names
    }

    /// Its own test file, if there is one.
    fn there(&self) -> Option<WorkspacePath> {
        let (session, here) = (self.session, self.here);
        let mut names = self.names(&[]);
        let plain = self.rules.plain.as_ref().and_then(|_| names.pop());
        let called = |path: &WorkspacePath| {
            let collected = || path.folder().split('/').any(collects);
            names.iter().any(|name| *name == path.name()) || plain.as_deref() == Some(path.name()) && path != here && collected()
        };
        let named = session.index.files().map(|(_, file)| &file.path).filter(|path| path.root() == here.root() && called(path));
        let fit = named.filter_map(|path| Some((self.belongs(path)?, path)));
        let nearest = fit.max_by_key(|(how, path)| (*how, shared_folders(path, here), std::cmp::Reverse(path.relative().len())));
        nearest.map(|(_, path)| path.clone())
    }

    /// The path of a new test file.
    fn new_one(&self, examples: &[Example]) -> Option<WorkspacePath> {
        let here = self.here;
        let own = here.folder().to_string();
        let folders = if let Some(mirrored) = self.mirrored().or_else(|| self.of_package(examples)) {
            vec![mirrored]
        } else if examples.iter().any(|example| example.path.folder() == own && self.rules.are_of(example.path.name())) {
            vec![own]
        } else {
            let tests = self.collecting(examples);
            let parts: Vec<&str> = sources(here.folder()).collect();
            let deep = tests.as_ref().map(|tests| joined(tests, &parts.join("/")));
            let lies_so = |folder: &String| examples.iter().any(|example| example.path.folder() == folder);
            let first = deep.clone().filter(lies_so);
            first.into_iter().chain(tests).chain(deep).chain([own]).collect()
        };
        let names = self.names(examples);
        let collected = |folder: &str| folder.split('/').any(collects);
        // A source may not be called like another beside it.
        let ways = folders.iter().filter_map(|folder| {
            let name = names.iter().find(|name| collected(folder) || self.rules.are_of(name))?;
            self.below(&joined(folder, name))
        });
        // A file with that name has the tests of another source.
        ways.into_iter().find(|path| self.session.snapshot.read_exact(path).is_err())
    }

    /// A place relative to the source's folder.
    fn below(&self, relative: &str) -> Option<WorkspacePath> {
        let shown = self.here.to_string();
        let root = shown.strip_suffix(self.here.relative())?;
        self.session.snapshot.roots.resolve(&format!("{root}{relative}")).ok()
    }

    /// The folder of its tests, in a tree that mirrors that of the sources.
    fn mirrored(&self) -> Option<String> {
        let [sources, tests] = self.rules.mirror.as_ref()?;
        let folder = format!("{}/", self.here.folder());
        let at = if folder.starts_with(sources.as_str()) { 0 } else { folder.find(&format!("/{sources}"))? + 1 };
        Some(format!("{}{tests}{}", &folder[..at], folder[at + sources.len()..].trim_end_matches('/')).trim_end_matches('/').into())
    }

    /// The folder of its package, below the folder with the packages of tests.
    fn of_package(&self, examples: &[Example]) -> Option<String> {
        let own = self.package.as_ref().filter(|_| self.rules.members)?.replace('.', "/");
        examples.iter().find_map(|example| {
            let package = package(self.language, &example.text)?.replace('.', "/");
            let root = example.path.folder().strip_suffix(&package)?;
            Some(format!("{root}{own}"))
        })
    }

    /// How surely a test file with the right name belongs to the source: it lies where the source's tests do, beside it, in its package, at
    /// the same path below a folder of tests, imports it, or no other source has that name. None if it rather belongs to another.
    fn belongs(&self, test: &WorkspacePath) -> Option<u8> {
        let (session, here) = (self.session, self.here);
        if self.mirrored().is_some_and(|folder| folder == test.folder()) {
            return Some(4);
        }
        if test.folder() == here.folder() {
            return Some(3);
        }
        let text = session.snapshot.read_exact(test).ok();
        if self.rules.members && text.as_deref().is_some_and(|text| package(self.language, text) == self.package) {
            return Some(2);
        }
        let parsed = text.and_then(|text| syntax::parse(self.language, text).ok());
        let imports = parsed.map(|parsed| syntax::tags(&parsed, test.relative()).imports).unwrap_or_default();
        let others = |file: &WorkspacePath| file.name() == here.name() && file.root() == here.root() && file != test;
        let alone = || session.index.files().filter(|(_, file)| others(&file.path)).count() == 1;
        let full = module(self);
        let means = |path: &str| full == path || path.contains('.') && full.ends_with(&format!(".{path}"));
        let imported = imports.iter().any(|import| {
            let of_names = || import.names.iter().any(|(name, _)| means(&format!("{}.{name}", import.module)));
            means(&import.module) || of_names() || leads(self, test.folder(), &import.module)
        });
        if imported {
            return Some(2);
        }
        let own: Vec<&str> = sources(here.folder()).collect();
        let there: Vec<&str> = test.folder().split('/').filter(|part| !part.is_empty() && !collects(part)).collect();
        let below_tests = test.folder().split('/').any(collects);
        let there: Vec<&str> = sources(&there.join("/")).map(|part| own.iter().find(|own| **own == part).copied().unwrap_or("?")).collect();
        if below_tests && !own.is_empty() && there.ends_with(&own) {
            return Some(2);
        }
        (below_tests && own.starts_with(&there) && alone()).then_some(1)
    }

    /// The folder that collects tests, beside the source or above it.
    fn collecting(&self, examples: &[Example]) -> Option<String> {
        let here = self.here;
        let above = |path: &&WorkspacePath| {
            let folder = path.folder();
            let (around, last) = folder.rsplit_once('/').unwrap_or(("", folder));
            collects(last) && (around.is_empty() || here.folder() == around || here.folder().starts_with(&format!("{around}/")))
        };
        let named = self.session.index.files().map(|(_, file)| &file.path);
        let named = named.filter(|path| path.root() == here.root() && self.rules.are_of(path.name()));
        let tests = named.chain(examples.iter().map(|example| &example.path)).filter(above);
        let nearest = tests.max_by_key(|path| (shared_folders(path, here), std::cmp::Reverse(path.relative().len())));
        nearest.map(|path| path.folder().to_string())
    }
}

/// Whether a file has the name of a test file, or lies among tests where these have the names of sources.
pub fn is_test_file(rules: &TestFiles, path: &WorkspacePath, text: &str) -> bool {
    let among = || path.folder().split('/').any(collects) && rules.marks.iter().any(|mark| text.contains(mark));
    rules.are_of(path.name()) || rules.plain.is_some() && among()
}

/// The package that a file declares.
pub fn package(language: &Arc<Language>, text: &str) -> Option<String> {
    let parsed = syntax::parse(language, with_line_feeds(text).as_ref()).ok()?;
    import::package_name(&parsed).map(String::from)
}

fn joined(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.into(),
        (folder, "") => folder.into(),
        (folder, rest) => format!("{folder}/{rest}"),
    }
}

/// Whether the path in an import leads from a folder to a source: `../src/size`.
fn leads(source: &Source<'_>, folder: &str, path: &str) -> bool {
    if !path.starts_with('.') || !path.contains('/') {
        return false;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let (wanted, relative) = (parts.join("/"), source.here.relative());
    let plain = relative.rsplit_once('.').map_or(relative, |(plain, _)| plain);
    let written = wanted.rsplit_once('.').filter(|(_, extension)| source.language.runs_as.contains_key(*extension));
    written.map_or(wanted.as_str(), |(stem, _)| stem) == plain || naming::of_folder(source.language, plain) == Some(wanted.as_str())
}

/// The folders of a path, without leading ones that just say that sources lie there.
fn sources(folder: &str) -> impl Iterator<Item = &str> {
    folder.split('/').filter(|part| !part.is_empty()).skip_while(|part| lists(&files::folders().sources, part))
}

/// How many folders two files share, from the root on.
pub fn shared_folders(a: &WorkspacePath, b: &WorkspacePath) -> usize {
    if a.root() != b.root() {
        return 0;
    }
    let folders = |path: &WorkspacePath| path.folder().split('/').map(String::from).collect::<Vec<_>>();
    1 + common_start(&folders(a), &folders(b))
}

/// A file as a dotted module, below the folder of its packages.
pub fn module(source: &Source<'_>) -> String {
    let (session, language, here) = (source.session, source.language, source.here);
    let plain = here.relative().rsplit_once('.').map_or(here.relative(), |(plain, _)| plain);
    let holds = |folder: &str| {
        let root = here.to_string();
        let root = root.strip_suffix(here.relative()).unwrap_or_default();
        naming::folder_files(language).any(|stem| {
            let file = session.snapshot.roots.resolve(&format!("{root}{folder}/{stem}.{}", here.extension()));
            file.is_ok_and(|file| session.index.find(&file).is_some())
        })
    };
    let around = std::iter::successors(Some(here.folder()), |folder| folder.rsplit_once('/').map(|(around, _)| around));
    let top = around.take_while(|folder| !folder.is_empty() && holds(folder)).last();
    let below = top.map(|top| top.rsplit_once('/').map_or(plain, |(outside, _)| &plain[outside.len() + 1..]));
    let plain = below.unwrap_or_else(|| {
        files::folders().sources.iter().find_map(|folder| plain.strip_prefix(folder.as_str())?.strip_prefix('/')).unwrap_or(plain)
    });
    naming::of_folder(language, plain).unwrap_or(plain).replace('/', ".")
}

/// The relative path from one file to another without extension, as in imports.
pub fn way(from: &WorkspacePath, to: &WorkspacePath) -> String {
    let parts = |path: &WorkspacePath| path.folder().split('/').filter(|part| !part.is_empty()).map(String::from).collect::<Vec<_>>();
    let (from, folders) = (parts(from), parts(to));
    let shared = common_start(&from, &folders);
    let up = from.len() - shared;
    let start = if up == 0 { "./".to_string() } else { "../".repeat(up) };
    let down: String = folders[shared..].iter().map(|part| format!("{part}/")).collect();
    let stem = to.name().rsplit_once('.').map_or(to.name(), |(stem, _)| stem);
    format!("{start}{down}{stem}")
}

/// Whether tests are collected in a folder of this name.
fn collects(folder: &str) -> bool {
    lists(&files::folders().collect_tests, folder)
}
