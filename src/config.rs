//! The user's configuration, `$XDG_CONFIG_HOME/longsight/config.toml`, and what a project may narrow (`.longsight.toml`). A wrong entry is
//! reported and skipped, the rest applies. Keys and endpoints never come from a project.

mod check;
mod folders;
mod kv_type;
mod places;
mod project;
mod settings;
mod switches;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub use check::SECTIONS;
use check::{Wrong, check_engines, check_keys, check_roles, unknown};
pub use folders::{cache_dir, default_path, state_dir};
pub use kv_type::KvType;
pub use places::Places;
pub use project::{Project, parse_project};
pub use settings::{
    Completion, Config, Context, DEFAULT_CONTEXT, DEFAULT_ENGINE, DEFAULT_MODEL, EngineConfig, EngineKind, Policy, Roles, Trust,
};
use switches::Switch;

use crate::records;

/// A problem in a configuration file, worded for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// 1-based line; 0 means the whole file.
    pub line: usize,
    /// The bytes of the key or value concerned.
    pub span: Option<Range<usize>>,
    pub message: String,
}

impl Problem {
    /// A problem in a file with this text, at a place or with the whole.
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

/// Reads the user's file. No file is fine; broken parts are reported and replaced by defaults.
pub fn load(path: &Path) -> (Config, Vec<Problem>) {
    reload(path, None)
}

/// Reads the user's file again; if nothing in it is readable, `before` stays.
pub fn reload(path: &Path, before: Option<&Config>) -> (Config, Vec<Problem>) {
    match records::read_regular(path) {
        Ok(text) => parse_again(path, &text, before),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Config::default(), vec![]),
        Err(error) => {
            let problem = |meanwhile: &str| Problem::at(path, "", None, format!("cannot be read ({error}); {meanwhile}"));
            unreadable(before, switches::all(), problem)
        }
    }
}

/// Reads a configuration's text; `path` is for messages.
pub fn parse(path: &Path, text: &str) -> (Config, Vec<Problem>) {
    parse_again(path, text, None)
}

/// The configuration for an unreadable file: the one before, or else the defaults, with the switches that the file was to turn on.
fn unreadable(before: Option<&Config>, switches: Vec<Switch>, problem: impl Fn(&str) -> Problem) -> (Config, Vec<Problem>) {
    let stays = if before.is_some() { "what was set before stays in use" } else { "the defaults are in use" };
    let mut config = before.cloned().unwrap_or_default();
    let mut words = vec![stays];
    for switch in switches {
        switch.turn_on(&mut config);
        if !words.contains(&switch.meanwhile()) {
            words.push(switch.meanwhile());
        }
    }
    (config, vec![problem(&words.join("; "))])
}

/// Reads a configuration's text that replaces `before`.
pub fn parse_again(path: &Path, text: &str, before: Option<&Config>) -> (Config, Vec<Problem>) {
    let problem = |span: Option<Range<usize>>, message: String| Problem::at(path, text, span, message);
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let why = if is_bare_word(text, error.span()) { "a text stands in quotes" } else { error.message() };
            let broken = |meanwhile: &str| problem(error.span(), format!("is not valid TOML ({why}); {meanwhile}"));
            return unreadable(before, switches::spoken_of(text), broken);
        }
    };
    let doubtful = switches::in_doubt(&table);
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
            let message = unknown(&section, SECTIONS.iter().map(|known| known.0));
            complain(&[&section], Wrong::Key, message + &meanwhile(&section, value));
            continue;
        };
        let toml::Value::Table(entries) = value else {
            let message = format!("`{section}` must be a table, `[{section}]`");
            complain(&[&section], Wrong::Key, message + &meanwhile(&section, value));
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
    let mut config: Config = match good.try_into() {
        Ok(config) => config,
        Err(error) => {
            complain(&[], Wrong::Key, error.message().to_string());
            Config::default()
        }
    };
    doubtful.into_iter().for_each(|switch| switch.turn_on(&mut config));
    check_roles(&config, &named, &mut complain);
    problems.sort_by_key(|problem| problem.line);
    (config, problems)
}

/// Whether a bare word stands in place of a value.
fn is_bare_word(text: &str, at: Option<Range<usize>>) -> bool {
    let Some(at) = at.map(|at| text.floor_char_boundary(at.start)) else { return false };
    let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..];
    let value = line.lines().next().and_then(|line| line.split_once('=')).map_or("", |(_, value)| value.trim_start());
    value.starts_with(|letter: char| letter.is_alphabetic() || matches!(letter, '/' | '~' | '.'))
}

/// What holds because of the switches that were meant in an invalid section.
fn meanwhile(section: &str, value: toml::Value) -> String {
    let mut words: Vec<&str> =
        switches::in_doubt(&toml::Table::from_iter([(section.to_string(), value)])).iter().map(|one| one.meanwhile()).collect();
    words.dedup();
    words.iter().map(|words| format!("; {words}")).collect()
}
