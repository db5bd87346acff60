//! Renames: the index says where a name is used, and every such place follows. A model decides the new name at most. If uses of the name
//! cannot be told from those of another, the rename is left to tools that know types.
//!
//! - What is renamed: `chosen` (which of several things at the place), `defined` (its definitions), `private` (a member of one class),
//!   `contract` (names that are not ours to change).
//! - Where it is used: `references`, with a `verdict` for each use. That asks `imports` and `loaded` for modules, `reach` for the files
//!   that see the definition, `member`, `origin` and `type_text` for the owner of a member, and `interfaces`.
//! - What follows besides: `arguments` that name a parameter. `unparsed` files are left to a person.

pub(super) mod arguments;
mod chosen;
pub(super) mod contract;
pub(super) mod defined;
pub(super) mod imports;
mod interfaces;
pub(super) mod loaded;
mod member;
pub(super) mod origin;
pub(super) mod private;
pub(super) mod reach;
pub(super) mod references;
pub(super) mod type_text;
mod unparsed;
mod verdict;

use std::ops::Range;
use std::sync::Arc;

use super::task::wording::is_name;
use chosen::{is_known_whole, of_kind, variables};
use defined::{Defined, definitions, is_of_family, root};
use references::{RenamedDefinition, Spot, UsesInText};

use crate::features::{Session, Site};
use crate::index::{File, FileId, NameId, Stage};
use crate::syntax::uses::{self, Mention, Stands, Variable, Within};
use crate::syntax::{self, Kind, Language, Parsed, lists, naming};
use crate::text::lines::line_number;
use crate::text::words;
use crate::workspace::WorkspacePath;

/// Most files that one rename may change.
const MAX_FILES: usize = 200;
/// Most places that are named to a person.
const MAX_PLACES: usize = 5;

/// A name, with all of its places.
#[derive(Clone, Debug)]
pub struct Rename {
    pub old: String,
    /// Its kind, for the model.
    pub what: String,
    /// The new name, if the task says it.
    pub wanted: Option<String>,
    /// Places in the current file.
    pub(super) here: Vec<Spot>,
    /// Places in other files.
    elsewhere: Vec<InFile>,
    /// It is used as a member of something, so other members may have its name.
    is_member: bool,
    /// A mark before the name limits it to its class, so other members may have its name.
    is_private: bool,
    /// Texts that use the old name: the new one must not be taken there.
    texts: Vec<(Option<Arc<Language>>, Arc<str>)>,
    /// How many places are in strings, which stay.
    pub in_strings: usize,
    /// Places of other things with this name, which stay.
    others: Vec<String>,
    /// Places that may or may not mean it.
    unclear: Vec<String>,
    /// A further warning.
    warning: Option<String>,
    /// Places in code files without a grammar.
    unread: Vec<String>,
}

/// The places in one file.
#[derive(Clone, Debug)]
struct InFile {
    path: WorkspacePath,
    text: Arc<str>,
    spots: Vec<Spot>,
}

/// The change of another file.
pub struct Changed {
    pub path: WorkspacePath,
    /// None for a file that is created.
    pub before: Option<Arc<str>>,
    pub after: String,
}

/// The name at a place: the selected word or the one at the cursor, else the name of the item there.
pub fn name_at(site: &Site) -> Option<String> {
    let text = &site.text;
    let selected = text[site.bytes.clone()].trim();
    if !selected.is_empty() && selected.chars().all(words::is_word) {
        return Some(selected.into());
    }
    if site.bytes.is_empty() {
        let (before, behind) = text.split_at(site.bytes.start);
        let word = &text[before.len() - words::last(before).len()..before.len() + words::first(behind).len()];
        if is_name(word) && site.defines(word) {
            return Some(word.into());
        }
    }
    site.item().map(|item| item.name).filter(|name| is_name(name))
}

