//! The folders and files of a workspace while people work in it: added, removed, renamed, ignored, unreadable, unsaved. The real features
//! behind the fake editor; what the index holds is seen through a preview.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::editor::{Editor, initialize_params};
use crate::support::files;
use crate::support::real::{self, command, folder_at, indexed, until, uri};

/// A folder with these files, by its real name.
fn place(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    files.iter().for_each(|(path, text)| drop(files::write(&root, path, text)));
    (folder, root)
}

/// A home that is a link, `/tmp` on a Mac: places and edits named files by another name than the editor's own, which opened them twice.
#[cfg(unix)]
#[test]
fn b13_files_of_a_workspace_behind_a_link_keep_the_name_that_the_editor_has_for_them() {
    use longsight::workspace::{Document, Documents, Roots, Snapshot};
    let (_folder, root) = place(&[("real/src/a.rs", "fn a() {}\n"), ("real/src/b.rs", "fn b() {}\n")]);
    let link = root.join("link");
    std::os::unix::fs::symlink(root.join("real"), &link).unwrap();
    let roots = std::sync::Arc::new(Roots::new([link.clone()]));
    let path = |name: &str| roots.resolve(name).unwrap();
    assert_eq!(path("src/a.rs").absolute(), root.join("real/src/a.rs"));
    assert_eq!(path("src/a.rs").uri(), format!("file://{}/src/a.rs", link.display()));
    // An open document has the name by which it was opened.
    let own = format!("file://{}/real/src/b.rs", root.display());
    let text = longsight::text::Text::new("fn b() {}\n");
    let open = Document { uri: own.clone(), ..Document::on_disk(path("src/b.rs"), text) };
    let mut documents = Documents::default();
    documents.insert(open);
    let snapshot = Snapshot::new(roots.clone(), documents);
    assert_eq!(snapshot.uri_of(&path("src/b.rs")), own);
    assert!(snapshot.uri_of(&path("src/a.rs")).contains("/link/"));
    // By whichever name they are opened, they are the same folder.
    assert_eq!(*roots, Roots::new([root.join("real")]));
}

fn names(editor: &mut Editor) -> Vec<String> {
    indexed(editor).into_keys().collect()
}

/// What an editor tells of files: created, changed or deleted.
fn watched(editor: &mut Editor, files: &[(&Path, u8)]) {
    let changes: Vec<Value> = files.iter().map(|(path, kind)| json!({ "uri": uri(path), "type": kind })).collect();
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
}

fn folders(editor: &mut Editor, added: &[Value], removed: &[Value]) {
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": added, "removed": removed } }));
}

fn leave(mut editor: Editor) {
    editor.inbox.retain(|message| message["method"] != "client/registerCapability");
    editor.quit();
}

#[test]
fn two_folders_of_one_name_are_told_apart_and_one_that_is_closed_is_gone() {
    let (_folder, root) = place(&[("one/app/a.rs", "fn a() {}\n"), ("two/app/b.rs", "fn b() {}\n")]);
    let (one, two) = (root.join("one/app"), root.join("two/app"));
    let (mut editor, _) = real::editor(&[&one, &two], &[]);
    assert_eq!(names(&mut editor), ["app-2/b.rs", "app/a.rs"]);
    // Some editors write a slash at the end, some do not.
    let slashed = json!({ "uri": format!("{}/", uri(&two)), "name": "app" });
    folders(&mut editor, &[], &[slashed]);
    until(&mut editor, "one folder", |files| files.keys().eq(["a.rs"]));
    folders(&mut editor, &[folder_at(&two)], &[]);
    until(&mut editor, "two folders again", |files| files.keys().eq(["app-2/b.rs", "app/a.rs"]));
    // The same folder once more, in other letters, is no third one.
    folders(&mut editor, &[json!({ "uri": format!("{}/", uri(&one)), "name": "again" })], &[]);
    let status = command(&mut editor, "longsight.status", json!({}));
    assert_eq!(status["result"]["roots"].as_array().unwrap().len(), 2, "{status}");
    leave(editor);
}

