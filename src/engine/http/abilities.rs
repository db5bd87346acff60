//! What a server can do, as far as it says so. Each API has its own request for that, and some servers answer none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Api, ServerShared, is_other_model, window};
use crate::config::DEFAULT_CONTEXT;
use crate::engine::{ANY_WINDOW, Caps, EngineError, ErrorKind, locality};
use crate::report::{self, Level};

/// How many models of a server's list are shown to the user if the configured one is not among them.
const MAX_LISTED: usize = 8;

/// The context window of DeepSeek's own API, which does not report it.
const DEEPSEEK_CONTEXT: u32 = 131_072;

/// A server that did not say what it serves is asked again after this time.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// A server's list of its models.
struct Listed {
    /// Null if none came.
    list: Value,
    /// Why none came.
    unsaid: Option<String>,
    /// The server has given its list, or has said that it has none.
    is_told: bool,
}

impl ServerShared {
    /// What the server says it can do. It is asked once, by a task that outlives the caller: while the user types, each key cancels the
    /// previous request.
    pub(super) async fn caps(self: &Arc<Self>) -> Result<Caps, EngineError> {
        if let Some(caps) = self.known() {
            return Ok(caps);
        }
        let turn = self.asking.clone().lock_owned().await;
        if let Some(caps) = self.known() {
            return Ok(caps);
        }
        let this = self.clone();
        let asked = tokio::spawn(async move {
            let _turn = turn;
            this.ask_caps().await.map_err(|error| this.wire.redacted(error))
        });
        asked.await.map_err(|error| EngineError::new(ErrorKind::Unavailable, format!("{}: {error}", self.wire.name())))?
    }

    fn known(&self) -> Option<Caps> {
        let seen = self.seen.borrow();
        seen.caps.clone().filter(|_| seen.again.is_none_or(|again| Instant::now() < again))
    }

    async fn ask_caps(&self) -> Result<Caps, EngineError> {
        let (caps, listed, thinks) = match self.api {
            Api::Ollama => {
                let (caps, thinks) = self.ollama_caps().await?;
                (caps, true, thinks)
            }
            Api::DeepSeek => {
                // Nothing is asked, so a key that cannot be had would be known only with the first question.
                self.wire.has_key().await?;
                (self.deepseek_caps(), true, false)
            }
            Api::OpenAi => {
                let (caps, listed) = self.openai_caps().await?;
                (caps, listed, false)
            }
        };
        // A configured context is known without a list.
        let again = (!listed && self.context.is_none()).then(|| Instant::now() + ASK_AGAIN);
        self.seen.send_modify(|seen| (seen.caps, seen.again, seen.thinks) = (Some(caps.clone()), again, thinks));
        Ok(caps)
    }

    fn deepseek_caps(&self) -> Caps {
        Caps { fim: true, chat: true, tools: true, context: self.context.unwrap_or(DEEPSEEK_CONTEXT), ..Caps::default() }
    }

    /// What the configuration alone tells. Whether Ollama can fill holes with a model is guessed from its name until Ollama says so.
    pub(super) fn configured_caps(&self) -> Caps {
        let (fim, context) = match self.api {
            Api::DeepSeek => return self.deepseek_caps(),
            Api::Ollama => (self.renders_fim() || self.is_known_for_holes(), self.context.unwrap_or(DEFAULT_CONTEXT)),
            Api::OpenAi => (self.renders_fim(), self.context.unwrap_or(ANY_WINDOW)),
        };
        Caps { fim, chat: true, tools: true, context, ..Caps::default() }
    }

