//! Model files as they come: damaged, lying, missing, of another kind. Each gets one message that names the file, before llama.cpp sees it.

use std::path::PathBuf;

use longsight::config::{EngineConfig, KvType};
use longsight::engine::llama::Llama;
use longsight::engine::llama::gguf::{known, read_header};
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

/// Without a chat template, models of the large kinds were asked in ChatML, of which they have no token, unless the file's name told.
#[test]
fn a_model_without_a_template_is_spoken_to_as_its_tokens_tell() {
    let folder = tempfile::tempdir().unwrap();
    let spoken = |file: &Gguf| {
        let path = folder.path().join("m.gguf");
        file.write(&path);
        let shown = Llama::new(&EngineConfig::default(), path.clone()).preview(&crate::support::engine::chat("hi", 4).ask);
        (read_header(&path).unwrap().dialect().map(|dialect| dialect.name()), shown)
    };
    let (llama, shown) = spoken(&llama4());
    assert!(llama == Some("llama-4") && shown.contains("<|header_start|>user"), "{llama:?}: {shown}");
    for kind in ["deepseek2", "deepseek32"] {
        let (deepseek, shown) = spoken(&deepseek(kind));
        assert!(deepseek == Some("deepseek-v3.2") && shown.contains("<｜User｜>hi<｜Assistant｜>"), "{kind}, {deepseek:?}: {shown}");
    }
    let mut other = llama4();
    other.rename_tokens("<|header_start|>", "<|turn_is_begun|");
    assert_eq!(spoken(&other).0, None);
    // A template of its own says that it is none of these.
    let mut told = llama4();
    told.text("tokenizer.chat_template", "[INST] {{content}} [/INST]");
    assert_eq!(spoken(&told).0, None);
    told.text("tokenizer.chat_template", " ");
    assert_eq!(spoken(&told).0, Some("llama-4"));
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

/// A vocabulary of pieces without a token for each byte, and a way of stretching positions that llama.cpp has no name for, ended the process
/// that all servers share, and `doctor` called them well.
#[test]
fn well_formed_files_on_which_llama_cpp_ends_the_process_are_refused() {
    assert!(bent(|file| file.pieces("llama", "<0x0A>")).contains("no token for the byte `<0x0A>`"));
    assert!(bent(|file| file.pieces("bert", "")).contains("vectors or translate"));
    let spelt = bent(|file| {
        file.pieces("t5", "");
        file.numbers("tokenizer.ggml.precompiled_charsmap", &[4, 0, 0, 0]);
    });
    assert!(spelt.contains("vectors or translate"));
    assert!(bent(|file| file.pieces("test", "")).contains("no tokenizer"));
    assert!(bent(|file| file.pieces("xyz", "")).contains("unknown tokenizer `xyz`"));
    assert!(bent(|file| file.text("llama4.rope.scaling.type", "nonsense")).contains("unknown way `nonsense`"));
    assert!(bent(|file| file.text("general.architecture", "qwen99")).contains("architecture `qwen99`"));
    assert!(bent(|file| file.text("tokenizer.ggml.pre", "nonsense")).contains("the way `nonsense`"));
    assert!(bent(|file| file.raw("llama4.attention.causal", 7, &[0])).contains("does not write text"));
    assert!(bent(|file| file.number("llama4.attention.value_length", 16)).contains("keys of 32 and values of 16"));
    assert!(bent(|file| file.numbers("llama4.rope.dimension_sections", &[8, -8, 0, 0])).contains("sections"));
    // Two keys for three queries.
    let mut file = llama4();
    file.number("llama4.embedding_length", 96);
    file.number("llama4.attention.head_count", 3);
    file.number("llama4.attention.head_count_kv", 2);
    assert!(refusal(&file.bytes()).contains("3 heads for 2 key/value heads"));
    for arch in ["t5", "dream", "gemma4-assistant"] {
        assert!(bent(|file| file.text("general.architecture", arch)).contains("does not write text"), "{arch}");
    }
    let mut file = deepseek("deepseek32");
    file.number("deepseek32.attention.indexer.key_length", 16);
    assert!(refusal(&file.bytes()).contains("keys of its index"));
    // Types in which no weights are kept, and norms that are not exact.
    for (name, kind) in [("output.weight", 9u32), ("output_norm.weight", 1)] {
        let mut bytes = llama4().bytes();
        let wanted = [&(name.len() as u64).to_le_bytes()[..], name.as_bytes()].concat();
        let at = bytes.windows(wanted.len()).position(|window| window == wanted).unwrap() + wanted.len();
        let dimensions = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        bytes[at + 4 + dimensions * 8..][..4].copy_from_slice(&kind.to_le_bytes());
        assert!(refusal(&bytes).contains(&format!("the type {kind}")), "{name}");
    }
}

#[test]
fn vocabularies_of_pieces_with_all_bytes_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pieces.gguf");
    // No text holds this byte.
    for left_out in ["", "<0xFF>"] {
        let mut file = llama4();
        file.pieces("llama", left_out);
        file.write(&path);
        read_header(&path).unwrap();
    }
    let mut file = llama4();
    file.text("llama4.rope.scaling.type", "yarn");
    file.remove("tokenizer.ggml.pre");
    file.write(&path);
    read_header(&path).unwrap();
}

