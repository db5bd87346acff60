//! Watches the workspace for changes that the editor does not report. Events are only hints: they are debounced, and the receiver looks at
//! the files again. Where watching does not work (network file systems, exhausted limits), regular rescans replace it.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::fs::Stamp;

/// Quiet time after which a burst of events is passed on.
const BURST_END: Duration = Duration::from_millis(100);
/// A longer burst is passed on in pieces of this length.
const MAX_BURST: Duration = Duration::from_millis(1000);
/// More changed paths than this become one rescan.
const MAX_PATHS: usize = 4096;
/// Maximum folders that are watched; each costs kernel memory (an inotify watch).
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
    table: Table,
    /// The descriptor whose watches the system counts for `inner`.
    descriptor: Option<u32>,
    /// Set if the system watches fewer folders than the table has: how many.
    fewer: Option<usize>,
}

/// The watched folders. `notify` drops a watch by itself when the folder is deleted or renamed, and those of all folders below it, even if
/// everything is back in its place by then; so the thread that receives the event marks them here.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<HashMap<PathBuf, Known>>>);

/// A watched folder as it was when its watch was made.
struct Known {
    stamp: Stamp,
    identity: Identity,
    /// The watch may be gone.
    lost: bool,
}

/// Tells a folder from another that later gets its name. The inode number alone may be reused for the next folder.
#[derive(PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl Known {
    fn of(metadata: &Metadata) -> Self {
        let stamp = Stamp::of(metadata);
        Self { stamp, identity: Identity { device: device(metadata), inode: stamp.inode, born: metadata.created().ok() }, lost: false }
    }
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the folders that were deleted or renamed, and those below them.
    fn lose(&self, mut gone: HashSet<PathBuf>) {
        if gone.is_empty() {
            return;
        }
        let mut folders = self.lock();
        gone.retain(|path| folders.contains_key(path));
        if !gone.is_empty() {
            let lost = folders.iter_mut().filter(|(folder, _)| folder.ancestors().any(|above| gone.contains(above)));
            lost.for_each(|(_, known)| known.lost = true);
        }
    }

    fn lose_all(&self) {
        self.lock().values_mut().for_each(|known| known.lost = true);
    }
}

/// How far watching reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Whether all folders are watched, on a system that reports every change. If not, rescans have to find the rest.
    pub complete: bool,
    /// Whether folders were newly watched, or watched again. Changes in them since they were listed may have been missed.
    pub grown: bool,
}

