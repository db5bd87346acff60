//! What is taken out of a file: values into variables, lines into functions, and the calls that follow a signature. A place is no value, what
//! leads out of lines is not lost, and what is called the same elsewhere stays as it is.

use std::ops::Range;

use longsight::config::Config;
use longsight::engine::scripted::Scripted;
use longsight::engine::{Cancel, EngineError};
use longsight::features::actions::{CALLS, EXTRACT, MODULE, VARIABLE, actions};
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{Session, Target, silent};
use longsight::syntax::{self, Registry, flow, parse, place};
use serde_json::{Value, json};

use crate::support::workspace::{Workspace, applied, call, calls, target};

fn answering(files: &[(&str, &str)], arguments: &Value) -> (Workspace, Session) {
    let place = Workspace::new(files);
    let model = Scripted::new(std::iter::repeat_n(calls(vec![call("propose_edit", arguments.clone())]), 4).collect::<Vec<_>>());
    let session = place.session(Config::default(), vec![("local".into(), model)]);
    (place, session)
}

async fn does(session: &Session, at: Target, kind: &str) -> Result<Edited, EngineError> {
    let params = Params { at, how: How::Action { kind: kind.into(), problems: vec![] } };
    edit(session, &params, &Cancel::new(), &silent()).await
}

/// Values in one statement each, marked where they begin by `«` and where they end by `»`.
fn marks(text: &str) -> (String, Vec<Range<usize>>) {
    let (mut plain, mut open, mut found) = (String::new(), vec![], vec![]);
    for letter in text.chars() {
        match letter {
            '«' => open.push(plain.len()),
            '»' => found.push(open.pop().unwrap()..plain.len()),
            other => plain.push(other),
        }
    }
    (plain, found)
}

const PLACES: &[(&str, &str)] = &[
    (
        "a.py",
        "def run(o, d, k):\n    «o.items[k]» = 3\n    «d.count» += 1\n    del «d.cache[k]»\n    («d.one», «d.two») = k, k\n    for «o.cur» in d.rows():\n        pass\n    with lock(k) as «o.held»:\n        pass\n    «o.method»(k)\n    x: «Dict[str, int]» = make(k)\n    say(\"a\" «\"b\"»)\n    with lock(k), «read(k)»:\n        pass\n    assert k, «show(k)»\n    say(1 < k < «top(k)»)\n    say(f\"{«o.size()»=}\")\n    if k: return «calc(k + 7)»\n    try:\n        pass\n    except «errors.Bad»:\n        pass\n\n\nclass C:\n    field = one(«make(4)»)\n",
    ),
    (
        "a.rs",
        "fn run(o: &mut O, k: usize) {\n    «o.items[k]» = 3;\n    «o.count» += 1;\n    let r = &mut «o.other»;\n    «o.list».push(3);\n    let s = &«o.name»;\n    swap(&mut «o.left», &mut «o.right»);\n    take(«o.items[k]».name);\n    match «o.kind» {\n        _ => {}\n    }\n    println!(«\"{}\"», k);\n    let a = [0u8; «4 * 4»];\n    «o.method»(k);\n    let b: [u8; «3 * 3»] = make(k);\n    if let Some(x) = «o.first» {}\n}\n",
    ),
    (
        "a.go",
        "package v\n\nfunc run(o *O, k int) (int, error) {\n\t«o.items[k]» = 3\n\t«o.count»++\n\tp := &«o.other»\n\tv, ok := «o.m[k]»\n\tt, more := «<-o.channel»\n\t«o.a», «o.b» = k, k\n\tdefer «o.close(k)»\n\t«o.method»(k)\n\t«o.lock».Take(k)\n\t«o.deep».name = k\n\tconst w = «3 * 4»\n\tif n := size(k); n > «rest(k)» {\n\t}\n\tvar c [«2 * 2»]int\n\treturn «pair(k)»\n}\n",
    ),
    (
        "a.ts",
        "export async function run(o: any, k: number) {\n  «o.items[k]» = 3;\n  «o.count»++;\n  delete «o.cache[k]»;\n  «o.method»(k);\n  «o[k]»(k);\n  [«o.left», «o.right»] = [k, k];\n  for («o.cur» of o.rows) say(k);\n  const t = o?.deep(«o.next()»);\n  const u = «o?.one».two;\n  const m = {«\"key\"»: k};\n  const { a = «make(k)» } = o;\n  o.first ||= «make(k + 1)»;\n  const l: «\"left\"» | «\"right\"» = pick(k);\n  const c = «[1, 2]» as const;\n  if «(k > 1)» say(k);\n}\n",
    ),
    (
        "a.cpp",
        "void run(O &o, int k) {\n    «o.items[k]» = 3;\n    «o.count»++;\n    int *p = &«o.other»;\n    const auto &s = «o.name()»;\n    int z = sizeof(«o.thing»);\n    «o.vec».push_back(k);\n    «o.method»(k);\n    for (auto &x : «o.rows») use(x);\n    char t[] = «\"abc\"»;\n    int a[«3 * 4»];\n    static int c = «once(k)» + 1;\n    say(«\"a\"» \"b\");\n    goto out;\nout:\n    use(«size(k)» + 1);\n}\n",
    ),
    (
        "A.java",
        "class A extends B {\n    A(int k) {\n        super(«k + 1»);\n    }\n\n    void run(O o, int k) throws Exception {\n        «o.items[k]» = 3;\n        «o.count»++;\n        «this.x» = k;\n        List<String> q = «java.util.Arrays».asList(k);\n        List<String> r = «java.util».Arrays.asList(k);\n        List<String> l = «new ArrayList<>()»;\n        try (Reader in = «open(k)») {\n        }\n        assert «o.size()» > 0;\n        if «(k > 1)» say(k);\n    }\n}\n",
    ),
];

