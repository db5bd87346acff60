//! How the server starts and leaves, and what a fault inside it costs: rows E1–E5, E8, E9, E11 and P3–P8, P11 of `docs/faults.md`.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use longsight::server::Options;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::support::agent::{Fake, Mood, options};
use crate::support::editor::{Editor, initialize_params, served};

const SOON: Duration = Duration::from_secs(10);
const URI: &str = "file:///w/a.rs";

fn binary() -> (tempfile::TempDir, Editor) {
    let root = tempfile::tempdir().unwrap();
    let editor = Editor::binary(|command| {
        command.env("XDG_CONFIG_HOME", root.path()).env("XDG_CACHE_HOME", root.path());
    });
    let editor = editor.start(root.path());
    (root, editor)
}

/// A server in this process whose handlers panic or dawdle as the test says.
fn probed(probe: impl Fn(&str) + Send + Sync + 'static) -> Editor {
    let options = Options { probe: Some(Arc::new(probe)), ..crate::support::agent::quiet() };
    Editor::memory(options).start(std::path::Path::new("/w"))
}

/// A folder that was added while the folders were looked at on disk was overwritten by what had been there before.
#[test]
fn no_folder_is_lost_while_others_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("first")).unwrap();
    let agent = Fake::new(Mood::Hang);
    let mut editor = Editor::memory(options(agent.clone())).start(&root.join("first"));
    for number in 0..40 {
        let added = root.join(format!("added-{number}"));
        std::fs::create_dir(&added).unwrap();
        let uri = format!("file://{}", added.display());
        editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [{ "uri": uri, "name": "a" }], "removed": [] } }));
        editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": format!("{uri}/AGENTS.md") } }));
    }
    let started = std::time::Instant::now();
    while agent.roots.lock().unwrap().len() != 41 {
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", agent.roots.lock().unwrap());
        editor.pump(Duration::from_millis(20));
    }
    editor.quit();
    assert_eq!(agent.roots.lock().unwrap().len(), 41, "the last word is the newest");
}

#[test]
fn e1_p7_end_of_input_ends_the_server() {
    let (_root, mut editor) = binary();
    editor.hang_up();
    assert_eq!(editor.exit_code(SOON), Some(1));
}

#[test]
fn e1_the_editor_is_killed_and_its_pipe_stays_open() {
    let root = tempfile::tempdir().unwrap();
    let mut parent = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let mut editor = Editor::binary(|_| ());
    let mut params = initialize_params(root.path());
    params["processId"] = json!(parent.id());
    editor.initialize(params);
    parent.kill().unwrap();
    // Not waited for: the process is a zombie from here on.
    assert_eq!(editor.exit_code(SOON), Some(1));
    parent.wait().unwrap();
}

#[test]
fn e1_a_process_id_that_means_nothing_here_is_not_watched() {
    let root = tempfile::tempdir().unwrap();
    let mut editor = Editor::binary(|_| ());
    let mut params = initialize_params(root.path());
    params["processId"] = json!(i32::MAX);
    editor.initialize(params);
    assert_eq!(editor.exit_code(Duration::from_millis(900)), None);
    editor.quit();
}

#[test]
fn e2_p8_exit_codes() {
    let (_root, editor) = binary();
    editor.quit();

    let (_root, mut editor) = binary();
    editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(editor.exit_code(SOON), Some(1));

    let (_root, mut editor) = binary();
    editor.request("shutdown", Value::Null);
    editor.hang_up();
    assert_eq!(editor.exit_code(SOON), Some(0));
}

/// I2: who waited for a model when the editor said goodbye never got an answer.
#[test]
fn e2_what_runs_at_shutdown_or_exit_is_answered() {
    for goodbye in ["shutdown", "exit"] {
        let agent = Fake::new(Mood::Hang);
        let mut editor = Editor::memory(options(agent.clone())).start(std::path::Path::new("/w"));
        editor.open(URI, "rust", "fn a() {}\n");
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 9 } });
        let explain = json!({ "command": "longsight.explain", "arguments": [{ "uri": URI, "range": range }] });
        let here = json!({ "textDocument": { "uri": URI }, "position": range["end"], "context": { "triggerKind": 1 } });
        let ids = [editor.start_request("workspace/executeCommand", explain), editor.start_request("textDocument/inlineCompletion", here)];
        if goodbye == "shutdown" {
            assert_eq!(editor.request("shutdown", Value::Null).get("result"), Some(&Value::Null));
        } else {
            editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        }
        for id in ids {
            assert_eq!(editor.answer(&id)["error"]["code"], -32800, "{goodbye}");
        }
    }
}

