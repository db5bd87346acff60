//! `longsight models`: the model catalogue: size, hash, licence, source. The only command that downloads.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::screen::{self, say, tell};
use super::{CliResult, Common};
use crate::models::{self, Model, Progress, Sources};
use crate::workspace::uri;

/// The arguments of `longsight models`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with models.
#[derive(clap::Subcommand, Debug)]
pub enum Action {
    /// List the catalogue.
    List,
    /// Download a model, verify its hash, move it into place.
    Pull { name: String },
    /// Print the path of a model's file.
    Path { name: String },
    /// Print a configuration for a common combination of models: local, scout, scout+deepseek, ollama, vllm, sglang, llama-rpc.
    Profile {
        name: String,
        /// Write it as the user's configuration, if there is none yet.
        #[arg(long)]
        write: bool,
    },
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    match &arguments.action {
        Action::List => list(common.json),
        Action::Pull { name } => pull(name, common.json),
        Action::Path { name } => path(name, common.json),
        Action::Profile { name, write } => profile(common, name, *write),
    }
}

fn list(as_json: bool) -> CliResult {
    let catalogue = models::catalogue();
    if as_json {
        let entries: Vec<Value> = catalogue.iter().map(entry).collect();
        screen::print_json(&json!({ "models": entries }));
        return Ok(());
    }
    for model in &catalogue {
        let state = models::locate(&model.name).map_or_else(|_| "not here".into(), |path| format!("at {}", path.display()));
        say!("{} - {} ({state})", model.name, model.title);
        say!("    {}", model.about);
        let files: Vec<_> = model.files.iter().map(|file| format!("{} {}", file.quantisation, models::size(file.bytes))).collect();
        say!("    sizes: {}", files.join(", "));
        say!("    licence: {}: {}", model.licence.name, model.licence.asks);
        match model.pullable() {
            Some(_) => say!("    get it: longsight models pull {}", model.name),
            None => say!("    get it: from {}{}", model.hub.as_deref().unwrap_or("its publisher"), through_ollama(model)),
        }
    }
    Ok(())
}

fn through_ollama(model: &Model) -> String {
    model.ollama.as_deref().map(|name| format!(", or through Ollama as {name}")).unwrap_or_default()
}

/// A catalogue entry with the place of its file, if it is there.
fn entry(model: &Model) -> Value {
    let mut entry = json!(model);
    entry["pullable"] = json!(model.pullable().is_some());
    if let Ok(path) = models::locate(&model.name) {
        entry["path"] = json!(uri::written(&path));
    }
    entry
}

fn pull(name: &str, as_json: bool) -> CliResult {
    let sources = Sources::from_environment().map_err(|error| error.to_string())?;
    if let Some(model) = models::find(name)
        && model.pullable().is_some()
        && !as_json
    {
        tell!("{} is under the {} licence: {}", model.title, model.licence.name, model.licence.asks);
    }
    let mut bar = Bar::new();
    let pulled = models::pull(name, &sources, &mut |progress| bar.show(&progress));
    bar.end();
    let path = pulled.map_err(|error| error.to_string())?;
    if as_json {
        screen::print_json(&json!({ "name": name, "path": uri::written(&path) }));
    } else {
        screen::print(&format!("{}\n", path.display()));
    }
    Ok(())
}

fn path(name: &str, as_json: bool) -> CliResult {
    let path = models::locate(name).map_err(|error| error.to_string())?;
    if as_json {
        screen::print_json(&json!({ "name": name, "path": uri::written(&path) }));
    } else {
        screen::print(&format!("{}\n", path.display()));
    }
    Ok(())
}

fn profile(common: &Common, name: &str, write: bool) -> CliResult {
    let text = models::profile(name).map_err(|error| error.to_string())?;
    if !write {
        match common.json {
            true => screen::print_json(&json!({ "name": name, "configuration": text })),
            false => screen::print(text),
        }
        return Ok(());
    }
    let path = common.config.clone().or_else(crate::config::default_path).ok_or("no place for a configuration: set HOME")?;
    models::install(name, &path).map_err(|error| error.to_string())?;
    match common.json {
        true => screen::print_json(&json!({ "name": name, "path": uri::written(&path) })),
        false => say!("{} written; `longsight doctor` says whether it fits this machine", path.display()),
    }
    Ok(())
}

/// A progress bar on standard error: redrawn on a terminal, otherwise a line for every tenth.
struct Bar {
    terminal: bool,
    drawn: Option<Instant>,
    open: bool,
    stage: String,
    tenth: u64,
}

impl Bar {
    fn new() -> Self {
        Self { terminal: screen::can_redraw(), drawn: None, open: false, stage: String::new(), tenth: 0 }
    }

    fn show(&mut self, progress: &Progress) {
        if progress.total == 0 {
            self.end();
            tell!("{}", progress.stage);
            return;
        }
        let fresh = self.stage != progress.stage;
        if fresh {
            self.end();
            self.stage.clone_from(&progress.stage);
            self.tenth = 0;
        }
        let complete = progress.done >= progress.total;
        if !self.terminal {
            let tenth = progress.done * 10 / progress.total;
            // Hashing takes a second; only a download deserves lines in a log.
            if progress.stage != "verify" && (fresh || tenth > self.tenth) {
                self.tenth = tenth;
                tell!("{}", line(progress));
            }
            return;
        }
        if !fresh && !complete && self.drawn.is_some_and(|drawn| drawn.elapsed() < Duration::from_millis(100)) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.open = true;
        screen::redraw(&line(progress));
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            tell!("");
        }
    }
}

fn line(progress: &Progress) -> String {
    let filled = (progress.done * 30 / progress.total.max(1)).min(30) as usize;
    let (full, empty) = ("#".repeat(filled), "-".repeat(30 - filled));
    format!("{:>9} [{full}{empty}] {} of {}", progress.stage, models::size(progress.done), models::size(progress.total))
}
