//! How a model is spoken to. A dialect renders messages, tools and FIM prompts into pieces, and parses completions while they stream. Pure:
//! no IO, no clock. One folder per dialect: `deepseek_v32`, `llama4`, `hermes`, `native`.

mod arguments;
mod broken;
mod calls;
mod deepseek_v32;
mod family;
mod gbnf;
mod hermes;
mod hole;
mod json;
mod literal;
mod llama4;
pub mod messages;
mod native;
mod peek;
mod pieces;
mod prose;
mod schema;
mod values;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use broken::Broken;
pub use family::Family;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

/// One message of a conversation, in the shape of the OpenAI API.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub role: Role,
    pub content: String,
    /// What the model thought before the answer; kept within a turn, dropped afterwards.
    pub reasoning: Option<String>,
    pub tool_calls: Vec<ToolCall>,
    /// For `Role::Tool`: the id of the call that this answers.
    pub tool_call_id: Option<String>,
    /// Tools that come with this message (system and developer messages).
    pub tools: Vec<Tool>,
    /// JSON schema that the answer should follow.
    pub response_format: Option<Value>,
}

impl Message {
    /// A message with nothing but text.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        let content = content.into();
        Self { role, content, reasoning: None, tool_calls: vec![], tool_call_id: None, tools: vec![], response_format: None }
    }
}

/// A tool offered to the model: the `function` object of the OpenAI API, with the order of its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    pub name: String,
    /// `{"name":…,"description":…,"parameters":{…JSON schema…}}`
    pub function: Value,
}

/// The prefix of the id of a call inside a code block: models both call and quote that way.
pub const QUOTED: &str = "quoted_";

/// A complete call with parsed arguments. `arguments` is an object unless the model wrote something else.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Value,
}

/// The id of the call with this number; `in_block` says whether it is inside a code block.
fn call_id(number: usize, in_block: bool) -> String {
    format!("{}{number}", if in_block { QUOTED } else { "call_" })
}

/// A conversation to be continued by the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chat {
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    pub thinking: bool,
    /// DeepSeek's `drop_thinking = False`: keeps developer messages before the last user message.
    pub keep_all: bool,
    /// Whether to begin the assistant's next message (`add_generation_prompt`); `None` decides by the last message.
    pub ask: Option<bool>,
}

impl Chat {
    /// Whether the assistant's next message is begun: unless told otherwise, not after a message of its own.
    fn asks(&self) -> bool {
        self.ask.unwrap_or(self.messages.last().is_none_or(|last| last.role != Role::Assistant))
    }
}

/// Whether the model may, must or must not call a tool. `Required` is enforced by a grammar if the engine supports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolChoice {
    #[default]
    Auto,
    Required,
    None,
}

/// A hole to be filled. `files` come first, in order (repository-level FIM if the model has the tokens, comments otherwise). `comment`
/// begins a line comment in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fim {
    pub repository: String,
    pub files: Vec<FimFile>,
    pub path: String,
    pub comment: String,
    pub prefix: String,
    pub suffix: String,
}

/// A piece of another file in front of a FIM prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct FimFile {
    pub path: String,
    pub comment: String,
    pub text: String,
}

/// A part of a rendered prompt. Only `Special` and `Fim` become control tokens; `Text` is always tokenised as plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    Text(String),
    /// The text of one control token, e.g. `<|im_start|>`.
    Special(String),
    /// A FIM token by its function; the vocabulary knows its id.
    Fim(FimToken),
}

/// FIM control tokens by function (`llama_vocab_fim_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FimToken {
    Prefix,
    Suffix,
    Middle,
    Repository,
    FileSeparator,
}

/// A piece of what a streaming parser has understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    Text(String),
    Reasoning(String),
    /// All text so far was reasoning, opened by the prompt, which ends here.
    TextWasReasoning,
    /// A complete call; partial ones are never shown.
    Call(ToolCall),
    /// The completion is malformed; what came before is still valid.
    Malformed(String),
}

impl Delta {
    /// Appends answer text, to the last delta if that is answer text too.
    fn add_text(text: String, out: &mut Vec<Self>) {
        match out.last_mut() {
            _ if text.is_empty() => {}
            Some(Self::Text(last)) => last.push_str(&text),
            _ => out.push(Self::Text(text)),
        }
    }

