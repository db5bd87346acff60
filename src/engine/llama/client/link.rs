//! The connection to the engine process. One thread owns it, connects on demand, and passes each answer to its request. When the process
//! dies, every waiting request is told once. After three deaths at work within five minutes the model is switched off.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::deaths::Deaths;
use super::spawn::{self, Connection, Surroundings};
use crate::engine::llama::place;
use crate::engine::llama::wire::{self, Answer, Failure, FromEngine, ModelSpec, Order, ToEngine};
use crate::engine::{BoxFuture, EngineError, ErrorKind};
use crate::report::{self, Level};

/// The answers to one request. Dropping it cancels the request.
pub(super) type Answers = mpsc::UnboundedReceiver<Answer>;

/// How often to check whether the process is alive.
const TICK: Duration = Duration::from_millis(50);
const PING: Duration = Duration::from_secs(2);
/// Without any sign of life for this long the process counts as hung.
const HANG: Duration = Duration::from_secs(10);
/// A single step of a worker may take this many times longer: a large model on a busy machine.
const STEP_FACTOR: u32 = 6;

/// A handle to the connection's thread. Cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    orders: mpsc::UnboundedSender<QueuedOrder>,
    ready: Arc<AtomicBool>,
}

struct QueuedOrder {
    order: Order,
    model: ModelSpec,
    answers: mpsc::UnboundedSender<Answer>,
}

impl Link {
    /// Starts the thread; it connects when the first order comes.
    pub fn start(surroundings: Surroundings) -> Self {
        let (orders, asked) = mpsc::unbounded_channel();
        let ready = Arc::new(AtomicBool::new(false));
        let state = ready.clone();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(ConnectionTask::new(asked, state, surroundings).run()),
                Err(error) => report::log(Level::Error, format_args!("the engine link cannot run: {error}")),
            }
        };
        if let Err(error) = std::thread::Builder::new().name("engine-link".into()).spawn(run) {
            report::log(Level::Error, format_args!("the engine link cannot run: {error}"));
        }
        Self { orders, ready }
    }

    /// Sends an order; the receiver gets its answers up to the last one.
    pub fn send(&self, order: Order, model: &ModelSpec) -> Answers {
        let (answers, receiver) = mpsc::unbounded_channel();
        // A thread that is gone drops the sender, which the receiver sees as the end.
        let _ = self.orders.send(QueuedOrder { order, model: model.clone(), answers });
        receiver
    }

    /// Whether a model has answered on this connection, so that counting is quick.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }
}

/// The error for a thread that could not be started.
pub(super) fn gone() -> EngineError {
    EngineError::new(ErrorKind::Unavailable, "the link to the engine process is closed; restart the language server")
}

struct Pending {
    answers: mpsc::UnboundedSender<Answer>,
    model: ModelSpec,
}

struct Wire {
    writer: OwnedWriteHalf,
    frames: mpsc::UnboundedReceiver<FromEngine>,
    pid: Option<i32>,
    child: Option<tokio::process::Child>,
    pinged: Instant,
    /// When the first request since the last sign of life was sent.
    unheard: Option<Instant>,
    ticked: Instant,
}

struct ConnectionTask {
    surroundings: Surroundings,
    asked: mpsc::UnboundedReceiver<QueuedOrder>,
    ready: Arc<AtomicBool>,
    wire: Option<Wire>,
    /// A connection attempt in progress; orders wait for it in `waiting`.
    connecting: Option<BoxFuture<'static, std::io::Result<Connection>>>,
    waiting: Vec<QueuedOrder>,
    pending: HashMap<u64, Pending>,
    next: u64,
    /// Ids of requests that nobody waits for any more.
    dropped: (mpsc::UnboundedSender<u64>, mpsc::UnboundedReceiver<u64>),
    deaths: Deaths,
    hang: Duration,
}

impl ConnectionTask {
    fn new(asked: mpsc::UnboundedReceiver<QueuedOrder>, ready: Arc<AtomicBool>, surroundings: Surroundings) -> Self {
        let hang = surroundings.hang.unwrap_or(HANG);
        let (connecting, waiting, pending) = Default::default();
        let dropped = mpsc::unbounded_channel();
        let deaths = Deaths::default();
        Self { surroundings, asked, ready, wire: None, connecting, waiting, pending, next: 0, dropped, deaths, hang }
    }

