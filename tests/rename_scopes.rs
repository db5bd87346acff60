//! Which variable a name means where several are called so: the scopes of blocks, loops, functions and comprehensions; and names beside
//! variables that are none: calls, types, macros, members, the names of arguments.

use crate::rename_reach::{after, owned, refused};

/// In each row `$0` stands before the name under the cursor, and `¤` before each of its other places that follow it to `other`.
async fn follow(rows: &[(&str, &str)]) {
    for (path, text) in rows {
        let at = text.find("$0").unwrap() + 2;
        let name: String = text[at..].chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        let wanted = text.replace(&format!("$0{name}"), "other").replace(&format!("¤{name}"), "other");
        assert_eq!(after(&[(path, &text.replace('¤', ""))], "other").await, owned(&[(path, &wanted)]));
    }
}

/// All of a function was taken for the scope of what one of its blocks binds, so that a name outside of the block stayed.
#[tokio::test]
async fn a_variable_of_a_block_hides_nothing_outside_of_it() {
    follow(&[
        ("k.js", "let $0n = 5;\nexport function get(b) {\n  if (b) {\n    const n = 1;\n    log(n);\n  }\n  return ¤n;\n}\n"),
        ("k.js", "const $0n = (x) => x + 1;\nexport const get = (xs) => xs.map((n) => n * 2).map(¤n);\n"),
        ("k.js", "const $0n = 1;\nfunction f() {\n  if (x) {\n    var n = 2;\n  }\n  return n;\n}\nlog(¤n);\n"),
        ("k.c", "static int $0n = 5;\nint get(int b) {\n  if (b) {\n    int n = 1;\n    log(n);\n  }\n  return ¤n;\n}\n"),
        ("k.cpp", "static int $0n = 5;\nint get(int b) {\n  for (int n = 0; n < b; ++n) log(n);\n  return ¤n;\n}\n"),
        ("K.java", "class K {\n  int $0n = 5;\n  int get(boolean b) {\n    if (b) {\n      int n = 1;\n      log(n);\n    }\n    return ¤n;\n  }\n}\n"),
        ("K.java", "class K {\n  int $0n = 5;\n  int get(List<Integer> all) {\n    all.forEach(n -> log(n));\n    return ¤n;\n  }\n}\n"),
        ("k.py", "$0n = 5\n\n\ndef get(xs):\n    ys = [n for n in xs]\n    zs = sorted(xs, key=lambda n: -n)\n    return ys, zs, ¤n\n"),
        ("k.py", "$0n = 5\n\n\ndef get(xs, n=¤n):\n    return [n for n in n]\n"),
        ("k.go", "package k\n\nvar $0n = 5\n\nfunc get(b bool) int {\n\tif n := ¤n; b {\n\t\tlog(n)\n\t}\n\tfor n := range 3 {\n\t\tlog(n)\n\t}\n\treturn ¤n\n}\n"),
        ("k.rs", "static COUNT: u32 = 5;\nfn $0n() -> u32 { COUNT }\npub fn get(b: bool) -> u32 {\n    if b {\n        let n = 1;\n        return n;\n    }\n    [1].iter().map(|_| ¤n()).sum()\n}\n"),
    ])
    .await;
}

/// The same from inside: the block took along what stands outside of it.
#[tokio::test]
async fn a_variable_of_a_block_is_renamed_in_it_alone() {
    follow(&[
        ("k.js", "let n = 5;\nexport function get(b) {\n  if (b) {\n    const $0n = 1;\n    log(¤n);\n  }\n  return n;\n}\n"),
        ("k.js", "for (const $0n of [1]) {\n  log(¤n, { n: ¤n });\n}\nfor (const n of [2]) log(n);\n"),
        ("k.c", "int n;\nint get(int b) {\n  log(n);\n  int $0n = 1;\n  return ¤n;\n}\n"),
        ("K.java", "class K {\n  int n = 5;\n  int get(boolean b) {\n    if (b) {\n      int $0n = 1;\n      log(¤n);\n    }\n    return n;\n  }\n}\n"),
        ("k.py", "n = 5\n\n\ndef get(xs):\n    ys = [¤n for $0n in xs if ¤n]\n    return ys, n\n"),
        ("k.py", "def get():\n    $0n = 0\n\n    def inner():\n        nonlocal ¤n\n        ¤n = 1\n        return [n for n in range(¤n)]\n    return inner\n"),
        ("k.go", "package k\n\nvar n = 5\n\nfunc get(b bool) int {\n\tif b {\n\t\t$0n := 1\n\t\tlog(¤n)\n\t}\n\treturn n\n}\n"),
        ("k.go", "package k\n\nfunc get() ($0n error) {\n\ta, ¤n := f()\n\tif b, n := g(a); n != nil {\n\t\tlog(b)\n\t}\n\treturn ¤n\n}\n"),
        ("k.rs", "pub fn f($0n: Option<u32>) -> u32 {\n    if let Some(n) = ¤n { return n } else { log(¤n) }\n    match ¤n { Some(n) => n, None => 0 }\n}\n"),
        ("k.rs", "pub fn f($0n: u32) -> u32 {\n    let n = ¤n + 1;\n    fn g() -> u32 { n() }\n    for n in 0..n { log(n) }\n    n\n}\n"),
    ])
    .await;
}

