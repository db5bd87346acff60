//! Hunks that people review: annotations where the editor can ask, lenses and actions where it cannot; carried over the user's typing
//! and over each acceptance, exactly or dropped with the reason.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::agent::{Fake, Mood, options};
use crate::support::coder::{AREA, Refactor, SQUARE};
use crate::support::editor::{Editor, initialize_params};

pub const URI: &str = "file:///w/a.rs";
pub const TEXT: &str = "fn one() -> u32 {\n    1\n}\n\nfn two() -> u32 {\n    2\n}\n\nfn three() -> u32 {\n    3\n}\n";

/// What the fake agent puts in place of the whole text: a change in each function.
pub const WANTED: &str = "fn one() -> u64 {\n    1\n}\n\nfn two() -> u64 {\n    2\n}\n\nfn three() -> u64 {\n    3\n}\n";

fn started(change: impl FnOnce(&mut Value)) -> (Arc<Fake>, Editor) {
    with(Mood::Hunks(WANTED.into()), change)
}

/// The file open in an editor of other abilities, with an agent of this mood.
pub fn with(mood: Mood, change: impl FnOnce(&mut Value)) -> (Arc<Fake>, Editor) {
    let agent = Fake::new(mood);
    let mut editor = Editor::memory(options(agent.clone()));
    let mut params = initialize_params(std::path::Path::new("/w"));
    change(&mut params);
    editor.initialize(params);
    editor.open(URI, "rust", TEXT);
    (agent, editor)
}

fn whole() -> Value {
    json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 11, "character": 0 } })
}

fn command(editor: &mut Editor, name: &str, argument: Value) -> Value {
    editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }))
}

fn propose(editor: &mut Editor, review: bool) -> Value {
    command(editor, "longsight.edit", json!({ "uri": URI, "range": whole(), "instruction": "return u64", "review": review }))["result"]
        .clone()
}

fn lenses(editor: &mut Editor) -> Vec<(u64, String)> {
    let answer = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": URI } }));
    let lens = |lens: &Value| (lens["range"]["start"]["line"].as_u64().unwrap(), lens["command"]["title"].as_str().unwrap().to_string());
    answer["result"].as_array().unwrap().iter().map(lens).collect()
}

fn titles(lenses: &[(u64, String)], title: &str) -> Vec<u64> {
    lenses.iter().filter(|(_, name)| name.starts_with(title)).map(|(line, _)| *line).collect()
}

#[test]
fn j12_each_hunk_follows_the_typing_and_the_other_acceptances() {
    let (_, mut editor) = started(|_| {});
    let report = propose(&mut editor, true);
    assert_eq!((report["hunks"].clone(), report["applied"].clone()), (json!([1, 2, 3]), json!(false)));
    let shown = lenses(&mut editor);
    assert_eq!(titles(&shown, "Accept: reason"), [0, 4, 8], "{shown:?}");
    assert_eq!(titles(&shown, "Accept all 3"), [0]);
    // Typing above the second, and inside of its function below its line.
    editor.edit(URI, 0..0, "// above\n");
    let at = editor.buffers[URI].text.find("    2").unwrap();
    editor.edit(URI, at..at, "    // two\n");
    assert_eq!(titles(&lenses(&mut editor), "Accept: reason"), [1, 5, 10]);
    let accepted = command(&mut editor, "longsight.acceptHunk", json!({ "id": 2 }));
    assert_eq!(accepted["result"], json!({ "accepted": 2, "applied": true }));
    let apply = editor.expect("workspace/applyEdit");
    assert!(apply["params"]["edit"].get("changeAnnotations").is_none(), "the person has decided: {apply}");
    assert_eq!(command(&mut editor, "longsight.rejectHunk", json!({ "id": 1 }))["result"], json!({ "rejected": 1 }));
    let accepted = command(&mut editor, "longsight.acceptHunk", json!({ "id": 3 }));
    assert_eq!(accepted["result"]["applied"], true, "{accepted}");
    editor.expect("workspace/applyEdit");
    let wanted = TEXT.replace("two() -> u32", "two() -> u64").replace("three() -> u32", "three() -> u64");
    let wanted = wanted.replace("    2", "    // two\n    2");
    assert_eq!(editor.buffers[URI].text, format!("// above\n{wanted}"));
    assert!(lenses(&mut editor).is_empty());
    editor.assert_in_step();
    editor.quit();
}

