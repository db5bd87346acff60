//! Corrections for parts whose files have changed since: the current text, appended so that the parts before can stay.

use std::collections::HashSet;
use std::sync::Arc;

use super::corpus::{Corpus, Digest};
use super::session::{Count, PART_OVERHEAD};
use super::{Kind, Masked, Part};

/// The corrections of the parts. `changed` gives the current signatures of a file that differs from the corpus.
pub fn of(parts: &[Part], corpus: &Corpus, changed: &dyn Fn(&str) -> Option<Arc<Digest>>, count: Count) -> Vec<Part> {
    let correction = |part: &Part| {
        let (now, before) = changed(&part.path).zip(corpus.file(&part.path))?;
        let (lines, text) = Comparison::new(part, &corpus.files[before as usize], &now).told()?;
        Some(note(part, lines, &text, count))
    };
    parts.iter().filter_map(correction).collect()
}

/// A file as a part shows it, and as it is now.
struct Comparison<'a> {
    before: &'a Digest,
    now: &'a Digest,
    /// The symbols that the part shows.
    shown: Vec<u32>,
    /// All signatures before, and now.
    known: HashSet<&'a str>,
    still: HashSet<&'a str>,
}

impl<'a> Comparison<'a> {
    fn new(part: &Part, before: &'a Digest, now: &'a Digest) -> Self {
        let lines: HashSet<&str> = part.text.lines().collect();
        let is_shown = |index: &u32| before.signature(*index).lines().next().is_some_and(|line| lines.contains(line));
        let signatures = |digest: &'a Digest| numbers(digest).map(|index| digest.signature(index)).collect();
        Self { before, now, shown: numbers(before).filter(is_shown).collect(), known: signatures(before), still: signatures(now) }
    }

    /// The lines with something new, and the text of the correction; none if the part is still right.
    fn told(&self) -> Option<((u32, u32), String)> {
        let gone: Vec<u32> = self.shown.iter().copied().filter(|index| !self.still.contains(self.before.signature(*index))).collect();
        if !gone.is_empty() && self.still.iter().all(|signature| signature.is_empty()) {
            return Some(((1, 1), "(this file is gone)".into()));
        }
        let is_fresh = |index: &u32| {
            let signature = self.now.signature(*index);
            let is_new = !signature.is_empty() && !self.known.contains(signature);
            is_new
                && (self.shown.iter().any(|shown| self.same_name(*shown, *index)) || gone.iter().any(|gone| self.replaces(*index, *gone)))
        };
        let fresh: Vec<u32> = numbers(self.now).filter(is_fresh).collect();
        let removed = gone.iter().filter(|gone| !numbers(self.now).any(|index| self.same_name(**gone, index)));
        let removed = removed.filter_map(|gone| self.before.signature(*gone).lines().next());
        let text: String = removed.map(|line| format!("(gone: {})\n", line.trim())).collect();
        let text = fresh.iter().fold(text, |text, index| text + self.now.signature(*index) + "\n");
        let line = |index: &u32| self.now.line(*index) + 1;
        let last = |index: &u32| self.now.line(*index) + self.now.signature(*index).lines().count() as u32;
        let lines = fresh.first().zip(fresh.last()).map(|(first, end)| (line(first), last(end)));
        (!text.is_empty()).then(|| (lines.unwrap_or((1, 1)), text))
    }

    fn same_name(&self, before: u32, now: u32) -> bool {
        self.before.file.symbols[before as usize].name == self.now.file.symbols[now as usize].name
    }

    /// Whether a new definition is where another was, judged by an unchanged neighbour above or below.
    fn replaces(&self, now: u32, gone: u32) -> bool {
        let names = |digest: &Digest, index: u32| digest.file.symbols.get(index as usize).map(|symbol| symbol.name);
        let (then, here) = (|at| names(self.before, at), |at| names(self.now, at));
        let container = |digest: &Digest, index: u32| digest.file.symbols[index as usize].container();
        let is_new = !self.before.file.symbols.iter().any(|symbol| Some(symbol.name) == here(now));
        let beside = then(gone.wrapping_sub(1)) == here(now.wrapping_sub(1)) || then(gone + 1) == here(now + 1);
        is_new && beside && container(self.before, gone) == container(self.now, now)
    }
}

fn numbers(digest: &Digest) -> impl Iterator<Item = u32> + use<> {
    0..digest.file.symbols.len() as u32
}

fn note(of: &Part, lines: (u32, u32), text: &str, count: Count) -> Part {
    let text = Masked::whole(text);
    Part {
        path: of.path.clone(),
        start_line: lines.0,
        end_line: lines.1,
        kind: Kind::Correction,
        tokens: count(&text) + count(&of.path) + PART_OVERHEAD,
        text,
        why: "has changed since the part above was written".into(),
    }
}
