//! Where the servers and the engine process of one user meet: a socket in a folder that only this user can enter.

use std::ffi::OsString;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::records;

/// The longest path of a Unix socket in bytes, without the final NUL; macOS allows 103, Linux 107.
const MAX_SOCKET_PATH: usize = 103;

/// The socket: `$LONGSIGHT_SOCKET`, else `engine.sock` in the user's runtime folder; in the cache or temporary folder if there is none, or
/// if its path is too long for a socket.
pub fn socket() -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = variable("LONGSIGHT_SOCKET") {
        // Absolute, because the engine starts in another folder.
        let path = std::path::absolute(path)?;
        return fits(&path).then_some(path.clone()).ok_or_else(|| too_long(&path));
    }
    let runtime = variable("XDG_RUNTIME_DIR").filter(|path| path.is_absolute()).map(|path| path.join("longsight"));
    let cache = crate::config::cache_dir().map(|path| path.join("run"));
    let candidates = [runtime, cache, Some(records::temporary())].into_iter().flatten().map(|folder| folder.join("engine.sock"));
    let mut last = too_long(Path::new("engine.sock"));
    for path in candidates.filter(|path| fits(path)) {
        match path.parent().map_or(Ok(()), records::private_folder) {
            Ok(()) => return Ok(path),
            Err(error) => last = Error::new(error.kind(), format!("{error}, or set LONGSIGHT_SOCKET")),
        }
    }
    Err(last)
}

fn fits(path: &Path) -> bool {
    path.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH
}

fn too_long(path: &Path) -> Error {
    let message =
        format!("{} is too long for a socket path ({MAX_SOCKET_PATH} bytes); set LONGSIGHT_SOCKET to a shorter one", path.display());
    Error::new(ErrorKind::InvalidInput, message)
}

/// Where the engine process logs.
pub fn log_file() -> Option<PathBuf> {
    crate::config::cache_dir().map(|folder| folder.join("engine.log"))
}

/// Where KV caches of long prompts are saved: `kv` in the cache folder, or in the folder that `LONGSIGHT_STATES` names. That folder belongs
/// to the user, and its permissions are not changed.
pub fn states_folder() -> Option<PathBuf> {
    let named = std::env::var_os("LONGSIGHT_STATES").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(crate::config::cache_dir).map(|folder| folder.join("kv"))
}

/// The environment variables that the engine process gets: what the system, drivers and llama.cpp need, and nothing that looks like a
/// secret.
pub fn environment() -> Vec<(OsString, OsString)> {
    const EXACT: &[&str] = &["PATH", "HOME", "USER", "LANG", "TMPDIR", "LD_LIBRARY_PATH"];
    const STARTS: &[&str] = &["LC_", "XDG_", "LONGSIGHT_", "CUDA_", "NVIDIA_", "GGML_", "VK_", "OMP_", "GOMP_", "HIP_", "ROCR_", "HSA_"];
    const SECRET: &[&str] = &["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH"];
    let wanted = |name: &str| {
        let known = EXACT.contains(&name) || STARTS.iter().any(|start| name.starts_with(start));
        known && !SECRET.iter().any(|word| name.contains(word))
    };
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(wanted)).collect()
}
