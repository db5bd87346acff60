//! The index on disk, outside the workspace: facts of files by path, stamp and content hash. It is never the only copy: whatever is
//! missing, damaged, foreign or of another version is a miss and is gathered again.
//!
//! Every root has its own folder of segments. A segment is written once, as a whole, under a new name, so readers see all of it or nothing,
//! and several servers may write without a lock. Segments are merged when there are many or when most of their records are stale.
//!
//! A segment begins with all names of its files, each once, because most of the work at startup is reading names.

mod segment;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::report::{self, Level};
use crate::workspace::fs::Stamp;
use crate::workspace::rules::Skip;
use crate::workspace::walk::Entry;
use crate::workspace::{Root, Roots, WorkspacePath};

use super::codec::Reader;
use super::disk::Disk;
use super::file::File;
use super::names::{NameId, Names};
use super::sheet::Sheet;
use super::texts::Texts;
use segment::{HEADER, REFUSED, called, fingerprint, frame, head, header, is_foreign, names_of, root_key, segment};

/// Maximum total size of all indexes: the one written longest ago goes first.
pub const MAX_ALL_INDEXES_BYTES: u64 = 512 << 20;
/// Segments of other versions are kept for this long, in seconds, so that going back to an older version finds its cache.
const FOREIGN_MAX_AGE_SECONDS: u64 = 7 * 24 * 3600;
/// A file that is being written is older than this, in seconds, only if the process that wrote it has died.
const WRITING_MAX_AGE_SECONDS: u64 = 3600;
/// Records are stale if there are more than this many per file, plus this many more: rewriting everything costs more than skipping a few.
const MAX_RECORDS_PER_FILE: usize = 2;
const SPARE_RECORDS: usize = 64;
/// More segments than this are merged, since each is opened and has its own copy of the names.
const MAX_SEGMENTS: usize = 8;
/// Later segments are also merged when they have more than half (one in this many) as many files as the first. A first build leaves several
/// such: each has its own copy of the names, and files are read faster from a single one.
const MAX_LATER_SHARE: usize = 2;

/// How useful the cache was for a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    pub hits: u64,
    pub misses: u64,
}

/// What the cache has about a file.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub enum CachedFile<'a> {
    File {
        hash: u64,
        language: &'a str,
        sheet: Sheet,
    },
    /// It does not take part because of its content.
    Refused(Skip),
}

/// A file that is excluded by its content, with its stamp and the reason.
pub type RefusedFile = (WorkspacePath, Stamp, Skip);

/// The cache of the open roots, for writing.
pub struct Cache {
    disk: Arc<dyn Disk>,
    /// The folder of all indexes.
    top: PathBuf,
    folders: Vec<Folder>,
    serial: u32,
    /// A write failed: this session uses no cache from now on.
    off: bool,
}

/// The folder of one root's segments.
struct Folder {
    root: Arc<Root>,
    path: PathBuf,
    /// Segments that the next merge replaces, with the number of files in each.
    known: Vec<(PathBuf, usize)>,
    /// Segments of other versions of longsight, which may be run alternately with this one.
    foreign: Vec<PathBuf>,
    /// Some segments are damaged, or of versions that nobody runs any more.
    stale: bool,
    /// All segments have to go, even if nothing can be written in their place.
    purging: bool,
}

/// What the cache had at startup, not decoded yet.
#[derive(Default)]
pub struct CachedIndex {
    segments: Vec<Loaded>,
    records: Vec<Record>,
    /// The newest record, by root (as named in segments) and path.
    by_path: HashMap<Box<str>, HashMap<Box<str>, u32>>,
    /// Records by content hash and file name; made when a file has moved.
    by_hash: OnceLock<HashMap<(u64, u32), u32>>,
}

/// A segment in memory.
struct Loaded {
    bytes: Vec<u8>,
    names: Texts,
    /// For each name of the segment its number in the workspace; see [`CachedIndex::join`].
    joined: Vec<NameId>,
}

/// Where in the cache a file's facts are.
#[derive(Clone, Copy)]
pub struct Record {
    segment: u32,
    start: usize,
    end: usize,
    /// The file's stamp when the facts were gathered.
    pub stamp: Stamp,
    hash: u64,
    /// A hash of the file's name without its folder ([`called`]): some facts depend on it.
    called: u32,
}

impl Cache {
    /// Opens the folders of the roots in `cache`. None if one cannot be trusted or created; the log says so once.
    pub fn open(disk: Arc<dyn Disk>, cache: &Path, roots: &Roots) -> Option<Self> {
        let top = cache.join("index");
        let folder = |root: &Arc<Root>| {
            let mut hasher = xxhash_rust::xxh3::Xxh3::new();
            hasher.update(root.path().as_os_str().as_encoded_bytes());
            hasher.update(&[0]);
            let path = top.join(format!("{:016x}", hasher.digest()));
            Folder { root: root.clone(), path, known: vec![], foreign: vec![], stale: false, purging: false }
        };
        let folders: Vec<Folder> = roots.iter().map(folder).collect();
        let places = std::iter::once(&top).chain(folders.iter().map(|folder| &folder.path));
        for place in places {
            if let Err(error) = disk.prepare(place) {
                report::log(Level::Warning, format_args!("the index is not kept on disk, in {}: {error}", place.display()));
                return None;
            }
        }
        Some(Self { disk, top, folders, serial: 0, off: false })
    }

