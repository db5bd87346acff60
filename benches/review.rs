//! What the review of a large change costs when the model wants to finish, beside a bare parse of the same files before and after it.
//!
//! `cargo bench --bench review`. Thirty files of 500 lines that call each other, in Rust and in Python; a scripted model renames all their
//! functions, gives each a parameter more, or changes their bodies. What is measured is processor time from the call of `finish` to the offer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use longsight::config::Config;
use longsight::dialect::ToolCall;
use longsight::engine::scripted::{Scripted, Step};
use longsight::engine::{Ask, BoxFuture, Cancel, Caps, Engine, EngineError, Event, Events, Finished, Request, Tokens};
use longsight::features::edit::{How, Params, edit};
use longsight::features::{self, Session, Target, silent};
use longsight::index::{Index, Options};
use longsight::route::Router;
use longsight::syntax::{self, Registry};
use longsight::text::Text;
use longsight::workspace::{Document, Documents, Roots, Snapshot};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

const FILES: usize = 30;
const FUNCTIONS: usize = 50;
/// Files in one call of the model.
const AT_ONCE: usize = 6;
const ROUNDS: usize = 3;
/// Times a bare parse that a review may cost: it looks at the tree of each text, and at who uses what.
const GOAL: f64 = 15.0;

/// What becomes of a function: its name, what it takes more, what it adds.
#[derive(Clone, Copy)]
struct Change {
    what: &'static str,
    name: &'static str,
    parameter: bool,
    adds: usize,
}

const BEFORE: Change = Change { what: "", name: "work", parameter: false, adds: 1 };
const CHANGES: [Change; 3] = [
    Change { what: "all functions renamed", name: "task", ..BEFORE },
    Change { what: "a parameter more for each", parameter: true, ..BEFORE },
    Change { what: "all bodies changed", adds: 2, ..BEFORE },
];

fn main() {
    println!("| language | change | review | bare parse | ratio | goal | |\n|---|---|---|---|---|---|---|");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    for (language, ending) in [("rust", "rs"), ("python", "py")] {
        for change in CHANGES {
            let mut rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| runtime.block_on(round(ending, change))).collect();
            rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
            let (review, parse) = rounds[ROUNDS / 2];
            let (ratio, what) = (review / parse, change.what);
            let verdict = if ratio <= GOAL { "ok" } else { "MISSED" };
            println!("| {language} | {what} | {:.0} ms | {:.0} ms | {ratio:.1} | {GOAL} | {verdict} |", review * 1e3, parse * 1e3);
        }
    }
}

/// Seconds of the review, and of a bare parse.
async fn round(ending: &str, change: Change) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("its path").join("repo");
    std::fs::create_dir_all(root.join(".git")).expect("a repository");
    let name = |number: usize| format!("m{number}.{ending}");
    let before: Vec<String> = (0..FILES).map(|number| module(ending, number, BEFORE)).collect();
    let after: Vec<String> = (0..FILES).map(|number| module(ending, number, change)).collect();
    for (number, text) in before.iter().enumerate() {
        std::fs::write(root.join(name(number)), text).expect("a file");
    }
    let edit = |number: usize| json!({ "path": name(number), "old": before[number], "new": after[number], "reason": "asked for" });
    let edits: Vec<Value> = (0..FILES).map(edit).collect();
    let propose = |edits: &[Value]| call("propose_edit", json!({ "edits": edits }));
    let finish = || calls(vec![call("finish", json!({ "summary": "done" }))]);
    let scripts = [calls(edits.chunks(AT_ONCE).map(propose).collect()), finish(), finish()];
    let engine = Arc::new(Noting { inner: Scripted::new(scripts), begun: Mutex::default() });
    let (session, registry) = session(&root, engine.clone());
    let parse = parsing(&registry, ending, before.iter().chain(&after));
    let path = session.snapshot.roots.resolve(&name(0)).expect("a path");
    let at = Target { document: Arc::new(Document::on_disk(path, Text::new(&before[0]))), bytes: 0..before[0].len() };
    let params = Params { at, how: How::Instruction("do what is asked, step by step".into()) };
    let edited = edit_of(&session, &params).await;
    let begun = engine.begun.lock().map(|begun| *begun).unwrap_or_default();
    assert_eq!(edited.len(), FILES, "all files are offered");
    ((cpu() - begun).as_secs_f64(), parse.as_secs_f64())
}