#[test]
fn a_hunk_whose_line_was_changed_is_dropped_with_the_reason_and_the_others_stay() {
    let (_, mut editor) = started(|_| {});
    propose(&mut editor, true);
    let at = editor.buffers[URI].text.find("u32 {\n    2").unwrap();
    editor.edit(URI, at..at + 3, "i8");
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("a.rs:5") && told.contains("has changed since"), "{told}");
    assert_eq!(titles(&lenses(&mut editor), "Accept: reason"), [0, 8]);
    let gone = command(&mut editor, "longsight.acceptHunk", json!({ "id": 2 }));
    assert!(gone["error"]["message"].as_str().unwrap().contains("no hunk 2"), "{gone}");
    editor.quit();
}

#[test]
fn accepting_all_is_one_edit() {
    let (_, mut editor) = started(|_| {});
    propose(&mut editor, true);
    let accepted = command(&mut editor, "longsight.acceptHunk", json!({ "all": true }));
    assert_eq!(accepted["result"], json!({ "accepted": [1, 2, 3], "applied": true }));
    editor.expect("workspace/applyEdit");
    assert_eq!(editor.buffers[URI].text, WANTED);
    editor.quit();
}

/// While the file of an accepted hunk was looked at, “reject all” took that one as well.
#[test]
fn who_rejects_all_right_behind_an_acceptance_means_the_others() {
    let (_, mut editor) = started(|_| {});
    propose(&mut editor, true);
    let run = |name: &str, argument: Value| json!({ "command": name, "arguments": [argument] });
    let accept = editor.start_request("workspace/executeCommand", run("longsight.acceptHunk", json!({ "id": 3 })));
    let reject = editor.start_request("workspace/executeCommand", run("longsight.rejectHunk", json!({ "all": true })));
    editor.expect("workspace/applyEdit");
    assert_eq!(editor.answer(&accept)["result"], json!({ "accepted": 3, "applied": true }));
    assert_eq!(editor.answer(&reject)["result"], json!({ "rejected": [1, 2] }));
    assert_eq!(editor.buffers[URI].text, TEXT.replace("three() -> u32", "three() -> u64"));
    editor.quit();
}

/// kakoune-lsp says that it supports annotations, and applies what needs a confirmation without one.
#[test]
fn an_editor_that_only_claims_to_ask_is_not_left_to_it() {
    let risky = |params: &mut Value| {
        params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
        params["clientInfo"] = json!({ "name": "kakoune-lsp" });
    };
    let (agent, mut editor) = started(risky);
    agent.risky.store(true, std::sync::atomic::Ordering::SeqCst);
    let report = propose(&mut editor, false);
    assert_eq!((report["hunks"].clone(), report["applied"].clone()), (json!([1, 2, 3]), json!(false)), "{report}");
    editor.expect("window/showMessage");
    assert_eq!(editor.buffers[URI].text, TEXT);
    editor.quit();
}

/// Eglot sends no change while it waits for the answer to a command: its word has to do.
#[test]
fn eglot_accepts_without_a_change_before_the_answer() {
    let (_, mut editor) = started(|params| params["clientInfo"] = json!({ "name": "Eglot" }));
    propose(&mut editor, true);
    editor.friendly = false;
    let accept = json!({ "command": "longsight.acceptHunk", "arguments": [{ "id": 1 }] });
    let id = editor.start_request("workspace/executeCommand", accept);
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    assert_eq!(editor.answer(&id)["result"], json!({ "accepted": 1, "applied": true }));
    editor.quit();
}

#[test]
fn j6_a_hunk_that_did_not_get_into_the_text_waits_on() {
    let (_, mut editor) = started(|_| {});
    propose(&mut editor, true);
    editor.friendly = false;
    let accept = json!({ "command": "longsight.acceptHunk", "arguments": [{ "id": 1 }] });
    let id = editor.start_request("workspace/executeCommand", accept.clone());
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    // Typing elsewhere is not the edit.
    let end = editor.buffers[URI].text.len();
    editor.edit(URI, end..end, "\n// more\n");
    // It is asked for again then, and this time nothing explains why it does not come.
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    let refused = editor.answer(&id);
    assert!(refused["error"]["message"].as_str().unwrap().contains("does not show it"), "{refused}");
    editor.friendly = true;
    assert_eq!(editor.request("workspace/executeCommand", accept)["result"]["applied"], true);
    editor.expect("workspace/applyEdit");
    assert!(editor.buffers[URI].text.starts_with("fn one() -> u64"));
    editor.quit();
}

