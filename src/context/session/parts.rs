//! The parts that a session keeps: definitions of one file that were chosen together, as they were written, and what they are worth at
//! another place.

use std::collections::HashMap;

use super::PackRequest;
use crate::context::corpus::{Corpus, Digest, Symbol};
use crate::context::pieces::{self, Piece, Written};
use crate::context::select::{Item, Selection, Shares};
use crate::context::{Kind, Masked, Part};

/// Tokens for a control token and a line break around each part.
pub const PART_OVERHEAD: usize = 3;

/// Counts the tokens of a text.
pub type Count<'a> = &'a dyn Fn(&str) -> usize;

/// A part of a session, with the definitions in it.
#[derive(Clone)]
pub(super) struct Kept {
    pub part: Part,
    pub items: Vec<Piece>,
    /// The generation of the corpus for which its lines are right.
    placed: u64,
}

/// The summed worth of parts.
pub(super) fn value(worth: &[Worth]) -> f32 {
    worth.iter().map(|worth| worth.value).sum()
}

/// The symbols that parts show.
pub(super) fn symbols(worth: &[Worth]) -> Vec<u32> {
    worth.iter().flat_map(|worth| worth.symbols.iter().copied()).collect()
}

/// The tokens of parts.
pub(super) fn tokens(parts: &[Kept]) -> usize {
    parts.iter().map(|kept| kept.part.tokens).sum()
}

/// What a kept part is worth at the new place.
pub(super) struct Worth {
    pub symbols: Vec<u32>,
    pub value: f32,
    /// Its text is not what the file says any more.
    pub stale: bool,
}

impl Worth {
    /// The worth of a part for a request; `shares` has what further definitions of a name still count.
    pub fn new(request: &PackRequest, kept: &Kept, shares: &mut Shares) -> Self {
        let (corpus, order) = (request.corpus, request.order);
        let mut worth = Self { symbols: vec![], value: 0.0, stale: false };
        let Some(file) = request.file(&kept.part.path) else {
            worth.stale = true;
            return worth;
        };
        for piece in &kept.items {
            match symbol_of(corpus, file, piece) {
                Some(number) => {
                    for shown in std::iter::once(number).chain(corpus.shown_inside(number)) {
                        worth.symbols.push(shown);
                        worth.value += shares.take(corpus.symbols[shown as usize].name, order.score(shown));
                    }
                }
                None => worth.stale = true,
            }
        }
        worth
    }
}

/// The symbol that a piece shows, if it is still as shown.
fn symbol_of(corpus: &Corpus, file: u32, piece: &Piece) -> Option<u32> {
    corpus.defined(piece.name).iter().copied().find(|number| {
        let symbol = &corpus.symbols[*number as usize];
        let is_same = |digest: &Digest| *digest.heading(symbol.index) == *piece.heading;
        symbol.file == file && *corpus.signature(symbol) == *piece.signature && is_same(corpus.digest(symbol))
    })
}

/// The first and last line of a symbol, and the line of its heading; zero-based.
fn lines_of(corpus: &Corpus, symbol: &Symbol) -> (u32, u32, u32) {
    let (digest, index) = (corpus.digest(symbol), symbol.index);
    let line = digest.line(index);
    (line, corpus.facts(symbol).end_line, digest.headed(index).map_or(line, |heading| heading.at))
}

/// Parts by the definitions in them, in the order in which these were chosen.
pub(super) type Made = HashMap<Vec<u32>, Kept>;

/// Makes one part per file; those that many places need come first, since they are likeliest to stay. Parts in `made` are taken from there.
pub(super) fn group(request: &PackRequest, selection: Selection, made: &mut Made) -> Vec<Kept> {
    let corpus = request.corpus;
    let mut files: HashMap<u32, Vec<Item>> = HashMap::new();
    for item in &selection.items {
        files.entry(item.file).or_default().push(*item);
    }
    let symbols = |items: &[Item]| items.iter().map(|item| item.symbol).collect::<Vec<u32>>();
    // New parts are counted together, so that a tokenizer in another process is asked once.
    let mut new: Vec<(&u32, &Vec<Item>)> = files.iter().filter(|(_, items)| !made.contains_key(&symbols(items))).collect();
    new.sort_unstable_by_key(|(file, _)| **file);
    let paths = new.iter().flat_map(|(file, _)| [&*corpus.files[**file as usize].path, "\n"]);
    let items = new.iter().flat_map(|(_, items)| items.iter());
    let shown = items.flat_map(|item| [corpus.signature(&corpus.symbols[item.symbol as usize]), "\n"]);
    (request.count)(&paths.chain(shown).collect::<String>());
    let general = |items: &[Item]| {
        // Without the logarithm, one name that is everywhere would decide for its file.
        let uses = |item: &Item| (1.0 + corpus.uses_of(item.symbol)).ln();
        items.iter().map(uses).sum::<f32>() / items.len().max(1) as f32
    };
    let mut groups: Vec<(f32, u32, Vec<Item>)> = files.into_iter().map(|(file, items)| (general(&items), file, items)).collect();
    groups.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut part =
        |(_, file, items): (f32, u32, Vec<Item>)| made.entry(symbols(&items)).or_insert_with(|| part_of(request, file, items)).clone();
    groups.into_iter().map(&mut part).collect()
}

