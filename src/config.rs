//! The user's configuration: `$XDG_CONFIG_HOME/longsight/config.toml`, and what a project may narrow (`.longsight.toml`).
//! A wrong entry is named and skipped, the rest applies. Keys and endpoints never come from a project.

mod check;
mod folders;
mod places;
mod project;
mod settings;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub use check::{KINDS, SECTIONS};
use check::{Wrong, check_engines, check_keys, check_roles, unknown};
pub use folders::{cache_dir, default_path, state_dir};
pub use places::Places;
pub use project::{Project, parse_project};
pub use settings::{Completion, Config, Context, DEFAULT_ENGINE, DEFAULT_MODEL, EngineConfig, Policy, Roles, Trust};

/// Something wrong with a configuration file, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// 1-based; 0 when the whole file is meant.
    pub line: usize,
    /// The bytes of the key or value that is meant.
    pub span: Option<Range<usize>>,
    pub message: String,
}

impl Problem {
    /// A problem of the file with this text, at a place in it or with all of it.
    pub fn at(file: &Path, text: &str, span: Option<Range<usize>>, message: String) -> Self {
        let line = span.as_ref().map_or(0, |span| text.as_bytes()[..span.start.min(text.len())].split(|byte| *byte == b'\n').count());
        Self { file: file.into(), line, span, message }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.message),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.message),
        }
    }
}

/// Reads the user's file. No file is no problem; a broken one is reported and the defaults stand in for what is broken.
pub fn load(path: &Path) -> (Config, Vec<Problem>) {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Config::default(), vec![]),
        Err(error) => {
            let message = format!("cannot be read ({error}); the defaults are in use");
            (Config::default(), vec![Problem::at(path, "", None, message)])
        }
    }
}

/// Reads configuration text; `path` is for messages.
pub fn parse(path: &Path, text: &str) -> (Config, Vec<Problem>) {
    let problem = |span: Option<Range<usize>>, message: String| Problem::at(path, text, span, message);
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let message = format!("is not valid TOML ({}); the defaults are in use", error.message());
            return (Config::default(), vec![problem(error.span(), message)]);
        }
    };
    let places = Places::of(text);
    let mut problems = vec![];
    let mut complain = |at: &[&str], wrong: Wrong, message: String| {
        let span = if wrong == Wrong::Key { places.key(at) } else { places.value(at) };
        problems.push(problem(span, message));
    };
    let mut good = toml::Table::new();
    let mut named = vec![];
    for (section, value) in table {
        let Some(known) = SECTIONS.iter().find(|known| known.0 == section) else {
            complain(&[&section], Wrong::Key, unknown(&section, SECTIONS.iter().map(|known| known.0)));
            continue;
        };
        let toml::Value::Table(entries) = value else {
            complain(&[&section], Wrong::Key, format!("`{section}` must be a table, `[{section}]`"));
            continue;
        };
        let checked = match section.as_str() {
            "engines" => {
                named.extend(entries.keys().cloned());
                check_engines(entries, known.1, &mut complain)
            }
            _ => check_keys(&[&section], entries, known.1, &mut complain),
        };
        good.insert(section, toml::Value::Table(checked));
    }
    let config = match good.try_into() {
        Ok(config) => config,
        Err(error) => {
            complain(&[], Wrong::Key, error.message().to_string());
            Config::default()
        }
    };
    check_roles(&config, &named, &mut complain);
    problems.sort_by_key(|problem| problem.line);
    (config, problems)
}
