//! The repository ready for ranking, kept beside the index. It is built on a thread of its own: a request takes what is there, and what
//! has changed since goes into its prompt as a correction. After an edit it is refreshed; it is built anew when the index has come further,
//! or when more has changed than a few texts.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Desk;
use crate::context::corpus::Corpus;
use crate::index::Stage;
use crate::report;

/// See the module. Clones share it.
#[derive(Clone, Default)]
pub struct Shelf {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    corpus: Option<Arc<Corpus>>,
    building: bool,
    /// When the last build ended, and how long it took.
    built: Option<(Instant, Duration)>,
}

/// The least time between two builds; slow ones have longer pauses, so that they take a twentieth of a core at most.
const PAUSE: Duration = Duration::from_secs(3);
const SHARE: u32 = 20;

impl Shelf {
    /// What there is now; starts a build where it is due.
    pub fn newest(&self, desk: &Desk) -> Option<Arc<Corpus>> {
        let mut state = self.lock();
        if !state.building && state.is_due(desk) {
            state.building = true;
            let (shelf, desk) = (self.clone(), desk.clone());
            let built = std::thread::Builder::new().name("context".into()).spawn(move || shelf.build(&desk));
            if let Err(error) = built {
                state.building = false;
                report::log("error", format_args!("the context builder cannot start a thread: {error}"));
            }
        }
        state.corpus.clone()
    }

    /// Waits until there is one for a view as complete as the desk's. Blocks; for those who asked and wait.
    pub fn wait(&self, desk: &Desk, patience: Duration) -> Option<Arc<Corpus>> {
        let started = Instant::now();
        loop {
            let known = self.newest(desk);
            if desk.index.stage() == Stage::Empty || known.as_ref().is_some_and(|corpus| corpus.stage() >= desk.index.stage()) {
                return known;
            }
            let left = patience.checked_sub(started.elapsed())?;
            let state = self.lock();
            if state.building {
                // Woken up or not: the loop looks again.
                drop(self.shared.1.wait_timeout(state, left));
            }
        }
    }

    fn build(&self, desk: &Desk) {
        let started = Instant::now();
        let earlier = self.lock().corpus.clone();
        let read = |path: &_| desk.snapshot.read(path).ok();
        let build = || {
            let refreshed = earlier.as_ref().and_then(|earlier| earlier.refreshed(desk.index.clone(), read));
            refreshed.unwrap_or_else(|| Corpus::new(desk.index.clone(), earlier.as_deref(), read))
        };
        let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(build));
        let mut state = self.lock();
        match built {
            Ok(corpus) => state.corpus = Some(Arc::new(corpus)),
            Err(_) => report::log("error", "the context builder failed; the last state of it serves on"),
        }
        state.building = false;
        state.built = Some((Instant::now(), started.elapsed()));
        self.shared.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_due(&self, desk: &Desk) -> bool {
        let view = &desk.index;
        let Some(corpus) = &self.corpus else { return view.stage() > Stage::Empty && self.is_rested() };
        if corpus.generation() == view.generation() {
            return false;
        }
        corpus.stage() < view.stage() || self.is_rested()
    }

    fn is_rested(&self) -> bool {
        self.built.is_none_or(|(ended, took)| ended.elapsed() > PAUSE.max(took * SHARE))
    }
}
