//! Sizes: bytes of a tensor by its ggml type, KV cache per token, expert weights and the rest.

use super::{Header, Tensor, Value};
use crate::config::KvType;

/// The positions that layers with windowed attention can see, which are also what a saved state has on every layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    #[default]
    All,
    /// Those since the last multiple of this.
    Chunk(u64),
    /// The last this many.
    Last(u64),
}

impl Window {
    /// The first position that a state of `tokens` tokens has on every layer.
    pub fn first(self, tokens: u64) -> u64 {
        match self {
            Self::All => 0,
            Self::Chunk(length) => tokens.saturating_sub(1) / length.max(1) * length,
            Self::Last(length) => tokens.saturating_sub(length),
        }
    }
}

/// Type number, elements per block, bytes per block.
const TYPES: &[(u32, u64, u64)] = &[
    (0, 1, 4),
    (1, 1, 2),
    (2, 32, 18),
    (3, 32, 20),
    (6, 32, 22),
    (7, 32, 24),
    (8, 32, 34),
    (9, 32, 36),
    (10, 256, 84),
    (11, 256, 110),
    (12, 256, 144),
    (13, 256, 176),
    (14, 256, 210),
    (15, 256, 292),
    (16, 256, 66),
    (17, 256, 74),
    (18, 256, 98),
    (19, 256, 50),
    (20, 32, 18),
    (21, 256, 110),
    (22, 256, 82),
    (23, 256, 136),
    (24, 1, 1),
    (25, 1, 2),
    (26, 1, 4),
    (27, 1, 8),
    (28, 1, 8),
    (29, 256, 56),
    (30, 1, 2),
    (34, 256, 54),
    (35, 256, 66),
    (39, 32, 17),
];

/// From here on, types are unknown to us, and their tensors are not measured.
const NEWEST_TYPE: u32 = 64;

/// Bytes of a tensor's data; `None` for a type newer than the table.
pub(super) fn tensor_bytes(tensor: &Tensor) -> Result<Option<u64>, String> {
    let name = &tensor.name;
    let product = |all: Option<u64>, size: &u64| all.and_then(|all| all.checked_mul(*size)).filter(|all| i64::try_from(*all).is_ok());
    let elements = tensor.shape.iter().fold(Some(1), product);
    let Some(elements) = elements.filter(|elements| *elements > 0) else {
        return Err(format!("gives the tensor `{name}` the impossible shape {:?}: it is damaged", tensor.shape));
    };
    let Some((_, block, bytes)) = TYPES.iter().find(|(kind, _, _)| *kind == tensor.kind) else {
        let newer = tensor.kind <= NEWEST_TYPE && tensor.kind > 39;
        return if newer { Ok(None) } else { Err(format!("gives the tensor `{name}` the unknown type {}: it is damaged", tensor.kind)) };
    };
    if tensor.shape.first().is_none_or(|row| row % block != 0) {
        return Err(format!("gives the tensor `{name}` rows that are no whole number of blocks: it is damaged"));
    }
    let size = (elements / block).checked_mul(*bytes);
    size.map(Some).ok_or_else(|| format!("gives the tensor `{name}` an impossible size: it is damaged"))
}

impl Header {
    /// Bytes of KV cache for one token over all layers, if every layer keeps everything.
    pub fn kv_bytes_per_token(&self, kind: KvType) -> u64 {
        let layers = self.layers().saturating_sub(self.of("nextn_predict_layers").unwrap_or_default());
        let latent = self.of("attention.kv_lora_rank").filter(|_| self.of("attention.key_length_mla").is_some());
        if let Some(latent) = latent {
            // Multi-head latent attention keeps one compressed K per layer; the sparse variant also the indexer's keys.
            let rope = self.of("rope.dimension_count").unwrap_or_default();
            let indexer = self.of("attention.indexer.key_length").unwrap_or_default();
            return layers * (kind.bytes(latent + rope) + kind.bytes(indexer));
        }
        let (key, value) = (self.key_length(), self.of("attention.value_length").unwrap_or_else(|| self.head_length()));
        (0..layers).map(|layer| kind.bytes(self.kv_heads(layer) * key) + kind.bytes(self.kv_heads(layer) * value)).sum()
    }

    /// The attention window. llama.cpp uses a fixed chunk for llama4, whatever the file says; only 0 switches it off.
    pub fn window(&self) -> Window {
        match (self.arch.as_str(), self.of("attention.sliding_window")) {
            (_, Some(0)) => Window::All,
            ("llama4", _) => Window::Chunk(8192),
            (_, Some(length)) => Window::Last(length),
            (_, None) => Window::All,
        }
    }

    /// Elements of a head's key.
    pub(super) fn key_length(&self) -> u64 {
        self.of("attention.key_length").unwrap_or_else(|| self.head_length())
    }

    /// Elements of a head if the file gives no lengths.
    pub(super) fn head_length(&self) -> u64 {
        self.of("embedding_length").unwrap_or_default() / self.heads().max(1)
    }

    /// Attention heads; of the first layer if layers differ.
    pub(super) fn heads(&self) -> u64 {
        self.per_layer("attention.head_count", 0).unwrap_or_default()
    }

    /// Heads for queries of a layer.
    pub(super) fn query_heads(&self, layer: u64) -> u64 {
        self.per_layer("attention.head_count", layer).unwrap_or_default()
    }

    /// Heads for keys and values of a layer.
    pub(super) fn kv_heads(&self, layer: u64) -> u64 {
        self.per_layer("attention.head_count_kv", layer).or_else(|| self.per_layer("attention.head_count", layer)).unwrap_or_default()
    }

    fn per_layer(&self, key: &str, layer: u64) -> Option<u64> {
        match self.value(&format!("{}.{key}", self.arch))? {
            Value::Numbers(numbers) => numbers.get(layer as usize).and_then(|number| u64::try_from(*number).ok()),
            _ => self.of(key),
        }
    }

    /// Bytes of all weights.
    pub fn weight_bytes(&self) -> u64 {
        self.tensors.iter().filter_map(|tensor| tensor_bytes(tensor).ok().flatten()).sum()
    }

    /// Bytes of the routed experts, which may stay in main memory while the rest is on a GPU.
    pub fn expert_bytes(&self) -> u64 {
        let routed = self.tensors.iter().filter(|tensor| tensor.name.contains("_exps."));
        routed.filter_map(|tensor| tensor_bytes(tensor).ok().flatten()).sum()
    }

    /// The share of the weights that is active for one token: 1.0 without experts.
    pub fn active_share(&self) -> f64 {
        let all = self.weight_bytes().max(1) as f64;
        let experts = self.of("expert_count").filter(|count| *count > 0);
        let Some(experts) = experts else { return 1.0 };
        let used = self.of("expert_used_count").unwrap_or(experts) as f64 / experts as f64;
        let routed = self.expert_bytes() as f64;
        (all - routed * (1.0 - used)) / all
    }
}
