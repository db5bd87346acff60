//! Where things in a file come from: the module a name is imported from, the bases of a type. By names only, since the index knows no
//! types.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use regex::Regex;

use super::origin::Origin;
use super::references::RenamedDefinition;
use crate::features::Session;
use crate::index::FileId;
use crate::syntax::uses::Variable;
use crate::syntax::{self, Facts, Language, Parsed, Reach, lists};
use crate::text::words;

/// Most types between one and a base of it.
pub(in crate::features::edit) const MAX_BASES: usize = 6;

/// A text that uses the name.
pub(in crate::features::edit) struct UsingText<'a> {
    pub path: &'a str,
    pub id: Option<FileId>,
    pub parsed: &'a Parsed,
    pub facts: Facts<'a>,
    pub variables: Vec<Variable>,
    /// The type that the definition is a member of is named in the text.
    pub names_container: bool,
    /// The name is imported from outside of the workspace, or for another reason does not mean the definition.
    pub foreign: OnceCell<bool>,
}

impl RenamedDefinition<'_> {
    /// Where an imported name comes from. `Ours` means from a file that uses the name of the definition.
    pub(in crate::features::edit) fn imported(&self, place: &UsingText<'_>, bound: &str) -> Option<Origin> {
        let index = &self.session.index;
        let (id, file) = (place.id?, index.file(place.id?)?);
        // An included file binds no name of its own: `#include <string.h>`.
        if place.parsed.language().reach == Some(Reach::Includes) {
            return None;
        }
        let whole = |module: &str| module.rsplit(['.', ':', '/']).next() == Some(bound);
        let binds = |exactly: bool| {
            file.imports().iter().find(|import| {
                let taken = file.imported(import);
                let line = || place.parsed.text().lines().nth(import.line as usize).unwrap_or_default();
                match taken.is_empty() {
                    false => taken.iter().any(|(_, here)| index.text(*here) == bound),
                    true if exactly => whole(index.text(import.module)) && !line().trim_start().starts_with('#'),
                    // An included file brings names of its own.
                    true => !line().trim_start().starts_with('#') && words::has(line(), bound),
                }
            })
        };
        let import = binds(true).or_else(|| binds(false))?;
        if let Some(file) = index.resolve(id, import) {
            let uses = index.name(self.name).is_some_and(|name| index.file(file).is_some_and(|file| file.count(name) > 0));
            return Some(if file == self.file || uses { Origin::Ours } else { Origin::Unknown });
        }
        Some(if self.is_project(place.parsed.language(), index.text(import.module)) { Origin::Ours } else { Origin::Foreign })
    }

    /// Whether a module is named like a project of the workspace.
    pub(in crate::features::edit) fn is_project(&self, language: &Language, module: &str) -> bool {
        let head = module.split(['.', ':', '/']).next().unwrap_or_default();
        if lists(&language.modules_by_place, head) || module.starts_with('.') {
            return true;
        }
        let projects = self.projects.get_or_init(|| projects(self.session));
        projects.iter().any(|project| {
            project == head || module.strip_prefix(project.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The original name of what is imported under another one.
    pub(in crate::features::edit) fn own_name(&self, place: &UsingText<'_>, bound: &str) -> Option<&str> {
        let index = &self.session.index;
        let file = index.file(place.id?)?;
        let mut taken = file.imports().iter().flat_map(|import| file.imported(import));
        taken.find(|(_, here)| index.text(*here) == bound).map(|(there, _)| index.text(*there))
    }

    /// Whether a type has the members of another by derivation; unknown if its bases are outside of the workspace.
    pub(in crate::features::edit) fn derives(&self, name: &str, container: &str, levels: usize) -> Origin {
        let index = &self.session.index;
        let types = self.named(name).into_iter().filter(|id| index.symbol(*id).is_some_and(|symbol| symbol.kind.is_type()));
        let bases = types.flat_map(|id| index.file(id.file).into_iter().flat_map(move |file| file.bases(id.index as usize)));
        let mut bases = bases.map(|base| index.text(base)).peekable();
        if bases.peek().is_none() {
            return if self.named(name).is_empty() { Origin::Unknown } else { Origin::Foreign };
        }
        let ours =
            bases.any(|base| base == container || levels > 0 && base != name && self.derives(base, container, levels - 1) == Origin::Ours);
        if ours { Origin::Ours } else { Origin::Unknown }
    }
}

impl UsingText<'_> {
    /// Whether a place lies in a type, or in a method of it.
    pub(in crate::features::edit) fn is_inside(&self, container: &str, at: usize) -> bool {
        let text = self.parsed.text();
        let is = |known: &syntax::Definition| known.name.of(text) == container || known.container.of(text) == container;
        self.facts.definitions.iter().any(|known| known.item.range().contains(&at) && is(known))
    }

    /// Whether a place lies in a type but in none of its methods (what stands above a method is not in it).
    pub(in crate::features::edit) fn is_in_body_of(&self, container: &str, at: usize) -> bool {
        let holds = |known: &&syntax::Definition| {
            let inside = (known.signature.start as usize..known.item.end as usize).contains(&at);
            inside && (known.kind.is_type() || known.kind.is_callable())
        };
        let innermost = self.facts.definitions.iter().filter(holds).min_by_key(|known| known.item.end - known.signature.start);
        innermost.is_some_and(|known| known.name.of(self.parsed.text()) == container && known.kind.is_type())
    }

    /// The innermost type around a place.
    pub(in crate::features::edit) fn class(&self, at: usize) -> Option<&str> {
        let types = self.facts.definitions.iter().filter(|known| known.kind.is_type() && known.item.range().contains(&at));
        types.min_by_key(|known| known.item.end - known.item.start).map(|known| known.name.of(self.parsed.text()))
    }

    /// The outermost function around a place.
    pub(in crate::features::edit) fn function(&self, at: usize) -> Option<Range<usize>> {
        let functions = self.facts.definitions.iter().filter(|known| known.kind.is_callable());
        functions.map(|known| known.item.range()).find(|range| range.contains(&at))
    }
}

/// The identifier at the end of a text, or before the brackets there.
pub(in crate::features::edit) fn last_word(text: &str) -> &str {
    words::last(text.trim_end_matches(['?', '!']))
}

/// The names under which the workspace's projects are imported.
fn projects(session: &Session) -> Vec<String> {
    let (mut names, mut read) = (vec![], HashSet::new());
    let languages = session.shared.registry.languages().iter();
    for manifest in languages.flat_map(|language| &language.manifests).filter(|manifest| read.insert(&manifest.file)) {
        let Ok(name) = Regex::new(&manifest.name) else { continue };
        let files = session.index.files().filter(|(_, file)| file.path.name() == manifest.file);
        for text in files.filter_map(|(_, file)| session.snapshot.read_exact(&file.path).ok()) {
            let found = name.captures_iter(&text).filter_map(|found| found.get(1));
            names.extend(found.flat_map(|name| [name.as_str().to_string(), name.as_str().replace('-', "_")]));
        }
    }
    names
}
