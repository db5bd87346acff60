//! Long answers: streamed to clients that asked for it, shown as progress in the meantime, and otherwise opened as a document.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde_json::{Value, json};
use tower_lsp::lsp_types::{MessageType, Url};

use super::Server;
use super::progress::Progress;
use crate::features::inert::inert;
use crate::features::{AnswerEvent, Sink};
use crate::records;
use crate::report::{self, Level};

/// Maximum answers kept in the cache folder.
const KEPT_ANSWERS: usize = 50;
/// Maximum bytes of an answer that are shown as a message.
const MAX_MESSAGE_BYTES: usize = 2 << 10;

/// A sink for work that shows only its progress.
pub fn progress_only(progress: Progress) -> Sink {
    let written = AtomicUsize::new(0);
    Arc::new(move |event| show(&progress, &written, &event))
}

/// A sink that also streams to the client, under its token.
pub fn streaming(server: &Server, token: Option<Value>, progress: Progress) -> Sink {
    let streams = server.with(|state| state.editor.streams_answers);
    let Some(token) = token.filter(|_| streams) else { return progress_only(progress) };
    let (sequence, written) = (AtomicU64::new(0), AtomicUsize::new(0));
    let client = server.client.clone();
    Arc::new(move |event| {
        show(&progress, &written, &event);
        let (kind, delta) = match event {
            AnswerEvent::Text(text) => ("text", text),
            AnswerEvent::Reasoning(text) => ("reasoning", text),
            AnswerEvent::Progress(text, _) => ("progress", text),
            AnswerEvent::Restart => ("restart", String::new()),
        };
        let seq = sequence.fetch_add(1, Ordering::Relaxed);
        client.report("longsight/stream", json!({ "token": token, "seq": seq, "kind": kind, "delta": delta }));
    })
}

fn show(progress: &Progress, written: &AtomicUsize, event: &AnswerEvent) {
    match event {
        AnswerEvent::Progress(what, percentage) => progress.report(what, *percentage),
        AnswerEvent::Reasoning(_) => progress.report("thinking", None),
        AnswerEvent::Restart => {
            written.store(0, Ordering::Relaxed);
            progress.report("beginning anew", None);
        }
        AnswerEvent::Text(text) => {
            let before = written.fetch_add(text.len(), Ordering::Relaxed);
            // One report for every hundred bytes is enough to show progress.
            if before / 100 != (before + text.len()) / 100 || before == 0 {
                progress.report(&format!("writing, {} bytes", before + text.len()), None);
            }
        }
    }
}

/// Shows an answer in editors that do not stream it: as a markdown document, or as a message if the editor cannot show documents. (Most
/// editors drop the result of a command.) `about` is the document that the answer is about, if any: each document has its own answer file.
pub fn open(server: &Server, name: &str, about: &str, answer: &Value) {
    let (streams, shows) = server.with(|state| (state.editor.streams_answers, state.editor.can.show_documents));
    if streams {
        return;
    }
    if !shows {
        return server
            .client
            .show(MessageType::INFO, &beginning(&format!("{}: {}", inert(name), answer["text"].as_str().unwrap_or_default().trim())));
    }
    let Some(cache) = server.options.cache.clone() else { return };
    let text = markdown(name, answer);
    let client = server.client.clone();
    let key = format!("{about}\n{name}");
    tokio::spawn(async move {
        let written = tokio::task::spawn_blocking(move || keep(&cache, &key, &text)).await;
        match written.map_err(std::io::Error::other).and_then(|written| written) {
            Ok(path) => {
                let Ok(uri) = Url::from_file_path(&path) else { return };
                let _ = client.request("window/showDocument", json!({ "uri": uri, "takeFocus": false })).await;
            }
            Err(error) => report::log(Level::Warning, format_args!("an answer could not be kept for showing: {error}")),
        }
    });
}

/// The part of a text that fits into a message, up to the end of a line.
fn beginning(text: &str) -> String {
    if text.len() <= MAX_MESSAGE_BYTES {
        return text.into();
    }
    let cut = &text[..text.floor_char_boundary(MAX_MESSAGE_BYTES)];
    let whole = cut.rfind('\n').filter(|end| *end > MAX_MESSAGE_BYTES / 2).unwrap_or(cut.len());
    format!("{} …", cut[..whole].trim_end())
}

fn markdown(name: &str, answer: &Value) -> String {
    let mut text = format!("# {}\n\n{}\n", inert(name).replace('\n', " "), answer["text"].as_str().unwrap_or_default().trim());
    let citations = answer["citations"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !citations.is_empty() {
        text.push_str("\n## Places\n\n");
    }
    for citation in citations {
        let checked = if citation["verified"] == true { "" } else { " (not found)" };
        let line = if citation["whole"] == true { String::new() } else { format!(":{}", citation["line"]) };
        text.push_str(&format!("- {}{line}{checked}\n", inert(citation["path"].as_str().unwrap_or_default())));
    }
    if let Some(model) = answer["route"]["model"].as_str().or(answer["route"]["engine"].as_str()) {
        // The reason may be a model's text: the scout says why it asked for the coder.
        text.push_str(&format!("\n{}: {}\n", inert(model), inert(answer["route"]["reason"].as_str().unwrap_or_default())));
    }
    text
}

/// Writes to the cache folder, or to the temporary one if that is not possible, as in a container with a read-only home.
fn keep(cache: &Path, key: &str, text: &str) -> std::io::Result<PathBuf> {
    write(cache.join("answers"), key, text).or_else(|_| {
        let folder = records::temporary();
        records::private_folder(&folder)?;
        write(folder.join("answers"), key, text)
    })
}

/// Writes to our own folder, and removes the oldest answers there.
fn write(folder: PathBuf, key: &str, text: &str) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("{:016x}.md", xxhash_rust::xxh3::xxh3_64(key.as_bytes())));
    records::replace(&path, text)?;
    let mut kept: Vec<_> =
        std::fs::read_dir(&folder)?.flatten().filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    kept.sort();
    for (_, old) in kept.iter().rev().skip(KEPT_ANSWERS) {
        // Another server may have removed it.
        let _ = std::fs::remove_file(old);
    }
    Ok(path)
}
