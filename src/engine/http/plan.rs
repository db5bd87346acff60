//! What is sent for a request, to which URL, and how the answer is read.

use std::sync::Arc;

use serde_json::Value;

use super::answer::{Answer, Answering, Reading};
use super::ollama::{self, Ollama};
use super::openai::{self, OpenAi, Thinking};
use super::reply::Format;
use super::{Api, ServerShared};
use crate::config::DEFAULT_CONTEXT;
use crate::dialect::{self, Broken, Chat, Dialect, Family, Fim, Piece, Start};
use crate::engine::{Ask, EngineError, ErrorKind, Priority, Request, with_thinking};

/// A request, ready to go.
pub(super) struct Plan {
    pub path: String,
    pub body: Value,
    pub format: Format,
    pub answering: Box<dyn Answering>,
    /// Estimated tokens of the prompt.
    pub tokens: usize,
    /// The prompt, if it matters later what the server has already read.
    pub prompt: Option<String>,
}

impl ServerShared {
    /// Decides URL, body and parsers for a request.
    pub(super) async fn plan(self: &Arc<Self>, request: &Request) -> Result<Plan, EngineError> {
        let within;
        let most = self.seen.borrow().learned.most_tokens.unwrap_or(u32::MAX);
        let request = if request.max_tokens > most {
            within = Request { max_tokens: most, ..request.clone() };
            &within
        } else {
            request
        };
        match &request.ask {
            Ask::Chat(chat) => {
                let chat = with_thinking(chat, self.thinking, request.priority);
                match &self.dialect {
                    Some(dialect) => self.rendered_chat(dialect.as_ref(), &chat, request),
                    None => Ok(self.native_chat(&chat, request)),
                }
            }
            Ask::Fim(fim) => self.fim(fim, request).await,
        }
    }

    fn native_chat(&self, chat: &Chat, request: &Request) -> Plan {
        let parser = || dialect::native().parser(&chat.tools, Start::Content);
        let reasoning = (!chat.tools.is_empty()).then(parser);
        let answer = self.answer(Reading { parser: parser(), reasoning, broken: Broken::in_chat(chat), tools: chat.tools.clone() });
        match self.api {
            Api::Ollama => {
                let unasked = (request.priority.is_completion() && self.seen.borrow().thinks).then_some(false);
                let body = ollama::chat_body(&self.model, chat, request, self.num_ctx(), self.thinking.or(unasked));
                self.ollama_plan("/api/chat", body, answer)
            }
            Api::DeepSeek => {
                let body = openai::chat_body(&self.model, chat, request, Thinking::Type, self.seen.borrow().learned.resend);
                self.openai_plan("/chat/completions", body, answer)
            }
            Api::OpenAi => {
                let thinking = Thinking::Template { said: self.thinking.is_some() || self.says_quiet(request) };
                let body = openai::chat_body(&self.model, chat, request, thinking, self.seen.borrow().learned.resend);
                self.openai_plan("/chat/completions", body, answer)
            }
        }
    }

    fn rendered_chat(&self, dialect: &dyn Dialect, chat: &Chat, request: &Request) -> Result<Plan, EngineError> {
        let prompt = dialect.render(chat).map_err(|error| {
            EngineError::new(
                ErrorKind::Unsupported,
                format!("{}: the conversation cannot be put into {}: {error}", self.wire.name(), dialect.name()),
            )
        })?;
        let parser = dialect.parser(&chat.tools, dialect.start(chat));
        let answer = self.answer(Reading { parser, reasoning: None, broken: Broken::in_chat(chat), tools: chat.tools.clone() });
        Ok(self.raw(&dialect.text(without_begin(&prompt)), dialect.stop_texts(), request, answer))
    }

    fn answer(&self, reading: Reading) -> Answer {
        Answer::new(self.wire.name(), self.wire.limits.answer, reading)
    }

    async fn fim(self: &Arc<Self>, fim: &Fim, request: &Request) -> Result<Plan, EngineError> {
        let written = self.hole_prompt(fim).filter(|_| self.api != Api::DeepSeek);
        let parser = dialect::hole_parser(fim, written.as_ref().map_or(&[], |(_, ends)| ends));
        let answer = self.answer(Reading { parser, reasoning: None, broken: Broken::in_hole(fim), tools: vec![] });
        if let Some((prompt, ends)) = written {
            return Ok(self.raw(&prompt, &dialect::hole_ends(fim, ends), request, answer));
        }
        let (prefix, suffix) = dialect::fim_texts(fim);
        match self.api {
            Api::DeepSeek => {
                let body = openai::fim_body(&self.model, &prefix, &suffix, request);
                Ok(self.openai_plan("/beta/completions", body, answer))
            }
            // Asked again, because the model may have changed: the server may have a chat model now.
            Api::Ollama if self.caps().await?.fim => {
                let body = ollama::fim_body(&self.model, &prefix, &suffix, request, self.num_ctx());
                Ok(self.ollama_plan("/api/generate", body, answer))
            }
            _ => Err(EngineError::new(ErrorKind::Unsupported, format!("{}: `{}` fills no holes", self.wire.name(), self.model))),
        }
    }

