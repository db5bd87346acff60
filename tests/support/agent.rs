//! An agent for the server's own tests: it hangs, answers or fails as told, and knows how much of its work still runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use longsight::engine::{BoxFuture, Cancel, EngineError, ErrorKind};
use longsight::features::actions::Offer;
use longsight::features::edit::{Edited, EditedFile, FileEdit, How};
use longsight::features::{AnswerEvent, Sink, Target, Timing, complete, edit, preview};
use longsight::route::{Decision, Role};
use longsight::server::Options;
use longsight::server::service::{FeatureService, Question, StateSnapshot, Suggestions};
use longsight::text::{Batch, Edit};
use serde_json::{Value, json};

/// What it does with requests that need a model.
#[derive(Clone, Debug)]
pub enum Mood {
    Hang,
    Answer(String),
    /// Answers when [`Fake::release`] is called.
    Late(String),
    /// An edit that makes this of the whole text, hunk by hunk.
    Hunks(String),
    /// The same when [`Fake::release`] is called.
    LateHunks(String),
    /// Holds its thread until [`Fake::release`] is called.
    Block,
    Fail(String),
    Panic,
}

/// See the module.
pub struct Fake {
    pub mood: Mutex<Mood>,
    /// What is completed from memory, without a model.
    pub known: Mutex<Option<String>>,
    /// Model work that has started, and that has not ended.
    pub started: AtomicUsize,
    pub running: Arc<AtomicUsize>,
    released: Arc<AtomicBool>,
    pub roots: Mutex<Vec<PathBuf>>,
    /// The texts of open documents, as it was told.
    pub open: Mutex<BTreeMap<String, String>>,
    /// Holds up who tells it of the workspace until [`Fake::release`] is called; who has told it of that, and who waits to.
    pub holds_looks: AtomicBool,
    pub looks: AtomicUsize,
    pub held_looks: AtomicUsize,
    pub files: Mutex<Vec<PathBuf>>,
    /// Its edits need a person's word.
    pub risky: AtomicBool,
    /// Why it was asked, as far as its answers say, and the reasons of its hunks, before their numbers.
    pub reason: Mutex<String>,
}

/// Counts down when the future that holds it is dropped.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fake {
    pub fn new(mood: Mood) -> Arc<Fake> {
        Arc::new(Fake {
            mood: Mutex::new(mood),
            known: Mutex::default(),
            started: AtomicUsize::new(0),
            running: Arc::default(),
            released: Arc::default(),
            roots: Mutex::default(),
            open: Mutex::default(),
            holds_looks: AtomicBool::new(false),
            looks: AtomicUsize::new(0),
            held_looks: AtomicUsize::new(0),
            files: Mutex::default(),
            risky: AtomicBool::new(false),
            reason: Mutex::new("test".into()),
        })
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Lets late answers come.
    pub fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }

    fn model(&self) -> BoxFuture<'static, Result<String, EngineError>> {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Running(self.running.clone());
        let mood = self.mood.lock().unwrap().clone();
        let released = self.released.clone();
        Box::pin(async move {
            let _running = running;
            match mood {
                Mood::Hang => std::future::pending().await,
                Mood::Answer(text) | Mood::Hunks(text) => Ok(text),
                Mood::Late(text) | Mood::LateHunks(text) => {
                    while !released.load(Ordering::SeqCst) {
                        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                    }
                    Ok(text)
                }
                Mood::Block => {
                    while !released.load(Ordering::SeqCst) {
                        std::thread::sleep(std::time::Duration::from_millis(1));
                    }
                    Ok(String::new())
                }
                Mood::Fail(reason) => Err(EngineError::new(ErrorKind::Unavailable, reason)),
                Mood::Panic => panic!("injected"),
            }
        })
    }
}

impl FeatureService for Fake {
    fn set_workspace(&self, snapshot: StateSnapshot) {
        *self.roots.lock().unwrap() = snapshot.workspace.roots.iter().map(|root| root.path().into()).collect();
        if self.holds_looks.load(Ordering::SeqCst) {
            self.held_looks.fetch_add(1, Ordering::SeqCst);
            while !self.released.load(Ordering::SeqCst) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
        let documents = snapshot.workspace.documents.iter();
        self.open.lock().unwrap().extend(documents.map(|document| (document.uri.clone(), document.text.to_string())));
        self.looks.fetch_add(1, Ordering::SeqCst);
    }

    fn note_change(&self, snapshot: &StateSnapshot, uri: &str) {
        match snapshot.workspace.document(uri) {
            Some(document) => self.open.lock().unwrap().insert(uri.into(), document.text.to_string()),
            None => self.open.lock().unwrap().remove(uri),
        };
    }

    fn note_files_changed(&self, paths: Vec<PathBuf>) {
        self.files.lock().unwrap().extend(paths);
    }

    fn complete(
        &self,
        _: StateSnapshot,
        params: complete::Params,
        _: bool,
        _: Cancel,
    ) -> BoxFuture<'static, Result<Suggestions, EngineError>> {
        let known = self.known.lock().unwrap().clone();
        let model = self.model();
        Box::pin(async move {
            let (text, answered) = match known {
                Some(known) => (known, false),
                None => (model.await?, true),
            };
            Ok(Suggestions { edits: vec![Edit { range: params.at.bytes, text }], answered })
        })
    }

