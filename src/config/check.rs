//! Finds the valid settings in a configuration, and reports what is wrong with the rest, suggesting the word that was probably meant.

use super::settings::{Completion, Config, Context, DEFAULT_ENGINE, DEFAULT_MODEL, EngineConfig, EngineKind, Policy, Roles, Trust};
use super::switches;

/// Every setting, by section, as listed in `docs/configuration.md` and by the editors.
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

/// Whether a key or its value is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Key,
    Value,
}

/// Takes a complaint: the path of the entry, what is wrong, and a message.
pub(super) type Complain<'a> = &'a mut dyn FnMut(&[&str], Wrong, String);

/// Keeps the known, well-typed keys of the table at `path`, and complains about the others.
pub(super) fn check_keys(path: &[&str], entries: toml::Table, known: &[&str], complain: Complain<'_>) -> toml::Table {
    let mut good = toml::Table::new();
    for (key, value) in entries {
        let here: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        let switch = switches::doubtful(&here, &value);
        if !known.contains(&key.as_str()) {
            let meanwhile = switch.map_or(String::new(), |switch| format!("; {}", switch.meanwhile()));
            complain(&here, Wrong::Key, unknown(&key, known.iter().copied()) + &meanwhile);
            continue;
        }
        if let Err(error) = try_one(path[0], &key, &value) {
            let meanwhile = switch.map_or("the default is in use", |switch| switch.meanwhile());
            complain(&here, Wrong::Value, format!("`{}`: {error}; {meanwhile}", here.join(".")));
            continue;
        }
        good.insert(key, value);
    }
    good
}

/// Whether one key has the right type and a sensible value.
fn try_one(section: &str, key: &str, value: &toml::Value) -> Result<(), String> {
    // Read as a string it would be a name that nobody gave.
    if value.is_datetime() || value.as_array().is_some_and(|all| all.iter().any(toml::Value::is_datetime)) {
        return Err("it is a date, which no setting is; put it into quotes if it is a name".into());
    }
    let alone = toml::Table::from_iter([(key.to_string(), value.clone())]);
    let tried = match section {
        "roles" => alone.try_into::<Roles>().map(drop),
        "completion" => alone.try_into::<Completion>().map(drop),
        "context" => alone.try_into::<Context>().map(drop),
        "route" => alone.try_into::<Policy>().map(drop),
        "trust" => alone.try_into::<Trust>().map(drop),
        // The possible kinds are listed together with the word that was probably meant, once for the whole engine.
        _ if key == "kind" => value.clone().try_into::<String>().map(drop),
        _ => alone.try_into::<EngineConfig>().map(drop),
    };
    tried.map_err(|error| mistyped(key, value, error.message()))?;
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

/// Why a value is refused, without the value if it may be a key: what somebody puts into the place of a key's source is often the key.
fn mistyped(key: &str, value: &toml::Value, said: &str) -> String {
    let Some((_, expected)) = said.rsplit_once("expected ").filter(|_| said.starts_with("invalid")) else {
        return if KEYS.contains(&key) { "it is not understood".into() } else { said.into() };
    };
    let wanted = match expected {
        "a sequence" if key == "api_key_command" => "a list of words, e.g. [\"pass\", \"show\", \"deepseek\"]",
        "a sequence" => "a list, e.g. [\"a\", \"b\"]",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "f32" | "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of 0 or more",
        "i32" | "i64" => "a whole number",
        other => other,
    };
    let is = match value {
        toml::Value::String(_) => "a text",
        toml::Value::Integer(_) | toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a table",
        toml::Value::Datetime(_) => "a date",
    };
    // A list may be right with a wrong word in it.
    if wanted.starts_with(is) || is == "a number" && wanted.starts_with("a whole number") {
        return format!("it must be {wanted}");
    }
    format!("it is {is}, and must be {wanted}")
}

/// Ranges of the numbers for which not every value makes sense.
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

/// Keeps the valid settings of all engines, and complains about the others.
pub(super) fn check_engines(entries: toml::Table, known: &[&str], complain: Complain<'_>) -> toml::Table {
    let mut good = toml::Table::new();
    for (name, value) in entries {
        let here = ["engines", name.as_str()];
        let toml::Value::Table(engine) = value else {
            complain(&here, Wrong::Key, format!("`engines.{name}` must be a table, `[engines.{name}]`"));
            continue;
        };
        // One that is misspelt, or of a wrong type, has a message of its own.
        let says_model = engine.keys().any(|key| is_near(key, "model"));
        let engine = check_keys(&here, engine, known, complain);
        let named = engine.get("kind").and_then(|kind| kind.as_str());
        let Some(kind) = named.map_or(Some(EngineKind::default()), EngineKind::by_name) else {
            let (named, kinds) = (named.unwrap_or_default(), EngineKind::ALL.map(EngineKind::name));
            let meant = nearest(&named.to_lowercase(), kinds.into_iter());
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean \"{meant}\"?"));
            // What is much longer than a kind may be a key.
            let is = if named.len() <= MAX_QUOTED_BYTES { format!("\"{named}\"") } else { "none that longsight knows".into() };
            let message = format!("`engines.{name}.kind` is {is}; it must be one of {}{meant}", kinds.join(", "));
            complain(&["engines", &name, "kind"], Wrong::Value, message);
            continue;
        };
        if kind == EngineKind::OpenAi && !engine.contains_key("base_url") {
            complain(&here, Wrong::Key, format!("`engines.{name}` needs a `base_url`, e.g. \"http://127.0.0.1:8000/v1\""));
            continue;
        }
        if let Some(example) = example_of_model(kind).filter(|_| !says_model) {
            let needs = format!("`engines.{name}` needs a `model`, the name by which its server knows it, e.g. \"{example}\"");
            complain(&here, Wrong::Key, format!("{needs}; until then the server is asked for \"{DEFAULT_MODEL}\""));
        }
        check_company(&name, kind, &engine, complain);
        good.insert(name, toml::Value::Table(engine));
    }
    good
}

