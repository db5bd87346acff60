//! HTTP as engines and downloads need it: a request, the head of its response, the body piece by piece. Follows no redirects, retries
//! nothing and keeps nothing but connections. A leaf of `engine` and `models`. Owns hyper and rustls.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::uri::Scheme;
use hyper::{Request, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

pub use hyper::header::{self, HeaderValue};
pub use hyper::{Method, StatusCode};

/// The variables that may name the proxy for encrypted connections, in order of precedence.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The user agent that servers see.
const AGENT: &str = concat!("longsight/", env!("CARGO_PKG_VERSION"));

/// A kept connection that is unused for this long is closed.
const IDLE_CONNECTION: Duration = Duration::from_secs(90);

/// A silent connection is probed after this time, to notice when the other end is gone without a word.
const PROBE: Duration = Duration::from_secs(15);

/// Unanswered probes after which a connection is given up.
const PROBES: u32 = 3;

/// Sends requests, over connections that it keeps alive.
pub struct Client(legacy::Client<Connector, Full<Bytes>>);

/// The response to a request; its body is still to be read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Incoming,
}

/// Why there is no response, or no more of it.
#[derive(Debug)]
pub struct Failure {
    /// No connection was made, so nothing was sent.
    pub unsent: bool,
    /// The innermost error, which says the most and contains no URL.
    pub cause: String,
}

impl Client {
    /// A client that connects within a time limit, TLS included, to the origin of a request and nowhere else. It keeps at most `kept`
    /// unused connections.
    pub fn direct(connect: Duration, kept: usize) -> Self {
        Self::new(connect, kept, None)
    }

    /// A client whose encrypted connections go through the proxies that the environment names.
    pub fn proxied(connect: Duration) -> Self {
        Self::new(connect, usize::MAX, Some(Arc::new(Matcher::from_env())))
    }

    fn new(connect: Duration, kept: usize, proxies: Option<Arc<Matcher>>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Shared among the addresses of a host, so that a later one is reached if the first is dead.
        tcp.set_connect_timeout(Some(connect));
        tcp.set_keepalive(Some(PROBE));
        tcp.set_keepalive_interval(Some(PROBE));
        tcp.set_keepalive_retries(Some(PROBES));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(2 * PROBE));
        let connector = Connector { tcp, tls: Arc::default(), proxies, within: connect };
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_CONNECTION).pool_max_idle_per_host(kept);
        Self(builder.build(connector))
    }

    /// Sends a request and waits for the head of the response. Dropping the future aborts the request.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: String,
    ) -> Result<Answer, Failure> {
        let unspoken = |cause: String| Failure { unsent: true, cause };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unspoken(format!("`{}` is not supported, only http and https", url.scheme())));
        }
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.as_str().parse::<Uri>().map_err(|error| unspoken(error.to_string()))?;
        let ours = [(header::ACCEPT, "*/*"), (header::USER_AGENT, AGENT)].map(|(name, value)| (name, HeaderValue::from_static(value)));
        request.headers_mut().extend(ours.into_iter().chain(headers));
        let sent = self.0.request(request).await;
        let response = sent.map_err(|error| Failure { unsent: error.is_connect(), cause: root_cause(&error) })?;
        let (head, body) = response.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

impl Answer {
    /// How many bytes of the body remain, if the server says so.
    pub fn length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next bytes of the body; none at its regular end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| Failure { unsent: false, cause: root_cause(&error) })?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

fn root_cause(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// A proxy as shown to the user, without its password, and the variable that names it.
fn named(proxy: &Uri) -> String {
    let place = proxy.authority().map_or("", |authority| authority.as_str());
    let names_it = |variable: &&&str| std::env::var(variable).is_ok_and(|value| !place.is_empty() && value.contains(place));
    let variable = PROXY_VARIABLES.iter().find(names_it).map_or(String::new(), |variable| format!(" of {variable}"));
    format!("the proxy {}://{place}{variable}", proxy.scheme_str().unwrap_or("http"))
}

type Problem = Box<dyn Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send>>;
/// A connection to the next hop, encrypted if that is a proxy that speaks TLS.
type Hop = MaybeHttpsStream<TokioIo<TcpStream>>;
type Stream = MaybeHttpsStream<Hop>;

/// Opens connections.
#[derive(Clone)]
struct Connector {
    tcp: HttpConnector,
    /// Made for the first connection that needs it: it reads a hundred or more certificates.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
    proxies: Option<Arc<Matcher>>,
    within: Duration,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Problem;
    type Future = Connecting<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Problem>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let within = self.within;
        let connecting = self.clone().connect(to);
        Box::pin(async move {
            let connected = tokio::time::timeout(within, connecting).await;
            connected.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it took too long to connect"))?
        })
    }
}

/// Connects to the next hop: in the clear, or with this TLS.
#[derive(Clone)]
struct Nearest {
    tcp: HttpConnector,
    tls: Option<Arc<ClientConfig>>,
}

impl Service<Uri> for Nearest {
    type Response = Hop;
    type Error = Problem;
    type Future = Connecting<Hop>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Problem>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Self { mut tcp, tls } = self.clone();
        Box::pin(async move {
            match tls {
                Some(tls) => HttpsConnector::from((tcp, tls)).call(to).await,
                None => Ok(MaybeHttpsStream::Http(tcp.call(to).await?)),
            }
        })
    }
}

impl Connector {
    async fn connect(self, to: Uri) -> Result<Stream, Problem> {
        let mut nearest = Nearest { tcp: self.tcp.clone(), tls: None };
        if to.scheme() != Some(&Scheme::HTTPS) {
            return Ok(MaybeHttpsStream::Http(nearest.call(to).await?));
        }
        let tls = self.tls()?;
        let Some(proxy) = self.proxies.as_ref().and_then(|proxies| proxies.intercept(&to)) else {
            return HttpsConnector::from((nearest, tls)).call(to).await;
        };
        let named = named(proxy.uri());
        match proxy.uri().scheme_str() {
            Some("http") => {}
            Some("https") => {
                let mut tls = (*tls).clone();
                // The tunnel is requested in HTTP/1.1, and with the password.
                tls.alpn_protocols = vec![b"http/1.1".to_vec()];
                nearest.tls = Some(Arc::new(tls));
            }
            _ => return Err(format!("{named} cannot be used: only proxies with http:// or https:// can").into()),
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), nearest);
        let tunnel = match proxy.basic_auth() {
            Some(password) => tunnel.with_auth(password.clone()),
            None => tunnel,
        };
        let connected = HttpsConnector::from((tunnel, tls)).call(to).await;
        connected.map_err(|error| format!("through {named}: {}", root_cause(&*error)).into())
    }

    /// TLS with the certificate authorities that this system trusts.
    fn tls(&self) -> Result<Arc<ClientConfig>, Problem> {
        if let Some(made) = self.tls.get() {
            return Ok(made.clone());
        }
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why: String = found.errors.iter().map(|error| format!(" ({error})")).collect();
            let words =
                format!("no CA certificates were found{why}; Debian and Ubuntu: apt install ca-certificates, or correct SSL_CERT_FILE");
            return Err(words.into());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(self.tls.get_or_init(|| Arc::new(tls)).clone())
    }
}
