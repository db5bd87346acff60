//! Open documents: their text is the editor's, and an edit costs in proportion to its size.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Library;
use crate::index::file::{File, Tier, hash};
use crate::index::patch;
use crate::index::scan;
use crate::index::sheet::Sheet;
use crate::syntax::{self, Language, Parsed, change};
use crate::text::{Cut, SharedText, Text};
use crate::workspace::fs::Stamp;
use crate::workspace::rules::Skip;
use crate::workspace::{Document, Rules, WorkspacePath};

/// An open document, with what makes its next version cheap.
#[derive(Default)]
pub(super) struct Open {
    pub(super) path: Option<WorkspacePath>,
    /// The last version reported to the index, whether or not it takes part.
    document: Option<Document>,
    version: Option<Version>,
    parsed: Option<Parsed>,
    /// When the rules were last consulted about whether it takes part.
    asked: Option<Instant>,
    /// When it may be parsed again after an earlier version took too long.
    rests: Option<Instant>,
}

/// After this time the rules are consulted again about whether an open document takes part, unless the file system reports a change before.
/// Doing so with every key would cost more than the key itself.
const RULES_RECHECK: Duration = Duration::from_secs(1);

/// A version of a document, as one text with line feeds.
#[derive(Clone)]
struct Version {
    source: Text,
    text: SharedText,
    hash: u64,
    language: Option<Arc<Language>>,
}

/// The memory of an old version, in which the next one is assembled.
#[derive(Default)]
pub(super) struct ReusableMemory {
    memory: String,
    /// This many bytes at its start agree with the next version of the same document.
    kept: usize,
    of: String,
}

/// Whether this reason excludes a file even while it is open.
fn is_private(reason: Skip) -> bool {
    matches!(reason, Skip::Secret | Skip::Ignored | Skip::Unruled)
}

/// Bytes by which a version may grow without new memory.
const ROOM: usize = 4096;

impl Version {
    /// The text of a document; if it is made from an earlier version, also the stretch that differs.
    fn text(document: &Document, before: Option<&Version>, spare: ReusableMemory) -> (SharedText, Option<Option<Cut>>) {
        let whole = || (document.text.to_shared().with_line_feeds(), None);
        let Some(before) = before else { return whole() };
        let Some(cut) = Cut::between_texts(&before.source, &document.text) else { return (before.text.clone(), Some(None)) };
        let new = document.text.slice(cut.start..cut.new_end);
        // Whether a carriage return is alone depends on the byte after it.
        if new.contains('\r') || before.source.byte_before(cut.start) == Some(b'\r') {
            return whole();
        }
        let kept = if spare.of == document.uri { spare.kept.min(cut.start) } else { 0 };
        let mut text = spare.memory;
        text.truncate(kept);
        let parts = [&before.text[kept..cut.start], &new, &before.text[cut.old_end..]];
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        if text.capacity() < kept + length {
            text.reserve_exact(length + ROOM);
        }
        parts.into_iter().for_each(|part| text.push_str(part));
        (text.into(), Some(Some(cut)))
    }
}

impl Library {
    /// Whether a file is open.
    pub(super) fn is_open(&self, path: &WorkspacePath) -> bool {
        self.open.values().any(|open| open.path.as_ref() == Some(path))
    }

    /// Whether a file is excluded even while it is open, because it may be secret. Files that are merely generated are not.
    pub(super) fn is_private(&mut self, path: &WorkspacePath) -> bool {
        self.reason(path).is_some_and(is_private)
    }

    /// Why a file does not take part, by its place and name.
    pub(super) fn reason(&mut self, path: &WorkspacePath) -> Option<Skip> {
        self.rules.entry(path.root().clone()).or_insert_with_key(Rules::new).reason(path)
    }

