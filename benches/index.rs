//! The index beside what others need for the same files, in one run: ratios are the result, seconds are only shown.
//!
//! `cargo bench --bench index [-- FOLDER…]`. Without folders: Django's sources (from PyPI, once) and the sources of the crates that this
//! machine has. Goals are those of the project's measure: tier 0 against universal-ctags, the full index against a bare one-thread
//! tree-sitter parse, a warm start against a `find` stat pass, a keystroke against a bare incremental parse, memory against the source.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use longsight::index::{Index, Options};
use longsight::syntax::Registry;
use longsight::text::Text;
use longsight::workspace::{Document, Roots, walk};
use nix::sys::resource::{UsageWho, getrusage};

/// Rounds of each contender, in turns.
const ROUNDS: usize = 3;
/// Keystrokes in a long file.
const KEYS: usize = 400;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [child, folder] = arguments.as_slice()
        && child == "--parse-floor"
    {
        return parse_floor(Path::new(folder));
    }
    let given: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
    let folders = if given.is_empty() { default_folders() } else { given };
    println!("contenders: {}, find, bare tree-sitter parse; {ROUNDS} rounds in turns, medians of ratios\n", ctags_version());
    println!("| where | measure | ours | beside | ratio | goal | |\n|---|---|---|---|---|---|---|");
    for folder in &folders {
        match folder.canonicalize() {
            Ok(folder) => trees(&folder),
            Err(error) => eprintln!("{}: {error}", folder.display()),
        }
    }
    for folder in &folders {
        keystrokes(folder);
    }
}

fn row(place: &str, measure: &str, ours: &str, beside: &str, ratio: f64, goal: f64) {
    let verdict = if ratio <= goal { "ok" } else { "MISSED" };
    println!("| {place} | {measure} | {ours} | {beside} | {ratio:.2} | {goal} | {verdict} |");
}

/// Wall and CPU seconds of a child.
#[derive(Clone, Copy)]
struct Spent {
    wall: f64,
    cpu: f64,
}

