//! The allocator, and when free memory is returned to the system. The only code of ours that calls C by hand.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_long};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    fn mi_option_get(option: c_int) -> c_long;
    fn mi_option_set(option: c_int, value: c_long);
    fn mi_collect(force: bool);
}

/// How long freed pages are kept, in milliseconds: the option's number in `mimalloc.h`.
const PURGE_DELAY: c_int = 15;
const USUAL: c_long = 1000;
/// A parse frees what the next one takes; what lies around longer is not taken again. A tenth of a second would save some megabytes at the
/// peak of an index and cost three hundredths of its time, because returned pages are soon needed again.
const SHORT: c_long = 300;

/// Has free memory returned sooner than the allocator would, and all of it when the index is idle.
pub fn settle() {
    // Safety: reads and writes one number. A delay that somebody has set in the environment stays.
    unsafe {
        if mi_option_get(PURGE_DELAY) == USUAL {
            mi_option_set(PURGE_DELAY, SHORT);
        }
    }
    longsight::index::when_quiet(give_back);
}

/// Without this the allocator returns nothing while nobody allocates, and a server would keep what its first minute took.
fn give_back() {
    // Safety: it releases what is free, and may be called at any time on any thread.
    unsafe { mi_collect(true) }
}
