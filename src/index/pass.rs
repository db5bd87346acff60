//! A pass over files: threads take them in order, gather their facts, and send them to the index's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::report::{self, Level};
use crate::syntax::{Registry, STACK};
use crate::workspace::fs;

use super::cache::CachedIndex;
use super::file::Tier;
use super::handle::Message;
use super::scan::{self, FileToScan};

/// Maximum results that a worker sends together, and the maximum time before it sends.
const AT_ONCE: usize = 64;
const SOON: Duration = Duration::from_millis(20);

/// A pass over files. Its threads stop when another pass has begun.
#[derive(Clone)]
pub struct Pass {
    pub number: u64,
    /// The number of the current pass.
    pub current: Arc<AtomicU64>,
    pub tier: Tier,
    pub todo: Arc<Vec<FileToScan>>,
    pub stop: Arc<AtomicBool>,
    pub sender: Sender<Message>,
}

impl Pass {
    /// Starts the threads. Files are taken in order, so open ones come first.
    pub fn start(self, threads: usize, registry: &Arc<Registry>, content: Option<&Arc<CachedIndex>>) {
        let next = Arc::new(AtomicUsize::new(0));
        for _ in 0..threads.min(self.todo.len()) {
            let (pass, next, registry, content) = (self.clone(), next.clone(), registry.clone(), content.cloned());
            spawn("index scan", move || pass.work(&next, &registry, content.as_deref()));
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.current.load(Ordering::Relaxed) != self.number
    }

    fn work(&self, next: &AtomicUsize, registry: &Registry, content: Option<&CachedIndex>) {
        let mut results = vec![];
        let mut reader = fs::Reader::default();
        let mut since = Instant::now();
        while !self.is_over() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(todo) = self.todo.get(at) else { break };
            results.push((at, scan::guarded(registry, &mut reader, todo, self.tier, content)));
            if results.len() < AT_ONCE && since.elapsed() < SOON {
                continue;
            }
            if self.sender.send(Message::Scanned(self.number, self.tier, std::mem::take(&mut results))).is_err() {
                return;
            }
            since = Instant::now();
        }
        // Fails only if the index's thread is gone, and then nobody needs to know.
        let _ = self.sender.send(Message::Scanned(self.number, self.tier, results));
    }
}

/// Runs `work` on a thread of its own.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new().name(name.into()).stack_size(STACK).spawn(work) {
        report::log(Level::Error, format_args!("the index cannot start a thread: {error}"));
    }
}