#[test]
fn a_cancelled_acceptance_leaves_the_hunk_waiting() {
    let (_, mut editor) = started(|_| {});
    propose(&mut editor, true);
    editor.friendly = false;
    let accept = json!({ "command": "longsight.acceptHunk", "arguments": [{ "id": 2 }] });
    let id = editor.start_request("workspace/executeCommand", accept.clone());
    editor.expect("workspace/applyEdit");
    editor.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(editor.answer(&id)["error"]["code"], -32800);
    // The answer to a cancelled request does not wait for what its end puts back.
    let end = Instant::now() + Duration::from_secs(20);
    while titles(&lenses(&mut editor), "Accept: reason") != [0, 4, 8] {
        assert!(Instant::now() < end, "it is lost");
        editor.pump(Duration::from_millis(10));
    }
    editor.friendly = true;
    assert_eq!(editor.request("workspace/executeCommand", accept)["result"]["applied"], true);
    editor.expect("workspace/applyEdit");
    editor.quit();
}

/// Half of a change that belongs together is applied by nobody but the person.
#[test]
fn j5_one_place_that_has_changed_is_missing_with_the_reason_and_the_rest_waits() {
    let (agent, mut editor) = started(|_| {});
    agent.set(Mood::LateHunks(WANTED.into()));
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "return u64", "review": true });
    let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
    let at = editor.buffers[URI].text.find("u32 {\n    2").unwrap();
    editor.edit(URI, at..at + 3, "i8");
    // The server has the change before the model answers.
    editor.assert_in_step();
    agent.release();
    let report = editor.answer(&id)["result"].clone();
    assert_eq!((report["applied"].clone(), report["hunks"].as_array().map(Vec::len)), (json!(false), Some(2)), "{report}");
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("a.rs:5 is missing here: the text there has changed since"), "{told}");
    assert_eq!(titles(&lenses(&mut editor), "Accept: reason"), [0, 8]);
    editor.quit();
}

#[test]
fn actions_at_a_hunk_decide_on_it() {
    let (_, mut editor) = started(|_| {});
    propose(&mut editor, true);
    let range = json!({ "start": { "line": 4, "character": 2 }, "end": { "line": 4, "character": 2 } });
    let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
    let listed = editor.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let titles: Vec<_> = listed.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles[..5],
        [
            "Accept this change: reason 2",
            "Reject this change: reason 2",
            "Explain this change: reason 2",
            "Accept all 3 changes",
            "Reject all 3 changes"
        ]
    );
    assert!(listed.iter().all(|action| action.get("isPreferred").is_none()));
    let explained = command(&mut editor, "longsight.explainHunk", listed[2]["command"]["arguments"][0].clone())["result"].clone();
    let text = explained["text"].as_str().unwrap();
    assert!(text.contains("reason 2") && text.contains("-fn two() -> u32 {") && text.contains("+fn two() -> u64 {"), "{text}");
    let rejected = command(&mut editor, "longsight.rejectHunk", json!({ "all": true }));
    assert_eq!(rejected["result"], json!({ "rejected": [1, 2, 3] }));
    editor.quit();
}

/// A model's reason and a title went into the markdown of an explanation as they stood.
#[test]
fn k15_the_explanation_of_a_hunk_is_inert() {
    let (agent, mut editor) = started(|_| {});
    *agent.reason.lock().unwrap() = "![x](https://evil.example/?d=1)\n\n".into();
    propose(&mut editor, true);
    let told = command(&mut editor, "longsight.explainHunk", json!({ "id": 1 }))["result"].clone();
    let text = told["text"].as_str().unwrap();
    assert!(text.starts_with("!\\[x](https:\\//evil.example/?d=1)"), "{text}");
    editor.quit();
}