/// A call, a type or a macro was taken for the variable of its name, and stayed.
#[tokio::test]
async fn what_no_variable_can_be_follows_beside_one() {
    follow(&[
        ("K.java", "class K {\n  int $0size() { return 1; }\n  int f() { int size = ¤size(); return size + ¤size(); }\n}\n"),
        ("k.go", "package k\n\ntype $0queue struct{ n int }\n\nfunc newQueue() *¤queue {\n\tqueue := &¤queue{n: 1}\n\treturn queue\n}\n\nfunc (queue *¤queue) len() int { return queue.n }\n"),
        ("k.rs", "macro_rules! $0sum { ($a:expr) => { $a } }\npub fn f(sum: u32) -> u32 { assert!(¤sum!(1) == 1); sum + ¤sum!(2) }\n"),
        ("k.rs", "pub fn $0total() -> u32 { 1 }\npub fn f() -> u32 { let total = ¤total(); total }\n"),
    ])
    .await;
}

/// The value that a variable begins with went along, and so did packages, types and macros of its name.
#[tokio::test]
async fn a_variable_takes_nothing_else_along() {
    follow(&[
        ("k.rs", "pub fn total() -> u32 { 1 }\npub fn f() -> u32 { let $0total = total(); ¤total + 1 }\n"),
        ("k.rs", "macro_rules! sum { ($a:expr) => { $a } }\npub fn f($0sum: u32) -> u32 { ¤sum + sum!(2) }\n"),
        ("K.java", "class K {\n  int total() { return 1; }\n  int f() { int $0total = total(); return ¤total + total(); }\n}\n"),
        ("k.go", "package k\n\nimport \"m/cfg\"\n\nfunc f() int {\n\t$0cfg := cfg.New()\n\treturn ¤cfg.N\n}\n"),
        ("k.go", "package k\n\ntype q struct{ n int }\n\nfunc f() *q {\n\t$0q := &q{n: 1}\n\treturn ¤q\n}\n"),
    ])
    .await;
}

/// The name of an argument is the parameter's, which kept its name.
#[tokio::test]
async fn an_attribute_does_not_rename_the_argument_of_a_constructor() {
    let base = "class A:\n    def __init__(self, name):\n        self.$0name = name\n\n    @classmethod\n    def make(cls):\n        return cls(name='x')\n";
    let user = "from m import A\n\na = A(name='x')\nprint(a.name)\nmatch a:\n    case A(name='x'):\n        pass\n";
    let changed = after(&[("m.py", base), ("k.py", user)], "title").await;
    let wanted = user.replace("a.name", "a.title").replace("case A(name=", "case A(title=");
    assert_eq!(changed, owned(&[("m.py", &base.replace("$0", "").replace("self.name", "self.title")), ("k.py", &wanted)]));
}

/// A base that a constructor initializes, or the type itself, was taken for a member.
#[tokio::test]
async fn a_type_follows_where_a_constructor_initializes_it() {
    follow(&[
        ("k.cpp", "struct $0Base { explicit ¤Base(int n); int n; };\nstruct D : ¤Base { D(); };\nD::D() : ¤Base(3) {}\n"),
        // The parameter alone, and no member that it begins.
        ("k.cpp", "class A {\n public:\n  A(int $0n) : n(¤n) {}\n  int get() const { return n; }\n private:\n  int n;\n};\n"),
        ("k.cpp", "struct $0Shape {\n  ¤Shape() : ¤Shape(2) {}\n  explicit ¤Shape(int n) : n(n) {}\n  int n;\n};\n"),
    ])
    .await;
}

