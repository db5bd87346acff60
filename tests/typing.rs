//! Typing is never blocked: hanging models, newest-wins completion, cancellation, and order under load (P5, P6, P11, B9, M1, A14, A16).

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::agent::{Fake, Mood, options};
use crate::support::editor::{Editor, frame};

const URI: &str = "file:///w/a.rs";

fn with(agent: &Arc<Fake>) -> Editor {
    Editor::memory(options(agent.clone())).start(std::path::Path::new("/w"))
}

fn ask_completion(editor: &mut Editor, trigger: u8) -> Value {
    let params = json!({
        "textDocument": { "uri": URI },
        "position": { "line": 0, "character": 3 },
        "context": { "triggerKind": trigger },
    });
    editor.start_request("textDocument/inlineCompletion", params)
}

fn actions(editor: &mut Editor) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 2 } });
    let params = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
    editor.start_request("textDocument/codeAction", params)
}

/// Waits until the agent has no model work left.
fn idle(agent: &Fake) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while agent.running() > 0 {
        assert!(Instant::now() < deadline, "{} pieces of work still run", agent.running());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Issue 2: under a model call that hangs, 1,000 changes and 200 code-action requests are answered, and the text is the editor's.
#[test]
fn m1_a_thousand_changes_and_two_hundred_actions_under_a_hanging_model() {
    let agent = Fake::new(Mood::Hang);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let hanging: Vec<Value> = (0..8).map(|_| ask_edit(&mut editor)).collect();
    let mut times = vec![];
    for number in 0..1000 {
        let end = editor.buffers[URI].text.len();
        editor.edit(URI, end..end, if number % 10 == 0 { "😀\n" } else { "x" });
        if number % 5 == 0 {
            ask_completion(&mut editor, 2);
            let started = Instant::now();
            let id = actions(&mut editor);
            let answer = editor.answer(&id);
            times.push(started.elapsed());
            assert!(!answer["result"].as_array().unwrap().is_empty(), "{answer}");
        }
    }
    assert_eq!(editor.assert_in_step(), 1);
    times.sort();
    println!(
        "{} code actions under a hanging model: p95 {:?}, worst {:?}",
        times.len(),
        times[times.len() * 95 / 100],
        times[times.len() - 1]
    );
    for id in &hanging {
        editor.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(editor.answer(id)["error"]["code"], -32800);
    }
    editor.quit();
}

/// The same with the real binary, the real features, and a server that accepts and never answers.
#[test]
fn m1_g2_the_real_binary_under_an_endpoint_that_hangs() {
    let (_listener, folder, mut editor) = under_a_hanging_endpoint();
    let uri = format!("file://{}/a.rs", folder.path().display());
    editor.open(&uri, "rust", "fn main() {\n    let total = 1;\n}\n");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let explain = json!({ "command": "longsight.explain", "arguments": [{ "uri": uri, "range": range }] });
    let hanging: Vec<Value> = (0..4).map(|_| editor.start_request("workspace/executeCommand", explain.clone())).collect();
    let mut times = vec![];
    for number in 0..1000 {
        let at = editor.buffers[&uri].text.find("total").unwrap();
        editor.edit(&uri, at..at, if number % 10 == 0 { "é" } else { "x" });
        if number % 5 == 0 {
            let position = json!({ "line": 1, "character": 12 });
            let context = json!({ "triggerKind": 2 });
            let completion = json!({ "textDocument": { "uri": uri }, "position": position, "context": context });
            editor.start_request("textDocument/inlineCompletion", completion);
            let started = Instant::now();
            let actions = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
            let answer = editor.request("textDocument/codeAction", actions);
            times.push(started.elapsed());
            assert!(!answer["result"].as_array().unwrap().is_empty(), "{answer}");
        }
    }
    assert_eq!(editor.assert_in_step(), 1);
    times.sort();
    println!("real binary: {} code actions, p95 {:?}, worst {:?}", times.len(), times[times.len() * 95 / 100], times[times.len() - 1]);
    for id in &hanging {
        editor.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(editor.answer(id)["error"]["code"], -32800);
    }
    editor.quit();
}

#[test]
fn comments_and_strings_are_left_alone_where_the_user_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    // Nobody listens there: whatever is asked of the model is an error.
    let engine = "[engines.none]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    std::fs::write(&config, format!("[completion]\nin_comments = false\n[roles]\nscout = \"none\"\ncoder = \"none\"\n{engine}")).unwrap();
    let editor = Editor::binary(|command| {
        command.arg("--config").arg(&config).env("XDG_CACHE_HOME", folder.path().join("cache"));
    });
    let mut editor = editor.start(folder.path());
    let uri = format!("file://{}/a.rs", folder.path().display());
    editor.open(&uri, "rust", "// a word\nfn main() {\n    let text = \"a word\";\n    let number = \n}\n");
    let mut ask = |line: u32, character: u32| {
        let position = json!({ "line": line, "character": character });
        let context = json!({ "triggerKind": 2 });
        editor.request("textDocument/inlineCompletion", json!({ "textDocument": { "uri": uri }, "position": position, "context": context }))
    };
    assert_eq!(ask(0, 9).get("result"), Some(&Value::Null), "in a comment");
    assert_eq!(ask(2, 20).get("result"), Some(&Value::Null), "in a string");
    assert!(ask(3, 17)["error"]["message"].is_string(), "in code the model is asked");
}

