//! The one owner of what the protocol changes: open documents, editor, trust, hunks. It is behind one lock, held briefly and never across
//! an await. Slow work uses copies. What the features keep between requests is in `backend` (engines, index) and `features::session`
//! (notes).

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use crate::config::Config;
use crate::engine::{Cancel, ErrorKind};
use crate::features::edit::Problem;
use crate::text::rebase::{self, Dropped};
use crate::text::{Batch, Text, diff};
use crate::workspace::{Document, Roots, Snapshot, Sync, WorkspacePath};

use super::client::Waiters;
use super::edit::hunks::{DroppedHunk, Hunks};
use super::editor::Editor;
use super::open_documents::{Change, OpenDocument, OpenDocuments, joined, kept};
use super::trust::TrustState;

/// Everything that the protocol changes while the server runs.
#[derive(Default)]
pub struct State {
    pub editor: Arc<Editor>,
    roots: Arc<Roots>,
    /// Folders that the editor has named but that are not treated as a workspace.
    pub left_alone: Vec<PathBuf>,
    /// Folders that were added and have not been checked yet, so that their rules and their trust are unknown.
    pending: Vec<Url>,
    documents: OpenDocuments,
    /// The newest inline completion of each document.
    completions: HashMap<Url, Cancel>,
    /// Work that the editor can cancel, by its progress token.
    pub progress: HashMap<String, Cancel>,
    pub waiters: Waiters,
    /// The user's configuration as last read.
    pub config: Arc<Config>,
    /// Problems of the configuration, and of the projects' own files.
    pub config_problems: Vec<String>,
    pub project_problems: Vec<String>,
    pub trust: TrustState,
    /// The failures of automatic completion since it last worked. Each kind of failure is reported once, even if its words differ.
    pub reported_failures: Vec<ErrorKind>,
    /// Hunks that wait for a decision.
    pub hunks: Hunks,
    /// The user was told that hunks can only be accepted by code actions.
    pub told_of_actions: bool,
}

/// Files with fewer lines than this may be equal by chance.
const MIN_TELLING_LINES: usize = 3;

/// A document to open. Its place in the workspace was looked up on disk before the lock was taken.
pub struct NewDocument {
    pub uri: Url,
    pub path: Option<WorkspacePath>,
    /// As in [`Document`].
    pub targets: Vec<PathBuf>,
    pub language: String,
    pub version: i32,
    pub text: String,
}

/// The folders as the editor named them and as they are on disk, with the places of the open documents.
pub struct LocatedFolders {
    pub editor: Arc<Editor>,
    pub roots: Arc<Roots>,
    pub documents: HashMap<Url, Option<WorkspacePath>>,
}

/// The consequences of a message about a document, to report to the user.
#[derive(Default)]
pub struct ChangeEffect {
    /// Why the document no longer follows the editor's.
    pub desynced: Option<&'static str>,
    /// How many hunks were dropped because of that.
    pub forgotten: usize,
    /// Hunks that no longer fit.
    pub lost: Vec<DroppedHunk>,
}

impl State {
    /// Takes over the workspace's folders and the documents' places in them. False if a document or a folder was opened since they were
    /// located.
    pub fn set_roots(&mut self, located: LocatedFolders) -> bool {
        if located.editor.roots != self.editor.roots || !self.documents.iter().all(|(uri, _)| located.documents.contains_key(uri)) {
            return false;
        }
        self.roots = located.roots;
        self.pending.clear();
        for (uri, path) in located.documents {
            if let Some(open) = self.documents.get_mut(&uri) {
                Arc::make_mut(&mut open.document).path = path;
            }
        }
        true
    }

    /// Takes over the folders that are now open. Nothing is offered in new ones before they have been checked.
    pub fn change_folders(&mut self, added: Vec<Url>, removed: &[Url]) {
        let mut editor = (*self.editor).clone();
        editor.roots.retain(|root| !removed.iter().any(|folder| is_same_folder(folder, root)));
        for folder in added {
            if !editor.roots.iter().any(|root| is_same_folder(root, &folder)) {
                self.pending.push(folder.clone());
                editor.roots.push(folder);
            }
        }
        self.editor = Arc::new(editor);
    }

    /// Whether a document is in a folder that has not been checked yet.
    pub fn is_pending(&self, uri: &Url) -> bool {
        let lies_in =
            |folder: &Url| folder.to_file_path().is_ok_and(|folder| uri.to_file_path().is_ok_and(|file| file.starts_with(folder)));
        self.pending.iter().any(lies_in)
    }

    /// The open folders.
    pub fn roots(&self) -> Arc<Roots> {
        self.roots.clone()
    }

    /// Opens a document, or opens it again. Returns false if it is too large to keep; also returns the hunks that do not fit the opened
    /// text.
    pub fn open(&mut self, opened: NewDocument) -> (bool, Vec<DroppedHunk>) {
        let NewDocument { uri, path, targets, language, version, text } = opened;
        let (text, sync) = kept(&text);
        let document = Arc::new(Document { uri: uri.to_string(), path, targets, language, version, text, sync });
        let documents = &self.documents;
        let is_open = |uri: &str| Url::parse(uri).is_ok_and(|uri| documents.get(&uri).is_some());
        let lost = self.hunks.opened(&document, is_open);
        self.documents.put(uri, OpenDocument::new(document));
        (sync != Sync::TooLarge, lost)
    }

