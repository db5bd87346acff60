//! Whether a bracketed text is going to be a call, judged by its first characters.

use super::Offer;
use crate::dialect::literal;

/// What the first characters of a bracketed text reveal.
pub(super) enum Opening {
    Json,
    Python,
    No,
    Unsure,
}

/// The longest name of a function, in bytes.
pub(super) const MAX_NAME: usize = 256;

/// Judges a text that begins with a bracket. With `pythonic`, function calls count as well.
pub(super) fn opening(text: &str, pythonic: bool) -> Opening {
    let inside = text[1..].trim_start();
    // The limit applies whether spaces come at once or one by one.
    if text.len() - inside.len() > MAX_NAME {
        return Opening::No;
    }
    if inside.is_empty() {
        return Opening::Unsure;
    }
    let quote = |inside: &str| match inside.as_bytes().first() {
        Some(b'"') => Opening::Json,
        Some(b'\'') => Opening::Python,
        Some(_) => Opening::No,
        None => Opening::Unsure,
    };
    if text.starts_with('{') {
        return quote(inside);
    }
    if let Some(object) = inside.strip_prefix('{') {
        return quote(object.trim_start());
    }
    let end = inside.find(|c: char| !literal::is_name_char(c)).unwrap_or(inside.len());
    let named = inside.starts_with(|c: char| c.is_alphabetic() || c == '_') && end <= MAX_NAME;
    let after = inside[end..].trim_start();
    match after.as_bytes().first() {
        _ if !pythonic || !named || inside.len() - after.len() > 2 * MAX_NAME => Opening::No,
        Some(b'(') => Opening::Python,
        Some(_) => Opening::No,
        None => Opening::Unsure,
    }
}

/// Whether an object begins with an unquoted key.
pub(super) fn bare_key(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|inside| inside.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// Whether text that was cut off was going to be a call.
pub(super) fn begins_call(text: &str, offer: &Offer) -> bool {
    let inside = text[1..].trim_start();
    let name = inside.split('(').next().unwrap_or_default().trim_end();
    if text.starts_with('[') && inside.contains('(') && !name.is_empty() && name.chars().all(literal::is_name_char) {
        return offer.may_mean(name);
    }
    let key = |name: &str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'"));
    let named = match offer {
        Offer::Tools(tools) => tools.iter().any(|tool| key(&tool.name)),
        Offer::Unknown => key("arguments") || key("parameters"),
    };
    named && (key("name") || key("function"))
}
