//! Traces of sessions: what is hidden in them, and how they are read. A trace has no key, no secret, no text of a file that is secret by
//! name, and no path to a folder of the workspace, the user or the models. Folders have names, for which a replay uses its own folders.
//! Inside texts, in which later messages count characters, hidden parts are stars of the same length.

mod settings;
mod typed;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use crate::config::{self, Config};
use crate::engine::Caps;
use crate::engine::recorded::{self, Known};
use crate::engine::tape::VERSION;
use crate::redact;
use crate::workspace::secret::is_secret_name;
use crate::workspace::uri;
use typed::Typed;

/// The first line of a trace.
pub fn header(config: &Config) -> Value {
    let config = toml::to_string(config).unwrap_or_default();
    json!({ "longsight": env!("CARGO_PKG_VERSION"), "trace": VERSION, "config": config })
}

/// Removes from a trace's entries what must not be recorded.
pub fn hider() -> impl FnMut(Value) -> Value + Send + 'static {
    let (mut names, mut typed) = (Names::default(), Typed::default());
    names.add("$CACHE", config::cache_dir().as_deref());
    names.add("$STATE", config::state_dir().as_deref());
    names.add("$HOME", std::env::var_os("HOME").as_deref().map(Path::new));
    move |mut entry| {
        if let Some(config) = entry["config"].as_str() {
            names.learn_models(config);
        }
        if entry["message"]["method"] == "workspace/didChangeWorkspaceFolders" {
            names.learn(&json!({ "workspaceFolders": entry["message"]["params"]["event"]["added"] }));
        }
        if entry["message"]["method"] == "initialize" {
            names.learn(&entry["message"]["params"]);
            if let Some(params) = entry["message"]["params"].as_object_mut() {
                params.remove("processId");
            }
        }
        typed.hide(&mut entry);
        settings::hide(&mut entry);
        mask_secret_files(&mut entry, false);
        names.hide(&mut entry);
        entry
    }
}

/// Removes everything said about a file that is secret by name. `secret` says that the surrounding value is about such a file.
fn mask_secret_files(value: &mut Value, secret: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mask_secret_files(item, secret)),
        Value::Object(fields) => {
            let named = |uri: Option<&Value>| uri.and_then(Value::as_str).is_some_and(is_secret);
            let secret = secret || named(fields.get("uri")) || named(fields.get("textDocument").and_then(|document| document.get("uri")));
            for (name, field) in fields {
                let text = matches!(name.as_str(), "text" | "newText" | "insertText").then(|| field.as_str().map(redact::stars)).flatten();
                match text.filter(|_| secret) {
                    Some(stars) => *field = json!(stars),
                    None => mask_secret_files(field, secret),
                }
            }
        }
        _ => {}
    }
}

/// Whether a file is secret by its name, or by that of the file that it leads to.
fn is_secret(uri: &str) -> bool {
    let leads_to_one = || uri::targets(uri).iter().any(|target| is_secret_name(&target.to_string_lossy()));
    is_secret_name(uri.trim_start_matches("file:///")) || leads_to_one()
}

/// Folders of this machine with their names in a trace.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Pairs of path and name, longest path first.
    known: Vec<(String, String)>,
}

impl Names {
    /// Adds a folder under a name.
    pub fn add(&mut self, name: &str, folder: Option<&Path>) {
        let Some(folder) = folder.filter(|folder| folder.is_absolute()) else { return };
        let plain = folder.to_string_lossy().trim_end_matches('/').to_string();
        let in_uris = Url::from_file_path(folder).map(|uri| uri.path().trim_end_matches('/').to_string());
        for path in [Some(plain), in_uris.ok()].into_iter().flatten() {
            if path.len() > 1 && !self.known.iter().any(|known| known.0 == path) {
                self.known.push((path, name.into()));
            }
        }
        self.known.sort_by_key(|known| std::cmp::Reverse(known.0.len()));
    }

    /// Adds the folders of models named in a configuration.
    fn learn_models(&mut self, config: &str) {
        let table: toml::Table = config.parse().unwrap_or_default();
        let engines = table.get("engines").and_then(toml::Value::as_table);
        let models = engines.into_iter().flat_map(|engines| engines.values()).filter_map(|engine| engine.get("model")?.as_str());
        let folders: Vec<&Path> = models.map(Path::new).filter(|model| model.is_absolute()).filter_map(Path::parent).collect();
        for (number, folder) in folders.into_iter().enumerate() {
            self.add(&format!("$MODELS{}", number + 1), Some(folder));
        }
    }

    /// Adds workspace folders, of the handshake and later ones, as `$ROOT`, `$ROOT2` and so on.
    fn learn(&mut self, params: &Value) {
        let folders = params["workspaceFolders"].as_array().into_iter().flatten().filter_map(|folder| folder["uri"].as_str());
        let uris = folders.chain(params["rootUri"].as_str());
        let paths = uris.filter_map(|uri| Url::parse(uri).ok()?.to_file_path().ok()).chain(params["rootPath"].as_str().map(Into::into));
        let known: std::collections::HashSet<&str> = self.known.iter().map(|known| known.1.as_str()).collect();
        let mut number = known.iter().filter(|name| name.starts_with(ROOT)).count();
        for path in paths {
            if self.known.iter().any(|(known, _)| Path::new(known) == path) {
                continue;
            }
            number += 1;
            self.add(&root_name(number), Some(&path));
        }
    }

