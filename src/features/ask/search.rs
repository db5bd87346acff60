//! Files and definitions that are about what a sentence is about, by paths, names, comments and code.
//!
//! Files are ranked first, by all their fields (BM25F) and the best definition in them. The places are the best definition of each of the
//! very best files, then all others by their own and their files' scores.

mod count;
mod quotes;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::named_places::Paths;
use super::{blocks, chores};
use crate::context::sentence::{Matcher, Sentence, Term};
use crate::features::Session;
use crate::index::{File, FileId};

use count::{Asked, Counts, FIELDS, Field, Item, count, is_named};
pub(super) use count::{Spot, definition, is_in_tests, shown};
use quotes::Quotes;

/// Files that show their best definition before any shows its second. With more of them, the second definition of the best file comes late.
const EACH_ONE: usize = 3;
/// Files whose definitions are places.
const FIRST: usize = 200;
/// Most bytes of text read for a question; in larger workspaces names and paths decide what is read.
const READ: usize = 96 << 20;

/// The weight of a word in each field, and how far a long field lowers it. Fitted on commit messages (`scripts/commits.py`).
const WORTH: [f32; FIELDS] = [2.8, 2.9, 1.0, 0.5, 0.09];
const LENGTH: [f32; FIELDS] = [0.15, 0.8, 0.9, 0.6, 0.6];
/// How soon more occurrences of a word add nothing.
const SATURATION: f32 = 2.0;
/// BM25 among definitions, with its usual constants.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// What is added for a file's best definition, for a word that names a place and is in the path, and for size.
const BEST_ITEM: f32 = 0.25;
const SCOPE_IN_PATH: f32 = 2.7;
const SIZE: f32 = 0.4;
/// For a path that the question names, and for a file at the root without definitions that is named like a word in it: `README`, `tox.ini`.
const NAMED: f32 = 20.0;
const CALLED: f32 = 6.0;
/// For a definition with what the question quotes.
const QUOTED: f32 = 40.0;
/// The part of that for a row of words that may be a quote, and the most files that have such a row.
const LOOSE: f32 = 0.5;
const LOOSE_FILES: u32 = 3;
/// Factors for tests: if nobody asks for tests, if a question has the word, and if a statement has it (a change that "adds a test" is
/// rarely about a test alone).
const TEST: f32 = 0.3;
const TEST_ASKED: f32 = 0.7;
const TEST_SAID: f32 = 0.4;
/// Factors for files without definitions (a README, a manifest, a workflow): if a question does not name them; if a statement does not,
/// since statements are about code; and for lists of changes, which mention everything.
const PLAIN: f32 = 0.7;
const PLAIN_SAID: f32 = 0.3;
const CHANGES: f32 = 0.4;
/// Larger files of that kind, in bytes, are data and only searched when named.
const DATA: u32 = 256 << 10;

/// Files that are about what a question is about, best first.
#[derive(Default)]
pub(super) struct Ranking {
    files: Vec<Ranked>,
}

struct Ranked {
    id: FileId,
    score: f32,
    /// Its definitions with words of the question, best first.
    items: Vec<Place>,
}

/// A place in a file, its score, and where in it the best line is, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub spot: Spot,
    pub score: f32,
    pub focus: usize,
}

impl Ranking {
    /// The files, best first.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.files.iter().map(|file| file.id)
    }

    /// The rank of a file; behind all others if it is not among them.
    pub fn position(&self, id: FileId) -> usize {
        self.files.iter().position(|file| file.id == id).unwrap_or(self.files.len())
    }

    /// The best definition of each of the best files, then the others by their own and their files' scores.
    pub fn places(&self) -> impl Iterator<Item = (FileId, Place)> {
        let place = |file: &Ranked, place: Place| (file.id, Place { score: file.score + place.score, ..place });
        let first = self.files.iter().take(EACH_ONE).filter_map(move |file| Some(place(file, *file.items.first()?)));
        let rest = self.files.iter().take(FIRST).enumerate();
        let rest = rest.flat_map(move |(at, file)| file.items.iter().skip(usize::from(at < EACH_ONE)).map(move |item| place(file, *item)));
        let mut rest: Vec<(FileId, Place)> = rest.collect();
        rest.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        first.chain(rest)
    }
}

