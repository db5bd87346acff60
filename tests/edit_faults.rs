//! Rows of the fault list about edits on their way through the real server: two turns at once, text that cannot be seen, much that goes,
//! one step of undo.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::agent::{Fake, Mood, options};
use crate::support::coder::Coder;
use crate::support::editor::{Editor, initialize_params};
use crate::support::http::{Act, Asked, Server, events, whole};

const TEXT: &str = "pub fn one() -> u32 {\n    1\n}\n\npub fn two() -> u32 {\n    2\n}\n";

/// The real binary in a workspace with these files, the first of them open.
fn session(folder: &tempfile::TempDir, config: &std::path::Path, files: &[(&str, &str)]) -> (Editor, String) {
    let root = folder.path().canonicalize().unwrap().join("repo");
    std::fs::create_dir_all(root.join(".git")).unwrap();
    std::fs::create_dir_all(root.join("src")).unwrap();
    files.iter().for_each(|(path, text)| std::fs::write(root.join(path), text).unwrap());
    let mut editor = Editor::binary(|command| {
        let own = |name: &str| folder.path().join(name);
        command.arg("--config").arg(config).env("XDG_CACHE_HOME", own("cache")).env("XDG_STATE_HOME", own("state"));
    });
    let mut params = initialize_params(&root);
    params["capabilities"]["workspace"]["workspaceEdit"]["resourceOperations"] = json!(["create"]);
    editor.initialize(params);
    let uri = format!("file://{}/{}", root.display(), files[0].0);
    editor.open(&uri, "rust", files[0].1);
    (editor, uri)
}

/// What was shown to the person is no surprise here.
fn leave(mut editor: Editor) {
    editor.inbox.clear();
    editor.quit();
}

fn params(uri: &str, line: u32, instruction: &str) -> Value {
    let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line + 1, "character": 0 } });
    json!({ "command": "longsight.edit", "arguments": [{ "uri": uri, "range": range, "instruction": instruction }] })
}

/// Each turn works on the text as it was when it began; the second answer is carried over the first edit.
#[test]
fn h10_two_turns_at_once_on_one_file_both_arrive() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(|_, asked: &Asked| {
        let Some(messages) = asked.body["messages"].as_array() else {
            return vec![Act::Send(whole("404 Not Found", "text/plain", "no"))];
        };
        let text = asked.body.to_string();
        let (old, new, wait) =
            if text.contains("the first") { ("one() -> u32", "one() -> u64", 600) } else { ("two() -> u32", "two() -> i64", 300) };
        let over = messages.last().is_some_and(|message| message["role"] == "tool");
        let edits = json!({"edits": [{"path": "src/lib.rs", "old": old, "new": new, "reason": "x"}]});
        let (name, arguments) = if over { ("finish", json!({"summary": "done"})) } else { ("propose_edit", edits) };
        let call =
            json!({"index": 0, "id": format!("c{}", messages.len()), "function": {"name": name, "arguments": arguments.to_string()}});
        let piece = json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
        let end = json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
        // The first that was asked for is the last to come.
        vec![Act::Wait(std::time::Duration::from_millis(wait)), Act::Send(events(&[piece, end]))]
    }));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let engine = format!("[engines.m]\nkind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"m\"\ncontext = 32768\n", server.url);
    std::fs::write(&config, format!("[roles]\nscout = \"m\"\ncoder = \"m\"\n{engine}")).unwrap();
    let (mut editor, uri) = session(&folder, &config, &[("src/lib.rs", TEXT)]);
    let first = editor.start_request("workspace/executeCommand", params(&uri, 0, "the first"));
    let second = editor.start_request("workspace/executeCommand", params(&uri, 4, "the other"));
    let (second, first) = (editor.answer(&second), editor.answer(&first));
    assert_eq!((&first["result"]["applied"], &second["result"]["applied"]), (&json!(true), &json!(true)), "{first} {second}");
    let wanted = TEXT.replace("one() -> u32", "one() -> u64").replace("two() -> u32", "two() -> i64");
    assert_eq!(editor.buffers[&uri].text, wanted);
    editor.assert_in_step();
    leave(editor);
}

