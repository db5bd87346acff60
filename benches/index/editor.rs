//! A language server's client, as small as it can be: sends, and waits for one answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A running server.
pub struct Editor {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    last: i64,
}

impl Editor {
    pub fn open(binary: &std::ffi::OsStr, folder: &Path, cache: &Path) -> Option<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--stdio"]).current_dir(folder).env("XDG_CACHE_HOME", cache);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let (to, from) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let mut editor = Self { child, to, from, last: 0 };
        let uri = format!("file://{}", folder.display());
        let folders = json!([{ "uri": uri, "name": "bench" }]);
        editor.ask("initialize", &json!({ "processId": null, "rootUri": uri, "workspaceFolders": folders, "capabilities": {} }))?;
        editor.tell("initialized", &json!({}))?;
        Some(editor)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn tell(&mut self, method: &str, params: &Value) -> Option<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// The answer to a request; what the server asks meanwhile is answered with nothing.
    pub fn ask(&mut self, method: &str, params: &Value) -> Option<Value> {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        loop {
            let message = self.receive()?;
            if message.get("method").is_some() {
                if let Some(id) = message.get("id") {
                    self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }))?;
                }
            } else if message["id"] == id {
                return Some(message["result"].clone());
            }
        }
    }

    fn send(&mut self, message: &Value) -> Option<()> {
        let body = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        self.to.flush().ok()
    }

    fn receive(&mut self) -> Option<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.from.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).ok()?;
        serde_json::from_slice(&body).ok()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
