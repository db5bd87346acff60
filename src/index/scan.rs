//! Reads one file and gathers its facts; this is what the workers of a build do.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use crate::syntax::{self, Language, ParseError, Registry, lexical, naming};
use crate::text::SharedText;
use crate::workspace::fs::{self, ReadError, Stamp};
use crate::workspace::rules::{self, Skip};
use crate::workspace::walk::Entry;

use super::cache::CachedIndex;
use super::file::{File, Tier, hash};
use super::sheet::Sheet;

/// The largest file that is indexed, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The facts of a file that was read.
pub struct Scanned {
    pub hash: u64,
    pub stamp: Stamp,
    pub language: Option<Arc<Language>>,
    pub sheet: Sheet,
    /// The parser gave up on it.
    pub unparsable: bool,
    /// The facts come from the cache.
    pub kept: bool,
}

/// A file to be scanned.
#[derive(Clone)]
pub struct FileToScan {
    pub entry: Entry,
    /// Its current facts, valid if the content is the same.
    pub known: Option<Arc<File>>,
    /// Its earlier facts, valid if it has that content again.
    pub before: Option<Arc<File>>,
}

/// The result of scanning a file.
pub enum ScanOutcome {
    Facts(Scanned),
    /// The content with this hash has not changed; this is its new stamp.
    Same(u64, Stamp),
    /// It has the content of `before` again.
    Back(Arc<File>),
    /// It does not exist any more.
    Gone,
    Skipped(Skip),
}

/// [`scan`], but a file that causes a panic is left out and the rest continues.
pub fn guarded(registry: &Registry, reader: &mut fs::Reader, todo: &FileToScan, tier: Tier, stock: Option<&CachedIndex>) -> ScanOutcome {
    let scanned = std::panic::catch_unwind(AssertUnwindSafe(|| scan(registry, reader, todo, tier, stock)));
    let scanned = scanned.unwrap_or_else(|_| {
        crate::bug!("{} cannot be indexed", todo.entry.path);
        Err(Skip::Unparsable)
    });
    scanned.unwrap_or_else(ScanOutcome::Skipped)
}

/// Reads a file and gathers what `tier` requires, or takes it from `stock` if that has the same content.
fn scan(
    registry: &Registry,
    reader: &mut fs::Reader,
    todo: &FileToScan,
    tier: Tier,
    stock: Option<&CachedIndex>,
) -> Result<ScanOutcome, Skip> {
    let FileToScan { entry, known, before } = todo;
    let bytes = match reader.read(&entry.path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return Ok(ScanOutcome::Gone),
        Err(ReadError::TooLarge) => return Err(Skip::TooLarge),
        Err(ReadError::NotAFile) => return Err(Skip::NotAFile),
        Err(_) => return Err(Skip::Unreadable),
    };
    let text = SharedText::from(fs::decode(&bytes.bytes).map_err(|_| Skip::Binary)?.text).with_line_feeds();
    let hash = hash(&text);
    let language = registry.detect(entry.path.relative(), &text).cloned();
    if language.is_some()
        && let Some(skip) = rules::by_content(&text, naming::is_vendored(entry.path.relative()))
    {
        return Err(skip);
    }
    let stamp = settled(bytes.stamp);
    let name = language.as_ref().map_or("", |language| &language.name);
    let is_of = |file: &&Arc<File>| file.hash == hash && file.language_name() == name;
    if known.as_ref().filter(is_of).is_some() {
        return Ok(ScanOutcome::Same(hash, stamp));
    }
    if let Some(before) = before.as_ref().filter(is_of) {
        let is_as_it_was = before.stamp == stamp && before.path == entry.path;
        let again = || Arc::new(File { stamp, path: entry.path.clone(), ..(**before).clone() });
        return Ok(ScanOutcome::Back(if is_as_it_was { before.clone() } else { again() }));
    }
    if let Some(sheet) = stock.and_then(|stock| stock.by_content(hash, name, &entry.path)) {
        return Ok(ScanOutcome::Facts(Scanned { hash, stamp, language, sheet, unparsable: false, kept: true }));
    }
    let (sheet, unparsable) = facts(language.as_ref(), entry.path.relative(), &text, tier);
    Ok(ScanOutcome::Facts(Scanned { hash, stamp, language, sheet, unparsable, kept: false }))
}

/// The facts of a text; true if the parser gave up and it was read line by line.
pub fn facts(language: Option<&Arc<Language>>, path: &str, text: &SharedText, tier: Tier) -> (Sheet, bool) {
    let Some(language) = language else { return (Sheet::plain(text), false) };
    let lexical = || Sheet::lexical(text, &lexical::definitions(language, text));
    if tier == Tier::Lexical || !language.parses() {
        return (lexical(), false);
    }
    // The walk over the tree may crash on it as well.
    let _working = syntax::guard::enter(text);
    match syntax::parse(language, text.clone()) {
        Ok(parsed) => (Sheet::parsed(language, text, syntax::tags(&parsed, path)), false),
        Err(ParseError::NoParser) => (lexical(), false),
        Err(ParseError::TooLarge | ParseError::Budget | ParseError::Deadly) => (lexical(), true),
    }
}

/// Nanoseconds within which two writes may get the same time stamp, on the coarsest file systems.
const RACY: i64 = 2_000_000_000;
/// The same for the change time, which programs cannot set, if the system keeps fractions of a second: no clock ticks more slowly.
const TICK: i64 = 20_000_000;

/// A stamp that can be trusted. A file just written may be written again with the same stamp, so it gets one that equals no other: the
/// content decides.
pub(super) fn settled(stamp: Stamp) -> Stamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let tick = if stamp.changed % 1_000_000_000 == 0 { RACY } else { TICK };
    // A time in the future means that the clock was set back, so times say nothing about order. A copy with its original's modification
    // time looks old from the start; its change time says when it was made.
    let is_racy = stamp.modified.saturating_add(RACY) > now || stamp.changed.saturating_add(tick) > now;
    if is_racy { Stamp { modified: 0, ..stamp } } else { stamp }
}
