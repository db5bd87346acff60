//! Which uses of a name mean the definition that is renamed. The index knows no types: a member of something else that has the same name is
//! told by what it is a member of, where that comes from, and what the file imports. Where nothing tells, it is unclear, and said so.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::defined::{self, Defined};
use super::origin::{Look, Origin};
use super::whence::{BY_PLACE, MOST_BASES, Place, last_word};
use crate::features::Session;
use crate::features::edit::fit::layout::opened;
use crate::index::{FileId, SymbolId};
use crate::syntax::uses::{self, Mention, Special, Stands, Within};
use crate::syntax::{self, Kind, Parsed, Reach, naming};
use crate::text::lines::line_number;
use crate::text::words;

/// What stands for the instance, or the type, around a method.
const OWN: &[&str] = &["self", "this", "cls", "Self", "super", "super()"];

/// A place that gets the new name, with what is written around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub range: Range<usize>,
    before: String,
    after: String,
}

impl Spot {
    pub fn plain(range: Range<usize>) -> Self {
        Self { range, before: String::new(), after: String::new() }
    }

    /// A shorthand whose variable has the new name: the field keeps the old one.
    pub fn variable_of(text: &str, name: &str, at: &Range<usize>, whole: &Range<usize>) -> Self {
        Self { range: whole.clone(), before: format!("{name}: {}", &text[whole.start..at.start]), after: String::new() }
    }

    /// A shorthand whose field has the new name: the variable keeps the old one.
    fn field_of(text: &str, whole: &Range<usize>) -> Self {
        Self { range: whole.clone(), before: String::new(), after: format!(": {}", &text[whole.clone()]) }
    }

    pub fn text(&self, new: &str) -> String {
        format!("{}{new}{}", self.before, self.after)
    }
}

/// The uses in one text.
#[derive(Debug, Default)]
pub struct Found {
    pub spots: Vec<Spot>,
    /// In strings, which stay.
    pub in_strings: usize,
    /// Those of other things of that name.
    pub others: Vec<Range<usize>>,
    /// Those that may mean the definition or not.
    pub unclear: Vec<Range<usize>>,
}

/// What a definition is part of.
enum Home {
    Free,
    /// A module, or a function.
    Inside(String),
    Member(String),
}

/// A name as the definition that is renamed has it.
pub struct Meant<'a> {
    pub(in crate::features::edit) session: &'a Session,
    pub(in crate::features::edit) name: &'a str,
    pub(in crate::features::edit) kind: Kind,
    /// The languages in which it has this meaning.
    family: String,
    pub(in crate::features::edit) file: FileId,
    home: Home,
    /// Types that are derived from that one, and define the name anew.
    overriders: Vec<String>,
    /// Others are called so, too: what the text around merely suggests is not enough.
    is_one_of_many: bool,
    pub(in crate::features::edit) projects: OnceCell<Vec<String>>,
    /// What the file of the definition says that its package is.
    pub(in crate::features::edit) package: OnceCell<Option<String>>,
    /// What the file of the definition includes, and the files that say its name.
    pub(in crate::features::edit) included: OnceCell<(HashSet<FileId>, HashSet<FileId>)>,
    /// Texts of other files that were asked for.
    pub(in crate::features::edit) texts: RefCell<HashMap<FileId, Option<Arc<str>>>>,
}

/// What a use means.
enum Verdict {
    Follows(Spot),
    /// A variable in a function.
    Variable,
    Other,
    Unclear,
}

impl<'a> Meant<'a> {
    pub(in crate::features::edit) fn new(session: &'a Session, name: &'a str, defined: &Defined) -> Self {
        let family = session.index.file(defined.file).and_then(|file| file.language.as_ref().map(|language| language.family.clone()));
        let is_type = |container: &str| {
            let known = defined::symbols(session, container, family.as_deref());
            let known: Vec<Kind> = known.into_iter().filter_map(|id| Some(session.index.symbol(id)?.kind)).collect();
            known.iter().any(|kind| kind.is_type() || *kind == Kind::Type) || known.is_empty()
        };
        let home = match &defined.container {
            None => defined.holder.clone().map_or(Home::Free, Home::Member),
            // Functions have methods, too, where they make instances.
            Some(container) if is_type(container) || defined.kind == Kind::Method => Home::Member(container.clone()),
            Some(container) => Home::Inside(container.clone()),
        };
        let family = family.clone().unwrap_or_default();
        let (overriders, projects, package, included, texts, is_one_of_many) = Default::default();
        let (kind, file) = (defined.kind, defined.file);
        Self { session, name, kind, family, file, home, overriders, is_one_of_many, projects, package, included, texts }
    }

