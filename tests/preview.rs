//! A preview shows what is sent, whatever kind of engine fills a hole or is asked in words, and asks nobody for that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use longsight::config::{Config, EngineConfig, EngineKind};
use longsight::engine::http::build;
use longsight::engine::recorded::Recording;
use longsight::engine::tape::Tape;
use longsight::engine::{Cancel, Engine};
use longsight::features::complete::{self, complete};
use longsight::features::preview::{Params, preview};
use longsight::features::{Session, Shared, Target};
use longsight::index::Options;
use longsight::route::Router;
use longsight::syntax::Registry;
use longsight::workspace::{Documents, Snapshot};
use serde_json::{Value, json};

use crate::support::http::{Act, Server, events, lines, whole};
use crate::support::tree::Tree;
use crate::support::workspace::{Workspace, target};

const CODE: &str = "fn add(a: i32, b: i32) -> i32 {\n    let sum = a + b;\n    \n}\n";

/// A server of any kind, which fills holes where its API can say so.
async fn server(model: &str) -> Server {
    let models = json!({ "data": [{ "id": model }] }).to_string();
    let shown = json!({ "capabilities": ["completion", "insert"] }).to_string();
    Server::start(move |_, asked| {
        let json = |body: &str| whole("200 OK", "application/json", body);
        vec![Act::Send(match asked.path.as_str() {
            path if path.ends_with("/models") => json(&models),
            "/api/show" => json(&shown),
            "/api/generate" => lines(&[json!({ "model": "m", "response": "sum", "done": true })]),
            _ => {
                let (text, delta) = ("sum", json!({ "content": "sum" }));
                events(&[json!({ "id": "a", "choices": [{ "index": 0, "text": text, "delta": delta, "finish_reason": "stop" }] })])
            }
        })]
    })
    .await
}

