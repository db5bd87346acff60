//! The user's configuration while the server runs: read at the start, read again when the file changes, and its problems shown: in one
//! message whenever they change, and in the file itself where it is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use super::convert::to_range;
use super::{Server, trust};
use crate::config::{self, Config, Places, Problem};
use crate::engine;
use crate::engine::check::Finding;
use crate::models::{self, Machine};
use crate::text::{Encoding, Text};
use crate::workspace::Roots;
use crate::workspace::rules::{self, PROJECT_FILE};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Where the user's file lies.
pub fn path(server: &Server) -> Option<PathBuf> {
    server.options.config.clone().or_else(config::default_path)
}

/// Reads the file and keeps what is right in it. The problems are for [`tell`].
pub fn load(server: &Server) -> Vec<Problem> {
    read(server, None)
}

/// Reads the file again, and where it says something else tells what is wrong with it and lets the features know. What a person has just
/// broken while typing takes nothing of what was set away.
pub fn reload(server: &Server) {
    let before = server.with(|state| (state.config.clone(), state.config_problems.clone()));
    let problems = read(server, Some(&before.0));
    if before != server.with(|state| (state.config.clone(), state.config_problems.clone())) {
        tell(server, &problems);
        super::initialize::workspace_changed(server);
    }
}

fn read(server: &Server, before: Option<&Config>) -> Vec<Problem> {
    let Some(path) = path(server) else { return vec![] };
    let (config, problems) = config::reload(&path, before);
    server.with(|state| {
        state.config = Arc::new(config);
        state.config_problems = problems.iter().map(Problem::to_string).collect();
    });
    problems
}

/// Shows problems to the person, in one message.
pub fn tell(server: &Server, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    server.client.show(2, &format!("longsight's configuration: {}", lines.join("\n")));
}

/// Tells what is wrong with the projects' own files, whenever that is something else than before. Reads them.
pub fn tell_projects(server: &Server, roots: &Roots) {
    let problems: Vec<Problem> = roots.iter().flat_map(|root| rules::project(root).1).collect();
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    if server.with(|state| std::mem::replace(&mut state.project_problems, lines.clone()) != lines) && !lines.is_empty() {
        server.client.show(2, &format!("longsight: {}", lines.join("\n")));
    }
}

/// Looks at the file, and at what steers tools in the open folders, for as long as the server runs, and takes over what changed.
pub async fn watch(server: Server) {
    let mut known: Option<Seen> = None;
    loop {
        let (this, before) = (server.clone(), known.clone());
        // A look that failed changes nothing.
        if let Ok(now) = tokio::task::spawn_blocking(move || look(&this, before)).await {
            known = Some(now);
        }
        // What is on its way to a model when somebody takes their trust away is broken off soon as well.
        tokio::time::sleep(EVERY / 2).await;
        let this = server.clone();
        let _ = tokio::task::spawn_blocking(move || trust::hear(&this)).await;
        tokio::time::sleep(EVERY / 2).await;
    }
}

/// What a look has found.
#[derive(Clone)]
struct Seen {
    /// The user's file as it lies there, and as it was taken over.
    file: Option<Stamp>,
    taken: Option<Stamp>,
    steering: Vec<Option<String>>,
}

type Stamp = (SystemTime, u64);

/// Takes over what is another way than before: the file, and what steers tools, each by itself. A file that is empty or gone may only be
/// on its way to be saved, and would say for that moment that nothing is set, not even what keeps the code here: it counts when the next
/// look finds it so as well.
fn look(server: &Server, before: Option<Seen>) -> Seen {
    let file = path(server).as_deref().and_then(stamp);
    let steering = trust::steering(server);
    let Some(before) = before else { return Seen { file, taken: file, steering } };
    let is_blank = file.is_none_or(|(_, length)| length == 0);
    let is_settled = !is_blank || file == before.file;
    let taken = if is_settled { file } else { before.taken };
    if taken != before.taken {
        reload(server);
    }
    if steering != before.steering {
        super::initialize::workspace_changed(server);
    }
    Seen { file, taken, steering }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// Publishes the problems of a configuration file's buffer, as it is typed: the user's, or a project's. Other documents are none of our
/// business. In the background, for models are looked at, and the GPU is asked for its size.
pub fn check(server: &Server, uri: &Url) {
    let Ok(file) = uri.to_file_path() else { return };
    let users = path(server).is_some_and(|path| path == file);
    if !users && !file.ends_with(PROJECT_FILE) {
        return;
    }
    let (server, uri) = (server.clone(), uri.clone());
    server.clone().work.aside(move || {
        let open = |server: &Server| server.with(|state| state.document(&uri).map(|open| (open.document.clone(), state.editor.encoding)));
        let Some((document, encoding)) = open(&server) else { return };
        let whole = document.text.to_string();
        let problems = if users {
            let now = server.with(|state| state.config.clone());
            let (config, mut problems) = config::parse_again(&file, &whole, Some(&now));
            problems.extend(found(&file, &whole, &config));
            problems
        } else {
            config::parse_project(&file, &whole).1
        };
        // What was typed meanwhile has a look of its own.
        if open(&server).is_some_and(|(newest, _)| newest.version == document.version) {
            let shown: Vec<Value> = problems.iter().map(|problem| diagnostic(problem, &document.text, encoding)).collect();
            server.client.notify("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": shown }));
        }
    });
}

/// What is wrong with the engines beyond the spelling: files that are missing, models that do not fit.
fn found(path: &Path, text: &str, config: &Config) -> Vec<Problem> {
    // What programs hold at the moment is no reason to mark a line; asking the GPU for its size takes a while.
    static MACHINE: LazyLock<Machine> = LazyLock::new(|| {
        let machine = models::machine();
        Machine { ram_free: machine.ram, ..machine }
    });
    let places = Places::of(text);
    let mut problems = vec![];
    for (name, engine) in &config.engines {
        for Finding { key, message } in engine::check::findings(name, engine, &MACHINE) {
            let key = places.value(&["engines", name, key]);
            problems.push(Problem::at(path, text, key, message));
        }
    }
    problems
}

fn diagnostic(problem: &Problem, text: &Text, encoding: Encoding) -> Value {
    let span = problem.span.clone().unwrap_or_else(|| 0..text.line_text(0).trim_end().len());
    let range = to_range(text.range(span, encoding));
    json!({ "range": range, "severity": 2, "source": "longsight", "message": problem.message })
}
