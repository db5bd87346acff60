//! Large repositories, made once of real sources.

use std::path::{Path, PathBuf};
use std::process::Command;

use longsight::syntax::Registry;
use longsight::workspace::{Roots, walk};
use regex::Regex;

use super::corpora::{crates, django, shelf};

/// The standard library of the Python that is installed.
fn python() -> Option<PathBuf> {
    let asked = Command::new("python3").args(["-c", "import os; print(os.path.dirname(os.__file__))"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim()))
}

/// How large a made repository has to be.
#[derive(Clone, Copy)]
pub enum Size {
    /// Files with a parser.
    Files(usize),
    /// Bytes of these.
    Bytes(u64),
}

/// A repository of Django, Python's library and crates, again and again, with the items of each round named anew.
pub fn made(name: &str, size: Size) -> Option<PathBuf> {
    let folder = shelf()?.join(name);
    let done = folder.join("made");
    if done.exists() {
        return Some(folder);
    }
    let _ = std::fs::remove_dir_all(&folder);
    let sources: Vec<PathBuf> = [django(), python(), crates()].into_iter().flatten().collect();
    let (mut files, mut bytes, mut round) = (0, 0, 0);
    while !sources.is_empty() && round < 64 {
        for (number, source) in sources.iter().enumerate() {
            let full = |files: usize, bytes: u64| match size {
                Size::Files(wanted) => files >= wanted,
                Size::Bytes(wanted) => bytes >= wanted,
            };
            for (path, text) in parsed(source) {
                if full(files, bytes) {
                    std::fs::write(&done, "").ok()?;
                    return Some(folder);
                }
                let text = if round == 0 { text } else { renamed(&text, round) };
                let to = folder.join(format!("round{round}/part{number}")).join(path);
                std::fs::create_dir_all(to.parent()?).ok()?;
                std::fs::write(&to, &text).ok()?;
                files += 1;
                bytes += text.len() as u64;
            }
        }
        round += 1;
    }
    None
}

/// The files of a folder that have a parser, relative, with their text.
fn parsed(folder: &Path) -> Vec<(String, String)> {
    let registry = Registry::new();
    let listing = walk::walk(&Roots::new([folder.to_path_buf()]), 2);
    let files = listing.files.iter().filter(|entry| registry.by_path(entry.path.relative()).is_some_and(|language| language.parses()));
    files.filter_map(|entry| Some((entry.path.relative().into(), std::fs::read_to_string(entry.path.absolute()).ok()?))).collect()
}

/// Names of two words end in the number of the round; keywords are of one.
fn renamed(text: &str, round: usize) -> String {
    let name = Regex::new(r"\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+|[a-z][A-Z][A-Za-z0-9]*)\b").expect("a pattern");
    name.replace_all(text, |found: &regex::Captures<'_>| format!("{}{round}", &found[0])).into_owned()
}
