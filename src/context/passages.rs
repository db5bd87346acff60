//! Passages that resemble the lines at the cursor: what follows there is likely to follow here. A small model gains more from one of them
//! than from the signatures that would fit into the same room (docs/numbers.md).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::corpus::{Corpus, Name};
use super::numbers::{NumberMap, NumberSet};
use super::reading::Reading;
use super::session::{Here, PART_OVERHEAD};
use super::{Kind, Masked, Part, Sources};
use crate::text::words;

/// The non-empty lines above the cursor whose names are searched for, and the lines below it.
const NAMED_LINES_ABOVE: usize = 6;
const NAMED_LINES_BELOW: usize = 4;
/// How many lines are compared at a time, and at which step.
const WINDOW_LINES: usize = 20;
const WINDOW_STEP_LINES: usize = 5;
/// Lines that are shown: those compared and those that follow.
const SHOWN_LINES: usize = 25;
/// Maximum tokens of a passage. Only one is shown: definitions are worth more than the room of a second.
const MAX_PASSAGE_TOKENS: usize = 256;
/// With a smaller budget, in tokens, there is no passage.
const MIN_BUDGET_TOKENS: usize = 192;
/// How many files are read: those that share the rarest names with the place.
const MAX_FILES_READ: usize = 12;
/// A name in more files than this does not tell which ones to read.
const COMMON_NAME_FILES: usize = 200;
/// Larger files, in bytes, are not read.
const MAX_FILE_BYTES: usize = 200_000;
/// Maximum files whose names are kept: enough for the places a user works at.
const MAX_CACHED_FILES: usize = 256;
/// Maximum names that these files may have together.
const MAX_CACHED_NAMES: usize = 1 << 20;
/// Lines around the cursor that the prompt shows anyway.
const SEEN_LINES_AROUND_CURSOR: usize = 130;
/// A passage less alike than this is not worth its room. Likeness is the share of names that two texts have in common, weighted by rarity.
const MIN_LIKENESS: f32 = 0.15;
/// Factor for tests, if the place is not in one.
const TEST_FACTOR: f32 = 0.5;
/// While the user types in one function, another passage replaces the shown one only if it is this many times as alike.
const REPLACEMENT_FACTOR: f32 = 2.0;

/// Returns a file's text as the user currently has it.
pub type Read<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

/// A place, and what is known about it.
pub struct Place<'a> {
    pub corpus: &'a Corpus,
    /// The path in the workspace, with `/`.
    pub path: &'a str,
    pub text: &'a str,
    /// The words of the text, with their names in the corpus.
    pub reading: &'a Reading,
    /// The cursor, in bytes of the text.
    pub offset: usize,
    pub here: &'a Here,
    /// Only files of this family of languages may be quoted; with none, any.
    pub family: Option<&'a str>,
    /// Whether the place is in a test: only then tests count fully.
    pub in_test: bool,
}

/// The passage that was sent last.
#[derive(Clone, Default)]
pub struct Passages {
    at: Option<(Here, usize)>,
    shown: Option<Passage>,
}

/// The files that were read, shared by all searches.
#[derive(Clone, Default)]
pub struct Files {
    kept: Arc<HashMap<Arc<str>, Arc<Lines>>>,
    names: usize,
}

#[derive(Clone)]
struct Passage {
    path: Arc<str>,
    /// The hash of its file's text; zero for the current file.
    hash: u64,
    names: Vec<Name>,
    part: Part,
    /// The lines as they are in the file.
    raw: Box<str>,
}

/// The names of a file by line.
struct Lines {
    hash: u64,
    ends: Vec<u32>,
    names: Vec<Name>,
    /// The lines of its tests.
    tests: Vec<Range<usize>>,
}

/// The names that are searched for.
struct Query {
    names: NumberSet<Name>,
    /// A bit for each name, by the lowest bits of its number: a name whose bit is not set is not among them.
    bits: [u64; BITS / 64],
    /// The names in the order of the text, in which they are summed.
    order: Vec<Name>,
    weight: f32,
}

const BITS: usize = 4096;

/// A window of a file, and how alike it is.
struct Found {
    path: Arc<str>,
    /// The same as [`Passage::hash`].
    hash: u64,
    first: usize,
    score: f32,
}

