//! The syntax layer: fault rows C15 and what no text may do to it; what languages mean by their data. Samples are read in `samples.rs`.

use longsight::cli::doctor::{Status, languages};
use longsight::syntax::{self, Blocks, Kind, ParseError, Registry, Surface, lexical, naming, scope, uses};

/// A query that does not compile takes its own language down to plain text, is named with its line, and nothing else changes.
#[test]
fn c15_a_broken_query_degrades_its_language_alone_and_doctor_says_so() {
    let broken = [
        ("(function_definition name: (_) @name", "line 1: cannot read"),
        ("\n\n(no_such_node) @definition.function", "line 3: there is no node `no_such_node`"),
        ("(function_definition no_such_field: (_) @name) @definition.function", "there is no field `no_such_field`"),
        ("(function_definition name: (_) @nonsense) @definition.function", "`@nonsense` means nothing"),
        ("((identifier) @identifier (#match? @identifier \"^a\"))", "`#match?` is not supported"),
        ("(((((", "cannot read"),
    ];
    for (query, wanted) in broken {
        let registry = Registry::with(|file, text| if file == "python/tags.scm" { query.into() } else { text.into() });
        let [problem] = registry.problems() else { panic!("{query}: {:?}", registry.problems()) };
        assert_eq!((problem.language.as_str(), problem.file.as_str()), ("python", "tags.scm"));
        assert!(problem.message.contains(wanted), "{query}: {problem}");
        let python = registry.by_path("a.py").unwrap();
        assert!(!python.parses());
        assert_eq!(syntax::parse(python, "def a(): pass").unwrap_err(), ParseError::NoParser);
        assert_eq!(lexical::definitions(python, "def a(): pass\n").len(), 1, "tier 0 goes on");
        let checks = languages::checks(&registry);
        assert!(!checks[0].detail.contains("python") && checks[0].detail.contains("rust"), "{checks:?}");
        let named = checks.iter().find(|check| check.name == "language python").unwrap();
        assert_eq!(named.status, Status::Error);
        assert!(named.detail.contains(wanted) && named.fix.contains("grammars/python/tags.scm"), "{named:?}");
        for path in ["a.rs", "a.ts", "a.tsx", "a.js", "a.go", "a.c", "a.cpp", "a.java"] {
            assert!(registry.by_path(path).unwrap().parses(), "{path}");
        }
    }
}

