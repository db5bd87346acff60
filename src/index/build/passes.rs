//! A build, from the listing of the workspace to the last file: first what the cache has, then names by line if there is much to do, then
//! the parsers. Workers read and send what they find.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::changes::MAX_CHANGED;
use super::{FEW_FILES, Flush, Owner, Tables};
use crate::index::cache::{Cache, CachedIndex};
use crate::index::file::Tier;
use crate::index::handle::{Message, Progress, Stage};
use crate::index::pass::{Pass, spawn};
use crate::index::scan::{FileToScan, ScanOutcome, Scanned};
use crate::workspace::walk::{self, Listing};

/// The pass in progress.
pub(super) struct Job {
    todo: Arc<Vec<FileToScan>>,
    left: usize,
}

/// After this many gathered files they are written to disk; a kill loses no more work than this.
const MAX_UNSAVED_FILES: usize = 2000;
/// While a build runs, views are published no more often than this: nobody sees the difference, and each costs new tables.
const MIN_PUBLISH_INTERVAL: Duration = Duration::from_secs(2);
/// Views are published so rarely that publishing takes at most a twentieth (one part in this many) of the time.
const PUBLISHING_SHARE: u32 = 20;

impl Owner {
    /// Reads the cache on a thread of its own, while the workspace is listed.
    pub(super) fn open_cache(&mut self) {
        self.list();
        (self.cache, self.opening, self.early) = (None, None, None);
        let Some(folder) = self.options.cache.clone() else { return };
        let opening = self.current();
        self.opening = Some(opening);
        let (disk, roots, sender) = (self.options.disk.clone(), self.library.roots.clone(), self.sender.clone());
        let open = move || Cache::open(disk, &folder, &roots).map(|mut cache| (cache.load(), Box::new(cache)));
        spawn("index cache", move || {
            let opened = catch_unwind(AssertUnwindSafe(open));
            drop(sender.send(Message::Opened(opening, opened.unwrap_or_default())));
        });
    }

    /// Takes over the cache; none if it cannot be used.
    pub(super) fn opened(&mut self, opened: Option<(CachedIndex, Box<Cache>)>) {
        self.opening = None;
        if let Some((stock, cache)) = opened {
            self.cache = Some(cache);
            self.library.take_stock(stock);
        }
        if let Some(listing) = self.early.take() {
            self.listed(listing);
        }
    }

    /// Lists the workspace on a thread of its own.
    pub(super) fn list(&mut self) {
        self.library.rules_changed();
        let pass = self.next_pass();
        self.job = None;
        self.listing = true;
        self.again = false;
        let (roots, sender, threads) = (self.library.roots.clone(), self.sender.clone(), self.threads());
        spawn("index walk", move || {
            let listed = catch_unwind(|| walk::walk(&roots, threads));
            drop(sender.send(Message::Listed(pass, listed.ok())));
        });
    }

    fn threads(&self) -> usize {
        match self.options.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            threads => threads,
        }
    }

    /// Takes over a listing: publishes what the cache knows, and starts to read the rest.
    pub(super) fn listed(&mut self, listing: Listing) {
        self.listing = false;
        self.watch(&listing);
        let first = self.stage == Stage::Empty;
        let todo = self.library.take_listing(listing, self.threads(), &mut self.counts);
        let stock = self.library.stock.take();
        let records = stock.as_ref().map_or(0, |stock| stock.records());
        let is_stale = |cache: &Cache| stock.is_some() && cache.is_stale(records, self.library.len());
        self.library.merge_due |= self.cache.as_deref().is_some_and(is_stale);
        self.library.content = stock.filter(|_| !todo.is_empty());
        let reopened = self.library.look_at_open();
        if first || self.library.is_stale() {
            self.stage = self.stage.max(if todo.is_empty() { Stage::Ready } else { Stage::Empty });
            self.publish(Tables::Rebuilt);
        } else if reopened {
            self.publish(Tables::Kept);
        }
        let (named, rest): (Vec<FileToScan>, Vec<FileToScan>) = match first && todo.len() > FEW_FILES {
            true => todo.into_iter().partition(|todo| self.library.registry.by_path(todo.entry.path.relative()).is_some()),
            false => (vec![], todo),
        };
        if named.is_empty() {
            return self.start(Tier::Parsed, rest);
        }
        // Files with names first; those without can wait.
        self.rest = rest;
        self.start(Tier::Lexical, named);
    }

    /// Starts a pass over files. Workers take them in order, so open files come first.
    fn start(&mut self, tier: Tier, todo: Vec<FileToScan>) {
        if todo.is_empty() {
            return self.finished(Tier::Parsed);
        }
        let pass = self.next_pass();
        let todo = Arc::new(todo);
        self.job = Some(Job { todo: todo.clone(), left: todo.len() });
        let pass = Pass { number: pass, current: self.pass.clone(), tier, todo, stop: self.stop.clone(), sender: self.sender.clone() };
        pass.start(self.threads(), &self.library.registry, self.library.content.as_ref());
    }

    /// Takes over the result for one file of the pass.
    pub(super) fn scanned(&mut self, at: usize, tier: Tier, outcome: ScanOutcome) {
        let Some(job) = &mut self.job else { return };
        job.left -= 1;
        let (left, total) = (job.left, job.todo.len());
        let entry = job.todo[at].entry.clone();
        if tier == Tier::Parsed && self.options.cache.is_some() {
            match &outcome {
                ScanOutcome::Same(..) | ScanOutcome::Back(_) | ScanOutcome::Gone => {}
                ScanOutcome::Facts(Scanned { kept: true, .. }) => self.counts.hits += 1,
                ScanOutcome::Facts(_) | ScanOutcome::Skipped(_) => self.counts.misses += 1,
            }
        }
        if let Some(number) = self.library.take_scanned(&entry, tier, outcome)
            && tier == Tier::Parsed
        {
            self.dirty.push(number);
        }
        if self.dirty.len() >= MAX_UNSAVED_FILES {
            self.flush(Flush::Meanwhile);
        }
        if self.progress.receiver_count() > 0 && (left % 64 == 0 || total < 64) {
            self.progress.send_replace(Progress { stage: self.stage, done: total - left, total, cache: self.counts });
        }
        if left == 0 {
            self.finished(tier);
        } else if tier == Tier::Parsed && self.last_publish.elapsed() > MIN_PUBLISH_INTERVAL.max(self.publishing * PUBLISHING_SHARE) {
            self.publish(Tables::Rebuilt);
        }
    }

    /// Ends a pass: after the lexical tier it starts the parsers, after those it declares the index ready.
    pub(super) fn finished(&mut self, tier: Tier) {
        let todo = self.job.take().map(|job| job.todo);
        if tier == Tier::Lexical {
            self.stage = Stage::Lexical;
            self.publish(Tables::Rebuilt);
            let mut todo = todo.map(|todo| self.library.parseable(&todo)).unwrap_or_default();
            todo.append(&mut self.rest);
            return self.start(Tier::Parsed, todo);
        }
        self.library.content = None;
        let was_ready = self.stage == Stage::Ready;
        self.stage = Stage::Ready;
        if !was_ready || self.library.is_stale() {
            self.publish(Tables::Rebuilt);
        }
        self.progress.send_replace(Progress { stage: self.stage, done: self.library.len(), total: self.library.len(), cache: self.counts });
        self.flush(Flush::BuildEnded);
        let later = std::mem::take(&mut self.later);
        if std::mem::take(&mut self.again) || later.len() > MAX_CHANGED {
            self.list();
        } else if !later.is_empty() {
            self.look_again(later);
        }
    }
}