#[test]
fn annotations_name_each_hunk_and_ask_only_where_they_must() {
    let annotates = |params: &mut Value| params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
    for risky in [false, true] {
        let (agent, mut editor) = started(annotates);
        agent.risky.store(risky, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(propose(&mut editor, false)["applied"], true);
        let edit = editor.expect("workspace/applyEdit")["params"]["edit"].clone();
        let annotations = edit["changeAnnotations"].as_object().unwrap();
        assert_eq!(annotations.len(), 3);
        for change in edit["documentChanges"][0]["edits"].as_array().unwrap() {
            let annotation = &annotations[change["annotationId"].as_str().unwrap()];
            assert_eq!(annotation["needsConfirmation"], risky);
            assert!(annotation["label"].as_str().unwrap().starts_with("reason"), "{annotation}");
        }
        if risky {
            editor.expect("window/showMessage");
        }
        editor.quit();
    }
}

/// An editor that cannot ask gets hunks to decide on instead of an edit that is applied without a question.
#[test]
fn k7_what_needs_a_word_waits_for_it_where_the_editor_cannot_ask() {
    let (agent, mut editor) = started(|_| {});
    agent.risky.store(true, std::sync::atomic::Ordering::SeqCst);
    let report = propose(&mut editor, false);
    assert_eq!((report["hunks"].clone(), report["applied"].clone()), (json!([1, 2, 3]), json!(false)));
    assert!(editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().contains("3 change(s) in 1 file(s)"));
    assert_eq!(editor.buffers[URI].text, TEXT);
    let params =
        json!({ "textDocument": { "uri": URI }, "range": whole(), "context": { "diagnostics": [], "only": ["refactor.rewrite"] } });
    let listed = editor.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let rewrite = listed.iter().find(|action| action["title"] == "Rewrite").unwrap().clone();
    let resolved = editor.request("codeAction/resolve", rewrite);
    // Emacs 30 resolves what has data and no edit again, over and over.
    assert!(resolved["result"].get("edit").is_none() && resolved["result"].get("data").is_none(), "{resolved}");
    editor.expect("window/showMessage");
    editor.quit();
}

#[test]
fn a_plugin_that_draws_hunks_gets_them_whole() {
    let (_, mut editor) = started(|params| params["initializationOptions"] = json!({ "reviews": true }));
    propose(&mut editor, true);
    let drawn = editor.expect("longsight/hunks")["params"].clone();
    assert_eq!(drawn["uri"], URI);
    let second = drawn["hunks"][1].clone();
    assert_eq!(
        second,
        json!({
            "id": 2, "title": "return u64", "reason": "reason 2", "old": "fn two() -> u32 {\n", "new": "fn two() -> u64 {\n",
            "range": { "start": { "line": 4, "character": 0 }, "end": { "line": 5, "character": 0 } },
        })
    );
    assert!(lenses(&mut editor).is_empty(), "nothing is drawn twice");
    command(&mut editor, "longsight.rejectHunk", json!({ "id": 2 }));
    assert_eq!(editor.expect("longsight/hunks")["params"]["hunks"].as_array().unwrap().len(), 2);
    editor.quit();
}

/// A file that changed on disk, closed in the editor, gets no edit that was made for its old text: it is fitted to what lies there.
#[test]
fn i11_a_file_that_is_not_open_is_compared_with_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rs");
    std::fs::write(&file, TEXT).unwrap();
    let uri = format!("file://{}", file.display());
    let agent = Fake::new(Mood::Hunks(WANTED.into()));
    let mut editor = Editor::memory(options(agent)).start(folder.path());
    editor.open(&uri, "rust", TEXT);
    let argument = json!({ "uri": uri, "range": whole(), "instruction": "return u64", "review": true });
    assert_eq!(command(&mut editor, "longsight.edit", argument)["result"]["hunks"], json!([1, 2, 3]));
    editor.close(&uri);
    let now = format!("// new\n{}", TEXT.replace("one", "uno"));
    std::fs::write(&file, &now).unwrap();
    editor.friendly = false;
    let accept = json!({ "command": "longsight.acceptHunk", "arguments": [{ "id": 2 }] });
    let id = editor.start_request("workspace/executeCommand", accept);
    let request = editor.expect("workspace/applyEdit");
    assert_eq!(request["params"]["edit"]["documentChanges"][0]["edits"][0]["range"]["start"]["line"], 5, "{request}");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": false, "failureReason": "not now" } }));
    assert_eq!(editor.answer(&id)["error"]["message"], "not now");
    editor.friendly = true;
    // Opened again, the hunks that still fit go on.
    editor.open(&uri, "rust", &now);
    assert_eq!(command(&mut editor, "longsight.acceptHunk", json!({ "id": 2 }))["result"]["applied"], true);
    editor.expect("workspace/applyEdit");
    editor.quit();
}

/// The real binary and a scripted coder that renames a function with its call in another file, which is not open.
fn two_files(change: impl FnOnce(&mut Value)) -> (Refactor, Editor, [String; 2]) {
    let refactor = Refactor::new();
    let uris = ["src/area.rs", "src/square.rs"].map(|name| format!("file://{}/{name}", refactor.root().display()));
    let mut editor = Editor::binary(|command| {
        command.arg("--config").arg(refactor.config()).env("XDG_CACHE_HOME", refactor.folder.path().join("cache"));
    });
    let mut params = initialize_params(&refactor.root());
    change(&mut params);
    editor.initialize(params);
    editor.open(&uris[0], "rust", AREA);
    (refactor, editor, uris)
}