/// The part with these definitions of a file.
pub(super) fn part_of(request: &PackRequest, file: u32, mut items: Vec<Item>) -> Kept {
    let corpus = request.corpus;
    let best = items.iter().max_by(|a, b| a.score.total_cmp(&b.score));
    let why = best.map_or(String::new(), |item| {
        let name = corpus.text(corpus.symbols[item.symbol as usize].name);
        format!("{name}: {}", request.order.reason(corpus, item.symbol))
    });
    let pieces: Vec<Piece> = {
        items.sort_unstable_by_key(|item| item.symbol);
        let mut pieces: Vec<Piece> = items
            .iter()
            .map(|item| {
                let symbol = &corpus.symbols[item.symbol as usize];
                let heading = corpus.digest(symbol).heading(symbol.index).into();
                let (signature, (line, last, headed)) = (corpus.signature(symbol).into(), lines_of(corpus, symbol));
                Piece { name: symbol.name, line, last, signature, heading, headed, score: item.score }
            })
            .collect();
        pieces.sort_by_key(|piece| piece.line);
        pieces
    };
    let mut kept = Kept {
        part: Part {
            path: corpus.files[file as usize].path.clone(),
            start_line: 0,
            end_line: 0,
            kind: Kind::Signature,
            tokens: 0,
            text: Masked::default(),
            why,
        },
        items: pieces,
        placed: corpus.generation(),
    };
    kept.render(request.count);
    kept
}

impl Kept {
    /// Whether everything it shows still begins a line of a text.
    pub fn stands_in(&self, text: &str) -> bool {
        let begins = |line: &str| text.match_indices(line).any(|(at, _)| at == 0 || text.as_bytes()[at - 1] == b'\n');
        self.items.iter().filter_map(|piece| piece.signature.lines().next()).all(begins)
    }

    /// Updates its lines: lines above may have come or gone since.
    pub fn place(&mut self, corpus: &Corpus) {
        let Some(file) = corpus.file(&self.part.path).filter(|_| self.placed != corpus.generation()) else { return };
        self.placed = corpus.generation();
        for piece in &mut self.items {
            let Some(number) = symbol_of(corpus, file, piece) else { continue };
            (piece.line, piece.last, piece.headed) = lines_of(corpus, &corpus.symbols[number as usize]);
        }
        self.items.sort_by_key(|piece| piece.line);
        let Written { first, last, .. } = pieces::write(&self.items);
        (self.part.start_line, self.part.end_line) = (first, last);
    }

    /// Writes text, lines and tokens from the items.
    fn render(&mut self, count: Count) {
        let Written { text, first, last } = pieces::write(&self.items);
        let text = Masked::whole(&text);
        self.part.start_line = first;
        self.part.end_line = last;
        self.part.tokens = count(&text) + count(&self.part.path) + PART_OVERHEAD;
        self.part.text = text;
    }
}

/// Removes the least likely definitions until the parts fit.
pub(super) fn shrink(parts: &mut Vec<Kept>, room: usize, count: Count) {
    let mut tokens = tokens(parts);
    while tokens > room {
        let weakest = |kept: &Kept| kept.items.iter().map(|piece| piece.score).fold(f32::MAX, f32::min);
        let Some((at, _)) = parts.iter().enumerate().min_by(|a, b| weakest(a.1).total_cmp(&weakest(b.1))) else { return };
        let kept = &mut parts[at];
        tokens -= kept.part.tokens;
        if let Some(item) = (0..kept.items.len()).min_by(|a, b| kept.items[*a].score.total_cmp(&kept.items[*b].score)) {
            kept.items.remove(item);
        }
        if kept.items.is_empty() {
            parts.remove(at);
        } else {
            kept.render(count);
            tokens += kept.part.tokens;
        }
    }
}
