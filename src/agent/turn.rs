//! A turn of the agent as a state machine: inputs in, effects out, no IO and no clock. The driver asks the model and runs the tools.
//!
//! `Asking` → (answer) → `Working` → (results) → `Asking` … → `Over`. After `Over` nothing has an effect.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::limits::{self, Repeats};
use super::refusals::{Gap, Refusals, RequestedEdit};
use super::tools::schema::{ToolName, as_asked};
use super::transcript::Transcript;
use crate::context::Stretch;
use crate::dialect::{Chat, Message, Tool, ToolCall};
use crate::engine::{Answer, Finish};
use crate::redact;
use crate::text::excerpt::{shorten, squeezed};
use crate::text::visible::visible;

/// What the driver reports.
#[derive(Clone, Debug)]
pub enum Input {
    /// The model's answer.
    Answered(Answer),
    /// The results of the calls, in order.
    CallsDone(Vec<CallOutcome>),
    /// The model wrote something that is neither text nor a call.
    Garbled(String),
    /// The transcript does not fit into the model's window; of the window, this share is left by what the refusal has taught.
    TooLong(String, f64),
    /// The model could not be asked.
    Failed(String),
    /// The turn's time is up.
    Late(Duration),
    Cancelled,
}

/// The result of one call.
#[derive(Clone, Debug, Default)]
pub struct CallOutcome {
    /// For the model; it says so if it is an error.
    pub result: String,
    /// The stretches whose text is in it.
    pub places: Vec<Stretch>,
    pub failed: bool,
    /// The file of an edit that failed, always under the same name, so that repeated attempts are counted.
    pub target: Option<String>,
    /// What is missing because it failed, if it was an edit.
    pub gap: Gap,
    /// The edits that were accepted.
    pub taken: Vec<RequestedEdit>,
    /// The call ends the turn, with this summary.
    pub finishes: Option<String>,
}

/// What the driver has to do.
#[derive(Clone, Debug)]
pub enum Effect {
    Ask(Chat),
    Work(Vec<ToolCall>),
    /// Tell the user what happens now, such as "reading src/parse.rs, step 3".
    Say(String),
    Over(Ending),
}

/// How a turn ended. Whatever the reason, edits proposed before remain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model says that it is done.
    Finished(String),
    /// The model stopped without calling `finish`; its last words.
    Silent(String),
    /// A limit stopped it; the reason.
    Stopped(String),
    Failed(String),
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Asking,
    Working,
    Over,
}

/// One call and its result, for the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub step: usize,
    pub tool: String,
    /// The arguments, shortened.
    pub what: String,
    pub ok: bool,
}

/// The state of a turn.
pub struct Turn {
    state: State,
    transcript: Transcript,
    asked: usize,
    /// How many answers without a call were followed by a reminder.
    reminded: usize,
    /// The newest answer ran out of tokens.
    cut: bool,
    /// How many answers could not be read.
    garbled: usize,
    /// How often the transcript was too long for the model's window.
    cut_back: usize,
    /// Bytes that the tools have shown.
    read: usize,
    /// The model was told that the tools show no more.
    read_enough: bool,
    running: Vec<ToolCall>,
    /// Calls of the same answer that are not run.
    beyond: Vec<ToolCall>,
    repeats: Repeats,
    failed_edits: HashMap<String, usize>,
    pub steps: Vec<Step>,
    /// The stretches whose text was sent with results, and those about to be.
    pub sent: Vec<Stretch>,
    to_be_sent: Vec<Stretch>,
    pub refusals: Refusals,
}

/// Bytes of a refusal that are shown to the user.
const MAX_REFUSAL_BYTES: usize = 300;
/// Maximum unreadable answers of a turn.
const MAX_GARBLED: usize = 2;
/// How often a transcript is cut back in a turn, each time to half the window or less.
const MAX_CUT_BACKS: usize = 4;
/// The message to the model about an answer that ran out of tokens.
const CUT: &str = "Your answer was cut off, since it was too long: only whole calls before its end count. Take smaller steps, with fewer \
    edits in one call.";