    /// The workspace as it is now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.roots.clone(), self.documents.shown())
    }

    /// Closes a document and cancels its completion.
    pub fn close(&mut self, uri: &Url) {
        self.documents.remove(uri);
        if let Some(running) = self.completions.remove(uri) {
            running.cancel();
        }
    }

    /// Notes that automatic completion has failed in this way; true if it is the first time since it last worked.
    pub fn note_failure(&mut self, failure: ErrorKind) -> bool {
        let is_new = !self.reported_failures.contains(&failure);
        if is_new {
            self.reported_failures.push(failure);
        }
        is_new
    }

    /// Records the editor's diagnostics for some lines, if the document is still this one.
    pub fn take_in_diagnostics(&mut self, uri: &Url, document: &Document, lines: (u32, u32), problems: Vec<Problem>) {
        self.documents.take_in_diagnostics(uri, document, lines, problems);
    }

    /// The open document with this URI.
    pub fn document(&self, uri: &Url) -> Option<&OpenDocument> {
        self.documents.get(uri)
    }

    /// The open document that is the same as this one, by its URI or by its file: one URI can be written in several ways.
    pub fn open_as(&self, document: &Document) -> Option<(&Url, &OpenDocument)> {
        self.documents.get_as(document)
    }

    /// The only open document of the workspace whose text is the one that the hunks of a file were made for.
    pub fn shown_as(&self, uri: &str) -> Option<Arc<Document>> {
        let known = &self.hunks.of(uri).find(|pending| !pending.creates)?.document;
        self.shown_with(&known.text)
    }

    /// The one open document of the workspace with this text.
    pub fn shown_with(&self, text: &Text) -> Option<Arc<Document>> {
        let is_it = |document: &Document| document.path.is_some() && document.is_in_step() && document.text == *text;
        let mut same = self.documents.iter().map(|(_, open)| &open.document).filter(|document| is_it(document));
        let is_telling = text.len_lines() >= MIN_TELLING_LINES;
        same.next().filter(|_| same.next().is_none() && is_telling).cloned()
    }

    /// All open documents with their URIs.
    pub fn documents(&self) -> impl Iterator<Item = (&Url, &OpenDocument)> {
        self.documents.iter()
    }

    /// Applies changes in order. Says whether the document is now out of sync, and which hunks were dropped.
    pub fn change(&mut self, uri: &Url, version: Option<i32>, changes: Vec<Change>) -> ChangeEffect {
        let (encoding, hunks, mut effect) = (self.editor.encoding, &mut self.hunks, ChangeEffect::default());
        let Some(open) = self.documents.get_mut(uri) else { return effect };
        let was_in_step = open.document.is_in_step();
        let version = version.unwrap_or(open.document.version.saturating_add(1));
        if version < open.document.version {
            open.lose("its version went back");
        }
        Arc::make_mut(&mut open.document).version = version;
        let is_whole = changes.last().is_some_and(|change| change.range.is_none());
        for change in joined(changes) {
            let before = open.document.text.clone();
            if let Some(change) = open.apply(change, version, encoding)
                && hunks.len() > 0
            {
                effect.lost.extend(hunks.follow(&before, &change, &open.document));
            }
        }
        effect.desynced = match open.document.sync {
            Sync::Lost(reason) if was_in_step => Some(reason),
            Sync::TooLarge if was_in_step && !is_whole => Some("it is too large to be kept"),
            _ => None,
        };
        if effect.desynced.is_some() {
            effect.forgotten = self.hunks.forget(uri.as_str());
        }
        effect
    }

    /// Marks a document as out of sync. Returns how many hunks that drops, if it is open and was in sync.
    pub fn distrust(&mut self, uri: &Url, reason: &'static str) -> Option<usize> {
        let open = self.documents.get_mut(uri)?;
        let was_in_step = open.document.is_in_step();
        open.lose(reason);
        let forgotten = self.hunks.forget(uri.as_str());
        was_in_step.then_some(forgotten)
    }

    /// Marks all documents as out of sync.
    pub fn distrust_all(&mut self, reason: &'static str) {
        for uri in self.documents.iter().map(|(uri, _)| uri.clone()).collect::<Vec<_>>() {
            self.distrust(&uri, reason);
        }
    }

    /// Registers a document's newest completion and cancels the previous one; also returns whether that was still running.
    pub fn newest_completion(&mut self, uri: &Url) -> (Cancel, bool) {
        let cancel = Cancel::new();
        let before = self.completions.insert(uri.clone(), cancel.clone());
        let overtakes = before.as_ref().is_some_and(|before| !before.is_cancelled());
        if let Some(before) = before {
            before.cancel();
        }
        (cancel, overtakes)
    }

    /// Rebases edits for `version` of a document onto its current text; `base` is the text they were made for. If the known changes do not
    /// lead from there to here (after closing and opening), both texts are compared.
    pub fn carry_over(&self, uri: &Url, version: i32, base: &Text, edits: &Batch) -> Result<(i32, Batch), Dropped> {
        let open = self.documents.get(uri).filter(|open| open.document.is_in_step()).ok_or(Dropped::Unrelated)?;
        let document = &open.document;
        if document.text == *base {
            return Ok((document.version, edits.clone()));
        }
        let carried = match open.since(version, base) {
            Some(changes) => rebase::rebase_all(edits, base, changes)?,
            None => rebase::rebase_all(edits, base, [&diff::change(base, &document.text)])?,
        };
        Ok((document.version, carried))
    }
}

/// Whether two URIs name the same folder, with or without a trailing slash, however they are percent-encoded.
pub fn is_same_folder(a: &Url, b: &Url) -> bool {
    a == b || a.to_file_path().is_ok_and(|a| b.to_file_path() == Ok(a))
}
