//! One turn of the agent as a state machine: events in, effects out, no IO and no clock. The driver asks the model and runs the tools.
//!
//! `Asking` → (answer) → `Working` → (results) → `Asking` … → `Over`. After `Over` nothing has an effect any more.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;

use super::limits::{self, Circles, shorten};
use super::tools::schema::PROPOSE_EDIT;
use crate::context::Stretch;
use crate::dialect::{Chat, Message, Role, Tool, ToolCall, ToolChoice};
use crate::engine::{Answer, Finish};

/// What the driver reports.
#[derive(Clone, Debug)]
pub enum Event {
    /// The model's answer.
    Answered(Answer),
    /// What came of the calls, in their order.
    Worked(Vec<Worked>),
    /// The model wrote something that is neither words nor a call.
    Garbled(String),
    /// The model could not be asked.
    Failed(String),
    /// The time of a turn is up.
    Late,
    Cancelled,
}

/// What came of one call.
#[derive(Clone, Debug)]
pub struct Worked {
    /// For the model.
    pub result: String,
    /// Whose text is in it.
    pub places: Vec<Stretch>,
    pub failed: bool,
    /// The edit that failed, as one name for its target, so that three tries at one target are noticed.
    pub target: Option<String>,
    /// The call ends the turn with this summary.
    pub finishes: Option<String>,
}

/// What the driver is to do.
#[derive(Clone, Debug)]
pub enum Effect {
    Ask(Chat),
    Work(Vec<ToolCall>),
    /// For people: what happens now, e.g. "reading src/parse.rs, step 3".
    Say(String),
    Over(Ending),
}

/// How a turn ended. What was proposed before stands, whatever the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model says that it is done.
    Finished(String),
    /// It stopped without calling `finish`; its last words.
    Silent(String),
    /// Stopped by a limit, with the reason.
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

/// One call and what came of it, for the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub step: usize,
    pub tool: String,
    /// The arguments, shortened.
    pub what: String,
    pub ok: bool,
}

/// See the module.
pub struct Turn {
    state: State,
    chat: Chat,
    /// Bytes of transcript from which on old results are dropped.
    window: usize,
    asked: usize,
    /// Answers without a call that were met with a reminder.
    reminded: usize,
    /// The newest answer ran out of tokens.
    cut: bool,
    /// Answers that could not be read.
    garbled: usize,
    results: usize,
    running: Vec<ToolCall>,
    circles: Circles,
    failed_edits: HashMap<String, usize>,
    pub steps: Vec<Step>,
    /// Whose text the tools' results hold that were sent, and of those that are to be.
    pub sent: Vec<Stretch>,
    to_be_sent: Vec<Stretch>,
    /// Why the newest edit was refused, until another is taken.
    pub refused: Option<String>,
}

/// A transcript longer than this share of the window is compacted, down to the other share: each time what the engine has read already
/// is worth nothing from the first change on, so there are few such times.
const FULL: f64 = 0.75;
const COMPACTED: f64 = 0.5;
/// Messages at the end that are never dropped.
const KEPT: usize = 6;
/// Bytes of a refusal that are told to a person.
const REFUSAL: usize = 300;
/// Answers of a turn that may be unreadable.
const GARBLED: usize = 2;
/// What the model is told of an answer that ran out of tokens.
const CUT: &str = "Your answer was cut off, since it was too long: only whole calls before its end count. Take smaller steps, with fewer \
    edits in one call.";
/// What stands where a result was.
const DROPPED: &str = "[left out to save room; call the tool again if you need it]";

/// A call as it goes into the transcript: there arguments are an object in every dialect. What is none comes back to the model in one, so
/// that it can see what it did; the tool refuses it as it was.
fn sayable(call: &ToolCall) -> ToolCall {
    let arguments = if call.arguments.is_object() { call.arguments.clone() } else { json!({ "arguments": call.arguments }) };
    ToolCall { arguments, ..call.clone() }
}

