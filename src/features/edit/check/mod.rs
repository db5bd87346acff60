//! Whether an answer may be offered as an edit: it changes something, removes no definition that should stay, writes no mask of a secret
//! into a file, and no file parses worse.
//!
//! `call` judges a filled form, `drafts` all edits of a model with tools. Both compare the `outline` before and after: what is lost
//! (`losses`), though something still needs it (`still_used`), and what is there twice (`duplicates`).

pub(super) mod drafts;
pub(super) mod duplicates;
mod loops;
pub(super) mod losses;
mod namesakes;
pub(super) mod outline;
pub(super) mod still_used;

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::Work;
use super::extraction;
use super::forms::{Filled, Form};
use super::rename::Changed;
use losses::Change;
use outline::Outline;

use crate::agent::gaps::{self, Doubt, Elsewhere};
use crate::agent::refusals::for_person;
use crate::agent::residue;
use crate::features::Site;
use crate::redact::PLACEHOLDER;
use crate::syntax::uses::{self, Within};
use crate::syntax::{self, elided};
use crate::text::excerpt::shorten;
use crate::text::visible::restored;
use crate::text::{Batch, Edit, markdown};

/// Matches a macro written like a function.
static HEAD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^([ \t]*)([A-Z][A-Z0-9_]*)[ \t]*\((?:[^()\n]|\([^()\n]*\))*\)([ \t]*\{)").ok());

/// Most bytes of a line that a message shows.
const MAX_SHOWN_LINE_BYTES: usize = 60;

/// Why an answer is not offered.
pub enum Unfit {
    /// It repeats what is there.
    Same,
    /// What is wrong, and in a line of its own what the model should do about it.
    Wrong(String),
}

/// For a person, who reads what is wrong.
impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Same => f.write_str("the model gave back what stands there already"),
            Unfit::Wrong(why) => f.write_str(&for_person(why)),
        }
    }
}

impl Unfit {
    /// For the model, which is told what to do about it as well.
    pub fn for_model(&self) -> String {
        match self {
            Unfit::Same => self.to_string(),
            Unfit::Wrong(why) => why.replace('\n', "; "),
        }
    }
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Unfit::Wrong(why)
    }
}

/// The edit that a call's arguments stand for, or why it is not offered.
pub fn call(work: &Work<'_>, arguments: &Value) -> Result<Filled, Unfit> {
    let (site, form) = (work.site, &work.plan.form);
    let mut filled = match form.emptied(site, arguments).filter(|_| work.plan.allowed().takes_lines_away()) {
        Some(emptied) => emptied,
        None => form.fill(site, arguments)?,
    };
    if let Form::Extract { .. } = form
        && let Some(taken) =
            extraction::taken(work.session, site, &markdown::without_fence(arguments["function"].as_str().unwrap_or_default()))
    {
        return Err(taken.into());
    }
    restore(site, &mut filled)?;
    let batch = Batch::new(filled.edits.clone()).map_err(|overlap| overlap.to_string())?;
    let after = batch.applied_to(&site.text);
    let same = |edit: &Edit| edit.text.trim() == site.text[edit.range.clone()].trim();
    if batch.edits().iter().all(same) && filled.others.is_empty() {
        return Err(Unfit::Same);
    }
    let others = filled.others.iter().map(|other| (other.before.as_deref().unwrap_or_default(), other.after.as_str()));
    let own = batch.edits().iter().map(|edit| (&site.text[edit.range.clone()], edit.text.as_str()));
    if let Some((line, times)) = own.chain(others).find_map(|(old, new)| loops::found(old, new)) {
        let line = shorten(line, MAX_SHOWN_LINE_BYTES);
        return Err(format!("the answer says `{line}` {times} times in a row\ngive the code once").into());
    }
    let change = Change::new(site.language.clone(), &site.text, &after);
    loses_nothing(work, &change)?;
    if let Some(residue) = change.residue(name(site)).filter(|residue| residue.certain) {
        return Err(residue.why.into());
    }
    if after.matches(PLACEHOLDER).count() > site.text.matches(PLACEHOLDER).count() {
        return Err("it contains `<redacted …>`, which stands for a secret that models do not see".to_string().into());
    }
    parses_as_before(work, &batch, &change)?;
    filled.others.iter().try_for_each(|other| parses(work, other))?;
    Ok(filled)
}

/// Why a person has to look at what may be offered.
pub(super) fn doubt(site: &Site, filled: &Filled) -> Option<String> {
    let after = Batch::new(filled.edits.clone()).ok()?.applied_to(&site.text);
    let residue = Change::new(site.language.clone(), &site.text, &after).residue(name(site))?;
    Some(for_person(&residue.why))
}

/// The name of the file.
fn name(site: &Site) -> &str {
    site.path.rsplit('/').next().unwrap_or_default()
}

