//! How far a rename goes: the languages, the files and the scopes in which a name means the definition; and what cannot be renamed, because
//! nothing in the workspace says what it is.

use longsight::config::Config;
use longsight::engine::EngineError;
use longsight::features::actions::{RENAME, actions};
use longsight::features::edit::task::wording;
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::silent;

use crate::support::workspace::{Workspace, applied, target};

/// The rename of the name that `$0` stands before in the first file, with the cursor there and no model.
async fn renamed(files: &[(&str, &str)], new: &str) -> Result<Edited, EngineError> {
    let at = files[0].1.find("$0").unwrap();
    let name: String = files[0].1[at + 2..].chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    let texts: Vec<(&str, String)> = files.iter().map(|(path, text)| (*path, text.replace("$0", ""))).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let place = Workspace::new(&texts);
    let session = place.session(Config::default(), vec![]);
    let mut cursor = target(&session, files[0].0, "");
    cursor.bytes = at..at;
    let params = Params { at: cursor, how: How::Instruction(format!("rename `{name}` to `{new}`").into()) };
    edit(&session, &params, &longsight::engine::Cancel::new(), &silent()).await
}

/// The files that such a rename changes, as they are then.
pub async fn after(files: &[(&str, &str)], new: &str) -> Vec<(String, String)> {
    let edited = renamed(files, new).await.unwrap();
    edited.edits.iter().map(|file| (file.path.clone(), applied(&edited, &file.path))).collect()
}

pub async fn refused(files: &[(&str, &str)], new: &str) -> String {
    match renamed(files, new).await {
        Ok(edited) => panic!("{}", edited.summary),
        Err(error) => error.message,
    }
}

pub fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

/// A constant of Rust took `LIMIT` in Python, TypeScript and Go along.
#[tokio::test]
async fn a_rename_stays_in_its_language() {
    let others = [
        ("f.py", "def f(xs):\n    return LIMIT, join(xs), xs.width\n"),
        ("f.ts", "export const f = (xs: string[]) => xs.join(',') + LIMIT + join(xs);\n"),
        ("f.go", "package x\n\nfunc f() string { return join(LIMIT) }\n"),
    ];
    for (text, new) in [
        ("pub const $0LIMIT: u32 = 3;\npub fn f() -> u32 { LIMIT }\n", "MOST"),
        ("pub fn $0join() {}\npub fn f() { join() }\n", "glue"),
        ("pub struct P { pub $0width: u32 }\n", "breadth"),
    ] {
        let files: Vec<(&str, &str)> = std::iter::once(("lib.rs", text)).chain(others).collect();
        let old: String = text.split("$0").nth(1).unwrap().chars().take_while(char::is_ascii_alphanumeric).collect();
        assert_eq!(after(&files, new).await, owned(&[("lib.rs", &text.replace("$0", "").replace(&old, new))]));
    }
    // C and C++ are one family, and so are JavaScript and TypeScript.
    let files = [
        ("a.h", "int $0area(int a);\n"),
        ("a.c", "#include \"a.h\"\nint area(int a) { return a; }\n"),
        ("b.cpp", "#include \"a.h\"\nint b() { return area(1); }\n"),
    ];
    assert_eq!(after(&files, "size").await.len(), 3);
    let files = [("a.ts", "export function $0area() {}\n"), ("b.js", "import { area } from './a';\narea();\n")];
    assert_eq!(after(&files, "size").await.len(), 2);
}

#[tokio::test]
async fn a_name_in_another_language_does_not_stand_in_the_way() {
    let files = [
        ("a.py", "class Conf:\n    $0host = 'x'\n\n\nprint(Conf.host)\n"),
        ("b.rs", "pub struct Conf { pub host: String }\n"),
        ("host.go", "package host\n"),
    ];
    assert_eq!(after(&files, "server").await, owned(&[("a.py", "class Conf:\n    server = 'x'\n\n\nprint(Conf.server)\n")]));
}

