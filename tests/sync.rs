//! Open documents stay equal to the editor's: fault rows B1–B8, B10–B15 over the real serve loop.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::support::agent::{Fake, Mood, options, quiet};
use longsight::text::Encoding;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::editor::{Editor, frame_bytes, initialize_params};

const URI: &str = "file:///w/a.rs";

fn started(encoding: &str) -> Editor {
    let mut editor = Editor::memory(quiet());
    let mut params = initialize_params(std::path::Path::new("/w"));
    params["capabilities"]["general"]["positionEncodings"] = json!([encoding]);
    editor.initialize(params);
    editor
}

fn change(editor: &mut Editor, version: i32, changes: Value) {
    let document = json!({ "uri": URI, "version": version });
    editor.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
}

fn at(line: u32, start: u32, end: u32) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

/// The server's text after the changes of one notification.
fn after(text: &str, changes: Value) -> String {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", text);
    change(&mut editor, 2, changes);
    let seen = editor.debug(URI);
    assert!(seen.get("desynced").is_none(), "{seen}");
    editor.quit();
    seen["text"].as_str().unwrap().into()
}

#[test]
fn b1_middle_of_a_character_in_three_encodings() {
    for (encoding, column) in [("utf-16", 2), ("utf-8", 3)] {
        let mut editor = started(encoding);
        editor.open(URI, "rust", "a😀b");
        change(&mut editor, 2, json!([{ "range": at(0, column, column), "text": "x" }]));
        assert_eq!(editor.debug(URI)["text"], "ax😀b", "{encoding}");
        editor.quit();
    }
}

#[test]
fn b2_columns_beyond_the_line_are_its_end() {
    assert_eq!(after("ab\ncd\n", json!([{ "range": at(0, 99, u32::MAX), "text": "!" }])), "ab!\ncd\n");
}

#[test]
fn b3_b4_endings_marks_and_scripts_survive() {
    let text = "\u{feff}a\r\nb\rc\n👩\u{200d}👧 שלום e\u{301}\u{2028}z";
    let mut editor = started("utf-16");
    editor.open(URI, "rust", text);
    for (needle, new) in [("b", "bb"), ("שלום", "x"), ("e\u{301}", "é"), ("z", "😀")] {
        let start = editor.buffers[URI].text.find(needle).unwrap();
        editor.edit(URI, start..start + needle.len(), new);
        editor.assert_in_step();
    }
    assert!(editor.buffers[URI].text.starts_with("\u{feff}a\r\nbb\rc\n"));
    editor.quit();
}

#[test]
fn b5_reversed_overlapping_empty_and_full_changes() {
    let reversed = json!({ "start": { "line": 0, "character": 4 }, "end": { "line": 0, "character": 1 } });
    assert_eq!(after("abcdef", json!([{ "range": reversed, "text": "-" }])), "a-ef");
    assert_eq!(after("abcdef", json!([])), "abcdef");
    let one_after_the_other = json!([{ "range": at(0, 0, 4), "text": "x" }, { "range": at(0, 0, 2), "text": "y" }]);
    assert_eq!(after("abcdef", one_after_the_other), "yf");
    let full_last = json!([{ "range": at(0, 0, 1), "text": "x" }, { "text": "whole" }, { "range": at(0, 5, 5), "text": "!" }]);
    assert_eq!(after("abc", full_last), "whole!");
}

#[test]
fn b6_a_change_behind_the_end_desyncs_until_the_text_comes_whole() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "a\n");
    change(&mut editor, 2, json!([{ "range": at(40, 0, 0), "text": "x" }]));
    assert!(editor.debug(URI)["desynced"].is_string());
    assert!(editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().contains("a.rs"));
    change(&mut editor, 3, json!([{ "range": at(41, 0, 0), "text": "x" }]));
    assert!(editor.debug(URI)["desynced"].is_string());
    assert!(editor.inbox.is_empty(), "I10: told once");
    change(&mut editor, 4, json!([{ "text": "whole" }]));
    assert!(editor.debug(URI).get("desynced").is_none());
    editor.quit();
}

