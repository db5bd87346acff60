//! A keystroke in a long file: until a query is answered, beside the bare incremental parse.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use longsight::index::{Index, Options};
use longsight::syntax::{self, Registry};
use longsight::text::Text;
use longsight::workspace::{Document, Roots, Sync};
use nix::sys::resource::UsageWho;

use super::floor::{is_left_out, parsed_files};
use super::side::{cpu, row};

/// Keystrokes in a long file.
const KEYS: usize = 400;

/// One character typed into the longest file of 5,000 to 7,500 lines of each language, and into the longest that does not parse cleanly.
pub fn keystrokes(folder: &Path) {
    let Ok(folder) = folder.canonicalize() else { return };
    let registry = Arc::new(Registry::new());
    let long = parsed_files(&folder).into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(&path).ok().filter(|text| text.len() < 400_000)?;
        (5_000..7_500).contains(&text.lines().count()).then_some((path, text))
    });
    let mut chosen = BTreeMap::new();
    for (path, text) in long {
        let Some(language) = registry.detect(&path.to_string_lossy(), &text) else { continue };
        let Ok(parsed) = syntax::parse(language, text.as_str()) else { continue };
        if is_left_out(&folder, &path, &text) {
            continue;
        }
        let best = chosen.entry((language.name.clone(), parsed.errors() > 0)).or_insert_with(|| (path.clone(), String::new()));
        if text.len() > best.1.len() {
            *best = (path, text);
        }
    }
    for ((language, is_broken), (path, text)) in chosen {
        keystrokes_in(&registry, &language, is_broken, &path, text);
    }
}

fn keystrokes_in(registry: &Arc<Registry>, language: &str, is_broken: bool, path: &Path, mut text: String) {
    let roots = Arc::new(Roots::new([path.parent().unwrap_or(path).to_path_buf()]));
    let index = Index::start(roots.clone(), registry.clone(), Options::default());
    index.wait_ready();
    let place = roots.locate(path);
    // The editor tells of the edit, not of the text: the next version is made of this one.
    let mut document = Document {
        uri: format!("file://{}", path.display()),
        path: place.clone(),
        targets: vec![],
        language: language.into(),
        version: 0,
        text: Text::new(&text),
        sync: Sync::InStep,
    };
    index.update(document.clone());
    index.sync();
    let mut parser = tree_sitter::Parser::new();
    let grammar = registry.by_id(language).and_then(|language| language.grammar()).expect("a grammar");
    parser.set_language(grammar).expect("a grammar");
    let mut tree = parser.parse(&text, None).expect("a tree");
    let (mut ours, mut floor, mut waits) = (vec![], vec![], vec![]);
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
        let begun = cpu(UsageWho::RUSAGE_SELF);
        tree.edit(&tree_sitter::InputEdit {
            start_byte: at,
            old_end_byte: at,
            new_end_byte: at + 1,
            start_position: point(column),
            old_end_position: point(column),
            new_end_position: point(column + 1),
        });
        tree = parser.parse(&text, Some(&tree)).expect("a tree");
        floor.push(cpu(UsageWho::RUSAGE_SELF) - begun);
        let (start, begun) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF));
        document.version += 1;
        document.text.replace(at..at, "q");
        index.update(document.clone());
        index.sync();
        let view = index.view();
        let known = place.as_ref().and_then(|place| view.at(place)).is_some_and(|file| !file.symbols.is_empty());
        ours.push(cpu(UsageWho::RUSAGE_SELF) - begun);
        waits.push(start.elapsed().as_secs_f64());
        assert!(known, "{} is not in the index", path.display());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = if is_broken { format!("{name} (does not parse cleanly)") } else { name.into_owned() };
    report(&name, ours, floor, waits);
}

fn report(name: &str, ours: Vec<f64>, floor: Vec<f64>, waits: Vec<f64>) {
    let at = |mut times: Vec<f64>, share: f64| {
        times.sort_by(f64::total_cmp);
        times[(times.len() as f64 * share) as usize] * 1e3
    };
    let (spent, bare) = (at(ours, 0.5), at(floor, 0.5));
    row(name, "one character, CPU, p50", &format!("{spent:.3} ms"), &format!("incremental parse {bare:.3} ms"), &[spent / bare], 2.0, "");
    let (half, most) = (at(waits.clone(), 0.5), at(waits, 0.95));
    let shown = format!("{most:.2} ms (p50 {half:.2})");
    row(name, "to an answered query, p95", &shown, "15 ms", &[most / 15.0], 1.0, "");
}
