//! Code that gets a name: lines become a function beside their item, a value becomes a variable before its statement.

use std::ops::Range;

use super::body::line_indent;
use super::together;
use super::{ending, not_empty, replace, sorted};
use crate::features::Site;
use crate::features::edit::extraction;
use crate::features::edit::fit::{answer_diff, answer_imports, strings};
use crate::syntax;
use crate::syntax::scope::{self, Item};
use crate::text::excerpt::shorten;
use crate::text::lines::{line_start, next_line};
use crate::text::{Edit, words};

/// The call in place of the lines, and the function, with the imports they bring. Checked that they do what the lines did, as far as that
/// can be told.
pub(super) fn extract(site: &Site, lines: &Range<usize>, item: &Item, function: &str, call: &str) -> Result<Vec<Edit>, String> {
    not_empty(function, "function")?;
    let function = answer_imports::parted(site, lines, function);
    // The caller may come along, changed in the marked lines only.
    let (alone, called) = together::parted(site, lines, item, &function.code).unwrap_or_else(|| (function.code.clone(), None));
    let mut call = called.unwrap_or_else(|| call.to_string());
    if call.trim().is_empty() {
        return Err("the answer holds the new function alone; what stands in place of the marked lines is missing".into());
    }
    if let Some([hunk]) = answer_diff::hunks(&call, &site.text).as_deref() {
        call = hunk.new.clone();
    }
    let call = replace(site, lines, &call)?;
    let new = placed(site, item, &alone, &call.text);
    extraction::check(site, lines, &call, &new)?;
    Ok(sorted(function.edit(site, lines.start).into_iter().chain([call, new]).collect()))
}

/// A new function beside an item, as the calling code needs it.
pub(super) fn placed(site: &Site, item: &Item, function: &str, call: &str) -> Edit {
    let (home, is_free) = home(site, item, function, call);
    let indent = line_indent(site, home.start);
    let function = strings::fitted(site.language.as_ref(), function, indent);
    // In Python two blank lines separate top-level definitions.
    let wide = indent.is_empty() && site.language.as_deref().is_some_and(|language| language.indented);
    let gap = if wide { "\n" } else { "" };
    if is_free && site.language.as_deref().is_some_and(|language| language.declared_first) {
        let start = line_start(&site.text, home.start);
        let text = format!("{}\n{gap}\n", function.trim_end());
        return Edit::insert(start, ending(site).apply(&text));
    }
    let end = next_line(&site.text, home.end);
    let line_end = if site.text[..end].ends_with('\n') { "" } else { "\n" };
    let text = format!("{line_end}{gap}\n{}\n", function.trim_end());
    Edit::insert(end, ending(site).apply(&text))
}

/// What a new function goes beside, and whether it is at the top level. If so, it goes beside the outermost item in its module, with the
/// comment above. A function called as a member goes beside the item it was taken from. In languages where methods see each other without
/// `this`, the helper of a method is a method.
fn home(site: &Site, item: &Item, function: &str, call: &str) -> (Range<usize>, bool) {
    let parsed = site.language.as_ref().and_then(|language| syntax::parse(language, function.trim_start()).ok());
    let named = parsed.and_then(|parsed| scope::item_at(&parsed, 0));
    let is_free = named.is_some_and(|new| {
        let called = words::places(call, &new.name).next();
        called.is_some_and(|at| !call[..at.start].ends_with(['.', ':', '>']))
    });
    let top = site.parsed().and_then(|parsed| scope::outermost(parsed, item.range.start));
    let in_type = top.as_ref().is_some_and(|top| *top != item.range);
    let member = in_type && site.language.as_deref().is_some_and(|language| language.bare_members);
    let Some(top) = top.filter(|_| is_free && !member) else { return (item.range.clone(), false) };
    let doc = if top == item.range { site.doc_of(item) } else { None };
    let start = doc.map_or(top.start, |doc| doc.start.min(top.start));
    (start..top.end, true)
}

/// A statement that names the value, before the value's own statement.
pub(super) fn variable(
    site: &Site,
    value: &Range<usize>,
    statement: &Range<usize>,
    binding: &str,
    name: &str,
) -> Result<Vec<Edit>, String> {
    if name.is_empty() || !name.chars().all(words::is_word) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{}` is no name\ngive one word of letters, digits and _", shorten(name, 60)));
    }
    let item = site.item();
    let (around, of) = item.map_or((0..site.text.len(), site.path.clone()), |item| (item.range, item.name));
    if words::has(&site.text[around], name) {
        return Err(format!("`{name}` is taken in `{of}`\ngive another name"));
    }
    let start = line_start(&site.text, statement.start);
    let text = binding.replace("{name}", name).replace("{value}", &site.text[value.clone()]);
    let line = format!("{}{text}\n", &site.text[start..statement.start]);
    Ok(vec![Edit::insert(start, ending(site).apply(&line)), Edit { range: value.clone(), text: name.into() }])
}
