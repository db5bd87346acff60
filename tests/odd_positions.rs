//! Positions that editors may send: beside every character, beyond every end, in documents of every kind. Every request there is answered,
//! and what is offered is put where it belongs.

use serde_json::{Value, json};

use longsight::text::Encoding;

use crate::support::editor::{Editor, initialize_params, positions};
use crate::support::real::{self, command};

const TEXT: &str = "fn 𝒻() -> &str {\n    let é = \"😀👩\u{200d}👧\";\r\n    \n    é\n}\r// 𝕏 end";

fn started(encoding: &str, scripts: usize) -> Editor {
    let answer = longsight::engine::scripted::Scripted::text("\"done\"");
    let (_, options) = real::server(vec![answer; scripts]);
    let mut editor = Editor::memory(options);
    let mut params = initialize_params(std::path::Path::new("/w"));
    params["capabilities"]["general"]["positionEncodings"] = json!([encoding]);
    editor.initialize(params);
    editor
}

fn at(line: u64, character: u64) -> Value {
    json!({ "line": line, "character": character })
}

/// Each request that names a place, with this range.
fn ask_everything(editor: &mut Editor, uri: &str, start: &Value, end: &Value) {
    let range = json!({ "start": start, "end": end });
    let document = json!({ "uri": uri });
    let complete = json!({ "textDocument": document, "position": start, "context": { "triggerKind": 1 } });
    let selected = json!({
        "textDocument": document, "position": end,
        "context": { "triggerKind": 2, "selectedCompletionInfo": { "range": range, "text": "x" } },
    });
    let actions = json!({ "textDocument": document, "range": range, "context": { "diagnostics": [{ "range": range, "message": "odd" }] } });
    let preview = json!({ "command": "longsight.contextPreview", "arguments": [{ "uri": uri, "range": range, "budget": 100 }] });
    for (method, params) in [
        ("textDocument/inlineCompletion", complete),
        ("textDocument/inlineCompletion", selected),
        ("textDocument/codeAction", actions),
        ("workspace/executeCommand", preview),
    ] {
        let answer = editor.request(method, params);
        // Nothing to show there is an answer; a failure inside is none.
        let code = answer["error"]["code"].as_i64();
        assert!(code.is_none() || code == Some(-32803), "{method} at {range}: {answer}");
    }
}

#[test]
fn b1_b2_any_place_is_answered_in_every_encoding() {
    for (name, encoding) in [("utf-8", Encoding::Utf8), ("utf-16", Encoding::Utf16), ("utf-32", Encoding::Utf32)] {
        let mut editor = started(name, 400);
        let uri = "file:///w/a.rs";
        editor.open(uri, "rust", TEXT);
        let most = u64::from(u32::MAX);
        let odd = [(0, 0), (0, most), (3, 1), (1, 13), (1, 14), (1, 15), (1, 16), (5, 0), (6, 0), (99, 0), (most, most)];
        for (line, character) in odd {
            ask_everything(&mut editor, uri, &at(line, character), &at(0, 4));
            ask_everything(&mut editor, uri, &at(0, 4), &at(line, character));
        }
        let whole = positions(TEXT, 0..TEXT.len(), encoding);
        ask_everything(&mut editor, uri, &whole["start"], &whole["end"]);
        assert_eq!(editor.assert_in_step(), 1);
        editor.inbox.clear();
        editor.quit();
    }
}

/// At every edge of a text with characters of every width, a suggestion goes in exactly there.
#[test]
fn b1_a_suggestion_is_put_between_the_characters_that_were_meant() {
    for (name, encoding) in [("utf-8", Encoding::Utf8), ("utf-16", Encoding::Utf16), ("utf-32", Encoding::Utf32)] {
        let line = "let s = [\"😀\", \"é𝒻\"]; // 👩\u{200d}👧 ";
        let text = format!("fn f() {{\n    {line}\n}}\n");
        let mut editor = started(name, 200);
        let uri = "file:///w/a.rs";
        editor.open(uri, "rust", &text);
        let start = text.find(line).unwrap();
        let mut offered = 0;
        for (offset, _) in line.char_indices() {
            let place = positions(&text, start + offset..start + offset, encoding)["start"].clone();
            let params = json!({ "textDocument": { "uri": uri }, "position": place, "context": { "triggerKind": 1 } });
            let answer = editor.request("textDocument/inlineCompletion", params);
            for item in answer["result"]["items"].as_array().into_iter().flatten() {
                offered += 1;
                assert_eq!(item["range"], json!({ "start": place, "end": place }), "{name} at {offset}");
            }
        }
        assert!(offered > 3, "{name}: {offered}");
        editor.quit();
    }
}

