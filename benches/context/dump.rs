//! Writes what the ranking knows at each site to files, so that weights and orders can be tried without a build.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use longsight::context::nameable::Nameable;
use longsight::context::rank::Ranker;

use super::sites::{Repository, symbols_at};

const SITES: usize = 150;
/// The likeliest candidates of a site, which are all written.
const WHOLE: usize = 2500;
/// Of the others, one in so many.
const SAMPLE: u64 = 20;

/// Writes `FOLDER.bin` into `out` for each folder; a folder may be followed by `=FILE`, with gold of a type checker. A row is little-endian
/// `f32`: site, number of the gold or -1, weight, bytes of the signature and of the path, file, name, whether the file shows the name,
/// gold of the site, whether the file shows the gold, what its module adds, then the features and what else is known of a definition.
pub fn dump(out: &Path, folders: &[String]) {
    std::fs::create_dir_all(out).expect("a folder to write to");
    for folder in folders {
        let (folder, gold) = folder.split_once('=').map_or((folder.as_str(), None), |(folder, gold)| (folder, Some(gold)));
        let repository = Repository::read(Path::new(folder), gold, SITES);
        let name = format!("{}{}.bin", repository.name, if gold.is_some() { "-typed" } else { "" });
        let mut file = BufWriter::new(std::fs::File::create(out.join(&name)).expect("a file"));
        let mut seed = 1u64;
        for number in 0..repository.sites.len() {
            write_site(&repository, number, &mut seed, &mut file).expect("room on the disk");
        }
        println!("{name} {} sites", repository.sites.len());
    }
}

fn write_site(repository: &Repository, number: usize, seed: &mut u64, file: &mut impl Write) -> std::io::Result<()> {
    let (site, corpus) = (&repository.sites[number], &repository.corpus);
    let scene = repository.scene(site);
    let ranker = Ranker::new(corpus, &scene, repository.language(&site.path), &site.path);
    let mut rules = repository.language(&site.path).map(|language| Nameable::new(corpus, language, &site.path, false));
    let own = corpus.file(&site.path);
    let golds: HashMap<u32, usize> =
        site.gold.iter().enumerate().flat_map(|(at, gold)| symbols_at(corpus, gold).into_iter().map(move |symbol| (symbol, at))).collect();
    let others = corpus.live().filter(|(_, symbol)| Some(symbol.file) != own);
    let mut all: Vec<(f32, u32)> = others.map(|(number, symbol)| (ranker.probability(symbol), number)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (rank, (_, symbol)) in all.iter().enumerate() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let gold = golds.get(symbol);
        let whole = rank < WHOLE || gold.is_some();
        if !whole && !(*seed >> 33).is_multiple_of(SAMPLE) {
            continue;
        }
        let one = &corpus.symbols[*symbol as usize];
        let shown = gold.map_or(-1.0, |at| f32::from(u8::from(site.shows(&site.gold[*at].name))));
        let head = [
            number as f32,
            gold.map_or(-1.0, |at| *at as f32),
            if whole { 1.0 } else { SAMPLE as f32 },
            corpus.signature(one).len() as f32,
            corpus.files[one.file as usize].path.len() as f32,
            one.file as f32,
            one.slot as f32,
            f32::from(u8::from(ranker.is_seen(one))),
            site.gold.len() as f32,
            shown,
            ranker.module_odds(one),
        ];
        let looks = ranker.looks(rules.as_mut(), one);
        for value in head.iter().chain(&ranker.features(one).0).chain(&looks) {
            file.write_all(&value.to_le_bytes())?;
        }
    }
    Ok(())
}
