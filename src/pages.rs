//! The size of the memory pages that the system gives this process. The index does without huge pages; an engine process started from here
//! gets them back. What was set before this process started is kept for both. A leaf.

/// Set in the environment of an engine process whose parent gave up huge pages itself.
pub const GIVEN_UP_HERE: &str = "LONGSIGHT_HUGE_PAGES";

/// Gives up transparent huge pages for this process. Each parsing thread has its own memory for each block size. Huge pages there raise the
/// peak by a third to a half and make it different in every run, without saving measurable time. Reading a whole cache is dense and can be
/// a quarter faster with them; but on a virtual machine that has lent its free memory elsewhere, it takes more than twice as long.
pub fn stay_small() {
    if began_with_huge() {
        disable(true);
    }
}

/// Undoes what the parent process set for itself: a child inherits it, but a model computes in memory that is large and dense. The
/// environment variable tells.
pub fn as_before() {
    if std::env::var_os(GIVEN_UP_HERE).is_some() {
        disable(false);
    }
}

/// Whether this process could have huge pages when first asked, before it gave them up. If the system does not say, nothing is changed.
#[cfg(target_os = "linux")]
pub fn began_with_huge() -> bool {
    use std::sync::LazyLock;
    static BEGAN: LazyLock<bool> = LazyLock::new(|| nix::sys::prctl::get_thp_disable().is_ok_and(|disabled| !disabled));
    *BEGAN
}

/// An older kernel merely has larger peaks, or computes a little slower.
#[cfg(target_os = "linux")]
fn disable(disabled: bool) {
    let _ = nix::sys::prctl::set_thp_disable(disabled);
}

/// Other systems give no huge pages unless asked.
#[cfg(not(target_os = "linux"))]
pub fn began_with_huge() -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn disable(_disabled: bool) {}
