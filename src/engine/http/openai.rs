//! The OpenAI-compatible API of vLLM, SGLang, llama-server, DeepSeek and gateways: what is sent, and how the stream is read.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Answering};
use super::window;
use super::wire::{error_text, one_line};
use crate::dialect::ToolChoice;
use crate::dialect::messages::{self, Resend, Wire};
use crate::dialect::{Chat, literal_arguments};
use crate::engine::{EngineError, ErrorKind, Event, Finish, Finished, Refusal, Request};

/// How thinking is switched on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// DeepSeek's API: always stated, because it is on by default there.
    Type,
    /// vLLM and SGLang: a variable of the chat template, stated only if it is on or configured.
    Template { said: bool },
}

/// The body of `/chat/completions`.
pub(super) fn chat_body(model: &str, chat: &Chat, request: &Request, thinking: Thinking, resend: Resend) -> Value {
    let mut body = sampling(model, request);
    body.insert("messages".into(), messages::messages_to_json(&chat.messages, Wire { ollama: false, reasoning: resend }));
    if !chat.tools.is_empty() {
        body.insert("tools".into(), messages::tools_to_json(&chat.tools));
        let choice = match chat.tool_choice {
            ToolChoice::Auto => "auto",
            ToolChoice::Required => "required",
            ToolChoice::None => "none",
        };
        body.insert("tool_choice".into(), choice.into());
    }
    match thinking {
        Thinking::Type => {
            body.insert("thinking".into(), json!({"type": if chat.thinking { "enabled" } else { "disabled" }}));
            if chat.thinking {
                body.remove("temperature");
            }
        }
        Thinking::Template { said } if said || chat.thinking => {
            body.insert("chat_template_kwargs".into(), json!({"thinking": chat.thinking, "enable_thinking": chat.thinking}));
        }
        Thinking::Template { .. } => {}
    }
    Value::Object(body)
}

/// The body of `/completions` for a prompt rendered by us. Servers add the begin-of-text token themselves.
pub(super) fn raw_body(model: &str, prompt: &str, stops: &[&str], request: &Request) -> Value {
    let mut body = sampling(model, request);
    body.insert("prompt".into(), prompt.into());
    body.insert("skip_special_tokens".into(), false.into());
    let own = request.stop.iter().map(String::as_str);
    let stop: Vec<&str> = own.chain(stops.iter().copied()).take(MAX_STOPS).collect();
    if !stop.is_empty() {
        body.insert("stop".into(), stop.into());
    }
    Value::Object(body)
}

/// The body of DeepSeek's FIM endpoint.
pub(super) fn fim_body(model: &str, prefix: &str, suffix: &str, request: &Request) -> Value {
    let mut body = sampling(model, request);
    body.insert("prompt".into(), prefix.into());
    body.insert("suffix".into(), suffix.into());
    Value::Object(body)
}

/// Maximum stop texts that the API allows.
const MAX_STOPS: usize = 4;

fn sampling(model: &str, request: &Request) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("stream".into(), true.into());
    body.insert("stream_options".into(), json!({"include_usage": true}));
    body.insert("max_tokens".into(), request.max_tokens.into());
    // Via its text, so that 0.2 does not become 0.20000000298.
    let temperature: f64 = request.temperature.to_string().parse().unwrap_or_default();
    body.insert("temperature".into(), temperature.into());
    if !request.stop.is_empty() {
        body.insert("stop".into(), request.stop.iter().take(MAX_STOPS).map(String::as_str).collect());
    }
    body
}

/// A tool call that arrives in fragments.
#[derive(Default)]
struct Fragment {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    whole: Option<Value>,
}

impl Fragment {
    /// Whether its arguments seem complete.
    fn is_whole(&self) -> bool {
        self.whole.is_some() || serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }
}

/// Reads `data:` documents of chat and text completions, streamed or whole.
pub(super) struct OpenAi {
    answer: Answer,
    fragments: Vec<Fragment>,
    ids: Ids,
    /// Something of a message has arrived.
    begun: bool,
    done: bool,
}

/// Ids of documents. A document with another answer's id was mixed in by a gateway. But some servers give every document its own id.
#[derive(Default)]
struct Ids {
    /// The id of this answer, and whether a second document had it.
    own: Option<String>,
    returned: bool,
    /// There are three or more ids, so they mean nothing.
    meaningless: bool,
    /// Documents with another id, until it is clear which of the two cases it is.
    held: Vec<(String, Value)>,
}

/// Which answer a document belongs to.
enum AnswerOwner {
    Ours,
    Another,
    Unclear,
}

impl Ids {
    fn whose(&mut self, id: &str) -> AnswerOwner {
        let own = match &self.own {
            Some(own) if !self.meaningless => own,
            Some(_) => return AnswerOwner::Ours,
            None => {
                self.own = Some(id.into());
                return AnswerOwner::Ours;
            }
        };
        if own == id {
            self.returned = true;
            self.held.clear();
            return AnswerOwner::Ours;
        }
        if self.returned {
            return AnswerOwner::Another;
        }
        self.meaningless = self.held.iter().any(|(held, _)| held != id);
        if self.meaningless { AnswerOwner::Ours } else { AnswerOwner::Unclear }
    }

