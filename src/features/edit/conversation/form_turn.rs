//! The rounds in which a model with a small window fills a form: a question, checks of its answer, and a repair. The questions are asked by
//! `driver`.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::json;

use super::question::{self, AnswerFormat, Question, Retry};
use crate::agent::driver;
use crate::agent::turn::{Step, sayable};
use crate::dialect::{Message, Role, ToolCall};
use crate::engine::{Answer, Caps, EngineError, ErrorKind, Event, FOUND, Finish, Request};
use crate::features::answer::report;
use crate::features::edit::Edited;
use crate::features::edit::Work;
use crate::features::edit::check::{self, Unfit};
use crate::features::edit::forms::{Filled, Form};
use crate::features::edit::hunks::{self, Offered};
use crate::features::inert::Inert;
use crate::features::sent::SentPlaces;
use crate::features::{AnswerEvent, Sink, Timing};
use crate::route::{Choice, Decision, RouteError, Served};
use crate::text::excerpt::shorten;
use crate::text::markdown;

/// Most questions by calls: the first, and one repair.
const CALL_ROUNDS: usize = 2;
/// Most questions to our own model, which has read the question already: another attempt only costs what it writes.
const LOCAL_ROUNDS: usize = 3;

/// Most questions to a model that is asked in this form.
pub(in crate::features::edit) fn rounds_of(format: AnswerFormat) -> usize {
    if format == AnswerFormat::Call { CALL_ROUNDS } else { LOCAL_ROUNDS }
}

/// What a person can do about a model whose answers are no edits.
const HELP: &str = "; say it in other words, or have a larger model do it: `coder` below [roles] in the configuration";

/// White space at the end of an answer, in bytes, which shows that it had ended before.
const TRAILING_BLANK_BYTES: usize = 16;

/// The outcome of the rounds.
pub(in crate::features::edit) struct FilledForm {
    pub filled: Filled,
    route: Decision,
    pub steps: Vec<Step>,
    timing: Timing,
    pub sent: Vec<String>,
}

/// The edit of a filled form. `told` are further reasons for a person to look at it.
pub(in crate::features::edit) fn offered(work: &Work<'_>, done: FilledForm, told: Vec<String>) -> Result<Edited, EngineError> {
    let FilledForm { filled, route, steps, timing, sent } = done;
    let doubt = check::doubt(work.site, &filled);
    let Offered { edits, diff, mut confirm } = hunks::of_form(work, filled)?;
    confirm.extend(told);
    confirm.extend(doubt);
    match &work.plan.form {
        Form::Rename(rename) => confirm.extend(rename.confirm()),
        Form::Calls(calls) => confirm.extend(calls.told(work.site)),
        Form::Test { beside: Some(beside), .. } => confirm.extend(beside.told()),
        _ => {}
    }
    Ok(Edited { edits, diff, route, steps, summary: String::new(), timing, confirm, sent })
}

impl FilledForm {
    /// Adds the outcome of another question about the same edit.
    pub(in crate::features::edit) fn add(&mut self, more: FilledForm) {
        self.filled.edits.extend(more.filled.edits);
        self.filled.others.extend(more.filled.others);
        self.steps.extend(more.steps);
        self.sent.extend(more.sent.into_iter().filter(|sent| !self.sent.contains(sent)).collect::<Vec<_>>());
        driver::add(&mut self.timing.engine, &more.timing.engine);
    }
}

/// The edit of a task that needs no model: a rename that says both names, or a move that says the name of the module.
pub fn settled(work: &Work<'_>) -> Option<Result<Edited, EngineError>> {
    let (arguments, told, why) = match &work.plan.form {
        Form::Rename(rename) => {
            let why = "the task says both names, and the index knows the places: no model was asked";
            (json!({ "new_name": rename.wanted.as_ref()?, "reason": "" }), rename.confirm(), why)
        }
        Form::Module { name, .. } => {
            let why = "the task says what the module is called, and the language what moves: no model was asked";
            (json!({ "module": name.as_ref()?, "reason": "" }), None, why)
        }
        _ => return None,
    };
    Some(check::call(work, &arguments).map_err(|why: Unfit| EngineError::refused(why.to_string())).and_then(|filled| {
        let summary = filled.reason.clone();
        let Offered { edits, diff, mut confirm } = hunks::of_form(work, filled)?;
        confirm.extend(told);
        let route = Decision::nobody(why);
        Ok(Edited { edits, diff, route, steps: vec![], summary, timing: Timing::default(), confirm, sent: vec![] })
    }))
}

/// No code has this many line breaks in a row. A model that writes them has finished, and would go on to its limit.
const ENDLESS_LINE_BREAKS: usize = 32;

/// Watches for the end of an answer that the model does not mark.
#[derive(Default)]
struct EndDetector {
    /// Line breaks at the end of the text, with only blanks between.
    breaks: usize,
}

impl EndDetector {
    /// Of calls found in text the first is taken, so there is no use in waiting for more.
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
        self.breaks >= ENDLESS_LINE_BREAKS
    }
}

/// What is heard of an answer while it comes.
#[derive(Default)]
pub(in crate::features::edit) struct AnswerWatch {
    filter: Inert,
    has_told: bool,
    end: EndDetector,
}

