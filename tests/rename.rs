//! What the index decides and the model only names: renames over files, variables, calls that follow a signature; and what is refused
//! because it cannot be told from something else. The model has a small window here, so it fills forms.

use longsight::config::Config;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Cancel, EngineError};
use longsight::features::actions::{CALLS, MODULE, RENAME, VARIABLE, actions};
use longsight::features::edit::task::wording;
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{Session, silent};
use serde_json::{Value, json};

use crate::support::workspace::{Workspace, applied, call, calls, instruct, target};

const SHAPE: &str = "//! Shapes. `area_of` is used everywhere.\n\n/// The area, see [`area_of`].\npub fn area_of(width: u32, height: u32) -> u32 {\n    width * height\n}\n\npub fn name() -> &'static str {\n    \"area_of a shape\"\n}\n";
const USER: &str = "use crate::shape::area_of;\n\npub fn square(side: u32) -> u32 {\n    area_of(side, side)\n}\n\npub fn double(side: u32) -> u32 {\n    // area_of twice\n    let sum = area_of(side, side) + area_of(\n        side,\n        side,\n    );\n    sum\n}\n";
const LIB: &str = "pub mod shape;\npub mod user;\n";

fn place() -> Workspace {
    Workspace::new(&[("Cargo.toml", "[package]\nname = \"shapes\"\n"), ("src/lib.rs", LIB), ("src/shape.rs", SHAPE), ("src/user.rs", USER)])
}

fn small(place: &Workspace, answers: &[Value]) -> (Session, std::sync::Arc<Scripted>) {
    let scripts = answers.iter().map(|arguments| calls(vec![call("propose_edit", arguments.clone())]));
    let model = Scripted::new(scripts.collect::<Vec<_>>());
    (place.session(Config::default(), vec![("local".into(), model.clone())]), model)
}

async fn action(session: &Session, path: &str, marked: &str, kind: &str) -> Result<Edited, EngineError> {
    let params = Params { at: target(session, path, marked), how: How::Action { kind: kind.into(), problems: vec![] } };
    edit(session, &params, &Cancel::new(), &silent()).await
}

#[tokio::test]
async fn a_rename_that_says_both_names_needs_no_model() {
    let place = place();
    let before = place.everything();
    for words in [
        "rename area_of to surface everywhere",
        "Rename `area_of` to `surface` in all files",
        "把 area_of 重命名为 surface",
        "please rename area_of -> surface",
    ] {
        let (session, model) = small(&place, &[]);
        let edited = instruct(&session, "src/shape.rs", "pub fn area_of(width: u32, height: u32) -> u32 {", words).await.unwrap();
        // Strings stay; comments and code follow.
        assert_eq!(applied(&edited, "src/shape.rs"), SHAPE.replace("area_of", "surface").replace("\"surface a", "\"area_of a"), "{words}");
        assert_eq!(applied(&edited, "src/user.rs"), USER.replace("area_of", "surface"), "{words}");
        assert!(edited.summary.contains("1 place(s) inside strings stay"), "{}", edited.summary);
        assert_eq!(edited.route.engine, "none");
        assert!(model.asked().is_empty());
    }
    assert_eq!(place.everything(), before, "nothing is written");
}

