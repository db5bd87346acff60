//! Where the owner of a member comes from: traced to a written type, in this file or at a function or field that the index knows. No types
//! are inferred. A holder of values of a type is told apart from such a value, and what nothing tells is unknown.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::Arc;

use super::imports::{MAX_BASES, UsingText};
use super::references::RenamedDefinition;
use super::type_text::{around_parameters, may_hold, outer, shape, without};
use crate::index::{FileId, Symbol, SymbolId};
use crate::syntax::uses::{self, Assignment};
use crate::syntax::value::{self, Made};
use crate::syntax::{Kind, Language, Reach, TypeWords, lists};
use crate::text::words;

/// Most values that are looked at for one member.
const MAX_VALUES: usize = 200;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::features::edit) enum Origin {
    Ours,
    /// It holds what is ours: a list, a lock, an optional value.
    Held,
    Foreign,
    /// It has another type of the workspace, which may have fields of ours.
    Other,
    /// It is foreign, and nothing tells what it holds.
    Holder,
    Unknown,
}

impl Origin {
    fn part(self) -> Self {
        match self {
            Self::Held => Self::Ours,
            Self::Holder | Self::Other => Self::Unknown,
            _ => self,
        }
    }

    fn held(self) -> Self {
        match self {
            Self::Ours => Self::Held,
            Self::Unknown | Self::Other => Self::Holder,
            _ => self,
        }
    }

    /// The origin of a value that has one of these.
    fn of_all(origins: impl IntoIterator<Item = Self>) -> Self {
        let origins: Vec<Self> = origins.into_iter().collect();
        let has = |origin| origins.contains(&origin);
        match () {
            () if has(Self::Ours) => Self::Ours,
            () if has(Self::Held) => Self::Held,
            () if has(Self::Unknown) => Self::Unknown,
            () if has(Self::Holder) => Self::Holder,
            () if has(Self::Other) => Self::Other,
            () if has(Self::Foreign) => Self::Foreign,
            () => Self::Unknown,
        }
    }
}

/// A search for the type `container`, in one text.
pub(in crate::features::edit) struct Look<'a> {
    pub meant: &'a RenamedDefinition<'a>,
    pub place: &'a UsingText<'a>,
    pub container: &'a str,
    left: Cell<usize>,
    /// Values being looked at, since a variable may be assigned from itself.
    open: RefCell<Vec<Range<usize>>>,
}

impl<'a> Look<'a> {
    /// A search that begins at `place`.
    pub fn new(meant: &'a RenamedDefinition<'a>, place: &'a UsingText<'a>, container: &'a str) -> Self {
        Self { meant, place, container, left: Cell::new(MAX_VALUES), open: RefCell::default() }
    }

    /// Whether the type's member is meant by a member of the value in these bytes.
    pub fn member_of(&self, value: &Range<usize>) -> Origin {
        match self.value(value) {
            Origin::Held if !lists(&self.types().container_members, self.meant.name) => Origin::Ours,
            Origin::Holder | Origin::Other => Origin::Foreign,
            origin => origin,
        }
    }

