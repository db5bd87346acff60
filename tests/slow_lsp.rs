//! A session as an editor has it, with the real binary and the real default model: completion, explanation, answers, edits, hunks, and
//! an engine that is stopped, killed and cancelled. Nothing here depends on the model's wording.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::support::editor::{Editor, initialize_params};

const CALCULATOR: &str = "\
//! A calculator.

/// The sum of two numbers.
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

/// The largest of three numbers.
pub fn largest(a: i32, b: i32, c: i32) -> i32 {
    
}

/// Whether a number may be a divisor.
pub fn may_divide(number: i32) -> bool {
    number != 0
}

/// How many of the numbers are even.
pub fn count_even(numbers: &[i32]) -> usize {
    numbers.iter().filter()
}
";

/// A repository with its own caches and engine process, and an editor in it.
struct Session {
    editor: Editor,
    home: Home,
}

struct Home {
    folder: tempfile::TempDir,
}

impl Session {
    fn new() -> Self {
        Self::with(json!({}))
    }

    fn with(options: Value) -> Self {
        Self::in_environment(options, |_, _| {})
    }

    /// `change` gets the server's command and the session's folder.
    fn in_environment(options: Value, change: impl FnOnce(&mut std::process::Command, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for below in ["repo/.git", "repo/src", "run"] {
            std::fs::create_dir_all(folder.path().join(below)).unwrap();
        }
        let root = folder.path().join("repo");
        std::fs::write(root.join("src/lib.rs"), CALCULATOR).unwrap();
        std::fs::write(root.join(".gitignore"), "build/\n").unwrap();
        let mut editor = Editor::binary(|command| {
            let own = |name: &str| folder.path().join(name);
            command.env("LONGSIGHT_MODELS", longsight::models::models_dir().unwrap()).env("XDG_RUNTIME_DIR", own("run"));
            command.env("XDG_CONFIG_HOME", own("config")).env("XDG_CACHE_HOME", own("cache"));
            change(command, folder.path());
        });
        editor.patience = Duration::from_secs(240);
        let mut params = initialize_params(&root);
        params["initializationOptions"] = options;
        let started = Instant::now();
        editor.initialize(params);
        println!("initialize: {:?}", started.elapsed());
        assert!(editor.capabilities["inlineCompletionProvider"].is_object());
        Self { editor, home: Home { folder } }
    }

    fn root(&self) -> PathBuf {
        self.home.folder.path().join("repo")
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.root().display())
    }

    /// Opens `src/lib.rs`.
    fn open(&mut self) -> String {
        let uri = self.uri("src/lib.rs");
        self.editor.open(&uri, "rust", CALCULATOR);
        uri
    }

    fn ask(&mut self, uri: &str, offset: usize, trigger: u8) -> Value {
        let text = self.editor.buffers[uri].text.clone();
        let position = crate::support::editor::positions(&text, offset..offset, self.editor.encoding)["start"].clone();
        let params = json!({ "textDocument": { "uri": uri }, "position": position, "context": { "triggerKind": trigger } });
        self.editor.start_request("textDocument/inlineCompletion", params)
    }

    /// What is offered right behind `after`: the text, and the buffer with it accepted.
    fn complete(&mut self, uri: &str, after: &str, trigger: u8) -> Option<(String, String)> {
        let text = self.editor.buffers[uri].text.clone();
        let offset = text.find(after).unwrap_or_else(|| panic!("{after:?} in {text:?}")) + after.len();
        let id = self.ask(uri, offset, trigger);
        let answer = self.editor.answer(&id);
        assert!(answer.get("error").is_none(), "{answer}");
        let item = answer["result"]["items"].get(0)?.clone();
        assert!(item["range"].is_object(), "{item}");
        let bytes = self.editor.bytes(&longsight::text::Text::new(&text), &item["range"]);
        assert!(bytes.start <= offset && offset <= bytes.end, "the range is around the cursor: {item}");
        let inserted = item["insertText"].as_str().unwrap().to_string();
        let mut accepted = text;
        accepted.replace_range(bytes, &inserted);
        Some((inserted, accepted))
    }