fn rename(uri: &str) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 1 } });
    json!({ "uri": uri, "range": range, "instruction": "rename `area` to `surface` with its callers, step by step" })
}

/// Helix and Kakoune name the character under the cursor where nothing is selected.
#[test]
fn a_cursor_that_is_a_character_selects_nothing() {
    for (name, expected) in [("helix", "Explain `area`"), ("kakoune-lsp", "Explain `area`"), ("other", "Explain selection")] {
        let (_refactor, mut editor, [area, _]) = two_files(|params| params["clientInfo"] = json!({ "name": name }));
        let range = json!({ "start": { "line": 0, "character": 7 }, "end": { "line": 0, "character": 8 } });
        let params = json!({ "textDocument": { "uri": area }, "range": range, "context": { "diagnostics": [] } });
        let listed = editor.request("textDocument/codeAction", params)["result"].clone();
        assert_eq!(listed[0]["title"], expected, "{name}: {listed}");
        editor.quit();
    }
}

#[test]
fn several_files_wait_for_a_decision_on_each_hunk() {
    let (refactor, mut editor, [area, square]) = two_files(|_| {});
    let report = command(&mut editor, "longsight.edit", rename(&area))["result"].clone();
    assert_eq!((report["hunks"].as_array().map(Vec::len), report["applied"].clone()), (Some(3), json!(false)), "{report}");
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("3 change(s) in 2 file(s)"), "{told}");
    let waiting = command(&mut editor, "longsight.status", json!({}))["result"]["pending"].clone();
    assert_eq!(waiting[1]["reason"], "renames it in src/square.rs", "{waiting}");
    // The editor opens the other file before it applies an edit to it.
    editor.open(&square, "rust", SQUARE);
    assert!(command(&mut editor, "longsight.acceptHunk", json!({ "id": waiting[0]["id"] })).get("error").is_none());
    assert!(command(&mut editor, "longsight.rejectHunk", json!({ "id": waiting[1]["id"] })).get("error").is_none());
    assert!(command(&mut editor, "longsight.acceptHunk", json!({ "uri": square })).get("error").is_none());
    assert_eq!(editor.buffers[&area].text, AREA.replace("area", "surface"));
    assert_eq!(editor.buffers[&square].text, SQUARE.replace("    area(", "    surface("));
    assert_eq!(std::fs::read_to_string(refactor.root().join("src/square.rs")).unwrap(), SQUARE, "nothing is written");
    (0..2).for_each(|_| drop(editor.expect("workspace/applyEdit")));
    editor.assert_in_step();
    editor.quit();
}

/// VS Code's client refuses a whole edit in which the version of a closed file is missing; Neovim stumbles over its `null`.
#[test]
fn a_closed_file_has_the_version_that_the_editor_understands() {
    for (name, expected) in [("Visual Studio Code", Some(&Value::Null)), ("Neovim", None)] {
        let (_refactor, mut editor, [area, _]) = two_files(|params: &mut Value| {
            params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
            params["clientInfo"] = json!({ "name": name });
        });
        editor.friendly = false;
        let edit = json!({ "command": "longsight.edit", "arguments": [rename(&area)] });
        let id = editor.start_request("workspace/executeCommand", edit);
        let request = editor.expect("workspace/applyEdit");
        let changes = request["params"]["edit"]["documentChanges"].as_array().unwrap();
        let closed = changes.iter().find(|change| change["textDocument"]["uri"] != json!(area)).unwrap();
        assert_eq!(closed["textDocument"].get("version"), expected, "{name}: {closed}");
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": false } }));
        editor.answer(&id);
        editor.expect("window/showMessage");
        editor.quit();
    }
}

/// The same is true of the edit of an action that is resolved.
#[test]
fn a_resolved_action_keeps_the_version_of_a_closed_file() {
    let (_refactor, mut editor, [area, square]) = two_files(|params: &mut Value| {
        params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
        params["clientInfo"] = json!({ "name": "Visual Studio Code" });
    });
    let params = json!({ "textDocument": { "uri": area }, "range": rename(&area)["range"], "context": { "diagnostics": [] } });
    let listed = editor.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let action = listed.iter().find(|action| action["kind"] == "refactor.rewrite").unwrap_or_else(|| panic!("{listed:?}"));
    let resolved = editor.request("codeAction/resolve", action.clone());
    let changes = resolved["result"]["edit"]["documentChanges"].as_array().unwrap_or_else(|| panic!("{resolved}"));
    let closed = changes.iter().find(|change| change["textDocument"]["uri"] == json!(square)).unwrap();
    assert_eq!(closed["textDocument"].get("version"), Some(&Value::Null), "{closed}");
    // What was asked for is no rename: a person hears of it.
    let told = editor.expect("window/showMessage");
    assert!(told["params"]["message"].as_str().is_some_and(|told| told.contains("Look twice") && told.contains("`area`")), "{told}");
    editor.quit();
}

