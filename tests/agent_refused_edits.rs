//! Edits of the agent that were refused, cut off or not run: none is forgotten because another was taken; and what is refused though it is
//! right, or comes in a fence, comes through.

use longsight::dialect::ToolCall;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Ask, Event, Finish, Finished};
use longsight::features::edit::Edited;
use serde_json::{Value, json};

use crate::support::workspace::{Workspace, applied, call, calls, instruct};

const SCALE: &str = "def scale(v, by):\n    return v * by\n";
const CALLER: &str = "from a import scale\n\n\ndef b():\n    return scale(2, 3)\n";
const TWO: &str = "pub fn one() -> u32 {\n    1\n}\n\npub fn two() -> u32 {\n    2\n}\n";

fn change(path: &str, old: &str, new: &str) -> Value {
    json!({ "path": path, "old": old, "new": new, "reason": "because" })
}

fn propose(edits: Vec<Value>) -> ToolCall {
    call("propose_edit", json!({ "edits": edits }))
}

fn finish() -> ToolCall {
    call("finish", json!({ "summary": "All is done." }))
}

/// What comes of these answers, and the newest message of each question.
async fn played(files: &[(&str, &str)], marked: &str, answers: Vec<Vec<Step>>) -> (Edited, Vec<String>) {
    let workspace = Workspace::new(files);
    let (session, coder) = workspace.with_coder(answers);
    let edited = instruct(&session, files[0].0, marked, "do it, step by step").await.unwrap();
    let newest = |request: &longsight::engine::Request| {
        let Ask::Chat(chat) = &request.ask else { panic!("a conversation") };
        chat.messages.last().unwrap().content.clone()
    };
    (edited, coder.asked().iter().map(newest).collect())
}

fn definition() -> Value {
    change("a.py", "def scale(v, by):\n    return v * by", "def scale(v, by, plus):\n    return v * by + plus")
}

fn caller(old: &str) -> Value {
    change("b.py", old, "return scale(2, 3, 1)")
}

/// The call failed for its second edit, which was sent again and taken: the first was forgotten, and the caller passed what nobody takes.
#[tokio::test]
async fn the_other_edits_of_a_refused_call_are_missing_until_they_are_taken() {
    let files = [("a.py", SCALE), ("b.py", CALLER)];
    let refused = || calls(vec![propose(vec![definition(), caller("return scale(2,3)")])]);
    let again = || calls(vec![propose(vec![caller("return scale(2, 3)")])]);
    let rest = vec![refused(), again(), calls(vec![finish()]), calls(vec![propose(vec![definition()])]), calls(vec![finish()])];
    let (edited, told) = played(&files, "def scale", rest).await;
    assert!(told[1].contains("Nothing of this call was taken: send all 2 edits again"), "{}", told[1]);
    assert!(told[3].contains("not finished") && told[3].contains("a.py (`") && !told[3].contains("b.py"), "{}", told[3]);
    assert!(applied(&edited, "a.py").contains("plus") && applied(&edited, "b.py").contains("3, 1"));
    assert_eq!(edited.confirm, Vec::<String>::new());
    // A model that insists is believed, and the person told.
    let (edited, _) = played(&files, "def scale", vec![refused(), again(), calls(vec![finish()]), calls(vec![finish()])]).await;
    let why = edited.confirm.join("; ");
    assert!(why.contains("is missing here, of a.py") && why.contains("edit 2 of b.py"), "{why}");
}

/// Any edit of the same file passed for the one that was refused.
#[tokio::test]
async fn another_place_of_the_same_file_is_not_what_was_refused() {
    let wrong = || calls(vec![propose(vec![change("src/lib.rs", "fn tow()", "fn zwei()")])]);
    let other = || calls(vec![propose(vec![change("src/lib.rs", "    1\n", "    11\n")])]);
    let (edited, told) =
        played(&[("src/lib.rs", TWO)], "pub fn one", vec![wrong(), other(), calls(vec![finish()]), calls(vec![finish()])]).await;
    assert!(told[3].contains("`fn zwei()`"), "{}", told[3]);
    assert!(edited.confirm.join("; ").contains("an edit was refused and is missing here: edit 1 of src/lib.rs"), "{:?}", edited.confirm);
    // Put right.
    let right = calls(vec![propose(vec![change("src/lib.rs", "fn two()", "fn zwei()")])]);
    let (edited, _) = played(&[("src/lib.rs", TWO)], "pub fn one", vec![wrong(), right, other(), calls(vec![finish()])]).await;
    assert_eq!(edited.confirm, Vec::<String>::new());
}

