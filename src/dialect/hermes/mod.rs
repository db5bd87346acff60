//! Hermes: ChatML with `<tool_call>{json}</tool_call>`, as Qwen2.5 and many others were trained; Qwen's FIM with repository tokens.

mod render;

use super::calls::{Calls, Offer};
use super::{Chat, Dialect, DialectError, Fim, Grammar, Parser, Piece, Start, Tool, ToolChoice, calls, gbnf};

/// The dialect `hermes`.
#[derive(Default)]
pub(super) struct Hermes {
    /// Whether the model thinks unless the prompt says that it already has: Qwen3's `enable_thinking`.
    pub switches_thinking: bool,
}

impl Dialect for Hermes {
    fn name(&self) -> &'static str {
        "hermes"
    }

    fn render(&self, chat: &Chat) -> Result<Vec<Piece>, DialectError> {
        render::chat(chat, self.switches_thinking && !chat.thinking)
    }

    fn fim(&self, fim: &Fim) -> Option<Vec<Piece>> {
        Some(render::fim(fim))
    }

    fn parser(&self, tools: &[Tool], start: Start) -> Box<dyn Parser> {
        Box::new(Calls::new(Offer::Tools(tools.into()), start, &calls::HERMES))
    }

    fn parser_for_any_tool(&self, start: Start) -> Box<dyn Parser> {
        Box::new(Calls::new(Offer::Unknown, start, &calls::HERMES))
    }

    fn grammar(&self, tools: &[Tool], choice: ToolChoice) -> Option<Grammar> {
        gbnf::for_calls(tools, choice, &gbnf::HERMES)
    }

    fn stop_texts(&self) -> &'static [&'static str] {
        &["<|im_end|>", "<|endoftext|>"]
    }
}