/// `print` was taken for a variable of the function: it was renamed there alone, and so was `os` while its import stayed.
#[tokio::test]
async fn what_nothing_in_the_workspace_defines_keeps_its_name() {
    let rows = [
        ("e.py", "import os\n\n\ndef run(items):\n    $0print(os.sep, items)\n"),
        ("e.py", "import os\n\n\ndef run(items):\n    print($0os.sep, items)\n"),
        ("e.rs", "fn run() -> Option<String> {\n    Some($0String::new())\n}\n"),
        ("e.rs", "fn run() -> Option<u32> {\n    $0Some(1)\n}\n"),
        ("e.rs", "fn run(a: Option<u32>) -> u32 {\n    match a { $0None => 1, Some(n) => n }\n}\n"),
        ("e.ts", "export function run() {\n  $0console.log(1);\n}\n"),
        ("e.c", "void run(char *p) {\n    $0free(p);\n}\n"),
        ("e.go", "package e\n\nfunc run() int {\n\treturn $0len(\"a\")\n}\n"),
        ("E.java", "class E {\n    $0String run() { return null; }\n}\n"),
    ];
    for (path, text) in rows {
        let said = refused(&[(path, text)], "other").await;
        assert!(said.contains("nothing in the workspace defines"), "{path}: {said}");
        let plain = text.replace("$0", "");
        let place = Workspace::new(&[(path, &plain)]);
        let session = place.session(Config::default(), vec![]);
        let mut at = target(&session, path, "");
        at.bytes = text.find("$0").map(|at| at..at).unwrap();
        assert!(!actions(&session, &at, &[]).iter().any(|offer| offer.kind == RENAME), "{path}: {text}");
    }
}

/// All that a function can bind is found to be bound, so that it can be renamed.
#[tokio::test]
async fn what_a_function_binds_can_be_renamed() {
    let rows = [
        ("a.py", "def f(p):\n    match p:\n        case [$0first, *rest]:\n            return first\n"),
        ("a.py", "def f(p):\n    with open(p) as $0first:\n        return [first for _ in first]\n"),
        ("a.py", "def f(p):\n    try:\n        p()\n    except ValueError as $0first:\n        raise first\n"),
        ("a.rs", "fn f<$0first>(a: first) -> first {\n    a\n}\n"),
        ("a.rs", "fn f(a: Option<u32>) -> u32 {\n    let Some($0first) = a else { return 0 };\n    first\n}\n"),
        ("a.ts", "export function f(a: any) {\n  const { b: $0first, c: { d } } = a;\n  return first + d;\n}\n"),
        ("a.ts", "export function f<$0first>(a: first): first {\n  return a;\n}\n"),
        ("a.go", "package a\n\nfunc f(a any) int {\n\tswitch $0first := a.(type) {\n\tcase int:\n\t\treturn first\n\t}\n\treturn 0\n}\n"),
        (
            "A.java",
            "class B {\n    int f(Object a) {\n        if (a instanceof Integer $0first) { return first; }\n        return 0;\n    }\n}\n",
        ),
        ("A.java", "class B<$0first> {\n    first f(first a) { return a; }\n}\n"),
        ("a.cpp", "int f(int *a) {\n    auto [$0first, b] = g(a);\n    return first;\n}\n"),
    ];
    for (path, text) in rows {
        let wanted = text.replace("$0", "").replace("first", "other");
        assert_eq!(after(&[(path, text)], "other").await, owned(&[(path, &wanted)]));
    }
}

/// From inside of the function only the function was changed.
#[tokio::test]
async fn a_global_of_python_is_that_of_the_file() {
    let text = "counter = 0\n\n\ndef bump():\n    global counter\n    $0counter += 1\n\n\ndef outer():\n    seen = 0\n\n    def inner():\n        nonlocal seen\n        seen += 1\n        return seen\n    return inner\n";
    let plain = text.replace("$0", "");
    assert_eq!(after(&[("a.py", text)], "tally").await, owned(&[("a.py", &plain.replace("counter", "tally"))]));
    let text = plain.replacen("        seen += 1", "        $0seen += 1", 1);
    assert_eq!(after(&[("a.py", &text)], "known").await, owned(&[("a.py", &plain.replace("seen", "known"))]));
}