/// A copy of a place is another thing, and what is not evaluated where its statement begins would be evaluated too early.
#[test]
fn a_place_is_no_value() {
    for (path, text) in PLACES {
        let (text, marked) = marks(text);
        let (_place, session) = answering(&[(path, &text)], &json!({"name": "nice"}));
        assert!(marked.len() > 8);
        for bytes in marked {
            let at = Target { bytes: bytes.clone(), ..target(&session, path, &text) };
            let kinds: Vec<String> = actions(&session, &at, &[]).into_iter().map(|offer| offer.kind).collect();
            let line = text[..bytes.start].lines().count();
            assert!(!kinds.contains(&VARIABLE.to_string()), "{path}:{line}: {}", &text[bytes]);
        }
    }
}

const VALUES: &[(&str, &str, &str)] = &[
    ("a.py", "def run(o, d, k):\n    d.cache[«o.key(k)»] = 3\n", "nice = o.key(k)"),
    ("a.py", "def run(o, d, k):\n    «o.items».append(k)\n", "nice = o.items"),
    ("a.py", "async def run(o, k):\n    await «o.get(k)»\n", "nice = o.get(k)"),
    ("a.py", "def run(o, k):\n    say(name=«o.get(k)»)\n", "nice = o.get(k)"),
    ("a.py", "def run(o, k):\n    return f\"{«o.size()»} of {k}\"\n", "nice = o.size()"),
    ("a.py", "def run(o, k):\n    for x in «o.rows(k)»:\n        pass\n", "nice = o.rows(k)"),
    ("a.rs", "fn run(o: &O, k: usize) {\n    let n = «o.get(k)».len();\n}\n", "let nice = o.get(k);"),
    ("a.rs", "fn run(o: &O, k: usize) {\n    let n = «o.opt?».len();\n}\n", "let nice = o.opt?;"),
    ("a.rs", "fn run(o: &O, k: usize) {\n    show(&«o.get(k)»);\n}\n", "let nice = o.get(k);"),
    ("a.rs", "fn run(o: &mut O, k: usize) {\n    o.items[«k + 1»] = 3;\n}\n", "let nice = k + 1;"),
    ("a.go", "package v\n\nfunc run(o *O, k int) {\n\tdefer release(«acquire(k)»)\n}\n", "nice := acquire(k)"),
    ("a.go", "package v\n\nfunc run(o *O, k int) {\n\tx, err := pair(«size(k)»)\n}\n", "nice := size(k)"),
    ("a.go", "package v\n\nfunc run(k int) {\n\tsleep(«5» * time.Second)\n}\n", "const nice = 5"),
    ("a.go", "package v\n\nfunc run(o *O, k int) {\n\tfor i, x := range «o.list(k)» {\n\t}\n}\n", "nice := o.list(k)"),
    ("a.ts", "export async function run(o: any, k: number) {\n  say(await «load(k)»);\n}\n", "const nice = load(k);"),
    ("a.ts", "export function run(o: any, k: number) {\n  const m = { [«o.key()»]: k };\n}\n", "const nice = o.key();"),
    ("a.cpp", "void run(O &o, int k) {\n    o.items[«k + 1»] = 3;\n}\n", "const auto nice = k + 1;"),
    ("A.java", "class A {\n    void run(O o, int k) {\n        throw «new Err(k)»;\n    }\n}\n", "var nice = new Err(k);"),
    ("A.java", "class A {\n    void run(O o, int k) {\n        «Foo.bar».baz(k);\n    }\n}\n", "var nice = Foo.bar;"),
    ("A.java", "class A {\n    void run(O o, int k) {\n        o.items[«next(k)»] = 3;\n    }\n}\n", "var nice = next(k);"),
];

#[tokio::test]
async fn a_value_beside_a_place_still_gets_a_name() {
    for (path, text, wanted) in VALUES {
        let (text, marked) = marks(text);
        let (_place, session) = answering(&[(path, &text)], &json!({"name": "nice"}));
        let at = Target { bytes: marked[0].clone(), ..target(&session, path, &text) };
        let after = applied(&does(&session, at, VARIABLE).await.unwrap_or_else(|error| panic!("{text}: {error}")), path);
        let line = after.lines().position(|line| line.trim() == *wanted).unwrap_or_else(|| panic!("{after}"));
        let mut restored: Vec<&str> = after.split_inclusive('\n').collect();
        restored.remove(line);
        assert_eq!(restored.concat().replacen("nice", &text[marked[0].clone()], 1), text);
    }
}

