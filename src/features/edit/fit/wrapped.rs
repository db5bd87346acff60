//! Code that came with more around it than asked for: a function with its signature, a body in braces, a module around tests. It is put
//! into the file and parsed there, and the tree tells which part belongs.

use std::sync::Arc;

use super::layout::opened;
use super::strings::fitted;
use crate::features::Site;
use crate::features::edit::forms::line_indent;
use crate::syntax::scope::Item;
use crate::syntax::{self, Definition, Kind, Language};
use crate::text::lines::line_start;
use crate::text::words;

/// What is in an answer to the request for a body.
pub struct Given {
    /// The statements of the body.
    pub body: String,
    /// Further definitions beside the item, as they were written.
    pub beside: Vec<String>,
    /// The item was changed: its head is not that of the file.
    pub is_other: bool,
}

/// An answer that may be the whole item with others beside it. `may_change` says that the task may want another signature.
pub fn body(site: &Site, item: &Item, code: &str, may_change: bool) -> Result<Given, String> {
    let known = site.definition_of(item);
    let plain = |body: String| Given { body, beside: vec![], is_other: false };
    let found = known.and_then(|known| {
        let whole = of_item(site, item, &known, code, may_change);
        let whole = whole.or_else(|| goes_on(site, item, &known, code));
        whole.or_else(|| of_braces(site, &known, code).map(plain)).or_else(|| of_value(site, code).map(plain))
    });
    let mut given = found.unwrap_or_else(|| plain(code.to_string()));
    given.body = given.body.trim_matches('\n').trim_end().to_string();
    let alone = |language: &&Arc<Language>| item.kind.is_callable() && language.declared_first;
    if let Some((rest, inner)) = site.language.as_ref().filter(alone).and_then(|language| parted(language, &given.body)) {
        given.body = rest;
        given.beside.extend(inner);
    }
    if item.kind.is_callable() && site.language.as_ref().is_some_and(|language| only_defines(language, &given.body)) {
        return Err(format!("the answer only defines something else\nwrite the statements of `{}`", item.name));
    }
    Ok(given)
}

/// Statements that continue behind the end of the body with further definitions, as can happen when a hole is filled.
fn goes_on(site: &Site, item: &Item, known: &Definition, code: &str) -> Option<Given> {
    let body = &site.text[item.body.clone()?];
    if !body.starts_with('{') || !code.lines().any(|line| line.starts_with('}')) {
        return None;
    }
    let whole = format!("{}{{\n{}\n}}", &site.text[item.signature.clone()], code.trim_end());
    of_item(site, item, known, &whole, false).filter(|given| !given.beside.is_empty())
}

/// Separates functions from statements, if functions cannot stand inside functions; none where there are no functions among them.
fn parted(language: &Arc<Language>, body: &str) -> Option<(String, Vec<String>)> {
    let mut rest = fitted(Some(language), body, "");
    let parsed = syntax::parse(language, rest.as_str()).ok()?;
    let all = syntax::tags(&parsed, "").definitions;
    // A loop made by a macro has no type before its name.
    let is_function = |one: &&Definition| one.kind == Kind::Function && !one.body.is_empty() && one.signature.start < one.name.start;
    let ranges: Vec<_> = all.iter().filter(|one| one.parent.is_none()).filter(is_function).map(|one| one.item.range()).collect();
    let inner: Vec<String> = ranges.iter().map(|range| rest[range.clone()].to_string()).collect();
    ranges.iter().rev().for_each(|range| rest.replace_range(range.clone(), ""));
    (!inner.is_empty() && !rest.trim().is_empty()).then(|| (rest.trim_matches('\n').to_string(), inner))
}

