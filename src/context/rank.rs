//! How likely a definition is to be used at a place. A logistic model over plain features; its weights were fitted on open-source
//! repositories and are measured on others.

use super::alike;
use super::corpus::{Corpus, NO_SLOT, Name, Sort, Symbol};
use super::scene::{Scene, Seen};
use super::weights::{FEATURES, SEEN, UNSEEN};
use super::words;

/// A name with more definitions does not say whose it is.
const TELLING: usize = 4;
/// A word in more names than this says nothing.
const COMMON_WORD: usize = 400;
/// Definitions less likely than this (as log-odds) are not looked at again.
const HOPELESS: f32 = -9.0;

/// The features of a definition, or some of them.
pub type Features = [f32; FEATURES];

/// A definition with the probability that the place uses it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub symbol: u32,
    pub score: f32,
}

/// What is the same of a name wherever the cursor is; by slot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prior {
    popular: f32,
    per_definition: f32,
    definitions: f32,
    underscore: f32,
    length: f32,
    /// What this adds to the log-odds of a name that the current file does not show.
    sum: f32,
}

impl Prior {
    /// For a name in this many files, with this many definitions.
    fn new(text: &str, files: u32, definitions: u32) -> Self {
        let elsewhere = files.saturating_sub(1) as f32;
        let definitions = definitions.max(1) as f32;
        let mut prior = Self {
            popular: (1.0 + elsewhere).ln(),
            per_definition: (1.0 + elsewhere / definitions).ln(),
            definitions: definitions.ln(),
            underscore: is(text.starts_with('_')),
            length: (text.len() as f32).ln(),
            sum: 0.0,
        };
        let mut features = [0.0; FEATURES];
        prior.fill(&mut features);
        prior.sum = dot(&features, &UNSEEN);
        prior
    }

    fn fill(&self, features: &mut Features) {
        features[9] = self.popular;
        features[10] = self.per_definition;
        features[11] = self.definitions;
        features[24] = self.underscore;
        features[29] = self.length;
    }
}

/// The priors of the defined names from a slot on.
pub fn priors(corpus: &Corpus, from: usize) -> Vec<Prior> {
    let each = |(slot, name): (usize, &Name)| {
        let standing = corpus.standing[slot];
        Prior::new(corpus.text(*name), standing.files, standing.definitions)
    };
    corpus.names.iter().enumerate().skip(from).map(each).collect()
}

/// How a name stands to the place; most names do not at all.
#[derive(Clone, Copy, Default)]
struct Touch {
    slot: u32,
    seen: Option<Seen>,
    /// The current file mentions it, and defines it so many times, as far as the index knows.
    own: bool,
    own_definitions: u32,
    /// Weight of the similar files that use it, 0 to 1.
    similar: f32,
    /// Weight of the functions like this one that mention it, by what they mention and by their names, 0 to 1.
    alike: f32,
    namesake: f32,
    /// Files in the same folder that use it.
    beside: f32,
    /// Weight of its words that the function's heading has, and the heading's weight that it has.
    topic: f32,
    topic_weight: f32,
    /// Types in signatures of likely definitions: where the code can go in a second step.
    reached: f32,
    owner: bool,
    /// Its members that the current file shows.
    members: f32,
    /// Weight of its words that names near the cursor have.
    kin: f32,
}

/// What a touched name adds, as a name and as a container.
#[derive(Clone, Copy)]
struct Sums {
    seen: bool,
    imported: f32,
    popular: f32,
    per_definition: f32,
    name: f32,
    container: [f32; 2],
    container_near: f32,
}

/// What a file adds, for names that the current file shows and for others.
#[derive(Clone, Copy, Default)]
struct OfFile {
    imported: f32,
    near: f32,
    used: f32,
    sums: [f32; 2],
}

