//! `serve --record` and `serve --replay`: a recorded session plays again without its editor, its model and its endpoint; what is different
//! is named; and a recording holds nothing that must not be written down.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::coder::Coder;
use crate::support::editor::{Editor, initialize_params};

const LIB: &str = "//! Greets.\n\npub fn greet(name: &str) -> String {\n    format!(\"hello {name}\")\n}\n";

/// A workspace, and around it what a recording needs.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
        std::fs::write(folder.path().join("repo/lib.rs"), LIB).unwrap();
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn trace(&self) -> PathBuf {
        self.folder.path().join("session.jsonl")
    }

    fn uri(&self, file: &str) -> String {
        format!("file://{}/{file}", self.root().display())
    }

    fn recorded(&self) -> String {
        std::fs::read_to_string(self.trace()).unwrap()
    }

    fn editor(&self, config: &Path) -> Editor {
        let mut editor = Editor::binary(|command| {
            command.arg("--config").arg(config).arg("--record").arg(self.trace());
            surroundings(command, self.folder.path()).current_dir(self.root());
        });
        editor.initialize(initialize_params(&self.root()));
        editor
    }

    fn replay(&self) -> Output {
        replay(&self.trace(), &self.root(), self.folder.path())
    }
}

fn surroundings<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_CACHE_HOME", home.join("cache"))
}

fn replay(trace: &Path, root: &Path, home: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    command.arg("serve").arg("--replay").arg(trace).arg("--workspace").arg(root);
    surroundings(&mut command, home).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// An edit by a coder, hunks in review, a completion that is superseded, and a document that goes out of step.
fn session(stage: &Stage) {
    let edits = json!([
        { "path": "lib.rs", "old": "    format!(\"hello {name}\")", "new": "    format!(\"good day {name}\")", "reason": "politer" }
    ]);
    let coder = Coder::proposing(edits);
    let mut editor = stage.editor(&coder.config(stage.folder.path()));
    let uri = stage.uri("lib.rs");
    editor.open(&uri, "rust", LIB);
    let range = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 4, "character": 1 } });
    let actions = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
    assert!(editor.request("textDocument/codeAction", actions)["result"].is_array());
    let argument = json!({ "uri": uri, "range": range, "instruction": "be polite", "review": true });
    let edit = json!({ "command": "longsight.edit", "arguments": [argument] });
    let held = editor.request("workspace/executeCommand", edit);
    let hunk = held["result"]["hunks"][0].clone();
    let accept = json!({ "command": "longsight.acceptHunk", "arguments": [{ "id": hunk }] });
    editor.request("workspace/executeCommand", accept);
    assert!(editor.buffers[&uri].text.contains("good day"), "{held}");
    editor.edit(&uri, 0..0, "// 😀\r\n");
    editor.assert_in_step();
    // The file of what was sent is another one in a replay.
    let status = editor.request("workspace/executeCommand", json!({ "command": "longsight.status" }));
    assert!(status["result"]["audit"].is_string(), "{status}");
    editor.inbox.clear();
    editor.quit();
}

#[test]
fn a_session_plays_again_without_editor_model_and_endpoint() {
    let stage = Stage::new();
    session(&stage);
    let played = stage.replay();
    assert_eq!(played.status.code(), Some(0), "{}", said(&played));
    let text = said(&played);
    assert!(text.contains(" 0 differences") && !text.contains(" 0 requests"), "{text}");

    // A server that answers otherwise is told from the one that was recorded.
    let changed = stage.recorded().replacen("good day", "farewell", 1);
    std::fs::write(stage.trace(), changed).unwrap();
    let played = stage.replay();
    assert_eq!(played.status.code(), Some(1), "{}", said(&played));
    assert!(said(&played).contains("good day") || said(&played).contains("farewell"), "{}", said(&played));
}

