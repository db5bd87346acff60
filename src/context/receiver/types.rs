//! What a value is of, by the types that are written for it and by what it is made of; and what a type has.

use super::text::{behind_brackets, expression, inside, without_brackets, without_separator};
use super::{HOPS, MEANT, Receiver, STEPS};
use crate::context::alias;
use crate::context::corpus::{NO_SLOT, Name, Sort, Symbol};
use crate::syntax::uses::{self, Given};
use crate::syntax::{Parsed, Reach, lists, scope};
use crate::text::words;
use crate::workspace::folder_of;

/// How far up the types are followed that one is derived from, or stands for, ...
const BASES: usize = 4;
/// ... and how many of them.
const MOST: usize = 24;

impl Receiver<'_> {
    /// The members of a type, and of what it is derived from.
    pub(super) fn members(&self, number: u32) -> Vec<u32> {
        let (mut types, mut known) = (vec![number], 0);
        for _ in 0..BASES {
            let level = types[known..].to_vec();
            known = types.len();
            for base in level.into_iter().flat_map(|of| self.bases(of)) {
                if !types.contains(&base) && types.len() < MOST {
                    types.push(base);
                }
            }
        }
        types.into_iter().flat_map(|of| alias::members(self.corpus, of)).collect()
    }

    /// The types whose members one has.
    fn bases(&self, number: u32) -> Vec<u32> {
        let (corpus, symbol) = (self.corpus, &self.corpus.symbols[number as usize]);
        let mut names: Vec<Name> = corpus.bases(symbol).chain(alias::names(corpus, number)).collect();
        if names.is_empty() && corpus.file(self.query.path) == Some(symbol.file) {
            // Half-written code may hide from the parser what stands in the heading.
            let heading = words::identifiers(corpus.signature(symbol)).filter_map(|(_, word)| corpus.name(word));
            names.extend(heading.filter(|name| *name != symbol.name));
        }
        names.into_iter().flat_map(|name| self.named_in(symbol.file, name)).collect()
    }

    /// The types that a name means in the current file.
    fn named(&self, name: Name) -> Vec<u32> {
        let all = alias::meant(self.corpus, self.scene, Some(self.language), name);
        match self.corpus.file(self.query.path) {
            Some(own) if all.len() > 1 => self.nearest(own, name, all),
            _ if all.len() > MEANT => vec![],
            _ => all,
        }
    }

    /// The types that a name means in a file.
    fn named_in(&self, file: u32, name: Name) -> Vec<u32> {
        let all = alias::meant(self.corpus, self.scene, Some(self.language), name);
        if all.len() > 1 { self.nearest(file, name, all) } else { all }
    }

    /// Of several types of a name the one of the file itself, what it imports so, or what its package has; else all of a few.
    fn nearest(&self, file: u32, name: Name, all: Vec<u32>) -> Vec<u32> {
        let corpus = self.corpus;
        let of = |number: &u32| corpus.symbols[*number as usize].file;
        let own: Vec<u32> = all.iter().copied().filter(|number| of(number) == file).collect();
        if !own.is_empty() {
            return own;
        }
        let bound = self.id_of(file).map(|id| self.bound(id, corpus.text(name), HOPS)).unwrap_or_default();
        let bound: Vec<u32> = bound.into_iter().filter_map(|thing| thing.symbol()).filter(|number| all.contains(number)).collect();
        if !bound.is_empty() {
            return bound;
        }
        if matches!(self.language.reach, Some(Reach::Folder | Reach::Package)) {
            let folder = folder_of(&corpus.files[file as usize].path);
            let beside = |number: &u32| folder_of(&corpus.files[of(number) as usize].path) == folder;
            let beside: Vec<u32> = all.iter().copied().filter(beside).collect();
            if !beside.is_empty() {
                return beside;
            }
        }
        if all.len() > MEANT { vec![] } else { all }
    }

    /// The types that are written in a text of a file; in the current one where there is none.
    pub(super) fn written(&self, text: &str, file: Option<u32>) -> Vec<u32> {
        let each = |word: &str| {
            let Some(name) = self.corpus.name(word) else { return vec![] };
            let named = file.map_or_else(|| self.named(name), |file| self.named_in(file, name));
            if !named.is_empty() {
                return named;
            }
            let id = file.map_or_else(|| self.own(), |file| self.id_of(file));
            let bound = id.map(|id| self.bound(id, word, HOPS)).unwrap_or_default();
            bound.into_iter().filter_map(|thing| thing.symbol()).filter(|number| self.is_type(*number)).collect()
        };
        words::identifiers(text).flat_map(|(_, word)| each(word)).collect()
    }

    fn is_type(&self, number: u32) -> bool {
        self.corpus.symbols[number as usize].sort == Sort::Type
    }

    /// The types that a value may be of.
    pub(super) fn types(&self, value: &str, steps: usize) -> Vec<u32> {
        let Some(steps) = steps.checked_sub(1) else { return vec![] };
        let loaded = self.loaded(value);
        if !loaded.is_empty() {
            return loaded.into_iter().flat_map(|file| self.held(&self.whole(file, HOPS), true)).collect();
        }
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
            return self.around();
        }
        let named = self.corpus.name(word).map(|name| self.named(name)).unwrap_or_default();
        if !named.is_empty() {
            return named;
        }
        let bound = self.own().map(|id| self.bound(id, word, HOPS)).unwrap_or_default();
        let bound = self.held(&bound, called);
        if !bound.is_empty() {
            return bound;
        }
        if called && let Some(name) = self.corpus.name(word) {
            let free = |symbol: &Symbol| symbol.sort == Sort::Function;
            return self.results(self.corpus.defined(name), free);
        }
        let by_tree = self.query.parsed.map(|tree| self.given(tree, word, steps)).unwrap_or_default();
        if !by_tree.is_empty() || self.query.parsed.is_some_and(|tree| !uses::given(tree, word).is_empty()) {
            return by_tree;
        }
        self.finished().map(|tree| self.given(tree, word, steps)).unwrap_or_default()
    }

    /// The type around the cursor; where half-written code hides it from the parser, the types that stand in its heading.
    fn around(&self) -> Vec<u32> {
        let by_scene = self.scene.owners.iter().map(|owner| self.named(*owner)).find(|types| !types.is_empty());
        let before = &self.query.text[..self.query.text.floor_char_boundary(self.query.offset)];
        let in_heading = || {
            // At the margin stands nothing of a type, and a parse for each key costs as much as all else here.
            let line = before.rsplit('\n').next().unwrap_or_default();
            let tree = line.starts_with([' ', '\t']).then(|| self.finished()).flatten()?;
            let items = scope::at(tree, self.query.offset).items;
            let headings = items.iter().rev().filter(|item| item.kind.is_type());
            headings
                .filter_map(|item| tree.text().get(item.signature.clone()))
                .map(|text| self.written(text, None))
                .find(|types| !types.is_empty())
        };
        by_scene.or_else(in_heading).unwrap_or_default()
    }

    /// The types of what a name is given, by a tree.
    fn given(&self, tree: &Parsed, word: &str, steps: usize) -> Vec<u32> {
        let all = uses::given(tree, word);
        let start = self.scene.function_line.map_or(0, |line| self.query.text.split_inclusive('\n').take(line).map(str::len).sum());
        let above = |given: &&Given| (start..self.query.offset).contains(&given.range.start);
        let Some(last) = all.iter().rfind(above).or(all.first()) else { return vec![] };
        let text = |range: &std::ops::Range<usize>| tree.text().get(range.clone()).unwrap_or_default();
        // What a function is handed to may be several things.
        let of_one = |given: &Given| {
            let by_kind = given.kind.as_ref().map(|kind| self.written(text(kind), None)).unwrap_or_default();
            match &given.value {
                Some(value) if by_kind.is_empty() => self.types(text(value), steps),
                _ => by_kind,
            }
        };
        all.iter().filter(|given| given.range == last.range).map(of_one).find(|types| !types.is_empty()).unwrap_or_default()
    }

    fn of_member(&self, of: &str, word: &str, called: bool, steps: usize) -> Vec<u32> {
        let types = &self.language.types;
        let Some(name) = self.corpus.name(word) else {
            return if called || lists(&types.inside, word) { self.types(of, steps) } else { vec![] };
        };
        let holders = self.types(of, steps);
        let all = self.corpus.defined(name);
        if holders.is_empty() {
            // What stands free in a module.
            let named = self.named(name);
            let free = |symbol: &Symbol| symbol.sort == Sort::Function || symbol.container == NO_SLOT;
            return if named.is_empty() && all.len() <= MEANT { self.results(all, free) } else { named };
        }
        let members: Vec<u32> = holders.iter().flat_map(|holder| self.members(*holder)).collect();
        let own: Vec<u32> = members.into_iter().filter(|number| self.corpus.symbols[*number as usize].name == name).collect();
        // What a type does not define gives back what it is called on, or a part of that: `clone`, `unwrap`, `lock`.
        if own.is_empty() && (called || lists(&types.inside, word)) { holders } else { self.results(&own, |_| true) }
    }

    /// The types that these give or hold.
    pub(super) fn results(&self, symbols: &[u32], wanted: impl Fn(&Symbol) -> bool) -> Vec<u32> {
        let found = symbols.iter().map(|number| self.corpus.symbols[*number as usize]).filter(wanted).take(MEANT);
        found.flat_map(|symbol| self.result(&symbol)).collect()
    }

    fn result(&self, symbol: &Symbol) -> Vec<u32> {
        let corpus = self.corpus;
        let (signature, name) = (corpus.signature(symbol), corpus.text(symbol.name));
        let Some(at) = words::places(signature, name).next() else { return vec![] };
        let (before, after) = (&signature[..at.start], &signature[at.end..]);
        let callable = is_callable(symbol);
        let written = match (self.language.types.result_first, callable) {
            (true, _) => before,
            (false, true) => behind_brackets(after),
            (false, false) => after,
        };
        let own = words::identifiers(written).any(|(_, word)| lists(&self.language.types.own, word));
        let container = corpus.names.get(symbol.container as usize).filter(|_| own).map(|name| self.named_in(symbol.file, *name));
        let mut found = self.written(written, Some(symbol.file));
        found.extend(container.into_iter().flatten());
        found
    }

    /// The types of what the attributes of a tag are handed to.
    pub(super) fn taken_by(&self, component: &str) -> Vec<u32> {
        let word = words::last(component);
        let bound = self.own().map(|id| self.bound(id, words::first(component), HOPS)).unwrap_or_default();
        let mut found: Vec<u32> = bound.iter().filter_map(|thing| thing.symbol()).collect();
        let name = self.corpus.name(word).filter(|_| found.is_empty());
        found.extend(name.into_iter().flat_map(|name| self.corpus.defined(name)));
        found.retain(|number| self.corpus.symbols[*number as usize].container == NO_SLOT);
        if found.len() > MEANT {
            return vec![];
        }
        found.into_iter().map(|number| self.handed(number, STEPS / 2)).find(|types| !types.is_empty()).unwrap_or_default()
    }

    /// The types that are written for what something takes: its parameters, else what its type is made with; else those of what it is
    /// made of.
    fn handed(&self, number: u32, steps: usize) -> Vec<u32> {
        let Some(steps) = steps.checked_sub(1) else { return vec![] };
        let (corpus, symbol) = (self.corpus, &self.corpus.symbols[number as usize]);
        let signature = corpus.signature(symbol);
        let Some(name) = words::places(signature, corpus.text(symbol.name)).next() else { return vec![] };
        let behind = &signature[name.end..];
        let parameters = inside(behind, '(', ')').filter(|_| is_callable(symbol));
        for text in parameters.into_iter().chain(inside(behind, '<', '>')) {
            let types = self.written(text, Some(symbol.file));
            if !types.is_empty() {
                return types;
            }
        }
        let made_of = words::identifiers(behind).filter_map(|(_, word)| corpus.name(word)).flat_map(|name| corpus.defined(name));
        let made_of = made_of.filter(|other| corpus.symbols[**other as usize].file == symbol.file && **other != number);
        made_of.take(MEANT).map(|other| self.handed(*other, steps)).find(|types| !types.is_empty()).unwrap_or_default()
    }
}

/// Whether a definition can be called.
pub(super) fn is_callable(symbol: &Symbol) -> bool {
    matches!(symbol.sort, Sort::Function | Sort::Method)
}
