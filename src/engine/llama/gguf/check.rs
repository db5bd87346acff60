//! Finds values on which llama.cpp would divide by zero, read out of bounds or abort. Errors continue the sentence "the model file X …".

use super::{Header, Tensor, Value, limits};

/// Checks a header.
pub(super) fn check(header: &Header) -> Result<(), String> {
    if header.arch.is_empty() {
        return Err("names no architecture (`general.architecture`): it is not a model, or damaged".into());
    }
    if header.text("general.type").is_some_and(|kind| kind != "model") || header.arch == "clip" {
        return Err("is an adapter or a projector, not a language model; name the model's own file".into());
    }
    if header.number("split.no").is_some_and(|part| part > 0) {
        return Err("is a later part of a split model; give the first, whose name holds `-00001-of-`".into());
    }
    if header.tensors.is_empty() {
        return Err("holds no weights (a vocabulary only)".into());
    }
    let mut names: Vec<&str> = header.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("has the tensor `{}` twice: it is damaged", twice[0]));
    }
    if header.arch == "llama4" && header.of("attention.sliding_window") == Some(0) {
        return Err("switches its chunked attention off (`llama4.attention.sliding_window` is 0), on which llama.cpp aborts; convert the \
             model again with the size of its chunks"
            .into());
    }
    limits::architecture(header)?;
    weights(header)?;
    limits::types(header)?;
    sizes(header)?;
    limits::rotation(header)?;
    limits::layers(header)?;
    latent(header)?;
    experts(header)?;
    groups(header)?;
    fractions(header)?;
    tokenizer(header)
}

/// Checks layers, heads and rope.
fn sizes(header: &Header) -> Result<(), String> {
    for (key, most) in [("block_count", MAX_LAYERS), ("embedding_length", 1 << 20), ("context_length", 1 << 30)] {
        match header.of(key) {
            Some(value) if (1..=most).contains(&value) => {}
            Some(value) => return Err(format!("says that `{}.{key}` is {value}, which cannot be: it is damaged", header.arch)),
            None => return Err(format!("does not say `{}.{key}`: it is damaged, or no language model", header.arch)),
        }
    }
    if header.is_embedding() {
        return Err("is an embedding model: it makes vectors, not text; name a generating model".into());
    }
    let heads = header.heads();
    let recurrent = header.value(&format!("{}.attention.head_count", header.arch)).is_none() && header.of("ssm.state_size").is_some();
    if heads == 0 && !recurrent {
        return Err(format!("has no attention heads (`{}.attention.head_count` is missing or 0): it is damaged", header.arch));
    }
    if heads == 0 {
        return Ok(());
    }
    let own_length = header.of("attention.key_length").is_some();
    let embedding = header.of("embedding_length").unwrap_or_default();
    if !own_length && !embedding.is_multiple_of(heads) {
        return Err(format!("divides {embedding} embedding elements among {heads} heads, which is impossible: it is damaged"));
    }
    if let Value::Unsigned(shared) = header.value(&format!("{}.attention.head_count_kv", header.arch)).unwrap_or(&Value::Unsigned(heads))
        && (*shared == 0 || *shared > heads)
    {
        return Err(format!("has {shared} key/value heads for {heads} heads: it is damaged"));
    }
    let rotated = header.of("rope.dimension_count");
    let length = header.key_length();
    let wrong =
        rotated.is_some_and(|rotated| rotated == 0 || rotated > length || rotated % 2 != 0 || header.arch == "llama4" && rotated != length);
    let short_sighted = header.of("rope.dimension_count_swa");
    let wrong = wrong || short_sighted.is_some_and(|other| other != rotated.unwrap_or(length) && header.arch == "llama4" || other > length);
    if wrong {
        return Err(format!("rotates {} of {length} elements of a head: it is damaged", rotated.unwrap_or_default()));
    }
    limits::heads(header)
}

/// llama.cpp's own limits.
const MAX_LAYERS: u64 = 512;
const MAX_EXPERTS: u64 = 1024;

/// Integer types (ggml 24 to 28, as well as f64) cannot be weights: CPU kernels cannot compute with them. Biases are added to 32-bit
/// floats, and every converter writes them as such.
fn weights(header: &Header) -> Result<(), String> {
    // A table of experts by token (DeepSeek V4) is integers by design.
    let table = |name: &str| name.contains("tid2eid");
    let wrong = |tensor: &&Tensor| {
        let whole = (24..=28).contains(&tensor.kind) && tensor.name.ends_with(".weight") && !table(&tensor.name);
        whole || tensor.kind != 0 && tensor.name.ends_with(".bias")
    };
    match header.tensors.iter().find(wrong) {
        Some(tensor) => Err(format!("gives the weights `{}` the type {}, which none have: it is damaged", tensor.name, tensor.kind)),
        None => Ok(()),
    }
}