    /// Replaces paths by their names, and removes secrets.
    pub fn hide(&self, value: &mut Value) {
        each_text(value, false, &mut |text, quoted| {
            let named = self.known.iter().fold(text.to_string(), |text, (path, name)| match quoted {
                true => replace_path(&text, path, &redact::stars(path)),
                false => replace_path(&text, path, name),
            });
            redact::mask_in_place(&named)
        });
    }

    /// Replaces names by their paths.
    pub fn show(&self, value: &mut Value) {
        each_text(value, false, &mut |text, quoted| {
            if quoted || !text.contains('$') {
                return text.to_string();
            }
            // `$ROOT2` before `$ROOT`.
            let mut by_name: Vec<_> = self.known.iter().collect();
            by_name.sort_by_key(|known| std::cmp::Reverse(known.1.len()));
            by_name.iter().fold(text.to_string(), |text, (path, name)| text.replace(name.as_str(), path))
        });
    }
}

/// Replaces a path if it is complete, not if a longer name begins with it.
fn replace_path(text: &str, path: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, behind) = (&rest[..at], &rest[at + path.len()..]);
        let goes_on = behind.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
        out.push_str(before);
        out.push_str(if goes_on { path } else { name });
        rest = behind;
    }
    out + rest
}

/// The name of a workspace's first folder; the others have a number after it.
const ROOT: &str = "$ROOT";

/// The name of the folder with this number, counted from 1.
pub fn root_name(number: usize) -> String {
    if number == 1 { ROOT.into() } else { format!("{ROOT}{number}") }
}

/// Fields with text of documents, or made from it. Something like a folder's name in them is part of the text.
const TEXTS: &[&str] = &["text", "newText", "insertText", "old", "new", "diff", "delta", "content", "prompt", "instruction", "question"];

/// Rewrites every text in a value, including keys (some are URIs). `quoted` says that it is text of a document.
fn each_text(value: &mut Value, quoted: bool, rewrite: &mut impl FnMut(&str, bool) -> String) {
    match value {
        Value::String(text) => *text = rewrite(text, quoted),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, quoted, rewrite)),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            for (key, mut field) in old {
                each_text(&mut field, quoted || TEXTS.contains(&key.as_str()), rewrite);
                fields.insert(rewrite(&key, false), field);
            }
        }
        _ => {}
    }
}

/// One thing that happened.
#[derive(Debug)]
pub enum Entry {
    Editor(Value),
    Server(Value),
    Ask {
        number: u64,
        engine: String,
        prompt: Value,
    },
    /// What an engine answered; none if nobody listened any more.
    Answer {
        number: u64,
        event: Option<Value>,
    },
}

/// A trace that has been read.
#[derive(Debug, Default)]
pub struct Trace {
    /// The configuration at that time, as TOML.
    pub config: String,
    pub entries: Vec<Entry>,
    /// How many workspace folders it names.
    pub folders: usize,
    pub engines: HashMap<String, Known>,
}

/// Reads a trace; the error says which line is invalid.
pub fn read(text: &str) -> Result<Trace, String> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = |(number, line): (usize, &str)| {
        let value: Result<Value, _> = serde_json::from_str(line);
        value.map_err(|error| format!("line {} is not JSON ({error})", number + 1)).map(|value| (number + 1, value))
    };
    let (_, head) = lines.next().map(parsed).transpose()?.ok_or("it is empty")?;
    match head["trace"].as_u64() {
        Some(VERSION) => {}
        Some(other) => return Err(format!("it has format {other}, this longsight reads format {VERSION}")),
        None => return Err("its first line is not that of a trace; `longsight serve --record FILE` writes one".into()),
    }
    let mut trace = Trace { config: head["config"].as_str().unwrap_or_default().into(), ..Trace::default() };
    trace.folders = (1..).take_while(|number| text.contains(&root_name(*number))).count();
    let mut counts = HashMap::new();
    for line in lines {
        let (number, mut value) = parsed(line)?;
        if let (Some(hash), Some(tokens)) = (value["counted"].as_str(), value["tokens"].as_u64()) {
            counts.insert(u64::from_str_radix(hash, 16).unwrap_or_default(), tokens as usize);
            continue;
        }
        if let Some(entry) = entry(&mut value) {
            trace.entries.push(entry);
            continue;
        }
        let Some(name) = value["engine"].as_str() else { return Err(format!("line {number} is no entry of a trace")) };
        let known = trace.engines.entry(name.into()).or_default();
        if let Some(model) = value["model"].as_str() {
            (known.model, known.origin) = (model.into(), value["origin"].as_str().map(String::from));
        } else if value.get("known").is_some() {
            known.known.extend(serde_json::from_value::<Caps>(value["known"].take()).ok());
        } else {
            let caps = serde_json::from_value(value["caps"].clone());
            known.caps.push(caps.map_err(|_| recorded::failed_as(&value["failed"])));
        }
    }
    let counts = Arc::new(counts);
    trace.engines.values_mut().for_each(|known| known.counts = counts.clone());
    Ok(trace)
}

fn entry(value: &mut Value) -> Option<Entry> {
    match value["from"].as_str() {
        Some("editor") => return Some(Entry::Editor(value["message"].take())),
        Some("server") => return Some(Entry::Server(value["message"].take())),
        _ => {}
    }
    if let Some(number) = value["ask"].as_u64() {
        let engine = value["engine"].as_str()?.to_string();
        return Some(Entry::Ask { number, engine, prompt: value["request"]["prompt"].take() });
    }
    let number = value["answer"].as_u64()?;
    Some(Entry::Answer { number, event: value.get_mut("event").map(Value::take) })
}
