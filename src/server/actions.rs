//! `textDocument/codeAction`: the menu, from memory; and `codeAction/resolve`: the edit, from the model.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::{self as lsp, MessageType, TextDocumentIdentifier, Url};

use super::edit::apply::{self, Label};
use super::edit::delivery::{self, Delivery};
use super::edit::{accept_by_action, review};
use super::progress::Progress;
use super::{Server, answers, menu, message, trust};
use crate::engine::Cancel;
use crate::features::Target;
use crate::features::actions::{Offer, covers};
use crate::features::edit::{How, Params, Problem};

/// Parameters of `textDocument/codeAction`. Diagnostics come from other servers; only their message and line are read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeActionParams {
    text_document: TextDocumentIdentifier,
    range: lsp::Range,
    context: Option<CodeActionContext>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CodeActionContext {
    diagnostics: Option<Vec<Value>>,
    only: Option<Vec<String>>,
}

/// What a listed action carries until it is resolved.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ActionData {
    uri: Url,
    version: i32,
    start: usize,
    end: usize,
    kind: String,
    problems: Vec<String>,
}

/// The actions offered at a range. Asks no model.
pub async fn list(server: &Server, params: CodeActionParams) -> Result<Value> {
    trust::pick_up_decision(server);
    let CodeActionContext { diagnostics, only } = params.context.unwrap_or_default();
    // A request for actions on save does not list the diagnostics, so an empty list means nothing then.
    let speaks = diagnostics.is_some() && only.as_ref().is_none_or(Vec::is_empty);
    let diagnostics: Vec<Value> = diagnostics.unwrap_or_default();
    let told = diagnostics.into_iter().filter_map(|diagnostic| Some((problem(&diagnostic)?, diagnostic)));
    let (told, diagnostics): (Vec<Problem>, Vec<Value>) = told.unzip();
    let problems: Vec<String> = told.iter().map(|problem| problem.message.clone()).collect();
    let only = only.unwrap_or_default();
    let uri = params.text_document.uri;
    let Some((snapshot, document)) = server.snapshot_of(&uri) else { return Ok(json!([])) };
    let bytes = server.with(|state| {
        if speaks {
            state.take_in_diagnostics(&uri, &document, (params.range.start.line, params.range.end.line), told);
        }
        state.editor.bytes(&document.text, params.range)
    });
    let place = Target { document, bytes };
    let data = ActionData {
        uri,
        version: place.document.version,
        start: place.bytes.start,
        end: place.bytes.end,
        kind: String::new(),
        problems: problems.clone(),
    };
    let range = params.range;
    let resolves = server.with(|state| state.editor.can.resolve_actions);
    let decisions = review::actions(server, &place);
    let offers = server.workers.spawn(server.features().list_offers(snapshot, place, problems)).await?;
    let wanted = |kind: &str| only.is_empty() || only.iter().any(|only| only.is_empty() || covers(only, kind));
    let shown = offers.iter().filter(|offer| wanted(&offer.kind)).map(|offer| as_action(offer, &data, range, &diagnostics, resolves));
    let mut listed = vec![];
    for decision in decisions.into_iter().filter(|action| wanted(action["kind"].as_str().unwrap_or_default())) {
        match accept_by_action::is_one(&decision) && !resolves {
            // A document that has changed in the meantime gets a new list anyway.
            true => listed.extend(accept_by_action::resolve(server, decision).await.ok()),
            false => listed.push(decision),
        }
    }
    listed.extend(shown);
    Ok(Value::Array(listed))
}

/// An offer as a listed action; with a command if the editor will not ask for the edit when the action is chosen.
fn as_action(offer: &Offer, data: &ActionData, range: lsp::Range, diagnostics: &[Value], resolves: bool) -> Value {
    let Offer { title, kind, explains } = offer;
    if *explains {
        return menu::running(title, kind, "longsight.explain", &json!({ "uri": data.uri, "range": range }));
    }
    let mut action = menu::resolved_later(title, kind, &ActionData { kind: kind.clone(), ..data.clone() });
    if kind.starts_with("quickfix") && !diagnostics.is_empty() {
        action["diagnostics"] = json!(diagnostics);
    }
    if !resolves {
        let argument = json!({ "uri": data.uri, "range": range, "action": kind, "title": title, "problems": data.problems });
        action["command"] = menu::command(title, "longsight.edit", &argument);
    }
    action
}

/// Computes the edit of a listed action, but only for the text that it was listed for. A failure is also shown to the user as a message,
/// because some editors drop the error.
pub async fn resolve(server: &Server, action: Value) -> Result<Value> {
    trust::pick_up_decision(server);
    let outcome = compute(server, action).await;
    let tells = server.with(|state| state.editor.shows_errors());
    if let Err(error) = &outcome
        && !tells
        && !matches!(error.code, ErrorCode::RequestCancelled | ErrorCode::InvalidParams)
    {
        server.client.show(MessageType::WARNING, &format!("longsight: {}", error.message));
    }
    outcome
}

async fn compute(server: &Server, mut action: Value) -> Result<Value> {
    if accept_by_action::is_one(&action) {
        return accept_by_action::resolve(server, action).await;
    }
    let Ok(data) = serde_json::from_value::<ActionData>(action["data"].clone()) else {
        // Not ours, or nothing to resolve.
        return if action["title"].is_string() { Ok(action) } else { Err(Error::invalid_params("a code action has a `title`")) };
    };
    let found = server.snapshot_of(&data.uri).filter(|(_, document)| document.version == data.version);
    let Some((snapshot, document)) = found else {
        return Err(message::content_modified("the document has changed since the action was listed; choose it again"));
    };
    let cancel = Cancel::new();
    let _stop = cancel.clone().drop_guard();
    let title = action["title"].as_str().unwrap_or("longsight").to_string();
    let sink = answers::progress_only(Progress::begin(server, None, &title, &cancel));
    let at = Target { document: document.clone(), bytes: data.start..data.end };
    let params = Params { at, how: How::Action { kind: data.kind, problems: data.problems } };
    let computed = delivery::compute_edit(server, snapshot, params, &cancel, sink).await?;
    // A resolved action needs no command that would do the same.
    if let Some(fields) = action.as_object_mut() {
        fields.remove("command");
    }
    let delivery = computed.delivery(server, &document);
    let Delivery::Applied { confirm } = delivery else {
        computed.hold_and_tell(server, &title).map_err(|reason| message::content_modified(&reason))?;
        // Emacs 30 resolves an action with data but without an edit again and again.
        if let Some(fields) = action.as_object_mut() {
            fields.remove("data");
        }
        return Ok(action);
    };
    let warnings = &computed.edited.confirm;
    delivery::warn(server, &title, warnings);
    let label = Label { title: &title, confirm, warnings };
    action["edit"] =
        apply::workspace_edit(server, &computed.files, Some(label)).await.map_err(|reason| message::content_modified(&reason))?;
    Ok(action)
}

/// A diagnostic's message and lines; none if it has no message.
pub fn problem(diagnostic: &Value) -> Option<Problem> {
    let source = diagnostic["source"].as_str().unwrap_or_default();
    let said = diagnostic["message"].as_str().filter(|message| !message.is_empty())?;
    let line = |end: &str| diagnostic["range"][end]["line"].as_u64().and_then(|line| u32::try_from(line).ok());
    let first = line("start").unwrap_or_default();
    let message = format!("{source}{}{said} (line {})", if source.is_empty() { "" } else { ": " }, first.saturating_add(1));
    Some(Problem { message, lines: Some((first, line("end").unwrap_or(first))) })
}
