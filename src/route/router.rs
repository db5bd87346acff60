//! The engines of the configuration, and the way of a request through them.

mod send;
mod status;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::audit::Audit;
use super::escalate;
use super::health::{self, Health};
use super::{Decision, Role, RouteError, Signal, Task, TaskKind, leaves_machine, policy};
use crate::config::{self, Config, EngineConfig};
use crate::engine::{self, Answer, Ask, Cancel, Caps, Engine, EngineError, ErrorKind, Event, Request};
use crate::models;
use crate::report;
pub use send::most_thoughts;
pub use status::{EngineStatus, PastDecision, Status};

/// See the module.
pub struct Router {
    roles: config::Roles,
    policy: config::Policy,
    engines: BTreeMap<String, Slot>,
    build: Build,
    state: Mutex<State>,
    audit: Audit,
    /// Hears what the user should be told once, at once; without it notices wait for `take_notices`.
    tell: Option<Tell>,
    /// How long an engine that fails is left alone first.
    pause: Duration,
    /// What was allowed when this was made may be so no more: nothing is sent to another machine from then on.
    withdrawn: Cancel,
}

/// Makes the engine of a configuration entry.
pub type Build = Arc<dyn Fn(&str, &EngineConfig) -> Result<Arc<dyn Engine>, EngineError> + Send + Sync>;

/// Takes a sentence for the user.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// A configured engine. It is built when it is first needed: a model that is pulled later is found then.
struct Slot {
    config: EngineConfig,
    built: OnceLock<Arc<dyn Engine>>,
}

#[derive(Default)]
struct State {
    health: BTreeMap<String, Health>,
    decisions: VecDeque<PastDecision>,
    /// What the user should hear once.
    notices: Vec<String>,
    /// What was said of models that are not what was asked for.
    strangers: BTreeSet<String>,
    /// Origins on other machines that something was sent to.
    origins: BTreeSet<String>,
}

/// Bytes of a prompt per token, on the careful side.
const BYTES: usize = 3;

/// An engine that may answer a task, and why it would.
#[derive(Clone)]
pub struct Choice {
    pub decision: Decision,
    pub engine: Arc<dyn Engine>,
}

impl Choice {
    /// Whether asking it sends something to another machine.
    pub fn leaves(&self) -> bool {
        leaves_machine(self.decision.origin.as_deref(), &self.decision.model)
    }

    /// Tokens of what it would be asked, rather too many than too few: for what must have room beside them.
    pub fn prompt_tokens(&self, ask: &Ask) -> u32 {
        u32::try_from(self.engine.preview(ask).len() / BYTES).unwrap_or(u32::MAX)
    }
}

/// Who may answer a task, and why others do not.
#[derive(Default)]
struct Candidates {
    /// Best first.
    choices: Vec<Choice>,
    /// Engines that cannot even be built.
    down: Vec<(String, EngineError)>,
    /// What speaks against the first that would have answered.
    problem: Option<RouteError>,
}

impl Candidates {
    /// Those who may, if there is anybody.
    fn choices(self) -> Result<Vec<Choice>, RouteError> {
        if self.choices.is_empty() {
            return Err(self.problem.unwrap_or_else(|| RouteError::Refused("no engine is set up for this".into())));
        }
        Ok(self.choices)
    }
}

/// An answer and who gave it.
pub struct Served {
    pub answer: Answer,
    pub decision: Decision,
}

impl Router {
    /// The engines that the configuration names; nothing is started or asked yet.
    pub fn new(config: &Config) -> Self {
        Self::building(config, Arc::new(build))
    }

    /// The same, with engines of another making.
    pub fn building(config: &Config, build: Build) -> Self {
        let mut engines: BTreeMap<String, EngineConfig> = config.engines.clone();
        for role in [&config.roles.scout, &config.roles.coder] {
            if role == config::DEFAULT_ENGINE {
                engines.entry(role.clone()).or_default();
            }
        }
        let engines = engines.into_iter().map(|(name, config)| (name, Slot { config, built: OnceLock::new() })).collect();
        Self::over(config, engines, build)
    }

    fn over(config: &Config, engines: BTreeMap<String, Slot>, build: Build) -> Self {
        Self {
            roles: config.roles.clone(),
            policy: config.route.clone(),
            engines,
            build,
            state: Mutex::default(),
            audit: Audit::default(),
            tell: None,
            pause: health::PAUSE,
            withdrawn: Cancel::new(),
        }
    }

