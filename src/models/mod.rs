//! Model files: which exist (`catalogue`), where they are (`locate`), how to get them (`pull`), whether they fit (`fit`), and whole
//! configurations for common combinations (`profiles`). Nothing is downloaded unasked: only `longsight models pull` uses the network.

mod catalogue;
mod download;
mod fit;
mod profiles;
mod pull;
mod wheels;

use std::fmt;
use std::path::{Path, PathBuf};

pub use catalogue::{HubFile, Licence, Model, ModelFile, Packages, catalogue, find};
pub use fit::{Fit, Machine, Plan, decode_ceiling, fit, machine, memory_bandwidth};
pub use profiles::{PROFILES, install, profile};
pub use pull::{Progress, Sources, pull};

/// What is wrong with a model file, for the user: what, with which file, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    pub message: String,
    /// Whether pulling the model would solve it.
    pub missing: bool,
}

impl ModelError {
    /// An error that pulling a model would not solve.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), missing: false }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ModelError {}

/// The folder of model files: `$LONGSIGHT_MODELS`, else `models` in the cache folder.
pub fn models_dir() -> Result<PathBuf, ModelError> {
    if let Some(folder) = std::env::var_os("LONGSIGHT_MODELS").filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    crate::config::cache_dir()
        .map(|cache| cache.join("models"))
        .ok_or_else(|| ModelError::new("no place for models: set HOME, XDG_CACHE_HOME or LONGSIGHT_MODELS to an absolute path"))
}

/// The file for an `[engines.NAME] model` entry: the path of a `.gguf`, or a name in the catalogue. Only says where the file is; its
/// content is checked on loading.
pub fn locate(name_or_path: &str) -> Result<PathBuf, ModelError> {
    if name_or_path.contains(['/', '\\']) || name_or_path.ends_with(".gguf") {
        return locate_path(name_or_path);
    }
    let Some(model) = find(name_or_path) else {
        return Err(ModelError::new(format!(
            "no model is called `{name_or_path}`; `longsight models list` shows the names, or give the path of a .gguf file"
        )));
    };
    let folder = models_dir()?;
    if let Some(found) = model.files.iter().map(|file| folder.join(&file.file)).find(|path| path.is_file()) {
        return Ok(found);
    }
    let Some(file) = model.pullable() else {
        return Err(ModelError { message: not_pullable(&model, &folder), missing: true });
    };
    let message =
        format!("the model {name_or_path} ({}) is not on this machine; run: longsight models pull {name_or_path}", size(file.bytes));
    Err(ModelError { message, missing: true })
}

fn locate_path(given: &str) -> Result<PathBuf, ModelError> {
    let path = match (given.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(given),
    };
    let broken = |what: &str| ModelError { message: format!("model file {}: {what}", path.display()), missing: false };
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(broken("is a folder; name the .gguf file in it (of a split model, the first part)")),
        Ok(found) if found.len() == 0 => Err(broken("is empty; fetch it again")),
        Ok(_) => std::fs::File::open(&path)
            .map(|_| path.clone())
            .map_err(|error| broken(&format!("cannot be read ({error}); check its permissions"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(broken("does not exist; correct `model` in the configuration, or use a name of `longsight models list`"))
        }
        Err(error) => Err(broken(&format!("cannot be read ({error})"))),
    }
}

/// Why the user has to obtain a known model themselves.
pub(crate) fn not_pullable(model: &Model, folder: &Path) -> String {
    let sizes: Vec<_> = model.files.iter().map(|file| format!("{} {}", file.quantisation, size(file.bytes))).collect();
    let hub = model.hub.as_deref().unwrap_or("its publisher");
    let ollama = model.ollama.as_deref().map(|name| format!(", or use it through Ollama as `{name}`")).unwrap_or_default();
    format!(
        "{} is not pulled by longsight: its size ({}) and licence ({}) are yours to decide, and no hash is known beforehand. \
         Fetch a GGUF from {hub} into {}, or name its path as `model`{ollama}",
        model.name,
        sizes.join(", "),
        model.licence.name,
        folder.display()
    )
}

/// A number of bytes for display: `491 MB`, `65.6 GB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
