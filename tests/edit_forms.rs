//! What becomes of the fields that a model fills in a form: code that was given whole, values that cannot be taken out, tests and their
//! imports, fences, indentation. A model with a small window, scripted.

use longsight::config::Config;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Cancel, EngineError};
use longsight::features::actions::{DOCUMENT, IMPLEMENT, REWRITE, TEST, VARIABLE, actions};
use longsight::features::edit::task::wording;
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{Session, silent};
use serde_json::{Value, json};

use crate::support::workspace::{Workspace, applied, call, calls, instruct, target};

/// A session over these files whose model answers every question so.
fn answering(files: &[(&str, &str)], arguments: &Value) -> (Workspace, Session) {
    let place = Workspace::new(files);
    let model = Scripted::new(std::iter::repeat_n(calls(vec![call("propose_edit", arguments.clone())]), 4).collect::<Vec<_>>());
    let session = place.session(Config::default(), vec![("local".into(), model)]);
    (place, session)
}

async fn action(files: &[(&str, &str)], marked: &str, kind: &str, arguments: Value) -> Result<Edited, EngineError> {
    let (_place, session) = answering(files, &arguments);
    let params = Params { at: target(&session, files[0].0, marked), how: How::Action { kind: kind.into(), problems: vec![] } };
    edit(&session, &params, &Cancel::new(), &silent()).await
}

/// What becomes of the first file.
async fn after(files: &[(&str, &str)], marked: &str, kind: &str, arguments: Value) -> String {
    applied(&action(files, marked, kind, arguments).await.unwrap(), files[0].0)
}

async fn told(files: &[(&str, &str)], marked: &str, words: &str, code: &str) -> Result<Edited, EngineError> {
    let (_place, session) = answering(files, &json!({"new_code": code, "reason": "x"}));
    instruct(&session, files[0].0, marked, words).await
}

/// Python, in which one function is indented otherwise than the rest of its file.
#[tokio::test]
async fn a_body_keeps_the_indentation_that_it_has() {
    let text = "def a():\n    x = 1\n    z = 2\n    return x\n\n\ndef b():\n  y = 1\n  return y\n";
    let file = [("a.py", text)];
    let documented = after(&file, "def b", DOCUMENT, json!({"comment": "Gives one."})).await;
    assert_eq!(documented, text.replace("  y = 1", "  \"\"\"Gives one.\"\"\"\n  y = 1"));
    let text = text.replace("  y = 1\n  return y", "  pass");
    let implemented = after(&[("a.py", &text)], "def b", IMPLEMENT, json!({"body": "y = 1\nreturn y", "reason": "x"})).await;
    assert_eq!(implemented, text.replace("  pass", "  y = 1\n  return y"));
}

#[tokio::test]
async fn a_body_behind_the_colon_goes_below_its_docstring() {
    let documented = after(&[("a.py", "def a(): return 1\n")], "def a", DOCUMENT, json!({"comment": "Gives one."})).await;
    assert_eq!(documented, "def a():\n    \"\"\"Gives one.\"\"\"\n    return 1\n");
}

/// Tests of a test are not what anybody asks for: the test itself gets another case.
#[tokio::test]
async fn no_tests_are_written_for_tests() {
    let rust = "fn one() -> u32 {\n    1\n}\n\n#[cfg(test)]\nmod tests {\n    fn helper() {}\n}\n\n#[tokio::test]\nasync fn sees() {}\n";
    let python = "def total(rows):\n    return sum(rows)\n\n\ndef test_total():\n    assert total([1]) == 1\n\n\nclass TestTotal:\n    def test_it(self):\n        pass\n\n\nclass TestClient:\n    def get(self):\n        return 1\n";
    let java = "class A {\n    int one() {\n        return 1;\n    }\n\n    @Test\n    void sees() {\n        check();\n    }\n}\n";
    for (path, text, marked, wanted) in [
        ("a.rs", rust, "fn one", true),
        ("a.rs", rust, "fn helper", false),
        ("a.rs", rust, "async fn sees", false),
        ("a.py", python, "def total", true),
        ("a.py", python, "def test_total", false),
        ("a.py", python, "def get", true),
        ("test_a.py", python, "def total", false),
        ("A.java", java, "int one", true),
        ("A.java", java, "void sees", false),
    ] {
        let (_place, session) = answering(&[(path, text)], &json!({}));
        let offered = actions(&session, &target(&session, path, marked), &[]).iter().any(|offer| offer.kind == TEST);
        assert_eq!(offered, wanted, "{path}: {marked}");
    }
    let added = "def test_total():\n    assert total([1]) == 1\n    assert total([]) == 0";
    let marked = "def test_total():\n    assert total([1]) == 1";
    let edited = told(&[("a.py", python)], marked, "add a test for no rows", added).await.unwrap();
    assert_eq!(applied(&edited, "a.py"), python.replace(marked, added));
}