/// Hunks of two proposals for a closed file, made for what lay on disk at two times, each go on from its own text when it is opened.
#[test]
fn hunks_of_two_times_survive_that_their_file_is_opened() {
    let (refactor, mut editor, [area, square]) = two_files(|_| {});
    command(&mut editor, "longsight.edit", rename(&area));
    let changed = format!("//! Squares, and nothing else.\n\n{SQUARE}");
    std::fs::write(refactor.root().join("src/square.rs"), &changed).unwrap();
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": square, "type": 2 }] }));
    let report = command(&mut editor, "longsight.edit", rename(&area))["result"].clone();
    assert_eq!(report["hunks"], json!([4, 5, 6]), "{report}");
    (0..2).for_each(|_| drop(editor.expect("window/showMessage")));
    editor.open(&square, "rust", &changed);
    for id in 1..=3 {
        assert!(command(&mut editor, "longsight.rejectHunk", json!({ "id": id })).get("error").is_none(), "{id}");
    }
    assert!(command(&mut editor, "longsight.acceptHunk", json!({ "uri": square })).get("error").is_none());
    editor.expect("workspace/applyEdit");
    let wanted = changed.replace("area::area;", "area::surface;").replace("    area(", "    surface(");
    assert_eq!(editor.buffers[&square].text, wanted);
    editor.assert_in_step();
    editor.quit();
}

#[test]
fn several_files_are_confirmed_hunk_by_hunk_where_the_editor_can_ask() {
    let annotates = |params: &mut Value| params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
    let (_refactor, mut editor, [area, square]) = two_files(annotates);
    editor.open(&square, "rust", SQUARE);
    let report = command(&mut editor, "longsight.edit", rename(&area))["result"].clone();
    assert_eq!(report["applied"], true, "{report}");
    let edit = editor.expect("workspace/applyEdit")["params"]["edit"].clone();
    let annotations = edit["changeAnnotations"].as_object().unwrap();
    assert_eq!(annotations.len(), 3, "{edit}");
    assert!(annotations.values().all(|annotation| annotation["needsConfirmation"] == true), "{edit}");
    assert_eq!(edit["documentChanges"].as_array().unwrap().len(), 2);
    assert!(edit["documentChanges"].as_array().unwrap().iter().all(|change| change["textDocument"]["version"] == 1), "{edit}");
    editor.assert_in_step();
    editor.quit();
}

/// Of two files the person turned down all that was proposed for one: that the rest was applied was not believed.
#[test]
fn a_file_of_which_all_was_turned_down_does_not_hide_that_the_other_was_changed() {
    let annotates = |params: &mut Value| params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
    let (_refactor, mut editor, [area, square]) = two_files(annotates);
    editor.open(&square, "rust", SQUARE);
    editor.friendly = false;
    let edit = json!({ "command": "longsight.edit", "arguments": [rename(&area)] });
    for (accepted, applied) in [(vec![&area], true), (vec![], false)] {
        let before = editor.buffers[&area].text.clone();
        let id = editor.start_request("workspace/executeCommand", edit.clone());
        let request = editor.expect("workspace/applyEdit");
        let mut chosen = request["params"]["edit"].clone();
        let changes = chosen["documentChanges"].as_array_mut().unwrap();
        changes.retain(|change| accepted.iter().any(|uri| change["textDocument"]["uri"] == json!(uri)));
        assert_eq!(editor.apply_workspace_edit(&chosen), applied);
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
        let report = editor.answer(&id)["result"].clone();
        assert_eq!(report["applied"], json!(applied), "{report}");
        if !applied {
            editor.expect("window/showMessage");
        }
        assert_eq!(editor.buffers[&square].text, SQUARE);
        // Back to how it was, for the next round.
        let all = 0..editor.buffers[&area].text.len();
        editor.edit(&area, all, &before);
    }
    editor.assert_in_step();
    editor.quit();
}

