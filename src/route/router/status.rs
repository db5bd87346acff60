//! What the router tells of its engines and its last decisions.

use serde::Serialize;

use super::{Router, Slot};
use crate::engine;
use crate::route::health::Health;
use crate::route::{Decision, Role, TaskKind, leaves_machine};

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
    /// Measured tokens per second.
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
}

/// What the router knows: engines and the last decisions, newest last.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub engines: Vec<EngineStatus>,
    pub decisions: Vec<PastDecision>,
}

impl Router {
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