/// Who explains something right after the start sees what is defined elsewhere, and so does the replay; a copy is another place, under
/// which a shown answer had another name.
#[test]
fn an_explanation_right_after_the_start_plays_again_over_a_copy() {
    let (stage, other) = (Stage::new(), Stage::new());
    let text = "use crate::greet;\n\npub fn both(a: &str, b: &str) -> String {\n    greet(a) + &greet(b)\n}\n";
    for place in [&stage, &other] {
        std::fs::write(place.root().join("both.rs"), text).unwrap();
    }
    let coder = Coder::proposing(json!([]));
    let mut editor = stage.editor(&coder.config(stage.folder.path()));
    let uri = stage.uri("both.rs");
    editor.open(&uri, "rust", text);
    let range = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 4, "character": 1 } });
    let explain = json!({ "command": "longsight.explain", "arguments": [{ "uri": uri, "range": range }] });
    let told = editor.request("workspace/executeCommand", explain);
    let sent = told["result"]["sent"].as_array().unwrap();
    assert!(sent.iter().any(|one| one.as_str().unwrap().starts_with("lib.rs:")), "{told}");
    editor.expect("window/showDocument");
    editor.inbox.clear();
    editor.quit();
    let played = replay(&stage.trace(), &other.root(), other.folder.path());
    assert_eq!(played.status.code(), Some(0), "{}", said(&played));
}

/// A person who takes some of an edit in the editor's preview, and turns down all of one file.
#[test]
fn an_edit_that_was_taken_in_part_plays_again() {
    let stage = Stage::new();
    let words = "hello {name}\n";
    std::fs::write(stage.root().join("more.txt"), words).unwrap();
    let edit = |path: &str, old: &str, new: &str| json!({ "path": path, "old": old, "new": new, "reason": "politer" });
    let coder = Coder::proposing(json!([
        edit("lib.rs", "//! Greets.", "//! Says good day."),
        edit("lib.rs", "hello {name}", "good day {name}"),
        edit("more.txt", "hello {name}", "good day {name}"),
    ]));
    let mut editor = Editor::binary(|command| {
        command.arg("--config").arg(coder.config(stage.folder.path())).arg("--record").arg(stage.trace());
        surroundings(command, stage.folder.path()).current_dir(stage.root());
    });
    let mut params = initialize_params(&stage.root());
    params["capabilities"]["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
    editor.initialize(params);
    let uris = [stage.uri("lib.rs"), stage.uri("more.txt")];
    editor.open(&uris[0], "rust", LIB);
    editor.open(&uris[1], "plaintext", words);
    editor.friendly = false;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 4, "character": 1 } });
    let argument = json!({ "uri": uris[0], "range": range, "instruction": "be polite" });
    let id = editor.start_request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
    let request = editor.expect("workspace/applyEdit");
    let mut chosen = request["params"]["edit"].clone();
    let changes = chosen["documentChanges"].as_array_mut().unwrap();
    changes.retain(|change| change["textDocument"]["uri"] == json!(uris[0]));
    changes[0]["edits"].as_array_mut().unwrap().truncate(1);
    assert!(editor.apply_workspace_edit(&chosen));
    editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));
    assert_eq!(editor.answer(&id)["result"]["applied"], true);
    assert_eq!(editor.buffers[&uris[0]].text, LIB.replace("Greets", "Says good day"));
    editor.friendly = true;
    editor.assert_in_step();
    editor.inbox.clear();
    editor.quit();
    let played = stage.replay();
    assert_eq!(played.status.code(), Some(0), "{}", said(&played));
    assert!(said(&played).contains(" 0 differences"), "{}", said(&played));
}

/// I8 for recordings: nothing that is secret by its form or its file, no key, and no folder of this machine.
#[test]
fn a_recording_holds_no_secret_and_no_path() {
    let stage = Stage::new();
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    std::fs::write(stage.root().join(".env"), "HUSH=canary-4711\n").unwrap();
    let config = stage.folder.path().join("config.toml");
    let engine = "kind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"HUSH_KEY\"\n";
    std::fs::write(&config, format!("[roles]\nscout = \"none\"\ncoder = \"none\"\n[engines.none]\n{engine}")).unwrap();
    let mut editor = stage.editor(&config);
    let uri = stage.uri("lib.rs");
    editor.open(&uri, "rust", &format!("const KEY: &str = \"{key}\";\n{LIB}"));
    editor.open(&stage.uri(".env"), "sh", "HUSH=canary-4711\n");
    editor.edit(&stage.uri(".env"), 0..0, "MORE=canary-4712\n");
    let at = json!({ "line": 4, "character": 4 });
    let ask = json!({ "textDocument": { "uri": uri }, "position": at, "context": { "triggerKind": 1 } });
    assert!(editor.request("textDocument/inlineCompletion", ask)["error"]["message"].is_string());
    // Places behind the secret are still the editor's.
    let end = editor.buffers[&uri].text.find("hello").unwrap();
    editor.edit(&uri, end..end + 5, "bye");
    editor.request("longsight/debugDocuments", json!({ "text": true }));
    editor.inbox.clear();
    editor.quit();
    let recorded = stage.recorded();
    // Where a key comes from may be said to the person who has to set it, and stands nowhere else.
    assert!(!recorded.lines().next().unwrap().contains("HUSH_KEY"));
    for secret in [key.as_str(), "canary", stage.folder.path().to_str().unwrap()] {
        assert!(!recorded.contains(secret), "{secret} stands in the recording");
    }
    assert!(recorded.contains("$ROOT/lib.rs"));
    let played = stage.replay();
    let text = said(&played);
    assert!(text.lines().all(|line| !line.contains("did not come")), "{text}");
}

