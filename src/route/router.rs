//! The engines of the configuration, and the way of a request through them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::audit::{Audit, Sent};
use super::escalate;
use super::health::{self, Health, Leave};
use super::{Decision, Role, RouteError, Signal, Task, TaskKind, leaves_machine, policy};
use crate::config::{self, Config, EngineConfig};
use crate::engine::{self, Answer, Ask, Cancel, Caps, Engine, EngineError, ErrorKind, Event, Request};
use crate::models;
use crate::report;

/// Decisions kept for `longsight.status`.
const REMEMBERED: usize = 50;

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
}

/// An answer and who gave it.
pub struct Served {
    pub answer: Answer,
    pub decision: Decision,
}

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
        let (state, audit, tell, withdrawn) = Default::default();
        let (roles, policy, pause) = (config.roles.clone(), config.route.clone(), health::PAUSE);
        Self { roles, policy, engines, build, state, audit, tell, pause, withdrawn }
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

    /// The engine of a role.
    pub fn of_role(&self, role: Role) -> Result<Arc<dyn Engine>, EngineError> {
        self.engine(self.name_of(role))
    }

    fn name_of(&self, role: Role) -> &str {
        match role {
            Role::Scout => &self.roles.scout,
            Role::Coder => &self.roles.coder,
        }
    }

    /// Who may answer, best first. Engines that rest after failures come last; an empty list is never answered.
    pub fn plan(&self, task: &Task) -> Result<Vec<Choice>, RouteError> {
        if let Some(reason) = task.refused() {
            return Err(RouteError::Refused(reason));
        }
        let kept_here = task.kept_here(&self.policy);
        let mut choices: Vec<Choice> = vec![];
        let (mut problem, mut news) = (None, vec![]);
        for (role, reason) in policy::roles(task, &self.policy) {
            let name = self.name_of(role);
            if choices.iter().any(|choice| choice.decision.engine == name) {
                continue;
            }
            let engine = match self.engine(name) {
                Ok(engine) => engine,
                Err(error) => {
                    if self.failed(task, name, &error) {
                        news.push(format!("The engine \"{name}\" does not answer: {error}"));
                    }
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
        if let Some(first) = choices.first() {
            news.into_iter().for_each(|what| self.notice(format!("{what}; \"{}\" stands in", first.decision.engine)));
        } else {
            return Err(problem.unwrap_or_else(|| RouteError::Refused("no engine is set up for this".into())));
        }
        Ok(choices)
    }

    /// Asks as [`once`](Self::once) does; when the scout answers that the coder should, the coder is asked.
    pub async fn run(
        &self,
        task: &Task,
        cancel: &Cancel,
        mut build: impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send,
        mut each: impl FnMut(&Event) + Send,
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

    /// Asks the engines of [`plan`](Self::plan) in order until one answers. `build` makes the request that fits an engine; `each` sees
    /// every event. An engine that fails after it has written something is not replaced: half an answer was shown.
    async fn once(
        &self,
        task: &Task,
        cancel: &Cancel,
        build: &mut (impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send),
        each: &mut (impl FnMut(&Event) + Send),
    ) -> Result<(Served, bool), RouteError> {
        let mut failure: Option<EngineError> = None;
        // Who asked hears of a failure by its answer; where another engine stands in, it is said once.
        let mut news: Vec<String> = vec![];
        for mut choice in self.plan(task)? {
            if let Some(error) = &failure {
                choice.decision.reason = format!("stands in, because {error}");
            }
            let trial = match self.may_ask(task, &choice.decision.engine) {
                Ok(trial) => trial,
                Err(refused) => {
                    failure = failure.or(Some(refused));
                    continue;
                }
            };
            let (mut spoke, mut offered) = (false, false);
            let mut build = |choice: &Choice, caps: &Caps| {
                let mut request = build(choice, caps)?;
                offered = self.offer(task, choice, caps, &mut request.ask);
                Ok(request)
            };
            let outcome = self
                .send(task, &choice, cancel, &mut build, &mut |event| {
                    spoke |= matches!(event, Event::Text(_) | Event::Reasoning(_) | Event::Call(_));
                    each(event);
                })
                .await;
            drop(trial);
            match outcome {
                Ok(answer) => {
                    self.compare(&mut choice.decision, &answer.finished.model);
                    self.succeeded(task, &choice.decision, &answer);
                    news.into_iter().for_each(|what| self.notice(format!("{what}; \"{}\" stands in", choice.decision.engine)));
                    return Ok((Served { answer, decision: choice.decision }, offered));
                }
                Err(error) if choice.leaves() && self.withdrawn.is_cancelled() => return Err(RouteError::Engine(error)),
                Err(error) => {
                    if self.failed(task, &choice.decision.engine, &error) {
                        news.push(format!("The engine \"{}\" does not answer: {error}", choice.decision.engine));
                    }
                    let final_word = spoke || matches!(error.kind, ErrorKind::Cancelled | ErrorKind::Garbled);
                    if final_word {
                        return Err(RouteError::Engine(error));
                    }
                    failure = failure.or(Some(error));
                }
            }
        }
        let nobody = || EngineError::new(ErrorKind::Unavailable, "no engine answered");
        Err(RouteError::Engine(failure.unwrap_or_else(nobody)))
    }

    /// Sends a request to the engine of a choice. What leaves the machine is announced the first time, recorded always, and broken off
    /// when the configuration is withdrawn.
    async fn send(
        &self,
        task: &Task,
        choice: &Choice,
        cancel: &Cancel,
        build: &mut (impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send),
        each: &mut (impl FnMut(&Event) + Send),
    ) -> Result<Answer, EngineError> {
        if !choice.leaves() {
            return ask(choice, cancel, build, each).await;
        }
        self.announce(task, choice);
        let mut sent: Option<Sent> = None;
        let mut build = |choice: &Choice, caps: &Caps| {
            let request = build(choice, caps)?;
            // As it is sent: without secrets.
            let prompt = choice.engine.preview(&request.ask.clone().masked());
            sent = Some(self.audit.sends(task.kind, &choice.decision, &prompt, choice.engine.tokens().count(&prompt)));
            Ok(request)
        };
        let asked = self.withdrawn.run_until_cancelled(ask(choice, cancel, &mut build, each)).await;
        let outcome = asked.unwrap_or_else(|| {
            let to = choice.decision.origin.as_deref().unwrap_or_default();
            let words =
                format!("the configuration has changed meanwhile: the request was broken off, and nothing more is sent to {to}; ask again");
            Err(EngineError::new(ErrorKind::Configuration, words))
        });
        if let Some(sent) = sent {
            sent.ends(&outcome);
        }
        outcome
    }

    /// Tells the user about the first request to an origin on another machine, before it is made.
    fn announce(&self, task: &Task, choice: &Choice) {
        let Decision { engine, model, origin, .. } = &choice.decision;
        let origin = origin.as_deref().unwrap_or_default();
        if !self.with(|state| state.origins.insert(origin.into())) || !self.audit.is_new(origin) {
            return;
        }
        let record = self.audit.file().map_or(String::new(), |file| format!(" Every request is recorded in {}.", file.display()));
        self.notice(format!(
            "For the first time something is sent to {origin}, the engine \"{engine}\" of your configuration ({model}): {}.{record}",
            task.kind.sends()
        ));
    }

    /// A server that answers as another model than the configured one says so in the decision, and once to the user.
    fn compare(&self, decision: &mut Decision, served: &str) {
        if !engine::http::is_other_model(&decision.model, served) {
            return;
        }
        decision.reason.push_str(&format!("; it answered as `{served}`, not `{}`", decision.model));
        let notice = format!("The engine \"{}\" is set up for {} but answers as {served}", decision.engine, decision.model);
        if self.with(|state| state.strangers.insert(notice.clone())) {
            self.notice(notice);
        }
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

    /// A further step of a task is no decision of its own: the last fifty are of fifty tasks.
    fn succeeded(&self, task: &Task, decision: &Decision, answer: &Answer) {
        if !task.goes_on {
            report::log("route", format_args!("{:?} → {} ({}): {}", task.kind, decision.engine, decision.model, decision.reason));
        }
        self.with(|state| {
            if !task.goes_on {
                if state.decisions.len() == REMEMBERED {
                    state.decisions.pop_front();
                }
                let timing = answer.finished.timing.clone();
                state.decisions.push_back(PastDecision { task: task.kind, decision: decision.clone(), timing });
            }
            state.health.entry(decision.engine.clone()).or_default().succeeded(&answer.finished.timing);
        });
    }

    /// Leave to ask an engine, which lasts until it is dropped.
    fn may_ask<'a>(&'a self, task: &Task, engine: &str) -> Result<Trial<'a>, EngineError> {
        let typing = task.kind == TaskKind::CompleteAuto;
        let asked = self.with(|state| {
            let health = state.health.entry(engine.into()).or_default();
            health.may_ask(typing, Instant::now()).map_err(|left| (left, health.problem.clone().unwrap_or_default()))
        });
        match asked {
            Ok(leave) => Ok(Trial { router: self, engine: (leave == Leave::Trial).then(|| engine.into()) }),
            Err((left, problem)) => {
                let message = format!("the engine \"{engine}\" fails and is left alone for another {} s: {problem}", left.as_secs() + 1);
                Err(EngineError::new(ErrorKind::Unavailable, message))
            }
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

/// A request on its way to an engine that may be back. One that is dropped before it has told anything, because it was cancelled, leaves
/// the question to the next.
struct Trial<'a> {
    router: &'a Router,
    engine: Option<String>,
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(engine) = &self.engine {
            self.router.with(|state| state.health.entry(engine.clone()).or_default().gave_up());
        }
    }
}

/// One engine's answer to one task.
async fn ask(
    choice: &Choice,
    cancel: &Cancel,
    build: &mut (impl FnMut(&Choice, &Caps) -> Result<Request, EngineError> + Send),
    each: &mut (impl FnMut(&Event) + Send),
) -> Result<Answer, EngineError> {
    let cancelled = || EngineError::new(ErrorKind::Cancelled, "cancelled");
    let caps = cancel.run_until_cancelled(choice.engine.caps()).await.ok_or_else(cancelled)??;
    let request = build(choice, &caps)?;
    // Whoever wrote the prompt: no secret passes here.
    let request = Request { ask: request.ask.masked(), ..request };
    let events = choice.engine.start(request, cancel.clone());
    cancel.run_until_cancelled(engine::collect(events, each)).await.ok_or_else(cancelled)?
}

/// The engine of a configuration entry.
pub fn build(name: &str, config: &EngineConfig) -> Result<Arc<dyn Engine>, EngineError> {
    if config.kind != "llama" {
        return engine::http::build(name, config);
    }
    let file = models::locate(&config.model).map_err(|error| EngineError::new(ErrorKind::Configuration, error.message))?;
    Ok(engine::llama::Llama::new(config, file))
}
