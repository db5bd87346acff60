//! Where the tests of a file are: in the file itself, as Rust has it, or in a test file of its own, which is made where there is none. How
//! such a file is called and what it begins with is data of the language.

use std::sync::Arc;

use super::layout::fitted;
use super::rename::Changed;
use super::{given, imports, inside};
use crate::context::{Masked, fence};
use crate::features::{Session, Site};
use crate::syntax::scope::Item;
use crate::syntax::{self, Kind, Language, TestFiles};
use crate::text::Ending;
use crate::text::layout::with_line_feeds;
use crate::workspace::WorkspacePath;

/// Lines at the end of a test file that show how tests look there.
const STYLE: usize = 40;
/// Folders in which tests are collected.
const FOLDERS: &[&str] = &["tests", "test", "__tests__"];

/// The test file of a source file.
#[derive(Clone, Debug)]
pub struct Beside {
    pub path: WorkspacePath,
    /// None for one that is to be made.
    text: Option<Arc<str>>,
    language: Arc<Language>,
    /// What it begins with, and the line that brings the item in; empty where the language has none.
    head: String,
    import: String,
    /// What is tested.
    name: String,
    /// Blank lines between two tests.
    gap: &'static str,
}

impl Beside {
    /// None where tests stand in the file itself, or where nothing may be changed beside it.
    pub fn find(session: &Session, site: &Site, item: &Item) -> Option<Self> {
        let language = site.language.as_ref()?;
        let here = site.document_path()?;
        let Some(rules) = language.tests.as_ref() else { return Self::of_module(session, site, item) };
        // A test file has its tests in itself.
        if rules.are_of(here.name()) {
            return None;
        }
        let path = test_file(session, language, rules, here)?;
        if session.closed_path(&path).is_some() {
            return None;
        }
        let text = session.snapshot.read_exact(&path).ok();
        let outer = site.place().items.into_iter().find(|outer| outer.kind != Kind::Module);
        let name = outer.map_or(item.name.clone(), |outer| outer.name);
        let package = site.text.lines().find_map(|line| line.strip_prefix("package ")).map_or("main", str::trim).to_string();
        let fill = |template: &Option<String>| {
            let template = template.clone().unwrap_or_default();
            let filled = template.replace("{package}", &package).replace("{name}", &name);
            filled.replace("{module}", &module(here)).replace("{path}", &way(&path, here))
        };
        let gap = if language.indented { "\n\n" } else { "\n" };
        let (head, import) = (fill(&rules.head), fill(&rules.import));
        Some(Self { head, import, path, text, name, gap, language: language.clone() })
    }

    /// The file of a test module that the file only declares.
    fn of_module(session: &Session, site: &Site, item: &Item) -> Option<Self> {
        let (module, here) = (inside::module(site, item)?, site.document_path()?);
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
        if !matches!(stem, "lib" | "main" | "mod") {
            folders.insert(0, stem);
        }
        let below: String = folders.iter().map(|folder| format!("{folder}/")).collect();
        let name = module.name.of(&site.text);
        let said = site.text[module.item.range()].split_once("path = \"").and_then(|(_, rest)| rest.split('"').next());
        let ways = match said {
            Some(path) => vec![format!("{folder}{path}")],
            None => vec![format!("{folder}{below}{name}.rs"), format!("{folder}{below}{name}/mod.rs")],
        };
        let paths: Vec<WorkspacePath> = ways.iter().filter_map(|way| session.snapshot.roots.resolve(way).ok()).collect();
        let known = paths.iter().find(|path| session.snapshot.read_exact(path).is_ok());
        let path = known.or(paths.first()).filter(|path| session.closed_path(path).is_none())?.clone();
        let text = session.snapshot.read_exact(&path).ok();
        let (head, import) = ("use super::*;\n".into(), String::new());
        Some(Self { path, text, language: site.language.clone()?, head, import, name: item.name.clone(), gap: "\n" })
    }