impl Passages {
    /// The passage for a place, if `budget` has room for one. It stays while the user types in one function, unless something much more
    /// alike is found. Searches once for each line that the cursor reaches.
    pub fn find(&mut self, place: &Place, budget: usize, files: &mut Files, sources: &Sources) -> Option<Part> {
        if budget < MIN_BUDGET_TOKENS {
            return None;
        }
        let here = place.here;
        let line = place.text[..place.text.floor_char_boundary(place.offset)].matches('\n').count();
        let typing = self.at.as_ref().is_some_and(|(known, _)| known == here);
        self.shown.take_if(|passage| !passage.is_there(place));
        if self.at.as_ref() != Some(&(here.clone(), line)) {
            self.at = Some((here.clone(), line));
            let query = Query::at(place);
            // What is shown stays, unless a window is this much alike, so nothing less alike has to be looked at.
            let held = self.shown.as_ref().filter(|_| typing).map(|passage| query.likeness(place.corpus, &passage.names));
            let least = held.map_or(MIN_LIKENESS, |held| held.max(MIN_LIKENESS) * REPLACEMENT_FACTOR);
            let found = (least <= 1.0).then(|| Self::search(place, &query, line, least, files, sources.read)).flatten();
            if held.is_none() || found.is_some() {
                self.shown = found.and_then(|found| found.passage(place, &query, sources));
            }
        }
        self.shown.as_ref().map(|passage| passage.part.clone())
    }

    /// The window that is most alike, if it is at least this much so.
    fn search(place: &Place, query: &Query, line: usize, least: f32, files: &mut Files, read: Read) -> Option<Found> {
        let mut best: Option<Found> = None;
        for number in query.files(place) {
            let digest = &place.corpus.files[number as usize];
            if let Some(lines) = files.lines(place.corpus, number, read) {
                let is_test = place.corpus.is_test[number as usize];
                let share = |window: &Range<usize>| place.share(&lines, is_test, window);
                query.windows(place.corpus, &lines, share, least, &mut best, || (digest.path.clone(), digest.file.hash));
            }
        }
        if place.text.len() <= MAX_FILE_BYTES {
            let away =
                |window: &Range<usize>| window.end + SEEN_LINES_AROUND_CURSOR < line || window.start > line + SEEN_LINES_AROUND_CURSOR;
            // Lines that the prompt shows around the cursor do not count.
            let near = line.saturating_sub(SEEN_LINES_AROUND_CURSOR + 1)..line + SEEN_LINES_AROUND_CURSOR + 1;
            let lines = Lines::read(place, &near);
            let share = |window: &Range<usize>| if away(window) { place.share(&lines, false, window) } else { 0.0 };
            query.windows(place.corpus, &lines, share, least, &mut best, || (place.path.into(), 0));
        }
        best
    }
}

impl Files {
    /// The names of a file; none if it cannot be read, is too large, or is not the version that the index has read.
    fn lines(&mut self, corpus: &Corpus, number: u32, read: Read) -> Option<Arc<Lines>> {
        let digest = &corpus.files[number as usize];
        if let Some(known) = self.kept.get(&digest.path).filter(|known| known.hash == digest.file.hash) {
            return Some(known.clone());
        }
        let text = read(&digest.path).filter(|text| digest.file.is_of(text))?;
        let lines = Arc::new(Lines::new(corpus, digest.file.hash, &text, number));
        if self.kept.len() >= MAX_CACHED_FILES || self.names >= MAX_CACHED_NAMES {
            *self = Self::default();
        }
        self.names += lines.names.len();
        Arc::make_mut(&mut self.kept).insert(digest.path.clone(), lines.clone());
        Some(lines)
    }
}

impl Place<'_> {
    /// The factor for a window: less than 1 for a test.
    fn share(&self, lines: &Lines, is_test: bool, window: &Range<usize>) -> f32 {
        let is_test = is_test || lines.tests.iter().any(|test| test.start < window.end && window.start < test.end);
        if is_test && !self.in_test { TEST_FACTOR } else { 1.0 }
    }
}

impl Query {
    /// The names around the cursor.
    fn at(place: &Place) -> Self {
        let offset = place.text.floor_char_boundary(place.offset);
        let (before, after) = place.text.split_at(offset);
        let above = before.lines().rev().filter(|line| !line.trim().is_empty()).take(NAMED_LINES_ABOVE);
        let below = after.lines().skip(1).take(NAMED_LINES_BELOW);
        let names = above.chain(below).flat_map(words::identifiers).filter_map(|(_, word)| place.corpus.name(word));
        let order = distinct(names);
        let weight = order.iter().map(|name| place.corpus.idf(*name)).sum();
        let mut bits = [0; _];
        for bit in order.iter().map(|name| name.0 as usize % BITS) {
            bits[bit / 64] |= 1 << (bit % 64);
        }
        Self { names: order.iter().copied().collect(), bits, order, weight }
    }

    fn has(&self, name: Name) -> bool {
        let bit = name.0 as usize % BITS;
        self.bits[bit / 64] >> (bit % 64) & 1 != 0 && self.names.contains(&name)
    }