/// llama.cpp reads a token up to a NUL, and gives those that are empty a name, which another may have.
#[test]
fn tokens_that_are_one_for_llama_cpp_are_refused() {
    for (tokens, twice) in [(&["a", "a\0b"], "a"), (&["", "[EMPTY_0]"], "[EMPTY_0]")] {
        let texts: Vec<String> = tokens.iter().map(|text| text.to_string()).collect();
        let said = bent(|file| file.texts("tokenizer.ggml.tokens", &texts));
        assert!(said.contains(&format!("`{twice}`) twice")), "{said}");
    }
}

/// It searches for the longest token, and never ended where a byte begins one and is none.
#[test]
fn a_vocabulary_in_which_a_search_has_no_end_is_refused() {
    let texts = |tokens: &[&str]| tokens.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let with = |tokens: &[&str]| {
        let mut file = llama4();
        file.text("tokenizer.ggml.model", "rwkv");
        file.remove("tokenizer.ggml.token_type");
        file.remove("tokenizer.ggml.bos_token_id");
        file.values.retain(|(key, _)| !key.ends_with("_token_id"));
        file.texts("tokenizer.ggml.tokens", &texts(tokens));
        file.bytes()
    };
    assert!(refusal(&with(&["a", "ab", "\\n\\n"])).contains("begin with the byte 10"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.gguf");
    std::fs::write(&path, with(&["a", "ab", "\\n\\n", "\\x0a"])).unwrap();
    read_header(&path).unwrap();
}

/// A line end in a name began a new line in what `doctor` prints, and forged it.
#[test]
fn a_name_out_of_a_file_stays_on_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named.gguf");
    let mut file = llama4();
    file.text("general.name", "tiny\u{1b}[31m\nok      engine z: forged\u{202e}");
    file.write(&path);
    let name = read_header(&path).unwrap().name();
    assert_eq!(name, "tiny\\u{1b}[31m\\nok      engine z: forged\\u{202e}");
    let said = bent(|file| file.text("general.architecture", "x\nok      engine z: forged"));
    assert!(!said.contains('\n'), "{said}");
}

/// What llama.cpp knows by name is in a list of ours: with another llama.cpp it has to be another list.
#[test]
fn the_names_that_llama_cpp_knows_are_those_of_its_source() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    let version = lock.split_once("name = \"llama-cpp-sys-2\"\nversion = \"").unwrap().1.split_once('"').unwrap().0;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo"))).unwrap();
    let Ok(registries) = std::fs::read_dir(home.join("registry/src")) else { return };
    let package = format!("llama-cpp-sys-2-{version}/llama.cpp/src");
    let Some(source) = registries.flatten().map(|folder| folder.path().join(&package)).find(|path| path.is_dir()) else { return };
    let between = |file: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(source.join(file)).unwrap();
        text.split_once(from).unwrap().1.split_once(to).unwrap().0.to_string()
    };
    let quoted = |text: &str, before: &str| -> Vec<String> {
        let parts = text.split(before).skip(1).filter_map(|part| part.split('"').nth(1));
        parts.filter(|name| *name != "(unknown)").map(String::from).collect()
    };
    let architectures = quoted(&between("llama-arch.cpp", "LLM_ARCH_NAMES = {", "};"), "{ LLM_ARCH_");
    let cuts =
        quoted(&between("llama-vocab.cpp", "only BPE models have pre-tokenizers", "unknown pre-tokenizer type"), "tokenizer_pre == ");
    for (ours, theirs) in known::names().into_iter().zip([architectures, cuts]) {
        assert!(theirs.len() > 80, "{theirs:?}");
        assert_eq!(ours, theirs);
    }
}
