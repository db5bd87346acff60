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

/// How long freed pages are kept, in milliseconds: the number of the option in `mimalloc.h`.
const PURGE_DELAY: c_int = 15;
const USUAL: c_long = 1000;
/// The next parse reuses what one frees; memory idle for longer is not taken again. A tenth of a second would save a few megabytes at the
/// peak of indexing and cost 3 % of its time, because returned pages are soon needed again.
const SHORT: c_long = 300;

/// Makes the allocator return free memory sooner than it would, and all of it when the index is idle.
pub fn settle() {
    // Safety: reads and writes one number. A delay set in the environment is kept.
    unsafe {
        if mi_option_get(PURGE_DELAY) == USUAL {
            mi_option_set(PURGE_DELAY, SHORT);
        }
    }
    longsight::index::when_quiet(give_back);
}

/// Without this the allocator returns nothing while nobody allocates, and a server would keep what its first minute used.
fn give_back() {
    // Safety: it only releases free memory, and may be called at any time on any thread.
    unsafe { mi_collect(true) }
}
