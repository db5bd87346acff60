//! Reviews while the text does not stand still: typed in, closed and opened, sent whole, changed on disk, or dropped by the editor. What was
//! worked for is fitted to the text as it is or waits, and goes only with a word.
use serde_json::{Value, json};

use crate::review::{TEXT, URI, WANTED, with};
use crate::support::agent::{Fake, Mood, options};
use crate::support::coder::{AREA, Refactor, SQUARE};
use crate::support::editor::{Editor, initialize_params};

fn annotates(params: &mut Value) {
    params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
}

fn named(name: &str, argument: Value) -> Value {
    json!({ "command": name, "arguments": [argument] })
}

fn command(editor: &mut Editor, name: &str, argument: Value) -> Value {
    editor.request("workspace/executeCommand", named(name, argument))
}

fn ask(uri: &str, review: bool) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 11, "character": 0 } });
    json!({ "uri": uri, "range": range, "instruction": "return u64", "review": review })
}

fn accept(editor: &mut Editor, which: Value) -> Value {
    let answer = command(editor, "longsight.acceptHunk", which);
    editor.inbox.retain(|message| message["method"] != "workspace/applyEdit");
    answer
}

fn waiting(editor: &mut Editor) -> Vec<u64> {
    let status = command(editor, "longsight.status", json!({}));
    status["result"]["pending"].as_array().unwrap().iter().map(|hunk| hunk["id"].as_u64().unwrap()).collect()
}

fn message(editor: &mut Editor) -> String {
    editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string()
}

/// As editors without incremental changes do, and formatters: all of the text is sent anew.
fn send_whole(editor: &mut Editor, uri: &str, text: &str) {
    let buffer = editor.buffers.get_mut(uri).unwrap();
    buffer.text = text.into();
    buffer.version += 1;
    let document = json!({ "uri": uri, "version": buffer.version });
    editor.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
}

/// A buffer that was closed and opened while the model worked, as by `:edit`, took the whole edit with it.
#[test]
fn an_edit_is_fitted_to_a_text_that_was_closed_and_opened_meanwhile() {
    let (agent, mut editor) = with(Mood::LateHunks(WANTED.into()), |_| {});
    let id = editor.start_request("workspace/executeCommand", named("longsight.edit", ask(URI, false)));
    editor.assert_in_step();
    editor.close(URI);
    let formatted = TEXT.replace("    2\n", "    2 // formatted\n");
    editor.open(URI, "rust", &formatted);
    editor.assert_in_step();
    agent.release();
    let report = editor.answer(&id)["result"].clone();
    assert_eq!(report["applied"], true, "{report}");
    assert_eq!(editor.buffers[URI].text, WANTED.replace("    2\n", "    2 // formatted\n"));
    editor.expect("workspace/applyEdit");
    editor.quit();
}

