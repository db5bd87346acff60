//! The real features behind the fake editor, in this process, with an engine that plays scripts; and what the index is seen to hold from
//! outside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use longsight::engine::Engine;
use longsight::engine::scripted::{Scripted, Step};
use longsight::route::Build;
use longsight::server::Options;
use longsight::server::backend::Backend;
use serde_json::{Value, json};

use super::editor::{Editor, initialize_params};

/// A server whose one engine plays these scripts.
pub fn server(scripts: Vec<Vec<Step>>) -> (Arc<Scripted>, Options) {
    let engine = Scripted::new(scripts);
    let shared = engine.clone();
    let build: Build = Arc::new(move |_, _| Ok(shared.clone() as Arc<dyn Engine>));
    let agent = Arc::new(Backend::start(build, None));
    let config = Some("/nonexistent/longsight.toml".into());
    (engine, Options { config, cache: None, state: None, features: agent, probe: None, tape: None })
}

/// An editor in these folders, and the engine.
pub fn editor(folders: &[&Path], answers: &[&str]) -> (Editor, Arc<Scripted>) {
    let (engine, options) = server(answers.iter().map(|answer| Scripted::text(answer)).collect());
    let mut editor = Editor::memory(options);
    let mut params = initialize_params(folders[0]);
    params["workspaceFolders"] = folders.iter().map(|folder| folder_at(folder)).collect();
    editor.initialize(params);
    (editor, engine)
}

/// A workspace folder as an editor names it.
pub fn folder_at(path: &Path) -> Value {
    json!({ "uri": uri(path), "name": path.file_name().unwrap().to_string_lossy() })
}

pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

pub fn command(editor: &mut Editor, name: &str, argument: Value) -> Value {
    editor.request("workspace/executeCommand", json!({ "command": name, "arguments": [argument] }))
}

/// Every file of the index with its text, as a question about a small repository shows it.
pub fn indexed(editor: &mut Editor) -> BTreeMap<String, String> {
    let answer = command(editor, "longsight.contextPreview", json!({ "question": "which files are there", "budget": 60_000 }));
    let parts = answer["result"]["parts"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    parts.iter().filter(|part| part["kind"] == "file").map(|part| (text(&part["path"]), text(&part["text"]))).collect()
}

/// Waits until the index holds what it should, which must come to be without help.
pub fn until(editor: &mut Editor, what: &str, fits: impl Fn(&BTreeMap<String, String>) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let files = indexed(editor);
        if fits(&files) {
            return;
        }
        assert!(Instant::now() < deadline, "{what} did not come to be: {files:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
