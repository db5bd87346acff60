//! What a change comes to that single edits do not show: who does not follow a signature, a constructor or a move; and what is told of it before
//! anything is sent or renamed.

use std::sync::Arc;

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, Engine, Event, Finish, Finished};
use longsight::features::Target;
use longsight::features::actions::MODULE;
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::preview::{self, preview};
use longsight::features::silent;
use longsight::workspace::{Document, Documents, Snapshot};
use serde_json::{Value, json};

use crate::support::workspace::{Workspace, agent_config, call, calls, instruct, target};

fn change(path: &str, old: &str, new: &str) -> Value {
    json!({ "path": path, "old": old, "new": new, "reason": "because" })
}

/// What comes of one call with these edits.
async fn proposed(files: &[(&str, &str)], marked: &str, edits: Vec<Value>, how: How) -> Edited {
    let finish = || calls(vec![call("finish", json!({ "summary": "All is done." }))]);
    let workspace = Workspace::new(files);
    let answers = vec![calls(vec![call("propose_edit", json!({ "edits": edits }))]), finish(), finish()];
    let (session, _) = workspace.with_coder(answers);
    let params = Params { at: target(&session, files[0].0, marked), how };
    edit(&session, &params, &Cancel::new(), &silent()).await.unwrap()
}

fn words() -> How {
    How::Instruction("do it, step by step".into())
}

/// A constructor is called by the name of its type, which was not looked up.
#[tokio::test]
async fn a_constructor_with_another_signature_leaves_its_calls_behind() {
    let python = [
        ("box.py", "class Box:\n    def __init__(self, size):\n        self.size = size\n"),
        ("use.py", "from box import Box\n\nb = Box(1)\n"),
    ];
    let edits = vec![change("box.py", "def __init__(self, size):", "def __init__(self, size, colour):")];
    let edited = proposed(&python, "def __init__", edits, words()).await;
    assert!(edited.confirm.iter().any(|why| why.contains("another signature") && why.contains("use.py:3")), "{:?}", edited.confirm);
    let script = [
        ("box.ts", "export class Box {\n  size: number\n  constructor(size: number) {\n    this.size = size\n  }\n}\n"),
        ("use.ts", "import { Box } from './box'\n\nconst b = new Box(1)\nexport { b }\n"),
    ];
    let edits = vec![change("box.ts", "constructor(size: number) {", "constructor(size: number, colour: string) {")];
    let edited = proposed(&script, "constructor", edits, words()).await;
    assert!(edited.confirm.iter().any(|why| why.contains("use.ts:3")), "{:?}", edited.confirm);
    // Those that follow are no reason to look.
    let edits = vec![
        change("box.ts", "constructor(size: number) {", "constructor(size: number, colour: string) {"),
        change("use.ts", "new Box(1)", "new Box(1, 'red')"),
    ];
    assert_eq!(proposed(&script, "constructor", edits, words()).await.confirm, Vec::<String>::new());
}

/// Only the signatures of the marked file were looked at.
#[tokio::test]
async fn a_signature_that_changes_in_another_file_is_seen_as_well() {
    let files = [
        ("src/b.rs", "use crate::scale;\n\npub fn b() -> u32 {\n    scale(2, 3)\n}\n"),
        ("src/lib.rs", "pub mod b;\npub mod c;\n\npub fn scale(v: u32, by: u32) -> u32 {\n    v * by\n}\n"),
        ("src/c.rs", "use crate::scale;\n\npub fn c() -> u32 {\n    scale(4, 5)\n}\n"),
    ];
    let edits = vec![
        change("src/lib.rs", "pub fn scale(v: u32, by: u32) -> u32 {", "pub fn scale(v: u32, by: u32, plus: u32) -> u32 {"),
        change("src/b.rs", "scale(2, 3)", "scale(2, 3, 1)"),
    ];
    let edited = proposed(&files, "pub fn b", edits, words()).await;
    assert!(edited.confirm.iter().any(|why| why.contains("`scale`") && why.contains("src/c.rs:4")), "{:?}", edited.confirm);
}

