//! What tests share: the fake editor, scripted engines, sandboxes and fixtures.

pub mod engine;
pub mod files;
pub mod gguf;
pub mod http;
pub mod model_server;

use std::path::PathBuf;

/// The model file whose name starts with `name`, from `$LONGSIGHT_MODELS` or the cache folder.
pub fn model_path(name: &str) -> PathBuf {
    let folder = std::env::var_os("LONGSIGHT_MODELS").map(PathBuf::from);
    let folder = folder.or_else(|| Some(longsight::config::cache_dir()?.join("models"))).expect("no HOME and no LONGSIGHT_MODELS");
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let fits = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(name) && file.ends_with(".gguf")
    };
    let found = files.into_iter().find(fits);
    found.unwrap_or_else(|| panic!("no model `{name}` in {}; `longsight models pull {name}` fetches it", folder.display()))
}

pub mod agent;
pub mod coder;
pub mod editor;
pub mod real;
pub mod terminal;
pub mod tree;
pub mod workspace;