    /// A plan for a prompt rendered by us, with the texts that end its answer.
    fn raw(&self, text: &str, stops: &[&str], request: &Request, answer: Answer) -> Plan {
        match self.api {
            Api::Ollama => {
                let body = ollama::raw_body(&self.model, text, stops, request, self.num_ctx());
                self.ollama_plan("/api/generate", body, answer)
            }
            Api::OpenAi | Api::DeepSeek => {
                let body = openai::raw_body(&self.model, text, stops, request);
                self.openai_plan("/completions", body, answer)
            }
        }
    }

    fn openai_plan(&self, path: &str, body: Value, answer: Answer) -> Plan {
        let tokens = prompt_text(&body).len() / 4;
        let answering = Box::new(OpenAi::new(answer));
        Plan { path: self.openai_path(path), body, format: Format::Sse, answering, tokens, prompt: None }
    }

    fn ollama_plan(&self, path: &str, body: Value, answer: Answer) -> Plan {
        let prompt = prompt_text(&body);
        let (sent, known) = (prompt.len(), common_bytes(&prompt, &self.seen.borrow().prompt));
        let answering = Box::new(Ollama::new(answer, sent, sent - known));
        Plan { path: self.ollama_path(path), body, format: Format::Ndjson, answering, tokens: sent / 4, prompt: Some(prompt) }
    }

    /// The path of a call. `base_url` may end in `/v1` or not; DeepSeek's API has no version, and `/beta` next to it.
    pub(super) fn openai_path(&self, path: &str) -> String {
        let base = self.wire.endpoint.path();
        match self.api {
            Api::DeepSeek => format!("{}{path}", base.trim_end_matches("/v1").trim_end_matches("/beta")),
            _ if base.is_empty() => format!("/v1{path}"),
            _ => format!("{base}{path}"),
        }
    }

    /// The path of a call to Ollama's own API; `base_url` may end in `/v1` or `/api`.
    pub(super) fn ollama_path(&self, path: &str) -> String {
        let base = self.wire.endpoint.path();
        format!("{}{path}", base.trim_end_matches("/v1").trim_end_matches("/api"))
    }

    fn num_ctx(&self) -> u32 {
        self.context.unwrap_or(DEFAULT_CONTEXT)
    }

    /// The prompt for a hole, if we render it, and the texts that end its answer: in the format of the model's family, else in the
    /// configured dialect, else in Qwen's if the model's name indicates that it knows it.
    fn hole_prompt(&self, fim: &Fim) -> Option<(String, &'static [&'static str])> {
        if self.seen.borrow().learned.fills_no_holes {
            return None;
        }
        // A configured dialect asks for raw prompts; otherwise only servers of this API are assumed to complete them.
        let family = Family::of(&self.model).filter(|_| self.dialect.is_some() || self.api == Api::OpenAi);
        if let Some(family) = family {
            return Some((family.prompt(fim), family.ends));
        }
        let guessed = || dialect::by_name("hermes").filter(|_| self.is_qwen_coder() && self.api == Api::OpenAi);
        let dialect = self.dialect.clone().or_else(guessed)?;
        let prompt = dialect.fim(fim)?;
        Some((dialect.text(without_begin(&prompt)), dialect.stop_texts()))
    }

    fn is_qwen_coder(&self) -> bool {
        let name = self.model.to_lowercase();
        name.contains("qwen") && name.contains("coder")
    }

    /// Whether the model's name is one known to fill holes, no matter who renders the prompt.
    pub(super) fn is_known_for_holes(&self) -> bool {
        Family::of(&self.model).is_some() || self.is_qwen_coder()
    }

    /// Whether prompts for holes are rendered by us.
    pub(super) fn renders_fim(&self) -> bool {
        self.hole_prompt(&Fim::default()).is_some()
    }

    /// What `start` would send, as text.
    pub(super) fn preview(&self, ask: &Ask) -> String {
        let rendered = match ask {
            Ask::Chat(chat) => {
                let dialect = self.dialect.clone().or_else(|| dialect::by_name("native"));
                let chat = with_thinking(chat, self.thinking, Priority::Normal);
                dialect.and_then(|dialect| dialect.render(&chat).ok().map(|prompt| dialect.text(without_begin(&prompt))))
            }
            Ask::Fim(fim) => self.hole_prompt(fim).map(|(prompt, _)| prompt),
        };
        rendered.unwrap_or_else(|| match ask {
            Ask::Fim(fim) => {
                let (prefix, suffix) = dialect::fim_texts(fim);
                format!("{prefix}<hole>{suffix}")
            }
            Ask::Chat(_) => String::new(),
        })
    }
}

/// A prompt without its begin-of-text token: servers add it themselves, and two of them make answers worse.
fn without_begin(prompt: &[Piece]) -> &[Piece] {
    match prompt.first() {
        Some(Piece::Special(token)) if token.contains("begin") && (token.contains("text") || token.contains("sentence")) => &prompt[1..],
        _ => prompt,
    }
}

/// The text in a body that the model will see.
fn prompt_text(body: &Value) -> String {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let messages = body.get("messages").and_then(Value::as_array);
    let contents = messages.into_iter().flatten().filter_map(|message| message.get("content")?.as_str());
    contents.chain(text("prompt")).chain(text("suffix")).collect()
}

/// How many bytes two texts share at the start.
fn common_bytes(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
