//! The open documents: how each came to be, and a copy ready to hand out. Every change updates both.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use super::told::Told;
use crate::features::edit::Problem;
use crate::text::{Batch, Edit, Encoding, Range, Text, diff};
use crate::workspace::{Document, Documents};

/// Larger documents, in bytes, are not kept at all.
pub const MAX_DOCUMENT: usize = 32 << 20;
/// Most changes kept per document, to rebase answers computed for an older version.
const HISTORY: usize = 512;
/// Most bytes of text in them together.
const HISTORY_BYTES: usize = 4 << 20;
/// A change that replaces so many bytes by as many is compared with the old text: formatters send the whole document.
const LARGE: usize = 4096;

/// The new text of a range, or of the whole document.
pub struct Change {
    pub range: Option<Range>,
    pub text: String,
}

/// An open document and how it came to be.
#[derive(Clone, Debug)]
pub struct Open {
    pub document: Arc<Document>,
    /// Why the text may differ from the editor's: then nothing is offered until the document is sent whole again.
    pub desynced: Option<&'static str>,
    /// Too large to be kept.
    pub oversized: bool,
    /// Diagnostics that the editor has sent for it.
    pub told: Told,
    /// The changes that led here, oldest first, each with the version it led to.
    history: VecDeque<(i32, Batch)>,
}

/// All open documents.
#[derive(Default)]
pub struct OpenDocuments {
    by_uri: HashMap<Url, Open>,
    shown: Documents,
}

impl OpenDocuments {
    /// The document with this URI.
    pub fn get(&self, uri: &Url) -> Option<&Open> {
        self.by_uri.get(uri)
    }

    /// The open document that is the same as this one, by its URI or by its file: one URI can be written in several ways.
    pub fn get_as(&self, document: &Document) -> Option<(&Url, &Open)> {
        let by_name = Url::parse(&document.uri).ok().and_then(|uri| self.by_uri.get_key_value(&uri));
        by_name.or_else(|| {
            let path = document.path.as_ref()?;
            self.by_uri.iter().find(|(_, open)| open.document.path.as_ref() == Some(path))
        })
    }

    /// All open documents with their URIs.
    pub fn iter(&self) -> impl Iterator<Item = (&Url, &Open)> {
        self.by_uri.iter()
    }

    /// A copy of all documents as they are now, for later work.
    pub fn shown(&self) -> Documents {
        self.shown.clone()
    }

    /// Opens a document, or replaces it.
    pub fn put(&mut self, uri: Url, open: Open) {
        self.by_uri.insert(uri.clone(), open);
        self.alter(&uri, |_| ());
    }

    /// Closes a document.
    pub fn remove(&mut self, uri: &Url) {
        self.by_uri.remove(uri);
        self.shown.remove(uri.as_str());
    }

    /// Changes a document if it is open, and updates the copy to hand out.
    pub fn alter<T>(&mut self, uri: &Url, act: impl FnOnce(&mut Open) -> T) -> Option<T> {
        let open = self.by_uri.get_mut(uri)?;
        let done = act(open);
        let desynced = open.desynced.is_some() || open.oversized;
        Arc::make_mut(&mut open.document).desynced = desynced;
        self.shown.insert((*open.document).clone());
        Some(done)
    }

    /// Takes in the editor's diagnostics for some lines, if the document is still this one.
    pub fn hear(&mut self, uri: &Url, document: &Document, lines: (u32, u32), problems: Vec<Problem>) {
        if let Some(open) = self.by_uri.get_mut(uri).filter(|open| open.document.version == document.version) {
            open.told.hear(&document.text, lines, problems);
        }
    }
}

impl Open {
    /// A document that was just opened.
    pub fn new(document: Arc<Document>, oversized: bool) -> Self {
        Self { document, desynced: None, oversized, told: Told::default(), history: VecDeque::new() }
    }

    /// Applies one change; returns it in bytes.
    pub fn apply(&mut self, change: Change, version: i32, encoding: Encoding) -> Option<Batch> {
        let document = Arc::make_mut(&mut self.document);
        let Some(range) = change.range else {
            self.oversized = change.text.len() > MAX_DOCUMENT;
            let text = if self.oversized { "" } else { change.text.as_str() };
            let now = Text::new(text);
            let change = diff::change(&document.text, &now);
            document.text = now;
            self.desynced = None;
            return Some(self.remember(version, change));
        };
        if self.oversized {
            return None;
        }
        // By the specification a column behind the end of a line means that end. A change that begins on a line we do not have was made to
        // another text; one that just ends there replaces everything behind.
        if range.start.line.min(range.end.line) as usize > document.text.len_lines() {
            self.desynced = Some("a change lies behind the end of the text");
        }
        let edit = Edit { range: document.text.offsets(range, encoding), text: change.text };
        if document.text.len_bytes() - edit.range.len() + edit.text.len() > MAX_DOCUMENT {
            (document.text, self.oversized) = (Text::default(), true);
            self.history.clear();
            self.desynced = Some("it is too large to be kept");
            return None;
        }
        let before = (edit.range.len().min(edit.text.len()) >= LARGE).then(|| document.text.clone());
        document.text.replace(edit.range.clone(), &edit.text);
        let change = before.map_or_else(|| Batch::one(edit), |before| diff::change(&before, &document.text));
        Some(self.remember(version, change))
    }

    fn remember(&mut self, version: i32, change: Batch) -> Batch {
        self.history.push_back((version, change.clone()));
        let bytes = |(_, change): &(i32, Batch)| change.edits().iter().map(|edit| edit.text.len()).sum::<usize>();
        let mut all: usize = self.history.iter().map(bytes).sum();
        while self.history.len() > HISTORY || all > HISTORY_BYTES {
            all -= self.history.pop_front().as_ref().map_or(all, bytes);
        }
        change
    }

    /// The changes since it had this text at `version`, if all are known.
    pub fn since(&self, version: i32, base: &Text) -> Option<Vec<&Batch>> {
        let later: Vec<&Batch> = self.history.iter().filter(|(led_to, _)| *led_to > version).map(|(_, change)| change).collect();
        let mut text = base.clone();
        later.iter().try_for_each(|change| text.apply(change)).ok()?;
        (text == self.document.text).then_some(later)
    }

    /// Whether the document has had the text `wanted` since it had `base` at `version`.
    pub fn has_been(&self, wanted: &Text, version: i32, base: &Text) -> bool {
        let mut text = base.clone();
        let later = self.history.iter().filter(|(led_to, _)| *led_to > version);
        self.document.text == *wanted || later.into_iter().any(|(_, change)| text.apply(change).is_ok() && text == *wanted)
    }
}
