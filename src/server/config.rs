//! The user's configuration while the server runs: read at the start, read again when the file changes, and its problems shown: once
//! in a message, and in the file itself where it is open.

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

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Where the user's file lies.
pub fn path(server: &Server) -> Option<PathBuf> {
    server.options.config.clone().or_else(config::default_path)
}

/// Reads the file and keeps what is right in it. The problems are for [`tell`].
pub fn load(server: &Server) -> Vec<Problem> {
    let Some(path) = path(server) else { return vec![] };
    let (config, problems) = config::load(&path);
    server.with(|state| state.config = Arc::new(config));
    problems
}

/// Reads the file again, tells what is wrong with it and lets the agent know.
pub fn reload(server: &Server) {
    let problems = load(server);
    tell(server, &problems);
    super::initialize::workspace_changed(server);
}

/// Shows problems to the person, in one message.
pub fn tell(server: &Server, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    server.client.show(2, &format!("longsight's configuration: {}", lines.join("\n")));
}

/// Looks at the file, and at what steers tools in the open folders, for as long as the server runs, and takes over what changed.
pub async fn watch(server: Server) {
    let path = path(&server);
    let mut known = path.as_deref().and_then(stamp);
    let mut steering = trust::steering(&server);
    loop {
        tokio::time::sleep(EVERY).await;
        let now = path.as_deref().and_then(stamp);
        let steers = trust::steering(&server);
        if now != known {
            reload(&server);
        } else if steers != steering {
            super::initialize::workspace_changed(&server);
        }
        (known, steering) = (now, steers);
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// Publishes the problems of the configuration file's buffer, as it is typed. Other documents are none of our business.
pub fn check(server: &Server, uri: &Url) {
    let file = uri.to_file_path().ok().zip(path(server)).filter(|(open, ours)| open == ours);
    let Some((path, _)) = file else { return };
    let open = server.with(|state| state.document(uri).map(|open| (open.document.text.clone(), state.editor.encoding)));
    let Some((text, encoding)) = open else { return };
    let whole = text.to_string();
    let (config, mut problems) = config::parse(&path, &whole);
    problems.extend(found(&path, &whole, &config));
    let shown: Vec<Value> = problems.iter().map(|problem| diagnostic(problem, &text, encoding)).collect();
    server.client.notify("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": shown }));
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