/// What only the marked function sees may go with a simpler one; what others see may not.
#[tokio::test]
async fn a_local_helper_may_be_simplified_away() {
    let python = "LIMIT = 3\n\n\ndef f(x):\n    def inner(y):\n        return y + 1\n    return inner(x) + LIMIT\n";
    let simpler = "def f(x):\n    return x + 1 + LIMIT";
    let marked = &python[python.find("def f").unwrap()..];
    assert!(
        after(&[("a.py", python)], marked, REWRITE, json!({"new_code": simpler, "reason": "x"})).await.ends_with(&format!("{simpler}\n"))
    );
    let rust = "fn f(x: u32) -> u32 {\n    const K: u32 = 3;\n    x + K\n}\n";
    assert_eq!(
        after(&[("b.rs", rust)], rust, REWRITE, json!({"new_code": "fn f(x: u32) -> u32 {\n    x + 3\n}", "reason": "x"})).await,
        "fn f(x: u32) -> u32 {\n    x + 3\n}\n"
    );
    let typescript = "export function f(x: number) {\n  const inner = (y: number) => y + 1;\n  return inner(x);\n}\n";
    let simpler = "export function f(x: number) {\n  return x + 1;\n}";
    let edited = told(&[("a.ts", typescript)], typescript, "simplify this", simpler).await.unwrap();
    assert_eq!(applied(&edited, "a.ts"), format!("{simpler}\n"));
    // A member, and what stands beside it.
    let class = "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n";
    let refused = told(&[("a.py", class)], class, "simplify this", "class A:\n    def one(self):\n        return 1").await.unwrap_err();
    assert!(refused.message.contains("the definition of `two` would be gone"), "{refused}");
}

#[tokio::test]
async fn the_fences_of_a_markdown_block_stay() {
    let text = "# T\n\n```sh\nls\n```\n\nend\n";
    for code in ["```sh\nls -a\n```", "```sh\nls -a\n```\n"] {
        let edited = told(&[("README.md", text)], "```sh\nls\n```", "list hidden files too", code).await.unwrap();
        assert_eq!(applied(&edited, "README.md"), text.replace("ls", "ls -a"));
    }
    // A fence around code of another file is the model's.
    let edited = told(&[("a.py", "x = 1\n")], "x = 1", "make it two", "```python\nx = 2\n```").await.unwrap();
    assert_eq!(applied(&edited, "a.py"), "x = 2\n");
}

#[tokio::test]
async fn a_secret_that_goes_is_told() {
    let text = "def f():\n    password = \"S3cr3tPa55wordH9x2\"\n    return connect(password)\n";
    let edited = told(&[("a.py", text)], text, "return None on error", "def f():\n    return connect(password)").await.unwrap();
    assert!(edited.confirm.iter().any(|why| why.contains("takes away what looks like a secret")), "{:?}", edited.confirm);
    let edited = told(&[("a.py", text)], "    return connect(password)", "return None", "    return None").await.unwrap();
    assert!(edited.confirm.is_empty(), "{:?}", edited.confirm);
}

/// The character is refused where it stands for half of another, and asked about where it is all that a literal holds.
#[tokio::test]
async fn a_replacement_character_that_is_meant_is_asked_about() {
    let text = "def clean(s):\n    return s\n";
    let edited = told(&[("a.py", text)], "    return s", "replace it", "    return s.replace(\"\u{fffd}\", \"?\")").await.unwrap();
    assert!(edited.confirm.iter().any(|why| why.contains("U+FFFD")), "{:?}", edited.confirm);
    let refused = told(&[("a.py", text)], "    return s", "say it", "    return s + \"caf\u{fffd}\"").await.unwrap_err();
    assert!(refused.message.contains("U+FFFD"), "{refused}");
}

