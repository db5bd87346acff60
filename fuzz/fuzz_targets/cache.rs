//! See `longsight_fuzz::files::cache`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| longsight_fuzz::files::cache(data));
