//! The language server: transport, serve loop, one owner of state, handlers, conversion to and from LSP types.
//!
//! `transport` and `message` read and parse a frame, `serve` puts it in order, tower-lsp routes it to a line in `handlers`, which changes
//! `state` or works on a snapshot of it.

mod actions;
mod answers;
mod arguments;
pub mod backend;
mod client;
mod commands;
mod completion;
mod config;
mod convert;
mod diagnostics;
mod dispatch;
mod document_sync;
mod edit;
mod editor;
mod folders;
mod handlers;
mod initialize;
mod lifecycle;
mod menu;
mod message;
mod open_documents;
mod pace;
mod progress;
pub mod replay;
mod serve;
pub mod service;
mod state;
pub mod trace;
pub mod transport;
mod trust;
mod work;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tower_lsp::LspService;
use tower_lsp::lsp_types::Url;

pub use serve::Probe;

use client::Client;
use service::{FeatureService, StateSnapshot};
use state::State;
use work::WorkerThreads;

use crate::engine::tape::Tape;
use crate::report::{self, Level};
use crate::workspace::Document;

/// How a server is set up.
#[derive(Clone)]
pub struct Options {
    /// Replaces the user's configuration file.
    pub config: Option<PathBuf>,
    /// The folder for answers that the editor shows as documents; without it they are not shown.
    pub cache: Option<PathBuf>,
    /// The folder for the user's trust decisions. Without it every folder is trusted unless the editor says no.
    pub state: Option<PathBuf>,
    /// The features that do the work.
    pub features: Arc<dyn FeatureService>,
    /// Called before each handler; tests inject faults here.
    pub probe: Option<Probe>,
    /// Records all messages, for `serve --record`.
    pub tape: Option<Tape>,
}

/// A file with a NUL in this many first bytes is binary, as in search tools.
const BINARY_WITHIN: usize = 8 << 10;

type StateLock = Mutex<State>;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    client: Client,
    state: Arc<StateLock>,
    workers: WorkerThreads,
    options: Arc<Options>,
    /// Allows only one check of the folders at a time.
    looks: Arc<Semaphore>,
}

impl Server {
    /// Reads or changes the state. `act` must do no IO and never wait; read what it needs from disk beforehand.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut lock(&self.state))
    }

    fn features(&self) -> &dyn FeatureService {
        &*self.options.features
    }

    /// What is known at this moment.
    fn snapshot(&self) -> StateSnapshot {
        self.with(|state| StateSnapshot {
            workspace: state.snapshot(),
            config: state.config.clone(),
            restricted: !state.trust.current.is_given(),
            creates_files: state.editor.can.create_files,
        })
    }

    /// A snapshot with one of its documents. None if that is not open, out of sync, binary, or in a folder not checked yet.
    fn snapshot_of(&self, uri: &Url) -> Option<(StateSnapshot, Arc<Document>)> {
        if self.with(|state| state.is_pending(uri)) {
            return None;
        }
        let snapshot = self.snapshot();
        let usable = |document: &&Arc<Document>| document.is_in_step() && !document.text.slice(0..BINARY_WITHIN).contains('\0');
        let document = snapshot.workspace.document(uri.as_str()).filter(usable)?.clone();
        Some((snapshot, document))
    }
}

/// Locks the state even after a panic: `suspect` marks the documents concerned, and the rest stays usable.
fn lock(state: &StateLock) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one client until it leaves. The exit code is 0 if the client has sent `shutdown` first, else 1.
pub async fn run(input: impl AsyncRead + Unpin + Send + 'static, output: impl AsyncWrite + Unpin + Send + 'static, options: Options) -> u8 {
    let threads = match work::threads() {
        Ok(threads) => threads,
        Err(error) => {
            report::log(Level::Error, format_args!("no threads for the work: {error}"));
            return 1;
        }
    };
    let workers = WorkerThreads { handle: threads.handle().clone() };
    let state = Arc::<StateLock>::default();
    let (outbox, writer) = transport::outbox(options.tape.clone());
    let client = Client::new(outbox.clone(), state.clone());
    let options = Arc::new(options);
    let looks = Arc::new(Semaphore::new(1));
    let server = Server { client: client.clone(), state, workers, options: options.clone(), looks };
    // The socket is tower-lsp's own way to the client; we use `Client`.
    let (service, _socket) = handlers::register(LspService::build(|_| server)).finish();
    let code = serve::serve(input, output, (outbox, writer), client, service, &options).await;
    threads.shutdown_background();
    code
}
