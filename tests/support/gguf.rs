//! Writes tiny GGUF models with random weights: llama4, deepseek2 and deepseek32. They say nothing, but they load, tokenise, keep KV caches
//! and obey grammars like the large ones.

use std::path::Path;

/// A GGUF in the making; tests bend it before it is written.
#[derive(Clone, Default)]
pub struct Gguf {
    pub values: Vec<(String, Vec<u8>)>,
    /// Name, shape (fastest first), data.
    pub tensors: Vec<(String, Vec<u64>, Vec<f32>)>,
    seed: u64,
}

impl Gguf {
    pub fn raw(&mut self, key: &str, kind: u32, bytes: &[u8]) {
        let mut value = kind.to_le_bytes().to_vec();
        value.extend(bytes);
        self.values.retain(|(other, _)| other != key);
        self.values.push((key.into(), value));
    }

    pub fn number(&mut self, key: &str, value: u32) {
        self.raw(key, 4, &value.to_le_bytes());
    }

    pub fn float(&mut self, key: &str, value: f32) {
        self.raw(key, 6, &value.to_le_bytes());
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.raw(key, 8, &string(value));
    }

    pub fn texts(&mut self, key: &str, values: &[String]) {
        let mut bytes = 8u32.to_le_bytes().to_vec();
        bytes.extend((values.len() as u64).to_le_bytes());
        values.iter().for_each(|value| bytes.extend(string(value)));
        self.raw(key, 9, &bytes);
    }

    /// Replaces bytes of the same number in all metadata, e.g. in token texts.
    pub fn rename_tokens(&mut self, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        for (_, value) in &mut self.values {
            for at in 0..value.len().saturating_sub(from.len() - 1) {
                if value[at..].starts_with(from.as_bytes()) {
                    value[at..at + to.len()].copy_from_slice(to.as_bytes());
                }
            }
        }
    }

    pub fn remove(&mut self, key: &str) {
        self.values.retain(|(other, _)| other != key);
    }

    /// Small random weights, the same in every run.
    pub fn weights(&mut self, name: &str, shape: &[u64]) {
        let count = shape.iter().product::<u64>();
        let mut next = || {
            self.seed = self.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((self.seed >> 33) as f32 / (1u64 << 31) as f32 - 0.5) * 0.17
        };
        let data = (0..count).map(|_| next()).collect();
        self.tensors.push((name.into(), shape.into(), data));
    }

    fn constant(&mut self, name: &str, length: u64, value: f32) {
        self.tensors.push((name.into(), vec![length], vec![value; length as usize]));
    }

