//! Replays a trace: its editor's messages go to a server whose engines give the recorded answers, and the server's messages are compared
//! with the recording. The trace gives the order: the editor's next message is sent once everything before it has come, so nothing depends
//! on the clock. Numbers of our own requests and progress tokens may differ; the player translates them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::mpsc;

use super::backend::Backend;
use super::trace::{Entry, Names, Trace, root_name};
use super::transport::{Frame, FrameReader};
use super::{Options, run};
use crate::engine::recorded::{self, PendingRequest, Recorded};
use crate::engine::{Engine, Event};
use crate::workspace::uri;

/// How long to wait for a recorded message.
const MESSAGE_WAIT: Duration = Duration::from_secs(15);
/// How long indexing may take.
const INDEXING: Duration = Duration::from_secs(120);
/// How long to wait for further messages after the end of the trace.
const AFTERWARDS: Duration = Duration::from_millis(300);
/// How long the server may take to leave.
const LEAVING: Duration = Duration::from_secs(5);
/// Maximum differences shown of one message.
const SHOWN_DIFFERENCES: usize = 4;

/// The result of a replay.
#[derive(Debug, Default)]
pub struct Replayed {
    /// How many of the server's messages were compared.
    pub messages: usize,
    /// How many requests to engines were compared.
    pub requests: usize,
    /// The differences, one line each, for the user.
    pub differences: Vec<String>,
    /// Reasons why a difference may not matter: how much is sent of other files depends on how far indexing had got.
    pub notes: Vec<String>,
}

/// Replays a trace on the workspace at `root`. `scratch` is for the configuration and for answers shown as documents.
pub async fn replay(trace: Trace, root: &Path, scratch: &Path) -> Result<Replayed, String> {
    let config = scratch.join("config.toml");
    std::fs::write(&config, &trace.config).map_err(|error| format!("{} cannot be written ({error})", config.display()))?;
    let names = called(&trace, root, scratch)?;
    let (player, asks) = mpsc::unbounded_channel();
    let features = Arc::new(Backend::start(recorded(&trace, player), Some(scratch.into())));
    let options = Options { config: Some(config), cache: Some(scratch.into()), state: None, features, probe: None, tape: None };
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (input, output) = tokio::io::split(theirs);
    let server = tokio::spawn(run(input, output, options));
    let (reading, writing) = tokio::io::split(ours);
    let messages = messages(reading);
    let mut player = Player {
        names,
        writing,
        messages,
        asks,
        waiting: vec![],
        asked: vec![],
        playing: HashMap::new(),
        ids: HashMap::new(),
        tokens: HashMap::new(),
        methods: HashMap::new(),
        done: Replayed::default(),
    };
    for entry in trace.entries {
        player.play(entry).await;
    }
    player.afterwards().await;
    // The server leaves when its editor is gone.
    let _ = player.writing.shutdown().await;
    let _ = tokio::time::timeout(LEAVING, server).await;
    Ok(player.done)
}

/// The folders of the trace with their current paths. There is one workspace to replay on; the trace's other folders are empty.
fn called(trace: &Trace, root: &Path, scratch: &Path) -> Result<Names, String> {
    let mut names = Names::default();
    names.add("$CACHE", Some(scratch));
    names.add(&root_name(1), Some(root));
    for number in 2..=trace.folders {
        let folder = scratch.join(format!("folder-{number}"));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made ({error})", folder.display()))?;
        names.add(&root_name(number), Some(&folder));
    }
    Ok(names)
}

/// Engines that report each request to a player, and give the answers that the player plays.
fn recorded(trace: &Trace, player: mpsc::UnboundedSender<PendingRequest>) -> crate::route::Build {
    let engines = trace.engines.clone();
    Arc::new(move |name, config| {
        let mut known = engines.get(name).cloned().unwrap_or_default();
        if known.model.is_empty() {
            known.model = config.model.clone();
        }
        Ok(Arc::new(Recorded::new(name, config, known, player.clone())) as Arc<dyn Engine>)
    })
}

