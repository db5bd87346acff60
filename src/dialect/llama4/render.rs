//! Renders conversations for Llama 4. Unlike in the public templates, tools are in the system message, results are not quoted, and an
//! assistant turn with an empty list of calls is kept.

use super::{BOS, END_HEADER, EOT, HEADER};
use crate::dialect::pieces::Prompt;
use crate::dialect::{Chat, DialectError, Message, Piece, Role, Tool, json};

/// The prompt for a conversation.
pub(super) fn chat(chat: &Chat) -> Result<Vec<Piece>, DialectError> {
    let mut prompt = Prompt::default();
    prompt.special(BOS);
    let first = chat.messages.first();
    let opens_with_system = first.is_some_and(|first| first.role == Role::System);
    let tools: Vec<&Tool> = chat.tools.iter().chain(chat.messages.iter().flat_map(|message| &message.tools)).collect();
    if !opens_with_system && !tools.is_empty() {
        turn("system", &instructions(&tools), &mut prompt);
    }
    for (index, message) in chat.messages.iter().enumerate() {
        match message.role {
            Role::System | Role::Developer => {
                // As in the public templates: only the system prompt is trimmed, nothing later.
                let mut text = if index == 0 { message.content.trim() } else { &message.content }.to_string();
                if index == 0 && opens_with_system && !tools.is_empty() {
                    text = if text.is_empty() { instructions(&tools) } else { format!("{text}\n\n{}", instructions(&tools)) };
                }
                if let Some(format) = &message.response_format {
                    text.push_str(&format!("\n\nAnswer with JSON of this schema and nothing else:\n{}", json::python(format)));
                }
                turn("system", &text, &mut prompt);
            }
            Role::User => turn("user", &message.content, &mut prompt),
            Role::Assistant => turn("assistant", &assistant(message)?, &mut prompt),
            Role::Tool => turn("ipython", &message.content, &mut prompt),
        }
    }
    if chat.asks() {
        prompt.special(HEADER).text("assistant").special(END_HEADER).text("\n\n");
    }
    Ok(prompt.into_pieces())
}

fn turn(role: &str, text: &str, prompt: &mut Prompt) {
    prompt.special(HEADER).text(role).special(END_HEADER).text("\n\n").text(text).special(EOT);
}

/// The text about tools, one JSON object per line. The instruct model answers in JSON more often than in Python.
fn instructions(tools: &[&Tool]) -> String {
    let schemas: Vec<String> = tools.iter().map(|tool| json::python(&tool.function)).collect();
    format!(
        "You have access to these functions, one JSON schema per line:\n\n{}\n\nTo call a function, answer with one JSON object and nothing \
         else: {{\"name\": function name, \"parameters\": dictionary of argument name and its value}}. Do not use variables. For several \
         calls write one object per line. The results follow in the next message. When no function is needed, answer in plain text.",
        schemas.join("\n")
    )
}

fn assistant(message: &Message) -> Result<String, DialectError> {
    let mut parts = vec![];
    if !message.content.is_empty() || message.tool_calls.is_empty() {
        parts.push(message.content.clone());
    }
    for call in &message.tool_calls {
        if !call.arguments.is_object() {
            return Err(DialectError(format!("the arguments of the call to `{}` must be a JSON object", call.name)));
        }
        let object = serde_json::json!({"name": call.name, "parameters": call.arguments});
        parts.push(json::python(&object));
    }
    Ok(parts.join("\n"))
}
