//! A coder behind an OpenAI-compatible endpoint that always proposes the same edits with tool calls, and then says that it is done. Asked
//! without tools it explains.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::files;
use super::http::{Act, Server, events, whole};

/// Kept by the test; the endpoint ends with it.
pub struct Coder {
    server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl Coder {
    /// `edits` are those of `propose_edit`.
    pub fn proposing(edits: Value) -> Self {
        Self::proposing_in_turn(vec![edits])
    }

    /// The edits of the first task, of the second, and so on; those of the last for all later ones.
    pub fn proposing_in_turn(tasks: Vec<Value>) -> Self {
        let task = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(move |_, asked| {
            let Some(messages) = asked.body["messages"].as_array() else {
                let models = json!({ "object": "list", "data": [{ "id": "scripted", "object": "model" }] });
                return vec![Act::Send(whole("200 OK", "application/json", &models.to_string()))];
            };
            if asked.body.get("tools").is_none() {
                let piece = json!({ "id": "a", "choices": [{ "index": 0, "delta": { "content": "It multiplies." }, "finish_reason": "stop" }] });
                return vec![Act::Send(events(&[piece]))];
            }
            let worked = messages.last().is_some_and(|message| message["role"] == "tool");
            let (name, arguments) = match worked {
                false => {
                    let edits = &tasks[task.fetch_add(1, Ordering::SeqCst).min(tasks.len() - 1)];
                    ("propose_edit", json!({ "edits": edits }))
                }
                true => ("finish", json!({ "summary": "done" })),
            };
            let call = json!({ "index": 0, "id": format!("c{}", messages.len()), "function": { "name": name, "arguments": arguments.to_string() } });
            let piece = json!({ "id": "a", "model": "scripted", "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] });
            let end = json!({ "id": "a", "model": "scripted", "choices": [{ "index": 0, "delta": {}, "finish_reason": "tool_calls" }] });
            vec![Act::Send(events(&[piece, end]))]
        }));
        Self { server, _runtime: runtime }
    }

    /// A configuration in `folder` in which it serves both roles.
    pub fn config(&self, folder: &Path) -> PathBuf {
        let file = folder.join("coder.toml");
        let engine =
            format!("[engines.coder]\nkind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"scripted\"\ncontext = 32768\n", self.server.url);
        std::fs::write(&file, format!("[roles]\nscout = \"coder\"\ncoder = \"coder\"\n{engine}")).unwrap();
        file
    }
}

/// A function, and its caller in another file.
pub const AREA: &str = "pub fn area(width: u32, height: u32) -> u32 {\n    width * height\n}\n";
pub const SQUARE: &str = "use crate::area::area;\n\npub fn square(side: u32) -> u32 {\n    area(side, side)\n}\n";

/// A repository with these two files, and a coder that renames the function in both: one hunk in the first file, two in the second.
pub struct Refactor {
    pub folder: tempfile::TempDir,
    coder: Coder,
}

impl Refactor {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("repo/.git/HEAD", ""), ("repo/src/area.rs", AREA), ("repo/src/square.rs", SQUARE)] {
            files::write(folder.path(), name, text);
        }
        let edit =
            |path: &str, old: &str, new: &str| json!({ "path": path, "old": old, "new": new, "reason": format!("renames it in {path}") });
        let coder = Coder::proposing(json!([
            edit("src/area.rs", "pub fn area(", "pub fn surface("),
            edit("src/square.rs", "use crate::area::area;", "use crate::area::surface;"),
            edit("src/square.rs", "    area(side, side)", "    surface(side, side)"),
        ]));
        Self { folder, coder }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    /// A configuration in which the coder serves both roles.
    pub fn config(&self) -> PathBuf {
        self.coder.config(self.folder.path())
    }
}
