//! The arguments of the public commands, one type each, as listed in `docs/protocol.md`. A command reads its own keys and ignores all
//! others.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{self as lsp, Url};

/// A range in a document; a position is an empty one.
#[derive(Deserialize)]
pub struct Location {
    uri: Option<Url>,
    range: Option<lsp::Range>,
    position: Option<lsp::Position>,
}

/// `longsight.explain`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainArgument {
    #[serde(flatten)]
    pub location: Location,
    /// The client's token for the stream of this answer, as in the other commands that ask a model.
    pub stream_token: Option<Value>,
}

/// `longsight.ask`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskArgument {
    question: Option<String>,
    pub stream_token: Option<Value>,
}

/// `longsight.edit`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EditArgument {
    #[serde(flatten)]
    pub location: Location,
    #[serde(flatten)]
    pub request: EditRequest,
    pub stream_token: Option<Value>,
    /// Keep the hunks, for a decision on each.
    #[serde(default)]
    pub review: bool,
}

/// What an edit should do: an instruction, or instead the kind of a code action.
#[derive(Deserialize)]
pub struct EditRequest {
    pub instruction: Option<String>,
    pub action: Option<String>,
    /// The title of the code action.
    pub title: Option<String>,
    /// The problems that the edit should fix, in words.
    #[serde(default)]
    pub problems: Vec<String>,
    /// The document's LSP diagnostics; of these the model sees the ones at the place of an instruction. If a client sends none, those are
    /// used that it has sent with requests for code actions.
    pub diagnostics: Option<Vec<Value>>,
}

/// `longsight.contextPreview`: a place or a question.
#[derive(Deserialize)]
pub struct PreviewArgument {
    #[serde(flatten)]
    pub location: Location,
    /// The edit to preview, if it is one.
    #[serde(flatten)]
    pub request: EditRequest,
    pub question: Option<String>,
    /// The budget in tokens.
    pub budget: Option<usize>,
    /// For a completion: `automatic` or `invoked`.
    pub trigger: Option<String>,
}

/// The one argument of a command; an empty object if the client sends none or null.
pub fn only(arguments: Option<Vec<Value>>) -> Value {
    arguments.into_iter().flatten().next().filter(|argument| !argument.is_null()).unwrap_or_else(|| json!({}))
}

/// Reads an argument as the type of its command.
///
/// # Errors
/// A value has another type.
pub fn read<T: DeserializeOwned>(argument: &Value) -> Result<T> {
    T::deserialize(argument).map_err(|error| Error::invalid_params(error.to_string()))
}

impl Location {
    /// Whether it names a document.
    pub fn is_given(&self) -> bool {
        self.uri.is_some()
    }

    /// The document and the range.
    ///
    /// # Errors
    /// One of them is missing.
    pub fn resolved(&self) -> Result<(&Url, lsp::Range)> {
        let uri = self.uri.as_ref().ok_or_else(|| needs("a `uri`"))?;
        let range = self.range.or(self.position.map(|at| lsp::Range { start: at, end: at }));
        Ok((uri, range.ok_or_else(|| needs("a `range` or a `position`"))?))
    }
}

impl AskArgument {
    /// The question.
    ///
    /// # Errors
    /// It is missing or blank.
    pub fn question(&self) -> Result<&str> {
        self.question.as_deref().filter(|question| !question.trim().is_empty()).ok_or_else(|| needs("a `question`"))
    }
}

/// The error for an argument without this key.
pub fn needs(what: &str) -> Error {
    Error::invalid_params(format!("the argument needs {what}"))
}
