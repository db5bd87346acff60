//! See `longsight_fuzz::dialects::render`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::dialects::render(data));
