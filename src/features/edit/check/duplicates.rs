//! Definitions that an edit duplicates: an answer repeats what the file has already in another place.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::outline::Outline;
use crate::syntax::{self, Definition, Parsed, Surface, scope};
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
            let (old, new) = (heads(self.before, self.known, &said), heads(&parsed, &now, &said));
            let known = |head: &Head| old.get(head).map(|all| twice(self.before, all));
            new.into_iter().find(|(head, all)| known(head).is_some_and(|before| before < twice(&parsed, all))).map(|(head, _)| head.name)
        };
        around.into_iter().find(more).map(|known| known.name.of(text).to_string()).or_else(again)
    }
}

/// The name of a function or type that is new and there twice, word for word: the insertion was made twice.
pub(in crate::features::edit) fn repeated(before: &str, now: &Outline) -> Option<String> {
    let (all, after, surface) = (&now.all, now.text(), Surface::of(Some(now.parsed.language())));
    if before == after {
        return None;
    }
    let named: HashSet<&str> = all.iter().map(|one| one.name.of(after)).collect();
    let heads = heads(&now.parsed, all, &named);
    let mut several = heads.into_iter().filter(|(_, places)| twice(&now.parsed, places) > 0).map(|(head, _)| head.name);
    several.find(|name| {
        let same: Vec<&Definition> = all.iter().filter(|one| one.name.of(after) == name).collect();
        let texts: Vec<&str> = same.iter().map(|one| after[surface.behind_annotations(after, one)..one.item.end as usize].trim()).collect();
        let is_again = |(at, text): (usize, &&str)| texts[..at].contains(text) && !before.contains(*text);
        texts.iter().enumerate().any(is_again)
    })
}

/// How many pairs of definitions with the same head exclude each other. They do not if both have annotations and these differ, or if
/// they are compiled under different conditions.
pub(in crate::features::edit) fn twice(parsed: &Parsed, all: &[Place]) -> usize {
    let text = parsed.text();
    let lines = parsed.language().surface.preprocessor.as_ref();
    let conditions = |between: &str| lines.is_some_and(|lines| between.lines().any(|line| lines.is_conditional(line.trim_start())));
    let pairs = all.iter().enumerate().flat_map(|(at, one)| all[at + 1..].iter().map(move |other| (one, other)));
    let exclude = |one: &Place, other: &Place| {
        let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
        let alike = one.annotations == other.annotations || one.annotations.is_empty() || other.annotations.is_empty();
        alike && !conditions(&text[first.start..second.start])
    };
    pairs.filter(|(one, other)| exclude(one, other)).count()
}

/// One of several definitions with the same head.
pub(in crate::features::edit) struct Place {
    /// Its number among the definitions.
    pub number: usize,
    start: usize,
    /// What stands before its own words.
    annotations: String,
}

/// What tells a function or a type from others of its name: what it is defined in, and all of its own words before the body.
#[derive(PartialEq, Eq, Hash)]
pub(in crate::features::edit) struct Head {
    name: String,
    place: String,
    said: String,
}

/// The heads of definitions with these names.
pub(in crate::features::edit) fn heads(parsed: &Parsed, all: &[Definition], names: &HashSet<&str>) -> HashMap<Head, Vec<Place>> {
    let (text, surface) = (parsed.text(), Surface::of(Some(parsed.language())));
    let parent = |one: &Definition| one.parent.and_then(|parent| all.get(parent as usize));
    let is_local = |one: &Definition| std::iter::successors(parent(one), |around| parent(around)).any(|around| around.kind.is_callable());
    let mut found: HashMap<Head, Vec<Place>> = HashMap::new();
    let plain = |code: &str| code.split_whitespace().collect::<String>();
    let named = all.iter().enumerate().filter(|(_, one)| names.contains(one.name.of(text)));
    for (number, one) in named.filter(|(_, one)| (one.kind.is_callable() || one.kind.is_type()) && !one.body.is_empty() && !is_local(one)) {
        let container = parent(one).map_or(one.container.of(text), |around| around.name.of(text));
        // A member of something without a name cannot be told from others'.
        if one.kind == syntax::Kind::Method && container.is_empty() {
            continue;
        }
        let of = scope::trait_of(parsed, one.signature.start as usize).map_or("", |of| &text[of]);
        let (start, own) = (one.item.start.min(one.signature.start) as usize, surface.behind_annotations(text, one));
        let head =
            Head { name: one.name.of(text).into(), place: format!("{container} {of}"), said: plain(&text[own..one.body.start as usize]) };
        found.entry(head).or_default().push(Place { number, start, annotations: plain(&text[start..own]) });
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
