//! Completions by a perfect model: it writes exactly what was cut out of a file, and then goes on. What longsight offers must restore the
//! file or a beginning of the cut-out text, and never damage the file. The files are this project's own with the annotated samples of every
//! language, or those below the folder `$LONGSIGHT_CORPUS`; cuts that were not restored are written to the file `$LONGSIGHT_OUT`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use longsight::config::Config;

use longsight::engine::{Ask, BoxFuture, Cancel, Caps, Engine, EngineError, Estimate, Event, Events, Finish, Finished, Request, Tokens};
use longsight::features::complete::{Params, complete};
use longsight::features::{Session, Target};
use longsight::text::Text;
use longsight::workspace::{Document, Sync};

use crate::support::workspace::Workspace;

/// Writes on from the hole as the file does, and stops as an engine would: at a stop text, or out of tokens.
#[derive(Default)]
struct Perfect {
    continuation: Mutex<String>,
}

impl Engine for Perfect {
    fn model(&self) -> String {
        "perfect".into()
    }

    fn origin(&self) -> Option<String> {
        None
    }

    fn caps(&self) -> BoxFuture<'_, Result<Caps, EngineError>> {
        Box::pin(std::future::ready(Ok(self.known_caps())))
    }

    fn start(&self, request: Request, _: Cancel) -> Events {
        let whole = self.continuation.lock().unwrap().clone();
        let most = whole.floor_char_boundary(request.max_tokens as usize * 4);
        let stop = request.stop.iter().filter_map(|stop| whole[..most].find(stop.as_str())).min();
        let reason = if stop.is_none() && most < whole.len() { Finish::Length } else { Finish::Stop };
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let _ = sender.try_send(Event::Text(whole[..stop.unwrap_or(most)].into()));
        let _ = sender.try_send(Event::Done(Finished { reason, ..Finished::default() }));
        receiver
    }

    fn tokens(&self) -> Arc<dyn Tokens> {
        Arc::new(Estimate)
    }

    fn preview(&self, ask: &Ask) -> String {
        format!("{ask:?}")
    }

    fn known_caps(&self) -> Caps {
        Caps { context: 8192, ..Caps::assumed() }
    }
}

/// Files with a parser.
const ENDINGS: &[&str] = &["rs", "py", "ts", "tsx", "js", "go", "java", "c", "cpp", "cc"];

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// Bytes that are cut out of a file; the cursor is where they were.
#[derive(Clone, Debug)]
struct Cut {
    kind: &'static str,
    bytes: std::ops::Range<usize>,
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0;
    text.chars().all(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth >= 0
    }) && depth == 0
}

/// Cuts of every kind from one file.
fn cuts(text: &str, chance: &mut Chance) -> Vec<Cut> {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let line = |number: usize| text[starts[number]..].split('\n').next().unwrap_or_default();
    let mut found = vec![];
    for number in 1..starts.len().saturating_sub(2) {
        let here = line(number);
        if here.trim().len() < 4 {
            continue;
        }
        let (start, end) = (starts[number], starts[number] + here.len());
        // The rest of a line, from behind a word or a bracket on.
        let places: Vec<usize> =
            here.char_indices().filter(|(at, letter)| *at > indent(here) && " (.,=".contains(*letter)).map(|(at, _)| at + 1).collect();
        if !places.is_empty() && chance.below(4) == 0 {
            let at = places[chance.below(places.len())];
            if !here[at..].trim().is_empty() && !here[at..].starts_with(' ') {
                found.push(Cut { kind: "rest", bytes: start + at..end });
            }
        }
        // What stands in brackets.
        if let Some(open) = here.find('(')
            && let Some(close) = here.rfind(')')
            && close > open + 1
            && is_balanced(&here[open + 1..close])
            && chance.below(4) == 0
        {
            found.push(Cut { kind: "arguments", bytes: start + open + 1..start + close });
        }
        // Some lines.
        let count = 1 + chance.below(3);
        if chance.below(4) == 0 && number + count < starts.len() - 1 {
            let last = line(number + count - 1);
            let same = (0..count).all(|more| line(number + more).trim().len() > 1 && indent(line(number + more)) >= indent(here));
            if same
                && indent(here) > 0
                && indent(last) == indent(here)
                && here.trim_start().starts_with(|letter: char| letter.is_alphabetic())
            {
                found.push(Cut { kind: "lines", bytes: start + indent(here)..starts[number + count - 1] + last.len() });
            }
        }
        // A body.
        let opener = line(number - 1);
        if (opener.ends_with('{') || opener.ends_with(':') && opener.trim_start().starts_with("def ")) && indent(here) > indent(opener) {
            let inside = (number..starts.len()).take_while(|at| line(*at).trim().is_empty() || indent(line(*at)) > indent(opener));
            let Some(last) = inside.filter(|at| !line(*at).trim().is_empty()).last() else { continue };
            found.push(Cut { kind: "body", bytes: start + indent(here)..starts[last] + line(last).len() });
        }
    }
    found
}