/// A file that was open with an unsaved text when the ranking was built was not in it. Where it was closed without a change, it stayed away.
#[test]
fn a_file_that_was_open_at_the_start_is_shown_once_it_is_closed() {
    let tree =
        Tree::new(&[("rain.py", "def rainfall():\n    return 1\n"), ("b.py", "from rain import rainfall\n\n\ndef b():\n    pass\n")]);
    let index = tree.index(Options::default());
    let config = Arc::new(Config::default());
    let open = tree.document("rain.py", "python", 2, "def rainfall():\n    return \n");
    let (unsaved, closed) = (Snapshot::new(tree.roots(), Documents::new([open])), Snapshot::new(tree.roots(), Documents::default()));
    let registry = Arc::new(Registry::new());
    let shared = Arc::new(Shared::new(config.clone(), Arc::new(Router::new(&config)), registry, &closed));
    let shows = |snapshot: &Arc<Snapshot>| {
        let session = Session::new(snapshot.clone(), shared.clone(), || index.view());
        let at = target(&session, "b.py", "pass");
        let at = Target { bytes: at.bytes.start..at.bytes.start, ..at };
        let preview = preview(&session, &Params { at: Some(at), budget: Some(400), ..Params::default() }).unwrap();
        preview.parts.iter().any(|part| &*part.path == "rain.py" && part.text.contains("def rainfall():"))
    };
    assert!(!shows(&Arc::new(unsaved)), "the test needs a text that the index does not know");
    let closed = Arc::new(closed);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !shows(&closed) {
        assert!(Instant::now() < deadline, "the file did not come back");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn cursor(session: &Session) -> Target {
    let at = target(session, "lib.rs", "    \n}");
    Target { bytes: at.bytes.start + 4..at.bytes.start + 4, ..at }
}

/// What a body puts in front of a model, as a preview shows it.
fn prompt_of(body: &Value) -> String {
    if body["messages"].is_array() {
        return serde_json::to_string_pretty(&json!({ "messages": body["messages"] })).unwrap();
    }
    let hole = body["suffix"].as_str().map(|suffix| format!("<hole>{suffix}")).unwrap_or_default();
    format!("{}{hole}", body["prompt"].as_str().unwrap())
}

/// It looked for the letters `fim` in an empty hole: a question in words was shown where a hole went out, with a suffix of its own or
/// between the tokens of other families.
#[tokio::test]
async fn the_preview_of_a_completion_is_the_hole_that_is_sent() {
    let engines = [
        (EngineKind::DeepSeek, "deepseek-chat", true),
        (EngineKind::Ollama, "qwen2.5-coder", true),
        (EngineKind::OpenAi, "codellama-7b", true),
        (EngineKind::OpenAi, "codestral-22b", true),
        (EngineKind::OpenAi, "starcoder2-3b", true),
        (EngineKind::OpenAi, "qwen2.5-coder-7b", true),
        (EngineKind::OpenAi, "gpt-4o", false),
    ];
    for (kind, model, as_hole) in engines {
        let server = server(model).await;
        let mut config = Config::default();
        config.roles.scout = "reads".into();
        let url = Some(server.url.clone());
        config.engines.insert("reads".into(), EngineConfig { kind, model: model.into(), base_url: url, ..Default::default() });
        let workspace = Workspace::new(&[("lib.rs", CODE)]);
        let session = workspace.session(config, vec![]);
        let at = cursor(&session);
        let shown = || preview(&session, &Params { at: Some(at.clone()), invoked: Some(false), ..Params::default() }).unwrap().prompt;
        let before = shown();
        assert!(server.asked().is_empty(), "{model}: a preview asks nobody");
        let params = complete::Params { at: at.clone(), invoked: false, selected: None };
        let _ = complete(&session, &params, &Cancel::new()).await;
        let asked = server.asked();
        let sent = asked.iter().rfind(|asked| asked.method == "POST" && asked.path != "/api/show").unwrap();
        assert_eq!(sent.body["messages"].is_null(), as_hole, "{model}: {}", sent.body);
        let sent = prompt_of(&sent.body);
        assert_eq!((before, shown()), (sent.clone(), sent), "{kind:?} {model}");
    }
}

/// It was cut to the windows of a suggestion that comes by itself, also where one is asked for, and to no window of the model.
#[tokio::test]
async fn the_preview_of_a_completion_has_as_much_text_as_is_sent() {
    let text = |from: u32| (from..from + 300).map(|number| format!("fn number_{number}() -> u32 {{ {number} }}\n")).collect::<String>();
    let code = format!("{}{CODE}{}", text(100), text(500));
    for (context, invoked) in [(None, false), (None, true), (Some(1024), false), (Some(1024), true)] {
        let server = server("codellama-7b").await;
        let mut config = Config::default();
        (config.roles.scout, config.roles.coder) = ("reads".into(), "reads".into());
        let (url, model) = (Some(server.url.clone()), "codellama-7b".into());
        config
            .engines
            .insert("reads".into(), EngineConfig { kind: EngineKind::OpenAi, model, base_url: url, context, ..Default::default() });
        let workspace = Workspace::new(&[("lib.rs", &code)]);
        let session = workspace.session(config, vec![]);
        let at = cursor(&session);
        let shown = preview(&session, &Params { at: Some(at.clone()), invoked: Some(invoked), ..Params::default() }).unwrap();
        let _ = complete(&session, &complete::Params { at, invoked, selected: None }, &Cancel::new()).await;
        let asked = server.asked();
        let sent = &asked.iter().rfind(|asked| asked.method == "POST").unwrap().body;
        let sizes = (shown.prompt.len(), sent["prompt"].as_str().unwrap().len());
        assert_eq!(shown.prompt, prompt_of(sent), "context {context:?}, invoked {invoked}: {sizes:?}");
    }
}

/// With `--record` every preview was cut to a window of 2^24 tokens.
#[test]
fn a_recorded_engine_says_what_it_can_do_as_the_engine_does() {
    let folder = tempfile::tempdir().unwrap();
    let config = EngineConfig {
        kind: EngineKind::OpenAi,
        model: "gpt-4o".into(),
        base_url: Some("http://127.0.0.1:1".into()),
        context: Some(8192),
        ..EngineConfig::default()
    };
    let engine = build("test", &config).unwrap();
    let tape = Tape::create(&folder.path().join("tape"), |entry| entry).unwrap();
    let recording = Recording::new("test", engine.clone(), tape, Arc::default());
    assert_eq!(recording.known_caps(), engine.known_caps());
}

/// Whoever had asked and gave up held a thread until the repository was ranked, for as long as twenty seconds.
#[test]
fn who_gave_up_waits_for_no_ranking() {
    let definition = "pub struct Rate;\n\nimpl Rate {\n    pub fn per_second(&self) -> u32 {\n        1\n    }\n}\n";
    let caller = "use crate::rate::Rate;\n\nfn speed(rate: &Rate) -> u32 {\n    rate.\n}\n";
    let others = |session: &Session| {
        let at = target(session, "src/lib.rs", "rate.\n");
        let at = Target { bytes: at.bytes.start + 5..at.bytes.start + 5, ..at };
        let shown = preview(session, &Params { at: Some(at), invoked: Some(true), ..Params::default() }).unwrap();
        shown.parts.iter().filter(|part| &*part.path == "src/rate.rs").count()
    };
    let given_up = Cancel::new();
    given_up.cancel();
    // The ranking works beside, and so small a repository may be ranked before the question comes; not each time.
    let came_first = (0..40).any(|_| {
        let workspace = Workspace::new(&[("src/rate.rs", definition), ("src/lib.rs", caller)]);
        let (session, _) = workspace.with_coder(vec![]);
        let before = others(&session.clone().until(&given_up));
        assert!(others(&session) > 0, "whoever waits gets it");
        before == 0
    });
    assert!(came_first, "nothing is ranked at first");
}
