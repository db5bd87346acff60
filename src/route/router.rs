//! The engines of the configuration, and how a request gets to them.

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
use crate::config::{self, Config, EngineConfig, EngineKind};
use crate::engine::{self, Answer, Ask, BYTES_PER_TOKEN, Cancel, Caps, Engine, EngineError, ErrorKind, Event, Request};
use crate::models;
use crate::report::{self, Level};
pub use send::most_thoughts;
pub use status::{EngineStatus, PastDecision, Status};

/// Owns the engines, and decides which one answers a task.
pub struct Router {
    roles: config::Roles,
    policy: config::Policy,
    engines: BTreeMap<String, Slot>,
    build: Build,
    state: Mutex<State>,
    audit: Audit,
    /// Receives each notice for the user immediately. Without it, notices are kept for `take_notices`.
    tell: Option<Notify>,
    /// The first rest of an engine that fails.
    pause: Duration,
    /// Cancelled when this router's configuration no longer applies: from then on nothing is sent to other machines.
    withdrawn: Cancel,
}

/// Builds the engine of a configuration entry.
pub type Build = Arc<dyn Fn(&str, &EngineConfig) -> Result<Arc<dyn Engine>, EngineError> + Send + Sync>;

/// Takes a sentence for the user.
pub type Notify = Arc<dyn Fn(&str) + Send + Sync>;

/// A configured engine. Built on first use, so that a model pulled later is found.
struct Slot {
    config: EngineConfig,
    built: OnceLock<Arc<dyn Engine>>,
}

#[derive(Default)]
struct State {
    health: BTreeMap<String, Health>,
    decisions: VecDeque<PastDecision>,
    /// Notices for the user that nobody has taken yet.
    notices: Vec<String>,
    /// Notices already given that a server answered with a model other than the configured one.
    strangers: BTreeSet<String>,
    /// Origins on other machines to which something was sent.
    origins: BTreeSet<String>,
}

/// An engine that may answer a task, and the reason.
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

    /// Estimated tokens of a request. The estimate errs on the high side, so that what has to fit next to the request does fit.
    pub fn prompt_tokens(&self, ask: &Ask) -> u32 {
        u32::try_from(self.engine.preview(ask).len() / BYTES_PER_TOKEN).unwrap_or(u32::MAX)
    }
}

/// The engines that may answer a task, and why others may not.
#[derive(Default)]
struct Candidates {
    /// Best first.
    choices: Vec<Choice>,
    /// Engines that cannot even be built.
    down: Vec<(String, EngineError)>,
    /// Why the first engine in the order that may not or cannot answer is left out.
    problem: Option<RouteError>,
}

impl Candidates {
    /// The allowed engines; if there are none, the problem.
    fn choices(self) -> Result<Vec<Choice>, RouteError> {
        if self.choices.is_empty() {
            return Err(self.problem.unwrap_or_else(|| RouteError::Refused("no engine is set up for this".into())));
        }
        Ok(self.choices)
    }
}

/// An answer, and who gave it.
pub struct Served {
    pub answer: Answer,
    pub decision: Decision,
}

impl Router {
    /// A router for the configured engines; nothing is started or asked yet.
    pub fn new(config: &Config) -> Self {
        Self::building(config, Arc::new(build))
    }

