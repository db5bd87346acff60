//! Open documents: what the editor shows, which takes precedence over what is on disk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::text::Text;

use super::WorkspacePath;

/// One open document at one version.
#[derive(Clone, Debug)]
pub struct Document {
    /// As the editor wrote it.
    pub uri: String,
    /// Its path, if it is in the workspace.
    pub path: Option<WorkspacePath>,
    /// The files whose text it really shows, if a link led to them when it was opened.
    pub targets: Vec<PathBuf>,
    /// The editor's language id (LSP `languageId`).
    pub language: String,
    pub version: i32,
    pub text: Text,
    pub sync: Sync,
}

/// Whether our text of a document is the one in the editor. If not, nothing is offered for it until it is sent in full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// It is.
    #[default]
    InStep,
    /// It may be a different one, for this reason.
    Lost(&'static str),
    /// It is too large to keep, and our text is empty.
    TooLarge,
}

impl Document {
    /// Whether the text is the editor's.
    pub fn is_in_step(&self) -> bool {
        self.sync == Sync::InStep
    }

    fn is_other_of(&self, document: &Document) -> bool {
        self.path.is_some() && self.path == document.path && self.uri != document.uri
    }

    /// A file as it is on disk, when it is not open in the editor.
    pub fn on_disk(path: WorkspacePath, text: Text) -> Self {
        let (uri, path, targets) = (path.uri(), Some(path), vec![]);
        Self { uri, path, targets, language: String::new(), version: 0, text, sync: Sync::InStep }
    }
}

/// The open documents. Cheap to clone; a clone does not change.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    by_uri: Arc<BTreeMap<String, Arc<Document>>>,
}

impl Documents {
    /// Documents by URI; of two with the same URI the later one is kept.
    pub fn new(documents: impl IntoIterator<Item = impl Into<Arc<Document>>>) -> Self {
        let documents = documents.into_iter().map(Into::into);
        Self { by_uri: Arc::new(documents.map(|document: Arc<Document>| (document.uri.clone(), document)).collect()) }
    }

    /// The document with the URI that the editor gave it.
    pub fn get(&self, uri: &str) -> Option<&Arc<Document>> {
        self.by_uri.get(uri)
    }

    /// The open document of a path in the workspace.
    pub fn at(&self, path: &WorkspacePath) -> Option<&Arc<Document>> {
        self.iter().find(|document| document.path.as_ref() == Some(path))
    }

    /// All open documents, in the order of their URIs.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Document>> {
        self.by_uri.values()
    }

    /// Whether the file of an open document is open under a second name, by a link.
    pub fn has_others_of(&self, document: &Document) -> bool {
        self.get(&document.uri).is_some() && self.iter().any(|one| one.is_other_of(document))
    }

    /// Leaves out the documents that the file of this one is open as besides.
    pub fn remove_others_of(&mut self, document: &Document) {
        Arc::make_mut(&mut self.by_uri).retain(|_, one| !one.is_other_of(document));
    }

    /// Opens a document or replaces it with a new version.
    pub fn insert(&mut self, document: Document) {
        Arc::make_mut(&mut self.by_uri).insert(document.uri.clone(), Arc::new(document));
    }
}
