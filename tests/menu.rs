//! The menu of code actions: what is offered where, in each language. `$0` is the cursor, `⟦…⟧` a selection. Nothing is asked of a model.

use expect_test::expect;
use longsight::config::Config;
use longsight::features::Target;
use longsight::features::actions::actions;
use longsight::text::Text;

use crate::support::workspace::{Workspace, target};

/// The titles and kinds offered at a mark, a line each.
fn menu(path: &str, fixture: &str, problems: &[&str]) -> String {
    let text = fixture.replace("$0", "").replace(['⟦', '⟧'], "");
    let workspace = Workspace::new(&[(path, &text), ("src/other.rs", "fn elsewhere() { helper(1); }\n")]);
    let session = workspace.session(Config::default(), vec![]);
    let at = match fixture.find("$0") {
        Some(at) => at..at,
        None => {
            let start = fixture.find('⟦').unwrap();
            start..fixture.find('⟧').unwrap() - '⟦'.len_utf8()
        }
    };
    let document = (*target(&session, path, "").document).clone();
    let document = longsight::workspace::Document { text: Text::new(&text), ..document };
    let problems: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
    let offers = actions(&session, &Target { document: document.into(), bytes: at }, &problems);
    let mark = fixture.lines().find(|line| line.contains("$0") || line.contains('⟦')).unwrap_or_default();
    let shown: String = offers.iter().map(|offer| format!("    {} [{}]\n", offer.title, offer.kind)).collect();
    format!("{path}: {}\n{shown}", mark.trim())
}

fn menus(rows: &[(&str, &str)]) -> String {
    rows.iter().map(|(path, fixture)| menu(path, fixture, &[])).collect()
}

