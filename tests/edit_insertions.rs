//! What is put into a file: bodies, comments, strings of several lines, tests and the files that these go into. A model with a small window,
//! scripted.

use std::sync::Arc;

use longsight::config::Config;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Cancel, Engine, EngineError, Event, Finish, Finished};
use longsight::features::actions::{DOCUMENT, IMPLEMENT, REWRITE, TEST};
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{Session, Shared, Target, silent};
use longsight::route::Router;
use longsight::syntax::Registry;
use longsight::text::Text;
use longsight::workspace::{Document, Sync};
use serde_json::{Value, json};

use crate::edit_forms::tests_in;
use crate::support::workspace::{Workspace, applied, call, calls, target};

/// What a scripted model that answers so makes of a marked place in the first file.
async fn action(files: &[(&str, &str)], marked: &str, kind: &str, arguments: Value) -> Result<Edited, EngineError> {
    let place = Workspace::new(files);
    let model = Scripted::new(std::iter::repeat_n(calls(vec![call("propose_edit", arguments)]), 4).collect::<Vec<_>>());
    let session = place.session(Config::default(), vec![("local".into(), model)]);
    let params = Params { at: target(&session, files[0].0, marked), how: How::Action { kind: kind.into(), problems: vec![] } };
    edit(&session, &params, &Cancel::new(), &silent()).await
}

async fn implemented(path: &str, text: &str, marked: &str, body: &str) -> String {
    applied(&action(&[(path, text)], marked, IMPLEMENT, json!({"body": body, "reason": "x"})).await.unwrap(), path)
}

async fn documented(path: &str, text: &str, marked: &str, comment: &str) -> String {
    applied(&action(&[(path, text)], marked, DOCUMENT, json!({ "comment": comment })).await.unwrap(), path)
}

async fn rewritten(path: &str, text: &str, marked: &str, code: &str) -> String {
    applied(&action(&[(path, text)], marked, REWRITE, json!({"new_code": code, "reason": "x"})).await.unwrap(), path)
}

/// `def dots(x): ...` got its second statement below the colon's line and was no Python any more.
#[tokio::test]
async fn a_body_of_several_lines_goes_below_the_colon() {
    let stub = "def dots(x: int) -> int: ...\n";
    assert_eq!(implemented("a.py", stub, "def dots", "y = x\nreturn y").await, "def dots(x: int) -> int:\n    y = x\n    return y\n");
    assert_eq!(implemented("a.py", stub, "def dots", "return x").await, "def dots(x: int) -> int:\n    return x\n");
    let text = "class A:\n  def f(\n    self,\n  ): pass\n";
    assert_eq!(implemented("a.py", text, "def f", "x = 1\nreturn x").await, text.replace(" pass", "\n    x = 1\n    return x"));
    let text = "def f(): \"\"\"Doc.\"\"\"\n";
    assert_eq!(implemented("a.py", text, "def f", "return 1").await, "def f():\n    \"\"\"Doc.\"\"\"\n    return 1\n");
    assert_eq!(implemented("a.rs", "fn f() {}\n", "fn f", "let x = 1;\ndrop(x);").await, "fn f() {\n    let x = 1;\n    drop(x);\n}\n");
    let text = "class A {\n\tput(): void { throw new Error('not implemented'); }\n}\n";
    assert_eq!(implemented("a.ts", text, "put()", "a();\nb();").await, "class A {\n\tput(): void {\n\t\ta();\n\t\tb();\n\t}\n}\n");
}

