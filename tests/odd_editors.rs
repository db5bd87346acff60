//! Editors that do what they should not, or cannot do what others can: progress that nobody wants, documents that are not shown, edits that
//! are refused, answers that never come.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::agent::{Fake, Mood, options};
use crate::support::editor::{Editor, initialize_params};
use crate::support::real::command;

const URI: &str = "file:///w/a.rs";

fn started(mood: Mood, change: impl FnOnce(&mut Value)) -> Editor {
    let mut editor = Editor::memory(options(Fake::new(mood)));
    let mut params = initialize_params(std::path::Path::new("/w"));
    change(&mut params);
    editor.initialize(params);
    editor.open(URI, "rust", "fn a() {}\n");
    editor
}

fn answer(text: &str) -> Mood {
    Mood::Answer(text.into())
}

fn edit() -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 9 } });
    json!({ "command": "longsight.edit", "arguments": [{ "uri": URI, "range": range, "instruction": "b" }] })
}

/// The token is the editor's to make: where it does not, nothing is shown, and the work goes on.
#[test]
fn progress_that_an_editor_refuses_is_not_sent() {
    let mut editor = started(answer("x"), |_| {});
    editor.friendly = false;
    let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.ask", "arguments": [{ "question": "why?" }] }));
    let create = editor.expect("window/workDoneProgress/create");
    editor.send(&json!({ "jsonrpc": "2.0", "id": create["id"], "error": { "code": -32603, "message": "no" } }));
    assert_eq!(editor.answer(&id)["result"]["text"], "x");
    editor.pump(Duration::from_millis(100));
    assert!(editor.inbox.iter().all(|message| message["method"] != "$/progress"), "{:?}", editor.inbox);
    editor.quit();
}

/// One that never answers holds nothing up either.
#[test]
fn progress_that_an_editor_never_makes_holds_nothing_up() {
    let mut editor = started(answer("x"), |_| {});
    editor.friendly = false;
    for _ in 0..3 {
        assert_eq!(command(&mut editor, "longsight.ask", json!({ "question": "why?" }))["result"]["text"], "x");
    }
    // It is asked for beside the work, so that the last may come behind its answer.
    editor.pump(Duration::from_millis(100));
    assert_eq!(editor.inbox.iter().filter(|message| message["method"] == "window/workDoneProgress/create").count(), 3);
    editor.quit();
}

#[test]
fn an_editor_without_progress_gets_none_but_its_own_token_is_served() {
    let mut editor = started(answer("x"), |params| params["capabilities"]["window"]["workDoneProgress"] = json!(false));
    command(&mut editor, "longsight.ask", json!({ "question": "why?" }));
    assert!(editor.inbox.is_empty(), "{:?}", editor.inbox);
    for token in [json!("mine"), json!(7)] {
        let params = json!({ "command": "longsight.ask", "arguments": [{ "question": "why?" }], "workDoneToken": token });
        editor.request("workspace/executeCommand", params);
        let begun = editor.expect("$/progress");
        assert_eq!((&begun["params"]["token"], &begun["params"]["value"]["kind"]), (&token, &json!("begin")));
        while editor.expect("$/progress")["params"]["value"]["kind"] != "end" {}
    }
    editor.quit();
}

/// What an editor answers to an edit is what the command says of it, and nothing is held to have changed.
#[test]
fn an_edit_that_is_not_applied_is_said_with_the_editors_reason() {
    let rows: [(Value, &str); 4] = [
        (json!({ "result": { "applied": false, "failureReason": "read-only buffer" } }), "read-only buffer"),
        (json!({ "result": { "applied": false } }), "the editor refused the edit"),
        (json!({ "result": null }), "the editor refused the edit"),
        (json!({ "error": { "code": -32603, "message": "it broke" } }), "it broke"),
    ];
    for (said, reason) in rows {
        let mut editor = started(answer("fn b() {}"), |_| {});
        editor.friendly = false;
        let id = editor.start_request("workspace/executeCommand", edit());
        let asked = editor.expect("workspace/applyEdit");
        let mut message = json!({ "jsonrpc": "2.0", "id": asked["id"] });
        message.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        editor.send(&message);
        let report = editor.answer(&id)["result"].clone();
        assert_eq!((&report["applied"], report["refused"].as_str()), (&json!(false), Some(reason)), "{report}");
        editor.assert_in_step();
        editor.inbox.clear();
        editor.quit();
    }
}

