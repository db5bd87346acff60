//! The index of a folder, and what is least for it: a bare parse of the same files on one thread.

use std::path::{Path, PathBuf};
use std::process::Command;

use longsight::syntax::{Registry, naming};
use longsight::workspace::{Roots, rules, walk};

use super::side::{Spent, binary, run};

/// What a program of the bench is told in front of a folder to be the bare parse of it.
const FLOOR: &str = "--parse-floor";

/// What a bench was told; none where it was told to be the bare parse, which it has been then.
pub fn arguments() -> Option<Vec<String>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [floor, folder] if floor == FLOOR => {
            parse(Path::new(folder));
            None
        }
        _ => Some(arguments),
    }
}

/// What `longsight index --json` says, with what it cost.
pub fn ours(folder: &Path, cache: Option<&Path>) -> Option<(Spent, serde_json::Value)> {
    let mut command = Command::new(binary());
    command.args(["index", "--json", "--workspace"]).arg(folder);
    match cache {
        Some(cache) => command.env("XDG_CACHE_HOME", cache),
        None => command.arg("--no-cache"),
    };
    let (spent, said) = run(&mut command)?;
    Some((spent, serde_json::from_str(&said).ok()?))
}

/// What the bare parse of a folder costs, in a process of its own.
pub fn bare(folder: &Path) -> Option<Spent> {
    let (spent, _) = run(Command::new(std::env::current_exe().ok()?).arg(FLOOR).arg(folder))?;
    Some(spent)
}

/// The files that are parsed, as `ctags -L` reads them.
pub fn parsed_files(folder: &Path) -> Vec<PathBuf> {
    let registry = Registry::new();
    let listing = walk::walk(&Roots::new([folder.to_path_buf()]), 2);
    let parsed = |path: &str| registry.by_path(path).is_some_and(|language| language.parses());
    listing.files.iter().filter(|entry| parsed(entry.path.relative())).map(|entry| entry.path.absolute()).collect()
}

/// Whether the index leaves out a file for its content.
pub fn is_left_out(folder: &Path, file: &Path, text: &str) -> bool {
    let relative = file.strip_prefix(folder).unwrap_or(file).to_string_lossy();
    rules::by_content(text, naming::is_vendored(&relative)).is_some()
}

/// A bare parse of the same files on one thread, nothing kept.
fn parse(folder: &Path) {
    let registry = Registry::new();
    let mut parser = tree_sitter::Parser::new();
    let mut nodes = 0usize;
    for file in parsed_files(folder) {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let Some(language) = registry.detect(&file.to_string_lossy(), &text) else { continue };
        // What the index leaves out by size or content is left out here as well.
        if text.len() > 1 << 20 || is_left_out(folder, &file, &text) {
            continue;
        }
        let Some(grammar) = language.grammar() else { continue };
        parser.set_language(grammar).expect("a grammar");
        nodes += parser.parse(text.as_bytes(), None).map_or(0, |tree| tree.root_node().descendant_count());
    }
    println!("{nodes}");
}