/// The model proposes these edits; what came of it.
fn proposed(files: &[(&str, &str)], edits: Value) -> (Value, Editor, String, tempfile::TempDir) {
    let coder = Coder::proposing(edits);
    let folder = tempfile::tempdir().unwrap();
    let config = coder.config(folder.path());
    let (mut editor, uri) = session(&folder, &config, files);
    let report = editor.request("workspace/executeCommand", params(&uri, 0, "do it"))["result"].clone();
    (report, editor, uri, folder)
}

fn asks(report: &Value, why: &str) {
    assert_eq!(report["applied"], false, "{report}");
    assert!(report["hunks"].as_array().is_some_and(|hunks| !hunks.is_empty()), "it waits for a word: {report}");
    let reasons = report["confirm"].to_string();
    assert!(reasons.contains(why), "{reasons}");
}

#[test]
fn j9_what_cannot_be_seen_is_asked_about_and_shown_escaped() {
    for (hidden, name) in [("\u{202e}", "U+202E"), ("\u{200b}", "U+200B"), ("\u{e0041}", "U+E0041"), ("\u{1b}", "U+001B")] {
        let new = format!("    1 // {hidden}x");
        let edits = json!([{"path": "src/lib.rs", "old": "    1", "new": new, "reason": format!("be{hidden}cause")}]);
        let (report, mut editor, uri, _folder) = proposed(&[("src/lib.rs", TEXT)], edits);
        asks(&report, "cannot be seen");
        assert!(report["confirm"].to_string().contains(name), "{report}");
        assert_eq!(editor.buffers[&uri].text, TEXT);
        let id = report["hunks"][0].clone();
        let told = editor.request("workspace/executeCommand", json!({ "command": "longsight.explainHunk", "arguments": [{ "id": id }] }));
        let text = told["result"]["text"].as_str().unwrap();
        assert!(text.contains(&format!("<{name}>")) && !text.contains(hidden), "{text:?}");
        let lenses = editor.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } })).to_string();
        assert!(!lenses.contains(hidden), "{lenses}");
        leave(editor);
    }
    // A file with a line end that hides the line before it on a terminal.
    let edits = json!([{"path": "src/new.sh", "old": "", "new": "rm -rf ~\recho harmless   \n", "reason": "x"}]);
    let (report, editor, _, _folder) = proposed(&[("src/lib.rs", TEXT)], edits);
    let said = report.to_string();
    assert!(said.contains("cannot be seen") || said.contains("cannot create"), "{said}");
    leave(editor);
}

#[test]
fn j10_an_edit_that_takes_much_away_is_asked_about_with_the_number() {
    let long: String = (0..60).map(|number| format!("pub fn f{number}() {{}}\n")).collect();
    let kept: String = (0..20).map(|number| format!("pub fn f{number}() {{}}\n")).collect();
    let (report, mut editor, uri, _folder) =
        proposed(&[("src/lib.rs", &long)], json!([{"path": "src/lib.rs", "old": long, "new": kept, "reason": "x"}]));
    asks(&report, "removes 40 of 60 lines");
    assert_eq!(editor.buffers[&uri].text, long);
    // With the person's word it is done.
    let accept = json!({ "command": "longsight.acceptHunk", "arguments": [{ "all": true }] });
    assert_eq!(editor.request("workspace/executeCommand", accept)["result"]["applied"], true);
    assert_eq!(editor.buffers[&uri].text, kept);
    leave(editor);
}

