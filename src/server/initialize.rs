//! The handshake: what the editor can do, what we offer, and what starts once both know. Nothing slow before `initialized`.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, ExecuteCommandOptions,
    InitializeParams, InitializeResult, OneOf, ResourceOperationKind, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Url, WorkDoneProgressOptions,
    WorkspaceFoldersChangeEvent, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::state::Editor;
use super::{Server, config, convert};
use crate::workspace::Roots;

/// The commands of the public surface.
pub const COMMANDS: &[&str] = &[
    "longsight.explain",
    "longsight.ask",
    "longsight.edit",
    "longsight.acceptHunk",
    "longsight.rejectHunk",
    "longsight.explainHunk",
    "longsight.contextPreview",
    "longsight.status",
];

pub fn initialize(server: &Server, params: InitializeParams) -> InitializeResult {
    let editor = editor(&params);
    let encoding = editor.encoding;
    server.with(|state| state.editor = Arc::new(editor));
    InitializeResult {
        capabilities: capabilities(convert::to_encoding(encoding)),
        server_info: Some(ServerInfo { name: "longsight".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
    }
}

/// What starts once the editor is ready.
pub fn initialized(server: &Server) {
    let editor = server.with(|state| state.editor.clone());
    if editor.watches_files {
        let watchers = json!([{ "globPattern": "**/*" }]);
        let registration =
            json!({ "id": "longsight-files", "method": "workspace/didChangeWatchedFiles", "registerOptions": { "watchers": watchers } });
        tokio::spawn(server.client.request("client/registerCapability", json!({ "registrations": [registration] })));
    }
    config::reload(server);
    tokio::spawn(config::watch(server.clone()));
}

/// Tells the agent where the roots are, what is open and how it is set up.
pub fn workspace_changed(server: &Server) {
    let roots = server.with(|state| state.editor.roots.clone());
    // Outside of the lock, since links are resolved on disk.
    let roots = Roots::new(roots.iter().filter_map(|root| root.to_file_path().ok()));
    server.with(|state| state.set_roots(roots));
    server.agent().workspace(server.scene());
}

pub fn folders(server: &Server, event: WorkspaceFoldersChangeEvent) {
    server.with(|state| {
        let mut editor = (*state.editor).clone();
        editor.roots.retain(|root| !event.removed.iter().any(|folder| folder.uri == *root));
        for folder in event.added {
            if !editor.roots.contains(&folder.uri) {
                editor.roots.push(folder.uri);
            }
        }
        state.editor = Arc::new(editor);
    });
    workspace_changed(server);
}

fn editor(params: &InitializeParams) -> Editor {
    let can: &ClientCapabilities = &params.capabilities;
    let offered = can.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    let window = can.window.as_ref();
    let workspace = can.workspace.as_ref();
    // Fields that lsp-types 0.94 does not know are read from the option's own object.
    let options = params.initialization_options.as_ref();
    let option = |name: &str| options.and_then(|options| options.get(name)).and_then(Value::as_bool).unwrap_or(false);
    let name = params.client_info.as_ref().map_or("", |client| client.name.as_str());
    let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
    Editor {
        encoding: convert::negotiate(offered),
        roots: roots(params),
        streaming: option("streaming"),
        progress: window.and_then(|window| window.work_done_progress).unwrap_or(false),
        show_document: window.and_then(|window| window.show_document.as_ref()).is_some_and(|show| show.support),
        apply_edit: workspace.and_then(|workspace| workspace.apply_edit).unwrap_or(false),
        // Neovim does not say so and takes them; one that knows of annotations or resources must.
        document_changes: edits.is_some_and(|edit| {
            edit.document_changes == Some(true) || edit.resource_operations.is_some() || edit.change_annotation_support.is_some()
        }),
        watches_files: workspace
            .and_then(|workspace| workspace.did_change_watched_files.as_ref())
            .and_then(|watched| watched.dynamic_registration)
            .unwrap_or(false),
        refreshes_lenses: workspace
            .and_then(|workspace| workspace.code_lens.as_ref())
            .and_then(|lens| lens.refresh_support)
            .unwrap_or(false),
        annotations: edits.is_some_and(|edit| edit.change_annotation_support.is_some()),
        creates_files: edits
            .is_some_and(|edit| edit.resource_operations.iter().flatten().any(|kind| *kind == ResourceOperationKind::Create)),
        // Our own plugins do, and these. Helix drops what goes wrong with a code action.
        tells_errors: option("streaming") || ["Neovim", "Eglot", "Emacs"].contains(&name),
        reviews: option("reviews"),
        is_neovim: name == "Neovim",
    }
}

#[allow(deprecated)] // Editors that know no folders still send `rootUri`.
fn roots(params: &InitializeParams) -> Vec<Url> {
    match &params.workspace_folders {
        Some(folders) if !folders.is_empty() => folders.iter().map(|folder| folder.uri.clone()).collect(),
        _ => params.root_uri.iter().cloned().collect(),
    }
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
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