#[test]
fn folders_come_and_go_while_they_are_indexed() {
    let (_folder, root) = place(&[]);
    for number in 0..300 {
        files::write(&root, &format!("old/f{number}.rs"), format!("fn old_{number}() {{}}\n"));
        files::write(&root, &format!("new/f{number}.rs"), format!("fn new_{number}() {{}}\n"));
    }
    let (old, new) = (root.join("old"), root.join("new"));
    let (mut editor, _) = real::editor(&[&old], &[]);
    for _ in 0..3 {
        folders(&mut editor, &[folder_at(&new)], &[folder_at(&old)]);
        folders(&mut editor, &[folder_at(&old)], &[folder_at(&new)]);
    }
    folders(&mut editor, &[folder_at(&new)], &[folder_at(&old)]);
    until(&mut editor, "the last folder alone", |files| files.len() == 300 && files.values().all(|text| text.contains("new_")));
    leave(editor);
}

#[test]
fn leaving_while_the_workspace_is_indexed_is_quick_and_clean() {
    let (_folder, root) = place(&[]);
    let body = "fn work(a: u32) -> u32 {\n    a + 1\n}\n".repeat(200);
    (0..400).for_each(|number| drop(files::write(&root, &format!("d{}/f{number}.rs", number % 20), &body)));
    for _ in 0..3 {
        let (editor, _) = real::editor(&[&root], &[]);
        leave(editor);
    }
}

