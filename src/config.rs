//! The user's configuration: `$XDG_CONFIG_HOME/longsight/config.toml`, and what a project may narrow (`.longsight.toml`).
//! A wrong entry is named and skipped, the rest applies. Keys and endpoints never come from a project.

mod places;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use places::Places;

/// Everything that can be set. Defaults are those of no file at all: both roles on the embedded default model.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Config {
    pub roles: Roles,
    pub engines: BTreeMap<String, EngineConfig>,
    pub completion: Completion,
    pub context: Context,
    pub route: Policy,
    pub trust: Trust,
}

/// Which engine serves which role, by its name under `[engines]`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Roles {
    pub scout: String,
    pub coder: String,
}

impl Default for Roles {
    fn default() -> Self {
        Self { scout: DEFAULT_ENGINE.into(), coder: DEFAULT_ENGINE.into() }
    }
}

/// The engine that exists without configuration.
pub const DEFAULT_ENGINE: &str = "local";

/// The catalogue name of the default model.
pub const DEFAULT_MODEL: &str = "qwen2.5-coder-0.5b";

/// One engine: where it is and how it is spoken to.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct EngineConfig {
    /// `llama`, `openai`, `deepseek` or `ollama`.
    pub kind: String,
    /// A catalogue name, a path to a `.gguf`, or the name the server knows.
    pub model: String,
    pub base_url: Option<String>,
    /// `native`, `deepseek-v3.2`, `llama-4` or `hermes`; chosen from the model when not given.
    pub dialect: Option<String>,
    /// Tokens.
    pub context: Option<u32>,
    /// Where a key comes from is written down nowhere.
    #[serde(skip_serializing)]
    pub api_key_env: Option<String>,
    #[serde(skip_serializing)]
    pub api_key_command: Option<Vec<String>>,
    /// The name under which the system's keyring holds the key.
    pub api_key_keyring: Option<String>,
    /// llama only: threads, layers on the GPU, experts on the CPU, KV cache type (`f16`, `q8_0`, `q4_0`).
    pub threads: Option<u32>,
    pub gpu_layers: Option<u32>,
    pub cpu_moe: Option<bool>,
    pub n_cpu_moe: Option<u32>,
    pub kv_type: Option<String>,
    /// llama only: most MiB on disk for the KV caches of long prompts, which outlive the engine process; 0 saves none.
    pub saved_kv_mb: Option<u32>,
    /// Per-request thinking mode, where the model has one.
    pub thinking: Option<bool>,
    /// What a million tokens cost, read and written, in whatever currency: for estimates.
    pub price_in: Option<f64>,
    pub price_out: Option<f64>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            kind: "llama".into(),
            model: DEFAULT_MODEL.into(),
            base_url: None,
            dialect: None,
            context: None,
            api_key_env: None,
            api_key_command: None,
            api_key_keyring: None,
            threads: None,
            gpu_layers: None,
            cpu_moe: None,
            n_cpu_moe: None,
            kv_type: None,
            saved_kv_mb: None,
            thinking: None,
            price_in: None,
            price_out: None,
        }
    }
}

/// Inline completion.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Completion {
    /// Offer while typing. Off: only when invoked.
    pub automatic: bool,
    /// Most tokens of one suggestion.
    pub max_tokens: u32,
    /// Offer inside comments and strings.
    pub in_comments: bool,
    /// A warm automatic completion should start to show within this many milliseconds; context shrinks to meet it.
    pub latency_ms: u32,
}

impl Default for Completion {
    fn default() -> Self {
        Self { automatic: true, max_tokens: 128, in_comments: true, latency_ms: 600 }
    }
}

/// How many tokens of the workspace are put around what is asked.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Context {
    pub completion_tokens: u32,
    pub explain_tokens: u32,
    pub ask_tokens: u32,
    pub edit_tokens: u32,
}

impl Default for Context {
    fn default() -> Self {
        Self { completion_tokens: 1024, explain_tokens: 1024, ask_tokens: 3072, edit_tokens: 1024 }
    }
}

/// Thresholds of the routing policy.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Policy {
    /// Never send anything to another machine.
    pub local_only: bool,
    /// Let hard automatic completions go to the coder.
    pub auto_coder: bool,
    /// Mean log-probability below which a first-pass completion counts as unsure.
    pub min_confidence: f64,
    /// Context window in tokens from which on a model edits step by step with tools; below it fills one form with one call.
    pub agent_context: u32,
    /// Let the scout hand a question to the coder.
    pub escalate: bool,
    /// Code that uses the definitions of more other files than this is hard.
    pub many_files: u32,
    /// A selection of more lines than this is hard.
    pub many_lines: u32,
}

impl Default for Policy {
    fn default() -> Self {
        let (local_only, auto_coder, escalate) = (false, false, true);
        Self { local_only, auto_coder, min_confidence: -1.5, agent_context: 16_384, escalate, many_files: 6, many_lines: 120 }
    }
}

/// Whom longsight believes about folders.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
pub struct Trust {
    /// Ask about each folder before anything but local completion happens in it, where the editor does not ask itself.
    pub ask: bool,
}

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

