//! The features behind the server: keeps the index, the engines and everything that requests share, and opens a session for each request.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::pace::{self, Pace};
use super::service::{FeatureService, Question, StateSnapshot, Suggestions};
use crate::engine::{BoxFuture, Cancel, EngineError, ErrorKind};
use crate::features::actions::{self, Offer};
use crate::features::{self, AnswerEvent, Session, Shared, Sink, Target, ask, complete, edit, explain, preview};
use crate::index::{Index, Options, Stage, View};
use crate::report::{self, Level};
use crate::route::{Build, Notify, Router};
use crate::syntax::Registry;
use crate::workspace::rules::is_rule_file;
use crate::workspace::{Document, Snapshot};

/// In a newly opened workspace: how long a request that needs the whole index waits for it.
const INDEX_WAIT: Duration = Duration::from_secs(90);
/// The same for a request that can do without the whole index: an explanation is mostly about the code on the screen.
const INDEX_WAIT_TO_EXPLAIN: Duration = Duration::from_secs(2);
/// How long a completion while typing, and a request made by the user, wait until other open documents are indexed.
const DOCUMENTS_WAIT_WHILE_TYPING: Duration = Duration::from_millis(40);
const DOCUMENTS_WAIT: Duration = Duration::from_secs(1);
/// How long the process waits for the index to be written before it ends.
const INDEX_WRITE_WAIT: Duration = Duration::from_millis(100);

/// The features of a server.
pub struct Backend {
    state: Arc<LockedState>,
    /// Read on a thread of its own, so that the handshake need not wait.
    registry: Arc<LazyLock<Arc<Registry>>>,
    /// Builds the engines.
    build: Build,
    /// The folder for indexes; none keeps them in memory only.
    cache: Option<PathBuf>,
}

/// The state behind its lock, which is held only briefly.
#[derive(Default)]
struct LockedState(Mutex<BackendState>);

