//! Which folders the user trusts: a file in the state folder, which holds for each folder the user's word and a hash of what steers
//! tools there. When one of those files changes, the word is stale and has to be given again.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::path::{Root, WorkspacePath};
use super::{ReadError, fs};
use crate::records;

/// Project files that configure editors and tools, or tell agents what to do.
const STEERING: &[&str] = &[
    ".longsight.toml",
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
    ".github/copilot-instructions.md",
    ".vscode/settings.json",
    ".vscode/tasks.json",
    ".mcp.json",
    ".envrc",
    ".editorconfig",
];
/// Bytes of such a file that are read.
const MOST: u64 = 1 << 20;

/// Whether a path below a root is one of the files that trust depends on.
pub fn is_steering(relative: &str) -> bool {
    STEERING.iter().any(|name| name.eq_ignore_ascii_case(relative))
}

/// What is known of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Trusted,
    /// The user has said nothing of it.
    Unknown,
    /// It was trusted, and what steers tools there has changed since.
    Changed,
    /// The user has said no.
    Distrusted,
}

/// One folder in the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Word {
    trusted: bool,
    /// See [`fingerprint`].
    #[serde(default)]
    fingerprint: String,
}

type Words = BTreeMap<PathBuf, Word>;

/// The file.
#[derive(Clone, Debug)]
pub struct Store {
    file: PathBuf,
}

impl Store {
    /// In this state folder.
    pub fn new(folder: &Path) -> Self {
        Self { file: folder.join("trust.json") }
    }

    /// What the user has said of a folder. A file that cannot be read says nothing of any.
    pub fn standing(&self, root: &Arc<Root>) -> Standing {
        let words = self.words().unwrap_or_default();
        match words.get(root.path()) {
            None => Standing::Unknown,
            Some(word) if !word.trusted => Standing::Distrusted,
            Some(word) if word.fingerprint == fingerprint(root) => Standing::Trusted,
            Some(_) => Standing::Changed,
        }
    }

    /// Keeps the user's word on a folder as it is now.
    pub fn say(&self, root: &Arc<Root>, trusted: bool) -> io::Result<()> {
        let mut words = self.words()?;
        words.insert(root.path().into(), Word { trusted, fingerprint: fingerprint(root) });
        self.keep(&words)
    }

    /// Forgets a folder; whether it was known.
    pub fn forget(&self, root: &Arc<Root>) -> io::Result<bool> {
        let mut words = self.words()?;
        let known = words.remove(root.path()).is_some();
        self.keep(&words)?;
        Ok(known)
    }

    /// The folders with the user's word on each.
    pub fn folders(&self) -> io::Result<Vec<(PathBuf, bool)>> {
        Ok(self.words()?.into_iter().map(|(folder, word)| (folder, word.trusted)).collect())
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

/// A hash of what steers tools in a folder: which of the files there are, and their contents.
pub fn fingerprint(root: &Arc<Root>) -> String {
    let mut hash = Sha256::new();
    for name in STEERING {
        let found = match fs::read(&WorkspacePath::new(root, name), MOST) {
            Ok(found) => found.bytes,
            Err(ReadError::Missing) => continue,
            Err(error) => error.to_string().into_bytes(),
        };
        hash.update(name.as_bytes());
        hash.update(found.len().to_le_bytes());
        hash.update(&found);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
