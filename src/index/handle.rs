//! The handle of the index: what the program tells the index and reads from it. The thread behind it (`build`) does the work.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::report::{self, Level};
use crate::syntax::{Registry, STACK, Trees};
use crate::workspace::walk::Listing;
use crate::workspace::{Document, Roots};

use super::build::{Channels, Owner};
use super::cache::{Cache, CacheCounts, CachedIndex};
use super::disk::{Disk, RealDisk};
use super::file::Tier;
use super::scan::ScanOutcome;
use super::view::View;

/// How far a build has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing is known yet.
    #[default]
    Empty,
    /// The names of definitions are known, by line.
    Lexical,
    /// Everything is known.
    Ready,
}

/// How far a build has come, for the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: usize,
    pub total: usize,
    pub cache: CacheCounts,
}

/// How an index works.
#[derive(Clone)]
pub struct Options {
    /// The folder for indexes on disk; none keeps them in memory only.
    pub cache: Option<PathBuf>,
    /// Threads that scan and parse; 0 means as many as the machine has cores.
    pub threads: usize,
    /// Watch the file system.
    pub watch: bool,
    /// Seconds between rescans if watching may miss changes; 0 for none.
    pub rescan: u64,
    pub disk: Arc<dyn Disk>,
    /// Called when an ignore file has changed or may have, before anything is read again.
    pub rules_changed: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache: None, threads: 0, watch: false, rescan: 0, disk: Arc::new(RealDisk), rules_changed: None }
    }
}

impl Options {
    /// Options of a server: it watches, and caches in this folder.
    pub fn server(cache: Option<PathBuf>) -> Self {
        Self { cache, watch: true, rescan: 30, ..Self::default() }
    }
}

/// Messages to the thread of the index.
pub(super) enum Message {
    Update(Document),
    Close(String),
    Changed(Vec<PathBuf>),
    Rescan,
    Roots(Arc<Roots>),
    /// A finished listing, with the number of its pass; none if the walk failed.
    Listed(u64, Option<Listing>),
    /// The cache that was opened, with its content; none if it cannot be used. The number identifies the opening.
    Opened(u64, Option<(CachedIndex, Box<Cache>)>),
    /// Several results at once: waking the thread costs more than taking one of them.
    Scanned(u64, Tier, Vec<Done>),
    /// Answer when this much is done.
    Sync(WaitFor, Sender<()>),
    /// Write what has to be kept, end, and drop this sender.
    Stop(Sender<()>),
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitFor {
    /// All messages sent before.
    Messages,
    /// These, and the build.
    Build,
}

/// The index of an entry in the pass, and its result.
pub(super) type Done = (usize, ScanOutcome);

/// The handle of an index. Dropping it stops the build and writes what has to be kept; a process that exits without dropping it calls
/// [`Index::stop`].
pub struct Index {
    sender: Sender<Message>,
    view: watch::Receiver<Arc<View>>,
    progress: watch::Receiver<Progress>,
    trees: Arc<Trees>,
    /// How many updates of documents were sent; [`Index::taken`] says how many have arrived.
    told: AtomicU64,
    taken: watch::Receiver<u64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Index {
    /// Starts indexing and returns immediately; the view is empty at first.
    pub fn start(roots: Arc<Roots>, registry: Arc<Registry>, options: Options) -> Self {
        let (sender, receiver) = mpsc::channel();
        let (view_sender, view) = watch::channel(Arc::new(View::default()));
        let (progress_sender, progress) = watch::channel(Progress::default());
        let stop = Arc::new(AtomicBool::new(false));
        let channels = Channels { sender: sender.clone(), view: view_sender, progress: progress_sender, stop: stop.clone() };
        let owner = Owner::new(registry, roots, options, channels);
        let (trees, taken) = (owner.trees(), owner.taken());
        let spawned = std::thread::Builder::new().name("index".into()).stack_size(STACK).spawn(move || owner.run(&receiver));
        let thread = spawned.inspect_err(|error| {
            let message = format_args!("the index cannot start its thread: {error}; only open files are known");
            report::log(Level::Error, message);
        });
        Self { sender, view, progress, trees, told: AtomicU64::new(0), taken, stop, thread: thread.ok() }
    }

    /// The newest view of the workspace.
    pub fn view(&self) -> Arc<View> {
        self.view.borrow().clone()
    }

    /// Receives every new view.
    pub fn subscribe(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// The trees of open documents, which requests use too.
    pub fn trees(&self) -> &Arc<Trees> {
        &self.trees
    }

    /// Reports how far the build has come.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Reports that a document was opened or changed. Of several waiting versions only the newest is read. Returns the number that
    /// [`Index::taken`] reaches once the view has this version.
    pub fn update(&self, document: Document) -> u64 {
        let number = self.told.fetch_add(1, Ordering::Relaxed) + 1;
        self.send(Message::Update(document));
        number
    }

    /// Reports how many updates of documents the view has.
    pub fn taken(&self) -> watch::Receiver<u64> {
        self.taken.clone()
    }

    /// Reports that a document was closed: the file on disk counts again.
    pub fn close(&self, uri: &str) {
        self.trees.forget(uri);
        self.send(Message::Close(uri.into()));
    }

    /// Reports that files may have changed, appeared or gone.
    pub fn changed(&self, paths: Vec<PathBuf>) {
        self.send(Message::Changed(paths));
    }

    /// Makes the index list the whole workspace again.
    pub fn rescan(&self) {
        self.send(Message::Rescan);
    }

    /// Reports that other folders are open now.
    pub fn set_roots(&self, roots: Arc<Roots>) {
        self.send(Message::Roots(roots));
    }

    /// Waits until everything sent so far is in the view. Blocks; not for async code.
    pub fn sync(&self) {
        self.wait(WaitFor::Messages);
    }

    /// Waits until the whole workspace is indexed. Blocks; not for async code.
    pub fn wait_ready(&self) {
        self.wait(WaitFor::Build);
    }

    /// Stops the build and waits, no longer than `patience`, until what has to be kept is written.
    pub fn stop(&self, patience: Duration) {
        let (sender, ended) = mpsc::channel();
        self.stop.store(true, Ordering::Relaxed);
        self.send(Message::Stop(sender));
        // Nothing is ever sent here: the channel closes when the thread ends.
        let _ = ended.recv_timeout(patience);
    }

    fn wait(&self, what: WaitFor) {
        let (sender, receiver) = mpsc::channel();
        self.send(Message::Sync(what, sender));
        // An error means that the thread is gone, and then there is nothing to wait for.
        let _ = receiver.recv();
    }

    fn send(&self, message: Message) {
        // The thread outlives every handle.
        let _ = self.sender.send(message);
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
