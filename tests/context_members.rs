//! What is behind a dot, two colons or an arrow, by language, where many other definitions could be meant: `tests/data/behind` are cases.
//!
//! A case begins at `## what stands there`. Its files follow, each behind `//- path`, with `$0` for the cursor and a line `@@kind` for many
//! members that nobody asks for; behind `//= ` are what has to be shown, parted by ` | `, and behind `//! ` what must not be.

use std::fmt::Write;
use std::path::Path;

use crate::context::{Place, all};

/// So many tokens are not enough for what is not foreseen.
const BUDGET: usize = 200;

/// Many members, in the words of a language.
fn dummies(kind: &str) -> String {
    let line = |at: usize| match kind {
        "ts" => format!("  dummy{at}: number;\n"),
        "obj" => format!("  dummy{at}: {at},\n"),
        "go" => format!("\tDummy{at} int\n"),
        "cpp" => format!("  int dummy{at};\n"),
        "java" => format!("    int dummy{at};\n"),
        "javam" => format!("    public int dummy{at}(int v) {{ return v; }}\n"),
        "rs" => format!("    pub dummy{at}: u32,\n"),
        "py" => format!("    dummy{at}: int\n"),
        "pym" => format!("    def dummy{at}(self, v):\n        return v\n"),
        "js" => format!("  dummy{at}(v) {{ return v + {at}; }}\n"),
        other => panic!("nothing is said of {other}"),
    };
    (0..14).map(line).collect()
}

/// Types whose names look like those that are asked for.
fn others(extension: &str) -> String {
    const WORDS: [&str; 12] = ["row", "cell", "ledger", "cart", "grid", "queue", "status", "mailer", "shape", "event", "book", "store"];
    let one = |word: &str| {
        let name = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
        let (head, tail) = match extension {
            "ts" | "tsx" => (format!("export interface {name}Sheet {{\n"), "}\n"),
            "js" => (format!("export class {name}Sheet {{\n"), "}\n"),
            "hpp" | "h" => (format!("struct {name}_sheet {{\n"), "};\n"),
            "go" => (format!("\ntype {name}Sheet struct {{\n"), "}\n"),
            "java" => (format!("class {name}Sheet {{\n"), "}\n"),
            "rs" => (format!("pub struct {name}Sheet {{\n"), "}\n"),
            "py" => (format!("\nclass {name}Sheet:\n"), ""),
            _ => return String::new(),
        };
        let member = |at: usize| match extension {
            "ts" | "tsx" => format!("  {word}Mark{at}: number;\n"),
            "js" => format!("  {word}Mark{at}(v) {{ return v; }}\n"),
            "go" => format!("\t{name}Mark{at} int\n"),
            "rs" => format!("    pub {word}_mark{at}: u32,\n"),
            "py" => format!("    {word}_mark{at}: int\n"),
            _ => format!("    int {word}_mark{at};\n"),
        };
        format!("{head}{}{tail}", (0..8).map(member).collect::<String>())
    };
    WORDS.iter().map(|word| one(word)).collect()
}

/// The files of a case with what makes it hard to guess.
fn fixture(case: &str) -> String {
    let mut fixture = String::new();
    for file in case.split("//- ").skip(1) {
        let (path, text) = file.split_once('\n').unwrap();
        let text = text.split("//= ").next().unwrap().split("//! ").next().unwrap();
        let _ = writeln!(fixture, "//- {path}");
        for line in text.split_inclusive('\n') {
            match line.trim().strip_prefix("@@") {
                Some(kind) => fixture.push_str(&dummies(kind)),
                None => fixture.push_str(line),
            }
        }
        let hands_on = ["mod", "lib.rs", "__init__.py", ".d.ts", "index.ts"].iter().any(|end| path.ends_with(end));
        // What a module hands on as a whole is all meant.
        let (stem, extension) = path.rsplit_once('.').unwrap();
        let is_module = extension == "js" || ["tools", "/n"].iter().any(|name| stem.ends_with(name));
        if !text.contains("$0") && !hands_on && !is_module {
            fixture.push_str(&others(extension));
        }
    }
    fixture
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn behind(language: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/behind").join(format!("{language}.txt"));
    let cases = std::fs::read_to_string(path).unwrap();
    let (mut wrong, mut count) = (vec![], 0);
    for case in cases.split("\n## ").flat_map(|case| case.strip_prefix("## ").or(Some(case))) {
        let name = case.lines().next().unwrap();
        let listed = |mark: &str| -> Vec<&str> {
            case.lines().filter_map(|line| line.strip_prefix(mark)).flat_map(|line| line.split(" | ")).map(str::trim).collect()
        };
        let place = Place::new(&fixture(case));
        let corpus = place.corpus(place.view());
        let text = plain(&all(&place.pack(&corpus, BUDGET)));
        wrong.extend(listed("//= ").into_iter().filter(|one| !text.contains(&plain(one))).map(|one| format!("{name}: `{one}` is missing")));
        wrong.extend(listed("//! ").into_iter().filter(|one| text.contains(&plain(one))).map(|one| format!("{name}: `{one}` is shown")));
        count += 1;
    }
    assert!(wrong.is_empty() && count > 5, "of {count} cases: {wrong:#?}");
}

#[test]
fn what_stands_behind_a_dot_in_c_is_known() {
    behind("c");
}

#[test]
fn what_stands_behind_a_dot_in_cpp_is_known() {
    behind("cpp");
}

#[test]
fn what_stands_behind_a_dot_in_go_is_known() {
    behind("go");
}

#[test]
fn what_stands_behind_a_dot_in_java_is_known() {
    behind("java");
}

#[test]
fn what_stands_behind_a_dot_in_javascript_is_known() {
    behind("js");
}

#[test]
fn what_stands_behind_a_dot_in_python_is_known() {
    behind("python");
}

#[test]
fn what_stands_behind_a_dot_in_rust_is_known() {
    behind("rust");
}

#[test]
fn what_stands_behind_a_dot_in_typescript_is_known() {
    behind("ts");
}

/// A table of two thousand keys would be two thousand definitions.
#[test]
fn the_keys_of_a_long_table_are_no_members() {
    let keys = |count: usize| -> String { (0..count).map(|at| format!("  key{at}: {{ inner: {at} }},\n")).collect() };
    let members = |count: usize| {
        let tree = crate::support::tree::Tree::new(&[("table.ts", &format!("export const TABLE = {{\n{}}};\n", keys(count)))]);
        let index = tree.index(longsight::index::Options::default());
        let view = index.view();
        let symbols: usize = view.files().map(|(_, file)| file.symbols.len()).sum();
        symbols
    };
    assert_eq!((members(3), members(64), members(65), members(2000)), (7, 129, 1, 1));
}
