//! Native: the server renders conversations and parses tool calls itself. What it leaves in the text still goes through our parsers.

use super::calls::{self, Calls, Offer};
use super::deepseek_v32::Dsml;
use super::{Chat, Delta, Dialect, DialectError, Fim, Grammar, Parser, Piece, Start, Tool, ToolChoice, messages};

/// The dialect `native`.
pub(super) struct Native;

impl Dialect for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    /// For previews: the messages as sent.
    fn render(&self, chat: &Chat) -> Result<Vec<Piece>, DialectError> {
        let wire = messages::Wire { ollama: false, reasoning: messages::Resend::ToolTurns };
        let mut body = serde_json::json!({"messages": messages::messages_to_json(&chat.messages, wire)});
        if !chat.tools.is_empty() {
            body["tools"] = messages::tools_to_json(&chat.tools);
        }
        Ok(vec![Piece::Text(serde_json::to_string_pretty(&body).unwrap_or_default())])
    }

    fn fim(&self, _fim: &Fim) -> Option<Vec<Piece>> {
        None
    }

    fn parser(&self, tools: &[Tool], start: Start) -> Box<dyn Parser> {
        Box::new(CombinedParser::new(Offer::Tools(tools.into()), start))
    }

    fn parser_for_any_tool(&self, start: Start) -> Box<dyn Parser> {
        Box::new(CombinedParser::new(Offer::Unknown, start))
    }

    fn grammar(&self, _tools: &[Tool], _choice: ToolChoice) -> Option<Grammar> {
        None
    }

    fn stop_texts(&self) -> &'static [&'static str] {
        &[]
    }

    /// The server makes the prompt; this shows what is sent.
    fn text(&self, prompt: &[Piece]) -> String {
        let texts = prompt.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Special(_) | Piece::Fim(_) => None,
        });
        texts.collect()
    }
}

/// DSML first. What it considers text is then read for reasoning and for tagged, JSON and pythonic calls.
struct CombinedParser {
    dsml: Dsml,
    calls: Calls,
}

impl CombinedParser {
    fn new(offer: Offer, start: Start) -> Self {
        Self { dsml: Dsml::in_text(offer.clone()), calls: Calls::new(offer, start, &calls::NATIVE) }
    }

    fn again(&mut self, deltas: Vec<Delta>) -> Vec<Delta> {
        let mut out = vec![];
        for delta in deltas {
            match delta {
                Delta::Text(text) => out.extend(self.calls.push(&text)),
                other => out.push(other),
            }
        }
        out
    }
}

impl Parser for CombinedParser {
    fn push(&mut self, chunk: &str) -> Vec<Delta> {
        let deltas = self.dsml.push(chunk);
        self.again(deltas)
    }

    fn finish(&mut self, ended_cleanly: bool) -> Vec<Delta> {
        let deltas = self.dsml.finish(ended_cleanly);
        let mut out = self.again(deltas);
        out.extend(self.calls.finish(ended_cleanly));
        out
    }
}
