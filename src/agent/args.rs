//! Checks the arguments of a call against its tool's schema, with messages that let a model correct itself.

use serde_json::Value;

/// What does not fit, one message per problem; empty if everything fits. Knows the part of JSON Schema that our tools use: types,
/// `required`, `properties`, `items`, `enum`, `minimum`, `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`.
pub fn check(schema: &Value, arguments: &Value) -> Vec<String> {
    let mut wrong = vec![];
    visit(schema, arguments, "", &mut wrong);
    wrong
}

/// Deepest nesting that is checked; no tool of ours nests this deep.
const DEEPEST: usize = 16;

fn visit(schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if at.matches(['.', '[']).count() > DEEPEST {
        return wrong.push(format!("`{at}` is nested too deeply"));
    }
    let name = if at.is_empty() { "the arguments" } else { at };
    if let Some(kind) = schema["type"].as_str()
        && !is(kind, value)
    {
        let is_number = matches!(kind, "integer" | "number") && value.as_str().is_some_and(is_too_large);
        return wrong.push(match is_number {
            true => format!("{name} is too large"),
            false => format!("{name} must be {}, not {}", article(kind), kind_of(value)),
        });
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        return wrong.push(format!("{name} must be one of {}", choices.join(", ")));
    }
    match value {
        Value::Object(members) => object(schema, members, at, wrong),
        Value::Array(items) => {
            bound(schema, "minItems", "maxItems", items.len() as f64, &format!("the number of items of {name}"), wrong);
            for (number, item) in items.iter().enumerate() {
                visit(&schema["items"], item, &format!("{at}[{number}]"), wrong);
            }
        }
        Value::String(text) => {
            bound(schema, "minLength", "maxLength", text.chars().count() as f64, &format!("the length of {name}"), wrong)
        }
        Value::Number(number) => bound(schema, "minimum", "maximum", number.as_f64().unwrap_or(f64::NAN), name, wrong),
        Value::Null | Value::Bool(_) => {}
    }
}

fn object(schema: &Value, members: &serde_json::Map<String, Value>, at: &str, wrong: &mut Vec<String>) {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|name| !members.contains_key(*name)) {
        wrong.push(format!("`{}` is missing", join(at, name)));
    }
    let Some(known) = schema["properties"].as_object() else { return };
    for (name, value) in members {
        match known.get(name) {
            Some(schema) => visit(schema, value, &join(at, name), wrong),
            None => {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                wrong.push(format!("`{}` is not known; there is {}", join(at, name), names.join(", ")));
            }
        }
    }
}

fn bound(schema: &Value, least: &str, most: &str, number: f64, what: &str, wrong: &mut Vec<String>) {
    if let Some(least) = schema[least].as_f64().filter(|least| number < *least) {
        wrong.push(format!("{what} must be at least {least}"));
    }
    if let Some(most) = schema[most].as_f64().filter(|most| number > *most) {
        wrong.push(format!("{what} must be at most {most}"));
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// Whether a text is an integer of more than 64 bits, which is kept as written.
fn is_too_large(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() >= 19 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.into() } else { format!("{at}.{name}") }
}
