//! The serve loop around tower-lsp's `LspService`: order, exactly one answer per request, cancellation, panic fences, and when to exit.
//!
//! Notifications are applied in wire order before the next message is read. A request is polled once in wire order, which runs it up to its
//! snapshot, and then continues in its own task. The first answer to a request removes its id from `running`; a later answer finds nothing
//! there and is dropped. Cancelling a request answers it immediately and drops the handler's future, which stops the model.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::{LanguageServer, LspService};
use tower_service::Service;

use super::Options;
use super::client::Client;
use super::dispatch;
use super::lifecycle::{self, ParentWatch};
use super::message::{self, Incoming};
use super::transport::{Frame, FrameReader, Importance, Outbox, Writer};
use crate::engine::tape::Tape;
use crate::report::{self, Level};

/// Frames that are read ahead of the loop.
const READ_AHEAD: usize = 256;
/// How long writing the last messages may take when we exit.
const FLUSH_WAIT: Duration = Duration::from_millis(300);
/// A request whose first poll takes longer than this holds up the messages after it.
const SLOW_PREFIX: Duration = Duration::from_millis(50);
/// How many ids of finished requests, and of requests cancelled before they arrived, are remembered.
const REMEMBERED_IDS: usize = 256;

/// What a client says when it may be asked, too.
const INITIALIZED: &str = "initialized";

/// Called with the method before each handler, inside its panic fence. Tests inject faults here.
pub type Probe = Arc<dyn Fn(&str) + Send + Sync>;

/// What the loop needs from the server besides the LSP methods.
pub trait Host: LanguageServer {
    /// The handler of a notification panicked, so its document may differ from the editor's.
    fn suspect(&self, method: &str, params: Option<&Value>);
}

/// Serves one client until it leaves; returns the exit code.
pub async fn serve<S: Host>(
    input: impl AsyncRead + Unpin + Send + 'static,
    output: impl AsyncWrite + Unpin + Send + 'static,
    (outbox, writer): (Outbox, Writer),
    client: Client,
    service: LspService<S>,
    options: &Options,
) -> u8 {
    let writer = tokio::spawn(writer.run(output));
    let frames = read_ahead(input, options.tape.clone());
    let (finished, results) = mpsc::unbounded_channel();
    let mut serving = Loop {
        service,
        client,
        outbox: outbox.clone(),
        probe: options.probe.clone(),
        running: HashMap::new(),
        next: 0,
        finished,
        answered: Recent::default(),
        cancelled_early: Recent::default(),
        phase: Phase::Uninitialized,
        is_ready: false,
    };
    let code = serving.run(frames, results, &writer).await;
    serving.abort_all();
    outbox.close();
    let _ = tokio::time::timeout(FLUSH_WAIT, writer).await;
    code
}