/// A text that was sent whole, with another first and last line, dropped every hunk between.
/// Accepting was a request that such an editor does not know: hunks were shown, and nothing could be done with them.
#[test]
fn an_editor_that_applies_no_edits_of_a_server_accepts_by_code_actions() {
    for resolves in [true, false] {
        let (_, mut editor) = with(Mood::Hunks(WANTED.into()), |params| {
            params["capabilities"]["workspace"]["applyEdit"] = json!(false);
            if !resolves {
                params["capabilities"]["textDocument"]["codeAction"]["resolveSupport"] = json!(null);
            }
        });
        let report = command(&mut editor, "longsight.edit", ask(URI, false))["result"].clone();
        assert_eq!(report["hunks"], json!([1, 2, 3]), "{report}");
        let told = message(&mut editor);
        assert!(told.contains("by its code action") && told.contains("code lenses only reject"), "{told}");
        let lenses = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": URI } }))["result"].clone();
        assert!(!lenses.to_string().contains("acceptHunk") && lenses.to_string().contains("rejectHunk"), "{lenses}");
        let accept = |editor: &mut Editor, line: u32, title: &str| {
            let place = json!({ "line": line, "character": 2 });
            let range = json!({ "start": place, "end": place });
            let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
            let listed = editor.request("textDocument/codeAction", params)["result"].clone();
            let action = listed.as_array().unwrap().iter().find(|action| action["title"].as_str().unwrap().starts_with(title));
            let action = action.unwrap_or_else(|| panic!("no “{title}” in {listed}")).clone();
            assert_eq!((action["command"].is_null(), action["edit"].is_null()), (true, resolves), "{action}");
            let action = if resolves { editor.request("codeAction/resolve", action)["result"].clone() } else { action };
            assert!(editor.apply_workspace_edit(&action["edit"]), "{action}");
            action
        };
        let action = accept(&mut editor, 4, "Accept this change: reason 2");
        assert_eq!(waiting(&mut editor), [1, 3], "what was applied does not wait");
        // For another text than the listed one it is not handed out.
        if resolves {
            let stale = json!({ "title": action["title"], "data": { "accept": { "id": 1 }, "uri": URI, "version": 1 } });
            assert!(editor.request("codeAction/resolve", stale)["error"].is_object());
        }
        let refused = accept_command(&mut editor, 1);
        assert!(refused["error"]["message"].as_str().unwrap().contains("code action"), "{refused}");
        accept(&mut editor, 0, "Accept all 2 changes");
        assert_eq!(editor.buffers[URI].text, WANTED);
        assert_eq!(waiting(&mut editor), Vec::<u64>::new());
        let dropped = editor.inbox.iter().any(|message| message.to_string().contains("is dropped"));
        assert!(!dropped, "{:?}", editor.inbox);
        editor.inbox.clear();
        editor.quit();
    }
}

/// Accepting all left those waiting that lay at one place, and accepting again doubled them; accepting one dropped the other.
#[test]
fn proposals_for_one_place_are_accepted_by_code_actions() {
    let test = |name: &str| format!("\nfn {name}() {{}}\n");
    let all = format!("{TEXT}{}{}{}", test("four"), test("five"), test("six"));
    let listed = |editor: &mut Editor, title: &str, resolves: bool| {
        let line = editor.buffers[URI].text.lines().count();
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": line, "character": 0 } });
        let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
        let actions = editor.request("textDocument/codeAction", params)["result"].clone();
        let action = actions.as_array().unwrap().iter().find(|action| action["title"].as_str().unwrap().starts_with(title));
        let action = action.unwrap_or_else(|| panic!("no “{title}” in {actions}")).clone();
        if resolves { editor.request("codeAction/resolve", action)["result"].clone() } else { action }
    };
    let started = |resolves: bool| {
        let (agent, mut editor) = with(Mood::Hunks(String::new()), |params| {
            params["capabilities"]["workspace"]["applyEdit"] = json!(false);
            if !resolves {
                params["capabilities"]["textDocument"]["codeAction"]["resolveSupport"] = json!(null);
            }
        });
        for name in ["four", "five", "six"] {
            agent.set(Mood::Hunks(format!("{TEXT}{}", test(name))));
            *agent.reason.lock().unwrap() = name.into();
            command(&mut editor, "longsight.edit", ask(URI, true));
        }
        assert_eq!(waiting(&mut editor), [1, 2, 3]);
        editor.inbox.clear();
        editor
    };
    let ways: [&[&str]; 5] = [
        &["Accept all 3"],
        &["Accept this change: five", "Accept all 2"],
        &["Accept this change: six", "Accept all 2"],
        &["Accept this change: six", "Accept this change: four", "Accept this change: five"],
        &["Accept this change: four", "Accept this change: six", "Accept this change: five"],
    ];
    for (resolves, way) in [true, false].into_iter().flat_map(|resolves| ways.map(|way| (resolves, way))) {
        let mut editor = started(resolves);
        for title in way {
            let action = listed(&mut editor, title, resolves);
            assert!(editor.apply_workspace_edit(&action["edit"]), "{action}");
        }
        assert_eq!(waiting(&mut editor), Vec::<u64>::new(), "{resolves} {way:?}");
        assert_eq!(editor.buffers[URI].text, all, "{resolves} {way:?}");
        assert!(editor.inbox.iter().all(|message| !message.to_string().contains("dropped")), "{:?}", editor.inbox);
        editor.inbox.clear();
        editor.quit();
    }
    // What was looked at and not chosen is no acceptance: somebody's own text that holds it is his.
    let mut editor = started(true);
    listed(&mut editor, "Accept all 3", true);
    editor.edit(URI, TEXT.len()..TEXT.len(), &format!("{}{}", test("mine"), test("four")));
    assert!(message(&mut editor).contains("something else was typed there"));
    assert_eq!(waiting(&mut editor), Vec::<u64>::new());
    editor.inbox.clear();
    editor.quit();
}

