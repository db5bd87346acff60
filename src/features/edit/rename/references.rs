//! Which uses of a name mean the definition that is renamed. The index knows no types: a member of the same name is told apart by its
//! owner, where that comes from, and what the file imports. If nothing tells, the use is unclear and reported as such. `verdict` decides
//! about a single use.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::defined::{self, Defined};
use super::imports::UsingText;
use super::verdict::Verdict;
use crate::features::Session;
use crate::index::{FileId, SymbolId};
use crate::syntax::uses::{self, Mention, Within};
use crate::syntax::{self, Kind, Parsed};
use crate::text::words;

/// A place that gets the new name, with text that has to be added around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub range: Range<usize>,
    before: String,
    after: String,
}

impl Spot {
    /// A place where just the name is replaced.
    pub fn plain(range: Range<usize>) -> Self {
        Self { range, before: String::new(), after: String::new() }
    }

    /// A shorthand whose variable is renamed: the field keeps the old name.
    pub fn variable_of(text: &str, name: &str, at: &Range<usize>, whole: &Range<usize>) -> Self {
        Self { range: whole.clone(), before: format!("{name}: {}", &text[whole.start..at.start]), after: String::new() }
    }

    /// A shorthand whose field is renamed: the variable keeps the old name.
    pub(super) fn field_of(text: &str, whole: &Range<usize>) -> Self {
        Self { range: whole.clone(), before: String::new(), after: format!(": {}", &text[whole.clone()]) }
    }

    /// The text that replaces the place, with the new name.
    pub fn text(&self, new: &str) -> String {
        format!("{}{new}{}", self.before, self.after)
    }
}

/// The uses in one text.
#[derive(Debug, Default)]
pub struct UsesInText {
    pub spots: Vec<Spot>,
    /// How many are in strings, which stay.
    pub in_strings: usize,
    /// Uses of other things with that name.
    pub others: Vec<Range<usize>>,
    /// Uses that may or may not mean the definition.
    pub unclear: Vec<Range<usize>>,
}

/// What a definition is part of.
pub(super) enum Home {
    Free,
    /// A module, or a function.
    Inside(String),
    Member(String),
}

/// The definition that is renamed, with what is known about it.
pub struct RenamedDefinition<'a> {
    pub(in crate::features::edit) session: &'a Session,
    pub(in crate::features::edit) name: &'a str,
    pub(in crate::features::edit) kind: Kind,
    /// The family of languages in which the name has this meaning.
    family: String,
    pub(in crate::features::edit) file: FileId,
    pub(super) home: Home,
    /// Types derived from its type that override it.
    overriders: Vec<String>,
    /// Other things have the same name, so a mere hint from the surrounding text is not enough.
    is_one_of_many: bool,
    pub(in crate::features::edit) projects: OnceCell<Vec<String>>,
    /// The package that the definition's file declares.
    pub(in crate::features::edit) package: OnceCell<Option<String>>,
    /// Files that the definition's file includes, and files that declare its name.
    pub(in crate::features::edit) included: OnceCell<(HashSet<FileId>, HashSet<FileId>)>,
    /// Texts of other files that were read.
    pub(in crate::features::edit) texts: RefCell<HashMap<FileId, Option<Arc<str>>>>,
}

impl<'a> RenamedDefinition<'a> {
    /// Gathers what is known about a definition of a name.
    pub(in crate::features::edit) fn new(session: &'a Session, name: &'a str, defined: &Defined) -> Self {
        let family = session.index.file(defined.file).and_then(|file| file.language.as_ref().map(|language| language.family.clone()));
        let is_type = |container: &str| {
            let known = defined::symbols(session, container, family.as_deref());
            let known: Vec<Kind> = known.into_iter().filter_map(|id| Some(session.index.symbol(id)?.kind)).collect();
            known.iter().any(|kind| kind.is_type() || matches!(kind, Kind::Type | Kind::Variant)) || known.is_empty()
        };
        let home = match &defined.container {
            None => defined.holder.clone().map_or(Home::Free, Home::Member),
            // Functions also have methods in languages where they make instances.
            Some(container) if is_type(container) || defined.kind == Kind::Method => Home::Member(container.clone()),
            Some(container) => Home::Inside(container.clone()),
        };
        Self {
            session,
            name,
            kind: defined.kind,
            family: family.unwrap_or_default(),
            file: defined.file,
            home,
            overriders: vec![],
            is_one_of_many: false,
            projects: OnceCell::new(),
            package: OnceCell::new(),
            included: OnceCell::new(),
            texts: RefCell::default(),
        }
    }

