//! Accepts hunks in editors that cannot be asked to apply an edit: a code action carries the edit, as with other servers. The server sees
//! in the text of the document whether the editor has applied it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Url;

use super::apply;
use super::hold::follow_disk;
use super::hunks::{PendingHunk, by_file};
use super::selector::HunkSelector;
use crate::server::editor::Editor;
use crate::server::state::State;
use crate::server::{Server, menu, message};
use crate::workspace::Document;

/// What a listed action carries until it is resolved.
#[derive(Serialize, Deserialize)]
struct AcceptData {
    /// The hunks, as the argument of `longsight.acceptHunk`.
    accept: Value,
    uri: Url,
    version: i32,
}

/// What an editor without the means for edits is told.
pub const APPLIES_NO_EDITS: &str = "this editor cannot apply edits from a server; take them from the answer";

/// Why an editor cannot accept hunks; none if it can. An edit without a version could be applied to a text that has changed, so such an
/// editor has to ask for the edit at the moment in which the user chooses it.
pub fn hindered(editor: &Editor) -> Option<&'static str> {
    let can = editor.can.apply_edits || editor.can.resolve_actions || editor.can.version_edits;
    (!can).then_some(APPLIES_NO_EDITS)
}

/// Whether a hunk cannot be listed in its own document: it creates that document's file, and the editor accepts hunks only by code actions.
pub fn is_homeless(state: &State, pending: &PendingHunk) -> bool {
    pending.creates && !state.editor.can.apply_edits && state.open_as(&pending.document).is_none()
}

/// The code action in a document that accepts these hunks; none if the editor cannot use it.
pub fn action(editor: &Editor, document: &Document, title: &str, kind: &str, hunks: &Value) -> Option<Value> {
    if editor.can.apply_edits {
        return Some(menu::running(title, kind, "longsight.acceptHunk", hunks));
    }
    if hindered(editor).is_some() {
        return None;
    }
    let data = json!({ "accept": hunks, "uri": document.uri, "version": document.version });
    Some(menu::resolved_later(title, kind, &data))
}

/// Whether this is a code action that [`action`] has listed.
pub fn is_one(action: &Value) -> bool {
    action["data"]["accept"].is_object()
}

/// Adds the edit to an action, but only if the document still has the text for which the action was listed. Its hunks wait until the text
/// shows them, because editors also ask for the edits of actions that the user only looks at.
pub async fn resolve(server: &Server, mut action: Value) -> Result<Value> {
    let data: AcceptData = serde_json::from_value(action["data"].clone()).map_err(|error| Error::invalid_params(error.to_string()))?;
    if server.with(|state| state.document(&data.uri).is_none_or(|open| open.document.version != data.version)) {
        return Err(message::content_modified("the document has changed since the action was listed; choose it again"));
    }
    let selector = HunkSelector::of(&data.accept)?;
    follow_disk(server, |_| true).await;
    let taken: Vec<_> = server.with(|state| state.hunks.iter().filter(|pending| selector.selects(pending)).cloned().collect());
    if taken.is_empty() {
        return Err(selector.missing());
    }
    let files = by_file(&taken).map_err(|reason| message::request_failed(&reason))?;
    action["edit"] = apply::workspace_edit(server, &files, None).await.map_err(|reason| message::content_modified(&reason))?;
    if let Some(fields) = action.as_object_mut() {
        fields.remove("data");
    }
    Ok(action)
}