#[test]
fn e3_signals_end_it_cleanly() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let (_root, mut editor) = binary();
        kill(Pid::from_raw(editor.process_id() as i32), signal).unwrap();
        assert_eq!(editor.exit_code(SOON), Some(0), "{signal}");
    }
}

#[test]
fn e3_a_broken_output_pipe_ends_it_without_a_signal() {
    let root = tempfile::tempdir().unwrap();
    let mut child = served();
    drop(child.stdout.take());
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize_params(root.path()) });
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), &crate::support::editor::frame(&request)).unwrap();
    let status = (0..1000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        child.try_wait().unwrap()
    });
    let status = status.expect("still running");
    assert_eq!((status.code(), status.signal()), (Some(1), None));
}

#[test]
fn e4_p3_a_panic_in_any_handler_costs_that_request() {
    let faulty = Arc::new(Mutex::new(String::new()));
    let armed = faulty.clone();
    let mut editor = probed(move |method| {
        let faulty = armed.lock().unwrap().clone();
        assert_ne!(method, faulty, "injected");
    });
    editor.open(URI, "rust", "fn a() {}");
    let at = json!({ "line": 0, "character": 0 });
    let everything = json!({
        "textDocument": { "uri": URI }, "position": at, "range": { "start": at, "end": at }, "context": { "diagnostics": [] },
        "title": "x", "command": "longsight.status", "arguments": [{}],
    });
    for method in [
        "textDocument/inlineCompletion",
        "textDocument/codeAction",
        "codeAction/resolve",
        "textDocument/codeLens",
        "workspace/executeCommand",
        "longsight/debugDocuments",
    ] {
        *faulty.lock().unwrap() = method.into();
        assert_eq!(editor.request(method, everything.clone())["error"]["code"], -32603, "{method}");
        faulty.lock().unwrap().clear();
        editor.assert_in_step();
    }
    editor.quit();
}

#[test]
fn e5_a_panic_in_a_notification_desyncs_its_document() {
    let fault = Arc::new(Mutex::new(true));
    let armed = fault.clone();
    let mut editor = probed(move |method| {
        if method == "textDocument/didChange" && std::mem::take(&mut *armed.lock().unwrap()) {
            panic!("injected");
        }
    });
    editor.open(URI, "rust", "fn a() {}");
    editor.open("file:///w/b.rs", "rust", "fn b() {}");
    editor.edit(URI, 3..4, "changed");
    assert!(editor.debug(URI)["desynced"].is_string());
    assert!(editor.debug("file:///w/b.rs").get("desynced").is_none());
    editor.expect("window/showMessage");
    let text = editor.buffers[URI].text.clone();
    editor.open(URI, "rust", &text);
    assert!(editor.debug(URI).get("desynced").is_none());
    editor.quit();
}

/// P4, P6: a slow handler delays the messages behind it at most once, and never reorders them.
#[test]
fn p4_changes_apply_in_order_whatever_the_handlers_do() {
    let mut editor = probed(|method| {
        if method == "textDocument/didChange" {
            std::thread::sleep(Duration::from_millis(3));
        }
    });
    editor.open(URI, "rust", "");
    for number in 1..=50 {
        let end = editor.buffers[URI].text.len();
        editor.edit(URI, end..end, &format!("{number} "));
    }
    editor.assert_in_step();
    editor.quit();
}

/// E6: a text that is worked on when the process dies, three times over, is opened without parsing from then on.
#[test]
fn e6_a_document_that_ended_the_server_three_times_is_opened_in_safe_mode() {
    a_text_that_ends_the_server_is_remembered("");
}

/// Where two hundred texts were remembered, the one with the smallest hash was forgotten, which may be the newest.
#[test]
fn e6_the_newest_text_that_ended_the_server_is_remembered_beside_two_hundred_others() {
    let others: String = (0..200).map(|number| format!("ffffffffffffff{number:02x} 1\n")).collect();
    a_text_that_ends_the_server_is_remembered(&others);
}

