//! The first look at all definitions: sums that are quick to compute. What is hopeless by its name, type and file alone is never examined.

use super::bases::Local;
use super::touch::Touch;
use super::{Candidate, MIN_LOG_ODDS, OF_CONTAINER, OF_FILE, OF_SEEN_NAME, OF_UNSEEN_NAME, Prior, Ranker, is, likelihood, many, sort_sum};
use crate::context::corpus::{NO_SLOT, Symbol};
use crate::context::features::Feature::{
    self, Alike, AlikeRoot, Beside, Constant, ContainerNear, FileImported, FileNear, FileUsed, IsMacro, IsMethod, IsType, IsValue, Kin,
    NameAndFileImported, NameInTopic, NameReached, Namesake, NamesakeRoot, Nested, PopularContainerNear, PopularImported, PopularNear,
    PopularUsed, Private, Similar, SimilarRoot, TopicInName,
};
use crate::context::features::Features;
use crate::context::weights::{SEEN, UNSEEN};

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
pub(super) struct OfFile {
    imported: f32,
    near: f32,
    used: f32,
    sums: [f32; 2],
}

/// What touched names add, computed on first use: most of them have no definition that is likely enough to be examined.
struct Lazy {
    /// For each touched name, its index in `made` plus one, or zero.
    places: Vec<u32>,
    made: Vec<Sums>,
}

impl Lazy {
    fn new(touched: usize) -> Self {
        Self { places: vec![0; touched], made: vec![] }
    }

    #[inline]
    fn of(&mut self, ranker: &Ranker, place: usize) -> Sums {
        if self.places[place] == 0 {
            self.made.push(ranker.sums(&ranker.touched.all()[place]));
            self.places[place] = self.made.len() as u32;
        }
        self.made[self.places[place] as usize - 1]
    }
}

impl OfFile {
    /// The log-odds of a definition, given what its name and its container add if they are tied to the place.
    #[inline]
    fn sum(&self, symbol: &Symbol, prior: &Prior, name: Option<&Sums>, container: Option<&Sums>) -> f32 {
        let seen = name.is_some_and(|name| name.seen);
        let (which, weights) = if seen { (0, &SEEN) } else { (1, &UNSEEN) };
        let mut sum = weights[Constant] + self.sums[which] + sort_sum(symbol, weights);
        let (popular, per_definition) = match name {
            Some(name) => {
                sum += name.name + weights[NameAndFileImported] * name.imported * self.imported;
                (name.popular, name.per_definition)
            }
            None => {
                sum += prior.sum;
                (prior.popular, prior.per_definition)
            }
        };
        sum += weights[PopularImported] * self.imported * popular
            + (weights[PopularNear] * self.near + weights[PopularUsed] * self.used) * per_definition;
        sum += weights[Private] * is(symbol.private) + weights[Nested] * is(symbol.nested);
        if let Some(container) = container {
            sum += container.container[which] + weights[PopularContainerNear] * container.container_near * per_definition;
        }
        sum
    }
}

/// One file in this many may add more to shown names than the rest; of these, more definitions are examined.
const UNUSUAL_FILES_DIVISOR: usize = 32;

/// The features that depend on the sort of a definition.
const OF_SORT: [Feature; 4] = [IsMethod, IsType, IsValue, IsMacro];

/// The most that the features of a candidate's place can add, for names that the current file shows and for others.
struct Most<'a> {
    files: &'a [OfFile],
    /// The highest value of the feature for how often a name is used.
    popular: f32,
}

