//! Values on which llama.cpp would divide by zero, read out of range or abort. The error continues the sentence "the model file X …".

use super::{Header, Value};

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
    sizes(header)?;
    experts(header)?;
    tokenizer(header)
}

/// Layers, heads and rotation.
fn sizes(header: &Header) -> Result<(), String> {
    for (key, most) in [("block_count", 4096), ("embedding_length", 1 << 20), ("context_length", 1 << 30)] {
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
        return Err(format!("divides {embedding} embedding elements among {heads} heads, which does not go: it is damaged"));
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
    if wrong {
        return Err(format!("rotates {} of {length} elements of a head: it is damaged", rotated.unwrap_or_default()));
    }
    Ok(())
}

fn experts(header: &Header) -> Result<(), String> {
    let count = header.of("expert_count");
    let used = header.of("expert_used_count").unwrap_or_default();
    let routed = header.tensors.iter().any(|tensor| tensor.name.contains("_exps."));
    let all = count.unwrap_or_default();
    let wrong = all > 4096 || used > all || (all > 0 && used == 0) || (routed && all == 0) || (header.arch == "llama4" && all == 0);
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
    if kind == "gpt2" && header.array("tokenizer.ggml.merges").is_none() {
        return Err("carries a tokenizer without merges: it is damaged".into());
    }
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
        // 2^32 - 1 is how writers say "none".
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