/// The definition went to its new file, and everybody went on to take it from the old one.
#[tokio::test]
async fn who_takes_what_was_moved_from_where_it_was_is_told() {
    let files = [
        ("app/a.py", "def clean(text):\n    return text.strip()\n\n\ndef load(text):\n    return clean(text)\n"),
        ("app/b.py", "from app.a import clean\n\nprint(clean('x'))\n"),
        ("app/__init__.py", ""),
    ];
    let module = || How::Action { kind: MODULE.into(), problems: vec![] };
    let moves = || {
        vec![
            change("app/text.py", "", "def clean(text):\n    return text.strip()\n"),
            change("app/a.py", "def clean(text):\n    return text.strip()\n\n\n", ""),
        ]
    };
    let edited = proposed(&files, "def clean", moves(), module()).await;
    let why = edited.confirm.join("; ");
    assert!(why.contains("`clean` is still taken from app/a.py at app/b.py:1"), "{why}");
    assert!(why.contains("app/a.py still uses `clean`"), "{why}");
    let mut all = moves();
    all.push(change("app/a.py", "def load(text):", "from app.text import clean\n\n\ndef load(text):"));
    all.push(change("app/b.py", "from app.a import clean", "from app.text import clean"));
    let edited = proposed(&files, "def clean", all, module()).await;
    assert!(!edited.confirm.iter().any(|why| why.contains("clean")), "{:?}", edited.confirm);
}

/// Components and notebooks kept the old name, and nobody was told.
#[tokio::test]
async fn a_rename_names_the_places_in_files_that_no_grammar_reads() {
    let workspace = Workspace::new(&[
        ("lib.ts", "export function computeTotal(a: number) {\n  return a\n}\n"),
        (
            "App.vue",
            "<script setup lang=\"ts\">\nimport { computeTotal } from './lib'\n</script>\n<template>{{ computeTotal(1) }}</template>\n",
        ),
        ("notes.txt", "computeTotal is fine\n"),
    ]);
    let session = workspace.session(Config::default(), vec![("local".into(), Scripted::new(vec![]))]);
    let edited = instruct(&session, "lib.ts", "export function computeTotal", "rename computeTotal to sumUp").await.unwrap();
    assert!(edited.summary.contains("App.vue:2, App.vue:4"), "{}", edited.summary);
    assert!(edited.confirm.iter().any(|why| why.contains("App.vue:2") && !why.contains("notes.txt")), "{:?}", edited.confirm);
}

/// The preview of a large selection said that it stays with the scout, and it went to the coder; that of an edit showed an explanation.
#[tokio::test]
async fn the_preview_goes_where_the_request_goes() {
    let text = format!("fn long() {{\n{}}}\n\n/// Sorts them.\nfn sorted() {{\n    \n}}\n", "    work();\n".repeat(200));
    let workspace = Workspace::new(&[("lib.rs", &text)]);
    let mut config = agent_config();
    (config.roles.scout, config.roles.coder) = ("quick".into(), "strong".into());
    let engine = || Scripted::new(vec![]) as std::sync::Arc<dyn Engine>;
    let session = workspace.session(config, vec![("quick".into(), engine()), ("strong".into(), engine())]);
    let shown = |marked: &str, how: Option<How>| {
        let at = Some(target(&session, "lib.rs", marked));
        preview(&session, &preview::Params { at, how, ..preview::Params::default() }).unwrap()
    };
    let long = &text[..text.find("\n\n").unwrap()];
    let destination = shown(long, None).destination.unwrap();
    assert_eq!((destination.route.engine.as_str(), destination.steps_at_most), ("strong", None), "{destination:?}");
    assert!(destination.route.reason.contains("route.many_lines"), "{destination:?}");
    assert_eq!(shown("fn sorted() {", None).destination.unwrap().route.engine, "quick");
    let edit = shown("fn sorted() {", Some(How::Instruction("swap them".into())));
    assert!(edit.prompt.contains("swap them") && edit.prompt.contains("propose_edit"), "{}", edit.prompt);
    let destination = edit.destination.unwrap();
    assert_eq!((destination.route.engine.as_str(), destination.steps_at_most), ("strong", Some(25)), "{destination:?}");
}

