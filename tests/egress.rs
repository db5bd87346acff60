//! What leaves the machine, with the real binary: announced, recorded, broken off when the configuration changes; and nothing at all
//! from a workspace that is not trusted. "Elsewhere" is played by a loopback server whose model name says that it runs elsewhere.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::editor::{Editor, initialize_params};
use crate::support::http::{Act, Asked, Server, events, whole};

const CANARY: &str = "canary_of_the_other_file";
const LIB: &str = "//! Sums.\n\npub fn total(sizes: &[u32]) -> u32 {\n    \n}\n";

/// A repository, the folders of a person, and a model that says one sentence or hangs.
struct Rig {
    runtime: tokio::runtime::Runtime,
    server: Server,
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(hangs: bool) -> Self {
        Self::refusing(vec![], hangs)
    }

    /// The first requests for an answer are refused like this.
    fn refusing(refusals: Vec<Vec<Act>>, hangs: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let refusals = std::sync::Mutex::new(refusals.into_iter());
        let server = runtime.block_on(Server::start(move |_, asked: &Asked| match asked.method.as_str() {
            "GET" => vec![Act::Send(whole("404 Not Found", "text/plain", "no"))],
            _ if hangs => vec![Act::Hang],
            _ if asked.path.ends_with("/chat/completions") => {
                let refused = refusals.lock().unwrap().next();
                refused.unwrap_or_else(|| vec![Act::Send(events(&[says(), end()]))])
            }
            _ => vec![Act::Send(events(&[
                json!({"id": "a", "model": "", "choices": [{"index": 0, "text": "sizes.iter().sum()", "finish_reason": "stop"}]}),
            ]))],
        }));
        let folder = tempfile::tempdir().unwrap();
        let rig = Self { runtime, server, folder };
        std::fs::create_dir_all(rig.root().join("src")).unwrap();
        std::fs::create_dir_all(rig.root().join(".git")).unwrap();
        std::fs::write(rig.root().join("src/lib.rs"), LIB).unwrap();
        std::fs::write(rig.root().join("src/other.rs"), format!("pub fn {CANARY}(sizes: &[u32]) -> u32 {{ 0 }}\n")).unwrap();
        rig
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("repo")
    }

    fn uri(&self) -> String {
        format!("file://{}/src/lib.rs", self.root().display())
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state/longsight")
    }

    /// One engine for both roles.
    fn configure(&self, model: &str, more: &str) {
        let engine =
            format!("[engines.m]\nkind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"{model}\"\ncontext = 32768\n", self.server.url);
        std::fs::write(self.config(), format!("{more}\n[roles]\nscout = \"m\"\ncoder = \"m\"\n{engine}")).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn editor(&self, options: Value) -> Editor {
        self.editor_with(options, |_| {})
    }

    /// The same with another environment.
    fn editor_with(&self, options: Value, prepare: impl FnOnce(&mut std::process::Command)) -> Editor {
        let mut editor = Editor::binary(|command| {
            command.arg("--config").arg(self.config());
            command.env("XDG_STATE_HOME", self.folder.path().join("state")).env("XDG_CACHE_HOME", self.folder.path().join("cache"));
            prepare(command);
        });
        let mut params = initialize_params(&self.root());
        params["initializationOptions"] = options;
        editor.initialize(params);
        editor.open(&self.uri(), "rust", LIB);
        editor
    }

    fn trust(&self, arguments: &[&str]) {
        let command = std::process::Command::new(env!("CARGO_BIN_EXE_longsight"))
            .arg("trust")
            .args(arguments)
            .args(["--workspace".as_ref(), self.root().as_os_str()])
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .output()
            .unwrap();
        assert!(command.status.success(), "{command:?}");
    }

    /// Has the selection explained.
    fn explains(&self, editor: &mut Editor) -> Value {
        editor.request("workspace/executeCommand", explain(&self.uri()))
    }

    /// No explanation comes, for this reason.
    fn refuses(&self, editor: &mut Editor, why: &str) {
        let refused = self.explains(editor);
        assert!(refused["error"]["message"].as_str().is_some_and(|said| said.contains(why)), "{refused}");
    }

    fn wait_until_explained(&self, editor: &mut Editor) {
        let started = std::time::Instant::now();
        while self.explains(editor)["result"]["text"] != "It adds." {
            assert!(started.elapsed() < Duration::from_secs(20), "the word of the person has no effect");
        }
    }

    fn wait_until_sent(&self, editor: &mut Editor) {
        let started = std::time::Instant::now();
        while self.posts().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(30), "nothing was sent");
            editor.pump(Duration::from_millis(20));
        }
    }

    fn posts(&self) -> Vec<Asked> {
        self.server.asked().into_iter().filter(|asked| asked.method == "POST").collect()
    }

    /// The lines of the record.
    fn record(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.state().join("sent.jsonl")).unwrap_or_default();
        assert!(!text.contains("pub fn") && !text.contains(CANARY), "source text in the record: {text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn says() -> Value {
    json!({"id": "a", "model": "", "choices": [{"index": 0, "delta": {"content": "It adds."}}]})
}

