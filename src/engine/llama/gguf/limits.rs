//! Values that are individually well-formed, but on which llama.cpp aborts when the model is loaded, its context made or a text tokenised:
//! its assertions about single architectures, and about how a vocabulary is made. The error continues the sentence "the model file X …".

use super::{Header, Tensor, Value, known};

/// Architectures that llama.cpp does not know, or that do not write text.
pub(super) fn architecture(header: &Header) -> Result<(), String> {
    let arch = &header.arch;
    if !known::architecture(arch) {
        return Err(format!(
            "is of the architecture `{arch}`, which the llama.cpp of this longsight does not know: a newer longsight may, or a server can run it"
        ));
    }
    // If this is missing or not a boolean, llama.cpp assumes text or refuses the file itself.
    let sees_all = header.value(&format!("{arch}.attention.causal")) == Some(&Value::Bool(false));
    if known::otherwise(arch) || sees_all {
        return Err("does not write text, one token after another; name a generating model".into());
    }
    Ok(())
}

/// How positions are encoded (rope).
pub(super) fn rotation(header: &Header) -> Result<(), String> {
    let arch = &header.arch;
    if let Some(scaling) = header.text(&format!("{arch}.rope.scaling.type"))
        && !["none", "linear", "yarn", "longrope"].contains(&scaling)
    {
        return Err(format!(
            "stretches its positions in the unknown way `{scaling}` (`{arch}.rope.scaling.type`): it is damaged, or newer"
        ));
    }
    if let Some(Value::Numbers(sections)) = header.value(&format!("{arch}.rope.dimension_sections"))
        && (sections.iter().any(|section| *section < 0) || known::directed(arch) && sections.iter().take(3).all(|section| *section == 0))
    {
        return Err(format!("divides its rotation into the sections {sections:?}, which cannot be: it is damaged"));
    }
    if header.of("rope.dimension_count_swa").is_some_and(|rotated| rotated % 2 != 0) {
        return Err("rotates an odd number of elements of a head: it is damaged".into());
    }
    let latent = arch == "deepseek2" || arch == "mistral4";
    let scaled = header.value(&format!("{arch}.attention.temperature_scale")).is_some_and(|scale| *scale != Value::Float(0.0));
    if latent && scaled && header.of("attention.temperature_length").unwrap_or_default() == 0 {
        return Err("scales its attention by a length of 0: it is damaged".into());
    }
    Ok(())
}

/// Heads: the same number of queries for each key, of lengths that the architecture allows.
pub(super) fn heads(header: &Header) -> Result<(), String> {
    for layer in 0..header.layers() {
        let (heads, shared) = (header.query_heads(layer), header.kv_heads(layer));
        if shared > 0 && heads > 0 && !heads.is_multiple_of(shared) {
            return Err(format!("has {heads} heads for {shared} key/value heads in layer {layer}, which is impossible: it is damaged"));
        }
    }
    let key = header.key_length();
    let value = header.of("attention.value_length").unwrap_or_else(|| header.head_length());
    // In these, the layers with a sliding window have the same lengths.
    let other = |name: &str, length: u64| header.of(name).is_some_and(|other| other != length);
    let uneven = value != key || other("attention.key_length_swa", key) || other("attention.value_length_swa", key);
    if known::even(&header.arch) && uneven {
        return Err(format!("has keys of {key} and values of {value} elements, which its architecture cannot have: it is damaged"));
    }
    let rotated = header.of("rope.dimension_count").unwrap_or(key);
    if known::rotated(&header.arch) && (rotated != key || other("rope.dimension_count_swa", key)) {
        return Err(format!("rotates {rotated} of {key} elements of a head, where its architecture rotates all: it is damaged"));
    }
    // Without its own projection a head's key consists of a rotated and an unrotated part.
    let latent = ["deepseek2", "mistral4"].contains(&header.arch.as_str()) && header.of("attention.key_length_mla").is_none();
    if latent && rotated >= key {
        return Err(format!("rotates {rotated} of {key} elements of a head: it is damaged"));
    }
    if header.of("attention.indexer.key_length").is_some_and(|indexed| rotated > indexed) {
        return Err(format!("rotates {rotated} elements, more than the keys of its index have: it is damaged"));
    }
    Ok(())
}

