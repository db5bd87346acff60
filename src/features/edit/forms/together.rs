//! A new function that a model gives together with the one that calls it from now on.

use std::ops::Range;

use crate::features::Site;
use crate::syntax::scope::Item;
use crate::syntax::{self, Definition};
use crate::text::lines::line_start;

/// The new function alone, and what stands in place of the marked lines in the caller beside it; that is none where the caller is as it was.
/// Nothing where the caller differs in more than these lines, or where something else stands there too.
pub(super) fn parted(site: &Site, lines: &Range<usize>, item: &Item, code: &str) -> Option<(String, Option<String>)> {
    let parsed = syntax::parse(site.language.as_ref()?, code).ok().filter(|parsed| parsed.errors() == 0)?;
    let all = syntax::tags(&parsed, "").definitions;
    let top: Vec<&Definition> = all.iter().filter(|one| one.parent.is_none()).collect();
    let (callers, others): (Vec<&Definition>, Vec<&Definition>) = top.into_iter().partition(|one| one.name.of(code) == item.name);
    let ([caller], [other]) = (callers.as_slice(), others.as_slice()) else { return None };
    if !caller.kind.is_callable() || !other.kind.is_callable() {
        return None;
    }
    let said = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect::<Vec<_>>();
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
    let mut start = caller.item.start.min(caller.signature.start) as usize;
    if !caller.doc.is_empty() {
        start = start.min(caller.doc.start as usize);
    }
    let alone = [code[..line_start(code, start)].trim_end(), code[caller.item.end as usize..].trim_start_matches('\n')].join("\n\n");
    Some((alone.trim_matches('\n').to_string(), (!is_as_before).then_some(between)))
}
