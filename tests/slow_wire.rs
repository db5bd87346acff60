//! Wire faults that take their time: a client that never reads again, and many lives of the server.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::agent::quiet;
use crate::support::editor::{Editor, frame, initialize_params, served};

/// A16: after 30 seconds in which the client takes nothing, the server leaves with 1, and has read all that was sent meanwhile.
#[test]
fn a16_a_client_that_never_reads_again() {
    let root = tempfile::tempdir().unwrap();
    let mut child = served();
    let mut input = child.stdin.take().unwrap();
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": initialize_params(root.path()) });
    input.write_all(&frame(&initialize)).unwrap();
    // Far more answers than a pipe holds; every write succeeds, since the server goes on reading.
    for id in 1..20_000 {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "longsight/debugDocuments", "params": {} });
        input.write_all(&frame(&request)).unwrap();
    }
    let started = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        assert!(started.elapsed() < Duration::from_secs(90), "still there");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(code, Some(1));
}

/// E9: a thousand handshakes and goodbyes leave no memory behind.
#[test]
fn e9_a_thousand_lives() {
    let live = |count: usize| {
        for _ in 0..count {
            let mut editor = Editor::memory(quiet()).start(std::path::Path::new("/w"));
            editor.open("file:///w/a.rs", "rust", &"fn a() {}\n".repeat(1000));
            editor.quit();
        }
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let warm = live(200);
    let after = live(800);
    assert!(after < warm + (16 << 20), "{warm} bytes after 200 lives, {after} after 1,000");
}

/// M3, I5: a long working day in short: thousands of operations on sixteen documents leave memory and open files where they were.
#[test]
fn m3_a_long_session_grows_nothing() {
    let (_listener, folder, mut editor) = crate::typing::under_a_hanging_endpoint();
    let uris: Vec<String> = (0..16).map(|number| format!("file://{}/{number}.rs", folder.path().display())).collect();
    let text = "fn f(a: i32) -> i32 {\n    a + 1\n}\n".repeat(40);
    let state = |editor: &Editor| {
        let memory = std::fs::read_to_string(format!("/proc/{}/statm", editor.process_id())).unwrap();
        let files = std::fs::read_dir(format!("/proc/{}/fd", editor.process_id())).unwrap().count();
        (memory.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096, files)
    };
    let day = |editor: &mut Editor, operations: usize| {
        for number in 0..operations {
            let uri = &uris[number % uris.len()];
            if number % 160 < uris.len() {
                editor.open(uri, "rust", &text);
            }
            editor.edit(uri, 20..20, "x");
            let at = json!({ "line": 1, "character": 4 });
            let ask = json!({ "textDocument": { "uri": uri }, "position": at, "range": { "start": at, "end": at }, "context": { "triggerKind": 2, "diagnostics": [] } });
            let completion = editor.start_request("textDocument/inlineCompletion", ask.clone());
            editor.request("textDocument/codeAction", ask);
            editor.notify("$/cancelRequest", json!({ "id": completion }));
            editor.answer(&completion);
            if number % 160 >= 160 - uris.len() {
                editor.close(uri);
            }
        }
    };
    day(&mut editor, 1600);
    let (memory, files) = state(&editor);
    day(&mut editor, 6400);
    let (after, open) = state(&editor);
    assert!(after < memory + memory / 5 + (8 << 20), "{memory} bytes after 1,600 operations, {after} after 8,000");
    assert!(open <= files + 8, "{files} files open after 1,600 operations, {open} after 8,000");
    editor.quit();
}
