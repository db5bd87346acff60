//! What the code left of the cursor asks for: behind `cart.` and `money::` come members of what stands there, between the braces of an
//! import what its file has. As far as names and written types tell; where they do not, nothing is foreseen.

use super::corpus::{Corpus, NO_SLOT, Name, Sort, Symbol};
use super::handle::PlaceQuery;
use super::numbers::NumberMap;
use super::rank::Candidate;
use super::scene::Scene;
use crate::index::FileId;
use crate::syntax::{Language, import, lists, uses};
use crate::text::words;
use crate::workspace::folder_of;

/// What the members sum up to, on the scale of the trees, for which what is foreseen counts three times: one of them comes next, ...
const EXPECTED: f32 = 2.2;
/// ... what none of them exceeds, ...
const LIKELIEST: f32 = 0.75;
/// ... what one is taken for that the ranking thinks nothing of, ...
const UNKNOWN: f32 = 2e-3;
/// ... and what the type itself is.
const OF_TYPE: f32 = 0.65;
/// Steps from a value to what it is made of.
const STEPS: usize = 8;
/// Definitions of a name from which on nobody knows which one is meant.
const MEANT: usize = 4;
/// Bases that are followed from a type.
const BASES: usize = 2;
/// The members that may come in while all else stays.
const WANTED: usize = 8;
/// Lines that a chain of calls may go back.
const LINES: usize = 8;

/// A look at what stands left of the cursor.
struct Receiver<'a> {
    query: &'a PlaceQuery<'a>,
    corpus: &'a Corpus,
    language: &'a Language,
    scene: &'a Scene,
}

/// Raises what can come next because of what stands left of the cursor. Returns the likeliest of it.
/// `factor` says how much of its likelihood a definition keeps.
pub fn expect(query: &PlaceQuery, scene: &Scene, factor: impl FnMut(&Symbol) -> f32, candidates: &mut Vec<Candidate>) -> Vec<u32> {
    let Some(language) = query.language else { return vec![] };
    let look = Receiver { query, corpus: query.corpus, language, scene };
    let before = &query.text[..query.text.floor_char_boundary(query.offset)];
    let begun = words::last(before);
    let head = &before[..before.len() - begun.len()];
    let mut types = vec![];
    let mut members = match look.imported() {
        Some(files) => files.into_iter().flat_map(|file| look.handed_out(file)).collect(),
        None => {
            let Some(of) = without_separator(head) else { return vec![] };
            let of = expression(of);
            types = look.types(of, STEPS);
            let members: Vec<u32> = types.iter().flat_map(|number| look.members(*number, BASES)).collect();
            if types.is_empty() { look.modules(of).into_iter().flat_map(|file| look.handed_out(file)).collect() } else { members }
        }
    };
    let own = query.corpus.file(query.path);
    members.sort_unstable_by_key(|number| query.corpus.place(*number));
    members.dedup();
    let fits = |number: &u32| {
        let symbol = &query.corpus.symbols[*number as usize];
        Some(symbol.file) != own && query.corpus.text(symbol.name).starts_with(begun)
    };
    members.retain(fits);
    types.retain(fits);
    raise(query.corpus, factor, &types, &members, candidates)
}

/// Gives the members their share of what is expected, the likelier ones more.
fn raise(
    corpus: &Corpus,
    mut factor: impl FnMut(&Symbol) -> f32,
    types: &[u32],
    members: &[u32],
    candidates: &mut Vec<Candidate>,
) -> Vec<u32> {
    if members.is_empty() && types.is_empty() {
        return vec![];
    }
    let mut places: NumberMap<u32, Option<usize>> = members.iter().chain(types).map(|number| (*number, None)).collect();
    for (place, candidate) in candidates.iter().enumerate() {
        places.entry(candidate.symbol).and_modify(|known| *known = Some(place));
    }
    let score = |number: &u32| places[number].map_or(0.0, |place| candidates[place].score) + UNKNOWN;
    let scores: Vec<f32> = members.iter().map(score).collect();
    let of_members = members.iter().copied().zip(shares(&scores));
    let mut raised: Vec<Candidate> = of_members
        .chain(types.iter().map(|number| (*number, OF_TYPE)))
        .map(|(symbol, score)| Candidate { symbol, score: score * factor(&corpus.symbols[symbol as usize]) })
        .collect();
    for one in &raised {
        match places[&one.symbol] {
            Some(place) => candidates[place].score = candidates[place].score.max(one.score),
            None => candidates.push(*one),
        }
    }
    raised.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| corpus.place(a.symbol).cmp(&corpus.place(b.symbol))));
    raised.into_iter().take(WANTED).map(|one| one.symbol).collect()
}