    /// [`Self::new`] with another way to build engines.
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
            pause: health::FIRST_REST,
            withdrawn: Cancel::new(),
        }
    }

    /// [`Self::new`] with existing engines, for tests.
    pub fn with_engines(config: &Config, engines: impl IntoIterator<Item = (String, Arc<dyn Engine>)>) -> Self {
        let engines = engines.into_iter().map(|(name, engine)| {
            let config = config.engines.get(&name).cloned().unwrap_or_default();
            (name, Slot { config, built: OnceLock::from(engine) })
        });
        Self::over(config, engines.collect(), Arc::new(build))
    }

    /// Records requests that leave this machine in a state folder.
    pub fn recording(self, folder: Option<&std::path::Path>) -> Self {
        Self { audit: Audit::new(folder), ..self }
    }

    /// Passes each notice for the user on immediately.
    pub fn telling(self, tell: Option<Notify>) -> Self {
        Self { tell, ..self }
    }

    /// Sets the first pause for an engine that fails.
    pub fn pausing(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// The configuration no longer applies: requests to other machines are aborted, and nothing more is sent to any.
    pub fn withdraw(&self) {
        self.withdrawn.cancel();
    }

    /// The file that records what left this machine.
    pub fn audit_file(&self) -> Option<std::path::PathBuf> {
        self.audit.file()
    }

    /// Tells the user something, or keeps it for `take_notices`.
    fn notice(&self, text: String) {
        match &self.tell {
            Some(tell) => tell(&text),
            None => self.with(|state| state.notices.push(text)),
        }
    }

    /// The engine with this name in the configuration, built if necessary.
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

    /// The engines that may answer, best first; never empty. Engines that rest after failures come last.
    pub fn plan(&self, task: &Task) -> Result<Vec<Choice>, RouteError> {
        self.candidates(task).choices()
    }

    /// The engines that may answer, and those that cannot be built. Changes nothing and gives no notices; only real requests do.
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

    /// Asks like [`once`](Self::once); if the scout asks for the coder, the coder is asked.
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

    /// [`Self::run`] until `each` has seen enough of an answer.
    pub async fn run_while(
        &self,
        task: &Task,
        cancel: &Cancel,
        mut build: impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send,
        mut each: impl FnMut(&Event) -> ControlFlow<()> + Send,
    ) -> Result<Served, RouteError> {
        let (served, offered) = self.once(task, cancel, &mut build, &mut each).await?;
        // If the tool was not offered, this call is made up: the caller, which runs the calls, answers it as such.
        let asked = served.answer.calls.iter().find(|call| call.name == escalate::TOOL_NAME);
        let Some(call) = asked.filter(|_| offered) else { return Ok(served) };
        let reason = escalate::reason(call);
        report::log(Level::Route, format_args!("{:?}: the scout asks for the coder: {reason}", task.kind));
        let harder = Task { escalated: Some(reason), ..task.clone() };
        Ok(self.once(&harder, cancel, &mut build, &mut each).await?.0)
    }

    /// Adds the tool with which the scout asks for the coder, if this engine may; returns whether it did. After this the request is
    /// complete.
    pub fn offer(&self, task: &Task, choice: &Choice, caps: &Caps, ask: &mut Ask) -> bool {
        caps.tools && self.may_escalate(task, choice) && escalate::offer(ask)
    }

    /// Whether this engine may ask for the coder: it plays the scout, and a different engine plays the coder and may be asked.
    fn may_escalate(&self, task: &Task, choice: &Choice) -> bool {
        let reads = matches!(task.kind, TaskKind::Explain | TaskKind::Ask) && choice.decision.role == Role::Scout;
        if !self.policy.escalate || !reads || task.escalated.is_some() {
            return false;
        }
        let harder = Task { escalated: Some(String::new()), ..task.clone() };
        let next = self.plan(&harder).ok().and_then(|choices| choices.into_iter().next());
        next.is_some_and(|next| next.decision.role == Role::Coder && next.decision.engine != choice.decision.engine)
    }

    /// An engine's measured rate for reading a prompt, in tokens per second.
    pub fn prefill_rate(&self, engine: &str) -> Option<f64> {
        self.with(|state| state.health.get(engine).and_then(|health| health.prefill_rate))
    }

    /// A signal if a first pass was unsure of its text, by the mean log-probability of its tokens.
    pub fn unsure(&self, timing: &engine::Timing) -> Option<Signal> {
        let mean = timing.mean_logprob.filter(|mean| *mean < self.policy.min_confidence)?;
        Some(Signal::Unsure((mean * 1000.0).round() as i64))
    }

    /// Notices for the user that have accumulated since the last call.
    pub fn take_notices(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.notices))
    }

    /// Notes a good answer. A further step of a task is not a decision of its own, unless another engine answers it: so the last fifty
    /// decisions are about fifty tasks.
    fn succeeded(&self, task: &Task, decision: &Decision, answer: &Answer) {
        let is_new = task.goes_on.as_ref() != Some(&decision.engine);
        if is_new {
            report::log(Level::Route, format_args!("{:?} → {} ({}): {}", task.kind, decision.engine, decision.model, decision.reason));
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

    /// Notes a failure; true if it is the first since the engine last answered.
    fn failed(&self, task: &Task, engine: &str, error: &EngineError) -> bool {
        if error.kind == ErrorKind::Cancelled {
            return false;
        }
        report::log(Level::Route, format_args!("the engine {engine} failed: {error}"));
        self.with(|state| {
            state.health.entry(engine.into()).or_default().failed(error, task.kind.is_completion(), self.pause, Instant::now())
        })
    }

    /// Reads or changes the state, which is locked only briefly.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Builds the engine of a configuration entry.
pub fn build(name: &str, config: &EngineConfig) -> Result<Arc<dyn Engine>, EngineError> {
    if config.kind != EngineKind::Llama {
        return engine::http::build(name, config);
    }
    let file = models::locate(&config.model).map_err(|error| EngineError::new(ErrorKind::Configuration, error.message))?;
    Ok(engine::llama::Llama::new(config, file))
}