/// Trees of documents: a version is made from the one before, and what another language or a refusal has left is not taken for it.
#[test]
fn trees_of_documents_follow_their_texts() {
    let registry = Registry::new();
    let (python, rust) = (registry.by_path("a.py").unwrap(), registry.by_path("a.rs").unwrap());
    let trees = syntax::Trees::default();
    let names = |language, text: &str| {
        let parsed = trees.of("file:///a", language, text).unwrap();
        syntax::tags(&parsed, "a").definitions.iter().map(|known| known.name.of(text).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(python, "def a(): pass\n"), ["a"]);
    assert_eq!(names(python, "def a(): pass\ndef b(): pass\n"), ["a", "b"]);
    assert_eq!(names(rust, "fn c() {}\n"), ["c"]);
    let large: std::sync::Arc<str> = " ".repeat(syntax::parse::MAX_TEXT + 1).into();
    assert_eq!([(); 2].map(|()| trees.of("file:///a", rust, &large).unwrap_err()), [ParseError::TooLarge; 2]);
    assert_eq!(names(rust, "fn d() {}\n"), ["d"]);
    // More documents than are kept.
    for number in 0..20 {
        trees.of(&format!("file:///{number}"), rust, "fn e() {}\n").unwrap();
    }
    assert_eq!(names(rust, "fn d() {}\nfn f() {}\n"), ["d", "f"]);
}

/// The tree of a version was made twice where a request came before the index.
#[test]
fn a_tree_that_was_made_from_the_same_one_is_not_made_again() {
    let registry = Registry::new();
    let rust = registry.by_path("a.rs").unwrap();
    let trees = syntax::Trees::default();
    let [before, asked, seen, apart]: [std::sync::Arc<str>; 4] =
        ["fn a() {}\n", "fn a() {}\nfn b() {}\n", "fn a() {}\nfn b() {}\n", "fn a() {}\nfn b() {}\n"].map(Into::into);
    let known = trees.of("file:///a", rust, &before).unwrap();
    trees.of("file:///a", rust, &asked).unwrap();
    let is_of = |parsed: &syntax::Parsed, text: &str| std::ptr::eq(parsed.text(), text);
    let after = |before: &syntax::Parsed, text: &std::sync::Arc<str>| trees.after(before, "file:///a", text, |it| it.edited(text.clone()));
    assert!(is_of(&after(&known, &seen).unwrap(), &asked));
    // What the edit changed would be told from another tree.
    let other = syntax::parse(rust, before.clone()).unwrap();
    assert!(is_of(&after(&other, &apart).unwrap(), &apart));
    assert!(is_of(&trees.of("file:///a", rust, &seen).unwrap(), &apart), "who asks next finds that one");
}

/// B16: each key in a text that the parser does not get through waited for the parser again, seconds where it recovers from many errors.
#[test]
fn b16_a_document_that_takes_too_long_is_left_alone_for_a_while() {
    let registry = Registry::new();
    let cpp = registry.by_path("a.cpp").unwrap();
    let trees = syntax::Trees::default();
    let hard: std::sync::Arc<str> = format!("{};\n", "A<".repeat(1500)).repeat(100).into();
    let refused = |text: &std::sync::Arc<str>| trees.of("file:///a.cpp", cpp, text).unwrap_err();
    assert_eq!(refused(&hard), ParseError::Budget);
    let started = std::time::Instant::now();
    for key in 0..20 {
        assert_eq!(refused(&format!("{}{hard}", "y".repeat(key)).into()), ParseError::Budget);
    }
    assert!(started.elapsed() < syntax::parse::BUDGET, "{:?}", started.elapsed());
    assert!(trees.of("file:///b.cpp", cpp, "int b;\n").is_ok(), "others are read as ever");
}

/// B16: the parser kept every reading of such brackets to the end of the text: 10 GB for 90 kB, and a stack that ran over.
#[test]
fn b16_angle_brackets_that_nothing_ends_are_not_parsed() {
    let registry = Registry::new();
    for (path, text) in [("a.tsx", "y<a>"), ("a.ts", "<a>\n"), ("a.cpp", "A<"), ("a.rs", "f::<a>"), ("A.java", "A < ")] {
        let language = registry.by_path(path).unwrap();
        let started = std::time::Instant::now();
        assert_eq!(syntax::parse(language, text.repeat(30_000)).unwrap_err(), ParseError::Budget, "{path}");
        assert!(started.elapsed() < syntax::parse::BUDGET, "{path}: {:?}", started.elapsed());
    }
    // What people write has its ends.
    let tags = format!("const all = <p>{}</p>;\n", "<b>{size<Of>(a)}</b>".repeat(5_000));
    assert!(syntax::parse(registry.by_path("a.tsx").unwrap(), tags).is_ok());
}

/// Scope queries may break without taking the outline with them.
#[test]
fn c15_a_broken_scope_query_leaves_definitions_alone() {
    let registry = Registry::with(|file, text| if file == "rust/scope.scm" { "(nothing) @block".into() } else { text.into() });
    assert_eq!(registry.problems().len(), 1);
    let rust = registry.by_path("a.rs").unwrap();
    let parsed = syntax::parse(rust, "fn a() { b(); }").unwrap();
    assert_eq!(syntax::tags(&parsed, "a.rs").definitions.len(), 1);
    let place = scope::at(&parsed, 10);
    assert_eq!(place.block, Some(8..14), "blocks by counting braces");
}

#[test]
fn c15_built_in_data_are_sound() {
    let registry = Registry::new();
    assert_eq!(registry.check_queries(), []);
    let with_parser = include_str!("../grammars/languages.toml").lines().filter(|line| line.starts_with("parser = ")).count();
    assert_eq!(registry.languages().iter().filter(|language| language.parses()).count(), with_parser);
    assert!(languages::checks(&registry).iter().all(|check| check.status == Status::Ok));
}

#[test]
fn languages_are_told_by_name_extension_and_first_line() {
    let registry = Registry::new();
    let name = |path: &str, text: &str| registry.detect(path, text).map(|language| language.name.clone()).unwrap_or_default();
    for (path, text, wanted) in [
        ("a/b.rs", "", "rust"),
        ("a.pyi", "", "python"),
        ("SConstruct", "", "python"),
        ("tool", "#!/usr/bin/env python3.11\n", "python"),
        ("tool", "#!/usr/bin/env -S node --no-warnings\n", "javascript"),
        ("tool", "#!/usr/local/bin/node\n", "javascript"),
        ("tool", "#! /bin/sh\n", ""),
        ("a.d.ts", "", "typescript"),
        ("a.tsx", "", "tsx"),
        ("a.jsx", "", "javascript"),
        ("a.h", "", "c"),
        ("a.hpp", "", "cpp"),
        ("a.h", "namespace n {\n", "cpp"),
        ("a.h", "template <typename T> T f(T);\n", "cpp"),
        ("a.h", "#include <vector>\n", "cpp"),
        ("a.h", "struct A {\n    A& operator=(const A& other);\n};\n", "cpp"),
        ("a.h", "class QT_EXPORT Widget : public Base {\n", "cpp"),
        ("a.h", "  int size() const;\n", "cpp"),
        ("a.h", "/* The class of all things. */\nstruct a { int template; };\nint class;\n", "c"),
        ("a.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\n#include <stdio.h>\nint f(const char *a, int b);\n", "c"),
        ("a.c", "namespace n {\n", "c"),
        ("README.md", "", ""),
        ("rs", "", ""),
    ] {
        assert_eq!(name(path, text), wanted, "{path} {text}");
    }
    assert_eq!(registry.by_id("typescriptreact").unwrap().name, "tsx");
}

/// A header of C++ was read as C where a request looked at it, and as C++ by the index: half of a rename was done.
#[test]
fn what_a_document_contains_says_more_than_an_id_that_is_its_extension() {
    let registry = Registry::new();
    let of = |id: &str, path: &str, text: &str| registry.of_document(id, Some(path), text).map(|language| language.name.clone());
    let class = "#pragma once\n\nclass Shape {\npublic:\n    int area() const;\n};\n";
    for id in ["", "c", "cpp"] {
        assert_eq!(of(id, "shape.h", class).as_deref(), Some("cpp"), "{id}");
    }
    assert_eq!(of("c", "shape.h", "int area(void);\n").as_deref(), Some("c"));
    assert_eq!(of("cpp", "shape.h", "int area(void);\n").as_deref(), Some("cpp"));
    // What the editor says for a reason.
    assert_eq!(of("python", "shape.h", class).as_deref(), Some("python"));
    assert_eq!(of("python", "run", "#!/usr/bin/env node\n").as_deref(), Some("python"));
    assert_eq!(of("plaintext", "run", "#!/usr/bin/env node\n").as_deref(), Some("javascript"));
    assert_eq!(registry.of_document("c", None, class).map(|language| &*language.name), Some("c"));
}

/// Every text gives facts whose places are in it, however deep it nests: no stack may overflow.
#[test]
fn hostile_texts_do_no_harm() {
    let registry = Registry::new();
    let deep = 30_000;
    let texts: [String; 12] = [
        "(".repeat(deep),
        "{".repeat(deep),
        "[".repeat(deep) + &"]".repeat(deep),
        "fn a() {".repeat(20_000),
        "class A:\n ".repeat(5_000),
        "a.".repeat(deep),
        "\"".repeat(9_999),
        "/*".repeat(deep),
        "\u{feff}fn é() {}\r\rdef ∑(): pass\u{2028}\0".into(),
        String::new(),
        "\n".repeat(deep),
        "if x {} else ".repeat(20_000),
    ];
    for path in ["a.rs", "a.py", "a.js", "a.ts", "a.tsx", "a.go", "a.c", "a.cpp", "a.java"] {
        let language = registry.by_path(path).unwrap();
        for text in &texts {
            for definition in lexical::definitions(language, text) {
                assert!(text.get(definition.item.range()).is_some());
            }
            let Ok(parsed) = syntax::parse(language, text.as_str()) else { continue };
            for definition in syntax::tags(&parsed, path).definitions {
                for span in [definition.name, definition.item, definition.signature, definition.body, definition.doc, definition.bases] {
                    assert!(text.get(span.range()).is_some(), "{path}: {span:?}");
                }
            }
            for offset in [0, text.len() / 2, text.len(), usize::MAX] {
                let place = scope::at(&parsed, offset);
                assert!(place.block.is_none_or(|block| text.get(block).is_some()), "{path}");
            }
        }
    }
}

/// Tier 0 finds nearly what a parser finds at the top of files, in every language.
#[test]
fn lines_give_most_of_what_a_parser_gives() {
    let registry = Registry::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    for sample in ["rust/samples/store.rs", "python/samples/models.py", "go/samples/server.go", "c/samples/ring.c", "cpp/samples/graph.cpp"]
        .into_iter()
        .chain([
            "java/samples/Inventory.java",
            "javascript/samples/queue.js",
            "typescript/samples/router.ts",
            "typescript/samples/Panel.tsx",
        ])
    {
        let text = std::fs::read_to_string(folder.join(sample)).unwrap();
        let language = registry.by_path(sample).unwrap();
        let parsed = syntax::parse(language, text.as_str()).unwrap();
        let kinds = [Kind::Function, Kind::Class, Kind::Struct, Kind::Interface, Kind::Enum, Kind::Macro];
        let wanted: Vec<String> = syntax::tags(&parsed, sample)
            .definitions
            .iter()
            .filter(|definition| kinds.contains(&definition.kind))
            .map(|definition| definition.name.of(&text).to_string())
            .collect();
        let found: Vec<_> = lexical::definitions(language, &text).iter().map(|definition| definition.name.of(&text).to_string()).collect();
        let missed: Vec<_> = wanted.iter().filter(|name| !found.contains(name)).collect();
        assert!(missed.len() * 4 <= wanted.len(), "{sample}: {missed:?} of {}", wanted.len());
    }
}

/// Tier 0 looks at the beginnings of lines alone; where a match ends with the end of one, the next line begins there.
#[test]
fn names_by_line_are_told_with_their_lines() {
    // Each text is searched as a whole as well, and both have to find the same.
    longsight::report::be_strict();
    let registry = Registry::new();
    for (path, text, wanted) in [
        ("a.py", "a =\nb = 1\n\n \t\n  async def c(): pass\nx == 1\n  class D:\n\td = 2\r\ne = 3", "a:0 b:1 c:4 D:6 e:8"),
        ("a.rs", "pub(crate) fn a() {} fn b() {}\n\t\tconst unsafe fn c() {}\nlet fn_ = 1;\nextern \"C\" fn d();\n  ", "a:0 c:1 d:3"),
        ("a.go", " func a() {}\nfunc b() {}\nfunc (c *C) d() {}\ntype e struct{}", "b:1 d:2 e:3"),
        ("a.c", "int\na(int b)\n{\n}\nstatic int c(void)\n{\n}\n#  define D 1", "c:4 D:7"),
        ("a.rs", "", ""),
        ("a.rs", "   ", ""),
    ] {
        let language = registry.by_path(path).unwrap();
        let definitions = lexical::definitions(language, text);
        assert_eq!(names_with_lines(text, &definitions), wanted, "{text:?}");
        assert!(definitions.iter().all(|definition| definition.item.of(text) == definition.item.of(text).trim()), "{text:?}");
    }
}

fn names_with_lines(text: &str, definitions: &[syntax::Definition]) -> String {
    let named = |definition: &syntax::Definition| format!("{}:{}", definition.name.of(text), definition.line);
    definitions.iter().map(named).collect::<Vec<_>>().join(" ")
}

/// A language may be given a pattern that fits in the middle of a line.
#[test]
fn names_are_found_by_a_pattern_that_does_not_begin_lines() {
    let entry = r"[[language]]
name = 'tenth'
parser = 'tree_sitter_c::LANGUAGE'
extensions = ['tenth']
lexical = '\blet (?P<variable>\w+)'
";
    let registry = Registry::with_language(entry, || tree_sitter_c::LANGUAGE.into(), ["", ""]);
    let (language, text) = (registry.by_path("a.tenth").unwrap(), "let a; let b;\n  x; let c");
    assert_eq!(names_with_lines(text, &lexical::definitions(language, text)), "a:0 b:0 c:1");
}

/// Some forms are looked for only in lines that have something in them.
#[test]
fn what_stands_around_items_is_found_wherever_its_line_is() {
    longsight::report::be_strict();
    let registry = Registry::new();
    let rust = registry.by_path("a.rs").unwrap();
    for (text, wanted) in [
        ("around! {\n    pub fn a() {}\n}\nfn b() {}", "a b"),
        ("// what! is\n\n  thread_local! {\n    static A: u8 = 1;\n  }\n", "A"),
        ("fn a() {\n    if\n      #[cfg(unix)] {\n    }\n}\nfn b() { if c {} }\nother! {\n fn d() {}\n}", "a b d"),
        ("// !\n// !! {\nlast! {\nfn a() {}\n}", "a"),
    ] {
        let parsed = syntax::parse(rust, text).unwrap();
        let facts = syntax::tags(&parsed, "a.rs");
        let found: Vec<&str> = facts.definitions.iter().map(|definition| definition.name.of(text)).collect();
        assert_eq!(found.join(" "), wanted, "{text}");
    }
}

#[test]
fn placeholders_are_told_from_code() {
    let registry = Registry::new();
    for (path, line, wanted) in [
        ("a.rs", "todo!()", true),
        ("a.rs", "    todo!(\"later\");", true),
        ("a.rs", "todo_list()", false),
        ("a.rs", "// todo", true),
        ("a.py", "pass", true),
        ("a.py", "...", true),
        ("a.py", "raise NotImplementedError(\"x\")", true),
        ("a.py", "passed = 1", false),
        ("a.py", "", true),
        ("a.go", "panic(\"not implemented\")", true),
        ("a.go", "panic(\"implement me\")", true),
        ("a.go", "panic(err)", false),
        ("a.go", "panic(\"no free slot\")", false),
        ("a.ts", "throw new Error('Method not implemented.');", true),
        ("a.ts", "throw new Error(`no ${name}`);", false),
        ("a.java", "throw new UnsupportedOperationException();", true),
        ("a.c", "/* todo */", true),
        ("a.js", "\n  /* to\n     come */ // soon\n", true),
        ("a.c", "/* todo */ return 1;", false),
        ("a.c", "return 1; /*", false),
        ("a.py", "/* todo */", false),
    ] {
        assert_eq!(registry.by_path(path).unwrap().is_blank(line), wanted, "{line}");
    }
}

/// Several names in one statement, of which the first is none: the others are still found, in the order of the file.
#[test]
fn what_has_no_name_hides_nothing_beside_it() {
    let registry = Registry::new();
    for (path, text, wanted) in [
        ("a.go", "package a\nconst _, third, fourth = iota, 3, 4\nvar _ = third\n", vec!["third", "fourth"]),
        ("a.py", "a[0], b, (c, d), e.f = g\n", vec!["b", "c", "d"]),
        ("a.c", "int ****deep, *shallow, many[2][2];\n", vec!["shallow", "many"]),
        (
            "a.js",
            "export const { a, ['b']: c, i: { j, k: l = 1, ...m }, ...rest } = d;\nexport const [e, [f], g = 1, ...n] = h;\n",
            vec!["a", "c", "j", "m", "rest", "e", "f", "g", "n"],
        ),
    ] {
        let parsed = syntax::parse(registry.by_path(path).unwrap(), text).unwrap();
        let facts = syntax::tags(&parsed, path);
        let found: Vec<_> = facts.definitions.iter().map(|definition| definition.name.of(text)).collect();
        assert_eq!(found, wanted, "{path}");
    }
}

/// Each of many comments on one line looked at the whole line before it.
#[test]
fn comments_on_one_long_line_cost_what_they_cost_on_lines_of_their_own() {
    let registry = Registry::new();
    let javascript = registry.by_id("javascript").unwrap();
    let cost = |separator: &str| {
        let text = format!("/*#__PURE__*/f();{separator}").repeat(20_000);
        let parsed = syntax::parse(javascript, text.as_str()).unwrap();
        let cost = || {
            let began = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
            std::hint::black_box(syntax::tags(&parsed, "a.js"));
            let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
            std::time::Duration::from(now) - std::time::Duration::from(began)
        };
        (0..3).map(|_| cost()).min().unwrap()
    };
    let (lines, line) = (cost("\n"), cost(" "));
    assert!(line < lines * 8, "{line:?} on one line, {lines:?} on many");
}

#[test]
fn names_of_files_say_which_are_tests_stubs_or_stand_for_their_folder() {
    let registry = Registry::new();
    let language = |path: &str| registry.by_path(path).map(|language| &**language);
    let is_test = |path: &&str| naming::is_test(language(path), path);
    let tests = [
        "tests/it.rs",
        "src/parser/tests.rs",
        "src/parser_test.rs",
        "pkg/test_cart.py",
        "pkg/cart_test.py",
        "test_data/cart.py",
        "runtime-tests/bun/cart.ts",
        "integration_test/cart.dart",
        "benchmarks/fetch/cart.mjs",
        "web/cart.spec.tsx",
        "web/cart.test.mjs",
        "web/Cart.stories.tsx",
        "pkg/lib/test-cart.js",
        "cart_test.go",
        "src/CartTest.java",
        "lib/cart_test.cc",
        "examples/notes.txt",
        "benches/run.rs",
    ];
    assert_eq!(tests.iter().filter(|path| !is_test(path)).collect::<Vec<_>>(), Vec::<&&str>::new());
    let code = [
        "src/contest.rs",
        "src/latest.rs",
        "pkg/testament.py",
        "web/spec.ts",
        "attest_go.go",
        "src/Testing.java",
        "README.md",
        "test_notes.txt",
    ];
    assert_eq!(code.iter().filter(|path| is_test(path)).collect::<Vec<_>>(), Vec::<&&str>::new());
    let stems = [
        ("src/cart/mod.rs", "cart"),
        ("cart/__init__.py", "cart"),
        ("web/cart/index.ts", "cart"),
        ("src/cart.rs", "cart"),
        ("mod.py", "mod"),
        ("lib.rs", "lib"),
    ];
    for (path, stem) in stems {
        assert_eq!(naming::stem(language(path), path), stem, "{path}");
    }
    assert_eq!(["a.pyi", "a.d.ts", "a.py", "a.ts"].map(|path| naming::is_stub(language(path), path)), [true, true, false, false]);
}

#[test]
fn lines_of_half_written_code_are_read_by_the_data_of_their_language() {
    let registry = Registry::new();
    let language = |id: &str| registry.by_id(id).unwrap();
    for (id, line, name) in [
        ("rust", "    pub(crate) async unsafe fn load<T>(", Some("load")),
        ("rust", "// fn load", None),
        ("rust", "let function = 1;", None),
        ("python", "    async def load(self", Some("load")),
        ("go", "func Load[T any](", Some("Load")),
        ("go", "func (cart *Cart) Load(", Some("Load")),
        ("go", "run(func(x int) int {", None),
        ("javascript", "function* load(", Some("load")),
        ("javascript", "const load = function (a) { return a(b)", None),
        ("typescript", "export async function load(", Some("load")),
        ("java", "int load() {", None),
    ] {
        assert_eq!(language(id).function_begun(line), name, "{line}");
    }
    for (id, line, belongs) in [
        ("rust", "#[test]", true),
        ("rust", "/// Says so.", true),
        ("rust", " * goes on", true),
        ("python", "@property", true),
        ("python", "# so", true),
        ("python", "* 2", false),
        ("java", "@Override", true),
        ("go", "@x", false),
    ] {
        assert_eq!(language(id).is_comment_or_mark(line), belongs, "{line}");
    }
    let marks = |id: &str, text: &str| language(id).import_lines(&text.split('\n').collect::<Vec<_>>());
    assert_eq!(marks("rust", "use a::{\n    B,\n};\nfn f() {}"), [true, true, true, false]);
    assert_eq!(marks("python", "from a import (\n    b,\n)\nuse = 1\nimport c"), [true, true, true, false, true]);
    assert_eq!(marks("c", "#include <a.h>\nimport b;"), [true, false]);
}

/// The word `operator` in a comment made a header of C one of C++, and so did what only a compiler of C++ reads.
#[test]
fn a_header_of_c_stays_one() {
    let registry = Registry::new();
    let guarded = "#ifdef __cplusplus\nextern \"C\" {\nclass Seen;\n#endif\nint ring(void);\n#if defined(__cplusplus)\n}\n#endif\n";
    for (text, language) in [
        ("int ring(void); /* from the operator */ int other(void);\n", "c"),
        ("// std::string is what it was\nint ring(void);\n", "c"),
        ("#define GREETING \"/*\"\nint ring(void);\n// std::string\n", "c"),
        (guarded, "c"),
        ("#ifndef __cplusplus\n#error no\n#endif\nnamespace a {\n}\n", "cpp"),
        ("#ifdef __cplusplus\nint a;\n#else\nint b;\n#endif\nclass Ring {\n};\n", "cpp"),
        ("/* A ring. */\nstd::string ring();\n", "cpp"),
        ("struct ring { char *name; const char *quoted = \"\\\"//\"; std::string rest; };\n", "cpp"),
    ] {
        assert_eq!(registry.detect("ring.h", text).unwrap().name, language, "{text}");
    }
}

/// What stood in an intersection had no members.
#[test]
fn members_of_an_intersection_are_members() {
    let registry = Registry::new();
    let text = "export type Props = { width: number; label: string } & Base;\n";
    let parsed = syntax::parse(registry.by_path("a.ts").unwrap(), text).unwrap();
    let found = syntax::tags(&parsed, "a.ts").definitions;
    let is_of = |name: &str, of: &str| {
        found.iter().any(|one| one.name.of(text) == name && one.parent.is_some_and(|at| found[at as usize].name.of(text) == of))
    };
    assert!(is_of("width", "Props") && is_of("label", "Props"), "{found:?}");
}

/// The name of the macro passed for the type of what follows, and the class was none.
#[test]
fn what_stands_behind_a_macro_alone_in_its_line_is_defined() {
    let registry = Registry::new();
    let cases = [
        (
            "a.hpp",
            "namespace detail {\n}  // namespace detail\n\nFMT_BEGIN_EXPORT\n\n// Formats.\ntemplate <typename Char>\nstruct Formatter : Base<Char> {\n  int width() const;\n};\n",
        ),
        ("b.hpp", "QT_BEGIN_NAMESPACE\nMORE_BEGIN\n\nclass Formatter {\n  int width() const { return 1; }\n};\n\nQT_END_NAMESPACE\n"),
        ("c.h", "#include <a.h>\n\nG_BEGIN_DECLS\n\nstruct Formatter {\n  int width;\n};\n\nG_END_DECLS\n"),
    ];
    for (path, text) in cases {
        let language = registry.by_path(path).unwrap();
        let parsed = syntax::parse(language, text).unwrap();
        let names = |parsed: &syntax::Parsed| {
            let found = syntax::tags(parsed, path).definitions;
            found.iter().map(|one| one.name.of(parsed.text()).to_string()).collect::<Vec<_>>()
        };
        let found: Vec<String> = names(&parsed).into_iter().filter(|name| name != "detail").collect();
        assert_eq!((found, parsed.errors()), (vec!["Formatter".to_string(), "width".into()], 0), "{path}");
        assert_eq!(parsed.text(), text);
        // The line becomes one of several words, and is alone again.
        let at = text.find("_BEGIN").unwrap();
        let open = format!("{} int x;{}", &text[..at], &text[at..]);
        let edited = parsed.edited(open.as_str()).unwrap();
        assert_eq!(names(&edited), names(&syntax::parse(language, open.as_str()).unwrap()), "{path}");
        assert_eq!(names(&edited.edited(text).unwrap()), names(&parsed), "{path}");
        // And so does what stands behind it.
        let word = text.find("struct").or(text.find("class")).unwrap();
        let other = format!("{}x{}", &text[..word], &text[word..]);
        let edited = parsed.edited(other.as_str()).unwrap();
        assert_eq!(edited.errors(), syntax::parse(language, other.as_str()).unwrap().errors(), "{path}");
        assert_eq!(names(&edited.edited(text).unwrap()), names(&parsed), "{path}");
    }
    // An operand in a line of its own is none.
    let text = "int flags = FIRST |\n    SECOND\n;\nstruct S { int a; };\n";
    let parsed = syntax::parse(registry.by_path("a.cpp").unwrap(), text).unwrap();
    assert_eq!(parsed.errors(), 0);
}

/// Kind, name and container of all that a text defines.
fn outline(path: &str, text: &str) -> Vec<String> {
    let registry = Registry::new();
    let parsed = syntax::parse(registry.by_path(path).unwrap(), text).unwrap();
    let facts = syntax::tags(&parsed, path);
    let all = facts.definitions.iter().map(|definition| {
        let parent = definition.parent.map_or("", |parent| facts.definitions[parent as usize].name.of(text));
        let container = Some(definition.container.of(text)).filter(|name| !name.is_empty()).unwrap_or(parent);
        format!("{} {} {container}", definition.kind.name(), definition.name.of(text)).trim_end().to_string()
    });
    all.collect()
}

#[test]
fn a_macro_before_the_name_of_a_class_does_not_take_it_away() {
    let text = r#"namespace a {
LIB_NAMESPACE_BEGIN
class QT_EXPORT Button : public QWidget {
    Q_OBJECT
    Q_PROPERTY(int size READ size)
public:
    explicit Button(QWidget *parent = nullptr);
public slots:
    void press();
signals:
    void pressed();
};
class LOCKABLE WARN_UNUSED Mutex final { public: void Lock() EXCLUSIVE_LOCK_FUNCTION(mu_); int n_ GUARDED_BY(mu_); int q() const ATTR { return 1; } };
struct API(1) Plain { int w; };
struct FINAL final { int f; };
enum class API Colour { Red };
class API Forward;
using any DEPRECATE() = int;
LIB_NAMESPACE_END
WARNING_POP
OTHER_WARNING_POP
Button::operator bool() const { return true; }
}
"#;
    let wanted = [
        "module a",
        "class Button a",
        "method Button Button",
        "method press Button",
        "method pressed Button",
        "class Mutex a",
        "method Lock Mutex",
        "attribute n_ Mutex",
        "method q Mutex",
        "struct Plain a",
        "attribute w Plain",
        "struct FINAL a",
        "attribute f FINAL",
        "enum Colour a",
        "variant Red Colour",
        "type any a",
        "method operator bool Button",
    ];
    assert_eq!(outline("a.hpp", text), wanted);
}

