//! Full-text search for the files and definitions that a question is about, in paths, names, comments and code.
//!
//! Files are scored by BM25F over their fields, plus a share of the BM25 score of their best definition. The places are the best definition
//! of each of the very best files, then all other definitions by their own and their files' scores.

mod count;
mod quotes;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::named_places::Paths;
use super::{blocks, chores};
use crate::context::sentence::{Matcher, Sentence, Term};
use crate::features::Session;
use crate::index::{File, FileId};

use count::{FIELDS, Field, FileCounts, Item, SearchQuery, count, is_named};
pub(super) use count::{Spot, definition, is_in_tests, shown};
use quotes::Quotes;

/// Number of files that show their best definition before any shows its second. With more of them, the second definition of the best file
/// comes late.
const FILES_WITH_ONE_PLACE_FIRST: usize = 3;
/// Files whose definitions are places.
const MAX_FILES_WITH_PLACES: usize = 200;
/// Maximum bytes of text read for a question; in larger workspaces names and paths decide what is read.
const MAX_READ_BYTES: usize = 96 << 20;

/// BM25F over the fields of a file: the weight of each field, how much its length counts against it (0 to 1), and how soon further
/// occurrences of a word add nothing. Fitted on commit messages (`scripts/commits.py`).
const FIELD_WEIGHTS: [f32; FIELDS] = [2.8, 2.9, 1.0, 0.5, 0.09];
const FIELD_LENGTH_NORMS: [f32; FIELDS] = [0.15, 0.8, 0.9, 0.6, 0.6];
const FIELD_SATURATION: f32 = 2.0;
/// BM25 over definitions, with its usual constants.
const ITEM_K1: f32 = 1.2;
const ITEM_B: f32 = 0.75;
/// What is added for a file's best definition, for a word that names a place and is in the path, and for size.
const BEST_ITEM_SHARE: f32 = 0.25;
const SCOPE_IN_PATH_BONUS: f32 = 2.7;
const SIZE_BONUS: f32 = 0.4;
/// For a path that the question names, and for a file at the root without definitions that is named like a word in it: `README`, `tox.ini`.
const NAMED_BONUS: f32 = 20.0;
const CALLED_BONUS: f32 = 6.0;
/// For a definition with what the question quotes.
const QUOTE_BONUS: f32 = 40.0;
/// The share of that for a row of words that may be a quote, and the maximum number of files with such a row.
const LOOSE_QUOTE_SHARE: f32 = 0.5;
const MAX_LOOSE_QUOTE_FILES: u32 = 3;
/// Factors for tests: if nobody asks for tests, if a question has the word, and if a statement has it (a change that "adds a test" is
/// rarely about a test alone).
const TEST_FACTOR: f32 = 0.3;
const TEST_FACTOR_IF_ASKED: f32 = 0.7;
const TEST_FACTOR_IF_SAID: f32 = 0.4;
/// Factors for files without definitions (a README, a manifest, a workflow): if a question does not name them; if a statement does not,
/// since statements are about code; and for lists of changes, which mention everything.
const PLAIN_FACTOR: f32 = 0.7;
const PLAIN_FACTOR_OF_STATEMENT: f32 = 0.3;
const CHANGELOG_FACTOR: f32 = 0.4;
/// Larger files of that kind, in bytes, are data and only searched when named.
const DATA_FILE_BYTES: u32 = 256 << 10;

/// Files that are about what a question is about, best first.
#[derive(Default)]
pub(super) struct Ranking {
    files: Vec<Ranked>,
}

struct Ranked {
    id: FileId,
    score: f32,
    /// Its definitions with words of the question, best first.
    items: Vec<ScoredPlace>,
}

/// A place in a file, its score, and where in it the best line is, in bytes.
#[derive(Clone, Copy)]
pub(super) struct ScoredPlace {
    pub spot: Spot,
    pub score: f32,
    pub focus: usize,
}

