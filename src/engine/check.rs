//! What can be said about a configured engine before it runs: whether its model file exists and is intact, whether it fits this machine and
//! how, whether its address is valid. `longsight doctor` prints this, and the server shows it in the configuration file.

use super::http::{self, Endpoint};
use super::llama::gguf::{self, Header};
use crate::config::{DEFAULT_CONTEXT, EngineConfig, EngineKind, KvType};
use crate::dialect;
use crate::models::{self, Machine, Model, Plan};

/// Something that will keep an engine from working, with the offending key of its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub key: &'static str,
    pub message: String,
}

/// What an engine is told to use that does not exist: each request to it fails, wherever its model is.
pub fn unknown(engine: &EngineConfig) -> Vec<Finding> {
    let mut found = vec![];
    if let Some(named) = engine.dialect.as_deref().filter(|named| dialect::by_name(named).is_none()) {
        let message = format!("there is no dialect \"{named}\"; there is {}", dialect::NAMES.join(", "));
        found.push(Finding { key: "dialect", message });
    }
    if let Some(kind) = engine.kv_type().err().filter(|_| engine.kind == EngineKind::Llama) {
        found.push(Finding { key: "kv_type", message: format!("`{kind}` is not a KV cache type; there is f16, q8_0 and q4_0") });
    }
    found
}

/// What is wrong with `[engines.NAME]`. Reads a header at most; asks no server.
pub fn findings(name: &str, engine: &EngineConfig, machine: &Machine) -> Vec<Finding> {
    let mut found = unknown(engine);
    let mut say = |key, message: String| found.push(Finding { key, message });
    if engine.kind != EngineKind::Llama {
        if let Some(Err(error)) = engine.base_url.as_deref().map(|url| Endpoint::parse(name, url)) {
            say("base_url", error.message);
        }
        if let Some(variable) = engine.api_key_env.as_deref().filter(|variable| std::env::var_os(variable).is_none()) {
            say("api_key_env", http::unset_variable(variable));
        }
        return found;
    }
    let header = match models::locate(&engine.model) {
        Err(error) => return [found, vec![Finding { key: "model", message: error.message }]].concat(),
        Ok(path) => gguf::read_header(&path),
    };
    match header {
        Err(error) => say("model", error.to_string()),
        Ok(header) => {
            let plan = plan_of_file(&header, engine);
            let fit = models::fit(&plan, machine);
            if !fit.fits {
                let key = if fit.largest_context == 0 || engine.context.is_none() { "model" } else { "context" };
                say(key, format!("does not fit this machine: {}", needs(&plan, header.context_length(), machine)));
            } else if plan.context > header.context_length() {
                let trained = header.context_length();
                say("context", format!("is more than the model was trained for: {trained} tokens, which will be used"));
            }
        }
    }
    found
}

/// A warning for a model whose chat template longsight does not know: it will get a format that it was not trained on.
pub fn unknown_template(engine: &EngineConfig, header: &Header) -> Option<String> {
    let chosen = engine.dialect.as_deref().is_some_and(|dialect| dialect != "native");
    if chosen || header.dialect().is_some() {
        return None;
    }
    let what = match header.chat_template() {
        Some(_) => "longsight does not know its chat template",
        None => "it has no chat template",
    };
    Some(format!("{what}: questions and edits reach {} in ChatML, which it may not understand; completions may still work", header.name()))
}

/// What a model file needs of the machine when it is loaded as configured.
pub fn plan_of_file(header: &Header, engine: &EngineConfig) -> Plan {
    let weights = header.weight_bytes();
    let layers = header.layers().max(1);
    Plan {
        weights,
        expert_share: header.expert_bytes() as f64 / weights.max(1) as f64,
        active_share: header.active_share(),
        kv_bytes_per_token: header.kv_bytes_per_token(KvType::F16),
        kv_type: engine.kv_type().unwrap_or_default(),
        context: engine.context.map_or(u64::from(DEFAULT_CONTEXT).min(header.context_length().max(1)), u64::from),
        gpu_share: (f64::from(engine.gpu_layers.unwrap_or(0)) / layers as f64).min(1.0),
        experts_in_ram: in_ram(engine, layers),
    }
}

/// What a model of the catalogue that is not here yet needs, in the quantisation with this size.
pub fn plan_of_entry(model: &Model, bytes: u64, engine: &EngineConfig) -> Plan {
    Plan {
        weights: bytes,
        expert_share: model.expert_share,
        active_share: model.active_parameters.map_or(1.0, |active| active / model.parameters),
        kv_bytes_per_token: model.kv_bytes_per_token,
        kv_type: engine.kv_type().unwrap_or_default(),
        context: u64::from(engine.context.unwrap_or(DEFAULT_CONTEXT)),
        gpu_share: if engine.gpu_layers.unwrap_or(0) > 0 { 1.0 } else { 0.0 },
        experts_in_ram: engine.cpu_moe.unwrap_or(false),
    }
}

fn in_ram(engine: &EngineConfig, layers: u64) -> bool {
    engine.cpu_moe.unwrap_or(false) || engine.n_cpu_moe.is_some_and(|first| u64::from(first) >= layers)
}

/// The numbers of a plan on a machine, for the user. `trained` is the longest context that the model was trained for, or 0.
pub fn needs(plan: &Plan, trained: u64, machine: &Machine) -> String {
    let fit = models::fit(plan, machine);
    let gpu = if fit.vram > 0 { format!(" and {} on the GPU", models::size(fit.vram)) } else { String::new() };
    format!(
        "needs {} of memory{gpu} with {} tokens of context ({} bytes of KV cache per token, {}); room for {} tokens (trained for {trained})",
        models::size(fit.ram),
        plan.context,
        fit.kv_bytes_per_token,
        plan.kv_type,
        if trained > 0 { fit.largest_context.min(trained) } else { fit.largest_context }
    )
}