/// A member taken out of the type around it, if the code is that type.
fn of_type(site: &Site, known: &Definition, code: &str) -> Option<String> {
    let around = known.parent.and_then(|parent| site.definitions().get(parent as usize));
    let holder = around.map_or(known.container.of(&site.text), |around| around.name.of(&site.text));
    let parsed = syntax::parse(site.language.as_ref()?, code).ok().filter(|_| !holder.is_empty())?;
    let all = syntax::tags(&parsed, &site.path).definitions;
    let held = |one: &&Definition| match one.parent.and_then(|parent| all.get(parent as usize)) {
        Some(around) => around.name.of(code) == holder && !around.body.is_empty(),
        // A Go method names its type and does not stand in it.
        None => one.container.of(code) == holder && line_start(code, one.item.start as usize) < one.item.start as usize,
    };
    let is_it = |one: &&Definition| one.name.of(code) == known.name.of(&site.text) && !one.body.is_empty() && held(one);
    let signature = |one: &Definition, text: &str| one.signature.of(text).split_whitespace().collect::<String>();
    let found: Vec<&Definition> = all.iter().filter(is_it).collect();
    let same = found.iter().find(|one| signature(one, code) == signature(known, &site.text));
    let one = same.or(found.first())?;
    let start = if one.doc.is_empty() { one.item.start } else { one.doc.start.min(one.item.start) } as usize;
    Some(code[line_start(code, start)..one.item.end as usize].to_string())
}

/// The body of the item, if the code is that item; it is parsed in the item's place, as a member of whatever surrounds it.
fn of_item(site: &Site, item: &Item, known: &Definition, code: &str, may_change: bool) -> Option<Given> {
    let place = known.item.range();
    let code = fitted(site.language.as_ref(), code.trim_matches('\n'), line_indent(site, place.start));
    let (text, all, at) = instead_of(site, known, place.clone(), code.trim())?;
    let found = &all[at];
    let given = place.start..place.start + code.trim().len();
    let item_of = |one: &Definition| {
        let (range, doc) = (one.item.range(), one.doc.range());
        if doc.is_empty() || doc.start > range.start { range } else { doc.start..range.end }
    };
    // Definitions that the file has beside it stay unchanged.
    let stands = |one: &Definition| {
        let overloads = site.language.as_ref().is_some_and(|language| language.overloads);
        let plain = |text: &str, one: &Definition| one.signature.of(text).split_whitespace().collect::<String>();
        let is_it = |own: &Definition| {
            let named = own.parent == known.parent && own.kind == one.kind && own.name.of(&site.text) == one.name.of(&text);
            named && (!overloads || plain(&site.text, own) == plain(&text, one))
        };
        site.definitions().iter().any(is_it)
    };
    // Beside it in the answer, and not inside of it.
    let beside = all.iter().filter(|one| one.parent == found.parent && one.name != found.name && !one.body.is_empty() && !stands(one));
    let beside = beside.map(item_of).filter(|range| given.start <= range.start && range.end <= given.end);
    let whole = |range: std::ops::Range<usize>| {
        let line = line_start(&text, range.start);
        let start = if text[line..range.start].trim().is_empty() { line } else { range.start };
        text[start..range.end].to_string()
    };
    let beside = beside.map(whole).collect();
    let is_other = is_other(site, known, &text, found, may_change);
    Some(Given { body: inside_of(site, item, known, &text, found), beside, is_other })
}

/// The statements in the body of the item in the answer.
fn inside_of(site: &Site, item: &Item, known: &Definition, text: &str, found: &Definition) -> String {
    let body = found.body.range();
    let inside = &text[body.clone()];
    let was = item.body.clone().map_or("", |body| &site.text[body]);
    if let Some(inside) = inside.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')) {
        return inside.into();
    }
    if was.starts_with('{') {
        // An arrow function without braces.
        let gives = site.language.as_ref().map_or("", |language| language.types.gives.as_str());
        return format!("{gives} {inside};");
    }
    // The file has the docstring already.
    let doc = found.doc.range();
    let start = if doc.start == body.start && !known.doc.is_empty() { doc.end } else { body.start };
    let line = line_start(text, start);
    let start = if text[line..start].trim().is_empty() { line } else { start };
    text[start..body.end].into()
}

