//! What one use of a name means, told step by step: by the definition or the macro that it stands in, by the variables around, and by what
//! it stands there as.

use std::ops::Range;

use super::imports::Place;
use super::origin::Origin;
use super::references::{Home, Meant, Spot};
use crate::features::edit::fit::layout::opened;
use crate::syntax::scope::Item;
use crate::syntax::uses::{Mention, Special, Stands};
use crate::syntax::{self, Kind, Language, Reach};
use crate::text::lines::line_number;
use crate::text::words;

/// What a use means.
pub(super) enum Verdict {
    Follows(Spot),
    /// A variable in a function.
    Variable,
    Other,
    Unclear,
}

impl Verdict {
    /// The name alone is replaced.
    pub(super) fn follows(one: &Mention) -> Self {
        Self::Follows(Spot::plain(one.range.clone()))
    }
}

impl Meant<'_> {
    /// What a use in code means.
    ///
    /// # Errors
    /// It is a variable that is called, where a function is meant: which of the two, only types tell.
    pub(super) fn verdict(&self, place: &Place<'_>, one: &Mention) -> Result<Verdict, String> {
        if let Some(told) = self.by_place(place, one) {
            return Ok(told);
        }
        if self.is_variable(place, one) {
            return self.as_variable(place, one);
        }
        Ok(self.by_role(place, one))
    }

    /// What is told by the definition that the name stands in, or by the macro, the path or the word before it.
    fn by_place(&self, place: &Place<'_>, one: &Mention) -> Option<Verdict> {
        // What a type is called is a part of other names, too: `~Shape`, `operator Shape`.
        let covers =
            |name: Range<usize>| name == one.range || self.kind.is_type() && name.start <= one.range.start && one.range.end <= name.end;
        let defines = |known: &syntax::Definition| known.kind != Kind::Reexport && covers(known.name.range());
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
            Special::Tag | Special::Path | Special::No => None,
        }
    }

    /// Whether the name may be one of a variable where it stands, and there is one.
    fn is_variable(&self, place: &Place<'_>, one: &Mention) -> bool {
        let may_be = match one.stands {
            Stands::Alone => !matches!(one.place, Special::Tag | Special::Path),
            // As a field it may be meant all the same.
            Stands::Shorthand(..) => !matches!(self.home, Home::Member(_)),
            Stands::Member(_) | Stands::Key(_) => false,
        };
        let holds = |function: &Item| function.range.start <= one.range.start && one.range.end <= function.range.end;
        may_be && place.variables.iter().any(holds)
    }

    fn as_variable(&self, place: &Place<'_>, one: &Mention) -> Result<Verdict, String> {
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

    /// What is told by what the name stands there as, and by what the definition is part of.
    fn by_role(&self, place: &Place<'_>, one: &Mention) -> Verdict {
        let text = place.parsed.text();
        let is_bare = || self.containers().any(|container| self.is_bare(place, container, &one.range));
        match (&one.stands, &self.home) {
            (Stands::Alone, Home::Member(_)) if is_bare() => Verdict::follows(one),
            (Stands::Alone, Home::Member(_)) => Verdict::Other,
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

    /// Whether a member may be meant where its name stands alone.
    fn is_bare(&self, place: &Place<'_>, container: &str, range: &Range<usize>) -> bool {
        let bare = place.parsed.language().bare_members && (place.is_inside(container, range.start) || place.names_container);
        let takes = || place.parsed.language().reach != Some(Reach::Names) || place.id.is_none_or(|id| self.takes(id));
        bare || self.kind == Kind::Variant && takes() || place.is_in_body_of(container, range.start)
    }

    /// Whether the file takes the name from outside of the workspace, or does not see the definition at all.
    pub(super) fn is_imported_from_elsewhere(&self, place: &Place<'_>) -> bool {
        let is_foreign = || place.id != Some(self.file) && self.imported(place, self.name) == Some(Origin::Foreign);
        *place.foreign.get_or_init(|| is_foreign() || !self.is_seen(place))
    }

    /// What a name in the text of a macro means: there is one definition of it, and what the macro is given has no type.
    fn in_macro(&self, place: &Place<'_>, one: &Mention) -> Verdict {
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

    /// Whether a string is the name: in the list of those that a file hands on, or that a type has; or as the key of a type.
    pub(super) fn is_named_by(&self, place: &Place<'_>, one: &Mention) -> bool {
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
fn hands_on(language: &Language, statement: &str) -> bool {
    language.shares.iter().any(|word| words::has(statement, word))
}
