//! The handle of the index: what the rest of the program tells it and reads of it. The work is done by the thread behind it (`build`).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch as tell;

use crate::syntax::{Registry, STACK, Trees};
use crate::workspace::walk::Listing;
use crate::workspace::{Document, Roots};

use super::build::Owner;
use super::cache::{Cache, CacheCounts, Stock};
use super::disk::{Disk, RealDisk};
use super::file::Tier;
use super::scan::Outcome;
use super::view::View;

/// How far a build has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing is known yet.
    #[default]
    Empty,
    /// Names of definitions are known, by regular expression.
    Lexical,
    /// Everything is known.
    Ready,
}

/// Where a build is, for people.
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
    /// Where indexes are kept; memory only without.
    pub cache: Option<PathBuf>,
    /// Threads for scanning and parsing; 0 for as many as the machine has.
    pub threads: usize,
    /// Listen to the file system.
    pub watch: bool,
    /// Seconds between rescans that find what watching has missed, where it can miss something; 0 for none.
    pub rescan: u64,
    pub disk: Arc<dyn Disk>,
    /// Told when the file system says that a file with rules has changed, or may have, before anything is looked at.
    pub rules_changed: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache: None, threads: 0, watch: false, rescan: 0, disk: Arc::new(RealDisk), rules_changed: None }
    }
}

impl Options {
    /// As a server wants it: watching, and cached where it says.
    pub fn server(cache: Option<PathBuf>) -> Self {
        Self { cache, watch: true, rescan: 30, ..Self::default() }
    }
}

pub(super) enum Message {
    Update(Document),
    Close(String),
    Changed(Vec<PathBuf>),
    Rescan,
    Roots(Arc<Roots>),
    /// None when the walk has failed.
    Listed(u64, Option<Listing>),
    /// The cache with what it has; none when it cannot be used. The number says which opening it was.
    Opened(u64, Option<(Stock, Box<Cache>)>),
    /// Several results at once: waking the index's thread costs more than taking one.
    Scanned(u64, Tier, Vec<Done>),
    /// Answer when everything that came before is done; true: also when the build is.
    Sync(bool, Sender<()>),
    /// Write what is to be kept, end, and drop this.
    Stop(Sender<()>),
}

/// Which entry of the job, and what came of it.
pub(super) type Done = (usize, Outcome);

/// The handle. Dropping it stops the build and writes what is to be kept; a process that leaves without dropping it says [`Index::stop`].
pub struct Index {
    sender: Sender<Message>,
    view: tell::Receiver<Arc<View>>,
    progress: tell::Receiver<Progress>,
    trees: Arc<Trees>,
    /// Versions of documents that it was told of, and those that it has seen.
    told: AtomicU64,
    taken: tell::Receiver<u64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Index {
    /// Starts to index. Returns at once; [`Index::view`] is empty at first.
    pub fn start(roots: Arc<Roots>, registry: Arc<Registry>, options: Options) -> Self {
        let (sender, receiver) = mpsc::channel();
        let (view_sender, view) = tell::channel(Arc::new(View::default()));
        let (progress_sender, progress) = tell::channel(Progress::default());
        let stop = Arc::new(AtomicBool::new(false));
        let owner = Owner::new(registry, roots, options, sender.clone(), view_sender, progress_sender, stop.clone());
        let (trees, taken) = (owner.trees(), owner.taken());
        let spawned = std::thread::Builder::new().name("index".into()).stack_size(STACK).spawn(move || owner.run(&receiver));
        Self { sender, view, progress, trees, told: AtomicU64::new(0), taken, stop, thread: spawned.ok() }
    }

    /// The workspace as it is known now.
    pub fn view(&self) -> Arc<View> {
        self.view.borrow().clone()
    }

    /// Tells of every new view.
    pub fn subscribe(&self) -> tell::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// The trees of open documents, for those who read them beside the index.
    pub fn trees(&self) -> &Arc<Trees> {
        &self.trees
    }

    pub fn progress(&self) -> tell::Receiver<Progress> {
        self.progress.clone()
    }

    /// A document was opened or has changed. Only the newest of several waiting versions is looked at. Answers the number that
    /// [`Index::taken`] has reached once the view has it.
    pub fn update(&self, document: Document) -> u64 {
        let number = self.told.fetch_add(1, Ordering::Relaxed) + 1;
        self.send(Message::Update(document));
        number
    }

    /// Tells how many versions of documents the view has.
    pub fn taken(&self) -> tell::Receiver<u64> {
        self.taken.clone()
    }

    /// A document was closed: what is on disk counts again.
    pub fn close(&self, uri: &str) {
        self.trees.forget(uri);
        self.send(Message::Close(uri.into()));
    }

    /// Files may have changed, appeared or gone.
    pub fn changed(&self, paths: Vec<PathBuf>) {
        self.send(Message::Changed(paths));
    }

    pub fn rescan(&self) {
        self.send(Message::Rescan);
    }

    pub fn set_roots(&self, roots: Arc<Roots>) {
        self.send(Message::Roots(roots));
    }

    /// Waits until everything sent so far is in the view. Blocks; not for async code.
    pub fn sync(&self) {
        self.wait(false);
    }

    /// Waits until the whole workspace is indexed. Blocks; not for async code.
    pub fn wait_ready(&self) {
        self.wait(true);
    }

    /// Ends the build and has written what is to be kept; waits for that no longer than this.
    pub fn stop(&self, patience: Duration) {
        let (sender, ended) = mpsc::channel();
        self.stop.store(true, Ordering::Relaxed);
        self.send(Message::Stop(sender));
        // Nothing is ever sent: the other end goes when the thread does.
        let _ = ended.recv_timeout(patience);
    }

    fn wait(&self, ready: bool) {
        let (sender, receiver) = mpsc::channel();
        self.send(Message::Sync(ready, sender));
        // An error means that the thread is gone, and then nothing more will come.
        let _ = receiver.recv();
    }

    fn send(&self, message: Message) {
        // The thread ends only with the handle.
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
