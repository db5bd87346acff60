//! Which engine answers a task, and why: policy, what may leave the machine, health. `Router` owns the engines.
//!
//! A [`Task`] says what is asked and how hard it looks. `policy` turns it into an ordered list of engines, each with a reason. `Router`
//! sends the request to the first one that is well, and to the next if that one fails before it has written anything.

pub mod audit;
mod escalate;
pub mod health;
mod policy;
mod router;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

pub use policy::{Signal, Task, UNTRUSTED};
pub use router::{Build, Choice, EngineStatus, Notify, PastDecision, Router, Served, Status, build, most_thoughts};

pub use crate::engine::locality::leaves_machine;
use crate::engine::{EngineError, ErrorKind};

/// What is asked of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    CompleteAuto,
    CompleteInvoked,
    Explain,
    Ask,
    Fix,
    Rewrite,
    Extract,
    Document,
    Test,
}

impl TaskKind {
    /// Whether it is a completion. Completions are fast and many, and follow other rules than requests that the user waits for.
    pub fn is_completion(self) -> bool {
        matches!(self, TaskKind::CompleteAuto | TaskKind::CompleteInvoked)
    }

    /// Which parts of the workspace a request of this kind contains, in words.
    pub fn sends(self) -> &'static str {
        match self {
            TaskKind::CompleteAuto | TaskKind::CompleteInvoked => "the code around the cursor, with definitions that it uses",
            TaskKind::Explain => "the selection, with definitions that it uses",
            TaskKind::Ask => "the question, with excerpts of the workspace",
            _ => "the code to be changed, with what it uses and whatever the model asks to read of the workspace",
        }
    }
}

/// A new task number; all requests of one task have the same.
pub fn task_number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Who serves: `scout` reads, `coder` edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Scout,
    Coder,
}

/// Why a request went where it did; comes with every answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    pub role: Role,
    /// The engine's name in the configuration.
    pub engine: String,
    pub model: String,
    pub reason: String,
    /// `None` if nothing leaves this machine's own processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Decision {
    /// The decision for an edit that involved no engine.
    pub fn nobody(reason: &str) -> Self {
        Self { role: Role::Coder, engine: "none".into(), model: String::new(), reason: reason.into(), origin: None }
    }
}

/// Why no engine answered, for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// The policy allows no engine for this here.
    Refused(String),
    /// The allowed engines were asked, and this is the last one's error.
    Engine(EngineError),
}

impl RouteError {
    /// Whether it failed because the request was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, RouteError::Engine(error) if error.kind == ErrorKind::Cancelled)
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteError::Refused(reason) => f.write_str(reason),
            RouteError::Engine(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RouteError {}
