//! Which hunks a command or an action means.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{self, Error};

use super::hunks::PendingHunk;
use crate::server::message;
use crate::workspace::uri;

/// The hunks that an argument names.
pub enum HunkSelector {
    One(u64),
    Of(String),
    All,
}

impl HunkSelector {
    /// The hunks that an argument names, by `id`, `uri` or `all`.
    pub fn of(argument: &Value) -> jsonrpc::Result<Self> {
        match (argument["id"].as_u64(), argument["uri"].as_str()) {
            (Some(id), _) => Ok(Self::One(id)),
            (None, Some(uri)) => Ok(Self::Of(uri.into())),
            (None, None) if argument["all"] == true => Ok(Self::All),
            (None, None) => Err(Error::invalid_params("the argument needs the hunk's `id`, a file's `uri`, or `all`")),
        }
    }

    /// Whether a hunk is among them.
    pub fn selects(&self, pending: &PendingHunk) -> bool {
        match self {
            Self::One(id) => pending.id == *id,
            Self::Of(uri) => uri::is_same(uri, &pending.document.uri),
            Self::All => true,
        }
    }

    /// The error if there are none.
    pub fn missing(&self) -> Error {
        let what = if let Self::One(id) = self { format!("no hunk {id}") } else { "no change".into() };
        message::request_failed(&format!("there is {what} that waits for a decision; it was decided on, or dropped when its place changed"))
    }

    /// Their numbers in the form in which they were named: one, or a list.
    pub fn ids(&self, taken: &[PendingHunk]) -> Value {
        match self {
            Self::One(id) => json!(id),
            _ => taken.iter().map(|pending| pending.id).collect(),
        }
    }
}
