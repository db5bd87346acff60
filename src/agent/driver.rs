//! Drives a turn: asks the model through the router, runs the tools on a thread of their own, and reports events to the state machine. The
//! only part of the agent that waits.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::refusals::Refusals;
use super::talk::Talk;
use super::tools::Workbench;
use super::turn::{CallOutcome, Effect, Ending, Input, Step, Turn};
use crate::context::Stretch;
use crate::dialect::{Chat, ToolCall, ToolChoice};
use crate::engine::{self, Ask, Cancel, EngineError, ErrorKind, Finish, Priority, Request, RetryReason, Timing};
use crate::report::{self, Level};
use crate::route::{Choice, Decision, RouteError, Router, Served, Task};

/// Told in words what is going on.
pub type Say<'a> = &'a (dyn Fn(String) + Send + Sync);

/// What a turn needs besides its messages and tools.
pub struct Driver<'a> {
    pub router: &'a Router,
    pub task: Task,
    pub cancel: &'a Cancel,
    /// The smallest context window, in tokens, of an engine for the turn, including one that takes over.
    pub least: u32,
    /// The longest time for the turn.
    pub time: Duration,
    pub say: Say<'a>,
    /// Sees the engine's events, for the display.
    pub see: &'a (dyn Fn(&engine::Event) + Send + Sync),
}

/// The result of a turn.
pub struct TurnOutcome {
    pub ending: Ending,
    pub steps: Vec<Step>,
    /// The stretches whose text the tools showed to the model.
    pub sent: Vec<Stretch>,
    /// Edits that were refused.
    pub refusals: Refusals,
    /// An edit was accepted that the model may only have quoted.
    pub may_quote: bool,
    /// The tools with their drafts; none if they were still at work when the turn was cancelled.
    pub bench: Option<Workbench>,
    /// Who answered; none if nobody did.
    pub decision: Option<Decision>,
    /// The timing of all answers together.
    pub timing: Timing,
    /// The error that ended the turn.
    pub error: Option<EngineError>,
}

/// The result of `work`, if it comes in time.
pub async fn in_time<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

/// Maximum tokens of one answer, and the divisor of the window that limits it as well.
const ANSWER: u32 = 16_384;
const ANSWER_SHARE: u32 = 4;
/// Factor for the length of an answer after one that was cut off.
const AFTER_CUT: u32 = 2;

/// Maximum tokens of an answer, for a window of this size.
fn most_tokens(window: u32) -> u32 {
    ANSWER.min((window / ANSWER_SHARE).max(256))
}

/// Maximum tokens of the first answer of a turn, and of later ones if all are cut off.
pub fn answers(window: u32) -> [u32; 2] {
    let first = most_tokens(window);
    [first, (first * AFTER_CUT).min(window)]
}