fn accept_command(editor: &mut Editor, id: u64) -> Value {
    command(editor, "longsight.acceptHunk", json!({ "id": id }))
}

#[test]
fn hunks_between_the_changed_lines_of_a_text_that_is_sent_whole_stay() {
    let (_, mut editor) = with(Mood::Hunks(WANTED.into()), |_| {});
    command(&mut editor, "longsight.edit", ask(URI, true));
    let formatted = |text: &str| format!("// first\n{}// last\n", text.replace("    2", "  2"));
    send_whole(&mut editor, URI, &formatted(TEXT));
    assert_eq!(waiting(&mut editor), [1, 2, 3]);
    assert_eq!(accept(&mut editor, json!({ "all": true }))["result"]["applied"], true);
    assert_eq!(editor.buffers[URI].text, formatted(WANTED));
    editor.quit();
}

/// Two tests that are proposed for the end of a file: accepting one dropped the other, for "something else was typed there".
#[test]
fn two_proposals_that_insert_at_one_place_are_accepted_one_by_one() {
    for order in [[1, 2], [2, 1]] {
        let (agent, mut editor) = with(Mood::Hunks(format!("{TEXT}\nfn four() {{}}\n")), |_| {});
        command(&mut editor, "longsight.edit", ask(URI, true));
        agent.set(Mood::Hunks(format!("{TEXT}\nfn five() {{}}\n")));
        command(&mut editor, "longsight.edit", ask(URI, true));
        for id in order {
            assert_eq!(accept(&mut editor, json!({ "id": id }))["result"]["applied"], true, "{order:?}");
        }
        assert_eq!(editor.buffers[URI].text, format!("{TEXT}\nfn four() {{}}\n\nfn five() {{}}\n"), "{order:?}");
        editor.quit();
    }
    // What the person types there is still somebody else's.
    let (_, mut editor) = with(Mood::Hunks(format!("{TEXT}\nfn four() {{}}\n")), |_| {});
    command(&mut editor, "longsight.edit", ask(URI, true));
    editor.edit(URI, TEXT.len()..TEXT.len(), "\nfn mine() {}\n");
    assert!(message(&mut editor).contains("something else was typed there"));
    editor.quit();
}

/// Neovim drops an edit for an older text and says that it applied it: the edit was gone.
#[test]
fn an_edit_that_neovim_drops_for_a_typed_key_is_asked_for_again() {
    let (_, mut editor) = with(Mood::Hunks(WANTED.into()), |params| params["clientInfo"] = json!({ "name": "Neovim" }));
    editor.friendly = false;
    let id = editor.start_request("workspace/executeCommand", named("longsight.edit", ask(URI, false)));
    let request = editor.expect("workspace/applyEdit");
    editor.edit(URI, 0..0, "// typed\n");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    let request = editor.expect("workspace/applyEdit");
    assert!(editor.apply_workspace_edit(&request["params"]["edit"]));
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    assert_eq!(editor.answer(&id)["result"]["applied"], true);
    assert_eq!(editor.buffers[URI].text, format!("// typed\n{WANTED}"));
    editor.quit();
}

/// A person who typed while VS Code's preview was open and then accepted: VS Code refuses, and the edit was gone.
#[test]
fn an_edit_that_a_preview_lost_for_a_typed_key_waits() {
    let (agent, mut editor) = with(Mood::Hunks(WANTED.into()), annotates);
    agent.risky.store(true, std::sync::atomic::Ordering::SeqCst);
    editor.friendly = false;
    let id = editor.start_request("workspace/executeCommand", named("longsight.edit", ask(URI, false)));
    let request = editor.expect("workspace/applyEdit");
    assert!(message(&mut editor).contains("it is risky"));
    editor.edit(URI, 0..0, "// typed\n");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": false } }));
    let report = editor.answer(&id)["result"].clone();
    assert_eq!((report["hunks"].clone(), report["applied"].clone()), (json!([1, 2, 3]), json!(false)), "{report}");
    assert!(message(&mut editor).contains("3 change(s)"));
    editor.friendly = true;
    assert_eq!(accept(&mut editor, json!({ "all": true }))["result"]["applied"], true);
    assert_eq!(editor.buffers[URI].text, format!("// typed\n{WANTED}"));
    editor.quit();
}

