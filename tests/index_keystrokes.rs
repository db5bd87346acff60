//! Keystrokes in an open document: what the index makes of them is what it makes of the whole text, and it costs what they change, also where
//! the text does not parse cleanly.

use std::sync::Arc;

use longsight::index::{Index, Options, Tier};
use longsight::syntax::{self, Registry, change};
use longsight::text::{self, Cut, Text};
use longsight::workspace::Document;

use crate::samples::samples;
use crate::support::tree::{Tree, summary, until};

/// What an index makes of a keystroke is what it makes of the whole text. In a strict process the index compares both itself, and its
/// thread dies where they differ, so that no later version arrives.
#[test]
fn edits_give_the_same_facts_as_a_fresh_parse() {
    for (folder, name, text) in samples() {
        type_into(&folder, &name, &text, 400);
    }
}

/// The same where lines end otherwise, and where letters have several bytes.
#[test]
fn edits_give_the_same_facts_in_texts_of_every_kind() {
    for (folder, name, text) in samples() {
        type_into(&folder, &name, &text.replace('\n', "\r\n"), 120);
        type_into(&folder, &name, &text.replace('\n', "\r"), 80);
        type_into(&folder, &name, &text.replace("the ", "日本🦀 ").replace("re", "ré"), 120);
    }
}

fn type_into(folder: &str, name: &str, whole: &str, versions: i32) {
    let tree = Tree::new(&[(name, whole)]);
    let place = tree.roots().locate(&tree.path(name)).unwrap();
    let registry = Registry::new();
    let language = registry.detect(name, whole).unwrap();
    let index = tree.index(Options::default());
    let first = summary(&index.view());
    let mut patched = 0;
    let mut session = Session { text: whole.into(), seed: 7 };
    // As a server has it, where one version shares the memory of the other, and now and then as a whole new text.
    let mut text = Text::new(whole);
    for version in 0..versions {
        match Cut::between(&text.to_string(), &session.text) {
            Some(cut) if version % 7 > 0 => text.replace(cut.start..cut.old_end, &session.text[cut.start..cut.new_end]),
            _ => text = Text::new(&session.text),
        }
        assert_eq!(text.to_string(), session.text);
        let document = Document { text: text.clone(), ..tree.document(name, &language.name, version, "") };
        index.update(document);
        index.sync();
        let view = index.view();
        let found = view.at(&place).unwrap();
        let shown = text::layout::with_line_feeds(&session.text);
        assert_eq!(found.hash, xxhash_rust::xxh3::xxh3_64(shown.as_bytes()), "{folder}/{name}: version {version} made the index fail");
        assert_eq!(found.lines as usize, shown.lines().count(), "{folder}/{name}: version {version}");
        patched += i32::from(found.tier == Tier::Parsed);
        if session.text == *whole {
            assert_eq!(summary(&view), first, "{folder}/{name}: version {version} is the text as it was");
        } else if version % 8 == 1 && syntax::parse(language, session.text.as_str()).is_ok_and(|parsed| !parsed.is_broken()) {
            let fresh = Tree::new(&[(name, &session.text)]);
            assert_eq!(summary(&view), fresh.fresh(), "{folder}/{name}: version {version}:\n{}", session.text);
        }
        session.step(version as usize, whole);
    }
    assert!(patched > versions * 3 / 4, "{folder}/{name}: {patched}");
}

