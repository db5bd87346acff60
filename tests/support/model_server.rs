//! A model behind the loopback server that plays tool calls, natively or as raw DeepSeek V3.2 text.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use longsight::config::{Config, EngineConfig, EngineKind};
use longsight::engine::{Cancel, EngineError};
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{AnswerEvent, Session, Sink, Target};
use longsight::text::Text;
use longsight::workspace::Document;
use serde_json::{Value, json};

use super::http::{Act, Asked, Server, events, whole};

/// One answer of the model.
#[derive(Clone)]
pub enum Says {
    /// Calls of one answer, in parallel.
    Calls(Vec<(&'static str, Value)>),
    Text(&'static str),
    /// Something that is neither.
    Garbage,
    /// Does something to the world, then calls.
    After(Arc<dyn Fn() + Send + Sync>, Vec<(&'static str, Value)>),
    Hang,
    Down,
}

pub fn call(name: &'static str, arguments: Value) -> Says {
    Says::Calls(vec![(name, arguments)])
}

/// An edit of `propose_edit`.
pub fn change(path: &str, old: &str, new: &str, reason: &str) -> Value {
    json!({"path": path, "old": old, "new": new, "reason": reason})
}

pub fn propose(edits: Vec<Value>) -> Says {
    call("propose_edit", json!({ "edits": edits }))
}

pub fn finish(summary: &str) -> Says {
    call("finish", json!({ "summary": summary }))
}

/// A server that says this, answer by answer, and `finish` when nothing is left.
pub async fn model(script: Vec<Says>) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |_, request| {
        if request.method == "GET" {
            return vec![Act::Send(whole("404 Not Found", "text/plain", "no"))];
        }
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let says = script.get(number).cloned().unwrap_or_else(|| finish("Nothing is left to do."));
        answer(&says, number, request.path.ends_with("/chat/completions"))
    })
    .await
}

fn answer(says: &Says, number: usize, native: bool) -> Vec<Act> {
    let calls = match says {
        Says::Hang => return vec![Act::Hang],
        Says::Down => return vec![Act::Send(whole("500 Internal Server Error", "text/plain", "out of memory"))],
        Says::Text(text) if native => return vec![Act::Send(events(&[piece(json!({"content": text})), end("stop")]))],
        Says::Text(text) => return vec![Act::Send(events(&[raw(text)]))],
        Says::Garbage if native => {
            let call =
                json!({"index": 0, "id": "x", "type": "function", "function": {"name": "propose_edit", "arguments": "{\"edits\": [{\"pa"}});
            return vec![Act::Send(events(&[piece(json!({"tool_calls": [call]})), end("tool_calls")]))];
        }
        Says::Garbage => return vec![Act::Send(events(&[raw("<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"read_file\">\nwhat?")]))],
        Says::Calls(calls) => calls,
        Says::After(act, calls) => {
            act();
            calls
        }
    };
    if !native {
        return vec![Act::Send(events(&[raw(&dsml(calls))]))];
    }
    let deltas = calls.iter().enumerate().map(|(index, (name, arguments))| {
        let function = json!({"name": name, "arguments": arguments.to_string()});
        piece(json!({"tool_calls": [{"index": index, "id": format!("call_{number}_{index}"), "type": "function", "function": function}]}))
    });
    vec![Act::Send(events(&deltas.chain([end("tool_calls")]).collect::<Vec<_>>()))]
}

fn piece(delta: Value) -> Value {
    json!({"id": "a", "model": "deepseek-v3.2", "choices": [{"index": 0, "delta": delta}]})
}

fn end(reason: &str) -> Value {
    json!({"id": "a", "model": "deepseek-v3.2", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn raw(text: &str) -> Value {
    json!({"id": "a", "model": "deepseek-v3.2", "choices": [{"index": 0, "text": text, "finish_reason": "stop"}]})
}

/// Calls as DeepSeek V3.2 writes them.
fn dsml(calls: &[(&str, Value)]) -> String {
    let mut out = "<｜DSML｜function_calls>\n".to_string();
    for (name, arguments) in calls {
        out.push_str(&format!("<｜DSML｜invoke name=\"{name}\">\n"));
        for (key, value) in arguments.as_object().into_iter().flatten() {
            let (string, text) = match value {
                Value::String(text) => (true, text.clone()),
                other => (false, other.to_string()),
            };
            out.push_str(&format!("<｜DSML｜parameter name=\"{key}\" string=\"{string}\">{text}</｜DSML｜parameter>\n"));
        }
        out.push_str("</｜DSML｜invoke>\n");
    }
    out + "</｜DSML｜function_calls>"
}

/// Both roles on one engine with this dialect.
pub fn config(url: &str, dialect: &str) -> Config {
    let mut config = Config::default();
    config.roles.scout = "model".into();
    config.roles.coder = "model".into();
    config.engines.insert("model".into(), engine(url, dialect));
    config
}

pub fn engine(url: &str, dialect: &str) -> EngineConfig {
    EngineConfig {
        kind: EngineKind::OpenAi,
        model: "deepseek-v3.2".into(),
        base_url: Some(format!("{url}/v1")),
        dialect: Some(dialect.into()),
        context: Some(65_536),
        ..EngineConfig::default()
    }
}

/// Lines of a file, 1-based.
pub fn target(session: &Session, path: &str, first: usize, last: usize) -> Target {
    let path = session.snapshot.roots.resolve(path).unwrap();
    let text = Text::new(&session.snapshot.read_exact(&path).unwrap());
    let bytes = text.line_start(first - 1)..text.line_start(last);
    let document = Document::on_disk(path, text);
    Target { document: Arc::new(document), bytes }
}

/// An edit by instruction, and what was said meanwhile.
pub async fn instruct(session: &Session, at: Target, words: &str, cancel: &Cancel) -> (Result<Edited, EngineError>, Vec<AnswerEvent>) {
    let said: Arc<Mutex<Vec<AnswerEvent>>> = Arc::default();
    let keep = said.clone();
    let sink: Sink = Arc::new(move |piece| keep.lock().unwrap().push(piece));
    let params = Params { at, how: How::Instruction(words.into()) };
    let result = edit(session, &params, cancel, &sink).await;
    let said = said.lock().unwrap().clone();
    (result, said)
}

/// What was sent to the model: the bodies of all questions.
pub fn questions(server: &Server) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.method == "POST").collect()
}
