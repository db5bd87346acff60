//! A coder behind an OpenAI-compatible endpoint that always proposes the same edits with tool calls, and then says that it is done.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::http::{Act, Server, events, whole};

/// Kept by the test; the endpoint ends with it.
pub struct Coder {
    server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl Coder {
    /// `edits` are those of `propose_edit`.
    pub fn proposing(edits: Value) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(move |_, asked| {
            let Some(messages) = asked.body["messages"].as_array() else {
                let models = json!({ "object": "list", "data": [{ "id": "scripted", "object": "model" }] });
                return vec![Act::Send(whole("200 OK", "application/json", &models.to_string()))];
            };
            let worked = messages.last().is_some_and(|message| message["role"] == "tool");
            let (name, arguments) = match worked {
                false => ("propose_edit", json!({ "edits": edits })),
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
