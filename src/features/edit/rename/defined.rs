//! The definitions of a name in one family of languages; those that belong together count as one.

use super::imports::MAX_BASES;
use super::origin::Origin;
use super::references::RenamedDefinition;
use crate::features::Session;
use crate::index::{FileId, Symbol, SymbolId};
use crate::syntax::{Kind, naming, scope};

/// One definition of a name.
pub(in crate::features::edit) struct Defined {
    pub kind: Kind,
    pub file: FileId,
    pub container: Option<String>,
    /// The variable whose value it is a member of: `const store = { load() {} }`.
    pub holder: Option<String>,
    pub place: String,
    /// Where its item begins.
    start: usize,
    pub has_body: bool,
    in_header: bool,
}

impl Defined {
    /// Whether two belong together: overloads, or a property's getter and setter.
    pub fn stands_with(&self, other: &Self) -> bool {
        self.file == other.file && self.container == other.container && self.holder == other.holder
    }
}

/// The symbols with a name, in files of this family of languages; of all files without one.
pub(in crate::features::edit) fn symbols(session: &Session, name: &str, family: Option<&str>) -> Vec<SymbolId> {
    let mut found = session.index.named(name);
    found.retain(|id| is_of_family(session, id.file, family));
    found
}

/// Whether a file is of a family of languages.
pub(in crate::features::edit) fn is_of_family(session: &Session, file: FileId, family: Option<&str>) -> bool {
    let of = || session.index.file(file).and_then(|file| file.language.as_ref().map(|language| language.family.clone()));
    family.is_none_or(|family| of().is_some_and(|of| of == family))
}

/// The definitions of a name. Constructors belong to their type, declarations to what they declare.
pub(in crate::features::edit) fn definitions(session: &Session, name: &str, family: Option<&str>) -> Vec<Defined> {
    let known = symbols(session, name, family).into_iter().filter_map(|id| {
        let (symbol, file) = (session.index.symbol(id)?, session.index.file(id.file)?);
        let container = symbol.container().map(|container| session.index.text(container).to_string());
        let place = format!("{}:{}", file.path, symbol.name_line + 1);
        let in_header = file.language.as_ref().is_some_and(|language| naming::is_header(language, file.path.extension()));
        let holder = if container.is_none() { holder(session, id.file, symbol) } else { None };
        let has_body = !symbol.body.is_empty();
        let (kind, file, start) = (symbol.kind, id.file, symbol.item.range().start);
        Some(Defined { kind, file, container, holder, place, start, has_body, in_header })
    });
    let mut found: Vec<Defined> = known.filter(|one| one.kind != Kind::Reexport).collect();
    if found.iter().any(|one| one.kind.is_type()) {
        found.retain(|one| !one.kind.is_callable() || one.container.as_deref() != Some(name));
    }
    // A header's declaration has one definition at most, or as many in one file as there are overloads.
    let declares =
        |one: &Defined| one.in_header && !one.has_body && (one.kind.is_callable() || matches!(one.kind, Kind::Variable | Kind::Attribute));
    let defined: Vec<(Option<String>, FileId)> =
        found.iter().filter(|one| !declares(one)).map(|one| (one.container.clone(), one.file)).collect();
    let is_defined_once = |container: &Option<String>| {
        let mut files = defined.iter().filter(|(of, _)| of == container).map(|(_, file)| *file);
        files.next().is_some_and(|first| files.all(|file| file == first))
    };
    found.retain(|one| !declares(one) || !is_defined_once(&one.container));
    found
}

/// The definition that all others belong to: they are parts of it, or stand in types derived from its own.
pub(in crate::features::edit) fn root<'a>(session: &Session, name: &str, all: &'a [Defined]) -> Option<&'a Defined> {
    all.iter().find(|root| {
        let meant = RenamedDefinition::new(session, name, root);
        all.iter().all(|other| other.stands_with(root) || meant.is_overridden_by(root, other))
    })
}

impl RenamedDefinition<'_> {
    /// Whether another definition overrides the root, in a type derived from the root's.
    fn is_overridden_by(&self, root: &Defined, other: &Defined) -> bool {
        let (Some(base), Some(container)) = (&root.container, &other.container) else { return false };
        let is_type =
            |name: &str| self.named(name).into_iter().any(|id| self.session.index.symbol(id).is_some_and(|one| one.kind.is_type()));
        // A trait may also require types and constants.
        let is_of_type = |one: &Defined| one.kind.is_callable() || matches!(one.kind, Kind::Attribute | Kind::Type | Kind::Constant);
        if base == container || ![root, other].into_iter().all(is_of_type) || !is_type(base) || !is_type(container) {
            return false;
        }
        self.derives(container, base, MAX_BASES) == Origin::Ours
            || self.trait_around(other).is_some_and(|of| of == *base)
            || self.satisfies(other, base)
    }

    /// The trait of the block around a definition.
    fn trait_around(&self, one: &Defined) -> Option<String> {
        let path = &self.session.index.file(one.file)?.path;
        let (text, parsed) = self.session.parsed(path).ok()?;
        let of = text.get(scope::trait_of(&parsed?, one.start)?)?;
        let path = of.split('<').next().unwrap_or(of).trim();
        Some(path.rsplit("::").next().unwrap_or(path).to_string())
    }
}

/// The innermost variable around a member without a type.
fn holder(session: &Session, file: FileId, member: &Symbol) -> Option<String> {
    if !matches!(member.kind, Kind::Method | Kind::Attribute) {
        return None;
    }
    let around = |one: &&Symbol| one.item.start < member.item.start && member.item.end <= one.item.end;
    let variables = session.index.file(file)?.symbols.iter().filter(|one| matches!(one.kind, Kind::Variable | Kind::Constant));
    let innermost = variables.filter(around).min_by_key(|one| one.item.end - one.item.start)?;
    Some(session.index.text(innermost.name).to_string())
}