/// The global type of that name was renamed in a file that does not import ours.
#[tokio::test]
async fn a_file_that_does_not_take_the_name_does_not_follow() {
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let rows: [Row<'_>; 5] = [
        (
            &[
                ("types.ts", "export type $0Required<T> = T;\n"),
                ("user.ts", "import type {Required} from './types.js';\nexport type A = Required<string>;\n"),
                ("merge.ts", "export type B = Required<number>;\n"),
            ],
            &["types.ts", "user.ts"],
        ),
        (&[("a.py", "def $0open(p):\n    return p\n"), ("b.py", "from a import *\nopen(1)\n"), ("c.py", "open('x')\n")], &["a.py", "b.py"]),
        (
            &[
                ("x/a.go", "package x\n\nfunc $0Area() int { return 1 }\n"),
                ("x/b.go", "package x\n\nfunc b() int { return Area() }\n"),
                ("y/c.go", "package y\n\nfunc Run() int { return Area() }\n"),
            ],
            &["x/a.go", "x/b.go"],
        ),
        (
            &[
                ("src/main/x/Tools.java", "package x;\n\nclass $0Helper { }\n"),
                ("src/test/x/ToolsTest.java", "package x;\n\nclass ToolsTest { Helper helper; }\n"),
                ("src/main/y/Other.java", "package y;\n\nimport z.*;\n\nclass Other { }\n"),
                ("src/main/y/More.java", "package y;\n\nclass More { Helper helper; }\n"),
            ],
            &["src/main/x/Tools.java", "src/test/x/ToolsTest.java"],
        ),
        (
            &[
                ("a.h", "int $0index(int a);\n"),
                ("a.c", "#include \"a.h\"\nint index(int a) { return a; }\n"),
                ("b.c", "#include \"all.h\"\nint b(void) { return index(1); }\n"),
                ("all.h", "#include \"a.h\"\n"),
                ("c.c", "#include <strings.h>\nchar *c(char *s) { return index(s, 'a'); }\n"),
            ],
            &["a.c", "a.h", "b.c"],
        ),
    ];
    for (files, changed) in rows {
        let edited = renamed(files, "other").await.unwrap();
        let mut paths: Vec<&str> = edited.edits.iter().map(|file| file.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, changed, "{}", edited.summary);
    }
    // What is under the cursor is the other one.
    let said = refused(&[("c.py", "$0open('x')\n"), ("a.py", "def open(p):\n    return p\n")], "other").await;
    assert!(said.contains("not known to be the one that a.py:1 defines"), "{said}");
}

/// Only the one key was renamed.
#[tokio::test]
async fn a_key_is_never_renamed_alone() {
    let said = refused(&[("a.ts", "export function f() {\n  return g({ $0milliseconds: 3 });\n}\n")], "ms").await;
    assert!(said.contains("a field or a member here"), "{said}");
    let said =
        refused(&[("a.ts", "export function f(milliseconds: number) {\n  return g({ $0milliseconds: milliseconds });\n}\n")], "ms").await;
    assert!(said.contains("a field or a member here"), "{said}");
    let types = "export interface Options { $0retries: number }\n";
    let user = "import type { Options } from './types';\nconst options: Options = { retries: 3 };\nexport const use = ({ retries }: Options) => retries + options.retries;\n";
    let wanted = user
        .replacen("{ retries: 3", "{ tries: 3", 1)
        .replace("({ retries }", "({ tries: retries }")
        .replace("options.retries", "options.tries");
    let files = [("types.ts", types), ("user.ts", user)];
    let seen = after(&files, "tries").await;
    assert_eq!(seen, owned(&[("types.ts", "export interface Options { tries: number }\n"), ("user.ts", &wanted)]));
    // Of which type an object is, is not written here.
    let files = [("types.ts", types), ("user.ts", "import { send } from './types';\nsend({ retries: 3 });\n")];
    let said = refused(&files, "tries").await;
    assert!(said.contains("user.ts:2"), "{said}");
}