/// What ends behind the last line replaces all that follows, whatever it was: both sides agree on the text after it.
#[test]
fn b2_b6_a_change_that_only_ends_behind_the_text_keeps_in_step() {
    for end in
        [json!({ "line": 3, "character": 0 }), json!({ "line": u32::MAX, "character": u32::MAX }), json!({ "line": 9, "character": 4 })]
    {
        let range = json!({ "start": { "line": 1, "character": 1 }, "end": end });
        assert_eq!(after("ab\ncd\n", json!([{ "range": range, "text": "!" }])), "ab\nc!");
        let all = json!({ "start": { "line": 0, "character": 0 }, "end": range["end"] });
        assert_eq!(after("ab\ncd\n", json!([{ "range": all, "text": "new" }])), "new");
    }
}

/// Fields that clients of other ages leave out or fill oddly.
#[test]
fn b5_changes_without_a_version_and_with_odd_lengths() {
    let mut editor = started("utf-16");
    editor.notify("textDocument/didOpen", json!({ "textDocument": { "uri": URI, "text": "ab" } }));
    for version in [json!(null), json!(7)] {
        let change = json!({ "range": at(0, 1, 1), "rangeLength": -1, "text": "x" });
        let document = json!({ "uri": URI, "version": version });
        editor.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }
    let seen = editor.debug(URI);
    assert_eq!((&seen["text"], &seen["version"]), (&json!("axxb"), &json!(7)), "{seen}");
    assert!(seen.get("desynced").is_none());
    editor.quit();
}

/// A change that cannot be read is one that was not made here.
#[test]
fn b6_an_unreadable_change_desyncs_its_document() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "ab");
    for changes in [json!([{ "range": at(0, 0, 0) }]), json!([5]), json!(null)] {
        change(&mut editor, 2, changes);
        assert!(editor.debug(URI)["desynced"].is_string());
    }
    editor.expect("window/showMessage");
    assert!(editor.inbox.is_empty(), "I10: told once");
    change(&mut editor, 3, json!([{ "text": "whole" }]));
    assert!(editor.debug(URI).get("desynced").is_none());
    editor.quit();
}

/// A message about what is no URL says nothing about the documents that are open.
#[test]
fn b12_a_uri_that_is_none_leaves_the_other_documents_in_step() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "ab");
    let odd = json!({ "uri": "/abs/b.rs", "languageId": "rust", "version": 1, "text": "fn b() {}" });
    editor.notify("textDocument/didOpen", json!({ "textDocument": odd }));
    editor
        .notify("textDocument/didChange", json!({ "textDocument": { "uri": "b.rs", "version": 2 }, "contentChanges": [{ "text": "x" }] }));
    assert!(editor.debug(URI).get("desynced").is_none());
    editor.quit();
}

#[test]
fn b7_versions_may_jump_but_not_go_back() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "a");
    change(&mut editor, 1000, json!([{ "range": at(0, 0, 0), "text": "b" }]));
    assert!(editor.debug(URI).get("desynced").is_none());
    change(&mut editor, 7, json!([{ "range": at(0, 0, 0), "text": "c" }]));
    assert!(editor.debug(URI)["desynced"].is_string());
    editor.open(URI, "rust", "fresh");
    assert!(editor.debug(URI).get("desynced").is_none());
    editor.expect("window/showMessage");
    editor.quit();
}

#[test]
fn b8_documents_that_are_not_open_and_opened_twice() {
    let mut editor = started("utf-16");
    change(&mut editor, 2, json!([{ "text": "x" }]));
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": URI } }));
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    editor.assert_in_step();
    editor.open(URI, "rust", "one");
    editor.open(URI, "python", "");
    editor.assert_in_step();
    assert_eq!(editor.debug(URI)["languageId"], "python");
    editor.close(URI);
    assert_eq!(editor.assert_in_step(), 0);
    editor.quit();
}