/// `this.repo` followed, and `repo` in the constructor did not.
#[tokio::test]
async fn a_parameter_that_is_a_member_follows_as_both() {
    let text = "export class S {\n  constructor(private readonly $0repo: Repo, n = 1) {\n    ¤repo.connect(n);\n  }\n  all() { return this.¤repo.all(); }\n}\n";
    follow(&[("k.ts", text)]).await;
    let inside = text.replace("$0", "¤").replacen("    ¤repo", "    $0repo", 1);
    follow(&[("k.ts", &inside)]).await;
}

/// Only the file of the definition was changed, and nothing said of the others.
#[tokio::test]
async fn what_a_file_defines_that_the_index_leaves_out_is_not_renamed_there_alone() {
    let long = "x".repeat(2500);
    let data = format!("class Data {{\n  static final String $0key = \"{long}\";\n}}\n");
    let user = "class Main {\n  static String go() { return Data.key; }\n}\n";
    let said = refused(&[("Data.java", &data), ("Main.java", user)], "name").await;
    assert!(said.contains("Data.java, which the index leaves out"), "{said}");
    let said = refused(&[("Main.java", &user.replace("key", "$0key")), ("Data.java", &data.replace("$0", ""))], "name").await;
    assert!(said.contains("nothing that the index reads defines `key`") && said.contains("Data.java:2"), "{said}");
}

/// The trait's method was renamed, and the code that a macro writes for it was not, so that nothing compiled.
#[tokio::test]
async fn a_method_follows_into_the_implementation_that_a_macro_writes() {
    let head = "pub trait T { fn $0name(&self) -> u32; }\n";
    let with = |inside: &str| {
        format!("{head}macro_rules! imp {{ ($t:ty) => {{ {inside} }}; }}\nimp!(u32);\npub fn f(a: &dyn T) -> u32 {{ a.¤name() }}\n")
    };
    follow(&[("k.rs", &with("impl T for $t { fn ¤name(&self) -> u32 { 1 } }"))]).await;
    let said = refused(&[("k.rs", &with("impl $u for $t { fn name(&self) -> u32 { 1 } }").replace('¤', ""))], "title").await;
    assert!(said.contains("k.rs:2"), "{said}");
}

/// A field took the method of its name along, and said nothing.
#[tokio::test]
async fn fields_and_methods_of_one_name_are_two_things() {
    follow(&[
        ("k.rs", "pub struct A { pub $0name: u32 }\nimpl A { pub fn name(&self) -> u32 { self.¤name } }\npub fn f(a: &A) -> u32 { a.name() + a.¤name }\n"),
        ("k.rs", "pub struct A { pub name: u32 }\nimpl A { pub fn $0name(&self) -> u32 { self.name } }\npub fn f(a: &A) -> u32 { a.¤name() + a.name }\n"),
        ("K.java", "class K {\n  private int $0size;\n  int size() { return ¤size; }\n  K size(int size) { this.¤size = size; return this; }\n  void f(K k) { k.¤size = k.size(); }\n}\n"),
        ("K.java", "class K {\n  private int size;\n  int $0size() { return size; }\n  void f(K k) { k.size = k.¤size() + ¤size(); }\n}\n"),
    ])
    .await;
}

#[tokio::test]
async fn a_word_of_the_language_is_no_name() {
    let rows = [
        ("k.rs", "pub struct S { pub $0kind: u32 }\n", "type"),
        ("k.rs", "pub fn $0kind() {}\n", "Self"),
        ("k.rs", "pub fn $0kind() {}\n", "_"),
        ("k.cpp", "struct S { int $0kind; };\n", "class"),
        ("K.java", "class K { void $0kind() {} }\n", "default"),
        ("k.js", "const $0kind = 1;\n", "await"),
        ("k.py", "def f($0kind):\n    return kind\n", "class"),
    ];
    for (path, text, new) in rows {
        let said = refused(&[(path, text)], new).await;
        assert!(said.contains(&format!("`{new}` is a word of the language")), "{path}: {said}");
    }
    // The sign was lost: `rtype`.
    let said = refused(&[("k.rs", "pub struct S { pub $0kind: u32 }\n")], "r#type").await;
    assert!(said.contains("`r#type` is no name"), "{said}");
    // Members of JavaScript may be called so.
    let text = "export class A {\n  $0remove() {}\n}\nnew A().remove();\n";
    assert_eq!(after(&[("k.js", text)], "delete").await, owned(&[("k.js", &text.replace("$0", "").replace("remove", "delete"))]));
}
