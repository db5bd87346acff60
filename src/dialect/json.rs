//! JSON as Python writes it, `json.dumps(value, ensure_ascii=False)`: DeepSeek's prompts are defined in these bytes.

use serde_json::Value;

/// With `", "` and `": "` between parts, keys in order, no more escapes than JSON needs.
pub(super) fn python(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (number, (key, item)) in entries.iter().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(item, out);
            }
            out.push('}');
        }
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => out.push_str(&python_float(float)),
            None => out.push_str(&number.to_string()),
        },
        // serde_json escapes strings exactly like Python, and writes null, true and false the same way.
        other => out.push_str(&other.to_string()),
    }
}

/// Python's `repr` of a finite float: shortest digits, an exponent below 1e-4 and from 1e16 on, with at least two digits.
fn python_float(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if float == 0.0 || (-4..16).contains(&exponent) {
        let plain = format!("{float}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
