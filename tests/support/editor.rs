//! A fake editor: keeps its own buffers and versions, speaks real frames to the real serve loop (in memory, or the real binary), refuses
//! edits made for other versions, and fails when an id is answered twice or an answer holds a null where a field should be left out.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use longsight::server::Options;
use longsight::text::{Encoding, Text};
use serde_json::{Value, json};

/// No answer within this time means that the server hangs; tests with a real model are more patient.
const PATIENCE: Duration = Duration::from_secs(60);

/// What runs the server.
enum Host {
    Process(Child),
    Memory(Option<thread::JoinHandle<u8>>),
}

/// A buffer as the editor has it.
#[derive(Clone, Debug)]
pub struct Buffer {
    pub version: i32,
    pub text: String,
}

/// See the module.
pub struct Editor {
    host: Host,
    output: Option<Box<dyn Write + Send>>,
    messages: Receiver<Value>,
    /// Nothing is taken from the server while this is set.
    paused: Arc<AtomicBool>,
    next: i64,
    /// Ids that were answered, to catch a second answer.
    answered: HashSet<String>,
    /// Answers that came while another was waited for.
    early: HashMap<String, Value>,
    /// Notifications and requests from the server, in order; tests look here.
    pub inbox: VecDeque<Value>,
    pub buffers: HashMap<String, Buffer>,
    pub encoding: Encoding,
    /// The result of `initialize`.
    pub capabilities: Value,
    /// Whether server requests are answered as a friendly editor would.
    pub friendly: bool,
    /// What the person chooses when the server asks; nothing closes the question.
    pub picks: Option<String>,
    pub patience: Duration,
}

