//! How likely a definition is to be used at a place. A logistic model over simple features weighs every definition; then trees score the
//! likeliest again. Both were fitted on open-source repositories and are measured on others.

mod bases;
mod first;
mod kindred;
mod modules;
mod second;
mod touch;
pub mod trees;

use std::sync::LazyLock;

pub use self::bases::Bases;
use self::kindred::Kindred;
use self::touch::{Touch, Touched};
use super::corpus::{Corpus, NO_SLOT, Name, Sort, Symbol};
use super::features::Feature::{self, *};
use super::features::Features;
use super::numbers::NumberMap;
use super::scene::{Scene, Seen};
use super::weights::{SEEN, UNSEEN, WEIGHTS};
use crate::syntax::{Language, naming};

/// The minimum log-odds at which a definition is scored again.
const MIN_LOG_ODDS: f32 = -9.0;

/// The share of a test that a file of third-party code counts as, if the current file is neither third-party nor includes it: it is as
/// rarely needed. (The trees were fitted without such files, so for them it is not a test.)
const FOREIGN_AS_TEST_SHARE: f32 = 0.45;

/// The share of a value that a top-level value with a keyword of its own counts as: the weights were fitted when uses of such values were
/// hardly counted. A quarter was chosen on repositories in TypeScript, JavaScript and Go.
const DECLARED_AS_VALUE_SHARE: f32 = 0.25;

/// The features that `fill_name`, `fill_container` and `fill_file` set. A test compares their sums with those over all features.
const OF_NAME: [Feature; 21] = [
    NameNear,
    NameImported,
    NameInHeading,
    NameMentions,
    Popular,
    PopularPerDefinition,
    Definitions,
    Similar,
    SimilarRoot,
    Beside,
    NameInTopic,
    TopicInName,
    Underscore,
    NameLength,
    NameUnused,
    NameReached,
    Kin,
    Alike,
    AlikeRoot,
    Namesake,
    NamesakeRoot,
];
const OF_CONTAINER: [Feature; 8] = [
    ContainerNear,
    ContainerImported,
    ContainerInHeading,
    ContainerIsOwner,
    ContainerUnused,
    ContainerReached,
    ContainerMentions,
    ContainerMembers,
];
const OF_FILE: [Feature; 15] = [
    FileImported,
    FileNear,
    FileImportedAndNear,
    FileIsTest,
    FileSimilar,
    SameStem,
    ModuleNear,
    ModuleUnused,
    ModuleMentions,
    FileUsed,
    FileUsedNear,
    OtherLanguages,
    FileIsStub,
    FileDefinitions,
    FileInTopic,
];

const OF_SEEN_NAME: [f32; OF_NAME.len()] = weights_of(&OF_NAME, &SEEN);
const OF_UNSEEN_NAME: [f32; OF_NAME.len()] = weights_of(&OF_NAME, &UNSEEN);

const fn weights_of<const N: usize>(which: &[Feature; N], weights: &Features) -> [f32; N] {
    let mut of = [0.0; N];
    let mut at = 0;
    while at < N {
        of[at] = weights.0[which[at] as usize];
        at += 1;
    }
    of
}

/// `ln(1 + n)` for each of the first whole numbers n.
static LOG_OF_ONE_MORE: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|number| (1.0 + number as f32).ln()));

/// `ln(1 + count)`.
fn many(count: f32) -> f32 {
    let whole = count as usize;
    match LOG_OF_ONE_MORE.get(whole) {
        Some(logarithm) if whole as f32 == count => *logarithm,
        _ => (1.0 + count).ln(),
    }
}

/// A definition with the probability that the place uses it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub symbol: u32,
    pub score: f32,
}

/// What is known of a slot wherever the cursor is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prior {
    popular: f32,
    per_definition: f32,
    definitions: f32,
    underscore: f32,
    length: f32,
    /// What it adds to the log-odds of a name that the current file does not show; zero until first needed.
    sum: f32,
}

