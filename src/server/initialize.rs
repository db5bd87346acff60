//! The handshake: what the editor can do, what we offer, and what starts then. Nothing slow before `initialized`.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, ExecuteCommandOptions, FileOperationFilter,
    FileOperationPattern, FileOperationRegistrationOptions, InitializeResult, MessageType, OneOf, SaveOptions, ServerCapabilities,
    ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkDoneProgressOptions, WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::editor::Editor;
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
    let editor = Editor::new(params);
    let encoding = editor.encoding;
    server.with(|state| state.editor = Arc::new(editor));
    trust::assume_editors_decision(server);
    InitializeResult {
        capabilities: capabilities(convert::to_encoding(encoding)),
        server_info: Some(ServerInfo { name: "longsight".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
    }
}

/// `initialized`: starts what needs an editor that is ready.
pub fn initialized(server: &Server) {
    let editor = server.with(|state| state.editor.clone());
    if editor.can.watch_files {
        let watchers = json!([{ "globPattern": "**/*" }]);
        let registration =
            json!({ "id": "longsight-files", "method": "workspace/didChangeWatchedFiles", "registerOptions": { "watchers": watchers } });
        tokio::spawn(server.client.request("client/registerCapability", json!({ "registrations": [registration] })));
    }
    let client = server.client.clone();
    let tell = Arc::new(move |text: &str| client.show(MessageType::INFO, &format!("longsight: {text}")));
    server.features().report_to(tell, server.options.state.clone());
    let problems = config::load(server);
    config::show_problems(server, &problems);
    // Before this nothing is known about trust; everything after it is.
    folders::refresh_now(server);
    tokio::spawn(config::watch(server.clone()));
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

/// Which file operations of an editor we want to hear about: renames, of every file and folder.
fn renames() -> WorkspaceFileOperationsServerCapabilities {
    let pattern = FileOperationPattern { glob: "**".into(), matches: None, options: None };
    let filters = vec![FileOperationFilter { scheme: Some("file".into()), pattern }];
    WorkspaceFileOperationsServerCapabilities {
        did_rename: Some(FileOperationRegistrationOptions { filters }),
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}
