//! When free memory is returned to the system.

use std::sync::OnceLock;
use std::time::Duration;

/// Free memory is returned after this long without messages. The threads that served a request end ten seconds after it, so they are gone
/// by then.
pub(super) const QUIET_TIME: Duration = Duration::from_secs(12);

static GIVE_BACK: OnceLock<fn()> = OnceLock::new();

/// Sets how free memory is returned, which depends on the allocator. The index decides when, because it sees everything that happens.
pub fn when_quiet(give_back: fn()) {
    let _ = GIVE_BACK.set(give_back);
}

/// Returns free memory to the system, if it has been set how.
pub(super) fn give_back() {
    if let Some(give_back) = GIVE_BACK.get() {
        give_back();
    }
}
