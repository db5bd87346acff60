//! Which uses a rename takes along: those of the definition, in the whole workspace, and not those of other things that are called the same;
//! and where new code goes that a model was asked for.

use longsight::config::Config;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Cancel, EngineError};
use longsight::features::actions::{CALLS, EXTRACT, RENAME};
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{Session, silent};
use longsight::index::View;
use longsight::syntax::{Registry, parse, uses};
use serde_json::{Value, json};

use crate::support::workspace::{Workspace, applied, call, calls, instruct, target};

/// A session of a small model that gives these answers.
fn session(place: &Workspace, answers: &[Value]) -> Session {
    let scripts = answers.iter().map(|arguments| calls(vec![call("propose_edit", arguments.clone())]));
    place.session(Config::default(), vec![("local".into(), Scripted::new(scripts.collect::<Vec<_>>()))])
}

async fn renamed(files: &[(&str, &str)], marked: &str, words: &str) -> Result<Edited, EngineError> {
    let place = Workspace::new(files);
    instruct(&session(&place, &[]), files[0].0, marked, words).await
}

/// The files of an edit, after it.
fn after(edited: &Edited) -> Vec<(String, String)> {
    edited.edits.iter().map(|file| (file.path.clone(), applied(edited, &file.path))).collect()
}

#[tokio::test]
async fn a_rename_before_the_index_is_complete_is_refused() {
    let place = Workspace::new(&[("a.py", "def parse_kv():\n    pass\n"), ("b.py", "from a import parse_kv\nparse_kv()\n")]);
    let session = Session { index: View::default().into(), ..session(&place, &[]) };
    let refused = instruct(&session, "a.py", "def parse_kv", "rename parse_kv to split_kv").await.unwrap_err();
    assert!(refused.message.contains("the index is not complete yet"), "{}", refused.message);
    let at = target(&session, "a.py", "def parse_kv");
    for kind in [RENAME, CALLS] {
        let params = Params { at: at.clone(), how: How::Action { kind: kind.into(), problems: vec![] } };
        assert!(edit(&session, &params, &Cancel::new(), &silent()).await.unwrap_err().message.contains("not complete yet"), "{kind}");
    }
}

#[tokio::test]
async fn a_method_does_not_take_members_of_other_things_along() {
    let conn = "import socket\n\n\nclass Conn:\n    def __init__(self):\n        self.sock = socket.socket()\n\n    def close(self):\n        self.sock.close()\n\n    def __exit__(self):\n        self.close()\n";
    let io = "# close the file\nf = open(p)\nf.close()\nwith open(p) as g:\n    g.close()\n";
    let user = "from conn import Conn\n\n\ndef run(given):\n    c = Conn()\n    c.close()\n    given.close()\n    f = open('p')\n    f.close()\n    stop(close=1)\n";
    let files = [("conn.py", conn), ("io_.py", io), ("user.py", user)];
    let edited = renamed(&files, "def close", "rename `close` to `hang_up`").await.unwrap();
    let wanted = [
        ("conn.py".to_string(), conn.replace("def close", "def hang_up").replace("self.close", "self.hang_up")),
        ("user.py".to_string(), user.replace("c.close", "c.hang_up").replace("given.close", "given.hang_up")),
    ];
    assert_eq!(after(&edited), wanted);
    assert!(edited.summary.contains("of other things that are called so stay (conn.py:9, io_.py:3, io_.py:5,"), "{}", edited.summary);
}

/// Of a class that is derived, under whatever name, in files that never name the base.
#[tokio::test]
async fn a_method_follows_into_classes_that_are_derived() {
    let base = "class Base:\n    def run_it(self):\n        pass\n";
    let middle = "from base import Base\n\n\nclass Middle(Base):\n    pass\n";
    let last = "from middle import Middle as Other\nimport middle\n\n\nclass Last(middle.Middle):\n    def go(self):\n        self.run_it()\n\n\nclass Alone:\n    def go(self):\n        self.run_it()\n\n\nx = Other()\nx.run_it()\n";
    let files = [("base.py", base), ("middle.py", middle), ("last.py", last)];
    let edited = renamed(&files, "def run_it", "rename run_it to work").await.unwrap();
    let wanted = last.replacen("run_it", "work", 1).replace("x.run_it", "x.work");
    assert_eq!(after(&edited), [("base.py".to_string(), base.replace("run_it", "work")), ("last.py".to_string(), wanted)]);
    assert!(edited.summary.contains("stay (last.py:12)"), "{}", edited.summary);
}

