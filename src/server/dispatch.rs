//! Between the wire and tower-lsp's router: which methods are notifications, under which names methods are routed, and parameters in the
//! form that handlers expect, however a client writes "nothing".

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Id, Request};

/// Methods whose parameters or results are our own, more lenient or newer than tower-lsp's types; routed as `longsight/…`.
const OWN: &[&str] = &[
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/codeAction",
    "codeAction/resolve",
    "textDocument/codeLens",
    "workspace/executeCommand",
    "workspace/didChangeConfiguration",
];

/// The notifications that the server handles. A handler finishes before the next message is read.
const NOTIFICATIONS: &[&str] = &[
    "exit",
    "$/cancelRequest",
    "initialized",
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didSave",
    "textDocument/didClose",
    "workspace/didChangeConfiguration",
    "workspace/didChangeWatchedFiles",
    "workspace/didChangeWorkspaceFolders",
    "workspace/didRenameFiles",
    "window/workDoneProgress/cancel",
    "longsight/trust",
];

/// Whether a method is such a notification.
pub fn is_notification(method: &str) -> bool {
    NOTIFICATIONS.contains(&method)
}

/// The message for tower-lsp, in which its id is `inner`.
pub fn request(method: &str, params: Option<Value>, inner: Option<i64>) -> Request {
    let own = OWN.contains(&method);
    let mut request = Request::build(if own { format!("longsight/{method}") } else { method.to_string() });
    if let Some(inner) = inner {
        request = request.id(Id::Number(inner));
    }
    match params_for(method, params) {
        Some(params) => request.params(params).finish(),
        None => request.finish(),
    }
}

fn params_for(method: &str, params: Option<Value>) -> Option<Value> {
    match method {
        "shutdown" => None,
        "initialize" => params.map(wrapped),
        "initialized" | "workspace/didChangeConfiguration" | "longsight/debugDocuments" => Some(params.unwrap_or_else(|| json!({}))),
        _ => params,
    }
}

/// Wraps what an editor says about itself, so that tower-lsp does not parse it. `initialize` reads single fields where they are needed: an
/// unknown value in some other field must not keep the server from starting.
fn wrapped(params: Value) -> Value {
    let capabilities = params.get("capabilities").unwrap_or(&Value::Null);
    // PHP and Lua write an empty table as an empty list.
    let none = capabilities.is_null() || capabilities.as_array().is_some_and(Vec::is_empty);
    let plain = params.is_object() && (capabilities.is_object() || none);
    if plain { json!({ "capabilities": {}, "initializationOptions": params }) } else { params }
}