fn a_text_that_ends_the_server_is_remembered(known: &str) {
    let root = tempfile::tempdir().unwrap();
    let running = root.path().join("cache/longsight/running");
    std::fs::create_dir_all(&running).unwrap();
    std::fs::write(running.join("culprits"), known).unwrap();
    let start = || {
        let editor = Editor::binary(|command| {
            command.env("XDG_CONFIG_HOME", root.path()).env("XDG_CACHE_HOME", root.path().join("cache"));
        });
        editor.start(root.path())
    };
    let uri = format!("file://{}/a.rs", root.path().display());
    let text = "fn f(a: i32) -> i32 { a + 1 }\n".repeat(60_000);
    let deaths = || {
        let list = std::fs::read_to_string(running.join("culprits")).unwrap_or_default();
        list.lines().filter_map(|line| line.split(' ').nth(1)?.parse::<u32>().ok()).max().unwrap_or_default()
    };
    let mut lives = 0;
    while deaths() < 3 {
        lives += 1;
        assert!(lives < 20, "what the server works on is not remembered");
        let mut editor = start();
        let slots = running.join(editor.process_id().to_string());
        editor.open(&uri, "rust", &text);
        let works = |text: String| text.lines().any(|line| !line.trim().is_empty());
        let deadline = std::time::Instant::now() + SOON;
        while !std::fs::read_to_string(&slots).is_ok_and(works) && deaths() < 3 && std::time::Instant::now() < deadline {}
        kill(Pid::from_raw(editor.process_id() as i32), Signal::SIGKILL).unwrap();
        editor.exit_code(SOON);
    }
    let mut editor = start();
    editor.open(&uri, "rust", &text);
    let message = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(message.contains("plain text") && message.contains("culprits"), "{message}");
    editor.assert_in_step();
    // Other texts are as ever, the same one as soon as it changes.
    editor.open(URI, "rust", "fn a() {}");
    editor.edit(&uri, 0..0, "// changed\n");
    editor.assert_in_step();
    assert!(editor.inbox.is_empty(), "I10: told once");
    editor.quit();
}

/// What a server works on when it leaves of its own will has not ended it: nothing of it stays behind, however the server is sent away.
#[test]
fn e6_leaving_while_a_text_is_parsed_is_no_death() {
    let root = tempfile::tempdir().unwrap();
    let running = root.path().join("cache/longsight/running");
    let uri = format!("file://{}/a.rs", root.path().display());
    let text = "fn f(a: i32) -> i32 { a + 1 }\n".repeat(60_000);
    let goodbyes: [fn(&mut Editor); 4] = [
        |editor| {
            editor.request("shutdown", Value::Null);
            editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        },
        |editor| editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" })),
        Editor::hang_up,
        |editor| kill(Pid::from_raw(editor.process_id() as i32), Signal::SIGTERM).unwrap(),
    ];
    for goodbye in goodbyes {
        let editor = Editor::binary(|command| {
            command.env("XDG_CONFIG_HOME", root.path()).env("XDG_CACHE_HOME", root.path().join("cache"));
        });
        let mut editor = editor.start(root.path());
        let slots = running.join(editor.process_id().to_string());
        editor.open(&uri, "rust", &text);
        let works = |text: String| text.lines().any(|line| !line.trim().is_empty());
        let deadline = std::time::Instant::now() + SOON;
        while !std::fs::read_to_string(&slots).is_ok_and(works) {
            assert!(std::time::Instant::now() < deadline, "nothing is parsed");
        }
        goodbye(&mut editor);
        assert!(editor.exit_code(SOON).is_some(), "it leaves");
        assert!(!slots.exists(), "what it worked on counts as what ended it");
    }
    assert!(!running.join("culprits").exists());
}

/// C2: a repository that is cloned can bring links under the names of files with rules. The `ignore` crate opens whatever is there.
#[test]
fn c2_rule_files_that_are_links_to_devices_cost_no_message_and_no_server() {
    for (name, target) in
        [(".longsight.toml", "/dev/stdin"), (".gitignore", "/dev/stdin"), (".gitignore", "/dev/zero"), ("sub/.ignore", "/dev/stdin")]
    {
        let (root, mut editor) = binary();
        std::fs::create_dir(root.path().join("sub")).unwrap();
        std::fs::write(root.path().join("sub/b.rs"), "pub fn b() {}\n").unwrap();
        std::os::unix::fs::symlink(target, root.path().join(name)).unwrap();
        let uri = format!("file://{}/sub/b.rs", root.path().display());
        editor.notify(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": [{ "uri": format!("file://{}/{name}", root.path().display()), "type": 1 }] }),
        );
        editor.open(&uri, "rust", "pub fn b() {}\n");
        for _ in 0..30 {
            let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 3 } });
            let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
            let answer = editor.request("textDocument/codeAction", params);
            assert!(answer["error"].is_null(), "{name} -> {target}: {answer}");
        }
        editor.assert_in_step();
        // What a project narrows by is told when it cannot be read.
        let told = |message: &Value| message["params"]["message"].as_str().is_some_and(|text| text.contains("until it can be read"));
        editor.inbox.retain(|message| !told(message));
        editor.quit();
    }
}