    /// Says that other things have the same name.
    pub fn one_of_many(self) -> Self {
        Self { is_one_of_many: true, ..self }
    }

    /// Says which definitions override it.
    pub(in crate::features::edit) fn overridden(self, by: &[&Defined]) -> Self {
        Self { overriders: by.iter().filter_map(|one| one.container.clone()).collect(), ..self }
    }

    /// The types that it is a member of: its own, and those that override it.
    pub(super) fn containers(&self) -> impl Iterator<Item = &str> {
        let own = match &self.home {
            Home::Member(container) => Some(container.as_str()),
            _ => None,
        };
        own.into_iter().chain(self.overriders.iter().map(String::as_str))
    }

    /// The definitions of another name in the same family of languages.
    pub(in crate::features::edit) fn named(&self, name: &str) -> Vec<SymbolId> {
        defined::symbols(self.session, name, Some(&self.family))
    }

    /// What has to be named before its own name: a module inside of a file, or the type of a variant.
    pub(in crate::features::edit) fn inside(&self) -> Option<&str> {
        match &self.home {
            Home::Inside(container) => Some(container),
            Home::Member(container) if self.kind == Kind::Variant => Some(container),
            _ => None,
        }
    }

    /// Whether it is at the top level.
    pub(in crate::features::edit) fn is_free(&self) -> bool {
        matches!(self.home, Home::Free)
    }

    /// Whether it is a member of a type.
    pub fn is_member(&self) -> bool {
        matches!(self.home, Home::Member(_))
    }

    /// The uses in a text.
    ///
    /// # Errors
    /// A function has a variable of that name and also calls the name: only types tell which of the two is meant.
    pub fn uses(&self, path: &str, id: Option<FileId>, parsed: &Parsed) -> Result<UsesInText, String> {
        let text = parsed.text();
        let place = self.place(path, id, parsed);
        let (mut found, mut comments) = (UsesInText::default(), vec![]);
        for one in uses::mentions(parsed, self.name) {
            match one.within {
                Within::Text if self.is_named_by(&place, &one) => found.spots.push(Spot::plain(one.range)),
                Within::Text => found.in_strings += 1,
                Within::Comment if is_code(text, &one.range) => comments.push(Spot::plain(one.range)),
                Within::Comment => {}
                Within::Code => match self.verdict(&place, &one)? {
                    Verdict::Follows(spot) => found.spots.push(spot),
                    Verdict::Variable => {}
                    Verdict::Other => found.others.push(one.range),
                    Verdict::Unclear => found.unclear.push(one.range),
                },
            }
        }
        if !found.spots.is_empty() {
            found.spots.append(&mut comments);
            found.spots.sort_by_key(|spot| spot.range.start);
        }
        Ok(found)
    }

    /// Whether one use in code means it; for menus, which do not look at the other uses.
    pub fn follows(&self, path: &str, id: Option<FileId>, parsed: &Parsed, one: &Mention) -> bool {
        matches!(self.verdict(&self.place(path, id, parsed), one), Ok(Verdict::Follows(_)))
    }

    fn place<'p>(&self, path: &'p str, id: Option<FileId>, parsed: &'p Parsed) -> UsingText<'p> {
        let variables = uses::variables(parsed, self.name);
        let names_container = !self.is_one_of_many && self.containers().any(|container| words::has(parsed.text(), container));
        let (facts, foreign) = (syntax::tags(parsed, path), OnceCell::new());
        UsingText { path, id, parsed, facts, variables, names_container, foreign }
    }
}

/// Whether a word in a comment is meant as code: it is no ordinary word, or is marked or used like code.
pub(super) fn is_code(text: &str, range: &Range<usize>) -> bool {
    let name = &text[range.clone()];
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let odd = name.chars().any(|letter| letter == '_' || letter.is_ascii_digit()) || name.chars().skip(1).any(char::is_uppercase);
    odd || before.ends_with(['`', '.', ':', '#', '"', '\'']) || after.starts_with(['(', '`'])
}