/// Everything about a place that does not depend on the candidate.
pub struct Ranker<'a> {
    corpus: &'a Corpus,
    scene: &'a Scene,
    file: Option<u32>,
    stem: String,
    imported: Vec<f32>,
    near: Vec<f32>,
    similar: Vec<f32>,
    /// By file: definitions that the current file shows, and how near the nearest of these stands.
    used: Vec<(f32, f32)>,
    family: &'static str,
    touched: Vec<Touch>,
    /// By slot: place in `touched` plus one, or zero.
    marks: Vec<u32>,
    topic_total: f32,
}

impl<'a> Ranker<'a> {
    pub fn new(corpus: &'a Corpus, scene: &'a Scene, path: &str) -> Self {
        let file = corpus.file(path);
        let imported = (0..corpus.files.len() as u32).map(|other| corpus.imports(&scene.import_words, other)).collect();
        let mut ranker = Self {
            corpus,
            scene,
            file,
            stem: words::stem(path).to_lowercase(),
            imported,
            near: corpus.nearness(path),
            similar: vec![0.0; corpus.files.len()],
            used: vec![(0.0, 0.0); corpus.files.len()],
            family: family(path),
            touched: vec![],
            marks: vec![0; corpus.names.len()],
            topic_total: scene.topic.values().sum::<f32>().max(1.0),
        };
        ranker.touch_seen();
        ranker.touch_similar();
        ranker.touch_alike();
        ranker.touch_beside();
        ranker.touch_topic();
        ranker.touch_reached();
        ranker.touch_kin();
        ranker
    }

    fn touch(&mut self, slot: u32) -> &mut Touch {
        let mark = &mut self.marks[slot as usize];
        if *mark == 0 {
            self.touched.push(Touch { slot, ..Touch::default() });
            *mark = self.touched.len() as u32;
        }
        &mut self.touched[*mark as usize - 1]
    }

    fn touched(&self, slot: u32) -> Option<&Touch> {
        if slot == NO_SLOT {
            return None;
        }
        self.touched.get((self.marks[slot as usize] as usize).wrapping_sub(1))
    }

    fn touch_seen(&mut self) {
        let corpus = self.corpus;
        for (name, seen) in &self.scene.seen {
            if let Some(slot) = corpus.slot(*name) {
                self.touch(slot).seen = Some(*seen);
                self.touch_home(*name, *seen);
            }
        }
        for owner in &self.scene.owners {
            if let Some(slot) = corpus.slot(*owner) {
                self.touch(slot).owner = true;
            }
        }
        let Some(file) = self.file else { return };
        for (name, _) in &corpus.files[file as usize].file.uses {
            if let Some(slot) = corpus.slot(*name) {
                self.touch(slot).own = true;
            }
        }
        for number in corpus.of_file(file) {
            self.touch(corpus.symbols[number as usize].slot).own_definitions += 1;
        }
    }

    /// The files and types whose definitions the current file shows.
    fn touch_home(&mut self, name: Name, seen: Seen) {
        let corpus = self.corpus;
        let all = corpus.defined(name);
        if all.is_empty() || all.len() > TELLING {
            return;
        }
        let share = 1.0 / all.len() as f32;
        for number in all {
            let symbol = &corpus.symbols[*number as usize];
            if Some(symbol.file) == self.file {
                continue;
            }
            let used = &mut self.used[symbol.file as usize];
            *used = (used.0 + share, used.1.max(seen.near * share));
            if symbol.container != NO_SLOT {
                self.touch(symbol.container).members += share;
            }
        }
    }

    fn touch_kin(&mut self) {
        let corpus = self.corpus;
        for (word, near) in &self.scene.near_words {
            let having = corpus.with_word(*word);
            if having.len() > COMMON_WORD {
                continue;
            }
            let weight = near * corpus.weight_of_word(*word);
            for slot in having {
                self.touch(*slot).kin += weight;
            }
        }
    }

    fn touch_similar(&mut self) {
        for (file, weight) in alike::files(self.corpus, self.scene, self.file) {
            self.similar[file as usize] = weight;
            for (name, _) in &self.corpus.files[file as usize].file.uses {
                if let Some(slot) = self.corpus.slot(*name) {
                    self.touch(slot).similar += weight;
                }
            }
        }
    }

