//! The link to the engine process, against one that is played frame by frame.

use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use longsight::config::EngineConfig;
use longsight::engine::llama::Llama;
use longsight::engine::llama::client::Surroundings;
use longsight::engine::llama::wire::{self, Answer, Failure, FromEngine, Greeting, Order, ToEngine};
use longsight::engine::{Cancel, Engine, ErrorKind, Finish, Priority, Request, Timing, collect};

use crate::support::engine::{chat, first_text};
use crate::support::gguf;

/// Pause between two tokens of the played engine, and the longest that it writes without being cancelled.
const TOKEN: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(20);

/// An engine process on a socket of its own, and the engine that asks it.
struct Played {
    _folder: tempfile::TempDir,
    engine: Arc<dyn Engine>,
    /// Ids in the order in which they were cancelled.
    cancelled: mpsc::Receiver<u64>,
}

/// Greets, then writes a token every 5 ms to the first request until that is cancelled; the others are being read and hear nothing.
fn play(listener: &UnixListener, cancelled: &mpsc::Sender<u64>) {
    let (mut stream, _) = listener.accept().unwrap();
    let _: Greeting = wire::read(&mut stream).unwrap().unwrap();
    wire::write(&mut stream, &Greeting::own()).unwrap();
    let (orders, ordered) = mpsc::channel();
    let mut reading: UnixStream = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        while let Ok(Some(frame)) = wire::read::<ToEngine>(&mut reading) {
            if orders.send(frame).is_err() {
                return;
            }
        }
    });
    let (mut writes, started) = (None, Instant::now());
    while started.elapsed() < LONGEST {
        match ordered.recv_timeout(TOKEN) {
            Ok(ToEngine { id, order: Order::Generate(_) }) => drop(writes.get_or_insert(id)),
            Ok(ToEngine { id, order: Order::Cancel }) => {
                writes = writes.filter(|writing| *writing != id);
                if cancelled.send(id).is_err() {
                    return;
                }
            }
            Ok(_) | Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        if let Some(id) = writes
            && wire::write(&mut stream, &FromEngine { id, answer: Answer::Text("word ".into()) }).is_err()
        {
            return;
        }
    }
}

fn played() -> Played {
    let folder = tempfile::tempdir().unwrap();
    let (socket, model) = (folder.path().join("e.sock"), folder.path().join("model.gguf"));
    gguf::llama4().write(&model);
    let listener = UnixListener::bind(&socket).unwrap();
    let (sender, cancelled) = mpsc::channel();
    std::thread::spawn(move || play(&listener, &sender));
    let surroundings = Surroundings { socket: Some(socket), hang: Some(Duration::from_secs(60)), ..Surroundings::default() };
    let engine = Llama::within(&EngineConfig::default(), model, surroundings);
    Played { _folder: folder, engine, cancelled }
}

fn long() -> Request {
    chat("Count from one to a thousand.", 4096)
}

/// Cancelling was sent only when no token had come for 50 ms.
#[tokio::test]
async fn f7_a_cancel_reaches_the_engine_while_tokens_come_fast() {
    let played = played();
    let cancel = Cancel::new();
    let mut events = played.engine.start(long(), cancel.clone());
    first_text(&mut events).await;
    cancel.cancel();
    assert_eq!(collect(events, |_| {}).await.unwrap_err().kind, ErrorKind::Cancelled);
    let id = tokio::task::spawn_blocking(move || played.cancelled.recv_timeout(LONGEST / 2)).await.unwrap();
    assert!(id.is_ok(), "the engine goes on writing for nobody");
}

#[tokio::test]
async fn f7_a_prompt_that_is_read_is_cancelled_beside_an_answer_that_is_written() {
    let played = played();
    let mut written = played.engine.start(long(), Cancel::new());
    first_text(&mut written).await;
    let cancel = Cancel::new();
    let read = played.engine.start(Request { priority: Priority::Typing, ..long() }, cancel.clone());
    tokio::time::sleep(Duration::from_millis(100)).await;
    cancel.cancel();
    assert_eq!(collect(read, |_| {}).await.unwrap_err().kind, ErrorKind::Cancelled);
    let id = tokio::task::spawn_blocking(move || played.cancelled.recv_timeout(LONGEST / 2)).await.unwrap();
    assert_eq!(id, Ok(1), "the second request, and not the first");
    first_text(&mut written).await;
}

