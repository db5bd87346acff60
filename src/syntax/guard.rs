//! Remembers texts that killed the process. Grammars are C code: a text that crashes one takes the server down, the editor restarts it and
//! opens the same text. So each thread writes down the hash of its text before it starts and erases it afterwards. What a dead process left
//! behind counts against that text, and after the third time the text is no longer parsed.
//!
//! A slot is one small write into an open file. It costs a few microseconds and survives any death of the process.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use crate::report::{self, Level};

/// Deaths after which a text is no longer parsed.
const MAX_DEATHS: u32 = 3;
/// How many texts are remembered.
const REMEMBERED_TEXTS: usize = 200;
/// Bytes of a slot: a hash in hexadecimal and a line break.
const SLOT: u64 = 17;
const EMPTY: &[u8; SLOT as usize] = b"                \n";

static GUARD: OnceLock<Guard> = OnceLock::new();

struct Guard {
    slots: File,
    /// The file with the slots of this process.
    place: PathBuf,
    next: AtomicU64,
    /// The file with the counted deaths; the message to the user names it.
    list: PathBuf,
    deaths: Deaths,
}

/// Hashes of texts and how often each killed a process, the least recent first.
type Deaths = Vec<(u64, u32)>;

/// Starts to write down what this process works on, in `folder`, and counts what dead processes left there. Does nothing if the folder
/// cannot be written.
pub fn arm(folder: &Path) {
    match Guard::open(folder) {
        Ok(guard) => drop(GUARD.set(guard)),
        Err(error) => {
            report::log(Level::Warning, format_args!("what ends the server cannot be remembered in {}: {error}", folder.display()))
        }
    }
}

/// Declares that the process ends on purpose: texts still in work are not to blame.
pub fn disarm() {
    if let Some(guard) = GUARD.get() {
        // Emptied as well, for systems that cannot remove an open file.
        let _ = guard.slots.set_len(0);
        let _ = std::fs::remove_file(&guard.place);
    }
}

/// For a text that has killed the process too often: the file that says so.
pub fn refuses(text: &str) -> Option<&'static Path> {
    let guard = GUARD.get().filter(|guard| !guard.deaths.is_empty())?;
    let hash = xxh3_64(text.as_bytes());
    let (_, deaths) = guard.deaths.iter().find(|(known, _)| *known == hash)?;
    (*deaths >= MAX_DEATHS).then_some(&*guard.list)
}

/// Writes down that this thread works on a text, until the result is dropped. Nested work counts for the outer text.
pub fn enter(text: &str) -> Working {
    entered(|| xxh3_64(text.as_bytes()))
}

/// [`enter`] for a text whose hash is known.
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

/// Erases its slot when dropped; made by [`enter`].
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
            deaths.drain(..deaths.len().saturating_sub(REMEMBERED_TEXTS));
            write(&list, &deaths)?;
        }
        let place = folder.join(std::process::id().to_string());
        // Given its name only once locked: a process that starts now would take an unlocked file for that of a dead one.
        let unnamed = place.with_extension("new");
        let slots = OpenOptions::new().write(true).create(true).truncate(true).open(&unnamed)?;
        slots.try_lock().map_err(std::io::Error::from)?;
        std::fs::rename(&unnamed, &place)?;
        Ok(Guard { slots, place, next: AtomicU64::new(0), list, deaths })
    }

    /// A failed write, as on a full disk, only means that a crash is not remembered.
    #[cfg(unix)]
    fn write(&self, slot: u64, bytes: &[u8]) {
        let _ = std::os::unix::fs::FileExt::write_all_at(&self.slots, bytes, slot * SLOT);
    }

    #[cfg(not(unix))]
    fn write(&self, _slot: u64, _bytes: &[u8]) {}
}

/// The hashes that dead processes were working on. Their files are no longer locked; they are removed.
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

/// Reads lines of a hash and a count, oldest first. Damaged lines are skipped.
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