/// The server's messages, until it leaves.
fn messages(reading: ReadHalf<DuplexStream>) -> mpsc::UnboundedReceiver<Value> {
    let (sender, messages) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut reader = FrameReader::new(reading);
        while let Ok(Some(Frame::Body(body))) = reader.next().await {
            let Ok(message) = serde_json::from_slice::<Value>(&body) else { return };
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    messages
}

struct Player {
    names: Names,
    writing: WriteHalf<DuplexStream>,
    messages: mpsc::UnboundedReceiver<Value>,
    asks: mpsc::UnboundedReceiver<PendingRequest>,
    /// Messages of the server that the trace has not reached.
    waiting: Vec<Value>,
    asked: Vec<PendingRequest>,
    /// Requests being answered, by their numbers in the trace.
    playing: HashMap<u64, mpsc::Sender<Event>>,
    /// The server's requests: id in the trace, and current id.
    ids: HashMap<String, Value>,
    /// Progress tokens: in the trace, and currently.
    tokens: HashMap<String, Value>,
    /// Methods of the editor's requests, for display.
    methods: HashMap<String, String>,
    done: Replayed,
}

impl Player {
    async fn play(&mut self, entry: Entry) {
        match entry {
            Entry::Editor(message) => self.editor(message).await,
            Entry::Server(message) if !is_passing(&message) => self.server(message).await,
            Entry::Server(_) => {}
            Entry::Ask { number, engine, prompt } => self.ask(number, &engine, prompt).await,
            Entry::Answer { number, event } => {
                let event = event.as_ref().and_then(recorded::event);
                let last = !matches!(event, Some(Event::Text(_) | Event::TextWasReasoning | Event::Reasoning(_) | Event::Call(_)));
                if let (Some(answer), Some(event)) = (self.playing.get(&number), event) {
                    let _ = answer.send(event).await;
                }
                if last {
                    self.playing.remove(&number);
                }
            }
        }
    }

    /// Sends what the editor sent in the recording.
    async fn editor(&mut self, mut message: Value) {
        self.names.show(&mut message);
        if let Some(method) = message["method"].as_str() {
            if message.get("id").is_some() {
                self.methods.insert(message["id"].to_string(), method.into());
            }
            if let Some(now) = self.tokens.get(&message["params"]["token"].to_string()) {
                message["params"]["token"] = now.clone();
            }
        } else {
            // The request came in the recording but not this time, so its answer is not sent.
            let Some(now) = self.ids.remove(&message["id"].to_string()) else { return };
            message["id"] = now;
        }
        let initialized = message["method"] == "initialized";
        self.send(&message).await;
        if initialized {
            self.wait_for_index().await;
        }
    }

    async fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        // If the server has exited, that is noticed by its missing answers.
        let _ = self.writing.write_all(frame.as_bytes()).await;
        let _ = self.writing.flush().await;
    }

    /// Waits for the index, because prompts depend on it. In the recording the index was ready before the user made a request.
    async fn wait_for_index(&mut self) {
        let own = json!("replay");
        let arguments = json!([{ "question": "which files are there", "budget": 0 }]);
        let params = json!({ "command": "longsight.contextPreview", "arguments": arguments });
        self.send(&json!({ "jsonrpc": "2.0", "id": own, "method": "workspace/executeCommand", "params": params })).await;
        self.take(|message| message["id"] == own, INDEXING).await;
    }

    /// Waits for what the server sent in the recording, and compares.
    async fn server(&mut self, then: Value) {
        let token = then["params"]["token"].to_string();
        let expected = Key::of(&then, self.tokens.get(&token));
        let Some(now) = self.take(|message| Key::of(message, None) == expected, MESSAGE_WAIT).await else {
            let what = self.describe(&then);
            return self.done.differences.push(format!("{what}: did not come"));
        };
        self.done.messages += 1;
        if then.get("method").is_some() && then.get("id").is_some() {
            self.ids.insert(then["id"].to_string(), now["id"].clone());
        }
        if then["method"] == "window/workDoneProgress/create" {
            self.tokens.insert(token, now["params"]["token"].clone());
        }
        let mut found = vec![];
        compare(&plain(then.clone()), &self.hidden(now), "", &mut found);
        self.differ(&self.describe(&then), found);
    }

    fn hidden(&self, mut message: Value) -> Value {
        self.names.hide(&mut message);
        plain(message)
    }

    /// Waits for the recorded request to an engine, and starts to answer it.
    async fn ask(&mut self, number: u64, engine: &str, then: Value) {
        let then = marks(&then);
        let exact = |asked: &PendingRequest, names: &Names| asked.engine == engine && marks(&hide(names, &asked.prompt)) == then;
        let deadline = tokio::time::Instant::now() + MESSAGE_WAIT;
        let found = loop {
            if let Some(at) = self.asked.iter().position(|asked| exact(asked, &self.names)) {
                break Some(at);
            }
            match tokio::time::timeout_at(deadline, self.asks.recv()).await {
                Ok(Some(asked)) => {
                    self.asked.push(asked);
                    // This request differs from the recorded one but has the same purpose: it gets the recorded answer, and the difference
                    // is reported.
                    let same = |asked: &PendingRequest| asked.engine == engine && asked.prompt.get("path") == then.get("path");
                    if !self.asked.iter().any(|asked| exact(asked, &self.names)) && self.asks.is_empty() {
                        break self.asked.iter().position(|asked| same(asked) && !asked.answer.is_closed());
                    }
                }
                _ => break None,
            }
        };
        let Some(at) = found else {
            return self.done.differences.push(format!("request {number} to the engine \"{engine}\": was not made"));
        };
        let asked = self.asked.remove(at);
        self.done.requests += 1;
        let (mut then, mut now) = (then, marks(&hide(&self.names, &asked.prompt)));
        let what = format!("request {number} to the engine \"{engine}\"");
        if then.get("files") != now.get("files") {
            self.done.notes.push(format!("{what}: other files around the code than in the recording"));
        }
        [&mut then, &mut now].into_iter().filter_map(Value::as_object_mut).for_each(|fields| drop(fields.remove("files")));
        let mut found = vec![];
        compare(&then, &now, "", &mut found);
        self.differ(&what, found);
        self.playing.insert(number, asked.answer);
    }

    /// Reports messages of the server that the trace does not have.
    async fn afterwards(&mut self) {
        let _ = self.take(|_| false, AFTERWARDS).await;
        let extra: Vec<Value> = self.waiting.drain(..).filter(|message| !is_passing(message)).collect();
        for message in extra {
            let what = self.describe(&message);
            self.done.differences.push(format!("{what}: came, but not in the recording"));
        }
    }

    /// Removes the first matching message from those that the server has sent; waits for it if necessary.
    async fn take(&mut self, wanted: impl Fn(&Value) -> bool, patience: Duration) -> Option<Value> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return Some(self.waiting.remove(at));
            }
            self.waiting.push(tokio::time::timeout_at(deadline, self.messages.recv()).await.ok()??);
        }
    }

    fn differ(&mut self, what: &str, found: Vec<String>) {
        let more = found.len().saturating_sub(SHOWN_DIFFERENCES);
        self.done.differences.extend(found.into_iter().take(SHOWN_DIFFERENCES).map(|difference| format!("{what}: {difference}")));
        if more > 0 {
            self.done.differences.push(format!("{what}: and {more} more"));
        }
    }

    fn describe(&self, message: &Value) -> String {
        match message["method"].as_str() {
            Some(method) => format!("`{method}` from the server"),
            None => {
                let method = self.methods.get(&message["id"].to_string()).map_or("a request", String::as_str);
                format!("the answer to {method} (id {})", message["id"])
            }
        }
    }
}

