//! Where a closed file went that has another name now, and of which nobody has told more than that it is gone: to the one file that has
//! come since and has its text.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::hunks::Hunks;
use crate::text::{BYTE_ORDER_MARK, Text, unmarked};
use crate::workspace::fs::Stamp;
use crate::workspace::walk::{Entry, Listing};
use crate::workspace::{Document, Snapshot, WorkspacePath};

/// A closed file with hunks: what it is known by, should it be gone.
pub struct FileWithHunks {
    pub uri: String,
    pub path: WorkspacePath,
    /// None where it does not exist yet.
    text: Option<Text>,
    /// When the last of its hunks was made: at that time it still had its name.
    since: SystemTime,
}

/// Why hunks cannot follow a file that is gone.
#[derive(Clone, Copy)]
pub enum Untraced {
    /// No file has its text.
    Nowhere,
    /// Several files have it.
    Several,
}

impl Untraced {
    /// In words, for the person whose hunks are dropped.
    pub fn why(self) -> &'static str {
        match self {
            Self::Nowhere => "the file is gone, and no file that has come since has the text that the change was made for",
            Self::Several => "the file is gone, and several files that have come since have the text that the change was made for",
        }
    }
}

/// The times of files are those of the system's last tick.
const TICK: Duration = Duration::from_millis(20);

impl FileWithHunks {
    /// A file with hunks; none where it lies in no folder of the workspace.
    pub fn of(hunks: &Hunks, uri: &str) -> Option<Self> {
        let path = hunks.of(uri).find_map(|pending| pending.document.path.clone())?;
        let text = hunks.of(uri).find(|pending| !pending.creates).map(|pending| pending.document.text.clone());
        let since = hunks.of(uri).map(|pending| pending.since).max()?;
        Some(Self { uri: uri.into(), path, text, since })
    }

    /// Whether it existed when its hunks were made.
    pub fn had_text(&self) -> bool {
        self.text.is_some()
    }

    /// Whether the file lies where it did, and not half written.
    pub fn is_settled(&self, snapshot: &Snapshot) -> bool {
        snapshot.read_exact(&self.path).is_ok_and(|now| self.is_settled_as(&Text::new(unmarked(&now))))
    }

    /// Whether a text of this file is not just the beginning of the one that it had.
    pub fn is_settled_as(&self, now: &Text) -> bool {
        let is_beginning = |text: &Text| now.len_bytes() < text.len_bytes() && text.to_string().starts_with(&now.to_string());
        !self.text.as_ref().is_some_and(is_beginning)
    }

    /// The file under its new name, as it lies on disk. All files there are listed only if that is asked for.
    pub fn found<'a>(&self, snapshot: &Snapshot, listing: impl FnOnce() -> &'a Listing) -> Result<Arc<Document>, Untraced> {
        // Blank files are the same by chance.
        let Some(text) = self.text.as_ref().filter(|text| !text.to_string().trim().is_empty()) else { return Err(Untraced::Nowhere) };
        let is_as_long =
            |entry: &&Entry| [0, BYTE_ORDER_MARK.len_utf8()].iter().any(|mark| entry.stamp.bytes == (text.len_bytes() + mark) as u64);
        let is_its_text = |entry: &&Entry| snapshot.read_exact(&entry.path).is_ok_and(|now| Text::new(unmarked(&now)) == *text);
        let come = listing().files.iter().filter(is_as_long).filter(|entry| self.may_have_become(entry));
        let mut same = come.filter(is_its_text);
        match (same.next(), same.next()) {
            (Some(Entry { path, .. }), None) => {
                let uri = snapshot.uri_of(path);
                Ok(Arc::new(Document { uri, ..Document::on_disk(path.clone(), text.clone()) }))
            }
            (None, _) => Err(Untraced::Nowhere),
            _ => Err(Untraced::Several),
        }
    }

    /// Whether a file got its name since the hunks were made: with a file's name its time of change is another, with its folder's name only
    /// that of the folder. A copy that lay there before is another file.
    fn may_have_become(&self, Entry { path, stamp }: &Entry) -> bool {
        let since = self.since.checked_sub(TICK).and_then(|since| since.duration_since(UNIX_EPOCH).ok());
        let since = since.map_or(i64::MAX, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
        if stamp.changed >= since {
            return true;
        }
        let (old, new) = (self.path.absolute(), path.absolute());
        let has_changed = |folder: &Path| folder.symlink_metadata().is_ok_and(|metadata| Stamp::of(&metadata).changed >= since);
        let is_folder_gone = old.parent().is_some_and(|folder| !folder.exists());
        let mut folders = new.ancestors().skip(1).take_while(|folder| *folder != path.root().path());
        is_folder_gone && old.file_name() == new.file_name() && folders.any(has_changed)
    }
}
