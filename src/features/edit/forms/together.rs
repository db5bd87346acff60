//! A new function that a model gives together with its changed caller.

use std::ops::Range;

use crate::features::Site;
use crate::syntax::scope::Item;
use crate::syntax::{self, Definition};
use crate::text::lines::line_start;

/// The new function alone, and the replacement of the marked lines in the caller (none if the caller is unchanged). Nothing if the caller
/// differs in more than these lines, or if there is anything else that differs from the file.
pub(super) fn parted(site: &Site, lines: &Range<usize>, item: &Item, code: &str) -> Option<(String, Option<String>)> {
    let parsed = syntax::parse(site.language.as_ref()?, code).ok().filter(|parsed| parsed.errors() == 0)?;
    let all = syntax::tags(&parsed, "").definitions;
    let said = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect::<Vec<_>>();
    let of = |one: &Definition, text: &str| said(&text[one.signature.start as usize..one.item.end.max(one.signature.end) as usize]);
    // Neighbours given back unchanged do not count.
    let is_there = |one: &Definition| {
        let namesakes = site.definitions().iter().filter(|known| known.parent.is_none() && known.name.of(&site.text) == one.name.of(code));
        one.name.of(code) != item.name && namesakes.into_iter().any(|known| of(known, &site.text) == of(one, code))
    };
    let (known, top): (Vec<&Definition>, Vec<&Definition>) = all.iter().filter(|one| one.parent.is_none()).partition(|one| is_there(one));
    let (callers, others): (Vec<&Definition>, Vec<&Definition>) = top.into_iter().partition(|one| one.name.of(code) == item.name);
    let ([caller], [other]) = (callers.as_slice(), others.as_slice()) else { return None };
    if !caller.kind.is_callable() || !other.kind.is_callable() {
        return None;
    }
    let before = said(site.text.get(item.signature.start..lines.start)?);
    let after = said(site.text.get(lines.end..item.range.end)?);
    let given = &code[caller.signature.start as usize..caller.item.end as usize];
    let own = said(given);
    if before.is_empty() || own.len() < before.len() + after.len() || !own.starts_with(&before) || !own.ends_with(&after) {
        return None;
    }
    let between: Vec<&str> = given.lines().filter(|line| !line.trim().is_empty()).collect();
    let between = between[before.len()..own.len() - after.len()].join("\n");
    let is_as_before = said(&between) == said(&site.text[lines.clone()]);
    let mut gone: Vec<Range<usize>> = known.into_iter().chain([*caller]).map(|one| whole(one, code)).collect();
    gone.sort_by_key(|range| range.start);
    let (mut alone, mut from) = (vec![], 0);
    for range in gone {
        alone.push(code.get(from..range.start)?.trim_matches('\n'));
        from = range.end;
    }
    alone.push(code[from..].trim_matches('\n'));
    alone.retain(|piece| !piece.trim().is_empty());
    Some((alone.join("\n\n"), (!is_as_before).then_some(between)))
}

/// A definition with the comment above it, from the start of its line.
fn whole(one: &Definition, code: &str) -> Range<usize> {
    let start = one.item.start.min(one.signature.start) as usize;
    let start = if one.doc.is_empty() { start } else { start.min(one.doc.start as usize) };
    line_start(code, start)..one.item.end.max(one.signature.end) as usize
}