/// A version is put together in the memory of one that nobody looks at any more, which another document's may be.
#[test]
fn documents_that_are_typed_in_by_turns_keep_their_own_texts() {
    let names = ["a.py", "b.py"];
    let text = |name: &str| (0..60).map(|at| format!("def {}{at}(é):\n    return '日本'\n", &name[..1])).collect::<String>();
    let tree = Tree::new(&[]);
    let registry = Arc::new(Registry::new());
    let python = registry.by_path("a.py").unwrap();
    let index = Index::start(tree.roots(), registry.clone(), Options::default());
    let mut documents = names.map(|name| tree.document(name, "python", 0, &text(name)));
    let (mut held, mut seed) = (vec![], 7u64);
    for version in 0..240 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let turn = [0, 1, 0, 0, 1, 1, 1][version % 7];
        let document = &mut documents[turn];
        document.version += 1;
        let at = (seed >> 33) as usize % document.text.len_bytes();
        match seed >> 30 & 3 {
            0 => document.text.replace(at..at + 3, ""),
            1 => document.text.replace(at..at, "x\n"),
            _ => document.text.replace(at..at, &"ü".repeat(version % 40)),
        }
        index.update(document.clone());
        index.sync();
        for document in &documents {
            let Some(file) = index.view().at(document.path.as_ref().unwrap()).cloned() else { continue };
            assert_eq!(file.hash, document.text.hash(), "version {version} of {}", document.uri);
        }
        let shown = documents[turn].text.to_arc();
        let tree = index.trees().of(&documents[turn].uri, python, &shown).unwrap();
        // Who looks at a version keeps it as it was.
        held.push((shown, tree));
        held.drain(..held.len().saturating_sub(1 + version % 3));
        assert!(held.iter().all(|(shown, tree)| tree.text() == &**shown), "version {version}");
    }
}

/// A form looks at what is far away: at what closes a macro, at where brackets begin, at the line above.
#[test]
fn what_the_parser_is_not_shown_after_an_edit_is_what_the_text_says() {
    longsight::report::be_strict();
    let registry = Registry::new();
    for (name, text, pieces) in [("a.cpp", MACROS, PIECES_OF_C), ("a.c", MACROS, PIECES_OF_C), ("a.rs", MACROS_OF_RUST, PIECES_OF_RUST)] {
        let language = registry.by_path(name).unwrap();
        let whole = text.repeat(3);
        let mut session = Session { text: whole.clone(), seed: 11 };
        let mut parsed = syntax::parse(language, whole.as_str()).unwrap();
        for step in 0..3000 {
            let at = session.random(session.text.len());
            let at = session.boundary(at);
            if step % 60 == 59 {
                session.text.clone_from(&whole);
            } else if step % 4 == 3 {
                let end = session.random(12);
                let end = session.boundary((at + end).min(session.text.len()));
                session.text.replace_range(at..end, "");
            } else {
                let piece = pieces[session.random(pieces.len())];
                session.text.insert_str(at, piece);
            }
            // A strict process compares what it hides with what it finds in the whole text.
            parsed = parsed.edited(session.text.as_str()).unwrap();
        }
    }
}

const PIECES_OF_C: &[&str] = &[
    ";",
    "\"",
    "//",
    "#",
    "(",
    ")",
    "{",
    "}",
    "\n",
    " API ",
    ") API;",
    "\nAPI_BEGIN\n",
    "é",
    "\r\n",
    "x",
    "class ",
    "[[",
    "]]",
    "Q_OBJECT",
    ";\n",
];
const MACROS: &str = r#"#include <a.h>
API_BEGIN
class LIB_EXPORT("a;b") Button : public Base { // said; LIB
    Q_OBJECT
    Q_PROPERTY(int size
               READ size)
  public:
    void lock(int a,
              int b) EXCLUSIVE_LOCKS(mu_, other(x)) ;
    int n_ GUARDED_BY(mu_);
  public slots:
    void press() NOTHROW { call(a) ? LEFT(b) : RIGHT(c); }
  signals:
};
API_END
LIB_API handle *open(const char *name) __must_check;
int LIB_DEPRECATED("since; 7.1") old(void);
/* a comment; with
   API_BEGIN
   a semicolon */
struct [[nodiscard]] LIB_EXPORT Point { int x, y; };
#define GO(x) STOP(x); \
    MORE(x);
struct handle_s {
    int x; // the first; and
    HANDLE_FIELDS
};
class Out FUTURE_FINAL : public Base {
};
Out::Out()
#ifdef COLOURS // a; b
    : a(1)
#endif
{
    NEVER(a)
    NEVER(b)
}
ABSL_FLAG(int, most, 1, "the; most");
ZEXTERN int ZEXPORT deflate OF((z_streamp strm, int flush));
typedef int GIT_CALLBACK(found)(int a);
PNG_EXPORT(1, int, png_version, (void));
#define GLOB "refs/*; refs/*"
static void last(void) UNUSED { const char *s = "class API X {;"; while (s) NEXT(s); }
"#;

