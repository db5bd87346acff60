//! Edits: a code action or an instruction becomes hunks that a person can review. Nothing is written here.
//!
//! A model with a small window fills one form with one call and has one repair round (`short`, `forms`); one with a large window works
//! with tools, step by step (`long`). Whatever comes back is checked before anybody sees it: it must change something, parse no worse
//! than before, and pass the permits (`offer`).

pub mod forms;
mod layout;
mod long;
mod offer;
mod plan;
mod short;

use std::ops::Range;

use serde::Serialize;

<<<<<<< HEAD
use super::{Desk, Sink, Site, Target, Timing};
use crate::agent::driver;
=======
use crate::features::around::{self, Asker};
use super::answer::report;
use super::inert::Inert;
use super::{Desk, Piece, Sink, Site, Target, Timing};
use crate::agent::permit::{self, Permit};
>>>>>>> f4dcc05 (Context for a place and for a question, from the index; preview on the command line and over LSP)
use crate::agent::turn::Step;
use crate::engine::{Cancel, EngineError, ErrorKind};
use crate::route::Decision;
use crate::text::Batch;
use plan::Plan;

/// What is to be changed, and how.
#[derive(Clone, Debug)]
pub struct Wish {
    pub at: Target,
    pub how: How,
}

#[derive(Clone, Debug)]
pub enum How {
    /// A code action of this kind, with the messages of the diagnostics that it is to fix.
    Action {
        kind: String,
        problems: Vec<String>,
    },
    Instruction(String),
}

/// What was computed.
#[derive(Clone, Debug, Serialize)]
pub struct Edited {
    pub edits: Vec<FileEdit>,
    /// A unified diff of all of it.
    pub diff: String,
    pub route: Decision,
    pub steps: Vec<Step>,
    /// What the model says that it did; empty when it says nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    pub timing: Timing,
    /// Why a person must look before this is applied; empty when nothing speaks against applying it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<String>,
    /// Places that were put in front of the model, `path:first-last`.
    pub sent: Vec<String>,
}

/// The change of one file.
#[derive(Clone, Debug, Serialize)]
pub struct FileEdit {
    pub path: String,
    /// The editor's version that the edit was made for; none for a file that is not open.
    pub version: Option<i32>,
    /// The file does not exist yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub created: bool,
    pub hunks: Vec<Hunk>,
    /// The document as it was.
    #[serde(skip)]
    pub target: Target,
    #[serde(skip)]
    pub batch: Batch,
}

/// One run of changed lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// 1-based lines of the old text that are replaced; `end_line` is before `start_line` for an insertion.
    pub start_line: usize,
    pub end_line: usize,
    pub old: String,
    pub new: String,
    /// In the model's words.
    pub reason: String,
}

/// Bytes of code per token, on the careful side.
const BYTES: usize = 3;

/// Computes an edit. An edit that cannot be offered is an error with the reason.
pub async fn edit(desk: &Desk, wish: &Wish, cancel: &Cancel, sink: &Sink) -> Result<Edited, EngineError> {
    let refuse = |reason: String| EngineError::new(ErrorKind::Unsupported, reason);
    if let Some(reason) = desk.closed(&wish.at) {
        return Err(refuse(format!("nothing is changed here: {reason}")));
    }
    let site = Site::new(desk, &wish.at);
    let plan = Plan::new(&site, &wish.how).map_err(refuse)?;
    let work = Work { desk, wish, site: &site, plan: &plan, cancel, sink };
    match work.window().await? {
        Some(window) => long::run(&work, window).await,
        None => driver::in_time(driver::SHORT, short::run(&work)).await.unwrap_or_else(|| Err(too_slow())),
    }
}

/// One wish on its way.
struct Work<'a> {
    desk: &'a Desk,
    wish: &'a Wish,
    site: &'a Site,
    plan: &'a Plan,
    cancel: &'a Cancel,
    sink: &'a Sink,
}