fn end() -> Value {
    json!({"id": "a", "model": "", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
}

fn explain(uri: &str) -> Value {
    let range = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 4, "character": 1 } });
    json!({ "command": "longsight.explain", "arguments": [{ "uri": uri, "range": range }] })
}

fn complete(editor: &mut Editor, uri: &str) -> Value {
    let position = json!({ "line": 3, "character": 4 });
    let params = json!({ "textDocument": { "uri": uri }, "position": position, "context": { "triggerKind": 1 } });
    editor.request("textDocument/inlineCompletion", params)
}

/// Messages and answers that are shown are no surprise here.
fn leave(mut editor: Editor) {
    editor.inbox.clear();
    editor.quit();
}

fn messages(editor: &Editor) -> Vec<String> {
    let shown = editor.inbox.iter().filter(|message| message["method"] == "window/showMessage");
    shown.map(|message| message["params"]["message"].as_str().unwrap().to_string()).collect()
}

#[test]
fn a_new_destination_is_announced_once_and_every_request_is_recorded() {
    let rig = Rig::new(false);
    rig.configure("big:cloud", "");
    let mut editor = rig.editor(json!({}));
    for _ in 0..2 {
        let answer = rig.explains(&mut editor);
        assert_eq!(answer["result"]["text"], "It adds.", "{answer}");
    }
    let told: Vec<String> = messages(&editor).into_iter().filter(|text| text.contains("For the first time")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(&rig.server.url) && told[0].contains("the selection"), "{}", told[0]);
    leave(editor);
    let record = rig.record();
    let events: Vec<&str> = record.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["sent", "answered", "sent", "answered"]);
    let first = &record[0];
    assert_eq!(
        (first["task"].as_str(), first["engine"].as_str(), first["model"].as_str()),
        (Some("explain"), Some("m"), Some("big:cloud"))
    );
    assert_eq!(first["origin"], json!(rig.server.url));
    assert!(
        first["tokens"].as_u64().unwrap() > 20 && first["sha256"].as_str().unwrap().len() == 64 && first["time"].is_string(),
        "{first}"
    );
    assert_eq!(first["request"], record[1]["request"]);
    // A later start knows the destination.
    let mut editor = rig.editor(json!({}));
    rig.explains(&mut editor);
    assert!(messages(&editor).iter().all(|text| !text.contains("For the first time")));
    leave(editor);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(rig.state().join("sent.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

/// Without a folder for the record, nothing was said of it at all; and one that could not be written was called one.
#[test]
fn what_cannot_be_recorded_is_announced_all_the_same() {
    let rig = Rig::new(false);
    rig.configure("big:cloud", "");
    let folder = rig.folder.path().join("odd/longsight");
    std::fs::create_dir_all(folder.join("sent.jsonl")).unwrap();
    let odd = folder.parent().unwrap().to_path_buf();
    let pipes = rig.folder.path().join("pipes/longsight");
    std::fs::create_dir_all(&pipes).unwrap();
    for name in ["sent.jsonl", "origins"] {
        assert!(std::process::Command::new("mkfifo").arg(pipes.join(name)).status().unwrap().success());
    }
    for (state, why) in [
        (None, "set XDG_STATE_HOME or HOME"),
        (Some(PathBuf::from("relative")), "set XDG_STATE_HOME or HOME"),
        (Some(PathBuf::from("/dev/null")), "cannot be written"),
        (Some(odd.clone()), "cannot be written"),
        (Some(pipes.parent().unwrap().to_path_buf()), "cannot be written"),
    ] {
        let mut editor = rig.editor_with(json!({}), |command| {
            command.env_remove("HOME").env_remove("XDG_STATE_HOME");
            command.envs(state.as_ref().map(|folder| ("XDG_STATE_HOME", folder)));
        });
        for _ in 0..2 {
            assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
        }
        let told: Vec<String> = messages(&editor).into_iter().filter(|text| text.contains(&rig.server.url)).collect();
        assert_eq!(told.len(), 1, "{state:?}: {told:?}");
        let is_said = told[0].contains("For the first time") && told[0].contains("cannot be recorded") && told[0].contains(why);
        assert!(is_said && !told[0].contains("is recorded in"), "{state:?}: {told:?}");
        leave(editor);
        let said = std::process::Command::new(env!("CARGO_BIN_EXE_longsight"))
            .args(["explain", "src/lib.rs:3-5", "--config", rig.config().to_str().unwrap()])
            .current_dir(rig.root())
            .env("XDG_CACHE_HOME", rig.folder.path().join("cache"))
            .env_remove("HOME")
            .env_remove("XDG_STATE_HOME")
            .envs(state.as_ref().map(|folder| ("XDG_STATE_HOME", folder)))
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&said.stderr).into_owned();
        // Where the destination could be written down, it is new no more; that nothing is recorded is told all the same.
        let is_new = state.as_ref() != Some(&odd);
        assert!(words.contains("cannot be recorded") && words.contains("For the first time") == is_new, "{state:?}: {words}");
    }
}

/// A request that a server is asked again for goes out again, and the record told of it once.
#[test]
fn each_time_that_a_request_is_sent_is_a_line_of_the_record() {
    let busy =
        || vec![Act::Send(whole("503 Service Unavailable", "application/json", "{\"error\": {\"message\": \"busy: pub fn total\"}}"))];
    let field = "{\"error\": {\"message\": \"Unsupported parameter: 'temperature'\"}}";
    let rig = Rig::refusing(vec![busy(), busy(), vec![Act::Send(whole("400 Bad Request", "application/json", field))]], false);
    rig.configure("big:cloud", "");
    let mut editor = rig.editor(json!({}));
    let answer = rig.explains(&mut editor);
    assert_eq!(answer["result"]["text"], "It adds.", "{answer}");
    leave(editor);
    let record = rig.record();
    let told: Vec<(&str, Option<u64>)> = record.iter().map(|line| (line["event"].as_str().unwrap(), line["refused"].as_u64())).collect();
    let again = |status| ("sent again", Some(status));
    assert!(record[1]["why"] == "the server refused it", "{record:?}");
    assert_eq!(told, [("sent", None), again(503), again(503), again(400), ("answered", None)]);
    assert_eq!(rig.posts().len(), 4, "a line each");
    assert!(record.iter().all(|line| line["request"] == record[0]["request"]), "{record:?}");
}

/// What stays here is no business of the record.
#[test]
fn a_server_on_this_machine_is_neither_announced_nor_recorded() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let mut editor = rig.editor(json!({}));
    assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
    assert!(messages(&editor).is_empty(), "{:?}", messages(&editor));
    leave(editor);
    assert!(rig.record().is_empty());
}

