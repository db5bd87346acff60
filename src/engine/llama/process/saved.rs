//! Saved KV caches: the time spent reading a long prompt is not lost when its slot is evicted or the engine process ends or crashes. A
//! state is a file in llama.cpp's format with a card next to it. The card is written last and has the file's length and hash, so a damaged
//! or half-written state, or one of another model or version, does not count. The folder's size is limited; states used longest ago go
//! first.

use std::fs::File;
use std::io::{Error, Read, Result};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::token::LlamaToken;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::engine::llama::gguf::Window;
use crate::engine::llama::place;
use crate::engine::llama::wire::ModelSpec;
use crate::records;
use crate::report::{self, Level};

/// Has to change with the meaning of a card, and with llama.cpp (`tests/tidy.rs` compares it with Cargo.lock).
pub const FORMAT: &str = "1, llama-cpp-sys-2 0.1.161";

/// From this many tokens a state may be worth a file; from `SURELY_SAVED_TOKENS` it is on any machine.
pub const MIN_SAVED_TOKENS: usize = 512;
/// See [`MIN_SAVED_TOKENS`].
pub const SURELY_SAVED_TOKENS: usize = 4096;

/// After a failure nothing is saved for this long.
const PAUSE: Duration = Duration::from_secs(300);

/// A half-written file of this age was left by a dead process.
const STALE: Duration = Duration::from_secs(600);

/// A divisor: this part of the free disk space, a quarter, stays free whatever the limit.
const DISK_RESERVE: u64 = 4;

/// What is known of a state without reading it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StateHeader {
    /// Everything that has to match for the state to be usable.
    subject: String,
    tokens: Vec<i32>,
    bytes: u64,
    hash: u64,
}

struct State {
    /// The card's path; the state's ends in `.kv`.
    path: PathBuf,
    card: StateHeader,
}

/// The saved states of one model.
pub struct Saved {
    /// `None`: switched off, or there is no suitable folder.
    folder: Option<PathBuf>,
    subject: String,
    limit: u64,
    window: Window,
    states: Vec<State>,
    failed: Option<Instant>,
}

impl Saved {
    /// Finds what earlier processes saved for this model.
    pub fn open(spec: &ModelSpec, window: Window) -> Self {
        let subject = format!(
            "{FORMAT}, longsight {}, {} ({} bytes of {}), KV {}, {} slots, {} layers on the GPU",
            env!("CARGO_PKG_VERSION"),
            spec.path.display(),
            spec.bytes,
            spec.modified,
            spec.kv_type,
            spec.slots,
            spec.gpu_layers
        );
        let limit = u64::from(spec.saved_kv_mb) << 20;
        let folder = place::states_folder().filter(|folder| limit > 0 && records::private_folder(folder).is_ok());
        let mut saved = Self { folder, subject, limit, window, states: vec![], failed: None };
        saved.find();
        saved
    }

    fn find(&mut self) {
        let Some(folder) = &self.folder else { return };
        for path in files(folder).into_iter().map(|(path, ..)| path).filter(|path| path.extension().is_some_and(|end| end == "json")) {
            match read_card(&path) {
                Some(card) if card.subject == self.subject => self.states.push(State { path, card }),
                // It belongs to another model, which may come back.
                Some(_) => {}
                None => drop(remove(&path)),
            }
        }
    }

    /// The state that helps a prompt most, and how many of its tokens it has.
    pub fn best(&self, prompt: &[LlamaToken]) -> Option<(usize, usize)> {
        let usable = |state: &State| self.usable(&state.card.tokens, prompt);
        self.states
            .iter()
            .enumerate()
            .map(|(at, state)| (at, usable(state)))
            .max_by_key(|(_, tokens)| *tokens)
            .filter(|(_, tokens)| *tokens > 0)
    }

    /// How many tokens of a prompt a state saves; none if its layers begin after the point where the two differ.
    fn usable(&self, state: &[i32], prompt: &[LlamaToken]) -> usize {
        let shared = state.iter().zip(prompt).take_while(|(a, b)| **a == b.0).count();
        let first = self.window.first(state.len() as u64) as usize;
        if first > 0 && shared <= first { 0 } else { shared }
    }

    /// Whether tokens are worth saving: there are many, and no state has most of them. `worth` is how many new tokens pay for a file.
    pub fn lacks(&self, tokens: &[LlamaToken], worth: usize) -> bool {
        let covered = self.best(tokens).map_or(0, |(_, covered)| covered);
        let paused = self.failed.is_some_and(|at| at.elapsed() < PAUSE);
        self.folder.is_some() && !paused && tokens.len() - covered >= worth.max(MIN_SAVED_TOKENS).max(tokens.len() / 4)
    }

    /// The attention window of the model's layers: whether a truncated cache keeps what was saved of it.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Writes a slot's cache, which has exactly these tokens. A failure only costs time later.
    pub fn save(&mut self, slot: usize, tokens: &[LlamaToken], context: &LlamaContext<'_>) {
        let Some(folder) = self.folder.clone() else { return };
        if let Err(error) = self.write(&folder, slot, tokens, context) {
            self.failed = Some(Instant::now());
            report::log(
                Level::Warning,
                format_args!("{} tokens of KV cache were not saved in {}: {error}", tokens.len(), folder.display()),
            );
        }
    }

