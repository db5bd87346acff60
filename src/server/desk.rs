//! The features as the server's agent: keeps the index, the engines and what requests share, and hands each request a desk.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use super::agent::{self, Agent, Edited, FileEdit, Offer, Piece, Place, Preview, Question, Scene, Suggestion, Typing, Wish};
use super::pace::{self, Pace};
use crate::engine::{BoxFuture, Cancel, EngineError, ErrorKind};
use crate::features::{self, Shared, Target, actions, ask, complete, edit, explain, preview};
use crate::index::{Index, Options, Stage, View};
use crate::route::{Build, Router};
use crate::syntax::Registry;
use crate::workspace::Snapshot;
use crate::workspace::rules::is_rule_file;
use crate::{config, report};

/// How long a preview waits for the index of a workspace that was just opened.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long the process waits for the index to write what it has, before it leaves.
const PARTING: Duration = Duration::from_millis(100);

/// See the module.
pub struct Desk {
    kept: Arc<Keeper>,
    /// Read in a thread of its own, so that the handshake does not wait for it.
    registry: Arc<LazyLock<Arc<Registry>>>,
    /// Makes the engines.
    build: Build,
}

/// What outlives a request, behind a lock that is held for moments.
#[derive(Default)]
struct Keeper(Mutex<Kept>);

impl Keeper {
    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Default)]
struct Kept {
    index: Option<Arc<Index>>,
    shared: Option<Arc<Shared>>,
    pace: Pace,
    tell: Option<agent::Tell>,
    /// Where is recorded what leaves the machine.
    state: Option<PathBuf>,
    /// How often `shared` was dropped: what was read before that is not kept.
    dropped: u64,
}

impl Kept {
    /// Engines, rules and trust are to be made anew; what is on its way to another machine by the old ones is broken off.
    fn drop_shared(&mut self) {
        self.dropped += 1;
        if let Some(shared) = self.shared.take() {
            shared.router.withdraw();
        }
    }
}

impl Desk {
    /// Begins to read the grammars. The engines are those of the configuration, or of another making.
    pub fn start(build: Build) -> Self {
        let registry = Arc::new(LazyLock::new(read_registry as fn() -> Arc<Registry>));
        let ahead = registry.clone();
        std::thread::spawn(move || {
            LazyLock::force(&ahead);
        });
        Self { kept: Arc::default(), registry, build }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        self.kept.with(act)
    }

    /// Lets the index write what is not on disk yet, for the process is about to leave.
    pub fn leave(&self) {
        if let Some(index) = self.with(|kept| kept.index.take()) {
            index.stop(PARTING);
        }
    }

    /// One completion. What is known by heart comes at once, the model is asked after a rest.
    fn completion(&self, scene: &Scene, wish: complete::Wish, rest: Duration, cancel: Cancel) -> BoxFuture<'static, pace::Suggested> {
        let desk = self.desk(scene);
        let kept = self.kept.clone();
        let edits = |completion: complete::Completion| completion.items.into_iter().map(|item| item.edit).collect();
        Box::pin(async move {
            if !rest.is_zero() {
                if let Some(known) = complete::recall(&desk, &wish) {
                    return Ok(edits(known));
                }
                tokio::time::sleep(rest).await;
            }
            let started = Instant::now();
            let completion = complete::complete(&desk, &wish, &cancel).await.inspect_err(|error| {
                // The editor is told once; who asks later why nothing comes finds it in the status.
                if error.kind != ErrorKind::Cancelled {
                    desk.shared.notes(|notes| notes.memory.note_nothing(&wish.at.document.uri, &error.message));
                }
            })?;
            if !completion.from_memory && completion.route.is_some() {
                kept.with(|kept| kept.pace.took(started.elapsed()));
            }
            Ok(edits(completion))
        })
    }

    /// The desk for a request. Engines are built anew when the configuration changes; nothing is started here.
    fn desk(&self, scene: &Scene) -> features::Desk {
        let snapshot = Arc::new(scene.snapshot.clone());
        let (index, known) = self.with(|kept| {
            let fits = |shared: &&Arc<Shared>| shared.fits(&scene.config, &snapshot, !scene.restricted);
            let known = kept.shared.as_ref().filter(fits).cloned();
            if known.is_none() {
                kept.drop_shared();
            }
            (kept.index.clone(), known)
        });
        let shared = known.unwrap_or_else(|| self.fresh(scene, &snapshot));
        // Without trust there is nothing but the open buffer.
        let index = index.filter(|_| !scene.restricted).map(|index| index.view()).unwrap_or_default();
        features::Desk { snapshot, index, shared }
    }
}

