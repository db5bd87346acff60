//! The calls of Qwen3-Coder, `<function=name><parameter=key>…</parameter></function>` between the usual tags, and those of Llama 3, which
//! later Llamas still write: `<function=name>{json}</function>`.

use serde_json::Value;

use super::Offer;
use super::read::Written;
use crate::dialect::{literal, schema, values};

/// The start of such a call.
pub(super) const FUNCTION: &str = "<function=";
const END_FUNCTION: &str = "</function>";
const PARAMETER: &str = "<parameter";
const END_PARAMETER: &str = "</parameter>";

/// What follows a `<function=`.
pub(super) enum Function {
    Call(Written, usize),
    /// The function has not ended yet.
    Open,
    Broken,
}

/// A tag with more bytes than this before its `>` is not one.
pub(super) const MAX_NAME: usize = 256;

/// The name in `<function=name>` at the start of the text, once it is complete.
pub(super) fn name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix(FUNCTION)?.split_once('>')?;
    (FUNCTION.len() + name.len() < MAX_NAME).then(|| name.trim())
}

/// Reads a function. It ends at the first closing tag that is followed by `close` or by another function, so that values may contain such
/// tags. `searched` says how far the text has been searched, and is updated.
pub(super) fn function(text: &str, close: &str, offer: &Offer, at_end: bool, searched: &mut usize) -> Function {
    let (end, length) = match ends(text, close, at_end, *searched) {
        Ok(end) => end,
        Err(from) => {
            *searched = from;
            return Function::Open;
        }
    };
    match call(&text[FUNCTION.len()..end], offer) {
        Some(call) => Function::Call(call, end + length),
        None => Function::Broken,
    }
}

/// The offset and length of the `</function>` that ends a function; else where to resume the search once there is more text. A model may
/// have forgotten it before the closing tag of the call.
fn ends(text: &str, close: &str, at_end: bool, from: usize) -> Result<(usize, usize), usize> {
    for (at, _) in text[from..].match_indices(END_FUNCTION) {
        let at = from + at;
        let after = text[at + END_FUNCTION.len()..].trim_start();
        if after.starts_with(close) || after.starts_with(FUNCTION) || after.is_empty() && at_end {
            return Ok((at, END_FUNCTION.len()));
        }
        if close.starts_with(after) || FUNCTION.starts_with(after) {
            return Err(at);
        }
    }
    let last = |at: &usize| matches!(text[at + close.len()..].trim_start().as_bytes().first(), None | Some(b'<'));
    let closing = || text.match_indices(close).map(|(at, _)| at).find(last);
    if at_end
        && !close.is_empty()
        && let Some(at) = closing()
    {
        return Ok((at, 0));
    }
    let tail = text.len().saturating_sub(END_FUNCTION.len());
    Err((from..=tail).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(from))
}

fn call(body: &str, offer: &Offer) -> Option<Written> {
    let (name, mut rest) = body.split_once('>')?;
    if rest.trim_start().starts_with('{') {
        let arguments = literal::value(rest.trim()).filter(Value::is_object)?;
        return (!name.trim().is_empty()).then(|| Written { id: None, name: name.trim().into(), arguments });
    }
    let name = name.trim();
    let tool = offer.tool(name);
    let mut written: Vec<values::Written> = vec![];
    while let Some((key, value)) = parameter(rest.trim_start()) {
        let may_follow =
            |next: &str| next != key && !written.iter().any(|known| known.key == next) && tool.is_none_or(|tool| schema::names(tool, next));
        let (end, after) = value_end(value, may_follow)?;
        let text = value[..end].strip_prefix('\n').unwrap_or(&value[..end]);
        let text = text.strip_suffix('\n').unwrap_or(text);
        written.push(values::Written { key: key.into(), string: Some(true), text: text.into() });
        rest = &value[after..];
    }
    let arguments = values::arguments(written, tool).ok()?;
    (rest.trim().is_empty() && !name.is_empty()).then(|| Written { id: None, name: name.into(), arguments: Value::Object(arguments) })
}

/// The key of the parameter that opens at the start of the text, and what follows it: `<parameter=key>` or `<parameter name="key">`.
fn parameter(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix(PARAMETER)?;
    let (key, value) = inside.strip_prefix('=').or_else(|| inside.strip_prefix(" name="))?.split_once('>')?;
    Some((key.trim().trim_matches(['"', '\'']), value))
}

/// Where a value ends, and where the text after it begins: at the closing tag that is followed by another parameter or by nothing. If the
/// closing tag was forgotten, the value ends before the next parameter or with the function.
fn value_end(value: &str, may_follow: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let closing = value.match_indices(END_PARAMETER).map(|(at, _)| at).find(|at| {
        let after = value[at + END_PARAMETER.len()..].trim_start();
        after.is_empty() || parameter(after).is_some()
    });
    let inside = &value[..closing.unwrap_or(value.len())];
    let opened = inside.match_indices(PARAMETER).filter(|(at, _)| inside[..*at].ends_with('\n'));
    let next = opened.clone().map(|(at, _)| at).find(|at| parameter(&inside[*at..]).is_some_and(|(key, _)| may_follow(key)));
    match (next, closing) {
        (Some(next), _) if opened.count() > inside.matches(END_PARAMETER).count() => Some((next, next)),
        (_, Some(closing)) => Some((closing, closing + END_PARAMETER.len())),
        (_, None) => (!inside.contains(END_PARAMETER)).then_some((value.len(), value.len())),
    }
}
