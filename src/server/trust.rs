//! Whether the open folders are trusted. An editor with workspace trust decides itself. In other editors the user's decision on each folder
//! counts, until files that steer tools in that folder change. Without trust there is only completion from the open document, on this
//! machine.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::MessageType;

use super::{Server, folders, message};
use crate::text::visible::plain;
use crate::workspace::trust::{Standing, Store, StoreStamp, fingerprint};
use crate::workspace::{Root, Roots};

/// The two answers that the user can give.
const YES: &str = "Trust";
const NO: &str = "Complete only";

/// Whether the folders are trusted, and by whose decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// By the editor, by the user, or because `trust.ask` is off and the user has decided nothing.
    #[default]
    Given,
    /// The editor says no.
    EditorSaysNo,
    /// The user said no.
    UserSaysNo,
    /// The user has not been asked.
    NotAsked,
    /// The user's decision was for an earlier state of the files that steer tools.
    Stale,
}

impl Trust {
    /// Whether everything is allowed.
    pub fn is_given(self) -> bool {
        self == Trust::Given
    }

    fn words(self) -> &'static str {
        match self {
            Trust::Given => "trusted",
            Trust::EditorSaysNo => "the editor has it in restricted mode",
            Trust::UserSaysNo => "you have said that it is not to be trusted",
            Trust::NotAsked => "you have not said whether it is to be trusted",
            Trust::Stale => "files that steer tools or agents have changed since you trusted it",
        }
    }
}

/// What is known about trust in the open folders.
#[derive(Default)]
pub struct TrustState {
    pub current: Trust,
    /// The stamp of the file with the user's decisions when it was last read.
    read: Option<StoreStamp>,
    /// Folders about which the user was asked.
    asked: Vec<TrustQuestion>,
}

/// Parameters of `longsight/trust` and `longsight.trust`.
#[derive(Deserialize)]
pub struct TrustParams {
    trusted: bool,
}

/// Sets what is known about trust before the folders are checked: an editor that has said no means all of them.
pub fn assume_editors_decision(server: &Server) {
    server.with(|state| {
        if state.editor.trusted == Some(false) {
            state.trust.current = Trust::EditorSaysNo;
        }
    });
}

/// Picks up decisions made outside the editor, e.g. by `longsight trust`: a refusal takes effect immediately, anything else after the
/// folders have been checked again. Call it at the start of every request that may leave this machine, and not under the lock; it stats one
/// file.
pub fn pick_up_decision(server: &Server) {
    let Some(folder) = &server.options.state else { return };
    let store = Store::new(folder);
    let now = store.stamp();
    let roots = server.with(|state| {
        let is_new = state.editor.trusted.is_none() && state.trust.read.is_some_and(|before| before != now);
        is_new.then(|| {
            state.trust.read = Some(now);
            state.roots()
        })
    });
    let Some(roots) = roots else { return };
    if store.says_no(&roots) {
        server.with(|state| state.trust.current = Trust::UserSaysNo);
    }
    folders::refresh_soon(server);
}

/// Determines whether the folders are trusted, and asks the user about folders without a decision. Reads files; must not be called under
/// the lock.
pub fn determine(server: &Server, roots: &Roots) {
    let (by_editor, ask) = server.with(|state| (state.editor.trusted, state.config.trust.ask));
    // The stamp is taken before the file is read, so that a decision made in the meantime is noticed next time.
    let read = server.options.state.as_ref().map(|folder| Store::new(folder).stamp());
    let trust = match by_editor {
        Some(true) => Trust::Given,
        Some(false) => Trust::EditorSaysNo,
        None => server.options.state.as_ref().map_or(Trust::Given, |folder| by_store(&Store::new(folder), roots, ask)),
    };
    // If the editor has decided otherwise in the meantime, its decision counts, and the next check takes it over.
    let is_newest = server.with(|state| {
        let is_newest = state.editor.trusted == by_editor;
        if is_newest {
            state.trust.current = trust;
            state.trust.read = read;
        }
        is_newest
    });
    if is_newest && matches!(trust, Trust::NotAsked | Trust::Stale) {
        ask_user(server, roots, trust);
    }
}

