//! What waits for a decision while the lines around it are replaced, its file is opened, and files take each other's names.
use std::path::Path;

use serde_json::{Value, json};

use crate::review::{TEXT, URI, WANTED, with};
use crate::support::agent::Mood;
use crate::support::coder::Coder;
use crate::support::editor::{Editor, initialize_params};

fn named(name: &str, argument: Value) -> Value {
    json!({ "command": name, "arguments": [argument] })
}

fn command(editor: &mut Editor, name: &str, argument: Value) -> Value {
    editor.request("workspace/executeCommand", named(name, argument))
}

fn asked(uri: &str, review: bool) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    json!({ "uri": uri, "range": range, "instruction": "change it with its callers, step by step", "review": review })
}

fn pending(editor: &mut Editor) -> Vec<Value> {
    command(editor, "longsight.status", json!({}))["result"]["pending"].as_array().unwrap().clone()
}

fn accept_all(editor: &mut Editor) -> Value {
    let answer = command(editor, "longsight.acceptHunk", json!({ "all": true }));
    editor.inbox.retain(|message| message["method"] != "workspace/applyEdit");
    answer
}

/// An editor of a folder with these files, and a coder that proposes these edits, task by task.
fn served(files: &[(&str, &str)], tasks: Vec<Value>) -> (tempfile::TempDir, Coder, Editor) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repo");
    for (name, text) in files.iter().chain(&[(".git/HEAD", "")]) {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let coder = Coder::proposing_in_turn(tasks);
    let config = coder.config(folder.path());
    let mut editor = Editor::binary(|command| {
        command.arg("--config").arg(config).env("XDG_CACHE_HOME", folder.path().join("cache"));
    });
    let mut params = initialize_params(&root);
    params["capabilities"]["workspace"]["workspaceEdit"]["resourceOperations"] = json!(["create"]);
    params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
    editor.initialize(params);
    (folder, coder, editor)
}

fn uri(folder: &Path, name: &str) -> String {
    format!("file://{}/repo/{name}", folder.display())
}

/// The changes that put `new` in the place of everything, as editors and formatters send it.
fn whole(kind: &str, lines: usize, new: &str) -> Value {
    let start = json!({ "line": 0, "character": 0 });
    let all = json!({ "start": start, "end": { "line": lines, "character": 0 } });
    match kind {
        "range" => json!([{ "range": all, "text": new }]),
        _ => json!([{ "range": all, "text": "" }, { "range": { "start": start, "end": start }, "text": new }]),
    }
}

fn send(editor: &mut Editor, changes: Value, now: &str) {
    let buffer = editor.buffers.get_mut(URI).unwrap();
    buffer.text = now.into();
    buffer.version += 1;
    let document = json!({ "uri": URI, "version": buffer.version });
    editor.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
}

/// A formatter that sorted the first lines and sent all of a short file as one range took every waiting hunk with it, and ended the edit
/// that was being worked out.
#[test]
fn a_formatter_that_sends_a_range_with_everything_in_it_takes_no_hunk_along() {
    let formatted = |text: &str| format!("// sorted\n{}// end\n", text.replace("    2\n", "    2 // two\n"));
    for kind in ["range", "deleted and inserted"] {
        for is_running in [false, true] {
            let mood = if is_running { Mood::LateHunks(WANTED.into()) } else { Mood::Hunks(WANTED.into()) };
            let (agent, mut editor) = with(mood, |_| {});
            let id = editor.start_request("workspace/executeCommand", named("longsight.edit", asked(URI, true)));
            if !is_running {
                editor.answer(&id);
            } else {
                editor.assert_in_step();
            }
            let now = formatted(TEXT);
            send(&mut editor, whole(kind, TEXT.lines().count(), &now), &now);
            editor.assert_in_step();
            if is_running {
                agent.release();
                editor.answer(&id);
            }
            assert_eq!(pending(&mut editor).len(), 3, "{kind}, running: {is_running}: {:?}", editor.inbox);
            accept_all(&mut editor);
            assert_eq!(editor.buffers[URI].text, formatted(WANTED), "{kind}, running: {is_running}");
            editor.inbox.clear();
            editor.quit();
        }
    }
}