impl Ranking {
    /// The files, best first.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.files.iter().map(|file| file.id)
    }

    /// The rank of a file; after all others if it is not among them.
    pub fn position(&self, id: FileId) -> usize {
        self.files.iter().position(|file| file.id == id).unwrap_or(self.files.len())
    }

    /// The best definition of each of the best files, then the others by their own and their files' scores.
    pub fn places(&self) -> impl Iterator<Item = (FileId, ScoredPlace)> {
        let place = |file: &Ranked, place: ScoredPlace| (file.id, ScoredPlace { score: file.score + place.score, ..place });
        let first = self.files.iter().take(FILES_WITH_ONE_PLACE_FIRST).filter_map(move |file| Some(place(file, *file.items.first()?)));
        let rest = self.files.iter().take(MAX_FILES_WITH_PLACES).enumerate();
        let rest = rest.flat_map(move |(at, file)| {
            file.items.iter().skip(usize::from(at < FILES_WITH_ONE_PLACE_FIRST)).map(move |item| place(file, *item))
        });
        let mut rest: Vec<(FileId, ScoredPlace)> = rest.collect();
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
    let query = SearchQuery { sentence: &sentence, quotes: Quotes::of(question), named: named(session, question, paths) };
    let mut matcher = Matcher::new(&sentence);
    let counted: Vec<FileCounts> = readable(session, &query, &mut matcher)
        .into_iter()
        .filter_map(|(id, file)| {
            let text = session.snapshot.read(&file.path).ok()?;
            Some(count(session, id, file, &text, &query, &mut matcher))
        })
        .collect();
    let factors = Factors::new(session, &sentence, question);
    // Files without code do not count in the averages that distinguish pieces of code.
    let code = Statistics::new(counted.iter().filter(|file| !file.is_plain), sentence.terms.len());
    let all = Statistics::new(counted.iter(), sentence.terms.len());
    let rare = query.quotes.as_ref().map(|quotes| (quotes, rare_rows(&counted)));
    let quoted = |item: &Item| {
        let Some((quotes, rare)) = rare.as_ref().filter(|_| !item.loose.is_empty()) else { return item.quoted };
        let rows: Vec<u16> = item.loose.iter().filter(|row| rare.contains(*row)).copied().collect();
        item.quoted.max(LOOSE_QUOTE_SHARE * quotes.share(&rows))
    };
    let mut files: Vec<Ranked> = vec![];
    for counts in counted {
        let statistics = if counts.is_plain { &all } else { &code };
        let score = |item: &Item| {
            (QUOTE_BONUS * quoted(item) + score_item(item, &sentence.terms, &statistics.item_idf, statistics.mean_item))
                * if item.is_test { factors.test } else { 1.0 }
        };
        let place = |item: &Item| ScoredPlace { spot: item.spot, score: score(item), focus: item.focus as usize };
        let mut items: Vec<ScoredPlace> = counts.items.iter().map(place).collect();
        items.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.spot.cmp(&b.spot)));
        let words = score_file(&counts, &sentence.terms, statistics);
        let named = match counts.is_plain && blocks::is_called(&counts.path, &sentence) {
            _ if counts.is_named => NAMED_BONUS,
            true => CALLED_BONUS,
            false => 0.0,
        };
        let best = items.first().map_or(0.0, |item| item.score);
        let sum = words + BEST_ITEM_SHARE * best + named;
        if sum > 0.0 {
            let score = (sum + SIZE_BONUS * (1.0 + counts.lengths[Field::Code as usize]).ln()) * factors.of(&counts, &sentence);
            if items.is_empty() {
                // Only its path matches, so its first definition represents it.
                let spot = if counts.is_plain { Spot::Block(0) } else { Spot::Definition(0) };
                items.push(ScoredPlace { spot, score: 0.0, focus: 0 });
            }
            files.push(Ranked { id: counts.id, score, items });
        }
    }
    // Ties go to the first path.
    files.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ranking { files }
}

/// The rows of possible quotes that few files of code have.
fn rare_rows(counted: &[FileCounts]) -> HashSet<u16> {
    let mut files: HashMap<u16, u32> = HashMap::new();
    let code = counted.iter().filter(|file| !file.is_plain && !file.is_test);
    code.flat_map(|file| &file.loose_rows).for_each(|row| *files.entry(*row).or_default() += 1);
    files.into_iter().filter(|(_, files)| *files <= MAX_LOOSE_QUOTE_FILES).map(|(row, _)| row).collect()
}

/// Factors for files that a question rarely means.
struct Factors {
    test: f32,
    plain: f32,
    /// The question is about working with the repository.
    chore: bool,
}

impl Factors {
    fn new(session: &Session, sentence: &Sentence, question: &str) -> Self {
        let is_question = is_question(question);
        let test = match (sentence.has("tests"), is_question) {
            (false, _) => TEST_FACTOR,
            (true, true) => TEST_FACTOR_IF_ASKED,
            (true, false) => TEST_FACTOR_IF_SAID,
        };
        Self {
            test,
            plain: if is_question { PLAIN_FACTOR } else { PLAIN_FACTOR_OF_STATEMENT },
            chore: chores::is_asked(session, question, sentence),
        }
    }

