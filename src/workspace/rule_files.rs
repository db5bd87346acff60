//! Whether the ignore files of a folder may be read. The `ignore` crate opens whatever has such a name, and a repository can make that a
//! link to a device, which never ends, or to the pipe that the editor talks through. So we check these files before the crate opens them.

use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::gitignore::gitconfig_excludes_path;

use super::fs::Stamp;
use super::git_config;

/// The project's own file, which can only narrow what longsight reads and sends.
pub const PROJECT_FILE: &str = ".longsight.toml";
/// Names of the ignore files that every folder may have.
pub(super) const IGNORE_FILES: [&str; 2] = [".gitignore", ".ignore"];
/// The largest ignore file that is read, in bytes.
pub(super) const MAX_RULES: u64 = 1 << 20;

/// Git's list of what is ignored only in this copy of a repository, below git's own folder.
const EXCLUDE: &str = "info/exclude";
/// The entry that marks the start of a repository, a submodule or another working tree: a folder or a file.
pub(super) const REPOSITORY: &str = ".git";

/// Whether a change of this file changes which files take part. A `.git` counts, because the rules of a repository end where another one
/// starts.
pub fn is_rule_file(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == PROJECT_FILE || name == REPOSITORY || IGNORE_FILES.contains(&name) || file.ends_with(EXCLUDE) && is_of_git(file)
}

/// The bytes of an ignore file; none if it is missing, too large or not a regular file.
pub(super) fn read_rules(file: &Path) -> Option<Vec<u8>> {
    let is_one = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_RULES);
    let mut bytes = vec![];
    let read = is_one.then(|| std::fs::File::open(file).and_then(|open| open.take(MAX_RULES).read_to_end(&mut bytes)))?;
    read.ok().map(|_| bytes)
}

/// Whether the crate may read the system's and the user's settings of git, and the ignore file that they name: it opens
/// whatever is there, and would wait for a pipe for ever.
pub(super) fn may_read_settings() -> bool {
    let is_file = |file: &Path| file.metadata().map_or(true, |metadata| metadata.is_file() && metadata.len() <= MAX_RULES);
    let is_readable = |file: &Path| is_file(file) || file == Path::new("/dev/null");
    git_config::places().iter().all(|file| is_readable(file)) && gitconfig_excludes_path().is_none_or(|file| is_readable(&file))
}

/// Whether a file is in git's own folder (`.git`).
fn is_of_git(file: &Path) -> bool {
    file.iter().any(|folder| folder.as_encoded_bytes().ends_with(b".git"))
}

/// An ignore file that cannot be read, so that it is unknown what it would keep out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub PathBuf);

/// The stamps of a folder's ignore files, to tell later whether they have changed.
pub(super) type Look = [Option<Stamp>; 2];

/// Checks every file that the crate would open for the rules of a folder, and returns their stamps.
pub(super) fn look(root: &Path, folder: &Path) -> Result<Look, Unreadable> {
    let look = look_right_in(root, folder)?;
    exclude(root, folder)?;
    Ok(look)
}

/// [`look`] for a folder that is not the top of a repository.
pub(super) fn look_right_in(root: &Path, folder: &Path) -> Result<Look, Unreadable> {
    let mut look = Look::default();
    for (stamp, name) in look.iter_mut().zip(IGNORE_FILES) {
        *stamp = regular(root, &folder.join(name))?;
    }
    Ok(look)
}

/// [`look`] for the folders above a root: their ignore files may apply in it as well.
pub(super) fn look_above(root: &Path) -> Result<(), Unreadable> {
    root.ancestors().skip(1).try_for_each(|folder| look(root, folder).map(drop))
}

/// The folders above a root that belong to its repository, whose ignore files apply in the root as well.
pub(super) fn above(root: &Path) -> impl Iterator<Item = &Path> {
    let top = repository(root);
    let depth = top.map_or(0, |top| root.components().count() - top.components().count());
    root.ancestors().skip(1).take(depth)
}

/// The stamp of an ignore file; none if it is missing. A link inside the root is followed if it stays there; one above the root is the
/// user's own choice and always followed.
fn regular(root: &Path, file: &Path) -> Result<Option<Stamp>, Unreadable> {
    let refused = || Unreadable(file.into());
    let Ok(mut metadata) = file.symlink_metadata() else { return Ok(None) };
    if metadata.is_symlink() {
        let inside = file.parent().and_then(|folder| folder.canonicalize().ok()).is_none_or(|folder| folder.starts_with(root));
        let target = file.canonicalize().ok().filter(|target| !inside || target.starts_with(root)).ok_or_else(refused)?;
        metadata = target.symlink_metadata().map_err(|_| refused())?;
    }
    let fits = metadata.is_file() && metadata.len() <= MAX_RULES;
    fits.then(|| Some(Stamp::of(&metadata))).ok_or_else(refused)
}

