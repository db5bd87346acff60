//! What the grammar cannot read is found all the same: declarations with macros that no grammar knows, and code around half-written lines.

use longsight::syntax::{self, Definition, Registry};

/// Kind and name of all that a text defines, with the first and the last line, and how many places do not parse.
fn found(path: &str, text: &str) -> (Vec<String>, usize) {
    let registry = Registry::new();
    let parsed = syntax::parse(registry.by_path(path).unwrap(), text).unwrap();
    let line = |one: &Definition| format!("{} {} {}-{}", one.kind.name(), one.name.of(text), one.line + 1, one.end_line + 1);
    (syntax::tags(&parsed, path).definitions.iter().map(line).collect(), parsed.errors())
}

fn names(path: &str, text: &str) -> Vec<String> {
    let (found, errors) = found(path, text);
    assert_eq!(errors, 0, "{found:?} in {text}");
    found.iter().map(|found| found.rsplit_once(' ').unwrap().0.to_string()).collect()
}

/// The macro passed for the type, and the type for the name; or all up to the end of the file was unread.
#[test]
fn macros_beside_a_type_do_not_take_the_function_away() {
    for (declaration, wanted) in [
        ("LUA_API lua_Integer luaV_idiv (lua_State *L, lua_Integer x);", "function luaV_idiv"),
        ("LUA_API void (lua_settop) (lua_State *L, int idx);", "function lua_settop"),
        ("void printflike(1, 2) cfg_add_cause(const char *, ...);", "function cfg_add_cause"),
        ("static char * printflike(1, 2)\nformat_printf(const char *fmt, ...)\n{\n\treturn 0;\n}", "function format_printf"),
        ("extern DECLSPEC SDL_Palette *SDLCALL SDL_AllocPalette(int ncolors);", "function SDL_AllocPalette"),
        ("CURL_EXTERN ALLOC_SIZE(2) void *curl_dbg_realloc(void *ptr,\n  size_t size);", "function curl_dbg_realloc"),
        ("CURL_EXTERN CURL *curl_easy_init(void);", "function curl_easy_init"),
        ("DWORD WINAPI thread_main(LPVOID data)\n{\n  return 0;\n}", "function thread_main"),
        ("int HID_API_EXPORT hid_init(void)\n{\n  return 0;\n}", "function hid_init"),
        ("static FORCE_INLINE int f(void) { return 1; }", "function f"),
        ("static inline FORMAT_PRESERVING(1) const char *_(const char *msgid)\n{\n  return msgid;\n}", "function _"),
        (
            "GLIB_DEPRECATED_FOR(g_date_set_time_t)\nvoid         g_date_set_time_val          (GDate       *date);",
            "function g_date_set_time_val",
        ),
        ("typedef GLuint (APIENTRYP PFNGLCREATEPROC) (GLenum type);", "type PFNGLCREATEPROC"),
        ("typedef void (GL_APIENTRY *PFNGLPROC)(GLenum source);", "type PFNGLPROC"),
        ("REDISMODULE_API int (*RedisModule_WrongArity)(RedisModuleCtx *ctx) REDISMODULE_ATTR;", "variable RedisModule_WrongArity"),
    ] {
        let text = format!("int before(void);\n{declaration}\nint after(void);\n");
        assert_eq!(names("a.c", &text), ["function before", wanted, "function after"], "{declaration}");
    }
}

