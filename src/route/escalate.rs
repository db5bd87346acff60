//! How the scout says that a question is too hard for it: by a call, not in prose. Then the coder answers instead.

use serde_json::json;

use crate::dialect::{Tool, ToolCall};
use crate::engine::Ask;

/// The tool's name.
pub const TOOL_NAME: &str = "escalate";
/// The longest reason that is shown, in characters.
const MAX_REASON_LETTERS: usize = 200;

/// Adds the tool to a request. False, and nothing is added, if the request has tools of its own or is a fill-in-the-middle request.
pub fn offer(ask: &mut Ask) -> bool {
    if let Ask::Chat(chat) = ask
        && chat.tools.is_empty()
    {
        let reason = json!({"type": "string", "description": "Why, in one sentence."});
        let parameters = json!({"type": "object", "properties": {"reason": reason}, "required": ["reason"], "additionalProperties": false});
        let description = "Hands the question to a stronger, slower model. Call it, and write nothing else, only when you cannot answer well: \
            never for what the excerpts show.";
        chat.tools.push(Tool {
            name: TOOL_NAME.into(),
            function: json!({"name": TOOL_NAME, "description": description, "parameters": parameters}),
        });
        return true;
    }
    false
}

/// The scout's reason, on one line.
pub fn reason(call: &ToolCall) -> String {
    let said = call.arguments["reason"].as_str().unwrap_or_default();
    let line: String = said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MAX_REASON_LETTERS).collect();
    if line.trim().is_empty() { "it gave no reason".into() } else { line.trim().into() }
}