    fn answer(&self, _: StateSnapshot, question: Question, _: Cancel, sink: Sink) -> BoxFuture<'static, Result<Value, EngineError>> {
        let model = self.model();
        let reason = self.reason.lock().unwrap().clone();
        Box::pin(async move {
            sink(AnswerEvent::Progress("looking".into(), Some(50)));
            let text = model.await?;
            for word in text.split_inclusive(' ') {
                sink(AnswerEvent::Text(word.into()));
            }
            let path = match &question {
                Question::Explain(place) => place.document.uri.trim_start_matches("file:///w/").to_string(),
                Question::Ask(_) => "src/a.rs".into(),
            };
            let citations = json!([{ "path": path, "line": 3, "verified": true }, { "path": "none.rs", "line": 1, "verified": false }]);
            Ok(
                json!({ "text": text, "citations": citations, "route": { "role": "scout", "engine": "fake", "reason": reason }, "timing": {} }),
            )
        })
    }

    fn list_offers(&self, _: StateSnapshot, _: Target, problems: Vec<String>) -> BoxFuture<'static, Vec<Offer>> {
        let offer = |title: &str, kind: &str, explains| Offer { title: title.into(), kind: kind.into(), explains };
        let mut offers = vec![
            offer("Explain", "", true),
            offer("Rewrite", "refactor.rewrite", false),
            offer("Document", "refactor.rewrite.longsight.document", false),
        ];
        if !problems.is_empty() {
            offers.push(offer("Fix", "quickfix", false));
        }
        Box::pin(async { offers })
    }

    fn edit(&self, snapshot: StateSnapshot, params: edit::Params, _: Cancel, _: Sink) -> BoxFuture<'static, Result<Edited, EngineError>> {
        let model = self.model();
        let hunks = matches!(*self.mood.lock().unwrap(), Mood::Hunks(_) | Mood::LateHunks(_));
        let said = self.reason.lock().unwrap().replace("test", "reason");
        let confirm = if self.risky.load(Ordering::SeqCst) { vec!["it is risky".to_string()] } else { vec![] };
        Box::pin(async move {
            let text = model.await?;
            // What it was told of the editor's diagnostics is among what it was sent.
            let sent = match &params.how {
                How::Instruction(words) => words.problems.iter().map(|one| format!("{} {:?}", one.message, one.lines)).collect(),
                How::Action { problems, .. } => problems.clone(),
            };
            let document = params.at.document;
            let edits = if hunks {
                let hunks = longsight::text::diff::hunks(&document.text.to_string(), &text);
                Batch::new(hunks.into_iter().map(|hunk| hunk.edit).collect()).unwrap()
            } else {
                Batch::one(Edit { range: params.at.bytes, text })
            };
            let reasons = (1..=edits.edits().len()).filter(|_| hunks).map(|number| format!("{said} {number}")).collect();
            let path = document.uri.trim_start_matches("file:///w/").to_string();
            let version = snapshot.workspace.document(&document.uri).map(|open| open.version);
            let edit = FileEdit { document, edits, reasons, creates: false };
            let file = EditedFile { path, version, created: false, hunks: vec![], edit };
            let (engine, model, reason) = ("fake".into(), String::new(), String::new());
            let route = Decision { role: Role::Coder, engine, model, reason, origin: None };
            let (diff, summary, timing) = (String::new(), String::new(), Timing::default());
            Ok(Edited { edits: vec![file], diff, route, steps: vec![], summary, timing, confirm, sent })
        })
    }

    fn preview(&self, _: StateSnapshot, params: preview::Params) -> BoxFuture<'static, Result<Value, EngineError>> {
        Box::pin(async move { Ok(json!({ "parts": [], "tokens": 0, "budget": params.budget.unwrap_or(7) })) })
    }

    fn status(&self, _: &StateSnapshot) -> Value {
        json!({ "engines": {} })
    }
}

/// A server with this agent, and no configuration of the person who runs the tests.
pub fn options(agent: Arc<Fake>) -> Options {
    Options { config: Some("/nonexistent/longsight.toml".into()), cache: None, state: None, features: agent, probe: None, tape: None }
}

/// A server of which only the protocol is asked.
pub fn quiet() -> Options {
    options(Fake::new(Mood::Hang))
}
