//! Rows F1 to F13 that need a real engine process: damaged, split and odd models, the edge of the context, files that go away.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use longsight::config::EngineConfig;
use longsight::engine::{Cancel, ErrorKind, Finish, collect};

use crate::support::engine::{Rig, ask, chat, first_text};
use crate::support::gguf::{Gguf, deepseek, llama4};

/// The command as a user who may not read the file, also where the tests run as root.
#[test]
fn f1_a_file_without_permission_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(folder.path(), 0o777);
    let (model, config, binary) = (folder.path().join("model.gguf"), folder.path().join("config.toml"), folder.path().join("longsight"));
    llama4().write(&model);
    open(&model, 0o000);
    std::fs::write(&config, format!("[engines.local]\nmodel = {:?}\n", model.display().to_string())).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_longsight"), &binary).unwrap();
    let mut command = Command::new(&binary);
    command.args(["doctor", "--json", "--config"]).arg(&config).current_dir(folder.path()).env("HOME", folder.path());
    if nix::unistd::getuid().is_root() {
        command.uid(65534);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("model.gguf: cannot be read") && text.contains("check its permissions"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Whatever passes the header check is loaded and asked; the engine process may die of it, the server and the next model may not.
#[tokio::test]
async fn f2_mutated_models_take_nothing_but_the_engine_process_down() {
    let rig = Rig::new();
    let whole = llama4().bytes();
    let header = whole.len() - llama4().tensors.iter().map(|(_, _, data)| data.len() * 4).sum::<usize>();
    let mut seed = 7u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    let path = rig.path().join("mutant.gguf");
    let (mut refused, mut answered) = (0, 0);
    for _ in 0..120 {
        let mut bytes = whole.clone();
        let at = next(header);
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff, bytes[at].wrapping_add(1)][next(6)];
        std::fs::write(&path, &bytes).unwrap();
        match ask(&rig.engine(&path, 256), chat("hi", 2)).await {
            Ok(_) => answered += 1,
            Err(error) => {
                assert!(!error.message.is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > 5 && answered > 5, "{refused} refused, {answered} answered: the set says little");
    std::fs::write(&path, &whole).unwrap();
    assert!(ask(&rig.engine(&path, 256), chat("hi", 2)).await.is_ok());
}

#[tokio::test]
async fn f6_exactly_the_context_is_accepted_and_one_token_more_is_not() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    llama4().write(&path);
    let engine = rig.engine(&path, 512);
    // A byte is a token here.
    let frame = ask(&engine, chat("x", 1)).await.unwrap().finished.timing;
    let frame = (frame.tokens_reused + frame.tokens_decoded) as usize - 1;
    let full = ask(&engine, chat(&"x".repeat(511 - frame), 1)).await.unwrap().finished.timing;
    assert_eq!(full.tokens_reused + full.tokens_decoded, 511);
    let error = ask(&engine, chat(&"x".repeat(512 - frame), 1)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLong, "{error}");
    assert!(ask(&engine, chat("x", 1)).await.is_ok());
}

#[tokio::test]
async fn f9_bytes_that_are_no_character_never_reach_the_answer() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    llama4().write(&path);
    let engine = rig.engine(&path, 2048);
    let mut dropped = false;
    for question in ["a", "b", "c", "d"] {
        let mut request = chat(question, 300);
        request.temperature = 2.0;
        let answer = ask(&engine, request).await;
        // Random bytes may look like a broken call.
        let Ok(answer) = answer else { continue };
        assert!(!answer.text.contains('\u{fffd}'), "{:?}", answer.text);
        dropped |= (answer.text.chars().count() as u64) < answer.finished.timing.tokens_out;
    }
    assert!(dropped, "the model wrote no byte that is no character");
}

/// A model whose likeliest token is always the first of its vocabulary.
fn monotonous() -> Gguf {
    let mut file = llama4();
    let output = file.tensors.iter_mut().find(|(name, ..)| name == "output.weight").unwrap();
    output.2.fill(0.0);
    file
}

#[tokio::test]
async fn f10_a_model_that_repeats_for_ever_is_cut_and_one_that_only_ends_is_empty() {
    let rig = Rig::new();
    let path = rig.path().join("repeats.gguf");
    let mut repeats = monotonous();
    // The vocabulary begins with `Ā`, the name of byte 0; it changes places with `Ġ`, the name of the space.
    [("Ā", "Ƿ"), ("Ġ", "Ā"), ("Ƿ", "Ġ")].into_iter().for_each(|(from, to)| repeats.rename_tokens(from, to));
    repeats.write(&path);
    let engine = rig.engine(&path, 2048);
    let answer = ask(&engine, chat("go on", 1000)).await.unwrap();
    assert!(answer.finished.timing.tokens_out < 200, "{:?}", answer.finished);
    assert_eq!((answer.text.trim(), answer.finished.reason), ("", Finish::Length));

    let path = rig.path().join("ends.gguf");
    let mut ends = monotonous();
    ends.number("tokenizer.ggml.eos_token_id", 0);
    ends.write(&path);
    let answer = ask(&rig.engine(&path, 2048), chat("go on", 1000)).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finished.reason, answer.finished.timing.tokens_out), ("", Finish::Stop, 0));
}

