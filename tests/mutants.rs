//! Every parser of foreign bytes under random mutations of its corpus (`fuzz/corpus`): no panic, and the same result however the input is
//! cut. A short round in every run; `LONGSIGHT_MUTANTS=200000` makes it a long one. `fuzz/` has the same targets for libFuzzer.

use std::path::{Path, PathBuf};

use longsight::dialect::{Start, by_name, messages};
use longsight::engine::http::ndjson::Ndjson;
use longsight::engine::http::sse::{Frame, Sse};
use longsight::engine::llama::{gguf, wire};
use longsight::server::{trace, transport::FrameReader};
use longsight::syntax::Registry;

use crate::dialect::read;

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
    fn new(folder: &str, more: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(folder);
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path()).collect();
        files.sort();
        let files = files.iter().map(|path| std::fs::read(path).unwrap());
        Self { seed: 20, corpus: files.chain(more.iter().map(|text| text.as_bytes().to_vec())).collect() }
    }

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

    /// Runs `check` on many mutants, with a number that says where to cut each.
    fn run(mut self, share: usize, mut check: impl FnMut(&[u8], usize)) {
        let rounds: usize = std::env::var("LONGSIGHT_MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(4000);
        for _ in 0..rounds.div_ceil(share) {
            let bytes = self.next();
            let cut = self.below(bytes.len() + 1);
            check(&bytes, cut);
        }
    }
}

#[test]
fn completions_in_every_dialect() {
    let calls = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/calls.json")).unwrap();
    let calls: serde_json::Value = serde_json::from_str(&calls).unwrap();
    let texts: Vec<&str> = calls["cases"].as_array().unwrap().iter().map(|case| case["text"].as_str().unwrap()).collect();
    Mutator::new("parse", &texts).run(1, |bytes, cut| {
        let text = String::from_utf8_lossy(bytes);
        let cut = text.floor_char_boundary(cut);
        for name in ["deepseek-v3.2", "llama-4", "hermes", "native"] {
            for start in [Start::Content, Start::Reasoning] {
                let parser = || by_name(name).unwrap().parser_for_any_tool(start);
                let whole = read(parser().as_mut(), [&*text]);
                assert_eq!(read(parser().as_mut(), [&text[..cut], &text[cut..]]), whole, "{name} cut at {cut}: {text:?}");
            }
        }
    });
}

#[test]
fn conversations_to_prompts() {
    Mutator::new("render", &[]).run(1, |bytes, _| {
        let Ok(value) = serde_json::from_slice(bytes) else { return };
        let Ok(chat) = messages::chat_from_json(&value) else { return };
        for name in ["deepseek-v3.2", "llama-4", "hermes", "native"] {
            let dialect = by_name(name).unwrap();
            let _ = dialect.render(&chat).map(|pieces| dialect.text(&pieces));
        }
    });
}

fn streamed<D>(
    mut decoder: D,
    chunks: &[&[u8]],
    push: fn(&mut D, &[u8]) -> Option<Vec<Frame>>,
    end: fn(&mut D) -> Option<Vec<Frame>>,
) -> Option<Vec<Frame>> {
    let mut frames = vec![];
    for chunk in chunks {
        frames.extend(push(&mut decoder, chunk)?);
    }
    frames.extend(end(&mut decoder)?);
    Some(frames)
}

#[test]
fn streams_of_servers() {
    let sse = |chunks: &[&[u8]]| streamed(Sse::new(256), chunks, |sse, chunk| sse.push(chunk).ok(), |sse| sse.finish().ok());
    let lines = |chunks: &[&[u8]]| streamed(Ndjson::new(256), chunks, |lines, chunk| lines.push(chunk).ok(), |lines| lines.finish().ok());
    let more = [
        "data: {\"a\": 1}\r\n\r\ndata: [DONE]\n\n",
        ": keep-alive\n\nevent: error\ndata: x\ndata: y\n\n",
        "{\"done\": false}\n{\"done\": true}\n",
    ];
    Mutator::new("sse", &more).run(1, |bytes, cut| {
        let (left, right) = bytes.split_at(cut);
        assert_eq!(sse(&[left, right]), sse(&[bytes]), "{bytes:?} cut at {cut}");
        assert_eq!(lines(&[left, right]), lines(&[bytes]), "{bytes:?} cut at {cut}");
    });
}

#[test]
fn frames_of_the_engine_and_of_editors() {
    let more =
        ["Content-Length: 2\r\n\r\n{}", "Content-Length: 17\r\nContent-Type: x\r\n\r\n{\"jsonrpc\":\"2.0\"}Content-Length: 2\r\n\r\n[]"];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    Mutator::new("frame", &more).run(1, |bytes, _| {
        let mut rest = bytes;
        while let Ok(Some(_)) = wire::read::<wire::ToEngine>(&mut rest) {}
        let mut rest = bytes;
        while let Ok(Some(_)) = wire::read::<wire::FromEngine>(&mut rest) {}
        let mut reader = FrameReader::new(bytes);
        runtime.block_on(async { while let Ok(Some(_)) = reader.next().await {} });
    });
}

#[test]
fn headers_of_models() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.gguf");
    Mutator::new("gguf", &[]).run(4, |bytes, _| {
        std::fs::write(&path, bytes).unwrap();
        match gguf::read_header(&path) {
            Ok(header) => drop((header.name(), header.weight_bytes(), header.expert_bytes(), header.active_share(), header.window())),
            Err(error) => assert!(error.to_string().contains("mutant.gguf"), "{error}"),
        }
    });
}

#[test]
fn configuration_and_traces() {
    let config = "[roles]\nscout = \"a\"\n[engines.a]\nkind = \"llama\"\nmodel = 'x'\ncontext = 8192\n[route]\nlocal_only = true\n[completion]\nlatency_ms = 300\n";
    let trace =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/traces/neovim-complete-and-explain.jsonl")).unwrap();
    let start: String = trace.lines().take(6).map(|line| format!("{}\n", &line[..line.floor_char_boundary(600)])).collect();
    Mutator::new("none", &[config, "local_only = true\nignore = ['a', \"b\"]\n", &start]).run(1, |bytes, _| {
        let text = String::from_utf8_lossy(bytes);
        let path = Path::new("config.toml");
        for problem in longsight::config::parse(path, &text).1.into_iter().chain(longsight::config::parse_project(path, &text).1) {
            assert!(!problem.to_string().is_empty());
        }
        let _ = trace::read(&text);
    });
}

/// The queries of a language are data that people write: a broken one is a problem with a name, never a panic.
#[test]
fn queries_of_languages() {
    let mut seed = Mutator::new("none", &["x"]);
    Mutator::new("none", &["x"]).run(100, |_, _| {
        let turn = seed.below(1 << 30);
        let registry = Registry::with(|name, text| {
            if !name.starts_with("python") {
                return String::new();
            }
            let mut mutator = Mutator { seed: turn as u64, corpus: vec![text.as_bytes().to_vec()] };
            String::from_utf8_lossy(&mutator.next()).into_owned()
        });
        assert!(registry.problems().iter().all(|problem| !problem.to_string().is_empty()));
    });
}