/// The result of `finish` next to a call that failed: it was written before that was known.
const UNFINISHED: &str = "not finished, since another call of the same answer failed. Put it right, or call finish alone.";
/// What is missing because of an answer without its end, and because of an unreadable one.
const CUT_OFF: &str = "an answer was cut off, since it was too long, and what it was to change is not known";
const UNREADABLE: &str = "an answer could not be read, and what it was to change is not known";
/// The result of a call beyond the limit per answer.
const BEYOND: &str = "not run, since it is one too many in one answer; call it again.";
/// The message when the tools have shown enough, and the result of calls from then on.
const ENOUGH: &str = "That is as much as one task may read; nothing more is shown. Propose the edits that are left, then call finish.";
const NO_MORE: &str = "this task has read as much as it may. Propose the edits that are left, then call finish.";
/// With less room than this no part of a result is shown.
const MIN_SHOWN_BYTES: usize = 256;

/// A call as it goes into the transcript: there, arguments are an object in every dialect. Arguments of another type are wrapped in one, so
/// that the model can see what it did; the tool refuses them as they were.
pub fn sayable(call: &ToolCall) -> ToolCall {
    let arguments = if call.arguments.is_object() { call.arguments.clone() } else { json!({ "arguments": call.arguments }) };
    ToolCall { arguments, ..call.clone() }
}

/// An error, as worded for the model.
fn error(words: &str) -> String {
    format!("Error: {words}")
}

/// Whether a call asks for an edit.
fn is_edit(call: &ToolCall) -> bool {
    ToolName::of(call) == Some(ToolName::ProposeEdit)
}

/// Whether a call only reads.
fn looks(call: &ToolCall) -> bool {
    !matches!(ToolName::of(call), Some(ToolName::ProposeEdit | ToolName::Finish))
}

impl Turn {
    /// A turn that begins with these messages. `window` is the room for the transcript, in bytes.
    pub fn new(messages: Vec<Message>, tools: Vec<Tool>, window: usize) -> Self {
        Self {
            state: State::Asking,
            transcript: Transcript::new(messages, tools, window),
            asked: 0,
            reminded: 0,
            cut: false,
            garbled: 0,
            cut_back: 0,
            read: 0,
            read_enough: false,
            running: vec![],
            beyond: vec![],
            repeats: Repeats::default(),
            failed_edits: HashMap::new(),
            steps: vec![],
            sent: vec![],
            to_be_sent: vec![],
            refusals: Refusals::default(),
        }
    }

    /// The first effects of the turn.
    pub fn begin(&mut self) -> Vec<Effect> {
        self.ask()
    }

