//! The size of the memory pages that the system gives this process. The index does without huge ones; an engine process started from here
//! gets them back. What was set before this process began stays, for both. A leaf.

/// Set in the environment of an engine process that is started by a process which gave up huge pages itself.
pub const GIVEN_UP_HERE: &str = "LONGSIGHT_HUGE_PAGES";

/// Gives up transparent huge pages for this process. Each parsing thread has memory of its own for each size of block. A huge page under
/// each of them makes the peak a third to a half larger, and different in every run, without saving measurable time. A whole cache that is
/// read is dense, and may be read a quarter faster with them; but on a virtual machine that has lent its free memory elsewhere, that takes
/// more than twice as long.
pub fn stay_small() {
    if began_with_huge() {
        disable(true);
    }
}

/// Undoes what the starting process said for itself: a child inherits it, and a model computes in memory that is large and dense. The
/// environment tells.
pub fn as_before() {
    if std::env::var_os(GIVEN_UP_HERE).is_some() {
        disable(false);
    }
}

/// Whether this process could have huge pages when it was first asked, before it gave them up. If the system does not tell, nothing is
/// changed.
#[cfg(target_os = "linux")]
pub fn began_with_huge() -> bool {
    use std::sync::LazyLock;
    static BEGAN: LazyLock<bool> = LazyLock::new(|| nix::sys::prctl::get_thp_disable().is_ok_and(|disabled| !disabled));
    *BEGAN
}

/// An older kernel just has larger peaks, or computes a little slower.
#[cfg(target_os = "linux")]
fn disable(disabled: bool) {
    let _ = nix::sys::prctl::set_thp_disable(disabled);
}

/// On other systems nothing is made larger unasked.
#[cfg(not(target_os = "linux"))]
pub fn began_with_huge() -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn disable(_disabled: bool) {}
