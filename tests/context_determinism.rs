//! The same workspace gives the same packs, in whatever order the index came to know it: cold, from its cache, or file by file.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use longsight::config::Config;
use longsight::context::corpus::Corpus;
use longsight::context::{Handle, Pack, PlaceQuery, Sources};
use longsight::features::preview::{Params, preview};
use longsight::features::{Session, Shared};
use longsight::index::{Options, View};
use longsight::route::Router;
use longsight::syntax::Registry;
use longsight::workspace::{Documents, Snapshot};

use super::context::thirds;
use super::support::tree::{Tree, index};

static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::new(Registry::new()));

/// Folders of our own sources, with definitions enough for some to be equally likely.
const FOLDERS: [&str; 4] = ["src/context", "src/index", "src/text", "src/workspace"];
/// Every so many of their files are places.
const EACH: usize = 6;
const BUDGETS: [usize; 2] = [400, 4096];
const QUESTIONS: [&str; 3] =
    ["how is a changed file found?", "where are secrets left out of the index?", "`Session` and `pack`: what stays of a prompt?"];

/// Files with their paths, and among them some that differ in nothing but their names.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![];
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_string();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let twin = "/// As the others do.\npub fn measured(value: u32) -> u32 {\n    rounded(value)\n}\n\npub fn rounded(value: u32) -> u32 {\n    value\n}\n";
    files.extend((0..12).map(|number| (format!("src/twins/twin_{number:02}.rs"), twin.to_string())));
    files.push(("src/twins/all.rs".into(), "pub fn all(value: u32) -> u32 {\n    let sum = measured(value);\n    sum\n}\n".into()));
    files.sort();
    files
}

/// The packs of several places and questions, each for a user who has just begun.
fn packs(tree: &Tree, view: &Arc<View>, files: &[(String, String)]) -> Vec<(String, Pack)> {
    let snapshot = Snapshot::new(tree.roots(), Documents::default());
    let corpus = Corpus::new(view.clone(), None, |path| snapshot.read(path).ok());
    let text = |path: &str| files.iter().find(|(known, _)| known == path).map(|(_, text)| Arc::from(text.as_str()));
    let sources = Sources { changed: &|_| None, is_gone: &|_| false, read: &|path| text(path), count: &thirds };
    let places = files.iter().enumerate().filter(|(at, (path, _))| at % EACH == 0 || path.ends_with("all.rs"));
    let mut packs = vec![];
    for (_, (path, text)) in places {
        let parsed = longsight::syntax::parse(REGISTRY.by_path(path).unwrap(), text.as_str()).ok();
        let offset = text[..text.floor_char_boundary(text.len() * 3 / 5)].rfind('\n').unwrap();
        for budget in BUDGETS {
            let query = PlaceQuery {
                corpus: &corpus,
                path,
                language: REGISTRY.by_path(path).map(|language| &**language),
                text,
                parsed: parsed.as_ref(),
                offset,
                budget,
                preview: false,
                writes: true,
            };
            packs.push((format!("{path} with {budget}"), Handle::default().place(&query, &sources)));
        }
    }
    let config = Arc::new(Config::default());
    let snapshot = Arc::new(snapshot);
    let shared = Arc::new(Shared::new(config.clone(), Arc::new(Router::new(&config)), REGISTRY.clone(), &snapshot));
    let session = Session::new(snapshot, shared, || view.clone());
    for question in QUESTIONS {
        let params = Params { question: Some(question.into()), budget: Some(3000), ..Params::default() };
        let preview = preview(&session, &params).unwrap();
        packs.push((question.into(), Pack { parts: preview.parts, ..Pack::default() }));
    }
    packs
}

/// Ties were broken by numbers that the index gives to files and names as they come, and sums were made in their order.
#[test]
fn packs_do_not_depend_on_the_order_in_which_files_were_indexed() {
    let files = sources();
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = Tree::new(&borrowed);
    let cold = tree.index(tree.cached()).view();
    let expected = packs(&tree, &cold, &files);
    let shown = |packs: &[(String, Pack)]| packs.iter().map(|(_, pack)| pack.parts.len()).sum::<usize>();
    assert!(shown(&expected) > expected.len(), "there is something to compare");
    let cached = tree.index(tree.cached()).view();
    // One by one, the last first, in a workspace that has known other names.
    let grown = Tree::new(&[]);
    let growing = index(grown.roots(), Options { threads: 1, ..Options::default() });
    for (at, (path, text)) in files.iter().enumerate().rev() {
        if at % 3 == 0 {
            let words = text.split(|letter: char| !letter.is_ascii_lowercase()).filter(|word| word.len() > 3).take(200);
            grown.write(path, words.map(|word| format!("fn {word}_{at}() {{\n    {word};\n}}\n")).collect::<String>());
            growing.changed(vec![grown.path(path)]);
            growing.sync();
        }
        grown.write(path, format!("{text}\n"));
        growing.changed(vec![grown.path(path)]);
        growing.sync();
        grown.write(path, text);
        growing.changed(vec![grown.path(path)]);
        growing.sync();
    }
    let grown_view = growing.view();
    let first = |view: &View| view.files().next().map(|(_, file)| file.path.to_string());
    assert_ne!(first(&cold), first(&grown_view), "the files have other numbers");
    for (what, tree, view) in [("from the cache", &tree, &cached), ("one by one", &grown, &grown_view)] {
        for ((place, pack), (_, other)) in expected.iter().zip(packs(tree, view, &files)) {
            let lines =
                |pack: &Pack| pack.parts.iter().map(|part| format!("{}: {}\n{}", part.path, part.why, &*part.text)).collect::<Vec<_>>();
            assert_eq!(lines(&other), lines(pack), "{what}: {place}");
            assert_eq!(other.parts, pack.parts, "{what}: {place}");
        }
    }
}
