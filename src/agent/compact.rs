//! What is left of old messages when a transcript has outgrown the window: of a call its name and where it was, of an edit's result what
//! became of it, of words their two ends. Every call keeps its result, and its arguments stay an object, as all dialects want them.

use serde_json::{Map, Value, json};

use super::limits::shorten;
use super::tools::schema::ToolName;
use crate::dialect::{Message, Role};

/// What stands where a text of a call was. No edit writes it into a file.
pub const LEFT_OUT: &str = "[left out to save room]";
/// What stands where a result was.
const DROPPED: &str = "[left out to save room; call the tool again if you need it]";
/// Bytes of words and thoughts that stay.
const WORDS: usize = 512;
/// Bytes of an edit's result that stay.
const OUTCOME: usize = 240;
/// Arguments that say where a call was, and the most bytes of them.
const PLACES: [&str; 2] = ["path", "folder"];
const PLACE: usize = 512;
/// Bytes of another argument that stays as it is.
const SHORT: usize = 96;
/// Values of a list and fields of an object that stay, and how deep they may stand.
const MOST: usize = 16;
const DEPTH: usize = 4;
/// Bytes of all arguments of a call that may stay.
const ENOUGH: usize = 6 << 10;

/// Makes messages shorter, the oldest first, until so many bytes are gone. What the task says, and what else a person or the driver did, stays.
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

/// Bytes of a message.
pub fn weight(message: &Message) -> usize {
    let calls: usize = message.tool_calls.iter().map(|call| call.arguments.to_string().len() + call.name.len()).sum();
    message.content.len() + message.reasoning.as_ref().map_or(0, String::len) + calls
}

/// A result as short as it gets: of an edit it is still told whether it was taken.
fn result(message: &mut Message, is_edit: bool) {
    let left = match message.content.lines().next() {
        Some(first) if is_edit => shorten(first, OUTCOME),
        _ => DROPPED.into(),
    };
    if left.len() < message.content.len() {
        message.content = left;
    }
}

fn answer(message: &mut Message) {
    message.content = shorten(&message.content, WORDS);
    message.reasoning = message.reasoning.take().map(|thoughts| shorten(&thoughts, WORDS));
    for call in &mut message.tool_calls {
        let left = arguments(&call.arguments);
        if left.to_string().len() < call.arguments.to_string().len() {
            call.arguments = left;
        }
    }
}

/// Arguments without what is long in them.
fn arguments(given: &Value) -> Value {
    let small = [SHORT, 0].map(|most| without_long(given, most, DEPTH));
    let fits = |value: &&Value| value.is_object() && value.to_string().len() <= ENOUGH;
    small.iter().find(fits).cloned().unwrap_or_else(|| json!({ "arguments": LEFT_OUT }))
}

fn without_long(value: &Value, most: usize, depth: usize) -> Value {
    let short = |text: &str, most: usize| Value::from(if text.len() <= most.max(LEFT_OUT.len()) { text } else { LEFT_OUT });
    match value {
        Value::String(text) => short(text, most),
        Value::Array(_) | Value::Object(_) if depth == 0 => LEFT_OUT.into(),
        Value::Array(values) => {
            let more = values.len().saturating_sub(MOST);
            let shown = values.iter().take(MOST).map(|value| without_long(value, most, depth - 1));
            shown.chain((more > 0).then(|| Value::from(format!("[{more} more, left out to save room]")))).collect()
        }
        Value::Object(fields) => {
            let known = fields.iter().filter(|(name, _)| name.len() <= SHORT).take(MOST);
            let left = known.map(|(name, value)| match value {
                Value::String(place) if PLACES.contains(&name.as_str()) => (name.clone(), short(place, PLACE)),
                value => (name.clone(), without_long(value, most, depth - 1)),
            });
            Value::Object(left.collect::<Map<_, _>>())
        }
        plain => plain.clone(),
    }
}
