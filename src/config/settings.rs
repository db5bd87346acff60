//! Every setting and its default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kv_type::KvType;

/// All settings. The defaults apply without a file: both roles use the embedded default model.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Config {
    pub roles: Roles,
    pub engines: BTreeMap<String, EngineConfig>,
    pub completion: Completion,
    pub context: Context,
    pub route: Policy,
    pub trust: Trust,
}

/// Which engine serves which role, by its name under `[engines]`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Roles {
    pub scout: String,
    pub coder: String,
}

impl Default for Roles {
    fn default() -> Self {
        Self { scout: DEFAULT_ENGINE.into(), coder: DEFAULT_ENGINE.into() }
    }
}

/// The engine that exists without configuration.
pub const DEFAULT_ENGINE: &str = "local";

/// The catalogue name of the default model.
pub const DEFAULT_MODEL: &str = "qwen2.5-coder-0.5b";

/// The context in tokens if neither the configuration nor the server gives one.
pub const DEFAULT_CONTEXT: u32 = 8192;

/// How an engine is reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// A GGUF file in our own engine process.
    #[default]
    Llama,
    /// Any server with OpenAI's API.
    OpenAi,
    DeepSeek,
    Ollama,
}

impl EngineKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Llama, Self::OpenAi, Self::DeepSeek, Self::Ollama];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::OpenAi => "openai",
            Self::DeepSeek => "deepseek",
            Self::Ollama => "ollama",
        }
    }

    /// The kind with this name in the configuration.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One engine: where it is and how it is spoken to.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct EngineConfig {
    pub kind: EngineKind,
    /// A catalogue name, a path to a `.gguf`, or the name by which the server knows the model.
    pub model: String,
    pub base_url: Option<String>,
    /// `native`, `deepseek-v3.2`, `llama-4` or `hermes`; chosen from the model when not given.
    pub dialect: Option<String>,
    /// The context window in tokens.
    pub context: Option<u32>,
    /// Where the key comes from. The key itself is in no file.
    #[serde(skip_serializing)]
    pub api_key_env: Option<String>,
    #[serde(skip_serializing)]
    pub api_key_command: Option<Vec<String>>,
    /// The name of the key in the system's keyring.
    pub api_key_keyring: Option<String>,
    /// llama only: threads, layers on the GPU, experts on the CPU, KV cache type (`f16`, `q8_0`, `q4_0`).
    pub threads: Option<u32>,
    pub gpu_layers: Option<u32>,
    pub cpu_moe: Option<bool>,
    pub n_cpu_moe: Option<u32>,
    pub kv_type: Option<String>,
    /// llama only: maximum MiB on disk for KV caches of long prompts, which outlive the engine process; 0 saves none.
    pub saved_kv_mb: Option<u32>,
    /// Whether the model thinks, if it can.
    pub thinking: Option<bool>,
    /// Prices per million tokens read and written, in any currency; for estimates.
    pub price_in: Option<f64>,
    pub price_out: Option<f64>,
}

impl EngineConfig {
    /// The type of the KV cache.
    ///
    /// # Errors
    /// The configured name, which no type has.
    pub fn kv_type(&self) -> Result<KvType, &str> {
        let Some(name) = self.kv_type.as_deref() else { return Ok(KvType::default()) };
        KvType::by_name(name).ok_or(name)
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            kind: EngineKind::Llama,
            model: DEFAULT_MODEL.into(),
            base_url: None,
            dialect: None,
            context: None,
            api_key_env: None,
            api_key_command: None,
            api_key_keyring: None,
            threads: None,
            gpu_layers: None,
            cpu_moe: None,
            n_cpu_moe: None,
            kv_type: None,
            saved_kv_mb: None,
            thinking: None,
            price_in: None,
            price_out: None,
        }
    }
}

/// Inline completion.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Completion {
    /// Offer while typing; otherwise only when invoked.
    pub automatic: bool,
    /// Maximum tokens of one suggestion.
    pub max_tokens: u32,
    /// Offer inside comments and strings.
    pub in_comments: bool,
    /// Milliseconds within which a warm automatic completion should start to show; less context is sent to meet it.
    pub latency_ms: u32,
}

impl Default for Completion {
    fn default() -> Self {
        Self { automatic: true, max_tokens: 128, in_comments: true, latency_ms: 600 }
    }
}

/// How many tokens of the workspace are added to a request.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Context {
    pub completion_tokens: u32,
    pub explain_tokens: u32,
    pub ask_tokens: u32,
    pub edit_tokens: u32,
}

impl Default for Context {
    fn default() -> Self {
        Self { completion_tokens: 1024, explain_tokens: 1024, ask_tokens: 3072, edit_tokens: 1024 }
    }
}

/// Thresholds of the routing policy.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Policy {
    /// Never send anything to another machine.
    pub local_only: bool,
    /// Let hard automatic completions go to the coder.
    pub auto_coder: bool,
    /// Mean log-probability below which a first-pass completion counts as unsure.
    pub min_confidence: f64,
    /// Context window in tokens from which a model edits step by step with tools; below it, the model fills in one form with one call.
    pub agent_context: u32,
    /// Let the scout pass a question to the coder.
    pub escalate: bool,
    /// Code that uses definitions from more other files than this counts as hard.
    pub many_files: u32,
    /// A selection of more lines than this counts as hard.
    pub many_lines: u32,
}

impl Default for Policy {
    fn default() -> Self {
        let (local_only, auto_coder, escalate) = (false, false, true);
        Self { local_only, auto_coder, min_confidence: -1.5, agent_context: 16_384, escalate, many_files: 6, many_lines: 120 }
    }
}

/// How trust in folders is decided.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Trust {
    /// Ask about each folder before doing anything but local completion in it, unless the editor asks itself.
    pub ask: bool,
}
