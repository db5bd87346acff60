//! Inline completion: what is offered at the cursor, or why nothing is.
//!
//! The hole and its mode come from syntax (`hole`), the prompt is fitted to the engine's speed (`prompt`), the answer is cut to what
//! belongs there (`shape`), and typing through a suggestion is answered from `memory`.

mod again;
mod answer;
mod drawn;
mod extent;
pub mod hole;
mod indent;
mod judge;
pub mod memory;
mod open;
pub mod prompt;
mod request;
mod rest;
pub mod shape;
mod spot;

use std::ops::Range;
use std::sync::OnceLock;
use std::time::Instant;

use serde::Serialize;

use super::{LspRange, Session, Target, Timing};
use crate::engine::{Cancel, EngineError, ErrorKind, Finish};
use crate::route::{Decision, Served};
use crate::text::Edit;
pub(super) use answer::control_token;
pub(super) use drawn::draw;
pub use memory::Memory;
use request::CompletionRequest;
pub(super) use request::task;
pub(super) use spot::Spot;

/// A request for inline completion.
#[derive(Clone, Debug)]
pub struct Params {
    /// The cursor is the start of its range.
    pub at: Target,
    /// The user has asked, and not just typed.
    pub invoked: bool,
    /// The selected entry of the editor's own list: a suggestion begins with its text and replaces its range.
    pub selected: Option<(Range<usize>, String)>,
}

impl Params {
    /// Drops a selected entry that replaces something other than the text at the cursor.
    fn sensible(&self) -> Self {
        let (cursor, text) = (self.at.bytes.start, &self.at.document.text);
        let at_cursor = |range: &Range<usize>| {
            range.start <= cursor && cursor <= range.end && text.to_arc().get(range.clone()).is_some_and(|there| !there.contains('\n'))
        };
        Self { selected: self.selected.clone().filter(|(range, _)| at_cursor(range)), ..self.clone() }
    }
}

/// The answer to a request for completion.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Completion {
    pub items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Decision>,
    pub timing: Timing,
    /// Why there are no items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
    /// The suggestion was shown before, and the user has typed its start.
    pub from_memory: bool,
    pub sent: Sent,
}

/// One suggestion.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    pub text: String,
    pub range: LspRange,
    #[serde(skip)]
    pub edit: Edit,
}

/// What was sent to the model, in bytes of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sent {
    pub before: usize,
    pub after: usize,
    /// Places of other files.
    pub context: Vec<String>,
}

/// The rest of a suggestion that the user types through, without a model.
pub fn recall(session: &Session, params: &Params) -> Option<Completion> {
    let params = &params.sensible();
    remembered(session, params, &Spot::new(session, params).ok()?)
}

fn remembered(session: &Session, params: &Params, spot: &Spot) -> Option<Completion> {
    let none_selected = params.selected.is_none();
    let known =
        none_selected.then(|| session.shared.notes(|notes| notes.memory.recall(&params.at.document.uri, &spot.before(), spot.after())));
    let (text, decision) = known.flatten()?;
    Some(Completion { from_memory: true, ..offered(params, &spot.site.as_written(&text), decision, Timing::default(), Sent::default()) })
}

/// Computes what is offered. An empty list has a reason in `nothing`; an error means that no engine could be asked.
pub async fn complete(session: &Session, params: &Params, cancel: &Cancel) -> Result<Completion, EngineError> {
    let started = Instant::now();
    let params = &params.sensible();
    if let Some(reason) = session.shared.typing_is_off().filter(|_| !params.invoked) {
        return Ok(Completion { nothing: Some(reason.into()), ..Completion::default() });
    }
    let spot = match Spot::new(session, params) {
        Ok(spot) => spot,
        Err(reason) => return Ok(nothing(session, params, reason)),
    };
    if let Some(known) = remembered(session, params, &spot) {
        return Ok(known);
    }
    if spot.is_in_secret() {
        return Ok(nothing(session, params, "the cursor is inside what looks like a secret".into()));
    }
    let (site, hole) = (&spot.site, spot.hole(params.invoked));
    if hole.is_inside_word() && !params.invoked && params.selected.is_none() {
        return Ok(nothing(session, params, "the cursor is inside a word; ask for a suggestion to get one there".into()));
    }
    let request = CompletionRequest { session, params, site, hole: &hole, started, layout: OnceLock::new() };
    let task = request::task(session, site, &hole, params.invoked);
    let (mut served, mut asked) = request.ask(&task, cancel).await?;
    let again = request.harder(&task, &served);
    if let Some(task) = again {
        match request.ask(&task, cancel).await {
            Ok(better) => (served, asked) = better,
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            // The first answer exists, whatever happened to the second.
            Err(_) => served.decision.reason.push_str("; it was unsure, and nobody else answered"),
        }
    }
    let timing = Timing { ready_ms: asked.ready_ms, engine: served.answer.finished.timing.clone() };
    let cut_short = served.answer.finished.reason == Finish::Length;
    match request.fit(&served.answer.text, asked.as_hole, cut_short) {
        Ok(text) => {
            if params.selected.is_none() {
                session
                    .shared
                    .notes(|notes| notes.memory.keep(&params.at.document.uri, &spot.before(), spot.after(), &text, &served.decision));
            }
            Ok(offered(params, &site.as_written(&text), served.decision, timing, asked.sent))
        }
        Err(reason) => {
            let thought = only_thought(&served, request.max_tokens());
            let empty = nothing(session, params, thought.unwrap_or_else(|| reason.words().into()));
            Ok(Completion { route: Some(served.decision), timing, sent: asked.sent, ..empty })
        }
    }
}

/// The edit that a suggestion represents.
fn edit(params: &Params, text: &str) -> Edit {
    match &params.selected {
        Some((range, chosen)) => Edit { range: range.clone(), text: format!("{chosen}{text}") },
        None => Edit::insert(params.at.bytes.start, text),
    }
}

fn offered(params: &Params, text: &str, decision: Decision, timing: Timing, sent: Sent) -> Completion {
    let edit = edit(params, text);
    let range = LspRange::new(&params.at.document.text, edit.range.clone());
    let items = vec![Item { text: edit.text.clone(), range, edit }];
    Completion { items, route: Some(decision), timing, nothing: None, from_memory: false, sent }
}

/// The reason, if an answer is nothing but reasoning.
fn only_thought(served: &Served, tokens: u32) -> Option<String> {
    let (answer, engine) = (&served.answer, &served.decision.engine);
    (answer.text.trim().is_empty() && !answer.reasoning.is_empty()).then(|| {
        format!(
            "the model spent its {tokens} tokens thinking; set engines.{engine}.thinking = false, or take another model for completions"
        )
    })
}

fn nothing(session: &Session, params: &Params, reason: String) -> Completion {
    session.shared.notes(|notes| notes.memory.note_nothing(&params.at.document.uri, &reason));
    Completion { nothing: Some(reason), ..Completion::default() }
}
