//! What a name is defined as: its definitions in one family of languages, where those that belong together are one.

use crate::features::Session;
use crate::index::{FileId, Symbol, SymbolId};
use crate::syntax::Kind;

/// One definition of a name.
pub(super) struct Defined {
    pub kind: Kind,
    pub file: FileId,
    pub container: Option<String>,
    /// The variable whose value it is a member of: `const store = { load() {} }`.
    pub holder: Option<String>,
    pub place: String,
    has_body: bool,
    in_header: bool,
}

impl Defined {
    /// Whether another is a part of the same: an overload, a property that is read and set.
    pub fn stands_with(&self, other: &Self) -> bool {
        self.file == other.file && self.container == other.container && self.holder == other.holder
    }
}

/// The symbols of a name in the files of a family of languages; of all where none is given.
pub(super) fn symbols(session: &Session, name: &str, family: Option<&str>) -> Vec<SymbolId> {
    let mut found = session.index.named(name);
    found.retain(|id| is_of_family(session, id.file, family));
    found
}

/// Whether a file is of a family of languages.
pub(super) fn is_of_family(session: &Session, file: FileId, family: Option<&str>) -> bool {
    let of = || session.index.file(file).and_then(|file| file.language.as_ref().map(|language| language.family.clone()));
    family.is_none_or(|family| of().is_some_and(|of| of == family))
}

/// The definitions of a name. Constructors are their type's, and what is only declared is what is defined elsewhere.
pub(super) fn definitions(session: &Session, name: &str, family: Option<&str>) -> Vec<Defined> {
    let known = symbols(session, name, family).into_iter().filter_map(|id| {
        let (symbol, file) = (session.index.symbol(id)?, session.index.file(id.file)?);
        let container = symbol.container().map(|container| session.index.text(container).to_string());
        let place = format!("{}:{}", file.path, symbol.name_line + 1);
        let declared_first = file.language.as_ref().is_some_and(|language| language.declared_first);
        let extension = file.path.name().rsplit('.').next().unwrap_or_default();
        let in_header = declared_first && extension.starts_with('h');
        let holder = if container.is_none() { holder(session, id.file, symbol) } else { None };
        let has_body = !symbol.body.is_empty();
        Some(Defined { kind: symbol.kind, file: id.file, container, holder, place, has_body, in_header })
    });
    let mut found: Vec<Defined> = known.filter(|one| one.kind != Kind::Reexport).collect();
    if found.iter().any(|one| one.kind.is_type()) {
        found.retain(|one| !one.kind.is_callable() || one.container.as_deref() != Some(name));
    }
    // Of what a header declares there is one definition at most.
    let declares =
        |one: &Defined| one.in_header && !one.has_body && (one.kind.is_callable() || matches!(one.kind, Kind::Variable | Kind::Attribute));
    let declared: Vec<Option<String>> = found.iter().filter(|one| declares(one)).map(|one| one.container.clone()).collect();
    let is_declared = |one: &Defined| !declares(one) && declared.contains(&one.container);
    if found.iter().filter(|one| is_declared(one)).count() == 1 {
        found.retain(|one| !declares(one) || !declared.contains(&one.container));
    }
    found
}

/// The innermost variable around a member that no type has.
fn holder(session: &Session, file: FileId, member: &Symbol) -> Option<String> {
    if !matches!(member.kind, Kind::Method | Kind::Attribute) {
        return None;
    }
    let around = |one: &&Symbol| one.item.start < member.item.start && member.item.end <= one.item.end;
    let variables = session.index.file(file)?.symbols.iter().filter(|one| matches!(one.kind, Kind::Variable | Kind::Constant));
    let innermost = variables.filter(around).min_by_key(|one| one.item.end - one.item.start)?;
    Some(session.index.text(innermost.name).to_string())
}
