//! Watches the workspace for changes that the editor does not tell of. Events are only hints: they are debounced, and whoever gets
//! them looks at the files again. Where watching does not work (network file systems, exhausted limits), a rescan from time to time does.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Quiet time after which a burst of events is handed on.
const QUIET: Duration = Duration::from_millis(100);
/// A burst that does not end is handed on in pieces.
const LONGEST: Duration = Duration::from_millis(1000);
/// More changed paths than this are one rescan.
const MAX_PATHS: usize = 4096;
/// Most folders that are watched; each costs kernel memory.
const MAX_FOLDERS: usize = 30_000;

/// What may have changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Hint {
    Paths(Vec<PathBuf>),
    /// Events were lost, or too many came: look at everything.
    Everything,
}

/// Watches until dropped.
pub struct Watcher {
    inner: Option<RecommendedWatcher>,
    watched: usize,
}

impl Watcher {
    /// Calls `tell` on a thread of its own, after bursts have calmed down, for as long as it returns true.
    pub fn new(mut tell: impl FnMut(Hint) -> bool + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel::<notify::Result<notify::Event>>();
        let inner = RecommendedWatcher::new(sender, notify::Config::default().with_follow_symlinks(false)).ok();
        let spawned = std::thread::Builder::new().name("watch".into()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                let hint = gather(first, &receiver);
                if hint.is_some_and(|hint| !tell(hint)) {
                    return;
                }
            }
        });
        Self { inner: inner.filter(|_| spawned.is_ok()), watched: 0 }
    }

    /// Watches folders, not what is below them. False where some cannot be watched: then only rescans find changes there.
    pub fn watch<'a>(&mut self, folders: impl IntoIterator<Item = &'a PathBuf>) -> bool {
        let Some(inner) = &mut self.inner else { return false };
        let mut all = true;
        for folder in folders {
            if self.watched >= MAX_FOLDERS {
                return false;
            }
            match inner.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => self.watched += 1,
                Err(error) => {
                    all = false;
                    if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
                        return false;
                    }
                }
            }
        }
        all
    }
}

/// Collects a burst of events.
fn gather(first: notify::Result<notify::Event>, more: &mpsc::Receiver<notify::Result<notify::Event>>) -> Option<Hint> {
    let start = Instant::now();
    let mut paths: Vec<PathBuf> = vec![];
    let mut lost = false;
    let mut next = Some(first);
    while let Some(event) = next {
        match event {
            Ok(event) if event.need_rescan() => lost = true,
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) => paths.extend(event.paths),
            Err(_) => lost = true,
        }
        if start.elapsed() > LONGEST {
            break;
        }
        next = more.recv_timeout(QUIET).ok();
    }
    paths.sort_unstable();
    paths.dedup();
    if lost || paths.len() > MAX_PATHS {
        return Some(Hint::Everything);
    }
    (!paths.is_empty()).then_some(Hint::Paths(paths))
}
