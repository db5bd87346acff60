//! The short form: one question that fills a form, checked, with repair rounds. Fit for models with a small window.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::json;

use super::Edited;
use super::Work;
use super::calls::follow;
use super::check::{self, Unfit};
use super::fit::layout::blocks;
use super::forms::{Filled, Form};
use super::offer;
use super::request::{self, Again, Put, Question};
use super::too_slow;
use crate::agent::driver;
use crate::agent::limits;
use crate::agent::turn::Step;
use crate::dialect::{Message, Role, ToolCall};
use crate::engine::{Answer, Caps, EngineError, ErrorKind, Event, FOUND, Finish};
use crate::features::answer::report;
use crate::features::inert::Inert;
use crate::features::{Piece, Timing};
use crate::route::{Choice, Decision, RouteError};

/// Questions to the model by calls: the first, and one repair.
const ROUNDS: usize = 2;
/// The same for a model of our own, which has read the question already: another try costs what it writes.
const ROUNDS_OF_OUR_OWN: usize = 3;

/// The most questions to a model that is asked in this way.
pub(super) fn rounds_of(put: Put) -> usize {
    if put == Put::Call { ROUNDS } else { ROUNDS_OF_OUR_OWN }
}

/// Bytes of white space at the end of an answer that say it had ended before.
const BLANK: usize = 16;

/// What came of the rounds.
pub(super) struct Done {
    pub filled: Filled,
    route: Decision,
    pub steps: Vec<Step>,
    timing: Timing,
    pub sent: Vec<String>,
}

/// Computes an edit. Where it changes a signature, the calls are the second question, which may not take the first one's answer with it.
pub async fn run(work: &Work<'_>) -> Result<Edited, EngineError> {
    let started = Instant::now();
    let mut done = driver::in_time(limits::TIME, rounds(work)).await.unwrap_or_else(|| Err(too_slow()))?;
    let left = limits::TIME.saturating_sub(started.elapsed());
    let late = || Ok(vec!["the signature is another with this, and the time was up before its calls were".to_string()]);
    let told = driver::in_time(left, follow::calls(work, &mut done)).await.unwrap_or_else(late)?;
    let Done { filled, route, steps, timing, sent } = done;
    let mut edited = Edited { route, steps, timing, sent, ..offer::one(work, filled)? };
    edited.confirm.extend(told);
    match &work.plan.form {
        Form::Rename(rename) => edited.confirm.extend(rename.confirm()),
        Form::Calls(calls) => edited.confirm.extend(calls.told(work.site)),
        Form::Test { beside: Some(beside), .. } => edited.confirm.extend(beside.told()),
        _ => {}
    }
    Ok(edited)
}

impl Done {
    /// Adds what came of another question about the same edit.
    pub(super) fn add(&mut self, more: Done) {
        self.filled.edits.extend(more.filled.edits);
        self.filled.others.extend(more.filled.others);
        self.steps.extend(more.steps);
        self.sent.extend(more.sent.into_iter().filter(|sent| !self.sent.contains(sent)).collect::<Vec<_>>());
        driver::add(&mut self.timing.engine, &more.timing.engine);
    }
}