#[test]
fn macros_beside_a_member_do_not_take_it_away() {
    for (declaration, wanted) in [
        ("LIB_API std::string filename_to_str(const filename_t &filename);", "function filename_to_str"),
        ("std::string PROTOC_EXPORT GetNamespace(const File* file);", "function GetNamespace"),
        ("LIB_INLINE pool::pool(size_t most, std::function<void()> start)\n    : most_(most)\n{\n}", "method pool"),
        ("LIB_INLINE pool::~pool()\n{\n    stop();\n}", "method ~pool"),
        ("void LIB_INLINE pool::post(message &&posted)\n{\n}", "method post"),
        ("LIB_INLINE spdlog::level::level_enum spdlog::sinks::sink::level() const\n{\n    return level_;\n}", "method level"),
        ("STDMETHODIMP Foo::bar(int a)\n{\n    return 0;\n}", "method bar"),
        ("LIB_EXPORT template <typename Char>\nvoid vprint(std::basic_ostream<Char>& os) {\n}", "function vprint"),
        ("template<> LIB_EXPORT ::lib::Proto* Arena::CreateMaybeMessage<::lib::Proto>(Arena*);", ""),
    ] {
        let text = format!("int before();\n{declaration}\nint after();\n");
        let wanted: Vec<&str> = ["function before", wanted, "function after"].into_iter().filter(|wanted| !wanted.is_empty()).collect();
        if wanted.len() == 3 {
            assert_eq!(names("a.cpp", &text), wanted, "{declaration}");
        } else {
            let (found, _) = found("a.cpp", &text);
            assert!(found.contains(&"function after 3-3".into()), "{declaration}: {found:?}");
        }
    }
    let text = "class Colour {\n  LIB_CONSTEXPR detail::type get() const noexcept { return 1; }\n  LIB_CONSTEXPR20 ~Colour() { drop(); }\n  LIB_CONSTEXPR Colour() noexcept : ucs(0) {}\n};\n";
    assert_eq!(names("a.cpp", text), ["class Colour", "method get", "method ~Colour", "method Colour"]);
}

/// What a macro of the file's own makes was an error, which took the namespace or the function below along.
#[test]
fn a_call_alone_in_its_line_does_not_take_what_stands_below() {
    let text = "DEFINE_FLAG(int, most, 4)\nDEFINE_FLAG(bool, quick, true)\n\nnamespace x {\nint f() { return 1; }\n}\n";
    assert_eq!(names("a.cpp", text), ["module x", "function f"]);
    let text = "G_DEFINE_TYPE (Flags, flags, G_TYPE_OBJECT)\n\nstatic void\nflags_init (Flags *flags)\n{\n}\n";
    assert_eq!(names("a.c", text), ["function flags_init"]);
    // What stands in it, or below it in braces, is not hidden.
    let text = "TEST(Pool, Starts)\n{\n  int n = 1;\n}\n\nstatic int f(void) {\n  return 1;\n}\n";
    assert!(names("a.cpp", text).contains(&"function f".into()));
}

/// Three of four functions of a header were lost behind a structure that ends with a macro.
#[test]
fn a_macro_before_the_brace_that_ends_a_body_does_not_take_what_follows() {
    for body in
        ["int x;\n  FIELDS\n", "FIELDS\n", "int x; // first\n  // private\n  FIELDS /* the rest */\n", "int x;\n  COPY(Handle)\n  FIELDS\n"]
    {
        for head in ["struct handle_s {", "struct handle_s : public base<int> {"] {
            let path = if head.contains("public") { "a.cpp" } else { "a.c" };
            let text = format!("{head}\n  {body}}};\nint after(int a);\n");
            let names = names(path, &text);
            let known = |name: &str| names.iter().any(|known| known == name);
            assert!(
                known("struct handle_s") && known("function after") && !names.iter().any(|name| name.contains("FIELDS")),
                "{text}: {names:?}"
            );
        }
    }
    let text = "void f(int a)\n{\n   UNUSED(a)\n   UNUSED(b)\n}\n\nvoid CALL\ng(int a)\n{\n  if (a) {\n  }\n  UNLOCK\n}\nint h(void);\n";
    assert_eq!(names("a.c", text), ["function f", "function g", "function h"]);
    // What stands alone in the body of an enum is its member.
    for body in ["ONE\n", "TWO,\n  // the first\n  ONE\n", "TWO, // the first\n  ONE\n"] {
        for head in ["enum", "enum e", "typedef enum"] {
            let text = format!("int before(void);\n{head} {{\n  {body}}} x;\n");
            assert!(names("a.c", &text).contains(&"variant ONE".into()), "{text}");
        }
    }
}