/// E1: the editor goes away in the middle of a generation.
#[test]
fn e1_end_of_input_in_the_middle_of_a_generation() {
    let (listener, folder, mut editor) = under_a_hanging_endpoint();
    let uri = format!("file://{}/a.rs", folder.path().display());
    editor.open(&uri, "rust", "fn main() {}\n");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    editor.start_request(
        "workspace/executeCommand",
        json!({ "command": "longsight.explain", "arguments": [{ "uri": uri, "range": range }] }),
    );
    listener.accept().unwrap();
    editor.hang_up();
    assert_eq!(editor.exit_code(Duration::from_secs(10)), Some(1));
}

/// The real binary with both roles on a server that takes connections and never answers.
pub fn under_a_hanging_endpoint() -> (std::net::TcpListener, tempfile::TempDir, Editor) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let engine = format!("[engines.hang]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://{}/v1\"\n", listener.local_addr().unwrap());
    std::fs::write(&config, format!("[roles]\nscout = \"hang\"\ncoder = \"hang\"\n{engine}")).unwrap();
    let editor = Editor::binary(|command| {
        command.arg("--config").arg(&config).env("XDG_CACHE_HOME", folder.path().join("cache"));
    });
    let editor = editor.start(folder.path());
    (listener, folder, editor)
}

fn ask_edit(editor: &mut Editor) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 2 } });
    let argument = json!({ "uri": URI, "range": range, "instruction": "hang" });
    editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }))
}

#[test]
fn b9_the_newest_completion_wins_and_the_others_stop() {
    let agent = Fake::new(Mood::Hang);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let ids: Vec<Value> = (0..100).map(|_| ask_completion(&mut editor, 2)).collect();
    let (last, superseded) = ids.split_last().unwrap();
    for id in superseded {
        assert_eq!(editor.answer(id)["result"], Value::Null);
    }
    editor.notify("$/cancelRequest", json!({ "id": last }));
    assert_eq!(editor.answer(last)["error"]["code"], -32800);
    idle(&agent);
    agent.set(Mood::Answer("done".into()));
    let id = ask_completion(&mut editor, 1);
    assert_eq!(editor.answer(&id)["result"]["items"][0]["insertText"], "done");
    editor.quit();
}

/// M2: a model that is much slower than the typing works on one completion at a time, the newest.
#[test]
fn m2_one_completion_at_work_however_fast_the_typing() {
    let agent = Fake::new(Mood::Hang);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    for number in 0..300 {
        editor.edit(URI, 3..3, "x");
        let id = ask_completion(&mut editor, 2);
        if number % 50 == 49 {
            editor.assert_in_step();
            let deadline = Instant::now() + Duration::from_secs(10);
            while agent.running() > 1 {
                assert!(Instant::now() < deadline, "{} completions run", agent.running());
            }
            assert!(!editor.has_answer(&id));
        }
    }
    editor.close(URI);
    idle(&agent);
    editor.quit();
}

