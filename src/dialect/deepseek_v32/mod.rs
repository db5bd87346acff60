//! DeepSeek V3.2: the published message encoding (DSML). Completions in the formats of V3, V3.1 and V4 are accepted too, because servers
//! and GGUF templates make the model answer in them.

mod invoke;
mod older;
mod opens;
mod outside;
mod parse;
mod render;
mod tag;
mod value;

pub(super) use parse::Dsml;

use super::{Chat, Dialect, DialectError, Fim, FimToken, Grammar, Parser, Piece, Role, Start, Tool, ToolChoice, calls::Offer, gbnf};

/// The dialect `deepseek-v3.2`.
pub(super) struct DeepSeekV32;

/// Begins every prompt.
pub(super) const BOS: &str = "<｜begin▁of▁sentence｜>";
/// Ends every turn of the assistant.
pub(super) const EOS: &str = "<｜end▁of▁sentence｜>";
/// Begins a turn of the user.
pub(super) const USER: &str = "<｜User｜>";
/// Begins a turn of the assistant.
pub(super) const ASSISTANT: &str = "<｜Assistant｜>";
/// Begins reasoning.
pub(super) const THINK: &str = "<think>";
/// Ends reasoning.
pub(super) const END_THINK: &str = "</think>";

impl Dialect for DeepSeekV32 {
    fn name(&self) -> &'static str {
        "deepseek-v3.2"
    }

    fn render(&self, chat: &Chat) -> Result<Vec<Piece>, DialectError> {
        render::chat(chat)
    }

    fn fim(&self, fim: &Fim) -> Option<Vec<Piece>> {
        Some(render::fim(fim))
    }

    fn parser(&self, tools: &[Tool], start: Start) -> Box<dyn Parser> {
        Box::new(Dsml::new(Offer::Tools(tools.into()), start))
    }

    fn parser_for_any_tool(&self, start: Start) -> Box<dyn Parser> {
        Box::new(Dsml::new(Offer::Unknown, start))
    }

    fn grammar(&self, tools: &[Tool], choice: ToolChoice) -> Option<Grammar> {
        gbnf::for_calls(tools, choice, &gbnf::DSML)
    }

    fn stop_texts(&self) -> &'static [&'static str] {
        &[EOS, USER]
    }

    fn fim_text(&self, token: FimToken) -> &'static str {
        match token {
            FimToken::Prefix => "<｜fim▁begin｜>",
            FimToken::Suffix => "<｜fim▁hole｜>",
            FimToken::Middle => "<｜fim▁end｜>",
            // V3 has no tokens for these, and `fim` does not use them.
            FimToken::Repository | FimToken::FileSeparator => "",
        }
    }

    fn start(&self, chat: &Chat) -> Start {
        let continues = chat.messages.last().is_some_and(|last| last.role != Role::Assistant);
        if chat.thinking && continues { Start::Reasoning } else { Start::Content }
    }
}