    fn write(&mut self, folder: &Path, slot: usize, tokens: &[LlamaToken], context: &LlamaContext<'_>) -> Result<()> {
        let ids: Vec<i32> = tokens.iter().map(|token| token.0).collect();
        let expected = context.state_seq_get_size_ext(slot as i32, LlamaStateSeqFlags::empty()) as u64 + 12 * ids.len() as u64;
        self.make_room(folder, expected)?;
        let name: Vec<u8> = self.subject.bytes().chain(ids.iter().flat_map(|id| id.to_le_bytes())).collect();
        let path = folder.join(format!("{:016x}.json", xxh3_64(&name)));
        let half = folder.join(format!("{:016x}-{}.half", xxh3_64(&name), std::process::id()));
        let written = context.state_seq_save_file(&half, slot as i32, tokens).map_err(Error::other).and_then(|_| digest(&half));
        let (bytes, hash) = written.inspect_err(|_| drop(std::fs::remove_file(&half)))?;
        let card = StateHeader { subject: self.subject.clone(), tokens: ids, bytes, hash };
        std::fs::rename(&half, path.with_extension("kv"))?;
        std::fs::write(&half, serde_json::to_vec(&card)?)?;
        std::fs::rename(&half, &path)?;
        // A state that the new one continues is no longer needed, unless the new one begins where that one ends.
        let first = self.window.first(card.tokens.len() as u64) as usize;
        self.states.retain(|state| {
            let kept = state.card.tokens.len() <= first || !card.tokens.starts_with(&state.card.tokens);
            kept || remove(&state.path)
        });
        self.states.push(State { path, card });
        Ok(())
    }

    /// Removes states used longest ago until the folder, with `bytes` more, is within its limit.
    fn make_room(&mut self, folder: &Path, bytes: u64) -> Result<()> {
        let free = disk_free(folder);
        if bytes > self.limit || bytes > free / DISK_RESERVE {
            return Err(Error::other(format!("{} MB are more than `saved_kv_mb` or the disk has room for", bytes / 1_000_000)));
        }
        let mut all = files(folder);
        // Left by a dead process: half a file, or a state without its card.
        all.retain(|(path, _, age)| {
            let end = path.extension().unwrap_or_default();
            let left = end == "half" || end == "kv" && !path.with_extension("json").exists();
            (left && *age > STALE).then(|| std::fs::remove_file(path)).is_none()
        });
        // Oldest first, by the card, which is touched with every use.
        let mut cards: Vec<_> = all.iter().filter(|(path, ..)| path.extension().is_some_and(|end| end == "json")).collect();
        cards.sort_by_key(|(_, _, age)| std::cmp::Reverse(*age));
        let mut total: u64 = all.iter().map(|(_, size, _)| size).sum();
        for (path, ..) in cards {
            if total + bytes <= self.limit {
                break;
            }
            let state = path.with_extension("kv");
            total -= all.iter().filter(|(other, ..)| other == path || *other == state).map(|(_, size, _)| size).sum::<u64>();
            remove(path);
            self.states.retain(|state| state.path != *path);
        }
        Ok(())
    }

    /// Reads a state into an empty slot and returns its tokens. A state that does not match its card is removed.
    pub fn load(&mut self, at: usize, slot: usize, context: &mut LlamaContext<'_>) -> Option<Vec<LlamaToken>> {
        let State { path, card } = &self.states[at];
        let file = path.with_extension("kv");
        let whole = digest(&file).is_ok_and(|found| found == (card.bytes, card.hash));
        let loaded = whole.then(|| context.state_seq_load_file(&file, slot as i32, card.tokens.len()).ok()).flatten();
        match loaded {
            Some((tokens, _)) if tokens.iter().map(|token| token.0).eq(card.tokens.iter().copied()) => {
                // The card's time says when it was last used.
                let _ = File::options().append(true).open(path).and_then(|card| card.set_modified(SystemTime::now()));
                Some(tokens)
            }
            _ => {
                report::log(Level::Warning, format_args!("{} is damaged or of another kind, and was removed", file.display()));
                remove(path);
                self.states.remove(at);
                None
            }
        }
    }
}

/// Bytes that may still be written to this disk.
#[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
fn disk_free(folder: &Path) -> u64 {
    nix::sys::statvfs::statvfs(folder).map_or(u64::MAX, |disk| disk.blocks_available() as u64 * disk.fragment_size() as u64)
}

/// Our own files in a folder, with size and age. Other files next to them are neither read nor counted nor removed.
fn files(folder: &Path) -> Vec<(PathBuf, u64, Duration)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let known = |entry: std::fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let age = metadata.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        is_ours(entry.file_name().to_str()?).then_some(())?;
        Some((entry.path(), metadata.len(), age))
    };
    entries.filter_map(known).collect()
}

/// Whether [`Saved`] gives files names like this: a hash of 16 digits.
fn is_ours(name: &str) -> bool {
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match name.rsplit_once('.') {
        Some((stem, "json" | "kv")) => is_hash(stem),
        Some((stem, "half")) => stem.split_once('-').is_some_and(|(hash, pid)| is_hash(hash) && pid.parse::<u32>().is_ok()),
        _ => false,
    }
}

fn read_card(path: &Path) -> Option<StateHeader> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Removes a card, then its state, which is worthless without it. Returns false: it is not kept.
fn remove(card: &Path) -> bool {
    let _ = std::fs::remove_file(card);
    let _ = std::fs::remove_file(card.with_extension("kv"));
    false
}

/// Length and hash of a file.
fn digest(path: &Path) -> Result<(u64, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Xxh3::new(), 0, vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hash.digest())),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}
