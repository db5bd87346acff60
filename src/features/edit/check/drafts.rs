//! Objections to all drafts of a model with tools. Single edits are checked when they are proposed; what they amount to shows only at the
//! end.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::duplicates::PlacedEdit;
use super::losses::{self, Change, Gone};
use super::outline::Outline;
use super::still_used;
use crate::agent::tools::Review;
use crate::agent::tools::draft::{Draft, Drafts};
use crate::features::edit::Work;
use crate::features::edit::calls::Calls;
use crate::features::edit::calls::constructors;
use crate::features::edit::calls::signature::Parameters;
use crate::features::edit::module_move::importers::Moved;
use crate::features::edit::task::allowed::Allowed;
use crate::features::edit::task::plan::Plan;
use crate::features::{Session, Site, Target};
use crate::syntax::uses::{self, Within};
use crate::syntax::{Definition, Kind, scope};
use crate::text::Text;
use crate::text::common::common_ends;
use crate::text::lines::{line_end, line_start};
use crate::workspace::{Document, WorkspacePath};

/// Most names and signatures that are looked at.
const MAX_NAMES_REVIEWED: usize = 8;
/// Most places that are named.
const MAX_PLACES_TOLD: usize = 5;

/// A task whose drafts are reviewed.
struct Task {
    session: Session,
    at: Target,
    plan: Plan,
    /// What should move to a module of its own.
    moves: Option<String>,
}

/// The reviewer for a task's drafts.
pub(in crate::features::edit) fn of(work: &Work<'_>) -> Review {
    let moves = work.site.item().filter(|_| work.plan.moves.is_some()).map(|item| item.name);
    let task = Task { session: work.session.clone(), at: work.params.at.clone(), plan: work.plan.clone(), moves };
    Arc::new(move |drafts| task.objections(drafts))
}

impl Task {
    fn objections(&self, drafts: &Drafts) -> Vec<String> {
        let changed: Vec<Changed<'_>> = drafts.iter().map(|draft| Changed::new(&self.session, draft)).collect();
        let lost = changed.iter().filter_map(|one| one.lost(self.plan.allowed()));
        let twice = changed.iter().filter_map(Changed::doubled);
        let mut found: Vec<String> = lost.chain(twice).chain(self.gone(&changed)).chain(self.moved(&changed)).collect();
        found.extend(changed.iter().filter_map(Changed::residue));
        found.extend(self.left_behind(&changed));
        found.extend(self.signatures(&changed));
        found
    }