/// A hunk in the first line of a file with a byte order mark was dropped when the person opened the file: no editor shows the mark.
#[test]
fn a_hunk_in_the_first_line_of_a_file_with_a_byte_order_mark_is_there_when_the_file_is_opened() {
    let edits = [("alpha = 1\n", ""), ("alpha = 1", ""), ("alpha = 1", "new = 0\nalpha = 1"), ("alpha = 1", "beta = 1")];
    for (old, new) in edits {
        for is_opened in [true, false] {
            let text = "alpha = 1\nlast = 2\n";
            let task = json!([{ "path": "a.py", "old": old, "new": new, "reason": "why" }]);
            let (folder, _coder, mut editor) = served(&[("a.py", &format!("\u{feff}{text}")), ("z.py", "z = 1\n")], vec![task]);
            let (file, other) = (uri(folder.path(), "a.py"), uri(folder.path(), "z.py"));
            editor.open(&other, "python", "z = 1\n");
            let report = command(&mut editor, "longsight.edit", asked(&other, true));
            assert_eq!(pending(&mut editor).len(), 1, "{report}");
            if is_opened {
                editor.open(&file, "python", text);
            }
            assert_eq!(pending(&mut editor).len(), 1, "{old:?} {new:?}: {:?}", editor.inbox);
            assert_eq!(pending(&mut editor)[0]["range"]["start"], json!({ "line": 0, "character": 0 }));
            if !is_opened {
                // The fake editor applies edits to buffers.
                editor.open(&file, "python", text);
            }
            let accepted = accept_all(&mut editor);
            assert_eq!(accepted["result"]["applied"], true, "{accepted}");
            let wanted = if new.is_empty() { "last = 2\n".to_string() } else { text.replace(old, new) };
            assert_eq!(editor.buffers[&file].text, wanted, "{old:?} {new:?}");
            editor.inbox.clear();
            editor.quit();
        }
    }
}

/// A hunk that deletes the first line behind a byte order mark was drawn two lines wide: with the next line, or an empty one in its place.
#[test]
fn a_hunk_that_deletes_the_first_line_behind_a_byte_order_mark_is_that_line_alone() {
    for shows_mark in [false, true] {
        let task = json!([{ "path": "a.py", "old": "alpha = 1\n", "new": "", "reason": "why" }]);
        let marked = "\u{feff}alpha = 1\nlast = 2\n";
        let (folder, _coder, mut editor) = served(&[("a.py", marked), ("z.py", "z = 1\n")], vec![task]);
        let (file, other) = (uri(folder.path(), "a.py"), uri(folder.path(), "z.py"));
        editor.open(&other, "python", "z = 1\n");
        if shows_mark {
            editor.open(&file, "python", marked);
        }
        command(&mut editor, "longsight.edit", asked(&other, true));
        let hunks = pending(&mut editor);
        assert_eq!((&hunks[0]["old"], &hunks[0]["new"], hunks.len()), (&json!("alpha = 1\n"), &json!(""), 1), "{shows_mark}: {hunks:?}");
        assert_eq!(hunks[0]["range"]["end"], json!({ "line": 1, "character": 0 }));
        if !shows_mark {
            editor.open(&file, "python", &marked[3..]);
        }
        accept_all(&mut editor);
        assert_eq!(editor.buffers[&file].text.trim_start_matches('\u{feff}'), "last = 2\n", "{shows_mark}");
        editor.inbox.clear();
        editor.quit();
    }
}