fn run(command: &mut Command) -> Option<(Spent, String)> {
    let before = children_cpu();
    let start = Instant::now();
    let output = command.stderr(Stdio::null()).output().ok()?;
    let spent = Spent { wall: start.elapsed().as_secs_f64(), cpu: children_cpu() - before };
    Some((spent, String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn children_cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage of children");
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn ctags_version() -> String {
    let said = run(Command::new("ctags").arg("--version")).map(|(_, said)| said).unwrap_or_default();
    said.lines()
        .next()
        .filter(|line| line.contains("Universal"))
        .unwrap_or("no universal-ctags here")
        .split(',')
        .next()
        .unwrap_or_default()
        .into()
}

/// What `longsight index --json` says, with what it cost.
fn ours(folder: &Path, cache: Option<&Path>) -> Option<(Spent, serde_json::Value)> {
    // Another build can be measured in its place.
    let binary = std::env::var_os("LONGSIGHT").unwrap_or_else(|| env!("CARGO_BIN_EXE_longsight").into());
    let mut command = Command::new(binary);
    command.args(["index", "--json", "--workspace"]).arg(folder);
    match cache {
        Some(cache) => command.env("XDG_CACHE_HOME", cache),
        None => command.arg("--no-cache"),
    };
    let (spent, said) = run(&mut command)?;
    Some((spent, serde_json::from_str(&said).ok()?))
}

/// The files that are parsed, as `ctags -L` reads them.
fn parsed_files(folder: &Path) -> Vec<PathBuf> {
    let registry = Registry::new();
    let listing = walk::walk(&Roots::new([folder.to_path_buf()]), 2);
    let parsed = |path: &str| registry.by_path(path).is_some_and(|language| language.parses());
    listing.files.iter().filter(|entry| parsed(entry.path.relative())).map(|entry| entry.path.absolute()).collect()
}

fn trees(folder: &Path) {
    let place = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let files = parsed_files(folder);
    let list = scratch.path().join("files");
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    std::fs::write(&list, names.join("\n")).expect("a list of files");
    let (mut tier0, mut full, mut warm) = (vec![], vec![], vec![]);
    let mut shown = ["", "", ""].map(|_| (String::new(), String::new()));
    let mut last = serde_json::Value::Null;
    for _ in 0..ROUNDS {
        let ctags = run(Command::new("ctags").args(["--sort=no", "-f", "/dev/null", "-L"]).arg(&list));
        let floor = run(Command::new(std::env::current_exe().expect("this program")).arg("--parse-floor").arg(folder));
        let cache = scratch.path().join("cache");
        let (Some((cold, said)), Some((floor, _))) = (ours(folder, None), floor) else {
            return eprintln!("{place}: could not be measured");
        };
        if !cache.exists() {
            ours(folder, Some(&cache));
        }
        let find = run(Command::new("find").arg(folder).args(["-printf", "%s %T@\n"]));
        let again = ours(folder, Some(&cache));
        let names = said["names_seconds"].as_f64().unwrap_or(f64::NAN);
        if let Some((ctags, _)) = ctags {
            tier0.push(names / ctags.wall);
            shown[0] = (format!("{names:.2} s"), format!("ctags {:.2} s", ctags.wall));
        }
        full.push(cold.cpu / floor.cpu);
        shown[1] = (format!("{:.2} s CPU", cold.cpu), format!("parse {:.2} s CPU", floor.cpu));
        if let (Some((_, said)), Some((find, _))) = (again, find) {
            let seconds = said["seconds"].as_f64().unwrap_or(f64::NAN);
            assert_eq!(said["cache"]["misses"], 0, "a warm start read files again: {said}");
            warm.push(seconds / find.wall);
            shown[2] = (format!("{seconds:.2} s"), format!("find {:.2} s", find.wall));
        }
        last = said;
    }
    let bytes = last["bytes"].as_f64().unwrap_or(f64::NAN);
    let mut what = format!("{place}: {} files, {} parsed, ", last["files"], files.len());
    let _ = write!(what, "{:.1} MB", bytes / 1e6);
    row(&what, "names searchable, wall, two threads", &shown[0].0, &shown[0].1, median(tier0), 0.5);
    row(&place, "whole index", &shown[1].0, &shown[1].1, median(full), 1.3);
    row(&place, "warm start, wall", &shown[2].0, &shown[2].1, median(warm), 3.0);
    let rss = last["rss_bytes"].as_f64().unwrap_or(f64::NAN);
    let goal = if bytes < 52.5e6 { 105e6 } else { bytes * 2.0 };
    row(&place, "memory", &format!("{:.0} MB", rss / 1e6), &format!("{:.0} MB", goal / 1e6), rss / goal, 1.0);
}

/// A bare parse of the same files on one thread, nothing kept.
fn parse_floor(folder: &Path) {
    let registry = Registry::new();
    let mut parser = tree_sitter::Parser::new();
    let mut nodes = 0usize;
    for file in parsed_files(folder) {
        let Some(language) = registry.by_path(&file.to_string_lossy()) else { continue };
        let Ok(text) = std::fs::read(&file) else { continue };
        // What the index leaves out by size or content is left out here as well.
        if text.len() > 1 << 20 || longsight::workspace::rules::by_content(&String::from_utf8_lossy(&text)).is_some() {
            continue;
        }
        parser.set_language(&grammar(&language.name)).expect("a grammar");
        nodes += parser.parse(&text, None).map_or(0, |tree| tree.root_node().descendant_count());
    }
    println!("{nodes}");
}

fn grammar(language: &str) -> tree_sitter::Language {
    match language {
        "rust" => tree_sitter_rust::LANGUAGE.into(),
        "python" => tree_sitter_python::LANGUAGE.into(),
        "javascript" => tree_sitter_javascript::LANGUAGE.into(),
        "typescript" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        "go" => tree_sitter_go::LANGUAGE.into(),
        "c" => tree_sitter_c::LANGUAGE.into(),
        "cpp" => tree_sitter_cpp::LANGUAGE.into(),
        _ => tree_sitter_java::LANGUAGE.into(),
    }
}

/// One character typed into the longest file of 5,000 to 7,000 lines: until a query is answered, beside the bare incremental parse.
fn keystrokes(folder: &Path) {
    let Ok(folder) = folder.canonicalize() else { return };
    let registry = Arc::new(Registry::new());
    let long = parsed_files(&folder).into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(&path).ok().filter(|text| text.len() < 400_000)?;
        (5_000..7_500).contains(&text.lines().count()).then_some((path, text))
    });
    let mut by_language = std::collections::BTreeMap::new();
    for (path, text) in long {
        let Some(language) = registry.by_path(&path.to_string_lossy()).filter(|_| longsight::workspace::rules::by_content(&text).is_none())
        else {
            continue;
        };
        let best = by_language.entry(language.name.clone()).or_insert_with(|| (path.clone(), String::new()));
        if text.len() > best.1.len() {
            *best = (path, text);
        }
    }
    for (language, (path, text)) in by_language {
        keystrokes_in(&registry, &language, &path, text);
    }
}

fn keystrokes_in(registry: &Arc<Registry>, language: &str, path: &Path, mut text: String) {
    let roots = Arc::new(Roots::new([path.parent().unwrap_or(path).to_path_buf()]));
    let index = Index::start(roots.clone(), registry.clone(), Options::default());
    index.wait_ready();
    let place = roots.locate(path);
    let document = |version: i32, text: &str| Document {
        uri: format!("file://{}", path.display()),
        path: place.clone(),
        language: language.into(),
        version,
        text: Text::new(text),
        desynced: false,
    };
    index.update(document(0, &text));
    index.sync();
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&grammar(language)).expect("a grammar");
    let mut tree = parser.parse(&text, None).expect("a tree");
    let (mut ours, mut floor) = (vec![], vec![]);
    let mut seed = 1u64;
    while ours.len() < KEYS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (seed >> 33) as usize % text.len();
        let bytes = text.as_bytes();
        if at == 0 || !bytes[at - 1].is_ascii_lowercase() || !bytes[at].is_ascii_lowercase() {
            continue;
        }
        let leaf = tree.root_node().descendant_for_byte_range(at, at);
        if !leaf.is_some_and(|leaf| leaf.kind().contains("identifier")) {
            continue;
        }
        let line = text[..at].matches('\n').count();
        let column = at - text[..at].rfind('\n').map_or(0, |end| end + 1);
        let point = |column| tree_sitter::Point::new(line, column);
        text.insert(at, 'q');
        let next = document(ours.len() as i32 + 1, &text);
        let start = Instant::now();
        tree.edit(&tree_sitter::InputEdit {
            start_byte: at,
            old_end_byte: at,
            new_end_byte: at + 1,
            start_position: point(column),
            old_end_position: point(column),
            new_end_position: point(column + 1),
        });
        tree = parser.parse(&text, Some(&tree)).expect("a tree");
        floor.push(start.elapsed());
        let start = Instant::now();
        index.update(next);
        index.sync();
        let view = index.view();
        let known = place.as_ref().and_then(|place| view.at(place)).is_some_and(|file| !file.symbols.is_empty());
        ours.push(start.elapsed());
        assert!(known, "{} is not in the index", path.display());
    }
    report(path, &mut ours, &mut floor);
}

