//! The values of parameters: what the tag says they are, and the repairs that the tool's schema allows.

use serde_json::{Map, Value};

use crate::dialect::{Tool, literal};

/// One parameter as it was written.
pub(super) struct Written {
    pub key: String,
    /// The attribute `string`, where there was one.
    pub string: Option<bool>,
    pub text: String,
}

/// The arguments of a call. Text is never trimmed.
pub(super) fn arguments(written: Vec<Written>, tool: Option<&Tool>) -> Result<Map<String, Value>, String> {
    let properties = tool.and_then(|tool| tool.function.get("parameters")?.get("properties")?.as_object());
    let mut arguments = Map::new();
    for Written { key, string, text } in written {
        let schema = properties.and_then(|properties| properties.get(&key));
        let value = value(text, string, schema);
        if arguments.insert(key.clone(), value).is_some() {
            return Err(format!("the parameter `{key}` is given twice"));
        }
    }
    Ok(properties.and_then(|properties| unwrapped(&arguments, properties)).unwrap_or(arguments))
}

fn value(text: String, string: Option<bool>, schema: Option<&Value>) -> Value {
    if string == Some(true) {
        return match schema {
            Some(schema) if !allows(schema, "string") => repaired(&text, schema).unwrap_or(Value::String(text)),
            _ => Value::String(text),
        };
    }
    match literal_value(&text) {
        Some(Value::Null) => Value::Null,
        // The schema wants text: `5` in a string parameter is the text 5.
        Some(value) if !value.is_string() && schema.is_some_and(only_string) => Value::String(text),
        Some(value) => value,
        None => Value::String(text),
    }
}

/// JSON, or Python's spelling of it for lists, objects and names.
fn literal_value(text: &str) -> Option<Value> {
    literal::value(text.trim()).filter(|value| !value.is_string() || text.trim_start().starts_with('"'))
}

/// Text for a schema that does not allow text: the value it spells, if that has an allowed type.
fn repaired(text: &str, schema: &Value) -> Option<Value> {
    let value = literal::value(text.trim())?;
    let fits = match &value {
        Value::Number(number) => allows(schema, "number") || allows(schema, "integer") && !number.is_f64(),
        Value::Bool(_) => allows(schema, "boolean"),
        Value::Array(_) => allows(schema, "array"),
        Value::Object(_) => allows(schema, "object"),
        Value::Null => allows(schema, "null"),
        Value::String(_) => false,
    };
    fits.then_some(value)
}

/// Whether the schema names this type, or no type at all.
fn allows(schema: &Value, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(several)) => several.iter().any(|one| one == wanted),
        _ => wanted == "string",
    }
}

fn only_string(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("string")
}

/// A single parameter `arguments` or `input` that holds the whole object, where the tool has no such parameter.
fn unwrapped(arguments: &Map<String, Value>, properties: &Map<String, Value>) -> Option<Map<String, Value>> {
    let (key, value) = arguments.iter().next().filter(|_| arguments.len() == 1)?;
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