impl Watcher {
    /// Calls `tell` on a thread of its own after each burst of changes, until it returns false.
    pub fn new(mut tell: impl FnMut(Hint) -> bool + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel::<notify::Result<notify::Event>>();
        let others = inotify_descriptors();
        let inner = RecommendedWatcher::new(sender, notify::Config::default().with_follow_symlinks(false)).ok();
        let descriptor = inner.as_ref().and_then(|_| only(inotify_descriptors().difference(&others)));
        let table = Table::default();
        let shared = table.clone();
        let spawned = std::thread::Builder::new().name("watch".into()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                let hint = gather(first, &receiver, &shared);
                if hint.is_some_and(|hint| !tell(hint)) {
                    return;
                }
            }
        });
        Self { inner: inner.filter(|_| spawned.is_ok()), table, descriptor, fewer: None }
    }

    /// Compares what we think is watched with what the system watches. If folders are missing there, the next [`Self::watch`] watches all
    /// of them again.
    pub fn check(&mut self) {
        self.fewer = self.descriptor.and_then(watches_of).filter(|watches| *watches < self.table.lock().len());
    }

    /// Watches exactly these folders, without their subfolders.
    pub fn watch(&mut self, folders: &[PathBuf]) -> Coverage {
        let mut coverage = Coverage { complete: true, grown: false };
        let fewer = self.fewer.take();
        let Some(inner) = &mut self.inner else { return Coverage { complete: false, ..coverage } };
        let wanted: HashSet<&PathBuf> = folders.iter().collect();
        let mut watched = self.table.lock();
        let mut ended = HashSet::new();
        watched.retain(|folder, known| {
            let stays = wanted.contains(folder);
            if !stays {
                // The watch of a deleted folder is already gone.
                let _ = inner.unwatch(folder);
                ended.insert((known.identity.device, known.identity.inode));
            }
            stays
        });
        // The system has one watch per folder. If the folder was renamed while its watch was made, that watch was known under both names.
        let shared = watched.values_mut().filter(|known| ended.contains(&(known.identity.device, known.identity.inode)));
        shared.for_each(|known| known.lost = true);
        let mut due = vec![];
        for folder in folders {
            let Ok(now) = folder.symlink_metadata().map(|metadata| Known::of(&metadata)) else { continue };
            let known = watched.get(folder);
            if fewer.is_none() && known.is_some_and(|known| !known.lost && known.stamp == now.stamp && known.identity == now.identity) {
                continue;
            }
            // The watch belongs to another folder, which had this name. When that one goes, `notify` drops the watches of this name and
            // below; so it must be gone before these are made.
            if known.is_some_and(|known| known.identity != now.identity) {
                let _ = inner.unwatch(folder);
                watched.remove(folder);
            }
            due.push((folder, now));
        }
        for (folder, now) in due {
            let known = watched.get(folder);
            if known.is_none() && watched.len() >= MAX_FOLDERS {
                return Coverage { complete: false, ..coverage };
            }
            match inner.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    coverage.grown |= known.is_none_or(|known| known.lost);
                    watched.insert(folder.clone(), now);
                }
                Err(error) => {
                    coverage.complete = false;
                    if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
                        return coverage;
                    }
                }
            }
        }
        // If the system's count differs for good, nothing has grown.
        coverage.grown |= fewer.is_some_and(|before| self.descriptor.and_then(watches_of).is_some_and(|watches| watches > before));
        coverage
    }
}

#[cfg(unix)]
fn device(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(metadata)
}

#[cfg(not(unix))]
fn device(_metadata: &Metadata) -> u64 {
    0
}

/// The inotify descriptors of this process; none on systems without inotify.
fn inotify_descriptors() -> HashSet<u32> {
    let is_one = |entry: &std::fs::DirEntry| entry.path().read_link().is_ok_and(|file| file == Path::new("anon_inode:inotify"));
    let descriptors = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten().filter(is_one);
    descriptors.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// How many folders the system watches for a descriptor.
fn watches_of(descriptor: u32) -> Option<usize> {
    let told = std::fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).ok()?;
    Some(told.lines().filter(|line| line.starts_with("inotify ")).count())
}

/// The only item; none if there are more.
fn only<'a>(mut items: impl Iterator<Item = &'a u32>) -> Option<u32> {
    let first = items.next()?;
    items.next().is_none().then_some(*first)
}

/// Whether a folder can change without this system noticing, because it is on another machine or on the host of this one.
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

/// Collects a burst of events into one hint. The folders whose watches it has cost are marked before the hint is passed on.
fn gather(first: notify::Result<notify::Event>, more: &mpsc::Receiver<notify::Result<notify::Event>>, watched: &Table) -> Option<Hint> {
    let start = Instant::now();
    let mut paths: Vec<PathBuf> = vec![];
    let mut gone = HashSet::new();
    let mut lost = false;
    let mut next = Some(first);
    while let Some(event) = next {
        match event {
            Ok(event) if event.need_rescan() => lost = true,
            // Writes through a memory mapping are reported only when the file is closed.
            Ok(event) if matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write)) => {}
            Ok(event) => {
                if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                    gone.extend(event.paths.iter().cloned());
                }
                paths.extend(event.paths);
            }
            Err(_) => lost = true,
        }
        if start.elapsed() > MAX_BURST {
            break;
        }
        next = more.recv_timeout(BURST_END).ok();
    }
    if lost {
        watched.lose_all();
    } else {
        watched.lose(gone);
    }
    paths.sort_unstable();
    paths.dedup();
    if lost || paths.len() > MAX_PATHS {
        return Some(Hint::Everything);
    }
    (!paths.is_empty()).then_some(Hint::Paths(paths))
}
