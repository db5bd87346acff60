//! The thread of the index: one owner of everything that changes. It hears of keystrokes, saved files, finished scans, and publishes a new
//! [`View`] after each. Reading, scanning and parsing of many files happens on worker threads that only send results.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use tokio::sync::watch as tell;

use crate::report;
use crate::syntax::Registry;
use crate::workspace::walk::{self, Listing};
use crate::workspace::watch::{Hint, Watcher, is_remote};
use crate::workspace::{Document, Roots};

use super::cache::{Cache, CacheCounts, Stock};
use super::file::Tier;
use super::handle::{Message, Options, Progress, Stage};
use super::library::Library;
use super::pass::{Pass, spawn};
use super::scan::{Outcome, Scanned, Todo};
use super::view::View;

/// Files that are being scanned.
struct Job {
    todo: Arc<Vec<Todo>>,
    left: usize,
}

pub(super) struct Owner {
    library: Library,
    options: Options,
    sender: Sender<Message>,
    view: tell::Sender<Arc<View>>,
    progress: tell::Sender<Progress>,
    stop: Arc<AtomicBool>,
    stage: Stage,
    /// Results of earlier passes are of no use any more, and their workers stop.
    pass: Arc<AtomicU64>,
    /// The workspace is being listed, or its listing waits for the cache.
    listing: bool,
    /// The cache that is being read, by its number, and the listing that waits for it.
    opening: Option<u64>,
    early: Option<Listing>,
    /// What came up during a build and is looked at after it: everything, or these paths.
    again: bool,
    later: Vec<PathBuf>,
    /// Files of the build that define no names.
    rest: Vec<Todo>,
    job: Option<Job>,
    cache: Option<Box<Cache>>,
    /// Numbers of files whose facts are not on disk yet.
    dirty: Vec<u32>,
    waiting: Vec<(bool, Sender<()>)>,
    watcher: Option<Watcher>,
    last_publish: Instant,
    /// How long the last view with new tables took.
    publishing: Duration,
    counts: CacheCounts,
    /// Typing does not put it off.
    next_rescan: Option<Instant>,
    /// Messages that ended in a panic.
    failures: u32,
}

/// Files gathered since the last write that are written at the latest: the work that a kill may lose.
const BATCH: usize = 2000;
/// Views are published at most this often while a build runs, and so seldom that it takes a twentieth of the time at most.
const PUBLISH: Duration = Duration::from_secs(2);
const SHARE: u32 = 20;
/// More changed paths than this are looked at by a rescan.
const MAX_CHANGED: usize = 256;
/// Files below which tier 0 is skipped: parsing them takes no longer than anyone waits.
const FEW: usize = 64;
/// Between rescans where every folder is watched: only a lost event is left to be found.
const WATCHED: Duration = Duration::from_secs(600);
/// After folders have become watched, what changed in them meanwhile is looked for.
const GAP: Duration = Duration::from_secs(2);
/// Panics after which no build is begun anew.
const MAX_FAILURES: u32 = 3;