/// What a suggestion made of a cut.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Restored {
    Whole,
    Beginning,
    Nothing,
    Damage,
}

/// Whether somebody asked for the suggestion, and whether the model goes on behind the hole.
#[derive(Clone, Copy, Debug)]
struct How {
    invoked: bool,
    runs_on: bool,
}

struct Tried {
    kind: &'static str,
    outcome: Restored,
    told: String,
}

impl Tried {
    fn tell(&self) -> String {
        format!("######## {:?} {}\n{}", self.outcome, self.kind, self.told)
    }
}

async fn attempt(session: &Session, engine: &Perfect, path: &Path, text: &str, cut: &Cut, how: How) -> Tried {
    let How { invoked, runs_on } = how;
    let (before, after) = (&text[..cut.bytes.start], &text[cut.bytes.end..]);
    let removed = &text[cut.bytes.clone()];
    *engine.continuation.lock().unwrap() = if runs_on { text[cut.bytes.start..].into() } else { removed.into() };
    let path_name = path.display().to_string();
    let path = session.snapshot.roots.resolve(&path_name).unwrap();
    let document = Document {
        uri: path.uri(),
        path: Some(path),
        targets: vec![],
        language: String::new(),
        version: 0,
        text: Text::new(&format!("{before}{after}")),
        sync: Sync::InStep,
    };
    let params = Params { at: Target { document: Arc::new(document), bytes: before.len()..before.len() }, invoked, selected: None };
    session.shared.notes(|notes| notes.memory = Default::default());
    let completion = complete(session, &params, &Cancel::new()).await.unwrap();
    let offered = completion.items.first().map(|item| item.text.as_str());
    let outcome = match offered {
        None => Restored::Nothing,
        Some(text) if removed.trim_end() == text.trim_end() => Restored::Whole,
        Some(text) if removed.starts_with(text) => Restored::Beginning,
        Some(_) => Restored::Damage,
    };
    let near = &before[before.floor_char_boundary(before.len().saturating_sub(160))..];
    let told = format!(
        "{}@{} {how:?}\n--- before\n{near}\n--- removed\n{removed}\n--- offered ({})\n{}\n--- after\n{}\n",
        path_name,
        cut.bytes.start,
        completion.nothing.unwrap_or_default(),
        offered.unwrap_or_default(),
        &after[..after.floor_char_boundary(160)],
    );
    Tried { kind: cut.kind, outcome, told }
}

/// Every how many cuts are tried: this project is Rust, and the other languages are to have their say.
fn share(file: &Path) -> usize {
    if file.extension().is_some_and(|end| end == "rs") { 50 } else { 4 }
}

fn corpus() -> Vec<(PathBuf, String)> {
    let folder = std::env::var_os("LONGSIGHT_CORPUS").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let walk = ignore::WalkBuilder::new(folder).sort_by_file_path(|one, other| one.cmp(other)).build();
    let known = |file: &Path| file.extension().is_some_and(|end| ENDINGS.iter().any(|known| end == *known));
    let files = walk.flatten().map(|entry| entry.into_path()).filter(|file| known(file));
    let read = files.filter_map(|file| Some((file.clone(), std::fs::read_to_string(file).ok()?)));
    read.filter(|(_, text)| text.len() < 200_000).map(|(file, text)| (file, text.replace("\r\n", "\n"))).collect()
}