    /// Appends reasoning, to the last delta if that is reasoning too.
    fn add_reasoning(text: String, out: &mut Vec<Self>) {
        match out.last_mut() {
            _ if text.is_empty() => {}
            Some(Self::Reasoning(last)) => last.push_str(&text),
            _ => out.push(Self::Reasoning(text)),
        }
    }
}

/// One way of speaking to models.
pub trait Dialect: Send + Sync {
    /// The name in the configuration: `deepseek-v3.2`, `llama-4`, `hermes` or `native`.
    fn name(&self) -> &'static str;

    /// The prompt that asks for the next assistant message.
    fn render(&self, chat: &Chat) -> Result<Vec<Piece>, DialectError>;

    /// The prompt that asks to fill a hole; `None` if the model was not trained for it.
    fn fim(&self, fim: &Fim) -> Option<Vec<Piece>>;

    /// A parser for a completion. `tools` are those that were offered; without tools, nothing is a call.
    fn parser(&self, tools: &[Tool], start: Start) -> Box<dyn Parser>;

    /// A parser for a completion if the offered tools are not known: everything that looks like a call is one.
    fn parser_for_any_tool(&self, start: Start) -> Box<dyn Parser>;

    /// What the model may write. `None` if nothing has to be enforced: no tools, or `ToolChoice::None`.
    fn grammar(&self, tools: &[Tool], choice: ToolChoice) -> Option<Grammar>;

    /// Texts of the tokens that end a completion, for vocabularies that do not mark them all.
    fn stop_texts(&self) -> &'static [&'static str];

    /// The text of a FIM token, for previews and for servers that take prompts as text.
    fn fim_text(&self, token: FimToken) -> &'static str {
        pieces::fim_text(token)
    }

    /// Whether the completion of `chat` begins in the answer or in the reasoning.
    fn start(&self, _chat: &Chat) -> Start {
        Start::Content
    }

    /// The prompt as one text, for previews and for servers that take text. Control tokens in the user's text are visibly broken up, so
    /// that a server does not take them for real ones.
    fn text(&self, prompt: &[Piece]) -> String {
        pieces::text(prompt, |token| self.fim_text(token))
    }
}

/// Reads a completion in chunks of any size. The deltas, joined, do not depend on how the text was cut.
pub trait Parser: Send {
    fn push(&mut self, chunk: &str) -> Vec<Delta>;

    /// Ends the completion and decides about what was held back. `ended_cleanly` is false if it was cut short (length, cancellation,
    /// fault).
    fn finish(&mut self, ended_cleanly: bool) -> Vec<Delta>;
}

/// Where a completion begins: in the answer, or inside reasoning that the prompt has opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Content,
    Reasoning,
}

/// A grammar for constrained decoding, in llama.cpp's GBNF with the root rule `root`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grammar {
    pub gbnf: String,
    /// With a trigger the model writes freely until it has written this text; then the grammar applies, starting with the first character
    /// of the trigger. Without one it applies from the first token.
    pub trigger: Option<String>,
}

/// Why a conversation cannot be expressed in this dialect, for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialectError(pub String);

impl fmt::Display for DialectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DialectError {}

/// The names that [`by_name`] knows, for messages and configuration.
pub const NAMES: &[&str] = &["deepseek-v3.2", "llama-4", "hermes", "native"];

/// The dialect with this configuration name.
pub fn by_name(name: &str) -> Option<Arc<dyn Dialect>> {
    match name {
        "deepseek-v3.2" => Some(Arc::new(deepseek_v32::DeepSeekV32)),
        "llama-4" => Some(Arc::new(llama4::Llama4)),
        "hermes" => Some(Arc::new(hermes::Hermes::default())),
        "native" => Some(Arc::new(native::Native)),
        _ => None,
    }
}

/// The dialect of servers that render conversations themselves.
pub fn native() -> impl Dialect {
    native::Native
}

/// Those of a model's end texts that the code around the hole does not have itself: there they are text, and may be in the fill.
pub fn hole_ends(fim: &Fim, ends: &'static [&'static str]) -> Vec<&'static str> {
    hole::own_ends(fim, ends)
}

