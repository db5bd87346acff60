//! `textDocument/inlineCompletion`: the newest request of a document wins. An earlier one that is still running is answered immediately,
//! and its model stops.

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{self as lsp, TextDocumentIdentifier, Url};

use super::editor::Quirk;
use super::service::Suggestions;
use super::{Server, convert, message, trust};
use crate::engine::ErrorKind;
use crate::features::{Target, complete};
use crate::text::{Batch, Edit};
use crate::workspace::Document;

/// Parameters as in LSP 3.18.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineCompletionParams {
    text_document: TextDocumentIdentifier,
    position: lsp::Position,
    context: Option<InlineCompletionContext>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InlineCompletionContext {
    trigger_kind: Option<u8>,
    selected_completion_info: Option<SelectedCompletion>,
}

#[derive(Deserialize)]
struct SelectedCompletion {
    range: lsp::Range,
    text: String,
}

/// LSP 3.18 defines 1 as invoked and 2 as automatic; older clients sent 0 and 1, so 1 counts as invoked.
const AUTOMATIC: u8 = 2;

/// The suggestions at a place; null if there are none.
pub async fn inline(server: &Server, params: InlineCompletionParams) -> Result<Value> {
    trust::pick_up_decision(server);
    let uri = params.text_document.uri;
    let encoding = server.with(|state| state.editor.encoding);
    let Some((snapshot, document)) = server.snapshot_of(&uri) else { return Ok(Value::Null) };
    let context = params.context.unwrap_or_default();
    let selected = context.selected_completion_info;
    let invoked = context.trigger_kind != Some(AUTOMATIC);
    if !invoked && !snapshot.config.completion.automatic {
        return Ok(Value::Null);
    }
    let selected = selected.map(|selected| (document.text.offsets(convert::range(selected.range), encoding), selected.text));
    let offset = document.text.offset(convert::position(params.position), encoding);
    let at = Target { document: document.clone(), bytes: offset..offset };
    let (cancel, overtakes) = server.with(|state| state.newest_completion(&uri));
    let _stop = cancel.clone().drop_guard();
    let params = complete::Params { at, invoked, selected };
    let work = server.features().complete(snapshot, params, overtakes && !invoked, cancel.clone());
    // A completion that the user has asked for also waits for the ranking of the repository.
    let work = if invoked { server.workers.spawn_on_own_thread(work) } else { server.workers.spawn(work) };
    let outcome = tokio::select! {
        biased;
        () = cancel.cancelled() => return Ok(Value::Null),
        outcome = work => outcome?,
    };
    match outcome {
        Ok(suggestions) => {
            // Suggestions from memory say nothing about whether the engine works.
            if suggestions.answered {
                server.with(|state| state.reported_failures.clear());
            }
            Ok(items(server, &uri, &document, suggestions))
        }
        Err(error) if error.kind == ErrorKind::Cancelled => Ok(Value::Null),
        // While the user types, the same failure is reported once and not with every key.
        Err(error) if !invoked && !server.with(|state| state.note_failure(error.kind)) => Ok(Value::Null),
        Err(error) => Err(message::from_engine(&error)),
    }
}

/// The suggestions that still fit, in the form editors accept: always with a range, never with a null.
fn items(server: &Server, uri: &Url, document: &Document, suggestions: Suggestions) -> Value {
    server.with(|state| {
        let fit = |edit: Edit| {
            let batch = Batch::one(edit);
            let (_, carried) = state.carry_over(uri, document.version, &document.text, &batch).ok()?;
            let edit = carried.edits().first()?.clone();
            let text = &state.document(uri)?.document.text;
            let range = convert::to_range(text.range(edit.range, state.editor.encoding));
            // The specification leaves line ends to the client.
            let inserted = if state.editor.has(Quirk::KeepsCarriageReturns) { edit.text.replace("\r\n", "\n") } else { edit.text };
            Some(json!({ "insertText": inserted, "range": range }))
        };
        let items: Vec<Value> = suggestions.edits.into_iter().filter_map(fit).collect();
        if items.is_empty() { Value::Null } else { json!({ "items": items }) }
    })
}