#[tokio::test]
async fn a_byte_order_mark_stays_where_it_is() {
    let text = "\u{feff}import os\nx = 1\n";
    let edited = told(&[("a.py", text)], "import os", "use sys", "import sys").await.unwrap();
    assert_eq!(applied(&edited, "a.py"), text.replace("os", "sys"));
}

/// A value that is evaluated elsewhere than before its statement, more than once or perhaps not at all, gets no name there.
#[tokio::test]
async fn a_value_stays_where_it_means_something() {
    let python = "def f(rows, p):\n    out = [r.a + 1 for r in rows]\n    g = lambda x: x + 1\n    while len(out) + 1 < 3:\n        out.append(1)\n    if rows:\n        pass\n    elif len(rows) + 2 > 3:\n        pass\n    if rows and rows[0] + 4:\n        pass\n    with open(p) as f, read(f.name + p) as h:\n        pass\n    total = len(rows) * 2 + 5\n    return total if rows else len(p) + 6\n";
    let typescript = "export function f(rows: R[], i: number, q: number[]) {\n  const out = rows.map(r => r.a + 1);\n  while (i < q.length + 1) {\n    i += 1;\n  }\n  if (out && out.length + 2 > 3) return q[0] + 7;\n  for (const z of q) console.log(z + 4);\n  for (let k = 0; k < q.length + 5; k++) {\n    i += k;\n  }\n  const a = i * 2, b = a + 6;\n  switch (i) {\n    case 1:\n      g(i + 8);\n  }\n  return out.length + 9;\n}\nclass A {\n  x = Math.max(1, 2) + 3;\n}\n";
    let rust = "fn f(rows: Vec<u32>, n: u32) -> u32 {\n    let out: Vec<u32> = rows.iter().map(|r| r + 1).collect();\n    while n + 2 < 3 {}\n    if n > 1 || rows[0] + 3 > 1 {\n        return match n {\n            1 => n + 4,\n            _ => 0,\n        };\n    } else if n + 5 > 3 {\n    }\n    let last = out.len() as u32 + 6;\n    last\n}\n";
    let go = "package m\n\nfunc f(n int, q []int) int {\n\tfor i := 0; i < n+1; i++ {\n\t}\n\tfor n+2 < 5 {\n\t}\n\tif n > 0 && q[0]+3 > 1 {\n\t} else if n+4 > 2 {\n\t}\n\tswitch n {\n\tcase 1:\n\t\tg(n + 5)\n\t}\n\tm := n*2 + 6\n\treturn m\n}\n";
    let java = "class A {\n    int x = Math.max(1, 2) + 3;\n\n    int f(int n, int[] q) {\n        while (n + 1 < 3) {\n        }\n        if (n > 0 && q[0] + 2 > 1) return n + 4;\n        Runnable r = () -> g(n + 5);\n        int m = n * 2 + 6;\n        return m > 1 ? n + 7 : 0;\n    }\n}\n";
    let cpp = "int f(int n, const int *q) {\n    while (n + 1 < 3) {\n    }\n    if (n > 0 && q[0] + 2 > 1) return n + 4;\n    for (int i = 0; i < n + 5; i++) g(i);\n    int m = n * 2 + 6;\n    return m > 1 ? n + 7 : 0;\n}\n";
    for (path, text, refused, allowed) in [
        (
            "a.py",
            python,
            vec!["r.a + 1", "x + 1", "len(out) + 1", "len(rows) + 2", "rows[0] + 4", "f.name + p", "len(p) + 6"],
            "len(rows) * 2",
        ),
        (
            "a.ts",
            typescript,
            vec!["r.a + 1", "q.length + 1", "out.length + 2", "q[0] + 7", "z + 4", "q.length + 5", "a + 6", "i + 8", "Math.max(1, 2)"],
            "out.length + 9",
        ),
        ("a.rs", rust, vec!["r + 1", "n + 2", "rows[0] + 3", "n + 4", "n + 5"], "out.len() as u32"),
        ("a.go", go, vec!["n+1", "n+2", "q[0]+3", "n+4", "n + 5"], "n*2"),
        ("A.java", java, vec!["Math.max(1, 2)", "n + 1", "q[0] + 2", "n + 4", "n + 5", "n + 7"], "n * 2"),
        ("a.cpp", cpp, vec!["n + 1", "q[0] + 2", "n + 4", "n + 5", "n + 7"], "n * 2"),
    ] {
        let (_place, session) = answering(&[(path, text)], &json!({"name": "nice", "reason": "x"}));
        let offered = |marked: &str| actions(&session, &target(&session, path, marked), &[]).iter().any(|offer| offer.kind == VARIABLE);
        for marked in refused {
            assert!(!offered(marked), "{path}: {marked}");
        }
        assert!(offered(allowed), "{path}: {allowed}");
        // It stands before the statement that it is in, in the line of that.
        let changed = after(&[(path, text)], allowed, VARIABLE, json!({"name": "nice", "reason": "x"})).await;
        let line = changed.lines().position(|line| line.contains("nice") && line.contains(allowed)).expect("the value is bound");
        assert!(changed.lines().nth(line + 1).is_some_and(|next| next.contains("nice")), "{path}: {changed}");
    }
}