#[tokio::test]
async fn a_member_that_nothing_tells_of_is_named_and_refused() {
    let files = [("conn.py", "class Conn:\n    def close(self):\n        pass\n"), ("other.py", "def run(thing):\n    thing.close()\n")];
    let refused = renamed(&files, "def close", "rename close to hang_up").await.unwrap_err();
    assert!(refused.message.contains("other.py:2") && refused.message.contains("language server"), "{}", refused.message);
}

#[tokio::test]
async fn a_function_does_not_take_fields_and_arguments_along() {
    let b = "import requests\nimport a\nfrom a import timeout\n\nrequests.get(\"u\", timeout=timeout())\nr.timeout = 4\nprint(r.timeout, a.timeout(), requests.timeout)\n";
    let c = "from requests import timeout\n\ntimeout()\n";
    let files = [("a.py", "def timeout():\n    return 3\n"), ("b.py", b), ("c.py", c)];
    let edited = renamed(&files, "def timeout", "rename timeout to limit").await.unwrap();
    let wanted = b.replace("import timeout", "import limit").replace("=timeout()", "=limit()").replace("a.timeout()", "a.limit()");
    assert_eq!(after(&edited), [("a.py".to_string(), "def limit():\n    return 3\n".to_string()), ("b.py".to_string(), wanted)]);
    // What CommonJS hands on is taken under the same name; in other objects the name is a field's, which stays.
    let js = "function size(a) {\n  return a;\n}\nfunction both(title) {\n  return { title, size };\n}\nmodule.exports = { size, both };\n";
    let user = "const { size } = require('./lib');\nconst lib = require('./lib');\nsize(1);\nlib.size(2);\nprops.size = 3;\n";
    let edited = renamed(&[("lib.js", js), ("user.js", user)], "function size", "rename size to width").await.unwrap();
    let wanted = js
        .replace("function size", "function width")
        .replace("title, size }", "title, size: width }")
        .replace("{ size, both", "{ width, both");
    let taken = user.replace("{ size }", "{ width }").replace("\nsize(1)", "\nwidth(1)").replace("lib.size", "lib.width");
    assert_eq!(after(&edited), [("lib.js".to_string(), wanted), ("user.js".to_string(), taken)]);
}

#[tokio::test]
async fn paths_lead_to_the_function_that_is_meant() {
    let lib = "pub mod list;\n\npub use list::swap;\n\npub fn run() {\n    list::swap();\n    crate::list::swap();\n    std::mem::swap(&mut 1, &mut 2);\n}\n";
    let list = "pub fn swap() {}\n\npub fn twice() {\n    assert_eq!(super::list::swap(), swap());\n}\n";
    let test = "use shapes::swap;\n\nfn t() {\n    swap();\n    shapes::swap();\n}\n";
    let files = [("src/list.rs", list), ("src/lib.rs", lib), ("Cargo.toml", "[package]\nname = \"shapes\"\n"), ("tests/t.rs", test)];
    let edited = renamed(&files, "pub fn swap", "rename swap to turn").await.unwrap();
    let mut changed = after(&edited);
    changed.sort();
    let wanted = [
        ("src/lib.rs".to_string(), lib.replace("list::swap", "list::turn")),
        ("src/list.rs".to_string(), list.replace("swap", "turn")),
        ("tests/t.rs".to_string(), test.replace("swap", "turn")),
    ];
    assert_eq!(changed, wanted);
}

