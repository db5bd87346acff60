//! What a text loses with an edit though the task says nothing of it: definitions, their bodies, the words that let others see them, and
//! lines that something only stands for. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use crate::syntax::{self, Definition, Kind, Language, Parsed, elided};

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

fn outlined(language: &Arc<Language>, text: &str) -> Vec<(Kind, String)> {
    syntax::parse(language, text).map(|parsed| Outline::of(parsed).names()).unwrap_or_default()
}

pub(super) fn defined(language: &Arc<Language>, text: &str) -> Vec<String> {
    outlined(language, text).into_iter().map(|(_, name)| name).collect()
}

/// The definition that the edit takes away, and the one that it puts in its place, if it does: then the first is gone only where something
/// still needs it, and the task says nothing of another name.
pub(super) fn gone(
    language: Option<&Arc<Language>>,
    words: &str,
    before: &str,
    after: &str,
    is_needed: impl Fn(&str) -> bool,
) -> Option<(String, Option<String>)> {
    let language = language.filter(|_| !takes_away(words))?;
    let (before, now) = (defined(language, before), defined(language, after));
    let mut gone = before.iter().filter(|name| !now.contains(name));
    let Some(new) = now.iter().find(|name| !before.contains(name)) else { return gone.next().map(|gone| (gone.clone(), None)) };
    let gone = gone.filter(|_| !renames(words)).find(|name| is_needed(name))?;
    Some((gone.clone(), Some(new.clone())))
}

/// What else is lost, for the model.
pub(super) fn found(language: Option<&Arc<Language>>, words: &str, before: &str, after: &str) -> Option<String> {
    let language = language?;
    if let Some(line) = elided::added(language, before, after) {
        return Some(format!("`{line}` stands for code that is not written out; write all of it"));
    }
    let read = |text: &str| syntax::parse(language, text).ok().map(Outline::of);
    lost(&read(before)?, &read(after)?, words)
}

/// The same between two texts that were read; lines that stand for something are not looked at.
pub(super) fn lost(old: &Outline, new: &Outline, words: &str) -> Option<String> {
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

/// The definitions of a text.
pub(super) struct Outline {
    pub parsed: Parsed,
    pub all: Vec<Definition>,
    /// Where the definitions of a name in a thing are among all.
    by_name: HashMap<(String, String), Vec<usize>>,
}

impl Outline {
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

    fn text(&self) -> &str {
        self.parsed.text()
    }

    /// What the text defines that is no function's own, with the kinds.
    pub fn names(&self) -> Vec<(Kind, String)> {
        self.all.iter().filter(|known| !self.is_local(known)).map(|known| (known.kind, known.name.of(self.text()).to_string())).collect()
    }

    fn parent(&self, one: &Definition) -> Option<&Definition> {
        self.all.get(one.parent? as usize)
    }

    /// What stands inside of a function is the function's own: it may go when the function is simplified.
    fn is_local(&self, one: &Definition) -> bool {
        std::iter::successors(self.parent(one), |around| self.parent(around)).any(|around| around.kind.is_callable())
    }

    fn name(&self, one: &Definition) -> (&str, &str) {
        let text = self.text();
        (one.name.of(text), self.parent(one).map_or(one.container.of(text), |around| around.name.of(text)))
    }

    /// The definitions of the same name in the same thing.
    fn same<'s>(&'s self, other: &'s Outline, one: &'s Definition) -> impl Iterator<Item = &'s Definition> {
        let (name, parent) = other.name(one);
        let same = self.by_name.get(&(name.to_string(), parent.to_string()));
        same.into_iter().flatten().map(|number| &self.all[*number])
    }

    fn is_hollow(&self, one: &Definition) -> bool {
        let body = one.body.range();
        let doc = one.doc.range();
        let start = if doc.start >= body.start && doc.end <= body.end { doc.end.max(body.start) } else { body.start };
        let inside = self.text()[start..body.end].trim();
        let inside = inside.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')).unwrap_or(inside);
        inside.lines().all(|line| self.parsed.language().is_blank(line))
    }

    /// A function that has a body here and none in the text that comes of it.
    fn hollowed(&self, new: &Outline) -> Option<String> {
        let had = |one: &&Definition| one.kind.is_callable() && !one.body.is_empty() && !self.is_hollow(one);
        let lost = |one: &&Definition| {
            let mut now = new.same(self, one).filter(|own| own.kind.is_callable() && !own.body.is_empty()).peekable();
            now.peek().is_some() && now.all(|own| new.is_hollow(own))
        };
        self.all.iter().filter(had).find(lost).map(|one| self.name(one).0.to_string())
    }

    /// What others see here and do not in the text that comes of it.
    fn hidden(&self, new: &Outline) -> Option<String> {
        let lost = |one: &&Definition| {
            let mut now = new.same(self, one).peekable();
            now.peek().is_some() && now.all(|own| !own.public && own.kind == one.kind)
        };
        let seen = self.all.iter().filter(|one| one.public && !self.is_local(one));
        seen.filter(|one| self.same(self, one).all(|own| own.public)).find(lost).map(|one| self.name(one).0.to_string())
    }
}
