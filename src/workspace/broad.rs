//! Folders that are no workspace. A user's home, and the folders above it, hold mail, shell history and settings for everything; an editor
//! names such a folder as the root for any file directly in it. Also longsight's own folders, which are nobody's context.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::rules::PROJECT_FILE;
use crate::config;

/// What to do about it, as the end of a sentence.
pub const WAY_OUT: &str = "open a project's folder instead, or say that this is one by a .longsight.toml in it";

/// Why a folder is no workspace, in words that continue a sentence that starts with its name. A home with a project file of its own is a
/// workspace; one that is merely a repository of settings is not.
pub fn reason(folder: &Path) -> Option<&'static str> {
    let folder = &real(folder);
    if is_own(folder) {
        return Some("is a folder of longsight's own and no workspace");
    }
    if folder.join(PROJECT_FILE).symlink_metadata().is_ok() {
        return None;
    }
    if folder.parent().is_none() {
        return Some("is all of this machine and no workspace");
    }
    let home = real(&home()?);
    if home == *folder {
        return Some("is your home folder and no workspace");
    }
    // A home inside a checkout was made for it on purpose.
    (home.starts_with(folder) && !folder.join(".git").exists()).then_some("has your home folder in it and is no workspace")
}

/// Folders of the cache that hold copies of repositories for trials, measurements and tests.
const REPOSITORIES: [&str; 4] = ["bench", "ci", "test", "try"];

/// Whether a path is one of longsight's own folders, or in one. A copy of a repository is not.
pub fn is_own(place: &Path) -> bool {
    static OWN: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        let settings = config::default_path().and_then(|file| Some(file.parent()?.to_path_buf()));
        let all = [settings, config::cache_dir(), config::state_dir()];
        all.into_iter().flatten().map(|folder| real(&folder)).collect()
    });
    let is_copy = |inside: &Path| inside.iter().next().is_some_and(|first| REPOSITORIES.iter().any(|name| *name == first));
    OWN.iter().any(|own| place.strip_prefix(own).is_ok_and(|inside| !is_copy(inside)))
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// A folder with links resolved, as far as it exists.
fn real(folder: &Path) -> PathBuf {
    let there = folder.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    there.map_or_else(|| folder.into(), |(above, real)| folder.strip_prefix(above).map_or_else(|_| folder.into(), |rest| real.join(rest)))
}