/// Two proposals for the same lines went out as two edits of one document, each with places that the other moves.
#[test]
fn two_proposals_for_the_same_place_are_decided_on_one_by_one() {
    let (agent, mut editor) = started(|_| {});
    propose(&mut editor, true);
    agent.set(Mood::Hunks(TEXT.replace("two() -> u32", "two() -> i8")));
    assert_eq!(propose(&mut editor, true)["hunks"], json!([4]));
    let refused = command(&mut editor, "longsight.acceptHunk", json!({ "all": true }));
    assert!(refused["error"]["message"].as_str().unwrap().contains("the same place of a.rs"), "{refused}");
    assert_eq!(editor.buffers[URI].text, TEXT);
    let waiting = command(&mut editor, "longsight.status", json!({}))["result"]["pending"].as_array().unwrap().len();
    assert_eq!(waiting, 4, "they still wait");
    command(&mut editor, "longsight.rejectHunk", json!({ "id": 2 }));
    assert_eq!(command(&mut editor, "longsight.acceptHunk", json!({ "all": true }))["result"]["applied"], true);
    editor.expect("workspace/applyEdit");
    assert_eq!(editor.buffers[URI].text, WANTED.replace("two() -> u64", "two() -> i8"));
    editor.quit();
}

/// H9: what is accepted is the text that was shown under a number, also when another proposal for the same place has come since.
#[test]
fn h9_an_acceptance_is_of_the_text_that_was_shown_and_of_nothing_that_came_later() {
    let (agent, mut editor) = started(|_| {});
    propose(&mut editor, true);
    agent.set(Mood::Hunks(TEXT.replace("u32", "String")));
    assert_eq!(propose(&mut editor, true)["hunks"], json!([4, 5, 6]), "a new text is a new question");
    assert_eq!(command(&mut editor, "longsight.acceptHunk", json!({ "id": 2 }))["result"]["applied"], true);
    editor.expect("workspace/applyEdit");
    assert_eq!(editor.buffers[URI].text, TEXT.replace("two() -> u32", "two() -> u64"));
    // The later proposal for that place is gone with its text, and an old number is no key to anything new.
    for id in [2, 5] {
        assert!(command(&mut editor, "longsight.acceptHunk", json!({ "id": id }))["error"].is_object(), "{id}");
    }
    editor.inbox.clear();
    editor.quit();
}

/// J6: an editor without `documentChanges` gets plain changes while the text is as it was, and none when it is not; it creates no file.
#[test]
fn j6_an_editor_without_versions_gets_changes_only_for_the_text_it_has() {
    let (agent, mut editor) = started(|params| params["capabilities"]["workspace"]["workspaceEdit"] = json!({}));
    editor.friendly = false;
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "return u64" });
    let edit = json!({ "command": "longsight.edit", "arguments": [argument] });
    let id = editor.start_request("workspace/executeCommand", edit.clone());
    let request = editor.expect("workspace/applyEdit");
    let sent = &request["params"]["edit"];
    assert!(sent.get("documentChanges").is_none() && sent["changes"][URI].as_array().unwrap().len() == 3, "{sent}");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": false, "failureReason": "not today" } }));
    assert_eq!(editor.answer(&id)["result"]["refused"], "not today");
    editor.expect("window/showMessage");
    // The text has moved on where the edit is: nothing is sent.
    agent.set(Mood::LateHunks(WANTED.into()));
    let id = editor.start_request("workspace/executeCommand", edit);
    let at = editor.buffers[URI].text.find("u32 {\n    2").unwrap();
    editor.edit(URI, at..at + 3, "i8");
    editor.assert_in_step();
    agent.release();
    let report = editor.answer(&id)["result"].clone();
    assert_eq!(report["applied"], false, "{report}");
    assert!(editor.inbox.iter().all(|message| message["method"] != "workspace/applyEdit"));
    editor.expect("window/showMessage");
    editor.quit();
}

/// A key that was pressed between the server's text and the editor's lost the whole edit: the editor refuses what is for an older text.
#[test]
fn an_edit_that_is_overtaken_by_typing_is_fitted_and_asked_for_again() {
    let (_, mut editor) = started(|_| {});
    editor.friendly = false;
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "return u64" });
    let edit = json!({ "command": "longsight.edit", "arguments": [argument] });
    let id = editor.start_request("workspace/executeCommand", edit);
    for (typed, applied) in [("// typed\n", false), ("", true)] {
        let request = editor.expect("workspace/applyEdit");
        if !typed.is_empty() {
            editor.edit(URI, 0..0, typed);
        }
        assert_eq!(editor.apply_workspace_edit(&request["params"]["edit"]), applied, "an older text is refused, as by VS Code");
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": applied } }));
    }
    assert_eq!(editor.answer(&id)["result"]["applied"], true);
    assert_eq!(editor.buffers[URI].text, format!("// typed\n{WANTED}"));
    editor.assert_in_step();
    editor.quit();
}