    /// For the model: where its tests will stand, and how those look that stand there.
    pub fn words(&self) -> String {
        let Some(text) = &self.text else {
            return format!("They go into the new file {}, in which `{}` is imported already.", self.path, self.name);
        };
        let text = with_line_feeds(text);
        let lines: Vec<&str> = text.lines().collect();
        let first = lines.len().saturating_sub(STYLE);
        let place = Some((first as u32 + 1, lines.len() as u32));
        let start: usize = text.split_inclusive('\n').take(first).map(str::len).sum();
        let shown = fence::quote(&self.path.to_string(), place, &Masked::stretch(&text, start..text.len()));
        format!(
            "They go behind the tests of {}, in their style, and need no imports of what is imported there. It ends so:\n{shown}",
            self.path
        )
    }

    /// The places that `words` shows.
    pub fn shown(&self) -> Option<String> {
        let lines = with_line_feeds(self.text.as_ref()?).lines().count();
        Some(format!("{}:{}-{lines}", self.path, lines.saturating_sub(STYLE) + 1))
    }

    /// The file with these tests at its end.
    pub fn with(&self, code: &str) -> Changed {
        let (imports, tests) = imports::split(&self.language, &given::tests(&self.language, code));
        let before = self.text.clone().unwrap_or_default();
        let text = if self.text.is_some() { Ending::Lf.apply(&before) } else { self.head.clone() };
        let mut text = imports::added(&self.language, text, &self.import, &self.name, imports);
        let end = text.trim_end().len();
        text.truncate(end);
        let gap = if text.is_empty() { "" } else { self.gap };
        let joined = format!("{text}{}{gap}{}\n", if text.is_empty() { "" } else { "\n" }, fitted(&tests, "").trim());
        Changed { path: self.path.clone(), before: self.text.clone(), after: Ending::of(&before).apply(&joined) }
    }
}

/// The file that the tests of a source go into: one of its own that there is, else a new one.
fn test_file(session: &Session, language: &Arc<Language>, rules: &TestFiles, here: &WorkspacePath) -> Option<WorkspacePath> {
    let (stem, extension) = here.name().rsplit_once('.')?;
    let names: Vec<String> = rules.names.iter().map(|name| name.replace("{stem}", stem).replace("{ext}", extension)).collect();
    let named = session.index.files().map(|(_, file)| &file.path).filter(|path| names.iter().any(|name| *name == path.name()));
    let fit = named.filter(|path| path.root() == here.root()).filter_map(|path| Some((belongs(session, language, path, here)?, path)));
    let nearest = fit.max_by_key(|(how, path)| (*how, shared_folders(path, here), std::cmp::Reverse(path.relative().len())));
    if let Some((_, path)) = nearest {
        return Some(path.clone());
    }
    let own = folder_of(here);
    let tests = collecting(session, rules, here);
    let mirrored =
        tests.as_ref().map(|tests| format!("{tests}{}", sources(here.folder()).map(|part| format!("{part}/")).collect::<String>()));
    let ways = tests.iter().chain(&mirrored).chain([&own]).map(|folder| format!("{folder}{}", names[0])).collect::<Vec<_>>();
    let mut paths = ways.iter().filter_map(|way| session.snapshot.roots.resolve(way).ok());
    // A file of that name is the tests of another source.
    paths.find(|path| session.snapshot.read_exact(path).is_err())
}

/// How surely a test file of the right name is that of a source: it imports it, stands beside it, lies where it lies below a folder of tests,
/// or there is no other source of that name. None for one that is rather another's.
fn belongs(session: &Session, language: &Arc<Language>, test: &WorkspacePath, here: &WorkspacePath) -> Option<u8> {
    if test.folder() == here.folder() {
        return Some(3);
    }
    let text = session.snapshot.read_exact(test).ok();
    let parsed = text.and_then(|text| syntax::parse(language, text).ok());
    let imports = parsed.map(|parsed| syntax::tags(&parsed, test.relative()).imports).unwrap_or_default();
    let alone =
        || session.index.files().filter(|(_, file)| file.path.name() == here.name() && file.path.root() == here.root()).count() == 1;
    let full = module(here);
    let means = |path: &str| full == path || path.contains('.') && full.ends_with(&format!(".{path}"));
    let imported = imports.iter().any(|import| {
        let of_names = || import.names.iter().any(|(name, _)| means(&format!("{}.{name}", import.module)));
        means(&import.module) || of_names() || leads(test.folder(), &import.module, here)
    });
    if imported {
        return Some(2);
    }
    let own: Vec<&str> = sources(here.folder()).collect();
    let there: Vec<&str> = test.folder().split('/').filter(|part| !part.is_empty() && !FOLDERS.contains(part)).collect();
    let below_tests = test.folder().split('/').any(|part| FOLDERS.contains(&part));
    let there: Vec<&str> = sources(&there.join("/")).map(|part| own.iter().find(|own| **own == part).copied().unwrap_or("?")).collect();
    if below_tests && !own.is_empty() && there.ends_with(&own) {
        return Some(2);
    }
    (below_tests && own.starts_with(&there) && alone()).then_some(1)
}