    /// The other files that share the rarest names with the place.
    fn files(&self, place: &Place) -> Vec<u32> {
        let corpus = place.corpus;
        let own = corpus.file(place.path);
        let mut scores: NumberMap<u32, f32> = NumberMap::default();
        for name in self.order.iter().filter(|name| corpus.mentions(**name) <= COMMON_NAME_FILES) {
            corpus.users(*name).for_each(|file| *scores.entry(file).or_default() += corpus.idf(*name));
        }
        let fits = |file: &u32| {
            let bytes = corpus.files[*file as usize].file.bytes as usize;
            Some(*file) != own && bytes <= MAX_FILE_BYTES && corpus.family(*file) == place.family
        };
        let mut files: Vec<(u32, f32)> = scores.into_iter().filter(|(file, _)| fits(file)).collect();
        files.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        files.truncate(MAX_FILES_READ);
        files.into_iter().map(|(file, _)| file).collect()
    }

    /// How much of what this and a text mention is common to both, from 0 to 1.
    fn likeness(&self, corpus: &Corpus, names: &[Name]) -> f32 {
        let (mut all, mut shared) = (self.weight, 0.0);
        for name in names {
            if self.has(*name) { shared += corpus.idf(*name) } else { all += corpus.idf(*name) }
        }
        shared / all.max(f32::MIN_POSITIVE)
    }

    /// Replaces `best` with a window of this file, if one is more alike, and `least` alike. `share` is the factor for a window.
    fn windows(
        &self,
        corpus: &Corpus,
        lines: &Lines,
        share: impl Fn(&Range<usize>) -> f32,
        least: f32,
        best: &mut Option<Found>,
        of: impl Fn() -> (Arc<str>, u64),
    ) {
        let hits: Vec<usize> = (0..lines.names.len()).filter(|at| self.has(lines.names[*at])).collect();
        let mut known = NumberSet::default();
        let (mut first, mut begin, mut end) = (0, 0, 0);
        while first == 0 || first + WINDOW_LINES / 2 < lines.ends.len() {
            let window = first..(first + WINDOW_LINES).min(lines.ends.len());
            let names = lines.place(window.clone());
            // Windows begin and end later and later.
            begin += hits[begin..].iter().take_while(|at| **at < names.start).count();
            end += hits[end..].iter().take_while(|at| **at < names.end).count();
            let hits = &hits[begin..end];
            let least = best.as_ref().map_or(least, |best| best.score);
            // Most windows share so little that the rest of them need not be examined.
            let share = if hits.len() > 1 { share(&window) } else { 0.0 };
            if share > 0.0 && self.at_most(corpus, hits.iter().map(|at| lines.names[*at])) * share >= least {
                known.clear();
                let score = self.likeness(corpus, &new_to(&mut known, lines.names[names].iter().copied())) * share;
                if score >= least {
                    let (path, hash) = of();
                    let found = Found { path, hash, first, score };
                    if best.as_ref().is_none_or(|best| found.goes_before(best)) {
                        *best = Some(found);
                    }
                }
            }
            first += WINDOW_STEP_LINES;
        }
    }

    /// How alike a text with these shared names can be at most: as if it had no others.
    fn at_most(&self, corpus: &Corpus, shared: impl Iterator<Item = Name>) -> f32 {
        // A list is enough: there are few.
        let mut known: Vec<Name> = vec![];
        for name in shared {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let sum: f32 = known.iter().map(|name| corpus.idf(*name)).sum();
        sum / self.weight.max(f32::MIN_POSITIVE) * ROUNDING_FACTOR
    }
}

/// Sums in another order may differ by less than this factor.
const ROUNDING_FACTOR: f32 = 1.001;

/// Each name once, in order of appearance: in the order of numbers, sums would depend on which file the index read first.
fn distinct(names: impl Iterator<Item = Name>) -> Vec<Name> {
    new_to(&mut NumberSet::default(), names)
}

/// Those of them that are not `known`, to which they are added.
fn new_to(known: &mut NumberSet<Name>, names: impl Iterator<Item = Name>) -> Vec<Name> {
    names.filter(|name| known.insert(*name)).collect()
}

impl Lines {
    /// The lines of a text; `file` is its number in the corpus.
    fn new(corpus: &Corpus, hash: u64, text: &str, file: u32) -> Self {
        let mut lines = Self { hash, ends: vec![], names: vec![], tests: corpus.files[file as usize].test_lines() };
        // Most words occur often in a file, and looking one up among all names is slow.
        let mut known: NumberMap<&str, Option<Name>> = NumberMap::default();
        for line in text.lines() {
            let names = words::identifiers(line).filter_map(|(_, word)| *known.entry(word).or_insert_with(|| corpus.name(word)));
            lines.names.extend(names);
            lines.ends.push(lines.names.len() as u32);
        }
        lines
    }

