//! What becomes of a change where its texts have moved on while it was made, or where nobody has its file before him.

use std::time::Duration;

use serde_json::{Value, json};

use crate::review::{TEXT, URI, WANTED, with};
use crate::support::agent::{Fake, Mood, options};
use crate::support::coder::{AREA, Coder};
use crate::support::editor::{Editor, initialize_params};
use crate::support::files;

fn whole() -> Value {
    json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 11, "character": 0 } })
}

/// A line that was typed in one of three places threw all of them away.
#[test]
fn one_place_that_was_typed_in_costs_only_its_own_hunk() {
    let (agent, mut editor) = with(Mood::LateHunks(WANTED.into()), |_| {});
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "return u64" });
    let asked = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
    while agent.running() == 0 {
        editor.pump(Duration::from_millis(5));
    }
    let at = TEXT.find("u32 {\n    2").unwrap();
    editor.edit(URI, at..at + 3, "i8");
    editor.assert_in_step();
    agent.release();
    let report = editor.answer(&asked)["result"].clone();
    assert_eq!(report["hunks"].as_array().map(Vec::len), Some(2), "{report}");
    let told = report["confirm"].to_string();
    assert!(told.contains("a.rs:5 is missing here") && told.contains("has changed since"), "{told}");
    editor.expect("window/showMessage");
    let accepted = editor.request("workspace/executeCommand", json!({ "command": "longsight.acceptHunk", "arguments": [{ "all": true }] }));
    assert_eq!(accepted["result"]["applied"], true, "{accepted}");
    editor.expect("workspace/applyEdit");
    assert_eq!(editor.buffers[URI].text, WANTED.replace("two() -> u64", "two() -> i8"));
    editor.quit();
}

/// A repository with two files, a coder that proposes these edits, and the first file open.
fn proposing(edits: Value, change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, Coder, Editor, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("repo/.git/HEAD", ""), ("repo/src/area.rs", AREA), ("repo/src/other.rs", TEXT)] {
        files::write(folder.path(), name, text);
    }
    let coder = Coder::proposing(edits);
    let config = coder.config(folder.path());
    let mut editor = Editor::binary(|command| {
        command.arg("--config").arg(config).env("XDG_CACHE_HOME", folder.path().join("cache"));
    });
    let root = folder.path().join("repo");
    let mut params = initialize_params(&root);
    change(&mut params);
    editor.initialize(params);
    let uri = format!("file://{}/src/area.rs", root.display());
    editor.open(&uri, "rust", AREA);
    (folder, coder, editor, uri)
}

fn instruct(editor: &mut Editor, uri: &str) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 1 } });
    let argument = json!({ "uri": uri, "range": range, "instruction": "do it, step by step" });
    editor.request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }))["result"].clone()
}

/// The only change was to a file that no window shows, and it was applied without a question.
#[test]
fn a_change_of_a_file_that_nobody_sees_waits_for_a_word() {
    let edit = json!([{ "path": "src/other.rs", "old": "    2\n", "new": "    22\n", "reason": "because" }]);
    let (folder, _coder, mut editor, uri) = proposing(edit, |_| {});
    let report = instruct(&mut editor, &uri);
    assert_eq!((report["applied"].clone(), report["hunks"].as_array().map(Vec::len)), (json!(false), Some(1)), "{report}");
    editor.expect("window/showMessage");
    editor.quit();
    assert_eq!(std::fs::read_to_string(folder.path().join("repo/src/other.rs")).unwrap(), TEXT);
}

/// It was said to be created, and was neither asked about nor there.
#[test]
fn an_empty_file_is_a_hunk_that_can_be_accepted() {
    let edits = json!([
        { "path": "src/io/mod.rs", "old": "", "new": "", "reason": "a place for it" },
        { "path": "src/area.rs", "old": "    width * height", "new": "    height * width", "reason": "because" },
    ]);
    let creates = |params: &mut Value| {
        params["capabilities"]["workspace"]["workspaceEdit"] = json!({ "documentChanges": true, "resourceOperations": ["create"] });
    };
    let (_folder, _coder, mut editor, uri) = proposing(edits, creates);
    let report = instruct(&mut editor, &uri);
    assert_eq!(report["hunks"].as_array().map(Vec::len), Some(2), "{report}");
    editor.start_request("workspace/executeCommand", json!({ "command": "longsight.acceptHunk", "arguments": [{ "all": true }] }));
    let apply = editor.expect("workspace/applyEdit");
    let changes = apply["params"]["edit"]["documentChanges"].as_array().unwrap().clone();
    assert!(
        changes.iter().any(|change| change["kind"] == "create" && change["uri"].as_str().unwrap().ends_with("src/io/mod.rs")),
        "{apply}"
    );
}

