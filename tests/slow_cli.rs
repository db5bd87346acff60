//! The one-shot commands with the real binary and the real default model, on a small repository: the JSON that programs rely on, and
//! what must hold whatever the model writes. Nothing here depends on the model's wording.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const CALCULATOR: &str = "\
//! A calculator.

/// The sum of two numbers.
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

/// The product of two numbers.
pub fn multiply(a: i32, b: i32) -> i32 {
    
}

/// Whether a number may be a divisor.
pub fn may_divide(number: i32) -> bool {
    number != 0
}
";

/// A repository of its own, with its own cache, and the models of this machine.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for below in ["repo/.git", "repo/src", "run"] {
            std::fs::create_dir_all(folder.path().join(below)).unwrap();
        }
        std::fs::write(folder.path().join("repo/src/lib.rs"), CALCULATOR).unwrap();
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_longsight"))
            .args(arguments)
            .current_dir(self.root())
            .env("LONGSIGHT_MODELS", longsight::models::models_dir().unwrap())
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// One JSON object and nothing else; no file of the repository changes.
    fn json(&self, arguments: &[&str]) -> Value {
        let before = snapshot(&self.root());
        let (code, out, said) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}\n{said}");
        assert_eq!(snapshot(&self.root()), before, "{arguments:?} wrote into the repository");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{out}"))
    }
}

fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(snapshot(&path)) } else { files.push((path.clone(), std::fs::read(&path).unwrap())) }
    }
    files.sort();
    files
}

/// Every answer of a model says who gave it and where the time went.
fn has_route_and_timing(answer: &Value) {
    for field in ["role", "engine", "reason"] {
        assert!(answer["route"][field].as_str().is_some_and(|text| !text.is_empty()), "route.{field} in {answer}");
    }
    assert!(answer["timing"]["tokens_decoded"].is_u64() && answer["timing"]["tokens_reused"].is_u64(), "{answer}");
}

#[test]
fn complete_offers_text_in_an_empty_body_and_reuses_the_prompt() {
    let repository = Repository::new();
    let first = repository.json(&["complete", "src/lib.rs:10:5"]);
    has_route_and_timing(&first);
    let item = &first["items"][0];
    assert!(item["text"].as_str().is_some_and(|text| !text.trim().is_empty()), "{first}");
    assert!(item["range"].is_object(), "{first}");
    let again = repository.json(&["complete", "src/lib.rs:10:5"]);
    let decoded = again["timing"]["tokens_decoded"].as_u64().unwrap();
    assert!(decoded <= first["timing"]["tokens_decoded"].as_u64().unwrap() && decoded < 16, "the second run decodes anew: {again}");
}

#[test]
fn explain_cites_checked_places() {
    let answer = Repository::new().json(&["explain", "src/lib.rs:4-6"]);
    has_route_and_timing(&answer);
    assert!(!answer["text"].as_str().unwrap().trim().is_empty());
    for citation in answer["citations"].as_array().unwrap() {
        assert!(citation["verified"].is_boolean() && citation["line"].is_u64() && citation["path"].is_string(), "{citation}");
    }
}

#[test]
fn ask_answers_with_route_and_text() {
    let answer = Repository::new().json(&["ask", "Where is it decided whether a number may be a divisor?"]);
    has_route_and_timing(&answer);
    assert!(!answer["text"].as_str().unwrap().trim().is_empty() && answer["citations"].is_array(), "{answer}");
}

/// F6: a model with a token for each byte refused whatever was packed by estimates, in a window of any size.
#[test]
fn f6_a_model_with_many_tokens_is_sent_what_has_room_in_its_window() {
    let repository = Repository::new();
    let file = repository.folder.path().join("llama4.gguf");
    crate::support::gguf::llama4().write(&file);
    let functions =
        |from: u32| (from..from + 300).map(|at| format!("pub fn count_{at}(a: i32) -> i32 {{\n    add(a, {at})\n}}\n")).collect::<String>();
    std::fs::write(repository.root().join("src/lib.rs"), format!("{CALCULATOR}{}", functions(100))).unwrap();
    std::fs::write(repository.root().join("src/more.rs"), format!("use crate::add;\n{}", functions(500))).unwrap();
    let config = repository.folder.path().join("tiny.toml");
    for context in [2048, 4096] {
        let engine = format!("[engines.local]\nkind = \"llama\"\nmodel = \"{}\"\ncontext = {context}\n", file.display());
        std::fs::write(&config, format!("{engine}[completion]\nmax_tokens = 32\n")).unwrap();
        for words in [
            &["complete", "src/more.rs:800:5"][..],
            &["complete", "src/lib.rs:10:5", "--trigger", "auto"],
            &["explain", "src/more.rs:10-40"],
            &["ask", "Where is a divisor tested?"],
            &["edit", "src/lib.rs:4-6", "--instruction", "subtract"],
        ] {
            // The rules and the answer alone fill the smaller one.
            if context == 2048 && words[0] != "complete" {
                continue;
            }
            let (_, _, said) = repository.run(&[words, &["--json", "--config", config.to_str().unwrap()]].concat());
            assert!(!said.contains("the context of"), "{context}, {words:?}: {said}");
        }
    }
}

#[test]
fn actions_come_without_a_model() {
    let listed = Repository::new().json(&["actions", "src/lib.rs:4-6"]);
    let actions = listed["actions"].as_array().unwrap();
    assert!(actions.iter().any(|action| action["kind"].as_str().unwrap().starts_with("refactor.rewrite")), "{listed}");
}

#[test]
fn edit_prints_a_diff_or_the_reason_and_writes_nothing() {
    let repository = Repository::new();
    let before = snapshot(&repository.root());
    let (code, out, said) =
        repository.run(&["edit", "src/lib.rs:4-6", "--instruction", "name the parameters left and right", "--diff", "--json"]);
    assert_eq!(snapshot(&repository.root()), before);
    if code == 0 {
        let edit: Value = serde_json::from_str(&out).unwrap();
        assert!(edit["edits"].is_array() && edit["diff"].is_string() && edit["steps"].is_array(), "{edit}");
        has_route_and_timing(&edit);
    } else {
        // A model of this size may fail; it must say how.
        assert!(code == 1 && said.trim().len() > 20, "{said}");
    }
}

#[test]
fn context_says_what_would_be_sent_and_why() {
    let packed = Repository::new().json(&["context", "src/lib.rs:10:5", "--budget", "500"]);
    assert!(packed["tokens"].as_u64().unwrap() <= packed["budget"].as_u64().unwrap(), "{packed}");
    assert!(packed["prompt"].as_str().unwrap().contains("pub fn multiply"), "{packed}");
    for part in packed["parts"].as_array().unwrap() {
        assert!(["path", "kind", "why"].iter().all(|field| part[field].is_string()), "{part}");
    }
}

#[test]
fn index_counts() {
    let counted = Repository::new().json(&["index"]);
    assert_eq!(counted["files"], 1, "{counted}");
    assert!(counted["symbols"].as_u64().unwrap() >= 3, "{counted}");
}

#[test]
fn f1_a_missing_model_ends_a_command_with_the_way_out() {
    let repository = Repository::new();
    let config = repository.folder.path().join("config.toml");
    std::fs::write(&config, "[engines.local]\nmodel = \"/nowhere/model.gguf\"\n").unwrap();
    let (code, _, said) = repository.run(&["complete", "src/lib.rs:10:5", "--config", &config.display().to_string()]);
    assert_eq!(code, 1);
    assert!(said.contains("/nowhere/model.gguf"), "{said}");
}
