//! Definitions that an edit duplicates: an answer repeats what the file has already in another place.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::outline::Outline;
use crate::syntax::{self, Definition, Parsed, scope};
use crate::text::lines::line_start;
use crate::text::words;

/// An edit of a text at one place.
pub(in crate::features::edit) struct PlacedEdit<'a> {
    pub before: &'a Parsed,
    pub known: &'a [Definition],
    /// What is replaced, with what, and the new text.
    pub range: &'a Range<usize>,
    pub new: &'a str,
    pub after: &'a str,
}

impl PlacedEdit<'_> {
    /// The name of a definition that becomes a duplicate. One that surrounds the marked lines counts by its name alone, since it may have
    /// got another signature.
    pub fn doubled(&self, marked: &Range<usize>) -> Option<String> {
        let text = self.before.text();
        let said: HashSet<&str> = words::all(self.new).collect();
        let named: Vec<&Definition> = self.known.iter().filter(|known| said.contains(known.name.of(text))).collect();
        let is_around = |known: &&&Definition| known.item.range().end >= marked.end && (known.signature.start as usize) < marked.start;
        let around: Vec<&Definition> = named.iter().filter(is_around).copied().collect();
        let within = around.iter().filter(|known| (known.signature.start as usize) < self.range.start);
        if let Some(begun) = within.into_iter().find(|known| begins_with(self.new, text, known)) {
            return Some(begun.name.of(text).to_string());
        }
        if !named.iter().any(|known| known.kind.is_callable() || known.kind.is_type() || around.contains(known)) {
            return None;
        }
        let parsed = self.before.edited(self.after).ok()?;
        let now = syntax::tags(&parsed, "").definitions;
        let count = |all: &[Definition], text: &str, of: &Definition, name: &str| {
            let alike = |one: &&Definition| one.kind == of.kind || one.kind.is_callable() && of.kind.is_callable();
            all.iter().filter(alike).filter(|one| one.name.of(text) == name).count()
        };
        let more = |known: &&Definition| {
            let name = known.name.of(text);
            count(&now, self.after, known, name) > count(self.known, text, known, name)
        };
        let again = || {
            // With conditional compilation a definition may stand there several times.
            let conditions = has_conditions(&parsed, self.new);
            let old = if conditions { HashMap::new() } else { heads(self.before, self.known, &said) };
            let new = if conditions { HashMap::new() } else { heads(&parsed, &now, &said) };
            new.into_iter().find(|(head, count)| old.get(head).is_some_and(|before| before < count)).map(|(head, _)| head.name)
        };
        around.into_iter().find(more).map(|known| known.name.of(text).to_string()).or_else(again)
    }
}

/// The name of a function or type that is new and there twice, word for word: the insertion was made twice.
pub(in crate::features::edit) fn repeated(before: &str, now: &Outline) -> Option<String> {
    let (all, after) = (&now.all, now.text());
    // With conditional compilation a definition may stand there several times.
    if before == after || has_conditions(&now.parsed, after) {
        return None;
    }
    let named: HashSet<&str> = all.iter().map(|one| one.name.of(after)).collect();
    let mut several = heads(&now.parsed, all, &named).into_iter().filter(|(_, count)| *count > 1).map(|(head, _)| head.name);
    several.find(|name| {
        let texts: Vec<&str> = all.iter().filter(|one| one.name.of(after) == name).map(|one| after[one.item.range()].trim()).collect();
        let is_again = |(at, text): (usize, &&str)| texts[..at].contains(text) && !before.contains(*text);
        texts.iter().enumerate().any(is_again)
    })
}

/// Whether a text is compiled in part only.
fn has_conditions(parsed: &Parsed, text: &str) -> bool {
    let lines = parsed.language().surface.preprocessor.as_ref();
    lines.is_some_and(|lines| text.lines().any(|line| lines.is_conditional(line.trim_start())))
}

/// What tells a function or a type from others of its name: what it is defined in, and all of its text before the body.
#[derive(PartialEq, Eq, Hash)]
struct Head {
    name: String,
    place: String,
    said: String,
}

/// The heads of definitions with these names.
fn heads(parsed: &Parsed, all: &[Definition], names: &HashSet<&str>) -> HashMap<Head, usize> {
    let text = parsed.text();
    let parent = |one: &Definition| one.parent.and_then(|parent| all.get(parent as usize));
    let is_local = |one: &Definition| std::iter::successors(parent(one), |around| parent(around)).any(|around| around.kind.is_callable());
    let mut found = HashMap::new();
    let named = all.iter().filter(|one| names.contains(one.name.of(text)));
    for one in named.filter(|one| (one.kind.is_callable() || one.kind.is_type()) && !one.body.is_empty() && !is_local(one)) {
        let container = parent(one).map_or(one.container.of(text), |around| around.name.of(text));
        // A member of something without a name cannot be told from others'.
        if one.kind == syntax::Kind::Method && container.is_empty() {
            continue;
        }
        let of = scope::trait_of(parsed, one.signature.start as usize).map_or("", |of| &text[of]);
        let said = text[one.item.start.min(one.signature.start) as usize..one.body.start as usize].split_whitespace().collect();
        *found.entry(Head { name: one.name.of(text).into(), place: format!("{container} {of}"), said }).or_insert(0) += 1;
    }
    found
}

/// Whether an answer begins like an item: its name, its parameters, then a body.
fn begins_with(answer: &str, text: &str, known: &Definition) -> bool {
    if !known.kind.is_callable() {
        return false;
    }
    let plain = |code: &str| code.split_whitespace().collect::<String>();
    let up_to_parameters = |code: &str| code.split_once('(').map(|(before, _)| plain(before));
    let first = answer.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['@', '#', '/', '*']));
    // A call with a function in its brackets begins like this, too.
    let is_closed = |line: &&str| line.ends_with(['{', ':']) && line.matches('(').count() == line.matches(')').count();
    let first = first.filter(is_closed).and_then(up_to_parameters);
    let start = known.signature.start as usize;
    let said = up_to_parameters(&text[line_start(text, start)..known.body.start.max(known.signature.end) as usize]);
    first.is_some_and(|first| first == known.name.of(text) || said.is_some_and(|said| said == first))
}
