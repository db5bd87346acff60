//! Edits: a code action or an instruction becomes hunks for a person to review. Nothing is written here.
//!
//! In the order of an edit:
//!
//! - `task`: what is asked for, what its words mean at the place, and which form of edit that is.
//! - `driver`: asks the models, and does all the waiting.
//! - `conversation`: the questions and what becomes of the answers. A model with a small window fills one form with one call, in one round
//!   and one or two more for repair (`form_turn`). A model with a large window works with tools, step by step (`tool_turn`).
//! - `forms`: one small function call per kind of change, and how its strings become edits.
//! - `fit`: fits code that a model wrote into the file.
//! - `check`: whether an answer may be offered: it must change something, lose nothing that should stay, and parse no worse than before.
//! - `hunks`: the edit as hunks for review, once the permits allow it.
//!
//! What single kinds of edits need besides:
//!
//! - `rename`: every use of a name that means the renamed thing, by the index.
//! - `calls`: the calls of a function whose signature has changed.
//! - `extraction`: whether lines can become a function.
//! - `module_move`: an item gets a module of its own.
//! - `new_file`: a file that an instruction asks for.
//! - `documentation`: where the comment of an item goes, and which one is replaced.
//! - `test`: where tests go, and what they import.

pub mod calls;
mod check;
pub(super) mod conversation;
mod documentation;
mod driver;
mod extraction;
mod fit;
pub mod forms;
mod hunks;
mod module_move;
mod new_file;
pub mod rename;
pub mod task;
mod test;

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use super::{Session, Sink, Site, Target, Timing};
use crate::agent::limits;
use crate::agent::turn::Step;
use crate::engine::{BYTES_PER_TOKEN, Cancel, Caps, EngineError, ErrorKind};
use crate::route::Decision;
use crate::syntax::scope::Item;
use crate::text::Batch;
use crate::workspace::Document;
pub use driver::edit;
pub use task::how::{How, Instruction, Problem};
use task::plan::{Plan, Route};

/// What is to be changed, and how.
#[derive(Clone, Debug)]
pub struct Params {
    pub at: Target,
    pub how: How,
}

/// The computed edit.
#[derive(Clone, Debug, Serialize)]
pub struct Edited {
    pub edits: Vec<EditedFile>,
    /// All of it as a unified diff.
    pub diff: String,
    pub route: Decision,
    pub steps: Vec<Step>,
    /// The model's account of what it did; empty if it gave none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    pub timing: Timing,
    /// Reasons for a person to look before this is applied; empty if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<String>,
    /// Places that the model was shown, `path:first-last`.
    pub sent: Vec<String>,
}

/// The change of one file, as people read it.
#[derive(Clone, Debug, Serialize)]
pub struct EditedFile {
    pub path: String,
    /// The editor's version that the edit is for; null for a file that is not open.
    pub version: Option<i32>,
    /// The file does not exist yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub created: bool,
    pub hunks: Vec<Hunk>,
    #[serde(skip)]
    pub edit: FileEdit,
}

/// The change of one file, as it is applied: to the version of its document.
#[derive(Clone, Debug)]
pub struct FileEdit {
    pub document: Arc<Document>,
    pub edits: Batch,
    /// The model's reasons, one per edit as far as given.
    pub reasons: Vec<String>,
    /// The file does not exist yet; `document` is empty.
    pub creates: bool,
}

impl FileEdit {
    /// Whether it changes anything. A file may be created empty.
    pub fn changes(&self) -> bool {
        self.creates || !self.edits.is_empty()
    }
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

/// Whether an item may get a module of its own without a model that works with tools, as far as can be seen at once.
pub fn may_move(session: &Session, site: &Site, item: &Item) -> bool {
    session.shared.creates_files() && module_move::may_move(site, item)
}

/// One request in progress.
#[derive(Clone, Copy)]
struct Work<'a> {
    session: &'a Session,
    params: &'a Params,
    site: &'a Site,
    plan: &'a Plan,
    cancel: &'a Cancel,
    sink: &'a Sink,
}

impl Work<'_> {
    /// The window in bytes of a model with these abilities, if the model and the task are suited for tools.
    fn window_for_tools(&self, caps: &Caps) -> Option<usize> {
        (self.goes_deep() && caps.tools && caps.context >= self.least()).then_some(caps.context as usize * BYTES_PER_TOKEN)
    }

    /// The smallest window for tools, in tokens.
    fn least(&self) -> u32 {
        self.session.config().route.agent_context
    }

    /// Whether the task may be done with tools. These only reach files of the workspace, so any other document is edited by a form.
    fn goes_deep(&self) -> bool {
        self.plan.route != Route::Form && self.params.at.document.path.is_some()
    }
}

fn too_slow() -> EngineError {
    let minutes = limits::MAX_TURN_TIME.as_secs() / 60;
    let words = format!("the model has come to no end in {minutes} minutes; choose fewer lines, or name a faster engine as `roles.coder`");
    EngineError::new(ErrorKind::TimedOut, words)
}

/// The lines around the marked ones: at most so many above and below, and so many bytes.
fn lines_around(site: &Site, marked: &Range<usize>, lines: usize, most: usize) -> Range<usize> {
    let above = site.text[..marked.start].rmatch_indices('\n').map(|(at, _)| at + 1).take(lines);
    let start = above.take_while(|at| marked.start - at <= most).last().unwrap_or(marked.start);
    let start = if marked.start <= most && site.text[..marked.start].matches('\n').count() <= lines { 0 } else { start };
    let below = site.text[marked.end..].match_indices('\n').map(|(at, _)| marked.end + at).take(lines);
    let end = below.take_while(|at| at - marked.end <= most).last().unwrap_or(marked.end);
    start..end
}