#[test]
fn an_editor_that_cannot_apply_edits_is_handed_them_with_the_reason() {
    let mut editor = started(answer("fn b() {}"), |params| {
        params["capabilities"]["workspace"] = json!({});
        params["capabilities"]["textDocument"]["codeAction"]["resolveSupport"] = json!(null);
    });
    let report = editor.request("workspace/executeCommand", edit())["result"].clone();
    assert!(report["refused"].as_str().unwrap().contains("cannot apply edits"), "{report}");
    editor.inbox.clear();
    editor.quit();
}

/// The edit is answered by a change only, in either order: the command ends when the text shows it.
#[test]
fn an_edit_counts_when_its_change_has_come_whatever_comes_first() {
    for change_first in [true, false] {
        let mut editor = started(answer("fn b() {}"), |_| {});
        editor.friendly = false;
        let id = editor.start_request("workspace/executeCommand", edit());
        let asked = editor.expect("workspace/applyEdit");
        let said = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "applied": true } });
        if change_first {
            assert!(editor.apply_workspace_edit(&asked["params"]["edit"]));
            editor.send(&said);
        } else {
            editor.send(&said);
            std::thread::sleep(Duration::from_millis(30));
            assert!(editor.apply_workspace_edit(&asked["params"]["edit"]));
        }
        assert_eq!(editor.answer(&id)["result"]["applied"], true, "{change_first}");
        assert_eq!(editor.buffers[URI].text, "fn b() {}\n");
        editor.inbox.clear();
        editor.quit();
    }
}

/// A cancelled command leaves the edit that is on the editor's screen to the person, and its late answer to nobody.
#[test]
fn a18_cancelling_while_the_editor_asks_leaves_nothing_behind() {
    let mut editor = started(answer("fn b() {}"), |_| {});
    editor.friendly = false;
    let id = editor.start_request("workspace/executeCommand", edit());
    let asked = editor.expect("workspace/applyEdit");
    editor.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(editor.answer(&id)["error"]["code"], -32800);
    assert!(editor.apply_workspace_edit(&asked["params"]["edit"]));
    editor.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "applied": true } }));
    editor.assert_in_step();
    editor.inbox.clear();
    editor.quit();
}

/// What is read on `initialized` was never read for an editor that does not send it, without a word: not the user's configuration, not the
/// project's. Both may keep the code on this machine.
#[test]
fn an_editor_that_never_says_that_it_is_initialized_has_its_configuration() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(&config, "[route]\nlocal_only = true\n[roles]\nscoot = \"x\"\n").unwrap();
    for late in [false, true] {
        let mut editor = Editor::binary(|command| {
            command.arg("--config").arg(&config).env("XDG_CACHE_HOME", home.path().join("cache"));
            command.env("XDG_STATE_HOME", home.path().join("state"));
        });
        editor.request("initialize", initialize_params(home.path()));
        let status = editor.request("workspace/executeCommand", json!({ "command": "longsight.status" }));
        assert_eq!(status["result"]["local_only"], true, "{status}");
        if late {
            editor.notify("initialized", json!({}));
            editor.request("workspace/executeCommand", json!({ "command": "longsight.status" }));
        }
        let told = editor.inbox.iter().filter(|message| message["method"] == "window/showMessage").count();
        assert_eq!(told, 1, "the problem is said once: {:?}", editor.inbox);
        editor.inbox.clear();
        editor.quit();
    }
}
