//! What a definition returns or holds: by its signature, else by its documentation and by its content.

use super::text::{behind_brackets, inside, parts};
use super::{MAX_DEFINITIONS_OF_NAME, MAX_IMPORT_HOPS, Receiver};
use crate::context::alias;
use crate::context::corpus::{Sort, Symbol};
use crate::syntax::{Kind, lists};
use crate::text::words;

/// How often a definition that another one leads to is looked into.
const MAX_DEPTH: usize = 2;
/// Maximum returned values that are examined, starting with the last.
const MAX_RETURNED_VALUES: usize = 3;

impl Receiver<'_> {
    /// The types that these return or hold.
    pub(super) fn results(&self, symbols: &[u32], wanted: impl Fn(&Symbol) -> bool) -> Vec<u32> {
        let found = symbols.iter().copied().filter(|number| wanted(&self.corpus.symbols[*number as usize])).take(MAX_DEFINITIONS_OF_NAME);
        found.flat_map(|number| self.result(number)).collect()
    }

    fn result(&self, number: u32) -> Vec<u32> {
        let (corpus, symbol) = (self.corpus, &self.corpus.symbols[number as usize]);
        if symbol.sort == Sort::Type {
            return vec![number];
        }
        let container = corpus.names.get(symbol.container as usize).copied();
        if corpus.facts(symbol).kind == Kind::Variant {
            return container.map(|name| self.named_in(symbol.file, name)).unwrap_or_default();
        }
        let written = self.written_result(symbol);
        // A value with members of its own is known by them, and by the type that is written for it.
        let is_object = symbol.sort.is_value() && alias::inside(corpus, number).next().is_some();
        let written = if is_object { written.split('{').next().unwrap_or_default() } else { written };
        let own = words::identifiers(written).any(|(_, word)| lists(&self.language.types.own, word));
        let container = container.filter(|_| own).map(|name| self.named_in(symbol.file, name));
        let mut found = if is_object { vec![number] } else { vec![] };
        found.extend(self.written(written, Some(symbol.file)));
        found.extend(container.into_iter().flatten());
        let depth = self.depth.get();
        if found.is_empty() && depth < MAX_DEPTH {
            self.depth.set(depth + 1);
            found = self.looked_into(symbol).unwrap_or_default();
            self.depth.set(depth);
        }
        found
    }

    /// The part of a signature that states the result.
    pub(super) fn written_result(&self, symbol: &Symbol) -> &str {
        let (signature, name) = (self.corpus.signature(symbol), self.corpus.text(symbol.name));
        let Some(at) = words::places(signature, name).next() else { return "" };
        let (before, after) = (&signature[..at.start], &signature[at.end..]);
        match (self.language.types.result_first, symbol.sort.is_callable()) {
            (true, _) => before,
            (false, true) => behind_brackets(after),
            (false, false) => after,
        }
    }

    /// What the documentation of a definition says that it returns, what it returns, or what the value is that it holds.
    fn looked_into(&self, symbol: &Symbol) -> Option<Vec<u32>> {
        let types = &self.language.types;
        let is_looked_at = self.language.documentation.tags.is_some() || !types.writes_results;
        let left = self.left.get().checked_sub(1).filter(|_| is_looked_at)?;
        self.left.set(left);
        let text = (self.read)(&self.corpus.digest(symbol).path).filter(|text| self.corpus.digest(symbol).file.is_of(text))?;
        let facts = self.corpus.facts(symbol);
        if let Some(tags) = &self.language.documentation.tags {
            let names = if symbol.sort.is_callable() { tags.gives.as_slice() } else { std::slice::from_ref(&tags.kind) };
            let told = tags.of(facts.doc.of(&text), names).next().map(|(kind, _)| self.written(kind, Some(symbol.file)));
            if let Some(found) = told.filter(|found| !found.is_empty()) {
                return Some(found);
            }
        }
        if symbol.sort.is_callable() {
            let body = facts.body.of(&text);
            let mut values: Vec<&str> = words::places(body, &types.gives).map(|at| &body[at.end..]).collect();
            values.reverse();
            let each = values.into_iter().take(MAX_RETURNED_VALUES).map(|value| value.split([';', '\n']).next().unwrap_or_default().trim());
            return each
                .map(|value| self.held(&self.of_value(symbol.file, value, MAX_IMPORT_HOPS / 2), true))
                .find(|found| !found.is_empty());
        }
        let item = facts.item.of(&text);
        let name = words::places(item, self.corpus.text(symbol.name)).next()?;
        let value = item[name.end..].split_once('=')?.1.trim().trim_end_matches(';');
        let is_word = !value.is_empty() && value.chars().all(words::is_word);
        if !is_word {
            return Some(self.held(&self.of_value(symbol.file, value, MAX_IMPORT_HOPS / 2), true));
        }
        // A function's parameter keeps the type that is written for it there.
        let symbols = &self.corpus.digest(symbol).file.symbols;
        let is_around =
            |one: &&crate::index::Symbol| one.kind.is_callable() && one.body.start <= facts.item.start && facts.item.end <= one.body.end;
        let function = symbols.iter().rfind(is_around)?;
        let parameters = parts(inside(function.signature.of(&text), '(', ')')?);
        let part = parameters.into_iter().find(|part| words::has(part, value))?;
        Some(self.written(part, Some(symbol.file)))
    }
}
