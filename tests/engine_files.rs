//! Model files as they come: damaged, lying, missing, of another kind. Each gets one message that names the file, before llama.cpp sees it.

use std::path::PathBuf;

use longsight::config::EngineConfig;
use longsight::engine::llama::Llama;
use longsight::engine::llama::gguf::{KvType, read_header};
use longsight::engine::{ErrorKind, Event};

use crate::support::gguf::{Gguf, deepseek, llama4};

fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    let error = read_header(&path).expect_err("the file must be refused").to_string();
    assert!(error.contains("model.gguf"), "the message names the file: {error}");
    error
}

fn bent(bend: impl FnOnce(&mut Gguf)) -> String {
    let mut file = llama4();
    bend(&mut file);
    refusal(&file.bytes())
}

#[test]
fn tiny_models_are_accepted_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("llama4", llama4()), ("deepseek2", deepseek("deepseek2")), ("deepseek32", deepseek("deepseek32"))] {
        let path = folder.path().join(name);
        file.write(&path);
        let header = read_header(&path).unwrap();
        assert_eq!(header.arch, name);
        assert!(header.expert_bytes() > 0 && header.expert_bytes() < header.weight_bytes());
        assert!(header.active_share() < 1.0);
        // models.md §3.5: K and V of every layer and KV head; for latent attention one compressed K, and the indexer's keys.
        let elements = match name {
            "llama4" => 4 * 2 * 32,
            "deepseek2" => 2 * (64 + 32),
            _ => 2 * (64 + 32 + 64),
        };
        assert_eq!(header.kv_bytes_per_token(KvType::F16), elements * 2, "{name}");
        assert_eq!(header.kv_bytes_per_token(KvType::Q8_0), elements * 34 / 32, "{name}");
    }
}

#[test]
fn f1_missing_directory_empty_and_unreadable_kind() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.gguf");
    assert!(read_header(&missing).unwrap_err().to_string().contains("does not exist"));
    assert!(read_header(folder.path()).unwrap_err().to_string().contains("is a directory"));
    assert!(refusal(b"").contains("is empty"));
}

/// Every model file was said to have tokens for holes, and the preview looked for them in the dialect: a hole was shown of a model that is
/// asked in words. One that has them is asked in words all the same where its dialect writes no holes.
#[test]
fn holes_are_known_of_a_model_that_nobody_has_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let fills = |name: &str, file: &Gguf| {
        let path = folder.path().join(name);
        file.write(&path);
        Llama::new(&EngineConfig::default(), path).known_caps().fim
    };
    let spelt = deepseek("deepseek2");
    let mut without = spelt.clone();
    without.rename_tokens("fim", "was");
    assert_eq!((fills("spelt", &spelt), fills("without", &without)), (true, false));
    // By their numbers, whatever they are called.
    let mut numbered = without.clone();
    for (number, key) in ["fim_pre", "suffix", "fim_mid"].into_iter().enumerate() {
        assert!(!fills("numbered", &numbered), "{number} of 3 tokens");
        numbered.number(&format!("tokenizer.ggml.{key}_token_id"), 263 + number as u32);
    }
    assert!(fills("numbered", &numbered));
    assert!(!fills("llama4", &llama4()));
}

#[tokio::test]
async fn f1_an_engine_for_a_missing_file_answers_with_one_error() {
    let engine = Llama::new(&EngineConfig::default(), PathBuf::from("/nowhere/model.gguf"));
    let request = crate::support::engine::chat("hi", 4);
    let mut events = engine.start(request, longsight::engine::Cancel::new());
    match events.recv().await {
        Some(Event::Failed(error)) => assert_eq!(error.kind, ErrorKind::Configuration),
        other => panic!("{other:?}"),
    }
    assert!(events.recv().await.is_none(), "exactly one answer");
}

#[test]
fn f2_every_truncation_is_refused() {
    let whole = llama4().bytes();
    let header = whole.len() - llama4().tensors.iter().map(|(_, _, data)| data.len() * 4).sum::<usize>();
    let ends = (0..40).chain((40..header).step_by(197)).chain([header + 1000, whole.len() / 2, whole.len() - 1]);
    for end in ends {
        refusal(&whole[..end]);
    }
}

#[test]
fn f2_magic_and_version() {
    let mut bytes = llama4().bytes();
    bytes[0] = b'X';
    assert!(refusal(&bytes).contains("is not a GGUF file"));
    for version in [0u32, 1, 99, 3u32.swap_bytes()] {
        let mut bytes = llama4().bytes();
        bytes[4..8].copy_from_slice(&version.to_le_bytes());
        assert!(refusal(&bytes).contains("GGUF version"));
    }
}