    /// The same where others are called so, too.
    pub fn one_of_many(self) -> Self {
        Self { is_one_of_many: true, ..self }
    }

    /// The same where other definitions are those of the same name for types that are derived from its own.
    pub(in crate::features::edit) fn overridden(self, by: &[&Defined]) -> Self {
        Self { overriders: by.iter().filter_map(|one| one.container.clone()).collect(), ..self }
    }

    /// The types that it is a member of.
    fn containers(&self) -> impl Iterator<Item = &str> {
        let own = match &self.home {
            Home::Member(container) => Some(container.as_str()),
            _ => None,
        };
        own.into_iter().chain(self.overriders.iter().map(String::as_str))
    }

    /// The definitions of another name, where that can mean something to this one.
    pub(in crate::features::edit) fn named(&self, name: &str) -> Vec<SymbolId> {
        defined::symbols(self.session, name, Some(&self.family))
    }

    /// What has to be named before its names stand alone: a module inside of a file, or the type of a variant.
    pub(in crate::features::edit) fn inside(&self) -> Option<&str> {
        match &self.home {
            Home::Inside(container) => Some(container),
            Home::Member(container) if self.kind == Kind::Variant => Some(container),
            _ => None,
        }
    }

    pub(in crate::features::edit) fn is_free(&self) -> bool {
        matches!(self.home, Home::Free)
    }

    pub fn is_member(&self) -> bool {
        matches!(self.home, Home::Member(_))
    }

    /// The uses in a text.
    ///
    /// # Errors
    /// In a function that has a variable of that name the name is also called: which of the two is meant, only types tell.
    pub fn uses(&self, path: &str, id: Option<FileId>, parsed: &Parsed) -> Result<Found, String> {
        let text = parsed.text();
        let place = self.place(path, id, parsed);
        let (mut found, mut comments) = (Found::default(), vec![]);
        for one in uses::mentions(parsed, self.name) {
            match one.within {
                Within::Text if self.is_named_by(&place, &one) => found.spots.push(Spot::plain(one.range)),
                Within::Text => found.in_strings += 1,
                Within::Comment if is_code(text, &one.range) => comments.push(Spot::plain(one.range)),
                Within::Comment => {}
                Within::Code => match self.verdict(&place, &one)? {
                    Verdict::Follows(spot) => found.spots.push(spot),
                    Verdict::Variable => {}
                    Verdict::Other => found.others.push(one.range),
                    Verdict::Unclear => found.unclear.push(one.range),
                },
            }
        }
        if !found.spots.is_empty() {
            found.spots.append(&mut comments);
            found.spots.sort_by_key(|spot| spot.range.start);
        }
        Ok(found)
    }

    /// Whether one use in code means it, for menus: the others in the text are not looked at.
    pub fn follows(&self, path: &str, id: Option<FileId>, parsed: &Parsed, one: &Mention) -> bool {
        matches!(self.verdict(&self.place(path, id, parsed), one), Ok(Verdict::Follows(_)))
    }

    fn place<'p>(&self, path: &'p str, id: Option<FileId>, parsed: &'p Parsed) -> Place<'p> {
        let variables = uses::variables(parsed, self.name);
        let names_container = !self.is_one_of_many && self.containers().any(|container| words::has(parsed.text(), container));
        let (facts, foreign) = (syntax::tags(parsed, path), OnceCell::new());
        Place { path, id, parsed, facts, variables, names_container, foreign }
    }

