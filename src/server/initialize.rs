//! The handshake: what the editor can do, what we offer, and what starts then. Nothing slow before `initialized`.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, ExecuteCommandOptions, FileOperationFilter,
    FileOperationPattern, FileOperationRegistrationOptions, InitializeResult, OneOf, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Url, WorkDoneProgressOptions,
    WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::state::Editor;
use super::{Server, config, convert, folders, trust};

/// The public commands.
pub const COMMANDS: &[&str] = &[
    "longsight.explain",
    "longsight.ask",
    "longsight.edit",
    "longsight.acceptHunk",
    "longsight.rejectHunk",
    "longsight.explainHunk",
    "longsight.contextPreview",
    "longsight.status",
    "longsight.trust",
];

/// `initialize`.
pub fn initialize(server: &Server, params: &Value) -> InitializeResult {
    let editor = editor(params);
    let encoding = editor.encoding;
    server.with(|state| state.editor = Arc::new(editor));
    trust::before_a_look(server);
    InitializeResult {
        capabilities: capabilities(convert::to_encoding(encoding)),
        server_info: Some(ServerInfo { name: "longsight".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
    }
}

/// `initialized`: starts what needs an editor that is ready.
pub fn initialized(server: &Server) {
    let editor = server.with(|state| state.editor.clone());
    if editor.watches_files {
        let watchers = json!([{ "globPattern": "**/*" }]);
        let registration =
            json!({ "id": "longsight-files", "method": "workspace/didChangeWatchedFiles", "registerOptions": { "watchers": watchers } });
        tokio::spawn(server.client.request("client/registerCapability", json!({ "registrations": [registration] })));
    }
    let client = server.client.clone();
    let tell = Arc::new(move |text: &str| client.show(3, &format!("longsight: {text}")));
    server.features().report_to(tell, server.options.state.clone());
    let problems = config::load(server);
    config::show_problems(server, &problems);
    // Before this nothing is known about trust; whatever comes next finds it.
    folders::refresh_now(server);
    tokio::spawn(config::watch(server.clone()));
}

/// What an editor says about itself, field by field: what is missing, unknown or of another type counts as not said.
fn editor(params: &Value) -> Editor {
    let said = |path: &str| params.pointer(path).filter(|value| !value.is_null());
    let can = |path: &str| said(&format!("/capabilities/{path}")).and_then(Value::as_bool).unwrap_or(false);
    let has = |path: &str| said(&format!("/capabilities/{path}"));
    let option = |name: &str| said(&format!("/initializationOptions/{name}")).and_then(Value::as_bool).unwrap_or(false);
    let name = said("/clientInfo/name").and_then(Value::as_str).unwrap_or_default();
    let resources = has("workspace/workspaceEdit/resourceOperations");
    let annotations = has("workspace/workspaceEdit/changeAnnotationSupport").is_some();
    Editor {
        encoding: convert::negotiate(has("general/positionEncodings").and_then(Value::as_array).map(Vec::as_slice)),
        roots: roots(params),
        streaming: option("streaming"),
        progress: can("window/workDoneProgress"),
        show_document: can("window/showDocument/support"),
        apply_edit: can("workspace/applyEdit"),
        // Neovim does not announce versioned edits but accepts them; an editor with annotations or resource operations must accept them.
        document_changes: can("workspace/workspaceEdit/documentChanges") || resources.is_some() || annotations,
        watches_files: can("workspace/didChangeWatchedFiles/dynamicRegistration"),
        refreshes_lenses: can("workspace/codeLens/refreshSupport"),
        // Kakoune's client announces them, but applies everything without asking.
        annotations: annotations && name != "kakoune-lsp",
        creates_files: resources.and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|kind| kind == "create")),
        // Our own plugins show errors, and so do these editors. Helix drops errors of code actions.
        tells_errors: option("streaming") || ["Neovim", "Eglot", "Emacs"].contains(&name),
        reviews: option("reviews"),
        resolves_actions: resolves_actions(params),
        // Before Emacs 29, Eglot does not give its name, and resolves nothing.
        sends_late: name == "Eglot" || name.is_empty() && !resolves_actions(params),
        // Any value other than true and false counts as false.
        trusted: said("/initializationOptions/trusted").filter(|said| !said.is_null()).map(|said| said.as_bool().unwrap_or(false)),
        has_block_cursor: ["helix", "kakoune-lsp"].contains(&name),
        is_neovim: name == "Neovim",
    }
}

/// Whether the editor asks for the omitted part of a code action. One that says nothing about code actions is assumed to.
fn resolves_actions(params: &Value) -> bool {
    let actions = &params["capabilities"]["textDocument"]["codeAction"];
    let asks = actions["resolveSupport"]["properties"].as_array().is_some_and(|properties| properties.iter().any(|one| one == "edit"));
    asks || !actions["codeActionLiteralSupport"].is_object()
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

fn capabilities(encoding: tower_lsp::lsp_types::PositionEncodingKind) -> ServerCapabilities {
    let kinds = ["quickfix", "refactor.rewrite", "refactor.extract"];
    ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(kinds.map(CodeActionKind::from).to_vec()),
            resolve_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: COMMANDS.iter().map(|command| command.to_string()).collect(),
            work_done_progress_options: WorkDoneProgressOptions { work_done_progress: Some(true) },
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: Some(renames()),
        }),
        ..ServerCapabilities::default()
    }
}

/// Of what an editor does to files, that it renames some is wanted: of every file and folder.
fn renames() -> WorkspaceFileOperationsServerCapabilities {
    let pattern = FileOperationPattern { glob: "**".into(), matches: None, options: None };
    let filters = vec![FileOperationFilter { scheme: Some("file".into()), pattern }];
    WorkspaceFileOperationsServerCapabilities {
        did_rename: Some(FileOperationRegistrationOptions { filters }),
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}