/// The kind that the server announces was no kind of edit.
#[tokio::test]
async fn an_extraction_by_the_kind_above_is_that_of_a_function() {
    let (text, marked) = marks("def run(k):\n«    a = k + 1\n    b = a * 2»\n    return b\n");
    let arguments = json!({"function": "def doubled(k):\n    a = k + 1\n    return a * 2", "call": "b = doubled(k)"});
    let (_place, session) = answering(&[("a.py", &text)], &arguments);
    let at = Target { bytes: marked[0].clone(), ..target(&session, "a.py", &text) };
    let after = applied(&does(&session, at, "refactor.extract").await.unwrap(), "a.py");
    assert!(after.contains("    b = doubled(k)\n    return b\n"), "{after}");
}

/// In every sample of every language: what may be taken out of a file leaves the file parsing, and all but the value as it was.
#[tokio::test]
async fn any_value_of_the_samples_can_be_put_back() {
    let registry = Registry::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    let mut tried: Vec<String> = vec![];
    for file in std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .flat_map(|language| std::fs::read_dir(language.path().join("samples")))
        .flatten()
        .flatten()
    {
        let (path, text) = (file.file_name().to_string_lossy().to_string(), std::fs::read_to_string(file.path()).unwrap());
        let Some(language) = registry.detect(&path, &text).filter(|language| language.binding.is_some()) else { continue };
        let parsed = parse(language, text.as_str()).unwrap();
        let stops: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at) && is_stop(&text, *at)).collect();
        let ranges =
            stops.iter().flat_map(|start| stops.iter().filter(move |end| *end > start && *end - start < 60).map(move |end| *start..*end));
        let values: Vec<(Range<usize>, Range<usize>)> =
            ranges.filter_map(|range| Some((range.clone(), place::statement_of(&parsed, &range).ok()?))).collect();
        for (value, statement) in values.into_iter().step_by(2) {
            let (_place, session) = answering(&[(&path, &text)], &json!({"name": "zz_named"}));
            let at = Target { bytes: value.clone(), ..target(&session, &path, &text) };
            let after = match does(&session, at, VARIABLE).await {
                Ok(edited) => applied(&edited, &path),
                // An attribute of a tag takes no name without braces.
                Err(error) if error.message.contains("cannot be a name in this place") => continue,
                Err(error) => panic!("{path}: {}: {error}", &text[value]),
            };
            let start = text[..statement.start].rfind('\n').map_or(0, |at| at + 1);
            let added = after.len() + value.len() - "zz_named".len() - text.len();
            let mut restored = after.clone();
            restored.replace_range(start..start + added, "");
            assert_eq!(restored.replacen("zz_named", &text[value.clone()], 1), text, "{path}: {}", &text[value]);
            assert!(parse(language, after.as_str()).unwrap().errors() <= parsed.errors());
            tried.push(language.name.clone());
        }
    }
    assert!(tried.len() > 60, "{}", tried.len());
    tried.dedup();
    assert!(
        registry.languages().iter().filter(|language| language.binding.is_some()).all(|language| tried.contains(&language.name)),
        "{tried:?}"
    );
}

/// Whether a selection may begin or end there: words and brackets are not cut.
fn is_stop(text: &str, at: usize) -> bool {
    let word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
    let space = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
    let is_within = word(before) && word(after) || space(before) && space(after);
    !is_within
}

/// What no function can do in the place of the lines is told before a model is asked.
#[tokio::test]
async fn lines_that_are_left_are_not_extracted() {
    let cases = [
        (
            "a.c",
            "int f(int *xs, int n)\n{\n    int total = 0;\n    for (int i = 0; i < n; i++) {\n«        if (xs[i] < 0) {\n            goto fail;\n        }»\n        total += xs[i];\n    }\n    return total;\nfail:\n    return -1;\n}\n",
            "`goto`",
        ),
        (
            "A.java",
            "class A {\n    int f(int[] xs) {\n        int total = 0;\n        for (int x : xs) {\n«            if (x < 0) {\n                continue;\n            }»\n            total += x;\n        }\n        return total;\n    }\n}\n",
            "`continue`",
        ),
        ("a.py", "def f(xs):\n    for x in xs:\n«        if x:\n            break»\n        say(x)\n", "`break`"),
        ("b.py", "def f(xs):\n    for x in xs:\n«        y = x + 1\n        yield y»\n", "`yield`"),
        ("a.go", "package v\n\nfunc f(o *O) {\n«\to.lock()\n\tdefer o.unlock()»\n\to.work()\n}\n", "`defer`"),
        (
            "a.rs",
            "fn f(xs: &[u32]) {\n    'outer: for x in xs {\n        for y in xs {\n«            for z in xs {\n                if x == z { continue 'outer; }\n            }»\n            g(y);\n        }\n    }\n}\n",
            "`continue`",
        ),
        (
            "b.go",
            "package v\n\nfunc f(xs []int) int {\n«\ttotal := 0\n\tfor _, x := range xs {»\n\t\ttotal += x\n\t}\n\treturn total\n}\n",
            "within a statement",
        ),
        (
            "a.ts",
            "export function f(k: number) {\n  switch (k) {\n    case 1:\n«      say(k);\n      break;»\n    default:\n      say(0);\n  }\n}\n",
            "`break`",
        ),
    ];
    for (path, text, why) in cases {
        let (text, marked) = marks(text);
        let place = Workspace::new(&[(path, &text)]);
        let model = Scripted::new(vec![calls(vec![call("propose_edit", json!({"function": "f", "call": "f"}))]); 4]);
        let session = place.session(Config::default(), vec![("local".into(), model.clone())]);
        let at = Target { bytes: marked[0].clone(), ..target(&session, path, &text) };
        let refused = does(&session, at, EXTRACT).await.map(|edited| edited.diff).unwrap_err();
        assert!(refused.message.contains(why), "{path}: {refused}");
        assert!(model.asked().is_empty(), "{path}");
    }
}