/// The block form asks for the whole function: what is left of it is its body, whatever stands before its name.
#[tokio::test]
async fn a_function_that_is_given_whole_is_not_put_inside_of_itself() {
    let implement = |path: &'static str, text: &'static str, marked: &'static str, code: &'static str| async move {
        after(&[(path, text)], marked, IMPLEMENT, json!({"body": code, "reason": "x"})).await
    };
    let text = "export function add(a: number, b: number): number {\n}\n";
    let whole = "export function add(a: number, b: number): number {\n  return a + b;\n}";
    let wanted = "export function add(a: number, b: number): number {\n    return a + b;\n}\n";
    assert_eq!(implement("a.ts", text, "function add", whole).await, wanted);
    assert_eq!(implement("a.ts", text, "function add", "return a + b;").await, wanted);
    assert_eq!(implement("a.ts", text, "function add", "{\n    return a + b;\n}").await, wanted);
    let text = "import functools\n\n\n@functools.cache\ndef add(a, b):\n    pass\n";
    let wanted = text.replace("pass", "return a + b");
    for code in
        ["@functools.cache\ndef add(a, b):\n    return a + b", "def add(a, b):\n    return a + b", "return a + b", "    return a + b"]
    {
        assert_eq!(implement("a.py", text, "def add", code).await, wanted, "{code}");
    }
    let text = "class A:\n    @property\n    def size(self) -> int:\n        \"\"\"How many.\"\"\"\n        raise NotImplementedError\n";
    let wanted = text.replace("raise NotImplementedError", "return 1");
    let documented = "@property\ndef size(self) -> int:\n    \"\"\"How many there are.\"\"\"\n    return 1";
    for code in [documented, "def size(self) -> int:\n    return 1", "return 1"] {
        assert_eq!(implement("a.py", text, "def size", code).await, wanted, "{code}");
    }
    // A brace in the parameters is not the body's, and braces that do not match each other are not around it.
    let text = "class A {\n  async run({ id }, opts = {}) {\n  }\n}\n";
    let wanted = "class A {\n  async run({ id }, opts = {}) {\n    return id;\n  }\n}\n";
    assert_eq!(implement("a.js", text, "async run", "async run({ id }, opts = {}) {\n  return id;\n}").await, wanted);
    let blocks = implement("a.js", text, "async run", "{ const a = id; }\nif (opts) { return id; }").await;
    assert_eq!(blocks, wanted.replace("    return id;", "    { const a = id; }\n    if (opts) { return id; }"));
    let text = "impl S {\n    pub fn add(&self, a: u32) -> u32 {\n        todo!()\n    }\n}\n";
    let wanted = text.replace("todo!()", "a + 1");
    for code in ["pub fn add(&self, a: u32) -> u32 {\n    a + 1\n}", "/// Adds.\nfn add(&self, a: u32) -> u32 {\n    a + 1\n}", "a + 1"] {
        assert_eq!(implement("a.rs", text, "pub fn add", code).await, wanted, "{code}");
    }
}