    /// The documents that were held back, if they turn out to be ours.
    fn released(&mut self, ours: bool) -> impl Iterator<Item = Value> + use<> {
        let released = if ours { std::mem::take(&mut self.held) } else { vec![] };
        released.into_iter().map(|(_, document)| document)
    }
}

impl OpenAi {
    /// A reader that assembles `answer`.
    pub fn new(answer: Answer) -> Self {
        Self { answer, fragments: vec![], ids: Ids::default(), begun: false, done: false }
    }

    /// Takes a document of this answer.
    fn document(&mut self, value: &Value, out: &mut Vec<Event>) -> Result<(), EngineError> {
        if let Some(model) = value.get("model").and_then(Value::as_str).filter(|_| self.answer.model.is_empty()) {
            self.answer.model = model.into();
        }
        let usage = value.get("usage");
        if let Some(usage) = usage.filter(|usage| usage.is_object()) {
            self.usage(usage);
        }
        let choices = match value.get("choices") {
            Some(Value::Null) => return Ok(()),
            choices => choices.and_then(Value::as_array),
        };
        let Some(choices) = choices else {
            return if usage.is_some() { Ok(()) } else { Err(self.answer.no_answer("the answer has no `choices`")) };
        };
        for choice in choices.iter().filter(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0) {
            self.choice(choice, out)?;
        }
        Ok(())
    }

    fn choice(&mut self, choice: &Value, out: &mut Vec<Event>) -> Result<(), EngineError> {
        let delta = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        let text = |key: &str| delta.get(key).and_then(Value::as_str).unwrap_or_default();
        for key in ["reasoning_content", "reasoning"] {
            if !text(key).is_empty() {
                self.answer.reasoning(text(key), out)?;
                break;
            }
        }
        for (is_reasoning, text) in parts(delta.get("content")) {
            if is_reasoning { self.answer.reasoning(text, out)? } else { self.answer.text(text, out)? }
        }
        // A model's refusal to answer has a field of its own.
        self.answer.text(text("refusal"), out)?;
        self.answer.text(choice.get("text").and_then(Value::as_str).unwrap_or_default(), out)?;
        self.begun |= !delta.is_null() || choice.get("text").is_some();
        for call in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.fragment(call)?;
        }
        if let Some(reason) = finish_reason(choice) {
            self.answer.finish = Some(self.answer.ended(&reason)?);
        }
        Ok(())
    }

    /// Adds a fragment to its call.
    fn fragment(&mut self, call: &Value) -> Result<(), EngineError> {
        let index = call.get("index").and_then(Value::as_u64);
        let id = call.get("id").and_then(Value::as_str).unwrap_or_default();
        let function = call.get("function").unwrap_or(&Value::Null);
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let says_more = match function.get("arguments") {
            Some(Value::String(text)) => !text.trim().is_empty(),
            arguments => arguments.is_some_and(|arguments| !arguments.is_null()),
        };
        let place = self.call_of(index, id, name, says_more).unwrap_or_else(|| {
            self.fragments.push(Fragment { index, ..Fragment::default() });
            self.fragments.len() - 1
        });
        let known = &mut self.fragments[place];
        if known.id.is_empty() {
            known.id = id.into();
        }
        if known.name != name {
            known.name.push_str(name);
        }
        match function.get("arguments") {
            Some(Value::String(text)) => known.arguments.push_str(text),
            Some(Value::Null) | None => {}
            Some(whole) => known.whole = Some(whole.clone()),
        }
        let bytes: usize = self.fragments.iter().map(|known| known.arguments.len() + known.name.len()).sum();
        match bytes > MAX_ARGUMENT_BYTES {
            true => Err(self.answer.no_answer(format!("the arguments of a tool call are over {} KiB", MAX_ARGUMENT_BYTES >> 10))),
            false => Ok(()),
        }
    }

    /// The call that a fragment continues, if it does not begin one: by index, else by id, else the last one. Some servers number every
    /// call 0 or not at all, some give every fragment its own id, some repeat the name. So a name begins another call if the ids say so, or
    /// if the arguments so far are complete.
    fn call_of(&self, index: Option<u64>, id: &str, name: &str, says_more: bool) -> Option<usize> {
        let last = |same: &dyn Fn(&Fragment) -> bool| self.fragments.iter().rposition(same);
        let place = match index {
            Some(_) => last(&|known| known.index == index)?,
            None if !id.is_empty() && !name.is_empty() => last(&|known| known.id == id)?,
            None => last(&|known| known.id == id).or_else(|| self.fragments.len().checked_sub(1))?,
        };
        if name.is_empty() {
            return Some(place);
        }
        let known = &self.fragments[place];
        let same_name = known.name == name;
        let another = match (id.is_empty() || known.id.is_empty(), known.id == id) {
            (false, true) => false,
            (false, false) => !same_name || known.is_whole(),
            (true, _) if index.is_none() && !same_name => true,
            (true, _) => known.is_whole() && (!same_name || says_more),
        };
        (!another).then_some(place)
    }

    fn usage(&mut self, usage: &Value) {
        let number = |value: Option<&Value>| value.and_then(Value::as_u64);
        let prompt = number(usage.get("prompt_tokens")).unwrap_or_default();
        let cached = number(usage.get("prompt_cache_hit_tokens"))
            .or_else(|| number(usage.get("prompt_tokens_details").and_then(|details| details.get("cached_tokens"))));
        let timing = &mut self.answer.timing;
        timing.tokens_reused = cached.unwrap_or_default();
        timing.tokens_decoded = prompt.saturating_sub(timing.tokens_reused);
        timing.tokens_out = number(usage.get("completion_tokens")).unwrap_or_default();
    }
}

