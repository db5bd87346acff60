//! When memory that is free goes back to the system.

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
