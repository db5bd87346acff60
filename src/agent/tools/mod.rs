//! The agent's tools. They see the workspace through a [`Workbench`]: a snapshot with the drafts over it, the index, and a gate that every
//! path has to pass. No tool writes a file, runs a program or takes an address; `propose_edit` changes drafts, which the user reviews
//! later. Results are repository text: quoted, with secrets masked and invisible characters made visible.

mod base;
pub mod draft;
mod look;
mod misread;
pub mod schema;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::args;
use super::refusals::{Gap, RequestedEdit};
use super::turn::CallOutcome;
use crate::context::Stretch;
use crate::dialect::{Tool, ToolCall};
use crate::engine::Cancel;
use crate::index::View;
use crate::redact::{Masked, Secrets};
use crate::syntax::Registry;
use crate::text::excerpt::shorten;
use crate::text::visible::visible;
use crate::workspace::{PathError, ReadError, Root, Snapshot, WorkspacePath};
use draft::Drafts;
use schema::ToolName;

/// Says why a file may not be read or changed; none if it may.
pub type Gate = Arc<dyn Fn(&WorkspacePath) -> Option<String> + Send + Sync>;

/// Objections to the drafts as a whole, in words; empty if they may be offered.
pub type Review = Arc<dyn Fn(&Drafts) -> Vec<String> + Send + Sync>;

/// What the tools work with; owned by one turn.
pub struct Workbench {
    /// The workspace as the model sees it: open documents and files, with the drafts over them.
    pub(super) snapshot: Snapshot,
    pub(super) index: Arc<View>,
    pub(super) registry: Arc<Registry>,
    gate: Gate,
    /// The editor's diagnostics for the place in question, in words.
    pub(super) problems: Vec<String>,
    pub drafts: Drafts,
    /// A name of which no use should be left, and the review of all drafts. Their findings are reported once when the model wants to
    /// finish, and to the user at the end.
    renaming: Option<String>,
    review: Option<Review>,
    reminded: bool,
    /// The findings for the current drafts.
    objected: Option<Vec<String>>,
    /// Places that do not parse, in edits refused for that reason.
    seen: misread::Seen,
    /// Whether the editor can create files.
    creates_files: bool,
    /// The folder that the task is about, if several are open: new files go there unless another is named.
    home: Option<Arc<Root>>,
    /// Cancelled when nobody waits for the tools any more.
    cancel: Cancel,
    tools: Vec<Tool>,
}

/// Why a call failed, worded for the model.
pub(super) struct Refusal {
    pub message: String,
    /// The file of an edit that failed.
    pub target: Option<String>,
    /// What is missing because it failed.
    pub gap: Gap,
    /// The stretches whose text is in the message.
    pub places: Vec<Stretch>,
}

/// A tool's answer, and the stretches whose text it contains.
#[derive(Default)]
pub(super) struct ToolAnswer {
    pub text: String,
    pub places: Vec<Stretch>,
    /// The edits that were accepted.
    pub taken: Vec<RequestedEdit>,
}

impl From<String> for ToolAnswer {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl From<&str> for ToolAnswer {
    fn from(text: &str) -> Self {
        text.to_string().into()
    }
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self { message, target: None, gap: Gap::default(), places: vec![] }
    }
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Self {
        message.to_string().into()
    }
}

impl Workbench {
    /// A workbench without drafts; `problems` are the editor's diagnostics in words.
    pub fn new(snapshot: Snapshot, index: Arc<View>, registry: Arc<Registry>, gate: Gate, problems: Vec<String>) -> Self {
        Self {
            snapshot,
            index,
            registry,
            gate,
            problems,
            drafts: Drafts::default(),
            renaming: None,
            review: None,
            reminded: false,
            objected: None,
            seen: vec![],
            creates_files: true,
            home: None,
            cancel: Cancel::new(),
            tools: schema::tools(),
        }
    }

    /// Sets the name that should have no uses left.
    pub fn renaming(self, name: Option<String>) -> Self {
        Self { renaming: name, ..self }
    }

    /// Sets whether the editor can create files.
    pub fn creating_files(self, creates_files: bool) -> Self {
        Self { creates_files, ..self }
    }

    /// Sets the file that the task is about.
    pub fn beside(self, file: Option<&WorkspacePath>) -> Self {
        Self { home: file.map(|file| file.root().clone()), ..self }
    }

    /// Stops the tools when this is cancelled.
    pub fn until(self, cancel: &Cancel) -> Self {
        Self { cancel: cancel.clone(), ..self }
    }

    /// Whether nobody waits for the tools any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Sets the review of all drafts for when the model wants to finish.
    pub fn reviewed_by(self, review: Review) -> Self {
        Self { review: Some(review), ..self }
    }

    /// The tools that are offered to the model.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// A new answer begins: its calls were written for the current drafts.
    pub fn begin_answer(&mut self) {
        self.drafts.begin_answer();
    }

