//! How large the system's pages are under what the index keeps.

/// Gives up transparent huge pages for this process, from here on. Each parsing thread has its own memory for each size of block, and a
/// huge page under each of them makes the peak a third to a half larger, and different in every run, for no time that could be measured.
/// Taking in a whole cache is another matter, being dense: a third faster with them. Therefore this is said when a pass over files begins.
#[cfg(target_os = "linux")]
pub(super) fn stay_small() {
    use std::sync::Once;
    static SAID: Once = Once::new();
    // An older kernel only has larger peaks.
    SAID.call_once(|| drop(nix::sys::prctl::set_thp_disable(true)));
}

/// Elsewhere nobody makes them larger unasked.
#[cfg(not(target_os = "linux"))]
pub(super) fn stay_small() {}