    fn touch_alike(&mut self) {
        let corpus = self.corpus;
        for (function, weight) in alike::functions(corpus, self.scene, self.file) {
            corpus.mentions_of(function).for_each(|slot| self.touch(slot).alike += weight);
        }
        for (function, weight) in alike::namesakes(corpus, self.scene, self.file) {
            corpus.mentions_of(function).for_each(|slot| self.touch(slot).namesake += weight);
        }
    }

    fn touch_beside(&mut self) {
        let Some(file) = self.file else { return };
        for (slot, files) in self.corpus.beside(file) {
            let touch = self.touch(*slot);
            touch.beside = files.saturating_sub(u32::from(touch.own)) as f32;
        }
    }

    fn touch_topic(&mut self) {
        let corpus = self.corpus;
        for (word, count) in &self.scene.topic {
            let weight = corpus.weight_of_word(*word);
            for slot in corpus.with_word(*word) {
                let touch = self.touch(*slot);
                touch.topic += weight;
                touch.topic_weight += count * weight;
            }
        }
    }

    /// Types in the signatures of the definitions that names near the cursor may mean, the bases of such classes included.
    fn touch_reached(&mut self) {
        let corpus = self.corpus;
        for (name, seen) in &self.scene.seen {
            let all = corpus.defined(*name);
            if all.is_empty() || all.len() > 8 || seen.near < 0.15 {
                continue;
            }
            let weight = seen.near / all.len() as f32;
            for number in all {
                let symbol = &corpus.symbols[*number as usize];
                let weight = if Some(symbol.file) == self.file { weight * 0.7 } else { weight };
                let words = words::identifiers(corpus.signature(symbol)).filter_map(|(_, word)| corpus.name(word));
                for used in words.chain(corpus.bases(symbol)).filter(|used| *used != symbol.name) {
                    let Some(slot) = corpus.slot(used).filter(|_| is_type(corpus, used)) else { continue };
                    let known = &mut self.touch(slot).reached;
                    *known = known.max(weight);
                }
            }
        }
    }

    /// All definitions outside the current file that may be wanted, with their probability, in the order of the corpus.
    pub fn candidates(&self) -> Vec<Candidate> {
        let corpus = self.corpus;
        let sums: Vec<Sums> = self.touched.iter().map(|touch| self.sums(touch)).collect();
        let of = |slot: u32| sums.get((self.marks[slot as usize] as usize).wrapping_sub(1));
        let mut all = Vec::with_capacity(4096);
        for file in (0..corpus.files.len() as u32).filter(|file| Some(*file) != self.file) {
            let range = corpus.of_file(file);
            if range.is_empty() {
                continue;
            }
            let here = self.of_file(file);
            for number in range {
                let symbol = &corpus.symbols[number as usize];
                let name = of(symbol.slot);
                let seen = name.is_some_and(|name| name.seen);
                let (which, weights) = if seen { (0, &SEEN) } else { (1, &UNSEEN) };
                let mut sum = weights[0] + here.sums[which] + sort_sum(symbol.sort, weights);
                let prior = &corpus.priors[symbol.slot as usize];
                let (popular, per_definition) = match name {
                    Some(name) => {
                        sum += name.name + weights[27] * name.imported * here.imported;
                        (name.popular, name.per_definition)
                    }
                    None => {
                        sum += prior.sum;
                        (prior.popular, prior.per_definition)
                    }
                };
                sum += weights[26] * here.imported * popular + (weights[47] * here.near + weights[51] * here.used) * per_definition;
                sum += weights[45] * is(symbol.private) + weights[46] * is(symbol.nested);
                if symbol.container != NO_SLOT
                    && let Some(container) = of(symbol.container)
                {
                    sum += container.container[which] + weights[28] * container.container_near * per_definition;
                }
                if sum > HOPELESS {
                    all.push(Candidate { symbol: number, score: 1.0 / (1.0 + (-sum).exp()) });
                }
            }
        }
        all
    }