#[test]
fn a_macro_behind_parameters_does_not_take_the_function_away() {
    let text = "void p1(int a, const char *fmt, ...) PRINTF(2, 3);\nint p2(int a) WARN_UNUSED;\nAPI int p3(const char *fmt)\n  PRINTF(1, 2) NONNULL;\n\
        int p4(int) __must_check;\nstatic int p5(void) UNUSED { return 0; }\nFORMcode DEPRECATED(7.56, \"use (p1)\")\np6(int a);\n\
        typedef void *p7(void *u);\ntypedef struct x { int a; } p8, *p9;\n";
    let found = outline("a.h", text);
    for wanted in ["p1", "p2", "p3", "p4", "p5", "p6"] {
        assert!(found.contains(&format!("function {wanted}")), "{wanted}: {found:?}");
    }
    for wanted in ["p7", "p8", "p9"] {
        assert!(found.contains(&format!("type {wanted}")), "{wanted}: {found:?}");
    }
}

/// A call behind brackets is one.
#[test]
fn a_macro_that_is_called_in_a_statement_is_no_annotation() {
    let registry = Registry::new();
    let text = "void f(char *p) {\n  if (p) FREE(p);\n  while (p) NEXT(p);\n  LIST_FOREACH(p, q) DROP(p);\n  int n = (int) SIZE(p);\n  else_if(p) ? LEFT(p) : RIGHT(p);\n}\n#define go(x) STOP(x);\n";
    let parsed = syntax::parse(registry.by_path("a.c").unwrap(), text).unwrap();
    for name in ["FREE", "NEXT", "SIZE", "LEFT", "RIGHT"] {
        let at = text.find(name).unwrap();
        assert!(matches!(uses::use_of(&parsed, &(at..at + name.len())), uses::Use::Call(_)), "{name}");
    }
}

