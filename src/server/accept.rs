//! Accepting hunks where the editor cannot be asked to apply an edit: by a code action that holds it, as those of other servers do. That it
//! came into the text is seen there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Url;

use super::held::follow_disk;
use super::hunks::Pending;
use super::review::{Wanted, by_file};
use super::state::{Editor, State};
use super::{Server, edits, menu, message};
use crate::workspace::Document;

/// What a listed action carries to its resolution.
#[derive(Serialize, Deserialize)]
struct Data {
    /// The hunks, as `longsight.acceptHunk` names them.
    accept: Value,
    uri: Url,
    version: i32,
}

/// Why hunks cannot be accepted in an editor; none where they can. An edit that names no version may be for a text that has changed since,
/// unless it is asked for when it is wanted.
pub fn hindered(editor: &Editor) -> Option<&'static str> {
    let can = editor.apply_edit || editor.resolves_actions || editor.document_changes;
    (!can).then_some("this editor cannot apply edits from a server; take them from the answer")
}

/// Whether a hunk can be accepted in no document of its own: it creates a file, and waits for an action.
pub fn is_homeless(state: &State, pending: &Pending) -> bool {
    pending.creates && !state.editor.apply_edit && state.open_as(&pending.document).is_none()
}

/// What is said once of accepting hunks in an editor that has only the actions for it.
pub fn told(state: &mut State) -> Option<&'static str> {
    let words = "This editor cannot be asked to apply edits: choose the code action that accepts, for code lenses only reject.";
    let is_news = !state.editor.apply_edit && !std::mem::replace(&mut state.told_of_actions, true);
    is_news.then_some(words)
}

/// The action that accepts these hunks, listed in a document; none where the editor can do nothing with it.
pub fn action(editor: &Editor, document: &Document, title: &str, kind: &str, hunks: &Value) -> Option<Value> {
    if editor.apply_edit {
        return Some(menu::running(title, kind, "longsight.acceptHunk", hunks));
    }
    if hindered(editor).is_some() {
        return None;
    }
    let data = json!({ "accept": hunks, "uri": document.uri, "version": document.version });
    Some(menu::resolved_later(title, kind, &data))
}

/// Whether an action is one of these.
pub fn is_one(action: &Value) -> bool {
    action["data"]["accept"].is_object()
}

/// Puts the edit into an action, for the text that it was listed for or not at all. Its hunks wait until the text shows them: an editor may
/// list or preview what nobody chooses.
pub async fn resolve(server: &Server, mut action: Value) -> Result<Value> {
    let data: Data = serde_json::from_value(action["data"].clone()).map_err(|error| Error::invalid_params(error.to_string()))?;
    if server.with(|state| state.document(&data.uri).is_none_or(|open| open.document.version != data.version)) {
        return Err(message::modified("the document has changed since the action was listed; choose it again"));
    }
    let wanted = Wanted::of(&data.accept)?;
    follow_disk(server, |_| true).await;
    let taken: Vec<_> = server.with(|state| state.hunks.iter().filter(|pending| wanted.is(pending)).cloned().collect());
    if taken.is_empty() {
        return Err(wanted.missing());
    }
    let files = by_file(&taken).map_err(|reason| message::failure(&reason))?;
    action["edit"] = edits::workspace_edit(server, &files, None).await.map_err(|reason| message::modified(&reason))?;
    if let Some(fields) = action.as_object_mut() {
        fields.remove("data");
    }
    Ok(action)
}
