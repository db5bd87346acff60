//! Files on disk: which ones exist and which are gone, what is already known about them, and what scans have found.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Library;
use crate::index::cache::{CacheCounts, CachedIndex};
use crate::index::file::{File, Tier};
use crate::index::resolve;
use crate::index::scan::{self, FileToScan, ScanOutcome};
use crate::index::warm::{self, Known};
use crate::workspace::fs::{self, Stamp};
use crate::workspace::rules::{Skip, is_rule_file};
use crate::workspace::walk::{Entry, Listing, is_linked};
use crate::workspace::{ReadError, WorkspacePath};

impl Library {
    /// Takes over the content of the cache.
    pub fn take_stock(&mut self, mut stock: CachedIndex) {
        stock.join(&mut self.names);
        self.stock = Some(Arc::new(stock));
    }

    /// Takes over a listing: drops files that are gone, keeps known ones, takes others from the cache. Returns those left to read.
    pub fn take_listing(&mut self, listing: Listing, threads: usize, counts: &mut CacheCounts) -> Vec<FileToScan> {
        (self.skipped, self.has_links) = (listing.skipped, listing.has_links);
        self.drop_unlisted(&listing.files);
        let coming = listing.files.len().saturating_sub(self.numbers.len());
        self.numbers.reserve(coming);
        self.files.reserve(coming);
        let stock = self.stock.clone();
        let (mut todo, mut kept, mut on_disk) = (vec![], vec![], 0);
        for entry in &listing.files {
            let record = stock.as_ref().and_then(|stock| stock.record(&entry.path));
            on_disk += usize::from(record.is_some());
            if self.is_settled(entry) {
                continue;
            }
            match record.filter(|record| record.stamp == entry.stamp) {
                Some(record) => kept.push((entry.clone(), record)),
                None => todo.push(FileToScan { entry: entry.clone(), known: self.known(&entry.path), before: None }),
            }
        }
        let Some(stock) = stock else { return todo };
        self.purge_due |= on_disk < stock.paths() && stock.has_purged(&listing.files);
        for (entry, known) in warm::read(&self.registry, &stock, kept, threads) {
            counts.hits += u64::from(known.is_some());
            match known {
                Some(Known::File(file)) => drop(self.set(&entry.path, Some(file))),
                Some(Known::Refused(reason)) => drop(Arc::make_mut(&mut self.refused).insert(entry.path, (entry.stamp, reason))),
                None => todo.push(FileToScan { known: self.known(&entry.path), entry, before: None }),
            }
        }
        todo
    }

    fn drop_unlisted(&mut self, files: &[Entry]) {
        if self.numbers.is_empty() && self.refused.is_empty() {
            return;
        }
        let listed: HashSet<&WorkspacePath> = files.iter().map(|entry| &entry.path).collect();
        let mut gone: Vec<WorkspacePath> = self.numbers.keys().filter(|path| !listed.contains(path)).cloned().collect();
        gone.retain(|path| !self.is_open(path) || self.is_private(path));
        // A file that exists but no longer takes part must not stay in the cache: a rule was added, perhaps because of secrets.
        self.purge_due |= gone.iter().any(|path| path.absolute().exists());
        Arc::make_mut(&mut self.refused).retain(|path, _| listed.contains(path));
        self.unparsable.retain(|path| listed.contains(path));
        gone.iter().for_each(|path| {
            self.set(path, None);
        });
    }

    /// Whether everything is known about a file with this stamp, or its text is that of an open document.
    fn is_settled(&self, entry: &Entry) -> bool {
        let same = self.file(&entry.path).is_some_and(|file| file.stamp == entry.stamp && self.is_done(file));
        let refused = || self.refused.get(&entry.path).is_some_and(|(stamp, _)| *stamp == entry.stamp);
        same || refused() || self.is_open(&entry.path)
    }

    /// Whether everything that can be known about a file is.
    fn is_done(&self, file: &File) -> bool {
        file.is_whole() || self.unparsable.contains(&file.path)
    }

    fn known(&self, path: &WorkspacePath) -> Option<Arc<File>> {
        self.file(path).filter(|file| self.is_done(file)).cloned()
    }

    /// Takes over the result for a file. Returns its number if the facts should be written to the cache.
    pub fn take_scanned(&mut self, entry: &Entry, tier: Tier, outcome: ScanOutcome) -> Option<u32> {
        if self.is_open(&entry.path) {
            return None;
        }
        let scanned = match outcome {
            ScanOutcome::Facts(scanned) => scanned,
            ScanOutcome::Same(hash, stamp) => return self.confirm(&entry.path, hash, stamp),
            ScanOutcome::Back(file) => {
                self.let_in(&entry.path);
                self.unparsable.remove(&entry.path);
                let is_stamped = file.stamp.modified != 0;
                let number = self.set(&entry.path, Some(file));
                // Files without changes since the last tables are already in the cache.
                return number.filter(|number| is_stamped && self.fresh.contains_key(number));
            }
            ScanOutcome::Gone => {
                self.let_in(&entry.path);
                self.set(&entry.path, None);
                return None;
            }
            ScanOutcome::Skipped(reason) => {
                self.set(&entry.path, None);
                let mut stamp = scan::settled(entry.stamp);
                if reason == Skip::Unreadable {
                    // It may have been the disk or the network, which says nothing about the next time.
                    stamp.modified = 0;
                }
                Arc::make_mut(&mut self.refused).insert(entry.path.clone(), (stamp, reason));
                if reason.is_by_content() && stamp.modified != 0 {
                    self.new_refusals.push((entry.path.clone(), stamp, reason));
                }
                return None;
            }
        };
        self.let_in(&entry.path);
        if scanned.unparsable {
            self.unparsable.insert(entry.path.clone());
        } else {
            self.unparsable.remove(&entry.path);
        }
        let trusted = scanned.stamp.modified != 0 && tier == Tier::Parsed;
        let file = scanned.sheet.into_file(entry.path.clone(), scanned.language, scanned.hash, scanned.stamp, &mut self.names);
        let number = self.set(&entry.path, Some(Arc::new(file)));
        number.filter(|_| trusted && !scanned.kept)
    }