async fn edit_of(session: &Session, params: &Params) -> Vec<String> {
    let edited = edit(session, params, &Cancel::new(), &silent()).await.unwrap_or_else(|error| panic!("{error}"));
    edited.edits.into_iter().map(|file| file.path).collect()
}

/// A module of functions that call those of the next one.
fn module(ending: &str, number: usize, change: Change) -> String {
    let Change { name, parameter, adds, .. } = change;
    let next = (number + 1) % FILES;
    let mut text = match ending {
        "rs" => format!("use crate::m{next}::*;\n\n"),
        _ => format!("from m{next} import *\n\n\n"),
    };
    for one in 0..FUNCTIONS {
        let (own, other) = (format!("{name}_{number}_{one}"), format!("{name}_{next}_{one}"));
        text.push_str(&match ending {
            "rs" => {
                let (takes, gives) = if parameter { (", more: u64", ", 3") } else { ("", "") };
                format!(
                    "/// Works on a number.\npub fn {own}(value: u64{takes}) -> u64 {{\n    let mut sum = value + {adds};\n    if sum > {one} {{\n        \
                     sum = {other}(sum - 1{gives});\n    }}\n    let twice = sum * 2;\n    twice + value\n}}\n\n"
                )
            }
            _ => {
                let (takes, gives) = if parameter { (", more", ", 3") } else { ("", "") };
                format!(
                    "def {own}(value{takes}):\n    \"\"\"Works on a number.\"\"\"\n    total = value + {adds}\n    if total > {one}:\n        total = {other}(total - 1{gives})\n    \
                     twice = total * 2\n    return twice + value\n\n\n"
                )
            }
        });
    }
    text
}

fn session(root: &std::path::Path, engine: Arc<Noting>) -> (Session, Arc<Registry>) {
    let mut config = Config::default();
    config.route.agent_context = 8000;
    let roots = Arc::new(Roots::new([root.to_path_buf()]));
    let registry = Arc::new(Registry::new());
    let index = Index::start(roots.clone(), registry.clone(), Options { cache: None, ..Options::default() });
    index.wait_ready();
    let snapshot = Arc::new(Snapshot::new(roots, Documents::default()));
    let router = Router::with_engines(&config, vec![("local".into(), engine as Arc<dyn Engine>)]);
    let shared = features::Shared::new(Arc::new(config), Arc::new(router), registry.clone(), &snapshot);
    (Session::new(snapshot, Arc::new(shared), || index.view()), registry)
}

fn parsing<'a>(registry: &Registry, ending: &str, texts: impl Iterator<Item = &'a String>) -> Duration {
    let begun = cpu();
    for text in texts {
        let language = registry.detect(&format!("a.{ending}"), text).expect("its language");
        std::hint::black_box(syntax::parse(language, text.as_str()).expect("a tree"));
    }
    cpu() - begun
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: format!("call_{name}"), name: name.into(), arguments }
}

fn calls(calls: Vec<ToolCall>) -> Vec<Step> {
    calls.into_iter().map(Event::Call).chain([Event::Done(Finished::default())]).map(Step::Event).collect()
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage of this process");
    let part = |time: nix::sys::time::TimeVal| Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64);
    part(usage.user_time()) + part(usage.system_time())
}

/// A scripted engine that notes when it was asked for the first time after the edits.
struct Noting {
    inner: Arc<Scripted>,
    begun: Mutex<Duration>,
}

impl Engine for Noting {
    fn model(&self) -> String {
        self.inner.model()
    }

    fn origin(&self) -> Option<String> {
        self.inner.origin()
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        self.inner.caps()
    }

    fn start(&self, request: Request, cancel: Cancel) -> Events {
        if let Ok(mut begun) = self.begun.lock()
            && self.inner.asked().len() == 1
        {
            *begun = cpu();
        }
        self.inner.start(request, cancel)
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        self.inner.tokens()
    }

    fn preview(&self, ask: &Ask) -> String {
        self.inner.preview(ask)
    }

    fn known_caps(&self) -> Caps {
        self.inner.known_caps()
    }
}
