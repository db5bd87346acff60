//! The policy: which role a task goes to, whether the other role may stand in, and the reason in words. Pure.

use std::fmt;

use super::{Role, TaskKind};
use crate::config::Policy;

/// Something that makes a task harder than its kind suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A body is to be written for a signature.
    EmptyBody,
    /// A body is to be written for a signature with a comment that says what it should do.
    DocumentedBody,
    /// The place uses definitions from this many other files.
    ManyFiles(usize),
    /// This many lines are selected.
    LargeSelection(u32),
    /// The first pass was unsure of its text: the mean log-probability in thousandths.
    Unsure(i64),
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Signal::EmptyBody => f.write_str("a whole body is to be written"),
            Signal::DocumentedBody => f.write_str("a whole body is to be written from its comment"),
            Signal::ManyFiles(files) => write!(f, "it uses definitions of {files} other files (route.many_files)"),
            Signal::LargeSelection(lines) => write!(f, "{lines} lines are selected (route.many_lines)"),
            Signal::Unsure(mean) => write!(f, "the first pass was unsure: {:.2} (route.min_confidence)", *mean as f64 / 1000.0),
        }
    }
}

/// A task, as far as routing is concerned.
#[derive(Clone, Debug)]
pub struct Task {
    pub kind: TaskKind,
    pub signals: Vec<Signal>,
    /// The project is `local_only`: nothing leaves the machine.
    pub local_only: bool,
    /// In an untrusted workspace there are only completions, from this machine.
    pub trusted: bool,
    /// The scout's reason for asking for the coder.
    pub escalated: Option<String>,
    /// The engine that answered the previous step, if this continues a task.
    pub goes_on: Option<String>,
    /// Unique to this task.
    pub number: u64,
}

impl Task {
    /// A task without signals, in a trusted workspace.
    pub fn new(kind: TaskKind) -> Self {
        Self { kind, signals: vec![], local_only: false, trusted: true, escalated: None, goes_on: None, number: super::task_number() }
    }

    /// The reason why nothing of this task may leave the machine, if there is one.
    pub(super) fn kept_here(&self, policy: &Policy) -> Option<&'static str> {
        match (policy.local_only, self.local_only, self.trusted) {
            (true, _, _) => Some("your configuration keeps everything on this machine (route.local_only)"),
            (_, true, _) => Some("this project keeps everything on this machine (.longsight.toml)"),
            (_, _, false) => Some("this workspace is not trusted"),
            _ => None,
        }
    }

    /// The reason why no model may be asked for this task, if there is one.
    pub(super) fn refused(&self) -> Option<String> {
        (!self.trusted && !self.kind.is_completion()).then(|| UNTRUSTED.into())
    }
}

/// The message for tasks other than completion in a workspace that is not trusted.
pub const UNTRUSTED: &str = "this workspace is not trusted: longsight completes there, and does nothing else until you trust it, \
    in the editor or with `longsight trust`";

/// The roles to try in order, each with its reason.
pub(super) fn roles(task: &Task, policy: &Policy) -> Vec<(Role, String)> {
    let hard = (!task.signals.is_empty()).then(|| task.signals.iter().map(Signal::to_string).collect::<Vec<_>>().join(", "));
    let (first, reason) = match (task.kind, hard, &task.escalated) {
        (_, _, Some(why)) => (Role::Coder, format!("the scout asked for the coder: {why}")),
        (TaskKind::CompleteAuto, Some(why), _) if policy.auto_coder => {
            (Role::Coder, format!("hard completion, and route.auto_coder is on: {why}"))
        }
        (TaskKind::CompleteAuto, Some(why), _) => {
            (Role::Scout, format!("automatic completion is the scout's, a hard one too while route.auto_coder is off: {why}"))
        }
        (TaskKind::CompleteAuto, ..) => (Role::Scout, "automatic completion is the scout's".into()),
        (TaskKind::CompleteInvoked, Some(why), _) => (Role::Coder, format!("hard completion that you asked for: {why}")),
        (TaskKind::CompleteInvoked, ..) => (Role::Scout, "an ordinary completion is the scout's".into()),
        (TaskKind::Explain | TaskKind::Ask, Some(why), _) if policy.escalate => (Role::Coder, format!("a hard question: {why}")),
        (TaskKind::Explain, ..) => (Role::Scout, "explanation is the scout's".into()),
        (TaskKind::Ask, ..) => (Role::Scout, "navigation is the scout's".into()),
        (TaskKind::Fix | TaskKind::Rewrite | TaskKind::Extract | TaskKind::Document | TaskKind::Test, why, _) => {
            (Role::Coder, why.map_or("edits are the coder's".into(), |why| format!("edits are the coder's; a hard one: {why}")))
        }
    };
    let other = if first == Role::Scout { Role::Coder } else { Role::Scout };
    let mut order = vec![(first, reason)];
    // A completion while typing never goes to the coder merely because the scout is down.
    if task.kind != TaskKind::CompleteAuto || other == Role::Scout || policy.auto_coder {
        order.push((other, String::new()));
    }
    order
}