/// What identifies a message of the server: which request it answers, or what it is about.
#[derive(Debug, PartialEq)]
struct Key {
    method: Option<String>,
    about: Value,
}

impl Key {
    /// `token` is the current name of the message's progress token.
    fn of(message: &Value, token: Option<&Value>) -> Key {
        let params = &message["params"];
        let about = match message["method"].as_str() {
            None => message["id"].clone(),
            Some("$/progress") => json!([token.unwrap_or(&params["token"]), params["value"]["kind"]]),
            Some("textDocument/publishDiagnostics" | "longsight/hunks") => json!(uri::name(params["uri"].as_str().unwrap_or_default())),
            Some(_) => Value::Null,
        };
        Key { method: message["method"].as_str().map(String::from), about }
    }
}

/// Whether a message only shows progress, which varies from run to run.
fn is_passing(message: &Value) -> bool {
    match message["method"].as_str() {
        Some("$/progress") => message["params"]["value"]["kind"] == "report",
        Some(method) => matches!(method, "longsight/stream" | "workspace/codeLens/refresh"),
        None => false,
    }
}

/// Fields about time, memory and the program, and numbers that we choose.
const VOLATILE: &[&str] = &["timing", "prefill_rate", "decode_rate", "serverInfo", "rss_bytes", "version_of_longsight", "audit"];