impl Owner {
    pub fn new(
        registry: Arc<Registry>,
        roots: Arc<Roots>,
        options: Options,
        sender: Sender<Message>,
        view: tell::Sender<Arc<View>>,
        progress: tell::Sender<Progress>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            library: Library::new(registry, roots),
            options,
            sender,
            view,
            progress,
            stop,
            stage: Stage::Empty,
            pass: Arc::default(),
            listing: false,
            opening: None,
            early: None,
            again: false,
            later: vec![],
            rest: vec![],
            job: None,
            cache: None,
            dirty: vec![],
            waiting: vec![],
            watcher: None,
            last_publish: Instant::now(),
            publishing: Duration::ZERO,
            counts: CacheCounts::default(),
            next_rescan: None,
            failures: 0,
        }
    }

    pub fn run(mut self, receiver: &Receiver<Message>) {
        self.open_cache();
        self.rescan_in(self.pause(false));
        loop {
            let patience = self.next_rescan.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            let mut batch = match receiver.recv_timeout(patience) {
                Ok(first) => vec![first],
                Err(mpsc::RecvTimeoutError::Timeout) => vec![],
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
            batch.extend(receiver.try_iter());
            let newest = newest_updates(&batch);
            for (at, message) in batch.into_iter().enumerate() {
                if let Message::Stop(_ended) = &message {
                    let _ = catch_unwind(AssertUnwindSafe(|| self.flush(false)));
                    return;
                }
                if let Message::Update(document) = &message
                    && newest.get(&document.uri) != Some(&at)
                {
                    continue;
                }
                self.fenced(message);
            }
            if self.next_rescan.is_some_and(|at| at <= Instant::now()) {
                self.fenced(Message::Rescan);
            }
            self.answer_waiting();
        }
    }

    /// Handles a message; one that panics costs what it is about, not the index.
    fn fenced(&mut self, message: Message) {
        let document = match &message {
            Message::Update(document) => Some(document.clone()),
            _ => None,
        };
        if catch_unwind(AssertUnwindSafe(|| self.handle(message))).is_ok() {
            return;
        }
        let name = document.as_ref().map_or("a build", |document| &document.uri).to_string();
        if catch_unwind(AssertUnwindSafe(|| self.recover(document))).is_err() {
            report::log("error", format_args!("the index could not recover from a failure with {name}"));
        }
        crate::bug!("the index failed with {name}, which it knows less of now");
    }

    /// After a panic: the document is taken by its lines; a build is begun anew, in memory only, a few times.
    fn recover(&mut self, document: Option<Document>) {
        if let Some(document) = document {
            self.library.take_plainly(&document);
            return self.publish(false);
        }
        self.failures += 1;
        (self.cache, self.opening, self.early, self.job, self.listing) = (None, None, None, None, false);
        (self.library.stock, self.library.content) = (None, None);
        if self.failures < MAX_FAILURES {
            return self.list();
        }
        self.next_pass();
        self.stage = Stage::Ready;
        self.publish(true);
    }

    fn rescan_in(&mut self, pause: Option<Duration>) {
        self.next_rescan = pause.map(|pause| Instant::now() + pause);
    }

    /// Between rescans.
    fn pause(&self, watched: bool) -> Option<Duration> {
        let seconds = Some(self.options.rescan).filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds).max(if watched { WATCHED } else { Duration::ZERO }))
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Update(document) => {
                if self.library.update(document) {
                    self.publish(false);
                }
            }
            Message::Close(uri) => {
                if let Some(entry) = self.library.close(&uri) {
                    self.look_again(vec![entry.absolute()]);
                }
            }
            Message::Changed(paths) => self.look_again(paths),
            Message::Rescan => {
                self.rescan_in(self.pause(false));
                if self.is_building() {
                    self.again = true;
                } else {
                    self.list();
                }
            }
            Message::Roots(roots) => self.set_roots(roots),
            Message::Opened(opening, opened) if self.opening == Some(opening) => self.opened(opened),
            Message::Opened(..) => {}
            Message::Listed(pass, listing) if pass == self.current() => match (listing, self.opening) {
                (Some(listing), Some(_)) => self.early = Some(listing),
                (Some(listing), None) => self.listed(listing),
                (None, _) => {
                    self.listing = false;
                    self.finished(Tier::Parsed);
                }
            },
            Message::Listed(..) => {}
            Message::Scanned(pass, tier, results) => {
                for (at, result) in results {
                    if pass == self.current() {
                        self.scanned(at, tier, result);
                    }
                }
            }
            Message::Sync(ready, answer) => self.waiting.push((ready, answer)),
            Message::Stop(_) => {}
        }
    }

    fn set_roots(&mut self, roots: Arc<Roots>) {
        self.flush(false);
        if self.library.set_roots(roots) {
            // Who waits for the whole workspace waits for the new folder as well.
            self.stage = Stage::Empty;
        }
        self.publish(true);
        self.open_cache();
    }

    fn answer_waiting(&mut self) {
        let ready = self.stage == Stage::Ready && !self.is_building();
        self.waiting.retain(|(wants_ready, answer)| {
            let done = ready || !wants_ready;
            if done {
                let _ = answer.send(());
            }
            !done
        });
    }

    fn is_building(&self) -> bool {
        self.listing || self.job.is_some()
    }

    fn current(&self) -> u64 {
        self.pass.load(Ordering::Relaxed)
    }

    fn next_pass(&self) -> u64 {
        self.pass.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Reads what the cache has on a thread of its own, and lists meanwhile.
    fn open_cache(&mut self) {
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

    fn opened(&mut self, opened: Option<(Stock, Box<Cache>)>) {
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
    fn list(&mut self) {
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

    fn listed(&mut self, listing: Listing) {
        self.listing = false;
        self.watch(&listing);
        let first = self.stage == Stage::Empty;
        let todo = self.library.take_listing(listing, self.threads(), &mut self.counts);
        let stock = self.library.stock.take();
        let records = stock.as_ref().map_or(0, |stock| stock.records());
        let is_stale = |cache: &Cache| stock.is_some() && cache.is_stale(records, self.library.len());
        self.library.merge_due |= self.cache.as_deref().is_some_and(is_stale);
        self.library.content = stock.filter(|_| !todo.is_empty());
        if first || self.library.is_stale() {
            self.stage = self.stage.max(if todo.is_empty() { Stage::Ready } else { Stage::Empty });
            self.publish(true);
        }
        let (named, rest): (Vec<Todo>, Vec<Todo>) = match first && todo.len() > FEW {
            true => todo.into_iter().partition(|todo| self.library.registry.by_path(todo.entry.path.relative()).is_some()),
            false => (vec![], todo),
        };
        if named.is_empty() {
            return self.start(Tier::Parsed, rest);
        }
        // Names first; what has none can wait.
        self.rest = rest;
        self.start(Tier::Lexical, named);
    }

    /// Starts a pass over files. Workers take them in order, so that what is open comes first.
    fn start(&mut self, tier: Tier, todo: Vec<Todo>) {
        if todo.is_empty() {
            return self.finished(Tier::Parsed);
        }
        let pass = self.next_pass();
        let todo = Arc::new(todo);
        self.job = Some(Job { todo: todo.clone(), left: todo.len() });
        let pass = Pass { number: pass, current: self.pass.clone(), tier, todo, stop: self.stop.clone(), sender: self.sender.clone() };
        pass.start(self.threads(), &self.library.registry, self.library.content.as_ref());
    }

    fn scanned(&mut self, at: usize, tier: Tier, outcome: Outcome) {
        let Some(job) = &mut self.job else { return };
        job.left -= 1;
        let (left, total) = (job.left, job.todo.len());
        let entry = job.todo[at].entry.clone();
        if tier == Tier::Parsed && self.options.cache.is_some() {
            match &outcome {
                Outcome::Same(..) | Outcome::Gone => {}
                Outcome::Facts(Scanned { kept: true, .. }) => self.counts.hits += 1,
                Outcome::Facts(_) | Outcome::Skipped(_) => self.counts.misses += 1,
            }
        }
        if let Some(number) = self.library.take_scanned(&entry, tier, outcome)
            && tier == Tier::Parsed
        {
            self.dirty.push(number);
        }
        if self.dirty.len() >= BATCH {
            self.flush(false);
        }
        if self.progress.receiver_count() > 0 && (left % 64 == 0 || total < 64) {
            self.progress.send_replace(Progress { stage: self.stage, done: total - left, total, cache: self.counts });
        }
        if left == 0 {
            self.finished(tier);
        } else if tier == Tier::Parsed && self.last_publish.elapsed() > PUBLISH.max(self.publishing * SHARE) {
            self.publish(true);
        }
    }

    fn finished(&mut self, tier: Tier) {
        let todo = self.job.take().map(|job| job.todo);
        if tier == Tier::Lexical {
            self.stage = Stage::Lexical;
            self.publish(true);
            let mut todo = todo.map(|todo| self.library.parseable(&todo)).unwrap_or_default();
            todo.append(&mut self.rest);
            return self.start(Tier::Parsed, todo);
        }
        self.library.content = None;
        let was_ready = self.stage == Stage::Ready;
        self.stage = Stage::Ready;
        if !was_ready || self.library.is_stale() {
            self.publish(true);
        }
        self.progress.send_replace(Progress { stage: self.stage, done: self.library.len(), total: self.library.len(), cache: self.counts });
        self.flush(true);
        let later = std::mem::take(&mut self.later);
        if std::mem::take(&mut self.again) || later.len() > MAX_CHANGED {
            self.list();
        } else if !later.is_empty() {
            self.look_again(later);
        }
    }

    /// Looks at files that may have changed.
    fn look_again(&mut self, paths: Vec<PathBuf>) {
        if self.is_building() {
            // Beginning anew with each change would never come to an end.
            self.again |= self.later.len() + paths.len() > MAX_CHANGED;
            return if self.again { self.later.clear() } else { self.later.extend(paths) };
        }
        if paths.len() > MAX_CHANGED || self.library.needs_listing(&paths) {
            return self.list();
        }
        let mut any = false;
        for path in paths {
            let Some((entry, outcome)) = self.library.look(&path) else { continue };
            let changed = !matches!(outcome, Outcome::Same(..));
            let kept = self.library.take_scanned(&entry, Tier::Parsed, outcome);
            any |= changed || kept.is_some();
            self.dirty.extend(kept);
        }
        if any {
            self.publish(false);
        }
        if self.dirty.len() >= FEW {
            self.flush(false);
        }
    }

    fn watch(&mut self, listing: &Listing) {
        if !self.options.watch {
            return;
        }
        let sender = self.sender.clone();
        let watcher = self.watcher.get_or_insert_with(|| {
            Watcher::new(move |hint| {
                let message = match hint {
                    Hint::Paths(paths) => Message::Changed(paths),
                    Hint::Everything => Message::Rescan,
                };
                sender.send(message).is_ok()
            })
        });
        let coverage = watcher.watch(&listing.folders);
        let complete = coverage.complete && !self.library.roots.iter().any(|root| is_remote(root.path()));
        let pause = self.pause(complete);
        self.rescan_in(if coverage.grown { pause.map(|pause| pause.min(GAP)) } else { pause });
    }

    fn publish(&mut self, rebuild: bool) {
        let begun = Instant::now();
        let view = self.library.view(self.stage, rebuild);
        self.view.send_replace(Arc::new(view));
        self.last_publish = Instant::now();
        if rebuild {
            self.publishing = begun.elapsed();
        }
    }

    /// Writes what is not on disk yet; `settled` when a build has ended and there is time to tidy up.
    fn flush(&mut self, settled: bool) {
        let Some(cache) = &mut self.cache else {
            self.library.refusals(false);
            return self.dirty.clear();
        };
        let merge = settled && (std::mem::take(&mut self.library.merge_due) || cache.is_scattered());
        let files = if merge { self.library.kept_files() } else { self.library.files_of(&self.dirty) };
        let refused = self.library.refusals(merge);
        self.dirty.clear();
        if !files.is_empty() || !refused.is_empty() || merge {
            cache.write(&files, &refused, self.library.names(), merge);
        }
        if settled {
            cache.evict(super::cache::BUDGET);
        }
    }
}

/// The last of several updates of one document in a batch.
fn newest_updates(batch: &[Message]) -> HashMap<String, usize> {
    let updates = batch.iter().enumerate().filter_map(|(at, message)| match message {
        Message::Update(document) => Some((document.uri.clone(), at)),
        _ => None,
    });
    updates.collect()
}