/// Whether a path of an import statement leads from a folder to a source: `../src/size`.
fn leads(folder: &str, path: &str, here: &WorkspacePath) -> bool {
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
    let (wanted, relative) = (parts.join("/"), here.relative());
    let plain = relative.rsplit_once('.').map_or(relative, |(plain, _)| plain);
    let stem = |path: &str| path.strip_suffix(".js").or(path.strip_suffix(".ts")).unwrap_or(path).to_string();
    stem(&wanted) == plain || plain.strip_suffix("/index") == Some(wanted.as_str())
}

/// The folders of a path without the first ones that only say that sources lie there.
fn sources(folder: &str) -> impl Iterator<Item = &str> {
    folder.split('/').filter(|part| !part.is_empty()).skip_while(|part| matches!(*part, "src" | "lib"))
}

/// How many folders two files have in common, from the root on.
fn shared_folders(a: &WorkspacePath, b: &WorkspacePath) -> usize {
    if a.root() != b.root() {
        return 0;
    }
    1 + a.folder().split('/').zip(b.folder().split('/')).take_while(|(a, b)| a == b).count()
}

/// The folder of a file, with a closing `/`.
fn folder_of(path: &WorkspacePath) -> String {
    path.to_string().strip_suffix(path.name()).unwrap_or_default().to_string()
}

/// The folder in which tests are collected, with a closing `/`: one beside the source or above it.
fn collecting(session: &Session, rules: &TestFiles, here: &WorkspacePath) -> Option<String> {
    let above = |path: &WorkspacePath| {
        let folder = path.folder();
        let (around, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        FOLDERS.contains(&last) && (around.is_empty() || here.folder() == around || here.folder().starts_with(&format!("{around}/")))
    };
    let tests = session.index.files().map(|(_, file)| &file.path);
    let tests = tests.filter(|path| path.root() == here.root() && rules.are_of(path.name()) && above(path));
    tests.max_by_key(|path| (shared_folders(path, here), std::cmp::Reverse(path.relative().len()))).map(folder_of)
}

/// A Python file as a module: without the folder that sources lie in.
fn module(here: &WorkspacePath) -> String {
    let plain = here.relative().rsplit_once('.').map_or(here.relative(), |(plain, _)| plain);
    let plain = plain.strip_prefix("src/").or(plain.strip_prefix("lib/")).unwrap_or(plain);
    plain.strip_suffix("/__init__").unwrap_or(plain).replace('/', ".")
}

/// The way from one file to another, without its extension, as import lines have it.
fn way(from: &WorkspacePath, to: &WorkspacePath) -> String {
    let parts = |path: &WorkspacePath| path.folder().split('/').filter(|part| !part.is_empty()).map(String::from).collect::<Vec<_>>();
    let (from, folders) = (parts(from), parts(to));
    let shared = from.iter().zip(&folders).take_while(|(a, b)| a == b).count();
    let up = from.len() - shared;
    let start = if up == 0 { "./".to_string() } else { "../".repeat(up) };
    let down: String = folders[shared..].iter().map(|part| format!("{part}/")).collect();
    let stem = to.name().rsplit_once('.').map_or(to.name(), |(stem, _)| stem);
    format!("{start}{down}{stem}")
}
