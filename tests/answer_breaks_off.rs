//! An answer in words that breaks off in the middle is a failure, and what came before is seen nevertheless.

use std::process::Command;

use longsight::engine::scripted::Step;
use longsight::engine::{Cancel, EngineError, ErrorKind, Event};
use longsight::features::explain::explain;
use longsight::features::silent;
use serde_json::{Value, json};

use crate::support::editor::{Editor, initialize_params};
use crate::support::files;
use crate::support::http::{Act, Server, chunked};
use crate::support::workspace::{Workspace, target};

const TEXT: &str = "fn add(a: u8, b: u8) -> u8 {\n    a + b\n}\n";
const SAID: &str = "It adds two numbers, see `a.rs:2` and `none.rs:9`. Then it ";

/// A server that ends each answer in the middle, a folder with a file, and the configuration.
fn broken(runtime: &tokio::runtime::Runtime) -> (Server, tempfile::TempDir, String) {
    let piece = json!({ "id": "a", "model": "tiny", "choices": [{ "index": 0, "delta": { "content": SAID } }] });
    let begun = chunked("text/event-stream", &[format!("data: {piece}\n\n")]);
    let server = runtime.block_on(Server::answering(vec![Act::Send(begun)]));
    let folder = tempfile::tempdir().unwrap();
    files::write(folder.path(), "repo/a.rs", TEXT);
    files::write(folder.path(), "repo/.git/HEAD", "");
    let engine = format!("[engines.one]\nkind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"tiny\"\ncontext = 8192\n", server.url);
    files::write(folder.path(), "config.toml", format!("[roles]\nscout = \"one\"\ncoder = \"one\"\n{engine}"));
    let config = folder.path().join("config.toml").display().to_string();
    (server, folder, config)
}

fn assert_partial(text: &str, why: &str) {
    let text = text.trim();
    assert!(text.contains("It adds two numbers, see `a.rs:2` and `none.rs:9` (not found). Then it"), "{text}");
    assert!(text.ends_with(".)*") && text.contains("*(The answer breaks off here: ") && text.contains(why), "{text}");
}

#[tokio::test]
async fn what_came_before_an_error_is_in_the_error() {
    let workspace = Workspace::new(&[("a.rs", TEXT)]);
    let fails = |text: &str, kind| {
        vec![Step::Event(Event::Text(text.into())), Step::Event(Event::Failed(EngineError::new(kind, "the server is out of memory")))]
    };
    let cases = [(SAID, ErrorKind::Unavailable, true), (" \n", ErrorKind::Unavailable, false), (SAID, ErrorKind::Cancelled, false)];
    for (text, kind, is_shown) in cases {
        let (session, _) = workspace.with_coder(vec![fails(text, kind)]);
        let error = explain(&session, &target(&session, "a.rs", "fn add"), &Cancel::new(), &silent()).await.unwrap_err();
        assert_eq!((error.kind, error.partial.is_empty()), (kind, !is_shown), "{error:?}");
        if is_shown {
            assert_partial(&error.partial, "the server is out of memory");
        }
    }
}

/// Who did not stream lost it: the error alone was shown.
#[test]
fn what_came_before_an_error_is_shown_to_editors_that_do_not_stream() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_server, folder, config) = broken(&runtime);
    let uri = format!("file://{}", folder.path().join("repo/a.rs").display());
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 1 } });
    for (command, argument) in
        [("longsight.explain", json!({ "uri": uri, "range": range })), ("longsight.ask", json!({ "question": "why?" }))]
    {
        // An engine that has failed is left alone for a while.
        let mut editor = Editor::binary(|command| {
            command.args(["--config", &config]).env("XDG_CACHE_HOME", folder.path().join("cache"));
        });
        editor.initialize(initialize_params(&folder.path().join("repo")));
        editor.open(&uri, "rust", TEXT);
        let answer = editor.request("workspace/executeCommand", json!({ "command": command, "arguments": [argument] }));
        assert!(answer["error"]["message"].as_str().is_some_and(|message| message.contains("try again")), "{answer}");
        assert_partial(answer["error"]["data"]["text"].as_str().unwrap_or_else(|| panic!("{answer}")), "try again");
        let shown = editor.expect("window/showDocument")["params"]["uri"].as_str().unwrap().to_string();
        assert_partial(&std::fs::read_to_string(shown.strip_prefix("file://").unwrap()).unwrap(), "try again");
        editor.inbox.clear();
        editor.quit();
    }
}

#[test]
fn what_came_before_an_error_is_printed_for_programs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_server, folder, config) = broken(&runtime);
    for arguments in [["explain", "a.rs:1-3"], ["ask", "What does add do?"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.args(arguments).args(["--json", "--config", &config]).current_dir(folder.path().join("repo"));
        command.env("XDG_CACHE_HOME", folder.path().join("cache")).env("XDG_STATE_HOME", folder.path().join("state"));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_partial(printed["text"].as_str().unwrap(), "try again");
        assert!(String::from_utf8_lossy(&output.stderr).contains(printed["error"].as_str().unwrap()), "{printed}");
    }
}
