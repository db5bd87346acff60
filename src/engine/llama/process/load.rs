//! Loads a model and makes its context, following a specification.

use std::ffi::CString;
use std::num::NonZeroU32;
use std::pin::pin;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

use super::log;
use crate::config::KvType;
use crate::engine::llama::gguf::{self, Window};
use crate::engine::llama::place;
use crate::engine::llama::wire::{Failure, ModelSpec};
use crate::report::{self, Level};

/// llama.cpp, initialised once per process.
pub type Backend = LlamaBackend;

/// Maximum tokens per decode call on a CPU. Buffers for more cost more than they save.
const BATCH_CPU: u32 = 128;
const BATCH_GPU: u32 = 512;

/// Tokens of the small cache, for completions if memory only allows one full cache.
pub const SMALL: u32 = 4096;

/// Initialises llama.cpp; must be called once per process.
pub fn backend() -> Result<std::sync::Arc<Backend>, String> {
    LlamaBackend::init().map(std::sync::Arc::new).map_err(|error| format!("llama.cpp cannot be initialised: {error}"))
}

/// Maximum tokens per decode call for this specification.
pub fn batch_size(spec: &ModelSpec) -> u32 {
    if spec.gpu_layers > 0 { BATCH_GPU } else { BATCH_CPU }
}

/// A model in memory, and what its file says about the positions it was trained for.
pub struct Loaded {
    pub model: LlamaModel,
    pub window: Window,
    /// The context in tokens that it was trained for.
    pub trained: u64,
}

/// Loads the weights. `progress` gets fractions of 1.0; if it returns `false`, loading stops.
pub fn model(spec: &ModelSpec, backend: &Backend, progress: impl FnMut(f32) -> bool + 'static) -> Result<Loaded, (Failure, String)> {
    let header = gguf::read_header(&spec.path).map_err(|error| (Failure::Configuration, error.to_string()))?;
    let patterns = expert_patterns(spec);
    let mut parameters = pin!(LlamaModelParams::default().with_n_gpu_layers(spec.gpu_layers).with_progress_callback(progress));
    if spec.cpu_moe {
        parameters.as_mut().add_cpu_moe_override();
    }
    for pattern in &patterns {
        parameters.as_mut().add_cpu_buft_override(pattern);
    }
    let (loaded, reason) = log::hearing(|| LlamaModel::load_from_file(backend, &spec.path, &parameters));
    let model = loaded.map_err(|_| {
        let path = spec.path.display();
        let message = format!(
            "llama.cpp cannot load {path} (architecture {}, {} MB){}. It may be damaged, newer than this longsight, or too large for the memory: \
             see `longsight doctor`",
            header.arch,
            header.file_bytes / 1_000_000,
            why(reason)
        );
        (Failure::Configuration, message)
    })?;
    Ok(Loaded { model, window: header.window(), trained: header.context_length() })
}

/// The reason that llama.cpp gave, or where to look for one.
fn why(reason: Option<String>) -> String {
    match (reason, place::log_file()) {
        (Some(reason), _) => format!(": {reason}"),
        (None, Some(log)) => format!("; {} may say why", log.display()),
        (None, None) => String::new(),
    }
}

/// Loads only the vocabulary: a fraction of a second, no weights.
pub fn vocabulary(spec: &ModelSpec, backend: &Backend) -> Result<LlamaModel, (Failure, String)> {
    gguf::read_header(&spec.path).map_err(|error| (Failure::Configuration, error.to_string()))?;
    let parameters = LlamaModelParams::default().with_n_gpu_layers(0).with_vocab_only(true);
    let (loaded, reason) = log::hearing(|| LlamaModel::load_from_file(backend, &spec.path, &parameters));
    loaded.map_err(|_| {
        let message = format!("llama.cpp cannot read the vocabulary of {}{}", spec.path.display(), why(reason));
        (Failure::Configuration, message)
    })
}

/// Patterns for the experts of the first layers, which stay in main memory.
fn expert_patterns(spec: &ModelSpec) -> Vec<CString> {
    let pattern = |layer| CString::new(format!("blk\\.{layer}\\.ffn_(up|down|gate|gate_up)_(ch|)exps")).ok();
    (0..spec.n_cpu_moe.min(4096)).filter_map(pattern).collect()
}

/// A context with one KV cache per slot, each of the specified length. Layers with windowed attention also keep the full context, so that
/// the end of a prompt can be replaced anywhere.
pub fn context<'m>(spec: &ModelSpec, model: &'m LlamaModel, backend: &Backend) -> Result<LlamaContext<'m>, (Failure, String)> {
    let parameters = parameters(spec, spec.context.saturating_mul(spec.slots), spec.slots).with_kv_unified(false);
    model.new_context(backend, parameters).map_err(|error| {
        let message = format!(
            "there is no room for {} × {} tokens of context with {} ({error}); set a smaller `context` or `kv_type = \"q8_0\"`",
            spec.slots,
            spec.context,
            spec.path.display()
        );
        (Failure::Configuration, message)
    })
}

/// A context for the small cache, if there is only one other and that is much larger. Its sequence number follows the others'. None if
/// memory is short: then completions wait like all other requests.
pub fn small_context<'m>(spec: &ModelSpec, model: &'m LlamaModel, backend: &Backend) -> Option<LlamaContext<'m>> {
    if spec.slots > 1 || spec.context <= SMALL {
        return None;
    }
    let parameters = parameters(spec, SMALL, spec.slots + 1).with_kv_unified(true);
    let made = model.new_context(backend, parameters);
    made.inspect_err(|error| report::log(Level::Warning, format_args!("completions wait for long answers: {error}"))).ok()
}

/// Parameters for `tokens` tokens in `sequences` sequences.
fn parameters(spec: &ModelSpec, tokens: u32, sequences: u32) -> LlamaContextParams {
    let kind = match spec.kv_type {
        KvType::F16 => KvCacheType::F16,
        KvType::Q8_0 => KvCacheType::Q8_0,
        KvType::Q4_0 => KvCacheType::Q4_0,
    };
    let threads = i32::try_from(spec.threads).unwrap_or(1);
    LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(tokens))
        .with_n_seq_max(sequences)
        .with_n_batch(batch_size(spec))
        .with_n_ubatch(batch_size(spec))
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_type_k(kind)
        .with_type_v(kind)
        .with_swa_full(true)
        .with_no_perf(true)
}