    /// The same model in two parts, as llama.cpp's tools split one.
    pub fn split(mut self) -> [Gguf; 2] {
        let count = self.tensors.len();
        let tensors = self.tensors.split_off(count / 2);
        let mut parts = [self, Gguf { tensors, ..Gguf::default() }];
        for (number, part) in parts.iter_mut().enumerate() {
            part.raw("split.no", 2, &(number as u16).to_le_bytes());
            part.raw("split.count", 2, &2u16.to_le_bytes());
            part.raw("split.tensors.count", 5, &(count as i32).to_le_bytes());
        }
        parts
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.values.len() as u64).to_le_bytes());
        for (key, value) in &self.values {
            bytes.extend(string(key));
            bytes.extend(value);
        }
        let mut offset = 0u64;
        for (name, shape, data) in &self.tensors {
            bytes.extend(string(name));
            bytes.extend((shape.len() as u32).to_le_bytes());
            shape.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(0u32.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            offset = (offset + data.len() as u64 * 4).next_multiple_of(32);
        }
        for (_, _, data) in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(32), 0);
            data.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        }
        bytes
    }

    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.bytes()).unwrap();
    }

    fn vocabulary(&mut self, pre: &str, special: &[&str]) -> u64 {
        let mut tokens = byte_alphabet();
        tokens.extend(special.iter().map(|text| text.to_string()));
        let kinds = (0..tokens.len()).map(|at| if at < 256 { 1i32 } else { 3 });
        let mut bytes = 5u32.to_le_bytes().to_vec();
        bytes.extend((tokens.len() as u64).to_le_bytes());
        kinds.for_each(|kind| bytes.extend(kind.to_le_bytes()));
        self.text("tokenizer.ggml.model", "gpt2");
        self.text("tokenizer.ggml.pre", pre);
        self.texts("tokenizer.ggml.tokens", &tokens);
        self.raw("tokenizer.ggml.token_type", 9, &bytes);
        self.texts("tokenizer.ggml.merges", &["a b".into()]);
        tokens.len() as u64
    }

    /// A vocabulary of pieces of text, where each byte has a token of its own; without the one that is left out.
    pub fn pieces(&mut self, kind: &str, left_out: &str) {
        let bytes = (0..=255u8).map(|byte| format!("<0x{byte:02X}>"));
        let tokens: Vec<String> =
            ["<unk>", "<s>", "</s>"].map(String::from).into_iter().chain(bytes).filter(|text| text != left_out).collect();
        let kinds: Vec<u8> = (0..tokens.len()).flat_map(|at| if at < 3 { 3i32 } else { 6 }.to_le_bytes()).collect();
        let typed = [&5u32.to_le_bytes()[..], &(tokens.len() as u64).to_le_bytes(), &kinds].concat();
        self.values.retain(|(key, _)| !key.starts_with("tokenizer.ggml."));
        self.text("tokenizer.ggml.model", kind);
        self.texts("tokenizer.ggml.tokens", &tokens);
        self.raw("tokenizer.ggml.token_type", 9, &typed);
        self.number("tokenizer.ggml.eos_token_id", 2);
    }

    /// A list of whole numbers.
    pub fn numbers(&mut self, key: &str, values: &[i32]) {
        let values = values.iter().flat_map(|value| value.to_le_bytes());
        let bytes = [5u32.to_le_bytes().to_vec(), (values.clone().count() as u64 / 4).to_le_bytes().to_vec(), values.collect()].concat();
        self.raw(key, 9, &bytes);
    }

    fn experts(&mut self, block: &str, embedding: u64, inner: u64, count: u64) {
        for (name, shape) in [("gate", [embedding, inner]), ("up", [embedding, inner]), ("down", [inner, embedding])] {
            self.weights(&format!("{block}ffn_{name}_exps.weight"), &[shape[0], shape[1], count]);
            self.weights(&format!("{block}ffn_{name}_shexp.weight"), &shape);
        }
    }
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// GPT-2's printable names of the 256 bytes, in byte order.
fn byte_alphabet() -> Vec<String> {
    let printable = |byte: u32| (33..=126).contains(&byte) || (161..=172).contains(&byte) || (174..=255).contains(&byte);
    let mut next = 256;
    let name = |byte: u32| {
        let code = if printable(byte) {
            byte
        } else {
            next += 1;
            next - 1
        };
        char::from_u32(code).unwrap().to_string()
    };
    (0..256).map(name).collect()
}

const LLAMA4_TOKENS: &[&str] = &[
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|header_start|>",
    "<|header_end|>",
    "<|eom|>",
    "<|eot|>",
    "<|python_start|>",
    "<|python_end|>",
];

/// Four layers, two experts, chunked attention every time but the fourth.
pub fn llama4() -> Gguf {
    let (layers, embedding, heads, kv_heads, inner, experts) = (4u64, 64u64, 2u64, 1u64, 96u64, 2u64);
    let head = embedding / heads;
    let mut file = Gguf::default();
    file.text("general.architecture", "llama4");
    let vocabulary = file.vocabulary("llama4", LLAMA4_TOKENS);
    for (key, id) in [("bos", 256), ("eos", 264), ("fim_pre", 258), ("fim_mid", 259), ("fim_suf", 260)] {
        file.number(&format!("tokenizer.ggml.{key}_token_id"), id);
    }
    let numbers = [
        ("context_length", 1_048_576),
        ("embedding_length", embedding),
        ("block_count", layers),
        ("feed_forward_length", inner),
        ("attention.head_count", heads),
        ("attention.head_count_kv", kv_heads),
        ("expert_feed_forward_length", inner),
        ("interleave_moe_layer_step", 1),
        ("expert_count", experts),
        ("expert_used_count", 1),
        ("rope.dimension_count", head),
        ("vocab_size", vocabulary),
    ];
    numbers.iter().for_each(|(key, value)| file.number(&format!("llama4.{key}"), *value as u32));
    file.float("llama4.attention.layer_norm_rms_epsilon", 1e-5);
    file.float("llama4.rope.freq_base", 500_000.0);
    file.weights("token_embd.weight", &[embedding, vocabulary]);
    file.constant("output_norm.weight", embedding, 1.0);
    file.weights("output.weight", &[embedding, vocabulary]);
    for layer in 0..layers {
        let block = format!("blk.{layer}.");
        file.constant(&format!("{block}attn_norm.weight"), embedding, 1.0);
        file.constant(&format!("{block}ffn_norm.weight"), embedding, 1.0);
        for (name, size) in [("q", heads * head), ("k", kv_heads * head), ("v", kv_heads * head)] {
            file.weights(&format!("{block}attn_{name}.weight"), &[embedding, size]);
        }
        file.weights(&format!("{block}attn_output.weight"), &[heads * head, embedding]);
        file.weights(&format!("{block}ffn_gate_inp.weight"), &[embedding, experts]);
        file.experts(&block, embedding, inner, experts);
    }
    file
}