/// What is expected, shared out in proportion; what the likeliest cannot take goes to the others, however unlikely by themselves: one of all
/// these comes next.
fn shares(scores: &[f32]) -> impl Iterator<Item = f32> {
    let all: f32 = scores.iter().sum::<f32>().max(UNKNOWN);
    let is_full = move |score: f32| score * EXPECTED / all >= LIKELIEST;
    let (full, rest): (Vec<f32>, Vec<f32>) = scores.iter().partition(|score| is_full(**score));
    let left = (EXPECTED - LIKELIEST * full.len() as f32) / rest.iter().sum::<f32>().max(UNKNOWN);
    scores.iter().map(move |score| if is_full(*score) { LIKELIEST } else { (score * left).min(LIKELIEST) })
}

impl Receiver<'_> {
    /// The files that the import at the cursor takes names from; none where there is no import.
    fn imported(&self) -> Option<Vec<u32>> {
        let lines: Vec<&str> = self.query.text.split('\n').collect();
        let cursor = self.query.text[..self.query.text.floor_char_boundary(self.query.offset)].matches('\n').count();
        if !self.language.is_import(lines[cursor]) && lines[cursor].trim_start() == lines[cursor] {
            return None;
        }
        let flags = self.language.import_lines(&lines);
        if !flags[cursor] {
            return None;
        }
        let start = (0..=cursor).rev().find(|line| self.language.is_import(lines[*line]))?;
        let ends = |line: &usize| !flags[*line] || self.language.is_import(lines[*line]);
        let end = (start + 1..lines.len()).find(ends).unwrap_or(lines.len());
        let statement = lines[start..end].join("\n");
        let id = self.own()?;
        let modules = import::read(self.language, &statement).into_iter();
        let files = modules.filter_map(|import| self.corpus.view().resolve_module(id, &import.module));
        Some(files.filter_map(|file| self.corpus.file_of(file)).collect())
    }

    fn own(&self) -> Option<FileId> {
        self.corpus.id(self.query.path)
    }

    /// What a file has for others.
    fn handed_out(&self, file: u32) -> impl Iterator<Item = u32> {
        self.corpus.of_file(file).filter(|number| {
            let symbol = &self.corpus.symbols[*number as usize];
            symbol.container == NO_SLOT && !symbol.nested && !symbol.marks.hidden && !symbol.marks.test
        })
    }

    /// The files that a name or a path means as a module.
    fn modules(&self, of: &str) -> Vec<u32> {
        let Some((id, file)) = self.own().and_then(|id| Some((id, self.corpus.view().file(id)?))) else { return vec![] };
        if !of.chars().all(|letter| words::is_word(letter) || matches!(letter, '.' | ':')) || self.is_variable(of) {
            return vec![];
        }
        let view = self.corpus.view();
        let called = |import: &crate::index::FileImport| {
            file.imported(import).iter().find(|(_, here)| view.text(*here) == of).map(|(there, _)| view.text(*there).to_string())
        };
        for import in file.imports() {
            let module = view.text(import.module);
            let packages = self.corpus.folders_of(module);
            if !packages.is_empty() && last_of(module) == of {
                let inside = |digest: &crate::context::corpus::Digest| packages.iter().any(|folder| *folder == folder_of(&digest.path));
                let numbered = self.corpus.files.iter().enumerate();
                return numbered.filter(|(_, digest)| inside(digest)).map(|(number, _)| number as u32).collect();
            }
            let module = match called(import) {
                Some(there) if there == "*" => module.to_string(),
                Some(there) => format!("{module}{}{there}", if module.ends_with('.') { "" } else { "." }),
                None => continue,
            };
            if let Some(found) = view.resolve_module(id, &module).and_then(|file| self.corpus.file_of(file)) {
                return vec![found];
            }
        }
        view.resolve_module(id, of).and_then(|file| self.corpus.file_of(file)).into_iter().collect()
    }

    fn is_variable(&self, name: &str) -> bool {
        self.query.parsed.is_some_and(|tree| !uses::given(tree, name).is_empty())
    }

    /// The members of a type, and of what it is derived from.
    fn members(&self, number: u32, bases: usize) -> Vec<u32> {
        let corpus = self.corpus;
        let of = corpus.symbols[number as usize];
        let mut found: Vec<u32> =
            corpus.of_file(of.file).filter(|other| corpus.symbols[*other as usize].container == of.slot && *other != number).collect();
        if bases > 0 {
            let derived = corpus.bases(&of).flat_map(|base| self.named(base));
            found.extend(derived.flat_map(|base| self.members(base, bases - 1)));
        }
        found
    }

    /// The types that a name means.
    fn named(&self, name: Name) -> Vec<u32> {
        let types: Vec<u32> = self.scene.types(self.corpus, Some(self.language), name).collect();
        if types.len() > MEANT { vec![] } else { types }
    }

    /// The types that are written in a text.
    fn written(&self, text: &str) -> Vec<u32> {
        words::identifiers(text).filter_map(|(_, word)| self.corpus.name(word)).flat_map(|name| self.named(name)).collect()
    }

    /// The types that a value may be of.
    fn types(&self, value: &str, steps: usize) -> Vec<u32> {
        let Some(steps) = steps.checked_sub(1) else { return vec![] };
        let value = value.trim().trim_start_matches(['&', '*', '(']).trim_end_matches(['?', '!', ';']);
        let value = value.rsplit_once(' ').map_or(value, |(words, rest)| if words.contains(['(', '"', '\'']) { value } else { rest });
        let whole = without_brackets(value);
        let word = words::last(whole);
        if word.is_empty() {
            return vec![];
        }
        let called = whole.len() < value.len();
        match without_separator(&whole[..whole.len() - word.len()]) {
            Some(of) => self.of_member(expression(of), word, called, steps),
            None => self.of_name(word, called, steps),
        }
    }

    fn of_name(&self, word: &str, called: bool, steps: usize) -> Vec<u32> {
        let types = &self.language.types;
        if lists(&types.instance, word) || lists(&types.own, word) {
            return self.scene.owners.iter().map(|owner| self.named(*owner)).find(|types| !types.is_empty()).unwrap_or_default();
        }
        let named = self.corpus.name(word).map(|name| self.named(name)).unwrap_or_default();
        if !named.is_empty() {
            return named;
        }
        if called && let Some(name) = self.corpus.name(word) {
            let free = |symbol: &Symbol| symbol.sort == Sort::Function;
            return self.results(self.corpus.defined(name), free);
        }
        let Some(tree) = self.query.parsed else { return vec![] };
        let given = uses::given(tree, word);
        let start = self.scene.function_line.map_or(0, |line| self.query.text.split_inclusive('\n').take(line).map(str::len).sum());
        let above = |given: &&uses::Given| (start..self.query.offset).contains(&given.range.start);
        let Some(given) = given.iter().rfind(above).or(given.first()) else { return vec![] };
        let text = |range: &std::ops::Range<usize>| self.query.text.get(range.clone()).unwrap_or_default();
        let by_kind = given.kind.as_ref().map(|kind| self.written(text(kind))).unwrap_or_default();
        match &given.value {
            Some(value) if by_kind.is_empty() => self.types(text(value), steps),
            _ => by_kind,
        }
    }

    fn of_member(&self, of: &str, word: &str, called: bool, steps: usize) -> Vec<u32> {
        let Some(name) = self.corpus.name(word) else { return if called { self.types(of, steps) } else { vec![] } };
        let holders = self.types(of, steps);
        let all = self.corpus.defined(name);
        if holders.is_empty() {
            // What stands free in a module.
            let named = self.named(name);
            let free = |symbol: &Symbol| symbol.sort == Sort::Function || symbol.container == NO_SLOT;
            return if named.is_empty() && all.len() <= MEANT { self.results(all, free) } else { named };
        }
        let members: Vec<u32> = holders.iter().flat_map(|holder| self.members(*holder, BASES)).collect();
        let own: Vec<u32> = members.into_iter().filter(|number| self.corpus.symbols[*number as usize].name == name).collect();
        // What a type does not define gives back what it is called on, or a part of that: `clone`, `unwrap`, `lock`.
        if own.is_empty() && called { holders } else { self.results(&own, |_| true) }
    }

    /// The types that these give or hold.
    fn results(&self, symbols: &[u32], wanted: impl Fn(&Symbol) -> bool) -> Vec<u32> {
        let found = symbols.iter().map(|number| self.corpus.symbols[*number as usize]).filter(wanted).take(MEANT);
        found.flat_map(|symbol| self.result(&symbol)).collect()
    }

    fn result(&self, symbol: &Symbol) -> Vec<u32> {
        let corpus = self.corpus;
        let (signature, name) = (corpus.signature(symbol), corpus.text(symbol.name));
        let Some(at) = words::places(signature, name).next() else { return vec![] };
        let (before, after) = (&signature[..at.start], &signature[at.end..]);
        let callable = matches!(symbol.sort, Sort::Function | Sort::Method);
        let written = match (self.language.types.result_first, callable) {
            (true, _) => before,
            (false, true) => behind_brackets(after),
            (false, false) => after,
        };
        let own = words::identifiers(written).any(|(_, word)| lists(&self.language.types.own, word));
        let container = corpus.names.get(symbol.container as usize).filter(|_| own).map(|name| self.named(*name));
        let mut found = self.written(written);
        found.extend(container.into_iter().flatten());
        found
    }
}