#[tokio::test]
async fn a_local_variable_leaves_fields_and_arguments_alone() {
    let cases = [
        (
            "a.py",
            "def other(timeout):\n    get(timeout=timeout)\n    r.timeout = timeout\n",
            "get(timeout",
            "timeout",
            "def other(limit):\n    get(timeout=limit)\n    r.timeout = limit\n",
        ),
        (
            "a.rs",
            "fn make(x: u32, y: u32) -> Point {\n    let p = Point { x, y };\n    let Point { x: a, .. } = p;\n    vec![Point { x, y }, Point { x: x, y }];\n    Point { x, y: p.x }\n}\n",
            "let p",
            "x",
            "fn make(left: u32, y: u32) -> Point {\n    let p = Point { x: left, y };\n    let Point { x: a, .. } = p;\n    vec![Point { x: left, y }, Point { x: left, y }];\n    Point { x: left, y: p.x }\n}\n",
        ),
        (
            "b.rs",
            "fn take(p: Point) -> u32 {\n    let Point { mut x, .. } = p;\n    x += 1;\n    x\n}\n",
            "x += 1",
            "x",
            "fn take(p: Point) -> u32 {\n    let Point { x: mut left, .. } = p;\n    left += 1;\n    left\n}\n",
        ),
        (
            "a.js",
            "function page(props) {\n  const { title } = props;\n  const size = 1;\n  return { title, size, head: props.title };\n}\n",
            "const { title",
            "title",
            "function page(props) {\n  const { title: left } = props;\n  const size = 1;\n  return { title: left, size, head: props.title };\n}\n",
        ),
        (
            "a.ts",
            "function page({ title = 'x' }: Props) {\n  return { title };\n}\n",
            "return { title",
            "title",
            "function page({ title: left = 'x' }: Props) {\n  return { title: left };\n}\n",
        ),
        (
            "a.go",
            "package a\n\nfunc make(x int) Point {\n\tm := map[int]int{x: x}\n\treturn Point{x: x, y: m[x]}\n}\n",
            "m := map",
            "x",
            "package a\n\nfunc make(left int) Point {\n\tm := map[int]int{left: left}\n\treturn Point{x: left, y: m[left]}\n}\n",
        ),
    ];
    for (path, text, marked, old, wanted) in cases {
        let new = if path == "a.py" { "limit" } else { "left" };
        let edited = renamed(&[(path, text)], marked, &format!("rename the variable `{old}` to `{new}`")).await.unwrap();
        assert_eq!(applied(&edited, path), wanted);
    }
}

/// A parameter's name is part of what callers write.
#[tokio::test]
async fn calls_that_name_a_parameter_follow_it() {
    let a = "def fetch(url, timeout=3):\n    return url, timeout\n\n\nfetch('x', timeout=5)\n";
    let b = "from a import fetch\nimport requests\n\nfetch('y', timeout=4)\nrequests.get('z', timeout=4)\n";
    let edited = renamed(&[("a.py", a), ("b.py", b)], "return url", "rename the parameter `timeout` to `limit`").await.unwrap();
    let wanted = [("a.py".to_string(), a.replace("timeout", "limit")), ("b.py".to_string(), b.replace("'y', timeout", "'y', limit"))];
    assert_eq!(after(&edited), wanted);
}

#[tokio::test]
async fn a_field_is_renamed_where_its_type_is_written() {
    let shape = "pub struct Point {\n    pub side: u32,\n}\n\npub fn make(side: u32) -> Point {\n    let p = Point { side };\n    Point { side: p.side }\n}\n";
    let other = "pub fn other() -> Tall {\n    Tall { side: 3 }\n}\n";
    let edited = renamed(&[("src/a.rs", shape), ("src/b.rs", other)], "pub side", "rename side to edge").await.unwrap();
    let wanted = "pub struct Point {\n    pub edge: u32,\n}\n\npub fn make(side: u32) -> Point {\n    let p = Point { edge: side };\n    Point { edge: p.edge }\n}\n";
    assert_eq!(after(&edited), [("src/a.rs".to_string(), wanted.to_string())]);
}

#[test]
fn a_long_list_of_one_name_costs_what_its_length_says() {
    let registry = Registry::new();
    let language = registry.by_id("javascript").unwrap();
    let now = || nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    let cost = |count: usize| {
        let text = format!("function f(foo) {{ return [{}] }}\n", "foo, ".repeat(count));
        let parsed = parse(language, text.as_str()).unwrap();
        let began = now();
        assert_eq!(uses::variables(&parsed, "foo").len(), 1);
        assert_eq!(uses::mentions(&parsed, "foo").len(), count + 1);
        std::time::Duration::from(now()) - std::time::Duration::from(began)
    };
    let (short, long) = (cost(2_000), cost(32_000));
    assert!(long < short * 16 * 4, "{short:?} for 2,000, {long:?} for 32,000");
}

async fn replaced(path: &str, text: &str, marked: &str, new: &str) -> String {
    let place = Workspace::new(&[(path, text)]);
    let session = session(&place, &[json!({ "new_code": new })]);
    applied(&instruct(&session, path, marked, "add a branch").await.unwrap(), path)
}

