//! The open documents, and the changes that led to each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use super::diagnostics::Diagnostics;
use crate::features::edit::Problem;
use crate::text::{Batch, Edit, Encoding, Range, Text, diff};
use crate::workspace::{Document, Documents, Sync};

/// Larger documents, in bytes, are not kept at all.
const MAX_DOCUMENT_BYTES: usize = 32 << 20;
/// Maximum changes kept per document, to rebase answers computed for an older version.
const MAX_KEPT_CHANGES: usize = 512;
/// Maximum total bytes of text in them.
const MAX_KEPT_CHANGE_BYTES: usize = 4 << 20;
/// A change that replaces at least this many bytes with at least as many is compared with the old text, also within one line.
const COMPARED_CHANGE_BYTES: usize = 4096;

/// The new text of a range, or of the whole document.
pub struct Change {
    pub range: Option<Range>,
    pub text: String,
}

/// The part of a text that is kept, and whether that is all of it.
pub fn kept(text: &str) -> (Text, Sync) {
    if text.len() > MAX_DOCUMENT_BYTES { (Text::default(), Sync::TooLarge) } else { (Text::new(text), Sync::InStep) }
}

/// An open document and the changes that led to it.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    pub document: Arc<Document>,
    /// Diagnostics that the editor has sent for it.
    pub diagnostics: Diagnostics,
    /// The changes that led here, oldest first, each with the version it led to.
    history: VecDeque<(i32, Batch)>,
}

/// All open documents.
#[derive(Default)]
pub struct OpenDocuments {
    by_uri: HashMap<Url, OpenDocument>,
}

impl OpenDocuments {
    /// The document with this URI.
    pub fn get(&self, uri: &Url) -> Option<&OpenDocument> {
        self.by_uri.get(uri)
    }

    /// The open document that is the same as this one, by its URI or by its file: one URI can be written in several ways.
    pub fn get_as(&self, document: &Document) -> Option<(&Url, &OpenDocument)> {
        let by_name = Url::parse(&document.uri).ok().and_then(|uri| self.by_uri.get_key_value(&uri));
        by_name.or_else(|| {
            let path = document.path.as_ref()?;
            self.by_uri.iter().find(|(_, open)| open.document.path.as_ref() == Some(path))
        })
    }

    /// All open documents with their URIs.
    pub fn iter(&self) -> impl Iterator<Item = (&Url, &OpenDocument)> {
        self.by_uri.iter()
    }

    /// A copy of all documents as they are now, for later work.
    pub fn shown(&self) -> Documents {
        Documents::new(self.by_uri.values().map(|open| open.document.clone()))
    }

    /// Opens a document, or replaces it.
    pub fn put(&mut self, uri: Url, open: OpenDocument) {
        self.by_uri.insert(uri, open);
    }

    /// Closes a document.
    pub fn remove(&mut self, uri: &Url) {
        self.by_uri.remove(uri);
    }

    /// The document with this URI, to be changed.
    pub fn get_mut(&mut self, uri: &Url) -> Option<&mut OpenDocument> {
        self.by_uri.get_mut(uri)
    }

    /// Records the editor's diagnostics for some lines, if the document is still this one.
    pub fn take_in_diagnostics(&mut self, uri: &Url, document: &Document, lines: (u32, u32), problems: Vec<Problem>) {
        if let Some(open) = self.by_uri.get_mut(uri).filter(|open| open.document.version == document.version) {
            open.diagnostics.take_in(&document.text, lines, problems);
        }
    }
}

impl OpenDocument {
    /// A document that was just opened.
    pub fn new(document: Arc<Document>) -> Self {
        Self { document, diagnostics: Diagnostics::default(), history: VecDeque::new() }
    }

    /// The text may no longer be the editor's.
    pub fn lose(&mut self, reason: &'static str) {
        if self.document.sync != Sync::TooLarge {
            Arc::make_mut(&mut self.document).sync = Sync::Lost(reason);
        }
    }

    /// Applies one change; returns it in bytes.
    pub fn apply(&mut self, change: Change, version: i32, encoding: Encoding) -> Option<Batch> {
        let document = Arc::make_mut(&mut self.document);
        let Some(range) = change.range else {
            let (now, sync) = kept(&change.text);
            let change = diff::change(&document.text, &now);
            (document.text, document.sync) = (now, sync);
            return Some(self.remember(version, change));
        };
        if document.sync == Sync::TooLarge {
            return None;
        }
        // By the specification a column past the end of a line means that end. A change that begins on a line we do not have was made to
        // another text; one that merely ends there replaces everything to the end.
        if range.start.line.min(range.end.line) as usize > document.text.len_lines() {
            document.sync = Sync::Lost("a change is past the end of the text");
        }
        let edit = Edit { range: document.text.offsets(range, encoding), text: change.text };
        if document.text.len_bytes() - edit.range.len() + edit.text.len() > MAX_DOCUMENT_BYTES {
            (document.text, document.sync) = (Text::default(), Sync::TooLarge);
            self.history.clear();
            return None;
        }
        let before = replaces_lines(&edit, &document.text).then(|| document.text.clone());
        document.text.replace(edit.range.clone(), &edit.text);
        let change = before.map_or_else(|| Batch::one(edit), |before| diff::change(&before, &document.text));
        Some(self.remember(version, change))
    }

    fn remember(&mut self, version: i32, change: Batch) -> Batch {
        self.history.push_back((version, change.clone()));
        let bytes = |(_, change): &(i32, Batch)| change.edits().iter().map(|edit| edit.text.len()).sum::<usize>();
        let mut all: usize = self.history.iter().map(bytes).sum();
        while self.history.len() > MAX_KEPT_CHANGES || all > MAX_KEPT_CHANGE_BYTES {
            all -= self.history.pop_front().as_ref().map_or(all, bytes);
        }
        change
    }

    /// The changes that led from this text at `version` to the current one; none if some are unknown.
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

/// Whether an edit replaces lines with lines. Formatters and some editors send the whole text, or everything between the first and the last
/// difference, and most of its lines are unchanged.
fn replaces_lines(edit: &Edit, text: &Text) -> bool {
    let is_large = edit.range.len().min(edit.text.len()) >= COMPARED_CHANGE_BYTES;
    let breaks = ['\n', '\r'];
    is_large || edit.text.contains(breaks) && text.slice(edit.range.clone()).contains(breaks)
}

/// The changes of one notification, in which a deletion from the start of a line and the insertion at the same place become one
/// replacement.
pub fn joined(changes: Vec<Change>) -> Vec<Change> {
    let mut joined: Vec<Change> = vec![];
    for change in changes {
        // Elsewhere in a line the same column may mean another place once the rest of the line has changed.
        let place = change.range.filter(|range| range.start == range.end && range.start.character == 0).map(|range| range.start);
        let deletes_there = |last: &Change| last.text.is_empty() && last.range.is_some_and(|range| place == Some(range.start));
        match joined.last_mut().filter(|last| deletes_there(last)) {
            Some(last) => last.text = change.text,
            None => joined.push(change),
        }
    }
    joined
}
