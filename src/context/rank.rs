//! How likely a definition is to be used at a place. A logistic model over plain features; its weights were fitted on open-source
//! repositories (`benches/context_fit.py`) and are measured on others.

use std::collections::HashMap;

use super::corpus::{Corpus, Name, Sort, Symbol};
use super::scene::{Scene, Seen};
use super::weights::{FEATURES, SEEN, UNSEEN};
use super::words;

/// Files that resemble the current one most; what they use is likely used here.
const NEIGHBOURS: usize = 24;

/// A definition with the probability that the place uses it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub symbol: u32,
    pub score: f32,
    /// The feature that spoke loudest for it.
    pub reason: usize,
}

/// Everything about a place that does not depend on the candidate.
pub struct Ranker<'a> {
    corpus: &'a Corpus,
    scene: &'a Scene,
    path: &'a str,
    file: Option<u32>,
    /// Weight of each similar file, by number; they sum to 1.
    similar: HashMap<u32, f32>,
    /// By file: does the current file import it, how near is it.
    imported: Vec<f32>,
    near: Vec<f32>,
    /// By file: how its own name, as a module's, shows in the current file.
    module: Vec<Seen>,
    /// Types that signatures of likely definitions speak of: where the code can go in a second step.
    reached: HashMap<Name, f32>,
    topic_total: f32,
}

impl<'a> Ranker<'a> {
    pub fn new(corpus: &'a Corpus, scene: &'a Scene, path: &'a str) -> Self {
        let file = corpus.file(path);
        let imported = corpus.files.iter().map(|other| imports(&scene.import_words, &other.path)).collect();
        let near = corpus.files.iter().map(|other| words::nearness(path, &other.path)).collect();
        let similar = similar_files(corpus, scene, file);
        let topic_total = scene.topic.values().sum::<f32>().max(1.0);
        let module = corpus
            .files
            .iter()
            .map(|other| corpus.name(stem(&other.path)).and_then(|name| scene.seen.get(&name)).copied().unwrap_or_default());
        let module = module.collect();
        let reached = reached(corpus, scene, file);
        Self { corpus, scene, path, file, similar, imported, near, module, reached, topic_total }
    }

    /// All definitions outside the current file, with their probability, in the order of the corpus.
    pub fn candidates(&self) -> Vec<Candidate> {
        let corpus = self.corpus;
        let mut by_name: HashMap<Name, Usage> = HashMap::new();
        let mut all = Vec::with_capacity(corpus.symbols.len());
        for (number, symbol) in corpus.symbols.iter().enumerate() {
            if Some(symbol.file) == self.file {
                continue;
            }
            let usage = *by_name.entry(symbol.name).or_insert_with(|| self.usage(symbol.name));
            let features = self.features(symbol, usage);
            let seen = self.scene.seen.contains_key(&symbol.name);
            let weights = if seen { &SEEN } else { &UNSEEN };
            let (mut sum, mut reason, mut loudest) = (0.0, 0, 0.0);
            for (index, (feature, weight)) in features.iter().zip(weights).enumerate() {
                let part = feature * weight;
                sum += part;
                if part > loudest && index > 0 {
                    (reason, loudest) = (index, part);
                }
            }
            all.push(Candidate { symbol: number as u32, score: 1.0 / (1.0 + (-sum).exp()), reason });
        }
        all
    }

    /// Who uses a name, apart from the current file.
    fn usage(&self, name: Name) -> Usage {
        let mut usage = Usage::default();
        let defining = &self.corpus.defined[name as usize];
        for (file, _) in &self.corpus.used[name as usize] {
            if Some(*file) == self.file {
                continue;
            }
            usage.files += 1.0;
            usage.similar += self.similar.get(file).copied().unwrap_or_default();
            if self.near[*file as usize] >= 1.0 {
                usage.beside += 1.0;
            }
            if !self.corpus.is_test[*file as usize] {
                usage.production += 1.0;
            }
        }
        usage.definitions = defining.iter().filter(|number| Some(self.corpus.symbols[**number as usize].file) != self.file).count() as f32;
        let parts = &self.corpus.subwords[name as usize];
        let weight = |part: &Name| 1.0 / (1.0 + (self.corpus.subword_names[*part as usize] as f32).ln());
        let all: f32 = parts.iter().map(weight).sum();
        let shared: f32 = parts.iter().filter(|part| self.scene.topic.contains_key(part)).map(weight).sum();
        usage.topic = if all > 0.0 { shared / all } else { 0.0 };
        usage.topic_weight =
            parts.iter().filter_map(|part| Some(self.scene.topic.get(part)? * weight(part))).sum::<f32>() / self.topic_total;
        usage
    }

