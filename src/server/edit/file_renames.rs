//! Files that get another name while hunks wait in them: the hunks move along, or are dropped with a message. None is left behind for
//! whatever takes the old name next.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tower_lsp::lsp_types::{FileRename, Url};

use super::hold;
use super::hunk_view::redraw;
use super::hunks::{DroppedHunk, PendingHunk};
use crate::server::Server;
use crate::server::state::State;
use crate::workspace::{Document, WorkspacePath, is_secret, uri};

/// `workspace/didRenameFiles`, of files and folders.
pub fn files(server: &Server, renames: &[FileRename]) {
    let waiting: BTreeSet<String> =
        server.with(|state| state.hunks.iter().map(|pending| pending.document.uri.clone()).collect::<BTreeSet<_>>());
    if waiting.is_empty() {
        return;
    }
    let roots = server.with(|state| state.roots());
    let renamed = waiting.into_iter().filter_map(|old| {
        let new = renames.iter().find_map(|rename| renamed(&old, rename))?;
        let path = roots.locate_uri(&new).filter(|path| !is_secret(path));
        Some(Renamed { old, new, path })
    });
    let renamed: Vec<Renamed> = renamed.collect();
    let lost: Vec<Vec<DroppedHunk>> = server.with(|state| {
        // One file may take the name that another has just left, so all are taken out before one is put back.
        let taken: Vec<Vec<PendingHunk>> =
            renamed.iter().map(|file| state.hunks.take(|pending| pending.document.uri == file.old)).collect();
        renamed.iter().zip(taken).map(|(file, hunks)| follow(state, file, hunks)).collect()
    });
    lost.iter().for_each(|lost| hold::say_lost(server, lost));
    redraw(server, renamed.iter().flat_map(|file| [file.old.as_str(), &file.new]).collect::<BTreeSet<_>>());
}

/// A file with waiting hunks that has another name now, and its new place in the workspace.
struct Renamed {
    old: String,
    new: String,
    path: Option<WorkspacePath>,
}

/// What a file is called now, if it is the one that was renamed, or lies in the folder that was.
fn renamed(file: &str, FileRename { old_uri, new_uri }: &FileRename) -> Option<String> {
    if uri::is_same(file, old_uri) {
        return Some(new_uri.clone());
    }
    let path = |uri: &str| -> Option<PathBuf> { Url::parse(uri).ok()?.to_file_path().ok() };
    let below = path(file)?.strip_prefix(path(old_uri)?).ok()?.to_path_buf();
    Some(Url::from_file_path(path(new_uri)?.join(below)).ok()?.to_string())
}

/// Puts the hunks of a file back under its new name; returns those that do not fit.
fn follow(state: &mut State, Renamed { new, path, .. }: &Renamed, hunks: Vec<PendingHunk>) -> Vec<DroppedHunk> {
    let Some(known) = hunks.first().map(|pending| pending.document.clone()) else { return vec![] };
    if known.path.is_some() && path.is_none() {
        let why = format!("the file is called {} now, where nothing is changed", uri::name(new));
        return hunks.into_iter().map(|pending| DroppedHunk { pending: pending.into(), why: why.clone() }).collect();
    }
    // Where the editor shows it under its new name already, that text counts. Else it is compared when it is opened or accepted.
    let named = Document { uri: new.clone(), path: path.clone(), ..(*known).clone() };
    if let Some(now) = state.open_as(&named).map(|(_, open)| open.document.clone()) {
        return state.hunks.fit(hunks, &now);
    }
    state.hunks.put_back(hunks.into_iter().map(|pending| pending.named(new, path.as_ref())).collect());
    vec![]
}
