//! See `longsight_fuzz::wires::stream`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::wires::stream(data));