/// Reads and parses in a task of its own, so that the loop does not wait for a long message.
fn read_ahead(input: impl AsyncRead + Unpin + Send + 'static, tape: Option<Tape>) -> mpsc::Receiver<Incoming> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(async move {
        let mut reader = FrameReader::new(input);
        loop {
            let incoming = match reader.next().await {
                Ok(Some(Frame::Body(body))) => {
                    let incoming = message::read(&body);
                    if let Some(tape) = &tape {
                        record(tape, &incoming);
                    }
                    if matches!(incoming, Incoming::Invalid { code: message::PARSE_ERROR, .. }) {
                        reader.reject(&body);
                        if message::tells_of_a_document(&body) && sender.send(Incoming::LostChange).await.is_err() {
                            return;
                        }
                    }
                    incoming
                }
                Ok(Some(Frame::Bad(reason))) => Incoming::Invalid { id: Id::Null, code: message::PARSE_ERROR, reason },
                Ok(None) => return,
                Err(error) => return report::log(Level::Error, format_args!("standard input cannot be read: {error}")),
            };
            if sender.send(incoming).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// Records a message of the editor. Bytes that are not a message are not recorded, since they cannot be replayed.
fn record(tape: &Tape, incoming: &Incoming) {
    if let Some(message) = incoming.as_json() {
        tape.write(json!({ "from": "editor", "message": message }));
    }
}

/// The result for the client, or an error's code and message.
type Answer = Result<Value, Error>;

/// A handler has ended: the client's id, ours, and the answer.
type Finished = (Id, i64, Answer);

/// A request without an answer yet.
struct Running {
    /// Its id within tower-lsp: unique, whatever the client does with its own ids.
    inner: i64,
    task: Option<tokio::task::AbortHandle>,
}

struct Loop<S: LanguageServer> {
    service: LspService<S>,
    client: Client,
    outbox: Outbox,
    probe: Option<Probe>,
    running: HashMap<Id, Running>,
    next: i64,
    finished: mpsc::UnboundedSender<Finished>,
    /// Ids that were answered; a late `$/cancelRequest` for them has no effect.
    answered: Recent,
    /// Ids that were cancelled before their request arrived.
    cancelled_early: Recent,
    phase: Phase,
    /// The client has said `initialized`, or what it asked has shown it.
    is_ready: bool,
}

/// The client's progress through the protocol.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before `initialize`.
    Uninitialized,
    Initialized,
    /// After `shutdown`.
    ShutDown,
}

impl<S: Host> Loop<S> {
    /// Handles messages until there is a reason to exit. The exit code is LSP's: 0 after `shutdown`, else 1.
    async fn run(
        &mut self,
        mut frames: mpsc::Receiver<Incoming>,
        mut results: mpsc::UnboundedReceiver<Finished>,
        writer: &tokio::task::JoinHandle<std::io::Result<()>>,
    ) -> u8 {
        let mut signals = lifecycle::Signals::new();
        let mut watch = ParentWatch::default();
        let mut tick = tokio::time::interval(lifecycle::TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                Some((id, inner, answer)) = results.recv() => self.finish(id, inner, answer),
                incoming = frames.recv() => {
                    let Some(incoming) = incoming else {
                        self.log_end_of_input();
                        return u8::from(!self.is_shut_down());
                    };
                    if let Incoming::Request { method, params: Some(params), .. } = &incoming && method == "initialize" {
                        watch = ParentWatch::of(params.get("processId").and_then(Value::as_i64));
                    }
                    if matches!(&incoming, Incoming::Notification { method, .. } if method == "exit") {
                        return u8::from(!self.is_shut_down());
                    }
                    self.handle(incoming);
                }
                () = signals.received() => return 0,
                _ = tick.tick() => {
                    if watch.gone() {
                        report::log(Level::Info, "the editor's process is gone");
                        return u8::from(!self.is_shut_down());
                    }
                    if writer.is_finished() {
                        report::log(Level::Error, "the client can no longer be written to");
                        return 1;
                    }
                }
            }
        }
    }

    /// Standard input has ended. Usually an editor closes it and then shows nothing, so the reason is in the log, for users who started the
    /// server by hand.
    fn log_end_of_input(&self) {
        match self.phase {
            Phase::Uninitialized => report::log(
                Level::Error,
                "standard input has ended before anything was asked: `longsight serve` is what an editor starts, and speaks LSP with it there",
            ),
            Phase::Initialized => report::log(Level::Warning, "standard input has ended, without a `shutdown` from the editor"),
            Phase::ShutDown => {}
        }
    }

    fn handle(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Request { id, method, params } => self.request(id, method, params),
            Incoming::Notification { method, params } if method == "$/cancelRequest" => self.cancel(params.as_ref()),
            Incoming::Notification { method, params } => self.notification(method, params),
            Incoming::Response { id, result } => self.client.answered(&id, result),
            Incoming::LostChange => self.service.inner().suspect("textDocument/didChange", None),
            Incoming::Stray => report::log(Level::Warning, "an answer without an id"),
            Incoming::Invalid { id, code, reason } => {
                report::log(Level::Warning, &reason);
                self.outbox.push(&message::error_answer(&id, code, reason), Importance::Essential);
            }
        }
    }

    fn request(&mut self, id: Id, method: String, params: Option<Value>) {
        if self.running.contains_key(&id) {
            let reason = format!("the id {id} is in use by a request that is still running");
            return self.outbox.push(&message::error_answer(&id, message::INVALID_REQUEST, reason), Importance::Essential);
        }
        if self.cancelled_early.take(&id) {
            return self.outbox.push(&message::error_answer(&id, message::REQUEST_CANCELLED, "cancelled"), Importance::Essential);
        }
        if dispatch::is_notification(&method) {
            let reason = format!("`{method}` is a notification and has no answer: send it without an id");
            return self.outbox.push(&message::error_answer(&id, message::INVALID_REQUEST, reason), Importance::Essential);
        }
        if method == "shutdown" && self.phase == Phase::Initialized {
            // Every request that is still waiting gets an answer before the client may leave.
            self.abort_all();
            self.phase = Phase::ShutDown;
        }
        let phase = self.phase;
        if method == "initialize" && phase == Phase::Uninitialized {
            self.phase = Phase::Initialized;
        } else if phase == Phase::Initialized && !self.is_ready {
            // Some clients never say so; without it there would be no configuration to serve them by.
            self.notification(INITIALIZED.into(), None);
        }
        self.next += 1;
        let inner = self.next;
        self.running.insert(id.clone(), Running { inner, task: None });
        let started = Instant::now();
        let called = CalledMethod { has_params: params.is_some(), phase, method };
        let mut work = self.call(&called.method, params, Some(inner)).map(move |outcome| into_answer(outcome, &called)).boxed();
        match (&mut work).now_or_never() {
            Some(answer) => self.finish(id, inner, answer),
            None => {
                let finished = self.finished.clone();
                let key = id.clone();
                let task = tokio::spawn(async move {
                    let answer = work.await;
                    let _ = finished.send((key, inner, answer));
                });
                if let Some(running) = self.running.get_mut(&id) {
                    running.task = Some(task.abort_handle());
                }
            }
        }
        warn_if_slow(started);
    }

    fn notification(&mut self, method: String, params: Option<Value>) {
        if !dispatch::is_notification(&method) {
            // The protocol permits ignoring these; a request without an id cannot be answered.
            return;
        }
        if method == INITIALIZED && self.phase == Phase::Initialized && std::mem::replace(&mut self.is_ready, true) {
            return;
        }
        let started = Instant::now();
        let outcome = self.call(&method, params.clone(), None).now_or_never();
        match outcome {
            Some(Ok(_)) => {}
            Some(Err(panic)) => {
                report::log(Level::Error, format_args!("`{method}` failed: {panic}"));
                self.service.inner().suspect(&method, params.as_ref());
            }
            None => crate::bug!("the handler of `{method}` waits; notifications must not"),
        }
        warn_if_slow(started);
    }

    /// Calls a handler inside a fence: a panic becomes an `Err` in words.
    fn call(
        &mut self,
        method: &str,
        params: Option<Value>,
        inner: Option<i64>,
    ) -> impl Future<Output = Result<Option<Response>, String>> + Send + 'static {
        let (probe, method) = (self.probe.clone(), method.to_string());
        let call = self.service.call(dispatch::request(&method, params, inner));
        let call = async move {
            if let Some(probe) = probe {
                probe(&method);
            }
            call.await
        };
        AssertUnwindSafe(call).catch_unwind().map(|outcome| match outcome {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(exited)) => Err(exited.to_string()),
            Err(panic) => Err(panic_text(&*panic)),
        })
    }

    /// Answers a request, unless it has already been answered.
    fn finish(&mut self, id: Id, inner: i64, answer: Answer) {
        if self.running.get(&id).is_none_or(|running| running.inner != inner) {
            return;
        }
        self.running.remove(&id);
        let message = match answer {
            Ok(result) => message::answer(&id, result),
            Err(error) => message::failed_answer(&id, &error),
        };
        self.outbox.push(&message, Importance::Essential);
        self.answered.add(id);
    }

    fn cancel(&mut self, params: Option<&Value>) {
        let id = match params.and_then(|params| params.get("id")) {
            Some(Value::String(text)) => Id::String(text.clone()),
            Some(Value::Number(number)) if number.is_i64() => Id::Number(number.as_i64().unwrap_or_default()),
            _ => return,
        };
        let Some(running) = self.running.get(&id) else {
            if !self.answered.contains(&id) {
                self.cancelled_early.add(id);
            }
            return;
        };
        let inner = running.inner;
        self.abort(&id);
        self.finish(id, inner, Err(message::request_cancelled()));
    }

    /// Ends the work on a request: tower-lsp forgets its id, and the task drops the handler's future.
    fn abort(&mut self, id: &Id) {
        let Some(running) = self.running.get(id) else { return };
        let forget = Request::build("$/cancelRequest").params(json!({ "id": running.inner })).finish();
        if let Some(task) = &running.task {
            task.abort();
        }
        let _ = self.service.call(forget).now_or_never();
    }

    /// Aborts everything still running, with an answer for each request.
    fn abort_all(&mut self) {
        let running: Vec<(Id, i64)> = self.running.iter().map(|(id, running)| (id.clone(), running.inner)).collect();
        for (id, inner) in running {
            self.abort(&id);
            self.finish(id, inner, Err(message::error(message::REQUEST_CANCELLED, "the server is shut down")));
        }
    }

    fn is_shut_down(&self) -> bool {
        self.phase == Phase::ShutDown
    }
}