#[tokio::test]
async fn an_answer_that_is_indented_as_the_file_is_stays_so() {
    let python = "def f(a):\n    if a:\n        x = 1\n    return x\n";
    let wanted = "def f(a):\n    if a:\n        x = 1\n    else:\n        x = 2\n    return x\n";
    assert_eq!(replaced("a.py", python, "        x = 1", "        x = 1\n    else:\n        x = 2").await, wanted);
    // Moved as a whole, by as much as its first line.
    assert_eq!(replaced("b.py", python, "        x = 1", "    x = 1\nelse:\n    x = 2").await, wanted);
    assert_eq!(replaced("c.py", python, "        x = 1", "            x = 1\n        else:\n            x = 2").await, wanted);
    let go = "package a\n\nfunc f(a bool) {\n\tif a {\n\t\tg()\n\t}\n}\n";
    let wanted = go.replace("\t\tg()\n", "\t\tg()\n\t} else {\n\t\th()\n");
    assert_eq!(replaced("a.go", go, "\t\tg()", "\t\tg()\n\t} else {\n\t\th()").await, wanted);
}

#[tokio::test]
async fn an_edit_without_a_reason_is_an_edit() {
    assert_eq!(replaced("a.py", "x = 1\n", "x = 1", "x = 2").await, "x = 2\n");
}

#[tokio::test]
async fn a_function_is_taken_to_where_it_can_be_called() {
    let cases = [
        (
            "a.rs",
            "mod m {\n    pub struct A;\n\n    impl A {\n        fn f(&self) -> u32 {\n            let y = 1 + 1;\n            y\n        }\n    }\n}\n",
            "            let y = 1 + 1;",
            "fn helper() -> u32 {\n    1 + 1\n}",
            "let y = helper();",
            "mod m {\n    pub struct A;\n\n    impl A {\n        fn f(&self) -> u32 {\n            let y = helper();\n            y\n        }\n    }\n\n    fn helper() -> u32 {\n        1 + 1\n    }\n}\n",
        ),
        (
            "A.java",
            "class A {\n    int f() {\n        int y = 1 + 1;\n        return y;\n    }\n}\n",
            "        int y = 1 + 1;",
            "int helper() {\n    return 1 + 1;\n}",
            "int y = helper();",
            "class A {\n    int f() {\n        int y = helper();\n        return y;\n    }\n\n    int helper() {\n        return 1 + 1;\n    }\n}\n",
        ),
        (
            "a.c",
            "/* Gives two. */\nint f(void)\n{\n    int y = 1 + 1;\n    return y;\n}\n",
            "    int y = 1 + 1;",
            "static int helper(void)\n{\n    return 1 + 1;\n}",
            "int y = helper();",
            "static int helper(void)\n{\n    return 1 + 1;\n}\n\n/* Gives two. */\nint f(void)\n{\n    int y = helper();\n    return y;\n}\n",
        ),
        (
            "a.py",
            "class A:\n    def f(self):\n        y = 1 + 1\n        return y\n",
            "        y = 1 + 1",
            "def helper():\n    return 1 + 1",
            "y = helper()",
            "class A:\n    def f(self):\n        y = helper()\n        return y\n\n\ndef helper():\n    return 1 + 1\n",
        ),
    ];
    for (path, text, marked, function, call, wanted) in cases {
        let place = Workspace::new(&[(path, text)]);
        let session = session(&place, &[json!({ "function": function, "call": call })]);
        let params = Params { at: target(&session, path, marked), how: How::Action { kind: EXTRACT.into(), problems: vec![] } };
        let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
        assert_eq!(applied(&edited, path), wanted);
    }
}

#[tokio::test]
async fn calls_with_type_arguments_follow_a_signature() {
    let text = "export function pick<T>(a: T): T {\n  return a;\n}\n";
    let user = "import { pick } from './a';\n\npick<string>('a');\npick('b');\n";
    let place = Workspace::new(&[("a.ts", text), ("b.ts", user)]);
    let session = session(&place, &[json!({ "calls": ["pick<string>('a', 1);", "pick('b', 1);"] })]);
    let params = Params { at: target(&session, "a.ts", "export function pick"), how: How::Action { kind: CALLS.into(), problems: vec![] } };
    let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
    assert_eq!(applied(&edited, "b.ts"), user.replace("('a')", "('a', 1)").replace("('b')", "('b', 1)"));
}