/// Thousands of names in a few repositories: what each test declares passed for variables of its file.
#[test]
fn what_a_body_headed_by_a_macro_declares_is_its_own() {
    let body = "{\n  int own = 1;\n  static int many[3];\n  struct foo *more;\n  char **most(int);\n  run(own);\n}\n";
    for (path, head) in [
        ("a.c", "TEST_IMPL(starts)"),
        ("a.c", "TEST(Pool, Starts)"),
        ("a.c", "SYSCALL_DEFINE3(read, unsigned int, fd, char *, buf, size_t, n)\n"),
        ("a.cpp", "TEST_CASE(\"starts\")"),
        ("a.cpp", "TEST_F(Pool, Starts)"),
    ] {
        let (found, _) = found(path, &format!("{head} {body}int after(void) {{\n  return 1;\n}}\nint last;\n"));
        let names: Vec<&str> = found.iter().filter_map(|found| found.split(' ').nth(1)).collect();
        assert!(names.contains(&"after") && names.contains(&"last"), "{head}: {names:?}");
        assert!(!["own", "many", "more", "most"].iter().any(|own| names.contains(own)), "{head}: {names:?}");
    }
}

/// A function that gives an array of texts was none, neither where it is declared nor where it is a member.
#[test]
fn what_points_to_pointers_or_refers_to_them_is_found() {
    for (declaration, wanted) in [
        ("char **split(const char *s, int n);", "function split"),
        ("char ***splits(void);", "function splits"),
        ("const char *const *names(void);", "function names"),
        ("int (*handler(int sig))(int);", "function handler"),
        ("char **(*maker)(int);", "variable maker"),
        ("int (*triple)[3];", "variable triple"),
        ("typedef char **(*maker_t)(int);", "type maker_t"),
        ("typedef int (*triple_t)[3];", "type triple_t"),
    ] {
        let text = format!("int before(void);\n{declaration}\nint after(void);\n");
        assert_eq!(names("a.c", &text), ["function before", wanted, "function after"], "{declaration}");
    }
    let members = "struct s {\n  char **(*maker)(int);\n  int (*triple)[3];\n};\n";
    assert_eq!(names("a.c", members), ["struct s", "attribute maker", "attribute triple"]);
    for (declaration, wanted) in [
        ("T** grid();", "function grid"),
        ("T*& slot();", "function slot"),
        ("T* const& entry();", "function entry"),
        ("T** Table::grid() { return 0; }", "method grid"),
        ("T*& Table::slot() { return slot_; }", "method slot"),
        ("T* const& ns::Table::entry() const { return slot_; }", "method entry"),
        ("T*& slot() { return one; }", "function slot"),
        ("T*& alias = one;", "variable alias"),
    ] {
        let text = format!("int before();\n{declaration}\nint after();\n");
        assert_eq!(names("a.cpp", &text), ["function before", wanted, "function after"], "{declaration}");
    }
    let text = "class Table {\n  T** grid();\n  T*& slot();\n  T* const& entry() const;\n  T** rows() const { return 0; }\n  T*& at(int i) { return rows_[i]; }\n  friend T*& operator+(T*& a, int b);\n  T*& slot_;\n};\n";
    let wanted =
        ["class Table", "method grid", "method slot", "method entry", "method rows", "method at", "method operator+", "attribute slot_"];
    assert_eq!(names("a.cpp", text), wanted);
}

/// The class was lost, and what it declares stood in the file.
#[test]
fn macros_and_conditions_behind_the_name_of_a_class_leave_it_one() {
    let body = "{\n public:\n  int next();\n};\n";
    for head in [
        "class API Out FUTURE_FINAL : public Base ",
        "class API Out FUTURE_FINAL\n    : public ns::Base ",
        "class API Out FUTURE_FINAL ",
        "class Out FUTURE_FINAL ",
        "class Out FUTURE_FINAL : public Base ",
        "template <typename T>\nclass Out\n#if WITH_BASE > 3\n    : public Base<T>\n#endif\n",
    ] {
        let text = format!("{head}{body}int after();\n");
        assert_eq!(names("a.cpp", &text), ["class Out", "method next", "function after"], "{text}");
    }
    let text = "Out::Out()\n#ifdef WITH_COLOURS\n    : a(1), b{2}\n#endif\n{\n}\nOut::~Out() {}\nint after();\n";
    assert_eq!(names("a.cpp", text), ["method Out", "method ~Out", "function after"]);
    // A variable with its value is no class.
    let text = "struct Point ORIGIN{1, 2};\nint after();\n";
    assert_eq!(names("a.cpp", text), ["variable ORIGIN", "function after"]);
}