    async fn run(mut self) {
        // A separate clock: a timeout that every frame restarts would never fire while tokens stream.
        let mut clock = tokio::time::interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let idle = self.pending.is_empty();
            tokio::select! {
                asked = self.asked.recv() => match asked {
                    Some(asked) => self.take(asked).await,
                    None => return,
                },
                outcome = connected(&mut self.connecting) => self.connected(outcome).await,
                frame = next_frame(&mut self.wire) => match frame {
                    Some(frame) => self.deliver(frame),
                    None => self.died().await,
                },
                Some(id) = self.dropped.1.recv() => self.cancel(id).await,
                _ = clock.tick(), if !idle => self.tick().await,
            }
        }
    }

    /// Passes an order on, or keeps it until there is a connection.
    async fn take(&mut self, asked: QueuedOrder) {
        if !self.deaths.are_kept() {
            let socket = self.surroundings.socket.clone().or_else(|| place::socket().ok());
            self.deaths = Deaths::of(socket.map(|socket| socket.with_extension("deaths")));
        }
        if let Some(message) = self.switched_off(&asked.model) {
            return fail(&asked.answers, Failure::Unavailable, message);
        }
        if self.wire.is_some() {
            return self.order(asked).await;
        }
        self.waiting.push(asked);
        if self.connecting.is_none() {
            self.connecting = Some(Box::pin(connect(self.surroundings.clone(), self.pause())));
        }
    }

    /// The pause before the next connection attempt, which grows with each crash.
    fn pause(&self) -> Duration {
        match self.deaths.recent() {
            0 => Duration::ZERO,
            recent => Duration::from_millis(100 << recent.min(5)),
        }
    }

    /// Sends the orders that waited, or tells them why they cannot be sent.
    async fn connected(&mut self, outcome: std::io::Result<Connection>) {
        self.connecting = None;
        let waiting = std::mem::take(&mut self.waiting);
        match outcome {
            Ok(connection) => {
                self.wire = Some(Wire::new(connection));
                for asked in waiting {
                    self.order(asked).await;
                }
            }
            Err(error) => {
                let kind = match error.kind() {
                    std::io::ErrorKind::Unsupported | std::io::ErrorKind::NotFound => Failure::Configuration,
                    _ => Failure::Unavailable,
                };
                let message = format!("the engine process cannot be used: {error}");
                waiting.iter().for_each(|asked| fail(&asked.answers, kind, message.clone()));
            }
        }
    }

    async fn order(&mut self, asked: QueuedOrder) {
        // Given up while it waited, so the engine process need not hear of it.
        if asked.answers.is_closed() {
            return;
        }
        let bytes = match wire::encode(&ToEngine { id: self.next, order: asked.order }) {
            Ok(bytes) => bytes,
            Err(error) => return fail(&asked.answers, Failure::TooLong(None), error.to_string()),
        };
        let (id, answers, dropped) = (self.next, asked.answers.clone(), self.dropped.0.clone());
        tokio::spawn(async move {
            answers.closed().await;
            // After the last answer this has no effect, and the link may be gone.
            let _ = dropped.send(id);
        });
        self.pending.insert(id, Pending { answers: asked.answers, model: asked.model });
        self.next += 1;
        self.write(&bytes).await;
    }

    /// Tells the engine process immediately that nobody waits for an answer any more.
    async fn cancel(&mut self, id: u64) {
        if self.pending.remove(&id).is_none() {
            return;
        }
        if let Ok(bytes) = wire::encode(&ToEngine { id, order: Order::Cancel }) {
            self.write(&bytes).await;
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        let Some(wire) = &mut self.wire else { return };
        // A stopped process does not read. What it misses is not sent again.
        let sent = tokio::time::timeout(self.hang, wire.writer.write_all(bytes)).await;
        if !matches!(sent, Ok(Ok(()))) {
            self.kill();
        }
    }

    fn deliver(&mut self, frame: FromEngine) {
        if let Some(wire) = &mut self.wire {
            wire.unheard = None;
        }
        if let Answer::Pong { busy_ms } = frame.answer {
            if Duration::from_millis(busy_ms) > self.hang * STEP_FACTOR {
                self.kill();
            }
            return;
        }
        if let Answer::Failed { kind: Failure::Died, .. } = frame.answer {
            return self.ended(frame.id);
        }
        let Some(pending) = self.pending.get(&frame.id) else { return };
        let last = frame.answer.is_end();
        let ready = matches!(frame.answer, Answer::Done { .. } | Answer::Opened(_) | Answer::Counts(_));
        // If nobody listens, the request is about to be cancelled.
        let _ = pending.answers.send(frame.answer);
        if last {
            self.pending.remove(&frame.id);
        }
        if ready {
            self.ready.store(true, Ordering::Relaxed);
        }
    }

    /// Asks for a sign of life, and kills a process that gives none.
    async fn tick(&mut self) {
        let Some(wire) = &mut self.wire else { return };
        let late = std::mem::replace(&mut wire.ticked, Instant::now()).elapsed() > self.hang / 2;
        if late && wire.unheard.is_some() {
            // This process was suspended or busy, so what was sent in the meantime has not been read yet.
            wire.unheard = Some(Instant::now());
        }
        if wire.unheard.is_some_and(|since| since.elapsed() > self.hang) {
            return self.kill();
        }
        if wire.pinged.elapsed() > PING.min(self.hang / 2) {
            wire.pinged = Instant::now();
            wire.unheard.get_or_insert(wire.pinged);
            if let Ok(bytes) = wire::encode(&ToEngine { id: u64::MAX, order: Order::Ping }) {
                self.write(&bytes).await;
            }
        }
    }

    /// Kills a hung process; the reader then sees the end of the stream, and `died` does the rest.
    fn kill(&mut self) {
        let Some(pid) = self.wire.as_ref().and_then(|wire| wire.pid) else { return };
        report::log(Level::Warning, format_args!("the engine process {pid} does not answer and is killed"));
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    }

    /// The stream ended: every waiting request is told once.
    async fn died(&mut self) {
        let Some(mut wire) = self.wire.take() else { return };
        self.ready.store(false, Ordering::Relaxed);
        let status = match &mut wire.child {
            Some(child) => tokio::time::timeout(Duration::from_millis(50), child.wait()).await.ok().and_then(Result::ok),
            None => None,
        };
        let how = status.map(|status| format!(" ({status})")).unwrap_or_default();
        let lost: Vec<Pending> = self.pending.drain().map(|(_, pending)| pending).collect();
        self.lose(lost, &how);
    }

    /// The thread of one request ended: treated like a death of the process, which often follows.
    fn ended(&mut self, id: u64) {
        let lost = self.pending.remove(&id);
        self.lose(lost.into_iter().collect(), "");
    }

    /// Notes a death before telling anybody, because a one-shot command ends right then.
    fn lose(&mut self, lost: Vec<Pending>, how: &str) {
        let mut off: Vec<String> = vec![];
        for Pending { model, .. } in &lost {
            let was_on = self.switched_off(model).is_none();
            self.deaths.note(model);
            off.extend(self.switched_off(model).filter(|_| was_on));
        }
        off.iter().for_each(|message| report::log(Level::Error, message));
        for Pending { model, answers } in lost {
            let message = format!(
                "the engine process died at work on {}{how}; the next request starts it again{}",
                model.path.display(),
                spawn::last_words()
            );
            fail(&answers, Failure::Unavailable, message);
        }
    }

    /// Why a model is off, if it is: the same file was at work in three deaths. What killed the process (memory, a driver) may be gone
    /// after a while, so the switch-off ends too.
    fn switched_off(&self, model: &ModelSpec) -> Option<String> {
        let count = self.deaths.too_many(model)?;
        Some(format!(
            "the model {} is switched off: the engine process died {count} times with it. Replace the file or choose another model; or wait \
             for five minutes, and restart the language server if there is one{}",
            model.path.display(),
            spawn::last_words()
        ))
    }
}

