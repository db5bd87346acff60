//! Shortens old messages when a transcript is too long for the window. A call keeps its name and its place, an edit's result its outcome,
//! prose its two ends. Every call keeps a result, and arguments remain an object, as all dialects require.

use serde_json::{Map, Value, json};

use super::tools::schema::ToolName;
use crate::dialect::{Message, Role};
use crate::text::excerpt::shorten;

/// Replaces a long text in a call. No edit may write it into a file.
pub const TEXT_LEFT_OUT: &str = "[left out to save room]";
/// Replaces a result.
const RESULT_LEFT_OUT: &str = "[left out to save room; call the tool again if you need it]";
/// Bytes of prose and of reasoning that are kept.
const KEPT_WORDS_BYTES: usize = 512;
/// Bytes of an edit's result that are kept.
const KEPT_OUTCOME_BYTES: usize = 240;
/// Arguments that say where a call was, and the maximum bytes of each.
const PLACE_ARGUMENTS: [&str; 2] = ["path", "folder"];
const MAX_PLACE_BYTES: usize = 512;
/// The longest other argument that is kept as it is, in bytes.
const KEPT_ARGUMENT_BYTES: usize = 96;
/// Maximum values of a list or fields of an object that are kept, and their maximum depth.
const MAX_KEPT_VALUES: usize = 16;
const MAX_KEPT_DEPTH: usize = 4;
/// Maximum bytes of a call's arguments that may remain in total.
const MAX_KEPT_ARGUMENTS_BYTES: usize = 6 << 10;

/// Shortens messages, oldest first, until `excess` bytes are gone. The task, and whatever else the user or the driver said, is never
/// shortened.
pub fn shrink(messages: &mut [Message], mut excess: usize) {
    let mut edits: Vec<String> = vec![];
    for message in messages {
        if excess == 0 {
            return;
        }
        let before = weight(message);
        match message.role {
            Role::Assistant => {
                let proposed = message.tool_calls.iter().filter(|call| ToolName::of(call) == Some(ToolName::ProposeEdit));
                edits = proposed.map(|call| call.id.clone()).collect();
                answer(message);
            }
            Role::Tool => {
                let is_edit = message.tool_call_id.as_ref().is_some_and(|id| edits.contains(id));
                result(message, is_edit);
            }
            _ => {}
        }
        excess = excess.saturating_sub(before.saturating_sub(weight(message)));
    }
}

/// The size of a message in bytes.
pub fn weight(message: &Message) -> usize {
    let calls: usize = message.tool_calls.iter().map(|call| call.arguments.to_string().len() + call.name.len()).sum();
    message.content.len() + message.reasoning.as_ref().map_or(0, String::len) + calls
}

/// Shortens a result as far as possible; an edit's result still says whether the edit was accepted.
fn result(message: &mut Message, is_edit: bool) {
    let left = match message.content.lines().next() {
        Some(first) if is_edit => shorten(first, KEPT_OUTCOME_BYTES),
        _ => RESULT_LEFT_OUT.into(),
    };
    if left.len() < message.content.len() {
        message.content = left;
    }
}

fn answer(message: &mut Message) {
    message.content = shorten(&message.content, KEPT_WORDS_BYTES);
    message.reasoning = message.reasoning.take().map(|thoughts| shorten(&thoughts, KEPT_WORDS_BYTES));
    for call in &mut message.tool_calls {
        let left = arguments(&call.arguments);
        if left.to_string().len() < call.arguments.to_string().len() {
            call.arguments = left;
        }
    }
}

/// Arguments with their long parts replaced.
fn arguments(given: &Value) -> Value {
    let small = [KEPT_ARGUMENT_BYTES, 0].map(|most| without_long(given, most, MAX_KEPT_DEPTH));
    let fits = |value: &&Value| value.is_object() && value.to_string().len() <= MAX_KEPT_ARGUMENTS_BYTES;
    small.iter().find(fits).cloned().unwrap_or_else(|| json!({ "arguments": TEXT_LEFT_OUT }))
}

fn without_long(value: &Value, most: usize, depth: usize) -> Value {
    let short = |text: &str, most: usize| Value::from(if text.len() <= most.max(TEXT_LEFT_OUT.len()) { text } else { TEXT_LEFT_OUT });
    match value {
        Value::String(text) => short(text, most),
        Value::Array(_) | Value::Object(_) if depth == 0 => TEXT_LEFT_OUT.into(),
        Value::Array(values) => {
            let more = values.len().saturating_sub(MAX_KEPT_VALUES);
            let shown = values.iter().take(MAX_KEPT_VALUES).map(|value| without_long(value, most, depth - 1));
            shown.chain((more > 0).then(|| Value::from(format!("[{more} more, left out to save room]")))).collect()
        }
        Value::Object(fields) => {
            let known = fields.iter().filter(|(name, _)| name.len() <= KEPT_ARGUMENT_BYTES).take(MAX_KEPT_VALUES);
            let left = known.map(|(name, value)| match value {
                Value::String(place) if PLACE_ARGUMENTS.contains(&name.as_str()) => (name.clone(), short(place, MAX_PLACE_BYTES)),
                value => (name.clone(), without_long(value, most, depth - 1)),
            });
            Value::Object(left.collect::<Map<_, _>>())
        }
        plain => plain.clone(),
    }
}