    fn text(&self, range: &Range<usize>) -> &'a str {
        self.place.parsed.text().get(range.clone()).unwrap_or_default()
    }

    fn language(&self) -> &Language {
        self.place.parsed.language()
    }

    fn types(&self) -> &TypeWords {
        &self.language().types
    }

    fn names(&self, text: &str) -> bool {
        words::has(text, self.container)
    }

    fn value(&self, range: &Range<usize>) -> Origin {
        let Some(left) = self.left.get().checked_sub(1) else { return Origin::Unknown };
        self.left.set(left);
        let text = self.text(range);
        if self.types().is_own(text) {
            return self.own(range.start);
        }
        if lists(&self.types().none, text) {
            return Origin::Foreign;
        }
        self.open.borrow_mut().push(range.clone());
        let found = match value::made(self.place.parsed, range) {
            Made::Literal => Origin::Foreign,
            Made::Name(name) => self.variable(&name),
            Made::Member { of, name } => self.field(&of, &name),
            // What a module is depends on its file.
            Made::Call { .. } if self.meant.is_loaded(self.place, range) => Origin::Unknown,
            Made::Call { of, name, arguments } => self.call(of.as_ref(), &name, &arguments),
            Made::Element(of) => self.value(&of).part(),
            Made::Same(parts) => Origin::of_all(parts.iter().map(|part| self.value(part))),
            Made::Holds(parts) if parts.is_empty() => Origin::Holder,
            Made::Holds(parts) => Origin::of_all(parts.iter().map(|part| self.value(part))).held(),
            Made::Typed(kind) => self.kind(self.text(&kind)),
            Made::Unknown => Origin::Unknown,
        };
        self.open.borrow_mut().pop();
        match found {
            Origin::Unknown if self.names(text) => Origin::Ours,
            Origin::Holder if self.names(text) => Origin::Held,
            _ => found,
        }
    }

    /// The instance or the type around a method.
    fn own(&self, at: usize) -> Origin {
        if self.place.is_inside(self.container, at) {
            return Origin::Ours;
        }
        self.place.class(at).map_or(Origin::Unknown, |class| self.of_type(class))
    }

    /// An instance of a type of the workspace, or something inside of one.
    fn of_type(&self, name: &str) -> Origin {
        if name == self.container {
            return Origin::Ours;
        }
        match self.meant.derives(name, self.container, MAX_BASES) {
            Origin::Foreign => Origin::Other,
            origin => origin,
        }
    }

    fn variable(&self, name: &Range<usize>) -> Origin {
        let word = self.text(name);
        let near = self.near(word, name.start);
        let is_bound = !near.is_empty() || {
            let bound = uses::variables(self.place.parsed, word);
            bound.iter().any(|one| one.is_meant_at(name.start))
        };
        // A local binding hides an import.
        if !is_bound && self.meant.imported(self.place, word) == Some(Origin::Foreign) {
            return Origin::Foreign;
        }
        let told = if near.is_empty() { uses::given(self.place.parsed, word) } else { near };
        let told: Vec<Assignment> = told.into_iter().filter(|given| !self.is_open(given)).collect();
        if !told.is_empty() {
            return self.given_all(&told);
        }
        if is_bound { Origin::Unknown } else { self.known(word) }
    }

    /// What a variable gets its value from, in the function around a place; in the innermost one where functions are passed on.
    fn near(&self, word: &str, at: usize) -> Vec<Assignment> {
        let function = self.place.function(at);
        let is_near = |given: &Assignment| match &given.scope {
            Some(scope) => scope.contains(&at),
            None => function.as_ref().is_some_and(|function| function.contains(&given.range.start)),
        };
        let near: Vec<Assignment> = uses::given(self.place.parsed, word).into_iter().filter(is_near).collect();
        let innermost = near.iter().filter_map(|given| given.scope.clone()).max_by_key(|scope| scope.start);
        near.into_iter().filter(|given| innermost.is_none() || given.scope == innermost).collect()
    }

    fn is_open(&self, given: &Assignment) -> bool {
        given.value.as_ref().is_some_and(|value| self.open.borrow().contains(value))
    }

    /// A written type says more than values.
    fn given_all(&self, told: &[Assignment]) -> Origin {
        let typed = told.iter().any(|given| given.kind.is_some());
        let told = told.iter().filter(|given| !typed || given.kind.is_some());
        Origin::of_all(told.map(|given| self.given(given)))
    }

    fn given(&self, given: &Assignment) -> Origin {
        let kind = given.kind.as_ref().map_or(Origin::Unknown, |kind| self.kind(self.text(kind)));
        let origin = match (kind, &given.value) {
            (Origin::Unknown, Some(value)) => self.value(value),
            _ => kind,
        };
        if given.part { origin.part() } else { origin }
    }

    /// A top-level name that is not bound in the text.
    fn known(&self, word: &str) -> Origin {
        let index = &self.meant.session.index;
        let known = self.meant.named(word);
        if known.is_empty() && self.is_taken(word) {
            return Origin::Unknown;
        }
        if known.is_empty() {
            let language = self.language();
            let text = self.place.parsed.text();
            let never_alone = || {
                let mut places = words::places(text, word);
                places.all(|at| text[at.end..].starts_with(['.', '?']) || text[at.end..].starts_with("::"))
            };
            let is_type = word.starts_with(char::is_uppercase);
            return if is_type || !language.bare_members && never_alone() { Origin::Foreign } else { Origin::Unknown };
        }
        Origin::of_all(known.into_iter().map(|id| match index.symbol(id) {
            Some(symbol) if symbol.kind.is_type() => self.derived(word),
            Some(symbol) if matches!(symbol.kind, Kind::Variable | Kind::Constant) => self.declared(id, symbol),
            _ => Origin::Unknown,
        }))
    }

    /// A type of the workspace; another type may inherit the member from somewhere else.
    fn derived(&self, name: &str) -> Origin {
        let derives = name == self.container || self.meant.derives(name, self.container, MAX_BASES) == Origin::Ours;
        if derives { Origin::Ours } else { Origin::Unknown }
    }

    /// A variable or a field, by the text that declares it.
    fn declared(&self, id: SymbolId, symbol: &Symbol) -> Origin {
        let Some(text) = self.meant.text(id.file) else { return Origin::Unknown };
        let item = symbol.item.of(&text);
        match item.split_once('=') {
            Some((kind, _)) if self.names(kind) => self.kind(kind),
            Some((_, value)) if self.names(value) => Origin::Ours,
            Some(_) => Origin::Unknown,
            None => self.kind(&without(item, self.meant.session.index.text(symbol.name))),
        }
    }

    fn field(&self, of: &Range<usize>, name: &Range<usize>) -> Origin {
        if matches!(self.value(of), Origin::Foreign | Origin::Holder) {
            return Origin::Foreign;
        }
        let word = self.text(name);
        // Other numbers tell nothing about the first field of a tuple.
        if word.starts_with(|first: char| first.is_ascii_digit()) {
            return Origin::Unknown;
        }
        let told = uses::given(self.place.parsed, word);
        let told: Vec<Assignment> = told.into_iter().filter(|given| given.scope.is_none() && !self.is_open(given)).collect();
        if !told.is_empty() {
            return self.given_all(&told);
        }
        let index = &self.meant.session.index;
        Origin::of_all(self.meant.named(word).into_iter().filter_map(|id| {
            let symbol = index.symbol(id)?;
            Some(match symbol.kind {
                Kind::Attribute | Kind::Variable | Kind::Constant => self.declared(id, symbol),
                Kind::Method | Kind::Function => self.result(id, symbol),
                _ => Origin::Unknown,
            })
        }))
    }

    /// Whether a name is imported from a file of the workspace, which may use another name: `import build from './shape'`.
    fn is_taken(&self, word: &str) -> bool {
        matches!(self.meant.imported(self.place, word), Some(Origin::Ours | Origin::Unknown))
    }

    fn call(&self, of: Option<&Range<usize>>, name: &Range<usize>, arguments: &[Range<usize>]) -> Origin {
        let index = &self.meant.session.index;
        let bound = self.text(name);
        let callee = self.meant.own_name(self.place, bound).unwrap_or(bound);
        let known: Vec<(SymbolId, &Symbol)> = index.named(callee).into_iter().filter_map(|id| Some((id, index.symbol(id)?))).collect();
        if known.iter().any(|(_, symbol)| symbol.kind.is_type()) {
            return self.of_type(callee);
        }
        match of {
            None => self.call_alone(name, callee, &known, arguments),
            Some(of) => self.call_on(of, callee, &known, arguments),
        }
    }

    /// What a function returns that is called by its plain name.
    fn call_alone(&self, name: &Range<usize>, callee: &str, known: &[(SymbolId, &Symbol)], arguments: &[Range<usize>]) -> Origin {
        let bound = || uses::variables(self.place.parsed, self.text(name));
        let is_parameter = || bound().iter().any(|one| one.is_meant_at(name.start));
        match self.results(known, None) {
            Some(Origin::Unknown) if matches!(self.of_any(arguments), Origin::Ours | Origin::Held) => Origin::Held,
            Some(result) => result,
            None if is_parameter() || self.may_be_inherited(name.start) || self.is_taken(self.text(name)) => Origin::Unknown,
            None => self.through_library(callee, arguments),
        }
    }

    /// What a member returns that is called.
    fn call_on(&self, of: &Range<usize>, callee: &str, known: &[(SymbolId, &Symbol)], arguments: &[Range<usize>]) -> Origin {
        let text = self.text(of);
        if !self.meant.named(text).is_empty()
            && text.starts_with(char::is_uppercase)
            && let Some(result) = self.results(known, Some(text))
        {
            return result;
        }
        match self.value(of) {
            Origin::Foreign if lists(&self.types().transparent, text) => self.of_any(arguments),
            Origin::Foreign => self.through_library(callee, arguments),
            Origin::Holder if lists(&self.types().container_members, callee) => Origin::Unknown,
            Origin::Holder => Origin::Foreign,
            Origin::Ours => self.results(known, Some(self.container)).unwrap_or(Origin::Ours),
            // One call further it may be taken out of its holder.
            Origin::Held => Origin::Held.part(),
            Origin::Unknown | Origin::Other => self.results(known, None).unwrap_or(Origin::Unknown),
        }
    }

    /// What functions of a name return, only those of a type if one is given; none where there are none.
    fn results(&self, known: &[(SymbolId, &Symbol)], container: Option<&str>) -> Option<Origin> {
        let index = &self.meant.session.index;
        let of = known.iter().filter(|(_, symbol)| symbol.kind.is_callable() || symbol.kind == Kind::Macro);
        let of = of.filter(|(_, symbol)| container.is_none() || symbol.container().map(|id| index.text(id)) == container);
        let results: Vec<Origin> = of.map(|(id, symbol)| self.result(*id, symbol)).collect();
        (!results.is_empty()).then(|| Origin::of_all(results))
    }

    /// The origin of a value that is one of these.
    fn of_any(&self, values: &[Range<usize>]) -> Origin {
        Origin::of_all(values.iter().map(|value| self.value(value)))
    }

    /// What a library makes of something ours may be ours; of anything else it is not.
    fn through_library(&self, callee: &str, arguments: &[Range<usize>]) -> Origin {
        match self.of_any(arguments) {
            Origin::Ours | Origin::Held => Origin::Held,
            Origin::Unknown if lists(&self.language().passes_on, callee) && !arguments.is_empty() => Origin::Unknown,
            Origin::Foreign => Origin::Foreign,
            Origin::Unknown | Origin::Holder | Origin::Other => Origin::Holder,
        }
    }

    /// Whether a function called by its plain name may belong to a type around, inherited or not.
    fn may_be_inherited(&self, at: usize) -> bool {
        let language = self.language();
        language.bare_members && self.place.class(at).is_some() || language.reach == Some(Reach::Includes)
    }

    /// What a function returns: by its written type, else by its return statements.
    fn result(&self, id: SymbolId, symbol: &Symbol) -> Origin {
        let index = &self.meant.session.index;
        let Some(text) = self.meant.text(id.file) else { return Origin::Unknown };
        let name = index.text(symbol.name);
        let (before, after) = around_parameters(symbol.signature.of(&text), name);
        let is_before = self.types().result_first && !after.contains("->");
        let written = if is_before { before } else { after };
        let is_own = words::all(written).any(|word| self.types().is_own(word));
        if is_own && let Some(container) = symbol.container() {
            return self.kind(index.text(container));
        }
        match self.kind(written) {
            Origin::Unknown => {
                let body = symbol.body.of(&text);
                let gives = body.lines().any(|line| line.trim_start().starts_with(&self.types().gives) && self.names(line));
                if gives { Origin::Ours } else { Origin::Unknown }
            }
            origin => origin,
        }
    }

    /// A value whose type is an alias with this name, perhaps with members of its own; none if that is not ours.
    fn alias(&self, id: SymbolId, symbol: &Symbol) -> Option<Origin> {
        self.left.set(self.left.get().checked_sub(1)?);
        let text = self.meant.text(id.file)?;
        let said = match symbol.kind {
            Kind::Type => symbol.item.of(&text),
            // `type Inner = Outer & { own: number }`
            Kind::Interface if self.types().alias.as_ref().is_some_and(|word| words::has(symbol.signature.of(&text), word)) => {
                symbol.signature.of(&text)
            }
            _ => return None,
        };
        let of = without(said, self.meant.session.index.text(symbol.name));
        Some(self.kind(&of)).filter(|of| matches!(of, Origin::Ours | Origin::Held))
    }

    /// A value of a written type.
    pub fn kind(&self, text: &str) -> Origin {
        if let Some(origin) = shape(self.types(), text, self.container) {
            return origin;
        }
        // A type that requires a member of this name may be given ours.
        if words::has(text, self.meant.name) {
            return Origin::Unknown;
        }
        let index = &self.meant.session.index;
        let (types, mut is_known, mut is_written) = (self.types(), false, false);
        let is_name = |word: &&str| word.starts_with(|first: char| first.is_alphabetic() || first == '_') && !lists(&types.modifiers, word);
        for word in words::all(text).filter(is_name) {
            is_written = true;
            for id in self.meant.named(word) {
                let Some(symbol) = index.symbol(id).filter(|symbol| symbol.kind.is_type() || symbol.kind == Kind::Type) else { continue };
                is_known = true;
                if symbol.kind.is_type() && self.derived(word) == Origin::Ours {
                    return shape(self.types(), text, word).unwrap_or(Origin::Ours);
                }
                if let Some(of) = self.alias(id, symbol) {
                    return of;
                }
            }
            let is_parameter = word.len() <= 2 && word.starts_with(char::is_uppercase);
            is_known |= is_parameter || lists(&types.any, word) || self.is_taken(word);
        }
        let of_library = self.meant.named(outer(text)).is_empty() && may_hold(types, text);
        let says_what = text.contains(['<', '[']) && !text.ends_with("<>");
        match () {
            () if !is_written || is_known && !of_library => Origin::Unknown,
            () if of_library && (is_known || !says_what) => Origin::Holder,
            () => Origin::Foreign,
        }
    }
}

impl RenamedDefinition<'_> {
    /// The text of a file in the index.
    pub(in crate::features::edit) fn text(&self, file: FileId) -> Option<Arc<str>> {
        if let Some(known) = self.texts.borrow().get(&file) {
            return known.clone();
        }
        let path = self.session.index.file(file).map(|file| &file.path);
        let text = path.and_then(|path| self.session.snapshot.read_exact(path).ok());
        self.texts.borrow_mut().insert(file, text.clone());
        text
    }
}
