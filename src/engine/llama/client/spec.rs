//! Which model is meant and how it is loaded: from the configuration, the current file, and its checked header.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use tokio::sync::watch;

use super::choose;
use crate::config::{DEFAULT_CONTEXT, EngineConfig};
use crate::dialect::{self, Dialect};
use crate::engine::llama::gguf::{self, Header};
use crate::engine::llama::wire::ModelSpec;
use crate::engine::{EngineError, ErrorKind, check};
use crate::report::{self, Level};

/// Maximum MiB on disk for saved KV caches, unless configured.
const DEFAULT_SAVED_MB: u32 = 4096;

/// If the KV caches of all slots together take more bytes than this, there is only one slot.
const SLOTS_BUDGET: u64 = 768 << 20;

/// A configured model. Cheap to clone.
#[derive(Clone)]
pub(super) struct Subject {
    shared: Arc<Shared>,
}

struct Shared {
    config: EngineConfig,
    file: PathBuf,
    /// The file as last seen; read again when it changes.
    model: watch::Sender<Option<Arc<Model>>>,
}

/// A model whose header has been read and checked.
pub(super) struct Model {
    pub spec: ModelSpec,
    pub dialect: Arc<dyn Dialect>,
    pub thinking: Option<bool>,
    /// It has FIM tokens.
    pub has_fim: bool,
    /// Counts of this model's tokens; another model may count differently.
    pub counts: Counts,
}

/// Token counts by the hash of their text, in a table of fixed size in which newer counts replace older ones. Each entry is an atomic
/// number, so nobody waits.
pub(super) struct Counts(Box<[AtomicU64]>);

/// Entries of the table; a power of two.
const PLACES: usize = 1 << 17;
/// The low bits of an entry hold the count plus one, the others the hash.
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

impl Counts {
    fn new() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }

    fn get(&self, hash: u64) -> Option<usize> {
        let entry = self.0[hash as usize % PLACES].load(Ordering::Relaxed);
        let count = entry & COUNT_MASK;
        (count > 0 && entry & !COUNT_MASK == hash & !COUNT_MASK).then(|| count as usize - 1)
    }

    fn set(&self, hash: u64, count: usize) {
        let count = count as u64 + 1;
        if count <= COUNT_MASK {
            self.0[hash as usize % PLACES].store(hash & !COUNT_MASK | count, Ordering::Relaxed);
        }
    }
}

impl Subject {
    /// A configured model and its file, which is not read yet.
    pub fn new(config: EngineConfig, file: PathBuf) -> Self {
        Self { shared: Arc::new(Shared { config, file, model: watch::Sender::new(None) }) }
    }

    /// The model's name in the configuration.
    pub fn name(&self) -> String {
        self.shared.config.model.clone()
    }

    /// The context window, also while the file is missing.
    pub fn window(&self) -> u32 {
        self.shared.config.context.unwrap_or(DEFAULT_CONTEXT)
    }

    /// The dialect, also while the file is missing.
    pub fn dialect(&self) -> Arc<dyn Dialect> {
        self.model().map_or_else(|_| dialect::for_model(&self.name(), None), |model| model.dialect.clone())
    }

    /// The model, with its file as it is now.
    pub fn model(&self) -> Result<Arc<Model>, EngineError> {
        let shared = &*self.shared;
        let stamp = stamp(&shared.file);
        let current = |model: &&Arc<Model>| Some((model.spec.modified, model.spec.bytes)) == stamp;
        if let Some(model) = shared.model.borrow().as_ref().filter(current) {
            return Ok(model.clone());
        }
        let header = gguf::read_header(&shared.file).map_err(|error| EngineError::new(ErrorKind::Configuration, error.to_string()))?;
        let (modified, bytes) = stamp.unwrap_or_default();
        let spec = ModelSpec { modified, bytes, ..spec(&shared.config, &header)? };
        let dialect = choose(&shared.config, &header)?;
        if let Some(detail) = check::unknown_template(&shared.config, &header) {
            report::log(Level::Info, format_args!("{}: {detail}", shared.config.model));
        }
        let model = Arc::new(Model { spec, dialect, thinking: shared.config.thinking, has_fim: header.has_fim(), counts: Counts::new() });
        shared.model.send_replace(Some(model.clone()));
        Ok(model)
    }

    /// The count of the text with this hash, if known.
    pub fn count(&self, hash: u64) -> Option<usize> {
        self.shared.model.borrow().as_ref()?.counts.get(hash)
    }

    /// Keeps the count of the text with this hash.
    pub fn remember(&self, hash: u64, count: usize) {
        if let Some(model) = &*self.shared.model.borrow() {
            model.counts.set(hash, count);
        }
    }
}

/// Modification time in nanoseconds, and size.
fn stamp(file: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(file).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    Some((modified, metadata.len()))
}

fn spec(config: &EngineConfig, header: &Header) -> Result<ModelSpec, EngineError> {
    let unknown = |name| format!("`kv_type = \"{name}\"` is not known; there are f16, q8_0 and q4_0");
    let kv_type = config.kv_type().map_err(|name| EngineError::new(ErrorKind::Configuration, unknown(name)))?;
    let trained = u32::try_from(header.context_length()).unwrap_or(u32::MAX);
    let context = config.context.unwrap_or(DEFAULT_CONTEXT).min(trained).max(64);
    let per_slot = header.kv_bytes_per_token(kv_type).saturating_mul(u64::from(context)).max(1);
    Ok(ModelSpec {
        path: std::path::absolute(&header.path).unwrap_or_else(|_| header.path.clone()),
        modified: 0,
        bytes: 0,
        context,
        threads: config.threads.unwrap_or_else(threads).max(1),
        gpu_layers: config.gpu_layers.unwrap_or_default(),
        cpu_moe: config.cpu_moe.unwrap_or_default(),
        n_cpu_moe: config.n_cpu_moe.unwrap_or_default(),
        kv_type,
        saved_kv_mb: config.saved_kv_mb.unwrap_or(DEFAULT_SAVED_MB),
        slots: (SLOTS_BUDGET / per_slot).clamp(1, 3) as u32,
    })
}

/// Leaves one core to the editor if there are three or more. On two cores both work at lower priority, since using one would halve the
/// speed.
fn threads() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    match cores {
        0..=2 => cores,
        // Hyper-threads do not help; half of many logical cores is about the number of physical ones.
        3..=8 => cores - 1,
        _ => (cores / 2).max(7),
    }
}
