//! A line per method: what the protocol calls, and where it is done.

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    CodeActionParams, CodeLensParams, DidChangeConfigurationParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    ExecuteCommandParams, InitializeParams, InitializeResult, InitializedParams, WorkDoneProgressCancelParams,
};
use tower_lsp::{LanguageServer, LspServiceBuilder};

use super::serve::Host;
use super::{Server, actions, commands, completion, config, documents, initialize, progress, review};

/// Methods whose results are our own JSON, with fields that tower-lsp's types lack; they are routed as `longsight/…`.
pub const OWN: &[&str] = &["textDocument/codeAction", "codeAction/resolve", "textDocument/codeLens", "workspace/executeCommand"];

/// Adds the methods that tower-lsp does not know.
pub fn register(builder: LspServiceBuilder<Server>) -> LspServiceBuilder<Server> {
    builder
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("longsight/textDocument/codeAction", Server::code_actions)
        .custom_method("longsight/codeAction/resolve", Server::resolve_action)
        .custom_method("longsight/textDocument/codeLens", Server::lenses)
        .custom_method("longsight/workspace/executeCommand", Server::command)
        .custom_method("longsight/debugDocuments", Server::debug_documents)
        .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(initialize::initialize(self, params))
    }

    async fn initialized(&self, _: InitializedParams) {
        initialize::initialized(self);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        documents::open(self, params.text_document);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        documents::change(self, params);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        documents::saved(self, &params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        documents::close(self, &params.text_document.uri);
    }

    async fn did_change_configuration(&self, _: DidChangeConfigurationParams) {
        config::reload(self);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        initialize::folders(self, params.event);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        documents::files_changed(self, params.changes);
    }
}

impl Server {
    async fn inline_completion(&self, params: completion::Params) -> Result<Value> {
        completion::inline(self, params).await
    }

    async fn code_actions(&self, params: CodeActionParams) -> Result<Value> {
        actions::list(self, params).await
    }

    async fn resolve_action(&self, action: Value) -> Result<Value> {
        actions::resolve(self, action).await
    }

    async fn lenses(&self, params: CodeLensParams) -> Result<Value> {
        Ok(review::lenses(self, &params.text_document.uri))
    }

    async fn command(&self, params: ExecuteCommandParams) -> Result<Value> {
        commands::execute(self, params).await
    }

    async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        progress::cancel(self, &serde_json::json!(params.token));
    }

    async fn debug_documents(&self, params: documents::Debug) -> Result<Value> {
        Ok(documents::debug(self, &params))
    }
}

impl Host for Server {
    fn suspect(&self, method: &str, params: Option<&Value>) {
        documents::suspect(self, method, params);
    }
}