    /// What `/api/show` tells about the model, and whether it thinks.
    async fn ollama_caps(&self) -> Result<(Caps, bool), EngineError> {
        let asked = serde_json::json!({"model": self.model});
        let shown = self.wire.json(&self.ollama_path("/api/show"), Some(&asked), self.wire.patient()).await?;
        let text = |key: &str| shown.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(host) = text("remote_host").filter(|_| !locality::is_cloud(&self.model)) {
            let message = format!(
                "{}: `{}` is no model of this machine: Ollama sends what it is asked on to {host}, and its name does not say so; nothing was \
                 sent. Name the cloud model itself{}",
                self.wire.name(),
                self.model,
                text("remote_model").map(|name| format!(" (`{name}`, with its ending `:cloud` or `-cloud`)")).unwrap_or_default()
            );
            return Err(EngineError::new(ErrorKind::Configuration, message));
        }
        let all = shown.get("capabilities").and_then(Value::as_array).cloned().unwrap_or_default();
        let can = |what: &str| all.iter().any(|one| one == what);
        let info = shown.get("model_info").and_then(Value::as_object);
        let trained = info.and_then(|info| info.iter().find(|(key, _)| key.ends_with(".context_length"))?.1.as_u64());
        let trained =
            trained.and_then(|tokens| u32::try_from(tokens).ok()).filter(|tokens| *tokens >= window::MIN_WINDOW_TOKENS).unwrap_or(u32::MAX);
        let rendered = self.dialect.is_some();
        let caps = Caps {
            fim: can("insert") || rendered && self.renders_fim(),
            chat: all.is_empty() || can("completion"),
            tools: rendered || can("tools"),
            context: self.context.unwrap_or(DEFAULT_CONTEXT).min(trained),
            ..Caps::default()
        };
        Ok((caps, can("thinking")))
    }

    /// The server's list of its models, or why there is none: gateways have none, keys may be for inference only, and requests to the model
    /// succeed all the same. Only a server that is unreachable, or that rejects the key, will fail the next request as well.
    async fn list(&self) -> Result<Listed, EngineError> {
        let error = match self.wire.json(&self.openai_path("/models"), None, self.wire.brief()).await {
            Ok(list) => return Ok(Listed { list, unsaid: None, is_told: true }),
            Err(error) => error,
        };
        let status = error.refusal.as_ref().map(|refusal| refusal.status);
        let unreachable = status.is_none() && matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Configuration);
        if unreachable || status == Some(401) {
            return Err(error);
        }
        let error = self.wire.redacted(error);
        // That there is no list is an answer as well.
        let is_told = status == Some(404);
        if !is_told {
            report::log(Level::Warning, format_args!("continuing without the list of models: {error}"));
        }
        Ok(Listed { list: Value::Null, unsaid: Some(error.message), is_told })
    }

    /// What the list says about the model, and whether the server has said if it has it.
    async fn openai_caps(&self) -> Result<(Caps, bool), EngineError> {
        let Listed { list, unsaid, is_told } = self.list().await?;
        let models = list.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
        let nothing = || models.is_empty().then(|| format!("{}: {} lists no models", self.wire.name(), self.openai_path("/models")));
        let unsaid = unsaid.or_else(nothing);
        let named = |model: &&Value| model.get("id").and_then(Value::as_str).is_some_and(|id| !is_other_model(&self.model, id));
        let model = models.iter().find(named).or_else(|| models.first().filter(|_| models.len() == 1));
        let names = models.iter().filter_map(|model| Some(model.get("id")?.as_str()?.to_string()));
        let others: Vec<String> = if model.is_none() { names.take(MAX_LISTED).collect() } else { vec![] };
        let id = model.and_then(|model| model.get("id")?.as_str());
        // Zero or a few tokens are no window: servers fill in an unknown value like this.
        let number = |value: Option<&Value>| {
            let tokens = value.and_then(Value::as_u64).and_then(|tokens| u32::try_from(tokens).ok());
            tokens.filter(|tokens| *tokens >= window::MIN_WINDOW_TOKENS)
        };
        let served = model.and_then(|model| {
            let meta = |field: &str| number(model.get("meta").and_then(|meta| meta.get(field)));
            number(model.get("max_model_len")).or_else(|| meta("n_ctx")).or_else(|| meta("n_ctx_train"))
        });
        let context = match (self.context, served) {
            (Some(wanted), Some(served)) => wanted.min(served),
            (wanted, served) => wanted.or(served).unwrap_or(DEFAULT_CONTEXT),
        };
        let any_window = self.context.or(served).is_none();
        let served = id.map(String::from);
        let caps =
            Caps { fim: self.renders_fim(), chat: true, tools: true, context, served, others, unsaid, any_window, ..Caps::default() };
        Ok((caps, is_told))
    }
}
