//! Which uses of a name mean the definition that is renamed. The index knows no types: a member of something else that has the same name is
//! told by what it is a member of, where that comes from, and what the file imports. Where nothing tells, it is unclear, and said so. What
//! one use means is told in `verdict`.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::defined::{self, Defined};
use super::imports::Place;
use super::verdict::Verdict;
use crate::features::Session;
use crate::index::{FileId, SymbolId};
use crate::syntax::uses::{self, Mention, Within};
use crate::syntax::{self, Kind, Parsed};
use crate::text::words;

/// A place that gets the new name, with what is written around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub range: Range<usize>,
    before: String,
    after: String,
}

impl Spot {
    pub fn plain(range: Range<usize>) -> Self {
        Self { range, before: String::new(), after: String::new() }
    }

    /// A shorthand whose variable has the new name: the field keeps the old one.
    pub fn variable_of(text: &str, name: &str, at: &Range<usize>, whole: &Range<usize>) -> Self {
        Self { range: whole.clone(), before: format!("{name}: {}", &text[whole.start..at.start]), after: String::new() }
    }

    /// A shorthand whose field has the new name: the variable keeps the old one.
    pub(super) fn field_of(text: &str, whole: &Range<usize>) -> Self {
        Self { range: whole.clone(), before: String::new(), after: format!(": {}", &text[whole.clone()]) }
    }

    pub fn text(&self, new: &str) -> String {
        format!("{}{new}{}", self.before, self.after)
    }
}

/// The uses in one text.
#[derive(Debug, Default)]
pub struct Found {
    pub spots: Vec<Spot>,
    /// In strings, which stay.
    pub in_strings: usize,
    /// Those of other things of that name.
    pub others: Vec<Range<usize>>,
    /// Those that may mean the definition or not.
    pub unclear: Vec<Range<usize>>,
}

/// What a definition is part of.
pub(super) enum Home {
    Free,
    /// A module, or a function.
    Inside(String),
    Member(String),
}

/// A name as the definition that is renamed has it.
pub struct Meant<'a> {
    pub(in crate::features::edit) session: &'a Session,
    pub(in crate::features::edit) name: &'a str,
    pub(in crate::features::edit) kind: Kind,
    /// The languages in which it has this meaning.
    family: String,
    pub(in crate::features::edit) file: FileId,
    pub(super) home: Home,
    /// Types that are derived from that one, and define the name anew.
    overriders: Vec<String>,
    /// Others are called so, too: what the text around merely suggests is not enough.
    is_one_of_many: bool,
    pub(in crate::features::edit) projects: OnceCell<Vec<String>>,
    /// What the file of the definition says that its package is.
    pub(in crate::features::edit) package: OnceCell<Option<String>>,
    /// What the file of the definition includes, and the files that say its name.
    pub(in crate::features::edit) included: OnceCell<(HashSet<FileId>, HashSet<FileId>)>,
    /// Texts of other files that were asked for.
    pub(in crate::features::edit) texts: RefCell<HashMap<FileId, Option<Arc<str>>>>,
}

impl<'a> Meant<'a> {
    pub(in crate::features::edit) fn new(session: &'a Session, name: &'a str, defined: &Defined) -> Self {
        let family = session.index.file(defined.file).and_then(|file| file.language.as_ref().map(|language| language.family.clone()));
        let is_type = |container: &str| {
            let known = defined::symbols(session, container, family.as_deref());
            let known: Vec<Kind> = known.into_iter().filter_map(|id| Some(session.index.symbol(id)?.kind)).collect();
            known.iter().any(|kind| kind.is_type() || matches!(kind, Kind::Type | Kind::Variant)) || known.is_empty()
        };
        let home = match &defined.container {
            None => defined.holder.clone().map_or(Home::Free, Home::Member),
            // Functions have methods, too, where they make instances.
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

    /// The same where others are called so, too.
    pub fn one_of_many(self) -> Self {
        Self { is_one_of_many: true, ..self }
    }

    /// The same where other definitions are those of the same name for types that are derived from its own.
    pub(in crate::features::edit) fn overridden(self, by: &[&Defined]) -> Self {
        Self { overriders: by.iter().filter_map(|one| one.container.clone()).collect(), ..self }
    }

    /// The types that it is a member of.
    pub(super) fn containers(&self) -> impl Iterator<Item = &str> {
        let own = match &self.home {
            Home::Member(container) => Some(container.as_str()),
            _ => None,
        };
        own.into_iter().chain(self.overriders.iter().map(String::as_str))
    }

    /// The definitions of another name, where that can mean something to this one.
    pub(in crate::features::edit) fn named(&self, name: &str) -> Vec<SymbolId> {
        defined::symbols(self.session, name, Some(&self.family))
    }

    /// What has to be named before its names stand alone: a module inside of a file, or the type of a variant.
    pub(in crate::features::edit) fn inside(&self) -> Option<&str> {
        match &self.home {
            Home::Inside(container) => Some(container),
            Home::Member(container) if self.kind == Kind::Variant => Some(container),
            _ => None,
        }
    }

    pub(in crate::features::edit) fn is_free(&self) -> bool {
        matches!(self.home, Home::Free)
    }

    pub fn is_member(&self) -> bool {
        matches!(self.home, Home::Member(_))
    }

    /// The uses in a text.
    ///
    /// # Errors
    /// In a function that has a variable of that name the name is also called: which of the two is meant, only types tell.
    pub fn uses(&self, path: &str, id: Option<FileId>, parsed: &Parsed) -> Result<Found, String> {
        let text = parsed.text();
        let place = self.place(path, id, parsed);
        let (mut found, mut comments) = (Found::default(), vec![]);
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

    /// Whether one use in code means it, for menus: the others in the text are not looked at.
    pub fn follows(&self, path: &str, id: Option<FileId>, parsed: &Parsed, one: &Mention) -> bool {
        matches!(self.verdict(&self.place(path, id, parsed), one), Ok(Verdict::Follows(_)))
    }

    fn place<'p>(&self, path: &'p str, id: Option<FileId>, parsed: &'p Parsed) -> Place<'p> {
        let variables = uses::variables(parsed, self.name);
        let names_container = !self.is_one_of_many && self.containers().any(|container| words::has(parsed.text(), container));
        let (facts, foreign) = (syntax::tags(parsed, path), OnceCell::new());
        Place { path, id, parsed, facts, variables, names_container, foreign }
    }
}

/// Whether a word in a comment is meant as code: it is no word of a language, or marked or used as code is.
pub(super) fn is_code(text: &str, range: &Range<usize>) -> bool {
    let name = &text[range.clone()];
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let odd = name.chars().any(|letter| letter == '_' || letter.is_ascii_digit()) || name.chars().skip(1).any(char::is_uppercase);
    odd || before.ends_with(['`', '.', ':', '#', '"', '\'']) || after.starts_with(['(', '`'])
}