#[test]
fn f2_lying_counts_and_lengths() {
    for at in [8, 16] {
        for count in [u64::MAX, 1 << 40, 60_000] {
            let mut bytes = llama4().bytes();
            bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
            refusal(&bytes);
        }
    }
    // The first key's length: zero, a gibibyte, everything.
    for length in [0, 1 << 30, u64::MAX] {
        let mut bytes = llama4().bytes();
        bytes[24..32].copy_from_slice(&u64::to_le_bytes(length));
        refusal(&bytes);
    }
    let array = |kind: u32, length: u64| [kind.to_le_bytes().to_vec(), length.to_le_bytes().to_vec()].concat();
    for (kind, length) in [(8, u64::MAX), (4, u64::MAX / 4 + 1), (9, 1), (77, 1), (10, 1 << 61)] {
        bent(|file| file.raw("x.lie", 9, &array(kind, length)));
    }
    bent(|file| file.raw("x.text", 8, &(1u64 << 30).to_le_bytes()));
    bent(|file| file.raw("x.kind", 55, &[0; 8]));
    bent(|file| file.raw("x.truth", 7, &[7]));
}

#[test]
fn f2_tensors_that_cannot_be() {
    for shape in [vec![0, 64], vec![1 << 40, 1 << 40], vec![], vec![1; 5], vec![u64::MAX]] {
        bent(|file| file.tensors[0].1 = shape.clone());
    }
    bent(|file| file.tensors[1].0 = file.tensors[0].0.clone());
    bent(|file| file.tensors[1].0 = String::new());
    bent(|file| file.tensors[1].0 = "x".repeat(64));
}

#[test]
fn f2_alignment() {
    for alignment in [0, 3, 1 << 30] {
        assert!(bent(|file| file.number("general.alignment", alignment)).contains("alignment"));
    }
}

#[test]
fn f2_values_on_which_llama_cpp_aborts() {
    let wrong = [
        ("llama4.expert_count", 0),
        ("llama4.expert_used_count", 3),
        ("llama4.expert_used_count", 0),
        ("llama4.rope.dimension_count", 16),
        ("llama4.rope.dimension_count", 0),
        ("llama4.rope.dimension_count_swa", 8),
        ("llama4.attention.head_count", 0),
        ("llama4.attention.head_count", 7),
        ("llama4.attention.head_count_kv", 0),
        ("llama4.block_count", 0),
        ("llama4.embedding_length", 0),
        ("llama4.context_length", 0),
        ("llama4.vocab_size", 3),
        ("tokenizer.ggml.bos_token_id", 100_000),
        ("tokenizer.ggml.eos_token_id", 267),
    ];
    for (key, value) in wrong {
        bent(|file| file.number(key, value));
    }
    for value in [-1.0, f32::NAN, f32::INFINITY] {
        bent(|file| file.float("llama4.attention.layer_norm_rms_epsilon", value));
    }
    bent(|file| file.float("llama4.rope.freq_base", f32::NAN));
    bent(|file| file.number("llama4.expert_gating_func", 128));
    bent(|file| file.number("llama4.nextn_predict_layers", 4));
    bent(|file| file.number("llama4.expert_group_count", 7));
    assert!(bent(|file| file.number("llama4.attention.sliding_window", 0)).contains("chunked attention"));
    assert!(bent(|file| file.rename_tokens("Ā", "ā")).contains("twice"));
    for arch in ["deepseek2", "deepseek32"] {
        for (key, value) in [("key_length", 1000), ("key_length", 95), ("value_length", 65), ("key_length_mla", 16)] {
            let mut file = deepseek(arch);
            file.number(&format!("{arch}.attention.{key}"), value);
            assert!(refusal(&file.bytes()).contains("latent attention"), "{arch} {key} {value}");
        }
        let mut file = deepseek(arch);
        file.number(&format!("{arch}.expert_gating_func"), 5);
        assert!(refusal(&file.bytes()).contains("unknown function"));
    }
}

#[test]
fn f3_no_tokenizer_embedding_model_and_adapter() {
    assert!(bent(|file| file.remove("tokenizer.ggml.model")).contains("no tokenizer"));
    assert!(bent(|file| file.text("tokenizer.ggml.model", "no_vocab")).contains("no tokenizer"));
    assert!(bent(|file| file.remove("tokenizer.ggml.merges")).contains("merges"));
    assert!(bent(|file| file.number("llama4.pooling_type", 1)).contains("embedding model"));
    assert!(bent(|file| file.text("general.type", "adapter")).contains("not a language model"));
    assert!(bent(|file| file.remove("general.architecture")).contains("architecture"));
}

#[test]
fn split_models_need_all_their_parts() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = llama4();
    first.number("split.count", 2);
    first.number("split.no", 0);
    let path = folder.path().join("m-00001-of-00002.gguf");
    first.write(&path);
    let error = read_header(&path).unwrap_err().to_string();
    assert!(error.contains("m-00002-of-00002.gguf") && error.contains("part 2 of 2"), "{error}");

    let mut second = Gguf::default();
    second.text("general.architecture", "llama4");
    second.weights("extra.weight", &[64]);
    second.write(&folder.path().join("m-00002-of-00002.gguf"));
    let header = read_header(&path).unwrap();
    assert_eq!(header.files.len(), 2);
    assert!(header.tensors.iter().any(|tensor| tensor.name == "extra.weight"));
}
