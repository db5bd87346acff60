//! The workspace at one moment. A request takes a snapshot before its first await and reads nothing else.

use std::sync::Arc;

use crate::text::layout::shared_with_line_feeds;

use super::fs::{self, ReadError, Source};
use super::{Document, Documents, Roots, WorkspacePath, is_secret};

/// Roots and open documents at one moment. Other files are read from disk on demand.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub roots: Arc<Roots>,
    pub documents: Documents,
}

impl Snapshot {
    /// A snapshot of these roots and documents.
    pub fn new(roots: Arc<Roots>, documents: Documents) -> Self {
        Self { roots, documents }
    }

    /// The open document with the URI that the editor gave it.
    pub fn document(&self, uri: &str) -> Option<&Arc<Document>> {
        self.documents.get(uri)
    }

    /// The URI by which the editor knows a file: the one it opened, else one under the folder as it was opened.
    pub fn uri_of(&self, path: &WorkspacePath) -> String {
        self.documents.at(path).map_or_else(|| path.uri(), |document| document.uri.clone())
    }

    /// The text of a file for reading: the open buffer, else the file on disk, with its encoding guessed if it is not UTF-8, with line
    /// feeds. Secret files are refused.
    pub fn read(&self, path: &WorkspacePath) -> Result<Arc<str>, ReadError> {
        self.source(path).map(|source| shared_with_line_feeds(source.text))
    }

    /// The exact text of a file that may be edited. A file that is not UTF-8 is refused, since an edit would rewrite it.
    pub fn read_exact(&self, path: &WorkspacePath) -> Result<Arc<str>, ReadError> {
        let source = self.source(path)?;
        if source.exact { Ok(source.text) } else { Err(ReadError::NotUtf8) }
    }

    fn source(&self, path: &WorkspacePath) -> Result<Source, ReadError> {
        if is_secret(path) {
            return Err(ReadError::Secret);
        }
        if let Some(document) = self.documents.at(path) {
            return Ok(Source { text: document.text.to_arc(), exact: true });
        }
        if !self.roots.contains(path.root()) {
            return Err(ReadError::Missing);
        }
        fs::decode(&fs::read(path, fs::MAX_READ)?.bytes)
    }
}