#[tokio::test]
async fn lines_inside_of_a_string_keep_their_bytes() {
    let text = "class A {\n\tput(): void {\n\t}\n}\n";
    let wanted = "class A {\n\tput(): void {\n\t\tconst s = `a\n  b\nc`;\n\t\tuse(s);\n\t}\n}\n";
    assert_eq!(implemented("a.ts", text, "put()", "const s = `a\n  b\nc`;\nuse(s);").await, wanted);
    assert_eq!(implemented("a.ts", text, "put()", "put(): void {\n\tconst s = `a\n  b\nc`;\n\tuse(s);\n}").await, wanted);
    let text = "class A:\n    def q(self):\n        pass\n";
    let wanted = "class A:\n    def q(self):\n        s = \"\"\"a\n  b\nc\"\"\"\n        return s\n";
    for body in [
        "s = \"\"\"a\n  b\nc\"\"\"\nreturn s",
        "        s = \"\"\"a\n  b\nc\"\"\"\n        return s",
        "def q(self):\n    s = \"\"\"a\n  b\nc\"\"\"\n    return s",
    ] {
        assert_eq!(implemented("a.py", text, "def q", body).await, wanted, "{body}");
    }
    let text = "impl S {\n    fn q(&self) -> &str {\n        todo!()\n    }\n}\n";
    assert_eq!(implemented("a.rs", text, "fn q", "r#\"\n{\n}\n\"#").await, text.replace("todo!()", "r#\"\n{\n}\n\"#"));
    let text = "package m\n\nfunc q() string {\n\tpanic(\"not implemented\")\n}\n";
    assert_eq!(
        implemented("a.go", text, "func q", "s := `a\n b\n`\nreturn s").await,
        text.replace("panic(\"not implemented\")", "s := `a\n b\n`\n\treturn s")
    );
    let text = "class A {\n    String q() {\n    }\n}\n";
    let wanted = text.replace("{\n    }", "{\n        return \"\"\"\n    x\n  y\"\"\";\n    }");
    assert_eq!(implemented("A.java", text, "String q", "return \"\"\"\n    x\n  y\"\"\";").await, wanted);
}

/// An answer that was moved to the margin as a whole has its strings moved too: they are as they were.
#[tokio::test]
async fn a_rewrite_leaves_the_strings_of_the_old_lines_alone() {
    let text = "class A:\n    def q(self):\n        sql = \"\"\"\nselect *\n  from x\n\"\"\"\n        return sql\n";
    let marked = &text[text.find("    def q").unwrap()..];
    let code = marked.replace("return sql", "return sql.strip()");
    let wanted = text.replace("return sql", "return sql.strip()");
    assert_eq!(rewritten("m.py", text, marked, &code).await, wanted);
    let dedented = "def q(self):\n    sql = \"\"\"\nselect *\n  from x\n\"\"\"\n    return sql.strip()";
    assert_eq!(rewritten("m.py", text, marked, dedented).await, wanted);
    let text = "class A:\n    def q(self):\n        \"\"\"Says it.\n\n        More.\n        \"\"\"\n        sql = \"\"\"\n            select *\n        \"\"\"\n        return sql\n";
    let marked = &text[text.find("    def q").unwrap()..];
    let dedented =
        "def q(self):\n    \"\"\"Says it.\n\n    More.\n    \"\"\"\n    sql = \"\"\"\n        select *\n    \"\"\"\n    return sql.strip()";
    assert_eq!(rewritten("m.py", text, marked, dedented).await, text.replace("return sql", "return sql.strip()"));
}

