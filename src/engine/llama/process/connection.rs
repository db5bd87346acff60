//! One client: a thread that reads its orders and one that writes its answers. The reader owns the cancel flags.

use std::collections::HashMap;
use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use super::hub::Event;
use crate::engine::llama::wire::{self, Answer, Failure, FromEngine, Greeting, Order, ToEngine};
use crate::report::{self, Level};

/// Where the answers to one order go, and whether anybody still wants them. An order fails when the last clone is dropped before its end,
/// by a thread that ended or panicked, so no client waits in vain.
#[derive(Clone)]
pub struct Reply(Arc<PendingReply>);

/// One order, until it has ended.
struct PendingReply {
    id: u64,
    frames: Sender<FromEngine>,
    cancelled: Arc<AtomicBool>,
    ended: AtomicBool,
}

impl Reply {
    fn new(id: u64, frames: Sender<FromEngine>, cancelled: Arc<AtomicBool>) -> Self {
        Self(Arc::new(PendingReply { id, frames, cancelled, ended: AtomicBool::new(false) }))
    }

    /// Sends an answer; does nothing if the client is gone.
    pub fn send(&self, answer: Answer) {
        if answer.is_end() {
            self.0.ended.store(true, Ordering::Relaxed);
        }
        self.0.send(answer);
    }

    /// The process is about to end because nobody needs it: that is not a death.
    pub fn leaving(&self) {
        let message = "the engine process is just shutting down; try again".into();
        self.send(Answer::Failed { kind: Failure::Unavailable, message });
    }

    /// Whether the client has cancelled the request, or is gone.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }
}

impl PendingReply {
    fn send(&self, answer: Answer) {
        let _ = self.frames.send(FromEngine { id: self.id, answer });
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        if !*self.ended.get_mut() {
            // A model that ends its thread often ends the process too, a moment later. The client has the same message for both.
            self.send(Answer::Failed { kind: Failure::Died, message: "the model's thread has ended".into() });
        }
    }
}

/// Serves a client until it hangs up; then cancels all of its requests.
pub fn serve(stream: UnixStream, events: &Sender<Event>) {
    if let Err(error) = talk(stream, events) {
        report::log(Level::Warning, format_args!("a client was dropped: {error}"));
    }
}

fn talk(mut stream: UnixStream, events: &Sender<Event>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let Some(theirs) = wire::read::<Greeting>(&mut reader)? else { return Ok(()) };
    wire::write(&mut stream, &Greeting::own())?;
    if let Some(message) = theirs.refusal() {
        let _ = events.send(Event::Stranger);
        return Err(std::io::Error::other(message));
    }
    let (frames, outgoing) = mpsc::channel();
    std::thread::Builder::new().name("client-writer".into()).spawn(move || write(stream, &outgoing))?;
    if events.send(Event::Joined).is_err() {
        return Ok(());
    }
    let mut flags: HashMap<u64, Arc<AtomicBool>> = HashMap::new();
    let outcome = read(&mut reader, &frames, &mut flags, events);
    flags.values().for_each(|flag| flag.store(true, Ordering::Relaxed));
    let _ = events.send(Event::Left);
    outcome
}

fn read(
    reader: &mut BufReader<UnixStream>,
    frames: &Sender<FromEngine>,
    flags: &mut HashMap<u64, Arc<AtomicBool>>,
    events: &Sender<Event>,
) -> std::io::Result<()> {
    while let Some(ToEngine { id, order }) = wire::read(reader)? {
        if matches!(order, Order::Cancel) {
            if let Some(flag) = flags.remove(&id) {
                flag.store(true, Ordering::Relaxed);
            }
            continue;
        }
        // A flag held only by this map belongs to a request that has ended.
        flags.retain(|_, flag| Arc::strong_count(flag) > 1);
        let cancelled = Arc::new(AtomicBool::new(false));
        flags.insert(id, cancelled.clone());
        if let Err(mpsc::SendError(Event::Order(_, reply))) = events.send(Event::Order(order, Reply::new(id, frames.clone(), cancelled))) {
            reply.leaving();
            return Ok(());
        }
    }
    Ok(())
}

fn write(mut stream: UnixStream, outgoing: &Receiver<FromEngine>) {
    while let Ok(frame) = outgoing.recv() {
        if wire::write(&mut stream, &frame).is_err() {
            // The reader then sees the end as well, and cancels what is running.
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}