    fn of(&self, counts: &FileCounts, sentence: &Sentence) -> f32 {
        if counts.is_named {
            return 1.0;
        }
        let plain = match self.chore {
            true => chores::share(&counts.path, counts.is_plain),
            false if counts.is_plain => self.plain,
            false => 1.0,
        };
        let changes = if counts.is_plain && blocks::lists_changes(&counts.path, sentence) { CHANGELOG_FACTOR } else { 1.0 };
        plain * changes * if counts.is_test { self.test } else { 1.0 }
    }
}

/// The files that a question names, by full paths or by path endings.
fn named(session: &Session, question: &str, paths: &Paths<'_>) -> HashSet<FileId> {
    let text = question.to_lowercase();
    let by_words = paths.named_in(question);
    let whole = session.index.files().filter(|(_, file)| is_named(&file.path.to_string(), &text)).map(|(id, _)| id);
    by_words.into_iter().chain(whole).collect()
}

/// The files that have text, by path; in a very large workspace those whose paths and names are most promising, as much as may be read.
fn readable<'a>(session: &'a Session, query: &SearchQuery<'_>, matcher: &mut Matcher) -> Vec<(FileId, &'a Arc<File>)> {
    let sentence = query.sentence;
    let has_words = |id: &FileId, file: &File| !file.symbols.is_empty() || file.bytes < DATA_FILE_BYTES || query.named.contains(id);
    let mut files: Vec<(FileId, &Arc<File>)> = session.index.files().filter(|(id, file)| has_words(id, file)).collect();
    files.sort_unstable_by(|a, b| a.1.path.cmp(&b.1.path));
    let all: usize = files.iter().map(|(_, file)| file.bytes as usize).sum();
    if all <= MAX_READ_BYTES {
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
    let mut left = MAX_READ_BYTES;
    let fits = |(_, (_, file)): &(f32, (FileId, &Arc<File>))| {
        left = left.saturating_sub(file.bytes as usize);
        left > 0
    };
    promising.into_iter().take_while(fits).map(|(_, file)| file).collect()
}

/// What BM25 needs to know about all files together.
struct Statistics {
    /// The inverse document frequency of each word, among files and among definitions.
    idf: Vec<f32>,
    item_idf: Vec<f32>,
    /// Mean lengths of fields and of definitions.
    mean_fields: [f32; FIELDS],
    mean_item: f32,
}

impl Statistics {
    fn new<'a>(files: impl Iterator<Item = &'a FileCounts> + Clone, terms: usize) -> Self {
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
        let idf = |all: f32, having: f32| (1.0 + (all.max(having) - having + 0.5) / (having + 0.5)).ln();
        Self {
            idf: in_files.into_iter().map(|having| idf(all_files, having)).collect(),
            item_idf: in_items.into_iter().map(|having| idf(all_items, having)).collect(),
            mean_fields: std::array::from_fn(|field| mean(files.clone().map(|file| file.lengths[field]))),
            mean_item: mean(files.flat_map(|file| &file.items).map(|item| item.bytes)),
        }
    }
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { (sum / count as f32).max(0.1) } else { 1.0 }
}

fn score_file(counts: &FileCounts, terms: &[Term], statistics: &Statistics) -> f32 {
    let mut score = 0.0;
    for ((fields, term), idf) in counts.fields.iter().zip(terms).zip(&statistics.idf) {
        let mut sum = 0.0;
        for field in 0..FIELDS {
            if fields[field] > 0.0 {
                sum += FIELD_WEIGHTS[field] * fields[field]
                    / (1.0 - FIELD_LENGTH_NORMS[field] + FIELD_LENGTH_NORMS[field] * counts.lengths[field] / statistics.mean_fields[field]);
            }
        }
        score += term.weight * idf * sum / (sum + FIELD_SATURATION);
        if term.scope && fields[Field::Path as usize] > 0.0 {
            score += SCOPE_IN_PATH_BONUS * term.weight * idf;
        }
    }
    score
}

/// The BM25 score of one definition.
fn score_item(item: &Item, terms: &[Term], idf: &[f32], mean: f32) -> f32 {
    let length = 1.0 - ITEM_B + ITEM_B * item.bytes / mean;
    let each = |(term, count): &(u16, f32)| {
        let at = usize::from(*term);
        terms[at].weight * idf[at] * count * (ITEM_K1 + 1.0) / (count + ITEM_K1 * length)
    };
    item.terms.iter().map(each).sum()
}

/// Whether a text asks instead of stating.
pub(super) fn is_question(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    text.trim_end().ends_with(['?', '？', '؟'])
        || ["where", "what", "which", "how", "who", "why", "when", "is", "are", "does"].contains(&first.as_str())
}