    /// Reads all segments. Unreadable ones are skipped.
    pub fn load(&mut self) -> CachedIndex {
        let mut stock = CachedIndex::default();
        let fingerprint = fingerprint();
        for folder in &mut self.folders {
            let Ok(listed) = self.disk.list(&folder.path) else { continue };
            for entry in listed {
                let name = entry.path.extension().and_then(|end| end.to_str()).unwrap_or_default();
                if name == "tmp" && entry.age > WRITING_MAX_AGE_SECONDS {
                    let _ = self.disk.remove_file(&entry.path);
                }
                if name != "seg" {
                    continue;
                }
                let bytes = self.disk.read(&entry.path);
                let foreign = bytes.as_ref().is_ok_and(|bytes| is_foreign(bytes, fingerprint));
                if foreign && entry.age < FOREIGN_MAX_AGE_SECONDS {
                    folder.foreign.push(entry.path);
                    continue;
                }
                let before = stock.records();
                folder.stale |= bytes.is_ok_and(|bytes| !stock.add(bytes, fingerprint));
                folder.known.push((entry.path, stock.records() - before));
            }
        }
        stock
    }

    /// Whether so many records are stale that everything should be rewritten; `live` is the current number of files.
    pub fn is_stale(&self, stock_records: usize, live: usize) -> bool {
        self.folders.iter().any(|folder| folder.stale) || stock_records > live * MAX_RECORDS_PER_FILE + SPARE_RECORDS
    }

    /// Whether one more segment with `more` files makes it worthwhile to merge all.
    pub fn is_scattered(&self, more: usize) -> bool {
        self.folders.iter().any(|folder| {
            let Some(((_, first), later)) = folder.known.split_first() else { return false };
            let files = more + later.iter().map(|(_, files)| files).sum::<usize>();
            later.len() >= MAX_SEGMENTS || files > first / MAX_LATER_SHARE
        })
    }

    /// From now on a merge also removes segments of other versions: they may hold what must not be kept, and we cannot tell.
    pub fn purge(&mut self) {
        for folder in &mut self.folders {
            folder.known.extend(folder.foreign.drain(..).map(|segment| (segment, 0)));
            folder.purging = true;
        }
    }

    /// Writes the facts of files as one new segment per root; with `merge`, in place of all earlier segments.
    pub fn write(&mut self, files: &[Arc<File>], refused: &[RefusedFile], names: &Names, merge: bool) {
        for folder in &mut self.folders {
            if folder.purging {
                // Before anything is written: what must not be kept has to go even if nothing can replace it.
                folder.forget(&*self.disk);
            }
            let files: Vec<&Arc<File>> = files.iter().filter(|file| *file.path.root() == folder.root).collect();
            let refused: Vec<&RefusedFile> = refused.iter().filter(|(path, ..)| *path.root() == folder.root).collect();
            if self.off || files.is_empty() && refused.is_empty() && !merge {
                continue;
            }
            let bytes = segment(&files, &refused, names);
            if bytes.len() as u64 > MAX_ALL_INDEXES_BYTES / 2 {
                continue;
            }
            self.serial += 1;
            if let Err((path, error)) = folder.write(&*self.disk, &bytes, files.len() + refused.len(), self.serial, merge) {
                self.off = true;
                report::log(Level::Warning, format_args!("the index is kept in memory only: {}: {error}", path.display()));
            }
        }
    }

    /// Removes the least recently written indexes of other workspaces until the total fits into `budget`.
    pub fn evict(&self, budget: u64) {
        let Ok(listed) = self.disk.list(&self.top) else { return };
        let mut folders: Vec<(u64, u64, PathBuf)> = vec![];
        for entry in listed.into_iter().filter(|entry| entry.is_folder) {
            let Ok(segments) = self.disk.list(&entry.path) else { continue };
            let bytes = segments.iter().map(|segment| segment.bytes).sum();
            let age = segments.iter().map(|segment| segment.age).min().unwrap_or(entry.age);
            folders.push((age, bytes, entry.path));
        }
        folders.sort_unstable();
        let mut total: u64 = folders.iter().map(|(_, bytes, _)| bytes).sum();
        while total > budget
            && let Some((_, bytes, folder)) = folders.pop()
        {
            if self.folders.iter().all(|own| own.path != folder) {
                let _ = self.disk.remove_folder(&folder);
                total -= bytes;
            }
        }
    }
}

impl Folder {
    fn write(&mut self, disk: &dyn Disk, bytes: &[u8], files: usize, serial: u32, merge: bool) -> Result<(), (PathBuf, std::io::Error)> {
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let path = self.path.join(format!("{nanos:024x}-{:x}-{serial:x}.seg", std::process::id()));
        let written = disk.prepare(&self.path).and_then(|()| disk.write(&path, bytes));
        if let Err(error) = written {
            return Err((path, error));
        }
        if merge {
            self.stale = false;
            self.forget(disk);
        }
        self.known.push((path, files));
        Ok(())
    }