#[test]
fn closing_a_document_ends_its_completion() {
    let agent = Fake::new(Mood::Hang);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let id = ask_completion(&mut editor, 1);
    editor.close(URI);
    assert_eq!(editor.answer(&id)["result"], Value::Null);
    idle(&agent);
    let id = ask_completion(&mut editor, 1);
    assert_eq!(editor.answer(&id)["result"], Value::Null, "a document that is not open");
    editor.quit();
}

/// P5: eight requests wait for the editor while notifications come in; nothing locks up.
#[test]
fn p5_requests_that_wait_for_the_editor_do_not_stop_notifications() {
    let agent = Fake::new(Mood::Answer("edited".into()));
    let mut editor = with(&agent);
    editor.friendly = false;
    editor.open(URI, "rust", "fn main() {}\n");
    let waiting: Vec<Value> = (0..8).map(|_| ask_edit(&mut editor)).collect();
    for _ in 0..8 {
        editor.expect("workspace/applyEdit");
    }
    for _ in 0..300 {
        editor.edit(URI, 0..0, "x");
    }
    editor.assert_in_step();
    for id in &waiting {
        editor.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(editor.answer(id)["error"]["code"], -32800);
    }
    // The editor's answer comes after nobody waits for it any more (A15).
    for id in 1..40 {
        editor.send(&json!({ "jsonrpc": "2.0", "id": id, "result": { "applied": true } }));
    }
    editor.assert_in_step();
    editor.quit();
}

#[test]
fn p11_cancel_reaches_twenty_running_requests() {
    let agent = Fake::new(Mood::Hang);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let ids: Vec<Value> = (0..20).map(|_| ask_edit(&mut editor)).collect();
    editor.assert_in_step();
    assert_eq!(agent.running(), 20);
    for id in &ids {
        editor.notify("$/cancelRequest", json!({ "id": id }));
    }
    for id in &ids {
        assert_eq!(editor.answer(id)["error"]["code"], -32800);
    }
    idle(&agent);
    editor.quit();
}

#[test]
fn a14_an_id_in_use_is_refused_and_the_first_request_goes_on() {
    let agent = Fake::new(Mood::Hang);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let id = ask_completion(&mut editor, 1);
    editor.assert_in_step();
    let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 0 } });
    let twice = json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/inlineCompletion", "params": params });
    editor.send(&twice);
    assert_eq!(editor.answer(&id)["error"]["code"], -32600);
    assert_eq!(agent.running(), 1, "the first goes on");
    editor.hold_twice(&id);
    agent.set(Mood::Answer("x".into()));
    editor.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(editor.answer(&id)["error"]["code"], -32800);
    editor.quit();
}

/// A16: the client reads nothing while thousands of answers and reports wait; the server goes on taking its messages.
#[test]
fn a16_a_client_that_does_not_read() {
    let agent = Fake::new(Mood::Answer("word ".repeat(2000)));
    let mut editor = with(&agent);
    editor.stop_reading();
    editor.open(URI, "rust", "fn main() {}\n");
    let mut all = vec![];
    for number in 0..200 {
        let argument = json!({ "question": "why?", "streamToken": number });
        let params = json!({ "command": "longsight.ask", "arguments": [argument] });
        all.extend(frame(&json!({ "jsonrpc": "2.0", "id": format!("s{number}"), "method": "workspace/executeCommand", "params": params })));
    }
    editor.raw(&all);
    for _ in 0..200 {
        editor.edit(URI, 0..0, "x");
    }
    editor.resume_reading();
    for number in 0..200 {
        assert!(editor.answer(&json!(format!("s{number}"))).get("result").is_some());
    }
    editor.assert_in_step();
    editor.quit();
}