/// Where only code actions accept, none was listed for a file that does not exist, and its hunk waited for good.
#[test]
fn a_new_file_is_accepted_by_an_action_in_any_document() {
    let edits = json!([{ "path": "src/new.rs", "old": "", "new": "pub fn new() {}\n", "reason": "a place for it" }]);
    for resolves in [true, false] {
        let change = |params: &mut Value| {
            params["capabilities"]["workspace"]["applyEdit"] = json!(false);
            params["capabilities"]["workspace"]["workspaceEdit"] = json!({ "documentChanges": true, "resourceOperations": ["create"] });
            if !resolves {
                params["capabilities"]["textDocument"]["codeAction"]["resolveSupport"] = json!(null);
            }
        };
        let (folder, _coder, mut editor, uri) = proposing(edits.clone(), change);
        let report = instruct(&mut editor, &uri);
        let place = json!({ "line": 1, "character": 0 });
        let params = json!({ "textDocument": { "uri": uri }, "range": { "start": place, "end": place }, "context": { "diagnostics": [] } });
        let list = |editor: &mut Editor| {
            let actions = editor.request("textDocument/codeAction", params.clone())["result"].clone();
            actions.as_array().unwrap().iter().find(|action| action["title"].as_str().unwrap().starts_with("Accept")).cloned()
        };
        assert_eq!(report["hunks"].as_array().map(Vec::len), Some(1), "{report}");
        let told = editor.expect("window/showMessage")["params"]["message"].to_string();
        assert!(told.contains("in every document"), "{told}");
        let mut action = list(&mut editor).unwrap();
        assert!(action["title"].as_str().unwrap().contains("new.rs: a place for it"), "{action}");
        if resolves {
            action = editor.request("codeAction/resolve", action)["result"].clone();
        }
        assert_eq!(action["edit"]["documentChanges"][0]["kind"], "create", "{action}");
        // The editor does as it says.
        std::fs::write(folder.path().join("repo/src/new.rs"), "pub fn new() {}\n").unwrap();
        let new = uri.replace("area.rs", "new.rs");
        editor.open(&new, "rust", "pub fn new() {}\n");
        assert!(list(&mut editor).is_none());
        editor.inbox.clear();
        editor.quit();
    }
}

/// A display that can be cancelled does not stay while the editor has the edit: cancelling it would do nothing any more.
#[test]
fn the_progress_is_over_while_the_editor_asks_the_person() {
    let edit = json!([{ "path": "src/area.rs", "old": "    width * height", "new": "    height * width", "reason": "because" }]);
    let (_folder, _coder, mut editor, uri) = proposing(edit, |_| {});
    editor.friendly = false;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 1 } });
    let argument = json!({ "uri": uri, "range": range, "instruction": "do it, step by step" });
    let call = json!({ "command": "longsight.edit", "arguments": [argument], "workDoneToken": "ours" });
    editor.start_request("workspace/executeCommand", call);
    let apply = editor.expect("workspace/applyEdit");
    while editor.expect("$/progress")["params"]["value"]["kind"] != "end" {}
    editor.send(&json!({ "jsonrpc": "2.0", "id": apply["id"], "result": { "applied": false } }));
}

/// A file on disk with this text in its only open buffer, an agent that changes that, and the running edit.
fn running(folder: &tempfile::TempDir, buffer: &str) -> (std::path::PathBuf, std::sync::Arc<Fake>, Editor, String, Value) {
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("a.rs"), TEXT).unwrap();
    let uri = format!("file://{}/a.rs", root.display());
    let agent = Fake::new(Mood::LateHunks(buffer.replace("two() -> u32", "two() -> u64")));
    let mut editor = Editor::memory(options(agent.clone()));
    editor.initialize(initialize_params(&root));
    editor.open(&uri, "rust", buffer);
    let argument = json!({ "uri": uri, "range": whole(), "instruction": "return u64" });
    let asked = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
    while agent.running() == 0 {
        editor.pump(Duration::from_millis(5));
    }
    (root, agent, editor, uri, asked)
}

/// What had been thrown away with its buffer was written into the file, without a look.
#[test]
fn a_file_whose_buffer_is_closed_meanwhile_is_changed_only_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let (_, agent, mut editor, uri, asked) = running(&folder, TEXT);
    editor.close(&uri);
    editor.assert_in_step();
    agent.release();
    let report = editor.answer(&asked)["result"].clone();
    assert!(report["applied"] == false && report["hunks"].as_array().is_some_and(|hunks| hunks.len() == 1), "{report}");
    editor.inbox.clear();
    editor.quit();
}

/// The file was given another name in the editor while the model worked, and the edit was lost with the old one.
#[test]
fn an_edit_follows_a_file_that_is_renamed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (root, agent, mut editor, uri, asked) = running(&folder, TEXT);
    std::fs::rename(root.join("a.rs"), root.join("k.rs")).unwrap();
    let renamed = uri.replace("a.rs", "k.rs");
    editor.close(&uri);
    editor.open(&renamed, "rust", TEXT);
    editor.assert_in_step();
    agent.release();
    let report = editor.answer(&asked);
    assert_eq!(report["result"]["applied"], true, "{report}");
    assert_eq!(editor.buffers[&renamed].text, TEXT.replace("two() -> u32", "two() -> u64"));
    editor.inbox.clear();
    editor.quit();
}
