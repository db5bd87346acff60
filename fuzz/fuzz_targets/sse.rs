//! Stream decoders: no panic, capped memory, the same frames for the whole and for two halves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longsight::engine::http::ndjson::Ndjson;
use longsight::engine::http::sse::{Frame, Sse};

fn sse(chunks: &[&[u8]]) -> Option<Vec<Frame>> {
    let mut decoder = Sse::new(256);
    let mut frames = vec![];
    for chunk in chunks {
        frames.extend(decoder.push(chunk).ok()?);
    }
    frames.extend(decoder.finish().ok()?);
    Some(frames)
}

fn ndjson(chunks: &[&[u8]]) -> Option<Vec<Frame>> {
    let mut decoder = Ndjson::new(256);
    let mut frames = vec![];
    for chunk in chunks {
        frames.extend(decoder.push(chunk).ok()?);
    }
    frames.extend(decoder.finish().ok()?);
    Some(frames)
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let (left, right) = rest.split_at(rest.len() * usize::from(*first) / 256);
    assert_eq!(sse(&[rest]), sse(&[left, right]));
    assert_eq!(ndjson(&[rest]), ndjson(&[left, right]));
});
