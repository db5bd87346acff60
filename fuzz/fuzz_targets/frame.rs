//! Frames between the server and the engine process: no panic, whatever the bytes claim.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longsight::engine::llama::wire::{FromEngine, ToEngine, read};

fuzz_target!(|data: &[u8]| {
    let mut bytes = data;
    while let Ok(Some(frame)) = read::<ToEngine>(&mut bytes) {
        let _ = frame;
    }
    let mut bytes = data;
    while let Ok(Some(frame)) = read::<FromEngine>(&mut bytes) {
        let _ = frame;
    }
});