impl Driver<'_> {
    /// Runs a turn to its end, which comes soon after `cancel`, and no later than when its time is up.
    pub async fn run(&self, mut turn: Turn, bench: Workbench) -> TurnOutcome {
        let started = Instant::now();
        let mut run = Run {
            bench: Some(bench),
            answered: Answered::default(),
            timing: Timing::default(),
            error: None,
            talk: Talk::default(),
            was_cut: false,
            may_quote: false,
            fit: BTreeSet::new(),
        };
        let mut effects: VecDeque<Effect> = turn.begin().into();
        let ending = loop {
            let Some(effect) = effects.pop_front() else { break Ending::Failed("the turn made no progress".into()) };
            let input = match effect {
                Effect::Say(what) => {
                    (self.say)(what);
                    continue;
                }
                Effect::Over(ending) => break ending,
                Effect::Ask(chat) => self.in_time(started, self.ask(chat, &mut run)).await,
                // The time limit does not stop the tools: they are quick, and what they have drafted counts. It stops the next question.
                Effect::Work(calls) => self.unless_cancelled(work(calls, &mut run)).await,
            };
            let input = if self.cancel.is_cancelled() { Input::Cancelled } else { input };
            effects.extend(turn.on(input));
        };
        let (bench, may_quote) = (run.bench, run.may_quote);
        let Turn { steps, sent, refusals, .. } = turn;
        TurnOutcome {
            ending,
            steps,
            sent,
            refusals,
            may_quote,
            bench,
            decision: run.answered.decision(),
            timing: run.timing,
            error: run.error,
        }
    }

    /// The result of `happens`, unless the turn is cancelled or its time is up before that.
    async fn in_time(&self, started: Instant, happens: impl Future<Output = Input>) -> Input {
        let left = self.time.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Input::Late(self.time);
        }
        self.unless_cancelled(async { in_time(left, happens).await.unwrap_or(Input::Late(self.time)) }).await
    }

    async fn unless_cancelled(&self, happens: impl Future<Output = Input>) -> Input {
        self.cancel.run_until_cancelled(happens).await.unwrap_or(Input::Cancelled)
    }

    /// Asks for the next step. An answer that was lost in transit does not count, and is asked for once more.
    async fn ask(&self, chat: Chat, run: &mut Run) -> Input {
        let mut windows = Windows::default();
        let mut served = self.served(&chat, run, &mut windows).await;
        if matches!(&served, Err(RouteError::Engine(error)) if error.broke_off) {
            (self.say)(format!("{}, asking once more", RetryReason::Lost.why()));
            served = self.served(&chat, run, &mut windows).await;
        }
        match served {
            Ok(served) => {
                add(&mut run.timing, &served.answer.finished.timing);
                run.was_cut = served.answer.finished.reason == Finish::Length;
                run.answered.by(served.decision);
                Input::Answered(served.answer)
            }
            // The model wrote something that is no call, and is told so, as with any wrong call.
            Err(RouteError::Engine(error)) if error.kind == ErrorKind::Garbled => Input::Garbled(error.message),
            Err(RouteError::Engine(error)) if error.kind == ErrorKind::TooLong => {
                let reason = error.message.clone();
                run.error = Some(error);
                Input::TooLong(reason, windows.left())
            }
            Err(error) => {
                let reason = error.to_string();
                run.error = Some(match error {
                    RouteError::Engine(error) => error,
                    RouteError::Refused(reason) => EngineError::new(ErrorKind::Configuration, reason),
                });
                Input::Failed(reason)
            }
        }
    }

    /// An answer to the conversation so far.
    async fn served(&self, chat: &Chat, run: &mut Run, windows: &mut Windows) -> Result<Served, RouteError> {
        let was_cut = run.was_cut;
        let mut fit = std::mem::take(&mut run.fit);
        let build = |choice: &Choice, caps: &engine::Caps| {
            windows.sees(&choice.decision.engine, u32::try_from(caps.cut(caps.context as usize)).unwrap_or(u32::MAX));
            if caps.share.is_some() {
                let words = "a conversation is made shorter by its turn";
                return Err(EngineError::new(ErrorKind::Unsupported, words));
            }
            if !caps.tools {
                let words = format!("{} does not support tools, without which it cannot do this", choice.decision.model);
                return Err(EngineError::new(ErrorKind::Unsupported, words));
            }
            // A turn that has begun continues in the window that its refusals have taught.
            if caps.context < self.least && !fit.contains(&choice.decision.engine) {
                let words = format!("the window of {} ({} tokens) is too small to work with tools", choice.decision.model, caps.context);
                return Err(EngineError::new(ErrorKind::Unsupported, words));
            }
            fit.insert(choice.decision.engine.clone());
            // If the engine can constrain the model by a grammar, it writes a valid call and nothing else.
            let tool_choice = if choice.engine.origin().is_none() { ToolChoice::Required } else { chat.tool_choice };
            let ask = Ask::Chat(Chat { tool_choice, ..chat.clone() });
            let mut max_tokens = most_tokens(caps.context);
            if was_cut {
                let left = caps.context.saturating_sub(choice.prompt_tokens(&ask));
                max_tokens = (max_tokens * AFTER_CUT).min(left).max(max_tokens);
            }
            Ok(Request { ask, max_tokens, temperature: 0.0, stop: vec![], priority: Priority::Normal })
        };
        // Only the first step is a decision worth remembering; the others follow from it, unless another engine stands in.
        let task = Task { goes_on: run.answered.newest().map(str::to_string), ..self.task.clone() };
        run.error = None;
        let mut talk = Talk::default();
        let each = |event: &engine::Event| {
            talk.hear(event);
            (self.see)(event);
        };
        let served = self.router.run(&task, self.cancel, build, each).await;
        (run.talk, run.fit) = (talk, fit);
        served
    }
}