    fn verdict(&self, place: &Place<'_>, one: &Mention) -> Result<Verdict, String> {
        let text = place.parsed.text();
        let plain = || Verdict::Follows(Spot::plain(one.range.clone()));
        // What a type is called is a part of other names, too: `~Shape`, `operator Shape`.
        let covers =
            |name: Range<usize>| name == one.range || self.kind.is_type() && name.start <= one.range.start && one.range.end <= name.end;
        let defines = |known: &syntax::Definition| known.kind != Kind::Reexport && covers(known.name.range());
        if place.facts.definitions.iter().any(defines) {
            return Ok(plain());
        }
        match one.place {
            Special::MacroParameter => return Ok(Verdict::Variable),
            Special::Macro => return Ok(self.in_macro(place, one)),
            Special::Tag if !self.kind.is_type() => return Ok(Verdict::Other),
            // Neither a function nor a value is a module.
            Special::Path if self.kind.is_callable() || matches!(self.kind, Kind::Variable | Kind::Constant | Kind::Attribute) => {
                return Ok(Verdict::Other);
            }
            Special::Tag | Special::Path | Special::No => {}
        }
        let may_be_variable = match one.stands {
            Stands::Alone => !matches!(one.place, Special::Tag | Special::Path),
            // As a field it may be meant all the same.
            Stands::Shorthand(..) => !matches!(self.home, Home::Member(_)),
            Stands::Member(_) | Stands::Key(_) => false,
        };
        if may_be_variable && self.is_variable(place, &one.range) {
            let called = text[one.range.end..].starts_with('(');
            let callable = matches!(self.kind, Kind::Function | Kind::Method | Kind::Macro);
            if called && callable && !matches!(self.home, Home::Member(_)) {
                let (name, path, line) = (self.name, place.path, line_number(text, one.range.start));
                return Err(format!(
                    "`{name}` is a variable in {path} too, and called at line {line}; the index cannot tell which is meant there: use the \
                     rename of your language server"
                ));
            }
            return Ok(Verdict::Variable);
        }
        Ok(match (&one.stands, &self.home) {
            (Stands::Alone, Home::Member(_)) => {
                if self.containers().any(|container| self.is_bare(place, container, &one.range)) {
                    plain()
                } else {
                    Verdict::Other
                }
            }
            (Stands::Alone, _) if self.is_imported_from_elsewhere(place) => Verdict::Other,
            (Stands::Alone, _) => plain(),
            (Stands::Member(of), Home::Member(_)) => self.member_of_any(place, one, of),
            (Stands::Member(of), _) if self.is_our_module(place, one, of) => plain(),
            (Stands::Member(of), _) if self.may_be_loaded(place, of) => Verdict::Unclear,
            (Stands::Member(_) | Stands::Key(_), Home::Free | Home::Inside(_)) => Verdict::Other,
            (Stands::Key(of) | Stands::Shorthand(of, _), Home::Member(container)) => match self.belongs(place, of, container, &one.range) {
                Some(true) => match &one.stands {
                    Stands::Shorthand(_, whole) => Verdict::Follows(Spot::field_of(text, whole)),
                    _ => plain(),
                },
                Some(false) => Verdict::Other,
                None => Verdict::Unclear,
            },
            (Stands::Shorthand(..), _) if self.is_imported_from_elsewhere(place) => Verdict::Other,
            (Stands::Shorthand(_, whole), _) => match hands_on(&text[one.top.clone()]) {
                true => plain(),
                false => Verdict::Follows(Spot::variable_of(text, self.name, &one.range, whole)),
            },
        })
    }

    /// Whether a name is one of a variable.
    fn is_variable(&self, place: &Place<'_>, range: &Range<usize>) -> bool {
        place.variables.iter().any(|function| function.range.start <= range.start && range.end <= function.range.end)
    }

    /// Whether a member may be meant where its name stands alone.
    fn is_bare(&self, place: &Place<'_>, container: &str, range: &Range<usize>) -> bool {
        let bare = place.parsed.language().bare_members && (place.is_inside(container, range.start) || place.names_container);
        let takes = || place.parsed.language().reach != Some(Reach::Names) || place.id.is_none_or(|id| self.takes(id));
        bare || self.kind == Kind::Variant && takes() || place.is_in_body_of(container, range.start)
    }

    /// Whether the file takes the name from outside of the workspace, or does not see the definition at all.
    fn is_imported_from_elsewhere(&self, place: &Place<'_>) -> bool {
        let is_foreign = || place.id != Some(self.file) && self.imported(place, self.name) == Some(Origin::Foreign);
        *place.foreign.get_or_init(|| is_foreign() || !self.is_seen(place))
    }

    /// What a name in the text of a macro means: there is one definition of it, and what the macro is given has no type.
    fn in_macro(&self, place: &Place<'_>, one: &Mention) -> Verdict {
        let text = place.parsed.text();
        if text[..one.range.start].trim_end().ends_with("##") || text[one.range.end..].trim_start().starts_with("##") {
            return Verdict::Unclear;
        }
        let member = matches!(one.stands, Stands::Member(_) | Stands::Key(_));
        match &self.home {
            Home::Member(_) if member || self.kind == Kind::Variant => Verdict::Follows(Spot::plain(one.range.clone())),
            Home::Free | Home::Inside(_) if !member && !self.is_imported_from_elsewhere(place) => {
                Verdict::Follows(Spot::plain(one.range.clone()))
            }
            _ => Verdict::Other,
        }
    }

