//! The prompt for a question: definitions that may answer it, a map of the repository, or all of it.

use std::collections::HashSet;
use std::ops::Range;

use super::named_places::{NamedPlace, Paths, named_places};
use super::search::{Ranking, ScoredPlace, Spot, definition, rank};
use super::{blocks, map, overview, withheld};
use crate::context::{Kind, Part};
use crate::engine::{BYTES_PER_TOKEN, Tokens};
use crate::features::Session;
use crate::features::answer::numbered;
use crate::index::FileId;
use crate::redact::Masked;
use crate::text::lines::{line_number, line_start};

/// Up to this budget in tokens only definitions are shown, since a map would take their room.
const DEFINITIONS_ONLY_BUDGET: usize = 4096;
/// The budget in tokens for each further definition, and the maximum and minimum number of definitions.
const TOKENS_PER_EXCERPT: usize = 120;
const MAX_EXCERPTS: usize = 32;
const MIN_EXCERPTS: usize = 12;
/// How many excerpts of the maximum length fit into any budget.
const LONG_EXCERPTS: usize = 8;
/// The longest excerpt in bytes, and the longest for something that the question names.
const MAX_EXCERPT_BYTES: usize = 3000;
const MAX_NAMED_EXCERPT_BYTES: usize = 24_000;
/// If fewer tokens than this are left, no whole file is added.
const MIN_FILE_TOKENS: usize = 200;

/// The parts for a question within a budget of tokens. If the whole repository fits, that. Else the best definitions; and if there is room,
/// a map of the repository before them, and as many whole files as fit. The map has its own order, so that the next question's prompt
/// starts the same; what the question is about comes last, where models look most. A question whose words hardly occur is answered from
/// what the repository says about itself.
pub(super) fn about(session: &Session, question: &str, budget: usize, tokens: &dyn Tokens) -> About {
    let paths = Paths::new(session);
    let withheld = withheld::told(session, question, &paths);
    About { parts: parts(session, question, &paths, budget, tokens), withheld }
}

/// What the model is told about the repository for a question.
pub(super) struct About {
    pub parts: Vec<Part>,
    /// A line for each file that the question names but of which nothing may be shown.
    pub withheld: Vec<String>,
}

fn parts(session: &Session, question: &str, paths: &Paths<'_>, budget: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let ranking = if overview::is_asked(question) { Ranking::default() } else { rank(session, question, paths) };
    let places = Places { session, named: named_places(session, question, &ranking, paths), ranking: &ranking, tokens };
    if budget <= DEFINITIONS_ONLY_BUDGET {
        let mut parts = places.excerpts(budget);
        let left = budget - spent(&parts);
        if is_sparse(&parts, budget) {
            let said = overview::of(session, &ranking, &parts, left, tokens);
            let said = places.united(&mut parts, said, budget);
            parts.extend(said);
        }
        return parts;
    }
    let repeated = places.excerpts((budget / 4).min(DEFINITIONS_ONLY_BUDGET));
    if let Some(mut parts) = map::whole(session, &[], budget - spent(&repeated), tokens) {
        parts.extend(repeated);
        return parts;
    }
    let mut bodies = places.excerpts(budget / 4 * 3);
    if is_sparse(&bodies, budget / 4 * 3) {
        let documents = overview::documents(session, budget / 4, tokens);
        let documents = places.united(&mut bodies, documents, budget);
        bodies.splice(0..0, documents);
    }
    let mut parts = map::outline(session, &[], &[], budget - spent(&bodies), map::MAX_DEFINITIONS, tokens);
    let left = budget - spent(&parts) - spent(&bodies);
    parts.extend(filled(session, &ranking, bodies, left, tokens));
    parts
}