fn session() -> (Workspace, Session, Arc<Perfect>) {
    let (workspace, engine) = (Workspace::new(&[]), Arc::new(Perfect::default()));
    let session = workspace.session(Config::default(), vec![("local".into(), engine.clone() as Arc<dyn Engine>)]);
    (workspace, session, engine)
}

#[tokio::test]
async fn a_perfect_model_is_not_made_worse() {
    let (_workspace, session, engine) = session();
    let mut chance = Chance(7);
    let mut tried = vec![];
    for (file, text) in corpus() {
        let chosen: Vec<Cut> = cuts(&text, &mut chance).into_iter().filter(|_| chance.below(share(&file)) == 0).collect();
        for cut in chosen {
            let how = How { invoked: chance.below(3) == 0, runs_on: chance.below(3) != 0 };
            tried.push(attempt(&session, &engine, Path::new(file.file_name().unwrap()), &text, &cut, how).await);
        }
    }
    if let Some(out) = std::env::var_os("LONGSIGHT_OUT") {
        let told: Vec<String> = tried.iter().filter(|one| one.outcome != Restored::Whole).map(Tried::tell).collect();
        std::fs::write(out, told.join("\n")).unwrap();
    }
    for (kind, least) in [("rest", 0.97), ("arguments", 0.97), ("lines", 0.5), ("body", 0.6)] {
        let of = |outcome: Restored| tried.iter().filter(|one| one.kind == kind && one.outcome == outcome).count();
        let (whole, beginning, nothing, damage) =
            (of(Restored::Whole), of(Restored::Beginning), of(Restored::Nothing), of(Restored::Damage));
        println!("{kind}: whole {whole}, beginning {beginning}, nothing {nothing}, damage {damage}");
        let all = whole + beginning + nothing + damage;
        assert!(all >= 40, "only {all} cuts of {kind}");
        let first = tried.iter().find(|one| one.kind == kind && one.outcome == Restored::Damage);
        assert!(first.is_none(), "{}", first.unwrap().tell());
        assert!(whole as f64 >= all as f64 * least, "{kind}: only {whole} of {all} were restored");
        assert!(nothing * 30 <= all, "{kind}: nothing was offered in {nothing} of {all} places");
    }
}

/// What a perfect model's suggestion makes of the place between `⟦⟧`.
async fn restored(path: &str, marked: &str, runs_on: bool) -> Restored {
    let (before, rest) = marked.split_once('⟦').unwrap();
    let (removed, after) = rest.split_once('⟧').unwrap();
    let (_workspace, session, engine) = session();
    let cut = Cut { kind: "given", bytes: before.len()..before.len() + removed.len() };
    let how = How { invoked: false, runs_on };
    attempt(&session, &engine, Path::new(path), &format!("{before}{removed}{after}"), &cut, how).await.outcome
}

#[tokio::test]
async fn arguments_that_end_with_a_call_keep_its_bracket() {
    for runs_on in [true, false] {
        let rust = "fn f(path: &Path) {\n    println!(⟦\"{}\", path.display()⟧);\n}\n";
        assert_eq!(restored("a.rs", rust, runs_on).await, Restored::Whole);
        let python = "def f(path):\n    return open(⟦os.path.join(root(), path())⟧)\n";
        assert_eq!(restored("a.py", python, runs_on).await, Restored::Whole);
        let quoted = "fn f() {\n    say(⟦\"it\", \"is\"⟧);\n}\n";
        assert_eq!(restored("a.rs", quoted, runs_on).await, Restored::Whole);
    }
}

#[tokio::test]
async fn a_field_on_a_line_of_its_own_comes_with_all_that_it_holds() {
    let code =
        "const answer = await get(url, {\n\t⟦headers: {\n\t\tunicorn: fixture,\n\t},⟧\n});\n\nexport const more = [\n\t1,\n\t2,\n];\n";
    for runs_on in [true, false] {
        assert_eq!(restored("a.ts", code, runs_on).await, Restored::Whole);
    }
}

#[tokio::test]
async fn tabs_stay_tabs_where_the_cursor_has_the_only_one() {
    let code = "class Found extends Error {\n\t⟦name = 'Found';\n\tvalue = 1;⟧\n}\n";
    assert_eq!(restored("a.ts", code, true).await, Restored::Whole);
}