/// A parser for the text that fills a hole, which ends at the first of the model's end texts.
pub fn hole_parser(fim: &Fim, ends: &'static [&'static str]) -> Box<dyn Parser> {
    Box::new(hole::Hole::new(fim, ends))
}

/// The dialect of a model. Unknown models get the usual one.
pub fn for_model(name: &str, chat_template: Option<&str>) -> Arc<dyn Dialect> {
    known(name, chat_template).unwrap_or_else(usual)
}

/// The dialect for models of which nothing is known: `hermes`, since most instruct models know ChatML.
pub fn usual() -> Arc<dyn Dialect> {
    Arc::new(hermes::Hermes::default())
}

/// The dialect of a model, from its chat template (as found in a GGUF) or else its name; `None` if neither is known.
pub fn known(name: &str, chat_template: Option<&str>) -> Option<Arc<dyn Dialect>> {
    let template = chat_template.unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let named = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if template.contains("DSML") || template.contains("<｜Assistant｜>") {
        Some(Arc::new(deepseek_v32::DeepSeekV32))
    } else if template.contains("<|header_start|>") {
        Some(Arc::new(llama4::Llama4))
    } else if template.contains("<|im_start|>") {
        Some(Arc::new(hermes::Hermes { switches_thinking: template.contains("enable_thinking") }))
    } else if !template.trim().is_empty() {
        None
    } else if named(&["deepseek-v3", "deepseek_v3", "deepseek3", "deepseek.v3", "deepseek-v4", "deepseek_v4"]) && !named(&["distill"]) {
        Some(Arc::new(deepseek_v32::DeepSeekV32))
    } else if named(&["llama-4", "llama4", "llama_4"]) {
        Some(Arc::new(llama4::Llama4))
    } else {
        named(&["qwen", "smollm", "hermes"]).then(|| Arc::new(hermes::Hermes::default()) as Arc<dyn Dialect>)
    }
}

/// Tokens that mark turns: a model that has one speaks the dialect whose chat templates write it.
pub const TURN_MARKS: [&str; 3] = ["<|header_start|>", "<｜Assistant｜>", "<|im_start|>"];

/// The dialect of a model that has these of the [`TURN_MARKS`], if its template and its name do not tell.
pub fn known_by_tokens(marks: &[&str]) -> Option<Arc<dyn Dialect>> {
    known("", Some(&marks.concat())).filter(|_| !marks.is_empty())
}

/// A prompt as one text without its dialect; see [`Dialect::text`].
pub fn text_of(prompt: &[Piece]) -> String {
    pieces::text(prompt, pieces::fim_text)
}

/// Arguments that came as text: an object if the text is one, read as leniently as in a completion; nothing for an empty text; else the
/// text itself, for the schema check to refuse.
pub fn literal_arguments(text: &str) -> Value {
    match text.trim() {
        "" => Value::Object(serde_json::Map::new()),
        text => arguments::read(text).unwrap_or_else(|| Value::String(text.into())),
    }
}

/// The tool that a name refers to: its own name, or as models and servers write it, `functions.NAME` and `functions.NAME:0`, with
/// surrounding spaces.
pub fn offered<'a>(name: &str, tools: &'a [Tool]) -> Option<&'a Tool> {
    let find = |name: &str| tools.iter().find(|tool| tool.name == name);
    let bare = name.trim();
    let bare = bare.strip_prefix("functions.").unwrap_or(bare);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let counted = || bare.rsplit_once(':').filter(|(_, number)| is_number(number)).and_then(|(name, _)| find(name));
    find(name).or_else(|| find(bare)).or_else(counted)
}

/// The arguments of a call to one of these tools, with the repairs that its schema calls for.
pub fn fitted(arguments: Value, name: &str, tools: &[Tool]) -> Value {
    values::fitted(arguments, offered(name, tools))
}

/// Prefix and suffix of a hole, for endpoints that take only these; other files come first, under comments with their names. The server
/// tokenises with control tokens enabled, so those in the text are broken up.
pub fn fim_texts(fim: &Fim) -> (String, String) {
    (pieces::neutral_for_any(&pieces::before_hole(fim)), pieces::neutral_for_any(&fim.suffix))
}
