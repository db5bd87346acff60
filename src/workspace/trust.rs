//! Which folders the user trusts. A file in the state folder holds, for each folder, the user's decision and a hash of the files that steer
//! tools there. When one of those changes, the decision is stale and has to be made again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fs::{self, Stamp};
use super::path::{Root, Roots, WorkspacePath};
use super::{ReadError, obeyed, uri};
use crate::digest::Sha256;
use crate::records;

/// The largest steering file whose content is hashed, in bytes.
const MAX_HASHED_BYTES: u64 = 1 << 20;
/// Maximum entries of a steering folder that are hashed.
const MAX_ENTRIES: usize = 1000;

/// Whether a folder is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Trusted,
    /// The user has not been asked, or has not answered.
    Unknown,
    /// It was trusted, but a file that steers tools there has changed since.
    Changed,
    /// The user said no.
    Distrusted,
}

/// The entry of one folder in the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Word {
    trusted: bool,
    /// The hash that [`fingerprint`] returned when the user decided.
    #[serde(default)]
    fingerprint: String,
}

/// By folder, as written by [`uri::written`].
type Words = BTreeMap<String, Word>;

/// The stamp of the file with the user's decisions at some moment; holds nothing if there was no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreStamp(Option<Stamp>);

/// The file with the user's decisions.
#[derive(Clone, Debug)]
pub struct Store {
    file: PathBuf,
}

impl Store {
    /// The store in this state folder; nothing is read yet.
    pub fn new(folder: &Path) -> Self {
        Self { file: folder.join("trust.json") }
    }

    /// What the user has decided about a folder. An unreadable file counts as no decision.
    pub fn standing(&self, root: &Arc<Root>) -> Standing {
        let words = self.words().unwrap_or_default();
        match words.get(&uri::written(root.path())) {
            None => Standing::Unknown,
            Some(word) if !word.trusted => Standing::Distrusted,
            Some(word) if fingerprint(root).is_some_and(|now| word.fingerprint == now) => Standing::Trusted,
            Some(_) => Standing::Changed,
        }
    }

    /// How the file looks now: different once a decision has been recorded.
    pub fn stamp(&self) -> StoreStamp {
        StoreStamp(self.file.symlink_metadata().ok().map(|metadata| Stamp::of(&metadata)))
    }

    /// Whether the user has said no to one of these. The steering files do not matter for that, and are not read.
    pub fn says_no(&self, roots: &Roots) -> bool {
        let words = self.words().unwrap_or_default();
        roots.iter().any(|root| words.get(&uri::written(root.path())).is_some_and(|word| !word.trusted))
    }

    /// Records the user's decision on a folder as it was when its [`fingerprint`] was this.
    pub fn record(&self, root: &Arc<Root>, trusted: bool, fingerprint: Option<&str>) -> io::Result<()> {
        let mut words = self.words()?;
        words.insert(uri::written(root.path()), Word { trusted, fingerprint: fingerprint.unwrap_or_default().into() });
        self.keep(&words)
    }

    /// Forgets a folder; true if it was known.
    pub fn forget(&self, root: &Arc<Root>) -> io::Result<bool> {
        let mut words = self.words()?;
        let known = words.remove(&uri::written(root.path())).is_some();
        self.keep(&words)?;
        Ok(known)
    }

    /// All folders the user has decided on, with each decision.
    pub fn folders(&self) -> io::Result<Vec<(PathBuf, bool)>> {
        Ok(self.words()?.into_iter().map(|(folder, word)| (uri::read_back(&folder), word.trusted)).collect())
    }

    fn words(&self) -> io::Result<Words> {
        let text = records::read(&self.file)?;
        if text.trim().is_empty() {
            return Ok(Words::default());
        }
        serde_json::from_str(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn keep(&self, words: &Words) -> io::Result<()> {
        records::replace(&self.file, &serde_json::to_string_pretty(words)?)
    }
}

/// A hash over the files that steer tools in a folder: which of them exist, and their contents. None if one cannot be judged, such as a
/// pipe or a dangling link.
pub fn fingerprint(root: &Arc<Root>) -> Option<String> {
    let mut hash = Sha256::default();
    for name in obeyed::steering_files() {
        let Some(found) = steering(root, name)? else { continue };
        hash.update(name.as_bytes());
        hash.update(&found.len().to_le_bytes());
        hash.update(&found);
    }
    Some(hash.digits())
}

/// What represents one steering file in the hash; the inner value is none if it does not exist. Its content, also through a link inside the
/// root; only its stamp if it is large or outside; the entries if it is a folder.
fn steering(root: &Arc<Root>, name: &str) -> Option<Option<Vec<u8>>> {
    match fs::read(&WorkspacePath::new(root, name), MAX_HASHED_BYTES) {
        Ok(found) => return Some(Some(found.bytes)),
        Err(ReadError::Missing) => return Some(None),
        Err(_) => {}
    }
    let target = root.path().join(name).canonicalize().ok()?;
    let metadata = target.symlink_metadata().ok()?;
    let inside = target.strip_prefix(root.path()).ok().and_then(Path::to_str);
    let read = || fs::read(&WorkspacePath::new(root, inside?), MAX_HASHED_BYTES).ok();
    let looks = || match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => Some(format!("{:?}", Stamp::of(&metadata)).into_bytes()),
        (_, true) => listed(&target),
        _ => None,
    };
    read().map(|found| found.bytes).or_else(looks).map(Some)
}

/// The direct entries of a folder with their stamps.
fn listed(folder: &Path) -> Option<Vec<u8>> {
    let mut entries = vec![];
    for entry in std::fs::read_dir(folder).ok()?.take(MAX_ENTRIES) {
        let entry = entry.ok()?;
        entries.push(format!("{:?} {:?}\n", entry.file_name(), Stamp::of(&entry.path().symlink_metadata().ok()?)));
    }
    entries.sort_unstable();
    Some(entries.concat().into_bytes())
}