/// Whether a name is that of the item at a place, or the word at the cursor.
pub fn stands_at(site: &Site, name: &str) -> bool {
    site.item().is_some_and(|item| item.name == name) || name_at(site).is_some_and(|at| at == name)
}

/// Whether a name means one thing in the workspace, and no file has it: then a rename should leave no uses.
pub fn is_unmistakable(session: &Session, name: &str) -> bool {
    let is_file = || session.index.files().any(|(_, file)| naming::stem(file.language.as_deref(), file.path.relative()) == name);
    definitions(session, name, None).len() == 1 && !is_file()
}

/// Fails unless the index knows the whole workspace: uses that it does not know would stay.
pub fn whole(session: &Session) -> Result<(), String> {
    match session.index.stage() {
        Stage::Ready => Ok(()),
        _ => Err("the index is not complete yet, so that uses would be missed; ask again when it is".into()),
    }
}

/// The error for a name with several definitions. Sorted, since files are numbered in the order in which they were read.
fn several(old: &str, defined: &[Defined]) -> String {
    let places = defined.iter().map(|one| one.place.as_str());
    let first = places.min_by_key(|place| (place.rsplit_once(':').map(|(path, _)| path), place.len(), *place)).unwrap_or_default();
    let count = defined.len();
    format!(
        "`{old}` is defined at {count} places ({first}, …); the index cannot tell their uses apart: use the rename of your language server"
    )
}

/// Why a name is not renamed that nothing defines.
fn undefined(session: &Session, site: &Site, parsed: &Parsed, old: &str, at: Option<&Mention>) -> String {
    let unread = unparsed::places(session, old, parsed.language());
    if !unread.is_empty() {
        return format!("nothing that the index reads defines `{old}`, which also stands in files that it leaves out: {}", few(&unread));
    }
    if at.is_some_and(|at| is_member(site, at)) {
        format!("`{old}` is a field or a member here, and nothing in the workspace defines one; rename it in the type that it belongs to")
    } else {
        format!("nothing in the workspace defines `{old}`: what comes from elsewhere keeps its name")
    }
}

impl Rename {
    /// The places of a name, or why they cannot be told.
    pub fn find(session: &Session, site: &Site, old: &str, wanted: Option<String>) -> Result<Self, String> {
        whole(session)?;
        let parsed = site.parsed().ok_or_else(|| format!("{} cannot be parsed, so the uses of `{old}` are not known", site.path))?;
        if let Some(private) = private::rename(site, parsed, old, wanted.clone()) {
            return Ok(private);
        }
        let family = &parsed.language().family;
        let defined = definitions(session, old, Some(family));
        let meant = at_cursor(site, parsed, old);
        // A variable hides every definition of its name elsewhere, but not what belongs to something.
        let variables = variables(site, parsed, old, meant.as_ref());
        if !variables.is_empty() {
            return Self::local(session, site, parsed, old, wanted, &variables);
        }
        is_known_whole(session, site, old)?;
        if defined.is_empty() {
            if let Some(variable) = uses::binder(parsed, old, site.bytes.start) {
                return Self::local(session, site, parsed, old, wanted, &[variable]);
            }
            return Err(undefined(session, site, parsed, old, meant.as_ref()));
        }
        let defined = of_kind(site, parsed, old, defined, meant.as_ref())?;
        let Some(first) = root(session, old, &defined) else { return Err(several(old, &defined)) };
        keeps_its_file(session, old, first)?;
        let overriding: Vec<&Defined> = defined.iter().filter(|other| !other.stands_with(first)).collect();
        let told = contract::told(session, first, &overriding, old)?;
        let (at, meant) = (meant, RenamedDefinition::new(session, old, first).overridden(&overriding));
        let mut rename = Self::new(old, format!("the {} `{old}`", first.kind.name()), wanted, site);
        let here = meant.uses(&site.path, site.document_path().and_then(|path| session.index.find(path)), parsed)?;
        // The cursor is on something else with this name.
        if let Some(at) =
            at.filter(|at| !here.spots.iter().any(|spot| spot.range.start <= at.range.start && at.range.end <= spot.range.end))
        {
            let line = line_number(&site.text, at.range.start);
            return Err(format!(
                "the `{old}` at {}:{line} is not known to be the one that {} defines: use the rename of your language server",
                site.path, first.place
            ));
        }
        rename.tell(&site.path, &site.text, &here);
        rename.here = here.spots;
        rename.is_member = meant.is_member();
        rename.warning = told;
        rename.add_others(session, site, parsed.language(), &meant)?;
        rename.unread = unparsed::places(session, old, parsed.language());
        rename.settled()
    }

