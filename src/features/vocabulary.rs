//! What the files of the workspace are called, and which words stand in them: what an answer's names are held against where the index,
//! which has the identifiers of code alone, does not know them. Files are read when a word asks for it, and once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::Session;
use crate::index::Tier;
use crate::text::words;

/// Most bytes of text that are read, and most files.
const BYTES: usize = 32 << 20;
const FILES: usize = 20_000;

/// See the module.
pub(super) struct Vocabulary {
    /// Every path, as it is shown.
    pub paths: Vec<String>,
    endings: HashSet<String>,
    /// Folders directly below a root.
    folders: HashSet<String>,
    /// Hashes of the words that were read so far.
    words: HashSet<u64>,
    hashing: RandomState,
    /// Files to be read, the next one last.
    unread: Vec<String>,
    left: usize,
}

impl Vocabulary {
    pub fn new(session: &Session) -> Self {
        let mut files: Vec<(bool, String)> =
            session.index.files().map(|(_, file)| (file.tier == Tier::Text, file.path.to_string())).collect();
        // Of code the index knows most words, so what is no code comes first: that is last here.
        files.sort_unstable_by(|a, b| (a.0, &b.1).cmp(&(b.0, &a.1)));
        let paths: Vec<String> = files.into_iter().map(|file| file.1).collect();
        let ending = |path: &String| Some(path.rsplit('/').next()?.rsplit_once('.')?.1.to_lowercase());
        let endings = paths.iter().filter_map(ending).collect();
        let folders = paths.iter().filter_map(|path| Some(path.split_once('/')?.0.to_string())).collect();
        let unread = paths[paths.len().saturating_sub(FILES)..].to_vec();
        Self { paths, endings, folders, words: HashSet::new(), hashing: RandomState::new(), unread, left: BYTES }
    }

    /// Whether some file's name ends so, or a folder is called so.
    pub fn has_ending(&self, ending: &str) -> bool {
        self.endings.contains(&ending.to_lowercase())
    }

    pub fn has_folder(&self, folder: &str) -> bool {
        self.folders.contains(folder)
    }

    /// Whether a word stands in a file of the workspace; these are read first. Beyond what is read nothing is known.
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
            // A dollar sign may stand for a value of what follows it.
            for part in word.split('$').filter(|part| part.len() < word.len() && !part.is_empty()) {
                self.words.insert(self.hashing.hash_one(part));
            }
        }
    }
}