#[test]
fn items_inside_of_a_macro_are_items() {
    let text = r#"cfg_rt! {
    mod join;
    pub use join::Handle;
    impl Handle {
        pub fn abort(&self) {}
    }
    cfg_unstable! {
        pub struct Socket { fd: i32 }
    }
}

pin_project! {
    // A comment.
    #[derive(Debug)]
    pub struct Timeout<T> { #[pin] value: T }
}

pub fn after() {}

lazy_static! {
    static ref NAMES: Vec<String> = vec![];
}
thread_local!(static PLAIN: u8 = 1);
thread_local! { static DEPTH: u8 = 1; }
cfg_if! {
    if #[cfg(unix)] {
        fn on_unix() {}
    } else if #[cfg(windows)] {
        fn on_windows() {}
    } else {
        fn elsewhere() {}
    }
}
bitflags! {
    /// Doc.
    pub struct Flags: u32 {
        const READ = 1;
        const _ = !0;
        const BOTH = Self::READ.bits() | 2;
    }
}
trait Both = Send + Sync;
fn make() -> TokenStream {
    quote! {
        impl Foo for #name {}
    }
}
"#;
    let wanted = [
        "module join",
        "method abort Handle",
        "struct Socket",
        "attribute fd Socket",
        "struct Timeout",
        "attribute value Timeout",
        "function after",
        "constant NAMES",
        "constant DEPTH",
        "function on_unix",
        "function on_windows",
        "function elsewhere",
        "enum Flags",
        "variant READ Flags",
        "variant BOTH Flags",
        "type Both",
        "function make",
    ];
    let found: Vec<String> = outline("a.rs", text).into_iter().filter(|found| !found.starts_with("reexport")).collect();
    assert_eq!(found, wanted);
}