/// A call that was cut off in the middle left no trace, and neither did one that could not be read.
#[tokio::test]
async fn an_answer_that_was_cut_off_may_have_held_an_edit() {
    let taken = || calls(vec![propose(vec![change("src/lib.rs", "    1\n", "    11\n")])]);
    let cut = || {
        let done = Finished { reason: Finish::Length, ..Finished::default() };
        vec![Step::Event(Event::Text("Now the rest.".into())), Step::Event(Event::Done(done))]
    };
    let answers = vec![taken(), cut(), calls(vec![finish()]), calls(vec![finish()])];
    let (edited, told) = played(&[("src/lib.rs", TWO)], "pub fn one", answers).await;
    assert!(told[3].contains("an answer was cut off"), "{}", told[3]);
    assert!(edited.confirm.join("; ").contains("an edit may be missing here: an answer was cut off"), "{:?}", edited.confirm);
    let more = calls(vec![propose(vec![change("src/lib.rs", "    2\n", "    22\n")])]);
    let (edited, _) = played(&[("src/lib.rs", TWO)], "pub fn one", vec![taken(), cut(), more, calls(vec![finish()])]).await;
    assert_eq!(edited.confirm, Vec::<String>::new());
}

/// Of ten edits in one answer eight were run, and the next `finish` said ten.
#[tokio::test]
async fn edits_that_were_too_many_for_one_answer_are_missing() {
    let lines: String = (0..12).map(|number| format!("pub fn f{number}() -> u32 {{\n    {number}\n}}\n\n")).collect();
    let one = |number: usize| propose(vec![change("src/lib.rs", &format!("f{number}() -> u32"), &format!("f{number}() -> u64"))]);
    let answers = || vec![calls((1..11).map(one).collect()), calls(vec![finish()])];
    let (edited, told) = played(&[("src/lib.rs", &lines)], "pub fn f0", [answers(), vec![calls(vec![finish()])]].concat()).await;
    assert!(told[2].contains("not finished") && told[2].contains("f10() -> u64"), "{}", told[2]);
    assert!(edited.confirm.join("; ").contains("one too many"), "{:?}", edited.confirm);
    let rest = vec![calls(vec![one(9), one(10)]), calls(vec![finish()])];
    let (edited, _) = played(&[("src/lib.rs", &lines)], "pub fn f0", [answers(), rest].concat()).await;
    assert!(edited.confirm.is_empty() && applied(&edited, "src/lib.rs").contains("f10() -> u64"), "{:?}", edited.confirm);
}

/// The fences were written into the file where no grammar would have refused them.
#[tokio::test]
async fn a_fence_around_all_of_an_edit_is_not_meant() {
    let yaml = ("conf.yaml", "a: 1\nb: 2\n");
    let answers = vec![calls(vec![propose(vec![change("conf.yaml", "a: 1", "```yaml\na: 3\n```")])]), calls(vec![finish()])];
    assert_eq!(applied(&played(&[yaml], "a: 1", answers).await.0, "conf.yaml"), "a: 3\nb: 2\n");
    // In prose, and where the file has it, it is meant.
    let page = ("notes.md", "One.\n");
    let answers = vec![calls(vec![propose(vec![change("notes.md", "One.", "```sh\nls\n```")])]), calls(vec![finish()])];
    assert_eq!(applied(&played(&[page], "One", answers).await.0, "notes.md"), "```sh\nls\n```\n");
    let script = ("run.sh", "cat <<END\n```\nold\n```\nEND\n");
    let answers = vec![calls(vec![propose(vec![change("run.sh", "```\nold\n```", "```\nnew\n```")])]), calls(vec![finish()])];
    assert_eq!(applied(&played(&[script], "cat", answers).await.0, "run.sh"), script.1.replace("old", "new"));
}

