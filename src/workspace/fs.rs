//! Reads files and writes none. Links are not followed, not even on the way: the kernel refuses a link that is swapped in between check
//! and open. Only regular files are opened, for no longer than one read and up to a cap.

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use super::{Root, WorkspacePath};

/// Maximum bytes of a file that are read for a prompt or a tool.
pub const MAX_READ: u64 = 4 << 20;

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    Missing,
    /// A folder, pipe, device, socket or link.
    NotAFile,
    /// Larger than the caller reads.
    TooLarge,
    Binary,
    NotUtf8,
    /// Secret by name.
    Secret,
    Failed(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file in the workspace"),
            Self::NotAFile => f.write_str("it is not a regular file (links are not followed)"),
            Self::TooLarge => f.write_str("it is too large"),
            Self::Binary => f.write_str("it is not text"),
            Self::NotUtf8 => f.write_str("it is not UTF-8, so that an edit would change more than it shows"),
            Self::Secret => f.write_str("its name says that it holds secrets; such files are not read"),
            Self::Failed(reason) => write!(f, "it cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// How a file looked when it was read. A changed stamp means that it may have been written; then the content decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub bytes: u64,
    /// Time of modification, in nanoseconds since 1970.
    pub modified: i64,
    /// When anything about the file last changed. Unlike the modification time, no program can set it back.
    pub changed: i64,
    pub inode: u64,
}

impl Stamp {
    /// The stamp in a file's metadata.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            bytes: metadata.len(),
            modified: modified.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)),
            changed: changed(metadata),
            inode: inode(metadata),
        }
    }
}

#[cfg(unix)]
fn changed(metadata: &std::fs::Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ctime().wrapping_mul(1_000_000_000).wrapping_add(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_metadata: &std::fs::Metadata) -> i64 {
    0
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &std::fs::Metadata) -> u64 {
    0
}

/// A file's bytes, with its stamp from before they were read.
#[derive(Debug)]
pub struct Bytes {
    pub bytes: Vec<u8>,
    pub stamp: Stamp,
}

/// Reads a whole file of at most `cap` bytes. A file that grows meanwhile is refused as too large.
pub fn read(path: &WorkspacePath, cap: u64) -> Result<Bytes, ReadError> {
    Reader::default().read(path, cap)
}

/// Reads many files in a row and opens their root only once. Not to be kept: the root may be replaced by another folder.
#[derive(Default)]
pub struct Reader {
    root: Option<(Arc<Root>, std::fs::File)>,
}

impl Reader {
    /// As [`read`].
    pub fn read(&mut self, path: &WorkspacePath, cap: u64) -> Result<Bytes, ReadError> {
        if self.root.as_ref().is_none_or(|(root, _)| root != path.root()) {
            self.root = Some((path.root().clone(), std::fs::File::open(path.root().path())?));
        }
        let Some((_, root)) = &self.root else { return Err(ReadError::Missing) };
        whole(open(root, path)?, cap)
    }
}

fn whole(file: std::fs::File, cap: u64) -> Result<Bytes, ReadError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    if metadata.len() > cap {
        return Err(ReadError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    file.take(cap + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap {
        return Err(ReadError::TooLarge);
    }
    Ok(Bytes { bytes, stamp: Stamp::of(&metadata) })
}

/// How a file looks now; does not open it.
pub fn stamp(path: &WorkspacePath) -> Result<Stamp, ReadError> {
    let metadata = path.absolute().symlink_metadata()?;
    if metadata.is_file() { Ok(Stamp::of(&metadata)) } else { Err(ReadError::NotAFile) }
}

/// Opens component by component from the root. Follows no link and never blocks (as a FIFO would).
#[cfg(unix)]
fn open(root: &std::fs::File, path: &WorkspacePath) -> Result<std::fs::File, ReadError> {
    use nix::errno::Errno;
    use nix::fcntl::{OFlag, openat};
    use nix::sys::stat::Mode;

    let refused = |errno: Errno| match errno {
        Errno::ENOENT => ReadError::Missing,
        Errno::ELOOP | Errno::ENOTDIR | Errno::ENXIO => ReadError::NotAFile,
        other => ReadError::Failed(other.desc().into()),
    };
    let plain = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    #[cfg(target_os = "linux")]
    {
        use nix::fcntl::{OpenHow, ResolveFlag, openat2};
        // In one call, if the kernel has it.
        let flags = plain | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_BENEATH);
        match openat2(root, path.relative(), how) {
            Ok(file) => return Ok(file.into()),
            Err(Errno::ENOSYS | Errno::EAGAIN | Errno::EPERM | Errno::E2BIG) => {}
            Err(errno) => return Err(refused(errno)),
        }
    }
    let (folders, name) = path.relative().rsplit_once('/').unwrap_or(("", path.relative()));
    let mut folder = std::os::fd::OwnedFd::from(root.try_clone()?);
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        folder = openat(&folder, part, plain | OFlag::O_DIRECTORY, Mode::empty()).map_err(refused)?;
    }
    let file = openat(&folder, name, plain | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty()).map_err(refused)?;
    Ok(file.into())
}

#[cfg(not(unix))]
fn open(_root: &std::fs::File, path: &WorkspacePath) -> Result<std::fs::File, ReadError> {
    let absolute = path.absolute();
    if !absolute.symlink_metadata()?.is_file() || absolute.canonicalize()? != absolute {
        return Err(ReadError::NotAFile);
    }
    Ok(std::fs::File::open(absolute)?)
}

/// The decoded text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub text: Arc<str>,
    /// False when the bytes were not UTF-8: the text may be read, but never edited.
    pub exact: bool,
}