impl Desk {
    /// What requests share, made anew, outside of the lock; again where what it was made of has changed meanwhile.
    fn fresh(&self, scene: &Scene, snapshot: &Snapshot) -> Arc<Shared> {
        loop {
            let (dropped, tell, state) = self.with(|kept| (kept.dropped, kept.tell.clone(), kept.state.clone()));
            let router = Router::building(&scene.config, self.build.clone()).recording(state.as_deref()).telling(tell);
            let shared = Shared::new(scene.config.clone(), Arc::new(router), Arc::clone(&**self.registry), snapshot);
            let shared = Arc::new(shared.trusted(!scene.restricted));
            let kept = self.with(|kept| {
                if kept.dropped != dropped {
                    return None;
                }
                let fits = |known: &&Arc<Shared>| known.fits(&scene.config, snapshot, !scene.restricted);
                if let Some(faster) = kept.shared.as_ref().filter(fits) {
                    return Some(faster.clone());
                }
                Some(kept.shared.insert(shared).clone())
            });
            if let Some(kept) = kept {
                return kept;
            }
        }
    }
}

fn read_registry() -> Arc<Registry> {
    let registry = Registry::new();
    registry.problems().iter().for_each(|problem| report::log("warning", problem));
    Arc::new(registry)
}

fn target(place: Place) -> Target {
    Target { document: place.document, bytes: place.bytes }
}

/// What the server takes pieces with, for the features.
fn sink(to: agent::Sink) -> features::Sink {
    Arc::new(move |piece| {
        to(match piece {
            features::Piece::Text(text) => Piece::Text(text),
            features::Piece::Reasoning(text) => Piece::Reasoning(text),
            features::Piece::Progress(what, percent) => Piece::Progress(what, percent),
        })
    })
}

/// The view of an index, once it is complete; what there is after a while.
async fn whole(index: &Index) -> Arc<View> {
    let mut views = index.subscribe();
    let complete = views.wait_for(|view| view.stage() == Stage::Ready);
    let _ = tokio::time::timeout(PATIENCE, complete).await;
    index.view()
}

fn as_json(value: &impl Serialize) -> Result<Value, EngineError> {
    serde_json::to_value(value).map_err(|error| EngineError::new(ErrorKind::Unsupported, error.to_string()))
}

impl Agent for Desk {
    fn hear(&self, tell: agent::Tell, state: Option<PathBuf>) {
        self.with(|kept| (kept.tell, kept.state) = (Some(tell), state));
    }

    fn workspace(&self, scene: Scene) {
        let roots = scene.snapshot.roots.clone();
        let index = self.with(|kept| {
            // Rules, project files and trust may have changed with the folders.
            kept.drop_shared();
            match &kept.index {
                Some(index) => {
                    index.set_roots(roots.clone());
                    index.clone()
                }
                None => {
                    let options = Options { cache: config::cache_dir(), ..Options::server() };
                    kept.index.insert(Arc::new(Index::start(roots.clone(), Arc::clone(&**self.registry), options))).clone()
                }
            }
        });
        scene.snapshot.documents.iter().for_each(|document| index.update((**document).clone()));
    }

    fn changed(&self, scene: &Scene, uri: &str) {
        let Some(index) = self.with(|kept| kept.index.clone()) else { return };
        match scene.snapshot.document(uri) {
            Some(document) => index.update((**document).clone()),
            None => index.close(uri),
        }
        // The first completion should find the ranking ready.
        self.desk(scene).warm();
    }

    fn files_changed(&self, paths: Vec<PathBuf>) {
        let index = self.with(|kept| {
            if paths.iter().any(|path| path.file_name().is_some_and(|name| is_rule_file(&name.to_string_lossy()))) {
                kept.drop_shared();
            }
            kept.index.clone()
        });
        if let Some(index) = index {
            index.changed(paths);
        }
    }