    /// Whether a string is the name: in the list of those that a file hands on, or that a type has; or as the key of a type.
    fn is_named_by(&self, place: &Place<'_>, one: &Mention) -> bool {
        let (text, language) = (place.parsed.text(), place.parsed.language());
        let (before, after) = (&text[..one.range.start], &text[one.range.end..]);
        let Some(before) = before.strip_suffix(['"', '\'']).filter(|_| after.starts_with(['"', '\''])) else { return false };
        let Home::Member(container) = &self.home else {
            let lists = |list: &String| text[one.top.clone()].starts_with(list.as_str());
            return language.exports.as_ref().is_some_and(lists) && !self.is_imported_from_elsewhere(place);
        };
        let in_list = |list: &String| is_in_list(before, list) && place.is_in_body_of(container, one.range.start);
        language.members.as_ref().is_some_and(in_list) || language.structural && is_key_of(before, container)
    }

    /// Whether something free is meant by a member: what it is a member of is the module of the definition, or one that hands it on.
    fn is_our_module(&self, place: &Place<'_>, one: &Mention, of: &Range<usize>) -> bool {
        let text = place.parsed.text();
        let receiver = text[of.clone()].trim();
        let last = last_word(receiver);
        let is_path = text[of.end..one.range.start].contains("::");
        if self.is_loaded(place, of) {
            return true;
        }
        if last.is_empty() {
            return false;
        }
        if is_path && BY_PLACE.contains(&last) || last == "exports" && place.id == Some(self.file) {
            return true;
        }
        if let Home::Inside(container) = &self.home
            && container == last
        {
            return true;
        }
        if let Some(origin) = self.imported(place, receiver).or_else(|| self.imported(place, last)) {
            return origin == Origin::Ours;
        }
        let index = &self.session.index;
        let is_file_of = |id: FileId| {
            index.file(id).is_some_and(|file| {
                let folder = file.path.folder();
                naming::stem(file.language.as_deref(), file.path.relative()) == last || folder.rsplit('/').next() == Some(last)
            })
        };
        let hands_on = || index.name(self.name).is_some_and(|name| index.users(name).iter().any(|(id, _)| is_file_of(*id)));
        let is_module = || self.named(last).iter().any(|id| index.symbol(*id).is_some_and(|symbol| symbol.kind == Kind::Module));
        is_file_of(self.file) || is_path && (is_module() || hands_on() || receiver == last && self.is_project(last))
    }

    /// Whether a field or an argument is one of a type; none where that is not written.
    fn belongs(&self, place: &Place<'_>, of: &Range<usize>, container: &str, range: &Range<usize>) -> Option<bool> {
        let head = &place.parsed.text()[of.clone()];
        let last = last_word(head);
        if last == container || last == "Self" && place.is_inside(container, range.start) {
            return Some(true);
        }
        // `p._replace(left=1)`: the fields are those of what is copied.
        if place.parsed.language().copies.iter().any(|known| known == last) {
            let of = of.start..of.end - last.len().min(of.len());
            let value = place.parsed.text()[of.clone()].strip_suffix('.').map(|value| of.start..of.start + value.len());
            let origin = value.map(|value| Look::new(self, place, container).member_of(&value));
            return if origin == Some(Origin::Ours) { Some(true) } else { (!place.names_container).then_some(false) };
        }
        if let Some(kind) = uses::annotation(place.parsed, range) {
            let kind = &place.parsed.text()[kind];
            if words::has(kind, container) {
                return Some(true);
            }
            // A name of another type may stand for one that has these fields.
            let named = words::all(kind).any(|word| !self.named(word).is_empty());
            return if place.parsed.language().structural && named { None } else { Some(false) };
        }
        // Where any value with such a field will do, one may be meant for the type.
        if place.parsed.language().structural && (place.names_container || self.takes_from(place)) {
            return None;
        }
        let may_be = self.kind == Kind::Attribute && place.names_container && !head.starts_with(char::is_uppercase);
        if may_be && !head.ends_with(words::is_word) { None } else { Some(false) }
    }

    /// Whether a text is that of the definition, or takes something from there.
    fn takes_from(&self, place: &Place<'_>) -> bool {
        let index = &self.session.index;
        let Some((id, file)) = place.id.and_then(|id| Some((id, index.file(id)?))) else { return true };
        id == self.file || file.imports().iter().any(|import| index.resolve(id, import) == Some(self.file))
    }

