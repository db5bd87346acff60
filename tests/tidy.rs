//! Invariants of the source itself: layers, one owner per foreign crate, sizes, docs, locks.

use std::path::{Path, PathBuf};

/// Rust files below `folder`, with their text.
pub fn rust_files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut stack = vec![root.join(folder)];
    let mut files = vec![];
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            stack.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let name: PathBuf = path.strip_prefix(root).unwrap().into();
            files.push((name.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

pub fn none(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Code lines without comments.
pub fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(number, line)| (number + 1, line))
}

#[test]
fn every_file_says_what_it_is_for() {
    let files = rust_files("src").into_iter().chain(rust_files("tests")).chain(rust_files("benches"));
    none(files.filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| format!("{name}: has no `//!` line")).collect());
}

/// The name of what a line lets other modules use, if it does: `Some("fn masked")` for `pub(super) fn masked(&self)`.
fn made_public(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = if rest.starts_with('(') { rest.split_once(')')?.1 } else { rest };
    let mut words =
        rest.strip_prefix(' ')?.split_whitespace().filter(|word| !["async", "unsafe", "extern", "\"C\""].contains(word)).peekable();
    let kind = match words.next()? {
        // `const fn` is a function.
        "const" if words.peek() == Some(&"fn") => words.next()?,
        kind => kind,
    };
    let name = words.next()?.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    ["fn", "struct", "enum", "trait", "type", "const", "static"].contains(&kind).then(|| format!("{kind} {name}"))
}

/// Whether a description stands above a line. Attributes may stand between the two; they may take several lines.
fn is_described(lines: &[&str], at: usize) -> bool {
    let mut above = lines[..at].iter().rev().map(|line| line.trim());
    while let Some(line) = above.next() {
        if line.ends_with(']') && !line.starts_with("//") {
            let mut part = Some(line);
            while part.is_some_and(|part| !part.starts_with("#[")) {
                part = above.next();
            }
        } else {
            return line.starts_with("///");
        }
    }
    false
}

/// The library has no test target: what stands there would never run, and nobody would see it.
#[test]
fn no_test_stands_where_none_runs() {
    let is_test = |line: &str| line.trim() == "#[test]" || line.trim().starts_with("#[cfg(test)]");
    let files = rust_files("src");
    let lines = files.iter().flat_map(|(name, text)| text.lines().enumerate().map(move |(at, line)| (name, at, line)));
    none(lines.filter(|(_, _, line)| is_test(line)).map(|(name, at, _)| format!("{name}:{}: tests stand in `tests`", at + 1)).collect());
}

/// Whoever calls something reads its first line only: it says what the name and the types do not.
#[test]
fn everything_public_says_what_it_is() {
    let mut broken = vec![];
    for (name, text) in rust_files("src") {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if let Some(item) = made_public(line).filter(|_| !is_described(&lines, at)) {
                broken.push(format!("{name}:{}: `{item}` needs a `///` line (what it gives, units, errors), or less visibility", at + 1));
            }
        }
    }
    none(broken);
}

#[test]
fn descriptions_are_found_above_attributes() {
    assert_eq!(made_public("    pub(in crate::a) const fn least(of: u8) -> u8 {").as_deref(), Some("fn least"));
    assert_eq!(made_public("pub unsafe extern \"C\" fn said();").as_deref(), Some("fn said"));
    assert_eq!(made_public("pub use said::Said;"), None);
    let lines =
        ["/// Said.", "#[derive(", "    Debug,", ")]", "#[serde(default)]", "pub struct Said;", "", "#[test]", "pub fn unsaid() {}"];
    assert!(is_described(&lines, 5) && !is_described(&lines, 8));
}

/// Begins of a comment that send the reader elsewhere, and do not say where.
const ELSEWHERE: &[&str] = &["See there", "See above", "See below", "As above", "As below", "Likewise", "Ditto", "The same."];

#[test]
fn comments_stand_alone_and_fit_the_page() {
    let mut broken = vec![];
    for (name, text) in rust_files("src") {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//")) {
            if line.chars().count() > 140 {
                broken.push(format!("{name}:{}: a comment of {} characters, at most 140", at + 1, line.chars().count()));
            }
            let words = line.trim_start().trim_start_matches(['/', '!', ' ']);
            if let Some(start) = ELSEWHERE.iter().find(|start| words.starts_with(**start)) {
                broken.push(format!("{name}:{}: \"{start}\" does not say what is meant", at + 1));
            }
        }
    }
    none(broken);
}