/// The finish reason of a choice, if it has one.
fn finish_reason(choice: &Value) -> Option<String> {
    let reason = choice.get("finish_reason")?;
    // Old SGLang versions put the reason into an object.
    match reason.get("type").unwrap_or(reason) {
        Value::Null | Value::Bool(false) => None,
        Value::String(word) => Some(word.clone()).filter(|word| !matches!(word.trim(), "" | "null")),
        other => Some(other.to_string()),
    }
}

/// The texts of a message, and whether each is reasoning: some servers send messages in parts.
fn parts(content: Option<&Value>) -> Vec<(bool, &str)> {
    match content {
        Some(Value::String(text)) => vec![(false, text)],
        Some(Value::Array(all)) => all.iter().flat_map(part).collect(),
        _ => vec![],
    }
}

fn part(part: &Value) -> Vec<(bool, &str)> {
    match part.get("thinking") {
        Some(thought) => parts(Some(thought)).into_iter().map(|(_, text)| (true, text)).collect(),
        None => parts(part.get("text").or(Some(part)).filter(|text| text.is_string())),
    }
}

/// Maximum bytes of the arguments of one answer.
const MAX_ARGUMENT_BYTES: usize = 256 << 10;

impl Answering for OpenAi {
    fn data(&mut self, event: &str, data: &str) -> Result<Vec<Event>, EngineError> {
        let mut out = vec![];
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(out);
        }
        // A gateway's keep-alive in the style of another vendor.
        if event == "ping" {
            return Ok(out);
        }
        let value = self.answer.json(data).map_err(|error| match data.lines().next().map(serde_json::from_str::<Value>) {
            Some(Ok(first)) if first.get("done").is_some() => {
                self.answer.no_answer("answered in Ollama's format; set kind = \"ollama\", or add /v1 to `base_url`")
            }
            _ => error,
        })?;
        // Old versions of vLLM put no `error` around their errors.
        let failed = value.get("error").is_some_and(|error| !error.is_null()) || value.get("object").is_some_and(|kind| kind == "error");
        if failed || event == "error" {
            let said = error_text(&value).unwrap_or_else(|| one_line(data));
            let message = format!("{} failed inside the answer: {said}", self.answer.name);
            let kind = if window::is_overflow(&said) { ErrorKind::TooLong } else { ErrorKind::Unavailable };
            let refusal = Some(Box::new(Refusal { status: 200, said, retry_after: None }));
            return Err(EngineError { refusal, ..EngineError::new(kind, message) });
        }
        if value.get("done").is_some() && value.get("choices").is_none() {
            return Err(self.answer.no_answer("answered in Ollama's format; set kind = \"ollama\", or add /v1 to `base_url`"));
        }
        match value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(|id| (id, self.ids.whose(id))) {
            Some((_, AnswerOwner::Another)) => return Ok(out),
            Some((id, AnswerOwner::Unclear)) => {
                self.ids.held.push((id.into(), value.clone()));
                return Ok(out);
            }
            Some((_, AnswerOwner::Ours)) | None => {}
        }
        for held in self.ids.released(self.ids.meaningless) {
            self.document(&held, &mut out)?;
        }
        self.document(&value, &mut out)?;
        Ok(out)
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn may_end(&self) -> bool {
        self.answer.finish.is_some()
    }

    fn end(&mut self) -> Result<(Vec<Event>, Finished), EngineError> {
        let mut out = vec![];
        for held in self.ids.released(self.answer.finish.is_none()) {
            self.document(&held, &mut out)?;
        }
        // A call that the token limit cut off does not count; those before it do.
        let mut fragments = std::mem::take(&mut self.fragments);
        // Some servers end a stream properly but give no finish reason.
        if self.done && self.begun && self.answer.finish.is_none() && fragments.iter().all(Fragment::is_whole) {
            self.answer.finish = Some(if fragments.is_empty() { Finish::Stop } else { Finish::ToolCalls });
        }
        match self.answer.finish {
            None => fragments.clear(),
            Some(Finish::Length) => {
                if self.answer.cut.is_none() {
                    fragments.pop();
                }
                fragments.retain(Fragment::is_whole);
            }
            Some(Finish::Stop | Finish::ToolCalls) => {}
        }
        for known in fragments {
            let arguments = known.whole.unwrap_or_else(|| literal_arguments(&known.arguments));
            self.answer.call(Some(&known.id), &known.name, arguments, &mut out);
        }
        let finished = self.answer.end(&mut out)?;
        Ok((out, finished))
    }
}