/// Checks latent attention: a head's key has exactly a compressed part and a rotated part.
fn latent(header: &Header) -> Result<(), String> {
    let (Some(key), Some(rank)) = (header.of("attention.key_length_mla"), header.of("attention.kv_lora_rank")) else { return Ok(()) };
    let rotated = header.of("rope.dimension_count").unwrap_or_default();
    let value = header.of("attention.value_length").unwrap_or_else(|| header.head_length());
    if key <= rotated || header.key_length() != rank + rotated || value != rank {
        return Err(format!(
            "has latent attention of rank {rank} with {rotated} rotated elements, but keys of {} and {key} and values of {value} elements: it is \
             damaged",
            header.key_length()
        ));
    }
    Ok(())
}

/// Checks groups of experts: they are of equal size, and some but not all are used.
fn groups(header: &Header) -> Result<(), String> {
    let all = header.of("expert_count").unwrap_or_default();
    let (groups, used) = (header.of("expert_group_count").unwrap_or_default(), header.of("expert_group_used_count").unwrap_or_default());
    let wrong = groups > 0 && groups >= all || groups > 1 && (!all.is_multiple_of(groups) || used == 0 || used >= groups);
    match wrong {
        true => Err(format!("divides {all} experts into {groups} groups and uses {used} of these, which cannot be: it is damaged")),
        false => Ok(()),
    }
}

/// The highest number of a gating function in `llama-hparams.h`.
const MAX_GATING: u64 = 4;

/// Checks floats: none is infinite, and the epsilon of a norm is small and not negative.
fn fractions(header: &Header) -> Result<(), String> {
    for (key, value) in header.values.iter().filter(|(key, _)| key.starts_with(header.arch.as_str())) {
        let Value::Float(value) = value else { continue };
        let epsilon = key.ends_with("epsilon");
        if !value.is_finite() || epsilon && !(0.0..1.0).contains(value) {
            return Err(format!("says that `{key}` is {value}, which cannot be: it is damaged"));
        }
    }
    Ok(())
}

fn experts(header: &Header) -> Result<(), String> {
    let count = header.of("expert_count");
    // Layers may use different numbers of them.
    let used = match header.value(&format!("{}.expert_used_count", header.arch)) {
        Some(Value::Numbers(numbers)) => numbers.iter().copied().max().and_then(|most| u64::try_from(most).ok()).unwrap_or_default(),
        _ => header.of("expert_used_count").unwrap_or_default(),
    };
    let routed = header.tensors.iter().any(|tensor| tensor.name.contains("_exps."));
    let all = count.unwrap_or_default();
    // A number unknown to llama.cpp, or more prediction layers than layers, aborts the process.
    let none = u64::from(header.arch == "deepseek32");
    if let Some(function) = header.of("expert_gating_func").filter(|function| !(none..=MAX_GATING).contains(function)) {
        return Err(format!("chooses its experts by the unknown function {function}: it is damaged, or newer than this longsight"));
    }
    let (predicting, layers) = (header.of("nextn_predict_layers").unwrap_or_default(), header.layers());
    if predicting >= layers {
        return Err(format!("uses {predicting} of its {layers} layers to predict ahead, which cannot be: it is damaged"));
    }
    let wrong = all > MAX_EXPERTS || used > all || (all > 0 && used == 0) || (routed && all == 0) || (header.arch == "llama4" && all == 0);
    if wrong {
        return Err(format!("uses {used} of {all} experts, which cannot be: it is damaged"));
    }
    Ok(())
}

fn tokenizer(header: &Header) -> Result<(), String> {
    let kind = header.text("tokenizer.ggml.model").unwrap_or_default();
    let tokens = header.vocabulary();
    if kind.is_empty() || kind == "none" || kind == "no_vocab" || tokens == 0 {
        return Err("carries no tokenizer, so it cannot be given text; use a complete GGUF of the model".into());
    }
    let merges = ["gpt2", "hybriddna", "whitespace", "gemma4"].contains(&kind) && header.text("tokenizer.ggml.pre") != Some("kimi-k2");
    if merges && header.array("tokenizer.ggml.merges").is_none() {
        return Err("carries a tokenizer without merges: it is damaged".into());
    }
    limits::vocabulary(header, kind)?;
    for key in ["tokenizer.ggml.token_type", "tokenizer.ggml.scores"] {
        if header.array(key).is_some_and(|length| length != tokens) {
            return Err(format!("has {tokens} tokens but another number of items in `{key}`: it is damaged"));
        }
    }
    if header.of("vocab_size").is_some_and(|size| size < tokens) {
        return Err(format!("has {tokens} tokens, more than its vocabulary size says: it is damaged"));
    }
    let ids = ["bos", "eos", "eot", "eom", "unknown", "padding", "fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep", "fim_sep"];
    for id in ids {
        let key = format!("tokenizer.ggml.{id}_token_id");
        // 2^32 - 1 is how writers express "none".
        if let Some(value) = header.number(&key).filter(|value| *value != u64::from(u32::MAX))
            && value >= tokens
        {
            return Err(format!("says that `{key}` is {value}, but there are {tokens} tokens: it is damaged"));
        }
    }
    let rows = header.tensors.iter().find(|tensor| tensor.name == "token_embd.weight").and_then(|tensor| tensor.shape.get(1));
    if rows.is_some_and(|rows| *rows < tokens) {
        return Err("has fewer embedding rows than tokens: it is damaged".into());
    }
    Ok(())
}