    /// Takes what the driver reports; returns what to do next.
    pub fn on(&mut self, input: Input) -> Vec<Effect> {
        match (self.state, input) {
            (State::Over, _) => vec![],
            (_, Input::Cancelled) => self.end(Ending::Cancelled),
            (_, Input::Failed(reason)) => self.end(Ending::Failed(reason)),
            (_, Input::Late(time)) => self.late(time),
            (State::Asking, Input::Answered(answer)) => self.answered(answer),
            (State::Asking, Input::Garbled(reason)) => self.garbled(reason),
            (State::Asking, Input::TooLong(reason, left)) => self.too_long(reason, left),
            (State::Working, Input::CallsDone(results)) => self.worked(results),
            // An event for another state comes too late and has no effect.
            (State::Asking, Input::CallsDone(_)) | (State::Working, Input::Answered(_) | Input::Garbled(_) | Input::TooLong(..)) => vec![],
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        if self.asked == limits::MAX_STEPS {
            return self.end(Ending::Stopped(format!("{} steps are the limit", limits::MAX_STEPS)));
        }
        self.asked += 1;
        self.ask_again()
    }

    fn ask_again(&mut self) -> Vec<Effect> {
        let chat = self.transcript.ready();
        self.sent.append(&mut self.to_be_sent);
        self.state = State::Asking;
        vec![Effect::Say(format!("thinking, step {}", self.asked)), Effect::Ask(chat)]
    }

    fn answered(&mut self, answer: Answer) -> Vec<Effect> {
        let Answer { text, reasoning, calls, finished } = answer;
        let calls: Vec<ToolCall> = calls.into_iter().map(as_asked).collect();
        self.cut = finished.reason == Finish::Length;
        if self.cut {
            self.refusals.lost(CUT_OFF);
        }
        let reasoning = Some(reasoning).filter(|reasoning| !reasoning.is_empty());
        self.transcript.answered(&text, reasoning, calls.iter().map(sayable).collect());
        if calls.is_empty() { self.remind(text) } else { self.work(calls) }
    }

    fn late(&mut self, time: Duration) -> Vec<Effect> {
        self.end(Ending::Stopped(format!("its {} seconds are over after {} steps", time.as_secs(), self.asked)))
    }

    /// Tells the model that its answer was unreadable, a few times.
    fn garbled(&mut self, reason: String) -> Vec<Effect> {
        self.garbled += 1;
        if self.garbled > MAX_GARBLED {
            return self.end(Ending::Failed(reason));
        }
        self.refusals.lost(UNREADABLE);
        self.refusals.end_answer();
        let words = format!("Your answer could not be read: {}. Call one of the functions, with valid arguments.", shorten(&reason, 400));
        self.transcript.say(words);
        self.ask()
    }

    /// Bytes are only a guess at tokens, and a window may be much smaller than assumed. The question is asked again with much less around
    /// it, and with a shorter answer, as long as that makes a difference.
    fn too_long(&mut self, reason: String, left: f64) -> Vec<Effect> {
        self.cut_back += 1;
        let is_less = self.transcript.cut_back(left) || left < 1.0;
        if self.cut_back > MAX_CUT_BACKS || !is_less {
            return self.end(Ending::Failed(reason));
        }
        self.ask_again()
    }

    /// Text is not an edit: the model is told so once, then the turn is over.
    fn remind(&mut self, text: String) -> Vec<Effect> {
        if self.reminded > 0 {
            let cut = || Ending::Stopped("the model's answers were cut off, since they were too long".into());
            return self.end(if self.cut { cut() } else { Ending::Silent(text) });
        }
        self.reminded += 1;
        self.refusals.end_answer();
        let reminder =
            "Nothing has been changed by that answer. Call propose_edit to change code, or finish when there is nothing left to do.";
        self.transcript.say(if self.cut { format!("{CUT} {reminder}") } else { reminder.into() });
        self.ask()
    }

    fn work(&mut self, mut calls: Vec<ToolCall>) -> Vec<Effect> {
        self.reminded = 0;
        self.beyond = calls.split_off(calls.len().min(limits::MAX_CALLS_AT_ONCE));
        self.state = State::Working;
        self.running = calls.clone();
        let mut effects: Vec<Effect> = calls.iter().map(|call| Effect::Say(format!("{}, step {}", doing(call), self.asked))).collect();
        effects.push(Effect::Work(calls));
        effects
    }

    /// Processes the results of an answer's calls, and asks again if nothing ends the turn.
    fn worked(&mut self, mut outcomes: Vec<CallOutcome>) -> Vec<Effect> {
        let (calls, beyond) = (std::mem::take(&mut self.running), std::mem::take(&mut self.beyond));
        self.check_finish(&mut outcomes, !beyond.is_empty());
        let finished = outcomes.iter().find_map(|outcome| outcome.finishes.clone());
        let failed = outcomes.iter().filter(|outcome| outcome.failed).filter_map(|outcome| outcome.target.clone()).collect();
        let takes_edit = calls.iter().zip(&outcomes).any(|(call, outcome)| is_edit(call) && !outcome.failed);
        let room = self.transcript.room(calls.len());
        let mut stop = None;
        for (call, outcome) in calls.iter().zip(outcomes) {
            stop = stop.or(self.note(call, outcome, room));
        }
        // An answer with an accepted edit continues the turn, whatever else failed in it.
        stop = stop.or(self.tried(failed)).filter(|_| !takes_edit);
        self.refuse_beyond(&beyond);
        self.refusals.end_answer();
        if self.cut {
            self.transcript.add(CUT);
        }
        stop = stop.or(self.limit_reading(&calls));
        match (finished, stop) {
            (Some(summary), _) => self.end(Ending::Finished(summary)),
            (None, Some(reason)) => self.end(Ending::Stopped(reason)),
            (None, None) => self.ask(),
        }
    }

    /// Refuses `finish` next to a call that failed or was not run, and once if earlier answers left something undone.
    fn check_finish(&mut self, outcomes: &mut [CallOutcome], has_beyond: bool) {
        if !outcomes.iter().any(|outcome| outcome.finishes.is_some()) {
            return;
        }
        let result = if has_beyond || outcomes.iter().any(|outcome| outcome.failed) {
            UNFINISHED.to_string()
        } else if let Some(missing) = self.refusals.unfinished() {
            let words = "Propose those edits again, or call finish again if nothing is missing.";
            redact::mask(&visible(&format!("not finished, since this was not taken: {missing}. {words}")))
        } else {
            return;
        };
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.finishes.is_some()) {
            *outcome = CallOutcome { result: result.clone(), failed: true, ..CallOutcome::default() };
        }
    }

