//! Completions and conversations: the same deltas however a completion is cut, calls that can be told to the model again, and no control
//! token out of anybody's text.

use longsight::dialect::{Chat, Delta, Dialect, Message, Parser, Piece, Role, Start, Tool, ToolCall, by_name, messages, text_of};
use serde_json::{Value, json};

use super::source::Dice;

/// What the deltas of a completion add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub content: String,
    pub reasoning: String,
    pub calls: Vec<(String, Value)>,
    pub error: Option<String>,
}

impl Read {
    fn add(&mut self, deltas: Vec<Delta>) {
        for delta in deltas {
            match delta {
                Delta::Text(text) => self.content.push_str(&text),
                Delta::TextWasReasoning => self.reasoning.push_str(&std::mem::take(&mut self.content)),
                Delta::Reasoning(text) => self.reasoning.push_str(&text),
                Delta::Call(ToolCall { name, arguments, .. }) => self.calls.push((name, arguments)),
                Delta::Malformed(reason) => self.error = Some(reason),
            }
        }
    }
}

/// Reads a completion that comes in these chunks and ends cleanly.
pub fn read<'a>(parser: &mut dyn Parser, chunks: impl IntoIterator<Item = &'a str>) -> Read {
    let mut read = Read::default();
    for chunk in chunks {
        read.add(parser.push(chunk));
    }
    read.add(parser.finish(true));
    read
}

pub fn deepseek(data: &[u8]) {
    completion("deepseek-v3.2", data);
}

pub fn llama4(data: &[u8]) {
    completion("llama-4", data);
}

pub fn hermes(data: &[u8]) {
    completion("hermes", data);
}

pub fn native(data: &[u8]) {
    completion("native", data);
}

fn completion(name: &str, data: &[u8]) {
    let dialect = by_name(name).expect("a known dialect");
    let text = String::from_utf8_lossy(data);
    let pieces = Dice::of(data).pieces(&text);
    let tools = tools();
    for start in [Start::Content, Start::Reasoning] {
        for offered in [None, Some(&tools[..]), Some(&[])] {
            let parser = || match offered {
                Some(tools) => dialect.parser(tools, start),
                None => dialect.parser_for_any_tool(start),
            };
            let whole = read(parser().as_mut(), [&*text]);
            let cut = read(parser().as_mut(), pieces.iter().copied());
            assert_eq!(cut, whole, "{name} from {start:?}, offered {offered:?}, in {pieces:?}");
            if ["llama-4", "hermes"].contains(&name) {
                told_again(dialect.as_ref(), &whole);
            }
        }
    }
}

fn tools() -> Vec<Tool> {
    let parameters = json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}, "o": {"type": "object"}}});
    messages::tools_from_json(&json!([{"name": "f", "parameters": parameters}, {"name": "get_weather"}])).expect("tools")
}

/// The next prompt shows the model its calls: written there and read again they are the same.
fn told_again(dialect: &dyn Dialect, read_before: &Read) {
    let calls = &read_before.calls;
    if calls.is_empty() || calls.iter().any(|(_, arguments)| !arguments.is_object()) {
        return;
    }
    let user = Message::new(Role::User, "x");
    let mut answer = Message::new(Role::Assistant, "");
    let call = |(name, arguments): &(String, Value)| ToolCall { id: String::new(), name: name.clone(), arguments: arguments.clone() };
    answer.tool_calls = calls.iter().map(call).collect();
    let raw = |messages: Vec<Message>| -> String {
        let pieces = dialect.render(&Chat { messages, ..Chat::default() }).expect("calls with objects for arguments");
        let text = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) | Piece::Special(text) => text,
            Piece::Fim(_) => String::new(),
        });
        text.collect()
    };
    let (before, after) = (raw(vec![user.clone()]), raw(vec![user, answer]));
    let again = read(dialect.parser_for_any_tool(Start::Content).as_mut(), [&after[before.len()..]]);
    assert_eq!(&again.calls, calls, "{} as {after:?}", dialect.name());
}

/// A conversation as JSON: rendered or refused, and with as many control tokens as the dialect put there.
pub fn render(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let plain = text_of(&[Piece::Text(text.to_string())]);
    for token in TOKENS {
        assert!(!plain.contains(token), "{token} is left in {plain:?}");
    }
    assert_eq!(text_of(&[Piece::Text(plain.clone())]), plain, "what is broken is not broken again");
    let Ok(value) = serde_json::from_slice(data) else { return };
    let Ok(chat) = messages::chat_from_json(&value) else { return };
    for name in ["deepseek-v3.2", "llama-4", "hermes", "native"] {
        for thinking in [false, true] {
            let dialect = by_name(name).expect("a known dialect");
            let Ok(pieces) = dialect.render(&Chat { thinking, ..chat.clone() }) else { continue };
            if name == "native" {
                continue;
            }
            let prompt = dialect.text(&pieces);
            for token in TOKENS {
                let meant = pieces.iter().filter(|piece| matches!(piece, Piece::Special(special) if special == token)).count();
                assert_eq!(prompt.matches(token).count(), meant, "{name}: {token} in {prompt:?}");
            }
        }
    }
}

/// Control tokens of all dialects. Not among them is DeepSeek's mark of calls, which its reference does not escape inside of one.
const TOKENS: &[&str] = &[
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜fim▁hole｜>",
    "<｜tool▁calls▁begin｜>",
    "<think>",
    "</think>",
    "<|begin_of_text|>",
    "<|header_start|>",
    "<|header_end|>",
    "<|eot|>",
    "<|eom|>",
    "<|python_start|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|fim_middle|>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
];
