//! What a text loses by an edit although the task does not mention it: definitions, bodies, visibility, and lines that something only
//! stands for. Pure.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::duplicates;
use super::namesakes;
use super::outline::Outline;
use crate::agent::residue::{self, Residue};
use crate::features::edit::task::allowed::Allowed;
use crate::syntax::{self, Definition, Kind, Language, elided, members};

/// A text before and after; each is parsed once, when needed.
pub(in crate::features::edit) struct Change<'a> {
    language: Option<Arc<Language>>,
    pub before: &'a str,
    pub after: &'a str,
    old: OnceCell<Option<Outline>>,
    new: OnceCell<Option<Outline>>,
}

impl<'a> Change<'a> {
    /// A change of a text in this language.
    pub fn new(language: Option<Arc<Language>>, before: &'a str, after: &'a str) -> Self {
        Self { language, before, after, old: OnceCell::new(), new: OnceCell::new() }
    }

    fn read(&self, text: &str) -> Option<Outline> {
        syntax::parse(self.language.as_ref()?, text).ok().map(Outline::of)
    }

    /// The definitions before; none if that does not parse.
    pub fn old(&self) -> Option<&Outline> {
        self.old.get_or_init(|| self.read(self.before)).as_ref()
    }

    /// The definitions after; none if that does not parse.
    pub fn now(&self) -> Option<&Outline> {
        self.new.get_or_init(|| self.read(self.after)).as_ref()
    }

    /// A definition that disappears, and the one in its place if there is one. With a replacement it only counts if something still needs
    /// the old name, and the task does not mention a new name.
    pub fn gone(&self, allowed: Allowed<'_>, is_needed: impl Fn(&str) -> bool) -> Option<Gone> {
        if allowed.takes_away() {
            return None;
        }
        let all = gone(self.old().as_slice(), self.now().as_slice());
        let is_lost = |one: &Gone| match &one.instead {
            Some(_) => !allowed.renames() && is_needed(&one.name),
            None => !allowed.is_unneeded(&one.name) || one.holder.is_none() && is_needed(&one.name),
        };
        all.into_iter().find(is_lost)
    }

    /// What else is lost, worded for the model.
    pub fn lost(&self, allowed: Allowed<'_>) -> Option<String> {
        let line = elided::left_out(self.language.as_ref()?, self.before, self.after);
        line.or_else(|| nested(self.old()?, self.now()?)).or_else(|| lost(self.old()?, self.now()?, allowed))
    }

    /// What the edit brings into a file of this name although it is no text of it. Where there is a grammar, that reads the file instead.
    pub fn residue(&self, name: &str) -> Option<Residue> {
        self.language.is_none().then(|| residue::brought(name, self.before, self.after))?
    }

    /// A new definition that is there twice.
    pub fn repeated(&self) -> Option<String> {
        // What does not parse cannot be compared.
        self.old()?;
        duplicates::repeated(self.before, self.now()?)
    }
}

/// A definition that no text has any more.
pub(in crate::features::edit) struct Gone {
    pub name: String,
    /// What it was in, if others of its name stay. Whether something needs it does not show by its name then.
    pub holder: Option<String>,
    /// What is in its place.
    pub instead: Option<String>,
}

/// For a person and a model.
impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.holder.as_deref() {
            None | Some("") => write!(f, "`{}`", self.name),
            Some(holder) => write!(f, "`{}` in `{holder}`", self.name),
        }
    }
}

/// Definitions of the old texts that are in none of the new ones. A new definition counts as the replacement of a lost one if it is of the
/// same kind and in the same container, and is no mere helper of what stays. A lost definition that only its own text used counts as
/// replaced by whatever is new.
pub(in crate::features::edit) fn gone(old: &[&Outline], now: &[&Outline]) -> Vec<Gone> {
    let all = |of: &[&'_ Outline]| of.iter().flat_map(|one| one.names()).map(|(_, name)| name).collect::<HashSet<String>>();
    let (before, after) = (all(old), all(now));
    let mut new: Vec<(&Outline, &Definition)> = now.iter().flat_map(|of| of.outer().map(|one| (*of, one))).collect();
    new.retain(|(of, one)| !before.contains(one.name.of(of.text())));
    let is_instead = |of: &Outline, one: &Definition, by: &Outline, other: &Definition| {
        let holder = of.holder(one);
        let is_home = by.holder(other) == holder || !after.contains(holder);
        let was_used = || of.uses(one.name.of(of.text()));
        is_home && group(one.kind) == group(other.kind) && (was_used() || !by.uses(other.name.of(by.text())))
    };
    let first = new.first().map(|(of, one)| one.name.of(of.text()).to_string());
    let (mut found, mut told): (Vec<Gone>, HashSet<String>) = (vec![], HashSet::new());
    for (of, one) in old.iter().flat_map(|of| of.outer().map(move |one| (of, one))) {
        let name = one.name.of(of.text()).to_string();
        if after.contains(&name) || !told.insert(name.clone()) {
            continue;
        }
        let was_used = of.uses(&name);
        let at = new.iter().position(|(by, other)| is_instead(of, one, by, other));
        let instead = at.map(|at| new.remove(at)).map(|(by, other)| other.name.of(by.text()).to_string());
        let own = first.clone().filter(|_| was_used && !one.public);
        found.push(Gone { name, holder: None, instead: instead.or(own) });
    }
    for (of, one) in namesakes::gone(old, now) {
        let holder = of.holder(one);
        // What goes with its holder was told with that.
        let has_holder = after.contains(holder) || !before.contains(holder);
        if has_holder && !new.iter().any(|(by, other)| is_instead(of, one, by, other)) {
            found.push(Gone { name: one.name.of(of.text()).to_string(), holder: Some(holder.to_string()), instead: None });
        }
    }
    found
}

/// Kinds of one group may replace each other.
fn group(kind: Kind) -> u8 {
    match kind {
        Kind::Function | Kind::Method | Kind::Macro => 0,
        Kind::Class | Kind::Struct | Kind::Interface | Kind::Enum | Kind::Type | Kind::Module => 1,
        _ => 2,
    }
}

/// The message for a block of members that would stand inside of a block for the same type.
fn nested(old: &Outline, new: &Outline) -> Option<String> {
    let (before, after) = (members::nested(&old.parsed), members::nested(&new.parsed));
    let head = after.iter().find(|_| after.len() > before.len())?;
    Some(format!("`{head}` would stand in a block of its own kind\ngive what is to stand in that block alone"))
}

fn lost(old: &Outline, new: &Outline, allowed: Allowed<'_>) -> Option<String> {
    let (before, after) = (old.text(), new.text());
    let may_be_hollow = allowed.hollows();
    // A body of dots behind its head may move to a line of its own.
    let dots = || elided::dots(&new.parsed).0 > elided::dots(&old.parsed).1 && elided::loses(before, after);
    if let Some(name) = old.hollowed(new, |body| may_be_hollow || allowed.empties(body)) {
        return Some(format!("the body of `{name}` would be gone\nwrite all of it"));
    }
    if !may_be_hollow && dots() {
        return Some("`...` stands for code that is not written out\nwrite all of it".into());
    }
    let name = old.hidden(new).filter(|name| !allowed.hides(name))?;
    Some(format!("`{name}` would not be seen from outside any more\nleave the words before its name as they are"))
}