/// What each module may use besides itself and the leaves `config`, `digest`, `pages`, `records`, `redact` and `report`.
const LAYERS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("workspace", &["text"]),
    ("syntax", &["workspace", "text"]),
    ("index", &["syntax", "workspace", "text"]),
    ("context", &["index", "syntax", "workspace", "text"]),
    ("dialect", &[]),
    ("web", &[]),
    ("models", &["web"]),
    ("engine", &["dialect", "models", "web"]),
    ("route", &["engine", "dialect", "models"]),
    ("agent", &["context", "index", "syntax", "workspace", "text", "route", "engine", "dialect"]),
    ("features", &["agent", "context", "index", "syntax", "workspace", "text", "route", "engine", "dialect"]),
    ("config", &[]),
    ("digest", &[]),
    ("redact", &[]),
    ("report", &[]),
    ("pages", &[]),
    ("records", &[]),
];

#[test]
fn modules_use_only_what_stands_below() {
    let mut broken = vec![];
    for (name, text) in rust_files("src") {
        let module = name.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default().to_string();
        let Some((_, below)) = LAYERS.iter().find(|(layer, _)| *layer == module) else { continue };
        for (number, line) in code(&text) {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let leaf = ["config", "digest", "pages", "records", "redact", "report", "bug", "macros"].contains(&used.as_str());
                if !leaf && used != module && !below.contains(&used.as_str()) {
                    broken.push(format!("{name}:{number}: `{module}` must not use `{used}`"));
                }
            }
        }
    }
    none(broken);
}

/// Foreign crates and the only places that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("tower_lsp", &["src/server/"]),
    ("lsp_types", &["src/server/"]),
    ("ropey", &["src/text/"]),
    ("tree_sitter", &["src/syntax/"]),
    ("llama_cpp_2", &["src/engine/llama/process"]),
    ("hyper", &["src/web.rs"]),
    ("hyper_util", &["src/web.rs"]),
    ("hyper_rustls", &["src/web.rs"]),
    ("http_body_util", &["src/web.rs"]),
    ("rustls", &["src/web.rs"]),
    ("rustls_native_certs", &["src/web.rs"]),
    ("ring", &["src/digest.rs"]),
    ("ignore", &["src/workspace/"]),
    ("notify", &["src/workspace/"]),
    ("tokio", &["src/server/", "src/engine/", "src/agent/driver", "src/index/", "src/cli/", "src/models/download", "src/web.rs"]),
];

#[test]
fn foreign_crates_have_one_owner() {
    let mut broken = vec![];
    for (name, text) in rust_files("src") {
        for (number, line) in code(&text) {
            for (owned, owners) in OWNERS {
                let uses = [format!("{owned}::"), format!("use {owned};")];
                let names = uses.iter().any(|used| {
                    line.match_indices(used.as_str())
                        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
                });
                if names && !owners.iter().any(|owner| name.starts_with(owner)) {
                    broken.push(format!("{name}:{number}: `{owned}` belongs to {}", owners.join(", ")));
                }
            }
        }
    }
    none(broken);
}