<<<<<<< HEAD
impl Work<'_> {
    /// The window in bytes of the model that will be asked, if the task and the model are fit for tools.
    async fn window(&self) -> Result<Option<usize>, EngineError> {
        let least = self.desk.config().route.agent_context;
        let choices = self.desk.router().plan(&self.plan.task(self.desk))?;
        let Some(first) = choices.first().filter(|_| self.plan.goes_deep()) else { return Ok(None) };
        let cancelled = || EngineError::new(ErrorKind::Cancelled, "cancelled");
        // An engine that does not answer is the router's concern: another may stand in.
        let caps = self.cancel.run_until_cancelled(first.engine.caps()).await.ok_or_else(cancelled)?;
        Ok(caps.ok().filter(|caps| caps.tools && caps.context >= least).map(|caps| caps.context as usize * BYTES))
=======
impl Short<'_> {
    async fn ask(&mut self, cancel: &Cancel, sink: &Sink) -> Result<(Answer, Decision), RouteError> {
        let task = self.plan.task(self.desk);
        let mut filter = Inert::default();
        let (mut sent, mut ready_ms) = (vec![], 0.0);
        let this = &*self;
        let build = |choice: &Choice, caps: &Caps| {
            let (request, shown) = this.request(choice, caps)?;
            sent = shown;
            ready_ms = this.started.elapsed().as_secs_f64() * 1000.0;
            Ok(request)
        };
        let served = this.desk.router().run(&task, cancel, build, |event| report(event, &mut filter, sink)).await?;
        (self.sent, self.ready_ms) = (sent, ready_ms);
        Ok((served.answer, served.decision))
    }

    fn request(&self, choice: &Choice, caps: &Caps) -> Result<(Request, Vec<String>), EngineError> {
        let (site, form) = (self.site, &self.plan.form);
        let marked = form.marked();
        let max_tokens = form.tokens(site);
        let room = (caps.context as usize).saturating_sub(max_tokens as usize + 600) * BYTES;
        let code = site.text[marked.clone()].trim_end();
        if code.len() > room {
            let message = format!("{} bytes are marked; this model has room for {room}: choose less", code.len());
            return Err(EngineError::new(ErrorKind::TooLong, message));
        }
        let around = window(site, &marked, room.saturating_sub(code.len()) / 2);
        let most = self.desk.config().context.edit_tokens as usize;
        let left = room.saturating_sub(code.len() + around.len()) / BYTES;
        let parts = around::around(self.desk, site, marked.start, most.min(left), choice.engine.tokens().as_ref(), Asker::Person);
        let text = self.words(&parts, around, code);
        let mut messages = vec![Message::new(Role::System, RULES), Message::new(Role::User, text)];
        messages.extend(self.exchanges.iter().cloned());
        let ask = Ask::Chat(Chat { messages, tools: vec![form.tool()], tool_choice: ToolChoice::Required, thinking: false });
        let (first, last) = site.line_range(&marked);
        let here = std::iter::once(format!("{}:{first}-{last}", site.path));
        let sent = here.chain(parts.iter().map(|part| format!("{}:{}-{}", part.path, part.start_line, part.end_line))).collect();
        Ok((Request { ask, max_tokens, temperature: 0.0, stop: vec![], priority: Priority::Normal }, sent))
    }

    fn words(&self, parts: &[Part], around: std::ops::Range<usize>, code: &str) -> String {
        let (site, marked) = (self.site, self.plan.form.marked());
        let mut text = String::new();
        for part in parts {
            text.push_str(&fence::quote(&part.path, Some((part.start_line, part.end_line)), &part.text));
            text.push('\n');
        }
        if around.len() > marked.len() {
            text.push_str(&fence::quote(&site.path, Some(site.line_range(&around)), &site.text[around]));
        }
        text.push_str(&format!("\nThe marked lines are these:\n{}", fence::quote(&site.path, Some(site.line_range(&marked)), code)));
        text.push_str(&format!("\nTask: {}", self.plan.words));
        text
    }

    /// What the answer's call means, if it may be offered.
    fn check(&self, answer: &Answer) -> Result<Filled, String> {
        let call = answer.calls.iter().find(|call| call.name == "propose_edit").ok_or("the answer calls nothing; text is not an edit")?;
        let filled = self.plan.form.fill(self.site, &call.arguments)?;
        let batch = Batch::new(filled.edits.clone()).map_err(|overlap| overlap.to_string())?;
        let after = changed(&self.site.text, &batch);
        let whole = Edit { range: 0..self.site.text.len(), text: after };
        let (before, after) = self.site.errors_with(&whole);
        if after > before {
            return Err(format!("with this edit the file has {after} places that do not parse; it has {before} without it"));
        }
        Ok(filled)
    }

    fn note(&mut self, round: usize, answer: &Answer, ok: bool) {
        let what = answer.calls.first().map(|call| call.arguments.to_string()).unwrap_or_else(|| answer.text.clone());
        let what = crate::agent::limits::shorten(&what, 200);
        self.steps.push(Step { step: round + 1, tool: "propose_edit".into(), what, ok });
    }

    /// Tells the model what was wrong, for the next round.
    fn repair(&mut self, answer: Answer, reason: &str) {
        let words = format!("The edit was refused: {reason}. Call propose_edit again, with this put right.");
        let objects = |call: &ToolCall| call.arguments.is_object();
        let calls: Vec<ToolCall> = answer.calls.into_iter().filter(objects).take(1).collect();
        let id = calls.first().map(|call| call.id.clone());
        let reasoning = Some(answer.reasoning).filter(|reasoning| !reasoning.is_empty());
        self.exchanges.push(Message { tool_calls: calls, reasoning, ..Message::new(Role::Assistant, answer.text) });
        let role = if id.is_some() { Role::Tool } else { Role::User };
        self.exchanges.push(Message { tool_call_id: id, ..Message::new(role, words) });
>>>>>>> f4dcc05 (Context for a place and for a question, from the index; preview on the command line and over LSP)
    }
}

fn too_slow() -> EngineError {
    let minutes = driver::SHORT.as_secs() / 60;
    let words = format!("the model has come to no end in {minutes} minutes; choose fewer lines, or name a faster engine as `roles.coder`");
    EngineError::new(ErrorKind::TimedOut, words)
}

/// Lines around what is marked: so many at most above and below, and so many bytes.
fn window(site: &Site, marked: &Range<usize>, lines: usize, most: usize) -> Range<usize> {
    let above = site.text[..marked.start].rmatch_indices('\n').map(|(at, _)| at + 1).take(lines);
    let start = above.take_while(|at| marked.start - at <= most).last().unwrap_or(marked.start);
    let start = if marked.start <= most && site.text[..marked.start].matches('\n').count() <= lines { 0 } else { start };
    let below = site.text[marked.end..].match_indices('\n').map(|(at, _)| marked.end + at).take(lines);
    let end = below.take_while(|at| at - marked.end <= most).last().unwrap_or(marked.end);
    start..end
}
