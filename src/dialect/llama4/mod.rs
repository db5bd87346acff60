//! Llama 4: a tool layout of our own in the system message, calls as JSON; pythonic calls are accepted as well.

mod render;

use super::calls::{Calls, Offer};
use super::{Chat, Dialect, DialectError, Fim, Grammar, Parser, Piece, Start, Tool, ToolChoice, calls, gbnf};

/// The dialect `llama-4`.
pub(super) struct Llama4;

/// Begins every prompt.
pub(super) const BOS: &str = "<|begin_of_text|>";
/// Comes before the name of the speaker.
pub(super) const HEADER: &str = "<|header_start|>";
/// Comes after the name of the speaker.
pub(super) const END_HEADER: &str = "<|header_end|>";
/// Ends a turn.
pub(super) const EOT: &str = "<|eot|>";

impl Dialect for Llama4 {
    fn name(&self) -> &'static str {
        "llama-4"
    }

    fn render(&self, chat: &Chat) -> Result<Vec<Piece>, DialectError> {
        render::chat(chat)
    }

    /// The tokens exist, but nothing says that the instruct model was trained on them, so holes go through the chat.
    fn fim(&self, _fim: &Fim) -> Option<Vec<Piece>> {
        None
    }

    fn parser(&self, tools: &[Tool], start: Start) -> Box<dyn Parser> {
        Box::new(Calls::new(Offer::Tools(tools.into()), start, &calls::LLAMA4))
    }

    fn parser_for_any_tool(&self, start: Start) -> Box<dyn Parser> {
        Box::new(Calls::new(Offer::Unknown, start, &calls::LLAMA4))
    }

    fn grammar(&self, tools: &[Tool], choice: ToolChoice) -> Option<Grammar> {
        gbnf::for_calls(tools, choice, &gbnf::LLAMA4)
    }

    fn stop_texts(&self) -> &'static [&'static str] {
        &[EOT, "<|eom|>", "<|end_of_text|>"]
    }
}