/// No header of a C library could be given what it needs for C++, and the refusal did not say where it was wrong.
#[tokio::test]
async fn right_code_that_the_grammar_cannot_read_comes_through() {
    let header = ("sum.h", "#ifndef SUM_H\n#define SUM_H\n\nint sum(int a, int b);\n\n#endif\n");
    let wrapped = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\nint sum(int a, int b);\n\n#ifdef __cplusplus\n}\n#endif";
    let answers = vec![calls(vec![propose(vec![change("sum.h", "int sum(int a, int b);", wrapped)])]), calls(vec![finish()])];
    let (edited, told) = played(&[header], "int sum", answers).await;
    assert!(!told[1].starts_with("Error"), "{}", told[1]);
    assert!(applied(&edited, "sum.h").contains("extern \"C\" {"));
    // What is sent again as it was, and closes what it opens, is the person's to judge.
    let code = ("a.c", "int first(struct list *l) {\n    return 0;\n}\n");
    let odd = || calls(vec![propose(vec![change("a.c", "    return 0;", "    list_each(p, l) {\n        use(p);\n    }\n    return 0;")])]);
    let (edited, told) = played(&[code], "int first", vec![odd(), odd(), calls(vec![finish()]), calls(vec![finish()])]).await;
    assert!(told[1].contains("at line 2: `list_each(p, l) {`"), "{}", told[1]);
    assert!(edited.confirm.iter().any(|why| why.contains("line 2 of a.c") && why.contains("not understood")), "{:?}", edited.confirm);
    // What opens a bracket and does not close it is wrong, however often it comes.
    let broken = || calls(vec![propose(vec![change("a.c", "    return 0;", "    if (l) {\n    return 0;")])]);
    let workspace = Workspace::new(&[code]);
    let (session, _) = workspace.with_coder(vec![broken(), broken(), broken()]);
    instruct(&session, "a.c", "int first", "do it, step by step").await.unwrap_err();
}

/// A macro that loops stands in the file, or in another one: no grammar reads it there either, and the model had to send it twice.
#[tokio::test]
async fn what_the_grammar_cannot_read_elsewhere_is_no_fault_of_the_model() {
    let macro_loop = "int all(struct list *l) {\n    list_each(q, l->next) {\n        keep(q);\n    }\n    return 0;\n}\n";
    let code = "int first(struct list *l) {\n    return 0;\n}\n";
    let odd = |end: &str| {
        let new = format!("    list_each(p, l) {{\n        use(p, 1){end}\n    }}\n    return 0;");
        calls(vec![propose(vec![change("a.c", "    return 0;\n}\n\n", &format!("{new}\n}}\n\n"))])])
    };
    let (alone, both) = (format!("{code}\nint last;\n"), format!("{code}\n{macro_loop}"));
    for files in [&[("a.c", both.as_str())][..], &[("a.c", alone.as_str()), ("b.c", macro_loop)]] {
        let (edited, told) = played(files, "int first", vec![odd(";"), calls(vec![finish()])]).await;
        assert!(!told[1].starts_with("Error"), "{}", told[1]);
        assert_eq!(edited.confirm, Vec::<String>::new());
        // What is wrong beside it is refused as ever, ...
        let workspace = Workspace::new(files);
        let (session, coder) = workspace.with_coder(vec![odd(""), calls(vec![finish()]), calls(vec![finish()])]);
        instruct(&session, "a.c", "int first", "do it, step by step").await.unwrap_err();
        let Ask::Chat(chat) = &coder.asked()[1].ask else { panic!("a conversation") };
        assert!(chat.messages.last().unwrap().content.contains("use(p, 1)"), "{:?}", chat.messages.last());
        // ... and so is half of it.
        let half = || calls(vec![propose(vec![change("a.c", "    return 0;\n}\n\n", "    list_each(p, l) {\n        use(p);\n\n")])]);
        let (session, _) = workspace.with_coder(vec![half(), half(), calls(vec![finish()]), calls(vec![finish()])]);
        instruct(&session, "a.c", "int first", "do it, step by step").await.unwrap_err();
    }
    // Nobody knows this word: it is doubted once.
    let (_, told) = played(&[("a.c", &alone)], "int first", vec![odd(";"), odd(";"), calls(vec![finish()]), calls(vec![finish()])]).await;
    assert!(told[1].starts_with("Error"), "{}", told[1]);
}