/// Asks until an edit may be offered, or the rounds are over.
pub(super) async fn rounds(work: &Work<'_>) -> Result<Done, EngineError> {
    let mut short = Short::new(work);
    let mut timing = Timing::default();
    let mut problem = String::new();
    for round in 0..ROUNDS_OF_OUR_OWN {
        (work.sink)(Piece::Progress(format!("{}, step {}", work.plan.doing, round + 1), None));
        let (answer, route) = match short.ask(round == 0).await {
            Ok(answered) => answered,
            // The model wrote something that is no call: that can be repaired like a wrong call.
            Err(RouteError::Engine(error)) if error.kind == ErrorKind::Garbled && short.may_repair(round) => {
                problem = error.message;
                short.steps.push(Step { step: round + 1, tool: "propose_edit".into(), what: problem.clone(), ok: false });
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        driver::add(&mut timing.engine, &answer.finished.timing);
        if timing.ready_ms == 0.0 {
            timing.ready_ms = short.ready_ms;
        }
        match short.check(&answer) {
            Ok(filled) => {
                short.note(round, &answer, true);
                let Short { steps, sent, .. } = short;
                return Ok(Done { filled, route, steps, timing, sent });
            }
            Err(why) => {
                short.note(round, &answer, false);
                // Behind what they have to say small models write blank lines to the limit: that is no end that was missed.
                let blank = answer.text.len() - answer.text.trim_end().len();
                let is_whole = short.put == Put::Hole || !answer.calls.is_empty() || blank > BLANK;
                if answer.finished.reason == Finish::Length && !is_whole {
                    // Not every server counts them.
                    let wrote = match answer.finished.timing.tokens_out {
                        0 => "came to the limit of its tokens and".into(),
                        tokens => format!("wrote {tokens} tokens and came"),
                    };
                    problem = format!("the model {wrote} to no end ({why}); choose fewer lines, or use a larger model");
                    break;
                }
                // An answer without code says nothing of why the one before it was refused.
                if problem.is_empty() || short.put != Put::Block || !blocks(&answer.text).is_empty() {
                    problem = why.to_string();
                }
                if !short.may_repair(round) {
                    break;
                }
                short.repair(answer, &why);
            }
        }
    }
    Err(EngineError::new(ErrorKind::Garbled, format!("no edit came of it, and nothing is changed: {problem}")))
}

/// What the task settles by itself, without a model: a rename that says both names, a move that says what the module is called.
pub fn settled(work: &Work<'_>) -> Option<Result<Edited, EngineError>> {
    let (arguments, confirm, why) = match &work.plan.form {
        Form::Rename(rename) => {
            let why = "the task says both names, and the index knows the places: no model was asked";
            (json!({ "new_name": rename.wanted.as_ref()?, "reason": "" }), rename.confirm(), why)
        }
        Form::Module { .. } => {
            let why = "the task says what the module is called, and the language what moves: no model was asked";
            (json!({ "module": work.plan.module.as_ref()?, "reason": "" }), None, why)
        }
        _ => return None,
    };
    let unsupported = |why: Unfit| EngineError::new(ErrorKind::Unsupported, why.to_string());
    let offered = check::call(work, &arguments).map_err(unsupported).and_then(|filled| {
        let summary = filled.reason.clone();
        let mut edited = Edited { summary, ..offer::one(work, filled)? };
        edited.confirm.extend(confirm);
        Ok(edited)
    });
    Some(offered.map(|offered| {
        let route = Decision { engine: "none".into(), reason: why.into(), ..offered.route.clone() };
        Edited { route, ..offered }
    }))
}

/// Line breaks in a row that no code has: a model that writes them has said what it had to say, and goes on to its limit.
const ENDLESS: usize = 32;

/// Looks for the end of an answer that its model does not see.
#[derive(Default)]
struct End {
    /// Line breaks at the end of the text, with nothing but blanks between them.
    breaks: usize,
}

impl End {
    /// Of calls that are found in the text the first is taken, and what follows would be waited for in vain.
    fn follows(&mut self, event: &Event) -> ControlFlow<()> {
        let is_over = match event {
            Event::Text(text) => {
                self.breaks = text.chars().fold(self.breaks, |breaks, sign| match sign {
                    '\n' => breaks + 1,
                    sign if sign.is_whitespace() => breaks,
                    _ => 0,
                });
                self.only_blanks()
            }
            Event::Call(call) => call.name == "propose_edit" && call.id.starts_with(FOUND),
            _ => false,
        };
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn only_blanks(&self) -> bool {
        self.breaks >= ENDLESS
    }
}

/// The short form on its way.
struct Short<'a> {
    work: &'a Work<'a>,
    /// How the newest question was put.
    put: Put,
    /// What the model answered and why it was refused.
    exchanges: Vec<Message>,
    steps: Vec<Step>,
    sent: Vec<String>,
    ready_ms: f64,
    started: Instant,
    again: Again,
    /// Something of the newest answer was told as it came.
    has_told: bool,
    /// Tokens of other files: the same in every round, so that the question is read once.
    budget: OnceLock<usize>,
}

impl<'a> Short<'a> {
    fn new(work: &'a Work<'a>) -> Self {
        Self {
            work,
            put: Put::Call,
            exchanges: vec![],
            steps: vec![],
            sent: vec![],
            ready_ms: 0.0,
            started: Instant::now(),
            again: Again::default(),
            has_told: false,
            budget: OnceLock::new(),
        }
    }

    async fn ask(&mut self, first: bool) -> Result<(Answer, Decision), RouteError> {
        let work = self.work;
        let task = work.plan.task(work.session);
        // What was refused is not what comes now.
        if std::mem::take(&mut self.has_told) {
            (work.sink)(Piece::Restart);
        }
        let (mut filter, mut has_told) = (Inert::default(), false);
        let (mut sent, mut ready_ms, mut put) = (Vec::<String>::new(), 0.0, Put::Call);
        let this = &*self;
        let build = |choice: &Choice, caps: &Caps| {
            put = request::put(&work.plan.form, choice, caps, first);
            let budget = *this.budget.get_or_init(|| request::patience(work, choice, caps));
            let question = Question { work, put, budget, exchanges: &this.exchanges, again: this.again };
            let (request, shown) = question.request(choice, caps)?;
            sent.extend(shown);
            ready_ms = this.started.elapsed().as_secs_f64() * 1000.0;
            Ok(request)
        };
        let mut end = End::default();
        let each = |event: &Event| {
            has_told |= matches!(event, Event::Text(_) | Event::Reasoning(_));
            report(event, &mut filter, work.sink);
            end.follows(event)
        };
        let served = work.session.router().run_while(&task, work.cancel, build, each).await;
        self.has_told = has_told;
        let mut served = served?;
        if end.only_blanks() {
            served.answer.finished.reason = Finish::Length;
        }
        sent.retain(|place| !self.sent.contains(place));
        self.sent.append(&mut sent);
        (self.ready_ms, self.put) = (ready_ms, put);
        Ok((served.answer, served.decision))
    }

    /// Whether another question may follow this round.
    fn may_repair(&self, round: usize) -> bool {
        round + 1 < rounds_of(self.put)
    }

    /// What the answer means, if it may be offered.
    fn check(&self, answer: &Answer) -> Result<Filled, Unfit> {
        check::call(self.work, &request::arguments(self.work, self.put, answer)?)
    }

    fn note(&mut self, round: usize, answer: &Answer, ok: bool) {
        let what = answer.calls.first().map(|call| call.arguments.to_string()).unwrap_or_else(|| answer.text.clone());
        let what = limits::shorten(&what, 200);
        self.steps.push(Step { step: round + 1, tool: "propose_edit".into(), what, ok });
    }

    /// Tells the model what was wrong, for the next round.
    fn repair(&mut self, answer: Answer, why: &Unfit) {
        // A small model that has read its own echo writes it again: it is asked anew, as if for the first time.
        if answer.calls.first().is_some_and(|call| self.work.plan.form.is_echo(&call.arguments)) {
            self.again.bare = true;
            return;
        }
        // What filled a hole is no part of a conversation.
        if self.put == Put::Hole {
            return;
        }
        let again = self.exchanges.first().is_some_and(|last| {
            let call = |calls: &[ToolCall]| calls.first().map(|call| call.arguments.clone());
            last.content == answer.text && call(&last.tool_calls) == call(&answer.calls)
        });
        let is_same = matches!(why, Unfit::Same);
        self.again.otherwise |= again || is_same;
        // A small model that has read a refusal writes the refusal again, or what was refused: a block is asked for anew.
        if self.put == Put::Block && (is_same || again || !self.exchanges.is_empty()) {
            self.again.anew |= is_same;
            self.again.otherwise = true;
            self.exchanges.clear();
            return;
        }
        let task = &self.work.plan.words;
        let form = if self.put == Put::Block { "Answer in the same form again" } else { "Call propose_edit again" };
        let words = format!("The edit was refused: {why}. {form}, with this put right. The task is still: {task}");
        let objects = |call: &ToolCall| call.arguments.is_object();
        let calls: Vec<ToolCall> = answer.calls.into_iter().filter(objects).take(1).collect();
        let id = calls.first().map(|call| call.id.clone());
        let reasoning = Some(answer.reasoning).filter(|reasoning| !reasoning.is_empty());
        // One refusal is enough to read.
        self.exchanges = vec![Message { tool_calls: calls, reasoning, ..Message::new(Role::Assistant, answer.text) }];
        let role = if id.is_some() { Role::Tool } else { Role::User };
        self.exchanges.push(Message { tool_call_id: id, ..Message::new(role, words) });
    }
}