impl Editor {
    /// The serve loop in this process, over a socket pair.
    pub fn memory(options: Options) -> Editor {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let server = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let code = runtime.block_on(async {
                let (input, output) = tokio::net::UnixStream::from_std(theirs).unwrap().into_split();
                longsight::server::run(input, output, options).await
            });
            runtime.shutdown_timeout(Duration::from_millis(200));
            code
        });
        let input = ours.try_clone().unwrap();
        Editor::new(Host::Memory(Some(server)), Box::new(input), Box::new(ours))
    }

    /// The real binary.
    pub fn binary(prepare: impl FnOnce(&mut Command)) -> Editor {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
        command.args(["serve", "--stdio"]).stderr(Stdio::null());
        prepare(&mut command);
        Editor::command(&mut command)
    }

    /// Whatever the command runs.
    pub fn command(command: &mut Command) -> Editor {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (output, input) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Editor::new(Host::Process(child), Box::new(input), Box::new(output))
    }

    fn new(host: Host, input: Box<dyn Read + Send>, output: Box<dyn Write + Send>) -> Editor {
        let (sender, messages) = channel();
        let paused = Arc::new(AtomicBool::new(false));
        let waits = paused.clone();
        thread::spawn(move || {
            let mut input = BufReader::new(input);
            while let Some(message) = read_frame(&mut input) {
                while waits.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Editor {
            host,
            output: Some(output),
            messages,
            paused,
            next: 0,
            answered: HashSet::new(),
            early: HashMap::new(),
            inbox: VecDeque::new(),
            buffers: HashMap::new(),
            encoding: Encoding::Utf16,
            capabilities: Value::Null,
            friendly: true,
            picks: None,
            patience: PATIENCE,
        }
    }

    /// The handshake of an editor that can do everything, in `root`.
    pub fn start(mut self, root: &std::path::Path) -> Editor {
        let params = initialize_params(root);
        self.initialize(params);
        self
    }

    pub fn initialize(&mut self, params: Value) {
        let answer = self.request("initialize", params);
        assert!(answer.get("error").is_none(), "{answer}");
        self.capabilities = answer["result"]["capabilities"].clone();
        self.encoding = match self.capabilities["positionEncoding"].as_str() {
            Some("utf-8") => Encoding::Utf8,
            Some("utf-32") => Encoding::Utf32,
            _ => Encoding::Utf16,
        };
        self.notify("initialized", json!({}));
    }

    /// Sends bytes as they are; nothing after [`Editor::hang_up`].
    pub fn raw(&mut self, bytes: &[u8]) {
        let Some(output) = &mut self.output else { return };
        let _ = output.write_all(bytes).and_then(|()| output.flush());
    }

    pub fn send(&mut self, message: &Value) {
        self.raw(&frame(message));
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request; the id is for [`Editor::answer`].
    pub fn start_request(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = json!(self.next);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Sends a request and waits for the whole answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.start_request(method, params);
        self.answer(&id)
    }

    /// The answer to a request; what else comes meanwhile is kept.
    pub fn answer(&mut self, id: &Value) -> Value {
        let key = id.to_string();
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(answer) = self.early.remove(&key) {
                return answer;
            }
            assert!(self.pump(deadline.saturating_duration_since(Instant::now())), "no answer to {key}");
        }
    }

    /// Whether an answer has come that nobody has taken.
    pub fn has_answer(&self, id: &Value) -> bool {
        self.early.contains_key(&id.to_string())
    }

    /// Waits for a message from the server with this method.
    pub fn expect(&mut self, method: &str) -> Value {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(at) = self.inbox.iter().position(|message| message["method"] == method) {
                return self.inbox.remove(at).unwrap();
            }
            assert!(self.pump(deadline.saturating_duration_since(Instant::now())), "no `{method}` from the server: {:?}", self.inbox);
        }
    }

    /// Takes one message in; false when none came in time.
    pub fn pump(&mut self, wait: Duration) -> bool {
        let message = match self.messages.recv_timeout(wait) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        };
        if message.get("method").is_some() {
            if self.friendly && message.get("id").is_some() {
                let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": self.consent(&message) });
                self.send(&answer);
            }
            self.inbox.push_back(message);
            return true;
        }
        let key = message["id"].to_string();
        assert!(key == "null" || self.answered.insert(key.clone()), "a second answer to {key}: {message}");
        if let Some(result) = message.get("result").filter(|result| !result.is_null()) {
            assert!(!holds_null(result), "a null in a result, which Neovim takes for a value: {message}");
        }
        assert!(message.get("result").is_some() != message.get("error").is_some(), "neither or both: {message}");
        self.early.insert(key, message);
        true
    }

    /// What a friendly editor answers to the server's requests.
    fn consent(&mut self, message: &Value) -> Value {
        match message["method"].as_str() {
            Some("workspace/applyEdit") => {
                let applied = self.apply_workspace_edit(&message["params"]["edit"]);
                json!({ "applied": applied })
            }
            Some("window/showDocument") => json!({ "success": true }),
            Some("workspace/configuration") => json!([]),
            Some("window/showMessageRequest") => self.picks.as_ref().map_or(Value::Null, |title| json!({ "title": title })),
            _ => Value::Null,
        }
    }

    pub fn open(&mut self, uri: &str, language: &str, text: &str) {
        self.buffers.insert(uri.into(), Buffer { version: 1, text: text.into() });
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub fn close(&mut self, uri: &str) {
        self.buffers.remove(uri);
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// Replaces bytes of a buffer as a person would, and tells the server.
    pub fn edit(&mut self, uri: &str, bytes: std::ops::Range<usize>, text: &str) {
        let buffer = self.buffers.get_mut(uri).expect("the buffer is open");
        let range = positions(&buffer.text, bytes.clone(), self.encoding);
        buffer.text.replace_range(bytes, text);
        buffer.version += 1;
        let params = json!({
            "textDocument": { "uri": uri, "version": buffer.version },
            "contentChanges": [{ "range": range, "text": text }],
        });
        self.notify("textDocument/didChange", params);
    }

    /// Applies a versioned edit as VS Code does: all of it, or nothing when a version is not the buffer's.
    pub fn apply_workspace_edit(&mut self, edit: &Value) -> bool {
        let changes = edit["documentChanges"].as_array().cloned().unwrap_or_default();
        let current = |change: &Value| {
            let document = &change["textDocument"];
            let buffer = self.buffers.get(document["uri"].as_str().unwrap_or_default());
            buffer.is_some_and(|buffer| document["version"].as_i64() == Some(buffer.version.into()))
        };
        if changes.is_empty() || !changes.iter().all(current) {
            return false;
        }
        for change in changes {
            let uri = change["textDocument"]["uri"].as_str().unwrap().to_string();
            let text = Text::new(&self.buffers[&uri].text);
            let mut edits: Vec<_> = change["edits"].as_array().unwrap().clone();
            // From behind. What is inserted where something else is replaced comes before that, as LSP has it.
            edits.sort_by_key(|edit| self.bytes(&text, &edit["range"]).start);
            for edit in edits.iter().rev() {
                let bytes = self.bytes(&text, &edit["range"]);
                self.edit(&uri, bytes, edit["newText"].as_str().unwrap());
            }
        }
        true
    }

    /// The bytes of an LSP range.
    pub fn bytes(&self, text: &Text, range: &Value) -> std::ops::Range<usize> {
        text.offsets(serde_json::from_value::<Plain>(range.clone()).unwrap().into(), self.encoding)
    }

    /// I3: the server's texts and versions are the editor's. Answers how many documents were compared.
    pub fn assert_in_step(&mut self) -> usize {
        let answer = self.request("longsight/debugDocuments", json!({ "text": true }));
        let documents = answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        for document in &documents {
            let buffer = &self.buffers[document["uri"].as_str().unwrap()];
            assert_eq!(document["text"].as_str(), Some(buffer.text.as_str()), "{}", document["uri"]);
            assert_eq!(document["version"], buffer.version, "{}", document["uri"]);
        }
        assert_eq!(documents.len(), self.buffers.len());
        documents.len()
    }

    /// What the server believes about one document.
    pub fn debug(&mut self, uri: &str) -> Value {
        let answer = self.request("longsight/debugDocuments", json!({ "text": true }));
        let documents = answer["result"].as_array().unwrap().clone();
        documents.into_iter().find(|document| document["uri"] == uri).unwrap_or_default()
    }

    /// Allows a second answer to an id, for tests that use one twice on purpose.
    pub fn hold_twice(&mut self, id: &Value) {
        self.answered.remove(&id.to_string());
    }

    /// Takes no bytes from the server until [`Editor::resume_reading`].
    pub fn stop_reading(&mut self) {
        self.paused.store(true, Ordering::SeqCst);
    }

    pub fn resume_reading(&mut self) {
        self.paused.store(false, Ordering::SeqCst);
    }

    /// Closes the real binary's standard input.
    pub fn hang_up(&mut self) {
        self.output = None;
    }

    pub fn process_id(&self) -> u32 {
        match &self.host {
            Host::Process(child) => child.id(),
            Host::Memory(_) => std::process::id(),
        }
    }

    /// Waits until the server has left; its exit code, or nothing when a signal ended it or it stays.
    pub fn exit_code(&mut self, within: Duration) -> Option<i32> {
        let deadline = Instant::now() + within;
        loop {
            match &mut self.host {
                Host::Process(child) => {
                    if let Some(status) = child.try_wait().unwrap() {
                        return status.code();
                    }
                }
                Host::Memory(server) => {
                    if server.as_ref().is_some_and(|server| server.is_finished()) {
                        return server.take().and_then(|server| server.join().ok()).map(i32::from);
                    }
                }
            }
            if Instant::now() > deadline {
                return None;
            }
            self.pump(Duration::from_millis(5));
        }
    }

    /// Says goodbye, checks the exit code, and that nothing was said to the person that the test did not expect.
    pub fn quit(mut self) {
        let passing = ["$/progress", "window/workDoneProgress/create", "longsight/stream", "workspace/codeLens/refresh"];
        let methods = self.inbox.iter().filter_map(|message| message["method"].as_str());
        let unexpected: Vec<_> = methods.filter(|method| !passing.contains(method)).collect();
        assert!(unexpected.is_empty(), "nobody expected {unexpected:?}: {:?}", self.inbox);
        let answer = self.request("shutdown", Value::Null);
        assert_eq!(answer.get("result"), Some(&Value::Null), "{answer}");
        self.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        assert_eq!(self.exit_code(PATIENCE), Some(0));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if let Host::Process(child) = &mut self.host {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The real binary, serving on pipes that are the test's own.
pub fn served() -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longsight"));
    command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The handshake of an editor that can do everything.
pub fn initialize_params(root: &std::path::Path) -> Value {
    let uri = format!("file://{}", root.display());
    json!({
        "processId": std::process::id(),
        "clientInfo": { "name": "fake editor" },
        "rootUri": uri,
        "workspaceFolders": [{ "uri": uri, "name": "w" }],
        "capabilities": {
            "general": { "positionEncodings": ["utf-16"] },
            "window": { "workDoneProgress": true, "showDocument": { "support": true } },
            "workspace": { "applyEdit": true, "workspaceEdit": { "documentChanges": true } },
            "textDocument": {
                "codeAction": {
                    "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } },
                    "resolveSupport": { "properties": ["edit"] },
                    "dataSupport": true,
                },
                "inlineCompletion": {},
            },
        },
    })
}

/// A message with its header.
pub fn frame(message: &Value) -> Vec<u8> {
    frame_bytes(message.to_string().as_bytes())
}

pub fn frame_bytes(body: &[u8]) -> Vec<u8> {
    [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// Reads strictly: a byte on standard output that is no frame fails the test (I9).
fn read_frame(input: &mut impl BufRead) -> Option<Value> {
    let mut header = String::new();
    if input.read_line(&mut header).ok()? == 0 {
        return None;
    }
    let length = header.strip_prefix("Content-Length: ").unwrap_or_else(|| panic!("not a frame: {header:?}"));
    let mut empty = String::new();
    input.read_line(&mut empty).ok()?;
    assert_eq!(empty, "\r\n");
    let mut body = vec![0; length.trim().parse().unwrap()];
    input.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        // The version of a document that is not open.
        Value::Object(fields) => fields.iter().any(|(name, field)| holds_null(field) && !(name == "version" && fields.contains_key("uri"))),
        _ => false,
    }
}

#[derive(serde::Deserialize)]
struct Plain {
    start: At,
    end: At,
}

#[derive(serde::Deserialize)]
struct At {
    line: u32,
    character: u32,
}

impl From<Plain> for longsight::text::Range {
    fn from(plain: Plain) -> Self {
        let position = |at: At| longsight::text::Position { line: at.line, character: at.character };
        Self { start: position(plain.start), end: position(plain.end) }
    }
}

/// The LSP range of bytes, counted here and not by the server's code.
pub fn positions(text: &str, bytes: std::ops::Range<usize>, encoding: Encoding) -> Value {
    let position = |offset: usize| {
        let (mut line, mut start, mut at) = (0, 0, 0);
        while at < offset {
            let next = at + if text[at..].starts_with("\r\n") { 2 } else { text[at..].chars().next().unwrap().len_utf8() };
            if text[at..].starts_with(['\n', '\r']) {
                (line, start) = (line + 1, next);
            }
            at = next;
        }
        let width = |c: char| match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        };
        json!({ "line": line, "character": text[start..offset].chars().map(width).sum::<usize>() })
    };
    json!({ "start": position(bytes.start), "end": position(bytes.end) })
}