/// Also of a short file, when nothing is left of it; what only begins with a byte order mark, before and after, is nothing hidden.
#[test]
fn j9_j10_a_file_that_is_emptied_and_one_with_a_byte_order_mark() {
    let (report, editor, uri, _folder) =
        proposed(&[("src/lib.rs", "a\nb\n")], json!([{"path": "src/lib.rs", "old": "a\nb", "new": "", "reason": "x"}]));
    asks(&report, "removes 2 of 2 lines");
    assert_eq!(editor.buffers[&uri].text, "a\nb\n");
    leave(editor);
    let marked = format!("\u{feff}{TEXT}");
    let edits = json!([{"path": "src/lib.rs", "old": "pub fn one() -> u32 {", "new": "pub fn one() -> u64 {", "reason": "x"}]);
    let (report, editor, uri, _folder) = proposed(&[("src/lib.rs", &marked)], edits);
    assert_eq!(report["applied"], true, "{report}");
    assert_eq!(editor.buffers[&uri].text, marked.replacen("u32", "u64", 1));
    leave(editor);
}

/// A new file whose name shows other than it is.
#[test]
fn k2_j9_a_name_with_characters_that_cannot_be_seen_is_asked_about() {
    let edits = json!([{"path": "src/a\u{202e}sr.b", "old": "", "new": "x\n", "reason": "x"}]);
    let (report, editor, _, _folder) = proposed(&[("src/lib.rs", TEXT)], edits);
    let said = report.to_string();
    assert!(report["applied"] == false && said.contains("U+202E"), "{said}");
    leave(editor);
}

/// A file that was to be created, and that somebody has opened meanwhile, was refused by the editor each time.
#[test]
fn a_file_to_be_created_that_is_there_by_now_and_empty_is_filled() {
    let edits = json!([
        {"path": "src/lib.rs", "old": "fn one()", "new": "fn uno()", "reason": "x"},
        {"path": "src/new.rs", "old": "", "new": "fn new() {}\n", "reason": "x"},
    ]);
    let (report, mut editor, uri, _folder) = proposed(&[("src/lib.rs", TEXT)], edits);
    assert_eq!(report["hunks"].as_array().map(Vec::len), Some(2), "{report}");
    let new = uri.replace("lib.rs", "new.rs");
    editor.open(&new, "rust", "\n");
    let answer = editor.request("workspace/executeCommand", json!({ "command": "longsight.acceptHunk", "arguments": [{ "all": true }] }));
    assert_eq!(answer["result"]["applied"], true, "{answer}");
    assert_eq!(editor.buffers[&new].text, "fn new() {}\n");
    assert_eq!(editor.buffers[&uri].text, TEXT.replace("fn one()", "fn uno()"));
    leave(editor);
}