impl Most<'_> {
    /// What this file's features add to popular names defined in it.
    fn by_popularity(&self, file: &OfFile, weights: &Features) -> f32 {
        let per_definition = weights[PopularNear] * file.near + weights[PopularUsed] * file.used;
        ((weights[PopularImported] * file.imported).max(0.0) + per_definition.max(0.0)) * self.popular
    }

    /// How much more a definition of a shown name reaches than it would unseen, if its file made no difference.
    fn of_seen(&self, sums: &Sums, prior: &Prior) -> f32 {
        let more = |feature: Feature| SEEN[feature] - UNSEEN[feature];
        let of_sort = OF_SORT.iter().map(|sort| more(*sort)).fold(0.0, f32::max);
        more(Constant) + of_sort + more(Private).max(0.0) + more(Nested).max(0.0) + sums.name - prior.sum
    }

    /// How much more a file adds to shown names than to others.
    fn of_file_seen(&self, file: &OfFile) -> f32 {
        file.sums[0] - file.sums[1] + self.by_popularity(file, &SEEN) + (SEEN[NameAndFileImported] * file.imported).max(0.0)
    }

    /// The same for all files except the few that add most.
    fn of_most_files_seen(&self) -> f32 {
        let mut all: Vec<f32> = self.files.iter().map(|file| self.of_file_seen(file)).collect();
        let usual = all.len() - 1 - all.len() / UNUSUAL_FILES_DIVISOR;
        *all.select_nth_unstable_by(usual, f32::total_cmp).1
    }

    fn of_container(&self, sums: &Sums) -> f32 {
        let near = |weights: &Features| (weights[PopularContainerNear] * sums.container_near).max(0.0) * self.popular;
        (sums.container[0] + near(&SEEN)).max(sums.container[1] + near(&UNSEEN))
    }
}

