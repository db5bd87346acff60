//! The one thread that knows which worker serves which model, how many clients there are, and when to leave.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::connection::Reply;
use super::count::Counter;
use super::load::Backend;
use super::worker::{self, Task, Worker};
use crate::engine::llama::wire::{Answer, Failure, ModelSpec, Order};

/// What connections report.
pub enum Event {
    Joined,
    Left,
    /// A client of another build was refused.
    Stranger,
    Order(Order, Reply),
}

/// Maximum models in memory; the one used longest ago goes first.
const MODELS: usize = 3;

/// If one file is loaded with two settings, the one not used for this long makes room.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// A loaded model.
struct Entry {
    spec: ModelSpec,
    worker: Worker,
    used: Instant,
}

/// Handles events until there has been no client for `idle`, or only one of another build, which then starts its own process. Calls
/// `leaving` before caches are saved.
pub fn run(events: &Receiver<Event>, backend: &Arc<Backend>, idle: Duration, leaving: impl FnOnce()) {
    let mut workers: Vec<Entry> = vec![];
    serve(events, backend, idle, &mut workers);
    leaving();
    for event in events.try_iter() {
        if let Event::Order(_, reply) = event {
            reply.leaving();
        }
    }
    // They save what was expensive.
    workers.into_iter().for_each(|entry| entry.worker.finish());
}

fn serve(events: &Receiver<Event>, backend: &Arc<Backend>, idle: Duration, workers: &mut Vec<Entry>) {
    let (mut clients, mut used) = (0usize, Instant::now());
    let mut counter = Counter::new(backend.clone());
    loop {
        let wait = if clients == 0 { idle.saturating_sub(used.elapsed()) } else { Duration::from_secs(3600) };
        match events.recv_timeout(wait) {
            Ok(Event::Joined) => {
                clients += 1;
                super::log::trim();
            }
            Ok(Event::Stranger) if clients == 0 => return,
            Ok(Event::Stranger) => {}
            Ok(Event::Left) => clients = clients.saturating_sub(1),
            Ok(Event::Order(order, reply)) => route(order, reply, workers, &mut counter, backend),
            Err(RecvTimeoutError::Timeout) if clients == 0 && used.elapsed() >= idle => return,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if clients > 0 {
            used = Instant::now();
        }
    }
}

fn route(order: Order, reply: Reply, workers: &mut Vec<Entry>, counter: &mut Counter, backend: &Arc<Backend>) {
    let (model, task) = match order {
        Order::Ping => {
            let busy_ms = workers.iter().map(|entry| entry.worker.busy_ms()).max().unwrap_or_default();
            return reply.send(Answer::Pong { busy_ms });
        }
        Order::Cancel => return,
        Order::Open(model) => (model, Task::Open(reply.clone())),
        Order::Count { model, texts } => return counter.count(model, texts, reply),
        Order::Generate(request) => (request.model.clone(), Task::Generate(request, reply.clone(), Instant::now())),
    };
    let known = workers.iter().position(|entry| entry.spec == model).map(|at| workers.remove(at));
    let failed = known.as_ref().is_some_and(|entry| !entry.worker.lives());
    make_room(workers, &model, failed);
    let Some(Entry { worker, .. }) = known.filter(|_| !failed) else { return begin(model, task, workers, backend) };
    // A worker that has just ended takes no more tasks: its model is loaded again.
    match worker.send(task) {
        Ok(()) => workers.push(Entry { spec: model, worker, used: Instant::now() }),
        Err(task) => begin(model, task, workers, backend),
    }
}

/// Starts the thread of a model with its first task.
fn begin(model: ModelSpec, task: Task, workers: &mut Vec<Entry>, backend: &Arc<Backend>) {
    match worker::start(model.clone(), backend.clone()) {
        Ok(worker) => {
            // Accepted: the thread waits for its first task.
            let _ = worker.send(task);
            workers.push(Entry { spec: model, worker, used: Instant::now() });
        }
        Err(error) => {
            let message = format!("no thread for the model could be started: {error}");
            worker::reply(&task).send(Answer::Failed { kind: Failure::Unavailable, message });
        }
    }
}

/// Ends workers to make room for a model: failed loads, earlier versions of the file, and the one used longest ago. The same file with
/// other settings stays, because another client may use it, until it has been unused for long or this one cannot be loaded next to it.
fn make_room(workers: &mut Vec<Entry>, model: &ModelSpec, failed: bool) {
    let goes = |entry: &Entry| {
        let is_file = entry.spec.path == model.path;
        let is_current = (entry.spec.modified, entry.spec.bytes) == (model.modified, model.bytes);
        is_file && (!is_current || failed || entry.used.elapsed() > FORGOTTEN)
    };
    workers.retain(|entry| entry.worker.lives() && !goes(entry));
    workers.drain(..(workers.len() + 1).saturating_sub(MODELS));
}