    /// Removes all segments. Those that cannot be removed stay listed for next time.
    fn forget(&mut self, disk: &dyn Disk) {
        self.known.retain(|(segment, _)| disk.remove_file(segment).is_err_and(|error| error.kind() != ErrorKind::NotFound));
        self.purging &= !self.known.is_empty();
    }
}

impl CachedIndex {
    /// Loads a segment; false if part of it is foreign or damaged.
    fn add(&mut self, bytes: Vec<u8>, fingerprint: u64) -> bool {
        if bytes.len() < HEADER || bytes[..HEADER] != header(fingerprint) {
            return false;
        }
        let Some((names, mut at)) = names_of(&bytes) else { return false };
        let mut sound = true;
        let segment = self.segments.len() as u32;
        while let Some((start, end, sum)) = frame(&bytes, at) {
            at = end;
            let mut reader = Reader { bytes: &bytes[start..end] };
            let whole = xxhash_rust::xxh3::xxh3_64(&bytes[start..end]) == sum;
            let Some(((root, relative), stamp, hash)) = whole.then(|| head(&mut reader)).flatten() else {
                sound = false;
                continue;
            };
            let record = Record { segment, start: end - reader.bytes.len(), end, stamp, hash, called: called(relative) };
            let number = self.records.len() as u32;
            self.records.push(record);
            match self.by_path.get_mut(root) {
                Some(below) => below.insert(relative.into(), number),
                None => self.by_path.entry(root.into()).or_default().insert(relative.into(), number),
            };
        }
        sound &= at == bytes.len();
        self.segments.push(Loaded { bytes, names, joined: vec![] });
        sound
    }

    /// Turns the names of all segments into names of the workspace. Each name is looked up once, however many files have it.
    pub fn join(&mut self, names: &mut Names) {
        for segment in &mut self.segments {
            segment.joined = names.join(segment.names.iter(), segment.names.len(), segment.names.bytes());
        }
    }

    /// The number of records, older ones of the same file included.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// The number of files that the cache knows.
    pub fn paths(&self) -> usize {
        self.by_path.values().map(HashMap::len).sum()
    }

    /// The record of a file, whether or not the file still has the same stamp.
    pub fn record(&self, path: &WorkspacePath) -> Option<Record> {
        self.records.get(*self.by_path.get(&*root_key(path.root()))?.get(path.relative())? as usize).copied()
    }

    /// Whether the cache knows a file that exists but no longer takes part: a rule was added, perhaps because of secrets.
    pub fn has_purged(&self, files: &[Entry]) -> bool {
        let listed: HashSet<(Cow<'_, str>, &str)> =
            files.iter().map(|entry| (root_key(entry.path.root()), entry.path.relative())).collect();
        let kept = self.by_path.iter().flat_map(|(root, below)| below.keys().map(|relative| (&**root, &**relative)));
        let mut unlisted = kept.filter(|(root, relative)| !listed.contains(&(Cow::Borrowed(root), relative)));
        unlisted.any(|(root, relative)| Path::new(root).join(relative).exists())
    }

    /// The facts of a record, with names of the workspace. None if they are damaged.
    pub fn read(&self, record: Record) -> Option<CachedFile<'_>> {
        let (segment, mut reader) = self.reader(record)?;
        let language = reader.text()?;
        if let Some(reason) = language.strip_prefix(REFUSED) {
            return Skip::by_name(reason).map(CachedFile::Refused);
        }
        let sheet = reader.facts(&mut |name| segment.joined.get(name as usize).copied())?;
        Some(CachedFile::File { hash: record.hash, language, sheet })
    }

    /// The facts of any file with this content, language and name, in any folder, with names of their own. The file name matters because
    /// `__init__.py` defines what it imports.
    pub fn by_content(&self, hash: u64, language: &str, path: &WorkspacePath) -> Option<Sheet> {
        let number = *self.by_hash.get_or_init(|| self.contents()).get(&(hash, called(path.relative())))?;
        let (segment, mut reader) = self.reader(*self.records.get(number as usize)?)?;
        if reader.text()? != language {
            return None;
        }
        let (mut names, mut numbers) = (Texts::default(), HashMap::new());
        let sheet = reader.facts(&mut |name| {
            let text = segment.names.try_get(name as usize)?;
            Some(NameId(*numbers.entry(name).or_insert_with(|| {
                names.push(text);
                names.len() as u32 - 1
            })))
        });
        sheet.map(|sheet| Sheet { names, ..sheet })
    }

    fn contents(&self) -> HashMap<(u64, u32), u32> {
        let numbered = (0u32..).zip(&self.records).filter(|(_, record)| record.hash != 0);
        numbered.map(|(number, record)| ((record.hash, record.called), number)).collect()
    }

    fn reader(&self, record: Record) -> Option<(&Loaded, Reader<'_>)> {
        let segment = self.segments.get(record.segment as usize)?;
        Some((segment, Reader { bytes: segment.bytes.get(record.start..record.end)? }))
    }
}
