//! The bytes of a segment: a header, the names of its files, and one record per file.

use std::borrow::Cow;
use std::sync::Arc;

use super::RefusedFile;
use crate::index::codec::{Reader, Writer};
use crate::index::file::{File, Tier};
use crate::index::names::{NameId, Names};
use crate::index::texts::Texts;
use crate::syntax::registry;
use crate::workspace::fs::Stamp;
use crate::workspace::{Root, WorkspacePath};

/// Has to be increased when the layout of segments or the meaning of facts changes.
const VERSION: u32 = 10;
const MAGIC: &[u8; 4] = b"LSIX";
/// Length of a segment's header, in bytes.
pub(super) const HEADER: usize = 16;
/// Used in place of the language: the file does not take part, for the reason that follows.
pub(super) const REFUSED: &str = "!";

/// A hash of a file's name, without its folder.
pub(super) fn called(relative: &str) -> u32 {
    let name = relative.rsplit('/').next().unwrap_or(relative);
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u32
}

/// The header of a segment: magic bytes, version and fingerprint.
pub(super) fn header(fingerprint: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(MAGIC);
    header[4..8].copy_from_slice(&VERSION.to_le_bytes());
    header[8..].copy_from_slice(&fingerprint.to_le_bytes());
    header
}

/// Whether a segment is intact but of another version, or made with other grammars.
pub(super) fn is_foreign(bytes: &[u8], fingerprint: u64) -> bool {
    bytes.len() >= HEADER && bytes[..4] == *MAGIC && bytes[..HEADER] != header(fingerprint)
}

/// The names at the start of a segment, and the offset of the first record.
pub(super) fn names_of(bytes: &[u8]) -> Option<(Texts, usize)> {
    let (start, end, sum) = frame(bytes, HEADER)?;
    let names = bytes.get(start..end).filter(|names| xxhash_rust::xxh3::xxh3_64(names) == sum)?;
    Some((Reader { bytes: names }.texts()?, end))
}

/// The record at an offset: where its payload begins and ends, and its checksum.
pub(super) fn frame(bytes: &[u8], at: usize) -> Option<(usize, usize, u64)> {
    let head = bytes.get(at..at + 12)?;
    let length = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
    let sum = u64::from_le_bytes(head[4..].try_into().ok()?);
    let end = (at + 12).checked_add(length).filter(|end| *end <= bytes.len())?;
    Some((at + 12, end, sum))
}

/// The head of a record: root and path, stamp, and hash of the content.
pub(super) fn head<'a>(reader: &mut Reader<'a>) -> Option<((&'a str, &'a str), Stamp, u64)> {
    let key = reader.text()?.split_once('\0')?;
    let stamp =
        Stamp { bytes: reader.number()?, modified: reader.number()? as i64, changed: reader.number()? as i64, inode: reader.number()? };
    Some((key, stamp, reader.number()?))
}

/// The name of a root in the cache, which precedes the paths of its files.
pub(super) fn root_key(root: &Root) -> Cow<'_, str> {
    root.path().to_string_lossy()
}

/// The bytes of a segment with the facts of these files, and with the files that do not take part.
pub(super) fn segment(files: &[&Arc<File>], refused: &[&RefusedFile], names: &Names) -> Vec<u8> {
    let mut bytes = header(fingerprint()).to_vec();
    let files: Vec<&Arc<File>> = files.iter().copied().filter(|file| file.tier != Tier::Lexical || file.language.is_some()).collect();
    let numbers = numbered(&files, names, &mut bytes);
    let of = |name: NameId| numbers.get(name.0 as usize).copied().unwrap_or(u32::MAX);
    for file in files {
        let mut writer = begun(&file.path, file.stamp, file.hash);
        writer.text(file.language_name());
        writer.facts(file, &of);
        append(&mut bytes, &writer.bytes);
    }
    for (path, stamp, reason) in refused {
        let mut writer = begun(path, *stamp, 0);
        writer.text(&format!("{REFUSED}{}", reason.name()));
        append(&mut bytes, &writer.bytes);
    }
    bytes
}

/// Writes the names that these files have. Returns the number of each in the segment, indexed by its number in the workspace.
fn numbered(files: &[&Arc<File>], names: &Names, bytes: &mut Vec<u8>) -> Vec<u32> {
    let mut numbers = vec![u32::MAX; names.len()];
    let mut found = |name: NameId| {
        if let Some(number) = numbers.get_mut(name.0 as usize) {
            *number = 0;
        }
    };
    files.iter().for_each(|file| file.each_name(&mut found));
    let had = |number: &u32| *number != u32::MAX;
    (0u32..).zip(numbers.iter_mut().filter(|number| had(number))).for_each(|(next, number)| *number = next);
    let texts = numbers.iter().enumerate().filter(|(_, number)| had(number)).map(|(at, _)| names.get(NameId(at as u32)));
    let mut writer = Writer::default();
    writer.texts(texts);
    append(bytes, &writer.bytes);
    numbers
}

fn begun(path: &WorkspacePath, stamp: Stamp, hash: u64) -> Writer {
    let mut writer = Writer::default();
    writer.text(&format!("{}\0{}", root_key(path.root()), path.relative()));
    let numbers = [stamp.bytes, stamp.modified as u64, stamp.changed as u64, stamp.inode, hash];
    numbers.into_iter().for_each(|number| writer.number(number));
    writer
}

/// Appends a record with its length and checksum.
fn append(bytes: &mut Vec<u8>, record: &[u8]) {
    bytes.extend_from_slice(&(record.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(record).to_le_bytes());
    bytes.extend_from_slice(record);
}

/// A number for everything that facts depend on: the grammars' data, the parsers, and the code that reads trees (hashed by `build.rs`).
pub(super) fn fingerprint() -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(env!("LONGSIGHT_FACTS").as_bytes(), registry::fingerprint())
}
