//! `longsight doctor`: checks the setup: configuration, engines, models, memory, licences, languages, the workspace, editors. Changes
//! nothing but the index cache, and asks only configured endpoints.

mod editors;
mod engines;
pub mod languages;
mod workspace;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::screen::{self, say};
use super::{CliResult, Common};
use crate::config::{self, Config, Problem};
use crate::models;
use crate::syntax::Registry;

/// The arguments of `longsight doctor`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Compute what fits a machine with this many GB of memory, instead of this one.
    #[arg(long, value_name = "GB", value_parser = gigabytes)]
    pub ram: Option<f64>,
    /// The same for the memory of its GPUs.
    #[arg(long, value_name = "GB", value_parser = gigabytes)]
    pub vram: Option<f64>,
}

fn gigabytes(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "this must be a number of GB, e.g. 80".into())
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub name: String,
    pub status: Status,
    pub detail: String,
    /// What to do about it; empty if there is nothing to do.
    pub fix: String,
}

/// How serious a check's result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    /// Worth knowing.
    Info,
    Warning,
    Error,
}

impl Check {
    fn new(status: Status, name: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name: name.into(), status, detail: detail.into(), fix: fix.into() }
    }

    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Status::Ok, name, detail, "")
    }
}

/// Runs the command.
pub fn run(common: &Common, arguments: &Arguments) -> CliResult {
    let path = super::setup::config_path(common)?;
    let (config, mut checks) = configuration(path);
    checks.extend(roles(&config));
    checks.extend(engines::checks(&config, &engines::Judged::new(arguments)));
    checks.push(cache());
    checks.extend(languages::checks(&Registry::new()));
    checks.extend(workspace::checks(common));
    checks.extend(editors::checks());
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let counted = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let (errors, warnings) = (count(Status::Error), count(Status::Warning));
    if common.json {
        screen::print_json(&json!({ "checks": checks }));
        return Ok(());
    }
    for check in &checks {
        let sign = match check.status {
            Status::Ok => "ok     ",
            Status::Info => "info   ",
            Status::Warning => "warning",
            Status::Error => "ERROR  ",
        };
        say!("{sign} {}: {}", check.name, check.detail);
        if !check.fix.is_empty() {
            say!("        -> {}", check.fix);
        }
    }
    match (errors, warnings) {
        (0, 0) => say!("\nall well"),
        _ => say!("\n{}, {}; the fix follows each arrow", counted(errors, "error"), counted(warnings, "warning")),
    }
    Ok(())
}

fn configuration(path: Option<PathBuf>) -> (Config, Vec<Check>) {
    let Some(path) = path else {
        let nowhere = Check::new(Status::Warning, "configuration", "no place for it: HOME is not set", "set HOME or XDG_CONFIG_HOME");
        return (Config::default(), vec![nowhere]);
    };
    if !path.exists() {
        let detail = format!("{} does not exist; both roles are served by {}", path.display(), config::DEFAULT_MODEL);
        return (Config::default(), vec![Check::ok("configuration", detail)]);
    }
    let (config, problems) = config::load(&path);
    if problems.is_empty() {
        return (config, vec![Check::ok("configuration", path.display().to_string())]);
    }
    (config, problems.iter().map(|problem| broken("configuration", problem)).collect())
}

fn broken(name: &str, problem: &Problem) -> Check {
    let place = format!("{}{}", problem.file.display(), if problem.line > 0 { format!(", line {}", problem.line) } else { String::new() });
    Check::new(Status::Error, name, problem.to_string(), format!("correct {place}"))
}

fn roles(config: &Config) -> Vec<Check> {
    [("scout", &config.roles.scout), ("coder", &config.roles.coder)]
        .into_iter()
        .map(|(role, engine)| {
            let model = config.engines.get(engine).map_or(config::DEFAULT_MODEL, |engine| engine.model.as_str());
            Check::ok(format!("role {role}"), format!("engine `{engine}`, model {model}"))
        })
        .collect()
}

fn cache() -> Check {
    let Some(folder) = config::cache_dir() else {
        return Check::new(Status::Error, "cache", "no place for it: HOME is not set", "set HOME or XDG_CACHE_HOME to an absolute path");
    };
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&probe, b"longsight"));
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => Check::ok("cache", format!("{} ({})", folder.display(), models::size(size_below(&folder)))),
        Err(error) => Check::new(
            Status::Error,
            "cache",
            format!("{} cannot be written ({error})", folder.display()),
            "correct its permissions, or set XDG_CACHE_HOME; without it models cannot be pulled and every start indexes from scratch",
        ),
    }
}

fn size_below(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size_below(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
