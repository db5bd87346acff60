//! See `longsight_fuzz::dialects::llama4`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::dialects::llama4(data));