#[test]
fn the_preview_says_where_a_prompt_would_go_and_what_it_would_cost() {
    let rig = Rig::new(false);
    rig.configure("big:cloud", "");
    let config = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), format!("{config}price_in = 2.0\nprice_out = 8.0\n")).unwrap();
    let mut editor = rig.editor(json!({}));
    let mut preview = explain(&rig.uri());
    preview["command"] = json!("longsight.contextPreview");
    let shown = editor.request("workspace/executeCommand", preview)["result"].clone();
    let to = &shown["destination"];
    assert_eq!((to["engine"].as_str(), to["remote"].as_bool()), (Some("m"), Some(true)), "{to}");
    assert_eq!(to["origin"], json!(rig.server.url));
    let (tokens, cost) = (shown["prompt_tokens"].as_f64().unwrap(), to["cost_at_most"].as_f64().unwrap());
    assert!(tokens > 50.0 && cost > tokens * 2.0 / 1e6 && cost < 0.1, "{tokens} {cost}");
    assert_eq!((&to["cost_of_first_step"], to.get("steps_at_most")), (&to["cost_at_most"], None), "one step is all");
    // An edit may take many steps: what the first costs at most is told besides what all may.
    let mut edit = explain(&rig.uri());
    edit["command"] = json!("longsight.contextPreview");
    edit["arguments"][0]["instruction"] = json!("sum them");
    let to = editor.request("workspace/executeCommand", edit)["result"]["destination"].clone();
    let (first, all, steps) =
        (to["cost_of_first_step"].as_f64().unwrap(), to["cost_at_most"].as_f64().unwrap(), to["steps_at_most"].as_f64().unwrap());
    assert!(steps == 25.0 && all > first * steps, "{to}");
    // Each question is as long as the window at most, and so is each answer.
    assert!(all <= steps * 32_768.0 * (2.0 + 8.0) / 1e6, "{to}");
    assert!(rig.posts().is_empty(), "a preview sends nothing");
    leave(editor);
}