/// The file of a public class of Java has to be called like the class.
#[tokio::test]
async fn a_class_that_its_file_is_called_by_is_left_to_tools_that_rename_files() {
    let said = refused(&[("src/Main.java", "public class $0Main { }\n")], "Start").await;
    assert!(said.contains("src/Main.java is called"), "{said}");
}

/// "Defined at 2 places" were a class and its constructor, or a function of C and its declaration.
#[tokio::test]
async fn a_constructor_is_its_class_and_a_declaration_its_definition() {
    let text = "class $0Node {\n    Node(int a) { }\n    Node next() { return new Node(1); }\n}\n";
    let wanted = text.replace("$0", "").replace("Node", "Knot");
    assert_eq!(after(&[("Tree.java", text)], "Knot").await, owned(&[("Tree.java", &wanted)]));
    let files =
        [("a.h", "int area(int a);\nextern int sum;\n"), ("a.c", "#include \"a.h\"\nint sum;\nint area(int a) { return a + sum; }\n")];
    for (old, new) in [("area", "size"), ("sum", "total")] {
        let at = files[1].1.find(old).unwrap();
        let source = format!("{}$0{}", &files[1].1[..at], &files[1].1[at..]);
        let wanted = [("a.c", files[1].1.replace(old, new)), ("a.h", files[0].1.replace(old, new))];
        let seen = after(&[("a.c", &source), files[0]], new).await;
        assert_eq!(seen, owned(&wanted.each_ref().map(|(path, text)| (*path, text.as_str()))));
    }
}

/// `#define DEPTH_OF(n) ((n)->depth)` kept the old name, and the tag of a struct stayed where a parameter is called like it.
#[tokio::test]
async fn macros_and_tags_of_c_follow() {
    let header = "struct node { int $0depth; struct node *next; };\nint walk(struct node *node, int depth);\n#define DEPTH_OF(n) ((n)->depth)\n#define SET(depth) walk(0, depth)\n#define SAID \"depth\" /* a depth */\n";
    let source = "#include \"c.h\"\nint walk(struct node *node, int depth) { return DEPTH_OF(node) + depth + node->depth; }\n";
    let test = "#include \"c.h\"\n#define CHECK(n) \\\n    assert((n).depth == 1)\n";
    let files = [("c.h", header), ("c.c", source), ("t.h", test)];
    let plain = header.replace("$0", "");
    let wanted = [
        ("c.h", plain.replace("int depth; struct", "int level; struct").replace("->depth", "->level")),
        ("c.c", source.replace("->depth", "->level")),
        ("t.h", test.replace(".depth", ".level")),
    ];
    let mut seen = after(&files, "level").await;
    seen.sort_by_key(|(path, _)| ["c.h", "c.c", "t.h"].iter().position(|known| known == path));
    assert_eq!(seen, owned(&wanted.each_ref().map(|(path, text)| (*path, text.as_str()))));
    // The parameter of a macro is in the way.
    let said = refused(&files, "n").await;
    assert!(said.contains("is taken"), "{said}");
    let header = plain.replacen("struct node", "struct $0node", 1);
    let seen = after(&[("c.h", &header), ("c.c", source)], "knot").await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen.iter().all(|(_, text)| !text.contains("struct node") && text.contains("struct knot *node")), "{seen:?}");
    let said = refused(&[("c.h", "struct a { int $0len; };\n#define OF(p) ((p)->len ## _max)\n")], "size").await;
    assert!(said.contains("c.h:2"), "{said}");
}

/// Beside a variable `hir` the paths of the module `hir` were renamed.
#[tokio::test]
async fn a_variable_is_no_module() {
    let text =
        "use crate::hir;\n\nfn f($0hir: &hir::Hir) -> bool {\n    matches!(hir.kind(), hir::Kind::Empty) && hir::all::<u8>(hir)\n}\n";
    let wanted = text.replace("$0", "").replace("f(hir", "f(it").replace("hir.kind", "it.kind").replace("(hir)", "(it)");
    assert_eq!(after(&[("src/a.rs", text)], "it").await, owned(&[("src/a.rs", &wanted)]));
}

