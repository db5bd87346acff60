//! HTTP engines and grammars against a real llama.cpp server (the Python package `xllamacpp`) with the default model.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use longsight::config::{EngineConfig, EngineKind};
use longsight::dialect::{Chat, Delta, Fim, Message, Role, Start, Tool, ToolChoice, by_name, messages};
use longsight::engine::http::build;
use longsight::engine::{Ask, Cancel, Engine, ErrorKind, Event, Priority, Request, collect};
use longsight::web::header::CONTENT_TYPE;
use longsight::web::{Client, HeaderValue, Method};
use serde_json::{Value, json};

use crate::support::engine::Rig;
use crate::support::model_path;

/// The server's process; it ends when its standard input closes.
struct LlamaServer {
    url: String,
    port: u16,
    child: Child,
    _stdin: Option<ChildStdin>,
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl LlamaServer {
    fn start(port: u16) -> Self {
        let python = longsight::config::cache_dir().unwrap().join("test/llama-server/bin/python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/llama_server.py");
        let mut command = Command::new(&python);
        command.arg(script).arg(model_path("qwen2.5-coder-0.5b")).arg(port.to_string());
        // As our own engine process has it: beside busy neighbours its threads would spin more than they work.
        command.env("GOMP_SPINCOUNT", "1000").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let python = python.display();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{python}: {error}; run scripts/get-llama-server"));
        let stdin = child.stdin.take();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http"), "the server did not start; does {python} have the package xllamacpp?");
        let url = url.trim().to_string();
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        Self { url, port, child, _stdin: stdin }
    }
}

fn engine(server: &LlamaServer, dialect: &str) -> Arc<dyn Engine> {
    let config = EngineConfig {
        kind: EngineKind::OpenAi,
        model: "tiny".into(),
        base_url: Some(format!("{}/v1", server.url)),
        dialect: Some(dialect.into()),
        ..EngineConfig::default()
    };
    build("real", &config).unwrap()
}

fn tools() -> Vec<Tool> {
    let parameters = json!({"type": "object", "required": ["path", "new_text"], "properties": {
        "path": {"type": "string"}, "new_text": {"type": "string"}, "line": {"type": "integer"},
        "mode": {"enum": ["insert", "replace"]}, "tags": {"type": "array", "items": {"type": "string"}},
        "options": {"type": "object", "properties": {"dry": {"type": "boolean"}}, "required": ["dry"]}}});
    let tools = json!([{"name": "edit_file", "parameters": parameters}, {"name": "list_files"}]);
    messages::tools_from_json(&tools).unwrap()
}

fn chat(text: &str, tools: Vec<Tool>, tool_choice: ToolChoice) -> Chat {
    let messages = vec![Message::new(Role::System, "You edit code."), Message::new(Role::User, text)];
    Chat { messages, tools, tool_choice, ..Chat::default() }
}

fn request(ask: Ask, max_tokens: u32) -> Request {
    Request { ask, max_tokens, temperature: 0.0, stop: vec![], priority: Priority::Normal }
}

/// One server for everything: two at once would fight for the processor.
#[tokio::test]
async fn a_real_server() {
    let server = LlamaServer::start(0);
    grammars_force_a_valid_call(&server).await;
    chats_fills_holes_stops_and_comes_back(server).await;
}

async fn chats_fills_holes_stops_and_comes_back(server: LlamaServer) {
    let (native, hermes) = (engine(&server, "native"), engine(&server, "hermes"));
    let caps = hermes.caps().await.unwrap();
    assert!(caps.fim && caps.chat && caps.context > 0, "{caps:?}");

    // The server's template and ours make the same prompt: the greedy answers agree.
    // So does the model in our own engine process.
    let rig = Rig::new();
    let inside = rig.engine(model_path("qwen2.5-coder-0.5b"), 4096);
    let mut answers = vec![];
    for engine in [&native, &hermes, &inside] {
        let ask = Ask::Chat(chat("Write a Python function that adds two numbers.", vec![], ToolChoice::Auto));
        answers.push(collect(engine.start(request(ask, 24), Cancel::new()), |_| {}).await.unwrap());
    }
    assert!(!answers[0].text.is_empty());
    assert!(answers.iter().all(|answer| answer.text == answers[0].text), "{answers:?}");
    assert!(answers[0].finished.timing.tokens_out > 0);

    let ask = || Ask::Chat(chat("Put a hello function into src/a.py with edit_file.", tools(), ToolChoice::Required));
    let answer = collect(native.start(request(ask(), 80), Cancel::new()), |_| {}).await.unwrap();
    // How many calls it makes before the tokens run out is the model's affair; that they are read, however it fences them, is ours.
    assert!(!answer.calls.is_empty(), "{answer:?}");
    assert!(answer.calls.iter().all(|call| call.arguments.is_object()), "{answer:?}");

    let hole = Fim {
        path: "a.py".into(),
        prefix: "def add(a, b):\n    return ".into(),
        suffix: "\n\nprint(add(1, 2))\n".into(),
        ..Fim::default()
    };
    let answer = collect(hermes.start(request(Ask::Fim(hole.clone()), 16), Cancel::new()), |_| {}).await.unwrap();
    assert!(!answer.text.contains("<|"), "{}", answer.text);
    let same = collect(inside.start(request(Ask::Fim(hole), 16), Cancel::new()), |_| {}).await.unwrap();
    assert_eq!(same.text, answer.text);
    drop(inside);

    let cancel = Cancel::new();
    let ask = Ask::Chat(chat("Count from one to one thousand in words.", vec![], ToolChoice::Auto));
    let mut events = native.start(request(ask, 2000), cancel.clone());
    while !matches!(events.recv().await, Some(Event::Text(_))) {}
    cancel.cancel();
    while let Some(event) = events.recv().await {
        if let Event::Failed(error) = event {
            assert_eq!(error.kind, ErrorKind::Cancelled);
        }
    }
    let ask = || request(Ask::Chat(chat("Hi", vec![], ToolChoice::Auto)), 4);
    assert!(collect(native.start(ask(), Cancel::new()), |_| {}).await.is_ok(), "the slot is free again");

    let port = server.port;
    drop(server);
    assert_eq!(collect(native.start(ask(), Cancel::new()), |_| {}).await.unwrap_err().kind, ErrorKind::Unavailable);
    let _again = LlamaServer::start(port);
    assert!(collect(native.start(ask(), Cancel::new()), |_| {}).await.is_ok());
}

/// Under our grammar even this small model at a high temperature writes nothing but a call that our parser reads and the schema allows.
async fn grammars_force_a_valid_call(server: &LlamaServer) {
    let url = url::Url::parse(&format!("{}/completion", server.url)).unwrap();
    let client = Client::direct(Duration::from_secs(10), usize::MAX);
    for name in ["hermes", "llama-4", "deepseek-v3.2"] {
        let dialect = by_name(name).unwrap();
        let grammar = dialect.grammar(&tools(), ToolChoice::Required).unwrap();
        assert_eq!(grammar.trigger, None);
        let prompt = by_name("hermes")
            .unwrap()
            .text(&by_name("hermes").unwrap().render(&chat("Add a line to a.py.", tools(), ToolChoice::Required)).unwrap());
        for seed in 0..2 {
            let body = json!({"prompt": prompt, "grammar": grammar.gbnf, "n_predict": 160, "temperature": 1.2, "seed": seed});
            let sent = client.send(Method::POST, &url, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.to_string());
            let (mut answer, mut text) = (sent.await.unwrap(), vec![]);
            while let Some(piece) = answer.piece().await.unwrap() {
                text.extend(piece);
            }
            let answer: Value = serde_json::from_slice(&text).unwrap();
            assert!(answer["error"].is_null(), "{name}: {answer}");
            if answer["stop_type"] == "limit" {
                continue; // A long string; the grammar was kept so far.
            }
            let mut parser = dialect.parser(&tools(), Start::Content);
            let mut deltas = parser.push(answer["content"].as_str().unwrap());
            deltas.extend(parser.finish(true));
            let [Delta::Call(call)] = &deltas[..] else { panic!("{name}: {deltas:?} from {}", answer["content"]) };
            if call.name == "edit_file" {
                assert!(call.arguments["path"].is_string() && call.arguments["new_text"].is_string(), "{name}: {call:?}");
                assert!(call.arguments.get("line").is_none_or(Value::is_i64), "{name}: {call:?}");
                assert!(call.arguments.get("options").is_none_or(|options| options["dry"].is_boolean()), "{name}: {call:?}");
            }
        }
    }
}