impl AnswerWatch {
    /// Tells what is heard, and says whether the rest is waited for.
    pub fn hear(&mut self, event: &Event, sink: &Sink) -> ControlFlow<()> {
        self.has_told |= matches!(event, Event::Text(_) | Event::Reasoning(_));
        report(event, &mut self.filter, sink);
        self.end.follows(event)
    }
}

/// How a question was put.
#[derive(Default)]
pub(in crate::features::edit) struct SentQuestion {
    format: AnswerFormat,
    sent: SentPlaces<String>,
    ready_ms: f64,
}

/// The rounds so far.
pub(in crate::features::edit) struct FormRounds<'a> {
    pub work: &'a Work<'a>,
    /// Rounds that are over, and why the last brought no edit.
    round: usize,
    problem: String,
    /// The last answer was cut off.
    is_cut: bool,
    timing: Timing,
    /// How the newest question was put.
    format: AnswerFormat,
    /// The model's answers, and why they were refused.
    exchanges: Vec<Message>,
    steps: Vec<Step>,
    sent: Vec<String>,
    ready_ms: f64,
    started: Instant,
    retry: Retry,
    /// Some of the newest answer was shown while it came.
    has_told: bool,
    /// Tokens of other files: the same in every round, so that the question is read once.
    budget: OnceLock<usize>,
}

impl<'a> FormRounds<'a> {
    /// Before the first question.
    pub fn new(work: &'a Work<'a>) -> Self {
        Self {
            work,
            round: 0,
            problem: String::new(),
            is_cut: false,
            timing: Timing::default(),
            format: AnswerFormat::Call,
            exchanges: vec![],
            steps: vec![],
            sent: vec![],
            ready_ms: 0.0,
            started: Instant::now(),
            retry: Retry::default(),
            has_told: false,
            budget: OnceLock::new(),
        }
    }

    /// What is done in this round.
    pub fn doing(&self) -> String {
        format!("{}, step {}", self.work.plan.doing, self.round + 1)
    }

    /// Tells the person that the text shown so far was refused, and that an answer begins anew.
    pub fn restart(&mut self) {
        if std::mem::take(&mut self.has_told) {
            (self.work.sink)(AnswerEvent::Restart);
        }
    }

    /// The question of this round for one engine.
    pub fn question(&self, choice: &Choice, caps: &Caps, asked: &mut SentQuestion) -> Result<Request, EngineError> {
        let work = self.work;
        asked.format = question::answer_format(&work.plan.form, choice, caps, self.round == 0);
        let budget = *self.budget.get_or_init(|| question::patience(work, choice, caps));
        let question = Question { work, format: asked.format, budget, exchanges: &self.exchanges, retry: self.retry };
        let (request, shown) = question.request(choice, caps)?;
        asked.sent.add(choice, shown);
        asked.ready_ms = self.started.elapsed().as_secs_f64() * 1000.0;
        Ok(request)
    }

    /// Keeps the format and the places of the question that was answered.
    pub fn answered(
        &mut self,
        asked: SentQuestion,
        heard: &AnswerWatch,
        served: Result<Served, RouteError>,
    ) -> Result<(Answer, Decision), RouteError> {
        self.has_told = heard.has_told;
        self.format = asked.format;
        let mut served = served?;
        if heard.end.only_blanks() {
            served.answer.finished.reason = Finish::Length;
        }
        let SentQuestion { sent, ready_ms, .. } = asked;
        let fresh: Vec<String> = sent.into_places().into_iter().filter(|place| !self.sent.contains(place)).collect();
        self.sent.extend(fresh);
        self.ready_ms = ready_ms;
        Ok((served.answer, served.decision))
    }

    /// The filled form, if the answer of this round may be offered; none if another question follows. An error ends the rounds.
    pub fn take(&mut self, asked: Result<(Answer, Decision), RouteError>) -> Result<Option<FilledForm>, EngineError> {
        let round = self.round;
        self.round += 1;
        let (answer, route) = match asked {
            Ok(answered) => answered,
            // The model wrote something that is no call: that can be repaired like a wrong call.
            Err(RouteError::Engine(error)) if error.kind == ErrorKind::Garbled && self.may_repair(round) => {
                self.steps.push(Step { step: round + 1, tool: "propose_edit".into(), what: error.message.clone(), ok: false });
                self.garbled(&error.partial, &error.message);
                self.problem = error.message;
                return self.next();
            }
            Err(error) => return Err(error.into()),
        };
        driver::add(&mut self.timing.engine, &answer.finished.timing);
        if self.timing.ready_ms == 0.0 {
            self.timing.ready_ms = self.ready_ms;
        }
        let checked = self.check(&answer);
        self.note(round, &answer, checked.is_ok());
        let why = match checked {
            Ok(filled) => {
                let (steps, sent) = (std::mem::take(&mut self.steps), std::mem::take(&mut self.sent));
                return Ok(Some(FilledForm { filled, route, steps, timing: self.timing.clone(), sent }));
            }
            Err(why) => why,
        };
        if let Some(problem) = self.cut_off(&answer, &why) {
            (self.problem, self.is_cut) = (problem, true);
            return Err(self.in_vain());
        }
        // An answer without code says nothing of why the one before it was refused.
        if self.problem.is_empty() || self.format != AnswerFormat::Block || !markdown::blocks(&answer.text).is_empty() {
            self.problem = why.to_string();
        }
        if !self.may_repair(round) {
            return Err(self.in_vain());
        }
        self.repair(answer, &why);
        self.next()
    }

