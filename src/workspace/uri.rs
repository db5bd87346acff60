//! Converts between `file:` URIs and paths, with percent-encoding.

use std::path::{Component, Path, PathBuf};

/// The local path of a `file:` URI; none for other schemes and hosts.
pub fn to_path(uri: &str) -> Option<PathBuf> {
    let parsed = url::Url::parse(uri).ok()?;
    if parsed.scheme() != "file" {
        return None;
    }
    parsed.to_file_path().ok().filter(|path| !path.as_os_str().as_encoded_bytes().contains(&0))
}

/// A path as written in JSON, which knows only Unicode: as it is, or as a `file:` URI if it is not Unicode.
pub fn written(path: &Path) -> String {
    let as_uri = || url::Url::from_file_path(path).map_or_else(|()| path.to_string_lossy().into(), String::from);
    path.to_str().map_or_else(as_uri, String::from)
}

/// The path that [`written`] wrote.
pub fn read_back(written: &str) -> PathBuf {
    to_path(written).unwrap_or_else(|| written.into())
}

/// The files that a URI of any scheme is about: the one it names, or the one of which it shows another text (an older version, a cell,
/// unsaved text). Empty if it names no absolute path.
pub fn files(uri: &str) -> Vec<PathBuf> {
    let Ok(parsed) = url::Url::parse(uri) else { return vec![] };
    let named = to_path(uri).map(|path| plain(&path));
    let other = || to_path(&format!("file://{}", parsed.path())).map(|path| plain(&path));
    let Some(path) = named.or_else(other).filter(|path| path.is_absolute()) else { return vec![] };
    // A path that is not Unicode is not in the workspace, but the rules of its folders still apply.
    let lossy = path.to_str().is_none().then(|| PathBuf::from(path.to_string_lossy().as_ref()));
    if parsed.scheme() == "file" {
        return std::iter::once(path).chain(lossy).collect();
    }
    let versioned = kept_by_git(&percent_decoded(parsed.path())).map(|path| plain(Path::new(&path)));
    // Some editors append their own extension to the name of an older version.
    let unmarked = (path.extension().is_some_and(|end| end == "git")).then(|| path.with_extension(""));
    let original = versioned.unwrap_or(path);
    std::iter::once(original).chain(unmarked).chain(lossy).collect()
}

/// Where the files that a URI is about really are, for those that are links or behind one. Reads the disk.
pub fn targets(uri: &str) -> Vec<PathBuf> {
    files(uri).iter().filter_map(|file| file.canonicalize().ok().filter(|real| real != file)).collect()
}

/// A path without `.` and `..`, resolved lexically.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The file of the working tree for a path through git's own folder and a version: `/repo/.git//VERSION/src/a.rs`,
/// `/repo/.git//VERSION:src/a.rs` or `/repo/.git/VERSION/src/a.rs`.
fn kept_by_git(path: &str) -> Option<String> {
    let (tree, inside) = path.split_once("/.git/")?;
    let (store, versioned) = match inside.strip_prefix('/') {
        Some(versioned) => ("", versioned),
        None => inside.split_once("//").unwrap_or(("", inside)),
    };
    // A submodule is in the tree around it, mostly under its name. Another working tree is the same project.
    let below = store.strip_prefix("modules/").unwrap_or_default();
    let (_, file) = versioned.trim_start_matches(':').split_once(['/', ':'])?;
    let file = file.rsplit_once(':').map_or(file, |(_, file)| file);
    Some([tree, below, file].join("/"))
}

/// The path in a URI of any scheme, with `/` and without the leading one; the URI itself if it has no path.
pub fn named(uri: &str) -> String {
    let path = url::Url::parse(uri).ok().map(|parsed| percent_decoded(parsed.path()));
    path.unwrap_or_else(|| uri.into()).replace('\\', "/").trim_start_matches('/').into()
}

/// The last component of what a URI names, for display.
pub fn name(uri: &str) -> String {
    let named = named(uri);
    named.rsplit('/').find(|part| !part.is_empty()).unwrap_or(uri).to_string()
}

/// Whether two URIs name one file, however they are percent-encoded.
pub fn is_same(a: &str, b: &str) -> bool {
    a == b || to_path(a).is_some_and(|a| to_path(b) == Some(a))
}

/// A text with its percent-escapes decoded.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (vec![], 0);
    while at < bytes.len() {
        let decoded = if bytes[at] == b'%' { digit(at + 1).zip(digit(at + 2)) } else { None };
        out.push(decoded.map_or(bytes[at], |(high, low)| (high * 16 + low) as u8));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The `file:` URI of an absolute path; a relative path is returned unchanged.
pub fn from_path(path: &Path) -> String {
    url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
}
