//! Open documents: kept in sync with the editor; also shows them to tests.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{self as lsp, FileEvent, MessageType, Url};

use super::edit::hold;
use super::edit::hunks::DroppedHunk;
use super::open_documents::Change;
use super::service::StateSnapshot;
use super::state;
use super::{Server, config, convert, folders};
use crate::report::{self, Level};
use crate::syntax::guard;
use crate::text::layout::with_line_feeds;
use crate::workspace::obeyed::is_steering;
use crate::workspace::uri::{name, targets};
use crate::workspace::{Document, Documents, Sync};

/// Parameters of `textDocument/didOpen`, as far as they are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DidOpenParams {
    text_document: TextDocumentItem,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextDocumentItem {
    uri: Url,
    #[serde(default)]
    language_id: Option<String>,
    #[serde(default)]
    version: Option<i32>,
    text: String,
}

/// Parameters of `textDocument/didChange`. Older clients leave out the version.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DidChangeParams {
    text_document: VersionedTextDocument,
    content_changes: Vec<ContentChange>,
}

#[derive(Deserialize)]
struct VersionedTextDocument {
    uri: Url,
    version: Option<i32>,
}

/// The new text of a range, or of the whole document.
#[derive(Deserialize)]
struct ContentChange {
    range: Option<lsp::Range>,
    text: String,
}

/// `textDocument/didOpen`.
pub fn open(server: &Server, params: Value) {
    let opened = match DidOpenParams::deserialize(&params) {
        Ok(opened) => opened.text_document,
        Err(error) => return unreadable(server, "textDocument/didOpen", &params, &error),
    };
    let (language, version) = (opened.language_id.unwrap_or_default(), opened.version.unwrap_or_default());
    let uri = opened.uri;
    let unsafe_to_parse = guard::refuses(&with_line_feeds(&opened.text));
    let targets = targets(uri.as_str());
    let document = state::NewDocument { uri: uri.clone(), path: None, targets, language, version, text: opened.text };
    let (kept, lost) = take_in(server, document);
    if !kept {
        server.client.show(MessageType::WARNING, &format!("longsight leaves {} alone: it is larger than 32 MiB.", name(uri.as_str())));
    }
    if let Some(list) = unsafe_to_parse {
        let text = format!(
            "longsight reads {} as plain text: parsing it has ended the server several times. It is tried again once the text changes, or \
             {} is removed.",
            name(uri.as_str()),
            list.display()
        );
        server.client.show(MessageType::WARNING, &text);
    }
    hold::tell_lost(server, &lost);
    touched(server, &uri);
    // It may be a closed file with hunks that was renamed without notice.
    let server = server.clone();
    tokio::spawn(async move { hold::follow_disk(&server, |path| !path.exists()).await });
}

/// Finds out where a document is and opens it; again if the folders have changed in the meantime.
fn take_in(server: &Server, document: state::NewDocument) -> (bool, Vec<DroppedHunk>) {
    let mut waiting = Some(document);
    loop {
        let roots = server.with(|state| state.roots());
        if let Some(document) = &mut waiting {
            document.path = roots.locate_uri(document.uri.as_str());
        }
        let opened = server.with(|state| {
            let document = if Arc::ptr_eq(&state.roots(), &roots) { waiting.take() } else { None };
            document.map(|document| state.open(document))
        });
        if let Some(opened) = opened {
            return opened;
        }
    }
}

/// `textDocument/didChange`.
pub fn change(server: &Server, params: Value) {
    let changed: DidChangeParams = match DidChangeParams::deserialize(&params) {
        Ok(changed) => changed,
        Err(error) => return unreadable(server, "textDocument/didChange", &params, &error),
    };
    let uri = changed.text_document.uri;
    let pieces = changed.content_changes.into_iter();
    let changes = pieces.map(|piece| Change { range: piece.range.map(convert::range), text: piece.text }).collect();
    let effect = server.with(|state| state.change(&uri, changed.text_document.version, changes));
    if let Some(reason) = effect.desynced {
        tell_desynced(server, &uri, reason, effect.forgotten);
    }
    hold::tell_lost(server, &effect.lost);
    touched(server, &uri);
    if let Some(work) = server.features().work_ahead(&server.snapshot(), uri.as_str()) {
        server.workers.spawn_detached(work);
    }
}

/// A message about a document is unreadable, so the document's text is unknown from now on.
fn unreadable(server: &Server, method: &str, params: &Value, error: &serde_json::Error) {
    report::log(Level::Warning, format_args!("`{method}` cannot be read: {error}"));
    suspect(server, method, Some(params));
}

/// `textDocument/didClose`.
pub fn close(server: &Server, uri: &Url) {
    server.with(|state| state.close(uri));
    announce(server, uri);
}

/// Tells the features a document's new state, or that it is closed.
fn announce(server: &Server, uri: &Url) {
    let told = server.snapshot();
    server.features().note_change(&told, uri.as_str());
    catch_up(server, told);
}