/// Where the user's configuration lies when `--config` does not say.
pub fn default_path() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("longsight/config.toml"))
}

/// Where models, the index and streamed answers are kept: `$XDG_CACHE_HOME/longsight`.
pub fn cache_dir() -> Option<PathBuf> {
    base("XDG_CACHE_HOME", ".cache").map(|folder| folder.join("longsight"))
}

/// Where the records of what was sent and the user's word on folders are kept: `$XDG_STATE_HOME/longsight`.
pub fn state_dir() -> Option<PathBuf> {
    base("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("longsight"))
}

fn base(variable: &str, under_home: &str) -> Option<PathBuf> {
    let absolute = |value: std::ffi::OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    std::env::var_os(variable).and_then(absolute).or_else(|| {
        let home = std::env::var_os("HOME").and_then(absolute)?;
        Some(home.join(under_home))
    })
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

/// Every setting: section and keys, as the README table and the editors list them.
pub const SECTIONS: &[(&str, &[&str])] = &[
    ("roles", &["scout", "coder"]),
    (
        "engines",
        &[
            "kind",
            "model",
            "base_url",
            "dialect",
            "context",
            "api_key_env",
            "api_key_command",
            "api_key_keyring",
            "threads",
            "gpu_layers",
            "cpu_moe",
            "n_cpu_moe",
            "kv_type",
            "saved_kv_mb",
            "thinking",
            "price_in",
            "price_out",
        ],
    ),
    ("completion", &["automatic", "max_tokens", "in_comments", "latency_ms"]),
    ("context", &["completion_tokens", "explain_tokens", "ask_tokens", "edit_tokens"]),
    ("route", &["local_only", "auto_coder", "min_confidence", "agent_context", "escalate", "many_files", "many_lines"]),
    ("trust", &["ask"]),
];

/// Whether a problem is with a key or with its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Key,
    Value,
}

type Complain<'a> = &'a mut dyn FnMut(&[&str], Wrong, String);

/// Keeps the known, well-typed keys of the table at `path` and complains of the others.
fn check_keys(path: &[&str], entries: toml::Table, known: &[&str], complain: Complain<'_>) -> toml::Table {
    let mut good = toml::Table::new();
    for (key, value) in entries {
        let here: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        if !known.contains(&key.as_str()) {
            complain(&here, Wrong::Key, unknown(&key, known.iter().copied()));
            continue;
        }
        if let Err(error) = try_one(path[0], &key, &value) {
            complain(&here, Wrong::Value, format!("`{}`: {error}; the default is in use", here.join(".")));
            continue;
        }
        good.insert(key, value);
    }
    good
}

/// Whether one key alone has the right type, and a value that can be meant.
fn try_one(section: &str, key: &str, value: &toml::Value) -> Result<(), String> {
    let alone = toml::Table::from_iter([(key.to_string(), value.clone())]);
    let tried = match section {
        "roles" => alone.try_into::<Roles>().map(drop),
        "completion" => alone.try_into::<Completion>().map(drop),
        "context" => alone.try_into::<Context>().map(drop),
        "route" => alone.try_into::<Policy>().map(drop),
        "trust" => alone.try_into::<Trust>().map(drop),
        _ => alone.try_into::<EngineConfig>().map(drop),
    };
    tried.map_err(|error| error.message().to_string())?;
    let number = value.as_float().or(value.as_integer().map(|number| number as f64));
    match (section, key, number) {
        ("route", "min_confidence", Some(mean)) if mean.is_nan() || mean > 0.0 => {
            Err("it is the logarithm of a probability, which is 0 or less".into())
        }
        (_, _, Some(number)) => match RANGES.iter().find(|range| (range.0, range.1) == (section, key)) {
            Some((_, _, least, most)) if !(*least..=*most).contains(&number) => Err(format!("it must lie between {least} and {most}")),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What numbers can be meant, where not every number of the type can.
const RANGES: &[(&str, &str, f64, f64)] = &[
    ("engines", "context", 256.0, 1e8),
    ("engines", "threads", 1.0, 4096.0),
    ("engines", "price_in", 0.0, 1e9),
    ("engines", "price_out", 0.0, 1e9),
    ("completion", "max_tokens", 1.0, 16_384.0),
    ("completion", "latency_ms", 1.0, 600_000.0),
    ("context", "completion_tokens", 0.0, 1e7),
    ("context", "explain_tokens", 0.0, 1e7),
    ("context", "ask_tokens", 0.0, 1e7),
    ("context", "edit_tokens", 0.0, 1e7),
];

fn check_engines(entries: toml::Table, known: &[&str], complain: Complain<'_>) -> toml::Table {
    let mut good = toml::Table::new();
    for (name, value) in entries {
        let here = ["engines", name.as_str()];
        let toml::Value::Table(engine) = value else {
            complain(&here, Wrong::Key, format!("`engines.{name}` must be a table, `[engines.{name}]`"));
            continue;
        };
        let engine = check_keys(&here, engine, known, complain);
        let kind = engine.get("kind").and_then(|kind| kind.as_str()).unwrap_or("llama");
        if !KINDS.contains(&kind) {
            let meant =
                nearest(&kind.to_lowercase(), KINDS.iter().copied()).map_or(String::new(), |meant| format!("; did you mean \"{meant}\"?"));
            let message = format!("`engines.{name}.kind` is \"{kind}\"; it must be one of {}{meant}", KINDS.join(", "));
            complain(&["engines", &name, "kind"], Wrong::Value, message);
            continue;
        }
        if kind == "openai" && !engine.contains_key("base_url") {
            complain(&here, Wrong::Key, format!("`engines.{name}` needs a `base_url`, e.g. \"http://127.0.0.1:8000/v1\""));
            continue;
        }
        check_company(&name, kind, &engine, complain);
        good.insert(name, toml::Value::Table(engine));
    }
    good
}

/// Complains of settings that change nothing beside the others of an engine.
fn check_company(name: &str, kind: &str, engine: &toml::Table, complain: Complain<'_>) {
    for key in OF_LLAMA.iter().filter(|key| kind != "llama" && engine.contains_key(**key)) {
        let message = format!("`engines.{name}.{key}` is for `kind = \"llama\"` and changes nothing for \"{kind}\"; take it out");
        complain(&["engines", name, key], Wrong::Key, message);
    }
    let keys: Vec<&&str> = KEYS.iter().filter(|key| engine.contains_key(**key)).collect();
    if let [first, second, ..] = keys[..] {
        let message = format!("`engines.{name}` names its key twice: `{first}` is used, `{second}` is not; take one of them out");
        complain(&["engines", name, second], Wrong::Key, message);
    }
}

/// Settings of models in the engine process.
const OF_LLAMA: &[&str] = &["threads", "gpu_layers", "cpu_moe", "n_cpu_moe", "kv_type", "saved_kv_mb"];
/// Where a key comes from, in the order in which they are looked at.
const KEYS: &[&str] = &["api_key_env", "api_key_command", "api_key_keyring"];

/// The engine kinds of `[engines.NAME] kind`.
pub const KINDS: &[&str] = &["llama", "openai", "deepseek", "ollama"];

/// `named` are all engines that the file speaks of: what is wrong with one of them is said of it, once.
fn check_roles(config: &Config, named: &[String], complain: Complain<'_>) {
    for (role, engine) in [("scout", &config.roles.scout), ("coder", &config.roles.coder)] {
        if engine != DEFAULT_ENGINE && !named.contains(engine) {
            let known: Vec<_> = config.engines.keys().map(String::as_str).chain([DEFAULT_ENGINE]).collect();
            let message = format!("`roles.{role}` names the engine \"{engine}\", which is not set up; there is {}", known.join(", "));
            complain(&["roles", role], Wrong::Value, message);
        }
    }
}

fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(key, known) {
        Some(name) => format!("`{key}` is not a setting; did you mean `{name}`?"),
        None => format!("`{key}` is not a setting; the README lists them all"),
    }
}

/// The known word that a misspelt one is nearest to.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.map(|name| (distance(word, name), name)).min().filter(|(near, _)| *near <= 2).map(|(_, name)| name)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left_above = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (left_above + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            left_above = above;
        }
    }
    row[b.len()]
}

