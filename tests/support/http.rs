//! A loopback HTTP server at byte level: what it sends, when, and how it ends are scripted; what it was asked is kept.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One step of an answer.
#[derive(Clone, Debug)]
pub enum Act {
    Send(Vec<u8>),
    /// These bytes, one at a time, with this pause after each.
    Drip(Vec<u8>, Duration),
    Wait(Duration),
    /// Nothing more until the client goes.
    Hang,
    /// RST in place of FIN.
    Reset,
    /// Keeps the connection, and resets it when the next request comes.
    ResetNext,
}

/// What a client asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// TLS of a server with a certificate of `tests/data/tls`. All are for `localhost`; `signed` is by `authority.pem`.
pub fn tls(name: &str) -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let file = |end: &str| format!("{}/tests/data/tls/{name}.{end}", env!("CARGO_MANIFEST_DIR"));
    let certificate = CertificateDer::from_pem_file(file("pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(tls.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

/// Kept by the test; the server ends with it.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// When the client closed a connection on which the script hung.
    left: Arc<(Notify, Mutex<Option<Instant>>)>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers every request with what `script` gives for it; the number counts requests from 0.
    pub async fn start(script: impl Fn(usize, &Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let left: Arc<(Notify, Mutex<Option<Instant>>)> = Arc::default();
        let (script, all, gone) = (Arc::new(script), asked.clone(), left.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), all.clone(), gone.clone()));
            }
        });
        Self { url, asked, left, task }
    }

    /// The same answer to everything.
    pub async fn answering(acts: Vec<Act>) -> Self {
        Self::start(move |_, _| acts.clone()).await
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until the client has closed a connection on which the script hung.
    pub async fn left(&self) -> Instant {
        loop {
            let notified = self.left.0.notified();
            if let Some(at) = *self.left.1.lock().unwrap() {
                return at;
            }
            notified.await;
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<impl Fn(usize, &Asked) -> Vec<Act>>,
    all: Arc<Mutex<Vec<Asked>>>,
    left: Arc<(Notify, Mutex<Option<Instant>>)>,
) {
    let Some(asked) = request(&mut stream).await else { return };
    let acts = {
        let mut all = all.lock().unwrap();
        all.push(asked.clone());
        script(all.len() - 1, &asked)
    };
    for act in acts {
        match act {
            Act::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    break;
                }
            }
            Act::Drip(bytes, pause) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
            Act::Wait(time) => tokio::time::sleep(time).await,
            Act::Hang => {
                let mut sink = [0; 64];
                while matches!(stream.read(&mut sink).await, Ok(count) if count > 0) {}
                *left.1.lock().unwrap() = Some(Instant::now());
                left.0.notify_waiters();
                return;
            }
            Act::Reset | Act::ResetNext => {
                // What was sent must arrive before the reset.
                match act {
                    Act::ResetNext => {
                        let _ = stream.read(&mut [0; 64]).await;
                    }
                    _ => tokio::time::sleep(Duration::from_millis(5)).await,
                }
                #[allow(deprecated, reason = "the blocking that it warns of is not there with a time of zero")]
                let _ = stream.set_linger(Some(Duration::ZERO));
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}

async fn request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = vec![];
    let mut chunk = [0; 16 << 10];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_string(), first.next()?.to_string());
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_string()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < end + 4 + length {
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
    let body = serde_json::from_slice(&bytes[end + 4..end + 4 + length]).unwrap_or(Value::Null);
    Some(Asked { method, path, headers, body })
}

/// The head of an answer whose body ends with the connection.
pub fn head(status: &str, kind: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// A complete answer.
pub fn whole(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body.as_bytes()].concat()
}

/// A chunked body, each part a chunk of its own.
pub fn chunked(kind: &str, parts: &[String]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes();
    for part in parts {
        out.extend(format!("{:x}\r\n{part}\r\n", part.len()).into_bytes());
    }
    out.extend(b"0\r\n\r\n");
    out
}

/// A stream of server-sent events with these documents and `[DONE]`, chunk by chunk.
pub fn events(documents: &[Value]) -> Vec<u8> {
    let mut parts: Vec<String> = documents.iter().map(|document| format!("data: {document}\n\n")).collect();
    parts.push("data: [DONE]\n\n".into());
    chunked("text/event-stream", &parts)
}

/// A stream of JSON lines.
pub fn lines(documents: &[Value]) -> Vec<u8> {
    let parts: Vec<String> = documents.iter().map(|document| format!("{document}\n")).collect();
    chunked("application/x-ndjson", &parts)
}
