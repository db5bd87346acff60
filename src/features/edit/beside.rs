//! Where the tests of a file are: in the file itself, as Rust has it, or in a test file of its own, which is made where there is none. How
//! such a file is called and what it begins with is data of the language.

use std::sync::Arc;

use super::layout::fitted;
use super::rename::Changed;
use crate::context::{Masked, fence};
use crate::features::{Session, Site};
use crate::syntax::scope::Item;
use crate::syntax::{Kind, TestFiles, uses};
use crate::text::Ending;
use crate::text::layout::with_line_feeds;
use crate::workspace::WorkspacePath;

/// Lines at the end of a test file that show how tests look there.
const STYLE: usize = 40;
/// Folders in which tests are collected.
const FOLDERS: &[&str] = &["tests", "test"];

/// The test file of a source file.
#[derive(Clone, Debug)]
pub struct Beside {
    pub path: WorkspacePath,
    /// None for one that is to be made.
    text: Option<Arc<str>>,
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
        let rules = language.tests.as_ref()?;
        let here = site.document_path()?;
        let (stem, extension) = here.name().rsplit_once('.')?;
        let names: Vec<String> = rules.names.iter().map(|name| name.replace("{stem}", stem).replace("{ext}", extension)).collect();
        // A test file has its tests in itself.
        if rules.names.iter().any(|name| is_test(name, here.name())) {
            return None;
        }
        let known = session.index.files().map(|(_, file)| &file.path).filter(|path| names.iter().any(|name| *name == path.name()));
        let nearest = known.max_by_key(|path| (shared_folders(path, here), std::cmp::Reverse(path.relative().len()))).cloned();
        let path = match nearest {
            Some(path) => path,
            None => session.snapshot.roots.resolve(&format!("{}{}", folder(session, rules, here), names.first()?)).ok()?,
        };
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
        Some(Self { head, import, path, text, name, gap })
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
        let (imports, tests) = split(code);
        let before = self.text.clone().unwrap_or_default();
        let mut text = Ending::Lf.apply(&before);
        if self.text.is_none() {
            text = self.head.clone();
        }
        let mut wanted = imports;
        if !self.import.is_empty() && uses::words(&text, &self.name).next().is_none() {
            wanted.retain(|line| uses::words(line, &self.name).next().is_none());
            wanted.insert(0, self.import.clone());
        }
        let at = end_of_imports(&text);
        for line in wanted.iter().rev().filter(|line| !text.lines().any(|known| known == line.as_str())).collect::<Vec<_>>() {
            text.insert_str(at, &format!("{line}\n"));
        }
        let end = text.trim_end().len();
        text.truncate(end);
        let gap = if text.is_empty() { "" } else { self.gap };
        let joined = format!("{text}{}{gap}{}\n", if text.is_empty() { "" } else { "\n" }, fitted(&tests, "").trim());
        Changed { path: self.path.clone(), before: self.text.clone(), after: Ending::of(&before).apply(&joined) }
    }
}

/// Whether a file name fits a pattern with `{stem}` and `{ext}`.
fn is_test(pattern: &str, name: &str) -> bool {
    let (start, rest) = pattern.split_once("{stem}").unwrap_or((pattern, ""));
    let end = rest.split("{ext}").next().unwrap_or(rest);
    name.starts_with(start) && (end.is_empty() || name[start.len()..].contains(end))
}

/// How many folders two files have in common, from the root on.
fn shared_folders(a: &WorkspacePath, b: &WorkspacePath) -> usize {
    if a.root() != b.root() {
        return 0;
    }
    1 + a.folder().split('/').zip(b.folder().split('/')).take_while(|(a, b)| a == b).count()
}

/// The folder of a new test file, with a closing `/`: where other tests are collected, else that of the source.
fn folder(session: &Session, rules: &TestFiles, here: &WorkspacePath) -> String {
    let own = here.to_string();
    let own = own.strip_suffix(here.name()).unwrap_or_default().to_string();
    let tests = session.index.files().map(|(_, file)| &file.path).filter(|path| {
        let last = path.folder().rsplit('/').next().unwrap_or_default();
        path.root() == here.root() && FOLDERS.contains(&last) && rules.names.iter().any(|name| is_test(name, path.name()))
    });
    let nearest = tests.max_by_key(|path| (shared_folders(path, here), std::cmp::Reverse(path.relative().len())));
    nearest.and_then(|path| Some(path.to_string().strip_suffix(path.name())?.to_string())).unwrap_or(own)
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

/// The import lines that a model put first, and the tests behind them. What a Go file begins with is there already.
fn split(code: &str) -> (Vec<String>, String) {
    let (mut imports, mut lines) = (vec![], code.lines().peekable());
    while let Some(line) = lines.peek().copied() {
        let blank = line.trim().is_empty() || line.starts_with("package ");
        let block = line.starts_with("import (");
        if !blank && !is_import(line) {
            break;
        }
        lines.next();
        if block {
            lines.by_ref().find(|line| line.starts_with(')'));
        } else if !blank && line != "import \"testing\"" {
            imports.push(line.trim_end().to_string());
        }
    }
    (imports, lines.collect::<Vec<_>>().join("\n"))
}

fn is_import(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("from ") || line.starts_with("const ") && line.contains("require(")
}

/// Where another import goes: behind the last one.
fn end_of_imports(text: &str) -> usize {
    let mut at = 0;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        // An import of several lines ends where its bracket does.
        if is_import(line) && !line.trim_end().ends_with(['(', '{']) {
            end = at;
        }
    }
    end
}