/// Excerpts preceded by whole files, as far as `left` tokens go. Of excerpts whose whole file is shown only the best are kept.
fn filled(session: &Session, ranking: &Ranking, bodies: Vec<Part>, mut left: usize, tokens: &dyn Tokens) -> Vec<Part> {
    let mut stays = DEFINITIONS_ONLY_BUDGET;
    let (repeated, mut others): (Vec<Part>, Vec<Part>) = bodies.into_iter().partition(|part| {
        let before = stays;
        stays = stays.saturating_sub(part.tokens);
        before >= part.tokens
    });
    let ranked: Vec<FileId> = ranking.files().collect();
    let known: HashSet<FileId> = ranked.iter().copied().collect();
    let rest = map::in_order(session, &[]).into_iter().map(|(id, _)| id).filter(|id| !known.contains(id));
    let mut whole: Vec<Part> = vec![];
    for id in ranked.iter().copied().chain(rest) {
        if left < MIN_FILE_TOKENS {
            break;
        }
        let Some(file) = session.index.file(id) else { continue };
        let path = file.path.to_string();
        let freed: usize = others.iter().filter(|part| *part.path == *path).map(|part| part.tokens).sum();
        // The index's estimate rules out most files that do not fit, without reading them.
        if file.tokens as usize / 2 > left + freed {
            continue;
        }
        let Some(part) = map::file(session, file, tokens).filter(|part| part.tokens <= left + freed) else { continue };
        left = left + freed - part.tokens;
        others.retain(|other| *other.path != *path);
        whole.push(part);
    }
    whole.into_iter().chain(others).chain(repeated).collect()
}

fn spent(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.tokens).sum()
}

/// Whether a third of the budget is left.
fn is_sparse(parts: &[Part], budget: usize) -> bool {
    spent(parts) * 3 < budget * 2
}

/// What may be shown for a question.
struct Places<'a> {
    session: &'a Session,
    named: Vec<NamedPlace>,
    ranking: &'a Ranking,
    tokens: &'a dyn Tokens,
}