/// Why an edit deserves a second look stood in the answer of the command, which no editor shows.
#[test]
fn why_an_edit_needs_a_look_is_said_where_a_person_sees_it() {
    let risky = |change: fn(&mut Value)| {
        let (agent, editor) = with(Mood::Hunks(WANTED.into()), change);
        agent.risky.store(true, std::sync::atomic::Ordering::SeqCst);
        editor
    };
    // Where it waits: in the message, in the explanation, and for plugins.
    let mut editor = risky(|_| {});
    command(&mut editor, "longsight.edit", ask(URI, false));
    let told = message(&mut editor);
    assert!(told.contains("3 change(s) in 1 file(s)") && told.contains("a.rs") && told.contains("Look twice: it is risky"), "{told}");
    let explained = command(&mut editor, "longsight.explainHunk", json!({ "id": 2 }))["result"]["text"].to_string();
    assert!(explained.contains("Look twice: it is risky") && explained.contains("@@ -2,7 +2,7 @@"), "{explained}");
    let pending = command(&mut editor, "longsight.status", json!({}))["result"]["pending"][0].clone();
    assert_eq!(pending["warnings"], json!(["it is risky"]));
    editor.inbox.clear();
    editor.quit();
    // Where the editor asks: in what it shows at each change.
    let mut editor = risky(annotates);
    command(&mut editor, "longsight.edit", ask(URI, false));
    assert!(message(&mut editor).contains("Look twice: it is risky"));
    let edit = editor.expect("workspace/applyEdit")["params"]["edit"].clone();
    let annotations = edit["changeAnnotations"].as_object().unwrap();
    assert!(annotations.values().all(|one| one["description"].as_str().unwrap().ends_with("; it is risky")), "{edit}");
    editor.quit();
    let mut editor = risky(annotates);
    let range = ask(URI, false)["range"].clone();
    let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
    let listed = editor.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let rewrite = listed.iter().find(|action| action["kind"] == "refactor.rewrite").unwrap().clone();
    editor.request("codeAction/resolve", rewrite);
    assert!(message(&mut editor).contains("Look twice: it is risky"));
    editor.quit();
}

/// A file that is not open in the editor, with three hunks that wait.
fn closed() -> (tempfile::TempDir, std::path::PathBuf, Editor) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("a.rs");
    std::fs::write(&file, TEXT).unwrap();
    let mut editor = Editor::memory(options(Fake::new(Mood::Hunks(WANTED.into())))).start(file.parent().unwrap());
    let uri = format!("file://{}", file.display());
    assert_eq!(command(&mut editor, "longsight.edit", ask(&uri, true))["result"]["hunks"], json!([1, 2, 3]));
    (folder, file, editor)
}

