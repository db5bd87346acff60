//! Which of several things that are called the same is meant at a place: a variable of the innermost block, a field or a method.

use std::ops::Range;

use super::defined::Defined;
use crate::features::{Session, Site};
use crate::syntax::uses::{self, Mention, Use, Variable};
use crate::syntax::{Kind, Parsed};

/// The variables that a name at a place means: that of the word under the cursor; else those in what is selected, the innermost around, or
/// those of the function at the cursor.
pub(super) fn variables(site: &Site, parsed: &Parsed, name: &str, at: Option<&Mention>) -> Vec<Variable> {
    let mut all = uses::variables(parsed, name);
    // What is a member at once has uses elsewhere.
    let is_attribute =
        |bound: &Range<usize>| site.definitions().iter().any(|known| known.kind == Kind::Attribute && known.name.range() == *bound);
    all.retain(|variable| !variable.bound.iter().any(is_attribute));
    if let Some(at) = at {
        all.retain(|variable| variable.is_meant_at(at.range.start));
        return all;
    }
    let selected = |range: &Range<usize>| site.bytes.start <= range.start && range.end <= site.bytes.end;
    let cursor = site.bytes.start;
    let around = all.iter().filter(|one| one.scope.contains(&cursor)).map(|one| one.scope.clone()).max_by_key(|scope| scope.start);
    let function = site.item().filter(|item| item.kind.is_callable()).map(|item| item.range);
    let chosen: [&dyn Fn(&Variable) -> bool; 4] =
        [&|one| one.bound.iter().any(selected), &|one| one.uses.iter().any(selected), &|one| around.as_ref() == Some(&one.scope), &|one| {
            function.as_ref().is_some_and(|function| function.start <= one.scope.start && one.scope.end <= function.end)
        }];
    let found = chosen.into_iter().map(|is_one| all.iter().filter(|one| is_one(one)).cloned().collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Of fields and methods that are called the same, those that are meant at a place.
pub(super) fn of_kind(
    site: &Site,
    parsed: &Parsed,
    old: &str,
    mut defined: Vec<Defined>,
    at: Option<&Mention>,
) -> Result<Vec<Defined>, String> {
    let (mut fields, mut methods) = (vec![], vec![]);
    for one in defined.iter().filter(|one| one.container.is_some()) {
        match one.kind {
            Kind::Attribute => fields.push(&one.place),
            kind if kind.is_callable() => methods.push(&one.place),
            _ => {}
        }
    }
    let (Some(field), Some(method)) = (fields.first(), methods.first()) else { return Ok(defined) };
    if !parsed.language().members_apart {
        return Ok(defined);
    }
    let of_definition = |range: &Range<usize>| site.definitions().iter().find(|known| known.name.range() == *range).map(|known| known.kind);
    let of_use = |range: &Range<usize>| match uses::use_of(parsed, range) {
        Use::Call(_) => Kind::Method,
        _ => Kind::Attribute,
    };
    let of_item = || site.item().filter(|item| item.name == old).map(|item| item.kind);
    let kind = at.map(|at| of_definition(&at.range).unwrap_or_else(|| of_use(&at.range))).or_else(of_item);
    let Some(kind) = kind else {
        return Err(format!("`{old}` is a field ({field}) and a method ({method}): put the cursor on the one that is meant"));
    };
    defined.retain(|one| !(one.kind == Kind::Attribute || one.kind.is_callable()) || one.kind.is_callable() == kind.is_callable());
    Ok(defined)
}

/// Whether the index knows what the file at hand defines: not where it leaves that out.
pub(super) fn is_known_whole(session: &Session, site: &Site, old: &str) -> Result<(), String> {
    let is_left_out = site.document_path().is_some_and(|path| session.index.left_out().any(|(other, _)| other == path));
    let defines = || site.definitions().iter().any(|known| known.name.of(&site.text) == old);
    if is_left_out && defines() {
        return Err(format!(
            "`{old}` is defined in {}, which the index leaves out because its lines are very long or it is generated, so that its uses are \
             not known: use the rename of your language server",
            site.path
        ));
    }
    Ok(())
}
