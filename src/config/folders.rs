//! The user's folders, by the variables of the XDG base directories.

use std::path::PathBuf;

/// The user's configuration file unless `--config` names one.
pub fn default_path() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("longsight/config.toml"))
}

/// The folder for models, the index and streamed answers: `$XDG_CACHE_HOME/longsight`.
pub fn cache_dir() -> Option<PathBuf> {
    base("XDG_CACHE_HOME", ".cache").map(|folder| folder.join("longsight"))
}

/// The folder for the records of what was sent, and the user's word on folders: `$XDG_STATE_HOME/longsight`.
pub fn state_dir() -> Option<PathBuf> {
    base("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("longsight"))
}

fn base(variable: &str, under_home: &str) -> Option<PathBuf> {
    let absolute = |value: std::ffi::OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    std::env::var_os(variable).and_then(absolute).or_else(|| {
        let home = std::env::var_os("HOME").and_then(absolute)?;
        Some(home.join(under_home))
    })
}
