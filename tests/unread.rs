//! What the grammar cannot read is found all the same: declarations with macros that no grammar knows.

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
