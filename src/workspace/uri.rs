//! `file:` URIs and paths, percent-decoding included.

use std::path::{Path, PathBuf};

/// The path of a `file:` URI on this machine.
pub fn to_path(uri: &str) -> Option<PathBuf> {
    let parsed = url::Url::parse(uri).ok()?;
    if parsed.scheme() != "file" {
        return None;
    }
    parsed.to_file_path().ok().filter(|path| !path.as_os_str().as_encoded_bytes().contains(&0))
}

/// The URI of an absolute path; of a relative one, the path as it is.
pub fn from_path(path: &Path) -> String {
    url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
}
