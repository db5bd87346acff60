//! What the server asks of the features, in their own terms: bytes instead of positions, values instead of requests. The features stand
//! behind it in `desk`; tests put agents there that hang, crash or answer at once.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::config::Config;
use crate::engine::{BoxFuture, Cancel, EngineError};
use crate::text::Batch;
use crate::workspace::{Document, Snapshot};

/// The workspace as the editor has it at one moment. Cheap to clone.
#[derive(Clone, Default)]
pub struct Scene {
    pub snapshot: Snapshot,
    pub config: Arc<Config>,
    /// The workspace is not trusted: nothing but completion from the open buffer, on this machine.
    pub restricted: bool,
}

/// A range of bytes in a document of the scene.
#[derive(Clone, Debug)]
pub struct Place {
    pub document: Arc<Document>,
    pub bytes: Range<usize>,
}

/// What an inline completion is asked with.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    /// Asked for by the person, not by typing.
    pub invoked: bool,
    /// The entry that is selected in the editor's own list; a suggestion must begin with its text and replace its bytes.
    pub selected: Option<(Range<usize>, String)>,
    /// The question before was overtaken by this one: keys come faster than answers.
    pub hurried: bool,
}

/// One suggestion: these bytes of the document become this text.
pub type Suggestion = crate::text::Edit;

/// A question about the code.
#[derive(Clone, Debug)]
pub enum Question {
    Explain(Place),
    Ask(String),
}

/// What is to be changed, and how.
#[derive(Clone, Debug)]
pub struct Wish {
    pub place: Place,
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

/// A code action on offer.
#[derive(Clone, Debug)]
pub struct Offer {
    pub title: String,
    /// A kind of LSP, e.g. `refactor.rewrite`.
    pub kind: String,
    /// It explains; it changes nothing.
    pub explains: bool,
}

/// An edit that was computed, and what is told about it.
#[derive(Clone, Debug)]
pub struct Edited {
    pub files: Vec<FileEdit>,
    /// The JSON of `longsight edit --json`.
    pub report: Value,
    /// Why a person must look at it before it is applied; empty when nothing speaks against it.
    pub confirm: Vec<String>,
}

/// The edits of one file, for the version that the scene had.
#[derive(Clone, Debug)]
pub struct FileEdit {
    pub document: Arc<Document>,
    pub edits: Batch,
    /// Why, in the model's words: one for each edit, as far as it said.
    pub reasons: Vec<String>,
    /// The file does not exist yet; `document` is empty.
    pub creates: bool,
}

/// What would be put in front of the model.
#[derive(Clone, Debug)]
pub struct Preview {
    pub place: Option<Place>,
    pub question: Option<String>,
    /// Tokens.
    pub budget: Option<usize>,
}

/// A piece of a running answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    Reasoning(String),
    /// What is being done, and how much of it in percent.
    Progress(String, Option<u64>),
}

/// Takes pieces as they come.
pub type Sink = Arc<dyn Fn(Piece) + Send + Sync>;

/// Takes a sentence for the user.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// See the module. Calls return at once; the futures run on threads of their own and stop soon after `cancel`.
pub trait Agent: Send + Sync {
    /// Who is told what the user should know at once, and where is recorded what leaves the machine.
    fn hear(&self, _tell: Tell, _state: Option<PathBuf>) {}
    /// The editor is ready, or its folders or the configuration have changed.
    fn workspace(&self, scene: Scene);
    /// A document has been opened, changed, or closed: then the scene does not have it. Called in wire order; must not take long.
    fn changed(&self, _scene: &Scene, _uri: &str) {}
    /// Work that is worth beginning before anybody asks, now that this document has changed.
    fn ahead(&self, _scene: &Scene, _uri: &str) -> Option<BoxFuture<'static, ()>> {
        None
    }
    /// Files have changed on disk.
    fn files_changed(&self, paths: Vec<PathBuf>);
    fn complete(&self, scene: Scene, at: Place, typing: Typing, cancel: Cancel)
    -> BoxFuture<'static, Result<Vec<Suggestion>, EngineError>>;
    /// The JSON of `longsight explain --json` or `ask --json`.
    fn answer(&self, scene: Scene, question: Question, cancel: Cancel, sink: Sink) -> BoxFuture<'static, Result<Value, EngineError>>;
    /// From memory, in milliseconds. `problems` are the messages of the diagnostics there.
    fn offers(&self, scene: Scene, at: Place, problems: Vec<String>) -> BoxFuture<'static, Vec<Offer>>;
    fn edit(&self, scene: Scene, wish: Wish, cancel: Cancel, sink: Sink) -> BoxFuture<'static, Result<Edited, EngineError>>;
    /// The JSON of `longsight context --json`.
    fn preview(&self, scene: Scene, preview: Preview) -> BoxFuture<'static, Result<Value, EngineError>>;
    /// Engines, index and health, for `longsight.status`.
    fn status(&self) -> Value;
}