#[test]
fn files_and_functions_stay_small() {
    let mut broken = vec![];
    for (name, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > 800 {
            broken.push(format!("{name}: {} lines, at most 800", lines.len()));
        }
        let mut open: Option<(usize, usize)> = None;
        for (number, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let head = line.trim_start();
            let head = ["pub(crate) ", "pub(super) ", "pub ", "async ", "const ", "unsafe "]
                .iter()
                .fold(head, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
            if head.starts_with("fn ") && open.is_none() {
                open = Some((number, indent));
            }
            if let Some((start, depth)) = open
                && indent == depth
                && (line.trim_end().ends_with('}') && line.trim_start().starts_with('}')
                    || number == start && line.trim_end().ends_with(['}', ';']))
            {
                if number - start + 1 > 90 {
                    broken.push(format!("{name}:{}: function of {} lines, at most 90", start + 1, number - start + 1));
                }
                open = None;
            }
        }
    }
    none(broken);
}

#[test]
fn locks_are_rare() {
    let (mut locks, mut lines) = (0, 0);
    for (_, text) in rust_files("src") {
        for (_, line) in code(&text) {
            lines += usize::from(!line.trim().is_empty());
            locks += line.matches("Mutex<").count() + line.matches("RwLock<").count();
        }
    }
    let per_thousand = locks as f64 * 1000.0 / lines.max(1) as f64;
    // A small tree has few lines to divide by; the ratio binds from 10,000 lines on.
    assert!(lines < 10_000 || per_thousand <= 0.2, "{locks} locks in {lines} lines: {per_thousand:.2} per thousand");
}

/// What writes to a disk, and what it writes there: never a file of a workspace. Whoever comes to this list says where it writes.
const WRITERS: &[(&str, &str)] = &[
    ("src/cli/doctor.rs", "a probe in the folder of the models"),
    ("src/cli/serve.rs", "a folder of the configuration in the temporary one, for a replay"),
    ("src/engine/llama/client/spawn.rs", "the engine's log, in the cache"),
    ("src/engine/llama/process/", "the socket, its lock, KV caches, its own rights under /proc"),
    ("src/engine/tape.rs", "a trace that the user named"),
    ("src/index/disk.rs", "the index, in the cache"),
    ("src/models/", "models, in the cache, and a configuration that the user asks for"),
    ("src/records.rs", "consent, the audit log and answers, in the folders of state and cache; the folder of the socket"),
    ("src/report.rs", "standard error"),
    ("src/server/answers.rs", "answers that are too old, in the cache"),
    ("src/server/replay.rs", "a workspace of its own in the temporary folder"),
    ("src/syntax/guard.rs", "what parses may have died of, in the cache"),
];

/// Invariant 1 of the README: no code path writes a file of the workspace.
#[test]
fn whatever_writes_to_a_disk_is_known() {
    let words = [
        "fs::write(",
        "fs::rename(",
        "fs::copy(",
        "fs::remove_",
        "fs::create_dir",
        "fs::hard_link(",
        "fs::set_permissions(",
        "symlink(",
        "File::create",
        "OpenOptions",
        "DirBuilder",
        ".set_len(",
    ];
    let known = |name: &str| WRITERS.iter().any(|(place, _)| name.starts_with(place));
    let mut broken = vec![];
    for (name, text) in rust_files("src").into_iter().filter(|(name, _)| !known(name)) {
        for (number, line) in code(&text) {
            let is_test = |word: &&&str| line.contains(**word) && !line.contains("is_symlink(");
            broken.extend(words.iter().filter(is_test).map(|word| format!("{name}:{number}: `{word}` is for those in WRITERS")));
        }
    }
    none(broken);
}

/// What starts programs. The agent does not: it has no shell.
const STARTERS: &[&str] = &[
    "src/cli/doctor/editors.rs",
    "src/cli/engine.rs",
    "src/engine/http/key.rs",
    "src/engine/llama/client/spawn.rs",
    "src/engine/llama/process/confine.rs",
    "src/models/fit.rs",
    "src/models/wheels.rs",
];

#[test]
fn whatever_starts_programs_is_known() {
    let mut broken = vec![];
    for (name, text) in rust_files("src").into_iter().filter(|(name, _)| !STARTERS.contains(&name.as_str())) {
        let starts = code(&text).filter(|(_, line)| line.contains("Command::new(") || line.contains("process::Command"));
        broken.extend(starts.filter(|(_, line)| !line.contains("clap")).map(|(number, _)| format!("{name}:{number}: starts a program")));
    }
    none(broken);
}

/// What is under the server's lock, or computes only, besides what says of itself that it is pure: it looks at no disk and waits for nobody.
const PURE: &[&str] = &["src/server/state.rs", "src/server/edit/hunks.rs", "src/text/", "src/agent/turn.rs", "src/features/edit/forms/"];

/// Whether the first words of a module say that it is pure.
fn claims_to_be_pure(text: &str) -> bool {
    text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("Pure.") || line.contains("Pure:"))
}

#[test]
fn what_is_pure_looks_at_no_disk() {
    let io = ["std::fs", "canonicalize", ".locate(", "locate_uri(", ".exists()", "read_exact(", "tokio::", ".await"];
    let pure = |name: &str| PURE.iter().any(|place| name.starts_with(place));
    let mut broken = vec![];
    for (name, text) in rust_files("src").into_iter().filter(|(name, text)| pure(name) || claims_to_be_pure(text)) {
        for (number, line) in code(&text) {
            broken.extend(io.iter().filter(|word| line.contains(**word)).map(|word| format!("{name}:{number}: `{word}`")));
        }
    }
    none(broken);
}