/// The values of settings were judged alone, without the names that tell what they are.
#[test]
fn a_recording_holds_no_secret_of_the_settings_that_an_editor_hands_over() {
    let stage = Stage::new();
    let config = stage.folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let mut editor = Editor::binary(|command| {
        command.arg("--config").arg(&config).arg("--record").arg(stage.trace());
        surroundings(command, stage.folder.path()).current_dir(stage.root());
    });
    let mut params = initialize_params(&stage.root());
    params["initializationOptions"] = json!({
        "apiKey": "canary1x", "longsight.authToken": "canary2", "engines": [{ "password": "canary three", "credentials": ["canary4"] }],
        "headers": { "Authorization": "Token canary5qzvK2xw81" }, "reviews": true, "maxTokens": 812, "tokenUrl": "http://127.0.0.1/t",
    });
    editor.initialize(params);
    let settings = json!({ "longsight": { "secret": "canary6", "api_key_env": "NAME_OF_IT" }, "env": { "OPENAI_API_KEY": "canary7" } });
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    editor.request("longsight/debugDocuments", json!({}));
    editor.inbox.clear();
    editor.quit();
    let recorded = stage.recorded();
    assert!(!recorded.contains("canary"), "{recorded}");
    for kept in ["\"apiKey\":\"***\"", "\"reviews\":true", "\"maxTokens\":812", "http://127.0.0.1/t", "NAME_OF_IT"] {
        assert!(recorded.contains(kept), "{kept}: {recorded}");
    }
}

/// What is typed or pasted comes without what shows it to be a secret: that stands in the document.
#[test]
fn a_recording_hides_a_secret_that_is_pasted_or_typed_between_quotes() {
    let stage = Stage::new();
    let config = stage.folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let mut editor = stage.editor(&config);
    let uri = stage.uri("lib.rs");
    let code = "// 😀\nconst PASSWORD: &str = \"\";\nconst TOKEN: &str = \"\";\nconst NAME: &str = \"\";\n";
    editor.open(&uri, "rust", code);
    let (pasted, typed) = ("hV7qTz2mXw9KpL4s", "rB8yNc3uJd6GfE1a");
    let end_of = |editor: &Editor, begin: &str| {
        let text = &editor.buffers[&uri].text;
        let at = text.find(begin).unwrap();
        at + text[at..].find(";").unwrap() - 1
    };
    let at = end_of(&editor, "const PASSWORD");
    editor.edit(&uri, at..at, pasted);
    for letter in typed.chars() {
        let at = end_of(&editor, "const TOKEN");
        editor.edit(&uri, at..at, &letter.to_string());
    }
    let at = end_of(&editor, "const NAME");
    editor.edit(&uri, at..at, "Ada");
    editor.assert_in_step();
    editor.inbox.clear();
    editor.quit();
    let recorded = stage.recorded();
    let changes: String = recorded.lines().filter(|line| line.contains("didChange\"")).map(|line| format!("{line}\n")).collect();
    assert!(!recorded.contains(pasted) && changes.contains("\"****************\""), "{changes}");
    assert_eq!(changes.matches("\"text\":\"*\"").count(), typed.len(), "{changes}");
    assert!(changes.contains("\"Ada\""), "{changes}");
}

