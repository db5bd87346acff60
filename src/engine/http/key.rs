//! API keys: from the environment, a command or the system's keyring; bound to one origin, never shown.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::OnceCell;
use url::Url;

use super::disguise;
use super::endpoint::{self, Endpoint};
use crate::config::EngineConfig;
use crate::engine::{EngineError, ErrorKind};
use crate::redact;
use crate::web::HeaderValue;

/// A secret for one origin. Has no `Debug`, no `Display` and no serialisation, so that nothing prints it.
pub struct ApiKey {
    secret: String,
    origin: String,
}

impl ApiKey {
    /// The header for a request to `url`; none for any origin other than the key's.
    pub fn header(&self, url: &Url) -> Option<HeaderValue> {
        if endpoint::origin(url) != self.origin {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.secret)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Where a key comes from; read once, on first use.
pub struct KeySource {
    engine: String,
    variable: Option<String>,
    command: Option<Vec<String>>,
    keyring: Option<String>,
    endpoint: Endpoint,
    key: OnceCell<Option<ApiKey>>,
}

/// The shortest key, in bytes, that is searched for in answers.
const MIN_KEY_BYTES: usize = 12;

/// The service name of keys in the keyring.
const SERVICE: &str = "longsight";

/// How long a key command may take; it may have to ask the user.
const COMMAND_TIME: Duration = Duration::from_secs(60);

/// How long to wait for its output once it has ended.
const REST_TIME: Duration = Duration::from_millis(500);

/// Maximum bytes of its output that are read.
const MAX_OUTPUT_BYTES: u64 = 64 << 10;

impl KeySource {
    /// The source that `[engines.NAME]` names; nothing is read yet.
    pub fn new(engine: &str, config: &EngineConfig, endpoint: &Endpoint) -> Self {
        Self {
            engine: engine.into(),
            variable: config.api_key_env.clone(),
            command: config.api_key_command.clone(),
            keyring: config.api_key_keyring.clone(),
            endpoint: endpoint.clone(),
            key: OnceCell::new(),
        }
    }

    /// The key, read if necessary; `None` if none is configured.
    pub async fn get(&self) -> Result<Option<&ApiKey>, EngineError> {
        self.key.get_or_try_init(|| self.read()).await.map(Option::as_ref)
    }

    /// `text` without the key, if the key has been read.
    pub fn redact(&self, text: &str) -> String {
        match self.key.get().and_then(Option::as_ref) {
            Some(key) => text.replace(&key.secret, "[key]"),
            None => text.into(),
        }
    }

    /// An error's text without the key, also if the server has written it in another encoding.
    pub fn redact_all(&self, text: &str) -> String {
        match self.key.get().and_then(Option::as_ref) {
            Some(key) => disguise::hidden(text, &key.secret, "[key]"),
            None => text.into(),
        }
    }

    /// Whether answers are searched for the key. Short keys are dummy words for local servers, which occur in ordinary text.
    pub fn is_looked_for(&self) -> bool {
        self.key.get().and_then(Option::as_ref).is_some_and(|key| key.secret.len() >= MIN_KEY_BYTES)
    }

    /// How many bytes at the end of a text may be the start of the key.
    pub fn may_begin(&self, text: &str) -> usize {
        let Some(key) = self.key.get().and_then(Option::as_ref) else { return 0 };
        let most = key.secret.len().saturating_sub(1).min(text.len());
        (1..=most).rev().find(|length| text.as_bytes().ends_with(&key.secret.as_bytes()[..*length])).unwrap_or(0)
    }

    async fn read(&self) -> Result<Option<ApiKey>, EngineError> {
        let text = match (&self.variable, &self.command, &self.keyring) {
            (Some(variable), ..) => std::env::var(variable).map_err(|_| self.wrong(&unset_variable(variable)))?,
            (None, Some(command), _) => self.run(command).await?,
            (None, None, Some(account)) => self.ask_keyring(account).await?,
            (None, None, None) => return Ok(None),
        };
        let secret = text.trim_end_matches(['\n', '\r']);
        let problem = match secret {
            "" => Some("the key is empty"),
            _ if !secret.is_ascii() => Some("the key has characters that no key has (not ASCII)"),
            _ if secret.contains(|c: char| c.is_ascii_whitespace() || c.is_ascii_control()) => {
                Some("the key has a space or line end in it")
            }
            _ if !self.endpoint.is_encrypted() && !self.endpoint.is_loopback() => {
                Some("the key would travel unencrypted; use https, or no key")
            }
            _ => None,
        };
        match problem {
            Some(problem) => Err(self.wrong(problem)),
            None => Ok(Some(ApiKey { secret: secret.into(), origin: self.endpoint.origin() })),
        }
    }

    /// Asks the keyring, through the system's own program for it.
    async fn ask_keyring(&self, account: &str) -> Result<String, EngineError> {
        let words: &[&str] = match cfg!(target_os = "macos") {
            true => &["security", "find-generic-password", "-s", SERVICE, "-a", account, "-w"],
            false => &["secret-tool", "lookup", "service", SERVICE, "account", account],
        };
        let store = match cfg!(target_os = "macos") {
            true => format!("security add-generic-password -s {SERVICE} -a {account} -w"),
            false => format!("secret-tool store --label='{SERVICE} {account}' service {SERVICE} account {account}"),
        };
        let command: Vec<String> = words.iter().map(ToString::to_string).collect();
        match self.run(&command).await {
            Ok(key) if !key.trim().is_empty() => Ok(key),
            Ok(_) => Err(self.wrong(&format!("the keyring has no key `{account}`; store it with `{store}`"))),
            Err(error) => {
                let hint = format!("{}. A key is stored with `{store}` (Debian and Ubuntu: apt install libsecret-tools)", error.message);
                Err(EngineError { message: hint, ..error })
            }
        }
    }

    async fn run(&self, command: &[String]) -> Result<String, EngineError> {
        let (program, arguments) = command.split_first().ok_or_else(|| self.wrong("`api_key_command` is empty"))?;
        let mut child = Command::new(program);
        child.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = child.spawn().map_err(|error| self.wrong(&format!("`{}` cannot be started: {error}", redact::mask(program))))?;
        let program = &redact::mask(program);
        let mut text = vec![];
        let whole = async {
            let mut output = child.stdout.take().ok_or_else(|| std::io::Error::other("it has no output"))?.take(MAX_OUTPUT_BYTES);
            let status = tokio::select! {
                biased;
                read = output.read_to_end(&mut text) => {
                    // A program that never stops writing then gets a broken pipe, and ends.
                    drop(output);
                    read?;
                    return child.wait().await;
                }
                status = child.wait() => status?,
            };
            // Programs that it left running may keep the output open forever, but its own output is there by now.
            let rest = tokio::time::timeout(REST_TIME, output.read_to_end(&mut text)).await;
            rest.unwrap_or(Ok(0)).map(|_| status)
        };
        let status = tokio::time::timeout(COMMAND_TIME, whole).await;
        let status = status.map_err(|_| self.wrong(&format!("`{program}` gave no key within a minute")))?;
        let status = status.map_err(|error| self.wrong(&format!("what `{program}` writes cannot be read: {error}")))?;
        if text.len() as u64 == MAX_OUTPUT_BYTES {
            return Err(self.wrong(&format!("`{program}` writes more than any key has ({MAX_OUTPUT_BYTES} bytes)")));
        }
        if !status.success() {
            return Err(self.wrong(&format!("`{program}` failed ({status})")));
        }
        String::from_utf8(text).map_err(|_| self.wrong("the key has characters that no key has (not ASCII)"))
    }

    fn wrong(&self, why: &str) -> EngineError {
        let message =
            format!("engines.{}: {why}; nothing was sent. Set `api_key_env`, `api_key_command` or `api_key_keyring`", self.engine);
        EngineError::new(ErrorKind::Configuration, message)
    }
}

/// Whether a text can be the name of a variable. Any other text may be the key itself and is never shown.
pub fn is_variable(text: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    text.chars().all(letter) && redact::mask(text) == text
}

/// The message that a variable is not set.
pub fn unset_variable(variable: &str) -> String {
    match is_variable(variable) {
        true => format!("the environment variable `{variable}` is not set where longsight runs"),
        false => {
            "`api_key_env` must be the name of an environment variable that is set (upper-case letters, `_`), not the key itself".into()
        }
    }
}
