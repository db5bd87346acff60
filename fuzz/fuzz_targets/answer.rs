//! See `longsight_fuzz::texts::answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::texts::answer(data));
