//! Optional fields of a request. The first refusal that names one teaches us to omit it, or what it is called there.

use serde_json::Value;

use crate::engine::{EngineError, ErrorKind, Refusal};

/// Each with the name that newer servers use for it.
const FIELDS: [(&str, Option<&str>); 6] = [
    ("stream_options", None),
    ("max_tokens", Some("max_completion_tokens")),
    ("temperature", None),
    ("stop", None),
    ("skip_special_tokens", None),
    ("tool_choice", None),
];

/// A server's objection to the form of a request, in its own words. If a prompt is too long the refusal names the fields' values, which is
/// no objection to the fields.
pub(super) fn objection(error: &EngineError) -> Option<&str> {
    let refusal = error.refusal.as_deref().filter(|refusal| matches!(refusal.status, 400 | 422))?;
    (error.kind != ErrorKind::TooLong).then_some(refusal.said.as_str())
}

/// Whether a server says that it, or its model, supports no tools at all.
pub(super) fn refuses_tools(error: &EngineError) -> bool {
    const AGAINST: &[&str] =
        &["support", "require", "not permitted", "not allowed", "not enabled", "unknown", "unrecognized", "unavailable"];
    let about_request = |refusal: &&Refusal| matches!(refusal.status, 200 | 400 | 404 | 405 | 422 | 500 | 501);
    let Some(refusal) = error.refusal.as_deref().filter(about_request) else { return false };
    let said = refusal.said.to_lowercase();
    let names_them = ["tool", "tools", "function calling", "function call", "functions"].iter().any(|name| names(&said, name));
    names_them && AGAINST.iter().any(|words| said.contains(words))
}

/// Which of the fields a server has refused, one bit each.
#[derive(Clone, Copy, Default)]
pub(super) struct RefusedFields(u8);

impl RefusedFields {
    /// Whether an objection is about a field not refused before; if so, the field is omitted from now on.
    pub fn learns(&mut self, said: &str) -> bool {
        let named = (0..FIELDS.len()).find(|number| !self.has_refused(*number) && names(said, FIELDS[*number].0));
        self.0 |= named.map_or(0, |number| 1 << number);
        named.is_some()
    }

    fn has_refused(&self, number: usize) -> bool {
        self.0 & 1 << number != 0
    }

    /// Changes a request into the form that this server accepts.
    pub fn fit(&self, body: &mut Value) {
        let Some(body) = body.as_object_mut() else { return };
        let refused = FIELDS.iter().enumerate().filter(|(number, _)| self.has_refused(*number));
        for (_, (field, newer)) in refused {
            if let Some((value, newer)) = body.remove(*field).zip(*newer) {
                body.insert(newer.into(), value);
            }
        }
    }
}

/// Whether a text contains this word.
fn names(text: &str, field: &str) -> bool {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(field).any(|(at, _)| !text[..at].ends_with(word) && !text[at + field.len()..].starts_with(word))
}