/// The definition behind a flag was a parameter of it.
#[test]
fn a_flag_with_its_semicolon_does_not_take_what_stands_below() {
    let text = "FLAG(int, most, 256 << 10,\n     \"the most; at once\");\nFLAG(std::string, name, f(1), \"n\");\nFLAG(bool, quick, false);\n\nnamespace {\nclass T {\n  T();\n};\n}\nPool::Pool(int n) { start(n); }\nint after() { return 1; }\n";
    assert_eq!(names("a.cpp", text), ["class T", "method T", "method Pool", "function after"]);
    // What has parameters declares something.
    let text = "class ABC {\npublic:\nABC(int a, int b = 1);\nABC(Other x);\n};\nint after();\n";
    assert_eq!(names("a.cpp", text), ["class ABC", "method ABC", "method ABC", "function after"]);
}

/// What well-known headers declare was not there: zlib, libpng, libgit2.
#[test]
fn what_macros_around_names_and_parameters_declare_is_found() {
    for (declaration, wanted) in [
        ("typedef int GIT_CALLBACK(apply_cb)(const int *a, void *p);", "type apply_cb"),
        (
            "ZEXTERN int ZEXPORT inflateInit2_ OF((z_streamp strm, int bits,\n                                      const char *version));",
            "function inflateInit2_",
        ),
        ("ZEXTERN const char * ZEXPORT zlibVersion OF((void));", "function zlibVersion"),
        ("static BOOL ready OF((int a));", "function ready"),
        ("typedef voidpf (*alloc_func) OF((voidpf opaque, uInt items));", "type alloc_func"),
        ("extern char **names __P((const char *));", "function names"),
        ("PNG_EXPORT(1, png_uint_32, png_version, (void));", "function png_version"),
        ("PNG_EXPORTA(3, png_structp, png_create,\n   (const char *version, int (*warn)(int)),\n   PNG_ALLOCATED);", "function png_create"),
        ("PNG_FP_EXPORT(4, void, png_set_gamma, (png_structrp png, double gamma))", "function png_set_gamma"),
        ("typedef PNG_CALLBACK(void, *png_error_ptr, (png_structp, const char *));", "type png_error_ptr"),
    ] {
        let text = format!("int before(void);\n{declaration}\nint after(void);\n");
        assert_eq!(names("a.c", &text), ["function before", wanted, "function after"], "{declaration}");
    }
    let text = "struct stream {\n  int GIT_CALLBACK(next)(struct stream *one);\n  void *GIT_CALLBACK(take)(struct stream *one);\n  const char *name;\n};\n";
    assert_eq!(names("a.c", text), ["struct stream", "attribute next", "attribute take", "attribute name"]);
    let text = "int f(void) {\n  return MAKER(a)(b) + CALL((a));\n}\n";
    let parsed = syntax::parse(Registry::new().by_path("a.c").unwrap(), text).unwrap();
    assert!(!parsed.hides(text.find("MAKER").unwrap()) && !parsed.hides(text.find("CALL").unwrap()));
}

/// All up to the next comment was a comment.
#[test]
fn a_string_in_the_text_of_a_macro_begins_no_comment() {
    let text = "#define HEADS \"refs/heads/*:refs/heads/*\" /* all */\nint one(void);\n#define ALL \"*/*\"\nint two(int a) { return a; }\n/* \"/*\" */\nint three(void);\n";
    for path in ["a.c", "a.cpp"] {
        assert_eq!(names(path, text), ["macro HEADS", "function one", "macro ALL", "function two", "function three"]);
    }
}

#[test]
fn enumerators_with_a_macro_behind_the_name_are_enumerators() {
    let text = "enum Language {\n  Thai = 1,\n  Lisu DECL_DEPRECATED_X(\"No data (yet); none\") = 285,\n  Limbu DECL_DEPRECATED,\n  G_IO_IN\tGLIB_SYSDEF_POLLIN,\n  Last\n};\n";
    let wanted = ["enum Language", "variant Thai", "variant Lisu", "variant Limbu", "variant G_IO_IN", "variant Last"];
    assert_eq!(names("a.h", text), wanted);
}

