//! Remembers texts that ended the process. Grammars are C code: a text that makes one crash takes the server along, the editor starts it
//! again and opens the same text. So each thread writes down what it works on before it begins and wipes it out after; what a dead
//! process left behind counts against that text, and from the third time on it is left alone.
//!
//! A slot is one small write into a file that is open already, which costs a few microseconds and survives any death of the process.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use crate::report;

/// Deaths after which a text is left alone.
const ENOUGH: u32 = 3;
/// Texts that are remembered.
const REMEMBERED: usize = 200;
/// A hash in hexadecimal and a line break.
const SLOT: u64 = 17;
const EMPTY: &[u8; SLOT as usize] = b"                \n";

static GUARD: OnceLock<Guard> = OnceLock::new();

struct Guard {
    slots: File,
    /// Where the slots are.
    place: PathBuf,
    next: AtomicU64,
    /// Where the deaths are counted, for the message about it.
    list: PathBuf,
    deaths: Deaths,
}

/// Texts and how often each ended a process, the one whose last time is longest ago first.
type Deaths = Vec<(u64, u32)>;

/// Begins to write down what this process works on, in `folder`, and takes over what dead ones left there. Without a folder that can be
/// written nothing is remembered.
pub fn arm(folder: &Path) {
    match Guard::open(folder) {
        Ok(guard) => drop(GUARD.set(guard)),
        Err(error) => report::log("warning", format_args!("what ends the server cannot be remembered in {}: {error}", folder.display())),
    }
}

/// The process is about to leave of its own will: what its threads still work on does not end it.
pub fn disarm() {
    if let Some(guard) = GUARD.get() {
        // Emptied as well, for where a file that is open cannot be removed.
        let _ = guard.slots.set_len(0);
        let _ = std::fs::remove_file(&guard.place);
    }
}

/// Whether a text has ended the process too often; then the file that says so.
pub fn refuses(text: &str) -> Option<&'static Path> {
    let guard = GUARD.get().filter(|guard| !guard.deaths.is_empty())?;
    let hash = xxh3_64(text.as_bytes());
    let (_, deaths) = guard.deaths.iter().find(|(known, _)| *known == hash)?;
    (*deaths >= ENOUGH).then_some(&*guard.list)
}

/// Writes down that this thread works on a text, until the result is dropped. Work within work belongs to the outer one.
pub fn enter(text: &str) -> Working {
    entered(|| xxh3_64(text.as_bytes()))
}

/// The same by the hash of the text.
pub fn enter_known(hash: u64) -> Working {
    entered(|| hash)
}

fn entered(hash: impl FnOnce() -> u64) -> Working {
    let Some(guard) = GUARD.get() else { return Working { slot: None } };
    let slot = SLOT_OF_THREAD.get().unwrap_or_else(|| {
        let slot = guard.next.fetch_add(1, Ordering::Relaxed);
        SLOT_OF_THREAD.set(Some(slot));
        slot
    });
    if BUSY.replace(true) {
        return Working { slot: None };
    }
    guard.write(slot, format!("{:016x}\n", hash()).as_bytes());
    Working { slot: Some(slot) }
}

thread_local! {
    static SLOT_OF_THREAD: Cell<Option<u64>> = const { Cell::new(None) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// See [`enter`].
pub struct Working {
    slot: Option<u64>,
}

impl Drop for Working {
    fn drop(&mut self) {
        if let (Some(slot), Some(guard)) = (self.slot, GUARD.get()) {
            guard.write(slot, EMPTY);
            BUSY.set(false);
        }
    }
}

impl Guard {
    fn open(folder: &Path) -> std::io::Result<Guard> {
        make_private(folder)?;
        let list = folder.join("culprits");
        let mut deaths = read(&list);
        let left = left_behind(folder);
        if !left.is_empty() {
            for hash in left {
                let known = deaths.iter().position(|(known, _)| *known == hash);
                let before = known.map_or(0, |at| deaths.remove(at).1);
                deaths.push((hash, before + 1));
            }
            deaths.drain(..deaths.len().saturating_sub(REMEMBERED));
            write(&list, &deaths)?;
        }
        let place = folder.join(std::process::id().to_string());
        // It gets its name once it is locked: another process that starts now would take it for that of a dead one.
        let unnamed = place.with_extension("new");
        let slots = OpenOptions::new().write(true).create(true).truncate(true).open(&unnamed)?;
        slots.try_lock().map_err(std::io::Error::from)?;
        std::fs::rename(&unnamed, &place)?;
        Ok(Guard { slots, place, next: AtomicU64::new(0), list, deaths })
    }

    /// A disk that is full costs the memory of a crash, nothing else.
    #[cfg(unix)]
    fn write(&self, slot: u64, bytes: &[u8]) {
        let _ = std::os::unix::fs::FileExt::write_all_at(&self.slots, bytes, slot * SLOT);
    }

    #[cfg(not(unix))]
    fn write(&self, _slot: u64, _bytes: &[u8]) {}
}

/// What processes worked on when they died: their files have no lock any more. The files are removed.
fn left_behind(folder: &Path) -> Vec<u64> {
    let mut hashes = vec![];
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let numbered = entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit());
        let dead = || File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if !numbered || !dead() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        hashes.extend(text.lines().filter_map(|line| u64::from_str_radix(line.trim(), 16).ok()));
        let _ = std::fs::remove_file(&path);
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Lines of a hash and how often, the oldest first. What is damaged counts as not there.
fn read(list: &Path) -> Deaths {
    let text = std::fs::read_to_string(list).unwrap_or_default();
    let line = |line: &str| {
        let (hash, count) = line.split_once(' ')?;
        Some((u64::from_str_radix(hash, 16).ok()?, count.trim().parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

fn write(list: &Path, deaths: &Deaths) -> std::io::Result<()> {
    let temporary = list.with_extension(std::process::id().to_string());
    let mut file = File::create(&temporary)?;
    for (hash, count) in deaths {
        writeln!(file, "{hash:016x} {count}")?;
    }
    drop(file);
    std::fs::rename(&temporary, list)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).recursive(true).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}