/// Asks about folders without a decision; once for each state of a folder.
fn ask_user(server: &Server, roots: &Roots, trust: Trust) {
    let Some(folder) = &server.options.state else { return };
    let store = Store::new(folder);
    let open = |root: &&Arc<Root>| matches!(store.standing(root), Standing::Unknown | Standing::Changed);
    let mut asks: Vec<TrustQuestion> = roots.iter().filter(open).map(TrustQuestion::now).collect();
    server.with(|state| {
        asks.retain(|ask| !state.trust.asked.contains(ask));
        state.trust.asked.extend(asks.iter().cloned());
    });
    if !asks.is_empty() {
        server.workers.spawn_detached(Box::pin(question(server.clone(), trust, asks)));
    }
}

/// A folder, with the state of the files that steered tools there when the user was asked. The user's answer covers only this state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustQuestion {
    root: Arc<Root>,
    fingerprint: Option<String>,
}

impl TrustQuestion {
    fn now(root: &Arc<Root>) -> Self {
        Self { root: root.clone(), fingerprint: fingerprint(root) }
    }
}

fn by_store(store: &Store, roots: &Roots, ask: bool) -> Trust {
    match roots.iter().map(|root| store.standing(root)).max() {
        Some(Standing::Distrusted) => Trust::UserSaysNo,
        Some(Standing::Changed) => Trust::Stale,
        Some(Standing::Unknown) if ask => Trust::NotAsked,
        _ => Trust::Given,
    }
}

/// The [`fingerprint`]s of the open folders. Reads files.
pub fn fingerprints(server: &Server) -> Vec<Option<String>> {
    server.with(|state| state.roots()).iter().map(fingerprint).collect()
}

async fn question(server: Server, trust: Trust, asks: Vec<TrustQuestion>) {
    let folders: Vec<String> = asks.iter().map(|ask| ask.root.path().display().to_string()).collect();
    let text = format!(
        "longsight: do you trust {}? ({}) Without trust it only completes from the open buffer, with models on this machine.",
        folders.join(", "),
        trust.words()
    );
    let actions = json!([{ "title": YES }, { "title": NO }]);
    let answer = server
        .client
        .request("window/showMessageRequest", json!({ "type": MessageType::WARNING, "message": plain(&text), "actions": actions }))
        .await;
    // If the user gives no answer, the folder is not trusted, and nothing is remembered.
    let said = match answer.as_ref().ok().and_then(|answer| answer["title"].as_str()) {
        Some(YES) => true,
        Some(NO) => false,
        _ => return,
    };
    if let Err(reason) = record_decision(&server, &asks, said).await {
        server.client.show(MessageType::WARNING, &format!("longsight: {reason}"));
    }
}

/// Records the user's decision on folders, for the state that the user was asked about, and acts on it.
async fn record_decision(server: &Server, asks: &[TrustQuestion], trusted: bool) -> std::result::Result<(), String> {
    let folder = server.options.state.as_ref().ok_or("there is no state folder to record your decision in; set XDG_STATE_HOME")?;
    let store = Store::new(folder);
    for TrustQuestion { root, fingerprint } in asks {
        let kept = store.record(root, trusted, fingerprint.as_deref());
        kept.map_err(|error| format!("your decision on {} cannot be recorded: {error}", root.path().display()))?;
    }
    folders::refresh(server).await;
    Ok(())
}

/// `longsight.trust`, for editors that show no questions.
pub async fn command(server: &Server, argument: &Value) -> Result<Value> {
    let Ok(params) = serde_json::from_value::<TrustParams>(argument.clone()) else {
        return Err(Error::invalid_params("the argument needs `trusted`, true or false"));
    };
    if server.with(|state| state.editor.trusted).is_some() {
        return Err(message::request_failed("this editor decides on trust itself; use its own command for it"));
    }
    let this = server.clone();
    let kept = server.workers.spawn_on_own_thread(Box::pin(async move {
        let asks: Vec<TrustQuestion> = this.with(|state| state.roots()).iter().map(TrustQuestion::now).collect();
        record_decision(&this, &asks, params.trusted).await
    }));
    let kept = kept.await?;
    kept.map_err(|reason| message::request_failed(&reason))?;
    Ok(json!({ "trusted": server.with(|state| state.trust.current.is_given()) }))
}

/// `longsight/trust`: the editor's own decision has changed.
pub fn changed(server: &Server, params: &TrustParams) {
    server.with(|state| {
        let mut editor = (*state.editor).clone();
        editor.trusted = Some(params.trusted);
        state.editor = Arc::new(editor);
        if !params.trusted {
            state.trust.current = Trust::EditorSaysNo;
        }
    });
    folders::refresh_soon(server);
}

/// For `longsight.status`.
pub fn status(trust: Trust) -> Value {
    json!({ "trusted": trust.is_given(), "reason": trust.words() })
}
