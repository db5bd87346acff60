//! The names under which the projects of a workspace are imported, and which projects the head of an import can mean.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use regex::Regex;

use super::Corpus;
use crate::context::numbers::NumberSet;
use crate::index::View;
use crate::syntax::Language;
use crate::workspace::{WorkspacePath, folder_of};

/// A folder with a manifest, and the name in it.
#[derive(Clone, Debug)]
pub struct Project {
    pub folder: Box<str>,
    pub names: Vec<Box<str>>,
    /// Whether its files use another project only if one of them names it.
    pub bounded: bool,
}

impl Project {
    /// Whether a path is in the project's folder.
    pub fn holds(&self, path: &str) -> bool {
        self.folder.is_empty() || path.strip_prefix(&*self.folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// For each project, those that its files may mean; determined on first use.
#[derive(Clone, Default)]
pub struct Meant(Box<[OnceLock<NumberSet<u32>>]>);

impl Meant {
    fn new(projects: usize) -> Self {
        Self((0..projects).map(|_| OnceLock::new()).collect())
    }
}

/// The projects of a workspace, deepest folders first.
pub fn projects(view: &View, read: impl Fn(&WorkspacePath) -> Option<Arc<str>>) -> Vec<Project> {
    let mut found = vec![];
    let mut languages: HashSet<&str> = HashSet::new();
    let known = view.files().filter_map(|(_, file)| file.language.as_deref());
    let mut known: Vec<&Language> = known.filter(|language| languages.insert(&language.name)).collect();
    // A folder may have several manifests; the first is taken.
    known.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let mut seen = HashSet::new();
    for manifest in known.iter().flat_map(|language| &language.manifests).filter(|manifest| seen.insert(&manifest.file)) {
        let Ok(name) = Regex::new(&manifest.name) else { continue };
        for (_, file) in view.files().filter(|(_, file)| file.path.name() == manifest.file) {
            let Some(text) = read(&file.path) else { continue };
            let path = file.path.to_string();
            let folder = folder_of(&path).into();
            let names = name.captures_iter(&text).filter_map(|found| Some(found.get(1)?.as_str().into())).collect();
            found.push(Project { folder, names, bounded: manifest.bounded });
        }
    }
    found.sort_by(|a, b| b.folder.len().cmp(&a.folder.len()).then_with(|| a.folder.cmp(&b.folder)));
    found
}

/// A name as written in imports: `my-crate` is imported as `my_crate`.
fn as_module(name: &str) -> Box<str> {
    name.to_lowercase().replace('-', "_").into()
}

impl Corpus {
    /// Collects the words that can begin, or occur in, a module path of the workspace.
    pub(super) fn name_modules(&mut self) {
        let folders = self.folders.iter().flat_map(|folder| folder.parts.iter()).map(|part| as_module(part));
        let stems = self.stems.iter().map(|(_, stem)| as_module(stem));
        let projects = self.projects.iter().flat_map(|project| project.names.iter()).map(|name| as_module(name));
        let files = self.files.iter().filter_map(|digest| digest.path.rsplit('/').next()?.split('.').next()).map(as_module);
        let modules: NumberSet<Box<str>> = folders.chain(stems).chain(projects).chain(files).collect();
        self.modules = Arc::new(modules);
        self.project_of = Arc::new(self.files.iter().map(|digest| self.project(&digest.path)).collect());
    }

    /// Whether anything in the workspace may be a module of this name.
    pub fn has_module(&self, name: &str) -> bool {
        self.modules.contains(&as_module(name))
    }

    /// The innermost project that contains a path.
    pub fn project(&self, path: &str) -> Option<u32> {
        self.projects.iter().position(|project| project.holds(path)).map(|at| at as u32)
    }

    /// The innermost project that contains a file.
    pub fn project_of(&self, file: u32) -> Option<u32> {
        self.project_of[file as usize]
    }

    /// The folders of the projects whose name a module path begins with.
    pub fn folders_of(&self, module: &str) -> Vec<String> {
        let of = |project: &Project| {
            let rest = project.names.iter().find_map(|name| module.strip_prefix(&**name))?;
            let inner = if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }?;
            Some([&*project.folder, inner].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/"))
        };
        self.projects.iter().filter_map(of).collect()
    }

    /// The projects that the files of one may mean: itself, and those whose names they have. None if there is no limit.
    pub fn projects_for(&self, own: u32) -> Option<&NumberSet<u32>> {
        if !self.projects[own as usize].bounded {
            return None;
        }
        Some(self.meant.0[own as usize].get_or_init(|| {
            let ours = |file: u32| self.project_of(file) == Some(own);
            let named = |name: &str| self.name(&name.replace('-', "_")).is_some_and(|name| self.users(name).any(ours));
            let others = (0..).zip(self.projects.iter());
            let meant = others.filter(|(at, other)| *at == own || !other.bounded || other.names.iter().any(|name| named(name)));
            meant.map(|(at, _)| at).collect()
        }))
    }

    /// Forgets which projects may be meant, because files have changed.
    pub(super) fn forget_meant(&mut self) {
        self.meant = Meant::new(self.projects.len());
    }
}
