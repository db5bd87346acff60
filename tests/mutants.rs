//! Every parser of foreign bytes on the corpus that fuzzing keeps (`fuzz/corpus`), and on random mutations of it. What must hold is said in
//! `fuzz/src`, which libFuzzer runs as well. A short round in every run; `LONGSIGHT_MUTANTS=200000` makes it a long one.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use longsight::syntax::Registry;

use crate::parsers::{Check, TARGETS};

/// Mutates, always in the same way: a failure can be had again.
struct Mutator {
    seed: u64,
    corpus: Vec<Vec<u8>>,
}

/// What parsers look for, and numbers at their edges.
const WORDS: &[&str] = &[
    "\"",
    "\\",
    "\\u",
    "\\ud83d",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "<",
    ">",
    "</",
    "\n",
    "\r\n",
    "\n\n",
    "```",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<|python_start|>",
    "<function=f>",
    "<｜DSML｜invoke name=\"f\">",
    "</｜DSML｜invoke>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁sep｜>",
    "<｜tool▁call▁end｜>",
    "<｜end▁of▁sentence｜>",
    "null",
    "NaN",
    "-Infinity",
    "1e400",
    "99999999999999999999",
    "-0",
    "\u{0}",
    "é",
    "😀",
    "data:",
    "data: {",
    "Content-Length: 5\r\n\r\n",
    "[engines.a]\n",
    "model = ",
    "= 1",
    "'''",
];

impl Mutator {
    fn below(&mut self, limit: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.seed >> 33) as usize % limit.max(1)
    }

    fn next(&mut self) -> Vec<u8> {
        let chosen = self.below(self.corpus.len());
        let mut bytes = self.corpus[chosen].clone();
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(24)).min(bytes.len());
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'<', b'{'][self.below(8)],
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, piece);
                }
                3 => bytes.truncate(at),
                4 => {
                    let other = self.below(self.corpus.len());
                    let tail = self.corpus[other].clone();
                    let from = self.below(tail.len() + 1);
                    bytes.truncate(at);
                    bytes.extend(&tail[from..]);
                }
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    bytes.splice(at..at, word.bytes());
                }
            }
        }
        bytes
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.unwrap().path();
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
    };
    let mut files: Vec<_> = std::fs::read_dir(folder().join("corpus").join(target)).unwrap().map(read).collect();
    files.sort();
    files
}

/// Runs a check; what does not hold is told with the input that shows it.
fn run(check: Check, target: &str, what: &str, bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| check(bytes))).is_err() {
        panic!("{target}: {what}: {:?}", String::from_utf8_lossy(bytes));
    }
}

/// Every target is in the table, has a program of its own for libFuzzer, and a corpus; and nothing else lies there.
#[test]
fn every_target_has_a_program_and_a_corpus() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    let names = |inside: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder().join(inside)).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    assert_eq!(TESTED.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>(), targets);
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for target in &targets {
        assert!(manifest.contains(&format!("name = \"{target}\"\n")), "fuzz/Cargo.toml has no {target}");
        assert!(!corpus(target).is_empty(), "{target} has no corpus");
    }
}

fn holds(target: &str) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    for (name, bytes) in corpus(target) {
        run(*check, target, &name, &bytes);
    }
    let rounds: usize = std::env::var("LONGSIGHT_MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000);
    let mut mutator = Mutator { seed: 20, corpus: corpus(target).into_iter().map(|(_, bytes)| bytes).collect() };
    for number in 0..rounds {
        run(*check, target, &format!("mutant {number}"), &mutator.next());
    }
}

/// A test for each target: its corpus, and mutants of it.
macro_rules! tests {
    ($($target:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($target)),*];
        $(#[test]
        fn $target() {
            holds(stringify!($target));
        })*
    };
}

tests! { deepseek llama4 hermes native render stream frames gguf config cache query edits anchor answer secrets }

/// The queries of a language are data that people write: a broken one is a problem with a name, never a panic.
#[test]
fn a_broken_query_is_a_problem_of_its_language_alone() {
    for (_, broken) in corpus("query") {
        let text = String::from_utf8_lossy(&broken).into_owned() + "(no_such_node) @definition.function";
        let registry = Registry::with(|name, own| if name == "python/tags.scm" { text.clone() } else { own.into() });
        let problems: Vec<&str> = registry.problems().iter().map(|problem| problem.language.as_str()).collect();
        assert_eq!(problems, ["python"]);
    }
}