/// A model's name as servers of a kind have them; none for our own engine process, which has a default.
fn example_of_model(kind: EngineKind) -> Option<&'static str> {
    match kind {
        EngineKind::Llama => None,
        EngineKind::OpenAi => Some("deepseek-ai/DeepSeek-V3.2"),
        EngineKind::DeepSeek => Some("deepseek-chat"),
        EngineKind::Ollama => Some("llama4:scout"),
    }
}

/// Complains about settings that have no effect next to an engine's others.
fn check_company(name: &str, kind: EngineKind, engine: &toml::Table, complain: Complain<'_>) {
    for key in OF_LLAMA.iter().filter(|key| kind != EngineKind::Llama && engine.contains_key(**key)) {
        let kind = kind.name();
        let message = format!("`engines.{name}.{key}` is for `kind = \"llama\"` and changes nothing for \"{kind}\"; remove it");
        complain(&["engines", name, key], Wrong::Key, message);
    }
    let keys: Vec<&&str> = KEYS.iter().filter(|key| engine.contains_key(**key)).collect();
    if let [first, second, ..] = keys[..] {
        let message = format!("`engines.{name}` names its key twice: `{first}` is used, `{second}` is not; remove one of them");
        complain(&["engines", name, second], Wrong::Key, message);
    }
}

/// Settings for models in the engine process.
const OF_LLAMA: &[&str] = &["threads", "gpu_layers", "cpu_moe", "n_cpu_moe", "kv_type", "saved_kv_mb"];
/// Longest kind of an engine that a message quotes.
const MAX_QUOTED_BYTES: usize = 16;
/// Sources of a key, in the order in which they are tried.
const KEYS: &[&str] = &["api_key_env", "api_key_command", "api_key_keyring"];

/// Complains about roles without an engine. `named` has all engines in the file: a problem with one is reported for the engine, once.
pub(super) fn check_roles(config: &Config, named: &[String], complain: Complain<'_>) {
    for (role, engine) in [("scout", &config.roles.scout), ("coder", &config.roles.coder)] {
        if engine != DEFAULT_ENGINE && !named.contains(engine) {
            let known: Vec<_> = config.engines.keys().map(String::as_str).chain([DEFAULT_ENGINE]).collect();
            let message = format!("`roles.{role}` names the engine \"{engine}\", which is not set up; there is {}", known.join(", "));
            complain(&["roles", role], Wrong::Value, message);
        }
    }
}

/// The message for an unknown setting, with the one that was probably meant.
pub(super) fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let begins = |name: &&&str| name.strip_prefix(key).is_some_and(|rest| rest.starts_with('_'));
    let longer: Vec<String> = known.iter().filter(begins).map(|name| format!("`{name}`")).collect();
    match nearest(key, known.into_iter()) {
        Some(name) => format!("`{key}` is not a setting; did you mean `{name}`?"),
        None if !longer.is_empty() => format!("`{key}` is not a setting; there is {}", longer.join(", ")),
        None => format!("`{key}` is not a setting; docs/configuration.md lists them all"),
    }
}

/// The known word nearest to a misspelt one.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.map(|name| (distance(word, name), name)).min().filter(|(near, _)| *near <= NEAR).map(|(_, name)| name)
}

/// Whether a word may be a misspelling of `name`.
pub(super) fn is_near(word: &str, name: &str) -> bool {
    distance(word, name) <= NEAR
}

/// Maximum number of wrong letters in a word.
const NEAR: usize = 2;

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