/// Ranks the files and definitions of the workspace for a question.
pub(super) fn rank(session: &Session, question: &str, paths: &Paths<'_>) -> Ranking {
    let sentence = Sentence::new(question);
    if sentence.terms.is_empty() {
        return Ranking::default();
    }
    let asked = Asked { sentence: &sentence, quotes: Quotes::of(question), named: named(session, question, paths) };
    let mut matcher = Matcher::new(&sentence);
    let counted: Vec<Counts> = readable(session, &asked, &mut matcher)
        .into_iter()
        .filter_map(|(id, file)| {
            let text = session.snapshot.read(&file.path).ok()?;
            Some(count(session, id, file, &text, &asked, &mut matcher))
        })
        .collect();
    let shares = Shares::new(session, &sentence, question);
    // Files without code do not count in the averages that tell pieces of code apart.
    let code = Usual::new(counted.iter().filter(|file| !file.is_plain), sentence.terms.len());
    let all = Usual::new(counted.iter(), sentence.terms.len());
    let rare = asked.quotes.as_ref().map(|quotes| (quotes, rare_rows(&counted)));
    let quoted = |item: &Item| {
        let Some((quotes, rare)) = rare.as_ref().filter(|_| !item.loose.is_empty()) else { return item.quoted };
        let rows: Vec<u16> = item.loose.iter().filter(|row| rare.contains(*row)).copied().collect();
        item.quoted.max(LOOSE * quotes.share(&rows))
    };
    let mut files: Vec<Ranked> = vec![];
    for counts in counted {
        let usual = if counts.is_plain { &all } else { &code };
        let score = |item: &Item| {
            (QUOTED * quoted(item) + score_item(item, &sentence.terms, &usual.rare_items, usual.item))
                * if item.is_test { shares.test } else { 1.0 }
        };
        let place = |item: &Item| Place { spot: item.spot, score: score(item), focus: item.focus as usize };
        let mut items: Vec<Place> = counts.items.iter().map(place).collect();
        items.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.spot.cmp(&b.spot)));
        let words = score_file(&counts, &sentence.terms, usual);
        let named = match counts.is_plain && blocks::is_called(&counts.path, &sentence) {
            _ if counts.is_named => NAMED,
            true => CALLED,
            false => 0.0,
        };
        let best = items.first().map_or(0.0, |item| item.score);
        let sum = words + BEST_ITEM * best + named;
        if sum > 0.0 {
            let score = (sum + SIZE * (1.0 + counts.lengths[Field::Code as usize]).ln()) * shares.of(&counts, &sentence);
            if items.is_empty() {
                // Only its path matches, so its first definition stands for it.
                let spot = if counts.is_plain { Spot::Block(0) } else { Spot::Definition(0) };
                items.push(Place { spot, score: 0.0, focus: 0 });
            }
            files.push(Ranked { id: counts.id, score, items });
        }
    }
    // Ties go to the first path.
    files.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ranking { files }
}

/// The rows of what may be a quote that few files of code have.
fn rare_rows(counted: &[Counts]) -> HashSet<u16> {
    let mut files: HashMap<u16, u32> = HashMap::new();
    let code = counted.iter().filter(|file| !file.is_plain && !file.is_test);
    code.flat_map(|file| &file.loose_rows).for_each(|row| *files.entry(*row).or_default() += 1);
    files.into_iter().filter(|(_, files)| *files <= LOOSE_FILES).map(|(row, _)| row).collect()
}

/// Factors for files that a question rarely means.
struct Shares {
    test: f32,
    plain: f32,
    /// The question is about what one does with the repository.
    chore: bool,
}

impl Shares {
    fn new(session: &Session, sentence: &Sentence, question: &str) -> Self {
        let is_question = is_question(question);
        let test = match (sentence.has("tests"), is_question) {
            (false, _) => TEST,
            (true, true) => TEST_ASKED,
            (true, false) => TEST_SAID,
        };
        Self { test, plain: if is_question { PLAIN } else { PLAIN_SAID }, chore: chores::is_asked(session, question, sentence) }
    }

    fn of(&self, counts: &Counts, sentence: &Sentence) -> f32 {
        if counts.is_named {
            return 1.0;
        }
        let plain = match self.chore {
            true => chores::share(&counts.path, counts.is_plain),
            false if counts.is_plain => self.plain,
            false => 1.0,
        };
        let changes = if counts.is_plain && blocks::lists_changes(&counts.path, sentence) { CHANGES } else { 1.0 };
        plain * changes * if counts.is_test { self.test } else { 1.0 }
    }
}

/// The files that a question names, by full paths or by their ends.
fn named(session: &Session, question: &str, paths: &Paths<'_>) -> HashSet<FileId> {
    let text = question.to_lowercase();
    let by_words = paths.named_in(question);
    let whole = session.index.files().filter(|(_, file)| is_named(&file.path.to_string(), &text)).map(|(id, _)| id);
    by_words.into_iter().chain(whole).collect()
}