    /// Runs one call. Whatever the model wrote, it gets a result that it can read.
    pub fn run(&mut self, call: &ToolCall) -> CallOutcome {
        if self.is_stopped() {
            return CallOutcome { result: "not run, since the task was cancelled".into(), failed: true, ..CallOutcome::default() };
        }
        match self.answer(call) {
            Ok((ToolAnswer { text, places, taken }, finishes)) => {
                // Whole lines were already cut out of masked files.
                let of_lines = matches!(ToolName::of(call), Some(ToolName::ReadFile | ToolName::SearchText | ToolName::FindReferences));
                let result = self.hidden(&text, if of_lines { &[] } else { &places }).to_string();
                CallOutcome { result, places, taken, finishes, ..CallOutcome::default() }
            }
            Err(Refusal { message, target, gap, places }) => {
                let result = visible(&self.hidden(&message, &places));
                CallOutcome { result, places, failed: true, target, gap, ..CallOutcome::default() }
            }
        }
    }

    /// A text about places, without the secrets of their files: a part of a line may not reveal that it is a secret.
    fn hidden(&self, text: &str, places: &[Stretch]) -> Masked {
        let paths: BTreeSet<&str> = places.iter().map(|place| place.path.as_str()).collect();
        let files = paths.into_iter().filter_map(|path| self.read(&self.path(path).ok()?).ok());
        files.fold(Masked::whole(text), |told, file| Secrets::of(&file).hide(&file, &told))
    }

    fn answer(&mut self, call: &ToolCall) -> Result<(ToolAnswer, Option<String>), Refusal> {
        let Some((name, tool)) = ToolName::of(call).zip(self.tools.iter().find(|tool| tool.name == call.name)) else {
            let names: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
            return Err(format!("there is no tool `{}`; call one of {}", shorten(&call.name, 60), names.join(", ")).into());
        };
        let wrong = args::check(&tool.function["parameters"], &call.arguments);
        if !wrong.is_empty() {
            let wrong = shorten(&wrong.join("; "), 1000);
            return Err(format!("the call does not fit: {wrong}; put that right and call it again").into());
        }
        let arguments = &call.arguments;
        let result = match name {
            ToolName::ReadFile => look::read_file(self, arguments)?,
            ToolName::ListFiles => look::list_files(self, arguments)?,
            ToolName::SearchText => look::search_text(self, arguments)?,
            ToolName::FindSymbol => look::find_symbol(self, arguments)?,
            ToolName::FindReferences => look::find_references(self, arguments)?,
            ToolName::Outline => look::outline(self, arguments)?,
            ToolName::Diagnostics => look::diagnostics(self).into(),
            ToolName::ProposeEdit => draft::propose(self, arguments)?,
            ToolName::Finish => return Ok((ToolAnswer::default(), Some(self.finish(arguments)?))),
        };
        Ok((result, None))
    }

    /// Accepts the model's closing words, unless there are objections to its drafts, which are reported once.
    fn finish(&mut self, arguments: &Value) -> Result<String, Refusal> {
        if !self.reminded {
            let objections = self.objections();
            self.objected = Some(objections.clone());
            if !objections.is_empty() {
                self.reminded = true;
                let words = "Propose the edits that are missing, or call finish again if it is to be so.";
                return Err(format!("{}. {words}", objections.join("; ")).into());
            }
        }
        Ok(shorten(text(arguments, "summary").trim(), 2000))
    }

    /// Objections to the drafts, in words: code that still uses a name that should be gone, and the findings of the review.
    pub fn objections(&self) -> Vec<String> {
        if let Some(known) = &self.objected {
            return known.clone();
        }
        if self.drafts.is_empty() {
            return vec![];
        }
        let left = self.renaming.as_deref().and_then(|name| look::left_over(self, name));
        let found = self.review.as_ref().map(|review| review(&self.drafts)).unwrap_or_default();
        left.into_iter().chain(self.unread()).chain(found).collect()
    }

    /// The place in the workspace that a model's string refers to, if it may be read.
    pub(super) fn path(&self, text: &str) -> Result<WorkspacePath, String> {
        let shown = shorten(&visible(text), 120);
        // A path is not a URL: `%2e%2e` is a trick or a mistake, never the name of a folder.
        let lower = text.to_ascii_lowercase();
        if ["%2e", "%2f", "%5c", "%00"].iter().any(|code| lower.contains(code)) {
            return Err(format!("`{shown}`: write the path in plain characters, not percent-encoded"));
        }
        let path = self.snapshot.roots.resolve_from(self.home.as_ref(), text).map_err(|error| {
            let places: Vec<String> = self.snapshot.roots.places(text).iter().map(|place| visible(&place.to_string())).collect();
            let which = if error == PathError::Several { format!(": {}", places.join(", ")) } else { String::new() };
            format!("`{shown}`: {error}{which}")
        })?;
        match (self.gate)(&path) {
            Some(reason) => Err(format!("nothing is read or changed there: {reason}; go on without it")),
            None => Ok(path),
        }
    }

    /// Whether the tools may read a file.
    pub(super) fn is_open_to_tools(&self, path: &WorkspacePath) -> bool {
        (self.gate)(path).is_none()
    }

    /// The text of a file with its drafted changes.
    pub(super) fn read(&self, path: &WorkspacePath) -> Result<Arc<str>, String> {
        if self.snapshot.documents.at(path).is_some_and(|document| !document.is_in_step()) {
            return Err(format!("{path} is open, but its text is not known for sure\nleave it alone"));
        }
        self.snapshot.read(path).map_err(|error| match error {
            ReadError::Missing => format!("{path}: {error}; look for the right path with list_files"),
            _ => format!("{path}: {error}; go on without it"),
        })
    }
}

/// A string argument; empty if it is missing.
pub(super) fn text<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments[name].as_str().unwrap_or_default()
}
