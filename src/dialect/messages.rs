//! Conversations and tools in the OpenAI API's JSON, in both directions.

use serde_json::{Map, Value, json};

use super::{Chat, DialectError, Message, Role, Tool, ToolCall, pieces};

/// Reads an array of messages, or `{"messages": […], "tools": […]}`.
pub fn chat_from_json(value: &Value) -> Result<Chat, DialectError> {
    let messages = match value {
        Value::Array(messages) => messages,
        Value::Object(object) => match object.get("messages") {
            Some(Value::Array(messages)) => messages,
            _ => return Err(DialectError("`messages` must be an array".into())),
        },
        _ => return Err(DialectError("expected an array of messages, or an object with `messages`".into())),
    };
    let messages = messages.iter().map(message_from_json).collect::<Result<_, _>>()?;
    let tools = match value.get("tools") {
        None | Some(Value::Null) => vec![],
        Some(tools) => tools_from_json(tools)?,
    };
    Ok(Chat { messages, tools, ..Chat::default() })
}

/// Reads an array of tools: OpenAI's `{"type":"function","function":{…}}`, or just the function objects.
pub fn tools_from_json(value: &Value) -> Result<Vec<Tool>, DialectError> {
    let Value::Array(tools) = value else { return Err(DialectError("`tools` must be an array".into())) };
    let read = |tool: &Value| {
        let function = tool.get("function").filter(|function| function.is_object()).unwrap_or(tool);
        let name = function.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| DialectError(format!("a tool has no name: {}", shorten(tool))))?;
        Ok(Tool { name: name.into(), function: function.clone() })
    };
    tools.iter().map(read).collect()
}

fn message_from_json(value: &Value) -> Result<Message, DialectError> {
    let Some(role) = value.get("role").and_then(Value::as_str) else {
        return Err(DialectError(format!("a message must be an object with a `role`, not {}", shorten(value))));
    };
    let role = match role {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        // Llama's name for it.
        "tool" | "ipython" => Role::Tool,
        other => return Err(DialectError(format!("Unknown role: {other}"))),
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(String::from);
    let mut message = Message::new(role, value.get("content").map_or(Ok(String::new()), content_text)?);
    message.reasoning = text("reasoning_content").or_else(|| text("reasoning")).filter(|reasoning| !reasoning.is_empty());
    message.tool_call_id = text("tool_call_id");
    match value.get("tool_calls") {
        None | Some(Value::Null) => {}
        Some(Value::Array(calls)) => message.tool_calls = calls.iter().map(call_from_json).collect::<Result<_, _>>()?,
        Some(other) => return Err(DialectError(format!("`tool_calls` must be an array, not {}", shorten(other)))),
    }
    match value.get("tools") {
        None | Some(Value::Null) => {}
        Some(tools) => message.tools = tools_from_json(tools)?,
    }
    message.response_format = value.get("response_format").filter(|format| !is_empty(format)).cloned();
    Ok(message)
}

/// Text, the text parts of a list, or the JSON of anything else. Fails for images and the like, which cannot be rendered.
fn content_text(content: &Value) -> Result<String, DialectError> {
    let kind = |part: &Value| part.get("type").and_then(Value::as_str).map(String::from);
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) if parts.iter().all(|part| part.get("text").is_some_and(Value::is_string)) => {
            Ok(parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect())
        }
        Value::Array(parts) => match parts.iter().filter_map(kind).find(|kind| MEDIA.iter().any(|media| kind.contains(media))) {
            Some(kind) => Err(DialectError(format!("`content` has a part of type `{kind}`; only text can be sent"))),
            None => Ok(super::json::python(content)),
        },
        other => Ok(super::json::python(other)),
    }
}

/// Parts of the type names of content that is not text.
const MEDIA: &[&str] = &["image", "audio", "video", "file"];

fn call_from_json(value: &Value) -> Result<ToolCall, DialectError> {
    let function = value.get("function").unwrap_or(value);
    let name = function.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| DialectError(format!("a tool call has no name: {}", shorten(value))))?;
    let arguments = match function.get("arguments") {
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|error| DialectError(format!("the arguments of the call to `{name}` are not JSON: {error}")))?,
        Some(other) => other.clone(),
        None => return Err(DialectError(format!("the call to `{name}` has no `arguments`"))),
    };
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    Ok(ToolCall { id: id.into(), name: name.into(), arguments })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(entries) => entries.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// A value, shortened for an error message.
fn shorten(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The tools as the API takes them.
pub fn tools_to_json(tools: &[Tool]) -> Value {
    tools.iter().map(|tool| json!({"type": "function", "function": tool.function})).collect()
}

/// How a server wants past messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Ollama: arguments as an object, results with the name of their tool. OpenAI: arguments as JSON in a string.
    pub ollama: bool,
    pub reasoning: Resend,
}

/// Which of the assistant's past reasoning is sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resend {
    Never,
    /// That of the tool turns since the last user message, from which the model continues.
    #[default]
    ToolTurns,
    /// All of it, as some servers require.
    All,
}

/// The messages as the API takes them.
pub fn messages_to_json(messages: &[Message], wire: Wire) -> Value {
    let last_user = messages.iter().rposition(|message| matches!(message.role, Role::User | Role::Developer));
    let resend = |index: usize, message: &Message| match wire.reasoning {
        Resend::Never => false,
        Resend::ToolTurns => !message.tool_calls.is_empty() && last_user.is_none_or(|user| index > user),
        Resend::All => true,
    };
    let one = |(index, message): (usize, &Message)| {
        let reasoning = message.reasoning.as_deref().filter(|_| resend(index, message));
        message_to_json(message, &messages[..index], reasoning, wire)
    };
    messages.iter().enumerate().map(one).collect()
}

/// Sent in place of an answer without text and calls.
const NOTHING: &str = "(no answer)";

fn message_to_json(message: &Message, before: &[Message], reasoning: Option<&str>, wire: Wire) -> Value {
    let mut out = Map::new();
    let role = match message.role {
        // Most servers do not know `developer`.
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    out.insert("role".into(), role.into());
    // Servers tokenise the conversation with control tokens enabled, so those in text are broken up first; also in the model's own text,
    // where they had been restored.
    let says_nothing = message.role == Role::Assistant && message.content.trim().is_empty() && message.tool_calls.is_empty();
    // Strict servers refuse an empty answer and all that follows; if it were left out, two user messages would be adjacent.
    let content = if says_nothing { NOTHING } else { &message.content };
    out.insert("content".into(), pieces::neutral_for_any(content).into());
    if let Some(id) = &message.tool_call_id {
        out.insert("tool_call_id".into(), id.as_str().into());
        let answered = before.iter().rev().flat_map(|other| &other.tool_calls).find(|call| call.id == *id);
        if let Some(call) = answered.filter(|_| wire.ollama) {
            out.insert("tool_name".into(), call.name.as_str().into());
        }
    }
    if let Some(reasoning) = reasoning {
        out.insert(if wire.ollama { "thinking" } else { "reasoning_content" }.into(), reasoning.into());
    }
    if !message.tool_calls.is_empty() {
        out.insert("tool_calls".into(), message.tool_calls.iter().map(|call| call_to_json(call, wire)).collect());
    }
    Value::Object(out)
}

fn call_to_json(call: &ToolCall, wire: Wire) -> Value {
    let arguments = pieces::neutral_value(&call.arguments);
    let arguments = if wire.ollama { arguments } else { arguments.to_string().into() };
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
}