/// Some editors write closed files to disk: after the first acceptance the others had "changed on disk since", by our own change.
#[test]
fn hunks_of_a_closed_file_are_accepted_one_by_one() {
    let (_folder, file, mut editor) = closed();
    editor.friendly = false;
    for id in [2, 1, 3] {
        let asked = editor.start_request("workspace/executeCommand", named("longsight.acceptHunk", json!({ "id": id })));
        let request = editor.expect("workspace/applyEdit");
        let text = longsight::text::Text::new(&std::fs::read_to_string(&file).unwrap());
        let edit = &request["params"]["edit"]["documentChanges"][0]["edits"][0];
        let mut changed = text.to_string();
        changed.replace_range(editor.bytes(&text, &edit["range"]), edit["newText"].as_str().unwrap());
        std::fs::write(&file, format!("// {id}\n{changed}")).unwrap();
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
        let answer = editor.answer(&asked);
        assert_eq!(answer["result"]["applied"], true, "{answer}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("// 3\n// 1\n// 2\n{WANTED}"));
    editor.quit();
}

/// Accepts a hunk of a file that is not open; the editor says that it did, and does nothing.
fn claim(editor: &mut Editor, id: u64) -> Value {
    editor.friendly = false;
    let asked = editor.start_request("workspace/executeCommand", named("longsight.acceptHunk", json!({ "id": id })));
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    let answer = editor.answer(&asked);
    editor.friendly = true;
    answer
}

/// `applied` was believed for files that are not open: what the editor had dropped was lost. It waits until the file is seen, and is not asked
/// for twice: the editor may have it in a buffer that it does not tell of.
#[test]
fn j6_what_the_editor_says_of_a_closed_file_is_looked_for_on_disk() {
    let (_folder, file, mut editor) = closed();
    let uri = format!("file://{}", file.display());
    let answer = claim(&mut editor, 2);
    assert_eq!(answer["result"], json!({ "accepted": 2, "applied": true, "unseen": ["a.rs"] }), "{answer}");
    let told = message(&mut editor);
    assert!(told.contains("as the editor says, but a.rs does not show it yet"), "{told}");
    assert_eq!(waiting(&mut editor), vec![1, 2, 3]);
    let again = accept(&mut editor, json!({ "id": 2 }));
    assert!(again["error"]["message"].as_str().unwrap().contains("has made this change already"), "{again}");
    // The buffer that nobody saw is written.
    std::fs::write(&file, TEXT.replace("two() -> u32", "two() -> u64")).unwrap();
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }] }));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while waiting(&mut editor) != vec![1, 3] {
        assert!(std::time::Instant::now() < until, "what is on disk by now still waits");
    }
    editor.quit();
}

#[test]
fn j6_what_the_editor_dropped_of_a_closed_file_is_accepted_once_it_is_open() {
    let (_folder, file, mut editor) = closed();
    let uri = format!("file://{}", file.display());
    assert_eq!(claim(&mut editor, 2)["result"]["unseen"], json!(["a.rs"]));
    message(&mut editor);
    editor.open(&uri, "rust", TEXT);
    let answer = accept(&mut editor, json!({ "all": true }));
    assert_eq!(answer["result"], json!({ "accepted": [1, 2, 3], "applied": true }), "{answer}");
    assert_eq!(editor.buffers[&uri].text, WANTED);
    editor.quit();
}

/// As Neovim and VS Code do it: the file is opened, and then changed.
#[test]
fn an_edit_of_a_closed_file_that_the_editor_opens_for_it_is_seen() {
    let (_folder, file, mut editor) = closed();
    let uri = format!("file://{}", file.display());
    editor.friendly = false;
    let asked = editor.start_request("workspace/executeCommand", named("longsight.acceptHunk", json!({ "all": true })));
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    editor.open(&uri, "rust", WANTED);
    let answer = editor.answer(&asked);
    assert_eq!(answer["result"], json!({ "accepted": [1, 2, 3], "applied": true }), "{answer}");
    assert!(waiting(&mut editor).is_empty());
    editor.quit();
}

fn reviews(params: &mut Value) {
    params["initializationOptions"] = json!({ "reviews": true });
}

/// How often the hunks of a document were drawn since the last time, and what is drawn now.
fn drawn(editor: &mut Editor) -> (usize, Value) {
    editor.assert_in_step();
    let (hunks, others): (Vec<_>, Vec<_>) = editor.inbox.drain(..).partition(|message| message["method"] == "longsight/hunks");
    editor.inbox.extend(others);
    (hunks.len(), hunks.last().map_or(Value::Null, |last| last["params"]["hunks"].clone()))
}