const RUST_TEST: &str = "#[test]\nfn is_one() {\n    assert_eq!(one(), 1);\n}";

/// A line that looks like the end of the module may stand in a string, and a module may be of any name and visibility.
#[tokio::test]
async fn a_rust_test_goes_into_the_module_that_is_there() {
    let code = json!({"test_code": RUST_TEST, "reason": "x"});
    let item = "pub fn one() -> u32 {\n    1\n}\n";
    let test = "    #[test]\n    fn is_one() {\n        assert_eq!(one(), 1);\n    }\n";
    let module = "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn json() {\n        let text = r#\"\n{\n}\n\"#;\n        assert_eq!(one(), 1, \"{text}\");\n    }\n}\n";
    let text = format!("{item}{module}");
    let wanted = format!("{}\n{test}}}\n", text.strip_suffix("}\n").unwrap());
    assert_eq!(after(&[("src/b.rs", &text)], "pub fn one", TEST, code.clone()).await, wanted);
    for head in ["pub(crate) mod tests {\n    use super::*;\n", "mod one_tests {\n    use super::*;\n"] {
        let text = format!("{item}\n#[cfg(test)]\n{head}}}\n");
        assert_eq!(
            after(&[("src/c.rs", &text)], "pub fn one", TEST, code.clone()).await,
            text.replace(&format!("{head}}}"), &format!("{head}\n{test}}}"))
        );
    }
    let text = format!("{item}\n#[cfg(test)]\nmod tests {{}}\n");
    let wanted = format!("{item}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{test}}}\n");
    assert_eq!(after(&[("src/d.rs", &text)], "pub fn one", TEST, code.clone()).await, wanted);
    // A module that was given whole, with an import that is there.
    let whole = json!({"test_code": format!("#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{test}}}"), "reason": "x"});
    let text = format!("{item}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n}}\n");
    let wanted = format!("{item}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n{test}}}\n");
    assert_eq!(after(&[("src/e.rs", &text)], "pub fn one", TEST, whole.clone()).await, wanted);
    assert_eq!(after(&[("src/f.rs", item)], "pub fn one", TEST, whole).await, wanted);
}

#[tokio::test]
async fn a_rust_test_goes_into_the_file_of_a_module_that_is_declared() {
    let text = "pub fn one() -> u32 {\n    1\n}\n\n#[cfg(test)]\nmod tests;\n";
    let code = json!({"test_code": RUST_TEST, "reason": "x"});
    let new = format!("use super::*;\n\n{RUST_TEST}\n");
    for (path, tests) in [("src/a.rs", "src/a/tests.rs"), ("src/lib.rs", "src/tests.rs")] {
        let edited = action(&[(path, text)], "pub fn one", TEST, code.clone()).await.unwrap();
        assert_eq!((edited.edits.len(), applied(&edited, tests)), (1, new.clone()), "{}", edited.diff);
    }
    let there = "use super::*;\n\n#[test]\nfn old() {}\n";
    let edited = action(&[("src/a.rs", text), ("src/a/tests.rs", there)], "pub fn one", TEST, code.clone()).await.unwrap();
    assert_eq!(applied(&edited, "src/a/tests.rs"), format!("{there}\n{RUST_TEST}\n"));
    let said = text.replace("mod tests;", "#[path = \"a_tests.rs\"]\nmod tests;");
    let edited = action(&[("src/a.rs", &said), ("src/a_tests.rs", there)], "pub fn one", TEST, code).await.unwrap();
    assert_eq!(applied(&edited, "src/a_tests.rs"), format!("{there}\n{RUST_TEST}\n"));
}

/// The path of the one file that tests of an item go into, and its text then.
pub async fn tests_in(files: &[(&str, &str)], marked: &str, code: &str) -> (String, String) {
    let edited = action(files, marked, TEST, json!({"test_code": code, "reason": "x"})).await.unwrap();
    assert_eq!(edited.edits.len(), 1, "{}", edited.diff);
    let path = edited.edits[0].path.clone();
    (path.clone(), applied(&edited, &path))
}

