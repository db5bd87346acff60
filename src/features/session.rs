//! What a feature works with: the workspace at one moment, and the long-lived parts that all requests share.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::Target;
use super::complete::Memory;
use super::complete::memory::Silence;
use super::corpora::{self, Corpora};
use super::preview::LastPrompts;
use super::tree_cache::{self, TreeCache};
use crate::config::{Config, EngineKind};
use crate::context;
use crate::engine::Cancel;
use crate::index::View;
use crate::route::{PastDecision, Router, Task, TaskKind};
use crate::syntax::{Language, Parsed, Registry, Trees};
use crate::workspace::fs::ReadError;
use crate::workspace::rules::{self, Skip};
use crate::workspace::secret::is_secret_name;
use crate::workspace::{Document, Root, Rules, Snapshot, WorkspacePath, is_secret, uri};

/// The workspace for one request. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    pub snapshot: Arc<Snapshot>,
    pub index: Arc<View>,
    pub shared: Arc<Shared>,
    /// Cancelled when nobody waits for the request any more.
    pub cancel: Cancel,
}

/// What requests share until configuration, folders, rules or trust change; then it is built again.
pub struct Shared {
    pub config: Arc<Config>,
    pub router: Arc<Router>,
    pub registry: Arc<Registry>,
    pub context: context::Handle,
    /// The trees of open documents.
    pub trees: Arc<Trees>,
    notes: Mutex<Notes>,
    /// Which files take part, by root.
    rules: BTreeMap<Arc<Root>, Rules>,
    /// The user trusts the workspace.
    trusted: bool,
    /// The editor (or the command line) can create files in an edit.
    creates_files: bool,
}

/// The history shown by the status. It outlives the [`Shared`] of one configuration: when the configuration, the folders or trust change,
/// the next one takes it over.
#[derive(Clone, Default)]
pub struct History {
    pub decisions: Vec<PastDecision>,
    silences: Vec<Silence>,
}

/// What a request leaves for later requests with the same [`Shared`].
#[derive(Default)]
pub struct Notes {
    pub memory: Memory,
    pub tree_cache: TreeCache,
    pub(super) last: LastPrompts,
    pub(super) corpora: Corpora,
}

impl Shared {
    /// Reads or changes the notes; must be quick. They are never left half-written, so a panic does not spoil them.
    pub fn notes<T>(&self, act: impl FnOnce(&mut Notes) -> T) -> T {
        act(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether this was made for this configuration, these roots and this trust.
    pub fn fits(&self, config: &Arc<Config>, snapshot: &Snapshot, trusted: bool) -> bool {
        self.config == *config
            && self.trusted == trusted
            && self.rules.keys().eq(snapshot.roots.iter().collect::<std::collections::BTreeSet<_>>())
    }

    /// Parts for these roots; reads nothing. When their rules change, new parts have to be made, so that running requests are aborted.
    pub fn new(config: Arc<Config>, router: Arc<Router>, registry: Arc<Registry>, snapshot: &Snapshot) -> Self {
        let rules = snapshot.roots.iter().map(|root| (root.clone(), Rules::new(root))).collect();
        Self {
            config,
            router,
            registry,
            context: context::Handle::default(),
            trees: Arc::default(),
            notes: Mutex::default(),
            rules,
            trusted: true,
            creates_files: true,
        }
    }

    /// Sets whether the workspace is trusted; if not, there is only completion on this machine.
    pub fn trusted(self, trusted: bool) -> Self {
        Self { trusted, ..self }
    }

    /// The history for the [`Shared`] that will replace this one.
    pub fn past(&self) -> History {
        History { decisions: self.router.decisions(), silences: self.notes(|notes| notes.memory.silences()) }
    }

    /// Takes over the silences of the [`Shared`] that this one replaces. The router takes over the decisions itself ([`Router::after`]).
    pub fn after(self, past: History) -> Self {
        self.notes(|notes| notes.memory.after(past.silences));
        self
    }

    /// Uses the trees that an index makes of open documents anyway.
    pub fn sharing(self, trees: &Arc<Trees>) -> Self {
        Self { trees: trees.clone(), ..self }
    }

    /// Sets whether the editor can create files in an edit.
    pub fn creating_files(self, creates_files: bool) -> Self {
        Self { creates_files, ..self }
    }

    /// Whether the editor can create files in an edit.
    pub fn creates_files(&self) -> bool {
        self.creates_files
    }

    /// Whether a project is `local_only`.
    fn local_only(&self) -> bool {
        self.rules.values().any(Rules::is_local_only)
    }

    /// Why nothing is offered while the user types, if the configuration says so.
    pub fn typing_is_off(&self) -> Option<&'static str> {
        (!self.config.completion.automatic).then_some("suggestions while typing are turned off (completion.automatic)")
    }
}

/// Engines, the last decisions, and why nothing was offered: for `longsight.status`.
pub fn status(session: &Session) -> Value {
    let shared = &session.shared;
    let mut status = json!(shared.router.status());
    let mut nothing = shared.notes(|notes| notes.memory.silences());
    // Reasons that apply without any request come after the reasons of requests.
    let quiet = shared.typing_is_off();
    let silent = |document: &Arc<Document>| Some(Silence { uri: document.uri.clone(), reason: quiet?.into() });
    nothing.extend(session.snapshot.documents.iter().filter_map(silent));
    status["nothing"] = json!(nothing);
    status["local_only"] = json!(shared.local_only() || shared.config.route.local_only);
    status["audit"] = json!(shared.router.audit_file());
    status
}

impl Session {
    /// A session with the index of the workspace. In an untrusted workspace the index is empty, so that only the open buffer is used.
    pub fn new(snapshot: Arc<Snapshot>, shared: Arc<Shared>, index: impl FnOnce() -> Arc<View>) -> Self {
        let index = if shared.trusted { index() } else { Arc::default() };
        Self { snapshot, index, shared, cancel: Cancel::new() }
    }