impl Places<'_> {
    /// The best excerpts within a budget: what the question names, then what shares most with it. Adjacent places are merged.
    fn excerpts(&self, budget: usize) -> Vec<Part> {
        // Several places fit even a small budget; bytes are about three times the tokens. Named places may take half.
        let longest = MAX_EXCERPT_BYTES.min(budget * BYTES_PER_TOKEN / LONG_EXCERPTS);
        let longest_named = (budget * BYTES_PER_TOKEN / 2 / self.named.len().max(1)).clamp(longest, MAX_NAMED_EXCERPT_BYTES.max(longest));
        let most = (budget / TOKENS_PER_EXCERPT).clamp(MIN_EXCERPTS, MAX_EXCERPTS.max(budget / 300));
        let mut parts: Vec<Part> = vec![];
        for named in &self.named {
            let part =
                self.part(named.id, |text| Some(around(text, named.range.clone(), named.focus, longest_named)), || named.why.clone());
            self.join(&mut parts, part, budget);
        }
        for (id, place) in self.ranking.places() {
            if parts.len() >= most {
                break;
            }
            let part = self.spot(id, place, longest);
            self.join(&mut parts, part, budget);
        }
        parts
    }

    /// Merges further parts into those of the first that they overlap; returns the rest.
    fn united(&self, parts: &mut Vec<Part>, further: Vec<Part>, budget: usize) -> Vec<Part> {
        let touches = |part: &Part, other: &Part| {
            other.kind == part.kind && other.path == part.path && other.start_line <= part.end_line && part.start_line <= other.end_line
        };
        let (shared, rest): (Vec<Part>, Vec<Part>) = further.into_iter().partition(|part| parts.iter().any(|other| touches(part, other)));
        shared.into_iter().for_each(|part| self.join(parts, Some(part), budget));
        rest
    }

    /// Adds a part if there is room. It is merged with parts that it overlaps, in the place of the first of them.
    fn join(&self, parts: &mut Vec<Part>, part: Option<Part>, budget: usize) {
        let Some(part) = part else { return };
        let (mut first, mut last) = (part.start_line, part.end_line);
        let mut touched: Vec<usize> = vec![];
        // A merged part may overlap another one.
        while let Some(at) = (0..parts.len()).find(|at| {
            let known = &parts[*at];
            !touched.contains(at) && known.path == part.path && known.start_line <= last && first <= known.end_line
        }) {
            first = first.min(parts[at].start_line);
            last = last.max(parts[at].end_line);
            touched.push(at);
        }
        touched.sort_unstable();
        let Some(place) = touched.first().copied() else {
            if spent(parts) + part.tokens <= budget {
                parts.push(part);
            }
            return;
        };
        let known = &parts[place];
        if touched.len() == 1 && (known.start_line, known.end_line) == (first, last) {
            return;
        }
        let whole = self.lines(&part.path, first, last, &known.why);
        let freed: usize = touched.iter().map(|at| parts[*at].tokens).sum();
        let Some(whole) = whole.filter(|whole| spent(parts) - freed + whole.tokens <= budget) else { return };
        for at in touched.iter().skip(1).rev() {
            parts.remove(*at);
        }
        parts[place] = whole;
    }

    fn spot(&self, id: FileId, ScoredPlace { spot, score, focus }: ScoredPlace, longest: usize) -> Option<Part> {
        let file = self.session.index.file(id)?;
        let what = || match spot {
            Spot::Definition(index) => file.symbols.get(index as usize).map_or("", |symbol| self.session.index.text(symbol.name)),
            Spot::Block(_) if file.symbols.is_empty() => "the file",
            Spot::Block(0) => "the head of the file",
            Spot::Block(_) => "text between definitions",
        };
        let range = |text: &str| {
            let range = match spot {
                Spot::Definition(index) => definition(file.symbols.get(index as usize)?, text)?,
                Spot::Block(first) => blocks::range(file, text, first)?,
            };
            Some(around(text, range, focus, longest))
        };
        self.part(id, range, || format!("{} shares words with the question ({score:.1})", what()))
    }

    /// Lines of a file, 1-based.
    fn lines(&self, path: &str, first: u32, last: u32, why: &str) -> Option<Part> {
        let path = self.session.snapshot.roots.resolve(path).ok()?;
        let id = self.session.index.find(&path)?;
        let range = |text: &str| {
            let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).skip(first as usize - 1);
            let start = starts.next()?;
            Some(start..starts.nth((last - first) as usize).map_or(text.len(), |next| next - 1))
        };
        self.part(id, range, || why.into())
    }

    fn part(&self, id: FileId, range: impl FnOnce(&str) -> Option<Range<usize>>, why: impl FnOnce() -> String) -> Option<Part> {
        let file = self.session.index.file(id)?;
        let text = self.session.snapshot.read(&file.path).ok()?;
        let range = range(&text)?;
        text.get(range.clone())?;
        let code = Masked::stretch(&text, range.clone());
        let line = |offset: usize| line_number(&text, offset) as u32;
        Some(Part {
            path: file.path.to_string().into(),
            start_line: line(range.start),
            end_line: line(range.end),
            kind: Kind::Definition,
            tokens: self.tokens.count(&numbered(&code, line(range.start))) + 12,
            text: code,
            why: why(),
        })
    }
}

/// Whole lines of a range, about `longest` bytes at most: its beginning if that shows the `focus` with some lines below it, else as much
/// above as below.
fn around(text: &str, range: Range<usize>, focus: usize, longest: usize) -> Range<usize> {
    if range.len() <= longest {
        return range;
    }
    let focus = if focus + longest / 4 <= range.start + longest { range.start } else { focus };
    let above = focus.saturating_sub(longest / 2).max(range.start).min(range.end.saturating_sub(longest));
    let start = if above <= range.start { range.start } else { line_start(text, text.floor_char_boundary(above)) };
    // Measured from the start of the line, since the match may be on the last one.
    let end = text.floor_char_boundary(range.end.min(above.max(start) + longest));
    let whole = if end < range.end { text[..end].rfind('\n').filter(|at| *at > start && *at >= focus).unwrap_or(end) } else { end };
    start..whole
}
