//! A workspace in a folder of its own with engines that play scripts, as the features see it; and calls for such scripts.

use std::path::PathBuf;
use std::sync::Arc;

use longsight::config::Config;
use longsight::dialect::{Chat, ToolCall};
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Ask, Cancel, Engine, EngineError, Event, Finished, Request};
use longsight::features::edit::{Edited, How, Params, edit};
use longsight::features::{self, Session, Target, silent};
use longsight::index::{Index, Options};
use longsight::route::Router;
use longsight::syntax::Registry;
use longsight::text::Text;
use longsight::workspace::{Document, Documents, Roots, Snapshot};
use serde_json::Value;

use super::files;

/// A folder with the workspace in `repo`, so that there is something outside.
pub struct Workspace {
    pub folder: tempfile::TempDir,
}

impl Workspace {
    /// With these files, by their paths below the root.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
        let workspace = Self { folder };
        files.iter().for_each(|(path, text)| workspace.write(path, text));
        workspace
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("repo")
    }

    pub fn write(&self, path: &str, text: &str) {
        files::write(&self.root(), path, text);
    }

    /// The session over it, with an index and these engines; without any, with those of the configuration.
    pub fn session(&self, config: Config, engines: Vec<(String, Arc<dyn Engine>)>) -> Session {
        self.session_in(Registry::new(), config, engines)
    }

    /// The same with the engines of a configuration.
    pub fn configured(&self, config: Config) -> Session {
        self.session(config, vec![])
    }

    /// The same with other languages.
    pub fn session_in(&self, registry: Registry, config: Config, engines: Vec<(String, Arc<dyn Engine>)>) -> Session {
        session(Arc::new(Roots::new([self.root()])), registry, config, engines)
    }

    /// A session whose coder, of a large window, plays these scripts.
    pub fn with_coder(&self, scripts: Vec<Vec<Step>>) -> (Session, Arc<Scripted>) {
        let coder = Scripted::new(scripts);
        (self.session(agent_config(), vec![("local".into(), coder.clone() as Arc<dyn Engine>)]), coder)
    }

    /// Everything that lies there, outside included.
    pub fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        files::contents(self.folder.path())
    }
}

/// The session over several folders, without engines.
pub fn session_of(roots: Arc<Roots>) -> Session {
    session(roots, Registry::new(), Config::default(), vec![])
}

fn session(roots: Arc<Roots>, registry: Registry, config: Config, engines: Vec<(String, Arc<dyn Engine>)>) -> Session {
    let registry = Arc::new(registry);
    let index = Index::start(roots.clone(), registry.clone(), Options { cache: None, ..Options::default() });
    index.wait_ready();
    let snapshot = Arc::new(Snapshot::new(roots, Documents::default()));
    let router = if engines.is_empty() { Router::new(&config) } else { Router::with_engines(&config, engines) };
    let shared = features::Shared::new(Arc::new(config), Arc::new(router), registry, &snapshot);
    Session::new(snapshot, Arc::new(shared), || index.view())
}

/// Scripted engines have a window of 8192 tokens: here that is enough for tools.
pub fn agent_config() -> Config {
    let mut config = Config::default();
    config.route.agent_context = 8000;
    config
}

/// A file of the session's workspace, all of it marked from `from` on.
pub fn target(session: &Session, path: &str, marked: &str) -> Target {
    let path = session.snapshot.roots.resolve(path).unwrap();
    let text = session.snapshot.read_exact(&path).unwrap();
    let start = text.find(marked).unwrap();
    let document = Document::on_disk(path, Text::new(&text));
    Target { document: Arc::new(document), bytes: start..start + marked.len() }
}

/// Computes an edit for an instruction about a marked place.
pub async fn instruct(session: &Session, path: &str, marked: &str, words: &str) -> Result<Edited, EngineError> {
    let params = Params { at: target(session, path, marked), how: How::Instruction(words.into()) };
    edit(session, &params, &Cancel::new(), &silent()).await
}

/// The same over these files, in the first of which it is asked, with one engine of a small window that answers so; and what was asked of it.
pub async fn instructed(
    files: &[(&str, &str)],
    marked: &str,
    words: &str,
    answers: &[&str],
) -> (Result<Edited, EngineError>, Vec<Request>) {
    let workspace = Workspace::new(files);
    let engine = Scripted::new(answers.iter().map(|answer| Scripted::text(answer)).collect::<Vec<_>>());
    let session = workspace.session(Config::default(), vec![("local".into(), engine.clone() as Arc<dyn Engine>)]);
    let edited = instruct(&session, files[0].0, marked, words).await;
    (edited, engine.asked())
}

pub fn chat(request: &Request) -> &Chat {
    match &request.ask {
        Ask::Chat(chat) => chat,
        Ask::Fim(_) => panic!("it was asked to fill a hole"),
    }
}

pub fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: format!("call_{name}"), name: name.into(), arguments }
}

/// An answer of these calls.
pub fn calls(calls: Vec<ToolCall>) -> Vec<Step> {
    let done = std::iter::once(Step::Event(Event::Done(Finished::default())));
    calls.into_iter().map(|call| Step::Event(Event::Call(call))).chain(done).collect()
}

/// What an edit makes of a file's text; of a file that is created, its text.
pub fn applied(edited: &Edited, path: &str) -> String {
    let file = edited.edits.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not changed: {}", edited.diff));
    let mut text = file.edit.document.text.to_string();
    for edit in file.edit.edits.edits().iter().rev() {
        text.replace_range(edit.range.clone(), &edit.text);
    }
    text
}
