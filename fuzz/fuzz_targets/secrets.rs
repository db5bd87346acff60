//! See `longsight_fuzz::texts::secrets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::texts::secrets(data));