    /// The same policy over engines that are there already.
    pub fn with_engines(config: &Config, engines: impl IntoIterator<Item = (String, Arc<dyn Engine>)>) -> Self {
        let engines = engines.into_iter().map(|(name, engine)| {
            let config = config.engines.get(&name).cloned().unwrap_or_default();
            (name, Slot { config, built: OnceLock::from(engine) })
        });
        Self::over(config, engines.collect(), Arc::new(build))
    }

    /// With records of what leaves this machine in a state folder.
    pub fn recording(self, folder: Option<&std::path::Path>) -> Self {
        Self { audit: Audit::new(folder), ..self }
    }

    /// With somebody who hears at once what the user should know.
    pub fn telling(self, tell: Option<Tell>) -> Self {
        Self { tell, ..self }
    }

    /// With another pause before an engine that fails is asked again.
    pub fn pausing(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// What was configured is so no more: requests to other machines are broken off, and nothing more is sent to any.
    pub fn withdraw(&self) {
        self.withdrawn.cancel();
    }

    /// Where is recorded what left this machine.
    pub fn audit_file(&self) -> Option<std::path::PathBuf> {
        self.audit.file()
    }

    /// Says something to the user, or keeps it for who asks.
    fn notice(&self, text: String) {
        match &self.tell {
            Some(tell) => tell(&text),
            None => self.with(|state| state.notices.push(text)),
        }
    }

    /// The engine with this configuration name.
    pub fn engine(&self, name: &str) -> Result<Arc<dyn Engine>, EngineError> {
        let slot = self.engines.get(name).ok_or_else(|| {
            EngineError::new(ErrorKind::Configuration, format!("the engine \"{name}\" is not set up under [engines] in the configuration"))
        })?;
        if let Some(engine) = slot.built.get() {
            return Ok(engine.clone());
        }
        let engine = (self.build)(name, &slot.config)?;
        Ok(slot.built.get_or_init(|| engine).clone())
    }

    fn name_of(&self, role: Role) -> &str {
        match role {
            Role::Scout => &self.roles.scout,
            Role::Coder => &self.roles.coder,
        }
    }

    /// Who may answer, best first. Engines that rest after failures come last; an empty list is never answered.
    pub fn plan(&self, task: &Task) -> Result<Vec<Choice>, RouteError> {
        self.candidates(task).choices()
    }

    /// Who may answer, and who would if it were there. A look that notes nothing and tells nobody: who asks in earnest does.
    fn candidates(&self, task: &Task) -> Candidates {
        if let Some(reason) = task.refused() {
            return Candidates { problem: Some(RouteError::Refused(reason)), ..Candidates::default() };
        }
        let kept_here = task.kept_here(&self.policy);
        let Candidates { mut choices, mut down, mut problem } = Candidates::default();
        for (role, reason) in policy::roles(task, &self.policy) {
            let name = self.name_of(role);
            if choices.iter().any(|choice| choice.decision.engine == name) {
                continue;
            }
            let engine = match self.engine(name) {
                Ok(engine) => engine,
                Err(error) => {
                    down.push((name.to_string(), error.clone()));
                    problem = problem.or(Some(RouteError::Engine(error)));
                    continue;
                }
            };
            let (model, origin) = (engine.model(), engine.origin());
            if let Some(who) = kept_here.filter(|_| leaves_machine(origin.as_deref(), &model)) {
                let words = format!("{who}, and the engine \"{name}\" ({}) is elsewhere", origin.unwrap_or_default());
                problem = problem.or(Some(RouteError::Refused(words)));
                continue;
            }
            let reason = match (&problem, reason.is_empty()) {
                (None, false) => reason,
                (None, true) => "the engine that should answer is down".into(),
                (Some(why), _) => format!("stands in, because {why}"),
            };
            choices.push(Choice { decision: Decision { role, engine: name.into(), model, reason, origin }, engine });
        }
        let now = Instant::now();
        self.with(|state| choices.sort_by_key(|choice| state.health.get(&choice.decision.engine).is_some_and(|one| !one.is_well(now))));
        Candidates { choices, down, problem }
    }

    /// Asks as [`once`](Self::once) does; when the scout answers that the coder should, the coder is asked.
    pub async fn run(
        &self,
        task: &Task,
        cancel: &Cancel,
        build: impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send,
        mut each: impl FnMut(&Event) + Send,
    ) -> Result<Served, RouteError> {
        let all = |event: &Event| {
            each(event);
            ControlFlow::Continue(())
        };
        self.run_while(task, cancel, build, all).await
    }

    /// The same until `each` has enough of an answer.
    pub async fn run_while(
        &self,
        task: &Task,
        cancel: &Cancel,
        mut build: impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send,
        mut each: impl FnMut(&Event) -> ControlFlow<()> + Send,
    ) -> Result<Served, RouteError> {
        let (served, offered) = self.once(task, cancel, &mut build, &mut each).await?;
        // A call of what was not offered is answered by whoever runs the calls, like any made-up one.
        let asked = served.answer.calls.iter().find(|call| call.name == escalate::NAME);
        let Some(call) = asked.filter(|_| offered) else { return Ok(served) };
        let reason = escalate::reason(call);
        report::log("route", format_args!("{:?}: the scout asks for the coder: {reason}", task.kind));
        let harder = Task { escalated: Some(reason), ..task.clone() };
        Ok(self.once(&harder, cancel, &mut build, &mut each).await?.0)
    }

    /// Offers the scout a way to hand the task on, where there is one, and says whether it did. What is asked is complete with this.
    pub fn offer(&self, task: &Task, choice: &Choice, caps: &Caps, ask: &mut Ask) -> bool {
        caps.tools && self.may_escalate(task, choice) && escalate::offer(ask)
    }

    /// Whether the engine of this choice may hand the task on: a scout with another engine behind it that may be asked as well.
    fn may_escalate(&self, task: &Task, choice: &Choice) -> bool {
        let reads = matches!(task.kind, TaskKind::Explain | TaskKind::Ask) && choice.decision.role == Role::Scout;
        if !self.policy.escalate || !reads || task.escalated.is_some() {
            return false;
        }
        let harder = Task { escalated: Some(String::new()), ..task.clone() };
        let next = self.plan(&harder).ok().and_then(|choices| choices.into_iter().next());
        next.is_some_and(|next| next.decision.role == Role::Coder && next.decision.engine != choice.decision.engine)
    }

    /// Measured prefill rate of an engine in tokens per second.
    pub fn prefill_rate(&self, engine: &str) -> Option<f64> {
        self.with(|state| state.health.get(engine).and_then(|health| health.prefill_rate))
    }

    /// Whether a first pass was unsure of what it wrote, by the mean log-probability of its tokens.
    pub fn unsure(&self, timing: &engine::Timing) -> Option<Signal> {
        let mean = timing.mean_logprob.filter(|mean| *mean < self.policy.min_confidence)?;
        Some(Signal::Unsure((mean * 1000.0).round() as i64))
    }

    /// What the user should be told once, since the last call.
    pub fn take_notices(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.notices))
    }

    /// A further step of a task is no decision of its own, unless another engine answers it: the last fifty are of fifty tasks.
    fn succeeded(&self, task: &Task, decision: &Decision, answer: &Answer) {
        let is_new = task.goes_on.as_ref() != Some(&decision.engine);
        if is_new {
            report::log("route", format_args!("{:?} → {} ({}): {}", task.kind, decision.engine, decision.model, decision.reason));
        }
        let timing = &answer.finished.timing;
        self.with(|state| state.health.entry(decision.engine.clone()).or_default().succeeded(timing));
        if is_new {
            let (decision, timing) = (decision.clone(), timing.clone());
            self.remember(PastDecision { task: task.kind, decision, timing, failed: None, number: task.number });
        } else {
            self.goes_on(task);
        }
    }

    /// Whether this is the first failure since it last answered.
    fn failed(&self, task: &Task, engine: &str, error: &EngineError) -> bool {
        if error.kind == ErrorKind::Cancelled {
            return false;
        }
        report::log("route", format_args!("the engine {engine} failed: {error}"));
        self.with(|state| {
            state.health.entry(engine.into()).or_default().failed(error, task.kind.is_completion(), self.pause, Instant::now())
        })
    }

    /// Reads or changes the state; held for moments.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The engine of a configuration entry.
pub fn build(name: &str, config: &EngineConfig) -> Result<Arc<dyn Engine>, EngineError> {
    if config.kind != "llama" {
        return engine::http::build(name, config);
    }
    let file = models::locate(&config.model).map_err(|error| EngineError::new(ErrorKind::Configuration, error.message))?;
    Ok(engine::llama::Llama::new(config, file))
}