/// What stands left of a dot, two colons or an arrow.
fn without_separator(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let of = ["?.", "::", "->", "."].iter().find_map(|sign| text.strip_suffix(sign))?;
    let of = of.trim_end().trim_end_matches(['?', '!']);
    of.ends_with(|letter: char| words::is_word(letter) || matches!(letter, ')' | ']' | '>')).then_some(of)
}

/// The names, dots and brackets that a text ends with, over several lines where a line begins with a dot.
fn expression(text: &str) -> &str {
    let mut start = uses::receiver_start(text);
    for _ in 0..LINES {
        let arrow = text[..start].ends_with("->");
        if !text[start..].starts_with('.') && !arrow {
            break;
        }
        let before = text[..if arrow { start - 2 } else { start }].trim_end();
        let further = uses::receiver_start(before);
        if further == before.len() {
            break;
        }
        start = further;
    }
    &text[start..]
}

/// A call without its brackets, an element without its index.
fn without_brackets(text: &str) -> &str {
    let mut text = text.trim_end().trim_end_matches(['?', '!']);
    while text.ends_with([')', ']', '}']) {
        let mut depth = 0usize;
        let open = text.char_indices().rev().find(|(_, letter)| {
            match letter {
                ')' | ']' | '}' => depth += 1,
                '(' | '[' | '{' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some((open, _)) = open else { break };
        text = text[..open].trim_end().trim_end_matches(['?', '!']);
    }
    text
}

/// What stands behind the brackets that a text begins with.
fn behind_brackets(text: &str) -> &str {
    let Some(open) = text.find('(') else { return text };
    let mut depth = 0usize;
    for (at, letter) in text[open..].char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return &text[open + at + 1..];
        }
    }
    ""
}

/// How a package is called where it is used: `v2` is only its version.
fn last_of(module: &str) -> &str {
    let is_version =
        |part: &&str| part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|digit| digit.is_ascii_digit()));
    module.rsplit('/').find(|part| !is_version(part)).unwrap_or(module)
}