/// What the editor said that it had done was drawn as any other change, and again as what it claims.
#[test]
fn what_is_not_seen_of_a_closed_file_is_drawn_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("a.rs");
    std::fs::write(&file, TEXT).unwrap();
    let mut params = initialize_params(file.parent().unwrap());
    reviews(&mut params);
    let mut editor = Editor::memory(options(Fake::new(Mood::Hunks(WANTED.into()))));
    editor.initialize(params);
    editor.friendly = false;
    let uri = format!("file://{}", file.display());
    let asked = editor.start_request("workspace/executeCommand", named("longsight.edit", ask(&uri, false)));
    let request = editor.expect("workspace/applyEdit");
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    let report = editor.answer(&asked)["result"].clone();
    assert_eq!((report["unseen"].clone(), report["hunks"].clone()), (json!(["a.rs"]), json!([1, 2, 3])), "{report}");
    let (times, hunks) = drawn(&mut editor);
    assert_eq!(times, 1, "{hunks}");
    assert!(hunks[2]["warnings"].to_string().contains("has made this change"), "{hunks}");
    message(&mut editor);
    editor.quit();
}

/// A hunk that did not arrive was put back and drawn, and drawn again.
#[test]
fn a_hunk_that_does_not_arrive_is_drawn_once_as_it_waits_again() {
    let (_, mut editor) = with(Mood::Hunks(WANTED.into()), reviews);
    command(&mut editor, "longsight.edit", ask(URI, true));
    assert_eq!(drawn(&mut editor).0, 1);
    let answer = claim(&mut editor, 2);
    assert!(answer["error"]["message"].as_str().unwrap().contains("the change still waits"), "{answer}");
    let (times, hunks) = drawn(&mut editor);
    assert_eq!((times, hunks.as_array().unwrap().len()), (1, 3), "{hunks}");
    editor.quit();
}

/// Hunks of a closed file that another program changed were stuck, and with them "accept all" of every file.
#[test]
fn hunks_of_a_closed_file_follow_the_disk_or_go_with_a_word() {
    let (_folder, file, mut editor) = closed();
    let uri = format!("file://{}", file.display());
    std::fs::write(&file, format!("// new\n{}", TEXT.replace("two() -> u32", "two() -> i8"))).unwrap();
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }] }));
    let told = message(&mut editor);
    assert!(told.contains("a.rs:5 is dropped: the text there has changed since"), "{told}");
    let pending = command(&mut editor, "longsight.status", json!({}))["result"]["pending"].clone();
    assert_eq!((pending[0]["range"]["start"]["line"].clone(), waiting(&mut editor)), (json!(1), vec![1, 3]), "{pending}");
    std::fs::remove_file(&file).unwrap();
    let refused = accept(&mut editor, json!({ "all": true }));
    assert!(refused["error"]["message"].as_str().unwrap().contains("no change that waits"), "{refused}");
    let told = message(&mut editor);
    assert!(told.contains("2 proposed changes in a.rs are dropped: the file is gone"), "{told}");
    assert!(waiting(&mut editor).is_empty());
    editor.quit();
}

/// A scripted coder renames a function and its calls in two files, which are both open.
fn two_files() -> (Refactor, Editor, [String; 2]) {
    let refactor = Refactor::new();
    let uris = ["src/area.rs", "src/square.rs"].map(|name| format!("file://{}/{name}", refactor.root().display()));
    let mut editor = Editor::binary(|command| {
        command.arg("--config").arg(refactor.config()).env("XDG_CACHE_HOME", refactor.folder.path().join("cache"));
    });
    editor.initialize(initialize_params(&refactor.root()));
    editor.open(&uris[0], "rust", AREA);
    editor.open(&uris[1], "rust", SQUARE);
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 1 } });
    let wanted = json!({ "uri": uris[0], "range": range, "instruction": "rename `area` to `surface` with its callers, step by step" });
    command(&mut editor, "longsight.edit", wanted);
    assert!(message(&mut editor).contains("3 change(s) in 2 file(s)"));
    (refactor, editor, uris)
}