#[tokio::test]
async fn the_model_only_names_and_a_bad_name_is_put_right() {
    let place = place();
    let answers = [json!({"new_name": "square", "reason": "x"}), json!({"new_name": "surface_area", "reason": "It says what it is."})];
    let (session, model) = small(&place, &answers);
    let edited = action(&session, "src/user.rs", "area_of", RENAME).await.unwrap();
    assert_eq!(applied(&edited, "src/user.rs"), USER.replace("area_of", "surface_area"));
    let asked = format!("{:?}", model.asked()[1]);
    assert!(asked.contains("`square` is taken in a file that uses `area_of`"), "{asked}");
    for wrong in ["2x", "", "a b", "area_of", "a-b"] {
        let (session, _) = small(&place, &[json!({"new_name": wrong, "reason": "x"}), json!({"new_name": wrong, "reason": "x"})]);
        assert!(action(&session, "src/user.rs", "area_of", RENAME).await.is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_name_that_means_two_things_is_left_to_tools_that_know_types() {
    let place = place();
    place.write("src/other.rs", "pub fn area_of(radius: f64) -> f64 {\n    radius * radius * 3.14\n}\n");
    let (session, _) = small(&place, &[]);
    let refused = instruct(&session, "src/shape.rs", "pub fn area_of", "rename area_of to surface").await.unwrap_err();
    assert!(refused.message.contains("defined at 2 places"), "{refused}");
    // A name that a file is called by.
    place.write("src/deep.rs", "pub fn shape() {}\n");
    let (session, _) = small(&place, &[]);
    let refused = instruct(&session, "src/deep.rs", "pub fn shape() {}", "rename shape to form").await.unwrap_err();
    assert!(refused.message.contains("defined at 2 places"), "{refused}");
    // Nothing of the kind.
    let refused = instruct(&session, "src/lib.rs", "pub mod user;", "rename nowhere_at_all to form").await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn a_variable_is_renamed_in_its_function_alone() {
    let text = "pub struct P { pub side: u32 }\n\npub fn a(p: P) -> String {\n    let side = p.side + 1;\n    format!(\"{side} {{side}} side {}\", side)\n}\n\npub fn b() -> u32 {\n    let side = 2;\n    side\n}\n";
    let place = Workspace::new(&[("src/lib.rs", text)]);
    let (session, _) = small(&place, &[]);
    let edited = instruct(&session, "src/lib.rs", "    let side = 2;", "rename the variable side to edge").await;
    // `side` is a field as well, which is none of this function.
    assert_eq!(applied(&edited.unwrap(), "src/lib.rs"), text.replace("let side = 2;\n    side", "let edge = 2;\n    edge"));
    let text = text.replace("pub side: u32", "pub size: u32").replace("p.side", "p.size");
    let place = Workspace::new(&[("src/lib.rs", &text)]);
    let (session, _) = small(&place, &[]);
    let edited = instruct(&session, "src/lib.rs", "    let side = p.size + 1;", "rename the variable `side` to `edge`").await.unwrap();
    let wanted = text.replacen("let side", "let edge", 1).replace("\"{side} {{side}} side {}\", side", "\"{edge} {{side}} side {}\", edge");
    assert_eq!(applied(&edited, "src/lib.rs"), wanted);
}

/// `in` stands before a place in English: it is the variable that gets the name, not the function that it is in.
#[tokio::test]
async fn a_variable_in_this_function_is_not_the_function() {
    let text = "def total(rows):\n    n = 0\n    for row in rows:\n        n += row\n    return n\n\n\nprint(total([1]))\n";
    let place = Workspace::new(&[("a.py", text)]);
    let (session, model) = small(&place, &[]);
    let edited = instruct(&session, "a.py", "def total(rows):\n    n = 0", "Rename n in this function to result").await.unwrap();
    let wanted = text.replace("n = 0", "result = 0").replace("n += row", "result += row").replace("return n\n", "return result\n");
    assert_eq!(applied(&edited, "a.py"), wanted);
    assert!(model.asked().is_empty());
}

/// A word in a comment is no name that is taken, and neither is a member of something.
#[tokio::test]
async fn a_comment_takes_no_name() {
    let text = "# The total of all rows is what we report.\ndef calc(rows):\n    return sum(rows) + rows.total\n\n\nprint(calc([1]))\n";
    let place = Workspace::new(&[("a.py", text)]);
    let (session, _) = small(&place, &[]);
    let edited = instruct(&session, "a.py", "def calc", "rename calc to total").await.unwrap();
    assert_eq!(applied(&edited, "a.py"), text.replace("calc", "total"));
    let refused = instruct(&session, "a.py", "def calc", "rename calc to sum").await.unwrap_err();
    assert!(refused.message.contains("`sum` is taken"), "{refused}");
}

#[test]
fn a_rename_is_told_from_other_tasks() {
    let some = |old: &str, new: &str| Some((Some(old.to_string()), Some(new.to_string())));
    assert_eq!(wording::rename("rename foo to bar"), some("foo", "bar"));
    assert_eq!(wording::rename("Please rename the method `fooBar` into `barFoo` and its callers"), some("fooBar", "barFoo"));
    assert_eq!(wording::rename("把函数 foo 改名为 bar"), some("foo", "bar"));
    assert_eq!(wording::rename("rename this to something that says what it does"), Some((None, None)));
    assert_eq!(wording::rename("rename it"), Some((None, None)));
    assert_eq!(wording::rename("add a parameter to foo"), None);
    assert_eq!(wording::rename("convert bytes to text"), None);
    // The place that a name is in is no part of it, and "in" joins no names.
    assert_eq!(wording::rename("Rename n in this function to result"), some("n", "result"));
    assert_eq!(wording::rename("rename the variable `to` in this method to `target`"), some("to", "target"));
    assert_eq!(wording::rename("rename n in this function to something that says more"), Some((Some("n".into()), None)));
    assert_eq!(wording::rename("rename the function to measure"), Some((None, Some("measure".into()))));
    // A name that looks like the word for what it is: either is meant.
    assert_eq!(wording::rename("rename name to title"), None);
    assert_eq!(wording::rename("rename n quickly to result"), None);
    // What asks for more, or for the opposite, is no mere rename.
    assert_eq!(wording::rename("rename foo to bar and let it return an Option"), None);
    assert_eq!(wording::rename("do not rename foo to bar"), None);
}

#[tokio::test]
async fn a_value_gets_a_name_before_its_statement() {
    let place = place();
    let (session, _) = small(&place, &[json!({"name": "one", "reason": "Said once."})]);
    let at = target(&session, "src/user.rs", "area_of(side, side) +");
    let value = longsight::features::Target { bytes: at.bytes.start..at.bytes.end - 2, ..at };
    let offered: Vec<String> = actions(&session, &value, &[]).into_iter().map(|offer| offer.kind).collect();
    assert!(offered.contains(&VARIABLE.to_string()), "{offered:?}");
    let params = Params { at: value, how: How::Action { kind: VARIABLE.into(), problems: vec![] } };
    let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
    let wanted = USER.replace("    let sum = area_of(side, side) +", "    let one = area_of(side, side);\n    let sum = one +");
    assert_eq!(applied(&edited, "src/user.rs"), wanted);
    // Python, where a statement may be inside another.
    let text = "def f(xs):\n    for x in xs:\n        print(len(xs) * 2 + x)\n";
    let place = Workspace::new(&[("a.py", text)]);
    let (session, _) = small(&place, &[json!({"name": "xs", "reason": "x"}), json!({"name": "twice", "reason": "x"})]);
    let edited = action(&session, "a.py", "len(xs) * 2", VARIABLE).await.unwrap();
    assert_eq!(applied(&edited, "a.py"), "def f(xs):\n    for x in xs:\n        twice = len(xs) * 2\n        print(twice + x)\n");
}

#[test]
fn what_does_not_fit_is_not_offered() {
    let place = place();
    let (session, _) = small(&place, &[]);
    let kinds = |path: &str, marked: &str| -> Vec<String> {
        actions(&session, &target(&session, path, marked), &[]).into_iter().map(|offer| offer.kind).collect()
    };
    // A statement, half an expression, a name, a type: none of them is a value that could have a name.
    for marked in ["    sum", "(side, side)\n}", ") +", "area_of(side,", "u32", "let sum"] {
        assert!(!kinds("src/user.rs", marked).contains(&VARIABLE.to_string()), "{marked:?}");
    }
    let mut at = target(&session, "src/shape.rs", "area_of(width");
    at.bytes = at.bytes.start..at.bytes.start;
    let cursor: Vec<String> = actions(&session, &at, &[]).into_iter().map(|offer| offer.kind).collect();
    assert!(cursor.contains(&CALLS.to_string()) && cursor.contains(&RENAME.to_string()), "{cursor:?}");
    assert!(cursor.contains(&MODULE.to_string()), "a small model names the module: {cursor:?}");
    let mut at = target(&session, "src/shape.rs", "name() ->");
    at.bytes = at.bytes.start..at.bytes.start;
    let uncalled: Vec<String> = actions(&session, &at, &[]).into_iter().map(|offer| offer.kind).collect();
    assert!(!uncalled.contains(&CALLS.to_string()), "{uncalled:?}");
}

#[tokio::test]
async fn calls_follow_a_signature_that_has_changed() {
    let place = place();
    let changed = SHAPE.replace("width: u32, height: u32", "size: (u32, u32)").replace("width * height", "size.0 * size.1");
    place.write("src/shape.rs", &changed);
    let lines = ["    area_of((side, side))", "let sum = area_of((side, side)) + area_of((\n    side,\n    side,\n));"];
    let (session, model) =
        small(&place, &[json!({"calls": lines[..1], "reason": "x"}), json!({"calls": lines, "reason": "It takes a pair now."})]);
    let edited = action(&session, "src/shape.rs", "pub fn area_of", CALLS).await.unwrap();
    let after = applied(&edited, "src/user.rs");
    assert!(after.contains("    area_of((side, side))\n}"), "{after}");
    assert!(after.contains("    let sum = area_of((side, side)) + area_of((\n"), "{after}");
    assert_eq!(edited.edits.len(), 1, "the file of the signature stays");
    let asked = format!("{:?}", model.asked()[0]);
    assert!(asked.contains("area_of(size: (u32, u32))"), "{asked}");
    let nothing = action(&session, "src/shape.rs", "pub fn name", CALLS).await.unwrap_err();
    assert!(nothing.message.contains("nothing calls `name`"), "{nothing}");
}

/// A file that does not take part is not changed either.
#[tokio::test]
async fn a_file_that_git_ignores_takes_no_part_in_a_rename() {
    let place = place();
    place.write(".gitignore", "src/user.rs\n");
    let (session, _) = small(&place, &[]);
    // What git ignores is not in the index: it is no user, and nothing is said of it.
    let edited = instruct(&session, "src/shape.rs", "pub fn area_of", "rename area_of to surface").await.unwrap();
    assert_eq!(edited.edits.len(), 1);
}

/// An instruction that changes a signature: the calls are asked for in a second question; and where that fails, a person is told.
#[tokio::test]
async fn an_edit_of_a_signature_is_followed_by_its_calls() {
    let new = "pub fn area_of(size: (u32, u32)) -> u32 {\n    size.0 * size.1\n}";
    let calls = json!({"calls": ["    area_of((side, side))", "    let sum = area_of((side, side)) + area_of((side, side));"], "reason": "They give a pair."});
    let place = place();
    let first = json!({"new_code": new, "reason": "A pair says more."});
    let marked = "pub fn area_of(width: u32, height: u32) -> u32 {\n    width * height\n}";
    let (session, model) = small(&place, &[first.clone(), calls]);
    let edited = instruct(&session, "src/shape.rs", marked, "take one pair in place of two numbers").await.unwrap();
    assert!(applied(&edited, "src/shape.rs").contains(new));
    let user = applied(&edited, "src/user.rs");
    assert!(
        user.contains("    area_of((side, side))\n}") && user.contains("let sum = area_of((side, side)) + area_of((side, side));\n"),
        "{user}"
    );
    assert!(edited.confirm.is_empty(), "{:?}", edited.confirm);
    assert_eq!(model.asked().len(), 2);
    let nonsense = json!({"calls": ["x", "y"], "reason": "?"});
    let (session, _) = small(&place, &[first, nonsense.clone(), nonsense]);
    let edited = instruct(&session, "src/shape.rs", marked, "take one pair in place of two numbers").await.unwrap();
    assert_eq!(edited.edits.len(), 1);
    assert!(edited.confirm.iter().any(|why| why.contains("2 call(s) do not follow")), "{:?}", edited.confirm);
    // The same signature: one question.
    let (session, model) = small(&place, &[json!({"new_code": marked.replace("width * height", "height * width"), "reason": "x"})]);
    instruct(&session, "src/shape.rs", marked, "swap the factors").await.unwrap();
    assert_eq!(model.asked().len(), 1);
}

/// A function, and variables of its name in each language: only what means the function follows.
#[tokio::test]
async fn a_variable_of_the_same_name_is_another_thing() {
    let cases = [
        (
            ("src/stats.rs", "pub fn count() -> u32 {\n    3\n}\n\npub fn twice() -> u32 {\n    count() + count()\n}\n"),
            (
                "src/main_loop.rs",
                "pub fn run(list: &[u32]) -> u32 {\n    let mut count = 0;\n    for one in list {\n        count += one;\n    }\n    count\n}\n",
            ),
            "pub fn count",
        ),
        (
            ("stats.py", "def count():\n    return 3\n\n\ndef twice():\n    return count() + count()\n"),
            ("loop.py", "def run(items, count=0):\n    for one in items:\n        count += one\n    return count\n"),
            "def count",
        ),
        (
            ("stats.ts", "export function count(): number {\n\treturn 3;\n}\n\nexport const twice = (): number => count() + count();\n"),
            (
                "loop.ts",
                "export function run(items: number[]): number {\n\tlet count = 0;\n\titems.forEach(one => { count += one; });\n\treturn count;\n}\n",
            ),
            "export function count",
        ),
        (
            ("stats.go", "package stats\n\nfunc count() int {\n\treturn 3\n}\n\nfunc twice() int {\n\treturn count() + count()\n}\n"),
            (
                "loop.go",
                "package stats\n\nfunc run(list []int) int {\n\tcount := 0\n\tfor _, one := range list {\n\t\tcount += one\n\t}\n\treturn count\n}\n",
            ),
            "func count",
        ),
        (
            ("stats.c", "int count(void)\n{\n    return 3;\n}\n\nint twice(void)\n{\n    return count() + count();\n}\n"),
            (
                "loop.c",
                "int run(const int *list, int length)\n{\n    int count = 0;\n    for (int at = 0; at < length; at++)\n        count += list[at];\n    return count;\n}\n",
            ),
            "int count",
        ),
        (
            (
                "Stats.java",
                "class Stats {\n    static int count() {\n        return 3;\n    }\n\n    static int twice() {\n        return count() + count();\n    }\n}\n",
            ),
            (
                "Loop.java",
                "class Loop {\n    static int run(int[] list) {\n        int count = 0;\n        for (int one : list) {\n            count += one;\n        }\n        return count;\n    }\n}\n",
            ),
            "static int count",
        ),
    ];
    for (global, local, marked) in cases {
        let place = Workspace::new(&[global, local]);
        let (session, _) = small(&place, &[]);
        let edited = instruct(&session, global.0, marked, "rename count to total").await.unwrap();
        assert_eq!(edited.edits.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [global.0], "{}", local.0);
        assert_eq!(applied(&edited, global.0), global.1.replace("count", "total"));
        // And the other way round, from the variable.
        let variable = local.1.lines().find(|line| line.contains("count +=")).unwrap();
        let edited = instruct(&session, local.0, variable, "rename count to total").await.unwrap();
        assert_eq!(edited.edits.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [local.0], "{}", local.0);
        assert_eq!(applied(&edited, local.0), local.1.replace("count", "total"));
    }
}

#[tokio::test]
async fn a_call_beside_a_variable_of_the_same_name_is_left_to_tools_that_know_types() {
    let user = "use crate::stats::count;\n\npub fn run() -> u32 {\n    let count = || 1;\n    count()\n}\n";
    let place = Workspace::new(&[("src/stats.rs", "pub fn count() -> u32 {\n    3\n}\n"), ("src/user.rs", user)]);
    let (session, _) = small(&place, &[]);
    let refused = instruct(&session, "src/stats.rs", "pub fn count", "rename count to total").await.unwrap_err();
    assert!(refused.message.contains("src/user.rs") && refused.message.contains("line 5"), "{}", refused.message);
}

/// The cursor is in the word that it touches, in code alone: a word of a comment or a string names nothing.
#[tokio::test]
async fn a_cursor_beside_a_word_means_it_only_where_it_is_code() {
    let text = "fn sum() -> u32 {\n    let total = 1; // total\n    let said = \"total\";\n    total\n}\n";
    let workspace = Workspace::new(&[("lib.rs", text)]);
    let session = workspace.session(Config::default(), vec![]);
    let offered = |offset: usize| {
        let mut at = target(&session, "lib.rs", "fn sum");
        at.bytes = offset..offset;
        let offers = actions(&session, &at, &[]);
        offers.into_iter().find(|offer| offer.kind == RENAME).map(|offer| offer.title).unwrap_or_default()
    };
    let places: Vec<usize> = text.match_indices("total").map(|(start, _)| start).collect();
    for (start, name) in places.into_iter().zip(["total", "sum", "sum", "total"]) {
        for offset in [start, start + 2, start + 5] {
            assert_eq!(
                offered(offset),
                format!("Rename `{name}` to what it is or does"),
                "{:?}|{:?}",
                &text[start - 3..offset],
                &text[offset..offset + 2]
            );
        }
    }
}

/// With the cursor on `pub`, on `async` or on `def` the menu had "Rename `pub`".
#[tokio::test]
async fn a_keyword_under_the_cursor_is_no_name_to_be_renamed() {
    let script = "async def fetch(url):\n    return url\n";
    let place = Workspace::new(&[("src/lib.rs", "pub mod shape;\n"), ("src/shape.rs", SHAPE), ("a.py", script)]);
    let (session, _) = small(&place, &[]);
    for (path, word, name) in [("src/shape.rs", "pub fn area_of", "area_of"), ("a.py", "async def", "fetch"), ("a.py", "fetch(", "fetch")] {
        let mut at = target(&session, path, word);
        at.bytes.end = at.bytes.start;
        let titles: Vec<String> = actions(&session, &at, &[]).into_iter().map(|offer| offer.title).collect();
        let wanted = format!("Rename `{name}` to what it is or does");
        assert!(titles.contains(&wanted), "{path}, {word}: {titles:?}");
    }
}

/// A model with a window for tools was asked instead, and a coder elsewhere got the code.
#[tokio::test]
async fn a_rename_that_says_both_names_asks_no_model_however_large_its_window() {
    let workspace = Workspace::new(&[("src/lib.rs", "pub mod shape;\npub mod user;\n"), ("src/shape.rs", SHAPE), ("src/user.rs", USER)]);
    let (session, coder) = workspace.with_coder(vec![]);
    let edited = instruct(&session, "src/shape.rs", "pub fn area_of", "rename `area_of` to `surface`").await.unwrap();
    assert_eq!(applied(&edited, "src/user.rs"), USER.replace("area_of", "surface"));
    assert_eq!(coder.asked().len(), 0);
}

/// A refusal was the model's whole answer, on which file and with which way out was not said.
#[tokio::test]
async fn a_refusal_is_one_short_sentence_with_the_file() {
    use longsight::engine::scripted::Step;
    use longsight::engine::{Event, Finished};
    let workspace = Workspace::new(&[("src/shape.rs", SHAPE)]);
    let chat = || vec![Step::Event(Event::Text("word ".repeat(500) + "\n")), Step::Event(Event::Done(Finished::default()))];
    let (session, _) = workspace.with_coder((0..4).map(|_| chat()).collect());
    let refused = instruct(&session, "src/shape.rs", "pub fn area_of", "make it faster").await.unwrap_err().message;
    assert!(refused.contains("in src/shape.rs: the model only said “word word") && refused.contains("…”; say more"), "{refused}");
    assert!(refused.len() < 400 && !refused.contains('\n'), "{refused}");
    for (words, reason) in [("\0".to_string(), "is empty"), ("x".repeat(200_000), "8192 bytes at most")] {
        let refused = instruct(&session, "src/shape.rs", "pub fn area_of", &words).await.unwrap_err().message;
        assert!(refused.contains(reason), "{refused}");
    }
}
