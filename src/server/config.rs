//! The user's configuration while the server runs. It is read at startup and again when the file changes. Its problems are shown in a
//! message whenever they change, and in the file itself if that is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{MessageType, Url};

use super::convert::to_range;
use super::{Server, trust};
use crate::config::{self, Config, Places, Problem};
use crate::engine;
use crate::engine::check::Finding;
use crate::models::{self, Machine};
use crate::text::{Encoding, Text};
use crate::workspace::Roots;
use crate::workspace::fs::Stamp;
use crate::workspace::rules::{self, PROJECT_FILE};

/// How often the file is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// The user's configuration file.
pub fn path(server: &Server) -> Option<PathBuf> {
    server.options.config.clone().or_else(config::default_path)
}

/// Reads the file and keeps its valid parts. Returns the problems, for [`tell`].
pub fn load(server: &Server) -> Vec<Problem> {
    read(server, None)
}

/// Reads the file again. If it has changed, tells the user what is wrong in it and informs the features. An entry that has become
/// unreadable while the user edits the file keeps its earlier value.
pub fn reload(server: &Server) {
    let before = server.with(|state| (state.config.clone(), state.config_problems.clone()));
    let problems = read(server, Some(&before.0));
    if before != server.with(|state| (state.config.clone(), state.config_problems.clone())) {
        show_problems(server, &problems);
        super::folders::refresh_soon(server);
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

/// Shows problems in one message.
pub fn show_problems(server: &Server, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    server.client.show(MessageType::WARNING, &format!("longsight's configuration: {}", lines.join("\n")));
}

/// Reports what is wrong with the projects' own files, if that has changed. Reads files.
pub fn tell_projects(server: &Server, roots: &Roots) {
    let problems: Vec<Problem> = roots.iter().flat_map(|root| rules::project(root).1).collect();
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    if server.with(|state| std::mem::replace(&mut state.project_problems, lines.clone()) != lines) && !lines.is_empty() {
        server.client.show(MessageType::WARNING, &format!("longsight: {}", lines.join("\n")));
    }
}

/// Checks the file, and the files that steer tools in the open folders, for as long as the server runs.
pub async fn watch(server: Server) {
    let mut known: Option<Seen> = None;
    loop {
        let (this, before) = (server.clone(), known.clone());
        // A check that failed changes nothing.
        if let Ok(now) = tokio::task::spawn_blocking(move || look(&this, before)).await {
            known = Some(now);
        }
        // When the user withdraws trust, requests in flight to a model are soon aborted as well.
        tokio::time::sleep(CHECK_INTERVAL / 2).await;
        let this = server.clone();
        let _ = tokio::task::spawn_blocking(move || trust::pick_up_decision(&this)).await;
        tokio::time::sleep(CHECK_INTERVAL / 2).await;
    }
}

/// What a check has found.
#[derive(Clone)]
struct Seen {
    /// The file's current stamp, and its stamp when it was last read.
    file: Option<Stamp>,
    taken: Option<Stamp>,
    fingerprints: Vec<Option<String>>,
}

/// Takes over what has changed: the file, and the files that steer tools, separately. An empty or missing file may just be in the middle of
/// being saved, and for that moment would mean that nothing is set, not even what keeps code on this machine. So it counts only if the next
/// check finds the same.
fn look(server: &Server, before: Option<Seen>) -> Seen {
    let file = path(server).as_deref().and_then(stamp);
    let fingerprints = trust::fingerprints(server);
    let Some(before) = before else { return Seen { file, taken: file, fingerprints } };
    let is_blank = file.is_none_or(|stamp| stamp.bytes == 0);
    let is_settled = !is_blank || file == before.file;
    let taken = if is_settled { file } else { before.taken };
    if taken != before.taken {
        reload(server);
    }
    if fingerprints != before.fingerprints {
        super::folders::refresh_soon(server);
    }
    Seen { file, taken, fingerprints }
}

fn stamp(path: &Path) -> Option<Stamp> {
    Some(Stamp::of(&std::fs::metadata(path).ok()?))
}

/// Publishes the problems in an open configuration file (the user's or a project's) while it is being edited; ignores other documents. Runs
/// in the background, because it reads model files and queries the GPU.
pub fn check(server: &Server, uri: &Url) {
    let Ok(file) = uri.to_file_path() else { return };
    let users = path(server).is_some_and(|path| path == file);
    if !users && !file.ends_with(PROJECT_FILE) {
        return;
    }
    let (server, uri) = (server.clone(), uri.clone());
    server.clone().workers.spawn_blocking_detached(move || {
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
        // If the user has typed in the meantime, the new text gets a check of its own.
        if open(&server).is_some_and(|(newest, _)| newest.version == document.version) {
            let shown: Vec<Value> = problems.iter().map(|problem| diagnostic(problem, &document.text, encoding)).collect();
            server.client.notify("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": shown }));
        }
    });
}

/// Problems of the engines beyond misspelt settings: missing files, models that do not fit.
fn found(path: &Path, text: &str, config: &Config) -> Vec<Problem> {
    // Memory that programs happen to use right now is no reason to mark a line; and querying the GPU takes a while.
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
