//! The editor at the other end: what it can do, derived from what it announces in `initialize`; and what no announcement tells, from a
//! table of editors by their names.

use serde_json::Value;
use tower_lsp::lsp_types::{self as lsp, Url};

use super::{convert, folders};
use crate::text::{Encoding, Text};

/// What is known of the editor.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    pub encoding: Encoding,
    pub roots: Vec<Url>,
    /// The editor's word on trust in the workspace, if it has such a notion.
    pub trusted: Option<bool>,
    /// It takes long answers in pieces (`longsight/stream`), as our own plugins do.
    pub streams_answers: bool,
    /// It draws hunks itself (`longsight/hunks`), and must not be asked about them in other ways.
    pub draws_hunks: bool,
    pub can: Capabilities,
    quirks: &'static [Quirk],
}

/// What the editor announces that it can do for the server.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    pub show_progress: bool,
    pub show_documents: bool,
    pub watch_files: bool,
    pub refresh_lenses: bool,
    /// It applies edits that the server sends.
    pub apply_edits: bool,
    /// Edits may name the versions of their documents.
    pub version_edits: bool,
    /// An edit may create files.
    pub create_files: bool,
    /// It has change annotations, with which it asks the person about each change.
    pub annotate_changes: bool,
    /// It asks for a code action's edit when one is chosen; otherwise the action gets a command.
    pub resolve_actions: bool,
}

/// What an editor does that no capability tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// Its cursor is a character, which it sends as the range if nothing is selected.
    BlockCursor,
    /// It announces change annotations, but applies everything without asking.
    AppliesUnasked,
    /// It asks about each annotated change, even if no confirmation is needed.
    AsksAboutAllAnnotations,
    /// It creates a file by emptying the one that exists, unless it is told to ignore that one.
    EmptiesExistingFiles,
    /// It cannot handle `null` as the version of a document that is not open.
    NoNullVersions,
    /// It inserts suggestions as they are, with the carriage returns in them.
    KeepsCarriageReturns,
    /// It sends the changes made by a command only after the command's answer.
    SendsChangesLate,
    /// It shows the user the error of a failed request.
    ShowsErrors,
}

/// Eglot before Emacs 29, which does not give its name.
const OLD_EGLOT: &str = "Eglot without a name";

/// The quirks of editors, by the names that they give in `initialize`. All others have none.
const QUIRKS: &[(&str, &[Quirk])] = &[
    (
        "Neovim",
        &[
            Quirk::AsksAboutAllAnnotations,
            Quirk::EmptiesExistingFiles,
            Quirk::NoNullVersions,
            Quirk::KeepsCarriageReturns,
            Quirk::ShowsErrors,
        ],
    ),
    ("helix", &[Quirk::BlockCursor]),
    ("kakoune-lsp", &[Quirk::BlockCursor, Quirk::AppliesUnasked]),
    ("Eglot", &[Quirk::SendsChangesLate, Quirk::ShowsErrors]),
    (OLD_EGLOT, &[Quirk::SendsChangesLate]),
    ("Emacs", &[Quirk::ShowsErrors]),
];

impl Editor {
    /// Reads the parameters of `initialize`, field by field: what is missing, unknown or of another type counts as not said.
    pub fn new(params: &Value) -> Self {
        let option = |name: &str| params.pointer(&format!("/initializationOptions/{name}"));
        let is_set = |name: &str| option(name).and_then(Value::as_bool).unwrap_or(false);
        let quirks = quirks(params);
        let encodings = announced(params, "general/positionEncodings").and_then(Value::as_array);
        Self {
            encoding: convert::negotiate(encodings.map(Vec::as_slice)),
            roots: roots(params),
            // Any value other than true and false counts as false.
            trusted: option("trusted").filter(|said| !said.is_null()).map(|said| said.as_bool().unwrap_or(false)),
            streams_answers: is_set("streaming"),
            draws_hunks: is_set("reviews"),
            can: Capabilities::new(params, quirks),
            quirks,
        }
    }

