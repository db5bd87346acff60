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

/// What the path of a URI says, of whatever scheme, with `/` and without the first; the URI itself where it has none.
pub fn named(uri: &str) -> String {
    let path = url::Url::parse(uri).ok().map(|parsed| percent_decoded(parsed.path()));
    path.unwrap_or_else(|| uri.into()).replace('\\', "/").trim_start_matches('/').into()
}

/// The last part of what a URI names, for people.
pub fn name(uri: &str) -> String {
    let named = named(uri);
    named.rsplit('/').find(|part| !part.is_empty()).unwrap_or(uri).to_string()
}

/// Whether two URIs name one file: however their letters are encoded.
pub fn is_same(a: &str, b: &str) -> bool {
    a == b || to_path(a).is_some_and(|a| to_path(b) == Some(a))
}

fn percent_decoded(text: &str) -> String {
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

/// The URI of an absolute path; of a relative one, the path as it is.
pub fn from_path(path: &Path) -> String {
    url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
}