/// The files that have text, by path; in a very large workspace those whose paths and names promise most, as much as may be read.
fn readable<'a>(session: &'a Session, asked: &Asked<'_>, matcher: &mut Matcher) -> Vec<(FileId, &'a Arc<File>)> {
    let sentence = asked.sentence;
    let has_words = |id: &FileId, file: &File| !file.symbols.is_empty() || file.bytes < DATA || asked.named.contains(id);
    let mut files: Vec<(FileId, &Arc<File>)> = session.index.files().filter(|(id, file)| has_words(id, file)).collect();
    files.sort_unstable_by(|a, b| a.1.path.cmp(&b.1.path));
    let all: usize = files.iter().map(|(_, file)| file.bytes as usize).sum();
    if all <= READ {
        return files;
    }
    let mut promise = |file: &File| -> f32 {
        let mut sum = 0.0;
        matcher.find(&file.path.to_string(), |_, term| sum += 3.0 * sentence.terms[usize::from(term)].weight);
        for symbol in file.symbols.iter() {
            matcher.find(session.index.text(symbol.name), |_, term| sum += sentence.terms[usize::from(term)].weight);
        }
        sum / (1.0 + file.bytes as f32).ln()
    };
    let mut promising: Vec<(f32, (FileId, &Arc<File>))> = files.drain(..).map(|file| (promise(file.1), file)).collect();
    promising.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut left = READ;
    let fits = |(_, (_, file)): &(f32, (FileId, &Arc<File>))| {
        left = left.saturating_sub(file.bytes as usize);
        left > 0
    };
    promising.into_iter().take_while(fits).map(|(_, file)| file).collect()
}

/// Averages over all files.
struct Usual {
    /// The weight of each word: the fewer files and definitions have it, the more it says.
    rare: Vec<f32>,
    rare_items: Vec<f32>,
    /// Mean lengths of fields and of definitions.
    fields: [f32; FIELDS],
    item: f32,
}

impl Usual {
    fn new<'a>(files: impl Iterator<Item = &'a Counts> + Clone, terms: usize) -> Self {
        let (mut in_files, mut in_items) = (vec![0.0f32; terms], vec![0.0f32; terms]);
        let (mut all_files, mut all_items) = (0.0, 0.0);
        for file in files.clone() {
            for (term, fields) in file.fields.iter().enumerate() {
                in_files[term] += f32::from(u8::from(fields.iter().any(|count| *count > 0.0)));
            }
            all_files += 1.0;
            all_items += file.lengths[Field::Names as usize] / 2.0;
            file.items.iter().flat_map(|item| &item.terms).for_each(|(term, _)| in_items[usize::from(*term)] += 1.0);
        }
        let rare = |all: f32, having: f32| (1.0 + (all.max(having) - having + 0.5) / (having + 0.5)).ln();
        Self {
            rare: in_files.into_iter().map(|having| rare(all_files, having)).collect(),
            rare_items: in_items.into_iter().map(|having| rare(all_items, having)).collect(),
            fields: std::array::from_fn(|field| mean(files.clone().map(|file| file.lengths[field]))),
            item: mean(files.flat_map(|file| &file.items).map(|item| item.bytes)),
        }
    }
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { (sum / count as f32).max(0.1) } else { 1.0 }
}

fn score_file(counts: &Counts, terms: &[Term], usual: &Usual) -> f32 {
    let mut score = 0.0;
    for ((fields, term), rare) in counts.fields.iter().zip(terms).zip(&usual.rare) {
        let mut sum = 0.0;
        for field in 0..FIELDS {
            if fields[field] > 0.0 {
                sum += WORTH[field] * fields[field] / (1.0 - LENGTH[field] + LENGTH[field] * counts.lengths[field] / usual.fields[field]);
            }
        }
        score += term.weight * rare * sum / (sum + SATURATION);
        if term.scope && fields[Field::Path as usize] > 0.0 {
            score += SCOPE_IN_PATH * term.weight * rare;
        }
    }
    score
}

/// The BM25 score of one definition.
fn score_item(item: &Item, terms: &[Term], rare: &[f32], mean: f32) -> f32 {
    let length = 1.0 - B + B * item.bytes / mean;
    let each = |(term, count): &(u16, f32)| {
        let at = usize::from(*term);
        terms[at].weight * rare[at] * count * (K1 + 1.0) / (count + K1 * length)
    };
    item.terms.iter().map(each).sum()
}

/// Whether a text asks instead of telling.
pub(super) fn is_question(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    text.trim_end().ends_with(['?', '？', '؟'])
        || ["where", "what", "which", "how", "who", "why", "when", "is", "are", "does"].contains(&first.as_str())
}