    /// Adds the places in other files that may use the name.
    fn add_others(&mut self, session: &Session, site: &Site, language: &Language, meant: &RenamedDefinition) -> Result<(), String> {
        let old = &self.old.clone();
        let id = session.index.name(old).ok_or("the index does not know it")?;
        for number in users(session, language, old, id) {
            let Some(file) = session.index.file(number).filter(|file| file.path.to_string() != site.path) else { continue };
            if naming::stem(file.language.as_deref(), file.path.relative()) == *old {
                return Err(format!("`{old}` is also what {} is called: rename the file first, or use your language server", file.path));
            }
            self.add(session, &file.path, number, meant)?;
        }
        Ok(())
    }

    /// Sorts the places, and refuses if some are unclear or there are too many.
    fn settled(mut self) -> Result<Self, String> {
        let old = &self.old;
        self.elsewhere.sort_by_key(|file| file.path.to_string());
        self.others.sort();
        self.others.dedup();
        self.unclear.sort();
        self.unclear.dedup();
        if !self.unclear.is_empty() {
            return Err(format!(
                "`{old}` may be that of something else at {}; the index cannot tell: use the rename of your language server, or change \
                 these places first",
                few(&self.unclear)
            ));
        }
        if self.elsewhere.len() > MAX_FILES {
            return Err(format!("`{old}` is used in {} files; {MAX_FILES} are the limit", self.elsewhere.len()));
        }
        Ok(self)
    }

    fn new(old: &str, what: String, wanted: Option<String>, site: &Site) -> Self {
        Self {
            old: old.into(),
            what,
            wanted,
            here: vec![],
            elsewhere: vec![],
            is_member: false,
            is_private: false,
            texts: vec![(site.language.clone(), site.text.clone())],
            in_strings: 0,
            others: vec![],
            unclear: vec![],
            warning: None,
            unread: vec![],
        }
    }

    /// Variables: fields and arguments that are called the same stay.
    fn local(
        session: &Session,
        site: &Site,
        parsed: &Parsed,
        old: &str,
        wanted: Option<String>,
        variables: &[Variable],
    ) -> Result<Self, String> {
        let text = &site.text;
        let function = variables.iter().find_map(|variable| variable.function.as_ref());
        let of = function.map(|function| format!(" of `{}`", function.name)).unwrap_or_default();
        let mut rename = Self::new(old, format!("the variable `{old}`{of}"), wanted, site);
        let inner: Vec<Range<usize>> = variables.iter().flat_map(|variable| members(site, old, &variable.scope)).collect();
        for one in uses::mentions(parsed, old) {
            let is_inside = |scope: &Range<usize>| scope.start <= one.range.start && one.range.end <= scope.end;
            let means = variables.iter().any(|variable| match one.within {
                Within::Code => variable.is_meant_at(one.range.start),
                Within::Comment | Within::Text => is_inside(&variable.scope),
            });
            if !means {
                continue;
            }
            if one.within == Within::Code && inner.iter().any(|types| types.contains(&one.range.start)) {
                if parsed.language().bare_members {
                    return Err(format!("a type inside{of} has a member `{old}` too: use the rename of your language server"));
                }
                if site.is_member_of_type(&one.range) {
                    continue;
                }
            }
            let spot = match (one.within, one.stands) {
                (Within::Text, _) => {
                    rename.in_strings += 1;
                    continue;
                }
                (Within::Comment, _) if !references::is_code(text, &one.range) => continue,
                (Within::Code, Stands::Shorthand(_, whole)) => Spot::variable_of(text, old, &one.range, &whole),
                (Within::Code | Within::Comment, _) => Spot::plain(one.range.clone()),
            };
            rename.here.push(spot);
        }
        if rename.here.is_empty() {
            return Err(format!("nothing{of} is called `{old}`"));
        }
        for function in variables.iter().filter(|variable| variable.is_parameter()).filter_map(|variable| variable.function.as_ref()) {
            arguments::follow(&mut rename, session, site, parsed, function)?;
        }
        Ok(rename)
    }