/// It was said to be taken, and no file came of it.
#[tokio::test]
async fn an_empty_file_is_created() {
    let answers = vec![calls(vec![propose(vec![change("app/io/__init__.py", "", ""), definition()])]), calls(vec![finish()])];
    let (edited, _) = played(&[("a.py", SCALE)], "def scale", answers).await;
    let init = edited.edits.iter().find(|file| file.path == "app/io/__init__.py").unwrap();
    assert!(init.created && init.hunks.len() == 1 && init.edit.edits.is_empty());
    assert!(edited.diff.contains("diff --git a/app/io/__init__.py b/app/io/__init__.py\nnew file mode 100644\n"), "{}", edited.diff);
}

/// The answer and the list of decisions named the engine of the first step alone, and the rest had gone elsewhere.
#[tokio::test]
async fn an_engine_that_stands_in_on_the_way_is_named() {
    use longsight::engine::{Engine, EngineError, ErrorKind};
    use std::sync::Arc;
    let down = || vec![Step::Event(Event::Failed(EngineError::new(ErrorKind::Unavailable, "gone")))];
    let coder = Scripted::new(vec![calls(vec![call("list_files", json!({}))]), down(), down(), down(), down(), down(), down()]);
    let edit = propose(vec![change("src/lib.rs", "    1\n", "    11\n")]);
    let scout = Scripted::new(vec![calls(vec![edit]), calls(vec![finish()])]);
    let mut config = crate::support::workspace::agent_config();
    config.roles.scout = "scout".into();
    let workspace = Workspace::new(&[("src/lib.rs", TWO)]);
    let session = workspace.session(config, vec![("local".into(), coder as Arc<dyn Engine>), ("scout".into(), scout as Arc<dyn Engine>)]);
    let edited = instruct(&session, "src/lib.rs", "pub fn one", "do it, step by step").await.unwrap();
    assert_eq!(edited.route.engine, "scout");
    assert!(
        edited.route.reason.contains("from step 1 on local") && edited.route.reason.contains("from step 2 on scout"),
        "{:?}",
        edited.route
    );
    let engines: Vec<String> = session.router().status().decisions.iter().map(|one| one.decision.engine.clone()).collect();
    assert_eq!(engines, ["local", "scout"]);
}

const HASH: &str =
    "package a\n\nfunc hash(v int) int {\n\treturn v * 31\n}\n\n// Compare tells.\nfunc compare(a, b int) bool {\n\treturn a < b\n}\n";

fn insertion() -> Value {
    change("hash.go", "// Compare tells.", "// half is half of it.\nfunc half(v int) int {\n\treturn v / 2\n}\n\n// Compare tells.")
}

/// Its anchor was there still, so the function stood twice.
#[tokio::test]
async fn an_insertion_that_comes_twice_is_made_once() {
    let wider = || {
        change(
            "hash.go",
            "// Compare tells.\nfunc compare",
            "// half is half of it.\nfunc half(v int) int {\n\treturn v / 2\n}\n\n// Compare tells.\nfunc compare",
        )
    };
    let answers = [
        vec![calls(vec![propose(vec![insertion()])]), calls(vec![propose(vec![insertion()])])],
        vec![calls(vec![propose(vec![insertion()]), propose(vec![insertion()])])],
        vec![calls(vec![propose(vec![insertion()])]), calls(vec![propose(vec![wider()])])],
    ];
    for mut answer in answers {
        answer.push(calls(vec![finish()]));
        let (edited, _) = played(&[("hash.go", HASH)], "func hash", answer).await;
        assert_eq!(applied(&edited, "hash.go").matches("func half").count(), 1);
        assert_eq!(edited.confirm, Vec::<String>::new());
    }
}

/// One edit that was made before refused all of the call, as often as it was sent; and where all of it was, something was called missing.
#[tokio::test]
async fn a_batch_that_comes_again_with_what_was_taken_is_taken() {
    let files = [("hash.go", HASH), ("README.md", "# a\n")];
    let first = || change("hash.go", "return v * 31", "return v * 0x1f");
    let (second, third) = (|| change("hash.go", "return a < b", "return a <= b"), || change("README.md", "# a", "# A"));
    let answers = vec![
        calls(vec![propose(vec![first()])]),
        calls(vec![propose(vec![first(), second(), third()])]),
        calls(vec![propose(vec![first(), second(), third()])]),
        calls(vec![finish()]),
    ];
    let (edited, told) = played(&files, "func hash", answers).await;
    assert!(told[2].contains("Edit 1 stands already"), "{}", told[2]);
    assert!(applied(&edited, "hash.go").contains("a <= b") && applied(&edited, "README.md") == "# A\n");
    assert_eq!(edited.confirm, Vec::<String>::new());
    // What is wrong in such a call is missing alone.
    let wrong = || change("hash.go", "return nothing(v, 1)", "return 1");
    let answers = vec![calls(vec![propose(vec![first(), third()])]), calls(vec![propose(vec![first(), wrong(), third()])])];
    let (edited, _) = played(&files, "func hash", [answers, vec![calls(vec![finish()]), calls(vec![finish()])]].concat()).await;
    let why = edited.confirm.join("; ");
    assert!(why.contains("edit 2 of hash.go") && !why.contains("README.md"), "{why}");
}

