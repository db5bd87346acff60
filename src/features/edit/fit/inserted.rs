//! An answer for an empty line: its indentation, the blank lines around it, and that it removes nothing.

use std::ops::Range;

use super::extent::{self, Extent};
use super::members;
use super::strings;
use crate::features::Site;
use crate::features::edit::forms::inner_indent;
use crate::syntax::{self, scope};
use crate::text::Edit;
use crate::text::layout::indentation;

/// The edit that writes an answer on an empty line, or over the lines around if the answer repeats those.
pub(in crate::features::edit) fn edit(site: &Site, line: &Range<usize>, new: &str) -> Result<Edit, String> {
    let indent = indent(site, line, new);
    let old = format!("{indent}x");
    let code = strings::placed(site.language.as_ref(), new.trim_matches('\n'), &old).trim_end().to_string();
    let (above, below) = gaps(site, line, &code);
    let end = if line.end == site.text.len() { "\n" } else { "" };
    let text = format!("{}{code}{}{end}", "\n".repeat(above), "\n".repeat(below));
    extent::inserted(site, Extent::lines(line.clone(), text), new)
}

/// The indentation for the line: its own, or that of the statements beside it in the block of its item. In indented languages the answer
/// may also continue the block above.
fn indent(site: &Site, line: &Range<usize>, new: &str) -> String {
    let own = indentation(&site.text[line.clone()]);
    if !own.is_empty() {
        return own.into();
    }
    let (above, below) = neighbours(site, line);
    if site.language.is_none() {
        return unread_indent(new, above, below).into();
    }
    let around = site.parsed().map(|parsed| scope::at(parsed, line.start).items).unwrap_or_default();
    let in_body = around.last().is_some_and(|item| item.kind.is_callable());
    if let Some(depth) = members::depth(site, line).filter(|_| !in_body) {
        return depth;
    }
    let Some(item) = around.into_iter().rfind(|item| site.is_in_body(item, line)) else {
        let said = indentation(new.trim_start_matches('\n'));
        let goes_on = site.language.as_deref().is_some_and(|language| language.indented) && said.len() <= indentation(above).len();
        return if goes_on { said.into() } else { String::new() };
    };
    let inner = inner_indent(site, &item);
    let inside = [above, below].into_iter().map(indentation).filter(|depth| depth.len() >= inner.len() && depth.starts_with(&inner));
    inside.min_by_key(|depth| depth.len()).map_or(inner.clone(), String::from)
}

/// Where no grammar reads the file: the indentation of the answer if it may go on with a block above, else that which the lines on both
/// sides have.
fn unread_indent<'a>(new: &'a str, above: &'a str, below: &'a str) -> &'a str {
    let (said, above) = (indentation(new.trim_start_matches('\n')), indentation(above));
    if !said.is_empty() && above.starts_with(said) {
        return said;
    }
    let below = indentation(below);
    if above.starts_with(below) { below } else { above }
}

/// The nearest non-blank lines above and below.
fn neighbours<'a>(site: &'a Site, line: &Range<usize>) -> (&'a str, &'a str) {
    let said = |line: &&str| !line.trim().is_empty();
    let above = site.text[..line.start].lines().rev().find(said).unwrap_or_default();
    (above, site.text[line.end..].lines().find(said).unwrap_or_default())
}

/// How many blank lines are missing above and below a definition, compared with other definitions.
fn gaps(site: &Site, line: &Range<usize>, code: &str) -> (usize, usize) {
    let defines = |language| {
        let parsed = syntax::parse(language, code).ok()?;
        let all = syntax::tags(&parsed, "").definitions;
        Some(all.iter().any(|one| one.parent.is_none() && (one.kind.is_callable() || one.kind.is_type()) && !one.body.is_empty()))
    };
    if !site.language.as_ref().and_then(defines).unwrap_or_default() {
        return (0, 0);
    }
    let depth = indentation(code);
    let wide = depth.is_empty() && site.language.as_deref().is_some_and(|language| language.indented);
    let wanted: usize = if wide { 2 } else { 1 };
    let is_blank = |line: &&str| line.trim().is_empty();
    let (above, below) = neighbours(site, line);
    let stand_above = site.text[..line.start].lines().rev().take_while(is_blank).count();
    let stand_below = site.text[line.end..].lines().skip(1).take_while(is_blank).count();
    // Not behind the line that opens the block, and not before the one that closes it.
    let is_beside = |other: &str| !other.is_empty() && indentation(other).len() >= depth.len();
    let is_closed = |other: &str| other.trim_start().starts_with(['}', ')', ']']) && indentation(other).len() < depth.len().max(1);
    let missing = |other: &str, stand: usize| if is_beside(other) { wanted.saturating_sub(stand) } else { 0 };
    let below = if is_closed(below) && !depth.is_empty() { 0 } else { missing(below, stand_below) };
    (missing(above, stand_above), below)
}