/// Renames and checks that a file is the old one with the new name everywhere.
async fn all_follow(files: &[(&str, &str)], marked: &str, old: &str, new: &str) {
    let edited = renamed(files, marked, &format!("rename `{old}` to `{new}`")).await.unwrap_or_else(|error| panic!("{}", error.message));
    let mut changed = after(&edited);
    changed.sort();
    let mut wanted: Vec<_> = files.iter().map(|(path, text)| ((*path).to_string(), text.replace(old, new))).collect();
    wanted.sort();
    assert_eq!(changed, wanted, "{}", edited.summary);
}

/// What a file of the workspace hands on under another name was taken for something of a library: the call stayed as it was.
#[tokio::test]
async fn a_member_of_what_comes_as_the_default_was_taken_for_another_thing() {
    let class = "class Circle {\n  measure() {\n    return 2;\n  }\n}\n";
    for (shape, user) in [
        ("export default function make() {\n  return new Circle();\n}\n", "import make from './shape';\nconst c = make();\nc.measure();\n"),
        ("export default Circle;\n", "import Disc from './shape';\nconst c = new Disc();\nc.measure();\n"),
        ("export const make = () => new Circle();\n", "import * as all from './shape';\nconst c = all.make();\nc.measure();\n"),
    ] {
        let shape = format!("{class}{shape}");
        let refused = renamed(&[("shape.ts", &shape), ("main.ts", user)], "measure()", "rename `measure` to `extent`").await.unwrap_err();
        assert!(refused.message.contains("main.ts:3"), "{user}: {}", refused.message);
    }
    // What a library makes has no member of ours.
    let user = "import { make } from 'library';\nconst c = make();\nc.measure();\n";
    let edited = renamed(&[("shape.ts", class), ("main.ts", user)], "measure()", "rename `measure` to `extent`").await.unwrap();
    assert!(edited.summary.contains("stay (main.ts:3)"), "{}", edited.summary);
}

/// Where a function is defined by its path its namespace was a type to those who call it through another name of that.
#[tokio::test]
async fn a_namespace_under_another_name_leads_to_its_function() {
    let head = "namespace deep { namespace inner {\nint helper(int a);\n} }\n";
    let body = "#include \"a.hpp\"\nint deep::inner::helper(int a) { return a; }\n";
    let user = "#include \"a.hpp\"\nnamespace di = deep::inner;\nint main() {\n    return di::helper(1) + deep::inner::helper(2);\n}\n";
    all_follow(&[("a.hpp", head), ("a.cpp", body), ("main.cpp", user)], "helper(int", "helper", "worker").await;
    let other = "#include \"a.hpp\"\nnamespace di = std::ranges;\nint main() {\n    return di::helper(1);\n}\n";
    let files = [("a.hpp", head), ("a.cpp", body), ("main.cpp", other)];
    let edited = renamed(&files, "helper(int", "rename `helper` to `worker`").await.unwrap();
    assert!(edited.summary.contains("stay (main.cpp:4)"), "{}", edited.summary);
}

/// Fields of a type under another name, and those of a variant, were other things; a module that is a file kept its file.
#[tokio::test]
async fn fields_follow_another_name_of_their_type_and_their_variant() {
    let shapes = "pub struct Rect {\n    pub across: i32,\n}\n\npub enum Sort {\n    Wide { much: i32 },\n    Even,\n}\n\npub fn sort() -> Sort {\n    Sort::Wide { much: 1 }\n}\n";
    let main = "mod shapes;\nuse shapes::{Rect as R, Sort};\n\nfn main() {\n    let r = R { across: 2 };\n    let R { across: w } = r;\n    println!(\"{w} {}\", match shapes::sort() { Sort::Wide { much: by } => by, Sort::Even => 0 });\n}\n";
    let files = [("src/shapes.rs", shapes), ("src/main.rs", main)];
    all_follow(&files, "across: i32", "across", "along").await;
    all_follow(&files, "much: i32", "much", "far").await;
    let files = [("src/main.rs", main), ("src/shapes.rs", shapes)];
    let refused = renamed(&files, "mod shapes", "rename `shapes` to `forms`").await.unwrap_err();
    assert!(refused.message.contains("src/shapes.rs"), "{}", refused.message);
}

