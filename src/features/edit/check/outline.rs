//! The definitions of a text, and what a later text lacks of them. Pure.

use std::collections::HashMap;

use crate::syntax::uses::{self, Within};
use crate::syntax::{self, Definition, Kind, Parsed, scope};
use crate::text::lines::line_start;

/// The definitions of a text.
pub(in crate::features::edit) struct Outline {
    pub parsed: Parsed,
    pub all: Vec<Definition>,
    /// Indices of definitions by name and by what they stand in.
    by_name: HashMap<(String, String), Vec<usize>>,
}

impl Outline {
    /// The outline of a parsed text.
    pub fn of(parsed: Parsed) -> Self {
        let all = syntax::tags(&parsed, "").definitions;
        let mut outline = Self { parsed, all, by_name: HashMap::new() };
        let mut by_name: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (number, one) in outline.all.iter().enumerate() {
            let (name, parent) = outline.name(one);
            by_name.entry((name.into(), parent.into())).or_default().push(number);
        }
        outline.by_name = by_name;
        outline
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.parsed.text()
    }

    /// All definitions that are not local to a function, with their kinds.
    pub fn names(&self) -> Vec<(Kind, String)> {
        self.outer().map(|known| (known.kind, known.name.of(self.text()).to_string())).collect()
    }

    /// What the text defines that is no function's own.
    pub fn outer(&self) -> impl Iterator<Item = &Definition> {
        self.all.iter().filter(|known| !self.is_local(known))
    }

    /// Whether code uses a name, besides what defines it.
    pub fn uses(&self, name: &str) -> bool {
        let in_code = uses::uses(&self.parsed, name).iter().filter(|(_, within)| *within == Within::Code).count();
        in_code > self.all.iter().filter(|one| one.name.of(self.text()) == name).count()
    }

    /// The name of what a definition stands in.
    pub fn holder(&self, one: &Definition) -> &str {
        self.name(one).1
    }

    /// Whether a definition stands in a type.
    pub fn is_member(&self, one: &Definition) -> bool {
        self.parent(one).is_some_and(|around| around.kind.is_type())
    }

    fn parent(&self, one: &Definition) -> Option<&Definition> {
        self.all.get(one.parent? as usize)
    }

    /// Whether a definition is local to a function: it may go when the function is simplified.
    fn is_local(&self, one: &Definition) -> bool {
        let inner = std::iter::successors(self.parent(one), |around| self.parent(around)).any(|around| around.kind.is_callable());
        inner || self.is_in_callback(one)
    }

    /// A callback has no name, but definitions in it are local as well.
    fn is_in_callback(&self, one: &Definition) -> bool {
        let start = one.item.start as usize;
        let before = &self.text()[line_start(self.text(), start)..start];
        one.parent.is_none() && before.starts_with([' ', '\t']) && scope::is_in_function(&self.parsed, &one.item.range())
    }

    fn name(&self, one: &Definition) -> (&str, &str) {
        let text = self.text();
        (one.name.of(text), self.parent(one).map_or(one.container.of(text), |around| around.name.of(text)))
    }

    /// The definitions with the same name in the same place.
    fn same<'s>(&'s self, other: &'s Outline, one: &'s Definition) -> impl Iterator<Item = &'s Definition> {
        let (name, parent) = other.name(one);
        let same = self.by_name.get(&(name.to_string(), parent.to_string()));
        same.into_iter().flatten().map(|number| &self.all[*number])
    }

    /// The lines of a body that do something.
    fn inside(&self, one: &Definition) -> Vec<&str> {
        let body = one.body.range();
        let doc = one.doc.range();
        let start = if doc.start >= body.start && doc.end <= body.end { doc.end.max(body.start) } else { body.start };
        let inside = self.text()[start..body.end].trim();
        let inside = inside.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')).unwrap_or(inside);
        inside.lines().filter(|line| !self.parsed.language().is_blank(line)).collect()
    }

    fn is_hollow(&self, one: &Definition) -> bool {
        self.inside(one).is_empty()
    }

    /// A function that has a body here and none in a later text, although that body may not go.
    pub fn hollowed(&self, new: &Outline, may_go: impl Fn(&str) -> bool) -> Option<String> {
        let had = |one: &&Definition| one.kind.is_callable() && !one.body.is_empty() && !self.is_hollow(one);
        let lost = |one: &&Definition| {
            let mut now = new.same(self, one).filter(|own| own.kind.is_callable() && !own.body.is_empty()).peekable();
            now.peek().is_some() && now.all(|own| new.is_hollow(own))
        };
        let stays = |one: &&Definition| !may_go(&self.inside(one).join("\n"));
        self.all.iter().filter(had).filter(lost).find(stays).map(|one| self.name(one).0.to_string())
    }

    /// A definition that others see here and do not in a later text.
    pub fn hidden(&self, new: &Outline) -> Option<String> {
        let lost = |one: &&Definition| {
            let mut now = new.same(self, one).peekable();
            now.peek().is_some() && now.all(|own| !own.public && own.kind == one.kind)
        };
        let seen = self.all.iter().filter(|one| one.public && !self.is_local(one));
        seen.filter(|one| self.same(self, one).all(|own| own.public)).find(lost).map(|one| self.name(one).0.to_string())
    }
}