/// Each change of a signature's words was told of, whatever a call can see of it: nearly all that were told were right.
#[tokio::test]
async fn a_signature_that_calls_do_not_see_is_no_reason_to_look() {
    let told = async |path: &str, code: &str, call: &str, from: &str, to: &str| {
        let (file, user) = (format!("lib.{path}"), format!("use.{path}"));
        let body = if path == "py" { format!("{code}:\n    return 1\n") } else { format!("{code} {{\n    return 1;\n}}\n") };
        let files = [(file.as_str(), body.as_str()), (user.as_str(), call)];
        let edited = proposed(&files, "return 1", vec![change(&file, from, to)], words()).await;
        edited.confirm.iter().any(|why| why.contains("another signature"))
    };
    let rust = "use crate::lib::area;\n\npub fn f() -> u32 {\n    area(&a, 2)\n}\n";
    for (to, is_told) in [
        ("area(list: &Vec<u32>, b: u32)", false),
        ("area<'a>(a: &'a [u32], b: u32)", false),
        ("area(\n    a: &Vec<u32>,\n    b: u64,\n)", false),
        ("area(a: &Vec<u32>, b: u32, more: u32)", true),
        ("area(a: &Vec<u32>)", true),
        ("area(b: u32, a: &Vec<u32>)", true),
    ] {
        let code = "pub fn area(a: &Vec<u32>, b: u32) -> u32";
        assert_eq!(told("rs", code, rust, "area(a: &Vec<u32>, b: u32)", to).await, is_told, "{to}");
    }
    let python = "from lib import area\n\nprint(area(1, b=2))\n";
    for (to, is_told) in [
        ("area(a: Optional[int], b: int)", false),
        ("area(x, b)", false),
        ("area(a, b, *, more=None)", false),
        ("area(a, *rest, **options)", false),
        ("area(a, b, *rest: int, **options: str)", false),
        ("area(a, c)", true),
        ("area(a, b, more)", true),
    ] {
        assert_eq!(told("py", "def area(a, b)", python, "area(a, b)", to).await, is_told, "{to}");
    }
    let script = "import { area } from './lib'\n\nexport const x = area(one, (y) => y)\n";
    let code = "export function area(a: string[], b: (x: number) => number)";
    for (to, is_told) in [
        ("area(a: readonly string[], b: (x: number, y: number) => number)", false),
        ("area(a: string[], b: (x: number) => number, c?: boolean)", false),
        ("area(a: string[], b: (x: number) => number, c = 1)", false),
        ("area(a: string[], b: (x: number) => number, c: boolean)", true),
    ] {
        assert_eq!(told("ts", code, script, "area(a: string[], b: (x: number) => number)", to).await, is_told, "{to}");
    }
}

/// The name was still in the file, so the edit was applied without a look.
#[tokio::test]
async fn a_method_that_is_gone_is_missed_although_another_type_has_one_of_its_name() {
    let rust = [("m.rs", "struct A;\nstruct B;\nimpl A {\n    fn go(&self) -> u8 { 1 }\n}\nimpl B {\n    fn go(&self) -> u8 { 2 }\n}\n")];
    let edited = proposed(&rust, "struct A", vec![change("m.rs", "    fn go(&self) -> u8 { 2 }\n", "")], words()).await;
    assert!(edited.confirm.iter().any(|why| why.contains("`go` in `B` is gone")), "{:?}", edited.confirm);
    let java = [("W.java", "class W {\n    int a() { return 1; }\n    int a(int b) { return b; }\n}\n")];
    let edited = proposed(&java, "class W", vec![change("W.java", "    int a(int b) { return b; }\n", "")], words()).await;
    assert!(edited.confirm.iter().any(|why| why.contains("`a` in `W` is gone")), "{:?}", edited.confirm);
    // It may move to another file, or to another type.
    let python = [
        ("a.py", "class A:\n    def go(self):\n        return 1\n\n\nclass B:\n    def go(self):\n        return 2\n"),
        ("b.py", "class C:\n    x = 1\n"),
    ];
    let moves = vec![
        change("a.py", "    def go(self):\n        return 2\n", "    pass\n"),
        change("b.py", "    x = 1\n", "    x = 1\n\n    def go(self):\n        return 2\n"),
    ];
    let edited = proposed(&python, "class A", moves, words()).await;
    assert!(!edited.confirm.iter().any(|why| why.contains("is gone")), "{:?}", edited.confirm);
}

/// In a file that no grammar reads nothing was looked at, and the person's own words to the model came back as lines.
#[tokio::test]
async fn what_is_no_text_of_a_file_is_told_where_no_grammar_reads_it() {
    let css = "a {\n  color: red;\n}\nb {\n  color: blue;\n}\n";
    let put = |new: &str| vec![change("a.css", "  color: red;\n}", new)];
    let cases = [
        ("<<<<<<< SEARCH\n  color: red;\n=======\n  color: green;\n>>>>>>> REPLACE\n}", "`<<<<<<< SEARCH` would be written"),
        ("  color: green;\n}<|im_end|>", "`<|im_end|>` would be written"),
        ("  color: green;\n}\n/* ... rest unchanged ... */", "stands for code that is not written out"),
        ("  color: green;", "a brace would be left open"),
        ("I have changed the color to green.", "words to you"),
    ];
    for (new, why) in cases {
        let confirm = proposed(&[("a.css", css)], "a {", put(new), words()).await.confirm;
        assert!(confirm.iter().any(|said| said.contains(why)), "{new:?}: {confirm:?}");
    }
    let json = [("a.json", "{\"a\": 1,\n \"b\": 2}\n")];
    let confirm = proposed(&json, "{", vec![change("a.json", "\"a\": 1,", "\"a\": 2")], words()).await.confirm;
    assert!(confirm.iter().any(|said| said.contains("would not be any more")), "{confirm:?}");
    assert_eq!(proposed(&[("a.css", css)], "a {", put("  color: green;\n}"), words()).await.confirm, Vec::<String>::new());
}