impl Prior {
    /// For a name in `files` files, with `definitions` definitions.
    fn new(text: &str, files: u32, definitions: u32) -> Self {
        let elsewhere = files.saturating_sub(1) as f32;
        let definitions = definitions.max(1) as f32;
        Self {
            popular: (1.0 + elsewhere).ln(),
            per_definition: (1.0 + elsewhere / definitions).ln(),
            definitions: definitions.ln(),
            underscore: is(text.starts_with('_')),
            length: (text.len() as f32).ln(),
            sum: 0.0,
        }
    }

    fn with_sum(mut self) -> Self {
        let mut features = Features::default();
        self.fill(&mut features);
        self.sum = features.dot(&UNSEEN);
        self
    }

    fn fill(&self, features: &mut Features) {
        features[Popular] = self.popular;
        features[PopularPerDefinition] = self.per_definition;
        features[Definitions] = self.definitions;
        features[Underscore] = self.underscore;
        features[NameLength] = self.length;
    }
}

/// The priors of the defined names, starting at a slot.
pub fn priors(corpus: &Corpus, from: usize) -> Vec<Prior> {
    let each = |(slot, name): (usize, &Name)| {
        let counts = corpus.counts[slot];
        Prior::new(corpus.text(*name), counts.files, counts.definitions).with_sum()
    };
    corpus.names.iter().enumerate().skip(from).map(each).collect()
}

/// Everything about a place that does not depend on the candidate.
pub struct Ranker<'a> {
    corpus: &'a Corpus,
    scene: &'a Scene,
    file: Option<u32>,
    is_vendored: bool,
    stem: String,
    imported: Vec<f32>,
    /// How the current file shows the names that stand for other files as modules.
    modules: NumberMap<u32, Seen>,
    near: Vec<f32>,
    similar: Vec<f32>,
    /// For each file, how many of its definitions the current file shows, and how near to the cursor the nearest one is.
    used: Vec<(f32, f32)>,
    language: Option<&'a Language>,
    touched: Touched,
    topic_total: f32,
    kindred: Kindred,
}

impl<'a> Ranker<'a> {
    /// The ranking at the place of a scene, in the file at `path`.
    pub fn new(corpus: &'a Corpus, scene: &'a Scene, language: Option<&'a Language>, path: &str) -> Self {
        let file = corpus.file(path);
        let imported = corpus.imported(&scene.import_words, language, path);
        let mut ranker = Self {
            corpus,
            scene,
            file,
            is_vendored: naming::is_vendored(path),
            stem: naming::stem(language, path).to_lowercase(),
            imported,
            modules: modules::shown(corpus, scene, language, path),
            near: corpus.nearness(path),
            similar: vec![0.0; corpus.files.len()],
            used: vec![(0.0, 0.0); corpus.files.len()],
            language,
            touched: Touched::new(corpus.names.len()),
            topic_total: scene.topic.values().sum::<f32>().max(1.0),
            kindred: Kindred::new(corpus, scene),
        };
        ranker.touch_all();
        ranker
    }

    /// What is known of a name, leaving out the current file.
    fn prior_elsewhere(&self, touch: &Touch) -> Prior {
        let (corpus, counts) = (self.corpus, self.corpus.counts[touch.slot as usize]);
        let files = counts.files.saturating_sub(u32::from(touch.own));
        Prior::new(corpus.text(corpus.names[touch.slot as usize]), files, counts.definitions.saturating_sub(touch.own_definitions))
    }

    /// Sets the features of the name.
    fn fill_name(&self, slot: u32, features: &mut Features) -> Prior {
        let Some(touch) = self.touched(slot) else {
            let prior = self.corpus.priors[slot as usize];
            prior.fill(features);
            return prior;
        };
        let (prior, values) = self.values_of_name(touch);
        for (feature, value) in OF_NAME.into_iter().zip(values) {
            features[feature] = value;
        }
        prior
    }

