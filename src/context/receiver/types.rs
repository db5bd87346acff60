//! The type of a value, by the types that are written for it and by how it is made; and what a type has.

use super::modules::Thing;
use super::text::{bracketed, expression, inside, parts, without_angles, without_brackets, without_separator};
use super::{MAX_DEFINITIONS_OF_NAME, MAX_IMPORT_HOPS, MAX_STEPS_BACK, Receiver};
use crate::context::alias;
use crate::context::corpus::{NO_SLOT, Name, Sort, Symbol};
use crate::syntax::{Reach, lists, scope, uses};
use crate::text::words;
use crate::workspace::folder_of;

/// Bytes in brackets, around a value or before it, that are examined.
const MAX_BRACKETED_BYTES: usize = 200;
/// How many levels of base types and aliases are followed.
const MAX_BASE_DEPTH: usize = 4;
/// Maximum number of those types.
const MAX_BASE_TYPES: usize = 24;

impl Receiver<'_> {
    /// The members of a type, and of its base types.
    pub(super) fn members(&self, number: u32) -> Vec<u32> {
        let (mut types, mut known) = (vec![number], 0);
        for _ in 0..MAX_BASE_DEPTH {
            let level = types[known..].to_vec();
            known = types.len();
            for base in level.into_iter().flat_map(|of| self.bases(of)) {
                if !types.contains(&base) && types.len() < MAX_BASE_TYPES {
                    types.push(base);
                }
            }
        }
        types.into_iter().flat_map(|of| alias::members(self.corpus, of)).collect()
    }

    /// The types whose members a type has.
    fn bases(&self, number: u32) -> Vec<u32> {
        let (corpus, symbol) = (self.corpus, &self.corpus.symbols[number as usize]);
        if symbol.sort.is_value() {
            return vec![];
        }
        let mut names: Vec<Name> = corpus.bases(symbol).chain(alias::names(corpus, number)).collect();
        if names.is_empty() && corpus.file(self.query.path) == Some(symbol.file) {
            // Half-written code may hide the content of the heading from the parser.
            let heading = words::identifiers(corpus.head(number)).filter_map(|(_, word)| corpus.name(word));
            names.extend(heading.filter(|name| *name != symbol.name));
        }
        let each = |name: Name| {
            let named = self.named_in(symbol.file, name);
            // Nothing here is called like that: the import of a base may give it another name.
            if named.is_empty() { self.types_among(self.bound_in(Some(symbol.file), corpus.text(name))) } else { named }
        };
        names.into_iter().flat_map(each).collect()
    }

    /// What the imports of a file call by this name; those of the current one if there is none.
    fn bound_in(&self, file: Option<u32>, name: &str) -> Vec<Thing> {
        let id = file.map_or_else(|| self.own(), |file| self.id_of(file));
        id.map(|id| self.bound(id, name, MAX_IMPORT_HOPS)).unwrap_or_default()
    }

    fn types_among(&self, things: Vec<Thing>) -> Vec<u32> {
        things.into_iter().filter_map(Thing::symbol).filter(|number| self.is_type(*number)).collect()
    }

    /// The types that a name means in the current file.
    fn named(&self, name: Name) -> Vec<u32> {
        let all = alias::meant(self.corpus, self.scene, Some(self.language), name);
        match self.corpus.file(self.query.path) {
            Some(own) if all.len() > 1 => self.nearest(own, name, all),
            _ if all.len() > MAX_DEFINITIONS_OF_NAME => vec![],
            _ => all,
        }
    }

    /// The types that a name means in a file.
    pub(super) fn named_in(&self, file: u32, name: Name) -> Vec<u32> {
        let all = alias::meant(self.corpus, self.scene, Some(self.language), name);
        if all.len() > 1 { self.nearest(file, name, all) } else { all }
    }

    /// Of several types of a name the one of the file itself, the one it imports under that name, or the one its package has; else all of a
    /// few.
    fn nearest(&self, file: u32, name: Name, all: Vec<u32>) -> Vec<u32> {
        let corpus = self.corpus;
        let of = |number: &u32| corpus.symbols[*number as usize].file;
        let own: Vec<u32> = all.iter().copied().filter(|number| of(number) == file).collect();
        if !own.is_empty() {
            return own;
        }
        let bound = self.bound_in(Some(file), corpus.text(name));
        let bound: Vec<u32> = bound.into_iter().filter_map(Thing::symbol).filter(|number| all.contains(number)).collect();
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
        if all.len() > MAX_DEFINITIONS_OF_NAME { vec![] } else { all }
    }

    /// The types that are written in a text of a file; of the current one if there is none.
    pub(super) fn written(&self, text: &str, file: Option<u32>) -> Vec<u32> {
        let each = |at: usize, word: &str| {
            let Some(name) = self.corpus.name(word) else { return vec![] };
            let named = file.map_or_else(|| self.named(name), |file| self.named_in(file, name));
            if !named.is_empty() {
                return named;
            }
            let bound = self.bound_in(file, word);
            if lists(&self.language.types.value_of, words::last(text[..at].trim_end())) {
                return self.held(&bound, false);
            }
            self.types_among(bound)
        };
        words::identifiers(text).flat_map(|(at, word)| each(at, word)).collect()
    }

    fn is_type(&self, number: u32) -> bool {
        self.corpus.symbols[number as usize].sort == Sort::Type
    }

    /// The types that a value may have.
    pub(super) fn types(&self, value: &str, steps: usize) -> Vec<u32> {
        let Some(steps) = steps.checked_sub(1) else { return vec![] };
        let loaded = self.loaded(value);
        if !loaded.is_empty() {
            return loaded.into_iter().flat_map(|file| self.held(&self.whole(file, MAX_IMPORT_HOPS), true)).collect();
        }
        let value = value.trim().trim_start_matches(['&', '*', '!']).trim_end_matches(['?', '!', ';']);
        if let Some((inner, behind)) = bracketed(value).filter(|(inner, _)| inner.len() <= MAX_BRACKETED_BYTES) {
            return match behind {
                "" => parts(inner).into_iter().map(|part| self.types(part, steps)).find(|types| !types.is_empty()).unwrap_or_default(),
                // `(T) value`
                _ if !behind.starts_with(['.', '?', '!', '[', '-', ':']) => {
                    let cast = self.written(inner, None);
                    if cast.is_empty() { self.types(behind, steps) } else { cast }
                }
                _ => self.of_value_text(value, steps),
            };
        }
        self.of_value_text(value, steps)
    }

    fn of_value_text(&self, value: &str, steps: usize) -> Vec<u32> {
        let is_one = |words: &str| words.contains(['(', '"', '\'', '{', '[', '<']);
        let value = value.rsplit_once(' ').map_or(value, |(words, rest)| if is_one(words) { value } else { rest });
        let whole = without_brackets(value);
        let brackets = &value[whole.len()..];
        // `value.(T)`
        if whole.ends_with('.') && brackets.starts_with('(') {
            return self.written(brackets, None);
        }
        let (whole, arguments) = without_angles(whole);
        let word = words::last(whole);
        if word.is_empty() {
            return vec![];
        }
        let called = !brackets.is_empty();
        let mut found = match without_separator(&whole[..whole.len() - word.len()]) {
            Some(of) => self.of_member(expression(of), word, called, steps),
            None => self.of_name(word, brackets, steps),
        };
        found.extend(arguments.map(|arguments| self.written(arguments, None)).unwrap_or_default());
        if brackets.starts_with('[') { self.through(found, &self.language.types.element) } else { found }
    }

    /// The types that members of these names return, if a type has such; else the type itself.
    pub(super) fn through(&self, types: Vec<u32>, names: &[String]) -> Vec<u32> {
        let names: Vec<Name> = names.iter().filter_map(|name| self.corpus.name(name)).collect();
        if names.is_empty() {
            return types;
        }
        let each = |number: u32| {
            let is_named = |member: &u32| names.contains(&self.corpus.symbols[*member as usize].name);
            let members: Vec<u32> = self.members(number).into_iter().filter(is_named).collect();
            let found = self.results(&members, |_| true);
            if found.is_empty() { vec![number] } else { found }
        };
        types.into_iter().flat_map(each).collect()
    }

    fn of_name(&self, word: &str, brackets: &str, steps: usize) -> Vec<u32> {
        let (types, called) = (&self.language.types, !brackets.is_empty());
        if lists(&types.instance, word) || lists(&types.own, word) {
            return self.around();
        }
        let named = self.corpus.name(word).map(|name| self.named(name)).unwrap_or_default();
        if !named.is_empty() {
            return named;
        }
        let bound = self.held(&self.bound_in(None, word), called);
        if !bound.is_empty() {
            return bound;
        }
        let found = if called { self.of_call(word, brackets, steps) } else { vec![] };
        if !found.is_empty() {
            return found;
        }
        let all = self.assignments(word);
        let by_tree = self.query.parsed.map(|tree| self.given(tree, word, &all, steps)).unwrap_or_default();
        let given = match by_tree.is_empty() && all.is_empty() {
            true => self.finished().map(|tree| self.given(tree, word, &uses::given(tree, word), steps)).unwrap_or_default(),
            false => by_tree,
        };
        if !given.is_empty() {
            return if brackets.starts_with('(') { self.of_callable(given) } else { given };
        }
        [Self::bound_by_headings, Self::of_bare_member, Self::of_free_value]
            .iter()
            .map(|look| look(self, word))
            .find(|types| !types.is_empty())
            .unwrap_or_default()
    }

    /// The types that a function of this name returns. Some return what they are given, or a value of a type that they are given.
    fn of_call(&self, word: &str, brackets: &str, steps: usize) -> Vec<u32> {
        let free = |symbol: &Symbol| symbol.sort == Sort::Function;
        let found = self.corpus.name(word).map(|name| self.results(self.corpus.defined(name), free)).unwrap_or_default();
        if !found.is_empty() || !brackets.starts_with('(') {
            return found;
        }
        if lists(&self.language.types.takes, word) {
            return self.written(brackets, None);
        }
        let handed = inside(brackets, '(', ')').filter(|_| lists(&self.language.passes_on, word)).map(parts).unwrap_or_default();
        handed.into_iter().map(|value| self.types(value, steps)).find(|types| !types.is_empty()).unwrap_or_default()
    }

    /// The types that values of these types return when they are called.
    fn of_callable(&self, types: Vec<u32>) -> Vec<u32> {
        let of_function = |number: u32| {
            let symbol = &self.corpus.symbols[number as usize];
            let is_written = |_: &(&str, &str)| self.corpus.facts(symbol).body.is_empty();
            let arrow = self.language.types.function.as_deref();
            let given = arrow.and_then(|arrow| self.corpus.signature(symbol).rsplit_once(arrow)).filter(is_written);
            given.map_or(vec![number], |(_, given)| self.written(given, Some(symbol.file)))
        };
        let types = types.into_iter().flat_map(of_function).collect();
        self.through(types, &self.language.types.call)
    }

    /// The type of a member that is named without its owner.
    fn of_bare_member(&self, word: &str) -> Vec<u32> {
        let Some(name) = self.corpus.name(word).filter(|_| self.language.bare_members) else { return vec![] };
        let members = self.around().into_iter().flat_map(|number| self.members(number));
        let own: Vec<u32> = members.filter(|number| self.corpus.symbols[*number as usize].name == name).collect();
        self.results(&own, |_| true)
    }

    /// The type of a top-level value in another file whose names are known here.
    fn of_free_value(&self, word: &str) -> Vec<u32> {
        let Some(name) = self.corpus.name(word) else { return vec![] };
        let is_free = |number: &u32| {
            let symbol = &self.corpus.symbols[*number as usize];
            symbol.sort.is_value() && symbol.container == NO_SLOT && !symbol.nested
        };
        let all: Vec<u32> = self.corpus.defined(name).iter().copied().filter(is_free).collect();
        let all = match self.corpus.file(self.query.path) {
            Some(own) if all.len() > 1 => self.nearest(own, name, all),
            _ => all,
        };
        if all.len() > MAX_DEFINITIONS_OF_NAME { vec![] } else { self.results(&all, |_| true) }
    }

    /// The type around the cursor; if half-written code hides it from the parser, the types in its heading.
    fn around(&self) -> Vec<u32> {
        let by_scene = self.scene.owners.iter().map(|owner| self.named(*owner)).find(|types| !types.is_empty());
        let before = &self.query.text[..self.query.text.floor_char_boundary(self.query.offset)];
        let in_heading = || {
            // Nothing at the margin is inside a type, and a parse for each key costs as much as everything else here.
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

    fn of_member(&self, of: &str, word: &str, called: bool, steps: usize) -> Vec<u32> {
        let types = &self.language.types;
        if let Ok(number) = word.parse::<usize>() {
            return self.numbered(self.types(of, steps), number);
        }
        let Some(name) = self.corpus.name(word) else {
            return if called || lists(&types.inside, word) { self.types(of, steps) } else { vec![] };
        };
        let holders = self.types(of, steps);
        let all = self.corpus.defined(name);
        if holders.is_empty() {
            // What is at the top level of a module.
            let named = self.named(name);
            let free = |symbol: &Symbol| symbol.sort == Sort::Function || symbol.container == NO_SLOT;
            return if named.is_empty() && all.len() <= MAX_DEFINITIONS_OF_NAME { self.results(all, free) } else { named };
        }
        let members: Vec<u32> = holders.iter().flat_map(|holder| self.members(*holder)).collect();
        let own: Vec<u32> = members.into_iter().filter(|number| self.corpus.symbols[*number as usize].name == name).collect();
        // What a type does not define returns the object it is called on, or a part of it: `clone`, `unwrap`, `lock`.
        if own.is_empty() && (called || lists(&types.inside, word)) {
            return holders;
        }
        let found = self.results(&own, |_| true);
        if found.is_empty() { self.put_in(&own, &holders) } else { found }
    }

    /// A type's arguments, if its member returns a value of one: `Stack[Row]`, whose `top` returns a `T`.
    fn put_in(&self, members: &[u32], holders: &[u32]) -> Vec<u32> {
        let corpus = self.corpus;
        let gives_parameter = |holder: &u32| {
            let of = &corpus.symbols[*holder as usize];
            let parameters = alias::parameters(corpus.signature(of), corpus.text(of.name));
            let gives = |member: &u32| {
                let symbol = &corpus.symbols[*member as usize];
                symbol.container == of.slot && parameters.iter().any(|parameter| words::has(self.written_result(symbol), parameter))
            };
            members.iter().any(gives)
        };
        let generic: Vec<u32> = holders.iter().copied().filter(gives_parameter).collect();
        if generic.is_empty() { vec![] } else { holders.iter().copied().filter(|holder| !generic.contains(holder)).collect() }
    }

    /// The types of the parameters that the attributes of a tag are passed to.
    pub(super) fn taken_by(&self, component: &str) -> Vec<u32> {
        let word = words::last(component);
        let bound = self.bound_in(None, words::first(component));
        let mut found: Vec<u32> = bound.into_iter().filter_map(Thing::symbol).collect();
        let name = self.corpus.name(word).filter(|_| found.is_empty());
        found.extend(name.into_iter().flat_map(|name| self.corpus.defined(name)));
        found.retain(|number| self.corpus.symbols[*number as usize].container == NO_SLOT);
        if found.len() > MAX_DEFINITIONS_OF_NAME {
            return vec![];
        }
        found.into_iter().map(|number| self.handed(number, MAX_STEPS_BACK / 2)).find(|types| !types.is_empty()).unwrap_or_default()
    }

    /// The types that are written for what something takes: its parameters, else what its type is made with; else those of what it is made
    /// of.
    fn handed(&self, number: u32, steps: usize) -> Vec<u32> {
        let Some(steps) = steps.checked_sub(1) else { return vec![] };
        let (corpus, symbol) = (self.corpus, &self.corpus.symbols[number as usize]);
        let signature = corpus.signature(symbol);
        let Some(name) = words::places(signature, corpus.text(symbol.name)).next() else { return vec![] };
        let behind = &signature[name.end..];
        let parameters = inside(behind, '(', ')').filter(|_| symbol.sort.is_callable());
        for text in parameters.into_iter().chain(inside(behind, '<', '>')) {
            let types = self.written(text, Some(symbol.file));
            if !types.is_empty() {
                return types;
            }
        }
        let made_of = words::identifiers(behind).filter_map(|(_, word)| corpus.name(word)).flat_map(|name| corpus.defined(name));
        let made_of = made_of.filter(|other| corpus.symbols[**other as usize].file == symbol.file && **other != number);
        made_of.take(MAX_DEFINITIONS_OF_NAME).map(|other| self.handed(*other, steps)).find(|types| !types.is_empty()).unwrap_or_default()
    }
}