const DEEPSEEK_TOKENS: &[&str] = &[
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<think>",
    "</think>",
    "｜DSML｜",
    "<｜fim▁begin｜>",
    "<｜fim▁hole｜>",
    "<｜fim▁end｜>",
];

/// Two layers with latent attention, the second with experts; `deepseek32` has the indexer as well.
pub fn deepseek(arch: &str) -> Gguf {
    let (embedding, inner, expert_inner, experts) = (128u64, 192u64, 96u64, 2u64);
    let mut file = Gguf::default();
    file.text("general.architecture", arch);
    let vocabulary = file.vocabulary("deepseek-v3", DEEPSEEK_TOKENS);
    file.number("tokenizer.ggml.bos_token_id", 256);
    file.number("tokenizer.ggml.eos_token_id", 257);
    let mut numbers = vec![
        ("context_length", 163_840),
        ("embedding_length", embedding),
        ("block_count", 2),
        ("feed_forward_length", inner),
        ("attention.head_count", 1),
        ("attention.head_count_kv", 1),
        ("expert_feed_forward_length", expert_inner),
        ("expert_shared_count", 1),
        ("attention.q_lora_rank", 64),
        ("attention.kv_lora_rank", 64),
        ("attention.key_length_mla", 64),
        ("attention.value_length_mla", 32),
        ("attention.key_length", 96),
        ("attention.value_length", 64),
        ("rope.dimension_count", 32),
        ("expert_count", experts),
        ("expert_used_count", 1),
        ("leading_dense_block_count", 1),
        ("expert_gating_func", 2),
        ("vocab_size", vocabulary),
    ];
    if arch == "deepseek32" {
        numbers.extend([("attention.indexer.head_count", 1), ("attention.indexer.key_length", 64), ("attention.indexer.top_k", 8)]);
    }
    numbers.iter().for_each(|(key, value)| file.number(&format!("{arch}.{key}"), *value as u32));
    file.float(&format!("{arch}.attention.layer_norm_rms_epsilon"), 1e-6);
    file.float(&format!("{arch}.rope.freq_base"), 10_000.0);
    file.float(&format!("{arch}.expert_weights_scale"), 2.5);
    file.raw(&format!("{arch}.expert_weights_norm"), 7, &[1]);
    file.weights("token_embd.weight", &[embedding, vocabulary]);
    file.constant("output_norm.weight", embedding, 1.0);
    file.weights("output.weight", &[embedding, vocabulary]);
    for layer in 0..2 {
        let block = format!("blk.{layer}.");
        latent_attention(&mut file, &block, embedding, arch == "deepseek32");
        if layer == 0 {
            for (name, shape) in [("gate", [embedding, inner]), ("up", [embedding, inner]), ("down", [inner, embedding])] {
                file.weights(&format!("{block}ffn_{name}.weight"), &shape);
            }
        } else {
            file.weights(&format!("{block}ffn_gate_inp.weight"), &[embedding, experts]);
            file.constant(&format!("{block}exp_probs_b.bias"), experts, 0.0);
            file.experts(&block, embedding, expert_inner, experts);
        }
    }
    file
}

fn latent_attention(file: &mut Gguf, block: &str, embedding: u64, indexer: bool) {
    for (name, length) in [("attn_norm", embedding), ("attn_q_a_norm", 64), ("attn_kv_a_norm", 64), ("ffn_norm", embedding)] {
        file.constant(&format!("{block}{name}.weight"), length, 1.0);
    }
    let shapes: &[(&str, &[u64])] = &[
        ("attn_q_a", &[embedding, 64]),
        ("attn_q_b", &[64, 64]),
        ("attn_kv_a_mqa", &[embedding, 96]),
        ("attn_k_b", &[32, 64, 1]),
        ("attn_v_b", &[64, 32, 1]),
        ("attn_output", &[32, embedding]),
    ];
    shapes.iter().for_each(|(name, shape)| file.weights(&format!("{block}{name}.weight"), shape));
    if indexer {
        file.constant(&format!("{block}indexer.k_norm.weight"), 64, 1.0);
        file.constant(&format!("{block}indexer.k_norm.bias"), 64, 0.0);
        file.weights(&format!("{block}indexer.proj.weight"), &[embedding, 1]);
        file.weights(&format!("{block}indexer.attn_k.weight"), &[embedding, 64]);
        file.weights(&format!("{block}indexer.attn_q_b.weight"), &[64, 64]);
    }
}
