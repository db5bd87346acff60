//! Where an engine is: a checked URL. Trust depends on the parsed origin, never on the text as typed.

use url::Url;

use crate::engine::{EngineError, ErrorKind, locality};

/// A server's base address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// Reads `base_url`; the error names `engine`.
    pub fn parse(engine: &str, base_url: &str) -> Result<Self, EngineError> {
        let wrong = |why: &str| {
            let message = format!("engines.{engine}: `base_url` {why}; write it like \"http://127.0.0.1:8000/v1\"");
            EngineError::new(ErrorKind::Configuration, message)
        };
        let base = Url::parse(base_url.trim()).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong(&format!("has the scheme `{}`, only http and https are supported", base.scheme())));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("holds a user name or password before `@`; keys belong in `api_key_env` or `api_key_command`"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("has a `?` or `#` part; keys and parameters do not belong there"));
        }
        Ok(Self { base })
    }

    /// `scheme://host:port`, with the host in punycode.
    pub fn origin(&self) -> String {
        origin(&self.base)
    }

    /// Whether the address is this machine.
    pub fn is_loopback(&self) -> bool {
        locality::is_here(self.base.host())
    }

    /// Whether the connection uses TLS.
    pub fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// The path of the base, without a trailing slash, and without the path of the call that provider pages append to it.
    pub fn path(&self) -> &str {
        let path = self.base.path().trim_end_matches('/');
        CALLS.iter().find_map(|call| path.strip_suffix(call)).unwrap_or(path)
    }

    /// The URL of `path` on this server.
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }
}

/// Paths of calls that users leave at the end of a base; longer ones first.
const CALLS: &[&str] = &["/chat/completions", "/fim/completions", "/completions", "/models", "/api/chat", "/api/generate"];

/// `scheme://host:port` of a URL.
pub(super) fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}://{host}:{port}", url.scheme())
}
