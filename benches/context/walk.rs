//! How much of the prompts stays while somebody types and goes to and fro: a session types in functions, visits what they use, and comes
//! back; each pack is compared with those before it.

use longsight::context::{Handle, PlaceQuery};

use super::count;
use super::sites::{Repository, Site};

const SITES: usize = 10;
/// As many sessions.
const WALKS: usize = 4;
/// What is typed in a function, and how much of it at a time.
const TYPED: usize = 200;
const STEP: usize = 20;
/// Packs that a new one may begin like.
const KNOWN: usize = 8;

struct Walk<'a> {
    repository: &'a Repository,
    handle: Handle,
    budget: usize,
    packs: Vec<String>,
    typing: Vec<f64>,
    moves: Vec<f64>,
}

/// Prints which share of the packs was there before: while typing, after a move, and of all.
pub fn walk(repository: &Repository, budget: usize) {
    let mut walk = Walk { repository, handle: Handle::default(), budget, packs: vec![], typing: vec![], moves: vec![] };
    for sites in repository.sites.chunks(SITES).take(WALKS) {
        (walk.handle, walk.packs) = Default::default();
        sites.iter().chain(sites.iter().take(3)).for_each(|site| walk.visit(site));
    }
    let mean = |shares: &mut dyn Iterator<Item = &f64>| {
        let (sum, count) = shares.fold((0.0, 0), |(sum, count), share| (sum + share, count + 1));
        sum / f64::from(count.max(1))
    };
    println!(
        "{:20} {budget}: typing {:.3}, moves {:.3}, all {:.3}",
        repository.name,
        mean(&mut walk.typing.iter()),
        mean(&mut walk.moves.iter()),
        mean(&mut walk.typing.iter().chain(&walk.moves))
    );
}

impl Walk<'_> {
    fn visit(&mut self, site: &Site) {
        let arrived = self.look(&site.path, &site.text, site.offset);
        self.moves.extend(arrived);
        let typed = &site.body[..site.body.floor_char_boundary(TYPED)];
        for step in (STEP..=typed.len()).step_by(STEP) {
            let typed = &typed[..typed.floor_char_boundary(step)];
            let text = format!("{}{typed}{}", &site.text[..site.offset], &site.text[site.offset..]);
            let share = self.look(&site.path, &text, site.offset + typed.len());
            self.typing.extend(share);
        }
        for (path, line) in site.gold.iter().filter_map(|gold| gold.places.first()).take(2) {
            let Some(text) = self.repository.text(path) else { continue };
            let offset = text.split_inclusive('\n').take(*line as usize + 1).map(str::len).sum();
            let share = self.look(path, text, offset);
            self.moves.extend(share);
        }
    }

    /// The share of the pack for a place that an earlier one begins with; none for the first.
    fn look(&mut self, path: &str, text: &str, offset: usize) -> Option<f64> {
        let language = self.repository.language(path);
        let (corpus, budget) = (&self.repository.corpus, self.budget);
        let parsed = self.repository.parsed(path, text);
        let query = PlaceQuery { corpus, path, language, text, offset, budget, parsed: parsed.as_ref(), preview: false, writes: true };
        let pack = self.repository.sources(&count, |sources| self.handle.place(&query, sources));
        // What stands of the current file behind the parts is a fifth of a prompt or more, and is new after a move.
        let shown: String = pack.parts.iter().flat_map(|part| [&*part.path, "\n", &*part.text]).collect();
        let same = |known: &String| known.bytes().zip(shown.bytes()).take_while(|(a, b)| a == b).count();
        let best = self.packs.iter().rev().take(KNOWN).map(same).max();
        let share = best.map(|best| best as f64 / shown.len().max(1) as f64);
        self.packs.push(shown);
        share
    }
}