    /// The features of a definition; `weights::NAMES` names them.
    pub fn features(&self, symbol: &Symbol, usage: Usage) -> [f32; FEATURES] {
        let corpus = self.corpus;
        let facts = corpus.facts(symbol);
        let seen = self.scene.seen.get(&symbol.name).copied().unwrap_or_default();
        let container: Seen = symbol.container.and_then(|name| self.scene.seen.get(&name)).copied().unwrap_or_default();
        let owner = symbol.container.is_some_and(|name| self.scene.owners.contains(&name));
        let is = |yes: bool| if yes { 1.0 } else { 0.0 };
        let imported = self.imported[symbol.file as usize];
        let near = self.near[symbol.file as usize];
        let module = self.module[symbol.file as usize];
        let elsewhere = (usage.files - 1.0).max(0.0);
        let popular = (1.0 + elsewhere).ln();
        let per_definition = (1.0 + elsewhere / usage.definitions.max(1.0)).ln();
        [
            1.0,
            seen.near,
            is(seen.imported),
            is(seen.heading),
            (1.0 + seen.count as f32).ln(),
            container.near,
            is(container.imported),
            is(container.heading),
            is(owner),
            popular,
            per_definition,
            usage.definitions.max(1.0).ln(),
            imported,
            near,
            imported * near,
            usage.similar,
            usage.similar.sqrt(),
            (1.0 + usage.beside).ln(),
            usage.topic,
            usage.topic_weight,
            is(facts.sort == Sort::Method),
            is(facts.sort == Sort::Type),
            is(matches!(facts.sort, Sort::Constant | Sort::Variable)),
            is(facts.sort == Sort::Macro),
            is(facts.name.starts_with('_')),
            is(corpus.is_test[symbol.file as usize]),
            imported * popular,
            is(seen.imported) * imported,
            container.near * per_definition,
            (facts.name.len() as f32).ln(),
            self.similar.get(&symbol.file).copied().unwrap_or_default().sqrt(),
            is(stem(self.path) == stem(&corpus.files[symbol.file as usize].path)),
            is(seen.imported && seen.count == 1),
            is(container.imported && container.count == 1),
            module.near,
            is(module.imported && module.count == 1),
            (1.0 + module.count as f32).ln(),
            self.reached.get(&symbol.name).copied().unwrap_or_default(),
            symbol.container.and_then(|name| self.reached.get(&name)).copied().unwrap_or_default(),
            (1.0 + container.count as f32).ln(),
        ]
    }

    /// Usage of a name and features of a symbol, for fitting.
    pub fn explain(&self, number: u32) -> [f32; FEATURES] {
        let symbol = &self.corpus.symbols[number as usize];
        self.features(symbol, self.usage(symbol.name))
    }
}

/// Who uses a name.
#[derive(Clone, Copy, Default)]
pub struct Usage {
    files: f32,
    production: f32,
    /// Weight of the similar files that use it, 0 to 1.
    similar: f32,
    /// Files in the same folder that use it.
    beside: f32,
    definitions: f32,
    /// Share of its words that the function's heading has, and the heading's share that it has.
    topic: f32,
    topic_weight: f32,
}

/// Types in the signatures of the definitions that names near the cursor may mean, the bases of such classes included.
fn reached(corpus: &Corpus, scene: &Scene, current: Option<u32>) -> HashMap<Name, f32> {
    let mut reached: HashMap<Name, f32> = HashMap::new();
    for (name, seen) in &scene.seen {
        let all = &corpus.defined[*name as usize];
        if all.is_empty() || all.len() > 8 || seen.near < 0.15 {
            continue;
        }
        let weight = seen.near / all.len() as f32;
        for number in all {
            let own = Some(corpus.symbols[*number as usize].file) == current;
            for used in &corpus.mentions[*number as usize] {
                let known = reached.entry(*used).or_default();
                *known = known.max(weight * if own { 0.7 } else { 1.0 });
            }
        }
    }
    reached
}

/// Cosine of rare shared names; the best few, normalised to sum 1.
fn similar_files(corpus: &Corpus, scene: &Scene, current: Option<u32>) -> HashMap<u32, f32> {
    let mut scores = vec![0.0f32; corpus.files.len()];
    let many = (corpus.files.len() / 3).max(20);
    for (name, seen) in &scene.seen {
        let users = &corpus.used[*name as usize];
        if users.len() > many {
            continue;
        }
        let weight = corpus.idf(*name).powi(2) * (0.3 + seen.near);
        for (file, _) in users {
            scores[*file as usize] += weight / corpus.norm[*file as usize];
        }
    }
    if let Some(function) = scene.function {
        for number in &corpus.defined[function as usize] {
            let file = corpus.symbols[*number as usize].file as usize;
            scores[file] *= 1.3;
        }
    }
    let mut order: Vec<u32> =
        (0..corpus.files.len() as u32).filter(|file| Some(*file) != current && scores[*file as usize] > 0.0).collect();
    order.sort_unstable_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b)));
    order.truncate(NEIGHBOURS);
    let total: f32 = order.iter().map(|file| scores[*file as usize]).sum();
    order.into_iter().map(|file| (file, scores[file as usize] / total.max(f32::MIN_POSITIVE))).collect()
}

/// The file's own name, or its folder's where the file only stands for the folder.
fn stem(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    match stem {
        "mod" | "lib" | "main" | "__init__" | "index" => parts.next().unwrap_or(stem),
        _ => stem,
    }
}

/// How surely the import lines mean this file: its stem and its folders stand in them.
fn imports(words: &std::collections::HashSet<String>, path: &str) -> f32 {
    let stem = stem(path);
    if !words.contains(&stem.to_lowercase()) {
        return 0.0;
    }
    let folders: Vec<&str> = path.rsplit('/').skip(1).filter(|folder| *folder != "src" && *folder != stem).collect();
    if folders.is_empty() {
        return 1.0;
    }
    let shared = folders.iter().filter(|folder| words.contains(&folder.to_lowercase())).count();
    0.4 + 0.6 * shared as f32 / folders.len() as f32
}

/// Why a definition was chosen, for people, by the feature that spoke loudest for it.
pub fn reason(feature: usize) -> &'static str {
    match feature {
        1 | 4 => "named near the cursor",
        2 | 27 => "imported by this file",
        3 => "named in the signature",
        5 | 6 | 28 => "member of a type named near the cursor",
        7 => "member of a type in the signature",
        8 => "member of the enclosing class or its bases",
        9 | 10 | 26 => "used in many files",
        12 | 14 => "its file is imported",
        13 | 17 => "used in this folder",
        15 | 16 | 30 => "used by similar files",
        18 | 19 => "its name fits the function's",
        _ => "likely here",
    }
}
