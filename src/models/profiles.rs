//! Profiles: whole configurations for common combinations, with the commands for the servers they need.

use std::io::Write;
use std::path::Path;

use super::ModelError;

/// Name and text of every profile.
pub const PROFILES: &[(&str, &str)] = &[
    ("local", include_str!("profiles/local.toml")),
    ("scout", include_str!("profiles/scout.toml")),
    ("scout+deepseek", include_str!("profiles/scout+deepseek.toml")),
    ("ollama", include_str!("profiles/ollama.toml")),
    ("vllm", include_str!("profiles/vllm.toml")),
    ("sglang", include_str!("profiles/sglang.toml")),
    ("llama-rpc", include_str!("profiles/llama-rpc.toml")),
];

/// The text of a profile.
pub fn profile(name: &str) -> Result<&'static str, ModelError> {
    PROFILES.iter().find(|profile| profile.0 == name).map(|profile| profile.1).ok_or_else(|| {
        let names: Vec<_> = PROFILES.iter().map(|profile| profile.0).collect();
        ModelError::new(format!("no profile is called `{name}`; there is {}", names.join(", ")))
    })
}

/// Writes a profile as the user's configuration; never overwrites an existing one.
pub fn install(name: &str, path: &Path) -> Result<(), ModelError> {
    let text = profile(name)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    }
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    // Half a configuration would block the next attempt.
    let write = |mut file: std::fs::File| file.write_all(text.as_bytes()).inspect_err(|_| drop(std::fs::remove_file(path)));
    match created.and_then(write) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(ModelError::new(format!(
            "{} exists and is left as it is; move it away first, or add to it what `longsight models profile {name}` prints",
            path.display()
        ))),
        Err(error) => Err(unwritten(path, &error)),
    }
}

/// The error for a configuration that could not be written, with advice.
fn unwritten(path: &Path, error: &std::io::Error) -> ModelError {
    let way_out = match error.kind() {
        std::io::ErrorKind::StorageFull => "the disk is full; make room",
        _ => "it cannot be written; correct its permissions",
    };
    ModelError::new(format!("{}: {way_out}, or set XDG_CONFIG_HOME to a folder elsewhere ({error})", path.display()))
}