#[test]
fn b10_a_hundred_megabytes_are_left_alone() {
    let mut editor = started("utf-16");
    let huge = "x".repeat(40 << 20);
    editor.notify("textDocument/didOpen", json!({ "textDocument": { "uri": URI, "languageId": "rust", "version": 1, "text": huge } }));
    editor.expect("window/showMessage");
    change(&mut editor, 2, json!([{ "range": at(0, 0, 0), "text": "y" }]));
    assert_eq!(editor.debug(URI)["oversized"], true);
    assert!(editor.inbox.is_empty(), "I10: told once");
    change(&mut editor, 3, json!([{ "text": "small" }]));
    assert_eq!(editor.debug(URI)["text"], "small");
    editor.quit();
}

#[test]
fn b12_uris_of_every_kind() {
    let mut editor = started("utf-16");
    for uri in [
        "untitled:Untitled-1",
        "git:/w/a.rs?%7B%7D",
        "vscode-notebook-cell:/w/n.ipynb#W0",
        "output:tasks",
        "file:///w/with%20space%23.rs",
        "file://host/share/a.rs",
        "file:///w/%ff%fe.rs",
        "file:///c%3A/windows.rs",
    ] {
        editor.open(uri, "rust", "fn a() {}\n");
        editor.edit(uri, 3..4, "b");
    }
    assert_eq!(editor.assert_in_step(), 8);
    editor.quit();
}

#[test]
fn b13_two_names_of_one_file_are_two_consistent_documents() {
    let mut editor = started("utf-16");
    editor.open("file:///w/a.rs", "rust", "one");
    editor.open("file:///w/./link/../a.rs", "rust", "one");
    editor.edit("file:///w/a.rs", 0..0, "first ");
    editor.debug("file:///w/a.rs");
    let texts = editor.request("longsight/debugDocuments", json!({ "text": true }));
    assert!(texts["result"].as_array().unwrap().iter().any(|document| document["text"] == "first one"), "{texts}");
    editor.quit();
}

#[test]
fn b14_language_changes_by_close_and_open() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "x");
    editor.close(URI);
    editor.open(URI, "no such language", "x");
    assert_eq!(editor.debug(URI)["languageId"], "no such language");
    editor.quit();
}

/// B15, P12: a random session of 2,000 steps on three documents in each encoding.
#[test]
fn b15_p12_random_session() {
    for (name, encoding) in [("utf-8", Encoding::Utf8), ("utf-16", Encoding::Utf16), ("utf-32", Encoding::Utf32)] {
        let mut runner = TestRunner::deterministic();
        let mut editor = started(name);
        assert_eq!(editor.encoding, encoding);
        let uris = ["file:///w/0.rs", "file:///w/1.py", "untitled:2"];
        for uri in uris {
            editor.open(uri, "rust", "fn 😀() {\r\n\tlet é = \"漢字\";\r}\n");
        }
        let pieces = ["x", "\n", "\r\n", "\r", "😀", "é", "e\u{301}", "שלום", "", "fn f() {\n    1\n}\n"];
        let step = (0usize..3, 0.0f64..1.0, 0usize..8, prop::sample::select(pieces.to_vec()));
        for _ in 0..2000 {
            let (document, place, length, new) = step.new_tree(&mut runner).unwrap().current();
            let text = &editor.buffers[uris[document]].text;
            // An editor cannot place its cursor between the two bytes of a line break, nor inside a character.
            let stop =
                |offset: usize| text.is_char_boundary(offset) && !(text[..offset].ends_with('\r') && text[offset..].starts_with('\n'));
            let floor = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| stop(*at)).unwrap();
            let start = floor((text.len() as f64 * place) as usize);
            let end = floor(start + length);
            editor.edit(uris[document], start.min(end)..end.max(start), new);
        }
        assert_eq!(editor.assert_in_step(), 3);
        editor.quit();
    }
}

