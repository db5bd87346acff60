//! Packing a prompt of 4,096 tokens: what it costs from an edit on until the prompt is there, and in a repository of ten million tokens.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::editor::Editor;
use super::floor::parsed_files;
use super::side::{binary, median, row};

/// Edits that are packed for, in an ordinary repository and in one of ten million tokens.
const EDITS: usize = 200;
const FEW_EDITS: usize = 20;
/// What is typed at each place, a letter with each edit: names that are there, are begun, and are looked for in another.
const TYPED: &str = "first = self.second(";
/// How long the first index and the first ranking may take before this gives up.
const PATIENCE: Duration = Duration::from_secs(240);
/// What half and nearly all of the prompts may take from the edit on, in milliseconds.
const HALF: f64 = 5.0;
const NEARLY_ALL: f64 = 15.0;

/// Opens a file of the repository in a server and asks for what a model would see, again after each edit.
pub fn packing(folder: &Path) {
    if pack(folder).is_none() {
        eprintln!("{}: packing could not be measured", folder.display());
    }
}

/// The same in a repository of ordinary size.
pub fn prompts(folder: &Path) {
    if edits(folder).is_none() {
        eprintln!("{}: prompts after edits could not be measured", folder.display());
    }
}

/// A server with a repository whose ranking is there, and a file that is edited.
struct Packed {
    editor: Editor,
    uri: String,
    lines: usize,
    version: usize,
    /// Tokens of the first pack.
    known: u64,
}

/// What an edit and the prompt after it took, in milliseconds.
struct Took {
    wall: f64,
    /// Processor time of the server, what it does beside included.
    cpu: f64,
}

impl Packed {
    fn open(folder: &Path, files: &[PathBuf], scratch: &Path) -> Option<Self> {
        let file = files.iter().find(|file| file.ends_with("django/db/models/deletion.py")).or(files.first())?;
        let text = std::fs::read_to_string(file).ok()?;
        let uri = format!("file://{}", file.display());
        let mut editor = Editor::open(&binary(), folder, scratch)?;
        let language = if file.extension().is_some_and(|extension| extension == "rs") { "rust" } else { "python" };
        let document = json!({ "uri": uri, "languageId": language, "version": 0, "text": text });
        editor.tell("textDocument/didOpen", &json!({ "textDocument": document }))?;
        let mut packed = Self { editor, uri, lines: text.lines().count(), version: 0, known: 0 };
        let begun = Instant::now();
        while packed.known < 2048 && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(500));
            packed.known = packed.ask(packed.lines / 2, 0)?["tokens"].as_u64()?;
        }
        Some(packed)
    }

    fn ask(&mut self, line: usize, column: usize) -> Option<Value> {
        let place = json!({ "uri": self.uri, "position": { "line": line, "character": column }, "budget": 4096 });
        self.editor.ask("workspace/executeCommand", &json!({ "command": "longsight.contextPreview", "arguments": [place] }))
    }

    /// Types a letter of what is typed at the beginning of a line, and asks behind it.
    fn edit(&mut self, line: usize, at: usize) -> Option<Took> {
        self.version += 1;
        let position = json!({ "line": line, "character": at });
        let change = json!({ "range": { "start": position, "end": position }, "text": TYPED.get(at..=at)? });
        let document = json!({ "uri": self.uri, "version": self.version });
        let (start, spent) = (Instant::now(), self.cpu()?);
        self.editor.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": [change] }))?;
        self.ask(line, at + 1)?;
        Some(Took { wall: start.elapsed().as_secs_f64() * 1e3, cpu: self.cpu()? - spent })
    }

    fn cpu(&self) -> Option<f64> {
        let clock = ClockId::pid_cpu_clock_id(nix::unistd::Pid::from_raw(self.editor.pid() as i32)).ok()?;
        Some(Duration::from(clock_gettime(clock).ok()?).as_secs_f64() * 1e3)
    }
}

fn edits(folder: &Path) -> Option<()> {
    let scratch = tempfile::tempdir().ok()?;
    let files = parsed_files(folder);
    let mut packed = Packed::open(folder, &files, scratch.path())?;
    let step = (packed.lines / 10).max(1);
    let took: Option<Vec<Took>> = (0..EDITS).map(|at| packed.edit(at / TYPED.len() * step % packed.lines, at % TYPED.len())).collect();
    let took = took?;
    let place = format!("{}: {} files, {} tokens packed", folder.file_name()?.display(), files.len(), packed.known);
    for (share, goal) in [(0.5, HALF), (0.95, NEARLY_ALL)] {
        let at = |of: fn(&Took) -> f64| {
            let mut times: Vec<f64> = took.iter().map(of).collect();
            times.sort_by(f64::total_cmp);
            times[(times.len() as f64 * share) as usize]
        };
        let (cpu, wall) = (at(|took| took.cpu), at(|took| took.wall));
        let measure = format!("edit to prompt, CPU, p{:.0}", share * 100.0);
        row(&place, &measure, &format!("{cpu:.1} ms (wall {wall:.1})"), &format!("{goal} ms"), &[cpu / goal], 1.0, "");
    }
    Some(())
}

fn pack(folder: &Path) -> Option<()> {
    let scratch = tempfile::tempdir().ok()?;
    let files = parsed_files(folder);
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    let mut packed = Packed::open(folder, &files, scratch.path())?;
    let line = packed.lines / 2;
    let waits: Option<Vec<f64>> = (0..FEW_EDITS).map(|at| Some(packed.edit(line, at % TYPED.len())?.wall)).collect();
    let place = format!("ten million tokens: {} files, {:.1} MB, {} tokens packed", files.len(), bytes as f64 / 1e6, packed.known);
    let wait = median(waits?);
    row(&place, "packing again after an edit", &format!("{wait:.1} ms"), "200 ms", &[wait / 200.0], 1.0, "");
    let status = std::fs::read_to_string(format!("/proc/{}/status", packed.editor.pid())).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().trim_end_matches("kB").trim().parse::<f64>().ok())?;
    let (peak, goal) = (peak * 1024.0, bytes as f64 * 2.0);
    row(&place, "memory of the server, peak", &format!("{:.0} MB", peak / 1e6), &format!("{:.0} MB", goal / 1e6), &[peak / goal], 1.0, "");
    Some(())
}