#[test]
fn a_file_that_is_renamed_in_the_editor_has_its_new_name_alone() {
    let (_folder, root) = place(&[("src/old.rs", "fn kept() {}\n"), ("src/b.rs", "fn b() {}\n")]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    let (old, new) = (root.join("src/old.rs"), root.join("src/new.rs"));
    editor.open(&uri(&old), "rust", "fn kept() {}\n");
    let end = editor.buffers[&uri(&old)].text.len();
    editor.edit(&uri(&old), end..end, "fn unsaved() {}\n");
    until(&mut editor, "the unsaved text", |files| files["src/old.rs"].contains("unsaved"));
    // VS Code renames on disk, closes the one and opens the other with the unsaved text, and tells of both.
    std::fs::rename(&old, &new).unwrap();
    let text = editor.buffers[&uri(&old)].text.clone();
    editor.close(&uri(&old));
    editor.open(&uri(&new), "rust", &text);
    watched(&mut editor, &[(&old, 3), (&new, 1)]);
    until(&mut editor, "the new name", |files| files.keys().eq(["src/b.rs", "src/new.rs"]) && files["src/new.rs"].contains("unsaved"));
    editor.assert_in_step();
    editor.close(&uri(&new));
    until(&mut editor, "what is on disk", |files| files["src/new.rs"] == "fn kept() {}\n");
    leave(editor);
}

#[test]
fn a_folder_that_is_renamed_or_deleted_takes_its_files_along() {
    let (_folder, root) = place(&[("src/deep/a.rs", "fn a() {}\n"), ("src/deep/er/b.rs", "fn b() {}\n"), ("c.rs", "fn c() {}\n")]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    assert_eq!(names(&mut editor), ["c.rs", "src/deep/a.rs", "src/deep/er/b.rs"]);
    // Only the folders are told of.
    std::fs::rename(root.join("src/deep"), root.join("src/moved")).unwrap();
    watched(&mut editor, &[(&root.join("src/deep"), 3), (&root.join("src/moved"), 1)]);
    until(&mut editor, "the moved files", |files| files.keys().eq(["c.rs", "src/moved/a.rs", "src/moved/er/b.rs"]));
    std::fs::remove_dir_all(root.join("src")).unwrap();
    watched(&mut editor, &[(&root.join("src"), 3)]);
    until(&mut editor, "what is left", |files| files.keys().eq(["c.rs"]));
    leave(editor);
}

/// An editor that watches nothing for us: we do.
#[test]
fn changes_on_disk_are_seen_without_the_editors_help() {
    let (_folder, root) = place(&[("a.rs", "fn a() {}\n")]);
    let (_, options) = real::server(vec![]);
    let mut editor = Editor::memory(options);
    let mut params = initialize_params(&root);
    params["capabilities"] = json!({});
    editor.initialize(params);
    assert_eq!(names(&mut editor), ["a.rs"]);
    files::write(&root, "b.rs", "fn b() {}\n");
    until(&mut editor, "the new file", |files| files.contains_key("b.rs"));
    files::write(&root, "sub/c.rs", "fn c() {}\n");
    until(&mut editor, "the file of a new folder", |files| files.contains_key("sub/c.rs"));
    std::fs::remove_file(root.join("a.rs")).unwrap();
    until(&mut editor, "the deletion", |files| !files.contains_key("a.rs"));
    leave(editor);
}

#[test]
fn a_buffer_without_a_file_is_known_until_it_is_closed() {
    let (_folder, root) = place(&[("a.rs", "fn a() {}\n")]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    let new = uri(&root.join("not/yet/there.rs"));
    editor.open(&new, "rust", "fn fresh() {}\n");
    until(&mut editor, "the new buffer", |files| files.get("not/yet/there.rs").is_some_and(|text| text.contains("fresh")));
    editor.close(&new);
    until(&mut editor, "its end", |files| files.keys().eq(["a.rs"]));
    leave(editor);
}

#[test]
fn an_ignore_rule_that_comes_and_goes_is_obeyed_at_once() {
    let (_folder, root) = place(&[("a.rs", "fn a() {\n    \n}\n"), ("gen/b.rs", "fn generated() {}\n")]);
    let (mut editor, _) = real::editor(&[&root], &["done();", "done();", "done();"]);
    let open = uri(&root.join("a.rs"));
    editor.open(&open, "rust", "fn a() {\n    \n}\n");
    assert_eq!(names(&mut editor), ["a.rs", "gen/b.rs"]);
    let complete = |editor: &mut Editor| {
        let params = json!({ "textDocument": { "uri": open }, "position": { "line": 1, "character": 4 }, "context": { "triggerKind": 1 } });
        editor.request("textDocument/inlineCompletion", params)["result"]["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(complete(&mut editor), 1);
    files::write(&root, ".gitignore", "gen/\na.rs\n");
    watched(&mut editor, &[(&root.join(".gitignore"), 1)]);
    until(&mut editor, "the ignored folder", |files| !files.contains_key("gen/b.rs"));
    assert_eq!(complete(&mut editor), 0, "nothing is offered in what is ignored");
    std::fs::remove_file(root.join(".gitignore")).unwrap();
    watched(&mut editor, &[(&root.join(".gitignore"), 3)]);
    until(&mut editor, "the files again", |files| files.contains_key("gen/b.rs"));
    assert_eq!(complete(&mut editor), 1);
    leave(editor);
}

/// Editors and we write one URI in several ways: VS Code encodes brackets, and `+`. Hunks of a file that is opened later are its own.
#[test]
fn a_file_is_the_same_however_its_name_is_encoded() {
    let text = "pub fn load_page() -> u32 {\n    1\n}\n";
    let user = "use crate::load_page;\n\npub fn twice() -> u32 {\n    load_page() + load_page()\n}\n";
    let (_folder, root) = place(&[("src/lib.rs", text), ("routes/[id]/+page.rs", user)]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    let lib = uri(&root.join("src/lib.rs"));
    editor.open(&lib, "rust", text);
    assert_eq!(names(&mut editor).len(), 2);
    let range = json!({ "start": { "line": 0, "character": 8 }, "end": { "line": 0, "character": 8 } });
    let argument = json!({ "uri": lib, "range": range, "instruction": "rename load_page to load", "review": true });
    let answer = command(&mut editor, "longsight.edit", argument);
    assert_eq!(answer["result"]["hunks"].as_array().map(Vec::len), Some(3), "{answer}");
    let page = format!("file://{}/routes/%5Bid%5D/%2Bpage.rs", root.display());
    editor.open(&page, "rust", user);
    let status = command(&mut editor, "longsight.status", json!({}));
    let pending = status["result"]["pending"].as_array().unwrap().clone();
    let there = pending.iter().filter(|hunk| hunk["uri"] == page.as_str()).count();
    assert_eq!(there, 2, "the hunks are those of the open document: {pending:?}");
    // They move with what is typed there.
    editor.edit(&page, 0..0, "// A page.\n");
    let answer = command(&mut editor, "longsight.acceptHunk", json!({ "uri": page }));
    assert_eq!(answer["result"]["applied"], true, "{answer}");
    editor.expect("workspace/applyEdit");
    assert_eq!(editor.buffers[&page].text, format!("// A page.\n{}", user.replace("load_page", "load")));
    editor.assert_in_step();
    leave(editor);
}

/// The mark at the start of a file is no character of the text that an editor shows.
#[test]
fn b4_an_edit_of_a_closed_file_with_a_byte_order_mark_counts_without_it() {
    let text = "pub fn load_page() {}\n";
    let (_folder, root) = place(&[("lib.rs", text), ("user.rs", "\u{feff}use crate::load_page; fn f() { load_page() }\n")]);
    let (_, options) = real::server(vec![]);
    let mut editor = Editor::memory(options);
    editor.friendly = false;
    editor.initialize(initialize_params(&root));
    let lib = uri(&root.join("lib.rs"));
    editor.open(&lib, "rust", text);
    assert_eq!(names(&mut editor).len(), 2);
    let range = json!({ "start": { "line": 0, "character": 8 }, "end": { "line": 0, "character": 8 } });
    let id = editor.start_request(
        "workspace/executeCommand",
        json!({ "command": "longsight.edit", "arguments": [{ "uri": lib, "range": range, "instruction": "rename load_page to load", "review": true }] }),
    );
    editor.answer(&id);
    let accepting =
        editor.start_request("workspace/executeCommand", json!({ "command": "longsight.acceptHunk", "arguments": [{ "all": true }] }));
    let asked = editor.expect("workspace/applyEdit");
    let changes = asked["params"]["edit"]["documentChanges"].as_array().unwrap().clone();
    let user = changes.iter().find(|change| change["textDocument"]["uri"].as_str().unwrap().ends_with("user.rs")).unwrap();
    let (start, end) = (&user["edits"][0]["range"]["start"], &user["edits"][0]["range"]["end"]);
    assert_eq!((start, end), (&json!({ "line": 0, "character": 0 }), &json!({ "line": 1, "character": 0 })), "{user}");
    assert_eq!(user["edits"][0]["newText"], "use crate::load; fn f() { load() }\n");
    editor.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "applied": false } }));
    editor.answer(&accepting);
    editor.inbox.clear();
    leave(editor);
}

#[test]
fn c5_a_rename_into_a_file_that_cannot_be_changed_says_which() {
    let text = "pub fn load_page() {}\n";
    for (bytes, reason) in [(&b"fn f() { load_page() } // caf\xe9\n"[..], "not UTF-8"), (b"\xff\xfef\0n\0", "")] {
        let (_folder, root) = place(&[("lib.rs", text)]);
        files::write(&root, "latin.rs", bytes);
        let (mut editor, _) = real::editor(&[&root], &[]);
        let lib = uri(&root.join("lib.rs"));
        editor.open(&lib, "rust", text);
        assert!(names(&mut editor).contains(&"lib.rs".to_string()));
        let range = json!({ "start": { "line": 0, "character": 8 }, "end": { "line": 0, "character": 8 } });
        let answer =
            command(&mut editor, "longsight.edit", json!({ "uri": lib, "range": range, "instruction": "rename load_page to load" }));
        match reason {
            "" => assert_eq!(answer["result"]["applied"], true, "what does not use it is no obstacle: {answer}"),
            reason => {
                let said = answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{answer}"));
                assert!(said.contains("latin.rs") && said.contains(reason), "{said}");
            }
        }
        editor.inbox.retain(|message| message["method"] != "workspace/applyEdit");
        leave(editor);
    }
}

/// Between the message that adds a folder and the first look at it nothing is known of its rules: its files were sent and answered.
#[test]
fn k10_nothing_is_offered_in_a_folder_before_its_rules_are_known() {
    let text = "def f():\n    \n";
    let (_folder, root) =
        place(&[("one/a.py", text), ("two/b.py", text), ("two/.longsight.toml", "ignore = [\"*.py\"]\n"), ("three/c.py", text)]);
    let complete = |editor: &mut Editor, path: &str| {
        let uri = uri(&root.join(path));
        if !editor.buffers.contains_key(&uri) {
            editor.open(&uri, "python", text);
        }
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": 4 }, "context": { "triggerKind": 1 } });
        editor.request("textDocument/inlineCompletion", params)["result"]["items"].as_array().map_or(0, Vec::len)
    };
    for _ in 0..5 {
        let (mut editor, engine) = real::editor(&[&root.join("one")], &["return 1"; 4]);
        folders(&mut editor, &[folder_at(&root.join("two"))], &[]);
        assert_eq!(complete(&mut editor, "two/b.py"), 0, "its own rules keep it out");
        assert!(engine.asked().is_empty());
        folders(&mut editor, &[folder_at(&root.join("three"))], &[]);
        let offered = (0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            complete(&mut editor, "three/c.py") == 1
        });
        assert!(offered, "it is opened once it has been looked at");
        leave(editor);
    }
}

/// They were refused with three reasons at once, and no way out.
#[test]
fn a_file_of_the_workspace_that_is_not_open_is_read_from_disk() {
    let text = "pub fn load_page() {}\n";
    let (_folder, root) = place(&[("lib.rs", text)]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    let range = json!({ "start": { "line": 0, "character": 8 }, "end": { "line": 0, "character": 8 } });
    let lib = uri(&root.join("lib.rs"));
    let preview = command(&mut editor, "longsight.contextPreview", json!({ "uri": lib, "range": range, "budget": 100 }));
    assert_eq!(preview["result"]["parts"][0]["text"], "pub fn l", "{preview}");
    let asked = json!({ "uri": lib, "question": "where is load_page", "budget": 1000 });
    assert!(command(&mut editor, "longsight.contextPreview", asked)["result"]["prompt"].is_string(), "a question needs no place");
    let refused = |uri: String| json!({ "uri": uri, "range": range, "instruction": "rename load_page to load" });
    for (file, reason) in [("none.rs", "there is no such file"), ("../elsewhere.rs", "neither open nor a file of the workspace")] {
        let answer = command(&mut editor, "longsight.edit", refused(format!("{}/{file}", uri(&root))));
        assert!(answer["error"]["message"].as_str().unwrap_or_default().contains(reason), "{file}: {answer}");
    }
    leave(editor);
}

#[test]
fn c11_a_folder_is_one_however_its_name_ends_and_one_on_no_disk_is_none() {
    let (_folder, root) = place(&[("lib.rs", "pub fn a() {}\n")]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    let roots = |editor: &mut Editor| command(editor, "longsight.status", json!({}))["result"]["roots"].as_array().unwrap().len();
    let change = |added: Vec<String>, removed: Vec<String>| {
        let folders = |uris: Vec<String>| uris.into_iter().map(|uri| json!({ "uri": uri, "name": "w" })).collect::<Vec<_>>();
        json!({ "event": { "added": folders(added), "removed": folders(removed) } })
    };
    let slash = format!("{}/", uri(&root));
    editor.notify("workspace/didChangeWorkspaceFolders", change(vec![slash.clone(), "http://x/".into()], vec![]));
    assert_eq!(roots(&mut editor), 1);
    editor.notify("workspace/didChangeWorkspaceFolders", change(vec![], vec![slash]));
    assert_eq!(roots(&mut editor), 0);
    leave(editor);
}

/// What an editor shows that is not saved came into the context of other files seconds later.
#[test]
fn what_is_not_saved_counts_in_other_files_at_the_next_request() {
    let functions = ["total", "paid", "due", "lent"].map(|name| format!("pub fn {name}(cents: u64) -> u64 {{\n    cents\n}}\n"));
    let shop = &*format!("use crate::money::*;\n{}", functions.concat());
    let (_folder, root) =
        place(&[("src/lib.rs", "mod money;\nmod shop;\n"), ("src/money.rs", "pub fn plain() {}\n"), ("src/shop.rs", shop)]);
    let (mut editor, _) = real::editor(&[&root], &[]);
    let place = uri(&root.join("src/shop.rs"));
    editor.open(&place, "rust", shop);
    // Each time in another function: while somebody writes in one, what is before the model stays.
    let mut line = -1;
    let mut shown = |editor: &mut Editor| {
        line += 3;
        let at = json!({ "line": line, "character": 4 });
        let asked = json!({ "uri": place, "range": { "start": at, "end": at }, "budget": 600 });
        let preview = command(editor, "longsight.contextPreview", asked);
        let parts = preview["result"]["parts"].as_array().unwrap_or_else(|| panic!("{preview}")).clone();
        parts.iter().filter_map(|part| part["text"].as_str()).collect::<String>()
    };
    let before = shown(&mut editor);
    assert!(before.contains("fn plain") && !before.contains("rounded"), "{before}");
    let money = uri(&root.join("src/money.rs"));
    let dirty = "pub fn plain() {}\n\npub fn rounded_up(cents: u64) -> u64 {\n    cents\n}\n";
    editor.open(&money, "rust", dirty);
    let opened = shown(&mut editor);
    assert!(opened.contains("fn rounded_up"), "opened: {opened}");
    editor.edit(&money, 0..0, "pub fn rounded_down(cents: u64) -> u64 {\n    cents\n}\n\n");
    let typed = shown(&mut editor);
    assert!(typed.contains("fn rounded_down"), "typed: {typed}");
    editor.open(&uri(&root.join("src/tax.rs")), "rust", "pub fn taxed_and_rounded(cents: u64) -> u64 {\n    cents\n}\n");
    let new = shown(&mut editor);
    assert!(new.contains("fn taxed_and_rounded"), "new: {new}");
    leave(editor);
}
