//! The default install in a network namespace without routes, with the real binary and the real default model: every feature works, and
//! neither process ever has an internet socket.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::editor::{Editor, initialize_params};

const LIB: &str = "//! A calculator.\n\n/// The sum of two numbers.\npub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n/// Whether a number may be a divisor.\npub fn may_divide(number: i32) -> bool {\n    \n}\n";

/// Internet sockets of a process's network namespace.
fn sockets(process: u32) -> Vec<String> {
    let tables = ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"];
    let lines = tables.iter().filter_map(|table| std::fs::read_to_string(format!("/proc/{process}/net/{table}")).ok());
    lines.flat_map(|text| text.lines().skip(1).map(String::from).collect::<Vec<_>>()).collect()
}

/// Whether a process is in another network namespace than this one: it starts in ours, whose sockets are not its own.
fn is_apart(process: u32) -> bool {
    let namespace = |of: String| std::fs::read_link(format!("/proc/{of}/ns/net")).ok();
    namespace(process.to_string()).is_some_and(|its| Some(its) != namespace("self".into()))
}

/// Watches the namespace for as long as it lives.
fn watch(process: u32) -> (Arc<AtomicBool>, Arc<Mutex<BTreeSet<String>>>) {
    let (over, seen): (Arc<AtomicBool>, Arc<Mutex<BTreeSet<String>>>) = Default::default();
    let (until, keep) = (over.clone(), seen.clone());
    std::thread::spawn(move || {
        while !until.load(Ordering::SeqCst) {
            keep.lock().unwrap().extend(sockets(process));
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    (over, seen)
}

fn has_namespaces() -> bool {
    Command::new("unshare").args(["-rn", "true"]).status().is_ok_and(|status| status.success())
}

#[test]
fn k17_everything_works_without_a_network_and_nothing_tries_to_reach_one() {
    if !has_namespaces() {
        println!("skipped: this system allows no network namespaces (`unshare -rn true` fails)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for below in ["repo/.git", "repo/src", "run"] {
        std::fs::create_dir_all(folder.path().join(below)).unwrap();
    }
    let root = folder.path().join("repo");
    std::fs::write(root.join("src/lib.rs"), LIB).unwrap();
    let uri = format!("file://{}/src/lib.rs", root.display());
    let (over, seen, mut editor) = start(folder.path());
    editor.open(&uri, "rust", LIB);
    let range = json!({ "start": { "line": 3, "character": 0 }, "end": { "line": 5, "character": 1 } });
    // Before the edit, by which lines move.
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
    let listed = editor.request("textDocument/codeAction", params)["result"].clone();
    let document = listed.as_array().unwrap().iter().find(|action| action["kind"].as_str().unwrap().ends_with("document")).unwrap().clone();
    let resolved = editor.request("codeAction/resolve", document);
    assert!(resolved["result"]["edit"].is_object() || resolved["error"].is_object(), "{resolved}");
    let mut command = |name: &str, argument: Value| {
        let answer = editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }));
        println!("{name}: {}", answer.to_string().chars().take(200).collect::<String>());
        answer
    };
    assert!(command("longsight.explain", json!({ "uri": uri, "range": range }))["result"]["text"].is_string());
    assert!(command("longsight.ask", json!({ "question": "Where are numbers added?" }))["result"]["text"].is_string());
    assert!(command("longsight.contextPreview", json!({ "uri": uri, "range": range }))["result"]["prompt"].is_string());
    // An edit of a small model may be refused; that it was computed counts.
    let edited = command("longsight.edit", json!({ "uri": uri, "range": range, "instruction": "say in the comment that it may overflow" }));
    assert!(
        edited["result"]["edits"].is_array() || edited["error"]["message"].as_str().is_some_and(|why| !why.contains("engine")),
        "{edited}"
    );
    assert!(command("longsight.status", json!({}))["result"]["engines"].is_array());
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 9, "character": 4 }, "context": { "triggerKind": 0 } });
    assert!(editor.request("textDocument/inlineCompletion", params)["error"].is_null());
    over.store(true, Ordering::SeqCst);
    assert_eq!(*seen.lock().unwrap(), BTreeSet::new(), "internet sockets were opened");
    editor.inbox.clear();
    editor.quit();
}