/// A macro that a module of tests has for itself took `assert_eq!` in all files along.
#[tokio::test]
async fn a_macro_of_an_inner_module_is_not_that_of_other_files() {
    let text =
        "mod tests {\n    macro_rules! $0assert_eq {\n        ($a:expr) => {};\n    }\n    fn t() {\n        assert_eq!(1);\n    }\n}\n";
    let wanted = text.replace("$0", "").replace("assert_eq", "same");
    let files = [("src/a.rs", text), ("src/b.rs", "use super::*;\n\nfn b() {\n    assert_eq!(1, 1);\n}\n")];
    assert_eq!(after(&files, "same").await, owned(&[("src/a.rs", &wanted)]));
}

/// A variant `Some` of the workspace took the one of the language along; and a field of a field by number kept its name.
#[tokio::test]
async fn a_variant_stands_alone_only_where_it_is_taken() {
    let a = "pub enum May {\n    $0Some(u32),\n}\n\npub fn f() -> Option<May> {\n    Some(May::Some(1))\n}\n";
    let b = "use crate::a::May::*;\n\nfn g() {\n    Some(2);\n}\n";
    let wanted = a.replace("$0", "").replacen("Some", "Any", 1).replace("May::Some", "May::Any");
    assert_eq!(
        after(&[("src/a.rs", a), ("src/b.rs", b)], "Any").await,
        owned(&[("src/a.rs", &wanted), ("src/b.rs", &b.replace("Some", "Any"))])
    );
    let text = "struct Inner {\n    $0all: bool,\n}\n\nstruct Outer(Box<Inner>);\n\nimpl Outer {\n    fn all(&self) -> bool {\n        let (a, b) = (self.0.all, 0);\n        self.0.all && a\n    }\n}\n".replace("fn all", "fn is_all");
    let wanted = text.replace("$0", "").replace("    all:", "    every:").replace("0.all", "0.every");
    assert_eq!(after(&[("src/a.rs", &text)], "every").await, owned(&[("src/a.rs", &wanted)]));
}

/// With `#include <string.h>` a variable `string` was taken for something of that file.
#[tokio::test]
async fn what_is_included_binds_no_name() {
    let text = "#include <string.h>\nstruct item { char *$0text; };\nchar *f(struct item *string) { return string->text; }\n";
    let wanted = text.replace("$0", "").replace("text", "label");
    assert_eq!(after(&[("a.c", text)], "label").await, owned(&[("a.c", &wanted)]));
}

/// Calls under another name kept the old argument.
#[tokio::test]
async fn a_parameter_is_followed_under_other_names_of_its_function() {
    let text = "def fetch(url, $0limit=3):\n    return url * limit\n";
    let user = "from p import fetch as get\n\n\ndef wrap(limit):\n    return get('u', limit=limit)\n";
    let wanted = [("p.py", text.replace("$0", "").replace("limit", "most")), ("q.py", user.replace("limit=limit", "most=limit"))];
    assert_eq!(
        after(&[("p.py", text), ("q.py", user)], "most").await,
        owned(&wanted.each_ref().map(|(path, text)| (*path, text.as_str())))
    );
    for more in ["fn = fetch\nfn(limit=3)\n", "from functools import partial\n\nfn = partial(fetch, limit=3)\n"] {
        let text = format!("{text}\n\n{more}");
        let said = refused(&[("p.py", &text)], "most").await;
        assert!(said.contains("is named in a call of some"), "{said}");
    }
}

/// The key of an object behind a call of the function was taken for an argument of some "``".
#[tokio::test]
async fn keys_of_objects_name_no_parameters() {
    let text = "export function is($0value: unknown) {\n  return value;\n}\nis(1);\nexport const other = { value: 2 };\n";
    let wanted = text.replace("$0", "").replace("is(value", "is(given").replace("return value", "return given");
    assert_eq!(after(&[("a.ts", text)], "given").await, owned(&[("a.ts", &wanted)]));
}