    /// Whether it has this quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Whether it asks the user about changes that need it. If a plugin draws hunks, such changes wait as hunks instead.
    pub fn asks(&self) -> bool {
        self.can.annotate_changes && !self.draws_hunks
    }

    /// Whether it shows the user the error of a failed request. Our own plugins do.
    pub fn shows_errors(&self) -> bool {
        self.streams_answers || self.has(Quirk::ShowsErrors)
    }

    /// The bytes that a range means: empty where it is only a block cursor.
    pub fn bytes(&self, text: &Text, range: lsp::Range) -> std::ops::Range<usize> {
        let bytes = text.offsets(convert::range(range), self.encoding);
        let is_cursor = self.has(Quirk::BlockCursor) && bytes.len() <= 4 && text.slice(bytes.clone()).chars().count() == 1;
        if is_cursor { bytes.start..bytes.start } else { bytes }
    }
}

impl Capabilities {
    fn new(params: &Value, quirks: &[Quirk]) -> Self {
        let can = |path: &str| announced(params, path).and_then(Value::as_bool).unwrap_or(false);
        let operations = announced(params, "workspace/workspaceEdit/resourceOperations");
        let annotations = announced(params, "workspace/workspaceEdit/changeAnnotationSupport").is_some();
        Self {
            show_progress: can("window/workDoneProgress"),
            show_documents: can("window/showDocument/support"),
            watch_files: can("workspace/didChangeWatchedFiles/dynamicRegistration"),
            refresh_lenses: can("workspace/codeLens/refreshSupport"),
            apply_edits: can("workspace/applyEdit"),
            // Neovim does not announce versioned edits but accepts them. An editor with annotations or resource operations must accept
            // them.
            version_edits: can("workspace/workspaceEdit/documentChanges") || operations.is_some() || annotations,
            create_files: operations.and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|kind| kind == "create")),
            annotate_changes: annotations && !quirks.contains(&Quirk::AppliesUnasked),
            resolve_actions: resolves_actions(params),
        }
    }
}

/// What `capabilities` has at a path, unless it is null.
fn announced<'a>(params: &'a Value, path: &str) -> Option<&'a Value> {
    params.pointer(&format!("/capabilities/{path}")).filter(|value| !value.is_null())
}

/// Whether the editor asks for the omitted part of a code action. One that says nothing about code actions is assumed to.
fn resolves_actions(params: &Value) -> bool {
    let properties = announced(params, "textDocument/codeAction/resolveSupport/properties").and_then(Value::as_array);
    let asks = properties.is_some_and(|properties| properties.iter().any(|one| one == "edit"));
    asks || !announced(params, "textDocument/codeAction/codeActionLiteralSupport").is_some_and(Value::is_object)
}

/// The quirks of the editor that sends these parameters.
fn quirks(params: &Value) -> &'static [Quirk] {
    let name = params.pointer("/clientInfo/name").and_then(Value::as_str).unwrap_or_default();
    // Before Emacs 29, Eglot resolves no code actions either.
    let name = if name.is_empty() && !resolves_actions(params) { OLD_EGLOT } else { name };
    QUIRKS.iter().find(|(known, _)| *known == name).map_or(&[], |(_, quirks)| quirks)
}

/// The workspace folders; editors without these send a `rootUri`, older ones a `rootPath`.
fn roots(params: &Value) -> Vec<Url> {
    let uri = |value: &Value| value.as_str().and_then(|uri| Url::parse(uri).ok());
    let folders: Vec<Url> = params["workspaceFolders"].as_array().into_iter().flatten().filter_map(|folder| uri(&folder["uri"])).collect();
    if !folders.is_empty() {
        return folders::on_disk(folders);
    }
    let path = || params["rootPath"].as_str().and_then(|path| Url::from_directory_path(path).ok());
    folders::on_disk(uri(&params["rootUri"]).or_else(path))
}