/// What is asserted about layers: that some have a sliding window, that states can be divided among their heads, that there are experts.
pub(super) fn layers(header: &Header) -> Result<(), String> {
    let arch = &header.arch;
    if let Some(Value::Numbers(pattern)) = header.value(&format!("{arch}.attention.sliding_window_pattern"))
        && known::windowed(arch)
        && pattern.iter().all(|windowed| *windowed == 0)
    {
        return Err("gives no layer a sliding window, which its architecture requires: it is damaged".into());
    }
    if known::needs_experts(arch) && header.of("expert_count").unwrap_or_default() == 0 {
        return Err("has no experts, which its architecture cannot have: it is damaged".into());
    }
    for key in ["ssm.inner_size", "ssm.state_size", "ssm.conv_kernel", "ssm.time_step_rank", "shortconv.l_cache"] {
        let least = if key == "shortconv.l_cache" { 2 } else { 1 };
        if let Some(size) = header.of(key).filter(|size| *size < least) {
            return Err(format!("says that `{arch}.{key}` is {size}, which cannot be: it is damaged"));
        }
    }
    let (Some(inner), Some(heads), Some(groups)) =
        (header.of("ssm.inner_size"), header.of("ssm.time_step_rank"), header.of("ssm.group_count"))
    else {
        return Ok(());
    };
    // The one architecture with states but without groups says 0.
    let whole = groups == 0 && arch == "plamo2" || groups > 0 && heads.is_multiple_of(groups) && inner.is_multiple_of(groups);
    if !inner.is_multiple_of(heads) || !whole {
        return Err(format!("divides {inner} elements among {heads} heads in {groups} groups, which is impossible: it is damaged"));
    }
    if arch == "granitehybrid" && header.of("embedding_length").is_some_and(|embedding| embedding * 2 != inner) {
        return Err(format!("has states of {inner} elements, which its architecture cannot have: it is damaged"));
    }
    Ok(())
}

/// ggml's types for intermediate results, in which no weights are stored.
const PASSING: [u32; 2] = [9, 15];

/// Types that the kernels cannot compute with.
pub(super) fn types(header: &Header) -> Result<(), String> {
    let exact = |name: &str| name.ends_with("norm.weight") || name.starts_with("rope_f") || name.contains(".rope_f");
    let wrong = |tensor: &&Tensor| PASSING.contains(&tensor.kind) || tensor.kind != 0 && exact(&tensor.name);
    match header.tensors.iter().find(wrong) {
        Some(tensor) => {
            Err(format!("gives the weights `{}` the type {}, which these cannot have: it is damaged", tensor.name, tensor.kind))
        }
        None => Ok(()),
    }
}

/// How a vocabulary tokenises text, and what it needs for that.
pub(super) fn vocabulary(header: &Header, kind: &str) -> Result<(), String> {
    match kind {
        "test" => Err("carries no tokenizer, so it cannot be given text; use a complete GGUF of the model".into()),
        // It drops unknown text; the other's table of spellings is followed wherever it leads.
        "t5" if header.array("tokenizer.ggml.precompiled_charsmap").is_none() => Ok(()),
        "bert" | "t5" => Err(format!("has a tokenizer (`{kind}`) of models that make vectors or translate; name a generating model")),
        "gpt2" | "hybriddna" | "whitespace" => match header.text("tokenizer.ggml.pre").unwrap_or_default() {
            name if known::cut(name) => Ok(()),
            name => Err(format!(
                "cuts text in the way `{name}` (`tokenizer.ggml.pre`), which the llama.cpp of this longsight does not know: a newer longsight \
                 may, or a server can run it"
            )),
        },
        // What no token spells is spelt in bytes: llama.cpp aborts if a byte has no token.
        "llama" => match (0..=u8::MAX).filter(|byte| in_text(*byte)).find(|byte| !header.spelt.bytes.contains(byte)) {
            Some(byte) => Err(format!("has no token for the byte `<0x{byte:02X}>`, so that it cannot be given any text: convert it again")),
            None => Ok(()),
        },
        // It looks for the longest token, and loops forever on a byte that begins tokens but is none itself.
        "rwkv" => match header.spelt.begins.difference(&header.spelt.alone).next() {
            Some(byte) => Err(format!("has tokens that begin with the byte {byte}, but none that is this byte: it is damaged")),
            None => Ok(()),
        },
        "plamo2" | "gemma4" => Ok(()),
        _ => Err(format!("has the unknown tokenizer `{kind}` (`tokenizer.ggml.model`): it is damaged, or newer than this longsight")),
    }
}

/// Whether a byte can occur in UTF-8.
fn in_text(byte: u8) -> bool {
    !matches!(byte, 0xC0 | 0xC1 | 0xF5..)
}