/// The `info/exclude` of a folder, if it is the top of a repository. In other working trees and submodules `.git` is a file that says where
/// the repository is, which may in turn name the main one.
pub(super) fn exclude(root: &Path, folder: &Path) -> Result<Option<PathBuf>, Unreadable> {
    let Some(list) = exclude_place(root, folder)? else { return Ok(None) };
    Ok(regular(root, &list)?.map(|_| list))
}

/// Where the `info/exclude` of a repository is, or would be.
fn exclude_place(root: &Path, folder: &Path) -> Result<Option<PathBuf>, Unreadable> {
    let place = folder.join(".git");
    // Most folders are not repositories, and a walk asks about every folder.
    let Ok(found) = place.symlink_metadata() else { return Ok(None) };
    if found.is_dir() || found.is_symlink() && place.is_dir() {
        return Ok(Some(place.join(EXCLUDE)));
    }
    let Some(line) = first_line(root, &place)? else { return Ok(None) };
    let Some(repository) = line.strip_prefix("gitdir:").map(|path| folder.join(path.trim())) else { return Ok(None) };
    Ok(Some(match first_line(root, &repository.join("commondir"))? {
        Some(common) => repository.join(common.trim()).join(EXCLUDE),
        None => repository.join(EXCLUDE),
    }))
}

/// The folder to watch for changes of `info/exclude`, for the repository that contains a folder: `info`, or git's own folder while there is
/// no `info`.
pub(super) fn exclude_folder(folder: &Path) -> Option<PathBuf> {
    let list = exclude_place(folder, repository(folder)?).ok()??;
    // Canonical, because several working trees may lead there, and unwatching one name of a folder unwatches all.
    list.ancestors().skip(1).take(2).find(|above| above.is_dir())?.canonicalize().ok()
}

/// The folder shared by all working trees of a repository, given the top folder of one of them.
pub(super) fn shared(root: &Path, top: &Path) -> Option<PathBuf> {
    exclude_place(root, top).ok()??.ancestors().nth(2).map(Into::into)
}

/// The stamps of a repository's `info/exclude` and `config`, to tell later whether they have changed.
pub(super) fn exclude_look(folder: &Path) -> Look {
    let place = || exclude_place(folder, repository(folder).unwrap_or(folder)).ok()?;
    let Some(list) = place() else { return Look::default() };
    let settings = list.ancestors().nth(2).map(|shared| shared.join("config"));
    [Some(list), settings].map(|file| regular(folder, &file?).ok()?)
}

/// The top folder of the repository that contains a folder. A repository of the user's whole home does not count: it ignores everything it
/// does not keep, not just what is private.
pub(super) fn repository(folder: &Path) -> Option<&Path> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let is_one = |above: &&Path| above.join(".git").symlink_metadata().is_ok() && home.as_deref() != Some(*above);
    folder.ancestors().find(is_one)
}

/// Whether a folder below a root is another working tree of the root's own repository, as made by `git worktree add`: the same project
/// again, on another branch. If the root is not a working tree itself, it was opened for these trees, and they count.
pub(super) fn is_other_tree(root: &Path, folder: &Path) -> bool {
    let Some((own, store)) = store(root, folder).filter(|(own, store)| own != store) else { return false };
    let top = repository(root).and_then(|top| self::store(root, top));
    top.is_some_and(|(tree, whole)| whole == store && tree != own && tree.join("index").exists())
}

/// Git's two folders for a working tree: the one for this tree alone, and the one that all trees share.
fn store(root: &Path, folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let place = folder.join(".git");
    if place.is_dir() {
        let own = place.canonicalize().ok()?;
        return Some((own.clone(), own));
    }
    let line = first_line(root, &place).ok()??;
    let own = folder.join(line.strip_prefix("gitdir:")?.trim()).canonicalize().ok()?;
    let shared = match first_line(root, &own.join("commondir")).ok()? {
        Some(common) => own.join(common.trim()).canonicalize().ok()?,
        None => own.clone(),
    };
    Some((own, shared))
}

fn first_line(root: &Path, file: &Path) -> Result<Option<String>, Unreadable> {
    if regular(root, file)?.is_none() {
        return Ok(None);
    }
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|open| open.take(MAX_RULES).read_to_string(&mut text));
    Ok(read.ok().and_then(|_| text.lines().next().map(String::from)))
}
