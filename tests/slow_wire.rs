//! Wire faults that take their time: a client that never reads again, and many lives of the server.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::agent::quiet;
use crate::support::editor::{Editor, frame, initialize_params};

/// A16: after 30 seconds in which the client takes nothing, the server leaves with 1, and has read all that was sent meanwhile.
#[test]
fn a16_a_client_that_never_reads_again() {
    let root = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_longsight"))
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
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