/// Types in capitals are none that stand for nothing.
#[test]
fn types_in_capitals_are_no_macros() {
    let registry = Registry::new();
    let text = "static BOOL f(HWND window);\nconst DWORD g(void);\nextern FILE *h(void);\nUINT const limit = 3;\nstruct FOO k(void);\nvoid f2(void) {\n  DWORD count = size(1);\n  HANDLE *one = two(3);\n  return MAKE(4) + five(6);\n}\nBOOL CALLBACK each(HWND w);\n";
    let parsed = syntax::parse(registry.by_path("a.c").unwrap(), text).unwrap();
    assert_eq!(parsed.errors(), 0);
    for name in ["BOOL", "DWORD", "FILE", "UINT", "FOO", "HANDLE", "MAKE"] {
        assert!(!parsed.hides(text.find(name).unwrap()), "{name}");
    }
    assert!(parsed.hides(text.find("CALLBACK").unwrap()));
}

/// Code with a place between two statements of a method, marked by `$0`, and what is typed there.
const HALF_WRITTEN: [(&str, &str, &[&str]); 8] = [
    (
        "a.rs",
        "struct S;\n\nimpl S {\n    fn one(&self) {\n        a();\n$0        b(&[1]);\n    }\n\n    fn two(&self) {}\n}\n\nfn after() {}\n\nenum E {\n    V,\n}\n",
        &[
            "        out.push(\n",
            "        let x = [\n",
            "        if a {\n",
            "        for x in a.iter() {\n            x.go(\n",
            "        }\n",
            "        foo(a, |x| {\n",
        ],
    ),
    (
        "a.py",
        "class S:\n    def one(self):\n        a()\n$0        b([1])\n\n    def two(self):\n        pass\n\n\ndef after():\n    pass\n",
        &["        out.append(\n", "        x = [\n", "        x = {\n", "        if f(a, (b\n", "        )\n"],
    ),
    (
        "A.java",
        "class S {\n    void one() {\n        a();\n$0        b(c[1]);\n    }\n\n    void two() {}\n\n    enum E { V }\n}\n\nclass After {}\n",
        &["        out.push(\n", "        if (a.b(\n", "        if (a) {\n", "        for (;;) {\n            go(\n", "        }\n"],
    ),
    (
        "a.ts",
        "class S {\n  one() {\n    a();\n$0    b([1]);\n  }\n\n  two() {}\n}\n\nfunction after() {}\n\nenum E {\n  V,\n}\n",
        &["    out.push(\n", "    if (a.b(\n", "    if (a) {\n", "    const x = {\n", "    }\n", "    list.map((x) => {\n"],
    ),
    (
        "a.js",
        "class S {\n  one() {\n    a();\n$0    b([1]);\n  }\n\n  two() {}\n}\n\nfunction after() {}\n",
        &["    out.push(\n", "    if (a.b(\n", "    if (a) {\n", "    const x = {\n", "    }\n", "    list.map((x) => {\n"],
    ),
    (
        "a.go",
        "package p\n\ntype S struct{}\n\nfunc (s *S) one() {\n\ta()\n$0\tb([]int{1})\n}\n\nfunc (s *S) two() {}\n\nfunc after() {}\n",
        &["\tout = append(\n", "\tif f(a.b(\n", "\tif a {\n", "\tfor _, x := range a {\n\t\trun(\n", "\t}\n"],
    ),
    (
        "a.cpp",
        "namespace n {\n\nclass S {\n public:\n  void one() {\n    a();\n$0    b(c[1]);\n  }\n\n  void two() {}\n};\n\nvoid after(int a,\n           int b) {\n}\n\n}  // namespace n\n",
        &["    out.push(\n", "    if (a.b(\n", "    if (a) {\n", "    for (;;) {\n      go(\n", "    }\n"],
    ),
    (
        "a.c",
        "#ifdef X\nint f(int a) {\n#else\nint f(long a) {\n#endif\n  a();\n$0  return 1;\n}\n\n#define OPEN {\n\nint after(void) {\n  return 2;\n}\n\nstruct s { int x; };\n",
        &["  out(\n", "  if (a[b(\n", "  if (a) {\n", "  }\n"],
    ),
];