    /// The features of a touched name, in the order of [`OF_NAME`].
    fn values_of_name(&self, touch: &Touch) -> (Prior, [f32; OF_NAME.len()]) {
        let (corpus, slot) = (self.corpus, touch.slot as usize);
        let prior = if touch.is_own() { self.prior_elsewhere(touch) } else { corpus.priors[slot] };
        let seen = touch.seen.unwrap_or_default();
        // Most names have none, and their words are slow to look up.
        let all = if touch.topic > 0.0 || touch.kin > 0.0 { corpus.word_weight[slot] } else { 0.0 };
        let share = |part: f32| if all > 0.0 { part / all } else { 0.0 };
        let values = [
            seen.near,
            is(seen.imported),
            is(seen.heading),
            many(seen.count as f32),
            prior.popular,
            prior.per_definition,
            prior.definitions,
            touch.similar,
            touch.similar.sqrt(),
            many(touch.beside),
            share(touch.topic),
            touch.topic_weight / self.topic_total,
            prior.underscore,
            prior.length,
            is(seen.imported && seen.count == 1),
            touch.reached,
            share(touch.kin),
            touch.alike,
            touch.alike.sqrt(),
            touch.namesake,
            touch.namesake.sqrt(),
        ];
        (prior, values)
    }

    /// Sets the features of the class or module around it.
    fn fill_container(&self, slot: u32, features: &mut Features) {
        let Some(touch) = self.touched(slot) else { return };
        let seen = touch.seen.unwrap_or_default();
        features[ContainerNear] = seen.near;
        features[ContainerImported] = is(seen.imported);
        features[ContainerInHeading] = is(seen.heading);
        features[ContainerIsOwner] = is(touch.owner);
        features[ContainerUnused] = is(seen.imported && seen.count == 1);
        features[ContainerReached] = touch.reached;
        features[ContainerMentions] = many(seen.count as f32);
        features[ContainerMembers] = (1.0 + touch.members).ln();
    }

    /// Sets the features of the file.
    fn fill_file(&self, file: u32, features: &mut Features) {
        let corpus = self.corpus;
        let (name, stem) = &corpus.stems[file as usize];
        let by_stem = || name.and_then(|name| self.scene.seen.get(&name)).copied().unwrap_or_default();
        let module = self.modules.get(&file).copied().unwrap_or_else(by_stem);
        let (imported, near) = (self.imported[file as usize], self.near[corpus.folder_of[file as usize] as usize]);
        features[FileImported] = imported;
        features[FileNear] = near;
        features[FileImportedAndNear] = imported * near;
        let foreign = corpus.is_vendored[file as usize] && !self.is_vendored && imported == 0.0;
        features[FileIsTest] = if corpus.is_test[file as usize] { 1.0 } else { FOREIGN_AS_TEST_SHARE * is(foreign) };
        features[FileSimilar] = self.similar[file as usize].sqrt();
        features[SameStem] = is(**stem == *self.stem);
        features[ModuleNear] = module.near;
        features[ModuleUnused] = is(module.imported && module.count == 1);
        features[ModuleMentions] = many(module.count as f32);
        let (used, nearest) = self.used[file as usize];
        features[FileUsed] = (1.0 + used).ln();
        features[FileUsedNear] = nearest;
        features[OtherLanguages] = is(corpus.family(file) != self.language.map(|language| &*language.family));
        features[FileIsStub] = is(corpus.is_stub[file as usize]);
        features[FileDefinitions] = many(corpus.of_file(file).len() as f32);
        let words = corpus.stem_words(file);
        let fitting = words.iter().filter(|word| self.scene.topic.contains_key(word)).count();
        features[FileInTopic] = fitting as f32 / words.len().max(1) as f32;
    }

    /// All features of a definition.
    pub fn features(&self, symbol: &Symbol) -> Features {
        self.features_in(symbol, self.features_of_file(symbol.file))
    }