/// Bytes at the start that are searched for a zero byte, to tell binary from text.
const PROBE: usize = 8 << 10;

/// Decodes by byte order mark, else as UTF-8, else reads invalid bytes as Windows-1252 if they look like it. A zero byte near the start
/// means binary, which is an error.
pub fn decode(bytes: &[u8]) -> Result<Source, ReadError> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        Source { text: String::from_utf16_lossy(&units).into(), exact: false }
    };
    match bytes {
        [0xFF, 0xFE, ..] => return Ok(wide(u16::from_le_bytes)),
        [0xFE, 0xFF, ..] => return Ok(wide(u16::from_be_bytes)),
        _ => {}
    }
    if bytes[..bytes.len().min(PROBE)].contains(&0) {
        return Err(ReadError::Binary);
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => Source { text: text.into(), exact: true },
        Err(_) => Source { text: foreign(bytes).into(), exact: false },
    })
}

/// Decodes a text that is not UTF-8, or not all of it. Invalid bytes are read as Windows-1252, a superset of Latin-1, if most of them are
/// single bytes between ASCII letters, as accents are. Multi-byte scripts, and texts that are foreign throughout, would only become other
/// wrong letters, so they become replacement characters.
fn foreign(bytes: &[u8]) -> String {
    let is_plain = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(u8::is_ascii);
    let (mut at, mut all, mut western) = (0, 0, 0);
    for chunk in bytes.utf8_chunks() {
        at += chunk.valid().len();
        let is_alone = chunk.invalid().len() == 1 && is_plain(at.checked_sub(1)) && is_plain(Some(at + 1));
        all += chunk.invalid().len();
        western += usize::from(is_alone && chunk.invalid().iter().all(|byte| *byte >= 0xA0 || SIGNS.contains(byte)));
        at += chunk.invalid().len();
    }
    if western * 2 < all {
        return String::from_utf8_lossy(bytes).into();
    }
    let letter = |byte: &u8| match byte {
        0x80..=0x9F => WINDOWS[usize::from(byte - 0x80)],
        latin => char::from(*latin),
    };
    let mut text = String::with_capacity(bytes.len() + all);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(letter));
    }
    text
}

/// The letters of Windows-1252 from 0x80 on that Latin-1 does not have.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–',
    '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];
/// Those of them that occur in texts: the euro, dots, quotes, dashes, the trade mark.
const SIGNS: &[u8] = &[0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99];