/// While somebody types, a bracket is open; what stood around it was inside of it for the parser, and was gone or in another place.
#[test]
fn definitions_around_half_written_code_stay() {
    let names = |path: &str, text: &str| -> Vec<String> {
        let registry = Registry::new();
        let parsed = syntax::parse(registry.by_path(path).unwrap(), text).unwrap();
        let all = syntax::tags(&parsed, path).definitions;
        let parent = |one: &Definition| one.parent.map_or("", |parent| all[parent as usize].name.of(text));
        all.iter()
            .filter(|one| one.kind != syntax::Kind::Variable)
            .map(|one| format!("{} {} in {:?}", one.kind.name(), one.name.of(text), parent(one)))
            .collect()
    };
    for (path, text, pieces) in HALF_WRITTEN {
        let whole = names(path, &text.replace("$0", ""));
        assert!(whole.len() > 2, "{path}: {whole:?}");
        for piece in pieces {
            let half = text.replace("$0", piece);
            assert_eq!(names(path, &half), whole, "{path}: {half}");
        }
    }
}

/// A class that ends with the file has all that stands in it.
#[test]
fn a_class_that_is_open_at_the_end_is_one() {
    let text = "class S {\n    void one() {\n        a();\n    }\n";
    let (java, errors) = found("S.java", text);
    assert_eq!(java, ["class S 1-4", "method one 2-4"]);
    assert_eq!(errors, 1);
}

/// What is read without its open bracket is broken all the same: it decides whether an edit may be applied.
#[test]
fn an_open_bracket_is_an_error_all_the_same() {
    let registry = Registry::new();
    for (path, text, pieces) in HALF_WRITTEN {
        let language = registry.by_path(path).unwrap();
        let errors = |text: &str| syntax::parse(language, text).unwrap().errors();
        for piece in pieces {
            assert!(errors(&text.replace("$0", piece)) > 0, "{path}: {piece}");
        }
    }
}

/// With each key and back again, the facts are those of the text.
#[test]
fn typing_a_bracket_and_closing_it_gives_the_facts_of_the_text() {
    longsight::report::be_strict();
    let registry = Registry::new();
    for (path, text, pieces) in HALF_WRITTEN {
        let (before, after) = text.split_once("$0").unwrap();
        let language = registry.by_path(path).unwrap();
        let names = |parsed: &syntax::Parsed| {
            let all = syntax::tags(parsed, path).definitions;
            all.iter().map(|one| format!("{} {}-{}", one.name.of(parsed.text()), one.line, one.end_line)).collect::<Vec<_>>()
        };
        let mut parsed = syntax::parse(language, format!("{before}{after}")).unwrap();
        let whole = names(&parsed);
        for piece in pieces {
            for typed in (0..=piece.len()).chain((0..piece.len()).rev()) {
                let text = format!("{before}{}{after}", &piece[..typed]);
                parsed = parsed.edited(text.as_str()).unwrap();
            }
            assert_eq!(names(&parsed), whole, "{path}: {piece}");
        }
    }
}

/// Behind an open bracket a version's own tree is made when somebody asks for it: at each key, now and then, or only at the end.
#[test]
fn what_is_typed_behind_an_open_bracket_is_read_whenever_somebody_asks() {
    let registry = Registry::new();
    let python = ("a.py", "def first():\n    pass\n", "y = call(a, [b, c])\nz = (", "\nclass Last:\n    def m(self): pass\n");
    // The bracket in the literal looks like one that is open.
    let javascript = ("a.js", "const r = /\\(/;\n", "f(a, g(b));\nh(", "\nfunction last() {}\n");
    for (path, before, typed, behind) in [python, javascript] {
        let language = registry.by_path(path).unwrap();
        let names = |parsed: &syntax::Parsed| {
            let known = syntax::tags(parsed, path).definitions;
            known.iter().map(|known| known.name.of(parsed.text()).to_string()).collect::<Vec<_>>()
        };
        for asks_after in [1, 3, usize::MAX] {
            let mut parsed = syntax::parse::parse(language, format!("{before}{behind}")).unwrap();
            for end in 1..=typed.len() {
                let text = format!("{before}{}{behind}", &typed[..end]);
                parsed = parsed.edited(text.as_str()).unwrap();
                let fresh = syntax::parse::parse(language, text.as_str()).unwrap();
                assert_eq!(names(&parsed), names(&fresh), "{text}");
                if end % asks_after == 0 {
                    assert_eq!(parsed.is_broken(), fresh.is_broken(), "{text}");
                }
            }
            assert!(parsed.is_broken(), "{}", parsed.text());
        }
    }
}

