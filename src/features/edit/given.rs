//! Code that a model gave with more around it than was asked for: a function with its signature, a body in braces, a module around tests.
//! Put into the file and parsed there, the tree says what of it belongs there.

use std::sync::Arc;

use super::forms::line_indent;
use super::strings::fitted;
use crate::features::Site;
use crate::syntax::scope::Item;
use crate::syntax::{self, Definition, Kind, Language};
use crate::text::lines::line_start;

/// The statements of an item's body, from an answer that may be the whole item.
pub fn body(site: &Site, item: &Item, code: &str) -> String {
    let known = site.definition_of(item);
    let found = known.and_then(|known| of_item(site, item, &known, code).or_else(|| of_braces(site, &known, code)));
    found.unwrap_or_else(|| code.to_string()).trim_matches('\n').trim_end().to_string()
}

/// The inside of the item's body, if the code is the item: in its place it is parsed as a member of whatever is around it.
fn of_item(site: &Site, item: &Item, known: &Definition, code: &str) -> Option<String> {
    let place = known.item.range();
    let code = fitted(site.language.as_ref(), code.trim_matches('\n'), line_indent(site, place.start));
    let (text, found) = instead(site, known, place, code.trim())?;
    let body = found.body.range();
    let inside = &text[body.clone()];
    let was = item.body.clone().map_or("", |body| &site.text[body]);
    if let Some(inside) = inside.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')) {
        return Some(inside.into());
    }
    if was.starts_with('{') {
        // An arrow function without braces.
        return Some(format!("return {inside};"));
    }
    // The docstring stands in the file already.
    let doc = found.doc.range();
    let start = if doc.start == body.start && !known.doc.is_empty() { doc.end } else { body.start };
    let line = line_start(&text, start);
    let start = if text[line..start].trim().is_empty() { line } else { start };
    Some(text[start..body.end].into())
}

/// The inside of a body that was given with its braces. They are the body's own where they match each other.
fn of_braces(site: &Site, known: &Definition, code: &str) -> Option<String> {
    let code = code.trim();
    let inside = code.strip_prefix('{')?.strip_suffix('}')?;
    let (_, found) = instead(site, known, known.body.range(), code)?;
    (found.body.range() == (known.body.start as usize..known.body.start as usize + code.len())).then(|| inside.into())
}

/// The file with code in the place of something, and the definition of that name that is there then.
fn instead(site: &Site, known: &Definition, place: std::ops::Range<usize>, code: &str) -> Option<(Arc<str>, Definition)> {
    let text: Arc<str> = [&site.text[..place.start], code, &site.text[place.end..]].concat().into();
    let parsed = syntax::parse(site.language.as_ref()?, text.clone()).ok()?;
    let name = known.name.of(&site.text);
    let within = known.item.start as usize..place.start + code.len();
    let is_it = |one: &Definition| {
        within.contains(&(one.name.start as usize)) && one.name.of(&text) == name && one.parent == known.parent && !one.body.is_empty()
    };
    let found = syntax::tags(&parsed, &site.path).definitions.into_iter().find(is_it)?;
    Some((text, found))
}

/// The test functions of a test module that was given whole.
pub fn tests(language: &Arc<Language>, code: &str) -> String {
    let Ok(parsed) = syntax::parse(language, code) else { return code.into() };
    let module = syntax::tags(&parsed, "").definitions.into_iter().find(|one| one.kind == Kind::Module && one.parent.is_none());
    let inside = module.and_then(|module| Some(module.body.of(code).strip_prefix('{')?.strip_suffix('}')?.to_string()));
    inside.map_or_else(|| code.into(), |inside| inside.trim_matches('\n').trim_end().to_string())
}

/// The class that a code is about: the last that stands free, for helpers are written above.
pub fn class(language: &Arc<Language>, code: &str) -> Option<Definition> {
    let parsed = syntax::parse(language, code).ok()?;
    let free = |one: &Definition| one.parent.is_none() && one.kind.is_type() && !one.body.is_empty();
    syntax::tags(&parsed, "").definitions.into_iter().rfind(free)
}

/// What stands in the braces of a class.
pub fn inside<'a>(code: &'a str, class: &Definition) -> &'a str {
    let body = class.body.of(code);
    body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or(body)
}