/// Tells the features about documents until they have the newest state of all. Both the check of the folders and the editor's messages
/// report documents, so the slower of the two may report something outdated.
pub fn catch_up(server: &Server, mut told: StateSnapshot) {
    loop {
        let now = server.snapshot();
        let differing = differing(&told.workspace.documents, &now.workspace.documents);
        if differing.is_empty() {
            return;
        }
        differing.iter().for_each(|uri| server.features().note_change(&now, uri));
        told = now;
    }
}

/// Documents that are new, changed or gone.
fn differing(told: &Documents, now: &Documents) -> Vec<String> {
    let is_known = |document: &Arc<Document>| told.get(&document.uri).is_some_and(|known| Arc::ptr_eq(known, document));
    let gone = told.iter().filter(|document| now.get(&document.uri).is_none());
    now.iter().filter(|document| !is_known(document)).chain(gone).map(|document| document.uri.clone()).collect()
}

/// A saved document is on disk now, where the index reads it.
pub fn saved(server: &Server, uri: &Url) {
    if let Ok(path) = uri.to_file_path() {
        on_disk(server, vec![path]);
    }
}

/// `workspace/didChangeWatchedFiles`.
pub fn files_changed(server: &Server, events: Vec<FileEvent>) {
    let paths: Vec<_> = events.into_iter().filter_map(|event| event.uri.to_file_path().ok()).collect();
    if paths.is_empty() {
        return;
    }
    on_disk(server, paths.clone());
    let server = server.clone();
    tokio::spawn(async move { hold::follow_disk(&server, |path| paths.iter().any(|changed| path.starts_with(changed))).await });
}

fn on_disk(server: &Server, paths: Vec<PathBuf>) {
    let roots = server.with(|state| state.roots());
    let steers =
        |path: &PathBuf| roots.iter().any(|root| path.strip_prefix(root.path()).is_ok_and(|below| is_steering(&below.to_string_lossy())));
    let changed = paths.iter().any(steers);
    server.features().note_files_changed(paths);
    if changed {
        folders::refresh_soon(server);
    }
}

fn touched(server: &Server, uri: &Url) {
    config::check(server, uri);
    announce(server, uri);
}

/// Called when a handler has failed: its document may now differ from the editor's. If it is unknown which document that is, all may
/// differ.
pub fn suspect(server: &Server, method: &str, params: Option<&Value>) {
    const REASON: &str = "a change to it failed inside longsight";
    if !method.starts_with("textDocument/") {
        return;
    }
    let Some(named) = params.and_then(|params| params["textDocument"]["uri"].as_str()) else {
        let open = server.with(|state| {
            state.distrust_all(REASON);
            state.documents().count()
        });
        if open > 0 {
            let text = "longsight lost track of the open documents (a message about one of them could not be read) and offers nothing in \
                them. Close and open them to go on.";
            server.client.show(MessageType::WARNING, text);
        }
        return;
    };
    // A string that is not a URI names no open document.
    let Ok(uri) = Url::parse(named) else {
        return report::log(Level::Warning, format_args!("{method} names {named:?}, which is not a URI"));
    };
    if let Some(forgotten) = server.with(|state| state.distrust(&uri, REASON)) {
        tell_desynced(server, &uri, REASON, forgotten);
    }
}

fn tell_desynced(server: &Server, uri: &Url, reason: &str, forgotten: usize) {
    report::log(Level::Warning, format_args!("{} is out of sync: {reason}", name(uri.as_str())));
    let gone = if forgotten > 0 { format!(" {forgotten} proposed change(s) in it are dropped.") } else { String::new() };
    let name = name(uri.as_str());
    let text = format!("longsight lost track of {name} ({reason}) and offers nothing there. Close and reopen it to continue.{gone}");
    server.client.show(MessageType::WARNING, &text);
}

/// Parameters of `longsight/debugDocuments`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DebugParams {
    /// Return the whole text as well.
    text: bool,
}

/// What the server believes about each open document.
pub fn debug(server: &Server, wanted: &DebugParams) -> Value {
    let documents = server.with(|state| state.documents().map(|(uri, open)| (uri.clone(), open.clone())).collect::<Vec<_>>());
    let mut shown: Vec<Value> = documents
        .into_iter()
        .map(|(uri, open)| {
            let mut shown = json!({ "uri": uri, "version": open.document.version, "languageId": open.document.language });
            shown["hash"] = json!(format!("{:016x}", open.document.text.hash()));
            match open.document.sync {
                Sync::InStep => {}
                Sync::Lost(reason) => shown["desynced"] = json!(reason),
                Sync::TooLarge => shown["oversized"] = json!(true),
            }
            if wanted.text {
                shown["text"] = json!(open.document.text.to_string());
            }
            shown
        })
        .collect();
    shown.sort_by(|a, b| a["uri"].as_str().cmp(&b["uri"].as_str()));
    json!(shown)
}
