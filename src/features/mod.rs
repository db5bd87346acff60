//! What a user sees, one file or folder each: `complete`, `explain`, `ask`, the menu of `actions`, `edit`, and the `preview` of what would
//! be sent. The server and the command line call the same functions. Each takes a [`Session`], the request, a cancel token, and a sink for
//! intermediate events; the menu and the preview ask no model and take less.
//!
//! Everything else here is shared by them: the `session` and the `site` of a request, the `corpora` and the part of a prompt from `around`
//! the place, its `difficulty`, the `tree_cache` of files that are not open, the `answer` in words with its places checked, and markdown
//! that is `inert`.

pub mod actions;
pub mod answer;
mod around;
pub mod ask;
pub mod complete;
mod corpora;
mod difficulty;
pub mod edit;
pub mod explain;
pub mod inert;
pub mod preview;
mod sent;
mod session;
mod site;
mod tree_cache;

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

pub use session::{History, Session, Shared, status};
pub use site::Site;

use crate::engine::{self, EngineError, ErrorKind};
use crate::route::RouteError;
use crate::text::{Encoding, Position, Text};
use crate::workspace::Document;

/// A range of bytes in a document.
#[derive(Clone, Debug)]
pub struct Target {
    pub document: Arc<Document>,
    pub bytes: Range<usize>,
}

/// Something that happens while an answer is made.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    Text(String),
    Reasoning(String),
    /// What is being done, and its progress in percent.
    Progress(String, Option<u64>),
    /// The text so far is not the answer, which starts over.
    Restart,
}

/// Takes the events as they come.
pub type Sink = Arc<dyn Fn(AnswerEvent) + Send + Sync>;

/// A sink for callers who only want the result.
pub fn silent() -> Sink {
    Arc::new(|_| {})
}

/// Where the time went, in milliseconds: by the engine's account, and by ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Until the prompt was ready.
    pub ready_ms: f64,
    #[serde(flatten)]
    pub engine: engine::Timing,
}

/// A range as in LSP: zero-based, columns in UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LspRange {
    pub start: LspPosition,
    pub end: LspPosition,
}

/// A position as in LSP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LspPosition {
    pub line: u32,
    pub character: u32,
}

impl LspRange {
    /// The range of these bytes in a text.
    pub fn new(text: &Text, bytes: Range<usize>) -> Self {
        let position = |at: Position| LspPosition { line: at.line, character: at.character };
        let range = text.range(bytes, Encoding::Utf16);
        Self { start: position(range.start), end: position(range.end) }
    }
}

/// A refusal by the policy becomes a configuration error: the user can lift it there.
impl From<RouteError> for EngineError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::Engine(error) => error,
            RouteError::Refused(reason) => EngineError::new(ErrorKind::Configuration, reason),
        }
    }
}