    /// Takes over a new version of an open document. False if that changes nothing: it does not take part, or has the text on disk.
    pub fn update(&mut self, document: Document) -> bool {
        let Some(path) = document.path.clone() else { return false };
        let known = self.open.get(&document.uri).filter(|open| open.path.as_ref() == Some(&path));
        let asked = known.and_then(|open| open.asked).filter(|asked| asked.elapsed() < RULES_RECHECK);
        if asked.is_none() {
            let reason = self.reason(&path);
            if reason.is_some_and(is_private) {
                // It may take part again before anybody types in it.
                let uri = document.uri.clone();
                self.open.insert(uri, Open { path: Some(path.clone()), document: Some(document), ..Open::default() });
                return self.set(&path, None).is_some();
            }
            match reason {
                Some(Skip::LocalOnly) => self.local_only.insert(path.clone()),
                _ => self.local_only.remove(&path),
            };
        }
        if !document.is_in_step() {
            return false;
        }
        let asked = Some(asked.unwrap_or_else(Instant::now));
        let before = self.open.remove(&document.uri).unwrap_or_default();
        let (version, cut) = self.read(&document, &path, before.version.as_ref());
        let last = before.version.as_ref().map(|last| last.text.clone());
        if before.path.is_none() && self.is_on_disk(&path, &version) {
            // Everything about it is already known, but its tree makes the next version cheap.
            let _working = syntax::guard::enter_known(version.hash);
            let parsed = version.language.as_ref().and_then(|language| self.trees.of(&document.uri, language, &version.text).ok());
            let uri = document.uri.clone();
            let document = Some(document);
            self.open.insert(uri, Open { path: Some(path), document, version: Some(version), parsed, asked, rests: None });
            return false;
        }
        let (parsed, file) = self.open_file(&document.uri, before, &path, &version, cut);
        let until = if parsed.is_none() { self.trees.rests(&document.uri, &version.text) } else { None };
        self.spare(last, cut.flatten(), &document.uri);
        let uri = document.uri.clone();
        let document = Some(document);
        self.open.insert(uri, Open { path: Some(path.clone()), document, version: Some(version), parsed, asked, rests: until });
        self.set(&path, Some(Arc::new(file)));
        true
    }

    /// Keeps the memory of the previous version, if nobody uses it any more, and notes where the next version begins to differ.
    fn spare(&mut self, last: Option<SharedText>, cut: Option<Cut>, uri: &str) {
        let Some((memory, cut)) = last.and_then(SharedText::into_own).zip(cut) else { return };
        let of = &mut self.spare.of;
        of.clear();
        of.push_str(uri);
        (self.spare.memory, self.spare.kept) = (memory, cut.start);
    }

    /// The rules may have changed, so every document consults them again.
    pub fn rules_changed(&mut self) {
        self.open.values_mut().for_each(|open| open.asked = None);
    }

    /// When the next waiting open document may be parsed.
    pub fn rests_until(&self) -> Option<Instant> {
        self.open.values().filter_map(|open| open.rests).min()
    }

    /// Documents that may now be parsed after a wait, each once.
    pub fn rested(&mut self) -> Vec<Document> {
        let now = Instant::now();
        let is_over = |rests: &mut Instant| *rests <= now;
        self.open.values_mut().filter_map(|open| open.rests.take_if(is_over).and(open.document.clone())).collect()
    }

    /// After a listing, rules may have changed: takes over open documents that are not in the index as they should be, or are there only
    /// because they are open. True if something has changed.
    pub fn look_at_open(&mut self) -> bool {
        let is_in_question = |path: &WorkspacePath| self.file(path).is_none() || self.local_only.contains(path);
        let open = self.open.values().filter(|open| open.path.as_ref().is_some_and(is_in_question));
        let documents: Vec<Document> = open.filter_map(|open| open.document.clone()).collect();
        documents.into_iter().map(|document| self.update(document)).fold(false, |any, changed| any | changed)
    }

    /// Whether a document has the same text as its file on disk.
    fn is_on_disk(&self, path: &WorkspacePath, version: &Version) -> bool {
        let name = version.language.as_ref().map_or("", |language| &language.name);
        self.file(path).is_some_and(|file| file.hash == version.hash && file.tier == Tier::Parsed && file.language_name() == name)
    }

    /// Takes over a document whose parse, or the walk of its tree, failed: it is read line by line only, and nothing of earlier versions is
    /// used.
    pub fn take_plainly(&mut self, document: &Document) {
        self.open.remove(&document.uri);
        let Some(path) = document.path.clone() else { return };
        if self.is_private(&path) {
            return;
        }
        let (version, _) = self.read(document, &path, None);
        let file = self.by_lines(&path, &version);
        let kept = Some(document.clone());
        self.open
            .insert(document.uri.clone(), Open { path: Some(path.clone()), document: kept, version: Some(version), ..Open::default() });
        self.set(&path, Some(Arc::new(file)));
    }

