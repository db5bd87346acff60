//! Ten million tokens: packing a prompt in a repository of that size, and packing again after an edit.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::editor::Editor;
use super::trees::parsed_files;
use super::{binary, median, row};

/// Edits that are packed for.
const EDITS: usize = 20;
/// How long the first index and the first ranking may take before this gives up.
const PATIENCE: Duration = Duration::from_secs(240);

/// Opens a file of the repository in a server and asks for what a model would see, again after each edit.
pub fn packing(folder: &Path) {
    if pack(folder).is_none() {
        eprintln!("{}: packing could not be measured", folder.display());
    }
}

fn pack(folder: &Path) -> Option<()> {
    let scratch = tempfile::tempdir().ok()?;
    let files = parsed_files(folder);
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    let file = files.iter().find(|file| file.ends_with("django/db/models/deletion.py")).or(files.first())?;
    let text = std::fs::read_to_string(file).ok()?;
    let uri = format!("file://{}", file.display());
    let mut editor = Editor::open(&binary(), folder, scratch.path())?;
    let document = json!({ "uri": uri, "languageId": "python", "version": 0, "text": text });
    editor.tell("textDocument/didOpen", &json!({ "textDocument": document }))?;
    let line = text.lines().count() / 2;
    let position = json!({ "line": line, "character": 0 });
    let params = json!({ "command": "longsight.contextPreview", "arguments": [{ "uri": uri, "position": position, "budget": 4096 }] });
    let begun = Instant::now();
    let mut known = 0;
    while known < 2048 && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(500));
        known = editor.ask("workspace/executeCommand", &params)?["tokens"].as_u64()?;
    }
    let mut waits = vec![];
    for version in 1..=EDITS {
        let change = json!({ "range": { "start": position, "end": position }, "text": "#" });
        let document = json!({ "uri": uri, "version": version });
        let start = Instant::now();
        editor.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": [change] }))?;
        editor.ask("workspace/executeCommand", &params)?;
        waits.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let place = format!("ten million tokens: {} files, {:.1} MB, {known} tokens packed", files.len(), bytes as f64 / 1e6);
    let wait = median(waits);
    row(&place, "packing again after an edit", &format!("{wait:.1} ms"), "200 ms", &[wait / 200.0], 1.0, "");
    let status = std::fs::read_to_string(format!("/proc/{}/status", editor.pid())).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().trim_end_matches("kB").trim().parse::<f64>().ok())?;
    let (peak, goal) = (peak * 1024.0, bytes as f64 * 2.0);
    row(&place, "memory of the server, peak", &format!("{:.0} MB", peak / 1e6), &format!("{:.0} MB", goal / 1e6), &[peak / goal], 1.0, "");
    Some(())
}
