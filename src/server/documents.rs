//! Open documents: kept in step with the editor, and shown to tests.

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{DidChangeTextDocumentParams, FileEvent, TextDocumentItem, Url};

use super::{Server, config, review};
use crate::report;

pub fn open(server: &Server, document: TextDocumentItem) {
    let TextDocumentItem { uri, language_id, version, text } = document;
    let (kept, lost) = server.with(|state| state.open(uri.clone(), language_id, version, &text));
    if !kept {
        server.client.show(2, &format!("longsight leaves {} alone: it is larger than 32 MiB.", name(&uri)));
    }
    review::tell_lost(server, &lost);
    touched(server, &uri);
}

pub fn change(server: &Server, params: DidChangeTextDocumentParams) {
    let document = params.text_document;
    let outcome = server.with(|state| state.change(&document.uri, document.version, params.content_changes));
    if let Some(reason) = outcome.desynced {
        tell_desynced(server, &document.uri, reason);
    }
    review::tell_lost(server, &outcome.lost);
    touched(server, &document.uri);
    if let Some(work) = server.agent().ahead(&server.scene(), document.uri.as_str()) {
        server.work.detach(work);
    }
}

pub fn close(server: &Server, uri: &Url) {
    server.with(|state| state.close(uri));
    server.agent().changed(&server.scene(), uri.as_str());
}

/// What is saved is on disk now: the index reads it there.
pub fn saved(server: &Server, uri: &Url) {
    if let Ok(path) = uri.to_file_path() {
        server.agent().files_changed(vec![path]);
    }
}

pub fn files_changed(server: &Server, events: Vec<FileEvent>) {
    let paths: Vec<_> = events.into_iter().filter_map(|event| event.uri.to_file_path().ok()).collect();
    if !paths.is_empty() {
        server.agent().files_changed(paths);
    }
}

fn touched(server: &Server, uri: &Url) {
    config::check(server, uri);
    server.agent().changed(&server.scene(), uri.as_str());
}

/// A handler panicked: its document may differ from the editor's now, or all of them where it is not known which.
pub fn suspect(server: &Server, method: &str, params: Option<&Value>) {
    const REASON: &str = "a change to it failed inside longsight";
    if !method.starts_with("textDocument/") {
        return;
    }
    let uri = params.and_then(|params| params["textDocument"]["uri"].as_str()).and_then(|uri| Url::parse(uri).ok());
    match uri {
        Some(uri) => {
            server.with(|state| state.distrust(&uri, REASON));
            tell_desynced(server, &uri, REASON);
        }
        None => server.with(|state| state.distrust_all(REASON)),
    }
}

fn tell_desynced(server: &Server, uri: &Url, reason: &str) {
    report::log("warning", format_args!("{} is out of step: {reason}", name(uri)));
    let text = format!("longsight lost track of {} ({reason}) and offers nothing there. Close and open it to go on.", name(uri));
    server.client.show(2, &text);
}

/// The last part of a URI, for people.
pub fn name(uri: &Url) -> &str {
    last_part(uri.as_str())
}

/// As [`name`].
pub fn last_part(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// Parameters of `longsight/debugDocuments`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Debug {
    /// Answer with the whole text as well.
    text: bool,
}

/// What the server believes about each open document.
pub fn debug(server: &Server, wanted: &Debug) -> Value {
    let documents = server.with(|state| state.documents().map(|(uri, open)| (uri.clone(), open.clone())).collect::<Vec<_>>());
    let mut shown: Vec<Value> = documents
        .into_iter()
        .map(|(uri, open)| {
            let mut shown = json!({ "uri": uri, "version": open.document.version, "languageId": open.document.language });
            shown["hash"] = json!(format!("{:016x}", open.document.text.hash()));
            if let Some(reason) = open.desynced {
                shown["desynced"] = json!(reason);
            }
            if open.oversized {
                shown["oversized"] = json!(true);
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