/// The fields that an initializer names were other things where the type has another name, or is written further out.
#[tokio::test]
async fn fields_that_an_initializer_names_follow_their_type() {
    let head = "typedef struct point { int across; int up; } point_t;\n";
    let user = "#include \"p.h\"\nint main(void) {\n    point_t a = { .across = 1, .up = 2 };\n    struct point b = { .across = 3 };\n    return a.across + b.across + ((point_t){ .across = 4 }).across;\n}\n";
    all_follow(&[("p.h", head), ("m.c", user)], "across; int", "across", "along").await;
    let nested = "#include \"p.h\"\npoint_t all[] = { [0] = { .across = 1 }, { .across = 2 } };\n";
    let refused = renamed(&[("p.h", head), ("m.c", nested)], "across; int", "rename `across` to `along`").await.unwrap_err();
    assert!(refused.message.contains("m.c:2"), "{}", refused.message);
}

#[tokio::test]
async fn a_member_behind_a_call_of_a_library_was_taken_for_another_thing() {
    let rust = "pub struct Stats { hits: u32 }\n\npub fn bump(s: &Mutex<Stats>, v: &[Stats]) -> u32 {\n    s.lock().unwrap().hits += 1;\n    assert_eq!(v.first().unwrap().hits, v[0].hits);\n    let Some(last) = v.last() else { return 0 };\n    match v.first() {\n        Some(one) => one.hits,\n        None => last.hits + (&v[1]).hits + v.iter().max_by_key(|x| x.hits).unwrap().hits,\n    }\n}\n";
    all_follow(&[("v.rs", rust)], "hits: u32", "hits", "zap").await;
    let java = "import java.util.*;\nclass Row {\n    int span() { return 1; }\n    static int all(List<Row> rows, Map<String, Row> by) {\n        var first = rows.get(0);\n        return first.span() + rows.get(0).span() + by.get(\"a\").span() + Optional.of(rows.get(1)).get().span() + rows.stream().mapToInt(r -> r.span()).sum();\n    }\n}\n";
    all_follow(&[("Row.java", java)], "span()", "span", "zap").await;
    let c = "struct item { int depth; };\nstruct item *mk(void);\nint f(void *p, struct item *q) {\n    return ((struct item *)p)->depth + (*q).depth + (q)->depth + mk()->depth + (q + 1)->depth;\n}\n";
    all_follow(&[("w.c", c)], "depth", "depth", "level").await;
    let go = "package w\n\ntype Itm struct{ deepness int }\n\nfunc mk() *Itm { return nil }\n\nfunc f(xs []Itm, v any) int {\n\ta := mk()\n\tfor _, x := range xs {\n\t\ta.deepness += x.deepness\n\t}\n\treturn mk().deepness + v.(*Itm).deepness + (&xs[1]).deepness + a.deepness\n}\n";
    all_follow(&[("w.go", go)], "deepness", "deepness", "zap").await;
    let python = "class It:\n    def __init__(self):\n        self.depth = 1\n\n\ndef make():\n    return It()\n\n\ndef f(its, it: It):\n    a = make()\n    return make().depth + (it or its[1]).depth + a.depth + max(its, key=lambda i: i.depth).depth\n";
    all_follow(&[("w.py", python)], "self.depth", "depth", "zap").await;
    let script = "class Box {\n  wide = 1;\n}\nfunction mk() { return new Box(); }\nexport function all(xs: Box[], m: Map<string, Box>) {\n  return mk().wide + xs.map((x) => x.wide)[0] + m.get('a')!.wide + (xs[0] as Box).wide;\n}\n";
    all_follow(&[("w.ts", script)], "wide = 1", "wide", "broad").await;
}

#[tokio::test]
async fn a_member_is_followed_through_names_of_its_type() {
    let files = [
        (
            "a.ts",
            "export interface Options {\n  limit: number;\n}\nexport type Given = Required<Options>;\nexport type Inner = Omit<Given, 'x'> & { y: number };\n",
        ),
        (
            "b.ts",
            "import type { Inner } from './a';\nexport class Client {\n  #options: Inner;\n  run() {\n    return this.#options.limit;\n  }\n}\n",
        ),
    ];
    all_follow(&files, "limit: number", "limit", "bound").await;
    let c = [
        ("a.h", "struct item { int depth; };\ntypedef struct item *item_ref;\n"),
        ("b.c", "#include \"a.h\"\nint f(item_ref r) { return r->depth; }\n"),
    ];
    all_follow(&c, "depth", "depth", "level").await;
}

