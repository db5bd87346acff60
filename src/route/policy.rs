//! The policy: which role a task goes to, whether the other may stand in, and the reason in words. Pure.

use super::{Role, TaskKind};
use crate::config::Policy;

/// What makes a task harder than its kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A body is to be written from its signature and comment.
    EmptyBody,
    /// The place uses many definitions of other files.
    ManyFiles,
    /// More than a screen is selected.
    LargeSelection,
    /// The first pass was unsure of what it wrote.
    Unsure,
}

impl Signal {
    fn words(self) -> &'static str {
        match self {
            Signal::EmptyBody => "a whole body is to be written",
            Signal::ManyFiles => "it uses many other files",
            Signal::LargeSelection => "much is selected",
            Signal::Unsure => "the first pass was unsure",
        }
    }
}

/// What is asked, as far as routing cares.
#[derive(Clone, Debug)]
pub struct Task {
    pub kind: TaskKind,
    pub signals: Vec<Signal>,
    /// The project lets nothing leave the machine.
    pub local_only: bool,
    /// An untrusted workspace gets completion from this machine and nothing else.
    pub trusted: bool,
    /// The scout asks for the coder, with its reason.
    pub escalated: Option<String>,
    /// A further step of a task that was decided on already.
    pub goes_on: bool,
}

impl Task {
    pub fn new(kind: TaskKind) -> Self {
        Self { kind, signals: vec![], local_only: false, trusted: true, escalated: None, goes_on: false }
    }

    /// Whether nothing may leave the machine, and who says so.
    pub(super) fn kept_here(&self, policy: &Policy) -> Option<&'static str> {
        match (policy.local_only, self.local_only, self.trusted) {
            (true, _, _) => Some("your configuration keeps everything on this machine (route.local_only)"),
            (_, true, _) => Some("this project keeps everything on this machine (.longsight.toml)"),
            (_, _, false) => Some("this workspace is not trusted"),
            _ => None,
        }
    }

    /// Why this may not be asked at all.
    pub(super) fn refused(&self) -> Option<String> {
        (!self.trusted && !self.kind.is_completion())
            .then(|| "this workspace is not trusted: longsight completes there, and does nothing else until you trust it".into())
    }
}

/// The roles to try in order, each with its reason.
pub(super) fn roles(task: &Task, policy: &Policy) -> Vec<(Role, String)> {
    let hard = task.signals.first();
    let (first, reason) = match (task.kind, hard, &task.escalated) {
        (_, _, Some(why)) => (Role::Coder, format!("the scout asked for the coder: {why}")),
        (TaskKind::CompleteAuto, Some(signal), _) if policy.auto_coder => {
            (Role::Coder, format!("hard completion ({}), and route.auto_coder is on", signal.words()))
        }
        (TaskKind::CompleteAuto, ..) => (Role::Scout, "automatic completion is the scout's".into()),
        (TaskKind::CompleteInvoked, Some(signal), _) => (Role::Coder, format!("hard completion that you asked for: {}", signal.words())),
        (TaskKind::CompleteInvoked, ..) => (Role::Scout, "an ordinary completion is the scout's".into()),
        (TaskKind::Explain, ..) => (Role::Scout, "explanation is the scout's".into()),
        (TaskKind::Ask, ..) => (Role::Scout, "navigation is the scout's".into()),
        (TaskKind::Fix | TaskKind::Rewrite | TaskKind::Extract | TaskKind::Document | TaskKind::Test, ..) => {
            (Role::Coder, "edits are the coder's".into())
        }
    };
    let other = if first == Role::Scout { Role::Coder } else { Role::Scout };
    let mut order = vec![(first, reason)];
    // What is sent without being asked for never goes to the coder because the scout is down.
    if task.kind != TaskKind::CompleteAuto || other == Role::Scout || policy.auto_coder {
        order.push((other, String::new()));
    }
    order
}
