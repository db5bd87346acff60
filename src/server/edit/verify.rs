//! Checks whether an edit that the editor says it has applied can be seen: in the text of an open document; for a closed file on disk, or
//! in the document that the editor opens soon after. What the editor says is no proof: Neovim answers `applied` for edits that it dropped.

use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use crate::features::edit::FileEdit;
use crate::server::Server;
use crate::server::state::State;
use crate::text::{Batch, Text, unmarked};
use crate::workspace::Snapshot;

/// What is expected of one file.
pub struct Expected {
    pub file: FileEdit,
    before: Text,
    state: FileState,
}

enum FileState {
    Open {
        uri: Url,
        version: i32,
        after: Text,
        /// If false, the user chooses among the hunks, and any change of the text will do.
        exact: bool,
    },
    Closed {
        /// The file is created and stays empty: its existence is all there is to see.
        stays_empty: bool,
    },
}

impl Expected {
    /// For an open document with this text at this version. `asks` means that the user chooses among the hunks.
    pub fn open(file: &FileEdit, uri: Url, version: i32, before: Text, edits: &Batch, asks: bool) -> Self {
        let mut after = before.clone();
        let exact = after.apply(edits).is_ok() && !asks;
        Self { file: file.clone(), before, state: FileState::Open { uri, version, after, exact } }
    }

    /// For a file that is not open, with its text on disk.
    pub fn closed(file: &FileEdit, before: Text) -> Self {
        let stays_empty = file.creates && file.edits.is_empty();
        Self { file: file.clone(), before, state: FileState::Closed { stays_empty } }
    }

    /// Accepts any change of the text, because the user chose among the hunks.
    pub fn in_part(mut self) -> Self {
        if let FileState::Open { exact, .. } = &mut self.state {
            *exact = false;
        }
        self
    }

    /// Whether the file is an open document.
    pub fn is_open(&self) -> bool {
        matches!(self.state, FileState::Open { .. })
    }

    fn is_met(&self, state: &State) -> bool {
        match &self.state {
            FileState::Open { uri, version, after, exact } => {
                let Some(open) = state.document(uri) else { return true };
                if *exact { open.has_been(after, *version, &self.before) } else { open.document.version != *version }
            }
            FileState::Closed { stays_empty } => {
                state.open_as(&self.file.document).is_some_and(|(_, open)| *stays_empty || open.document.text != self.before)
            }
        }
    }

    /// Whether the file on disk differs from its text before the edit. It need not be exactly the edited text, since a formatter may have
    /// changed more.
    fn lies_changed(&self, snapshot: &Snapshot) -> bool {
        let FileState::Closed { stays_empty } = &self.state else { return false };
        // Outside of the workspace nothing can be checked here.
        let Some(path) = &self.file.document.path else { return true };
        snapshot.read_exact(path).is_ok_and(|text| *stays_empty || self.before != Text::new(unmarked(&text)))
    }
}

/// Indices of the files that show no change so far. Reads files, on threads other than the protocol's.
pub async fn missing(server: &Server, expected: &Arc<Vec<Expected>>) -> Vec<usize> {
    let open_ones: Vec<usize> = server.with(|state| {
        let all = expected.iter().enumerate();
        all.filter(|(_, one)| !one.is_met(state)).map(|(at, _)| at).collect()
    });
    if open_ones.iter().all(|at| expected[*at].is_open()) {
        return open_ones;
    }
    let (snapshot, all, unmet) = (server.snapshot().workspace, expected.clone(), open_ones.clone());
    let look = async move { unmet.into_iter().filter(|at| !all[*at].lies_changed(&snapshot)).collect() };
    server.workers.spawn_on_own_thread(Box::pin(look)).await.unwrap_or(open_ones)
}