    /// Another round, if there is one.
    fn next(&self) -> Result<Option<FilledForm>, EngineError> {
        if self.round < LOCAL_ROUNDS { Ok(None) } else { Err(self.in_vain()) }
    }

    fn in_vain(&self) -> EngineError {
        // The reason of an answer that was cut off says by itself what helps.
        let help = if self.is_cut { "" } else { HELP };
        EngineError::new(ErrorKind::Garbled, format!("no edit came of it, and nothing is changed: {}{help}", self.problem))
    }

    /// The reason, if an answer was cut off.
    fn cut_off(&self, answer: &Answer, why: &Unfit) -> Option<String> {
        // Small models may write blank lines up to the limit behind a whole answer, of which nothing is missing then.
        let blank = answer.text.len() - answer.text.trim_end().len();
        let is_whole = self.format == AnswerFormat::Hole || !answer.calls.is_empty() || blank > TRAILING_BLANK_BYTES;
        if answer.finished.reason != Finish::Length || is_whole {
            return None;
        }
        // Not every server counts them.
        let wrote = match answer.finished.timing.tokens_out {
            0 => "came to the limit of its tokens and".into(),
            tokens => format!("wrote {tokens} tokens and came"),
        };
        Some(match &answer.finished.cut {
            Some(word) => format!("the server ended the answer before its end ({word}); try again"),
            None => format!("the model {wrote} to no end ({why}); choose fewer lines, or use a larger model"),
        })
    }

    /// Whether another question may follow this round.
    fn may_repair(&self, round: usize) -> bool {
        round + 1 < rounds_of(self.format)
    }

    /// The edit in an answer, if it may be offered.
    fn check(&self, answer: &Answer) -> Result<Filled, Unfit> {
        check::call(self.work, &question::arguments(self.work, self.format, answer)?)
    }

    fn note(&mut self, round: usize, answer: &Answer, ok: bool) {
        let what = answer.calls.first().map(|call| call.arguments.to_string()).unwrap_or_else(|| answer.text.clone());
        let what = shorten(&what, 200);
        self.steps.push(Step { step: round + 1, tool: "propose_edit".into(), what, ok });
    }

    /// Tells a model behind an address that its answer could not be read. One of our own is held to what can be.
    fn garbled(&mut self, said: &str, why: &str) {
        if self.format != AnswerFormat::Call {
            return;
        }
        let task = &self.work.plan.words;
        let why = shorten(why, 400);
        let words =
            format!("The answer could not be read: {why}. Call propose_edit again, with valid arguments. The task is still: {task}");
        self.exchanges = vec![Message::new(Role::Assistant, said), Message::new(Role::User, words)];
    }

    /// Tells the model what was wrong, for the next round.
    fn repair(&mut self, answer: Answer, why: &Unfit) {
        // A small model that has read its own echo writes it again, so it is asked as if for the first time.
        if answer.calls.first().is_some_and(|call| self.work.plan.form.is_echo(&call.arguments)) {
            self.retry.bare = true;
            return;
        }
        // What filled a hole is not part of a conversation.
        if self.format == AnswerFormat::Hole {
            return;
        }
        let again = self.exchanges.first().is_some_and(|last| {
            let call = |calls: &[ToolCall]| calls.first().map(|call| call.arguments.clone());
            last.content == answer.text && call(&last.tool_calls) == call(&answer.calls)
        });
        let is_same = matches!(why, Unfit::Same);
        self.retry.otherwise |= again || is_same;
        // A small model that has read a refusal repeats the refusal, or what was refused, so a block is asked for anew.
        if self.format == AnswerFormat::Block && (is_same || again || !self.exchanges.is_empty()) {
            self.retry.anew |= is_same;
            self.retry.otherwise = true;
            self.exchanges.clear();
            return;
        }
        let task = &self.work.plan.words;
        let form = if matches!(self.format, AnswerFormat::Block | AnswerFormat::Object) {
            "Answer in the same form again"
        } else {
            "Call propose_edit again"
        };
        let words = format!("The edit was refused: {}. {form}, with this put right. The task is still: {task}", why.for_model());
        let calls: Vec<ToolCall> = answer.calls.first().map(sayable).into_iter().collect();
        let id = calls.first().map(|call| call.id.clone());
        let reasoning = Some(answer.reasoning).filter(|reasoning| !reasoning.is_empty());
        // One refusal is enough to read.
        self.exchanges = vec![Message { tool_calls: calls, reasoning, ..Message::new(Role::Assistant, answer.text) }];
        let role = if id.is_some() { Role::Tool } else { Role::User };
        self.exchanges.push(Message { tool_call_id: id, ..Message::new(role, words) });
    }
}