impl Ranker<'_> {
    /// All definitions outside the current file that may be wanted, with their probabilities, in the order of the corpus.
    pub fn candidates(&self) -> Vec<Candidate> {
        let corpus = self.corpus;
        let mut sums = Lazy::new(self.touched.all().len());
        let files: Vec<OfFile> = (0..corpus.files.len() as u32).map(|file| self.of_file(file)).collect();
        let most = Most { files: &files, popular: (1.0 + files.len() as f32).ln() };
        let usual = if files.is_empty() { 0.0 } else { most.of_most_files_seen() };
        let bases = self.bases(&mut sums, &most, usual);
        let mut all = vec![];
        for (file, here) in (0..).zip(&files).filter(|(file, _)| Some(*file) != self.file) {
            let is_foreign = corpus.is_foreign(file, self.language);
            let rare = (most.of_file_seen(here) - usual).max(0.0);
            bases.each(corpus.of_file(file), here.sums[1] + most.by_popularity(here, &UNSEEN) + rare, |number| {
                let symbol = &corpus.symbols[number as usize];
                if is_foreign && !self.reaches(symbol) {
                    return;
                }
                let sum = self.log_odds(symbol, here, &mut sums);
                if sum > MIN_LOG_ODDS {
                    all.push(Candidate { symbol: number, score: likelihood(sum) });
                }
            });
        }
        all
    }

    /// The definitions outside the current file that [`Self::candidates`] leaves out although the place could name them, with their
    /// probabilities, the likeliest first. `in_test` says whether it may name tests. Slow in a large repository, where those that may be
    /// wanted fill a budget.
    pub fn hopeless(&self, in_test: bool) -> Vec<Candidate> {
        let corpus = self.corpus;
        let mut sums = Lazy::new(self.touched.all().len());
        let mut all = vec![];
        let is_left_out = |file: u32| Some(file) == self.file || corpus.is_foreign(file, self.language);
        for file in (0..corpus.files.len() as u32).filter(|file| !is_left_out(*file) && (in_test || !corpus.is_test[*file as usize])) {
            let here = self.of_file(file);
            for number in corpus.of_file(file) {
                let symbol = &corpus.symbols[number as usize];
                if symbol.nested || symbol.marks.test && !in_test {
                    continue;
                }
                let sum = self.log_odds(symbol, &here, &mut sums);
                if sum <= MIN_LOG_ODDS {
                    all.push(Candidate { symbol: number, score: likelihood(sum) });
                }
            }
        }
        all.sort_by(|a, b| corpus.likeliest_first((a.symbol, a.score), (b.symbol, b.score)));
        all
    }

    /// The log-odds of a definition by the first look.
    #[inline]
    fn log_odds(&self, symbol: &Symbol, here: &OfFile, sums: &mut Lazy) -> f32 {
        let mut of = |slot: u32| self.touched.place(slot).map(|place| sums.of(self, place));
        let name = of(symbol.slot);
        let container = if symbol.container == NO_SLOT { None } else { of(symbol.container) };
        here.sum(symbol, &self.corpus.priors[symbol.slot as usize], name.as_ref(), container.as_ref())
    }

    /// The most that each definition can reach apart from its file.
    fn bases(&self, sums: &mut Lazy, most: &Most, of_file_seen: f32) -> Local {
        let corpus = self.corpus;
        let mut bases = Local::new(&corpus.bases);
        for (place, touch) in self.touched.all().iter().enumerate() {
            let (symbols, prior) = (corpus.of_slot(touch.slot), &corpus.priors[touch.slot as usize]);
            if touch.seen.is_some() {
                bases.add(symbols, most.of_seen(&sums.of(self, place), prior) + of_file_seen);
            } else if touch.is_own() {
                bases.add(symbols, sums.of(self, place).name - prior.sum);
            } else {
                bases.add(symbols, self.added(touch));
            }
        }
        for (place, touch) in self.touched.all().iter().enumerate().filter(|(_, touch)| touch.is_container()) {
            bases.add(corpus.members_of(touch.slot), most.of_container(&sums.of(self, place)));
        }
        bases
    }

    /// Whether the current file imports the definition's name (or its container's) in another language, or names it and imports its file.
    fn reaches(&self, symbol: &Symbol) -> bool {
        let mut seen = [symbol.slot, symbol.container].into_iter().filter_map(|slot| self.touched(slot)?.seen);
        seen.any(|seen| seen.imported || self.imported[symbol.file as usize] > 0.0)
    }

    /// How much a name that the file does not show adds beyond one that nothing ties to the place. Like [`Self::sums`], but looks up
    /// nothing that cannot be there.
    fn added(&self, touch: &Touch) -> f32 {
        let mut sum = 0.0;
        let mut add = |value: f32, weight: Feature, root: Feature| {
            if value > 0.0 {
                sum += UNSEEN[weight] * value + UNSEEN[root] * value.sqrt();
            }
        };
        add(touch.similar, Similar, SimilarRoot);
        add(touch.alike, Alike, AlikeRoot);
        add(touch.namesake, Namesake, NamesakeRoot);
        if touch.topic > 0.0 || touch.kin > 0.0 {
            let all = self.corpus.word_weight[touch.slot as usize];
            let share = |part: f32| if all > 0.0 { part / all } else { 0.0 };
            sum += UNSEEN[NameInTopic] * share(touch.topic) + UNSEEN[Kin] * share(touch.kin);
        }
        sum + UNSEEN[TopicInName] * (touch.topic_weight / self.topic_total)
            + UNSEEN[Beside] * many(touch.beside)
            + UNSEEN[NameReached] * touch.reached
    }

    fn sums(&self, touch: &Touch) -> Sums {
        let (prior, values) = self.values_of_name(touch);
        let weights = if touch.seen.is_some() { &OF_SEEN_NAME } else { &OF_UNSEEN_NAME };
        let name = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        let mut features = Features::default();
        if touch.is_container() {
            self.fill_container(touch.slot, &mut features);
        }
        let container = |weights| if touch.is_container() { features.dot_of(&OF_CONTAINER, weights) } else { 0.0 };
        Sums {
            seen: touch.seen.is_some(),
            imported: is(touch.seen.is_some_and(|seen| seen.imported)),
            popular: prior.popular,
            per_definition: prior.per_definition,
            name,
            container: [container(&SEEN), container(&UNSEEN)],
            container_near: features[ContainerNear],
        }
    }

    fn of_file(&self, file: u32) -> OfFile {
        let mut features = Features::default();
        self.fill_file(file, &mut features);
        OfFile {
            imported: features[FileImported],
            near: features[FileNear],
            used: features[FileUsed],
            sums: [features.dot_of(&OF_FILE, &SEEN), features.dot_of(&OF_FILE, &UNSEEN)],
        }
    }
}