impl LockedState {
    fn with<T>(&self, act: impl FnOnce(&mut BackendState) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Everything that outlives a request.
#[derive(Default)]
struct BackendState {
    index: Option<Arc<Index>>,
    shared: Option<Arc<Shared>>,
    pace: Pace,
    tell: Option<Notify>,
    /// The folder for records of what leaves the machine.
    records: Option<PathBuf>,
    /// For each document, the number of the last update sent to the index.
    sent_updates: HashMap<String, u64>,
    /// The history of the parts that were dropped, for the status.
    past: features::History,
    /// How often `shared` was dropped. New parts that were built from data read before the last drop are not kept.
    dropped: u64,
}

impl BackendState {
    /// Drops the engines, rules and trust, to be built again. Requests to other machines that run under the old ones are aborted.
    fn drop_shared(&mut self) {
        self.dropped += 1;
        if let Some(shared) = self.shared.take() {
            shared.router.withdraw();
            self.past = shared.past();
        }
    }
}

impl Backend {
    /// Starts to read the grammars. `build` makes the engines.
    pub fn start(build: Build, cache: Option<PathBuf>) -> Self {
        let registry = Arc::new(LazyLock::new(read_registry as fn() -> Arc<Registry>));
        let ahead = registry.clone();
        std::thread::spawn(move || {
            LazyLock::force(&ahead);
        });
        Self { state: Arc::default(), registry, build, cache }
    }

    fn with<T>(&self, act: impl FnOnce(&mut BackendState) -> T) -> T {
        self.state.with(act)
    }

    /// Lets the index write what is not on disk yet, because the process is about to end.
    pub fn leave(&self) {
        if let Some(index) = self.with(|state| state.index.take()) {
            index.stop(INDEX_WRITE_WAIT);
            // The process ends next, with all of its threads. Waiting for this thread could mean waiting for the file that it reads.
            std::mem::forget(index);
        }
    }

    /// One completion. A suggestion from memory comes immediately; a model is asked only after a pause in which no further key was typed.
    fn completion(
        &self,
        snapshot: &StateSnapshot,
        params: complete::Params,
        rest: Duration,
        cancel: Cancel,
    ) -> BoxFuture<'static, pace::Suggested> {
        let session = self.session(snapshot).until(&cancel);
        let others = self.others(snapshot, Some(&params.at.document.uri));
        let state = self.state.clone();
        let suggestions = |completion: complete::Completion| Suggestions {
            answered: !completion.from_memory && completion.route.is_some(),
            edits: completion.items.into_iter().map(|item| item.edit).collect(),
        };
        Box::pin(async move {
            // A suggestion from memory waits neither for the pause nor for other documents.
            if let Some(known) = complete::recall(&session, &params) {
                return Ok(suggestions(known));
            }
            if !rest.is_zero() {
                tokio::time::sleep(rest).await;
            }
            let session = others.indexed(session, DOCUMENTS_WAIT_WHILE_TYPING).await;
            let started = Instant::now();
            let completion = complete::complete(&session, &params, &cancel).await.inspect_err(|error| {
                // The editor shows this once. A user who asks later why nothing comes finds the reason in the status.
                if error.kind != ErrorKind::Cancelled {
                    session.shared.notes(|notes| notes.memory.note_nothing(&params.at.document.uri, &error.message));
                }
            })?;
            let suggestions = suggestions(completion);
            if suggestions.answered {
                state.with(|state| state.pace.took(started.elapsed()));
            }
            Ok(suggestions)
        })
    }

    /// The session of a request. Engines are built again when the configuration changes; nothing is started here.
    fn session(&self, now: &StateSnapshot) -> Session {
        let snapshot = Arc::new(now.workspace.clone());
        let (index, known) = self.with(|state| {
            let fits = |shared: &&Arc<Shared>| shared.fits(&now.config, &snapshot, !now.restricted);
            let known = state.shared.as_ref().filter(fits).cloned();
            if known.is_none() {
                state.drop_shared();
            }
            (state.index.clone(), known)
        });
        let shared = known.unwrap_or_else(|| self.fresh(now));
        Session::new(snapshot, shared, || index.map(|index| index.view()).unwrap_or_default())
    }

    /// The index of a trusted workspace.
    fn index(&self, now: &StateSnapshot) -> Option<Arc<Index>> {
        self.with(|state| state.index.clone()).filter(|_| !now.restricted)
    }

    /// Sends a document's version to the index.
    fn send(&self, index: &Index, document: &Document) {
        let number = index.update(document.clone());
        self.with(|state| {
            let newest = state.sent_updates.entry(document.uri.clone()).or_default();
            *newest = number.max(*newest);
        });
    }

    /// The other documents whose current text a request has to see.
    fn others(&self, now: &StateSnapshot, own: Option<&str>) -> OtherDocuments {
        let is_other = |uri: &str| Some(uri) != own;
        let last_update = self.with(|state| state.sent_updates.iter().filter(|(uri, _)| is_other(uri)).map(|(_, number)| *number).max());
        OtherDocuments { index: self.index(now), own: own.map(String::from), last_update: last_update.unwrap_or_default() }
    }

    /// Makes what requests share, outside the lock; again if its inputs have changed in the meantime.
    fn fresh(&self, now: &StateSnapshot) -> Arc<Shared> {
        loop {
            let (dropped, past) = self.with(|state| (state.dropped, state.past.clone()));
            let (tell, records) = self.with(|state| (state.tell.clone(), state.records.clone()));
            let router = Router::building(&now.config, self.build.clone()).recording(records.as_deref()).telling(tell);
            let router = router.after(past.decisions.clone());
            let shared = Shared::new(now.config.clone(), Arc::new(router), Arc::clone(&**self.registry), &now.workspace);
            let shared = shared.trusted(!now.restricted).creating_files(now.creates_files).after(past);
            let index = self.with(|state| state.index.clone());
            let shared = Arc::new(match &index {
                Some(index) => shared.sharing(index.trees()),
                None => shared,
            });
            let kept = self.with(|state| {
                if state.dropped != dropped {
                    return None;
                }
                let fits = |known: &&Arc<Shared>| known.fits(&now.config, &now.workspace, !now.restricted);
                if let Some(faster) = state.shared.as_ref().filter(fits) {
                    return Some(faster.clone());
                }
                Some(state.shared.insert(shared).clone())
            });
            if let Some(kept) = kept {
                return kept;
            }
        }
    }
}

/// Other open documents that matter for a request, and how far the index has to be for them.
struct OtherDocuments {
    index: Option<Arc<Index>>,
    /// The document that the request is about. None if it is about no place, so that no ranking is needed.
    own: Option<String>,
    /// The number of the last update sent to the index.
    last_update: u64,
}

impl OtherDocuments {
    /// The session once index and ranking have these documents. After `patience`, the session as it is.
    async fn indexed(self, session: Session, patience: Duration) -> Session {
        let Some(index) = self.index else { return session };
        let end = Instant::now() + patience;
        let mut taken = index.taken();
        let _ = tokio::time::timeout(patience, taken.wait_for(|number| *number >= self.last_update)).await;
        let session = Session { index: index.view(), ..session };
        while let Some(own) = &self.own
            && !session.knows_others(own)
            && tokio::time::timeout_at(end.into(), session.updated()).await == Ok(true)
        {}
        session
    }
}

fn read_registry() -> Arc<Registry> {
    let registry = Registry::new();
    registry.problems().iter().for_each(|problem| report::log(Level::Warning, problem));
    Arc::new(registry)
}

/// The view of an index once it is complete. After `patience`, the view as it is.
async fn whole_index(index: &Index, patience: Duration) -> Arc<View> {
    let mut views = index.subscribe();
    let complete = views.wait_for(|view| view.stage() == Stage::Ready);
    let _ = tokio::time::timeout(patience, complete).await;
    index.view()
}

/// The session with the complete index. Edits, and answers about the whole workspace, must not depend on how long ago the workspace was
/// opened.
async fn with_whole_index(
    session: Session,
    index: Option<Arc<Index>>,
    patience: Duration,
    cancel: &Cancel,
    sink: &Sink,
) -> Result<Session, EngineError> {
    let Some(index) = index.filter(|_| session.index.stage() != Stage::Ready) else { return Ok(session) };
    sink(AnswerEvent::Progress("waiting for the index of the workspace".into(), None));
    let index = cancel.run_until_cancelled(whole_index(&index, patience)).await.ok_or_else(EngineError::cancelled)?;
    Ok(Session { index, ..session })
}

/// The warning for an edit that was made before the whole workspace was known.
const INDEX_INCOMPLETE: &str = "the workspace is not fully indexed yet: uses in other files may be missing";

fn as_json(value: &impl Serialize) -> Result<Value, EngineError> {
    serde_json::to_value(value).map_err(|error| EngineError::refused(error.to_string()))
}

impl FeatureService for Backend {
    fn report_to(&self, tell: Notify, records: Option<PathBuf>) {
        self.with(|state| (state.tell, state.records) = (Some(tell), records));
    }

