//! See `longsight_fuzz::dialects::hermes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::dialects::hermes(data));
