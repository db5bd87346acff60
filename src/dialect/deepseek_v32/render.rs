//! Renders conversations as DeepSeek V3.2's prompt, byte for byte like the published encoder.

use super::{ASSISTANT, BOS, END_THINK, EOS, THINK, USER};
use crate::dialect::pieces::{DSML, Prompt};
use crate::dialect::{Chat, DialectError, Fim, FimToken, Message, Piece, Role, Tool, ToolCall, json, pieces};

/// The official text about tools, with placeholders.
const TOOLS: &str = include_str!("tools.txt");

const FORMAT: &str = "## Response Format:\n\nYou MUST strictly adhere to the following schema to reply:\n";

/// The whole prompt.
pub(super) fn chat(chat: &Chat) -> Result<Vec<Piece>, DialectError> {
    let messages = with_tools_in_front(chat);
    let messages = results_in_call_order(messages);
    let last_user = messages.iter().rposition(|message| matches!(message.role, Role::User | Role::Developer));
    let encoder = Encoder { messages: &messages, thinking: chat.thinking, last_user };
    if !chat.keep_all {
        encoder.check_dropped_developer()?;
    }
    if chat.ask == Some(false) && last_user.is_some_and(|user| user + 1 == messages.len()) {
        return Err(DialectError("a user's message opens the assistant's turn in this encoding: it cannot be left out".into()));
    }
    let mut prompt = Prompt::default();
    prompt.special(BOS);
    for index in 0..messages.len() {
        encoder.message(index, &mut prompt)?;
    }
    Ok(prompt.into_pieces())
}

/// The tools of the whole conversation go into the first message; if that cannot carry tools, into an empty system message before it.
fn with_tools_in_front(chat: &Chat) -> Vec<Message> {
    let mut messages = chat.messages.clone();
    if chat.tools.is_empty() {
        return messages;
    }
    if !messages.first().is_some_and(|first| matches!(first.role, Role::System | Role::Developer)) {
        messages.insert(0, Message::new(Role::System, ""));
    }
    messages[0].tools.extend(chat.tools.iter().cloned());
    messages
}

/// Sorts results in the order of the calls they answer, as far as ids tell. (The encoder itself only looks at positions.)
fn results_in_call_order(mut messages: Vec<Message>) -> Vec<Message> {
    let mut index = 0;
    while index < messages.len() {
        let order: Vec<String> = messages[index].tool_calls.iter().map(|call| call.id.clone()).collect();
        index += 1;
        let end = messages[index..].iter().position(|message| message.role != Role::Tool).map_or(messages.len(), |count| index + count);
        let place = |message: &Message| order.iter().position(|id| Some(id) == message.tool_call_id.as_ref());
        let unique = order.iter().enumerate().all(|(at, id)| !id.is_empty() && !order[..at].contains(id));
        if unique && messages[index..end].iter().all(|message| place(message).is_some()) {
            messages[index..end].sort_by_key(place);
        }
        index = end.max(index);
    }
    messages
}

struct Encoder<'a> {
    messages: &'a [Message],
    thinking: bool,
    last_user: Option<usize>,
}

