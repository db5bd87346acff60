//! Reads what fills a hole. The text ends at the first control token: a model that has filled a hole goes on with padding or another file,
//! and servers that show control tokens show these.

use std::collections::HashSet;

use super::{Delta, Fim, Parser, pieces};

/// The parser of an answer to a FIM prompt.
pub(super) struct Hole {
    /// Tokens that stand in the code around the hole: there they are text.
    known: HashSet<String>,
    /// With what the model ends a hole, besides control tokens of the usual shapes.
    ends: Vec<&'static str>,
    held: String,
    over: bool,
}

impl Hole {
    pub fn new(fim: &Fim, ends: &'static [&'static str]) -> Self {
        let texts = || fim.files.iter().map(|file| &file.text).chain([&fim.prefix, &fim.suffix]);
        let known = texts().flat_map(|text| pieces::tokens(text)).collect();
        let ends = ends.iter().copied().filter(|end| !texts().any(|text| text.contains(end))).collect();
        Self { known, ends, held: String::new(), over: false }
    }

    /// How much of what is held is text, as far as can be told.
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