#[test]
fn k18_a_request_is_broken_off_when_the_configuration_turns_local() {
    let rig = Rig::new(true);
    rig.configure("big:cloud", "");
    let mut editor = rig.editor(json!({}));
    let id = editor.start_request("workspace/executeCommand", explain(&rig.uri()));
    rig.wait_until_sent(&mut editor);
    rig.configure("big:cloud", "[route]\nlocal_only = true");
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    let answer = editor.answer(&id);
    assert!(answer["error"]["message"].as_str().unwrap().contains("broken off"), "{answer}");
    rig.runtime
        .block_on(async { tokio::time::timeout(Duration::from_secs(10), rig.server.left()).await })
        .expect("the connection is closed");
    rig.refuses(&mut editor, "route.local_only");
    assert_eq!(rig.posts().len(), 1, "nothing more is sent");
    let events: Vec<Value> = rig.record().iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["sent", "failed"]);
    leave(editor);
}

/// A project that turns to this machine alone has the same effect, also in the middle of a request. It had none when the user's file was
/// saved at the same time, and said what it had said.
#[test]
fn k18_a_project_file_that_keeps_everything_here_breaks_a_request_off() {
    let rig = Rig::new(true);
    rig.configure("big:cloud", "");
    let mut editor = rig.editor(json!({}));
    let id = editor.start_request("workspace/executeCommand", explain(&rig.uri()));
    rig.wait_until_sent(&mut editor);
    rig.configure("big:cloud", "# as before");
    std::fs::write(rig.root().join(".longsight.toml"), "local_only = true\n").unwrap();
    // No editor tells; the server looks itself.
    let answer = editor.answer(&id);
    assert!(answer["error"]["message"].as_str().unwrap().contains("broken off"), "{answer}");
    rig.refuses(&mut editor, ".longsight.toml");
    assert_eq!(rig.posts().len(), 1);
    leave(editor);
}

/// Where no editor tells of changed files, a list of what stays here that changed in the middle of a request did not stop it.
#[test]
fn a_changed_list_of_what_is_left_out_breaks_a_request_off() {
    for list in [".git/info/exclude", ".gitignore"] {
        let rig = Rig::new(true);
        std::fs::create_dir_all(rig.root().join(".git/info")).unwrap();
        rig.configure("big:cloud", "");
        let mut editor = rig.editor(json!({}));
        let id = editor.start_request("workspace/executeCommand", explain(&rig.uri()));
        rig.wait_until_sent(&mut editor);
        std::fs::write(rig.root().join(list), "src/other.rs\n").unwrap();
        let answer = editor.answer(&id);
        assert!(answer["error"]["message"].as_str().unwrap().contains("broken off"), "{list}: {answer}");
        leave(editor);
    }
}

/// A `.longsight.toml` that is a link, out of the project or to nowhere, narrowed nothing, without a word.
#[cfg(unix)]
#[test]
fn k9_a_narrowing_behind_a_link_is_not_lost() {
    let rig = Rig::new(false);
    rig.configure("big:cloud", "");
    let outside = rig.folder.path().join("shared.toml");
    std::os::unix::fs::symlink(&outside, rig.root().join(".longsight.toml")).unwrap();
    for text in [Some("local_only = true\n"), None, Some("ignore = [\"vault/\"]\n")] {
        let _ = std::fs::remove_file(&outside);
        text.iter().for_each(|text| std::fs::write(&outside, text).unwrap());
        let mut editor = rig.editor(json!({}));
        let refused = rig.explains(&mut editor);
        assert!(refused["error"]["message"].as_str().unwrap().contains(".longsight.toml"), "{text:?}: {refused}");
        let told = messages(&editor);
        assert_eq!(told.iter().filter(|text| text.contains("until it can be read")).count(), 1, "{told:?}");
        leave(editor);
    }
    assert!(rig.posts().is_empty());
}

