//! A real engine process on a socket of its own, and short ways to ask it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use longsight::config::EngineConfig;
use longsight::dialect::{Chat, Fim, Message, Role, Tool, ToolChoice};
use longsight::engine::llama::Llama;
use longsight::engine::llama::client::Surroundings;
use longsight::engine::{Answer, Ask, Cancel, Engine, EngineError, Event, Priority, Request, collect};

/// A folder with the socket; the process leaves soon after the last engine is dropped.
pub struct Rig {
    folder: tempfile::TempDir,
    pub surroundings: Surroundings,
}

impl Rig {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            socket: Some(folder.path().join("e.sock")),
            binary: Some(env!("CARGO_BIN_EXE_longsight").into()),
            idle: Some(Duration::from_millis(700)),
            hang: Some(Duration::from_secs(30)),
            states: Some(folder.path().into()),
        };
        Self { folder, surroundings }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("e.sock")
    }

    pub fn engine(&self, file: impl Into<PathBuf>, context: u32) -> Arc<dyn Engine> {
        self.engine_with(file, EngineConfig { context: Some(context), ..EngineConfig::default() })
    }

    pub fn engine_with(&self, file: impl Into<PathBuf>, config: EngineConfig) -> Arc<dyn Engine> {
        Llama::within(&config, file.into(), self.surroundings.clone())
    }

    /// The process that listens on the socket.
    pub fn pid(&self) -> i32 {
        let stream = std::os::unix::net::UnixStream::connect(self.socket()).expect("the engine process listens");
        nix::sys::socket::getsockopt(&stream, nix::sys::socket::sockopt::PeerCredentials).unwrap().pid()
    }

    /// Where the process saves KV caches.
    pub fn states(&self) -> PathBuf {
        self.surroundings.states.as_deref().unwrap_or(self.folder.path()).join("kv")
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid()), signal).unwrap();
    }
}

pub fn hole(prefix: &str, suffix: &str, max_tokens: u32) -> Request {
    let fim = Fim { path: "src/lib.rs".into(), prefix: prefix.into(), suffix: suffix.into(), ..Fim::default() };
    request(Ask::Fim(fim), max_tokens)
}

pub fn chat(text: &str, max_tokens: u32) -> Request {
    let messages = vec![Message::new(Role::User, text)];
    request(Ask::Chat(Chat { messages, ..Chat::default() }), max_tokens)
}

pub fn with_tool(text: &str, tool: Tool, max_tokens: u32) -> Request {
    let messages = vec![Message::new(Role::User, text)];
    let tools = vec![tool];
    request(Ask::Chat(Chat { messages, tools, tool_choice: ToolChoice::Required, ..Chat::default() }), max_tokens)
}

fn request(ask: Ask, max_tokens: u32) -> Request {
    Request { ask, max_tokens, temperature: 0.0, stop: vec![], priority: Priority::Normal }
}

/// Asks and waits; a guard keeps a hang from lasting for ever.
pub async fn ask(engine: &Arc<dyn Engine>, request: Request) -> Result<Answer, EngineError> {
    let events = engine.start(request, Cancel::new());
    tokio::time::timeout(Duration::from_secs(240), collect(events, |_| {})).await.expect("an answer within four minutes")
}

/// Waits for the first text (or call) of an answer.
pub async fn first_text(events: &mut longsight::engine::Events) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Text(_) | Event::Reasoning(_) => return,
            Event::Failed(error) => panic!("{error}"),
            Event::Done(_) => panic!("the answer ended before it was interrupted"),
            _ => {}
        }
    }
    panic!("the stream closed");
}
