//! The thread of the index: the one owner of everything that changes. It is told of keystrokes, saved files and finished scans, and
//! publishes a new [`View`] after each. Many files are read, scanned and parsed on worker threads, which only send results (`passes`).

mod changes;
mod passes;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use passes::Job;

use crate::pages;
use crate::report::{self, Level};
use crate::syntax::{Registry, Trees};
use crate::workspace::walk::Listing;
use crate::workspace::watch::Watcher;
use crate::workspace::{Document, Roots};

use super::cache::{Cache, CacheCounts};
use super::file::Tier;
use super::handle::{Message, Options, Progress, Stage, WaitFor};
use super::library::Library;
use super::quiet;
use super::scan::FileToScan;
use super::view::View;

/// The channels between the thread of the index and its handle.
pub(in crate::index) struct Channels {
    /// The thread uses this to send messages to itself.
    pub sender: Sender<Message>,
    pub view: watch::Sender<Arc<View>>,
    pub progress: watch::Sender<Progress>,
    /// Set when the thread has to end.
    pub stop: Arc<AtomicBool>,
}

/// The state of the index, owned by its thread.
pub(in crate::index) struct Owner {
    library: Library,
    options: Options,
    sender: Sender<Message>,
    view: watch::Sender<Arc<View>>,
    progress: watch::Sender<Progress>,
    /// How many updates of documents are in the view, or were replaced by a later one that is.
    taken: watch::Sender<u64>,
    stop: Arc<AtomicBool>,
    stage: Stage,
    /// The number of the current pass. Results of earlier ones are dropped, and their workers stop.
    pass: Arc<AtomicU64>,
    /// A listing is in progress, or waits for the cache.
    listing: bool,
    /// The number of the cache that is being read, and the listing that waits for it.
    opening: Option<u64>,
    early: Option<Listing>,
    /// Work that came up during a build and follows it: a whole new build, or these paths.
    again: bool,
    later: Vec<PathBuf>,
    /// Files of the build that define no names; they come last.
    rest: Vec<FileToScan>,
    job: Option<Job>,
    cache: Option<Box<Cache>>,
    /// Files, by number, whose facts are not on disk yet.
    dirty: Vec<u32>,
    waiting: Vec<(WaitFor, Sender<()>)>,
    watcher: Option<Watcher>,
    /// The next listing is that of a rescan, which looks for what watching has missed, and why.
    check_watches: bool,
    last_publish: Instant,
    /// How long it took to publish the last view with new tables.
    publishing: Duration,
    counts: CacheCounts,
    /// Typing does not postpone it.
    next_rescan: Option<Instant>,
    /// Messages whose handling panicked.
    failures: u32,
}

/// After this many panics no build is started again.
const MAX_FAILURES: u32 = 3;
/// With fewer files than this the lexical tier is skipped: they are parsed before anybody notices.
const FEW_FILES: usize = 64;
/// Initial capacity of a batch, in messages.
const AT_ONCE: usize = 8;

/// The tables of a new view, by which names are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tables {
    /// Those of the previous view, plus the files that have changed since.
    Kept,
    /// New ones, if files have changed since.
    Rebuilt,
}

/// When the cache is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Work continues.
    Meanwhile,
    /// A build has ended, so there is time to tidy up.
    BuildEnded,
}

impl Owner {
    /// An empty index; [`Owner::run`] fills it.
    pub fn new(registry: Arc<Registry>, roots: Arc<Roots>, options: Options, channels: Channels) -> Self {
        let Channels { sender, view, progress, stop } = channels;
        Self {
            library: Library::new(registry, roots),
            options,
            sender,
            view,
            progress,
            taken: watch::Sender::new(0),
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
            check_watches: false,
            last_publish: Instant::now(),
            publishing: Duration::ZERO,
            counts: CacheCounts::default(),
            next_rescan: None,
            failures: 0,
        }
    }

    /// The trees of open documents, shared with requests.
    pub fn trees(&self) -> Arc<Trees> {
        self.library.trees.clone()
    }

    /// Reports how many updates of documents the view has.
    pub fn taken(&self) -> watch::Receiver<u64> {
        self.taken.subscribe()
    }

