//! One line per method: what the protocol calls, and where it is implemented.

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    CodeLensParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidSaveTextDocumentParams,
    InitializeParams, InitializeResult, InitializedParams, RenameFilesParams, WorkDoneProgressCancelParams,
};
use tower_lsp::{LanguageServer, LspServiceBuilder};

use super::edit::{file_renames, review};
use super::serve::Host;
use super::{Server, actions, commands, completion, config, document_sync, folders, initialize, progress, trust};

/// Adds the methods that tower-lsp does not know.
pub fn register(builder: LspServiceBuilder<Server>) -> LspServiceBuilder<Server> {
    builder
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("longsight/textDocument/didOpen", Server::open)
        .custom_method("longsight/textDocument/didChange", Server::change)
        .custom_method("longsight/workspace/didChangeConfiguration", Server::configure)
        .custom_method("longsight/textDocument/codeAction", Server::code_actions)
        .custom_method("longsight/codeAction/resolve", Server::resolve_action)
        .custom_method("longsight/textDocument/codeLens", Server::lenses)
        .custom_method("longsight/workspace/executeCommand", Server::command)
        .custom_method("longsight/debugDocuments", Server::debug_documents)
        .custom_method("longsight/trust", Server::trust_told)
        .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(initialize::initialize(self, &params.initialization_options.unwrap_or_default()))
    }

    async fn initialized(&self, _: InitializedParams) {
        initialize::initialized(self);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        document_sync::saved(self, &params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        document_sync::close(self, &params.text_document.uri);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        folders::change(self, params.event);
    }

    async fn did_rename_files(&self, params: RenameFilesParams) {
        file_renames::files(self, &params.files);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        document_sync::files_changed(self, params.changes);
    }
}

impl Server {
    async fn open(&self, params: Value) {
        document_sync::open(self, params);
    }

    async fn change(&self, params: Value) {
        document_sync::change(self, params);
    }

    async fn configure(&self, _: Value) {
        config::reload(self);
    }

    async fn inline_completion(&self, params: completion::InlineCompletionParams) -> Result<Value> {
        completion::inline(self, params).await
    }

    async fn code_actions(&self, params: actions::CodeActionParams) -> Result<Value> {
        actions::list(self, params).await
    }

    async fn resolve_action(&self, action: Value) -> Result<Value> {
        actions::resolve(self, action).await
    }

    async fn lenses(&self, params: CodeLensParams) -> Result<Value> {
        Ok(review::lenses(self, &params.text_document.uri))
    }

    async fn command(&self, params: commands::ExecuteCommandParams) -> Result<Value> {
        commands::execute(self, params).await
    }

    async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        progress::cancel(self, &serde_json::json!(params.token));
    }

    async fn trust_told(&self, params: trust::TrustParams) {
        trust::changed(self, &params);
    }

    async fn debug_documents(&self, params: document_sync::DebugParams) -> Result<Value> {
        Ok(document_sync::debug(self, &params))
    }
}

impl Host for Server {
    fn suspect(&self, method: &str, params: Option<&Value>) {
        document_sync::suspect(self, method, params);
    }
}