    /// A document's current text; if it is made from an earlier version, also the stretch that differs.
    fn read(&mut self, document: &Document, path: &WorkspacePath, before: Option<&Version>) -> (Version, Option<Option<Cut>>) {
        let (text, cut) = Version::text(document, before, std::mem::take(&mut self.spare));
        if crate::report::is_strict() && text != document.text.to_shared().with_line_feeds() {
            crate::bug!("{path}: the text after an edit is not that of the document");
        }
        let language = self.registry.of_document(&document.language, Some(path.relative()), &text).cloned();
        let hash = hash(&text);
        (Version { source: document.text.clone(), text, hash, language }, cut)
    }

    /// The facts of a text, read line by line.
    fn by_lines(&mut self, path: &WorkspacePath, version: &Version) -> File {
        let sheet = scan::facts(version.language.as_ref(), path.relative(), &version.text, Tier::Lexical).0;
        self.joined(sheet, path, version)
    }

    fn joined(&mut self, sheet: Sheet, path: &WorkspacePath, version: &Version) -> File {
        sheet.into_file(path.clone(), version.language.clone(), version.hash, Stamp::default(), &mut self.names)
    }

    /// The facts of an open document, made from those of the previous version if possible.
    fn open_file(
        &mut self,
        uri: &str,
        before: Open,
        path: &WorkspacePath,
        version: &Version,
        cut: Option<Option<Cut>>,
    ) -> (Option<Parsed>, File) {
        let text = &version.text;
        let Some(parser) = version.language.clone().filter(|language| language.parses()) else {
            return (None, self.by_lines(path, version));
        };
        let _working = syntax::guard::enter_known(version.hash);
        let known = before.version.map_or(0, |version| version.hash);
        let before = before.parsed.filter(|before| Arc::ptr_eq(before.language(), &parser));
        // The edit is reported to the parser relative to the version that it last saw.
        let edited = |before: &Parsed| match cut {
            Some(cut) => before.edited_at(text.clone(), cut),
            None => before.edited(text.clone()),
        };
        let parsed = match &before {
            Some(before) => self.trees.after(before, uri, text, edited),
            None => self.trees.of(uri, &parser, text),
        };
        let Ok(parsed) = parsed else {
            let sheet = Sheet::lexical(text, &syntax::lexical::definitions(&parser, text));
            return (None, self.joined(sheet, path, version));
        };
        let patched = before.as_ref().and_then(|before| self.patched((before, known), &parsed, path, version.hash));
        let file = patched.unwrap_or_else(|| {
            let sheet = Sheet::parsed(&parser, text, syntax::tags(&parsed, path.relative()));
            self.joined(sheet, path, version)
        });
        (Some(parsed), file)
    }

    /// The file updated by what an edit has changed; none if that cannot be determined.
    fn patched(&mut self, (before, known_hash): (&Parsed, u64), after: &Parsed, path: &WorkspacePath, hash: u64) -> Option<File> {
        let known = self.file(path)?.clone();
        if known.tier != Tier::Parsed || known.hash != known_hash {
            return None;
        }
        let change = change::between(before, after, path.relative())?;
        let file = patch::patched(&known, &change, [before.text(), after.text()], hash, &mut self.names)?;
        if crate::report::is_strict() {
            let sheet = Sheet::parsed(after.language(), after.text(), syntax::tags(after, path.relative()));
            let whole = sheet.into_file(path.clone(), file.language.clone(), hash, Stamp::default(), &mut self.names);
            if let Some(difference) = file.difference(&whole) {
                crate::bug!("{path}: the facts after an edit are not those of the text: {difference}");
            }
        }
        Some(file)
    }

    /// Forgets a document; returns its file, which has to be read from disk.
    pub fn close(&mut self, uri: &str) -> Option<WorkspacePath> {
        let path = self.open.remove(uri)?.path?;
        if self.file(&path).is_none() {
            self.local_only.remove(&path);
        }
        Some(path)
    }

    /// The open document of this file, which may have another URI through a link.
    pub fn opened_as(&self, path: &WorkspacePath) -> Option<Document> {
        self.open.values().find(|open| open.path.as_ref() == Some(path))?.document.clone()
    }
}