/// Text, new function, call, and what is wrong with them; nothing for what is right.
const EXTRACTED: &[(&str, &str, &str, &str, Option<&str>)] = &[
    (
        "a.py",
        "class A:\n    def put(self, data):\n«        self.buf.append(data)»\n",
        "def _push(self, data):\n    self.buf.append(data)",
        "self._push(data)",
        None,
    ),
    (
        "a.py",
        "class A:\n    def put(self, data):\n«        self.buf.append(data)»\n",
        "def _push(self, data):\n    self.buf.append(data)",
        "self._put(data)",
        Some("`_push`"),
    ),
    (
        "a.py",
        "class A:\n    def put(self, data):\n        self.buf.append(data)\n«        return self.peer»\n",
        "def _push(self):\n    return self.peer",
        "self._push()",
        Some("return"),
    ),
    (
        "a.py",
        "def f(xs):\n«    lo = min(xs)\n    hi = max(xs)»\n    return hi - lo\n",
        "def bounds(xs):\n    return min(xs)",
        "lo = bounds(xs)",
        Some("`hi`"),
    ),
    (
        "a.py",
        "def f(xs):\n«    lo = min(xs)\n    hi = max(xs)»\n    return hi - lo\n",
        "def bounds(xs):\n    return min(xs), max(xs)",
        "lo, hi = bounds(xs)",
        None,
    ),
    ("a.py", "def f(xs, k):\n«    y = xs[k] + 1»\n    return y\n", "def at(xs):\n    return xs[k] + 1", "y = at(xs)", Some("`k`")),
    (
        "A.java",
        "class A {\n    int f() {\n«        int lo = 0;\n        int hi = 10;»\n        return hi - lo;\n    }\n}\n",
        "private static int bounds() {\n    return 0;\n}",
        "int lo = bounds();",
        Some("`hi`"),
    ),
    (
        "A.java",
        "class A {\n    int f(int[] xs) {\n        int total = 0;\n        for (int x : xs) {\n«            total += x * 2;»\n        }\n        return total;\n    }\n}\n",
        "private int scaled(int x) {\n    return x * 2;\n}",
        "scaled(x);",
        Some("`total`"),
    ),
    (
        "A.java",
        "class A {\n    int f(int[] xs) {\n        int total = 0;\n        for (int x : xs) {\n«            total += x * 2;»\n        }\n        return total;\n    }\n}\n",
        "private int scaled(int x) {\n    return x * 2;\n}",
        "total += scaled(x);",
        None,
    ),
    (
        "a.go",
        "package v\n\nfunc f(xs []int) (int, error) {\n\ttotal := 0\n\tfor _, x := range xs {\n«\t\tif x < 0 {\n\t\t\treturn 0, bad(x)\n\t\t}»\n\t\ttotal += x\n\t}\n\treturn total, nil\n}\n",
        "func check(x int) error {\n\tif x < 0 {\n\t\treturn bad(x)\n\t}\n\treturn nil\n}",
        "if err := check(x); err != nil {\n\treturn 0, err\n}",
        None,
    ),
    (
        "a.go",
        "package v\n\nfunc f(xs []int) (int, error) {\n\ttotal := 0\n\tfor _, x := range xs {\n«\t\tif x < 0 {\n\t\t\treturn 0, bad(x)\n\t\t}»\n\t\ttotal += x\n\t}\n\treturn total, nil\n}\n",
        "func check(x int) (int, error) {\n\tif x < 0 {\n\t\treturn 0, bad(x)\n\t}\n\treturn 0, nil\n}",
        "return check(x)",
        Some("always returns"),
    ),
    (
        "a.ts",
        "export function f(xs: number[]) {\n  let n = 0;\n«  for (const x of xs) {\n    n = n + x;\n  }»\n  return n;\n}\n",
        "function sum(xs: number[], n: number): number {\n  for (const x of xs) {\n    n = n + x;\n  }\n  return n;\n}",
        "n = sum(xs, n);",
        None,
    ),
    (
        "a.ts",
        "export function f(xs: number[]) {\n  let n = 0;\n«  for (const x of xs) {\n    n = n + x;\n  }»\n  return n;\n}\n",
        "function sum(xs: number[], n: number): number {\n  for (const x of xs) {\n    n = n + x;\n  }\n  return n;\n}",
        "sum(xs, n);",
        Some("`n`"),
    ),
    (
        "a.ts",
        "export async function f(k: number) {\n«  const x = await load(k);\n  say(x);»\n}\n",
        "async function show(k: number) {\n  const x = await load(k);\n  say(x);\n}",
        "show(k);",
        Some("await"),
    ),
    (
        "a.rs",
        "fn f(k: u32) -> Result<u32, E> {\n«    let n = read(k)?;»\n    Ok(n + 1)\n}\n",
        "fn get(k: u32) -> Result<u32, E> {\n    read(k)\n}",
        "let n = get(k)?;",
        None,
    ),
    (
        "a.rs",
        "fn f(k: u32) -> Result<u32, E> {\n«    write(k)?;»\n    Ok(1)\n}\n",
        "fn put(k: u32) -> Result<(), E> {\n    write(k)?;\n    Ok(())\n}",
        "put(k);",
        Some("`?`"),
    ),
    (
        "a.rs",
        "fn f(xs: &mut Vec<u32>) -> usize {\n«    let mut i = 0;\n    while xs[i] > 0 {\n        i += 1;\n        if i > 5 { break; }\n    }»\n    i\n}\n",
        "fn first(xs: &[u32]) -> usize {\n    let mut i = 0;\n    while xs[i] > 0 {\n        i += 1;\n        if i > 5 { break; }\n    }\n    i\n}",
        "let i = first(xs);",
        None,
    ),
    (
        "a.c",
        "int f(int *xs, int n)\n{\n    int hi = 0;\n    int lo = 0;\n«    hi = xs[n - 1];\n    lo = xs[0];»\n    return hi - lo;\n}\n",
        "static void ends(int *xs, int n, int *lo, int *hi)\n{\n    *hi = xs[n - 1];\n    *lo = xs[0];\n}",
        "ends(xs, n, &lo, &hi);",
        None,
    ),
    (
        "a.c",
        "int f(int *xs, int n)\n{\n    int hi = 0;\n«    hi = xs[n - 1];»\n    return hi;\n}\n",
        "static void ends(int *xs, int n, int hi)\n{\n    hi = xs[n - 1];\n}",
        "ends(xs, n, hi);",
        Some("`hi`"),
    ),
    (
        "a.py",
        "def f(xs):\n«    for x in xs:\n        say(x)»\n    for x in xs:\n        tell(x)\n",
        "def all_said(xs):\n    for x in xs:\n        say(x)",
        "all_said(xs)",
        None,
    ),
    ("a.py", "def f(xs):\n«    say(xs)»\n", "def f(xs):\n    say(xs)", "f(xs)", Some("already")),
];