/// E7: nesting that no stack would hold, in messages and in sources of every language.
#[test]
fn e7_deep_nesting_overflows_no_stack() {
    let (root, mut editor) = binary();
    for (number, (language, open, close)) in
        [("rust", "{", "}"), ("python", "(", ")"), ("javascript", "[", "]"), ("c", "(", ")"), ("go", "{", "}"), ("java", "{", "}")]
            .into_iter()
            .enumerate()
    {
        let uri = format!("file://{}/deep{number}", root.path().display());
        let text = format!("{}{}", open.repeat(50_000), close.repeat(50_000));
        editor.open(&uri, language, &text);
        let at = json!({ "line": 0, "character": 50_000 });
        let params = json!({ "textDocument": { "uri": uri }, "range": { "start": at, "end": at }, "context": { "diagnostics": [] } });
        assert!(editor.request("textDocument/codeAction", params)["result"].is_array(), "{language}");
    }
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    editor.raw(&crate::support::editor::frame_bytes(
        format!("{{\"jsonrpc\":\"2.0\",\"id\":\"d\",\"method\":\"x\",\"params\":{deep}}}").as_bytes(),
    ));
    assert_eq!(editor.answer(&Value::Null)["error"]["code"], -32700);
    editor.assert_in_step();
    editor.quit();
}

#[test]
fn e8_standard_error_is_closed_or_full() {
    let root = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut editor = Editor::binary(|command| {
        command.stderr(full);
    });
    editor.raw(b"noise\n\n");
    let mut editor = editor.start(root.path());
    editor.raw(b"Content-Length: x\r\n\r\n");
    assert_eq!(editor.answer(&Value::Null)["error"]["code"], -32700);
    editor.quit();
}

#[test]
fn e9_many_handshakes_leave_nothing_behind() {
    let before = open_files();
    for _ in 0..100 {
        let mut editor = Editor::memory(crate::support::agent::quiet()).start(std::path::Path::new("/w"));
        editor.open(URI, "rust", "fn a() {}");
        editor.quit();
    }
    let after = open_files();
    assert!(after <= before + 20, "{before} files open before, {after} after");
}

#[test]
fn e11_odd_surroundings() {
    let gone = tempfile::tempdir().unwrap();
    let folder = gone.path().join("gone");
    std::fs::create_dir(&folder).unwrap();
    let script =
        format!("cd {0} && rmdir {0} && ulimit -n 64 && exec {1} serve --stdio", folder.display(), env!("CARGO_BIN_EXE_longsight"));
    let mut editor = Editor::command(Command::new("/bin/sh").args(["-c", &script]).env_clear().env("LC_ALL", "C").env("TZ", "Nowhere/Odd"));
    editor.initialize(json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    editor.open(URI, "rust", "fn a() {}");
    editor.edit(URI, 3..4, "b");
    editor.assert_in_step();
    editor.quit();
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Its mail and what was typed there came into prompts.
#[test]
fn a_home_that_is_named_as_a_root_is_no_workspace() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let text = "def add(a, b):\n    return helper(a, b)\n";
    std::fs::write(home.join("sums.py"), text).unwrap();
    std::fs::write(home.join("helper.py"), "def helper(a, b):\n    return \"canary\"\n").unwrap();
    for root in [home.clone(), home.parent().unwrap().to_path_buf(), std::path::PathBuf::from("/")] {
        let editor = Editor::binary(|command| {
            command.env("HOME", &home).env("XDG_CONFIG_HOME", home.join(".config")).env("XDG_CACHE_HOME", home.join(".cache"));
            command.env("XDG_STATE_HOME", home.join(".local/state"));
        });
        let mut editor = editor.start(&root);
        let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
        assert!(told.contains("no workspace") && told.contains(".longsight.toml"), "{told}");
        let uri = format!("file://{}", home.join("sums.py").display());
        editor.open(&uri, "python", text);
        let place = json!({ "uri": uri, "position": { "line": 1, "character": 11 } });
        let shown = editor.request("workspace/executeCommand", json!({ "command": "longsight.contextPreview", "arguments": [place] }));
        let shown = shown["result"].to_string();
        assert!(shown.contains("def add") && !shown.contains("canary"), "{shown}");
        let status = editor.request("workspace/executeCommand", json!({ "command": "longsight.status", "arguments": [] }));
        assert_eq!(status["result"]["roots"], json!([]), "{status}");
        // Told once, whatever else is looked at anew.
        editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
        editor.quit();
    }
}