/// An edit without its reason, one that was no list, or a field that nobody had asked for cost a round, and sometimes the edit.
#[tokio::test]
async fn an_edit_that_is_not_in_its_list_or_says_too_little_or_too_much_is_understood() {
    let edit = json!({ "path": "a.py", "old": "x = 1", "new": "x = 2" });
    let with = |name: &str, value: Value| {
        let mut more = edit.clone();
        more[name] = value;
        more
    };
    let bare = json!({ "old": "x = 1", "new": "x = 2", "reason": "so" });
    for arguments in [
        json!({ "edits": edit }),
        edit.clone(),
        json!({ "edits": [edit] }),
        json!({ "edits": [with("line", json!(1))], "note": "x" }),
        json!({ "path": "a.py", "edits": [bare] }),
    ] {
        let workspace = Workspace::new(&[("a.py", "x = 1\n")]);
        let finish = || calls(vec![call("finish", json!({ "summary": "All is done." }))]);
        let (session, _) = workspace.with_coder(vec![calls(vec![call("propose_edit", arguments.clone())]), finish(), finish()]);
        let edited = instruct(&session, "a.py", "x = 1", "set it to two").await.unwrap();
        assert!(edited.diff.contains("+x = 2") && edited.steps.iter().all(|step| step.ok), "{arguments}: {:?}", edited.steps);
    }
}

/// The answer with the edit was cut off, and the person only read what the model said after it.
#[tokio::test]
async fn an_answer_that_was_cut_off_is_told_where_nothing_was_changed() {
    let workspace = Workspace::new(&[("a.py", "x = 1\n")]);
    let reason = Finish::Length;
    let cut = vec![Step::Event(Event::Text("I will".into())), Step::Event(Event::Done(Finished { reason, ..Finished::default() }))];
    let finish = calls(vec![call("finish", json!({ "summary": "done" }))]);
    let (session, _) = workspace.with_coder(vec![cut, finish.clone(), finish]);
    let error = instruct(&session, "a.py", "x = 1", "set it to two").await.unwrap_err();
    assert!(error.message.contains("“done” (an answer was cut off"), "{error}");
}

/// The index knew which file hindered the rename, and only "the model only said" was told.
#[tokio::test]
async fn why_the_index_could_not_rename_is_told_to_the_model_and_to_the_person() {
    let workspace = Workspace::new(&[("m.py", "def total(xs):\n    return sum(xs)\n")]);
    std::fs::write(workspace.root().join("latin.py"), b"# \xe9\nfrom m import total\nprint(total([1]))\n").unwrap();
    let (session, coder) = workspace.with_coder(vec![calls(vec![call("finish", json!({ "summary": "done" }))])]);
    let error = instruct(&session, "m.py", "def total", "rename `total` to `sum_all`").await.unwrap_err();
    assert!(
        error.message.contains("“done”") && error.message.contains("could not rename it: ") && error.message.contains("latin.py"),
        "{error}"
    );
    let asked = format!("{:?}", coder.asked()[0].ask);
    assert!(asked.contains("could not rename it: ") && asked.contains("latin.py"), "{asked}");
}

/// A file that was open under two names, by a link, was changed in the buffer in which nobody had asked.
#[tokio::test]
async fn a_file_that_is_open_under_two_names_is_changed_where_it_was_asked() {
    let workspace = Workspace::new(&[("m.py", "x = 1\n")]);
    let finish = || calls(vec![call("finish", json!({ "summary": "done" }))]);
    let edits = json!({ "edits": [change("m.py", "x = 1", "x = 2")] });
    let (mut session, _) = workspace.with_coder(vec![calls(vec![call("propose_edit", edits)]), finish(), finish()]);
    let at = target(&session, "m.py", "x = 1");
    let link = Document { uri: at.document.uri.replace("m.py", "s.py"), ..(*at.document).clone() };
    let documents = Documents::new([(*at.document).clone(), link.clone()]);
    session.snapshot = Arc::new(Snapshot { documents, ..(*session.snapshot).clone() });
    let params = Params { at: Target { document: Arc::new(link.clone()), ..at }, how: words() };
    let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
    assert_eq!(edited.edits[0].edit.document.uri, link.uri);
}