/// What was called, and in which phase.
struct CalledMethod {
    method: String,
    has_params: bool,
    phase: Phase,
}

/// The client's answer for a handler's result.
fn into_answer(outcome: Result<Option<Response>, String>, called: &CalledMethod) -> Answer {
    let method = &called.method;
    match outcome.map(|response| response.map(Response::into_parts)) {
        Ok(Some((_, Ok(mut result)))) => {
            if method == "initialize" {
                // lsp-types 0.94 has no inline completion; clients of LSP 3.17 ignore the field.
                result["capabilities"]["inlineCompletionProvider"] = json!({});
            }
            Ok(result)
        }
        Ok(Some((_, Err(error)))) => Err(refusal(error, called)),
        Ok(None) => Err(unknown_method(called)),
        Err(panic) => {
            report::log(Level::Error, format_args!("`{method}` failed: {panic}"));
            Err(message::error(
                message::INTERNAL_ERROR,
                &format!("`{method}` failed inside longsight; its log on standard error says where"),
            ))
        }
    }
}

/// Why a request was refused: in the handler's words, or in ours if tower-lsp refused it first.
fn refusal(error: Error, called: &CalledMethod) -> Error {
    let method = &called.method;
    let ours = |reason: &str| message::error(error.code.code(), reason);
    match error.code {
        ErrorCode::MethodNotFound => unknown_method(called),
        ErrorCode::InvalidParams if !called.has_params => ours(&format!("`{method}` needs `params`")),
        // No handler uses this code.
        ErrorCode::InvalidRequest if called.phase == Phase::ShutDown => after_shutdown(method),
        ErrorCode::InvalidRequest => ours(&format!("`{method}` may be sent once only")),
        _ => error,
    }
}

