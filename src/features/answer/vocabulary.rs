//! The names of the workspace's files and the words in them, to check names in an answer that the index (which only has identifiers of
//! code) does not know. Files are read once, when a word requires it.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::features::Session;
use crate::index::Tier;
use crate::text::words;

/// Maximum bytes of text that are read, and maximum files.
const MAX_BYTES: usize = 32 << 20;
const MAX_FILES: usize = 20_000;

/// The words of the workspace, read step by step.
pub(super) struct Vocabulary {
    /// Every path, as shown.
    pub paths: Vec<String>,
    endings: HashSet<String>,
    /// Folders directly below a root.
    folders: HashSet<String>,
    /// Hashes of the words read so far.
    words: HashSet<u64>,
    hashing: RandomState,
    /// Files still to be read, the next one last.
    unread: Vec<String>,
    left: usize,
}

impl Vocabulary {
    /// No file has been read yet.
    pub fn new(session: &Session) -> Self {
        let mut files: Vec<(bool, String)> =
            session.index.files().map(|(_, file)| (file.tier == Tier::Text, file.path.to_string())).collect();
        // The index knows most words in code, so other files are read first; they are last here.
        files.sort_unstable_by(|a, b| (a.0, &b.1).cmp(&(b.0, &a.1)));
        let paths: Vec<String> = files.into_iter().map(|file| file.1).collect();
        let ending = |path: &String| Some(path.rsplit('/').next()?.rsplit_once('.')?.1.to_lowercase());
        let endings = paths.iter().filter_map(ending).collect();
        let folders = paths.iter().filter_map(|path| Some(path.split_once('/')?.0.to_string())).collect();
        let unread = paths[paths.len().saturating_sub(MAX_FILES)..].to_vec();
        Self { paths, endings, folders, words: HashSet::new(), hashing: RandomState::new(), unread, left: MAX_BYTES }
    }

    /// Whether some file has this ending.
    pub fn has_ending(&self, ending: &str) -> bool {
        self.endings.contains(&ending.to_lowercase())
    }

    /// Whether a folder of this name is directly below a root.
    pub fn has_folder(&self, folder: &str) -> bool {
        self.folders.contains(folder)
    }

    /// Whether a word occurs in a file of the workspace; the files in `first` are read first. False for words beyond the limit.
    pub fn has_word(&mut self, session: &Session, word: &str, first: &[String]) -> bool {
        let word = self.hashing.hash_one(word);
        if self.words.contains(&word) {
            return true;
        }
        let (later, now): (Vec<String>, Vec<String>) = std::mem::take(&mut self.unread).into_iter().partition(|path| !first.contains(path));
        self.unread = later;
        self.unread.extend(now);
        while let Some(path) = self.unread.pop().filter(|_| self.left > 0) {
            self.read(session, &path);
            if self.words.contains(&word) {
                return true;
            }
        }
        false
    }

    fn read(&mut self, session: &Session, path: &str) {
        let text = session.snapshot.roots.resolve(path).ok().and_then(|path| session.snapshot.read(&path).ok());
        let Some(text) = text else { return };
        self.left = self.left.saturating_sub(text.len());
        for word in words::all(&text) {
            self.words.insert(self.hashing.hash_one(word));
            // A dollar sign may stand for the value of what follows.
            for part in word.split('$').filter(|part| part.len() < word.len() && !part.is_empty()) {
                self.words.insert(self.hashing.hash_one(part));
            }
        }
    }
}