    /// The features that all definitions of a file share.
    fn features_of_file(&self, file: u32) -> Features {
        let mut features = Features::default();
        features[Constant] = 1.0;
        self.fill_file(file, &mut features);
        features
    }

    /// All features of a definition, given those of its file.
    fn features_in(&self, symbol: &Symbol, mut features: Features) -> Features {
        let prior = self.fill_name(symbol.slot, &mut features);
        if symbol.container != NO_SLOT {
            self.fill_container(symbol.container, &mut features);
        }
        if let Some((at, value)) = feature_of_sort(symbol) {
            features[at] = value;
        }
        features[PopularImported] = features[FileImported] * prior.popular;
        features[NameAndFileImported] = features[NameImported] * features[FileImported];
        features[PopularContainerNear] = features[ContainerNear] * prior.per_definition;
        features[Private] = is(symbol.private);
        features[Nested] = is(symbol.nested);
        features[PopularNear] = features[FileNear] * prior.per_definition;
        features[PopularUsed] = features[FileUsed] * prior.per_definition;
        features
    }

    /// The probability of one definition, computed from all its features; [`Self::candidates`] gets the same from sums.
    pub fn probability(&self, symbol: &Symbol) -> f32 {
        let weights = if self.is_seen(symbol) { &SEEN } else { &UNSEEN };
        likelihood(self.features(symbol).dot(weights))
    }

    /// Whether the current file shows the name of a definition.
    pub fn is_seen(&self, symbol: &Symbol) -> bool {
        self.touched(symbol.slot).is_some_and(|touch| touch.seen.is_some())
    }

    /// Why a definition was chosen, for the user: the strongest tie to the place if there is one, else the feature that contributes most.
    pub fn reason(&self, symbol: &Symbol) -> &'static str {
        let (mut features, seen) = (self.features(symbol), self.is_seen(symbol));
        let tied = TIES.iter().find(|(tie, least)| features[*tie] >= *least).map(|(tie, _)| *tie);
        if self.touched(symbol.slot).is_none_or(|touch| touch.similar <= self.similar[symbol.file as usize]) {
            // Only its own file uses it.
            (features[Similar], features[SimilarRoot]) = (0.0, 0.0);
        }
        let said = WEIGHTS.iter().map(|weight| (weight.0, features[weight.0] * if seen { weight.1 } else { weight.2 }));
        let loudest = || said.filter(|(_, part)| *part > 0.0).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(feature, _)| feature);
        tied.or_else(loudest).unwrap_or(Constant).reason()
    }
}

/// The ties of a definition to a place, with the value from which each counts.
const TIES: [(Feature, f32); 9] = [
    (NameInHeading, 1.0),
    (NameNear, MIN_NEARNESS),
    (NameImported, 1.0),
    (ContainerIsOwner, 1.0),
    (ContainerInHeading, 1.0),
    (ContainerNear, MIN_NEARNESS),
    (NameMentions, f32::MIN_POSITIVE),
    (ContainerImported, 1.0),
    (FileImported, MIN_NEARNESS),
];
/// From this nearness, of at most 1, a name counts as near, and imports as meaning a file.
const MIN_NEARNESS: f32 = 0.5;

fn likelihood(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn is(yes: bool) -> f32 {
    if yes { 1.0 } else { 0.0 }
}

fn feature_of_sort(symbol: &Symbol) -> Option<(Feature, f32)> {
    match symbol.sort {
        Sort::Function => None,
        Sort::Method => Some((IsMethod, 1.0)),
        Sort::Type => Some((IsType, 1.0)),
        Sort::Constant | Sort::Variable => Some((IsValue, if symbol.declared { DECLARED_AS_VALUE_SHARE } else { 1.0 })),
        Sort::Macro => Some((IsMacro, 1.0)),
    }
}

fn sort_sum(symbol: &Symbol, weights: &Features) -> f32 {
    feature_of_sort(symbol).map_or(0.0, |(at, value)| weights[at] * value)
}
