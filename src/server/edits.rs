//! Edits on their way to the editor: carried over to the newest text, versioned, all or nothing; and hunks that wait for a decision.

use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Url;

use super::agent::FileEdit;
use super::state::{Pending, State};
use super::{Server, convert, message};
use crate::text::Batch;
use crate::workspace::Document;

/// How long an editor may take to show that it has applied an edit.
const SETTLE: Duration = Duration::from_secs(2);

/// The edits as a `WorkspaceEdit` against the texts as they stand now, or the reason why not one of them is offered.
pub fn workspace_edit(server: &Server, files: &[FileEdit]) -> std::result::Result<Value, String> {
    server.with(|state| {
        let mut changes = vec![];
        for file in files.iter().filter(|file| !file.edits.is_empty()) {
            let Document { uri, version, text, .. } = &*file.document;
            let fitted = match key(uri).and_then(|key| Some((state.document(&key)?, key))) {
                Some((open, key)) => {
                    let carried = state.carry_over(&key, *version, text, &file.edits);
                    carried.map(|(version, edits)| (Some(version), edits, open.document.text.clone()))
                }
                // Not open in the editor: it is as it was read, and has no version.
                None => Ok((None, file.edits.clone(), text.clone())),
            };
            let (version, edits, text) = fitted.map_err(|dropped| format!("{}: {dropped}", super::documents::last_part(uri)))?;
            let edits: Vec<_> = edits.edits().iter().map(|edit| convert::to_text_edit(edit, &text, state.editor.encoding)).collect();
            changes.push((uri.clone(), version, edits));
        }
        if state.editor.document_changes {
            let changes = changes.into_iter().map(|(uri, version, edits)| {
                let mut document = json!({ "uri": uri });
                // Left out for a document that is not open: `null` is what the specification has, and what Neovim stumbles over.
                if let Some(version) = version {
                    document["version"] = json!(version);
                }
                json!({ "textDocument": document, "edits": edits })
            });
            let changes: Vec<Value> = changes.collect();
            Ok(json!({ "documentChanges": changes }))
        } else {
            let changes: serde_json::Map<_, _> = changes.into_iter().map(|(uri, _, edits)| (uri.to_string(), json!(edits))).collect();
            Ok(json!({ "changes": changes }))
        }
    })
}

/// Has the editor apply edits; true when they show in its texts. An editor's word alone is no proof: Neovim answers `applied` for
/// edits that it dropped.
pub async fn apply(server: &Server, label: &str, files: &[FileEdit]) -> std::result::Result<bool, String> {
    if !server.with(|state| state.editor.apply_edit) {
        return Err("this editor cannot apply edits from a server; take them from the answer".into());
    }
    let edit = workspace_edit(server, files)?;
    let before = versions(server, files);
    let params = json!({ "label": label, "edit": edit });
    // In a task of its own, so that cancelling the command leaves nobody behind who waits for the editor's answer.
    let asked = tokio::spawn(server.client.request("workspace/applyEdit", params));
    let answer = asked.await.map_err(|error| error.to_string())??;
    if answer["applied"] != true {
        let reason = answer["failureReason"].as_str().unwrap_or("the editor refused the edit");
        return Err(reason.into());
    }
    let deadline = tokio::time::Instant::now() + SETTLE;
    while tokio::time::Instant::now() < deadline {
        let now = versions(server, files);
        if now.iter().zip(&before).all(|(now, before)| now != before || before.is_none()) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(false)
}

/// The key under which the state keeps a document.
fn key(uri: &str) -> Option<Url> {
    Url::parse(uri).ok()
}

fn versions(server: &Server, files: &[FileEdit]) -> Vec<Option<i32>> {
    let version = |state: &State, file: &FileEdit| Some(state.document(&key(&file.document.uri)?)?.document.version);
    server.with(|state| files.iter().map(|file| version(state, file)).collect())
}

/// Keeps edits as hunks that wait for a decision; their numbers.
pub fn hold(server: &Server, title: &str, files: Vec<FileEdit>) -> Vec<u64> {
    let ids = server.with(|state| {
        let mut ids = vec![];
        for file in files {
            for edit in file.edits.edits() {
                let file = FileEdit { document: file.document.clone(), edits: Batch::one(edit.clone()) };
                ids.push(state.hold(title, file));
            }
        }
        ids
    });
    refresh_lenses(server);
    ids
}

/// `longsight.acceptHunk {id}` and `longsight.rejectHunk {id}`.
pub async fn decide(server: &Server, argument: &Value, accept: bool) -> Result<Value> {
    let Some(id) = argument["id"].as_u64() else { return Err(Error::invalid_params("the argument needs the hunk's `id`")) };
    let Some(pending) = server.with(|state| state.take_hunk(id)) else {
        return Err(message::failure(&format!("there is no hunk {id} that waits for a decision")));
    };
    refresh_lenses(server);
    if !accept {
        return Ok(json!({ "rejected": id }));
    }
    let applied = apply(server, &pending.title, &[pending.file]).await.map_err(|reason| message::failure(&reason))?;
    Ok(json!({ "accepted": id, "applied": applied }))
}

/// The lenses of hunks that wait in a document, where they would go now. One that fits nowhere any more has none.
pub fn lenses(server: &Server, uri: &Url) -> Value {
    let shown = server.with(|state| {
        let lens = |pending: &Pending| {
            let document = &pending.file.document;
            let (_, carried) = state.carry_over(uri, document.version, &document.text, &pending.file.edits).ok()?;
            let start = state.document(uri)?.document.text.position(carried.edits().first()?.range.start, state.editor.encoding);
            let range = convert::to_range(crate::text::Range { start, end: start });
            let with = |title: String, command: &str| {
                json!({ "range": range, "command": { "title": title, "command": command, "arguments": [{ "id": pending.id }] } })
            };
            Some([with(format!("Accept: {}", pending.title), "longsight.acceptHunk"), with("Reject".into(), "longsight.rejectHunk")])
        };
        state.hunks().iter().filter(|pending| pending.file.document.uri == uri.as_str()).filter_map(lens).flatten().collect::<Vec<_>>()
    });
    Value::Array(shown)
}

fn refresh_lenses(server: &Server) {
    if server.with(|state| state.editor.refreshes_lenses) {
        tokio::spawn(server.client.request("workspace/codeLens/refresh", Value::Null));
    }
}
