//! Whether the files with rules of a folder may be read. The `ignore` crate opens whatever bears such a name, and a repository can give the
//! name to a link to a device, which never ends, or to the pipe that the editor talks through. So they are looked at first.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::fs::Stamp;

/// The project's file that narrows what longsight looks at.
pub const PROJECT_FILE: &str = ".longsight.toml";
/// Files with rules in every folder.
pub(super) const IGNORE_FILES: [&str; 2] = [".gitignore", ".ignore"];
/// Most bytes of a file with rules.
pub(super) const MAX_RULES: u64 = 1 << 20;

/// What only a copy of a repository leaves out, below the folder of the repository.
const EXCLUDE: &str = "info/exclude";
/// Stands where a repository, a submodule or a further working tree begins.
pub(super) const REPOSITORY: &str = ".git";

/// Whether a change of this file changes what takes part. Where a repository begins, in a folder or a file of this name, the rules of the one
/// around it end.
pub fn is_rule_file(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == PROJECT_FILE || name == REPOSITORY || IGNORE_FILES.contains(&name) || file.ends_with(EXCLUDE) && is_of_git(file)
}

/// The bytes of a file with rules; none where there is no such file, or it is too large or no file.
pub(super) fn read_rules(file: &Path) -> Option<Vec<u8>> {
    let is_one = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_RULES);
    let mut bytes = vec![];
    let read = is_one.then(|| std::fs::File::open(file).and_then(|open| open.take(MAX_RULES).read_to_end(&mut bytes)))?;
    read.ok().map(|_| bytes)
}

/// Whether it lies where git keeps what it knows of a repository.
fn is_of_git(file: &Path) -> bool {
    file.iter().any(|folder| folder.as_encoded_bytes().ends_with(b".git"))
}

/// A file with rules that cannot be read; what it would keep out is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub PathBuf);

/// How the ignore files right in a folder look, for telling later whether they have changed.
pub(super) type Look = [Option<Stamp>; 2];

/// Looks at what is opened in a folder for its rules.
pub(super) fn look(root: &Path, folder: &Path) -> Result<Look, Unreadable> {
    let look = look_right_in(root, folder)?;
    exclude(root, folder)?;
    Ok(look)
}

/// Looks at the ignore files right in a folder, which is no repository.
pub(super) fn look_right_in(root: &Path, folder: &Path) -> Result<Look, Unreadable> {
    let mut look = Look::default();
    for (stamp, name) in look.iter_mut().zip(IGNORE_FILES) {
        *stamp = regular(root, &folder.join(name))?;
    }
    Ok(look)
}

/// Looks at the folders above a root: what they ignore may hold in it as well.
pub(super) fn look_above(root: &Path) -> Result<(), Unreadable> {
    root.ancestors().skip(1).try_for_each(|folder| look(root, folder).map(drop))
}

/// The folders above a root that are of its repository: what they ignore may lie in the root as well.
pub(super) fn above(root: &Path) -> impl Iterator<Item = &Path> {
    let top = repository(root);
    let depth = top.map_or(0, |top| root.components().count() - top.components().count());
    root.ancestors().skip(1).take(depth)
}

/// How a file with rules looks; none where there is none. A link in the root is followed as far as it stays there; one elsewhere is the
/// person's own, who may keep such files where they like.
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

/// The list of what a repository leaves out that only this copy of it knows, where the folder is a repository's. In a second working tree
/// and in a submodule `.git` is a file that says where the repository is, which may name the one whose tree it is.
pub(super) fn exclude(root: &Path, folder: &Path) -> Result<Option<PathBuf>, Unreadable> {
    let Some(list) = exclude_place(root, folder)? else { return Ok(None) };
    Ok(regular(root, &list)?.map(|_| list))
}

/// Where that list is, or would be.
fn exclude_place(root: &Path, folder: &Path) -> Result<Option<PathBuf>, Unreadable> {
    let place = folder.join(".git");
    // Most folders have none, and a walk asks in each.
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

/// The folder in which a change of that list is seen, for the repository that a folder lies in: that of the repository itself while the list
/// has none.
pub(super) fn exclude_folder(folder: &Path) -> Option<PathBuf> {
    let list = exclude_place(folder, repository(folder)?).ok()??;
    // Under one name, however many working trees lead there: to end one watch of a folder ends them all.
    list.ancestors().skip(1).take(2).find(|above| above.is_dir())?.canonicalize().ok()
}

/// Where git keeps what all trees of a repository share, by the folder that it lies in.
pub(super) fn shared(root: &Path, top: &Path) -> Option<PathBuf> {
    exclude_place(root, top).ok()??.ancestors().nth(2).map(Into::into)
}

/// How that list and the repository's settings look, for telling later whether they have changed.
pub(super) fn exclude_look(folder: &Path) -> Look {
    let place = || exclude_place(folder, repository(folder).unwrap_or(folder)).ok()?;
    let Some(list) = place() else { return Look::default() };
    let settings = list.ancestors().nth(2).map(|shared| shared.join("config"));
    [Some(list), settings].map(|file| regular(folder, &file?).ok()?)
}

/// The folder of the repository that a folder lies in. One of a person's whole home is none: it leaves out what it does not keep, not what
/// is private.
pub(super) fn repository(folder: &Path) -> Option<&Path> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let is_one = |above: &&Path| above.join(".git").symlink_metadata().is_ok() && home.as_deref() != Some(*above);
    folder.ancestors().find(is_one)
}

/// Whether a folder below a root is a further working tree of the root's own repository, as `git worktree add` makes them: the same project
/// a second time, as another branch has it. Where the root is no working tree itself, its trees are what it is open for.
pub(super) fn is_other_tree(root: &Path, folder: &Path) -> bool {
    let Some((own, store)) = store(root, folder).filter(|(own, store)| own != store) else { return false };
    let top = repository(root).and_then(|top| self::store(root, top));
    top.is_some_and(|(tree, whole)| whole == store && tree != own && tree.join("index").exists())
}

/// Where git keeps what belongs to the working tree of a folder alone, and what all trees of the repository share.
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