/// All up to the end of the file was unread, and statements passed for definitions.
#[test]
fn types_that_say_how_their_parameters_vary_are_read() {
    for (declaration, wanted) in [
        ("export interface Box<out A, in out B = never, in C extends D<A> = any> extends Base<A> {\n  a: A\n}", "interface Box"),
        ("export interface Box<\n  /** @ts-ignore */\n  out Shape extends Any = Any,\n  in Rest\n> {\n  a: Shape;\n}", "interface Box"),
        ("export class Box<in out A> {\n}", "class Box"),
        ("export type Box<out A> = { readonly a: A }", "interface Box"),
    ] {
        for path in ["a.ts", "a.tsx"] {
            let text = format!("function before() {{}}\n{declaration}\nfunction after() {{}}\n");
            let found: Vec<String> = names(path, &text).into_iter().filter(|name| !name.starts_with("attribute")).collect();
            assert_eq!(found, ["function before", wanted, "function after"], "{declaration}");
        }
    }
    let text = "const at = (list, out) => {\n  for (const one in list) { if (one < out) { step(one, out) } }\n}\nimport { a, out as b } from 'c'\n";
    assert_eq!(found("a.ts", text), (vec!["function at 1-3".into()], 0));
}

/// Where lines end members and no semicolon does, the second signature was taken for a part of the type before it.
#[test]
fn signatures_that_only_the_end_of_a_line_parts_are_read() {
    let text = "export const get: {\n  <A>(a: A): Box<A>\n  /** Another. */\n  <A, B extends Box<A>>(a: A): B\n  <\n    A,\n    B\n  >(a: A): B[]\n} = dual\n\
        export interface Make {\n  <A>(a: A): string\n  <B>(b: B): number\n}\nfunction after() {\n  return <any>(window)\n}\n";
    assert_eq!(names("a.ts", text), ["variable get", "interface Make", "function after"]);
    let text = "export const a: {\n  <A>(a: A): Box<\n    A\n  >\n  <B, C = B>(b: B): C // Told.\n  // One; two.\n  <D extends (d: B) => { e: 1 }>(d: D): B\n\
        } = dual\nfunction after() {}\n";
    assert_eq!(names("a.ts", text), ["variable a", "function after"]);
    let text = "const pick =\n  <A>(a: A) => a\nconst next = (a) =>\n  <B>(b: B) => [a, b]\nif (pick) {\n}\n  <any>(window).a = 1;\n";
    assert_eq!(names("a.ts", text), ["function pick", "function next"]);
}

/// The type of such a member was taken for its name, and with a value it had none.
#[test]
fn a_member_that_is_called_like_a_modifier_is_read() {
    for path in ["a.ts", "a.tsx"] {
        let text = "class A {\n  abstract: boolean;\n  b = 1;\n}\ninterface B { readonly abstract?: string; c: number }\nabstract class C { abstract d: A }\n";
        let wanted =
            ["class A", "attribute abstract", "attribute b", "interface B", "attribute abstract", "attribute c", "class C", "attribute d"];
        assert_eq!(names(path, text), wanted, "{path}");
    }
}

/// A quote in a template that is a type ended it for the parser.
#[test]
fn quotes_in_templates_that_are_types_are_read() {
    let text = "type A = `a\\`b${string}`;\nconst b = `c\\\\`;\nconst d = `\\`${b}\\\\\\``;\nfunction after() {}\n";
    for path in ["a.ts", "a.tsx"] {
        assert_eq!(names(path, text), ["type A", "variable b", "variable d", "function after"], "{text}");
    }
}
