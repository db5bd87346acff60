//! The folders of the workspace: which ones the editor has opened, what they are on disk, and who is told when they, the settings or their
//! trust have changed.

use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::lsp_types::{MessageType, Url, WorkspaceFoldersChangeEvent};

use super::state::{LocatedFolders, is_same_folder};
use super::{Server, config, document_sync, trust};
use crate::report::{self, Level};
use crate::workspace::{Roots, broad};

/// Tells the features about roots, open documents and settings. In the background, since disks are read; one check at a time.
pub fn refresh_soon(server: &Server) {
    let this = server.clone();
    server.workers.spawn_detached(Box::pin(async move { refresh(&this).await }));
}

/// [`refresh_soon`], awaited.
pub async fn refresh(server: &Server) {
    let Ok(_turn) = server.looks.acquire().await else { return };
    let this = server.clone();
    let done = server.workers.handle.spawn_blocking(move || refresh_now(&this)).await;
    if let Err(error) = done {
        report::log(Level::Error, format_args!("the workspace could not be checked: {error}"));
    }
}

/// [`refresh`] on this thread: checks the folders on disk without holding the lock; again if they, or the open documents, have changed in
/// the meantime.
pub fn refresh_now(server: &Server) {
    loop {
        let (editor, uris) = server.with(|state| (state.editor.clone(), state.documents().map(|(uri, _)| uri.clone()).collect::<Vec<_>>()));
        let folders = editor.roots.iter().filter_map(|root| root.to_file_path().ok());
        let (broad, folders): (Vec<_>, Vec<_>) = folders.map(|folder| (broad::reason(&folder), folder)).partition(|(why, _)| why.is_some());
        say_left_alone(server, broad);
        let roots = Arc::new(Roots::new(folders.into_iter().map(|(_, folder)| folder)));
        trust::determine(server, &roots);
        let located = uris.into_iter().map(|uri| {
            let path = roots.locate_uri(uri.as_str());
            (uri, path)
        });
        let located = LocatedFolders { editor, roots: roots.clone(), documents: located.collect() };
        if server.with(|state| state.set_roots(located)) {
            config::tell_projects(server, &roots);
            break;
        }
    }
    let told = server.snapshot();
    server.features().set_workspace(told.clone());
    document_sync::catch_up(server, told);
}

/// Reports once for each folder that is no workspace that it is none. A file in it is treated as if opened without a folder.
fn say_left_alone(server: &Server, broad: Vec<(Option<&'static str>, PathBuf)>) {
    let is_new = |folder: &PathBuf| server.with(|state| !state.left_alone.contains(folder));
    for (why, folder) in broad.iter().filter(|(_, folder)| is_new(folder)) {
        let (folder, why) = (folder.display(), why.unwrap_or_default());
        let told = format!("{folder} {why}: nothing in it is read but the files that you open; {}", broad::WAY_OUT);
        server.client.show(MessageType::INFO, &format!("longsight: {told}"));
    }
    server.with(|state| state.left_alone = broad.into_iter().map(|(_, folder)| folder).collect());
}

/// Takes over folders that the editor has opened and closed.
pub fn change(server: &Server, event: WorkspaceFoldersChangeEvent) {
    let added = on_disk(event.added.into_iter().map(|folder| folder.uri));
    let removed = event.removed.into_iter().map(|folder| folder.uri);
    server.with(|state| state.change_folders(added, &removed.collect::<Vec<_>>()));
    refresh_soon(server);
}

/// The folders that may be on a disk of this machine, each once; others cannot be read.
pub fn on_disk(folders: impl IntoIterator<Item = Url>) -> Vec<Url> {
    let mut there: Vec<Url> = vec![];
    for folder in folders {
        if folder.to_file_path().is_err() {
            report::log(Level::Warning, format_args!("the folder {folder} is not read: it is not on a disk of this machine"));
        } else if !there.iter().any(|known| is_same_folder(known, &folder)) {
            there.push(folder);
        }
    }
    there
}
