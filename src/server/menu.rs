//! How what can be chosen looks on the wire: commands, the code actions that run them, and those whose edit is asked for later.

use serde::Serialize;
use serde_json::{Value, json};

/// A command with its argument, as an action or a lens carries it.
pub fn command(title: &str, name: &str, argument: &Value) -> Value {
    json!({ "title": title, "command": name, "arguments": [argument] })
}

/// An action that runs a command.
pub fn running(title: &str, kind: &str, name: &str, argument: &Value) -> Value {
    json!({ "title": title, "kind": kind, "command": command(title, name, argument) })
}

/// An action that has no edit yet, with what it needs to get one.
pub fn resolved_later(title: &str, kind: &str, data: &impl Serialize) -> Value {
    json!({ "title": title, "kind": kind, "data": data })
}