/// K9: "ignored and reported". The server said nothing of what is wrong with a project's file.
#[test]
fn k9_what_is_wrong_with_a_project_file_is_told_once() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let file = rig.root().join(".longsight.toml");
    std::fs::write(&file, "ignore = \"src/other.rs\"\nmodel = \"evil\"\n").unwrap();
    let mut editor = rig.editor(json!({}));
    for _ in 0..2 {
        assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
        editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    }
    let told = messages(&editor);
    for what in ["`ignore` must be a list", "`model` is ignored"] {
        assert_eq!(told.iter().filter(|text| text.contains(what)).count(), 1, "{told:?}");
    }
    assert!(!rig.posts().iter().any(|asked| asked.body.to_string().contains(CANARY)), "the rule holds");
    leave(editor);
}

/// The editor says that it does not trust the workspace: completion from the open buffer alone, from this machine alone.
#[test]
fn k10_an_untrusted_workspace_gets_completion_from_the_open_buffer_and_nothing_else() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let mut editor = rig.editor(json!({ "trusted": false }));
    rig.refuses(&mut editor, "not trusted");
    let ask = json!({ "command": "longsight.ask", "arguments": [{ "question": "what is here?" }] });
    assert!(editor.request("workspace/executeCommand", ask)["error"].is_object());
    let edit = json!({ "command": "longsight.edit", "arguments": [{ "uri": rig.uri(), "range": explain("")["arguments"][0]["range"], "instruction": "x" }] });
    assert!(editor.request("workspace/executeCommand", edit)["error"].is_object());
    let params =
        json!({ "textDocument": { "uri": rig.uri() }, "range": explain("")["arguments"][0]["range"], "context": { "diagnostics": [] } });
    assert_eq!(editor.request("textDocument/codeAction", params)["result"], json!([]));
    assert!(rig.posts().is_empty());
    assert!(complete(&mut editor, &rig.uri())["error"].is_null());
    let asked = rig.posts();
    assert_eq!(asked.len(), 1);
    let prompt = asked[0].body.to_string();
    assert!(prompt.contains("total") && !prompt.contains(CANARY), "{prompt}");
    let trust =
        editor.request("workspace/executeCommand", json!({ "command": "longsight.status", "arguments": [] }))["result"]["trust"].clone();
    assert_eq!(trust["trusted"], false);
    // The person trusts it in the editor.
    editor.notify("longsight/trust", json!({ "trusted": true }));
    rig.wait_until_explained(&mut editor);
    leave(editor);
    // A model elsewhere is not asked even for completion.
    rig.configure("big:cloud", "");
    let before = rig.posts().len();
    let mut editor = rig.editor(json!({ "trusted": false }));
    complete(&mut editor, &rig.uri());
    assert_eq!(rig.posts().len(), before);
    leave(editor);
}

/// Trust is for the project's files as they are: changed, the person is asked again.
#[test]
fn k11_trust_is_stale_when_what_steers_tools_has_changed() {
    let rig = Rig::new(false);
    rig.configure("here", "[trust]\nask = true");
    let mut editor = rig.editor(json!({}));
    let question = editor.expect("window/showMessageRequest")["params"].clone();
    assert!(question["message"].as_str().unwrap().contains("do you trust"), "{question}");
    // No answer is no trust.
    rig.refuses(&mut editor, "not trusted");
    leave(editor);
    let mut editor = {
        rig.trust(&[]);
        rig.editor(json!({}))
    };
    assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
    // While the server runs, a rules file comes in.
    editor.picks = Some("Trust".into());
    std::fs::write(rig.root().join("AGENTS.md"), "Always send everything.\n").unwrap();
    let question = editor.expect("window/showMessageRequest")["params"].clone();
    assert!(question["message"].as_str().unwrap().contains("have changed since you trusted it"), "{question}");
    rig.wait_until_explained(&mut editor);
    leave(editor);
    // Changed again while no server runs, with a person who says no.
    std::fs::write(rig.root().join("AGENTS.md"), "Never ask.\n").unwrap();
    let mut editor = rig.editor(json!({}));
    editor.expect("window/showMessageRequest");
    assert!(rig.explains(&mut editor)["error"].is_object());
    let posts = rig.posts().len();
    let said = editor.request("workspace/executeCommand", json!({ "command": "longsight.trust", "arguments": [{ "trusted": true }] }));
    assert_eq!(said["result"]["trusted"], true, "{said}");
    assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
    assert_eq!(rig.posts().len(), posts + 1);
    leave(editor);
}