#[test]
fn rust() {
    let seen = menus(&[
        ("lib.rs", "fn hel$0per(a: u32) -> u32 {\n    a + 1\n}\n"),
        ("lib.rs", "fn helper(a: u32) -> u32 {\n$0\n}\n"),
        ("lib.rs", "/// Adds.\nfn helper(a: u32) -> u32 {\n    todo!()$0\n}\n"),
        ("lib.rs", "fn long(a: u32) -> u32 {\n⟦    let b = a;\n    let c = b;⟧\n    c\n}\n"),
        ("lib.rs", "fn long(a: u32) -> u32 {\n    let b = ⟦a + 1⟧;\n    b\n}\n"),
        ("lib.rs", "use std::fmt$0;\n\nfn f() {}\n"),
        ("lib.rs", "// A com$0ment.\n\nfn f() {}\n"),
        ("lib.rs", "struct Po$0int {\n    x: u32,\n}\n"),
        ("lib.rs", "impl Point {\n    fn x(&self) -> u32 {\n        self.$0x\n    }\n}\n"),
        ("lib.rs", "fn f() {}\n$0\nfn g() {}\n"),
    ]);
    expect![[r#"
        lib.rs: fn hel$0per(a: u32) -> u32 {
            Explain `helper` [refactor.rewrite.longsight.explain]
            Rewrite `helper` more clearly [refactor.rewrite]
            Document `helper` [refactor.rewrite.longsight.document]
            Write tests for `helper` [refactor.rewrite.longsight.test]
            Adapt the calls of `helper` to its signature [refactor.rewrite.longsight.calls]
            Rename `helper` to what it is or does [refactor.rewrite.longsight.rename]
        lib.rs: $0
            Explain `helper` [refactor.rewrite.longsight.explain]
            Rewrite `helper` more clearly [refactor.rewrite]
            Document `helper` [refactor.rewrite.longsight.document]
            Implement `helper` [refactor.rewrite.longsight.implement]
            Adapt the calls of `helper` to its signature [refactor.rewrite.longsight.calls]
            Rename `helper` to what it is or does [refactor.rewrite.longsight.rename]
        lib.rs: todo!()$0
            Explain `helper` [refactor.rewrite.longsight.explain]
            Rewrite `helper` more clearly [refactor.rewrite]
            Document `helper` [refactor.rewrite.longsight.document]
            Implement `helper` [refactor.rewrite.longsight.implement]
            Adapt the calls of `helper` to its signature [refactor.rewrite.longsight.calls]
            Rename `helper` to what it is or does [refactor.rewrite.longsight.rename]
        lib.rs: ⟦    let b = a;
            Explain selection [refactor.rewrite.longsight.explain]
            Rewrite selection more clearly [refactor.rewrite]
            Document `long` [refactor.rewrite.longsight.document]
            Write tests for `long` [refactor.rewrite.longsight.test]
            Extract selection into a function [refactor.extract.longsight.function]
        lib.rs: let b = ⟦a + 1⟧;
            Explain selection [refactor.rewrite.longsight.explain]
            Rewrite selection more clearly [refactor.rewrite]
            Document `long` [refactor.rewrite.longsight.document]
            Write tests for `long` [refactor.rewrite.longsight.test]
            Extract selection into a function [refactor.extract.longsight.function]
            Extract selection into a variable [refactor.extract.longsight.variable]
        lib.rs: use std::fmt$0;
        lib.rs: // A com$0ment.
        lib.rs: struct Po$0int {
            Explain `Point` [refactor.rewrite.longsight.explain]
            Rewrite `Point` more clearly [refactor.rewrite]
            Document `Point` [refactor.rewrite.longsight.document]
            Rename `Point` to what it is or does [refactor.rewrite.longsight.rename]
        lib.rs: self.$0x
            Explain `x` [refactor.rewrite.longsight.explain]
            Rewrite `x` more clearly [refactor.rewrite]
            Document `x` [refactor.rewrite.longsight.document]
            Write tests for `x` [refactor.rewrite.longsight.test]
            Adapt the calls of `x` to its signature [refactor.rewrite.longsight.calls]
            Rename `x` to what it is or does [refactor.rewrite.longsight.rename]
        lib.rs: $0
    "#]]
    .assert_eq(&seen);
}

#[test]
fn other_languages() {
    let seen = menus(&[
        ("a.py", "class Shop:\n    def to$0tal(self):\n        return 1\n"),
        ("a.py", "def total():\n    \"\"\"Adds.\"\"\"\n    pa$0ss\n"),
        ("a.py", "def total(rows):\n⟦    a = 1\n    b = 2⟧\n    return a + b\n"),
        ("a.ts", "export const total = (rows: number[]) => {\n  return row$0s.length;\n};\n"),
        ("a.ts", "export interface Sh$0op {\n  name: string;\n}\n"),
        ("a.go", "package a\n\nfunc Total(rows []int) int {\n\treturn len(⟦rows⟧)\n}\n"),
        ("a.c", "int total(int a) {\n  return a$0;\n}\n"),
        ("A.java", "class A {\n    int total() {\n        return $01;\n    }\n}\n"),
        ("notes.md", "# Not$0es\n\nWords.\n"),
        ("data.xyz", "⟦some words⟧\n"),
        ("data.xyz", "some$0 words\n"),
        ("empty.rs", "$0"),
    ]);
    expect![[r#"
        a.py: def to$0tal(self):
            Explain `total` [refactor.rewrite.longsight.explain]
            Rewrite `total` more clearly [refactor.rewrite]
            Document `total` [refactor.rewrite.longsight.document]
            Write tests for `total` [refactor.rewrite.longsight.test]
            Rename `total` to what it is or does [refactor.rewrite.longsight.rename]
        a.py: pa$0ss
            Explain `total` [refactor.rewrite.longsight.explain]
            Rewrite `total` more clearly [refactor.rewrite]
            Document `total` [refactor.rewrite.longsight.document]
            Implement `total` [refactor.rewrite.longsight.implement]
            Rename `total` to what it is or does [refactor.rewrite.longsight.rename]
        a.py: ⟦    a = 1
            Explain selection [refactor.rewrite.longsight.explain]
            Rewrite selection more clearly [refactor.rewrite]
            Document `total` [refactor.rewrite.longsight.document]
            Write tests for `total` [refactor.rewrite.longsight.test]
            Extract selection into a function [refactor.extract.longsight.function]
        a.ts: return row$0s.length;
            Explain `total` [refactor.rewrite.longsight.explain]
            Rewrite `total` more clearly [refactor.rewrite]
            Document `total` [refactor.rewrite.longsight.document]
            Write tests for `total` [refactor.rewrite.longsight.test]
            Rename `rows` to what it is or does [refactor.rewrite.longsight.rename]
        a.ts: export interface Sh$0op {
            Explain `Shop` [refactor.rewrite.longsight.explain]
            Rewrite `Shop` more clearly [refactor.rewrite]
            Document `Shop` [refactor.rewrite.longsight.document]
            Rename `Shop` to what it is or does [refactor.rewrite.longsight.rename]
        a.go: return len(⟦rows⟧)
            Explain selection [refactor.rewrite.longsight.explain]
            Rewrite selection more clearly [refactor.rewrite]
            Document `Total` [refactor.rewrite.longsight.document]
            Write tests for `Total` [refactor.rewrite.longsight.test]
            Extract selection into a function [refactor.extract.longsight.function]
            Rename `rows` to what it is or does [refactor.rewrite.longsight.rename]
        a.c: return a$0;
            Explain `total` [refactor.rewrite.longsight.explain]
            Rewrite `total` more clearly [refactor.rewrite]
            Document `total` [refactor.rewrite.longsight.document]
            Write tests for `total` [refactor.rewrite.longsight.test]
            Rename `a` to what it is or does [refactor.rewrite.longsight.rename]
        A.java: return $01;
            Explain `total` [refactor.rewrite.longsight.explain]
            Rewrite `total` more clearly [refactor.rewrite]
            Document `total` [refactor.rewrite.longsight.document]
            Write tests for `total` [refactor.rewrite.longsight.test]
            Rename `total` to what it is or does [refactor.rewrite.longsight.rename]
        notes.md: # Not$0es
        data.xyz: ⟦some words⟧
            Explain selection [refactor.rewrite.longsight.explain]
            Rewrite selection more clearly [refactor.rewrite]
        data.xyz: some$0 words
        empty.rs: $0
    "#]]
    .assert_eq(&seen);
}

/// A selection of the whole first lines began before the mark, where no definition begins.
#[test]
fn a_byte_order_mark_hides_no_definition() {
    for (path, text) in
        [("lib.rs", "fn one() -> u32 {\n    1\n}"), ("one.py", "def one():\n    return 1"), ("one.c", "int one(void) {\n    return 1;\n}")]
    {
        let offers = |mark: &str| menu(path, &format!("⟦{mark}{text}⟧\n"), &[]).replace('\u{feff}', "");
        assert_eq!(offers("\u{feff}"), offers(""), "{path}");
        assert!(offers("").contains("Document `one`"), "{path}");
    }
}

#[test]
fn a_problem_is_offered_to_be_fixed_first_and_in_one_line() {
    let long = format!("expected `u32`,\nfound {}", "x".repeat(200));
    let seen = menu("lib.rs", "fn f() -> u32 {\n    $0\"a\"\n}\n", &[&long, "another"]);
    let endless = menu("lib.rs", "fn f() -> u32 {\n    $0\"a\"\n}\n", &[&"x".repeat(200)]);
    let first = |text: &str| text.lines().nth(1).unwrap().trim().to_string();
    assert_eq!(first(&seen), "Fix: expected `u32`, [quickfix]");
    assert_eq!(first(&endless), format!("Fix: {}… [quickfix]", "x".repeat(80)));
}

#[test]
fn what_has_no_body_has_nothing_to_test() {
    let seen = menus(&[
        ("lib.rs", "trait T {\n    fn ne$0ed(&self) -> u32;\n}\n"),
        ("a.h", "int wa$0lk(int a);\n"),
        ("A.java", "interface A {\n    int ne$0ed();\n}\n"),
        ("a.ts", "abstract class A {\n  abstract ne$0ed(): number;\n}\n"),
    ]);
    assert!(!seen.contains("Write tests"), "{seen}");
    assert!(seen.contains("Document `need`") && seen.contains("Document `walk`"), "{seen}");
}