    fn complete(
        &self,
        scene: Scene,
        at: Place,
        typing: Typing,
        cancel: Cancel,
    ) -> BoxFuture<'static, Result<Vec<Suggestion>, EngineError>> {
        let (document, offset) = (at.document.clone(), at.bytes.start);
        let plain = !typing.invoked && typing.selected.is_none();
        let joined = self.with(|kept| if plain { kept.pace.join(&document, offset) } else { None });
        let rest = if typing.hurried { self.with(|kept| kept.pace.rest()) } else { Duration::ZERO };
        let wish = complete::Wish { at: target(at), invoked: typing.invoked, selected: typing.selected };
        let fresh = self.completion(&scene, wish, rest, cancel);
        let kept = self.kept.clone();
        Box::pin(async move {
            let outcome = match joined {
                Some(joined) => joined.await,
                None => fresh.await,
            };
            let first = outcome.as_ref().ok().and_then(|items| items.first().cloned());
            kept.with(|kept| kept.pace.offered(document, first));
            outcome
        })
    }

    fn ahead(&self, scene: &Scene, uri: &str) -> Option<BoxFuture<'static, ()>> {
        let document = scene.snapshot.document(uri).filter(|document| !document.desynced)?.clone();
        let offset = self.with(|kept| kept.pace.accepted(&document)).filter(|_| scene.config.completion.automatic)?;
        let at = Place { document: document.clone(), bytes: offset..offset };
        let cancel = Cancel::new();
        let wish = complete::Wish { at: target(at), invoked: false, selected: None };
        let work = self.completion(scene, wish, Duration::ZERO, cancel.clone());
        Some(self.with(|kept| kept.pace.prepare(&document, offset, cancel, work)))
    }

    fn answer(&self, scene: Scene, question: Question, cancel: Cancel, to: agent::Sink) -> BoxFuture<'static, Result<Value, EngineError>> {
        let desk = self.desk(&scene);
        let sink = sink(to);
        match question {
            Question::Explain(place) => Box::pin(async move { as_json(&explain::explain(&desk, &target(place), &cancel, &sink).await?) }),
            Question::Ask(question) => Box::pin(async move { as_json(&ask::ask(&desk, &question, &cancel, &sink).await?) }),
        }
    }

    fn offers(&self, scene: Scene, at: Place, problems: Vec<String>) -> BoxFuture<'static, Vec<Offer>> {
        let desk = self.desk(&scene);
        Box::pin(async move {
            let offers = actions::actions(&desk, &target(at), &problems);
            offers.into_iter().map(|offer| Offer { title: offer.title, kind: offer.kind, explains: offer.explains }).collect()
        })
    }

    fn edit(&self, scene: Scene, wish: Wish, cancel: Cancel, to: agent::Sink) -> BoxFuture<'static, Result<Edited, EngineError>> {
        let desk = self.desk(&scene);
        let sink = sink(to);
        let how = match wish.how {
            agent::How::Action { kind, problems } => edit::How::Action { kind, problems },
            agent::How::Instruction(words) => edit::How::Instruction(words),
        };
        let wish = edit::Wish { at: target(wish.place), how };
        Box::pin(async move {
            let edited = edit::edit(&desk, &wish, &cancel, &sink).await?;
            let report = as_json(&edited)?;
            let file = |file: edit::FileEdit| {
                let reasons = file.hunks.into_iter().map(|hunk| hunk.reason).collect();
                FileEdit { document: file.target.document, edits: file.batch, reasons, creates: file.created }
            };
            Ok(Edited { files: edited.edits.into_iter().map(file).collect(), report, confirm: edited.confirm })
        })
    }

    fn preview(&self, scene: Scene, asked: Preview) -> BoxFuture<'static, Result<Value, EngineError>> {
        let index = self.with(|kept| kept.index.clone());
        let desk = self.desk(&scene);
        let look = preview::Look { at: asked.place.map(target), question: asked.question, budget: asked.budget };
        Box::pin(async move {
            let index = match index {
                Some(index) => whole(&index).await,
                None => desk.index.clone(),
            };
            let desk = features::Desk { index, ..desk };
            as_json(&preview::preview(&desk, &look)?)
        })
    }

    fn status(&self) -> Value {
        self.with(|kept| kept.shared.clone()).map_or(json!({}), |shared| features::status(&shared))
    }
}