#[tokio::test]
async fn documentation_stays_as_it_is_laid_out() {
    let google = "Send data to the peer.\n\nArgs:\n    data: the bytes.\n        More of it.\n    retry: how often.\n\nReturns:\n    The peer.\n\nExample:\n    >>> if x:\n    ...     send(x)";
    let inner = google.replace('\n', "\n        ").replace("        \n", "\n");
    let text = "class C:\n    def send(self, data):\n        return data\n";
    let wanted = text.replace("        return", &format!("        \"\"\"{inner}\n        \"\"\"\n        return"));
    assert_eq!(documented("a.py", text, "def send", google).await, wanted);
    // Given as it stands in the file.
    assert_eq!(documented("a.py", text, "def send", &format!("\"\"\"{inner}\n        \"\"\"")).await, wanted);
    let markdown = "Adds two numbers.\n\n* first\n* second\n  - nested\n\n# Examples\n```\nlet x = vec![\n    1,\n];\n// a comment\nassert_eq!(add(1, 2), 3);\n```";
    let signed = markdown.lines().map(|line| format!("/// {line}").trim_end().to_string() + "\n").collect::<String>();
    let text = "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n";
    assert_eq!(documented("a.rs", text, "pub fn add", markdown).await, format!("{signed}{text}"));
    assert_eq!(documented("a.rs", text, "pub fn add", &signed).await, format!("{signed}{text}"));
    let text = "package m\n\nfunc Get() int {\n\treturn 1\n}\n";
    let wanted = "package m\n\n// Get gets.\n//\n//   - one\n//\n// Example:\n//\n//\tp.Get(\"x\")\n//\t\tnested()\nfunc Get";
    let comment = "Get gets.\n\n  - one\n\nExample:\n\n\tp.Get(\"x\")\n\t\tnested()";
    assert!(documented("a.go", text, "func Get", comment).await.starts_with(wanted));
    let text = "class A {\n    int get(String key) {\n        return 1;\n    }\n}\n";
    let comment = "Gets it from C:\\users.\n\n<pre>{@code\n  int x = get(\"a\");\n    y();\n}</pre>\n@param key the key";
    let wanted = "    /**\n     * Gets it from C:&#92;users.\n     *\n     * <pre>{@code\n     *   int x = get(\"a\");\n     *     y();\n     * }</pre>\n     * @param key the key\n     */\n    int get";
    assert!(documented("A.java", text, "int get", comment).await.contains(wanted));
    assert!(documented("A.java", text, "int get", wanted.trim_end_matches("\n    int get").trim_start()).await.contains(wanted));
}

#[tokio::test]
async fn a_wide_paragraph_is_wrapped_and_code_is_not() {
    let long = "word ".repeat(40);
    let comment = format!("{long}\n\n- {long}\n\n```\n{long}\n```");
    let text = documented("a.rs", "fn f() {}\n", "fn f", &comment).await;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().filter(|line| line.chars().count() > 100).eq([&format!("/// {}", long.trim_end()).as_str()]), "{text}");
    let bullet = lines.iter().position(|line| line.starts_with("/// - word")).unwrap();
    assert!(lines[bullet + 1].starts_with("///   word"), "{text}");
}

#[tokio::test]
async fn a_docstring_with_backslashes_is_raw() {
    let raw = "def f(x):\n    r\"\"\"Old \\d doc.\"\"\"\n    return x\n";
    assert_eq!(documented("a.py", raw, "def f", "Takes \\d+.").await, raw.replace("Old \\d doc.", "Takes \\d+."));
    assert_eq!(documented("a.py", raw, "def f", "Plain.").await, raw.replace("Old \\d doc.", "Plain."));
    let bare = "def f(x):\n    return x\n";
    let with = |doc: &str| bare.replace("    return", &format!("    {doc}\n    return"));
    assert_eq!(documented("a.py", bare, "def f", "Takes \\d+ and C:\\new.").await, with("r\"\"\"Takes \\d+ and C:\\new.\"\"\""));
    assert_eq!(documented("a.py", bare, "def f", "\"\"\"Takes \\\\d+.\"\"\"").await, with("\"\"\"Takes \\\\d+.\"\"\""));
    assert_eq!(documented("a.py", bare, "def f", "r\"\"\"Takes \\d+.\"\"\"").await, with("r\"\"\"Takes \\d+.\"\"\""));
    assert_eq!(documented("a.py", bare, "def f", "Ends with \\").await, with("r\"\"\"Ends with \\ \"\"\""));
}

#[tokio::test]
async fn documentation_stands_above_attributes() {
    let text = "#[derive(Debug)]\n#[repr(C)]\npub struct P {\n    pub x: i32,\n}\n";
    assert_eq!(documented("a.rs", text, "pub struct P", "A point.").await, format!("/// A point.\n{text}"));
    let text = "template <typename T>\nT twice(T x) {\n    return x + x;\n}\n";
    assert_eq!(documented("a.cpp", text, "T twice", "Doubles.").await, format!("/**\n * Doubles.\n */\n{text}"));
    let text = "@Component({})\nexport class Pool {\n  x = 1;\n}\n";
    assert_eq!(documented("a.ts", text, "export class", "A pool.").await, format!("/**\n * A pool.\n */\n{text}"));
    let refused = action(&[("a.rs", "impl A { fn f() { g() } }\n")], "fn f", DOCUMENT, json!({"comment": "Calls."})).await.unwrap_err();
    assert!(refused.message.contains("does not begin its line"), "{refused}");
}

