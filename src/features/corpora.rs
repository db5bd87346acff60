//! The repository ready for ranking, kept beside the index. It is built on a thread of its own: a request takes what is there, and what
//! has changed since goes into its prompt as a correction. After an edit it is refreshed; it is built anew when the index has come further,
//! or when more has changed than a few texts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Session;
use crate::context::corpus::Corpus;
use crate::index::Stage;
use crate::report;
use crate::syntax::STACK;
use crate::workspace::Document;

/// See the module. It stands among the notes that requests leave for each other.
#[derive(Default)]
pub struct Corpora {
    corpus: Option<Arc<Corpus>>,
    building: bool,
    /// When the last build ended, and how long it took.
    built: Option<(Instant, Duration)>,
    /// Texts of open documents, by their hashes, that it could not take in: they are ahead of the index.
    missed: Vec<u64>,
}

/// The least time between two builds; slow ones have longer pauses, so that they take a twentieth of a core at most.
const PAUSE: Duration = Duration::from_secs(3);
const SHARE: u32 = 20;

/// How often those who wait look again.
const LOOK: Duration = Duration::from_millis(4);

/// What there is now; starts a build where it is due.
pub fn newest(session: &Session) -> Option<Arc<Corpus>> {
    begin_if(session, |corpora| corpora.is_due(session));
    session.shared.notes(|notes| notes.corpora.corpus.clone())
}

/// Whether the ranking still has files that are known only because they were open, of projects that keep everything on this machine.
pub fn has_local_only(session: &Session) -> bool {
    session.shared.notes(|notes| notes.corpora.corpus.as_ref().is_some_and(|corpus| corpus.view().has_local_only()))
}

/// Whether all open documents but one count as they are in the index. Where they do not, a build begins, however short ago the last one was:
/// who goes on in another file, or opens one with text that is not saved, means what stands there now.
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

/// The open documents of which a corpus has another text than the index, and the hashes of the index's.
fn behind<'a>(session: &'a Session, corpus: &'a Corpus) -> impl Iterator<Item = (&'a Document, u64)> {
    session.snapshot.documents.iter().filter_map(|document| {
        let file = session.index.at(document.path.as_ref()?).filter(|file| file.takes_part())?;
        let known = corpus.file(&file.path.to_string()).map(|number| corpus.files[number as usize].file.hash);
        (known != Some(file.hash)).then_some((&**document, file.hash))
    })
}

/// Starts a build, unless one is on its way.
fn begin_if(session: &Session, due: impl FnOnce(&Corpora) -> bool) {
    let begin = session.shared.notes(|notes| {
        let begin = !notes.corpora.building && due(&notes.corpora);
        notes.corpora.building |= begin;
        begin
    });
    if !begin {
        return;
    }
    let outcome = std::thread::Builder::new().name("context".into()).stack_size(STACK).spawn({
        let session = session.clone();
        move || build(&session)
    });
    if let Err(error) = outcome {
        session.shared.notes(|notes| notes.corpora.building = false);
        report::log("error", format_args!("the context builder cannot start a thread: {error}"));
    }
}

/// Waits until there is one for a view as complete as the session's. Blocks; for those who asked and wait.
pub fn wait(session: &Session, patience: Duration) -> Option<Arc<Corpus>> {
    let started = Instant::now();
    loop {
        let known = newest(session);
        if session.index.stage() == Stage::Empty || known.as_ref().is_some_and(|corpus| corpus.stage() >= session.index.stage()) {
            return known;
        }
        let left = patience.checked_sub(started.elapsed())?;
        std::thread::sleep(LOOK.min(left));
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
        report::log("error", "the context builder failed; the last state of it serves on");
    }
    // What has failed is not tried again at once for the same texts.
    let serves = built.as_ref().ok().or(earlier.as_deref());
    let missed = serves.map(|corpus| behind(session, corpus).map(|(_, hash)| hash).collect()).unwrap_or_default();
    // The one before is taken apart outside of the notes.
    let _before = session.shared.notes(|notes| {
        notes.corpora.building = false;
        notes.corpora.missed = missed;
        notes.corpora.built = Some((Instant::now(), started.elapsed()));
        built.ok().and_then(|corpus| notes.corpora.corpus.replace(Arc::new(corpus)))
    });
}

impl Corpora {
    fn is_due(&self, session: &Session) -> bool {
        let view = &session.index;
        let Some(corpus) = &self.corpus else { return view.stage() > Stage::Empty && self.is_rested() };
        // A request that began earlier must not bring back what it saw.
        if corpus.generation() >= view.generation() {
            return false;
        }
        corpus.stage() < view.stage() || self.is_rested()
    }

    fn is_rested(&self) -> bool {
        self.built.is_none_or(|(ended, took)| ended.elapsed() > PAUSE.max(took * SHARE))
    }
}