#[tokio::test]
async fn tests_of_one_package_stay_out_of_the_file_of_another() {
    let source = ("billing/utils.py", "def fee(a):\n    return a\n");
    let code = "def test_fee():\n    assert fee(1) == 1";
    let shop = ("shop/tests/test_utils.py", "from shop.utils import price\n\n\ndef test_price():\n    assert price()\n");
    let utils = ("shop/utils.py", "def price():\n    return 1\n");
    assert_eq!(tests_in(&[source, shop, utils], "def fee", code).await.0, "billing/test_utils.py");
    assert_eq!(tests_in(&[source, shop], "def fee", code).await.0, "billing/test_utils.py");
    // The root's tests of that name are of the other.
    let root = ("tests/test_utils.py", shop.1);
    assert_eq!(tests_in(&[source, root, utils], "def fee", code).await.0, "tests/billing/test_utils.py");
    // Its own, by what they import, by where they lie, and by being the only ones.
    let own = ("tests/unit/test_utils.py", "from billing.utils import other\n\n\ndef test_other():\n    assert other\n");
    assert_eq!(tests_in(&[source, shop, utils, own], "def fee", code).await.0, own.0);
    for path in ["tests/billing/test_utils.py", "billing/tests/test_utils.py"] {
        assert_eq!(tests_in(&[source, utils, (path, "def test_other():\n    pass\n")], "def fee", code).await.0, path);
    }
    assert_eq!(
        tests_in(&[source, ("tests/test_utils.py", "def test_other():\n    pass\n")], "def fee", code).await.0,
        "tests/test_utils.py"
    );
    let alpha = ("src/a/index.ts", "export function alpha(): number {\n  return 1;\n}\n");
    let other = ("src/b/index.test.ts", "import { beta } from './index';\n\ntest('b', () => {\n  expect(beta()).toBe(1);\n});\n");
    let code = "test('alpha', () => {\n  expect(alpha()).toBe(1);\n});";
    assert_eq!(
        tests_in(&[alpha, other, ("src/b/index.ts", "export function beta() {\n  return 1;\n}\n")], "export function alpha", code).await.0,
        "src/a/index.test.ts"
    );
    let far = ("spec/index.test.ts", "import { other } from '../src/a/index';\n\ntest('o', () => {});\n");
    assert_eq!(tests_in(&[alpha, other, far], "export function alpha", code).await.0, far.0);
}

/// Imports of new tests are taken whole and go where imports stand; Go's go into the list.
#[tokio::test]
async fn imports_of_new_tests_are_merged() {
    let go = ("m.go", "package m\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n");
    let there = "package m\n\nimport (\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) {\n}\n";
    let test = "func TestAdd(t *testing.T) {\n\tt.Fatal(strings.ToUpper(\"bad\"))\n}";
    let wanted = format!("{}\n{test}\n", there.replace("\t\"testing\"\n", "\t\"strings\"\n\t\"testing\"\n"));
    for head in ["import \"strings\"\n\n", "package m\n\nimport (\n\t\"testing\"\n\t\"strings\"\n)\n\n"] {
        assert_eq!(tests_in(&[go, ("m_test.go", there)], "func Add", &format!("{head}{test}")).await.1, wanted);
        let fresh = format!("package m\n\nimport (\n\t\"strings\"\n\t\"testing\"\n)\n\n{test}\n");
        assert_eq!(tests_in(&[go], "func Add", &format!("{head}{test}")).await.1, fresh);
    }
    // An import of several lines, in the answer and in the file; a docstring before it.
    let python = ("m.py", "def add(a, b):\n    return a + b\n");
    let there = "\"\"\"Tests of m.\"\"\"\nfrom helpers import (\n    make,\n)\n\n\ndef test_make():\n    assert make()\n";
    let code = "import pytest\nfrom m import (\n    add,\n)\nfrom helpers import make\n\n\ndef test_add():\n    assert add(1, 2) == 3";
    let wanted =
        format!("{}\n\ndef test_add():\n    assert add(1, 2) == 3\n", there.replace("\n)\n", "\n)\nfrom m import add\nimport pytest\n"));
    assert_eq!(tests_in(&[python, ("tests/test_m.py", there)], "def add", code).await.1, wanted);
    let bare = "\"\"\"Tests of m.\"\"\"\n\n\ndef test_one():\n    pass\n";
    let merged = tests_in(&[python, ("tests/test_m.py", bare)], "def add", "def test_add():\n    assert add(1, 2) == 3").await.1;
    assert!(merged.starts_with("\"\"\"Tests of m.\"\"\"\n\nfrom m import add\n\n\ndef test_one"), "{merged}");
    let typescript = ("m.ts", "export function add(a: number, b: number) {\n  return a + b;\n}\n");
    let there = "/** @jest-environment node */\n\n// The first.\ntest('one', () => {});\n";
    let code = "import {\n  add,\n  sub,\n} from './m';\nimport fs from 'fs';\n\ntest('add', () => {\n  expect(add(1, 2)).toBe(3);\n});";
    let merged = tests_in(&[typescript, ("m.test.ts", there)], "export function add", code).await.1;
    let head =
        "/** @jest-environment node */\n\nimport {\n  add,\n  sub,\n} from './m';\nimport fs from 'fs';\n\n// The first.\ntest('one'";
    assert!(merged.starts_with(head), "{merged}");
    assert_eq!(merged.matches("add,").count() + merged.matches("{ add }").count(), 1, "{merged}");
}