    /// The lines of the text at the cursor, some of them left out.
    fn read(place: &Place, left_out: &Range<usize>) -> Self {
        let file = place.corpus.file(place.path);
        let tests = file.map(|file| place.corpus.files[file as usize].test_lines()).unwrap_or_default();
        let mut lines = Self { hash: 0, ends: vec![], names: vec![], tests };
        for (number, names) in place.reading.named_lines().enumerate().take(place.text.lines().count()) {
            if !left_out.contains(&number) {
                lines.names.extend(names);
            }
            lines.ends.push(lines.names.len() as u32);
        }
        lines
    }

    /// Where the names of some lines are.
    fn place(&self, lines: Range<usize>) -> Range<usize> {
        let end = |line: usize| if line == 0 { 0 } else { self.ends[line - 1] as usize };
        end(lines.start)..end(lines.end)
    }
}

impl Found {
    /// Orders windows that are equally alike, so that the result does not depend on which was found first.
    fn goes_before(&self, other: &Self) -> bool {
        let order = other.score.total_cmp(&self.score).then_with(|| self.path.cmp(&other.path)).then(self.first.cmp(&other.first));
        order.is_lt()
    }

    /// Reads the passage, as much of it as fits.
    fn passage(&self, place: &Place, query: &Query, sources: &Sources) -> Option<Passage> {
        let read = if self.hash == 0 { Some(place.text.into()) } else { (sources.read)(&self.path) };
        let text = read.filter(|text| self.hash == 0 || is_known(place.corpus, &self.path, text))?;
        let starts = text.split_inclusive('\n').scan(0, |at, line| Some(std::mem::replace(at, *at + line.len())));
        let mut starts: Vec<usize> = starts.skip(self.first).take(SHOWN_LINES + 1).collect();
        if starts.len() <= SHOWN_LINES {
            starts.push(text.len());
        }
        let (lines, masked, tokens) = longest(starts.len() - 1, |lines| {
            let masked = Masked::stretch(&text, starts[0]..starts[lines]);
            let tokens = (sources.count)(&format!("{}\n{}", self.path, &*masked)) + PART_OVERHEAD;
            (masked, tokens)
        })?;
        let raw = &text[starts[0]..starts[lines]];
        let names = distinct(words::identifiers(raw).filter_map(|(_, word)| place.corpus.name(word)));
        let part = Part {
            path: self.path.clone(),
            start_line: self.first as u32 + 1,
            end_line: (self.first + lines) as u32,
            kind: Kind::Passage,
            tokens,
            text: masked,
            why: why(place.corpus, query, &names),
        };
        Some(Passage { path: self.path.clone(), hash: self.hash, names, part, raw: raw.into() })
    }
}

/// As many lines as fit, with the result of `render` for them and its tokens. Calls it rarely: the tokenizer may be another process, and
/// every text is searched for secrets.
fn longest(mut lines: usize, render: impl Fn(usize) -> (Masked, usize)) -> Option<(usize, Masked, usize)> {
    while lines > 0 {
        let (masked, tokens) = render(lines);
        if tokens <= MAX_PASSAGE_TOKENS {
            return Some((lines, masked, tokens));
        }
        lines = (lines * MAX_PASSAGE_TOKENS / tokens).min(lines - 1);
    }
    None
}

/// Whether a text is the version that the corpus has of a file.
fn is_known(corpus: &Corpus, path: &str, text: &str) -> bool {
    corpus.file(path).is_some_and(|file| corpus.files[file as usize].file.is_of(text))
}

/// The rarest names that it shares with the place, for the user.
fn why(corpus: &Corpus, query: &Query, names: &[Name]) -> String {
    let mut shared: Vec<Name> = names.iter().copied().filter(|name| query.names.contains(name)).collect();
    shared.sort_by(|a, b| corpus.idf(*b).total_cmp(&corpus.idf(*a)).then_with(|| corpus.text(*a).cmp(corpus.text(*b))));
    let shared: Vec<&str> = shared.into_iter().take(4).map(|name| corpus.text(name)).collect();
    format!("resembles the lines at the cursor: {}", shared.join(", "))
}

impl Passage {
    /// Whether the passage is still in its file; within the current file it may have moved.
    fn is_there(&mut self, place: &Place) -> bool {
        if &*self.path != place.path {
            let file = place.corpus.file(&self.path);
            return file.is_some_and(|file| place.corpus.files[file as usize].file.hash == self.hash);
        }
        let found = place.text.match_indices(&*self.raw).map(|(at, _)| at).find(|at| *at == 0 || place.text.as_bytes()[at - 1] == b'\n');
        let Some(at) = found.filter(|_| self.hash == 0) else { return false };
        let lines = self.part.end_line - self.part.start_line;
        self.part.start_line = place.text[..at].matches('\n').count() as u32 + 1;
        self.part.end_line = self.part.start_line + lines;
        true
    }
}