    /// A file takes part again. Views share the table of the others, so it is copied only if that changes it.
    fn let_in(&mut self, path: &WorkspacePath) {
        if self.refused.contains_key(path) {
            Arc::make_mut(&mut self.refused).remove(path);
        }
    }

    /// A file still has the known content. Its new stamp is kept if it can be trusted, so that the file is not read again.
    fn confirm(&mut self, path: &WorkspacePath, hash: u64, stamp: Stamp) -> Option<u32> {
        let file = self.file(path).filter(|file| file.hash == hash && file.stamp != stamp && stamp.modified != 0)?;
        let file = Arc::new(File { stamp, ..(**file).clone() });
        self.set(path, Some(file))
    }

    /// The files that a parser has more to say about; those that open documents import come first.
    pub fn parseable(&self, todo: &[FileToScan]) -> Vec<FileToScan> {
        let language = |todo: &FileToScan| self.file(&todo.entry.path).and_then(|file| file.language.clone());
        let parses = |todo: &&FileToScan| language(todo).is_some_and(|language| language.parses());
        let mut todo: Vec<FileToScan> = todo.iter().filter(parses).cloned().collect();
        let near = self.imported_stems();
        todo.sort_by_cached_key(|todo| !near.contains(&resolve::stem(language(todo).as_deref(), todo.entry.path.relative())));
        todo
    }

    /// Names of modules that open documents import, and of what they take from them: each may be the name of a file.
    fn imported_stems(&self) -> HashSet<String> {
        let mut stems = HashSet::new();
        let files = self.open.values().filter_map(|open| self.file(open.path.as_ref()?));
        for file in files {
            let taken = file.import_names.iter().map(|(there, _)| *there);
            let modules = file.imports.iter().map(|import| import.module).chain(taken);
            stems.extend(modules.map(|module| resolve::module_stem(file.language.as_deref(), self.names.get(module))));
        }
        stems
    }

    /// Whether changed paths mean that everything has to be listed again: folders, ignore files, links, or files with several names.
    pub fn needs_listing(&mut self, paths: &[PathBuf]) -> bool {
        paths.iter().any(|path| match path.exists() {
            // A link represents its target, but the file that had this name before does not.
            true => is_rule_file(path) || path.is_dir() && self.may_hold(path) || path.is_symlink() || self.is_another_name(path),
            false => is_rule_file(path) || self.is_folder(path) || self.has_links && self.is_known(path),
        })
    }

    fn is_known(&self, path: &Path) -> bool {
        self.roots.locate(path).is_some_and(|place| self.numbers.contains_key(&place))
    }

    /// Whether an unknown file has several names, one of which may be known.
    fn is_another_name(&mut self, path: &Path) -> bool {
        let Some(place) = self.roots.locate(path).filter(|_| is_linked(path)) else { return false };
        !self.numbers.contains_key(&place) && !self.refused.contains_key(&place) && self.reason(&place).is_none()
    }

    /// Whether a folder is in a root or contains one. Nothing else is known to the index.
    fn may_hold(&self, folder: &Path) -> bool {
        self.roots.iter().any(|root| root.path().starts_with(folder) || folder.starts_with(root.path()))
    }

    fn is_folder(&self, path: &Path) -> bool {
        // A path above the roots may mean that all of a root is gone; one below may have changed from a folder into a file.
        let Some(place) = self.roots.locate(path) else { return self.may_hold(path) };
        let inside = |known: &WorkspacePath| {
            known.root() == place.root() && known.relative().strip_prefix(place.relative()).is_some_and(|rest| rest.starts_with('/'))
        };
        !self.numbers.contains_key(&place) && self.numbers.keys().any(inside)
    }

    /// Reads one changed file; none if it means nothing to the index.
    pub fn look(&mut self, path: &Path) -> Option<(Entry, ScanOutcome)> {
        let place = self.roots.locate(path)?;
        let is_known = self.numbers.contains_key(&place) || self.refused.contains_key(&place);
        let stamp = match fs::stamp(&place) {
            Ok(stamp) => stamp,
            Err(error) => {
                let entry = Entry { path: place, stamp: Stamp::default() };
                let outcome = if error == ReadError::Missing { ScanOutcome::Gone } else { ScanOutcome::Skipped(Skip::NotAFile) };
                return is_known.then_some((entry, outcome));
            }
        };
        if self.file(&place).is_some_and(|file| file.stamp == stamp) {
            return None;
        }
        let reason = self.reason(&place);
        // A document that was shown and closed usually has its old content again.
        let before = self.numbers.get(&place).and_then(|number| self.before(*number)).filter(|file| file.is_whole()).cloned();
        let todo = FileToScan { known: self.known(&place), before, entry: Entry { path: place, stamp } };
        if let Some(reason) = reason {
            return is_known.then_some((todo.entry, ScanOutcome::Skipped(reason)));
        }
        let scanned = scan::guarded(&self.registry, &mut fs::Reader::default(), &todo, Tier::Parsed, None);
        Some((todo.entry, scanned))
    }
}