/// In files that never name the type: by what the index knows of functions and fields.
#[tokio::test]
async fn a_member_is_followed_through_functions_and_fields_of_other_files() {
    let files = [
        ("a.ts", "export class Box {\n  wide = 1;\n}\n"),
        (
            "b.ts",
            "import { Box } from './a';\nexport function mk(): Box { return new Box(); }\nexport class Shelf {\n  boxes: Box[] = [];\n}\n",
        ),
        (
            "c.ts",
            "import { mk, Shelf } from './b';\nexport const one = mk().wide;\nexport function all(s: Shelf) {\n  for (const b of s.boxes) { b.wide = 2; }\n  return s.boxes.map((b) => b.wide);\n}\n",
        ),
    ];
    let edited = renamed(&files, "wide = 1", "rename wide to broad").await.unwrap();
    let changed = after(&edited);
    assert!(changed.contains(&("c.ts".into(), files[2].1.replace("wide", "broad"))), "{changed:?} {}", edited.summary);
}

#[tokio::test]
async fn a_member_of_what_holds_the_type_is_not_the_types() {
    let java = "import java.util.*;\nclass Row {\n    int size() { return 1; }\n    static int all(List<Row> rows) {\n        return rows.size();\n    }\n}\n";
    let refused = renamed(&[("Row.java", java)], "size() { return 1", "rename size to extent").await.unwrap_err();
    assert!(refused.message.contains("Row.java:5"), "{}", refused.message);
    let rust = "pub struct Stack { items: Vec<u8> }\nimpl Stack {\n    pub fn new() -> Self { Stack { items: Vec::new() } }\n    pub fn push(&mut self, item: u8) { self.items.push(item) }\n}\npub fn f() {\n    let mut v = Vec::new();\n    v.push(1);\n    let mut s = Stack::new();\n    s.push(2);\n}\n";
    let edited = renamed(&[("s.rs", rust)], "push(&mut self", "rename push to put").await.unwrap();
    let wanted = rust.replace("fn push", "fn put").replace("s.push(2)", "s.put(2)");
    assert_eq!(after(&edited), [("s.rs".to_string(), wanted)], "{}", edited.summary);
    let script =
        "export class Logger {\n  log(text: string) {\n    console.log(text);\n  }\n}\nexport const run = (l: Logger) => l.log('a');\n";
    let edited = renamed(&[("l.ts", script)], "log(text: string)", "rename log to tell").await.unwrap();
    assert_eq!(after(&edited), [("l.ts".to_string(), script.replace("  log(", "  tell(").replace("l.log('", "l.tell('"))]);
}

#[tokio::test]
async fn a_variable_that_is_called_like_an_import_is_not_what_is_imported() {
    let c = "#include <string.h>\ntypedef struct item { int depth; } item;\nint f(item *string, item *other) { return string->depth + other->depth; }\n";
    all_follow(&[("w.c", c)], "depth", "depth", "level").await;
    let go = "package w\n\nimport \"net/url\"\n\ntype It struct{ deepness int }\n\nfunc f(url *It, x *It) int { return url.deepness + x.deepness }\n";
    all_follow(&[("w.go", go)], "deepness", "deepness", "level").await;
    let python = "import string\n\n\nclass It:\n    def __init__(self):\n        self.depth = 1\n\n\ndef f(string: It, other: It):\n    return string.depth + other.depth\n";
    all_follow(&[("w.py", python)], "self.depth", "depth", "level").await;
}

#[tokio::test]
async fn a_name_that_a_contract_outside_gives_is_kept() {
    let rust = "pub struct C { at: u8 }\nimpl Iterator for C {\n    type Item = u8;\n    fn next(&mut self) -> Option<u8> { None }\n}\nimpl std::fmt::Display for C {\n    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { Ok(()) }\n}\nfn main() {}\n";
    let java = "class O implements Comparable<O> {\n    @Override\n    public int compareTo(O other) { return 0; }\n    public static void main(String[] args) {}\n}\n";
    let python = "class K:\n    def __repr__(self):\n        return ''\n";
    let go = "package o\n\nfunc init() {}\n";
    let script = "export class A extends B {\n  constructor() { super(); }\n  override draw() {}\n}\n";
    let cpp = "class W : public Base {\n  void paint() override { }\n};\n";
    let cases = [
        ("o.rs", rust, "next(&mut", "next", "`Iterator`"),
        ("o.rs", rust, "fmt(&self", "fmt", "`std::fmt::Display`"),
        ("o.rs", rust, "main()", "main", "the language itself"),
        ("O.java", java, "compareTo", "compareTo", "overrides"),
        ("O.java", java, "main(", "main", "the language itself"),
        ("o.py", python, "__repr__", "__repr__", "the language itself"),
        ("o.go", go, "init", "init", "the language itself"),
        ("o.ts", script, "constructor", "constructor", "the language itself"),
        ("o.ts", script, "draw", "draw", "overrides"),
        ("o.cpp", cpp, "paint", "paint", "overrides"),
    ];
    for (path, text, marked, old, says) in cases {
        let refused = renamed(&[(path, text)], marked, &format!("rename `{old}` to `zap`")).await;
        let refused = refused.map(|edited| edited.summary).expect_err(old);
        assert!(refused.message.contains(says), "{old}: {}", refused.message);
    }
}