#[tokio::test]
async fn a_function_does_what_its_lines_did() {
    for (path, text, function, called, wrong) in EXTRACTED {
        let (text, marked) = marks(text);
        let (_place, session) = answering(&[(path, &text)], &json!({"function": function, "call": called}));
        let at = Target { bytes: marked[0].clone(), ..target(&session, path, &text) };
        let done = does(&session, at, EXTRACT).await;
        match (done, wrong) {
            (Ok(edited), None) => assert!(applied(&edited, path).contains(called.lines().next().unwrap())),
            (Ok(edited), Some(why)) => panic!("{path}: {called} has {why}: {}", edited.diff),
            (Err(error), None) => panic!("{path}: {called}: {error}"),
            (Err(error), Some(why)) => assert!(error.message.contains(why), "{path}: {called}: {error}"),
        }
    }
}

/// A model that gave the new function together with the one that calls it, rewritten as was asked, was refused for what it gave too much.
#[tokio::test]
async fn a_new_function_may_come_with_its_caller() {
    let (text, marked) = marks(
        "/// Sums.\nfn total(xs: &[u32]) -> u32 {\n    let mut n = 0;\n«    for x in xs {\n        n += x;\n    }»\n    n\n}\n\nfn none() {}\n",
    );
    let new = "/// All of them.\nfn sum(xs: &[u32]) -> u32 {\n    xs.iter().sum()\n}";
    let caller = "fn total(xs: &[u32]) -> u32 {\n    let mut n = 0;\n    n += sum(xs);\n    n\n}";
    let wanted = "/// Sums.\nfn total(xs: &[u32]) -> u32 {\n    let mut n = 0;\n    n += sum(xs);\n    n\n}\n\n/// All of them.\nfn sum(xs: &[u32]) -> u32 {\n    xs.iter().sum()\n}\n\nfn none() {}\n";
    let before = text.trim_start_matches("/// Sums.\n").trim_end_matches("\n\nfn none() {}\n");
    for (function, called) in [
        (format!("{new}\n\n{caller}"), ""),
        (format!("{caller}\n\n{new}"), "    n += sum(xs);"),
        (format!("{new}\n\n/// Sums.\n{caller}\n"), caller),
        // A neighbour that stands there so is no news.
        (format!("{new}\n\n/// None.\nfn none() {{}}\n\n{caller}"), ""),
        // As it was: what stands in the place of the lines is said apart.
        (format!("{before}\n\n{new}"), "n += sum(xs);"),
    ] {
        let (_place, session) = answering(&[("a.rs", &text)], &json!({"function": function, "call": called}));
        let at = Target { bytes: marked[0].clone(), ..target(&session, "a.rs", &text) };
        let edited = does(&session, at, EXTRACT).await.unwrap_or_else(|error| panic!("{function}: {error}"));
        assert_eq!(applied(&edited, "a.rs"), wanted, "{function}");
    }
    // What changes elsewhere too is not what was asked for.
    for (function, called) in [
        (format!("{new}\n\n{}", caller.replace("n = 0", "n = 1")), "n += sum(xs);"),
        (format!("{new}\n\n{caller}\n\nfn more() {{}}"), "n += sum(xs);"),
        (new.to_string(), ""),
    ] {
        let (_place, session) = answering(&[("a.rs", &text)], &json!({"function": function, "call": called}));
        let at = Target { bytes: marked[0].clone(), ..target(&session, "a.rs", &text) };
        let error = does(&session, at, EXTRACT).await.map(|edited| edited.diff).unwrap_err();
        assert!(error.message.contains("also holds") || error.message.contains("is missing"), "{error}");
    }
}