/// What looks like an item at first may be none; then nothing behind it may suffer.
#[test]
fn what_a_macro_of_its_own_form_holds_is_no_item() {
    let text = "plugin_group! {\n    pub struct Defaults {\n        bevy_app:::Plugin,\n        #[x] :Other,\n    }\n}\n\n#[derive(Default)]\nstruct After;\n\
        impl X {\n    cfg_select! {\n        unix => { f() }\n        _ => {}\n    }\n    fn next() { select! {\n        x = y() => {}\n    } }\n    fn last() {}\n}\n";
    let found = outline("a.rs", text);
    assert!(found.contains(&"struct After".into()) && found.contains(&"method last X".into()), "{found:?}");
    assert!(!found.contains(&"struct Defaults".into()), "{found:?}");
}

/// The parser does not see it, but a rename has to.
#[test]
fn a_macro_that_the_parser_is_not_shown_is_still_named() {
    let registry = Registry::new();
    let text = "#define API\n// API\nclass API Button {\npublic:\n  void lock() API_LOCKS(mu_);\n};\n";
    let parsed = syntax::parse(registry.by_path("a.hpp").unwrap(), text).unwrap();
    let facts = syntax::tags(&parsed, "a.hpp");
    let counts: Vec<_> = facts.names.iter().filter(|(name, _)| ["API", "API_LOCKS", "mu_"].contains(name)).collect();
    assert!(counts.contains(&("API", 2)) && counts.contains(&("API_LOCKS", 1)) && counts.contains(&("mu_", 1)), "{counts:?}");
    let code = uses::uses(&parsed, "API").into_iter().filter(|(_, within)| *within == uses::Within::Code).count();
    assert_eq!(code, 2);
}