    /// Tells the model that these calls were not run.
    fn refuse_beyond(&mut self, beyond: &[ToolCall]) {
        for call in beyond {
            self.transcript.result(call, error(BEYOND));
            if is_edit(call) {
                self.refusals.refused(Gap::Edits(RequestedEdit::all(&call.arguments)), BEYOND.into());
            }
        }
    }

    /// Tells the model once that the tools have shown enough. Returns why the turn has to stop, if it only continues to read after that.
    fn limit_reading(&mut self, calls: &[ToolCall]) -> Option<String> {
        if self.read < limits::MAX_ALL_RESULTS_BYTES {
            return None;
        }
        if !std::mem::replace(&mut self.read_enough, true) {
            self.transcript.add(ENOUGH);
            return None;
        }
        calls.iter().all(looks).then(|| "the tools have answered as much as one turn may read".into())
    }

    /// Processes the result of a call, which may take `room` bytes. Returns why the turn has to stop, if it has to.
    fn note(&mut self, call: &ToolCall, worked: CallOutcome, room: usize) -> Option<String> {
        let arguments = call.arguments.to_string();
        self.steps.push(Step { step: self.asked, tool: call.name.clone(), what: shorten(&arguments, 200), ok: !worked.failed });
        let result = if worked.failed { &error(&worked.result) } else { &worked.result };
        let result = self.shown(call, result, room);
        self.to_be_sent.extend(worked.places);
        let stop = self.repeats.note(&call.name, &arguments, &result);
        if is_edit(call) && worked.failed {
            self.refusals.refused(worked.gap, shorten(&worked.result, MAX_REFUSAL_BYTES));
        } else if is_edit(call) {
            self.refusals.taken(&worked.taken);
            self.failed_edits.clear();
            self.repeats.clear();
        }
        self.transcript.result(call, result);
        stop
    }

    /// Counts answers with failed edits of these files; several edits in one answer count once, since they were written before any had
    /// failed. Returns why the turn has to stop, if it has to.
    fn tried(&mut self, failed: BTreeSet<String>) -> Option<String> {
        let mut stop = None;
        for target in failed {
            let tries = self.failed_edits.entry(target.clone()).or_default();
            *tries += 1;
            if *tries >= limits::MAX_FAILED_EDITS {
                stop = stop.or(Some(format!("{} edits of {target} failed", limits::MAX_FAILED_EDITS)));
            }
        }
        stop
    }

    /// The part of a result that the model gets.
    fn shown(&mut self, call: &ToolCall, result: &str, room: usize) -> String {
        if !looks(call) {
            return shorten(result, room);
        }
        let left = limits::MAX_ALL_RESULTS_BYTES.saturating_sub(self.read);
        if left < MIN_SHOWN_BYTES && result.len() > left {
            self.read = limits::MAX_ALL_RESULTS_BYTES;
            return error(NO_MORE);
        }
        let result = shorten(result, room.min(left));
        self.read += result.len();
        result
    }

    fn end(&mut self, ending: Ending) -> Vec<Effect> {
        self.state = State::Over;
        vec![Effect::Over(ending)]
    }
}

/// Maximum letters of a name in the progress display.
const SHOWN_NAME_LETTERS: usize = 80;

/// A call in words for the progress display: one line, whatever the model wrote.
fn doing(call: &ToolCall) -> String {
    let plain = |text: &str| visible(&shorten(&squeezed(text), SHOWN_NAME_LETTERS).replace('\n', " "));
    let text = |name: &str| plain(call.arguments[name].as_str().unwrap_or_default());
    match ToolName::of(call) {
        Some(ToolName::ReadFile) => format!("reading {}", text("path")),
        Some(ToolName::ListFiles) => "listing files".into(),
        Some(ToolName::SearchText) => format!("searching “{}”", text("query")),
        Some(ToolName::FindSymbol) => format!("looking up {}", text("name")),
        Some(ToolName::FindReferences) => format!("finding uses of {}", text("name")),
        Some(ToolName::Outline) => format!("outlining {}", text("path")),
        Some(ToolName::Diagnostics) => "reading diagnostics".into(),
        Some(ToolName::ProposeEdit) => "proposing an edit".into(),
        Some(ToolName::Finish) => "finishing".into(),
        None => format!("calling {}", plain(&call.name)),
    }
}
