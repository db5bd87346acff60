//! What the system lends for the index: how large its pages are, and when those that are free go back.

use std::sync::OnceLock;
use std::time::Duration;

/// After so long without news, free memory goes back. Threads that computed for a request have ended by then, ten seconds after it.
pub(super) const QUIET: Duration = Duration::from_secs(12);

static GIVE_BACK: OnceLock<fn()> = OnceLock::new();

/// Says how free memory is given back, which is the allocator's business; the index says when, since it is told of all that happens.
pub fn when_quiet(give_back: fn()) {
    let _ = GIVE_BACK.set(give_back);
}

pub(super) fn give_back() {
    if let Some(give_back) = GIVE_BACK.get() {
        give_back();
    }
}

/// Gives up transparent huge pages for this process, from here on. Each parsing thread has its own memory for each size of block, and a
/// huge page under each of them makes the peak a third to a half larger, and different in every run, for no time that could be measured.
/// Taking in a whole cache is another matter, being dense: a third faster with them. Therefore this is said when a pass over files begins.
#[cfg(target_os = "linux")]
pub(super) fn stay_small() {
    use std::sync::Once;
    static SAID: Once = Once::new();
    // An older kernel only has larger peaks.
    SAID.call_once(|| {
        let _ = nix::sys::prctl::set_thp_disable(true);
    });
}

/// Elsewhere nobody makes them larger unasked.
#[cfg(not(target_os = "linux"))]
pub(super) fn stay_small() {}
