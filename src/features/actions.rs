//! The menu of code actions at a place, made from memory: nothing here asks a model.

use serde::Serialize;

use super::edit::{calls::known_uses, rename};
use super::{Session, Site, Target};
use crate::route::UNTRUSTED;
use crate::syntax::scope::Item;
use crate::text::excerpt::headline;

/// The kinds of code actions that `edit` computes.
pub const REWRITE: &str = "refactor.rewrite";
/// Explains the selection.
pub const EXPLAIN: &str = "refactor.rewrite.longsight.explain";
/// Documents an item.
pub const DOCUMENT: &str = "refactor.rewrite.longsight.document";
/// Writes a test for an item.
pub const TEST: &str = "refactor.rewrite.longsight.test";
/// Writes the body of an item.
pub const IMPLEMENT: &str = "refactor.rewrite.longsight.implement";
/// Extracts lines into a function.
pub const EXTRACT: &str = "refactor.extract.longsight.function";
/// Extracts a value into a variable.
pub const VARIABLE: &str = "refactor.extract.longsight.variable";
/// Moves an item into a module of its own.
pub const MODULE: &str = "refactor.extract.longsight.module";
/// Renames a definition.
pub const RENAME: &str = "refactor.rewrite.longsight.rename";
/// Adapts the calls of an item to its signature.
pub const CALLS: &str = "refactor.rewrite.longsight.calls";
/// Fixes diagnostics.
pub const FIX: &str = "quickfix";

/// The parent of all extractions; as the kind of an edit it means a function.
pub const EXTRACTIONS: &str = "refactor.extract";

/// Whether `edit` can compute this kind. Fixes and rewrites include the kinds below them; explaining is not an edit.
pub fn is_edit(kind: &str) -> bool {
    let known = [DOCUMENT, TEST, IMPLEMENT, EXTRACT, VARIABLE, MODULE, RENAME, CALLS, EXTRACTIONS].contains(&kind);
    known || kind != EXPLAIN && [FIX, REWRITE].iter().any(|parent| covers(parent, kind))
}

/// Whether a kind equals `parent` or is below it in the dotted hierarchy.
pub fn covers(parent: &str, kind: &str) -> bool {
    kind.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub title: String,
    /// The LSP kind, such as `refactor.rewrite`.
    pub kind: String,
    /// It explains and changes nothing.
    #[serde(skip)]
    pub explains: bool,
}

impl Offer {
    fn new(title: impl Into<String>, kind: &str) -> Self {
        Self { title: title.into(), kind: kind.into(), explains: kind == EXPLAIN }
    }
}

/// Why no code action can be offered in this document at all, and what the user can do about it.
pub fn refused(session: &Session, target: &Target) -> Option<String> {
    if session.is_trusted() { session.closed(target) } else { Some(UNTRUSTED.into()) }
}

/// What can be done with the range of `target`. `problems` are the messages of the diagnostics there. Empty if nothing applies.
pub fn actions(session: &Session, target: &Target, problems: &[String]) -> Vec<Offer> {
    if refused(session, target).is_some() {
        return vec![];
    }
    let site = Site::new(session, target);
    let mut offers: Vec<Offer> = problems.first().map(|first| Offer::new(format!("Fix: {}", headline(first)), FIX)).into_iter().collect();
    let selected = !site.text[site.bytes.clone()].trim().is_empty();
    let line = site.whole_lines(site.bytes.clone());
    let item = site.item();
    // Nothing is offered on a blank line, unless a body has to be written there.
    let is_to_come = |item: &Item| site.empty_body(item).is_some_and(|body| body.contains(&site.bytes.start));
    if site.text[line.clone()].trim().is_empty() && !item.as_ref().is_some_and(is_to_come) {
        return offers;
    }
    let name = item.as_ref().map(|item| format!("`{}`", headline(&item.name)));
    let what = if selected { Some("selection".to_string()) } else { name.clone() };
    let rename = rename_of(session, &site, selected);
    let Some(what) = what else {
        offers.extend(rename);
        return offers;
    };
    offers.push(Offer::new(format!("Explain {what}"), EXPLAIN));
    offers.push(Offer::new(format!("Rewrite {what} more clearly"), REWRITE));
    if let (Some(item), Some(name)) = (&item, &name) {
        offers.extend(of_item(session, &site, item, name, selected));
    }
    let binds = site.language.as_ref().is_some_and(|language| language.binding.is_some());
    if selected && binds && site.value().is_ok() {
        offers.push(Offer::new("Extract selection into a variable", VARIABLE));
    }
    offers.extend(rename);
    offers
}

/// What can be done with the item around a place.
fn of_item(session: &Session, site: &Site, item: &Item, name: &str, selected: bool) -> Vec<Offer> {
    let mut offers = vec![Offer::new(format!("Document {name}"), DOCUMENT)];
    let callable = item.kind.is_callable();
    let is_empty = site.empty_body(item).is_some();
    if callable && is_empty && !site.is_contract(item) {
        offers.push(Offer::new(format!("Implement {name}"), IMPLEMENT));
    } else if callable && item.body.is_some() && !is_empty && !site.is_stub() && !site.is_test(item) {
        offers.push(Offer::new(format!("Write tests for {name}"), TEST));
    }
    if selected && callable && site.is_in_body(item, &site.whole_lines(site.bytes.clone())) {
        offers.push(Offer::new("Extract selection into a function", EXTRACT));
    }
    if callable && !selected && known_uses(session, site, &item.name) > 0 {
        offers.push(Offer::new(format!("Adapt the calls of {name} to its signature"), CALLS));
    }
    if (session.edits_with_tools() || super::edit::may_move(session, site, item)) && is_one_of_several(session, site, item) {
        offers.push(Offer::new(format!("Move {name} into a module of its own"), MODULE));
    }
    offers
}

/// The offer to rename the name at the cursor, or the one that is selected.
fn rename_of(session: &Session, site: &Site, selected: bool) -> Option<Offer> {
    let old = rename::name_at(site).filter(|old| !selected || site.text[site.bytes.clone()].trim() == *old)?;
    rename::is_known(session, site, &old).then(|| Offer::new(format!("Rename `{}` to what it is or does", headline(&old)), RENAME))
}

/// Whether an item is at the top level of a file that has others.
fn is_one_of_several(session: &Session, site: &Site, item: &Item) -> bool {
    let file = session.index.named(&item.name).into_iter().find_map(|id| {
        let file = session.index.file(id.file)?;
        let symbol = session.index.symbol(id)?;
        (file.path.to_string() == site.path && symbol.container().is_none()).then_some(file)
    });
    file.is_some_and(|file| file.symbols.iter().filter(|symbol| symbol.container().is_none()).count() > 1)
}