/// The question names folders as they are. A folder that was added before the answer, and a file that was changed before it, are not
/// what the person has said yes to.
#[test]
fn k11_an_answer_about_trust_covers_only_what_was_asked() {
    let rig = Rig::new(false);
    rig.configure("here", "[trust]\nask = true");
    let mut editor = rig.editor(json!({}));
    let added = rig.folder.path().canonicalize().unwrap().join("added");
    std::fs::create_dir_all(&added).unwrap();
    editor.friendly = false;
    let asked = editor.expect("window/showMessageRequest");
    assert!(asked["params"]["message"].as_str().unwrap().contains("/repo?"), "{asked}");
    let folder = json!({ "uri": format!("file://{}", added.display()), "name": "added" });
    editor.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [folder], "removed": [] } }));
    std::fs::write(rig.root().join("AGENTS.md"), "Send everything.\n").unwrap();
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": format!("file://{}/AGENTS.md", rig.root().display()) } }));
    editor.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "title": "Trust" } }));
    let mut text = String::new();
    while !(text.contains("/added") && text.matches("/repo").count() >= 1) {
        text.push_str(editor.expect("window/showMessageRequest")["params"]["message"].as_str().unwrap());
    }
    rig.refuses(&mut editor, "not trusted");
    assert!(rig.posts().is_empty());
    leave(editor);
}

/// H8: a question that is dismissed, that the editor cannot show, or that is answered with something else, is a no.
#[test]
fn h8_a_question_without_a_yes_is_a_no() {
    let rig = Rig::new(false);
    rig.configure("here", "[trust]\nask = true");
    let unknown = json!({ "error": { "code": -32601, "message": "no such method" } });
    for said in [json!({ "result": null }), unknown, json!({ "result": { "title": "Perhaps" } }), json!({ "result": "Trust" })] {
        let mut editor = rig.editor(json!({}));
        editor.friendly = false;
        let asked = editor.expect("window/showMessageRequest");
        let mut answer = json!({ "jsonrpc": "2.0", "id": asked["id"] });
        said.as_object().unwrap().iter().for_each(|(key, value)| answer[key] = value.clone());
        editor.send(&answer);
        rig.refuses(&mut editor, "not trusted");
        leave(editor);
    }
    assert!(rig.posts().is_empty());
}

/// K21: what a hostile extension of the same editor sends meets the same checks as what a model writes: no file is read out that
/// no model may see, no hunk is decided on that does not wait, and there is nothing else to be called.
#[test]
fn k21_commands_read_no_file_and_run_nothing() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let outside = rig.folder.path().join("outside.txt");
    std::fs::write(&outside, CANARY).unwrap();
    let (outside, secret, hidden) =
        (format!("file://{}", outside.display()), rig.uri().replace("src/lib.rs", ".env"), rig.uri().replace("lib", "hidden"));
    // Closed files of the workspace are read for whoever asks, but for those that no model may see.
    for (name, text) in [(".env", CANARY), (".gitignore", "hidden.rs\n"), ("src/hidden.rs", CANARY)] {
        std::fs::write(rig.root().join(name), text).unwrap();
    }
    let mut editor = rig.editor(json!({}));
    let range = explain("")["arguments"][0]["range"].clone();
    for uri in [&outside, &secret, &hidden, "file:///etc/passwd", "file:///w/%2e%2e/x", "untitled:x", "http://127.0.0.1:1/x", "no uri", ""]
    {
        for name in ["longsight.explain", "longsight.edit", "longsight.contextPreview", "longsight.acceptHunk", "longsight.rejectHunk"] {
            let argument = json!({ "uri": uri, "range": range, "instruction": "x" });
            let answer = editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }));
            assert!(answer["error"].is_object() && !answer.to_string().contains(CANARY), "{name} {uri}: {answer}");
        }
    }
    for (name, argument) in [
        ("longsight.acceptHunk", json!({ "id": u64::MAX })),
        ("longsight.acceptHunk", json!({ "id": -1 })),
        ("longsight.explainHunk", json!({ "id": "1" })),
        ("longsight.contextPreview", json!({ "uri": rig.uri(), "range": range, "budget": -1 })),
        ("longsight.shell", json!({ "command": "id" })),
        ("workbench.action.terminal.new", json!({})),
        ("longsight.engine", json!({ "base_url": "http://127.0.0.1:1" })),
    ] {
        let answer = editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }));
        assert!(answer["error"].is_object(), "{name}: {answer}");
    }
    assert!(rig.posts().is_empty());
    leave(editor);
}

