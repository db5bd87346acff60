//! Reads the text that fills a hole. It ends at the first control token: after filling a hole, a model continues with padding or another
//! file, and some servers show these tokens.

use std::collections::HashSet;

use super::{Delta, Fim, Parser, pieces};

/// The parser for an answer to a FIM prompt.
pub(super) struct Hole {
    /// Control tokens that occur in the code around the hole: in the fill they are text.
    known: HashSet<String>,
    /// Texts with which the model ends the fill, besides control tokens of the usual shapes.
    ends: Vec<&'static str>,
    held: String,
    over: bool,
}

impl Hole {
    /// A parser for this hole; `ends` are further texts that end it.
    pub fn new(fim: &Fim, ends: &'static [&'static str]) -> Self {
        let known = texts(fim).flat_map(|text| pieces::tokens(text)).collect();
        Self { known, ends: own_ends(fim, ends), held: String::new(), over: false }
    }

    /// How much of the held text is certain.
    fn settled(&mut self) -> usize {
        let mut from = 0;
        while let Some(at) = self.held[from..].find('<').map(|at| from + at) {
            let rest = &self.held[at..];
            if self.ends.iter().any(|end| rest.starts_with(end)) {
                self.over = true;
                return at;
            }
            if self.ends.iter().any(|end| end.starts_with(rest)) {
                return at;
            }
            match pieces::token_at(rest) {
                Some(0) => return at,
                Some(length) if !self.known.contains(&rest[..length]) => {
                    self.over = true;
                    return at;
                }
                Some(length) => from = at + length,
                None => from = at + 1,
            }
        }
        self.held.len()
    }
}

fn texts(fim: &Fim) -> impl Iterator<Item = &String> {
    fim.files.iter().map(|file| &file.text).chain([&fim.prefix, &fim.suffix])
}

/// Those of a model's end texts that the code around the hole does not have itself.
pub(super) fn own_ends(fim: &Fim, ends: &'static [&'static str]) -> Vec<&'static str> {
    ends.iter().copied().filter(|end| !texts(fim).any(|text| text.contains(end))).collect()
}

impl Parser for Hole {
    fn push(&mut self, chunk: &str) -> Vec<Delta> {
        if self.over {
            return vec![];
        }
        self.held.push_str(chunk);
        let settled = self.settled();
        let text: String = self.held.drain(..settled).collect();
        if text.is_empty() { vec![] } else { vec![Delta::Text(text)] }
    }

    fn finish(&mut self, _ended_cleanly: bool) -> Vec<Delta> {
        let rest = std::mem::take(&mut self.held);
        if self.over || rest.is_empty() { vec![] } else { vec![Delta::Text(rest)] }
    }
}