/// Before `initialize` and after `shutdown` the method does not matter.
fn unknown_method(called: &CalledMethod) -> Error {
    let method = &called.method;
    match called.phase {
        Phase::Uninitialized => message::error(message::NOT_INITIALIZED, &format!("`{method}` came before `initialize`")),
        Phase::Initialized => message::error(message::METHOD_NOT_FOUND, &format!("the method `{method}` is not known")),
        Phase::ShutDown => after_shutdown(method),
    }
}

fn after_shutdown(method: &str) -> Error {
    message::error(message::INVALID_REQUEST, &format!("`{method}` came after `shutdown`: only `exit` may follow that"))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}

fn warn_if_slow(started: Instant) {
    let took = started.elapsed();
    if took > SLOW_PREFIX {
        report::log(Level::Warning, format_args!("the messages after this one waited {} ms", took.as_millis()));
    }
}

/// The last few ids of a kind.
#[derive(Default)]
struct Recent {
    ids: VecDeque<Id>,
}

impl Recent {
    fn add(&mut self, id: Id) {
        if self.ids.len() == REMEMBERED_IDS {
            self.ids.pop_front();
        }
        self.ids.push_back(id);
    }

    fn contains(&self, id: &Id) -> bool {
        self.ids.contains(id)
    }

    fn take(&mut self, id: &Id) -> bool {
        let found = self.ids.iter().position(|known| known == id);
        found.map(|at| self.ids.remove(at)).is_some()
    }
}
