//! How large the pages of memory are that the system lends this process. The index does without huge ones, and an engine process that is
//! started from here has them again; what somebody else has said before this process began stays, for both. A leaf.

/// In the environment of a process that is started by one which gives up huge pages by itself.
pub const GIVEN_UP_HERE: &str = "LONGSIGHT_HUGE_PAGES";

/// Gives up transparent huge pages for this process, from here on. Each parsing thread has its own memory for each size of block, and a
/// huge page under each of them makes the peak a third to a half larger, and different in every run, for no time that could be measured.
/// A whole cache that is taken in is dense, and may be read a quarter faster with them; but where the machine is a virtual one that has lent
/// its free memory elsewhere, it takes more than twice as long.
pub fn stay_small() {
    if began_with_huge() {
        disable(true);
    }
}

/// Takes back what the process that has started this one said for itself alone: a child inherits it, and what a model computes in is large
/// and dense. It says so in the environment.
pub fn as_before() {
    if std::env::var_os(GIVEN_UP_HERE).is_some() {
        disable(false);
    }
}

/// Whether this process might have huge pages when it was first asked, which is before it gives them up. Where the system does not tell,
/// all stays as it is.
#[cfg(target_os = "linux")]
pub fn began_with_huge() -> bool {
    use std::sync::LazyLock;
    static BEGAN: LazyLock<bool> = LazyLock::new(|| nix::sys::prctl::get_thp_disable().is_ok_and(|disabled| !disabled));
    *BEGAN
}

/// An older kernel only has larger peaks, or computes a little slower.
#[cfg(target_os = "linux")]
fn disable(disabled: bool) {
    let _ = nix::sys::prctl::set_thp_disable(disabled);
}

/// Elsewhere nobody makes them larger unasked.
#[cfg(not(target_os = "linux"))]
pub fn began_with_huge() -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn disable(_disabled: bool) {}
