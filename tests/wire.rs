//! Frames and JSON-RPC against the real binary: fault rows A1–A19 and those of P1–P12 that concern the wire (`docs/faults.md`).

use std::time::Duration;

use longsight::server::transport::{Frame, FrameReader, Importance, outbox};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::editor::{Editor, frame, frame_bytes, initialize_params};

const SOON: Duration = Duration::from_secs(5);

fn started() -> (tempfile::TempDir, Editor) {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().to_path_buf();
    let editor = Editor::binary(|command| {
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_CACHE_HOME", home.join("cache")).current_dir(&home);
    });
    let editor = editor.start(root.path());
    (root, editor)
}

/// I4: the next ordinary request is answered.
fn still_serves(editor: &mut Editor) {
    assert!(editor.request("longsight/debugDocuments", json!({})).get("result").is_some());
}

/// The next answer with a null id.
fn null_answer(editor: &mut Editor) -> i64 {
    editor.answer(&Value::Null)["error"]["code"].as_i64().unwrap()
}

fn bad_frame(bytes: &[u8]) {
    let (_root, mut editor) = started();
    editor.raw(bytes);
    assert_eq!(null_answer(&mut editor), -32700);
    still_serves(&mut editor);
    editor.quit();
}

#[test]
fn a1_p1_cut_json() {
    bad_frame(&frame_bytes(br#"{"jsonrpc":"2.0","id":7,"meth"#));
}

#[test]
fn a2_p2_not_utf8() {
    bad_frame(&frame_bytes(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\xff\xfe\"}"));
}

#[test]
fn a3_p2b_garbage_between_frames() {
    let (_root, mut editor) = started();
    editor.raw(b"Starting wrapper...\nwarning: something\x00\xff\r\n\r\n");
    still_serves(&mut editor);
    editor.raw(b"no line break before the header");
    still_serves(&mut editor);
    editor.raw(&vec![b'x'; 200_000]);
    still_serves(&mut editor);
    editor.quit();
}

#[test]
fn a4_content_length_that_is_no_length() {
    for header in
        ["Content-Length: -5", "Content-Length: 1e3", "Content-Length: 99999999999999999999", "Content-Length: ", "Content-Type: x"]
    {
        bad_frame(format!("{header}\r\n\r\n").as_bytes());
    }
    bad_frame(b"Content-Length: 0\r\n\r\n");
    bad_frame(b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n");
}

#[test]
fn a5_length_over_cap_is_skipped_exactly() {
    let (_root, mut editor) = started();
    let before = resident(&editor);
    let length = 80 << 20;
    editor.raw(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..80 {
        editor.raw(&chunk);
    }
    assert_eq!(null_answer(&mut editor), -32700);
    still_serves(&mut editor);
    let grown = resident(&editor).saturating_sub(before);
    // What is said of it in the log needs memory of its own; the frame needs none.
    assert!(grown < 40 << 20, "grew by {grown} bytes");
    editor.quit();
}

#[test]
fn a5_p9_absurd_length_loses_no_message() {
    bad_frame(b"Content-Length: 9000000000000\r\n\r\n{}");
}

#[test]
fn a6_length_too_short() {
    let body = br#"{"jsonrpc":"2.0","method":"x/y","params":{}}"#;
    let lying = [format!("Content-Length: {}\r\n\r\n", body.len() - 5).as_bytes(), body].concat();
    bad_frame(&lying);
}

#[test]
fn a6_length_too_long() {
    let body = br#"{"jsonrpc":"2.0","method":"x/y","params":{}}"#;
    for extra in [3, 17, 25, 500] {
        let (_root, mut editor) = started();
        editor.raw(&[format!("Content-Length: {}\r\n\r\n", body.len() + extra).as_bytes(), body].concat());
        still_serves(&mut editor);
        still_serves(&mut editor);
        assert_eq!(null_answer(&mut editor), -32700);
        editor.quit();
    }
}

#[test]
fn a7_byte_by_byte() {
    let (_root, mut editor) = started();
    for byte in frame(&json!({ "jsonrpc": "2.0", "id": "slow", "method": "longsight/debugDocuments", "params": {} })) {
        editor.raw(&[byte]);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(editor.answer(&json!("slow")).get("result").is_some());
    editor.quit();
}

#[test]
fn a8_p10_headers_of_every_kind() {
    let (_root, mut editor) = started();
    let body =
        |id: i32| json!({ "jsonrpc": "2.0", "id": format!("h{id}"), "method": "longsight/debugDocuments", "params": {} }).to_string();
    let length = body(1).len();
    for (id, header) in [
        format!("content-length: {length}\r\n\r\n"),
        format!("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"),
        format!("CONTENT-LENGTH:{length}\nX-Other: 1\n\n"),
    ]
    .iter()
    .enumerate()
    {
        editor.raw(format!("{header}{}", body(id as i32)).as_bytes());
        assert!(editor.answer(&json!(format!("h{id}"))).get("result").is_some());
    }
    editor.quit();
}

#[test]
fn a9_a_thousand_requests_in_one_write() {
    let (_root, mut editor) = started();
    let message =
        |id: usize| frame(&json!({ "jsonrpc": "2.0", "id": format!("r{id}"), "method": "longsight/debugDocuments", "params": {} }));
    let all: Vec<u8> = (0..1000).flat_map(message).collect();
    editor.raw(&all);
    for id in 0..1000 {
        editor.answer(&json!(format!("r{id}")));
    }
    editor.quit();
}

#[test]
fn a10_depth_numbers_and_duplicate_keys() {
    let (_root, mut editor) = started();
    editor.raw(&frame_bytes(("[".repeat(100_000) + &"]".repeat(100_000)).as_bytes()));
    assert_eq!(null_answer(&mut editor), -32700);
    editor.raw(&frame_bytes(br#"{"jsonrpc":"2.0","id":1e999,"method":"x"}"#));
    assert_eq!(null_answer(&mut editor), -32700);
    editor.raw(&frame_bytes(br#"{"jsonrpc":"2.0","id":"d","id":"e","method":"longsight/debugDocuments","params":{}}"#));
    editor.answer(&json!("e"));
    let text = "x".repeat(30 << 20);
    let unknown = editor.request("x/unknown", json!({ "text": text }));
    assert_eq!(unknown["error"]["code"], -32601);
    editor.quit();
}

#[test]
fn a11_messages_that_json_rpc_does_not_know() {
    let (_root, mut editor) = started();
    for body in [
        r#"[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"longsight/debugDocuments"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"longsight/debugDocuments"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"longsight/debugDocuments"}"#,
        r#"{"method":"longsight/debugDocuments"}"#,
        r#"{"jsonrpc":"2.0"}"#,
        "3",
    ] {
        editor.raw(&frame_bytes(body.as_bytes()));
        assert_eq!(null_answer(&mut editor), -32600, "{body}");
    }
    editor.quit();
}

#[test]
fn a12_unknown_methods() {
    let (_root, mut editor) = started();
    for method in ["textDocument/doesNotExist", "$/doesNotExist"] {
        assert_eq!(editor.request(method, json!({}))["error"]["code"], -32601);
        editor.notify(method, json!({}));
    }
    still_serves(&mut editor);
    assert!(editor.inbox.is_empty(), "{:?}", editor.inbox);
    editor.quit();
}

#[test]
fn a13_wrong_parameters() {
    let (_root, mut editor) = started();
    for params in [json!({}), json!([]), json!({ "textDocument": 3 }), json!({ "textDocument": { "uri": "not a uri" } })] {
        for method in ["textDocument/codeAction", "textDocument/inlineCompletion"] {
            assert_eq!(editor.request(method, params.clone())["error"]["code"], -32602, "{method} {params}");
        }
        editor.notify("textDocument/didOpen", params.clone());
        editor.notify("textDocument/didChange", params);
    }
    assert!(editor.request("longsight/debugDocuments", json!({ "extra": [1] })).get("result").is_some());
    editor.quit();
}

#[test]
fn a15_answers_that_nobody_asked_for() {
    let (_root, mut editor) = started();
    editor.send(&json!({ "jsonrpc": "2.0", "id": 4711, "result": 1 }));
    editor.send(&json!({ "jsonrpc": "2.0", "id": 4711, "result": 1, "error": { "code": 1, "message": "both" } }));
    editor.send(&json!({ "jsonrpc": "2.0", "id": "text", "result": 1 }));
    still_serves(&mut editor);
    editor.quit();
}

/// Two peers that answer each other's error answers never stop.
#[test]
fn a15_an_answer_without_an_id_is_not_answered() {
    let (_root, mut editor) = started();
    editor.send(&json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32700, "message": "what?" } }));
    editor.send(&json!({ "jsonrpc": "2.0", "result": 1 }));
    still_serves(&mut editor);
    assert!(!editor.has_answer(&Value::Null));
    editor.quit();
}

#[test]
fn a12_requests_without_an_id_do_nothing_and_notifications_with_one_are_refused() {
    let (_root, mut editor) = started();
    let at = json!({ "line": 0, "character": 0 });
    let params = json!({
        "textDocument": { "uri": "file:///w/a.rs" }, "range": { "start": at, "end": at }, "context": { "diagnostics": [] },
        "position": at, "command": "longsight.ask", "arguments": [{ "question": "what is here?" }],
    });
    for method in ["shutdown", "initialize", "textDocument/codeAction", "textDocument/inlineCompletion", "workspace/executeCommand"] {
        editor.notify(method, params.clone());
    }
    still_serves(&mut editor);
    for method in ["textDocument/didOpen", "exit", "$/cancelRequest", "textDocument/didChange", "initialized"] {
        assert_eq!(editor.request(method, json!({}))["error"]["code"], -32600, "{method}");
    }
    editor.quit();
}

#[test]
fn a13_nothing_in_all_its_spellings() {
    let (_root, mut editor) = started();
    let uri = "file:///w/a.rs";
    editor.open(uri, "rust", "fn a() {}\n");
    let at = json!({ "line": 0, "character": 0 });
    let problem = json!({ "range": { "start": at, "end": at }, "message": "m", "code": 3e9, "severity": null, "tags": [9], "data": null });
    let mut asked = json!({ "textDocument": { "uri": uri }, "range": { "start": at, "end": at }, "context": null });
    assert!(editor.request("textDocument/codeAction", asked.clone())["result"].is_array());
    asked["context"] = json!({ "diagnostics": [problem, 5, null], "only": null, "triggerKind": 9 });
    let answer = editor.request("textDocument/codeAction", asked);
    assert!(answer["result"].as_array().is_some_and(|actions| !actions.is_empty()), "{answer}");
    for arguments in [Value::Null, json!([]), json!([null]), json!([{}])] {
        let status = json!({ "command": "longsight.status", "arguments": arguments, "workDoneToken": null });
        assert!(editor.request("workspace/executeCommand", status).get("result").is_some());
    }
    editor.quit();
}

/// An empty table of PHP or Lua is an empty list in JSON.
#[test]
fn a17_capabilities_that_are_an_empty_list_are_none() {
    let root = tempfile::tempdir().unwrap();
    let mut editor = Editor::binary(|_| ());
    let mut params = initialize_params(root.path());
    params["capabilities"] = json!([]);
    params["initializationOptions"] = json!([]);
    editor.initialize(params);
    still_serves(&mut editor);
    editor.quit();
}

/// `shutdown` with parameters, `initialized` without.
#[test]
fn a17_a_handshake_with_odd_parameters() {
    let root = tempfile::tempdir().unwrap();
    let mut editor = Editor::binary(|_| ());
    assert!(editor.request("initialize", initialize_params(root.path())).get("result").is_some());
    editor.send(&json!({ "jsonrpc": "2.0", "method": "initialized" }));
    let status = editor.request("workspace/executeCommand", json!({ "command": "longsight.status" }));
    assert_eq!(status["result"]["roots"].as_array().map(Vec::len), Some(1));
    assert_eq!(editor.request("shutdown", json!({ "why": "done" })).get("result"), Some(&Value::Null));
    editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(editor.exit_code(SOON), Some(0));
}

#[test]
fn a17_before_initialize_and_after_shutdown() {
    let root = tempfile::tempdir().unwrap();
    let mut editor = Editor::binary(|_| ());
    for method in ["longsight/debugDocuments", "textDocument/hover", "no/such"] {
        assert_eq!(editor.request(method, json!({}))["error"]["code"], -32002, "{method}");
    }
    editor.notify("textDocument/didOpen", json!({}));
    let mut editor = editor.start(root.path());
    let mut refused = |method: &str, params: Value| {
        let error = editor.request(method, params)["error"].clone();
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_string())
    };
    assert_eq!(refused("initialize", initialize_params(root.path())), (-32600, "`initialize` may be sent once only".into()));
    assert_eq!(refused("textDocument/inlineCompletion", Value::Null), (-32602, "`textDocument/inlineCompletion` needs `params`".into()));
    assert!(editor.request("longsight/debugDocuments", Value::Null).get("result").is_some());
    editor.request("shutdown", Value::Null);
    for method in ["longsight/debugDocuments", "no/such"] {
        let late = editor.request(method, json!({}))["error"].clone();
        assert!(late["code"] == -32600 && late["message"].as_str().unwrap().contains("came after `shutdown`"), "{late}");
    }
    editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(editor.exit_code(SOON), Some(0));
}

#[test]
fn a18_cancel_of_done_unknown_and_coming_requests() {
    let (_root, mut editor) = started();
    still_serves(&mut editor);
    editor.notify("$/cancelRequest", json!({ "id": 2 }));
    editor.notify("$/cancelRequest", json!({ "id": {} }));
    editor.notify("$/cancelRequest", json!({ "id": "soon" }));
    editor.send(&json!({ "jsonrpc": "2.0", "id": "soon", "method": "longsight/debugDocuments", "params": {} }));
    assert_eq!(editor.answer(&json!("soon"))["error"]["code"], -32800);
    still_serves(&mut editor);
    editor.quit();
}

#[test]
fn a19_editors_that_can_do_little() {
    for (offered, agreed) in [
        (json!(["utf-8", "utf-16"]), "utf-8"),
        (json!(["utf-8"]), "utf-8"),
        (json!(["utf-32"]), "utf-32"),
        (json!(["utf-32", "utf-16"]), "utf-16"),
        (Value::Null, "utf-16"),
    ] {
        let mut editor = Editor::binary(|_| ());
        let mut capabilities = json!({ "general": { "positionEncodings": offered } });
        if capabilities["general"]["positionEncodings"].is_null() {
            capabilities = json!({});
        }
        editor.initialize(json!({ "processId": null, "rootUri": null, "capabilities": capabilities }));
        assert_eq!(editor.capabilities["positionEncoding"], agreed);
        assert!(editor.capabilities["inlineCompletionProvider"].is_object());
        let uri = "file:///nowhere/a.rs";
        editor.open(uri, "rust", "let s = \"😀é\"; let t = 1;\n");
        let at = editor.buffers[uri].text.find("t = 1").unwrap();
        editor.edit(uri, at..at + 1, "total");
        editor.assert_in_step();
        editor.quit();
    }
}

/// Values of later protocols, and of clients that were never tested, in fields that nobody needs.
#[test]
fn a19_an_editor_that_says_odd_things_about_itself() {
    let root = tempfile::tempdir().unwrap();
    let uri = format!("file://{}", root.path().display());
    let mut editor = Editor::binary(|_| ());
    editor.initialize(json!({
        "processId": "none", "rootUri": null, "rootPath": 7, "trace": "compact", "clientInfo": 5, "initializationOptions": [1],
        "workspaceFolders": [{ "uri": "not a uri", "name": 1 }, { "uri": null }, null, { "uri": uri }],
        "capabilities": {
            "general": { "positionEncodings": ["utf-99", null, 5, "utf-16"] },
            "textDocument": { "hover": { "contentFormat": ["html"] }, "inlineCompletion": null, "semanticTokens": 5 },
            "workspace": { "workspaceEdit": { "documentChanges": null, "resourceOperations": ["create", "explode"], "failureHandling": "pray" } },
            "window": null,
        },
    }));
    assert_eq!(editor.capabilities["positionEncoding"], "utf-16");
    let status = editor.request("workspace/executeCommand", json!({ "command": "longsight.status" }));
    assert_eq!(status["result"]["roots"], json!([uri]));
    editor.quit();
}

#[test]
fn a19_a_root_path_of_old_editors() {
    let root = tempfile::tempdir().unwrap();
    let mut editor = Editor::binary(|_| ());
    editor.initialize(json!({ "processId": null, "rootPath": root.path(), "capabilities": {} }));
    let status = editor.request("workspace/executeCommand", json!({ "command": "longsight.status" }));
    assert_eq!(status["result"]["roots"].as_array().map(Vec::len), Some(1), "{status}");
    editor.quit();
}

fn resident(editor: &Editor) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/statm", editor.process_id())).unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Runs a future that needs no runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    /// A3, A7, I2: whatever stands between frames, and however the bytes are cut, every whole frame is read once and in order.
    #[test]
    fn a3_a7_frames_are_found_between_noise(
        frames in prop::collection::vec(("[ -~]{0,40}", "([ -~]{0,30}\r?\n){0,3}[^\n:]{0,20}"), 1..8),
        cut in 1usize..50,
    ) {
        let bodies: Vec<String> = frames.iter().map(|(text, _)| json!({ "text": text }).to_string()).collect();
        let mut bytes = vec![];
        for (body, (_, noise)) in bodies.iter().zip(&frames) {
            bytes.extend(noise.to_ascii_lowercase().replace("content-length", "").into_bytes());
            bytes.extend(frame_bytes(body.as_bytes()));
        }
        let read = block_on(async {
            let (mut sender, receiver) = tokio::io::duplex(64);
            let writer = async move {
                for chunk in bytes.chunks(cut) {
                    tokio::io::AsyncWriteExt::write_all(&mut sender, chunk).await.unwrap();
                }
            };
            let reader = async {
                let mut reader = FrameReader::new(receiver);
                let mut read = vec![];
                while let Some(frame) = reader.next().await.unwrap() {
                    if let Frame::Body(body) = frame {
                        read.push(String::from_utf8(body).unwrap());
                    }
                }
                read
            };
            futures::join!(writer, reader).1
        });
        prop_assert_eq!(read, bodies);
    }
}

/// A16: above the limit the oldest reports go, and nothing else.
#[test]
fn a16_the_oldest_progress_is_dropped_first() {
    let (outbox, writer) = outbox(None);
    let long = "x".repeat(100_000);
    for number in 0..100 {
        outbox.push(&json!({ "report": number, "text": long }), Importance::Droppable);
        outbox.push(&json!({ "answer": number }), Importance::Essential);
    }
    outbox.close();
    outbox.push(&json!({ "answer": "after closing" }), Importance::Essential);
    let mut written = std::io::Cursor::new(vec![]);
    block_on(writer.run(&mut written)).unwrap();
    let text = String::from_utf8(written.into_inner()).unwrap();
    assert_eq!(text.matches("\"answer\"").count(), 100);
    let reports = text.matches("\"report\"").count();
    assert!((30..=42).contains(&reports), "{reports} reports of 100 kB in 4 MiB");
    assert!(text.contains("\"report\":99") && !text.contains("\"report\":0,"));
}
