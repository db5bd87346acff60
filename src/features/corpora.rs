//! The corpus for ranking, kept next to the index. It is built on a thread of its own: a request takes what is there, and later changes go
//! into its prompt as corrections. After an edit it is refreshed. It is rebuilt when the index has progressed, or when more than a few
//! texts have changed.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures::future::select;

use super::Session;
use crate::context::corpus::Corpus;
use crate::engine::Cancel;
use crate::index::Stage;
use crate::report::{self, Level};
use crate::syntax::STACK;
use crate::workspace::{Document, WorkspacePath};

/// The current corpus and its builds; one of the notes that requests leave for each other.
#[derive(Default)]
pub struct Corpora {
    corpus: Option<Arc<Corpus>>,
    /// Cancelled at the end of the running build.
    building: Option<Cancel>,
    /// When the last build ended, and how long it took.
    built: Option<(Instant, Duration)>,
    /// Hashes of open documents that the build could not include, because they are newer than the index.
    missed: Vec<u64>,
    /// The files of such documents of which the build knew no version at all, so that the corpus lacks them.
    lacking: Vec<WorkspacePath>,
}

/// The minimum time between two builds. Slow builds have longer pauses, so that they take at most a twentieth of a core.
const BUILD_PAUSE: Duration = Duration::from_secs(3);
const BUILD_PAUSE_FACTOR: u32 = 20;

/// The current corpus; starts a build if one is due.
pub fn newest(session: &Session) -> Option<Arc<Corpus>> {
    begin_if_due(session);
    session.shared.notes(|notes| notes.corpora.corpus.clone())
}

/// Whether the corpus still has files of `local_only` projects that are only known because they were open.
pub fn has_local_only(session: &Session) -> bool {
    session.shared.notes(|notes| notes.corpora.corpus.as_ref().is_some_and(|corpus| corpus.view().has_local_only()))
}

/// Whether the corpus has all open documents but one as the index has them. If not, a build starts, however recent the last one was: a user
/// who continues in another file, or opens a file with unsaved text, means the current text.
pub fn knows_others(session: &Session, own: &str) -> bool {
    let Some(corpus) = session.shared.notes(|notes| notes.corpora.corpus.clone()) else { return true };
    if corpus.generation() >= session.index.generation() {
        return true;
    }
    let behind: Vec<u64> = behind(session, &corpus).filter(|(document, _)| document.uri != own).map(|(_, hash)| hash).collect();
    let is_behind = |corpora: &Corpora| behind.iter().any(|hash| !corpora.missed.contains(hash));
    let is_behind = !behind.is_empty() && session.shared.notes(|notes| is_behind(&notes.corpora));
    if is_behind {
        begin_if(session, |_| true);
    }
    !is_behind
}

/// Open documents whose text differs between corpus and index, with the index's hashes.
fn behind<'a>(session: &'a Session, corpus: &'a Corpus) -> impl Iterator<Item = (&'a Document, u64)> {
    session.snapshot.documents.iter().filter_map(|document| {
        let file = session.index.at(document.path.as_ref()?).filter(|file| file.takes_part())?;
        let known = corpus.file(&file.path.to_string()).map(|number| corpus.files[number as usize].file.hash);
        (known != Some(file.hash)).then_some((&**document, file.hash))
    })
}

/// The files of open documents that the corpus has no version of.
fn lacking(session: &Session, corpus: &Corpus) -> Vec<WorkspacePath> {
    let paths = behind(session, corpus).filter_map(|(document, _)| document.path.clone());
    paths.filter(|path| corpus.file(&path.to_string()).is_none()).collect()
}

/// Whether a file that the corpus lacks is now on disk as the index has it. It need not wait for the next build, and if it was closed
/// without a change, nothing else makes a build due.
fn completes(session: &Session) -> bool {
    let lacking = session.shared.notes(|notes| notes.corpora.lacking.clone());
    lacking.iter().any(|path| {
        let (file, text) = (session.index.at(path), session.snapshot.read(path).ok());
        file.zip(text).is_some_and(|(file, text)| file.takes_part() && file.is_of(&text))
    })
}

/// Starts a build if one is due.
fn begin_if_due(session: &Session) {
    let completes = completes(session);
    begin_if(session, |corpora| corpora.is_due(session, completes));
}