/// B12: what an editor shows that is no file has no folder and no rules, and its language is what the editor says.
#[test]
fn b12_documents_that_are_no_files_are_completed_and_explained() {
    for uri in [
        "untitled:Untitled-1",
        "vscode-notebook-cell:/w/n.ipynb#W0",
        "git:/w/a%20b.rs?%7B%7D",
        "file:///elsewhere/a%20b.rs",
        "inmemory://model/1",
    ] {
        let mut editor = started("utf-16", 2);
        editor.open(uri, "rust", "fn f() -> &'static str {\n    \n}\n");
        let params = json!({ "textDocument": { "uri": uri }, "position": at(1, 4), "context": { "triggerKind": 1 } });
        let answer = editor.request("textDocument/inlineCompletion", params);
        assert_eq!(answer["result"]["items"][0]["insertText"], "\"done\"", "{uri}: {answer}");
        let range = json!({ "start": at(0, 0), "end": at(2, 1) });
        let answer = command(&mut editor, "longsight.explain", json!({ "uri": uri, "range": range }));
        assert_eq!(answer["result"]["text"], "\"done\"", "{uri}: {answer}");
        let sent = answer["result"]["sent"][0].as_str().unwrap();
        assert!(!sent.contains('%') && sent.ends_with(":1-3"), "people read plain names: {sent}");
        editor.inbox.clear();
        editor.quit();
    }
}

/// B10: one line of five million letters is plain text, and typing in it is answered.
#[test]
fn b10_a_huge_line_is_edited_and_answered() {
    let mut editor = started("utf-16", 4);
    let uri = "file:///w/bundle.js";
    let text = format!("var a = 1;\n{}\n", "f(\"😀\");".repeat(500_000));
    editor.open(uri, "javascript", &text);
    let middle = text.len() / 2 + text[text.floor_char_boundary(text.len() / 2)..].find(';').unwrap() + 1;
    let middle = text.floor_char_boundary(middle);
    editor.edit(uri, middle..middle, "g();");
    let place = positions(&editor.buffers[uri].text, middle..middle, Encoding::Utf16)["start"].clone();
    ask_everything(&mut editor, uri, &place, &place);
    assert_eq!(editor.assert_in_step(), 1);
    editor.inbox.clear();
    editor.quit();
}

/// Everything about a document in an order that no editor should send.
#[test]
fn b8_requests_about_documents_that_are_not_open_are_answered() {
    let mut editor = started("utf-16", 4);
    let uri = "file:///w/never.rs";
    ask_everything(&mut editor, uri, &at(0, 0), &at(0, 1));
    let range = json!({ "start": at(0, 0), "end": at(0, 1) });
    for (method, params) in [
        ("textDocument/codeLens", json!({ "textDocument": { "uri": uri } })),
        ("textDocument/didSave", json!({ "textDocument": { "uri": uri } })),
        ("textDocument/didClose", json!({ "textDocument": { "uri": uri } })),
        (
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": 3 }, "contentChanges": [{ "range": range, "text": "x" }] }),
        ),
    ] {
        if method.contains("did") {
            editor.notify(method, params);
        } else {
            assert_eq!(editor.request(method, params)["result"], json!([]), "{method}");
        }
    }
    editor.open(uri, "rust", "fn a() {}\n");
    editor.close(uri);
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    editor.open(uri, "rust", "");
    ask_everything(&mut editor, uri, &at(0, 0), &at(7, 7));
    editor.edit(uri, 0..0, "fn b() {}\n");
    assert_eq!(editor.assert_in_step(), 1);
    editor.inbox.clear();
    editor.quit();
}

/// B16: what no parser gets through in its time is plain text. Suggestions and menus come, and the text stays the editor's.
#[test]
fn b16_pathological_texts_are_answered_like_plain_ones() {
    let head = "let a = 1;\n";
    let texts = [
        ("deep.rs", "rust", format!("{head}{}", "(".repeat(200_000))),
        ("wide.py", "python", format!("x = [\n{}]\n", "1 + 1,\n".repeat(600_000))),
        ("bundle.js", "javascript", format!("{head}{}", "function f(a){return a?f(a-1):[{b:a}]};".repeat(60_000))),
        ("nested.c", "c", format!("int a = 1;\n{}{}", "{".repeat(60_000), "}".repeat(60_000))),
    ];
    for (name, language, text) in texts {
        let mut editor = started("utf-16", 8);
        let uri = format!("file:///w/{name}");
        editor.open(&uri, language, &text);
        let place = at(0, 6);
        ask_everything(&mut editor, &uri, &place, &place);
        editor.edit(&uri, 0..0, "\n");
        let params = json!({ "textDocument": { "uri": uri }, "position": at(0, 0), "context": { "triggerKind": 1 } });
        let answer = editor.request("textDocument/inlineCompletion", params);
        assert!(answer.get("error").is_none(), "{name}: {answer}");
        assert_eq!(editor.assert_in_step(), 1, "{name}");
        editor.inbox.clear();
        editor.quit();
    }
}
