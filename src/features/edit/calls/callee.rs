//! Which uses of a name are calls of one function, and not of another function with that name, on other types or with other parameters.
//! Where names do not tell, a person is told of the place and nothing is rewritten.

use std::ops::Range;
use std::sync::Arc;

use super::{Call, whole_lines};
use crate::features::edit::rename::defined;
use crate::features::edit::rename::references::RenamedDefinition;
use crate::features::{Session, Site};
use crate::index::FileId;
use crate::syntax::scope::Item;
use crate::syntax::uses::{self, Stands, Use, Within};
use crate::syntax::{Definition, Kind, Parsed};
use crate::text::lines::line_number;
use crate::workspace::WorkspacePath;

/// What a use of a name in code means when a signature changes.
pub(in crate::features::edit) enum UseOfCallee {
    Call(Call),
    /// The 1-based line of a use that is not a call, may be of something else, or is too long to show.
    Other(usize),
}

/// A function whose calls are searched for.
pub(in crate::features::edit) struct Callee<'a> {
    session: &'a Session,
    item: &'a Item,
    /// None if the index does not know it: then the name alone decides.
    meant: Option<RenamedDefinition<'a>>,
    file: Option<FileId>,
    /// Files that declare it without a body.
    declared: Vec<FileId>,
    rivals: Vec<Rival>,
    /// The parameters of its overloads: how many, and whether there may be more.
    overloads: Vec<(usize, bool)>,
    takes: Option<(usize, bool)>,
}

/// Another definition of the same name.
struct Rival {
    file: FileId,
    /// It is at the top level.
    is_free: bool,
}

/// Which function a use is of.
enum Whose {
    Ours,
    Anothers,
    Unclear,
}

impl<'a> Callee<'a> {
    /// Gathers what is known of an item and of other functions with its name.
    pub fn new(session: &'a Session, site: &Site, item: &'a Item) -> Self {
        let file = site.document_path().and_then(|path| session.index.find(path));
        let known = site.definition_of(item);
        let container = known.as_ref().and_then(|known| known.parent).and_then(|parent| site.definitions().get(parent as usize));
        let container = container.map(|around| around.name.of(&site.text));
        let family = site.language.as_ref().map(|language| language.family.as_str());
        let own = defined::definitions(session, &item.name, family)
            .into_iter()
            .find(|one| Some(one.file) == file && one.container.as_deref() == container);
        let (declared, rivals) = Self::elsewhere(session, site, item, file, container);
        let meant = own.map(|own| RenamedDefinition::new(session, &item.name, &own));
        let meant = meant.map(|meant| if rivals.is_empty() { meant } else { meant.one_of_many() });
        let takes = |one: &Definition| parameters(site.parsed()?, one.name.end as usize);
        let overloads = site.language.as_ref().is_some_and(|language| language.overloads);
        let beside = |one: &&Definition| {
            known.as_ref().is_some_and(|known| one.name.start != known.name.start && one.parent == known.parent && one.kind.is_callable())
                && one.name.of(&site.text) == item.name
        };
        let beside = site.definitions().iter().filter(|_| overloads).filter(beside).filter_map(takes).collect();
        Self { session, item, meant, file, declared, rivals, overloads: beside, takes: known.as_ref().and_then(takes) }
    }

    /// The files that declare the function without a body, and the other functions of its name.
    fn elsewhere(session: &Session, site: &Site, item: &Item, own: Option<FileId>, container: Option<&str>) -> (Vec<FileId>, Vec<Rival>) {
        let (mut declared, mut rivals) = (vec![], vec![]);
        let family = site.language.as_ref().map(|language| language.family.as_str());
        for id in session.index.named(&item.name) {
            let (Some(symbol), Some(file)) = (session.index.symbol(id), session.index.file(id.file)) else { continue };
            let other_language = file.language.as_ref().is_some_and(|language| Some(language.family.as_str()) != family);
            let inside = symbol.container().map(|container| session.index.text(container));
            if other_language || symbol.kind == Kind::Reexport || Some(id.file) == own && inside == container {
                continue;
            }
            if symbol.body.is_empty() && symbol.kind.is_callable() && inside == container {
                declared.push(id.file);
            } else {
                rivals.push(Rival { file: id.file, is_free: inside.is_none() });
            }
        }
        (declared, rivals)
    }