/// A bracket in a string is no bracket of the call, and a use that is no call is told.
#[tokio::test]
async fn a_call_with_a_bracket_in_a_string_follows() {
    let text = "def log(msg):\n    print(msg)\n\n\ndef use():\n    log(\"smile :(\")\n    return 1\n";
    let place = Workspace::new(&[("a.py", text), ("b.py", "from a import log\n\n\nfor_each = map(log, [1])\n")]);
    let signature = json!({"new_code": "def log(level, msg):\n    print(level, msg)", "reason": "x"});
    let answers = [signature, json!({"calls": ["    log(1, \"smile :(\")"], "reason": "x"})];
    let model = Scripted::new(answers.map(|arguments| calls(vec![call("propose_edit", arguments)])).to_vec());
    let session = place.session(Config::default(), vec![("local".into(), model)]);
    let edited = instruct(&session, "a.py", "def log(msg):\n    print(msg)", "add a level parameter").await.unwrap();
    assert!(applied(&edited, "a.py").contains("    log(1, \"smile :(\")\n    return 1\n"), "{}", edited.diff);
    assert!(edited.confirm.iter().any(|why| why.contains("b.py:4")), "{:?}", edited.confirm);
    assert!(!edited.confirm.iter().any(|why| why.contains("b.py:1")), "an import needs nothing: {:?}", edited.confirm);
}

/// A prototype in a header follows like a call, and another function of that name does not.
#[tokio::test]
async fn a_declaration_follows_the_signature() {
    let source = "int area(int w)\n{\n    return w;\n}\n";
    let header = "#ifndef AREA_H\n#define AREA_H\nint area(int w);\n#endif\n";
    let other = "static int area(int r)\n{\n    return 3 * r;\n}\n";
    let place = Workspace::new(&[("area.c", source), ("area.h", header), ("other.c", other)]);
    let signature = json!({"new_code": "int area(int w, int h)\n{\n    return w * h;\n}", "reason": "x"});
    let answers = [signature, json!({"calls": ["int area(int w, int h);"], "reason": "x"})];
    let model = Scripted::new(answers.map(|arguments| calls(vec![call("propose_edit", arguments)])).to_vec());
    let session = place.session(Config::default(), vec![("local".into(), model)]);
    let edited = instruct(&session, "area.c", source.trim_end(), "take the height too").await.unwrap();
    assert_eq!(applied(&edited, "area.h"), header.replace("int w", "int w, int h"));
    assert_eq!((edited.edits.len(), edited.confirm.len()), (2, 0), "{} {:?}", edited.diff, edited.confirm);
}

/// Which languages there are is data: their names stood in a pattern, which lacked half of them.
#[test]
fn an_instruction_may_say_the_language_of_the_tests() {
    for language in longsight::syntax::Registry::new().languages() {
        let words = format!("Please write two short {} tests for this", language.name);
        assert_eq!(wording::intent(&words), Some(wording::Intent::Tests), "{words}");
    }
    assert_eq!(wording::intent("add a test parameter"), None);
}