    fn sums(&self, touch: &Touch) -> Sums {
        let mut features = [0.0; FEATURES];
        let prior = self.fill_name(touch.slot, &mut features);
        let name = dot(&features, if touch.seen.is_some() { &SEEN } else { &UNSEEN });
        let mut features = [0.0; FEATURES];
        self.fill_container(touch.slot, &mut features);
        Sums {
            seen: touch.seen.is_some(),
            imported: is(touch.seen.is_some_and(|seen| seen.imported)),
            popular: prior.popular,
            per_definition: prior.per_definition,
            name,
            container: [dot(&features, &SEEN), dot(&features, &UNSEEN)],
            container_near: features[5],
        }
    }

    fn of_file(&self, file: u32) -> OfFile {
        let mut features = [0.0; FEATURES];
        self.fill_file(file, &mut features);
        OfFile { imported: features[12], near: features[13], used: features[41], sums: [dot(&features, &SEEN), dot(&features, &UNSEEN)] }
    }

    /// What is known of a name without the current file.
    fn prior_elsewhere(&self, touch: &Touch) -> Prior {
        let (corpus, standing) = (self.corpus, self.corpus.standing[touch.slot as usize]);
        let files = standing.files.saturating_sub(u32::from(touch.own));
        Prior::new(corpus.text(corpus.names[touch.slot as usize]), files, standing.definitions.saturating_sub(touch.own_definitions))
    }

    /// What belongs to the name.
    fn fill_name(&self, slot: u32, features: &mut Features) -> Prior {
        let corpus = self.corpus;
        let touch = self.touched(slot).copied().unwrap_or_default();
        let prior = if touch.own || touch.own_definitions > 0 { self.prior_elsewhere(&touch) } else { corpus.priors[slot as usize] };
        prior.fill(features);
        if let Some(seen) = touch.seen {
            features[1] = seen.near;
            features[2] = is(seen.imported);
            features[3] = is(seen.heading);
            features[4] = (1.0 + seen.count as f32).ln();
            features[32] = is(seen.imported && seen.count == 1);
        }
        features[15] = touch.similar;
        features[16] = touch.similar.sqrt();
        features[17] = (1.0 + touch.beside).ln();
        let all = corpus.word_weight[slot as usize];
        features[18] = if all > 0.0 { touch.topic / all } else { 0.0 };
        features[19] = touch.topic_weight / self.topic_total;
        features[37] = touch.reached;
        features[49] = if all > 0.0 { touch.kin / all } else { 0.0 };
        features[52] = touch.alike;
        features[53] = touch.alike.sqrt();
        features[54] = touch.namesake;
        features[55] = touch.namesake.sqrt();
        prior
    }

    /// What belongs to the class or module around it.
    fn fill_container(&self, slot: u32, features: &mut Features) {
        let Some(touch) = self.touched(slot) else { return };
        let seen = touch.seen.unwrap_or_default();
        features[5] = seen.near;
        features[6] = is(seen.imported);
        features[7] = is(seen.heading);
        features[8] = is(touch.owner);
        features[33] = is(seen.imported && seen.count == 1);
        features[38] = touch.reached;
        features[39] = (1.0 + seen.count as f32).ln();
        features[40] = (1.0 + touch.members).ln();
    }