/// Folders whose code decides and waits for nobody, and the one file in each that asks and waits.
const DECIDE: &[(&str, &str)] = &[
    ("src/text/", ""),
    ("src/workspace/", ""),
    ("src/syntax/", ""),
    ("src/context/", ""),
    ("src/dialect/", ""),
    ("src/agent/", "src/agent/driver.rs"),
    ("src/features/edit/", "src/features/edit/driver.rs"),
];

#[test]
fn what_decides_waits_for_nobody() {
    let mut broken = vec![];
    for (name, text) in rust_files("src") {
        let decides = |(folder, driver): &&(&str, &str)| name.starts_with(folder) && name != *driver;
        if !DECIDE.iter().any(|place| decides(&place)) {
            continue;
        }
        let awaits = |line: &str| line.match_indices(".await").any(|(at, word)| !line[at + word.len()..].starts_with('"'));
        let is_async = |line: &str| ["async fn ", "async move", "async {", "async |"].iter().any(|word| line.contains(word));
        let waits = |line: &str| awaits(line) || is_async(line);
        broken.extend(code(&text).filter(|(_, line)| waits(line)).map(|(number, _)| format!("{name}:{number}: waits")));
    }
    none(broken);
}

/// Half of the files are small, nine of ten are not large, and so are functions.
#[test]
fn most_files_are_small() {
    let mut sizes: Vec<usize> = rust_files("src").iter().map(|(_, text)| text.lines().count()).collect();
    sizes.sort_unstable();
    let (median, large) = (sizes[sizes.len() / 2], sizes[sizes.len() * 9 / 10]);
    assert!((80..=200).contains(&median), "the median file has {median} lines");
    assert!(large <= 450, "nine files of ten have at most {large} lines");
}

/// A file of tests that `main.rs` does not name is never built, and says nothing.
#[test]
fn every_file_of_tests_is_built() {
    let named = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/main.rs")).unwrap();
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).unwrap();
    let names = files.filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_string));
    let left: Vec<String> = names.filter(|name| name != "main" && !named.contains(&format!("\nmod {name};"))).collect();
    assert!(left.is_empty(), "tests/main.rs does not name {left:?}");
}

/// A KV cache saved by one llama.cpp must not be read by another.
#[test]
fn saved_caches_name_their_llama_cpp() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let version = lock.split("name = \"llama-cpp-sys-2\"\nversion = \"").nth(1).unwrap().split('"').next().unwrap();
    let source = std::fs::read_to_string(root.join("src/engine/llama/process/saved.rs")).unwrap();
    assert!(source.contains(&format!("llama-cpp-sys-2 {version}\"")), "saved.rs: FORMAT must name {version}");
}

#[test]
fn no_leftovers() {
    let mut broken = vec![];
    for (name, text) in rust_files("src") {
        for (number, line) in text.lines().enumerate() {
            for word in ["FIXME", "XXX", "todo!(", "unimplemented!(", "dbg!("] {
                if line.contains(word) {
                    broken.push(format!("{name}:{}: `{word}`", number + 1));
                }
            }
        }
    }
    none(broken);
}

/// Hosts that packages come from, in pieces: this file has none of them either.
const REGISTRIES: &[&[&str]] = &[
    &["npmjs", "org"],
    &["npmjs", "com"],
    &["yarnpkg", "com"],
    &["pypi", "org"],
    &["pythonhosted", "org"],
    &["static", "crates", "io"],
    &["index", "crates", "io"],
    &["proxy", "golang", "org"],
    &["rubygems", "org"],
];

/// Where packages come from is the business of who builds: a lock file names them with their hashes, and no host that one machine had them from.
#[test]
fn no_registry_host_is_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let hosts: Vec<String> = REGISTRIES.iter().map(|pieces| pieces.join(".")).collect();
    // What git ignores does not go out.
    let walk = ignore::WalkBuilder::new(root).hidden(false).require_git(false).filter_entry(|entry| entry.file_name() != ".git").build();
    let mut broken = vec![];
    for entry in walk.map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let name = entry.path().strip_prefix(root).unwrap().display().to_string();
        let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
        for (number, line) in text.lines().enumerate() {
            let from_elsewhere = name.ends_with("Cargo.lock") && line.starts_with("source = ") && !line.contains("/rust-lang/crates");
            let resolved = name.ends_with("package-lock.json") && line.trim_start().starts_with("\"resolved\"");
            if from_elsewhere || resolved || hosts.iter().any(|host| line.contains(host.as_str())) {
                broken.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(broken);
}
