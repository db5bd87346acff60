//! Talks to the editor: notifications, and requests whose answers may come late, twice or never.
//!
//! tower-lsp's own `Client` panics on an answer that nothing waits for any more, and it queues one message at a time. This client drops
//! such an answer, and sending never waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::Id;
use tower_lsp::lsp_types::MessageType;

use super::transport::{Importance, Outbox};
use super::{StateLock, message};
use crate::report::{self, Level};
use crate::text::visible::plain;

/// How long to wait for an editor's answer.
const ANSWER_WAIT: Duration = Duration::from_secs(120);
/// How long to wait for the user to decide on an edit in the editor's preview, or to answer a question.
const DECISION_WAIT: Duration = Duration::from_secs(3600);

/// Requests to the editor without an answer yet.
pub type Waiters = HashMap<i64, oneshot::Sender<Result<Value, Value>>>;

/// The editor. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    outbox: Outbox,
    next: Arc<AtomicI64>,
    state: Arc<StateLock>,
}

impl Client {
    /// A client that sends through this queue.
    pub fn new(outbox: Outbox, state: Arc<StateLock>) -> Self {
        Self { outbox, next: Arc::new(AtomicI64::new(1)), state }
    }

    /// Sends a notification that must arrive.
    pub fn notify(&self, method: &str, params: Value) {
        self.outbox.push(&message::notification(method, params), Importance::Essential);
    }

    /// Sends a notification that may be dropped if the client does not keep up.
    pub fn report(&self, method: &str, params: Value) {
        self.outbox.push(&message::notification(method, params), Importance::Droppable);
    }

    /// Sends a request immediately; the future is the answer, an error in words, or "no answer" after a while.
    pub fn request(&self, method: &'static str, params: Value) -> impl Future<Output = Result<Value, String>> + Send + use<> {
        let id = self.number();
        let (sender, receiver) = oneshot::channel();
        self.with_waiters(|waiters| waiters.insert(id, sender));
        self.outbox.push(&message::request(id, method, params), Importance::Essential);
        let this = self.clone();
        async move {
            let decides = matches!(method, "workspace/applyEdit" | "window/showMessageRequest");
            let answer = tokio::time::timeout(if decides { DECISION_WAIT } else { ANSWER_WAIT }, receiver).await;
            this.with_waiters(|waiters| waiters.remove(&id));
            match answer {
                Ok(Ok(Ok(result))) => Ok(result),
                Ok(Ok(Err(error))) => Err(error.get("message").and_then(Value::as_str).unwrap_or("the editor refused").into()),
                Ok(Err(_)) | Err(_) => Err(format!("the editor did not answer `{method}`")),
            }
        }
    }

    /// A number that this connection has not used yet.
    pub fn number(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Passes an answer to the request that waits for it.
    pub fn answered(&self, id: &Id, result: Result<Value, Value>) {
        let waiter = match id {
            Id::Number(number) => self.with_waiters(|waiters| waiters.remove(number)),
            _ => None,
        };
        let taken = waiter.is_some_and(|waiter| waiter.send(result).is_ok());
        if !taken {
            report::log(Level::Warning, format_args!("an answer that nobody waits for: id {id}"));
        }
    }

    /// Shows a message.
    pub fn show(&self, kind: MessageType, text: &str) {
        self.notify("window/showMessage", serde_json::json!({ "type": kind, "message": plain(text) }));
    }

    fn with_waiters<T>(&self, act: impl FnOnce(&mut Waiters) -> T) -> T {
        act(&mut super::lock(&self.state).waiters)
    }
}
