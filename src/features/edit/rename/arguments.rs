//! Calls that name a renamed parameter: they follow if it is clear that they call its function.

use std::ops::Range;

use super::defined::{definitions, is_of_family};
use super::imports::last_word;
use super::references::{RenamedDefinition, Spot};
use super::{Rename, read};
use crate::features::{Session, Site};
use crate::index::FileId;
use crate::syntax::Parsed;
use crate::syntax::scope::Item;
use crate::syntax::uses::{self, Mention, Stands, Within};
use crate::text::lines::line_number;
use crate::text::words;

/// The function whose parameter is renamed.
struct Callee<'a> {
    session: &'a Session,
    name: &'a str,
    parameter: &'a str,
    /// None if several functions have its name.
    meant: Option<RenamedDefinition<'a>>,
}

/// Adds the calls that name the parameter, which have to use the new name.
pub(in crate::features::edit) fn follow(
    rename: &mut Rename,
    session: &Session,
    site: &Site,
    parsed: &Parsed,
    item: &Item,
) -> Result<(), String> {
    let class = || site.place().items.into_iter().rfind(|around| around.kind.is_type()).map(|around| around.name);
    // The arguments of a constructor are named where the class is called.
    let constructs = parsed.language().constructor.as_ref() == Some(&item.name);
    let name = if constructs { class() } else { Some(item.name.clone()) };
    let Some(name) = name else { return Ok(()) };
    let family = Some(parsed.language().family.as_str());
    let defined = definitions(session, &name, family);
    let meant = defined.first().filter(|_| defined.len() == 1).map(|first| RenamedDefinition::new(session, &name, first));
    let parameter = rename.old.clone();
    let callee = Callee { session, name: &name, parameter: &parameter, meant };
    let own = site.document_path().and_then(|path| session.index.find(path));
    rename.here.extend(callee.named_in(&site.path, own, parsed)?);
    rename.here.sort_by_key(|spot| spot.range.start);
    let users = session.index.name(&name).map(|id| session.index.users(id)).unwrap_or_default();
    for (number, _) in users.into_iter().filter(|(number, _)| Some(*number) != own && is_of_family(session, *number, family)) {
        let Some(file) = session.index.file(number) else { continue };
        let Some((text, parsed)) = read(session, &file.path, &parameter)? else { continue };
        let spots = callee.named_in(&file.path.to_string(), Some(number), &parsed)?;
        rename.in_strings += whole_strings(&parsed, &parameter);
        rename.change(session, &file.path, text, spots)?;
    }
    Ok(())
}

/// How many strings are just this name: `f(**{'limit': 3})`.
fn whole_strings(parsed: &Parsed, name: &str) -> usize {
    let text = parsed.text();
    let is_whole = |at: &Range<usize>| text[..at.start].ends_with(['"', '\'']) && text[at.end..].starts_with(['"', '\'']);
    uses::mentions(parsed, name).iter().filter(|one| one.within == Within::Text && is_whole(&one.range)).count()
}

impl Callee<'_> {
    /// Where a text names the parameter in a call of the function.
    ///
    /// # Errors
    /// It is unclear whether some place does.
    fn named_in(&self, path: &str, id: Option<FileId>, parsed: &Parsed) -> Result<Vec<Spot>, String> {
        let text = parsed.text();
        let (mut named, mut spots): (Vec<_>, Vec<Spot>) = (vec![], vec![]);
        let is_argument = |one: &Mention| one.within == Within::Code && uses::is_argument(parsed, &one.range);
        for one in uses::mentions(parsed, self.parameter).into_iter().filter(is_argument) {
            let Stands::Key(of) = one.stands else { continue };
            let called = last_word(&text[of.clone()]);
            // The key of an object is not an argument.
            if called.is_empty() {
                continue;
            }
            if called == self.name {
                named.push((one.range, of.end - called.len()..of.end));
            } else if self.is_taken_as(id, called) {
                spots.push(Spot::plain(one.range));
            } else if self.may_be(parsed, called, &text[of.end..one.range.start]) {
                return Err(self.unclear(path, text, &one.range, called));
            }
        }
        let Some((first, _)) = named.first() else { return Ok(spots) };
        let unclear = || self.unclear(path, text, first, self.name);
        let uses = self.meant.as_ref().ok_or_else(unclear)?.uses(path, id, parsed)?;
        if !uses.unclear.is_empty() {
            return Err(unclear());
        }
        let calls = |of: &Range<usize>| uses.spots.iter().any(|spot| spot.range == *of);
        spots.extend(named.into_iter().filter(|(_, of)| calls(of)).map(|(range, _)| Spot::plain(range)));
        spots.sort_by_key(|spot| spot.range.start);
        Ok(spots)
    }

    /// Whether a file imports the function under another name: `from p import fetch as get`.
    fn is_taken_as(&self, id: Option<FileId>, called: &str) -> bool {
        let index = &self.session.index;
        let taken = |id: FileId| {
            let file = index.file(id)?;
            let mut taken = file.imports().iter().flat_map(|import| file.imported(import));
            taken.find(|(there, here)| index.text(*there) == self.name && index.text(*here) == called)
        };
        self.meant.is_some() && id.and_then(taken).is_some()
    }

    /// Whether a call may call the function indirectly: `get = fetch`, `partial(fetch, limit=3)`.
    fn may_be(&self, parsed: &Parsed, called: &str, before: &str) -> bool {
        let value = |given: uses::Assignment| given.value.is_some_and(|value| last_word(&parsed.text()[value]) == self.name);
        words::has(before, self.name) || uses::given(parsed, called).into_iter().any(value)
    }

    fn unclear(&self, path: &str, text: &str, at: &Range<usize>, called: &str) -> String {
        let line = line_number(text, at.start);
        format!(
            "`{}` is named in a call of some `{called}` ({path}:{line}); the index cannot tell of which: use the rename of your language server",
            self.parameter
        )
    }
}