/// Of two files one was dropped by Neovim: the other was asked for again, and its hunks called lost.
#[test]
fn of_two_files_only_the_one_that_was_dropped_is_asked_for_again() {
    let (_refactor, mut editor, [area, square]) = two_files();
    editor.friendly = false;
    let id = editor.start_request("workspace/executeCommand", named("longsight.acceptHunk", json!({ "all": true })));
    let request = editor.expect("workspace/applyEdit");
    editor.edit(&area, 0..0, "// typed\n");
    for (asked_for, applied) in [(request, &square), (Value::Null, &area)] {
        let request = if asked_for.is_null() { editor.expect("workspace/applyEdit") } else { asked_for };
        let mut edit = request["params"]["edit"].clone();
        let changes = edit["documentChanges"].as_array_mut().unwrap();
        changes.retain(|change| change["textDocument"]["uri"] == json!(applied));
        assert!(editor.apply_workspace_edit(&edit), "{request}");
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    }
    let answer = editor.answer(&id);
    assert_eq!(answer["result"]["applied"], true, "{answer}");
    assert_eq!(editor.buffers[&area].text, format!("// typed\n{}", AREA.replace("area", "surface")));
    assert_eq!(editor.buffers[&square].text, SQUARE.replace("area::area;", "area::surface;").replace("    area(", "    surface("));
    editor.quit();
}

fn renamed(editor: &mut Editor, old: &str, new: &str) {
    editor.notify("workspace/didRenameFiles", json!({ "files": [{ "oldUri": old, "newUri": new }] }));
}

fn places(editor: &mut Editor) -> Vec<String> {
    let status = command(editor, "longsight.status", json!({}));
    status["result"]["pending"].as_array().unwrap().iter().map(|hunk| hunk["uri"].as_str().unwrap().to_string()).collect()
}

/// Hunks stayed with the old name of a file that was renamed, where another might be made.
#[test]
fn hunks_follow_a_file_that_is_renamed() {
    let renames =
        [(URI, URI, "file:///w/b.rs", "file:///w/b.rs"), ("file:///w/src/a.rs", "file:///w/src", "file:///w/lib", "file:///w/lib/a.rs")];
    for (file, old_name, new_name, place) in renames {
        for opened_first in [true, false] {
            let (_agent, mut editor) = with(Mood::Hunks(WANTED.into()), |_| {});
            if file != URI {
                editor.close(URI);
                editor.open(file, "rust", TEXT);
            }
            command(&mut editor, "longsight.edit", ask(file, true));
            editor.inbox.clear();
            editor.close(file);
            if !opened_first {
                renamed(&mut editor, old_name, new_name);
            }
            editor.open(place, "rust", &format!("// above\n{TEXT}"));
            if opened_first {
                renamed(&mut editor, old_name, new_name);
            }
            assert_eq!(places(&mut editor), [place; 3]);
            // Another file takes the old name: it is none of theirs.
            editor.open(file, "rust", TEXT);
            let accepted = accept(&mut editor, json!({ "all": true }));
            assert_eq!(accepted["result"]["applied"], true, "{accepted}");
            assert_eq!((editor.buffers[place].text.clone(), editor.buffers[file].text.as_str()), (format!("// above\n{WANTED}"), TEXT));
            editor.inbox.clear();
            editor.quit();
        }
    }
}

/// An editor that tells nothing of names closes the one and opens the other.
#[test]
fn hunks_of_a_file_that_is_gone_follow_to_where_its_text_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let [old, new] = ["a.rs", "b.rs"].map(|name| root.join(name));
    std::fs::write(&old, TEXT).unwrap();
    let uri = |path: &std::path::Path| format!("file://{}", path.display());
    for is_same in [true, false] {
        std::fs::write(&old, TEXT).unwrap();
        let mut editor = Editor::memory(options(Fake::new(Mood::Hunks(WANTED.into()))));
        editor.initialize(initialize_params(&root));
        editor.open(&uri(&old), "rust", TEXT);
        command(&mut editor, "longsight.edit", ask(&uri(&old), true));
        editor.inbox.clear();
        editor.close(&uri(&old));
        std::fs::rename(&old, &new).unwrap();
        editor.open(&uri(&new), "rust", &if is_same { TEXT.to_string() } else { TEXT.replace("three", "four") });
        editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri(&old), "type": 3 }] }));
        let wanted = if is_same { vec![uri(&new); 3] } else { vec![] };
        let since = std::time::Instant::now();
        while places(&mut editor) != wanted {
            assert!(since.elapsed().as_secs() < 20, "{:?}", places(&mut editor));
        }
        if !is_same {
            assert!(message(&mut editor).contains("the file is gone"));
        }
        editor.inbox.clear();
        editor.quit();
    }
}
