//! The features as the server sees them: bytes instead of positions, values instead of requests. `backend` implements them; tests use
//! implementations that hang, crash or answer immediately.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::config::Config;
use crate::engine::{BoxFuture, Cancel, EngineError};
use crate::features::actions::Offer;
use crate::features::{Sink, Target, complete, edit, preview};
use crate::route::Notify;
use crate::text::Edit;
use crate::workspace::Snapshot;

/// What the server knows at one moment. Cheap to clone.
#[derive(Clone, Default)]
pub struct StateSnapshot {
    pub workspace: Snapshot,
    pub config: Arc<Config>,
    /// The workspace is not trusted: only completion from the open document, on this machine.
    pub restricted: bool,
    /// The editor can create files in an edit.
    pub creates_files: bool,
}

/// The suggestions for an inline completion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestions {
    /// Best first.
    pub edits: Vec<Edit>,
    /// An engine was asked and has answered. False for suggestions from memory.
    pub answered: bool,
}

/// A question about the code.
#[derive(Clone, Debug)]
pub enum Question {
    Explain(Target),
    Ask(String),
}

/// The features of a server. Calls return immediately; the futures run on threads of their own and stop soon after `cancel`.
pub trait FeatureService: Send + Sync {
    /// Sets who receives notices for the user, and where requests that leave the machine are recorded.
    fn report_to(&self, _tell: Notify, _state: Option<PathBuf>) {}
    /// The editor is ready, or its folders or the configuration have changed.
    fn set_workspace(&self, snapshot: StateSnapshot);
    /// A document was opened, changed, or closed (then it is not in the snapshot). The last call has the current state. Must be quick.
    fn note_change(&self, _snapshot: &StateSnapshot, _uri: &str) {}
    /// Work that is worth starting before the user asks, now that this document has changed.
    fn work_ahead(&self, _snapshot: &StateSnapshot, _uri: &str) -> Option<BoxFuture<'static, ()>> {
        None
    }
    /// Files have changed on disk.
    fn note_files_changed(&self, paths: Vec<PathBuf>);
    /// Suggestions at a place. `hurried` means that this request has overtaken the previous one: keys come faster than answers.
    fn complete(
        &self,
        snapshot: StateSnapshot,
        params: complete::Params,
        hurried: bool,
        cancel: Cancel,
    ) -> BoxFuture<'static, Result<Suggestions, EngineError>>;
    /// The JSON of `longsight explain --json` or `ask --json`.
    fn answer(
        &self,
        snapshot: StateSnapshot,
        question: Question,
        cancel: Cancel,
        sink: Sink,
    ) -> BoxFuture<'static, Result<Value, EngineError>>;
    /// What can be done at a place, from memory, in milliseconds. `problems` are the messages of the diagnostics there.
    fn list_offers(&self, snapshot: StateSnapshot, at: Target, problems: Vec<String>) -> BoxFuture<'static, Vec<Offer>>;
    fn edit(
        &self,
        snapshot: StateSnapshot,
        params: edit::Params,
        cancel: Cancel,
        sink: Sink,
    ) -> BoxFuture<'static, Result<edit::Edited, EngineError>>;
    /// The JSON of `longsight context --json`.
    fn preview(&self, snapshot: StateSnapshot, params: preview::Params) -> BoxFuture<'static, Result<Value, EngineError>>;
    /// Engines, index and health, for `longsight.status`.
    fn status(&self, snapshot: &StateSnapshot) -> Value;
}