/// Until a new process listens, nothing was heard of anything: requests that were given up meanwhile were sent all the same.
#[tokio::test]
async fn what_is_given_up_before_there_is_a_connection_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (socket, model) = (folder.path().join("e.sock"), folder.path().join("model.gguf"));
    gguf::llama4().write(&model);
    // Listens, and greets late.
    let listener = UnixListener::bind(&socket).unwrap();
    let surroundings = Surroundings { socket: Some(socket), hang: Some(Duration::from_secs(60)), ..Surroundings::default() };
    let engine = Llama::within(&EngineConfig::default(), model, surroundings);
    let cancel = Cancel::new();
    let given_up = engine.start(long(), cancel.clone());
    let wanted = engine.start(Request { max_tokens: 7, ..long() }, Cancel::new());
    cancel.cancel();
    assert_eq!(collect(given_up, |_| {}).await.unwrap_err().kind, ErrorKind::Cancelled);
    let first = tokio::task::spawn_blocking(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _: Greeting = wire::read(&mut stream).unwrap().unwrap();
        wire::write(&mut stream, &Greeting::own()).unwrap();
        wire::read::<ToEngine>(&mut stream).unwrap().unwrap()
    });
    let Order::Generate(first) = first.await.unwrap().order else { panic!("something else was sent") };
    assert_eq!(first.max_tokens, 7);
    drop(wanted);
}

/// After a pause longer than a hang may be, the process had a twentieth of a second to answer the first question, and was killed: any
/// machine that was busy at that moment lost its engine.
#[tokio::test]
async fn f5_an_engine_that_was_not_asked_for_long_may_take_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let (socket, model) = (folder.path().join("e.sock"), folder.path().join("model.gguf"));
    gguf::llama4().write(&model);
    let listener = UnixListener::bind(&socket).unwrap();
    let hang = Duration::from_millis(600);
    let surroundings = Surroundings { socket: Some(socket), hang: Some(hang), ..Surroundings::default() };
    let engine = Llama::within(&EngineConfig::default(), model, surroundings);
    // Says nothing for a while, then everything; what it hears besides requests is not answered.
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _: Greeting = wire::read(&mut stream).unwrap().unwrap();
        wire::write(&mut stream, &Greeting::own()).unwrap();
        while let Ok(Some(ToEngine { id, order })) = wire::read(&mut stream) {
            if matches!(order, Order::Generate(_)) {
                std::thread::sleep(hang / 2);
                let done = Answer::Done { finish: Finish::Stop, timing: Timing::default() };
                wire::write(&mut stream, &FromEngine { id, answer: Answer::Text("word".into()) }).unwrap();
                wire::write(&mut stream, &FromEngine { id, answer: done }).unwrap();
            }
        }
    });
    for _ in 0..2 {
        // Where it fails, it is this very process that is killed: the socket's other end belongs to it.
        assert!(collect(engine.start(long(), Cancel::new()), |_| {}).await.is_ok());
        tokio::time::sleep(hang * 2).await;
    }
}

/// A model that ended its thread before the process was told of as something to try again, about half of the time, and not counted; and
/// commands, each of which asks once, ended the process as often as somebody called them.
#[tokio::test]
async fn three_deaths_switch_a_model_off_for_commands_too() {
    let folder = tempfile::tempdir().unwrap();
    let (socket, model) = (folder.path().join("e.sock"), folder.path().join("model.gguf"));
    gguf::llama4().write(&model);
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _: Greeting = wire::read(&mut stream).unwrap().unwrap();
            wire::write(&mut stream, &Greeting::own()).unwrap();
            let Ok(Some(ToEngine { id, .. })) = wire::read::<ToEngine>(&mut stream) else { continue };
            let answer = Answer::Failed { kind: Failure::Died, message: "it has ended".into() };
            wire::write(&mut stream, &FromEngine { id, answer }).unwrap();
        }
    });
    let command = || {
        let surroundings = Surroundings { socket: Some(socket.clone()), hang: Some(Duration::from_secs(60)), ..Surroundings::default() };
        let engine = Llama::within(&EngineConfig::default(), model.clone(), surroundings);
        async move { collect(engine.start(long(), Cancel::new()), |_| {}).await.unwrap_err() }
    };
    for _ in 0..3 {
        let error = command().await;
        assert!(error.message.contains("the engine process died at work on"), "{error}");
        assert_eq!(error.kind, ErrorKind::Unavailable);
    }
    let error = command().await;
    assert!(error.message.contains("is switched off: the engine process died 3 times with it"), "{error}");
    // The same file, replaced, is another model.
    let mut other = gguf::llama4();
    other.text("general.name", "another");
    other.write(&model);
    assert!(command().await.message.contains("the engine process died at work on"));
}