const POOL: &str = "package x;\n\npublic class Pool {\n    public int get(String key) {\n        return 1;\n    }\n}\n";

/// They were put behind the class, in the production file.
#[tokio::test]
async fn java_tests_go_into_a_class_below_src_test() {
    let source = ("core/src/main/java/x/Pool.java", POOL);
    let test = "@Test\npublic void gets() {\n    assertEquals(1, new Pool().get(\"a\"));\n}";
    let (path, text) = tests_in(&[source], "public int get", test).await;
    assert_eq!(path, "core/src/test/java/x/PoolTest.java");
    let wanted = "package x;\n\nimport org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.assertEquals;\n\npublic class PoolTest {\n    @Test\n    public void gets() {\n        assertEquals(1, new Pool().get(\"a\"));\n    }\n}\n";
    assert_eq!(text, wanted);
    // As a whole file with a class of another name.
    let whole = "package x;\nimport org.junit.Test;\nimport static org.junit.Assert.*;\n\npublic class TestOfPool {\n    @Test\n    public void gets() {\n        assertEquals(1, new Pool().get(\"a\"));\n    }\n}";
    let text = tests_in(&[source], "public int get", whole).await.1;
    assert!(
        text.starts_with("package x;\n\nimport org.junit.Test;\nimport static org.junit.Assert.*;\n\npublic class PoolTest {\n    @Test\n"),
        "{text}"
    );
    assert_eq!(text.matches("package").count(), 1);
    // Into the class that is there, with the imports that others have.
    let there =
        "package x;\n\nimport org.junit.Test;\n\n/** Tests. */\npublic final class PoolTest {\n  @Test\n  public void old() {\n  }\n}\n";
    let files = [source, ("core/src/test/java/x/PoolTest.java", there)];
    for given in [test, whole] {
        let (path, text) = tests_in(&files, "public int get", given).await;
        assert_eq!(path, files[1].0);
        assert!(
            text.ends_with(
                "  public void old() {\n  }\n\n  @Test\n  public void gets() {\n    assertEquals(1, new Pool().get(\"a\"));\n  }\n}\n"
            ),
            "{text}"
        );
        assert!(text.contains("import static org.junit.Assert."), "{text}");
        assert_eq!(text.matches("import org.junit.Test;").count(), 1, "{text}");
    }
    let twice = action(&files, "public int get", TEST, json!({"test_code": test.replace("gets", "old"), "reason": "x"})).await.unwrap_err();
    assert!(twice.message.contains("`old` is in the test file already"), "{twice}");
    // The runner is that of other tests, and lies where no source tree is told by the tool.
    let other = (
        "test/x/y/OtherTest.java",
        "package x.y;\n\nimport static com.google.common.truth.Truth.assertThat;\n\nimport org.junit.Test;\n\npublic class OtherTest {\n  @Test\n  public void a() {}\n}\n",
    );
    let (path, text) = tests_in(
        &[("src/x/Pool.java", POOL), other],
        "public int get",
        "@Test\npublic void gets() {\n  assertThat(new Pool().get(\"a\")).isEqualTo(1);\n}",
    )
    .await;
    assert_eq!(path, "test/x/PoolTest.java");
    assert!(
        text.contains("import static com.google.common.truth.Truth.assertThat;\n") && text.contains("import org.junit.Test;\n"),
        "{text}"
    );
}