const PIECES_OF_RUST: &[&str] = &[
    ";",
    "\"",
    "//",
    "#",
    "!",
    "(",
    ")",
    "{",
    "}",
    "\n",
    "cfg_rt! {\n",
    "\n}\n",
    "é",
    "\r\n",
    "x",
    "pub ",
    "ref ",
    "fn f() {}\n",
    " = ",
    ";\n",
];
const MACROS_OF_RUST: &str = r#"//! A text; with macros.
cfg_rt! {
    mod join;
    impl Handle { pub fn abort(&self) {} }
    cfg_unstable! {
        pub struct Socket { fd: i32 }
    }
}
lazy_static! {
    static ref NAMES: Vec<String> = vec![]; // cfg_rt! {
}
pin_project! {
    // A comment;
    #[derive(Debug)]
    pub struct Timeout<T> { #[pin] value: T }
}
cfg_if! {
    if #[cfg(unix)] {
        fn on_unix() { f(";"); }
    } else if #[cfg(windows)] {
        fn on_windows() {}
    } else {
        fn elsewhere() {}
    }
}
bitflags! {
    pub struct Flags: u32 {
        const READ = 1;
        const _ = !0;
    }
}
plugin_group! {
    pub struct Defaults {
        bevy_app:::Plugin,
    }
}
trait Both = Send + Sync;
fn make() { quote! { impl Foo for #name {} } select! { x = y() => {} } }
"#;

/// Its facts were made anew, and all that is made of the view with them.
#[test]
fn a_document_that_is_opened_as_it_lies_on_disk_changes_nothing() {
    let text = "fn a() {\n    b();\n}\n";
    let tree = Tree::new(&[("a.rs", text), ("b.rs", "fn b() {}\n")]);
    let index = tree.index(Options::default());
    let before = index.view();
    let document = |version: i32, text: &str| tree.document("a.rs", "rust", version, text);
    let told = index.update(document(1, text));
    index.sync();
    assert_eq!(index.view().generation(), before.generation());
    assert_eq!(*index.taken().borrow(), told, "it was looked at all the same");
    index.update(document(2, &text.replace("b();", "c();")));
    index.update(document(3, &text.replace("fn a", "fn d")));
    index.sync();
    assert!(index.view().named("a").is_empty() && index.view().named("d").len() == 1);
    // In another language it says something else.
    index.close(&document(3, "").uri);
    index.update(tree.document("a.rs", "python", 4, text));
    index.sync();
    assert!(index.view().named("a").is_empty() && index.view().named("d").is_empty());
    index.close(&document(4, "").uri);
    index.sync();
    tree.assert_fresh(&index);
}

/// A text that is typed while the parser rests from the version before it was known by its lines until the next key.
#[test]
fn b16_a_document_is_read_when_its_parser_has_rested_though_nobody_types() {
    let hard = format!("{};\n", "A<".repeat(1500)).repeat(100);
    let tree = Tree::new(&[("a.cpp", "int before() { return 1; }\n")]);
    let index = tree.index(Options { threads: 2, ..Options::default() });
    let place = tree.roots().locate(&tree.path("a.cpp")).unwrap();
    let tier = || index.view().at(&place).unwrap().tier;
    let mut shown = vec![];
    for (version, text) in [hard.as_str(), "int after() { return 2; }\n"].into_iter().enumerate() {
        index.update(tree.document("a.cpp", "cpp", version as i32, text));
        index.sync();
        shown.push(tier());
    }
    assert_eq!(shown, [Tier::Lexical, Tier::Lexical], "the parser has to rest here");
    until(&index, "a text that can be parsed", |view| view.at(&place).unwrap().tier == Tier::Parsed);
    assert_eq!(index.view().named("after").len(), 1);
    // One that the parser has tried itself is not tried again and again.
    index.update(tree.document("a.cpp", "cpp", 2, &hard));
    index.sync();
    assert_eq!((tier(), index.trees().rests(&tree.document("a.cpp", "cpp", 2, "").uri, &hard.into())), (Tier::Lexical, None));
}

/// Someone who types, deletes, breaks lines and brackets, and now and then goes back to what was right.
struct Session {
    text: String,
    seed: u64,
}

impl Session {
    fn random(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below.max(1)
    }

    fn boundary(&self, at: usize) -> usize {
        (at..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len())
    }

    fn step(&mut self, step: usize, whole: &str) {
        const TYPED: &[&str] = &[
            "x",
            "\n",
            "}",
            "(",
            " ",
            "\n\n",
            "1",
            "{",
            "\"",
            "/* c */",
            ".name",
            " = 1",
            "#",
            ", more",
            "\n    def f(): pass\n",
            "self.x = 1\n",
            "/*",
            "'''",
            ";",
            "\r\n",
            "\r",
            "ü🦀",
            "import a.b\n",
        ];
        if step % 40 == 39 {
            return self.text = whole.into();
        }
        let at = self.random(self.text.len());
        let at = self.boundary(at);
        match step % 5 {
            3 => {
                let end = self.random(24);
                let end = self.boundary((at + end).min(self.text.len()));
                self.text.replace_range(at..end, "");
            }
            4 => {
                // A piece of the text once more.
                let length = self.random(200);
                let end = self.boundary((at + length).min(self.text.len()));
                let piece = self.text[at..end].to_string();
                let to = self.random(self.text.len());
                let to = self.boundary(to);
                self.text.insert_str(to, &piece);
            }
            _ => {
                let typed = TYPED[self.random(TYPED.len())];
                self.text.insert_str(at, typed);
            }
        }
    }
}

/// Keystrokes in names of a long text with a broken place in the middle, one at the start or one at the end.
#[test]
fn a_keystroke_in_a_broken_text_costs_what_it_changes() {
    let registry = Registry::new();
    for (folder, name, text) in samples() {
        let language = registry.detect(&name, &text).unwrap();
        for broken in [0, 6, 11] {
            let copies: Vec<String> =
                (0..12).map(|at| if at == broken { format!("{text}\n)) ] == {{ ; (\n") } else { text.clone() }).collect();
            let mut session = Session { text: copies.join("\n"), seed: 3 };
            let mut before = syntax::parse(language, session.text.as_str()).unwrap();
            assert!(before.errors() > 0, "{folder}/{name}");
            let (mut told, mut replaced) = (0, 0);
            for _ in 0..40 {
                let at = session.random(session.text.len() - 1);
                let in_name = session.text.as_bytes()[at..at + 2].iter().all(u8::is_ascii_lowercase);
                if !in_name {
                    continue;
                }
                session.text.insert(at + 1, 'q');
                let after = before.edited(session.text.as_str()).unwrap();
                told += 1;
                replaced += change::between(&before, &after, &name).map_or(session.text.len(), |change| change.before.len());
                before = after;
            }
            // The broken place may be told as one piece; the rest is told by items.
            assert!(
                told > 4 && replaced < told * session.text.len() / 4,
                "{folder}/{name}: {replaced} bytes of {} by {told}",
                session.text.len()
            );
        }
    }
}

/// What is typed into the name or the head of a long function costs that, not the function.
#[test]
fn a_keystroke_in_the_head_of_a_long_function_costs_the_head() {
    let registry = Registry::new();
    let body = "    if (first > 1) { call(first, \"text\"); }\n".repeat(300);
    let text = format!("int before;\nstatic int longest(int first, int second) {{\n{body}}}\nint after;\n");
    for (name, place) in [("a.c", "longest"), ("a.c", "second"), ("a.cpp", "longest"), ("a.cpp", "first"), ("a.cpp", ") {")] {
        let language = registry.detect(name, &text).unwrap();
        let before = syntax::parse(language, text.as_str()).unwrap();
        let mut typed = text.clone();
        let at = text.find(place).unwrap() + 1;
        typed.insert(at, if place.starts_with(')') { '\n' } else { 'q' });
        let after = before.edited(typed.as_str()).unwrap();
        let replaced = change::between(&before, &after, name).map_or(text.len(), |change| change.before.len());
        assert!(replaced < 100, "{name}: {replaced} bytes for a key in `{place}`");
        let tree = Tree::new(&[(name, &text)]);
        let index = tree.index(Options::default());
        index.update(tree.document(name, &language.name, 1, &text));
        index.update(tree.document(name, &language.name, 2, &typed));
        index.sync();
        assert_eq!(summary(&index.view()), Tree::new(&[(name, &typed)]).fresh(), "{name}: {place}");
    }
}

/// A row of open angle brackets that keys make too long is left alone as one that was read so, and read again once it is ended.
#[test]
fn a_row_of_open_brackets_is_left_alone_when_it_is_typed_as_well() {
    let registry = Registry::new();
    let language = registry.detect("a.ts", "").unwrap();
    let text = |row: &str| format!("let a = 1;\nlet b = a {row} c;\nlet d = 2;\n");
    let mut parsed = syntax::parse(language, text("")).unwrap();
    for many in [text(&"<a".repeat(2001)), text(&format!("{}\n{}", "<".repeat(1000), "<".repeat(1001)))] {
        assert_eq!(syntax::parse(language, many.as_str()).unwrap_err(), syntax::ParseError::Budget);
        assert_eq!(parsed.edited(many.as_str()).unwrap_err(), syntax::ParseError::Budget);
    }
    let halves = |between: &str| text(&format!("{}{between}{}", "<a".repeat(1001), "<a".repeat(1000)));
    parsed = parsed.edited(halves(";")).unwrap();
    assert_eq!(parsed.edited(halves("")).unwrap_err(), syntax::ParseError::Budget, "what ended a row has gone");
    assert!(parsed.edited(halves("=")).is_ok());
}

/// Members are told by what they are in: a new name for that is theirs as well, but for what they call it themselves.
#[test]
fn what_is_in_a_thing_that_is_renamed_is_told_by_its_new_name() {
    let texts = [
        ("a.cpp", "namespace outer {\nint one() { return 1; }\nvoid outer::two() {}\nstruct inner { int a; };\n}\n", "outer"),
        ("a.cpp", "namespace outer {\nint one() { return 1; }\nint three;\nstruct inner { int a; };\n}\n", "outer"),
        ("a.py", "class Outer(Base):\n    kept = 1\n    def one(self):\n        self.x = 2\n        def deep(): pass\n", "Outer"),
        ("a.js", "function outer(a) {\n  function one() { function deep() {} }\n  class Two { three() {} }\n}\n", "outer"),
        ("a.rs", "mod outer { pub fn one() {} impl outer { fn two() {} } pub mod inner { fn three() {} } }\n", "outer"),
        ("a.go", "package a\ntype Outer struct { A int; B string }\nfunc (o Outer) One() {}\n", "Outer"),
    ];
    let registry = Registry::new();
    for (name, text, place) in texts {
        let language = registry.detect(name, text).unwrap();
        let tree = Tree::new(&[(name, text)]);
        let index = tree.index(Options::default());
        let mut typed = text.to_string();
        index.update(tree.document(name, &language.name, 1, &typed));
        for (version, letter) in ["q", "r", "é", ""].into_iter().enumerate() {
            let at = text.find(place).unwrap() + 2;
            if letter.is_empty() {
                typed = text.into();
            } else {
                typed.insert_str(at, letter);
            }
            index.update(tree.document(name, &language.name, version as i32 + 2, &typed));
            index.sync();
            assert_eq!(summary(&index.view()), Tree::new(&[(name, &typed)]).fresh(), "{name}: {typed}");
        }
    }
}

/// What an edit adds inside of what it renames says by itself what it is in.
#[test]
fn what_is_added_to_a_thing_that_is_renamed_keeps_what_it_says_of_itself() {
    let body = "  call(a);\n".repeat(60);
    let text = format!("function outer(a) {{\n{body}  function one() {{}}\n}}\n");
    let typed = text.replacen("outer(a)", "outerq(a = outer.prototype.x = function () {})", 1);
    let tree = Tree::new(&[("a.js", &text)]);
    let index = tree.index(Options::default());
    index.update(tree.document("a.js", "javascript", 1, &text));
    index.update(tree.document("a.js", "javascript", 2, &typed));
    index.sync();
    assert_eq!(summary(&index.view()), Tree::new(&[("a.js", &typed)]).fresh());
}
