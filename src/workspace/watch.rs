//! Watches the workspace for changes that the editor does not report. Events are only hints: they are debounced, and whoever gets them
//! looks at the files again. Where watching does not work (network file systems, exhausted limits), regular rescans replace it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::fs::Stamp;

/// Quiet time after which a burst of events is handed on.
const QUIET: Duration = Duration::from_millis(100);
/// A longer burst is handed on in pieces of this length.
const LONGEST: Duration = Duration::from_millis(1000);
/// More changed paths than this become one rescan.
const MAX_PATHS: usize = 4096;
/// Most folders that are watched; each costs kernel memory (an inotify watch).
const MAX_FOLDERS: usize = 30_000;

/// What may have changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Hint {
    Paths(Vec<PathBuf>),
    /// Events were lost or too many: look at everything again.
    Everything,
}

/// Watches folders until it is dropped.
pub struct Watcher {
    inner: Option<RecommendedWatcher>,
    /// The watched folders with their stamps: a folder that was deleted and made again needs a new watch.
    watched: HashMap<PathBuf, Stamp>,
}

/// How far watching reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Whether all folders are watched, on a system that reports every change. If not, rescans have to find the rest.
    pub complete: bool,
    /// Whether folders were added. What changed in them since they were listed may have been missed.
    pub grown: bool,
}

impl Watcher {
    /// Calls `tell` on a thread of its own after each burst of changes, until it returns false.
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

    /// Watches exactly these folders, without what lies below them.
    pub fn watch(&mut self, folders: &[PathBuf]) -> Coverage {
        let mut coverage = Coverage { complete: true, grown: false };
        let Some(inner) = &mut self.inner else { return Coverage { complete: false, ..coverage } };
        let wanted: HashSet<&PathBuf> = folders.iter().collect();
        self.watched.retain(|folder, _| {
            let stays = wanted.contains(folder);
            if !stays {
                // The watch of a deleted folder is gone already.
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

/// Whether a folder can change without this system noticing, because it lies on another machine or on the host of this one.
#[cfg(target_os = "linux")]
pub fn is_remote(folder: &Path) -> bool {
    use nix::sys::statfs::{FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, statfs};
    /// File systems that the library does not know all of: CIFS, SMB2, 9P (the host's folders in virtual machines and WSL), Ceph, AFS.
    const OTHERS: [u64; 5] = [0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x00C3_6400, 0x5346_414F];
    let Ok(found) = statfs(folder).map(|found| found.filesystem_type()) else { return true };
    [FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC].contains(&found) || OTHERS.contains(&(found.0 as u32).into())
}

/// Unknown on other systems, so every folder counts as remote and is rescanned.
#[cfg(not(target_os = "linux"))]
pub fn is_remote(_folder: &Path) -> bool {
    true
}

/// Collects a burst of events into one hint.
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
