//! Menu entries on the wire: commands, code actions that run them, and actions whose edit is requested later.

use serde::Serialize;
use serde_json::{Value, json};

/// A command with its argument, for an action or a lens.
pub fn command(title: &str, name: &str, argument: &Value) -> Value {
    json!({ "title": title, "command": name, "arguments": [argument] })
}

/// An action that runs a command.
pub fn running(title: &str, kind: &str, name: &str, argument: &Value) -> Value {
    json!({ "title": title, "kind": kind, "command": command(title, name, argument) })
}

/// An action without an edit yet, with the data to get one.
pub fn resolved_later(title: &str, kind: &str, data: &impl Serialize) -> Value {
    json!({ "title": title, "kind": kind, "data": data })
}