    /// A definition that no file has any more, although something uses it or nothing replaced it.
    fn gone(&self, changed: &[Changed<'_>]) -> Option<String> {
        let allowed = self.plan.allowed();
        if allowed.takes_away() || allowed.renames() {
            return None;
        }
        let file = |id| self.session.index.file(id);
        let is_draft = |id| file(id).is_some_and(|file| changed.iter().any(|one| one.draft.path == file.path));
        let used = |name: &str| changed.iter().any(|one| one.uses(name));
        let (old, now): (Vec<&Outline>, Vec<&Outline>) =
            (changed.iter().filter_map(|one| one.change.old()).collect(), changed.iter().filter_map(|one| one.change.now()).collect());
        let is_needed = |name: &str| still_used::is_needed(&self.session, name, used(name), is_draft);
        let is_lost = |one: &Gone| match (&one.instead, allowed.is_unneeded(&one.name)) {
            (None, false) => true,
            _ => one.holder.is_none() && is_needed(&one.name),
        };
        let gone = losses::gone(&old, &now).into_iter().take(MAX_NAMES_REVIEWED).find(is_lost)?;
        Some(format!("the definition of {gone} is gone with this, which the task does not ask for"))
    }

    /// An item that should have moved is still in its old place and also in the new one.
    fn moved(&self, changed: &[Changed<'_>]) -> Option<String> {
        let name = self.moves.as_ref()?;
        let home = self.at.document.path.as_ref()?;
        let is_home = |one: &&Changed<'_>| one.draft.path == *home;
        let stays = changed.iter().find(is_home).is_none_or(|one| one.has(name));
        let new = changed.iter().filter(|one| !is_home(one)).find(|one| one.has(name)).filter(|_| stays)?;
        Some(format!("`{name}` is in {home} and in {} with this; it was to be moved", new.draft.path))
    }

    /// What does not follow the move.
    fn left_behind(&self, changed: &[Changed<'_>]) -> Vec<String> {
        let (Some(name), Some(home)) = (&self.moves, &self.at.document.path) else { return vec![] };
        let mut has = changed.iter().filter(|one| one.has(name));
        let (Some(new), None) = (has.next(), has.next()) else { return vec![] };
        // If it is still in the old place, that is told instead.
        if new.draft.path == *home || !changed.iter().any(|one| one.draft.path == *home) {
            return vec![];
        }
        let moved = Moved { session: &self.session, name, home, new: &new.draft.path };
        moved.left(&|path| changed.iter().find(|one| one.draft.path == *path).map(|one| one.change.after.into()))
    }

    /// Unchanged calls of functions with another signature.
    fn signatures(&self, changed: &[Changed<'_>]) -> Vec<String> {
        let mut found = vec![];
        for own in changed.iter().filter(|one| one.draft.before.is_some()) {
            found.extend(self.signatures_of(own, changed, MAX_NAMES_REVIEWED - found.len()));
            if found.len() == MAX_NAMES_REVIEWED {
                break;
            }
        }
        found
    }

    /// A draft's file as it was.
    fn site(&self, one: &Changed<'_>) -> Site {
        let path = &one.draft.path;
        if self.at.document.path.as_ref() == Some(path) {
            return Site::new(&self.session, &self.at);
        }
        let open = self.session.snapshot.documents.at(path).cloned();
        let document = open.unwrap_or_else(|| Arc::new(Document::on_disk(path.clone(), Text::new(one.change.before))));
        Site::new(&self.session, &Target { document, bytes: 0..0 })
    }

    fn signatures_of(&self, own: &Changed<'_>, changed: &[Changed<'_>], most: usize) -> Vec<String> {
        let others = own.other_signatures();
        if others.is_empty() {
            return vec![];
        }
        let site = self.site(own);
        let Some(before) = site.parsed().filter(|_| own.change.before == &*site.text) else { return vec![] };
        let mut found = vec![];
        for Signature { name, at, said, gone } in others {
            let Some(known) = site.definitions().iter().find(|one| one.name.range() == at) else { continue };
            let draft = |path: Option<&WorkspacePath>| {
                let path = path.or(site.document_path());
                changed.iter().find(|one| Some(&one.draft.path) == path).map(|one| one.change.after)
            };
            let places = if let Some(made) = constructors::type_of(&site, known) {
                if gone.is_some() { vec![] } else { constructors::left(&self.session, &site, made, draft) }
            } else {
                let item = scope::item_at(before, known.signature.start as usize).filter(|item| item.name == name);
                let Some(item) = item else { continue };
                let calls = Calls::with(&self.session, &site, &item, &format!("{name}{said}"));
                match gone {
                    Some(gone) => calls.naming(&gone).left(&site, draft),
                    None => calls.left(&site, draft),
                }
            };
            if !places.is_empty() {
                let more = if places.len() > MAX_PLACES_TOLD { ", …" } else { "" };
                let shown = places.iter().take(MAX_PLACES_TOLD).cloned().collect::<Vec<_>>().join(", ");
                found.push(format!("`{name}` has another signature with this, and its calls at {shown}{more} do not follow"));
            }
            if found.len() == most {
                break;
            }
        }
        found
    }
}

/// A function with other parameters in a draft: its name, where that was, and what follows it now.
struct Signature {
    name: String,
    at: Range<usize>,
    said: String,
    /// If a call only shows that these names are gone, just calls that use them count.
    gone: Option<Vec<String>>,
}

/// A draft with its changes.
struct Changed<'a> {
    draft: &'a Draft,
    change: Change<'a>,
}

impl<'a> Changed<'a> {
    fn new(session: &Session, draft: &'a Draft) -> Self {
        let language = session.language_at(&draft.path, &draft.after);
        Self { draft, change: Change::new(language, draft.before.as_deref().unwrap_or_default(), &draft.after) }
    }

    fn lost(&self, allowed: Allowed<'_>) -> Option<String> {
        self.change.lost(allowed).map(|lost| format!("{}: {lost}", self.draft.path))
    }

    fn residue(&self) -> Option<String> {
        self.change.residue(self.draft.path.name()).map(|residue| format!("{}: {}", self.draft.path, residue.why))
    }

    fn doubled(&self) -> Option<String> {
        let old = self.change.old()?;
        let put = PlacedEdit { before: &old.parsed, known: &old.all, range: &(0..0), new: self.new_lines(), after: self.change.after };
        let name = put.doubled(&(0..0)).or_else(|| self.change.repeated())?;
        Some(format!("`{name}` is in {} twice with this", self.draft.path))
    }

    /// Functions, unique by name before and after, that may need other calls.
    fn other_signatures(&self) -> Vec<Signature> {
        let (Some(old), Some(new)) = (self.change.old(), self.change.now()) else { return vec![] };
        let (before, after) = (old.parsed.text(), new.parsed.text());
        let forms = &old.parsed.language().parameters;
        let signature = |text: &str, one: &Definition| text[one.name.end as usize..one.body.start as usize].to_string();
        let callable = |one: &&Definition| one.kind.is_callable() && !one.body.is_empty();
        let mut by_name: HashMap<&str, Vec<&Definition>> = HashMap::new();
        new.all.iter().filter(|one| !one.body.is_empty()).for_each(|one| by_name.entry(one.name.of(after)).or_default().push(one));
        let other = |known: &Definition| {
            let name = known.name.of(before);
            let mut same = by_name.get(name)?.iter().filter(|one| one.kind == known.kind);
            let (Some(new), None) = (same.next(), same.next()) else { return None };
            let said = signature(after, new);
            let (was, is) = (Parameters::of(&signature(before, known), forms), Parameters::of(&said, forms));
            let gone = (!is.ask_for_more_than(&was)).then(|| was.names_gone_in(&is));
            let matters = gone.as_ref().is_none_or(|gone| !gone.is_empty());
            matters.then(|| Signature { name: name.into(), at: known.name.range(), said, gone })
        };
        old.all.iter().filter(callable).filter_map(other).collect()
    }

    /// The lines from the first changed one to the last.
    fn new_lines(&self) -> &'a str {
        let Change { before, after: text, .. } = self.change;
        let (before, after) = (before.as_bytes(), text.as_bytes());
        let (front, back) = common_ends(before, after);
        let start = line_start(text, text.floor_char_boundary(front));
        let end = line_end(text, text.ceil_char_boundary(text.len() - back));
        &text[start..end.max(start)]
    }

    /// Whether the new file defines a name, and does not just re-export it.
    fn has(&self, name: &str) -> bool {
        let all = self.change.now().map(Outline::names).unwrap_or_default();
        all.iter().any(|(kind, known)| *kind != Kind::Reexport && known == name)
    }

    fn uses(&self, name: &str) -> bool {
        self.change.now().is_some_and(|now| uses::uses(&now.parsed, name).iter().any(|(_, within)| *within == Within::Code))
    }
}