/// The server, and the engine process that it starts, in a namespace of their own.
fn start(folder: &Path) -> (Arc<AtomicBool>, Arc<Mutex<BTreeSet<String>>>, Editor) {
    let own = |name: &str| folder.join(name);
    let mut command = Command::new("unshare");
    command.args(["-rn", env!("CARGO_BIN_EXE_longsight"), "serve"]).stderr(std::process::Stdio::null());
    command.env("LONGSIGHT_MODELS", longsight::models::models_dir().unwrap()).env("LONGSIGHT_ENGINE_IDLE_MS", "2000");
    command.env("XDG_RUNTIME_DIR", own("run")).env("XDG_CONFIG_HOME", own("config")).env("XDG_CACHE_HOME", own("cache"));
    command.env("XDG_STATE_HOME", own("state"));
    let mut editor = Editor::command(&mut command);
    editor.patience = Duration::from_secs(240);
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while !is_apart(editor.process_id()) {
        assert!(std::time::Instant::now() < until, "the server is still in this network namespace");
        std::thread::sleep(Duration::from_millis(1));
    }
    let (over, seen) = watch(editor.process_id());
    let mut params = initialize_params(&own("repo"));
    // Seen from the namespace the editor has another number.
    params["processId"] = Value::Null;
    editor.initialize(params);
    (over, seen, editor)
}

/// The engine process, which reads model files that are somebody else's, has no network, no key and leaves no core behind.
#[test]
fn k24_the_engine_process_has_no_network_and_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    for below in ["repo/.git", "run"] {
        std::fs::create_dir_all(folder.path().join(below)).unwrap();
    }
    std::fs::write(folder.path().join("repo/lib.rs"), LIB).unwrap();
    let own = |name: &str| folder.path().join(name);
    let mut editor = Editor::binary(|command| {
        command.env("LONGSIGHT_MODELS", longsight::models::models_dir().unwrap()).env("LONGSIGHT_ENGINE_IDLE_MS", "20000");
        command.env("XDG_RUNTIME_DIR", own("run")).env("XDG_CONFIG_HOME", own("config")).env("XDG_CACHE_HOME", own("cache"));
        command.env("DEEPSEEK_API_KEY", "canary-key").env("AWS_SECRET_ACCESS_KEY", "canary-key");
    });
    editor.patience = Duration::from_secs(240);
    editor.initialize(initialize_params(&own("repo")));
    let uri = format!("file://{}/repo/lib.rs", folder.path().display());
    editor.open(&uri, "rust", LIB);
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 9, "character": 4 }, "context": { "triggerKind": 0 } });
    assert!(editor.request("textDocument/inlineCompletion", params)["error"].is_null());
    let engine = engine_of(&own("run")).expect("an engine process runs");
    let about = |name: &str| std::fs::read_to_string(format!("/proc/{engine}/{name}")).unwrap_or_default();
    assert!(!about("environ").contains("canary-key"), "{}", about("environ"));
    let core = about("limits").lines().find(|line| line.starts_with("Max core file size")).unwrap().to_string();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    assert!(about("status").contains("NoNewPrivs:\t1"), "{}", about("status"));
    if has_namespaces() {
        let network = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
        assert_ne!(network(&engine.to_string()), network("self"));
        let routes = about("net/route");
        assert!(routes.lines().count() <= 1, "at most the heading: {routes}");
    }
    editor.inbox.clear();
    editor.quit();
}

/// The process whose socket lies in this folder.
fn engine_of(run: &Path) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let serves = |process: &u32| {
        let text = |name: &str| std::fs::read_to_string(format!("/proc/{process}/{name}")).unwrap_or_default();
        text("cmdline").contains("engine") && text("environ").contains(&format!("LONGSIGHT_SOCKET={}", run.display()))
    };
    processes.filter(|process| serves(process)).last()
}

/// The watch itself sees a socket that there is.
#[test]
fn k17_the_watch_sees_a_socket() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (over, seen) = watch(std::process::id());
    std::thread::sleep(Duration::from_millis(100));
    over.store(true, Ordering::SeqCst);
    let port = format!(":{:04X}", listener.local_addr().unwrap().port());
    assert!(seen.lock().unwrap().iter().any(|line| line.contains(&port)));
}
