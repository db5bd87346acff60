//! What a member or a field means, judged by its owner: a module of ours, a value of the type, something else, or unknown.

use std::ops::Range;

use super::imports::{MAX_BASES, UsingText, last_word};
use super::origin::{Look, Origin};
use super::references::{Home, RenamedDefinition, Spot};
use super::verdict::Verdict;
use crate::index::{FileId, SymbolId};
use crate::syntax::uses::{self, Mention};
use crate::syntax::{Kind, lists, naming};
use crate::text::words;

impl RenamedDefinition<'_> {
    /// Whether a member means a top-level definition: its owner is the module of the definition, or one that re-exports it.
    pub(super) fn is_our_module(&self, place: &UsingText<'_>, one: &Mention, of: &Range<usize>) -> bool {
        let (text, language) = (place.parsed.text(), place.parsed.language());
        let receiver = text[of.clone()].trim();
        let last = last_word(receiver);
        let is_path = text[of.end..one.range.start].contains("::");
        if self.is_loaded(place, of) {
            return true;
        }
        if last.is_empty() {
            return false;
        }
        if is_path && lists(&language.modules_by_place, last)
            || language.exports_object.as_deref() == Some(last) && place.id == Some(self.file)
        {
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
        is_file_of(self.file) || is_path && (is_module() || hands_on() || receiver == last && self.is_project(language, last))
    }

    /// Whether a field or an argument belongs to a type; none where that is not written.
    pub(super) fn belongs(&self, place: &UsingText<'_>, of: &Range<usize>, container: &str, range: &Range<usize>) -> Option<bool> {
        let head = &place.parsed.text()[of.clone()];
        let last = last_word(head);
        let own = self.own_name(place, last).unwrap_or(last);
        if own == container || lists(&place.parsed.language().types.own, last) && place.is_inside(container, range.start) {
            return Some(!self.is_taken_by_constructor(place, container, range));
        }
        // `p._replace(left=1)`: the fields are those of the copied value.
        if place.parsed.language().copies.iter().any(|known| known == last) {
            let of = of.start..of.end - last.len().min(of.len());
            let value = place.parsed.text()[of.clone()].strip_suffix('.').map(|value| of.start..of.start + value.len());
            let origin = value.map(|value| Look::new(self, place, container).member_of(&value));
            return if origin == Some(Origin::Ours) { Some(true) } else { (!place.names_container).then_some(false) };
        }
        if let Some(kind) = uses::annotation(place.parsed, range) {
            let kind = &place.parsed.text()[kind];
            let structural = place.parsed.language().structural;
            if words::has(kind, container) || !structural && Look::new(self, place, container).kind(kind) == Origin::Ours {
                return Some(true);
            }
            // Another type's name may be an alias of one with these fields.
            let named = words::all(kind).any(|word| !self.named(word).is_empty());
            return if structural && named { None } else { Some(false) };
        }
        // `{ [0] = { .left = 1 } }`: what is initialised is written further out.
        if place.parsed.text()[..range.start].ends_with('.') {
            return None;
        }
        // If any value with such a field will do, this one may be meant for the type.
        if place.parsed.language().structural && (place.names_container || self.takes_from(place)) {
            return None;
        }
        let may_be = self.kind == Kind::Attribute && place.names_container && !head.starts_with(char::is_uppercase);
        if may_be && !head.ends_with(words::is_word) { None } else { Some(false) }
    }

    /// Whether what a call of the type names is a parameter of the method that makes instances of it.
    fn is_taken_by_constructor(&self, place: &UsingText<'_>, container: &str, range: &Range<usize>) -> bool {
        let index = &self.session.index;
        let Some(constructor) = &place.parsed.language().constructor else { return false };
        let is_own = |id: &SymbolId| {
            let of = index.symbol(*id).and_then(|symbol| symbol.container());
            of.is_some_and(|of| index.text(of) == container)
        };
        uses::is_argument(place.parsed, range) && self.named(constructor).iter().any(is_own)
    }

    /// Whether a text is that of the definition, or takes something from there.
    fn takes_from(&self, place: &UsingText<'_>) -> bool {
        let index = &self.session.index;
        let Some((id, file)) = place.id.and_then(|id| Some((id, index.file(id)?))) else { return true };
        id == self.file || file.imports().iter().any(|import| index.resolve(id, import) == Some(self.file))
    }

    /// What a member of a value means: ours if the value has one of the types, unclear if it may.
    pub(super) fn member_of_any(&self, place: &UsingText<'_>, one: &Mention, of: &Range<usize>) -> Verdict {
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
    fn member(&self, place: &UsingText<'_>, one: &Mention, of: &Range<usize>, container: &str) -> Verdict {
        let receiver = place.parsed.text()[of.clone()].trim();
        let plain = || Verdict::Follows(Spot::plain(one.range.clone()));
        let named = place.names_container;
        if receiver == container && self.imported(place, receiver) == Some(Origin::Ours) {
            return plain();
        }
        if place.parsed.language().types.is_own(receiver) {
            let derives = place.class(one.range.start).map(|class| self.derives(class, container, MAX_BASES));
            return match derives {
                _ if place.is_inside(container, one.range.start) => plain(),
                Some(Origin::Ours) => plain(),
                Some(Origin::Foreign) => Verdict::Other,
                _ if named => plain(),
                _ => Verdict::Unclear,
            };
        }
        // In Java a variable's method can be passed on like this, too.
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

    /// Whether a module is another name of one: `namespace di = deep::inner;`.
    fn stands_for(&self, name: &str, container: &str) -> bool {
        let index = &self.session.index;
        self.named(name).into_iter().any(|id| {
            let Some(symbol) = index.symbol(id).filter(|symbol| symbol.kind == Kind::Module) else { return false };
            let text = self.text(id.file);
            let item = text.as_ref().map_or("", |text| symbol.item.of(text));
            item.split_once('=').is_some_and(|(_, path)| !path.contains('{') && words::has(path, container))
        })
    }

    /// What a path leads to: members follow types, other things follow modules.
    fn path(&self, place: &UsingText<'_>, path: &str, container: &str) -> Origin {
        let last = last_word(path);
        let name = self.own_name(place, last).unwrap_or(last);
        let index = &self.session.index;
        let is_type = |id| index.symbol(id).is_some_and(|symbol| symbol.kind.is_type() || symbol.kind == Kind::Type);
        if words::has(path, container) || name == container || self.stands_for(name, container) {
            return Origin::Ours;
        }
        if self.named(name).into_iter().any(is_type) {
            return if self.derives(name, container, MAX_BASES) == Origin::Ours { Origin::Ours } else { Origin::Unknown };
        }
        let is_parameter = name.len() <= 2 && name.starts_with(char::is_uppercase);
        if is_parameter || last.is_empty() { Origin::Unknown } else { Origin::Foreign }
    }
}
