//! What a text loses with an edit though the task says nothing of it: definitions, their bodies, the words that let others see them, and
//! lines that something only stands for. Pure.

use std::cell::OnceCell;
use std::sync::Arc;

use super::allowed::Allowed;
use super::outline::Outline;
use super::repeated;
use crate::syntax::{self, Language, elided};

/// A text and what becomes of it: each is read once, when something asks for it.
pub(super) struct Change<'a> {
    language: Option<Arc<Language>>,
    pub before: &'a str,
    pub after: &'a str,
    old: OnceCell<Option<Outline>>,
    new: OnceCell<Option<Outline>>,
}

impl<'a> Change<'a> {
    pub fn new(language: Option<Arc<Language>>, before: &'a str, after: &'a str) -> Self {
        Self { language, before, after, old: OnceCell::new(), new: OnceCell::new() }
    }

    fn read(&self, text: &str) -> Option<Outline> {
        syntax::parse(self.language.as_ref()?, text).ok().map(Outline::of)
    }

    pub fn old(&self) -> Option<&Outline> {
        self.old.get_or_init(|| self.read(self.before)).as_ref()
    }

    pub fn now(&self) -> Option<&Outline> {
        self.new.get_or_init(|| self.read(self.after)).as_ref()
    }

    /// The definition that it takes away, and the one that it puts in its place, if it does: then the first is gone only where something
    /// still needs it, and the task says nothing of another name.
    pub fn gone(&self, allowed: Allowed<'_>, is_needed: impl Fn(&str) -> bool) -> Option<(String, Option<String>)> {
        if allowed.takes_away() {
            return None;
        }
        let defined = |of: Option<&Outline>| of.map(Outline::names).unwrap_or_default().into_iter().map(|(_, name)| name).collect();
        let (before, now): (Vec<String>, Vec<String>) = (defined(self.old()), defined(self.now()));
        let is_unneeded = |name: &str| allowed.is_unneeded(name) && !is_needed(name);
        let mut gone = before.iter().filter(|name| !now.contains(name) && !is_unneeded(name));
        let Some(new) = now.iter().find(|name| !before.contains(name)) else { return gone.next().map(|gone| (gone.clone(), None)) };
        let gone = gone.filter(|_| !allowed.renames()).find(|name| is_needed(name))?;
        Some((gone.clone(), Some(new.clone())))
    }

    /// What else is lost, for the model.
    pub fn lost(&self, allowed: Allowed<'_>) -> Option<String> {
        let line = elided::left_out(self.language.as_ref()?, self.before, self.after);
        line.or_else(|| lost(self.old()?, self.now()?, allowed))
    }

    /// A definition that is new and there twice.
    pub fn repeated(&self) -> Option<String> {
        // What nobody could read, nobody can compare.
        self.old()?;
        repeated::repeated(self.before, self.now()?)
    }
}

fn lost(old: &Outline, new: &Outline, allowed: Allowed<'_>) -> Option<String> {
    let (before, after) = (old.text(), new.text());
    let may_be_hollow = allowed.hollows();
    // A body of dots behind its head may come to stand on a line of its own.
    let dots = || elided::dots(&new.parsed).0 > elided::dots(&old.parsed).1 && elided::loses(before, after);
    if let Some(name) = old.hollowed(new, |body| may_be_hollow || allowed.empties(body)) {
        return Some(format!("the body of `{name}` would be gone; write all of it"));
    }
    if !may_be_hollow && dots() {
        return Some("`...` stands for code that is not written out; write all of it".into());
    }
    let name = old.hidden(new).filter(|name| !allowed.hides(name))?;
    Some(format!("`{name}` would not be seen from outside any more; leave the words before its name as they are"))
}