/// What a project may set in `.longsight.toml`: it narrows, never widens.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct Project {
    pub local_only: bool,
    /// Globs in `.gitignore` syntax that never enter the index or a prompt.
    pub ignore: Vec<String>,
}

/// Reads a project's file. Anything but the two narrowing keys is reported and ignored.
pub fn parse_project(path: &Path, text: &str) -> (Project, Vec<Problem>) {
    let whole = |message: String| vec![Problem::at(path, text, None, message)];
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // An unreadable narrowing must not widen: nothing leaves the machine until it can be read.
        Err(_) => {
            let message = "is not valid TOML; until it is, nothing of this project is sent to another machine".to_string();
            return (Project { local_only: true, ignore: vec![] }, whole(message));
        }
    };
    let mut problems = vec![];
    let mut project = Project::default();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("local_only", toml::Value::Boolean(on)) => project.local_only = on,
            ("ignore", toml::Value::Array(globs)) => {
                project.ignore = globs.iter().filter_map(|glob| glob.as_str().map(String::from)).collect();
                let others = globs.iter().filter(|glob| !glob.is_str());
                problems.extend(others.flat_map(|other| whole(format!("`ignore` holds `{other}`, which is no text and ignores nothing"))));
            }
            // As with a file that cannot be read: what was meant to narrow narrows.
            ("local_only", _) => {
                project.local_only = true;
                problems.extend(whole("`local_only` must be true or false; until it is, nothing is sent to another machine".into()));
            }
            ("ignore", toml::Value::String(glob)) => {
                problems.extend(whole(format!("`ignore` must be a list: `ignore = [\"{glob}\"]`, and is taken as that")));
                project.ignore = vec![glob];
            }
            ("ignore", _) => problems.extend(whole("`ignore` must be a list of texts".into())),
            _ => problems.extend(whole(format!("`{key}` is ignored: a project may only set `local_only` and `ignore`"))),
        }
    }
    (project, problems)
}