    fn add(&mut self, session: &Session, path: &WorkspacePath, id: FileId, meant: &RenamedDefinition) -> Result<(), String> {
        // Text without a grammar is prose or data, and stays.
        let Some((text, parsed)) = read(session, path, &self.old)? else { return Ok(()) };
        let found = meant.uses(&path.to_string(), Some(id), &parsed)?;
        self.tell(&path.to_string(), parsed.text(), &found);
        self.change(session, path, text, found.spots)
    }

    /// Collects what has to be told about the uses in a file.
    fn tell(&mut self, path: &str, text: &str, found: &UsesInText) {
        let place = |at: &Range<usize>| format!("{path}:{}", line_number(text, at.start));
        self.in_strings += found.in_strings;
        self.others.extend(found.others.iter().map(place));
        self.unclear.extend(found.unclear.iter().map(place));
    }

    /// Adds the places in another file; fails if that must not be changed.
    pub(super) fn change(&mut self, session: &Session, path: &WorkspacePath, text: Arc<str>, spots: Vec<Spot>) -> Result<(), String> {
        if spots.is_empty() {
            return Ok(());
        }
        if let Some(reason) = session.closed_path(path) {
            return Err(format!("`{}` is used where nothing may be changed: {reason}", self.old));
        }
        let language = session.language_at(path, &text);
        self.texts.push((language, text.clone()));
        self.elsewhere.push(InFile { path: path.clone(), text, spots });
        Ok(())
    }

    /// The first place in the current file, which the model is shown.
    pub fn place(&self) -> Range<usize> {
        self.here.first().map(|spot| spot.range.clone()).unwrap_or_default()
    }

    /// Why a new name cannot be used.
    pub fn refuses(&self, new: &str) -> Option<String> {
        if !is_name(new) {
            return Some(format!("`{new}` is no name; give one word of letters, digits and _"));
        }
        if self.is_reserved(new) {
            return Some(format!("`{new}` is a word of the language, and no name; give another name"));
        }
        if new == self.old {
            return Some(format!("`{new}` is what it is called already; give another name"));
        }
        if let Some(wanted) = self.wanted.as_ref().filter(|wanted| *wanted != new) {
            return Some(format!("the task asks for the name `{wanted}`, not `{new}`"));
        }
        let taken = self.texts.iter().any(|(language, text)| self.is_taken(new, language.as_ref(), text));
        taken.then(|| format!("`{new}` is taken in a file that uses `{}`; give another name", self.old))
    }

    /// Whether a language that uses the old name has a word of its own that is the new one.
    fn is_reserved(&self, new: &str) -> bool {
        let mut languages = self.texts.iter().filter_map(|(language, _)| language.as_ref());
        languages.any(|language| lists(&language.reserved, new) && !(self.is_member && language.free_members) && !self.is_private)
    }