/// Checks that the edit removes nothing that the task does not mention.
fn loses_nothing(work: &Work<'_>, change: &Change<'_>) -> Result<(), Unfit> {
    if matches!(work.plan.form, Form::Rename(_) | Form::Module { .. }) {
        return Ok(());
    }
    let allowed = work.plan.allowed();
    let in_code = |now: &Outline, name: &str| uses::uses(&now.parsed, name).iter().any(|(_, within)| *within == Within::Code);
    let is_own = |id| work.session.index.file(id).is_some_and(|file| Some(&file.path) == work.site.document_path());
    let is_needed = |name: &str| still_used::is_needed(work.session, name, change.now().is_some_and(|now| in_code(now, name)), is_own);
    if let Some(gone) = change.gone(allowed, is_needed) {
        let (instead, words) = match &gone.instead {
            None => (String::new(), "give all of the marked lines back, changed as the task asks"),
            Some(new) => {
                (format!(", which is still used, with `{new}` in its place"), "keep the name, which the task does not ask to change")
            }
        };
        return Err(format!("the definition of {gone} would be gone{instead}\n{words}").into());
    }
    if let Some(name) = change.repeated() {
        return Err(format!("`{name}` would be in the file twice\ngive it once").into());
    }
    change.lost(allowed).map_or(Ok(()), |lost| Err(lost.into()))
}

/// Checks that the file has no more places that do not parse, or are indented too deep, than before.
fn parses_as_before(work: &Work<'_>, batch: &Batch, change: &Change<'_>) -> Result<(), Unfit> {
    let site = work.site;
    let whole = Edit { range: 0..site.text.len(), text: change.after.into() };
    let (before, after) = site.errors_with(&whole);
    if after > before && !is_only_unread(work, &whole.text) {
        let lines = |text: &str| text.lines().count();
        let (old, new) =
            batch.edits().iter().fold((0, 0), |(old, new), edit| (old + lines(&site.text[edit.range.clone()]), new + lines(&edit.text)));
        return Err(format!(
            "with this edit, {new} line(s) in place of {old}, the file has {after} places that do not parse; it has {before} without it"
        )
        .into());
    }
    let is_indented = site.language.as_ref().is_some_and(|language| language.indented);
    let strays = |of: Option<&Outline>| of.map_or(0, |of| of.parsed.strays());
    if is_indented && strays(change.now()) > strays(change.old()) {
        return Err(gaps::STRAYS.to_string().into());
    }
    Ok(())
}

/// Whether what does not parse is what the grammar cannot read elsewhere either.
fn is_only_unread(work: &Work<'_>, after: &str) -> bool {
    let (session, site) = (work.session, work.site);
    let elsewhere = Elsewhere { snapshot: &session.snapshot, index: &session.index, registry: &session.shared.registry };
    let (Some(path), Some(after)) = (site.document_path(), site.read_anew(after)) else { return false };
    gaps::doubt(&elsewhere, path, site.read_anew(&site.text).as_ref(), &after) == Doubt::None
}

/// Restores characters that the model was shown by their numbers.
fn restore(site: &Site, filled: &mut Filled) -> Result<(), String> {
    for edit in &mut filled.edits {
        edit.text = restored(&edit.text, &site.text)?;
    }
    for other in &mut filled.others {
        other.after = restored(&other.after, other.before.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// Checks that another file parses no worse than before.
fn parses(work: &Work<'_>, other: &Changed) -> Result<(), String> {
    let old = other.before.as_deref().unwrap_or_default();
    let language = work.session.language_at(&other.path, &other.after);
    let language = language.as_ref();
    let parsed = |text: &str| language.and_then(|language| syntax::parse(language, text).ok()).map_or(0, |parsed| parsed.errors());
    // `TEST_CASE("a name") {` is a macro that its grammar does not know.
    let read_as = language.and_then(|language| language.macro_head.as_ref()).map(|form| form.replace("{name}", "$2"));
    let errors = |text: &str| match HEAD.as_ref().zip(read_as.as_ref()) {
        Some((head, form)) => parsed(&head.replace_all(text, format!("${{1}}{form}$3"))),
        None => parsed(text),
    };
    let (before, after) = (errors(old), errors(&other.after));
    if after > before {
        return Err(format!("with this edit {} has {after} places that do not parse; it has {before} without it", other.path));
    }
    let strays = |text: &str| language.and_then(|language| syntax::parse(language, text).ok()).map_or(0, |parsed| parsed.strays());
    if language.is_some_and(|language| language.indented) && strays(&other.after) > strays(old) {
        return Err(format!("{}: {}", other.path, gaps::STRAYS));
    }
    let Some(language) = language else {
        let residue = residue::brought(other.path.name(), old, &other.after).filter(|residue| residue.certain);
        return residue.map_or(Ok(()), |residue| Err(format!("{}: {}", other.path, residue.why)));
    };
    elided::left_out(language, old, &other.after).map_or(Ok(()), Err)
}