/// The strings in `__all__` name what the file hands on.
#[tokio::test]
async fn the_list_of_what_python_hands_on_follows() {
    let text = "__all__ = ['fetch', \"other\"]\n\n\ndef $0fetch():\n    return 'fetch'\n";
    let wanted = "__all__ = ['load', \"other\"]\n\n\ndef load():\n    return 'fetch'\n";
    let package = "from .p import fetch\n\n__all__ = (\n    \"fetch\",\n)\n";
    let seen = after(&[("x/p.py", text), ("x/__init__.py", package)], "load").await;
    assert_eq!(seen, owned(&[("x/p.py", wanted), ("x/__init__.py", &package.replace("fetch", "load"))]));
}

/// The attribute of a class inside was renamed with the variable around it, and `self.alpha` stayed.
#[tokio::test]
async fn a_class_in_a_function_keeps_its_attributes() {
    let text = "def f($0alpha):\n    class K:\n        alpha = 3\n        beta = alpha\n\n        def m(self):\n            return self.alpha + alpha\n    return K(), alpha\n";
    let wanted = text.replace("$0", "").replace("f(alpha", "f(gamma").replace("+ alpha", "+ gamma").replace("K(), alpha", "K(), gamma");
    assert_eq!(after(&[("a.py", text)], "gamma").await, owned(&[("a.py", &wanted)]));
    let text = text.replace("$0", "").replace("        alpha = 3", "        $0alpha = 3");
    let seen = after(&[("a.py", &text)], "gamma").await;
    assert!(seen[0].1.contains("        gamma = 3") && seen[0].1.contains("self.gamma + alpha"), "{seen:?}");
}

/// Where one attribute was made of another in the body of a class, the other one kept its name.
#[tokio::test]
async fn an_attribute_follows_into_those_made_of_it() {
    let text = "class K:\n    $0alpha = 3\n    beta = alpha + 1\n\n    def m(self):\n        return self.alpha\n";
    let wanted = text.replace("$0", "").replace("alpha", "gamma");
    assert_eq!(after(&[("a.py", text)], "gamma").await, owned(&[("a.py", &wanted)]));
}

/// Names that are words of English went to the model.
#[test]
fn a_word_of_english_is_a_name_where_it_stands_under_the_cursor() {
    let is = |words: &str, there: &str| wording::rename_at(words, |name| name == there);
    let both = |old: &str, new: &str| Some((Some(old.to_string()), Some(new.to_string())));
    assert_eq!(is("rename make to build", "make"), both("make", "build"));
    assert_eq!(is("Please rename the method match to name.", "match"), both("match", "name"));
    assert_eq!(is("rename make to build", "other"), wording::rename("rename make to build"));
    assert_eq!(is("rename make to something", "make"), wording::rename("rename make to something"));
    assert_eq!(is("rename make to build and let it return an Option", "make"), None);
}

/// Of two hundred places that no grammar reads, "and 35 more" were told.
#[tokio::test]
async fn all_places_that_are_not_read_as_code_are_counted() {
    let component = "<script>total()</script>\n".repeat(200);
    let edited = renamed(&[("lib.ts", "export function $0total() { return 1 }\n"), ("App.vue", &component)], "sum").await.unwrap();
    assert!(edited.confirm.iter().any(|why| why.contains("App.vue:5 and 195 more places")), "{:?}", edited.confirm);
}

/// A file that the index leaves out by what it holds uses names like any other: its places stayed without a word, and nothing built.
#[tokio::test]
async fn places_in_files_that_the_index_leaves_out_are_told() {
    let long = format!("const TEXT: &str = \"{}\";\npub fn used() -> u32 {{\n    crate::koala()\n}}\n", "x".repeat(2500));
    let generated = "// @generated by a tool\npub fn made() -> u32 {\n    crate::koala()\n}\n";
    let page = "// @generated by a tool\nfunction koala() {}\n";
    let files = [("lib.rs", "pub fn $0koala() -> u32 {\n    1\n}\n"), ("long.rs", &long), ("made.rs", generated), ("page.js", page)];
    let edited = renamed(&files, "bear").await.unwrap();
    let told = edited.confirm.join(" ");
    assert!(told.contains("long.rs:3") && told.contains("made.rs:3") && !told.contains("page.js"), "{told}");
}