impl Encoder<'_> {
    /// In thinking mode the published encoder drops developer messages before the last user message, and then runs past the end of its
    /// list. Refused here: silently dropping an instruction would be no better.
    fn check_dropped_developer(&self) -> Result<(), DialectError> {
        let Some(last_user) = self.last_user.filter(|_| self.thinking) else { return Ok(()) };
        let dropped = self.messages[..last_user].iter().filter(|message| message.role == Role::Developer).count();
        let (total, left) = (self.messages.len(), self.messages.len() - dropped);
        match dropped {
            0 => Ok(()),
            _ => Err(DialectError(format!(
                "Index {left} out of range for messages list of length {left}: in thinking mode the encoding drops a developer message \
                 before the last user message ({dropped} of {total}); send it as a system message"
            ))),
        }
    }

    fn message(&self, index: usize, prompt: &mut Prompt) -> Result<(), DialectError> {
        let message = &self.messages[index];
        match message.role {
            Role::System => {
                prompt.text(&message.content);
                attachments(message, prompt);
            }
            Role::Developer => {
                if message.content.is_empty() {
                    return Err(DialectError("Invalid message for role `developer`: it has no content".into()));
                }
                prompt.special(USER);
                attachments(message, prompt);
                prompt.text("\n\n# The user's message is: ").text(&message.content).special(ASSISTANT);
                self.think(Some(index) == self.last_user, prompt);
            }
            Role::User => {
                prompt.special(USER).text(&message.content).special(ASSISTANT);
                self.think(Some(index) == self.last_user, prompt);
            }
            Role::Assistant => self.assistant(index, message, prompt)?,
            Role::Tool => self.result(index, message, prompt)?,
        }
        Ok(())
    }

    fn think(&self, here: bool, prompt: &mut Prompt) {
        prompt.special(if here && self.thinking { THINK } else { END_THINK });
    }

    fn assistant(&self, index: usize, message: &Message, prompt: &mut Prompt) -> Result<(), DialectError> {
        if self.thinking && self.last_user.is_none_or(|user| index > user) {
            let reasoning = message.reasoning.as_deref().unwrap_or_default();
            if reasoning.is_empty() && message.tool_calls.is_empty() {
                return Err(DialectError(
                    "ThinkingMode: thinking, invalid message without reasoning_content/tool_calls after last user message".into(),
                ));
            }
            prompt.text(reasoning).special(END_THINK);
        }
        prompt.text(&message.content);
        if !message.tool_calls.is_empty() {
            calls(&message.tool_calls, prompt)?;
        }
        prompt.special(EOS);
        Ok(())
    }

    fn result(&self, index: usize, message: &Message, prompt: &mut Prompt) -> Result<(), DialectError> {
        let asked = self.messages[..index].iter().rposition(|message| message.role != Role::Tool);
        let Some(asked) = asked.filter(|asked| !self.messages[*asked].tool_calls.is_empty()) else {
            return Err(DialectError("No tool calls but found tool output".into()));
        };
        let (order, count) = (index - asked, self.messages[asked].tool_calls.len());
        if order > count {
            return Err(DialectError(format!("No tool calls but found tool output: {count} calls, and this is result {order}")));
        }
        prompt.text(if order == 1 { "\n\n<function_results>" } else { "" });
        prompt.text("\n<result>").text(&message.content).text("</result>");
        if order == count {
            prompt.text("\n</function_results>\n\n");
            self.think(self.last_user.is_none_or(|user| index >= user), prompt);
        }
        Ok(())
    }
}

/// Renders the tools and the response format of a message.
fn attachments(message: &Message, prompt: &mut Prompt) {
    if !message.tools.is_empty() {
        prompt.text("\n\n");
        tools(&message.tools, prompt);
    }
    if let Some(format) = &message.response_format {
        prompt.text("\n\n").text(FORMAT).text(json::python(format));
    }
}

fn tools(tools: &[Tool], prompt: &mut Prompt) {
    let schemas: Vec<String> = tools.iter().map(|tool| json::python(&tool.function)).collect();
    let text = TOOLS.replace("{dsml_token}", DSML);
    let (before, rest) = text.split_once("{thinking_start_token}").unwrap_or((&text, ""));
    let (example, rest) = rest.split_once("{thinking_end_token}").unwrap_or((rest, ""));
    let (head, tail) = rest.split_once("{tool_schemas}").unwrap_or((rest, ""));
    prompt.text_with(before, DSML).special(THINK).text(example).special(END_THINK);
    prompt.text(head).text(schemas.join("\n")).text(tail);
}

/// Renders the block of calls. Nothing is escaped: the format has no escapes.
fn calls(calls: &[ToolCall], prompt: &mut Prompt) -> Result<(), DialectError> {
    prompt.text("\n\n<").special(DSML).text("function_calls>\n");
    for (number, call) in calls.iter().enumerate() {
        let Some(arguments) = call.arguments.as_object() else {
            return Err(DialectError("Assistant tool call function.arguments must be a JSON object.".into()));
        };
        prompt.text(if number > 0 { "\n" } else { "" });
        prompt.text("<").special(DSML).text("invoke name=\"").text(&call.name).text("\">\n");
        for (number, (key, value)) in arguments.iter().enumerate() {
            prompt.text(if number > 0 { "\n" } else { "" });
            prompt.text("<").special(DSML).text("parameter name=\"").text(key);
            match value.as_str() {
                Some(text) => prompt.text("\" string=\"true\">").text(text),
                None => prompt.text("\" string=\"false\">").text(json::python(value)),
            };
            prompt.text("</").special(DSML).text("parameter>");
        }
        prompt.text("\n</").special(DSML).text("invoke>");
    }
    prompt.text("\n</").special(DSML).text("function_calls>");
    Ok(())
}

/// V3 has no tokens for other files; they go into the prefix as comments.
pub(super) fn fim(fim: &Fim) -> Vec<Piece> {
    let mut prompt = Prompt::default();
    prompt.special(BOS).fim(FimToken::Prefix);
    pieces::files_as_comments(fim, &mut prompt);
    prompt.text(&fim.prefix).fim(FimToken::Suffix).text(&fim.suffix).fim(FimToken::Middle);
    prompt.into_pieces()
}
