//! A start with a cache: the facts of many files are read on several threads.

use std::sync::Arc;

use crate::syntax::Registry;
use crate::workspace::rules::Skip;
use crate::workspace::walk::Entry;

use super::cache::{CachedFile, CachedIndex, Record};
use super::file::File;

/// What the cache knows about a file.
pub enum Known {
    File(Arc<File>),
    /// It does not take part because of its content.
    Refused(Skip),
}

/// From this many files several threads read them.
const PARALLEL_FROM_FILES: usize = 512;

/// Reads the facts of these records; none if they are damaged.
pub fn read(registry: &Registry, stock: &CachedIndex, kept: Vec<(Entry, Record)>, threads: usize) -> Vec<(Entry, Option<Known>)> {
    let known: Vec<Option<Known>> = if kept.len() < PARALLEL_FROM_FILES || threads < 2 {
        kept.iter().map(|(entry, record)| one(registry, stock, entry, *record)).collect()
    } else {
        std::thread::scope(|scope| {
            let parts = kept.chunks(kept.len().div_ceil(threads));
            let part =
                |part: &[(Entry, Record)]| part.iter().map(|(entry, record)| one(registry, stock, entry, *record)).collect::<Vec<_>>();
            let readers: Vec<_> = parts.map(|files| (files.len(), scope.spawn(move || part(files)))).collect();
            // If a thread fails, its files are gathered again.
            let read = readers.into_iter().map(|(files, reader)| reader.join().unwrap_or_else(|_| (0..files).map(|_| None).collect()));
            read.flatten().collect()
        })
    };
    kept.into_iter().map(|(entry, _)| entry).zip(known).collect()
}

fn one(registry: &Registry, stock: &CachedIndex, entry: &Entry, record: Record) -> Option<Known> {
    Some(match stock.read(record)? {
        CachedFile::Refused(reason) => Known::Refused(reason),
        CachedFile::File { hash, language, sheet } => {
            let language = registry.by_id(language).cloned();
            Known::File(Arc::new(sheet.joined(entry.path.clone(), language, hash, entry.stamp)))
        }
    })
}
