//! What the router remembers and reports about its engines and last decisions.

use serde::Serialize;

use super::{Router, Slot};
use crate::engine::{self, EngineError, ErrorKind};
use crate::route::health::Health;
use crate::route::{Decision, Role, RouteError, Task, TaskKind, leaves_machine, policy};

/// One engine in `longsight.status`.
#[derive(Clone, Debug, Serialize)]
pub struct EngineStatus {
    pub name: String,
    pub roles: Vec<Role>,
    pub model: String,
    /// Whether requests to it leave this machine.
    pub remote: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The last failure, until the next success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Measured tokens per second for reading a prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefill_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode_rate: Option<f64>,
}

/// A decision in `longsight.status`, and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct PastDecision {
    pub task: TaskKind,
    #[serde(flatten)]
    pub decision: Decision,
    pub timing: engine::Timing,
    /// Why the task failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The number of its task.
    #[serde(skip)]
    pub number: u64,
}

impl PastDecision {
    /// Whether this replaces an older decision, `before`. It does so in two cases: the failed task was answered after all; or the user
    /// types while an engine is down, so that every key adds the same failure, and `before` is the last decision.
    fn replaces(&self, before: &PastDecision, is_last: bool) -> bool {
        let is_answer = self.failed.is_none() && self.number == before.number;
        let is_same = is_last && self.failed.is_some() && self.task == TaskKind::CompleteAuto && self.task == before.task;
        before.failed.is_some() && self.decision.engine == before.decision.engine && (is_answer || is_same)
    }
}

/// Engines and last decisions, newest last.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub engines: Vec<EngineStatus>,
    pub decisions: Vec<PastDecision>,
}

/// Maximum decisions kept for `longsight.status`.
const KEPT_DECISIONS: usize = 50;

impl Router {
    /// Adds a decision, and drops the oldest one if there are too many.
    pub(super) fn remember(&self, past: PastDecision) {
        self.with(|state| {
            let last = state.decisions.len().saturating_sub(1);
            let replaced = (0..state.decisions.len()).rev().find(|at| past.replaces(&state.decisions[*at], *at == last));
            if let Some(at) = replaced {
                state.decisions.remove(at);
            } else if state.decisions.len() == KEPT_DECISIONS {
                state.decisions.pop_front();
            }
            state.decisions.push_back(past);
        });
    }

    /// Notes that a task failed after a model had answered it, or before a model could: it must not count as answered.
    pub fn came_to_nothing(&self, task: &Task, error: &EngineError) {
        // A refusal that needed no model is no decision and is not remembered. But it is remembered if no engine could be asked, or none
        // answered in time.
        let is_known = error.kind == ErrorKind::Cancelled || self.mark(task, Some(&error.message));
        if !is_known && matches!(error.kind, ErrorKind::TimedOut | ErrorKind::Unavailable | ErrorKind::Configuration) {
            self.note_failed(task, None, &RouteError::Engine(error.clone()));
        }
    }

    /// Notes that a further step of a task was answered: an earlier failure of that task no longer counts.
    pub(super) fn goes_on(&self, task: &Task) {
        self.mark(task, None);
    }

    /// Notes why a task failed, with the decision for the engine that was asked; none if no engine could be asked.
    pub(super) fn note_failed(&self, task: &Task, asked: Option<Decision>, error: &RouteError) {
        let is_further = asked.as_ref().is_some_and(|asked| task.goes_on.as_ref() == Some(&asked.engine));
        if error.is_cancelled() || is_further && self.mark(task, Some(&error.to_string())) {
            return;
        }
        let decision = asked.unwrap_or_else(|| self.would_ask(task));
        let failed = Some(error.to_string());
        self.remember(PastDecision { task: task.kind, decision, timing: engine::Timing::default(), failed, number: task.number });
    }

    /// Sets or clears the failure of the newest decision on a task, if there is one.
    fn mark(&self, task: &Task, failed: Option<&str>) -> bool {
        self.with(|state| {
            let Some(newest) = state.decisions.iter_mut().rev().find(|past| past.number == task.number) else { return false };
            let known = newest.failed.take();
            newest.failed = failed.map(|why| known.unwrap_or_else(|| why.into()));
            true
        })
    }

    /// The decision for the engine that a task would go to, even if that engine may not be asked.
    fn would_ask(&self, task: &Task) -> Decision {
        let (role, reason) = policy::roles(task, &self.policy).swap_remove(0);
        let name = self.name_of(role);
        let model = self.engines.get(name).map(|slot| slot.config.model.clone()).unwrap_or_default();
        let origin = self.engine(name).ok().and_then(|engine| engine.origin());
        Decision { role, engine: name.into(), model, reason, origin }
    }

    /// The last decisions, newest last.
    pub fn decisions(&self) -> Vec<PastDecision> {
        self.with(|state| state.decisions.iter().cloned().collect())
    }

    /// Takes over the decisions of the router that this one replaces, so that the status still shows them.
    pub fn after(self, decisions: Vec<PastDecision>) -> Self {
        self.with(|state| state.decisions = decisions.into());
        self
    }

    /// Engines and decisions.
    pub fn status(&self) -> Status {
        let state = self.with(|state| (state.health.clone(), state.decisions.clone()));
        let engines = self.engines.iter().map(|(name, slot)| self.engine_status(name, slot, state.0.get(name))).collect();
        Status { engines, decisions: state.1.into() }
    }

    fn engine_status(&self, name: &str, slot: &Slot, health: Option<&Health>) -> EngineStatus {
        let origin = self.engine(name).ok().and_then(|engine| engine.origin());
        EngineStatus {
            name: name.into(),
            roles: [Role::Scout, Role::Coder].into_iter().filter(|role| self.name_of(*role) == name).collect(),
            remote: leaves_machine(origin.as_deref(), &slot.config.model),
            model: slot.built.get().map_or(slot.config.model.clone(), |engine| engine.model()),
            origin,
            problem: health.and_then(|health| health.problem.clone()),
            prefill_rate: health.and_then(|health| health.prefill_rate),
            decode_rate: health.and_then(|health| health.decode_rate),
        }
    }
}