/// Two proposals for one new file were written one behind the other when all was accepted.
#[test]
fn two_proposals_for_one_new_file_are_not_written_one_behind_the_other() {
    let task = |text: &str| json!([{ "path": "new.py", "old": "", "new": text, "reason": text }]);
    let (folder, _coder, mut editor) = served(&[("z.py", "z = 1\n")], vec![task("one = 1\n"), task("two = 2\n"), task("one = 1\n")]);
    let other = uri(folder.path(), "z.py");
    editor.open(&other, "python", "z = 1\n");
    for _ in 0..2 {
        command(&mut editor, "longsight.edit", asked(&other, true));
    }
    assert_eq!(pending(&mut editor).len(), 2, "{:?}", editor.inbox);
    let refused = accept_all(&mut editor);
    assert!(refused["error"]["message"].as_str().unwrap_or_default().contains("by itself first"), "{refused}");
    assert_eq!(pending(&mut editor).len(), 2);
    // The same text twice is no contradiction.
    command(&mut editor, "longsight.edit", asked(&other, true));
    let second = pending(&mut editor)[1]["id"].clone();
    command(&mut editor, "longsight.rejectHunk", json!({ "id": second }));
    // The fake editor makes no files: what counts is what it is asked for.
    command(&mut editor, "longsight.acceptHunk", json!({ "all": true }));
    let edit = editor.expect("workspace/applyEdit")["params"]["edit"].to_string();
    assert_eq!((edit.matches("one = 1").count(), edit.contains("two")), (1, false), "{edit}");
    editor.inbox.clear();
    editor.quit();
}

/// Where one file took the name that another left in the same notification, the hunks of the first ended up in the second.
#[test]
fn hunks_stay_with_their_file_where_names_are_passed_on_or_swapped() {
    let b = "file:///w/b.rs";
    let other = |text: &str| format!("// other\n{}", text.replace("one", "uno"));
    for last in ["file:///w/c.rs", URI] {
        let (agent, mut editor) = with(Mood::Hunks(WANTED.into()), |_| {});
        command(&mut editor, "longsight.edit", asked(URI, true));
        editor.open(b, "rust", &other(TEXT));
        agent.set(Mood::Hunks(other(WANTED)));
        command(&mut editor, "longsight.edit", asked(b, true));
        assert_eq!(pending(&mut editor).len(), 6);
        editor.close(URI);
        editor.close(b);
        let rename = |old: &str, new: &str| json!({ "oldUri": old, "newUri": new });
        editor.notify("workspace/didRenameFiles", json!({ "files": [rename(b, last), rename(URI, b)] }));
        editor.open(b, "rust", TEXT);
        editor.open(last, "rust", &other(TEXT));
        assert_eq!(pending(&mut editor).len(), 6, "{:?}", editor.inbox);
        accept_all(&mut editor);
        assert_eq!((editor.buffers[b].text.as_str(), editor.buffers[last].text.clone()), (WANTED, other(WANTED)), "{last}");
        editor.inbox.clear();
        editor.quit();
    }
}

/// The editor asked about each change of a new file, and not about the file.
#[test]
fn a_file_that_is_created_is_asked_about_like_its_text() {
    let task = json!([{ "path": "new.py", "old": "", "new": "one = 1\n", "reason": "why" }]);
    let (folder, _coder, mut editor) = served(&[("z.py", "z = 1\n")], vec![task]);
    let other = uri(folder.path(), "z.py");
    editor.open(&other, "python", "z = 1\n");
    editor.friendly = false;
    let id = editor.start_request("workspace/executeCommand", named("longsight.edit", asked(&other, false)));
    let request = loop {
        let request = editor.inbox.iter().find(|message| message["method"] == "workspace/applyEdit").cloned();
        if let Some(request) = request {
            break request;
        }
        for asked in std::mem::take(&mut editor.inbox) {
            if !asked["id"].is_null() {
                editor.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }));
            }
        }
        editor.pump(std::time::Duration::from_millis(100));
    };
    let edit = &request["params"]["edit"];
    let create = &edit["documentChanges"][0];
    assert_eq!(
        (&create["kind"], &edit["changeAnnotations"][create["annotationId"].as_str().unwrap()]["needsConfirmation"]),
        (&json!("create"), &json!(true)),
        "{edit}"
    );
    assert_ne!(create["annotationId"], edit["documentChanges"][1]["edits"][0]["annotationId"]);
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": false } }));
    editor.answer(&id);
    editor.inbox.clear();
    editor.quit();
}