/// VS Code's setting asks about every edit, which the server does not know: what a person had turned down, or taken back at once, was taken
/// for an edit that had been overtaken, and its preview came again.
#[test]
fn what_a_person_chose_from_is_not_asked_for_again() {
    let (_, mut editor) = started(|_| {});
    editor.friendly = false;
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "return u64" });
    for kept in [1, 0] {
        let before = editor.buffers[URI].text.clone();
        let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
        let request = editor.expect("workspace/applyEdit");
        let mut chosen = request["params"]["edit"].clone();
        chosen["documentChanges"][0]["edits"].as_array_mut().unwrap().truncate(1);
        assert!(editor.apply_workspace_edit(&chosen));
        if kept == 0 {
            let all = 0..editor.buffers[URI].text.len();
            editor.edit(URI, all, &before);
        }
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true, "chosen": true } }));
        assert_eq!(editor.answer(&id)["result"]["applied"], true);
        assert!(editor.inbox.iter().all(|message| message["method"] != "workspace/applyEdit"), "{:?}", editor.inbox);
    }
    editor.assert_in_step();
    editor.quit();
}

/// Where the person never stops, the edit waits for a decision instead of being lost; so does a hunk that was accepted.
#[test]
fn an_edit_that_is_overtaken_each_time_waits_for_a_decision() {
    let (_, mut editor) = started(|_| {});
    let overtake = |editor: &mut Editor, command: Value| {
        editor.friendly = false;
        let id = editor.start_request("workspace/executeCommand", command);
        while !editor.has_answer(&id) {
            editor.pump(Duration::from_millis(20));
            while let Some(at) = editor.inbox.iter().position(|message| message["method"] == "workspace/applyEdit") {
                let request = editor.inbox.remove(at).unwrap();
                editor.edit(URI, 0..0, "/");
                editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": false } }));
            }
        }
        editor.friendly = true;
        editor.answer(&id)
    };
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "return u64" });
    let report = overtake(&mut editor, json!({ "command": "longsight.edit", "arguments": [argument] }))["result"].clone();
    assert_eq!((report["hunks"].clone(), report["applied"].clone()), (json!([1, 2, 3]), json!(false)), "{report}");
    assert!(editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().contains("3 change(s)"));
    let answer = overtake(&mut editor, json!({ "command": "longsight.acceptHunk", "arguments": [{ "id": 2 }] }));
    assert!(answer["error"]["message"].as_str().unwrap().contains("still waits"), "{answer}");
    assert_eq!(command(&mut editor, "longsight.acceptHunk", json!({ "all": true }))["result"]["applied"], true);
    editor.expect("workspace/applyEdit");
    let typed = editor.buffers[URI].text.trim_start_matches('/').to_string();
    // The first line was typed into: its hunk stands beside what was typed or is gone, and the others are in.
    assert!(typed.contains("fn two() -> u64") && typed.contains("fn three() -> u64"), "{typed}");
    editor.inbox.clear();
    editor.quit();
}

/// K15: VS Code makes links of `[text](command:…)` in messages, and a message may hold what a model or a repository says.
#[test]
fn k15_nothing_in_a_message_can_be_clicked() {
    let (agent, mut editor) = started(|_| {});
    agent.set(Mood::Fail("see [here](command:evil)\u{202e}".into()));
    let argument = json!({ "uri": URI, "range": whole(), "instruction": "x" });
    let failed = command(&mut editor, "longsight.edit", argument)["error"]["message"].as_str().unwrap().to_string();
    let params = json!({ "textDocument": { "uri": URI }, "range": whole(), "context": { "diagnostics": [] } });
    let listed = editor.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let rewrite = listed.iter().find(|action| action["kind"] == "refactor.rewrite").unwrap().clone();
    let resolved = editor.request("codeAction/resolve", rewrite);
    let mut said = vec![failed, resolved.to_string()];
    said.extend(editor.inbox.drain(..).filter(|message| message["method"] == "window/showMessage").map(|message| message.to_string()));
    for text in said {
        assert!(!text.contains("](") && !text.contains('\u{202e}') && text.contains("[here] (command:evil)<U+202E>"), "{text}");
    }
    editor.quit();
}
