//! The allocator, and when memory that is free goes back to the system. The only code of ours that calls C by hand.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_long};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    fn mi_option_get(option: c_int) -> c_long;
    fn mi_option_set(option: c_int, value: c_long);
    fn mi_collect(force: bool);
}

/// How long pages that have become free are kept, in milliseconds, by its number in `mimalloc.h`.
const PURGE_DELAY: c_int = 15;
const USUAL: c_long = 1000;
/// A parse frees what the next one takes. What lies about longer is not taken again. A tenth of a second saves some megabytes at the
/// peak of an index, and costs three hundredths of its time: pages that are given back are soon asked for again.
const SHORT: c_long = 300;

/// Has free memory given back sooner than the allocator would, and all of it when the index has nothing to do.
pub fn settle() {
    // Safety: they read and write one number. Another delay that somebody has set in the environment stays.
    unsafe {
        if mi_option_get(PURGE_DELAY) == USUAL {
            mi_option_set(PURGE_DELAY, SHORT);
        }
    }
    longsight::index::when_quiet(give_back);
}

/// Left to itself, the allocator gives back nothing while nobody allocates: a server would keep what its first minute took.
fn give_back() {
    // Safety: it gives up what is free, and may be called at any time on any thread.
    unsafe { mi_collect(true) }
}