    /// The uses in one file: calls, declarations, and other uses that may have to follow. `exact` is the file's exact text; without a path
    /// it is the current file.
    pub fn found(&self, parsed: &Parsed, exact: &Arc<str>, path: Option<&WorkspacePath>, id: Option<FileId>) -> Vec<UseOfCallee> {
        let (text, name) = (parsed.text(), &self.item.name);
        // A variable of that name is something else, and so is a member that is not called.
        let variables = uses::variables(parsed, name);
        let hidden = |range: &Range<usize>| variables.iter().any(|one| one.is_meant_at(range.start));
        let signature = &self.item.signature;
        let inside = |range: &Range<usize>| path.is_none() && signature.start <= range.start && range.end <= signature.end;
        let shown = path.map_or_else(|| "".to_string(), WorkspacePath::to_string);
        let meant = self.meant.as_ref().map(|meant| meant.uses(&shown, id, parsed));
        let whose = |range: &Range<usize>, stands: &Stands, call: Option<&Range<usize>>| {
            let by_name = match &meant {
                None => self.by_file(id, stands),
                Some(Err(_)) => Whose::Unclear,
                Some(Ok(found)) if found.spots.iter().any(|spot| spot.range == *range) => self.by_file(id, stands),
                Some(Ok(found)) if found.unclear.contains(range) => Whose::Unclear,
                Some(Ok(_)) => Whose::Anothers,
            };
            match (by_name, call) {
                (Whose::Ours, Some(call)) => self.by_arguments(parsed, call),
                (by_name, _) => by_name,
            }
        };
        let in_code = uses::mentions(parsed, name).into_iter().filter(|one| one.within == Within::Code && !inside(&one.range));
        let sorted = in_code.filter_map(|one| {
            let (range, line) = (&one.range, line_number(text, one.range.start));
            match uses::use_of(parsed, range) {
                Use::Call(place) => match whose(range, &one.stands, Some(&place)) {
                    Whose::Ours => Some(whole_lines(text, exact, path, &place)),
                    Whose::Unclear => Some(UseOfCallee::Other(line)),
                    Whose::Anothers => None,
                },
                Use::Declared(place) => match whose(range, &one.stands, None) {
                    Whose::Anothers => None,
                    _ => Some(whole_lines(text, exact, path, &place)),
                },
                Use::Value if !hidden(range) => match whose(range, &one.stands, None) {
                    Whose::Anothers => None,
                    _ => Some(UseOfCallee::Other(line)),
                },
                _ => None,
            }
        });
        sorted.collect()
    }

    /// If there are several functions of the name, a use without receiver means that of its own file, or of its imports.
    fn by_file(&self, id: Option<FileId>, stands: &Stands) -> Whose {
        if self.rivals.is_empty() || id == self.file || matches!(stands, Stands::Member(_)) {
            return Whose::Ours;
        }
        let (Some(id), index) = (id, &self.session.index) else { return Whose::Unclear };
        let free = |one: &&Rival| one.is_free;
        if self.rivals.iter().filter(free).any(|one| one.file == id) {
            return Whose::Anothers;
        }
        let Some(file) = index.file(id) else { return Whose::Unclear };
        let taken: Vec<FileId> = file.imports().iter().filter_map(|import| index.resolve(id, import)).collect();
        let ours = self.file.iter().chain(&self.declared).any(|file| taken.contains(file));
        let anothers = self.rivals.iter().filter(free).any(|one| taken.contains(&one.file));
        let folder = |id: FileId| index.file(id).map(|file| file.path.folder().to_string());
        let beside = self.file.and_then(folder) == Some(file.path.folder().to_string());
        match (ours, anothers) {
            (true, false) => Whose::Ours,
            (false, true) => Whose::Anothers,
            // A package is a folder.
            (false, false) if beside && !self.rivals.iter().filter(free).any(|one| folder(one.file) == folder(id)) => Whose::Ours,
            _ => Whose::Unclear,
        }
    }

    /// Among overloads, the one with as many parameters is called.
    fn by_arguments(&self, parsed: &Parsed, call: &Range<usize>) -> Whose {
        if self.overloads.is_empty() {
            return Whose::Ours;
        }
        let Some((given, _)) = call.end.checked_sub(1).and_then(|end| uses::between_brackets(parsed, end)) else { return Whose::Unclear };
        let fits = |(count, more): &(usize, bool)| *count == given || *more && given + 1 >= *count;
        match (self.overloads.iter().any(fits), self.takes.as_ref().is_some_and(fits)) {
            (true, true) => Whose::Unclear,
            (true, false) => Whose::Anothers,
            (false, _) => Whose::Ours,
        }
    }
}

/// The number of parameters behind a name, and whether there may be more.
fn parameters(parsed: &Parsed, behind: usize) -> Option<(usize, bool)> {
    let opening = behind + parsed.text()[behind..].find('(')?;
    uses::between_brackets(parsed, opening)
}