#[tokio::test]
async fn f12_layers_for_a_gpu_that_is_not_there_and_experts_in_memory_run_on_the_processor() {
    let rig = Rig::new();
    for (name, file) in [("llama4", llama4()), ("deepseek32", deepseek("deepseek32"))] {
        let path = rig.path().join(format!("{name}.gguf"));
        file.write(&path);
        let plain = ask(&rig.engine(&path, 1024), chat("hello", 12)).await.unwrap().text;
        let base = || EngineConfig { context: Some(1024), ..EngineConfig::default() };
        let same = [
            EngineConfig { gpu_layers: Some(99), ..base() },
            EngineConfig { cpu_moe: Some(true), gpu_layers: Some(99), ..base() },
            EngineConfig { n_cpu_moe: Some(1), ..base() },
        ];
        for config in same {
            let answer = ask(&rig.engine_with(&path, config.clone()), chat("hello", 12)).await.unwrap();
            assert_eq!(answer.text, plain, "{name}: {config:?}");
        }
        for kv_type in ["q8_0", "q4_0"] {
            let config = EngineConfig { kv_type: Some(kv_type.into()), ..base() };
            let answer = ask(&rig.engine_with(&path, config), chat("hello", 12)).await;
            assert!(answer.is_ok(), "{name}, {kv_type}: {answer:?}");
        }
    }
}

/// The system answers reads beyond the end of a mapped file with SIGBUS.
#[tokio::test]
async fn f13_a_model_file_that_goes_away_at_work_costs_one_request() {
    let rig = Rig::new();
    let path = rig.path().join("llama4.gguf");
    llama4().write(&path);
    let engine = rig.engine(&path, 16_384);
    let mut request = chat("tell me", 12_000);
    request.temperature = 1.5;
    let mut events = engine.start(request, Cancel::new());
    first_text(&mut events).await;
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4096).unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(60), collect(events, |_| {})).await.expect("the death is noticed");
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Unavailable);
    let error = ask(&engine, chat("hi", 2)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Configuration, "{error}");
    llama4().write(&path);
    assert!(ask(&engine, chat("hi", 2)).await.is_ok());
}

#[tokio::test]
async fn a_split_model_answers_as_the_whole_one() {
    let rig = Rig::new();
    let whole = rig.path().join("whole.gguf");
    llama4().write(&whole);
    let expected = ask(&rig.engine(&whole, 1024), chat("hello", 12)).await.unwrap().text;
    for (number, part) in llama4().split().iter().enumerate() {
        part.write(&rig.path().join(format!("m-0000{}-of-00002.gguf", number + 1)));
    }
    let engine = rig.engine(rig.path().join("m-00001-of-00002.gguf"), 1024);
    assert_eq!(ask(&engine, chat("hello", 12)).await.unwrap().text, expected);
}