#[tokio::test]
async fn a_new_script_test_is_written_as_the_others_are() {
    let source = (
        "source/utils/merge.ts",
        "import {isObject} from './is.js';\n\nexport const merge = (a: object, b: object) => {\n\treturn {...a, ...b};\n};\n",
    );
    let other =
        ("test/hooks.ts", "import test from 'ava';\nimport ky from '../source/index.js';\n\ntest('hooks', t => {\n\tt.pass();\n});\n");
    let helper = ("test/helpers/wait.ts", "export const wait = () => {};\n");
    let test = "test('merge', t => {\n\tt.deepEqual(merge({}, {}), {});\n});";
    let (path, text) = tests_in(&[source, other, helper], "export const merge", test).await;
    assert_eq!(
        (path.as_str(), text),
        ("test/merge.ts", format!("import {{merge}} from '../source/utils/merge.js';\nimport test from 'ava';\n\n{test}\n"))
    );
    // Its own, called like itself.
    let own = (
        "test/merge.ts",
        "import test from 'ava';\nimport {merge} from '../source/utils/merge.js';\n\ntest('one', t => {\n\tt.pass();\n});\n",
    );
    assert_eq!(tests_in(&[source, other, own], "export const merge", test).await, ("test/merge.ts".into(), format!("{}\n{test}\n", own.1)));
    // Beside the source, with the names that are used alone.
    let source = ("src/a/size.ts", "export default function size(a: string[]) {\n  return a.length;\n}\n");
    let other = (
        "src/b/join.spec.ts",
        "import { afterEach, describe, expect, it } from \"vitest\"\nimport { join } from \"./join\"\n\ndescribe(\"join\", () => {})\n",
    );
    let (path, text) = tests_in(&[source, other], "function size", "it(\"size\", () => {\n  expect(size([])).toBe(0)\n})").await;
    assert_eq!(path, "src/a/size.spec.ts");
    assert!(text.starts_with("import size from \"./size\"\nimport { expect, it } from \"vitest\"\n\nit("), "{text}");
    // What a package says that it uses.
    let package = ("package.json", "{\"type\": \"module\", \"devDependencies\": {\"vitest\": \"1\"}}");
    let (path, text) = tests_in(
        &[("lib/a.js", "export function size(a) {\n  return a.length;\n}\n"), package],
        "function size",
        "test('size', () => {\n  expect(size([])).toBe(0);\n});",
    )
    .await;
    assert_eq!(path, "lib/a.test.js");
    assert!(text.starts_with("import { size } from './a.js';\nimport { expect, test } from 'vitest';\n\ntest("), "{text}");
    let source = ("a.js", "function size(a) {\n  return a.length;\n}\nmodule.exports = { size };\n");
    let text = tests_in(&[source], "function size", "test('size', () => {\n  expect(size([])).toBe(0);\n});").await.1;
    assert!(text.starts_with("const { size } = require('./a');\n\ntest("), "{text}");
}

#[tokio::test]
async fn c_tests_stay_out_of_the_source() {
    let (source, header) =
        (("lib/ring.c", "#include \"ring.h\"\n\nint size(void)\n{\n    return 1;\n}\n"), ("lib/ring.h", "int size(void);\n"));
    let test = "void test_size(void)\n{\n    assert(size() == 1);\n}";
    let (path, text) = tests_in(&[source, header], "int size", &format!("#include <assert.h>\n\n{test}")).await;
    assert_eq!((path.as_str(), text), ("lib/test_ring.c", format!("#include \"ring.h\"\n#include <assert.h>\n\n{test}\n")));
    let other = ("tests/parse_tests.c", "#include <assert.h>\n#include \"common.h\"\n\nint main(void)\n{\n    return 0;\n}\n");
    let (path, text) = tests_in(&[source, header, other], "int size", test).await;
    assert_eq!(
        (path.as_str(), text),
        ("tests/ring_tests.c", format!("#include <assert.h>\n#include \"common.h\"\n#include \"../lib/ring.h\"\n\n{test}\n"))
    );
    // Before what runs them.
    let own = (
        "tests/test_ring.c",
        "#include \"../lib/ring.h\"\n\nstatic void test_old(void)\n{\n}\n\nint main(void)\n{\n    test_old();\n    return 0;\n}\n",
    );
    let (path, text) = tests_in(&[source, header, own], "int size", test).await;
    assert_eq!(
        (path.as_str(), text),
        (
            "tests/test_ring.c",
            own.1.replace("int main", &format!("{test}\n\nint main")).replace("    test_old();\n", "    test_old();\n    test_size();\n")
        )
    );
}

