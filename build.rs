//! Names the build: a hash of the sources and of what they are built with. A server and an engine process of two builds must not talk to
//! each other, even if their versions are the same. Also makes the table of built-in languages from `grammars/languages.toml`, so that a
//! new language needs no Rust code.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

fn main() {
    let mut hasher = DefaultHasher::new();
    for place in ["src", "grammars", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={place}");
        add(Path::new(place), &mut hasher);
    }
    // The features, and the kind of processor that it is built for.
    let mut with: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("CARGO_FEATURE_")).collect();
    with.extend(["TARGET", "CARGO_CFG_TARGET_FEATURE"].map(|name| (name.into(), std::env::var(name).unwrap_or_default())));
    with.sort();
    with.hash(&mut hasher);
    println!("cargo:rustc-env=LONGSIGHT_BUILD={:016x}", hasher.finish());
    println!("cargo:rustc-env=LONGSIGHT_FACTS={:016x}", facts(&std::fs::read_to_string("Cargo.lock").expect("Cargo.lock can be read")));
    let table = languages(&std::fs::read_to_string("grammars/languages.toml").expect("grammars/languages.toml can be read"));
    let out = std::env::var("OUT_DIR").expect("cargo names OUT_DIR");
    std::fs::write(Path::new(&out).join("languages.rs"), table).expect("OUT_DIR can be written");
}

/// The code that makes the facts of a file, and writes and reads them in the cache.
pub const FACTS_FROM: &[&str] = &[
    "src/syntax",
    "src/text",
    "src/index/sheet.rs",
    "src/index/codec.rs",
    "src/index/scan.rs",
    "src/index/texts.rs",
    "src/index/cache/segment.rs",
    "src/workspace/rules.rs",
];

/// A hash of what the facts of a file depend on besides the data in `grammars`: the parsers, and the code that reads their trees. Facts
/// in the cache are valid as long as it stays the same.
pub fn facts(lock: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    parsers(lock).hash(&mut hasher);
    for place in FACTS_FROM {
        add(Path::new(place), &mut hasher);
    }
    hasher.finish()
}

/// The packages of a lock file that parse, each with its version and checksum.
pub fn parsers(lock: &str) -> Vec<String> {
    let lock: toml::Table = lock.parse().expect("Cargo.lock is TOML");
    let field = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_string();
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let parsers = packages.filter(|package| field(package, "name").starts_with("tree-sitter"));
    parsers.map(|package| ["name", "version", "checksum"].map(|key| field(package, key)).join(" ")).collect()
}

/// `const BUILTINS`: for each language with a parser its name, the parser, and its query files with those that they inherit.
fn languages(text: &str) -> String {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let data: toml::Table = text.parse().expect("grammars/languages.toml is TOML");
    let mut table = String::from("const BUILTINS: &[Builtin<'_>] = &[\n");
    for language in data["language"].as_array().expect("`[[language]]`") {
        let field = |key: &str| language.get(key).and_then(toml::Value::as_str);
        let name = field("name").expect("every language has a name");
        let Some(parser) = field("parser") else { continue };
        let [tags, scope] = ["tags.scm", "scope.scm"].map(|file| queries(&root, field("queries").unwrap_or(name), file));
        let _ = writeln!(table, "    Builtin {{ name: {name:?}, language: || {parser}.into(), tags: {tags}, scope: {scope} }},");
    }
    table + "];\n"
}

/// A query file and those that it inherits (`; inherits: c` on its first lines, as editors write it), as pairs of folder and text.
fn queries(root: &str, folder: &str, file: &str) -> String {
    let mut folders = vec![folder.to_string()];
    let mut list = String::from("&[");
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        let path = format!("{root}/grammars/{folder}/{file}");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let inherited = text.lines().take_while(|line| line.starts_with(';')).filter_map(|line| line.strip_prefix("; inherits:"));
        for other in inherited.flat_map(|names| names.split(',')).map(|name| name.trim().to_string()) {
            if !folders.contains(&other) {
                folders.push(other);
            }
        }
        let _ = write!(list, "({folder:?}, include_str!({path:?})), ");
        at += 1;
    }
    list + "]"
}

/// Adds a file, or all files of a folder in the order of their names.
fn add(place: &Path, hasher: &mut DefaultHasher) {
    if let Ok(entries) = std::fs::read_dir(place) {
        let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| add(entry, hasher));
    } else if let Ok(bytes) = std::fs::read(place) {
        (place, bytes).hash(hasher);
    }
}
