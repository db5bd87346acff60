//! Whether the files with rules of a folder may be read. The `ignore` crate opens whatever bears such a name, and a repository can give the
//! name to a link to a device, which never ends, or to the pipe that the editor talks through. So they are looked at first.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::fs::Stamp;

/// The project's file that narrows what longsight looks at.
pub const PROJECT_FILE: &str = ".longsight.toml";
/// Files with rules in every folder.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".ignore"];
/// Most bytes of a file with rules.
pub(super) const MAX_RULES: u64 = 1 << 20;

/// Whether a change of this file changes what takes part.
pub fn is_rule_file(name: &str) -> bool {
    name == PROJECT_FILE || IGNORE_FILES.contains(&name)
}

/// A file with rules that cannot be read; what it would keep out is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub PathBuf);

/// How the ignore files right in a folder look, for telling later whether they have changed.
pub(super) type Look = [Option<Stamp>; 2];

/// Looks at what the `ignore` crate will open in a folder. Links are followed as far as they stay below `root`; above it none may be one.
pub(super) fn look(root: &Path, folder: &Path) -> Result<Look, Unreadable> {
    let mut look = Look::default();
    for (stamp, name) in look.iter_mut().zip(IGNORE_FILES) {
        *stamp = regular(root, &folder.join(name))?;
    }
    git(root, &folder.join(".git"))?;
    Ok(look)
}

/// Looks at the folders above a root: what they ignore holds in it as well.
pub(super) fn look_above(root: &Path) -> Result<(), Unreadable> {
    root.ancestors().skip(1).try_for_each(|folder| look(root, folder).map(drop))
}

/// How a file with rules looks; none where there is none.
fn regular(root: &Path, file: &Path) -> Result<Option<Stamp>, Unreadable> {
    let refused = || Unreadable(file.into());
    let Ok(mut metadata) = file.symlink_metadata() else { return Ok(None) };
    if metadata.is_symlink() {
        let target = file.canonicalize().ok().filter(|target| target.starts_with(root)).ok_or_else(refused)?;
        metadata = target.symlink_metadata().map_err(|_| refused())?;
    }
    let fits = metadata.is_file() && metadata.len() <= MAX_RULES;
    fits.then(|| Some(Stamp::of(&metadata))).ok_or_else(refused)
}

/// The repository's own list of what it leaves out. In a second working tree `.git` is a file that says where the repository is.
fn git(root: &Path, place: &Path) -> Result<(), Unreadable> {
    if place.is_dir() {
        return regular(root, &place.join("info/exclude")).map(drop);
    }
    let Some(line) = first_line(root, place)? else { return Ok(()) };
    let Some(folder) = line.strip_prefix("gitdir: ").map(PathBuf::from) else { return Ok(()) };
    let Some(common) = first_line(root, &folder.join("commondir"))? else { return Ok(()) };
    let common = if common.starts_with('.') { folder.join(common) } else { PathBuf::from(common) };
    regular(root, &common.join("info/exclude")).map(drop)
}

fn first_line(root: &Path, file: &Path) -> Result<Option<String>, Unreadable> {
    if regular(root, file)?.is_none() {
        return Ok(None);
    }
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|open| open.take(MAX_RULES).read_to_string(&mut text));
    Ok(read.ok().and_then(|_| text.lines().next().map(String::from)))
}
