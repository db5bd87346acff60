//! Arguments that came as separate text: an object, plus whatever models and servers put around it.

use serde_json::Value;

use super::calls::{Scan, Scanned};
use super::literal;

/// The value in a text: with or without a fence, with or without an extra closing bracket, with or without an empty object next to it.
pub(super) fn read(text: &str) -> Option<Value> {
    let text = unfenced(text.trim());
    literal::value(text).or_else(|| object(text))
}

fn unfenced(text: &str) -> &str {
    let Some(inside) = text.strip_prefix("```") else { return text };
    let inside = inside.trim_start_matches(literal::is_name_char).trim();
    inside.strip_suffix("```").unwrap_or(inside).trim()
}

/// The only object in a text that otherwise has nothing but closing brackets. None if there are two different ones: it is unclear which is
/// meant.
fn object(text: &str) -> Option<Value> {
    let (mut rest, mut found) = (text, None);
    loop {
        rest = rest.trim_start();
        match rest.as_bytes().first() {
            None => return found,
            Some(b'}' | b']') if found.is_some() => rest = &rest[1..],
            Some(b'{') => {
                let Scanned::Balanced(end) = Scan::new(0).resume(rest, true) else { return None };
                let value = literal::value(&rest[..end]).filter(Value::is_object)?;
                let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
                found = match found {
                    Some(known) if is_empty(&value) || known == value => Some(known),
                    Some(known) if !is_empty(&known) => return None,
                    _ => Some(value),
                };
                rest = &rest[end..];
            }
            Some(_) => return None,
        }
    }
}
