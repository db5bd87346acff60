//! Watches the workspace for changes that the editor does not tell of. Events are only hints: they are debounced, and whoever gets
//! them looks at the files again. Where watching does not work (network file systems, exhausted limits), a rescan from time to time does.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::fs::Stamp;

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
    /// The watched folders as they looked then: one that was made anew under its old name is another folder to the system.
    watched: HashMap<PathBuf, Stamp>,
}

/// What came of watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Whether all folders are watched, and where the system tells of every change. Otherwise rescans have to find them.
    pub complete: bool,
    /// Whether some were not watched before: what changed in them since they were listed may have been missed.
    pub grown: bool,
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
        Self { inner: inner.filter(|_| spawned.is_ok()), watched: HashMap::new() }
    }

    /// Watches these folders and no others; not what is below them.
    pub fn watch(&mut self, folders: &[PathBuf]) -> Coverage {
        let mut coverage = Coverage { complete: true, grown: false };
        let Some(inner) = &mut self.inner else { return Coverage { complete: false, ..coverage } };
        let wanted: HashSet<&PathBuf> = folders.iter().collect();
        self.watched.retain(|folder, _| {
            let stays = wanted.contains(folder);
            if !stays {
                // One that is gone is watched no more anyway.
                let _ = inner.unwatch(folder);
            }
            stays
        });
        for folder in folders {
            let Ok(stamp) = folder.symlink_metadata().map(|metadata| Stamp::of(&metadata)) else { continue };
            let known = self.watched.get(folder);
            if known == Some(&stamp) {
                continue;
            }
            if known.is_none() && self.watched.len() >= MAX_FOLDERS {
                return Coverage { complete: false, ..coverage };
            }
            match inner.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => coverage.grown |= self.watched.insert(folder.clone(), stamp).is_none(),
                Err(error) => {
                    coverage.complete = false;
                    if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
                        return coverage;
                    }
                }
            }
        }
        coverage
    }
}

/// Whether others can change a folder without this system hearing of it: it lies on another machine, or outside of this one.
#[cfg(target_os = "linux")]
pub fn is_remote(folder: &Path) -> bool {
    use nix::sys::statfs::{FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, statfs};
    /// CIFS, SMB2, 9P (folders of the host in virtual machines and WSL), Ceph, AFS: not all known to the library.
    const OTHERS: [u64; 5] = [0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x00C3_6400, 0x5346_414F];
    let Ok(found) = statfs(folder).map(|found| found.filesystem_type()) else { return true };
    [FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC].contains(&found) || OTHERS.contains(&(found.0 as u32).into())
}

#[cfg(not(target_os = "linux"))]
pub fn is_remote(_folder: &Path) -> bool {
    true
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