impl Wire {
    /// A separate task reads frames, so that the loop may drop its wait for one at any point.
    fn new(Connection { stream, pid, child }: Connection) -> Self {
        let (reader, writer) = stream.into_split();
        let (sender, frames) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut reader = BufReader::new(reader);
            while let Ok(body) = spawn::frame(&mut reader).await {
                let Ok(frame) = serde_json::from_slice(&body) else { return };
                if sender.send(frame).is_err() {
                    return;
                }
            }
        });
        Self { writer, frames, pid, child, pinged: Instant::now(), unheard: None, ticked: Instant::now() }
    }
}

async fn connect(surroundings: Surroundings, pause: Duration) -> std::io::Result<Connection> {
    tokio::time::sleep(pause).await;
    spawn::connect(&surroundings).await
}

/// The result of a connection attempt; never returns if none is in progress.
async fn connected(connecting: &mut Option<BoxFuture<'static, std::io::Result<Connection>>>) -> std::io::Result<Connection> {
    match connecting {
        Some(attempt) => attempt.await,
        None => std::future::pending().await,
    }
}

async fn next_frame(wire: &mut Option<Wire>) -> Option<FromEngine> {
    match wire {
        Some(wire) => wire.frames.recv().await,
        None => std::future::pending().await,
    }
}

fn fail(answers: &mpsc::UnboundedSender<Answer>, kind: Failure, message: String) {
    // If nobody listens, nobody needs to know.
    let _ = answers.send(Answer::Failed { kind, message });
}
