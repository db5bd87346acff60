//! The values of parameters: what the tag says they are, and repairs that the tool's schema calls for.

use serde_json::{Map, Value};

use super::schema::{self, Types};
use crate::dialect::{Tool, literal};

/// A parameter as it was written.
pub(super) struct Written {
    pub key: String,
    /// Its attribute `string`, if it had one.
    pub string: Option<bool>,
    pub text: String,
}

/// The arguments of a call. Text is never trimmed.
pub(super) fn arguments(written: Vec<Written>, tool: Option<&Tool>) -> Result<Map<String, Value>, String> {
    let parameters = tool.and_then(schema::parameters);
    let mut arguments = Map::new();
    for Written { key, string, text } in written {
        let types = parameters.and_then(|parameters| schema::types(schema::property(parameters, &key)?, parameters));
        let value = value(text, string, types);
        if arguments.insert(key.clone(), value).is_some() {
            return Err(format!("the parameter `{key}` is given twice"));
        }
    }
    Ok(match fitted(Value::Object(arguments), tool) {
        Value::Object(arguments) => arguments,
        _ => Map::new(),
    })
}

/// What a parameter's text means, by its attribute and the allowed types.
fn value(text: String, string: Option<bool>, types: Option<Types>) -> Value {
    if string == Some(true) {
        return Value::String(text);
    }
    match literal_value(&text) {
        Some(Value::Null) => Value::Null,
        // `5` is text if text is expected.
        Some(value) if types.is_some_and(|types| types.string && !types.allow(&value)) => Value::String(text),
        Some(value) => value,
        None => Value::String(text),
    }
}

/// JSON, or Python's spelling of lists, objects and names.
fn literal_value(text: &str) -> Option<Value> {
    literal::value(text.trim()).filter(|value| !value.is_string() || text.trim_start().starts_with('"'))
}

/// The arguments as the schema wants them, if it forbids what is there and only one reading fits.
pub(super) fn fitted(arguments: Value, tool: Option<&Tool>) -> Value {
    let Some(parameters) = tool.and_then(schema::parameters) else { return arguments };
    let unwrapped = arguments.as_object().and_then(|arguments| unwrapped(arguments, parameters)).map(Value::Object);
    schema::fit(unwrapped.unwrap_or(arguments), parameters, parameters)
}

/// Unpacks a single parameter `arguments` or `input` that holds the whole object, if the tool has no such parameter.
fn unwrapped(arguments: &Map<String, Value>, parameters: &Value) -> Option<Map<String, Value>> {
    let (key, value) = arguments.iter().next().filter(|_| arguments.len() == 1)?;
    let properties = parameters.get("properties")?.as_object()?;
    if !matches!(key.as_str(), "arguments" | "input" | "parameters") || properties.contains_key(key) {
        return None;
    }
    let inner = match value {
        Value::Object(inner) => inner.clone(),
        Value::String(text) => literal::value(text)?.as_object()?.clone(),
        _ => return None,
    };
    inner.keys().all(|key| properties.contains_key(key)).then_some(inner)
}