    fn set_workspace(&self, snapshot: StateSnapshot) {
        let Snapshot { roots, documents } = snapshot.workspace;
        let index = self.with(|state| {
            // With the folders, rules, project files and trust may have changed.
            state.drop_shared();
            match &state.index {
                Some(index) => {
                    index.set_roots(roots.clone());
                    index.clone()
                }
                None => {
                    let kept = Arc::downgrade(&self.state);
                    // Changes that no editor reports also abort running requests.
                    let rules_changed = move || kept.upgrade().iter().for_each(|kept| kept.with(BackendState::drop_shared));
                    let options = Options { rules_changed: Some(Arc::new(rules_changed)), ..Options::server(self.cache.clone()) };
                    state.index.insert(Arc::new(Index::start(roots.clone(), Arc::clone(&**self.registry), options))).clone()
                }
            }
        });
        documents.iter().for_each(|document| self.send(&index, document));
    }

    fn note_change(&self, snapshot: &StateSnapshot, uri: &str) {
        let Some(index) = self.with(|state| state.index.clone()) else { return };
        match snapshot.workspace.document(uri) {
            Some(document) => self.send(&index, document),
            None => {
                self.with(|state| state.sent_updates.remove(uri));
                index.close(uri);
            }
        }
        // So that the first completion finds the ranking ready.
        self.session(snapshot).warm();
    }

    fn note_files_changed(&self, paths: Vec<PathBuf>) {
        let index = self.with(|state| {
            if paths.iter().any(|path| is_rule_file(path)) {
                state.drop_shared();
            }
            state.index.clone()
        });
        if let Some(index) = index {
            index.changed(paths);
        }
    }