/// One acceptance is one edit of one document: editors make one step of undo of that.
#[test]
fn j11_an_acceptance_is_one_request_with_one_edit_of_each_document() {
    let edits = json!([
        {"path": "src/lib.rs", "old": "one() -> u32", "new": "one() -> u64", "reason": "x"},
        {"path": "src/lib.rs", "old": "two() -> u32", "new": "two() -> u64", "reason": "x"},
    ]);
    let (report, editor, uri, _folder) = proposed(&[("src/lib.rs", TEXT)], edits);
    assert_eq!(report["applied"], true, "{report}");
    let sent: Vec<&Value> = editor.inbox.iter().filter(|message| message["method"] == "workspace/applyEdit").collect();
    assert_eq!(sent.len(), 1);
    let changes = sent[0]["params"]["edit"]["documentChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["edits"].as_array().unwrap().len(), 2);
    assert_eq!(editor.buffers[&uri].text, TEXT.replace("u32", "u64"));
    leave(editor);
}

/// What a model names outside of the workspace is refused as a whole, whatever stands beside it.
#[test]
fn j4_one_path_outside_refuses_all_of_a_call() {
    for path in
        ["../outside.rs", "/tmp/outside.rs", "src/%2e%2e/%2e%2e/outside.rs", "file:///tmp/outside.rs", "C:\\outside.rs", "src/lib.rs\u{0}"]
    {
        let edits = json!([
            {"path": "src/lib.rs", "old": "one() -> u32", "new": "one() -> u64", "reason": "x"},
            {"path": path, "old": "", "new": "x", "reason": "x"},
        ]);
        let coder = Coder::proposing(edits);
        let folder = tempfile::tempdir().unwrap();
        let config = coder.config(folder.path());
        let (mut editor, uri) = session(&folder, &config, &[("src/lib.rs", TEXT)]);
        let answer = editor.request("workspace/executeCommand", params(&uri, 0, "do it"));
        assert!(answer["error"]["message"].as_str().is_some_and(|why| why.contains("nothing was changed")), "{path:?}: {answer}");
        assert_eq!(editor.buffers[&uri].text, TEXT);
        assert!(!folder.path().join("outside.rs").exists() && !std::path::Path::new("/tmp/outside.rs").exists());
        leave(editor);
    }
}

/// Asked for right after the start, a rename saw the files that were indexed by then, and was applied without a word about the others.
#[test]
fn a_rename_right_after_the_start_waits_for_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let nobody = "[engines.m]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n";
    std::fs::write(&config, format!("[roles]\nscout = \"m\"\ncoder = \"m\"\n{nobody}")).unwrap();
    let filler: String = (0..60).map(|number| format!("pub fn filler_{number}(a: u32) -> u32 {{\n    a + {number}\n}}\n")).collect();
    let files: Vec<(String, String)> = (0..900)
        .map(|number| (format!("src/f{number}.rs"), format!("{filler}pub fn call_{number}() -> u32 {{ crate::one() }}\n")))
        .collect();
    let mut all: Vec<(&str, &str)> = vec![("src/lib.rs", TEXT)];
    all.extend(files.iter().enumerate().map(|(number, (path, text))| {
        let text = if number % 30 == 0 { text.as_str() } else { filler.as_str() };
        (path.as_str(), text)
    }));
    let (mut editor, uri) = session(&folder, &config, &all);
    let report = editor.request("workspace/executeCommand", params(&uri, 0, "rename `one` to `first`"))["result"].clone();
    assert_eq!(report["hunks"].as_array().map(Vec::len), Some(31), "the definition and 30 calls: {}", report["confirm"]);
    leave(editor);
}

/// What is done to a line: it is replaced, deleted, or something is put before it.
#[derive(Clone, Copy, Debug)]
enum Done {
    Replaced,
    Deleted,
    Before,
}

fn done() -> impl Strategy<Value = Done> {
    prop_oneof![Just(Done::Replaced), Just(Done::Deleted), Just(Done::Before)]
}

/// What a person does to a line besides.
#[derive(Clone, Copy, Debug)]
enum Typed {
    Line(Done),
    /// Something is put into it, at this character.
    Inside(usize),
    /// The next line is drawn up to it.
    Joined,
}

/// One thing that happens while hunks wait; numbers choose the file, the line, the hunk.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Types(usize, usize, Typed),
    Accepts(usize),
    Rejects(usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    let typed = prop_oneof![
        3 => done().prop_map(Typed::Line),
        1 => (0usize..12).prop_map(Typed::Inside),
        1 => Just(Typed::Joined)
    ];
    prop_oneof![
        4 => (0usize..2, 0usize..20, typed).prop_map(|(file, line, typed)| Happens::Types(file, line, typed)),
        1 => (0usize..9).prop_map(Happens::Accepts),
        1 => (0usize..9).prop_map(Happens::Rejects),
    ]
}

/// Two files with hunks in review, in one encoding and with one kind of line ends.
struct Rig {
    editor: Editor,
    end: &'static str,
}

const FILES: [&str; 2] = ["file:///w/a.txt", "file:///w/b.txt"];

