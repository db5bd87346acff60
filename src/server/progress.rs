//! Work-done progress: begun once, always ended, cancellable from the editor.

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Server;
use super::client::Client;
use crate::engine::Cancel;

/// A piece of work that the editor displays. Dropping it ends the display, however the work ended.
pub struct Progress {
    sender: Option<UnboundedSender<Value>>,
}

impl Progress {
    /// Displays `title`. The token is the client's if it sent one. Otherwise the editor is asked to create one, if it can. An editor
    /// without progress display gets nothing.
    pub fn begin(server: &Server, token: Option<Value>, title: &str, cancel: &Cancel) -> Progress {
        let own = token.is_none();
        let shows = server.with(|state| state.editor.can.show_progress);
        if own && !shows {
            return Progress { sender: None };
        }
        let token = token.unwrap_or_else(|| json!(format!("longsight/{}", server.client.number())));
        server.with(|state| state.progress.insert(token.to_string(), cancel.clone()));
        let (sender, messages) = unbounded_channel();
        let _ = sender.send(json!({ "kind": "begin", "title": title, "cancellable": true }));
        let state = server.state.clone();
        let (client, cancel) = (server.client.clone(), cancel.clone());
        tokio::spawn(async move {
            let key = token.to_string();
            show(client, token, own, messages, cancel).await;
            super::lock(&state).progress.remove(&key);
        });
        Progress { sender: Some(sender) }
    }

    /// Says what is being done; `percentage` if it is known.
    pub fn report(&self, message: &str, percentage: Option<u64>) {
        let Some(sender) = &self.sender else { return };
        let mut value = json!({ "kind": "report", "message": message });
        if let Some(percentage) = percentage {
            value["percentage"] = json!(percentage.min(100));
        }
        let _ = sender.send(value);
    }
}

/// Sends reports until the sender is dropped or the work is cancelled, and then the end (a model may take a while to stop). A token of ours
/// has to be created by the editor first; if it does not, nothing is sent.
async fn show(client: Client, token: Value, own: bool, mut messages: UnboundedReceiver<Value>, cancel: Cancel) {
    if own && client.request("window/workDoneProgress/create", json!({ "token": token })).await.is_err() {
        return;
    }
    let mut next = async || {
        tokio::select! {
            biased;
            value = messages.recv() => value,
            () = cancel.cancelled() => None,
        }
    };
    while let Some(value) = next().await {
        let begins = value["kind"] == "begin";
        let params = json!({ "token": token, "value": value });
        if begins { client.notify("$/progress", params) } else { client.report("$/progress", params) }
    }
    client.notify("$/progress", json!({ "token": token, "value": { "kind": "end" } }));
}

/// `window/workDoneProgress/cancel`.
pub fn cancel(server: &Server, token: &Value) {
    if let Some(cancel) = server.with(|state| state.progress.remove(&token.to_string())) {
        cancel.cancel();
    }
}
