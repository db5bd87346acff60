//! Definitions that share their name with others: when one of them goes, its name stays in the text. Pure.

use std::collections::{BTreeMap, HashMap};

use super::outline::Outline;
use crate::syntax::{Definition, scope};

/// A definition and the text that it is in.
type Found<'o> = (&'o Outline, &'o Definition);

/// What a definition stands in: a type, or a module, and the trait that is implemented there.
type Place<'o> = (&'o str, &'o str);

/// Functions and types that are gone although others of their name stay. One that is in another place now has moved.
pub(super) fn gone<'o>(old: &[&'o Outline], now: &[&'o Outline]) -> Vec<Found<'o>> {
    let (before, after) = (by_name(old), by_name(now));
    // Of variants for several systems one may go.
    let counts = conditions(old) <= conditions(now);
    let mut lost = vec![];
    for (name, own) in before {
        let Some(left) = after.get(name).filter(|left| left.len() < own.len()) else { continue };
        let (was, is) = (places(&own, counts), places(left, counts));
        let count = |of: &HashMap<Place<'o>, usize>, place: &Place<'o>| of.get(place).copied().unwrap_or_default();
        if is.keys().all(|place| count(&is, place) <= count(&was, place)) {
            lost.extend(own.into_iter().find(|one| count(&is, &place(one)) < count(&was, &place(one))));
        }
    }
    lost
}

/// Functions and types by their names.
fn by_name<'o>(all: &[&'o Outline]) -> BTreeMap<&'o str, Vec<Found<'o>>> {
    let mut found: BTreeMap<&'o str, Vec<Found<'o>>> = BTreeMap::new();
    for of in all.iter().copied() {
        for one in of.outer().filter(|one| one.kind.is_callable() || one.kind.is_type()) {
            found.entry(one.name.of(of.text())).or_default().push((of, one));
        }
    }
    found
}

fn place<'o>((of, one): &Found<'o>) -> Place<'o> {
    let implements = scope::trait_of(&of.parsed, one.signature.start as usize);
    (of.holder(one), implements.map_or("", |implements| &of.text()[implements]))
}

/// How many of these definitions are in each place. Declarations, and what a language defines anew by the same name, count once.
fn places<'o>(all: &[Found<'o>], counts: bool) -> HashMap<Place<'o>, usize> {
    let mut found: HashMap<Place<'o>, usize> = HashMap::new();
    for one in all {
        let (of, definition) = one;
        let differs = counts && !definition.body.is_empty() && (of.parsed.language().overloads || of.is_member(definition));
        let count = found.entry(place(one)).or_default();
        *count = if differs { *count + 1 } else { (*count).max(1) };
    }
    found
}

/// Lines of conditional compilation.
fn conditions(all: &[&Outline]) -> usize {
    let of = |one: &&Outline| {
        let lines = one.parsed.language().surface.preprocessor.as_ref();
        lines.map_or(0, |lines| one.text().lines().filter(|line| lines.is_conditional(line.trim_start())).count())
    };
    all.iter().map(of).sum()
}