fn report(path: &Path, ours: &mut [Duration], floor: &mut [Duration]) {
    ours.sort();
    floor.sort();
    let at = |times: &[Duration], share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for (share, title) in [(0.5, "one character, p50"), (0.95, "one character, p95")] {
        let (ours, floor) = (at(ours, share), at(floor, share));
        row(&name, title, &format!("{ours:.2} ms"), &format!("incremental parse {floor:.2} ms"), ours / floor, 2.0);
    }
    let worst = at(ours, 0.95);
    row(&name, "p95 to an answered query", &format!("{worst:.2} ms"), "15 ms", worst / 15.0, 1.0);
}

/// Django's sources, fetched once, and the crates that cargo has unpacked.
fn default_folders() -> Vec<PathBuf> {
    let mut folders = vec![];
    if let Some(cache) = longsight::config::cache_dir() {
        let folder = cache.join("bench");
        let django = folder.join("django-5.2.19");
        if !django.exists() && std::fs::create_dir_all(&folder).is_ok() {
            let fetched = "pip download -q --no-deps --no-binary :all: --no-build-isolation django==5.2.19 && tar xzf django-5.2.19.tar.gz";
            let _ = Command::new("sh").args(["-c", fetched]).current_dir(&folder).status();
        }
        folders.push(django);
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok()?.flatten().map(|entry| entry.path()).next());
    folders.extend(sources);
    folders.retain(|folder| folder.exists());
    folders
}