/// The windows that the engine asked last has had during one question: a refusal may teach a smaller one.
#[derive(Default)]
struct Windows {
    engine: String,
    first: u32,
    last: u32,
}

impl Windows {
    fn sees(&mut self, engine: &str, window: u32) {
        if self.engine != engine {
            (self.engine, self.first) = (engine.into(), window);
        }
        self.last = window;
    }

    /// The share of the window that is left.
    fn left(&self) -> f64 {
        if self.first == 0 { 1.0 } else { (f64::from(self.last) / f64::from(self.first)).min(1.0) }
    }
}

/// What a running turn accumulates.
struct Run {
    /// Absent while the tools run.
    bench: Option<Workbench>,
    answered: Answered,
    timing: Timing,
    error: Option<EngineError>,
    /// What the newest answer said around its calls, and whether it ran out of tokens.
    talk: Talk,
    was_cut: bool,
    may_quote: bool,
    /// Engines that the turn is known to fit into.
    fit: BTreeSet<String>,
}

/// Who answered the steps of a turn: for each run of steps by one engine, its first step.
#[derive(Default)]
struct Answered {
    steps: usize,
    runs: Vec<(usize, Decision)>,
}

impl Answered {
    fn by(&mut self, decision: Decision) {
        self.steps += 1;
        if self.newest() != Some(decision.engine.as_str()) {
            self.runs.push((self.steps, decision));
        }
    }

    fn newest(&self) -> Option<&str> {
        self.runs.last().map(|(_, decision)| decision.engine.as_str())
    }

    /// The last decision, naming all engines that answered before: whatever had been read until then went to them.
    fn decision(self) -> Option<Decision> {
        let mut runs = self.runs;
        let (_, first) = runs.first()?;
        if runs.len() == 1 {
            return Some(first.clone());
        }
        let place = |decision: &Decision| decision.origin.clone().unwrap_or_else(|| "this machine".into());
        let run = |(step, by): &(usize, Decision)| format!("from step {step} on {} ({}): {}", by.engine, place(by), by.reason);
        let reason = runs.iter().map(run).collect::<Vec<_>>().join("; ");
        let (_, last) = runs.pop()?;
        Some(Decision { reason, ..last })
    }
}

/// Runs calls in order, on a thread where they disturb nobody.
async fn work(calls: Vec<ToolCall>, run: &mut Run) -> Input {
    let Some(mut bench) = run.bench.take() else { return Input::Failed("the tools are gone".into()) };
    let done = tokio::task::spawn_blocking(move || {
        bench.begin_answer();
        let results: Vec<CallOutcome> = calls.iter().map(|call| fenced(&mut bench, call)).collect();
        (bench, results)
    });
    match done.await {
        Ok((bench, results)) => {
            run.bench = Some(bench);
            run.may_quote |= run.talk.may_quote() && results.iter().any(|worked| !worked.taken.is_empty());
            Input::CallsDone(results)
        }
        Err(error) => Input::Failed(format!("a tool failed: {error}")),
    }
}

/// Runs a call. If it panics over some odd file it fails like any other, and the drafts are kept.
fn fenced(bench: &mut Workbench, call: &ToolCall) -> CallOutcome {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bench.run(call)));
    outcome.unwrap_or_else(|_| {
        report::log(Level::Error, format_args!("the tool {} broke down", call.name));
        let result = format!("{} broke down over this; look another way, or go on without it", call.name);
        CallOutcome { result, failed: true, ..CallOutcome::default() }
    })
}

/// Adds the times and tokens of another answer.
pub fn add(sum: &mut Timing, more: &Timing) {
    sum.queued_ms += more.queued_ms;
    sum.load_ms += more.load_ms;
    sum.prefill_ms += more.prefill_ms;
    sum.decode_ms += more.decode_ms;
    sum.total_ms += more.total_ms;
    sum.tokens_reused += more.tokens_reused;
    sum.tokens_restored += more.tokens_restored;
    sum.tokens_decoded += more.tokens_decoded;
    sum.tokens_out += more.tokens_out;
    sum.mean_logprob = more.mean_logprob;
}
