//! Reads one file and gathers its facts; what the workers of a build do.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use crate::syntax::{self, Language, ParseError, Registry, lexical};
use crate::workspace::fs::{self, ReadError, Stamp};
use crate::workspace::rules::{self, Skip};
use crate::workspace::walk::Entry;

use super::cache::Stock;
use super::file::Tier;
use super::sheet::Sheet;

/// Largest file that is indexed, in bytes.
pub const MAX_FILE: u64 = 1 << 20;

/// What a file turned out to be.
pub struct Scanned {
    pub hash: u64,
    pub stamp: Stamp,
    pub language: Option<Arc<Language>>,
    pub sheet: Sheet,
    /// Its parse was given up.
    pub unparsable: bool,
    /// The facts come from the cache.
    pub kept: bool,
}

/// As [`scan`]; a file that makes it panic is left out, and the rest goes on.
pub fn guarded(registry: &Registry, reader: &mut fs::Reader, entry: &Entry, tier: Tier, stock: Option<&Stock>) -> Result<Scanned, Skip> {
    std::panic::catch_unwind(AssertUnwindSafe(|| scan(registry, reader, entry, tier, stock))).unwrap_or_else(|_| {
        crate::bug!("{} cannot be indexed", entry.path);
        Err(Skip::Unparsable)
    })
}

/// Reads a file and gathers what `tier` asks for, or takes it from `stock` where the same content is known.
fn scan(registry: &Registry, reader: &mut fs::Reader, entry: &Entry, tier: Tier, stock: Option<&Stock>) -> Result<Scanned, Skip> {
    let bytes = reader.read(&entry.path, MAX_FILE).map_err(|error| match error {
        ReadError::TooLarge => Skip::TooLarge,
        ReadError::NotAFile => Skip::NotAFile,
        _ => Skip::Unreadable,
    })?;
    let hash = xxhash_rust::xxh3::xxh3_64(&bytes.bytes);
    let source = fs::decode(&bytes.bytes).map_err(|_| Skip::Binary)?;
    let language = registry.detect(entry.path.relative(), &source.text).cloned();
    if language.is_some()
        && let Some(skip) = rules::by_content(&source.text)
    {
        return Err(skip);
    }
    let stamp = settled(bytes.stamp);
    let name = language.as_ref().map_or("", |language| &language.name);
    if let Some(sheet) = stock.and_then(|stock| stock.by_content(hash, name)) {
        return Ok(Scanned { hash, stamp, language, sheet, unparsable: false, kept: true });
    }
    let (sheet, unparsable) = facts(language.as_ref(), entry.path.relative(), &source.text, tier);
    Ok(Scanned { hash, stamp, language, sheet, unparsable, kept: false })
}

/// The facts of a text; true when its parse was given up and its lines had to do.
pub fn facts(language: Option<&Arc<Language>>, path: &str, text: &Arc<str>, tier: Tier) -> (Sheet, bool) {
    let Some(language) = language else { return (Sheet::plain(text), false) };
    let lexical = || Sheet::lexical(text, &lexical::definitions(language, text));
    if tier == Tier::Lexical || !language.parses() {
        return (lexical(), false);
    }
    // What walks the tree may fail on it as well.
    let _working = syntax::guard::enter(text);
    match syntax::parse(language, text.clone()) {
        Ok(parsed) => (Sheet::parsed(text, syntax::tags(&parsed, path)), false),
        Err(ParseError::NoParser) => (lexical(), false),
        Err(ParseError::TooLarge | ParseError::Budget | ParseError::Deadly) => (lexical(), true),
    }
}

/// Nanoseconds in which a file may be written twice with one time stamp, on the coarsest file systems.
const RACY: i64 = 2_000_000_000;

/// A stamp that can be trusted: one so young that a later write might look the same equals no stamp, so that content decides.
pub(super) fn settled(stamp: Stamp) -> Stamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    // A time in the future says that the clock was set back: no order can be told from it.
    if stamp.modified + RACY > now { Stamp { modified: 0, ..stamp } } else { stamp }
}