    /// What belongs to the file.
    fn fill_file(&self, file: u32, features: &mut Features) {
        let corpus = self.corpus;
        let (name, stem) = &corpus.stems[file as usize];
        let module = name.and_then(|name| self.scene.seen.get(&name)).copied().unwrap_or_default();
        let (imported, near) = (self.imported[file as usize], self.near[corpus.folder_of[file as usize] as usize]);
        features[12] = imported;
        features[13] = near;
        features[14] = imported * near;
        features[25] = is(corpus.is_test[file as usize]);
        features[30] = self.similar[file as usize].sqrt();
        features[31] = is(**stem == *self.stem);
        features[34] = module.near;
        features[35] = is(module.imported && module.count == 1);
        features[36] = (1.0 + module.count as f32).ln();
        let (used, nearest) = self.used[file as usize];
        features[41] = (1.0 + used).ln();
        features[42] = nearest;
        let path = &*corpus.files[file as usize].path;
        features[43] = is(family(path) != self.family);
        features[44] = is(path.ends_with(".pyi") || path.ends_with(".d.ts"));
        features[48] = (1.0 + corpus.of_file(file).len() as f32).ln();
        let words = &corpus.stem_words[file as usize];
        let fitting = words.iter().filter(|word| self.scene.topic.contains_key(word)).count();
        features[50] = fitting as f32 / words.len().max(1) as f32;
    }

    /// All features of a definition.
    pub fn features(&self, symbol: &Symbol) -> Features {
        let mut features = [0.0; FEATURES];
        features[0] = 1.0;
        let prior = self.fill_name(symbol.slot, &mut features);
        if symbol.container != NO_SLOT {
            self.fill_container(symbol.container, &mut features);
        }
        self.fill_file(symbol.file, &mut features);
        if let Some(at) = feature_of_sort(symbol.sort) {
            features[at] = 1.0;
        }
        features[26] = features[12] * prior.popular;
        features[27] = features[2] * features[12];
        features[28] = features[5] * prior.per_definition;
        features[45] = is(symbol.private);
        features[46] = is(symbol.nested);
        features[47] = features[13] * prior.per_definition;
        features[51] = features[41] * prior.per_definition;
        features
    }

    /// The probability of one definition by all its features; what `candidates` computes by sums.
    pub fn probability(&self, symbol: &Symbol) -> f32 {
        let weights = if self.is_seen(symbol) { &SEEN } else { &UNSEEN };
        1.0 / (1.0 + (-dot(&self.features(symbol), weights)).exp())
    }

    /// Whether the current file shows the name of a definition.
    pub fn is_seen(&self, symbol: &Symbol) -> bool {
        self.touched(symbol.slot).is_some_and(|touch| touch.seen.is_some())
    }

    /// The feature that speaks loudest for a definition.
    pub fn loudest(&self, symbol: &Symbol) -> usize {
        let weights = if self.is_seen(symbol) { &SEEN } else { &UNSEEN };
        let features = self.features(symbol);
        let parts = features.iter().zip(weights).map(|(feature, weight)| feature * weight).enumerate().skip(1);
        parts.filter(|(_, part)| *part > 0.0).max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(at, _)| at)
    }
}

/// Languages that use each other's definitions, by how their files end.
fn family(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "rs" => "rust",
        "py" | "pyi" => "python",
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => "script",
        "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "hxx" => "c",
        "go" => "go",
        "java" => "java",
        _ => "",
    }
}

fn is(yes: bool) -> f32 {
    if yes { 1.0 } else { 0.0 }
}

fn dot(features: &Features, weights: &Features) -> f32 {
    features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum()
}

fn feature_of_sort(sort: Sort) -> Option<usize> {
    match sort {
        Sort::Function => None,
        Sort::Method => Some(20),
        Sort::Type => Some(21),
        Sort::Constant | Sort::Variable => Some(22),
        Sort::Macro => Some(23),
    }
}

fn sort_sum(sort: Sort, weights: &Features) -> f32 {
    feature_of_sort(sort).map_or(0.0, |at| weights[at])
}

/// Whether a name means a type, here or there.
fn is_type(corpus: &Corpus, name: Name) -> bool {
    let all = corpus.defined(name);
    all.len() <= 4 && all.iter().any(|number| corpus.symbols[*number as usize].sort == Sort::Type)
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
        52 | 53 => "used by similar functions",
        54 | 55 => "used by functions of such names",
        40 => "member of a type that this file uses",
        41 | 42 | 51 => "its file is used here",
        18 | 19 | 49 | 50 => "its name fits the function's",
        _ => "likely here",
    }
}