/// Whether the answer needs another signature than the file's: its body uses parameters that are not there, or it states another one where
/// the task may want that.
fn is_other(site: &Site, known: &Definition, text: &str, found: &Definition, may_change: bool) -> bool {
    let signature = |text: &str, one: &Definition| text[one.signature.start as usize..one.body.start as usize].to_string();
    let (old, new) = (signature(&site.text, known), signature(text, found));
    let behind = |signature: &str, one: &Definition| signature[(one.name.end - one.signature.start) as usize..].to_string();
    let plain = |text: &str| text.split_whitespace().collect::<String>().trim_end_matches(['{', ':', ';']).to_string();
    let all = |text: &str| words::all(text).map(String::from).collect::<Vec<String>>();
    let (said, has) = (all(&old), behind(&new, found));
    let before = &new[..(found.name.start - found.signature.start) as usize];
    let adds = all(before).iter().any(|word| !said.contains(word));
    let differs = plain(&behind(&old, known)) != plain(&has);
    let parameters = all(has.rsplit_once(')').map_or("", |(parameters, _)| parameters));
    let needed = parameters.iter().any(|word| !said.contains(word) && words::has(found.body.of(text), word));
    needed || may_change && (adds || differs)
}

/// The content of an anonymous function that was given as the item.
fn of_value(site: &Site, code: &str) -> Option<String> {
    let language = site.language.as_ref()?;
    let binding = language.binding.as_ref().filter(|_| language.unnamed.iter().any(|sign| code.contains(sign.as_str())))?;
    let text = binding.replace("{name}", "given").replace("{value}", code.trim().trim_end_matches(';'));
    let parsed = syntax::parse(language, text.as_str()).ok().filter(|parsed| parsed.errors() == 0)?;
    let all = syntax::tags(&parsed, "").definitions;
    let found = all.iter().find(|one| one.name.of(&text) == "given" && !one.body.is_empty())?;
    // Nothing may follow it.
    let inside = found.body.of(&text).strip_prefix('{')?.strip_suffix('}')?;
    text[found.body.end as usize..].trim_matches([';', ' ', '\n']).is_empty().then(|| inside.into())
}

/// Whether a body is nothing but a function or a type.
fn only_defines(language: &Arc<Language>, body: &str) -> bool {
    let body = fitted(Some(language), body, "");
    let Ok(parsed) = syntax::parse(language, body.as_str()) else { return false };
    let mut rest = body.to_string();
    let outer = syntax::tags(&parsed, "").definitions;
    let outer = outer.iter().filter(|one| one.parent.is_none() && !one.body.is_empty() && (one.kind.is_callable() || one.kind.is_type()));
    let ranges: Vec<_> = outer.map(|one| one.item.range()).collect();
    ranges.iter().rev().for_each(|range| rest.replace_range(range.clone(), ""));
    !ranges.is_empty() && language.is_blank(rest.trim())
}

/// The content of a body given with its braces, if these two match each other.
fn of_braces(site: &Site, known: &Definition, code: &str) -> Option<String> {
    let code = code.trim();
    let inside = code.strip_prefix('{')?.strip_suffix('}')?;
    let (_, found) = instead(site, known, known.body.range(), code)?;
    (found.body.range() == (known.body.start as usize..known.body.start as usize + code.len())).then(|| inside.into())
}