#[tokio::test]
async fn python_tests_go_where_the_tests_of_the_file_are() {
    let source = ("src/shop/cart.py", "def total(rows):\n    return sum(rows)\n");
    let own = (
        "tests/test_cart.py",
        "import unittest\n\nfrom shop.cart import total\n\n\nclass TestCart(unittest.TestCase):\n    def test_old(self):\n        self.assertEqual(total([]), 0)\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
    );
    let (path, text) = tests_in(&[source, own], "def total", "def test_total(self):\n    self.assertEqual(total([1]), 1)").await;
    assert_eq!(path, own.0);
    assert_eq!(text, own.1.replace("0)\n", "0)\n\n    def test_total(self):\n        self.assertEqual(total([1]), 1)\n"));
    let text = tests_in(&[source, own], "def total", "def test_total():\n    with pytest.raises(TypeError):\n        total(1)").await.1;
    assert!(text.contains("import pytest\n"), "{text}");
    assert!(text.contains("        total(1)\n\n\nif __name__"), "{text}");
    // The packages lie below a folder that is none.
    let deep = ("python/shop/cart.py", source.1);
    let init = ("python/shop/__init__.py", "");
    assert!(
        tests_in(&[deep, init], "def total", "def test_total():\n    assert total([1]) == 1")
            .await
            .1
            .starts_with("from shop.cart import total\n")
    );
}

/// What the model is told is what is so: in Go nothing is imported already, and the tests of others are shown.
#[tokio::test]
async fn the_model_is_told_where_the_tests_go() {
    let go = [
        ("m.go", "package m\n\nfunc Get() int {\n\treturn 1\n}\n"),
        ("n_test.go", "package m\n\nimport \"testing\"\n\nfunc TestOther(t *testing.T) {\n\tt.Log(1)\n}\n"),
    ];
    let place = Workspace::new(&go);
    let code = "func TestGet(t *testing.T) {\n\tif Get() != 1 {\n\t\tt.Fatal(1)\n\t}\n}";
    let model = Scripted::new([calls(vec![call("propose_edit", json!({"test_code": code, "reason": "x"}))])]);
    let session = place.session(Config::default(), vec![("local".into(), model.clone())]);
    let params = Params { at: target(&session, "m.go", "func Get"), how: How::Action { kind: TEST.into(), problems: vec![] } };
    let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
    let asked = format!("{:?}", model.asked());
    assert!(asked.contains("They go into the new file m_test.go.") && asked.contains("func TestOther"), "{asked}");
    assert!(!asked.contains("imported already"), "{asked}");
    assert!(edited.sent.iter().any(|place| place.starts_with("n_test.go:")), "{:?}", edited.sent);
}

/// A model that writes the file itself was told that what is tested is imported there already, in a file that was not there.
#[tokio::test]
async fn a_model_with_tools_is_told_how_a_new_test_file_begins() {
    let place = Workspace::new(&[
        ("package.json", "{ \"devDependencies\": { \"ava\": \"^6\" } }\n"),
        ("source/bound.ts", "export function lowerBound(all: number[], one: number): number {\n\treturn all.indexOf(one);\n}\n"),
    ]);
    let (session, coder) = place.with_coder(vec![calls(vec![call("finish", json!({ "summary": "Nothing." }))])]);
    let params = Params { at: target(&session, "source/bound.ts", "lowerBound"), how: How::Action { kind: TEST.into(), problems: vec![] } };
    edit(&session, &params, &Cancel::new(), &silent()).await.unwrap_err();
    let asked = format!("{:?}", coder.asked());
    assert!(!asked.contains("imported already") && asked.contains("Begin it with this:"), "{asked}");
    assert!(asked.contains("import { lowerBound } from"), "{asked}");
}

