//! What a text loses with an edit though the task says nothing of it: definitions, their bodies, the words that let others see them, and
//! lines that something only stands for. Pure.

use std::cell::OnceCell;
use std::sync::Arc;

use super::outline::Outline;
use super::twice;
use crate::syntax::{self, Language, elided};

/// Words of a task after which something may be gone, a definition or marked lines, ...
const TAKES_AWAY: &[&str] = &[
    "remov",
    "delet",
    "drop",
    "get rid",
    "unused",
    "never used",
    "not used",
    "never read",
    "unreachable",
    "dead code",
    "删",
    "移除",
    "去掉",
];
/// ... a definition only, ...
const TAKES_DEFINITIONS_AWAY: &[&str] = &["inlin", "replac", "merg"];
/// ... and marked lines only, with nothing in their place.
const TAKES_LINES_AWAY: &[&str] = &["redundant", "unnecessary", "take out", "strip"];
/// Those after which a function may have no body.
const STUBS: &[&str] = &[
    "stub",
    "protocol",
    "abstract",
    "interface",
    "overload",
    "mock",
    "placeholder",
    "empty",
    "skeleton",
    "declar",
    "todo",
    "implemented",
    "no-op",
    "noop",
    "do nothing",
    "does nothing",
    "存根",
    "空",
];
/// Those after which others may see less of a definition.
const HIDES: &[&str] = &[
    "priva",
    "visib",
    "export",
    "public",
    "pub ",
    "pub(",
    "`pub`",
    "hide",
    "hidden",
    "intern",
    "encapsul",
    "expose",
    "protected",
    "私有",
    "可见",
    "导出",
    "公开",
];

/// Those after which a definition may have another name.
const RENAMES: &[&str] = &["renam", "call it", "better name", "umbenenn", "重命名", "改名"];

fn says(words: &str, list: &[&str]) -> bool {
    let words = words.to_lowercase();
    list.iter().any(|word| words.contains(word))
}

pub(super) fn takes_away(words: &str) -> bool {
    says(words, TAKES_AWAY) || says(words, TAKES_DEFINITIONS_AWAY)
}

pub(super) fn renames(words: &str) -> bool {
    says(words, RENAMES)
}

pub(super) fn takes_lines_away(words: &str) -> bool {
    says(words, TAKES_AWAY) || says(words, TAKES_LINES_AWAY)
}

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
    pub fn gone(&self, words: &str, is_needed: impl Fn(&str) -> bool) -> Option<(String, Option<String>)> {
        if takes_away(words) {
            return None;
        }
        let defined = |of: Option<&Outline>| of.map(Outline::names).unwrap_or_default().into_iter().map(|(_, name)| name).collect();
        let (before, now): (Vec<String>, Vec<String>) = (defined(self.old()), defined(self.now()));
        let mut gone = before.iter().filter(|name| !now.contains(name));
        let Some(new) = now.iter().find(|name| !before.contains(name)) else { return gone.next().map(|gone| (gone.clone(), None)) };
        let gone = gone.filter(|_| !renames(words)).find(|name| is_needed(name))?;
        Some((gone.clone(), Some(new.clone())))
    }

    /// What else is lost, for the model.
    pub fn lost(&self, words: &str) -> Option<String> {
        let line = elided::left_out(self.language.as_ref()?, self.before, self.after);
        line.or_else(|| lost(self.old()?, self.now()?, words))
    }

    /// A definition that is new and there twice.
    pub fn repeated(&self) -> Option<String> {
        // What nobody could read, nobody can compare.
        self.old()?;
        twice::repeated(self.before, self.now()?)
    }
}

fn lost(old: &Outline, new: &Outline, words: &str) -> Option<String> {
    let (before, after) = (old.text(), new.text());
    let may_be_hollow = takes_away(words) || says(words, STUBS);
    // A body of dots behind its head may come to stand on a line of its own.
    let dots = || elided::dots(&new.parsed).0 > elided::dots(&old.parsed).1 && elided::loses(before, after);
    if let Some(name) = old.hollowed(new).filter(|_| !may_be_hollow) {
        return Some(format!("the body of `{name}` would be gone; write all of it"));
    }
    if !may_be_hollow && dots() {
        return Some("`...` stands for code that is not written out; write all of it".into());
    }
    let name = old.hidden(new).filter(|_| !says(words, HIDES))?;
    Some(format!("`{name}` would not be seen from outside any more; leave the words before its name as they are"))
}