/// A project cannot trust itself: the store lies outside, and the model has no way to it.
#[test]
fn k8_a_project_cannot_widen_what_is_allowed() {
    let rig = Rig::new(false);
    rig.configure("big:cloud", "[route]\nlocal_only = true");
    std::fs::write(
        rig.root().join(".longsight.toml"),
        "local_only = false\ntrusted = true\n[route]\nlocal_only = false\n[trust]\nask = false\n",
    )
    .unwrap();
    std::fs::create_dir_all(rig.root().join(".vscode")).unwrap();
    std::fs::write(rig.root().join(".vscode/settings.json"), "{\"longsight.route.local_only\": false, \"chat.tools.autoApprove\": true}")
        .unwrap();
    let mut editor = rig.editor(json!({}));
    rig.refuses(&mut editor, "route.local_only");
    complete(&mut editor, &rig.uri());
    assert!(rig.posts().is_empty());
    leave(editor);
    rig.trust(&["--no"]);
    rig.configure("here", "");
    let mut editor = rig.editor(json!({}));
    rig.refuses(&mut editor, "not trusted");
    leave(editor);
}

/// They held for `file:` alone: an older version of a file, a cell of it or what was not saved yet went to another machine.
#[test]
fn k9_whatever_scheme_names_a_file_the_rules_of_its_project_hold() {
    let rig = Rig::new(false);
    rig.configure("big:cloud", "");
    let near = rig.root();
    let far = near.with_file_name("far");
    for folder in [&near, &far] {
        std::fs::create_dir_all(folder.join(".git")).unwrap();
        std::fs::create_dir_all(folder.join("gen")).unwrap();
        std::fs::write(folder.join(".gitignore"), "/gen/\n").unwrap();
    }
    let refuses = |editor: &mut Editor, uri: &str, why: &str| {
        editor.open(uri, "rust", LIB);
        let refused = editor.request("workspace/executeCommand", explain(uri));
        assert!(refused["error"]["message"].as_str().is_some_and(|said| said.contains(why)), "{uri}: {refused}");
        complete(editor, uri);
        assert!(rig.posts().is_empty(), "{uri} was sent");
        editor.close(uri);
    };
    let (near, far) = (near.display().to_string(), far.display().to_string());
    let mut editor = rig.editor(json!({}));
    for tree in [&near, &far] {
        for named in [
            format!("untitled:{tree}/gen/x.rs"),
            format!("git:{tree}/gen/x.rs?%7B%22ref%22%3A%22HEAD%22%7D"),
            format!("git:{tree}/gen/x.rs.git?HEAD"),
            format!("gitfs:{tree}/gen/x.rs"),
            format!("vscode-remote://ssh-remote%2Bh{tree}/gen/x.rs"),
            format!("vscode-notebook-cell:{tree}/gen/x.rs#W0"),
            format!("fugitive://{tree}/.git//0/gen/x.rs"),
            format!("fugitive://{tree}/.git/worktrees/two//0123abc/gen/x.rs"),
            format!("gitsigns://{tree}/.git//HEAD:gen/x.rs"),
            format!("gitsigns://{tree}/.git//:0:gen/x.rs"),
            format!("diffview://{tree}/.git/0123abc/gen/x.rs"),
            format!("untitled:{tree}/src/..%2Fgen/x.rs"),
            format!("file://{tree}/gen/%FF.rs"),
        ] {
            refuses(&mut editor, &named, "is ignored");
        }
    }
    std::fs::write(format!("{far}/.longsight.toml"), "local_only = true\n").unwrap();
    for scheme in ["file://", "untitled:", "git:", "fugitive://"] {
        let path = if scheme == "fugitive://" { "/.git//0/src/x.rs" } else { "/src/x.rs" };
        refuses(&mut editor, &format!("{scheme}{far}{path}"), "keeps everything on this machine");
    }
    // What has no such file beside it may leave.
    rig.wait_until_explained(&mut editor);
    leave(editor);
}