    /// What a member of a value means: that of one of the types is ours, and of what may be one it is unclear.
    fn member_of_any(&self, place: &Place<'_>, one: &Mention, of: &Range<usize>) -> Verdict {
        let mut found = Verdict::Other;
        for container in self.containers() {
            match self.member(place, one, of, container) {
                Verdict::Other => {}
                Verdict::Unclear => found = Verdict::Unclear,
                follows => return follows,
            }
        }
        found
    }

    /// What a member of a value means, for one type.
    fn member(&self, place: &Place<'_>, one: &Mention, of: &Range<usize>, container: &str) -> Verdict {
        let receiver = place.parsed.text()[of.clone()].trim();
        let plain = || Verdict::Follows(Spot::plain(one.range.clone()));
        let named = place.names_container;
        if receiver == container && self.imported(place, receiver) == Some(Origin::Ours) {
            return plain();
        }
        if is_own(receiver) {
            let derives = place.class(one.range.start).map(|class| self.derives(class, container, MOST_BASES));
            return match derives {
                _ if place.is_inside(container, one.range.start) => plain(),
                Some(Origin::Ours) => plain(),
                Some(Origin::Foreign) => Verdict::Other,
                _ if named => plain(),
                _ => Verdict::Unclear,
            };
        }
        // In Java the method of a variable is handed on so, too.
        let of_variable = || place.parsed.language().bare_members && !uses::given(place.parsed, receiver).is_empty();
        let origin = match place.parsed.text()[of.end..one.range.start].contains("::") && !of_variable() {
            true => self.path(place, receiver, container),
            false => Look::new(self, place, container).member_of(of),
        };
        match origin {
            Origin::Ours => plain(),
            Origin::Foreign | Origin::Holder | Origin::Other => Verdict::Other,
            Origin::Unknown if named => plain(),
            Origin::Unknown | Origin::Held => Verdict::Unclear,
        }
    }

    /// What a path leads to: members stand behind types, and other things behind modules.
    fn path(&self, place: &Place<'_>, path: &str, container: &str) -> Origin {
        let last = last_word(path);
        let name = self.own_name(place, last).unwrap_or(last);
        let index = &self.session.index;
        let is_type = |id| index.symbol(id).is_some_and(|symbol| symbol.kind.is_type() || symbol.kind == Kind::Type);
        if words::has(path, container) || name == container {
            return Origin::Ours;
        }
        if self.named(name).into_iter().any(is_type) {
            return if self.derives(name, container, MOST_BASES) == Origin::Ours { Origin::Ours } else { Origin::Unknown };
        }
        let is_parameter = name.len() <= 2 && name.starts_with(char::is_uppercase);
        if is_parameter || last.is_empty() { Origin::Unknown } else { Origin::Foreign }
    }
}

/// Whether a value is the instance, or the type, around a method.
pub(in crate::features::edit) fn is_own(value: &str) -> bool {
    let of_super =
        || value.strip_prefix("super(").and_then(|rest| rest.strip_suffix(')')).is_some_and(|inside| !inside.contains(['(', ')']));
    OWN.contains(&value) || of_super()
}

/// Whether a text ends within the list that a name is given: `__slots__ = ("a", `.
fn is_in_list(before: &str, name: &str) -> bool {
    let Some(at) = words::places(before, name).last() else { return false };
    let given = before[at.end..].split_once('=').filter(|(kind, _)| !kind.contains('\n')).map(|(_, given)| given);
    given.is_some_and(|given| opened(given) > 0 || !given.contains('\n'))
}

/// Whether a key of a type stands behind a text: `Pick<Cart, `, `Cart[`.
fn is_key_of(before: &str, container: &str) -> bool {
    let before = before.trim_end();
    let of_generic =
        || before.rsplit_once('<').is_some_and(|(_, inside)| !inside.contains(['>', ';', '(']) && words::has(inside, container));
    before.strip_suffix('[').is_some_and(|of| words::last(of) == container) || of_generic()
}

/// Whether a statement at the top of a file hands names on, so that those who take them call them the same.
fn hands_on(statement: &str) -> bool {
    statement.starts_with("export") || statement.starts_with("import") || statement.contains("exports") || statement.contains("require(")
}

/// Whether a word in a comment is meant as code: it is no word of a language, or marked or used as code is.
fn is_code(text: &str, range: &Range<usize>) -> bool {
    let name = &text[range.clone()];
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let odd = name.chars().any(|letter| letter == '_' || letter.is_ascii_digit()) || name.chars().skip(1).any(char::is_uppercase);
    odd || before.ends_with(['`', '.', ':', '#', '"', '\'']) || after.starts_with(['(', '`'])
}