impl Turn {
    /// A turn that begins with these messages. `window` is the room for the transcript in bytes.
    pub fn new(messages: Vec<Message>, tools: Vec<Tool>, window: usize) -> Self {
        let chat = Chat { messages, tools, tool_choice: ToolChoice::Auto, ..Chat::default() };
        let (running, circles, failed_edits, steps, refused, sent, to_be_sent) = Default::default();
        let (asked, reminded, cut, garbled, results) = Default::default();
        let state = State::Asking;
        Self {
            state,
            chat,
            window,
            asked,
            reminded,
            cut,
            garbled,
            results,
            running,
            circles,
            failed_edits,
            steps,
            sent,
            to_be_sent,
            refused,
        }
    }

    /// The first effects.
    pub fn begin(&mut self) -> Vec<Effect> {
        self.ask()
    }

    pub fn on(&mut self, event: Event) -> Vec<Effect> {
        match (self.state, event) {
            (State::Over, _) => vec![],
            (_, Event::Cancelled) => self.end(Ending::Cancelled),
            (_, Event::Failed(reason)) => self.end(Ending::Failed(reason)),
            (_, Event::Late) => self.late(),
            (State::Asking, Event::Answered(answer)) => self.answered(answer),
            (State::Asking, Event::Garbled(reason)) => self.garbled(reason),
            (State::Working, Event::Worked(results)) => self.worked(results),
            // An event that belongs to another state comes too late: it has no effect.
            (State::Asking, Event::Worked(_)) | (State::Working, Event::Answered(_) | Event::Garbled(_)) => vec![],
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        if self.asked == limits::STEPS {
            return self.end(Ending::Stopped(format!("{} steps are the limit", limits::STEPS)));
        }
        self.asked += 1;
        self.compact();
        self.sent.append(&mut self.to_be_sent);
        self.state = State::Asking;
        vec![Effect::Say(format!("thinking, step {}", self.asked)), Effect::Ask(self.chat.clone())]
    }

    fn answered(&mut self, answer: Answer) -> Vec<Effect> {
        let Answer { text, reasoning, calls, finished } = answer;
        self.cut = finished.reason == Finish::Length;
        let reasoning = Some(reasoning).filter(|reasoning| !reasoning.is_empty());
        let tool_calls = calls.iter().map(sayable).collect();
        self.chat.messages.push(Message { reasoning, tool_calls, ..Message::new(Role::Assistant, text.clone()) });
        if calls.is_empty() { self.remind(text) } else { self.work(calls) }
    }

    fn late(&mut self) -> Vec<Effect> {
        self.end(Ending::Stopped(format!("ten minutes are over after {} steps", self.asked)))
    }

    /// What cannot be read is said back, a few times.
    fn garbled(&mut self, reason: String) -> Vec<Effect> {
        self.garbled += 1;
        if self.garbled > GARBLED {
            return self.end(Ending::Failed(reason));
        }
        let words = format!("Your answer could not be read: {}. Call one of the functions, with valid arguments.", shorten(&reason, 400));
        self.chat.messages.push(Message::new(Role::User, words));
        self.ask()
    }

    /// Text is not an edit: the model is told so once, then the turn is over.
    fn remind(&mut self, text: String) -> Vec<Effect> {
        if self.reminded > 0 {
            let cut = || Ending::Stopped("the model's answers were cut off, since they were too long".into());
            return self.end(if self.cut { cut() } else { Ending::Silent(text) });
        }
        self.reminded += 1;
        let reminder =
            "Nothing has been changed by that answer. Call propose_edit to change code, or finish when there is nothing left to do.";
        let words = if self.cut { format!("{CUT} {reminder}") } else { reminder.into() };
        self.chat.messages.push(Message::new(Role::User, words));
        self.ask()
    }

    fn work(&mut self, mut calls: Vec<ToolCall>) -> Vec<Effect> {
        self.reminded = 0;
        if calls.len() > limits::CALLS_AT_ONCE {
            calls.truncate(limits::CALLS_AT_ONCE);
            if let Some(last) = self.chat.messages.last_mut() {
                last.tool_calls.truncate(limits::CALLS_AT_ONCE);
            }
        }
        self.state = State::Working;
        self.running = calls.clone();
        let mut effects: Vec<Effect> = calls.iter().map(|call| Effect::Say(format!("{}, step {}", doing(call), self.asked))).collect();
        effects.push(Effect::Work(calls));
        effects
    }

    fn worked(&mut self, results: Vec<Worked>) -> Vec<Effect> {
        let calls = std::mem::take(&mut self.running);
        let (mut finished, mut stop) = (None, None);
        for (call, worked) in calls.iter().zip(results) {
            let arguments = call.arguments.to_string();
            self.steps.push(Step { step: self.asked, tool: call.name.clone(), what: shorten(&arguments, 200), ok: !worked.failed });
            let room = limits::RESULT.min(limits::RESULTS.saturating_sub(self.results));
            let result = shorten(&worked.result, room);
            self.results += result.len();
            self.to_be_sent.extend(worked.places);
            stop = stop.or(self.circles.note(&call.name, &arguments, &result));
            if call.name == PROPOSE_EDIT {
                self.refused = worked.failed.then(|| shorten(result.trim_start_matches("Error: "), REFUSAL));
                if !worked.failed {
                    self.failed_edits.clear();
                    self.circles.clear();
                }
            }
            if let Some(target) = worked.target.filter(|_| worked.failed) {
                let tries = self.failed_edits.entry(target.clone()).or_default();
                *tries += 1;
                if *tries >= limits::FAILED_EDITS {
                    stop = stop.or(Some(format!("{} edits of {target} failed", limits::FAILED_EDITS)));
                }
            }
            finished = finished.or(worked.finishes);
            let answer = Message { tool_call_id: Some(call.id.clone()), ..Message::new(Role::Tool, result) };
            self.chat.messages.push(answer);
        }
        if let Some(last) = self.chat.messages.last_mut().filter(|_| self.cut) {
            last.content.push_str(&format!("\n\n{CUT}"));
        }
        if self.results >= limits::RESULTS {
            stop = stop.or(Some("the tools have answered as much as one turn may read".into()));
        }
        match (finished, stop) {
            (Some(summary), _) => self.end(Ending::Finished(summary)),
            (None, Some(reason)) => self.end(Ending::Stopped(reason)),
            (None, None) => self.ask(),
        }
    }

    fn end(&mut self, ending: Ending) -> Vec<Effect> {
        self.state = State::Over;
        vec![Effect::Over(ending)]
    }

    /// Drops the oldest tool results when the transcript outgrows the window. The instruction, what the model said and called, and the
    /// newest messages stay, so that the transcript remains valid and the task is never forgotten.
    fn compact(&mut self) {
        let share = |share: f64| (self.window as f64 * share) as usize;
        let (full, enough) = (share(FULL), share(COMPACTED));
        let mut size: usize = self.chat.messages.iter().map(weight).sum();
        if size <= full {
            return;
        }
        let old = self.chat.messages.len().saturating_sub(KEPT);
        for message in &mut self.chat.messages[..old] {
            if size <= enough {
                return;
            }
            size -= weight(message);
            if message.role == Role::Tool && message.content.len() > DROPPED.len() {
                message.content = DROPPED.into();
            }
            size += weight(message);
        }
    }
}

fn weight(message: &Message) -> usize {
    let calls: usize = message.tool_calls.iter().map(|call| call.arguments.to_string().len() + call.name.len()).sum();
    message.content.len() + message.reasoning.as_ref().map_or(0, String::len) + calls
}

/// A call in words, for the progress display.
fn doing(call: &ToolCall) -> String {
    let text = |name: &str| call.arguments[name].as_str().unwrap_or_default().to_string();
    match call.name.as_str() {
        "read_file" => format!("reading {}", text("path")),
        "list_files" => "listing files".into(),
        "search_text" => format!("searching “{}”", shorten(&text("query"), 60)),
        "find_symbol" => format!("looking up {}", text("name")),
        "find_references" => format!("finding uses of {}", text("name")),
        "outline" => format!("outlining {}", text("path")),
        "diagnostics" => "reading diagnostics".into(),
        "propose_edit" => "proposing an edit".into(),
        "finish" => "finishing".into(),
        other => format!("calling {other}"),
    }
}
