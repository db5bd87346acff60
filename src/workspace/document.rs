//! Open documents: what the editor shows, which wins over what lies on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::text::Text;

use super::WorkspacePath;

/// One open document at one version.
#[derive(Clone, Debug)]
pub struct Document {
    /// As the editor wrote it.
    pub uri: String,
    /// Where it lies, if it lies in the workspace.
    pub path: Option<WorkspacePath>,
    /// The editor's language id (LSP `languageId`).
    pub language: String,
    pub version: i32,
    pub text: Text,
    /// The text may no longer be the editor's, because an edit did not fit: nothing is offered for it.
    pub desynced: bool,
}

impl Document {
    /// A file as it lies on disk, where no editor shows it.
    pub fn on_disk(path: WorkspacePath, text: Text) -> Self {
        Self { uri: path.uri(), path: Some(path), language: String::new(), version: 0, text, desynced: false }
    }
}

/// The open documents. Cloning is cheap; a clone does not change.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    by_uri: Arc<BTreeMap<String, Arc<Document>>>,
}

impl Documents {
    /// Documents by their URIs; of two with one URI the later stays.
    pub fn new(documents: impl IntoIterator<Item = Document>) -> Self {
        Self { by_uri: Arc::new(documents.into_iter().map(|document| (document.uri.clone(), Arc::new(document))).collect()) }
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

    /// Opens a document or replaces its version.
    pub fn insert(&mut self, document: Document) {
        Arc::make_mut(&mut self.by_uri).insert(document.uri.clone(), Arc::new(document));
    }

    /// Closes a document and returns its last version; none where it was not open.
    pub fn remove(&mut self, uri: &str) -> Option<Arc<Document>> {
        Arc::make_mut(&mut self.by_uri).remove(uri)
    }
}