    /// Whether code uses a name, other than as a member where the old one is none. Words in comments and strings are no names.
    fn is_taken(&self, new: &str, language: Option<&Arc<Language>>, text: &Arc<str>) -> bool {
        let mark = language.and_then(|language| language.private_mark.as_deref()).filter(|_| self.is_private);
        let marked = format!("{}{new}", mark.unwrap_or_default());
        let new = marked.as_str();
        if !words::has(text, new) {
            return false;
        }
        let Some(parsed) = language.and_then(|language| syntax::parse(language, text.clone()).ok()) else { return true };
        let is_name = |stands: &Stands| self.is_member || self.is_private || matches!(stands, Stands::Alone | Stands::Shorthand(..));
        uses::mentions(&parsed, new).iter().any(|one| one.within == Within::Code && is_name(&one.stands))
    }

    /// The edits of the current file.
    pub fn here(&self, new: &str) -> Vec<crate::text::Edit> {
        self.here.iter().map(|spot| crate::text::Edit { range: spot.range.clone(), text: spot.text(new) }).collect()
    }

    /// The changes of other files.
    pub fn elsewhere(&self, new: &str) -> Vec<Changed> {
        let changed = self.elsewhere.iter().map(|file| {
            let mut after = file.text.to_string();
            file.spots.iter().rev().for_each(|spot| after.replace_range(spot.range.clone(), &spot.text(new)));
            Changed { path: file.path.clone(), before: Some(file.text.clone()), after }
        });
        changed.collect()
    }

    /// Why a person has to look first.
    pub fn confirm(&self) -> Option<String> {
        let places = Some(&self.unread).filter(|places| !places.is_empty())?;
        Some(format!("`{}` also stands in files that are not read as code here, and stays there: {}", self.old, few(places)))
    }

    /// What is told about the rename.
    pub fn told(&self, new: &str) -> String {
        let files = 1 + self.elsewhere.len();
        let places = self.here.len() + self.elsewhere.iter().map(|file| file.spots.len()).sum::<usize>();
        let strings = match self.in_strings {
            0 => String::new(),
            count => format!("; {count} place(s) inside strings stay as they are"),
        };
        let others = match self.others.len() {
            0 => String::new(),
            count => format!("; {count} place(s) of other things that are called so stay ({})", few(&self.others)),
        };
        let warnings = self.warning.iter().cloned().chain(self.confirm());
        let warning: String = warnings.map(|warning| format!(" Attention: {warning}.")).collect();
        format!("`{}` is called `{new}` at {places} place(s) in {files} file(s){strings}{others}.{warning}", self.old)
    }
}

/// A text that uses a name, with its tree; none if nothing can be changed in it.
pub(super) fn read(session: &Session, path: &WorkspacePath, name: &str) -> Result<Option<(Arc<str>, Parsed)>, String> {
    let (text, parsed) = session.parsed(path).map_err(|error| format!("`{name}` is used in {path}: {error}"))?;
    Ok(parsed.map(|parsed| (text, parsed)))
}

/// Files that may use a name: those that the index knows, and those with macros that name it.
fn users(session: &Session, language: &Language, name: &str, id: NameId) -> Vec<FileId> {
    let family = Some(language.family.as_str());
    let mut found: Vec<FileId> = session.index.users(id).into_iter().map(|(file, _)| file).collect();
    found.retain(|file| is_of_family(session, *file, family));
    if !language.has_raw_macros() {
        return found;
    }
    let rest = session.index.files().filter(|(file, _)| !found.contains(file) && is_of_family(session, *file, family));
    let named = rest.filter(|(_, file)| {
        let text = session.snapshot.read_exact(&file.path).unwrap_or_default();
        words::has(&text, name)
    });
    let named: Vec<FileId> = named.map(|(file, _)| file).collect();
    found.extend(named);
    found
}