    /// Handles messages until the handle is dropped or sends a stop.
    pub fn run(mut self, receiver: &Receiver<Message>) {
        pages::stay_small();
        self.open_cache();
        self.rescan_in(self.pause(false));
        let mut rested = false;
        let mut batch: Vec<Message> = Vec::with_capacity(AT_ONCE);
        loop {
            let next = [self.next_rescan, self.library.rests_until()].into_iter().flatten().min();
            let patience = next.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            match receiver.recv_timeout(if rested { patience } else { patience.min(quiet::QUIET_TIME) }) {
                Ok(first) => {
                    rested = false;
                    batch.push(first);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if !rested && patience >= quiet::QUIET_TIME && !self.is_building() => {
                    rested = true;
                    batch.shrink_to(AT_ONCE);
                    quiet::give_back();
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            batch.extend(receiver.try_iter());
            let newest = newest_updates(&batch);
            // Updates replaced by a later one in the batch: they count as taken when that one is.
            let mut replaced: HashMap<String, u64> = HashMap::new();
            for (at, message) in batch.drain(..).enumerate() {
                if let Message::Stop(_ended) = &message {
                    let _ = catch_unwind(AssertUnwindSafe(|| self.flush(Flush::Meanwhile)));
                    return;
                }
                let of = if let Message::Update(document) = &message { Some(document.uri.clone()) } else { None };
                if let Some(uri) = of.as_ref().filter(|uri| newest.get(*uri).is_some_and(|newest| *newest != at)) {
                    *replaced.entry(uri.clone()).or_default() += 1;
                    continue;
                }
                self.fenced(message);
                if let Some(uri) = of {
                    let taken = 1 + replaced.remove(&uri).unwrap_or_default();
                    self.taken.send_modify(|number| *number += taken);
                }
            }
            if self.next_rescan.is_some_and(|at| at <= Instant::now()) {
                self.fenced(Message::Rescan);
            }
            for document in self.library.rested() {
                rested = false;
                self.fenced(Message::Update(document));
            }
            self.answer_waiting();
        }
    }

    /// Handles a message. A panic only costs what the message is about.
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
            report::log(Level::Error, format_args!("the index could not recover from a failure with {name}"));
        }
        crate::bug!("the index failed on {name}, and now knows less about it");
    }

    /// Recovers from a panic: the document is read line by line only; a build starts again, a few times, without the cache.
    fn recover(&mut self, document: Option<Document>) {
        if let Some(document) = document {
            self.library.take_plainly(&document);
            return self.publish(Tables::Kept);
        }
        self.failures += 1;
        (self.cache, self.opening, self.early, self.job, self.listing) = (None, None, None, None, false);
        (self.library.stock, self.library.content) = (None, None);
        if self.failures < MAX_FAILURES {
            return self.list();
        }
        self.next_pass();
        self.stage = Stage::Ready;
        self.publish(Tables::Rebuilt);
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Update(document) => {
                if self.library.update(document) {
                    self.publish(Tables::Kept);
                }
            }
            Message::Close(uri) => {
                let Some(entry) = self.library.close(&uri) else { return };
                match self.library.opened_as(&entry) {
                    Some(document) => self.handle(Message::Update(document)),
                    None => self.look_again(vec![entry.absolute()]),
                }
            }
            Message::Changed(paths) => self.look_again(paths),
            Message::Rescan => {
                self.rescan_in(self.pause(false));
                self.check_watches = true;
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
            Message::Sync(what, answer) => self.waiting.push((what, answer)),
            Message::Stop(_) => {}
        }
    }

    fn set_roots(&mut self, roots: Arc<Roots>) {
        self.flush(Flush::Meanwhile);
        if self.library.set_roots(roots) {
            // Those who wait for the whole workspace also wait for the new folder.
            self.stage = Stage::Empty;
        }
        self.publish(Tables::Rebuilt);
        self.open_cache();
    }

    fn answer_waiting(&mut self) {
        let ready = self.stage == Stage::Ready && !self.is_building();
        self.waiting.retain(|(what, answer)| {
            let done = ready || *what == WaitFor::Messages;
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

    fn publish(&mut self, tables: Tables) {
        let begun = Instant::now();
        let view = self.library.view(self.stage, tables == Tables::Rebuilt);
        self.view.send_replace(Arc::new(view));
        self.last_publish = Instant::now();
        if tables == Tables::Rebuilt {
            self.publishing = begun.elapsed();
        }
    }

    /// Writes what is not on disk yet.
    fn flush(&mut self, when: Flush) {
        let settled = when == Flush::BuildEnded;
        let Some(cache) = &mut self.cache else {
            self.library.refusals(false);
            return self.dirty.clear();
        };
        let purge = settled && std::mem::take(&mut self.library.purge_due);
        if purge {
            cache.purge();
        }
        let merge = settled && (std::mem::take(&mut self.library.merge_due) || cache.is_scattered(self.dirty.len())) || purge;
        let files = if merge { self.library.kept_files() } else { self.library.files_of(&self.dirty) };
        let refused = self.library.refusals(merge);
        self.dirty.clear();
        if !files.is_empty() || !refused.is_empty() || merge {
            cache.write(&files, &refused, self.library.names(), merge);
        }
        if settled {
            cache.evict(super::cache::MAX_ALL_INDEXES_BYTES);
        }
    }
}

/// The index of the last update of each document in a batch; empty if the batch has only one message.
fn newest_updates(batch: &[Message]) -> HashMap<String, usize> {
    if batch.len() < 2 {
        return HashMap::new();
    }
    let updates = batch.iter().enumerate().filter_map(|(at, message)| match message {
        Message::Update(document) => Some((document.uri.clone(), at)),
        _ => None,
    });
    updates.collect()
}