    /// This session for a request in one document, which stands for its file where that is open under several names.
    pub fn for_document(&self, document: &Document) -> Self {
        let mut snapshot = self.snapshot.clone();
        if snapshot.documents.has_others_of(document) {
            Arc::make_mut(&mut snapshot).documents.remove_others_of(document);
        }
        Self { snapshot, ..self.clone() }
    }

    /// Sets the token that is cancelled when nobody waits for the request any more.
    pub fn until(self, cancel: &Cancel) -> Self {
        Self { cancel: cancel.clone(), ..self }
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Waits until the repository can be ranked, so that a completion uses it; for one-shot callers.
    pub fn prepare(&self) {
        corpora::wait(self, super::around::RANKING_WAIT);
    }

    /// Has prompts of such tasks counted by the tokenizer of the model that will be asked first, if that is on this machine; for one-shot
    /// callers, whose first prompt would be packed by estimates otherwise.
    pub fn count_exactly(&self, kind: TaskKind) {
        let choices = self.router().plan(&self.task(kind)).unwrap_or_default();
        choices.first().into_iter().for_each(|choice| choice.engine.tokens().prepare());
    }

    /// Updates the ranking in the background.
    pub fn warm(&self) {
        corpora::newest(self);
    }

    /// Whether the ranking has the current text of all open documents but one; if not, starts an update.
    pub fn knows_others(&self, own: &str) -> bool {
        corpora::knows_others(self, own)
    }

    /// Waits for the end of the running update of the ranking; false if none is running.
    pub async fn updated(&self) -> bool {
        corpora::ended(self).await
    }

    /// The router of requests.
    pub fn router(&self) -> &Router {
        &self.shared.router
    }

    /// Whether the engine that edits has a window for tools, according to the configuration.
    pub fn edits_with_tools(&self) -> bool {
        let config = self.config();
        let coder = config.engines.get(&config.roles.coder);
        coder.is_some_and(|coder| coder.context.map_or(coder.kind != EngineKind::Llama, |context| context >= config.route.agent_context))
    }

    /// A task of this kind, with the limits set by the project and the trust in it.
    pub fn task(&self, kind: TaskKind) -> Task {
        Task { local_only: self.is_local_only(), trusted: self.shared.trusted, ..Task::new(kind) }
    }

    /// Whether the user trusts the workspace.
    pub fn is_trusted(&self) -> bool {
        self.shared.trusted
    }

    /// Why nothing may be offered for a document, and nothing of it sent; none if it may.
    pub fn closed(&self, target: &Target) -> Option<String> {
        let document = &target.document;
        if !document.is_in_step() {
            return Some("its text may differ from the editor's; close and open it".into());
        }
        let named = |name: &str| is_secret_name(name).then(|| secret(&uri::name(&document.uri)));
        let closed = match &document.path {
            Some(path) => self.closed_path(path).or_else(|| named(&self.snapshot.roots.name_of(&document.uri))),
            None => named(&uri::named(&document.uri)).or_else(|| uri::files(&document.uri).iter().find_map(|file| self.closed_file(file))),
        };
        closed.or_else(|| self.closed_behind(document))
    }

    /// Why nothing may be offered for a document that a link led to: both the link and what it leads to may be excluded.
    fn closed_behind(&self, document: &Document) -> Option<String> {
        let known = document.path.as_ref().map(WorkspacePath::absolute);
        let mut targets = document.targets.iter().filter(|target| known.as_ref() != Some(target)).peekable();
        targets.peek()?;
        let link = uri::name(&document.uri);
        let named = uri::files(&document.uri).iter().find_map(|file| self.reason_of_link(file));
        if let Some(reason) = named.and_then(|reason| closed_by(reason, &link)) {
            return Some(reason);
        }
        let by_name = |target: &Path| is_secret_name(&uri::named(&uri::from_path(target))).then(|| secret(&target.display()));
        let reason = targets.find_map(|target| by_name(target).or_else(|| self.closed_file(target)))?;
        Some(format!("{link} leads to another file: {reason}"))
    }

    /// The rule that excludes a link by its own name, in an open folder or in its own project.
    fn reason_of_link(&self, link: &Path) -> Option<Skip> {
        let opened = self.shared.rules.values().find_map(|rules| rules.reason_of_link(link));
        opened.or_else(|| rules::project_of(link)?.iter().find_map(|root| Rules::new(root).reason_of_link(link)))
    }

    /// For a document that shows another version of a file (as `git:` does): why that file is excluded. Outside all folders, the rules of
    /// the file's own project apply.
    fn closed_file(&self, file: &Path) -> Option<String> {
        if let Some(path) = self.snapshot.roots.locate(file) {
            return self.closed_path(&path);
        }
        let path = rules::project_of(file)?.locate(file)?;
        closed_by(Rules::new(path.root()).reason(&path)?, &path)
    }

    /// Why a path is excluded; none if it is not.
    pub fn closed_path(&self, path: &WorkspacePath) -> Option<String> {
        closed_by(self.kept_out(path)?, path)
    }

    /// The rule that excludes a path, whatever the content of the file.
    pub fn kept_out(&self, path: &WorkspacePath) -> Option<Skip> {
        let secret = is_secret(path).then_some(Skip::Secret);
        secret.or_else(|| self.shared.rules.get(path.root())?.reason(path))
    }

    /// Whether a document that is open, or was open in this session, belongs to a `local_only` project.
    fn is_local_only(&self) -> bool {
        if self.index.has_local_only() || corpora::has_local_only(self) {
            return true;
        }
        let outside = self.snapshot.documents.iter().filter(|document| document.path.is_none());
        let shown = |document: &Arc<Document>| [uri::files(&document.uri), document.targets.clone()].concat();
        let inside = self.snapshot.documents.iter().filter_map(|document| document.path.as_ref());
        // Files of one folder belong to the same projects, and each lookup reads the disk.
        let mut folders = HashSet::new();
        let nested = inside
            .filter(|path| folders.insert((path.root(), path.folder())))
            .any(|path| self.shared.rules.get(path.root()).is_some_and(|rules| rules.keeps(path)));
        self.shared.local_only() || nested || outside.flat_map(shown).any(|file| self.keeps(&file))
    }

    /// Whether a project that a file belongs to, in an open folder or not, is `local_only`.
    fn keeps(&self, file: &Path) -> bool {
        if let Some(path) = self.snapshot.roots.locate(file) {
            return self.shared.rules.get(path.root()).is_some_and(|rules| rules.keeps(&path));
        }
        rules::project_of(file).is_some_and(|roots| roots.iter().any(|root| rules::project(root).0.local_only))
    }

    /// The language of a document with this text: the editor's choice, else what the file looks like.
    pub fn language(&self, document: &Document, text: &str) -> Option<Arc<Language>> {
        let path = document.path.as_ref().map(WorkspacePath::relative);
        self.shared.registry.of_document(&document.language, path, text).cloned()
    }

    /// The language of a file with this text, open or not.
    pub fn language_at(&self, path: &WorkspacePath, text: &str) -> Option<Arc<Language>> {
        let id = self.snapshot.documents.at(path).map_or("", |document| document.language.as_str());
        self.shared.registry.of_document(id, Some(path.relative()), text).cloned()
    }

    /// The exact text of a file and its tree; no tree without a parser.
    pub fn parsed(&self, path: &WorkspacePath) -> Result<(Arc<str>, Option<Parsed>), ReadError> {
        let text = self.snapshot.read_exact(path)?;
        let parsed = self.language_at(path, &text).and_then(|language| tree_cache::tree(&self.shared, path, &language, &text));
        Ok((text, parsed))
    }
}

fn secret(file: &impl Display) -> String {
    format!("{file} looks like a file that holds secrets")
}

/// Why nothing is offered in a file that does not take part.
fn closed_by(reason: Skip, path: &impl Display) -> Option<String> {
    Some(match reason {
        // The file is not part of the project's context, but a user who opens it works in it, so something is offered there.
        Skip::OtherTree | Skip::LocalOnly => return None,
        Skip::Own => format!("{path} is one of longsight's own files"),
        Skip::Secret => secret(path),
        Skip::Unruled => {
            format!("a .gitignore or .ignore of {path} is not a regular file of the workspace, so the file may be meant to be excluded")
        }
        Skip::Ignored => format!("{path} is ignored (.gitignore, .ignore or .longsight.toml)"),
        other => format!("{path} is excluded by its name: {}", other.name()),
    })
}
