//! Names that are not ours alone: the language calls them, or something outside of the workspace does.

use super::defined::{self, Defined};
use super::imports::MAX_BASES;
use super::read;
use crate::features::Session;
use crate::index::Symbol;
use crate::syntax::{Kind, Language, Parsed, lists, scope};
use crate::text::words;

/// A warning for a rename, if somebody outside may use the name.
///
/// # Errors
/// Somebody outside does use it.
pub(in crate::features::edit) fn told(
    session: &Session,
    first: &Defined,
    overriding: &[&Defined],
    name: &str,
) -> Result<Option<String>, String> {
    let mut told = of_one(session, first, name, true)?;
    for other in overriding {
        told = told.or(of_one(session, other, name, false)?);
    }
    Ok(told)
}

/// [`told`] for one definition: the root, or one that overrides it.
fn of_one(session: &Session, first: &Defined, name: &str, is_root: bool) -> Result<Option<String>, String> {
    let Some(file) = session.index.file(first.file) else { return Ok(None) };
    let Some(language) = file.language.clone() else { return Ok(None) };
    if is_called(&language, first, name) {
        return Err(format!("`{name}` is what the language itself calls it; under another name it is something else"));
    }
    if first.container.is_none() {
        return Ok(None);
    }
    let Some((text, parsed)) = read(session, &file.path, name)? else { return Ok(None) };
    let Some(id) = session.index.name(name) else { return Ok(None) };
    let is_it = |symbol: &&Symbol| symbol.name == id && symbol.container().map(|of| session.index.text(of)) == first.container.as_deref();
    for symbol in file.symbols.iter().filter(is_it) {
        if let Some(of) = foreign_trait(session, &parsed, symbol) {
            return Err(format!("`{name}` is what the trait `{of}` asks for, which this workspace does not define; it keeps its name"));
        }
        if is_root && language.overrides.as_ref().is_some_and(|word| overrides(&text, symbol, word)) {
            return Err(format!("`{name}` overrides what is defined outside of this workspace; it keeps its name"));
        }
    }
    if first.kind == Kind::Method && language.asked_for.iter().any(|asked| asked == name) {
        return Ok(Some(format!("`{name}` is what interfaces of the standard library ask for: look whether one is meant")));
    }
    if language.overrides.is_none() || !matches!(first.kind, Kind::Method | Kind::Function | Kind::Attribute) {
        return Ok(None);
    }
    let base = first.container.as_deref().and_then(|container| foreign_base(session, &language, container, MAX_BASES));
    Ok(base.map(|base| format!("`{base}`, which it is derived from, is not in this workspace: look whether that asks for `{name}`")))
}

/// Whether the language calls things of this name: `main`, `__init__`.
fn is_called(language: &Language, first: &Defined, name: &str) -> bool {
    let free = first.container.is_none() || language.overrides.is_some();
    language.called.iter().any(|called| match called.split_once('*') {
        Some((start, end)) => name.len() > start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => called == name && first.kind.is_callable() && free,
    })
}

/// The trait of the `impl` block around a definition, if it is not of the workspace.
fn foreign_trait(session: &Session, parsed: &Parsed, symbol: &Symbol) -> Option<String> {
    let of = scope::trait_of(parsed, symbol.item.range().start)?;
    let written = parsed.text().get(of)?;
    let path = written.split('<').next().unwrap_or(written).trim();
    let last = path.rsplit("::").next().unwrap_or(path);
    let known = defined::symbols(session, last, Some(&parsed.language().family));
    let is_ours = known.iter().any(|id| session.index.symbol(*id).is_some_and(|symbol| symbol.kind == Kind::Interface));
    (!is_ours).then(|| path.to_string())
}

/// Whether a definition says before its body that it overrides another.
fn overrides(text: &str, symbol: &Symbol, word: &str) -> bool {
    let end = if symbol.body.is_empty() { symbol.item.end } else { symbol.body.start };
    let head = text.get(symbol.item.start as usize..end as usize).unwrap_or_default();
    words::has(head, word)
}

/// The first base type outside of the workspace.
fn foreign_base(session: &Session, language: &Language, name: &str, levels: usize) -> Option<String> {
    let index = &session.index;
    let types = |name: &str| {
        let mut found = defined::symbols(session, name, Some(&language.family));
        found.retain(|id| index.symbol(*id).is_some_and(|symbol| symbol.kind.is_type()));
        found
    };
    let bases = types(name).into_iter().flat_map(|id| index.file(id.file).into_iter().flat_map(move |file| file.bases(id.index as usize)));
    bases.map(|base| index.text(base)).filter(|base| *base != name && !lists(&language.types.inert_bases, base)).find_map(|base| {
        match types(base).is_empty() {
            true => Some(base.to_string()),
            false => levels.checked_sub(1).and_then(|levels| foreign_base(session, language, base, levels)),
        }
    })
}