/// A message without the parts that differ from run to run.
fn plain(mut message: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|key, _| !VOLATILE.contains(&key.as_str()));
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    if let Some(fields) = message.as_object_mut().filter(|fields| fields.contains_key("method")) {
        fields.remove("id");
    }
    if let Some(token) = message.pointer_mut("/params/token").filter(|token| token.as_str().is_some_and(|it| it.starts_with("longsight/")))
    {
        *token = json!("longsight/…");
    }
    if message["method"] == "window/showDocument" {
        // The name of a displayed answer contains the path of its document, which differs in a copy.
        if let Some(uri) = message.pointer_mut("/params/uri") {
            *uri = json!(uri.as_str().and_then(|uri| uri.rsplit_once('/')).map_or("", |(folder, _)| folder));
        }
    }
    strip(&mut message);
    message
}

fn hide(names: &Names, prompt: &Value) -> Value {
    let mut asked = json!({ "prompt": prompt });
    names.hide(&mut asked);
    asked["prompt"].take()
}

/// A prompt in which all secrets have the same form: the recording has placeholders, and the current prompt has stars.
fn marks(prompt: &Value) -> Value {
    use std::sync::LazyLock;
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static MARK: LazyLock<regex::Regex> =
        LazyLock::new(|| regex::Regex::new(r"<redacted [a-z-]+ [0-9a-f]{8}>\n*|\*{3,}[*_.\-+/=~\n]*").expect("a constant pattern"));
    match prompt {
        Value::String(text) => json!(MARK.replace_all(text, "<hidden>")),
        Value::Array(items) => items.iter().map(marks).collect(),
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), marks(field))).collect(),
        other => other.clone(),
    }
}

/// Collects where two values differ.
fn compare(then: &Value, now: &Value, at: &str, found: &mut Vec<String>) {
    let here = if at.is_empty() { "." } else { at };
    match (then, now) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => compare(value, other, &format!("{at}.{key}"), found),
                    None => found.push(format!("{at}.{key} is missing, was {}", short(value))),
                }
            }
            let fresh = b.iter().filter(|(key, _)| !a.contains_key(*key));
            found.extend(fresh.map(|(key, value)| format!("{at}.{key} is new: {}", short(value))));
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (number, (value, other)) in a.iter().zip(b).enumerate() {
                compare(value, other, &format!("{at}[{number}]"), found);
            }
        }
        (Value::String(a), Value::String(b)) if a != b => {
            let equal = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
            let from = |text: &str| text.chars().skip(equal.saturating_sub(12)).collect::<String>();
            found.push(format!("{here} was {}, is {} (after {equal} equal characters)", short(&json!(from(a))), short(&json!(from(b)))));
        }
        (a, b) if a != b => found.push(format!("{here} was {}, is {}", short(a), short(b))),
        _ => {}
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 100 { text } else { text.chars().take(100).chain(['…']).collect() }
}
