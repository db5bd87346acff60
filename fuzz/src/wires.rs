//! What comes over a wire: streams of HTTP servers, frames of editors and of the engine process.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use longsight::engine::http::ndjson::Ndjson;
use longsight::engine::http::sse::{Frame, Sse};
use longsight::engine::llama::wire::{FromEngine, ToEngine, encode, read};
use longsight::server::transport::FrameReader;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::source::Dice;

/// Small enough that inputs reach it.
const CAP: usize = 256;

/// Event streams and JSON lines: the same frames however they arrive, and nothing over the cap.
pub fn stream(data: &[u8]) {
    let chunks = Dice::of(data).chunks(data);
    assert_eq!(sse(&chunks), sse(&[data]), "{chunks:?}");
    assert_eq!(ndjson(&chunks), ndjson(&[data]), "{chunks:?}");
}

fn sse(chunks: &[&[u8]]) -> Option<Vec<Frame>> {
    let mut decoder = Sse::new(CAP);
    let mut frames = vec![];
    for chunk in chunks {
        frames.extend(decoder.push(chunk).ok()?);
    }
    frames.extend(decoder.finish().ok()?);
    Some(frames)
}

fn ndjson(chunks: &[&[u8]]) -> Option<Vec<Frame>> {
    let mut decoder = Ndjson::new(CAP);
    let mut frames = vec![];
    for chunk in chunks {
        frames.extend(decoder.push(chunk).ok()?);
    }
    frames.extend(decoder.finish().ok()?);
    Some(frames)
}

/// Frames of the engine process and of an editor, one after the other until one is broken.
pub fn frames(data: &[u8]) {
    engine::<ToEngine>(data);
    engine::<FromEngine>(data);
    let mut reader = FrameReader::new(data);
    while let Ok(Some(_)) = at_once(reader.next()) {}
}

/// What is read can be written, and is then read as the same.
fn engine<T: Serialize + DeserializeOwned>(mut data: &[u8]) {
    while let Ok(Some(frame)) = read::<T>(&mut data) {
        let bytes = encode(&frame).expect("what came in a frame fits into one");
        let again: T = read(&mut &bytes[..]).expect("our own frame").expect("a frame");
        assert_eq!(encode(&again).expect("a frame"), bytes);
    }
}

/// The outcome of something that never waits: its bytes are all there.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("reading from memory has nothing to wait for"),
    }
}
