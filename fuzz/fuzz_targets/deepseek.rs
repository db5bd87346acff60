//! See `longsight_fuzz::dialects::deepseek`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::dialects::deepseek(data));
