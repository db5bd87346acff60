//! JSON-RPC messages: what a body is, and how answers are built.

use std::borrow::Cow;

use serde_json::{Value, json};

use tower_lsp::jsonrpc::{Error, ErrorCode, Id};

use crate::engine::http::surrogates::{ESCAPE_BYTES, lone_surrogates};
use crate::engine::{EngineError, ErrorKind};
use crate::text::visible::plain;

/// The body is not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The body is not a JSON-RPC message.
pub const INVALID_REQUEST: i64 = -32600;
/// There is no such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// A handler failed.
pub const INTERNAL_ERROR: i64 = -32603;
/// A request before `initialize`.
pub const NOT_INITIALIZED: i64 = -32002;
/// The client cancelled the request.
pub const REQUEST_CANCELLED: i64 = -32800;
/// The document has changed; clients stay silent about it.
const CONTENT_MODIFIED: i64 = -32801;
/// The request was valid but could not be served: model, network, refused edit.
const REQUEST_FAILED: i64 = -32803;

/// One message from the client.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    Request {
        id: Id,
        method: String,
        params: Option<Value>,
    },
    Notification {
        method: String,
        params: Option<Value>,
    },
    /// An answer to one of our requests.
    Response {
        id: Id,
        result: Result<Value, Value>,
    },
    /// An answer whose id cannot be ours.
    Stray,
    /// An unreadable message about a change in some document.
    LostChange,
    /// Not a valid JSON-RPC message; answered with this error.
    Invalid {
        id: Id,
        code: i64,
        reason: String,
    },
}

impl Incoming {
    /// The message as written, if it is one.
    pub fn as_json(&self) -> Option<Value> {
        let mut message = match self {
            Incoming::Request { id, method, params } => json!({ "id": id, "method": method, "params": params }),
            Incoming::Notification { method, params } => json!({ "method": method, "params": params }),
            Incoming::Response { id, result: Ok(result) } => return Some(json!({ "jsonrpc": "2.0", "id": id, "result": result })),
            Incoming::Response { id, result: Err(error) } => json!({ "id": id, "error": error }),
            Incoming::Stray | Incoming::LostChange | Incoming::Invalid { .. } => return None,
        };
        drop_nulls(&mut message);
        message["jsonrpc"] = json!("2.0");
        Some(message)
    }
}

/// Reads a body. The JSON reader refuses nesting deeper than 128, so the stack cannot overflow.
pub fn read(body: &[u8]) -> Incoming {
    let invalid = |id: Id, code, reason: String| Incoming::Invalid { id, code, reason };
    let parsed = serde_json::from_slice(body).or_else(|error| without_lone_surrogates(body).ok_or(error));
    let mut value: Value = match parsed {
        Ok(value) => value,
        Err(error) => return invalid(Id::Null, PARSE_ERROR, format!("the message is not JSON: {error}")),
    };
    whole_numbers(&mut value);
    let Value::Object(mut message) = value else {
        return invalid(Id::Null, INVALID_REQUEST, "a message is one JSON object; batches are not part of LSP".into());
    };
    let id = message.remove("id").map(|id| match id {
        Value::String(text) => Some(Id::String(text)),
        Value::Number(number) => number.as_i64().map(Id::Number),
        _ => None,
    });
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid(id.flatten().unwrap_or_default(), INVALID_REQUEST, "`jsonrpc` must be \"2.0\"".into());
    }
    let params = message.remove("params").filter(|params| !params.is_null());
    match (message.remove("method"), id) {
        (Some(Value::String(method)), None) => Incoming::Notification { method, params },
        (Some(Value::String(method)), Some(Some(id))) => Incoming::Request { id, method, params },
        (None, Some(Some(id))) => {
            let error = message.remove("error").filter(|error| !error.is_null());
            let result = error.map_or_else(|| Ok(message.remove("result").unwrap_or_default()), Err);
            Incoming::Response { id, result }
        }
        (Some(_), id) => {
            invalid(id.flatten().unwrap_or_default(), INVALID_REQUEST, "`method` must be a string, `id` an integer or a string".into())
        }
        // This answers no request of ours; some clients send it for our errors with a null id. If the server answered it, this would go on
        // forever.
        (None, _) if message.contains_key("result") || message.contains_key("error") => Incoming::Stray,
        (None, _) => invalid(Id::Null, INVALID_REQUEST, "neither a request, nor a notification, nor an answer".into()),
    }
}

/// Whether a body that is not JSON was meant to open or change a document.
pub fn tells_of_a_document(body: &[u8]) -> bool {
    const NAME: &[u8] = b"\"textDocument/did";
    body.windows(NAME.len()).any(|part| part == NAME)
}

/// Repairs a message whose strings contain lone surrogates, as JavaScript's strings may. Each becomes the replacement character, which has
/// the same width in UTF-16. If the message were dropped, the change in it would be lost.
fn without_lone_surrogates(body: &[u8]) -> Option<Value> {
    let mut whole = body.to_vec();
    for (at, _) in lone_surrogates(body) {
        whole[at + 2..at + ESCAPE_BYTES].copy_from_slice(b"fffd");
    }
    serde_json::from_slice(&whole).ok()
}

/// JSON has one kind of number: `39.0` is line 39, but our types need an integer.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT_FLOATS);
            if let Some(float) = whole {
                *value = json!(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

/// Up to here floating-point numbers represent every integer.
const EXACT_FLOATS: f64 = (1_u64 << 53) as f64;

/// An answer. Fields without a value are left out, since some editors take null for a value. But a null version of a document that is not
/// open has a meaning in the specification, and is kept.
pub fn answer(id: &Id, mut result: Value) -> Value {
    drop_nulls(&mut result);
    with(json!({ "jsonrpc": "2.0", "id": id }), "result", result)
}

/// A message with one more field. `json!` would copy the value, which may be a whole prompt.
fn with(mut message: Value, field: &str, value: Value) -> Value {
    message[field] = value;
    message
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let names_document = fields.contains_key("uri");
            fields.retain(|name, field| !field.is_null() || names_document && name == "version");
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// An error as the answer.
pub fn error_answer(id: &Id, code: i64, reason: impl std::fmt::Display) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": reason.to_string() } })
}

/// A handler's error as the answer.
pub fn failed_answer(id: &Id, error: &Error) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error })
}

/// A notification.
pub fn notification(method: &str, params: Value) -> Value {
    with(json!({ "jsonrpc": "2.0", "method": method }), "params", params)
}

/// A request.
pub fn request(id: i64, method: &str, params: Value) -> Value {
    with(json!({ "jsonrpc": "2.0", "id": id, "method": method }), "params", params)
}

/// An error with this code.
pub fn error(code: i64, message: &str) -> Error {
    Error { code: ErrorCode::ServerError(code), message: Cow::Owned(plain(message)), data: None }
}

/// The request was valid but could not be served.
pub fn request_failed(reason: &str) -> Error {
    error(REQUEST_FAILED, reason)
}

/// The document has changed during the request.
pub fn content_modified(reason: &str) -> Error {
    error(CONTENT_MODIFIED, reason)
}

/// The error for a model's failure.
pub fn from_engine(reason: &EngineError) -> Error {
    if reason.kind == ErrorKind::Cancelled { request_cancelled() } else { request_failed(&reason.message) }
}

/// The client, or the user, no longer wants the answer.
pub fn request_cancelled() -> Error {
    Error { message: Cow::Borrowed("cancelled"), ..Error::request_cancelled() }
}
