//! The types of a name that the code itself gives a value or a type: by a declaration, a pattern, a test, a comment, or as a type
//! parameter.

use std::ops::Range;

use super::text::{inside, opened_before, parts};
use super::{MAX_DEFINITIONS_OF_NAME, MAX_IMPORT_HOPS, Receiver};
use crate::context::alias;
use crate::context::corpus::Sort;
use crate::syntax::uses::Assignment;
use crate::syntax::{Kind, Parsed, scope};
use crate::text::words;

/// Bytes before a name in which a pattern around it begins.
const PATTERN_REACH_BYTES: usize = 400;
/// What ends the bound of a type parameter.
const ENDS_BOUND: &[char] = &[',', '>', ')', ']', '(', '{', '}', ';', '='];
/// What ends the type that a value is tested for.
const ENDS_TEST: &[char] = &[')', '&', '|', '{', ',', '?', '\n'];

impl Receiver<'_> {
    /// The types of what a name is given, according to a tree and all places in it where that happens.
    pub(super) fn given(&self, tree: &Parsed, word: &str, all: &[Assignment], steps: usize) -> Vec<u32> {
        let start = self.function_start();
        let mut narrowed = self.tested(start, word);
        if !narrowed.is_empty() {
            // The test may have been for something that ended above.
            let declared = self.untested(tree, word, start, all, steps);
            narrowed.extend(declared.into_iter().filter(|number| !narrowed.contains(number)).collect::<Vec<_>>());
            return narrowed;
        }
        self.untested(tree, word, start, all, steps)
    }

    fn untested(&self, tree: &Parsed, word: &str, start: usize, all: &[Assignment], steps: usize) -> Vec<u32> {
        // What gives a name a value may name another one that had the same name before.
        let until = self.until.get();
        let above = |given: &&Assignment| (start..until).contains(&given.range.start);
        let Some(last) = all.iter().rfind(above).or(all.first()) else {
            let found = self.in_pattern(start, word);
            return if found.is_empty() { self.documented(start, word) } else { found };
        };
        // What a function is passed to may be several things.
        let mut each = all.iter().filter(|given| given.range == last.range).map(|given| self.of_given(tree, given, steps));
        let found = each.find(|types| !types.is_empty()).unwrap_or_default();
        if found.is_empty() { self.documented(start, word) } else { found }
    }

    fn of_given(&self, tree: &Parsed, given: &Assignment, steps: usize) -> Vec<u32> {
        let text = |range: &Range<usize>| tree.text().get(range.clone()).unwrap_or_default();
        let by_kind = given.kind.as_ref().map(|kind| self.annotated(text(kind))).unwrap_or_default();
        let by_kind = if by_kind.is_empty() { self.typed_above(tree, given) } else { by_kind };
        let Some(value) = given.value.as_ref().filter(|_| by_kind.is_empty()) else { return by_kind };
        if let Some(found) = self.of_case(tree.text(), given, value) {
            return found;
        }
        let until = self.until.replace(given.range.start);
        let taken = given.part.then(|| self.taken_out(tree.text(), given, text(value), steps)).flatten();
        let found = taken.unwrap_or_else(|| {
            let types = self.types(text(value), steps);
            if given.part { self.through(types, &self.language.types.each) } else { types }
        });
        self.until.set(until);
        found
    }

    /// The types of the case around the cursor, if a name is given a value whose type is queried: `switch v := x.(type)`.
    fn of_case(&self, text: &str, given: &Assignment, value: &Range<usize>) -> Option<Vec<u32>> {
        let asked = self.language.types.asks.as_deref()?;
        let at = given.range.end + text.get(given.range.end..)?.find(asked)?;
        let behind = at + asked.len();
        // It comes right after the value, or ends it.
        if !(value.end..value.end + 1).contains(&at) && behind != value.end {
            return None;
        }
        let above = text.get(behind..self.until.get().max(behind))?;
        let mut cases = self.language.types.cases.iter().filter_map(|case| Some(&above[words::places(above, case).last()?.end..]));
        Some(self.written(cases.next()?.split(':').next()?, None))
    }

    /// What a pattern takes out of a value: `Added(row)`, `Added { row, .. }`, `{ row: other }`. None if that is not known.
    fn taken_out(&self, text: &str, given: &Assignment, value: &str, steps: usize) -> Option<Vec<u32>> {
        let corpus = self.corpus;
        if given.scope.is_some() {
            return None;
        }
        let nearest = text.ceil_char_boundary(given.range.start.saturating_sub(PATTERN_REACH_BYTES));
        let (open, at) = opened_before(&text[nearest..given.range.start])?;
        let open = nearest + open;
        let head = corpus.name(words::last(text[..open].trim_end())).map(|name| corpus.defined(name)).unwrap_or_default();
        let has_parts = |number: &u32| {
            let symbol = &corpus.symbols[*number as usize];
            symbol.sort == Sort::Type || corpus.facts(symbol).kind == Kind::Variant
        };
        let heads: Vec<u32> = head.iter().copied().filter(has_parts).collect();
        if heads.len() > MAX_DEFINITIONS_OF_NAME {
            return None;
        }
        if text[open..].starts_with('(') {
            return Some(self.numbered(heads, at)).filter(|types| !types.is_empty());
        }
        if !text[open..].starts_with('{') {
            return None;
        }
        let part = text[open + 1..given.range.end].rsplit(',').next()?;
        let key = words::all(part.split(':').next()?).last()?;
        let key = corpus.name(key)?;
        let holders = if heads.is_empty() { self.types(value, steps) } else { heads };
        let inner = |number: u32| self.members(number).into_iter().chain(alias::inside(corpus, number));
        let own: Vec<u32> = holders.into_iter().flat_map(inner).filter(|number| corpus.symbols[*number as usize].name == key).collect();
        (!own.is_empty()).then(|| self.results(&own, |_| true))
    }

    /// The same by text alone, if a pattern is in a place that gives no value: `x instanceof Pair(A first, B second)`.
    fn in_pattern(&self, start: usize, word: &str) -> Vec<u32> {
        let corpus = self.corpus;
        let Some(above) = self.query.text.get(start..self.query.text.floor_char_boundary(self.until.get())) else { return vec![] };
        let each = |at: Range<usize>| {
            let nearest = above.ceil_char_boundary(at.start.saturating_sub(PATTERN_REACH_BYTES));
            let (open, number) = opened_before(&above[nearest..at.start])?;
            let head = corpus.name(words::last(above[..nearest + open].trim_end()))?;
            let types =
                corpus.defined(head).iter().copied().filter(|one| corpus.symbols[*one as usize].sort == Sort::Type).collect::<Vec<_>>();
            let is_pattern = above[nearest + open..].starts_with('(') && types.len() <= MAX_DEFINITIONS_OF_NAME;
            is_pattern.then(|| self.numbered(types, number)).filter(|types| !types.is_empty())
        };
        words::places(above, word).find_map(each).unwrap_or_default()
    }

    /// The types of the part with this number of types that have unnamed parts; else the types themselves.
    pub(super) fn numbered(&self, types: Vec<u32>, at: usize) -> Vec<u32> {
        let corpus = self.corpus;
        let part = |number: u32| {
            let symbol = &corpus.symbols[number as usize];
            let signature = corpus.signature(symbol);
            let name = words::places(signature, corpus.text(symbol.name)).next()?;
            let part = parts(inside(&signature[name.end..], '(', ')')?).get(at).copied()?;
            Some(self.written(part, Some(symbol.file)))
        };
        types.into_iter().flat_map(|number| part(number).unwrap_or_else(|| vec![number])).collect()
    }

    /// The types that are written for a name. A word there may be a parameter that has a bound, or a value that represents a type.
    pub(super) fn annotated(&self, text: &str) -> Vec<u32> {
        let found = self.written(text, None);
        if !found.is_empty() {
            return found;
        }
        let stands_for = |word: &str| {
            let bound = self.own().map(|id| self.bound(id, word, MAX_IMPORT_HOPS)).unwrap_or_default();
            let held: Vec<u32> = self.held(&bound, false);
            let Some(tree) = self.query.parsed.filter(|_| held.is_empty()) else { return held };
            let given = self.assignments(word);
            let values = given.iter().filter_map(|given| tree.text().get(given.value.clone()?));
            values.map(|value| self.written(value, None)).find(|types| !types.is_empty()).unwrap_or_default()
        };
        let each = |word: &str| {
            let bounds = self.bound_by_headings(word);
            if bounds.is_empty() { stands_for(word) } else { bounds }
        };
        words::all(text).map(each).find(|types| !types.is_empty()).unwrap_or_default()
    }

    /// The bounds of a type parameter, as stated by the headings around the cursor: `fn f<T: Bound>`, `where T: Bound`.
    pub(super) fn bound_by_headings(&self, word: &str) -> Vec<u32> {
        // A word that does not begin like this is rarely a type parameter.
        if !word.starts_with(char::is_uppercase) {
            return vec![];
        }
        let bounds = |text: &str| -> Vec<u32> {
            let behind = words::places(text, word).map(|at| text[at.end..].split(ENDS_BOUND).next().unwrap_or_default());
            behind.flat_map(|bound| self.written(bound, None)).collect()
        };
        let offset = self.query.text.floor_char_boundary(self.query.offset);
        let by_tree = self.query.parsed.and_then(|tree| {
            let headings = scope::headings(tree, offset.min(tree.text().len()));
            headings.into_iter().filter_map(|range| Some(bounds(tree.text().get(range)?))).find(|types| !types.is_empty())
        });
        // Half-written code may hide the heading from the parser.
        let by_letters = || Some(bounds(self.query.text.get(self.function_start()..offset)?.split('{').next()?));
        by_tree.or_else(by_letters).unwrap_or_default()
    }

    /// Where the function around the cursor begins.
    fn function_start(&self) -> usize {
        self.scene.function_line.map_or(0, |line| self.query.text.split_inclusive('\n').take(line).map(str::len).sum())
    }

    /// The types that the code above, back to a place, has tested a value for: `x instanceof T`, `isinstance(x, T)`.
    fn tested(&self, start: usize, word: &str) -> Vec<u32> {
        let until = self.query.text.floor_char_boundary(self.until.get());
        let Some(above) = self.query.text.get(start..until) else { return vec![] };
        let one = |test: &String| {
            let at = words::places(above, test).last()?;
            let behind = above[at.end..].trim_start();
            if let Some([value, of, ..]) = behind.strip_prefix('(').and_then(|_| inside(behind, '(', ')')).map(parts).as_deref() {
                return (*value == word).then(|| self.written(of, None));
            }
            let is_meant = words::last(above[..at.start].trim_end()) == word;
            is_meant.then(|| self.written(behind.split(ENDS_TEST).next().unwrap_or_default(), None))
        };
        self.language.types.tests.iter().find_map(one).unwrap_or_default()
    }

    /// The types that the comment above a function states for its parameter.
    fn documented(&self, start: usize, word: &str) -> Vec<u32> {
        let Some(tags) = &self.language.documentation.tags else { return vec![] };
        let Some(comment) = self.comment_above(self.query.text, start) else { return vec![] };
        let told = tags.of(comment, &tags.takes).find(|(_, behind)| words::all(behind).next() == Some(word));
        told.map(|(kind, _)| self.annotated(kind)).unwrap_or_default()
    }

    /// The types that a comment above a declaration states for it.
    fn typed_above(&self, tree: &Parsed, given: &Assignment) -> Vec<u32> {
        let Some(tags) = &self.language.documentation.tags else { return vec![] };
        let line = tree.text()[..given.range.start].rfind('\n').map_or(0, |at| at + 1);
        let Some(comment) = self.comment_above(tree.text(), line) else { return vec![] };
        let told = tags.of(comment, std::slice::from_ref(&tags.kind)).next();
        told.map(|(kind, _)| self.annotated(kind)).unwrap_or_default()
    }

    /// The documentation right above a line.
    fn comment_above<'a>(&self, text: &'a str, line: usize) -> Option<&'a str> {
        let [_, closes] = self.language.block_comment.as_ref()?;
        let comment = text.get(..line)?.trim_end().strip_suffix(closes.as_str())?;
        Some(&comment[comment.rfind(self.language.documentation.sign.as_deref()?)?..])
    }

    /// The types of a half-written value whose members are given by name: `x = { .`.
    pub(super) fn initialized(&self, head: &str) -> Vec<u32> {
        let Some((open, _)) = opened_before(head).filter(|(open, _)| head[*open..].starts_with('{')) else { return vec![] };
        let start = head[..open].rfind([';', '{', '}']).map_or(0, |at| at + 1);
        self.written(head[start..open].split('=').next().unwrap_or_default(), None)
    }
}