/// JavaScript writes half an emoji as an escape of its own. The message was no JSON then, and what came after it went to the wrong text.
#[test]
fn b6_half_a_character_is_a_replacement_character_and_keeps_the_text_in_step() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "x = 1\ny = 2\n");
    let change = |version: i32, text: &str| {
        let document = format!(r#"{{"uri":"{URI}","version":{version}}}"#);
        let range = r#"{"start":{"line":0,"character":0},"end":{"line":0,"character":0.0}}"#;
        let params = format!(r#"{{"textDocument":{document},"contentChanges":[{{"range":{range},"text":"{text}"}}]}}"#);
        frame_bytes(format!(r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":{params}}}"#).as_bytes())
    };
    editor.raw(&change(2, r"\ud83d\n"));
    editor.raw(&change(3, r"z\\ud83d \ud83d\ude00"));
    let seen = editor.debug(URI);
    assert_eq!((seen["version"].clone(), seen["text"].clone()), (json!(3), json!("z\\ud83d 😀\u{fffd}\nx = 1\ny = 2\n")), "{seen}");
    // A request with such an escape has its own answer.
    editor.raw(&frame_bytes(br#"{"jsonrpc":"2.0","id":"half \udc00","method":"longsight/debugDocuments","params":{}}"#));
    assert!(editor.answer(&json!("half \u{fffd}")).get("result").is_some());
    editor.raw(&frame_bytes(br#"{"jsonrpc":"2.0","id":77.0,"method":"longsight/debugDocuments","params":{}}"#));
    assert!(editor.answer(&json!(77)).get("result").is_some());
    editor.quit();
}

#[test]
fn b6_a_change_that_cannot_be_read_leaves_no_document_trusted() {
    let mut editor = started("utf-16");
    editor.open(URI, "rust", "x = 1\n");
    editor.raw(&frame_bytes(br#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":"#));
    assert!(editor.debug(URI)["desynced"].is_string());
    let told = editor.expect("window/showMessage")["params"]["message"].as_str().unwrap().to_string();
    assert!(told.contains("Close and open them"), "{told}");
    change(&mut editor, 2, json!([{ "text": "whole\n" }]));
    assert!(editor.debug(URI).get("desynced").is_none());
    editor.quit();
}

fn until(what: &str, fits: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fits() {
        assert!(Instant::now() < deadline, "{what} did not come to be");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whoever looked at the folders told of all documents as they were before, and of none that was gone by then: the index had the text of a
/// closed one, and read nothing from the disk until it was opened and closed again.
#[test]
fn what_is_closed_while_the_folders_are_looked_at_stays_closed() {
    let fake = Fake::new(Mood::Hang);
    let mut editor = Editor::memory(options(fake.clone())).start(std::path::Path::new("/w"));
    let [closed, anew, other] = ["closed", "anew", "other"].map(|name| format!("file:///w/{name}.rs"));
    for uri in [&closed, &anew, &other] {
        editor.open(uri, "rust", "before");
    }
    editor.assert_in_step();
    let looks = fake.looks.load(Ordering::SeqCst);
    fake.holds_looks.store(true, Ordering::SeqCst);
    let event = json!({ "added": [{ "uri": "file:///elsewhere", "name": "elsewhere" }], "removed": [] });
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    until("a look", || fake.held_looks.load(Ordering::SeqCst) == 1);
    editor.close(&closed);
    // With the version that it had.
    editor.close(&anew);
    editor.open(&anew, "rust", "after");
    editor.assert_in_step();
    fake.release();
    until("the end of the look", || fake.looks.load(Ordering::SeqCst) > looks);
    let open = [(anew, "after".to_string()), (other, "before".to_string())].into();
    until("what is open", || *fake.open.lock().unwrap() == open);
    editor.quit();
}