    fn command(&mut self, name: &str, argument: Value) -> Value {
        self.editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }))
    }

    fn range(&self, uri: &str, part: &str) -> Value {
        let text = &self.editor.buffers[uri].text;
        let start = text.find(part).unwrap();
        crate::support::editor::positions(text, start..start + part.len(), self.editor.encoding)
    }

    /// The engine process that this session's server has started.
    fn engine(&self) -> Pid {
        let sockets = walk(&self.home.folder.path().join("run"));
        let stream = sockets.iter().find_map(|path| std::os::unix::net::UnixStream::connect(path).ok()).expect("the engine's socket");
        Pid::from_raw(nix::sys::socket::getsockopt(&stream, nix::sys::socket::sockopt::PeerCredentials).unwrap().pid())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // An engine that was stopped must not outlive the test.
        for path in walk(&self.folder.path().join("run")) {
            let peer = std::os::unix::net::UnixStream::connect(path).ok();
            let peer = peer.and_then(|stream| nix::sys::socket::getsockopt(&stream, nix::sys::socket::sockopt::PeerCredentials).ok());
            if let Some(peer) = peer {
                let _ = kill(Pid::from_raw(peer.pid()), Signal::SIGKILL);
            }
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

/// Clock ticks of a process.
fn cpu(process: Pid) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn completion_fits_its_place_and_typing_through_it_needs_no_model() {
    let mut session = Session::new();
    let uri = session.open();
    let body = "pub fn largest(a: i32, b: i32, c: i32) -> i32 {\n    ";
    let (text, accepted) = session.complete(&uri, body, 2).expect("an empty body is completed");
    let closed = accepted.split(body).nth(1).unwrap();
    assert!(closed.contains("\n}\n\n/// Whether a number may be a divisor."), "what follows stands once and as it was: {accepted}");
    assert_eq!(accepted.matches("pub fn may_divide").count(), 1);
    assert!(!text.trim().is_empty());

    // Typing its beginning, with the engine stopped.
    let engine = session.engine();
    kill(engine, Signal::SIGSTOP).unwrap();
    let mut typed = String::new();
    for letter in text.chars().take(6) {
        let at = session.editor.buffers[&uri].text.find(body).unwrap() + body.len() + typed.len();
        session.editor.edit(&uri, at..at, &letter.to_string());
        typed.push(letter);
        if text[typed.len()..].trim().is_empty() {
            break;
        }
        let (rest, whole) = session.complete(&uri, &format!("{body}{typed}"), 2).expect("the rest is offered");
        assert_eq!((format!("{typed}{rest}"), whole), (text.clone(), accepted.clone()));
    }
    // So do the code actions: they come from memory.
    let range = session.range(&uri, "a + b");
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
    let listed = session.editor.request("textDocument/codeAction", params);
    assert!(listed["result"].as_array().unwrap().len() >= 3, "{listed}");
    kill(engine, Signal::SIGCONT).unwrap();

    let (text, accepted) = session.complete(&uri, "numbers.iter().filter(", 2).expect("an expression is completed");
    assert!(!text.contains('\n'), "inside an expression one line: {text:?}");
    assert!(accepted.contains(&format!("filter({text})")), "{accepted}");
    session.editor.assert_in_step();
    session.editor.quit();
}

#[test]
fn the_next_suggestion_is_begun_when_one_was_accepted() {
    let mut session = Session::new();
    let uri = session.open();
    let body = "pub fn largest(a: i32, b: i32, c: i32) -> i32 {\n    ";
    let (text, accepted) = session.complete(&uri, body, 2).expect("an empty body is completed");
    let asked = |session: &mut Session| session.command("longsight.status", json!({}))["result"]["decisions"].as_array().unwrap().len();
    let before = asked(&mut session);
    let at = session.editor.buffers[&uri].text.find(body).unwrap() + body.len();
    session.editor.edit(&uri, at..at, &text);
    assert_eq!(session.editor.buffers[&uri].text, accepted);
    let deadline = Instant::now() + Duration::from_secs(120);
    while asked(&mut session) == before {
        assert!(Instant::now() < deadline, "the model is not asked");
        std::thread::sleep(Duration::from_millis(50));
    }
    session.editor.quit();
}

#[test]
fn line_ends_and_tabs_stay_as_the_file_has_them() {
    let mut session = Session::new();
    let tabs = CALCULATOR.replace("    ", "\t");
    let dos = CALCULATOR.replace('\n', "\r\n");
    let mut offered = 0;
    for (name, text, body) in [
        ("src/tabs.rs", tabs.clone(), "numbers.iter().filter("),
        ("src/dos.rs", dos.clone(), "numbers.iter().filter("),
        ("src/tabs.rs", tabs, "pub fn largest(a: i32, b: i32, c: i32) -> i32 {\n\t"),
        ("src/dos.rs", dos, "pub fn largest(a: i32, b: i32, c: i32) -> i32 {\r\n    "),
    ] {
        let uri = session.uri(name);
        session.editor.open(&uri, "rust", &text);
        // Whether anything comes at one place is up to the model.
        let Some((inserted, accepted)) = session.complete(&uri, body, 1) else { continue };
        offered += 1;
        if name == "src/dos.rs" {
            assert_eq!(accepted.matches('\n').count(), accepted.matches("\r\n").count(), "{inserted:?}");
        } else {
            assert!(!inserted.contains("    ") && !inserted.contains('\r'), "{inserted:?}");
        }
    }
    assert!(offered > 0, "nothing at any place");
    session.editor.quit();
}

#[test]
fn nothing_is_offered_where_secrets_or_ignored_files_are() {
    let mut session = Session::new();
    for name in [".env", "build/out.rs", "id_rsa"] {
        let uri = session.uri(name);
        session.editor.open(&uri, "rust", "fn main() {\n    \n}\n");
        assert!(session.complete(&uri, "{\n    ", 1).is_none(), "{name}");
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        assert_eq!(session.editor.request("textDocument/codeAction", params)["result"], json!([]), "{name}");
        let refused = session.command("longsight.explain", json!({ "uri": uri, "range": range }));
        assert!(refused["error"]["message"].is_string(), "{name}: {refused}");
    }
    session.editor.quit();
}

#[test]
fn the_newest_completion_wins() {
    let mut session = Session::new();
    let uri = session.open();
    let at = CALCULATOR.find("{\n    \n").unwrap() + 6;
    let mut asked = vec![];
    for (number, letter) in "let best".chars().enumerate() {
        session.editor.edit(&uri, at + number..at + number, &letter.to_string());
        asked.push(session.ask(&uri, at + number + 1, 2));
    }
    let newest = asked.pop().unwrap();
    for id in asked {
        let answer = session.editor.answer(&id);
        assert!(answer.get("error").is_none(), "superseded, not failed: {answer}");
    }
    let answer = session.editor.answer(&newest);
    assert!(answer.get("error").is_none(), "{answer}");
    session.editor.assert_in_step();
    session.editor.quit();
}

#[test]
fn explanations_stream_and_cite_and_questions_have_places() {
    let mut session = Session::with(json!({ "streaming": true }));
    let uri = session.open();
    let range = session.range(&uri, "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}");
    let answer = session.command("longsight.explain", json!({ "uri": uri, "range": range, "streamToken": "t" }))["result"].clone();
    let pieces =
        session.editor.inbox.iter().filter(|message| message["method"] == "longsight/stream" && message["params"]["kind"] == "text");
    assert!(pieces.count() > 3, "it streams");
    assert!(!answer["text"].as_str().unwrap().trim().is_empty());
    let citations = answer["citations"].as_array().unwrap();
    assert!(citations.iter().any(|place| place["verified"] == true && place["path"] == "src/lib.rs"), "{answer}");
    for place in citations {
        let exists = session.root().join(place["path"].as_str().unwrap()).exists();
        let lines = CALCULATOR.lines().count() as u64;
        assert_eq!(place["verified"] == true, exists && place["line"].as_u64().unwrap() <= lines, "{place}");
    }

    let asked = session.command("longsight.ask", json!({ "question": "Where is it decided whether a number may be a divisor?" }));
    let locations = asked["result"]["locations"].as_array().unwrap_or_else(|| panic!("{asked}")).clone();
    assert!(locations.iter().any(|place| place["uri"] == uri.as_str()), "{asked}");
    session.editor.quit();
}

/// A model of this size may fail; then it is said how, once, and nothing has changed.
#[test]
fn edits_are_versioned_or_refused_with_the_reason() {
    let mut session = Session::new();
    let uri = session.open();
    let params = json!({ "textDocument": { "uri": uri }, "range": session.range(&uri, "number != 0"), "context": { "diagnostics": [] } });
    let listed = session.editor.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let rewrite = listed.iter().find(|action| action["kind"] == "refactor.rewrite").unwrap().clone();
    let resolved = session.editor.request("codeAction/resolve", rewrite);
    match resolved["result"].get("edit") {
        Some(edit) => {
            assert_eq!(edit["documentChanges"][0]["textDocument"], json!({ "uri": uri, "version": 1 }));
            assert!(session.editor.apply_workspace_edit(edit));
        }
        None => {
            assert!(resolved["error"]["message"].as_str().unwrap().len() > 10, "{resolved}");
            session.editor.expect("window/showMessage");
        }
    }
    session.editor.assert_in_step();

    let before = session.editor.buffers[&uri].text.clone();
    let range = session.range(&uri, "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}");
    let params = json!({ "uri": uri, "range": range, "instruction": "name the parameters left and right", "review": true });
    let report = session.command("longsight.edit", params.clone());
    assert_eq!(session.editor.buffers[&uri].text, before, "a review changes nothing");
    if let Some(hunks) = report["result"]["hunks"].as_array() {
        session.editor.edit(&uri, 0..0, "// typed above\n");
        let lenses = session.editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }));
        assert!(lenses["result"].as_array().unwrap().len() >= 3 * hunks.len(), "{lenses}");
        let accepted = session.command("longsight.acceptHunk", json!({ "id": hunks[0] }));
        assert_eq!(accepted["result"]["applied"], true, "{accepted}");
        session.editor.expect("workspace/applyEdit");
        assert!(session.editor.buffers[&uri].text.starts_with("// typed above\n"));
        assert_ne!(session.editor.buffers[&uri].text, format!("// typed above\n{before}"));
        if hunks.len() > 1 {
            assert!(session.command("longsight.rejectHunk", json!({ "all": true })).get("error").is_none());
        }
    } else {
        assert!(report["error"]["message"].as_str().is_some_and(|reason| reason.len() > 10), "{report}");
    }
    session.editor.assert_in_step();
    session.editor.quit();
}