/// What the model is asked to rewrite, and what a person is told.
async fn followed(files: &[(&str, &str)], marked: &str, answers: &[&str]) -> (String, Edited) {
    let place = Workspace::new(files);
    let model = Scripted::new(vec![calls(vec![call("propose_edit", json!({ "calls": answers }))])]);
    let session = place.session(Config::default(), vec![("local".into(), model.clone())]);
    let edited = does(&session, target(&session, files[0].0, marked), CALLS).await.unwrap();
    let asked = format!("{:?}", model.asked()[0]);
    (asked.split_once("Rewrite each").expect("the places are asked for").1.to_string(), edited)
}

#[tokio::test]
async fn calls_in_another_language_are_of_something_else() {
    let c = "int join(int a, int b)\n{\n    return a + b;\n}\n\nint use(void)\n{\n    return join(1, 2);\n}\n";
    let ts = "import { join } from './s.js';\nexport const a = join('a', 'b');\n";
    let (asked, edited) = followed(&[("s.c", c), ("m.ts", ts)], "int join", &["    return join(1, 2, 3);"]).await;
    assert!(!asked.contains("m.ts") && edited.edits.len() == 1, "{asked}");
}

#[tokio::test]
async fn calls_of_other_types_and_overloads_stay() {
    let svc = "package a;\n\npublic class Svc {\n    public int add(int x, int y) {\n        return x + y;\n    }\n\n    public int add(int x) {\n        return add(x, 1);\n    }\n\n    int all() {\n        return add(3);\n    }\n}\n";
    let user = "package a;\n\nclass Use {\n    void go(Svc s, java.util.List<Integer> l) {\n        l.add(3);\n        l.add(0, 4);\n        s.add(4, 5);\n        s.add(6);\n        java.util.function.IntBinaryOperator f = s::add;\n    }\n}\n";
    let (asked, edited) = followed(
        &[("a/Svc.java", svc), ("a/Use.java", user)],
        "public int add(int x, int y)",
        &["        return add(x, 1, 0);", "        s.add(4, 5, 0);"],
    )
    .await;
    assert!(!asked.contains("l.add(") && !asked.contains("s.add(6)") && !asked.contains("add(3)"), "{asked}");
    assert_eq!(applied(&edited, "a/Use.java"), user.replace("s.add(4, 5)", "s.add(4, 5, 0)"));
    assert!(edited.confirm.iter().any(|why| why.contains("a/Use.java:9")), "{:?}", edited.confirm);
}

#[tokio::test]
async fn a_use_as_a_value_is_told() {
    let go = "package s\n\nfunc Join(a string, b string) string { return a + b }\n\nfunc use() {\n\tx := Join(\"a\", \"b\")\n\tf := Join\n\t_ = f(x, \"c\")\n}\n";
    let (_, edited) = followed(&[("s.go", go)], "func Join", &["\tx := Join(\"a\", \"b\", \"c\")"]).await;
    assert!(edited.confirm.iter().any(|why| why.contains("s.go:7")), "{:?}", edited.confirm);
}

/// Of two functions of one name, each is called where it is imported.
#[tokio::test]
async fn calls_of_a_namesake_stay() {
    let a = "def load(p):\n    return p\n";
    let files = [
        ("a.py", a),
        ("b.py", "def load(q):\n    return q\n\n\nload(1)\n"),
        ("c.py", "from a import load\n\nload(2)\n"),
        ("d.py", "from b import load\n\nload(3)\n"),
    ];
    let (asked, edited) = followed(&files, "def load", &["load(2, True)"]).await;
    assert!(asked.contains("load(2)") && !asked.contains("load(1)") && !asked.contains("load(3)"), "{asked}");
    assert_eq!(applied(&edited, "c.py"), "from a import load\n\nload(2, True)\n");
}