/// An insertion into a closed file that the editor had made in memory was offered again when the file was opened with a change above it.
#[test]
fn an_insertion_that_stands_there_when_the_file_is_opened_is_not_offered_again() {
    let text = "alpha = 1\nbeta = 2\ngamma = 3\n";
    let task = json!([{ "path": "b.py", "old": "beta = 2", "new": "beta = 2\nnew = 1", "reason": "why" }]);
    for is_made in [true, false] {
        let (folder, _coder, mut editor) = served(&[("b.py", text), ("z.py", "z = 1\n")], vec![task.clone()]);
        let (file, other) = (uri(folder.path(), "b.py"), uri(folder.path(), "z.py"));
        editor.open(&other, "python", "z = 1\n");
        command(&mut editor, "longsight.edit", asked(&other, true));
        assert_eq!(pending(&mut editor).len(), 1, "{:?}", editor.inbox);
        editor.friendly = false;
        let id = editor.start_request("workspace/executeCommand", named("longsight.acceptHunk", json!({ "all": true })));
        let request = editor.expect("workspace/applyEdit");
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
        editor.answer(&id);
        editor.friendly = true;
        assert_eq!(pending(&mut editor).len(), 1, "nothing shows it");
        let now = if is_made { text.replace("beta = 2\n", "beta  = 2\nnew = 1\n") } else { text.replace("beta =", "beta  =") };
        editor.open(&file, "python", &format!("# top\n{now}"));
        assert_eq!(pending(&mut editor).len(), usize::from(!is_made), "{:?}", editor.inbox);
        editor.inbox.clear();
        editor.quit();
    }
}

/// Waits until the hunks are where they are to be.
fn await_places(editor: &mut Editor, wanted: &[&str]) {
    let since = std::time::Instant::now();
    loop {
        let places = pending(editor);
        if places.iter().map(|hunk| hunk["uri"].as_str().unwrap()).eq(wanted.iter().copied()) {
            return;
        }
        assert!(since.elapsed().as_secs() < 20, "{places:?} instead of {wanted:?}: {:?}", editor.inbox);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

const LINES: &str = "alpha = 1\nbeta = 2\ngamma = 3\n";

/// An editor with hunks in two places of the closed file `old/a.py`, whose text `copy.py` has as well from before.
fn with_closed_hunks(text: &str) -> (tempfile::TempDir, Coder, Editor) {
    let hunk = |old: &str, new: &str| json!({ "path": "old/a.py", "old": old, "new": new, "reason": "why" });
    let task = json!([hunk("alpha = 1", "alpha = 10"), hunk("gamma = 3", "gamma = 30")]);
    let files = [("old/a.py", text), ("copy.py", text), ("z.py", "z = 1\n")];
    let (folder, coder, mut editor) = served(&files, vec![task]);
    // The copy is older than the hunks by more than the clock of the file system is off.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let other = uri(folder.path(), "z.py");
    editor.open(&other, "python", "z = 1\n");
    let report = command(&mut editor, "longsight.edit", asked(&other, true));
    assert_eq!(pending(&mut editor).len(), 2, "{report}");
    editor.inbox.clear();
    (folder, coder, editor)
}

fn watched(editor: &mut Editor, events: &[(&str, u8)]) {
    let changes: Vec<Value> = events.iter().map(|(uri, kind)| json!({ "uri": uri, "type": kind })).collect();
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
}

/// A closed file that was moved in a terminal lost its hunks: the editor told only that it was gone, and that another had come.
#[test]
fn hunks_follow_a_closed_file_that_was_moved_in_a_terminal() {
    let marked = format!("\u{feff}{LINES}");
    let moves = [("old/a.py", "b.py", "b.py"), ("old", "new", "new/a.py")];
    for (from, to, place) in moves {
        for (text, told) in [(LINES, "events"), (LINES, "opened"), (LINES, "accepted"), (&marked, "events")] {
            let (folder, _coder, mut editor) = with_closed_hunks(text);
            let root = folder.path().join("repo");
            let now = uri(folder.path(), place);
            std::fs::rename(root.join(from), root.join(to)).unwrap();
            match told {
                "events" => watched(&mut editor, &[(&uri(folder.path(), from), 3), (&uri(folder.path(), to), 1)]),
                // Nobody tells of the move.
                "opened" => editor.open(&now, "python", LINES),
                _ => drop(command(&mut editor, "longsight.acceptHunk", json!({ "uri": "file:///none", "all": true }))),
            }
            await_places(&mut editor, &[&now, &now]);
            if told != "opened" {
                editor.open(&now, "python", LINES);
            }
            let accepted = accept_all(&mut editor);
            assert_eq!(accepted["result"]["applied"], true, "{from} {told}: {accepted} {:?}", editor.inbox);
            assert_eq!(editor.buffers[&now].text, "alpha = 10\nbeta = 2\ngamma = 30\n", "{from} {told}");
            editor.inbox.clear();
            editor.quit();
        }
    }
}

/// Where it is not certain that a file is the one that is gone, the person is told what was dropped and why.
#[test]
fn hunks_of_a_file_that_is_gone_go_to_no_copy_and_to_no_other_text() {
    let changed = LINES.replace("beta = 2", "beta = 3");
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[], "no file that has come since has the text"),
        (&[("b.py", &changed)], "no file that has come since has the text"),
        (&[("b.py", LINES), ("c.py", LINES)], "several files that have come since have the text"),
    ];
    for (come, why) in cases {
        let (folder, _coder, mut editor) = with_closed_hunks(LINES);
        let root = folder.path().join("repo");
        std::fs::remove_file(root.join("old/a.py")).unwrap();
        come.iter().for_each(|(name, text)| std::fs::write(root.join(name), text).unwrap());
        watched(&mut editor, &[(&uri(folder.path(), "old/a.py"), 3)]);
        await_places(&mut editor, &[]);
        let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
        assert!(told.contains("2 proposed changes in a.py are dropped: the file is gone") && told.contains(why), "{told}");
        editor.inbox.clear();
        editor.quit();
    }
}