/// Three calls of one answer with blanks that are not there were three failures, and the model was never asked again.
#[tokio::test]
async fn the_edits_of_one_answer_fail_once() {
    let edit = |old: &str| propose(vec![change("hash.go", old, "// gone")]);
    let wrong = || calls(vec![edit("nothing of it"), edit("nor of this here"), edit("and not this either")]);
    let right = calls(vec![propose(vec![insertion()])]);
    let (edited, _) = played(&[("hash.go", HASH)], "func hash", vec![wrong(), right, calls(vec![finish()]), calls(vec![finish()])]).await;
    assert!(applied(&edited, "hash.go").contains("func half"));
    // What was taken in an answer goes before what failed in it.
    let both = calls(vec![edit("nothing"), propose(vec![insertion()])]);
    let answers = vec![wrong(), wrong(), both, calls(vec![finish()]), calls(vec![finish()])];
    let (edited, _) = played(&[("hash.go", HASH)], "func hash", answers).await;
    assert!(!edited.confirm.iter().any(|why| why.contains("stopped before its end")), "{:?}", edited.confirm);
}

/// The copy that the first edit of an answer put into the new function made the second one's lines ambiguous.
#[tokio::test]
async fn an_edit_means_the_file_as_the_model_has_read_it() {
    let text = "def load(path):\n    text = read(path)\n    lines = text.split()\n    check(lines)\n    return lines\n";
    let new = "def parted(text):\n    lines = text.split()\n    check(lines)\n    return lines\n\n\ndef load(path):";
    let insert = || change("a.py", "def load(path):", new);
    let replace = || change("a.py", "    lines = text.split()\n    check(lines)\n", "    lines = parted(text)\n");
    let wanted = new.to_string() + "\n    text = read(path)\n    lines = parted(text)\n    return lines\n";
    for answer in [vec![propose(vec![insert(), replace()])], vec![propose(vec![insert()]), propose(vec![replace()])]] {
        let again = calls(answer.clone());
        let (edited, _) = played(&[("a.py", text)], "def load", vec![calls(answer), again, calls(vec![finish()])]).await;
        assert_eq!(applied(&edited, "a.py"), wanted);
        assert_eq!(edited.confirm, Vec::<String>::new());
    }
    // In the next answer the model has seen both.
    let answers = vec![calls(vec![propose(vec![insert()])]), calls(vec![propose(vec![replace()])])];
    let (_, told) = played(&[("a.py", text)], "def load", [answers, vec![calls(vec![finish()]), calls(vec![finish()])]].concat()).await;
    assert!(told[2].contains("begins at lines"), "{}", told[2]);
}

/// An empty line could not be taken away: the line break was put back, and it was said that nothing changes.
#[tokio::test]
async fn an_empty_line_can_be_taken_away() {
    let text = "a = 1\n\n\nb = 2\n\n";
    for (old, new, after) in [("\nb = 2", "b = 2", "a = 1\n\nb = 2\n\n"), ("b = 2\n", "b = 2", "a = 1\n\n\nb = 2\n")] {
        let answers = vec![calls(vec![propose(vec![change("conf", old, new)])]), calls(vec![finish()])];
        assert_eq!(applied(&played(&[("conf", text)], "a = 1", answers).await.0, "conf"), after);
    }
    // Where lines would be joined, the break stays.
    let answers = vec![calls(vec![propose(vec![change("conf", "a = 1\n\n\n", "a = 3")])]), calls(vec![finish()])];
    assert_eq!(applied(&played(&[("conf", "a = 1\nb = 2\n")], "a = 1", answers).await.0, "conf"), "a = 3\nb = 2\n");
}