/// The place of a name at the cursor, if that is code.
fn at_cursor(site: &Site, parsed: &Parsed, name: &str) -> Option<Mention> {
    let meant = |range: &Range<usize>| match site.bytes.is_empty() {
        true => range.start <= site.bytes.start && site.bytes.start <= range.end,
        false => site.text[site.bytes.clone()].trim() == name && site.bytes.start <= range.start && range.end <= site.bytes.end,
    };
    uses::mentions(parsed, name).into_iter().find(|one| one.within == Within::Code && meant(&one.range))
}

/// Whether a name is a member: of a value, of a call, or of the type that defines it.
fn is_member(site: &Site, one: &Mention) -> bool {
    let defined = || site.definitions().iter().any(|known| known.name.range() == one.range && is_of_type(known.kind));
    matches!(one.stands, Stands::Member(_) | Stands::Key(_)) || defined()
}

fn is_of_type(kind: Kind) -> bool {
    matches!(kind, Kind::Attribute | Kind::Method | Kind::Variant)
}

/// The types inside of an item that have a member of this name.
fn members(site: &Site, name: &str, item: &Range<usize>) -> Vec<Range<usize>> {
    let all = site.definitions();
    let inside = |range: &Range<usize>| item.start < range.start && range.end <= item.end;
    let has = |types: &Range<usize>| {
        let of = |known: &syntax::Definition| is_of_type(known.kind) && known.name.of(&site.text) == name;
        all.iter().any(|known| of(known) && types.contains(&known.name.range().start))
    };
    all.iter().filter(|known| known.kind.is_type()).map(|known| known.item.range()).filter(|types| inside(types) && has(types)).collect()
}

/// Fails if a name cannot change without the name of its file.
fn keeps_its_file(session: &Session, old: &str, defined: &Defined) -> Result<(), String> {
    let Some(file) = session.index.file(defined.file) else { return Ok(()) };
    let language = file.language.as_deref();
    let called_so = naming::stem(language, file.path.relative()) == old;
    let is_own = |other: &File| {
        other.language.as_ref().map(|known| &known.family) == language.map(|known| &known.family)
            && naming::stem(other.language.as_deref(), other.path.relative()) == old
    };
    // `mod shapes;` names the file.
    let has_own_files = language.is_some_and(|language| language.own_module.is_some());
    let declares = has_own_files && defined.kind == Kind::Module && !defined.has_body;
    if let Some((_, other)) = session.index.files().find(|(_, other)| declares && is_own(other)) {
        return Err(format!(
            "`{old}` is the module in {}, and the file would have to be renamed too: use the rename of your language server",
            other.path
        ));
    }
    if defined.container.is_none() && called_so && language.is_some_and(|language| language.type_per_file) {
        return Err(format!(
            "`{old}` is what {} is called, and the file would have to be renamed too: use the rename of your language server",
            file.path
        ));
    }
    Ok(())
}

/// Whether the name at a place can be renamed, judged by the index; for menus.
pub fn is_known(session: &Session, site: &Site, name: &str) -> bool {
    let Some(parsed) = site.parsed() else { return false };
    if private::rename(site, parsed, name, None).is_some() {
        return true;
    }
    let defined = definitions(session, name, Some(&parsed.language().family));
    let at = at_cursor(site, parsed, name);
    if !variables(site, parsed, name, at.as_ref()).is_empty()
        || defined.is_empty() && uses::binder(parsed, name, site.bytes.start).is_some()
    {
        return true;
    }
    let own = site.document_path().and_then(|path| session.index.find(path));
    let Some(first) = defined.first() else { return false };
    if own.is_none() || defined.len() > 1 || own == Some(first.file) {
        return true;
    }
    // It is defined in another file: perhaps this one means something else.
    let Some(at) = at else { return true };
    RenamedDefinition::new(session, name, first).follows(&site.path, own, parsed, &at)
}

fn few(places: &[String]) -> String {
    let shown = places.iter().take(MAX_PLACES).cloned().collect::<Vec<_>>().join(", ");
    if places.len() > MAX_PLACES { format!("{shown} and {} more places", places.len() - MAX_PLACES) } else { shown }
}
