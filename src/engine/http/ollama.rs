//! Ollama's own API. Unlike its `/v1` it takes the context size, and can refuse a prompt that does not fit instead of truncating it.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Answering};
use super::wire::one_line;
use crate::dialect::messages::{self, Resend, Wire};
use crate::dialect::{Chat, ToolChoice};
use crate::engine::{EngineError, ErrorKind, Event, Finish, Finished, Refusal, Request};

/// The body of `/api/chat`.
pub(super) fn chat_body(model: &str, chat: &Chat, request: &Request, context: u32, think: Option<bool>) -> Value {
    let mut body = common(model, request, context);
    body.insert("messages".into(), messages::messages_to_json(&chat.messages, Wire { ollama: true, reasoning: Resend::ToolTurns }));
    if !chat.tools.is_empty() && chat.tool_choice != ToolChoice::None {
        body.insert("tools".into(), messages::tools_to_json(&chat.tools));
    }
    // Models that cannot think refuse the switch, so it is left out unless it matters.
    if chat.thinking || think.is_some() {
        body.insert("think".into(), chat.thinking.into());
    }
    Value::Object(body)
}

/// The body of `/api/generate` for a prompt rendered by us.
pub(super) fn raw_body(model: &str, prompt: &str, stops: &[&str], request: &Request, context: u32) -> Value {
    let mut body = common(model, request, context);
    body.insert("prompt".into(), prompt.into());
    body.insert("raw".into(), true.into());
    let stop: Vec<&str> = request.stop.iter().map(String::as_str).chain(stops.iter().copied()).collect();
    body["options"]["stop"] = stop.into();
    Value::Object(body)
}

/// The body of `/api/generate` for a hole; the model's template adds its FIM tokens.
pub(super) fn fim_body(model: &str, prefix: &str, suffix: &str, request: &Request, context: u32) -> Value {
    let mut body = common(model, request, context);
    body.insert("prompt".into(), prefix.into());
    body.insert("suffix".into(), suffix.into());
    Value::Object(body)
}

fn common(model: &str, request: &Request, context: u32) -> Map<String, Value> {
    let temperature: f64 = request.temperature.to_string().parse().unwrap_or_default();
    let mut options = json!({"num_ctx": context, "num_predict": request.max_tokens, "temperature": temperature});
    if !request.stop.is_empty() {
        options["stop"] = request.stop.iter().map(String::as_str).collect();
    }
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("stream".into(), true.into());
    // Undocumented, but the server reads it: an error instead of silent truncation when the prompt does not fit.
    body.insert("truncate".into(), false.into());
    body.insert("shift".into(), false.into());
    body.insert("options".into(), options);
    body
}

/// Reads the documents of `/api/chat` and `/api/generate`.
pub(super) struct Ollama {
    answer: Answer,
    /// Bytes of the prompt as sent, and of the part that cannot be in the server's cache.
    sent: usize,
    fresh: usize,
    done: bool,
}

impl Ollama {
    /// A reader for an answer to a prompt of `sent` bytes, `fresh` of them new to the server.
    pub fn new(answer: Answer, sent: usize, fresh: usize) -> Self {
        Self { answer, sent, fresh, done: false }
    }

    /// Some versions truncate the prompt silently; their token count gives it away. No tokenizer averages more than six bytes per token on
    /// code. Versions that do not count cached tokens are believed as far as the cache explains the count.
    fn check_prompt(&self, read: u64) -> Result<(), EngineError> {
        let least = |bytes: usize| bytes as u64 * 4 / 25;
        if self.sent < 4096 || read >= least(self.sent) || (self.fresh < self.sent && read >= least(self.fresh)) {
            return Ok(());
        }
        let message = format!(
            "{} read only {read} tokens of a prompt of at least {}: it was cut in silence, and the answer is dropped. \
             Raise `context`, or update Ollama",
            self.answer.name,
            least(self.sent)
        );
        Err(EngineError::new(ErrorKind::TooLong, message))
    }

    fn last(&mut self, value: &Value) -> Result<(), EngineError> {
        self.done = true;
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        if let Some(read) = number("prompt_eval_count") {
            self.check_prompt(read)?;
            self.answer.timing.tokens_decoded = read;
        }
        self.answer.timing.tokens_out = number("eval_count").unwrap_or_default();
        self.answer.timing.load_ms = number("load_duration").unwrap_or_default() as f64 / 1e6;
        let reason = value.get("done_reason").and_then(Value::as_str).unwrap_or_default();
        self.answer.finish = Some(match reason.trim() {
            // Old versions do not name the end; for an empty request, the model was only loaded.
            "" | "load" => Finish::Stop,
            reason => self.answer.ended(reason)?,
        });
        Ok(())
    }
}

impl Answering for Ollama {
    fn data(&mut self, _event: &str, data: &str) -> Result<Vec<Event>, EngineError> {
        let mut out = vec![];
        let value = self.answer.json(data)?;
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            let said = error.as_str().map_or_else(|| one_line(&error.to_string()), one_line);
            let long = ["context", "too long", "exceeds"].iter().any(|word| said.to_lowercase().contains(word));
            let kind = if long { ErrorKind::TooLong } else { ErrorKind::Unavailable };
            let message = format!("{} failed: {said}", self.answer.name);
            let refusal = Some(Box::new(Refusal { status: 200, said, retry_after: None }));
            return Err(EngineError { refusal, ..EngineError::new(kind, message) });
        }
        if value.get("choices").is_some() {
            return Err(self.answer.no_answer("answered in OpenAI's format; set kind = \"openai\""));
        }
        let Some(done) = value.get("done").and_then(Value::as_bool) else {
            return Err(self.answer.no_answer("the answer has no `done`; is this Ollama?"));
        };
        if let Some(model) = value.get("model").and_then(Value::as_str) {
            self.answer.model = model.into();
        }
        let message = value.get("message").unwrap_or(&value);
        let text = |key: &str| message.get(key).and_then(Value::as_str).unwrap_or_default();
        self.answer.reasoning(text("thinking"), &mut out)?;
        self.answer.text(text("content"), &mut out)?;
        self.answer.text(text("response"), &mut out)?;
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let function = call.get("function").unwrap_or(call);
            let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
            let arguments = match function.get("arguments") {
                Some(Value::String(text)) => crate::dialect::literal_arguments(text),
                Some(other) => other.clone(),
                None => json!({}),
            };
            self.answer.call(call.get("id").and_then(Value::as_str), name, arguments, &mut out);
        }
        if done {
            self.last(&value)?;
        }
        Ok(out)
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn may_end(&self) -> bool {
        self.done
    }

    fn end(&mut self) -> Result<(Vec<Event>, Finished), EngineError> {
        let mut out = vec![];
        let finished = self.answer.end(&mut out)?;
        Ok((out, finished))
    }
}