/// What is hidden from the parser may change with a keystroke elsewhere; then the tree is that of the new text.
#[test]
fn typing_a_macro_leads_to_the_facts_of_the_text() {
    let registry = Registry::new();
    for (path, before, typed, after) in [
        ("a.hpp", "class ", "API Button : public Base ", "{ int n; };\nvoid g();\n"),
        ("a.hpp", "class API Button { void f() ", "LOCKS(mu_)", "; int n; };\n"),
        ("a.rs", "", "cfg_rt! {", "\n    fn a() {}\n}\nfn b() {}\n"),
        ("a.rs", "cfg_rt! {\n    fn a() { let x = ", "f(1);", " }\n}\nfn b() {}\n"),
    ] {
        let language = registry.by_path(path).unwrap();
        let mut parsed = syntax::parse(language, format!("{before}{after}")).unwrap();
        for end in 1..=typed.len() {
            let text = format!("{before}{}{after}", &typed[..end]);
            parsed = parsed.edited(text.as_str()).unwrap();
            let fresh = syntax::parse(language, text.as_str()).unwrap();
            let facts = |parsed: &syntax::Parsed| {
                let facts = syntax::tags(parsed, path);
                let mut names: Vec<(String, u32)> = facts.names.iter().map(|(name, count)| (name.to_string(), count)).collect();
                names.sort();
                (facts.definitions, names)
            };
            // In a broken text the parser guesses.
            if fresh.errors() == 0 || end == typed.len() {
                assert_eq!(facts(&parsed), facts(&fresh), "{text}");
            }
        }
    }
}