#[test]
fn e4_the_engine_killed_in_the_middle_costs_one_request() {
    let mut session = Session::new();
    let uri = session.open();
    session.complete(&uri, "-> i32 {\n    ", 1);
    let engine = session.engine();
    // Stopped first, so that the request is surely running when the process dies.
    kill(engine, Signal::SIGSTOP).unwrap();
    let offset = session.editor.buffers[&uri].text.find("filter(").unwrap() + 7;
    let id = session.ask(&uri, offset, 1);
    std::thread::sleep(Duration::from_millis(500));
    kill(engine, Signal::SIGKILL).unwrap();
    let answer = session.editor.answer(&id);
    // The request may be served by a new process, or fail with words for a person.
    if let Some(error) = answer.get("error") {
        assert!(error["message"].as_str().unwrap().len() > 10, "{answer}");
    }
    let id = session.ask(&uri, offset, 1);
    let answer = session.editor.answer(&id);
    assert!(answer.get("error").is_none(), "the next one works: {answer}");
    assert_ne!(session.engine(), engine);
    session.editor.quit();
}

#[test]
fn p11_cancel_reaches_the_model() {
    let mut session = Session::with(json!({ "streaming": true }));
    let uri = session.open();
    let range = session.range(&uri, "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}");
    let argument = json!({ "uri": uri, "range": range, "streamToken": "t" });
    let id = session.editor.start_request("workspace/executeCommand", json!({ "command": "longsight.explain", "arguments": [argument] }));
    while session.editor.expect("longsight/stream")["params"]["kind"] != "text" {}
    session.editor.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(session.editor.answer(&id)["error"]["code"], -32800);
    let engine = session.engine();
    let cancelled = cpu(engine);
    let rests = (0..40).any(|_| {
        let before = cpu(engine);
        std::thread::sleep(Duration::from_millis(500));
        cpu(engine) - before < 5
    });
    assert!(rests, "the engine goes on after the cancellation");
    // A token, and the file for what was read; the rest of the answer would be ten seconds of work.
    let spent = cpu(engine) - cancelled;
    assert!(spent < 150, "{spent} hundredths of a second of work after the cancellation");
    session.editor.quit();
}

/// A home folder in which nothing can be written, as in many containers: caches, answers and the socket fall back.
#[test]
fn l4_a_read_only_home_does_not_matter() {
    let mut session = Session::in_environment(json!({}), |command, folder| {
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "LONGSIGHT_SOCKET"] {
            command.env_remove(variable);
        }
        // Not even root writes here.
        command.env("HOME", "/proc/longsight").env("TMPDIR", folder.join("run"));
    });
    let uri = session.open();
    let (inserted, _) = session.complete(&uri, "b: i32, c: i32) -> i32 {\n    ", 1).expect("a completion");
    assert!(!inserted.trim().is_empty());
    let range = session.range(&uri, "number != 0");
    let answer = session.command("longsight.explain", json!({ "uri": uri, "range": range }));
    assert!(answer["result"]["text"].as_str().is_some_and(|text| !text.trim().is_empty()), "{answer}");
    let shown = session.editor.expect("window/showDocument")["params"]["uri"].as_str().unwrap().to_string();
    let path = shown.strip_prefix("file://").unwrap();
    assert!(path.starts_with(&session.home.folder.path().join("run").display().to_string()) && Path::new(path).is_file(), "{shown}");
    session.editor.quit();
}
