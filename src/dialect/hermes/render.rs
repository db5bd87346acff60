//! Renders conversations as ChatML with Qwen2.5's text about tools, and holes as Qwen's FIM.

use crate::dialect::pieces::Prompt;
use crate::dialect::{Chat, DialectError, Fim, FimToken, Message, Piece, Role, Tool, json};

const OPEN: &str = "<|im_start|>";
const CLOSE: &str = "<|im_end|>";
const CALL: &str = "<tool_call>";
const END_CALL: &str = "</tool_call>";

/// What Qwen2.5's template uses without a system message.
const DEFAULT_SYSTEM: &str = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

/// Renders a conversation. `thought` adds an empty thinking block, so that the model does not think.
pub(super) fn chat(chat: &Chat, thought: bool) -> Result<Vec<Piece>, DialectError> {
    let mut prompt = Prompt::default();
    let tools: Vec<&Tool> = chat.tools.iter().chain(chat.messages.iter().flat_map(|message| &message.tools)).collect();
    let first = chat.messages.first().filter(|first| matches!(first.role, Role::System | Role::Developer));
    prompt.special(OPEN).text("system\n").text(first.map_or(DEFAULT_SYSTEM.into(), system_text));
    if !tools.is_empty() {
        preamble(&tools, &mut prompt);
    }
    prompt.special(CLOSE).text("\n");
    let rest = &chat.messages[usize::from(first.is_some())..];
    for (index, message) in rest.iter().enumerate() {
        match message.role {
            Role::System | Role::Developer => {
                prompt.special(OPEN).text("system\n").text(system_text(message)).special(CLOSE).text("\n");
            }
            Role::User => {
                prompt.special(OPEN).text("user\n").text(&message.content).special(CLOSE).text("\n");
            }
            Role::Assistant => assistant(message, &mut prompt)?,
            Role::Tool => {
                let opens = index == 0 || rest[index - 1].role != Role::Tool;
                let closes = rest.get(index + 1).is_none_or(|next| next.role != Role::Tool);
                result(message, opens, closes, &mut prompt);
            }
        }
    }
    if chat.asks() {
        prompt.special(OPEN).text("assistant\n");
        if thought {
            prompt.special("<think>").text("\n\n").special("</think>").text("\n\n");
        }
    }
    Ok(prompt.into_pieces())
}

fn system_text(message: &Message) -> String {
    match &message.response_format {
        Some(format) => {
            format!("{}\n\nAnswer with JSON of this schema and nothing else:\n{}", message.content, json::python(format))
        }
        None => message.content.clone(),
    }
}

fn preamble(tools: &[&Tool], prompt: &mut Prompt) {
    prompt.text(
        "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n\
         You are provided with function signatures within <tools></tools> XML tags:\n<tools>",
    );
    for tool in tools {
        let wrapped = serde_json::json!({"type": "function", "function": tool.function});
        prompt.text("\n").text(json::python(&wrapped));
    }
    prompt.text(
        "\n</tools>\n\nFor each function call, return a json object with function name and arguments within \
         ",
    );
    prompt.special(CALL).special(END_CALL).text(" XML tags:\n").special(CALL);
    prompt.text("\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n").special(END_CALL);
}

fn assistant(message: &Message, prompt: &mut Prompt) -> Result<(), DialectError> {
    prompt.special(OPEN).text("assistant");
    if !message.content.is_empty() || message.tool_calls.is_empty() {
        prompt.text("\n").text(&message.content);
    }
    for call in &message.tool_calls {
        if !call.arguments.is_object() {
            return Err(DialectError(format!("the arguments of the call to `{}` must be a JSON object", call.name)));
        }
        let object = serde_json::json!({"name": call.name, "arguments": call.arguments});
        prompt.text("\n").special(CALL).text("\n").text(json::python(&object)).text("\n").special(END_CALL);
    }
    prompt.special(CLOSE).text("\n");
    Ok(())
}

/// Consecutive results share one user turn. A closing tag inside a result would end it, so such tags are broken up.
fn result(message: &Message, opens: bool, closes: bool, prompt: &mut Prompt) {
    if opens {
        prompt.special(OPEN).text("user");
    }
    let content = message.content.replace("tool_response>", "tool_response >");
    prompt.text("\n").special("<tool_response>").text("\n").text(content).text("\n").special("</tool_response>");
    if closes {
        prompt.special(CLOSE).text("\n");
    }
}

/// Repository-level layout if there are other files, else the plain one.
pub(super) fn fim(fim: &Fim) -> Vec<Piece> {
    let mut prompt = Prompt::default();
    if !fim.files.is_empty() {
        prompt.fim(FimToken::Repository).text(&fim.repository).text("\n");
        for file in &fim.files {
            prompt.fim(FimToken::FileSeparator).text(&file.path).text("\n").text(file.text.trim_end_matches('\n')).text("\n");
        }
        prompt.fim(FimToken::FileSeparator).text(&fim.path).text("\n");
    }
    prompt.fim(FimToken::Prefix).text(&fim.prefix).fim(FimToken::Suffix).text(&fim.suffix).fim(FimToken::Middle);
    prompt.into_pieces()
}