impl Rig {
    fn new(encoding: &str, end: &'static str, count: usize, models: &[std::collections::BTreeMap<usize, Done>; 2]) -> Self {
        let agent = Fake::new(Mood::Hang);
        let mut editor = Editor::memory(options(agent.clone()));
        let mut params = initialize_params(std::path::Path::new("/w"));
        params["capabilities"]["general"]["positionEncodings"] = json!([encoding]);
        editor.initialize(params);
        for (uri, model) in FILES.iter().zip(models) {
            let name = &uri[uri.len() - 5..uri.len() - 4];
            let line = |number: usize| format!("line {name}{number} é😀{end}");
            let text: String = (0..count).map(line).collect();
            let change = |number: usize| match model.get(&number) {
                None => line(number),
                Some(Done::Deleted) => String::new(),
                Some(Done::Replaced) => format!("model {name}{number} 日本{end}"),
                Some(Done::Before) => format!("model {name}{number} 日本{end}{}", line(number)),
            };
            agent.set(Mood::Hunks((0..count).map(change).collect()));
            editor.open(uri, "plaintext", &text);
            let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": count, "character": 0 } });
            let argument = json!({ "uri": uri, "range": range, "instruction": "x", "review": true });
            editor.request("workspace/executeCommand", json!({ "command": "longsight.edit", "arguments": [argument] }));
        }
        Self { editor, end }
    }

    fn texts(&self) -> [String; 2] {
        FILES.map(|uri| self.editor.buffers[uri].text.clone())
    }