/// `git checkout` removes a file and writes it again, and an editor may tell of the first alone: the hunks were dropped with a message.
#[test]
fn hunks_wait_for_a_closed_file_that_is_removed_and_written_again() {
    let later = format!("# new\n{LINES}");
    for (text, first) in [(LINES, ""), (LINES, "alpha = 1\n"), (LINES, LINES), (&later, "")] {
        let (folder, _coder, mut editor) = with_closed_hunks(LINES);
        let (file, place) = (folder.path().join("repo/old/a.py"), uri(folder.path(), "old/a.py"));
        std::fs::remove_file(&file).unwrap();
        watched(&mut editor, &[(&place, 3)]);
        std::thread::sleep(std::time::Duration::from_millis(200));
        // Whoever looks now finds the beginning of it.
        std::fs::write(&file, first).unwrap();
        watched(&mut editor, &[(&place, 1)]);
        assert_eq!(pending(&mut editor).len(), 2, "{:?}", editor.inbox);
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::fs::write(&file, text).unwrap();
        watched(&mut editor, &[(&place, 2)]);
        let line = if text == LINES { 0 } else { 1 };
        let since = std::time::Instant::now();
        while pending(&mut editor).first().map(|hunk| hunk["range"]["start"]["line"].clone()) != Some(json!(line)) {
            assert!(since.elapsed().as_secs() < 20, "{:?} {:?}", pending(&mut editor), editor.inbox);
        }
        std::thread::sleep(std::time::Duration::from_millis(1700));
        assert_eq!(pending(&mut editor).len(), 2, "{text:?} {first:?}: {:?}", editor.inbox);
        editor.open(&place, "python", text);
        accept_all(&mut editor);
        assert_eq!(editor.buffers[&place].text, text.replace("alpha = 1", "alpha = 10").replace("gamma = 3", "gamma = 30"));
        editor.inbox.clear();
        editor.quit();
    }
}