    fn complete(
        &self,
        snapshot: StateSnapshot,
        params: complete::Params,
        hurried: bool,
        cancel: Cancel,
    ) -> BoxFuture<'static, pace::Suggested> {
        let (document, offset) = (params.at.document.clone(), params.at.bytes.start);
        let plain = !params.invoked && params.selected.is_none();
        let joined = self.with(|state| if plain { state.pace.join(&document, offset) } else { None });
        let rest = if hurried { self.with(|state| state.pace.rest()) } else { Duration::ZERO };
        let fresh = self.completion(&snapshot, params, rest, cancel);
        let state = self.state.clone();
        Box::pin(async move {
            let outcome = match joined {
                Some(joined) => joined.await,
                None => fresh.await,
            };
            let first = outcome.as_ref().ok().and_then(|suggestions| suggestions.edits.first().cloned());
            state.with(|state| state.pace.offered(document, first));
            outcome
        })
    }

    fn work_ahead(&self, snapshot: &StateSnapshot, uri: &str) -> Option<BoxFuture<'static, ()>> {
        let document = snapshot.workspace.document(uri).filter(|document| document.is_in_step())?.clone();
        let offset = self.with(|state| state.pace.accepted(&document)).filter(|_| snapshot.config.completion.automatic)?;
        let at = Target { document: document.clone(), bytes: offset..offset };
        let cancel = Cancel::new();
        let params = complete::Params { at, invoked: false, selected: None };
        let work = self.completion(snapshot, params, Duration::ZERO, cancel.clone());
        Some(self.with(|state| state.pace.prepare(&document, offset, cancel, work)))
    }

    fn answer(
        &self,
        snapshot: StateSnapshot,
        question: Question,
        cancel: Cancel,
        sink: Sink,
    ) -> BoxFuture<'static, Result<Value, EngineError>> {
        let (session, index) = (self.session(&snapshot).until(&cancel), self.index(&snapshot));
        let own = match &question {
            Question::Explain(target) => Some(target.document.uri.as_str()),
            Question::Ask(_) => None,
        };
        let others = self.others(&snapshot, own);
        match question {
            Question::Explain(target) => Box::pin(async move {
                let session =
                    others.indexed(with_whole_index(session, index, INDEX_WAIT_TO_EXPLAIN, &cancel, &sink).await?, DOCUMENTS_WAIT).await;
                as_json(&explain::explain(&session, &target, &cancel, &sink).await?)
            }),
            Question::Ask(question) => Box::pin(async move {
                let session = others.indexed(with_whole_index(session, index, INDEX_WAIT, &cancel, &sink).await?, DOCUMENTS_WAIT).await;
                as_json(&ask::ask(&session, &question, &cancel, &sink).await?)
            }),
        }
    }

    fn list_offers(&self, snapshot: StateSnapshot, at: Target, problems: Vec<String>) -> BoxFuture<'static, Vec<Offer>> {
        let session = self.session(&snapshot);
        Box::pin(async move { actions::actions(&session, &at, &problems) })
    }

    fn edit(
        &self,
        snapshot: StateSnapshot,
        params: edit::Params,
        cancel: Cancel,
        sink: Sink,
    ) -> BoxFuture<'static, Result<edit::Edited, EngineError>> {
        let (session, index) = (self.session(&snapshot).until(&cancel), self.index(&snapshot));
        let others = self.others(&snapshot, Some(&params.at.document.uri));
        Box::pin(async move {
            let watched = index.is_some();
            let session = others.indexed(with_whole_index(session, index, INDEX_WAIT, &cancel, &sink).await?, DOCUMENTS_WAIT).await;
            let mut edited = edit::edit(&session, &params, &cancel, &sink).await?;
            if watched && session.index.stage() != Stage::Ready {
                edited.confirm.push(INDEX_INCOMPLETE.into());
            }
            Ok(edited)
        })
    }

    fn preview(&self, snapshot: StateSnapshot, params: preview::Params) -> BoxFuture<'static, Result<Value, EngineError>> {
        let (session, index) = (self.session(&snapshot), self.index(&snapshot));
        let others = self.others(&snapshot, params.at.as_ref().map(|at| at.document.uri.as_str()));
        Box::pin(async move {
            let index = match index {
                Some(index) => whole_index(&index, INDEX_WAIT).await,
                None => session.index.clone(),
            };
            let session = others.indexed(Session { index, ..session }, DOCUMENTS_WAIT).await;
            as_json(&preview::preview(&session, &params)?)
        })
    }

    fn status(&self, snapshot: &StateSnapshot) -> Value {
        features::status(&self.session(snapshot))
    }
}