/// An editor that cannot create files was told so after the model had worked.
#[tokio::test]
async fn an_editor_that_cannot_create_files_is_told_before_the_model_is_asked() {
    let place = Workspace::new(&[("a.py", "def total(rows):\n    return sum(rows)\n")]);
    let model = Scripted::new(Vec::<Vec<Step>>::new());
    let (config, snapshot) = (Arc::new(Config::default()), place.session(Config::default(), vec![]).snapshot);
    let router = Router::with_engines(&config, vec![("local".into(), model.clone() as Arc<dyn Engine>)]);
    let shared = Shared::new(config, Arc::new(router), Arc::new(Registry::new()), &snapshot).creating_files(false);
    let session = Session { shared: Arc::new(shared), ..place.session(Config::default(), vec![]) };
    let params = Params { at: target(&session, "a.py", "def total"), how: How::Action { kind: TEST.into(), problems: vec![] } };
    let refused = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap_err();
    assert!(refused.message.contains("the new file test_a.py, and this editor cannot create files"), "{refused}");
    assert!(model.asked().is_empty());
}

/// What lies in no folder of the workspace has no test file: nothing is put behind the source.
#[tokio::test]
async fn a_document_outside_of_the_workspace_gets_no_tests_at_its_end() {
    let place = Workspace::new(&[("README.md", "# R\n")]);
    let session = place.session(Config::default(), vec![("local".into(), Scripted::new(Vec::<Vec<Step>>::new()))]);
    let text = "public class Pool {\n    int get() {\n        return 1;\n    }\n}\n";
    let (uri, path, version) = ("untitled:Untitled-1".to_string(), None, 1);
    let (targets, language, text) = (vec![], "java".to_string(), Text::new(text));
    let document = Document { uri, path, targets, language, version, text, sync: Sync::InStep };
    let at = Target { document: Arc::new(document), bytes: 24..31 };
    let params = Params { at, how: How::Action { kind: TEST.into(), problems: vec![] } };
    let refused = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap_err();
    assert!(refused.message.contains("no folder of the workspace"), "{refused}");
}

/// Tree-sitter takes a deeper line for a statement of the block before it; Python does not.
#[tokio::test]
async fn a_statement_that_loses_its_head_is_refused() {
    let text = "def f(s):\n    if isinstance(s, str):\n        return 1\n    return 2\n";
    let refused =
        action(&[("a.py", text)], "    if isinstance(s, str):", REWRITE, json!({"new_code": "str", "reason": "x"})).await.unwrap_err();
    assert!(refused.message.contains("at another depth than its block"), "{refused}");
    let kept = rewritten("a.py", text, "    if isinstance(s, str):", "    if s:").await;
    assert_eq!(kept, text.replace("isinstance(s, str)", "s"));
}

/// An assertion alone was put among the tests of a module, where nothing is one.
#[tokio::test]
async fn statements_alone_are_no_test() {
    for (path, text, statement) in [
        ("src/a.rs", "pub fn one() -> u32 {\n    1\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n", "assert_eq!(one(), 1);"),
        ("a.py", "def one():\n    return 1\n", "assert one() == 1"),
    ] {
        let code = json!({"test_code": statement, "reason": "x"});
        let refused = action(&[(path, text)], "one()", TEST, code).await.unwrap_err();
        assert!(refused.message.contains("holds no test function"), "{path}: {refused}");
    }
}

/// A model behind a server wrote a whole call and then blank lines to the limit: it "came to no end", and was not asked again.
#[tokio::test]
async fn blank_lines_behind_a_whole_call_are_no_missed_end() {
    let text = "def one():\n    return 2\n";
    let answer = |code: &str| {
        let mut steps = calls(vec![call("propose_edit", json!({"new_code": code, "reason": "x"}))]);
        *steps.last_mut().unwrap() = Step::Event(Event::Done(Finished { reason: Finish::Length, ..Finished::default() }));
        steps
    };
    let place = Workspace::new(&[("a.py", text)]);
    let model = Scripted::new([answer("    return 2"), answer("    return 1")]);
    let session = place.session(Config::default(), vec![("local".into(), model)]);
    let params = Params { at: target(&session, "a.py", "    return 2"), how: How::Instruction("return one".into()) };
    let edited = edit(&session, &params, &Cancel::new(), &silent()).await.unwrap();
    assert_eq!(applied(&edited, "a.py"), text.replace("return 2", "return 1"));
}