    fn command(&mut self, name: &str, argument: Value) -> Value {
        self.editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }))
    }

    /// The hunks that wait, as they are shown.
    fn waiting(&mut self) -> Vec<Value> {
        self.command("longsight.status", json!({}))["result"]["pending"].as_array().cloned().unwrap_or_default()
    }

    fn types(&mut self, step: usize, file: usize, at: usize, typed: Typed) {
        let (uri, end) = (FILES[file], self.end);
        let now: Vec<String> = self.editor.buffers[uri].text.split_inclusive('\n').map(String::from).collect();
        let line = at % (now.len() + 1);
        let start: usize = now[..line].iter().map(String::len).sum();
        let whole = now.get(line).map_or("", String::as_str);
        let (range, text) = match typed {
            Typed::Line(Done::Before) => (start..start, format!("user {step}{end}")),
            Typed::Line(Done::Replaced) => (start..start + whole.len(), format!("user {step}{end}")),
            Typed::Line(Done::Deleted) => (start..start + whole.len(), String::new()),
            Typed::Inside(at) => {
                let inside = whole.trim_end().char_indices().map(|(at, _)| at).nth(at).unwrap_or(0);
                (start + inside..start + inside, format!("u{step}😀"))
            }
            Typed::Joined => (start + whole.trim_end().len()..start + whole.len(), String::new()),
        };
        self.editor.edit(uri, range, &text);
    }

    /// What the text of a file is once this hunk is put where it is shown.
    fn with(&self, uri: &str, text: &str, hunk: &Value) -> String {
        if hunk["uri"] != uri {
            return text.to_string();
        }
        let bytes = self.editor.bytes(&longsight::text::Text::new(text), &hunk["range"]);
        assert_eq!(&text[bytes.clone()], hunk["old"].as_str().unwrap(), "what is shown as old stands there");
        format!("{}{}{}", &text[..bytes.start], hunk["new"].as_str().unwrap(), &text[bytes.end..])
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The model changes some lines of two files; the person types, accepts one hunk and rejects another, in any order, through the
    /// protocol, in each encoding and with both line ends; then all that is left is accepted. What is shown is what is done, a rejected
    /// line never comes, lines that nobody touched are all there, in their order, and no line is half of two.
    #[test]
    fn j12_hunks_over_a_person_who_types_accepts_and_rejects(
        encoding in prop::sample::select(vec!["utf-8", "utf-16", "utf-32"]),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        count in 3usize..12,
        first in prop::collection::btree_map(0usize..12, done(), 1..5),
        second in prop::collection::btree_map(0usize..12, done(), 1..4),
        events in prop::collection::vec(happens(), 0..10),
    ) {
        let mut rig = Rig::new(encoding, end, count, &[first, second]);
        let mut rejected = vec![];
        for (step, event) in events.iter().enumerate() {
            let before = rig.texts();
            match *event {
                Happens::Types(file, line, typed) => rig.types(step, file, line, typed),
                Happens::Accepts(pick) | Happens::Rejects(pick) => {
                    let waiting = rig.waiting();
                    let Some(hunk) = waiting.get(pick % waiting.len().max(1)) else { continue };
                    let accepts = matches!(event, Happens::Accepts(_));
                    let name = if accepts { "longsight.acceptHunk" } else { "longsight.rejectHunk" };
                    let answer = rig.command(name, json!({ "id": hunk["id"] }));
                    prop_assert!(answer["error"].is_null(), "{}", answer);
                    for ((uri, text), now) in FILES.iter().zip(&before).zip(rig.texts()) {
                        let wanted = if accepts { rig.with(uri, text, hunk) } else { text.clone() };
                        prop_assert_eq!(now, wanted, "{}", hunk);
                    }
                    if !accepts {
                        rejected.extend(lines(hunk["new"].as_str().unwrap()).into_iter().filter(|line| line.starts_with("model")).map(String::from));
                    }
                }
            }
        }
        let (waiting, before) = (rig.waiting(), rig.texts());
        if !waiting.is_empty() {
            let answer = rig.command("longsight.acceptHunk", json!({ "all": true }));
            prop_assert!(answer["error"].is_null(), "{} of {:?}", answer, waiting);
        }
        rig.editor.assert_in_step();
        for ((uri, before), after) in FILES.iter().zip(&before).zip(rig.texts()) {
            let of = |what: &str| -> Vec<String> {
                let here = waiting.iter().filter(|hunk| hunk["uri"] == *uri);
                here.flat_map(|hunk| lines(hunk[what].as_str().unwrap()).into_iter().map(String::from).collect::<Vec<_>>()).collect()
            };
            let (old, new) = (of("old"), of("new"));
            let has = |list: &[String], line: &str| list.iter().any(|known| known == line);
            for line in lines(&after) {
                prop_assert!(lines(before).contains(&line) || has(&new, line), "half of two: {:?} in {:?}", line, after);
                prop_assert!(!has(&rejected, line), "it was rejected: {:?}", line);
            }
            let after = lines(&after);
            prop_assert!(new.iter().all(|line| after.contains(&line.as_str())), "{:?} is not all of {:?}", after, new);
            let mut rest = after.iter();
            for line in lines(before).into_iter().filter(|line| !has(&old, line)) {
                prop_assert!(rest.any(|known| *known == line), "{:?} is gone or has moved: {:?} became {:?}", line, before, after);
            }
        }
        leave(rig.editor);
    }
}

/// A turn that goes on while its document is closed: nothing is applied to what is not known any more, and the answer says why.
#[test]
fn h5_a_document_that_is_closed_meanwhile_gets_no_stale_edit() {
    let agent = Fake::new(Mood::Late("changed\n".into()));
    let mut editor = Editor::memory(options(Arc::clone(&agent)));
    editor.initialize(initialize_params(std::path::Path::new("/w")));
    editor.open("file:///w/a.rs", "rust", "text\n");
    let id = editor.start_request("workspace/executeCommand", params("file:///w/a.rs", 0, "x"));
    editor.close("file:///w/a.rs");
    editor.open("file:///w/a.rs", "rust", "other text\n");
    // The server has seen it before the model answers.
    editor.assert_in_step();
    agent.release();
    let answer = editor.answer(&id);
    assert!(answer["result"]["applied"] == false || answer["error"].is_object(), "{answer}");
    assert_eq!(editor.buffers["file:///w/a.rs"].text, "other text\n");
    leave(editor);
}
