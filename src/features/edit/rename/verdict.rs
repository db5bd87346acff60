//! What one use of a name means, decided step by step: by the definition or macro it stands in, by the variables around, and by its role.

use std::ops::Range;

use super::imports::UsingText;
use super::origin::Origin;
use super::references::{Home, RenamedDefinition, Spot};
use crate::features::edit::fit::layout::opened;
use crate::index::SymbolId;
use crate::syntax::uses::{self, Mention, Special, Stands, Use, Variable};
use crate::syntax::{self, Kind, Language, Reach};
use crate::text::lines::line_number;
use crate::text::words;

/// What a use means.
pub(super) enum Verdict {
    Follows(Spot),
    /// A variable of a function.
    Variable,
    Other,
    Unclear,
}

impl Verdict {
    /// The use follows: just the name is replaced.
    pub(super) fn follows(one: &Mention) -> Self {
        Self::Follows(Spot::plain(one.range.clone()))
    }
}

impl RenamedDefinition<'_> {
    /// What a use in code means.
    ///
    /// # Errors
    /// A variable is called where a function is meant: only types tell which of the two.
    pub(super) fn verdict(&self, place: &UsingText<'_>, one: &Mention) -> Result<Verdict, String> {
        if let Some(told) = self.by_place(place, one) {
            return Ok(told);
        }
        if let Some(variable) = self.variable(place, one) {
            return self.as_variable(place, one, variable);
        }
        if self.is_other_member(place, one) {
            return Ok(Verdict::Other);
        }
        Ok(self.by_role(place, one))
    }

    /// Decides by the definition that the name stands in, or by the macro, path or keyword before it.
    fn by_place(&self, place: &UsingText<'_>, one: &Mention) -> Option<Verdict> {
        // A type's name is part of other names, too: `~Shape`, `operator Shape`.
        let covers =
            |name: Range<usize>| name == one.range || self.kind.is_type() && name.start <= one.range.start && one.range.end <= name.end;
        let defines = |known: &syntax::Definition| {
            known.kind != Kind::Reexport && covers(known.name.range()) && !self.is_apart(place.parsed.language(), known.kind)
        };
        if place.facts.definitions.iter().any(defines) {
            return Some(Verdict::follows(one));
        }
        // Neither a function nor a value is a module.
        let is_value = self.kind.is_callable() || matches!(self.kind, Kind::Variable | Kind::Constant | Kind::Attribute);
        match one.place {
            Special::MacroParameter => Some(Verdict::Variable),
            Special::Macro => Some(self.in_macro(place, one)),
            Special::Tag if !self.kind.is_type() => Some(Verdict::Other),
            Special::Path if is_value => Some(Verdict::Other),
            Special::Label => Some(Verdict::Other),
            Special::Base if self.kind.is_type() && !self.is_imported_from_elsewhere(place) => Some(Verdict::follows(one)),
            Special::Tag | Special::Path | Special::Base | Special::No => None,
        }
    }

    /// The variable that the name is one of where it stands.
    fn variable<'p>(&self, place: &'p UsingText<'_>, one: &Mention) -> Option<&'p Variable> {
        // As a field it may be meant all the same.
        let may_be = !matches!((&one.stands, &self.home), (Stands::Shorthand(..), Home::Member(_)));
        place.variables.iter().find(|variable| may_be && variable.is_meant_at(one.range.start))
    }

    fn as_variable(&self, place: &UsingText<'_>, one: &Mention, variable: &Variable) -> Result<Verdict, String> {
        // A parameter may be a member of its type at once: `constructor(private size: number)`.
        let definitions = &place.facts.definitions;
        let is_member = |bound: &Range<usize>| definitions.iter().any(|known| known.name.range() == *bound && known.kind == self.kind);
        if self.is_member() && variable.bound.iter().any(is_member) {
            return Ok(Verdict::follows(one));
        }
        let text = place.parsed.text();
        let called = text[one.range.end..].starts_with('(');
        let callable = matches!(self.kind, Kind::Function | Kind::Method | Kind::Macro);
        if !called || !callable || matches!(self.home, Home::Member(_)) {
            return Ok(Verdict::Variable);
        }
        let (name, path, line) = (self.name, place.path, line_number(text, one.range.start));
        Err(format!(
            "`{name}` is a variable in {path} too, and called at line {line}; the index cannot tell which is meant there: use the rename of \
             your language server"
        ))
    }

    /// Whether members of a kind are told from this one by how they are used, where fields and methods have names of their own.
    fn is_apart(&self, language: &Language, kind: Kind) -> bool {
        let is_member = |kind: Kind| kind == Kind::Attribute || kind.is_callable();
        language.members_apart
            && self.is_member()
            && is_member(self.kind)
            && is_member(kind)
            && kind.is_callable() != self.kind.is_callable()
    }

    /// Whether a field is meant where this is a method, or the other way round.
    fn is_other_member(&self, place: &UsingText<'_>, one: &Mention) -> bool {
        let (text, language) = (place.parsed.text(), place.parsed.language());
        if !self.is_apart(language, if self.kind.is_callable() { Kind::Attribute } else { Kind::Method }) {
            return false;
        }
        // What defines one of the others, or names it in a value that is written out.
        let mut definitions = place.facts.definitions.iter().filter(|known| known.name.range() == one.range);
        if definitions.any(|known| self.is_apart(language, known.kind)) {
            return true;
        }
        if let Stands::Key(_) | Stands::Shorthand(..) = one.stands {
            return self.is_apart(language, Kind::Attribute);
        }
        // What is imported is both.
        let kind = match uses::use_of(place.parsed, &one.range) {
            Use::Call(_) => Kind::Method,
            Use::Value => Kind::Attribute,
            Use::Declared(_) | Use::Named => return false,
        };
        // What is read like a field, or called, may be made by the compiler: a field of a record is called.
        let index = &self.session.index;
        let is_other =
            |id: SymbolId| index.symbol(id).is_some_and(|known| known.container().is_some() && self.is_apart(language, known.kind));
        if !self.named(self.name).into_iter().any(is_other) {
            return false;
        }
        let told = match &one.stands {
            Stands::Alone => language.bare_members,
            Stands::Member(of) => text[of.end..one.range.start].trim() == ".",
            Stands::Key(_) | Stands::Shorthand(..) => false,
        };
        told && self.is_apart(language, kind)
    }

    /// What a name means that stands alone where none of the type does. In a macro it may be defined for the type.
    fn beside_members(&self, place: &UsingText<'_>, one: &Mention) -> Verdict {
        let (text, language) = (place.parsed.text(), place.parsed.language());
        let defines = self.kind.is_callable() && language.lines.defines_function(&text[..one.range.start]);
        match uses::tokens_around(place.parsed, &one.range).filter(|_| defines) {
            Some(tokens) if self.containers().any(|container| words::has(&text[tokens.clone()], container)) => Verdict::follows(one),
            Some(_) if place.names_container => Verdict::Unclear,
            _ => Verdict::Other,
        }
    }

    /// What is told by what the name stands there as, and by what the definition is part of.
    fn by_role(&self, place: &UsingText<'_>, one: &Mention) -> Verdict {
        let text = place.parsed.text();
        let is_bare = || self.containers().any(|container| self.is_bare(place, container, &one.range));
        match (&one.stands, &self.home) {
            (Stands::Alone, Home::Member(_)) if is_bare() => Verdict::follows(one),
            (Stands::Alone, Home::Member(_)) => self.beside_members(place, one),
            (Stands::Alone | Stands::Shorthand(..), Home::Free | Home::Inside(_)) if self.is_imported_from_elsewhere(place) => {
                Verdict::Other
            }
            (Stands::Alone, _) => Verdict::follows(one),
            (Stands::Member(of), Home::Member(_)) => self.member_of_any(place, one, of),
            (Stands::Member(of), _) if self.is_our_module(place, one, of) => Verdict::follows(one),
            (Stands::Member(of), _) if self.may_be_loaded(place, of) => Verdict::Unclear,
            (Stands::Member(_) | Stands::Key(_), Home::Free | Home::Inside(_)) => Verdict::Other,
            (Stands::Key(of) | Stands::Shorthand(of, _), Home::Member(container)) => match self.belongs(place, of, container, &one.range) {
                Some(true) => match &one.stands {
                    Stands::Shorthand(_, whole) => Verdict::Follows(Spot::field_of(text, whole)),
                    _ => Verdict::follows(one),
                },
                Some(false) => Verdict::Other,
                None => Verdict::Unclear,
            },
            (Stands::Shorthand(..), _) if hands_on(place.parsed.language(), &text[one.top.clone()]) => Verdict::follows(one),
            (Stands::Shorthand(_, whole), _) => Verdict::Follows(Spot::variable_of(text, self.name, &one.range, whole)),
        }
    }

    /// Whether a plain name may mean a member.
    fn is_bare(&self, place: &UsingText<'_>, container: &str, range: &Range<usize>) -> bool {
        let bare = place.parsed.language().bare_members && (place.is_inside(container, range.start) || place.names_container);
        let takes = || place.parsed.language().reach != Some(Reach::Names) || place.id.is_none_or(|id| self.takes(id));
        bare || self.kind == Kind::Variant && takes() || place.is_in_body_of(container, range.start)
    }

    /// Whether the file imports the name from outside of the workspace, or does not see the definition at all.
    pub(super) fn is_imported_from_elsewhere(&self, place: &UsingText<'_>) -> bool {
        let is_foreign = || place.id != Some(self.file) && self.imported(place, self.name) == Some(Origin::Foreign);
        *place.foreign.get_or_init(|| is_foreign() || !self.is_seen(place))
    }

    /// What a name in the text of a macro means: there is one definition of it, and a macro's arguments have no type.
    fn in_macro(&self, place: &UsingText<'_>, one: &Mention) -> Verdict {
        let text = place.parsed.text();
        let is_joined = |sign: &String| {
            text[..one.range.start].trim_end().ends_with(sign.as_str()) || text[one.range.end..].trim_start().starts_with(sign.as_str())
        };
        if place.parsed.language().joins_words.as_ref().is_some_and(is_joined) {
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

    /// Whether a string is the name: in the list of a file's exports or a type's members, or as the key of a type.
    pub(super) fn is_named_by(&self, place: &UsingText<'_>, one: &Mention) -> bool {
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
}

/// Whether a text ends inside of the list that a name is assigned: `__slots__ = ("a", `.
fn is_in_list(before: &str, name: &str) -> bool {
    let Some(at) = words::places(before, name).last() else { return false };
    let given = before[at.end..].split_once('=').filter(|(kind, _)| !kind.contains('\n')).map(|(_, given)| given);
    given.is_some_and(|given| opened(given) > 0 || !given.contains('\n'))
}

/// Whether the key of a type follows a text: `Pick<Cart, `, `Cart[`.
fn is_key_of(before: &str, container: &str) -> bool {
    let before = before.trim_end();
    let of_generic =
        || before.rsplit_once('<').is_some_and(|(_, inside)| !inside.contains(['>', ';', '(']) && words::has(inside, container));
    before.strip_suffix('[').is_some_and(|of| words::last(of) == container) || of_generic()
}

/// Whether a top-level statement exports names, which importers then use unchanged.
fn hands_on(language: &Language, statement: &str) -> bool {
    language.shares.iter().any(|word| words::has(statement, word))
}
