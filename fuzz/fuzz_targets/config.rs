//! See `longsight_fuzz::files::config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::files::config(data));