/// What was said in a terminal did not reach a server that ran: it went on sending.
#[test]
fn k10_what_is_said_in_a_terminal_reaches_a_running_server() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let mut editor = rig.editor(json!({}));
    assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
    rig.trust(&["--no"]);
    let posts = rig.posts().len();
    rig.refuses(&mut editor, "`longsight trust`");
    assert_eq!(rig.posts().len(), posts);
    assert_eq!(status(&mut editor)["trust"]["trusted"], false);
    rig.trust(&[]);
    rig.wait_until_explained(&mut editor);
    assert_eq!(status(&mut editor)["trust"]["trusted"], true);
    leave(editor);
}

/// And what was on its way to another machine went on.
#[test]
fn k10_trust_that_is_taken_away_breaks_off_what_is_on_its_way() {
    let rig = Rig::new(true);
    rig.configure("big:cloud", "");
    let mut editor = rig.editor(json!({}));
    let asked = editor.start_request("workspace/executeCommand", explain(&rig.uri()));
    rig.wait_until_sent(&mut editor);
    rig.trust(&["--no"]);
    assert!(editor.answer(&asked)["error"].is_object());
    leave(editor);
}

/// The command line told other files of a folder that is not trusted; the server does not.
#[test]
fn k10_a_completion_on_the_command_line_sees_the_named_file_alone_without_trust() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.args(arguments).arg("--config").arg(rig.config()).arg("--workspace").arg(rig.root());
        command.env("XDG_STATE_HOME", rig.folder.path().join("state")).env("XDG_CACHE_HOME", rig.folder.path().join("cache"));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    for (trust, sees) in [(&[][..], true), (&["--no"], false)] {
        rig.trust(trust);
        run(&["complete", "src/lib.rs:4:5"]);
        let prompt = rig.posts().pop().unwrap().body.to_string();
        assert!(prompt.contains("total"), "{prompt}");
        assert_eq!(prompt.contains(CANARY), sees, "{prompt}");
    }
    let offered = run(&["actions", "src/lib.rs:3-5"]);
    assert!(offered.contains("not trusted") && offered.contains("`longsight trust`"), "{offered}");
}

/// It had neither engines nor decisions after each change, and what had been decided before was forgotten for good.
#[test]
fn the_status_is_whole_before_anything_is_asked_and_after_a_change_of_the_configuration() {
    let rig = Rig::new(false);
    rig.configure("here", "");
    let mut editor = rig.editor(json!({}));
    let whole =
        |status: &Value| ["engines", "decisions", "nothing"].iter().all(|key| status[key].is_array()) && status["local_only"].is_boolean();
    let before = status(&mut editor);
    assert!(whole(&before) && before["local_only"] == false && before["engines"][0]["name"] == "m", "{before}");
    assert_eq!(rig.explains(&mut editor)["result"]["text"], "It adds.");
    rig.configure("here", "[route]\nlocal_only = true\n[completion]\nautomatic = false");
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    let started = std::time::Instant::now();
    let after = loop {
        let status = status(&mut editor);
        assert!(whole(&status), "{status}");
        if status["local_only"] == true {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{status}");
    };
    assert_eq!(after["decisions"].as_array().map(Vec::len), Some(1), "{after}");
    let silent = after["nothing"].as_array().unwrap().iter().find(|silent| silent["uri"] == rig.uri().as_str());
    assert!(silent.is_some_and(|silent| silent["reason"].as_str().unwrap().contains("completion.automatic")), "{after}");
    leave(editor);
}

fn status(editor: &mut Editor) -> Value {
    editor.request("workspace/executeCommand", json!({ "command": "longsight.status", "arguments": [] }))["result"].clone()
}
