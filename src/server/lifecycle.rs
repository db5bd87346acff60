//! Reasons to exit that do not come over the wire: the editor's process is gone, or a signal.

use std::time::Duration;

/// How often the editor's process is checked.
pub const TICK: Duration = Duration::from_millis(400);

/// Watches the process that `initialize` named, if it is visible from here: an editor in another container sends a meaningless number.
#[derive(Default)]
pub struct ParentWatch {
    process: Option<i32>,
}

impl ParentWatch {
    /// Watches this process, if there is one.
    pub fn of(process: Option<i64>) -> Self {
        let process = process.and_then(|id| i32::try_from(id).ok()).filter(|id| *id > 1);
        Self { process: process.filter(|id| lives(*id)) }
    }

    /// Whether the process has ended; never if it is not watched.
    pub fn gone(&self) -> bool {
        self.process.is_some_and(|id| !lives(id))
    }
}

/// Whether a process is running; a zombie is not.
#[cfg(unix)]
fn lives(process: i32) -> bool {
    use nix::errno::Errno;
    let there = nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), None) != Err(Errno::ESRCH);
    there && !zombie(process)
}

#[cfg(not(unix))]
fn lives(_process: i32) -> bool {
    true
}

/// On Linux `/proc` tells whether the process is a zombie. On other systems a zombie counts as running, and the end of standard input ends
/// the server.
#[cfg(unix)]
fn zombie(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// SIGTERM, SIGINT and SIGHUP. If they cannot be handled, they keep their default effect.
#[derive(Default)]
pub struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Starts to listen.
    #[cfg(unix)]
    pub fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        Self { streams: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
    }

    /// Listens to nothing on this system.
    #[cfg(not(unix))]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for any of them.
    pub async fn received(&mut self) {
        #[cfg(unix)]
        if !self.streams.is_empty() {
            let waits = self.streams.iter_mut().map(|stream| Box::pin(stream.recv()));
            futures::future::select_all(waits).await;
            return;
        }
        std::future::pending::<()>().await;
    }
}