/// A header is where the function is declared, and another file's own function of that name is no reason to leave out who includes it.
#[tokio::test]
async fn calls_through_a_header_follow() {
    let source = "#include \"area.h\"\nint area(int w, int h)\n{\n    return w * h;\n}\n";
    let other = "static int area(int r)\n{\n    return 3 * r;\n}\n\nint twice(void)\n{\n    return area(2);\n}\n";
    let main = "#include \"area.h\"\nint main(void)\n{\n    return area(5);\n}\n";
    let files = [("area.c", source), ("area.h", "int area(int w);\n"), ("main.c", main), ("other.c", other)];
    let (asked, edited) = followed(&files, "int area(int w, int h)", &["int area(int w, int h);", "    return area(5, 1);"]).await;
    assert!(!asked.contains("area(2)"), "{asked}");
    assert_eq!(applied(&edited, "main.c"), main.replace("area(5)", "area(5, 1)"));
}

/// All that stands in a body is whole statements, and nothing of it is used behind the body.
#[test]
fn a_whole_body_can_be_a_function() {
    let registry = Registry::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let samples = std::fs::read_dir(root.join("grammars")).unwrap().flatten().map(|language| language.path().join("samples"));
    let folders = samples.chain(["src/syntax", "src/features/edit", "editors/vscode/src"].map(|folder| root.join(folder)));
    let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut tried = 0;
    for path in files.map(|file| file.path()).filter(|path| path.is_file()) {
        let (name, text) = (path.to_string_lossy().to_string(), std::fs::read_to_string(&path).unwrap());
        let Some(language) = registry.detect(&name, &text).filter(|language| language.parses()) else { continue };
        let parsed = parse(language, text.as_str()).unwrap();
        for one in syntax::tags(&parsed, "").definitions.iter().filter(|one| one.kind.is_callable() && !one.body.is_empty()) {
            let (body, item) = (one.body.range(), one.item.range());
            let inside = text[body.clone()].trim_matches(['{', '}']);
            if inside.lines().count() < 3 || !language.indented && !text[body.clone()].starts_with("{\n") {
                continue;
            }
            let start = body.start + text[body.clone()].find(inside).unwrap();
            let lines = start..start + inside.len();
            assert!(!flow::is_cut(&parsed, &lines), "{name}: {}", one.name.of(&text));
            assert_eq!(flow::needed(&parsed, &item, &lines), [], "{name}: {}", one.name.of(&text));
            let nowhere = flow::leaving(&parsed, &lines).into_iter().find(|jump| jump.leads == flow::Leads::Nowhere);
            assert!(
                nowhere.is_none_or(|jump| text[jump.range].starts_with("yield") || name.ends_with(".go")),
                "{name}: {}",
                one.name.of(&text)
            );
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

#[tokio::test]
async fn a_value_that_comes_before_another_call_is_told() {
    let text = "def run(it):\n    return first(it.next(), third())\n";
    let (_place, session) = answering(&[("a.py", text)], &json!({"name": "nice", "reason": "Said once."}));
    let edited = does(&session, target(&session, "a.py", "third()"), VARIABLE).await.unwrap();
    let reason = &edited.edits[0].hunks[0].reason;
    assert_eq!(reason, "Said once. `third()` is evaluated before `it.next()` with this.");
    let edited = does(&session, target(&session, "a.py", "it.next()"), VARIABLE).await.unwrap();
    assert_eq!(edited.edits[0].hunks[0].reason, "Said once.");
}

/// What is private is shown to the file that it comes from, which hands it on; paths mean the same one module deeper.
#[tokio::test]
async fn a_small_model_names_the_module_and_the_item_moves_with_its_methods() {
    let shape = "//! Shapes.\n\nmod other;\n\nuse std::fmt;\n\n/// Two sides.\n#[derive(Debug)]\npub struct Sides<T>(T, pub u32);\n\n/// A box.\n#[cfg(unix)]\nstruct Box3 {\n    sides: Sides<u32>,\n    depth: u32,\n}\n\nimpl Box3 {\n    fn volume(&self) -> u32 {\n        self::other::times(self.depth) * super::UNIT\n    }\n\n    fn unused_here(&self) {}\n}\n\nimpl fmt::Display for Box3 {\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        f.write_str(\"box\")\n    }\n}\n\npub fn size() -> u32 {\n    Box3 { sides: Sides(1, 2), depth: 3 }.volume()\n}\n";
    let files = [("src/shape.rs", shape), ("src/lib.rs", "mod shape;\n\nconst UNIT: u32 = 1;\n"), ("src/shape/other.rs", "")];
    let moved = async |marked: &str, module: &str| {
        let (_place, session) = answering(&files, &json!({ "module": module, "reason": "it stands alone" }));
        let edited = does(&session, target(&session, "src/shape.rs", marked), MODULE).await;
        edited.map(|edited| {
            (
                applied(&edited, "src/shape.rs"),
                edited.edits.iter().find(|file| file.created).map(|file| (file.path.clone(), applied(&edited, &file.path))),
            )
        })
    };
    let (home, new) = moved("struct Box3", "solid").await.unwrap();
    assert!(
        home.starts_with("//! Shapes.\n\nmod other;\nmod solid;\n#[cfg(unix)]\nuse self::solid::Box3;\n\nuse std::fmt;\n\n/// Two sides."),
        "{home}"
    );
    assert!(
        home.ends_with(
            "pub struct Sides<T>(T, pub u32);\n\npub fn size() -> u32 {\n    Box3 { sides: Sides(1, 2), depth: 3 }.volume()\n}\n"
        ),
        "{home}"
    );
    let (path, text) = new.unwrap();
    assert_eq!(path, "src/shape/solid.rs");
    let wanted = "use super::*;\n\n/// A box.\n#[cfg(unix)]\npub(super) struct Box3 {\n    pub(super) sides: Sides<u32>,\n    pub(super) depth: u32,\n}\n\nimpl Box3 {\n    pub(super) fn volume(&self) -> u32 {\n        super::other::times(self.depth) * super::super::UNIT\n    }\n\n    fn unused_here(&self) {}\n}\n\nimpl fmt::Display for Box3 {";
    assert!(text.starts_with(wanted), "{text}");
    let (home, new) = moved("pub struct Sides", "sides").await.unwrap();
    assert!(home.contains("mod sides;\npub use self::sides::Sides;\n"), "{home}");
    assert!(new.unwrap().1.contains("pub struct Sides<T>(pub(super) T, pub u32);"));
    // A name that is taken, or none, is refused, and so is what would be another program.
    assert!(moved("struct Box3", "other").await.unwrap_err().message.contains("already"));
    assert!(moved("struct Box3", "Solid Body").await.unwrap_err().message.contains("no name of a module"));
    let (_place, session) =
        answering(&[("tests/a.rs", "fn one() -> u32 {\n    1\n}\n\nfn two() -> u32 {\n    one()\n}\n")], &json!({ "module": "ones" }));
    let refused = does(&session, target(&session, "tests/a.rs", "fn one"), MODULE).await.unwrap_err();
    assert!(refused.message.contains("a program of its own"), "{refused}");
}

/// The arrow of a function closed a bracket that none had opened: the fields behind it stayed private, and the file could not make the type.
#[tokio::test]
async fn fields_behind_an_arrow_are_shown_to_the_file_that_their_type_comes_from() {
    let tap = "pub struct Tap<F: Fn(u32) -> u32>(F, Box<dyn Fn() -> u32>, pub u32, [u8; 2]);\n\npub fn tap() -> Tap<fn(u32) -> u32> {\n    Tap(|x| x, Box::new(|| 1), 2, [0; 2])\n}\n";
    let (_place, session) = answering(&[("src/tap.rs", tap), ("src/lib.rs", "mod tap;\n")], &json!({ "module": "opened" }));
    let edited = does(&session, target(&session, "src/tap.rs", "pub struct Tap"), MODULE).await.unwrap();
    let new = applied(&edited, "src/tap/opened.rs");
    let wanted = "pub struct Tap<F: Fn(u32) -> u32>(pub(super) F, pub(super) Box<dyn Fn() -> u32>, pub u32, pub(super) [u8; 2]);";
    assert!(new.contains(wanted), "{new}");
}

/// The words that show a field stood before its attributes and comments, where they mean nothing, and the new file did not parse.
#[tokio::test]
async fn a_field_is_shown_behind_its_attributes_and_comments() {
    let pair = "pub struct Pair(\n    /// The first, of (two.\n    #[allow(dead_code)]\n    #[cfg_attr(feature = \"x\", allow(unused))]\n    u32, // one, or two\n    #[allow(dead_code)] pub u8,\n    /* last */ Vec<u8>,\n);\n\npub fn pair() -> Pair {\n    Pair(1, 2, vec![])\n}\n";
    let (_place, session) = answering(&[("src/pair.rs", pair), ("src/lib.rs", "mod pair;\n")], &json!({ "module": "both" }));
    let edited = does(&session, target(&session, "src/pair.rs", "pub struct Pair"), MODULE).await.unwrap();
    let new = applied(&edited, "src/pair/both.rs");
    let wanted =
        pair.split("\n\n").next().unwrap().replace("    u32, //", "    pub(super) u32, //").replace("Vec<u8>", "pub(super) Vec<u8>");
    assert_eq!(new.trim_end(), wanted, "{new}");
}

/// A menu offered to move what was refused as soon as it was asked for.
#[tokio::test]
async fn what_cannot_be_moved_is_not_offered_to_be() {
    let uses = "macro_rules! one {\n    () => { 1 };\n}\n\nfn text() -> &'static str {\n    include_str!(\"a.txt\")\n}\n\nfn two() -> u32 {\n    one!() + 1\n}\n";
    let files = [("src/lib.rs", uses), ("tests/a.rs", "fn three() -> u32 {\n    3\n}\n\nfn four() -> u32 {\n    three() + 1\n}\n")];
    let (_place, session) = answering(&files, &json!({ "module": "apart" }));
    for (path, marked, can) in [("src/lib.rs", "fn two", true), ("src/lib.rs", "fn text", false), ("tests/a.rs", "fn three", false)] {
        let mut at = target(&session, path, marked);
        at.bytes.end = at.bytes.start;
        let offered = actions(&session, &at, &[]).iter().any(|offer| offer.kind == MODULE);
        assert_eq!((offered, does(&session, at, MODULE).await.is_ok()), (can, can), "{marked}");
    }
}
