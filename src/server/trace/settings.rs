//! Settings that an editor hands over: their values have names, and a name may say that its value is a key, whatever the value looks like.

use serde_json::{Value, json};

use crate::redact;

/// What a hidden value becomes. Nothing counts the characters of a setting.
const HIDDEN: &str = "***";

/// Where an editor's messages hold settings: those of the handshake, those that have changed, and those that a server asked for.
const PLACES: [&str; 3] = ["/message/params/initializationOptions", "/message/params/settings", "/message/result"];

/// Hides the values of secrets among the settings in a message of the editor.
pub fn hide(entry: &mut Value) {
    if entry["from"] != "editor" {
        return;
    }
    for place in PLACES {
        if let Some(settings) = entry.pointer_mut(place) {
            hide_values(settings);
        }
    }
}

fn hide_values(settings: &mut Value) {
    match settings {
        Value::Array(items) => items.iter_mut().for_each(hide_values),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    _ if redact::names_secret(name) => hide_texts(value),
                    Value::String(text) if redact::is_secret_of(name, text) => *text = HIDDEN.into(),
                    _ => hide_values(value),
                }
            }
        }
        _ => {}
    }
}

/// Hides every text in a value. Numbers stay: most that have such a name are limits of tokens.
fn hide_texts(value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(_) => *value = json!(HIDDEN),
        Value::Array(items) => items.iter_mut().for_each(hide_texts),
        Value::Object(fields) => fields.values_mut().for_each(hide_texts),
        _ => {}
    }
}
