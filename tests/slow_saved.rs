//! KV caches on disk: they outlive the process, give what a fresh decode gives, and damage is a miss.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use longsight::config::EngineConfig;
use longsight::engine::{Answer, Engine};
use nix::sys::signal::Signal;

use crate::slow_engine::same;
use crate::support::engine::{Rig, ask, chat};
use crate::support::gguf;

/// About 9,000 tokens of the tiny models, which read bytes: more than one chunk of llama4.
fn head() -> String {
    (0..1800).map(|at| format!("{at:04} ")).collect()
}

fn tiny(rig: &Rig, name: &str) -> PathBuf {
    let path = rig.path().join(format!("{name}.gguf"));
    match name {
        "llama4" => gguf::llama4().write(&path),
        name => gguf::deepseek(name).write(&path),
    }
    path
}

/// States on disk once there are so many; they are written in a quiet moment.
async fn states(rig: &Rig, count: usize) -> Vec<PathBuf> {
    for _ in 0..600 {
        let files = std::fs::read_dir(rig.states()).into_iter().flatten().flatten().map(|entry| entry.path());
        let cards: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
        if cards.len() >= count {
            return cards;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no KV cache is saved");
}

async fn after_a_crash(rig: &Rig, engine: &Arc<dyn Engine>, text: &str) -> Answer {
    rig.signal(Signal::SIGKILL);
    tokio::time::sleep(Duration::from_millis(200)).await;
    ask(engine, chat(text, 8)).await.unwrap()
}

#[tokio::test]
async fn a_long_head_outlives_a_crash_and_equals_a_fresh_decode() {
    for name in ["llama4", "deepseek2", "deepseek32"] {
        let rig = Rig::new();
        let path = tiny(&rig, name);
        let engine = rig.engine(&path, 12_000);
        let (first, second) = (format!("{}alpha", head()), format!("{}beta and more", head()));
        let cold = ask(&engine, chat(&first, 8)).await.unwrap();
        assert_eq!(cold.finished.timing.tokens_restored, 0);
        states(&rig, 1).await;
        let restored = after_a_crash(&rig, &engine, &second).await;
        let timing = &restored.finished.timing;
        assert!(timing.tokens_restored > 8192 && timing.tokens_decoded < 200, "{name}: {timing:?}");

        let other = Rig::new();
        let fresh = ask(&other.engine(&path, 12_000), chat(&second, 8)).await.unwrap();
        assert_eq!(fresh.finished.timing.tokens_reused, 0, "{name}");
        same(&restored, &fresh);
    }
}

#[tokio::test]
async fn a_prompt_that_parts_before_the_last_chunk_starts_from_an_earlier_state_or_from_nothing() {
    let rig = Rig::new();
    let path = tiny(&rig, "llama4");
    let engine = rig.engine(&path, 12_000);
    ask(&engine, chat(&format!("{}alpha", head()), 8)).await.unwrap();
    states(&rig, 1).await;
    // Parts after about 5,000 tokens, before the chunk that the state holds on all layers.
    let early: String = head().chars().take(5000).chain("another end".chars()).collect();
    let answer = after_a_crash(&rig, &engine, &early).await;
    assert_eq!(answer.finished.timing.tokens_restored, 0, "{:?}", answer.finished.timing);
    let other = Rig::new();
    same(&answer, &ask(&other.engine(&path, 12_000), chat(&early, 8)).await.unwrap());
}

#[tokio::test]
async fn damaged_and_half_written_states_are_misses() {
    let rig = Rig::new();
    let path = tiny(&rig, "deepseek2");
    let engine = rig.engine(&path, 12_000);
    let text = head();
    let cold = ask(&engine, chat(&text, 8)).await.unwrap();
    let damages: [fn(PathBuf); 4] = [
        |card| std::fs::write(card, b"{").unwrap(),
        |card| std::fs::remove_file(card.with_extension("kv")).unwrap(),
        |card| std::fs::OpenOptions::new().write(true).open(card.with_extension("kv")).unwrap().set_len(1000).unwrap(),
        |card| {
            let state = card.with_extension("kv");
            let mut bytes = std::fs::read(&state).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x40;
            std::fs::write(&state, bytes).unwrap();
        },
    ];
    for damage in damages {
        let cards = states(&rig, 1).await;
        cards.into_iter().for_each(damage);
        let answer = after_a_crash(&rig, &engine, &text).await;
        assert_eq!(answer.finished.timing.tokens_restored, 0, "{:?}", answer.finished.timing);
        same(&answer, &cold);
    }
}

#[tokio::test]
async fn states_keep_to_their_limit_and_can_be_switched_off() {
    let rig = Rig::new();
    let path = tiny(&rig, "deepseek2");
    let config = |saved| EngineConfig { context: Some(12_000), saved_kv_mb: Some(saved), ..EngineConfig::default() };
    let off = rig.engine_with(&path, config(0));
    ask(&off, chat(&head(), 4)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(!rig.states().exists());
    // Two layers of 96 halves each: 384 bytes a token, so that 4 MiB have room for one state of 9,000 tokens and not for two.
    let engine = rig.engine_with(&path, config(4));
    ask(&engine, chat(&format!("one {}", head()), 4)).await.unwrap();
    let first = states(&rig, 1).await;
    ask(&engine, chat(&format!("two {}", head()), 4)).await.unwrap();
    for _ in 0..600 {
        let now = states(&rig, 1).await;
        let bytes: u64 = std::fs::read_dir(rig.states()).unwrap().flatten().map(|entry| entry.metadata().unwrap().len()).sum();
        assert!(bytes <= 4 << 20, "{bytes}");
        if now != first {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the second state is not saved");
}

/// A card that could not be read was removed, whoever had put it there: `package.json` and `notes.kv` were gone after a load.
#[tokio::test]
async fn files_of_others_beside_the_states_stay_and_leftovers_go() {
    use std::os::unix::fs::PermissionsExt;
    let mut rig = Rig::new();
    let named = rig.path().join("named");
    std::fs::create_dir_all(named.join("kv")).unwrap();
    std::fs::set_permissions(&named, std::fs::Permissions::from_mode(0o755)).unwrap();
    rig.surroundings.states = Some(named.clone());
    let foreign = ["package.json", "notes.json", "notes.kv", "0123.json", "0123456789ABCDEF.json", "0123456789abcdef-x.half"];
    let leftovers = ["0123456789abcdef.kv", "0123456789abcdef-77.half"];
    let old = std::time::SystemTime::now() - Duration::from_secs(3600);
    for name in foreign.iter().chain(&leftovers) {
        std::fs::write(rig.states().join(name), b"mine").unwrap();
        std::fs::File::options().append(true).open(rig.states().join(name)).unwrap().set_modified(old).unwrap();
    }
    let engine = rig.engine(tiny(&rig, "deepseek2"), 12_000);
    ask(&engine, chat(&head(), 4)).await.unwrap();
    let saved = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.len() == 16) && path.with_extension("kv").exists();
    for _ in 0..600 {
        if states(&rig, 1).await.iter().any(saved) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let there = |name: &&str| rig.states().join(name).exists();
    assert!(foreign.iter().all(there), "{:?}", foreign.iter().filter(|name| !there(name)).collect::<Vec<_>>());
    assert!(!leftovers.iter().any(there));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&named), mode(&rig.states())), (0o755, 0o700), "only our own folder is closed to others");
}