/// The comment of an item, from an answer that may also contain the item, whole or up to its body.
pub fn comment(site: &Site, item: &Item, answer: &str) -> Result<String, String> {
    let Some(known) = site.definition_of(item).filter(|_| words::places(answer, &item.name).next().is_some()) else {
        return Ok(answer.into());
    };
    let member = of_type(site, &known, answer);
    let answer = member.as_deref().unwrap_or(answer);
    let (place, doc) = (known.item.range(), known.doc.range());
    let place = if doc.is_empty() { place.start } else { doc.start.min(place.start) }..place.end;
    let open = usize::try_from(opened(answer)).unwrap_or_default();
    let before = site.parsed().map_or(0, syntax::Parsed::errors);
    for end in ["\n}".repeat(open).as_str(), " {}", ";"] {
        let code =
            fitted(site.language.as_ref(), &format!("{}{end}", answer.trim_matches('\n')), line_indent(site, known.item.start as usize));
        let Some((text, found)) = instead(site, &known, place.clone(), code.trim()) else { continue };
        let errors =
            site.language.as_ref().and_then(|language| syntax::parse(language, text.clone()).ok()).map_or(0, |parsed| parsed.errors());
        if errors > before {
            continue;
        }
        let doc = found.doc.of(&text);
        return if doc.is_empty() { Err(format!("the answer holds `{}` and no comment of it", item.name)) } else { Ok(doc.into()) };
    }
    Ok(answer.into())
}

/// The file with code in place of something, and the definition of that name in it then.
fn instead(site: &Site, known: &Definition, place: std::ops::Range<usize>, code: &str) -> Option<(Arc<str>, Definition)> {
    let (text, all, at) = instead_of(site, known, place, code)?;
    Some((text, all[at].clone()))
}

/// [`instead`] with all definitions, and the index of that one. What surrounds it may be in the answer, too.
fn instead_of(site: &Site, known: &Definition, place: std::ops::Range<usize>, code: &str) -> Option<(Arc<str>, Vec<Definition>, usize)> {
    let text: Arc<str> = [&site.text[..place.start], code, &site.text[place.end..]].concat().into();
    let parsed = syntax::parse(site.language.as_ref()?, text.clone()).ok()?;
    let name = known.name.of(&site.text);
    let within = place.start.min(known.item.start as usize)..place.start + code.len();
    let all = syntax::tags(&parsed, &site.path).definitions;
    let around = known.parent.and_then(|parent| site.definitions().get(parent as usize)).map(|around| around.name.of(&site.text));
    let is_around = |parent: u32| {
        all.get(parent as usize).is_some_and(|one| within.contains(&(one.name.start as usize)) && Some(one.name.of(&text)) == around)
    };
    let is_it = |one: &Definition| {
        let is_home = one.parent == known.parent || one.parent.is_some_and(is_around);
        within.contains(&(one.name.start as usize))
            && one.name.of(&text) == name
            && is_home
            && (known.body.is_empty() || !one.body.is_empty())
    };
    let at = all.iter().position(is_it)?;
    Some((text, all, at))
}

/// The test functions of a test module that was given whole.
pub fn tests(language: &Arc<Language>, code: &str) -> String {
    // In other languages what looks like a module is a namespace.
    let Some(parsed) = syntax::parse(language, code).ok().filter(|_| language.tests.is_none()) else { return code.into() };
    let module = syntax::tags(&parsed, "").definitions.into_iter().find(|one| one.kind == Kind::Module && one.parent.is_none());
    let inside = module.and_then(|module| Some(module.body.of(code).strip_prefix('{')?.strip_suffix('}')?.to_string()));
    inside.map_or_else(|| code.into(), |inside| inside.trim_matches('\n').trim_end().to_string())
}

/// The class that a code is about: the last one at the top level, since helpers are written above.
pub fn class(language: &Arc<Language>, code: &str) -> Option<Definition> {
    let parsed = syntax::parse(language, code).ok()?;
    let free = |one: &Definition| one.parent.is_none() && one.kind.is_type() && !one.body.is_empty();
    syntax::tags(&parsed, "").definitions.into_iter().rfind(free)
}

/// The content of a class's braces.
pub fn inside<'a>(code: &'a str, class: &Definition) -> &'a str {
    let body = class.body.of(code);
    body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or(body)
}