#[test]
fn p6_a_feature_that_blocks_its_thread_blocks_nobody_else() {
    let agent = Fake::new(Mood::Panic);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let id = ask_completion(&mut editor, 1);
    assert_eq!(editor.answer(&id)["error"]["code"], -32603, "a panic on the threads of the features");
    agent.set(Mood::Answer("x".into()));
    let id = ask_completion(&mut editor, 1);
    assert!(editor.answer(&id)["result"].is_object());
    editor.quit();
}

#[test]
fn the_same_trouble_while_typing_is_told_once() {
    let agent = Fake::new(Mood::Fail("the model file is gone; run `longsight models pull`".into()));
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let first = ask_completion(&mut editor, 2);
    let error = &editor.answer(&first)["error"];
    assert_eq!((error["code"].as_i64(), error["message"].as_str().unwrap().contains("models pull")), (Some(-32803), true));
    let second = ask_completion(&mut editor, 2);
    assert_eq!(editor.answer(&second)["result"], Value::Null);
    let invoked = ask_completion(&mut editor, 1);
    assert_eq!(editor.answer(&invoked)["error"]["code"], -32803);
    editor.quit();
}

/// 500, a reset, "left alone for another 10 s": one more message at each key, for the words were others.
#[test]
fn i10_the_same_trouble_in_other_words_is_told_once() {
    let agent = Fake::new(Mood::Fail("the server failed (500): trace 1".into()));
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let ask = |editor: &mut Editor| {
        let id = ask_completion(editor, 2);
        editor.answer(&id)["error"].is_object()
    };
    assert!(ask(&mut editor));
    for words in ["the connection broke", "the server failed (500): trace 2", "it is left alone for another 9 s"] {
        agent.set(Mood::Fail(words.into()));
        assert!(!ask(&mut editor), "{words}");
    }
    agent.set(Mood::Answer("x".into()));
    assert!(!ask(&mut editor));
    agent.set(Mood::Fail("the connection broke".into()));
    assert!(ask(&mut editor), "it had worked again");
    editor.quit();
}

/// The same trouble is told once while typing, until an engine has answered. What came from memory says nothing about engines.
#[test]
fn i10_a_suggestion_from_memory_does_not_end_a_complaint() {
    let agent = Fake::new(Mood::Fail("no model".into()));
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let ask = |editor: &mut Editor| {
        let id = ask_completion(editor, 2);
        editor.answer(&id)
    };
    assert_eq!(ask(&mut editor)["error"]["message"], "no model");
    assert_eq!(ask(&mut editor)["result"], Value::Null);
    *agent.known.lock().unwrap() = Some("known".into());
    assert_eq!(ask(&mut editor)["result"]["items"][0]["insertText"], "known");
    *agent.known.lock().unwrap() = None;
    assert_eq!(ask(&mut editor)["result"], Value::Null, "it has been told");
    agent.set(Mood::Answer("x".into()));
    assert_eq!(ask(&mut editor)["result"]["items"][0]["insertText"], "x");
    agent.set(Mood::Fail("no model".into()));
    assert_eq!(ask(&mut editor)["error"]["message"], "no model", "it had worked meanwhile");
    editor.quit();
}

/// Two questions that waited for the ranking of a large repository held the threads that suggestions come from.
#[test]
fn who_types_is_answered_while_every_other_request_holds_its_thread() {
    let agent = Fake::new(Mood::Block);
    let mut editor = with(&agent);
    editor.open(URI, "rust", "fn main() {}\n");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 2 } });
    let explain = json!({ "command": "longsight.explain", "arguments": [{ "uri": URI, "range": range }] });
    let asked: Vec<_> = (0..8).map(|_| editor.start_request("workspace/executeCommand", explain.clone())).collect();
    *agent.known.lock().unwrap() = Some("known".into());
    let typed = ask_completion(&mut editor, 2);
    assert_eq!(editor.answer(&typed)["result"]["items"][0]["insertText"], "known");
    agent.release();
    asked.iter().for_each(|asked| assert!(editor.answer(asked)["result"].is_object()));
    editor.quit();
}
