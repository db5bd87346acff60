//! The body of an item: its indentation, where it begins, and how statements replace a placeholder.

use std::ops::Range;

use super::extract::placed;
use super::{ending, not_empty, replaced, sorted};
use crate::features::Site;
use crate::features::edit::fit::{answer_imports, strings, wrapped};
use crate::syntax::scope::Item;
use crate::text::lines::line_start;
use crate::text::{Edit, layout};

/// The indentation of the line that an offset lies in.
pub(in crate::features::edit) fn line_indent(site: &Site, offset: usize) -> &str {
    let start = line_start(&site.text, offset);
    layout::indentation(&site.text[start..])
}

/// The indentation of an item's body: that of its first line if it begins on a line of its own, or that of a blank line prepared for it,
/// else one level more than the item's.
pub(in crate::features::edit) fn inner_indent(site: &Site, item: &Item) -> String {
    let outer = line_indent(site, item.range.start);
    let inside = item.body.clone().map_or("", |body| &site.text[body]);
    let deeper = |own: &&str| own.len() > outer.len() && own.starts_with(outer);
    let first = match inside.strip_prefix('{').and_then(|braced| braced.split_once('\n')) {
        Some((_, rest)) => {
            let said = rest.lines().find(|line| !line.trim().is_empty()).map(layout::indentation).filter(deeper);
            said.or_else(|| rest.lines().filter(|line| line.trim().is_empty()).find(deeper))
        }
        None => item.body.as_ref().map(|body| {
            let start = line_start(&site.text, body.start);
            layout::indentation(&site.text[start..])
        }),
    };
    first.filter(deeper).map_or_else(|| format!("{outer}{}", site.indent_unit()), String::from)
}

/// Where the space behind the colon begins, if the body follows on the same line; none for a body on lines of its own.
pub(in crate::features::edit) fn behind_colon(site: &Site, item: &Item) -> Option<usize> {
    let first = item.body.as_ref()?.start;
    let before = site.text[..first].trim_end_matches([' ', '\t']);
    (!before.is_empty() && !before.ends_with(['\n', '\r'])).then_some(before.len())
}

/// The body of an item with further definitions beside the item; or the item as a whole if it needs another signature.
pub(super) fn implement(site: &Site, body: &Range<usize>, item: &Item, code: &str, may_change: bool) -> Result<Vec<Edit>, String> {
    not_empty(code, "body")?;
    let brought = answer_imports::parted(site, body, code);
    let given = wrapped::body(site, item, &brought.code, may_change)?;
    if given.is_other {
        return replaced(site, &site.whole_lines(item.range.clone()), code);
    }
    let mut edits = vec![written(site, body, item, &given.body)];
    for helper in &given.beside {
        edits.push(placed(site, item, helper, &given.body));
    }
    edits.extend(brought.edit(site, item.range.start));
    Ok(sorted(edits))
}

/// Statements in place of a placeholder.
fn written(site: &Site, body: &Range<usize>, item: &Item, code: &str) -> Edit {
    let outer = line_indent(site, item.range.start).to_string();
    let inner = inner_indent(site, item);
    let text = strings::fitted_in(site.language.as_ref(), code, &inner, inner.strip_prefix(outer.as_str()));
    let (text, braced) = (text.trim_end(), site.text[body.clone()].starts_with('{'));
    let indented = site.language.as_deref().is_some_and(|language| language.indented);
    if let Some(start) = behind_colon(site, item).filter(|_| indented && !braced) {
        // The statements get lines of their own, and so does a docstring behind the colon.
        let doc = site.text[start..body.start].trim();
        let doc = if doc.is_empty() { String::new() } else { format!("\n{inner}{doc}") };
        return Edit { range: start..body.end, text: ending(site).apply(&format!("{doc}\n{text}")) };
    }
    // Behind a docstring the body begins on a line of its own.
    let behind = !braced && site.text[..body.start].ends_with(|before: char| !before.is_whitespace());
    let text = match (braced, behind) {
        (true, _) => format!("{{\n{text}\n{outer}}}"),
        (false, true) => format!("\n{text}"),
        (false, false) => text.trim().to_string(),
    };
    Edit { range: body.clone(), text: ending(site).apply(&text) }
}