#[test]
fn aliases_with_parameters_and_names_in_nested_patterns_are_definitions() {
    let text = "type Gen[T] = list[T]\n[d1, *e1] = x\na, (b, *c), [d] = x\nclass K:\n    type In[T] = T\n    p, (q, r) = x\n";
    let wanted = ["type Gen", "variable d1", "variable e1", "variable a", "variable b", "variable c", "variable d"];
    let found = outline("a.py", text);
    for wanted in wanted.iter().chain(&["type In K", "attribute p K", "attribute q K", "attribute r K"]) {
        assert!(found.iter().any(|found| found == wanted), "{wanted}: {found:?}");
    }
}

/// What is known of languages without a grammar is data like that of all others, and what they do not say is as all have it.
#[test]
fn files_that_no_grammar_reads_have_a_surface() {
    let surface = |path: &str| Surface::in_file(None, path);
    assert_eq!(surface("app/models/user.rb").blocks, Blocks::Words);
    assert!(surface("app/models/user.rb").worded.contains(&"def".to_string()));
    assert_eq!(surface("index.html").block, Some(["<!--".to_string(), "-->".to_string()]));
    assert!(surface("sub/Makefile").recipes && surface("rules.mk").recipes && !surface("Makefile.rs").recipes);
    for path in ["app/models/user.rb", "index.html", "Makefile", "notes", ".rb", ""] {
        assert!(!surface(path).is_read() && surface(path).opens.contains(&"{".to_string()), "{path}");
    }
    for language in Registry::new().languages() {
        let surface = &language.surface;
        assert!(surface.is_read() && surface.opens.contains(&"{".to_string()), "{}", language.name);
        assert_eq!(surface.has_braces(), !language.indented, "{}", language.name);
    }
}