/// A path that stands in a document moved what stood behind it, `$ROOT` in a script became a folder, and folders that were added later and
/// models outside of the home kept their names.
#[test]
fn a_recording_keeps_places_behind_a_path_and_hides_folders_that_come_later() {
    let stage = Stage::new();
    let models = stage.folder.path().join("weights");
    let config = stage.folder.path().join("config.toml");
    let engine = format!("kind = \"llama\"\nmodel = \"{}\"\n", models.join("m.gguf").display());
    std::fs::write(&config, format!("[roles]\nscout = \"none\"\ncoder = \"none\"\n[engines.none]\n{engine}")).unwrap();
    let added = stage.folder.path().join("added");
    std::fs::create_dir(&added).unwrap();
    std::fs::write(added.join("b.rs"), "fn b() {}\n").unwrap();
    let mut editor = stage.editor(&config);
    let uri = stage.uri("run.sh");
    editor.open(&uri, "sh", &format!("cd {} && echo $ROOT/x # one\n", stage.root().display()));
    let folder = json!({ "uri": format!("file://{}", added.display()), "name": "added" });
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [folder], "removed": [] } }));
    let end = editor.buffers[&uri].text.find("one").unwrap();
    editor.edit(&uri, end..end + 3, "two");
    assert_eq!(editor.assert_in_step(), 1);
    editor.inbox.clear();
    editor.quit();
    let recorded = stage.recorded();
    for path in [stage.folder.path().to_str().unwrap(), "weights"] {
        assert!(!recorded.contains(path), "{path} stands in the recording");
    }
    let played = stage.replay();
    let text = said(&played);
    // `debugDocuments` was compared with the documents whole; their hash is that of the path as it was.
    let differences: Vec<&str> = text.lines().filter(|line| line.contains("debugDocuments") || line.contains("did not come")).collect();
    assert!(differences.iter().all(|line| line.contains(".hash ")), "{text}");
    assert!(recorded.contains("$ROOT/x # two"), "{recorded}");
}

#[test]
fn what_is_no_recording_is_refused_with_its_name() {
    let stage = Stage::new();
    for (text, words) in [
        ("", "it is empty"),
        ("{\"a\":1}\n", "not that of a trace"),
        ("no json\n", "line 1 is not JSON"),
        ("{\"trace\":99}\n", "format 99"),
        ("{\"trace\":1}\n{\"strange\":1}\n", "line 2 is no entry"),
    ] {
        std::fs::write(stage.trace(), text).unwrap();
        let played = stage.replay();
        assert_eq!((played.status.code(), played.stdout.is_empty()), (Some(1), true), "{text}");
        assert!(said(&played).contains(words) && said(&played).contains("session.jsonl"), "{}", said(&played));
    }
    let missing = replay(&stage.folder.path().join("none"), &stage.root(), stage.folder.path());
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn a_recording_is_never_written_over() {
    let stage = Stage::new();
    std::fs::write(stage.trace(), "mine").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    let output = surroundings(command.arg("serve").arg("--record").arg(stage.trace()), stage.folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("name a new file"), "{}", said(&output));
    assert_eq!(stage.recorded(), "mine");
}

/// Sessions recorded with Neovim and the default model, over the workspace beside them.
#[test]
fn kept_sessions_of_the_default_model_play_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/traces");
    let traces: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let traces: Vec<_> = traces.iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    assert!(!traces.is_empty());
    for trace in traces {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("repo");
        std::fs::create_dir_all(root.join(".git")).unwrap();
        for file in std::fs::read_dir(folder.join("workspace")).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, root.join(file.file_name().unwrap())).unwrap();
        }
        let played = replay(trace, &root, home.path());
        assert_eq!(played.status.code(), Some(0), "{}: {}", trace.display(), said(&played));
        assert!(!said(&played).contains("panicked"), "{}", said(&played));
    }
}

/// An entry more or less at any place is told, and nothing hangs.
#[test]
fn a_recording_with_a_hole_is_told() {
    let stage = Stage::new();
    session(&stage);
    let recorded = stage.recorded();
    let lines: Vec<&str> = recorded.lines().collect();
    let at = lines.iter().position(|line| line.contains("\"answer\":1,")).unwrap();
    let without: Vec<&str> = lines.iter().enumerate().filter(|(number, _)| *number != at).map(|(_, line)| *line).collect();
    let extra = serde_json::from_str::<Value>(lines[at]).unwrap();
    assert_eq!(extra["answer"], 1);
    std::fs::write(stage.trace(), without.join("\n")).unwrap();
    let played = stage.replay();
    assert_eq!(played.status.code(), Some(1), "{}", said(&played));
}
