//! Files that get another name while hunks wait in them: the hunks move along, or are dropped with a message. None is left behind for
//! whatever takes the old name next.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::lsp_types::{FileRename, Url};

use super::hold;
use super::hunk_view::redraw;
use super::hunks::DroppedHunk;
use crate::server::Server;
use crate::workspace::{Document, Roots, is_secret, uri};

/// `workspace/didRenameFiles`, of files and folders.
pub fn files(server: &Server, renames: &[FileRename]) {
    let waiting: BTreeSet<String> =
        server.with(|state| state.hunks.iter().map(|pending| pending.document.uri.clone()).collect::<BTreeSet<_>>());
    if waiting.is_empty() {
        return;
    }
    let roots = server.with(|state| state.roots());
    for old in waiting {
        if let Some(new) = renames.iter().find_map(|rename| renamed(&old, rename)) {
            follow(server, &roots, &old, &new);
        }
    }
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

/// Takes the hunks of a file to its new name.
fn follow(server: &Server, roots: &Arc<Roots>, old: &str, new: &str) {
    let path = roots.locate_uri(new).filter(|path| !is_secret(path));
    let lost: Vec<DroppedHunk> = server.with(|state| {
        let Some(known) = state.hunks.of(old).next().map(|pending| pending.document.clone()) else { return vec![] };
        if known.path.is_some() && path.is_none() {
            let why = format!("the file is called {} now, where nothing is changed", uri::name(new));
            return state.hunks.drop_of(old, &why);
        }
        // Where the editor shows it under its new name already, that text counts. Else it is compared when it is opened or accepted.
        let named = Document { uri: new.into(), path: path.clone(), ..(*known).clone() };
        let now = state.open_as(&named).map(|(_, open)| open.document.clone());
        match now {
            Some(now) => state.hunks.renamed(old, &now),
            None => {
                state.hunks.rename(old, new, path.as_ref());
                vec![]
            }
        }
    });
    hold::say_lost(server, &lost);
    redraw(server, [old, new]);
}