/// Starts a build, unless one is running.
fn begin_if(session: &Session, due: impl FnOnce(&Corpora) -> bool) {
    let begin = session.shared.notes(|notes| {
        let begin = notes.corpora.building.is_none() && due(&notes.corpora);
        if begin {
            notes.corpora.building = Some(Cancel::new());
        }
        begin
    });
    if !begin {
        return;
    }
    let outcome = thread::Builder::new().name("context".into()).stack_size(STACK).spawn({
        let session = session.clone();
        move || build(&session)
    });
    if let Err(error) = outcome {
        session.shared.notes(|notes| notes.corpora.ends());
        report::log(Level::Error, format_args!("the context builder cannot start a thread: {error}"));
    }
}

/// Waits for the end of the running build; false if none is running.
pub async fn ended(session: &Session) -> bool {
    let Some(end) = session.shared.notes(|notes| notes.corpora.building.clone()) else { return false };
    end.cancelled().await;
    true
}

/// Waits until there is a corpus for a view as complete as the session's, or until the request is cancelled. Blocks its thread; only for
/// requests that the user waits for.
pub fn wait(session: &Session, patience: Duration) -> Option<Arc<Corpus>> {
    let end = Instant::now() + patience;
    loop {
        begin_if_due(session);
        let (known, building) = session.shared.notes(|notes| (notes.corpora.corpus.clone(), notes.corpora.building.clone()));
        if session.index.stage() == Stage::Empty || known.as_ref().is_some_and(|corpus| corpus.stage() >= session.index.stage()) {
            return known;
        }
        // A failed build is retried after a pause.
        let until = if building.is_some() { end } else { end.min(Instant::now() + BUILD_PAUSE) };
        let built = building.unwrap_or_default();
        block(select(pin!(built.cancelled()), pin!(session.cancel.cancelled())), until);
        if session.cancel.is_cancelled() || Instant::now() >= end {
            return None;
        }
    }
}

/// Blocks this thread on a future, at most until `end`.
fn block<T>(future: impl Future<Output = T>, end: Instant) -> Option<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(done);
        }
        thread::park_timeout(end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?);
    }
}

fn build(session: &Session) {
    let started = Instant::now();
    let earlier = session.shared.notes(|notes| notes.corpora.corpus.clone());
    let read = |path: &_| session.snapshot.read(path).ok();
    let build = || {
        let refreshed = earlier.as_ref().and_then(|earlier| earlier.refreshed(session.index.clone(), read));
        refreshed.unwrap_or_else(|| Corpus::new(session.index.clone(), earlier.as_deref(), read))
    };
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(build));
    if built.is_err() {
        report::log(Level::Error, "the context builder failed; its last state stays in use");
    }
    // A failed build is not retried immediately for the same texts.
    let serves = built.as_ref().ok().or(earlier.as_deref());
    let missed = serves.map(|corpus| behind(session, corpus).map(|(_, hash)| hash).collect()).unwrap_or_default();
    let lacking = serves.map(|corpus| lacking(session, corpus)).unwrap_or_default();
    // The old corpus is dropped outside the lock of the notes, since that takes long.
    let _before = session.shared.notes(|notes| {
        notes.corpora.missed = missed;
        notes.corpora.lacking = lacking;
        notes.corpora.built = Some((Instant::now(), started.elapsed()));
        let before = built.ok().and_then(|corpus| notes.corpora.corpus.replace(Arc::new(corpus)));
        notes.corpora.ends();
        before
    });
}

impl Corpora {
    /// No build is running any more; those waiting for its end are woken.
    fn ends(&mut self) {
        if let Some(end) = self.building.take() {
            end.cancel();
        }
    }

    fn is_due(&self, session: &Session, completes: bool) -> bool {
        let view = &session.index;
        let Some(corpus) = &self.corpus else { return view.stage() > Stage::Empty && self.is_rested() };
        // A request that began earlier must not bring back an older state.
        if corpus.generation() > view.generation() {
            return false;
        }
        if completes && self.built.is_none_or(|(ended, took)| ended.elapsed() > took) {
            return true;
        }
        if corpus.generation() == view.generation() {
            return false;
        }
        corpus.stage() < view.stage() || self.is_rested()
    }

    fn is_rested(&self) -> bool {
        self.built.is_none_or(|(ended, took)| ended.elapsed() > BUILD_PAUSE.max(took * BUILD_PAUSE_FACTOR))
    }
}