#[tokio::test]
async fn a_name_that_something_outside_may_ask_for_is_told() {
    let python = "import unittest\n\n\nclass T(unittest.TestCase):\n    def setUp(self):\n        pass\n\n\nclass Own:\n    def start(self):\n        pass\n";
    let go = "package o\n\ntype H struct{}\n\nfunc (h *H) ServeHTTP(w int) {}\n\nfunc (h *H) Turn(w int) {}\n";
    let told = [("o.py", python, "setUp", "`TestCase`"), ("o.go", go, "ServeHTTP", "interfaces of the standard library")];
    for (path, text, old, says) in told {
        let edited = renamed(&[(path, text)], old, &format!("rename `{old}` to `zap`")).await.unwrap();
        assert!(edited.summary.contains("Attention") && edited.summary.contains(says), "{old}: {}", edited.summary);
    }
    for (path, text, old) in [("o.py", python, "start"), ("o.go", go, "Turn")] {
        let edited = renamed(&[(path, text)], old, &format!("rename `{old}` to `zap`")).await.unwrap();
        assert!(!edited.summary.contains("Attention"), "{old}: {}", edited.summary);
    }
}

/// A module in a path has no methods.
#[tokio::test]
async fn a_segment_of_a_path_is_no_method() {
    let rust = "use std::fmt::Display;\npub struct C { at: u8 }\nimpl C {\n    pub fn fmt(&self) -> u8 { self.at }\n}\npub fn f(c: &C, f: &mut std::fmt::Formatter) -> std::fmt::Result {\n    C::fmt(c);\n    c.fmt();\n    Ok(())\n}\n";
    let edited = renamed(&[("o.rs", rust)], "fmt(&self", "rename fmt to zap").await.unwrap();
    let wanted = rust.replace("fn fmt", "fn zap").replace("C::fmt", "C::zap").replace("c.fmt()", "c.zap()");
    assert_eq!(after(&edited), [("o.rs".to_string(), wanted)]);
}

/// A label that is called like a function or a variable followed its rename.
#[tokio::test]
async fn labels_stay_where_something_of_their_name_is_renamed() {
    let rust = (
        "src/lib.rs",
        "pub fn retry(n: u32) -> u32 {\n    'retry: loop {\n        if n > 1 {\n            break 'retry;\n        }\n        continue 'retry;\n    }\n    retry(n)\n}\n",
    );
    let go = (
        "a.go",
        "package a\n\nfunc retry(n int) int {\nretry:\n\tfor {\n\t\tif n > 1 {\n\t\t\tbreak retry\n\t\t}\n\t\tcontinue retry\n\t}\n\tgoto retry\n\treturn retry(n)\n}\n",
    );
    let java = (
        "A.java",
        "class A {\n    static int retry(int n) {\n        retry:\n        while (true) {\n            if (n > 1) break retry;\n            continue retry;\n        }\n        return retry(n);\n    }\n}\n",
    );
    let javascript = (
        "a.js",
        "export function retry(n) {\n  retry: for (;;) {\n    if (n > 1) break retry;\n    continue retry;\n  }\n  return retry(n);\n}\n",
    );
    let c = ("a.c", "int retry(int n)\n{\nretry:\n    if (n > 1)\n        goto retry;\n    return retry(n);\n}\n");
    for (path, text) in [rust, go, java, javascript, c] {
        let head = text.lines().find(|line| line.contains("retry(") && !line.contains("return")).unwrap();
        let edited = renamed(&[(path, text)], head, "rename `retry` to `again`").await.unwrap();
        assert_eq!(after(&edited), [(path.to_string(), text.replace("retry(", "again("))], "{path}");
    }
}
